"""Plugs and switches behind Alexa, and functions of appliances that can be switched."""

from abc import abstractmethod
from collections.abc import Iterator
from functools import partial
from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity
from homeassistant.components.switch.const import DOMAIN as SWITCH_DOMAIN, SwitchDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..appliance_entity import (
    AlexaApplianceEntity,
    EntityFactory,
    Placement,
    async_setup_appliances,
    is_air_quality_monitor,
    key_of,
)
from ..appliance_roles import is_plain_switch, is_something_else, plain_toggles
from ..backend.appliances import Appliance, ApplianceKind, Feature, FeatureName, PropertyKey, PropertyName
from ..backend.smart_home import Control, SetPower, SetToggle
from ..coordinator import AlexaConfigEntry
from ..ranges import name_of

POWER: Final = PropertyKey(FeatureName.POWER, PropertyName.POWER_STATE)

# The lamp at the front of the air quality monitor.
_MONITOR_LED: Final = "11"


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        if is_plain_switch(appliance):
            yield "power" if is_something_else(appliance) else "", AlexaPowerSwitch
        for toggle in plain_toggles(appliance):
            yield f"toggle_{toggle.instance}", partial(AlexaToggle, toggle=toggle)

    async_setup_appliances(hass, entry, async_add_entities, SWITCH_DOMAIN, find)


class _AlexaSwitch(AlexaApplianceEntity, SwitchEntity):
    """Something with the values ON and OFF."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return what Amazon says."""
        return None if self.primary is None else self.primary == "ON"

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch on."""
        await self.async_control(self._control(on=True))

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch off."""
        await self.async_control(self._control(on=False))

    @abstractmethod
    def _control(self, *, on: bool) -> Control:
        """Return what switches it."""


class AlexaPowerSwitch(_AlexaSwitch):
    """The power of a plug, a switch, or whatever else can be switched on and off."""

    def __init__(self, place: Placement) -> None:
        """Be the place.appliance, or be named where it is more than its power."""
        super().__init__(place, POWER)
        if is_something_else(place.appliance):
            self._attr_translation_key = "power"
        else:
            self._attr_name = None
        is_plug = place.appliance.kind is ApplianceKind.SMARTPLUG
        self._attr_device_class = SwitchDeviceClass.OUTLET if is_plug else SwitchDeviceClass.SWITCH

    @override
    def _control(self, *, on: bool) -> Control:
        """Return what switches the power."""
        return SetPower(on=on)


class AlexaToggle(_AlexaSwitch):
    """A function of an appliance, called what Amazon calls it."""

    _attr_device_class = SwitchDeviceClass.SWITCH

    def __init__(self, place: Placement, *, toggle: Feature) -> None:
        """Show one of the appliance's toggles."""
        super().__init__(place, key_of(toggle, PropertyName.TOGGLE_STATE))
        self._instance = toggle.instance
        if is_air_quality_monitor(place.appliance) and toggle.instance == _MONITOR_LED:
            self._attr_translation_key = "monitor_led"
            self._attr_entity_category = EntityCategory.CONFIG
        elif name := name_of(toggle.friendly_name):
            self._attr_name = name
        else:
            self._attr_translation_key = "toggle"
            self._attr_translation_placeholders = {"instance": toggle.instance}

    @override
    def _control(self, *, on: bool) -> Control:
        """Return what switches the function."""
        return SetToggle(instance=self._instance, on=on)
