"""Single values out of JSON that may hold anything: what is not as expected is ``None``."""

from collections.abc import Iterator, Mapping
import math
from typing import Any


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


def flag(value: Any) -> bool | None:
    """Return a truth value."""
    return value if isinstance(value, bool) else None


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
