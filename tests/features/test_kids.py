"""Tests of assigning an Echo to a child (Amazon Kids), and of its binary sensor."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Clock, Household, quiet, set_up, state_of, until

pytestmark = [
    pytest.mark.platforms("binary_sensor", "media_player", "select", "switch"),
    pytest.mark.usefixtures("brief_hints"),
]

JO = "A2SIMJO7D0EQ11"
KIM = "amzn1.account.SIMA2SIMKIM0DOE03"
OFFICE = "media_player.office_spot"
SENSOR = "binary_sensor.office_spot_amazon_kids"
BEDROOM_SENSOR = "binary_sensor.bedroom_dot_amazon_kids"
MODE = "GET /api/device/op-mode"


async def act(hass: HomeAssistant, action: str, entity_id: str = OFFICE, **data: Any) -> None:
    """Call one of the actions and wait for its end."""
    await hass.services.async_call(DOMAIN, action, {"entity_id": entity_id, **data}, blocking=True)


def enable(
    registry: er.EntityRegistry, entry: MockConfigEntry, household: Household, name: str, entity_id: str
) -> None:
    """Enable the sensor of an Echo before the setup."""
    unique_id = f"{household.serial(name)}_amazon_kids"
    object_id = entity_id.partition(".")[2]
    item = registry.async_get_or_create(
        "binary_sensor", DOMAIN, unique_id, config_entry=entry, suggested_object_id=object_id
    )
    assert item.entity_id == entity_id


@pytest.fixture(name="office")
def office_fixture(
    config_entry: MockConfigEntry, household: Household, entity_registry: er.EntityRegistry
) -> tuple[str, str]:
    """Return the switch and the select of the Office Spot, which are enabled before the setup."""
    serial = household.serial("Office Spot")
    switch, select = (
        entity_registry.async_get_or_create(domain, DOMAIN, f"{serial}_{key}", config_entry=config_entry).entity_id
        for domain, key in (("switch", "kids_mode"), ("select", "kids_child"))
    )
    return switch, select


def add_child(sim: ControlClient, household: Household, person_id: str, name: str) -> None:
    """Add a child to the household."""
    people = household.accounts[JO]["household"]
    child = {"id": person_id, "name": name, "role": "CHILD"}
    sim.patch_state({"accounts": {JO: {"household": [*people, child]}}})


@pytest.mark.contract("entities, Amazon Kids")
async def test_it_costs_nothing_unless_enabled(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    entity_registry: er.EntityRegistry,
) -> None:
    """Every single Echo has a sensor that is disabled by default; no request is sent for a device."""
    items = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    found = {item.entity_id: item for item in items if item.unique_id.endswith("_amazon_kids")}
    assert set(found) == {
        f"binary_sensor.{name}_amazon_kids"
        for name in ("kitchen_show", "living_room_studio", "bedroom_dot", "office_spot", "kids_dot", "garage_echo")
    }
    assert {item.disabled_by for item in found.values()} == {er.RegistryEntryDisabler.INTEGRATION}
    assert found[SENSOR].unique_id == f"{household.serial('Office Spot')}_amazon_kids"
    assert household.requests(path="/api/device/op-mode") == []
    # the page for parents sets the cookie with the token, which every write needs
    sim.fault(path="/oobe/brownie/start/*", status=200, body="<html></html>", times=1)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "amazon_kids_enable", child="kim")
    assert raised.value.translation_key == "cannot_connect"
    assert household.requests("POST", "/ajax/*") == []
    await act(hass, "amazon_kids_enable", child="kim")
    assert household.device("Office Spot")["child"] == KIM
    assert household.requests(path="/api/device/op-mode") == []


@pytest.fixture(name="sensor")
async def sensor_fixture(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    entity_registry: er.EntityRegistry,
) -> AsyncIterator[None]:
    """Load the entry with the sensor of the Office Spot, which belongs to no child."""
    enable(entity_registry, config_entry, household, "Office Spot", SENSOR)
    await set_up(hass, config_entry)
    await until(hass, lambda: state_of(hass, SENSOR).state == "off")
    await quiet(hass, sim, calm=0.6)
    sim.reset_ledger()
    yield
    await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.usefixtures("sensor")
@pytest.mark.contract("entities, Amazon Kids", "services, amazon_kids_enable and amazon_kids_disable")
async def test_a_device_is_assigned_and_released(hass: HomeAssistant, sim: ControlClient, household: Household) -> None:
    """The sensor shows Amazon's state, and invalid calls raise an error."""
    await act(hass, "amazon_kids_enable", child="Kim")
    serial, kind = household.serial("Office Spot"), household.device("Office Spot")["deviceType"]
    assert household.requests() == [
        "GET /ajax/get-household-with-age",
        f"GET /oobe/brownie/start/{kind}/{serial}",
        "POST /ajax/assign-device-to-child",
        MODE,
    ]
    assert household.device("Office Spot")["child"] == KIM
    assert state_of(hass, SENSOR).state == "on"
    for entity_id, child, key in (
        (OFFICE, "Tim", "child_unknown"),
        ("media_player.downstairs", "Kim", "kids_unsupported"),
    ):
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, "amazon_kids_enable", entity_id, child=child)
        assert raised.value.translation_key == key
    sim.reset_ledger()
    await act(hass, "amazon_kids_disable")
    assert household.requests() == [f"POST /api/unassign-device-from-child/{serial}/{kind}", MODE]
    assert household.device("Office Spot")["child"] is None
    assert state_of(hass, SENSOR).state == "off"


