"""Tests of the push stream with a gateway on loopback, over HTTP/2 and HTTP/1.1."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
import json
import logging
from pathlib import Path
import ssl
import time
from typing import Any, override

import httpx
from hypercorn.asyncio import serve
from hypercorn.config import Config
import pytest
import trustme

from custom_components.alexa_media.cloud.account import multipart
from custom_components.alexa_media.cloud.account.multipart import MAX_PART
from custom_components.alexa_media.cloud.account.session import AccessToken
from custom_components.alexa_media.cloud.account.stream import PushStream, StreamTimes
from custom_components.alexa_media.cloud.errors import (
    AlexaAuthError,
    AlexaConnectionError,
    AlexaRateLimitedError,
    AlexaUnsupportedError,
)
from custom_components.alexa_media.cloud.model.devices import Volume
from custom_components.alexa_media.cloud.model.events import (
    DirectiveUnknown,
    PushEvent,
    StreamClosed,
    StreamOpened,
    VolumeChanged,
)
from tests.cloud.account.conftest import Clock
from tests.conftest import poll

BOUNDARY = "------abcde123"
OPENING = f"--{BOUNDARY}\r\n".encode()
NA, EU = "alexa.na.gateway.devices.a2z.com", "alexa.eu.gateway.devices.a2z.com"
TIMES = StreamTimes(ping=20, ping_timeout=2, read=5, open=2, backoff_first=0.01, backoff_longest=0.05, renew_ahead=60)
FIRST = StreamOpened(resync=True)


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Replace the fixture for Home Assistant, which is not needed here."""


@pytest.fixture
async def clock(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return a clock that advances the timers of the event loop, too."""
    loop = asyncio.get_running_loop()
    loop_time, monotonic = loop.time, time.monotonic
    monkeypatch.setattr(loop, "time", lambda: loop_time() + clock.offset)
    monkeypatch.setattr(time, "monotonic", lambda: monotonic() + clock.offset)
    return clock


def part(value: object) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"Content-Type: application/json\r\n\r\n{text}\r\n".encode() + OPENING


def volume(level: int) -> bytes:
    payload = {"dopplerId": {"deviceSerialNumber": "G0KÜCHE", "deviceType": "A3"}, "volumeSetting": level}
    metadata = {"command": "PUSH_VOLUME_CHANGE", "payload": json.dumps(payload, ensure_ascii=False)}
    update = {"resourceId": "PUSH_VOLUME_CHANGE", "resourceMetadata": json.dumps(metadata, ensure_ascii=False)}
    header = {"namespace": "Alexa.Mobile.Push", "name": "RenderUpdate"}
    return part({"directive": {"header": header, "payload": {"renderingUpdates": [update]}}})


def set_endpoint(host: str) -> bytes:
    header = {"namespace": "System", "name": "SetEndpoint", "messageId": "1"}
    return part({"directive": {"header": header, "payload": {"endpoint": f"https://{host}"}}})


def level_of(event: PushEvent) -> int | None:
    return event.volume.level if isinstance(event, VolumeChanged) else None


@dataclass
class Pipe:
    """The gateway's side of one stream."""

    host: str
    token: str
    out: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, *data: bytes) -> None:
        """Send pieces, each in a separate frame."""
        for piece in data:
            self.out.put_nowait(piece)

    def end(self) -> None:
        """End the stream."""
        self.out.put_nowait(None)


