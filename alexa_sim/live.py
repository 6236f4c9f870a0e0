"""Repeats the requests of a recording in a simulated home with the same Echos, and collects responses and pushes.

The simulated cloud is temporary and runs in this process, so requests that change something can be repeated too. Ids of
lists, appliances and units differ between the recorded and the simulated home. Where the two responses to a request
have different ids in the same place, later requests use the ids of the simulated home ("live" ids).
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
import json
import re
from typing import Any
from urllib.parse import quote, unquote, urlencode

from .catalogue import PROVIDERS
from .clock import Clock
from .cloud import Cloud
from .http import HttpError, Request, Response
from .marketplaces import MARKETPLACES
from .push import directive_of
from .recorded_changes import patches
from .recorded_home import home_of
from .recording import Recording
from .shapes import texts, updates_of

_ID = re.compile(r"(?=.*\d)[^\s]{6,}|amzn1\..*")
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T.*)?|\d\d:\d\d.*")
_JOINT = re.compile(r"[_.#:@]")
_CONSTANTS: Mapping[str, str] = {"owner": "~caller"}
"""Query values that are the same for every account, but that recordings replace with a placeholder."""

_BROWSER = "Mozilla/5.0 PitanguiBridge/2.2"
_SAID = {"text": "turn on the light", "response": "OK", "intent": "TurnOnIntent"}
_PROVIDER = re.compile(r'(musicProviderId\\*":\s*\\*")([^"\\]+)')

_SETTLE = 300.0
"""Seconds to wait after the last request, so that its delayed effects are included."""


@dataclass(slots=True)
class Live:
    """A simulated cloud with the home of a recording, and an app that is signed in to it."""

    recording: Recording
    cloud: Cloud
    clock: Clock
    headers: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    """Live ids by recorded id."""
    same: frozenset[str] = frozenset()
    """Texts that are in the household; they are not replaced, because they are equal in both homes."""
    _pattern: re.Pattern[str] | None = None
    _known: int = 0

    async def ask(self, line: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Send a recorded request to the simulated cloud, and return it with the live response.

        Return None if the request cannot be repeated.
        """
        if (path := _path(line)) is None:
            return None
        pairs = [(name, self.translated(_CONSTANTS.get(name, value))) for name, value in _pairs(line.get("query", {}))]
        sent = line.get("sent")
        if isinstance(sent, dict) and isinstance(sent.get("query"), str):
            # the name of the operation is a pseudonym, but its document contains the real name
            sent = {name: value for name, value in sent.items() if name != "operationName"}
        request = Request(
            method=line["method"],
            host=str(line["host"]),
            path=quote(self.translated(unquote(path)), safe="/%:@~.*"),
            query=dict(pairs),
            pairs=tuple(pairs),
            headers={},
            body=b"" if sent is None else self.translated(_with_provider(sent)).encode(),
        )
        response = await self.call(request)
        if response is None:
            return None
        live = {**line, "status": response.status}
        for name in ("body", "text"):
            live.pop(name, None)
        try:
            live["body"] = json.loads(response.body)
        except ValueError:
            if response.body.strip():
                live["text"] = len(response.body)
        if "body" in live and "body" in line and not line.get("same"):
            self._pair(line["body"], live["body"])
        return live

    def advance(self, seconds: float) -> None:
        """Advance the clock, and process everything that is due."""
        self.clock.advance(seconds)
        self.cloud.tick()

    async def call(self, request: Request) -> Response | None:
        """Return the response of the simulated cloud, or None if it has no such endpoint; sign in again after a 401."""
        response = await self._handle(request)
        if response is not None and response.status == 401:
            await self.sign_in()
            response = await self._handle(request)
        return response

    async def _handle(self, request: Request) -> Response | None:
        found = self.cloud.router.match(request.method, request.host, request.path)
        if isinstance(found, int):
            return None
        handler, params = found
        given = {name: unquote(value) for name, value in params.items()}
        request = replace(request, params=given, headers={**self.headers, **request.headers})
        try:
            return await handler(request)
        except HttpError as err:
            return err.response
        except AttributeError, LookupError, TypeError, ValueError:
            # the recorded request may be one that the simulated cloud does not expect
            return None

    async def sign_in(self) -> None:
        """Sign in as the app, and store the headers that it sends with each request."""
        self.headers = {"user-agent": _BROWSER, "content-type": "application/json; charset=utf-8"}
        if self.recording.is_property:
            self.headers["authorization"] = f"Bearer {await self._property_token()}"
            return
        self.headers |= self.cloud.app_headers()
        page = await self._handle(_get(f"www.{self.recording.domain}", "/alexa-privacy/apd/activity"))
        if page is not None and (found := re.search(rb'csrf-token" content="([^"]+)"', page.body)):
            self.headers["anti-csrftoken-a2z"] = found[1].decode()

    async def open_stream(self) -> AsyncIterator[bytes]:
        """Return the stream of directives; empty for Smart Properties, which push nothing."""
        if self.recording.is_property:
            return _nothing()
        region = MARKETPLACES[_domain(self.recording)].region
        response = await self.call(_get(f"alexa.{region}.gateway.devices.a2z.com", "/v20160207/directives"))
        return _nothing() if response is None or response.stream is None else response.stream

    async def speak(self) -> None:
        """Say something to each online Echo, so that the history contains records.

        Speech is not a request, so a recording does not contain it, but the responses with the voice history do.
        """
        for account in self.cloud.state()["accounts"].values():
            for serial, device in account["devices"].items():
                if device["online"] and device["deviceFamily"] not in ("VOX", "WHA") and not self.recording.is_property:
                    await self.cloud.say({"serial": serial, **_SAID})

    def change(self, directive: Mapping[str, Any]) -> None:
        """Make the changes in the home that a recorded directive reports."""
        for command, payload in updates_of(directive):
            for patch in patches(command, payload, self.cloud.state(), self.ids):
                # the recorded directive may report a state that a household cannot have
                with suppress(HttpError):
                    self.cloud.patch(patch)

    async def _property_token(self) -> str:
        """Return an access token for the API of Smart Properties."""
        state = self.cloud.state()["smartProperties"]
        [client, *_], [grant, *_] = state["clients"], state["grants"]
        form = {"grant_type": "refresh_token", "refresh_token": grant["refreshToken"]}
        form |= {"client_id": client["id"], "client_secret": client["secret"]}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        request = Request("POST", "api.amazon.com", "/auth/o2/token", {}, headers, urlencode(form).encode())
        response = await self._handle(request)
        return str(json.loads(response.body)["access_token"]) if response is not None else ""

    def _pair(self, recorded: Any, live: Any) -> None:
        """Store the live id for each recorded id in the same place of two responses.

        Elements of lists are paired by the values that they have in common.
        """
        if isinstance(recorded, dict) and isinstance(live, dict):
            for name in recorded.keys() & live.keys():
                self._pair(recorded[name], live[name])
        elif isinstance(recorded, list) and isinstance(live, list) and live and any(map(self._may_pair, recorded)):
            for item, other in _most_alike(recorded, live):
                self._pair(item, other)
        elif isinstance(recorded, str) and isinstance(live, str) and self._is_id(recorded) and live:
            self.ids[recorded] = live
            # parts of an id may also occur alone
            parts, live_parts = _JOINT.split(recorded), _JOINT.split(live)
            if len(parts) == len(live_parts) > 1:
                self.ids |= {part: other for part, other in zip(parts, live_parts, strict=True) if self._is_id(part)}

    def _may_pair(self, item: Any) -> bool:
        """Return whether a recorded element of a list is an id or may contain one."""
        return isinstance(item, dict | list) or (isinstance(item, str) and self._is_id(item))

    def _is_id(self, text: str) -> bool:
        """Return whether a recorded text is an id that the household doesn't have."""
        is_id = len(text) < 300 and _ID.fullmatch(text) is not None and not _TIME.fullmatch(text)
        return is_id and text not in self.same

    def translated(self, text: str) -> str:
        """Return a text with live ids instead of recorded ones."""
        if not self.ids:
            return text
        if self._pattern is None or self._known != len(self.ids):
            longest = sorted(self.ids, key=len, reverse=True)
            self._pattern, self._known = re.compile("|".join(map(re.escape, longest))), len(self.ids)
        return self._pattern.sub(lambda found: self.ids[found[0]], text)


