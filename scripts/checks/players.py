"""Checks of players: idle ones, external providers, scenes and nested groups."""

from functools import partial
from typing import Any, Final

from . import Check
from .world import KITCHEN, STUDIO, World, expect, until

OFFICE: Final = "media_player.office_spot"
PAIR: Final = "2c3d4e5f60718293a4b5c6d7e8f0a1b2"
HOUSE: Final = "3d4e5f60718293a4b5c6d7e8f0a1b2c3"


def _is(world: World, entity_id: str, state: str) -> bool:
    """Return whether a player is in a state."""
    return bool(world.state(entity_id).state == state)


def _act(world: World, action: str, entity_id: str | list[str] = KITCHEN, **data: Any) -> None:
    """Call an action of media players."""
    world.rest().trigger_service("media_player", action, entity_id=entity_id, **data)


def _commands(world: World) -> int:
    """Return the number of commands to Amazon's players since the last reset."""
    return len(world.requests("/api/np/command", "POST"))


def spotify(world: World) -> str:
    """Pause and resume Spotify, which Amazon's own commands do not reach."""
    _act(world, "play_media", media_content_type="SPOTIFY", media_content_id="harbour")
    until("Spotify plays", lambda: _is(world, KITCHEN, "playing"))
    world.sim.reset_ledger()
    for action, state in (("media_pause", "paused"), ("media_play", "playing"), ("media_pause", "paused")):
        _act(world, action)
        until(f"Spotify is {state}", partial(_is, world, KITCHEN, state))
    expect(_commands(world) == 1, f"{_commands(world)} commands that Spotify does not take")
    _act(world, "media_stop")
    until("it is silent", lambda: _is(world, KITCHEN, "idle"))
    return "by words; Amazon's command was tried once"


def script(world: World) -> str:
    """Run a script whose first steps concern an idle Echo."""
    steps = [
        {"action": f"media_player.{action}", "target": {"entity_id": [OFFICE, STUDIO]}}
        for action in ("turn_on", "media_pause", "media_next_track", "turn_off")
    ]
    steps.append({"action": "media_player.volume_set", "target": {"entity_id": OFFICE}, "data": {"volume_level": 0.2}})
    with world.socket() as socket:
        done = socket.recv_result(socket.send("execute_script", sequence=steps))
    expect(done.success, f"the script ended early: {done}")
    expect(world.device("Office Spot")["volume"] == 20, "the last step was not run")
    return f"{len(steps)} steps"


def scene(world: World) -> str:
    """Restore a scene with a paused player; its volume is restored, and it stays paused."""
    _act(world, "play_media", media_content_type="AMAZON_MUSIC", media_content_id="harbour")
    until("it plays", lambda: _is(world, KITCHEN, "playing"))
    _act(world, "media_pause")
    until("it is paused", lambda: _is(world, KITCHEN, "paused"))
    volume = world.device("Kitchen Show")["volume"]
    world.rest().trigger_service("scene", "create", scene_id="before", snapshot_entities=[KITCHEN])
    _act(world, "volume_set", volume_level=0.85)
    until("it is loud", lambda: world.state(KITCHEN).attributes["volume_level"] == 0.85)
    world.sim.reset_ledger()
    world.rest().trigger_service("scene", "turn_on", entity_id="scene.before")
    expect(world.device("Kitchen Show")["volume"] == volume, f"volume {world.device('Kitchen Show')['volume']}")
    played = [r for r in world.requests("/api/np/command", "POST") if "PlayCommand" in str(r["body"])]
    expect(not played, "it played for a moment")
    _act(world, "media_stop")
    until("it is silent", lambda: _is(world, KITCHEN, "idle"))
    return f"volume {volume} again, nothing played"


def nested_group(world: World) -> str:
    """Speak on a group that contains a stereo pair, and set its volume."""
    names = ("Living Room Studio", "Office Spot")
    living, office = (world.device(name)["serial"] for name in names)
    group = {name: value for name, value in world.device("Downstairs").items() if name not in ("serial", "account")}
    owner = world.owner("Living Room Studio")
    groups = {
        PAIR: group | {"accountName": "Pair", "clusterMembers": [living, office]},
        HOUSE: group | {"accountName": "House", "clusterMembers": [PAIR, world.device("Kitchen Show")["serial"]]},
    }
    world.sim.patch_state({"accounts": {owner: {"devices": groups}}})
    world.rest().trigger_service("alexa_media", "enable_network_discovery")
    house = "media_player.house"
    until("the group is there", lambda: world.state(house) is not None, 30)
    before = len(world.sim.spoken())
    world.rest().trigger_service("alexa_media", "speak", entity_id=[house], message="Everywhere")
    spoken = sorted(item["device"] for item in world.sim.spoken()[before:])
    expect(spoken == sorted((*names, "Kitchen Show")), f"spoken on {spoken}")
    _act(world, "volume_set", house, volume_level=0.35)
    volumes = [world.device(name)["volume"] for name in spoken]
    expect(volumes == [35, 35, 35], f"volumes {volumes}")
    until("the volume is shown", lambda: world.state(house).attributes["volume_level"] == 0.35)
    world.sim.patch_state({"accounts": {owner: {"devices": dict.fromkeys(groups)}}})
    return f"spoken on {', '.join(spoken)}"


def fire_tv(world: World) -> str:
    """Add a Fire TV, turn it on, search it, and press the home key."""
    customer = world.owner("Kitchen Show")
    serial, name = "G0SIM00000TV0009", "Television"
    television = {key: value for key, value in world.device("Office Spot").items() if key not in ("serial", "account")}
    television |= {"accountName": name, "deviceType": "A2LWARUGJLBYEW", "deviceFamily": "FIRE_TV"}
    television |= {"deviceAccountId": "A0TELEVISION", "capabilities": []}
    television |= {"fireTv": {"on": False, "paused": False, "home": False, "search": None}}
    world.sim.patch_state({"accounts": {customer: {"devices": {serial: television}}}})
    world.rest().trigger_service("alexa_media", "enable_network_discovery")
    player = "media_player.television"
    until("its player", lambda: world.state(player))
    world.rest().trigger_service("media_player", "turn_on", entity_id=player)
    world.rest().trigger_service(
        "media_player", "play_media", entity_id=player, media_content_type="video", media_content_id="cooking shows"
    )
    world.rest().trigger_service("alexa_media", "send_fire_tv_command", entity_id=player, command="home")
    held = world.device(name)["fireTv"]
    expect(held == {"on": True, "paused": False, "home": True, "search": "cooking shows"}, f"in the cloud: {held}")
    world.sim.patch_state({"accounts": {customer: {"devices": {serial: None}}}})
    return "on, searched, home"


CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("Spotify paused and resumed", spotify),
    ("script with an idle Echo", script),
    ("scene restored", scene),
    ("nested group", nested_group),
    ("a Fire TV", fire_tv),
)
