"""Checks of the sign-in, devices, players and speech."""

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPMethod
import re
import time
from typing import Any, Final

from .world import KITCHEN, PATIENCE, STUDIO, CheckFailedError, World, expect, until

# The simulated cloud's response to a command that it is set to refuse; Home Assistant logs it.
REFUSAL: Final = "not today"

# Text of the error, which Home Assistant also logs, for a command that Amazon throttles.
THROTTLED: Final = "rate limiting"


def sign_in(world: World) -> str:
    """Sign in with the config flow over REST, with an invalid URL first."""
    client = world.rest()
    flows = "config/config_entries/flow"

    def step(path: str, **data: Any) -> dict[str, Any]:
        answer = client.request(path, method=HTTPMethod.POST, json=data)
        expect(isinstance(answer, dict), f"{path} answered {answer!r}")
        return dict(answer)

    flow = step(flows, handler="alexa_media")
    for _ in range(2):  # The marketplace, and the sign-in method.
        if flow["type"] == "menu" or "marketplace" in str(flow.get("data_schema")):
            chosen = {"next_step_id": "paste"} if flow["type"] == "menu" else {"marketplace": world.domain}
            flow = step(f"{flows}/{flow['flow_id']}", **chosen)
    wrong = step(f"{flows}/{flow['flow_id']}", redirect_url="https://www.example.org/ap/maplanding")
    expect(wrong["errors"], "a foreign address was taken")
    redirect = world.sim.sign_in(flow["description_placeholders"]["url"])
    done = step(f"{flows}/{flow['flow_id']}", redirect_url=redirect)
    expect(done["type"] == "create_entry", f"no entry: {done.get('errors') or done.get('reason')}")
    world.entry_id = done["result"]["entry_id"]
    until("the entry is loaded", lambda: entry_state(world) == "loaded", 30)
    secrets = [key for key in ("password", "code", "verifier") if key in str(done.get("data", ""))]
    expect(not secrets, f"kept: {secrets}")
    return f"{done['title']}, errors shown: {', '.join(wrong['errors'].values())}"


def entry_state(world: World) -> str | None:
    """Return the state of the config entry, or None if it does not exist."""
    entries = world.rest().request("config/config_entries/entry")
    return next((entry["state"] for entry in entries if entry["entry_id"] == world.entry_id), None)


async def devices_and_entities(world: World) -> str:
    """Check that every part of the household has an entity."""
    wanted = {
        KITCHEN: "idle",
        "media_player.downstairs": "idle",
        "switch.kitchen_show_do_not_disturb": "off",
        "binary_sensor.kitchen_show_connectivity": "on",
        "binary_sensor.kids_dot_connectivity": "off",
        "media_player.kids_dot": "unavailable",
        "notify.kitchen_show_speak": "unknown",
        "notify.kitchen_show_announce": "unknown",
    }
    async with world.rest_async() as client:
        states = {state.entity_id: state for state in await client.get_states()}
    for entity_id, value in wanted.items():
        state = states.get(entity_id)
        expect(state, f"no {entity_id}; there are {sorted(states)}")
        expect(state and state.state == value, f"{entity_id} is {state and state.state}, not {value}")
    for kind in ("alarm", "timer", "reminder"):
        times = [s for e, s in states.items() if e.startswith("sensor.") and e.endswith(f"_next_{kind}")]
        expect(any(s.state not in ("unknown", "unavailable") for s in times), f"no next {kind} anywhere")
    expect("members" not in states[KITCHEN].attributes, "made-up attributes")
    expect(len(states["media_player.downstairs"].attributes["group_members"]) >= 2, "the group has no members")
    until_push = lambda: world.state(push_sensor(world)).state == "on"  # noqa: E731
    await asyncio.to_thread(until, "push is up", until_push)
    await asyncio.to_thread(at_rest, world)
    ours = [e for e in states if e.split(".")[0] in ("media_player", "notify", "switch", "sensor", "binary_sensor")]
    return f"{len(ours)} entities"


