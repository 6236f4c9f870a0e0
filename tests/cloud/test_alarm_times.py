"""Tests of next occurrences of alarms, timers and reminders; all places and times are invented."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given, settings, strategies as st
import pytest

from custom_components.alexa_media.cloud.alarm_attributes import recurrence_text
from custom_components.alexa_media.cloud.alarm_times import (
    country_of,
    next_occurrence,
    next_of,
    occurrences,
    unless_counting,
)
from custom_components.alexa_media.cloud.model.devices import Notification, NotificationStatus, NotificationType

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = tuple(map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "UTC")))

# A Saturday, 13:00 in Berlin.
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

SEVEN = 7 * 3600.0


def notification(**values: Any) -> Notification:
    """Return an alarm that is on, with changes."""
    defaults: dict[str, Any] = {
        "notification_id": "n1",
        "serial": "G0SIM0BEDROOM001",
        "device_type": "A4ZXE0RM7LQ7A",
        "type": NotificationType.ALARM,
        "status": NotificationStatus.ON,
    }
    return Notification(**defaults | values)


def berlin(text: str) -> datetime:
    """Return a time in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


TIMER = {"type": NotificationType.TIMER}
REMINDER = {"type": NotificationType.REMINDER}
DAILY = {"local_date": date(2026, 11, 1), "local_seconds": SEVEN}
ONCE = {"local_date": date(2026, 11, 22), "local_seconds": SEVEN}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(ONCE, "2026-11-22T07:00", id="once"),
        pytest.param(DAILY, None, id="once and over"),
        pytest.param(ONCE | {"status": NotificationStatus.OFF}, None, id="off"),
        pytest.param(ONCE | {"status": NotificationStatus.UNKNOWN}, None, id="status unknown"),
        pytest.param(ONCE | {"type": NotificationType.UNKNOWN}, None, id="type unknown"),
        pytest.param(ONCE | {"type": NotificationType.MUSIC_ALARM}, "2026-11-22T07:00", id="music alarm"),
        pytest.param({"alarm_time": berlin("2026-11-21T18:00")}, "2026-11-21T18:00", id="only an instant"),
        pytest.param({"alarm_time": berlin("2026-11-21T08:00")}, None, id="only an instant that is over"),
        pytest.param({}, None, id="no time at all"),
        pytest.param({"pattern": "P1D"}, None, id="repeats at no time"),
        pytest.param(DAILY | {"pattern": "P1D"}, "2026-11-22T07:00", id="every day"),
        pytest.param(DAILY | {"pattern": "XXXX-WD"}, "2026-11-23T07:00", id="weekdays"),
        pytest.param(DAILY | {"pattern": "XXXX-WE"}, "2026-11-22T07:00", id="weekends"),
        pytest.param(DAILY | {"pattern": "XXXX-WXX-1"}, "2026-11-23T07:00", id="Mondays"),
        pytest.param(DAILY | {"pattern": "XXXX-WXX-6"}, "2026-11-28T07:00", id="Saturdays, today is over"),
        pytest.param(
            {"local_date": date(2026, 11, 1), "local_seconds": 14 * 3600.0, "pattern": "XXXX-WXX-6"},
            "2026-11-21T14:00",
            id="Saturdays, still today",
        ),
        pytest.param(DAILY | {"pattern": "P0D"}, None, id="a pattern that is not known is a date that is over"),
        pytest.param(DAILY | {"pattern": "P1Y2M"}, None, id="another pattern that is not known"),
        pytest.param(DAILY | {"pattern": "P1M"}, "2026-12-01T07:00", id="every month"),
        pytest.param(DAILY | {"pattern": "P2W"}, "2026-11-29T07:00", id="every second week"),
        pytest.param(DAILY | {"pattern": "P8W"}, "2026-12-27T07:00", id="every eighth week"),
        pytest.param(DAILY | {"pattern": "P3D"}, "2026-11-22T07:00", id="every third day"),
        pytest.param(DAILY | {"pattern": "P1Y"}, "2027-11-01T07:00", id="every year"),
        pytest.param(
            DAILY | {"local_date": date(2026, 10, 31), "pattern": "P1M"}, "2026-12-31T07:00", id="a day of long months"
        ),
        pytest.param(
            DAILY | {"local_date": date(2024, 2, 29), "pattern": "P1Y"}, "2028-02-29T07:00", id="every leap day"
        ),
        pytest.param(DAILY | {"pattern": "XXXX-WXX-2,XXXX-WXX-4"}, "2026-11-24T07:00", id="two weekdays"),
        pytest.param(DAILY | {"pattern": "p2w"}, "2026-11-29T07:00", id="in small letters"),
        pytest.param(
            REMINDER | {"alarm_time": berlin("2026-11-20T16:00"), "pattern": "P2W"},
            "2026-12-04T16:00",
            id="a reminder by its instant, every second week",
        ),
        pytest.param(
            DAILY | {"status": NotificationStatus.SNOOZED, "updated": berlin("2026-11-21T12:58"), "pattern": "P1D"},
            "2026-11-21T13:07",
            id="snoozed for an unknown time",
        ),
        pytest.param(
            {"local_date": date(2026, 12, 5), "local_seconds": SEVEN, "pattern": "P1D"},
            "2026-12-05T07:00",
            id="every day from a later one on",
        ),
        pytest.param(
            DAILY | {"rules": ("FREQ=WEEKLY;BYDAY=MO,TU;BYHOUR=20;BYMINUTE=0",), "pattern": "XXXX-WD"},
            "2026-11-23T20:00",
            id="rules come before the pattern",
        ),
        pytest.param(
            DAILY | {"rules": ("FREQ=WEEKLY;BYDAY=WE;BYHOUR=6;INTERVAL=1;", "RRULE:FREQ=WEEKLY;BYDAY=SU")},
            "2026-11-22T07:00",
            id="earliest of several rules",
        ),
        pytest.param(DAILY | {"rules": ("FREQ=DAILY;UNTIL=20261121T090000Z",)}, None, id="finished rule"),
        pytest.param(
            DAILY | {"rules": ("FREQ=DAILY;UNTIL=20261121",), "local_seconds": 20 * 3600.0},
            "2026-11-21T20:00",
            id="last day of a rule",
        ),
        pytest.param(DAILY | {"rules": ("FREQ=DAILY;UNTIL=20261121T120000",)}, None, id="end in local time"),
        pytest.param(DAILY | {"rules": ("FREQ=DAILY;COUNT=3",)}, None, id="counted to its end"),
        pytest.param(DAILY | {"rules": ("FREQ=DAILY;COUNT=30",)}, "2026-11-22T07:00", id="counted, not at its end"),
        pytest.param(
            DAILY | {"rules": ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU",)}, "2026-11-29T07:00", id="every second Sunday"
        ),
        pytest.param(DAILY | {"rules": ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",)}, "2028-02-29T07:00", id="leap day"),
        pytest.param(DAILY | {"rules": ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",)}, None, id="a day that never is"),
        pytest.param(DAILY | {"rules": ("FREQ=HOURLY;BYMINUTE=30",)}, "2026-11-21T13:30", id="every hour"),
        pytest.param(
            {"rules": ("FREQ=WEEKLY;BYDAY=SU;BYHOUR=21;BYMINUTE=0;BYSECOND=0",)},
            "2026-11-22T21:00",
            id="only a rule, with its time",
        ),
        *(
            pytest.param(DAILY | {"rules": (rule,), "pattern": "P1D"}, "2026-11-22T07:00", id=f"unreadable {rule}")
            for rule in (
                "",
                "often",
                "FREQ=SECONDLY",
                "FREQ=DAILY;INTERVAL=0",
                "FREQ=DAILY;INTERVAL=-1",
                "FREQ=DAILY;INTERVAL=99999999999999999999",
                "FREQ=DAILY;BYHOUR=25",
                "FREQ=DAILY;UNTIL=soon",
                "FREQ=DAILY;COUNT=-1",
                "FREQ=DAILY;MOOD=GOOD",
            )
        ),
        pytest.param(
            DAILY | {"status": NotificationStatus.SNOOZED, "snoozed_to": berlin("2026-11-21T13:09")},
            "2026-11-21T13:09",
            id="snoozed",
        ),
        pytest.param(
            DAILY | {"status": NotificationStatus.SNOOZED, "snoozed_to": berlin("2026-11-21T12:59"), "pattern": "P1D"},
            "2026-11-22T07:00",
            id="snoozed and over",
        ),
        pytest.param(TIMER | {"trigger_time": berlin("2026-11-21T13:10")}, "2026-11-21T13:10", id="timer"),
        pytest.param(TIMER | {"trigger_time": NOW}, None, id="timer that rings now"),
        pytest.param(
            TIMER | {"updated": berlin("2026-11-21T12:58"), "remaining": 300.0},
            "2026-11-21T13:03",
            id="timer remaining",
        ),
        pytest.param(TIMER | {"remaining": 300.0}, None, id="timer from an unknown moment"),
        pytest.param(
            TIMER | {"trigger_time": berlin("2026-11-21T13:10"), "status": NotificationStatus.PAUSED},
            None,
            id="paused timer",
        ),
        pytest.param(REMINDER | {"alarm_time": berlin("2026-11-21T16:00")}, "2026-11-21T16:00", id="reminder"),
        pytest.param(REMINDER | {"alarm_time": berlin("2026-11-20T16:00")}, None, id="reminder that is over"),
        pytest.param(
            REMINDER | {"alarm_time": berlin("2026-11-20T16:00"), "pattern": "P1D"},
            "2026-11-21T16:00",
            id="reminder of every day takes the time from its instant",
        ),
        pytest.param(
            REMINDER | {"local_date": date(2026, 11, 23), "local_seconds": SEVEN},
            "2026-11-23T07:00",
            id="local reminder",
        ),
    ],
)
def test_the_next_occurrence_is_computed(values: dict[str, Any], expected: str | None) -> None:
    assert next_occurrence(notification(**values), NOW, BERLIN) == (None if expected is None else berlin(expected))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param("2026-03-28T12:00Z", "2026-03-29T01:30Z", id="skipped by the clock, an hour later by it"),
        pytest.param("2026-03-29T01:15Z", "2026-03-29T01:30Z", id="after the clock skipped it"),
        pytest.param("2026-03-29T01:30Z", "2026-03-30T00:30Z", id="the day after in summer time"),
        pytest.param("2026-10-24T12:00Z", "2026-10-25T00:30Z", id="twice by the clock, the first"),
        pytest.param("2026-10-25T00:45Z", "2026-10-26T01:30Z", id="not the second one"),
    ],
)
@pytest.mark.parametrize("repeat", [{"pattern": "P1D"}, {"rules": ("FREQ=DAILY",)}], ids=["pattern", "rule"])
def test_daylight_saving_moves_no_alarm(repeat: dict[str, Any], now: str, expected: str) -> None:
    alarm = notification(local_date=date(2026, 1, 1), local_seconds=2.5 * 3600, **repeat)
    assert next_occurrence(alarm, datetime.fromisoformat(now), BERLIN) == datetime.fromisoformat(expected)


def test_the_first_of_several_alarms_is_found() -> None:
    alarms = [notification(**ONCE), notification(), notification(**ONCE | {"local_seconds": 6 * 3600.0})]
    assert next_of(alarms, NOW, BERLIN) == berlin("2026-11-22T06:00")
    assert next_of([], NOW, BERLIN) is None


instants = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive
days = st.dates(date(2022, 1, 1), date(2030, 1, 1))
minutes = st.integers(0, 24 * 60 - 1)
patterns = st.sampled_from(["P1D", "XXXX-WD", "XXXX-WE", *(f"XXXX-WXX-{day}" for day in range(1, 8))])
rules = st.builds(
    lambda frequency, interval, by, until: f"FREQ={frequency};INTERVAL={interval};{by}{until}",
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 5),
    st.sampled_from(["", "BYDAY=MO,TH;", "BYDAY=SU;WKST=SU;", "BYMONTH=3,11;", "BYDAY=2MO,-1FR;", "BYMONTHDAY=-1,15;"]),
    st.sampled_from(["", "UNTIL=20280101T000000;", "COUNT=20;"]),
)


