"""Scene platform."""

from typing import Any, override

from homeassistant.components.scene import Scene
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator.runtime import AlexaConfigEntry
from .entity import EntityAdder, command_errors
from .features.appliances import AlexaApplianceEntity, Placement, add_appliances, where

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the scenes of skills and hubs; routines are buttons."""
    finder = where(lambda appliance: appliance.is_scene, AlexaScene)
    add_appliances(EntityAdder(hass, entry, async_add_entities), finder)


class AlexaScene(AlexaApplianceEntity, Scene):
    """A scene of a skill or a hub."""

    _attr_name = None

    def __init__(self, place: Placement) -> None:
        """Initialize without a property, because a scene has no state."""
        super().__init__(place)

    @property
    @override
    def available(self) -> bool:
        """Return whether the smart home can be read."""
        return self.coordinator.usable

    @property
    @override
    def primary(self) -> None:
        return None

    @override
    async def async_activate(self, **kwargs: Any) -> None:
        """Activate the scene; returns when Amazon has accepted it."""
        with command_errors(self.hass, self.entry):
            await self.coordinator.api.async_activate_scene(self.appliance)
