"""When the next alarm, timer and reminder of a device goes off."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.components.sensor.const import SensorDeviceClass
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.util import dt as dt_util

from ..alerts import ALL_DEVICES
from ..const import CONF_EMAIL, EVENT_ALARM_DISMISSAL, EVENT_NOTIFICATION
from ..coordinator import AlertEvent, AlertWatch, AlexaConfigEntry, Happening, NotificationsCoordinator
from ..entity import AlexaDeviceEntity, account_device_info, async_setup_entities, masked, player_unique_id
from ..models import Device, Notification, NotificationStatus, NotificationType
from ..notification_attributes import UNRECORDED, Timed, attributes, in_order
from ..schedule import ALARMS, REMINDERS, TIMERS


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

EVERYWHERE_REMINDER: Final = AlexaNextDescription(
    key="next_reminder_everywhere",
    translation_key="next_reminder_everywhere",
    device_class=SensorDeviceClass.TIMESTAMP,
    types=REMINDERS,
    label="reminder",
    capability="REMINDERS",
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that a device can have."""
    devices = entry.runtime_data.devices
    notifications, watch = entry.runtime_data.notifications, entry.runtime_data.alert_watch
    if notifications is None or watch is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaNextSensor]]]:
        yield f"{entry.unique_id}_{EVERYWHERE_REMINDER.key}", partial(AlexaAccountSensor, entry, notifications, watch)
        for device in devices.data.values():
            for description in SENSORS:
                if description.capability in device.capabilities:
                    yield (
                        f"{player_unique_id(entry, device.serial)}_{description.key}",
                        partial(AlexaNextSensor, entry, notifications, watch, device, description),
                    )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


class AlexaNextSensor(AlexaDeviceEntity[tuple[Notification, ...]], SensorEntity):
    """The next time that something goes off; when it has come, the one after it.

    While timers are paused and none runs, it is when the one with the least time left would
    end had it gone on at ``process_timestamp``.
    """

    entity_description: AlexaNextDescription
    _unrecorded_attributes = UNRECORDED

    def __init__(
        self,
        entry: AlexaConfigEntry,
        coordinator: NotificationsCoordinator,
        watch: AlertWatch,
        device: Device,
        description: AlexaNextDescription,
    ) -> None:
        """Show the notifications of a device."""
        super().__init__(entry, coordinator, device, description.key)
        self.entity_description = description
        self._watch = watch
        self._items: tuple[Timed, ...] = ()
        self._read_at: datetime | None = None
        self._prior: datetime | None = None
        self._dismissed: datetime | None = None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return alexa_media_player's attributes; ``process_timestamp`` is when ``remainingTime`` was true."""
        zone = self._watch.zone_of(self.serial)
        return {
            **attributes(self._items, self.entity_description.label, zone, self._read_at),
            "process_timestamp": _local(self._read_at),
            "prior_value": dt_util.as_local(self._prior) if self._prior else None,
            "dismissed": _local(self._dismissed),
        }

    @override
    async def async_added_to_hass(self) -> None:
        """Show the first time and listen for what happens."""
        await super().async_added_to_hass()
        self.async_on_remove(self._watch.async_add_listener(self.serial, self._async_happened))
        self.async_on_remove(self._watch.async_add_viewer(self.serial, self._async_times_changed))
        self._async_take()

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Show what has been read."""
        self._async_take()
        super()._handle_coordinator_update()

    @callback
    def _async_times_changed(self) -> None:
        """Show the next times after one has come, or in another time zone."""
        self._async_take()
        self.async_write_ha_state()

    @callback
    def _async_take(self) -> None:
        """Take the notifications of the kind that is shown, and the first of their times."""
        types = self.entity_description.types
        items = in_order(timed for timed in self._watch.timed(self.serial) if timed.notification.type in types)
        if self._read_at is None or {_known(item) for item in items} != {_known(item) for item in self._items}:
            self._read_at = dt_util.utcnow()
        self._items = items
        before = self._attr_native_value
        self._attr_native_value = self._first()
        if self._attr_native_value != before and isinstance(before, datetime):
            self._prior = before

    def _first(self) -> datetime | None:
        """Return the time to show."""
        if self._items and self._items[0].at is not None:
            return self._items[0].at
        left = [item.notification.remaining for item in self._items if item.paused]
        known = [seconds for seconds in left if seconds is not None]
        return self._read_at + timedelta(seconds=min(known)) if known and self._read_at else None

    @callback
    def _async_happened(self, event: AlertEvent) -> None:
        """Fire alexa_media_player's event for what rings, and for an alarm that was ended.

        A snooze that is over is the same alarm, of which the event was fired before.
        """
        notification = event.notification
        if notification.type not in self.entity_description.types:
            return
        zone = self._watch.zone_of(self.serial)
        if event.happening is Happening.RINGING and notification.status is not NotificationStatus.SNOOZED:
            data = {
                "email": masked(self.entry.data[CONF_EMAIL]),
                "device": {"name": self.name, "entity_id": self.entity_id},
                "event": (notification.notification_id, Timed(notification, event.at).raw(zone)),
            }
            self.hass.bus.async_fire(EVENT_NOTIFICATION, data)
        elif event.happening is Happening.DISMISSED and notification.type in ALARMS:
            self._dismissed = event.at
            data = {"device": {"id": self.serial}, "event": dict(notification.raw)}
            self.hass.bus.async_fire(EVENT_ALARM_DISMISSAL, data)


class AlexaAccountSensor(AlexaNextSensor):
    """The next of the reminders that all devices of the account have in common."""

    def __init__(self, entry: AlexaConfigEntry, coordinator: NotificationsCoordinator, watch: AlertWatch) -> None:
        """Belong to the account."""
        super().__init__(entry, coordinator, watch, ALL_DEVICES, EVERYWHERE_REMINDER)
        self._attr_unique_id = f"{entry.unique_id}_{EVERYWHERE_REMINDER.key}"
        self._attr_device_info = account_device_info(entry)


def _known(item: Timed) -> tuple[str, str | None, str, datetime | None, float | None]:
    """Return what of a notification changes its remaining time, apart from the time that passes."""
    found = item.notification
    left = found.remaining if item.paused else None
    return found.notification_id, found.version, found.status, found.trigger_time, left


def _local(at: datetime | None) -> str | None:
    """Return a time as text, in Home Assistant's time zone."""
    return dt_util.as_local(at).isoformat() if at else None
