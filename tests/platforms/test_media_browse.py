"""Tests of browsing, searching, validation, the queue and sequences."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator import media
from tests.conftest import Household, quiet, state_of, until

pytestmark = pytest.mark.platforms("media_player")

KITCHEN = "media_player.kitchen_show"
STUDIO = "media_player.living_room_studio"
GARAGE = "media_player.garage_echo"
GROUP = "media_player.downstairs"


async def act(hass: HomeAssistant, domain: str, service: str, entity_id: str | None = KITCHEN, **data: Any) -> Any:
    """Call an action; return its response."""
    answers = hass.services.supports_response(domain, service).value == "only"
    target = {"entity_id": entity_id} if entity_id else {}
    return await hass.services.async_call(domain, service, target | data, blocking=True, return_response=answers)


async def browse(hass: HomeAssistant, path: str, entity_id: str = KITCHEN) -> dict[str, Any]:
    """Return the children of a folder by title."""
    answer = await act(
        hass, "media_player", "browse_media", entity_id, media_content_type="library", media_content_id=path
    )
    return {child.title: child for child in answer[entity_id].children}


async def test_folders_can_be_browsed(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Folders have the format of the frontend; content that rarely changes is read once a day."""
    await quiet(hass, sim, calm=0.3)
    socket = await hass_ws_client(hass)
    await socket.send_json_auto_id({"type": "media_player/browse_media", "entity_id": KITCHEN})
    root = (await socket.receive_json())["result"]
    assert [child["title"] for child in root["children"]] == ["Music providers", "Sounds", "Routines"]
    assert root["can_search"]

    sim.reset_ledger()
    providers = await browse(hass, "providers")
    assert next(iter(providers)) == "Amazon Music"  # the account's default provider first
    assert providers["Spotify"].can_search
    assert not providers["Spotify"].can_play
    sounds = await browse(hass, "sounds")
    assert list(sounds) == ["Animals", "Bells and buzzers"]
    animals = await browse(hass, sounds["Animals"].media_content_id)
    assert set(animals) == {"Cat", "Dog"}
    assert household.requests() == ["GET /api/behaviors/entities"] * 2

    await act(
        hass,
        "media_player",
        "play_media",
        media_content_type=animals["Cat"].media_content_type,
        media_content_id=animals["Cat"].media_content_id,
    )
    assert sim.spoken()[-1]["text"] == "amzn_sfx_cat_meow_1x_01"

    await socket.send_json_auto_id(
        {
            "type": "media_player/browse_media",
            "entity_id": KITCHEN,
            "media_content_type": "library",
            "media_content_id": "nowhere",
        }
    )
    assert not (await socket.receive_json())["success"]


async def test_routines_can_be_browsed_and_played(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Enabled routines can be browsed and found; playing one runs it on that Echo."""
    await quiet(hass, sim, calm=0.3)
    sim.reset_ledger()
    routines = await browse(hass, "routines")
    there = {routine.name for routine in entry.runtime_data.routines.data.values() if routine.enabled}
    assert list(routines) == sorted(there, key=str.casefold) == ["Dinner time", "Good night"]
    assert household.requests() == []

    found = (await act(hass, "media_player", "search_media", search_query="dinner"))[KITCHEN].result
    (dinner,) = [item for item in found if item.media_content_type == "routine"]
    assert dinner.title == "Dinner time"
    only = await act(hass, "media_player", "search_media", search_query="dinner", media_content_type="SPOTIFY")
    assert [item.media_content_type for item in only[KITCHEN].result] == ["SPOTIFY"]
    await act(
        hass, "media_player", "play_media", media_content_type="routine", media_content_id=dinner.media_content_id
    )
    ran = sim.ledger(method="POST", path="/api/behaviors/preview")
    assert household.serial("Kitchen Show") in ran[-1]["body"]

    (customer,) = household.accounts
    change = {dinner.media_content_id: {"status": "DISABLED"}}
    sim.patch_state({"accounts": {customer: {"automations": change}}})
    await entry.runtime_data.routines.async_refresh()
    assert list(await browse(hass, "routines")) == ["Good night"], "the other routine is disabled"


async def test_every_provider_can_be_searched(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A search is offered for every provider, and stations are found; an empty search is refused."""
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "media_player", "search_media", search_query="  ")
    assert str(raised.value).startswith("The search is empty.")
    found = (await act(hass, "media_player", "search_media", search_query="harbour"))[KITCHEN].result
    assert [item.title for item in found][:1] == ["harbour – Amazon Music"]
    (station,) = [item for item in found if item.media_content_type == "station"]
    assert (station.title, station.media_content_id) == ("Harbour FM", "s1002")
    await act(
        hass,
        "media_player",
        "play_media",
        media_content_type="station",
        media_content_id="s1002",
    )
    await until(hass, lambda: state_of(hass, KITCHEN).state == "playing")
    assert state_of(hass, KITCHEN).attributes["media_title"] == "Harbour FM"

    only = await act(hass, "media_player", "search_media", search_query="tide", media_content_type="SPOTIFY")
    assert [item.media_content_type for item in only[KITCHEN].result] == ["SPOTIFY"]
    stations = await act(hass, "media_player", "search_media", search_query="radio", media_filter_classes=["channel"])
    assert {item.title for item in stations[KITCHEN].result} == {"Radio Nowhere"}
    # other media are listed without the stations
    sim.fault(path="/api/tunein/search", status=503)
    rest = await act(hass, "media_player", "search_media", search_query="harbour")
    assert {item.media_content_type for item in rest[KITCHEN].result} >= {"SPOTIFY", "TUNEIN"}
    sim.fault(path="/api/behaviors/entities", status=503)
    entry.runtime_data.media._providers._known = None
    with pytest.raises(HomeAssistantError):
        await act(hass, "media_player", "search_media", search_query="harbour")


