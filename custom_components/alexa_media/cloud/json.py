"""Tolerant access to JSON, and drift: new statuses, missing fields and unknown values in Amazon's responses.

A value of an unexpected type is read as ``None`` or as an empty value.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
import logging
import math
import re
import time
from typing import Any, Final

_LOGGER = logging.getLogger(__name__)

DEEPEST: Final = 16
"""Number of nested levels that a cleaned value keeps; objects and lists below them are empty."""

MOST_VALUES: Final = 2000
"""Maximum number of values, including objects and lists, in a cleaned value."""

LONGEST_TEXT: Final = 4096
"""Maximum length of each text in a cleaned value, in characters."""

GREATEST: Final = 2.0**53
"""Largest absolute value that is accepted; rounding a much larger one gives an integer that cannot be serialized."""

_NOT_SHOWN: Final = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " "),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), ""),
}
"""Control characters, and characters that change the direction of the following text."""

_INTEGERS: Final = range(-(2**63), 2**64)

NAME_LENGTH: Final = 255
_WORDS: Final = {
    **dict.fromkeys(("true", "1", "1.0", "online"), True),
    **dict.fromkeys(("false", "0", "0.0", "offline"), False),
}


def text(value: Any) -> str | None:
    """Return a non-empty string, else None; unpaired surrogates, which cannot be encoded, are replaced."""
    if not isinstance(value, str) or not value:
        return None
    return value if value.isascii() else value.encode(errors="replace").decode()


def number(value: Any) -> float | None:
    """Return a number from -2**53 to 2**53 as a float, else None; booleans are not numbers."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if abs(result) <= GREATEST else None


def percent(value: Any) -> int | None:
    """Return a number from 0 to 100, rounded, else None."""
    found = number(value)
    return round(found) if found is not None and 0 <= found <= 100 else None


def reading(value: Any) -> bool | None:
    """Return the truth value of a boolean, of 0 or 1, or of a word such as "ONLINE"; ``None`` for anything else."""
    word = str(value).strip().casefold() if isinstance(value, bool | int | float | str) else ""
    return _WORDS.get(word)


def name(value: Any) -> str | None:
    """Return a text as a name, cut to 255 characters, the limit of a state in Home Assistant.

    Control characters become spaces, and characters that change the text direction are removed. Returns ``None`` if
    nothing is left.
    """
    found = text(value)
    return (found and found[:NAME_LENGTH].translate(_NOT_SHOWN).strip()) or None


def word(value: Any) -> str | None:
    """Return a non-empty text of at most 255 characters, the limit of a state in Home Assistant, else None."""
    found = text(value)
    return found if found and len(found) <= NAME_LENGTH else None


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in a list; nothing for any other value."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def by_key[V](pairs: Iterable[tuple[str, V]], what: str) -> dict[str, V]:
    """Return values by key; if several have the same key, the first is kept.

    ``what`` names the values in the log.
    """
    found: dict[str, V] = {}
    for key, value in pairs:
        if found.setdefault(key, value) is not value:
            _note_duplicates(what)
    return found


@cache
def _note_duplicates(what: str) -> None:
    """Log, once for each kind, that a response has several elements with the same id."""
    _LOGGER.debug("A response has several %s with the same id; the first one counts", what)


def texts(value: Any) -> tuple[str, ...]:
    """Return the non-empty strings in a list; empty for any other value."""
    if not isinstance(value, list):
        return ()
    return tuple(found for item in value if (found := text(item)))


def listed(value: Any) -> list[Any] | None:
    """Return a list if at least half of its elements are objects; None for any other value."""
    if not isinstance(value, list):
        return None
    objects = sum(isinstance(item, dict) for item in value)
    return value if objects >= len(value) / 2 else None


def cleaned(value: Any) -> Any:
    """Return a JSON value in a form that can be shown, stored and sent.

    The serializer of Home Assistant's states and events does not accept unpaired surrogates, integers above 64 bits or
    deep nesting, and one such value breaks the list of all states. Such values, and those beyond the limits of this
    module, are replaced, cut or removed.
    """
    return _Cleaner().cleaned(value, DEEPEST)


class _Cleaner:
    """Copies a JSON value within a budget of values."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def cleaned(self, value: Any, depth: int) -> Any:
        """Return a cleaned copy; objects and lists below ``depth`` levels are empty."""
        self._left -= 1
        if isinstance(value, str):
            return (text(value) or "")[:LONGEST_TEXT]
        if isinstance(value, dict):
            return {self._key(key): self.cleaned(item, depth - 1) for key, item in self._some(value.items(), depth)}
        if isinstance(value, list | tuple):
            return [self.cleaned(item, depth - 1) for item in self._some(value, depth)]
        if value is None or isinstance(value, bool) or (isinstance(value, int) and value in _INTEGERS):
            return value
        return value if isinstance(value, float) and math.isfinite(value) else None

    def _key(self, key: Any) -> str:
        return (text(str(key)) or "")[:LONGEST_TEXT]

    def _some[T](self, items: Iterable[T], depth: int) -> Iterator[T]:
        """Yield items as long as the budget and the depth allow it."""
        for item in items if depth > 0 else ():
            if self._left <= 0:
                return
            yield item


LOG_INTERVAL_SECONDS: Final = 24 * 3600.0
MOST: Final = 100
"""Maximum number of different observations per kind."""

_EXPECTED_FAILURES: Final = frozenset({401, 403, 408, 429})
_WORD: Final = re.compile(r"[A-Z][A-Z0-9_]{0,40}")


class Drift:
    """Counts new statuses of an endpoint, fields that have disappeared, and unknown values of enumerations.

    Of the responses, only statuses, names of fields, and words in capital letters are stored.
    """

    def __init__(self) -> None:
        """Initialize without observations."""
        self._statuses: dict[str, set[int]] = {}
        self._fields: dict[str, frozenset[str]] = {}
        self._counts: dict[str, Counter[str]] = {"status": Counter(), "field": Counter(), "value": Counter()}
        self._logged: dict[str, float] = {}

    @property
    def observations(self) -> Mapping[str, Mapping[str, int]]:
        """Return the count of each observation, by kind."""
        return {kind: dict(counts) for kind, counts in self._counts.items()}

    def __len__(self) -> int:
        """Return the number of different observations."""
        return sum(map(len, self._counts.values()))

    def answered(self, label: str, status: int) -> None:
        """Count a status that earlier responses of the endpoint did not have.

        Statuses of outages, throttling and refused access are ignored.
        """
        if status >= 500 or status in _EXPECTED_FAILURES:
            return
        seen = self._statuses.setdefault(label, {status})
        if status not in seen:
            seen.add(status)
            self._note("status", f"{label}: {status}")

    def read(self, label: str, data: object) -> None:
        """Count each earlier field name that an object, or the first element of one of its lists, now lacks."""
        fields = frozenset(_fields(data))
        before = self._fields.setdefault(label, fields)
        for gone in before - fields:
            # an empty list has no elements whose fields could be compared
            if "[]." not in gone or any(field.startswith(gone.partition("[].")[0] + "[].") for field in fields):
                self._note("field", f"{label}: {gone}")
        self._fields[label] = before | fields

    def value(self, enumeration: str, value: object) -> None:
        """Record a value that is missing from an enumeration."""
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
"""Unknown values of enumerations of all accounts, because parsers do not know the account of a response."""


def observed(drift: Drift) -> Mapping[str, Any]:
    """Return the observations of an account, with the unknown values of all accounts."""
    return {**drift.observations, "value": UNKNOWN_VALUES.observations["value"]}
