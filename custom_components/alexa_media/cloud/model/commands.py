"""Commands, and a marker for the requests of a running command."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import time, timedelta
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Speak:
    """Speak text or SSML on a device; ``alexa.cannedtts.speak…`` as text selects one of Amazon's recorded phrases.

    ``sound_seconds`` is the length of the sounds in the text in seconds, or None if it is unknown.
    """

    text: str
    sound_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """Play a chime, then speak the text if ``spoken`` is set, and show it on screens if ``shown`` is set."""

    text: str
    title: str = "Home Assistant"
    spoken: bool = True
    shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVolume:
    """Set the volume, 0–100."""

    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Stop playback on the device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaySearch:
    """Search a music provider for ``phrase`` and play the result, for ``timer`` seconds if given."""

    provider: str
    phrase: str
    timer: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaySound:
    """Play a sound effect, for example ``amzn_sfx_doorbell_chime_01``."""

    sound: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSequence:
    """Run a built-in sequence of Alexa, for example ``Alexa.Weather.Play``; ``extra`` are additional payload fields."""

    name: str
    extra: Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCommand:
    """Run a text command, as if it had been spoken to the device."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchSkill:
    """Launch a skill by its id."""

    skill_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MobilePush:
    """Send a message to the Alexa apps of one customer; no Echo speaks it."""

    text: str
    title: str
    customer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DropInNotification:
    """Send a message that opens the app's Drop In page; otherwise like ``MobilePush``."""

    text: str
    title: str
    customer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoNotDisturb:
    """Turn on Do Not Disturb for ``duration`` (at most 12 hours), or ``until`` a local time of the device."""

    duration: timedelta | None = None
    until: time | None = None


class FireTvKey(StrEnum):
    """A key of a Fire TV; the value is the last part of Amazon's name."""

    TURN_ON = "TurnOn"
    TURN_OFF = "TurnOff"
    PAUSE = "PauseVideo"
    RESUME = "ResumeVideo"
    HOME = "NavigateHome"


FIRE_TV_KEYS: Final = {key.name.lower(): key for key in FireTvKey}
"""The keys of a Fire TV by their names in actions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PressFireTv:
    """Press a key of a Fire TV; several other clients send this command."""

    key: FireTvKey


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayVideo:
    """Search a Fire TV for ``phrase`` and play the result.

    The request is unproven: two other clients define it, but never send it.
    """

    phrase: str


type DeviceCommand = (
    Speak
    | SetVolume
    | Stop
    | PlaySearch
    | PlaySound
    | RunSequence
    | TextCommand
    | LaunchSkill
    | MobilePush
    | DropInNotification
    | DoNotDisturb
    | PressFireTv
    | PlayVideo
)
"""A command that becomes one node per device."""

type Command = DeviceCommand | Announce
"""Any command; one node of an announcement can have several devices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerCommand:
    """A command to the player of a device: Amazon's ``type`` with its fields."""

    type: str
    fields: Mapping[str, str | int | float | bool | None]


@dataclass(slots=True)
class _Command:
    """Marker of a running command; tasks and timers that the command started may outlive it."""

    is_running: bool = True


_COMMAND: Final[ContextVar[_Command | None]] = ContextVar("alexa_media_command", default=None)


@contextmanager
def command() -> Generator[None]:
    """Mark all requests in the block as part of a command, so that they are not held back like polls."""
    running = _Command()
    token = _COMMAND.set(running)
    try:
        yield
    finally:
        running.is_running = False
        _COMMAND.reset(token)


def is_command() -> bool:
    """Return whether the current code runs as part of a command that has not ended."""
    running = _COMMAND.get()
    return running is not None and running.is_running
