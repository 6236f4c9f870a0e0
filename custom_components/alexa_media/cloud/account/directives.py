"""Parser of push directives: turns one directive into events.

A push is a rendering update in a directive. The metadata of the update is JSON in a string. The payload in the metadata
is again JSON in a string, sometimes encoded twice.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
import json
import re
from typing import Any, Final, NamedTuple
from uuid import uuid4

from ..json import mapping, number
from ..model.devices import PlayerState, Repeat, Volume
from ..model.events import (
    AudioPlayerStateChanged,
    BluetoothChanged,
    ConnectionChanged,
    DatedPush,
    DirectiveIgnored,
    DirectiveUnknown,
    DndChanged,
    EqualizerChanged,
    ListsChanged,
    MediaProgressChanged,
    NotificationsChanged,
    NowPlayingChanged,
    PushEvent,
    QueueChanged,
    SessionsChanged,
    VolumeChanged,
)
from ..model.settings import MAX_GAIN
from .parse import parse_now_playing, seconds
from .smart_home import parse_update


class PushCommand(StrEnum):
    """Known commands of push directives."""

    PUSH_ACTIVITY = "PUSH_ACTIVITY"
    PUSH_AUDIO_PLAYER_STATE = "PUSH_AUDIO_PLAYER_STATE"
    PUSH_BLUETOOTH_STATE_CHANGE = "PUSH_BLUETOOTH_STATE_CHANGE"
    PUSH_CONTENT_FOCUS_CHANGE = "PUSH_CONTENT_FOCUS_CHANGE"
    PUSH_DELETE_DOPPLER_ACTIVITIES = "PUSH_DELETE_DOPPLER_ACTIVITIES"
    PUSH_DEVICE_SETUP_STATE_CHANGE = "PUSH_DEVICE_SETUP_STATE_CHANGE"
    PUSH_DND_STATE_CHANGE = "PUSH_DND_STATE_CHANGE"
    PUSH_DOPPLER_CONNECTION_CHANGE = "PUSH_DOPPLER_CONNECTION_CHANGE"
    PUSH_EQUALIZER_STATE_CHANGE = "PUSH_EQUALIZER_STATE_CHANGE"
    PUSH_LIST_CHANGE = "PUSH_LIST_CHANGE"
    PUSH_LIST_ITEM_CHANGE = "PUSH_LIST_ITEM_CHANGE"
    PUSH_MEDIA_CHANGE = "PUSH_MEDIA_CHANGE"
    PUSH_MEDIA_PREFERENCE_CHANGE = "PUSH_MEDIA_PREFERENCE_CHANGE"
    PUSH_MEDIA_PROGRESS_CHANGE = "PUSH_MEDIA_PROGRESS_CHANGE"
    PUSH_MEDIA_QUEUE_CHANGE = "PUSH_MEDIA_QUEUE_CHANGE"
    PUSH_MICROPHONE_STATE = "PUSH_MICROPHONE_STATE"
    PUSH_NOTIFICATION_CHANGE = "PUSH_NOTIFICATION_CHANGE"
    PUSH_TODO_CHANGE = "PUSH_TODO_CHANGE"
    PUSH_VOLUME_CHANGE = "PUSH_VOLUME_CHANGE"
    MATTER_SETUP_NOTIFICATION = "MATTER_SETUP_NOTIFICATION"
    NOTIFY_MEDIA_SESSIONS_UPDATED = "NotifyMediaSessionsUpdated"
    NOTIFY_NOW_PLAYING_UPDATED = "NotifyNowPlayingUpdated"


class PushPayload(NamedTuple):
    """The payload of one command.

    ``serial`` is None if the payload names no device. ``now`` is the time of arrival (aware).
    """

    command: PushCommand
    data: Mapping[str, Any]
    serial: str | None
    now: datetime

    @property
    def device(self) -> str:
        """Return the serial of the device; raises ``KeyError`` if the push names none."""
        if self.serial is None:
            raise KeyError("deviceSerialNumber")
        return self.serial


type Parser = Callable[[PushPayload], PushEvent]

PARSERS: Final[dict[PushCommand, Parser]] = {}
"""Parser for each member of ``PushCommand``."""


def parses(*commands: PushCommand) -> Callable[[Parser], Parser]:
    """Return a decorator that registers a function as the parser of some commands."""

    def register(parser: Parser) -> Parser:
        PARSERS.update(dict.fromkeys(commands, parser))
        return parser

    return register


FDAL: Final = "FDAL"
"""End of the route of a smart home update, and the name of an unreadable one in ``DirectiveUnknown``."""

_MAX_ENCODINGS: Final = 4
_MAX_UPDATES: Final = 1000
_GATEWAY: Final = "https://alexa.{}.gateway.devices.a2z.com"
_NORTH_AMERICA: Final = frozenset({"amazon.com", "amazon.ca", "amazon.com.mx", "amazon.com.br"})
_FAR_EAST: Final = frozenset({"amazon.co.jp", "amazon.com.au", "amazon.in", "amazon.sg"})
_ENDPOINT: Final = re.compile(r"https://(?:[a-z0-9-]+\.)+(?:amazon\.com|a2z\.com)(?::443)?/?", re.IGNORECASE)
_NAME: Final = re.compile(r"[\w.:-]{1,64}", re.ASCII)


def gateway(domain: str) -> str:
    """Return the address of a marketplace's default gateway."""
    region = "na" if domain in _NORTH_AMERICA else "fe" if domain in _FAR_EAST else "eu"
    return _GATEWAY.format(region)