# HOLE@@
async def test_searches_are_validated_before_playback(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A refusal has a reason and plays nothing; a failed validation request does not prevent playback."""
    await act(hass, "media_player", "play_media", media_content_type="SPOTIFY", media_content_id="  HARBOUR lights ")
    assert household.requests("POST", "/api/behaviors/*") == [
        "POST /api/behaviors/operation/validate",
        "POST /api/behaviors/preview",
    ]
    await until(hass, lambda: state_of(hass, KITCHEN).state == "playing")

    sim.reset_ledger()
    with pytest.raises(ServiceValidationError, match=r"can't play “abba” from TIDAL \(unsupported provider\).*SPOTIFY"):
        await act(hass, "media_player", "play_media", media_content_type="TIDAL", media_content_id="abba")
    assert "POST /api/behaviors/preview" not in household.requests()

    sim.fault(path="/api/behaviors/operation/validate", status=200, body={"odd": 1})
    await act(hass, "media_player", "play_media", media_content_type="SPOTIFY", media_content_id="salt")
    await until(hass, lambda: state_of(hass, KITCHEN).attributes.get("media_title") == "Salt")


async def test_the_queue_is_listed_and_played(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The queue is listed, and its items can be played."""
    assert await act(hass, DOMAIN, "get_queue") == {KITCHEN: {"queue": []}}
    with pytest.raises(ServiceValidationError, match="There is no queue"):
        await act(hass, "media_player", "play_media", media_content_type="queue", media_content_id="sim:track:3")
    await act(hass, "media_player", "play_media", media_content_type="AMAZON_MUSIC", media_content_id="quill")
    await until(hass, lambda: state_of(hass, KITCHEN).state == "playing")
    queue = (await act(hass, DOMAIN, "get_queue"))[KITCHEN]["queue"]
    assert [(item["title"], item["artist"]) for item in queue] == [
        ("Harbour Lights", "Ada Quill"),
        ("Rope and Tide", "Ada Quill"),
        ("Gulls at Six", "Ada Quill"),
    ]
    listed = await browse(hass, "queue")
    last = listed["Gulls at Six – Ada Quill"]
    await act(
        hass,
        "media_player",
        "play_media",
        media_content_type=last.media_content_type,
        media_content_id=last.media_content_id,
    )
    await until(hass, lambda: state_of(hass, KITCHEN).attributes["media_title"] == "Gulls at Six")
    sim.reset_ledger()
    for enqueue in ("add", "next"):
        with pytest.raises(ServiceValidationError, match="adding to the queue"):
            await act(
                hass,
                "media_player",
                "play_media",
                media_content_type="SPOTIFY",
                media_content_id="salt",
                enqueue=enqueue,
            )
    with pytest.raises(ServiceValidationError, match="isn't the ID of a station"):
        await act(hass, "media_player", "play_media", media_content_type="station", media_content_id='x"]|')
    assert household.requests() == []


async def test_a_group_has_nothing_to_browse(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    with pytest.raises(ServiceValidationError):
        await act(hass, "media_player", "play_media", GROUP, media_content_type="station", media_content_id="s1001")
    assert await act(hass, DOMAIN, "get_queue", GROUP) == {GROUP: {"queue": []}}
    with pytest.raises(HomeAssistantError):
        await act(hass, "media_player", "browse_media", GROUP)


async def test_one_request_stops_every_echo(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """One request stops every Echo, also the one of another adult."""
    for player in (KITCHEN, STUDIO, GARAGE):
        await act(hass, "media_player", "play_media", player, media_content_type="SPOTIFY", media_content_id="lanterns")
    sim.reset_ledger()
    await act(hass, DOMAIN, "stop_all", None)
    assert household.requests("POST") == ["POST /api/behaviors/preview"]
    names = ("Kitchen Show", "Living Room Studio", "Garage Echo")
    assert {household.device(name)["player"]["state"] for name in names} == {"IDLE"}
    await until(hass, lambda: {state_of(hass, player).state for player in (KITCHEN, STUDIO, GARAGE)} == {"idle"})
    sim.reset_ledger()
    for unknown in ("unknown", ""):
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, DOMAIN, "stop_all", None, config_entry_id=unknown)
        assert raised.value.translation_key == "account_id_unknown"
    assert household.requests("POST") == []


async def test_a_sequence_that_waits_for_an_echo_holds_up_nothing_else(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Sequences for other Echos and "stop on all devices" are sent meanwhile; a reload ends the wait."""
    await act(hass, DOMAIN, "speak", message="word " * 200)
    sim.reset_ledger()
    steps = [{"speak": "The washing is done"}]
    waiting = hass.async_create_task(act(hass, DOMAIN, "run_sequence", steps=steps), eager_start=True)
    async with asyncio.timeout(10):
        await act(hass, DOMAIN, "run_sequence", STUDIO, steps=steps)
        await act(hass, DOMAIN, "stop_all", None)
        assert household.requests("POST") == ["POST /api/behaviors/preview"] * 2
        assert not waiting.done()
        assert await hass.config_entries.async_reload(entry.entry_id)
        with pytest.raises(HomeAssistantError) as raised:
            await waiting
    assert (raised.value.translation_placeholders or {})["reason"] == "the account is being unloaded"


async def test_nested_steps_run_in_order(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nested steps are sent in one request, and run in order on the selected Echos."""
    monkeypatch.setattr(media, "SHARED_READ_AGE", 0.0)
    await quiet(hass, sim, calm=0.3)
    sim.reset_ledger()
    steps = [
        {"parallel": [{"volume": 0.2}, {"volume": 0.6, "entity_id": STUDIO}]},
        {"speak": "Good morning & welcome"},
        {"wait": 4},
        {"serial": [{"announce": "Breakfast", "title": "Kitchen", "entity_id": GROUP}, {"sound": "air_horn_03"}]},
        {"parallel": [{"music": "salt", "provider": "SPOTIFY"}, {"stop": True, "entity_id": STUDIO}]},
        {"routine": "dinner time", "entity_id": STUDIO},
    ]
    await act(hass, DOMAIN, "run_sequence", KITCHEN, steps=steps)
    assert household.requests() == ["GET /api/behaviors/v2/automations", "POST /api/behaviors/preview"]
    spoken = sim.spoken()
    kitchen = [item for item in spoken if item["device"] == "Kitchen Show"]
    assert kitchen[0]["text"] == "Good morning &amp; welcome"
    assert kitchen[0]["volume"] == 20
    members = {item["device"] for item in spoken if item["text"] == "Breakfast"}
    assert members == {state_of(hass, member).name for member in state_of(hass, GROUP).attributes["group_members"]}
    announced = next(item for item in spoken if item["text"] == "Breakfast")
    assert announced["offset"] == pytest.approx(kitchen[0]["duration"] + 4)
    assert announced["title"] == "Kitchen"
    after = [item for item in spoken if item["offset"] > announced["offset"] and item["kind"] == "speak"]
    assert {item["device"] for item in after} == {"Living Room Studio"}


async def test_a_sequence_does_not_interrupt_speech(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A sequence with speech waits for current speech on its Echos, and later texts wait for the sequence."""
    scheduler = entry.runtime_data.backend._scheduler
    serial = household.serial("Kitchen Show")
    await act(hass, DOMAIN, "run_sequence", KITCHEN, steps=[{"speak": "x" * 100}])
    now = hass.loop.time()
    assert 15 < scheduler._speaks_until[serial] - now < 18
    scheduler._speaks_until[serial] = now + 0.4
    await act(hass, DOMAIN, "run_sequence", KITCHEN, steps=[{"speak": "then this"}])
    assert hass.loop.time() - now >= 0.39
    scheduler._speaks_until[serial] = hass.loop.time() + 900.4
    with pytest.raises(HomeAssistantError, match="Nothing was run") as raised:
        await act(hass, DOMAIN, "run_sequence", KITCHEN, steps=[{"speak": "too late"}])
    assert raised.value.translation_placeholders == {"devices": "Kitchen Show", "seconds": "900"}
    # media without speech does not wait
    began = hass.loop.time()
    await act(hass, DOMAIN, "run_sequence", KITCHEN, steps=[{"volume": 0.5}])
    assert hass.loop.time() - began < 1


WRONG: list[tuple[list[Any], str]] = [
    ([], "has no step for a device"),
    ([{"wait": 5}], "has no step for a device"),
    ([{"speak": "a"}, {"serial": [{"speak": "b"}, {"volume": 7}]}], r"Step 2\.2 .*from 0 to 1"),
    ([{"speak": " "}], r"Step 1 .*it needs text"),
    ([{"announce": "Dinner", "title": " "}], r"Step 1 .*its title needs text"),
    ([{"speak": "a"}, {"text_command": "x" * 8001}], r"Step 2 .*too long \(8001 .*\)\. Shorten it\. Correct"),
    ([{"dance": True}], r"Step 1 .*exactly one of: speak"),
    ([{"speak": "a", "wait": 1}], "exactly one"),
    ([{"speak": "a", "headline": "b"}], "unknown fields: headline"),
    (["speak"], "it isn't a mapping"),
    ([{"wait": 0}, {"speak": "a"}], r"Step 1 .*seconds from 1"),
    ([{"speak": "a"}, {"wait": 1.5}], r"Step 2 .*whole number of seconds"),
    ([{"music": "jazz", "timer": 30.9}], r"Step 1 .*whole number of seconds"),
    (
        [{"speak": "a", "entity_id": "media_player.nowhere"}],
        "media_player.nowhere, which isn't an enabled media player",
    ),
    ([{"speak": "a", "entity_id": "media_player.garden_dot"}], "offline|isn't an enabled media player"),
    (
        [{"speak": "a"}, {"serial": [{"music": "jazz", "entity_id": "media_player.downstairs"}]}],
        "directly on a speaker group",
    ),
    ([{"stop": 3}], "doesn't take a value"),
    ([{"routine": "nap"}], "No routine has the name"),
    ([{"speak": "a"}] * 41, "41 commands"),
    ([{"serial": [{"serial": [{"serial": [{"serial": [{"serial": [{"serial": [{"speak": "a"}]}]}]}]}]}]}], "levels"),
]


async def test_an_invalid_sequence_sends_no_request(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error names the step and its problem."""
    monkeypatch.setattr(media, "SHARED_READ_AGE", 0.0)
    await quiet(hass, sim, calm=0.3)
    sim.reset_ledger()
    for steps, match in WRONG:
        with pytest.raises(ServiceValidationError, match=match):
            await act(hass, DOMAIN, "run_sequence", KITCHEN, steps=steps)
    with pytest.raises(ServiceValidationError, match="has no Echo or Fire TV that you can use"):
        await act(hass, DOMAIN, "run_sequence", None, steps=[{"speak": "a"}])
    assert set(household.requests()) == {"GET /api/behaviors/v2/automations"}
    sim.fault(path="/api/behaviors/preview", status=400, body={"message": "no"})
    with pytest.raises(HomeAssistantError, match="rejected"):
        await act(hass, DOMAIN, "run_sequence", KITCHEN, steps=[{"speak": "a"}])
    assert sim.spoken() == []
