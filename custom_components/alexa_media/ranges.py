"""What Alexa's ranges, modes and toggles are called, and how their values go with Home Assistant's."""

from decimal import Decimal
import math
import re
from typing import Final

from homeassistant.const import PERCENTAGE, UnitOfDensity, UnitOfRatio, UnitOfTemperature
from homeassistant.util.percentage import percentage_to_ranged_value, ranged_value_to_percentage

from .backend.appliances import TemperatureScale, ValueRange

UNITS: Final = {
    "Alexa.Unit.Percent": PERCENTAGE,
    "Alexa.Unit.PartsPerMillion": UnitOfRatio.PARTS_PER_MILLION,
    "Alexa.Unit.Density.MicroGramsPerCubicMeter": UnitOfDensity.MICROGRAMS_PER_CUBIC_METER,
}
"""Amazon's units that have one of Home Assistant's; what else begins with Alexa. is shown without a unit."""

TEMPERATURE_UNITS: Final = {
    TemperatureScale.CELSIUS: UnitOfTemperature.CELSIUS,
    TemperatureScale.FAHRENHEIT: UnitOfTemperature.FAHRENHEIT,
    TemperatureScale.KELVIN: UnitOfTemperature.KELVIN,
}

_ASSET: Final = "Alexa."


def unit_of(value_range: ValueRange) -> str | None:
    """Return the unit to show, ``None`` where it has none or nobody knows its sign."""
    unit = value_range.unit
    if unit is None or unit.startswith(_ASSET):
        return UNITS.get(unit or "")
    return unit


def name_of(friendly_name: str | None) -> str | None:
    """Return the name to show: words as they are, one of Amazon's assets (``Alexa.Setting.FanSpeed``) as words."""
    if not friendly_name or not friendly_name.startswith(_ASSET):
        return friendly_name or None
    last = friendly_name.rpartition(".")[2]
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", last).capitalize()


def snapped(value_range: ValueRange, value: float) -> float:
    """Return the value of a range that comes nearest; as decimal as its step is, not 0.30000000000000004."""
    low, high, step = (Decimal(str(number)) for number in (value_range.minimum, value_range.maximum, value_range.step))
    count = ((Decimal(str(value)) - low) / step).to_integral_value()
    return float(min(max(low + count * step, low), high))


def is_percentage(value_range: ValueRange) -> bool:
    """Return whether a range goes from 0 to 100."""
    return (value_range.minimum, value_range.maximum) == (0, 100)


def speed_count(value_range: ValueRange) -> int:
    """Return how many speeds a range has, 0 not counted: that is off."""
    # 0.3 - 0.1 are not quite two steps of 0.1
    return int(round((value_range.maximum - _slowest(value_range)) / value_range.step, 6)) + 1


def speed_to_percentage(value_range: ValueRange, value: float) -> int:
    """Return the percentage (0–100) of a speed."""
    if value < (slowest := _slowest(value_range)):
        return 0
    index = (value - slowest) / value_range.step + 1
    return ranged_value_to_percentage((1, speed_count(value_range)), index)


def percentage_to_speed(value_range: ValueRange, percentage: int) -> float:
    """Return the speed of a percentage (1–100): the slowest one that is at least that fast."""
    index = math.ceil(percentage_to_ranged_value((1, speed_count(value_range)), percentage))
    return snapped(value_range, _slowest(value_range) + (index - 1) * value_range.step)


def _slowest(value_range: ValueRange) -> float:
    """Return the slowest speed: a range that begins at 0 begins with off."""
    return value_range.minimum if value_range.minimum > 0 else value_range.minimum + value_range.step
