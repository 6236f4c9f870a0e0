"""Tests of triggers and conditions with reloads, disabled entities, every form of target, and clock changes."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
import json
from typing import Any
import unicodedata
from zoneinfo import ZoneInfo

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.model.devices import NotificationType
from custom_components.alexa_media.condition import next_time
from custom_components.alexa_media.coordinator.echo_events import Beginning, EchoEvent, Fired
from custom_components.alexa_media.coordinator.history import HistoryCoordinator
from tests.attack.tools import collecting
from tests.conftest import Clock, Household, quiet, set_up, until
from tests.platforms.test_sensor import notification

from .test_alarm_triggers import bread, change
from .test_triggers import automate

pytestmark = pytest.mark.platforms("event", "light", "media_player", "sensor", "todo")

KITCHEN = "media_player.kitchen_show"
VOICE = "alexa_media.voice_command"


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read soon after an Echo has woken."""
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", 0.03)


def device_id_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the device of an entity."""
    registered = er.async_get(hass).async_get(entity_id)
    assert registered
    assert registered.device_id
    return registered.device_id


def by_device(hass: HomeAssistant) -> dict[str, Any]:
    return {"device_id": device_id_of(hass, KITCHEN)}


def by_area(hass: HomeAssistant) -> dict[str, Any]:
    area = ar.async_get(hass).async_get_or_create("Somewhere")
    dr.async_get(hass).async_update_device(device_id_of(hass, KITCHEN), area_id=area.id)
    return {"area_id": area.id}


def by_floor(hass: HomeAssistant) -> dict[str, Any]:
    floor = fr.async_get(hass).async_create("Top")
    ar.async_get(hass).async_update(by_area(hass)["area_id"], floor_id=floor.floor_id)
    return {"floor_id": floor.floor_id}


def by_label_of_the_device(hass: HomeAssistant) -> dict[str, Any]:
    label = lr.async_get(hass).async_create("Loud")
    dr.async_get(hass).async_update_device(device_id_of(hass, KITCHEN), labels={label.label_id})
    return {"label_id": label.label_id}


def by_label_of_the_entity(hass: HomeAssistant) -> dict[str, Any]:
    label = lr.async_get(hass).async_create("Bright")
    er.async_get(hass).async_update_entity(KITCHEN, labels={label.label_id})
    return {"label_id": label.label_id}


def by_event_entity(_hass: HomeAssistant) -> dict[str, Any]:
    return {"entity_id": "event.kitchen_show_voice_command"}


def by_old_group(hass: HomeAssistant) -> dict[str, Any]:
    hass.states.async_set("group.echos", "on", {"entity_id": [KITCHEN]})
    return {"entity_id": "group.echos"}


def by_speaker_group(_hass: HomeAssistant) -> dict[str, Any]:
    return {"entity_id": "media_player.downstairs"}


def with_the_player_disabled(hass: HomeAssistant) -> dict[str, Any]:
    target = by_device(hass)
    er.async_get(hass).async_update_entity(KITCHEN, disabled_by=er.RegistryEntryDisabler.USER)
    return target


def with_everything_hidden(hass: HomeAssistant) -> dict[str, Any]:
    target, registry = by_device(hass), er.async_get(hass)
    for item in er.async_entries_for_device(registry, target["device_id"]):
        registry.async_update_entity(item.entity_id, hidden_by=er.RegistryEntryHider.USER)
    return target


def with_the_event_entity_while_the_player_is_disabled(hass: HomeAssistant) -> dict[str, Any]:
    er.async_get(hass).async_update_entity(KITCHEN, disabled_by=er.RegistryEntryDisabler.USER)
    return by_event_entity(hass)


SELECTORS: tuple[Callable[[HomeAssistant], dict[str, Any]], ...] = (
    by_device,
    by_area,
    by_floor,
    by_label_of_the_device,
    by_label_of_the_entity,
    by_event_entity,
    by_old_group,
    by_speaker_group,
)


async def test_an_echo_is_found_by_any_target(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, subtests: pytest.Subtests
) -> None:
    """The trigger fires for the Echo in the target, and for no other."""
    automations = [
        {
            "alias": select.__name__,
            "triggers": [{"trigger": VOICE, "target": select(hass), "options": {"text": "movie time"}}],
            "actions": [{"event": "triggered", "event_data": {"by": select.__name__}}],
        }
        for select in SELECTORS
    ]
    assert await async_setup_component(hass, "automation", {"automation": automations})
    await hass.async_block_till_done()
    triggered = async_capture_events(hass, "triggered")

    async def say(serial: str) -> None:
        sim.say(serial, "movie time")
        await until(hass, lambda: (last := entry.runtime_data.history.last) and last.serial == serial)
        await hass.async_block_till_done()

    for name in ("Office Spot", "Kitchen Show"):
        await say(household.serial(name))
        for select in SELECTORS:
            with subtests.test(f"{select.__name__}-{name}"):
                count = [event.data["by"] for event in triggered].count(select.__name__)
                assert count == (name == "Kitchen Show")


@pytest.mark.parametrize(
    "select",
    [with_the_player_disabled, with_everything_hidden, with_the_event_entity_while_the_player_is_disabled],
)
async def test_an_echo_is_found_if_its_entities_are_disabled_or_hidden(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    select: Callable[[HomeAssistant], dict[str, Any]],
) -> None:
    """The trigger fires for the Echo in the target, and for no other."""
    target = select(hass)
    await hass.async_block_till_done()
    triggered = await automate(hass, {"trigger": VOICE, "target": target, "options": {"text": "movie time"}})
    sim.say(household.serial("Office Spot"), "movie time")
    await until(hass, lambda: (last := entry.runtime_data.history.last) and last.text == "movie time")
    sim.say(household.serial("Kitchen Show"), "movie time")
    await until(hass, lambda: triggered)
    assert len(triggered) == 1


async def test_an_empty_area_matches_no_echo(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A target without Echos does not mean all Echos."""
    area = ar.async_get(hass).async_create("Empty")
    triggered = await automate(
        hass, {"trigger": VOICE, "target": {"area_id": area.id}, "options": {"text": "movie time"}}
    )
    sim.say(household.serial("Kitchen Show"), "movie time")
    await until(hass, lambda: (last := entry.runtime_data.history.last) and last.text == "movie time")
    await quiet(hass, sim, calm=0.3)
    assert triggered == []


