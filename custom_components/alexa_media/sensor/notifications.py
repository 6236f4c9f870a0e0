"""When the next alarm, timer and reminder of a device goes off."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.components.sensor.const import SensorDeviceClass
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from ..const import CONF_EMAIL, EVENT_ALARM_DISMISSAL, EVENT_NOTIFICATION
from ..coordinator import AlexaConfigEntry, NotificationsCoordinator
from ..entity import AlexaDeviceEntity, async_setup_entities, masked, player_unique_id
from ..models import Device, Notification, NotificationStatus, NotificationType
from ..notification_attributes import UNRECORDED, Timed, attributes, in_order, was_dismissed
from ..schedule import ALARMS, REMINDERS, TIMERS, country_of

# Amazon's clock and ours differ a little: what is due within this has gone off when Amazon says so.
CLOCK_SKEW: Final = timedelta(seconds=2)

# An alarm that nobody ends stops by itself after an hour.
RINGING: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class AlexaNextDescription(SensorEntityDescription):
    """What goes off next.

    ``types`` are the kinds of notification that count, ``capability`` is what a device
    tells when it can have them. ``label`` names the attribute with what the next one is
    called.
    """

    types: frozenset[NotificationType]
    capability: str
    label: str


# The keys are alexa_media_player's: the unique ids stay what they were.
SENSORS: Final = (
    AlexaNextDescription(
        key="next Alarm",
        translation_key="next_alarm",
        device_class=SensorDeviceClass.TIMESTAMP,
        types=ALARMS,
        label="alarm",
        capability="TIMERS_AND_ALARMS",
    ),
    AlexaNextDescription(
        key="next Timer",
        translation_key="next_timer",
        device_class=SensorDeviceClass.TIMESTAMP,
        types=TIMERS,
        label="timer",
        capability="TIMERS_AND_ALARMS",
    ),
    AlexaNextDescription(
        key="next Reminder",
        translation_key="next_reminder",
        device_class=SensorDeviceClass.TIMESTAMP,
        types=REMINDERS,
        label="reminder",
        capability="REMINDERS",
    ),
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that a device can have."""
    devices = entry.runtime_data.devices
    notifications = entry.runtime_data.notifications
    if notifications is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaNextSensor]]]:
        for device in devices.data.values():
            for description in SENSORS:
                if description.capability in device.capabilities:
                    yield (
                        f"{player_unique_id(entry, device.serial)}_{description.key}",
                        partial(AlexaNextSensor, entry, notifications, device, description),
                    )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


