"""HTTP of both clouds: requests, responses and their classification, limits and statistics."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from email.utils import parsedate_to_datetime
import json
import math
import re
import time
from typing import Any, Final, Protocol
from urllib.parse import quote

import aiohttp
from aiohttp import JsonPayload
from yarl import URL

from .errors import (
    AlexaBadResponseError,
    AlexaCommandError,
    AlexaConnectionError,
    AlexaError,
    AlexaInvalidValueError,
    AlexaUnsupportedError,
)

REQUEST_ID: Final = "X-Amzn-RequestId"
CONNECT_TIMEOUT_SECONDS: Final = 10.0
MAX_RETRY_AFTER_SECONDS: Final = 3600.0

LARGE_BODY_BYTES: Final = 64 * 1024
"""Size in bytes above which a body is parsed in a thread; parsing that much takes about 2 ms."""

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""Maximum size of a response in bytes; the device list of 200 Echos has about 0.3 MiB."""

MAX_WRITE_BODY_BYTES: Final = 512 * 1024
"""Default maximum size of the response to a write in bytes."""

_SEARCHED_BYTES: Final = 4096
_THROTTLED: Final = re.compile(r"rate exceeded|throttlingexception|too[ _]many[ _]requests", re.IGNORECASE)
_SECRET: Final = re.compile(
    r"""[^\s"'<>]+@[^\s"'<>]+     # an email address
      | At(?:na|nr|za)\|\S+       # a token or a cookie
      | amzn1\.\S+                # an id of a person or a device
      | \b(?=\w*\d)\w{12,}\b      # a serial
    """,
    re.VERBOSE,
)
_ERROR_HEADERS: Final = ("x-amzn-errortype", "x-amzn-error")
_ERROR_KEYS: Final = ("message", "Message", "errorMessage", "__type", "errorCode", "error", "code")


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, headers (case-insensitive names) and body of one response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the parsed body, or None if it is empty; raises ``ValueError`` if it is not JSON."""
        return parsed(self.body) if self.body.strip() else None

    @property
    def data(self) -> Any:
        """Return the parsed body, or None if it is empty or not JSON."""
        try:
            return self.json()
        except ValueError:
            return None

    @property
    def request_id(self) -> str | None:
        """Return Amazon's id of the request, or None."""
        return self.headers.get(REQUEST_ID)

    @property
    def is_html(self) -> bool:
        """Return whether the response looks like an HTML page, such as the sign-in page."""
        return "html" in self.headers.get("content-type", "").lower() or self.body[:64].lstrip().startswith(b"<")

    @property
    def _text(self) -> str:
        return self.body[:_SEARCHED_BYTES].decode(errors="replace")

    @property
    def _named_error(self) -> str | None:
        """Return the error name in the headers, or None."""
        for name in _ERROR_HEADERS:
            if value := self.headers.get(name):
                # the URL of a schema follows the colon
                return value.partition(":")[0].strip() or None
        return None

    @property
    def is_throttled(self) -> bool:
        """Return whether Amazon refused the request because of too many requests.

        Amazon responds with 429, but also with an error text in a 400, a 503 or even a 200. In the JSON of a 200, only
        error fields are checked, because a song may be called "Rate Exceeded".
        """
        if self.status == 429:
            return True
        if (named := self._named_error) and "throttl" in named.lower():
            return True
        if self.status >= 400:
            return bool(_THROTTLED.search(self._text))
        # an error response is short
        if self.status != 200 or len(self.body) > LARGE_BODY_BYTES or not _THROTTLED.search(self._text):
            return False
        try:
            data = self.json()
        except ValueError:
            return len(self.body) < 256
        return any(_THROTTLED.search(text) for text in _error_texts(data))

    @property
    def error_code(self) -> str | None:
        """Return Amazon's name or text for the error, without private data, or None."""
        if named := self._named_error:
            return _shown(named)
        if self.is_html or len(self.body) > LARGE_BODY_BYTES:
            return None
        texts = _error_texts(self.data)
        return _shown(texts[0]) if texts else None

    @property
    def names_csrf(self) -> bool:
        """Return whether the response to a refused request mentions csrf or gives no reason."""
        return "csrf" in self._text.lower() or self.error_code is None

    @property
    def retry_after(self) -> float | None:
        """Return the Retry-After header in seconds, at most an hour; None if it is missing or invalid."""
        return retry_after(self.headers.get("retry-after", ""))


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint of the account API or an operation of Smart Properties.

    ``path`` may contain ``{names}`` to fill in. ``timeout`` is in seconds for the whole exchange.
    """

    name: str
    method: str
    path: str
    _: KW_ONLY
    is_write: bool = False
    timeout: float = 30.0

    @property
    def label(self) -> str:
        """Return the label for errors and diagnostics, without serials and ids."""
        return f"{self.method} {self.path}"

    @property
    def max_body(self) -> int:
        """Return the maximum size of the response in bytes."""
        return MAX_WRITE_BODY_BYTES if self.is_write else MAX_BODY_BYTES

    def error[E: AlexaError](
        self, kind: type[E], what: str, *, status: int | None = None, code: str | None = None
    ) -> E:
        """Return an error of this request; ``what`` continues a message that begins with the label."""
        return kind(f"{self.label} {what}", endpoint=self.label, status=status, code=code)


class ExchangeRecorder(Protocol):
    """Receives requests, responses and pushed directives while a recording is running."""

    def exchange(self, target: Target, url: URL, sent: object, status: int | None, body: bytes, seconds: float) -> None:
        """Record a request and its response; ``status`` is None if there was no response."""

    def directive(self, data: Mapping[str, Any]) -> None:
        """Record a pushed directive."""


@dataclass(slots=True)
class RequestStats:
    """Statistics of the requests to one target."""

    requests: int = 0
    repeated: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    last_status: int | None = None
    last_request_id: str | None = None

    def as_dict(self) -> dict[str, object]:
        """Return the statistics for diagnostics."""
        return {
            "requests": self.requests,
            "repeated": self.repeated,
            "errors": dict(self.errors),
            "last_status": self.last_status,
            "last_request_id": self.last_request_id,
        }


class _LostError(aiohttp.ClientError):
    """A write lost its connection; aiohttp does not retry this class of error."""


async def _send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Send a write only once: aiohttp would repeat a PUT or DELETE on a new connection."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as err:
        raise _LostError(type(err).__name__) from err


def encoded_path(path: str, params: Mapping[str, str] | None) -> str:
    """Return a path with its ``{names}`` replaced by encoded values."""
    return path.format_map({name: quote(value, safe="") for name, value in (params or {}).items()})


async def async_exchange(
    session: aiohttp.ClientSession,
    target: Target,
    url: URL,
    stats: RequestStats,
    *,
    json: object,
    headers: Mapping[str, str],
    cookies: Mapping[str, str] | None = None,
) -> HttpAnswer:
    """Send one request and read the complete response.

    Raises ``AlexaConnectionError``; ``AlexaBadResponseError`` if the response is too large or, for a read, cut off; and
    ``AlexaInvalidValueError`` if ``json`` cannot be encoded.
    """
    if session.closed:
        raise AlexaConnectionError("The session is closed", endpoint=target.label, code="closed", sent=False)
    stats.requests += 1
    status = request_id = None
    try:
        async with session.request(
            target.method,
            url,
            data=json_body(json),
            cookies=cookies,
            headers=headers,
            allow_redirects=False,
            raise_for_status=False,
            timeout=aiohttp.ClientTimeout(total=target.timeout, sock_connect=CONNECT_TIMEOUT_SECONDS),
            middlewares=(_send_once,) if target.is_write else None,
        ) as response:
            status, request_id = response.status, response.headers.get(REQUEST_ID)
            stats.last_status, stats.last_request_id = status, request_id
            return HttpAnswer(status, response.headers, await _body(response, target))
    # aiohttp's messages contain the URL with the serial in its query, so they are dropped.
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as err:
        error = _failure(target, err, status, sent=False)
    except (aiohttp.ClientError, TimeoutError, OSError) as err:
        error = _failure(target, err, status, sent=True)
    error.request_id = request_id
    raise error


def _failure(target: Target, error: Exception, status: int | None, *, sent: bool) -> AlexaError:
    """Return the error of a failed exchange."""
    label = target.label
    if status is not None and not target.is_write and not isinstance(error, TimeoutError):
        return AlexaBadResponseError(f"The answer to {label} was cut off", endpoint=label, status=status, code="cut")
    code = type(error).__name__.lstrip("_")
    return AlexaConnectionError(f"{label}: {code}", endpoint=label, status=status, code=code, sent=sent)


async def async_recorded(
    recorder: ExchangeRecorder | None, target: Target, url: URL, sent: object, exchange: Awaitable[HttpAnswer]
) -> HttpAnswer:
    """Return the response of an exchange; record the exchange if there is a recorder."""
    if recorder is None:
        return await exchange
    began = time.monotonic()
    try:
        answer = await exchange
    except AlexaError as err:
        recorder.exchange(target, url, sent, err.status, b"", time.monotonic() - began)
        raise
    recorder.exchange(target, url, sent, answer.status, answer.body, time.monotonic() - began)
    return answer


async def _body(response: aiohttp.ClientResponse, target: Target) -> bytes:
    """Return the body; raises ``AlexaBadResponseError`` if it is larger than the target's limit."""
    pieces, limit = bytearray(), min(target.max_body, MAX_BODY_BYTES)
    async for piece in response.content.iter_any():
        pieces += piece
        if len(pieces) > limit:
            response.close()
            error = AlexaBadResponseError(
                f"The answer to {target.label} is too large",
                endpoint=target.label,
                status=response.status,
                code="too_large",
            )
            error.request_id = response.headers.get(REQUEST_ID)
            raise error
    return bytes(pieces)


