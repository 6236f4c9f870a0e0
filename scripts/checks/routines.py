"""Checks of routines, backgrounds and Amazon Kids."""

from collections.abc import Awaitable, Callable
import json
from typing import Final

from .world import KITCHEN, World, expect, until

ROUTINE: Final = "Dinner time"
SPOT: Final = "media_player.office_spot"


def run_here(world: World) -> str:
    """Run a routine on a given Echo.

    The button of a routine that names an Echo runs it unchanged.
    """
    before = len(world.sim.spoken())
    world.sim.reset_ledger()
    _, response = world.rest().trigger_service_with_response(
        "alexa_media", "run_routine", entity_id=SPOT, routine=ROUTINE.upper()
    )
    expect(response[SPOT]["name"] == ROUTINE, f"response: {response}")
    spoken = [(said["device"], said["text"]) for said in world.sim.spoken()[before:]]
    expect(("Office Spot", "Dinner is served") in spoken, f"spoken: {spoken}")
    (request,) = world.requests("/api/behaviors/preview", "POST")
    expect(json.loads(request["body"])["behaviorId"] == response[SPOT]["id"], "not run under its id")
    buttons = [s.entity_id for s in world.rest().get_states() if s.entity_id.endswith("_good_night")]
    expect(len(buttons) == 1, f"buttons: {buttons}")
    world.rest().trigger_service("button", "press", entity_id=buttons[0])
    expect(world.sim.spoken()[-1]["device"] == "Bedroom Dot", f"spoken: {world.sim.spoken()[-1]}")
    return f"“{ROUTINE}” on the Spot, 1 button pressed"


def come_and_go(world: World) -> str:
    """Create a routine in the cloud and rename it; its button follows at the next read."""
    customer_id, account = next(iter(world.sim.state()["accounts"].items()))
    node = next(iter(account["automations"].values()))["startNode"]
    routine_id = "amzn1.alexa.automation.check"

    def buttons() -> list[str]:
        states = world.rest().get_states()
        return [str(s.attributes["friendly_name"]) for s in states if s.entity_id.endswith("_tea_time")]

    def rename(name: str) -> None:
        change = {"automations": {routine_id: {"name": name, "startNode": node}}}
        world.sim.patch_state({"accounts": {customer_id: change}})
        world.rest().trigger_service("alexa_media", "enable_network_discovery")
        until(f"a button {name}", lambda: any(text.endswith(name) for text in buttons()))

    rename("Tea time")
    rename("Coffee time")
    world.sim.patch_state({"accounts": {customer_id: {"automations": {routine_id: None}}}})
    world.rest().trigger_service("alexa_media", "enable_network_discovery")
    expect(buttons(), "gone after a single list without it")
    until("it is gone", lambda: not buttons(), 60)
    return "came, renamed, gone"


def on_and_off(world: World) -> str:
    """Turn a routine off and on with its switch, and check that its actions are kept."""
    customer_id = next(iter(world.sim.state()["accounts"]))

    def held() -> dict[str, object]:
        routines: dict[str, dict[str, object]] = world.sim.state()["accounts"][customer_id]["automations"]
        return next(each for each in routines.values() if each["name"] == ROUTINE)

    before = held()
    button = next(s.entity_id for s in world.rest().get_states() if s.entity_id.endswith("_dinner_time"))
    switch = button.replace("button.", "switch.")
    world.enable(switch)
    for service, status in (("turn_off", "DISABLED"), ("turn_on", "ENABLED")):
        world.rest().trigger_service("switch", service, entity_id=switch)
        expect(held()["status"] == status, f"the cloud has {held()['status']}")
    expect(held()["startNode"] == before["startNode"], "the actions are others")
    return "off and on, with its actions"


def image(world: World) -> str:
    """Show a picture as the background of a screen."""
    address = "https://pictures.example.org/check.jpg"
    world.rest().trigger_service(
        "media_player", "play_media", entity_id=KITCHEN, media_content_type="image", media_content_id=address
    )
    expect(world.device("Kitchen Show")["backgroundImage"] == address, "the cloud has another picture")
    return "1 picture"


def kids(world: World) -> str:
    """Assign an Echo to a child, and remove the assignment."""
    world.rest().trigger_service("alexa_media", "amazon_kids_enable", entity_id=SPOT, child="Kim")
    expect(world.device("Office Spot")["child"], "the Echo has no child in the cloud")
    world.rest().trigger_service("alexa_media", "amazon_kids_disable", entity_id=SPOT)
    expect(world.device("Office Spot")["child"] is None, "the Echo still has a child")
    return "assigned and removed"


CHECKS: Final[tuple[tuple[str, Callable[[World], str | Awaitable[str]]], ...]] = (
    ("a routine runs on the Echo that is named", run_here),
    ("a routine's button comes, is renamed and goes", come_and_go),
    ("a routine is turned off and on", on_and_off),
    ("a picture on a screen", image),
    ("an Echo for a child", kids),
)
