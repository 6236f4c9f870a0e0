"""Directives that Amazon pushes, and the streams on which they are sent."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
import json
from typing import Any, Self
from uuid import uuid4

BOUNDARY = "------simcloud"
"""Boundary of the multipart stream; clients expect at least six dashes."""

KEEP_ALIVE = 30.0
"""Seconds after which a silent stream gets an empty part."""

PATIENCE = 0.2
"""Seconds to wait for the bytes of pushes to be sent."""

UNAUTHENTICATED = "Unable to authenticate the request. Please provide a valid authorization token."

FDAL = "FDAL"
"""Used in place of a command for an update of an appliance, which has a separate route and form."""

_LINE = f"--{BOUNDARY}\r\n".encode()


def directive(command: str, payload: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a directive with a double-encoded JSON payload.

    An appliance update is encoded once and has no command.
    """
    route, resource, metadata = (
        ("EventBus:AlexaMobile::FDAL", payload["payload"]["entity"]["id"], payload)
        if command == FDAL
        else (
            "EventBus:tcomm::message",
            command,
            {"command": command, "timeStamp": round(now * 1000), "payload": json.dumps(payload)},
        )
    )
    return {
        "directive": {
            "header": {"namespace": "Alexa.Mobile.Push", "name": "RenderUpdate", "messageId": str(uuid4())},
            "payload": {
                "renderingUpdates": [
                    {
                        "route": route,
                        "resourceId": resource,
                        "resourceMetadata": json.dumps(metadata),
                    },
                ],
            },
        },
    }


def set_endpoint(url: str) -> dict[str, Any]:
    """Return the directive that redirects a client to another gateway."""
    header = {"namespace": "System", "name": "SetEndpoint", "messageId": str(uuid4())}
    return {"directive": {"header": header, "payload": {"endpoint": url}}}


def part(data: Any) -> bytes:
    """Return one part of the multipart stream, followed by the boundary."""
    return b"Content-Type: application/json\r\n\r\n" + json.dumps(data).encode() + b"\r\n" + _LINE


def directive_of(piece: bytes) -> dict[str, Any] | None:
    """Return the directive in one part of the multipart stream; None for a bare boundary and for other data."""
    start = piece.find(b"{")
    try:
        found = json.loads(piece[start:].rpartition(_LINE)[0]) if start >= 0 else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def opening() -> bytes:
    """Return the boundary before the first part."""
    return _LINE


def content_type() -> str:
    """Return the content type of a multipart response."""
    return f"multipart/related; boundary={BOUNDARY}; type=application/json"


@dataclass(eq=False, slots=True)
class Stream:
    """One open directive stream; iterating yields the bytes to send.

    A stream that is not ``live`` stays open and silent, because it is at the wrong gateway or the app has not
    registered its capabilities.
    """

    account: str
    token: str
    live: bool
    last: float
    on_close: Callable[[Stream], None]
    _queue: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    sent: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while all queued bytes have been passed to the connection."""
    _ended: bool = False

    def __post_init__(self) -> None:
        """Begin without bytes to send."""
        self.sent.set()

    def write(self, data: bytes, now: float) -> None:
        """Queue bytes for sending."""
        if not self._ended:
            self.last = now
            self.sent.clear()
            self._queue.put_nowait(data)

    def close(self) -> None:
        """End the stream after the queued bytes."""
        if not self._ended:
            self._ended = True
            self.on_close(self)
            self._queue.put_nowait(None)

    def __aiter__(self) -> Self:
        """Return the stream itself."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next bytes."""
        if self._queue.empty():
            self.sent.set()
        data = await self._queue.get()
        if data is None:
            raise StopAsyncIteration
        return data

    async def aclose(self) -> None:
        """Discard the stream after the client has disconnected."""
        self.close()


class Streams:
    """All open streams."""

    def __init__(self) -> None:
        """Initialize without streams."""
        self._streams: list[Stream] = []
        self._silent_until = 0.0

    def __len__(self) -> int:
        """Return the number of open streams."""
        return len(self._streams)

    def open(self, account: str, token: str, *, live: bool, now: float) -> Stream:
        """Open a stream; an open stream of the same token is closed."""
        for other in list(self._streams):
            if other.token == token:
                other.close()
        stream = Stream(account, token, live, now, self._streams.remove)
        self._streams.append(stream)
        if live:
            stream.write(opening(), now)
        return stream

    def send(self, command: str, payload: Mapping[str, Any], *, now: float, account: str | None = None) -> None:
        """Push a command to the streams of an account, or to all streams."""
        if now < self._silent_until:
            return
        for stream in self._streams:
            if stream.live and account in (None, stream.account):
                own = payload
                if command.startswith("PUSH_") and "destinationUserId" not in payload:
                    own = {"destinationUserId": stream.account, **payload}
                stream.write(part(directive(command, own, now)), now)

    def send_raw(self, data: str | Mapping[str, Any], *, now: float) -> None:
        """Send a text unchanged to every stream, or an object as one part."""
        for stream in self._streams:
            stream.write(data.encode() if isinstance(data, str) else part(data), now)

    def keep_alive(self, now: float) -> None:
        """Send an empty part on streams that have been silent for a while."""
        for stream in self._streams:
            if stream.live and now >= max(stream.last + KEEP_ALIVE, self._silent_until):
                stream.write(opening(), now)

    def end_unauthenticated(self, is_valid: Callable[[str], bool], now: float) -> None:
        """Close the streams whose token is no longer valid, after Amazon's message about it."""
        for stream in list(self._streams):
            if not is_valid(stream.token):
                stream.write(f"{UNAUTHENTICATED}\r\n".encode(), now)
                stream.close()

    async def sent(self) -> None:
        """Wait until all queued bytes are sent, for a limited time because a client may not read."""
        if all(stream.sent.is_set() for stream in self._streams):
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*(stream.sent.wait() for stream in self._streams))

    def close(self) -> None:
        """Close all streams."""
        for stream in list(self._streams):
            stream.close()

    def silence(self, until: float) -> None:
        """Discard everything that would be sent until a time of the clock."""
        self._silent_until = until
