"""Tests of actions that change the appliances in Alexa, with the simulated cloud."""

from collections.abc import Callable
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import area_registry as ar, device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.platforms.appliances import GRAPHQL, House

pytestmark = pytest.mark.platforms("light", "media_player", "switch")

DESK, DESK_ID = "Desk Lamp", "5e000000-0000-4000-8000-000000000002"


async def act(hass: HomeAssistant, action: str, **data: Any) -> Any:
    """Run an action and return its response."""
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)


@pytest.fixture(name="desk")
def desk_fixture(entry: MockConfigEntry, device_registry: dr.DeviceRegistry) -> dr.DeviceEntry:
    """Return the device of the desk lamp."""
    found = device_registry.async_get_device_by_identifier(
        (DOMAIN, f"appliance_{entry.unique_id}_{DESK_ID}"), entry.entry_id
    )
    assert isinstance(found, dr.DeviceEntry)
    return found


@pytest.fixture(name="move_desk")
def move_desk_fixture(
    desk: dr.DeviceEntry, device_registry: dr.DeviceRegistry, area_registry: ar.AreaRegistry
) -> Callable[[str], None]:
    """Return a function that puts the desk lamp into an area, which it creates."""

    def move(area: str) -> None:
        device_registry.async_update_device(desk.id, area_id=area_registry.async_get_or_create(area).id)

    return move


async def test_an_appliance_is_renamed(
    hass: HomeAssistant, sim: ControlClient, desk: dr.DeviceEntry, device_registry: dr.DeviceRegistry
) -> None:
    """Amazon refuses names with a hyphen, so they are refused before a request."""
    house = House(sim)
    answer = await act(hass, "rename_appliance", device_id=desk.id, name=" Reading  lamp ")
    assert answer == {"name": "Reading lamp", "before": DESK}
    assert house.entity_id("Reading lamp") == DESK_ID
    renamed = device_registry.async_get(desk.id)
    assert renamed is not None
    assert renamed.name == "Reading lamp"
    sim.reset_ledger()
    for name, key in (("Reading-lamp", "appliance_name"), ("  ", "name_empty")):
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, "rename_appliance", device_id=desk.id, name=name)
        assert raised.value.translation_key == key
    assert sim.ledger(path=GRAPHQL) == []


async def test_refusals_are_reported_and_an_unsupported_request_is_tried_once(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, desk: dr.DeviceEntry
) -> None:
    sim.fault(path=GRAPHQL, status=503, times=1)
    with pytest.raises(HomeAssistantError):
        await act(hass, "rename_appliance", device_id=desk.id, name="Reading lamp")
    assert entry.runtime_data.backend.unsupported == ()
    refused = {"data": None, "errors": [{"message": "Validation error (FieldUndefined) : no such field"}]}
    sim.fault(path=GRAPHQL, status=200, body=refused)
    sim.reset_ledger()
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await act(hass, "rename_appliance", device_id=desk.id, name="Reading lamp")
    assert len(sim.ledger(path=GRAPHQL)) == 1
    assert entry.runtime_data.backend.unsupported == ("rename_appliances",)


async def test_an_appliance_is_disabled_and_enabled_in_alexa(
    hass: HomeAssistant, sim: ControlClient, desk: dr.DeviceEntry
) -> None:
    house = House(sim)
    for enabled, enablement in ((False, "DISABLED_BY_CUSTOMER"), (True, "ENABLED")):
        answer = await act(hass, "enable_appliance", device_id=desk.id, enabled=enabled)
        assert answer == {"name": DESK, "enabled": enabled}
        assert house.appliance(DESK)["enablement"] == enablement


@pytest.mark.parametrize(
    ("action", "name"),
    [("enable_appliance", "enable_appliances"), ("rooms_from_areas", "group_appliances")],
    ids=["off for Alexa", "rooms"],
)
async def test_a_refused_change_is_tried_once_and_a_failed_one_again(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    desk: dr.DeviceEntry,
    move_desk: Callable[[str], None],
    device_registry: dr.DeviceRegistry,
    action: str,
    name: str,
) -> None:
    """Other changes of appliances are still sent."""
    data: dict[str, Any] = {"device_id": desk.id, "enabled": False}
    if action == "rooms_from_areas":
        for device in dr.async_entries_for_config_entry(device_registry, entry.entry_id):
            device_registry.async_update_device(device.id, area_id=None)
        move_desk("Library")
        data = {"config_entry_id": entry.entry_id, "dry_run": False}
    operation = name.partition("_")[0]
    sim.fault(path=GRAPHQL, operation=operation, status=503, times=1)
    with pytest.raises(HomeAssistantError):
        await act(hass, action, **data)
    assert entry.runtime_data.backend.unsupported == ()
    sim.fault(path=GRAPHQL, operation=operation, status=400)
    sim.reset_ledger()
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await act(hass, action, **data)
    sent = [json.loads(each["body"]) for each in sim.ledger(path=GRAPHQL)]
    assert [one["operationName"] for one in sent if isinstance(one, dict)].count(operation) == 1
    assert entry.runtime_data.backend.unsupported == (name,)
    assert (await act(hass, "rename_appliance", device_id=desk.id, name="Reading lamp"))["name"] == "Reading lamp"


