"""Tests of the sound modes, which are named settings of an Echo's equalizer."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import Clock, Household, state_of

pytestmark = pytest.mark.platforms("media_player", "number")

KITCHEN, SPOT = "Kitchen Show", "Office Spot"
PLAYER, GROUP, WITHOUT = "media_player.kitchen_show", "media_player.downstairs", "media_player.office_spot"
EQUALIZER = "/api/equalizer/*"


async def select(hass: HomeAssistant, entity_id: str, mode: str) -> None:
    """Choose a sound mode."""
    data = {"entity_id": entity_id, "sound_mode": mode}
    await hass.services.async_call("media_player", "select_sound_mode", data, blocking=True)


def mode_of(hass: HomeAssistant) -> Any:
    """Return the shown sound mode."""
    return state_of(hass, PLAYER).attributes.get("sound_mode")


@pytest.mark.usefixtures("entry")
async def test_a_mode_is_set_and_changes_are_pushed(
    hass: HomeAssistant, household: Household, sim: ControlClient, clock: Clock
) -> None:
    """Selecting a mode costs one write and one read; changes at the Echo or in the app are pushed."""
    assert household.sim.ledger(path=EQUALIZER) == [], "not read at startup"
    assert mode_of(hass) is None
    assert state_of(hass, PLAYER).attributes["sound_mode_list"] == ["flat", "bass", "voice", "treble", "night"]
    for without in (GROUP, WITHOUT):
        assert "sound_mode_list" not in state_of(hass, without).attributes

    sim.reset_ledger()
    await select(hass, PLAYER, "voice")
    assert household.device(KITCHEN)["equalizer"] == {"bass": -3, "mid": 4, "treble": 1}
    assert mode_of(hass) == "voice"
    assert [one["method"] for one in sim.ledger(path=EQUALIZER)] == ["POST", "GET"]

    sim.reset_ledger()
    household.change(KITCHEN, equalizer={"bass": 0, "mid": 0, "treble": 0})
    await clock.until(lambda: mode_of(hass) == "flat")
    household.change(KITCHEN, equalizer={"bass": 1, "mid": 0, "treble": 0})
    await clock.until(lambda: mode_of(hass) is None)
    await clock.settle()
    assert sim.ledger(path=EQUALIZER) == []


async def test_the_mode_is_unknown_after_a_gap_in_the_stream(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock
) -> None:
    """After a gap in the stream the equalizer is unknown, unless one of its entities is enabled."""
    await select(hass, PLAYER, "bass")
    sim.fault(close_stream=True)
    await clock.until(lambda: not entry.runtime_data.push.up)
    await clock.advance(40, 1)
    assert mode_of(hass) is None
    assert len(sim.ledger(method="GET", path=EQUALIZER)) == 1, "only the read after the change"


async def test_an_enabled_band_keeps_the_mode_known(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry, household: Household, clock: Clock
) -> None:
    """While a band is enabled, the equalizer is read, and mode and band change together."""
    bass = "number.kitchen_show_bass"
    entity_registry.async_update_entity(bass, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await clock.settle()
    await clock.advance(2, 0.5)
    assert mode_of(hass) == "flat"
    await hass.services.async_call("number", "set_value", {"entity_id": bass, "value": 4}, blocking=True)
    assert mode_of(hass) == "bass"
    await select(hass, PLAYER, "night")
    assert state_of(hass, bass).state == "-5"
    assert household.device(KITCHEN)["equalizer"] == {"bass": -5, "mid": 1, "treble": -1}


@pytest.mark.usefixtures("entry")
async def test_a_refusal_changes_nothing(hass: HomeAssistant, household: Household, sim: ControlClient) -> None:
    """Invalid input sends no request; Amazon's refusal is an error and changes nothing."""
    sim.reset_ledger()
    with pytest.raises(ServiceValidationError, match="Unknown sound mode rock"):
        await select(hass, PLAYER, "rock")
    assert household.requests() == []

    sim.fault(path=EQUALIZER, method="POST", status=400, body={"message": "no"}, times=1)
    with pytest.raises(HomeAssistantError):
        await select(hass, PLAYER, "night")
    assert household.device(KITCHEN)["equalizer"] == {"bass": 0, "mid": 0, "treble": 0}
    assert mode_of(hass) is None
