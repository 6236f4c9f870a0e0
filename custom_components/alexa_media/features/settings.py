"""Base classes of setting entities for both clouds."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Literal, override

from homeassistant.const import EntityCategory
from homeassistant.core import callback
from homeassistant.helpers.entity import Entity, EntityDescription

from ..cloud.model.devices import Device, DevicePreferences
from ..cloud.model.property import DeviceSettings
from ..cloud.model.settings import PreferenceChanges, Setting, SettingValue
from ..coordinator.runtime import AlexaConfigEntry
from ..coordinator.settings import DeviceSettingsCoordinator, SettingsCoordinator, setting_key
from ..entity import AlexaDeviceEntity, CapableDescription, ListedEntity, command_errors


def is_single(_source: object, device: Device, _description: EntityDescription) -> bool:
    """Return whether a device is a single device, and not a speaker group."""
    return not device.is_group


class AlexaSetting(Entity):
    """Base class for setting entities, used for both clouds."""

    @property
    @abstractmethod
    def present(self) -> SettingValue | None:
        """Return Amazon's value of the setting, or None if it is unknown."""

    @abstractmethod
    async def async_write(self, value: SettingValue) -> None:
        """Change the setting; returns when Amazon has accepted it."""


type Preference = Literal[
    "locale", "time_zone", "temperature_scale", "distance_units", "follow_up", "notification_sound"
]
"""Fields of the device preferences that are settings."""


@dataclass(frozen=True, kw_only=True)
class SettingDescription[S: str](CapableDescription):
    """Description of a setting; ``also`` are further settings that the entity needs.

    ``setting`` is a setting of an account that needs a separate read, a field of the device preferences, or Amazon's
    key of a setting of a property. Entities are disabled by default unless the description says otherwise, because most
    settings of an account cost a request per device.
    """

    setting: S
    also: tuple[S, ...] = ()
    capability: str | None = None
    entity_category: EntityCategory | None = EntityCategory.CONFIG
    entity_registry_enabled_default: bool = False


def has_setting(settings: DeviceSettingsCoordinator, device: Device, description: SettingDescription[str]) -> bool:
    """Return whether an Echo of a property has the setting of a description."""
    return description.setting in settings.data.get(device.serial, DeviceSettings()).values


class SettingEntity(AlexaDeviceEntity[SettingValue], AlexaSetting):
    """Base class for entities of one device setting, which is polled while the entity listens."""

    entity_description: SettingDescription[Setting]

    def __init__(
        self,
        entry: AlexaConfigEntry,
        coordinator: SettingsCoordinator,
        device: Device,
        description: SettingDescription[Setting],
    ) -> None:
        """Initialize with the key of the setting as the listener's context."""
        super().__init__(entry, coordinator, device, description)
        self.settings = coordinator
        self.coordinator_context = setting_key(device.serial, description.setting)

    @property
    @override
    def present(self) -> SettingValue | None:
        return self.value_of(self.entity_description.setting)

    def value_of(self, setting: Setting) -> SettingValue | None:
        """Return the value of a setting of this device, or None if it is unknown."""
        return self.coordinator.data.get(setting_key(self.serial, setting))

    @property
    @override
    def available(self) -> bool:
        """Return whether topic and device are available, and no needed setting has failed (``has_failed``)."""
        return super().available and not any(self.settings.has_failed(self.serial, setting) for setting in self._shown)

    @override
    async def async_added_to_hass(self) -> None:
        """Listen for all needed settings, and request them if the device is online."""
        await super().async_added_to_hass()
        for setting in self.entity_description.also:
            key = setting_key(self.serial, setting)
            self.async_on_remove(self.coordinator.async_add_listener(self._handle_coordinator_update, key))
        self._async_want()

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write the state, and request a read in case the device has come online."""
        super()._handle_coordinator_update()
        self._async_want()

    @callback
    def _async_want(self) -> None:
        """Request the needed settings if the device is online."""
        if self.device.online:
            for setting in self._shown:
                self.settings.async_want(self.serial, setting)

    @property
    def _shown(self) -> tuple[Setting, ...]:
        """Return the settings that the entity needs, its own first."""
        return (self.entity_description.setting, *self.entity_description.also)

    @override
    async def async_update(self) -> None:
        """Read the needed settings now if the device is online, even cached ones (``homeassistant.update_entity``)."""
        if self.enabled:
            for setting in self._shown:
                self.settings.async_forget(self.serial, setting)
            await self.coordinator.async_refresh_shared()

    @override
    async def async_write(self, value: SettingValue) -> None:
        with command_errors(self.hass, self.entry):
            await self.settings.async_set(self.device, self.entity_description.setting, value)


class PreferenceEntity(ListedEntity[SettingsCoordinator], AlexaSetting):
    """A setting in the device preferences, which are read together with the device list."""

    entity_description: SettingDescription[Preference]

    @property
    def preferences(self) -> DevicePreferences:
        """Return the preferences, or empty ones if unknown."""
        return self.device.preferences or DevicePreferences()

    @property
    @override
    def present(self) -> SettingValue | None:
        value: SettingValue | None = getattr(self.preferences, self.entity_description.setting)
        return value

    @override
    async def async_write(self, value: SettingValue) -> None:
        changes: dict[str, Any] = {self.entity_description.setting: value}
        with command_errors(self.hass, self.entry):
            await self.api.async_set_preferences(self.device, PreferenceChanges(**changes))


class PropertySettingEntity(AlexaDeviceEntity[DeviceSettings], AlexaSetting):
    """One setting of a property's Echo."""

    entity_description: SettingDescription[str]
    coordinator: DeviceSettingsCoordinator
    available_offline = True

    @property
    @override
    def present(self) -> SettingValue | None:
        return self.coordinator.data.get(self.serial, DeviceSettings()).values.get(self.entity_description.setting)

    @override
    async def async_update(self) -> None:
        """Read the settings of this Echo now (``homeassistant.update_entity``)."""
        if self.enabled:
            with command_errors(self.hass, self.entry):
                await self.coordinator.async_read_now(self.serial)

    @override
    async def async_write(self, value: SettingValue) -> None:
        """Write the setting, then read it again; only a failed write raises an error."""
        with command_errors(self.hass, self.entry):
            await self.coordinator.async_set(self.serial, self.entity_description.setting, value)
