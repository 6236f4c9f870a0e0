"""Tests of alexa_media_player's actions other than speech, called like in its users' automations."""

from typing import Any

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN, EVENT_RELOGIN_REQUIRED, EVENT_RELOGIN_SUCCESS
from tests.conftest import Household, quiet, set_up, state_of, until
from tests.features.test_routines import GOOD_NIGHT, automations, change

KITCHEN = "media_player.kitchen_show"
MASKED = {"email": "jo@e*********g", "url": "amazon.com"}


async def act(hass: HomeAssistant, action: str, **data: Any) -> None:
    """Call one of the actions and wait for its end."""
    await hass.services.async_call(DOMAIN, action, data, blocking=True)


async def sign_in_again(hass: HomeAssistant, sim: ControlClient) -> None:
    """Complete the pending sign-in."""
    (progress,) = hass.config_entries.flow.async_progress()
    flow = await hass.config_entries.flow.async_configure(progress["flow_id"], {})
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"next_step_id": "paste"})
    assert flow["description_placeholders"]
    redirect = sim.sign_in(flow["description_placeholders"]["url"], "jo@example.org")
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"redirect_url": redirect})
    assert flow["reason"] == "reauth_successful"


@pytest.mark.contract("services, force_logout", "events, relogin required and success")
async def test_force_logout(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A sign-in is requested once, without a request to Amazon.

    Events with the masked address report the start and the end of it.
    """
    required = async_capture_events(hass, EVENT_RELOGIN_REQUIRED)
    success = async_capture_events(hass, EVENT_RELOGIN_SUCCESS)
    sim.reset_ledger()
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "force_logout", email=["jo@example.org", "nobody@example.org"])
    assert raised.value.translation_key == "account_unknown"
    placeholders = {"email": "nobody@example.org", "known": "jo@e*********g"}
    assert raised.value.translation_placeholders == placeholders
    user = MockUser(is_owner=False).add_to_hass(hass)
    with pytest.raises(Unauthorized):
        await hass.services.async_call(DOMAIN, "force_logout", {}, blocking=True, context=Context(user_id=user.id))
    assert (required, hass.config_entries.flow.async_progress()) == ([], [])
    for email in (["JO@example.org"], "jo@example.org", []):
        await act(hass, "force_logout", email=email)
        await hass.async_block_till_done()
    assert [event.data for event in required] == [MASKED]
    assert [flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()] == ["reauth"]
    await quiet(hass, sim, calm=0.3)
    assert household.requests() == []
    assert state_of(hass, KITCHEN).state == "idle"
    await sign_in_again(hass, sim)
    await hass.async_block_till_done()
    assert [event.data for event in success] == [MASKED]
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.contract("services, force_logout")
async def test_one_of_two_accounts(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, entry_data: dict[str, Any]
) -> None:
    """Only the named account is affected; the error about an unknown account lists all accounts."""
    data = entry_data | {"email": "alex@example.org", "url": "amazon.de"}
    other = MockConfigEntry(domain=DOMAIN, version=2, title="alex", unique_id="A2SIMALEX0RAY2", data=data)
    other.add_to_hass(hass)
    required = async_capture_events(hass, EVENT_RELOGIN_REQUIRED)
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "enable_network_discovery", email="kim@example.org")
    assert raised.value.translation_placeholders == {
        "email": "kim@example.org",
        "known": "a**x@e*********g, jo@e*********g",
    }
    with pytest.raises(HomeAssistantError) as unloaded:
        await act(hass, "enable_network_discovery")
    assert unloaded.value.translation_placeholders == {"failed": "a**x@e*********g (not loaded)"}
    await act(hass, "force_logout", email="alex@example.org")
    await hass.async_block_till_done()
    assert [flow["context"].get("entry_id") for flow in hass.config_entries.flow.async_progress()] == [other.entry_id]
    assert [event.data for event in required] == [{"email": "a**x@e*********g", "url": "amazon.de"}]
    # a disabled account is only refreshed if it is named
    await hass.config_entries.async_set_disabled_by(other.entry_id, ConfigEntryDisabler.USER)
    await act(hass, "enable_network_discovery")
    with pytest.raises(HomeAssistantError) as disabled:
        await act(hass, "enable_network_discovery", email="alex@example.org")
    assert disabled.value.translation_key in ("discovery_failed", "auth_failed")
    # an account without an address has its title
    hass.config_entries.async_update_entry(other, data=data | {"email": ""})
    with pytest.raises(ServiceValidationError) as unnamed:
        await act(hass, "enable_network_discovery", email="kim@example.org")
    assert unnamed.value.translation_placeholders == {"email": "kim@example.org", "known": "alex, jo@e*********g"}


async def test_without_an_account(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    """The error explains that there is no account, or that it is not loaded."""
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "enable_network_discovery")
    assert raised.value.translation_key == "discovery_failed"
    assert raised.value.translation_placeholders == {"failed": "jo@e*********g (not loaded)"}
    await hass.config_entries.async_remove(entry.entry_id)
    for action in ("force_logout", "enable_network_discovery"):
        with pytest.raises(ServiceValidationError) as missing:
            await act(hass, action)
        assert missing.value.translation_key == "no_account"


@pytest.mark.contract("services, enable_network_discovery")
async def test_enable_network_discovery(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Devices, lists and routines are read immediately; new ones appear, and the response contains their numbers."""
    household.add("G0SIM00000ATTIC1", "Bedroom Dot", accountName="Attic Dot", online=True)
    change(sim, "amzn1.new", {"name": "Nap", "startNode": automations(sim)[GOOD_NIGHT]["startNode"]})
    await quiet(hass, sim, calm=1.5)
    sim.reset_ledger()
    data = {"email": "jo@example.org"}
    response = await hass.services.async_call(
        DOMAIN, "enable_network_discovery", data, blocking=True, return_response=True
    )
    assert set(household.requests()) == {
        "GET /api/behaviors/v2/automations",
        "GET /api/device-preferences",
        "GET /api/devices-v2/device",
        "POST /alexashoppinglists/api/v2/lists/fetch",
        "POST /nexus/v1/graphql",
    }
    runtime = entry.runtime_data
    counts = {"devices": len(runtime.devices.data), "appliances": len(runtime.appliances.data)}
    counts |= {"lists": 3, "routines": 3}
    assert response == {"accounts": [{"account": entry.title, "config_entry_id": entry.entry_id, **counts}]}
    await until(hass, lambda: hass.states.get("button.jo_example_org_amazon_com_routine_nap"))
    await until(hass, lambda: hass.states.get("media_player.attic_dot"))
    sim.fault(path="/api/behaviors/v2/automations", status=404, times=1)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "enable_network_discovery")
    assert raised.value.translation_placeholders == {"failed": "jo@e*********g (routines)"}


