"""Ranges of appliances that can be set: a humidity to reach, the level of a heater …."""

from collections.abc import Iterator
from functools import partial
from typing import override

from homeassistant.components.number import NumberEntity
from homeassistant.components.number.const import DOMAIN as NUMBER_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..appliance_entity import AlexaApplianceEntity, EntityFactory, Placement, async_setup_appliances, key_of
from ..appliance_roles import plain_ranges
from ..backend.appliances import Appliance, Feature, PropertyName, ValueRange
from ..backend.smart_home import SetRange
from ..coordinator import AlexaConfigEntry
from ..ranges import name_of, snapped, unit_of


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        for feature in plain_ranges(appliance):
            if value_range := feature.value_range:
                key = f"range_{feature.instance}"
                yield key, partial(AlexaRange, feature=feature, value_range=value_range)

    async_setup_appliances(hass, entry, async_add_entities, NUMBER_DOMAIN, find)


class AlexaRange(AlexaApplianceEntity, NumberEntity):
    """A range of an appliance, called what Amazon calls it."""

    def __init__(
        self,
        place: Placement,
        *,
        feature: Feature,
        value_range: ValueRange,
    ) -> None:
        """Show one of the appliance's ranges."""
        super().__init__(place, key_of(feature, PropertyName.RANGE_VALUE))
        self._instance = feature.instance
        self._range = value_range
        self._attr_native_min_value = value_range.minimum
        self._attr_native_max_value = value_range.maximum
        self._attr_native_step = value_range.step
        self._attr_native_unit_of_measurement = unit_of(value_range)
        if name := name_of(feature.friendly_name):
            self._attr_name = name
        else:
            self._attr_translation_key = "range"
            self._attr_translation_placeholders = {"instance": feature.instance}

    @property
    @override
    def native_value(self) -> float | None:
        """Return the value."""
        return self.number_of(self._keys[0])

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the next value that the appliance knows."""
        await self.async_control(SetRange(instance=self._instance, value=snapped(self._range, value)))
