"""Single values out of JSON that may hold anything: what is not as expected is ``None``."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
import math
from typing import Any


class ShapeError(ValueError):
    """An answer lacks what all of it hangs on; the message says what, and nothing of the user's."""


def text(value: Any) -> str | None:
    """Return a string that is not empty; halves of surrogate pairs, which cannot be encoded, are replaced."""
    if not isinstance(value, str) or not value:
        return None
    return value if value.isascii() else value.encode(errors="replace").decode()


def number(value: Any) -> float | None:
    """Return a finite number; ``True`` is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        result = float(value)
    except OverflowError:
        return None
    return result if math.isfinite(result) else None


def integer(value: Any) -> int | None:
    """Return a whole number; numeric text counts, as Amazon's own samples write numbers so."""
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) < 16:
        return int(value)
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a JSON object, an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects of a list, none for anything else."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def texts(value: Any) -> tuple[str, ...]:
    """Return the strings of a list."""
    if not isinstance(value, list):
        return ()
    return tuple(found for item in value if (found := text(item)))


def instant(value: Any) -> datetime | None:
    """Return an ISO 8601 time as an aware one; a time without an offset is UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except ValueError, OverflowError:
        return None


def plain(value: Any) -> str | None:
    """Return the text of Amazon's wrapper ``{"type": "PLAIN", "value": {"text": …}}``."""
    return text(mapping(mapping(value).get("value")).get("text"))


def required[T](value: Any, key: str, read: Callable[[Any], T | None]) -> T:
    """Return a value of an object that the whole answer hangs on; raises ``ShapeError``."""
    found = read(mapping(value).get(key))
    if found is None:
        raise ShapeError(f"the answer has no {key}")
    return found


def a_list(value: Any) -> list[Any] | None:
    """Return a list."""
    return value if isinstance(value, list) else None
