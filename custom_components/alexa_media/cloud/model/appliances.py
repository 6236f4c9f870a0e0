"""Smart-home appliances and Alexa Guard: features, states, controls and protocol.

Names of features, properties and operations are those of Amazon's GraphQL schema.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, NamedTuple, Protocol

from ..errors import AlexaError
from .devices import OpenEnum

OPEN: Final = "Position.Up"
CLOSED: Final = "Position.Down"
"""Modes that open and close garage doors and blinds, as the Smart Home API documents them."""


class ApplianceKind(OpenEnum):
    """Type of an appliance: Alexa's display category, or the type set by the user in the app (a plug as a light)."""

    ACTIVITY_TRIGGER = "ACTIVITY_TRIGGER"
    AIR_FRESHENER = "AIR_FRESHENER"
    AIR_PURIFIER = "AIR_PURIFIER"
    AIR_QUALITY_MONITOR = "AIR_QUALITY_MONITOR"
    ALEXA_VOICE_ENABLED = "ALEXA_VOICE_ENABLED"
    CONTACT_SENSOR = "CONTACT_SENSOR"
    DOOR = "DOOR"
    EXTERIOR_BLIND = "EXTERIOR_BLIND"
    FAN = "FAN"
    GARAGE_DOOR = "GARAGE_DOOR"
    HUB = "HUB"
    INTERIOR_BLIND = "INTERIOR_BLIND"
    LIGHT = "LIGHT"
    MOTION_SENSOR = "MOTION_SENSOR"
    OTHER = "OTHER"
    SCENE_TRIGGER = "SCENE_TRIGGER"
    SECURITY_PANEL = "SECURITY_PANEL"
    SMARTLOCK = "SMARTLOCK"
    SMARTPLUG = "SMARTPLUG"
    SWITCH = "SWITCH"
    TEMPERATURE_SENSOR = "TEMPERATURE_SENSOR"
    THERMOSTAT = "THERMOSTAT"
    UNKNOWN = "UNKNOWN"


class FeatureName(OpenEnum):
    """``name`` of a feature."""

    ACOUSTIC_EVENT_SENSOR = "acousticEventSensor"
    BRIGHTNESS = "brightness"
    COLOR = "color"
    COLOR_TEMPERATURE = "colorTemperature"
    CONNECTIVITY = "connectivity"
    CONTACT_SENSOR = "contactSensor"
    DEVICE_USAGE_METER = "deviceUsageMeter"
    ENDPOINT_HEALTH = "endpointHealth"
    HUMIDITY_SENSOR = "humiditySensor"
    HVAC = "hvac"
    LIGHT_SENSOR = "lightSensor"
    LOCK = "lock"
    MODE = "mode"
    MOTION_SENSOR = "motionSensor"
    PERCENTAGE = "percentage"
    POWER = "power"
    POWER_LEVEL = "powerLevel"
    RANGE = "range"
    SECURITY_PANEL = "securityPanel"
    SPEAKER = "speaker"
    STATUS_CODE = "statusCode"
    TEMPERATURE_SENSOR = "temperatureSensor"
    THERMOSTAT = "thermostat"
    THERMOSTAT_CONFIGURATION = "thermostatConfiguration"
    TOGGLE = "toggle"
    UNKNOWN = "UNKNOWN"


