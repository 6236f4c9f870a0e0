"""What there is to play: music providers, sounds, stations, queues; and steps that are run as one sequence."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from .commands import Command, PlaySearch
from .devices import Device
from .routines import Routine


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicProvider:
    """A music provider of the account; ``provider_id`` is what a search names, for example ``SPOTIFY``."""

    provider_id: str
    name: str
    available: bool
    default: bool = False
    icon_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundEffect:
    """One of Amazon's sounds; ``categories`` are Amazon's names."""

    sound_id: str
    name: str
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A radio station of TuneIn's."""

    station_id: str
    name: str
    image_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueItem:
    """A title of a queue."""

    media_id: str
    title: str
    artist: str | None = None
    album: str | None = None
    art_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """What Amazon makes of a search before it is played; ``refusal`` is Amazon's reason not to play it."""

    phrase: str
    refusal: str | None = None


# --- steps ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Do:
    """A command for one device."""

    command: Command
    device: Device


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRoutine:
    """A routine, with ``device`` as the Echo that is spoken to."""

    routine: Routine
    device: Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Do nothing for some seconds."""

    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InTurn:
    """Steps one after the other."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Steps at the same time."""

    steps: tuple[Step, ...]


type Step = Do | RunRoutine | Wait | InTurn | Together


def commands_of(step: Step) -> Iterator[Do | RunRoutine]:
    """Yield every command and routine of a step, those inside of others too."""
    match step:
        case Do() | RunRoutine():
            yield step
        case InTurn(steps=steps) | Together(steps=steps):
            for inner in steps:
                yield from commands_of(inner)


class MediaApi(Protocol):
    """What an account can play; every method raises an ``AlexaError``."""

    async def async_providers(self) -> tuple[MusicProvider, ...]:
        """Return the music providers of the account."""

    async def async_sounds(self) -> tuple[SoundEffect, ...]:
        """Return Amazon's sounds."""

    async def async_stations(self, query: str) -> tuple[Station, ...]:
        """Return the radio stations that a search finds."""

    async def async_queue(self, device: Device) -> tuple[QueueItem, ...]:
        """Return what plays on a device and what comes after it; nothing while it is idle."""

    async def async_check(self, search: PlaySearch, device: Device) -> SearchResult:
        """Ask what Amazon makes of a search, before it is played."""

    async def async_play_station(self, station_id: str, device: Device) -> None:
        """Play a radio station of TuneIn's."""

    async def async_stop_all(self) -> None:
        """Stop whatever any device of the account plays."""

    async def async_run(self, step: Step) -> None:
        """Run steps as one sequence; speech of theirs waits for what is being spoken on their devices."""
