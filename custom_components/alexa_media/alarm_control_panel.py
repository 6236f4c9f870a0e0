"""Alarm control panel platform."""

from collections.abc import Iterator
from functools import partial
from typing import Final, override

from homeassistant.components.alarm_control_panel import AlarmControlPanelEntity
from homeassistant.components.alarm_control_panel.const import (
    AlarmControlPanelEntityFeature,
    AlarmControlPanelState,
    CodeFormat,
)
from homeassistant.exceptions import HomeAssistantError

from .cloud.errors import AlexaCommandError
from .cloud.model.appliances import Appliance, ArmState, Feature, FeatureName, PropertyKey, PropertyName
from .coordinator.runtime import AlexaRuntimeData
from .coordinator.smart_home import GuardCoordinator
from .entity import EntityAdder, TopicEntity, command_errors, platform_setup
from .features.appliances import (
    AlexaApplianceEntity,
    EntityFactory,
    Placement,
    add_appliances,
    appliance_device_info,
)
from .issues import translated

PARALLEL_UPDATES = 0


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up the alarm control panel entities of an account."""
    add_appliances(add, partial(_panels, data.guard))


def _panels(guard: GuardCoordinator | None, appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
    """Yield the key and factory of the entity of an appliance that is Alexa Guard or another security panel."""
    panel = appliance.feature(FeatureName.SECURITY_PANEL)
    if appliance.is_guard:
        if guard is not None:
            yield "", partial(AlexaGuard, guard=guard)
    elif panel is not None and PropertyName.ARM_STATE in panel.properties:
        yield "", partial(AlexaSecurityPanel, panel=panel)


STATES: Final = {
    ArmState.ARMED_AWAY: AlarmControlPanelState.ARMED_AWAY,
    ArmState.ARMED_NIGHT: AlarmControlPanelState.ARMED_NIGHT,
    ArmState.ARMED_STAY: AlarmControlPanelState.DISARMED,
    ArmState.DISARMED: AlarmControlPanelState.DISARMED,
}
"""Home Assistant's state by Guard's. Guard listens while armed away; disarmed is "Home" in the app."""


class AlexaGuard(TopicEntity[GuardCoordinator], AlarmControlPanelEntity):
    """Alexa Guard: armed in Amazon's "Away" mode, disarmed in its "Home" mode. Amazon requires no code."""

    _attr_name = None
    _attr_code_arm_required = False
    _attr_supported_features = AlarmControlPanelEntityFeature.ARM_AWAY

    def __init__(self, place: Placement, *, guard: GuardCoordinator) -> None:
        """Initialize for Guard's appliance and coordinator."""
        super().__init__(guard, context=place.appliance.entity_id)
        self.entry = place.entry
        self._entity_id = place.appliance.entity_id
        self._attr_unique_id = place.unique_id
        self._attr_device_info = appliance_device_info(guard.hass, place.entry, place.appliance)

    @property
    @override
    def available(self) -> bool:
        """Return whether the topic's data may be shown and contains a state of Guard."""
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
        """Arm Guard if ``away`` is True, else disarm it."""
        with command_errors(self.hass, self.entry):
            await self.coordinator.async_arm(away=away)

    @override
    async def async_update(self) -> None:
        """Read the state of Guard now (``homeassistant.update_entity``)."""
        if self.enabled:
            await self.coordinator.async_refresh_shared()


ARMED: Final = {
    ArmState.ARMED_AWAY: (AlarmControlPanelState.ARMED_AWAY, AlarmControlPanelEntityFeature.ARM_AWAY),
    ArmState.ARMED_STAY: (AlarmControlPanelState.ARMED_HOME, AlarmControlPanelEntityFeature.ARM_HOME),
    ArmState.ARMED_NIGHT: (AlarmControlPanelState.ARMED_NIGHT, AlarmControlPanelEntityFeature.ARM_NIGHT),
}
"""Home Assistant's state and feature by the armed state of a security panel."""

_ARM_STATE: Final = PropertyKey(FeatureName.SECURITY_PANEL, PropertyName.ARM_STATE)
_DELAY: Final = PropertyKey(FeatureName.SECURITY_PANEL, PropertyName.DELAY_STATE)
_ALARMS: Final = tuple(
    PropertyKey(FeatureName.SECURITY_PANEL, name)
    for name in (
        PropertyName.BURGLARY_ALARM,
        PropertyName.CARBON_MONOXIDE_ALARM,
        PropertyName.FIRE_ALARM,
        PropertyName.WATER_ALARM,
    )
)
_DELAYS: Final = {"ENTRY_DELAY": AlarmControlPanelState.PENDING, "EXIT_DELAY": AlarmControlPanelState.ARMING}

REFUSALS: Final = {
    "BypassNeeded": "panel_open",
    "NotReady": "panel_not_ready",
    "UnclearedAlarm": "panel_uncleared",
    "UnclearedTrouble": "panel_uncleared",
    "AuthorizationRequired": "panel_disarm_first",
    "DeviceCodeSetupRequired": "panel_code_missing",
    "Unauthorized": "panel_code",
    "TooManyFailedAttempts": "panel_locked",
}
"""Translation keys by Amazon's reason for not arming or disarming a panel."""


class AlexaSecurityPanel(AlexaApplianceEntity, AlarmControlPanelEntity):
    """A security panel of a skill or hub; a code is sent only with the command to disarm."""

    _attr_name = None
    _attr_code_arm_required = False

    def __init__(self, place: Placement, *, panel: Feature) -> None:
        """Initialize with the arm states that the panel lists, or with away and home if it lists none."""
        super().__init__(place, _ARM_STATE, _DELAY, *_ALARMS)
        listed = {ArmState(mode.value) for mode in panel.modes} or {ArmState.ARMED_AWAY, ArmState.ARMED_STAY}
        self._attr_supported_features = AlarmControlPanelEntityFeature(0)
        for state, (_, feature) in ARMED.items():
            if state in listed:
                self._attr_supported_features |= feature
        if panel.needs_code:
            self._attr_code_format = CodeFormat.NUMBER

    @property
    @override
    def alarm_state(self) -> AlarmControlPanelState | None:
        """Return the state of an alarm or a delay, else the arm state, or None if it is unknown."""
        if any(self.value_of(key) == "ALARM" for key in _ALARMS):
            return AlarmControlPanelState.TRIGGERED
        if delay := _DELAYS.get(str(self.value_of(_DELAY))):
            return delay
        state = ArmState(str(self.primary))
        if state is ArmState.DISARMED:
            return AlarmControlPanelState.DISARMED
        return ARMED[state][0] if state in ARMED else None

    @override
    async def async_alarm_arm_away(self, code: str | None = None) -> None:
        await self._async_set(ArmState.ARMED_AWAY)

    @override
    async def async_alarm_arm_home(self, code: str | None = None) -> None:
        await self._async_set(ArmState.ARMED_STAY)

    @override
    async def async_alarm_arm_night(self, code: str | None = None) -> None:
        await self._async_set(ArmState.ARMED_NIGHT)

    @override
    async def async_alarm_disarm(self, code: str | None = None) -> None:
        await self._async_set(ArmState.DISARMED, code or None)

    async def _async_set(self, state: ArmState, code: str | None = None) -> None:
        """Arm or disarm the panel, translating Amazon's known reasons for a refusal."""
        with command_errors(self.hass, self.entry):
            try:
                await self.coordinator.async_arm(self._appliance.entity_id, state, code)
            except AlexaCommandError as err:
                if (key := REFUSALS.get(err.code or "")) is None:
                    raise
                raise translated(HomeAssistantError, key, name=self.appliance.name) from err
