"""Tests of the voice history: which Echo was last spoken to, according to wake-ups and records."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
import json
import time
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media import push
from custom_components.alexa_media.cloud.model.events import EqualizerChanged, VolumeChanged
from custom_components.alexa_media.cloud.model.history import RecordPage
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator.history import GAP_LIMIT, SAME_WAKING, HistoryCoordinator
from custom_components.alexa_media.diagnostics import async_get_config_entry_diagnostics
from tests.conftest import Clock, Household, lacking, quiet, set_up, state_of, until
from tests.test_two_accounts import PLAYERS, Pair, domains, pair

pytestmark = pytest.mark.platforms("event", "media_player", "sensor", "switch")


__all__ = ["domains", "pair"]  # fixtures

KITCHEN, OFFICE, BEDROOM = "media_player.kitchen_show", "media_player.office_spot", "media_player.bedroom_dot"
STUDIO = "media_player.living_room_studio"
JO = "A2SIMJO7D0EQ11"
RECORDS = "POST /alexa-privacy/apd/rah/alexa-history-records-v2"
PAGE = "GET /alexa-privacy/apd/activity"
EVENT = "alexa_media_last_called_event"
HINT_DELAY = 0.2
LONGEST_GAP = GAP_LIMIT * HINT_DELAY + 0.5  # seconds


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read soon after an Echo has woken, and after the stream has opened."""
    monkeypatch.setattr(push, "RESYNC_PAUSE", 0.0)
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", HINT_DELAY)


@pytest.fixture
def fired(hass: HomeAssistant) -> list[dict[str, Any]]:
    """Return a list that collects the data of alexa_media_player's event."""
    found: list[dict[str, Any]] = []

    @callback
    def _note(event: Event[Any]) -> None:
        found.append(dict(event.data))

    hass.bus.async_listen(EVENT, _note)
    return found


def last_called(hass: HomeAssistant) -> list[str]:
    """Return the players that were last spoken to."""
    players = hass.states.async_all("media_player")
    return [state.entity_id for state in players if state.attributes.get("last_called")]


def last_command(hass: HomeAssistant, entity_id: str) -> tuple[Any, ...]:
    """Return the attributes of a player about its last command."""
    attributes = state_of(hass, entity_id).attributes
    return tuple(attributes[f"last_called_{name}"] for name in ("timestamp", "summary", "response"))


def end_wakings(entry: MockConfigEntry) -> None:
    """Let the next signs belong to new wake-ups, as if the time for the signs of earlier ones had passed."""
    for echo in entry.runtime_data.history._wakings._echos.values():
        if echo.last:
            echo.last.at -= SAME_WAKING + timedelta(seconds=1)


async def records_of(hass: HomeAssistant, entity_id: str, **fields: Any) -> list[dict[str, Any]]:
    """Return the response of ``get_history_records``."""
    data = {"entity_id": entity_id, **fields}
    answer: Any = await hass.services.async_call(
        DOMAIN, "get_history_records", data, blocking=True, return_response=True
    )
    found: list[dict[str, Any]] = answer[entity_id]["records"]
    return found


@pytest.mark.contract("attributes of media players, last called", "events, last called")
@pytest.mark.usefixtures("brisk")
async def test_the_echo_that_was_spoken_to_is_found(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    clock: Clock,
    fired: list[dict[str, Any]],
) -> None:
    """One request suffices for attributes and alexa_media_player's event, and no other state is written."""
    assert last_called(hass) == []
    assert last_command(hass, KITCHEN) == (None, None, None)
    sim.reset_ledger()
    said = sim.say(household.serial("Kitchen Show"), "play abba", "Here is ABBA")
    await clock.until(lambda: last_called(hass) == [KITCHEN] and len(fired) == 1)
    timestamp = round(said["time"] * 1000)
    assert last_command(hass, KITCHEN) == (timestamp, "play abba", "Here is ABBA")
    payload = {"last_called": said["serial"], "name": "Kitchen Show", "timestamp": timestamp}
    assert fired == [payload | {"summary": "play abba", "response": "Here is ABBA"}]
    await clock.advance(LONGEST_GAP, 1)
    assert household.requests() == [RECORDS]
    written: list[str] = []
    hass.bus.async_listen(EVENT_STATE_CHANGED, callback(lambda event: written.append(event.data["entity_id"])))
    sim.say(household.serial("Office Spot"), "stop")
    await clock.until(lambda: last_called(hass) == [OFFICE])
    await hass.async_block_till_done()
    assert last_command(hass, KITCHEN) == (timestamp, "play abba", "Here is ABBA")
    last = "sensor.jo_example_org_amazon_com_last_spoken_to_echo"
    assert sorted(written) == ["event.office_spot_voice_command", KITCHEN, OFFICE, last]


