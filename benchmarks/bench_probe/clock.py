"""Time that can be moved ahead in a running Home Assistant."""

import asyncio
from datetime import timedelta
import time
from typing import Any

import aiohttp
from homeassistant.util import dt as dt_util

_CALM_WAIT = 10.0


class ShiftedClock:
    """The event loop's clock and the wall clock, both ahead of real time by what was asked for.

    ``datetime.now`` cannot be moved; timers, ``time.time`` and ``dt_util.utcnow`` are.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Take the clocks over and count the requests that wait for an answer."""
        self.real_time = time.time
        self._loop_ahead = 0.0
        self._wall_ahead = 0.0
        self._in_flight = 0
        monotonic, real_time, utcnow = time.monotonic, time.time, dt_util.utcnow
        loop.time = lambda: monotonic() + self._loop_ahead  # type: ignore[method-assign]
        time.time = lambda: real_time() + self._wall_ahead
        dt_util.utcnow = lambda: utcnow() + timedelta(seconds=self._wall_ahead)  # type: ignore[assignment]
        request = aiohttp.ClientSession._request  # noqa: SLF001 - nothing public tells what is in flight

        async def _counted(session: aiohttp.ClientSession, *args: Any, **kwargs: Any) -> aiohttp.ClientResponse:
            self._in_flight += 1
            try:
                return await request(session, *args, **kwargs)
            finally:
                self._in_flight -= 1

        aiohttp.ClientSession._request = _counted  # type: ignore[method-assign,assignment] # noqa: SLF001

    async def advance(self, seconds: float) -> bool:
        """Move ahead, let happen what is due, and wait until no request is in flight; returns whether that came."""
        self._loop_ahead += seconds
        self._wall_ahead += seconds
        loop = asyncio.get_running_loop()
        end = time.monotonic() + _CALM_WAIT
        calm = 0
        while calm < 3 and time.monotonic() < end:
            # a thread that sleeps, as the loop's own timers are what is moved
            await loop.run_in_executor(None, time.sleep, 0.01)
            calm = 0 if self._in_flight else calm + 1
        return calm >= 3

    def reset(self) -> None:
        """Let the wall clock show real time; timers of the loop may not go back."""
        self._wall_ahead = 0.0
