"""Roles of an appliance's features (light, fan, cover or separate entities), and conversion of their values."""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
import math
import re
from typing import Final

from homeassistant.const import PERCENTAGE, UnitOfDensity, UnitOfRatio, UnitOfTemperature
from homeassistant.util.color import COLORS, brightness_to_value, color_hs_to_RGB, value_to_brightness
from homeassistant.util.percentage import percentage_to_ranged_value, ranged_value_to_percentage

from ..cloud.model.appliances import (
    CLOSED,
    OPEN,
    Appliance,
    ApplianceKind,
    Feature,
    FeatureName,
    ModeOption,
    TemperatureScale,
    ValueRange,
)
from ..cloud.names import by_name

BRIGHTNESS_SCALE: Final = (1, 100)

# Range of color temperatures that Alexa has names for; Amazon does not report a lamp's own limits.
MIN_KELVIN: Final = 2200
MAX_KELVIN: Final = 6500

TEMPERATURE_NAMES: Final = {
    "warm_white": 2200,
    "soft_white": 2700,
    "white": 4000,
    "daylight_white": 5400,
    "cool_white": 6500,
}

_WORDS: Final = """
alice_blue antique_white aqua aquamarine azure beige bisque black blanched_almond blue blue_violet brown
burly_wood cadet_blue chartreuse chocolate coral cornflower_blue cornsilk crimson cyan dark_blue dark_cyan
dark_goldenrod dark_green dark_grey dark_khaki dark_magenta dark_olive_green dark_orange dark_orchid dark_red
dark_salmon dark_sea_green dark_slate_blue dark_slate_grey dark_turquoise dark_violet deep_pink deep_sky_blue
dim_grey dodger_blue firebrick floral_white forest_green fuchsia gainsboro ghost_white gold goldenrod green
green_yellow grey honey_dew hot_pink indian_red indigo ivory khaki lavender lavender_blush lawn_green
lemon_chiffon light_blue light_coral light_cyan light_goldenrod_yellow light_green light_grey light_pink
light_salmon light_sea_green light_sky_blue light_slate_grey light_steel_blue light_yellow lime lime_green linen
magenta maroon medium_aqua_marine medium_blue medium_orchid medium_purple medium_sea_green medium_slate_blue
medium_spring_green medium_turquoise medium_violet_red midnight_blue mint_cream misty_rose moccasin navajo_white
navy old_lace olive olive_drab orange orange_red orchid pale_goldenrod pale_green pale_turquoise pale_violet_red
papaya_whip peach_puff peru pink plum powder_blue purple rebecca_purple red rosy_brown royal_blue saddle_brown
salmon sandy_brown sea_green sea_shell sienna silver sky_blue slate_blue slate_grey snow spring_green steel_blue
tan teal thistle tomato turquoise violet wheat white white_smoke yellow yellow_green
"""
COLOR_NAMES: Final = tuple(_WORDS.split())

# The only one of Alexa's color names that Home Assistant's table lacks.
_LACKING: Final = {"rebeccapurple": (102, 51, 153)}


def color_to_alexa(hs_color: tuple[float, float]) -> tuple[float, float]:
    """Convert hue (0–360) and saturation (0–100) to Alexa's hue (0–360) and saturation (0–1)."""
    hue, saturation = hs_color
    return round(hue % 360, 4), round(saturation / 100, 6)


def color_from_alexa(hue: float, saturation: float) -> tuple[float, float]:
    """Convert Alexa's hue (0–360) and saturation (0–1) to hue (0–360) and saturation (0–100)."""
    return round(hue % 360, 4), round(min(max(saturation, 0.0), 1.0) * 100, 4)


def brightness_to_alexa(brightness: int) -> int:
    """Convert a brightness (1–255) to Alexa's brightness (1–100)."""
    return max(1, round(brightness_to_value(BRIGHTNESS_SCALE, brightness)))


def brightness_from_alexa(level: float) -> int:
    """Convert Alexa's brightness (0–100) to a brightness (1–255); 0 becomes 1, because 0 would mean off."""
    return value_to_brightness(BRIGHTNESS_SCALE, level)


@lru_cache(maxsize=256)
def nearest_color_name(hue: float, saturation: float) -> str:
    """Return the closest of Alexa's color names for a hue (0–360) and saturation (0–1) at full brightness."""
    wanted = color_hs_to_RGB(hue, saturation * 100)
    return min(COLOR_NAMES, key=lambda name: _distance(wanted, _rgb_of(name)))


def nearest_temperature_name(kelvin: float) -> str:
    """Return the closest of Alexa's names for a color temperature in kelvins."""
    return min(TEMPERATURE_NAMES, key=lambda name: abs(TEMPERATURE_NAMES[name] - kelvin))


def _rgb_of(name: str) -> tuple[int, int, int]:
    """Return the RGB color of one of Alexa's names."""
    css = name.replace("_", "")
    return COLORS[css] if css in COLORS else _LACKING[css]


