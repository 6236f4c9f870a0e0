"""Tests of Echos as Assist satellites, which require an option: announcements and broadcasts."""

from homeassistant.components.conversation import async_converse
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from alexa_sim.client import ControlClient
from tests.conftest import Household, quiet, set_up, state_of, until

pytestmark = pytest.mark.platforms("media_player")

KITCHEN, OFFICE = "assist_satellite.kitchen_show_broadcast", "assist_satellite.office_spot_broadcast"
BEDROOM, KIDS = "assist_satellite.bedroom_dot_broadcast", "assist_satellite.kids_dot_broadcast"
OPTIONS = {"scan_interval": 60, "extended_entity_discovery": False, "keep_transcripts": True}


@pytest.fixture
async def satellites(hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry) -> MockConfigEntry:
    """Return an account whose Echos are satellites."""
    assert await async_setup_component(hass, "homeassistant", {})
    hass.config_entries.async_update_entry(config_entry, options={"broadcast": True})
    await set_up(hass, config_entry)
    await quiet(hass, sim)
    return config_entry


def registered(registry: er.EntityRegistry) -> set[str]:
    """Return all satellites."""
    return {item.entity_id for item in registry.entities.values() if item.domain == "assist_satellite"}


async def announce(hass: HomeAssistant, entity_id: str, **data: object) -> None:
    """Announce on a satellite."""
    await hass.services.async_call("assist_satellite", "announce", {"entity_id": entity_id, **data}, blocking=True)


async def broadcast(hass: HomeAssistant, text: str) -> None:
    """Send a sentence to Assist's own agent."""
    result = await async_converse(hass, text, None, Context(), language="en")
    assert result.response.error_code is None


async def test_each_echo_is_a_satellite_and_no_group(
    hass: HomeAssistant, satellites: MockConfigEntry, household: Household, entity_registry: er.EntityRegistry
) -> None:
    assert {KITCHEN, OFFICE, BEDROOM, KIDS} <= registered(entity_registry)
    assert "assist_satellite.downstairs_broadcast" not in registered(entity_registry)
    assert (state_of(hass, KITCHEN).state, state_of(hass, KIDS).state) == ("idle", "unavailable")
    item = entity_registry.async_get(KITCHEN)
    assert item is not None
    assert item.unique_id == f"{household.serial('Kitchen Show')}_broadcast"
    assert state_of(hass, KITCHEN).attributes["supported_features"] == 1
    await hass.config_entries.async_unload(satellites.entry_id)


async def test_a_broadcast_is_announced_on_every_echo_that_is_online(
    hass: HomeAssistant, sim: ControlClient, satellites: MockConfigEntry
) -> None:
    """The broadcast uses Alexa's voice, no speech engine, and one request; Amazon applies Do Not Disturb."""
    sim.reset_ledger()
    await broadcast(hass, "broadcast dinner is ready")
    await until(hass, lambda: len(sim.spoken()) >= 3)
    heard = {said["device"]: (said["kind"], said["text"]) for said in sim.spoken()}
    assert heard["Kitchen Show"] == heard["Office Spot"] == ("announce", "dinner is ready")
    assert len(heard) == len(sim.spoken())
    assert not heard.keys() & {"Kids Dot", "Bedroom Dot", "Downstairs"}
    assert len(sim.ledger(method="POST", path="/api/behaviors/preview")) <= 2
    await hass.config_entries.async_unload(satellites.entry_id)


async def test_an_announcement_without_a_chime_is_spoken(
    hass: HomeAssistant, sim: ControlClient, satellites: MockConfigEntry
) -> None:
    await announce(hass, OFFICE, message="Tea & <cake>", preannounce=False)
    await announce(hass, KIDS, message="hello")
    ((device, kind, text),) = [(said["device"], said["kind"], said["text"]) for said in sim.spoken()]
    assert (device, kind) == ("Office Spot", "speak")
    assert "cake" in text
    await hass.config_entries.async_unload(satellites.entry_id)


async def test_unsupported_announcements_are_refused_before_a_request(
    hass: HomeAssistant, sim: ControlClient, satellites: MockConfigEntry
) -> None:
    """Covers an empty message, and media without an external URL from which Amazon could fetch them."""
    sim.reset_ledger()
    for data in ({"message": " "}, {"media_id": "http://127.0.0.1/bell.mp3"}):
        with pytest.raises(ServiceValidationError):
            await announce(hass, OFFICE, **data)
    assert sim.ledger(method="POST", path="/api/behaviors/preview") == []
    await hass.config_entries.async_unload(satellites.entry_id)


async def test_a_refusal_of_amazon_reaches_the_caller(
    hass: HomeAssistant, sim: ControlClient, satellites: MockConfigEntry
) -> None:
    sim.fault(path="/api/behaviors/preview", method="POST", status=403)
    with pytest.raises(HomeAssistantError):
        await announce(hass, OFFICE, message="Dinner")
    assert sim.spoken() == []
    await hass.config_entries.async_unload(satellites.entry_id)


async def test_a_satellite_has_no_selectable_wake_words(
    hass: HomeAssistant, satellites: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "assist_satellite/get_configuration", "entity_id": OFFICE})
    answer = await client.receive_json()
    assert answer["result"]["available_wake_words"] == answer["result"]["active_wake_words"] == []
    assert answer["result"]["pipeline_entity_id"] is None
    for words, success in (([], True), (["alexa"], False)):
        wanted = {"type": "assist_satellite/set_wake_words", "entity_id": OFFICE, "wake_word_ids": words}
        await client.send_json_auto_id(wanted)
        assert (await client.receive_json())["success"] is success
    await hass.config_entries.async_unload(satellites.entry_id)


async def test_satellites_are_removed_when_the_option_is_turned_off(
    hass: HomeAssistant, satellites: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    """The options flow reloads the account for this."""
    flow = await hass.config_entries.options.async_init(satellites.entry_id)
    await hass.config_entries.options.async_configure(flow["flow_id"], {**OPTIONS, "broadcast": False})
    await until(hass, lambda: hass.states.get(KITCHEN) is None)
    await until(hass, lambda: satellites.state is ConfigEntryState.LOADED and satellites.runtime_data.push.up)
    assert registered(entity_registry) == set()
    assert hass.states.get("media_player.kitchen_show")
    await hass.config_entries.async_unload(satellites.entry_id)


async def test_without_the_option_the_platform_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    assert registered(entity_registry) == set()
    assert not {"assist_satellite", "assist_pipeline"} & hass.config.components
    assert entry.state is ConfigEntryState.LOADED
