"""Setting up, unloading, reloading and removing an account; devices that come and go."""

from datetime import timedelta
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN

from .conftest import Household, quiet, set_up, state_of, until


async def test_load_and_unload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unloading makes everything unavailable; loading again brings it back."""
    assert state_of(hass, "media_player.kitchen_show").state == "idle"
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert state_of(hass, "media_player.kitchen_show").state == "unavailable"
    await set_up(hass, entry)
    assert state_of(hass, "media_player.kitchen_show").state == "idle"


async def test_removal_deregisters(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Removing the entry takes our registration off the account."""
    serial = entry.data["serial"]
    assert any(serial in account["devices"] for account in household.accounts.values())
    sim.reset_ledger()
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert household.requests("POST", "/auth/deregister") == ["POST /auth/deregister"]
    assert not any(serial in account["devices"] for account in household.accounts.values())
    assert hass.states.async_all() == []


@pytest.mark.parametrize("fault", [{"status": 500}, {"cut": "before"}, {"status": 401}], ids=str)
async def test_removal_is_never_blocked(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, fault: dict[str, Any]
) -> None:
    """A removal that Amazon does not answer is a removal all the same."""
    sim.fault(host="api.amazon.com", seconds=600, **fault)
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.config_entries.async_entries(DOMAIN) == []


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 503}, {"cut": "before"}, {"html": True}, {"malformed": True}, {"throttle": True}],
    ids=str,
)
async def test_start_without_amazon(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, fault: dict[str, Any]
) -> None:
    """Where nothing is known yet, Home Assistant tries again; no entity is made up."""
    sim.fault(path="/api/devices-v2/device", seconds=3600, **fault)
    assert not await hass.config_entries.async_setup(config_entry.entry_id)
    assert config_entry.state is ConfigEntryState.SETUP_RETRY
    assert hass.states.async_all() == []
    assert hass.config_entries.flow.async_progress() == []


async def test_restart_while_amazon_is_down(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    freezer: FrozenDateTimeFactory,
) -> None:
    """The entities come from the last good list, unavailable, and recover without a hand on it."""
    freezer.tick(timedelta(seconds=5))
    async_fire_time_changed(hass)
    await hass.async_block_till_done()
    assert await hass.config_entries.async_unload(entry.entry_id)
    before = set(hass.states.async_entity_ids())
    sim.fault(host="*", seconds=36000, status=503)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert set(hass.states.async_entity_ids()) == before
    assert state_of(hass, "media_player.kitchen_show").state == "unavailable"
    sim.clear_faults()
    for _ in range(10):
        freezer.tick(timedelta(minutes=2))
        async_fire_time_changed(hass)
        await quiet(hass, sim, calm=0.2)
    await until(hass, lambda: state_of(hass, "media_player.kitchen_show").state == "idle")
    await until(hass, lambda: entry.runtime_data.push.up, 30)


async def test_revoked_starts_one_reauthentication(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """Only the token endpoint can say that the sign-in is gone; then the user is asked, once."""
    sim.fault(revoke=True)
    assert not await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    assert config_entry.state is ConfigEntryState.SETUP_ERROR
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]


