"""Tests of the media players with the simulated cloud: states, commands and refusals."""

import asyncio
from functools import partial
import json
import time
from typing import Any

from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER, MediaPlayerEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.model.commands import (
    Command,
    LaunchSkill,
    PlayerCommand,
    PlaySearch,
    PlaySound,
    RunSequence,
    TextCommand,
)
from custom_components.alexa_media.cloud.model.devices import Device, Player, Volume
from custom_components.alexa_media.cloud.model.events import VolumeChanged
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator import base
from custom_components.alexa_media.features.play_media import command_of
from tests.conftest import Clock, Household, quiet, state_of, until

pytestmark = [pytest.mark.platforms("media_player"), pytest.mark.usefixtures("brief_hints")]

KITCHEN = "media_player.kitchen_show"
STUDIO = "media_player.living_room_studio"
GROUP = "media_player.downstairs"

ALWAYS = (
    MediaPlayerEntityFeature.PLAY
    | MediaPlayerEntityFeature.PAUSE
    | MediaPlayerEntityFeature.STOP
    | MediaPlayerEntityFeature.PLAY_MEDIA
    | MediaPlayerEntityFeature.TURN_ON
    | MediaPlayerEntityFeature.TURN_OFF
    | MediaPlayerEntityFeature.VOLUME_SET
    | MediaPlayerEntityFeature.VOLUME_STEP
    | MediaPlayerEntityFeature.VOLUME_MUTE
)


async def act(hass: HomeAssistant, action: str, entity_id: str = KITCHEN, **data: Any) -> None:
    """Call an action of media players and wait for its end."""
    await hass.services.async_call(MEDIA_PLAYER, action, {"entity_id": entity_id, **data}, blocking=True)


async def play(hass: HomeAssistant, phrase: str = "quill", entity_id: str = KITCHEN, **data: Any) -> None:
    """Play the result of a search, and wait until it is shown."""
    await act(hass, "play_media", entity_id, media_content_type="AMAZON_MUSIC", media_content_id=phrase, **data)
    await until(hass, lambda: state_of(hass, entity_id).state == "playing")


def shown(hass: HomeAssistant, name: str, entity_id: str = KITCHEN) -> Any:
    """Return an attribute of a player."""
    return state_of(hass, entity_id).attributes.get(name)


def shown_as(hass: HomeAssistant, entity_id: str, volume: float) -> bool:
    """Return whether a volume is shown."""
    return bool(shown(hass, "volume_level", entity_id) == volume)


async def comes(hass: HomeAssistant, entity_id: str, state: str) -> None:
    """Wait until a player has a state."""
    await until(hass, lambda: state_of(hass, entity_id).state == state, 20)


def commands(sim: ControlClient) -> list[tuple[str, dict[str, Any]]]:
    """Return the serial and the body of the commands to players since the last reset."""
    return [
        (entry["query"]["deviceSerialNumber"], json.loads(entry["body"]))
        for entry in sim.ledger(method="POST", path="/api/np/command")
    ]


@pytest.mark.contract("device registry", "media_player, features")
async def test_ids_are_those_of_alexa_media_player(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, entity_registry: er.EntityRegistry
) -> None:
    """Ids, names and the device are the same as in alexa_media_player."""
    serial = household.serial("Kitchen Show")
    registered = entity_registry.async_get(KITCHEN)
    assert registered is not None
    assert registered.unique_id == serial
    assert registered.device_id is not None
    device = dr.async_get(hass).async_get(registered.device_id)
    assert isinstance(device, dr.DeviceEntry)
    assert (device.name, device.manufacturer, device.model) == (
        "Kitchen Show",
        "Amazon",
        "Echo Show 15 (1st generation)",
    )
    assert device.identifiers == {(DOMAIN, serial)}
    assert (device.serial_number, device.model_id) == (serial, "A1EIANJ7PNB0Q7")
    state = state_of(hass, KITCHEN)
    assert state.name == "Kitchen Show"
    assert state.state == "idle"
    assert state.attributes["device_class"] == "speaker"
    features = state.attributes["supported_features"]
    assert features & ALWAYS == ALWAYS
    for feature in ("SEEK", "NEXT_TRACK", "PREVIOUS_TRACK", "SHUFFLE_SET", "REPEAT_SET"):
        assert features & MediaPlayerEntityFeature[feature], feature
    assert "media_title" not in state.attributes
    assert "group_members" not in state.attributes


