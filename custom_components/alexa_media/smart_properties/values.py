"""Values as the Alexa Smart Properties API writes them, out of JSON that may hold anything."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from custom_components.alexa_media.json_values import listed, mapping, number, text


class ShapeError(ValueError):
    """An answer lacks what all of it hangs on; the message says what, and nothing of the user's."""


def integer(value: Any) -> int | None:
    """Return a whole number; numeric text counts, as Amazon's own samples write numbers so."""
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) < 16:
        return int(value)
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


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
    """Return a plausible list of objects; it may be empty."""
    return listed(value)
