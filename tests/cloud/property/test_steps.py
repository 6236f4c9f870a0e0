"""Tests of relative changes: the adjust action, and a media player whose volume can only be stepped."""

import json
from typing import Any

from homeassistant.components.media_player.const import MediaPlayerEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Clock, state_of

from .hotel import BED_101, LAMP_101, add_credentials, change, endpoint, hotel_entry, load, requests

pytestmark = pytest.mark.platforms("light", "climate", "number", "media_player")

HVAC_101 = "amzn1.alexa.endpoint.SIM101HVAC"
LOBBY_BAR = "amzn1.alexa.endpoint.SIMLOBBYBAR"
LAMP = "light.room_101_room_101_lamp"
SPEAKER = "media_player.room_101_room_101_bed"


async def adjust(hass: HomeAssistant, entry: MockConfigEntry, name: str, **data: Any) -> None:
    """Call the adjust action for the device with a name."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    device_id = next(device.id for device in devices if device.name == name)
    await hass.services.async_call(DOMAIN, "adjust_endpoint", {"device_id": device_id, **data}, blocking=True)


type Change = tuple[str, dict[str, Any], str, dict[str, Any] | None, str, tuple[str | None, Any]]

CHANGES: tuple[Change, ...] = (
    (
        "Room 101 lamp",
        {"brightness": 20},
        f"{LAMP_101}/features/brightness/adjustBrightness",
        {"brightnessDelta": 20},
        LAMP,
        ("brightness", 204),
    ),
    (
        "Room 101 lamp",
        {"color_temperature": "cooler"},
        f"{LAMP_101}/features/colorTemperature/increaseColorTemperature",
        None,
        LAMP,
        ("color_temp_kelvin", 3200),
    ),
    (
        "Room 101 lamp",
        {"color_temperature": "warmer"},
        f"{LAMP_101}/features/colorTemperature/decreaseColorTemperature",
        None,
        LAMP,
        ("color_temp_kelvin", 2200),
    ),
    (
        "Room 101 thermostat",
        {"temperature": -1.5},
        f"{HVAC_101}/features/thermostat/adjustTargetSetpoint",
        {"targetSetpointDelta": {"value": -1.5, "scale": "CELSIUS"}},
        "climate.room_101_room_101_thermostat",
        ("temperature", 20.5),
    ),
    (
        "Room 101 bed",
        {"volume": -10},
        f"{BED_101}/features/speaker/adjustVolume",
        {"volumeDelta": -10},
        "number.room_101_room_101_bed_volume",
        (None, "15.0"),
    ),
)
"""Devices, changes, the path and the payload of the request, and the entity with the attribute or state it shows."""


async def test_a_change_by_an_amount_is_one_request_and_its_result_is_shown(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient, clock: Clock, subtests: pytest.Subtests
) -> None:
    before = endpoint(sim, LAMP_101)["features"]
    for name, data, path, payload, entity_id, (attribute, value) in CHANGES:
        # white, so that the light has a color temperature
        white = {"color": {"color": {"saturation": 0.0}}} if "color_temperature" in data else {}
        change(sim, LAMP_101, features=before)
        change(sim, LAMP_101, features=white)
        sim.reset_ledger()
        with subtests.test(f"{name}-{data}"):
            await adjust(hass, hotel, name, **data)
            (sent,) = [entry for entry in sim.ledger(host="api.amazonalexa.com") if "/features/" in entry["path"]]
            assert sent["path"] == f"/v2/endpoints/{path}"
            assert (json.loads(sent["body"])["payload"] if sent["body"] else None) == payload

            def is_shown(entity_id: str = entity_id, attribute: str | None = attribute, value: Any = value) -> bool:
                state = state_of(hass, entity_id)
                return bool((state.state if attribute is None else state.attributes.get(attribute)) == value)

            await clock.until(is_shown)


async def test_degrees_use_the_unit_of_home_assistant(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient
) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    await adjust(hass, hotel, "Room 101 thermostat", temperature=9)
    assert endpoint(sim, HVAC_101)["features"]["thermostat"]["targetSetpoint"] == {"value": 27.0, "scale": "CELSIUS"}


UNSUPPORTED_CHANGES: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("Room 101 lamp", {}, "nothing to change"),
    ("Room 101 lamp", {"volume": 10}, "changes to volume aren.t available for Room 101 lamp"),
    ("Room 102 lamp", {"color_temperature": "warmer"}, "changes to color_temperature"),
    ("Room 102 thermostat", {"temperature": 1}, "changes to temperature"),
    ("Room 101 bed", {"brightness": 1}, "changes to brightness"),
)


async def test_unsupported_changes_are_refused_before_a_request(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    for name, data, message in UNSUPPORTED_CHANGES:
        sim.reset_ledger()
        with subtests.test(f"{name}-{data}"):
            with pytest.raises(ServiceValidationError, match=message):
                await adjust(hass, hotel, name, **data)
            assert requests(sim) == []


async def test_a_refused_change_reaches_the_caller(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    for status, code, message in (
        (404, "NOT_FOUND", "doesn't allow or support"),
        (503, "ENDPOINT_UNREACHABLE", "doesn't respond"),
    ):
        sim.clear_faults()
        sim.fault(path="*/adjustBrightness", status=status, body={"type": code, "message": ""})
        with subtests.test(f"{status}-{code}"), pytest.raises(HomeAssistantError, match=message):
            await adjust(hass, hotel, "Room 101 lamp", brightness=10)
        sim.clear_faults()
        # a device that did not respond is read again before the next command
        await hotel.runtime_data.smart_home.async_refresh()


async def test_an_echo_without_controls_is_not_adjusted(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient
) -> None:
    """It is in the property, so the error does not say that it isn't."""
    hotel.runtime_data.appliances.data = {}
    with pytest.raises(ServiceValidationError) as raised:
        await adjust(hass, hotel, "Room 101 bed", volume=10)
    assert raised.value.translation_key == "not_adjustable"
    assert raised.value.translation_placeholders == {"name": "Room 101 bed", "field": "volume"}
    assert requests(sim) == []


