"""Switches, a module for each family."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinator import AlexaConfigEntry
from . import alerts, device, managed_settings, settings, smart_home

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    for family in (alerts, device, managed_settings, settings, smart_home):
        family.async_setup(hass, entry, async_add_entities)
