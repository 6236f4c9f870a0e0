"""Checks of changes and failures of a loaded account, and of the log afterward."""

from collections.abc import Awaitable, Callable
from http import HTTPMethod
import re
import time
from typing import Any, Final

from .echos import REFUSAL, THROTTLED, entry_state, push_sensor
from .world import KITCHEN, World, expect, until

# Home Assistant's own loggers that report programs missing on this machine; they are not needed here.
NOT_HERE: Final = ("[haffmpeg.core]", "[homeassistant.components.camera.img_util]")


def come_and_go(world: World) -> str:
    """Add an Echo and remove it without a reload."""
    pattern = world.device("Bedroom Dot")
    owner = world.owner("Bedroom Dot")
    new = world.sim.state()["accounts"][owner]["devices"][pattern["serial"]]
    new |= {"accountName": "Attic Dot", "online": True}
    serial = "G0CHECKATTIC0001"
    world.sim.patch_state({"accounts": {owner: {"devices": {serial: new}}}})
    world.change("Attic Dot", volume=11)
    until("media_player.attic_dot", lambda: world.state("media_player.attic_dot"), 20)
    world.sim.patch_state({"accounts": {owner: {"devices": {serial: None}}}})
    refresh = {"entity_id": ["binary_sensor.kitchen_show_connectivity"]}
    world.rest().trigger_service("homeassistant", "update_entity", **refresh)
    expect(world.state("media_player.attic_dot"), "gone after a single list without it")
    began = time.monotonic()
    until("it is gone", lambda: world.state("media_player.attic_dot") is None, 60)
    return f"appeared, gone {time.monotonic() - began:.0f} s after it was missed"


def push_cut(world: World) -> str:
    """Cut the stream, change something in the meantime, and wait until it is shown."""
    sensor = push_sensor(world)
    world.sim.fault(path="/v20160207/directives", status=503, seconds=3)
    world.sim.fault(close_stream=True)
    until("push is down", lambda: world.state(sensor).state == "off")
    world.change("Kitchen Show", volume=22)
    until("push is up", lambda: world.state(sensor).state == "on", 60)
    until("0.22", lambda: world.state(KITCHEN).attributes.get("volume_level") == 0.22, 20)
    world.sim.clear_faults()
    return "down, up, caught up"


def reload(world: World) -> str:
    """Reload the entry, and check that it is loaded."""
    path = f"config/config_entries/entry/{world.entry_id}/reload"
    world.rest().request(path, method=HTTPMethod.POST)
    until("loaded", lambda: entry_state(world) == "loaded", 30)
    until("available", lambda: world.state(KITCHEN).state in ("idle", "playing", "paused"), 20)
    until("push is up", lambda: world.state(push_sensor(world)).state == "on", 30)
    return "loaded again"


def second_account(world: World) -> str:
    """Add a second account that shares an Echo with the first, send a command to it, and remove the account."""
    first, second = next(iter(world.sim.state()["accounts"])), "A2SIMJOE00RAY3"
    shared = {"devices": {world.device("Bedroom Dot")["serial"]: {"sharedWith": [second]}}}
    joe = {"email": "joe@example.org", "name": "Joe Ray"}
    world.sim.patch_state({"accounts": {second: joe, first: shared}})
    client, flows = world.rest(), "config/config_entries/flow"
    flow: Any = client.request(flows, method=HTTPMethod.POST, json={"handler": "alexa_media"})
    for data in ({"marketplace": world.domain}, {"next_step_id": "paste"}):
        flow = client.request(f"{flows}/{flow['flow_id']}", method=HTTPMethod.POST, json=data)
    landed = {"redirect_url": world.sim.sign_in(flow["description_placeholders"]["url"], joe["email"])}
    entry = client.request(f"{flows}/{flow['flow_id']}", method=HTTPMethod.POST, json=landed)["result"]
    players = ("media_player.bedroom_dot", "media_player.bedroom_dot_2")
    until("it is there twice", lambda: all(world.state(player) for player in players), 30)
    world.sim.reset_ledger()
    client.trigger_service("media_player", "volume_set", entity_id=players[1], volume_level=0.27)
    until("0.27 at both", lambda: all(world.state(p).attributes.get("volume_level") == 0.27 for p in players))
    count = len(world.requests("/api/behaviors/preview", "POST"))
    expect(count == 1, f"{count} requests")
    client.request(f"config/config_entries/entry/{entry['entry_id']}", method=HTTPMethod.DELETE)
    until("the second one is gone", lambda: world.state(players[1]) is None)
    expect(world.state(players[0]).state == "idle", "the first account's Echo is not there")
    expect(world.state(push_sensor(world)).state == "on", "the first account's push is down")
    world.sim.patch_state(
        {"accounts": {second: None, first: {"devices": {s: {"sharedWith": []} for s in shared["devices"]}}}}
    )
    return "one Echo, 2 players, 1 request"


def removal(world: World) -> str:
    """Remove the entry; the Amazon registration is removed too."""
    world.sim.reset_ledger()
    world.rest().request(f"config/config_entries/entry/{world.entry_id}", method=HTTPMethod.DELETE)
    expect(world.requests("/auth/deregister", "POST"), "no deregistration")
    expect(entry_state(world) is None, "the entry is still there")
    until("the entities are gone", lambda: world.state(KITCHEN) is None)
    apps = [d for a in world.sim.state()["accounts"].values() for d in a["devices"].values()]
    expect(not [d for d in apps if "Home Assistant" in d["accountName"]], "our app is still registered")
    return "deregistered"


def quiet_log(world: World) -> str:
    """Search the log for tracebacks, errors and secrets."""
    text = world.log.read_text(errors="replace")
    records = re.split(r"^(?=\d{4}-\d\d-\d\d )", text, flags=re.MULTILINE)
    errors = [
        record.splitlines()[0]
        for record in records
        if (" ERROR " in record or "Traceback" in record)
        and not any(known in record for known in (*NOT_HERE, REFUSAL, THROTTLED))
    ]
    expect(not errors, f"{len(errors)} errors: " + "; ".join(errors))
    leaks = re.findall(r"Atna\||Atnr\||openid\.oa2|jo@example", text)
    expect(not leaks, f"secrets in the log: {set(leaks)}")
    expect(not world.sim.errors(), f"the simulated cloud had errors: {world.sim.errors()[:1]}")
    return f"{len(text.splitlines())} lines, no error, no secret"


CHECKS: Final[tuple[tuple[str, Callable[[World], str | Awaitable[str]]], ...]] = (
    ("a new Echo appears, a removed one goes", come_and_go),
    ("push cut and healed", push_cut),
    ("a second account that shares an Echo", second_account),
    ("reload", reload),
)
END: Final[tuple[tuple[str, Callable[[World], str | Awaitable[str]]], ...]] = (
    ("removal deregisters", removal),
    ("log without errors and secrets", quiet_log),
)
