"""Tests of routine buttons, which are added and removed with the account's routines."""

from homeassistant.const import ATTR_ENTITY_ID
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import Clock, Household, set_up, state_of, until
from tests.features.test_routines import DINNER, GOOD_NIGHT, automations, change, outdate

pytestmark = pytest.mark.platforms("button")

NIGHT = "button.jo_example_org_amazon_com_routine_good_night"
DINNER_BUTTON = "button.jo_example_org_amazon_com_routine_dinner_time"
NAP = "button.jo_example_org_amazon_com_routine_nap"
NEW = "amzn1.alexa.automation.new"
ROUTINES = "/api/behaviors/v2/automations"


async def press(hass: HomeAssistant, entity_id: str = NIGHT) -> None:
    """Press a button."""
    await hass.services.async_call("button", "press", {ATTR_ENTITY_ID: entity_id}, blocking=True)


async def load(hass: HomeAssistant, config_entry: MockConfigEntry, clock: Clock) -> None:
    """Set up an entry, and wait until all first reads are finished."""
    await set_up(hass, config_entry)
    await clock.settle()


def add_nap(sim: ControlClient) -> None:
    """Create a routine in the cloud."""
    change(sim, NEW, {"name": "Nap", "startNode": automations(sim)[DINNER]["startNode"]})


async def test_a_button_has_the_id_of_its_routine(
    entry: MockConfigEntry, entity_registry: er.EntityRegistry, device_registry: dr.DeviceRegistry
) -> None:
    """A button has the routine's id, and belongs to the account."""
    item = entity_registry.async_get(NIGHT)
    assert item is not None
    assert item.unique_id == f"{entry.unique_id}_routine_{GOOD_NIGHT}"
    assert item.device_id is not None
    device = device_registry.async_get(item.device_id)
    assert isinstance(device, dr.DeviceEntry)
    assert device.entry_type is dr.DeviceEntryType.SERVICE


