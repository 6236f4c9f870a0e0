"""Single values out of JSON that may hold anything: what is not as expected is ``None``."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
import logging
import math
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
    """Return a number that makes sense, which is of no more than 53 bits; ``True`` is none."""
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
    """Return a text that is no longer than a state of Home Assistant may be: a longer one is no value of a setting."""
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