class PropertyName(OpenEnum):
    """``name`` of a property, and the type that its value has in a ``Sample``."""

    ALLOWED_TEMPERATURE_RANGE = "allowedTemperatureRange"
    """``TemperatureBounds``."""
    ARM_STATE = "armState"
    """ARMED_AWAY, ARMED_STAY, ARMED_NIGHT or DISARMED."""
    AUXILIARY_HEATER_STAGE = "auxiliaryHeaterStage"
    """ON or OFF."""
    BATTERY = "battery"
    """float, percent."""
    BURGLARY_ALARM = "burglaryAlarm"
    """OK or ALARM."""
    BRIGHTNESS = "brightness"
    """float, 0–100."""
    CARBON_MONOXIDE_ALARM = "carbonMonoxideAlarm"
    """OK or ALARM."""
    COLOR = "color"
    """``HueSaturation``."""
    COLOR_TEMPERATURE = "colorTemperatureInKelvin"
    """float, kelvins."""
    COOLER_STAGE = "coolerStage"
    """OFF, or the stage that runs."""
    DELAY_STATE = "delayState"
    """ENTRY_DELAY, EXIT_DELAY or NONE."""
    DETECTION_STATE = "detectionState"
    """DETECTED or NOT_DETECTED."""
    ELECTRICITY_READING = "electricityReading"
    """float in the unit of the feature."""
    FAN_STAGE = "fanStage"
    """OFF, or the stage that runs."""
    FIRE_ALARM = "fireAlarm"
    """OK or ALARM."""
    ILLUMINANCE = "illuminance"
    """float, lux."""
    LOCK_STATE = "lockState"
    """LOCKED, UNLOCKED or JAMMED."""
    LOWER_SETPOINT = "lowerSetpoint"
    """``Temperature``."""
    NATURAL_GAS_READING = "naturalGasReading"
    """float in the unit of the feature."""
    MODE = "mode"
    """One of the feature's modes."""
    PERCENTAGE = "percentage"
    """float, 0–100."""
    POWER_LEVEL = "powerLevel"
    """float, 0–100."""
    PRIMARY_HEATER_STAGE = "primaryHeaterStage"
    """OFF, or the stage that runs."""
    POWER_STATE = "powerState"
    """ON or OFF."""
    RANGE_VALUE = "rangeValue"
    """float within the feature's range."""
    REACHABILITY = "reachability"
    """OK or UNREACHABLE."""
    RELATIVE_HUMIDITY = "relativeHumidity"
    """float, percent."""
    STATUS_CODE = "statusCode"
    """Codes of what is wrong, separated by commas; "" for none."""
    TARGET_SETPOINT = "targetSetpoint"
    """``Temperature``."""
    TEMPERATURE = "temperature"
    """``Temperature``."""
    THERMOSTAT_MODE = "thermostatMode"
    """HEAT, COOL, AUTO, OFF or ECO."""
    TOGGLE_STATE = "toggleState"
    """ON or OFF."""
    UPPER_SETPOINT = "upperSetpoint"
    """``Temperature``."""
    VOLUME = "volume"
    """float, 0–100."""
    WATER_ALARM = "waterAlarm"
    """OK or ALARM."""
    UNKNOWN = "UNKNOWN"


class TemperatureScale(OpenEnum):
    """``scale`` of a temperature."""

    CELSIUS = "CELSIUS"
    FAHRENHEIT = "FAHRENHEIT"
    KELVIN = "KELVIN"
    UNKNOWN = "UNKNOWN"


class Exposure(StrEnum):
    """Evidence that Home Assistant itself exposes an appliance to Alexa; ``NONE`` without any."""

    NONE = "none"
    SKILL = "skill"
    """Home Assistant's Alexa skill, or its emulated Hue bridge by name."""
    HUE_V1 = "hue_v1"
    """Looks like an old Hue bridge, as Home Assistant's emulation does; counts only if that is loaded."""
    MATTER_BRIDGE = "matter_bridge"
    """A Matter bridge, which may expose Home Assistant to Alexa."""
    MATTER_CHILD = "matter_child"
    """A device behind a Matter bridge."""


@dataclass(frozen=True, slots=True)
class HueSaturation:
    """A colour: hue 0–360, saturation and brightness 0–1."""

    hue: float
    saturation: float
    brightness: float


@dataclass(frozen=True, slots=True)
class Temperature:
    """A temperature with its scale."""

    value: float
    scale: TemperatureScale


@dataclass(frozen=True, slots=True)
class TemperatureBounds:
    """The temperatures that a thermostat can be set to."""

    minimum: Temperature
    maximum: Temperature


