"""Roles of an appliance: which features make it a light, a fan or a cover, and which get separate entities."""

from collections.abc import Iterable
from typing import Final

from ..cloud.model.appliances import Appliance, ApplianceKind, Feature, FeatureName, ModeOption
from .colors import is_percentage, name_of

_BLINDS: Final = frozenset({ApplianceKind.EXTERIOR_BLIND, ApplianceKind.INTERIOR_BLIND})


def is_light(appliance: Appliance) -> bool:
    """Return whether an appliance is a light."""
    return appliance.kind is ApplianceKind.LIGHT and appliance.feature(FeatureName.POWER) is not None


def is_fan(appliance: Appliance) -> bool:
    """Return whether an appliance is a fan."""
    return appliance.kind is ApplianceKind.FAN and appliance.feature(FeatureName.POWER) is not None


def speed_of(appliance: Appliance) -> Feature | None:
    """Return the speed of a fan: its range, if it has exactly one; with several, the speed is ambiguous."""
    ranges = _settable(appliance, FeatureName.RANGE) if is_fan(appliance) else ()
    return ranges[0] if len(ranges) == 1 else None


def position_of(appliance: Appliance) -> Feature | None:
    """Return the position of a blind: its range from 0 to 100, if it has exactly one.

    That 100 means open is the example in Amazon's documentation; a blind does not report it.
    """
    if appliance.kind not in _BLINDS:
        return None
    ranges = _settable(appliance, FeatureName.RANGE)
    value_range = ranges[0].value_range if len(ranges) == 1 else None
    return ranges[0] if value_range and is_percentage(value_range) else None


def plain_ranges(appliance: Appliance) -> tuple[Feature, ...]:
    """Return the writable ranges that are not part of another role."""
    taken = (speed_of(appliance), position_of(appliance))
    return tuple(feature for feature in _settable(appliance, FeatureName.RANGE) if feature not in taken)


def measured_ranges(appliance: Appliance) -> tuple[Feature, ...]:
    """Return the read-only ranges."""
    return tuple(feature for feature in appliance.all_of(FeatureName.RANGE) if not feature.operations)


def plain_modes(appliance: Appliance) -> tuple[Feature, ...]:
    """Return the writable modes that are not effects of a light."""
    modes = tuple(feature for feature in _settable(appliance, FeatureName.MODE) if feature.modes)
    return modes[1:] if is_light(appliance) else modes


def effects_of(appliance: Appliance) -> Feature | None:
    """Return the mode feature that holds the effects of a light: its first one."""
    modes = tuple(feature for feature in _settable(appliance, FeatureName.MODE) if feature.modes)
    return modes[0] if modes and is_light(appliance) else None


def modes_by_name(modes: Iterable[ModeOption]) -> dict[str, str]:
    """Return the values of modes by unique names; the value is used where a name is missing or taken."""
    named: dict[str, str] = {}
    for mode in modes:
        name = name_of(mode.name) or mode.value
        named[mode.value if name in named else name] = mode.value
    return named


def plain_toggles(appliance: Appliance) -> tuple[Feature, ...]:
    """Return the toggles, which can be turned on and off."""
    return _settable(appliance, FeatureName.TOGGLE)


def is_plain_switch(appliance: Appliance) -> bool:
    """Return whether an appliance's power is a switch, and not part of a light or a fan.

    An Echo itself can't be turned off.
    """
    has_power = appliance.feature(FeatureName.POWER) is not None
    return has_power and not (appliance.is_echo or is_light(appliance) or is_fan(appliance))


def is_something_else(appliance: Appliance) -> bool:
    """Return whether an appliance has more than its power: then the switch needs a separate name."""
    return position_of(appliance) is not None or any(
        appliance.feature(name) for name in (FeatureName.THERMOSTAT, FeatureName.LOCK, FeatureName.CONTACT_SENSOR)
    )


def _settable(appliance: Appliance, name: FeatureName) -> tuple[Feature, ...]:
    """Return the writable features of a name; of ranges, those with limits."""
    return tuple(
        feature
        for feature in appliance.all_of(name)
        if feature.operations and (name is not FeatureName.RANGE or feature.value_range)
    )
