"""Tests of system health: numbered accounts, and whether Amazon is reachable."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Allow lingering timers, because Home Assistant's reachability check leaves one if the response is not read."""
    return True


async def health(hass: HomeAssistant) -> dict[str, Any]:
    """Return the system health information of the integration."""
    hass.config.components.add(DOMAIN)
    assert await async_setup_component(hass, "system_health", {})
    await hass.async_block_till_done()
    info: dict[str, Any] = await get_system_health_info(hass, DOMAIN)
    info["can_reach_amazon"] = await info["can_reach_amazon"]
    return info


def add(
    hass: HomeAssistant,
    data: Mapping[str, Any],
    unique_id: str,
    *,
    state: ConfigEntryState = ConfigEntryState.LOADED,
    devices: int = 3,
    up: bool = True,
    **changed: Any,
) -> MockConfigEntry:
    """Add an account in a state."""
    entry = MockConfigEntry(domain=DOMAIN, version=2, unique_id=unique_id, data=dict(data) | changed)
    entry.add_to_hass(hass)
    entry.mock_state(hass, state)
    if state is ConfigEntryState.LOADED:
        entry.runtime_data = SimpleNamespace(
            push=SimpleNamespace(up=up),
            devices=SimpleNamespace(data=dict.fromkeys(range(devices))),
            backend=SimpleNamespace(unsupported=("arm_security_panel",), drift=("one", "two")),
        )
    return entry


async def test_the_health_of_one_account_is_shown(
    hass: HomeAssistant, sim: ControlClient, entry_data: dict[str, Any]
) -> None:
    add(hass, entry_data, "A1")
    assert await health(hass) == {
        "accounts": 1,
        "signed_in": True,
        "push_up": True,
        "devices": 3,
        "unsupported": 1,
        "drift": 2,
        "can_reach_amazon": "ok",
    }
    assert [(request["host"], request["path"]) for request in sim.ledger()] == [("alexa.amazon.com", "/api/ping")]


async def test_several_accounts_have_numbers(
    hass: HomeAssistant, sim: ControlClient, entry_data: dict[str, Any]
) -> None:
    add(hass, entry_data, "A1", url="amazon.de", up=False)
    add(hass, entry_data, "A2", state=ConfigEntryState.SETUP_RETRY)
    signed_out = add(hass, entry_data, "A3", devices=7)
    signed_out.async_start_reauth(hass)
    await hass.async_block_till_done()
    assert await health(hass) == {
        "accounts": 3,
        "signed_in": "1: yes, 2: no, 3: no",
        "push_up": "1: no, 2: no, 3: yes",
        "devices": "1: 3, 2: 0, 3: 7",
        "unsupported": "1: 1, 2: 0, 3: 1",
        "drift": "1: 2, 2: 0, 3: 2",
        "can_reach_amazon": "ok",
    }
    assert [request["host"] for request in sim.ledger()] == ["alexa.amazon.de"]


async def test_unreachable_amazon_is_reported(hass: HomeAssistant, sim: ControlClient) -> None:
    sim.fault(path="/api/ping", cut="before")
    assert await health(hass) == {"accounts": 0, "can_reach_amazon": {"type": "failed", "error": "unreachable"}}


async def test_an_account_whose_set_up_failed(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    sim.fault(path="/*", cut="before")
    await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    assert config_entry.state is ConfigEntryState.SETUP_RETRY
    assert await health(hass) == {
        "accounts": 1,
        "signed_in": False,
        "push_up": False,
        "devices": 0,
        "unsupported": 0,
        "drift": 0,
        "can_reach_amazon": {"type": "failed", "error": "unreachable"},
    }
    await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 403}, {"html": True}, {"cut": "before"}], ids=str)
async def test_an_account_whose_stream_never_opened(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, fault: dict[str, Any]
) -> None:
    sim.fault(path="*/directives", **fault)
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    shown = await health(hass)
    assert (shown["signed_in"], shown["push_up"]) == (True, False)
    assert shown["devices"] == len(config_entry.runtime_data.devices.data) > 0
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_an_account_whose_cloud_went_down(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """Known values are still shown, and Amazon is reported as unreachable."""
    sim.fault(path="/*", cut="before")
    for coordinator in entry.runtime_data.coordinators:
        await coordinator.async_refresh()
    shown = await health(hass)
    assert shown["devices"] > 0
    assert shown["signed_in"] is True
    assert shown["can_reach_amazon"] == {"type": "failed", "error": "unreachable"}
    sim.clear_faults()


@pytest.mark.parametrize("state", [state for state in ConfigEntryState if state is not ConfigEntryState.LOADED])
async def test_an_account_in_any_other_state_has_no_data(
    hass: HomeAssistant, sim: ControlClient, entry_data: dict[str, Any], state: ConfigEntryState
) -> None:
    added = add(hass, entry_data, "A1", state=state)
    shown = await health(hass)
    assert (shown["signed_in"], shown["push_up"], shown["devices"]) == (False, False, 0)
    added.mock_state(hass, ConfigEntryState.NOT_LOADED)