async def test_pressing_runs_the_routine_once(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The routine runs under its id; Amazon's refusal reaches the caller, and nothing runs twice."""
    assert await async_setup_component(hass, "homeassistant", {})
    sim.reset_ledger()
    await hass.services.async_call("homeassistant", "update_entity", {ATTR_ENTITY_ID: NIGHT}, blocking=True)
    assert household.requests() == [f"GET {ROUTINES}"]
    outdate(entry)
    sim.reset_ledger()
    await press(hass)
    assert household.requests() == [f"GET {ROUTINES}", "POST /api/behaviors/preview"]
    assert [(said["device"], said["text"]) for said in sim.spoken()] == [("Bedroom Dot", "Sleep well")]
    assert automations(sim)[GOOD_NIGHT]["runs"] == 1
    sim.fault(path="/api/behaviors/preview", status=503, after=True, times=1)
    with pytest.raises(HomeAssistantError) as refused:
        await press(hass)
    assert refused.value.translation_key == "cannot_connect"
    assert automations(sim)[GOOD_NIGHT]["runs"] == 2
    # a routine for the Echo that was spoken to has no Echo to run on
    with pytest.raises(ServiceValidationError) as raised:
        await press(hass, DINNER_BUTTON)
    assert raised.value.translation_key == "routine_needs_echo"
    # once a default device has been selected, the routine runs on it
    for chosen, heard in (("G0NOBODY", False), (household.serial("Office Spot"), True)):
        hass.config_entries.async_update_entry(entry, options={"default_device": chosen})
        await hass.async_block_till_done()
        before = len(sim.spoken())
        if heard:
            await press(hass, DINNER_BUTTON)
            assert ("Office Spot", "Dinner is served") in [(s["device"], s["text"]) for s in sim.spoken()[before:]]
        else:
            with pytest.raises(ServiceValidationError):
                await press(hass, DINNER_BUTTON)
            assert len(sim.spoken()) == before
    # the routine was deleted in the app a moment ago
    change(sim, GOOD_NIGHT, None)
    outdate(entry)
    with pytest.raises(ServiceValidationError) as gone:
        await press(hass)
    assert gone.value.translation_key == "routine_gone"
    assert automations(sim)[DINNER]["runs"] == 1


async def test_the_only_echo_is_used_for_a_routine(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household
) -> None:
    """If there is only one Echo, it is used for the routine."""
    state = sim.state()["accounts"]["A2SIMJO7D0EQ11"]["devices"]
    garage = household.serial("Garage Echo")
    others = [
        s
        for s, d in state.items()
        if s != garage and "Home Assistant" not in d["accountName"] and d["deviceFamily"] != "VOX"
    ]
    sim.patch_state({"accounts": {"A2SIMJO7D0EQ11": {"devices": dict.fromkeys(others)}}})
    await set_up(hass, config_entry)
    await until(hass, lambda: hass.states.get(DINNER_BUTTON))
    await press(hass, DINNER_BUTTON)
    assert {said["device"] for said in sim.spoken()} == {"Garage Echo"}
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_buttons_follow_the_routines(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    household: Household,
    clock: Clock,
) -> None:
    """Routines are read every six hours; buttons are added, renamed and unavailable as the routines change."""
    await load(hass, config_entry, clock)
    assert len(household.requests(path=ROUTINES)) == 1
    add_nap(sim)
    change(sim, GOOD_NIGHT, {"name": "Bed time"})
    change(sim, DINNER, {"status": "DISABLED"})
    sim.reset_ledger()
    await clock.advance(5.9 * 3600, step=3 * 3600)
    assert household.requests(path=ROUTINES) == []
    await clock.advance(900, step=450)
    assert len(household.requests(path=ROUTINES)) == 1
    assert state_of(hass, NIGHT).attributes["friendly_name"] == "jo@example.org - amazon.com Routine Bed time"
    assert state_of(hass, NAP).state == "unknown"
    assert state_of(hass, DINNER_BUTTON).state == "unavailable"
    item = entity_registry.async_get(NIGHT)
    assert item is not None
    assert item.original_name == "Routine Bed time"
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_failed_or_empty_list_removes_no_button(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    clock: Clock,
) -> None:
    await load(hass, config_entry, clock)
    for status, body in ((503, {}), (200, []), (200, {})):
        fault = sim.fault(path=ROUTINES, status=status, body=body)
        config_entry.runtime_data.routines.async_hint()
        await clock.advance(2, step=1)
        assert entity_registry.async_get(NIGHT)
        assert fault
        sim.remove_fault(fault)
        await clock.advance(40, step=20)
    assert entity_registry.async_get(NIGHT)
    assert state_of(hass, NIGHT).state == "unknown"
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_button_is_removed_after_two_lists_without_its_routine(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    clock: Clock,
) -> None:
    add_nap(sim)
    await load(hass, config_entry, clock)
    change(sim, GOOD_NIGHT, None)
    config_entry.runtime_data.routines.async_hint()
    await clock.advance(2, step=1)
    assert entity_registry.async_get(NIGHT)
    await clock.advance(20, step=10)
    assert entity_registry.async_get(NIGHT)
    await clock.advance(40, step=10)
    assert entity_registry.async_get(NIGHT) is None
    assert hass.states.get(NIGHT) is None
    assert entity_registry.async_get(NAP)
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_routine_deleted_while_home_assistant_is_off_loses_its_button_until_it_reappears(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    clock: Clock,
) -> None:
    """The routine reappears with the same id."""
    add_nap(sim)
    await load(hass, config_entry, clock)
    await hass.config_entries.async_unload(config_entry.entry_id)
    change(sim, NEW, None)
    await load(hass, config_entry, clock)
    assert entity_registry.async_get(NAP)
    await clock.advance(60, step=20)
    assert entity_registry.async_get(NAP) is None
    assert entity_registry.async_get(DINNER_BUTTON)
    add_nap(sim)
    config_entry.runtime_data.routines.async_hint()
    await clock.settle()
    assert state_of(hass, NAP).state == "unknown"
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_routines_unavailable_at_startup_are_read_later(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, clock: Clock
) -> None:
    """Routines that could not be read at startup are read soon afterward."""
    fault = sim.fault(path=ROUTINES, status=404)
    await load(hass, config_entry, clock)
    assert hass.states.get(NIGHT) is None
    assert fault
    sim.remove_fault(fault)
    await clock.advance(180, step=30)
    assert state_of(hass, NIGHT).state == "unknown"
    await hass.config_entries.async_unload(config_entry.entry_id)