def parse_directive(data: Mapping[str, Any], now: datetime) -> list[PushEvent]:
    """Return the events of one directive, in order; never raises.

    ``data`` is the JSON object of one part of the stream, ``now`` the time of arrival (aware).
    """
    directive = mapping(data.get("directive"))
    header = mapping(directive.get("header"))
    updates = mapping(_decoded(directive.get("payload"))).get("renderingUpdates")
    if not isinstance(updates, list):
        return [DirectiveUnknown(command=_name(header.get("namespace"), header.get("name")))]
    events = [_update(mapping(update), now) for update in updates[:_MAX_UPDATES]]
    return events if len(updates) <= _MAX_UPDATES else [*events, DirectiveUnknown(command="TooManyUpdates")]


def set_endpoint(data: Mapping[str, Any]) -> tuple[bool, str | None]:
    """Return whether a directive is ``System.SetEndpoint``, and the gateway address in it.

    The address is ``None`` unless it is an https address of Amazon's, because the access token is sent there.
    """
    directive = mapping(data.get("directive"))
    header = mapping(directive.get("header"))
    if (header.get("namespace"), header.get("name")) != ("System", "SetEndpoint"):
        return False, None
    return True, gateway_address(mapping(_decoded(directive.get("payload"))).get("endpoint"))


def gateway_address(value: object) -> str | None:
    """Return the address of a gateway without a trailing slash, or None if it is not accepted.

    Only https addresses below amazon.com and a2z.com are accepted.
    """
    return value.rstrip("/") if isinstance(value, str) and _ENDPOINT.fullmatch(value) else None


def synchronize_state() -> dict[str, Any]:
    """Return the ``SynchronizeState`` event; a gateway of the wrong region responds with ``System.SetEndpoint``."""
    header = {"namespace": "System", "name": "SynchronizeState", "messageId": str(uuid4())}
    return {"context": [], "event": {"header": header, "payload": {}}}


def _update(update: Mapping[str, Any], now: datetime) -> PushEvent:
    """Return the event of one rendering update."""
    route = update.get("route")
    if isinstance(route, str) and route.endswith(f"::{FDAL}"):
        return _appliance(update)
    metadata = mapping(_decoded(update.get("resourceMetadata")))
    name = metadata.get("command") or update.get("resourceId")
    try:
        command = PushCommand(str(name))
        payload = _object(metadata["payload"])
        event = PARSERS[command](PushPayload(command, payload, _serial(payload), now))
    except ArithmeticError, AttributeError, LookupError, TypeError, ValueError:
        return DirectiveUnknown(command=_name(name))
    if isinstance(event, DatedPush) and (sent := number(metadata.get("timeStamp"))) is not None:
        return replace(event, sent_at=sent / 1000)
    return event


