"""Tests of running routines on an Echo by name, utterance or id."""

from collections.abc import Iterator
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Household, state_of

pytestmark = pytest.mark.platforms("button", "media_player")

JO = "A2SIMJO7D0EQ11"
GOOD_NIGHT = "amzn1.alexa.automation.5a6b7c8d-0001-4e8f-9a0b-1c2d3e4f5a01"
DINNER = "amzn1.alexa.automation.5a6b7c8d-0002-4e8f-9a0b-1c2d3e4f5a01"
OFFICE = "media_player.office_spot"
GARAGE = "media_player.garage_echo"
GROUP = "media_player.downstairs"
BEHAVIOR = "/api/behaviors/preview"


def automations(sim: ControlClient) -> dict[str, Any]:
    """Return the routines of the cloud by id."""
    found: dict[str, Any] = sim.state()["accounts"][JO]["automations"]
    return found


def change(sim: ControlClient, routine_id: str, values: dict[str, Any] | None) -> None:
    """Change a routine, like a person in the app; ``None`` deletes it."""
    sim.patch_state({"accounts": {JO: {"automations": {routine_id: values}}}})


def outdate(entry: MockConfigEntry) -> None:
    """Mark the routines that were read as outdated."""
    entry.runtime_data.routines._read_at = -100.0


def customers(node: Any) -> Iterator[str]:
    """Yield every customer id in a sequence."""
    if isinstance(node, dict):
        if "customerId" in node:
            yield node["customerId"]
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from customers(item)


async def run(hass: HomeAssistant, routine: str, entity_id: str = OFFICE) -> Any:
    """Run a routine with the action, and return its response."""
    response = await hass.services.async_call(
        DOMAIN, "run_routine", {"entity_id": entity_id, "routine": routine}, blocking=True, return_response=True
    )
    assert response is not None
    return response[entity_id]


async def play(hass: HomeAssistant, kind: str, media_id: str, entity_id: str = OFFICE) -> None:
    """Play something with the play_media action."""
    data = {"entity_id": entity_id, "media_content_type": kind, "media_content_id": media_id}
    await hass.services.async_call("media_player", "play_media", data, blocking=True)


