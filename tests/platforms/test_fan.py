"""Tests of fans with the simulated cloud."""

from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import act, set_up, state_of, until

from .appliances import House

pytestmark = pytest.mark.platforms("fan", "number", "select", "switch")

FAN = "fan.living_room_ceiling_fan"
NAME = "Ceiling Fan"


async def test_a_fan_has_speeds(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    """The fan's single range is its speed, and 0 is off; its mode and its toggle are separate entities."""
    house = House(sim)
    fan = state_of(hass, FAN)
    assert (fan.state, fan.attributes["percentage"], fan.attributes["percentage_step"]) == ("on", 50, 25)
    assert hass.states.get("number.living_room_ceiling_fan_speed") is None
    assert state_of(hass, "select.living_room_ceiling_fan_mode").state == "Normal"
    assert state_of(hass, "switch.living_room_ceiling_fan_oscillation").state == "off"
    assert hass.states.get("switch.living_room_ceiling_fan") is None

    sim.reset_ledger()
    await act(hass, "set_percentage", FAN, percentage=70)
    assert house.commands() == [[(NAME, "range.Fan.Speed.setRangeValue", '{"rangeValue": 3.0}')]]
    await until(hass, lambda: state_of(hass, FAN).attributes["percentage"] == 75)
    await act(hass, "set_percentage", FAN, percentage=0)
    await until(hass, partial(hass.states.is_state, FAN, "off"))
    assert state_of(hass, FAN).attributes["percentage"] == 0
    await act(hass, "turn_on", FAN, percentage=100)
    assert [operation for _, operation, _ in house.commands()[-1]] == ["power.turnOn", "range.Fan.Speed.setRangeValue"]
    await until(hass, lambda: state_of(hass, FAN).attributes["percentage"] == 100)
    await act(hass, "turn_off", FAN)
    await until(hass, partial(hass.states.is_state, FAN, "off"))
    await act(hass, "turn_on", FAN)
    await until(hass, partial(hass.states.is_state, FAN, "on"))
    house.set(NAME, "range.Fan.Speed", rangeValue=1)
    await until(hass, lambda: state_of(hass, FAN).attributes["percentage"] == 25)
    house.set(NAME, "range.Fan.Speed", rangeValue=9)
    await until(hass, lambda: state_of(hass, FAN).attributes["percentage"] == 100)

    house.refuse()
    with pytest.raises(HomeAssistantError):
        await act(hass, "turn_off", FAN)
    assert state_of(hass, FAN).state == "on"
    house.change(NAME, reachable=False)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "turn_off", FAN)
    assert raised.value.translation_key == "unreachable"
    assert {state_of(hass, entity_id).state for entity_id in (FAN, "select.living_room_ceiling_fan_mode")} == {
        "unavailable"
    }


async def test_a_fan_without_speeds_is_on_or_off(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """Requesting a speed still turns the fan on."""
    house = House(sim)
    added = "5e000000-0000-4000-8000-0000000000a5"
    house.add(added, {"name": "Vent", "category": "FAN", "model": "V", "features": {"power": {"powerState": "ON"}}})
    await set_up(hass, config_entry)
    vent = await until(hass, lambda: hass.states.get("fan.vent"))
    assert (vent.state, vent.attributes.get("percentage")) == ("on", None)
    sim.reset_ledger()
    await hass.services.async_call("fan", "turn_on", {"entity_id": "fan.vent", "percentage": 50}, blocking=True)
    assert house.commands() == [[("Vent", "power.turnOn", "{}")]]
    assert await hass.config_entries.async_unload(config_entry.entry_id)
