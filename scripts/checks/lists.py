"""Checks of lists."""

from typing import Any, Final

from . import Check
from .world import World, expect, until


def _shopping(world: World) -> tuple[str, str]:
    """Return the account with a shopping list, and the id of the list."""
    return next(
        (customer, key)
        for customer, account in world.sim.state()["accounts"].items()
        for key, held in account["lists"].items()
        if held["listType"] == "SHOP"
    )


def _change(world: World, customer: str, lists: dict[str, Any]) -> None:
    """Change lists in the app."""
    world.sim.patch_state({"accounts": {customer: {"lists": lists}}})


def shopping_list(world: World) -> str:
    """Add an item in Home Assistant, and complete it in the app."""
    customer, list_id = _shopping(world)

    def items() -> dict[str, Any]:
        held = world.sim.state()["accounts"][customer]["lists"][list_id]["items"]
        return {item["itemName"]: {"id": item_id, **item} for item_id, item in held.items()}

    entity = next(s.entity_id for s in world.rest().get_states() if s.entity_id.endswith("_shopping_list"))
    before = int(world.state(entity).state)
    world.rest().trigger_service("todo", "add_item", entity_id=entity, item="3 × lemons", description="ripe")
    lemons = items()["lemons"]
    expect((lemons["quantity"], lemons["note"]) == ("3", "ripe"), f"in the cloud: {lemons}")
    until("one more", lambda: int(world.state(entity).state) == before + 1)
    _change(world, customer, {list_id: {"items": {lemons["id"]: {"itemStatus": "COMPLETE"}}}})
    until("ticked off", lambda: int(world.state(entity).state) == before)
    world.rest().trigger_service("todo", "remove_item", entity_id=entity, item=["3 × lemons"])
    expect("lemons" not in items(), "still in the cloud")
    return "3 × lemons, added here, ticked off there"


def long_list(world: World) -> str:
    """Check that the open items of a list with 130 completed ones are shown."""
    customer, list_id = _shopping(world)
    entity = next(s.entity_id for s in world.rest().get_states() if s.entity_id.endswith("_shopping_list"))
    before = int(world.state(entity).state)
    done = {f"d{number}": {"itemName": f"done {number}", "itemStatus": "COMPLETE"} for number in range(130)}
    to_do = {f"t{number}": {"itemName": f"to do {number}"} for number in range(5)}
    world.sim.reset_ledger()
    _change(world, customer, {list_id: {"items": done | to_do}})
    until("5 more to do", lambda: int(world.state(entity).state) == before + 5)
    _, answer = world.rest().trigger_service_with_response(
        "todo", "get_items", entity_id=entity, status=["needs_action", "completed"]
    )
    names = [item["summary"] for item in answer[entity]["items"]]
    expect({f"to do {number}" for number in range(5)} <= set(names[: before + 5]), f"the first are {names[:8]}")
    pages = len(world.sim.ledger(path="/alexashoppinglists/api/v2/lists/*/items/fetch"))
    _change(world, customer, {list_id: {"items": dict.fromkeys(done | to_do)}})
    until("they are gone", lambda: int(world.state(entity).state) == before)
    return f"{len(names)} items, what is to do first: {pages} requests"


def come_and_go(world: World) -> str:
    """Create a list, add an item to it, and delete it."""
    _, answer = world.rest().trigger_service_with_response(
        "alexa_media", "create_list", config_entry_id=world.entry_id, name="Camping"
    )
    customer, _ = _shopping(world)

    def lists() -> dict[str, Any]:
        held: dict[str, Any] = world.sim.state()["accounts"][customer]["lists"]
        return held

    expect(lists()[answer["list_id"]]["listName"] == "Camping", f"in the cloud: {list(lists())}")

    def entity() -> str | None:
        states = world.rest().get_states()
        return next((s.entity_id for s in states if s.entity_id.endswith("_camping")), None)

    found = until("its entity", entity)
    world.rest().trigger_service("todo", "add_item", entity_id=found, item="tent")
    world.rest().trigger_service("alexa_media", "delete_list", entity_id=found, confirm=True)
    expect(answer["list_id"] not in lists(), "still in the cloud")
    until("it is gone", lambda: entity() is None, 60)
    return "created, filled, deleted"


CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("a shopping list both ways", shopping_list),
    ("a long list", long_list),
    ("a list is created and deleted", come_and_go),
)
