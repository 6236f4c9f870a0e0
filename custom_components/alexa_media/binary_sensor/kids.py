"""Whether an Echo is a child's."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinator import AlexaConfigEntry, KidsCoordinator
from ..entity import AlexaDeviceEntity, async_setup_entities, player_unique_id
from ..kids import FAMILIES
from ..models import Device

# Disabled at first: each costs a request a day.
KIDS: Final = BinarySensorEntityDescription(
    key="amazon_kids",
    translation_key="amazon_kids",
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for every device that a child can have."""
    devices = entry.runtime_data.devices
    if (kids := entry.runtime_data.kids) is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaKidsSensor]]]:
        for device in devices.data.values():
            if device.family in FAMILIES:
                yield (
                    f"{player_unique_id(entry, device.serial)}_{KIDS.key}",
                    partial(AlexaKidsSensor, entry, kids, device),
                )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


class AlexaKidsSensor(AlexaDeviceEntity[bool], BinarySensorEntity):
    """Whether Amazon Kids is on."""

    def __init__(self, entry: AlexaConfigEntry, coordinator: KidsCoordinator, device: Device) -> None:
        """Show Amazon Kids."""
        super().__init__(entry, coordinator, device, KIDS.key)
        self.entity_description = KIDS

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether the device is a child's; ``None`` until Amazon has told."""
        return self.value

    @override
    async def async_added_to_hass(self) -> None:
        """Ask soon, with all others that are added now."""
        await super().async_added_to_hass()
        self.coordinator.async_hint()