def at_rest(world: World) -> None:
    """Wait until Home Assistant sends no more requests; new entities cause reads."""
    seen, since = -1, time.monotonic()
    end = since + PATIENCE
    while time.monotonic() < end:
        if (count := world.sim.progress()[0]) != seen:
            seen, since = count, time.monotonic()
        elif time.monotonic() - since >= 1.0:
            return
        time.sleep(0.1)


def push_sensor(world: World) -> str:
    """Return the entity id of the account's push sensor."""
    states = world.rest().get_states()
    return str(next(s.entity_id for s in states if re.fullmatch(r"binary_sensor\..*_live_updates", s.entity_id)))


def volume_from_home_assistant(world: World) -> str:
    """Set a volume in Home Assistant; the cloud receives it, and its push causes no request."""
    world.sim.reset_ledger()
    with world.socket() as socket, socket.listen_events("state_changed") as events:
        socket.trigger_service("media_player", "volume_set", entity_id=KITCHEN, volume_level=0.37)
        for event in events:
            new = event.data["new_state"]
            if new and new["entity_id"] == KITCHEN and new["attributes"].get("volume_level") == 0.37:
                break
    expect(world.device("Kitchen Show")["volume"] == 37, "the cloud has another volume")
    requests = [r["path"] for r in world.sim.ledger() if r["path"] != "/ping"]
    expect(requests == ["/api/behaviors/preview"], f"requests: {requests}")
    return "1 request, state by push"


def volume_at_the_device(world: World) -> str:
    """Change the volume at the device."""
    world.sim.reset_ledger()
    world.change("Kitchen Show", volume=64)
    until("0.64", lambda: world.state(KITCHEN).attributes.get("volume_level") == 0.64)
    requests = [r["path"] for r in world.sim.ledger() if r["path"] != "/ping"]
    expect(not requests, f"requests: {requests}")
    return "0 requests"


def speak(world: World) -> str:
    """Speak on one Echo."""
    before = len(world.sim.spoken())
    world.rest().trigger_service(
        "notify", "send_message", entity_id="notify.kitchen_show_speak", message="The kettle boils & whistles."
    )
    spoken = world.sim.spoken()[before:]
    expect(len(spoken) == 1, f"spoken: {spoken}")
    expect(spoken[0]["kind"] == "speak" and spoken[0]["device"] == "Kitchen Show", f"spoken: {spoken}")
    expect("kettle boils" in spoken[0]["text"], f"spoken: {spoken}")
    return f"“{spoken[0]['text']}” at {spoken[0]['device']}"


async def announce(world: World) -> str:
    """Announce on two Echos with one request."""
    before = len(world.sim.spoken())
    world.sim.reset_ledger()
    # The kitchen has just spoken; another message would have to wait there.
    targets = ["notify.living_room_studio_announce", "notify.office_spot_announce"]
    async with world.socket_async() as socket:
        await socket.trigger_service(
            "notify", "send_message", entity_id=targets, message="Dinner is ready", title="Kitchen"
        )
    spoken = world.sim.spoken()[before:]
    expect({s["device"] for s in spoken} == {"Living Room Studio", "Office Spot"}, f"spoken: {spoken}")
    expect({s["kind"] for s in spoken} == {"announce"}, f"spoken: {spoken}")
    count = len(world.requests("/api/behaviors/preview", "POST"))
    expect(count == 1, f"{count} requests")
    return "2 Echos, 1 request"


async def refused(world: World) -> str:
    """Check that the caller gets Amazon's error for a refused command."""
    world.sim.fault(path="/api/behaviors/preview", status=400, times=5, body={"message": REFUSAL})
    try:
        async with world.socket_async() as socket:
            await socket.trigger_service("notify", "send_message", entity_id="notify.bedroom_dot_speak", message="x")
    except Exception as err:  # noqa: BLE001 - the class depends on the client; only the text matters
        expect("refused" in str(err).lower() or REFUSAL in str(err), f"said: {err}")
        return str(err)[:80]
    finally:
        world.sim.clear_faults()
    message = "no error reached the caller"
    raise CheckFailedError(message)


