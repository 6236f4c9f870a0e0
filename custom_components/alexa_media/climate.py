"""Climate platform."""

from datetime import datetime
from math import isnan
from typing import Any, Final, override

from homeassistant.components.climate import ClimateEntity
from homeassistant.components.climate.const import (
    ATTR_HVAC_MODE,
    ATTR_TARGET_TEMP_HIGH,
    ATTR_TARGET_TEMP_LOW,
    PRESET_ECO,
    PRESET_NONE,
    ClimateEntityFeature,
    HVACAction,
    HVACMode,
)
from homeassistant.const import ATTR_TEMPERATURE, UnitOfTemperature
from homeassistant.util.unit_conversion import TemperatureConverter

from .cloud.model.appliances import (
    Control,
    FeatureName,
    PropertyKey,
    PropertyName,
    SetSetpoint,
    SetThermostatMode,
    Temperature,
    TemperatureBounds,
    TemperatureScale,
)
from .entity import invalid_input
from .features.appliances import (
    AlexaApplianceEntity,
    AlexaMeasuringEntity,
    Placement,
    appliance_platform,
    expiry_of,
    has,
    is_recent,
    where,
)
from .features.roles import TEMPERATURE_UNITS

PARALLEL_UPDATES = 0

MODE: Final = PropertyKey(FeatureName.THERMOSTAT, PropertyName.THERMOSTAT_MODE)
TARGET: Final = PropertyKey(FeatureName.THERMOSTAT, PropertyName.TARGET_SETPOINT)
LOWER: Final = PropertyKey(FeatureName.THERMOSTAT, PropertyName.LOWER_SETPOINT)
UPPER: Final = PropertyKey(FeatureName.THERMOSTAT, PropertyName.UPPER_SETPOINT)
CURRENT: Final = PropertyKey(FeatureName.TEMPERATURE_SENSOR, PropertyName.TEMPERATURE)

HUMIDITY: Final = PropertyKey(FeatureName.HUMIDITY_SENSOR, PropertyName.RELATIVE_HUMIDITY)
ALLOWED: Final = PropertyKey(FeatureName.THERMOSTAT_CONFIGURATION, PropertyName.ALLOWED_TEMPERATURE_RANGE)
STAGES: Final = (
    (PropertyKey(FeatureName.HVAC, PropertyName.PRIMARY_HEATER_STAGE), HVACAction.HEATING),
    (PropertyKey(FeatureName.HVAC, PropertyName.AUXILIARY_HEATER_STAGE), HVACAction.HEATING),
    (PropertyKey(FeatureName.HVAC, PropertyName.COOLER_STAGE), HVACAction.COOLING),
    (PropertyKey(FeatureName.HVAC, PropertyName.FAN_STAGE), HVACAction.FAN),
)
"""Properties of heater, cooler and fan stages, each with the thermostat's action while the stage is on."""

HVAC_MODES: Final = {
    "OFF": HVACMode.OFF,
    "HEAT": HVACMode.HEAT,
    "COOL": HVACMode.COOL,
    "AUTO": HVACMode.HEAT_COOL,
}
"""Home Assistant's mode by Amazon's; AUTO heats and cools. ECO may heat or cool, so it is a preset, not a mode."""

ECO: Final = "ECO"


