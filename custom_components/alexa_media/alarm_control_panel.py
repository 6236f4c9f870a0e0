"""Alarm control panel platform."""

from collections.abc import Iterator
from functools import partial
from typing import Final, override

from homeassistant.components.alarm_control_panel import AlarmControlPanelEntity
from homeassistant.components.alarm_control_panel.const import (
    DOMAIN as ALARM_CONTROL_PANEL_DOMAIN,
    AlarmControlPanelEntityFeature,
    AlarmControlPanelState,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .cloud.model.appliances import Appliance, ArmState
from .coordinator.runtime import AlexaConfigEntry
from .coordinator.smart_home import GuardCoordinator
from .entity import TopicEntity, command_errors
from .features.appliances import EntityFactory, Placement, appliance_device_info, async_setup_appliances

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the alarm control panel entities of an account."""
    _async_setup_smart_home(hass, entry, async_add_entities)


STATES: Final = {
    ArmState.ARMED_AWAY: AlarmControlPanelState.ARMED_AWAY,
    ArmState.ARMED_NIGHT: AlarmControlPanelState.ARMED_NIGHT,
    ArmState.ARMED_STAY: AlarmControlPanelState.DISARMED,
    ArmState.DISARMED: AlarmControlPanelState.DISARMED,
}
"""States of Guard: armed away when it listens, disarmed (Home) when it does not."""


@callback
def _async_setup_smart_home(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add Guard if the account has it."""
    guard = entry.runtime_data.guard
    if guard is None:
        return

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        if appliance.is_guard:
            yield "", partial(AlexaGuard, guard=guard)

    async_setup_appliances(hass, entry, async_add_entities, ALARM_CONTROL_PANEL_DOMAIN, find)


class AlexaGuard(TopicEntity[GuardCoordinator], AlarmControlPanelEntity):
    """Alexa Guard: armed when everyone is away, disarmed when someone is at home. Amazon requires no code."""

    _attr_name = None
    _attr_code_arm_required = False
    _attr_supported_features = AlarmControlPanelEntityFeature.ARM_AWAY

    def __init__(self, place: Placement, *, guard: GuardCoordinator) -> None:
        """Initialize for Guard's appliance."""
        super().__init__(guard, context=place.appliance.entity_id)
        self.entry = place.entry
        self._entity_id = place.appliance.entity_id
        self._attr_unique_id = place.unique_id
        self._attr_device_info = appliance_device_info(guard.hass, place.entry, place.appliance)

    @property
    @override
    def available(self) -> bool:
        """Return whether the state of Guard is known."""
        return super().available and self._entity_id in self.coordinator.data

    @property
    @override
    def alarm_state(self) -> AlarmControlPanelState | None:
        state = self.coordinator.data.get(self._entity_id)
        return STATES.get(state) if state else None

    @override
    async def async_alarm_arm_away(self, code: str | None = None) -> None:
        await self._async_arm(away=True)

    @override
    async def async_alarm_disarm(self, code: str | None = None) -> None:
        await self._async_arm(away=False)

    async def _async_arm(self, *, away: bool) -> None:
        """Arm or disarm Guard; the resulting state is read."""
        with command_errors(self.hass, self.entry):
            await self.coordinator.async_arm(away=away)

    @override
    async def async_update(self) -> None:
        """Read Guard now (``homeassistant.update_entity``)."""
        if self.enabled:
            await self.coordinator.async_refresh_shared()
