"""Controls of smart-home appliances and Alexa Guard: models and protocol.

Names of operations are those of Amazon's GraphQL schema.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..errors import AlexaError
from .appliances import Appliance, ApplianceState, FeatureName, TemperatureScale
from .devices import OpenEnum


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
    """``armState`` of Guard: AWAY is armed; STAY (Amazon's Home) and DISARMED are not."""

    ARMED_AWAY = "ARMED_AWAY"
    ARMED_STAY = "ARMED_STAY"
    ARMED_NIGHT = "ARMED_NIGHT"
    DISARMED = "DISARMED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartHomeChanged:
    """Appliances changed: samples by endpoint id; each carries its time."""

    states: Mapping[str, ApplianceState]


class SmartHomeApi(Protocol):
    """The smart home of an account. Every method raises an ``AlexaError``."""

    async def async_discover(self) -> Discovery:
        """Return all appliances and their states in one request; an account may have none."""

    async def async_groups(self) -> Mapping[str, str]:
        """Return the room name of each appliance, by entity id or appliance id."""

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

    async def async_guard(self, guard: Appliance) -> ArmState:
        """Return the arm state of Guard."""

    async def async_set_guard(self, guard: Appliance, *, away: bool) -> None:
        """Arm Guard (``away``) or disarm it without an Echo that listens for it."""
