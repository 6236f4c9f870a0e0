"""Checks of the voice history."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from .world import KITCHEN, World, expect, until

GARAGE: Final = "media_player.garage_echo"
STUDIO: Final = "media_player.living_room_studio"
RECORDS: Final = "/alexa-privacy/apd/rah/alexa-history-records-v2"


def spoken_to_last(world: World) -> str:
    """Speak to two Echos; attributes and event entities show it, with one request each."""
    world.sim.reset_ledger()
    world.sim.say(world.device("Kitchen Show")["serial"], "play abba", "Here is ABBA", "Jo")
    until("the kitchen is the last one", lambda: world.state(KITCHEN).attributes["last_called"])
    attributes = world.state(KITCHEN).attributes
    said = attributes["last_called_summary"], attributes["last_called_response"]
    expect(said == ("play abba", "Here is ABBA"), f"said and answered: {said}")
    event = world.state("event.kitchen_show_voice_command")
    known = event.attributes["event_type"], event.attributes["text"], event.attributes["person"]
    expect(known == ("command", "play abba", "Jo"), f"the event: {known}")
    count = len(world.requests(RECORDS))
    expect(count == 1, f"{count} requests for the kitchen")
    world.sim.say(world.device("Garage Echo")["serial"], "close the gate")
    until("the garage is the last one", lambda: world.state(GARAGE).attributes["last_called"], 20.0)
    expect(not world.state(KITCHEN).attributes["last_called"], "the kitchen is the last one, too")
    count = len(world.requests(RECORDS))
    expect(count == 2, f"{count} requests for both")
    return "the kitchen, then the garage: 1 request each"


def answer_and_records(world: World) -> str:
    """Reply on the Echo that was last spoken to, and read its history."""
    before = len(world.sim.spoken())
    world.rest().trigger_service("notify", "alexa_media_last_called", message="It is closed")
    spoken_on = {item["device"] for item in world.sim.spoken()[before:]}
    expect(spoken_on == {"Garage Echo"}, f"spoken on: {spoken_on}")
    _, response = world.rest().trigger_service_with_response(
        "alexa_media", "get_history_records", entity_id=GARAGE, entries=3
    )
    records: list[dict[str, Any]] = response[GARAGE]["records"]
    expect([record["summary"] for record in records] == ["close the gate"], f"records: {records}")
    shown = world.state(GARAGE).attributes["history_records"]
    expect(len(shown) == 1, f"shown: {shown}")
    return "answered in the garage; 1 record"


def cleared(world: World) -> str:
    """Delete the latest record of the voice history."""
    _, response = world.rest().trigger_service_with_response(
        "alexa_media", "clear_history", config_entry_id=world.entry_id, entries=1, confirm=True
    )
    expect(response == {"deleted": 1, "kept": 0}, f"response: {response}")
    return "1 record deleted"


def ask(world: World) -> str:
    """Ask an Echo a question, and get its answer in the response, with at most three reads of the history."""
    world.sim.reset_ledger()
    _, response = world.rest().trigger_service_with_response(
        "alexa_media", "ask", entity_id=GARAGE, text_command="what's the weather"
    )
    answer: dict[str, Any] = response[GARAGE]
    expect("14 degrees" in (answer["answer"] or ""), f"answer: {answer}")
    count = len(world.requests(RECORDS))
    expect(count <= 3, f"{count} requests")
    return f"{answer['answer']} ({answer['milliseconds']} ms, {count} reads)"


def two_in_earshot(world: World) -> str:
    """Speak to Echos within earshot of each other; each command is assigned to the right one, with few requests."""
    serials = {name: world.device(name)["serial"] for name in ("Kitchen Show", "Living Room Studio")}
    kitchen, studio = serials.values()
    world.change("Kitchen Show", heardBy=[studio])
    world.change("Living Room Studio", heardBy=[kitchen])
    world.sim.reset_ledger()
    world.sim.say(kitchen, "what time is it")
    until("the kitchen is the last one", lambda: world.state(KITCHEN).attributes["last_called"], 20.0)
    for number in range(3):
        world.sim.say(studio, f"volume {number}")
        world.sim.say(kitchen, f"stop {number}")
    world.sim.say(studio, "good night", intent="InvokeRoutineIntent")
    until("the living room is the last one", lambda: world.state(STUDIO).attributes["last_called"], 20.0)
    said = [world.state(player).attributes["last_called_summary"] for player in (KITCHEN, STUDIO)]
    expect(said == ["stop 2", "good night"], f"said: {said}")
    count = len(world.requests(RECORDS))
    expect(count <= 3, f"{count} requests")
    world.change("Kitchen Show", heardBy=[])
    world.change("Living Room Studio", heardBy=[])
    return f"8 commands, 2 Echos awake each time: {count} requests"


CHECKS: Final[tuple[tuple[str, Callable[[World], str | Awaitable[str]]], ...]] = (
    ("who was spoken to last", spoken_to_last),
    ("an answer there, and the records", answer_and_records),
    ("a question and its answer", ask),
    ("the latest record is cleared at Amazon", cleared),
    ("two Echos in earshot", two_in_earshot),
)
