"""Tests of the sensors for the next alarm, timer and reminder with the simulated cloud."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
import json
from time import time as time_now
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.model.devices import Notification, NotificationStatus, NotificationType
from tests.conftest import Clock, Household, set_up, state_of, until

pytestmark = pytest.mark.platforms("sensor")

ALARM = "sensor.kitchen_show_next_alarm"
TIMER = "sensor.kitchen_show_next_timer"
REMINDER = "sensor.kitchen_show_next_reminder"
SECOND = timedelta(seconds=1)


def notification(serial: str, kind: NotificationType, **values: Any) -> Notification:
    """Return a notification that is enabled."""
    defaults: dict[str, Any] = {
        "notification_id": "n1",
        "serial": serial,
        "device_type": "A1EIANJ7PNB0Q7",
        "type": kind,
        "status": NotificationStatus.ON,
    }
    return Notification(**defaults | values)


def at(hass: HomeAssistant, entity_id: str) -> datetime | None:
    """Return the time that a sensor shows."""
    state = state_of(hass, entity_id).state
    return None if state == "unknown" else datetime.fromisoformat(state)


@pytest.mark.contract("entities, next alarm, timer, reminder")
async def test_ids_are_those_of_alexa_media_player(
    entry: MockConfigEntry, household: Household, entity_registry: er.EntityRegistry
) -> None:
    """The unique ids are the same as in alexa_media_player; a group has no alarms."""
    serial = household.serial("Kitchen Show")
    for entity_id, key in ((ALARM, "next Alarm"), (TIMER, "next Timer"), (REMINDER, "next Reminder")):
        registered = entity_registry.async_get(entity_id)
        assert registered is not None
        assert registered.unique_id == f"{serial}_{key}"
    assert entity_registry.async_get("sensor.downstairs_next_alarm") is None


@pytest.mark.contract("entities, next alarm, timer, reminder")
async def test_the_next_alarm_timer_and_reminder_are_shown(
    hass: HomeAssistant, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    """The household has an alarm on weekdays, a disabled alarm, a timer, and reminders."""
    with subtests.test("their times"):
        bedroom = at(hass, "sensor.bedroom_dot_next_alarm")
        zone = await dt_util.async_get_time_zone(entry.runtime_data.devices.data["G0SIM0BEDROOM001"].time_zone)
        assert bedroom is not None
        assert zone is not None
        local = bedroom.astimezone(zone)
        assert (local.hour, local.minute) == (7, 0)
        assert local.isoweekday() <= 5
        assert dt_util.utcnow() < bedroom <= dt_util.utcnow() + timedelta(days=4)
        assert at(hass, ALARM) is None
        assert at(hass, TIMER) is not None
        assert at(hass, REMINDER) is not None
        assert state_of(hass, "sensor.kids_dot_next_alarm").state == "unavailable"
    with subtests.test("additional attributes of an alarm, with its time and its repetition in words"):
        found = state_of(hass, "sensor.bedroom_dot_next_alarm").attributes
        shown = at(hass, "sensor.bedroom_dot_next_alarm")
        assert found["recurrence"] == "Weekdays"
        assert found["sorted_active"][0]["date_time"] == shown
        assert found["brief"]["active"][0]["date_time"] == found["sorted_active"][0]["date_time"].isoformat()
        assert "alarm" in found
        info = state_of(hass, "sensor.bedroom_dot_next_alarm").state_info
        assert info is not None
        assert {"brief", "sorted_active", "sorted_all"} <= info["unrecorded_attributes"]


async def test_a_change_in_the_cloud_is_shown(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    """An alarm that is turned on at the Echo is shown without waiting for a poll."""
    customer_id, account = next(iter(household.accounts.items()))
    index = next(i for i, item in account["notifications"].items() if item.get("alarmLabel") == "Market")
    household.sim.patch_state({"accounts": {customer_id: {"notifications": {index: {"status": "ON"}}}}})
    await until(hass, lambda: at(hass, ALARM))


async def test_the_next_occurrence_is_shown_automatically(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, clock: Clock
) -> None:
    """After an occurrence, the next one is shown, without a request."""
    notifications, serial = entry.runtime_data.notifications, "G0SIM00KITCHEN01"
    now = dt_util.utcnow().replace(microsecond=0)
    clock.freezer.move_to(now)
    notifications.async_apply(
        {
            serial: (
                notification(serial, NotificationType.TIMER, trigger_time=now + timedelta(seconds=5)),
                notification(serial, NotificationType.TIMER, trigger_time=now + timedelta(seconds=9)),
                notification(serial, NotificationType.ALARM, alarm_time=now + timedelta(seconds=7)),
            )
        }
    )
    assert at(hass, TIMER) == now + timedelta(seconds=5)
    assert at(hass, ALARM) == now + timedelta(seconds=7)
    assert at(hass, REMINDER) is None
    sim.reset_ledger()
    for seconds, expected in ((5, now + timedelta(seconds=9)), (9, None)):
        clock.freezer.move_to(now + timedelta(seconds=seconds, milliseconds=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        assert at(hass, TIMER) == expected
    assert at(hass, ALARM) is None
    assert sim.ledger(path="/api/notifications") == []


async def test_a_time_depends_on_the_status_and_the_time_zone(
    hass: HomeAssistant, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    with subtests.test("a paused timer has no time"):
        notifications, serial = entry.runtime_data.notifications, "G0SIM00KITCHEN01"
        running = notification(serial, NotificationType.TIMER, trigger_time=dt_util.utcnow() + timedelta(minutes=5))
        notifications.async_apply({serial: (running,)})
        assert at(hass, TIMER) is not None
        notifications.async_apply({serial: (replace(running, status=NotificationStatus.PAUSED),)})
        assert at(hass, TIMER) is None
    with subtests.test("an alarm is in its device's time zone, or else in Home Assistant's"):
        notifications, devices, serial = (
            entry.runtime_data.notifications,
            entry.runtime_data.devices,
            "G0SIM00KITCHEN01",
        )
        day = dt_util.utcnow().date() + timedelta(days=2)
        alarm = notification(serial, NotificationType.ALARM, local_date=day, local_seconds=6 * 3600.0)
        notifications.async_apply({serial: (alarm,)})
        own = dt_util.get_default_time_zone()
        zones = {
            "Europe/Berlin": ZoneInfo("Europe/Berlin"),
            "Asia/Tokyo": ZoneInfo("Asia/Tokyo"),
            "No/Where": own,
            None: own,
        }
        for name, zone in zones.items():
            devices.async_apply({serial: replace(devices.data[serial], time_zone=name)})
            await hass.async_block_till_done()
            assert at(hass, ALARM) == datetime.combine(day, time(6), zone), name


async def test_nothing_is_left_after_unload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """All timers are canceled; a remaining timer would fail the test."""
    assert at(hass, TIMER) is not None
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, TIMER).state == "unavailable"


# --- attributes and events as in alexa_media_player ---------------------------------------


def raw(kind: str, **values: Any) -> dict[str, Any]:
    """Return a notification as the JSON object that Amazon sends."""
    return {"id": "n1", "type": kind, "status": "ON", "version": "3", "lastUpdatedDate": 1763722800000, **values}


@pytest.mark.contract("attributes of alarms, timers, reminders")
async def test_attributes_have_counts_and_lists(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Row "sensor extra": counts, lists of Amazon's objects sorted by time, and the label of the next notification."""
    notifications, serial = entry.runtime_data.notifications, "G0SIM00KITCHEN01"
    now = dt_util.utcnow().replace(microsecond=0)
    items = [
        ("late", NotificationStatus.ON, "Late", now + timedelta(hours=2)),
        ("soon", NotificationStatus.SNOOZED, "Soon", now + timedelta(hours=1)),
        ("off", NotificationStatus.OFF, "Off", now + timedelta(minutes=5)),
    ]
    notifications.async_apply(
        {
            serial: tuple(
                notification(
                    serial,
                    NotificationType.REMINDER,
                    notification_id=name,
                    status=status,
                    label=label,
                    alarm_time=at,
                    snoozed_to=at,
                    raw=raw("Reminder", id=name, status=status.value, reminderLabel=label, reminderSubLabel="sub"),
                )
                for name, status, label, at in items
            )
        }
    )
    found = state_of(hass, REMINDER).attributes
    assert (found["total_active"], found["total_all"], found["status"]) == (2, 3, "SNOOZED")
    assert (found["recurrence"], found["reminder"], found["reminder_sub_label"]) == ("Never Repeat", "Soon", "sub")
    assert [item["id"] for item in found["sorted_active"]] == ["soon", "late"]
    assert [item["id"] for item in found["sorted_all"]] == ["soon", "late", "off"]
    assert found["sorted_all"][0]["reminderLabel"] == "Soon"
    assert found["brief"]["active"][0].keys() == {
        *("id", "label", "status", "type", "version", "alarmTime", "lastUpdatedDate")
    }
    assert abs(dt_util.parse_datetime(found["process_timestamp"], raise_on_error=True) - now) < timedelta(minutes=1)
    assert found["dismissed"] is None
    notifications.async_apply({serial: ()})
    found = state_of(hass, REMINDER).attributes
    assert (found["total_active"], found["total_all"], found["status"], found["reminder"]) == (0, 0, "OFF", None)
    assert found["prior_value"] == now + timedelta(hours=1)


