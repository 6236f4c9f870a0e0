"""Single values out of JSON that may hold anything, and drift: differences from Amazon's earlier responses.

A value that is not as expected is ``None``.
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
"""Levels of objects and lists that are kept of a value that is shown as it came."""

MOST_VALUES: Final = 2000
"""Single values that are kept of it."""

LONGEST_TEXT: Final = 4096
"""Characters that are kept of each of its texts."""

GREATEST: Final = 2.0**53
"""The greatest number that is read; rounded, a greater one is an integer that cannot be serialized."""

_NOT_SHOWN: Final = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " "),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)), ""),
}
"""Control characters, and those that turn the direction of all text that follows."""

_INTEGERS: Final = range(-(2**63), 2**64)

NAME_LENGTH: Final = 255
_WORDS: Final = {
    **dict.fromkeys(("true", "1", "1.0", "online"), True),
    **dict.fromkeys(("false", "0", "0.0", "offline"), False),
}


def text(value: Any) -> str | None:
    """Return a string that is not empty; halves of surrogate pairs, which cannot be encoded, are replaced."""
    if not isinstance(value, str) or not value:
        return None
    return value if value.isascii() else value.encode(errors="replace").decode()


def number(value: Any) -> float | None:
    """Return a valid number of at most 53 bits; ``True`` isn't one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if abs(result) <= GREATEST else None


def reading(value: Any) -> bool | None:
    """Return what a truth value means that may be written as a boolean, 0 or 1, or a word; ``None`` for all else."""
    word = str(value).strip().casefold() if isinstance(value, bool | int | float | str) else ""
    return _WORDS.get(word)


def name(value: Any) -> str | None:
    """Return a text that names something, cut where Home Assistant's limit for states and names is.

    What cannot be shown is left out; ``None`` if nothing is left.
    """
    found = text(value)
    return (found and found[:NAME_LENGTH].translate(_NOT_SHOWN).strip()) or None


def word(value: Any) -> str | None:
    """Return a text that fits into a state of Home Assistant: a longer one isn't a value of a setting."""
    found = text(value)
    return found if found and len(found) <= NAME_LENGTH else None


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a JSON object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list, none for anything else."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def by_key[V](pairs: Iterable[tuple[str, V]], what: str) -> dict[str, V]:
    """Return values by key; of several with one key the first. ``what`` names them for the log."""
    found: dict[str, V] = {}
    for key, value in pairs:
        if found.setdefault(key, value) is not value:
            _note_duplicates(what)
    return found


@cache
def _note_duplicates(what: str) -> None:
    """Log once that a response has several of something with the same id."""
    _LOGGER.debug("A response has several %s with the same id; the first one counts", what)


def texts(value: Any) -> tuple[str, ...]:
    """Return the strings of a list."""
    if not isinstance(value, list):
        return ()
    return tuple(found for item in value if (found := text(item)))


def listed(value: Any) -> list[Any] | None:
    """Return a plausible list; ``None`` for anything else, also for null.

    Objects of no use to us make no list implausible: without them it is an empty one. A list
    in which most elements are no objects is something else than a list of them, and would
    take away what there is.
    """
    if not isinstance(value, list):
        return None
    objects = sum(isinstance(item, dict) for item in value)
    return value if objects >= len(value) / 2 else None


def cleaned(value: Any) -> Any:
    """Return a copy of a JSON value that can be shown, stored and sent, whatever it holds.

    Home Assistant's states and events go through a serializer that knows no halves of
    surrogate pairs, no integers above 64 bits and no deep nesting, and one such value breaks
    the list of all states. What cannot be kept becomes ``None`` or is left out.
    """
    return _Cleaner().cleaned(value, DEEPEST)


class _Cleaner:
    """Copies a value until the budget of values is used up."""

    def __init__(self) -> None:
        self._left = MOST_VALUES

    def cleaned(self, value: Any, depth: int) -> Any:
        """Return a copy, with at most ``depth`` levels."""
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
        """Yield what the budget and the depth allow."""
        for item in items if depth > 0 else ():
            if self._left <= 0:
                return
            yield item


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
