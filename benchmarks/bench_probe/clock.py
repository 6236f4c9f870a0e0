"""A clock that can be advanced in a running Home Assistant."""

import asyncio
from datetime import timedelta
import time
from typing import Any

import aiohttp
from homeassistant.util import dt as dt_util

_CALM_WAIT = 10.0


class ShiftedClock:
    """The clock of the event loop and the wall clock, both advanced by the same time.

    ``datetime.now`` cannot be changed, but timers, ``time.time`` and ``dt_util.utcnow`` can.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Initialize: replace the clocks, and count the requests in flight."""
        self.real_time = time.time
        self._loop_ahead = 0.0
        self._wall_ahead = 0.0
        self._in_flight = 0
        monotonic, real_time, utcnow = time.monotonic, time.time, dt_util.utcnow
        loop.time = lambda: monotonic() + self._loop_ahead  # type: ignore[method-assign]
        time.time = lambda: real_time() + self._wall_ahead
        dt_util.utcnow = lambda: utcnow() + timedelta(seconds=self._wall_ahead)  # type: ignore[assignment]
        request = aiohttp.ClientSession._request  # noqa: SLF001 - no public API returns the requests in flight

        async def _counted(session: aiohttp.ClientSession, *args: Any, **kwargs: Any) -> aiohttp.ClientResponse:
            self._in_flight += 1
            try:
                return await request(session, *args, **kwargs)
            finally:
                self._in_flight -= 1

        aiohttp.ClientSession._request = _counted  # type: ignore[method-assign,assignment] # noqa: SLF001

    async def advance(self, seconds: float) -> bool:
        """Advance the clocks, run what is due, and wait until no request is in flight; return False on a timeout."""
        self._loop_ahead += seconds
        self._wall_ahead += seconds
        loop = asyncio.get_running_loop()
        end = time.monotonic() + _CALM_WAIT
        calm = 0
        while calm < 3 and time.monotonic() < end:
            # Sleep in a thread, because the clock affects the loop's own timers.
            await loop.run_in_executor(None, time.sleep, 0.01)
            calm = 0 if self._in_flight else calm + 1
        return calm >= 3

    def reset(self) -> None:
        """Reset the wall clock to real time; the loop's clock must not go backward."""
        self._wall_ahead = 0.0
