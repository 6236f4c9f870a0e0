"""Scene platform."""

from collections.abc import Iterator
from typing import Any, override

from homeassistant.components.scene import Scene
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .cloud.model.appliances import Appliance
from .coordinator.runtime import AlexaConfigEntry
from .entity import command_errors
from .features.appliances import AlexaApplianceEntity, EntityFactory, Placement, async_setup_appliances

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the scenes that skills and hubs bring; routines are buttons."""

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        if appliance.is_scene:
            yield "", AlexaScene

    async_setup_appliances(hass, entry, async_add_entities, Platform.SCENE, find)


class AlexaScene(AlexaApplianceEntity, Scene):
    """A scene of a skill or a hub."""

    _attr_name = None

    def __init__(self, place: Placement) -> None:
        """Initialize without a value: a scene has none."""
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
