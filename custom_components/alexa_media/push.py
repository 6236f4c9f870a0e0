"""Pushes: what each of them does.

A push does one of three things: it *applies* a fact (no request), asks for a *refresh*
of one topic (many in a burst are one request), or nothing yet. To add one: an event in
``cloud/model/events.py``, its parser in ``cloud/account/directives.py``, its rule here.
"""

import asyncio
from collections.abc import Callable
from enum import Enum, auto
import logging
from typing import Final, NamedTuple, cast

from homeassistant.core import HomeAssistant, callback

from .cloud.errors import AlexaAuthError
from .cloud.model.controls import SmartHomeChanged
from .cloud.model.events import (
    AudioPlayerStateChanged,
    BluetoothChanged,
    ConnectionChanged,
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
from .coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData
from .coordinator.wakings import Sign

_LOGGER = logging.getLogger(__name__)

# Between the reads after a gap, so that an account does not get them all at once (seconds).
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
    """The things that a push may do."""

    APPLY = auto()
    REFRESH = auto()
    IGNORE = auto()


class Rule(NamedTuple):
    """What one kind of push does."""

    verb: Verb
    handler: Callable[[AlexaRuntimeData, PushEvent], None]


RULES: Final[dict[type, Rule]] = {}


def _rule[E: PushEvent](kind: type[E], verb: Verb) -> Callable[[Callable[[AlexaRuntimeData, E], None]], None]:
    """Return a decorator that enters a handler into the table."""

    def enter(handler: Callable[[AlexaRuntimeData, E], None]) -> None:
        RULES[kind] = Rule(verb, cast("Callable[[AlexaRuntimeData, PushEvent], None]", handler))

    return enter


@_rule(ConnectionChanged, Verb.APPLY)
def _connection(data: AlexaRuntimeData, event: ConnectionChanged) -> None:
    """Set whether a device is online; only an online one tells what is paired with it."""
    data.devices.async_set_online(event.serial, event.online)
    if data.bluetooth and event.online and event.serial in data.devices.data:
        data.bluetooth.async_online(event.serial)


@_rule(VolumeChanged, Verb.APPLY)
def _volume(data: AlexaRuntimeData, event: VolumeChanged) -> None:
    """Set a volume; one that is what it was is the sign of a device that woke."""
    if data.players is None:
        return
    known = data.players.data.get(event.serial)
    data.players.async_volume(event)
    if data.history and known and known.volume == event.volume:
        data.history.async_wake(event.serial, Sign.VOLUME)


@_rule(DndChanged, Verb.APPLY)
def _dnd(data: AlexaRuntimeData, event: DndChanged) -> None:
    """Set Do Not Disturb."""
    if data.dnd:
        data.dnd.async_apply({event.serial: event.enabled})


@_rule(NowPlayingChanged, Verb.APPLY)
def _now_playing(data: AlexaRuntimeData, event: NowPlayingChanged) -> None:
    """Set what is playing."""
    if data.players:
        data.players.async_now_playing(event)


@_rule(AudioPlayerStateChanged, Verb.APPLY)
def _audio_state(data: AlexaRuntimeData, event: AudioPlayerStateChanged) -> None:
    """Set the state of a player."""
    if data.players:
        data.players.async_audio_state(event)


@_rule(QueueChanged, Verb.APPLY)
def _queue(data: AlexaRuntimeData, event: QueueChanged) -> None:
    """Set shuffle and repeat."""
    if data.players:
        data.players.async_queue(event)


@_rule(MediaProgressChanged, Verb.APPLY)
def _progress(data: AlexaRuntimeData, event: MediaProgressChanged) -> None:
    """Set a position."""
    if data.players:
        data.players.async_progress(event)


@_rule(SessionsChanged, Verb.REFRESH)
def _sessions(data: AlexaRuntimeData, _event: SessionsChanged) -> None:
    """Read the sessions."""
    if data.players:
        data.players.async_sessions_hint()


@_rule(NotificationsChanged, Verb.REFRESH)
def _notifications(data: AlexaRuntimeData, _event: NotificationsChanged) -> None:
    """Read the notifications."""
    if data.notifications:
        data.notifications.async_hint()


@_rule(BluetoothChanged, Verb.REFRESH)
def _bluetooth(data: AlexaRuntimeData, _event: BluetoothChanged) -> None:
    """Read what is connected."""
    if data.bluetooth:
        data.bluetooth.async_hint()


@_rule(ListsChanged, Verb.REFRESH)
def _lists(data: AlexaRuntimeData, event: ListsChanged) -> None:
    """Read one list, or which lists there are."""
    if data.lists:
        data.lists.async_list_hint(event.list_id)


@_rule(EqualizerChanged, Verb.REFRESH)
def _equalizer(data: AlexaRuntimeData, event: EqualizerChanged) -> None:
    """Set an equalizer that changed; one that did not is told by a device that wakes: read what was said."""
    changed = data.settings.async_equalizer(event) if data.settings else False
    if data.history and not changed:
        data.history.async_wake(event.serial, Sign.EQUALIZER)


@_rule(SmartHomeChanged, Verb.APPLY)
def _smart_home(data: AlexaRuntimeData, event: SmartHomeChanged) -> None:
    """Set what appliances are set to and measure."""
    if data.smart_home:
        data.smart_home.async_pushed(event)
    if data.guard:
        data.guard.async_pushed(event)


@_rule(DirectiveIgnored, Verb.IGNORE)
def _ignored(_data: AlexaRuntimeData, _event: DirectiveIgnored) -> None:
    """Nothing hangs on this command."""


@_rule(DirectiveUnknown, Verb.IGNORE)
def _unknown(data: AlexaRuntimeData, event: DirectiveUnknown) -> None:
    """Count a command that nobody knows, for diagnostics."""
    unknown = data.push.unknown
    if event.command in unknown or len(unknown) < MAX_UNKNOWN:
        unknown[event.command] += 1


@callback
def async_handle(data: AlexaRuntimeData, event: PushEvent) -> None:
    """Do what one push asks for; a handler that fails is logged once a kind and harms nothing else."""
    name = type(event).__name__
    data.push.received[name] += 1
    data.hearing.async_directive()
    data.recovery.async_evidence()
    if serial := getattr(event, "serial", None):
        data.devices.async_seen(serial)
        if isinstance(event, LIFE):
            data.devices.async_alive(serial)
        if isinstance(event, (*LIFE, DndChanged)) and not data.devices.takes(serial):
            return
    try:
        RULES[type(event)].handler(data, event)
    except Exception:  # whatever it is, the stream lives
        data.push.failed[name] += 1
        if data.push.failed[name] == 1:
            _LOGGER.exception("A push of kind %s could not be handled; further ones are only counted", name)


@callback
def async_start(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Listen to the account's pushes in the background until the entry is unloaded."""
    entry.async_create_background_task(hass, _async_listen(hass, entry), f"alexa_media push {entry.entry_id}")


async def _async_listen(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Hand on every push; the backend's stream reconnects by itself."""
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
                        resync = entry.async_create_background_task(
                            hass, data.async_refresh_all(RESYNC_PAUSE), f"alexa_media resync {entry.entry_id}"
                        )
                case StreamClosed():
                    _set_push(data, up=False)
                case _:
                    async_handle(data, event)
    except AlexaAuthError:
        entry.async_start_reauth(hass)
    finally:
        _set_push(data, up=False)


@callback
def _set_push(data: AlexaRuntimeData, *, up: bool) -> None:
    """Tell the monitor and switch the intervals."""
    data.push.tried.set()
    data.set_push(up=up)
