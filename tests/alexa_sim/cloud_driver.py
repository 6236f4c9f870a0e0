"""A cloud in this process: requests go directly to its router, and streams are read piece by piece."""

import asyncio
from collections.abc import Mapping
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from alexa_sim.cloud import Cloud
from alexa_sim.household import load_household
from alexa_sim.http import HttpError, Request, Response

START = 1795255200.0
"""2026-11-21 10:00:00 UTC, a Saturday; 02:00 in Los Angeles."""

JO = "A2SIMJO7D0EQ11"
ALEX = "A2SIMALEX0RAY2"
KITCHEN = "G0SIM00KITCHEN01"
LIVING = "G0SIM0LIVING0001"
BEDROOM = "G0SIM0BEDROOM001"
OFFICE = "G0SIM000OFFICE01"
KIDS = "G0SIM00000KIDS01"
GARAGE = "G0SIM000GARAGE01"
DOWNSTAIRS = "51a0d0b7c3e94f6f8d2e7c1b9a5f0e31"
PHONE = "7c4e2b8d90f14a6b8e3d5f7a1c9b0d24"
APP = "D3A0B1C2D4E5F60718293A4B5C6D7E8F"
REFRESH_TOKEN = "Atnr|demo-jo"
GATEWAY = "alexa.na.gateway.devices.a2z.com"
BROWSER = "Mozilla/5.0 (Linux; Android 10) AppleWebKit/537.36"
MODEL = "com.amazon.alexa.behaviors.model"


class StillClock:
    """A clock that only advances on request."""

    def __init__(self) -> None:
        """Initialize with ``START``, a Saturday."""
        self.time = START

    def now(self) -> float:
        """Return the time in epoch seconds."""
        return self.time

    def advance(self, seconds: float) -> None:
        """Advance the time by a number of seconds."""
        self.time += seconds


class Answer:
    """A response whose body has been read."""

    def __init__(self, response: Response) -> None:
        """Initialize with a response."""
        self.status = response.status
        self.headers = response.headers
        self.body = response.body
        self.stream = response.stream

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode()

    def header(self, name: str) -> str | None:
        """Return the first header with a name, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def set_cookies(self) -> dict[str, str]:
        """Return the cookies that the response sets."""
        pairs = [value.partition(";")[0].partition("=") for key, value in self.headers if key == "set-cookie"]
        return {name: value.strip('"') for name, _, value in pairs}


class Driver:
    """A cloud with its clock, and a client with a cookie jar and a token."""

    def __init__(self, household: str | Mapping[str, Any] = "demo", domain: str = "amazon.com") -> None:
        """Initialize with a household, given by its name or as an object."""
        self.clock = StillClock()
        self.domain = domain
        data = load_household(household) if isinstance(household, str) else household
        self.cloud = Cloud(data, domain=domain, clock=self.clock)
        self.cookies: dict[str, str] = {}
        self.token = ""

    def advance(self, seconds: float) -> None:
        """Advance the time, and process everything that is due."""
        self.clock.advance(seconds)
        self.cloud.tick()

    async def request(
        self,
        method: str,
        url: str,
        *,
        data: Any = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        bearer: str | None = None,
        cookies: Mapping[str, str] | None = None,
        csrf: bool = True,
        raw: bytes | None = None,
    ) -> Answer:
        """Send a request; a path without a host is sent to ``alexa.<domain>``."""
        if url.startswith("/"):
            url = f"https://alexa.{self.domain}{url}"
        parts = urlsplit(url)
        jar = self.cookies if cookies is None else cookies
        sent = {"user-agent": "AmazonWebView/Amazon Alexa/2.2.556530.0/iOS/16.6/iPhone"}
        sent["cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        if csrf and "csrf" in jar:
            sent["csrf"] = jar["csrf"]
        if bearer is not None:
            sent["authorization"] = f"Bearer {bearer}"
        sent.update({name.lower(): value for name, value in (headers or {}).items()})
        body = json.dumps(data).encode() if data is not None else urlencode(form or {}).encode()
        if raw is not None:
            body = raw
        found = self.cloud.router.match(method, parts.hostname or "", parts.path)
        assert not isinstance(found, int), f"{method} {url}: {found}"
        handler, params = found
        request = Request(
            method,
            parts.hostname or "",
            parts.path,
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            sent,
            body,
            params=params,
            pairs=tuple(parse_qsl(parts.query, keep_blank_values=True)),
        )
        try:
            return Answer(await handler(request))
        except HttpError as err:
            return Answer(err.response)

    async def renew(self, refresh_token: str = REFRESH_TOKEN) -> None:
        """Get an access token, cookies and a csrf value for a refresh token."""
        form = {"source_token": refresh_token, "source_token_type": "refresh_token"}
        token = await self.request(
            "POST", f"https://api.{self.domain}/auth/token", form={**form, "requested_token_type": "access_token"}
        )
        self.token = token.json["access_token"]
        exchange = {**form, "requested_token_type": "auth_cookies", "domain": f".{self.domain}"}
        answer = await self.request("POST", f"https://www.{self.domain}/ap/exchangetoken/cookies", form=exchange)
        listed = answer.json["response"]["tokens"]["cookies"][f".{self.domain}"]
        self.cookies = {cookie["Name"]: cookie["Value"].strip('"') for cookie in listed}
        self.cookies.update((await self.request("GET", "/api/language")).set_cookies)

    async def get(self, url: str, **options: Any) -> Any:
        """Send a GET request that must succeed; return the JSON."""
        answer = await self.request("GET", url, **options)
        assert answer.status == 200, answer.text
        return answer.json

    async def open(self, token: str | None = None, host: str = GATEWAY) -> Stream:
        """Open a directive stream."""
        answer = await self.request("GET", f"https://{host}/v20160207/directives", bearer=token or self.token)
        assert answer.status == 200, answer.text
        assert answer.stream is not None
        return Stream(answer)

    def device(self, serial: str) -> Any:
        """Return a device of Jo's account."""
        return self.cloud.state()["accounts"][JO]["devices"][serial]

    def patch_device(self, serial: str, change: Any) -> None:
        """Patch a device of Jo's account."""
        self.cloud.patch({"accounts": {JO: {"devices": {serial: change}}}})

    async def preview(self, node: Mapping[str, Any]) -> Answer:
        """Send a sequence with a start node."""
        sequence = {"@type": f"{MODEL}.Sequence", "startNode": node}
        body = {"behaviorId": "PREVIEW", "sequenceJson": json.dumps(sequence), "status": "ENABLED"}
        return await self.request("POST", "/api/behaviors/preview", data=body)

    def payload(self, serial: str, **more: Any) -> dict[str, Any]:
        """Return the payload of a node for a device."""
        device = self.device(serial)
        return {
            "deviceSerialNumber": serial,
            "deviceType": device["deviceType"],
            "customerId": device["deviceOwnerCustomerId"],
            "locale": "en-US",
            **more,
        }

    def command_url(self, serial: str, path: str = "/api/np/command") -> str:
        """Return the URL of a device's player."""
        return f"{path}?deviceSerialNumber={serial}&deviceType={self.device(serial)['deviceType']}"

    async def play(self, serial: str, phrase: str = "northern piers") -> None:
        """Play the album with three tracks on a device."""
        payload = self.payload(serial, searchPhrase=phrase, musicProviderId="AMAZON_MUSIC")
        answer = await self.preview(operation("Alexa.Music.PlaySearchPhrase", payload))
        assert answer.status == 200, answer.text


