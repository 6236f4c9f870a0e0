"""Tests of Amazon's lists as to-do lists: their items in the cloud and in Home Assistant, and the requests."""

import asyncio
import json
from typing import Any
from urllib.parse import unquote

from homeassistant.components.todo.const import DOMAIN as TODO_DOMAIN
from homeassistant.components.todo.entity import TodoItem
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.todo import parse_summary, summary_of
from tests.conftest import Clock, Household, set_up, state_of, until

pytestmark = pytest.mark.platforms("todo")

SHOPPING = "todo.jo_example_org_amazon_com_shopping_list"
HOLIDAY = "todo.jo_example_org_amazon_com_holiday"
BASE = "/alexashoppinglists/api/v2/lists"
MILK, BREAD = "3a4b5c6d-0001-4e8f-9a0b-1c2d3e4f5a01", "3a4b5c6d-0001-4e8f-9a0b-1c2d3e4f5a02"


class Lists:
    """The lists of a loaded account, in Home Assistant and in the cloud."""

    def __init__(self, hass: HomeAssistant, household: Household) -> None:
        """Initialize with the lists in the cloud."""
        self.hass = hass
        self.household = household
        self.customer = next(c for c, a in household.accounts.items() if a["lists"])
        self.shop = next(key for key, held in self._lists.items() if held["listType"] == "SHOP")
        self.holiday = next(key for key, held in self._lists.items() if held["listName"] == "Holiday")

    def requests(self, method: str = "*") -> list[str]:
        """Return the requests for lists since the last reset, with a name in place of the shopping list's id."""
        lines = self.household.requests(method, f"{BASE}/*")
        return [unquote(line).replace(BASE, "").replace(self.shop, "shop").replace(MILK, "milk") for line in lines]

    @property
    def _lists(self) -> dict[str, Any]:
        lists: dict[str, Any] = self.household.accounts[self.customer]["lists"]
        return lists

    def there(self, list_id: str | None = None) -> dict[str, tuple[str, str | None, str | None]]:
        """Return status, quantity and note of the items in the cloud by name."""
        items = self._lists[list_id or self.shop]["items"].values()
        return {item["itemName"]: (item["itemStatus"], item["quantity"], item["note"]) for item in items}

    def change(self, items: dict[str, Any], list_id: str | None = None) -> None:
        """Change items, like a person in the app."""
        self.household.sim.patch_state(
            {"accounts": {self.customer: {"lists": {list_id or self.shop: {"items": items}}}}}
        )

    def change_lists(self, lists: dict[str, Any]) -> None:
        """Change the lists in the cloud, which causes no push."""
        self.household.sim.patch_state({"accounts": {self.customer: {"lists": lists}}})

    async def here(self, entity_id: str = SHOPPING) -> dict[str, dict[str, Any]]:
        """Return the items in Home Assistant by summary."""
        response = await self.hass.services.async_call(
            TODO_DOMAIN,
            "get_items",
            {"entity_id": entity_id, "status": ["needs_action", "completed"]},
            blocking=True,
            return_response=True,
        )
        items: Any = response
        return {item["summary"]: item for item in items[entity_id]["items"]}

    async def update(self) -> None:
        """Read the shopping list with ``homeassistant.update_entity``."""
        assert await async_setup_component(self.hass, "homeassistant", {})
        data = {"entity_id": SHOPPING}
        await self.hass.services.async_call("homeassistant", "update_entity", data, blocking=True)

    async def act(self, service: str, **data: Any) -> None:
        """Call an action of the shopping list."""
        await self.hass.services.async_call(TODO_DOMAIN, service, {"entity_id": SHOPPING, **data}, blocking=True)


@pytest.fixture
async def lists(hass: HomeAssistant, household: Household, config_entry: MockConfigEntry, clock: Clock) -> Lists:
    """Return the lists of a loaded account."""
    await set_up(hass, config_entry)
    await clock.settle()
    await clock.advance(2, 0.5)
    return Lists(hass, household)


@pytest.mark.parametrize(
    ("summary", "name", "quantity"),
    [
        ("milk", "milk", None),
        ("2 × milk", "milk", "2"),
        ("1,5 kg × plain  flour", "plain flour", "1,5 kg"),
        (" 3×eggs ", "eggs", "3"),
        ("tiles 2 × 4", "tiles 2 × 4", None),
        ("2 ×", "2 ×", None),
        ("  ", "", None),
    ],
)
def test_a_summary_contains_name_and_quantity(summary: str, name: str, quantity: str | None) -> None:
    assert parse_summary(summary) == (name, quantity)
    if name and quantity:
        assert parse_summary(summary_of(name, quantity)) == (name, quantity)


