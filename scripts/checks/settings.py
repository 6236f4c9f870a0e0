"""Settings of devices."""

from typing import Final

from . import Check
from .world import World, expect, until

BASS: Final = "number.living_room_studio_bass"
ALARM_VOLUME: Final = "number.office_spot_alarm_volume"
# Home Assistant reloads an entry half a minute after one of its entities was enabled.
RELOAD: Final = 60.0


def equalizer(world: World) -> str:
    """Enable a band of an equalizer, set it here, and set it at the device."""
    with world.socket() as socket:
        for entity_id in (BASS, ALARM_VOLUME):
            socket.recv_result(socket.send("config/entity_registry/update", entity_id=entity_id, disabled_by=None))
    until("it is read", lambda: (state := world.state(BASS)) and state.state not in ("unknown", "unavailable"), RELOAD)
    name = "Living Room Studio"
    world.rest().trigger_service("number", "set_value", entity_id=BASS, value=-3)
    there = world.device(name)["equalizer"]
    expect(there["bass"] == -3, f"in the cloud: {there}")
    until("-3", lambda: world.state(BASS).state == "-3")
    world.change(name, equalizer={**there, "bass": 4})
    until("4", lambda: world.state(BASS).state == "4")
    return "-3 from here, 4 from there"


def alarm_volume(world: World) -> str:
    """Increase the alarm volume."""
    before = world.device("Office Spot")["alertVolume"]
    until("the volume of alarms", lambda: (state := world.state(ALARM_VOLUME)) and state.state == str(before))
    world.rest().trigger_service("number", "set_value", entity_id=ALARM_VOLUME, value=73)
    expect(world.device("Office Spot")["alertVolume"] == 73, "the cloud has another volume")
    until("73", lambda: world.state(ALARM_VOLUME).state == "73")
    world.rest().trigger_service("number", "set_value", entity_id=ALARM_VOLUME, value=before)
    return f"{before}, 73, {before}"


def do_not_disturb(world: World) -> str:
    """Turn on Do Not Disturb on two Echos for ten minutes; after that it is off again."""
    world.sim.reset_ledger()
    players = ["media_player.kitchen_show", "media_player.office_spot"]
    switches = ["switch.kitchen_show_do_not_disturb", "switch.office_spot_do_not_disturb"]
    world.rest().trigger_service("alexa_media", "set_do_not_disturb", entity_id=players, duration="00:10:00")
    count = len(world.requests("/api/behaviors/preview", "POST"))
    expect(count == 1, f"{count} requests")
    until("on", lambda: all(world.state(switch).state == "on" for switch in switches))
    world.sim.advance(601)
    until("off again", lambda: all(world.state(switch).state == "off" for switch in switches))
    return "2 Echos, 1 request, over after 10 minutes"


CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("equalizer both ways", equalizer),
    ("alarm volume", alarm_volume),
    ("Do Not Disturb for a time", do_not_disturb),
)
