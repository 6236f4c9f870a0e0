"""Tests of connectivity, as derived from the device list, from activity of devices, and from members of groups."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.json import reading

from .conftest import Household, state_of, until

pytestmark = [
    pytest.mark.platforms("binary_sensor", "media_player", "notify", "switch"),
    pytest.mark.usefixtures("brief_speech"),
]

OWNER = "A2SIMJO7D0EQ11"
FIELDS = ("deviceType", "accountName", "deviceFamily", "online", "capabilities", "clusterMembers")
OFFICE = "media_player.office_spot"


async def list_as(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, **online: Any
) -> None:
    """Set the connectivity of devices in the list.

    Names are given with underscores; a value of ``...`` omits the field.
    """
    listed = []
    for serial, device in household.accounts[OWNER]["devices"].items():
        element = {"serialNumber": serial, "deviceOwnerCustomerId": OWNER, **{key: device[key] for key in FIELDS}}
        name = device["accountName"].replace(" ", "_")
        if name in online:
            element["online"] = online[name]
        if element["online"] is ...:
            del element["online"]
        listed.append(element)
    sim.clear_faults()
    sim.fault(path="/api/devices-v2/device*", method="GET", status=200, body={"devices": listed})
    await entry.runtime_data.devices.async_refresh()
    await hass.async_block_till_done()


def is_available(hass: HomeAssistant, *entity_ids: str) -> bool:
    """Return whether all given entities are available."""
    return all(state_of(hass, entity_id).state != "unavailable" for entity_id in entity_ids)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((value, True) for value in (True, 1, 1.0, "true", "TRUE", "1", "online", " Online ")),
        *((value, False) for value in (False, 0, 0.0, "false", "False", "0", "OFFLINE")),
        *((value, None) for value in (None, "", "maybe", 2, -1, [], {}, [True], {"online": True})),
    ],
    ids=str,
)
def test_truth_values_are_read_in_any_form(value: Any, expected: bool | None) -> None:
    assert reading(value) is expected


UNCLEAR: tuple[Any, ...] = (..., None, 1, "true", "what?", [])
FALSE: tuple[Any, ...] = (False, 0, "false", "offline")


async def test_only_a_clear_value_means_offline(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, subtests: pytest.Subtests
) -> None:
    """A missing, null or unknown value is ignored, so the previous state is kept."""
    for value in UNCLEAR:
        with subtests.test(str(value)):
            await list_as(hass, sim, entry, household, Office_Spot=True)
            assert is_available(hass, OFFICE)
            await list_as(hass, sim, entry, household, Office_Spot=value)
            assert is_available(hass, OFFICE)
            if value in (1, "true"):
                continue
            await list_as(hass, sim, entry, household, Office_Spot=False)
            assert not is_available(hass, OFFICE)
            await list_as(hass, sim, entry, household, Office_Spot=value)
            assert not is_available(hass, OFFICE), "the last known state is kept"
    for value in FALSE:
        with subtests.test(f"form of false: {value}"):
            await list_as(hass, sim, entry, household, Office_Spot=True)
            assert is_available(hass, OFFICE)
            await list_as(hass, sim, entry, household, Office_Spot=value)
            assert not is_available(hass, OFFICE)


async def test_a_push_wins_over_an_unchanged_list(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, subtests: pytest.Subtests
) -> None:
    """All entities of a tablet that sends pushes are available.

    They stay available after the next list, until a list reports a change to offline.
    """
    entities = (OFFICE, "notify.office_spot_speak", "switch.office_spot_do_not_disturb")
    signs: tuple[dict[str, Any], ...] = ({"volume": 44}, {"equalizer": {"bass": 3}})
    for sign in signs:
        with subtests.test(str(sign)):
            await list_as(hass, sim, entry, household, Office_Spot=True)
            await list_as(hass, sim, entry, household, Office_Spot=False)
            assert not is_available(hass, OFFICE)
            household.change("Office Spot", **sign)
            await until(hass, lambda: is_available(hass, *entities))
            assert state_of(hass, "binary_sensor.office_spot_connectivity").state == "on"
            await list_as(hass, sim, entry, household, Office_Spot=False)
            assert is_available(hass, *entities)
            await list_as(hass, sim, entry, household, Office_Spot=True)
            await list_as(hass, sim, entry, household, Office_Spot=False)
            assert not is_available(hass, OFFICE), "a changed value in the list counts"


async def test_a_pushed_disconnection_makes_a_device_unavailable(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    household.change("Office Spot", volume=44)
    household.change("Office Spot", online=False)
    await until(hass, lambda: not is_available(hass, OFFICE))
    household.change("Office Spot", volume=45)
    await until(hass, lambda: is_available(hass, OFFICE))


async def test_a_group_with_a_member_that_is_online_is_online(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The connectivity of a group depends on its members, whatever the list contains."""
    group, members = "media_player.downstairs", {"Kitchen_Show": False, "Living_Room_Studio": False}
    await list_as(hass, sim, entry, household, Downstairs=False)
    assert is_available(hass, group)
    await list_as(hass, sim, entry, household, Downstairs=False, **members)
    assert not is_available(hass, group)
    household.change("Kitchen Show", volume=12)
    await until(hass, lambda: is_available(hass, group))


async def test_a_text_for_an_active_tablet_is_spoken(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Home Assistant does not skip the device, and the text is spoken."""
    await list_as(hass, sim, entry, household, Office_Spot=False)
    household.change("Office Spot", volume=44)
    await until(hass, lambda: is_available(hass, "notify.office_spot_speak"))
    data = {"entity_id": "notify.office_spot_speak", "message": "hello"}
    await hass.services.async_call("notify", "send_message", data, blocking=True)
    await hass.services.async_call("alexa_media", "speak", {"entity_id": OFFICE, "message": "again"}, blocking=True)
    assert [said["text"] for said in sim.spoken()] == ["hello", "again"]
