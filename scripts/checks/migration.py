"""Checks of a Home Assistant that was started with alexa_media_player's configuration folder."""

from collections.abc import Awaitable, Callable
import json
from typing import Any, Final

from .life import quiet_log
from .world import World, expect, until

# Parts of an entity and of a device that users see and use.
ENTITY: Final = ("unique_id", "id", "name", "icon", "area_id", "config_entry_id", "labels")
DEVICE: Final = ("identifiers", "name_by_user", "area_id", "labels")


def left(world: World) -> dict[str, Any]:
    """Return the recorded content of the folder before the start."""
    found: dict[str, Any] = json.loads((world.log.parent / "left_behind.json").read_text())
    return found


def stored_entries(world: World) -> list[dict[str, Any]]:
    """Return the integration's config entries as stored on disk."""
    path = world.log.parent / ".storage" / "core.config_entries"
    return [entry for entry in json.loads(path.read_text())["data"]["entries"] if entry["domain"] == "alexa_media"]


def no_sign_in(world: World) -> str:
    """Check that every account is loaded without a new sign-in."""
    before = left(world)

    def loaded() -> bool:
        entries = world.rest().request("config/config_entries/entry?domain=alexa_media")
        return [entry["state"] for entry in entries] == ["loaded"] * len(before["entries"])

    until("all accounts are loaded", loaded, 60)
    with world.socket() as socket:
        expect(not socket.get_nonuser_flows_in_progress(), "a sign-in is requested")
    asked = [r["path"] for r in world.sim.ledger() if r["path"].startswith("/ap/") or r["path"] == "/auth/register"]
    pages = [path for path in asked if path not in ("/ap/exchangetoken/cookies", "/ap/exchangetoken")]
    expect(not pages, f"sign-in: {pages}")
    # Home Assistant writes the entries a second after a change.
    until("the entries are ours", lambda: all(entry["minor_version"] > 1 for entry in stored_entries(world)))
    for entry, old, customer_id in zip(stored_entries(world), before["entries"], before["accounts"], strict=True):
        expect(entry["entry_id"] == old["entry_id"] and entry["title"] == old["title"], "another entry")
        expect((entry["version"], entry["unique_id"]) == (2, customer_id), f"{entry['title']}: {entry['unique_id']}")
        known = [key for key in ("password", "oauth", "otp_secret") if key in entry["data"]]
        expect(not known, f"still stored: {known}")
    return f"{len(before['entries'])} entries taken over"


def entities_stay(world: World) -> str:
    """Compare the entity registry with its content before the start."""
    with world.socket() as socket:
        rows = socket.recv_result_list(socket.send("config/entity_registry/list"))
    now, states = {row["entity_id"]: row for row in rows}, {s.entity_id: s for s in world.rest().get_states()}
    before = left(world)["entities"]
    for old in before:
        new = now.get(old["entity_id"])
        expect(new, f"{old['entity_id']} is gone")
        changed = [key for key in ENTITY if new and new[key] != old[key]]
        # An appliance without a device may get one.
        changed += [key for key in ("device_id",) if new and old[key] and new[key] != old[key]]
        expect(not changed, f"{old['entity_id']}: {changed}")
    # Smart home entities that exist in the cloud.
    appliances = {key for account in world.sim.state()["accounts"].values() for key in account.get("appliances", {})}
    smart_home = {
        old["entity_id"]: old["unique_id"].partition("_")[0] for old in before if "-0000-" in old["unique_id"]
    }
    shown = [e for e in (old["entity_id"] for old in before) if e not in smart_home or smart_home[e] in appliances]
    dead = [entity_id for entity_id in shown if states[entity_id].attributes.get("restored")]
    expect(not dead, f"nothing shows {dead}")
    known = {old["entity_id"] for old in before}
    kinds = ("_do not disturb", "_shuffle", "_repeat", "_next Alarm", "_next Timer", "_next Reminder")
    ours = [row for row in rows if row["platform"] == "alexa_media"]
    ours = [e for e in ours if e["entity_id"].startswith("media_player.") or str(e["unique_id"]).endswith(kinds)]
    twins = {row["entity_id"] for row in ours} - known
    expect(not twins, f"twins: {twins}")
    return f"{len(before)} entities as they were"


def devices_stay(world: World) -> str:
    """Compare the device registry with its content before the start; no device is its own hub anymore."""
    with world.socket() as socket:
        rows = socket.recv_result_list(socket.send("config/device_registry/list"))
    now = {row["id"]: row for row in rows}
    before = left(world)["devices"]
    for old in before:
        new = now.get(old["id"])
        expect(new, f"{old['name']} is gone")
        changed = [key for key in DEVICE if new and new[key] != old[key]]
        expect(not changed, f"{old['name']}: {changed}")
        expect(new and new["via_device_id"] != new["id"], f"{old['name']} is its own hub")
    return f"{len(before)} devices as they were"


def files_gone(world: World) -> str:
    """Check that cookies, pickles and saved pages are deleted; loading a pickle would end Home Assistant."""
    files = left(world)["files"]
    folder = world.log.parent
    until("the files are gone", lambda: not any((folder / name).exists() for name in files))
    return f"{len(files)} files gone"


def old_automations(world: World) -> str:
    """Run existing automations that announce, play and speak."""
    first, second = left(world)["players"]
    # Users renamed the players; Amazon has its own names.
    names = {state.entity_id: state.attributes["friendly_name"] for state in world.rest().get_states()}
    world.sim.reset_ledger()
    before = len(world.sim.spoken())
    with world.socket() as socket:
        socket.fire_event("dinner")
        until("both have announced it", lambda: len(world.sim.spoken()) >= before + 2)
        announced = [(said["kind"], said["text"]) for said in world.sim.spoken()[before:]]
        expect(set(announced) == {("announce", "Dinner is ready")} and len(announced) == 2, f"spoken: {announced}")
        socket.fire_event("evening")
    until(f"{names[first]} plays", lambda: world.state(first).state == "playing", 20)
    until("good night", lambda: any(said["text"] == "Good night" for said in world.sim.spoken()), 30)
    return f"announced on 2, played on “{names[first]}”, spoken on “{names[second]}”"


def quiet(world: World) -> str:
    """Search the log for errors and for stored secrets."""
    text = world.log.read_text(errors="replace")
    kept = [word for word in ("a password of old", "Atna|of-old", "ANofold") if word in text]
    expect(not kept, f"in the log: {kept}")
    return quiet_log(world)


CHECKS: Final[tuple[tuple[str, Callable[[World], str | Awaitable[str]]], ...]] = (
    ("starts without a new sign-in", no_sign_in),
    ("entity ids, unique ids, names, areas, labels", entities_stay),
    ("devices, their names, areas and labels", devices_stay),
    ("files with cookies and pages are gone", files_gone),
    ("automations of old work", old_automations),
    ("log without errors and secrets", quiet),
)
