"""Checks of a running Home Assistant from outside, a module for each family with its ``CHECKS``."""

from collections.abc import Awaitable, Callable

from .world import World

type Check = Callable[[World], str | Awaitable[str]]