async def test_lists_are_shown_and_changed(
    hass: HomeAssistant, lists: Lists, sim: ControlClient, clock: Clock, config_entry: MockConfigEntry
) -> None:
    """Every change costs one request and a read after its push, and is visible in the cloud and in Home Assistant."""
    assert set(hass.states.async_entity_ids(TODO_DOMAIN)) == {
        SHOPPING,
        HOLIDAY,
        "todo.jo_example_org_amazon_com_to_do_list",
    }
    assert state_of(hass, SHOPPING).state == "1"
    assert (await lists.here())["2 × milk"]["status"] == "needs_action"
    assert (await lists.here())["bread"]["status"] == "completed"
    assert (await lists.here(HOLIDAY))["sun cream"]["description"] == "factor 50"

    sim.reset_ledger()
    await lists.act("add_item", item="oat milk")
    assert lists.there()["oat milk"] == ("ACTIVE", None, None)
    assert "oat milk" in await lists.here()  # the item is shown immediately, because the response contains it
    await clock.advance(2, 0.5)
    assert lists.requests() == ["POST /shop/items", "POST /shop/items/fetch"]

    await lists.act("add_item", item="6 × eggs", description="free range")
    assert lists.there()["eggs"] == ("ACTIVE", "6", "free range")

    sim.reset_ledger()
    await lists.act("update_item", item="2 × milk", rename="3 × whole milk", status="completed", description="cold")
    assert lists.there()["whole milk"] == ("COMPLETE", "3", "cold")
    assert lists.requests() == ["PUT /shop/items/milk"]
    await lists.act("update_item", item="3 × whole milk", rename="whole milk", description="", status="needs_action")
    assert lists.there()["whole milk"] == ("ACTIVE", None, None)
    await clock.advance(2, 0.5)

    sim.reset_ledger()
    await lists.act("update_item", item="whole milk", rename="whole milk")
    assert lists.household.requests() == []

    await lists.act("remove_item", item=["whole milk", "bread"])
    assert set(lists.there()) == {"oat milk", "eggs"}
    await clock.advance(2, 0.5)
    assert set(await lists.here()) == {"oat milk", "6 × eggs"}
    assert config_entry.runtime_data.lists.last_update_success


async def test_a_change_in_the_app_only_causes_one_read_of_that_list(
    hass: HomeAssistant, lists: Lists, sim: ControlClient, clock: Clock
) -> None:
    (entry,) = hass.config_entries.async_loaded_entries(DOMAIN)

    def received() -> int:
        count: int = entry.runtime_data.backend.stats["stream"]["directives"]
        return count

    await clock.settle()
    before = received()
    sim.reset_ledger()
    for number in range(5):
        lists.change({f"3a4b5c6d-0009-4e8f-9a0b-1c2d3e4f5a0{number}": {"itemName": f"thing {number}"}})
    await until(hass, lambda: received() >= before + 5)
    await clock.advance(4, 0.5)
    assert lists.requests() == ["POST /shop/items/fetch"]
    assert {f"thing {number}" for number in range(5)} <= set(await lists.here())

    # a list without enabled entities is not read
    er.async_get(hass).async_update_entity(HOLIDAY, disabled_by=er.RegistryEntryDisabler.USER)
    await clock.advance(40, 5)
    await clock.settle()
    sim.reset_ledger()
    lists.change({"3a4b5c6d-0009-4e8f-9a0b-1c2d3e4f5a10": {"itemName": "hat"}}, lists.holiday)
    await clock.advance(4, 0.5)
    assert lists.household.requests() == []


async def test_polls_read_the_items_of_lists_that_changed(
    hass: HomeAssistant, lists: Lists, sim: ControlClient, clock: Clock, config_entry: MockConfigEntry
) -> None:
    coordinator = config_entry.runtime_data.lists
    sim.reset_ledger()
    await coordinator.async_refresh()
    assert lists.requests() == ["POST /fetch"]
    # the item changes without a push
    held = lists._lists[lists.holiday]
    lists.change_lists({lists.holiday: {"version": held["version"] + 1}})
    sim.reset_ledger()
    await coordinator.async_refresh()
    assert lists.requests() == ["POST /fetch", f"POST /{lists.holiday}/items/fetch"]


