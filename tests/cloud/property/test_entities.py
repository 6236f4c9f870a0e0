"""Tests of a hotel in Home Assistant: its devices, entities and requests."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
import json
from typing import Any, Final, NamedTuple

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, State
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud import http
from custom_components.alexa_media.cloud.errors import AlexaInvalidValueError
from custom_components.alexa_media.cloud.model.appliances import SetSetpoint, SetThermostatMode, TemperatureScale
from custom_components.alexa_media.cloud.property.settings import kept
from tests.conftest import Clock, act, state_of, until
from tests.test_languages import cleared

from .hotel import BED_101, LAMP_101, change, endpoint, requests

BED = "room_101_room_101_bed"
LAMP = "light.room_101_room_101_lamp"
DISTANCE_UNITS = f"select.{BED}_distance_units"
FEATURES = f"/v2/endpoints/{LAMP_101}/features"
SETTINGS = f"/v2/endpoints/{BED_101}/settings"


def writes(sim: ControlClient) -> list[str]:
    """Return the writes since the ledger was last reset; a search is not a write."""
    return [line for line in requests(sim) if not line.startswith("GET") and "endpointQuery" not in line]


async def test_devices_have_separate_ids_and_are_in_their_rooms(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient
) -> None:
    registry, areas = dr.async_get(hass), ar.async_get(hass)
    devices = {d.name: d for d in dr.async_entries_for_config_entry(registry, hotel.entry_id)}
    # plus a device for the hotel itself
    assert len(devices) == 22
    bed = devices["Room 101 bed"]
    area = areas.async_get_area(bed.area_id or "")
    assert area is not None
    assert area.name == "Room 101"
    assert bed.identifiers == {("alexa_media", "asp_G0SIMASP00000004")}
    assert bed.connections == {("mac", "00:00:5e:00:53:04")}
    assert (bed.model, bed.serial_number, bed.manufacturer) == ("Echo Show 5", "G0SIMASP00000004", "Amazon")
    assert devices["Spare Echo"].area_id is None
    lamp = devices["Room 101 lamp"]
    assert (lamp.manufacturer, lamp.model, lamp.sw_version) == ("Example Lights", "Colour Bulb", "1.4.2")
    entities = er.async_entries_for_config_entry(er.async_get(hass), hotel.entry_id)
    assert all(item.unique_id.startswith("asp_") for item in entities)
    unit = state_of(hass, f"sensor.{BED}_room")
    assert unit.state == "Room 101"
    assert unit.attributes["path"] == "Harbour Hotel / Room 101"
    # the area selected by the user is kept, whatever room Amazon returns
    registry.async_update_device(bed.id, area_id=areas.async_create("Suite").id)
    await hass.config_entries.async_reload(hotel.entry_id)
    await hass.async_block_till_done()
    assert registry.async_get(bed.id).area_id == "suite"  # type: ignore[union-attr]


async def test_all_entities_have_states_after_a_restart(
    hass: HomeAssistant, hotel: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    """With the devices of the last run, the settings and the appliances are read after the devices."""
    before = {state.entity_id: state.state for state in hass.states.async_all()}
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=5))
    await hass.async_block_till_done()
    assert any("devices" in key for key in hass_storage), "the devices are stored"
    for _ in range(2):
        await hass.config_entries.async_reload(hotel.entry_id)
        await hass.async_block_till_done()
        assert {state.entity_id: state.state for state in hass.states.async_all()} == before


async def test_all_entities_have_states_soon_after_a_restart_in_an_outage(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient, freezer: FrozenDateTimeFactory
) -> None:
    """The settings are read as soon as the devices can be read."""
    before = {state.entity_id: state.state for state in hass.states.async_all()}
    clock = Clock(hass, sim, freezer)
    await clock.advance(5)
    sim.fault(path="/v2/*", status=503)
    await hass.config_entries.async_reload(hotel.entry_id)
    await hass.async_block_till_done()
    sim.clear_faults()
    await clock.advance(90, 5)
    assert {state.entity_id: state.state for state in hass.states.async_all()} == before


@pytest.mark.platforms("binary_sensor", "number", "select", "switch")
async def test_settings_only_have_entities_if_the_device_supports_them(
    hass: HomeAssistant, hotel: MockConfigEntry
) -> None:
    kinds = {
        f"switch.{BED}_do_not_disturb": "off",
        f"switch.{BED}_follow_up_mode": "off",
        f"switch.{BED}_start_of_request_sound": "off",
        f"switch.{BED}_mute_connectivity_error_sounds": "off",
        f"switch.{BED}_alexa_captions": "off",
        f"select.{BED}_wake_word": "alexa",
        f"select.{BED}_language": "en-US",
        f"select.{BED}_speaking_rate": "1",
        f"select.{BED}_time_format": "hours_12",
        f"select.{BED}_temperature_unit": "fahrenheit",
        f"select.{BED}_distance_units": "imperial",
        f"number.{BED}_maximum_volume": "100",
        f"binary_sensor.{BED}_guest_settings_access": "off",
    }
    assert {entity_id: state_of(hass, entity_id).state for entity_id in kinds} == kinds
    # a device without a screen has no captions
    assert hass.states.get("switch.room_101_room_101_desk_alexa_captions") is None
    # a setting without a value can still be set
    assert state_of(hass, "select.room_101_room_101_desk_speaking_rate").state == "unknown"
    both = state_of(hass, "select.room_102_room_102_bed_language")
    assert both.state == "en-US/es-US"
    assert both.state in both.attributes["options"]
    registry = er.async_get(hass)
    zone = registry.async_get(f"select.{BED}_time_zone")
    assert zone is not None
    assert zone.disabled
    # a setting that may not be read has no entity
    assert registry.async_get("select.room_102_room_102_sofa_time_zone") is None
    # languages of every supported country can be selected
    options = set(state_of(hass, f"select.{BED}_language").attributes["options"])
    assert options >= {
        "de-DE",
        "es-ES",
        "it-IT",
        "ja-JP",
        "es-US",
        "en-GB",
        "fr-CA/en-CA",
        "en-US/es-US",
        "de-DE/en-US",
    }


UNKNOWN_VALUES: Final[tuple[tuple[str, str, Any, str, str], ...]] = (
    ("language", "System.locales", ["nl-NL"], "nl-NL", "de-DE"),
    ("language", "System.locales", ["zh-Hant-TW", "en-US"], "zh-Hant-TW/en-US", "en-GB"),
    ("wake_word", "SpeechRecognizer.wakeWords", ["ZIGGY"], "ZIGGY", "echo"),
    ("time_format", "Alexa.DataFormat.Time.timeFormat", "DECIMAL", "DECIMAL", "hours_24"),
    ("temperature_unit", "System.temperatureUnit", "KELVIN", "KELVIN", "celsius"),
    ("speaking_rate", "SpeechSynthesizer.speakingRate", 0.9, "0.9", "1.25"),
)
"""Selects, their settings, an unknown value as Amazon returns it and as it is shown, and a known option."""


@pytest.mark.platforms("select")
async def test_an_unknown_value_is_shown_and_can_be_selected_again(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    async def show(entity_id: str, key: str, value: Any) -> None:
        """Let Amazon return a value of the setting."""
        answer = {"settings": [{"key": key, "value": value}], "errors": []}
        sim.fault(path=SETTINGS, method="GET", status=200, body=answer)
        sim.fault(path=f"{SETTINGS}/{key}", method="GET", status=200, body=json.dumps(value))
        await hass.services.async_call("homeassistant", "update_entity", {"entity_id": entity_id}, blocking=True)
        sim.clear_faults()

    assert await async_setup_component(hass, "homeassistant", {})
    for name, key, raw, shown, known in UNKNOWN_VALUES:
        entity_id = f"select.{BED}_{name}"
        sim.clear_faults()
        with subtests.test(f"{name}-{shown}"):
            await show(entity_id, key, raw)
            state = state_of(hass, entity_id)
            assert state.state == shown
            assert shown in state.attributes["options"]
            assert known in state.attributes["options"]
            await act(hass, "select.select_option", entity_id, option=known)
            state = state_of(hass, entity_id)
            assert state.state == known
            assert shown in state.attributes["options"], "the previous value can be selected again"
            sim.reset_ledger()
            sim.fault(path=f"{SETTINGS}/{key}", method="PUT", status=204)
            await act(hass, "select.select_option", entity_id, option=shown)
            (sent,) = [entry for entry in sim.ledger() if entry["method"] == "PUT"]
            assert json.loads(sent["body"]) == raw


class SettingChange(NamedTuple):
    """An action that changes a setting, and what the cloud and the entity hold afterward."""

    action: str
    entity_id: str
    data: dict[str, Any]
    key: str
    value: Any
    state: str


SETTING_CHANGES = (
    SettingChange(
        "switch.turn_on", f"switch.{BED}_follow_up_mode", {}, "SpeechRecognizer.FollowUp.mode", value=True, state="on"
    ),
    SettingChange(
        "switch.turn_on",
        f"switch.{BED}_start_of_request_sound",
        {},
        "SpeechRecognizer.wakeWordConfirmation",
        value="TONE",
        state="on",
    ),
    SettingChange(
        "switch.turn_on",
        f"switch.{BED}_mute_connectivity_error_sounds",
        {},
        "Alexa.ManagedDevice.Settings.errorSuppression",
        value=["CONNECTIVITY"],
        state="on",
    ),
    SettingChange(
        "switch.turn_on",
        f"switch.{BED}_magnifier",
        {},
        "Accessibility.Display.Magnifier.enablement",
        value="ENABLED",
        state="on",
    ),
    SettingChange(
        "select.select_option",
        f"select.{BED}_wake_word",
        {"option": "echo"},
        "SpeechRecognizer.wakeWords",
        value=["ECHO"],
        state="echo",
    ),
    SettingChange(
        "select.select_option",
        f"select.{BED}_language",
        {"option": "en-US/fr-FR"},
        "System.locales",
        value=["en-US", "fr-FR"],
        state="en-US/fr-FR",
    ),
    SettingChange(
        "select.select_option",
        f"select.{BED}_speaking_rate",
        {"option": "1.25"},
        "SpeechSynthesizer.speakingRate",
        value=1.25,
        state="1.25",
    ),
    SettingChange(
        "select.select_option",
        f"select.{BED}_time_format",
        {"option": "hours_24"},
        "Alexa.DataFormat.Time.timeFormat",
        value="24_HOURS",
        state="hours_24",
    ),
    SettingChange(
        "number.set_value",
        f"number.{BED}_maximum_volume",
        {"value": 60},
        "Alexa.ManagedDevice.Settings.maximumVolumeLimit",
        value=60,
        state="60",
    ),
)


@pytest.mark.platforms("number", "select", "switch")
async def test_settings_are_written_and_read_back(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a setting is changed again meanwhile, the first value is not shown again."""
    for action, entity_id, data, key, value, state in SETTING_CHANGES:
        sim.reset_ledger()
        await act(hass, action, entity_id, **data)
        assert requests(sim) == [f"PUT {SETTINGS}/{key}", f"GET {SETTINGS}/{key}"]
        assert endpoint(sim, BED_101)["settings"][key] == value
        assert state_of(hass, entity_id).state == state
    sim.reset_ledger()
    await act(hass, "switch.turn_on", f"switch.{BED}_do_not_disturb")
    await until(hass, lambda: state_of(hass, f"switch.{BED}_do_not_disturb").state == "on")
    key = "Alexa.DoNotDisturb.doNotDisturb"
    assert requests(sim) == [f"PUT {SETTINGS}/{key}", f"GET {SETTINGS}/{key}"]
    api, was_read, may_return = hotel.runtime_data.device_settings.api, asyncio.Event(), asyncio.Event()
    read = api._client.get_setting

    async def read_slowly(*args: Any) -> Any:
        """Read a setting; the response with the first value arrives late."""
        if kept(found := await read(*args)) == "METRIC":
            was_read.set()
            await may_return.wait()
        return found

    monkeypatch.setattr(api._client, "get_setting", read_slowly)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(act(hass, "select.select_option", DISTANCE_UNITS, option="metric"))
        await was_read.wait()
        await act(hass, "select.select_option", DISTANCE_UNITS, option="imperial")
        may_return.set()
    assert state_of(hass, DISTANCE_UNITS).state == "imperial"
    assert api._settings["G0SIMASP00000004"].values["System.distanceUnits"] == "IMPERIAL"


