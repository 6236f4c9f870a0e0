"""What else a user can ask for, a module for each family: commands for the table of failures.

A command takes the table, calls an action with ``Table.act`` and returns what went wrong. One for
every endpoint that writes.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from . import smart_home

type FailureCommand = Callable[[Any], Awaitable[list[str]]]

FAMILIES: Final[tuple[FailureCommand, ...]] = (*smart_home.COMMANDS,)


def command_of(command: FailureCommand, table: Any) -> Callable[[], Awaitable[list[str]]]:
    """Return a command bound to a table, under its own name."""

    async def bound() -> list[str]:
        return await command(table)

    bound.__name__ = command.__name__
    return bound
