"""Which Echo is meant where none is named, and what alarms sound like."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.update_coordinator import CoordinatorEntity

from ..alerts import CAN_RING
from ..backend.alerts import Sound
from ..const import CONF_DEFAULT_DEVICE
from ..coordinator import AlarmSounds, AlarmSoundsCoordinator, AlexaConfigEntry, DevicesCoordinator
from ..entity import (
    AlexaDeviceEntity,
    account_device_info,
    async_setup_entities,
    command_errors,
    invalid_input,
    player_unique_id,
)
from ..models import Device

DEFAULT_DEVICE: Final = SelectEntityDescription(
    key="default_device", translation_key="default_device", entity_category=EntityCategory.CONFIG
)

# Two requests for each device, so only for those who want it.
DEFAULT_SOUND: Final = SelectEntityDescription(
    key="default_sound",
    translation_key="default_sound",
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for the account, and one for each device whose alarms can have other sounds."""
    runtime = entry.runtime_data
    devices, sounds, api = runtime.devices, runtime.alarm_sounds, runtime.backend.alerts
    if sounds is None or api is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaDefaultSoundSelect]]]:
        for device in devices.data.values():
            if "CUSTOM_ALARM_TONE" in device.capabilities:
                yield (
                    f"{player_unique_id(entry, device.serial)}_{DEFAULT_SOUND.key}",
                    partial(AlexaDefaultSoundSelect, entry, sounds, device),
                )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)
    async_add_entities([AlexaDefaultDeviceSelect(entry)])


class AlexaDefaultDeviceSelect(CoordinatorEntity[DevicesCoordinator], SelectEntity):
    """The Echo that gets an alarm or a reminder that names none; kept with the options of the account."""

    _attr_has_entity_name = True

    def __init__(self, entry: AlexaConfigEntry) -> None:
        """Belong to the account."""
        super().__init__(entry.runtime_data.devices)
        self.entry = entry
        self.entity_description = DEFAULT_DEVICE
        self._attr_unique_id = f"{entry.unique_id}_{DEFAULT_DEVICE.key}"
        self._attr_device_info = account_device_info(entry)
        self._shown = self._names()

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Show other devices or names; what else changes about them is nothing to choose by."""
        if (names := self._names()) != self._shown:
            self._shown = names
            self.async_write_ha_state()

    @property
    @override
    def available(self) -> bool:
        """Return true: it is ours, and no request stands behind it."""
        return True

    def _names(self) -> dict[str, str]:
        """Return the devices that have alarms by name; the serial tells namesakes apart."""
        found: dict[str, str] = {}
        devices = self.coordinator.data.values()
        for device in sorted(devices, key=lambda device: (device.name.casefold(), device.serial)):
            if CAN_RING in device.capabilities:
                found[f"{device.name} ({device.serial})" if device.name in found else device.name] = device.serial
        return found

    @property
    @override
    def options(self) -> list[str]:
        """Return the names."""
        return list(self._names())

    @property
    @override
    def current_option(self) -> str | None:
        """Return the chosen one, as long as it is there."""
        chosen = self.entry.options.get(CONF_DEFAULT_DEVICE)
        return next((name for name, serial in self._names().items() if serial == chosen), None)

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose one."""
        options = {**self.entry.options, CONF_DEFAULT_DEVICE: self._names()[option]}
        self.hass.config_entries.async_update_entry(self.entry, options=options)
        self.async_write_ha_state()


class AlexaDefaultSoundSelect(AlexaDeviceEntity[AlarmSounds], SelectEntity):
    """The sound of alarms that have none of their own."""

    def __init__(self, entry: AlexaConfigEntry, coordinator: AlarmSoundsCoordinator, device: Device) -> None:
        """Show the sounds of a device."""
        super().__init__(entry, coordinator, device, DEFAULT_SOUND.key)
        self._sounds = coordinator
        self.entity_description = DEFAULT_SOUND

    def _named(self) -> dict[str, Sound]:
        """Return the sounds by name; the id tells namesakes apart."""
        found: dict[str, Sound] = {}
        sounds = (*self.value.sounds, self.value.default) if self.value else ()
        # one that the list lacks can be chosen as long as it is set
        for sound in dict.fromkeys(sound for sound in sounds if sound is not None):
            found[f"{sound.name} ({sound.sound_id})" if sound.name in found else sound.name] = sound
        return found

    @property
    @override
    def options(self) -> list[str]:
        """Return the names."""
        return list(self._named())

    @property
    @override
    def current_option(self) -> str | None:
        """Return what Amazon says."""
        default = self.value.default if self.value else None
        return next((name for name, sound in self._named().items() if sound == default), None)

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose one, and show what Amazon then says."""
        sound = self._named().get(option)
        if sound is None:
            raise invalid_input("alert_sound_unknown", sound=option, known=", ".join(self._named()))
        with command_errors(self.hass, self.entry):
            await self._sounds.api.async_set_default_sound(self.device, sound)
        await self.coordinator.async_refresh_shared()
