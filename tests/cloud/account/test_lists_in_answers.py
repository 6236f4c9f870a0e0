"""Tests of the decision whether a response counts as a list, which all parsers share."""

from collections.abc import Callable
from typing import Any

import pytest

from custom_components.alexa_media.cloud.account import (
    alarms as parse_alerts,
    alarms as parse_notifications,
    history as parse_history,
    kids as parse_kids,
    lists as parse_lists,
    media as parse_media,
    parse,
    parse as parse_bluetooth,
    routines as parse_routines,
    settings as parse_settings,
)
from custom_components.alexa_media.cloud.errors import AlexaBadResponseError
from custom_components.alexa_media.cloud.json import listed
from custom_components.alexa_media.cloud.property import parse as property_parse, settings as property_settings
from custom_components.alexa_media.cloud.property.parse import ShapeError

from . import captures
from .test_parse import NOW

PARSERS: dict[str, tuple[str | None, Callable[[Any], Any]]] = {
    "notifications": ("notifications", parse_notifications.parse_notifications),
    "routines": (None, parse_routines.parse_routines),
    "lists": ("listInfoList", parse_lists.parse_lists),
    "Do Not Disturb": ("doNotDisturbDeviceStatusList", parse.parse_dnd),
    "volumes": ("volumes", parse.parse_volumes),
    "sessions": (None, lambda data: parse.parse_sessions(data, NOW)),
    "sessions by key": ("mediaSessionList", lambda data: parse.parse_sessions(data, NOW)),
    "bluetooth": ("bluetoothStates", parse_bluetooth.parse_bluetooth),
    "history": ("alexaHistoryRecords", lambda data: parse_history.parse_records(data).records),
    "older history": ("customerHistoryRecords", lambda data: parse_history.parse_older_records(data).records),
    "children": ("members", parse_kids.parse_children),
    "providers": (None, parse_media.parse_providers),
    "queue": ("queue", parse_media.parse_queue),
    "stations": ("browseList", parse_media.parse_stations),
    "preferences": ("devicePreferences", parse_settings.parse_preference_objects),
    "wake words": ("wakeWords", parse_settings.parse_wake_words),
    "home group": ("devices", parse_settings.parse_home_group_devices),
    "household": ("accounts", parse_settings.parse_household),
    "alarms": ("alarms", parse_alerts.parse_alarms),
    "sounds": ("notificationSounds", parse_alerts.parse_alarm_tones),
    "alert volumes": ("deviceNotificationStates", parse_alerts.parse_alarm_volumes),
    "ascending": ("ascendingAlarmModelList", parse_alerts.parse_ascending),
}

each_parser = pytest.mark.parametrize(("key", "read"), PARSERS.values(), ids=PARSERS)


def answer(key: str | None, value: Any) -> Any:
    """Return a response in which a value replaces its list."""
    return value if key is None else {key: value}


@each_parser
@pytest.mark.parametrize(
    "value",
    [[], [{}], [{"odd": 1}, {"id": None}], [{"id": 7}, {"deviceSerialNumber": None}, 3]],
    ids=["empty", "an empty object", "unknown keys", "wrong types"],
)
def test_unusable_objects_are_a_good_empty_response(
    key: str | None, read: Callable[[Any], Any], value: list[Any]
) -> None:
    assert not read(answer(key, value))


@each_parser
@pytest.mark.parametrize("value", [None, {}, "x", 5, True, [None], [1, "x", []], ["x", {}, 1], [[{}]]], ids=repr)
def test_a_value_other_than_a_list_of_objects_is_a_failure(
    key: str | None, read: Callable[[Any], Any], value: Any
) -> None:
    with pytest.raises(AlexaBadResponseError):
        read(answer(key, value))


def test_usable_elements_are_read_beside_unusable_ones() -> None:
    found = parse_notifications.parse_notifications({"notifications": [captures.ALARM, {"id": "x"}, None]})
    assert list(found) == [captures.ALARM["id"]]


def test_choices_are_a_list_of_texts() -> None:
    assert list(parse_settings.parse_wake_word_choices({"wakeWords": []}).values()) == [()]
    value: Any
    for value in (None, {}, [1, None], "ALEXA"):
        with pytest.raises(AlexaBadResponseError):
            parse_settings.parse_wake_word_choices({"wakeWords": value})


@pytest.mark.parametrize("value", [None, {}, "x", [None], [1, "x"]], ids=repr)
def test_pages_of_a_property_follow_the_same_rule(value: Any) -> None:
    assert property_parse.endpoint_page({"results": []}).items == ()
    for read in (property_parse.endpoint_page, property_parse.unit_page):
        with pytest.raises(ShapeError):
            read({"results": value})
    with pytest.raises(ShapeError):
        property_settings.settings_page({"settings": value, "errors": []})


def test_a_list_with_mostly_other_elements_than_objects_is_refused() -> None:
    assert listed([{}, 1]) == [{}, 1]
    assert listed([{}, 1, None]) is None
