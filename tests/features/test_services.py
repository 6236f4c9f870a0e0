"""Tests of the integration's own actions, called like in automations."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Household, quiet, state_of, until

pytestmark = pytest.mark.platforms("media_player", "text")

KITCHEN = "media_player.kitchen_show"
BEDROOM = "media_player.bedroom_dot"
STUDIO = "media_player.living_room_studio"


async def act(hass: HomeAssistant, action: str, entity_id: str | list[str] = KITCHEN, **data: Any) -> None:
    """Call one of the actions and wait for its end."""
    await hass.services.async_call(DOMAIN, action, {"entity_id": entity_id, **data}, blocking=True)


async def test_actions_stay_without_an_account(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The actions are registered with the integration, not with an account."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert set(hass.services.async_services_for_domain(DOMAIN)) >= {"forward", "rewind", "send_text_command"}


async def test_an_echo_of_an_account_that_is_not_loaded_is_reported_as_such(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    for action, data in (("create_alarm", {"time": "07:00"}), ("run_sequence", {"steps": [{"speak": "Hello"}]})):
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, action, **data)
        assert raised.value.translation_key == "account_not_loaded"


async def test_several_echos_get_a_text_command_at_once(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Several Echos get the unchanged text in one request."""
    sim.reset_ledger()
    await act(hass, "send_text_command", [KITCHEN, BEDROOM, STUDIO], text_command="  turn on the “big” lights ")
    assert household.requests() == ["POST /api/behaviors/preview"]
    spoken = sim.spoken()
    assert {item["device"] for item in spoken} == {"Kitchen Show", "Bedroom Dot", "Living Room Studio"}
    assert {(item["kind"], item["text"]) for item in spoken} == {("text", "turn on the “big” lights")}


async def test_text_command_by_device(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A device in the target selects its player."""
    device = entry.runtime_data.devices.data[household.serial("Kitchen Show")]
    registered = next(
        entity.device_entry
        for entity in hass.data["entity_components"]["media_player"].entities
        if entity.entity_id == KITCHEN
    )
    assert registered.name == device.name
    await hass.services.async_call(
        DOMAIN, "send_text_command", {"device_id": registered.id, "text_command": "what time is it"}, blocking=True
    )
    assert [item["device"] for item in sim.spoken()] == ["Kitchen Show"]


async def test_an_empty_text_command_is_refused(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    """The caller gets a validation error, and no request is sent."""
    for text in ("", "   "):
        sim.reset_ledger()
        with subtests.test(repr(text)):
            with pytest.raises(ServiceValidationError) as raised:
                await act(hass, "send_text_command", [KITCHEN, BEDROOM], text_command=text)
            assert raised.value.translation_key == "text_command_empty"
            assert sim.ledger(method="POST") == []


async def test_a_refused_text_command_reaches_the_caller(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """Amazon's refusal reaches the caller."""
    sim.fault(path="/api/behaviors/preview", times=5, status=400, body={"message": "no"})
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "send_text_command", text_command="what time is it")
    assert raised.value.translation_key == "command_refused"
    assert sim.spoken() == []


async def test_forward_and_rewind_move_the_position(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Each action sends one command to the active player; the new position is reported by Amazon."""
    await hass.services.async_call(
        "media_player",
        "play_media",
        {"entity_id": KITCHEN, "media_content_type": "AMAZON_MUSIC", "media_content_id": "ferrant"},
        blocking=True,
    )
    await until(hass, lambda: state_of(hass, KITCHEN).state == "playing")
    await quiet(hass, sim)
    sim.reset_ledger()
    await act(hass, "forward")
    await until(hass, lambda: state_of(hass, KITCHEN).attributes["media_position"] >= 30)
    await act(hass, "rewind")
    await until(hass, lambda: state_of(hass, KITCHEN).attributes["media_position"] < 30)
    sent = sim.ledger(method="POST", path="/api/np/command")
    assert [json.loads(request["body"])["type"] for request in sent] == ["ForwardCommand", "RewindCommand"]
    assert {request["query"]["deviceSerialNumber"] for request in sent} == {household.serial("Kitchen Show")}


async def test_actions_succeed_while_nothing_plays(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    """The actions succeed without a request while nothing is playing."""
    for action in ("forward", "rewind"):
        sim.reset_ledger()
        with subtests.test(action):
            await act(hass, action)
            assert sim.ledger(method="POST", path="/api/np/command") == []
