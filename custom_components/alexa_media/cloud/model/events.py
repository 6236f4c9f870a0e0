"""Push events."""

from dataclasses import dataclass

from .appliances import SmartHomeChanged
from .devices import PlayerState, Repeat, Session, Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOpened:
    """The push stream is open.

    ``resync`` is True if pushes may have been missed before it opened. ``planned`` is True for a planned renewal of the
    connection, after which some topics are read again.
    """

    resync: bool
    planned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamClosed:
    """The push stream is closed; ``reason`` contains no secrets."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionChanged:
    """A device went online or offline."""

    serial: str
    online: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeChanged:
    """The volume of a device changed."""

    serial: str
    volume: Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class DndChanged:
    """Do Not Disturb of a device changed."""

    serial: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualizerChanged:
    """The equalizer of a device was reported; ``None`` for bands that cannot be parsed.

    An unchanged equalizer indicates that the device woke.
    """

    serial: str | None
    bass: int | None = None
    mid: int | None = None
    treble: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioPlayerStateChanged:
    """The player state of a device changed; ``media_id`` is the current track, if the push names it."""

    serial: str
    state: PlayerState
    media_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChanged:
    """Shuffle or repeat changed (``None`` if not reported); ``new_queue`` is True if the queue was replaced."""

    serial: str
    shuffle: bool | None
    repeat: Repeat | None
    new_queue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaProgressChanged:
    """Position and duration of the current track of a device, in seconds."""

    serial: str
    position: float | None
    duration: float | None
    media_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NowPlayingChanged:
    """The current track of a session. The push names no device; match it by media, queue or session id."""

    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionsChanged:
    """The media sessions changed, without details; ``serial`` is None if the push names no device."""

    serial: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationsChanged:
    """An alarm, timer or reminder changed, without details."""

    serial: str | None
    notification_id: str | None
    version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BluetoothChanged:
    """A Bluetooth connection of a device changed, without details."""

    serial: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListsChanged:
    """Items of a list changed, or the lists themselves if there is no ``list_id``."""

    list_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveIgnored:
    """A known command without a handler; ``serial`` is None if the push names no device."""

    command: str
    serial: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveUnknown:
    """An unknown command, or a payload that cannot be parsed."""

    command: str


type PushEvent = (
    StreamOpened
    | StreamClosed
    | ConnectionChanged
    | VolumeChanged
    | DndChanged
    | EqualizerChanged
    | AudioPlayerStateChanged
    | QueueChanged
    | MediaProgressChanged
    | NowPlayingChanged
    | SessionsChanged
    | NotificationsChanged
    | BluetoothChanged
    | ListsChanged
    | SmartHomeChanged
    | DirectiveIgnored
    | DirectiveUnknown
)