@pytest.fixture
async def stepped(hass: HomeAssistant, sim: ControlClient) -> MockConfigEntry:
    """Return the hotel with an Echo whose volume can neither be read nor set, and one whose volume can only be read."""
    sim.household("property")
    change(sim, BED_101, unsupportedOperations=["setVolume"], notRetrievable=["speaker"])
    change(sim, LOBBY_BAR, unsupportedOperations=["setVolume", "adjustVolume"])
    await add_credentials(hass)
    entry = await load(hass, hotel_entry())
    sim.reset_ledger()
    return entry


async def test_a_speaker_that_can_only_be_stepped_is_a_media_player_without_a_level(
    hass: HomeAssistant, stepped: MockConfigEntry, sim: ControlClient
) -> None:
    state = state_of(hass, SPEAKER)
    assert state.state == "on"
    assert state.attributes["supported_features"] == MediaPlayerEntityFeature.VOLUME_STEP
    assert "volume_level" not in state.attributes
    assert hass.states.get("number.room_101_room_101_bed_volume") is None
    assert hass.states.async_entity_ids("media_player") == [SPEAKER]
    assert hass.states.get("number.lobby_bar_volume") is None, "its volume can't be changed"
    assert hass.states.get("number.lobby_reception_volume"), "the volume of all other devices can be set"
    for action, volume in (("volume_up", 35), ("volume_up", 45), ("volume_down", 35)):
        await hass.services.async_call("media_player", action, {"entity_id": SPEAKER}, blocking=True)
        assert endpoint(sim, BED_101)["features"]["speaker"]["volume"] == volume
    sent = [json.loads(each["body"])["payload"] for each in sim.ledger(path="*/speaker/*")]
    assert sent == [{"volumeDelta": 10}, {"volumeDelta": 10}, {"volumeDelta": -10}]


async def test_an_offline_stepped_speaker_is_unavailable(
    hass: HomeAssistant, stepped: MockConfigEntry, sim: ControlClient
) -> None:
    change(sim, BED_101, online=False)
    with pytest.raises(HomeAssistantError, match="doesn't respond"):
        await hass.services.async_call("media_player", "volume_up", {"entity_id": SPEAKER}, blocking=True)
    assert state_of(hass, SPEAKER).state == "unavailable"


async def test_actions_for_players_of_an_account_refuse_a_stepped_speaker(
    hass: HomeAssistant, stepped: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    calls: dict[str, dict[str, Any]] = {
        "restore_volume": {},
        "send_text_command": {"text_command": "what time is it"},
        "get_history_records": {},
    }
    for action, data in calls.items():
        sim.reset_ledger()
        with subtests.test(action):
            with pytest.raises(ServiceValidationError, match="isn't the media player of an Echo"):
                await hass.services.async_call(DOMAIN, action, {"entity_id": SPEAKER, **data}, blocking=True)
            assert requests(sim) == []


SPEECH_AND_ALARMS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("speak", {"entity_id": SPEAKER, "message": "Hello"}, r"\(can't speak\)"),
    ("run_sequence", {"entity_id": SPEAKER, "steps": [{"stop": True}]}, "in a loaded account of the Alexa app"),
    ("create_alarm", {"entity_id": SPEAKER, "time": "07:00:00"}, "in a loaded account of the Alexa app"),
    ("create_alarm", {"time": "07:00:00"}, "No loaded Amazon account supports this"),
    ("create_reminder", {"time": "07:00:00", "message": "Tea", "all_devices": True}, "No loaded Amazon account"),
)
"""Actions, their data, and their error messages."""


async def test_errors_of_speech_and_alarms_hold_for_a_property(
    hass: HomeAssistant, stepped: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    """The speaker is that of an Echo, so no error says that it isn't."""
    for action, data, message in SPEECH_AND_ALARMS:
        sim.reset_ledger()
        with subtests.test(f"{action}-{message}"):
            with pytest.raises(HomeAssistantError, match=message):
                await hass.services.async_call(DOMAIN, action, data, blocking=True)
            assert requests(sim) == []
