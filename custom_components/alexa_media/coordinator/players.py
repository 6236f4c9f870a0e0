"""Playback and volume of every device."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..cloud.errors import AlexaError
from ..cloud.model.api import AlexaBackend
from ..cloud.model.devices import Device, Media, Player, PlayerState, Repeat, Session, Volume, leaves, members_of
from ..cloud.model.events import (
    AudioPlayerStateChanged,
    MediaProgressChanged,
    NowPlayingChanged,
    QueueChanged,
    VolumeChanged,
)
from ..const import CONF_SCAN_INTERVAL, DEFAULT_SCAN_INTERVAL
from .base import PartRetry, TopicCoordinator
from .devices import DevicesCoordinator, is_out_of_reach
from .own_writes import Write
from .removal import Timer

# The now-playing push follows the player-state push within this time (seconds); if not, the sessions are read.
NOW_PLAYING_DELAY: Final = 3.0

# Seconds for which a provider is known to use its own player; after that, the next command tests it again.
EXTERNAL_MEMORY: Final = 24 * 3600.0

# A position within this tolerance (seconds) of the expected one belongs to the same playback.
POSITION_TOLERANCE: Final = 2.0


class PlayersCoordinator(TopicCoordinator[Player]):
    """Sessions and volumes of the players, by serial."""

    topic: ClassVar[str] = "players"

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], backend: AlexaBackend, devices: DevicesCoordinator
    ) -> None:
        """Initialize with the poll interval of the entry."""
        self._scan_interval = _scan_interval(entry)
        self._devices = devices
        self._external: dict[str, float] = {}
        self._tracks_due: dict[str, float] = {}
        self._tracks_late = Timer(hass, entry)
        self._volumes_retry = PartRetry(hass, entry, self.async_hint)
        super().__init__(hass, entry, backend)

    @callback
    def async_options_changed(self) -> None:
        """Apply a changed poll interval of the entry."""
        self._scan_interval = _scan_interval(self.entry)
        self.async_reschedule()

    @property
    @override
    def wanted_interval(self) -> timedelta:
        """Return the poll interval; the configured one only applies while something is playing and push is down."""
        playing = any(player.state is PlayerState.PLAYING for player in self.data.values())
        return self._scan_interval if playing and not self.push_up else super().wanted_interval

    @override
    async def _async_read(self) -> Mapping[str, Player]:
        """Read the sessions, and the volumes unless a partial read is enough."""
        if self._is_partial:
            sessions = await self.backend.async_sessions(self._devices.data.values())
            return self._merge(sessions, self._known_volumes())
        answers = await asyncio.gather(
            self.backend.async_sessions(self._devices.data.values()),
            self.backend.async_volumes(),
            return_exceptions=True,
        )
        sessions, volumes = _value(answers[0]), answers[1]
        if self.data and isinstance(volumes, AlexaError) and not is_out_of_reach(volumes):
            self._is_partial = True
            self._volumes_retry.async_failed()
            return self._merge(sessions, self._known_volumes())
        self._volumes_retry.async_succeeded()
        return self._merge(sessions, _value(volumes))

    def _known_volumes(self) -> Mapping[str, Volume | None]:
        """Return the present volumes by serial."""
        return {serial: player.volume for serial, player in self.data.items()}

    # --- own writes ------------------------------------------------------------------

    def latest_volume(self, serial: str) -> Volume | None:
        """Return the volume just written to a device, else the present one, or None if it is unknown."""
        player = self.data.get(serial)
        return self.written.get(serial) or (player.volume if player else None)

    @contextmanager
    def writing_volume(self, serials: Collection[str], volume: Volume) -> Iterator[Collection[Write[Volume]]]:
        """Record a volume of devices as own writes, as in ``OwnWrites.writing``; yields the writes."""
        shown = {serial: player.volume for serial in serials if (player := self.data.get(serial))}
        with self.written.writing(dict.fromkeys(serials, volume), shown) as writes:
            yield writes.values()

    @contextmanager
    def writing_modes(self, session: Session | None, fields: Mapping[str, object]) -> Iterator[None]:
        """Record shuffle or repeat of a session as an own write while the command with ``fields`` is sent."""
        values: dict[str, object] = {}
        shown: dict[str, object] = {}
        if session is not None:
            for mode, to_value in _MODES.items():
                if mode in fields:
                    values[_mode_key(session, mode)] = to_value(bool(fields[mode]))
                    shown[_mode_key(session, mode)] = getattr(session, mode)
        with self.written.writing(values, shown):
            yield

    @override
    def _settled(self, key: str, value: Player, began: float) -> Player:
        """Return the player as read, but keep present values that the read lacks or that may be newer."""
        shown = self.data.get(key, Player())
        if self._is_partial or not self.written.takes_read(key, value.volume, began):
            value = replace(value, volume=shown.volume)
        if (session := value.session) is None or (old := shown.session) is None:
            return value
        kept = {
            mode: getattr(old, mode)
            for mode in _MODES
            if not self.written.takes_read(_mode_key(session, mode), getattr(session, mode), began)
        }
        return replace(value, session=replace(session, **kept)) if kept else value

    @override
    def _is_awaiting(self, key: str) -> bool:
        """Return whether an own write that may change volume, shuffle or repeat is neither confirmed nor expired."""
        player = self.data.get(key)
        session = player.session if player else None
        keys = (key, *(_mode_key(session, mode) for mode in _MODES)) if session else (key,)
        return any(self.written.is_awaited(each) for each in keys)

    @override
    def _is_covered(self, key: str) -> bool:
        """Return whether the last read contains what is expected about a device; a partial read lacks the volumes."""
        return not (self._is_partial and self._is_awaiting(key))

    def _with_pushed_modes(self, session: Session, pushed: Mapping[str, object]) -> Session:
        """Return a session with pushed shuffle and repeat, except values that may be older than an own write."""
        changes: dict[str, Any] = {}
        for mode, value in pushed.items():
            if value is None:
                continue
            if self.written.is_stale(_mode_key(session, mode), value):
                for serial in session.serials:
                    self.async_verify(serial)
            else:
                changes[mode] = value
        return replace(session, **changes)

    @override
    def should_be_pushed(self, before: Player, after: Player) -> bool:
        """Return whether the known volume level changed; every Echo pushes it, but not every player pushes playback."""
        return before.volume is not None and after.volume is not None and before.volume.level != after.volume.level

    @override
    @callback
    def _async_refresh_finished(self) -> None:
        """Adapt the poll interval to what is playing."""
        super()._async_refresh_finished()
        self.async_reschedule()

    @callback
    def async_sessions_hint(self) -> None:
        """Schedule a read of the sessions, without the volumes unless another hint requests them or a poll is due."""
        self._async_part_hint()

    async def async_read_sessions(self) -> None:
        """Read the sessions now, without the volumes unless another caller requests them or a poll is due."""
        await self.async_refresh_shared(part=True)

    def is_external(self, session: Session) -> bool:
        """Return whether a session is known to use a player that does not accept Amazon's commands."""
        until = self._external.get(_provider(session))
        return until is not None and self.hass.loop.time() < until

    @callback
    def async_note_external(self, session: Session) -> None:
        """Remember for a day that the provider of a session uses its own player.

        If the provider is unknown, this applies only to the session.
        """
        if session.media.provider is None and session.session_id is None:
            return
        self._external[_provider(session)] = self.hass.loop.time() + EXTERNAL_MEMORY
        self._notify(
            [serial for serial, player in self.data.items() if player.session and self.is_external(player.session)]
        )

    def playing_group(self, serial: str) -> Device | None:
        """Return the group whose session a device plays as a member, or None."""
        player = self.data.get(serial)
        if player is None or player.session is None:
            return None
        serials = player.session.serials
        devices = self._devices.data
        groups = [
            device
            for device in devices.values()
            if device.is_group
            and serial in members_of(device, devices)
            and (other := self.data.get(device.serial))
            and other.session
            and other.session.serials == serials
        ]
        # Prefer the group that Amazon names, else the largest one: a small one may lie within it.
        return max(groups, key=lambda group: (group.serial in serials, len(leaves(group, devices))), default=None)

    def _merge(self, sessions: Iterable[Session], volumes: Mapping[str, Volume | None]) -> Mapping[str, Player]:
        """Return a player for each device, and for each other serial that has a session or is in ``volumes``."""
        by_serial: dict[str, Session] = {}
        for session in sessions:
            for serial in spread(session.serials, self._devices.data):
                old = self.data.get(serial)
                by_serial[serial] = _steady(old.session if old else None, session)
        return {
            serial: Player(volume=volumes.get(serial), session=by_serial.get(serial))
            for serial in volumes.keys() | by_serial.keys() | self._devices.data.keys()
        }

    # --- pushed facts ----------------------------------------------------------------

    @callback
    def async_volume(self, event: VolumeChanged) -> bool:
        """Apply a pushed volume unless it may be older than an own write; return whether the volume is new."""
        if self.written.is_stale(event.serial, event.volume):
            self.async_verify(event.serial)
            return False
        player = self.data.get(event.serial, Player())
        self.async_apply({event.serial: replace(player, volume=event.volume)})
        return player.volume != event.volume

    @callback
    def async_now_playing(self, event: NowPlayingChanged) -> None:
        """Apply the pushed track and state of a session.

        If the push names no devices, use those of the matching session; unless exactly one matches, read the sessions
        soon.
        """
        new = event.session
        serials = spread(new.serials, self._devices.data) or self._serials_of(new)
        if not serials:
            self.async_sessions_hint()
            return
        for serial in serials:
            self._tracks_due.pop(serial, None)
        self._async_schedule_tracks()
        changes: dict[str, Player] = {}
        for serial in serials:
            player = self.data.get(serial, Player())
            old = player.session
            session = _steady(old, new)
            if old is not None:
                # A push may lack its devices, shuffle and repeat.
                session = replace(session, serials=new.serials or old.serials, shuffle=old.shuffle, repeat=old.repeat)
                session = self._with_pushed_modes(session, {mode: getattr(new, mode) for mode in _MODES})
            elif not new.serials:
                session = replace(session, serials=(serial,))
            changes[serial] = replace(player, session=session)
        self._async_apply_playing(changes)

    @callback
    def async_audio_state(self, event: AudioPlayerStateChanged) -> None:
        """Apply a pushed player state; if it is not enough, wait for the push with the track or read the sessions.

        Without a known session, or for another track, only PLAYING and FINISHED have an effect.
        """
        player = self.data.get(event.serial, Player())
        session = player.session
        if event.state is PlayerState.FINISHED:
            self._async_await_now_playing(event.serial)
        elif session is None or (event.media_id and session.media.media_id not in (None, event.media_id)):
            if event.state is PlayerState.PLAYING:
                self._async_await_now_playing(event.serial)
        elif event.state is PlayerState.INTERRUPTED:
            self._async_set_state(session, PlayerState.PAUSED)
        elif event.state is PlayerState.PLAYING:
            self._async_set_state(session, PlayerState.PLAYING)
        else:
            self.async_sessions_hint()

    @callback
    def async_queue(self, event: QueueChanged) -> None:
        """Apply pushed shuffle and repeat to the session, unless they may be older than an own write."""
        player = self.data.get(event.serial, Player())
        if player.session is None:
            return
        pushed = {"shuffle": event.shuffle, "repeat": event.repeat}
        self._async_apply_session(player.session, self._with_pushed_modes(player.session, pushed))

    @callback
    def async_progress(self, event: MediaProgressChanged) -> None:
        """Apply a pushed position to the session that it belongs to."""
        player = self.data.get(event.serial, Player())
        session = player.session
        if session is None or (event.media_id and session.media.media_id not in (None, event.media_id)):
            self._async_await_now_playing(event.serial)
            return
        media = replace(
            session.media,
            position=event.position,
            position_at=dt_util.utcnow(),
            duration=event.duration or session.media.duration,
        )
        self._async_apply_session(session, _steady(session, replace(session, media=media)))

    def _serials_of(self, new: Session) -> frozenset[str]:
        """Return the serials of the only session that matches a push without serials, or an empty set."""
        sessions = {serial: player.session for serial, player in self.data.items() if player.session}
        for key in _IDS:
            wanted = key(new)
            found = {serial: old for serial, old in sessions.items() if wanted is not None and key(old) == wanted}
            if found:
                # Two sessions with the same content cannot be distinguished: read them.
                return frozenset(found) if len({old.serials for old in found.values()}) == 1 else frozenset()
        return frozenset()

    @callback
    def _async_set_state(self, session: Session, state: PlayerState) -> None:
        """Apply a new state of a session; the position only advances while it is playing."""
        if session.state is state:
            return
        media = replace(session.media, position=_position(session), position_at=dt_util.utcnow())
        self._async_apply_session(session, replace(session, state=state, state_raw=state.value, media=media))

    @callback
    def _async_apply_session(self, old: Session, new: Session) -> None:
        """Replace a session on all devices that play it."""
        self._async_apply_playing(
            {
                serial: replace(player, session=new)
                for serial, player in self.data.items()
                if player.session is not None and player.session.serials == old.serials
            }
        )

    @callback
    def _async_apply_playing(self, changes: Mapping[str, Player]) -> None:
        """Apply new players, and adapt the poll interval to what is playing."""
        self.async_apply(changes)
        self.async_reschedule()

    @callback
    def _async_await_now_playing(self, serial: str) -> None:
        """Read the sessions unless a push with the current track of a device arrives in time."""
        if not self.is_closed:
            self._tracks_due.setdefault(serial, self.hass.loop.time() + NOW_PLAYING_DELAY)
            self._async_schedule_tracks()

    @callback
    def _async_schedule_tracks(self) -> None:
        """Schedule ``_async_track_late`` for the first of the awaited tracks, or cancel it if there are none."""
        if not self._tracks_due:
            self._tracks_late.cancel()
            return
        delay = min(self._tracks_due.values()) - self.hass.loop.time()
        self._tracks_late.call_later(max(0.0, delay), self._async_track_late)

    @callback
    def _async_track_late(self) -> None:
        """Read the sessions, and go on waiting for the tracks that are not late."""
        now = self.hass.loop.time()
        self._tracks_due = {serial: due for serial, due in self._tracks_due.items() if due > now}
        self._async_schedule_tracks()
        self.async_sessions_hint()