async def speech_in_a_storm(world: World) -> str:
    """Check a message while Amazon throttles all requests: it is refused, and the next one is spoken without delay."""
    action = {"entity_id": "notify.bedroom_dot_speak", "message": "The storm is over."}
    world.sim.fault(host="*alexa.*", status=429, body={"message": REFUSAL})
    world.sim.reset_ledger()
    said = ""
    try:
        async with world.socket_async() as socket:
            await socket.trigger_service("homeassistant", "update_entity", entity_id=KITCHEN)
            await socket.trigger_service("notify", "send_message", **action)
    except Exception as err:  # noqa: BLE001 - the class depends on the client; only the text matters
        said = str(err)
    finally:
        world.sim.clear_faults()
    expect(THROTTLED in said, f"said: {said}")
    expect(len(world.requests("/api/behaviors/preview", "POST")) == 1, "the text was not tried once")
    before, begin = len(world.sim.spoken()), time.monotonic()
    async with world.socket_async() as socket:
        await socket.trigger_service("notify", "send_message", **action)
    took = time.monotonic() - begin
    spoken = world.sim.spoken()[before:]
    expect([item["device"] for item in spoken] == ["Bedroom Dot"], f"spoken: {spoken}")
    expect(took < 5, f"the text took {took:.1f} s")
    return f"refused with “{said[:40]}…”, then spoken after {took:.1f} s"


def playback(world: World) -> str:
    """Play a search result, show the current track, pause and resume."""
    client = world.rest()
    client.trigger_service(
        "media_player", "play_media", entity_id=STUDIO, media_content_type="AMAZON_MUSIC", media_content_id="rain"
    )
    state = until("playing", lambda: (s := world.state(STUDIO)).state == "playing" and s)
    attributes = state.attributes
    for name in ("media_title", "media_artist", "media_album_name", "media_duration", "entity_picture"):
        expect(attributes.get(name), f"no {name} in {attributes}")
    expect("media_position" in attributes, "no media_position")
    client.trigger_service("media_player", "media_pause", entity_id=STUDIO)
    until("paused", lambda: world.state(STUDIO).state == "paused")
    expect(world.device("Living Room Studio")["player"]["state"] == "PAUSED", "the cloud goes on playing")
    client.trigger_service("media_player", "media_play", entity_id=STUDIO)
    until("playing again", lambda: world.state(STUDIO).state == "playing")
    client.trigger_service("media_player", "media_next_track", entity_id=STUDIO)
    title = attributes["media_title"]
    until("the next title", lambda: world.state(STUDIO).attributes.get("media_title") not in (None, title))
    return f"“{title}” by {attributes['media_artist']}"


def do_not_disturb(world: World) -> str:
    """Turn Do Not Disturb on in Home Assistant, and off at the device."""
    switch = "switch.office_spot_do_not_disturb"
    world.rest().trigger_service("switch", "turn_on", entity_id=switch)
    expect(world.device("Office Spot")["dnd"] is True, "the cloud has it off")
    until("on", lambda: world.state(switch).state == "on")
    world.change("Office Spot", dnd=False)
    until("off", lambda: world.state(switch).state == "off")
    return "both ways"


