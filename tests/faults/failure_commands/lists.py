"""What a user can ask of the shopping list."""

from typing import Any, Final

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
    """Add an item."""
    name = f"thing {len(_items(table))}"
    return await _act(
        table, "add_item", {"item": name}, lambda: name in [item["itemName"] for item in _items(table).values()]
    )


async def tick_item(table: Any) -> list[str]:
    """Tick the milk off, or put it back."""
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
    """Remove an item that is there for that."""
    if (key := "to-be-removed") not in _items(table):
        for customer, account in table.household.accounts.items():
            for list_id, held in account["lists"].items():
                if held["listType"] == "SHOP":
                    change = {list_id: {"items": {key: {"itemName": "old news"}}}}
                    table.sim.patch_state({"accounts": {customer: {"lists": change}}})
        await table.drive.tick(4)
        await table.drive.settle()
    return await _act(table, "remove_item", {"item": ["old news"]}, lambda: key not in _items(table))


COMMANDS: Final[tuple[FailureCommand, ...]] = (add_item, tick_item, remove_item)
