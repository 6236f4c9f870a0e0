"""Clock of the simulation: real time that can be advanced."""

import asyncio
import time


class Clock:
    """Clock in epoch seconds that runs with real time and can be advanced."""

    def __init__(self) -> None:
        """Initialize with the real time."""
        self._offset = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        """Return the time in epoch seconds."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Advance the time, and wake the callers of ``sleep`` whose time has come."""
        self._offset += seconds
        self._wake()

    def reset(self) -> None:
        """Return to the real time."""
        self._offset = 0.0
        self._wake()

    def _wake(self) -> None:
        """Let all callers of ``sleep`` check the time."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has advanced by a number of seconds."""
        await self.sleep_until(self.now() + seconds)

    async def sleep_until(self, end: float) -> None:
        """Wait until a time in epoch seconds; does not return earlier than in the next turn of the event loop."""
        while (rest := end - self.now()) > 0:
            moved = self._moved
            try:
                async with asyncio.timeout(rest):
                    await moved.wait()
            except TimeoutError:
                continue
        await asyncio.sleep(0)
