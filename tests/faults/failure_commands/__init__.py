"""Commands for the table of failures, one module per family.

A command receives the table, calls an action with ``Table.act``, and returns the problems. Each endpoint that writes
has a command.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

type FailureCommand = Callable[[Any], Awaitable[list[str]]]

from . import (  # noqa: E402 - these modules import the type above
    alerts,
    background,
    kids,
    lists,
    media,
    routines,
    settings,
    smart_home,
)

FAMILIES: Final[tuple[FailureCommand, ...]] = (
    *alerts.COMMANDS,
    *background.COMMANDS,
    *kids.COMMANDS,
    *lists.COMMANDS,
    *media.COMMANDS,
    *routines.COMMANDS,
    *settings.COMMANDS,
    *smart_home.COMMANDS,
)

ENABLED: Final = (("binary_sensor", "G0SIM000OFFICE01_amazon_kids"), routines.SWITCH)
"""Entities (platform, unique id) that are disabled by default and enabled in the table."""

CHANGING: Final[frozenset[str]] = alerts.CHANGING | background.CHANGING
"""Endpoints whose commands change the states of sensors."""

PREPARE: Final = (alerts.prepare,)
"""Functions that prepare a table before the first setup of its account."""


def command_of(command: FailureCommand, table: Any) -> Callable[[], Awaitable[list[str]]]:
    """Return a command bound to a table, with its own name."""

    async def bound() -> list[str]:
        return await command(table)

    bound.__name__ = command.__name__
    return bound
