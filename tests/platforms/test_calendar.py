"""Tests of the calendar of an account."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.components.calendar.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import Household, state_of, until

pytestmark = pytest.mark.platforms("calendar", "event", "media_player", "select")

CALENDAR = "calendar.jo_example_org_amazon_com_alarms_and_reminders"
PACIFIC = ZoneInfo("America/Los_Angeles")


async def events(hass: HomeAssistant, days: int = 8) -> list[dict[str, Any]]:
    """Return the events of the next days."""
    calendar = hass.data[DATA_COMPONENT].get_entity(CALENDAR)
    assert calendar is not None
    now = dt_util.utcnow()
    return [event.as_dict() for event in await calendar.async_get_events(hass, now, now + timedelta(days=days))]


async def create(hass: HomeAssistant, summary: str, start: Any, **more: Any) -> None:
    """Create an event like the calendar's dialog does."""
    calendar: Any = hass.data[DATA_COMPONENT].get_entity(CALENDAR)
    await calendar.async_create_event(dtstart=start, dtend=start + timedelta(hours=1), summary=summary, **more)


def items(household: Household, label: str | None) -> list[dict[str, Any]]:
    """Return the notifications in the cloud with a label."""
    every = [item for a in household.accounts.values() for item in a["notifications"].values()]
    return [item for item in every if (item["reminderLabel"] or item["alarmLabel"]) == label]


def tomorrow(hour: int) -> datetime:
    """Return a time tomorrow, given by its hour."""
    return (dt_util.now(PACIFIC) + timedelta(days=1)).replace(hour=hour, minute=0, second=0, microsecond=0)


async def test_all_occurrences_are_shown(hass: HomeAssistant, entry: MockConfigEntry, household: Household) -> None:
    """All occurrences of enabled alarms and reminders are shown, without disabled ones and timers."""
    found = await events(hass)
    alarms = {"Alarm – Bedroom Dot", "Alarm – Office Spot"}
    assert {event["summary"] for event in found} == {*alarms, "Take out the bins", "Call the dentist"}
    bedroom = [event for event in found if event["location"] == "Bedroom Dot"]
    assert len(bedroom) in (5, 6)
    assert {datetime.fromisoformat(event["start"]).timetz().isoformat()[:5] for event in bedroom} == {"07:00"}
    assert {event["rrule"] for event in bedroom} == {"FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"}
    assert len({event["recurrence_id"] for event in bedroom}) == len(bedroom)
    assert [event["start"] for event in found] == sorted(event["start"] for event in found)
    state = state_of(hass, CALENDAR)
    assert state.attributes["message"] == found[0]["summary"]
    # a year of events is limited
    assert len(await events(hass, 4000)) < 2500


async def test_a_new_event_becomes_a_reminder_or_an_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    """The name of the event decides between both; the location selects the Echo."""
    await create(hass, "Water the plants", tomorrow(9), location="garage echo", rrule="FREQ=WEEKLY;BYDAY=MO,TH")
    (item,) = items(household, "Water the plants")
    assert item["deviceSerialNumber"] == household.serial("Garage Echo")
    assert item["rRuleData"]["byWeekDays"] == ["MO", "TH"]
    await create(hass, "alarm", tomorrow(5), location="media_player.bedroom_dot", rrule="FREQ=DAILY")
    alarms = [item for item in items(household, None) if item["originalTime"] == "05:00:00.000"]
    assert [item["type"] for item in alarms] == ["Alarm"]
    assert len(alarms[0]["rRuleData"]["byWeekDays"]) == 7


UNSUPPORTED_RULES = {
    "Monthly": "FREQ=MONTHLY;BYMONTHDAY=1",
    "Three times": "FREQ=DAILY;COUNT=3",
    "Ended": "FREQ=WEEKLY;UNTIL=20301224",
    "Every third": "FREQ=DAILY;INTERVAL=3",
    "First Monday": "FREQ=WEEKLY;BYDAY=1MO",
}


