"""Tests of ``play_media``: providers in upper or lower case, fields in ``extra``, and folders."""

import json
from typing import Any

from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.features.play_media import provider_of

from .conftest import Household, quiet, state_of, until

pytestmark = pytest.mark.platforms("media_player")

KITCHEN = "media_player.kitchen_show"


async def play(hass: HomeAssistant, kind: str, media_id: str, **data: Any) -> None:
    """Play something in the kitchen."""
    data = {"entity_id": KITCHEN, "media_content_type": kind, "media_content_id": media_id, **data}
    await hass.services.async_call(MEDIA_PLAYER, "play_media", data, blocking=True)


async def browse(hass: HomeAssistant, **data: Any) -> Any:
    """Return a folder of the kitchen's media."""
    answer = await hass.services.async_call(
        MEDIA_PLAYER, "browse_media", {"entity_id": KITCHEN, **data}, blocking=True, return_response=True
    )
    assert answer is not None
    return answer[KITCHEN]


async def search(hass: HomeAssistant, **data: Any) -> list[str]:
    """Search media in the kitchen; return the content types of the results."""
    answer = await hass.services.async_call(
        MEDIA_PLAYER,
        "search_media",
        {"entity_id": KITCHEN, "search_query": "tide", **data},
        blocking=True,
        return_response=True,
    )
    assert answer is not None
    found: Any = answer[KITCHEN]
    return [item.media_content_type for item in found.result]


def music_nodes(sim: ControlClient) -> list[dict[str, Any]]:
    """Return the payloads of the played searches."""
    nodes = [
        json.loads(json.loads(entry["body"])["sequenceJson"])["startNode"]
        for entry in sim.ledger(method="POST", path="/api/behaviors/preview")
    ]
    return [node["operationPayload"] for node in nodes if node.get("type") == "Alexa.Music.PlaySearchPhrase"]


# --- folders ----------------------------------------------------------------------------------


