"""Checks of actions that no other check covers, and a table of which check covers which action."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPMethod
from typing import Any, Final

from . import Check
from .alerts import act, held
from .echos import entry_state
from .world import KITCHEN, World, expect, until

OFFICE: Final = "media_player.office_spot"

DRIVEN: Final[Mapping[str, str]] = {
    "add_to_timer": "a timer is paused, resumed and lengthened",
    "adjust_endpoint": "brightness and temperature by an amount",
    "amazon_kids_disable": "an Echo for a child",
    "amazon_kids_enable": "an Echo for a child",
    "announce_in_units": "announcements",
    "ask": "a question and its answer",
    "create_alarm": "an alarm created here rings there",
    "create_list": "a list is created and deleted",
    "create_reminder": "a reminder with umlauts, read back from the cloud",
    "create_timer": "a timer in words, with its id",
    "delete_list": "a list is created and deleted",
    "delete_notification": "an alarm created here rings there",
    "delete_timers": "address, name and timers of a room's Echo",
    "deregister_endpoint": "an Echo and a lamp leave the property",
    "discover_appliances": "an appliance is renamed, turned off and removed",
    "edit_alarm": "an alarm that repeats: edited, skipped, with its volume",
    "edit_reminder": "a reminder made in the calendar",
    "enable_appliance": "an appliance is renamed, turned off and removed",
    "enable_network_discovery": "a routine's button comes, is renamed and goes",
    "force_logout": "a new sign-in is requested",
    "forget_endpoint": "an Echo and a lamp leave the property",
    "forward": "skips, the queue and the sleep timer",
    "get_alarm_sounds": "an alarm that repeats: edited, skipped, with its volume",
    "clear_history": "the latest record is cleared at Amazon",
    "get_flash_briefing": "a feed of the flash briefing is turned off and on",
    "set_flash_briefing": "a feed of the flash briefing is turned off and on",
    "import_air_quality": "hours of an air quality monitor become statistics",
    "get_contacts": "contacts, and a message to the household",
    "get_history_records": "an answer there, and the records",
    "get_household": "the people of the household",
    "get_queue": "skips, the queue and the sleep timer",
    "install_wifi": "Wi-Fi saved and installed",
    "move_to_unit": "move to a unit",
    "pause_timer": "a timer is paused, resumed and lengthened",
    "query_endpoints": "query of devices",
    "record": "a recording for a bug report",
    "remove_appliance": "an appliance is renamed, turned off and removed",
    "remove_from_unit": "an Echo and a lamp leave the property",
    "rename_appliance": "an appliance is renamed, turned off and removed",
    "rename_endpoint": "address, name and timers of a room's Echo",
    "restore_volume": "the volume of before",
    "resume_timer": "a timer is paused, resumed and lengthened",
    "rewind": "skips, the queue and the sleep timer",
    "rooms_from_areas": "Alexa's rooms from areas, dry run",
    "run_routine": "a routine runs on the Echo that is named",
    "run_sequence": "a nested sequence in one request",
    "save_wifi": "Wi-Fi saved and installed",
    "send_fire_tv_command": "a Fire TV",
    "send_message": "contacts, and a message to the household",
    "send_text_command": "text command to two in one request",
    "set_address": "address, name and timers of a room's Echo",
    "set_alarm_volume": "an alarm that repeats: edited, skipped, with its volume",
    "set_do_not_disturb": "Do Not Disturb for a time",
    "set_sleep_timer": "skips, the queue and the sleep timer",
    "skip_next": "an alarm that repeats: edited, skipped, with its volume",
    "snooze_alarm": "snooze what rings",
    "speak": "speech at a volume, then restored",
    "stop_alarm": "an alarm created here rings there",
    "stop_all": "a nested sequence in one request",
    "unpair_bluetooth": "a phone is removed",
    "update_last_called": "the last called Echo is read again",
    "wifi_status": "Wi-Fi saved and installed",
}
"""Name of the check that covers an action, by action."""


def do(world: World, name: str, **data: Any) -> None:
    """Call an action without a response."""
    world.rest().trigger_service("alexa_media", name, **data)


def skips(world: World) -> str:
    """Play, skip forward and back, read the queue, and set a sleep timer."""
    play = {"media_content_type": "AMAZON_MUSIC", "media_content_id": "harbour"}
    world.rest().trigger_service("media_player", "play_media", entity_id=KITCHEN, **play)
    until("it plays", lambda: world.state(KITCHEN).state == "playing")
    world.sim.reset_ledger()
    do(world, "forward", entity_id=KITCHEN)
    do(world, "rewind", entity_id=KITCHEN)
    kinds = [str(request["body"]) for request in world.requests("/api/np/command", "POST")]
    expect(len(kinds) == 2 and "Forward" in kinds[0] and "Rewind" in kinds[1], f"commands: {kinds}")
    queue = act(world, "get_queue", entity_id=KITCHEN)[KITCHEN]
    expect(queue, "the queue is empty")
    do(world, "set_sleep_timer", entity_id=KITCHEN, duration="00:30:00")
    said = str(world.sim.spoken()[-1]["text"])
    expect("sleep timer" in said, f"said: {said}")
    world.rest().trigger_service("media_player", "media_stop", entity_id=KITCHEN)
    until("it is silent", lambda: world.state(KITCHEN).state == "idle")
    return said


def volume_before(world: World) -> str:
    """Set a volume, and restore the previous one."""
    before = world.state(KITCHEN).attributes["volume_level"]
    world.rest().trigger_service("media_player", "volume_set", entity_id=KITCHEN, volume_level=0.77)
    until("0.77", lambda: world.state(KITCHEN).attributes["volume_level"] == 0.77)
    do(world, "restore_volume", entity_id=KITCHEN)
    until("as before", lambda: world.state(KITCHEN).attributes["volume_level"] == before)
    return f"0.77, then {before} again"


def unpaired(world: World) -> str:
    """Unpair a Bluetooth device from an Echo."""
    before = {device["friendlyName"] for device in world.device("Kitchen Show")["bluetooth"]}
    do(world, "unpair_bluetooth", entity_id=KITCHEN, source="Garden Speaker")
    after = {device["friendlyName"] for device in world.device("Kitchen Show")["bluetooth"]}
    expect(before - after == {"Garden Speaker"}, f"before {before}, after {after}")
    return "Garden Speaker"


def repeating(world: World) -> str:
    """Create a repeating alarm, change it, skip it once, set its volume, and delete it."""
    sounds = act(world, "get_alarm_sounds", entity_id=OFFICE)["sounds"]
    days = ["mo", "tu", "we", "th", "fr", "sa", "su"]
    made = act(world, "create_alarm", entity_id=OFFICE, at="05:10", weekdays=days, sound=sounds[0]["name"])["id"]
    act(world, "edit_alarm", notification_id=made, at="05:20")
    expect(held(world, made)["originalTime"].startswith("05:20"), f"in the cloud: {held(world, made)}")
    before = held(world, made)["originalDate"]
    act(world, "skip_next", notification_id=made)
    expect(held(world, made)["originalDate"] > before, f"in the cloud: {held(world, made)}")
    act(world, "set_alarm_volume", notification_id=made, volume=0.4)
    act(world, "delete_notification", notification_id=made)
    expect(not held(world, made), "the cloud still has it")
    return f"{len(sounds)} sounds; 05:20, one day later"


def timer_changes(world: World) -> str:
    """Pause a timer, resume it, and add time to it."""
    made = act(world, "create_timer", entity_id=OFFICE, duration="00:20:00", label="Check")["id"]
    wanted = {"entity_id": OFFICE, "label": "check"}
    until("it is known", lambda: made in str(world.state("sensor.office_spot_next_timer").attributes))
    act(world, "pause_timer", **wanted)
    until("it is paused", lambda: held(world, made)["status"] == "PAUSED")
    act(world, "resume_timer", **wanted)
    until("it runs", lambda: held(world, made)["status"] == "ON")
    end = held(world, made)["triggerTime"]
    act(world, "add_to_timer", duration="00:05:00", **wanted)
    until("it is longer", lambda: held(world, made)["triggerTime"] >= end + 299_000)
    act(world, "delete_notification", notification_id=made)
    return "paused, resumed, 5 minutes longer"


def snoozed(world: World) -> str:
    """Trigger an alarm, snooze it, and delete it."""
    act(world, "stop_alarm", entity_id=OFFICE)
    at = datetime.fromtimestamp(world.sim.now(), UTC) + timedelta(seconds=8)
    made = act(world, "create_alarm", entity_id=OFFICE, at=at.isoformat())["id"]
    event = "event.office_spot_alarm_timer_or_reminder"
    until("it rings", lambda: world.state(event).attributes.get("id") == made, 20)
    act(world, "snooze_alarm", entity_id=OFFICE, duration="00:05:00")
    until("it is snoozed", lambda: held(world, made)["status"] == "SNOOZED")
    act(world, "delete_notification", notification_id=made)
    return "for 5 minutes"


def household(world: World) -> str:
    """Read the members of the Amazon household."""
    people = act(world, "get_household", config_entry_id=world.entry_id)["members"]
    expect(people, "there is no one")
    return ", ".join(str(one["name"]) for one in people)


def messages(world: World) -> str:
    """Read the contacts, and send a message to the household."""
    contacts = act(world, "get_contacts", config_entry_id=world.entry_id)["contacts"]
    expect(contacts, "there is no one")
    world.sim.reset_ledger()
    do(world, "send_message", config_entry_id=world.entry_id, message="Dinner at seven")
    sent = world.sim.ledger(method="POST", path="/users/*/messages")
    expect([one["status"] for one in sent] == [200], f"sent: {sent}")
    do(world, "send_message", config_entry_id=world.entry_id, message="Dinner is ready", announcement=True)
    heard = {one["serial"] for one in world.sim.spoken() if one["text"] == "Dinner is ready"}
    expect(len(heard) > 1, f"heard by {heard}")
    return f"{len(contacts)} contacts, 1 message, announced on {len(heard)} Echos"


def flash_briefing(world: World) -> str:
    """Take a feed out of the flash briefing and add it again."""
    feeds = act(world, "get_flash_briefing", config_entry_id=world.entry_id)["feeds"]
    name = feeds[0]["name"]
    for enabled in (False, True):
        after = act(world, "set_flash_briefing", config_entry_id=world.entry_id, feed=name, enabled=enabled)["feeds"]
        shown = {feed["name"]: feed["enabled"] for feed in after}
        expect(shown[name] is enabled and len(after) == len(feeds), f"feeds: {after}")
    return f"{name}, of {len(feeds)} feeds"


def last_called(world: World) -> str:
    """Speak to an Echo, then immediately read which Echo was last spoken to."""
    world.sim.say(world.device("Office Spot")["serial"], "good night")
    found = act(world, "update_last_called")["last_called"]
    expect([one["name"] for one in found] == ["Office Spot"], f"found: {found}")
    return "Office Spot"


def logout(world: World) -> str:
    """Request a new sign-in; the account keeps working until then."""
    do(world, "force_logout")

    def flows() -> list[dict[str, Any]]:
        with world.socket() as socket:
            answer = socket.recv_result(socket.send("config_entries/flow/progress"))
        return [flow for flow in getattr(answer, "result", answer) if flow["handler"] == "alexa_media"]

    flow = until("a sign-in is requested", flows)[0]
    expect(flow["context"]["source"] == "reauth", f"the flow: {flow}")
    expect(entry_state(world) == "loaded", "the account is not loaded")
    world.rest().request(f"config/config_entries/flow/{flow['flow_id']}", method=HTTPMethod.DELETE)
    return "asked for; the account works"


CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("skips, the queue and the sleep timer", skips),
    ("the volume of before", volume_before),
    ("a phone is removed", unpaired),
    ("an alarm that repeats: edited, skipped, with its volume", repeating),
    ("a timer is paused, resumed and lengthened", timer_changes),
    ("snooze what rings", snoozed),
    ("the people of the household", household),
    ("contacts, and a message to the household", messages),
    ("a feed of the flash briefing is turned off and on", flash_briefing),
    ("the last called Echo is read again", last_called),
    ("a new sign-in is requested", logout),
)
