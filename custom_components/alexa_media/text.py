"""Text platform."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.text import TextEntity, TextEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator.runtime import AlexaConfigEntry
from .entity import command_errors, invalid_input
from .features.settings import CapableDescription, PreferenceEntity, async_setup_settings

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the texts of an account."""
    _async_setup_settings(hass, entry, async_add_entities)


@dataclass(frozen=True, kw_only=True)
class AlexaTextDescription(CapableDescription, TextEntityDescription):
    """A text setting that comes with the list of devices."""

    entity_category: EntityCategory | None = EntityCategory.CONFIG
    entity_registry_enabled_default: bool = False


NAME: Final = (AlexaTextDescription(key="name", translation_key="name", capability="CHANGE_NAME"),)


@callback
def _async_setup_settings(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the name of each device."""
    async_setup_settings(hass, entry, async_add_entities, NAME, AlexaNameText)


class AlexaNameText(PreferenceEntity, TextEntity):
    """Name of a device at Amazon; its name here follows."""

    @property
    @override
    def native_value(self) -> str | None:
        return self.device.name

    @override
    async def async_set_value(self, value: str) -> None:
        """Rename the device."""
        if not (name := value.strip()):
            raise invalid_input("name_empty")
        with command_errors(self.hass, self.entry):
            await self.settings.async_rename(self.device, name)
