"""Tests of the conversion of colors: nothing is lost beyond the precision of the API."""

from itertools import pairwise

from hypothesis import given, strategies as st
import pytest

from custom_components.alexa_media.features.roles import (
    COLOR_NAMES,
    TEMPERATURE_NAMES,
    brightness_from_alexa,
    brightness_to_alexa,
    color_from_alexa,
    color_to_alexa,
    nearest_color_name,
    nearest_temperature_name,
)


@given(hue=st.floats(0, 360), saturation=st.floats(0, 100))
def test_a_color_converts_back(hue: float, saturation: float) -> None:
    """Alexa's numbers are in their range, and a color converts back to itself; 360 degrees equal 0."""
    sent = color_to_alexa((hue, saturation))
    assert 0 <= sent[0] <= 360
    assert 0 <= sent[1] <= 1
    back = color_from_alexa(*sent)
    assert abs(back[0] - hue) % 360 == pytest.approx(0, abs=0.001) or abs(back[0] - hue) > 359.99
    assert back[1] == pytest.approx(saturation, abs=0.001)
    assert color_from_alexa(*color_to_alexa(back)) == back


def test_every_brightness_converts_back() -> None:
    """Each of Alexa's hundred steps converts back, and the order is kept.

    255 is the maximum, and the darkest step is not off.
    """
    assert [brightness_to_alexa(brightness_from_alexa(level)) for level in range(1, 101)] == list(range(1, 101))
    assert (brightness_to_alexa(1), brightness_to_alexa(255)) == (1, 100)
    assert (brightness_from_alexa(0), brightness_from_alexa(1), brightness_from_alexa(100)) == (1, 3, 255)
    levels = [brightness_to_alexa(brightness) for brightness in range(1, 256)]
    assert all(low <= high for low, high in pairwise(levels))
    # one step in Alexa's scale is 2.55 in Home Assistant's
    assert all(abs(brightness_from_alexa(levels[b - 1]) - b) <= 2 for b in range(1, 256))


@pytest.mark.parametrize(
    ("hue", "saturation", "name"),
    [
        (0, 1, "red"),
        (240, 1, "blue"),
        (0, 0, "white"),
        (39, 1, "orange"),
        (60, 1, "yellow"),
        (300, 1, "fuchsia"),
        (348, 0.25, "pink"),
        (120, 0.4, "pale_green"),
    ],
)
def test_the_nearest_color_name_is_used(hue: float, saturation: float, name: str) -> None:
    assert nearest_color_name(hue, saturation) == name


@given(hue=st.floats(0, 360), saturation=st.floats(0, 1))
def test_there_is_always_a_color_name(hue: float, saturation: float) -> None:
    assert nearest_color_name(hue, saturation) in COLOR_NAMES


def test_each_white_has_its_own_name() -> None:
    """Each white has a different name, and values in between get the closest one."""
    assert [nearest_temperature_name(kelvin) for kelvin in TEMPERATURE_NAMES.values()] == list(TEMPERATURE_NAMES)
    assert nearest_temperature_name(2400) == "warm_white"
    assert nearest_temperature_name(2500) == "soft_white"
    assert nearest_temperature_name(9000) == "cool_white"
