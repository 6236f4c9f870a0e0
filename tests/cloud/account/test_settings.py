"""Tests of parsing and changing settings."""

from collections.abc import Callable
import contextlib
import copy
from functools import partial
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.alexa_media.cloud.account import settings as parse
from custom_components.alexa_media.cloud.errors import AlexaBadResponseError
from custom_components.alexa_media.cloud.model.devices import DevicePreferences
from custom_components.alexa_media.cloud.model.settings import SOURCES, Person, Setting, SettingSource

from . import captures
from .captures import STUDIO

PREFERENCE: Any = {
    "locale": "en-GB",
    "supportedLocales": ["en-GB", "de-DE", 7],
    "timeZoneId": "Europe/London",
    "temperatureScale": "CELSIUS",
    "distanceUnits": "METRIC",
    "goldfishEnabled": True,
    "notificationEarconEnabled": "yes",
}
PARSERS: list[tuple[Callable[[Any], Any], Any]] = [
    (parse.parse_preference_objects, captures.PREFERENCES),
    (parse.parse_wake_words, {"wakeWords": [{"deviceSerialNumber": STUDIO, "wakeWord": "ALEXA", "active": True}]}),
    (parse.parse_wake_word_choices, {"wakeWords": ["ALEXA", "ECHO"]}),
    (parse.parse_equalizer, {"bass": 1, "mid": 0, "treble": -6}),
    (partial(parse.parse_device_setting, source=SettingSource.BRIGHTNESS), {"value": "40"}),
    (partial(parse.parse_device_setting, source=SettingSource.DISPLAY_POWER), {"value": '"ON"'}),
    (partial(parse.parse_device_setting, source=SettingSource.TIME_FORMAT), {"value": '"24_HOURS"'}),
    (parse.parse_aux, {"ports": [{"direction": "OUTPUT", "id": "aux0", "isPlugged": False}]}),
    (parse.parse_wifi, {"essid": "home", "macAddress": "00:00:5E:00:53:01"}),
    (parse.parse_home_group, {"homeGroupId": "amzn1.comms.id.hg.amzn1~1"}),
    (
        parse.parse_home_group_devices,
        {
            "devices": [
                {
                    "deviceSerialNumber": STUDIO,
                    "deviceStatus": {"deviceCommsAvailability": "ON", "deviceDropInAvailability": "Home"},
                }
            ]
        },
    ),
    (
        parse.parse_announcements,
        {"devicePermissionsPreferences": [{"devicePreference": "announcements", "state": "OFF", "allowed": True}]},
    ),
    (parse.parse_household, {"accounts": [{"id": "A1", "fullName": "Jo Doe", "role": "ADULT", "email": None}]}),
]
EXPECTED: list[Any] = [
    captures.PREFERENCES["devicePreferences"][0],
    {Setting.WAKE_WORD: "ALEXA"},
    {Setting.WAKE_WORDS: ("ALEXA", "ECHO")},
    {Setting.BASS: 1, Setting.MID: 0, Setting.TREBLE: -6},
    {Setting.BRIGHTNESS: 40},
    {Setting.DISPLAY_POWER: True},
    {Setting.TIME_FORMAT: "24_HOURS"},
    {Setting.AUX_DIRECTION: "OUTPUT"},
    {Setting.WIFI_NAME: "home", Setting.MAC_ADDRESS: "00:00:5E:00:53:01"},
    "amzn1.comms.id.hg.amzn1~1",
    {Setting.COMMUNICATIONS: True, Setting.DROP_IN: "Home"},
    {Setting.ANNOUNCEMENTS: False},
    (Person(person_id="A1", name="Jo Doe", email=None, role="ADULT"),),
]
_SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6)
ANYTHING = _SCALAR | st.lists(_SCALAR, max_size=3) | st.dictionaries(st.text(max_size=6), _SCALAR, max_size=3)


@pytest.mark.parametrize(("case", "expected"), list(zip(PARSERS, EXPECTED, strict=True)))
def test_answers_are_parsed_or_refused(case: tuple[Callable[[Any], Any], Any], expected: Any) -> None:
    parser, answer = case
    found = parser(answer)
    assert (found[STUDIO] if isinstance(found, dict) and STUDIO in found else found) == expected
    wrong: Any
    for wrong in (None, [], "x", {}, 5):
        with pytest.raises(AlexaBadResponseError):
            parser(wrong)


def test_preferences_are_parsed() -> None:
    assert parse.parse_preference(PREFERENCE) == DevicePreferences(
        locale="en-GB",
        locales=("en-GB", "de-DE"),
        time_zone="Europe/London",
        temperature_scale="CELSIUS",
        distance_units="METRIC",
        follow_up=True,
    )
    assert parse.parse_preference({}) == DevicePreferences()


@pytest.mark.parametrize(
    ("source", "value"),
    [("brightness", '"40"'), ("brightness", "101"), ("display_power", "true"), ("time_format", "1"), ("wifi", "{")],
)
def test_unknown_values_are_refused(source: str, value: str) -> None:
    with pytest.raises(AlexaBadResponseError):
        parse.parse_device_setting({"value": value}, SettingSource(source))


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(PARSERS), ANYTHING, st.integers(0, 30))
def test_broken_answers_raise_one_error(case: tuple[Callable[[Any], Any], Any], junk: Any, place: int) -> None:
    parser, answer = case
    broken = copy.deepcopy(answer)
    places = [(broken, key) for key in broken]
    for container, key in tuple(places):
        if isinstance(container[key], list):
            places += [(container[key], index) for index in range(len(container[key]))]
            places += [(each, name) for each in container[key] if isinstance(each, dict) for name in each]
    container, key = places[place % len(places)]
    container[key] = junk
    with contextlib.suppress(AlexaBadResponseError):
        parser(broken)


def test_every_setting_has_a_source() -> None:
    assert set(SOURCES) == set(Setting)
    assert set(SOURCES.values()) == set(SettingSource)
