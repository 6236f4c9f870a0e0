"""Tests of the conversation agent that asks Alexa on the default device, which requires an option."""

from collections.abc import AsyncIterator

from homeassistant.components.conversation import async_converse
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er, intent, issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator.history import HistoryCoordinator
from tests.conftest import Household, set_up, state_of, until

pytestmark = pytest.mark.platforms("media_player")

AGENT = "conversation.jo_example_org_amazon_com"


@pytest.fixture
async def talking(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[MockConfigEntry]:
    """Return an account with the conversation agent and a default device."""
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", 0.15)
    assert await async_setup_component(hass, "homeassistant", {})
    options = {"conversation": True, "default_device": household.serial("Office Spot")}
    hass.config_entries.async_update_entry(config_entry, options=options)
    await set_up(hass, config_entry)
    yield config_entry
    if config_entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(config_entry.entry_id)


async def say(hass: HomeAssistant, text: str, context: Context | None = None) -> intent.IntentResponse:
    """Send a text to the agent."""
    result = await async_converse(hass, text, None, context or Context(), agent_id=AGENT)
    return result.response


async def test_the_default_device_is_asked_and_its_answer_returned(
    hass: HomeAssistant, sim: ControlClient, talking: MockConfigEntry
) -> None:
    response = await say(hass, "what's the weather")
    assert "14 degrees" in response.speech["plain"]["speech"]
    assert [(said["device"], said["text"]) for said in sim.spoken()] == [("Office Spot", "what's the weather")]


async def test_a_missing_answer_is_reported_in_words(
    hass: HomeAssistant, sim: ControlClient, talking: MockConfigEntry
) -> None:
    """The text is sent once."""
    for account in sim.state()["accounts"]:
        sim.patch_state({"accounts": {account: {"historyDelay": 60}}})
    response = await say(hass, "what's the weather")
    assert response.error_code is intent.IntentResponseErrorCode.FAILED_TO_HANDLE
    assert len(sim.spoken()) == 1


async def test_a_default_device_that_cannot_be_asked_is_named(
    hass: HomeAssistant, sim: ControlClient, talking: MockConfigEntry, household: Household
) -> None:
    """It is offline, or its media player is disabled."""
    player = "media_player.office_spot"
    household.change("Office Spot", online=False)
    await until(hass, lambda: state_of(hass, player).state == "unavailable")
    response = await say(hass, "what's the weather")
    assert response.speech["plain"]["speech"].startswith("Office Spot is offline")
    household.change("Office Spot", online=True)
    er.async_get(hass).async_update_entity(player, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    response = await say(hass, "what's the weather")
    assert response.speech["plain"]["speech"].startswith("Office Spot has no enabled media player")
    assert sim.spoken() == []


async def test_a_user_without_permission_sends_nothing(
    hass: HomeAssistant, sim: ControlClient, talking: MockConfigEntry, hass_read_only_user: MockUser
) -> None:
    response = await say(hass, "open the garage", Context(user_id=hass_read_only_user.id))
    assert response.error_code is intent.IntentResponseErrorCode.FAILED_TO_HANDLE
    assert response.speech["plain"]["speech"].startswith("You don't have permission to control Office Spot")
    assert sim.spoken() == []


async def test_without_a_default_device_a_repair_is_offered(
    hass: HomeAssistant, sim: ControlClient, talking: MockConfigEntry
) -> None:
    hass.config_entries.async_update_entry(talking, options={"conversation": True})
    response = await say(hass, "what's the weather")
    assert response.error_code is intent.IntentResponseErrorCode.FAILED_TO_HANDLE
    assert sim.spoken() == []
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"no_default_device_{talking.entry_id}")


async def test_the_agent_is_removed_when_the_option_is_turned_off(
    hass: HomeAssistant, sim: ControlClient, talking: MockConfigEntry
) -> None:
    """The options flow reloads the account for this."""
    flow = await hass.config_entries.options.async_init(talking.entry_id)
    data = {"scan_interval": 60, "extended_entity_discovery": False, "keep_transcripts": True, "conversation": False}
    await hass.config_entries.options.async_configure(flow["flow_id"], data)
    await until(hass, lambda: hass.states.get(AGENT) is None)
    await until(hass, lambda: talking.state is ConfigEntryState.LOADED and talking.runtime_data.push.up)
    assert er.async_get(hass).async_get(AGENT) is None
    assert hass.states.get("media_player.office_spot")
