"""What the operator of a property knows of an Echo: its room at Amazon, and its age."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.components.sensor.const import SensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..backend.management import ManagedUnit, ManagementApi
from ..coordinator import AlexaConfigEntry
from ..entity import AlexaDeviceEntity, async_setup_entities, player_unique_id
from ..models import Device

UNIT: Final = SensorEntityDescription(key="unit", translation_key="unit", entity_category=EntityCategory.DIAGNOSTIC)

SET_UP: Final = SensorEntityDescription(
    key="set_up_at",
    translation_key="set_up_at",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    devices, api = entry.runtime_data.devices, entry.runtime_data.backend.management
    if api is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], _ManagedSensor]]]:
        for device in devices.data.values():
            base = player_unique_id(entry, device.serial)
            for description, factory in ((UNIT, AlexaUnitSensor), (SET_UP, AlexaSetUpSensor)):
                yield f"{base}_{description.key}", partial(factory, entry, api, device, description)

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


class _ManagedSensor(AlexaDeviceEntity[Device], SensorEntity):
    """Something that the list of devices tells, whether or not the Echo is online."""

    def __init__(
        self, entry: AlexaConfigEntry, api: ManagementApi, device: Device, description: SensorEntityDescription
    ) -> None:
        """Show what was last listed."""
        super().__init__(entry, entry.runtime_data.devices, device, description.key)
        self.entity_description = description
        self._api = api

    @property
    @override
    def available(self) -> bool:
        """Return whether the list can be read."""
        return self.coordinator.usable


class AlexaUnitSensor(_ManagedSensor):
    """The unit of an Echo."""

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


class AlexaSetUpSensor(_ManagedSensor):
    """When an Echo was set up at Amazon."""

    @property
    @override
    def native_value(self) -> datetime | None:
        """Return when that was."""
        return self._api.created_at(self.serial)