type Value = str | float | HueSaturation | Temperature | TemperatureBounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Preset:
    """A named value of a range."""

    value: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRange:
    """Limits of a range feature; ``unit`` is Amazon's name (``Alexa.Unit.Percent``)."""

    minimum: float
    maximum: float
    step: float
    unit: str | None = None
    presets: tuple[Preset, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeOption:
    """A mode, and its name if Amazon has one."""

    value: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A function or measurement of an appliance.

    ``instance`` distinguishes several ranges, modes and toggles of one appliance; it is ""
    if there is only one. A feature without ``operations`` can only be read. ``modes`` are
    those of a mode feature, of a thermostat, or the arm states of a panel. ``value_range`` is that of a range.
    ``units`` are those of a meter's readings (``MILLIWATT_HOUR``) by property. ``needs_code``: a panel asks for a code.
    """

    name: FeatureName
    instance: str = ""
    name_raw: str = ""
    operations: frozenset[str] = frozenset()
    properties: frozenset[str] = frozenset()
    friendly_name: str | None = None
    value_range: ValueRange | None = None
    modes: tuple[ModeOption, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict)
    needs_code: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Appliance:
    """A smart-home device.

    ``entity_id`` is Alexa's (a UUID), on which unique ids hang; ``endpoint_id`` is how GraphQL
    names it, ``appliance_id`` how phoenix does, ``merged_ids`` what it consists of where Alexa
    has made one of several. ``echo_serial`` is the Echo that it hangs on, or that it is
    (``is_echo``); ``connected_via`` that Echo's name. ``serial`` is its own. ``is_local``: on an
    Echo's hub, or Amazon's own. ``type_raw`` is the display category as it came. ``is_scene``: it can only
    be activated. ``sounds``: what it can hear, as properties (``smokeAlarmDetectionState``).
    """

    entity_id: str
    endpoint_id: str
    appliance_id: str
    name: str
    kind: ApplianceKind
    type_raw: str = ""
    description: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    software_version: str | None = None
    serial: str | None = None
    device_type: str | None = None
    connected_via: str | None = None
    echo_serial: str | None = None
    is_echo: bool = False
    is_local: bool = False
    is_guard: bool = False
    is_scene: bool = False
    sounds: frozenset[str] = frozenset()
    exposure: Exposure = Exposure.NONE
    merged_ids: tuple[str, ...] = ()
    features: tuple[Feature, ...] = ()

    def feature(self, name: FeatureName, instance: str | None = None) -> Feature | None:
        """Return a feature by name, the first one if no instance is given."""
        return next(
            (
                feature
                for feature in self.features
                if feature.name is name and (instance is None or feature.instance == instance)
            ),
            None,
        )

    def all_of(self, name: FeatureName) -> tuple[Feature, ...]:
        """Return all features of a name: ranges, modes, toggles."""
        return tuple(feature for feature in self.features if feature.name is name)


class PropertyKey(NamedTuple):
    """Key of a property: Amazon's ``feature`` and ``name``; ``instance`` is "" if there is none."""

    feature: str
    name: str
    instance: str = ""


_AHEAD: Final = timedelta(hours=1)
"""Maximum lead of Amazon's clock."""


def time_of_sample(at: datetime | None) -> datetime | None:
    """Return the time of a sample; None for one in the future, against which every later sample would be old."""
    return None if at is None or at > datetime.now(UTC) + _AHEAD else at


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A value and when it was measured; ``value`` is ``None`` if Amazon could not read it, ``error`` is the reason.

    The time matters in itself: of colour and colour temperature a lamp shows the newer one.
    """

    value: Value | None
    at: datetime | None = None
    error: str | None = None

    def is_older_than(self, other: Sample) -> bool:
        """Return whether this was sampled before the other one; false without both times."""
        return self.at is not None and other.at is not None and self.at < other.at


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplianceState:
    """State of an appliance.

    ``refused`` is true after a command that found it unreachable, until Amazon tells
    anything newer.
    """

    samples: Mapping[PropertyKey, Sample] = field(default_factory=dict)
    refused: bool = False

    @property
    def reachable(self) -> bool:
        """Return whether the appliance is reachable according to Amazon."""
        if self.refused:
            return False
        reachability = self.value(FeatureName.CONNECTIVITY, PropertyName.REACHABILITY)
        return reachability is None or reachability == "OK"

    def sample(self, feature: str, name: str, instance: str = "") -> Sample | None:
        """Return the sample of a property."""
        return self.samples.get(PropertyKey(feature, name, instance))

    def value(self, feature: str, name: str, instance: str = "") -> Value | None:
        """Return the value of a property, or None if it is unknown."""
        sample = self.sample(feature, name, instance)
        return sample.value if sample else None

    def updated(self, newer: ApplianceState) -> ApplianceState:
        """Return this state updated by another one; samples older than the present ones are ignored."""
        taken = {
            key: sample
            for key, sample in newer.samples.items()
            if (held := self.samples.get(key)) is None or not sample.is_older_than(held)
        }
        if not taken:
            return self
        return ApplianceState(samples={**self.samples, **taken})


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPower:
    """Turn on or off."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBrightness:
    """Brightness 0–100."""

    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetColor:
    """Hue 0–360, saturation and brightness 0–1; ``name`` is Alexa's color name, for appliances limited to those."""

    hue: float
    saturation: float
    brightness: float = 1.0
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetColorTemperature:
    """Color temperature; ``name`` is Alexa's name (``soft_white``), for appliances limited to those."""

    kelvin: int
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLock:
    """Lock or unlock."""

    locked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMode:
    """Set the mode of an instance."""

    instance: str
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetToggle:
    """Turn a function of an appliance on or off."""

    instance: str
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRange:
    """Set the value of a range."""

    instance: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLevel:
    """Level 0–100 of ``percentage`` or ``powerLevel``."""

    feature: Literal[FeatureName.PERCENTAGE, FeatureName.POWER_LEVEL]
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetThermostatMode:
    """HEAT, COOL, AUTO, OFF or ECO."""

    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSetpoint:
    """One target temperature, or a lower and an upper one."""

    scale: TemperatureScale
    target: float | None = None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSpeakerVolume:
    """Volume 0–100 of an appliance with a speaker that is not a media player."""

    level: int


type Control = (
    SetPower
    | SetBrightness
    | SetColor
    | SetColorTemperature
    | SetLock
    | SetMode
    | SetToggle
    | SetRange
    | SetLevel
    | SetThermostatMode
    | SetSetpoint
    | SetSpeakerVolume
)


def feature_of(control: Control) -> tuple[FeatureName, str]:
    """Return name and instance of the feature that a control sets."""
    match control:
        case SetPower():
            return FeatureName.POWER, ""
        case SetBrightness():
            return FeatureName.BRIGHTNESS, ""
        case SetColor():
            return FeatureName.COLOR, ""
        case SetColorTemperature():
            return FeatureName.COLOR_TEMPERATURE, ""
        case SetLock():
            return FeatureName.LOCK, ""
        case SetMode(instance=instance):
            return FeatureName.MODE, instance
        case SetToggle(instance=instance):
            return FeatureName.TOGGLE, instance
        case SetRange(instance=instance):
            return FeatureName.RANGE, instance
        case SetLevel(feature=feature):
            return feature, ""
        case SetThermostatMode() | SetSetpoint():
            return FeatureName.THERMOSTAT, ""
        case SetSpeakerVolume():
            return FeatureName.SPEAKER, ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """All appliances by entity id, and the states returned with them."""

    appliances: Mapping[str, Appliance]
    states: Mapping[str, ApplianceState]


class ArmState(OpenEnum):
    """``armState`` of a security panel. Guard is armed in AWAY; in STAY (Amazon's Home) and DISARMED it is not."""

    ARMED_AWAY = "ARMED_AWAY"
    ARMED_STAY = "ARMED_STAY"
    ARMED_NIGHT = "ARMED_NIGHT"
    DISARMED = "DISARMED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartHomeChanged:
    """Appliances changed: samples by endpoint id; each carries its time."""

    states: Mapping[str, ApplianceState]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceGroup:
    """A group of appliances and Echos, which Alexa shows as a room; ``members`` are endpoint ids."""

    group_id: str
    name: str
    members: frozenset[str]


class SmartHomeApi(Protocol):
    """The smart home of an account. Every method raises an ``AlexaError``."""

    async def async_discover(self) -> Discovery:
        """Return all appliances and their states in one request; an account may have none."""

    async def async_groups(self) -> Mapping[str, str]:
        """Return the room name of each appliance and Echo, by endpoint id, entity id or appliance id."""

    async def async_device_groups(self) -> Sequence[DeviceGroup]:
        """Return the rooms with their members; raises where the account is known to refuse it."""

    async def async_add_to_group(self, change: DeviceGroup) -> None:
        """Add members to a group, or create it if it has no id."""

    async def async_rename(self, appliance: Appliance, name: str) -> None:
        """Rename an appliance."""

    async def async_enable(self, appliance: Appliance, *, enabled: bool) -> None:
        """Turn an appliance on or off for Alexa, which then ignores it."""

    async def async_remove(self, appliance: Appliance) -> None:
        """Remove an appliance from the account."""

    async def async_search(self) -> None:
        """Have Alexa look for new appliances."""

    async def async_states(self, appliances: Sequence[Appliance]) -> Mapping[str, ApplianceState]:
        """Return the states of some appliances by entity id in one request."""

    async def async_control(
        self, controls: Sequence[tuple[Appliance, Sequence[Control]]]
    ) -> Sequence[AlexaError | None]:
        """Run controls on each appliance; return one error or None per appliance.

        What is submitted in the same turn of the event loop, or while a request is in
        flight, goes out as one request. An appliance that cannot be reached is
        ``AlexaUnreachableError`` and concerns no other.
        """

    async def async_activate_scene(self, scene: Appliance) -> None:
        """Activate a scene; raises ``AlexaUnsupportedError`` where the account is known to refuse it."""

    async def async_sounds(self, appliances: Sequence[Appliance]) -> Mapping[str, ApplianceState]:
        """Return by entity id what Echos have heard, in one request; raises where the account is known to refuse it."""

    async def async_guard(self, guard: Appliance) -> ArmState:
        """Return the arm state of Guard."""

    async def async_arm(self, panel: Appliance, state: ArmState, *, code: str | None = None) -> None:
        """Arm or disarm Guard or another security panel, with the code that it asks for.

        Raises ``AlexaCommandError``; its ``code`` is Amazon's name of the reason (``BypassNeeded``).
        """