async def test_lists_are_added_removed_and_renamed(
    hass: HomeAssistant, lists: Lists, sim: ControlClient, clock: Clock, config_entry: MockConfigEntry
) -> None:
    """A list is removed after two successful responses without it, and never after a failed read."""
    coordinator = config_entry.runtime_data.lists
    lists.change_lists(
        {
            "0f5c6d7e-8a9b-4c0d-9e1f-2a3b4c5d6e77": {"listType": "CUSTOM", "listName": "Garden", "items": {}},
            lists.holiday: {"listName": "Summer"},
        }
    )
    await coordinator.async_refresh()
    await clock.advance(2, 0.5)
    assert state_of(hass, "todo.jo_example_org_amazon_com_garden").state == "0"
    assert state_of(hass, HOLIDAY).attributes["friendly_name"].endswith("Summer")

    sim.fault(path=f"{BASE}/fetch", status=200, body={"listInfoList": None}, times=1)
    lists.change_lists({lists.holiday: None})
    await coordinator.async_refresh()
    assert not coordinator.last_update_success
    assert hass.states.get(HOLIDAY)
    await coordinator.async_refresh()
    assert coordinator.last_update_success, coordinator.last_exception
    assert state_of(hass, HOLIDAY).state != "unavailable"
    await clock.advance(33, 3)
    assert hass.states.get(HOLIDAY) is None
    assert er.async_get(hass).async_get(HOLIDAY) is None
    assert hass.states.get(SHOPPING)


async def test_a_list_deleted_while_home_assistant_was_off_is_removed(
    hass: HomeAssistant, lists: Lists, sim: ControlClient, clock: Clock, config_entry: MockConfigEntry
) -> None:
    await hass.config_entries.async_unload(config_entry.entry_id)
    lists.change_lists({lists.holiday: None})
    await set_up(hass, config_entry)
    await clock.advance(2, 0.5)
    assert er.async_get(hass).async_get(HOLIDAY)
    await clock.advance(35, 3)
    assert er.async_get(hass).async_get(HOLIDAY) is None
    assert hass.states.get(SHOPPING)


async def test_a_conflicting_change_is_retried_once_and_never_overwrites(
    hass: HomeAssistant, lists: Lists, sim: ControlClient, clock: Clock
) -> None:
    """Changes made elsewhere are kept.

    The change of the user is only made if it does not conflict with them.
    """
    sim.fault(close_stream=True)
    sim.fault(path="/v20160207/directives", status=503)
    await clock.advance(1, 1)
    # changing a note and completing the item do not conflict
    lists.change({MILK: {"note": "from the farm"}})
    sim.reset_ledger()
    await lists.act("update_item", item="2 × milk", status="completed")
    assert lists.there()["milk"] == ("COMPLETE", "2", "from the farm")
    assert lists.requests()[:3] == ["PUT /shop/items/milk", "POST /shop/items/fetch", "PUT /shop/items/milk"]
    assert len(lists.requests("PUT")) == 2
    # two different names conflict
    lists.change({MILK: {"itemName": "soy milk"}})
    with pytest.raises(ServiceValidationError, match="“soy milk” was changed elsewhere"):
        await lists.act("update_item", item="2 × milk", rename="2 × goat milk")
    assert "soy milk" in lists.there()
    assert "2 × soy milk" in await lists.here()
    # an item that was deleted elsewhere stays deleted
    lists.change({MILK: None})
    with pytest.raises(ServiceValidationError, match="probably deleted elsewhere"):
        await lists.act("update_item", item="2 × soy milk", status="needs_action")
    # removing an item that was already deleted is not an error
    lists.change({BREAD: None})
    await lists.act("remove_item", item="bread")
    assert lists.there() == {}


FAULTS: dict[str, dict[str, Any]] = {
    "400": {"status": 400, "body": {"message": "no"}},
    "503": {"status": 503},
    "throttled": {"throttle": True},
}