async def test_revoked_while_running(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """A registration that is removed at Amazon while all runs ends in one reauthentication, not in a loop."""
    sim.fault(revoke=True)
    sim.fault(close_stream=True)
    await until(hass, lambda: hass.config_entries.flow.async_progress_by_handler(DOMAIN), 20)
    for _ in range(5):
        freezer.tick(timedelta(minutes=11))
        sim.advance(660)
        async_fire_time_changed(hass)
        await quiet(hass, sim, calm=0.2)
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1


async def test_a_new_device_appears(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A new Echo that moves is found by its first push, without a reload."""
    household.add("G0NEWATTIC000001", "Bedroom Dot", accountName="Attic Dot", online=True)
    household.change("Attic Dot", volume=11)
    await until(hass, lambda: hass.states.get("media_player.attic_dot"))
    assert state_of(hass, "media_player.attic_dot").attributes["volume_level"] == 0.11
    assert hass.states.get("notify.attic_dot_speak")


async def refresh_devices(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Read the device list."""
    await entry.runtime_data.devices.async_refresh()
    await hass.async_block_till_done()


async def test_a_device_goes_after_two_lists(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    household: Household,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """One list without a device asks for a second one; only then is it gone, from the registries too."""
    serial = household.serial("Bedroom Dot")
    device = household.device("Bedroom Dot")
    household.remove(serial)
    await refresh_devices(hass, entry)
    assert state_of(hass, "media_player.bedroom_dot").state == "idle"
    freezer.tick(timedelta(seconds=32))
    async_fire_time_changed(hass)
    await until(hass, lambda: hass.states.get("media_player.bedroom_dot") is None)
    assert device_registry.async_get_device_by_identifier((DOMAIN, serial), entry.entry_id) is None
    assert entity_registry.async_get("switch.bedroom_dot_do_not_disturb") is None
    assert hass.states.get("media_player.kitchen_show")
    # and it may come back
    owner = entry.unique_id
    household.sim.patch_state({"accounts": {owner: {"devices": {serial: device}}}})
    await refresh_devices(hass, entry)
    await until(hass, lambda: hass.states.get("media_player.bedroom_dot"))


@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 200, "body": {"devices": []}}, {"status": 200, "body": {}}], ids=str
)
async def test_failed_is_not_empty(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    fault: dict[str, Any],
    freezer: FrozenDateTimeFactory,
) -> None:
    """A list that failed, is empty or is none changes no entity's existence, however often it comes."""
    before = set(hass.states.async_entity_ids())
    sim.fault(path="/api/devices-v2/device", seconds=36000, **fault)
    for _ in range(4):
        await refresh_devices(hass, entry)
        freezer.tick(timedelta(minutes=2))
        async_fire_time_changed(hass)
        await quiet(hass, sim, calm=0.1)
    assert set(hass.states.async_entity_ids()) == before
    assert state_of(hass, "media_player.kitchen_show").state == "idle"


async def test_a_renamed_device_is_renamed(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, device_registry: dr.DeviceRegistry
) -> None:
    """A new name and new software arrive in the device registry without a reload."""
    serial = household.serial("Bedroom Dot")
    household.change("Bedroom Dot", accountName="Guest room", softwareVersion="99")
    await refresh_devices(hass, entry)
    device = device_registry.async_get_device_by_identifier((DOMAIN, serial), entry.entry_id)
    assert device is not None
    assert (device.name, device.sw_version) == ("Guest room", "99")
    assert hass.states.get("media_player.bedroom_dot")


async def test_the_app_itself_gets_no_entities(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """What we are registered as, and phones without a player, are not shown."""
    assert entry.data["serial"] not in entry.runtime_data.devices.data
    names = {device.name for device in entry.runtime_data.devices.data.values()}
    assert names == {
        "Kitchen Show",
        "Living Room Studio",
        "Bedroom Dot",
        "Office Spot",
        "Kids Dot",
        "Garage Echo",
        "Downstairs",
    }


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"include_devices": "Kitchen Show, bedroom dot"}, {"Kitchen Show", "Bedroom Dot"}),
        ({"include_devices": ["Kitchen Show"]}, {"Kitchen Show"}),
        ({"include_devices": "", "exclude_devices": "Kitchen Show"}, None),
    ],
    ids=["include", "list", "exclude"],
)
async def test_filters(
    hass: HomeAssistant, sim: ControlClient, entry_data: dict[str, Any], data: dict[str, Any], names: set[str] | None
) -> None:
    """The entry's filters decide which devices get entities; names are compared without case."""
    entry = MockConfigEntry(
        domain=DOMAIN, version=2, unique_id=entry_data["customer_id"], title="x", data=entry_data | data
    )
    entry.add_to_hass(hass)
    await set_up(hass, entry)
    found = {device.name for device in entry.runtime_data.devices.data.values()}
    assert found == names if names else "Kitchen Show" not in found and len(found) == 6
    await hass.config_entries.async_unload(entry.entry_id)
