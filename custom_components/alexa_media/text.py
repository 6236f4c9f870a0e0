"""Text platform."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.text import TextEntity, TextEntityDescription
from homeassistant.const import EntityCategory

from .coordinator.runtime import AlexaRuntimeData
from .coordinator.settings import SettingsCoordinator
from .entity import CapableDescription, EntityAdder, ListedEntity, command_errors, invalid_input, platform_setup
from .features.settings import is_single

PARALLEL_UPDATES = 0


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up the text entities of an account."""
    add.devices(data.settings, AlexaNameText, (NAME,), is_single)


@dataclass(frozen=True, kw_only=True)
class AlexaTextDescription(CapableDescription, TextEntityDescription):
    """Description of a text entity of a device with a capability."""

    entity_category: EntityCategory | None = EntityCategory.CONFIG
    entity_registry_enabled_default: bool = False


NAME: Final = AlexaTextDescription(key="name", capability="CHANGE_NAME")


class AlexaNameText(ListedEntity[SettingsCoordinator], TextEntity):
    """The name of a device in Alexa."""

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
            await self.api.async_rename(self.device, name)
