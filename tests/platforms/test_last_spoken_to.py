"""The sensor of the Echo that was spoken to last."""

from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.coordinator.history import HistoryCoordinator
from tests.conftest import Household, set_up, state_of, until

KITCHEN = "media_player.kitchen_show"


def sensor(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    """Return the entity id of the sensor."""
    found = er.async_get(hass).async_get_entity_id("sensor", "alexa_media", f"{entry.unique_id}_last_spoken_to")
    assert found
    return found


def shows(hass: HomeAssistant, entity_id: str, value: str) -> bool:
    """Return whether an entity has a state."""
    return state_of(hass, entity_id).state == value


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read soon after an Echo has woken."""
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", 0.1)


@pytest.mark.parametrize("keep", [True, False])
async def test_it_shows_the_echo_and_the_words_if_they_may_be_kept(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, keep: bool
) -> None:
    hass.config_entries.async_update_entry(config_entry, options={"keep_transcripts": keep})
    await set_up(hass, config_entry)
    entity_id = sensor(hass, config_entry)
    for name in ("Office Spot", "Kitchen Show"):
        sim.say(household.serial(name), "good morning", "Hello", "Jo")
        await until(hass, partial(shows, hass, entity_id, name))
    attributes = state_of(hass, entity_id).attributes
    assert attributes["player"] == KITCHEN
    assert attributes["spoken_at"]
    words = [attributes[key] for key in ("text", "response", "person")]
    assert words == (["good morning", "Hello", "Jo"] if keep else [None] * 3)
