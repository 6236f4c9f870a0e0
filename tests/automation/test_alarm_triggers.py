"""Tests of triggers and conditions for alarms, timers, reminders, lists, and the person who spoke."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator.history import HistoryCoordinator
from tests.conftest import Clock, Household, set_up, until

from .test_triggers import automate

pytestmark = pytest.mark.platforms("event", "media_player", "todo")

BEDROOM = "media_player.bedroom_dot"
PREFIX = f"{DOMAIN}."
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


@pytest.fixture(autouse=True)
def no_other_alarms(household: Household) -> None:
    """Turn off the alarms of the household."""
    household.turn_off_alarms()


def bread(household: Household) -> tuple[str, str]:
    """Return the account and the id of the timer with a label."""
    return next(
        (account, key)
        for account, data in household.accounts.items()
        for key, item in data["notifications"].items()
        if item["timerLabel"]
    )


def change(sim: ControlClient, household: Household, fields: Mapping[str, Any]) -> None:
    """Change the timer with a label."""
    account, key = bread(household)
    sim.patch_state({"accounts": {account: {"notifications": {key: fields}}}})


async def act(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Call an action and return its response."""
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)


async def ring(hass: HomeAssistant, clock: Clock, action: str, **data: Any) -> None:
    """Create an alarm or a reminder that is due in 70 s, and let it ring."""
    at = (dt_util.now() + timedelta(seconds=70)).replace(microsecond=0)
    await act(hass, action, entity_id=BEDROOM, at=at, **data)
    await clock.settle()
    await clock.advance(75, 75)


async def test_an_alarm_triggers_when_it_rings_and_when_it_is_dismissed(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, clock: Clock
) -> None:
    """Each trigger fires once, only for the Echo in the target; reminders fire neither trigger."""
    await set_up(hass, config_entry)
    await clock.settle()
    target = {"entity_id": BEDROOM}
    elsewhere = {"entity_id": "media_player.kitchen_show"}
    triggers = [
        {"trigger": PREFIX + "alarm_rings", "target": target, "id": "rings"},
        {"trigger": PREFIX + "alarm_rings", "target": elsewhere, "id": "elsewhere"},
        {"trigger": PREFIX + "alarm_ended", "target": target, "id": "ended"},
        {"trigger": PREFIX + "reminder", "target": target, "id": "reminder"},
    ]
    data = {"id": "{{ trigger.id }}", "alarm": "{{ trigger.alarm_id }}"}
    actions = [{"event": "triggered", "event_data_template": data}]
    config = {"alias": "test", "mode": "queued", "triggers": triggers, "actions": actions}
    assert await async_setup_component(hass, "automation", {"automation": [config]})
    triggered = async_capture_events(hass, "triggered")
    await ring(hass, clock, "create_alarm")
    assert [event.data["id"] for event in triggered] == ["rings"]
    await act(hass, "stop_alarm", entity_id=BEDROOM)
    await clock.settle()
    assert [event.data["id"] for event in triggered] == ["rings", "ended"]
    triggered.clear()
    await ring(hass, clock, "create_reminder", message="bins")
    assert [event.data["id"] for event in triggered] == ["reminder"]
    assert triggered[0].data["alarm"]


async def test_an_alarm_that_rang_hours_ago_triggers_nothing(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, clock: Clock
) -> None:
    """The computer was suspended while the alarm rang; the automation does not run hours later."""
    await set_up(hass, config_entry)
    await clock.settle()
    at = (dt_util.now() + timedelta(minutes=5)).replace(microsecond=0)
    await act(hass, "create_alarm", entity_id=BEDROOM, at=at)
    await clock.settle()
    triggered = await automate(hass, {"trigger": PREFIX + "alarm_rings"})
    sim.advance(8 * 3600)
    clock.freezer.tick(8 * 3600)
    await clock.settle()
    await clock.advance(900, 60)
    assert triggered == []
    await ring(hass, clock, "create_alarm")
    assert len(triggered) == 1, "the next alarm rings as usual"


@pytest.mark.parametrize(
    ("fields", "trigger", "changed"),
    [
        pytest.param({"status": "PAUSED"}, "timer_changed", "paused", id="paused"),
        pytest.param({"remainingTime": 30_000}, "timer_finishes", "ringing", id="finished"),
        pytest.param(None, "timer_changed", "cancelled", id="cancelled"),
    ],
)
async def test_a_timer_triggers_when_it_changes(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    clock: Clock,
    fields: dict[str, Any] | None,
    trigger: str,
    changed: str,
) -> None:
    """The trigger fires once per change of a timer with the label, and not for other labels."""
    change(sim, household, {"remainingTime": 300_000})
    await set_up(hass, config_entry)
    await clock.settle()
    triggered = await automate(hass, {"trigger": PREFIX + trigger, "options": {"label": "bread"}})
    account, key = bread(household)
    sim.patch_state({"accounts": {account: {"notifications": {key: fields}}}})
    await clock.settle()
    await clock.advance(40, 40)
    assert [event.data["trigger"]["change"] for event in triggered] == [changed]


