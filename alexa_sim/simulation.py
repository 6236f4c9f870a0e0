"""One simulation: the cloud, its clock, its faults, what was asked of it and what went wrong inside."""

import asyncio
from collections.abc import Callable, Mapping
import sys
import traceback
from typing import Any, Protocol

from .clock import Clock
from .faults import Faults
from .http import Router
from .ledger import Ledger
from .recording import Replay

TICK = 0.2
"""Real seconds between two calls of ``CloudApi.tick``."""


class CloudApi(Protocol):
    """What the machinery asks of a cloud."""

    router: Router

    def state(self) -> dict[str, Any]:
        """Return the state as JSON."""

    def patch(self, patch: Mapping[str, Any]) -> None:
        """Apply a JSON merge patch (RFC 7396) to the state and emit the pushes that follow."""

    def push(self, command: str, payload: Mapping[str, Any]) -> None:
        """Send a directive to all streams."""

    def push_raw(self, directive: Any) -> None:
        """Send a text or an object to all streams as it is."""

    async def say(self, data: Any) -> Any:
        """Simulate speech to an Echo."""

    def newest_app(self) -> str | None:
        """Return the serial of the app that signed in last."""

    def spoken(self) -> list[dict[str, Any]]:
        """Return what was spoken by the Echos."""

    def sign_in(self, url: str, account: str | None) -> str:
        """Sign in at a login address as a browser would; return the address it ends on."""

    def expire_tokens(self) -> None:
        """Let all access tokens and cookies expire."""

    def revoke(self) -> None:
        """Withdraw all grants."""

    def close_streams(self) -> None:
        """End all directive streams."""

    def silence_streams(self, seconds: float) -> None:
        """Send nothing on the streams for a time."""

    def tick(self) -> None:
        """Let happen what happens in time."""

    async def aclose(self) -> None:
        """End everything."""


type CloudFactory = Callable[[Mapping[str, Any], str, Clock], CloudApi]
"""Makes a cloud from a household, a retail domain and the clock."""


class Simulation:
    """The current cloud and the parts that tests inspect."""

    def __init__(self, household: Mapping[str, Any], *, domain: str, factory: CloudFactory | None = None) -> None:
        """Start a cloud; ``factory`` takes the place of ``alexa_sim.cloud.Cloud``."""
        self._factory = factory or _real_cloud
        self.domain = domain
        self.clock = Clock()
        self.ledger = Ledger()
        self.faults = Faults(self.clock)
        self.errors: list[dict[str, Any]] = []
        self.streams: set[asyncio.Task[None]] = set()
        self.replay: Replay | None = None
        self.cloud = self._factory(household, domain, self.clock)

    async def replace(self, household: Mapping[str, Any], domain: str, replay: Replay | None = None) -> None:
        """Start over with a fresh cloud: streams ended, no ledger, no faults, no errors, real time."""
        # What is made now is of now, and not of a time that has been advanced to.
        self.clock.reset()
        cloud = self._factory(household, domain, self.clock)
        await self.aclose()
        self.cloud, self.domain, self.replay = cloud, domain, replay
        self.ledger.reset()
        self.errors.clear()

    async def aclose(self) -> None:
        """End the streams and the cloud; requests that hang go on."""
        self.faults.clear()
        self.cloud.close_streams()
        for stream in list(self.streams):
            stream.cancel()
        await self.cloud.aclose()

    def advance(self, seconds: float) -> None:
        """Move the clock ahead and let happen what happens by then."""
        self.clock.advance(seconds)
        self.cloud.tick()

    def note_error(self, error: BaseException, **where: str) -> None:
        """Keep an exception of the simulation itself, and print it to standard error."""
        text = "".join(traceback.format_exception(error))
        last = self.errors[-1] if self.errors else None
        if last is not None and last["error"] == text:
            last["count"] += 1
            return
        self.errors.append({"time": self.clock.now(), "count": 1, **where, "error": text})
        print(f"alexa_sim: error {where}\n{text}", file=sys.stderr, flush=True)

    async def run_ticks(self) -> None:
        """Tick for ever."""
        while True:
            await asyncio.sleep(TICK)
            try:
                self.cloud.tick()
                if self.replay is not None:
                    self.replay.tick(self.cloud, has_stream=bool(self.streams))
            except Exception as err:  # noqa: BLE001 - kept for GET /errors; the simulation goes on
                self.note_error(err, path="tick")


def _real_cloud(household: Mapping[str, Any], domain: str, clock: Clock) -> CloudApi:
    """Return the cloud of this package."""
    from .cloud import Cloud  # noqa: PLC0415 - the machinery is tested without it

    cloud: CloudApi = Cloud(household, domain=domain, clock=clock)
    return cloud
