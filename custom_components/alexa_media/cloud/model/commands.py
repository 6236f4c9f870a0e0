"""What can be asked of a device, as commands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Speak:
    """Text or SSML for one device; ``alexa.cannedtts.speak…`` is a phrase that Amazon has recorded.

    ``sound_seconds`` is how long the sounds in it play, besides the text.
    """

    text: str
    sound_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """An announcement: a chime, then the text; shown where there is a screen."""

    text: str
    title: str = "Home Assistant"
    spoken: bool = True
    shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SetVolume:
    """Volume 0–100."""

    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """Stop whatever the device plays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaySearch:
    """Search a music provider for ``phrase`` and play it; ``timer`` in seconds ends it."""

    provider: str
    phrase: str
    timer: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaySound:
    """One of Amazon's sounds, for example ``amzn_sfx_doorbell_chime_01``."""

    sound: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSequence:
    """One of Alexa's own sequences, for example ``Alexa.Weather.Play``."""

    name: str
    extra: Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextCommand:
    """Words as if spoken to the device."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchSkill:
    """Start a skill by its id."""

    skill_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MobilePush:
    """A message to the Alexa apps of one customer; the device that it is sent with has no part in it."""

    text: str
    title: str
    customer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DropInNotification:
    """A message to the apps that leads to the page for dropping in on an Echo; otherwise as ``MobilePush``."""

    text: str
    title: str
    customer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoNotDisturb:
    """Do not disturb for ``duration`` (at most 12 hours), or ``until`` a time of day where the device is."""

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
