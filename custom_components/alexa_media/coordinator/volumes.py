"""Temporary volumes of single alarms and of messages.

An Echo has one volume for all its alarms. It is set just before an alarm with a separate volume rings, and restored
afterward. A message with a volume is an Alexa sequence that sets the volume, speaks, and restores the earlier
volume. Amazon's restoration overwrites a volume that Home Assistant sets while the Echo speaks, so that volume is set
again afterward.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
import logging
import math
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..backends import Stored, entry_store
from ..cloud.errors import AlexaError
from ..cloud.model.alarms import AlarmsApi
from ..cloud.model.api import AlexaBackend
from ..cloud.model.commands import SetVolume
from ..cloud.model.devices import Notification, Volume
from ..const import DOMAIN
from .alarm_watch import RINGING, AlarmEvent, AlarmWatch, AlertChange
from .alarms import AlarmVolumesCoordinator
from .base import LOGGER
from .devices import DevicesCoordinator
from .players import PlayersCoordinator
from .removal import Timer

# Time before the alarm at which the volume is set, so that it reaches the Echo before the alarm rings.
AHEAD: Final = timedelta(seconds=5)

# Retry restoring every 5 minutes, for an hour at most.
RETRY_INTERVAL: Final = timedelta(minutes=5)
MAX_TRIES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """The alarm volume (0–100) set for one alarm, the previous volume, and when to restore it (epoch seconds).

    ``tries`` counts the failed attempts to restore it.
    """

    alarm: str
    level: int
    before: int
    until: float
    tries: int = 0


class AlarmVolumeOverrides:
    """Sets the alarm volumes of Echos for alarms with a separate volume, and restores them afterward."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        api: AlarmsApi,
        devices: DevicesCoordinator,
        volumes: AlarmVolumesCoordinator,
        watch: AlarmWatch,
    ) -> None:
        """Initialize; ``async_start`` loads the volumes."""
        self._hass = hass
        self._entry = entry
        self._api = api
        self._devices = devices
        self._volumes = volumes
        self._watch = watch
        self._store = entry_store(hass, entry.entry_id, Stored.ALARM_VOLUMES)
        self._wanted: dict[str, int] = {}
        self._changed: dict[str, Changed] = {}
        self._done: dict[str, datetime] = {}
        self._late: dict[str, tuple[Notification, datetime]] = {}
        self._busy = False
        self._timer = Timer(hass, entry)

    async def async_start(self) -> None:
        """Load the stored volumes, and follow the alarms until the entry is unloaded."""
        if stored := await self._store.async_load():
            # A deleted alarm needs no volume; keep it while the list is unavailable.
            self._wanted = {key: level for key, level in stored["wanted"].items() if self._watch.may_exist(key)}
            self._changed = {serial: Changed(**values) for serial, values in stored["changed"].items()}
        self._entry.async_on_unload(self._watch.async_add_listener(None, self._async_happened))
        self._entry.async_on_unload(self._watch.async_on_plan(self._async_plan))
        self._async_plan()

    async def async_set(self, notification_id: str, level: int | None) -> None:
        """Set the separate volume (0–100) of an alarm, or remove it (``None``)."""
        if level is None:
            self._wanted.pop(notification_id, None)
        else:
            self._wanted[notification_id] = level
        await self._async_save()
        self._async_plan()

    async def _async_save(self) -> None:
        """Save the volumes; a changed volume has to be restored even after a restart."""
        changed = {serial: asdict(values) for serial, values in self._changed.items()}
        await self._store.async_save({"wanted": self._wanted, "changed": changed})

    def _next(self) -> Iterator[tuple[Notification, datetime]]:
        """Yield each alarm whose separate volume has yet to be set, and when it will ring or began to ring (UTC)."""
        yield from (late for key, late in self._late.items() if key in self._wanted)
        for notification, at in self._watch.due:
            if notification.notification_id in self._wanted and self._done.get(notification.notification_id) != at:
                yield notification, at

    @callback
    def _async_happened(self, event: AlarmEvent) -> None:
        """Restore the volume soon for a dismissed alarm, later for a snoozed one.

        For a ringing alarm, set the volume now if that has not been tried yet, for example because of a reload.
        """
        key = event.notification.notification_id
        if event.change is AlertChange.RINGING:
            done = self._done.get(key)
            if key in self._wanted and (done is None or done < event.at):
                self._late[key] = event.notification, event.at
                self._async_plan()
            return
        self._late.pop(key, None)
        serial = event.notification.serial
        changed = self._changed.get(serial)
        if changed is None or changed.alarm != key:
            return
        if event.change is AlertChange.DISMISSED:
            self._changed[serial] = replace(changed, until=event.at.timestamp())
        elif event.change is AlertChange.SNOOZED and event.notification.snoozed_to:
            self._changed[serial] = replace(changed, until=(event.notification.snoozed_to + RINGING).timestamp())
        self._async_plan()

    @callback
    def _async_plan(self) -> None:
        """Schedule the next change, or start due ones, unless changes are being applied."""
        self._timer.cancel()
        if self._busy:
            return
        moments = [at - AHEAD for _, at in self._next()]
        moments += [dt_util.utc_from_timestamp(changed.until) for changed in self._changed.values()]
        if not moments:
            return
        if min(moments) <= dt_util.utcnow():
            self._async_due()
        else:
            self._timer.call_at(min(moments), self._async_due)

    @callback
    def _async_due(self) -> None:
        """Apply due changes in the background."""
        self._busy = True
        self._entry.async_create_background_task(self._hass, self._async_apply(), f"{DOMAIN} alarm volumes")

    async def _async_apply(self) -> None:
        """Restore the volumes that are due, and set those of the alarms that are about to ring or already ringing."""
        now = dt_util.utcnow()
        try:
            for serial, changed in [*self._changed.items()]:
                if changed.until <= now.timestamp():
                    await self._async_restore(serial, changed)
            for notification, at in [*self._next()]:
                if at - AHEAD <= now:
                    self._done[notification.notification_id] = at
                    self._late.pop(notification.notification_id, None)
                    await self._async_change(notification, at)
        finally:
            self._busy = False
        self._volumes.async_hint()
        self._async_plan()

    async def _async_change(self, notification: Notification, at: datetime) -> None:
        """Set the alarm volume of an Echo to the separate volume of an alarm; a failure is only logged.

        Does nothing if the separate volume was removed, or if the Echo or its present alarm volume is unknown.
        """
        serial, level = notification.serial, self._wanted.get(notification.notification_id)
        if level is None:
            return
        device = self._devices.data.get(serial)
        try:
            before = (await self._api.async_alarm_volumes()).get(serial)
            if device is None or before is None:
                return
            if (already := self._changed.get(serial)) is not None:
                before = already.before
            until = (at + RINGING).timestamp()
            alarm = notification.notification_id
            self._changed[serial] = Changed(alarm=alarm, level=level, before=round(before), until=until)
            await self._async_save()
            await self._api.async_set_alarm_volume(device, level)
        except AlexaError as err:
            LOGGER.warning("Could not set the volume of an alarm: %s", err.details)

    async def _async_restore(self, serial: str, changed: Changed) -> None:
        """Restore a volume unless it has been changed in the meantime, with up to ``MAX_TRIES`` attempts.

        The volume of an Echo that the options now exclude is restored too.
        """
        device = self._devices.data.get(serial) or self._devices.listed.get(serial)
        try:
            level = (await self._api.async_alarm_volumes()).get(serial)
            if device is not None and level == changed.level:
                await self._api.async_set_alarm_volume(device, changed.before)
        except AlexaError as err:
            problem: str | None = err.details
        else:
            problem = "Amazon does not list the Echo" if device is None or level is None else None
        if problem is not None:
            if changed.tries + 1 < MAX_TRIES:
                until = (dt_util.utcnow() + RETRY_INTERVAL).timestamp()
                self._changed[serial] = replace(changed, until=until, tries=changed.tries + 1)
                return
            LOGGER.warning("Could not restore the alarm volume: %s", problem)
        del self._changed[serial]
        await self._async_save()


