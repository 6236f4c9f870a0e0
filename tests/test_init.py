"""Tests of setup, unload, reload and removal of an account, and of devices that appear and disappear."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryDisabler, ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE, EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.account import transport
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.entity import registered_device

from .conftest import Clock, Household, quiet, received, set_up, state_of, until


async def test_a_call_from_another_thread_into_the_event_loop_fails(hass: HomeAssistant) -> None:
    """The tests disable asyncio's slow debug mode, but keep its check for calls from other threads."""
    loop = asyncio.get_running_loop()
    for schedule in (partial(loop.call_soon, print), partial(loop.call_later, 1, print)):
        with pytest.raises(RuntimeError, match="Non-thread-safe"):
            await hass.async_add_executor_job(schedule)


async def test_unloading_makes_entities_unavailable(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unloading makes all entities unavailable, and loading makes them available again."""
    assert state_of(hass, "media_player.kitchen_show").state == "idle"
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert state_of(hass, "media_player.kitchen_show").state == "unavailable"
    await set_up(hass, entry)
    assert state_of(hass, "media_player.kitchen_show").state == "idle"


@pytest.mark.platforms("alarm_control_panel", "number")
async def test_no_state_is_temporarily_unknown_after_a_restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Enabled topics with one request per account are read before the entities are added."""
    ids = ("number.kitchen_show_alarm_volume", "alarm_control_panel.alexa_guard_60057")
    before = {entity_id: state_of(hass, entity_id).state for entity_id in ids}
    seen: dict[str, list[str]] = {entity_id: [] for entity_id in ids}

    @callback
    def _note(event: Event[EventStateChangedData]) -> None:
        if (state := event.data["new_state"]) and state.entity_id in seen:
            seen[state.entity_id].append(state.state)

    hass.bus.async_listen(EVENT_STATE_CHANGED, _note)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, lambda: all(seen.values()))
    assert "unknown" not in before.values(), "no state was unknown after the first setup either"
    assert {entity_id: states[-1] for entity_id, states in seen.items()} == before
    assert not [entity_id for entity_id, states in seen.items() if "unknown" in states]


