"""Routines: what an account has Alexa do at a word or at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from .devices import Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine:
    """A routine of the account.

    ``utterances`` are the words that start it, ``sequence`` is what it does, as Amazon's
    JSON in a text. ``needs_echo``: something in it happens on the Echo that is spoken to.
    """

    routine_id: str
    name: str
    enabled: bool
    sequence: str
    utterances: tuple[str, ...] = ()
    needs_echo: bool = False


class RoutinesApi(Protocol):
    """The routines of one account; every method raises an ``AlexaError``."""

    async def async_routines(self) -> Mapping[str, Routine]:
        """Return all routines by id, also those that are switched off."""

    async def async_run(self, routine: Routine, device: Device | None) -> None:
        """Run a routine; ``device`` is the Echo that counts as the one that is spoken to.

        Returns when Amazon has accepted it.
        """
