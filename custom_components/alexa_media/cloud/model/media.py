"""Music providers, sounds, stations, queues, routines, and the steps of a sequence: models and protocols."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from .commands import Command, PlaySearch
from .devices import Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Routine:
    """A routine of the account.

    ``utterances`` are its trigger phrases. ``sequence`` is Amazon's JSON of its actions, as a string. ``needs_echo``
    means that an action uses "the device you speak to" or the Echo of the trigger. ``serials`` are those of the Echos
    that the actions name.
    """

    routine_id: str
    name: str
    enabled: bool
    sequence: str
    utterances: tuple[str, ...] = ()
    needs_echo: bool = False
    serials: frozenset[str] = frozenset()


class RoutinesApi(Protocol):
    """The routines of one account; every method raises an ``AlexaError`` on failure."""

    async def async_routines(self) -> Mapping[str, Routine]:
        """Return the routines by id, including disabled ones."""

    async def async_set_enabled(self, routine_id: str, *, enabled: bool) -> Mapping[str, Routine]:
        """Enable or disable a routine; return the routines as read afterward.

        Raises ``AlexaRoutineError`` if the routine is gone or has parts that cannot be sent back (nothing is written
        then), or if the write damaged it (the original is then written again). Raises ``AlexaCommandError`` if Amazon
        did not change the status.
        """

    async def async_run(self, routine: Routine, device: Device | None) -> None:
        """Run a routine; returns when Amazon has accepted it.

        ``device`` is used as "the device you speak to"; None for a routine without ``needs_echo``.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicProvider:
    """A music provider of the account; ``provider_id`` is Amazon's id for searches, for example ``SPOTIFY``."""

    provider_id: str
    name: str
    available: bool
    default: bool = False
    icon_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundEffect:
    """A sound effect of Amazon's library, with the names of its categories."""

    sound_id: str
    name: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A TuneIn radio station."""

    station_id: str
    name: str
    image_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueItem:
    """A track of a queue."""

    media_id: str
    title: str
    artist: str | None = None
    album: str | None = None
    art_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """Amazon's resolution of a search.

    ``phrase`` is the search text, which Amazon may adjust. ``refusal`` is Amazon's reason not to play it, or None.
    """

    phrase: str
    refusal: str | None = None


# --- steps ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Do:
    """Step that runs a command on one device."""

    command: Command
    device: Device


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRoutine:
    """Step that runs a routine, with ``device`` as "the device you speak to"."""

    routine: Routine
    device: Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Step that waits for some seconds."""

    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InTurn:
    """Step that runs other steps in sequence."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Step that runs other steps in parallel."""

    steps: tuple[Step, ...]


type Step = Do | RunRoutine | Wait | InTurn | Together


def commands_of(step: Step) -> Iterator[Do | RunRoutine]:
    """Yield the ``Do`` and ``RunRoutine`` steps in a step, or the step itself if it is one of these."""
    match step:
        case Do() | RunRoutine():
            yield step
        case InTurn(steps=steps) | Together(steps=steps):
            for inner in steps:
                yield from commands_of(inner)


class MediaApi(Protocol):
    """Media that an account can play; every method raises an ``AlexaError`` on failure."""

    async def async_providers(self) -> tuple[MusicProvider, ...]:
        """Return the music providers of the account."""

    async def async_sounds(self) -> tuple[SoundEffect, ...]:
        """Return the sound effects of Amazon's library."""

    async def async_stations(self, query: str) -> tuple[Station, ...]:
        """Return the radio stations that match a search."""

    async def async_queue(self, device: Device) -> tuple[QueueItem, ...]:
        """Return up to 50 tracks of a device's queue; empty if Amazon controls no playback there."""

    async def async_check(self, search: PlaySearch, device: Device) -> SearchResult:
        """Return how Amazon resolves a search, without playing it."""

    async def async_play_station(self, station_id: str, device: Device) -> None:
        """Play a TuneIn radio station."""

    async def async_stop_all(self, devices: Iterable[Device]) -> None:
        """Stop playback on all devices of the customer, and on those of ``devices`` that belong to another adult."""

    async def async_run(self, step: Step) -> None:
        """Run a step as one sequence; a step with speech waits for earlier speech on its devices."""
