"""What keeps us from asking too much of Amazon: slots, throttling, back-off, shared renewals."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine
import contextlib
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
import logging
from time import monotonic
from types import TracebackType
from typing import Any, Final

from ..errors import AlexaConnectionError

_LOGGER = logging.getLogger(__name__)

FIRST_BLOCK: Final = 30.0
LONGEST_BLOCK: Final = 600.0
LONGEST_RETRY_AFTER: Final = 3600.0
CALM: Final = 900.0
"""Seconds without throttling after which it is over; longer than any wait between two attempts."""


class Slots:
    """How many requests of the account may be in flight; commands go before reads.

    Use ``async with slots.take(urgent)``.
    """

    def __init__(self, limit: int) -> None:
        """Start with ``limit`` free slots."""
        self._limit = limit
        self._busy = 0
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def busy(self) -> int:
        """Return how many requests are in flight."""
        return self._busy

    def limit(self, limit: int) -> None:
        """Change the number of slots; who is in flight stays so."""
        self._limit = limit
        self._wake()

    def take(self, *, urgent: bool = False) -> _Slot:
        """Return a context manager that holds one slot."""
        return _Slot(self, urgent)

    async def acquire(self, queue_urgent: bool) -> None:
        """Wait for a slot."""
        if self._busy < self._limit and not self._urgent and not self._waiting:
            self._busy += 1
            return
        queue = self._urgent if queue_urgent else self._waiting
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()
            else:
                with contextlib.suppress(ValueError):
                    queue.remove(turn)
            raise

    def release(self) -> None:
        """Give a slot back to whoever waits."""
        self._busy -= 1
        self._wake()

    def _wake(self) -> None:
        """Hand free slots to those who wait, the urgent ones first."""
        while self._busy < self._limit and (queue := self._urgent or self._waiting):
            turn = queue.popleft()
            if not turn.done():
                self._busy += 1
                turn.set_result(None)


class _Slot:
    """One slot, held for the length of a ``with`` block."""

    def __init__(self, slots: Slots, urgent: bool) -> None:
        self._slots = slots
        self._urgent = urgent

    async def __aenter__(self) -> None:
        await self._slots.acquire(self._urgent)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._slots.release()


class Traffic(StrEnum):
    """Kinds of requests that Amazon throttles separately."""

    READS = "reads"
    COMMANDS = "commands"


@dataclass(slots=True)
class _Block:
    """Throttling of one kind of traffic at one host; times in seconds of the monotonic clock."""

    until: float = 0.0
    delay: float = 0.0
    is_active: bool = False

    @property
    def remaining(self) -> float:
        """Return the seconds until the next attempt."""
        return max(0.0, self.until - monotonic())


class Throttle:
    """Throttling of one account, by host and kind of traffic.

    Reads are held back for as long as Amazon asks. Commands never are: while a host is
    throttled they go out one at a time, and one that succeeds ends the throttling of the
    host. The log has one line when throttling begins and one when it has been over for a
    while: one endpoint may stay throttled while the others answer between its attempts.
    """

    def __init__(self) -> None:
        """Start unblocked."""
        self._blocks: dict[tuple[str, Traffic], _Block] = {}
        self._turns: dict[tuple[str, Traffic], asyncio.Lock] = {}
        self._told = False
        self.hits = 0

    @property
    def remaining(self) -> float:
        """Return for how many seconds reads of some host are held back; 0 when all are free."""
        return max((block.remaining for (_, kind), block in self._blocks.items() if kind is Traffic.READS), default=0.0)

    def held_back(self, host: str) -> float:
        """Return for how many seconds reads of a host are held back."""
        return self._block(host, Traffic.READS).remaining

    @asynccontextmanager
    async def turn(self, host: str, kind: Traffic) -> AsyncGenerator[None]:
        """Hold the right to send: one request at a time while the host is throttled, any number otherwise."""
        if not self._is_active(host, kind):
            yield
            return
        async with self._turns.setdefault((host, kind), asyncio.Lock()):
            yield

    def hit(self, host: str, kind: Traffic, retry_after: float | None) -> float:
        """Note a throttled answer; ``retry_after`` is what Amazon asked for. Returns the seconds to wait.

        Without a time of Amazon's the wait grows from 30 s to 10 min; answers to requests
        that were under way when the throttling began do not make it grow.
        """
        self.hits += 1
        block = self._block(host, kind)
        if retry_after is not None:
            delay = min(max(retry_after, 1.0), LONGEST_RETRY_AFTER)
        elif block.remaining:
            return block.remaining
        else:
            delay = block.delay = min(max(FIRST_BLOCK, block.delay * 2), LONGEST_BLOCK)
        block.until = max(block.until, monotonic() + delay)
        block.is_active = True
        if not self._told:
            self._told = True
            _LOGGER.warning("Amazon is rate limiting this account; polling pauses for %.0f seconds", block.remaining)
        return block.remaining

    def passed(self, host: str, kind: Traffic) -> None:
        """Note a good answer: it ends the throttling of its kind, that of a command the host's."""
        for ended in (kind, Traffic.READS):
            block = self._blocks.get((host, ended))
            if block and block.is_active and (kind is Traffic.COMMANDS or not block.remaining):
                block.is_active = False
                block.delay = 0.0
                block.until = min(block.until, monotonic())
        last = max((block.until for block in self._blocks.values()), default=0.0)
        if self._told and monotonic() - last >= CALM:
            self._told = False
            _LOGGER.info("Amazon no longer limits the rate of this account")

    def _block(self, host: str, kind: Traffic) -> _Block:
        return self._blocks.setdefault((host, kind), _Block())

    def _is_active(self, host: str, kind: Traffic) -> bool:
        """Return whether a kind of traffic is throttled; commands also heed that of the reads."""
        kinds = (Traffic.READS,) if kind is Traffic.READS else tuple(Traffic)
        return any((block := self._blocks.get((host, one))) is not None and block.is_active for one in kinds)


