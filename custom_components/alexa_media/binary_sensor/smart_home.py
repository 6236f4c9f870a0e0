"""What appliances detect: doors that are open, motion, and people near an Echo."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity
from homeassistant.components.binary_sensor.const import DOMAIN as BINARY_SENSOR_DOMAIN, BinarySensorDeviceClass
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..appliance_entity import AlexaMeasuringEntity, EntityFactory, Placement, async_setup_appliances
from ..backend.appliances import Appliance, FeatureName, PropertyKey, PropertyName, Value
from ..coordinator import AlexaConfigEntry

CONTACT: Final = PropertyKey(FeatureName.CONTACT_SENSOR, PropertyName.DETECTION_STATE)
_MOTION_LASTS: Final = timedelta(hours=1)
MOTION: Final = PropertyKey(FeatureName.MOTION_SENSOR, PropertyName.DETECTION_STATE)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        if appliance.feature(FeatureName.CONTACT_SENSOR):
            yield "", AlexaContact
        if appliance.feature(FeatureName.MOTION_SENSOR):
            yield "motion", AlexaMotion

    async_setup_appliances(hass, entry, async_add_entities, BINARY_SENSOR_DOMAIN, find)


class _AlexaDetector(AlexaMeasuringEntity, BinarySensorEntity):
    """Something that detects."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return whether it detects what it is there for."""
        return {"DETECTED": True, "NOT_DETECTED": False}.get(str(self.measured))


class AlexaContact(_AlexaDetector):
    """A door or a window; on is open. It reports changes alone: what stays as it is for weeks is still so."""

    max_age = None
    _attr_name = None
    _attr_device_class = BinarySensorDeviceClass.DOOR

    def __init__(self, place: Placement) -> None:
        """Show the contact."""
        super().__init__(place, CONTACT)


class AlexaMotion(_AlexaDetector):
    """Motion; an Echo, which hears people by ultrasound, has it as occupancy.

    Amazon never pushes it: it costs a request a minute, and so it is off until somebody wants it.
    The sensor of an Echo may stand still for weeks; motion of more than an hour ago is none of now.
    """

    _attr_entity_registry_enabled_default = False

    def __init__(self, place: Placement) -> None:
        """Show the motion."""
        super().__init__(place, MOTION)
        is_echo = place.appliance.is_echo
        self._attr_device_class = BinarySensorDeviceClass.OCCUPANCY if is_echo else BinarySensorDeviceClass.MOTION

    @override
    def max_age_of(self, value: Value) -> timedelta | None:
        """Return how old a value may be: that nothing moves can be true for long."""
        return _MOTION_LASTS if value == "DETECTED" else self.max_age

    @override
    async def async_added_to_hass(self) -> None:
        """Have it read every minute."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_poll_often(self._appliance.entity_id))
