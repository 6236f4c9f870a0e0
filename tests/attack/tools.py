"""Helpers of the attack tests: monitors for the event loop, the log and memory."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
import logging
from pathlib import Path
import resource
import threading
import time


@dataclass(slots=True)
class Blocks:
    """Processor times in seconds for which the event loop was blocked."""

    gaps: list[float] = field(default_factory=list)

    @property
    def worst(self) -> float:
        """Return the longest processor time."""
        return max(self.gaps, default=0.0)


@contextmanager
def watching_loop(limit: float = 0.05) -> Iterator[Blocks]:
    """Record each blocking of the event loop that takes more than ``limit`` seconds of processor time.

    Processor time does not depend on what else the machine does.
    """
    loop = asyncio.get_running_loop()
    processor = time.pthread_getcpuclockid(threading.get_ident())
    blocks, stop = Blocks(), threading.Event()

    def watch() -> None:
        while not stop.is_set():
            sent, turned = time.clock_gettime(processor), threading.Event()
            try:
                loop.call_soon_threadsafe(turned.set)
            except RuntimeError:
                return  # the loop is closed
            while not turned.wait(0.02) and not stop.is_set():
                pass
            gap = time.clock_gettime(processor) - sent
            if gap > limit:
                blocks.gaps.append(gap)
            stop.wait(0.005)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield blocks
    finally:
        stop.set()
        thread.join(2)


class Collector(logging.Handler):
    """Log handler that stores all records."""

    def __init__(self) -> None:
        """Initialize without records."""
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Store a record."""
        self.records.append(record)

    def lines(self) -> list[str]:
        """Return the records as text, including exceptions."""
        form = logging.Formatter("%(levelname)s %(name)s: %(message)s")
        return [form.format(record) for record in self.records]

    def bad(self) -> list[str]:
        """Return the errors, and the warnings with an exception."""
        return [
            line
            for record, line in zip(self.records, self.lines(), strict=True)
            if record.levelno >= logging.ERROR
            or (record.levelno >= logging.WARNING and record.exc_info and record.exc_info[0])
        ]


@contextmanager
def collecting(level: int | None = None, names: tuple[str, ...] = ("",)) -> Iterator[Collector]:
    """Collect the log, with loggers set to a level."""
    handler, root = Collector(), logging.getLogger()
    before = {name: logging.getLogger(name).level for name in names}
    root.addHandler(handler)
    try:
        for name in names if level is not None else ():
            logging.getLogger(name).setLevel(level or logging.NOTSET)
        yield handler
    finally:
        root.removeHandler(handler)
        for name, old in before.items():
            logging.getLogger(name).setLevel(old)


def rss() -> int:
    """Return the resident memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