@pytest.mark.contract("services, restore_volume")
async def test_restore_volume(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Home Assistant's last volume change is undone, even after a restart; an unknown volume causes an error."""
    with pytest.raises(ServiceValidationError) as raised:
        await act(hass, "restore_volume", entity_id=KITCHEN)
    assert raised.value.translation_key == "previous_volume_unknown"
    assert raised.value.translation_placeholders == {"device": "Kitchen Show"}
    before = household.device("Kitchen Show")["volume"]
    data = {"entity_id": KITCHEN, "volume_level": 0.8}
    await hass.services.async_call("media_player", "volume_set", data, blocking=True)
    await until(hass, lambda: state_of(hass, KITCHEN).attributes["volume_level"] == 0.8)
    household.change("Kitchen Show", online=False)
    await until(hass, lambda: state_of(hass, KITCHEN).state == "unavailable")
    await hass.config_entries.async_unload(entry.entry_id)
    household.change("Kitchen Show", online=True)
    await set_up(hass, entry)
    assert state_of(hass, KITCHEN).attributes["previous_volume"] == before / 100
    await act(hass, "restore_volume", entity_id=KITCHEN)
    assert household.device("Kitchen Show")["volume"] == before
    await until(hass, lambda: state_of(hass, KITCHEN).attributes["volume_level"] == before / 100)
    assert state_of(hass, KITCHEN).attributes["previous_volume"] == 0.8
