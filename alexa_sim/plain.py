"""HTTP/1.1 for the control plane, which a test suite asks many thousands of times.

It serves what clients of the control plane need, at a third of the cost of the server for Amazon's hosts: persistent
connections, and bodies with a Content-Length.
"""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from .asgi import request_of
from .http import Request, Response, json_response

type Answer = Callable[[Request], Awaitable[Response]]
"""Function that returns the response to a request; it does not raise."""


class _InvalidError(Exception):
    """A request that cannot be read; ``response`` is the last one on its connection."""

    def __init__(self, status: int, message: str) -> None:
        """Initialize with the status and the message of the response."""
        super().__init__(message)
        self.response = json_response({"message": message}, status)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer) -> None:
    """Answer the requests on a connection until one side closes it."""
    try:
        while (request := await _read(reader, writer)) is not None:
            closing = request.http_version != "1.1" or request.headers.get("connection", "").lower() == "close"
            await _write(writer, await answer(request), closing=closing)
            if closing:
                break
    except _InvalidError as err:
        await _write(writer, err.response, closing=True)
    finally:
        writer.close()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Request | None:
    """Return the next request, or None if the client has closed the connection; raises ``_InvalidError``."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    except asyncio.LimitOverrunError:
        raise _InvalidError(431, "The headers are too long.") from None
    first, *lines = head[:-4].split(b"\r\n")
    parts = first.split(b" ")
    fields = [line.partition(b":") for line in lines]
    if len(parts) != 3 or not parts[2].startswith(b"HTTP/1.") or not all(separator for _, separator, _ in fields):
        raise _InvalidError(400, "This is no HTTP/1.1 request.")
    headers = {name.lower(): value.strip() for name, _, value in fields}
    if b"transfer-encoding" in headers:
        raise _InvalidError(411, "A body needs a Content-Length.")
    length = headers.get(b"content-length", b"0")
    if not length.isdigit():
        raise _InvalidError(400, "The Content-Length is no number.")
    if headers.get(b"expect", b"").lower() == b"100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    try:
        body = await reader.readexactly(int(length))
    except asyncio.IncompleteReadError:
        return None
    path, _, query = parts[1].partition(b"?")
    return request_of(parts[0].decode(), path, query, list(headers.items()), body, parts[2].decode()[5:])


async def _write(writer: asyncio.StreamWriter, response: Response, *, closing: bool) -> None:
    """Send a response."""
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in response.headers]
    lines += [f"content-length: {len(response.body)}", *(["connection: close"] if closing else [])]
    writer.write("\r\n".join([*lines, "", ""]).encode() + response.body)
    await writer.drain()
