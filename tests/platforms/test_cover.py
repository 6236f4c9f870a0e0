"""Tests of covers with the simulated cloud."""

from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import act, set_up, state_of, until

from .appliances import House, shows

pytestmark = pytest.mark.platforms("cover", "number")

BLIND = "cover.office_office_blind"
NAME = "Office Blind"


async def test_a_blind_has_a_position(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    """The blind's single range from 0 to 100 is its position, with 100 for open; the blind cannot be stopped."""
    house = House(sim)
    blind = state_of(hass, BLIND)
    assert (blind.state, blind.attributes["current_position"], blind.attributes["device_class"]) == (
        "open",
        100,
        "blind",
    )
    assert hass.states.get("number.office_office_blind_position") is None
    for action, data, position in (
        ("set_cover_position", {"position": 35}, 35),
        ("close_cover", {}, 0),
        ("open_cover", {}, 100),
    ):
        sim.reset_ledger()
        await act(hass, action, BLIND, **data)
        assert [len(commands) for commands in house.commands()] == [1]
        assert house.feature(NAME, "range.Blind.Lift")["rangeValue"] == position
        await until(hass, partial(shows, hass, BLIND, current_position=position))
        assert state_of(hass, BLIND).state == ("open" if position else "closed")
    house.set(NAME, "range.Blind.Lift", rangeValue=0)
    await until(hass, partial(hass.states.is_state, BLIND, "closed"))
    house.set(NAME, "range.Blind.Lift", rangeValue=104)
    await until(hass, partial(shows, hass, BLIND, current_position=100))
    house.set(NAME, "range.Blind.Lift", rangeValue=0)
    await until(hass, partial(hass.states.is_state, BLIND, "closed"))
    with pytest.raises(HomeAssistantError):
        await act(hass, "stop_cover", BLIND)
    house.refuse()
    with pytest.raises(HomeAssistantError):
        await act(hass, "open_cover", BLIND)
    assert state_of(hass, BLIND).state == "closed"
    house.change(NAME, reachable=False)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "open_cover", BLIND)
    assert raised.value.translation_key == "unreachable"
    assert state_of(hass, BLIND).state == "unavailable"


GARAGE = {
    "name": "Garage Door",
    "category": "GARAGE_DOOR",
    "features": {
        "mode.Door.Position": {
            "friendlyName": "Position",
            "modes": {"Position.Up": "Open", "Position.Down": "Closed"},
            "mode": "Position.Down",
        }
    },
}
DOOR = "cover.garage_door"


async def test_a_garage_door_is_opened_and_closed_by_its_mode(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """The door shows the pushed mode. Any other mode is an unknown position, from which the door can still be moved."""
    house = House(sim)
    house.add("5e000000-0000-4000-8000-0000000000d0", GARAGE)
    await set_up(hass, config_entry)
    assert (state_of(hass, DOOR).state, state_of(hass, DOOR).attributes["device_class"]) == ("closed", "garage")
    assert hass.states.get("select.garage_door_position") is None
    for action, mode, state in (("open_cover", "Position.Up", "open"), ("close_cover", "Position.Down", "closed")):
        await hass.services.async_call("cover", action, {"entity_id": DOOR}, blocking=True)
        assert house.feature("Garage Door", "mode.Door.Position")["mode"] == mode
        await until(hass, partial(hass.states.is_state, DOOR, state))
    house.set("Garage Door", "mode.Door.Position", mode="Position.Halfway")
    await until(hass, partial(hass.states.is_state, DOOR, "unknown"))
    await hass.services.async_call("cover", "open_cover", {"entity_id": DOOR}, blocking=True)
    await until(hass, partial(hass.states.is_state, DOOR, "open"))
    house.refuse()
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call("cover", "close_cover", {"entity_id": DOOR}, blocking=True)
    assert state_of(hass, DOOR).state == "open"


async def test_a_blind_is_moved_by_its_percentage(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    house = House(sim)
    feature = {"percentage": {"percentage": 40}, "powerLevel": {"powerLevel": 10}}
    blind = {"name": "Loft Blind", "category": "EXTERIOR_BLIND", "features": feature}
    house.add("5e000000-0000-4000-8000-0000000000d1", blind)
    await set_up(hass, config_entry)
    shown = state_of(hass, "cover.loft_blind")
    assert (shown.attributes["current_position"], shown.attributes["device_class"]) == (40, "shutter")
    data = {"entity_id": "cover.loft_blind", "position": 70}
    await hass.services.async_call("cover", "set_cover_position", data, blocking=True)
    assert house.feature("Loft Blind", "percentage")["percentage"] == 70
    await until(hass, partial(shows, hass, "cover.loft_blind", current_position=70))
    assert hass.states.get("number.loft_blind_percentage") is None
    level = {"entity_id": "number.loft_blind_power_level", "value": 25}
    await hass.services.async_call("number", "set_value", level, blocking=True)
    assert house.feature("Loft Blind", "powerLevel")["powerLevel"] == 25
    await until(hass, lambda: float(state_of(hass, "number.loft_blind_power_level").state) == 25)
