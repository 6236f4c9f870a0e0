"""Button platform."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.button.const import DOMAIN as BUTTON_DOMAIN, ButtonDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .cloud.model.devices import Device
from .cloud.model.property import ManagementApi
from .coordinator.runtime import AlexaConfigEntry
from .entity import (
    AlexaDeviceEntity,
    async_setup_entities,
    command_errors,
    player_unique_id,
)
from .features.routines import RoutineEntity, async_press_routine, async_setup_routines
from .features.settings import CapableDescription, PreferenceEntity, async_setup_settings
from .features.targets import async_permissions

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the buttons of an account."""
    async_setup_routines(hass, entry, async_add_entities, BUTTON_DOMAIN, AlexaRoutineButton)
    _async_setup_settings(hass, entry, async_add_entities)
    _async_setup_timers(hass, entry, async_add_entities)


class AlexaRoutineButton(RoutineEntity, ButtonEntity):
    """Run a routine, as its play button in the Alexa app does."""

    @property
    @override
    def available(self) -> bool:
        """Return whether the routines can be read, and this one is enabled."""
        return super().available and self._routine.enabled

    @override
    async def async_press(self) -> None:
        """Run the routine; returns when Amazon has accepted it."""
        permissions = await async_permissions(self.hass, self.caller)
        await async_press_routine(permissions, self.entry, self._routine.routine_id)


@dataclass(frozen=True, kw_only=True)
class AlexaButtonDescription(CapableDescription, ButtonEntityDescription):
    """A button of a device."""


RESTART: Final = (
    AlexaButtonDescription(
        key="restart",
        device_class=ButtonDeviceClass.RESTART,
        entity_category=EntityCategory.CONFIG,
        capability="ALEXA_DEVICE_REBOOT",
    ),
)


@callback
def _async_setup_settings(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for each device that can be restarted."""
    async_setup_settings(hass, entry, async_add_entities, RESTART, AlexaRestartButton)


class AlexaRestartButton(PreferenceEntity, ButtonEntity):
    """Restart a device, which goes offline meanwhile."""

    @override
    async def async_press(self) -> None:
        """Restart the device."""
        with command_errors(self.hass, self.entry):
            await self.settings.api.async_restart(self.device)


DELETE_TIMERS: Final = ButtonEntityDescription(
    key="delete_timers",
    translation_key="delete_timers",
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
)


@callback
def _async_setup_timers(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the buttons of a property."""
    devices, api = entry.runtime_data.devices, entry.runtime_data.backend.management
    if api is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaDeleteTimers]]]:
        for device in devices.data.values():
            yield (
                f"{player_unique_id(entry, device.serial)}_{DELETE_TIMERS.key}",
                partial(AlexaDeleteTimers, entry, api, device),
            )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


class AlexaDeleteTimers(AlexaDeviceEntity[Device], ButtonEntity):
    """Delete all timers of an Echo, which must be online."""

    def __init__(self, entry: AlexaConfigEntry, api: ManagementApi, device: Device) -> None:
        """Initialize for a device."""
        super().__init__(entry, entry.runtime_data.devices, device, DELETE_TIMERS.key)
        self.entity_description = DELETE_TIMERS
        self._api = api

    @override
    async def async_press(self) -> None:
        """Delete the timers."""
        with command_errors(self.hass, self.entry):
            await self._api.async_delete_timers(self.serial)
