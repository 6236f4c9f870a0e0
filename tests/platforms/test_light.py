"""Tests of lights with the simulated cloud."""

from functools import partial
import json
from typing import Any

from homeassistant.components.light.const import ColorMode
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud import http
from custom_components.alexa_media.const import CONF_APPLIANCES
from custom_components.alexa_media.coordinator import base
from tests.conftest import Household, act, quiet, set_up, state_of, until

from .appliances import GRAPHQL, PHOENIX, House, shows, written

pytestmark = pytest.mark.platforms("light", "select", "switch")

HALL = "light.hall_hall_light"
DESK = "light.office_desk_lamp"
FLOOR = "light.floor_lamp"
GLOW = "light.bedroom_night_glow"


@pytest.mark.contract("lights")
async def test_states_are_those_of_the_cloud(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
    area_registry: ar.AreaRegistry,
) -> None:
    """Color modes are derived from features, and unique ids are Alexa's.

    Each light is a device that is connected via its Echo, in its room.
    """
    house = House(sim)
    modes = {HALL: ["color_temp", "hs"], DESK: ["color_temp"], FLOOR: ["onoff"], GLOW: ["hs"]}
    assert {entity_id: state_of(hass, entity_id).attributes["supported_color_modes"] for entity_id in modes} == modes
    hall, desk = state_of(hass, HALL), state_of(hass, DESK)
    assert (hall.state, hall.attributes["brightness"], hall.attributes["color_mode"]) == ("on", 204, "color_temp")
    assert (hall.attributes["color_temp_kelvin"], hall.attributes["min_color_temp_kelvin"]) == (2700, 2200)
    assert (desk.state, desk.attributes["color_mode"]) == ("off", None)
    assert state_of(hass, FLOOR).state == "on"
    assert state_of(hass, GLOW).attributes["effect_list"] == ["Color", "Rainbow", "Campfire"]
    assert hass.states.get("switch.floor_lamp") is None, "the user configured this plug as a light"

    registered = entity_registry.async_get(HALL)
    assert registered is not None
    assert registered.unique_id == house.entity_id("Hall Light")
    assert registered.device_id is not None
    device = device_registry.async_get(registered.device_id)
    assert isinstance(device, dr.DeviceEntry)
    assert (device.name, device.manufacturer, device.model) == ("Hall Light", "Example Lighting", "EX-COLOR")
    assert device.sw_version == "1.4.2"
    area = area_registry.async_get_area(device.area_id or "")
    assert area is not None
    assert area.name == "Hall"
    assert device.via_device_id is not None
    echo = device_registry.async_get(device.via_device_id)
    assert isinstance(echo, dr.DeviceEntry)
    assert echo.serial_number == household.serial("Kitchen Show")
    assert echo.name == "Kitchen Show"