def refusal_type(target: Target, status: int) -> type[AlexaError]:
    """Return the error type for a refused request by its status, used unless a cloud has a more specific one."""
    if status >= 500:
        return AlexaConnectionError
    if status in (404, 405):
        return AlexaUnsupportedError
    return AlexaCommandError if target.is_write else AlexaBadResponseError


async def off_loop[T](size: int, work: Callable[[], T]) -> T:
    """Return the result of ``work``, run in a thread if the response that it handles (``size`` bytes) is large."""
    return await asyncio.to_thread(work) if size > LARGE_BODY_BYTES else work()


def parsed(body: bytes) -> Any:
    """Parse JSON, with the invalid literals NaN and Infinity as null; raises ``ValueError``."""
    try:
        if len(body) > LARGE_BODY_BYTES:
            # the hook is Python code, during which other threads can run; the parser itself blocks them
            return json.loads(body, parse_constant=_no_number, object_hook=_unchanged)
        return json.loads(body, parse_constant=_no_number)
    except RecursionError as err:
        raise ValueError("JSON is nested too deeply") from err


def _no_number(_name: str) -> None:
    """Replace NaN and Infinity, which are not valid JSON, with null."""


def _unchanged(value: dict[str, Any]) -> dict[str, Any]:
    return value


def json_body(data: object) -> JsonPayload | None:
    """Return the body of a request as ASCII JSON, or None if there is no data; raises like ``json_text``.

    Amazon decodes non-ASCII bytes as ISO-8859-1 unless a charset is given.
    """
    return None if data is None else JsonPayload(data, dumps=json_text)