def _appliance(update: Mapping[str, Any]) -> PushEvent:
    """Return the event of a smart home update."""
    try:
        return parse_update(_object(_object(update.get("resourceMetadata"))["payload"]))
    except ArithmeticError, AttributeError, LookupError, TypeError, ValueError:
        return DirectiveUnknown(command=FDAL)


def _decoded(value: object) -> object:
    """Decode a value that may be a JSON string, encoded up to ``_MAX_ENCODINGS`` times; None for invalid JSON."""
    for _ in range(_MAX_ENCODINGS):
        if not isinstance(value, str):
            break
        try:
            value = json.loads(value)
        except ValueError, RecursionError:
            return None
    return value


def _object(value: object) -> Mapping[str, Any]:
    """Return a JSON object, decoded from a string if necessary; raises ``TypeError`` for anything else."""
    decoded = _decoded(value)
    if not isinstance(decoded, dict):
        raise TypeError("not a JSON object")
    return decoded


def _name(*parts: object) -> str:
    """Return the parts joined with dots if the result is safe to show and count, else ``?``."""
    name = ".".join(part for part in parts if isinstance(part, str))
    return name if _NAME.fullmatch(name) else "?"


def _serial(payload: Mapping[str, Any]) -> str | None:
    """Return the serial of the device that a push is about, or None."""
    for source in (mapping(payload.get("dopplerId")), payload):
        serial = source.get("deviceSerialNumber")
        if isinstance(serial, str) and serial:
            return serial
    return None


def _text(value: object) -> str | None:
    """Return a string that is not empty, else None."""
    return value if isinstance(value, str) and value else None


def _integer(value: object) -> int | None:
    """Convert a number or a text to an integer; None for a boolean or any other type.

    Raises ``ValueError`` or ``OverflowError`` if the conversion fails.
    """
    if value is None or isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    return int(value)


def _boolean(value: object) -> bool | None:
    """Return a JSON boolean, else None."""
    return value if isinstance(value, bool) else None


@parses(
    PushCommand.PUSH_ACTIVITY,
    PushCommand.PUSH_CONTENT_FOCUS_CHANGE,
    PushCommand.PUSH_DELETE_DOPPLER_ACTIVITIES,
    PushCommand.PUSH_DEVICE_SETUP_STATE_CHANGE,
    PushCommand.PUSH_MEDIA_PREFERENCE_CHANGE,
    PushCommand.PUSH_MICROPHONE_STATE,
    PushCommand.PUSH_TODO_CHANGE,
    PushCommand.MATTER_SETUP_NOTIFICATION,
)
def _ignored(push: PushPayload) -> PushEvent:
    """Return the event of a known command without a handler."""
    return DirectiveIgnored(command=push.command, serial=push.serial)


@parses(PushCommand.PUSH_DOPPLER_CONNECTION_CHANGE)
def _connection(push: PushPayload) -> PushEvent:
    """Parse whether a device is online."""
    state = push.data["dopplerConnectionState"]
    return ConnectionChanged(serial=push.device, online={"ONLINE": True, "OFFLINE": False}[state])


@parses(PushCommand.PUSH_VOLUME_CHANGE)
def _volume(push: PushPayload) -> PushEvent:
    """Parse a volume, 0–100, and whether the device is muted."""
    level = _integer(push.data.get("volumeSetting"))
    if level is not None and not 0 <= level <= 100:
        raise ValueError("volumeSetting")
    volume = Volume(level=level, muted=_boolean(push.data.get("isMuted")))
    if volume == Volume(level=None, muted=None):
        raise ValueError("neither volume nor mute")
    return VolumeChanged(serial=push.device, volume=volume)


@parses(PushCommand.PUSH_DND_STATE_CHANGE)
def _dnd(push: PushPayload) -> PushEvent:
    """Parse a state of Do Not Disturb."""
    enabled = push.data["enabled"]
    if not isinstance(enabled, bool):
        raise TypeError("enabled")
    return DndChanged(serial=push.device, enabled=enabled)