async def test_disabled_topics_are_not_read_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, entity_registry: er.EntityRegistry
) -> None:
    for item in er.async_entries_for_config_entry(entity_registry, entry.entry_id):
        if item.domain in ("number", "alarm_control_panel"):
            entity_registry.async_update_entity(item.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    sim.reset_ledger()
    assert await hass.config_entries.async_reload(entry.entry_id)
    await quiet(hass, sim, calm=0.6)
    assert sim.ledger(path="/api/device-notification-state") == []
    assert sim.ledger(path="/api/phoenix/state") == []


@pytest.mark.usefixtures("sim")
async def test_all_entities_exist_after_setup(
    hass: HomeAssistant, config_entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    """Entities are added a few at a time, and setup ends after the last of them was added."""
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    there = {state.entity_id for state in hass.states.async_all()}
    registered = er.async_entries_for_config_entry(entity_registry, config_entry.entry_id)
    enabled = {item.entity_id for item in registered if not item.disabled}
    assert {item.entity_id.partition(".")[0] for item in registered} >= {"media_player", "notify", "todo", "text"}
    assert there >= enabled


async def test_a_restart_changes_nothing_in_the_registry(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Each change would be stored and sent to every open browser."""
    changes: list[er.EventEntityRegistryUpdatedData] = []

    @callback
    def _note(event: Event[er.EventEntityRegistryUpdatedData]) -> None:
        changes.append(event.data)

    hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, _note)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    assert changes == []


def note_created(monkeypatch: pytest.MonkeyPatch) -> list[er.RegistryEntry]:
    """Return a list to which the registry entries of all entities that are created from now on are added."""
    created: list[er.RegistryEntry] = []
    get_or_create = er.EntityRegistry.async_get_or_create

    def _noted(registry: er.EntityRegistry, *args: Any, **kwargs: Any) -> er.RegistryEntry:
        created.append(get_or_create(registry, *args, **kwargs))
        return created[-1]

    monkeypatch.setattr(er.EntityRegistry, "async_get_or_create", _noted)
    return created


async def test_entities_without_a_state_are_added_last(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Home Assistant also registers entities that are disabled, which takes most of the time of a restart."""
    created = note_created(monkeypatch)
    assert await hass.config_entries.async_reload(entry.entry_id)
    disabled = [item.disabled for item in created]
    assert disabled.count(True) > 100
    assert disabled.count(False) > 100
    assert disabled == sorted(disabled)


async def test_a_device_is_registered_once_for_all_its_entities(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entity of a device that was changed or removed registers it again."""
    registered: list[str] = []
    registry, key = dr.async_get(hass), household.serial("Downstairs")
    get_or_create = dr.DeviceRegistry.async_get_or_create

    def _noted(registry: dr.DeviceRegistry, **info: Any) -> dr.DeviceEntry:
        registered.extend(identifier for _, identifier in info.get("identifiers", ()))
        return get_or_create(registry, **info)

    monkeypatch.setattr(dr.DeviceRegistry, "async_get_or_create", _noted)
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert registered.count(key) == 1
    device = entry.runtime_data.devices.data[key]
    first = registered_device(hass, entry, device)
    assert registered.count(key) == 1
    assert registered_device(hass, entry, replace(device, software_version="2")).sw_version == "2"
    assert registered.count(key) == 2
    registry.async_remove_device(first.id)
    assert registered_device(hass, entry, device).sw_version == device.software_version
    assert registered.count(key) == 3


async def test_removal_deregisters(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Removing the entry deletes the registration of the app at Amazon."""
    serial = entry.data["serial"]
    assert any(serial in account["devices"] for account in household.accounts.values())
    sim.reset_ledger()
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert household.requests("POST", "/auth/deregister") == ["POST /auth/deregister"]
    assert not any(serial in account["devices"] for account in household.accounts.values())
    assert hass.states.async_all() == []


@pytest.mark.platforms("media_player")
async def test_a_renewal_during_the_removal_leaves_no_session_on_disk(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, hass_storage: dict[str, Any]
) -> None:
    """The session contains tokens and cookies."""
    sim.fault(path="/ap/exchangetoken/cookies", latency=0.3)
    renewal = entry.runtime_data.backend._session._cookie_flight.start()
    await received(sim, "/ap/exchangetoken/cookies")
    await hass.config_entries.async_remove(entry.entry_id)
    assert renewal.done()
    hass.bus.async_fire(EVENT_HOMEASSISTANT_FINAL_WRITE)
    await hass.async_block_till_done()
    assert [key for key in hass_storage if entry.entry_id in key] == []


@pytest.mark.platforms("media_player")
@pytest.mark.parametrize("disabled", [None, ConfigEntryDisabler.USER])
async def test_removing_a_copy_leaves_the_registration_to_the_other(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    disabled: ConfigEntryDisabler | None,
) -> None:
    """Only removing the last entry with a registration deregisters it."""
    copy = MockConfigEntry(
        domain=DOMAIN, version=2, unique_id=entry.unique_id, data=dict(entry.data), disabled_by=disabled
    )
    copy.add_to_hass(hass)
    sim.reset_ledger()
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert household.requests("POST", "/auth/deregister") == []
    await hass.config_entries.async_remove(copy.entry_id)
    await hass.async_block_till_done()
    assert household.requests("POST", "/auth/deregister") == ["POST /auth/deregister"]


@pytest.mark.platforms("media_player")
async def test_removing_an_entry_of_another_account_removes_its_own_registration(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The same serial in another account is a different registration."""
    data = {**entry.data, "customer_id": "A2SIMOTHER0001"}
    MockConfigEntry(domain=DOMAIN, version=2, unique_id="A2SIMOTHER0001", data=data).add_to_hass(hass)
    sim.reset_ledger()
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert household.requests("POST", "/auth/deregister") == ["POST /auth/deregister"]


@pytest.mark.platforms("media_player")
@pytest.mark.parametrize("fault", [{"status": 500}, {"cut": "before"}, {"status": 401}], ids=str)
async def test_removal_is_never_blocked(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, fault: dict[str, Any]
) -> None:
    """The entry is removed even if Amazon does not respond."""
    sim.fault(host="api.amazon.com", seconds=600, **fault)
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert hass.config_entries.async_entries(DOMAIN) == []


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 503}, {"cut": "before"}, {"html": True}, {"malformed": True}, {"throttle": True}],
    ids=str,
)
async def test_a_start_without_amazon_is_retried(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
) -> None:
    """Without stored devices, Home Assistant retries the setup and says so, and there are no entities."""
    monkeypatch.setattr(transport, "RETRY_PAUSE_SECONDS", 0.02)
    sim.fault(path="/api/devices-v2/device", seconds=3600, **fault)
    assert not await hass.config_entries.async_setup(config_entry.entry_id)
    assert config_entry.state is ConfigEntryState.SETUP_RETRY
    assert "Home Assistant tries again automatically" in str(config_entry.reason)
    assert hass.states.async_all() == []
    assert hass.config_entries.flow.async_progress() == []


async def test_restart_while_amazon_is_down(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, clock: Clock
) -> None:
    """The entities are restored from the last good device list, are unavailable, and recover automatically."""
    entry = config_entry
    await set_up(hass, entry)
    await clock.advance(10, 2)
    assert await hass.config_entries.async_unload(entry.entry_id)
    before = set(hass.states.async_entity_ids())
    fault = sim.fault(host="*", seconds=36000, status=503)
    setup = asyncio.create_task(hass.config_entries.async_setup(entry.entry_id))
    await clock.settle()
    assert await setup
    assert entry.state is ConfigEntryState.LOADED
    assert set(hass.states.async_entity_ids()) == before
    assert state_of(hass, "media_player.kitchen_show").state == "unavailable"
    await clock.advance(300)
    assert state_of(hass, "media_player.kitchen_show").state == "unavailable"
    assert fault
    sim.clear_faults()
    await clock.advance(1200)
    assert state_of(hass, "media_player.kitchen_show").state == "idle"
    assert entry.runtime_data.push.up


async def test_a_revoked_sign_in_starts_one_reauthentication(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """Only a refusal by the token endpoint proves that the sign-in was revoked; the user is then asked once."""
    sim.fault(revoke=True)
    assert not await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    assert config_entry.state is ConfigEntryState.SETUP_ERROR
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == [SOURCE_REAUTH]


async def test_a_revoked_registration_asks_for_one_sign_in(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """A registration that was removed at Amazon causes one reauthentication, not a loop."""
    await set_up(hass, config_entry)
    await clock.settle()
    sim.fault(revoke=True)
    sim.fault(close_stream=True)
    await clock.advance(1200, step=300)
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1
    sim.reset_ledger()
    await clock.advance(3600, step=300)
    assert len(hass.config_entries.flow.async_progress_by_handler(DOMAIN)) == 1
    assert household.requests() == []


@pytest.mark.platforms("media_player", "notify", "number")
async def test_a_new_device_appears(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    household: Household,
    entity_registry: er.EntityRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The Echo is found by its first push, without a reload; no entity of another Echo is created again."""
    disabled = household.serial("Kitchen Show") + "_bass"
    assert entity_registry.async_get_entity_id("number", DOMAIN, disabled)
    created = note_created(monkeypatch)
    household.add("G0NEWATTIC000001", "Bedroom Dot", accountName="Attic Dot", online=True)
    household.change("Attic Dot", volume=11)
    await until(hass, lambda: hass.states.get("media_player.attic_dot"))
    assert state_of(hass, "media_player.attic_dot").attributes["volume_level"] == 0.11
    assert hass.states.get("notify.attic_dot_speak")
    await until(hass, lambda: any(item.disabled for item in created))
    assert {item.unique_id.partition("_")[0] for item in created} == {"G0NEWATTIC000001"}
    created.clear()
    entity_registry.async_remove(entity_registry.async_get_entity_id("number", DOMAIN, disabled) or "")
    household.add("G0NEWATTIC000002", "Bedroom Dot", accountName="Porch Dot", online=True)
    await refresh_devices(hass, entry)
    assert {item.unique_id for item in created if "G0NEWATTIC" not in item.unique_id} == {disabled}


async def refresh_devices(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Read the device list."""
    await entry.runtime_data.devices.async_refresh()
    await hass.async_block_till_done()


@pytest.mark.platforms("media_player", "switch")
@pytest.mark.contract("a removed Echo stays until a reload")
async def test_a_device_is_removed_after_two_lists(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    household: Household,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
    clock: Clock,
) -> None:
    """One list without a device causes a second one; the device is only removed after both."""
    entry = config_entry
    await set_up(hass, entry)
    await clock.advance(10, 1)
    serial = household.serial("Bedroom Dot")
    device = household.device("Bedroom Dot")
    household.remove(serial)
    await refresh_devices(hass, entry)
    await clock.advance(15, 5)
    assert state_of(hass, "media_player.bedroom_dot").state == "idle"
    await clock.advance(15, 5)
    assert hass.states.get("media_player.bedroom_dot") is None
    assert device_registry.async_get_device_by_identifier((DOMAIN, serial), entry.entry_id) is None
    assert entity_registry.async_get("switch.bedroom_dot_do_not_disturb") is None
    assert hass.states.get("media_player.kitchen_show")
    # the device may also reappear
    household.sim.patch_state({"accounts": {entry.unique_id: {"devices": {serial: device}}}})
    await refresh_devices(hass, entry)
    await clock.settle()
    assert hass.states.get("media_player.bedroom_dot")
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.platforms("media_player", "sensor", "switch")
@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 200, "body": {"devices": []}}, {"status": 200, "body": {}}], ids=str
)
async def test_a_failed_list_removes_nothing(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, fault: dict[str, Any], clock: Clock
) -> None:
    """Such a list does not remove entities, however often it occurs."""
    await set_up(hass, config_entry)
    await clock.settle()
    before = set(hass.states.async_entity_ids())
    sim.fault(path="/api/devices-v2/device", seconds=36000, **fault)
    for _ in range(4):
        refresh = asyncio.create_task(config_entry.runtime_data.devices.async_refresh())
        await clock.advance(60)
        await refresh
    assert set(hass.states.async_entity_ids()) == before
    assert state_of(hass, "media_player.kitchen_show").state == "idle"
    await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.platforms("media_player")
async def test_a_renamed_device_is_renamed(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, device_registry: dr.DeviceRegistry
) -> None:
    """The new name and software version are stored in the device registry without a reload."""
    serial = household.serial("Bedroom Dot")
    household.change("Bedroom Dot", accountName="Guest room", softwareVersion="99")
    await refresh_devices(hass, entry)
    device = device_registry.async_get_device_by_identifier((DOMAIN, serial), entry.entry_id)
    assert device is not None
    assert (device.name, device.sw_version) == ("Guest room", "99")
    assert hass.states.get("media_player.bedroom_dot")


@pytest.mark.platforms("media_player")
@pytest.mark.contract("devices that become entities")
async def test_the_app_itself_gets_no_entities(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The integration's own registration and phones without a player have no entities."""
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


@pytest.mark.platforms("media_player")
@pytest.mark.contract("devices that become entities", "names in filters are case-sensitive")
@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"include_devices": "Kitchen Show, bedroom dot"}, {"Kitchen Show", "Bedroom Dot"}),
        ({"include_devices": ["Kitchen Show", "Bedroom Dot"]}, {"Kitchen Show", "Bedroom Dot"}),
        ({"include_devices": "", "exclude_devices": "Kitchen Show"}, None),
    ],
    ids=["include", "list", "exclude"],
)
async def test_filters_decide_which_devices_get_entities(
    hass: HomeAssistant,
    household: Household,
    entry_data: dict[str, Any],
    data: dict[str, Any],
    names: set[str] | None,
) -> None:
    """Case is ignored in the filters; a name may be made of other names."""
    household.add("G0SIM00000BOTH01", like="Bedroom Dot", accountName="Kitchen Show, Bedroom Dot")
    entry = MockConfigEntry(
        domain=DOMAIN, version=2, unique_id=entry_data["customer_id"], title="x", data=entry_data | data
    )
    entry.add_to_hass(hass)
    await set_up(hass, entry)
    found = {device.name for device in entry.runtime_data.devices.data.values()}
    assert found == names if names else "Kitchen Show" not in found and len(found) == 7
    await hass.config_entries.async_unload(entry.entry_id)
