"""Text platform."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.text import TextEntity, TextEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .cloud.model.settings import PreferenceChanges
from .coordinator.runtime import AlexaConfigEntry
from .entity import command_errors, invalid_input
from .features.settings import CapableDescription, PreferenceEntity, async_setup_settings
from .time_zones import zone_named

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    _async_setup_settings(hass, entry, async_add_entities)


@dataclass(frozen=True, kw_only=True)
class AlexaTextDescription(CapableDescription, TextEntityDescription):
    """A text about a device; none of them is asked for on its own."""

    entity_category: EntityCategory | None = EntityCategory.CONFIG
    entity_registry_enabled_default: bool = False


NAME: Final = (AlexaTextDescription(key="name", translation_key="name", capability="CHANGE_NAME"),)
TIME_ZONE: Final = (AlexaTextDescription(key="time_zone", translation_key="time_zone", capability="TIMERS_AND_ALARMS"),)


@callback
def _async_setup_settings(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that each device can have."""
    async_setup_settings(hass, entry, async_add_entities, NAME, AlexaNameText)
    async_setup_settings(hass, entry, async_add_entities, TIME_ZONE, AlexaTimeZoneText)


class AlexaNameText(PreferenceEntity, TextEntity):
    """What a device is called at Amazon; its name here follows."""

    @property
    @override
    def native_value(self) -> str | None:
        """Return what Amazon says."""
        return self.device.name

    @override
    async def async_set_value(self, value: str) -> None:
        """Call it something else."""
        if not (name := value.strip()):
            raise invalid_input("name_empty")
        with command_errors(self.hass, self.entry):
            await self.settings.async_rename(self.device, name)


class AlexaTimeZoneText(PreferenceEntity, TextEntity):
    """The time zone of a device, as the IANA names it."""

    @property
    @override
    def native_value(self) -> str | None:
        """Return what Amazon says."""
        return self.preferences.time_zone

    @override
    async def async_set_value(self, value: str) -> None:
        """Put it elsewhere."""
        if await zone_named(value) is None:
            raise invalid_input("time_zone_unknown", time_zone=value)
        await self.async_set_preferences(PreferenceChanges(time_zone=value))
