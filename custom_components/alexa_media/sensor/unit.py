"""The room that an Echo is in, as the operator of a property has it; an area of Home Assistant's may be another."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..backend.management import ManagedUnit, ManagementApi
from ..coordinator import AlexaConfigEntry
from ..entity import AlexaDeviceEntity, async_setup_entities, player_unique_id
from ..models import Device

UNIT: Final = SensorEntityDescription(key="unit", translation_key="unit", entity_category=EntityCategory.DIAGNOSTIC)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    devices, api = entry.runtime_data.devices, entry.runtime_data.backend.management
    if api is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaUnitSensor]]]:
        for device in devices.data.values():
            yield (
                f"{player_unique_id(entry, device.serial)}_{UNIT.key}",
                partial(AlexaUnitSensor, entry, api, device),
            )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


class AlexaUnitSensor(AlexaDeviceEntity[Device], SensorEntity):
    """The unit of an Echo."""

    def __init__(self, entry: AlexaConfigEntry, api: ManagementApi, device: Device) -> None:
        """Show the unit as it was last listed."""
        super().__init__(entry, entry.runtime_data.devices, device, UNIT.key)
        self.entity_description = UNIT
        self._api = api

    @property
    @override
    def available(self) -> bool:
        """Return whether the list can be read."""
        return self.coordinator.last_update_success

    @property
    def _unit(self) -> ManagedUnit | None:
        return self._api.unit_of(self.serial)

    @property
    @override
    def native_value(self) -> str | None:
        """Return the name of the unit, ``None`` for an Echo in none."""
        return self._unit.name if self._unit else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return where in the property the unit is, and its id, which actions take."""
        unit = self._unit
        return {"path": " / ".join(unit.path), "unit_id": unit.unit_id} if unit else {}