def _mode_key(session: Session, mode: str) -> str:
    """Return the key in ``OwnWrites`` of a session's shuffle or repeat mode."""
    return f"{min(session.serials, default='')}/{mode}"


def _repeat(enabled: bool) -> Repeat:
    """Return the repeat mode for the boolean of a command."""
    return Repeat.ALL if enabled else Repeat.OFF


_MODES: Final[Mapping[str, Callable[[bool], object]]] = {"shuffle": bool, "repeat": _repeat}
"""Modes of a session that commands write, with the conversion of the command's boolean."""


def _value[T](result: T | BaseException) -> T:
    """Return a result, or raise it if it is an exception."""
    if isinstance(result, BaseException):
        raise result
    return result


def spread(serials: Iterable[str], devices: Mapping[str, Device]) -> frozenset[str]:
    """Return the serials with all members of groups, and with each group whose members are all included."""
    found = set(serials)
    for serial in tuple(found):
        if device := devices.get(serial):
            found.update(members_of(device, devices))
    groups = [device for device in devices.values() if device.is_group and device.members]
    # A group that is now included may complete a group that contains it.
    while complete := {group.serial for group in groups if found.issuperset(group.members)} - found:
        found |= complete
    return frozenset(found)


def _provider(session: Session) -> str:
    """Return the key of a session's provider: the provider's name, else the session id."""
    return (session.media.provider or session.session_id or "").casefold()


