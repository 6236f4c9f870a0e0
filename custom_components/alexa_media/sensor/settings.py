"""The network that a device is in."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..backend.settings import Setting
from ..coordinator import AlexaConfigEntry
from ..setting_entities import SettingDescription, SettingEntity, async_setup_settings


@dataclass(frozen=True, kw_only=True)
class AlexaSettingSensorDescription(SettingDescription, SensorEntityDescription):
    """Something that can be read and not changed."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC


SETTINGS: Final = (
    AlexaSettingSensorDescription(
        key="wifi_name", translation_key="wifi_name", setting=Setting.WIFI_NAME, capability="FAR_FIELD_WAKE_WORD"
    ),
    AlexaSettingSensorDescription(
        key="mac_address", translation_key="mac_address", setting=Setting.MAC_ADDRESS, capability="FAR_FIELD_WAKE_WORD"
    ),
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those of each Echo."""
    async_setup_settings(hass, entry, async_add_entities, SETTINGS, AlexaSettingSensor)


class AlexaSettingSensor(SettingEntity, SensorEntity):
    """Something that can be read and not changed."""

    entity_description: AlexaSettingSensorDescription

    @property
    @override
    def native_value(self) -> str | None:
        """Return what Amazon says."""
        return self.setting_value if isinstance(self.setting_value, str) else None