@pytest.mark.contract("up to three requests for a sign of life")
@pytest.mark.usefixtures("brisk")
async def test_bursts_and_wake_ups_cost_few_requests(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    clock: Clock,
    fired: list[dict[str, Any]],
) -> None:
    """A burst, and a wake-up without speech, cost one request each; a volume change costs none.

    Endless pages are not followed.
    """
    sim.reset_ledger()
    kitchen, office = household.serial("Kitchen Show"), household.serial("Office Spot")
    for number in range(3):
        sim.say(kitchen, f"number {number}")
        sim.say(office, f"number {number} again")
    await clock.until(lambda: len(fired) == 6)
    assert [event["summary"] for event in fired[::2]] == ["number 0", "number 1", "number 2"]
    assert state_of(hass, "event.kitchen_show_voice_command").attributes["text"] == "number 2"
    await clock.advance(LONGEST_GAP, 1)
    assert household.requests() == [RECORDS]
    end_wakings(entry)
    before = last_called(hass)
    # wake-ups without a question
    for kind in ("WAKE_WORD_ONLY", "DEVICE_ARBITRATION", "ASR_TIMEOUT", "NO_EXPRESSED_INTENT"):
        sim.say(kitchen, "", utterance_type=kind)
    await clock.until(lambda: len(household.requests()) == 2)
    await clock.advance(LONGEST_GAP, 1)
    assert household.requests() == [RECORDS] * 2
    assert (last_called(hass), len(fired)) == (before, 6)
    # a repeated volume, and a changed one
    household.change("Kitchen Show", volume=41)
    await clock.until(lambda: state_of(hass, KITCHEN).attributes["volume_level"] == 0.41)
    await clock.advance(LONGEST_GAP, 1)
    assert household.requests() == [RECORDS] * 2
    dopplers = {"dopplerId": {"deviceSerialNumber": kitchen, "deviceType": "A1"}}
    sim.push("PUSH_VOLUME_CHANGE", {**dopplers, "volumeSetting": 41, "isMuted": False})
    await clock.until(lambda: len(household.requests()) == 3)
    await clock.advance(LONGEST_GAP, 1)
    assert household.requests() == [RECORDS] * 3
    assert len(fired) == 6


def record(household: Household, name: str, **values: Any) -> dict[str, Any]:
    """Return a current record in Amazon's form; its key contains the serial of the Echo."""
    now, device, serial = round(time.time() * 1000), household.device(name), household.serial(name)
    key = f"{JO}#{now}#{device['deviceType']}#{serial}"
    return {
        "activityKey": key,
        "timestamp": now,
        "recordType": "VOICE_HISTORY",
        "utteranceType": "GENERAL",
        "intent": None,
        "title": "hello",
        "subTitle": "",
        "deviceInfo": None,
        "personsInfo": [],
    } | values


def answered(sim: ControlClient, *records: dict[str, Any], **rule: Any) -> None:
    """Let Amazon respond with some records."""
    body = {"alexaHistoryRecords": list(records), "encodedRequestToken": None}
    sim.fault(path="/alexa-privacy/apd/rah/*", status=200, body=body, **rule)


def wake(sim: ControlClient, *serials: str) -> None:
    """Push both signs of a wake-up for Echos."""
    for serial in serials:
        doppler = {"dopplerId": {"deviceSerialNumber": serial, "deviceType": "A1"}}
        device = next(d for a in sim.state()["accounts"].values() for s, d in a["devices"].items() if s == serial)
        sound = device["equalizer"]
        gains = {"bass": sound["bass"], "midrange": sound["mid"], "treble": sound["treble"]}
        sim.push("PUSH_EQUALIZER_STATE_CHANGE", {**doppler, **gains})
        volume = {"volumeSetting": device["volume"], "isMuted": device["muted"]}
        sim.push("PUSH_VOLUME_CHANGE", {**doppler, **volume})


NAMING = (
    "{customer}#{time}#{type}#{serial}",
    "amzn1.actor.person.did.EXAMPLE#{time}#{type}#{serial}",
    "{customer}#A9PERSON#{time}#{type}#{serial}",
    "{customer}#{time}#{type}#{serial}#A9PERSON",
    "#{customer}##{time}#{type}#{serial}#",
    "A9SOMEBODYELSE#{time}#{type}#{serial}",
    "{customer}#{time}#{type}#{lower}",
)


