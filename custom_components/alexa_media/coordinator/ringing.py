"""What rings, and what has become of it: told as it happens, without a request."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from functools import partial
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from ..models import Notification, NotificationStatus
from ..notification_attributes import was_dismissed
from ..schedule import ALARMS, country_of, next_occurrence
from .devices import DevicesCoordinator
from .topics import NotificationsCoordinator

# Amazon's clock and ours differ a little: what is due within this has gone off when Amazon says so.
CLOCK_SKEW: Final = timedelta(seconds=2)

# An alarm that nobody ends stops by itself after an hour.
RINGING: Final = timedelta(hours=1)


class Happening(StrEnum):
    """What happens to an alarm, a timer or a reminder."""

    RINGING = "ringing"
    DISMISSED = "dismissed"
    SNOOZED = "snoozed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """Something that has happened, and when."""

    happening: Happening
    notification: Notification
    at: datetime


type AlertListener = Callable[[AlertEvent], None]


@dataclass(frozen=True, slots=True)
class _Due:
    """A notification and when it goes off."""

    notification: Notification
    at: datetime


class AlertWatch:
    """Waits for the next alarm, timer or reminder of an account, and knows the time zones of its devices."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        devices: DevicesCoordinator,
        notifications: NotificationsCoordinator,
    ) -> None:
        """Know nothing yet; see ``async_start``."""
        self._hass = hass
        self._entry = entry
        self._devices = devices
        self._notifications = notifications
        self._zones: dict[str, tzinfo | None] = {}
        self._known: dict[str, Notification] = {}
        self._due: tuple[_Due, ...] = ()
        self._rings: dict[str, _Due] = {}
        self._listeners: dict[str | None, list[AlertListener]] = {}
        self._planners: list[CALLBACK_TYPE] = []
        self._cancel: CALLBACK_TYPE | None = None

    async def async_start(self) -> None:
        """Load the time zones and watch until the entry is unloaded."""
        await self._async_load_zones()
        self._known = {item.notification_id: item for item in self._all()}
        self._entry.async_on_unload(self._async_cancel)
        self._entry.async_on_unload(self._notifications.async_add_listener(self._async_notifications_changed))
        self._entry.async_on_unload(self._devices.async_add_listener(self._async_devices_changed))
        self._async_plan()

    def zone_of(self, serial: str) -> tzinfo:
        """Return the time zone of a device; Home Assistant's for one that tells none that is known."""
        device = self._devices.data.get(serial)
        zone = self._zones.get(device.time_zone) if device and device.time_zone else None
        return zone or dt_util.get_default_time_zone()

    def loaded_zone(self, name: str) -> tzinfo | None:
        """Return a time zone that has been loaded: those of all devices are, before their entities are there."""
        return self._zones.get(name)

    def country_of(self, serial: str) -> str | None:
        """Return the country that a device is set to."""
        device = self._devices.data.get(serial)
        return country_of(device.locale) if device else None

    def ringing(self, serial: str) -> Notification | None:
        """Return the alarm that rings on a device, as far as it is known; the last one of several."""
        now = dt_util.utcnow()
        found = [due for due in self._rings.values() if due.notification.serial == serial and now - due.at < RINGING]
        return max(found, key=lambda due: due.at).notification if found else None

    @callback
    def async_add_listener(self, serial: str | None, listener: AlertListener) -> CALLBACK_TYPE:
        """Tell somebody of everything that happens on a device, or on all of them (``None``)."""
        self._listeners.setdefault(serial, []).append(listener)
        return partial(self._listeners[serial].remove, listener)

    @property
    def due(self) -> Iterator[tuple[Notification, datetime]]:
        """Yield what will go off, and when next (UTC)."""
        return ((due.notification, due.at) for due in self._due)

    @callback
    def async_on_plan(self, planner: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Tell somebody whenever the next times have been worked out anew."""
        self._planners.append(planner)
        return partial(self._planners.remove, planner)

    def may_be(self, notification_id: str) -> bool:
        """Return whether something is there, or nobody knows as the list could not be read."""
        return notification_id in self._known or not self._notifications.last_update_success

    def _all(self) -> Iterator[Notification]:
        """Yield the notifications of all devices."""
        for items in self._notifications.data.values():
            yield from items

    async def _async_load_zones(self) -> None:
        """Load the time zones that are new; reading them from disk must not block."""
        for name in {device.time_zone for device in self._devices.data.values() if device.time_zone}:
            if name not in self._zones:
                self._zones[name] = await dt_util.async_get_time_zone(name)

    @callback
    def _async_devices_changed(self) -> None:
        """Load a time zone that is new, then plan anew."""
        if all(device.time_zone in self._zones for device in self._devices.data.values() if device.time_zone):
            self._async_plan()
        else:
            self._entry.async_create_background_task(self._hass, self._async_new_zone(), "alexa_media time zones")

    async def _async_new_zone(self) -> None:
        await self._async_load_zones()
        self._async_plan()

    @callback
    def _async_notifications_changed(self) -> None:
        """Tell what has gone off, been ended or been snoozed since the last time."""
        old, new = self._known, {item.notification_id: item for item in self._all()}
        if old == new:
            return
        now = dt_util.utcnow()
        self._async_tell_due(now + CLOCK_SKEW)
        self._known = new
        for notification_id in old.keys() & new.keys():
            self._async_compare(old[notification_id], new[notification_id], now)
        self._async_plan()

    @callback
    def _async_compare(self, old: Notification, new: Notification, now: datetime) -> None:
        """Tell of an alarm that was ended or snoozed."""
        if old.type not in ALARMS:
            return
        snoozed = NotificationStatus.SNOOZED
        if new.status is snoozed and (old.status is not snoozed or old.snoozed_to != new.snoozed_to):
            self._rings.pop(new.notification_id, None)
            self._async_tell(AlertEvent(happening=Happening.SNOOZED, notification=new, at=now))
            return
        rang = self._rings.get(old.notification_id)
        # the change by which Amazon notes that it rings comes with the ringing itself
        is_ringing = rang is not None and CLOCK_SKEW < now - rang.at < RINGING
        if was_dismissed(old, new, rang=is_ringing):
            self._rings.pop(old.notification_id, None)
            self._async_tell(AlertEvent(happening=Happening.DISMISSED, notification=new, at=now))

    @callback
    def _async_plan(self) -> None:
        """Work out what goes off when, and wait for the first."""
        self._async_cancel()
        now = dt_util.utcnow()
        self._rings = {key: due for key, due in self._rings.items() if now - due.at < RINGING}
        self._due = tuple(
            _Due(item, at)
            for item in self._known.values()
            if (at := next_occurrence(item, now, self.zone_of(item.serial), self.country_of(item.serial)))
        )
        if self._due:
            first = min(due.at for due in self._due)
            self._cancel = async_track_point_in_utc_time(self._hass, self._async_over, first)
        for planner in tuple(self._planners):
            planner()

    @callback
    def _async_over(self, now: datetime) -> None:
        """Tell what goes off now, and wait for the next."""
        self._cancel = None
        self._async_tell_due(now.astimezone(UTC))
        self._async_plan()

    @callback
    def _async_tell_due(self, until: datetime) -> None:
        """Tell what has gone off, each once."""
        for due in self._due:
            rang = self._rings.get(due.notification.notification_id)
            if due.at > until or (rang is not None and rang.at == due.at):
                continue
            self._rings[due.notification.notification_id] = due
            self._async_tell(AlertEvent(happening=Happening.RINGING, notification=due.notification, at=due.at))

    @callback
    def _async_tell(self, event: AlertEvent) -> None:
        """Tell those who listen to the device."""
        for key in (event.notification.serial, None):
            for listener in tuple(self._listeners.get(key, ())):
                listener(event)

    @callback
    def _async_cancel(self) -> None:
        """Stop waiting."""
        if self._cancel:
            self._cancel()
            self._cancel = None
