"""Number platform."""

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import isnan
from typing import Final, Literal, override

from homeassistant.components.number import NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.const import PERCENTAGE, EntityCategory

from .cloud.model.appliances import (
    Appliance,
    Feature,
    FeatureName,
    PropertyKey,
    PropertyName,
    SetLevel,
    SetRange,
    SetSpeakerVolume,
    ValueRange,
)
from .cloud.model.settings import MAX_GAIN, Setting
from .coordinator.alarms import AlarmVolumesCoordinator
from .coordinator.runtime import AlexaRuntimeData
from .entity import AlexaDeviceEntity, CapableDescription, EntityAdder, command_errors, invalid_input, platform_setup
from .features.appliances import AlexaApplianceEntity, EntityFactory, Placement, add_appliances, key_of, where
from .features.roles import has_volume, plain_levels, plain_ranges, snapped, unit_of
from .features.settings import (
    AlexaSetting,
    PropertySettingEntity,
    SettingDescription,
    SettingEntity,
    has_setting,
    is_single,
)

PARALLEL_UPDATES = 0


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up the number entities that the account supports."""
    add.devices(data.alarm_volume, AlexaAlarmVolumeNumber, (ALERT_VOLUME,))
    add.devices(data.settings, AlexaSettingNumber, SETTINGS, is_single)
    add.devices(data.device_settings, AlexaPropertySettingNumber, PROPERTY_SETTINGS, has_setting, data.device_settings)
    add_appliances(add, _ranges_and_levels)
    if data.players is None:
        add_appliances(add, where(has_volume, AlexaSpeakerVolume, "volume"))


@dataclass(frozen=True, kw_only=True)
class AlexaVolumeDescription(NumberEntityDescription, CapableDescription):
    """Description of a volume of a device."""


ALERT_VOLUME: Final = AlexaVolumeDescription(
    key="alert_volume",
    capability="TIMERS_ALARMS_NOTIFICATIONS_VOLUME",
    entity_category=EntityCategory.CONFIG,
    native_min_value=0,
    native_max_value=100,
    native_step=1,
    native_unit_of_measurement=PERCENTAGE,
    mode=NumberMode.SLIDER,
)


class _Number(NumberEntity):
    """Base class for all numbers."""

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the value; raises ``ServiceValidationError`` for NaN, which Home Assistant does not refuse."""
        if isnan(value):
            raise invalid_input("invalid_value", field=self.entity_id, allowed=f"{self.min_value:g}–{self.max_value:g}")
        await self._async_set(value)

    @abstractmethod
    async def _async_set(self, value: float) -> None:
        """Set the value, which is within the range."""


# _Number comes first, so that NumberEntity's final property ``value`` takes precedence.
class AlexaAlarmVolumeNumber(_Number, AlexaDeviceEntity[float]):
    """Volume of alarms, timers and notifications of a device."""

    coordinator: AlarmVolumesCoordinator

    @property
    @override
    def native_value(self) -> float | None:
        return self.coordinator.data.get(self.serial)

    @override
    async def _async_set(self, value: float) -> None:
        """Set the volume, and read the volumes again."""
        level = round(value)
        with (
            command_errors(self.hass, self.entry),
            self.coordinator.written.writing({self.serial: level}, self.coordinator.data),
        ):
            await self.coordinator.api.async_set_alarm_volume(self.device, level)
        await self.coordinator.async_refresh_shared()


@dataclass(frozen=True, kw_only=True)
class AlexaSettingNumberDescription[S: str](SettingDescription[S], NumberEntityDescription):
    """Description of a setting that is a whole number; the default range is that of an equalizer band."""

    native_min_value: float | None = -MAX_GAIN
    native_max_value: float | None = MAX_GAIN
    native_step: float | None = 1
    mode: NumberMode | None = NumberMode.SLIDER


SETTINGS: Final = (
    AlexaSettingNumberDescription(key="bass", setting=Setting.BASS, capability="EQUALIZER_CONTROLLER_BASS"),
    AlexaSettingNumberDescription(key="midrange", setting=Setting.MID, capability="EQUALIZER_CONTROLLER_MIDRANGE"),
    AlexaSettingNumberDescription(key="treble", setting=Setting.TREBLE, capability="EQUALIZER_CONTROLLER_TREBLE"),
    AlexaSettingNumberDescription(
        key="brightness",
        setting=Setting.BRIGHTNESS,
        capability="DISPLAY_BRIGHTNESS_ADJUST",
        native_min_value=0,
        native_max_value=100,
        native_unit_of_measurement=PERCENTAGE,
    ),
)


