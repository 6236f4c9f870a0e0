"""Modes of appliances: the programme of a washer, what a purifier does …."""

from collections.abc import Iterator, Mapping
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
from .seen import SeenValues


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
        self._seen = SeenValues[str]()
        if name := name_of(feature.friendly_name):
            self._attr_name = name
        else:
            self._attr_translation_key = "mode"
            self._attr_translation_placeholders = {"instance": feature.instance}

    @property
    @override
    def current_option(self) -> str | None:
        """Return the mode; one that Amazon has not listed goes by its own name."""
        return self._seen.option(self._modes, self.primary if isinstance(self.primary, str) else None)

    @property
    def _values(self) -> Mapping[str, str]:
        """Return all modes by name, with what is set and what was set before."""
        self._seen.option(self._modes, self.primary if isinstance(self.primary, str) else None)
        return self._seen.all(self._modes)

    @property
    @override
    def options(self) -> list[str]:
        """Return the names of the modes."""
        return list(self._values)

    @override
    async def async_select_option(self, option: str) -> None:
        """Set the mode; Home Assistant has seen to it that it is one of the options."""
        await self.async_control(SetMode(instance=self._instance, mode=self._values[option]))
