"""Tests of parsing alarms, sounds and volumes from any response."""

from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.alexa_media.cloud.account.alarms import (
    CREATE_ALARM,
    parse_alarm_tones,
    parse_alarm_volumes,
    parse_alarms,
    parse_ascending,
    parse_created,
    parse_sound,
)
from custom_components.alexa_media.cloud.errors import AlexaBadResponseError, AlexaCommandError
from custom_components.alexa_media.cloud.model.alarms import AlarmTone

ALARM = {
    "alarmToken": "17ef9b04",
    "status": "ON",
    "trigger": {"scheduledTime": "2026-11-22T07:00:00", "recurrence": {"freq": "WEEKLY", "byDay": ["MO"]}},
    "endpointIds": ["G0EXAMPLE@A3S5BH2HU6VAYF"],
    "assets": [{"type": "TONE", "assetId": "system_alerts_melodic_01"}],
    "extensions": [{"name": "WAKE_UP_LIGHTS", "enablement": "DISABLED"}],
}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def test_alarms_keep_parts_that_are_sent_back() -> None:
    """Parts that are sent back later are kept unchanged; a time in two fields is combined."""
    apart = ALARM | {"alarmToken": "b", "trigger": {"date": "2026-11-22", "timeOfDay": "07:00:00"}}
    broken: list[Any] = [
        7,
        {},
        ALARM | {"alarmToken": 5},
        ALARM | {"endpointIds": []},
        ALARM | {"trigger": {"date": "x"}},
    ]
    alarms = parse_alarms({"alarms": [ALARM, apart, *broken]})
    assert set(alarms) == {"17ef9b04", "b"}
    first = alarms["17ef9b04"]
    assert first.recurrence == {"freq": "WEEKLY", "byDay": ["MO"]}
    assert (first.assets, first.extensions) == (tuple(ALARM["assets"]), tuple(ALARM["extensions"]))
    assert (alarms["b"].scheduled, alarms["b"].recurrence) == ("2026-11-22T07:00:00", {})


def test_a_response_without_an_id_means_nothing_was_created() -> None:
    """Such a response raises an error."""
    assert parse_created({"alarmToken": "a"}, "alarmToken", CREATE_ALARM) == "a"
    answers: tuple[Any, ...] = ({}, None, [], {"alarmToken": None}, {"id": "a"})
    for answer in answers:
        with pytest.raises(AlexaCommandError) as caught:
            parse_created(answer, "alarmToken", CREATE_ALARM)
        assert caught.value.code == "not_created"


def test_invalid_sounds_and_volumes_are_skipped() -> None:
    """Only the valid elements are returned."""
    sound = {"displayName": "Countertop", "id": "system_alerts_repetitive_04", "providerId": "ECHO"}
    sounds = parse_alarm_tones({"notificationSounds": [sound, {"displayName": "x"}, 5, {"id": "bare"}]})
    assert sounds == (
        AlarmTone(sound_id="system_alerts_repetitive_04", name="Countertop", provider="ECHO"),
        AlarmTone(sound_id="bare", name="bare", provider="ECHO"),
    )
    assert parse_sound(None) is None
    volumes = [
        {"deviceSerialNumber": serial, "volumeLevel": level}
        for serial, level in zip("abcd", (38, 101, "1", None), strict=True)
    ]
    assert parse_alarm_volumes({"deviceNotificationStates": volumes}) == {"a": 38}
    models = [{"deviceSerialNumber": "a", "ascendingAlarmEnabled": False}, {"deviceSerialNumber": "b"}, 3]
    assert parse_ascending({"ascendingAlarmModelList": models}) == {"a": False}


@given(data=anything | st.dictionaries(st.sampled_from(["alarms", "notificationSounds"]), anything))
@settings(max_examples=60, deadline=None)
def test_any_value_is_parsed_or_refused(data: Any) -> None:
    """Any value is parsed, or refused with ``AlexaBadResponseError``."""
    for parse in (parse_alarms, parse_alarm_tones, parse_alarm_volumes, parse_ascending):
        try:
            parse(data)
        except AlexaBadResponseError:
            continue
    parse_sound(data)