@pytest.mark.usefixtures("sensor")
async def test_children_with_the_same_name_are_distinguished_by_their_ids(
    hass: HomeAssistant, sim: ControlClient, household: Household
) -> None:
    add_child(sim, household, "A2SIMKIM0DOE04", "Kim Ray")
    with pytest.raises(ServiceValidationError) as twins:
        await act(hass, "amazon_kids_enable", child="KIM")
    assert twins.value.translation_key == "child_ambiguous"
    await act(hass, "amazon_kids_enable", child="amzn1.account.SIMA2SIMKIM0DOE04")
    assert state_of(hass, SENSOR).state == "on"


@pytest.mark.usefixtures("sensor")
async def test_a_change_that_cannot_be_confirmed_at_once_is_read_again(hass: HomeAssistant, sim: ControlClient) -> None:
    await act(hass, "amazon_kids_enable", child="Kim")
    sim.fault(path="/api/device/op-mode", status=404, times=1)
    await act(hass, "amazon_kids_disable")
    assert state_of(hass, SENSOR).state == "on"
    await until(hass, lambda: state_of(hass, SENSOR).state == "off")


@pytest.mark.usefixtures("sensor")
@pytest.mark.contract("services, amazon_kids_enable and amazon_kids_disable")
async def test_a_release_without_an_answer_is_not_repeated(
    hass: HomeAssistant, sim: ControlClient, household: Household
) -> None:
    await act(hass, "amazon_kids_enable", child="Kim")
    sim.fault(path="/api/unassign-device-from-child/*", status=503, after=True, times=1)
    sim.reset_ledger()
    with pytest.raises(HomeAssistantError) as lost:
        await act(hass, "amazon_kids_disable")
    assert lost.value.translation_key == "cannot_connect"
    assert len(household.requests("POST")) == 1
    assert state_of(hass, SENSOR).state == "on"


@pytest.mark.contract("kids sensors ask every five minutes")
async def test_each_sensor_costs_one_request_a_day(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    entity_registry: er.EntityRegistry,
    clock: Clock,
) -> None:
    """Each enabled sensor costs one request a day; a device without a response does not affect the others."""
    enable(entity_registry, config_entry, household, "Office Spot", SENSOR)
    enable(entity_registry, config_entry, household, "Bedroom Dot", BEDROOM_SENSOR)
    await set_up(hass, config_entry)
    await clock.settle()
    assert len(household.requests(path="/api/device/op-mode")) == 2
    household.change("Office Spot", child=KIM)
    household.change("Bedroom Dot", child=KIM)
    sim.reset_ledger()
    await clock.advance(23.9 * 3600, step=12 * 3600)
    assert household.requests(path="/api/device/op-mode") == []
    assert state_of(hass, SENSOR).state == "off"
    sim.fault(path="/api/device/op-mode", status=404, times=1)
    await clock.advance(900, step=900)
    assert len(household.requests(path="/api/device/op-mode")) == 2
    assert sorted(state_of(hass, sensor).state for sensor in (SENSOR, BEDROOM_SENSOR)) == ["off", "on"]
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_the_child_is_shown_and_selected(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    office: tuple[str, str],
) -> None:
    switch, select = office
    await set_up(hass, config_entry)
    await until(hass, lambda: state_of(hass, select).state == "none")
    assert state_of(hass, select).attributes["options"] == ["none", "Kim"]
    await hass.services.async_call("select", "select_option", {"entity_id": select, "option": "Kim"}, blocking=True)
    assert household.device("Office Spot")["child"] == KIM
    assert (state_of(hass, select).state, state_of(hass, switch).state) == ("Kim", "on")
    for service, child, shown in (("turn_off", None, "none"), ("turn_on", KIM, "Kim")):
        await hass.services.async_call("switch", service, {"entity_id": switch}, blocking=True)
        assert household.device("Office Spot")["child"] == child
        assert state_of(hass, select).state == shown

    # a refused request for the child is sent once; the switch still works
    sim.fault(path="/ajax/get-oobe-device-data", status=404)
    sim.reset_ledger()
    for service, shown in (("turn_off", "none"), ("turn_on", "unknown"), ("turn_off", "none"), ("turn_on", "unknown")):
        await hass.services.async_call("switch", service, {"entity_id": switch}, blocking=True)
        assert state_of(hass, select).state == shown
    assert len(sim.ledger(path="/ajax/get-oobe-device-data")) == 1
    assert config_entry.runtime_data.backend.unsupported == ("device_child",)

    # the switch cannot be turned on if there are two children
    add_child(sim, household, "A2SIMKIMR0AY04", "Robin Ray")
    with pytest.raises(ServiceValidationError) as raised:
        await hass.services.async_call("switch", "turn_on", {"entity_id": switch}, blocking=True)
    assert raised.value.translation_key == "child_needed"

    # nor without any child
    sim.patch_state({"accounts": {JO: {"household": []}}})
    with pytest.raises(ServiceValidationError) as raised:
        await hass.services.async_call("switch", "turn_on", {"entity_id": switch}, blocking=True)
    assert raised.value.translation_key == "child_none"
    await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.parametrize("name", ["none", "None"])
