"""Tests of the roles of an appliance by its kind and features."""

import pytest

from custom_components.alexa_media.cloud.model.appliances import (
    CLOSED,
    OPEN,
    Appliance,
    ApplianceKind,
    Feature,
    FeatureName,
    ModeOption,
    ValueRange,
)
from custom_components.alexa_media.features import roles

ON_OFF = frozenset({"turnOn", "turnOff"})
POWER = Feature(name=FeatureName.POWER, operations=ON_OFF)
LOCK = Feature(name=FeatureName.LOCK, operations=frozenset({"lock"}))


def span(instance: str, maximum: float = 100, *, settable: bool = True) -> Feature:
    """Return a range that starts at 0."""
    operations = frozenset({"setRangeValue"}) if settable else frozenset[str]()
    limits = ValueRange(minimum=0, maximum=maximum, step=1)
    return Feature(name=FeatureName.RANGE, instance=instance, operations=operations, value_range=limits)


def mode(instance: str, *values: str) -> Feature:
    """Return a mode feature whose values have no names."""
    options = tuple(ModeOption(value=value) for value in values)
    return Feature(name=FeatureName.MODE, instance=instance, operations=frozenset({"setMode"}), modes=options)


def made(kind: ApplianceKind, *features: Feature, is_echo: bool = False) -> Appliance:
    """Return an appliance."""
    return Appliance(
        entity_id="e", endpoint_id="p", appliance_id="a", name="It", kind=kind, features=features, is_echo=is_echo
    )


@pytest.mark.parametrize(
    ("kind", "switch"),
    [
        (ApplianceKind.SMARTPLUG, True),
        (ApplianceKind.SWITCH, True),
        (ApplianceKind.AIR_PURIFIER, True),
        (ApplianceKind.UNKNOWN, True),
        (ApplianceKind.LIGHT, False),
        (ApplianceKind.FAN, False),
    ],
)
def test_an_appliance_with_power_is_a_switch(kind: ApplianceKind, switch: bool) -> None:
    """An appliance with power is a switch unless it is a light or a fan; an Echo cannot be turned off."""
    assert roles.is_plain_switch(made(kind, POWER)) is switch
    assert not roles.is_plain_switch(made(kind, POWER, is_echo=True))
    assert not roles.is_plain_switch(made(kind))


def test_a_light_needs_power() -> None:
    """Without power, there is no on or off state."""
    assert roles.is_light(made(ApplianceKind.LIGHT, POWER))
    assert not roles.is_light(made(ApplianceKind.LIGHT, Feature(name=FeatureName.BRIGHTNESS)))


def test_a_single_range_is_the_speed_of_a_fan() -> None:
    """A single range is the speed; two ranges are ambiguous and become numbers."""
    one, two = span("Speed", 4), span("Angle")
    assert roles.speed_of(made(ApplianceKind.FAN, POWER, one)) is one
    assert roles.plain_ranges(made(ApplianceKind.FAN, POWER, one)) == ()
    assert roles.speed_of(made(ApplianceKind.FAN, POWER, one, two)) is None
    assert roles.plain_ranges(made(ApplianceKind.FAN, POWER, one, two)) == (one, two)
    assert roles.speed_of(made(ApplianceKind.AIR_PURIFIER, POWER, one)) is None


def test_a_single_range_is_the_position_of_a_blind() -> None:
    """Only a single range from 0 to 100 is a position; a garage door with modes has none."""
    lift, tilt = span("Lift"), span("Tilt", 90)
    for kind in (ApplianceKind.INTERIOR_BLIND, ApplianceKind.EXTERIOR_BLIND):
        assert roles.position_of(made(kind, lift)) is lift
        assert roles.position_of(made(kind, lift, tilt)) is None
        assert roles.position_of(made(kind, tilt)) is None
        assert roles.plain_ranges(made(kind, lift)) == ()
        assert roles.is_something_else(made(kind, lift, POWER))
    door = mode("Door", "Open", "Closed")
    garage = made(ApplianceKind.GARAGE_DOOR, door, lift)
    assert roles.position_of(garage) is None
    assert (roles.plain_modes(garage), roles.plain_ranges(garage)) == ((door,), (lift,))


