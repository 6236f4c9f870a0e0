"""Tests of the account's entities: the Echo that was last spoken to, and messages to the app."""

from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.coordinator.history import HistoryCoordinator
from tests.conftest import Household, set_up, state_of, until

pytestmark = pytest.mark.platforms("media_player", "notify", "sensor")

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
async def test_it_shows_the_echo_and_the_transcript_if_enabled(
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


async def test_it_is_not_written_when_another_fact_of_an_echo_changes(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    entity_id = sensor(hass, entry)
    before = state_of(hass, entity_id).last_reported
    household.change("Office Spot", online=False)
    await until(hass, lambda: shows(hass, "media_player.office_spot", "unavailable"))
    assert state_of(hass, entity_id).last_reported == before


async def test_it_follows_the_names_of_the_echo_and_of_its_player(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """No command is spoken when the names change."""
    sim.say(household.serial("Kitchen Show"), "good morning")
    await until(hass, partial(shows, hass, sensor(hass, entry), "Kitchen Show"))
    er.async_get(hass).async_update_entity(KITCHEN, new_entity_id="media_player.cooking")
    await hass.async_block_till_done()
    assert state_of(hass, sensor(hass, entry)).attributes["player"] == "media_player.cooking"
    household.change("Kitchen Show", accountName="Cooking Show")
    await entry.runtime_data.devices.async_refresh()
    assert shows(hass, sensor(hass, entry), "Cooking Show")


def notifier(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> str:
    """Return the entity id of a notify entity of the account."""
    found = er.async_get(hass).async_get_entity_id("notify", "alexa_media", f"{entry.unique_id}_{key}")
    assert found
    return found


async def test_a_message_is_spoken_where_someone_spoke_last(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    data = {"entity_id": notifier(hass, entry, "last_spoken_to"), "message": "The gate is open."}
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call("notify", "send_message", data, blocking=True)
    assert raised.value.translation_key == "last_called_unknown"
    sim.say(household.serial("Office Spot"), "is the gate open")
    await until(hass, partial(shows, hass, sensor(hass, entry), "Office Spot"))
    await hass.services.async_call("notify", "send_message", data, blocking=True)
    assert [(said["device"], said["text"]) for said in sim.spoken()] == [("Office Spot", "The gate is open.")]


async def test_a_message_reaches_the_apps_of_the_account(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    data = {"entity_id": notifier(hass, entry, "app"), "message": "The gate is open.", "title": "Gate"}
    await hass.services.async_call("notify", "send_message", data, blocking=True)
    assert [(said["kind"], said["text"], said["title"]) for said in sim.spoken()] == [
        ("mobilepush", "The gate is open.", "Gate")
    ]
