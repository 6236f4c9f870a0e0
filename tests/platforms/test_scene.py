"""Tests of scenes with the simulated cloud."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import set_up, state_of

from .appliances import PHOENIX, House

pytestmark = pytest.mark.platforms("scene")

SCENE = "scene.movie_night"
ENTITY_ID = "5e000000-0000-4000-8000-0000000000e0"


@pytest.fixture(name="house")
async def house_fixture(hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry) -> House:
    """Set up an account with a scene."""
    house = House(sim)
    house.add(ENTITY_ID, {"name": "Movie Night", "category": "SCENE_TRIGGER", "features": {}})
    await set_up(hass, config_entry)
    return house


async def activate(hass: HomeAssistant) -> None:
    """Activate the scene."""
    await hass.services.async_call("scene", "turn_on", {"entity_id": SCENE}, blocking=True)


async def test_a_scene_is_activated(hass: HomeAssistant, sim: ControlClient, house: House) -> None:
    assert state_of(hass, SCENE).state == "unknown"
    sim.reset_ledger()
    await activate(hass)
    assert house.phoenix() == [[{"action": "sceneActivate"}]]
    assert house.appliance("Movie Night")["activated"]
    assert house.commands() == []
    assert state_of(hass, SCENE).state not in ("unknown", "unavailable"), "the state is the time of the activation"


async def test_a_refused_form_is_tried_once_and_shown(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, house: House
) -> None:
    """The second activation fails without a request, and diagnostics list the unsupported request."""
    sim.fault(path=PHOENIX, method="PUT", status=400, body={"message": "no"})
    sim.reset_ledger()
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await activate(hass)
    assert len(house.phoenix()) == 1
    assert config_entry.runtime_data.backend.unsupported == ("activate_scene",)


async def test_temporary_errors_of_one_scene_do_not_suspend_the_request(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, house: House
) -> None:
    house.change("Movie Night", reachable=False)
    with pytest.raises(HomeAssistantError) as raised:
        await activate(hass)
    assert raised.value.translation_key == "unreachable"
    sim.fault(path=PHOENIX, method="PUT", status=503, times=1)
    with pytest.raises(HomeAssistantError):
        await activate(hass)
    assert config_entry.runtime_data.backend.unsupported == ()
    house.change("Movie Night", reachable=True)
    await activate(hass)
    assert house.appliance("Movie Night")["activated"]