class Backoff:
    """When something that failed may be tried again: 5 s, doubling up to 5 min."""

    def __init__(self, first: float = 5.0, longest: float = 300.0) -> None:
        """Start free."""
        self._first = first
        self._longest = longest
        self._delay = 0.0
        self._until = 0.0

    @property
    def remaining(self) -> float:
        """Return for how many seconds it must not be tried."""
        return max(0.0, self._until - monotonic())

    def failed(self) -> None:
        """Wait longer than the time before."""
        self._delay = min(max(self._first, self._delay * 2), self._longest)
        self._until = monotonic() + self._delay

    def succeeded(self) -> None:
        """Be free again."""
        self._delay = self._until = 0.0


class SingleFlight:
    """A piece of work that many may ask for and that runs once at a time.

    It runs in a task of its own, so that no caller who is cancelled cuts it.
    """

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Keep what to run."""
        self._work = work
        self._task: asyncio.Task[None] | None = None

    def start(self) -> asyncio.Task[None]:
        """Start it unless it runs already."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
            self._task.add_done_callback(_retrieve)
        return self._task

    async def join(self) -> None:
        """Wait for the run under way, or for a new one; raises what it raised."""
        task = self.start()
        # Not a shield: that one reports the failure of the run when its caller was cancelled.
        await asyncio.wait([task])
        if task.cancelled():
            raise AlexaConnectionError("The session was closed", sent=False)
        task.result()

    async def close(self, timeout: float) -> None:  # noqa: ASYNC109 - how long to let it finish, not a limit on us
        """Let a run under way finish for ``timeout`` seconds, then cancel it."""
        if (task := self._task) is None or task.done():
            return
        _, pending = await asyncio.wait([task], timeout=timeout)
        for late in pending:
            late.cancel()
            await asyncio.wait([late])


def _retrieve(task: asyncio.Task[None]) -> None:
    """Take the exception of a run that nobody waited for."""
    if not task.cancelled():
        task.exception()