notifications = st.builds(
    notification,
    type=st.sampled_from(NotificationType),
    status=st.sampled_from(NotificationStatus),
    local_date=st.none() | days,
    local_seconds=st.none() | minutes.map(lambda minute: minute * 60.0),
    pattern=st.none() | patterns | st.text(max_size=10),
    rules=st.lists(rules | st.text(max_size=20), max_size=3).map(tuple),
    alarm_time=st.none() | instants,
    snoozed_to=st.none() | instants,
    trigger_time=st.none() | instants,
    updated=st.none() | instants,
    remaining=st.none() | st.floats(0, 86400),
    created=st.none() | instants,
)


@given(now=instants, zone=st.sampled_from(ZONES), item=notifications)
@settings(max_examples=300, deadline=None)
def test_the_next_occurrence_is_never_in_the_past(now: datetime, zone: ZoneInfo, item: Notification) -> None:
    at = next_occurrence(item, now, zone)
    assert at is None or at > now


@given(now=instants, day=days, minute=minutes, zone=st.sampled_from(ZONES), rule=rules)
@settings(max_examples=200, deadline=None)
def test_rules_match_dateutil(now: datetime, day: date, minute: int, zone: ZoneInfo, rule: str) -> None:
    """The result is the same as if dateutil starts from the first day instead of skipping past occurrences."""
    begin = datetime.combine(day, time()) + timedelta(minutes=minute)
    every = rrulestr(rule.rstrip(";"), dtstart=begin)
    near = every.xafter(now.astimezone(zone).replace(tzinfo=None) - timedelta(days=1), inc=True)
    expected = next((at for local in near if (at := local.replace(tzinfo=zone).astimezone(UTC)) > now), None)
    alarm = notification(local_date=day, local_seconds=minute * 60.0, rules=(rule,))
    assert next_occurrence(alarm, now, zone) == expected


