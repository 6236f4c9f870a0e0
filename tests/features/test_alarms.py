"""Tests of the actions that create, change and end alarms, timers and reminders."""

import asyncio
from datetime import datetime, timedelta
import json
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized, UnknownUser
from homeassistant.util import dt as dt_util
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from alexa_sim.client import ControlClient
from custom_components.alexa_media import backends
from custom_components.alexa_media.services import alarms
from tests.conftest import Clock, Household, quiet, received, set_up, state_of, until

pytestmark = pytest.mark.platforms("event", "media_player", "select", "sensor")

BEDROOM = "media_player.bedroom_dot"
KITCHEN = "media_player.kitchen_show"
PACIFIC = ZoneInfo("America/Los_Angeles")
WRITES = ("POST", "PUT", "DELETE")


async def act(hass: HomeAssistant, name: str, **data: Any) -> dict[str, Any]:
    """Call an action and return its response."""
    response = await hass.services.async_call("alexa_media", name, data, blocking=True, return_response=True)
    assert isinstance(response, dict)
    return dict(response)


def all_held(household: Household) -> dict[str, dict[str, Any]]:
    """Return the notifications in the cloud by id."""
    return {item["id"]: item for a in household.accounts.values() for item in a["notifications"].values()}


def held(household: Household, found: str) -> dict[str, Any]:
    """Return the notification in the cloud with an id."""
    return all_held(household)[found]


def tomorrow(clock: str) -> datetime:
    """Return a time tomorrow, in the time zone of the Echos."""
    day = dt_util.now(PACIFIC).date() + timedelta(days=1)
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=PACIFIC)


