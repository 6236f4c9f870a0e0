"""Blinds, against the simulated cloud."""

from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import state_of, until

from .appliances import House, shows

BLIND = "cover.office_office_blind"
NAME = "Office Blind"


async def act(hass: HomeAssistant, action: str, **data: object) -> None:
    """Run an action and wait for its end."""
    await hass.services.async_call("cover", action, {"entity_id": BLIND, **data}, blocking=True)


async def test_blind(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    """Its one range from 0 to 100 is the position, 100 is open; it cannot be stopped."""
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
        await act(hass, action, **data)
        assert [len(told) for told in house.told()] == [1]
        assert house.feature(NAME, "range.Blind.Lift")["rangeValue"] == position
        await until(hass, partial(shows, hass, BLIND, current_position=position))
        assert state_of(hass, BLIND).state == ("open" if position else "closed")
    house.set(NAME, "range.Blind.Lift", rangeValue=0)
    await until(hass, partial(hass.states.is_state, BLIND, "closed"))
    with pytest.raises(HomeAssistantError):
        await act(hass, "stop_cover")
    house.refuse()
    with pytest.raises(HomeAssistantError):
        await act(hass, "open_cover")
    assert state_of(hass, BLIND).state == "closed"
    house.change(NAME, reachable=False)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "open_cover")
    assert raised.value.translation_key == "unreachable"
    assert state_of(hass, BLIND).state == "unavailable"