@given(now=instants, day=days, minute=minutes, zone=st.sampled_from(ZONES), pattern=patterns)
@settings(max_examples=200, deadline=None)
def test_patterns_match_rules(now: datetime, day: date, minute: int, zone: ZoneInfo, pattern: str) -> None:
    """A pattern is equivalent to the rule with the same weekdays."""
    weekdays = {"P1D": "MO,TU,WE,TH,FR,SA,SU", "XXXX-WD": "MO,TU,WE,TH,FR", "XXXX-WE": "SA,SU"}
    by = weekdays.get(pattern) or ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[int(pattern[-1]) - 1]
    at = {"local_date": day, "local_seconds": minute * 60.0}
    as_rule = notification(rules=(f"FREQ=DAILY;BYDAY={by}",), **at)
    assert next_occurrence(notification(pattern=pattern, **at), now, zone) == next_occurrence(as_rule, now, zone)


@given(now=instants, day=days, minute=minutes, zone=st.sampled_from(ZONES), pair=st.tuples(rules, rules))
@settings(max_examples=100, deadline=None)
def test_several_rules_are_merged(now: datetime, day: date, minute: int, zone: ZoneInfo, pair: tuple[str, ...]) -> None:
    """The result matches the occurrences that dateutil returns for each rule, merged and without duplicates."""
    begin = datetime.combine(day, time()) + timedelta(minutes=minute)
    local = now.astimezone(zone).replace(tzinfo=None)
    found: set[datetime] = set()
    for rule in pair:
        every = rrulestr(rule.rstrip(";"), dtstart=begin)
        near = every.between(local - timedelta(days=1), local + timedelta(days=60), inc=True)
        found |= {at for one in near if (at := one.replace(tzinfo=zone).astimezone(UTC)) > now}
    end = now + timedelta(days=50)
    alarm = notification(local_date=day, local_seconds=minute * 60.0, rules=pair)
    times = []
    for at in occurrences(alarm, now, zone):
        if at >= end:
            break
        times.append(at)
    assert times == sorted(at for at in found if at < end)