def test_read_only_ranges_are_sensors() -> None:
    """A read-only range is a sensor; a range without limits cannot be set either."""
    measured = span("4", settable=False)
    boundless = Feature(name=FeatureName.RANGE, instance="5", operations=frozenset({"setRangeValue"}))
    monitor = made(ApplianceKind.AIR_QUALITY_MONITOR, measured, boundless)
    assert roles.measured_ranges(monitor) == (measured,)
    assert roles.plain_ranges(monitor) == ()
    read_only = Feature(name=FeatureName.MODE, instance="1", modes=(ModeOption(value="A"),))
    assert roles.plain_modes(made(ApplianceKind.OTHER, read_only)) == ()


def test_the_first_mode_of_a_light_is_its_effects() -> None:
    """The first mode of a light contains its effects, and others are selects; other appliances have no effects."""
    show, scene = mode("1", "Rainbow"), mode("2", "Day", "Night")
    lamp = made(ApplianceKind.LIGHT, POWER, show, scene)
    assert (roles.effects_of(lamp), roles.plain_modes(lamp)) == (show, (scene,))
    purifier = made(ApplianceKind.AIR_PURIFIER, POWER, show)
    assert (roles.effects_of(purifier), roles.plain_modes(purifier)) == (None, (show,))


def test_a_position_is_not_the_effects_of_a_light() -> None:
    """A light that opens and closes has a cover for that mode; its next mode contains the effects."""
    door, show, scene = mode("1", OPEN, CLOSED), mode("2", "Rainbow"), mode("3", "Day", "Night")
    lamp = made(ApplianceKind.LIGHT, POWER, door, show, scene)
    assert roles.mode_position_of(lamp) is door
    assert (roles.effects_of(lamp), roles.plain_modes(lamp)) == (show, (scene,))
    assert roles.effects_of(made(ApplianceKind.LIGHT, POWER, door)) is None


@pytest.mark.parametrize(
    ("operations", "stepped", "settable"),
    [
        (("setVolume", "adjustVolume"), False, True),
        (("setVolume",), False, True),
        (("adjustVolume",), True, False),
        (("setMute",), False, False),
        ((), False, False),
    ],
)
def test_the_operations_of_a_speaker_determine_how_its_volume_is_changed(
    operations: tuple[str, ...], stepped: bool, settable: bool
) -> None:
    speaker = made(ApplianceKind.OTHER, Feature(name=FeatureName.SPEAKER, operations=frozenset(operations)))
    assert (roles.is_stepped_speaker(speaker), roles.has_volume(speaker)) == (stepped, settable)
    assert not roles.has_volume(made(ApplianceKind.OTHER, POWER))


def test_names_of_modes_are_unique() -> None:
    """The raw value replaces a missing or duplicate name, and asset ids become words."""
    options = (
        ModeOption(value="A", name="Same"),
        ModeOption(value="B", name="Same"),
        ModeOption(value="C"),
        ModeOption(value="D", name="Alexa.Value.ExtraHigh"),
    )
    assert roles.modes_by_name(options) == {"Same": "A", "B": "B", "C": "C", "Extra high": "D"}


def test_no_mode_replaces_another_one() -> None:
    """A value may equal the name of another mode; a mode that Amazon lists twice is one mode."""
    options = (
        ModeOption(value="A", name="Same"),
        ModeOption(value="Same", name="Same"),
        ModeOption(value="A", name="Same"),
        ModeOption(value="B", name="A"),
        ModeOption(value="A 2"),
    )
    named = roles.modes_by_name(options)
    assert named == {"Same": "A", "Same 2": "Same", "A": "B", "A 2": "A 2"}


def test_a_lock_is_more_than_its_power() -> None:
    assert roles.is_something_else(made(ApplianceKind.SMARTLOCK, POWER, LOCK))
    assert not roles.is_something_else(made(ApplianceKind.SMARTPLUG, POWER))
