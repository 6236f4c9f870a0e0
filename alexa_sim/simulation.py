"""One simulation: the cloud with its clock, faults, requests and internal errors."""

import asyncio
from collections.abc import Callable, Mapping
import sys
import traceback
from typing import Any, Protocol

from .clock import Clock
from .faults import Faults
from .http import Router
from .ledger import Ledger
from .record import Record
from .recording import Replay

TICK = 0.2
"""Real seconds between two calls of ``CloudApi.tick``."""


class CloudApi(Protocol):
    """Interface of a cloud that the simulation uses."""

    router: Router

    def state(self) -> dict[str, Any]:
        """Return the current state as JSON."""

    def patch(self, patch: Mapping[str, Any]) -> None:
        """Apply a JSON merge patch (RFC 7396) to the state, and push its consequences."""

    def push(self, command: str, payload: Mapping[str, Any]) -> None:
        """Send a directive to all streams."""

    def push_raw(self, directive: Any) -> None:
        """Send a text or an object unchanged to all streams."""

    async def say(self, data: Any) -> Any:
        """Simulate speech to an Echo."""

    def newest_app(self) -> str | None:
        """Return the serial of the app that last signed in."""

    def spoken(self) -> list[dict[str, Any]]:
        """Return what the Echos have spoken."""

    def sign_in(self, url: str, account: str | None) -> str:
        """Sign in at a sign-in URL like a browser; return the final URL."""

    def expire_tokens(self) -> None:
        """Expire all access tokens and cookies."""

    def revoke(self) -> None:
        """Revoke all grants."""

    async def sent(self) -> None:
        """Wait until all pushes have been sent, for a limited time."""

    def close_streams(self) -> None:
        """Close all directive streams."""

    def silence_streams(self, seconds: float) -> None:
        """Discard everything that would be pushed for a number of seconds."""

    def tick(self) -> None:
        """Process everything that is due."""

    async def aclose(self) -> None:
        """Stop all streams and tasks."""


type CloudFactory = Callable[[Mapping[str, Any], str, Clock], CloudApi]
"""Function that creates a cloud from a household, a retail domain and the clock."""


class Simulation:
    """The current cloud, and the parts that tests inspect."""

    def __init__(self, household: Mapping[str, Any], *, domain: str, factory: CloudFactory | None = None) -> None:
        """Initialize with a new cloud; ``factory`` replaces ``alexa_sim.cloud.Cloud``."""
        self._factory = factory or _real_cloud
        self.domain = domain
        self.clock = Clock()
        self.ledger = Ledger()
        self.faults = Faults(self.clock)
        self.errors: list[dict[str, Any]] = []
        self.streams: set[asyncio.Task[None]] = set()
        self.replay: Replay | None = None
        self.record: Record | None = None
        self.cloud = self._factory(household, domain, self.clock)

    async def replace(self, household: Mapping[str, Any], domain: str, replay: Replay | None = None) -> None:
        """Restart with a new cloud and the real time, without streams, requests, faults and errors."""
        # The times of new data are the real time, not one to which the clock was advanced.
        self.clock.reset()
        cloud = self._factory(household, domain, self.clock)
        await self.aclose()
        self.cloud, self.domain, self.replay = cloud, domain, replay
        self.ledger.reset()
        self.errors.clear()

    async def aclose(self) -> None:
        """Stop the streams and the cloud; hanging requests continue."""
        self.faults.clear()
        self.cloud.close_streams()
        for stream in list(self.streams):
            stream.cancel()
        await self.cloud.aclose()

    def advance(self, seconds: float) -> None:
        """Advance the clock and process everything that is due."""
        self.clock.advance(seconds)
        self.cloud.tick()

    def note_error(self, error: BaseException, **where: str) -> None:
        """Store an exception raised inside the simulation, and print it to standard error."""
        text = "".join(traceback.format_exception(error))
        last = self.errors[-1] if self.errors else None
        if last is not None and last["error"] == text:
            last["count"] += 1
            return
        self.errors.append({"time": self.clock.now(), "count": 1, **where, "error": text})
        print(f"alexa_sim: error {where}\n{text}", file=sys.stderr, flush=True)

    async def run_ticks(self) -> None:
        """Call ``tick`` of the cloud periodically, forever."""
        while True:
            await asyncio.sleep(TICK)
            try:
                self.cloud.tick()
                if self.replay is not None:
                    self.replay.tick(self.cloud, has_stream=bool(self.streams))
            except Exception as err:  # noqa: BLE001 - kept for GET /errors; the simulation continues
                self.note_error(err, path="tick")


def _real_cloud(household: Mapping[str, Any], domain: str, clock: Clock) -> CloudApi:
    """Return the cloud that this package simulates."""
    from .cloud import Cloud  # noqa: PLC0415 - the machinery is tested without it

    cloud: CloudApi = Cloud(household, domain=domain, clock=clock)
    return cloud