async def test_conditions_test_for_a_running_timer_and_an_alarm_before_a_time(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """A paused timer is not running, and an alarm after the given time does not count."""
    # Otherwise, the household's own alarms would match at some times of day.
    for customer_id, account in household.accounts.items():
        alarms = dict.fromkeys(key for key, item in account["notifications"].items() if item["type"] == "Alarm")
        sim.patch_state({"accounts": {customer_id: {"notifications": alarms}}})
    change(sim, household, {"remainingTime": 300_000})
    await set_up(hass, config_entry)
    await clock.settle()
    soon = dt_util.now() + timedelta(minutes=20)
    await act(hass, "create_alarm", entity_id=BEDROOM, at=soon.replace(microsecond=0))
    await clock.settle()

    def condition(name: str, target: str, **options: Any) -> dict[str, Any]:
        return {"condition": PREFIX + name, "target": {"entity_id": target}, "options": options}

    everywhere = [f"media_player.{name}" for name in ("kitchen_show", "bedroom_dot", "office_spot")]
    timer = {"condition": PREFIX + "timer_running", "target": {"entity_id": everywhere}, "options": {"label": "bread"}}
    cases = {
        "timer": timer,
        "before": condition("alarm_before", BEDROOM, before=(soon + timedelta(minutes=5)).strftime("%H:%M:%S")),
        "after": condition("alarm_before", BEDROOM, before=(soon - timedelta(minutes=5)).strftime("%H:%M:%S")),
    }
    automations = [
        {
            "alias": name,
            "triggers": [{"trigger": "event", "event_type": "check"}],
            "conditions": [case],
            "actions": [{"event": "held", "event_data": {"name": name}}],
        }
        for name, case in cases.items()
    ]
    assert await async_setup_component(hass, "automation", {"automation": automations})
    triggered = async_capture_events(hass, "held")
    hass.bus.async_fire("check")
    await hass.async_block_till_done()
    assert {event.data["name"] for event in triggered} == {"timer", "before"}
    triggered.clear()
    change(sim, household, {"status": "PAUSED"})
    await clock.settle()
    hass.bus.async_fire("check")
    await hass.async_block_till_done()
    assert {event.data["name"] for event in triggered} == {"before"}


async def test_a_condition_tests_who_spoke_last(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a command by another person, the actions do not run."""
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", 0.1)
    triggered = await automate(
        hass,
        {"trigger": PREFIX + "spoken_to", "target": {"entity_id": BEDROOM}},
        {"condition": PREFIX + "person_spoke_last", "options": {"person": "jo"}},
    )
    serial = household.serial("Bedroom Dot")
    sim.say(serial, "good night", "OK", "Alex")
    await until(hass, lambda: (last := entry.runtime_data.history.last) and last.person == "Alex")
    sim.say(serial, "good morning", "OK", "Jo")
    await until(hass, lambda: triggered)
    assert [event.data["trigger"]["person"] for event in triggered] == ["Jo"]


async def test_an_item_added_in_the_app_triggers_for_its_list(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """The trigger data contains the item; the trigger does not fire for other items."""
    lists = sorted(hass.states.async_entity_ids("todo"))
    triggered = await automate(
        hass,
        {"trigger": PREFIX + "item_added", "target": {"entity_id": lists}, "options": {"item": "oats"}},
    )
    for item in ("flour", "rolled oats"):
        data = {"entity_id": lists[0], "item": item}
        await hass.services.async_call("todo", "add_item", data, blocking=True)
    await until(hass, lambda: triggered)
    assert [event.data["trigger"]["item"] for event in triggered] == ["rolled oats"]
    assert triggered[0].data["trigger"]["entity_id"] == lists[0]


async def test_a_reminder_for_all_devices_triggers_once_for_echos_of_the_account(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """A target with two Echos also fires once.

    The trigger data contains no device. A repeating reminder can be skipped.
    """
    await set_up(hass, config_entry)
    await clock.settle()
    target = {"entity_id": [BEDROOM, "media_player.office_spot"]}
    triggered = await automate(hass, {"trigger": PREFIX + "reminder", "target": target, "options": {"label": "sleep"}})
    at = (dt_util.now() + timedelta(seconds=70)).replace(microsecond=0)
    for label, moment, repeats in (("Sleep", at, {}), ("Daily", at + timedelta(hours=5), {"weekdays": DAYS})):
        created = await act(hass, "create_reminder", at=moment, message=label, all_devices=True, **repeats)
    (daily,) = created["ids"]

    def dates() -> dict[str, str]:
        held = [item for account in household.accounts.values() for item in account["notifications"].values()]
        return {item["id"]: item["originalDate"] for item in held}

    await clock.settle()
    before = dates()[daily]
    await hass.services.async_call(DOMAIN, "skip_next", {"notification_id": daily}, blocking=True)
    await clock.settle()
    after = dates()[daily]
    assert after > before
    await clock.advance(75, 75)
    assert [event.data["trigger"]["label"] for event in triggered] == ["Sleep"]
    assert triggered[0].data["trigger"]["device"] is None
