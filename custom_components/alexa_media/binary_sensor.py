"""Binary sensor platform."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, override

from homeassistant.components.binary_sensor import BinarySensorEntity, BinarySensorEntityDescription
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.const import EntityCategory

from .cloud.model.api import Capability
from .cloud.model.appliances import Appliance, FeatureName, PropertyKey, PropertyName, Value
from .cloud.model.devices import Device
from .coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData
from .entity import AlexaDeviceEntity, AlexaEntity, EntityAdder, account_device_info, platform_setup
from .features.appliances import (
    AlexaApplianceEntity,
    AlexaMeasuringEntity,
    EntityFactory,
    Placement,
    add_appliances,
    has,
    where,
)
from .features.kids import KidsEntity, has_kids
from .features.settings import PropertySettingEntity, SettingDescription, has_setting

PARALLEL_UPDATES = 0


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up the binary sensors of an account."""
    add.devices(data.devices, AlexaOnlineSensor, (ONLINE,))
    if Capability.PUSH in data.backend.capabilities:
        add.account(AlexaPushSensor(add.entry))
    add.devices(data.kids, AlexaKidsSensor, (KIDS,), has_kids)
    if settings := data.device_settings:
        # Echos have separate connectivity entities.
        add.devices(settings, AlexaSetupModePrivileges, SETTINGS, has_setting, settings)
        add_appliances(add, where(_is_connected, AlexaApplianceOnline, "online"))
    add_appliances(
        add,
        where(has(FeatureName.CONTACT_SENSOR), AlexaContact),
        where(has(FeatureName.MOTION_SENSOR), AlexaMotion, "motion"),
        _detections,
    )


