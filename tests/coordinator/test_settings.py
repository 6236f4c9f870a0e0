"""Tests of device settings: shown values, values in the cloud, and the number of requests."""

from asyncio import Future
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import Entity
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.model.events import EqualizerChanged
from custom_components.alexa_media.cloud.model.settings import Setting
from custom_components.alexa_media.coordinator.devices import RETRY_DELAY
from tests.conftest import Clock, Household, poll, set_up, state_of

pytestmark = pytest.mark.platforms("button", "media_player", "number", "select", "sensor", "switch", "text")

KITCHEN, STUDIO, KIDS = "Kitchen Show", "Living Room Studio", "Kids Dot"
PATHS = (
    "/api/wake-word*",
    "/api/equalizer/*",
    "/api/v1/devices/*",
    "/api/auxcontroller/*",
    "/api/device-wifi-details",
    "/devicesTypes/*",
    "/homegroups/*",
    "/users/amzn1.comms*",
)
SHOWN = {
    "number.kitchen_show_bass": "0",
    "number.kitchen_show_brightness": "60",
    "number.living_room_studio_bass": "2",
    "number.living_room_studio_treble": "1",
    "select.kitchen_show_audio_port": "output",
    "select.kitchen_show_distance_units": "imperial",
    "select.kitchen_show_drop_in": "home",
    "select.kitchen_show_language": "en-US",
    "select.kitchen_show_temperature_unit": "fahrenheit",
    "select.kitchen_show_time_format": "hours_12",
    "select.kitchen_show_time_zone": "America/Los_Angeles",
    "select.kitchen_show_wake_word": "Alexa",
    "select.office_spot_wake_word": "Computer",
    "sensor.kitchen_show_wi_fi_network": "home",
    "switch.kitchen_show_adaptive_brightness": "off",
    "switch.kitchen_show_announcements": "on",
    "switch.kitchen_show_attention_span": "on",
    "switch.kitchen_show_gestures": "on",
    "select.kitchen_show_connected_speaker": "internal",
    "switch.kitchen_show_communications": "on",
    "switch.kitchen_show_display": "on",
    "switch.kitchen_show_follow_up_mode": "off",
    "switch.kitchen_show_notification_sound": "on",
    "text.kitchen_show_name": "Kitchen Show",
    "number.kids_dot_bass": "unavailable",
}

type Act = Callable[..., Any]


@pytest.fixture
def act(hass: HomeAssistant) -> Act:
    """Return a function that calls an action for an entity and waits for its end."""

    async def call(action: str, entity_id: str, **data: Any) -> None:
        domain, _, name = action.partition(".")
        await hass.services.async_call(domain, name, {"entity_id": entity_id, **data}, blocking=True)

    return call