@pytest.mark.contract("entities, never what Home Assistant shows to Alexa")
async def test_appliances_of_home_assistant_have_no_entities(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    """Appliances of Home Assistant's skill, of a Matter bridge, and unselected ones have no entities."""
    for name in ("shelf_light", "bridged_lamp", "porch_light"):
        assert entity_registry.async_get(f"light.{name}") is None


@pytest.mark.contract("lights")
async def test_several_settings_are_one_request(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A light that is off is turned on with all settings; the state comes from the pushes, and nothing is read."""
    house = House(sim)
    monkeypatch.setattr(base, "CONFIRM_DELAY", 0.5)
    sim.reset_ledger()
    await act(hass, "turn_on", DESK, brightness=128, color_temp_kelvin=3000)
    assert house.commands() == [
        [
            ("Desk Lamp", "power.turnOn", "{}"),
            ("Desk Lamp", "brightness.setBrightness", '{"brightness": 50}'),
            ("Desk Lamp", "colorTemperature.setColorTemperature", '{"colorTemperatureInKelvin": 3000}'),
        ]
    ]
    # three features are three pushes
    await until(hass, lambda: shows(hass, DESK, brightness=128, color_temp_kelvin=3000))
    assert state_of(hass, DESK).state == "on"

    await act(hass, "turn_on", HALL, hs_color=(200, 60), brightness_pct=20)
    assert [operation for _, operation, _ in house.commands()[-1]] == ["brightness.setBrightness", "color.setColor"]
    await until(hass, lambda: state_of(hass, HALL).attributes["color_mode"] == ColorMode.HS)
    hall = state_of(hass, HALL).attributes
    assert (hall["hs_color"], hall["brightness"]) == ((200, 60), 51)
    assert house.feature("Hall Light", "color")["color"] == {"hue": 200, "saturation": 0.6, "brightness": 1}

    await act(hass, "turn_off", [HALL, DESK])
    assert len(house.commands()) == 3
    await until(hass, lambda: {state_of(hass, light).state for light in (HALL, DESK)} == {"off"})
    await quiet(hass, sim, calm=1.5)
    assert house.reads() == 0, "all states were pushed"


async def test_a_light_turned_off_a_moment_ago_is_turned_on_again(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """The next command is based on the last one, although Amazon has not confirmed it yet."""
    house = House(sim)
    await act(hass, "turn_on", HALL, hs_color=(200, 60), brightness_pct=20)
    await until(hass, lambda: shows(hass, HALL, hs_color=(200, 60)))
    sim.fault(silent_stream=600)
    await act(hass, "turn_off", HALL)
    assert state_of(hass, HALL).state == "on", "the unconfirmed state is shown"
    sim.reset_ledger()
    await act(hass, "turn_on", HALL, brightness_pct=50)
    assert [operation for _, operation, _ in house.commands()[0]] == ["power.turnOn", "brightness.setBrightness"]
    await act(hass, "turn_on", HALL, brightness_pct=60)
    assert [operation for _, operation, _ in house.commands()[-1]] == ["brightness.setBrightness"]


@pytest.mark.contract("colours and whites snap to names")
async def test_colors_and_whites_convert_back(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    """The state shows the values that were set, for colors, whites and brightness; names are not needed."""
    for hue in (0, 47, 123.4, 240, 359):
        for saturation in (1, 50, 100):
            await act(hass, "turn_on", HALL, hs_color=(hue, saturation))
            await until(hass, lambda: state_of(hass, HALL).attributes["color_mode"] == "hs")
            wanted = pytest.approx((hue, saturation), abs=0.01)
            await until(hass, partial(shows, hass, HALL, hs_color=wanted))
    for kelvin in (2200, 2999, 4000, 6500):
        await act(hass, "turn_on", HALL, color_temp_kelvin=kelvin)
        await until(hass, partial(shows, hass, HALL, color_temp_kelvin=kelvin))
    for brightness in (1, 3, 128, 255):
        await act(hass, "turn_on", HALL, brightness=brightness)
        shown = pytest.approx(brightness, abs=2)
        await until(hass, partial(shows, hass, HALL, brightness=shown))
    # a lamp that cannot show the requested temperature uses its nearest one
    await act(hass, "turn_on", HALL, color_temp_kelvin=9000)
    await until(hass, lambda: state_of(hass, HALL).attributes["color_temp_kelvin"] == 6500)


async def test_the_newer_of_color_and_white_is_shown(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """A color without saturation is white."""
    house = House(sim)

    async def mode(wanted: str) -> None:
        await until(hass, lambda: state_of(hass, HALL).attributes["color_mode"] == wanted)

    await mode("color_temp")
    house.set("Hall Light", "color", color={"hue": 10.0, "saturation": 0.9, "brightness": 1.0})
    await mode("hs")
    house.set("Hall Light", "color", color={"hue": 10.0, "saturation": 0.0, "brightness": 1.0})
    await mode("color_temp")
    house.set("Hall Light", "color", color={"hue": 10.0, "saturation": 0.5, "brightness": 1.0})
    await mode("hs")
    house.set("Hall Light", "colorTemperature", colorTemperatureInKelvin=5000)
    await mode("color_temp")
    assert state_of(hass, HALL).attributes["color_temp_kelvin"] == 5000


async def test_a_push_only_writes_its_own_entity(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """No other entity is written, and no request is sent."""
    house = House(sim)
    sim.reset_ledger()
    with written(hass) as entities:
        house.set("Hall Light", "power", powerState="OFF")
        await until(hass, partial(hass.states.is_state, HALL, "off"))
        assert entities == {HALL}
    assert house.reads() == 0


async def test_an_effect_of_amazons_lamp_is_set(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    house = House(sim)
    sim.reset_ledger()
    await act(hass, "turn_on", GLOW, effect="Campfire")
    await until(hass, lambda: state_of(hass, GLOW).attributes.get("effect") == "Campfire")
    assert house.feature("Night Glow", "mode.1")["mode"] == "Campfire"
    ((_, setting),) = house.commands()
    assert setting == ("Night Glow", "mode.1.setMode", json.dumps({"mode": "Campfire"}))
    assert hass.states.get("select.bedroom_night_glow_mode") is None, "the modes of this lamp are effects"
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "turn_on", GLOW, effect="Disco")
    assert raised.value.translation_key == "unknown_effect"
    assert len(house.commands()) == 1


@pytest.mark.contract("a command to a light is believed for 15 seconds")
async def test_only_an_unreachable_light_is_unavailable(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """A refusal reaches the caller and changes nothing.

    Only an unreachable light is unavailable, until it has a new state.
    """
    house = House(sim)
    for path in (GRAPHQL, PHOENIX):
        sim.fault(path=path, status=400, body={"message": "no"}, times=1)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "turn_off", HALL)
    assert raised.value.translation_key == "command_refused"
    assert state_of(hass, HALL).state == "on"

    house.change("Hall Light", reachable=False)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "turn_off", [HALL, FLOOR])
    assert raised.value.translation_key == "unreachable"
    assert state_of(hass, HALL).state == "unavailable"
    await until(hass, partial(hass.states.is_state, FLOOR, "off"))
    assert state_of(hass, DESK).state == "off"

    house.change("Hall Light", reachable=True)
    house.set("Hall Light", "brightness", brightness=33)
    await until(hass, partial(hass.states.is_state, HALL, "on"))


@pytest.mark.usefixtures("sim")
@pytest.mark.parametrize(("word", "shown"), [(b"SLEEPING", "on"), (b"UNREACHABLE", "unavailable")])
async def test_only_unreachable_makes_a_light_unavailable(
    hass: HomeAssistant, config_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch, word: bytes, shown: str
) -> None:
    """Amazon may have more words for the reachability than the known ones."""
    read = http._body

    async def replaced(*args: Any) -> bytes:
        return (await read(*args)).replace(b'"OK"', b'"%s"' % word)

    monkeypatch.setattr(http, "_body", replaced)
    await set_up(hass, config_entry)
    assert state_of(hass, HALL).state == shown
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_color_names_are_sent_if_graphql_fails(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """A light that GraphQL cannot control is set to Alexa's closest color name by phoenix."""
    house = House(sim)
    chosen = {CONF_APPLIANCES: [house.entity_id("Porch Light")]}
    hass.config_entries.async_update_entry(config_entry, options=chosen)
    await set_up(hass, config_entry)
    porch = "light.porch_light"
    await until(hass, lambda: hass.states.get(porch))
    await act(hass, "turn_on", porch, hs_color=(2, 98))
    (told,) = house.phoenix()
    assert {"action": "setColor", "colorName": "red"} in told
    await act(hass, "turn_on", porch, color_temp_kelvin=2600)
    assert {"action": "setColorTemperature", "colorTemperatureName": "soft_white"} in house.phoenix()[-1]
    await until(hass, lambda: state_of(hass, porch).attributes["color_temp_kelvin"] == 2700)
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_brightness_can_be_that_of_the_color(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """If a light only has a color feature, its brightness is that of the color."""
    house = House(sim)
    added = "5e000000-0000-4000-8000-0000000000a1"
    color = {"hue": 120.0, "saturation": 1.0, "brightness": 0.5}
    features = {"power": {"powerState": "ON"}, "color": {"color": color}}
    house.add(added, {"name": "Orb", "category": "LIGHT", "model": "Orb", "features": features})
    await set_up(hass, config_entry)
    orb = await until(hass, lambda: hass.states.get("light.orb"))
    assert (orb.attributes["supported_color_modes"], orb.attributes["brightness"]) == (["hs"], 128)
    await act(hass, "turn_on", "light.orb", brightness=255)
    await until(hass, lambda: state_of(hass, "light.orb").attributes["brightness"] == 255)
    assert house.feature("Orb", "color")["color"] == color | {"brightness": 1.0}
    assert await hass.config_entries.async_unload(config_entry.entry_id)