async def test_every_folder_can_be_opened(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Every item that cannot be played can be opened, at every depth."""
    waiting = [await browse(hass)]
    seen = []
    while waiting:
        folder = waiting.pop()
        seen.append(folder.media_content_id)
        for item in folder.children or ():
            assert item.can_play is not item.can_expand
            if item.can_expand:
                where = {"media_content_type": item.media_content_type, "media_content_id": item.media_content_id}
                waiting.append(await browse(hass, **where))
    assert {"providers", "provider/AMAZON_MUSIC", "provider/SPOTIFY", "sounds/animals"} <= set(seen)


async def test_a_provider_is_opened_in_any_case(
    hass: HomeAssistant, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for name in ("spotify", "Spotify", " SPOTIFY"):
        with subtests.test(name):
            folder = await browse(hass, media_content_type="library", media_content_id=f"provider/{name}")
            assert (folder.title, folder.can_search) == ("Spotify", True)
            assert (await browse(hass, media_content_type=name)).title == "Spotify"
            for place in ({"media_content_type": name}, {"media_content_id": f"provider/{name}"}):
                where = {"media_content_type": "library", "media_content_id": "", **place}
                assert await search(hass, **{key: value for key, value in where.items() if value}) == ["SPOTIFY"]


UNKNOWN_FOLDERS = (
    *("nowhere", "provider/NOPE", "provider", "provider/", "providers/x", "sounds/", "sounds/nope", "queue/x", "/"),
)


FOLDERS = (
    ("AMAZON_MUSIC", "provider/AMAZON_MUSIC"),
    ("spotify", "provider/SPOTIFY"),
    ("AMAZON_MUSIC", "Provider/spotify"),
    ("library", "providers"),
    ("library", ""),
    ("sound", "sounds/animals"),
    ("TUNEIN", "queue/1"),
)


async def test_a_folder_is_not_played_and_an_unknown_one_is_not_opened(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    subtests: pytest.Subtests,
) -> None:
    await quiet(hass, sim, calm=0.3)
    for folder in UNKNOWN_FOLDERS:
        with subtests.test(folder), pytest.raises(HomeAssistantError, match="doesn't exist"):
            await browse(hass, media_content_type="library", media_content_id=folder)
    for kind, media_id in FOLDERS:
        with subtests.test(f"{kind}-{media_id}"):
            sim.reset_ledger()
            with pytest.raises(ServiceValidationError) as raised:
                await play(hass, kind, media_id)
            assert raised.value.translation_key == "media_id_folder"
            assert household.requests() == []


# --- providers --------------------------------------------------------------------------------


PROVIDERS = (
    ("spotify", "SPOTIFY"),
    ("Amazon Music", "AMAZON_MUSIC"),
    ("amazon_music", "AMAZON_MUSIC"),
    ("My library", "CLOUDPLAYER"),
    ("default", "DEFAULT"),
)


async def test_providers_and_content_types_are_known_in_any_case(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for kind, provider in PROVIDERS:
        with subtests.test(kind):
            sim.reset_ledger()
            await play(hass, kind, "quill")
            assert [node["musicProviderId"] for node in music_nodes(sim)] == [provider]
            data = {"entity_id": KITCHEN, "steps": [{"music": "salt", "provider": kind}]}
            if kind != "My library":  # the steps are parsed without a request
                await hass.services.async_call("alexa_media", "run_sequence", data, blocking=True)
                assert [node["musicProviderId"] for node in music_nodes(sim)] == [provider] * 2
    for kind, media_id in (("Routine", "Good night"), ("SOUND", "air_horn_03"), (" Custom ", "tell a joke")):
        with subtests.test(kind):
            sim.reset_ledger()
            await play(hass, kind, media_id)
            assert len(sim.ledger(path="/api/behaviors/preview")) == 1
            assert music_nodes(sim) == []
    sim.reset_ledger()
    with subtests.test("an unknown provider"):
        with pytest.raises(ServiceValidationError) as raised:
            await play(hass, "somewhere", "quill")
        assert raised.value.translation_key == "media_type_unknown"
        assert music_nodes(sim) == []


def test_names_of_providers_are_recognized() -> None:
    assert provider_of("i heart radio") == "I_HEART_RADIO"
    assert provider_of("library") is None


# --- extra --------------------------------------------------------------------------------------


# Content type, content id, extra, and the fields in the error.
UNKNOWN_FIELDS: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    ("AMAZON_MUSIC", "quill", {"timr": 60}, "timr"),
    ("spotify", "quill", {"timer": 60, "shuffle": True, "enqueue": "x"}, "enqueue, shuffle"),
    ("sound", "air_horn_03", {"timer": 60}, "timer"),
    ("custom", "tell a joke", {"voice": "Brian"}, "voice"),
    ("routine", "good night", {"delay": 3}, "delay"),
    ("station", "s1001", {"title": "x"}, "title"),
)


async def test_unknown_fields_and_invalid_volumes_are_reported(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for kind, media_id, extra, named in UNKNOWN_FIELDS:
        with subtests.test(f"{kind}-{named}"):
            sim.reset_ledger()
            with pytest.raises(ServiceValidationError, match=f"aren't supported for this content type: {named}\\."):
                await play(hass, kind, media_id, extra=extra)
            assert sim.ledger(method="POST", path="/api/behaviors/*") == []
    with subtests.test("image-volume"):
        sim.reset_ledger()
        with pytest.raises(ServiceValidationError, match="any fields in extra\\. Remove them: volume"):
            await play(hass, "image", "https://media.example.org/a.jpg", extra={"volume": 0.3})
        assert sim.ledger(method="POST", path="/api/behaviors/*") == []
    for value in (-0.1, 1.5, "loud", True, [1]):
        with subtests.test(str(value)), pytest.raises(ServiceValidationError, match="number from 0 to 1"):
            await play(hass, "AMAZON_MUSIC", "quill", extra={"volume": value})


async def test_the_volume_is_applied(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    subtests: pytest.Subtests,
) -> None:
    for kind, media_id in (
        *(("AMAZON_MUSIC", "quill"), ("sound", "air_horn_03"), ("station", "s1001"), ("routine", "good night")),
    ):
        with subtests.test(kind):
            household.change("Kitchen Show", volume=35)
            await play(hass, kind, media_id, extra={"volume": 0.55})
            assert household.device("Kitchen Show")["volume"] == 55
    sim.reset_ledger()
    with subtests.test("with a timer"):
        await play(hass, "AMAZON_MUSIC", "quill", extra={"volume": "0.4", "timer": 600})
        await until(hass, lambda: state_of(hass, KITCHEN).state == "playing")
        assert household.device("Kitchen Show")["volume"] == 40
        assert [node["waitTimeInSeconds"] for node in music_nodes(sim)] == [600]
