"""When the next alarm, timer and reminder of a device goes off."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from typing import Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.components.sensor.const import SensorDeviceClass
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from .coordinator import AlexaConfigEntry, NotificationsCoordinator
from .entity import AlexaDeviceEntity, async_setup_entities, player_unique_id
from .models import Device, Notification, NotificationType
from .schedule import ALARMS, REMINDERS, TIMERS, next_of

PARALLEL_UPDATES = 0


@dataclass(frozen=True, kw_only=True)
class AlexaNextDescription(SensorEntityDescription):
    """What goes off next.

    ``types`` are the kinds of notification that count, ``capability`` is what a device
    tells when it can have them.
    """

    types: frozenset[NotificationType]
    capability: str


# The keys are alexa_media_player's: the unique ids stay what they were.
SENSORS: Final = (
    AlexaNextDescription(
        key="next Alarm",
        translation_key="next_alarm",
        device_class=SensorDeviceClass.TIMESTAMP,
        types=ALARMS,
        capability="TIMERS_AND_ALARMS",
    ),
    AlexaNextDescription(
        key="next Timer",
        translation_key="next_timer",
        device_class=SensorDeviceClass.TIMESTAMP,
        types=TIMERS,
        capability="TIMERS_AND_ALARMS",
    ),
    AlexaNextDescription(
        key="next Reminder",
        translation_key="next_reminder",
        device_class=SensorDeviceClass.TIMESTAMP,
        types=REMINDERS,
        capability="REMINDERS",
    ),
)


async def async_setup_entry(
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

    @override
    async def async_added_to_hass(self) -> None:
        """Work out the first time."""
        await super().async_added_to_hass()
        self.async_on_remove(self._async_cancel)
        await self._async_load_zone()
        self._async_work_out()

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Work the time out again; a time zone that changed is loaded first."""
        if self.device.time_zone != self._zone_name:
            self.entry.async_create_task(self.hass, self._async_take_zone(), f"time zone of {self.entity_id}")
            return
        self._async_work_out()
        super()._handle_coordinator_update()

    async def _async_take_zone(self) -> None:
        """Show the times in a time zone that is new."""
        await self._async_load_zone()
        self._async_work_out()
        self.async_write_ha_state()

    async def _async_load_zone(self) -> None:
        """Load the device's time zone; Home Assistant's serves for a device that tells none that is known."""
        self._zone_name = self.device.time_zone
        self._zone = await dt_util.async_get_time_zone(self._zone_name) if self._zone_name else None

    @callback
    def _async_work_out(self, _now: datetime | None = None) -> None:
        """Set the time, and the moment at which it is over."""
        self._async_cancel()
        types = self.entity_description.types
        at = self._attr_native_value = next_of(
            (notification for notification in self.value or () if notification.type in types),
            dt_util.utcnow(),
            self._zone or dt_util.get_default_time_zone(),
        )
        if at is not None:
            self._cancel_next = async_track_point_in_utc_time(self.hass, self._async_over, at)

    @callback
    def _async_over(self, _now: datetime) -> None:
        """Go on to the next time."""
        self._cancel_next = None
        self._async_work_out()
        self.async_write_ha_state()

    @callback
    def _async_cancel(self) -> None:
        """Stop waiting for a time."""
        if self._cancel_next:
            self._cancel_next()
            self._cancel_next = None