@parses(PushCommand.PUSH_EQUALIZER_STATE_CHANGE)
def _equalizer(push: PushPayload) -> PushEvent:
    """Parse equalizer levels; omit all of them if any is invalid."""
    gains = [push.data.get(name) for name in ("bass", "midrange", "treble")]
    if not all(type(gain) is int and -MAX_GAIN <= gain <= MAX_GAIN for gain in gains):
        return EqualizerChanged(serial=push.serial)
    bass, mid, treble = gains
    return EqualizerChanged(serial=push.serial, bass=bass, mid=mid, treble=treble)


@parses(PushCommand.PUSH_BLUETOOTH_STATE_CHANGE)
def _bluetooth(push: PushPayload) -> PushEvent:
    """Return a Bluetooth change without details: the push does not name the Bluetooth device."""
    return BluetoothChanged(serial=push.serial)


@parses(PushCommand.PUSH_AUDIO_PLAYER_STATE)
def _audio_player_state(push: PushPayload) -> PushEvent:
    """Parse the state of a player."""
    state = PlayerState(push.data["audioPlayerState"])
    return AudioPlayerStateChanged(serial=push.device, state=state, media_id=_text(push.data.get("mediaReferenceId")))


@parses(PushCommand.PUSH_MEDIA_CHANGE)
def _media_change(push: PushPayload) -> PushEvent:
    """Return a media change without details; the details are in the media sessions."""
    return SessionsChanged(serial=push.device)


@parses(PushCommand.PUSH_MEDIA_QUEUE_CHANGE)
def _media_queue(push: PushPayload) -> PushEvent:
    """Parse whether the queue is new, and shuffle and repeat: null and "NORMAL" mean off, a missing field unknown."""
    shuffle = repeat = None
    if "playBackOrder" in push.data:
        shuffle = _off_or(push.data["playBackOrder"], "SHUFFLE_ALL")
    if "loopMode" in push.data:
        loops = _off_or(push.data["loopMode"], "LOOP_QUEUE")
        repeat = None if loops is None else Repeat.ALL if loops else Repeat.OFF
    return QueueChanged(
        serial=push.device, shuffle=shuffle, repeat=repeat, new_queue=push.data.get("changeType") == "NEW_QUEUE"
    )


def _off_or(value: object, on: str) -> bool | None:
    """Return True for the value ``on``, False for NORMAL or null, and None for any other value."""
    if value is None or value == "NORMAL":
        return False
    return True if value == on else None


@parses(PushCommand.PUSH_MEDIA_PROGRESS_CHANGE)
def _media_progress(push: PushPayload) -> PushEvent:
    """Parse the position in a track; a length of 0 means an endless stream."""
    progress = mapping(push.data["progress"])
    return MediaProgressChanged(
        serial=push.device,
        position=seconds(progress.get("mediaProgress")),
        duration=seconds(progress.get("mediaLength")) or None,
        media_id=_text(push.data.get("mediaReferenceId")),
    )


@parses(PushCommand.PUSH_NOTIFICATION_CHANGE)
def _notification(push: PushPayload) -> PushEvent:
    """Return a change of a notification, without details."""
    return NotificationsChanged(
        serial=push.serial,
        notification_id=_text(push.data.get("notificationId")),
        version=_integer(push.data.get("notificationVersion")),
    )


@parses(PushCommand.PUSH_LIST_CHANGE, PushCommand.PUSH_LIST_ITEM_CHANGE)
def _list_change(push: PushPayload) -> PushEvent:
    """Return a change of a list or of its items."""
    return ListsChanged(list_id=_text(push.data.get("listId")))


@parses(PushCommand.NOTIFY_MEDIA_SESSIONS_UPDATED)
def _media_sessions(push: PushPayload) -> PushEvent:
    """Return a change of the media sessions; the push need not name a device."""
    return SessionsChanged(serial=push.serial)


@parses(PushCommand.NOTIFY_NOW_PLAYING_UPDATED)
def _now_playing(push: PushPayload) -> PushEvent:
    """Parse the current track of a session; the push names no device."""
    update = mapping(push.data["update"])
    playing = _object(mapping(update["update"])["nowPlayingData"])
    session = parse_now_playing(playing, (), _text(update.get("taskSessionId")), push.now)
    return NowPlayingChanged(session=session)