class AlexaNextSensor(AlexaDeviceEntity[tuple[Notification, ...]], SensorEntity):
    """The next time that something goes off; when it has come, the one after it."""

    entity_description: AlexaNextDescription
    _unrecorded_attributes = UNRECORDED

    def __init__(
        self,
        entry: AlexaConfigEntry,
        coordinator: NotificationsCoordinator,
        device: Device,
        description: AlexaNextDescription,
    ) -> None:
        """Show the notifications of a device."""
        super().__init__(entry, coordinator, device, description.key)
        self.entity_description = description
        self._zone_name: str | None = None
        self._zone: tzinfo | None = None
        self._cancel_next: CALLBACK_TYPE | None = None
        self._items: tuple[Timed, ...] = ()
        self._read_at: datetime | None = None
        self._prior: datetime | None = None
        self._dismissed: datetime | None = None
        self._fired: dict[str, datetime] = {}

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return alexa_media_player's attributes; ``process_timestamp`` is when ``remainingTime`` was true."""
        return {
            **attributes(self._items, self.entity_description.label, self._time_zone),
            "process_timestamp": _local(self._read_at),
            "prior_value": dt_util.as_local(self._prior) if self._prior else None,
            "dismissed": _local(self._dismissed),
        }

    @property
    def _time_zone(self) -> tzinfo:
        """Return the time zone that alarms are in."""
        return self._zone or dt_util.get_default_time_zone()

    @override
    async def async_added_to_hass(self) -> None:
        """Work out the first time; nothing is waited for, as hundreds of sensors may be added one after the other."""
        await super().async_added_to_hass()
        self.async_on_remove(self._async_cancel)
        name, watch = self.device.time_zone, self.runtime.alert_watch
        if name and watch and (zone := watch.loaded_zone(name)):
            self._zone_name, self._zone = name, zone
        self._read_at = dt_util.utcnow()
        self._async_work_out()
        if name != self._zone_name:
            self._async_zone_changed()

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Work the time out again; a time zone that changed is loaded first."""
        if self.device.time_zone != self._zone_name:
            self._async_zone_changed()
            return
        self._async_take()
        super()._handle_coordinator_update()

    @callback
    def _async_take(self) -> None:
        """Take what is new in the notifications; the devices tell nothing about them."""
        old = {item.notification.notification_id: item.notification for item in self._items}
        new = {notification.notification_id: notification for notification in self._notifications()}
        if old != new:
            self._read_at = now = dt_util.utcnow()
            self._async_fire_due(now + CLOCK_SKEW)
            for notification_id in old.keys() & new.keys():
                self._async_notice_dismissal(old[notification_id], new[notification_id], now)
        self._async_work_out()

    @callback
    def _async_zone_changed(self) -> None:
        """Load another time zone from disk, then show the times in it."""
        self.entry.async_create_task(self.hass, self._async_take_zone(), f"time zone of {self.entity_id}")

    async def _async_take_zone(self) -> None:
        """Show the times in a time zone that is new."""
        await self._async_load_zone()
        self._async_take()
        self.async_write_ha_state()

    async def _async_load_zone(self) -> None:
        """Load the device's time zone; Home Assistant's serves for a device that tells none that is known."""
        self._zone_name = self.device.time_zone
        self._zone = await dt_util.async_get_time_zone(self._zone_name) if self._zone_name else None

    def _notifications(self) -> list[Notification]:
        """Return the notifications of the kind that is shown."""
        types = self.entity_description.types
        return [notification for notification in self.value or () if notification.type in types]

    @callback
    def _async_work_out(self) -> None:
        """Set the time, and the moment at which it is over."""
        self._async_cancel()
        country = country_of(self.device.locale)
        self._items = in_order(self._notifications(), dt_util.utcnow(), self._time_zone, country)
        before = self._attr_native_value
        at = self._attr_native_value = self._items[0].at if self._items else None
        if at != before and isinstance(before, datetime):
            self._prior = before
        if at is not None:
            self._cancel_next = async_track_point_in_utc_time(self.hass, self._async_over, at)

    @callback
    def _async_over(self, now: datetime) -> None:
        """Tell what goes off, and go on to the next time."""
        self._cancel_next = None
        self._async_fire_due(now)
        self._async_work_out()
        self.async_write_ha_state()

    @callback
    def _async_fire_due(self, now: datetime) -> None:
        """Fire an event for what has gone off since the times were worked out, once each.

        A snooze that is over is the same alarm, of which was told before.
        """
        for item in self._items:
            notification, at = item.notification, item.at
            if at is None or at > now or self._fired.get(notification.notification_id) == at:
                continue
            self._fired[notification.notification_id] = at
            if notification.status is not NotificationStatus.SNOOZED:
                data = {
                    "email": masked(self.entry.data[CONF_EMAIL]),
                    "device": {"name": self.name, "entity_id": self.entity_id},
                    "event": (notification.notification_id, item.raw(self._time_zone)),
                }
                self.hass.bus.async_fire(EVENT_NOTIFICATION, data)
        self._fired = {key: at for key, at in self._fired.items() if now - at < RINGING}

    @callback
    def _async_notice_dismissal(self, old: Notification, new: Notification, now: datetime) -> None:
        """Fire an event for an alarm that somebody has ended."""
        rang = self._fired.get(old.notification_id)
        ringing = rang is not None and now - rang < RINGING
        if old.type not in ALARMS or not was_dismissed(old, new, rang=ringing):
            return
        self._fired.pop(old.notification_id, None)
        self._dismissed = now
        self.hass.bus.async_fire(EVENT_ALARM_DISMISSAL, {"device": {"id": self.serial}, "event": dict(new.raw)})

    @callback
    def _async_cancel(self) -> None:
        """Stop waiting for a time."""
        if self._cancel_next:
            self._cancel_next()
            self._cancel_next = None


def _local(at: datetime | None) -> str | None:
    """Return a time as text, in Home Assistant's time zone."""
    return dt_util.as_local(at).isoformat() if at else None