async def test_a_child_named_none_can_be_selected(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    office: tuple[str, str],
    name: str,
) -> None:
    """The option ``none`` takes the Echo from its child, so this child's option contains the id."""
    _, select = office
    add_child(sim, household, "A2SIMKIMR0AY04", name)
    household.change("Office Spot", child=KIM)
    await set_up(hass, config_entry)
    await until(hass, lambda: state_of(hass, select).state == "Kim")
    none, kim, other = state_of(hass, select).attributes["options"]
    assert (none, kim) == ("none", "Kim")
    assert other.startswith(f"{name} (")
    for option in (other, "none"):
        await hass.services.async_call(
            "select", "select_option", {"entity_id": select, "option": option}, blocking=True
        )
        await until(hass, partial(hass.states.is_state, select, option))
        assert (household.device("Office Spot")["child"] is None) is (option == "none")
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_an_echo_whose_child_is_refused_leaves_the_child_of_the_others(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    entity_registry: er.EntityRegistry,
) -> None:
    """The first of two Echos is answered 404, and the second one shows its child."""
    selects = []
    for name in ("Office Spot", "Bedroom Dot"):
        household.change(name, child=KIM)
        unique_id = f"{household.serial(name)}_kids_child"
        item = entity_registry.async_get_or_create("select", DOMAIN, unique_id, config_entry=config_entry)
        selects.append(item.entity_id)
    sim.fault(path="/ajax/get-oobe-device-data", status=404, times=1)
    await set_up(hass, config_entry)
    await until(hass, lambda: sorted(state_of(hass, select).state for select in selects) == ["Kim", "unknown"])
    assert len(sim.ledger(path="/ajax/get-oobe-device-data")) == 2
    assert config_entry.runtime_data.backend.unsupported == ("device_child",)
    await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.platforms("select", "switch")
@pytest.mark.parametrize("status", [503, 429])
async def test_a_failure_of_the_site_for_parents_leaves_the_rest(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    office: tuple[str, str],
    clock: Clock,
    status: int,
) -> None:
    """The switch and the known child are kept, and new children become options."""
    switch, select = office
    faults = [sim.fault(path=f"/ajax/get-{page}", status=status) for page in ("household-with-age", "oobe-device-data")]
    household.change("Office Spot", child=KIM)
    await set_up(hass, config_entry)
    await clock.settle()
    assert (state_of(hass, switch).state, state_of(hass, select).state) == ("on", "unknown")
    for fault in faults:
        assert fault
        sim.remove_fault(fault)
    await clock.advance(24.1 * 3600, step=12 * 3600)
    assert state_of(hass, select).state == "Kim"

    sim.fault(path="/ajax/get-oobe-device-data", status=status)
    add_child(sim, household, "A2SIMKIMR0AY04", "Robin Ray")
    await clock.advance(24.1 * 3600, step=12 * 3600)
    assert (state_of(hass, switch).state, state_of(hass, select).state) == ("on", "Kim")
    assert state_of(hass, select).attributes["options"] == ["none", "Kim", "Robin"]
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_an_echo_that_fails_does_not_affect_the_others(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    entity_registry: er.EntityRegistry,
    clock: Clock,
) -> None:
    """The states of the other Echos are shown; the one that failed is read again ten minutes later."""
    for name, entity_id in (("Office Spot", SENSOR), ("Bedroom Dot", BEDROOM_SENSOR)):
        enable(entity_registry, config_entry, household, name, entity_id)
    sim.fault(path="/api/device/op-mode", status=500, times=2)
    await set_up(hass, config_entry)
    await clock.settle()
    assert {state_of(hass, SENSOR).state, state_of(hass, BEDROOM_SENSOR).state} == {"off", "unknown"}
    sim.reset_ledger()
    await clock.advance(660)
    assert household.requests("GET", "/api/device/op-mode") == [MODE]
    assert (state_of(hass, SENSOR).state, state_of(hass, BEDROOM_SENSOR).state) == ("off", "off")
