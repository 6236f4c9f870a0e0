"""Commands to a device."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Speak:
    """Speak text or SSML on one device; ``alexa.cannedtts.speak…`` is a phrase recorded by Amazon.

    ``sound_seconds`` is how long the sounds in it play, besides the text.
    """

    text: str
    sound_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """Play a chime and speak the text; devices with a screen show it."""

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
    """Run a built-in sequence of Alexa, for example ``Alexa.Weather.Play``."""

    name: str
    extra: Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCommand:
    """Run a text as if it had been spoken to the device."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchSkill:
    """Start a skill by its id."""

    skill_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MobilePush:
    """Send a message to the Alexa apps of one customer; the device of the request is not affected."""

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
    """Turn on do not disturb for ``duration`` (at most 12 hours) or ``until`` a local time of the device."""

    duration: timedelta | None = None
    until: time | None = None


type Command = (
    Speak
    | Announce
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
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerCommand:
    """A command to the player of a device: Amazon's ``type`` and its fields."""

    type: str
    fields: Mapping[str, str | int | float | bool | None]