@pytest.mark.usefixtures("brief_hints")
async def test_an_alarm_is_created_changed_skipped_and_deleted(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The sensor changes with each push."""
    at = tomorrow("04:45:00")
    sim.reset_ledger()
    once = (await act(hass, "create_alarm", entity_id=BEDROOM, at=at.replace(tzinfo=None), sound="countertop"))["id"]
    (request,) = sim.ledger(path="/v1/alerts/alarms", method="POST")
    assert json.loads(request["body"]) == {
        "endpointId": f"{household.serial('Bedroom Dot')}@A4ZXE0RM7LQ7A",
        "trigger": {"scheduledTime": at.strftime("%Y-%m-%dT04:45:00")},
        "assets": [{"type": "TONE", "assetId": "system_alerts_repetitive_04"}],
        "extensions": [],
    }
    assert request["headers"]["authorization"].startswith("Bearer ")
    assert held(household, once)["alarmTime"] == at.timestamp() * 1000
    sensor = "sensor.bedroom_dot_next_alarm"
    await until(hass, lambda: once in str(state_of(hass, sensor).attributes["sorted_active"]))

    # an alarm on two days of every second week, with the device's own sound
    weekly = await act(hass, "create_alarm", entity_id=BEDROOM, at="06:30", weekdays=["FR", "mo"], interval=2)
    item = held(household, weekly["id"])
    assert item["rRuleData"]["recurrenceRules"] == ["FREQ=WEEKLY;BYDAY=MO,FR;INTERVAL=2;BYHOUR=6;BYMINUTE=30"]
    assert item["sound"]["id"] == "system_alerts_melodic_01"

    # a new alarm is known at once; omitted fields keep their values
    assert await act(hass, "edit_alarm", notification_id=weekly["id"], at="06:40") == {"id": weekly["id"]}
    assert held(household, weekly["id"])["rRuleData"]["byWeekDays"] == ["MO", "FR"]
    assert held(household, weekly["id"])["originalTime"] == "06:40:00.000"
    await act(hass, "edit_alarm", notification_id=weekly["id"], weekdays=["SU"], sound="Twilight")
    item = held(household, weekly["id"])
    assert (item["originalTime"], item["rRuleData"]["byWeekDays"]) == ("06:40:00.000", ["SU"])
    assert item["sound"]["displayName"] == "Twilight"
    await act(hass, "skip_next", notification_id=weekly["id"])
    skipped = datetime.fromisoformat(held(household, weekly["id"])["originalDate"])
    assert skipped - datetime.fromisoformat(item["originalDate"]) == timedelta(days=14)

    assert await act(hass, "delete_notification", notification_id=once) == {"id": once}
    assert once not in all_held(household)
    await until(hass, lambda: once not in str(state_of(hass, sensor).attributes["sorted_all"]))


async def test_new_days_of_an_alarm_change_its_rule(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    with subtests.test("an alarm of every second week stays one, unless another interval is given"):
        alarm = (await act(hass, "create_alarm", entity_id=BEDROOM, at="06:30", weekdays=["MO"], interval=2))["id"]
        for changes, days in (({}, "SU;INTERVAL=2"), ({"at": "06:30"}, "SU;INTERVAL=2"), ({"interval": 1}, "SU")):
            await act(hass, "edit_alarm", notification_id=alarm, weekdays=["SU"], **changes)
            rules = held(household, alarm)["rRuleData"]["recurrenceRules"]
            assert rules == [f"FREQ=WEEKLY;BYDAY={days};BYHOUR=6;BYMINUTE=30"], changes
    with subtests.test("a monthly alarm has no interval of weeks to keep"):
        alarm = (await act(hass, "create_alarm", entity_id=BEDROOM, at="06:30"))["id"]
        owner = next(iter(household.accounts))
        key = next(key for key, item in household.accounts[owner]["notifications"].items() if item["id"] == alarm)
        rules = {"recurrenceRules": ["FREQ=MONTHLY;BYMONTHDAY=1"], "recurStartDate": "2026-01-01"}
        sim.patch_state({"accounts": {owner: {"notifications": {key: {"rRuleData": rules}}}}})
        await entry.runtime_data.notifications.async_refresh_shared()
        await act(hass, "edit_alarm", notification_id=alarm, weekdays=["SU"])
        assert held(household, alarm)["rRuleData"]["recurrenceRules"] == ["FREQ=WEEKLY;BYDAY=SU;BYHOUR=6;BYMINUTE=30"]
    with subtests.test("an alarm without days, or that never repeats as in the form, stops repeating"):
        for none in ([], ["never"]):
            alarm = (await act(hass, "create_alarm", entity_id=BEDROOM, at="06:30", weekdays=["MO", "FR"]))["id"]
            await act(hass, "edit_alarm", notification_id=alarm, weekdays=none)
            item = held(household, alarm)
            assert item["originalTime"] == "06:30:00.000"
            assert not (item["rRuleData"] or {}).get("recurrenceRules")
    with subtests.test("never cannot be combined with days"):
        with pytest.raises(vol.Invalid, match="never can't be combined"):
            await act(hass, "edit_alarm", notification_id=alarm, weekdays=["never", "MO"])
        assert not (held(household, alarm)["rRuleData"] or {}).get("recurrenceRules")


async def test_a_music_alarm_keeps_its_music(hass: HomeAssistant, entry: MockConfigEntry, household: Household) -> None:
    """An alarm that plays music still plays it after a change of its time."""
    (music,) = [item["id"] for item in all_held(household).values() if item["type"] == "MusicAlarm"]
    await act(hass, "edit_alarm", notification_id=music, at="10:15")
    item = held(household, music)
    assert (item["musicAlarmId"], item["originalTime"]) == ("simmusic1", "10:15:00.000")
    assert item["rRuleData"]["byWeekDays"] == ["SA", "SU"]


async def test_a_reminder_has_a_sound_and_is_turned_off_and_on(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    at = tomorrow("18:00:00")
    one = (await act(hass, "create_reminder", entity_id=KITCHEN, at=at, message="Bins", sound="Countertop"))["id"]
    assert held(household, one)["sound"]["id"] == "system_alerts_repetitive_04"
    await act(hass, "edit_reminder", notification_id=one, sound="Simple Alarm", enabled=False)
    item = held(household, one)
    assert (item["sound"]["id"], item["status"], item["reminderLabel"]) == ("system_alerts_melodic_01", "OFF", "Bins")
    await act(hass, "edit_reminder", notification_id=one, enabled=True)
    assert (held(household, one)["status"], held(household, one)["alarmTime"]) == ("ON", at.timestamp() * 1000)
    (id_,) = (await act(hass, "create_reminder", at=at, message="Dinner", all_devices=True, sound="Countertop"))["ids"]
    assert held(household, id_)["sound"]["id"] == "system_alerts_repetitive_04"
    await act(hass, "edit_reminder", notification_id=id_, enabled=False, sound="Simple Alarm")
    assert (held(household, id_)["status"], held(household, id_)["deliveryType"]) == ("OFF", "ALL_DEVICES")


@pytest.mark.usefixtures("brief_hints")
async def test_a_reminder_in_the_past_is_not_turned_on(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, household: Household
) -> None:
    owner = next(iter(household.accounts))
    times = {"alarmTime": 1e12, "originalDate": "2001-09-09", "originalTime": "01:46:40.000"}
    old = {"type": "Reminder", "deviceSerialNumber": "G0SIM00KITCHEN01", "reminderLabel": "Bins", "status": "OFF"}
    sim.patch_state({"accounts": {owner: {"notifications": {"old": {**old, **times}}}}})
    listed = entry.runtime_data.notifications
    await until(hass, lambda: any(item.index == "old" for items in listed.data.values() for item in items))
    sim.reset_ledger()
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "edit_reminder", notification_id="old", enabled=True)
    assert raised.value.translation_key == "reminder_over"
    assert sim.ledger(path="/api/notifications/*", method="PUT") == []


async def test_a_reminder_that_repeats_at_unknown_times_is_turned_on_and_skipped(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, household: Household
) -> None:
    """Its rule cannot be read, so nothing proves that it has ended; its next time is unknown."""
    owner = next(iter(household.accounts))
    times = {"alarmTime": 1e12, "originalDate": "2001-09-09", "originalTime": "01:46:40.000"}
    days = {"frequency": "WEEKLY", "byWeekDays": ["MO"], "notificationTimes": ["01:46:40.000"]}
    rule = {"rRuleData": {**days, "recurrenceRules": ["FREQ=WEEKLY;MOOD=GOOD"]}, "status": "OFF"}
    tea = {"type": "Reminder", "deviceSerialNumber": "G0SIM00KITCHEN01", "reminderLabel": "Tea", **rule}
    sim.patch_state({"accounts": {owner: {"notifications": {"tea": {**tea, **times}}}}})
    listed = entry.runtime_data.notifications
    await until(hass, lambda: any(item.index == "tea" for items in listed.data.values() for item in items))
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "skip_next", notification_id="tea")
    assert raised.value.translation_key == "alarm_not_recurring", "it is turned off"
    await act(hass, "edit_reminder", notification_id="tea", enabled=True)
    await until(
        hass, lambda: any(item.status == "ON" for item in listed.data["G0SIM00KITCHEN01"] if item.index == "tea")
    )
    await act(hass, "skip_next", notification_id="tea")
    sent = [json.loads(each["body"])["status"] for each in sim.ledger(path="/api/notifications/*", method="PUT")]
    assert sent == ["ON", "INSTANCE_CANCELED"]


@pytest.mark.parametrize(
    ("change", "name"), [({"sound": "Countertop"}, "reminder_sound"), ({"enabled": False}, "switch_reminder")]
)
async def test_a_change_of_a_reminder_that_amazon_refuses_is_tried_once(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, change: dict[str, Any], name: str
) -> None:
    created = await act(hass, "create_reminder", entity_id=KITCHEN, at=tomorrow("18:00:00"), message="Bins")
    sim.reset_ledger()
    sim.fault(path="/api/notifications/A*", method="PUT", status=400)
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await act(hass, "edit_reminder", notification_id=created["id"], **change)
    assert len(sim.ledger(path="/api/notifications/A*", method="PUT")) == 1
    assert entry.runtime_data.backend.unsupported == (name,)
    # the text can still be changed
    sim.clear_faults()
    await act(hass, "edit_reminder", notification_id=created["id"], message="Bags")


async def test_a_deleted_reminder_does_not_affect_others(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, household: Household, subtests: pytest.Subtests
) -> None:
    changes: tuple[dict[str, Any], ...] = ({"sound": "Countertop"}, {"enabled": False})
    for change in changes:
        created = await act(hass, "create_reminder", entity_id=KITCHEN, at=tomorrow("18:00:00"), message="Bins")
        sim.clear_faults()
        sim.fault(path="/api/notifications/A*", method="PUT", status=404, times=1)
        with subtests.test(str(change)):
            with pytest.raises(HomeAssistantError):
                await act(hass, "edit_reminder", notification_id=created["id"], **change)
            assert entry.runtime_data.backend.unsupported == ()
            await act(hass, "edit_reminder", notification_id=created["id"], **change)


async def test_reminders_with_a_sound_are_created_one_by_one_if_amazon_refuses_a_shared_one(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, household: Household
) -> None:
    sim.fault(path="/api/notifications/createReminder", method="PUT", status=400, times=1)
    data = {"at": tomorrow("18:00:00"), "message": "Dinner", "all_devices": True, "sound": "Countertop"}
    ids = (await act(hass, "create_reminder", **data))["ids"]
    assert len(ids) > 1
    assert {held(household, one)["sound"]["id"] for one in ids} == {"system_alerts_repetitive_04"}
    assert entry.runtime_data.backend.unsupported == ("reminder_for_all_devices",)


async def test_a_monthly_reminder_stays_monthly_when_it_is_turned_off(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, household: Household
) -> None:
    one = (await act(hass, "create_reminder", entity_id=KITCHEN, at="18:00", message="Rent", weekdays=["MO"]))["id"]
    places = [(c, key, item) for c, a in household.accounts.items() for key, item in a["notifications"].items()]
    owner, key = next((customer, key) for customer, key, item in places if item["id"] == one)
    rule = {**held(household, one)["rRuleData"], "frequency": "MONTHLY"}
    changes = {"recurringPattern": "P1M", "rRuleData": rule}
    sim.patch_state({"accounts": {owner: {"notifications": {key: changes}}}})
    sim.reset_ledger()
    await act(hass, "edit_reminder", notification_id=one, enabled=False)
    (sent,) = sim.ledger(path="/api/notifications/A*", method="PUT")
    assert json.loads(sent["body"])["rRuleData"]["frequency"] == "MONTHLY"


async def test_a_reminder_is_created_changed_and_skipped(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    at = tomorrow("18:00:00")
    one = (await act(hass, "create_reminder", entity_id=KITCHEN, at=at, message=" Bins  out "))["id"]
    item = held(household, one)
    assert (item["reminderLabel"], item["alarmTime"]) == ("Bins out", at.timestamp() * 1000)
    await act(hass, "edit_reminder", notification_id=one, message="Bags out", weekdays=["TU"])
    item = held(household, one)
    assert (item["reminderLabel"], item["rRuleData"]["byWeekDays"]) == ("Bags out", ["TU"])
    await act(hass, "skip_next", notification_id=one)
    bodies = [json.loads(request["body"]) for request in sim.ledger(path="/api/notifications/A*", method="PUT")]
    (body,) = [body for body in bodies if body["status"] == "INSTANCE_CANCELED"]
    assert "recurrenceRules" not in body["rRuleData"]
    assert held(household, one)["originalDate"] > item["originalDate"]
    # another day was selected in the meantime; the edit is based on the current alarm
    sim.fault(path=f"/api/notifications/{one}", method="PUT", status=409, times=1)
    await act(hass, "edit_reminder", notification_id=one, message="Glass out")
    assert held(household, one)["reminderLabel"] == "Glass out"


@pytest.mark.usefixtures("brief_hints")
async def test_a_reminder_for_all_devices_is_one_reminder(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    at = tomorrow("18:00:00")
    every = await act(hass, "create_reminder", at=at, message="Dinner", all_devices=True)
    (id_,) = every["ids"]
    assert (held(household, id_)["deliveryType"], held(household, id_)["reminderLabel"]) == ("ALL_DEVICES", "Dinner")
    shown = "sensor.jo_example_org_amazon_com_next_reminder_on_all_devices"
    await until(hass, lambda: state_of(hass, shown).attributes["reminder"] == "Dinner")
    await act(hass, "edit_reminder", notification_id=id_, message="Supper")
    assert held(household, id_)["reminderLabel"] == "Supper"
    await act(hass, "delete_notification", notification_id=id_)
    assert id_ not in all_held(household)
    await until(hass, lambda: state_of(hass, shown).state == "unknown")


async def test_each_device_has_a_separate_reminder_if_amazon_refuses_one_for_all_devices(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The refused request is not sent again for a day."""
    at = tomorrow("18:00:00")
    sim.fault(path="/api/notifications/createReminder", method="PUT", status=400, body={"message": "no"}, times=1)
    every = await act(hass, "create_reminder", at=at, message="Dinner", all_devices=True)
    online = [d for a in household.accounts.values() for d in a["devices"].values() if "REMINDERS" in d["capabilities"]]
    assert len(every["ids"]) == sum(d["online"] for d in online) > 3
    assert {held(household, each)["reminderLabel"] for each in every["ids"]} == {"Dinner"}
    assert entry.runtime_data.backend.unsupported == ("reminder_for_all_devices",)
    sim.reset_ledger()
    await act(hass, "create_reminder", at=at, message="Tea", all_devices=True)
    assert not [one for one in sim.ledger(path="/api/notifications/createReminder") if "ALL_DEVICES" in one["body"]]


async def test_a_timer_is_set_by_a_sentence_and_deleted(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The sentence is in the language of the Echo."""
    timer = (await act(hass, "create_timer", entity_id=KITCHEN, duration={"minutes": 90}, label="Stew"))["id"]
    assert held(household, timer)["timerLabel"] == "Stew"
    assert sim.spoken()[-1]["text"] == "set a timer for 1 hour 30 minutes called Stew"
    sorted_all = state_of(hass, "sensor.kitchen_show_next_timer").attributes["sorted_all"]
    assert timer in [item["id"] for item in sorted_all]
    await act(hass, "delete_notification", notification_id=timer)
    assert timer not in all_held(household)


async def test_the_id_of_a_timer_is_not_that_of_another_one_started_meanwhile(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """Length and label distinguish two timers that start on the same Echo within the wait."""
    lengths = {"Stew": 90, "Rice": 90, "Tea": 3, None: 4}
    labels = {label: {"label": label} if label else {} for label in lengths}
    sim.fault(path="/api/notifications", latency=0.5, times=1)
    answers = asyncio.gather(
        *(
            act(hass, "create_timer", entity_id=KITCHEN, duration={"minutes": minutes}, **labels[label])
            for label, minutes in lengths.items()
        )
    )
    await clock.advance(10, 0.5)
    assert [held(household, answer["id"])["timerLabel"] for answer in await answers] == list(lengths)


async def test_a_timer_whose_label_alexa_changed_is_found_by_its_length(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """The id is returned after the wait; a timer with another length is not taken for it."""
    before = all_held(household).keys()
    sim.fault(path="/api/notifications", latency=1, times=1)
    data = {"entity_id": KITCHEN, "duration": {"minutes": 7}, "label": "5 eggs"}
    task = hass.async_create_background_task(act(hass, "create_timer", **data), "timer")
    await clock.until(lambda: all_held(household).keys() - before)
    (made,) = all_held(household).keys() - before
    customer, key = next(
        (customer, key)
        for customer, account in household.accounts.items()
        for key, item in account["notifications"].items()
        if item["id"] == made
    )
    other = {"type": "Timer", "deviceSerialNumber": household.serial("Kitchen Show"), "remainingTime": 60_000}
    patch = {key: {"timerLabel": "five eggs"}, "0-other": other}
    sim.patch_state({"accounts": {customer: {"notifications": patch}}})
    await clock.advance(10, 1)
    assert (await task)["id"] == made


async def test_a_refusal_creates_nothing(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The caller gets Amazon's error, and no alarm or reminder remains."""
    monkeypatch.setattr(alarms, "UNDO_PAUSES", (0.0, 0.0))
    at = tomorrow("18:00:00")
    before = set(all_held(household))
    path = "/api/notifications/createReminder"
    # the response for a device without reminders has no id
    sim.fault(path=path, status=200, body={"status": "OFF"}, times=1)
    with pytest.raises(HomeAssistantError, match="not created"):
        await act(hass, "create_reminder", entity_id=KITCHEN, at=at, message="Never")
    # one device lost its reminders without a push; the reminders that were already created are deleted
    kept = [name for name in household.device("Office Spot")["capabilities"] if name != "REMINDERS"]
    household.change("Office Spot", capabilities=kept)
    sim.fault(path=path, method="PUT", status=400, body={"message": "no"}, times=1)
    sim.reset_ledger()
    with pytest.raises(HomeAssistantError, match="not created"):
        await act(hass, "create_reminder", at=at, message="All", all_devices=True)
    requests = household.requests("PUT", path)
    assert len(household.requests("DELETE")) == len(requests) - 2 > 0
    assert set(all_held(household)) == before
    # a deletion that fails once is tried again
    sim.fault(path="/api/notifications/*", method="DELETE", status=400, times=1)
    with pytest.raises(HomeAssistantError, match="not created"):
        await act(hass, "create_reminder", at=at, message="All", all_devices=True)
    assert set(all_held(household)) == before
    # a reminder that cannot be deleted remains in the list, and the error has its id
    refused = sim.fault(path="/api/notifications/*", method="DELETE", status=400)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "create_reminder", at=at, message="All", all_devices=True)
    assert raised.value.translation_key == "alarm_left"
    assert raised.value.translation_placeholders
    sim.remove_fault(str(refused))
    for left in set(all_held(household)) - before:
        assert left in raised.value.translation_placeholders["left"]
        await act(hass, "delete_notification", notification_id=left)
    assert set(all_held(household)) == before


async def test_a_refusal_changes_nothing(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The caller gets Amazon's error, and alarms, timers and reminders stay as they were."""
    alarm = next(i for i, item in all_held(household).items() if item["type"] == "Alarm")
    sim.fault(path="/v1/alerts/alarms/*", method="PUT", status=503, times=1)
    with pytest.raises(HomeAssistantError, match="try again"):
        await act(hass, "edit_alarm", notification_id=alarm, at="05:00")
    sim.fault(path="/v1/alerts/alarms", method="GET", status=200, body={"alarms": []}, times=1)
    with pytest.raises(HomeAssistantError, match="no longer lists"):
        await act(hass, "edit_alarm", notification_id=alarm, at="05:00")
    assert held(household, alarm)["version"] == "2"
    # commands that are sent as spoken words
    before = set(all_held(household))
    for name, more in (("create_timer", {"duration": "00:05:00"}), ("stop_alarm", {})):
        sim.fault(path="/api/behaviors/preview", status=400, body={"message": "no"}, times=1)
        with pytest.raises(HomeAssistantError, match="rejected"):
            await act(hass, name, entity_id=KITCHEN, **more)
    assert set(all_held(household)) == before
    # the id of a timer that Amazon has deleted in the meantime
    sim.fault(path="/api/notifications/*", method="DELETE", status=404, times=1)
    with pytest.raises(HomeAssistantError):
        await act(hass, "delete_notification", notification_id=alarm)


@pytest.mark.parametrize("reads", [2, None], ids=["late", "never"])
async def test_an_alarm_that_amazon_lists_late_is_deleted_when_another_one_fails(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
    reads: int | None,
) -> None:
    """The list is read again a few times; if the alarm is never listed, the error says which one is left."""
    monkeypatch.setattr(alarms, "UNDO_PAUSES", (0.0,) * 4)
    before = all_held(household)
    # an Echo that no longer has alarms, as Home Assistant does not know yet
    kept = [name for name in household.device("Office Spot")["capabilities"] if name != "TIMERS_AND_ALARMS"]
    household.change("Office Spot", capabilities=kept)
    times = {} if reads is None else {"times": reads}
    sim.fault(path="/api/notifications", method="GET", status=200, body={"notifications": [*before.values()]}, **times)
    echos = [BEDROOM, "media_player.office_spot"]
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "create_alarm", entity_id=echos, at=tomorrow("18:00:00"))
    left = set(all_held(household)) - set(before)
    if reads is None:
        assert raised.value.translation_key == "alarm_left"
        assert raised.value.translation_placeholders == {"left": f"Bedroom Dot ({left.pop()})"}
    else:
        assert "not created" in str(raised.value)
    assert left == set()


@pytest.mark.parametrize("during", ["throttling", "reload"])
async def test_an_alarm_is_deleted_when_another_one_fails(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
    during: str,
) -> None:
    """The deletion is part of the action: it does not wait for polls, and continues after a reload."""
    monkeypatch.setattr(alarms, "UNDO_PAUSES", (0.0, 0.1) if during == "throttling" else (0.0, *[0.2] * 40))
    before = set(all_held(household))
    kept = [name for name in household.device("Office Spot")["capabilities"] if name != "TIMERS_AND_ALARMS"]
    household.change("Office Spot", capabilities=kept)
    fault = {"hang": True} if during == "reload" else {"status": 429}
    sim.fault(path="/api/notifications", method="GET", times=1, **fault)
    echos = [BEDROOM, "media_player.office_spot"]
    caller = asyncio.create_task(act(hass, "create_alarm", entity_id=echos, at=tomorrow("18:00:00")))
    if during == "reload":
        await received(sim, "/api/notifications")
        await hass.config_entries.async_reload(entry.entry_id)
    with pytest.raises(HomeAssistantError, match="not created"):
        await caller
    assert set(all_held(household)) == before


async def test_an_alarm_is_deleted_when_another_one_fails_during_a_slow_reload(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If the account cannot be set up again in time, the error says which alarm is left."""
    monkeypatch.setattr(alarms, "UNDO_PAUSES", (0.0, 0.1))
    create, may_go_on = backends.async_create_backend, asyncio.Event()

    async def create_slowly(*args: Any) -> Any:
        await may_go_on.wait()
        return await create(*args)

    monkeypatch.setattr("custom_components.alexa_media.async_create_backend", create_slowly)
    before = set(all_held(household))
    kept = [name for name in household.device("Office Spot")["capabilities"] if name != "TIMERS_AND_ALARMS"]
    household.change("Office Spot", capabilities=kept)
    sim.fault(path="/api/notifications", method="GET", times=1, hang=True)
    echos = [BEDROOM, "media_player.office_spot"]
    caller = asyncio.create_task(act(hass, "create_alarm", entity_id=echos, at=tomorrow("18:00:00")))
    await received(sim, "/api/notifications")
    reload = asyncio.create_task(hass.config_entries.async_reload(entry.entry_id))
    try:
        with pytest.raises(HomeAssistantError) as raised:
            await caller
    finally:
        may_go_on.set()
        await reload
    (left,) = set(all_held(household)) - before
    assert raised.value.translation_key == "alarm_left"
    assert raised.value.translation_placeholders == {"left": f"Bedroom Dot ({left})"}


@pytest.mark.parametrize("is_refused", [False, True], ids=["accepted", "refused"])
async def test_alarms_are_created_completely_although_the_caller_is_canceled(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    caplog: pytest.LogCaptureFixture,
    is_refused: bool,
) -> None:
    """Otherwise a restarted automation would leave the alarms of some Echos behind. A failure is logged."""
    before = set(all_held(household))
    if is_refused:
        kept = [name for name in household.device("Office Spot")["capabilities"] if name != "TIMERS_AND_ALARMS"]
        household.change("Office Spot", capabilities=kept)
    sim.fault(path="/v1/alerts/alarms", method="POST", latency=0.1)
    echos = [BEDROOM, "media_player.office_spot"]
    caller = asyncio.create_task(act(hass, "create_alarm", entity_id=echos, at=tomorrow("18:00:00")))
    await received(sim, "/v1/alerts/alarms")
    caller.cancel()
    await asyncio.wait([caller])
    await hass.async_block_till_done()
    assert len(set(all_held(household)) - before) == (0 if is_refused else 2)
    assert ("Amazon rejected the command (not created)" in caplog.text) is is_refused


async def test_an_interval_without_days_is_refused(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    """The error covers new and existing alarms, because an interval without days would have no effect."""
    with subtests.test("a new or single alarm, or a new reminder"):
        alarm = (await act(hass, "create_alarm", entity_id=BEDROOM, at="06:40"))["id"]
        sim.reset_ledger()
        for action, data in (
            ("create_alarm", {"entity_id": BEDROOM, "at": "06:30"}),
            ("create_reminder", {"entity_id": BEDROOM, "at": "06:30", "message": "x"}),
            ("edit_alarm", {"notification_id": alarm}),
        ):
            with pytest.raises(ServiceValidationError) as raised:
                await act(hass, action, interval=2, **data)
            assert raised.value.translation_key == "interval_without_weekdays"
        assert sim.ledger(method="PUT") == []
    with subtests.test("an interval of one week that would change an alarm"):
        alarm = (await act(hass, "create_alarm", entity_id=BEDROOM, at="06:30", weekdays=["MO"], interval=2))["id"]
        sim.reset_ledger()
        for changes in ({}, {"at": "06:40"}):
            with pytest.raises(ServiceValidationError) as raised:
                await act(hass, "edit_alarm", notification_id=alarm, interval=1, **changes)
            assert raised.value.translation_key == "interval_without_weekdays", changes
        assert sim.ledger(method="PUT") == []


async def test_alarms_need_permission_and_a_device(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    household: Household,
    hass_read_only_user: MockUser,
) -> None:
    """A user without permission cannot create alarms; the default device is used if none is given."""
    reader = Context(user_id=hass_read_only_user.id)
    for data in (
        {"entity_id": BEDROOM, "at": "07:00", "message": "x"},
        {"at": "07:00", "message": "x", "all_devices": True},
    ):
        with pytest.raises(Unauthorized):
            await hass.services.async_call("alexa_media", "create_reminder", data, blocking=True, context=reader)
    with pytest.raises(UnknownUser):
        await hass.services.async_call(
            "alexa_media", "stop_alarm", {"entity_id": BEDROOM}, blocking=True, context=Context(user_id="missing")
        )
    sounds = await act(hass, "get_alarm_sounds", entity_id=BEDROOM)
    assert {"id": "system_alerts_melodic_03", "name": "Twilight"} in sounds["sounds"]
    assert sounds["default"] == "system_alerts_melodic_01"
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": "select.jo_example_org_amazon_com_default_device", "option": "Bedroom Dot"},
        blocking=True,
    )
    # a start in the past moves to the next selected weekday
    past = dt_util.now(PACIFIC) - timedelta(days=20)
    made = await act(hass, "create_alarm", at=past, weekdays=["WE"])
    item = held(household, made["id"])
    assert item["deviceSerialNumber"] == household.serial("Bedroom Dot")
    body = datetime.fromisoformat(item["rRuleData"]["recurStartDate"]).date()
    assert (body.weekday(), body >= dt_util.now(PACIFIC).date()) == (2, True)


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("create_alarm", {"at": "2026-01-01 07:00:00"}, "in the past"),
    ("create_alarm", {"at": "07:00", "sound": "Foghorn"}, "Bedroom Dot doesn't have the sound Foghorn"),
    ("create_alarm", {"at": "07:00", "entity_id": "media_player.kids_dot"}, "offline"),
    (
        "create_alarm",
        {"at": "07:00", "entity_id": "media_player.missing"},
        "aren't available for media_player.missing",
    ),
    ("create_reminder", {"at": "07:00", "message": "  "}, "text of the reminder or timer is empty"),
    ("create_reminder", {"at": "07:00", "message": "x" * 257}, "257 characters"),
    ("create_timer", {"duration": {"minutes": 1}, "label": "x" * 300}, "300 characters"),
    ("edit_alarm", {"notification_id": "nothing", "at": "07:00"}, "No alarm, timer or reminder"),
    ("edit_alarm", {"notification_id": "e06", "at": "07:00"}, "isn't an alarm"),
    ("edit_alarm", {"notification_id": "e01"}, "nothing to change"),
    ("edit_reminder", {"notification_id": "e06"}, "nothing to change"),
    ("edit_reminder", {"notification_id": "e01", "message": "x"}, "isn't a reminder"),
    ("edit_reminder", {"notification_id": "e05", "at": "07:00"}, "can't keep the repeat rule"),
    ("skip_next", {"notification_id": "e06"}, "Nothing to skip"),
    ("skip_next", {"notification_id": "e04"}, "Nothing to skip"),
    ("snooze_alarm", {}, "No ringing alarm"),
]


async def test_invalid_input_is_refused_before_any_write(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Invalid input is refused with a clear error before anything is written."""
    ids = {item["id"][-3:]: item["id"] for item in all_held(household).values()}
    rules = {"rRuleData": {"recurrenceRules": ["FREQ=MONTHLY;BYMONTHDAY=1"], "recurStartDate": "2026-01-01"}}
    owner = next(iter(household.accounts))
    sim.patch_state({"accounts": {owner: {"notifications": {ids["e05"][-36:]: rules}}}})
    household.change("Office Spot", preferences={"locale": "ja-JP"})
    await entry.runtime_data.devices.async_refresh_shared()
    await quiet(hass, sim, calm=0.6)
    sim.reset_ledger()
    with pytest.raises(ServiceValidationError, match="No Echo selected"):
        await act(hass, "create_alarm", at="07:00")
    for name, data, words in BAD:
        given = dict(data)
        if "notification_id" in given:
            given["notification_id"] = ids.get(given["notification_id"], given["notification_id"])
        elif "entity_id" not in given:
            given["entity_id"] = BEDROOM
        with pytest.raises(ServiceValidationError, match=words):
            await act(hass, name, **given)
    for name, more in (("create_timer", {"duration": {"minutes": 1}}), ("stop_alarm", {})):
        with pytest.raises(ServiceValidationError, match="ja-JP"):
            await act(hass, name, entity_id="media_player.office_spot", **more)
    assert [request for request in sim.ledger() if request["method"] in WRITES] == []


async def test_a_reminder_for_all_devices_needs_one_that_is_online(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    for device in entry.runtime_data.devices.data.values():
        household.change(device.name, online=False)
    await entry.runtime_data.devices.async_refresh_shared()
    sim.reset_ledger()
    with pytest.raises(ServiceValidationError, match="No online Echo that supports reminders"):
        await act(hass, "create_reminder", at="07:00", message="Dinner", all_devices=True)
    assert [request for request in sim.ledger() if request["method"] in WRITES] == []


async def test_an_alarm_volume_needs_an_echo_that_has_one(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    capabilities = set(household.device("Bedroom Dot")["capabilities"]) - {"TIMERS_ALARMS_NOTIFICATIONS_VOLUME"}
    household.change("Bedroom Dot", capabilities=sorted(capabilities))
    await entry.runtime_data.devices.async_refresh_shared()
    sim.reset_ledger()
    with pytest.raises(ServiceValidationError, match="alarm volume of Bedroom Dot can't be set"):
        await act(hass, "create_alarm", at="07:00", entity_id=BEDROOM, volume=0.5)
    assert [request for request in sim.ledger() if request["method"] in WRITES] == []


async def test_the_event_entity_reports_ringing(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    clock: Clock,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Covers an alarm that rings, is snoozed, rings again and is stopped, and a timer."""
    bread = next(key for a in household.accounts.values() for key, i in a["notifications"].items() if i["timerLabel"])
    timer = {"notifications": {bread: {"remainingTime": 300_000}}}
    sim.patch_state({"accounts": {next(iter(household.accounts)): timer}})
    household.turn_off_alarms()
    await set_up(hass, config_entry)
    await clock.settle()
    event = "event.bedroom_dot_alarm_timer_or_reminder"
    assert state_of(hass, event).state == "unknown"
    at = (dt_util.now() + timedelta(seconds=70)).replace(microsecond=0)
    alarm = (await act(hass, "create_alarm", entity_id=BEDROOM, at=at))["id"]
    await clock.settle()
    await clock.advance(75, 75)
    state = state_of(hass, event)
    assert (state.attributes["event_type"], state.attributes["id"]) == ("alarm_ringing", alarm)
    assert state.attributes["kind"] == "Alarm"
    sim.fault(path="/api/behaviors/preview", status=400, body={"message": "no"}, times=1)
    with pytest.raises(HomeAssistantError, match="rejected"):
        await act(hass, "snooze_alarm", entity_id=BEDROOM)
    assert held(household, alarm)["status"] == "ON", "the alarm continues ringing"
    assert await act(hass, "snooze_alarm", entity_id=BEDROOM, duration="00:01:00") == {"id": alarm, "ids": [alarm]}
    assert sim.spoken()[-1]["text"] == "snooze for 1 minute"
    await clock.settle()
    assert held(household, alarm)["status"] == "SNOOZED"
    assert state_of(hass, event).attributes["event_type"] == "alarm_snoozed"
    with pytest.raises(ServiceValidationError, match="No ringing alarm"):
        await act(hass, "snooze_alarm", entity_id=BEDROOM)
    await clock.advance(65, 65)
    assert state_of(hass, event).attributes["event_type"] == "alarm_ringing"
    assert await act(hass, "stop_alarm", entity_id=BEDROOM) == {"id": alarm, "ids": [alarm]}
    await clock.settle()
    assert held(household, alarm)["status"] == "OFF"
    assert state_of(hass, event).attributes["event_type"] == "alarm_dismissed"
    assert await act(hass, "stop_alarm", entity_id=BEDROOM) == {"id": None, "ids": []}
    # a timer's state is not a countdown; it changes when the timer ends
    await clock.advance(5, 5)
    sim.reset_ledger()
    await clock.advance(200, 100)
    state = state_of(hass, "event.kitchen_show_alarm_timer_or_reminder")
    assert (state.attributes["event_type"], state.attributes["label"]) == ("timer_ringing", "Bread")
    assert len(household.requests("GET", "/api/notifications")) <= 1
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_an_alarm_is_snoozed_and_stopped_although_a_reminder_came_after_it(
    hass: HomeAssistant, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """All that rings on an Echo is returned, the last first; a reminder ends when it has been spoken."""
    household.turn_off_alarms()
    await set_up(hass, config_entry)
    await clock.settle()
    at = (dt_util.now() + timedelta(seconds=70)).replace(microsecond=0)
    alarm = (await act(hass, "create_alarm", entity_id=BEDROOM, at=at))["id"]

    async def remind(seconds: int) -> str:
        """Let a reminder ring on the same Echo."""
        moment = (dt_util.now() + timedelta(seconds=seconds)).replace(microsecond=0)
        created = await act(hass, "create_reminder", entity_id=BEDROOM, at=moment, message="Bins")
        await clock.settle()
        await clock.advance(seconds + 5, 10)
        return str(created["id"])

    await remind(80)
    assert held(household, alarm)["lastOccurrenceTimeInMilli"] == at.timestamp() * 1000
    assert await act(hass, "snooze_alarm", entity_id=BEDROOM, duration="00:01:00") == {"id": alarm, "ids": [alarm]}
    await clock.advance(70, 35)
    bins = await remind(30)
    assert await act(hass, "stop_alarm", entity_id=BEDROOM) == {"id": bins, "ids": [bins, alarm]}
    await clock.settle()
    assert held(household, alarm)["status"] == "OFF"
    await clock.advance(130, 65)
    assert await act(hass, "stop_alarm", entity_id=BEDROOM) == {"id": None, "ids": []}
    await hass.config_entries.async_unload(config_entry.entry_id)
