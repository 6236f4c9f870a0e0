"""Fixtures with a small Amazon cloud on loopback for single requests, and a clock that tests can advance."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
import json
import ssl
import time
from typing import Any

from aiohttp import ClientSession, TCPConnector, web
from aiohttp.test_utils import TestServer
import pytest
import trustme

from custom_components.alexa_media.cloud.account import limits, transport as transport_module
from custom_components.alexa_media.cloud.account.session import AccountSession
from custom_components.alexa_media.cloud.model.devices import Credentials
from tests.loopback import Loopback

from . import captures

type Reply = Callable[[web.Request], Awaitable[web.StreamResponse]]

DOMAIN = "amazon.de"
HOSTS = (
    *(f"{name}.amazon.{top}" for top in ("de", "com") for name in ("www", "alexa", "api", "eu-api-alexa", "eltern")),
    "api.amazonalexa.com",
    "api.eu.amazonalexa.com",
)


@dataclass(frozen=True, slots=True)
class Hit:
    """One request that the cloud received."""

    method: str
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    cookies: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


def answer(data: Any = None, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """Return a response with JSON, with unchanged text, or without a body."""

    async def reply(_: web.Request) -> web.StreamResponse:
        if data is None or isinstance(data, str):
            return web.Response(status=status, text=data, headers=headers)
        return web.json_response(data, status=status, headers=headers)

    return reply


def html(status: int = 200) -> Reply:
    """Return the sign-in page."""

    async def reply(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text="<!doctype html><title>Sign-In</title>", content_type="text/html")

    return reply


async def cut(request: web.Request) -> web.StreamResponse:
    """Close the connection in the middle of the body."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "100"})
    await response.prepare(request)
    await response.write(b'{"devices": [')
    assert request.transport is not None
    request.transport.close()
    return response


async def hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without a response."""
    assert request.transport is not None
    request.transport.close()
    return web.Response()


@dataclass
class Amazon:
    """A cloud with configurable responses.

    ``script(path, reply, …)`` sets the next responses for a path; the last one is repeated. By default, the paths for
    tokens, cookies, the csrf page and addresses work, and all other paths return 404.
    """

    ledger: list[Hit] = field(default_factory=list)
    minted: int = 0
    _scripts: dict[str, list[Reply]] = field(default_factory=dict)

    def script(self, path: str, *replies: Reply) -> None:
        """Set the next responses of a path."""
        self._scripts[path] = list(replies)

    def hits(self, path: str) -> list[Hit]:
        """Return the requests of a path."""
        return [hit for hit in self.ledger if hit.path == path]

    @property
    def paths(self) -> list[str]:
        """Return the requested paths in order."""
        return [hit.path for hit in self.ledger]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Record a request and respond to it."""
        self.ledger.append(
            Hit(
                request.method,
                request.host,
                request.path,
                dict(request.query),
                {name.lower(): value for name, value in request.headers.items()},
                dict(request.cookies),
                await request.text(),
            )
        )
        if replies := self._scripts.get(request.path):
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
            return await reply(request)
        return self._default(request)

    def _default(self, request: web.Request) -> web.StreamResponse:
        match request.path:
            case "/auth/token":
                self.minted += 1
                return web.json_response({"access_token": f"Atna|{self.minted}", "expires_in": 3600})
            case "/ap/exchangetoken/cookies":
                self.minted += 1
                return web.json_response(cookies_of(f"at-{self.minted}"))
            case "/api/language":
                self.minted += 1
                response = web.json_response({})
                response.headers["Set-Cookie"] = f"csrf={self.minted}; Domain=.amazon.de; Path=/; Secure"
                return response
            case "/api/endpoints":
                return web.json_response(captures.REGION)
        return web.json_response({"message": None}, status=404)


def cookies_of(value: str, domain: str = ".amazon.de") -> dict[str, Any]:
    """Return a response of the cookie exchange; Amazon puts values in quotes."""
    cookies = [
        {"Name": "at-acbde", "Value": f'"{value}"', "Path": "/", "Secure": True, "HttpOnly": True},
        {"Name": "session-token", "Value": '"ab/cd+ef=="', "Path": "/", "Secure": True},
        {"Name": "not a name", "Value": "x"},
    ]
    return {"response": {"tokens": {"cookies": {domain: cookies}}}}


@pytest.fixture(scope="session")
def tls() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return TLS contexts for server and client, with a temporary authority."""
    authority = trustme.CA()
    server, client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert(*HOSTS).configure_cert(server)
    authority.configure_trust(client)
    return server, client


@pytest.fixture
async def amazon(socket_enabled: None) -> Amazon:
    """Return the loopback cloud, which also records requests."""
    return Amazon()


@pytest.fixture
async def http(amazon: Amazon, tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> AsyncIterator[ClientSession]:
    """Return an aiohttp session that resolves Amazon to the loopback cloud."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", amazon.handle)
    server = TestServer(app, scheme="https")
    await server.start_server(ssl=tls[0])
    connector = TCPConnector(resolver=Loopback(server.port or 0, HOSTS), ssl=tls[1], use_dns_cache=False)
    async with ClientSession(connector=connector) as session:
        yield session
    await connector.close()
    await server.close()


@pytest.fixture
def credentials() -> Credentials:
    """Return the stored credentials of a sign-in."""
    return Credentials(
        domain=DOMAIN, serial=captures.APP, refresh_token="Atnr|secret", account_id="amzn1.account.EXAMPLE"
    )


@pytest.fixture
async def web_session(http: ClientSession, credentials: Credentials) -> AsyncIterator[AccountSession]:
    """Return a session that has not connected yet, without pauses between retries."""
    session = AccountSession(http, credentials)
    session.transport.retry_pause = 0
    yield session
    await session.async_close()


class Clock:
    """Clock of the client, which tests can advance."""

    def __init__(self) -> None:
        """Initialize with the real time."""
        self.offset = 0.0

    def advance(self, seconds: float) -> None:
        """Advance the time by a number of seconds."""
        self.offset += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return a clock that the client uses."""
    clock = Clock()
    real_time, real_monotonic = time.time, time.monotonic
    monkeypatch.setattr(time, "time", lambda: real_time() + clock.offset)
    for module in (limits, transport_module):
        monkeypatch.setattr(module, "monotonic", lambda: real_monotonic() + clock.offset)
    return clock
