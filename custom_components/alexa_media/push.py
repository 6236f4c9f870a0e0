"""Handling of push events, with a rule for each kind of push.

A rule says what a push is for: *apply* its value, usually without a request, *refresh* a topic (several pushes in quick
succession cause one read), or *ignore* it. To add a push, add its event to ``cloud/model/events.py``, its parser with
``@parses`` to ``cloud/account/directives.py``, and its rule with ``@_rule`` here.
"""

import asyncio
from collections.abc import Callable
from enum import Enum, auto
import logging
from typing import Final, NamedTuple, cast

from homeassistant.core import HomeAssistant, callback

from .cloud.errors import AlexaAuthError
from .cloud.model.appliances import SmartHomeChanged
from .cloud.model.events import (
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
    StreamClosed,
    StreamOpened,
    VolumeChanged,
)
from .coordinator.history import Sign
from .coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData
from .coordinator.settings import equalizer_key

_LOGGER = logging.getLogger(__name__)

# Pause (seconds) between the reads after a gap, so that they do not reach Amazon all at once.
RESYNC_PAUSE: Final = 0.5

MAX_UNKNOWN: Final = 50


# Only a device that is online pushes these.
LIFE: Final = (
    AudioPlayerStateChanged,
    EqualizerChanged,
    MediaProgressChanged,
    NowPlayingChanged,
    QueueChanged,
    SessionsChanged,
    VolumeChanged,
)


class Verb(Enum):
    """Effect of a push."""

    APPLY = auto()
    REFRESH = auto()
    IGNORE = auto()


class Rule(NamedTuple):
    """Rule of one kind of push: its effect and its handler."""

    verb: Verb
    handler: Callable[[AlexaRuntimeData, PushEvent], None]


RULES: Final[dict[type, Rule]] = {}


def _rule[E: PushEvent](kind: type[E], verb: Verb) -> Callable[[Callable[[AlexaRuntimeData, E], None]], None]:
    """Return a decorator that adds a handler to the table of rules."""

    def enter(handler: Callable[[AlexaRuntimeData, E], None]) -> None:
        RULES[kind] = Rule(verb, cast("Callable[[AlexaRuntimeData, PushEvent], None]", handler))

    return enter


@_rule(ConnectionChanged, Verb.APPLY)
def _connection(data: AlexaRuntimeData, event: ConnectionChanged) -> None:
    """Set whether a device is online; an Echo that comes online can report its paired devices."""
    data.devices.async_set_online(event.serial, online=event.online)
    if data.bluetooth and event.online and event.serial in data.devices.data:
        data.bluetooth.async_online(event.serial)


@_rule(VolumeChanged, Verb.APPLY)
def _volume(data: AlexaRuntimeData, event: VolumeChanged) -> None:
    """Apply a pushed volume; a push that does not change the volume indicates that the device woke."""
    if data.players is None:
        return
    known = data.players.data.get(event.serial)
    is_new = data.players.async_volume(event)
    data.temporary_volumes.async_pushed(event.serial, event.volume.level)
    if data.history and known and not is_new:
        data.history.async_wake(event.serial, Sign.VOLUME)


@_rule(DndChanged, Verb.APPLY)
def _dnd(data: AlexaRuntimeData, event: DndChanged) -> None:
    """Apply a pushed Do Not Disturb state."""
    if data.dnd:
        data.dnd.async_apply_pushed({event.serial: event.enabled})


@_rule(NowPlayingChanged, Verb.APPLY)
def _now_playing(data: AlexaRuntimeData, event: NowPlayingChanged) -> None:
    """Apply a pushed track and state."""
    if data.players:
        data.players.async_now_playing(event)


@_rule(AudioPlayerStateChanged, Verb.APPLY)
def _audio_state(data: AlexaRuntimeData, event: AudioPlayerStateChanged) -> None:
    """Apply a pushed player state."""
    if data.players:
        data.players.async_audio_state(event)


@_rule(QueueChanged, Verb.APPLY)
def _queue(data: AlexaRuntimeData, event: QueueChanged) -> None:
    """Apply pushed shuffle and repeat."""
    if data.players:
        data.players.async_queue(event)


@_rule(MediaProgressChanged, Verb.APPLY)
def _progress(data: AlexaRuntimeData, event: MediaProgressChanged) -> None:
    """Apply a pushed position in a track."""
    if data.players:
        data.players.async_progress(event)


@_rule(SessionsChanged, Verb.REFRESH)
def _sessions(data: AlexaRuntimeData, _event: SessionsChanged) -> None:
    """Refresh the media sessions."""
    if data.players:
        data.players.async_sessions_hint()


@_rule(NotificationsChanged, Verb.REFRESH)
def _notifications(data: AlexaRuntimeData, _event: NotificationsChanged) -> None:
    """Refresh the notifications."""
    if data.notifications:
        data.notifications.async_hint()


@_rule(BluetoothChanged, Verb.REFRESH)
def _bluetooth(data: AlexaRuntimeData, _event: BluetoothChanged) -> None:
    """Refresh the Bluetooth state."""
    if data.bluetooth:
        data.bluetooth.async_hint()


