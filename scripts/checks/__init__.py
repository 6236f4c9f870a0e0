"""Checks that control a running Home Assistant from outside; each module has a list ``CHECKS``."""

from collections.abc import Awaitable, Callable

from .world import World

type Check = Callable[[World], str | Awaitable[str]]