def _detections(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
    """Yield the key and factory of an entity for each sound and each detection of an appliance."""
    for sound, sound_description in SOUNDS.items():
        if sound in appliance.sounds:
            yield sound_description.key, partial(AlexaSound, sound=sound)
    for feature in appliance.features:
        for description in DETECTIONS:
            key = description.property_key
            if feature.name == key.feature and key.name in feature.properties:
                yield description.key, partial(AlexaDetection, description=description)


def _is_connected(appliance: Appliance) -> bool:
    """Return whether an appliance is not an Echo and reports its connectivity."""
    return not appliance.is_echo and appliance.feature(FeatureName.CONNECTIVITY) is not None


ONLINE: Final = BinarySensorEntityDescription(
    key="online",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)

PUSH: Final = BinarySensorEntityDescription(
    key="push",
    translation_key="push",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)


class AlexaOnlineSensor(AlexaDeviceEntity[Device], BinarySensorEntity):
    """Connectivity of a device to Amazon."""

    available_offline = True

    @property
    @override
    def is_on(self) -> bool:
        return self.device.online


class AlexaPushSensor(AlexaEntity, BinarySensorEntity):
    """State of Amazon's push stream; off while it is down or stalled."""

    _attr_should_poll = False

    def __init__(self, entry: AlexaConfigEntry) -> None:
        """Initialize for the account."""
        self.entity_description = PUSH
        self._push = entry.runtime_data.push
        self._attr_unique_id = f"{entry.unique_id}_{PUSH.key}"
        self._attr_device_info = account_device_info(entry)

    @property
    @override
    def is_on(self) -> bool:
        return self._push.up

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to changes of the stream's state."""
        self.async_on_remove(self._push.async_add_listener(self.async_write_ha_state))


# Disabled by default, because each costs a request per day.
KIDS: Final = BinarySensorEntityDescription(
    key="amazon_kids",
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
)


class AlexaKidsSensor(KidsEntity, BinarySensorEntity):
    """Whether Amazon Kids is on."""

    @property
    @override
    def is_on(self) -> bool | None:
        return self.value.enabled if self.value else None


@dataclass(frozen=True, kw_only=True)
class AlexaBinarySettingDescription(SettingDescription[str], BinarySensorEntityDescription):
    """Description of a read-only on/off setting of a property's Echo."""


# Only Amazon's index mentions that this setting can be written, so its switch is disabled by default.
SETTINGS: Final = (
    AlexaBinarySettingDescription(
        key="setup_mode_privileges",
        setting="Alexa.ManagedDevice.Settings.setupModePrivileges",
        entity_category=EntityCategory.DIAGNOSTIC,
        entity_registry_enabled_default=True,
    ),
)


class AlexaSetupModePrivileges(PropertySettingEntity, BinarySensorEntity):
    """Shows whether guests may change all settings on the device."""

    entity_description: AlexaBinarySettingDescription

    @property
    @override
    def is_on(self) -> bool | None:
        return None if self.present is None else self.present == ("ALL_SETTINGS",)


class AlexaApplianceOnline(AlexaApplianceEntity, BinarySensorEntity):
    """Connectivity of an appliance to Amazon."""

    _keys = (PropertyKey(FeatureName.CONNECTIVITY, PropertyName.REACHABILITY),)
    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def available(self) -> bool:
        """Return whether the smart home is available, even if the appliance is unreachable."""
        return self.coordinator.usable

    @property
    @override
    def is_on(self) -> bool | None:
        return {"OK": True, "UNREACHABLE": False}.get(str(self.primary))


_MOTION_LASTS: Final = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class DetectionDescription(BinarySensorEntityDescription):
    """Description of a detection: its property, and the values that mean that nothing was detected."""

    property_key: PropertyKey
    clear: frozenset[str]


DETECTIONS: Final = (
    DetectionDescription(
        key="problem",
        property_key=PropertyKey(FeatureName.STATUS_CODE, PropertyName.STATUS_CODE),
        device_class=BinarySensorDeviceClass.PROBLEM,
        entity_category=EntityCategory.DIAGNOSTIC,
        clear=frozenset({""}),
    ),
    *(
        DetectionDescription(
            key=key,
            property_key=PropertyKey(FeatureName.SECURITY_PANEL, name),
            device_class=device_class,
            clear=frozenset({"OK"}),
        )
        for key, name, device_class in (
            ("burglary_alarm", PropertyName.BURGLARY_ALARM, BinarySensorDeviceClass.SAFETY),
            ("fire_alarm", PropertyName.FIRE_ALARM, BinarySensorDeviceClass.SMOKE),
            ("carbon_monoxide_alarm", PropertyName.CARBON_MONOXIDE_ALARM, BinarySensorDeviceClass.CO),
            ("water_alarm", PropertyName.WATER_ALARM, BinarySensorDeviceClass.MOISTURE),
        )
    ),
)


class AlexaDetection(AlexaMeasuringEntity, BinarySensorEntity):
    """A detection of an appliance. Only changes are reported, so an old value remains valid."""

    entity_description: DetectionDescription
    max_age = None

    def __init__(self, place: Placement, *, description: DetectionDescription) -> None:
        """Initialize for the property of a description."""
        super().__init__(place, description.property_key)
        self.entity_description = description

    @property
    @override
    def is_on(self) -> bool | None:
        value = self.measured
        return None if value is None or value == "UNKNOWN" else value not in self.entity_description.clear


SOUNDS: Final = {
    f"{sound}DetectionState": BinarySensorEntityDescription(
        key=f"sound_{key}",
        translation_key=f"sound_{key}",
        device_class=device_class,
        entity_registry_enabled_default=False,
    )
    for key, sound, device_class in (
        ("baby_cry", "babyCry", BinarySensorDeviceClass.SOUND),
        ("beeping_appliance", "beepingAppliance", BinarySensorDeviceClass.SOUND),
        ("carbon_monoxide_siren", "carbonMonoxideSiren", BinarySensorDeviceClass.CO),
        ("cough", "cough", BinarySensorDeviceClass.SOUND),
        ("dog_bark", "dogBark", BinarySensorDeviceClass.SOUND),
        ("glass_break", "glassBreak", BinarySensorDeviceClass.SOUND),
        ("human_presence", "humanPresence", BinarySensorDeviceClass.OCCUPANCY),
        ("running_water", "runningWater", BinarySensorDeviceClass.SOUND),
        ("smoke_alarm", "smokeAlarm", BinarySensorDeviceClass.SMOKE),
        ("smoke_siren", "smokeSiren", BinarySensorDeviceClass.SMOKE),
        ("snore", "snore", BinarySensorDeviceClass.SOUND),
        ("water_sounds", "waterSounds", BinarySensorDeviceClass.SOUND),
    )
}
"""Entity descriptions by Amazon's property of a sound; disabled by default, as polling costs a request per minute."""


_DETECTED: Final = {"DETECTED": True, "NOT_DETECTED": False}


class _AlexaDetector(AlexaMeasuringEntity, BinarySensorEntity):
    """Base class for sensors whose property is DETECTED or NOT_DETECTED."""

    @property
    @override
    def is_on(self) -> bool | None:
        return _DETECTED.get(str(self.measured))


class AlexaSound(_AlexaDetector):
    """Whether an Echo has detected a sound."""

    def __init__(self, place: Placement, *, sound: str) -> None:
        """Initialize for the property of a sound."""
        super().__init__(place, PropertyKey(FeatureName.ACOUSTIC_EVENT_SENSOR, sound))
        self.entity_description = SOUNDS[sound]

    @override
    def max_age_of(self, value: Value) -> timedelta | None:
        """Return the maximum age of a value; "not detected" does not expire."""
        return _MOTION_LASTS if value == "DETECTED" else None

    @property
    @override
    def available(self) -> bool:
        """Return whether the appliance is available and Amazon reports the sounds that it detects."""
        return super().available and self.coordinator.sounds_available

    @override
    async def async_added_to_hass(self) -> None:
        """Poll the sounds every minute while the entity is enabled."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_poll_sounds(self._appliance.entity_id))


class AlexaContact(_AlexaDetector):
    """A door or window contact; on means open. Only changes are reported, so an old value remains valid."""

    _keys = (PropertyKey(FeatureName.CONTACT_SENSOR, PropertyName.DETECTION_STATE),)
    max_age = None
    _attr_name = None
    _attr_device_class = BinarySensorDeviceClass.DOOR


class AlexaMotion(_AlexaDetector):
    """A motion sensor, or the occupancy sensor of an Echo, which detects people by ultrasound.

    Disabled by default, because it is polled every minute while Amazon does not push motion. An Echo may not report for
    weeks.
    """

    _keys = (PropertyKey(FeatureName.MOTION_SENSOR, PropertyName.DETECTION_STATE),)
    _attr_entity_registry_enabled_default = False

    def __init__(self, place: Placement) -> None:
        """Initialize; an Echo senses occupancy, another sensor motion."""
        super().__init__(place)
        is_echo = place.appliance.is_echo
        self._attr_device_class = BinarySensorDeviceClass.OCCUPANCY if is_echo else BinarySensorDeviceClass.MOTION

    @override
    def max_age_of(self, value: Value) -> timedelta | None:
        """Return the maximum age of a value: an hour for motion, a day for "no motion"."""
        return _MOTION_LASTS if value == "DETECTED" else self.max_age

    @override
    async def async_added_to_hass(self) -> None:
        """Poll the motion sensor every minute while the entity is enabled and Amazon does not push motion."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_poll_often(self._appliance.entity_id, FeatureName.MOTION_SENSOR))
