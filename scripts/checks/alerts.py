"""Checks of alarms, timers, reminders and the calendar."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import re
import time
from typing import Any, Final

from .echos import REFUSAL
from .world import CheckFailedError, World, expect, until

OFFICE: Final = "media_player.office_spot"
EVENT: Final = "event.office_spot_alarm_timer_or_reminder"


def held(world: World, notification_id: str) -> dict[str, Any]:
    """Return the notification with an id in the cloud; empty if it does not exist."""
    accounts = world.sim.state()["accounts"].values()
    items = (item for account in accounts for item in account["notifications"].values())
    return next((dict(item) for item in items if item["id"] == notification_id), {})


def act(world: World, name: str, **data: Any) -> dict[str, Any]:
    """Call an action and return its response."""
    _, response = world.rest().trigger_service_with_response("alexa_media", name, **data)
    return dict(response)


def happened(world: World) -> tuple[str | None, str | None]:
    """Return the event type and the notification id of the last event of the office's event entity."""
    attributes = world.state(EVENT).attributes
    return attributes.get("event_type"), attributes.get("id")


def calendar(world: World) -> str:
    """Return the entity id of the account's calendar."""
    states = world.rest().get_states()
    return str(next(s.entity_id for s in states if re.fullmatch(r"calendar\..*_alarms_and_reminders", s.entity_id)))


def rings(world: World) -> str:
    """Create an alarm; it rings on the Echo, fires an event in Home Assistant, and is stopped and deleted."""
    at = datetime.fromtimestamp(world.sim.now() + 10, UTC)
    alarm = act(world, "create_alarm", entity_id=OFFICE, at=at.isoformat(), sound="Countertop")["id"]
    item = held(world, alarm)
    expect(item and item["sound"]["displayName"] == "Countertop", f"in the cloud: {item}")
    until("the sensor knows it", lambda: alarm in str(world.state("sensor.office_spot_next_alarm").attributes))
    until("it rings there", lambda: held(world, alarm)["lastOccurrenceTimeInMilli"], 20)
    until("the event entity has it", lambda: happened(world) == ("alarm_ringing", alarm))
    # Alexa changes the notification when it starts to ring; a change in the first two seconds could be mistaken for
    # that.
    time.sleep(2.5)
    stopped = act(world, "stop_alarm", entity_id=OFFICE)["id"]
    expect(stopped == alarm, f"stopped {stopped}")
    until("it is off there", lambda: held(world, alarm)["status"] == "OFF")
    until("that it was dismissed", lambda: happened(world) == ("alarm_dismissed", alarm))
    act(world, "delete_notification", notification_id=alarm)
    expect(not held(world, alarm), "the cloud still has it")
    return "rang, reported, stopped, deleted"


def bad_input(world: World) -> str:
    """Use a sound that the Echo lacks; the error lists the available sounds, and nothing is written."""
    world.sim.reset_ledger()
    data = {"entity_id": OFFICE, "at": "07:00:00", "sound": REFUSAL}
    try:
        with world.socket() as socket:
            socket.trigger_service("alexa_media", "create_alarm", **data)
    except Exception as err:  # noqa: BLE001 - the class depends on the client; only the text matters
        expect("Countertop" in str(err), f"said: {err}")
        sent = [r["path"] for r in world.sim.ledger() if r["method"] != "GET" and r["path"] != "/ping"]
        expect(not sent, f"sent: {sent}")
        return str(err)[:80]
    message = "no error reached the caller"
    raise CheckFailedError(message)


def timer(world: World) -> str:
    """Start a timer with a text command; the response contains its id."""
    made = act(world, "create_timer", entity_id=OFFICE, duration="00:30:00", label="Tea")["id"]
    item = held(world, made)
    expect(item.get("timerLabel") == "Tea", f"in the cloud: {item}")
    until("the sensor knows it", lambda: world.state("sensor.office_spot_next_timer").attributes.get("timer") == "Tea")
    act(world, "delete_notification", notification_id=made)
    expect(not held(world, made), "the cloud still has it")
    return "30 minutes, cancelled"


def letters(world: World) -> str:
    """Create a reminder with a text that Amazon garbles unless the request has a charset."""
    words = "Müll rausbringen – 牛乳 🎂"
    made = act(world, "create_reminder", entity_id=OFFICE, at="05:55:00", message=words)["id"]
    label = held(world, made)["reminderLabel"]
    act(world, "delete_notification", notification_id=made)
    expect(label == words, f"in the cloud: {label}")
    return str(label)


def off_and_on(world: World) -> str:
    """Create a reminder with a sound, and turn it off and on."""
    at = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="seconds")
    kitchen = "media_player.kitchen_show"
    made = act(world, "create_reminder", entity_id=kitchen, at=at, message="Bins", sound="Countertop")["id"]
    sound = held(world, made)["sound"]["displayName"]
    for enabled, status in ((False, "OFF"), (True, "ON")):
        act(world, "edit_reminder", notification_id=made, enabled=enabled)
        expect(held(world, made)["status"] == status, f"it is {held(world, made)['status']}")
    act(world, "delete_notification", notification_id=made)
    return f"off, on, with the sound {sound}"


def in_the_calendar(world: World) -> str:
    """Create a repeating reminder in the calendar, read its events, and delete it."""
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    entity_id = calendar(world)
    world.rest().trigger_service(
        "calendar",
        "create_event",
        entity_id=entity_id,
        summary="Water the plants",
        start_date_time=start.isoformat(),
        end_date_time=(start + timedelta(hours=1)).isoformat(),
        location="Office Spot",
    )

    def reminders() -> list[dict[str, Any]]:
        listed = world.state("sensor.office_spot_next_reminder").attributes.get("sorted_all") or []
        return [item for item in listed if item["reminderLabel"] == "Water the plants"]

    made = until("the sensor knows it", reminders)[0]["id"]
    act(world, "edit_reminder", notification_id=made, weekdays=["mo", "we", "fr"])

    def events() -> list[Any]:
        _, response = world.rest().trigger_service_with_response(
            "calendar", "get_events", entity_id=entity_id, duration={"days": 14}
        )
        return [event for event in response[entity_id]["events"] if event["summary"] == "Water the plants"]

    until("six times in two weeks", lambda: len(events()) in (5, 6, 7))
    count = len(events())
    expect({event["location"] for event in events()} == {"Office Spot"}, f"events: {events()}")
    act(world, "delete_notification", notification_id=made)
    until("it is gone from the calendar", lambda: not events())
    return f"{count} times in two weeks, gone again"


CHECKS: Final[tuple[tuple[str, Callable[[World], str | Awaitable[str]]], ...]] = (
    ("an alarm created here rings there", rings),
    ("an unknown sound is refused", bad_input),
    ("a timer in words, with its id", timer),
    ("a reminder with umlauts, read back from the cloud", letters),
    ("a reminder with a sound, turned off and on", off_and_on),
    ("a reminder made in the calendar", in_the_calendar),
)
