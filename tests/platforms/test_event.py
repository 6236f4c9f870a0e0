"""Tests of the event entities for voice commands."""

from homeassistant.core import HomeAssistant, State
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, mock_restore_cache_with_extra_data

from alexa_sim.client import ControlClient
from custom_components.alexa_media.coordinator.history import HistoryCoordinator
from tests.conftest import Household, set_up, state_of, until

pytestmark = pytest.mark.platforms("event", "text")

KITCHEN = "event.kitchen_show_voice_command"
BEFORE = "2026-11-20T10:00:00.000+00:00"


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read soon after an Echo has woken."""
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", 0.03)


async def test_a_voice_command_fires_an_event(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The event contains text, answer and person.

    Groups and apps have no entity, and the entity of an offline Echo is unavailable.
    """
    every = {entity_id.removeprefix("event.") for entity_id in hass.states.async_entity_ids("event")}
    entities = {name for name in every if name.endswith("_voice_command")}
    echos = ("kitchen_show", "living_room_studio", "bedroom_dot", "office_spot", "kids_dot", "garage_echo")
    assert entities == {f"{echo}_voice_command" for echo in echos}
    assert state_of(hass, KITCHEN).state == "unknown"
    assert state_of(hass, "event.kids_dot_voice_command").state == "unavailable"
    serial = household.serial("Kitchen Show")
    sim.say(serial, "play abba", "Here is ABBA", "Jo", intent="PlayMusicIntent")
    await until(hass, lambda: state_of(hass, KITCHEN).state != "unknown")
    attributes = state_of(hass, KITCHEN).attributes
    assert {name: attributes[name] for name in ("event_type", "text", "response", "person", "intent")} == {
        "event_type": "command",
        "text": "play abba",
        "response": "Here is ABBA",
        "person": "Jo",
        "intent": "PlayMusicIntent",
    }
    assert attributes["spoken_at"] < state_of(hass, KITCHEN).state
    first = state_of(hass, KITCHEN).state
    sim.say(serial, "", "Good night", utterance_type="ROUTINES_OR_TAP_TO_ALEXA")
    await until(hass, lambda: state_of(hass, KITCHEN).state != first)
    attributes = state_of(hass, KITCHEN).attributes
    assert (attributes["event_type"], attributes["text"], attributes["person"]) == ("routine_or_tap", None, None)
    # the same text again is a new command
    states = {state_of(hass, KITCHEN).state}
    for count in (2, 3):
        sim.say(serial, "louder")
        await until(hass, lambda: state_of(hass, KITCHEN).state not in states)
        states.add(state_of(hass, KITCHEN).state)
        assert (state_of(hass, KITCHEN).attributes["text"], len(states)) == ("louder", count)


@pytest.mark.parametrize("keep", [True, False])
async def test_the_last_event_is_restored(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, *, keep: bool
) -> None:
    """The text is not restored if transcripts were disabled in the meantime."""
    state = State(KITCHEN, BEFORE, {"event_type": "command", "text": "play quux"})
    extra = {"last_event_type": "command", "last_event_attributes": {"text": "play quux"}}
    mock_restore_cache_with_extra_data(hass, [(state, extra)])
    hass.config_entries.async_update_entry(config_entry, options={"keep_transcripts": keep})
    await set_up(hass, config_entry)
    restored = state_of(hass, KITCHEN)
    assert (restored.state, restored.attributes["event_type"]) == (BEFORE, "command")
    assert restored.attributes.get("text") == ("play quux" if keep else None)
    await hass.config_entries.async_unload(config_entry.entry_id)