PROPERTY_SETTINGS: Final = (
    AlexaSettingNumberDescription(
        key="maximum_volume",
        setting="Alexa.ManagedDevice.Settings.maximumVolumeLimit",
        native_min_value=0,
        native_max_value=100,
        native_unit_of_measurement=PERCENTAGE,
        entity_registry_enabled_default=True,
    ),
)


# _Number comes first, so that NumberEntity's final property ``value`` takes precedence.
class _SettingNumber(_Number, AlexaSetting):
    """Base class for settings that are numbers."""

    @property
    @override
    def native_value(self) -> float | None:
        return self.present if isinstance(self.present, float | int) else None

    @override
    async def _async_set(self, value: float) -> None:
        await self.async_write(round(value))


class AlexaSettingNumber(_SettingNumber, SettingEntity):  # type: ignore[misc]  # both have a value; the number's is used
    """A numeric setting of a device."""


class AlexaPropertySettingNumber(_SettingNumber, PropertySettingEntity):  # type: ignore[misc]  # both have a value
    """A numeric setting of a property's Echo."""


def _ranges_and_levels(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
    """Yield the key and factory of each number for a writable range or level."""
    for feature in plain_ranges(appliance):
        if value_range := feature.value_range:
            yield f"range_{feature.instance}", partial(AlexaRange, feature=feature, value_range=value_range)
    for feature in plain_levels(appliance):
        if feature.name in (FeatureName.PERCENTAGE, FeatureName.POWER_LEVEL):
            yield str(feature.name), partial(AlexaLevel, feature_name=feature.name)


class _ApplianceNumber(AlexaApplianceEntity, _Number):
    """Base class for numbers of an appliance, by default from 0 to 100 percent."""

    _attr_native_min_value: float = 0
    _attr_native_max_value: float = 100
    _attr_native_step: float = 1
    _attr_native_unit_of_measurement: str | None = PERCENTAGE

    @property
    @override
    def native_value(self) -> float | None:
        return self.number_of(self._keys[0])


class AlexaRange(_ApplianceNumber):
    """A writable range of an appliance."""

    def __init__(
        self,
        place: Placement,
        *,
        feature: Feature,
        value_range: ValueRange,
    ) -> None:
        """Initialize for one of the appliance's ranges."""
        super().__init__(place, key_of(feature, PropertyName.RANGE_VALUE))
        self._instance = feature.instance
        self._range = value_range
        self._attr_native_min_value = value_range.minimum
        self._attr_native_max_value = value_range.maximum
        self._attr_native_step = value_range.step
        self._attr_native_unit_of_measurement = unit_of(value_range)
        self._take_name(feature, "range")

    @override
    async def _async_set(self, value: float) -> None:
        """Set the range to its valid value that is closest to ``value``."""
        await self.async_control(SetRange(instance=self._instance, value=snapped(self._range, value)))


class AlexaLevel(_ApplianceNumber):
    """A percentage or power level of an appliance."""

    def __init__(
        self, place: Placement, *, feature_name: Literal[FeatureName.PERCENTAGE, FeatureName.POWER_LEVEL]
    ) -> None:
        """Initialize for the percentage or the power level."""
        is_power = feature_name is FeatureName.POWER_LEVEL
        super().__init__(
            place, PropertyKey(feature_name, PropertyName.POWER_LEVEL if is_power else PropertyName.PERCENTAGE)
        )
        self._feature: Literal[FeatureName.PERCENTAGE, FeatureName.POWER_LEVEL] = feature_name
        self._attr_translation_key = "power_level" if is_power else "percentage"

    @override
    async def _async_set(self, value: float) -> None:
        await self.async_control(SetLevel(feature=self._feature, level=round(value)))


class AlexaSpeakerVolume(_ApplianceNumber):
    """The volume of a smart home speaker."""

    _keys = (PropertyKey(FeatureName.SPEAKER, PropertyName.VOLUME),)
    _attr_translation_key = "volume"
    _attr_mode = NumberMode.SLIDER

    @override
    async def _async_set(self, value: float) -> None:
        await self.async_control(SetSpeakerVolume(level=round(value)))