async def test_an_appliance_is_removed_once_confirmed(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    desk: dr.DeviceEntry,
    subtests: pytest.Subtests,
) -> None:
    with subtests.test("Echos and unknown devices are refused"):
        devices = dr.async_entries_for_config_entry(device_registry, entry.entry_id)
        echo = next(each for each in devices if each.name == "Kitchen Show")
        for device_id in (echo.id, "nothing"):
            with pytest.raises(ServiceValidationError) as raised:
                await act(hass, "remove_appliance", device_id=device_id, confirm=True)
            assert raised.value.translation_key == "appliance_unknown"
    with subtests.test("a device is removed once confirmed"):
        sim.reset_ledger()
        with pytest.raises(ServiceValidationError) as raised:
            await act(hass, "remove_appliance", device_id=desk.id)
        assert raised.value.translation_key == "confirmation_missing"
        assert sim.ledger(method="DELETE") == []
        sim.fault(path="/api/phoenix/appliance/*", status=500, times=1)
        with pytest.raises(HomeAssistantError):
            await act(hass, "remove_appliance", device_id=desk.id, confirm=True)
        assert await act(hass, "remove_appliance", device_id=desk.id, confirm=True) == {"name": DESK}
        assert all(DESK_ID not in account["appliances"] for account in sim.state()["accounts"].values())


async def test_new_appliances_are_discovered(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    with subtests.test("the response does not contain appliances that Home Assistant exposes to Alexa"):
        sim.reset_ledger()
        house = House(sim)
        plug = {"name": "Heater", "category": "SMARTPLUG", "model": "P", "features": {"power": {"powerState": "ON"}}}
        house.add("5e000000-0000-4000-8000-0000000000a4", plug)
        house.add("5e000000-0000-4000-8000-0000000000a5", {**plug, "name": "Own", "manufacturer": "Home Assistant"})
        answer = await act(hass, "discover_appliances", config_entry_id=entry.entry_id)
        assert answer["new"] == ["Heater"]
        assert len(sim.ledger(method="POST", path="/api/phoenix/discovery")) == 1
    with subtests.test("a search fails if its result cannot be read"):
        sim.reset_ledger()
        sim.fault(path=GRAPHQL, status=500)
        with pytest.raises(HomeAssistantError) as raised:
            await act(hass, "discover_appliances", config_entry_id=entry.entry_id)
        assert raised.value.translation_key == "cannot_connect"
        assert len(sim.ledger(method="POST", path="/api/phoenix/discovery")) == 1
        sim.clear_faults()


async def test_rooms_are_created_from_areas(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, move_desk: Callable[[str], None]
) -> None:
    """A dry run lists each change without making it; no appliance is removed from a room."""
    house = House(sim)
    move_desk("Library - West")
    for dry_run in ({}, {"dry_run": True}):
        sim.reset_ledger()
        answer = await act(hass, "rooms_from_areas", config_entry_id=entry.entry_id, **dry_run)
        assert answer["applied"] is False
        assert {"room": "Library West", "change": "create", "devices": [DESK]} in answer["changes"]
        assert not any("mutation" in json.loads(each["body"])["query"] for each in sim.ledger(path=GRAPHQL))
    before = house.appliance(DESK)["room"]
    answer = await act(hass, "rooms_from_areas", config_entry_id=entry.entry_id, dry_run=False)
    assert answer["applied"] is True
    groups = [each for account in sim.state()["accounts"].values() for each in account["deviceGroups"].values()]
    (made,) = [each for each in groups if each["name"] == "Library West"]
    assert made["members"] == [f"amzn1.alexa.endpoint.{DESK_ID}"]
    assert house.appliance(DESK)["room"] == before
    answer = await act(hass, "rooms_from_areas", config_entry_id=entry.entry_id, dry_run=False)
    assert answer["changes"] == [], "there are no further changes"
