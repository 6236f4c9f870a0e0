"""Tests of long, empty, unprintable and duplicate names, and of duplicate ids.

Each family of objects is covered.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.alexa_media.cloud.account.alarms import parse_notifications
from custom_components.alexa_media.cloud.account.lists import parse_lists
from custom_components.alexa_media.cloud.account.parse import parse_devices
from custom_components.alexa_media.cloud.account.routines import parse_routines
from custom_components.alexa_media.cloud.account.smart_home import parse_discovery
from custom_components.alexa_media.cloud.json import NAME_LENGTH, name

from .conftest import Household, set_up

LIGHT: Final = "5e000000-0000-4000-8000-000000000001"
ODD: Final = {
    "long": "x" * 10_000,
    "empty": "",
    "spaces": "   ",
    "control": "\x00\x07Kit\x1bchen\n\x85",
    "direction": "\u202e\u2066nehctiK\u2069\u202c",
}

type Rename = Callable[[str], None]


@pytest.fixture
def rename(household: Household) -> Rename:
    """Return a function that renames one object of each family."""

    def all_of_them(new: str) -> None:
        customer_id, account = next(iter(household.accounts.items()))
        custom = next(key for key, each in account["lists"].items() if each["listType"] not in ("SHOP", "TODO"))
        routine, alarm = next(iter(account["automations"])), next(iter(account["notifications"]))
        changes = {
            "devices": {household.serial(one): {"accountName": new or " "} for one in ("Kitchen Show", "Downstairs")},
            "lists": {custom: {"listName": new}},
            # The simulated cloud does not accept empty names of Echos, routines and appliances.
            "automations": {routine: {"name": new or " "}},
            "appliances": {LIGHT: {"name": new or " "}},
            "notifications": {alarm: {"alarmLabel": new}},
        }
        household.sim.patch_state({"accounts": {customer_id: changes}})

    return all_of_them


def texts_of(hass: HomeAssistant, entry: MockConfigEntry) -> list[str]:
    """Return all names and states of an entry that users see."""
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    states = [state for item in entities if (state := hass.states.get(item.entity_id))]
    shown = [*(state.state for state in states), *(state.name for state in states)]
    return [*(device.name or "" for device in devices), *shown]


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
async def test_an_odd_name_does_no_harm(
    hass: HomeAssistant, config_entry: MockConfigEntry, rename: Rename, caplog: pytest.LogCaptureFixture, odd: str
) -> None:
    """All entities exist, and their names are printable and not longer than Home Assistant allows."""
    rename(odd)
    await set_up(hass, config_entry)
    shown = texts_of(hass, config_entry)
    assert len(shown) > 60
    unprintable = [text for text in shown if len(text) > 2 * NAME_LENGTH or set(text) & set("\x00\x07\x1b\u202e\u2066")]
    assert unprintable == []
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_objects_with_equal_names_are_distinct(
    hass: HomeAssistant, config_entry: MockConfigEntry, household: Household, caplog: pytest.LogCaptureFixture
) -> None:
    """Two Echos, lists, routines and appliances with equal names have separate entities."""
    customer_id, account = next(iter(household.accounts.items()))
    some: Mapping[str, tuple[str, list[str]]] = {
        "devices": ("accountName", [household.serial("Kitchen Show"), household.serial("Office Spot")]),
        "lists": (
            "listName",
            [key for key, each in account["lists"].items() if each["listType"] not in ("SHOP", "TODO")],
        ),
        "automations": ("name", list(account["automations"])[:2]),
        "appliances": ("name", list(account["appliances"])[:2]),
    }
    twins = {family: {key: {field: "Twin"} for key in keys} for family, (field, keys) in some.items()}
    await set_up(hass, config_entry)
    before = len(er.async_entries_for_config_entry(er.async_get(hass), config_entry.entry_id))
    await hass.config_entries.async_unload(config_entry.entry_id)
    household.sim.patch_state({"accounts": {customer_id: twins}})
    await set_up(hass, config_entry)
    entities = er.async_entries_for_config_entry(er.async_get(hass), config_entry.entry_id)
    assert len(entities) == before
    runtime = config_entry.runtime_data
    assert [device.name for device in runtime.devices.data.values()].count("Twin") == 2
    assert [routine.name for routine in runtime.routines.data.values()].count("Twin") == 2
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    await hass.config_entries.async_unload(config_entry.entry_id)


def _device(title: str) -> dict[str, Any]:
    return {"serialNumber": "1", "deviceType": "A", "accountName": title}


def _list(title: str) -> dict[str, Any]:
    return {"listId": "1", "listName": title}


def _routine(title: str) -> dict[str, Any]:
    return {"automationId": "1", "name": title, "sequence": {"startNode": {"@type": "x"}}}


def _notification(title: str) -> dict[str, Any]:
    return {
        "id": "1",
        "deviceSerialNumber": "1",
        "deviceType": "A",
        "type": "Timer",
        "status": "ON",
        "timerLabel": title,
    }


def _appliance(title: str) -> dict[str, Any]:
    return {"id": "1", "friendlyNameObject": {"value": {"text": title}}}


@pytest.mark.parametrize(
    ("parse", "element"),
    [
        pytest.param(lambda items: parse_devices({"devices": items}), _device, id="devices"),
        pytest.param(lambda items: parse_lists({"listInfoList": items}), _list, id="lists"),
        pytest.param(parse_routines, _routine, id="routines"),
        pytest.param(lambda items: parse_notifications({"notifications": items}), _notification, id="notifications"),
        pytest.param(
            lambda items: parse_discovery({"data": {"listEndpoints": {"endpoints": items}}}).appliances,
            _appliance,
            id="appliances",
        ),
    ],
)
def test_the_first_of_two_with_one_id_counts(
    parse: Callable[[Any], Mapping[str, Any]], element: Callable[[str], dict[str, Any]]
) -> None:
    (found,) = parse([element("one"), element("two")]).values()
    assert (found.label if hasattr(found, "label") else found.name) == "one"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ODD["long"], "x" * NAME_LENGTH),
        (ODD["empty"], None),
        (ODD["spaces"], None),
        (ODD["control"], "Kit chen"),
        (ODD["direction"], "nehctiK"),
        ("\u202e", None),
        ("שלום 👩‍👩‍👧", "שלום 👩‍👩‍👧"),
    ],
)
def test_names_are_made_printable(value: str, expected: str | None) -> None:
    assert name(value) == expected
