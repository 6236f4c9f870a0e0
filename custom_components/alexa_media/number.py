"""Number platform."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, override

from homeassistant.components.number import NumberEntity, NumberEntityDescription, NumberMode
from homeassistant.components.number.const import DOMAIN as NUMBER_DOMAIN
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

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
from .cloud.model.devices import Device
from .cloud.model.settings import MAX_GAIN, Setting
from .coordinator.alarms import AlarmVolumesCoordinator
from .coordinator.runtime import AlexaConfigEntry
from .entity import AlexaDeviceEntity, async_setup_capable, command_errors
from .features.appliances import AlexaApplianceEntity, EntityFactory, Placement, async_setup_appliances, key_of
from .features.roles import name_of, plain_levels, plain_ranges, snapped, unit_of
from .features.settings import (
    PropertySettingEntity,
    SettingDescription,
    SettingEntity,
    async_setup_property_settings,
    async_setup_settings,
)

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    _async_setup_alarms(hass, entry, async_add_entities)
    _async_setup_managed_settings(hass, entry, async_add_entities)
    _async_setup_settings(hass, entry, async_add_entities)
    _async_setup_smart_home(hass, entry, async_add_entities)
    _async_setup_speaker(hass, entry, async_add_entities)


ALERT_VOLUME: Final = NumberEntityDescription(
    key="alert_volume",
    translation_key="alert_volume",
    entity_category=EntityCategory.CONFIG,
    native_min_value=0,
    native_max_value=100,
    native_step=1,
    native_unit_of_measurement=PERCENTAGE,
    mode=NumberMode.SLIDER,
)


@callback
def _async_setup_alarms(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for every device that can change it."""
    async_setup_capable(
        hass,
        entry,
        async_add_entities,
        "TIMERS_ALARMS_NOTIFICATIONS_VOLUME",
        entry.runtime_data.alarm_volume,
        {ALERT_VOLUME.key: AlexaAlarmVolumeNumber},
    )


# NumberEntity first: its ``value``, which is final, is the one that Home Assistant shows.
class AlexaAlarmVolumeNumber(NumberEntity, AlexaDeviceEntity[float]):
    """How loud alarms, timers and notifications of a device are."""

    def __init__(self, entry: AlexaConfigEntry, coordinator: AlarmVolumesCoordinator, device: Device) -> None:
        """Show the volume."""
        super().__init__(entry, coordinator, device, ALERT_VOLUME.key)
        self._volumes = coordinator
        self.entity_description = ALERT_VOLUME

    @property
    @override
    def native_value(self) -> float | None:
        return self.coordinator.data.get(self.serial)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the volume, and show the resulting value."""
        level = round(value)
        with (
            command_errors(self.hass, self.entry),
            self._volumes.written.writing({self.serial: level}, self._volumes.data),
        ):
            await self._volumes.api.async_set_alarm_volume(self.device, level)
        await self.coordinator.async_refresh_shared()


PROPERTY_SETTINGS: Final = (
    (
        "Alexa.ManagedDevice.Settings.maximumVolumeLimit",
        NumberEntityDescription(
            key="maximum_volume",
            translation_key="maximum_volume",
            entity_category=EntityCategory.CONFIG,
            native_min_value=0,
            native_max_value=100,
            native_step=1,
            native_unit_of_measurement=PERCENTAGE,
            mode=NumberMode.SLIDER,
        ),
    ),
)
"""Settings by their keys at Amazon."""


@callback
def _async_setup_managed_settings(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the settings of a property."""
    async_setup_property_settings(hass, entry, async_add_entities, PROPERTY_SETTINGS, AlexaPropertySettingNumber)


# Home Assistant's class comes first: it has a final ``value``.
class AlexaPropertySettingNumber(NumberEntity, PropertySettingEntity):  # type: ignore[misc]  # both have a value: the number's it is
    """A setting in percent."""

    @property
    @override
    def native_value(self) -> float | None:
        return self.setting if isinstance(self.setting, float | int) else None

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.async_set(round(value))


@dataclass(frozen=True, kw_only=True)
class AlexaSettingNumberDescription(SettingDescription, NumberEntityDescription):
    """A setting that is a whole number; a band of the equalizer by default."""

    entity_category: EntityCategory | None = EntityCategory.CONFIG
    native_min_value: float | None = -MAX_GAIN
    native_max_value: float | None = MAX_GAIN
    native_step: float | None = 1
    mode: NumberMode | None = NumberMode.SLIDER