@pytest.mark.contract("attributes of media players", "media_player, features")
async def test_all_data_of_a_session_are_shown(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    """The attributes contain all data of a session."""
    await play(hass, "ferrant")
    attributes = state_of(hass, KITCHEN).attributes
    assert attributes["media_content_type"] == "music"
    assert attributes["media_title"] == "Paper Moons (Live)"
    assert attributes["media_artist"] == "Milo Ferrant"
    assert attributes["media_album_name"] == "Lanterns"
    assert attributes["media_duration"] == 302
    assert 0 <= attributes["media_position"] < 30
    assert attributes["media_position_updated_at"]
    assert attributes["app_name"] == "Amazon Music"
    assert attributes["entity_picture"].startswith("https://art.example.org/")
    assert attributes["shuffle"] is False
    assert attributes["repeat"] == "off"
    features = attributes["supported_features"]
    assert features & ALWAYS == ALWAYS
    for feature in ("SEEK", "NEXT_TRACK", "SHUFFLE_SET", "REPEAT_SET"):
        assert features & MediaPlayerEntityFeature[feature], feature
    assert state_of(hass, STUDIO).state == "idle"


async def test_brackets_in_picture_urls_are_encoded(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Brackets are encoded, because they would end a ``url()`` in the frontend's CSS."""
    await play(hass)
    players = entry.runtime_data.players
    serial, player = next((serial, player) for serial, player in players.data.items() if player.session)
    with_brackets = {"art_url": "https://art.example.org/a(b).jpg"}
    media = {name: getattr(player.session.media, name) for name in player.session.media.__slots__} | with_brackets
    session = {name: getattr(player.session, name) for name in player.session.__slots__}
    session["media"] = type(player.session.media)(**media)
    players.async_apply({serial: Player(volume=player.volume, session=type(player.session)(**session))})
    assert shown(hass, "entity_picture") == "https://art.example.org/a%28b%29.jpg"


@pytest.mark.contract("media_player, features")
async def test_a_station_has_no_duration(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A station has no duration; seeking and skipping are not supported."""
    await act(hass, "play_media", media_content_type="TUNEIN", media_content_id="radio nowhere")
    await until(hass, lambda: state_of(hass, KITCHEN).state == "playing")
    features = shown(hass, "supported_features")
    for feature in ("SEEK", "NEXT_TRACK", "PREVIOUS_TRACK"):
        assert not features & MediaPlayerEntityFeature[feature], feature


@pytest.mark.contract("media_player, transport", "seek is offered and does nothing", "turn_on pauses")
async def test_each_transport_command_has_its_effect(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Each command has its effect in the cloud, and the resulting state is shown."""

    def player() -> dict[str, Any]:
        found: dict[str, Any] = household.device("Kitchen Show")["player"]
        return found

    await play(hass)
    first = shown(hass, "media_title")
    await act(hass, "media_pause")
    assert player()["state"] == "PAUSED"
    await until(hass, lambda: state_of(hass, KITCHEN).state == "paused")
    await act(hass, "turn_on")
    assert player()["state"] == "PAUSED"
    await act(hass, "media_play")
    await until(hass, lambda: state_of(hass, KITCHEN).state == "playing")
    await act(hass, "media_next_track")
    await until(hass, lambda: shown(hass, "media_title") != first)
    await act(hass, "media_previous_track")
    await until(hass, lambda: shown(hass, "media_title") == first)
    await act(hass, "media_seek", seek_position=72.6)
    await until(hass, lambda: shown(hass, "media_position") >= 73)
    await act(hass, "shuffle_set", shuffle=True)
    assert player()["shuffle"] is True
    await until(hass, lambda: shown(hass, "shuffle") is True)
    await act(hass, "repeat_set", repeat="all")
    assert player()["repeat"] is True
    await until(hass, lambda: shown(hass, "repeat") == "all")
    await act(hass, "repeat_set", repeat="off")
    await until(hass, lambda: shown(hass, "repeat") == "off")
    await act(hass, "turn_off")
    await until(hass, lambda: state_of(hass, KITCHEN).state == "paused")
    await act(hass, "media_play")
    await until(hass, lambda: state_of(hass, KITCHEN).state == "playing")
    await act(hass, "media_stop")
    await until(hass, lambda: state_of(hass, KITCHEN).state == "idle")
    assert player()["state"] == "IDLE"
    sent = [body for _, body in commands(sim)]
    assert {"type": "SeekCommand", "mediaPosition": 73, "contentFocusClientId": None} in sent
    assert [body["type"] for body in sent if body["type"] in ("PlayCommand", "PauseCommand")] == [
        "PauseCommand",
        "PlayCommand",
        "PauseCommand",
        "PlayCommand",
    ]


async def test_push_is_faster_than_the_answer(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A state that a push confirmed before the response arrived is not read."""
    await act(hass, "play_media", media_content_type="AMAZON_MUSIC", media_content_id="quill")
    await clock.until(lambda: state_of(hass, KITCHEN).state == "playing")
    await clock.settle()
    backend = entry.runtime_data.backend
    send = backend.async_player_command

    async def answer_late(command: PlayerCommand, device: Device) -> None:
        await send(command, device)
        while state_of(hass, KITCHEN).state != "paused":
            await asyncio.to_thread(time.sleep, 0.01)

    monkeypatch.setattr(backend, "async_player_command", answer_late)
    sim.reset_ledger()
    await act(hass, "media_pause")
    await clock.advance(base.CONFIRM_DELAY + base.HINT_DELAY + 0.5, step=0.5)
    assert sim.ledger(path="/api/np/list-media-sessions") == []


@pytest.mark.contract("media_player, transport")
async def test_an_idle_player_is_already_off(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    """Turning it off sends no request, and resuming without anything to resume does nothing."""
    sim.reset_ledger()
    await act(hass, "turn_off")
    assert commands(sim) == []
    await act(hass, "media_play")
    assert [body["type"] for _, body in commands(sim)] == ["PlayCommand"]
    assert sim.spoken() == []
    assert state_of(hass, KITCHEN).state == "idle"
    assert entry.runtime_data.players.last_update_success


@pytest.mark.contract("media_player, group of speakers")
async def test_repeating_a_title_and_music_on_a_group_are_refused_before_a_request(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    with subtests.test("one title is not repeated"):
        await play(hass)
        sim.reset_ledger()
        with pytest.raises(ServiceValidationError, match="single track"):
            await act(hass, "repeat_set", repeat="one")
        assert commands(sim) == []
    with subtests.test("music is not played on a group"):
        sim.reset_ledger()
        with pytest.raises(ServiceValidationError, match="name the group in the search"):
            await act(hass, "play_media", GROUP, media_content_type="AMAZON_MUSIC", media_content_id="jazz")
        assert sim.ledger(method="POST", path="/api/behaviors/*") == []


@pytest.mark.contract("media_player, volume")
async def test_the_volume_of_the_cloud_is_shown(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Volumes are whole percentages, and a step is 5 %."""

    def level() -> int:
        found: int = household.device("Kitchen Show")["volume"]
        return found

    for volume in (0.29, 0.57, 0.58, 1.0):
        await act(hass, "volume_set", volume_level=volume)
        assert level() == round(volume * 100)
    await until(hass, lambda: shown(hass, "volume_level") == 1.0)
    await act(hass, "volume_up")
    assert level() == 100
    await act(hass, "volume_set", volume_level=0.33)
    await act(hass, "volume_down")
    assert level() == 28
    await until(hass, lambda: shown(hass, "volume_level") == 0.28)
    await asyncio.gather(*(act(hass, "volume_up") for _ in range(3)))
    assert level() == 43
    await until(hass, lambda: shown(hass, "volume_level") == 0.43)
    household.change("Kitchen Show", volume=3)
    await until(hass, lambda: shown(hass, "volume_level") == 0.03)
    await act(hass, "volume_set", volume_level=0.03)
    await act(hass, "volume_down")
    assert level() == 0
    await until(hass, lambda: shown(hass, "is_volume_muted"))


@pytest.mark.contract("media_player, volume")
async def test_unmuting_restores_the_volume(hass: HomeAssistant, entry: MockConfigEntry, household: Household) -> None:
    """Muting stores the volume; after muting at the device, unmuting restores the volume that the device reports."""

    def level() -> int:
        found: int = household.device("Kitchen Show")["volume"]
        return found

    assert shown(hass, "is_volume_muted") is False
    await act(hass, "volume_mute", is_volume_muted=True)
    assert level() == 0
    await until(hass, lambda: shown(hass, "is_volume_muted"))
    await act(hass, "volume_mute", is_volume_muted=True)
    await act(hass, "volume_mute", is_volume_muted=False)
    assert level() == 35
    await until(hass, lambda: not shown(hass, "is_volume_muted"))
    household.change("Kitchen Show", muted=True, volume=44)
    await until(hass, lambda: shown(hass, "is_volume_muted"))
    assert shown(hass, "volume_level") == 0.44
    await act(hass, "volume_mute", is_volume_muted=False)
    assert household.device("Kitchen Show")["muted"] is False
    assert level() == 44


@pytest.mark.contract("unmuting sends 5000 %")
async def test_unmuting_without_a_known_volume_is_moderate(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    """The new volume is moderate instead of the maximum."""
    household.change("Kitchen Show", volume=0)
    await until(hass, lambda: shown(hass, "is_volume_muted"))
    await act(hass, "volume_mute", is_volume_muted=False)
    assert household.device("Kitchen Show")["volume"] == 30


async def test_an_unknown_volume_is_read_before_a_step(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """An unknown volume is read before a step; if it stays unknown, the step is refused.

    Steps at the same time add up.
    """
    serial = entry.runtime_data.devices.data
    kitchen = next(device.serial for device in serial.values() if device.name == "Kitchen Show")
    players = entry.runtime_data.players
    players.async_apply({kitchen: Player(volume=Volume(level=None, muted=None))})
    assert shown(hass, "volume_level") is None
    assert shown(hass, "is_volume_muted") is None
    sim.reset_ledger()
    fault = sim.fault(path="/api/devices/deviceType/dsn/audio/v1/allDeviceVolumes", status=200, body={"volumes": []})
    assert fault
    with pytest.raises(ServiceValidationError, match="isn't known"):
        await act(hass, "volume_up")
    assert sim.ledger(path="/api/behaviors/preview") == []
    assert len(sim.ledger(path="/api/devices/deviceType/dsn/audio/v1/allDeviceVolumes")) == 1
    sim.remove_fault(fault)
    await asyncio.gather(*(act(hass, "volume_up") for _ in range(3)))
    assert household.device("Kitchen Show")["volume"] == 50
    players.async_apply({kitchen: Player(volume=None)})
    assert shown(hass, "volume_level") is None


async def test_a_step_starts_from_the_volume_of_the_device(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, subtests: pytest.Subtests
) -> None:
    with subtests.test("after a refused step, whose volume is not shown"):
        household.change("Kitchen Show", volume=35)
        await until(hass, lambda: shown(hass, "volume_level") == 0.35)
        fault = sim.fault(path="/api/behaviors/preview", status=400, body={"message": "no"})
        assert fault
        with pytest.raises(HomeAssistantError) as raised:
            await act(hass, "volume_up")
        assert raised.value.translation_key == "command_refused"
        assert shown(hass, "volume_level") == 0.35
        assert entry.runtime_data.players.last_update_success
        sim.remove_fault(fault)
        await act(hass, "volume_up")
        assert household.device("Kitchen Show")["volume"] == 40
    with subtests.test("after a change at the device"):
        await act(hass, "volume_up")
        household.change("Kitchen Show", volume=80)
        await until(hass, lambda: shown(hass, "volume_level") == 0.8)
        await act(hass, "volume_up")
        assert household.device("Kitchen Show")["volume"] == 85


async def test_a_stale_push_after_an_own_volume_change_is_ignored(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    household: Household,
    sim: ControlClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The push changes neither the state nor the volume from which a step starts."""
    serial = household.serial("Kitchen Show")
    players = entry.runtime_data.players
    stale = VolumeChanged(serial=serial, volume=Volume(level=35, muted=False))
    sim.fault(silent_stream=600)
    await act(hass, "volume_set", volume_level=0.6)
    players.async_volume(stale)
    await act(hass, "volume_down")
    assert household.device("Kitchen Show")["volume"] == 55
    await act(hass, "volume_mute", is_volume_muted=True)
    players.async_volume(stale)
    monkeypatch.setattr(base, "CONFIRM_DELAY", 0.5)
    await act(hass, "volume_mute", is_volume_muted=False)
    assert household.device("Kitchen Show")["volume"] == 55
    # a stale push is not a confirmation, so the volume is read
    players.async_volume(stale)
    await until(hass, lambda: shown(hass, "volume_level") == 0.55)
    players.async_volume(VolumeChanged(serial=serial, volume=Volume(level=20, muted=False)))
    await act(hass, "volume_up")
    assert household.device("Kitchen Show")["volume"] == 25


@pytest.mark.contract("media_player, group of speakers")
async def test_a_group_plays_on_its_members(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A group plays on its members; commands to its members are sent to the group."""
    assert shown(hass, "group_members", GROUP) == [KITCHEN, STUDIO]
    assert shown(hass, "group_members") is None
    assert shown(hass, "volume_level", GROUP) == 0.4
    group = household.serial("Downstairs")
    await play(hass)
    music = household.device("Kitchen Show")["player"]
    await act(hass, "media_stop")
    await until(hass, lambda: state_of(hass, KITCHEN).state == "idle")
    household.change("Downstairs", player=music)
    for entity_id in (GROUP, KITCHEN, STUDIO):
        await comes(hass, entity_id, "playing")
        assert shown(hass, "group_members", entity_id) == [KITCHEN, STUDIO]
    await quiet(hass, sim)
    sim.reset_ledger()
    await act(hass, "media_pause", STUDIO)
    assert [(serial, body["type"]) for serial, body in commands(sim)] == [(group, "PauseCommand")]
    for entity_id in (GROUP, KITCHEN, STUDIO):
        await comes(hass, entity_id, "paused")
    await act(hass, "media_stop", KITCHEN)
    for entity_id in (GROUP, KITCHEN, STUDIO):
        await comes(hass, entity_id, "idle")
    assert household.device("Downstairs")["player"]["state"] == "IDLE"
    assert shown(hass, "group_members") is None


async def test_the_volume_of_a_group_is_the_mean(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Setting the volume of a group sets the volume of all members."""
    household.change("Kitchen Show", volume=10)
    await until(hass, lambda: shown(hass, "volume_level", GROUP) == 0.28)
    assert shown(hass, "is_volume_muted", GROUP) is False
    await quiet(hass, sim)
    sim.reset_ledger()
    await act(hass, "volume_set", GROUP, volume_level=0.6)
    for name in ("Kitchen Show", "Living Room Studio"):
        assert household.device(name)["volume"] == 60
    for entity_id in (GROUP, KITCHEN, STUDIO):
        await until(hass, partial(shown_as, hass, entity_id, 0.6))
    await quiet(hass, sim)
    assert [entry for entry in household.requests() if entry.startswith("GET")] == []


async def test_the_current_members_determine_the_group(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    """A member that joins or leaves the group changes its state."""
    household.change("Downstairs", clusterMembers=[household.serial("Office Spot")])
    await entry.runtime_data.devices.async_refresh()
    await hass.async_block_till_done()
    assert shown(hass, "group_members", GROUP) == ["media_player.office_spot"]
    assert shown(hass, "volume_level", GROUP) == 0.3
    household.change("Office Spot", volume=90)
    await until(hass, lambda: shown(hass, "volume_level", GROUP) == 0.9)


@pytest.mark.contract("play_media, music of a provider", "play_media, sequence, sound, skill, custom")
@pytest.mark.usefixtures("entry")
async def test_each_media_type_plays(
    hass: HomeAssistant, sim: ControlClient, household: Household, subtests: pytest.Subtests
) -> None:
    """Media of each type plays on the Echo, and no other request is sent."""
    for media_type, kind, media_id in (
        ("sound", "sound", "amzn_sfx_doorbell_chime_01"),
        ("sequence", "sequence", "Alexa.Weather.Play"),
        ("custom", "text", "turn off the lights"),
    ):
        before = len(sim.spoken())
        sim.reset_ledger()
        with subtests.test(media_type):
            await act(hass, "play_media", media_content_type=media_type, media_content_id=media_id)
            await until(hass, lambda before=before: sim.spoken()[before:])  # type: ignore[misc]
            assert [(said["kind"], said["serial"], said["text"]) for said in sim.spoken()[before:]] == [
                (kind, household.serial("Kitchen Show"), media_id)
            ]
            await quiet(hass, sim)
            assert [request for request in household.requests() if request.startswith("GET")] == []


@pytest.mark.contract("media_player, availability")
async def test_an_offline_player_is_unavailable(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    assert state_of(hass, "media_player.kids_dot").state == "unavailable"
    household.change("Kids Dot", online=True)
    await until(hass, lambda: state_of(hass, "media_player.kids_dot").state == "idle")


async def test_devices_are_added_and_removed(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, entity_registry: er.EntityRegistry
) -> None:
    """A new device gets entities without a reload; a listed device that the user removed gets its entities again."""
    household.add("G0SIM0000ATTIC01", "Kitchen Show", accountName="Attic")
    devices = entry.runtime_data.devices
    await devices.async_refresh()
    await until(hass, lambda: hass.states.get("media_player.attic"))
    entity_registry.async_remove("media_player.attic")
    await hass.async_block_till_done()
    assert hass.states.get("media_player.attic") is None
    household.add("G0SIM0000CELLAR1", "Kitchen Show", accountName="Cellar")
    await devices.async_refresh()
    await until(hass, lambda: hass.states.get("media_player.attic"))
    await until(hass, lambda: hass.states.get("media_player.cellar"))


async def test_update_entity_reads_all_players_once(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """``homeassistant.update_entity`` reads the players once for all entities."""
    from homeassistant.setup import async_setup_component

    assert await async_setup_component(hass, "homeassistant", {})
    sim.reset_ledger()
    await hass.services.async_call(
        "homeassistant", "update_entity", {"entity_id": [KITCHEN, STUDIO, GROUP]}, blocking=True
    )
    assert household.requests().count("GET /api/np/list-media-sessions") == 1


async def test_a_volume_change_only_writes_affected_players(
    hass: HomeAssistant, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    with subtests.test("the player whose volume changed and its group"):
        before = {state.entity_id: state.last_reported for state in hass.states.async_all(MEDIA_PLAYER)}
        kitchen = next(d.serial for d in entry.runtime_data.devices.data.values() if d.name == "Kitchen Show")
        entry.runtime_data.players.async_volume(VolumeChanged(serial=kitchen, volume=Volume(level=7, muted=False)))
        after = {state.entity_id: state.last_reported for state in hass.states.async_all(MEDIA_PLAYER)}
        assert {entity_id for entity_id, at in after.items() if at != before[entity_id]} == {KITCHEN, GROUP}
    # The means of 35 and 45 and of 36 and 45 are shown as the same percentage.
    with subtests.test("only the member if the mean volume is shown unchanged"):
        kitchen = next(d.serial for d in entry.runtime_data.devices.data.values() if d.name == "Kitchen Show")
        players = entry.runtime_data.players
        players.async_volume(VolumeChanged(serial=kitchen, volume=Volume(level=35, muted=False)))
        before = {state.entity_id: state.last_reported for state in hass.states.async_all(MEDIA_PLAYER)}
        players.async_volume(VolumeChanged(serial=kitchen, volume=Volume(level=36, muted=False)))
        after = {state.entity_id: state.last_reported for state in hass.states.async_all(MEDIA_PLAYER)}
        assert {entity_id for entity_id, at in after.items() if at != before[entity_id]} == {KITCHEN}


@pytest.mark.contract("play_media, music of a provider", "play_media, sequence, sound, skill, custom")
@pytest.mark.parametrize(
    ("media_type", "media_id", "extra", "expected"),
    [
        ("AMAZON_MUSIC", " abba ", {}, PlaySearch(provider="AMAZON_MUSIC", phrase="abba")),
        ("I_HEART_RADIO", "rock", {"timer": 60.0}, PlaySearch(provider="I_HEART_RADIO", phrase="rock", timer=60)),
        ("SPOTIFY", "rock", {"timer": "90"}, PlaySearch(provider="SPOTIFY", phrase="rock", timer=90)),
        ("DEFAULT", "rock", {"timer": None}, PlaySearch(provider="DEFAULT", phrase="rock")),
        ("sound", "bell", {}, PlaySound(sound="bell")),
        ("custom", "what time is it", {}, TextCommand(text="what time is it")),
        ("skill", "amzn1.ask.skill.1", {}, LaunchSkill(skill_id="amzn1.ask.skill.1")),
        (
            "sequence",
            "Alexa.Joke.Play",
            {"a": 1, "b": "x"},
            RunSequence(name="Alexa.Joke.Play", extra={"a": 1, "b": "x"}),
        ),
    ],
)
def test_media_ids_become_commands(media_type: str, media_id: str, extra: dict[str, Any], expected: Command) -> None:
    assert command_of(media_type, media_id, extra, group=False) == expected


@pytest.mark.parametrize(
    ("media_type", "media_id", "extra", "key"),
    [
        ("music", "https://media.example.org/a.mp3", {}, "streaming_unsupported"),
        ("audio/mpeg", "https://media.example.org/a.mp3", {}, "streaming_unsupported"),
        ("AMAZON_MUSIC", "media-source://tts/cloud?message=hi", {}, "streaming_unsupported"),
        ("AMAZON_MUSIC", " ", {}, "media_id_empty"),
        ("sound", "", {}, "media_id_empty"),
        ("routine", "good night", {}, "media_type_unknown"),
        ("image", "https://media.example.org/a.jpg", {}, "media_type_unknown"),
        ("amazon_music", "abba", {}, "media_type_unknown"),
        ("AMAZON_MUSIC", "abba", {"timer": "soon"}, "timer_invalid"),
        ("AMAZON_MUSIC", "abba", {"timer": 0}, "timer_invalid"),
        ("AMAZON_MUSIC", "abba", {"timer": True}, "timer_invalid"),
        ("AMAZON_MUSIC", "abba", {"timer": [1]}, "timer_invalid"),
        ("sequence", "Alexa.Joke.Play", {"a": [1]}, "extra_not_scalar"),
        ("sequence", "Alexa.Joke.Play", {"a": None}, "extra_not_scalar"),
    ],
)
def test_invalid_media_are_refused(media_type: str, media_id: str, extra: dict[str, Any], key: str) -> None:
    with pytest.raises(ServiceValidationError) as raised:
        command_of(media_type, media_id, extra, group=False)
    assert raised.value.translation_key == key


@pytest.mark.contract("attributes of media players, previous_volume")
async def test_the_previous_volume_is_shown(hass: HomeAssistant, entry: MockConfigEntry, household: Household) -> None:
    """Row "previous_volume": the volume before Home Assistant last set it."""
    before = state_of(hass, "media_player.kitchen_show").attributes
    assert (before["available"], before["previous_volume"]) == (True, None)
    data = {"entity_id": "media_player.kitchen_show", "volume_level": 0.61}
    await hass.services.async_call("media_player", "volume_set", data, blocking=True)
    await until(hass, lambda: state_of(hass, "media_player.kitchen_show").attributes["volume_level"] == 0.61)
    assert state_of(hass, "media_player.kitchen_show").attributes["previous_volume"] == before["volume_level"]


TELEVISION = "media_player.television"
TV_SERIAL = "G0SIM00000TV0009"


@pytest.fixture
async def television(hass: HomeAssistant, entry: MockConfigEntry, household: Household) -> dict[str, Any]:
    """Add a Fire TV to the account."""
    household.add(
        TV_SERIAL,
        like="Office Spot",
        accountName="Television",
        deviceType="A2LWARUGJLBYEW",
        deviceFamily="FIRE_TV",
        deviceAccountId="A0TELEVISION",
        capabilities=[],
        fireTv={"on": False, "paused": False, "home": False, "search": None},
    )
    await entry.runtime_data.devices.async_refresh()
    await until(hass, lambda: hass.states.get(TELEVISION))
    return {}


async def _keys(hass: HomeAssistant, *commands: str, entity_id: str = TELEVISION) -> None:
    """Press keys of a Fire TV."""
    for command in commands:
        data = {"entity_id": entity_id, "command": command}
        await hass.services.async_call(DOMAIN, "send_fire_tv_command", data, blocking=True)


@pytest.mark.usefixtures("television")
async def test_a_fire_tv_is_switched_paused_and_searched(hass: HomeAssistant, household: Household) -> None:
    def held() -> dict[str, Any]:
        found: dict[str, Any] = household.device("Television")["fireTv"]
        return found

    state = state_of(hass, TELEVISION)
    assert (state.state, state.attributes["device_class"]) == ("unknown", "tv")
    for action, key, value in (
        ("turn_on", "on", True),
        ("media_pause", "paused", True),
        ("media_play", "paused", False),
        ("media_pause", "paused", True),
        ("media_play_pause", "paused", False),
        ("turn_off", "on", False),
    ):
        await act(hass, action, TELEVISION)
        assert held()[key] is value, action
    await act(hass, "play_media", TELEVISION, media_content_type="video", media_content_id=" cooking shows ")
    assert held()["search"] == "cooking shows"
    await _keys(hass, "turn_on", "pause", "home")
    assert held() == {"on": True, "paused": True, "home": True, "search": "cooking shows"}
    await _keys(hass, "resume", "turn_off")
    assert held() == {"on": False, "paused": False, "home": True, "search": "cooking shows"}


@pytest.mark.usefixtures("television")
async def test_keys_of_a_fire_tv_are_steps_of_a_sequence_and_not_sent_to_an_echo(
    hass: HomeAssistant, sim: ControlClient, household: Household, subtests: pytest.Subtests
) -> None:
    with subtests.test("keys are sent in one request with steps for Echos, or not at all"):

        async def run(*steps: dict[str, Any]) -> None:
            data = {"entity_id": TELEVISION, "steps": list(steps)}
            await hass.services.async_call(DOMAIN, "run_sequence", data, blocking=True)

        sim.reset_ledger()
        for wrong in ({"fire_tv": "menu"}, {"fire_tv": ["home"]}, {"fire_tv": "home", "entity_id": KITCHEN}):
            with pytest.raises(ServiceValidationError, match="Step 2"):
                await run({"fire_tv": "turn_on"}, wrong)
        assert sim.ledger(path="/api/behaviors/preview") == []
        keys = ("turn_on", "home", "pause", "resume", "pause", "turn_off")
        await run({"speak": "Film time", "entity_id": KITCHEN}, *({"fire_tv": key} for key in keys))
        (request,) = sim.ledger(path="/api/behaviors/preview")
        assert [str(request["body"]).count(name) for name in ("TurnOn", "NavigateHome", "PauseVideo")] == [1, 1, 2]
        wanted = {"on": False, "paused": True, "home": True}
        await until(hass, lambda: household.device("Television")["fireTv"] == wanted)
    with subtests.test("keys are not sent to an Echo, and an empty search not at all"):
        sim.reset_ledger()
        with pytest.raises(ServiceValidationError) as raised:
            await _keys(hass, "home", entity_id=KITCHEN)
        assert raised.value.translation_key == "not_a_fire_tv"
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, "play_media", TELEVISION, media_content_type="video", media_content_id="  ")
        assert raised.value.translation_key == "media_id_empty"
        assert sim.ledger(path="/api/behaviors/preview") == []


@pytest.mark.usefixtures("television")
async def test_a_refused_search_of_a_fire_tv_is_suspended_but_its_keys_are_not(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient
) -> None:
    sim.reset_ledger()
    sim.fault(path="/api/behaviors/preview", status=400)
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await act(hass, "play_media", TELEVISION, media_content_type="video", media_content_id="cooking")
        with pytest.raises(HomeAssistantError):
            await _keys(hass, "home")
    assert len(sim.ledger(path="/api/behaviors/preview")) == 3
    assert entry.runtime_data.backend.unsupported == ("fire_tv_search",)


@pytest.mark.usefixtures("television")
async def test_a_search_is_sent_to_a_second_fire_tv_when_the_first_one_was_refused(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, household: Household
) -> None:
    second = "media_player.projector"
    household.add("G0SIM00000TV0010", like="Television", accountName="Projector", deviceAccountId="A0PROJECTOR")
    await entry.runtime_data.devices.async_refresh()
    await until(hass, lambda: hass.states.get(second))
    sim.fault(path="/api/behaviors/preview", status=400, times=1)
    sim.reset_ledger()
    video = {"media_content_type": "video", "media_content_id": "cooking"}
    with pytest.raises(HomeAssistantError):
        await act(hass, "play_media", TELEVISION, **video)
    await act(hass, "play_media", second, **video)
    assert household.device("Projector")["fireTv"]["search"] == "cooking"
    with pytest.raises(HomeAssistantError):
        await act(hass, "play_media", TELEVISION, **video)
    assert len(sim.ledger(path="/api/behaviors/preview")) == 2


@pytest.mark.usefixtures("television")
async def test_a_search_with_an_unknown_outcome_is_neither_repeated_nor_suspended(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient
) -> None:
    sim.fault(path="/api/behaviors/preview", status=503)
    sim.reset_ledger()
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "play_media", TELEVISION, media_content_type="video", media_content_id="cooking")
    assert raised.value.translation_key == "cannot_connect"
    assert len(sim.ledger(path="/api/behaviors/preview")) == 1
    assert entry.runtime_data.backend.unsupported == ()