async def test_a_refusal_reaches_the_caller(
    hass: HomeAssistant, lists: Lists, sim: ControlClient, clock: Clock, subtests: pytest.Subtests
) -> None:
    for case, fault in FAULTS.items():
        sim.clear_faults()
        await clock.advance(120, 30)  # throttling is over
        sim.fault(path=f"{BASE}/*/items*", method="PUT", **fault)
        sim.reset_ledger()
        with subtests.test(case):
            with pytest.raises(HomeAssistantError):
                await lists.act("update_item", item="2 × milk", status="completed")
            assert lists.there()["milk"] == ("ACTIVE", "2", None)
            assert len(lists.household.requests("PUT")) == 1
            assert (await lists.here())["2 × milk"]["status"] == "needs_action"


async def test_invalid_input_sends_no_request(hass: HomeAssistant, lists: Lists, sim: ControlClient) -> None:
    sim.reset_ledger()
    entity = hass.data["entity_components"][TODO_DOMAIN].get_entity(SHOPPING)
    for item in (TodoItem(summary=" "), TodoItem(uid=MILK, summary=" ")):
        with pytest.raises(ServiceValidationError, match="has no name"):
            await (entity.async_update_todo_item if item.uid else entity.async_create_todo_item)(item)
    with pytest.raises(ServiceValidationError, match="no longer on the list"):
        await entity.async_delete_todo_items(["gone"])
    with pytest.raises(ServiceValidationError, match="Nothing was deleted"):
        await entity.async_delete_todo_items([MILK, "gone"])
    assert lists.household.requests() == []
    assert "milk" in lists.there()


def ticked(count: int) -> dict[str, Any]:
    """Return completed items."""
    return {f"d{number:04}": {"itemName": f"done {number}", "itemStatus": "COMPLETE"} for number in range(count)}


