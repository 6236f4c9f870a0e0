"""HTTP helpers shared by both clouds."""

from email.utils import parsedate_to_datetime
import json
import math
import time

from aiohttp import JsonPayload

from .errors import AlexaInvalidValueError


def json_body(data: object) -> JsonPayload | None:
    """Return the body of a request as ASCII JSON, or None without data.

    Amazon reads bytes beyond ASCII as ISO-8859-1 unless a charset is given, and Home Assistant's own
    serializer, which its sessions use for ``json=``, writes raw UTF-8 without one.
    """
    return None if data is None else JsonPayload(data, dumps=json_text)


def json_text(data: object) -> str:
    """Return a value as ASCII JSON; raises ``AlexaInvalidValueError`` as ``must_be_encodable`` does."""
    must_be_encodable(data)
    return json.dumps(data)


def must_be_encodable(data: object) -> None:
    """Raise ``AlexaInvalidValueError`` for an unpaired surrogate in a text.

    It is left when an emoji is cut in two. Only ASCII JSON can represent it.
    """
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError as err:
        raise AlexaInvalidValueError("text", "text without halves of characters, such as of a cut emoji") from err


def retry_after(value: str) -> float | None:
    """Return a Retry-After (number or date) in seconds, or None if it is invalid."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError, OverflowError:
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
