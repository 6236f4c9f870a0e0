"""Tests of single pushes about a player: each pushed value is shown without a request."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.model.devices import Session
from custom_components.alexa_media.coordinator import players

from .conftest import Household, quiet, state_of, until

pytestmark = [pytest.mark.platforms("media_player"), pytest.mark.usefixtures("brief_hints")]

PLAYER = "media_player.kitchen_show"
STUDIO = "media_player.living_room_studio"
SESSIONS = "GET /api/np/list-media-sessions"


class Playing:
    """A Kitchen Show that is playing."""

    def __init__(self, hass: HomeAssistant, sim: ControlClient, household: Household, entry: MockConfigEntry) -> None:
        """Initialize with the Kitchen Show's data."""
        self.hass = hass
        self.sim = sim
        self.household = household
        self.serial = household.serial("Kitchen Show")
        self.players = entry.runtime_data.players
        self.media_id = self.session("Kitchen Show").media.media_id

    def session(self, name: str) -> Session:
        """Return the session that Home Assistant knows of an Echo."""
        session: Session = self.players.data[self.household.serial(name)].session
        return session

    def push(self, command: str, **fields: Any) -> None:
        """Push something about the player without a change in the cloud."""
        device = self.household.device("Kitchen Show")
        doppler = {"deviceSerialNumber": self.serial, "deviceType": device["deviceType"]}
        self.sim.push(command, {"dopplerId": doppler, **fields})

    async def shows(self, **wanted: Any) -> None:
        """Wait until Home Assistant shows a ``state`` or attributes."""

        def holds() -> bool:
            shown = state_of(self.hass, PLAYER)
            return all((shown.state if key == "state" else shown.attributes.get(key)) == wanted[key] for key in wanted)

        await until(self.hass, holds)


@pytest.fixture
async def playing(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> Playing:
    """Return a playing Kitchen Show with an empty ledger; pushes with a track are waited for shortly."""
    monkeypatch.setattr(players, "NOW_PLAYING_DELAY", 0.3)
    data = {"entity_id": PLAYER, "media_content_type": "AMAZON_MUSIC", "media_content_id": "jazz"}
    await hass.services.async_call("media_player", "play_media", data, blocking=True)
    await until(hass, lambda: state_of(hass, PLAYER).state == "playing")
    await quiet(hass, sim, calm=0.6)
    sim.reset_ledger()
    return Playing(hass, sim, household, entry)


async def test_pushed_values_of_players_are_shown(playing: Playing) -> None:
    """State, order, repeat mode and position are shown as pushed, impossible values are not."""
    assert playing.media_id
    volume = state_of(playing.hass, PLAYER).attributes["volume_level"]
    playing.push("PUSH_VOLUME_CHANGE", volumeSetting=250, isMuted=False)
    playing.push("PUSH_MEDIA_PROGRESS_CHANGE", progress={"mediaProgress": 1e30}, mediaReferenceId=playing.media_id)
    playing.push("PUSH_AUDIO_PLAYER_STATE", audioPlayerState="INTERRUPTED", mediaReferenceId=playing.media_id)
    await playing.shows(state="paused", volume_level=volume, media_position=None)
    playing.push("PUSH_AUDIO_PLAYER_STATE", audioPlayerState="PLAYING", mediaReferenceId=playing.media_id)
    await playing.shows(state="playing")
    playing.push(
        "PUSH_MEDIA_QUEUE_CHANGE", changeType="STATUS_CHANGED", playBackOrder="SHUFFLE_ALL", loopMode="LOOP_QUEUE"
    )
    await playing.shows(shuffle=True, repeat="all")
    progress = {"mediaProgress": 61_000, "mediaLength": 240_000}
    playing.push("PUSH_MEDIA_PROGRESS_CHANGE", progress=progress, mediaReferenceId=playing.media_id)
    await playing.shows(media_position=61, media_duration=240)
    await quiet(playing.hass, playing.sim, calm=0.6)
    assert playing.household.requests() == []


INCOMPLETE: dict[str, tuple[str, dict[str, Any]]] = {
    "the end": ("PUSH_AUDIO_PLAYER_STATE", {"audioPlayerState": "FINISHED", "mediaReferenceId": "other:1"}),
    "another title": ("PUSH_AUDIO_PLAYER_STATE", {"audioPlayerState": "PLAYING", "mediaReferenceId": "other:1"}),
    "the place in another title": (
        "PUSH_MEDIA_PROGRESS_CHANGE",
        {"progress": {"mediaProgress": 1000, "mediaLength": 2000}, "mediaReferenceId": "other:1"},
    ),
    "an unknown state": ("PUSH_AUDIO_PLAYER_STATE", {"audioPlayerState": "LEVITATING"}),
}
"""Pushes without the data of their track, and one with an unknown state of the known track."""


async def test_incomplete_pushes_cause_one_read(playing: Playing, subtests: pytest.Subtests) -> None:
    """A push about an unknown track waits for a push with its data; if none arrives, it causes one read."""
    for name, (command, fields) in INCOMPLETE.items():
        playing.sim.reset_ledger()
        with subtests.test(name):
            for _ in range(3):
                playing.push(command, **{"mediaReferenceId": playing.media_id, **fields})
            await until(playing.hass, lambda: playing.household.requests() == [SESSIONS])
            await quiet(playing.hass, playing.sim, calm=0.6)
            assert playing.household.requests() == [SESSIONS]
            await playing.shows(state="playing")


async def test_the_push_about_one_echo_does_not_replace_that_about_another(
    playing: Playing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two Echos begin another title, and only one push with the title arrives: the sessions are read for the other."""
    monkeypatch.setattr(players, "NOW_PLAYING_DELAY", 1.0)
    data = {"entity_id": STUDIO, "media_content_type": "AMAZON_MUSIC", "media_content_id": "jazz"}
    await playing.hass.services.async_call("media_player", "play_media", data, blocking=True)
    await until(playing.hass, lambda: state_of(playing.hass, STUDIO).state == "playing")
    await quiet(playing.hass, playing.sim, calm=0.6)
    playing.sim.reset_ledger()
    playing.push("PUSH_AUDIO_PLAYER_STATE", audioPlayerState="PLAYING", mediaReferenceId="other:1")
    studio = playing.session("Living Room Studio")
    played = {"mediaId": "other:2", "queueId": studio.media.queue_id, "playerState": "PLAYING"}
    update = {"taskSessionId": studio.session_id, "type": "NowPlayingUpdate", "update": {"nowPlayingData": played}}
    playing.sim.push("NotifyNowPlayingUpdated", {"update": update})
    await until(playing.hass, lambda: playing.session("Living Room Studio").media.media_id == "other:2")
    await until(playing.hass, lambda: playing.household.requests() == [SESSIONS], seconds=10)
    await quiet(playing.hass, playing.sim, calm=0.6)
    assert playing.household.requests() == [SESSIONS]
