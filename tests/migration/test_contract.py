"""Tests of what users of alexa_media_player 5.15.7 rely on, row by row.

``ROWS`` are the features that are kept, ``QUIRKS`` the bugs that must not return. Tests for a row have the marker
``contract`` with its name. Rows without a test elsewhere are tested here.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Household, quiet, set_up, state_of, until
from tests.platforms.test_media_player import act, play

TESTS: Final = Path(__file__).parent.parent
KITCHEN: Final = "media_player.kitchen_show"

# in the order in which a user encounters them
ROWS: Final = (
    "manifest",
    "config entry, version 1",
    "config entry, secure version 2",
    "config entry, title and unique id",
    "config entry, options in the data",
    "config entry, serial of the registration",
    "config entry, files on disk",
    "config entry, no new sign-in",
    "config flow, sign-in",
    "config flow, one-time codes",
    "config flow, sign in again",
    "options",
    "configuration.yaml",
    "device registry",
    "device registry, air quality monitor",
    "devices that become entities",
    "entities",
    "entities, unique id of a second account",
    "entities, two accounts whose order has changed",
    "entities, Do Not Disturb",
    "entities, shuffle and repeat",
    "entities, next alarm, timer, reminder",
    "entities, lights, plugs, contacts, Guard",
    "entities, air quality monitor",
    "entities, temperature of an Echo",
    "entities, never what Home Assistant shows to Alexa",
    "lights",
    "contacts",
    "Guard",
    "smart home, unique ids of a second account",
    "attributes of media players",
    "attributes of media players, previous_volume",
    "attributes of alarms, timers, reminders",
    "media_player, features",
    "media_player, source",
    "media_player, volume",
    "media_player, transport",
    "media_player, group of speakers",
    "media_player, availability",
    "play_media, music of a provider",
    "play_media, sequence, sound, skill, custom",
    "play_media, music with announce",
    "play_media, routine",
    "play_media, image",
    "attributes of media players, last called",
    "attributes of media players, history_records",
    "entities, Amazon Kids",
    "services, update_last_called",
    "services, force_logout",
    "services, restore_volume",
    "services, get_history_records",
    "services, enable_network_discovery",
    "services, amazon_kids_enable and amazon_kids_disable",
    "notify, last called",
    "notify, ten at once, last called",
    "notify, names",
    "notify, all accounts",
    "notify, target",
    "notify, type and method",
    "notify, ten at once",
    "events, notification",
    "events, last called",
    "events, relogin required and success",
    "events, alarm dismissal",
    "push",
    "push, unknown serial",
    "polling, requests from start until quiet",
    "polling, requests in an idle hour",
    "diagnostics",
)

QUIRKS: Final = (
    "an empty public address is stored as /",
    "/ counts as a public address",
    "sentences are spoken about what cannot be played",
    "sounds stay in www",
    "a device is its own hub",
    "a removed Echo stays until a reload",
    "names in filters are case-sensitive",
    "a filter takes the sensors and switches of its Echos",
    "unique ids that were renamed and back",
    "seek is offered and does nothing",
    "a volume waits for a queue",
    "unmuting sends 5000 %",
    "turn_on pauses",
    "no target is a TypeError",
    "an unknown target is passed over",
    "an announcement to a speaker group drops all others",
    "an error is missing when all Echos are offline",
    "as many messages to the apps as Echos",
    "the account that came last gets notify.alexa_media",
    "a refused command is logged at most",
    "accounts with look-alike addresses share signals",
    "the entry is saved with every poll",
    "an address of the network may use the sign-in of another",
    "a stream that falls silent is waited for",
    "throttling is a traceback",
    "a request for each Echo at the start",
    "an unknown serial is six requests",
    "a burst about alarms is a request each",
    "history records are one at most, and none of a second account",
    "history records are lost at the next change",
    "up to three requests for a sign of life",
    "a routine that is not found does nothing",
    "parallel steps of a routine run in turn",
    "kids sensors ask every five minutes",
    "arming Guard wants a code",
    "arming Guard without an Echo takes the wrong word and id",
    "colours and whites snap to names",
    "a command to a light is believed for 15 seconds",
    "YAML keeps it from loading",
    "diagnostics hold other accounts",
)


def marked_rows() -> Iterator[str]:
    """Yield the names in all markers ``contract`` of the suite."""
    for path in TESTS.rglob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                for decorator in node.decorator_list:
                    if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.contract":
                        yield from (ast.literal_eval(argument) for argument in decorator.args)


def test_each_row_has_a_test() -> None:
    """Each row has a test with the marker, and each marker names a row."""
    assert sorted({*ROWS, *QUIRKS}) == sorted(set(marked_rows()))
    assert len({*ROWS, *QUIRKS}) == len(ROWS) + len(QUIRKS)


@pytest.mark.contract("entities")
async def test_entities(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, entity_registry: er.EntityRegistry
) -> None:
    """Row "entities": unique id, entity id, category and class of each entity of an Echo and a group."""
    echo, group = household.serial("Kitchen Show"), household.serial("Downstairs")
    rows: list[tuple[str, str, str | None, str]] = [
        (KITCHEN, echo, None, "idle"),
        ("switch.kitchen_show_do_not_disturb", f"{echo}_do not disturb", "config", "off"),
        ("switch.kitchen_show_shuffle", f"{echo}_shuffle", "config", "unavailable"),
        ("switch.kitchen_show_repeat", f"{echo}_repeat", "config", "unavailable"),
        ("sensor.kitchen_show_next_alarm", f"{echo}_next Alarm", None, "unknown"),
        ("media_player.downstairs", group, None, "idle"),
        ("switch.downstairs_do_not_disturb", f"{group}_do not disturb", "config", "off"),
        ("switch.downstairs_shuffle", f"{group}_shuffle", "config", "unavailable"),
        ("switch.downstairs_repeat", f"{group}_repeat", "config", "unavailable"),
    ]
    for entity_id, unique_id, category, state in rows:
        found = entity_registry.async_get(entity_id)
        assert found is not None, entity_id
        shown = state_of(hass, entity_id)
        assert (found.unique_id, found.entity_category, shown.state) == (unique_id, category, state)
        assert found.disabled_by is None
        assert found.platform == DOMAIN
    for kind in ("Timer", "Reminder"):
        found = entity_registry.async_get(f"sensor.kitchen_show_next_{kind.lower()}")
        assert found is not None
        assert found.unique_id == f"{echo}_next {kind}"
        shown = state_of(hass, found.entity_id)
        assert shown.attributes["device_class"] == "timestamp"
        assert shown.state not in ("unknown", "unavailable")
    assert hass.states.get("sensor.downstairs_next_alarm") is None
    await play(hass)
    assert state_of(hass, "switch.kitchen_show_shuffle").state == "off"


@pytest.mark.contract("device registry", "a device is its own hub")
async def test_devices(hass: HomeAssistant, entry: MockConfigEntry, household: Household) -> None:
    """Row "device registry": identifiers are the players' ids, and no device is its own hub."""
    registry = dr.async_get(hass)
    found = dr.async_entries_for_config_entry(registry, entry.entry_id)
    echos = [device for device in found if device.entry_type is None]
    by_serial = {device.serial_number: device for device in echos}
    for serial, name in (
        (household.serial("Kitchen Show"), "Kitchen Show"),
        (household.serial("Downstairs"), "Downstairs"),
    ):
        device = by_serial[serial]
        assert (device.identifiers, device.name, device.manufacturer) == ({(DOMAIN, serial)}, name, "Amazon")
        assert device.model
    assert by_serial[household.serial("Kitchen Show")].sw_version
    assert [device.name for device in echos if device.via_device_id == device.id] == []