@pytest.mark.contract("play_media, routine", "parallel steps of a routine run in turn")
async def test_a_routine_runs_on_the_given_echo(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The routine runs under its id on the given Echo, nested as stored, with each node for the owner of its Echo."""
    outdate(entry)
    sim.reset_ledger()
    assert await run(hass, "dinner TIME", OFFICE) == {"id": DINNER, "name": "Dinner time"}
    assert household.requests() == ["GET /api/behaviors/v2/automations", f"POST {BEHAVIOR}"]
    assert [(said["device"], said["text"], said["offset"]) for said in sim.spoken()] == [
        ("Office Spot", "Dinner is served", 0.0),
        ("Garage Echo", "Come to the table", 0.0),
    ]
    assert household.device("Office Spot")["volume"] == 42
    assert [automations(sim)[key]["runs"] for key in (GOOD_NIGHT, DINNER)] == [0, 1]
    body = json.loads(sim.ledger(path=BEHAVIOR)[0]["body"])
    assert (body["behaviorId"], body["status"]) == (DINNER, "ENABLED")
    assert "ALEXA_" not in body["sequenceJson"]
    sequence = json.loads(body["sequenceJson"])
    assert sequence["startNode"]["@type"].endswith("ParallelNode")
    alex = household.device("Garage Echo")["deviceOwnerCustomerId"]
    assert list(customers(sequence)) == [JO, JO, alex, alex]
    # an Echo of another adult: the routine runs with their customer id
    await run(hass, DINNER, GARAGE)
    sequence = json.loads(json.loads(sim.ledger(path=BEHAVIOR)[-1]["body"])["sequenceJson"])
    assert set(customers(sequence)) == {alex}


@pytest.mark.contract("play_media, routine", "a routine that is not found does nothing")
async def test_a_routine_is_found_by_id_name_or_utterance(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Covers id, name and utterance; an ambiguous name raises an error that lists the options, and runs nothing."""
    for wanted in ("Call Everybody to the table", " dinner is ready ", DINNER):
        assert (await run(hass, wanted))["id"] == DINNER
    await play(hass, "routine", "CALL EVERYBODY TO THE TABLE")
    assert automations(sim)[DINNER]["runs"] == 4
    twin = {"name": "good night", "startNode": automations(sim)[GOOD_NIGHT]["startNode"]}
    change(sim, "amzn1.alexa.automation.twin", twin)
    outdate(entry)
    sim.reset_ledger()
    for wanted, key, told in (
        ("Good night", "routine_ambiguous", [GOOD_NIGHT, "amzn1.alexa.automation.twin"]),
        ("Good morning", "routine_unknown", ["Dinner time", "Good night"]),
        ("  ", "routine_empty", []),
    ):
        with pytest.raises(ServiceValidationError) as raised:
            await run(hass, wanted)
        assert raised.value.translation_key == key
        placeholders = raised.value.translation_placeholders or {}
        assert all(name in str(placeholders) for name in told)
    with pytest.raises(ServiceValidationError) as raised:
        await play(hass, "routine", "Good morning")
    assert raised.value.translation_key == "routine_unknown"
    assert household.requests("POST") == []
    # of two routines with the same name, the enabled one runs
    change(sim, "amzn1.alexa.automation.twin", {"status": "DISABLED"})
    outdate(entry)
    assert (await run(hass, "Good night"))["id"] == GOOD_NIGHT
    with pytest.raises(ServiceValidationError) as raised:
        await run(hass, "amzn1.alexa.automation.twin")
    assert raised.value.translation_key == "routine_disabled"


async def test_a_group_accepts_routines_with_their_own_echos(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """Routines that name their own Echos can run, but those for the Echo that was spoken to cannot."""
    await run(hass, "Good night", GROUP)
    assert [said["device"] for said in sim.spoken()] == ["Bedroom Dot"]
    with pytest.raises(ServiceValidationError) as raised:
        await run(hass, "Dinner time", GROUP)
    assert raised.value.translation_key == "routine_on_group"
    assert len(sim.spoken()) == 1


async def test_the_current_steps_of_a_routine_run(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """Changes made in the app since the last read apply, and new routines are found."""
    node = automations(sim)[GOOD_NIGHT]["startNode"]
    node["operationPayload"]["textToSpeak"] = "Sweet dreams"
    change(sim, GOOD_NIGHT, {"startNode": node})
    change(sim, "amzn1.alexa.automation.new", {"name": "Nap", "utterances": ["nap time"], "startNode": node})
    outdate(entry)
    await run(hass, "Good night")
    await run(hass, "nap time")
    assert [said["text"] for said in sim.spoken()] == ["Sweet dreams", "Sweet dreams"]


async def test_refusals_reach_the_caller(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Unreadable or refused routines raise an error, do not run twice, and do not affect polls."""
    routines = entry.runtime_data.routines
    for path, status, key in (
        ("/api/behaviors/v2/automations", 404, "unsupported"),
        (BEHAVIOR, 400, "command_refused"),
        (BEHAVIOR, 503, "cannot_connect"),
    ):
        outdate(entry)
        fault = sim.fault(path=path, status=status)
        sim.reset_ledger()
        with pytest.raises(HomeAssistantError) as raised:
            await run(hass, "Good night")
        assert raised.value.translation_key == key
        assert len(household.requests("POST", BEHAVIOR)) == (path == BEHAVIOR)
        assert fault
        sim.remove_fault(fault)
        assert routines.last_update_success
    assert sim.spoken() == []
    assert state_of(hass, "button.jo_example_org_amazon_com_routine_good_night").state != "unavailable"


@pytest.mark.contract("play_media, image")
async def test_a_picture_needs_a_screen_and_https(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A picture is shown on a screen; without a screen or an https URL no request is sent."""
    sim.reset_ledger()
    for entity_id, address, key in (
        ("media_player.bedroom_dot", "https://pictures.example.org/a.jpg", "image_no_screen"),
        (OFFICE, "http://pictures.example.org/a.jpg", "image_address"),
        (OFFICE, "/media/local/a.jpg", "image_address"),
        (OFFICE, "https://", "image_address"),
        (OFFICE, "https://pictures.example.org:port/a.jpg", "image_address"),
    ):
        with pytest.raises(ServiceValidationError) as raised:
            await play(hass, "image", address, entity_id)
        assert raised.value.translation_key == key, address
    assert household.requests() == []
    await play(hass, "image", " https://pictures.example.org/a.jpg ")
    assert household.requests() == ["POST /api/background-image"]
    assert household.device("Office Spot")["backgroundImage"] == "https://pictures.example.org/a.jpg"
    sim.fault(path="/api/background-image", status=400, times=1)
    with pytest.raises(HomeAssistantError) as refused:
        await play(hass, "image", "https://pictures.example.org/b.jpg")
    assert refused.value.translation_key == "command_refused"
    assert household.device("Office Spot")["backgroundImage"] == "https://pictures.example.org/a.jpg"
