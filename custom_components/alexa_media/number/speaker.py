"""The volume of speakers that are no media players: nothing is known of what they play."""

from collections.abc import Iterator
from typing import Final, override

from homeassistant.components.number import NumberEntity
from homeassistant.components.number.const import DOMAIN as NUMBER_DOMAIN, NumberMode
from homeassistant.const import PERCENTAGE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..appliance_entity import AlexaApplianceEntity, EntityFactory, Placement, async_setup_appliances
from ..backend.appliances import Appliance, FeatureName, PropertyKey, PropertyName
from ..backend.smart_home import SetSpeakerVolume
from ..coordinator import AlexaConfigEntry

VOLUME: Final = PropertyKey(FeatureName.SPEAKER, PropertyName.VOLUME)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    if entry.runtime_data.players is not None:
        return

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        if appliance.feature(FeatureName.SPEAKER):
            yield "volume", AlexaSpeakerVolume

    async_setup_appliances(hass, entry, async_add_entities, NUMBER_DOMAIN, find)


class AlexaSpeakerVolume(AlexaApplianceEntity, NumberEntity):
    """The volume of a speaker."""

    _attr_translation_key = "volume"
    _attr_native_min_value = 0
    _attr_native_max_value = 100
    _attr_native_step = 1
    _attr_native_unit_of_measurement = PERCENTAGE
    _attr_mode = NumberMode.SLIDER

    def __init__(self, place: Placement) -> None:
        """Show the volume."""
        super().__init__(place, VOLUME)

    @property
    @override
    def native_value(self) -> float | None:
        """Return what Amazon says."""
        return self.number_of(VOLUME)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the volume."""
        await self.async_control(SetSpeakerVolume(level=round(value)))