async def _nothing() -> AsyncIterator[bytes]:
    """Yield nothing."""
    for piece in list[bytes]():
        yield piece


def _pairs(query: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the names and values of a recorded query."""
    for name, value in query.items():
        yield from ((name, str(each)) for each in (value if isinstance(value, list) else [value]))


def _with_provider(sent: Any) -> str:
    """Return a body as JSON in which an unknown music provider is replaced by a known one."""
    text = json.dumps(sent, ensure_ascii=False)
    return _PROVIDER.sub(lambda found: found[0] if found[2] in PROVIDERS else f"{found[1]}AMAZON_MUSIC", text)


def _get(host: str, path: str) -> Request:
    return Request("GET", host, path, {}, {}, b"")


def _path(line: Mapping[str, Any]) -> str | None:
    """Return the path of a request; None if it does not fit its template."""
    pattern = re.sub(r"\\{(\w+)\\}", r"[^/]*", re.escape(line["template"]))
    path = str(line["path"])
    return path if re.fullmatch(pattern, path) else None


def _most_alike(recorded: list[Any], live: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield each recorded item with the live item that has most in common with it.

    A live item is only used again after all of them have been used.
    """
    wanted, given = ([frozenset(_leaves(item)) for item in items] for items in (recorded, live))
    pairs = [(number, other) for number in range(len(recorded)) for other in range(len(live))]
    pairs.sort(key=lambda pair: -len(wanted[pair[0]] & given[pair[1]]))
    left, free = set(range(len(recorded))), set(range(len(live)))
    for number, other in pairs:
        if number in left and (other in free or not free):
            left.discard(number)
            free.discard(other)
            yield recorded[number], live[other]


def _leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each scalar in a JSON value with its place, and each place with None."""
    yield place, None
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, f"{place}.{name}")
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, f"{place}[]")
    else:
        yield place, value


def _domain(recording: Recording) -> str:
    """Return the retail domain of a recording, or amazon.com if the domain is unknown."""
    return recording.domain if recording.domain in MARKETPLACES else "amazon.com"


def _started(recording: Recording, known: Mapping[str, str]) -> Live:
    """Return a simulated cloud as of the start of a recording; ``known`` are live ids by recorded id."""
    (home, ids), clock = home_of(recording), Clock()
    clock.advance(float(recording.head["started"]) - clock.now())
    cloud = Cloud(home, domain=_domain(recording), clock=clock)
    return Live(recording, cloud, clock, ids={**known, **ids}, same=frozenset(texts(home)))


type Repetition = tuple[list[Mapping[str, Any] | None], list[tuple[float, Mapping[str, Any]]]]
"""The live response or None for each recorded request, and the live directives with their times."""


async def repeated(recording: Recording) -> Repetition:
    """Return a live response or None for each recorded request, and the live directives with their times.

    A response is None if the request cannot be repeated. Directives are pushed because of the requests, and because of
    the changes that the recorded directives report. All requests are repeated twice, because a recording may use an id
    before the first response that contains it.
    """
    first = _started(recording, {})
    await _repeat(first)
    return await _repeat(_started(recording, first.ids))


async def _repeat(live: Live) -> Repetition:
    await live.sign_in()
    stream = await live.open_stream()
    await live.speak()
    happened: list[tuple[float, int | None, Mapping[str, Any]]] = [
        *((float(line["at"]), number, line) for number, line in enumerate(live.recording.requests)),
        *((at, None, directive) for at, directive in live.recording.directives),
    ]
    answers: list[Mapping[str, Any] | None] = [None] * len(live.recording.requests)
    before = 0.0
    for at, number, what in sorted(happened, key=lambda each: each[0]):
        live.advance(max(0.0, at - before))
        before = max(at, before)
        if number is None:
            live.change(what)
        else:
            answers[number] = await live.ask(what)
    live.advance(_SETTLE)
    live.cloud.close_streams()
    directives: list[tuple[float, Mapping[str, Any]]] = [
        (before, found) async for piece in stream if (found := directive_of(piece)) is not None
    ]
    return answers, directives
