"""The waist: what a cloud can do for the rest of the integration.

Entities and coordinators know this protocol alone. A capability that a backend lacks is
a coordinator that is not there.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from enum import Flag, auto
from typing import Protocol

from .errors import AlexaError
from .models import Account, BluetoothState, Device, Notification, PlayerState, Repeat, Session, Volume


class Capability(Flag):
    """What a backend offers."""

    PLAYERS = auto()
    NOTIFICATIONS = auto()
    DND = auto()
    SPEECH = auto()
    PUSH = auto()
    BLUETOOTH = auto()


# --- push -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOpened:
    """The stream of directives is up.

    ``resync`` is true when pushes may have been missed since the last stream; a planned
    renewal (``planned``) is the moment for the hourly poll.
    """

    resync: bool
    planned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamClosed:
    """The stream of directives is down; ``reason`` may be shown."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionChanged:
    """A device went online or offline."""

    serial: str
    online: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeChanged:
    """A device's volume is now this."""

    serial: str
    volume: Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class DndChanged:
    """Do Not Disturb of a device is now this."""

    serial: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioPlayerStateChanged:
    """A device's player changed; ``media_id`` says what it plays where the push said so."""

    serial: str
    state: PlayerState
    media_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChanged:
    """Shuffle or repeat changed, where not ``None``; ``new_queue`` when the queue is another one."""

    serial: str
    shuffle: bool | None
    repeat: Repeat | None
    new_queue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaProgressChanged:
    """Position and duration in seconds of what a device plays."""

    serial: str
    position: float | None
    duration: float | None
    media_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NowPlayingChanged:
    """What a session plays; the push names no device: it is found by media, queue or session id."""

    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsChanged:
    """A hint to read the media sessions again; ``serial`` where the push named a device."""

    serial: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsChanged:
    """A hint that an alarm, timer or reminder changed."""

    serial: str | None
    notification_id: str | None
    version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BluetoothChanged:
    """A hint that something connected to a device by bluetooth, disconnected or streams."""

    serial: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveIgnored:
    """A known command that nothing hangs on yet; ``serial`` where the push named a device."""

    command: str
    serial: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveUnknown:
    """A command that nobody knows, or a payload that could not be read."""

    command: str


type PushEvent = (
    StreamOpened
    | StreamClosed
    | ConnectionChanged
    | VolumeChanged
    | DndChanged
    | AudioPlayerStateChanged
    | QueueChanged
    | MediaProgressChanged
    | NowPlayingChanged
    | SessionsChanged
    | NotificationsChanged
    | BluetoothChanged
    | DirectiveIgnored
    | DirectiveUnknown
)


# --- commands ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Speak:
    """Text or SSML for one device; ``alexa.cannedtts.speak…`` is a phrase that Amazon has recorded."""

    text: str


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
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport:
    """A command to the player of a device: Amazon's ``type`` and its fields."""

    type: str
    fields: Mapping[str, str | int | float | bool | None]


class AlexaBackend(Protocol):
    """One signed-in account of one cloud.

    Every method raises an ``AlexaError``; a command returns when Amazon has accepted it.
    """

    @property
    def capabilities(self) -> Capability:
        """Return what this backend offers."""

    @property
    def account(self) -> Account:
        """Return who is signed in; known after ``async_connect``."""

    @property
    def own_serial(self) -> str | None:
        """Return the serial of the app that we are registered as."""

    @property
    def stats(self) -> Mapping[str, object]:
        """Return counters for diagnostics: no secret and no name in them."""

    async def async_connect(self) -> None:
        """Make the session usable: tokens, cookies, endpoints."""

    def setup_done(self) -> None:
        """Go easy on the cloud from now on: fewer requests at a time."""

    async def async_identify(self) -> Account:
        """Ask the cloud who is signed in."""

    async def async_devices(self) -> Mapping[str, Device]:
        """Return all devices by serial; raises rather than return an empty or implausible list."""

    async def async_sessions(self) -> tuple[Session, ...]:
        """Return all media sessions of the account; none while everything is idle."""

    async def async_volumes(self) -> Mapping[str, Volume]:
        """Return the volumes of all devices that tell one, by serial."""

    async def async_notifications(self) -> Mapping[str, Notification]:
        """Return all alarms, timers and reminders by id."""

    async def async_dnd(self) -> Mapping[str, bool]:
        """Return Do Not Disturb of all devices that have it, by serial."""

    async def async_set_dnd(self, device: Device, enabled: bool) -> None:
        """Switch Do Not Disturb of one device."""

    async def async_bluetooth(self) -> Mapping[str, BluetoothState]:
        """Return what is paired with each device that has bluetooth, by serial."""

    async def async_connect_bluetooth(self, device: Device, address: str) -> None:
        """Connect a paired bluetooth device, given by its MAC address."""

    async def async_disconnect_bluetooth(self, device: Device) -> None:
        """Disconnect whatever is connected by bluetooth."""

    async def async_execute(self, command: Command, devices: Sequence[Device]) -> None:
        """Run a command on devices; commands submitted together go out as one request."""

    async def async_execute_each(
        self, plans: Sequence[tuple[Device, Sequence[Command]]]
    ) -> Sequence[AlexaError | None]:
        """Run commands on each device, one after the other there; return what went wrong with each plan.

        The commands of one plan are never torn apart, plans submitted together are one
        request, and one that Amazon refuses leaves the others alone. Each device is named once.
        """

    async def async_transport(self, command: Transport, device: Device) -> None:
        """Send a command to a player."""

    def events(self) -> AsyncGenerator[PushEvent]:
        """Return the endless stream of pushes; it reconnects by itself and ends only with ``AlexaAuthError``."""

    async def async_deregister(self) -> None:
        """Remove our registration from the account; never raises."""

    async def async_close(self) -> None:
        """Stop what runs in the background; the session itself is the caller's."""
