"""Modes of appliances: the programme of a washer, what a purifier does …."""

from collections.abc import Iterator
from functools import partial
from typing import override

from homeassistant.components.select import SelectEntity
from homeassistant.components.select.const import DOMAIN as SELECT_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..appliance_entity import AlexaApplianceEntity, EntityFactory, Placement, async_setup_appliances, key_of
from ..appliance_roles import modes_by_name, plain_modes
from ..backend.appliances import Appliance, Feature, PropertyName
from ..backend.smart_home import SetMode
from ..coordinator import AlexaConfigEntry
from ..ranges import name_of


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        for feature in plain_modes(appliance):
            yield f"mode_{feature.instance}", partial(AlexaMode, feature=feature)

    async_setup_appliances(hass, entry, async_add_entities, SELECT_DOMAIN, find)


class AlexaMode(AlexaApplianceEntity, SelectEntity):
    """A mode of an appliance, and its options, called what Amazon calls them."""

    def __init__(self, place: Placement, *, feature: Feature) -> None:
        """Show one of the appliance's modes."""
        super().__init__(place, key_of(feature, PropertyName.MODE))
        self._instance = feature.instance
        self._modes = modes_by_name(feature.modes)
        self._attr_options = list(self._modes)
        if name := name_of(feature.friendly_name):
            self._attr_name = name
        else:
            self._attr_translation_key = "mode"
            self._attr_translation_placeholders = {"instance": feature.instance}

    @property
    @override
    def current_option(self) -> str | None:
        """Return the mode; one that Amazon has not listed is none."""
        return next((name for name, value in self._modes.items() if value == self.primary), None)

    @override
    async def async_select_option(self, option: str) -> None:
        """Set the mode; Home Assistant has seen to it that it is one of the options."""
        await self.async_control(SetMode(instance=self._instance, mode=self._modes[option]))
