"""ASGI application of the cloud: passes requests to the cloud, and applies faults to its responses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
import math
import struct
import time
from typing import Any
from urllib.parse import parse_qsl, unquote

from .faults import Fault
from .hosts import is_amazon
from .http import Handler, HttpError, Request, Response, json_response
from .ledger import Entry
from .simulation import Simulation

type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[dict[str, Any]]]
type Send = Callable[[dict[str, Any]], Awaitable[None]]

_GOAWAY = 7
"""Type of the HTTP/2 frame."""

_FLUSH = 0.05
"""Real seconds for sending half a body before its connection is cut."""

_CHUNK = 1024
"""Maximum number of bytes of a page sent at once."""

_TURNS = 4
"""Event-loop turns to wait after each piece: one more than the server needs to write it."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection on which a request arrived."""

    writer: asyncio.StreamWriter

    @property
    def sni(self) -> str | None:
        """Return the host name of the TLS handshake."""
        return getattr(self.writer.get_extra_info("ssl_object"), "sni", None)

    def cut(self) -> None:
        """Close the connection without a response."""
        self.writer.transport.abort()

    def go_away(self, last: int) -> bool:
        """Send GOAWAY (RFC 9113, 6.8) with the number of the last stream that is handled, and no error.

        Over HTTP/1.1, which has no such frame, close the connection. Returns whether the connection is still open.
        """
        if self.writer.get_extra_info("ssl_object").selected_alpn_protocol() != "h2":
            self.cut()
            return False
        self.writer.write(struct.pack("!HBBBLLL", 0, 8, _GOAWAY, 0, 0, last, 0))
        return True


CONNECTION: ContextVar[Connection] = ContextVar("connection")
"""Connection of the current request; the server sets it for each accepted connection."""


async def read_request(scope: Scope, receive: Receive) -> Request | None:
    """Return the request with its complete body; ``None`` if the client disconnected before its end."""
    body = b""
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message["body"]
        more = message["more_body"]
    return request_of(
        scope["method"],
        scope["raw_path"].partition(b"?")[0],
        scope["query_string"],
        scope["headers"],
        body,
        scope["http_version"],
    )