def bluetooth(world: World) -> str:
    """Connect a phone from Home Assistant, and disconnect it at the device."""
    attributes = world.state(KITCHEN).attributes
    expect(attributes.get("source") == "Local Speaker", f"source: {attributes.get('source')}")
    phone = next(name for name in attributes["source_list"] if name != "Local Speaker")
    world.sim.reset_ledger()
    world.rest().trigger_service("media_player", "select_source", entity_id=KITCHEN, source=phone)
    paired = world.device("Kitchen Show")["bluetooth"]
    expect([p["friendlyName"] for p in paired if p["connected"]] == [phone], f"in the cloud: {paired}")
    until(f"{phone} is the source", lambda: world.state(KITCHEN).attributes["source"] == phone)
    count = len(world.requests("/api/bluetooth", "GET"))
    expect(count == 1, f"{count} reads")
    world.change("Kitchen Show", bluetooth=[device | {"connected": False} for device in paired])
    until("nothing is connected", lambda: world.state(KITCHEN).attributes["source"] == "Local Speaker")
    return f"“{phone}” connected here, disconnected there"


def text_command(world: World) -> str:
    """Send a text command to two Echos in one request."""
    before = len(world.sim.spoken())
    world.sim.reset_ledger()
    targets = [KITCHEN, "media_player.bedroom_dot"]
    world.rest().trigger_service("alexa_media", "send_text_command", entity_id=targets, text_command="what time is it")
    spoken_on = {item["device"] for item in world.sim.spoken()[before:]}
    expect(spoken_on == {"Kitchen Show", "Bedroom Dot"}, f"spoken on: {spoken_on}")
    count = len(world.requests("/api/behaviors/preview", "POST"))
    expect(count == 1, f"{count} requests")
    return "2 Echos, 1 request"


def speak_loudly(world: World) -> str:
    """Speak on a group and an Echo with a separate volume, which is then restored."""
    before, volume = len(world.sim.spoken()), world.device("Garage Echo")["volume"]
    _, response = world.rest().trigger_service_with_response(
        "alexa_media", "speak", entity_id="media_player.garage_echo", message="The gate is open.", volume=0.65
    )
    spoken = world.sim.spoken()[before:]
    expect([(s["device"], s["volume"]) for s in spoken] == [("Garage Echo", 65)], f"spoken: {spoken}")
    expect(len(response["sent"]) == 1, f"response: {response}")
    until("the volume of before", lambda: world.device("Garage Echo")["volume"] == volume)
    return f"at 65, then {volume} again"


def legacy_notify(world: World) -> str:
    """Use the notify action like automations for alexa_media_player."""
    until("the kitchen has finished speaking", lambda: world.sim.now() - last_spoken(world) > PATIENCE, 2 * PATIENCE)
    before = len(world.sim.spoken())
    world.rest().trigger_service(
        "notify",
        "alexa_media",
        target=[KITCHEN, "Office Spot"],
        message="The laundry is done",
        data={"type": "announce", "method": "all"},
    )
    spoken_on = {item["device"] for item in world.sim.spoken()[before:]}
    expect(spoken_on == {"Kitchen Show", "Office Spot"}, f"spoken on: {spoken_on}")
    return "2 Echos, by entity and by name"


def last_spoken(world: World) -> float:
    """Return the time of the last speech, in epoch seconds."""
    return max((float(item["time"]) for item in world.sim.spoken()), default=0.0)


CHECKS: Final[tuple[tuple[str, Callable[[World], str | Awaitable[str]]], ...]] = (
    ("sign-in through the config flow (REST)", sign_in),
    ("devices and entities with states", devices_and_entities),
    ("volume from Home Assistant, back by push", volume_from_home_assistant),
    ("volume at the device arrives", volume_at_the_device),
    ("text spoken at the right Echo", speak),
    ("announcement to two in one request", announce),
    ("a refused command raises", refused),
    ("speech in a storm", speech_in_a_storm),
    ("play, pause, next with now-playing data", playback),
    ("Do Not Disturb both ways", do_not_disturb),
    ("bluetooth from here and at the device", bluetooth),
    ("text command to two in one request", text_command),
    ("speech at a volume, then restored", speak_loudly),
    ("notify.alexa_media as before", legacy_notify),
)
