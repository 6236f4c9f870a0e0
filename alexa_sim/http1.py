"""HTTP/1.1, with what clients of the simulation need, at a third of the cost of the server for HTTP/2.

A test suite sends some hundred thousand requests, most of them to the control plane and over HTTP/1.1.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from email.utils import formatdate
from http import HTTPStatus
from typing import Any, NamedTuple

from .asgi import CloudApp, request_of
from .http import Request, Response, json_response

IDLE = 60.0
"""Seconds for which an idle connection stays open, about as long as with Amazon's load balancers."""

HEAD = 2**17
"""Maximum number of bytes of a request line and its headers."""

type Answer = Callable[[Request], Awaitable[Response]]
"""Function that returns the response to a request; it does not raise."""


class _InvalidError(Exception):
    """A request that cannot be read; ``response`` is the last one on its connection."""

    def __init__(self, status: int, message: str) -> None:
        """Initialize with the status and the message of the response."""
        super().__init__(message)
        self.response = json_response({"message": message}, status)


class _Received(NamedTuple):
    """A request as it was received; the names of its headers are in lower case."""

    method: str
    target: bytes
    version: str
    fields: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def is_last(self) -> bool:
        """Return whether the client wants the connection to be closed after the response."""
        return self.version != "1.1" or (b"connection", b"close") in self.fields


async def serve_control(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
    """Answer the requests on a connection until one side closes it."""
    try:
        while (received := await _read(reader, writer)) is not None:
            path, _, query = received.target.partition(b"?")
            request = request_of(received.method, path, query, received.fields, received.body, received.version)
            _write(writer, await answer(request), closing=received.is_last)
            await writer.drain()
            if received.is_last:
                break
    except _InvalidError as err:
        _write(writer, err.response, closing=True)
    finally:
        writer.close()


async def serve_app(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, app: CloudApp) -> None:
    """Let the application answer the requests on a connection until one side closes it."""
    gone = asyncio.Event()
    watch = asyncio.create_task(_watch(writer, gone))
    try:
        while (received := await _read(reader, writer)) is not None:
            exchange = _Exchange(received, writer, gone)
            await app(exchange.scope, exchange.receive, exchange.send)
            if received.is_last or not exchange.is_complete or gone.is_set():
                break
    except _InvalidError as err:
        _write(writer, err.response, closing=True)
    finally:
        watch.cancel()
        writer.close()


async def _watch(writer: asyncio.StreamWriter, gone: asyncio.Event) -> None:
    """Note that the connection is closed, also while nothing is read from it."""
    with suppress(OSError):
        await writer.wait_closed()
    gone.set()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> _Received | None:
    """Return the next request, or None if the connection is closed or idle; raises ``_InvalidError``."""
    try:
        async with asyncio.timeout(IDLE):
            head = await reader.readuntil(b"\r\n\r\n")
        method, target, version, fields = _parsed(head)
        headers = dict(fields)
        if headers.get(b"expect", b"").lower() == b"100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if b"chunked" in headers.get(b"transfer-encoding", b"").lower():
            return _Received(method, target, version, fields, await _chunks(reader))
        return _Received(method, target, version, fields, await reader.readexactly(_number(headers)))
    except asyncio.IncompleteReadError, TimeoutError:
        return None
    except asyncio.LimitOverrunError:
        raise _InvalidError(431, "The headers are too long.") from None


def _parsed(head: bytes) -> tuple[str, bytes, str, list[tuple[bytes, bytes]]]:
    """Return method, target, version and headers of a request; raises ``_InvalidError``."""
    first, *lines = head[:-4].split(b"\r\n")
    parts = first.split(b" ")
    fields = [line.partition(b":") for line in lines]
    if len(parts) != 3 or not parts[2].startswith(b"HTTP/1.") or not all(separator for _, separator, _ in fields):
        raise _InvalidError(400, "This is no HTTP/1.1 request.")
    headers = [(name.lower(), value.strip()) for name, _, value in fields]
    return parts[0].decode("latin-1"), parts[1], parts[2].decode("latin-1")[5:], headers


def _number(headers: dict[bytes, bytes]) -> int:
    """Return the length of a body; raises ``_InvalidError``."""
    length = headers.get(b"content-length", b"0")
    if not length.isdigit():
        raise _InvalidError(400, "The Content-Length is no number.")
    return int(length)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    """Return a body that was sent in chunks; raises ``_InvalidError``."""
    body = b""
    while True:
        line = await reader.readuntil(b"\r\n")
        try:
            length = int(line.partition(b";")[0], 16)
        except ValueError:
            raise _InvalidError(400, "The length of a chunk is no number.") from None
        if not length:
            break
        body += (await reader.readexactly(length + 2))[:-2]
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return body


def _head(status: int, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the status line and the headers of a response."""
    lines = [f"HTTP/1.1 {status} {_phrase(status)}".encode(), *(name + b": " + value for name, value in headers)]
    return b"\r\n".join([*lines, b"", b""])


def _phrase(status: int) -> str:
    """Return the reason phrase of a status, which a fault may have made up."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _write(writer: asyncio.StreamWriter, response: Response, *, closing: bool) -> None:
    """Send a complete response."""
    headers = [(name.encode(), value.encode()) for name, value in response.headers]
    headers.append((b"content-length", b"%d" % len(response.body)))
    if closing:
        headers.append((b"connection", b"close"))
    writer.write(_head(response.status, headers) + response.body)


class _Exchange:
    """One request and its response, as an ASGI application sees them."""

    def __init__(self, received: _Received, writer: asyncio.StreamWriter, gone: asyncio.Event) -> None:
        """Initialize with a request, and an event that is set when the connection is closed."""
        self.scope: dict[str, Any] = {
            "type": "http",
            "method": received.method,
            "raw_path": received.target,
            "query_string": received.target.partition(b"?")[2],
            "headers": received.fields,
            "http_version": received.version,
        }
        self.is_complete = False
        self._received = received
        self._is_read = False
        self._writer = writer
        self._gone = gone
        self._head = b""
        self._is_chunked = False
        self._has_body = True

    async def receive(self) -> dict[str, Any]:
        """Return the body of the request; after that, wait until the client has disconnected."""
        if not self._is_read:
            self._is_read = True
            return {"type": "http.request", "body": self._received.body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        """Send the start or a piece of the body of the response; nothing if the client has disconnected."""
        if message["type"] == "http.response.start":
            self._begin(message["status"], message["headers"])
        else:
            self._writer.write(self._head + self._framed(message["body"], more=message["more_body"]))
            self._head = b""
            self.is_complete = not message["more_body"]
        with suppress(ConnectionError):
            await self._writer.drain()

    def _begin(self, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        """Prepare the start of the response; without a known length it is sent immediately."""
        names = {name for name, _ in headers}
        self._has_body = self._received.method != "HEAD" and status not in (204, 304)
        is_open = b"content-length" not in names and status not in (204, 304)
        self._is_chunked = is_open and self._received.version == "1.1"
        own = [(b"date", formatdate(usegmt=True).encode())]
        if self._is_chunked:
            own.append((b"transfer-encoding", b"chunked"))
        if self._received.is_last:
            own.append((b"connection", b"close"))
        self._head = _head(status, [*headers, *own])
        if is_open:
            self._writer.write(self._head)
            self._head = b""

    def _framed(self, body: bytes, *, more: bool) -> bytes:
        """Return a piece of the body as it is sent."""
        if not self._has_body:
            return b""
        if not self._is_chunked:
            return body
        piece = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return piece if more else piece + b"0\r\n\r\n"