class AlexaThermostat(AlexaApplianceEntity, ClimateEntity):
    """A thermostat, with temperatures in its own scale."""

    _attr_name = None

    def __init__(self, place: Placement) -> None:
        """Initialize with the modes and setpoints of the appliance's thermostat feature."""
        feature = place.appliance.feature(FeatureName.THERMOSTAT)
        modes = [mode.value for mode in feature.modes] if feature else []
        # A thermostat without modes only has a setpoint.
        keys = (MODE, TARGET) if modes else (TARGET, MODE)
        super().__init__(place, *keys, LOWER, UPPER, CURRENT, HUMIDITY, ALLOWED, *(key for key, _ in STAGES))
        properties = feature.properties if feature else frozenset()
        self._attr_hvac_modes = [HVAC_MODES[mode] for mode in modes if mode in HVAC_MODES]
        self._last_active: HVACMode | None = None
        supported = ClimateEntityFeature(0)
        if PropertyName.TARGET_SETPOINT in properties:
            supported |= ClimateEntityFeature.TARGET_TEMPERATURE
        if {PropertyName.LOWER_SETPOINT, PropertyName.UPPER_SETPOINT} <= properties:
            supported |= ClimateEntityFeature.TARGET_TEMPERATURE_RANGE
        if ECO in modes:
            supported |= ClimateEntityFeature.PRESET_MODE
            self._attr_preset_modes = [PRESET_NONE, PRESET_ECO]
        if HVACMode.OFF in self._attr_hvac_modes:
            supported |= ClimateEntityFeature.TURN_OFF
            if self._active_modes:
                supported |= ClimateEntityFeature.TURN_ON
        self._attr_supported_features = supported

    # --- state --------------------------------------------------------------------------

    @property
    @override
    def temperature_unit(self) -> str:
        """Return the unit of the thermostat's own scale, or Celsius if the scale is unknown."""
        temperatures = (self.value_of(key) for key in (TARGET, LOWER, UPPER, CURRENT))
        scale = next((item.scale for item in temperatures if isinstance(item, Temperature)), None)
        return TEMPERATURE_UNITS.get(scale or TemperatureScale.UNKNOWN, UnitOfTemperature.CELSIUS)

    def _temperature(self, key: PropertyKey) -> float | None:
        """Return a temperature in the thermostat's unit, or None if it is unknown."""
        found = self.value_of(key)
        if not isinstance(found, Temperature) or found.scale not in TEMPERATURE_UNITS:
            return None
        return TemperatureConverter.convert(found.value, TEMPERATURE_UNITS[found.scale], self.temperature_unit)

    def _is_recent(self, key: PropertyKey) -> bool:
        """Return whether a property has a measurement recent enough to show."""
        sample = self.appliance_state.sample(*key)
        return sample is not None and is_recent(sample, AlexaMeasuringEntity.max_age)

    @property
    @override
    def current_temperature(self) -> float | None:
        """Return the measured temperature; None if it is unknown or the sample is too old."""
        return self._temperature(CURRENT) if self._is_recent(CURRENT) else None

    @property
    @override
    def current_humidity(self) -> float | None:
        """Return the measured humidity in percent; None if it is unknown or the sample is too old."""
        return self.number_of(HUMIDITY) if self._is_recent(HUMIDITY) else None

    @property
    @override
    def hvac_action(self) -> HVACAction | None:
        """Return the current action of heater, cooler and fan; None if it is unknown."""
        stages = {key: value for key, _ in STAGES if isinstance(value := self.value_of(key), str)}
        running = next((action for key, action in STAGES if stages.get(key) not in (None, "OFF", "UNKNOWN")), None)
        if running or not stages or "UNKNOWN" in stages.values():
            return running
        return HVACAction.OFF if self.hvac_mode is HVACMode.OFF else HVACAction.IDLE

    @property
    @override
    def min_temp(self) -> float:
        """Return the thermostat's lowest setpoint, or Home Assistant's default if it is unknown."""
        return super().min_temp if (limit := self._limit(lowest=True)) is None else limit

    @property
    @override
    def max_temp(self) -> float:
        """Return the thermostat's highest setpoint, or Home Assistant's default if it is unknown."""
        return super().max_temp if (limit := self._limit(lowest=False)) is None else limit

    def _limit(self, *, lowest: bool) -> float | None:
        """Return the lowest or highest setpoint in the thermostat's unit, or None if it is unknown."""
        bounds = self.value_of(ALLOWED)
        if not isinstance(bounds, TemperatureBounds) or bounds.minimum.scale not in TEMPERATURE_UNITS:
            return None
        limit = bounds.minimum if lowest else bounds.maximum
        return TemperatureConverter.convert(limit.value, TEMPERATURE_UNITS[limit.scale], self.temperature_unit)

    @property
    def _is_range(self) -> bool:
        """Return whether to show two setpoints instead of one."""
        has_range = ClimateEntityFeature.TARGET_TEMPERATURE_RANGE in self.supported_features
        has_target = ClimateEntityFeature.TARGET_TEMPERATURE in self.supported_features
        return has_range and (not has_target or self.hvac_mode is HVACMode.HEAT_COOL)

    @property
    @override
    def target_temperature(self) -> float | None:
        return None if self._is_range else self._temperature(TARGET)

    @property
    @override
    def target_temperature_low(self) -> float | None:
        return self._temperature(LOWER) if self._is_range else None

    @property
    @override
    def target_temperature_high(self) -> float | None:
        return self._temperature(UPPER) if self._is_range else None

    native_temperature_unit = temperature_unit
    native_current_temperature = current_temperature
    native_target_temperature = target_temperature
    native_target_temperature_low = target_temperature_low
    native_target_temperature_high = target_temperature_high

    @property
    def _active_modes(self) -> list[HVACMode]:
        """Return the modes other than off, the widest first."""
        widest = (HVACMode.HEAT_COOL, HVACMode.HEAT, HVACMode.COOL)
        return [mode for mode in widest if mode in self._attr_hvac_modes]

    @property
    @override
    def hvac_mode(self) -> HVACMode | None:
        """Return the mode, or ``_usual_mode`` during ECO; None if it is unknown.

        Amazon does not report whether ECO heats or cools.
        """
        if self.value_of(MODE) == ECO:
            return self._usual_mode
        return HVAC_MODES.get(str(self.value_of(MODE)))

    @property
    def _usual_mode(self) -> HVACMode | None:
        """Return the last active mode, else the first of the active modes, else None."""
        return self._last_active or next(iter(self._active_modes), None)

    @property
    @override
    def preset_mode(self) -> str | None:
        return PRESET_ECO if self.value_of(MODE) == ECO else PRESET_NONE

    @override
    def snapshot(self) -> object:
        """Return all values that the entity shows, and store the mode if it is an active one."""
        mode = HVAC_MODES.get(str(self.value_of(MODE)))
        if mode in self._active_modes:
            self._last_active = mode
        return super().snapshot(), self.current_temperature, self.current_humidity

    @property
    @override
    def expires_at(self) -> datetime | None:
        samples = (self.appliance_state.sample(*key) for key in (CURRENT, HUMIDITY))
        known = (expiry_of(sample, AlexaMeasuringEntity.max_age) for sample in samples if sample)
        return min((at for at in known if at), default=None)

    # --- commands -----------------------------------------------------------------------

    @override
    async def async_set_hvac_mode(self, hvac_mode: HVACMode) -> None:
        """Set the mode; setting a mode ends ECO."""
        await self.async_control(_set_mode(hvac_mode))

    @override
    async def async_set_preset_mode(self, preset_mode: str) -> None:
        """Turn on ECO, or end it by setting ``_usual_mode`` if there is one."""
        if preset_mode == PRESET_ECO:
            await self.async_control(SetThermostatMode(mode=ECO))
        elif self.value_of(MODE) == ECO and (mode := self._usual_mode):
            await self.async_control(_set_mode(mode))

    @override
    async def async_set_temperature(self, **kwargs: Any) -> None:
        """Set the given setpoints, and optionally the mode."""
        mode: HVACMode | None = kwargs.get(ATTR_HVAC_MODE)
        if mode is not None and mode not in self.hvac_modes:
            raise invalid_input(
                "thermostat_mode", name=self.appliance.name, mode=mode, modes=", ".join(self.hvac_modes)
            )
        names = (ATTR_TEMPERATURE, ATTR_TARGET_TEMP_LOW, ATTR_TARGET_TEMP_HIGH)
        target, lower, upper = (kwargs.get(name) for name in names)
        if any(setpoint is not None and isnan(setpoint) for setpoint in (target, lower, upper)):
            # Home Assistant's check of the range does not refuse NaN.
            raise invalid_input("invalid_value", field=self.entity_id, allowed=f"{self.min_temp:g}–{self.max_temp:g}")
        scale = next(scale for scale, unit in TEMPERATURE_UNITS.items() if unit == self.temperature_unit)
        controls: list[Control] = [] if mode is None else [_set_mode(mode)]
        controls.append(SetSetpoint(scale=scale, target=target, lower=lower, upper=upper))
        await self.async_control(*controls)

    @override
    async def async_turn_on(self) -> None:
        if mode := self._usual_mode:
            await self.async_control(_set_mode(mode))

    @override
    async def async_turn_off(self) -> None:
        await self.async_control(_set_mode(HVACMode.OFF))


def _set_mode(hvac_mode: HVACMode) -> SetThermostatMode:
    """Return the command for a mode of Home Assistant."""
    return SetThermostatMode(mode=next(mode for mode, known in HVAC_MODES.items() if known is hvac_mode))


async_setup_entry = appliance_platform(where(has(FeatureName.THERMOSTAT), AlexaThermostat))
