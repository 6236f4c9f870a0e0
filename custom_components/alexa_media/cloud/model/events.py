"""Push events."""

from dataclasses import dataclass, field

from .appliances import SmartHomeChanged
from .devices import PlayerState, Repeat, Session, Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOpened:
    """The push stream is open.

    ``planned`` is True if a connection was renewed as planned. Otherwise ``resync`` is True, because pushes may have
    been missed.
    """

    resync: bool
    planned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamClosed:
    """The push stream is closed; ``reason`` contains no secrets."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedPush:
    """A push with a value; ``sent_at`` is Amazon's time of the push in epoch seconds, or None."""

    sent_at: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionChanged(DatedPush):
    """A device went online or offline."""

    serial: str
    online: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeChanged(DatedPush):
    """A device reported its volume, which may be unchanged."""

    serial: str
    volume: Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class DndChanged(DatedPush):
    """Do Not Disturb of a device changed."""

    serial: str
    enabled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EqualizerChanged(DatedPush):
    """The equalizer of a device was reported; all bands are ``None`` if one cannot be parsed.

    Amazon also reports an unchanged equalizer when the device wakes.
    """

    serial: str | None
    bass: int | None = None
    mid: int | None = None
    treble: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioPlayerStateChanged(DatedPush):
    """The player state of a device changed; ``media_id`` is the current track, if the push names it."""

    serial: str
    state: PlayerState
    media_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueChanged(DatedPush):
    """The queue of a device changed; ``shuffle`` and ``repeat`` are ``None`` if unknown.

    ``new_queue`` is True if the queue was replaced.
    """

    serial: str
    shuffle: bool | None
    repeat: Repeat | None
    new_queue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaProgressChanged(DatedPush):
    """Position and duration of the current track of a device, in seconds; an endless stream has no duration."""

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
    """A list or its items changed; ``list_id`` is ``None`` if the push does not name the list."""

    list_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveIgnored:
    """A known command that is ignored; ``serial`` is None if the push names no device."""

    command: str
    serial: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectiveUnknown:
    """A push that is unknown or cannot be parsed; ``command`` is its name, or ``?`` without a usable name."""

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