_IDS: Final[tuple[Callable[[Session], str | None], ...]] = (
    lambda session: session.session_id,
    lambda session: session.media.queue_id,
    lambda session: session.media.media_id,
)
"""Ids by which a session is recognized, the most certain first."""


def _position(session: Session) -> float | None:
    """Return the current position of a session in seconds, or None if it is unknown."""
    media = session.media
    if media.position is None or media.position_at is None or session.state is not PlayerState.PLAYING:
        return media.position
    position = media.position + (dt_util.utcnow() - media.position_at).total_seconds()
    return min(position, media.duration) if media.duration else position


def _steady(old: Session | None, new: Session) -> Session:
    """Return the new session, with the old position if the new one is as expected: mere progress is not a change."""
    if (
        old is None
        or old.state is not new.state
        or old.media.media_id != new.media.media_id
        or new.media.position is None
        or (expected := _position(old)) is None
        or abs(expected - new.media.position) > POSITION_TOLERANCE
    ):
        return new
    media: Media = replace(new.media, position=old.media.position, position_at=old.media.position_at)
    return replace(new, media=media)


def _scan_interval(entry: ConfigEntry[Any]) -> timedelta:
    """Return the poll interval of the entry, stored in seconds, or as a timedelta in an old entry."""
    value = entry.options.get(CONF_SCAN_INTERVAL, entry.data.get(CONF_SCAN_INTERVAL))
    if isinstance(value, timedelta):
        return value
    return timedelta(seconds=float(value)) if value else DEFAULT_SCAN_INTERVAL