async def test_the_key_of_a_record_names_the_echo(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    fired: list[Any],
    subtests: pytest.Subtests,
) -> None:
    """Before each key, another Echo is spoken to."""
    serial, kind = household.serial("Living Room Studio"), household.device("Living Room Studio")["deviceType"]
    for key in NAMING:
        answered(sim, record(household, "Office Spot"))
        await hass.services.async_call(DOMAIN, "update_last_called", {}, blocking=True)
        sim.clear_faults()
        assert last_called(hass) == [OFFICE]
        fired.clear()
        with subtests.test(key):
            now, text = round(time.time() * 1000), f"hello {NAMING.index(key)}"
            filled = key.format(customer=JO, time=now, type=kind, serial=serial, lower=serial.lower())
            answered(sim, record(household, "Living Room Studio", activityKey=filled, timestamp=now, title=text))
            await hass.services.async_call(DOMAIN, "update_last_called", {}, blocking=True)
            assert last_called(hass) == [STUDIO]
            assert [(event["name"], event["last_called"]) for event in fired] == [("Living Room Studio", serial)]
            state = state_of(hass, "event.living_room_studio_voice_command")
            assert (state.attributes["event_type"], state.attributes["text"]) == ("command", text)
            found = await records_of(hass, STUDIO)
            assert [each["summary"] for each in found] == [text]
        sim.clear_faults()


async def test_the_key_of_the_older_form_names_the_echo_too(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, fired: list[Any]
) -> None:
    """Both forms return the same record, and its event fires once."""
    answered(sim, said := record(household, "Office Spot"), times=1)
    await hass.services.async_call(DOMAIN, "update_last_called", {}, blocking=True)
    sim.fault(path="/alexa-privacy/apd/rah/*", status=404)
    key = said["activityKey"].replace(JO, "A9PERSON#A9OTHER")
    items = [{"recordItemType": "CUSTOMER_TRANSCRIPT", "transcriptText": "alexa hello"}]
    older = {"recordKey": key, "timestamp": said["timestamp"], "utteranceType": "GENERAL"}
    newest = {**older, "timestamp": said["timestamp"] + 1, "recordKey": key.lower()}
    body = {"customerHistoryRecords": [{**each, "voiceHistoryRecordItems": items} for each in (newest, older)]}
    sim.fault(path="/alexa-privacy/apd/rvh/*", method="POST", status=200, body=body)
    await hass.services.async_call(DOMAIN, "update_last_called", {}, blocking=True)
    assert last_called(hass) == [OFFICE]
    assert [event["timestamp"] for event in fired] == [said["timestamp"], said["timestamp"] + 1]


UNNAMED = (None, "", 7, "{serial}", "a#b#c#{serial}", "{customer}#1#2", "{customer}#1795246549945#A1#null")


async def test_a_record_that_names_no_device_is_not_guessed(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    fired: list[Any],
    subtests: pytest.Subtests,
) -> None:
    """Without a wake-up, or with two, the record is not assigned to an Echo."""
    kitchen, office = household.serial("Kitchen Show"), household.serial("Office Spot")

    async def read(wakings: str) -> None:
        for key in UNNAMED:
            with subtests.test(f"{key}, {wakings}"):
                filled = key.format(customer=JO, serial=kitchen) if isinstance(key, str) else key
                answered(sim, record(household, "Kitchen Show", activityKey=filled))
                await hass.services.async_call(DOMAIN, "update_last_called", {}, blocking=True)
                assert (last_called(hass), fired) == ([], [])
            sim.clear_faults()

    await read("no waking")
    wake(sim, kitchen, office)
    await until(hass, lambda: len(entry.runtime_data.history._wakings) == 2)
    await read("two wakings")
    assert len(entry.runtime_data.history._wakings) == 2


@pytest.mark.usefixtures("brisk")
async def test_a_record_that_names_no_device_is_of_the_only_echo_that_woke(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, fired: list[Any]
) -> None:
    """Echos that lost arbitration, or that have a record for the same moment, are not considered."""
    kitchen, office, bedroom = (household.serial(n) for n in ("Kitchen Show", "Office Spot", "Bedroom Dot"))
    answered(
        sim,
        record(household, "Bedroom Dot", title="another one", timestamp=round(time.time() * 1000) - 50),
        record(household, "Office Spot", intent="InvokeRoutineIntent", activityKey=None, title="good night"),
        record(
            household,
            "Kitchen Show",
            utteranceType="DEVICE_ARBITRATION",
            title="",
            activityKey=None,
            deviceInfo={"deviceSerialNumber": kitchen},
        ),
    )
    wake(sim, kitchen, office, bedroom)
    await until(hass, lambda: last_called(hass) == [OFFICE] and fired)
    assert sorted(event["summary"] for event in fired) == ["another one", "good night"]
    # the record is read again and again, and fires one event
    await hass.services.async_call(DOMAIN, "update_last_called", {}, blocking=True)
    assert len(fired) == 2


