"""Checks of automations: what the editor offers for an Echo, every trigger and every condition."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPMethod
from typing import Any, Final

from . import Check
from .alerts import act
from .world import CheckFailedError, World, expect, until

OFFICE: Final = "media_player.office_spot"
NAME: Final = "Office Spot"
ON: Final = {"entity_id": OFFICE}

# Actions for a single Echo; all others are for accounts, ids or rooms of a property.
FOR_ECHOS: Final = frozenset(
    {
        "amazon_kids_disable",
        "amazon_kids_enable",
        "ask",
        "create_alarm",
        "create_reminder",
        "create_timer",
        "forward",
        "get_alarm_sounds",
        "get_history_records",
        "get_queue",
        "restore_volume",
        "rewind",
        "run_routine",
        "run_sequence",
        "send_fire_tv_command",
        "send_text_command",
        "set_do_not_disturb",
        "set_sleep_timer",
        "snooze_alarm",
        "speak",
        "stop_alarm",
        "pause_timer",
        "resume_timer",
        "add_to_timer",
        "unpair_bluetooth",
    }
)
TRIGGERS: Final = frozenset(
    {
        "alarm_ended",
        "alarm_rings",
        "do_not_disturb",
        "reminder",
        "spoken_to",
        "timer_changed",
        "timer_finishes",
        "voice_command",
    }
)
CONDITIONS: Final = frozenset({"alarm_before", "last_spoken_to", "person_spoke_last", "timer_running"})


def ask_socket(world: World, kind: str, **data: Any) -> Any:
    """Send one command over the WebSocket API and return its result."""
    with world.socket() as socket:
        return socket.recv_result(socket.send(kind, **data))


def offered(world: World) -> str:
    """List the triggers, conditions and actions that the automation editor offers for an Echo."""
    with world.socket() as socket:
        device = str(socket.get_rendered_template(f"{{{{ device_id('{OFFICE}') }}}}"))
    found: dict[str, set[str]] = {}
    for what in ("triggers", "conditions", "services"):
        answer = ask_socket(world, f"get_{what}_for_target", target={"device_id": [device]})
        names = getattr(answer, "result", answer)
        found[what] = {str(name).partition(".")[2] for name in names if str(name).startswith("alexa_media.")}
    for what, wanted in (("triggers", TRIGGERS), ("conditions", CONDITIONS), ("services", FOR_ECHOS)):
        expect(found[what] == wanted, f"{what}: missing {wanted - found[what]}, new {found[what] - wanted}")
    return f"{len(TRIGGERS)} triggers, {len(CONDITIONS)} conditions, {len(FOR_ECHOS)} actions"


def automate(world: World, name: str, options: dict[str, Any]) -> str:
    """Create an automation with a trigger of the integration; return its entity id."""
    target = {} if name == "item_added" else {"target": ON}
    config = {
        "alias": f"Check {name}",
        "triggers": [{"trigger": f"alexa_media.{name}", **target, "options": options}],
        "conditions": [],
        "actions": [{"event": "alexa_check"}],
    }
    path = f"config/automation/config/check_{name}"
    world.rest().request(path, method=HTTPMethod.POST, json=config)
    entity_id = f"automation.check_{name}"
    until(f"{entity_id} is on", lambda: (state := world.state(entity_id)) and state.state == "on")
    return entity_id


def fires(name: str, options: dict[str, Any], cause: Callable[[World], None], world: World) -> str:
    """Create an automation with a trigger, cause the event, and wait until the automation runs."""
    entity_id = automate(world, name, options)
    expect(world.state(entity_id).attributes.get("last_triggered") is None, "it has run before")
    cause(world)
    until("the automation has run", lambda: world.state(entity_id).attributes.get("last_triggered"), 25)
    world.rest().request(f"config/automation/config/check_{name}", method=HTTPMethod.DELETE)
    return "ran"


def say(world: World) -> None:
    """Speak to an Echo."""
    world.sim.say(world.device(NAME)["serial"], "turn on the lamp", "OK", "Jo")


def alarm(world: World) -> None:
    """Trigger an alarm."""
    at = datetime.fromtimestamp(world.sim.now() + 8, UTC)
    act(world, "create_alarm", entity_id=OFFICE, at=at.isoformat())


def stop(world: World) -> None:
    """Stop the ringing alarm."""
    until("something rings", lambda: act(world, "stop_alarm", entity_id=OFFICE)["id"], 20)


def timer(seconds: int, world: World) -> None:
    """Start a timer."""
    act(world, "create_timer", entity_id=OFFICE, duration={"seconds": seconds})


def remind(world: World) -> None:
    """Trigger a reminder."""
    at = datetime.fromtimestamp(world.sim.now() + 8, UTC)
    act(world, "create_reminder", entity_id=OFFICE, at=at.isoformat(), message="Bins")


def disturb(world: World) -> None:
    """Turn Do Not Disturb on at the device, then off."""
    world.change(NAME, dnd=True)
    until("it is on", lambda: world.state("switch.office_spot_do_not_disturb").state == "on")
    world.change(NAME, dnd=False)


def item(world: World) -> None:
    """Add an item to a list in the cloud."""
    for customer_id, account in world.sim.state()["accounts"].items():
        for list_id in account["lists"]:
            items = {"CHECK0001": {"itemName": "check milk"}}
            world.sim.patch_state({"accounts": {customer_id: {"lists": {list_id: {"items": items}}}}})
            return
    raise CheckFailedError("there is no list")


def holds(name: str, options: dict[str, Any], cause: Callable[[World], None], world: World) -> str:
    """Test a condition before and after its cause."""
    target = {} if name == "person_spoke_last" else {"target": ON}
    condition = {"condition": f"alexa_media.{name}", **target, "options": options}

    def result() -> bool:
        answer = ask_socket(world, "test_condition", condition=condition)
        return bool(getattr(answer, "result", answer)["result"])

    before = result()
    cause(world)
    until("it holds", result)
    return "didn't hold, holds" if not before else "holds"


def early(world: World) -> None:
    """Set an alarm for the next few minutes."""
    at = datetime.fromtimestamp(world.sim.now(), UTC) + timedelta(minutes=4)
    act(world, "create_alarm", entity_id=OFFICE, at=at.isoformat())


def clear(world: World) -> str:
    """Delete what the previous checks created."""
    serial = world.device(NAME)["serial"]
    count = 0
    for account in world.sim.state()["accounts"].values():
        for one in account["notifications"].values():
            if one["deviceSerialNumber"] == serial and one["type"] in ("Alarm", "Timer"):
                act(world, "delete_notification", notification_id=one["id"])
                count += 1
    return f"{count} deleted"


_TRIGGERED: Final[tuple[tuple[str, dict[str, Any], Callable[[World], None]], ...]] = (
    ("voice_command", {"text": "turn on {what}", "match": "matches"}, say),
    ("spoken_to", {}, say),
    ("alarm_rings", {}, alarm),
    ("alarm_ended", {"change": ["dismissed"]}, stop),
    ("timer_changed", {"change": ["started"]}, partial(timer, 600)),
    ("timer_finishes", {}, partial(timer, 5)),
    ("reminder", {}, remind),
    ("do_not_disturb", {"state": "on"}, disturb),
    ("item_added", {}, item),
)
_CONDITIONS: Final[tuple[tuple[str, dict[str, Any], Callable[[World], None]], ...]] = (
    ("last_spoken_to", {}, say),
    ("person_spoke_last", {"person": "Jo"}, say),
    ("timer_running", {}, partial(timer, 900)),
    ("alarm_before", {"before": "23:59:59"}, early),
)

CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("what the editor offers for an Echo", offered),
    *((f"trigger {name}", partial(fires, name, options, cause)) for name, options, cause in _TRIGGERED),
    *((f"condition {name}", partial(holds, name, options, cause)) for name, options, cause in _CONDITIONS),
    ("what the automations have set is deleted", clear),
)
