"""Button platform."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.button.const import DOMAIN as BUTTON_DOMAIN, ButtonDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .cloud.model.devices import Device
from .cloud.model.media import Routine
from .cloud.model.property import ManagementApi
from .coordinator.base import EXISTENCE, TopicCoordinator
from .coordinator.media import RoutinesCoordinator
from .coordinator.runtime import AlexaConfigEntry
from .entity import (
    AlexaDeviceEntity,
    TopicEntity,
    account_device_info,
    async_setup_entities,
    command_errors,
    player_unique_id,
)
from .features.routines import async_press_routine
from .features.settings import CapableDescription, PreferenceEntity, async_setup_settings
from .features.targets import async_permissions

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the buttons of an account."""
    _async_setup_routines(hass, entry, async_add_entities)
    _async_setup_settings(hass, entry, async_add_entities)
    _async_setup_timers(hass, entry, async_add_entities)


_KEY: Final = "routine"


@callback
def _async_setup_routines(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for every routine; buttons are added and removed with the routines."""
    if (routines := entry.runtime_data.routines) is None:
        return
    registry = er.async_get(hass)
    prefix = _unique_id(entry, "")

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaRoutineButton]]]:
        for routine in routines.data.values():
            yield _unique_id(entry, routine.routine_id), partial(AlexaRoutineButton, entry, routines, routine)

    def registered() -> dict[str, str]:
        """Return the entity ids of all buttons of routines by the routine's id."""
        return {
            item.unique_id.removeprefix(prefix): item.entity_id
            for item in er.async_entries_for_config_entry(registry, entry.entry_id)
            if item.domain == BUTTON_DOMAIN and item.unique_id.startswith(prefix)
        }

    @callback
    def _remove_gone() -> None:
        for routine_id, entity_id in registered().items():
            if routines.is_gone(routine_id):
                registry.async_remove(entity_id)

    async_setup_entities(hass, entry, async_add_entities, candidates, routines)
    routines.async_remember(registered())
    entry.async_on_unload(routines.async_add_listener(_remove_gone, EXISTENCE))


def _unique_id(entry: AlexaConfigEntry, routine_id: str) -> str:
    """Return the unique id of a routine's button."""
    return f"{entry.unique_id}_{_KEY}_{routine_id}"


class AlexaRoutineButton(TopicEntity[TopicCoordinator[Routine]], ButtonEntity):
    """Run a routine, as its play button in the Alexa app does."""

    _attr_translation_key = _KEY

    def __init__(self, entry: AlexaConfigEntry, coordinator: RoutinesCoordinator, routine: Routine) -> None:
        """Initialize for a routine of the account."""
        super().__init__(coordinator, context=routine.routine_id)
        self.entry = entry
        self._routine = routine
        self._attr_unique_id = _unique_id(entry, routine.routine_id)
        self._attr_device_info = account_device_info(entry)

    @property
    @override
    def name(self) -> str:
        return self._routine.name

    @property
    @override
    def available(self) -> bool:
        """Return whether the routines can be read, and this one is enabled."""
        return super().available and self._routine.enabled

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Update the name and whether the routine is enabled."""
        if routine := self.coordinator.data.get(self._routine.routine_id):
            renamed, self._routine = routine.name != self._routine.name, routine
            if renamed and self.registry_entry:
                er.async_get(self.hass).async_update_entity(self.entity_id, original_name=routine.name)
        super()._handle_coordinator_update()

    @override
    async def async_update(self) -> None:
        """Read the routines now (``homeassistant.update_entity``)."""
        if self.enabled:
            await self.coordinator.async_refresh_shared()

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