def operation(kind: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return an operation node."""
    return {"@type": f"{MODEL}.OpaquePayloadOperationNode", "type": kind, "operationPayload": payload}


def serial_node(*nodes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a node that runs other nodes one after another."""
    return {"@type": f"{MODEL}.SerialNode", "nodesToExecute": list(nodes)}


def parallel_node(*nodes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a node that runs other nodes at the same time."""
    return {"@type": f"{MODEL}.ParallelNode", "nodesToExecute": list(nodes)}


class Stream:
    """An open directive stream."""

    def __init__(self, answer: Answer) -> None:
        """Initialize with the response that contains the stream."""
        assert answer.stream is not None
        self.content_type = answer.header("content-type") or ""
        self._pieces = answer.stream

    async def pieces(self) -> list[bytes]:
        """Return the pieces sent so far; a final ``b""`` means that the stream has ended."""
        pieces: list[bytes] = []
        while True:
            task = asyncio.ensure_future(anext(self._pieces))
            done, _ = await asyncio.wait({task}, timeout=0.01)
            if not done:
                task.cancel()
                await asyncio.wait({task})
                return pieces
            try:
                pieces.append(task.result())
            except StopAsyncIteration:
                return [*pieces, b""]

    async def directives(self) -> list[dict[str, Any]]:
        """Return the directives sent so far, parsed like clients do: one line of JSON per directive."""
        lines = b"".join(await self.pieces()).decode().split("\r\n")
        return [json.loads(line) for line in lines if line.startswith("{")]

    async def pushes(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the commands and payloads sent so far."""
        found = []
        for directive in await self.directives():
            for update in directive["directive"]["payload"]["renderingUpdates"]:
                metadata = json.loads(update["resourceMetadata"])
                assert metadata["command"] == update["resourceId"]
                found.append((metadata["command"], json.loads(metadata["payload"])))
        return found