@_rule(ListsChanged, Verb.REFRESH)
def _lists(data: AlexaRuntimeData, event: ListsChanged) -> None:
    """Refresh one list, or the list of lists."""
    if data.lists:
        data.lists.async_list_hint(event.list_id)


@_rule(EqualizerChanged, Verb.REFRESH)
def _equalizer(data: AlexaRuntimeData, event: EqualizerChanged) -> None:
    """Apply a pushed equalizer; unless it is known to have changed, the push indicates that the device woke."""
    changed = data.settings.async_equalizer(event) if data.settings else False
    if data.history and not changed:
        data.history.async_wake(event.serial, Sign.EQUALIZER)


@_rule(SmartHomeChanged, Verb.APPLY)
def _smart_home(data: AlexaRuntimeData, event: SmartHomeChanged) -> None:
    """Apply pushed states of appliances."""
    if data.smart_home:
        data.smart_home.async_pushed(event)
    if data.guard:
        data.guard.async_pushed(event)


@_rule(DirectiveIgnored, Verb.IGNORE)
def _ignored(_data: AlexaRuntimeData, _event: DirectiveIgnored) -> None:
    """Do nothing for a known command without an effect."""


@_rule(DirectiveUnknown, Verb.IGNORE)
def _unknown(data: AlexaRuntimeData, event: DirectiveUnknown) -> None:
    """Count a push that is unknown or cannot be parsed, for diagnostics."""
    unknown = data.push.unknown
    if event.command in unknown or len(unknown) < MAX_UNKNOWN:
        unknown[event.command] += 1


def _rivals(event: DatedPush) -> tuple[type, ...]:
    """Return the kinds of pushes that outdate an older one: its own, and any sign of life for "offline"."""
    is_offline = isinstance(event, ConnectionChanged) and not event.online
    return (type(event), *LIFE) if is_offline else (type(event),)


@callback
def _async_read_instead(data: AlexaRuntimeData, serial: str, event: DatedPush) -> None:
    """Read soon what a push is about whose value is outdated, because a newer one of its kind has arrived before it.

    The newer value is probably the present one, but Amazon's times may come from different clocks.
    """
    match event:
        case ConnectionChanged():
            data.devices.async_hint()
        case DndChanged():
            if data.dnd:
                data.dnd.async_hint()
        case EqualizerChanged():
            if data.settings:
                data.settings.async_key_hint(equalizer_key(serial))
        case VolumeChanged():
            if data.players:
                data.players.async_hint()
        case _:
            if data.players:
                data.players.async_sessions_hint()


@callback
def async_handle(data: AlexaRuntimeData, event: PushEvent) -> None:
    """Handle one push; an error in a handler is logged once per kind and does not affect other pushes."""
    name = type(event).__name__
    data.push.received[name] += 1
    data.watchdog.async_directive()
    data.recovery.async_evidence()
    if serial := getattr(event, "serial", None):
        data.devices.async_seen(serial)
        if isinstance(event, LIFE) and not data.push.is_late(serial, event, ConnectionChanged):
            data.devices.async_alive(serial)
        if isinstance(event, (*LIFE, DndChanged)) and not data.devices.takes(serial):
            return
        if isinstance(event, DatedPush) and serial in data.devices.data:
            if data.push.is_late(serial, event, *_rivals(event)):
                _async_read_instead(data, serial, event)
                return
            data.push.async_note_time(serial, event)
    try:
        RULES[type(event)].handler(data, event)
    except Exception:  # An error in one handler must not end the stream.
        data.push.failed[name] += 1
        if data.push.failed[name] == 1:
            _LOGGER.exception("Could not handle a push of type %s; later failures are only counted", name)


@callback
def async_start(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Handle the account's pushes in the background until the entry is unloaded."""
    entry.async_create_background_task(hass, _async_listen(hass, entry), f"alexa_media push {entry.entry_id}")


async def _async_listen(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Handle the events of the push stream."""
    data = entry.runtime_data
    resync: asyncio.Task[None] | None = None
    try:
        async for event in data.backend.events():
            match event:
                case StreamOpened():
                    data.push.up_since = hass.loop.time()
                    _set_push(data, up=True)
                    if (event.resync or event.planned) and not data.push.awaited:
                        if resync:
                            resync.cancel()
                        refresh = data.async_refresh_on_renewal if event.planned else data.async_refresh_all
                        resync = entry.async_create_background_task(
                            hass, refresh(RESYNC_PAUSE), f"alexa_media resync {entry.entry_id}"
                        )
                case StreamClosed():
                    data.watchdog.async_closed()
                    _set_push(data, up=False)
                case _:
                    async_handle(data, event)
    except AlexaAuthError:
        entry.async_start_reauth(hass)
    finally:
        _set_push(data, up=False)


@callback
def _set_push(data: AlexaRuntimeData, *, up: bool) -> None:
    """Set the state of the stream in the monitor and the coordinators, and note that a connection was tried."""
    data.push.tried.set()
    data.set_push(up=up)
