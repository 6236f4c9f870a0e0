"""Tests of locks with the simulated cloud."""

from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import act, state_of, until

from .appliances import House

pytestmark = pytest.mark.platforms("lock")

DOOR = "lock.hall_front_door_lock"


async def test_a_lock_shows_amazons_state(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    """The lock is locked, unlocked or jammed as reported by Amazon; it can be locked and unlocked without a code."""
    house = House(sim)
    registered = entity_registry.async_get(DOOR)
    assert registered is not None
    assert registered.unique_id == house.entity_id("Front Door Lock")
    assert state_of(hass, DOOR).state == "locked"
    assert "code_format" not in state_of(hass, DOOR).attributes
    for action, operation, state in (("unlock", "lock.unlock", "unlocked"), ("lock", "lock.lock", "locked")):
        sim.reset_ledger()
        await act(hass, action, DOOR)
        assert house.commands() == [[("Front Door Lock", operation, "{}")]]
        assert house.feature("Front Door Lock", "lock")["lockState"] == state.upper()
        await until(hass, partial(hass.states.is_state, DOOR, state))
    for state in ("jammed", "unlocked"):
        house.set("Front Door Lock", "lock", lockState=state.upper())
        await until(hass, partial(hass.states.is_state, DOOR, state))


async def test_a_refused_lock_is_not_shown_as_locked(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """A lock that refused to lock is not shown as locked, and the caller gets an error."""
    house = House(sim)
    house.set("Front Door Lock", "lock", lockState="UNLOCKED")
    await until(hass, partial(hass.states.is_state, DOOR, "unlocked"))
    house.refuse()
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "lock", DOOR)
    assert raised.value.translation_key == "command_refused"
    assert state_of(hass, DOOR).state == "unlocked"
    house.change("Front Door Lock", reachable=False)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "lock", DOOR)
    assert raised.value.translation_key == "unreachable"
    assert state_of(hass, DOOR).state == "unavailable"
    assert house.feature("Front Door Lock", "lock")["lockState"] == "UNLOCKED"
