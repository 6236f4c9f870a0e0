"""Smart home appliances and Alexa Guard: features, states, controls and protocol.

Names of features, properties and operations are those of Amazon's GraphQL schema. Accounts also have an older smart
home API, phoenix.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Literal, NamedTuple, Protocol

from ..errors import AlexaError, AlexaUnsupportedError
from .devices import OpenEnum

OPEN: Final = "Position.Up"
CLOSED: Final = "Position.Down"
"""Modes that open and close a garage door or a blind, from the documentation of Amazon's Smart Home Skill API."""


class ApplianceKind(OpenEnum):
    """Type of an appliance: Amazon's display category, or the type selected in the Alexa app (``LIGHT`` for a plug)."""

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
    """Amazon's ``name`` of a feature."""

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
    """Amazon's ``name`` of a property; the docstrings describe the values in a ``Sample``."""

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
    """OFF, or the name of the running stage."""
    DELAY_STATE = "delayState"
    """ENTRY_DELAY, EXIT_DELAY or NONE."""
    DETECTION_STATE = "detectionState"
    """DETECTED or NOT_DETECTED."""
    ELECTRICITY_READING = "electricityReading"
    """float in the unit of the feature."""
    FAN_STAGE = "fanStage"
    """OFF, or the name of the running stage."""
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
    """The value of one of the feature's modes."""
    PERCENTAGE = "percentage"
    """float, 0–100."""
    POWER_LEVEL = "powerLevel"
    """float, 0–100."""
    PRIMARY_HEATER_STAGE = "primaryHeaterStage"
    """OFF, or the name of the running stage."""
    POWER_STATE = "powerState"
    """ON or OFF."""
    RANGE_VALUE = "rangeValue"
    """float within the feature's range."""
    REACHABILITY = "reachability"
    """OK or UNREACHABLE; any other value is unknown."""
    RELATIVE_HUMIDITY = "relativeHumidity"
    """float, percent."""
    STATUS_CODE = "statusCode"
    """Error codes of the appliance, separated by commas; "" for none."""
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
    """Amazon's ``scale`` of a temperature."""

    CELSIUS = "CELSIUS"
    FAHRENHEIT = "FAHRENHEIT"
    KELVIN = "KELVIN"
    UNKNOWN = "UNKNOWN"


class Exposure(StrEnum):
    """Evidence that Home Assistant itself exposes an appliance to Alexa; ``NONE`` if there is none."""

    NONE = "none"
    SKILL = "skill"
    """Exposed by Home Assistant's Alexa skill or emulated Hue bridge, according to manufacturer or description."""
    HUE_V1 = "hue_v1"
    """Behind an old Hue bridge, which may be Home Assistant's emulation; only relevant if the emulation is loaded."""
    MATTER_BRIDGE = "matter_bridge"
    """A Matter bridge, which may expose Home Assistant to Alexa."""
    MATTER_CHILD = "matter_child"
    """A device behind a Matter bridge."""


