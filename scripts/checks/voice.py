"""Checks of Assist, language models, the repair of a missing default Echo, and what Echos hear."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPMethod
import json
from typing import Any, Final

from . import Check
from .alerts import act, held
from .automation import ask_socket
from .echos import entry_state
from .world import RELOAD, CheckFailedError, World, expect, set_options, until

ECHO: Final = "Office Spot"
OFFICE: Final = "media_player.office_spot"
MODEL: Final = "conversation.demo_model"
SMOKE: Final = "binary_sensor.office_spot_smoke_alarm_heard"
SATELLITE: Final = "assist_satellite.office_spot_broadcast"
TOOLS: Final = frozenset(
    {
        "change_timer",
        "delete_alarm",
        "get_last_command",
        "list_alarms",
        "play_music",
        "run_routine",
        "set_alarm",
        "set_reminder",
        "set_timer",
        "speak",
    }
)

MODULES: Final[Mapping[str, str]] = {
    "assist_satellite": "Broadcast reaches an Echo",
    "conversation": "Assist asks Alexa",
    "llm": "tools of language models",
    "repairs": "the repair of a missing default Echo",
}
"""Check that covers each module that Home Assistant loads by name, apart from platforms that are always loaded."""


def listed(world: World, kind: str, **data: Any) -> Any:
    """Return the result of a command over the WebSocket API."""
    answer = ask_socket(world, kind, **data)
    return getattr(answer, "result", answer)


def converse(world: World, text: str, agent_id: str | None = None) -> str:
    """Say something to an agent (Assist's own by default) and return the answer."""
    data = {"text": text, "language": "en", **({"agent_id": agent_id} if agent_id else {})}
    answer: Any = world.rest().request("conversation/process", method=HTTPMethod.POST, json=data)
    response = answer["response"]
    expect(response["response_type"] != "error", f"the answer: {response}")
    return str(response.get("speech", {}).get("plain", {}).get("speech", ""))


def heard(world: World, before: int) -> dict[str, str]:
    """Return what Echos have spoken since ``since``, by name."""
    return {str(said["device"]): str(said["text"]) for said in world.sim.spoken()[before:]}


def tools(world: World) -> str:
    """Let a language model list its tools, then use them to speak and to set a timer."""
    expose = {"assistants": ["conversation"], "entity_ids": [OFFICE], "should_expose": True}
    listed(world, "homeassistant/expose_entity", **expose)
    names = {name for name in json.loads(converse(world, "tools", MODEL)) if name.startswith("alexa_media__")}
    expect(names == {f"alexa_media__{tool}" for tool in TOOLS}, f"tools: {sorted(names)}")
    before = len(world.sim.spoken())
    message = json.dumps({"message": "The model says hello", "echo_name": ECHO})
    said = json.loads(converse(world, f"alexa_media__speak {message}", MODEL))
    expect(said.get("echos") == [ECHO], f"the result: {said}")
    expect(heard(world, before) == {ECHO: "The model says hello"}, f"heard: {heard(world, before)}")
    timer = json.dumps({"minutes": 12, "label": "rice", "echo_name": ECHO})
    made = json.loads(converse(world, f"alexa_media__set_timer {timer}", MODEL))
    expect(held(world, made["id"]).get("status") == "ON", f"the timer: {made}")
    act(world, "delete_notification", notification_id=made["id"])
    return f"{len(names)} tools; spoken, a timer set"


def repaired(world: World) -> str:
    """Request an alarm without an Echo; a repair issue lets the user select an Echo, and then the alarm is set."""
    at = (datetime.fromtimestamp(world.sim.now(), UTC) + timedelta(days=2)).isoformat()
    wanted = partial(act, world, "create_alarm", at=at)

    def issues() -> list[str]:
        found = listed(world, "repairs/list_issues")["issues"]
        return [each["issue_id"] for each in found if each["domain"] == "alexa_media"]

    issue_id = f"no_default_device_{world.entry_id}"
    try:
        wanted()
    except Exception:  # noqa: BLE001 - the class depends on the client; the repair issue contains the reason
        expect(issue_id in issues(), f"the issues: {issues()}")
    else:
        raise CheckFailedError("there is a default Echo already")
    fix = "repairs/issues/fix"
    start = {"handler": "alexa_media", "issue_id": issue_id}
    form: Any = world.rest().request(fix, method=HTTPMethod.POST, json=start)
    chosen = {"echo": world.device(ECHO)["serial"]}
    done: Any = world.rest().request(f"{fix}/{form['flow_id']}", method=HTTPMethod.POST, json=chosen)
    expect(done["type"] == "create_entry", f"the flow: {done}")
    expect(issue_id not in issues(), "the issue is still there")
    alarm = wanted()["id"]
    expect(held(world, alarm)["deviceSerialNumber"] == chosen["echo"], f"in the cloud: {held(world, alarm)}")
    act(world, "delete_notification", notification_id=alarm)
    return f"{ECHO}, chosen in the repair"


def reloaded(world: World, **options: bool) -> None:
    """Change options that reload the account, and wait for its entities."""
    before = world.state(OFFICE).last_changed
    set_options(world, options)

    def back() -> bool:
        state = world.state(OFFICE)
        is_new = state is not None and state.last_changed > before and state.state != "unavailable"
        return is_new and entry_state(world) == "loaded"

    until("the account is loaded again", back, RELOAD)


def agent(world: World) -> str | None:
    """Return the agent of the account, once it is available."""
    ours = (item for item in listed(world, "config/entity_registry/list") if item["platform"] == "alexa_media")
    found = next((str(item["entity_id"]) for item in ours if item["entity_id"].startswith("conversation.")), None)
    return found if found and world.state(found) else None


def conversation(world: World) -> str:
    """Enable the option, ask Alexa through Assist, and compare what the Echo spoke with the text of the answer."""
    expect(agent(world) is None, "there is an agent without the option")
    reloaded(world, conversation=True)
    found = until("the agent", lambda: agent(world))
    before = len(world.sim.spoken())
    answer = converse(world, "what's the weather", found)
    expect("14 degrees" in answer, f"the answer: {answer}")
    expect(heard(world, before) == {ECHO: "what's the weather"}, f"heard: {heard(world, before)}")
    return answer


def broadcast(world: World) -> str:
    """Enable the option, announce on one Echo, and broadcast on all Echos that are online."""
    expect(world.state(SATELLITE) is None, "there is a satellite without the option")
    reloaded(world, broadcast=True)
    until("the satellite", lambda: (state := world.state(SATELLITE)) and state.state == "idle")
    before = len(world.sim.spoken())
    world.rest().trigger_service("assist_satellite", "announce", entity_id=SATELLITE, message="Tea is ready")
    expect(heard(world, before) == {ECHO: "Tea is ready"}, f"heard: {heard(world, before)}")
    before = len(world.sim.spoken())
    converse(world, "broadcast dinner is ready")
    echos = until("the broadcast is heard", lambda: ECHO in heard(world, before) and heard(world, before))
    expect("Kitchen Show" in echos and set(echos.values()) == {"dinner is ready"}, f"heard: {echos}")
    return f"one Echo; then {len(echos)} Echos"


def sounds(world: World) -> str:
    """Simulate a smoke alarm that an Echo hears."""

    def hear(state: str) -> None:
        world.change(ECHO, features={"acousticEventSensor": {"smokeAlarmDetectionState": state}})

    reloaded(world, conversation=False, broadcast=False)
    expect(agent(world) is None and world.state(SATELLITE) is None, "the agent or the satellite is still there")

    def known() -> bool:
        entities = listed(world, "config/entity_registry/list")
        return any(item["entity_id"] == SMOKE for item in entities)

    until("the sound is known", known, 30)
    world.enable(SMOKE)
    expect(world.state(SMOKE).state == "off", f"{SMOKE} is {world.state(SMOKE).state}")
    hear("DETECTED")
    world.rest().trigger_service("homeassistant", "update_entity", entity_id=SMOKE)
    until("it is heard", lambda: world.state(SMOKE).state == "on")
    hear("NOT_DETECTED")
    return "a smoke alarm"


CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("tools of language models", tools),
    ("the repair of a missing default Echo", repaired),
    ("Assist asks Alexa", conversation),
    ("Broadcast reaches an Echo", broadcast),
    ("sounds that an Echo hears", sounds),
)
