"""Checks of device settings."""

from typing import Final

from . import Check
from .world import World, expect, until

BASS: Final = "number.living_room_studio_bass"
ALARM_VOLUME: Final = "number.office_spot_alarm_volume"
# Home Assistant reloads an entry half a minute after one of its entities was enabled.
RELOAD: Final = 60.0


def equalizer(world: World) -> str:
    """Enable a band of an equalizer, set it in Home Assistant, and set it at the device."""
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


def attention_and_speaker(world: World) -> str:
    """Change attention span, gestures and the connected speaker of an Echo."""
    attention, gestures = "switch.kitchen_show_attention_span", "switch.kitchen_show_gestures"
    speaker = "select.kitchen_show_connected_speaker"
    world.enable(attention, gestures, speaker)
    for switch in (attention, gestures):
        world.rest().trigger_service("switch", "turn_off", entity_id=switch)
    world.rest().trigger_service("select", "select_option", entity_id=speaker, option="bluetooth")
    held = world.device("Kitchen Show")["settings"]
    expect((held["attentionSpan"], held["alexaGestures"]) == (False, False), f"in the cloud: {held}")
    expect(held["connectedSpeakerOption"] == "Bluetooth", f"in the cloud: {held}")
    until("off", lambda: world.state(attention).state == world.state(gestures).state == "off")
    return "2 off, sound by Bluetooth"


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
    """Turn on Do Not Disturb on two Echos for ten minutes; it is off afterward."""
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
    ("attention span, gestures, connected speaker", attention_and_speaker),
)
LATER: Final[tuple[tuple[str, Check], ...]] = (("Do Not Disturb for a time", do_not_disturb),)
"""Also advances the clock of the simulated cloud, so checks of answers with times have to run before this one."""
