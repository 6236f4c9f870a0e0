"""What else a user can ask for, a module for each family: commands for the table of failures.

A command takes the table, calls an action with ``Table.act`` and returns what went wrong. One for
every endpoint that writes.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from . import alerts

type FailureCommand = Callable[[Any], Awaitable[list[str]]]

FAMILIES: Final[tuple[FailureCommand, ...]] = (*alerts.COMMANDS,)

READS: Final = alerts.READS
"""Endpoints that are read in the middle of a command."""

CHANGING: Final = alerts.CHANGING
"""Endpoints whose commands change what sensors show."""

SAMPLED: Final = alerts.SAMPLED
"""Endpoints that a third of the faults is enough for: others that the same code asks have all of them."""

PREPARE: Final = (alerts.prepare,)
"""What has to be done to a table before its account is set up for the first time."""


def command_of(command: FailureCommand, table: Any) -> Callable[[], Awaitable[list[str]]]:
    """Return a command bound to a table, under its own name."""

    async def bound() -> list[str]:
        return await command(table)

    bound.__name__ = command.__name__
    return bound