@dataclass(frozen=True, slots=True)
class HueSaturation:
    """A color: hue 0–360, saturation and brightness 0–1."""

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
    """Lowest and highest temperature that a thermostat can be set to."""

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
    """Limits of a range feature; ``unit`` is Amazon's name, such as ``Alexa.Unit.Percent``."""

    minimum: float
    maximum: float
    step: float
    unit: str | None = None
    presets: tuple[Preset, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeOption:
    """A mode, and its name if Amazon sends one."""

    value: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A function or measurement of an appliance.

    ``instance`` distinguishes several ranges, modes and toggles of one appliance; it is "" if Amazon sends none. A
    range, mode or toggle without ``operations`` is read-only. ``modes`` are the modes of a mode feature or of a
    thermostat, or the arm states of a panel. ``value_range`` is set for a range with valid limits. ``units`` are the
    units of a meter's readings, such as ``MILLIWATT_HOUR``, by property. ``needs_code`` means that disarming a panel
    requires a code.
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
    """A smart home device.

    ``entity_id`` is the base of unique ids. For an account, it is Alexa's id, usually a UUID; ``endpoint_id`` is the id
    in GraphQL, and ``appliance_id`` the id in phoenix. ``merged_ids`` are the appliance ids that Alexa has merged into
    this one. ``echo_serial`` is the serial of the Echo that the appliance is connected to, or its own if it is an Echo.
    ``connected_via`` is the name of the Echo that the appliance is connected to. ``is_local`` means that the appliance
    need not be selected to get entities, for example because it is connected to an Echo. ``type_raw`` is the value of
    ``kind`` as received. ``is_scene`` means that the appliance can be activated. ``sounds`` are the sounds that it can
    detect, as properties (``smokeAlarmDetectionState``).
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
        """Return the first feature with a name, and with an instance if one is given; None if there is none."""
        return next(
            (
                feature
                for feature in self.features
                if feature.name is name and (instance is None or feature.instance == instance)
            ),
            None,
        )

    def all_of(self, name: FeatureName) -> tuple[Feature, ...]:
        """Return all features with the given name, such as all ranges."""
        return tuple(feature for feature in self.features if feature.name is name)


class PropertyKey(NamedTuple):
    """Key of a property: Amazon's names for the feature and the property; ``instance`` is "" if there is none."""

    feature: str
    name: str
    instance: str = ""


_AHEAD: Final = timedelta(hours=1)
"""Maximum time by which Amazon's clock may be ahead."""


def time_of_sample(at: datetime | None) -> datetime | None:
    """Return the time of a sample, or None if it is unknown or more than an hour in the future.

    A sample from the future would make later ones look outdated.
    """
    return None if at is None or at > datetime.now(UTC) + _AHEAD else at


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A value and the time of its measurement.

    ``value`` is ``None`` if it is unknown. ``error`` is the error that Amazon reported, if any.
    """

    value: Value | None
    at: datetime | None = None
    error: str | None = None

    def is_older_than(self, other: Sample) -> bool:
        """Return whether this sample is older than another one; False unless both have a time."""
        return self.at is not None and other.at is not None and self.at < other.at


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplianceState:
    """State of an appliance.

    ``refused`` is True after a command found the appliance unreachable; ``updated`` clears it unless all of the new
    samples are outdated.
    """

    samples: Mapping[PropertyKey, Sample] = field(default_factory=dict)
    refused: bool = False

    @property
    def reachable(self) -> bool:
        """Return whether the appliance is neither ``refused`` nor reported as UNREACHABLE."""
        return not self.refused and self.value(FeatureName.CONNECTIVITY, PropertyName.REACHABILITY) != "UNREACHABLE"

    def sample(self, feature: str, name: str, instance: str = "") -> Sample | None:
        """Return the sample of a property, or None."""
        return self.samples.get(PropertyKey(feature, name, instance))

    def value(self, feature: str, name: str, instance: str = "") -> Value | None:
        """Return the value of a property, or None if it is unknown."""
        sample = self.sample(feature, name, instance)
        return sample.value if sample else None

    def updated(self, newer: ApplianceState) -> ApplianceState:
        """Return this state updated with another one; samples older than the present ones are ignored."""
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
    """Turn an appliance on or off."""

    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetBrightness:
    """Set the brightness, 0–100."""

    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetColor:
    """Set the color: hue 0–360, saturation and brightness 0–1.

    ``name`` is Alexa's name for the color, which phoenix requires.
    """

    hue: float
    saturation: float
    brightness: float = 1.0
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetColorTemperature:
    """Set the color temperature in kelvins.

    ``name`` is Alexa's name for the color temperature (``soft_white``), which phoenix requires.
    """

    kelvin: int
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLock:
    """Lock or unlock an appliance."""

    locked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMode:
    """Set the mode of a feature instance."""

    instance: str
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetToggle:
    """Turn a function of an appliance on or off."""

    instance: str
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRange:
    """Set the value of a range feature."""

    instance: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SetLevel:
    """Set a level, 0–100, of ``percentage`` or ``powerLevel``."""

    feature: Literal[FeatureName.PERCENTAGE, FeatureName.POWER_LEVEL]
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetThermostatMode:
    """Set the thermostat's mode: HEAT, COOL, AUTO, OFF or ECO."""

    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSetpoint:
    """Set one target temperature, or a lower and an upper one."""

    scale: TemperatureScale
    target: float | None = None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSpeakerVolume:
    """Set the volume of an appliance's speaker, 0–100."""

    level: int


type Adjustable = Literal[
    FeatureName.BRIGHTNESS, FeatureName.COLOR_TEMPERATURE, FeatureName.SPEAKER, FeatureName.THERMOSTAT
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjust:
    """Change a value by an amount; only Smart Properties support this.

    Brightness and volume are in percentage points, a setpoint in degrees of ``scale``. For a color temperature only the
    sign counts (positive is a cooler white), because the manufacturer of the device defines the size of a step.
    """

    feature: Adjustable
    amount: float
    scale: TemperatureScale = TemperatureScale.CELSIUS


type Control = (
    Adjust
    | SetPower
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
    """Return the name and the instance of the feature that a control changes."""
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
        case SetLevel(feature=feature) | Adjust(feature=feature):
            return feature, ""
        case SetThermostatMode() | SetSetpoint():
            return FeatureName.THERMOSTAT, ""
        case SetSpeakerVolume():
            return FeatureName.SPEAKER, ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """All appliances by entity id, their states, and the rooms.

    ``rooms`` has the format of ``SmartHomeApi.async_groups``, and is None if the response does not contain them.
    """

    appliances: Mapping[str, Appliance]
    states: Mapping[str, ApplianceState]
    rooms: Mapping[str, str] | None = None


class ArmState(OpenEnum):
    """``armState`` of a security panel. Guard listens in ARMED_AWAY only; ARMED_STAY is "Home" in the app."""

    ARMED_AWAY = "ARMED_AWAY"
    ARMED_STAY = "ARMED_STAY"
    ARMED_NIGHT = "ARMED_NIGHT"
    DISARMED = "DISARMED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartHomeChanged:
    """A push with new samples of appliances, by endpoint id."""

    states: Mapping[str, ApplianceState]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceGroup:
    """A group of appliances and Echos, shown as a room in the app.

    ``members`` are endpoint ids. ``group_id`` is "" for a group to be created.
    """

    group_id: str
    name: str
    members: frozenset[str]


def _unsupported(what: str) -> AlexaUnsupportedError:
    """Return the error for a smart home function that the cloud lacks."""
    return AlexaUnsupportedError(f"This cloud's smart home has no {what}", code="unsupported")


class SmartHomeApi(Protocol):
    """The smart home of an account. Methods raise an ``AlexaError`` on failure unless documented otherwise.

    A subclass implements the parts that its cloud has; the other methods raise ``AlexaUnsupportedError``.
    """

    async def async_discover(self, *, with_rooms: bool = False) -> Discovery:
        """Return all appliances and their states; both may be empty.

        ``with_rooms`` is whether to return the rooms, too, if the same request can read them. Smart Properties return
        the states only if the devices were listed since the last call.
        """

    async def async_groups(self) -> Mapping[str, str]:
        """Return the room name of each appliance and Echo in a room, by endpoint id, entity id or appliance id."""

    async def async_device_groups(self) -> Sequence[DeviceGroup]:
        """Return the rooms with their members.

        Raises ``AlexaUnsupportedError`` if Amazon refuses the request, or recently refused it.
        """
        raise _unsupported("rooms")

    async def async_range_history(
        self,
        appliance: Appliance,  # noqa: ARG002 - names of the protocol
        instance: str,  # noqa: ARG002
        start: datetime,  # noqa: ARG002
        end: datetime,  # noqa: ARG002
    ) -> Sequence[tuple[datetime, float]]:
        """Return the hourly means of a range of an air quality monitor, each with the start of its hour."""
        raise _unsupported("history")

    async def async_add_to_group(self, change: DeviceGroup) -> None:  # noqa: ARG002 - names of the protocol
        """Add members to a group, or create it if it has no id."""
        raise _unsupported("rooms")

    async def async_rename(self, appliance: Appliance, name: str) -> None:  # noqa: ARG002 - names of the protocol
        """Rename an appliance."""
        raise _unsupported("renaming")

    async def async_enable(self, appliance: Appliance, *, enabled: bool) -> None:  # noqa: ARG002 - names of the protocol
        """Enable an appliance in Alexa, or disable it, so that Alexa ignores it."""
        raise _unsupported("switching off")

    async def async_remove(self, appliance: Appliance) -> None:  # noqa: ARG002 - names of the protocol
        """Remove an appliance from the account."""
        raise _unsupported("removal")

    async def async_search(self) -> None:
        """Start Alexa's search for new appliances."""
        raise _unsupported("search")

    async def async_states(self, appliances: Sequence[Appliance]) -> Mapping[str, ApplianceState]:
        """Return the states of the appliances by entity id; some appliances may be missing."""

    async def async_control(
        self, controls: Sequence[tuple[Appliance, Sequence[Control]]]
    ) -> Sequence[AlexaError | None]:
        """Run the controls of each appliance; return an error or None for each appliance.

        The error of an unreachable appliance is ``AlexaUnreachableError``.
        """

    async def async_activate_scene(self, scene: Appliance) -> None:  # noqa: ARG002 - names of the protocol
        """Activate a scene."""
        raise _unsupported("scenes")

    async def async_sounds(self, appliances: Sequence[Appliance]) -> Mapping[str, ApplianceState]:  # noqa: ARG002 - names of the protocol
        """Return the states of sound detection by entity id.

        Raises ``AlexaUnsupportedError`` if Amazon refuses access, or recently refused the request.
        """
        raise _unsupported("sounds")

    async def async_guard(self, guard: Appliance) -> ArmState:  # noqa: ARG002 - names of the protocol
        """Return the arm state of Guard."""
        raise _unsupported("Guard")

    async def async_arm(self, panel: Appliance, state: ArmState, *, code: str | None = None) -> None:  # noqa: ARG002 - names of the protocol
        """Arm or disarm Guard or another security panel; ``code`` is only used to disarm.

        If Amazon refuses, raises ``AlexaUnsupportedError``, or an ``AlexaCommandError`` whose code may be the reason,
        such as ``BypassNeeded``.
        """
        raise _unsupported("security panels")