@pytest.mark.contract("attributes of media players", "attributes of alarms, timers, reminders")
async def test_attributes(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Rows "attributes": attributes that dashboard cards read exist; long lists are not recorded."""
    player = state_of(hass, KITCHEN).attributes
    assert {"available", "previous_volume", "connected_bluetooth", "bluetooth_list"} <= player.keys()
    assert (player["available"], player["bluetooth_list"]) == (True, ["Jo's Phone", "Garden Speaker"])
    common = {"recurrence", "process_timestamp", "prior_value", "total_active", "total_all", "status", "dismissed"}
    common |= {"brief", "sorted_active", "sorted_all"}
    for kind in ("alarm", "timer", "reminder"):
        state = state_of(hass, f"sensor.kitchen_show_next_{kind}")
        assert common | {kind} <= state.attributes.keys(), kind
        assert state.attributes["brief"].keys() == {"active", "all"}
        assert state.state_info is not None
        assert {"brief", "sorted_active", "sorted_all"} <= set(state.state_info["unrecorded_attributes"])
    reminder = state_of(hass, "sensor.kitchen_show_next_reminder").attributes
    assert "reminder_sub_label" in reminder
    assert reminder["sorted_active"][0]["reminderLabel"] == "Call the dentist"


@pytest.mark.contract("notify, ten at once")
async def test_ten_targets(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household
) -> None:
    """Row "notify, ten at once": a call of ``notify.alexa_media`` for ten Echos is one request, for both types."""
    sim.household("forty")
    await set_up(hass, config_entry)
    await quiet(hass, sim, calm=0.4)
    echos = [
        device for device in config_entry.runtime_data.devices.data.values() if device.online and not device.is_group
    ]
    names = [device.name for device in echos[:10]]
    for data in ({"type": "tts"}, {"type": "announce"}):
        said = len(sim.spoken())
        sim.reset_ledger()
        # messages with other texts for the same Echos would have to wait
        names = [device.name for device in echos if device.name not in {item["device"] for item in sim.spoken()}][:10]
        fields = {"message": "Dinner is ready", "target": names, "data": data}
        await hass.services.async_call("notify", "alexa_media", fields, blocking=True)
        assert household.requests(path="/api/behaviors/*") == ["POST /api/behaviors/preview"]
        assert sorted(item["device"] for item in sim.spoken()[said:]) == sorted(names)
        assert len(names) == 10
    await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.contract("a volume waits for a queue")
async def test_no_queue(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, freezer: FrozenDateTimeFactory
) -> None:
    """Row "media_player, volume": the volume is set at Amazon when the action returns, without any delay."""
    household.sim.reset_ledger()
    await act(hass, "volume_set", volume_level=0.44)
    assert household.requests(path="/api/behaviors/*") == ["POST /api/behaviors/preview"]
    assert household.device("Kitchen Show")["volume"] == 44


@pytest.mark.contract("the entry is saved with every poll")
async def test_polls_leave_the_entry_alone(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Row "oauth": reading everything again does not change the entry, which contains no access token."""
    before, changed = dict(entry.data), entry.modified_at
    for coordinator in entry.runtime_data.coordinators:
        await coordinator.async_refresh()
        assert coordinator.last_update_success
    assert (dict(entry.data), entry.modified_at) == (before, changed)
    assert "Atna|" not in str(before)


@pytest.mark.contract("push")
async def test_pushes_that_cost_nothing(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Row "push": values are shown, and irrelevant pushes are ignored, all without a request."""
    serial = household.serial("Kitchen Show")
    sim.reset_ledger()
    household.change("Kitchen Show", volume=61, dnd=True)
    household.change("Garage Echo", online=False)
    for command in (
        "PUSH_CONTENT_FOCUS_CHANGE",
        "PUSH_DEVICE_SETUP_STATE_CHANGE",
        "PUSH_MEDIA_PREFERENCE_CHANGE",
        "MATTER_SETUP_NOTIFICATION",
        "PUSH_DELETE_DOPPLER_ACTIVITIES",
        "PUSH_MICROPHONE_STATE",
    ):
        sim.push(command, {"dopplerId": {"deviceSerialNumber": serial, "deviceType": "A1EIANJ7PNB0Q7"}})
    await until(hass, lambda: state_of(hass, KITCHEN).attributes["volume_level"] == 0.61)
    await until(hass, lambda: state_of(hass, "switch.kitchen_show_do_not_disturb").state == "on")
    await until(hass, lambda: state_of(hass, "media_player.garage_echo").state == "unavailable")
    await quiet(hass, sim)
    assert household.requests() == []


@pytest.mark.contract("push")
async def test_pushes_that_cost_one_request(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Row "push": a Bluetooth or alarm change is one read, and a playback change at most one, even in a burst."""
    phone: list[dict[str, Any]] = household.device("Bedroom Dot")["bluetooth"]
    owner, account = next(iter(household.accounts.items()))
    alarm = next(i for i, item in account["notifications"].items() if item.get("alarmLabel") == "Market")
    sim.reset_ledger()
    household.change("Bedroom Dot", bluetooth=[paired | {"connected": True} for paired in phone])
    sim.patch_state({"accounts": {owner: {"notifications": {alarm: {"status": "ON"}}}}})
    await until(hass, lambda: state_of(hass, "media_player.bedroom_dot").attributes["source"] == "Jo's Phone")
    await until(hass, lambda: state_of(hass, "sensor.kitchen_show_next_alarm").state != "unknown")
    await quiet(hass, sim)
    assert Counter(household.requests()) == {"GET /api/bluetooth": 1, "GET /api/notifications": 1}
    sim.reset_ledger()
    await play(hass)
    await quiet(hass, sim)
    reads = Counter(request for request in household.requests() if request.startswith("GET"))
    assert reads.total() <= 1, reads
    assert set(reads) <= {"GET /api/np/list-media-sessions"}