async def test_all_pages_of_a_long_list_are_read_and_open_items_are_first(
    hass: HomeAssistant, lists: Lists, sim: ControlClient, clock: Clock, config_entry: MockConfigEntry
) -> None:
    """130 completed items do not hide 5 open ones; each page is one request."""
    await lists.act("remove_item", item=["2 × milk", "bread"])
    to_do = {f"t{number}": {"itemName": f"to do {number}", "quantity": "2"} for number in range(5)}
    await clock.advance(5, 0.5)
    sim.fault(silent_stream=5)
    lists.change(ticked(130) | to_do)
    sim.reset_ledger()
    await lists.update()
    shown = list(await lists.here())
    assert (len(shown), shown[:5]) == (135, [f"2 × to do {number}" for number in range(5)])
    assert state_of(hass, SHOPPING).state == "5"
    bodies = [json.loads(each["body"]) for each in sim.ledger(path=f"{BASE}/*/items/fetch")]
    assert ["nextToken" in body for body in bodies] == [False, True]
    # an item on the second page can be changed
    await lists.act("update_item", item="2 × to do 4", status="completed")
    assert lists.there()["to do 4"][0] == "COMPLETE"
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_reading_pages_is_bounded(
    hass: HomeAssistant,
    lists: Lists,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Endless pages are read up to a limit, with a log message; a repeated token ends the read."""
    sim.fault(silent_stream=600)
    lists.change({f"n{number}": {"itemName": f"thing {number}"} for number in range(1100)})
    sim.reset_ledger()
    await lists.update()
    assert len(await lists.here()) == 1000
    assert lists.requests() == ["POST /fetch", *["POST /shop/items/fetch"] * 10]
    await lists.update()
    assert caplog.text.count("the others are not shown") == 1
    same = {"itemInfoList": [{"itemId": "a", "itemName": "again", "version": 1}], "nextToken": "round"}
    sim.fault(path=f"{BASE}/*/items/fetch", status=200, body=same)
    sim.reset_ledger()
    await lists.update()
    assert set(await lists.here()) == {"again"}
    assert lists.requests().count("POST /shop/items/fetch") == 2
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_list_of_exactly_the_maximum_is_complete(
    lists: Lists, sim: ControlClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The log does not say that items are missing."""
    sim.fault(silent_stream=600)
    lists.change({f"n{number}": {"itemName": f"thing {number}"} for number in range(1000 - len(await lists.here()))})
    await lists.update()
    assert len(await lists.here()) == 1000
    assert "the others are not shown" not in caplog.text


async def test_items_of_unusual_forms_are_shown(
    hass: HomeAssistant, lists: Lists, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """Numbers as text and text as numbers are accepted.

    Nameless items are skipped, and of duplicate items the latest one is shown.
    """
    items = [
        {"itemId": "a", "itemName": "text version", "version": "1.0", "quantity": 2},
        {"itemId": "b", "itemName": "object", "version": 2.0, "quantity": {"value": 1.5, "unit": "kg"}},
        {"itemId": "c", "itemName": None, "version": 1},
        {"itemId": "d", "version": 1},
        {"itemId": "e", "itemName": "older", "version": "3"},
        {"itemId": "e", "itemName": "newer", "version": 4, "itemStatus": "COMPLETE"},
        {"itemId": "e", "itemName": "oldest", "version": 2},
        {"itemId": "f", "itemName": 7, "quantity": {}, "note": 5},
        {"itemId": "g", "itemName": "  ", "version": 1},
        7,
    ]
    sim.fault(path=f"{BASE}/*/items/fetch", status=200, body={"itemInfoList": items})
    await lists.update()
    assert list(await lists.here()) == ["2 × text version", "1.5 kg × object", "7", "newer"]
    sim.fault(path=f"{BASE}/*/items/*", method="PUT", status=200, body={})
    sim.reset_ledger()
    await lists.act("update_item", item="2 × text version", status="completed")
    (sent,) = sim.ledger(method="PUT", path=f"{BASE}/*")
    assert sent["query"]["version"] == "1"
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_update_entity_reads_the_items(
    hass: HomeAssistant, lists: Lists, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """The items of the list are read even if its version is unchanged; the items of other lists are not."""
    infos = {"listInfoList": [{"listId": lists.shop, "listType": "SHOP", "version": 1, "updateAt": 1}]}
    await lists.update()
    sim.fault(silent_stream=600)
    lists.change({"quiet": {"itemName": "said nothing"}})
    sim.fault(path=f"{BASE}/fetch", status=200, body=infos)
    sim.reset_ledger()
    for _ in range(2):
        await lists.update()
    assert "said nothing" in await lists.here()
    assert lists.requests() == ["POST /fetch", "POST /shop/items/fetch"] * 2
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_list_deleted_while_its_pages_are_read_is_removed(
    hass: HomeAssistant, lists: Lists, sim: ControlClient, clock: Clock, config_entry: MockConfigEntry
) -> None:
    lists.change(ticked(130), lists.holiday)
    await clock.advance(5, 0.5)
    sim.fault(silent_stream=5)
    page = {"itemInfoList": [], "nextToken": "more"}
    sim.fault(path=f"{BASE}/{lists.holiday}/items/fetch", status=200, body=page, times=1)
    sim.fault(path=f"{BASE}/{lists.holiday}/items/fetch", status=404, times=1)
    lists.change({"t1": {"itemName": "to do"}})
    lists.change({"t1": {"itemName": "to do"}}, lists.holiday)
    await config_entry.runtime_data.lists.async_refresh()
    assert config_entry.runtime_data.lists.last_update_success
    assert "to do" in await lists.here()
    lists.change_lists({lists.holiday: None})
    await clock.advance(120, 10)
    assert hass.states.get(HOLIDAY) is None
    assert "to do" in await lists.here()
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_an_item_completed_while_pages_are_read_is_shown_as_completed(
    hass: HomeAssistant, lists: Lists, sim: ControlClient, clock: Clock, config_entry: MockConfigEntry
) -> None:
    """The push causes another read after the running one."""
    lists.change(ticked(130) | {"t1": {"itemName": "to do"}})
    await clock.advance(5, 0.5)
    api = config_entry.runtime_data.backend.lists
    read, first, go_on = api.async_items, asyncio.Event(), asyncio.Event()

    async def slow(list_id: str) -> Any:
        answer = await read(list_id)
        if not first.is_set():
            first.set()
            await go_on.wait()
        return answer

    api.async_items = slow
    update = asyncio.create_task(config_entry.runtime_data.lists.async_refresh_items(lists.shop))
    await first.wait()
    lists.change({"t1": {"itemStatus": "COMPLETE"}})
    await clock.advance(3, 0.5)
    go_on.set()
    await update
    await clock.advance(3, 0.5)
    assert (await lists.here())["to do"]["status"] == "completed"
    assert config_entry.runtime_data.lists.data[lists.shop].items == await read(lists.shop)
    await hass.config_entries.async_unload(config_entry.entry_id)


async def _create(lists: Lists, name: str) -> str:
    """Create a list with the action and return its id."""
    (entry,) = lists.hass.config_entries.async_loaded_entries(DOMAIN)
    data = {"config_entry_id": entry.entry_id, "name": name}
    response = await lists.hass.services.async_call(DOMAIN, "create_list", data, blocking=True, return_response=True)
    return str((response or {})["list_id"])


async def _delete(lists: Lists, entity_id: str, *, confirm: bool = True) -> None:
    """Delete a list with the action."""
    data = {"entity_id": entity_id, "confirm": confirm}
    await lists.hass.services.async_call(DOMAIN, "delete_list", data, blocking=True)


async def test_a_list_is_created_filled_and_deleted(hass: HomeAssistant, lists: Lists, clock: Clock) -> None:
    list_id = await _create(lists, " Camping  trip ")
    assert lists._lists[list_id]["listName"] == "Camping trip"
    await clock.advance(3, 0.5)
    entity_id = "todo.jo_example_org_amazon_com_camping_trip"
    assert state_of(hass, entity_id).state == "0"
    data = {"entity_id": entity_id, "item": "tent"}
    await hass.services.async_call(TODO_DOMAIN, "add_item", data, blocking=True)
    assert lists.there(list_id) == {"tent": ("ACTIVE", None, None)}
    lists.household.sim.reset_ledger()
    await _delete(lists, entity_id)
    assert list_id not in lists._lists
    assert lists.requests("DELETE") == [f"DELETE /{list_id}"]
    assert await _create(lists, "Camping trip") in lists._lists
    await clock.advance(70, 10)
    assert hass.states.get(entity_id) is None


async def test_lists_that_cannot_be_created_or_deleted_cause_no_request(
    lists: Lists, subtests: pytest.Subtests
) -> None:
    """Default lists, and lists without confirmation, are not deleted."""
    for name, error in ((" ", "list_without_name"), ("HOLIDAY", "list_exists")):
        lists.household.sim.reset_ledger()
        with subtests.test(error):
            with pytest.raises(ServiceValidationError) as raised:
                await _create(lists, name)
            assert raised.value.translation_key == error
            assert lists.requests() == []
    for entity_id, confirm, error in ((SHOPPING, True, "list_is_default"), (HOLIDAY, False, "confirmation_missing")):
        lists.household.sim.reset_ledger()
        with subtests.test(error):
            with pytest.raises(ServiceValidationError) as raised:
                await _delete(lists, entity_id, confirm=confirm)
            assert raised.value.translation_key == error
            assert lists.requests() == []


@pytest.mark.parametrize("status", [400, 404, 405])
async def test_a_refused_list_request_is_sent_once(lists: Lists, sim: ControlClient, status: int) -> None:
    (entry,) = lists.hass.config_entries.async_loaded_entries(DOMAIN)
    sim.fault(path=BASE, method="POST", status=status)
    sim.fault(path=f"{BASE}/*", method="DELETE", status=status)
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await _create(lists, "Camping")
        with pytest.raises(HomeAssistantError):
            await _delete(lists, HOLIDAY)
    assert len(sim.ledger(method="POST", path=BASE)) == len(sim.ledger(method="DELETE", path=f"{BASE}/*")) == 1
    assert entry.runtime_data.backend.unsupported == ("create_list", "delete_list")
    assert state_of(lists.hass, HOLIDAY).state == "1"


async def test_an_unconfirmed_change_of_lists_is_an_error_and_not_repeated(
    lists: Lists, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    with subtests.test("Amazon does not show the change"):
        sim.fault(path=BASE, method="POST", status=200, body={"listId": "nowhere"})
        with pytest.raises(HomeAssistantError) as raised:
            await _create(lists, "Camping")
        assert raised.value.translation_key == "not_confirmed"
        sim.fault(path=f"{BASE}/*", method="DELETE", status=200, body={})
        with pytest.raises(HomeAssistantError) as raised:
            await _delete(lists, HOLIDAY)
        assert raised.value.translation_key == "not_confirmed"
    sim.clear_faults()
    sim.reset_ledger()
    with subtests.test("the outcome is unknown"):
        sim.fault(path=BASE, method="POST", cut="body")
        with pytest.raises(HomeAssistantError):
            await _create(lists, "Camping")
        assert len(sim.ledger(method="POST", path=BASE)) == 1
