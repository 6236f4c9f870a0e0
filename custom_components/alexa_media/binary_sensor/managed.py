"""What an operator of a property wants to know: whether guests may change settings, and what is connected."""

from collections.abc import Iterator
from typing import Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import DOMAIN as BINARY_SENSOR_DOMAIN, BinarySensorDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..appliance_entity import AlexaApplianceEntity, EntityFactory, Placement, async_setup_appliances
from ..backend.appliances import Appliance, FeatureName, PropertyKey, PropertyName
from ..coordinator import AlexaConfigEntry
from ..setting_entity import AlexaSettingEntity, async_setup_settings

REACHABILITY: Final = PropertyKey(FeatureName.CONNECTIVITY, PropertyName.REACHABILITY)

SETTINGS: Final = (
    (
        "Alexa.ManagedDevice.Settings.setupModePrivileges",
        BinarySensorEntityDescription(
            key="setup_mode_privileges",
            translation_key="setup_mode_privileges",
            entity_category=EntityCategory.DIAGNOSTIC,
        ),
    ),
)
"""By their keys at Amazon; that this one can be written is not documented."""


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have; Echos have a connectivity of their own."""
    if entry.runtime_data.device_settings is None:
        return
    async_setup_settings(hass, entry, async_add_entities, SETTINGS, AlexaSetupModePrivileges)

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        if not appliance.is_echo and appliance.feature(FeatureName.CONNECTIVITY):
            yield "online", AlexaApplianceOnline

    async_setup_appliances(hass, entry, async_add_entities, BINARY_SENSOR_DOMAIN, find)


class AlexaSetupModePrivileges(AlexaSettingEntity, BinarySensorEntity):
    """Whether a guest may change settings at the device."""

    @property
    @override
    def is_on(self) -> bool | None:
        """Return what Amazon says."""
        return None if self.setting is None else self.setting == ("ALL_SETTINGS",)


class AlexaApplianceOnline(AlexaApplianceEntity, BinarySensorEntity):
    """Whether Amazon reaches an appliance."""

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    def __init__(self, place: Placement) -> None:
        """Show the reachability."""
        super().__init__(place, REACHABILITY)

    @property
    @override
    def available(self) -> bool:
        """Return whether it can be read: what is not reached is what this shows."""
        return self.coordinator.usable

    @property
    @override
    def is_on(self) -> bool | None:
        """Return what Amazon says."""
        return {"OK": True, "UNREACHABLE": False}.get(str(self.primary))
