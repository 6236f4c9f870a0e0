"""Limits on requests to Amazon: concurrency slots, throttling, back-off and shared runs of the same work."""

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
SHORTEST_RETRY_AFTER: Final = 1.0
LONGEST_RETRY_AFTER: Final = 3600.0
THROTTLE_RESET_SECONDS: Final = 900.0
"""Minimum time in seconds between the end of the last pause and the log message that throttling is over."""


class Slots:
    """Limit of concurrent requests of an account; urgent requests get a free slot first.

    Use ``async with slots.take(urgent=…)``.
    """

    def __init__(self, limit: int) -> None:
        """Initialize with ``limit`` free slots."""
        self._limit = limit
        self._busy = 0
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def busy(self) -> int:
        """Return the number of slots in use."""
        return self._busy

    def limit(self, limit: int) -> None:
        """Change the number of slots; running requests keep theirs."""
        self._limit = limit
        self._wake()

    def take(self, *, urgent: bool = False) -> _Slot:
        """Return a context manager that holds one slot."""
        return _Slot(self, urgent)

    async def acquire(self, queue_urgent: bool) -> None:
        """Acquire a slot; with ``queue_urgent``, wait for it in the queue of urgent requests."""
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
        """Release a slot."""
        self._busy -= 1
        self._wake()

    def _wake(self) -> None:
        """Assign free slots to waiting requests, urgent ones first."""
        while self._busy < self._limit and (queue := self._urgent or self._waiting):
            turn = queue.popleft()
            if not turn.done():
                self._busy += 1
                turn.set_result(None)


class _Slot:
    """Context manager that holds one slot."""

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
    """Kinds of requests whose throttling is tracked separately."""

    READS = "reads"
    COMMANDS = "commands"


@dataclass(slots=True)
class _Block:
    """Throttling of one kind of traffic at one host; ``until`` is a time of the monotonic clock."""

    until: float = 0.0
    delay: float = 0.0
    is_active: bool = False

    @property
    def remaining(self) -> float:
        """Return the seconds until the pause ends, or 0."""
        return max(0.0, self.until - monotonic())


class Throttle:
    """Throttling of one account, by host and kind of traffic.

    A host that throttles reads gets no reads until a pause is over. Commands to a throttled host are sent one at a
    time. The end of throttling is only logged after a while, because one endpoint may stay throttled while others
    respond.
    """

    def __init__(self) -> None:
        """Initialize without throttling."""
        self._blocks: dict[tuple[str, Traffic], _Block] = {}
        self._turns: dict[tuple[str, Traffic], asyncio.Lock] = {}
        self._reported: set[Traffic] = set()
        self.hits = 0

    @property
    def remaining(self) -> float:
        """Return the longest time in seconds that the reads of any host are held back; 0 if none are."""
        return max((block.remaining for (_, kind), block in self._blocks.items() if kind is Traffic.READS), default=0.0)

    def held_back(self, host: str) -> float:
        """Return the seconds until reads of a host are allowed again, or 0."""
        return self._block(host, Traffic.READS).remaining

    @asynccontextmanager
    async def turn(self, host: str, kind: Traffic) -> AsyncGenerator[None]:
        """Allow one request of a kind at a time while the host throttles this kind or, for commands, any kind."""
        if not self._is_active(host, kind):
            yield
            return
        async with self._turns.setdefault((host, kind), asyncio.Lock()):
            yield

    def hit(self, host: str, kind: Traffic, retry_after: float | None) -> float:
        """Record a throttled response, and return the seconds to wait.

        ``retry_after`` is Amazon's Retry-After in seconds. Without it, the wait doubles from 30 s up to 10 min, but not
        while a wait is running, because responses to requests in flight would extend it.
        """
        self.hits += 1
        block = self._block(host, kind)
        if retry_after is not None:
            delay = min(max(retry_after, SHORTEST_RETRY_AFTER), LONGEST_RETRY_AFTER)
        elif block.remaining:
            return block.remaining
        else:
            delay = block.delay = min(max(FIRST_BLOCK, block.delay * 2), LONGEST_BLOCK)
        block.until = max(block.until, monotonic() + delay)
        block.is_active = True
        if kind not in self._reported:
            self._reported.add(kind)
            if kind is Traffic.READS:
                _LOGGER.warning(
                    "Amazon is rate limiting this account; polling pauses for %.0f seconds", block.remaining
                )
            else:
                _LOGGER.warning("Amazon is rate limiting this account; commands are sent one at a time")
        return block.remaining

    def passed(self, host: str, kind: Traffic) -> None:
        """Record a success, which ends the throttling of its kind of traffic at the host.

        The success of a command also ends the throttling of reads. The success of a read ends nothing during a pause.
        """
        for ended in (kind, Traffic.READS):
            block = self._blocks.get((host, ended))
            if block and block.is_active and (kind is Traffic.COMMANDS or not block.remaining):
                block.is_active = False
                block.delay = 0.0
                block.until = min(block.until, monotonic())
        last = max((block.until for block in self._blocks.values()), default=0.0)
        if self._reported and monotonic() - last >= THROTTLE_RESET_SECONDS:
            self._reported.clear()
            _LOGGER.info("Amazon no longer limits the rate of this account")

    def _block(self, host: str, kind: Traffic) -> _Block:
        return self._blocks.setdefault((host, kind), _Block())

    def _is_active(self, host: str, kind: Traffic) -> bool:
        """Return whether a kind of traffic is throttled at a host; for commands, throttled reads count too."""
        kinds = (Traffic.READS,) if kind is Traffic.READS else tuple(Traffic)
        return any((block := self._blocks.get((host, one))) is not None and block.is_active for one in kinds)