SETTINGS: Final = (
    AlexaSettingNumberDescription(
        key="bass", translation_key="bass", setting=Setting.BASS, capability="EQUALIZER_CONTROLLER_BASS"
    ),
    AlexaSettingNumberDescription(
        key="midrange", translation_key="midrange", setting=Setting.MID, capability="EQUALIZER_CONTROLLER_MIDRANGE"
    ),
    AlexaSettingNumberDescription(
        key="treble", translation_key="treble", setting=Setting.TREBLE, capability="EQUALIZER_CONTROLLER_TREBLE"
    ),
    AlexaSettingNumberDescription(
        key="brightness",
        translation_key="brightness",
        setting=Setting.BRIGHTNESS,
        capability="DISPLAY_BRIGHTNESS_ADJUST",
        native_min_value=0,
        native_max_value=100,
        native_unit_of_measurement=PERCENTAGE,
    ),
)


@callback
def _async_setup_settings(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the settings of each device."""
    async_setup_settings(hass, entry, async_add_entities, SETTINGS, AlexaSettingNumber)


class AlexaSettingNumber(NumberEntity, SettingEntity):  # type: ignore[misc]  # both have a value: the number's it is
    """A setting that is a number."""

    entity_description: AlexaSettingNumberDescription

    @property
    @override
    def native_value(self) -> float | None:
        return self.setting_value if isinstance(self.setting_value, int) else None

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.async_set_setting(round(value))


@callback
def _async_setup_smart_home(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the ranges and levels of appliances."""

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        for feature in plain_ranges(appliance):
            if value_range := feature.value_range:
                key = f"range_{feature.instance}"
                yield key, partial(AlexaRange, feature=feature, value_range=value_range)
        for feature in plain_levels(appliance):
            if feature.name in (FeatureName.PERCENTAGE, FeatureName.POWER_LEVEL):
                yield str(feature.name), partial(AlexaLevel, feature_name=feature.name)

    async_setup_appliances(hass, entry, async_add_entities, NUMBER_DOMAIN, find)


class AlexaRange(AlexaApplianceEntity, NumberEntity):
    """A range of an appliance, with Amazon's name."""

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
        if name := name_of(feature.friendly_name):
            self._attr_name = name
        else:
            self._attr_translation_key = "range"
            self._attr_translation_placeholders = {"instance": feature.instance}

    @property
    @override
    def native_value(self) -> float | None:
        return self.number_of(self._keys[0])

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set the closest value that the appliance supports."""
        await self.async_control(SetRange(instance=self._instance, value=snapped(self._range, value)))


class AlexaLevel(AlexaApplianceEntity, NumberEntity):
    """A percentage or power level of an appliance."""

    _attr_native_min_value = 0
    _attr_native_max_value = 100
    _attr_native_step = 1
    _attr_native_unit_of_measurement = PERCENTAGE

    def __init__(
        self, place: Placement, *, feature_name: Literal[FeatureName.PERCENTAGE, FeatureName.POWER_LEVEL]
    ) -> None:
        """Initialize for one of the two features."""
        is_power = feature_name is FeatureName.POWER_LEVEL
        super().__init__(
            place, PropertyKey(feature_name, PropertyName.POWER_LEVEL if is_power else PropertyName.PERCENTAGE)
        )
        self._feature: Literal[FeatureName.PERCENTAGE, FeatureName.POWER_LEVEL] = feature_name
        self._attr_translation_key = "power_level" if is_power else "percentage"

    @property
    @override
    def native_value(self) -> float | None:
        return self.number_of(self._keys[0])

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.async_control(SetLevel(feature=self._feature, level=round(value)))


VOLUME: Final = PropertyKey(FeatureName.SPEAKER, PropertyName.VOLUME)


@callback
def _async_setup_speaker(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the volumes of speakers."""
    if entry.runtime_data.players is not None:
        return

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        if appliance.feature(FeatureName.SPEAKER):
            yield "volume", AlexaSpeakerVolume

    async_setup_appliances(hass, entry, async_add_entities, NUMBER_DOMAIN, find)


class AlexaSpeakerVolume(AlexaApplianceEntity, NumberEntity):
    """The volume of a speaker."""

    _attr_translation_key = "volume"
    _attr_native_min_value = 0
    _attr_native_max_value = 100
    _attr_native_step = 1
    _attr_native_unit_of_measurement = PERCENTAGE
    _attr_mode = NumberMode.SLIDER

    def __init__(self, place: Placement) -> None:
        """Initialize for the volume."""
        super().__init__(place, VOLUME)

    @property
    @override
    def native_value(self) -> float | None:
        return self.number_of(VOLUME)

    @override
    async def async_set_native_value(self, value: float) -> None:
        await self.async_control(SetSpeakerVolume(level=round(value)))
