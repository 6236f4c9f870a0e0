"""What the entities of settings share: one setting of one Echo that a property manages."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import override

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity import Entity, EntityDescription
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .backend.management import DeviceSettings, SettingValue
from .coordinator import AlexaConfigEntry, DeviceSettingsCoordinator
from .entity import AlexaDeviceEntity, async_setup_entities, command_errors, player_unique_id
from .models import Device

type SettingFactory[D: EntityDescription] = Callable[
    [AlexaConfigEntry, DeviceSettingsCoordinator, Device, D, str], Entity
]


@callback
def async_setup_settings[D: EntityDescription](
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


class AlexaSettingEntity(AlexaDeviceEntity[DeviceSettings]):
    """One setting of one Echo; an Echo that is offline has the settings that the cloud holds for it."""

    coordinator: DeviceSettingsCoordinator

    def __init__(
        self,
        entry: AlexaConfigEntry,
        coordinator: DeviceSettingsCoordinator,
        device: Device,
        description: EntityDescription,
        setting: str,
    ) -> None:
        """Show a setting by its key at Amazon."""
        super().__init__(entry, coordinator, device, description.key)
        self.entity_description = description
        self._setting = setting

    @property
    @override
    def available(self) -> bool:
        """Return whether the settings can be read."""
        return self.coordinator.usable

    @property
    def setting(self) -> SettingValue | None:
        """Return what it is set to, ``None`` where nobody has set it."""
        return self.coordinator.data.get(self.serial, DeviceSettings()).values.get(self._setting)

    @override
    async def async_update(self) -> None:
        """Read the settings of this Echo now (``homeassistant.update_entity``)."""
        if self.enabled:
            with command_errors(self.hass, self.entry):
                await self.coordinator.async_read_now(self.serial)

    async def async_set(self, value: SettingValue) -> None:
        """Write it; returns when Amazon has taken it and has been asked what it is now."""
        with command_errors(self.hass, self.entry):
            await self.coordinator.async_set(self.serial, self._setting, value)