def _distance(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """Return the square of the "redmean" distance of two RGB colors, which approximates perception."""
    red_mean = (one[0] + other[0]) / 2
    red, green, blue = (a - b for a, b in zip(one, other, strict=True))
    return (2 + red_mean / 256) * red**2 + 4 * green**2 + (2 + (255 - red_mean) / 256) * blue**2


UNITS: Final = {
    "Alexa.Unit.Percent": PERCENTAGE,
    "Alexa.Unit.PartsPerMillion": UnitOfRatio.PARTS_PER_MILLION,
    "Alexa.Unit.Density.MicroGramsPerCubicMeter": UnitOfDensity.MICROGRAMS_PER_CUBIC_METER,
}
"""Home Assistant's units for Amazon's; other units that start with "Alexa." are not shown."""

TEMPERATURE_UNITS: Final = {
    TemperatureScale.CELSIUS: UnitOfTemperature.CELSIUS,
    TemperatureScale.FAHRENHEIT: UnitOfTemperature.FAHRENHEIT,
    TemperatureScale.KELVIN: UnitOfTemperature.KELVIN,
}

_ASSET: Final = "Alexa."


def unit_of(value_range: ValueRange) -> str | None:
    """Return the unit to show; None if there is none, or for an unknown unit of Amazon."""
    unit = value_range.unit
    if unit is None or unit.startswith(_ASSET):
        return UNITS.get(unit or "")
    return unit


def name_of(friendly_name: str | None) -> str | None:
    """Return the name to show, or None; an asset such as ``Alexa.Setting.FanSpeed`` becomes "Fan speed"."""
    if not friendly_name or not friendly_name.startswith(_ASSET):
        return friendly_name or None
    last = friendly_name.rpartition(".")[2]
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", last).capitalize()


def snapped(value_range: ValueRange, value: float) -> float:
    """Return the value of a range that is closest to ``value``.

    The values are the minimum, all whole steps above it, and the maximum, so that a blind opens completely. This is
    computed in decimal because a step of 0.1 is not exact in binary.
    """
    low, high, step = (Decimal(str(number)) for number in (value_range.minimum, value_range.maximum, value_range.step))
    wanted = min(max(Decimal(str(value)), low), high)
    stepped = min(low + ((wanted - low) / step).to_integral_value() * step, high)
    return float(min(stepped, high, key=lambda valid: abs(valid - wanted)))


def is_percentage(value_range: ValueRange) -> bool:
    """Return whether a range goes from 0 to 100."""
    return (value_range.minimum, value_range.maximum) == (0, 100)


def speed_count(value_range: ValueRange) -> int:
    """Return the number of speeds of a range, without 0, which means off."""
    # 0.3 - 0.1 is slightly less than two steps of 0.1.
    return int(round((value_range.maximum - _slowest(value_range)) / value_range.step, 6)) + 1


# Decimal places of a position in a range: steps like 0.1 are not exact in binary.
_DIGITS: Final = 6


def speed_to_percentage(value_range: ValueRange, value: float) -> int:
    """Convert a speed to a percentage (0–100); a speed above the fastest one is 100."""
    if value < (slowest := _slowest(value_range)):
        return 0
    index = round((value - slowest) / value_range.step + 1, _DIGITS)
    count = speed_count(value_range)
    return ranged_value_to_percentage((1, count), min(index, count))


def percentage_to_speed(value_range: ValueRange, percentage: int) -> float:
    """Convert a percentage (1–100) to the slowest speed that is at least as fast."""
    index = math.ceil(round(percentage_to_ranged_value((1, speed_count(value_range)), percentage), _DIGITS))
    return snapped(value_range, _slowest(value_range) + (index - 1) * value_range.step)


def _slowest(value_range: ValueRange) -> float:
    """Return the slowest speed of a range; the minimum of a range that starts at 0 means off."""
    if value_range.minimum > 0:
        return value_range.minimum
    return min(value_range.minimum + value_range.step, value_range.maximum)


_BLINDS: Final = frozenset({ApplianceKind.EXTERIOR_BLIND, ApplianceKind.INTERIOR_BLIND})


def is_light(appliance: Appliance) -> bool:
    """Return whether an appliance is a light that can be turned on and off."""
    return appliance.kind is ApplianceKind.LIGHT and appliance.feature(FeatureName.POWER) is not None


def is_fan(appliance: Appliance) -> bool:
    """Return whether an appliance is a fan that can be turned on and off."""
    return appliance.kind is ApplianceKind.FAN and appliance.feature(FeatureName.POWER) is not None


def speed_of(appliance: Appliance) -> Feature | None:
    """Return the only writable range of a fan, which is its speed, or None."""
    ranges = _settable(appliance, FeatureName.RANGE) if is_fan(appliance) else ()
    return ranges[0] if len(ranges) == 1 else None


def position_of(appliance: Appliance) -> Feature | None:
    """Return the position feature of a blind: its only writable range if that goes from 0 to 100, else None.

    That 100 means open is assumed from the example in Amazon's documentation; the feature's semantics are not read.
    """
    if appliance.kind not in _BLINDS:
        return None
    ranges = _settable(appliance, FeatureName.RANGE)
    value_range = ranges[0].value_range if len(ranges) == 1 else None
    return ranges[0] if value_range and is_percentage(value_range) else None


def level_position_of(appliance: Appliance) -> Feature | None:
    """Return the percentage feature with the position of a blind that has no position range, or None."""
    if appliance.kind not in _BLINDS or position_of(appliance):
        return None
    return next(iter(_settable(appliance, FeatureName.PERCENTAGE)), None)


def mode_position_of(appliance: Appliance) -> Feature | None:
    """Return the mode feature that opens and closes an appliance with no position feature, or None.

    The values are those in Amazon's documentation for garage doors and blinds.
    """
    if position_of(appliance) or level_position_of(appliance):
        return None
    modes = _settable(appliance, FeatureName.MODE)
    return next((each for each in modes if {OPEN, CLOSED} <= {mode.value for mode in each.modes}), None)


def plain_levels(appliance: Appliance) -> tuple[Feature, ...]:
    """Return the writable percentage and power level features that are not the position of a blind."""
    levels = (*_settable(appliance, FeatureName.PERCENTAGE), *_settable(appliance, FeatureName.POWER_LEVEL))
    position = level_position_of(appliance)
    return tuple(feature for feature in levels if feature is not position)


def plain_ranges(appliance: Appliance) -> tuple[Feature, ...]:
    """Return the writable range features that have no other role."""
    taken = (speed_of(appliance), position_of(appliance))
    return tuple(feature for feature in _settable(appliance, FeatureName.RANGE) if feature not in taken)


def measured_ranges(appliance: Appliance) -> tuple[Feature, ...]:
    """Return the read-only range features."""
    return tuple(feature for feature in appliance.all_of(FeatureName.RANGE) if not feature.operations)


def plain_modes(appliance: Appliance) -> tuple[Feature, ...]:
    """Return the writable mode features that are neither effects of a light nor the position of a cover."""
    modes = _modes_without_position(appliance)
    return modes[1:] if is_light(appliance) else modes


def effects_of(appliance: Appliance) -> Feature | None:
    """Return the mode feature with the effects of a light, or None.

    This is the light's first writable mode feature that is not the position of a cover.
    """
    modes = _modes_without_position(appliance)
    return modes[0] if modes and is_light(appliance) else None


def _modes_without_position(appliance: Appliance) -> tuple[Feature, ...]:
    """Return the writable mode features that are not the position of a cover."""
    position = mode_position_of(appliance)
    return tuple(feature for feature in _settable(appliance, FeatureName.MODE) if feature is not position)


def modes_by_name(modes: Iterable[ModeOption]) -> dict[str, str]:
    """Return the values of modes by unique names; if a name is missing or already used, the value is the name."""
    return by_name((name_of(mode.name) or mode.value, mode.value, mode.value) for mode in dict.fromkeys(modes))


def plain_toggles(appliance: Appliance) -> tuple[Feature, ...]:
    """Return the writable toggle features."""
    return _settable(appliance, FeatureName.TOGGLE)


def is_plain_switch(appliance: Appliance) -> bool:
    """Return whether an appliance gets a power switch, unlike lights, fans and Echos."""
    has_power = appliance.feature(FeatureName.POWER) is not None
    return has_power and not (appliance.is_echo or is_light(appliance) or is_fan(appliance))


def is_stepped_speaker(appliance: Appliance) -> bool:
    """Return whether the volume of an appliance can only be changed in steps."""
    speaker = appliance.feature(FeatureName.SPEAKER)
    return speaker is not None and "setVolume" not in speaker.operations and "adjustVolume" in speaker.operations


def has_volume(appliance: Appliance) -> bool:
    """Return whether the volume of an appliance can be set."""
    speaker = appliance.feature(FeatureName.SPEAKER)
    return speaker is not None and "setVolume" in speaker.operations


def is_something_else(appliance: Appliance) -> bool:
    """Return whether an appliance has a main function other than power, so that its power switch needs a name."""
    positions = (position_of, level_position_of, mode_position_of)
    return any(find(appliance) for find in positions) or any(
        appliance.feature(name) for name in (FeatureName.THERMOSTAT, FeatureName.LOCK, FeatureName.CONTACT_SENSOR)
    )


def _settable(appliance: Appliance, name: FeatureName) -> tuple[Feature, ...]:
    """Return the writable features with a name, except ranges and modes whose possible values are unknown."""
    return tuple(
        feature
        for feature in appliance.all_of(name)
        if feature.operations
        and (name is not FeatureName.RANGE or feature.value_range)
        and (name is not FeatureName.MODE or feature.modes)
    )
