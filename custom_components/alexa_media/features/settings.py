"""Setting entities of both clouds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..cloud.model.devices import Device, DevicePreferences
from ..cloud.model.property import DeviceSettings, PropertySettingValue
from ..cloud.model.settings import PreferenceChanges, Setting, SettingValue
from ..coordinator.runtime import AlexaConfigEntry
from ..coordinator.settings import DeviceSettingsCoordinator, SettingsCoordinator, setting_key
from ..entity import AlexaDeviceEntity, async_setup_entities, command_errors, player_unique_id


@dataclass(frozen=True, kw_only=True)
class CapableDescription(EntityDescription):
    """An entity for devices with ``capability`` (Amazon's name); never for groups."""

    capability: str


@dataclass(frozen=True, kw_only=True)
class SettingDescription(CapableDescription):
    """A setting that takes a separate read; most take one request per device, so they are disabled by default.

    ``also`` are further settings that the entity needs.
    """

    setting: Setting
    also: tuple[Setting, ...] = ()
    entity_registry_enabled_default: bool = False


@callback
def async_setup_settings[D: CapableDescription](
    hass: HomeAssistant,
    entry: AlexaConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    descriptions: Sequence[D],
    factory: Callable[[AlexaConfigEntry, SettingsCoordinator, Device, D], Entity],
) -> None:
    """Add an entity for every description that fits a device."""
    devices = entry.runtime_data.devices
    settings = entry.runtime_data.settings
    if settings is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], Entity]]]:
        for device in devices.data.values():
            if device.is_group:
                continue
            base = player_unique_id(entry, device.serial)
            for description in descriptions:
                if description.capability in device.capabilities:
                    yield f"{base}_{description.key}", partial(factory, entry, settings, device, description)

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


class SettingEntity(AlexaDeviceEntity[SettingValue]):
    """One setting of a device, which is read because this entity listens."""

    entity_description: SettingDescription

    def __init__(
        self, entry: AlexaConfigEntry, coordinator: SettingsCoordinator, device: Device, description: SettingDescription
    ) -> None:
        """Initialize as listener of the setting."""
        super().__init__(entry, coordinator, device, description.key)
        self.settings = coordinator
        self.entity_description = description
        self.coordinator_context = setting_key(device.serial, description.setting)

    @property
    def setting_value(self) -> SettingValue | None:
        """Return Amazon's value; None until it is known."""
        return self.value_of(self.entity_description.setting)

    def value_of(self, setting: Setting) -> SettingValue | None:
        """Return the known value of a setting of this device."""
        return self.coordinator.data.get(setting_key(self.serial, setting))

    @property
    @override
    def available(self) -> bool:
        """Return whether the settings can be read; False if a setting is unknown because Amazon failed."""
        return super().available and not any(self.settings.has_failed(self.serial, setting) for setting in self._shown)

    @override
    async def async_added_to_hass(self) -> None:
        """Read the setting, which has a listener now."""
        await super().async_added_to_hass()
        for setting in self.entity_description.also:
            key = setting_key(self.serial, setting)
            self.async_on_remove(self.coordinator.async_add_listener(self._handle_coordinator_update, key))
        self._async_want()

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write changes; a device that comes online can be read."""
        super()._handle_coordinator_update()
        self._async_want()

    @callback
    def _async_want(self) -> None:
        """Read the setting if possible and never done."""
        if self.device.online:
            for setting in self._shown:
                self.settings.async_want(self.serial, setting)

    @property
    def _shown(self) -> tuple[Setting, ...]:
        """Return all values that this entity needs."""
        return (self.entity_description.setting, *self.entity_description.also)

    @override
    async def async_update(self) -> None:
        """Read the setting now, however recent the last read (``homeassistant.update_entity``)."""
        if self.enabled:
            for setting in self._shown:
                self.settings.async_forget(self.serial, setting)
            await self.coordinator.async_refresh_shared()

    async def async_set_setting(self, value: SettingValue) -> None:
        """Change the setting; returns when Amazon has accepted it."""
        with command_errors(self.hass, self.entry):
            await self.settings.async_set(self.device, self.entity_description.setting, value)


class PreferenceEntity(AlexaDeviceEntity[Device]):
    """A setting that comes with the list of devices, without a separate request."""

    def __init__(
        self, entry: AlexaConfigEntry, settings: SettingsCoordinator, device: Device, description: EntityDescription
    ) -> None:
        """Initialize as listener of the device."""
        super().__init__(entry, entry.runtime_data.devices, device, description.key)
        self.settings = settings
        self.entity_description = description

    @property
    def preferences(self) -> DevicePreferences:
        """Return the preferences, or empty ones if unknown."""
        return self.device.preferences or DevicePreferences()

    async def async_set_preferences(self, changes: PreferenceChanges) -> None:
        """Change preferences; returns when Amazon has accepted it."""
        with command_errors(self.hass, self.entry):
            await self.settings.async_set_preferences(self.device, changes)


type SettingFactory[D: EntityDescription] = Callable[
    [AlexaConfigEntry, DeviceSettingsCoordinator, Device, D, str], Entity
]


@callback
def async_setup_property_settings[D: EntityDescription](
    hass: HomeAssistant,
    entry: AlexaConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
    table: Sequence[tuple[str, D]],
    factory: SettingFactory[D],
) -> None:
    """Add an entity for each setting of ``table`` (its key at Amazon, description) that a device has."""
    devices, settings = entry.runtime_data.devices, entry.runtime_data.device_settings
    if settings is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], Entity]]]:
        for device in devices.data.values():
            has = settings.data.get(device.serial, DeviceSettings()).values
            for setting, description in table:
                if setting in has:
                    yield (
                        f"{player_unique_id(entry, device.serial)}_{description.key}",
                        partial(factory, entry, settings, device, description, setting),
                    )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices, settings)


class PropertySettingEntity(AlexaDeviceEntity[DeviceSettings]):
    """One setting of one Echo; an offline Echo has the cloud's values."""

    coordinator: DeviceSettingsCoordinator

    def __init__(
        self,
        entry: AlexaConfigEntry,
        coordinator: DeviceSettingsCoordinator,
        device: Device,
        description: EntityDescription,
        setting: str,
    ) -> None:
        """Initialize with the setting's key at Amazon."""
        super().__init__(entry, coordinator, device, description.key)
        self.entity_description = description
        self._setting = setting

    @property
    @override
    def available(self) -> bool:
        """Return whether the settings can be read."""
        return self.coordinator.usable

    @property
    def setting(self) -> PropertySettingValue | None:
        """Return the value of the setting, or None if it is not set."""
        return self.coordinator.data.get(self.serial, DeviceSettings()).values.get(self._setting)

    @override
    async def async_update(self) -> None:
        """Read the settings of this Echo now (``homeassistant.update_entity``)."""
        if self.enabled:
            with command_errors(self.hass, self.entry):
                await self.coordinator.async_read_now(self.serial)

    async def async_set(self, value: PropertySettingValue) -> None:
        """Write the setting; returns when Amazon has accepted it and it has been read back."""
        with command_errors(self.hass, self.entry):
            await self.coordinator.async_set(self.serial, self._setting, value)
