"""Tests of devices that the user removes in the frontend."""

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.alexa_media.const import DOMAIN

from .conftest import Household

pytestmark = pytest.mark.platforms("binary_sensor", "media_player")


async def removed(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, entry: MockConfigEntry, device: dr.DeviceEntry
) -> bool:
    """Request the removal of a device through Home Assistant; return whether it was removed."""
    assert await async_setup_component(hass, "config", {})
    client = await hass_ws_client(hass)
    answer = await client.remove_device(device.id)
    return bool(answer["success"])


async def test_a_device_that_is_not_listed_can_be_removed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """A device that is not in the device list can be removed."""
    device = device_registry.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, "G0LONGGONE000001")}, name="Old Dot"
    )
    assert await removed(hass, hass_ws_client, entry, device)
    assert device_registry.async_get(device.id) is None


@pytest.mark.parametrize("which", ["listed", "account"])
async def test_listed_devices_cannot_be_removed(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    household: Household,
    hass_ws_client: WebSocketGenerator,
    which: str,
) -> None:
    """A listed Echo and the account's own device would reappear, so they cannot be removed."""
    identifier = household.serial("Kitchen Show") if which == "listed" else f"account_{entry.unique_id}"
    device_registry = dr.async_get(hass)
    device = device_registry.async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)
    assert device is not None
    assert not await removed(hass, hass_ws_client, entry, device)
    assert device_registry.async_get(device.id) is not None
    assert hass.states.get("media_player.kitchen_show")


async def test_no_device_can_be_removed_while_the_account_is_not_loaded(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    household: Household,
    device_registry: dr.DeviceRegistry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Without a device list, no device can be removed."""
    device = device_registry.async_get_device_by_identifier((DOMAIN, household.serial("Kitchen Show")), entry.entry_id)
    assert device is not None
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert not await removed(hass, hass_ws_client, entry, device)
    assert device_registry.async_get(device.id) is not None