async def change_to_metric(hass: HomeAssistant, sim: ControlClient) -> None:
    """Change the distance units in the cloud, and read them."""
    assert await async_setup_component(hass, "homeassistant", {})
    change(sim, BED_101, settings={"System.distanceUnits": "METRIC"})
    sim.reset_ledger()
    await act(hass, "homeassistant.update_entity", DISTANCE_UNITS)
    assert state_of(hass, DISTANCE_UNITS).state == "metric"


@pytest.mark.platforms("select")
async def test_a_setting_changed_at_the_device_is_read(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    with subtests.test("``update_entity`` reads all settings in one request"):
        await change_to_metric(hass, sim)
        assert requests(sim) == [f"GET {SETTINGS}"]
    sim.clear_faults()
    with subtests.test("a setting that is applied late is read once more"):
        await change_to_metric(hass, sim)
        sim.fault(path=f"{SETTINGS}/System.distanceUnits", method="GET", status=500, times=1)
        await act(hass, "select.select_option", DISTANCE_UNITS, option="imperial")
        assert state_of(hass, DISTANCE_UNITS).state == "metric"
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
        await until(hass, lambda: state_of(hass, DISTANCE_UNITS).state == "imperial")


@pytest.mark.platforms("light")
async def test_a_color_is_set_with_one_request(hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient) -> None:
    """The lamp is on, and a color includes its brightness, so one request suffices."""
    assert state_of(hass, LAMP).attributes["brightness"] == 153
    await act(hass, "light.turn_on", LAMP, hs_color=(240, 50))
    assert writes(sim) == [f"POST {FEATURES}/color/setColor"]
    color = endpoint(sim, LAMP_101)["features"]["color"]["color"]
    assert (color["hue"], color["brightness"]) == (240, 0.6)
    await until(hass, lambda: round(state_of(hass, LAMP).attributes["hs_color"][0]) == 240)
    # one more request reads the result
    assert requests(sim)[1:] == [f"GET /v2/endpoints/{LAMP_101}"]


class Command(NamedTuple):
    """An action, the request that it causes, and a check of the state that the entity then has."""

    action: str
    entity_id: str
    data: dict[str, Any]
    path: str
    is_shown: Callable[[State], bool]


COMMANDS = (
    Command("light.turn_off", LAMP, {}, f"{FEATURES}/power/turnOff", lambda state: state.state == "off"),
    Command(
        "light.turn_on",
        LAMP,
        {"color_temp_kelvin": 4000},
        f"{FEATURES}/colorTemperature/setColorTemperature",
        lambda state: state.state == "on",
    ),
    Command(
        "switch.turn_off",
        "switch.lobby_lobby_sign",
        {},
        "/v2/endpoints/amzn1.alexa.endpoint.SIMLOBBYSIGN/features/power/turnOff",
        lambda state: state.state == "off",
    ),
    Command(
        "climate.set_temperature",
        "climate.room_101_room_101_thermostat",
        {"temperature": 19},
        "/v2/endpoints/amzn1.alexa.endpoint.SIM101HVAC/features/thermostat/setTargetSetpoint",
        lambda state: state.attributes["temperature"] == 19,
    ),
    Command(
        "climate.set_hvac_mode",
        "climate.room_101_room_101_thermostat",
        {"hvac_mode": "cool"},
        "/v2/endpoints/amzn1.alexa.endpoint.SIM101HVAC/features/thermostat/setThermostatMode",
        lambda state: state.state == "cool",
    ),
    Command(
        "number.set_value",
        f"number.{BED}_volume",
        {"value": 35},
        f"/v2/endpoints/{BED_101}/features/speaker/setVolume",
        lambda state: state.state == "35.0",
    ),
)


async def run(hass: HomeAssistant, sim: ControlClient, clock: Clock, command: Command) -> None:
    """Run a command, and check its request and the state that follows."""
    sim.reset_ledger()
    await act(hass, command.action, command.entity_id, **command.data)
    assert f"POST {command.path}" in writes(sim)
    await clock.until(lambda: command.is_shown(state_of(hass, command.entity_id)))


async def test_lights_plugs_thermostats_and_speakers_run_commands(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient, clock: Clock, subtests: pytest.Subtests
) -> None:
    for command in COMMANDS:
        with subtests.test(f"{command.action}-{command.entity_id}"):
            await run(hass, sim, clock, command)
    with subtests.test("a target temperature in Fahrenheit"):
        command = Command(
            "climate.set_temperature",
            "climate.room_102_room_102_thermostat",
            {"target_temp_low": 18, "target_temp_high": 24},
            "/v2/endpoints/amzn1.alexa.endpoint.SIM102HVAC/features/thermostat/setTargetSetpoint",
            lambda state: round(state.attributes["target_temp_high"]) == 24,
        )
        await run(hass, sim, clock, command)
        sent = sim.ledger(path=command.path)
        assert sent
        assert all("FAHRENHEIT" in entry["body"] for entry in sent)


@pytest.mark.platforms("climate")
async def test_nothing_is_sent_if_one_of_several_controls_is_invalid(
    hotel: MockConfigEntry, sim: ControlClient
) -> None:
    """A thermostat keeps its mode if the temperatures that were given with a new mode are refused."""
    appliances = hotel.runtime_data.appliances.data
    thermostat = next(one for one in appliances.values() if one.name == "Room 102 thermostat")
    setpoint = SetSetpoint(scale=TemperatureScale.CELSIUS, target=20, lower=18, upper=24)
    controls = [(thermostat, [SetThermostatMode(mode="COOL"), setpoint])]
    (error,) = await hotel.runtime_data.backend.smart_home.async_control(controls)
    assert isinstance(error, AlexaInvalidValueError)
    assert writes(sim) == []


@pytest.mark.platforms("notify")
async def test_announcements_are_spoken_in_the_language_of_the_device(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient
) -> None:
    await act(hass, "notify.send_message", "notify.room_102_room_102_bed_announce", message="Breakfast is served.")
    (said,) = sim.spoken()
    assert (said["device"], said["text"]) == ("Room 102 bed", "Breakfast is served.")
    assert "es-US" in sim.ledger(path="/v3/notifications")[0]["body"]
    assert not [state for state in hass.states.async_entity_ids("notify") if state.endswith("_speak")]
    await act(hass, "notify.send_message", "notify.example_hotels_announce_in_lobby", message="Good night.")
    assert sorted(item["device"] for item in sim.spoken()[1:]) == ["Bar", "Lift", "Reception"]
    assert len(sim.ledger(path="/v3/notifications")) == 2
    with pytest.raises(HomeAssistantError, match="contains no text"):
        await act(hass, "notify.send_message", "notify.example_hotels_announce_in_lobby", message=" ")


@pytest.mark.platforms("binary_sensor", "light", "number", "select")
async def test_an_offline_device_is_unavailable_and_keeps_its_settings(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient
) -> None:
    desk = "room_102_room_102_desk"
    assert await async_setup_component(hass, "homeassistant", {})
    assert state_of(hass, f"binary_sensor.{desk}_connectivity").state == "off"
    assert state_of(hass, f"number.{desk}_volume").state == "unavailable"
    assert state_of(hass, f"select.{desk}_wake_word").state == "alexa"
    change(sim, LAMP_101, online=False)
    sim.reset_ledger()
    with pytest.raises(HomeAssistantError, match="doesn't respond"):
        await act(hass, "light.turn_off", LAMP)
    # the command is neither repeated nor considered successful
    assert writes(sim) == [f"POST {FEATURES}/power/turnOff"]
    assert state_of(hass, LAMP).state == "unavailable"
    connectivity = "binary_sensor.room_101_room_101_lamp_connectivity"
    await act(hass, "homeassistant.update_entity", connectivity)
    assert state_of(hass, connectivity).state == "off"
    change(sim, LAMP_101, online=True)
    await act(hass, "homeassistant.update_entity", connectivity)
    assert (state_of(hass, connectivity).state, state_of(hass, LAMP).state) == ("on", "on")


@pytest.mark.platforms("binary_sensor", "climate", "light")
async def test_only_unreachable_makes_a_device_unavailable(
    hass: HomeAssistant, hotel: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, subtests: pytest.Subtests
) -> None:
    """Amazon may have more words for the reachability than the known ones; Echos and lamps treat them alike."""
    read, word = http._body, b""

    async def replaced(*args: Any) -> bytes:
        return (await read(*args)).replace(b'"OK"', b'"%s"' % word)

    monkeypatch.setattr(http, "_body", replaced)
    for word, shown in ((b"SLEEPING", "on"), (b"UNREACHABLE", "unavailable")):
        with subtests.test(word.decode()):
            await hass.config_entries.async_reload(hotel.entry_id)
            await hass.async_block_till_done()
            is_shown = shown != "unavailable"
            assert state_of(hass, LAMP).state == shown
            assert (state_of(hass, "climate.room_101_room_101_thermostat").state != "unavailable") is is_shown
            assert state_of(hass, f"binary_sensor.{BED}_connectivity").state == ("on" if is_shown else "off")


REFUSALS = (
    (400, "INVALID_REQUEST", "rejected the command"),
    (400, "ENDPOINT_UNREACHABLE", "doesn't respond"),
    (400, "DEVICE_NOT_SUPPORTED", "doesn't allow or support"),
    (403, "FORBIDDEN", "doesn't allow"),
    (404, "NOT_FOUND", "doesn't allow or support"),
    (405, "METHOD_NOT_ALLOWED", "doesn't allow or support"),
    (503, "ENDPOINT_UNREACHABLE", "doesn't respond"),
)


@pytest.mark.platforms("light", "notify", "number", "switch")
async def test_refusals_reach_the_caller_and_change_nothing(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient
) -> None:
    calls: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("light.turn_off", LAMP, {}),
        ("number.set_value", f"number.{BED}_volume", {"value": 10}),
        ("switch.turn_on", f"switch.{BED}_follow_up_mode", {}),
        ("switch.turn_on", f"switch.{BED}_do_not_disturb", {}),
        ("notify.send_message", f"notify.{BED}_announce", {"message": "Hello"}),
    )
    runtime = hotel.runtime_data
    for status, code, text in REFUSALS:
        for action, entity_id, data in calls:
            sim.reset_ledger()
            body = {"type": code, "message": "not for users"}
            rules = [sim.fault(path="/v*", method=m, status=status, body=body) for m in ("POST", "PUT")]
            with pytest.raises(HomeAssistantError, match=text):
                await act(hass, action, entity_id, **data)
            assert len(writes(sim)) == 1, (status, code, action)
            for rule in rules:
                sim.remove_fault(rule or "")
        # a device that did not respond is read again before the next command
        await runtime.smart_home.async_refresh()
    assert all(coordinator.last_update_success for coordinator in runtime.coordinators)
    assert state_of(hass, LAMP).state == "on"


