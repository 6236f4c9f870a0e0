"""Lists."""

from typing import Any, Final

from . import Check
from .world import World, expect, until


def shopping_list(world: World) -> str:
    """Add an item here and tick it off in the app."""
    customer, list_id = next(
        (customer, key)
        for customer, account in world.sim.state()["accounts"].items()
        for key, held in account["lists"].items()
        if held["listType"] == "SHOP"
    )

    def items() -> dict[str, Any]:
        held = world.sim.state()["accounts"][customer]["lists"][list_id]["items"]
        return {item["itemName"]: {"id": item_id, **item} for item_id, item in held.items()}

    entity = next(s.entity_id for s in world.rest().get_states() if s.entity_id.endswith("_shopping_list"))
    before = int(world.state(entity).state)
    world.rest().trigger_service("todo", "add_item", entity_id=entity, item="3 × lemons", description="ripe")
    lemons = items()["lemons"]
    expect((lemons["quantity"], lemons["note"]) == ("3", "ripe"), f"in the cloud: {lemons}")
    until("one more", lambda: int(world.state(entity).state) == before + 1)
    change = {list_id: {"items": {lemons["id"]: {"itemStatus": "COMPLETE"}}}}
    world.sim.patch_state({"accounts": {customer: {"lists": change}}})
    until("ticked off", lambda: int(world.state(entity).state) == before)
    world.rest().trigger_service("todo", "remove_item", entity_id=entity, item=["3 × lemons"])
    expect("lemons" not in items(), "still in the cloud")
    return "3 × lemons, added here, ticked off there"


CHECKS: Final[tuple[tuple[str, Check], ...]] = (("a shopping list both ways", shopping_list),)
