"""A minimal cloud for testing the parts around a cloud separately.

``python -m tests.alexa_sim.toy_cloud`` is the command line with this cloud instead of the real one.
"""

# ruff: noqa: D102, D107 - the docstrings are in alexa_sim.simulation.CloudApi

import asyncio
from collections.abc import AsyncIterator, Mapping
import json
import sys
from typing import Any

from alexa_sim.cli import main
from alexa_sim.clock import Clock
from alexa_sim.http import HttpError, Request, Response, Router, html_response, json_response, redirect


class ToyCloud:
    """Echoes requests, streams pushes, counts writes, and records calls."""

    def __init__(self, household: Mapping[str, Any], domain: str, clock: Clock) -> None:
        self.router = Router()
        self._household = household
        self._domain = domain
        self._clock = clock
        self._state: dict[str, Any] = {"household": household, "domain": domain, "writes": 0, "open": 0, "ticks": 0}
        self._calls: list[str] = []
        self._streams: set[asyncio.Queue[str | None]] = set()
        for host in ("alexa.{domain}", "www.{domain}", "api.amazonalexa.com"):
            self.router.add("*", host, "/echo/{rest:path}", self._echo)
        self.router.add("GET", "alexa.{domain}", "/static", self._static)
        self.router.add("*", "www.{domain}", "/page", self._page)
        self.router.add("GET", "alexa.{domain}", "/broken", self._broken)
        self.router.add("GET", "alexa.{domain}", "/refused", self._refused)
        self.router.add("POST", "alexa.{domain}", "/write", self._write)
        self.router.add("GET", "alexa.{domain}", "/elsewhere", self._elsewhere)
        self.router.add("GET", "alexa.{domain}", "/sleep/{seconds}", self._sleep)
        self.router.add("GET", "alexa.{region}.gateway.devices.a2z.com", "/v20160207/directives", self._directives)

    async def _echo(self, request: Request) -> Response:
        data = {
            "host": request.host,
            "path": request.path,
            "rest": request.params["rest"],
            "query": dict(request.query),
            "cookies": request.cookies,
            "body": request.body.decode(),
            "http_version": request.http_version,
        }
        return json_response(data, headers=[("set-cookie", "a=1"), ("set-cookie", "b=2")])

    async def _static(self, _request: Request) -> Response:
        return json_response({"numbers": list(range(100))})

    async def _broken(self, _request: Request) -> Response:
        raise ZeroDivisionError("planted")

    async def _refused(self, _request: Request) -> Response:
        raise HttpError(403, {"message": "no"}, [("x-amzn-error", "planted")])

    async def _page(self, _request: Request) -> Response:
        return html_response("<p>" + "x" * 3000)

    async def _write(self, _request: Request) -> Response:
        self._state["writes"] += 1
        return json_response({"writes": self._state["writes"]})

    async def _elsewhere(self, request: Request) -> Response:
        return redirect(f"https://www.{request.params['domain']}/echo/arrived")

    async def _sleep(self, request: Request) -> Response:
        await self._clock.sleep(float(request.params["seconds"]))
        self._state["writes"] += 1
        return json_response({"woke": self._clock.now()})

    async def _directives(self, _request: Request) -> Response:
        return Response(200, stream=self._stream(), headers=[("content-type", "multipart/related; boundary=x")])

    async def _stream(self) -> AsyncIterator[bytes]:
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._streams.add(queue)
        self._state["open"] += 1
        try:
            yield b"--x\r\n"
            while (line := await queue.get()) is not None:
                yield line.encode()
        finally:
            self._state["open"] -= 1
            self._streams.discard(queue)

    def state(self) -> dict[str, Any]:
        return {**self._state, "calls": list(self._calls)}

    def patch(self, patch: Mapping[str, Any]) -> None:
        if "bad" in patch:
            raise HttpError(400, {"message": "bad is no part of the state."})
        self._state.update(patch)

    def push(self, command: str, payload: Mapping[str, Any]) -> None:
        self.push_raw(json.dumps({"command": command, "payload": payload}) + "\n")

    def push_raw(self, directive: Any) -> None:
        for queue in self._streams:
            for piece in directive if isinstance(directive, list) else [directive]:
                queue.put_nowait(piece if isinstance(piece, str) else json.dumps(piece))

    async def say(self, data: Any) -> Any:
        await asyncio.sleep(0)
        return {"said": data}

    def newest_app(self) -> str | None:
        return None

    def spoken(self) -> list[dict[str, Any]]:
        return [{"serial": "G0000000000000A1", "text": "Hello."}]

    def sign_in(self, url: str, account: str | None) -> str:
        return f"{url}#{account}"

    def expire_tokens(self) -> None:
        self._calls.append("expire_tokens")

    def revoke(self) -> None:
        self._calls.append("revoke")

    async def sent(self) -> None:
        """Wait for nothing."""

    def close_streams(self) -> None:
        for queue in self._streams:
            queue.put_nowait(None)

    def silence_streams(self, seconds: float) -> None:
        self._calls.append(f"silence {seconds}")

    def tick(self) -> None:
        self._state["ticks"] += 1
        if self._state.get("tick_fails"):
            raise ZeroDivisionError("planted in tick")

    async def aclose(self) -> None:
        self._streams.clear()


if __name__ == "__main__":
    sys.exit(main(factory=ToyCloud))
