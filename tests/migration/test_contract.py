"""What users of alexa_media_player 5.15.7 rely on, row by row, and which test holds each row.

``ROWS`` are what has to stay, ``QUIRKS`` what was a bug there and has to be gone. Rows that no test
elsewhere holds are tested here.
"""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
import re
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

# Row: the tests that hold it, as "file: test test", in the order of what a user meets.
ROWS: Final[Mapping[str, str]] = {
    "manifest": "test_repository: test_manifest_says_what_home_assistant_and_hacs_need",
    "config entry, version 1": "test_migration: test_entry_version_1 test_otp_secret",
    "config entry, secure version 2": "test_migration: test_entry_secure_version_2",
    "config entry, title and unique id": "test_change_over: test_one_account",
    "config entry, options in the data": "test_migration: test_options_come_from_data test_poll_interval_that_is_none",
    "config entry, serial of the registration": "test_migration: test_entry_version_1 test_order_dependent_ids",
    "config entry, files on disk": "test_change_over: test_leftovers_go_after_the_first_good_sign_in",
    "config entry, no new sign-in": "test_left_behind: test_nothing_is_lost",
    "config flow, sign-in": "test_config_flow: test_account_is_added test_login_proxy: test_password_adds_the_account",
    "config flow, one-time codes": "test_login_proxy: test_code_that_is_filled_in test_code_that_is_typed",
    "config flow, sign in again": "test_config_flow: test_signing_in_again_renews_the_entry",
    "options": "test_options: test_options_of_alexa_media_player_are_understood",
    "configuration.yaml": "test_change_over: test_yaml_is_an_issue",
    "device registry": "test_contract: test_devices test_media_player: test_identity",
    "device registry, air quality monitor": "test_change_over: test_devices_without_a_player_stay",
    "devices that become entities": "test_init: test_the_app_itself_gets_no_entities test_filters",
    "entities": "test_contract: test_entities test_left_behind: test_nothing_is_lost",
    "entities, unique id of a second account": "test_migration: test_order_dependent_ids",
    "entities, two accounts whose order has changed": "test_change_over: test_two_accounts",
    "entities, Do Not Disturb": "test_switch: test_identity test_switch",
    "entities, shuffle and repeat": "test_switch: test_modes test_mode_of_a_group",
    "entities, next alarm, timer, reminder": "test_sensor: test_identity test_household",
    "entities, lights, plugs, contacts, Guard": "test_smart_home_entities: test_what_alexa_media_player_left",
    "entities, air quality monitor": "test_smart_home_entities: test_air_quality_monitor",
    "entities, temperature of an Echo": "test_smart_home_entities: test_an_echos_own_sensors",
    "entities, never what Home Assistant shows to Alexa": "test_light: test_never_what_home_assistant_shows_to_alexa",
    "lights": "test_light: test_as_the_cloud_has_them test_several_settings_are_one_request",
    "contacts": "test_smart_home_entities: test_contact",
    "Guard": "test_alarm_control_panel: test_arm_and_disarm_by_an_echo test_without_an_echo test_armed_elsewhere",
    "smart home, unique ids of a second account": "test_smart_home_entities: test_unique_ids_of_two_accounts",
    "attributes of media players": "test_contract: test_attributes test_media_player: test_what_plays",
    "attributes of media players, previous_volume": "test_media_player: test_previous_volume",
    "attributes of alarms, timers, reminders": "test_contract: test_attributes test_sensor: test_attributes",
    "media_player, features": "test_media_player: test_identity test_what_plays test_station_has_no_length",
    "media_player, source": "test_bluetooth: test_sources test_select_and_back test_loudspeaker_can_be_connected",
    "media_player, volume": "test_media_player: test_volume test_mute",
    "media_player, transport": "test_media_player: test_transport test_idle",
    "media_player, group of speakers": "test_media_player: test_group test_no_music_on_a_group",
    "media_player, availability": "test_push: test_connection test_media_player: test_offline",
    "play_media, music of a provider": "test_media_player: test_command_of test_kinds",
    "play_media, sequence, sound, skill, custom": "test_media_player: test_command_of test_kinds",
    "play_media, music with announce": "test_announce_sound: test_tts_speak",
    "play_media, routine": "test_routines: test_run test_which_one_is_meant",
    "play_media, image": "test_routines: test_image",
    "attributes of media players, last called": "test_history: test_who_was_spoken_to test_restart",
    "attributes of media players, history_records": "test_history: test_history_records",
    "entities, Amazon Kids": "test_kids: test_it_costs_nothing_unless_enabled test_given_and_taken",
    "services, update_last_called": "test_history: test_update_last_called",
    "services, force_logout": "test_services_change_over: test_force_logout test_one_of_two_accounts",
    "services, restore_volume": "test_services_change_over: test_restore_volume",
    "services, get_history_records": "test_history: test_history_records test_two_accounts",
    "services, enable_network_discovery": "test_services_change_over: test_enable_network_discovery",
    "services, amazon_kids_enable and amazon_kids_disable": "test_kids: test_given_and_taken",
    "notify, last called": "test_notify_last_called: test_last_called test_removed_echo",
    "notify, ten at once, last called": "test_notify_last_called: test_ten_speak_and_command",
    "notify, names": "test_notify_legacy: test_names test_names_follow_the_media_players",
    "notify, all accounts": "test_speech_two_accounts: test_notify",
    "notify, target": "test_notify_legacy: test_target test_target_by_unique_id test_name_with_a_comma",
    "notify, type and method": "test_notify_legacy: test_tts test_announce test_apps test_unknown_data",
    "notify, ten at once": "test_contract: test_ten_targets",
    "events, notification": "test_sensor: test_event_when_it_goes_off",
    "events, last called": "test_history: test_who_was_spoken_to",
    "events, relogin required and success": "test_services_change_over: test_force_logout",
    "events, alarm dismissal": "test_sensor: test_event_of_a_dismissal",
    "push": "test_contract: test_pushes_that_cost_nothing test_pushes_that_cost_one_request",
    "push, unknown serial": "test_push: test_a_new_serial_asks_for_the_list_once",
    "polling, requests from start until quiet": "test_requests: test_set_up",
    "polling, requests in an idle hour": "test_requests: test_idle_hour",
    "diagnostics": "test_diagnostics: test_account test_device",
}

