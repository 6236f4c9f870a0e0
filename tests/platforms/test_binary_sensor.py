"""Tests of binary sensors for the connectivity of devices and of the push stream."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.account.backend import AccountBackend
from custom_components.alexa_media.cloud.model.api import Capability
from tests.conftest import PUSH_SENSOR, Household, lacking, quiet, state_of, until

pytestmark = pytest.mark.platforms("binary_sensor")

KITCHEN = "binary_sensor.kitchen_show_connectivity"
KIDS = "binary_sensor.kids_dot_connectivity"


async def test_both_sensors_are_diagnostic(
    entry: MockConfigEntry,
    household: Household,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    """The sensor of the push stream belongs to the account, and the connectivity sensor to the Echo."""
    kitchen, pushes = entity_registry.async_get(KITCHEN), entity_registry.async_get(PUSH_SENSOR)
    assert kitchen is not None
    assert pushes is not None
    assert kitchen.unique_id == f"{household.serial('Kitchen Show')}_online"
    assert pushes.unique_id == f"{entry.unique_id}_push"
    assert {kitchen.entity_category, pushes.entity_category} == {"diagnostic"}
    assert pushes.device_id is not None
    account = device_registry.async_get(pushes.device_id)
    assert isinstance(account, dr.DeviceEntry)
    assert account.entry_type is dr.DeviceEntryType.SERVICE


async def test_an_offline_device_is_off(hass: HomeAssistant, entry: MockConfigEntry, household: Household) -> None:
    """An offline device is off, not unavailable."""
    assert state_of(hass, KITCHEN).state == "on"
    assert state_of(hass, KIDS).state == "off"
    household.change("Kids Dot", online=True)
    household.change("Kitchen Show", online=False)
    await until(hass, lambda: state_of(hass, KIDS).state == "on")
    await until(hass, lambda: state_of(hass, KITCHEN).state == "off")


async def test_an_unreadable_list_makes_devices_unavailable(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """One failed poll changes nothing. When the list is too old, the sensors are unavailable until the next read."""
    fault = sim.fault(path="/api/devices-v2/device", status=503)
    assert fault
    devices = entry.runtime_data.devices
    await devices.async_refresh()
    assert state_of(hass, KITCHEN).state == "on"
    devices.read_at = (devices.read_at or 0.0) - 66 * 60
    await devices.async_refresh()
    assert state_of(hass, KITCHEN).state == "unavailable"
    assert state_of(hass, PUSH_SENSOR).state == "on"
    sim.remove_fault(fault)
    await entry.runtime_data.devices.async_refresh()
    assert state_of(hass, KITCHEN).state == "on"


async def test_a_lost_push_stream_is_shown(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    sim.fault(path="/v20160207/directives", status=503)
    sim.fault(close_stream=True)
    await until(hass, lambda: state_of(hass, PUSH_SENSOR).state == "off")
    sim.clear_faults()
    await until(hass, lambda: state_of(hass, PUSH_SENSOR).state == "on", 30)


async def test_missing_features_of_a_backend_have_no_entities(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The devices still exist."""
    monkeypatch.setattr(AccountBackend, "capabilities", Capability(0))
    families = lacking(monkeypatch)
    assert {"alarms", "history", "lists", "media", "routines", "smart_home"} <= families
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await quiet(hass, sim, calm=0.5)
    domains = {entity_id.partition(".")[0] for entity_id in hass.states.async_entity_ids()}
    assert domains == {"binary_sensor"}
    assert hass.states.get(PUSH_SENSOR) is None
    assert state_of(hass, KITCHEN).state == "on"
    assert await hass.config_entries.async_unload(config_entry.entry_id)