@pytest.mark.parametrize(
    ("locale", "pattern", "expected"),
    [
        ("de-DE", "XXXX-WE", "2026-11-22T07:00"),
        ("ar-SA", "XXXX-WE", "2026-11-27T07:00"),
        ("ar-SA", "XXXX-WD", "2026-11-22T07:00"),
        ("fa-IR", "XXXX-WE", "2026-11-26T07:00"),
        ("en", "XXXX-WD", "2026-11-23T07:00"),
        (None, "XXXX-WD", "2026-11-23T07:00"),
    ],
)
def test_weekends_depend_on_the_country(locale: str | None, pattern: str, expected: str) -> None:
    """The weekend is the one of the country in the device's locale."""
    alarm = notification(pattern=pattern, **DAILY)
    assert next_occurrence(alarm, NOW, BERLIN, country_of(locale)) == berlin(expected)


def test_snoozes_deferrals_and_canceled_occurrences_are_respected() -> None:
    """A snoozed or deferred notification rings at that time and at its regular times.

    A canceled occurrence is skipped.
    """

    def first(**values: Any) -> list[datetime]:
        times = occurrences(notification(**{"pattern": "P1D"} | DAILY | values), NOW, BERLIN)
        return [next(times), next(times)]

    tomorrow, after = berlin("2026-11-22T07:00"), berlin("2026-11-23T07:00")
    soon = berlin("2026-11-21T13:09")
    assert first() == [tomorrow, after]
    assert first(status=NotificationStatus.SNOOZED, snoozed_to=soon) == [soon, tomorrow]
    assert first(deferred=soon) == [soon, tomorrow]
    assert first(deferred=berlin("2026-11-21T06:00")) == [tomorrow, after]
    cancelled = {"status": NotificationStatus.INSTANCE_CANCELED, "local_date": date(2026, 11, 22)}
    assert first(**cancelled)[0] == after


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYYEARDAY=366;BYMONTH=1",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=HOURLY;COUNT=19999",
        "FREQ=DAILY;COUNT=19999;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYSETPOS=5",
        f"FREQ=DAILY;BYMINUTE={','.join(map(str, range(60)))}",
        f"FREQ=MONTHLY;BYMONTHDAY={','.join(['31'] * 300)}",
    ],
)
@pytest.mark.parametrize("day", [date(1970, 1, 1), date(2017, 1, 1), date(2199, 12, 31)], ids=["1970", "2017", "2199"])
def test_a_rule_that_never_matches_is_computed_quickly(rule: str, day: date) -> None:
    """Finding no occurrence takes no longer than finding one, whatever the start is."""
    begin = process_time()
    next_occurrence(notification(rules=(rule,) * 3, local_date=day, local_seconds=SEVEN), NOW, BERLIN)
    assert process_time() - begin < 0.5


