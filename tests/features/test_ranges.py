"""Tests of ranges: names, units, and conversion to numbers and speeds."""

from hypothesis import example, given, strategies as st
import pytest

from custom_components.alexa_media.cloud.model.appliances import ValueRange
from custom_components.alexa_media.features.roles import (
    is_percentage,
    name_of,
    percentage_to_speed,
    snapped,
    speed_count,
    speed_to_percentage,
    unit_of,
)

FOUR = ValueRange(minimum=1, maximum=4, step=1)
FROM_OFF = ValueRange(minimum=0, maximum=3, step=1)
HALVES = ValueRange(minimum=1, maximum=5, step=0.5)
UNEVEN = ValueRange(minimum=0, maximum=10, step=4)
ONE_STEP = ValueRange(minimum=0, maximum=0.5, step=1)


@pytest.mark.parametrize(
    ("unit", "shown"),
    [
        ("Alexa.Unit.Percent", "%"),
        ("Alexa.Unit.Density.MicroGramsPerCubicMeter", "μg/m³"),
        ("Alexa.Unit.Volume.ImperialGallons", None),
        ("drops", "drops"),
        (None, None),
    ],
)
def test_units_of_a_range_are_shown(unit: str | None, shown: str | None) -> None:
    assert unit_of(ValueRange(minimum=0, maximum=1, step=1, unit=unit)) == shown


def test_assets_become_words() -> None:
    """Texts are unchanged; for an asset, the last part of its id becomes words."""
    assert name_of("Intensity of the mist") == "Intensity of the mist"
    assert name_of("Alexa.Setting.FanSpeed") == "Fan speed"
    assert name_of("Alexa.AirQuality.Humidity") == "Humidity"
    assert name_of("") is None
    assert name_of(None) is None


def test_the_nearest_value_is_on_a_step() -> None:
    """The value is in the range and on a step, without rounding errors; the maximum is valid even between two steps."""
    assert snapped(HALVES, 2.7) == 2.5
    assert snapped(HALVES, 9) == 5
    assert snapped(HALVES, -3) == 1
    assert snapped(ValueRange(minimum=0, maximum=1, step=0.1), 0.3000001) == 0.3
    assert [snapped(UNEVEN, value) for value in (0, 5, 8.1, 9.1, 10.1, 1e9)] == [0, 4, 8, 10, 10, 10]
    assert [snapped(ONE_STEP, value) for value in (-1, 0.2, 0.3, 1)] == [0, 0, 0.5, 0.5]
    assert is_percentage(ValueRange(minimum=0, maximum=100, step=5))
    assert not is_percentage(FOUR)


def test_a_range_from_zero_starts_with_off() -> None:
    """A range that starts at 1 starts with its slowest speed instead."""
    assert (speed_count(FOUR), speed_count(FROM_OFF), speed_count(HALVES)) == (4, 3, 9)
    assert speed_count(ValueRange(minimum=0, maximum=0.3, step=0.1)) == 3
    assert [speed_to_percentage(FOUR, speed) for speed in (1, 2, 3, 4)] == [25, 50, 75, 100]
    assert [speed_to_percentage(FROM_OFF, speed) for speed in (0, 1, 2, 3)] == [0, 33, 66, 100]
    assert [percentage_to_speed(FOUR, percentage) for percentage in (1, 25, 26, 50, 100)] == [1, 1, 2, 2, 4]
    assert (speed_count(ONE_STEP), percentage_to_speed(ONE_STEP, 1)) == (1, 0.5)
    assert speed_to_percentage(ONE_STEP, 0.5) == 100


def test_a_speed_above_the_fastest_one_is_100_percent() -> None:
    """A device may report more than its range allows, or a maximum between two steps."""
    assert [speed_to_percentage(FOUR, speed) for speed in (4.5, 9)] == [100, 100]
    assert [speed_to_percentage(UNEVEN, speed) for speed in (4, 8, 10)] == [50, 100, 100]


@given(
    count=st.integers(1, 100),
    step=st.sampled_from([0.1, 0.25, 0.5, 1, 2, 5]),
    start=st.sampled_from([0, 1, 5]),
    index=st.integers(1, 100),
)
@example(count=100, step=0.1, start=0, index=12)
def test_a_speed_converts_back(count: int, step: float, start: float, index: int) -> None:
    """Every speed of every range converts back from its percentage."""
    value_range = ValueRange(minimum=start, maximum=start + count * step, step=step)
    slowest = start if start > 0 else step
    speed = snapped(value_range, slowest + min(index - 1, speed_count(value_range) - 1) * step)
    assert percentage_to_speed(value_range, speed_to_percentage(value_range, speed)) == speed
