"""Tests of numbers, selects and switches of appliances with the simulated cloud."""

from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import act, set_up, state_of, until

from .appliances import House

pytestmark = pytest.mark.platforms("lock", "number", "select", "sensor", "switch")

INTENSITY = "number.diffuser_intensity"
SCENT = "select.diffuser_scent"
PLUG = "switch.kitchen_coffee_maker"
OSCILLATION = "switch.living_room_ceiling_fan_oscillation"

# entity, action, its data, the request to Amazon, and the state afterward
COMMANDS: tuple[tuple[str, str, dict[str, Any], tuple[str, str], str], ...] = (
    (INTENSITY, "set_value", {"value": 3.5}, ("range.Scent.Level.setRangeValue", '{"rangeValue": 3.5}'), "3.5"),
    (SCENT, "select_option", {"option": "Citrus"}, ("mode.Scent.Slot.setMode", '{"mode": "Slot.2"}'), "Citrus"),
    (PLUG, "turn_on", {}, ("power.turnOn", "{}"), "on"),
    (PLUG, "turn_off", {}, ("power.turnOff", "{}"), "off"),
    (OSCILLATION, "turn_on", {}, ("toggle.Fan.Oscillate.turnOn", "{}"), "on"),
    (OSCILLATION, "turn_off", {}, ("toggle.Fan.Oscillate.turnOff", "{}"), "off"),
)


async def test_each_action_is_one_request(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    """The shown state is the one that the cloud pushes."""
    house = House(sim)
    intensity = state_of(hass, INTENSITY)
    limits = {name: intensity.attributes[name] for name in ("min", "max", "step")}
    assert (intensity.state, limits) == ("2.5", {"min": 1, "max": 5, "step": 0.5})
    assert state_of(hass, SCENT).attributes["options"] == ["Forest", "Citrus"]
    assert state_of(hass, PLUG).attributes["device_class"] == "outlet"
    assert state_of(hass, "switch.diffuser").attributes["device_class"] == "switch"
    ids = {entity_id: entity_registry.entities[entity_id].unique_id for entity_id in (INTENSITY, SCENT, PLUG)}
    diffuser = house.entity_id("Diffuser")
    assert ids == {
        INTENSITY: f"{diffuser}_range_Scent.Level",
        SCENT: f"{diffuser}_mode_Scent.Slot",
        PLUG: house.entity_id("Coffee Maker"),
    }
    for entity_id, action, data, (operation, payload), state in COMMANDS:
        sim.reset_ledger()
        await act(hass, action, entity_id, **data)
        ((command,),) = house.commands()
        assert command[1:] == (operation, payload)
        await until(hass, partial(hass.states.is_state, entity_id, state))


async def test_invalid_input_sends_no_request(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    """A refusal reaches the caller, and an unreachable appliance is unavailable."""
    house = House(sim)
    assert state_of(hass, "switch.garden_plug").state == "unavailable"
    sim.reset_ledger()
    with pytest.raises(ServiceValidationError):
        await act(hass, "set_value", INTENSITY, value=9)
    with pytest.raises(ServiceValidationError):
        await act(hass, "select_option", SCENT, option="Attar")
    assert house.commands() == []
    for entity_id, action, data, _, _ in COMMANDS[:3]:
        before = state_of(hass, entity_id).state
        house.refuse()
        with pytest.raises(HomeAssistantError) as raised:
            await act(hass, action, entity_id, **data)
        assert raised.value.translation_key == "command_refused"
        assert state_of(hass, entity_id).state == before
    house.change("Diffuser", reachable=False)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "select_option", SCENT, option="Citrus")
    assert raised.value.translation_key == "unreachable"
    assert {state_of(hass, entity_id).state for entity_id in (INTENSITY, SCENT)} == {"unavailable"}
    assert state_of(hass, PLUG).state == "off"


async def test_features_without_a_name_are_distinguished(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """Such features are distinguished by instance.

    The power of a lock is a separate switch.
    """
    house = House(sim)
    features = {
        "power": {"powerState": "ON"},
        "lock": {"lockState": "LOCKED"},
        "range.1": {"supportedRange": {"minimumValue": 0, "maximumValue": 9, "precision": 1}, "rangeValue": 4},
        "range.2": {
            "supportedRange": {"minimumValue": 0, "maximumValue": 9, "precision": 1},
            "rangeValue": 7,
            "readOnly": True,
        },
        "mode.3": {"modes": {"A": "Same", "B": "Same"}, "mode": "B"},
        "toggle.4": {"toggleState": "ON"},
    }
    added = "5e000000-0000-4000-8000-0000000000a3"
    house.add(added, {"name": "Safe", "category": "SMARTLOCK", "model": "S", "features": features})
    await set_up(hass, config_entry)
    await until(hass, lambda: hass.states.get("lock.safe"))
    assert {
        entity_id: state_of(hass, entity_id).state
        for entity_id in hass.states.async_entity_ids()
        if ".safe" in entity_id
    } == {
        "lock.safe": "locked",
        "switch.safe_power": "on",
        "number.safe_range_1": "4.0",
        "sensor.safe_range_2": "7.0",
        "select.safe_mode_3": "B",
        "switch.safe_function_4": "on",
    }
    assert await hass.config_entries.async_unload(config_entry.entry_id)