QUIRKS: Final[Mapping[str, str]] = {
    "an empty public address is stored as /": "test_migration: test_options_come_from_data",
    "/ counts as a public address": "test_announce_sound: test_what_cannot_be_played",
    "sentences are spoken about what cannot be played": "test_announce_sound: test_what_cannot_be_played",
    "sounds stay in www": "test_announce_sound: test_tts_speak",
    "a device is its own hub": "test_left_behind: test_nothing_is_lost test_contract: test_devices",
    "a removed Echo stays until a reload": "test_init: test_a_device_goes_after_two_lists",
    "names in filters are case-sensitive": "test_init: test_filters",
    "a filter takes the sensors and switches of its Echos": "test_change_over: test_filters_by_name_go_on",
    "unique ids that were renamed and back": "test_migration: test_orphaned_ids",
    "seek is offered and does nothing": "test_media_player: test_transport",
    "a volume waits for a queue": "test_contract: test_no_queue",
    "unmuting sends 5000 %": "test_media_player: test_unmute_without_memory",
    "turn_on pauses": "test_media_player: test_transport",
    "no target is a TypeError": "test_notify_legacy: test_no_target",
    "an unknown target is passed over": "test_notify_legacy: test_unknown_target",
    "an announcement to a speaker group drops all others": "test_notify_legacy: test_speaker_groups",
    "nobody learns that all were away": "test_notify_legacy: test_offline",
    "as many messages to the apps as Echos": "test_notify_legacy: test_apps",
    "the account that came last gets notify.alexa_media": "test_speech_two_accounts: test_notify",
    "a refused command is logged at most": "test_requests: test_a_refused_command_raises",
    "accounts with look-alike addresses share signals": "test_two_accounts: test_push_reaches_whose_it_is",
    "the entry is saved with every poll": "test_contract: test_polls_leave_the_entry_alone",
    "an address of the network may use the sign-in of another": "test_login_proxy: test_other_browser_gets_nothing",
    "a stream that falls silent is waited for": "test_failures_stream: test_silent_stream",
    "throttling is a traceback": "test_two_accounts: test_throttling_of_one test_failures: test_while_it_runs",
    "a request for each Echo at the start": "test_requests: test_set_up",
    "an unknown serial is six requests": "test_push: test_a_new_serial_asks_for_the_list_once",
    "a burst about alarms is a request each": "test_push: test_hints_of_a_burst_are_one_request",
    "history records are one at most, and none of a second account": "test_history: test_history_records",
    "history records are lost at the next change": "test_history: test_history_records",
    "up to three requests for a sign of life": "test_history: test_what_a_request_costs",
    "a routine that is not found does nothing": "test_routines: test_which_one_is_meant",
    "parallel steps of a routine run in turn": "test_routines: test_run",
    "kids sensors ask every five minutes": "test_kids: test_once_a_day",
    "arming Guard wants a code": "test_alarm_control_panel: test_arm_and_disarm_by_an_echo",
    "arming Guard without an Echo takes the wrong word and id": "test_alarm_control_panel: test_without_an_echo",
    "colours and whites snap to names": "test_light: test_colours_and_whites_there_and_back",
    "a command to a light is believed for 15 seconds": "test_light: test_refused_and_unreachable",
    "YAML keeps it from loading": "test_change_over: test_yaml_is_an_issue",
    "diagnostics hold other accounts": "test_two_accounts: test_diagnostics_hold_nothing_of_the_other",
}


