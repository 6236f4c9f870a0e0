"""What a cloud pushes, as events."""

from dataclasses import dataclass

from .controls import SmartHomeChanged
from .devices import PlayerState, Repeat, Session, Volume


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
class EqualizerChanged:
    """The equalizer of a device was told (``None`` where it could not be read).

    Unchanged it is the sign of a device that woke.
    """

    serial: str | None
    bass: int | None = None
    mid: int | None = None
    treble: int | None = None


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
class ListsChanged:
    """A hint that something on a list changed; without ``list_id`` the lists themselves did."""

    list_id: str | None


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