def request_of(
    method: str, path: bytes, query: bytes, fields: Iterable[tuple[bytes, bytes]], body: bytes, version: str
) -> Request:
    """Return a request from its parts as they were sent; ``version`` is that of HTTP."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name, value = raw_name.decode().lower(), raw_value.decode("utf-8", "replace")
        separator = "; " if name == "cookie" else ", "
        headers[name] = f"{headers[name]}{separator}{value}" if name in headers else value
    pairs = parse_qsl(query.decode(), keep_blank_values=True)
    return Request(
        method=method,
        host=_without_port(headers.get("host", "")),
        path=path.decode(),
        query=dict(pairs),
        headers=headers,
        body=body,
        http_version=version,
        pairs=tuple(pairs),
    )


def _without_port(host: str) -> str:
    """Return a Host header in lower case without its port."""
    name, _, port = host.lower().rpartition(":")
    return name if name and port.isdecimal() else host.lower()


async def send_start(response: Response, send: Send) -> None:
    """Send status and headers."""
    headers = [(name.lower().encode(), value.encode()) for name, value in response.headers]
    if response.stream is None and not response.chunked and response.status not in (204, 304):
        headers.append((b"content-length", b"%d" % len(response.body)))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})


async def send_body(body: bytes, send: Send, *, more: bool = False) -> None:
    """Send a piece of the body; the last piece ends the response."""
    await send({"type": "http.response.body", "body": body, "more_body": more})


class CloudApp:
    """ASGI application that serves Amazon's hosts."""

    def __init__(self, simulation: Simulation) -> None:
        """Initialize with the simulation to serve."""
        self._simulation = simulation
        self._handling: set[asyncio.Task[tuple[Response, float]]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            if scope["type"] == "websocket":
                await send({"type": "websocket.close"})
            return
        request = await read_request(scope, receive)
        if request is None:
            return
        entry = self._simulation.ledger.open(request, self._simulation.clock.now())
        started = time.perf_counter()
        work = asyncio.create_task(self._answer(request, entry, send))
        gone = asyncio.create_task(_until_gone(receive))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
            present = not gone.done()
        finally:
            await _end(work)
            entry.duration = time.perf_counter() - started
            await _end(gone)
            self._simulation.streams.discard(work)
        if not work.cancelled() and (err := work.exception()) is not None:
            self._note(err, request)
            CONNECTION.get().cut()
        elif work.cancelled() and present:
            await send_body(b"", send)

    async def _answer(self, request: Request, entry: Entry, send: Send) -> None:
        """Get the response of the cloud, apply the faults that match, and send it."""
        delays, fault = self._simulation.faults.take(request)
        if delays or fault:
            entry.fault = ", ".join(f"{rule.kind} {rule.id}" for rule in [*delays, *([fault] if fault else [])])
        # Delays count from the arrival or from the end of the handler. It does not matter whether the clock is advanced
        # before or during a wait.
        due = entry.time
        for delay in delays:
            if not delay.after:
                due = await self._wait(delay, due + delay.latency)
        response = None
        if fault is None or fault.needs_real_answer:
            response, due = await self._handle(request)
        for delay in delays:
            if delay.after:
                due = await self._wait(delay, due + delay.latency)
        if fault is not None and fault.kind == "hang":
            await self._wait(fault, math.inf if fault.until is None else fault.until)
        if fault is not None and fault.kind == "cut" and fault.cut == "before":
            await _close_stream(response.stream if response else None)
            CONNECTION.get().cut()
            return
        if fault is not None and fault.kind == "goaway":
            is_open = CONNECTION.get().go_away(fault.goaway)
            if not fault.after and is_open:
                await fault.deleted.wait()
                CONNECTION.get().cut()
            if not fault.after or not is_open:
                return
        if fault is not None and (own := fault.answer(request)) is not None:
            await _close_stream(response.stream if response else None)
            response = own
        if response is None:
            response, _ = await self._handle(request)
        await self._send(response, entry, send, fault)

    async def _wait(self, fault: Fault, until: float) -> float:
        """Wait until a time of the simulation's clock, or until the fault is deleted; return the earlier of both times.

        If ``until`` is infinite, only the deletion ends the wait.
        """
        clock = self._simulation.clock
        waits: set[asyncio.Task[Any]] = {asyncio.create_task(fault.deleted.wait())}
        if until < math.inf:
            waits.add(asyncio.create_task(clock.sleep_until(until)))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        return min(until, clock.now())

    async def _handle(self, request: Request) -> tuple[Response, float]:
        """Run the handler to completion even if the client disconnects; return its response and the time of its end."""
        task = asyncio.create_task(self._call(request))
        self._handling.add(task)
        task.add_done_callback(self._handling.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_drop_stream)
            raise

    async def _call(self, request: Request) -> tuple[Response, float]:
        """Return the response of the cloud, or the recorded one during a replay, and the time of the clock."""
        response = await self._simulated(request)
        if (replay := self._simulation.replay) is not None:
            response = replay.answer(request, response, self._simulation.cloud.newest_app())
        return response, self._simulation.clock.now()

    async def _simulated(self, request: Request) -> Response:
        """Return the response of the cloud, and record it if a recording is running."""
        if CONNECTION.get().sni is None or not is_amazon(request.host):
            return json_response({"message": f"{request.host or 'No host'} is not served here."}, 421)
        found = self._simulation.cloud.router.match(request.method, request.host, request.path)
        if isinstance(found, int):
            return json_response({"message": "Not Found" if found == 404 else "Method Not Allowed"}, found)
        handler, params = found
        response = await self._handled(handler, replace(request, params={k: unquote(v) for k, v in params.items()}))
        if (record := self._simulation.record) is not None:
            record.exchange(request, params, response)
        return response

    async def _handled(self, handler: Handler, request: Request) -> Response:
        """Return the response of a handler; 500 if it raises."""
        try:
            return await handler(request)
        except HttpError as err:
            return err.response
        except Exception as err:  # noqa: BLE001 - kept for GET /errors, answered as any server would
            self._note(err, request)
            return json_response({"message": "InternalFailure"}, 500)

    async def _send(self, response: Response, entry: Entry, send: Send, fault: Fault | None) -> None:
        """Send a response, or only half of it if the fault requires that."""
        kind = None if fault is None else fault.kind
        body = response.body[: len(response.body) // 2] if kind in ("cut", "malformed") else response.body
        if kind == "malformed":
            response = replace(response, body=body)
        entry.status = response.status
        await send_start(response, send)
        if response.stream is not None:
            await self._pump(response.stream, send, spoiled=kind in ("cut", "malformed"))
        elif response.chunked:
            for start in range(0, len(body), _CHUNK):
                await send_body(body[start : start + _CHUNK], send, more=True)
            await send_body(b"", send, more=kind == "cut")
        else:
            await send_body(body, send, more=kind == "cut")
        if kind == "cut":
            await asyncio.sleep(_FLUSH)
            CONNECTION.get().cut()
        elif response.stream is not None:
            await send_body(b"", send)

    async def _pump(self, stream: AsyncIterator[bytes], send: Send, *, spoiled: bool) -> None:
        """Send the pieces of a stream as they arrive; if ``spoiled``, only send half of the first one."""
        task = asyncio.current_task()
        if task is not None:
            self._simulation.streams.add(task)
        try:
            async for piece in stream:
                if (record := self._simulation.record) is not None:
                    record.pushed(piece)
                await send_body(piece[: len(piece) // 2] if spoiled else piece, send, more=True)
                # The server combines all pieces written in one turn of the event loop into one frame, so each piece is
                # written in a separate turn.
                for _ in range(_TURNS):
                    await asyncio.sleep(0)
                if spoiled:
                    break
        finally:
            await _close_stream(stream)

    def _note(self, err: BaseException, request: Request) -> None:
        """Store an exception together with the request that caused it."""
        self._simulation.note_error(err, method=request.method, host=request.host, path=request.path)


async def _until_gone(receive: Receive) -> None:
    """Wait until the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait for its end; ignore its exception."""
    task.cancel()
    await asyncio.wait({task})


async def _close_stream(stream: AsyncIterator[bytes] | None) -> None:
    """Close the iterator of a response that is not sent completely."""
    if (aclose := getattr(stream, "aclose", None)) is not None:
        with suppress(RuntimeError):  # another task is iterating over the stream and closes it
            await aclose()


def _drop_stream(task: asyncio.Task[tuple[Response, float]]) -> None:
    """Close the stream of a response whose client has disconnected."""
    if not task.cancelled() and task.exception() is None and (stream := task.result()[0].stream) is not None:
        closing: Coroutine[Any, Any, None] = _close_stream(stream)
        _CLOSING.add(closer := asyncio.ensure_future(closing))
        closer.add_done_callback(_CLOSING.discard)


_CLOSING: set[asyncio.Task[None]] = set()
