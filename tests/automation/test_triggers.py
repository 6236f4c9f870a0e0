"""Tests of triggers and conditions in a real Home Assistant."""

from typing import Any

from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.voice_patterns import PatternError, TextMatch, VoicePattern
from custom_components.alexa_media.condition import CONDITIONS
from custom_components.alexa_media.coordinator.history import HistoryCoordinator
from custom_components.alexa_media.trigger import TRIGGERS
from tests.conftest import Household, until

pytestmark = pytest.mark.platforms("media_player", "text")


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read soon after an Echo has woken."""
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", 0.1)


async def automate(hass: HomeAssistant, trigger: dict[str, Any], *conditions: dict[str, Any]) -> list[Event[Any]]:
    """Set up an automation that fires an event with the trigger's variables; return the events."""
    action = {"event": "triggered", "event_data_template": {"trigger": "{{ trigger }}"}}
    config = {"alias": "test", "triggers": [trigger], "conditions": list(conditions), "actions": [action]}
    assert await async_setup_component(hass, "automation", {"automation": [config]})
    await hass.async_block_till_done()
    events: list[Event[Any]] = async_capture_events(hass, "triggered")
    return events


async def test_a_voice_command_triggers_once_with_its_slots(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The trigger only fires for the Echo in the target and a matching text; variables contain the slots."""
    triggered = await automate(
        hass,
        {
            "trigger": "alexa_media.voice_command",
            "target": {"entity_id": "media_player.kitchen_show"},
            "options": {"text": "turn on {what}", "match": "matches"},
        },
    )
    sim.say(household.serial("Office Spot"), "turn on the lamp", "OK", "Jo")
    sim.say(household.serial("Kitchen Show"), "turn on the kitchen fan", "OK", "Jo")
    await until(hass, lambda: triggered)
    assert len(triggered) == 1
    trigger = triggered[0].data["trigger"]
    assert (trigger["text"], trigger["person"]) == ("turn on the kitchen fan", "Jo")
    assert trigger["slots"] == {"what": "the kitchen fan"}
    assert (trigger["entity_id"], trigger["device"]) == ("media_player.kitchen_show", "Kitchen Show")


async def test_a_condition_about_the_last_echo_stops_the_automation(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The actions only run after a command to the Echo in the condition."""
    target = {"entity_id": "media_player.kitchen_show"}
    triggered = await automate(
        hass,
        {"trigger": "alexa_media.voice_command", "options": {"text": "movie time"}},
        {"condition": "alexa_media.last_spoken_to", "target": target},
    )
    sim.say(household.serial("Office Spot"), "movie time")
    await until(hass, lambda: (last := entry.runtime_data.history.last) and last.text == "movie time")
    sim.say(household.serial("Kitchen Show"), "movie time")
    await until(hass, lambda: triggered)
    assert [event.data["trigger"]["device"] for event in triggered] == ["Kitchen Show"]


async def test_the_editor_offers_the_triggers_and_conditions_of_an_echo(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    """The WebSocket API lists both for the device, and returns the error of an invalid pattern."""
    assert await async_setup_component(hass, "automation", {})
    client = await hass_ws_client(hass)
    registered = er.async_get(hass).async_get("media_player.kitchen_show")
    assert registered
    found = {}
    for what in ("triggers", "conditions"):
        await client.send_json_auto_id(
            {"type": f"get_{what}_for_target", "target": {"device_id": [registered.device_id]}}
        )
        answer = (await client.receive_json())["result"]
        found[what] = {name.partition(".")[2] for name in answer if name.startswith("alexa_media.")}
    assert found["triggers"] == TRIGGERS.keys() - {"item_added"}
    assert found["conditions"] == CONDITIONS.keys()
    options = {"text": "put {a} on {a}", "match": "matches"}
    trigger = {"trigger": "alexa_media.voice_command", "options": options}
    await client.send_json_auto_id({"type": "validate_config", "triggers": [trigger]})
    assert "more than once" in (await client.receive_json())["result"]["triggers"]["error"]


async def test_do_not_disturb_triggers_on_the_selected_state(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """Turning it on fires the trigger once; turning it off does not."""
    target = {"entity_id": "media_player.kitchen_show"}
    serial = Household(sim).serial("Kitchen Show")
    triggered = await automate(
        hass, {"trigger": "alexa_media.do_not_disturb", "target": target, "options": {"state": "on"}}
    )

    async def switch(*, enabled: bool) -> None:
        action = {"entity_id": target["entity_id"], "enabled": enabled}
        await hass.services.async_call("alexa_media", "set_do_not_disturb", action, blocking=True)
        await until(hass, lambda: entry.runtime_data.dnd.data[serial] is enabled)

    await switch(enabled=True)
    await switch(enabled=False)
    await switch(enabled=True)
    assert [event.data["trigger"]["state"] for event in triggered] == ["on", "on"]


@pytest.mark.parametrize(
    ("text", "match", "said", "slots"),
    [
        ("movie time", "is", "Alexa, movie time!", {}),
        ("movie time", "is", "movie time now", None),
        ("movie", "contains", "start movie time", {}),
        ("movie", "contains", "movies", None),
        (
            "turn on {what} in the {room}",
            "matches",
            "turn on the lamp in the hall",
            {"what": "the lamp", "room": "hall"},
        ),
        ("* lights *", "matches", "turn lights on", {}),
        ("turn on {what}", "matches", "turn on", None),
    ],
)
def test_a_pattern_matches_whole_words(text: str, match: str, said: str, slots: dict[str, str] | None) -> None:
    """Case, most punctuation and the wake word are ignored."""
    assert VoicePattern.parse(text, TextMatch(match)).slots(said) == slots


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "pattern_empty"),
        ("{a", "pattern_braces"),
        ("{1}", "pattern_name"),
        ("{a} and {a}", "pattern_twice"),
        ("{a} {b}", "pattern_adjacent"),
    ],
)
def test_an_impossible_pattern_is_refused(text: str, key: str) -> None:
    """Each mistake has a different explanation."""
    with pytest.raises(PatternError) as caught:
        VoicePattern.parse(text, TextMatch.MATCHES)
    assert caught.value.key == key
