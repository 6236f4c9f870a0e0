"""Tests of the state document: patches, and events in time."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest

from alexa_sim.alerts import next_occurrence
from alexa_sim.http import HttpError
from alexa_sim.merge import merge

from .cloud_driver import BEDROOM, DOWNSTAIRS, JO, KITCHEN, LIVING, OFFICE, START, Driver, operation

BINS = "1f0c3d52-7a51-4c0e-9d39-0a1b2c3d4e05"
BERLIN = ZoneInfo("Europe/Berlin")
VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, VALUES)
def test_merge_patch_is_that_of_rfc_7396(target: Any, patch: Any) -> None:
    def rfc(target: Any, patch: Any) -> Any:
        if isinstance(patch, dict):
            target = dict(target) if isinstance(target, dict) else {}
            for name, value in patch.items():
                if value is None:
                    target.pop(name, None)
                else:
                    target[name] = rfc(target.get(name), value)
            return target
        return patch

    assert merge(target, patch) == rfc(target, patch)


def notification(driver: Driver, key: str) -> Any:
    return driver.cloud.state()["accounts"][JO]["notifications"][key]


def patch_notification(driver: Driver, key: str, change: Any) -> None:
    driver.cloud.patch({"accounts": {JO: {"notifications": {key: change}}}})


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param({"x": 1}, id="unknown part"),
        pytest.param({"domain": "amazon.de"}, id="domain"),
        pytest.param({"accounts": 1}, id="accounts"),
        pytest.param({"accounts": {JO: 1}}, id="account"),
        pytest.param({"accounts": {JO: {"devices": 1}}}, id="devices"),
        pytest.param({"accounts": {JO: {"devices": {KITCHEN: 1}}}}, id="device"),
        pytest.param({"accounts": {JO: {"devices": {KITCHEN: {"volume": "loud"}}}}}, id="volume"),
        pytest.param({"accounts": {JO: {"devices": {KITCHEN: {"colour": "red"}}}}}, id="unknown field"),
        pytest.param({"accounts": {JO: {"devices": {"NEW00001": {"accountName": "New"}}}}}, id="half a device"),
        pytest.param({"accounts": {JO: {"notifications": {"n": {"type": "Alarm"}}}}}, id="half an alarm"),
        pytest.param({"accounts": {JO: {"devices": {KITCHEN: {"preferences": {"timeZoneId": "Mars"}}}}}}, id="no zone"),
        pytest.param(
            {"accounts": {JO: {"notifications": {BINS: {"rRuleData": {"recurrenceRules": ["FREQ=WEEKLY;BYDAY=X"]}}}}}},
            id="no rule",
        ),
        pytest.param({"accounts": {JO: {"notifications": {BINS: {"originalDate": "2026-99-01"}}}}}, id="no date"),
        pytest.param({"accounts": {"A1NEW000": {"name": "New"}}}, id="half an account"),
        pytest.param({"accounts": {"A1NEW000": {"name": "New", "email": "jo@example.org"}}}, id="e-mail taken"),
    ],
)
def test_invalid_patches_change_nothing(patch: Any) -> None:
    driver = Driver()
    before = driver.cloud.state()
    with pytest.raises(HttpError) as caught:
        driver.cloud.patch(patch)
    assert caught.value.response.status == 400
    assert b'"message"' in caught.value.response.body
    assert driver.cloud.state() == before


def test_the_whole_state_can_be_restored_by_a_patch() -> None:
    driver = Driver()
    before = driver.cloud.state()
    driver.patch_device(KITCHEN, None)
    state = driver.cloud.state()["accounts"][JO]
    assert KITCHEN not in state["devices"]
    assert state["devices"][DOWNSTAIRS]["clusterMembers"] == [LIVING]
    assert KITCHEN not in {each["deviceSerialNumber"] for each in state["notifications"].values()}
    driver.cloud.patch({"accounts": before["accounts"]})
    after = driver.cloud.state()
    assert after["accounts"][JO]["devices"] == before["accounts"][JO]["devices"]
    assert set(after["accounts"][JO]["notifications"]) == set(before["accounts"][JO]["notifications"])


def test_accounts_are_added_and_removed() -> None:
    driver = Driver()
    driver.cloud.patch({"accounts": {"A1NEW000": {"name": "Kim", "email": "kim@example.org"}}})
    assert driver.cloud.state()["accounts"]["A1NEW000"]["defaultMusicProvider"] == "AMAZON_MUSIC"
    driver.cloud.patch({"accounts": {"A1NEW000": None}})
    assert set(driver.cloud.state()["accounts"]) == {JO}


async def test_player_is_started_and_stopped_by_a_patch() -> None:
    driver = Driver()
    await driver.renew()
    driver.patch_device(KITCHEN, {"player": {"state": "PLAYING", "queue": ["sim:track:1"], "position": 10}})
    driver.advance(5)
    player = driver.device(KITCHEN)["player"]
    assert (player["position"], player["provider"], bool(player["queueId"])) == (15, "AMAZON_MUSIC", True)
    driver.patch_device(KITCHEN, {"player": {"state": "PAUSED"}})
    driver.advance(5)
    assert driver.device(KITCHEN)["player"]["position"] == 15
    driver.patch_device(KITCHEN, {"player": {"state": "IDLE"}})
    assert driver.device(KITCHEN)["player"]["queue"] == []
    url = f"/api/np/list-media-sessions?deviceSerialNumber={KITCHEN}&deviceType=x"
    assert (await driver.get(url))["mediaSessionList"] == []


def test_alarms_ring_and_move_on() -> None:
    driver = Driver()
    alarm = "1f0c3d52-7a51-4c0e-9d39-0a1b2c3d4e01"
    driver.advance((48 + 5) * 3600)  # Monday, 7:00 in Los Angeles
    rung = notification(driver, alarm)
    assert rung["lastOccurrenceTimeInMilli"] == round((START + 53 * 3600) * 1000)
    assert (rung["status"], rung["originalDate"], rung["version"]) == ("ON", "2026-11-23", "4")
    driver.advance(3600)  # the alarm is not dismissed
    ended = notification(driver, alarm)
    assert (ended["status"], ended["originalDate"], ended["version"]) == ("ON", "2026-11-24", "6")
    driver.advance(4 * 86400)
    assert notification(driver, alarm)["originalDate"] == "2026-11-30"


def test_single_reminder_is_off_after_it_rang() -> None:
    driver = Driver()
    key = "1f0c3d52-7a51-4c0e-9d39-0a1b2c3d4e06"
    driver.advance(13 * 3600 - 1)
    assert notification(driver, key)["status"] == "ON"
    driver.advance(1)
    assert notification(driver, key)["status"] == "OFF"


def test_timers_are_paused_and_resumed() -> None:
    driver = Driver()
    key = "1f0c3d52-7a51-4c0e-9d39-0a1b2c3d4e04"
    driver.advance(400)
    patch_notification(driver, key, {"status": "PAUSED"})
    driver.advance(10_000)
    assert notification(driver, key)["remainingTime"] == 5_000_000
    patch_notification(driver, key, {"status": "ON"})
    driver.advance(4_000)
    assert notification(driver, key)["remainingTime"] == 1_000_000
    patch_notification(driver, key, {"remainingTime": 60_000})
    driver.advance(60)
    assert key not in driver.cloud.state()["accounts"][JO]["notifications"]


def test_the_missing_date_or_time_of_a_notification_is_computed() -> None:
    driver = Driver()
    patch_notification(driver, "n1", {"type": "Alarm", "deviceSerialNumber": OFFICE, "originalTime": "01:30:00.000"})
    assert notification(driver, "n1")["originalDate"] == "2026-11-22"
    patch_notification(driver, "n1", {"originalTime": "02:30:00.000"})
    assert notification(driver, "n1")["originalDate"] == "2026-11-21"
    driver.advance(1800)
    assert notification(driver, "n1")["status"] == "ON"
    driver.advance(3600)
    assert notification(driver, "n1")["status"] == "OFF"
    when = round((START + 7200) * 1000)
    reminder = {"type": "Reminder", "deviceSerialNumber": OFFICE, "alarmTime": when}
    patch_notification(driver, "n2", reminder)
    assert notification(driver, "n2")["originalTime"] == "04:00:00.000"
    patch_notification(driver, "n2", {"alarmTime": when + 60_000})
    assert notification(driver, "n2")["originalTime"] == "04:01:00.000"


def test_snoozed_alarm_rings_again() -> None:
    driver = Driver()
    snoozed = {"status": "SNOOZED", "snoozedToTime": round((START + 540) * 1000)}
    patch_notification(
        driver, "n1", {"type": "Alarm", "deviceSerialNumber": BEDROOM, "originalTime": "02:00:00.000", **snoozed}
    )
    driver.advance(540)
    assert notification(driver, "n1")["lastOccurrenceTimeInMilli"] == snoozed["snoozedToTime"]
    driver.advance(3600)
    rung = notification(driver, "n1")
    assert (rung["status"], rung["snoozedToTime"]) == ("OFF", None)


async def test_an_alarm_that_is_due_rings_before_it_is_snoozed() -> None:
    driver = Driver()
    patch_notification(driver, "n1", {"type": "Alarm", "deviceSerialNumber": BEDROOM, "originalTime": "01:30:00.000"})
    await driver.renew()
    zone = ZoneInfo(driver.device(BEDROOM)["preferences"]["timeZoneId"])
    day = notification(driver, "n1")["originalDate"]
    driver.clock.time = datetime.fromisoformat(f"{day}T01:30:00").replace(tzinfo=zone).timestamp() + 0.01
    await driver.preview(operation("Alexa.TextCommand", driver.payload(BEDROOM, text="snooze for 5 minutes")))
    assert notification(driver, "n1")["status"] == "SNOOZED"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;BYHOUR=7;BYMINUTE=5", "2026-11-22T07:05"),
        ("FREQ=DAILY;INTERVAL=3;BYHOUR=7", "2026-11-23T07:00"),
        ("FREQ=DAILY;BYDAY=MO,TU;BYHOUR=7", "2026-11-23T07:00"),
        ("FREQ=WEEKLY;BYDAY=SA;BYHOUR=23", "2026-11-21T23:00"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;BYHOUR=7", "2026-11-30T07:00"),
        ("FREQ=WEEKLY;BYHOUR=7", "2026-11-27T07:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=15;BYHOUR=7", "2026-12-15T07:00"),
        ("FREQ=MONTHLY;BYHOUR=7", "2026-12-20T07:00"),
        ("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=2;BYHOUR=7", "2027-01-02T07:00"),
        ("FREQ=DAILY;UNTIL=20261121T235959Z;BYHOUR=7", None),
    ],
)
def test_a_rule_gives_the_next_occurrence(rule: str, expected: str | None) -> None:
    # the series began on Friday the 20th; the current time is Saturday, 11:00 in Berlin
    given = {
        "originalTime": "07:00:00.000",
        "originalDate": None,
        "recurringPattern": None,
        "rRuleData": {"recurStartDate": "2026-11-20", "recurrenceRules": [rule]},
    }
    found = next_occurrence(given, BERLIN, START)
    assert (found and found.strftime("%Y-%m-%dT%H:%M")) == expected


def test_earliest_of_several_rules_counts() -> None:
    rules = ["FREQ=WEEKLY;BYDAY=MO;BYHOUR=9", "FREQ=WEEKLY;BYDAY=SU;BYHOUR=20"]
    given = {
        "originalTime": "09:00:00.000",
        "originalDate": "2026-11-16",
        "recurringPattern": None,
        "rRuleData": {"recurrenceRules": rules},
    }
    assert next_occurrence(given, BERLIN, START) == datetime(2026, 11, 22, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "day"),
    [("P1D", 22), ("XXXX-WD", 23), ("XXXX-WE", 22), ("XXXX-WXX-3", 25), ("XXXX-WXX-6", 28)],
)
def test_a_pattern_gives_the_next_occurrence(pattern: str, day: int) -> None:
    given = {"originalTime": "07:00:00.000", "originalDate": None, "recurringPattern": pattern, "rRuleData": None}
    found = next_occurrence(given, BERLIN, START)
    assert found is not None
    assert (found.day, found.hour) == (day, 7)


async def test_events_of_a_large_time_step_happen_in_order() -> None:
    driver = Driver()
    await driver.renew()
    stream = await driver.open()
    driver.patch_device(KITCHEN, {"player": {"state": "PLAYING", "queue": ["sim:track:1", "sim:track:2"]}})
    patch_notification(driver, "t", {"type": "Timer", "deviceSerialNumber": OFFICE, "remainingTime": 300_000})
    await stream.pushes()
    driver.advance(3500)
    commands = [command for command, _ in await stream.pushes()]
    assert commands.index("PUSH_NOTIFICATION_CHANGE") > commands.index("PUSH_MEDIA_CHANGE")
    assert commands[-1] == "NotifyMediaSessionsUpdated"