@dataclass
class Gateway:
    """A gateway with configurable responses; ``statuses`` are the statuses of the next streams."""

    port: int = 0
    hits: list[tuple[str, str, str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    versions: set[str] = field(default_factory=set)
    statuses: list[int] = field(default_factory=list)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    content_type: bytes = f"multipart/related; boundary={BOUNDARY}; type=application/json".encode()
    ping_status: int = 204
    event_status: int = 204
    event_body: bytes = b""
    hold: asyncio.Event | None = None
    pipes: asyncio.Queue[Pipe] = field(default_factory=asyncio.Queue)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def reached(self, path: str, count: int = 1) -> None:
        """Wait until a path has been requested ``count`` times."""
        async with asyncio.timeout(20):
            while self.count(path) < count:
                self.news.clear()
                await self.news.wait()

    def count(self, path: str) -> int:
        """Return the number of requests for a path."""
        return sum(hit[1] == path for hit in self.hits)

    async def pipe(self) -> Pipe:
        """Return the next stream opened by the client."""
        async with asyncio.timeout(20):
            return await self.pipes.get()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle a request."""
        assert scope["type"] == "http", "lifespan events are not expected"
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.versions.add(scope["http_version"])
        hit = (scope["method"], scope["path"], headers["host"], headers["authorization"])
        self.hits.append(hit)
        self.news.set()
        match scope["path"]:
            case "/v20160207/directives":
                await self._directives(hit, receive, send)
            case "/v20160207/events":
                body, more = b"", True
                while more:
                    message = await receive()
                    body, more = body + message["body"], message["more_body"]
                self.bodies.append(body)
                await self._answer(send, self.event_status, self.event_body)
            case "/ping":
                await self._answer(send, self.ping_status)

    async def _answer(self, send: Any, status: int, body: bytes = b"") -> None:
        headers = [(b"content-type", self.content_type), *self.headers]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _directives(self, hit: tuple[str, str, str, str], receive: Any, send: Any) -> None:
        if self.hold is not None:
            await self.hold.wait()
        if (status := self.statuses.pop(0) if self.statuses else 200) != 200:
            await self._answer(send, status)
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", self.content_type)]})
        pipe = Pipe(hit[2], hit[3])
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        self.pipes.put_nowait(pipe)
        writer = asyncio.create_task(self._write(pipe, send))
        reader = asyncio.create_task(self._read(pipe, receive))
        done, pending = await asyncio.wait([writer, reader], return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
            await asyncio.wait([task])
        for task in done:
            task.result()

    async def _write(self, pipe: Pipe, send: Any) -> None:
        while (data := await pipe.out.get()) is not None:
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _read(self, pipe: Pipe, receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        pipe.gone.set()


class Loopback(httpx.AsyncHTTPTransport):
    """Sends every request to one port; the request keeps its original host name."""

    def __init__(self, port: int, verify: ssl.SSLContext, *, http2: bool) -> None:
        """Initialize with the port."""
        super().__init__(verify=verify, http2=http2)
        self._port = port

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return await super().handle_async_request(request)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    authority = trustme.CA()
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(file))
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return file, context


@pytest.fixture
async def cloud(socket_enabled: None, certificates: tuple[Path, ssl.SSLContext]) -> AsyncIterator[Gateway]:
    """Return a running gateway."""
    app = Gateway()
    config = Config()
    config.certfile = config.keyfile = str(certificates[0])
    config.bind = ["127.0.0.1:0"]
    config.errorlog = None
    config.graceful_timeout = 0.1
    sockets = config.create_sockets()
    config.create_sockets = lambda: sockets  # type: ignore[method-assign]
    app.port = sockets.secure_sockets[0].getsockname()[1]
    stop = asyncio.Event()
    server = asyncio.create_task(serve(app, config, shutdown_trigger=stop.wait))
    yield app
    stop.set()
    await asyncio.wait_for(server, 20)


@dataclass
class Cable:
    """A port that forwards connections to the gateway, and can cut them."""

    target: int
    port: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    async def join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Connect both ends of a connection."""
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self.writers += [writer, far_writer]
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    def cut(self) -> None:
        """Cut all connections."""
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.close()


@pytest.fixture
async def cable(cloud: Gateway) -> AsyncIterator[Cable]:
    """Return a port in front of the gateway that can cut connections."""
    cable = Cable(cloud.port)
    async with await asyncio.start_server(cable.join, "127.0.0.1", 0) as server:
        cable.port = server.sockets[0].getsockname()[1]
        yield cable
        cable.cut()


@dataclass
class Account:
    """The account's callbacks for the stream, with counters."""

    gateway: Gateway
    context: ssl.SSLContext
    http2: bool = True
    life: float = 3600.0
    number: int = 1
    refused: list[str] = field(default_factory=list)
    registrations: int = 0
    token_error: Exception | None = None
    renewal_error: Exception | None = None
    slow_renewal: asyncio.Event | None = None
    registration_error: Exception | None = None
    clients: list[httpx.AsyncClient] = field(default_factory=list)
    streams: list[PushStream] = field(default_factory=list)
    port: int | None = None
    attempts: asyncio.Event = field(default_factory=asyncio.Event)

    def client(self) -> httpx.AsyncClient:
        """Return a new HTTP client."""
        transport = Loopback(self.port or self.gateway.port, self.context, http2=self.http2)
        client = httpx.AsyncClient(transport=transport)
        self.clients.append(client)
        if len(self.clients) == 4:
            self.attempts.set()
        return client

    async def token(self) -> AccessToken:
        """Return the current token."""
        if self.token_error:
            raise self.token_error
        return AccessToken(f"Atna|secret-{self.number}", time.time() + self.life)

    async def renew(self, refused: str) -> None:
        """Replace the token."""
        self.refused.append(refused)
        if self.slow_renewal:
            await self.slow_renewal.wait()
        if self.renewal_error:
            raise self.renewal_error
        self.number += 1

    async def register(self) -> None:
        """Count a registration."""
        self.registrations += 1
        if self.registration_error:
            raise self.registration_error

    def stream(self, **changes: Any) -> PushStream:
        """Return a new stream."""
        options: dict[str, Any] = {"renew_token": self.renew, "times": TIMES, "domain": "amazon.com"} | changes
        stream = PushStream(self.client, token=self.token, register_capabilities=self.register, **options)
        self.streams.append(stream)
        return stream


@pytest.fixture
def account(cloud: Gateway, certificates: tuple[Path, ssl.SSLContext]) -> Iterator[Account]:
    """Return an account with a gateway on loopback; all its clients must be closed at the end."""
    account = Account(cloud, certificates[1])
    yield account
    assert all(client.is_closed for client in account.clients)


async def following(events: AsyncGenerator[PushEvent]) -> PushEvent:
    async with asyncio.timeout(20):
        return await anext(events)


async def several(events: AsyncGenerator[PushEvent], count: int) -> list[PushEvent]:
    return [await following(events) for _ in range(count)]


@asynccontextmanager
async def opened(account: Account, **changes: Any) -> AsyncIterator[tuple[AsyncGenerator[PushEvent], Pipe]]:
    """Open a stream; yield its events and the gateway's side."""
    async with aclosing(account.stream(**changes).events()) as events:
        assert await following(events) == FIRST
        pipe = await account.gateway.pipe()
        pipe.send(OPENING)
        yield events, pipe


def of_type(kind: type, events: list[PushEvent]) -> list[PushEvent]:
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("http2", [True, False], ids=["http2", "http1.1"])
async def test_directives_arrive_as_events(account: Account, cloud: Gateway, http2: bool) -> None:
    account.http2 = http2
    stream = account.stream()
    assert stream.stats["state"] == "new"
    async with aclosing(stream.events()) as events:
        assert await following(events) == FIRST
        pipe = await cloud.pipe()
        pipe.send(OPENING, volume(1), volume(2) + volume(3), OPENING)
        pipe.send(part({"directive": {"header": {"namespace": "Alexa", "name": "New"}}}), part("{half"), volume(4))
        received = await several(events, 5)
        assert [level_of(event) for event in received] == [1, 2, 3, None, 4]
        assert received[3] == DirectiveUnknown(command="Alexa.New")
        with pytest.raises(RuntimeError):
            await anext(stream.events())
    assert (pipe.host, pipe.token) == (NA, "Bearer Atna|secret-1")
    assert cloud.versions == {"2" if http2 else "1.1"}
    assert account.registrations == 1
    assert [hit[:3] for hit in cloud.hits] == [("POST", "/v20160207/events", NA), ("GET", "/v20160207/directives", NA)]
    assert b"SynchronizeState" in cloud.bodies[0]
    assert b'name="metadata"' in cloud.bodies[0]
    assert stream.stats == {
        "state": "up",
        "host": NA,
        "reason": None,
        "last_traffic": 0,
        "connects": 1,
        "directives": 5,
        "keep_alives": 1,
        "malformed": 1,
        "pings": 0,
        "overflows": 0,
        "queued": 0,
        "unknown": {"Alexa.New": 1},
    }


async def test_a_directive_split_inside_a_character_is_parsed(account: Account) -> None:
    async with opened(account) as (events, pipe):
        data = volume(7)
        assert "Ü".encode() in data
        pipe.send(*(data[at : at + 1] for at in range(len(data))))
        assert level_of(await following(events)) == 7


async def test_a_flood_arrives_completely_and_in_order(account: Account) -> None:
    async with opened(account) as (events, pipe):
        levels = [number * 7 % 101 for number in range(5000)]
        for start in range(0, 5000, 50):
            pipe.send(b"".join(volume(level) for level in levels[start : start + 50]))
        assert [level_of(event) for event in await several(events, 5000)] == levels


async def test_the_stream_is_cut_every_few_directives(account: Account, cloud: Gateway, cable: Cable) -> None:
    account.port = cable.port
    async with aclosing(account.stream().events()) as events:
        for turn in range(6):
            assert await following(events) == FIRST
            pipe = await cloud.pipe()
            pipe.send(OPENING, *(volume(level) for level in range(3)))
            assert [level_of(event) for event in await several(events, 3)] == [0, 1, 2]
            if turn % 2:
                pipe.end()
            else:
                pipe.send(volume(4)[:100])
                cable.cut()
            closed = await following(events)
            assert isinstance(closed, StreamClosed)
            assert closed.reason in ("ended by Amazon" if turn % 2 else "ReadError", "RemoteProtocolError")
    assert account.registrations == 1
    assert cloud.count("/v20160207/events") == 1


async def test_a_gateway_that_refuses_connections_is_retried(
    account: Account, cloud: Gateway, caplog: pytest.LogCaptureFixture, unused_tcp_port: int
) -> None:
    caplog.set_level(logging.INFO, "custom_components.alexa_media")
    account.port = unused_tcp_port
    async with aclosing(account.stream().events()) as events:
        assert await following(events) == StreamClosed(reason="ConnectError")
        async with asyncio.timeout(20):
            await account.attempts.wait()
        account.port = None
        assert await following(events) == FIRST, "the closed stream is reported once"
        await cloud.pipe()
    lines = [record.message for record in caplog.records if record.name.startswith("custom_components")]
    assert lines == ["Push stream closed: ConnectError", "Push stream restored"]


@pytest.mark.parametrize("status", [403, 401])
async def test_refused_token_is_renewed_once_and_at_once(account: Account, cloud: Gateway, status: int) -> None:
    cloud.statuses = [status]
    async with aclosing(account.stream(times=StreamTimes()).events()) as events:
        assert await following(events) == StreamClosed(reason=f"HTTP {status}")
        assert await following(events) == FIRST
        assert (await cloud.pipe()).token == "Bearer Atna|secret-2"
    assert account.refused == ["Atna|secret-1"]
    assert account.registrations == 1


async def test_account_that_is_always_refused_backs_off(account: Account, cloud: Gateway) -> None:
    cloud.statuses = [403] * 4
    async with aclosing(account.stream().events()) as events:
        assert await following(events) == StreamClosed(reason="HTTP 403")
        assert await following(events) == FIRST
    assert account.refused == ["Atna|secret-1"], "one renewal per outage"
    assert cloud.count("/v20160207/directives") == 5


async def test_a_token_refused_in_the_region_request_is_renewed(account: Account, cloud: Gateway) -> None:
    cloud.event_status = 401
    async with aclosing(account.stream().events()) as events:
        assert await following(events) == StreamClosed(reason="HTTP 401")
        cloud.event_status = 204
        assert await following(events) == FIRST
    assert account.refused == ["Atna|secret-1"]


async def test_a_token_refused_inside_the_stream_is_renewed(account: Account, cloud: Gateway) -> None:
    async with opened(account) as (events, pipe):
        pipe.send(b"Unable to authenticate the request. Please provide a valid authorization token.\r\n")
        assert await following(events) == StreamClosed(reason="signed out in the stream")
        assert await following(events) == FIRST
        assert (await cloud.pipe()).token == "Bearer Atna|secret-2"


async def test_a_sign_in_page_is_not_a_stream(account: Account, cloud: Gateway) -> None:
    cloud.content_type = b"text/html; charset=utf-8"
    async with aclosing(account.stream().events()) as events:
        assert await following(events) == StreamClosed(reason="a page came, not a stream")
        cloud.content_type = b"multipart/related; boundary=" + BOUNDARY.encode()
        assert await following(events) == FIRST
    assert account.refused == ["Atna|secret-1"]


@pytest.mark.parametrize("status", [503, 500, 404, 204, 302])
async def test_other_statuses_are_not_a_stream(account: Account, cloud: Gateway, status: int) -> None:
    cloud.statuses = [status] * 2
    async with aclosing(account.stream().events()) as events:
        assert await following(events) == StreamClosed(reason=f"HTTP {status}")
        assert await following(events) == FIRST
    assert account.refused == []
    assert cloud.count("/v20160207/directives") == 3


async def pauses_of(account: Account, monkeypatch: pytest.MonkeyPatch, count: int, times: StreamTimes) -> list[float]:
    """Return the pauses before the first connection attempts of the stream, without waiting."""
    pauses: list[float] = []
    enough = asyncio.Event()
    real_sleep = asyncio.sleep

    async def no_sleep(delay: float) -> None:
        if delay == times.ping:
            await asyncio.Event().wait()
        if delay:
            pauses.append(delay)
        if len(pauses) >= count:
            enough.set()
            await asyncio.Event().wait()
        await real_sleep(0)

    monkeypatch.setattr("custom_components.alexa_media.cloud.account.stream.asyncio.sleep", no_sleep)
    async with aclosing(account.stream(times=times).events()) as events:
        reader = asyncio.create_task(_drop_all(events))
        async with asyncio.timeout(20):
            await enough.wait()
        reader.cancel()
        with suppress(asyncio.CancelledError):
            await reader
    monkeypatch.undo()
    return pauses


async def _drop_all(events: AsyncGenerator[PushEvent]) -> None:
    async for _ in events:
        pass


async def test_waits_grow_up_to_the_limit(account: Account, cloud: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.statuses = [503] * 20
    pauses = await pauses_of(account, monkeypatch, 15, StreamTimes())
    limits = [1, 2, 4, 8, *[15] * 5, 30, 60, 120, 240, 300, 300]
    assert all(0.5 * limit <= pause <= limit for pause, limit in zip(pauses, limits, strict=True))
    assert len(set(pauses)) > 6, "pauses are random, so that clients do not reconnect at the same time"


async def test_the_retry_after_of_a_gateway_is_respected(
    account: Account, cloud: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.statuses, cloud.headers = [503] * 3, [(b"retry-after", b"77")]
    assert await pauses_of(account, monkeypatch, 2, StreamTimes()) == [77.0, 77.0]


async def test_only_data_of_a_stream_that_lasts_resets_the_backoff(
    account: Account, cloud: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def serve_streams(*data: bytes) -> None:
        while True:
            pipe = await cloud.pipe()
            pipe.send(*data)
            pipe.end()

    lasting, short = StreamTimes(lasting=0.0), StreamTimes()
    for data, times, last in (
        ((OPENING,), short, 8.0),
        ((OPENING, OPENING), short, 8.0),
        ((OPENING, volume(1)), short, 8.0),
        ((OPENING, OPENING), lasting, 1.0),
        ((OPENING, volume(1)), lasting, 1.0),
    ):
        server = asyncio.create_task(serve_streams(*data))
        pauses = await pauses_of(account, monkeypatch, 4, times)
        server.cancel()
        with suppress(asyncio.CancelledError):
            await server
        assert last / 2 <= pauses[-1] <= last, data


async def test_streams_that_are_refused_after_their_first_data_become_rare(
    account: Account, cloud: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is renewed once, and the pauses increase."""

    async def refuse_all() -> None:
        while True:
            pipe = await cloud.pipe()
            pipe.send(OPENING, OPENING)
            asyncio.get_running_loop().call_later(0.05, pipe.send, b"Unable to authenticate the request.\r\n")

    gateway = asyncio.create_task(refuse_all())
    pauses = await pauses_of(account, monkeypatch, 4, StreamTimes())
    gateway.cancel()
    with suppress(asyncio.CancelledError):
        await gateway
    assert account.refused == ["Atna|secret-1"]
    assert 4.0 <= pauses[-1] <= 8.0


async def test_silent_stream_is_opened_again_after_registering(account: Account, cloud: Gateway, clock: Clock) -> None:
    times = StreamTimes(read=10, backoff_first=0.01)
    async with aclosing(account.stream(times=times).events()) as events:
        assert await following(events) == FIRST
        await cloud.pipe()
        clock.advance(10)
        assert await following(events) == StreamClosed(reason="silent")
        assert await following(events) == FIRST
        assert account.registrations == 2
        assert cloud.count("/v20160207/events") == 2, "a silent stream may be at the wrong region"
        pipe = await cloud.pipe()
        pipe.send(OPENING, volume(1))
        assert level_of(await following(events)) == 1
        clock.advance(10)
        assert await following(events) == StreamClosed(reason="silent")
        assert await following(events) == FIRST
        assert account.registrations == 2, "directives prove that the capabilities are registered"


async def test_silent_streams_get_increasing_time_limits(account: Account, cloud: Gateway, clock: Clock) -> None:
    stream = account.stream(times=StreamTimes(read=40, backoff_first=0.001))
    async with aclosing(stream.events()) as events:
        for limit in (40, 80, 160):
            assert await following(events) == FIRST
            await cloud.pipe()
            clock.advance(limit - 20)
            await asyncio.sleep(0.02)  # in this real time, a stream whose limit is too short would end
            assert stream.stats["state"] == "up"
            clock.advance(20)
            assert await following(events) == StreamClosed(reason="silent")


async def test_pings_keep_a_quiet_stream_open_without_keep_alives(
    account: Account, cloud: Gateway, clock: Clock
) -> None:
    times = StreamTimes(read=300, ping=100, backoff_first=0.01)
    async with opened(account, times=times) as (events, pipe):
        pipe.send(volume(1))
        assert level_of(await following(events)) == 1

        async def ping() -> None:
            pings = account.streams[0].stats["pings"]
            clock.advance(100)
            await poll(lambda: account.streams[0].stats["pings"] != pings)

        for _ in range(6):
            await ping()
        pipe.send(volume(2))
        assert level_of(await following(events)) == 2
        pipe.send(OPENING)
        await poll(lambda: account.streams[0].stats["keep_alives"])
        for _ in range(2):
            await ping()
        clock.advance(100)
        assert await following(events) == StreamClosed(reason="silent"), (
            "answered pings do not count after a keep-alive"
        )


async def test_pings_use_the_connection_of_the_stream(account: Account, cloud: Gateway) -> None:
    async with opened(account, times=StreamTimes(ping=0.05)) as (events, pipe):
        await cloud.reached("/ping", 2)
        pipe.send(volume(1))
        assert level_of(await following(events)) == 1
        assert len(account.clients) == 1
    assert ("GET", "/ping", NA, "Bearer Atna|secret-1") in cloud.hits


@pytest.mark.parametrize("status", [401, 403])
async def test_refused_ping_means_a_new_token_and_no_registration(
    account: Account, cloud: Gateway, status: int
) -> None:
    cloud.ping_status = status
    async with opened(account, times=StreamTimes(ping=0.1)) as (events, _):
        assert await following(events) == StreamClosed(reason=f"ping: HTTP {status}")
        cloud.ping_status = 204
        assert await following(events) == FIRST
        assert (await cloud.pipe()).token == "Bearer Atna|secret-2"
    assert account.registrations == 1
    assert account.refused == ["Atna|secret-1"]


async def test_failed_ping_closes_the_stream(account: Account, cloud: Gateway) -> None:
    cloud.ping_status = 503
    async with opened(account, times=StreamTimes(ping=0.1, backoff_first=0.01)) as (events, pipe):
        pipe.send(*(volume(level) for level in range(20)))
        received = await several(events, 21)
        assert received[-1] == StreamClosed(reason="ping: HTTP 503")
        async with asyncio.timeout(20):
            await pipe.gone.wait()
        assert await following(events) == FIRST
    assert account.refused == []


async def test_stream_is_renewed_before_its_token_expires(account: Account, cloud: Gateway, clock: Clock) -> None:
    account.life = 100
    async with opened(account, times=StreamTimes(renew_ahead=60, handover=0.05)) as (events, pipe):
        assert account.refused == ["Atna|secret-1"], "a token that is about to expire is renewed first"
        assert pipe.token == "Bearer Atna|secret-2"
        account.life = 3600
        pipe.send(volume(1))
        assert await following(events) == VolumeChanged(serial="G0KÜCHE", volume=Volume(level=1, muted=None))
        clock.advance(35)
        await asyncio.sleep(0.02)  # in this real time, a renewal that is too early would open a connection
        assert len(account.clients) == 1
        clock.advance(5)
        assert await following(events) == StreamOpened(resync=False, planned=True)
        second = await cloud.pipe()
        second.send(OPENING, volume(2))
        assert level_of(await following(events)) == 2
        async with asyncio.timeout(20):
            await pipe.gone.wait()
    assert len(account.clients) == 2
    assert account.registrations == 1


async def test_pushes_arrive_while_the_stream_is_replaced(account: Account, cloud: Gateway, clock: Clock) -> None:
    """The old stream is read until the new one is open."""
    account.life = 100
    async with opened(account, times=StreamTimes(renew_ahead=60, handover=0.05)) as (events, pipe):
        account.slow_renewal = asyncio.Event()
        clock.advance(40)
        async with asyncio.timeout(20):
            while account.refused != ["Atna|secret-1", "Atna|secret-2"]:
                await asyncio.sleep(0.01)
        account.life = 3600
        pipe.send(volume(1))
        assert level_of(await following(events)) == 1
        account.slow_renewal.set()
        assert await following(events) == StreamOpened(resync=False, planned=True)
        second = await cloud.pipe()
        async with asyncio.timeout(20):
            await pipe.gone.wait()
        second.send(OPENING, volume(2))
        assert level_of(await following(events)) == 2


@asynccontextmanager
async def replacing(
    account: Account, clock: Clock, **times: float
) -> AsyncIterator[tuple[AsyncGenerator[PushEvent], Pipe]]:
    """Open a stream that is replaced; yield its events and the gateway's side while its successor waits for a token."""
    account.life = 100
    limits = {"renew_ahead": 60.0, "backoff_first": 0.01, "handover": 0.05} | times
    async with opened(account, times=StreamTimes(**limits)) as (events, pipe):
        account.slow_renewal = asyncio.Event()
        clock.advance(40)
        async with asyncio.timeout(20):
            while len(account.refused) < 2:
                await asyncio.sleep(0.01)
        account.life = 3600
        yield events, pipe


async def test_a_stream_is_read_until_its_successor_is_accepted(account: Account, cloud: Gateway, clock: Clock) -> None:
    """A gateway or token service that refuses for a moment causes no gap."""
    async with replacing(account, clock, handover=5.0) as (events, pipe):
        cloud.statuses = [503, 403, 429]
        assert account.slow_renewal
        account.slow_renewal.set()
        for number in range(3):
            await cloud.reached("/v20160207/directives", 2 + number)
            pipe.send(volume(number))
        received = await several(events, 4)
        assert [level for event in received if (level := level_of(event)) is not None] == [0, 1, 2]
        assert StreamOpened(resync=False, planned=True) in received
        assert account.refused[2:] == ["Atna|secret-3"], "the token that the gateway refused was replaced"


async def test_failed_renewals_become_rarer_although_the_old_stream_delivers(
    account: Account, cloud: Gateway, clock: Clock
) -> None:
    """No stream is opened with the token of the old one: Amazon would end that one."""
    async with replacing(account, clock, backoff_first=0.05) as (events, pipe):
        account.renewal_error = AlexaConnectionError("no token service")
        account.life = 100
        assert account.slow_renewal
        account.slow_renewal.set()
        for number in range(20):
            pipe.send(volume(number))
            assert level_of(await following(events)) == number
            clock.advance(0.025)
        assert 3 <= len(account.refused) <= 7
        assert cloud.count("/v20160207/directives") == 1


@pytest.mark.parametrize("is_late", [True, False], ids=["late", "soon"])
async def test_an_old_stream_that_ends_before_its_successor_is_a_gap(
    account: Account, cloud: Gateway, clock: Clock, is_late: bool
) -> None:
    """Amazon may also end the old stream when it opens the new one, which is none."""
    async with replacing(account, clock, handover=0.05 if is_late else 5.0) as (events, pipe):
        pipe.end()
        if is_late:
            assert await following(events) == StreamClosed(reason="ended by Amazon")
        else:
            async with asyncio.timeout(20):
                while not account.clients[0].is_closed:
                    await asyncio.sleep(0.01)
        assert account.slow_renewal
        account.slow_renewal.set()
        assert await following(events) == StreamOpened(resync=is_late, planned=not is_late)


async def test_a_push_that_is_late_on_the_old_stream_is_not_lost(
    account: Account, cloud: Gateway, clock: Clock
) -> None:
    async with replacing(account, clock) as (events, pipe):
        assert account.slow_renewal
        account.slow_renewal.set()
        assert await following(events) == StreamOpened(resync=False, planned=True)
        pipe.send(volume(1))
        assert level_of(await following(events)) == 1
        async with asyncio.timeout(20):
            await pipe.gone.wait()


async def test_a_redirect_of_the_old_stream_does_not_hide_that_of_the_new_one(
    account: Account, cloud: Gateway, clock: Clock
) -> None:
    async with replacing(account, clock) as (events, pipe):
        cloud.hold = asyncio.Event()
        assert account.slow_renewal
        account.slow_renewal.set()
        await cloud.reached("/v20160207/directives", 2)
        pipe.send(set_endpoint(EU))
        async with asyncio.timeout(20):
            await pipe.gone.wait()
        cloud.hold.set()
        second = await cloud.pipe()
        assert second.host == NA
        second.send(OPENING, set_endpoint(EU))
        async with asyncio.timeout(20):
            while StreamClosed(reason="sent to another region") != await following(events):
                pass
        assert (await cloud.pipe()).host == EU


async def test_without_a_renewal_callback_the_stream_requests_the_token(account: Account, cloud: Gateway) -> None:
    account.life = 0.2
    async with opened(account, times=StreamTimes(renew_ahead=1.0), renew_token=None) as (events, _):
        account.life, account.number = 3600, 5
        assert await following(events) == StreamOpened(resync=False, planned=True)
        assert (await cloud.pipe()).token == "Bearer Atna|secret-5"


async def test_wrong_region_is_corrected_before_the_first_stream(account: Account, cloud: Gateway) -> None:
    cloud.event_status, cloud.event_body = 200, OPENING + set_endpoint(EU)
    stream = account.stream()
    async with aclosing(stream.events()) as events:
        assert await following(events) == FIRST
        assert (await cloud.pipe()).host == EU
    assert stream.stats["host"] == EU
    assert [hit[2] for hit in cloud.hits] == [NA, EU]


async def test_a_redirect_to_a_foreign_host_is_not_followed(account: Account, cloud: Gateway) -> None:
    cloud.event_status, cloud.event_body = 200, OPENING + set_endpoint("example.org")
    async with opened(account) as (events, pipe):
        assert pipe.host == NA
        pipe.send(set_endpoint("example.org"), set_endpoint(NA), volume(1))
        assert level_of(await following(events)) == 1


async def test_a_failed_region_request_does_not_prevent_the_stream(account: Account, cloud: Gateway) -> None:
    cloud.event_status = 500
    async with opened(account) as (events, pipe):
        pipe.send(volume(1))
        assert level_of(await following(events)) == 1
        pipe.end()
        assert await several(events, 2) == [StreamClosed(reason="ended by Amazon"), FIRST]
    assert cloud.count("/v20160207/events") == 2, "the region is requested again for the next stream"


async def test_a_stream_can_redirect_to_another_region(account: Account, cloud: Gateway) -> None:
    async with opened(account, times=StreamTimes()) as (events, first):
        pipe = first
        for host in (EU, NA, EU):
            pipe.send(set_endpoint(host))
            assert await several(events, 2) == [StreamClosed(reason="sent to another region"), FIRST]
            pipe = await cloud.pipe()
            assert pipe.host == host
            pipe.send(OPENING)


async def test_circular_redirects_back_off(account: Account, cloud: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async def send_on() -> None:
        while True:
            pipe = await cloud.pipe()
            pipe.send(OPENING, set_endpoint(EU if pipe.host == NA else NA))

    server = asyncio.create_task(send_on())
    pauses = await pauses_of(account, monkeypatch, 2, StreamTimes())
    server.cancel()
    with suppress(asyncio.CancelledError):
        await server
    assert 0.5 <= pauses[0] <= 1
    assert cloud.count("/v20160207/directives") == 5


async def test_full_queue_closes_the_stream_and_resyncs(account: Account, cloud: Gateway) -> None:
    stream = account.stream(queue_limit=100)
    async with aclosing(stream.events()) as events:
        assert await following(events) == FIRST
        pipe = await cloud.pipe()
        pipe.send(OPENING + b"".join(volume(level) for level in range(150)))
        async with asyncio.timeout(20):
            await pipe.gone.wait()
        assert stream.stats["queued"] == 101
        received = await several(events, 101)
        assert [level_of(event) for event in received[:100]] == list(range(100))
        assert received[100] == StreamClosed(reason="more pushes than can be handled")
        assert await following(events) == FIRST
    assert stream.stats["overflows"] == 1


async def test_part_that_is_too_large_closes_the_stream(account: Account) -> None:
    async with opened(account) as (events, pipe):
        pipe.send(part("x" * (MAX_PART + 1)))
        assert await several(events, 2) == [StreamClosed(reason="MultipartError"), FIRST]


async def test_pushes_before_a_part_that_is_too_large_arrive(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them are in one chunk of bytes."""
    monkeypatch.setattr(multipart, "MAX_HEADERS", 100)
    async with opened(account) as (events, pipe):
        pipe.send(volume(31) + volume(32) + b"X-Header: " + b"x" * 100 + b"\r\n")
        first, second, closed, opening = await several(events, 4)
        assert [level_of(first), level_of(second)] == [31, 32]
        assert [closed, opening] == [StreamClosed(reason="MultipartError"), FIRST]


async def test_unknown_commands_are_counted_up_to_a_limit(account: Account) -> None:
    stream = account.stream()
    async with aclosing(stream.events()) as events:
        assert await following(events) == FIRST
        pipe = await account.gateway.pipe()
        names = [f"Name{n}" for n in range(60)] + ["Name0"]
        pipe.send(OPENING, *(part({"directive": {"header": {"namespace": "X", "name": name}}}) for name in names))
        assert len(of_type(DirectiveUnknown, await several(events, 61))) == 61
    unknown = stream.stats["unknown"]
    assert isinstance(unknown, dict)
    assert len(unknown) == 50
    assert unknown["X.Name0"] == 2


# --- account ----------------------------------------------------------------------------


async def test_registration_that_fails_is_tried_again_with_the_next_stream(account: Account) -> None:
    account.registration_error = AlexaUnsupportedError("no")
    async with opened(account) as (events, pipe):
        account.registration_error = None
        pipe.end()
        assert isinstance(await following(events), StreamClosed)
        assert await following(events) == FIRST
        assert account.registrations == 2


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AlexaConnectionError("down"), "AlexaConnectionError"),
        (AlexaRateLimitedError("slow", retry_after=0.01), "rate limited"),
        (ValueError("Bearer Atna|secret-1"), "ValueError"),
        (TimeoutError(), "no response in time"),
    ],
)
async def test_an_unavailable_token_is_requested_again(
    account: Account, error: Exception, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account.token_error = error
    async with aclosing(account.stream().events()) as events:
        assert await following(events) == StreamClosed(reason=reason)
        account.token_error = None
        assert await following(events) == FIRST
    assert "secret" not in "\n".join(
        record.getMessage() for record in caplog.records if record.name.startswith("custom_components")
    )


async def test_signed_out_ends_the_events(account: Account, cloud: Gateway) -> None:
    stream = account.stream()
    events = stream.events()
    assert await following(events) == FIRST
    pipe = await cloud.pipe()
    pipe.send(OPENING, volume(1))
    account.token_error = AlexaAuthError("gone")
    pipe.end()
    assert level_of(await following(events)) == 1
    assert await following(events) == StreamClosed(reason="ended by Amazon")
    with pytest.raises(AlexaAuthError):
        await following(events)
    assert stream.stats["state"] == "down"
    account.token_error = None
    async with aclosing(stream.events()) as again:
        assert await following(again) == FIRST


async def test_a_signed_out_stream_closes_without_a_reader(account: Account) -> None:
    account.token_error = AlexaAuthError("gone")
    stream = account.stream()
    events = stream.events()
    assert await following(events) == StreamClosed(reason="signed out")
    await asyncio.sleep(0)
    await events.aclose()


# --- end --------------------------------------------------------------------------------


async def test_an_exception_of_the_reader_reaches_the_reader(account: Account) -> None:
    async def read() -> None:
        async with opened(account) as (events, pipe):
            pipe.send(volume(1))
            async for _ in events:
                raise LookupError("a handler failed")

    with pytest.raises(LookupError):
        await read()


async def test_close_ends_the_reader_s_loop(account: Account, cloud: Gateway) -> None:
    stream = account.stream()
    await stream.aclose()
    assert [event async for event in stream.events()] == []
    stream = account.stream()
    events = stream.events()
    assert await following(events) == FIRST
    pipe = await cloud.pipe()
    await stream.aclose()
    assert [event async for event in events] == []
    async with asyncio.timeout(20):
        await pipe.gone.wait()


async def hang_in_token(account: Account) -> Callable[[], Awaitable[Any]]:
    reached = asyncio.Event()

    async def token() -> AccessToken:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    account.token = token  # type: ignore[method-assign]
    return reached.wait


async def hang_in_connect(account: Account) -> Callable[[], Awaitable[Any]]:
    account.gateway.hold = asyncio.Event()

    return lambda: account.gateway.reached("/v20160207/directives")


async def hang_in_backoff(account: Account) -> Callable[[], Awaitable[Any]]:
    account.gateway.statuses = [503]
    return lambda: account.gateway.reached("/v20160207/directives")


@pytest.mark.parametrize("prepare", [hang_in_token, hang_in_connect, hang_in_backoff])
@pytest.mark.parametrize("by_cancel", [True, False], ids=["cancelled", "closed"])
async def test_the_stream_can_be_closed_at_any_time(
    account: Account, prepare: Callable[[Account], Awaitable[Callable[[], Awaitable[Any]]]], by_cancel: bool
) -> None:
    reached = await prepare(account)
    stream = account.stream(times=StreamTimes(open=30, backoff_first=60))
    reader = asyncio.create_task(_drop_all(stream.events()))
    async with asyncio.timeout(20):
        await reached()
    before = time.perf_counter()
    if by_cancel:
        reader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reader
    else:
        await stream.aclose()
        await reader
    assert time.perf_counter() - before < 1
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("alexa_media")]
    if account.gateway.hold:
        account.gateway.hold.set()


async def test_a_gateway_that_does_not_respond_times_out(account: Account, cloud: Gateway, clock: Clock) -> None:
    cloud.hold = asyncio.Event()
    async with aclosing(account.stream(times=StreamTimes(open=10, backoff_first=0.01)).events()) as events:
        opening = asyncio.create_task(following(events))
        await cloud.reached("/v20160207/directives")
        clock.advance(10)
        assert await opening == StreamClosed(reason="no response in time")
        cloud.hold.set()
        assert await following(events) == FIRST