@pytest.mark.contract("events, notification")
async def test_an_event_is_fired_when_an_alarm_rings(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Row "alexa_media_notification_event": fired once per ringing, and not for a snooze, whichever side is faster."""
    notifications, serial = entry.runtime_data.notifications, "G0SIM00KITCHEN01"
    events = async_capture_events(hass, "alexa_media_notification_event")
    now = dt_util.utcnow().replace(microsecond=0)
    freezer.move_to(now)
    timer = notification(
        serial, NotificationType.TIMER, trigger_time=now + timedelta(seconds=5), raw=raw("Timer", timerLabel="eggs")
    )
    snoozed = notification(
        serial,
        NotificationType.ALARM,
        status=NotificationStatus.SNOOZED,
        snoozed_to=now + timedelta(seconds=5),
        raw=raw("Alarm"),
    )
    quick = replace(timer, notification_id="n2", trigger_time=now + timedelta(seconds=9))
    notifications.async_apply({serial: (timer, snoozed, quick)})
    freezer.move_to(now + timedelta(seconds=5, milliseconds=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert [event.data for event in events] == [
        {
            "email": "jo@e*********g",
            "device": {"name": "Next timer", "entity_id": TIMER},
            "event": ("n1", raw("Timer", timerLabel="eggs")),
        }
    ]
    freezer.move_to(now + timedelta(seconds=8))
    notifications.async_apply({serial: (replace(quick, status=NotificationStatus.OFF),)})
    await hass.async_block_till_done()
    assert [event.data["event"][0] for event in events] == ["n1", "n2"]


@pytest.mark.contract("events, alarm dismissal")
async def test_an_event_is_fired_when_an_alarm_is_dismissed(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Row "alexa_media_alarm_dismissal_event": fired when a ringing alarm is dismissed.

    It is not fired when an alarm is turned off before it rings.
    """
    notifications, serial = entry.runtime_data.notifications, "G0SIM00KITCHEN01"
    events = async_capture_events(hass, "alexa_media_alarm_dismissal_event")
    now = dt_util.utcnow().replace(microsecond=0)
    freezer.move_to(now)
    alarm = notification(
        serial, NotificationType.ALARM, version="3", alarm_time=now + timedelta(seconds=5), raw=raw("Alarm")
    )
    other = replace(alarm, notification_id="n2", alarm_time=now + timedelta(hours=5))
    notifications.async_apply({serial: (alarm, other)})
    notifications.async_apply({serial: (alarm, replace(other, status=NotificationStatus.OFF, version="4"))})
    freezer.move_to(now + timedelta(seconds=6))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert events == []
    ended = replace(alarm, status=NotificationStatus.OFF, version="4", raw=raw("Alarm", status="OFF", version="4"))
    notifications.async_apply({serial: (ended,)})
    await hass.async_block_till_done()
    assert [event.data for event in events] == [{"device": {"id": serial}, "event": ended.raw}]
    assert state_of(hass, ALARM).attributes["dismissed"] is not None


@pytest.mark.platforms("calendar", "event", "sensor")
async def test_unusable_notifications_are_handled(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    sim.clear_faults()
    with subtests.test("no alarm is shown if none is usable"):
        key = "amzn1.alexa.automation.0a1b_TMWAutomation"
        body = {
            "notifications": [
                {"id": key, "notificationIndex": key, "deviceSerialNumber": None, "deviceType": None, "type": None}
            ]
        }
        sim.fault(path="/api/notifications", method="GET", status=200, body=body)
        await entry.runtime_data.notifications.async_refresh()
        await hass.async_block_till_done()
        assert {state_of(hass, entity_id).state for entity_id in (ALARM, TIMER, REMINDER)} == {"unknown"}
    sim.clear_faults()
    with subtests.test("attributes with Amazon's original values can be serialized"):
        notifications = json.dumps(
            {
                "notifications": [
                    {
                        "id": "n1",
                        "deviceSerialNumber": "G0SIM00KITCHEN01",
                        "type": kind,
                        "status": "ON",
                        "alarmTime": round(time_now() * 1000) + 3_600_000,
                        "version": 2**70,
                        "extra": {"\ud83d": ["Call Mum \ud83d", 2**64, -(2**99), 10**400]},
                        "reminderSubLabel": "\udc00",
                    }
                    for kind in ("Reminder", "Alarm", "Sunrise")
                ]
            }
        )
        sim.fault(path="/api/notifications", method="GET", status=200, body=notifications)
        await entry.runtime_data.notifications.async_refresh()
        await hass.async_block_till_done()
        for state in hass.states.async_all():
            json_bytes(state.as_dict())


@pytest.mark.platforms("event", "media_player", "sensor")
async def test_ringing_is_not_a_dismissal(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """Amazon increases the version when an alarm rings; only the next change is the dismissal."""
    household.turn_off_alarms()
    await set_up(hass, config_entry)
    await clock.settle()
    dismissals = async_capture_events(hass, "alexa_media_alarm_dismissal_event")
    rings = async_capture_events(hass, "alexa_media_notification_event")
    event = "event.kitchen_show_alarm_timer_or_reminder"
    at_ = (dt_util.now() + timedelta(seconds=60)).replace(microsecond=0)
    kitchen = {"entity_id": "media_player.kitchen_show"}
    await hass.services.async_call("alexa_media", "create_alarm", {**kitchen, "at": at_}, blocking=True)
    await clock.settle()
    await clock.advance((at_ - dt_util.now()).total_seconds() + 30, 1)
    assert len(rings) == 1
    assert dismissals == []
    assert state_of(hass, event).attributes["event_type"] == "alarm_ringing"
    await hass.services.async_call("alexa_media", "stop_alarm", kitchen, blocking=True)
    await clock.settle()
    assert len(dismissals) == 1
    assert state_of(hass, event).attributes["event_type"] == "alarm_dismissed"
    assert state_of(hass, ALARM).attributes["dismissed"] is not None
    assert len(rings) == 1
    await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.platforms("event")
async def test_event_types_distinguish_notifications(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The trigger in the UI distinguishes timers and alarms."""
    assert state_of(hass, "event.kitchen_show_alarm_timer_or_reminder").attributes["event_types"] == [
        "alarm_ringing",
        "alarm_dismissed",
        "alarm_snoozed",
        "timer_ringing",
        "timer_started",
        "timer_paused",
        "timer_resumed",
        "timer_cancelled",
        "reminder_ringing",
        "reminder_snoozed",
    ]


async def test_paused_timers_are_shown(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """If all timers are paused, there is no next time that could fire a trigger, and the attributes list them."""
    await set_up(hass, config_entry)
    await clock.settle()
    trigger = {"platform": "time", "at": TIMER}
    action = {"event": "it_is_time"}
    assert await async_setup_component(hass, "automation", {"automation": {"trigger": trigger, "action": action}})
    fired = async_capture_events(hass, "it_is_time")
    customer_id, account = next(iter(household.accounts.items()))
    key = next(key for key, item in account["notifications"].items() if item["type"] == "Timer")
    assert state_of(hass, TIMER).attributes["sorted_paused"] == []
    sim.patch_state({"accounts": {customer_id: {"notifications": {key: {"status": "PAUSED"}}}}})
    await clock.settle()
    state = state_of(hass, TIMER)
    found = state.attributes
    assert (found["status"], found["total_active"], found["timer"]) == ("PAUSED", 0, "Bread")
    (paused,) = found["sorted_paused"]
    assert paused["originalDurationInMillis"] == 5_400_000
    assert 0 < paused["remainingTime"] <= paused["originalDurationInMillis"]
    assert state.state == "unknown"
    await clock.advance(5_500, 300)
    assert state_of(hass, TIMER).attributes["sorted_paused"][0]["remainingTime"] == paused["remainingTime"]
    assert fired == []
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_read_does_not_restart_timer_bars(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """``process_timestamp`` changes with a timer, not with a read; ``remainingTime`` is the value at that time."""
    await set_up(hass, config_entry)
    await clock.settle()
    before = state_of(hass, TIMER).attributes
    for _ in range(3):
        await clock.advance(30, 30)
        await config_entry.runtime_data.notifications.async_refresh()
        await clock.settle()
        assert state_of(hass, TIMER).attributes == before
    (timer,) = before["sorted_active"]
    ends = datetime.fromisoformat(before["process_timestamp"]) + timedelta(milliseconds=timer["remainingTime"])
    assert abs(ends - datetime.fromisoformat(state_of(hass, TIMER).state)) < SECOND
    tea = {"type": "Timer", "deviceSerialNumber": "G0SIM00KITCHEN01", "remainingTime": 1_200_000}
    customer_id = next(iter(household.accounts))
    sim.patch_state({"accounts": {customer_id: {"notifications": {"tea": tea}}}})
    await clock.settle()
    after = state_of(hass, TIMER).attributes
    assert after["process_timestamp"] != before["process_timestamp"]
    bread = next(item for item in after["sorted_active"] if item["id"] == timer["id"])
    read_at = datetime.fromisoformat(after["process_timestamp"])
    assert abs(read_at + timedelta(milliseconds=bread["remainingTime"]) - ends) < SECOND
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_snooze_without_a_time_is_not_hidden(
    hass: HomeAssistant, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    """A snoozed alarm is shown before tomorrow's.

    Without a snooze time, it rings nine minutes after the change, or nine minutes from now.
    """
    for updated in (0, None, "now", "yesterday"):
        serial, now = "G0SIM00KITCHEN01", dt_util.utcnow()
        moments = {"now": now - timedelta(minutes=2), "yesterday": now - timedelta(days=1)}
        snoozed = notification(
            serial,
            NotificationType.ALARM,
            status=NotificationStatus.SNOOZED,
            alarm_time=now - timedelta(minutes=10),
            updated=moments.get(str(updated)),
            raw=raw("Alarm", status="SNOOZED", snoozedToTime=None),
        )
        tomorrow = notification(
            serial, NotificationType.ALARM, notification_id="n2", alarm_time=now + timedelta(hours=20), raw=raw("Alarm")
        )
        entry.runtime_data.notifications.async_apply({serial: (tomorrow,)})
        with subtests.test(str(updated)):
            entry.runtime_data.notifications.async_apply({serial: (snoozed, tomorrow)})
            shown = at(hass, ALARM)
            assert shown is not None
            assert timedelta(0) < shown - now <= timedelta(minutes=9, seconds=1)
            assert state_of(hass, ALARM).attributes["status"] == "SNOOZED"


def _shows_reminder(hass: HomeAssistant, label: str) -> bool:
    """Return whether the next reminder has a label."""
    return bool(state_of(hass, REMINDER).attributes["reminder"] == label)


def _is_after(hass: HomeAssistant, moment: str) -> bool:
    """Return whether the next reminder is after an ISO 8601 time."""
    return state_of(hass, REMINDER).state > moment


async def test_an_alarm_that_repeats_by_pattern_only_has_a_next_time(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    clock: Clock,
    subtests: pytest.Subtests,
) -> None:
    """After it has rung, the next occurrence is shown, its repetition is described, and it can be skipped."""
    customer_id = next(iter(household.accounts))
    for pattern in ("P2W", "P8W", "P1M", "P3D", "P1Y"):
        label = f"Bins {pattern}"
        made = {
            "type": "Reminder",
            "deviceSerialNumber": "G0SIM00KITCHEN01",
            "originalTime": "06:00:00.000",
            "originalDate": (dt_util.utcnow() - timedelta(days=1)).date().isoformat(),
            "recurringPattern": pattern,
            "reminderLabel": label,
        }
        patch = dict.fromkeys(household.accounts[customer_id]["notifications"])
        with subtests.test(pattern):
            sim.patch_state({"accounts": {customer_id: {"notifications": {**patch, label: made}}}})
            await clock.until(partial(_shows_reminder, hass, label))
            state = state_of(hass, REMINDER)
            assert datetime.fromisoformat(state.state) > dt_util.utcnow()
            assert state.attributes["recurrence"].startswith("Every ")
            (item,) = state.attributes["sorted_active"]
            await hass.services.async_call("alexa_media", "skip_next", {"notification_id": item["id"]}, blocking=True)
            await clock.until(partial(_is_after, hass, state.state))


@pytest.mark.platforms("calendar", "sensor", "todo")
async def test_a_reminder_for_all_devices_belongs_to_the_account(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """A reminder created in the app names a phone; it is shown for the account and in the calendar, but on no Echo."""
    at_ = dt_util.utcnow().replace(microsecond=0) + timedelta(hours=5)
    item = {
        "id": "A2TF17PFR55MTB-PHONE_REMINDER",
        "deliveryType": "ALL_DEVICES",
        "deviceName": "OTHER_MOBILE_DEVICE",
        "deviceSerialNumber": "PHONE",
        "deviceType": "A2TF17PFR55MTB",
        "type": "Reminder",
        "status": "ON",
        "alarmTime": round(at_.timestamp() * 1000),
        "reminderLabel": "Go to sleep",
        "version": "5",
    }
    sim.fault(path="/api/notifications", method="GET", status=200, body={"notifications": [item]})
    await entry.runtime_data.notifications.async_refresh()
    await hass.async_block_till_done()
    shown = state_of(hass, "sensor.jo_example_org_amazon_com_next_reminder_on_all_devices")
    registered = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    assert "All devices" not in {device.name for device in registered}
    assert datetime.fromisoformat(shown.state) == at_
    assert shown.attributes["reminder"] == "Go to sleep"
    assert at(hass, REMINDER) is None
    registry = er.async_get(hass)
    devices = {
        registry.entities[each].device_id for each in (shown.entity_id, "todo.jo_example_org_amazon_com_to_do_list")
    }
    assert len(devices) == 1, "the sensor belongs to the account's device"
    calendar = state_of(hass, "calendar.jo_example_org_amazon_com_alarms_and_reminders")
    assert (calendar.attributes["message"], calendar.attributes["location"]) == ("Go to sleep", "All devices")
