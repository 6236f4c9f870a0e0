"""Routines of an account: models and protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from .devices import Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine:
    """A routine of the account.

    ``utterances`` are its trigger phrases, ``sequence`` is Amazon's JSON of its actions as a
    string. ``needs_echo``: an action uses "the device you speak to".
    ``serials`` are the Echos that the actions name.
    """

    routine_id: str
    name: str
    enabled: bool
    sequence: str
    utterances: tuple[str, ...] = ()
    needs_echo: bool = False
    serials: frozenset[str] = frozenset()


class RoutinesApi(Protocol):
    """The routines of one account; every method raises an ``AlexaError``."""

    async def async_routines(self) -> Mapping[str, Routine]:
        """Return all routines by id, including disabled ones."""

    async def async_run(self, routine: Routine, device: Device | None) -> None:
        """Run a routine, with ``device`` as "the device you speak to".

        Returns when Amazon has accepted it.
        """