async def test_an_unsupported_event_is_refused(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    sim.reset_ledger()
    for summary, more, words in (
        ("No Echo", {}, "No Echo selected"),
        ("Elsewhere", {"location": "Mars"}, "Mars doesn't match"),
        ("Offline", {"location": "Kids Dot"}, "offline"),
    ):
        with pytest.raises(ServiceValidationError, match=words):
            await create(hass, summary, tomorrow(9), **more)
    for summary, rule in UNSUPPORTED_RULES.items():
        with pytest.raises(ServiceValidationError, match="This repeat rule isn't supported"):
            await create(hass, summary, tomorrow(9), location="Bedroom Dot", rrule=rule)
    with pytest.raises(ServiceValidationError, match="time of day"):
        await create(hass, "All day", tomorrow(9).date(), location="Bedroom Dot")
    with pytest.raises(ServiceValidationError, match="in the past"):
        await create(hass, "Yesterday", tomorrow(9) - timedelta(days=2), location="Bedroom Dot")
    assert household.requests("PUT") + household.requests("POST") == []
    # Amazon cannot store a description, and it must not get lost silently
    sim.reset_ledger()
    with pytest.raises(ServiceValidationError, match="no description"):
        await create(hass, "Feed the cat", tomorrow(8), location="Kitchen Show", description="Half a can")
    assert household.requests() == []
    await create(hass, "Feed the cat", tomorrow(8), location="Kitchen Show", description=" ")
    assert len(items(household, "Feed the cat")) == 1


async def test_an_event_without_a_location_uses_the_default_device(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    select = "select.jo_example_org_amazon_com_default_device"
    assert state_of(hass, select).state == "unknown"
    assert "Downstairs" not in state_of(hass, select).attributes["options"]
    await hass.services.async_call(
        "select", "select_option", {"entity_id": select, "option": "Office Spot"}, blocking=True
    )
    assert state_of(hass, select).state == "Office Spot"
    start = tomorrow(9).replace(tzinfo=None)
    data: dict[str, Any] = {
        "entity_id": CALENDAR,
        "summary": "Post",
        "start_date_time": start,
        "end_date_time": start + timedelta(hours=1),
    }
    await hass.services.async_call("calendar", "create_event", data, blocking=True)
    (item,) = items(household, "Post")
    assert item["deviceSerialNumber"] == household.serial("Office Spot")


async def test_series_are_changed_and_deleted(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A whole series or its future can be changed; a single occurrence can only be skipped if it is the next one."""
    calendar: Any = hass.data[DATA_COMPONENT].get_entity(CALENDAR)
    bins = [event for event in await events(hass, 15) if event["summary"] == "Take out the bins"]
    uid, first, second = bins[0]["uid"], bins[0]["recurrence_id"], bins[1]["recurrence_id"]
    changed = {"dtstart": tomorrow(20), "dtend": tomorrow(21), "summary": "Paper bin", "rrule": "FREQ=WEEKLY;BYDAY=SA"}
    later = "THISANDFUTURE"
    sim.reset_ledger()
    refused: tuple[tuple[str, Any], ...] = (
        ("can only skip the next occurrence", lambda: calendar.async_update_event(uid, changed, first)),
        ("can only skip the next occurrence", lambda: calendar.async_update_event(uid, changed, second, later)),
        ("can only skip the next occurrence", lambda: calendar.async_delete_event(uid, second)),
        ("can only skip the next occurrence", lambda: calendar.async_delete_event(uid, second, later)),
        ("can't be moved", lambda: calendar.async_update_event(uid, changed | {"location": "Office Spot"})),
        ("No alarm, timer", lambda: calendar.async_delete_event("nothing")),
    )
    for words, work in refused:
        with pytest.raises(ServiceValidationError, match=words):
            await work()
    assert household.requests("PUT") + household.requests("DELETE") == []

    await calendar.async_delete_event(uid, first)
    (item,) = items(household, "Take out the bins")
    assert datetime.fromtimestamp(item["alarmTime"] / 1000, PACIFIC) == datetime.fromisoformat(second)
    await until(hass, lambda: calendar.coordinator.is_behind is False)
    assert first not in [event.get("recurrence_id") for event in await events(hass, 15)]
    await calendar.async_update_event(uid, changed, second, later)
    (item,) = items(household, "Paper bin")
    assert (item["originalTime"], item["rRuleData"]["byWeekDays"]) == ("20:00:00.000", ["SA"])

    alarm = next(event for event in await events(hass) if event["location"] == "Bedroom Dot")
    moved = {"dtstart": tomorrow(6), "dtend": tomorrow(7), "summary": "Alarm"}
    with pytest.raises(ServiceValidationError, match="text of an alarm"):
        await calendar.async_update_event(alarm["uid"], moved | {"summary": "Wake"})
    await calendar.async_update_event(alarm["uid"], moved | {"location": "Bedroom Dot"})
    (item,) = [item for item in items(household, None) if item["id"] == alarm["uid"]]
    assert (item["originalTime"], item["rRuleData"]) == ("06:00:00.000", None)
    await calendar.async_delete_event(alarm["uid"])
    await calendar.async_delete_event(uid, None)
    assert items(household, "Paper bin") == []


# HOLE@@
