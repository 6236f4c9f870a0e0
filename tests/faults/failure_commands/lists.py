"""Commands for the shopping list."""

from typing import Any, Final

from homeassistant.helpers import entity_registry as er

from custom_components.alexa_media.const import DOMAIN

from . import FailureCommand

SHOPPING: Final = "todo.jo_example_org_amazon_com_shopping_list"


def _items(table: Any) -> dict[str, Any]:
    """Return the items of the shopping list in the cloud."""
    lists = [held for account in table.household.accounts.values() for held in account["lists"].values()]
    items: dict[str, Any] = next(held["items"] for held in lists if held["listType"] == "SHOP")
    return items


async def _act(table: Any, service: str, data: dict[str, Any], is_done: Any) -> list[str]:
    """Call an action of the list."""
    problems: list[str] = await table.act("todo", service, {"entity_id": SHOPPING, **data}, is_done)
    return problems


async def add_item(table: Any) -> list[str]:
    """Add an item to the shopping list."""
    name = f"thing {len(_items(table))}"
    return await _act(
        table, "add_item", {"item": name}, lambda: name in [item["itemName"] for item in _items(table).values()]
    )


async def tick_item(table: Any) -> list[str]:
    """Complete the milk, or mark it as open."""
    milk = next(item for item in _items(table).values() if item["itemName"] == "milk")
    wanted = "ACTIVE" if milk["itemStatus"] == "COMPLETE" else "COMPLETE"
    status = "completed" if wanted == "COMPLETE" else "needs_action"
    return await _act(
        table,
        "update_item",
        {"item": "2 × milk", "status": status},
        lambda: next(i for i in _items(table).values() if i["itemName"] == "milk")["itemStatus"] == wanted,
    )


async def remove_item(table: Any) -> list[str]:
    """Remove an item that was added for this purpose."""
    if (key := "to-be-removed") not in _items(table):
        for customer, account in table.household.accounts.items():
            for list_id, held in account["lists"].items():
                if held["listType"] == "SHOP":
                    change = {list_id: {"items": {key: {"itemName": "old news"}}}}
                    table.sim.patch_state({"accounts": {customer: {"lists": change}}})
        await table.drive.tick(4)
        await table.drive.settle()
    return await _act(table, "remove_item", {"item": ["old news"]}, lambda: key not in _items(table))


def _named(table: Any, name: str) -> list[str]:
    """Return the ids of the lists with a name in the cloud."""
    lists = [pair for account in table.household.accounts.values() for pair in account["lists"].items()]
    return [key for key, held in lists if held["listName"] == name]


async def create_list(table: Any) -> list[str]:
    """Create a list."""
    name = f"List {len(table.household.requests())}"
    data = {"config_entry_id": table.entry.entry_id, "name": name}
    problems: list[str] = await table.act("alexa_media", "create_list", data, lambda: bool(_named(table, name)))
    await _remove(table, _named(table, name))
    return problems


async def delete_list(table: Any) -> list[str]:
    """Delete a list that was added for this purpose."""
    if not (found := _named(table, "Old")):
        customer = next(iter(table.household.accounts))
        change = {"old-list": {"listType": "CUSTOM", "listName": "Old"}}
        table.sim.patch_state({"accounts": {customer: {"lists": change}}})
        table.entry.runtime_data.lists.async_list_hint(None)
        await table.drive.tick(4)
        await table.drive.settle()
        found = _named(table, "Old")
    entity_id = er.async_get(table.hass).async_get_entity_id("todo", DOMAIN, f"{table.entry.unique_id}_list_{found[0]}")
    data = {"entity_id": entity_id, "confirm": True}
    problems: list[str] = await table.act("alexa_media", "delete_list", data, lambda: not _named(table, "Old"))
    await _remove(table, _named(table, "Old"))
    return problems


async def _remove(table: Any, found: list[str]) -> None:
    """Remove lists from the cloud and from Home Assistant."""
    customer = next(iter(table.household.accounts))
    table.sim.patch_state({"accounts": {customer: {"lists": dict.fromkeys(found)}}})
    table.sim.clear_faults()
    for _ in range(2):
        await table.drive.tick(35)
        await table.entry.runtime_data.lists.async_refresh()
        await table.drive.settle()


COMMANDS: Final[tuple[FailureCommand, ...]] = (add_item, tick_item, remove_item, create_list, delete_list)