async def test_commands_from_before_the_automation_do_not_trigger_it(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The command is ignored even if its record is read afterward."""
    serial = household.serial("Kitchen Show")
    fault = sim.fault(path="/alexa-privacy/apd/rah/*", status=503)
    assert fault
    sim.say(serial, "old words")
    await quiet(hass, sim, calm=0.6)
    triggered = await automate(hass, {"trigger": VOICE})
    sim.remove_fault(fault)
    sim.say(serial, "new words")
    await until(hass, lambda: triggered)
    await quiet(hass, sim, calm=0.3)
    assert [event.data["trigger"]["text"] for event in triggered] == ["new words"]


async def test_commands_trigger_after_the_clock_is_set_back(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The automation was started while Home Assistant's clock was a day ahead."""
    real = dt_util.utcnow
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dt_util, "utcnow", lambda: real() + timedelta(days=1))
        triggered = await automate(hass, {"trigger": VOICE})
        entry.runtime_data.history._beginning = Beginning(hass)
    sim.say(household.serial("Kitchen Show"), "movie time")
    await until(hass, lambda: triggered)
    assert [event.data["trigger"]["text"] for event in triggered] == ["movie time"]


async def test_a_reload_neither_loses_the_trigger_nor_repeats_the_past(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """After a reload, the automation continues with the reloaded account, and runs once per command."""
    serial = household.serial("Kitchen Show")
    triggered = await automate(hass, {"trigger": VOICE, "target": {"entity_id": KITCHEN}})
    sim.say(serial, "one")
    await until(hass, lambda: triggered)
    for _ in range(2):
        await hass.config_entries.async_reload(entry.entry_id)
        await until(hass, lambda: entry.runtime_data.push.up)
        await quiet(hass, sim, calm=0.4)
    sim.say(serial, "two")
    await until(hass, lambda: len(triggered) > 1)
    await quiet(hass, sim, calm=0.4)
    assert [event.data["trigger"]["text"] for event in triggered] == ["one", "two"]


async def test_what_happens_during_a_reload_triggers(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event occurs after the first reads, while Home Assistant still loads the platforms."""
    triggered = await automate(hass, {"trigger": "alexa_media.do_not_disturb", "target": {"entity_id": KITCHEN}})
    serial = household.serial("Kitchen Show")
    load = hass.config_entries.async_forward_entry_setups

    async def slowly(reloaded: Any, platforms: Any) -> None:
        assert entry.state is ConfigEntryState.SETUP_IN_PROGRESS
        household.change("Kitchen Show", dnd=True)
        await until(hass, lambda: reloaded.runtime_data.dnd.data[serial])
        await load(reloaded, platforms)

    monkeypatch.setattr(hass.config_entries, "async_forward_entry_setups", slowly)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert [event.data["trigger"]["entity_id"] for event in triggered] == [KITCHEN]


async def test_an_automation_can_be_set_up_before_the_account(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household
) -> None:
    """Its trigger and condition work as soon as the account is loaded."""
    options = {"trigger": VOICE, "target": {"entity_id": KITCHEN}, "options": {"text": "{x} time", "match": "matches"}}
    with collecting() as log:
        triggered = await automate(
            hass, options, {"condition": "alexa_media.last_spoken_to", "target": {"entity_id": KITCHEN}}
        )
    assert log.bad() == []
    await set_up(hass, config_entry)
    await quiet(hass, sim, calm=0.4)
    sim.say(household.serial("Kitchen Show"), "movie time")
    await until(hass, lambda: triggered)
    assert triggered[0].data["trigger"]["slots"] == {"x": "movie"}
    await hass.config_entries.async_unload(config_entry.entry_id)


INVALID_OPTIONS: list[dict[str, Any]] = [
    {"text": "{a", "match": "matches"},
    {"text": "{a} and {a}", "match": "matches"},
    {"text": ""},
    {"text": "?"},
    {"text": "x" * 300},
    {"match": "regex", "text": "x"},
    {"text": ["a"]},
    {"unknown": 1},
]


async def test_an_invalid_trigger_only_disables_its_automation(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, subtests: pytest.Subtests
) -> None:
    """The other automations in the file work, and no exception is raised."""
    action = {"event": "triggered", "event_data_template": {"trigger": "{{ trigger }}"}}
    good = {"alias": "good", "triggers": [{"trigger": VOICE}], "actions": [action]}
    bad = [
        {"alias": f"bad {number}", "triggers": [{"trigger": VOICE, "options": options}], "actions": [action]}
        for number, options in enumerate(INVALID_OPTIONS)
    ]
    with collecting() as log:
        assert await async_setup_component(hass, "automation", {"automation": [*bad, good]})
    assert not [line for line in log.lines() if "Traceback" in line]
    for number, options in enumerate(INVALID_OPTIONS):
        with subtests.test(str(options)):
            bad_state = hass.states.get(f"automation.bad_{number}")
            assert bad_state is None or bad_state.state == "unavailable"
    triggered = async_capture_events(hass, "triggered")
    sim.say(household.serial("Kitchen Show"), "x")
    await until(hass, lambda: triggered)
    assert len(triggered) == 1


# Trigger, target, and words of the error; None if the target is valid.
TARGETS = (
    (VOICE, "light.elsewhere", "doesn't contain an Echo"),
    (VOICE, "todo.jo_example_org_amazon_com_shopping_list", "doesn't contain an Echo"),
    ("alexa_media.item_added", "todo.elsewhere", "doesn't contain an Alexa list"),
    ("alexa_media.item_added", KITCHEN, "doesn't contain an Alexa list"),
    ("alexa_media.item_added", "todo.not_there_yet", None),
    ("alexa_media.item_added", "todo.jo_example_org_amazon_com_shopping_list", None),
    (VOICE, "sensor.kitchen_show_next_alarm", None),
)


async def test_a_target_that_can_never_match_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: Any, subtests: pytest.Subtests
) -> None:
    """The error contains the reason, which depends on the trigger."""
    for domain in ("light", "todo"):
        er.async_get(hass).async_get_or_create(domain, "demo", "elsewhere", suggested_object_id="elsewhere")
    client = await hass_ws_client(hass)
    for trigger, target, key in TARGETS:
        with subtests.test(f"{trigger}-{target}"):
            config = {"trigger": trigger, "target": {"entity_id": target}}
            await client.send_json_auto_id({"type": "validate_config", "triggers": [config]})
            answer = (await client.receive_json())["result"]["triggers"]
            assert answer["valid"] is (key is None)
            assert key is None or key in answer["error"]


async def test_without_transcripts_words_and_persons_are_compared_and_not_shown(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The trigger and the condition both compare the person."""
    hass.config_entries.async_update_entry(entry, options={**entry.options, "keep_transcripts": False})
    await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, lambda: entry.runtime_data.push.up)
    await quiet(hass, sim, calm=0.4)
    triggered = await automate(
        hass,
        {"trigger": VOICE, "options": {"text": "open {what}", "match": "matches", "person": "jo"}},
        {"condition": "alexa_media.person_spoke_last", "options": {"person": "JO "}},
    )
    sim.say(household.serial("Kitchen Show"), "open the secret door", "OK", "Alex")
    sim.say(household.serial("Kitchen Show"), "open the secret door", "OK", "Jo")
    await until(hass, lambda: triggered)
    trigger = triggered[0].data["trigger"]
    assert (len(triggered), trigger["text"], trigger["person"], trigger["slots"]) == (1, None, None, {})
    assert "secret" not in json.dumps([state.as_dict() for state in hass.states.async_all()], default=str)


@pytest.mark.parametrize(
    ("now", "before", "zone", "expected"),
    [
        pytest.param("2026-10-25T00:10+00:00", "02:30", "Europe/Berlin", "2026-10-25T00:30+00:00", id="first-of-two"),
        pytest.param("2026-10-25T00:40+00:00", "02:30", "Europe/Berlin", "2026-10-25T01:30+00:00", id="between"),
        pytest.param("2026-10-25T01:10+00:00", "02:30", "Europe/Berlin", "2026-10-25T01:30+00:00", id="second-of-two"),
        pytest.param("2026-10-25T01:40+00:00", "02:30", "Europe/Berlin", "2026-10-26T01:30+00:00", id="after-both"),
        pytest.param("2026-10-24T20:00+00:00", "02:30", "Europe/Berlin", "2026-10-25T00:30+00:00", id="evening-before"),
        pytest.param("2027-03-27T22:00+00:00", "02:30", "Europe/Berlin", "2027-03-28T01:00+00:00", id="skipped-later"),
        pytest.param("2027-03-28T00:15+00:00", "02:30", "Europe/Berlin", "2027-03-28T01:00+00:00", id="skipped-soon"),
        pytest.param("2027-03-28T00:45+00:00", "02:30", "Europe/Berlin", "2027-03-28T01:00+00:00", id="skipped-next"),
        pytest.param("2027-03-28T01:00+00:00", "02:30", "Europe/Berlin", "2027-03-29T00:30+00:00", id="just-skipped"),
        pytest.param("2027-03-28T01:15+00:00", "02:30", "Europe/Berlin", "2027-03-29T00:30+00:00", id="was-skipped"),
        pytest.param("2027-03-27T22:00+00:00", "02:00", "Europe/Berlin", "2027-03-28T01:00+00:00", id="first-skipped"),
        pytest.param("2027-03-27T22:00+00:00", "03:00", "Europe/Berlin", "2027-03-28T01:00+00:00", id="not-skipped"),
        pytest.param("2027-03-27T22:00+00:00", "01:45", "Europe/Berlin", "2027-03-28T00:45+00:00", id="before-gap"),
        pytest.param(
            "2026-10-03T12:00+00:00", "02:10", "Australia/Lord_Howe", "2026-10-03T15:30+00:00", id="half-hour"
        ),
        pytest.param("2011-12-30T01:00+00:00", "07:00", "Pacific/Apia", "2011-12-30T10:00+00:00", id="skipped-day"),
        pytest.param("2026-11-29T21:00+00:00", "07:00", "Pacific/Auckland", "2026-11-30T18:00+00:00", id="ahead"),
        pytest.param("2026-11-29T12:00+00:00", "12:00", "UTC", "2026-11-30T12:00+00:00", id="now-is-over"),
    ],
)
def test_the_next_time_of_day_respects_daylight_saving(now: str, before: str, zone: str, expected: str) -> None:
    """An hour that occurs twice counts twice; a time that is skipped counts as the moment of the change."""
    found = next_time(datetime.fromisoformat(now), time.fromisoformat(before), ZoneInfo(zone))
    assert found == datetime.fromisoformat(expected)
    assert found.tzinfo is UTC


async def test_a_timer_that_rang_during_an_outage_was_not_cancelled(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """The timer is no longer listed when Amazon responds again, more than an hour later."""
    change(sim, household, {"remainingTime": 60_000})
    await set_up(hass, config_entry)
    await clock.settle()
    label = unicodedata.normalize("NFD", "BREAD")
    changed = await automate(hass, {"trigger": "alexa_media.timer_changed", "options": {"label": label}})
    account, key = bread(household)
    sim.fault(path="/api/notifications", method="GET", status=503)
    await clock.advance(3700, 300)
    household.change("Office Spot", accountName="Other name")
    await config_entry.runtime_data.devices.async_refresh()
    sim.patch_state({"accounts": {account: {"notifications": {key: None}}}})
    await clock.settle()
    sim.clear_faults()
    await config_entry.runtime_data.notifications.async_refresh()
    await clock.settle()
    assert changed == []
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_items_missing_in_one_response_are_not_reported_as_added(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Only a new item fires the trigger, once."""
    lists = sorted(hass.states.async_entity_ids("todo"))
    triggered = await automate(hass, {"trigger": "alexa_media.item_added", "target": {"entity_id": lists}})
    fault = sim.fault(path="/alexashoppinglists/api/v2/lists/*/items/fetch", status=200, body={"itemInfoList": []})
    assert fault
    await entry.runtime_data.lists.async_refresh()
    for list_id in entry.runtime_data.lists.data:
        await entry.runtime_data.lists.async_refresh_items(list_id)
    assert any(known.items == () for known in entry.runtime_data.lists.data.values())
    sim.remove_fault(fault)
    for list_id in entry.runtime_data.lists.data:
        await entry.runtime_data.lists.async_refresh_items(list_id)
    await hass.async_block_till_done()
    assert triggered == []
    data = {"entity_id": lists[0], "item": "oats"}
    await hass.services.async_call("todo", "add_item", data, blocking=True)
    await until(hass, lambda: triggered)
    await quiet(hass, sim, calm=0.3)
    assert [event.data["trigger"]["item"] for event in triggered] == ["oats"]


@pytest.mark.parametrize(("target", "count"), [("media_player.downstairs", 1), ("media_player.bedroom_dot", 0)])
async def test_a_timer_on_a_stereo_pair_triggers_for_the_pair(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, target: str, count: int
) -> None:
    """The timer belongs to the pair itself, not to one of its speakers."""
    triggered = await automate(hass, {"trigger": "alexa_media.timer_changed", "target": {"entity_id": target}})
    serial = household.serial("Downstairs")
    at = dt_util.utcnow() + timedelta(minutes=5)
    timer = notification(serial, NotificationType.TIMER, trigger_time=at, label="Tea")
    entry.runtime_data.notifications.async_apply({serial: (timer,)})
    await hass.async_block_till_done()
    assert [event.data["trigger"]["change"] for event in triggered] == ["started"] * count


@pytest.mark.parametrize(
    ("reports", "fired"),
    [
        ("A:started B:started", "A:started"),
        ("A:paused A:resumed B:paused B:resumed", "A:paused A:resumed"),
        ("A:paused B:paused A:resumed A:paused B:resumed B:paused", "A:paused A:resumed A:paused"),
        ("A:paused A:resumed B:resumed A:paused B:paused", "A:paused A:resumed A:paused"),
        ("A:ringing B:ringing B:ringing A:ringing", "A:ringing B:ringing"),
        ("A:ringing B:ringing B:ringing", "A:ringing B:ringing"),
    ],
)
async def test_an_event_that_two_accounts_report_fires_once(hass: HomeAssistant, reports: str, fired: str) -> None:
    """One account may report several changes of a timer late, miss some, or report one alone."""
    seen = Fired(hass)
    new = []
    for report in reports.split():
        account, change = report.split(":")
        event = EchoEvent(entry_id=account, serial="G0SIM00KITCHEN01", kind=f"timer_{change}", data={"id": "1"})
        if not seen.is_repeated(event):
            new.append(report)
    assert new == fired.split()