@pytest.mark.usefixtures("brisk")
async def test_a_record_is_attributed_when_the_others_are_known(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, fired: list[Any]
) -> None:
    """An ambiguous record is assigned once the other Echo's record is available, even if Amazon names no device."""
    kitchen, office = household.serial("Kitchen Show"), household.serial("Office Spot")
    unnamed = record(household, "Office Spot", activityKey=None, title="good night")
    answered(sim, unnamed, times=1)
    wake(sim, kitchen, office)
    await until(hass, lambda: entry.runtime_data.history._newest is not None)
    await hass.async_block_till_done()
    assert (last_called(hass), fired) == ([], [])
    lost = record(household, "Kitchen Show", utteranceType="DEVICE_ARBITRATION", title="")
    answered(sim, lost, unnamed, times=1)
    await hass.services.async_call(DOMAIN, "update_last_called", {}, blocking=True)
    assert (last_called(hass), [event["summary"] for event in fired]) == ([OFFICE], ["good night"])
    # the same record, which now names its Echo
    answered(sim, lost, unnamed | {"deviceInfo": [{"deviceSerialNumber": office}]})
    await hass.services.async_call(DOMAIN, "update_last_called", {}, blocking=True)
    assert len(fired) == 1


async def test_only_echos_of_the_account_were_spoken_to(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, fired: list[Any]
) -> None:
    """Unlisted devices, apps and groups are ignored; records may come in any order."""
    now = round(time.time() * 1000)
    app = next(s for s, d in household.accounts[JO]["devices"].items() if d["deviceFamily"] == "VOX")
    group = next(s for s, d in household.accounts[JO]["devices"].items() if d["deviceFamily"] == "WHA")
    others = [
        record(household, "Kitchen Show", timestamp=now + 10 + n, activityKey=f"{JO}#{now + 10 + n}#A1TYPE#{serial}")
        for n, serial in enumerate((app, group, "G0SIM000NOWHERE1"))
    ]
    early = record(household, "Office Spot", timestamp=now - 9, title="early")
    late = record(household, "Bedroom Dot", timestamp=now - 2, title="late")
    answered(sim, early, others[0], late, *others[1:], late)
    await hass.services.async_call(DOMAIN, "update_last_called", {}, blocking=True)
    assert last_called(hass) == [BEDROOM]
    assert [event["summary"] for event in fired] == ["early", "late"]
    await hass.services.async_call("notify", "alexa_media_last_called", {"message": "Yes?"}, blocking=True)
    assert [said["device"] for said in sim.spoken()] == ["Bedroom Dot"]


