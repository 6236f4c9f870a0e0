"""A loopback Amazon cloud with configurable responses, which records requests."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
import json
from typing import Any, override

from aiohttp import web

from custom_components.alexa_media.cloud.property.operation import HOSTS
from custom_components.alexa_media.cloud.property.transport import Time

HOST_NAMES = tuple(sorted(url.removeprefix("https://") for url in HOSTS.values()))

ECHO = "amzn1.alexa.endpoint.AEXAMPLEECHO01"
LAMP = "amzn1.alexa.endpoint.AEXAMPLELAMP02"
ROOM = "amzn1.alexa.unit.did.AEXAMPLEROOM204"

type Reply = Callable[[], web.StreamResponse]


@dataclass(frozen=True, slots=True)
class Hit:
    """One recorded request; ``query`` is in order, with repeated names."""

    method: str
    host: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)

    @property
    def token(self) -> str:
        """Return the access token in the request."""
        return self.headers["authorization"].removeprefix("Bearer ")


def answer(data: Any = None, status: int = 200, **headers: str) -> Reply:
    """Return a response with JSON (no body for ``None``) and a request id."""
    return plain(None if data is None else json.dumps(data), status, **headers)


def plain(text: str | None, status: int = 200, **headers: str) -> Reply:
    """Return a response with unchanged text."""
    named = {"X-Amzn-RequestId": "REQUEST1", **{name.replace("_", "-"): value for name, value in headers.items()}}
    kind = None if text is None else "application/json"
    return lambda: web.Response(status=status, text=text, content_type=kind, headers=named)


@dataclass
class Cloud:
    """A cloud that responds with ``replies`` in turn and repeats the last one; ``decide`` takes precedence."""

    ledger: list[Hit] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=lambda: [answer({})])
    decide: Callable[[Hit], Reply | None] = lambda _: None
    gate: asyncio.Event | None = None
    in_flight: int = 0
    most_in_flight: int = 0

    def say(self, *replies: Reply) -> None:
        """Set the next responses, and clear the list of recorded requests."""
        self.replies = list(replies)
        self.ledger.clear()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Record a request and respond to it."""
        hit = Hit(
            request.method,
            request.host,
            request.path,
            tuple(request.query.items()),
            {name.lower(): value for name, value in request.headers.items()},
            await request.text(),
        )
        self.ledger.append(hit)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.gate is not None:
                await self.gate.wait()
        finally:
            self.in_flight -= 1
        if (decided := self.decide(hit)) is not None:
            return decided()
        return (self.replies.pop(0) if len(self.replies) > 1 else self.replies[0])()


class QuickTime(Time):
    """A clock whose ``sleep`` returns immediately and records the duration."""

    def __init__(self) -> None:
        """Initialize with an arbitrary time."""
        self.now = 1000.0
        self.slept: list[float] = []

    @override
    def monotonic(self) -> float:
        return self.now

    @override
    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        # long enough to process everything that arrived at the same time before the clock advances
        await asyncio.sleep(0.001)
        self.now += seconds


@dataclass
class Tokens:
    """Source of access tokens, like an OAuth2 session; ``refused`` are the tokens reported as refused."""

    current: int = 1
    refused: list[str] = field(default_factory=list)

    async def __call__(self, refused: str | None = None) -> str:
        """Return the token, or the next one if it was refused."""
        await asyncio.sleep(0)
        if refused is not None:
            self.refused.append(refused)
            self.current += 1
        return f"Atza|token-{self.current}"
