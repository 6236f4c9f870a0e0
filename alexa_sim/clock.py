"""The clock of the simulation: real time that can be moved ahead."""

import asyncio
import time


class Clock:
    """Epoch seconds that go on by themselves and can be advanced."""

    def __init__(self) -> None:
        """Start at the real time."""
        self._offset = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        """Return the time in epoch seconds."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the time ahead and wake those whose time has come."""
        self._offset += seconds
        self._wake()

    def reset(self) -> None:
        """Go back to the real time."""
        self._offset = 0.0
        self._wake()

    def _wake(self) -> None:
        """Make all who sleep look at the time again."""
        self._moved.set()
        self._moved = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock shows ``seconds`` more than now."""
        end = self.now() + seconds
        while (rest := end - self.now()) > 0:
            moved = self._moved
            try:
                async with asyncio.timeout(rest):
                    await moved.wait()
            except TimeoutError:
                continue
        await asyncio.sleep(0)
