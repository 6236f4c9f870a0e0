"""Tests of idle players, and of external players of providers that ignore Amazon's commands."""

from functools import partial
import json
from typing import Any

from homeassistant.components.media_player.const import MediaPlayerEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.phrases import player_phrases_for, player_sentence
from custom_components.alexa_media.coordinator import players as players_module

from .conftest import Household, act, quiet, state_of, until

pytestmark = [pytest.mark.platforms("media_player", "switch"), pytest.mark.usefixtures("brief_hints")]

KITCHEN, STUDIO, BEDROOM, OFFICE = (
    f"media_player.{name}" for name in ("kitchen_show", "living_room_studio", "bedroom_dot", "office_spot")
)
GROUP = "media_player.downstairs"

IDLE_ACTIONS: dict[str, dict[str, Any]] = {
    "media_pause": {},
    "media_stop": {},
    "media_play": {},
    "media_play_pause": {},
    "media_next_track": {},
    "media_previous_track": {},
    "media_seek": {"seek_position": 10},
    "shuffle_set": {"shuffle": True},
    "repeat_set": {"repeat": "all"},
    "turn_on": {},
    "turn_off": {},
}


async def play(hass: HomeAssistant, provider: str = "AMAZON_MUSIC", entity_id: str = KITCHEN) -> None:
    """Play something, and wait until it is shown."""
    await act(hass, "play_media", entity_id, media_content_type=provider, media_content_id="quill")
    await until(hass, lambda: state_of(hass, entity_id).state == "playing")


async def comes(hass: HomeAssistant, entity_id: str, state: str) -> None:
    """Wait until a player has a state."""
    await until(hass, partial(_is, hass, entity_id, state))


def _is(hass: HomeAssistant, entity_id: str, state: str) -> bool:
    """Return whether a player is in a state."""
    return state_of(hass, entity_id).state == state


def commands(sim: ControlClient) -> list[str]:
    """Return the types of the commands to players since the last reset."""
    return [json.loads(entry["body"])["type"] for entry in sim.ledger(method="POST", path="/api/np/command")]


def texts(sim: ControlClient) -> list[str]:
    """Return the text commands sent to Echos."""
    return [str(said["text"]) for said in sim.spoken() if said["kind"] == "text"]


def features(hass: HomeAssistant, entity_id: str = KITCHEN) -> MediaPlayerEntityFeature:
    """Return the supported features of a player."""
    return MediaPlayerEntityFeature(state_of(hass, entity_id).attributes["supported_features"])


# --- commands that have nothing to do ---------------------------------------------------------


