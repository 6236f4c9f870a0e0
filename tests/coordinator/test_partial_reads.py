"""Tests of reads of a part of a topic: they never replace a read of the whole topic."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import PUSH_SENSOR, Clock, Household, act, state_of

pytestmark = pytest.mark.platforms("binary_sensor", "media_player", "todo")

KITCHEN = "Kitchen Show"
PLAYER = "media_player.kitchen_show"
SESSIONS = "GET /api/np/list-media-sessions"
VOLUMES = "GET /api/devices/deviceType/dsn/audio/v1/allDeviceVolumes"
DEVICES = "/api/devices-v2/device"
GARDEN = "0f5c6d7e-8a9b-4c0d-9e1f-2a3b4c5d6e77"
NUTS = "3a4b5c6d-0009-4e8f-9a0b-1c2d3e4f5a01"


def volume(hass: HomeAssistant) -> Any:
    """Return the shown volume of the Kitchen Show."""
    return state_of(hass, PLAYER).attributes.get("volume_level")


def players_requests(household: Household) -> list[str]:
    """Return the reads of sessions and volumes, sorted."""
    return sorted(line for line in household.requests("GET") if line in (SESSIONS, VOLUMES))


class Lists:
    """The lists of the account in the cloud."""

    def __init__(self, sim: ControlClient, household: Household) -> None:
        """Initialize with the account that has lists."""
        self._sim = sim
        self._household = household
        self._customer = next(key for key, account in household.accounts.items() if account["lists"])
        self.shop = next(key for key, held in self.held.items() if held["listType"] == "SHOP")

    @property
    def held(self) -> dict[str, Any]:
        """Return the lists by id."""
        lists: dict[str, Any] = self._household.accounts[self._customer]["lists"]
        return lists

    def change(self, lists: dict[str, Any]) -> None:
        """Change lists; a change of an item is pushed."""
        self._sim.patch_state({"accounts": {self._customer: {"lists": lists}}})


async def reopened(hass: HomeAssistant, sim: ControlClient, clock: Clock, missed: Callable[[], None]) -> None:
    """Close the stream, let ``missed`` change something, and open the stream; the resync waits for the device list."""
    sim.fault(path="/v20160207/directives", status=503, times=2)
    sim.fault(close_stream=True)
    await clock.until(lambda: state_of(hass, PUSH_SENSOR).state == "off")
    missed()
    sim.fault(path=DEVICES, latency=5, times=1)
    await clock.until(lambda: state_of(hass, PUSH_SENSOR).state == "on")


async def test_a_volume_changed_during_a_gap_is_read_despite_a_sessions_push(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """The push arrives before the resync reaches the players, and causes a read without the volumes."""
    await reopened(hass, sim, clock, lambda: household.change(KITCHEN, volume=23))
    sim.reset_ledger()
    sim.push("NotifyMediaSessionsUpdated", {})
    await clock.until(lambda: SESSIONS in household.requests())
    assert players_requests(household) == [SESSIONS], "the resync has not reached the players yet"
    await clock.advance(12, 0.5)
    assert volume(hass) == 0.23
    assert players_requests(household) == [VOLUMES, SESSIONS, SESSIONS]


async def test_a_list_added_during_a_gap_is_read_despite_a_push_about_another_list(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """The push arrives before the resync reaches the lists, and causes a read of its list alone."""
    lists = Lists(sim, household)
    added = {"listType": "CUSTOM", "listName": "Garden", "items": {}}
    await reopened(hass, sim, clock, lambda: lists.change({GARDEN: added}))
    lists.change({lists.shop: {"items": {NUTS: {"itemName": "nuts"}}}})
    await clock.advance(15, 0.5)
    assert state_of(hass, "todo.jo_example_org_amazon_com_garden").state == "0"


async def test_items_changed_during_a_gap_are_read_even_if_the_list_shows_no_change(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """The list of lists may lack a change, and the pushes of the gap were missed."""
    lists = Lists(sim, household)
    held = lists.held[lists.shop]
    milk = next(key for key, item in held["items"].items() if item["itemStatus"] == "ACTIVE")
    change = {"items": {milk: {"itemName": "oat milk"}}, "updateAt": held["updateAt"]}
    await reopened(hass, sim, clock, lambda: lists.change({lists.shop: change}))
    assert lists.held[lists.shop]["updateAt"] == held["updateAt"]
    await clock.advance(15, 0.5)
    items = entry.runtime_data.lists.data[lists.shop].items
    assert "oat milk" in {item.name for item in items}


async def test_a_list_whose_items_cannot_be_read_does_not_affect_the_others(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """It keeps its items, and is read again at growing intervals."""
    lists = Lists(sim, household)
    path = f"/alexashoppinglists/api/v2/lists/{quote(lists.shop, safe='')}/items/fetch"
    fault = sim.fault(path=path, status=500)
    await clock.settle()
    sim.reset_ledger()
    lists.change({lists.shop: {"items": {NUTS: {"itemName": "nuts"}}}})
    await clock.advance(120, 5)
    held = entry.runtime_data.lists
    assert held.last_update_success
    assert "nuts" not in {item.name for item in held.data[lists.shop].items}
    assert {line.partition(" ")[2] for line in household.requests(path="*/lists/*")} == {path}
    assert 2 <= len(household.requests(path=path)) <= 6
    sim.remove_fault(str(fault))
    await clock.advance(130, 5)
    assert "nuts" in {item.name for item in held.data[lists.shop].items}
    sim.fault(path="/alexashoppinglists/*", status=500)
    lists.change({key: {"items": {NUTS: {"itemName": "figs"}}} for key in held.watched()})
    await clock.advance(5, 0.5)
    assert not held.last_update_success, "no list can be read"


@pytest.mark.platforms("media_player")
@pytest.mark.parametrize("push", [True, False], ids=["with push", "without push"])
async def test_players_stay_available_if_only_the_volumes_cannot_be_read(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, clock: Clock, push: bool
) -> None:
    """They show current sessions and the last volumes for hours, at few requests; later the volumes are read."""
    await act(hass, "media_player.play_media", PLAYER, media_content_type="AMAZON_MUSIC", media_content_id="quill")
    await clock.until(lambda: state_of(hass, PLAYER).state == "playing")
    music = household.device(KITCHEN)["player"]
    fault = sim.fault(path=VOLUMES.removeprefix("GET "), status=500)
    streams = None if push else sim.fault(path="/v20160207/directives", status=503)
    sim.fault(close_stream=True)
    before = volume(hass)
    await clock.advance(600)
    sim.reset_ledger()
    await clock.advance(1800)
    assert state_of(hass, PLAYER).state not in ("unavailable", "unknown")
    assert volume(hass) == before
    assert household.requests().count(VOLUMES) <= 15
    household.change(KITCHEN, volume=23, player=music | {"state": "PAUSED"})
    await clock.advance(660)
    assert state_of(hass, PLAYER).state == "paused"
    sim.remove_fault(str(fault))
    if streams:
        sim.remove_fault(str(streams))
    await clock.advance(660)
    assert volume(hass) == 0.23


@pytest.mark.platforms("binary_sensor", "media_player")
async def test_reads_of_the_sessions_do_not_postpone_polls_forever(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """Without push, a command to a player that Amazon refuses reads the sessions; such commands are frequent."""
    sim.fault(path="/v20160207/directives", status=503)
    sim.fault(close_stream=True)
    await clock.until(lambda: state_of(hass, PUSH_SENSOR).state == "off")
    await clock.advance(5, 1)
    household.change(KITCHEN, volume=23)
    for _ in range(4):
        await clock.advance(150)
        await entry.runtime_data.players.async_read_sessions()
    assert volume(hass) == 0.23


async def test_a_sessions_read_confirms_no_volume(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """A volume whose push is missing is read, even if the sessions were read in the meantime."""
    began = sim.now()
    sim.fault(silent_stream=1)
    await act(hass, "media_player.volume_set", PLAYER, volume_level=0.5)
    sim.reset_ledger()
    await clock.until(lambda: sim.now() >= began + 1.25)
    sim.push("NotifyMediaSessionsUpdated", {})
    await clock.until(lambda: SESSIONS in household.requests())
    assert VOLUMES not in household.requests()
    await clock.advance(5, 0.5)
    assert VOLUMES in household.requests()


async def test_a_hint_for_all_beside_one_for_the_sessions_reads_the_volumes(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    clock: Clock,
    subtests: pytest.Subtests,
) -> None:
    """Hints in quick succession cause one read, of all that they need."""
    players = entry.runtime_data.players
    hints = {"sessions": players.async_sessions_hint, "all": players.async_hint}
    for names in (("sessions", "all"), ("all", "sessions")):
        await clock.advance(30, 10)
        sim.reset_ledger()
        with subtests.test(" then ".join(names)):
            for name in names:
                hints[name]()
            await clock.until(household.requests)
            await clock.advance(3, 0.5)
            assert players_requests(household) == [VOLUMES, SESSIONS]


async def test_update_entity_beside_a_read_of_the_sessions_reads_the_volumes(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, subtests: pytest.Subtests
) -> None:
    """``homeassistant.update_entity`` reads the volume, whatever else reads the players in the same moment."""
    assert await async_setup_component(hass, "homeassistant", {})
    players = entry.runtime_data.players
    sim.fault(silent_stream=30)
    for level, first in ((23, "sessions"), (24, "entity")):
        household.change(KITCHEN, volume=level)
        sim.reset_ledger()
        reads: list[Awaitable[object]] = [
            players.async_read_sessions(),
            hass.services.async_call("homeassistant", "update_entity", {"entity_id": PLAYER}, blocking=True),
        ]
        with subtests.test(f"{first} first"):
            await asyncio.gather(*(reads if first == "sessions" else reversed(reads)))
            assert volume(hass) == level / 100