@pytest.mark.parametrize("row", [*ROWS.items(), *QUIRKS.items()], ids=lambda row: row[0])
def test_row_is_held(row: tuple[str, str]) -> None:
    """Each row names tests that there are."""
    tests = re.findall(r"(\w+)(:?)", row[1])
    assert tests[0][1], "the first word is a file"
    source = ""
    for name, colon in tests:
        if colon:
            source = "\n".join(path.read_text() for path in TESTS.rglob(f"{name}.py"))
        else:
            assert re.search(rf"^(async )?def {name}\(", source, re.MULTILINE), f"there is no {name}"


async def test_entities(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, entity_registry: er.EntityRegistry
) -> None:
    """Row "entities": unique id, entity id, category, class of each that an Echo and a group have."""
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


async def test_attributes(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Rows "attributes": what cards read is there; long lists are not recorded."""
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


async def test_ten_targets(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household
) -> None:
    """Row "notify, ten at once": one call of ``notify.alexa_media`` for ten Echos is one request, of either type."""
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
        # other texts for the same Echos would rightly wait
        names = [device.name for device in echos if device.name not in {item["device"] for item in sim.spoken()}][:10]
        fields = {"message": "Dinner is ready", "target": names, "data": data}
        await hass.services.async_call("notify", "alexa_media", fields, blocking=True)
        assert household.requests(path="/api/behaviors/*") == ["POST /api/behaviors/preview"]
        assert sorted(item["device"] for item in sim.spoken()[said:]) == sorted(names)
        assert len(names) == 10
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_no_queue(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, freezer: FrozenDateTimeFactory
) -> None:
    """Row "media_player, volume": it is at Amazon when the action returns, with no time gone by."""
    household.sim.reset_ledger()
    await act(hass, "volume_set", volume_level=0.44)
    assert household.requests(path="/api/behaviors/*") == ["POST /api/behaviors/preview"]
    assert household.device("Kitchen Show")["volume"] == 44


async def test_polls_leave_the_entry_alone(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Row "oauth": reading everything again writes nothing into the entry; no access token is kept in it."""
    before, changed = dict(entry.data), entry.modified_at
    for coordinator in entry.runtime_data.coordinators:
        await coordinator.async_refresh()
        assert coordinator.last_update_success
    assert (dict(entry.data), entry.modified_at) == (before, changed)
    assert "Atna|" not in str(before)


async def test_pushes_that_cost_nothing(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Row "push": facts are shown, and what nothing hangs on is passed over, all without a request."""
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


async def test_pushes_that_cost_one_request(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Row "push": a change of bluetooth or of alarms is one read, what plays at most one, however often it is told."""
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
