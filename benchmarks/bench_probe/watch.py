"""Detection of callbacks that block the event loop, and of the client that causes them."""

import asyncio
from collections.abc import Iterable
import gc
from itertools import islice
import sys
import threading
import time
import traceback
from types import FrameType
from typing import Any, Final

# Shorter turns of the loop (seconds) are ignored.
SHORTEST: Final = 0.010
_SAMPLE_EVERY: Final = 0.005


class LoopWatch:
    """Measures every callback of the event loop, and samples the stack of slow ones.

    There are two times. Real seconds include other threads and processes. Processor seconds are those of the loop's
    thread alone, without garbage collections, because their duration depends on the whole heap.
    """

    def __init__(self) -> None:
        """Initialize, and measure the callbacks of this thread's loop from now on."""
        self._thread = threading.get_ident()
        self._since: float | None = None
        self._stacks: list[list[str]] = []
        self._owned = False
        self._owners: tuple[str, ...] = ()
        self._blocks: list[dict[str, Any]] = []
        self.collections: list[dict[str, Any]] = []
        self._collecting = self._collecting_cpu = 0.0
        self._collected = 0.0
        self._replace_run()
        gc.callbacks.append(self._on_collection)
        threading.Thread(target=self._sample, name="bench watch", daemon=True).start()

    def begin(self, owners: Iterable[str]) -> None:
        """Reset; a stack that contains one of ``owners`` is attributed to the client."""
        self._owners = tuple(owners)
        self._blocks.clear()
        self.collections.clear()

    def read(self) -> list[dict[str, Any]]:
        """Return the longest callbacks by processor time: ``wall``, ``cpu``, ``ours`` (None if unknown), ``stack``."""
        return sorted(self._blocks, key=lambda block: -block["cpu"])[:12]

    def _replace_run(self) -> None:
        """Replace the method that runs callbacks with one that measures them."""
        run = asyncio.events.Handle._run  # noqa: SLF001 - all callbacks are run by this method

        def _timed(handle: asyncio.Handle) -> None:
            if threading.get_ident() != self._thread:
                run(handle)
                return
            wall, cpu = time.perf_counter(), time.thread_time()
            self._since = wall
            self._collected = 0.0
            run(handle)
            self._since = None
            cpu = time.thread_time() - cpu - self._collected
            if cpu >= SHORTEST or self._stacks:
                self._note(time.perf_counter() - wall, cpu)

        asyncio.events.Handle._run = _timed  # type: ignore[method-assign,assignment] # noqa: SLF001

    def _note(self, wall: float, cpu: float) -> None:
        """Record a slow callback."""
        stacks, self._stacks = self._stacks, []
        owned, self._owned = self._owned, False
        if cpu >= SHORTEST:
            stack = stacks[len(stacks) // 2] if stacks else []
            self._blocks.append({"wall": wall, "cpu": cpu, "ours": owned if stacks else None, "stack": stack})

    def _sample(self) -> None:
        """Sample the loop's thread repeatedly."""
        while True:
            time.sleep(_SAMPLE_EVERY)
            since = self._since
            if since is None or time.perf_counter() - since < SHORTEST or len(self._stacks) > 40:
                continue
            frame = sys._current_frames().get(self._thread)  # noqa: SLF001 - the documented way to get a thread's stack
            if frame is not None and self._since == since:
                self._take(frame)

    def _take(self, top: FrameType) -> None:
        """Record the names of a stack, and whether it contains the client."""
        names: list[str] = []
        frame: FrameType | None = top
        while frame is not None:
            code = frame.f_code
            if code.co_filename.endswith("asyncio/events.py") or "bench_probe" in code.co_filename:
                break
            names.append(f"{'/'.join(code.co_filename.split('/')[-3:])}:{frame.f_lineno} {code.co_name}")
            platform = getattr(frame.f_locals.get("self"), "platform_name", None)
            if platform in self._owners or any(owner in code.co_filename for owner in self._owners):
                self._owned = True
            frame = frame.f_back
        self._stacks.append(names[:25])

    def _on_collection(self, phase: str, info: dict[str, int]) -> None:
        """Record slow garbage collections."""
        if phase == "start":
            self._collecting, self._collecting_cpu = time.perf_counter(), time.thread_time()
            return
        if threading.get_ident() == self._thread:
            self._collected += time.thread_time() - self._collecting_cpu
        if (lasted := time.perf_counter() - self._collecting) >= SHORTEST:
            # The lines of the sources would stay in memory.
            frames = islice(traceback.walk_stack(sys._getframe()), 4)  # noqa: SLF001 - the documented way to get this frame
            callers = [f"{'/'.join(f.f_code.co_filename.split('/')[-3:])}:{line}" for f, line in frames][::-1]
            self.collections.append({"seconds": lasted, "generation": info["generation"], "callers": callers})
