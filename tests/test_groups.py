"""Tests of nested groups, such as groups with stereo pairs: a command for a group reaches each speaker once."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.model.devices import Device, DeviceFamily, leaves, members_of
from custom_components.alexa_media.const import DOMAIN

from .conftest import Household, act, quiet, state_of, until

pytestmark = [
    pytest.mark.platforms("media_player", "notify", "switch"),
    pytest.mark.usefixtures("brief_hints", "brief_speech"),
]

PAIR_SERIAL, HOUSE_SERIAL = "0a1b2c3d4e5f60718293a4b5c6d7e8f0", "1b2c3d4e5f60718293a4b5c6d7e8f0a1"
PAIR, HOUSE = "media_player.pair", "media_player.house"
STUDIO, BEDROOM, OFFICE = (f"media_player.{name}" for name in ("living_room_studio", "bedroom_dot", "office_spot"))
SPEAKERS = ("Living Room Studio", "Bedroom Dot", "Office Spot")


def device(serial: str, *members: str) -> Device:
    """Return a single device, or a group with members."""
    family = DeviceFamily.WHA if members else DeviceFamily.ECHO
    return Device(
        serial=serial,
        device_type="A1",
        name=serial,
        family=family,
        family_raw=family.value,
        online=True,
        owner_customer_id=None,
        account_id=None,
        capabilities=frozenset(),
        members=members,
    )


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ({}, ["G"]),
        ({"G": ("L", "R")}, ["L", "R"]),
        ({"G": ("P", "D"), "P": ("L", "R")}, ["L", "R", "D"]),
        ({"G": ("P", "L", "Q"), "P": ("L", "R"), "Q": ("R", "D")}, ["L", "R", "D"]),
        ({"G": ("P", "D"), "P": ("G", "L")}, ["L", "D"]),
        ({"G": ("G",)}, ["G"]),
        ({"G": ("P",), "P": ("G",)}, ["G"]),
        ({"G": ("gone", "L")}, ["L"]),
        ({"G": ("gone",)}, ["G"]),
        ({"G": ("P", "D"), "P": ("gone",)}, ["P", "D"]),
    ],
    ids=[
        "no members",
        "two speakers",
        "a pair in a group",
        "overlapping pairs",
        "a cycle with speakers",
        "itself",
        "a cycle",
        "one unknown member",
        "only an unknown member",
        "a pair without known speakers",
    ],
)
def test_a_group_is_resolved_to_its_leaves(groups: Mapping[str, tuple[str, ...]], expected: list[str]) -> None:
    """Each leaf is returned once, cycles end, and unknown members are skipped."""
    devices = {serial: device(serial, *groups.get(serial, ())) for serial in ("G", "P", "Q", "L", "R", "D")}
    assert [leaf.serial for leaf in leaves(devices["G"], devices)] == expected


def test_a_deep_chain_of_groups_is_resolved() -> None:
    """The depth of a chain is not limited by recursion."""
    devices = {str(n): device(str(n), str(n + 1)) for n in range(5000)} | {"5000": device("5000")}
    assert [leaf.serial for leaf in leaves(devices["0"], devices)] == ["5000"]
    assert len(list(members_of(devices["0"], devices))) == 5000


@pytest.fixture
async def house(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household) -> str:
    """Return a group that contains a stereo pair, another speaker, and a speaker of the pair."""
    left, right, office = map(household.serial, SPEAKERS)
    household.add(PAIR_SERIAL, like="Downstairs", accountName="Pair", clusterMembers=[left, right])
    household.add(HOUSE_SERIAL, like="Downstairs", accountName="House", clusterMembers=[PAIR_SERIAL, office, right])
    household.change("Bedroom Dot", dnd=False)
    await entry.runtime_data.devices.async_refresh()
    await until(hass, lambda: hass.states.get(HOUSE))
    await quiet(hass, sim, calm=0.4)
    sim.reset_ledger()
    return HOUSE


def said_on(sim: ControlClient, before: int = 0) -> list[str]:
    """Return the serials of the Echos that spoke, without the first ``before`` texts."""
    return sorted(str(said["serial"]) for said in sim.spoken()[before:])


async def test_every_speaker_behind_a_group_is_spoken_to_once(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    house: str,
    subtests: pytest.Subtests,
) -> None:
    speakers = sorted(map(household.serial, SPEAKERS))
    ways: tuple[tuple[str, dict[str, Any]], ...] = (
        ("alexa_media.speak", {"entity_id": house, "message": "Hi"}),
        ("notify.alexa_media", {"message": "Hi", "target": [house], "data": {"type": "announce"}}),
        ("alexa_media.run_sequence", {"entity_id": [house], "steps": [{"speak": "Hi"}]}),
        ("notify.send_message", {"entity_id": "notify.house_speak", "message": "Hi"}),
        ("notify.send_message", {"entity_id": "notify.house_announce", "message": "Hi"}),
    )
    for action, data in ways:
        before = len(sim.spoken())
        with subtests.test(f"{action} {data['entity_id' if 'entity_id' in data else 'target']}"):
            domain, _, name = action.partition(".")
            await hass.services.async_call(domain, name, data, blocking=True)
            assert said_on(sim, before) == speakers
    before = len(sim.spoken())
    with subtests.test("a speaker that is busy for a long time is named in the error"):
        busy = entry.runtime_data.backend._scheduler._speaks_until
        busy[household.serial("Bedroom Dot")] = hass.loop.time() + 900.4
        with pytest.raises(HomeAssistantError) as raised:
            await hass.services.async_call("notify", "send_message", ways[-1][1], blocking=True)
        assert raised.value.translation_key == "still_speaking"
        assert raised.value.translation_placeholders == {"devices": "Bedroom Dot", "seconds": "900"}
        assert len(said_on(sim, before)) == 2


async def test_the_volume_of_a_group_is_that_of_its_speakers(
    hass: HomeAssistant, household: Household, house: str
) -> None:
    def shown(name: str) -> Any:
        return state_of(hass, house).attributes.get(name)

    assert shown("group_members") == [STUDIO, BEDROOM, OFFICE]
    assert shown("volume_level") == 0.32  # the volumes are 45, 20 and 30
    await act(hass, "volume_set", HOUSE, volume_level=0.6)
    assert [household.device(name)["volume"] for name in SPEAKERS] == [60, 60, 60]
    await until(hass, lambda: shown("volume_level") == 0.6)
    household.change("Living Room Studio", volume=0)
    await until(hass, lambda: shown("volume_level") == 0.4)
    await act(hass, "volume_mute", HOUSE, is_volume_muted=True)
    assert [household.device(name)["volume"] for name in SPEAKERS] == [0, 0, 0]
    await until(hass, lambda: shown("is_volume_muted"))


async def test_a_group_follows_the_members_of_its_pair(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, house: str
) -> None:
    kitchen = "media_player.kitchen_show"
    household.change("Pair", clusterMembers=[household.serial("Living Room Studio"), household.serial("Kitchen Show")])
    await entry.runtime_data.devices.async_refresh()
    shown = state_of(hass, house).attributes
    assert shown["group_members"] == [STUDIO, kitchen, OFFICE, BEDROOM]
    assert shown["volume_level"] == 0.32, "the mean is the same as before"
    household.change("House", clusterMembers=[PAIR_SERIAL])
    await entry.runtime_data.devices.async_refresh()
    await until(hass, lambda: state_of(hass, house).attributes["group_members"] == [STUDIO, kitchen])
    household.change("Pair", clusterMembers=[household.serial("Kitchen Show")])
    await entry.runtime_data.devices.async_refresh()
    await until(hass, lambda: state_of(hass, house).attributes["volume_level"] == 0.35)
    household.change("Kitchen Show", volume=70)
    await until(hass, lambda: state_of(hass, house).attributes["volume_level"] == 0.7)


async def test_the_members_of_a_group_are_determined_once_for_each_state_of_the_devices(
    entry: MockConfigEntry, household: Household, house: str
) -> None:
    """The volume of a group with 200 members is computed for every volume that is pushed."""
    assert house
    devices = entry.runtime_data.devices
    group, left = devices.data[HOUSE_SERIAL], household.serial("Living Room Studio")
    before = devices.leaves(group)
    assert devices.leaves(group) is before
    assert left in devices.members_of(group)
    devices.async_set_online(left, online=False)
    assert [leaf.serial for leaf in devices.leaves(group)] == [leaf.serial for leaf in before]
    assert [leaf.online for leaf in devices.leaves(group)] == [leaf.serial != left for leaf in before]
    assert devices.leaves(replace(group, members=(left,))) == (devices.data[left],)


async def test_a_group_names_the_players_of_its_members(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, house: str
) -> None:
    """A player is registered after the group has received its Echo, and can be renamed."""
    serial, attic, loft = "G0SIM0000ATTIC01", "media_player.attic_spot", "media_player.loft"
    household.add(serial, like="Office Spot", accountName="Attic Spot")
    household.change("House", clusterMembers=[PAIR_SERIAL, serial])
    await entry.runtime_data.devices.async_refresh()
    await until(hass, lambda: hass.states.get(attic))
    await until(hass, lambda: state_of(hass, house).attributes["group_members"] == [STUDIO, BEDROOM, attic])
    er.async_get(hass).async_update_entity(attic, new_entity_id=loft)
    await hass.async_block_till_done()
    assert state_of(hass, house).attributes["group_members"] == [STUDIO, BEDROOM, loft]


async def test_playback_of_a_group_is_shown_on_all_its_members(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, house: str
) -> None:
    """A command to any of these players is sent to the playing group, whose members they name."""
    await act(
        hass, "play_media", "media_player.kitchen_show", media_content_type="AMAZON_MUSIC", media_content_id="quill"
    )
    music = household.device("Kitchen Show")["player"]
    household.change("House", player=music)
    every = (house, PAIR, STUDIO, BEDROOM, OFFICE)
    await until(hass, lambda: all(state_of(hass, entity_id).state == "playing" for entity_id in every))
    for paused in (STUDIO, PAIR):
        sim.reset_ledger()
        await act(hass, "media_pause", paused)
        (request,) = sim.ledger(method="POST", path="/api/np/command")
        assert request["query"]["deviceSerialNumber"] == HOUSE_SERIAL
        assert json.loads(request["body"])["type"] == "PauseCommand"
        await until(hass, partial(_all_are, hass, every, "paused"))
        await act(hass, "media_play", house)
        await until(hass, partial(_all_are, hass, every, "playing"))
    household.change("House", clusterMembers=[PAIR_SERIAL, household.serial("Office Spot"), "G0SIM00KITCHEN01"])
    await entry.runtime_data.devices.async_refresh()
    members = [STUDIO, BEDROOM, OFFICE, "media_player.kitchen_show"]
    assert [state_of(hass, name).attributes["group_members"] for name in (house, STUDIO, OFFICE)] == 3 * [members]
    er.async_get(hass).async_update_entity(BEDROOM, new_entity_id="media_player.loft")
    await hass.async_block_till_done()
    members[1] = "media_player.loft"
    assert [state_of(hass, name).attributes["group_members"] for name in (house, STUDIO, OFFICE)] == 3 * [members]


def _all_are(hass: HomeAssistant, entity_ids: tuple[str, ...], state: str) -> bool:
    """Return whether all players are in a state."""
    return all(state_of(hass, entity_id).state == state for entity_id in entity_ids)


async def test_do_not_disturb_of_a_group_is_that_of_every_speaker(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, house: str
) -> None:
    """Both the action and the switch reach each speaker once, and not the group itself.

    A speaker that joins the pair within the group counts, too.
    """

    def switched() -> list[tuple[str, bool]]:
        bodies = [json.loads(one["body"]) for one in sim.ledger(method="PUT", path="/api/dnd/status")]
        return sorted((body["deviceSerialNumber"], body["enabled"]) for body in bodies)

    speakers, switch = sorted(map(household.serial, SPEAKERS)), "switch.house_do_not_disturb"
    await hass.services.async_call(DOMAIN, "set_do_not_disturb", {"entity_id": house}, blocking=True)
    assert switched() == [(serial, True) for serial in speakers]
    await until(hass, lambda: state_of(hass, switch).state == "on")
    household.change("Bedroom Dot", dnd=False)
    await until(hass, lambda: state_of(hass, switch).state == "off")
    sim.reset_ledger()
    await hass.services.async_call("switch", "turn_off", {"entity_id": switch}, blocking=True)
    assert switched() == [(serial, False) for serial in speakers]
    await hass.services.async_call(DOMAIN, "set_do_not_disturb", {"entity_id": house, "duration": 60}, blocking=True)
    assert [household.device(name)["dnd"] for name in SPEAKERS] == [True, True, True]
    assert not household.device("House")["dnd"]
    await until(hass, lambda: state_of(hass, switch).state == "on")
    household.change("Pair", clusterMembers=[household.serial(name) for name in (*SPEAKERS, "Kitchen Show")])
    await entry.runtime_data.devices.async_refresh()
    assert state_of(hass, switch).state == "off"


async def test_do_not_disturb_reaches_the_others_if_one_speaker_fails(
    hass: HomeAssistant, sim: ControlClient, household: Household, house: str
) -> None:
    sim.fault(path="/api/dnd/status", method="PUT", status=400, times=1)
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(DOMAIN, "set_do_not_disturb", {"entity_id": house}, blocking=True)
    assert sorted(household.device(name)["dnd"] for name in SPEAKERS) == [False, True, True]


async def test_alarms_on_a_group_are_created_on_each_of_its_speakers(
    hass: HomeAssistant, sim: ControlClient, household: Household, house: str
) -> None:
    before = {key for account in household.accounts.values() for key in account["notifications"]}
    await hass.services.async_call(DOMAIN, "create_alarm", {"entity_id": house, "at": "07:00"}, blocking=True)
    made = [
        item
        for account in household.accounts.values()
        for key, item in account["notifications"].items()
        if key not in before
    ]
    assert sorted(item["deviceSerialNumber"] for item in made) == sorted(map(household.serial, SPEAKERS))
    assert {(item["type"], item["originalTime"]) for item in made} == {("Alarm", "07:00:00.000")}


async def test_stopping_an_alarm_of_a_group_stops_the_speaker_that_rings(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, house: str
) -> None:
    """If no alarm is known to be ringing, every speaker gets the command."""
    await hass.services.async_call(DOMAIN, "stop_alarm", {"entity_id": house}, blocking=True)
    assert said_on(sim) == sorted(map(household.serial, SPEAKERS))
    with pytest.raises(
        ServiceValidationError, match="No ringing alarm was found on Living Room Studio, Bedroom Dot, Office Spot"
    ):
        await hass.services.async_call(DOMAIN, "snooze_alarm", {"entity_id": house}, blocking=True)