@pytest.fixture
async def watched(
    hass: HomeAssistant, config_entry: MockConfigEntry, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> MockConfigEntry:
    """Return an account with every settings entity enabled."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)
    await set_up(hass, config_entry)
    await clock.settle()
    await clock.advance(2, 0.5)
    return config_entry


def asked(household: Household, method: str = "GET") -> Counter[str]:
    """Return the number of requests for settings since the last reset."""
    ledger = (request for path in PATHS for request in household.sim.ledger(method=method, path=path))
    return Counter(f"{method} {one['path']} {one['query'].get('deviceSerialNumber', '')}".strip() for one in ledger)


async def test_settings_without_enabled_entities_cost_no_request(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, entity_registry: er.EntityRegistry
) -> None:
    """Settings without enabled entities cost no request; only the restart button is enabled by default."""
    assert asked(household) == {}
    registered = {e.entity_id: e for e in er.async_entries_for_config_entry(entity_registry, entry.entry_id)}
    for entity_id in SHOWN:
        assert registered[entity_id].disabled_by is er.RegistryEntryDisabler.INTEGRATION, entity_id
        assert hass.states.get(entity_id) is None
    assert registered["button.kitchen_show_restart"].disabled_by is None
    assert registered["sensor.kitchen_show_mac_address"].entity_category == "diagnostic"
    # a device has no entity for a setting that it lacks: no display, no equalizer, and none for groups
    assert not {"switch.living_room_studio_display", "number.office_spot_bass"} & registered.keys()
    assert not [e for e in registered if "downstairs" in e and e.startswith(("select.", "number.", "button.", "text."))]


async def test_values_are_read_with_few_requests(
    hass: HomeAssistant,
    watched: MockConfigEntry,
    household: Household,
    sim: ControlClient,
    clock: Clock,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Each setting is read once; then settings of the whole account are read every six hours, and others once a day."""
    assert {entity_id: state_of(hass, entity_id).state for entity_id in SHOWN} == SHOWN
    options = state_of(hass, "select.office_spot_wake_word").attributes["options"]
    assert options == ["Alexa", "Amazon", "Computer", "Echo", "Ziggy"]
    mac = household.device(KITCHEN)["macAddress"]
    assert state_of(hass, "sensor.kitchen_show_mac_address").state == mac
    requests = asked(household)
    assert set(requests.values()) == {1}, "one request for each setting"
    serial, offline = household.serial(STUDIO), household.serial(KIDS)
    assert f"GET /api/equalizer/{serial}/{household.device(STUDIO)['deviceType']}" in requests
    assert not any(offline in line for line in requests), "settings of offline devices are not read"

    settings = watched.runtime_data.settings
    assert settings.update_interval == timedelta(hours=6)
    once = {line for line in requests if "/identities" in line}
    account = {line for line in requests if line.endswith("/api/wake-word") or "/homegroups/" in line}
    for hours, again in ((5.5, set()), (0.5, account), (6, account), (6, account), (6, requests.keys() - once)):
        freezer.tick(timedelta(hours=hours))
        sim.reset_ledger()
        await settings.async_refresh()
        # the stream may break when the clock jumps this far, and then equalizers are read
        told = {line: count for line, count in asked(household).items() if "/equalizer/" not in line}
        assert told == {line: 1 for line in again if "/equalizer/" not in line}, hours

    sim.reset_ledger()
    household.change(KIDS, online=True)
    await clock.settle()
    assert state_of(hass, "number.kids_dot_bass").state == "0", "the settings of a device that comes online are read"
    assert {count for line, count in asked(household).items() if offline in line} == {1}


async def test_every_change_reaches_the_cloud(
    hass: HomeAssistant,
    watched: MockConfigEntry,
    household: Household,
    sim: ControlClient,
    clock: Clock,
    act: Act,
    device_registry: dr.DeviceRegistry,
) -> None:
    """The shown value is the one in the cloud after the change."""
    for name, data, shown, place, wanted in CHANGES:
        entity_id = name.replace(".", ".kitchen_show_", 1)
        sim.reset_ledger()
        await act(_ACTIONS.get(name.partition(".")[0], f"switch.turn_{shown}"), entity_id, **data)
        there: Any = household.device(KITCHEN)
        for key in place.split("/"):
            there = there[key]
        assert there == wanted, entity_id
        assert state_of(hass, entity_id).state == shown, entity_id
        requests = Counter(line.split()[0] for line in household.requests())
        reads = 2 if place.startswith("preferences/") else 1
        assert requests == {"GET": reads, **dict.fromkeys(requests.keys() - {"GET"}, 1)}, (entity_id, requests)
        assert len(requests) == 2, entity_id
    assert watched.runtime_data.devices.data[household.serial(KITCHEN)].locale == "de-DE"

    await act("text.set_value", "text.kitchen_show_name", value=" Galley ")
    await clock.settle()
    serial = household.serial("Galley")
    assert state_of(hass, "text.kitchen_show_name").state == "Galley"
    devices = dr.async_entries_for_config_entry(device_registry, watched.entry_id)
    assert [device.name for device in devices if device.serial_number == serial] == ["Galley"], (
        "the device has the same name"
    )

    await act("button.press", "button.kitchen_show_restart")
    await clock.settle()
    assert state_of(hass, "button.kitchen_show_restart").state == "unavailable", "the Echo is restarting"
    await clock.advance(40, 10)
    assert state_of(hass, "button.kitchen_show_restart").state != "unavailable"


_ACTIONS = {"number": "number.set_value", "select": "select.select_option", "text": "text.set_value"}
CHANGES: list[tuple[str, dict[str, Any], str, str, object]] = [
    ("number.treble", {"value": -4}, "-4", "equalizer/treble", -4),
    ("number.brightness", {"value": 7}, "7", "settings/brightness", 7),
    ("switch.display", {}, "off", "settings/displayPower", "OFF"),
    ("switch.adaptive_brightness", {}, "on", "settings/adaptiveBrightness", "ON"),
    ("select.time_format", {"option": "hours_24"}, "hours_24", "settings/timeFormat", "24_HOURS"),
    ("switch.attention_span", {}, "off", "settings/attentionSpan", False),
    ("switch.gestures", {}, "off", "settings/alexaGestures", False),
    ("select.connected_speaker", {"option": "aux"}, "aux", "settings/connectedSpeakerOption", "Aux"),
    ("select.audio_port", {"option": "input"}, "input", "auxDirection", "INPUT"),
    ("select.wake_word", {"option": "Echo"}, "Echo", "wakeWord", "ECHO"),
    ("select.drop_in", {"option": "off"}, "off", "communications/dropin", "Off"),
    ("switch.communications", {}, "off", "communications/communications", "OFF"),
    ("switch.announcements", {}, "off", "communications/announcements", "OFF"),
    ("switch.follow_up_mode", {}, "on", "preferences/goldfishEnabled", True),
    ("switch.notification_sound", {}, "off", "preferences/notificationEarconEnabled", False),
    ("select.language", {"option": "de-DE"}, "de-DE", "preferences/locale", "de-DE"),
    ("select.temperature_unit", {"option": "celsius"}, "celsius", "preferences/temperatureScale", "CELSIUS"),
    ("select.distance_units", {"option": "metric"}, "metric", "preferences/distanceUnits", "METRIC"),
    ("select.time_zone", {"option": "Europe/Oslo"}, "Europe/Oslo", "preferences/timeZoneId", "Europe/Oslo"),
]
"""Changes in the kitchen: entity, request, resulting state, and the place and value in the cloud."""


async def test_an_equalizer_is_changed_on_both_sides(
    hass: HomeAssistant, watched: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock, act: Act
) -> None:
    """A push is shown without a request; bands that are set at the same time do not undo each other."""
    sim.reset_ledger()
    household.change(STUDIO, equalizer={"bass": -2, "mid": 3, "treble": 0})
    await clock.settle()
    for band, gain in (("bass", "-2"), ("midrange", "3"), ("treble", "0")):
        assert state_of(hass, f"number.living_room_studio_{band}").state == gain
    assert asked(household) == {}
    for band, level in (("bass", 6), ("midrange", -6), ("treble", 5)):
        hass.async_create_task(act("number.set_value", f"number.living_room_studio_{band}", value=level))
    await hass.async_block_till_done()
    await clock.settle()
    assert household.device(STUDIO)["equalizer"] == {"bass": 6, "mid": -6, "treble": 5}
    assert state_of(hass, "number.living_room_studio_midrange").state == "-6"

    # changes that could not be pushed are read when push is available again
    watched.runtime_data.settings.async_set_push(False)
    watched.runtime_data.settings.async_set_push(True)
    sim.reset_ledger()
    await watched.runtime_data.settings.async_refresh()
    assert {line.split("/")[2] for line in asked(household)} == {"equalizer"}


async def test_a_refusal_changes_nothing(
    hass: HomeAssistant, watched: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock, act: Act
) -> None:
    """An unconfirmed change is read later, and invalid input sends no request."""
    settings = watched.runtime_data.settings
    sim.fault(path="/api/equalizer/*", method="POST", status=400, times=1)
    with pytest.raises(HomeAssistantError) as refused:
        await act("number.set_value", "number.kitchen_show_bass", value=5)
    assert refused.value.translation_key == "command_refused"
    assert state_of(hass, "number.kitchen_show_bass").state == "0"
    sim.fault(path="/api/device-preferences/*", method="PUT", status=503, times=1, after=True)
    with pytest.raises(HomeAssistantError) as unknown:
        await act("switch.turn_on", "switch.kitchen_show_follow_up_mode")
    assert unknown.value.translation_key == "cannot_connect"
    assert len(household.requests("PUT", "/api/*")) == 1, "a write is never repeated"

    sim.fault(path="/api/auxcontroller/*", method="GET", status=404, times=1)
    await act("select.select_option", "select.kitchen_show_audio_port", option="input")
    assert state_of(hass, "select.kitchen_show_audio_port").state == "output", "the change is not confirmed yet"
    await clock.settle()
    assert state_of(hass, "select.kitchen_show_audio_port").state == "input"
    assert settings.last_update_success

    sim.reset_ledger()
    for action, entity_id, data, key in (
        ("text.set_value", "text.kitchen_show_name", {"value": "  "}, "name_empty"),
        ("alexa_media.unpair_bluetooth", "media_player.kitchen_show", {"source": "Nobody"}, "source_unknown"),
    ):
        with pytest.raises(ServiceValidationError) as invalid:
            await act(action, entity_id, **data)
        assert invalid.value.translation_key == key
    with pytest.raises(ServiceValidationError):
        await act("select.select_option", "select.kitchen_show_language", option="tlh-KL")
    with pytest.raises(ServiceValidationError):
        await act("select.select_option", "select.kitchen_show_time_zone", option="Mars/Base")
    assert household.requests() == []


async def test_a_pushed_change_is_not_read_again(
    hass: HomeAssistant, watched: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock, act: Act
) -> None:
    """If the read after a change fails, but a push has reported the change, no further read follows."""
    sim.reset_ledger()
    sim.fault(path="/api/equalizer/*", method="GET", latency=3)
    sim.fault(path="/api/equalizer/*", method="GET", status=404)
    pushes = watched.runtime_data.push.received
    before = pushes[EqualizerChanged.__name__]
    change = hass.async_create_background_task(act("number.set_value", "number.kitchen_show_bass", value=5), "change")
    await poll(lambda: pushes[EqualizerChanged.__name__] > before and household.requests("GET", "/api/equalizer/*"))
    assert not change.done()
    sim.advance(3)
    await change
    await clock.settle()
    await clock.advance(40, 5)
    assert household.device(KITCHEN)["equalizer"]["bass"] == 5
    assert [line.split("/")[2] for line in household.requests("GET", "/api/*")] == ["equalizer"]


async def look(entry: MockConfigEntry, clock: Clock, serial: str, setting: Setting) -> None:
    """Read a setting again."""
    settings = entry.runtime_data.settings
    settings.async_forget(serial, setting)
    settings.async_hint()
    await clock.settle()


@pytest.mark.platforms("number")
async def test_unreadable_settings_are_kept(
    hass: HomeAssistant,
    watched: MockConfigEntry,
    household: Household,
    sim: ControlClient,
    clock: Clock,
    freezer: FrozenDateTimeFactory,
) -> None:
    """A setting that cannot be read keeps its value and does not affect others.

    It is read again in ten minutes, then rarely.
    """
    settings = watched.runtime_data.settings
    serial, path = household.serial(KITCHEN), "/api/v1/devices/*/settings/brightness"
    brightness = "number.kitchen_show_brightness"
    level = 60
    for fault in ({"status": 404}, {"status": 500}, {"status": 200, "body": {}}, {"malformed": True}):
        sim.fault(path=path, **fault)
        household.change(KITCHEN, settings={"brightness": level + 1})
        await look(watched, clock, serial, Setting.BRIGHTNESS)
        assert settings.last_update_success, fault
        assert state_of(hass, brightness).state == str(level), fault
        sim.clear_faults()
        level += 1
        await clock.advance(RETRY_DELAY + 5, RETRY_DELAY + 5)
        assert state_of(hass, brightness).state == str(level), fault
    sim.fault(path=path, status=404)
    await look(watched, clock, serial, Setting.BRIGHTNESS)
    sim.reset_ledger()
    for _ in range(24):
        freezer.tick(timedelta(minutes=30))
        await settings.async_refresh()
        # other reads must not be in flight at the next jump
        await clock.settle()
    assert len(household.requests("GET", path)) == 1


@pytest.mark.platforms("number", "select")
async def test_a_source_refused_later_is_also_read_again_in_ten_minutes(
    hass: HomeAssistant, watched: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock
) -> None:
    """The retry of the source that was refused first comes too early for the other one."""
    serial, shown = household.serial(KITCHEN), ("number.kitchen_show_brightness", "select.kitchen_show_wake_word")
    sim.fault(path="/api/v1/devices/*/settings/brightness", status=404)
    sim.fault(path="/api/wake-word*", status=404)
    household.change(KITCHEN, settings={"brightness": 61}, wakeWord="ECHO")
    await look(watched, clock, serial, Setting.BRIGHTNESS)
    await clock.advance(60)
    await look(watched, clock, serial, Setting.WAKE_WORD)
    sim.clear_faults()
    await clock.advance(RETRY_DELAY - 55, RETRY_DELAY - 55)
    assert [state_of(hass, entity_id).state for entity_id in shown] == ["61", "Alexa"]
    await clock.advance(65)
    assert [state_of(hass, entity_id).state for entity_id in shown] == ["61", "Echo"]


async def exclude_while(
    hass: HomeAssistant, sim: ControlClient, clock: Clock, entry: MockConfigEntry, serial: str, running: Future[Any]
) -> None:
    """Exclude a device in the options while a request for an equalizer is under way, and wait for what is running."""
    await poll(lambda: any(path.startswith("/api/equalizer/") for path in sim.progress()[1]))
    hass.config_entries.async_update_entry(entry, options={**entry.options, "exclude_devices": [serial]})
    entry.runtime_data.devices.async_options_changed()
    assert not running.done()
    sim.advance(3)
    await clock.until(running.done)
    await clock.settle()


@pytest.mark.platforms("number")
async def test_an_echo_excluded_during_a_read_does_not_affect_the_others(
    hass: HomeAssistant, watched: MockConfigEntry, sim: ControlClient, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    settings = watched.runtime_data.settings
    echos = [serial for serial in watched.runtime_data.devices.data if f"{serial}/bass" in settings.data]
    first, second = echos[:2]
    for serial in (first, second):
        settings.async_forget(serial, Setting.BASS)
    sim.fault(path=f"/api/equalizer/{first}/*", latency=3, times=1)
    read = hass.async_create_background_task(settings.async_refresh(), "read")
    await exclude_while(hass, sim, clock, watched, second, read)
    assert settings.last_update_success
    assert "Unexpected error" not in caplog.text
    assert not [key for key in settings.data if key.startswith(second)]


@pytest.mark.platforms("number")
async def test_a_change_of_an_echo_that_is_excluded_in_the_meantime_succeeds(
    hass: HomeAssistant, watched: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock, act: Act
) -> None:
    """The result of the change cannot be read, which is no error."""
    serial = household.serial(KITCHEN)
    sim.fault(path="/api/equalizer/*", method="POST", latency=3, times=1)
    change = hass.async_create_task(act("number.set_value", "number.kitchen_show_bass", value=3))
    await exclude_while(hass, sim, clock, watched, serial, change)
    await change
    assert household.device(KITCHEN)["equalizer"]["bass"] == 3
    assert watched.runtime_data.settings.last_update_success


@pytest.mark.platforms("number")
async def test_settings_report_an_outage_and_recover(
    hass: HomeAssistant, watched: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock
) -> None:
    settings, bass = watched.runtime_data.settings, "number.kitchen_show_bass"
    sim.fault(path="/api/equalizer/*", cut="before")
    await look(watched, clock, household.serial(KITCHEN), Setting.BASS)
    assert not settings.last_update_success
    assert state_of(hass, bass).state == "0", "the known values are still recent enough"
    sim.clear_faults()
    await clock.advance(100, 20)
    assert settings.last_update_success
    assert state_of(hass, bass).state == "0"


@pytest.mark.platforms("media_player", "switch")
async def test_do_not_disturb_can_be_limited_in_time(
    hass: HomeAssistant, watched: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock, act: Act
) -> None:
    """Covers a duration and an end time, for several devices in one request; Amazon ends it and pushes the change."""
    await clock.settle()
    players = ["media_player.kitchen_show", "media_player.office_spot"]
    switches = ["switch.kitchen_show_do_not_disturb", "switch.office_spot_do_not_disturb"]
    action = "alexa_media.set_do_not_disturb"
    sim.reset_ledger()
    await hass.services.async_call(
        "alexa_media", "set_do_not_disturb", {"entity_id": players, "duration": {"minutes": 30}}, blocking=True
    )
    await clock.settle()
    assert household.requests() == ["POST /api/behaviors/preview"]
    assert [state_of(hass, switch).state for switch in switches] == ["on", "on"]
    await clock.advance(1700, 300)
    assert household.device(KITCHEN)["dnd"]
    await clock.advance(120)
    assert [state_of(hass, switch).state for switch in switches] == ["off", "off"]
    assert not household.device(KITCHEN)["dnd"]

    await act(action, players[0], until="23:30")
    body = sim.ledger(path="/api/behaviors/preview")[-1]["body"]
    assert "TIME#T23:30" in str(body)
    assert "America/Los_Angeles" in str(body)
    await act(action, players[0], enabled=False)
    await clock.settle()
    assert state_of(hass, switches[0]).state == "off"

    sim.reset_ledger()
    for data, key in (
        ({"duration": timedelta(hours=13)}, "dnd_duration_invalid"),
        ({"duration": 0}, "dnd_duration_invalid"),
        ({"duration": 60, "until": "08:00"}, "dnd_two_ends"),
        ({"enabled": False, "duration": 60}, "dnd_off_for_a_time"),
    ):
        with pytest.raises(ServiceValidationError) as invalid:
            await act(action, players[0], **data)
        assert invalid.value.translation_key == key
    assert household.requests() == []
    sim.fault(path="/api/behaviors/preview", status=400, times=1)
    with pytest.raises(HomeAssistantError):
        await act(action, players[0], duration=60)


@pytest.mark.platforms("media_player")
async def test_people_are_shown_and_a_phone_is_unpaired(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, sim: ControlClient, act: Act
) -> None:
    """Covers the people of the household, and unpairing a phone."""

    async def members(entry_id: str) -> Any:
        return await hass.services.async_call(
            "alexa_media", "get_household", {"config_entry_id": entry_id}, blocking=True, return_response=True
        )

    found = await members(entry.entry_id)
    people = {person["name"]: (person["role"], person["email"]) for person in found["members"]}
    assert people["Jo Doe"] == ("ADULT", "jo@example.org")
    assert people["Alex Ray"] == ("ADULT", "alex@example.org")
    for unknown, shown in {"nothing": "nothing", "": '""', " ": '" "'}.items():
        with pytest.raises(ServiceValidationError) as raised:
            await members(unknown)
        assert raised.value.translation_key == "account_id_unknown"
        assert raised.value.translation_placeholders == {"id": shown}
    sim.fault(path="/api/household", status=404)
    with pytest.raises(HomeAssistantError):
        await members(entry.entry_id)

    await act("alexa_media.unpair_bluetooth", "media_player.kitchen_show", source="Jo's Phone")
    assert [d["friendlyName"] for d in household.device(KITCHEN)["bluetooth"]] == ["Garden Speaker"]
    assert sim.ledger(path="/api/bluetooth/unpair-sink/*")[-1]["body"] is not None


async def test_settings_recover_after_an_hour_of_503_at_startup(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    household: Household,
    sim: ControlClient,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The account is set up with few requests in that hour, and the settings are read within 30 s of its end."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)
    for path in PATHS:
        sim.fault(path=path, method="GET", status=503)
    await set_up(hass, config_entry)
    await clock.settle()
    await clock.advance(10, 1)
    sim.reset_ledger()
    await clock.advance(3600, 60)
    tried = asked(household)
    assert tried.total() <= 250, tried
    states = {entity_id: state_of(hass, entity_id).state for entity_id in SHOWN}
    assert "unknown" not in states.values(), states
    assert states["number.kitchen_show_bass"] == "unavailable"
    sim.clear_faults()
    await clock.advance(30, 5)
    assert {entity_id: state_of(hass, entity_id).state for entity_id in SHOWN} == SHOWN


@pytest.mark.platforms("number")
async def test_an_offline_echo_does_not_delay_the_recovery_of_another(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    household: Household,
    sim: ControlClient,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Reading the settings of two Echos fails, and one goes offline; each is read soon after it can be."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)
    kitchen, studio = "number.kitchen_show_bass", "number.living_room_studio_bass"
    for name in (KITCHEN, STUDIO):
        sim.fault(path=f"/api/equalizer/{household.serial(name)}/*", method="GET", status=500)
    await set_up(hass, config_entry)
    await clock.settle()
    await clock.advance(10, 1)
    assert [state_of(hass, bass).state for bass in (kitchen, studio)] == ["unavailable", "unavailable"]

    household.change(KITCHEN, online=False)
    await clock.settle()
    await clock.advance(100, 20)
    sim.clear_faults()
    await clock.advance(180, 20)
    assert [state_of(hass, bass).state for bass in (kitchen, studio)] == ["unavailable", "2"]

    await clock.advance(1200, 60)
    sim.reset_ledger()
    household.change(KITCHEN, online=True)
    await clock.settle()
    await clock.advance(60, 20)
    assert state_of(hass, kitchen).state == "0"
    assert set(asked(household).values()) == {1}, "one request for each failed setting"
