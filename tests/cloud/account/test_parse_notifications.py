"""Tests of parsing alarms, timers and reminders."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from custom_components.alexa_media.cloud.account.alarms import parse_notifications
from custom_components.alexa_media.cloud.errors import AlexaBadResponseError
from custom_components.alexa_media.cloud.model.devices import NotificationStatus, NotificationType

from . import captures

FOUND = parse_notifications(captures.NOTIFICATIONS)


def test_an_alarm_is_parsed() -> None:
    alarm = FOUND[captures.ALARM["id"]]
    assert (alarm.type, alarm.status, alarm.version) == (NotificationType.ALARM, NotificationStatus.ON, "4")
    assert (alarm.serial, alarm.device_type, alarm.label) == (captures.STUDIO, "A3RBAYBE7VM004", "Up")
    assert (alarm.local_date, alarm.local_seconds) == (date(2026, 11, 22), 25230.5)
    assert alarm.alarm_time == datetime(2026, 11, 21, 22, 26, 40, tzinfo=UTC)
    assert alarm.created == alarm.updated == datetime(2026, 11, 21, 7, 35, 49, 945000, tzinfo=UTC)
    assert alarm.pattern == "XXXX-WD"
    assert alarm.rules == ("FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=TU")
    assert (alarm.remaining, alarm.trigger_time, alarm.snoozed_to) == (None, None, None)
    assert alarm.raw == captures.ALARM


def test_a_timer_is_parsed() -> None:
    timer = FOUND["timer-1"]
    assert (timer.type, timer.status) == (NotificationType.TIMER, NotificationStatus.PAUSED)
    assert (timer.label, timer.remaining, timer.version, timer.rules) == ("tea", 90.5, "7", ())
    assert timer.trigger_time == datetime(2026, 11, 21, 7, 37, 20, 445000, tzinfo=UTC)


def test_a_snoozed_reminder_is_parsed() -> None:
    reminder = FOUND["reminder-1"]
    assert (reminder.type, reminder.status, reminder.label) == (
        NotificationType.REMINDER,
        NotificationStatus.SNOOZED,
        "Bins",
    )
    assert reminder.snoozed_to == datetime(2026, 11, 21, 22, 27, 40, tzinfo=UTC)


def test_unknown_types_and_states_are_kept() -> None:
    odd = FOUND["odd-1"]
    assert (odd.type, odd.status, odd.label) == (NotificationType.UNKNOWN, NotificationStatus.UNKNOWN, None)
    assert odd.local_seconds is None
    assert odd.raw["type"] == "Sunrise"
    assert len(FOUND) == 4


def test_an_empty_list_is_accepted_and_a_missing_one_refused() -> None:
    assert parse_notifications({"notifications": []}) == {}
    with pytest.raises(AlexaBadResponseError):
        parse_notifications({"message": "x"})
    # a body without objects is not a list of alarms; unknown objects are not alarms of a device
    with pytest.raises(AlexaBadResponseError):
        parse_notifications({"notifications": [7, None]})
    assert parse_notifications({"notifications": [{"id": 7}, {"deviceSerialNumber": None}]}) == {}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"type": "Timer", "remainingTime": 0}, {"remaining": 0.0}),
        ({"type": "MusicAlarm", "version": 2.0}, {"type": NotificationType.MUSIC_ALARM, "version": "2"}),
        ({"originalDate": "2026-02-30"}, {"local_date": None}),
        ({"originalDate": "20261122"}, {"local_date": None}),
        ({"originalTime": "07:00:61.000"}, {"local_seconds": None}),
        ({"originalTime": None, "version": None}, {"local_seconds": None, "version": None}),
        ({"deviceType": None}, {"device_type": ""}),
    ],
    ids=[
        "a finished timer",
        "a music alarm",
        "an impossible date",
        "a date without dashes",
        "an impossible time",
        "no time and no version",
        "no device type",
    ],
)
def test_odd_values_are_parsed_or_dropped(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    (found,) = parse_notifications({"notifications": [captures.ALARM | fields]}).values()
    assert {name: getattr(found, name) for name in expected} == expected