@pytest.mark.platforms("light", "number", "switch")
async def test_a_write_with_an_unknown_outcome_is_read_back_and_not_repeated(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient
) -> None:
    for action, entity_id, data, state in (
        ("light.turn_off", LAMP, {}, "off"),
        ("number.set_value", f"number.{BED}_volume", {"value": 12}, "12.0"),
        ("switch.turn_on", f"switch.{BED}_do_not_disturb", {}, "on"),
        ("switch.turn_on", f"switch.{BED}_follow_up_mode", {}, "on"),
    ):
        sim.reset_ledger()
        rules = [sim.fault(path="/v2/*", method=m, cut="before", after=True) for m in ("POST", "PUT")]
        with pytest.raises(HomeAssistantError, match="gave no usable response"):
            await act(hass, action, entity_id, **data)
        for rule in rules:
            sim.remove_fault(rule or "")
        assert len(writes(sim)) == 1, entity_id
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
        await until(hass, lambda e=entity_id, s=state: state_of(hass, e).state == s)  # type: ignore[misc]


async def test_entity_ids_are_the_same_in_every_language(hass: HomeAssistant, hotel: MockConfigEntry) -> None:
    english = await cleared(hass, hotel)
    hass.config.language = "de"
    await hass.config_entries.async_setup(hotel.entry_id)
    await hass.async_block_till_done()
    assert await cleared(hass, hotel) == english
