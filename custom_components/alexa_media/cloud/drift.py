"""Drift: what Amazon answers differently than before, or with values that are not known here."""

from collections import Counter
from collections.abc import Iterator, Mapping
import logging
import re
import time
from typing import Any, Final

_LOGGER = logging.getLogger(__name__)

LOG_INTERVAL_SECONDS: Final = 24 * 3600.0
MOST: Final = 100
"""Number of different observations of one kind that are kept."""

_EXPECTED_FAILURES: Final = frozenset({401, 403, 408, 429})
_WORD: Final = re.compile(r"[A-Z][A-Z0-9_]{0,40}")


class Drift:
    """Counts statuses that an endpoint never had before, fields that vanished, and unknown values of enumerations.

    Nothing private is kept: names of endpoints and fields, and words in capital letters. Outages and refused sessions
    do not count. One line a day and kind is logged.
    """

    def __init__(self) -> None:
        """Initialize without observations."""
        self._statuses: dict[str, set[int]] = {}
        self._fields: dict[str, frozenset[str]] = {}
        self._counts: dict[str, Counter[str]] = {"status": Counter(), "field": Counter(), "value": Counter()}
        self._logged: dict[str, float] = {}

    @property
    def observations(self) -> Mapping[str, Mapping[str, int]]:
        """Return the counted observations by kind."""
        return {kind: dict(counts) for kind, counts in self._counts.items()}

    def __len__(self) -> int:
        """Return the number of different observations."""
        return sum(map(len, self._counts.values()))

    def answered(self, label: str, status: int) -> None:
        """Note the status of an answer."""
        if status >= 500 or status in _EXPECTED_FAILURES:
            return
        seen = self._statuses.setdefault(label, {status})
        if status not in seen:
            seen.add(status)
            self._note("status", f"{label}: {status}")

    def read(self, label: str, data: object) -> None:
        """Note the fields of a good answer: those of its object, and of the first object in each of its lists."""
        fields = frozenset(_fields(data))
        before = self._fields.setdefault(label, fields)
        for gone in before - fields:
            # an empty list has no elements whose fields could be compared
            if "[]." not in gone or any(field.startswith(gone.partition("[].")[0] + "[].") for field in fields):
                self._note("field", f"{label}: {gone}")
        self._fields[label] = before | fields

    def value(self, enumeration: str, value: object) -> None:
        """Note a value that is not in an enumeration."""
        word = value if isinstance(value, str) and _WORD.fullmatch(value) else "another text"
        self._note("value", f"{enumeration}: {word}")

    def _note(self, kind: str, what: str) -> None:
        counts = self._counts[kind]
        if what not in counts and len(counts) >= MOST:
            return
        counts[what] += 1
        now = time.monotonic()
        if now - self._logged.get(kind, -LOG_INTERVAL_SECONDS) >= LOG_INTERVAL_SECONDS:
            self._logged[kind] = now
            _LOGGER.info("Amazon answers differently than before (%s): %s", kind, what)


def _fields(data: object) -> Iterator[str]:
    if not isinstance(data, dict):
        return
    for name, value in data.items():
        if not isinstance(name, str) or any(map(str.isdigit, name)):
            # a key with digits may be an id
            continue
        yield name
        if isinstance(value, list) and value and isinstance(first := value[0], dict):
            yield from (f"{name}[].{inner}" for inner in first if not any(map(str.isdigit, str(inner))))


UNKNOWN_VALUES: Final = Drift()
"""Unknown values of enumerations, of all accounts: parsers do not know whose answer they read."""


def observed(drift: Drift) -> Mapping[str, Any]:
    """Return the observations of an account with the unknown values."""
    return {**drift.observations, "value": UNKNOWN_VALUES.observations["value"]}