def json_text(data: object) -> str:
    """Return a value as ASCII JSON; raises ``AlexaInvalidValueError`` like ``must_be_encodable``."""
    must_be_encodable(data)
    return json.dumps(data)


def must_be_encodable(data: object) -> None:
    """Raise ``AlexaInvalidValueError`` if a text contains an unpaired surrogate.

    Cutting an emoji in two may leave an unpaired surrogate, which only ASCII JSON can represent.
    """
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError as err:
        raise AlexaInvalidValueError(
            "text", "text without incomplete characters, such as an emoji that was cut in half"
        ) from err


def retry_after(value: str) -> float | None:
    """Return a Retry-After header (number or date) in seconds, at most an hour; None if it is invalid."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError, OverflowError:
            return None
    return min(max(0.0, seconds), MAX_RETRY_AFTER_SECONDS) if math.isfinite(seconds) else None


def graphql_errors(data: Any) -> str | None:
    """Return the first text in the ``errors`` of a response, "errors" if they have none, or None without ``errors``."""
    if not isinstance(data, dict) or not (errors := data.get("errors")) or not isinstance(errors, list):
        return None
    texts = _error_texts({"errors": errors})
    return _shown(texts[0]) if texts else "errors"


def _error_texts(data: Any) -> list[str]:
    """Return the texts in the error fields of a JSON value, or the value itself if it is a text."""
    if isinstance(data, str):
        return [data]
    if isinstance(data, list):  # the responses to several GraphQL operations
        return [text for answer in data if isinstance(answer, dict) for text in _error_texts(answer)]
    if not isinstance(data, dict):
        return []
    texts = [value for key in _ERROR_KEYS if isinstance(value := data.get(key), str) and value]
    for key in ("extensions", "error"):
        texts += _error_texts(inner) if isinstance(inner := data.get(key), dict) else []
    if isinstance(errors := data.get("errors"), list):
        for error in errors:
            texts += _error_texts(error)
    return texts


def _shown(text: str) -> str:
    """Return Amazon's error text for logs and users.

    It is cut to 200 characters, with email addresses, tokens, ids and serials replaced.
    """
    return _SECRET.sub("…", text)[:200]