def test_an_hourly_rule_without_a_near_end_continues() -> None:
    alarm = notification(rules=("FREQ=HOURLY;COUNT=999999999",), local_date=date(1970, 1, 1), local_seconds=SEVEN)
    assert next_occurrence(alarm, NOW, BERLIN) == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "Never Repeat"),
        ({"pattern": "P1D"}, "Every day"),
        ({"pattern": "XXXX-WD"}, "Weekdays"),
        ({"pattern": "XXXX-WXX-1"}, "Every Monday"),
        ({"pattern": "P1M"}, "Every month"),
        ({"pattern": "P2W"}, "Every 2 weeks"),
        ({"pattern": "P8W"}, "Every 8 weeks"),
        ({"pattern": "P1W"}, "Every Sunday"),
        ({"pattern": "P3D"}, "Every 3 days"),
        ({"pattern": "P1Y"}, "Every year"),
        ({"rules": ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",)}, "Weekdays"),
        ({"rules": ("FREQ=WEEKLY;BYDAY=MO", "FREQ=WEEKLY;BYDAY=SA,SU")}, "Every Monday, Saturday, Sunday"),
        ({"rules": ("FREQ=DAILY;BYHOUR=1;BYMINUTE=56;BYSECOND=0;INTERVAL=1;",)}, "Every day"),
        ({"rules": ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TH",), "pattern": "P2W"}, "Every 2 weeks"),
        ({"rules": ("FREQ=WEEKLY;BYDAY=MO,TU",), "pattern": "XXXX-WD"}, "Every Monday, Tuesday"),
        ({"rules": ("often",)}, "Repeats"),
    ],
)
def test_the_repetition_is_derived_from_rules_or_the_pattern(values: dict[str, Any], expected: str) -> None:
    assert recurrence_text(notification(**DAILY | values), BERLIN) == expected


def test_a_timer_that_only_counts_down_is_unchanged() -> None:
    ends = NOW + timedelta(minutes=5)
    raw = {"id": "n1", "remainingTime": 300_000}
    before = notification(**TIMER, trigger_time=ends, remaining=300.0, raw=raw)
    later = notification(**TIMER, trigger_time=ends, remaining=290.0, raw={**raw, "remainingTime": 290_000})
    assert unless_counting(later, before) is before
    paused = replace(later, status=NotificationStatus.PAUSED)
    assert unless_counting(paused, before) is paused
    longer = replace(later, trigger_time=ends + timedelta(minutes=1))
    assert unless_counting(longer, before) is longer
    assert unless_counting(later, None) is later
