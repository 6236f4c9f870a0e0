"""What happens to alarms, timers and reminders of a device."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..alerts import CAN_REMIND, CAN_RING
from ..coordinator import EVENT_TYPES, AlertEvent, AlertWatch, AlexaConfigEntry, NotificationsCoordinator
from ..entity import AlexaDeviceEntity, async_setup_entities, player_unique_id
from ..models import Device, Notification

ALERT: Final = EventEntityDescription(key="alert", translation_key="alert", event_types=[*EVENT_TYPES])


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for every device that rings."""
    devices, notifications = entry.runtime_data.devices, entry.runtime_data.notifications
    watch = entry.runtime_data.alert_watch
    if notifications is None or watch is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaAlertEvent]]]:
        for device in devices.data.values():
            if device.capabilities & {CAN_RING, CAN_REMIND}:
                yield (
                    f"{player_unique_id(entry, device.serial)}_{ALERT.key}",
                    partial(AlexaAlertEvent, entry, notifications, watch, device),
                )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


class AlexaAlertEvent(AlexaDeviceEntity[tuple[Notification, ...]], EventEntity):
    """Fires when an alarm, a timer or a reminder rings, is ended or is snoozed."""

    def __init__(
        self,
        entry: AlexaConfigEntry,
        coordinator: NotificationsCoordinator,
        watch: AlertWatch,
        device: Device,
    ) -> None:
        """Follow a device."""
        super().__init__(entry, coordinator, device, ALERT.key)
        self._watch = watch
        self.entity_description = ALERT

    @override
    async def async_added_to_hass(self) -> None:
        """Listen."""
        await super().async_added_to_hass()
        self.async_on_remove(self._watch.async_add_listener(self.serial, self._async_happened))

    @callback
    def _async_happened(self, event: AlertEvent) -> None:
        """Tell of it: kind, id and label go with it."""
        item = event.notification
        self._trigger_event(
            event.event_type, {"kind": item.type.value, "id": item.notification_id, "label": item.label}
        )
        self.async_write_ha_state()
