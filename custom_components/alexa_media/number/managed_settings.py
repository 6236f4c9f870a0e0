"""Settings of an Echo that are numbers."""

from typing import Final, override

from homeassistant.components.number import NumberEntity, NumberEntityDescription
from homeassistant.components.number.const import NumberMode
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinator import AlexaConfigEntry
from ..setting_entity import AlexaSettingEntity, async_setup_settings

SETTINGS: Final = (
    (
        "Alexa.ManagedDevice.Settings.maximumVolumeLimit",
        NumberEntityDescription(
            key="maximum_volume",
            translation_key="maximum_volume",
            entity_category=EntityCategory.CONFIG,
            native_min_value=0,
            native_max_value=100,
            native_step=1,
            native_unit_of_measurement=PERCENTAGE,
            mode=NumberMode.SLIDER,
        ),
    ),
)
"""By their keys at Amazon."""


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    async_setup_settings(hass, entry, async_add_entities, SETTINGS, AlexaSettingNumber)


# Home Assistant's class comes first: it has a ``value`` of its own.
class AlexaSettingNumber(NumberEntity, AlexaSettingEntity):  # type: ignore[misc]  # both have a value: the number's it is
    """A setting in percent."""

    @property
    @override
    def native_value(self) -> float | None:
        """Return what Amazon says."""
        return self.setting if isinstance(self.setting, float | int) else None

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it."""
        await self.async_set(round(value))
