"""What is connected: every device to Amazon, and we to Amazon's pushes."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..backend import Capability
from ..coordinator import AlexaConfigEntry
from ..entity import AlexaDeviceEntity, account_device_info, async_setup_entities, player_unique_id
from ..models import Device

ONLINE: Final = BinarySensorEntityDescription(
    key="online",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)

PUSH: Final = BinarySensorEntityDescription(
    key="push",
    translation_key="push",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for every device, and one for the account where it is pushed to."""
    devices = entry.runtime_data.devices

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaOnlineSensor]]]:
        for device in devices.data.values():
            yield (
                f"{player_unique_id(entry, device.serial)}_{ONLINE.key}",
                partial(AlexaOnlineSensor, entry, device),
            )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)
    if Capability.PUSH in entry.runtime_data.backend.capabilities:
        async_add_entities([AlexaPushSensor(entry)])


class AlexaOnlineSensor(AlexaDeviceEntity[Device], BinarySensorEntity):
    """Whether a device is connected to Amazon."""

    def __init__(self, entry: AlexaConfigEntry, device: Device) -> None:
        """Show the list of devices."""
        super().__init__(entry, entry.runtime_data.devices, device, ONLINE.key)
        self.entity_description = ONLINE

    @property
    @override
    def available(self) -> bool:
        """Return whether the list can be read: a device that is offline is what this shows."""
        return self.coordinator.usable

    @property
    @override
    def is_on(self) -> bool:
        """Return whether the device is online."""
        return self.device.online


class AlexaPushSensor(BinarySensorEntity):
    """Whether Amazon tells us by itself what changes; while it does not, we ask more often."""

    _attr_has_entity_name = True
    _attr_should_poll = False

    def __init__(self, entry: AlexaConfigEntry) -> None:
        """Belong to the account."""
        self.entity_description = PUSH
        self._push = entry.runtime_data.push
        self._attr_unique_id = f"{entry.unique_id}_{PUSH.key}"
        self._attr_device_info = account_device_info(entry)

    @property
    @override
    def is_on(self) -> bool:
        """Return whether the stream is up."""
        return self._push.up

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the stream."""
        self.async_on_remove(self._push.async_add_listener(self.async_write_ha_state))
