"""Settings of a device that are numbers: the equalizer and the display's brightness."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.number import NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..backend.settings import GAIN, Setting
from ..coordinator import AlexaConfigEntry
from ..setting_entities import SettingDescription, SettingEntity, async_setup_settings


@dataclass(frozen=True, kw_only=True)
class AlexaSettingNumberDescription(SettingDescription, NumberEntityDescription):
    """A setting that is a whole number; a band of the equalizer unless it says otherwise."""

    entity_category: EntityCategory | None = EntityCategory.CONFIG
    native_min_value: float | None = -GAIN
    native_max_value: float | None = GAIN
    native_step: float | None = 1
    mode: NumberMode | None = NumberMode.SLIDER


SETTINGS: Final = (
    AlexaSettingNumberDescription(
        key="bass", translation_key="bass", setting=Setting.BASS, capability="EQUALIZER_CONTROLLER_BASS"
    ),
    AlexaSettingNumberDescription(
        key="midrange", translation_key="midrange", setting=Setting.MID, capability="EQUALIZER_CONTROLLER_MIDRANGE"
    ),
    AlexaSettingNumberDescription(
        key="treble", translation_key="treble", setting=Setting.TREBLE, capability="EQUALIZER_CONTROLLER_TREBLE"
    ),
    AlexaSettingNumberDescription(
        key="brightness",
        translation_key="brightness",
        setting=Setting.BRIGHTNESS,
        capability="DISPLAY_BRIGHTNESS_ADJUST",
        native_min_value=0,
        native_max_value=100,
        native_unit_of_measurement=PERCENTAGE,
    ),
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that each device can have."""
    async_setup_settings(hass, entry, async_add_entities, SETTINGS, AlexaSettingNumber)


class AlexaSettingNumber(NumberEntity, SettingEntity):  # type: ignore[misc]  # both have a value: the number's it is
    """A setting that is a number."""

    entity_description: AlexaSettingNumberDescription

    @property
    @override
    def native_value(self) -> float | None:
        """Return what Amazon says."""
        return self.setting_value if isinstance(self.setting_value, int) else None

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it."""
        await self.async_set_setting(round(value))
