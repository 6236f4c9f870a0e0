"""Button platform."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.const import EntityCategory

from .cloud.model.property import ManagementApi
from .coordinator.runtime import AlexaRuntimeData
from .coordinator.settings import SettingsCoordinator
from .entity import CapableDescription, EntityAdder, ListedEntity, command_errors, platform_setup
from .features.routines import RoutineEntity, add_routines, async_press_routine
from .features.settings import is_single
from .features.targets import async_permissions

PARALLEL_UPDATES = 0


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up the buttons of an account."""
    add_routines(add, AlexaRoutineButton)
    add.devices(data.settings, AlexaRestartButton, (RESTART,), is_single)
    add.devices(data.backend.management, AlexaDeleteTimers, (DELETE_TIMERS,))


class AlexaRoutineButton(RoutineEntity, ButtonEntity):
    """A button that runs a routine, as the play button in the Alexa app does."""

    @property
    @override
    def available(self) -> bool:
        """Return whether the list of routines is available and the routine is enabled."""
        return super().available and self._routine.enabled

    @override
    async def async_press(self) -> None:
        """Run the routine; returns when Amazon has accepted it."""
        permissions = await async_permissions(self.hass, self.caller)
        await async_press_routine(permissions, self.entry, self._routine.routine_id)


@dataclass(frozen=True, kw_only=True)
class AlexaButtonDescription(CapableDescription, ButtonEntityDescription):
    """Description of a button of a device."""


RESTART: Final = AlexaButtonDescription(
    key="restart",
    device_class=ButtonDeviceClass.RESTART,
    entity_category=EntityCategory.CONFIG,
    capability="ALEXA_DEVICE_REBOOT",
)


class AlexaRestartButton(ListedEntity[SettingsCoordinator], ButtonEntity):
    """A button that restarts a device."""

    @override
    async def async_press(self) -> None:
        """Restart the device."""
        with command_errors(self.hass, self.entry):
            await self.api.api.async_restart(self.device)


DELETE_TIMERS: Final = ButtonEntityDescription(
    key="delete_timers",
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
)


class AlexaDeleteTimers(ListedEntity[ManagementApi], ButtonEntity):
    """A button that deletes all timers of an Echo. The Echo must be online."""

    @override
    async def async_press(self) -> None:
        """Delete the timers."""
        with command_errors(self.hass, self.entry):
            await self.api.async_delete_timers(self.serial)
