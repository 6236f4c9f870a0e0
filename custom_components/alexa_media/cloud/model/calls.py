"""Marks requests as part of a command that a user is waiting for."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(slots=True)
class _Command:
    """One command; tasks and timers that it started outlive it and must not count as part of it."""

    is_running: bool = True


_COMMAND: Final[ContextVar[_Command | None]] = ContextVar("alexa_media_command", default=None)


@contextmanager
def command() -> Generator[None]:
    """Mark all requests in the block as part of a command, so that local back-offs do not delay them."""
    running = _Command()
    token = _COMMAND.set(running)
    try:
        yield
    finally:
        running.is_running = False
        _COMMAND.reset(token)


def is_command() -> bool:
    """Return whether the current code runs for a command that has not ended."""
    running = _COMMAND.get()
    return running is not None and running.is_running
