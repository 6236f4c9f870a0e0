"""Scene platform."""

from typing import Any, override

from homeassistant.components.scene import Scene

from .entity import command_errors
from .features.appliances import AlexaApplianceEntity, appliance_platform, where

PARALLEL_UPDATES = 0


class AlexaScene(AlexaApplianceEntity, Scene):
    """A scene of a skill or a hub; Amazon reports no state for it. Routines are buttons instead."""

    _attr_name = None

    @property
    @override
    def available(self) -> bool:
        """Return whether the smart home is available, because the scene itself has no state."""
        return self.coordinator.usable

    @override
    async def async_activate(self, **kwargs: Any) -> None:
        """Activate the scene."""
        with command_errors(self.hass, self.entry):
            await self.coordinator.api.async_activate_scene(self.appliance)


async_setup_entry = appliance_platform(where(lambda appliance: appliance.is_scene, AlexaScene))
