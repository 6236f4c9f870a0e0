"""Checks of a recording: made while the other checks run, and replayed in another Home Assistant."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
import gzip
from http import HTTPMethod
import json
from pathlib import Path
import re
import shutil
from typing import Any, Final

from alexa_sim.recording import read_recording

from .alerts import act
from .echos import at_rest, entry_state, push_sensor, sign_in
from .world import World, expect, set_options, until

RECORDING: Final = "recording.json.gz"
STATES: Final = "states.json"
KINDS: Final = 30
"""Minimum number of different requests, operations and pushes in a recording of the checks."""

_COMMAND: Final = re.compile(r'command\\*":\s*\\*"(PUSH_\w+|NotifyN\w+)')
_OPERATION: Final = re.compile(r'"(Alexa\.[\w.]+)\\*"')

_MOMENTS: Final = frozenset({"button", "event", "notify", "scene"})
"""Platforms whose states are the times of actions and events, which a replay does not repeat."""

_NAMED: Final = frozenset({"wifi_name"})
"""Sensors whose states are names, even if they look like words."""

_OWN: Final = frozenset({"previous_volume"})
"""Attributes that Home Assistant stores and Amazon does not have."""

_CHOSEN: Final = frozenset({"default_device"})
"""Entities whose states are options of the account, which Amazon does not have."""

_PLAIN: Final = re.compile(r"[a-z_]+|-?\d+(\.\d+)?|\d{4}-\d\d-\d\dT[\d:.+]+")
"""States that are the same in a replay; all others are names, or texts of the household."""


def start(world: World) -> str:
    """Start a recording, which reloads the account; one Echo can hear a smoke alarm from then on."""
    world.change("Office Spot", features={"acousticEventSensor": {"smokeAlarmDetectionState": "NOT_DETECTED"}})
    until_when = act(world, "record", config_entry_id=world.entry_id, hours=1)["until"]
    until("push is up", lambda: world.state(push_sensor(world)).state == "on", 30)
    return f"at most until {until_when}"


def end(world: World) -> str:
    """Store the states of all entities, end the recording, and check its variety.

    The recording must contain enough different requests and pushes.
    """
    rows = states(world)
    finished = act(world, "record", config_entry_id=world.entry_id, mode="stop")
    text = gzip.decompress(Path(str(finished["path"])).read_bytes()).decode()
    kinds = set(_COMMAND.findall(text)) | set(_OPERATION.findall(text))
    kinds |= {(line["method"], line["template"]) for line in map(json.loads, text.splitlines()[1:]) if "method" in line}
    expect(len(kinds) >= KINDS, f"only {len(kinds)} kinds of requests and pushes: {sorted(map(str, kinds))}")
    if world.kept:
        shutil.copy(str(finished["path"]), world.kept / RECORDING)
        (world.kept / STATES).write_text(json.dumps(rows))
    return f"{finished['requests']} requests, {finished['directives']} pushes of {len(kinds)} kinds"


def states(world: World) -> list[list[Any]]:
    """Enable all entities of the account, and return their states without names, sorted."""
    with world.socket() as socket:
        for row in _registered(world):
            if row["disabled_by"]:
                update = {"entity_id": row["entity_id"], "disabled_by": None}
                socket.recv_result(socket.send("config/entity_registry/update", **update))
    world.rest().request(f"config/config_entries/entry/{world.entry_id}/reload", method=HTTPMethod.POST)
    until("loaded", lambda: entry_state(world) == "loaded", 30)
    until("push is up", lambda: world.state(push_sensor(world)).state == "on", 30)
    at_rest(world)
    return shown(world)


def shown(world: World) -> list[list[Any]]:
    """Return the states of the account's entities without names."""
    known = {state.entity_id: state for state in world.rest().get_states()}
    found = []
    for row in _registered(world):
        domain, key = row["entity_id"].partition(".")[0], row["translation_key"]
        state = None if domain in _MOMENTS or key in _CHOSEN else known.get(row["entity_id"])
        attributes = dict(state.attributes) if state else {}
        plain = {name: _plain(value) for name, value in sorted(attributes.items()) if name not in _OWN}
        is_word = state and key not in _NAMED and _PLAIN.fullmatch(state.state)
        found.append([str(row["device_id"]), domain, key, state.state if state and is_word else "a name", plain])
    return found


def _registered(world: World) -> list[dict[str, Any]]:
    """Return the entities of the account in the registry."""
    with world.socket() as socket:
        answer: Any = socket.recv_result_list(socket.send("config/entity_registry/list"))
    rows = getattr(answer, "result", answer)
    return [row for row in rows if row["config_entry_id"] == world.entry_id]


def _plain(value: Any) -> Any:
    """Return an attribute without the words in it, because a recording replaces them."""
    if isinstance(value, list):
        return len(value)
    return value if value is None or isinstance(value, bool | int | float) else type(value).__name__


def devices(rows: list[list[Any]]) -> Counter[str]:
    """Return the number of devices with the same states, by these states."""
    found: dict[str, list[str]] = {}
    for device, *rest in rows:
        found.setdefault(device, []).append(json.dumps(rest))
    return Counter("\n".join(sorted(lines)) for lines in found.values())


def entities_stay(world: World) -> str:
    """Check that the pushes of the recording remove no entity."""
    before = {state.entity_id for state in world.rest().get_states()}
    until("push is up", lambda: world.state(push_sensor(world)).state == "on", 30)
    pushes = world.sim.replay_push(0)
    world.sim.replay_push(pushes)
    at_rest(world)
    after = {state.entity_id for state in world.rest().get_states()}
    expect(before <= after, f"lost: {sorted(before - after)}")
    return f"{len(after)} entities, {pushes} pushes"


def same_states(world: World) -> str:
    """Compare all entities with those of the recorded home: their number and their states."""
    if not (world.kept and (world.kept / STATES).exists()):
        return "the states of the recorded home are unknown"
    there = json.loads((world.kept / STATES).read_text())
    set_options(world, read_recording(world.kept / RECORDING).options)
    here = states(world)
    (world.kept / "replayed.json").write_text(json.dumps(here))
    wanted, found = devices(there), devices(json.loads(json.dumps(here)))
    lacking, more = wanted - found, found - wanted
    expect(not lacking and not more, f"{sum(lacking.values())} devices differ: {differing(lacking, more)}")
    return f"{len(here)} entities of {sum(found.values())} devices show the same"


def differing(lacking: Mapping[str, int], more: Mapping[str, int]) -> str:
    """Return the lines that exist on only one side."""
    there = Counter(line for device in lacking for line in device.splitlines())
    here = Counter(line for device in more for line in device.splitlines())
    return f"only there {sorted((there - here).elements())[:40]}, only here {sorted((here - there).elements())[:40]}"


def log_is_quiet(world: World) -> str:
    """Check that the log has no error of the integration."""
    lines = [
        line
        for line in world.log.read_text(errors="replace").splitlines()
        if " ERROR " in line and "alexa_media" in line
    ]
    expect(not lines, f"{len(lines)} errors: {lines[:1]}")
    return "no errors"


CHECKS: Final[tuple[tuple[str, Callable[[World], str | Awaitable[str]]], ...]] = (
    ("sign in to the recorded home", sign_in),
    ("all pushes of the recording", entities_stay),
    ("the same entities with the same states", same_states),
    ("log without errors", log_is_quiet),
)
START: Final = ("a recording for a bug report", start)
END: Final = ("the end of the recording", end)