@pytest.mark.usefixtures("brisk")
async def test_own_commands_are_not_wake_ups(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Commands from Home Assistant wake Echos without causing a read; speech right after a command is detected."""
    pushed = entry.runtime_data.push.received
    sim.reset_ledger()
    before = pushed["EqualizerChanged"]
    speech = {"message": "Hi", "target": [KITCHEN, STUDIO]}
    await hass.services.async_call("notify", "alexa_media", speech, blocking=True)
    volume = {"entity_id": KITCHEN, "volume_level": 0.2}
    await hass.services.async_call("media_player", "volume_set", volume, blocking=True)
    dnd = {"entity_id": "switch.kitchen_show_do_not_disturb"}
    await hass.services.async_call("switch", "turn_on", dnd, blocking=True)
    await until(hass, lambda: pushed["EqualizerChanged"] >= before + 4)
    await quiet(hass, sim, calm=2.5)
    assert household.requests(path="/alexa-privacy/*") == []
    sim.say(household.serial("Kitchen Show"), "thank you")
    await until(hass, lambda: last_called(hass) == [KITCHEN])


@pytest.mark.usefixtures("brisk")
async def test_speech_right_after_a_reminder_is_edited_and_deleted_is_detected(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Editing and deleting name the Echo in a push but do not wake it, so they do not explain a wake-up."""
    at = (dt_util.utcnow() + timedelta(days=1)).isoformat()
    data = {"entity_id": KITCHEN, "at": at, "message": "Bins"}
    made = await hass.services.async_call(DOMAIN, "create_reminder", data, blocking=True, return_response=True)
    assert made
    chosen = {"notification_id": made["id"]}
    await quiet(hass, sim, calm=2.5)
    for enabled in (False, True):
        await hass.services.async_call(DOMAIN, "edit_reminder", {**chosen, "enabled": enabled}, blocking=True)
    await hass.services.async_call(DOMAIN, "delete_notification", chosen, blocking=True)
    sim.say(household.serial("Kitchen Show"), "thank you")
    await until(hass, lambda: last_called(hass) == [KITCHEN])


async def test_a_household_that_speaks_continuously(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    clock: Clock,
    fired: list[dict[str, Any]],
) -> None:
    """20 wake-ups in a minute, each of two Echos with two signs, cause 6 reads and 20 correct commands."""
    names = ("Kitchen Show", "Living Room Studio")
    household.change(names[0], heardBy=[household.serial(names[1])])
    household.change(names[1], heardBy=[household.serial(names[0])])
    await set_up(hass, config_entry)
    await clock.settle()
    await clock.advance(30, 10)
    sim.reset_ledger()
    for number in range(20):
        sim.say(household.serial(names[number % 3 == 0]), f"number {number}")
        clock.freezer.tick(timedelta(seconds=1.5))
        sim.advance(1.5)
        await clock.advance(0.25, 0.25)
    await clock.advance(30, 5)
    assert len(household.requests(path="/alexa-privacy/*")) <= 6
    names_by_summary = {event["summary"]: event["name"] for event in fired}
    assert names_by_summary == {f"number {number}": names[number % 3 == 0] for number in range(20)}
    assert len(fired) == 20
    # a single read is due after 2 s again
    await clock.advance(60, 20)
    sim.say(household.serial(names[0]), "good night")
    await clock.advance(3, 1)
    assert [event["summary"] for event in fired[20:]] == ["good night"]
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_unknown_serials_are_not_kept(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    runtime = entry.runtime_data
    sim.reset_ledger()
    for number in range(500):
        push.async_handle(runtime, EqualizerChanged(serial=f"G0SIM{number:011}", bass=0, mid=0, treble=0))
    assert len(runtime.history._wakings) == 0
    for _ in range(500):
        push.async_handle(runtime, EqualizerChanged(serial="G0SIM00KITCHEN01", bass=0, mid=0, treble=0))
    assert len(runtime.history._wakings) == 1


async def test_a_late_record_is_reported_once(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, fired: list[dict[str, Any]]
) -> None:
    """An action during a read does not undo anything."""
    history = entry.runtime_data.history
    kitchen, office = household.serial("Kitchen Show"), household.serial("Office Spot")
    sim.fault(silent_stream=600)
    early = sim.say(kitchen, "early")
    # the key of a record has its time in milliseconds
    await asyncio.sleep(0.01)
    sim.say(kitchen, "late")
    records = (await history.api.async_records(*between(early))).records
    answers = [records[:1], records, records]

    class Slow:
        """Returns responses in turn; the second one arrives after the third."""

        async def async_records(self, _start: datetime, _end: datetime, _previous: str | None = None) -> RecordPage:
            answer = answers.pop(0)
            if len(answers) == 1:
                await until_asked.wait()
            return RecordPage(records=answer, token=None)

    until_asked, history.api = asyncio.Event(), Slow()
    await history.async_refresh()
    await hass.async_block_till_done()
    assert [event["summary"] for event in fired] == ["late"]
    answers[0] = (replace(records[0], serial=office, timestamp=records[0].timestamp + timedelta(seconds=1)), *records)
    reading = hass.async_create_task(history.async_refresh())
    await asyncio.sleep(0)
    await history.async_look()
    assert last_called(hass) == [KITCHEN]
    until_asked.set()
    await reading
    await hass.async_block_till_done()
    assert last_called(hass) == [OFFICE]
    assert [event["summary"] for event in fired] == ["late", "early", "late"]


def between(said: dict[str, Any]) -> tuple[datetime, datetime]:
    """Return a minute around a command."""
    moment = dt_util.utc_from_timestamp(said["time"])
    return moment - timedelta(seconds=30), moment + timedelta(seconds=30)


@pytest.mark.usefixtures("brisk")
async def test_do_not_disturb_by_voice(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The state is also read, in case its push does not arrive."""
    sim.reset_ledger()
    sim.say(household.serial("Kitchen Show"), "turn on Do Not Disturb", "OK")
    await until(hass, lambda: "GET /api/dnd/device-status-list" in household.requests())
    await quiet(hass, sim, calm=0.6)
    assert sorted(household.requests()) == ["GET /api/dnd/device-status-list", RECORDS]


@pytest.mark.contract("attributes of media players, last called")
@pytest.mark.usefixtures("brisk")
async def test_commands_before_a_restart_fire_no_events(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, fired: list[Any]
) -> None:
    """Commands from before the start are shown, but fire no events; one request at the start suffices."""
    said = sim.say(household.serial("Bedroom Dot"), "set an alarm", "For when?")
    sim.reset_ledger()
    await set_up(hass, config_entry)
    await until(hass, lambda: last_called(hass) == [BEDROOM])
    await quiet(hass, sim)
    assert (household.requests(path="/alexa-privacy/*"), fired) == ([PAGE, RECORDS], [])
    assert last_command(hass, BEDROOM)[0] == round(said["time"] * 1000)
    assert state_of(hass, "event.bedroom_dot_voice_command").state == "unknown"
    sim.say(household.serial("Bedroom Dot"), "at seven")
    await until(hass, lambda: len(fired) == 1)
    assert await hass.config_entries.async_reload(config_entry.entry_id)
    await until(hass, lambda: last_called(hass) == [BEDROOM])
    await quiet(hass, sim)
    assert [event["summary"] for event in fired] == ["at seven"]
    await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.usefixtures("brisk")
async def test_without_listeners_no_history_is_read(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household
) -> None:
    """Without an entity for the history, no request is sent at the start or when someone speaks."""
    hass.config_entries.async_update_entry(config_entry, pref_disable_new_entities=True)
    await set_up(hass, config_entry)
    sim.say(household.serial("Kitchen Show"), "hello")
    await quiet(hass, sim, calm=0.8)
    assert household.requests(path="/alexa-privacy/*") == []
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_the_history_is_read_after_throttling_and_without_push(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    clock: Clock,
    fired: list[dict[str, Any]],
) -> None:
    """The history waits as long as Amazon requires, then catches up.

    Without push it is polled, and late records fire no events.
    """
    await set_up(hass, config_entry)
    await clock.settle()
    sim.fault(path="/alexa-privacy/*", status=429, headers={"retry-after": "120"}, seconds=60)
    sim.reset_ledger()
    for number in range(4):
        sim.say(household.serial("Kitchen Show"), f"number {number}")
        await clock.advance(15, 15)
    assert household.requests(path="/alexa-privacy/*") == [RECORDS]
    assert last_called(hass) == []
    await clock.advance(180, 30)
    assert [event["summary"] for event in fired] == ["number 0", "number 1", "number 2", "number 3"]
    fired.clear()
    assert last_called(hass) == [KITCHEN]
    sim.fault(path="/v20160207/directives", status=503)
    sim.fault(close_stream=True)
    await clock.advance(10, 10)
    assert not config_entry.runtime_data.push.up
    sim.say(household.serial("Office Spot"), "soon enough")
    await clock.advance(320, 80)
    assert (last_called(hass), [event["summary"] for event in fired]) == ([OFFICE], ["soon enough"])
    sim.fault(path="/alexa-privacy/*", status=503)
    sim.say(household.serial("Bedroom Dot"), "too late")
    await clock.advance(1200, 300)
    sim.clear_faults()
    await clock.advance(900, 300)
    assert (last_called(hass), len(fired)) == ([BEDROOM], 1)
    await hass.config_entries.async_unload(config_entry.entry_id)


# --- transcripts --------------------------------------------------------------------------


async def texts_about(hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture) -> str:
    """Return all texts that Home Assistant shows and logs about an account."""
    found = await records_of(hass, KITCHEN)
    diagnostics = await async_get_config_entry_diagnostics(hass, entry)
    states = [state.as_dict() for state in hass.states.async_all()]
    return json.dumps([found, diagnostics, states], default=str) + caplog.text


@pytest.mark.usefixtures("brisk")
async def test_transcripts_can_be_disabled(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    fired: list[dict[str, Any]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The last Echo is known, but the transcript is in no attribute, event, response, diagnostics or log."""
    caplog.set_level("DEBUG", logger="custom_components.alexa_media")
    caplog.set_level("DEBUG", logger="homeassistant.core")
    sim.say(household.serial("Kitchen Show"), "play quux", "Here is quuux", "Quentin", intent="QuxIntent")
    await until(hass, lambda: last_called(hass) == [KITCHEN])
    words = ("play quux", "Here is quuux", "Quentin", "QuxIntent")
    before = await texts_about(hass, entry, caplog)
    assert all(word in before for word in words)
    # the integration does not log them even then
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("custom_components")]
    assert not [line for line in ours if any(word in line for word in words)]
    diagnostics = str(await async_get_config_entry_diagnostics(hass, entry))
    assert not any(word in diagnostics for word in words)
    options = {"scan_interval": 60, "extended_entity_discovery": False, "keep_transcripts": False}
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    await hass.config_entries.options.async_configure(flow["flow_id"], options)
    await hass.async_block_till_done()
    await until(hass, lambda: entry.state is ConfigEntryState.LOADED and last_called(hass) == [KITCHEN])
    caplog.clear()
    fired.clear()
    sim.say(household.serial("Kitchen Show"), "play quux", "Here is quuux", "Quentin", intent="QuxIntent")
    await until(hass, lambda: fired)
    after = await texts_about(hass, entry, caplog)
    assert not [word for word in words if word in after]
    assert [(event["name"], event["summary"], event["response"]) for event in fired] == [("Kitchen Show", None, None)]
    assert last_command(hass, KITCHEN) == (fired[0]["timestamp"], None, None)
    event = state_of(hass, "event.kitchen_show_voice_command")
    assert (event.attributes["event_type"], event.attributes.get("text")) == ("command", None)
    assert len(await records_of(hass, KITCHEN, person="quentin")) == 2


# --- actions ------------------------------------------------------------------------------


def say_many(sim: ControlClient, household: Household) -> datetime:
    """Speak to two Echos, four times to the kitchen; return the time before the last command there."""
    kitchen, office = household.serial("Kitchen Show"), household.serial("Office Spot")
    for number in range(3):
        sim.say(kitchen, f"kitchen {number}", f"answer {number}", "Jo" if number else "Alex", intent="Some")
        sim.say(kitchen, "", utterance_type="WAKE_WORD_ONLY")
    middle = dt_util.utc_from_timestamp(sim.now())
    for number in range(55):
        sim.say(office, f"office {number}")
    sim.say(kitchen, "kitchen 3", utterance_type="SOMETHING_NEW")
    return middle


@pytest.mark.contract(
    "attributes of media players, history_records",
    "history records are one at most, and none of a second account",
    "history records are lost at the next change",
)
async def test_history_records_are_shown_until_the_next_call(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Records of one Echo are found on several pages."""
    say_many(sim, household)
    sim.reset_ledger()
    found = await records_of(hass, KITCHEN)
    assert [record["summary"] for record in found] == ["kitchen 3", "kitchen 2", "kitchen 1", "kitchen 0"]
    assert household.requests() == [RECORDS] * 2  # two pages
    assert found[1] == {
        "timestamp": found[1]["timestamp"],
        "summary": "kitchen 2",
        "response": "answer 2",
        "person": "Jo",
        "intent": "Some",
        "type": "general",
    }
    assert found[0]["type"] == "something_new"
    shown = state_of(hass, KITCHEN).attributes["history_records"]
    assert shown == [{key: record[key] for key in ("timestamp", "summary", "response")} for record in found]
    household.change("Kitchen Show", volume=33)
    await until(hass, lambda: state_of(hass, KITCHEN).attributes["volume_level"] == 0.33)
    assert state_of(hass, KITCHEN).attributes["history_records"] == shown
    assert [r["summary"] for r in await records_of(hass, KITCHEN, entries=1)] == ["kitchen 3"]
    assert len(state_of(hass, KITCHEN).attributes["history_records"]) == 1


@pytest.mark.contract("services, get_history_records")
async def test_history_records_can_be_filtered(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Records are filtered by Echo, range, person and type; an invalid range causes no request."""
    middle = say_many(sim, household)
    assert len(await records_of(hass, KITCHEN, end=middle)) == 3
    assert [r["summary"] for r in await records_of(hass, KITCHEN, start=middle)] == ["kitchen 3"]
    assert [r["summary"] for r in await records_of(hass, KITCHEN, person="jo")] == ["kitchen 2", "kitchen 1"]
    assert len(await records_of(hass, KITCHEN, entries=9, include=["wake_word_only"])) == 7
    assert len(await records_of(hass, KITCHEN, start="2020-01-01 00:00:00")) == 4
    sim.reset_ledger()
    assert len(await records_of(hass, OFFICE, entries=200)) == 55
    assert household.requests() == [RECORDS] * 2
    now = dt_util.utcnow()
    sim.reset_ledger()
    local = dt_util.as_local(now).replace(tzinfo=None).isoformat(" ", "seconds")
    invalid: tuple[tuple[dict[str, Any], str | None, str | None], ...] = (
        ({"start": "2099-01-01 00:00:00"}, "2099-01-01 00:00:00", None),
        ({"start": now, "end": now}, local, local),
        ({"end": "2012-02-03T20:00:00+00:00"}, "2013-12-24 16:00:00", "2012-02-03 12:00:00"),
        ({"end": "0001-01-01T00:00:00+14:00"}, None, "0001-01-01 00:00:00+14:00"),
    )
    for fields, start, end in invalid:
        with pytest.raises(ServiceValidationError) as raised:
            await records_of(hass, KITCHEN, **fields)
        assert raised.value.translation_key == "history_range_invalid"
        shown = raised.value.translation_placeholders or {}
        assert (shown["start"], shown["end"]) == (start or shown["start"], end or shown["end"])
        assert "." not in shown["start"] + shown["end"]
    assert household.requests() == []
    sim.fault(path="/alexa-privacy/*", status=500)
    with pytest.raises(HomeAssistantError) as failed:
        await records_of(hass, KITCHEN)
    assert failed.value.translation_key == "cannot_connect"
    assert entry.runtime_data.history.last_update_success


@pytest.mark.contract("services, update_last_called")
async def test_update_last_called_reads_immediately(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, fired: list[Any]
) -> None:
    """The response contains the Echo, and an error is only raised to the caller."""

    async def update(**data: Any) -> Any:
        return await hass.services.async_call(DOMAIN, "update_last_called", data, blocking=True, return_response=True)

    (nobody,) = (await update())["last_called"]
    assert (nobody["account"], nobody["entity_id"]) == (entry.title, None)
    sim.fault(silent_stream=5)
    said = sim.say(household.serial("Office Spot"), "what time is it", "It is late")
    sim.reset_ledger()
    (account,) = (await update(email=["Jo@example.org"]))["last_called"]
    assert household.requests() == [RECORDS]
    assert account == {
        "account": entry.title,
        "entity_id": OFFICE,
        "name": "Office Spot",
        "timestamp": round(said["time"] * 1000),
        "summary": "what time is it",
        "response": "It is late",
    }
    assert (last_called(hass), len(fired)) == ([OFFICE], 1)
    await hass.services.async_call(DOMAIN, "update_last_called", {}, blocking=True)
    assert len(fired) == 1
    sim.reset_ledger()
    with pytest.raises(ServiceValidationError) as unknown:
        await update(email="jo@example.org, joe@example.org")
    assert unknown.value.translation_key == "account_unknown"
    assert household.requests() == []
    sim.fault(path="/alexa-privacy/*", status=404)
    with pytest.raises(HomeAssistantError) as failed:
        await update()
    assert failed.value.translation_key == "unsupported"
    assert entry.runtime_data.history.last_update_success
    assert last_called(hass) == [OFFICE]
    sim.clear_faults()
    await hass.config_entries.async_unload(entry.entry_id)
    for data in ({}, {"email": "jo@example.org"}):
        with pytest.raises(ServiceValidationError) as away:
            await update(**data)
        assert away.value.translation_key == "account_not_loaded"


async def test_a_backend_without_history_has_no_event_entity(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no last called Echo either. Actions raise an error, and pushes do no harm."""
    lacking(monkeypatch, "history")
    await set_up(hass, config_entry)
    assert not [event for event in hass.states.async_entity_ids("event") if event.endswith("_voice_command")]
    runtime = config_entry.runtime_data
    push.async_handle(runtime, EqualizerChanged(serial="G0SIM00KITCHEN01"))
    known = runtime.players.data["G0SIM00KITCHEN01"].volume
    push.async_handle(runtime, VolumeChanged(serial="G0SIM00KITCHEN01", volume=known))
    assert not runtime.push.failed
    for service, data in (("update_last_called", {}), ("get_history_records", {"entity_id": KITCHEN})):
        with pytest.raises(ServiceValidationError) as raised:
            await hass.services.async_call(DOMAIN, service, data, blocking=True)
        assert raised.value.translation_key == "history_unsupported"
    assert last_called(hass) == []
    await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.contract("services, get_history_records")
@pytest.mark.usefixtures("brisk")
async def test_two_accounts_send_their_own_requests(
    hass: HomeAssistant, sim: ControlClient, pair: Pair, fired: list[dict[str, Any]]
) -> None:
    """Each account sends separate requests, and the players of the second account show their own commands."""
    jack = PLAYERS["jack"]["Workshop Studio"]
    accounts = sim.state()["accounts"]
    serial = next(
        s for a in accounts.values() for s, d in a["devices"].items() if d["accountName"] == "Workshop Studio"
    )
    sim.reset_ledger()
    sim.say(serial, "saw a board", "Mind your fingers")
    await until(hass, lambda: last_called(hass) == [jack])
    await quiet(hass, sim)
    assert pair.senders() == ["jack"]
    assert [event["name"] for event in fired] == ["Workshop Studio"]
    (found,) = await records_of(hass, jack)
    assert (found["summary"], found["response"]) == ("saw a board", "Mind your fingers")
    # the name alone notifies all accounts; the entity ids notify one
    notify = {"message": "Done"}
    await hass.services.async_call("notify", "alexa_media_last_called", notify, blocking=True)
    assert [item["device"] for item in sim.spoken()] == ["Workshop Studio"]
    names = {name for name in hass.services.async_services_for_domain("notify") if "last_called" in name}
    john = next(name for name in names if "john" in name)
    assert len(names) == 3
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call("notify", john, notify, blocking=True)
    assert raised.value.translation_key == "last_called_unknown"
    assert len(sim.spoken()) == 1
