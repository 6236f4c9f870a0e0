"""HTTP helpers shared by both clouds."""

import asyncio
from collections.abc import Callable
from email.utils import parsedate_to_datetime
import json
import math
import time
from typing import Any, Final

from aiohttp import JsonPayload

from .errors import AlexaInvalidValueError

LARGE: Final = 64 * 1024
"""Bytes from which on an answer is read in a thread: about 2 ms of work."""

MAX_BODY: Final = 8 * 1024 * 1024
"""Bytes of the largest answer; the device list of 200 Echos has about 0.3 MiB."""

MAX_WRITE_BODY: Final = 512 * 1024
"""Bytes of the largest answer to a command."""


async def off_loop[T](size: int, work: Callable[[], T]) -> T:
    """Return what ``work`` returns for an answer of ``size`` bytes; a large one does not hold up the event loop."""
    return await asyncio.to_thread(work) if size > LARGE else work()


def parsed(body: bytes) -> Any:
    """Return the value that JSON holds, NaN and infinities as null; raises ``ValueError``."""
    try:
        if len(body) > LARGE:
            # the hook lets other threads run, which the parser alone does not
            return json.loads(body, parse_constant=_no_number, object_hook=_as_it_is)
        return json.loads(body, parse_constant=_no_number)
    except RecursionError as err:
        raise ValueError("JSON is nested too deeply") from err


def _no_number(_name: str) -> None:
    """Read NaN and Infinity, which are no JSON, as null."""


def _as_it_is(value: dict[str, Any]) -> dict[str, Any]:
    return value


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