async def test_an_idle_player_does_nothing_and_succeeds(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    idle = [STUDIO, GROUP, OFFICE]
    for action, data in IDLE_ACTIONS.items():
        with subtests.test(action):
            assert {state_of(hass, entity_id).state for entity_id in idle} == {"idle"}
            sim.reset_ledger()
            await act(hass, action, idle, **data)
            assert sim.ledger(path="/api/behaviors/preview") == []
            assert set(commands(sim)) <= {"PlayCommand"}
            assert sim.spoken() == []
    for action in ("forward", "rewind"):
        sim.reset_ledger()
        with subtests.test(action):
            await hass.services.async_call("alexa_media", action, {"entity_id": OFFICE}, blocking=True)
            assert commands(sim) == []


async def test_a_command_succeeds_for_one_playing_and_three_idle_players(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    await play(hass)
    for action, state in (("media_pause", "paused"), ("media_play_pause", "playing"), ("media_stop", "idle")):
        await act(hass, action, [KITCHEN, STUDIO, BEDROOM, OFFICE])
        await comes(hass, KITCHEN, state)


async def test_a_script_continues_after_an_idle_player(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    steps: list[dict[str, Any]] = [
        {"action": f"media_player.{action}", "target": {"entity_id": OFFICE}, "data": data}
        for action, data in IDLE_ACTIONS.items()
    ]
    steps.append({"action": "media_player.volume_set", "target": {"entity_id": OFFICE}, "data": {"volume_level": 0.2}})
    assert await async_setup_component(hass, "script", {"script": {"morning": {"sequence": steps}}})
    await hass.services.async_call("script", "morning", blocking=True)
    assert household.device("Office Spot")["volume"] == 20


async def test_an_idle_player_in_a_group_of_home_assistant_is_turned_on(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    config = {"input_boolean": {"lamp": None}}
    assert await async_setup_component(hass, "input_boolean", config)
    assert await async_setup_component(hass, "group", {"group": {"all": {"entities": ["input_boolean.lamp", OFFICE]}}})
    assert await async_setup_component(hass, "homeassistant", {})
    await hass.async_block_till_done()
    for target in (["input_boolean.lamp", OFFICE], "group.all"):
        for action, state in (("turn_on", "on"), ("turn_off", "off")):
            await hass.services.async_call("homeassistant", action, {"entity_id": target}, blocking=True)
            assert state_of(hass, "input_boolean.lamp").state == state


async def snapshot(hass: HomeAssistant, entity_id: str = KITCHEN) -> None:
    """Store the state of a player in a scene."""
    scene = {"name": "x", "entities": {"light.nothing": "on"}}
    assert await async_setup_component(hass, "scene", {"scene": [scene]})
    await hass.async_block_till_done()
    data = {"scene_id": "before", "snapshot_entities": [entity_id]}
    await hass.services.async_call("scene", "create", data, blocking=True)


async def restore(hass: HomeAssistant) -> None:
    """Restore the scene."""
    await hass.services.async_call("scene", "turn_on", {"entity_id": "scene.before"}, blocking=True)


async def test_a_scene_restores_the_volume_of_an_idle_player(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, subtests: pytest.Subtests
) -> None:
    """Speech in the meantime is not stopped."""
    await snapshot(hass)
    with subtests.test("volume"):
        await act(hass, "volume_set", KITCHEN, volume_level=0.8)
        await until(hass, lambda: state_of(hass, KITCHEN).attributes["volume_level"] == 0.8)
        sim.reset_ledger()
        await restore(hass)
        assert household.device("Kitchen Show")["volume"] == 35
        assert "Alexa.DeviceControls.Stop" not in str(sim.ledger(path="/api/behaviors/preview"))
    with subtests.test("muted in the meantime"):
        await act(hass, "volume_set", KITCHEN, volume_level=0.8)
        await act(hass, "volume_mute", KITCHEN, is_volume_muted=True)
        await restore(hass)
        assert household.device("Kitchen Show")["volume"] == 35
        await until(hass, lambda: state_of(hass, KITCHEN).attributes["volume_level"] == 0.35)


async def test_a_scene_resumes_playback_and_leaves_a_paused_player_silent(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, subtests: pytest.Subtests
) -> None:
    await play(hass)
    await snapshot(hass)
    await act(hass, "media_pause", KITCHEN)
    await comes(hass, KITCHEN, "paused")
    with subtests.test("playing before"):
        await restore(hass)
        assert household.device("Kitchen Show")["player"]["state"] == "PLAYING"
        await comes(hass, KITCHEN, "playing")
    await act(hass, "media_pause", KITCHEN)
    await comes(hass, KITCHEN, "paused")
    await snapshot(hass)
    with subtests.test("paused before"):
        await act(hass, "volume_set", KITCHEN, volume_level=0.7)
        sim.reset_ledger()
        await restore(hass)
        assert "PlayCommand" not in commands(sim)
        assert household.device("Kitchen Show")["player"]["state"] == "PAUSED"
        assert household.device("Kitchen Show")["volume"] == 35


async def test_a_refusal_reaches_the_caller(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    await play(hass)
    sim.fault(path="/api/np/command", status=403, body={"message": "forbidden"})
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "media_pause", [KITCHEN, OFFICE])
    assert raised.value.translation_key == "unsupported"


async def test_an_echo_that_went_offline_is_an_error(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    await play(hass)
    sim.fault(path="/api/np/command", status=400, body={"message": "The device is offline"})
    with pytest.raises(HomeAssistantError):
        await act(hass, "media_pause", KITCHEN)


async def test_commands_are_sent_if_the_state_is_uncertain(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """Without push, an Echo that seems idle may be playing; if it is not playing, that is not an error."""
    entry.runtime_data.players.push_up = False
    sim.reset_ledger()
    await act(hass, "media_pause", OFFICE)
    assert commands(sim) == ["PauseCommand"]


async def test_pausing_playback_that_just_ended_does_nothing(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Amazon's response reports the end before the push does; the provider is not treated as external."""
    await play(hass)
    await quiet(hass, sim)
    sim.fault(path="/api/np/command", status=404, headers={"x-amzn-ErrorType": "UnsupportedProviderException"})
    sim.fault(path="/api/np/list-media-sessions", status=200, body={"mediaSessionList": []})
    await act(hass, "media_pause", KITCHEN)
    assert texts(sim) == []
    assert state_of(hass, KITCHEN).state == "idle"


# --- players of providers ---------------------------------------------------------------------


async def test_spotify_is_controlled_by_text_commands(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Amazon's command is tried once; after that, text commands are sent until playback stops."""
    await play(hass, "SPOTIFY")
    title = state_of(hass, KITCHEN).attributes["media_title"]
    sim.reset_ledger()
    await act(hass, "media_pause", KITCHEN)
    await comes(hass, KITCHEN, "paused")
    assert commands(sim) == ["PauseCommand"]
    await act(hass, "media_play", KITCHEN)
    await comes(hass, KITCHEN, "playing")
    await act(hass, "media_next_track", KITCHEN)
    await until(hass, lambda: state_of(hass, KITCHEN).attributes["media_title"] != title)
    await act(hass, "media_previous_track", KITCHEN)
    await until(hass, lambda: state_of(hass, KITCHEN).attributes["media_title"] == title)
    await act(hass, "shuffle_set", KITCHEN, shuffle=True)
    await until(hass, lambda: state_of(hass, KITCHEN).attributes["shuffle"])
    await act(hass, "repeat_set", KITCHEN, repeat="all")
    await until(hass, lambda: state_of(hass, KITCHEN).attributes["repeat"] == "all")
    await act(hass, "turn_off", KITCHEN)
    await comes(hass, KITCHEN, "paused")
    await act(hass, "volume_set", KITCHEN, volume_level=0.5)
    assert household.device("Kitchen Show")["volume"] == 50
    assert commands(sim) == ["PauseCommand"]
    assert texts(sim) == ["pause", "resume", "next", "previous", "shuffle on", "repeat on", "pause"]
    await act(hass, "media_stop", KITCHEN)
    await comes(hass, KITCHEN, "idle")


async def test_an_external_provider_is_stored_for_all_echos(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Supported features are reduced, because text commands cannot seek."""
    for entity_id in (KITCHEN, STUDIO):
        await play(hass, "SPOTIFY", entity_id)
    assert MediaPlayerEntityFeature.SEEK in features(hass, STUDIO)
    sim.reset_ledger()
    await act(hass, "media_pause", KITCHEN)
    assert MediaPlayerEntityFeature.SEEK not in features(hass, STUDIO)
    assert MediaPlayerEntityFeature.NEXT_TRACK in features(hass, STUDIO)
    await act(hass, "media_pause", STUDIO)
    await comes(hass, STUDIO, "paused")
    assert commands(sim) == ["PauseCommand"]
    await play(hass, "AMAZON_MUSIC", OFFICE)
    await act(hass, "media_pause", OFFICE)
    assert commands(sim) == ["PauseCommand", "PauseCommand"]


async def test_after_a_day_amazons_command_is_tried_again(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(players_module, "EXTERNAL_MEMORY", 0.0)
    await play(hass, "SPOTIFY")
    for action, state in (("media_pause", "paused"), ("media_play", "playing")):
        await act(hass, action, KITCHEN)
        await comes(hass, KITCHEN, state)
    assert commands(sim) == ["PauseCommand", "PlayCommand"]


TEXT_COMMANDS = {
    "de-DE": ["Pause", "fortsetzen", "nächstes Lied"],
    "fr-CA": ["pause", "reprends", "chanson suivante"],
    "es-MX": ["pausa", "continúa", "siguiente canción"],
}
"""Text commands to pause, to play, and to skip a title, by the language of the Echo."""


async def test_text_commands_are_in_the_language_of_the_echo(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, subtests: pytest.Subtests
) -> None:
    for locale, words in TEXT_COMMANDS.items():
        household.change("Kitchen Show", preferences={"locale": locale})
        await entry.runtime_data.devices.async_refresh()
        await play(hass, "SPOTIFY")
        before = len(texts(sim))
        with subtests.test(locale):
            for action, state in (
                ("media_pause", "paused"),
                ("media_play", "playing"),
                ("media_next_track", "playing"),
            ):
                await act(hass, action, KITCHEN)
                await comes(hass, KITCHEN, state)
            assert texts(sim)[before:] == words
        await act(hass, "media_stop", KITCHEN)
        await comes(hass, KITCHEN, "idle")


async def test_an_unsupported_language_is_reported(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Speaking and stopping still work."""
    household.change("Kitchen Show", preferences={"locale": "ja-JP"})
    await entry.runtime_data.devices.async_refresh()
    await play(hass, "SPOTIFY")
    with pytest.raises(ServiceValidationError, match="Spotify doesn't accept this command on Kitchen Show, and"):
        await act(hass, "media_pause", KITCHEN)
    assert texts(sim) == []
    lacking = MediaPlayerEntityFeature.PAUSE | MediaPlayerEntityFeature.PLAY | MediaPlayerEntityFeature.NEXT_TRACK
    assert not features(hass) & lacking
    await act(hass, "media_stop", KITCHEN)
    await comes(hass, KITCHEN, "idle")
    assert features(hass) & lacking == lacking


@pytest.mark.parametrize(
    ("action", "data"), [("media_player.media_seek", {"seek_position": 20}), ("alexa_media.forward", {})]
)
async def test_a_command_without_a_sentence_is_reported(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, action: str, data: dict[str, Any]
) -> None:
    await play(hass, "SPOTIFY")
    domain, _, name = action.partition(".")
    with pytest.raises(ServiceValidationError, match="Spotify doesn't accept this command on Kitchen Show"):
        await hass.services.async_call(domain, name, {"entity_id": KITCHEN, **data}, blocking=True)
    assert texts(sim) == []


async def test_a_text_command_for_a_group_is_sent_to_one_of_its_speakers(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    await play(hass, "SPOTIFY", OFFICE)
    household.change("Downstairs", player=household.device("Office Spot")["player"])
    await comes(hass, GROUP, "playing")
    await act(hass, "media_pause", GROUP)
    await comes(hass, GROUP, "paused")
    await comes(hass, STUDIO, "paused")
    (said,) = [said for said in sim.spoken() if said["kind"] == "text"]
    assert (said["serial"], said["text"]) == (household.serial("Kitchen Show"), "pause")


async def test_the_switch_of_shuffle_works_on_spotify(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    await play(hass, "SPOTIFY")
    switch = "switch.kitchen_show_shuffle"
    await comes(hass, switch, "off")
    await hass.services.async_call("switch", "turn_on", {"entity_id": switch}, blocking=True)
    await comes(hass, switch, "on")
    assert texts(sim) == ["shuffle on"]


@pytest.mark.parametrize("locale", ["de-AT", "en-IN", "es-US", "fr-FR", "it-IT", "pt-BR", None])
def test_every_language_has_all_sentences(locale: str | None) -> None:
    phrases = player_phrases_for(locale)
    assert phrases is not None
    kinds = ("PauseCommand", "PlayCommand", "NextCommand", "PreviousCommand", "ShuffleCommand", "RepeatCommand")
    said = [player_sentence(phrases, kind, {"shuffle": on, "repeat": on}) for kind in kinds for on in (True, False)]
    assert all(said)
    assert len(set(said)) == 8
    assert player_sentence(phrases, "SeekCommand", {}) is None