_LOGGER = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Temporary:
    """Volumes (0–100) of an Echo that is speaking.

    ``levels`` are the volumes of the messages. ``restores`` are the volumes that Amazon has yet to restore after them,
    in order. ``wanted`` is a volume set in the meantime. ``is_pushed`` is True once a temporary volume was pushed.
    ``until`` is the latest time of the last restoration, in seconds of the event loop's clock, or infinite before the
    message is sent.
    """

    levels: set[int] = field(default_factory=set)
    restores: list[int] = field(default_factory=list)
    wanted: int | None = None
    is_pushed: bool = False
    until: float = math.inf


_RUNNING: Final[HassKey[dict[str, dict[str, _Temporary]]]] = HassKey("alexa_media_temporary_volumes")


@callback
def async_forget_volumes(hass: HomeAssistant, entry_id: str) -> None:
    """Forget the temporary volumes of a removed entry."""
    hass.data.get(_RUNNING, {}).pop(entry_id, None)


class TemporaryVolumes:
    """The temporary volumes of an account's Echos, by serial; they are kept while the entry is reloaded."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        backend: AlexaBackend,
        devices: DevicesCoordinator,
        players: PlayersCoordinator | None,
    ) -> None:
        """Initialize with the temporary volumes from before a reload, if any."""
        self._hass = hass
        self._entry = entry
        self._backend = backend
        self._devices = devices
        self._players = players
        self._running = hass.data.setdefault(_RUNNING, {}).setdefault(entry.entry_id, {})

    def _find(self, serial: str) -> _Temporary | None:
        """Return the temporary volumes of an Echo that may still be speaking, or None."""
        found = self._running.get(serial)
        if found is not None and self._hass.loop.time() >= found.until:
            del self._running[serial]
            return None
        return found

    def known(self, serials: Iterable[str]) -> Mapping[str, Volume]:
        """Return the known volumes of Echos by serial, including values just written."""
        if (players := self._players) is None:
            return {}
        return {serial: volume for serial in serials if (volume := players.latest_volume(serial))}

    @callback
    def async_begin(self, serial: str, current: int, temporary: int) -> int:
        """Record the volume ``temporary`` of a message (0–100); return the volume to restore after the message.

        That is ``current``, unless an earlier message may still be spoken and either a volume was set during its speech
        or ``current`` is a volume of such a message.
        """
        found = self._find(serial)
        restore = current
        if found is None:
            found = self._running[serial] = _Temporary()
        elif found.wanted is not None:
            restore = found.wanted
        elif found.restores and current in found.levels:
            restore = found.restores[-1]
        found.until = math.inf
        if restore != temporary:
            found.levels.add(temporary)
            found.restores.append(restore)
        return restore

    @callback
    def async_sent(self, serials: Iterable[str], until: float) -> None:
        """Store when the temporary volumes of a message end, in seconds of the event loop's clock."""
        for serial in serials:
            if (found := self._running.get(serial)) is not None:
                found.until = until

    @callback
    def async_written(self, serials: Iterable[str], level: int) -> None:
        """Record a volume just set, for those Echos that may still be speaking at a temporary volume."""
        for serial in serials:
            if (found := self._find(serial)) is not None and found.restores:
                found.wanted = level

    @callback
    def async_pushed(self, serial: str, level: int | None) -> None:
        """Handle a pushed volume; after the last restoration, repeat a volume change made during the speech."""
        if (found := self._find(serial)) is None or level is None or not found.restores:
            return
        if not found.is_pushed or level != found.restores[0]:
            found.is_pushed |= level in found.levels
            return
        del found.restores[0]
        if found.restores:
            return
        del self._running[serial]
        if found.wanted is not None and found.wanted != level:
            self._entry.async_create_background_task(
                self._hass, self._async_set(serial, found.wanted), "alexa_media volume after speech"
            )

    async def _async_set(self, serial: str, level: int) -> None:
        """Set the volume that was requested while the Echo was speaking."""
        if (device := self._devices.data.get(serial)) is None or (players := self._players) is None:
            return
        try:
            with players.writing_volume((serial,), Volume(level=level, muted=False)):
                await self._backend.async_execute(SetVolume(level=level), (device,))
        except AlexaError as err:
            _LOGGER.warning("A volume that was set during speech could not be set again after it: %s", err.details)