class Backoff:
    """Exponential back-off after failures, by default from 5 s up to 5 min."""

    def __init__(self, first: float = 5.0, longest: float = 300.0) -> None:
        """Initialize without a pending pause; ``first`` and ``longest`` are in seconds."""
        self._first = first
        self._longest = longest
        self._delay = 0.0
        self._until = 0.0

    @property
    def remaining(self) -> float:
        """Return the seconds until the pause ends; 0 without a pause."""
        return max(0.0, self._until - monotonic())

    def failed(self) -> None:
        """Record a failure and start the next pause."""
        self._delay = min(max(self._first, self._delay * 2), self._longest)
        self._until = monotonic() + self._delay

    def succeeded(self) -> None:
        """Clear the pause, and reset the delay to the first one."""
        self._delay = self._until = 0.0


class SingleFlight:
    """Shares one run of some work among all callers that request the work during this run.

    The work runs in a separate task, so canceling a caller does not cancel it.
    """

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Initialize with the function to run."""
        self._work = work
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Return whether a run is in progress."""
        return self._task is not None and not self._task.done()

    def start(self) -> asyncio.Task[None]:
        """Return the task of the work; start one unless it is running."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
            self._task.add_done_callback(_retrieve)
        return self._task

    async def join(self) -> None:
        """Wait for the current run, or for a new one if there is none.

        Raises the exception of the run, or ``AlexaConnectionError`` if the run was canceled.
        """
        task = self.start()
        # asyncio.shield would log the failure of the run if its caller was canceled.
        await asyncio.wait([task])
        if task.cancelled():
            raise AlexaConnectionError("The session was closed", code="closed", sent=False)
        task.result()

    async def close(self, timeout: float) -> None:  # noqa: ASYNC109 - the time to let the run finish
        """Wait up to ``timeout`` seconds for the end of the current run, then cancel it."""
        if (task := self._task) is None or task.done():
            return
        _, pending = await asyncio.wait([task], timeout=timeout)
        for late in pending:
            late.cancel()
            await asyncio.wait([late])


def _retrieve(task: asyncio.Task[None]) -> None:
    """Retrieve the exception of a run, because asyncio would log it if no caller is waiting."""
    if not task.cancelled():
        task.exception()
