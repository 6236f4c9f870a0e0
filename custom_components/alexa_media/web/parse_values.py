"""Single values out of JSON that may hold anything: what is not as expected is ``None``."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
import math
from typing import Any, Final

from custom_components.alexa_media.errors import AlexaBadResponseError

from .endpoints import Endpoint

_LATEST: Final = 253_402_300_799_000
"""The last second of the year 9999 in milliseconds."""


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


def seconds(value: Any) -> float | None:
    """Return milliseconds as seconds; negative ones are no time."""
    milliseconds = number(value)
    return None if milliseconds is None or milliseconds < 0 else milliseconds / 1000


def instant(value: Any) -> datetime | None:
    """Return epoch milliseconds as an aware UTC time; 0 stands for "no time"."""
    milliseconds = number(value)
    if milliseconds is None or not 0 < milliseconds <= _LATEST:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def required_list(data: Any, key: str, endpoint: Endpoint) -> list[Any]:
    """Return the list that the whole answer hangs on; raises ``AlexaBadResponseError``."""
    value = mapping(data).get(key)
    if not isinstance(value, list):
        raise AlexaBadResponseError(f"{endpoint.label} was answered without {key}", endpoint=endpoint.label)
    return value
