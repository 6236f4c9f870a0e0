"""Checks of browsing, searching and sequences."""

from typing import Any, Final

from . import Check
from .world import KITCHEN, STUDIO, World, expect, until


async def search_and_play(world: World) -> str:
    """Search for a station and play a result; browse the queue."""
    async with world.socket_async() as socket:
        found = await socket.trigger_service_with_response(
            "media_player", "search_media", entity_id=STUDIO, search_query="harbour"
        )
        items: list[dict[str, Any]] = found[STUDIO]["result"]
        station = next(item for item in items if item["media_content_type"] == "station")
        expect(any(item["media_content_type"] == "SPOTIFY" for item in items), f"found: {items}")
        await socket.trigger_service(
            "media_player",
            "play_media",
            entity_id=STUDIO,
            media_content_type=station["media_content_type"],
            media_content_id=station["media_content_id"],
        )
    player = world.device("Living Room Studio")["player"]
    expect(player["state"] == "PLAYING", f"in the cloud: {player}")
    return f"“{station['title']}” found and playing"


def sequence(world: World) -> str:
    """Run a nested sequence: one request, in order."""
    before = len(world.sim.spoken())
    world.sim.reset_ledger()
    steps: list[dict[str, Any]] = [
        {"parallel": [{"volume": 0.3}, {"volume": 0.4, "entity_id": STUDIO}]},
        {"speak": "First this"},
        {"wait": 2},
        {"announce": "then that", "entity_id": [STUDIO]},
    ]
    world.rest().trigger_service("alexa_media", "run_sequence", entity_id=[KITCHEN], steps=steps)
    spoken = [(item["device"], item["text"], item["volume"]) for item in world.sim.spoken()[before:]]
    expect(spoken == [("Kitchen Show", "First this", 30), ("Living Room Studio", "then that", 40)], f"spoken: {spoken}")
    count = len(world.requests("/api/behaviors/preview", "POST"))
    expect(count == 1, f"{count} requests")
    world.rest().trigger_service("alexa_media", "stop_all")
    until("nothing plays", lambda: world.device("Living Room Studio")["player"]["state"] != "PLAYING")
    return "5 commands, 1 request; then all stopped"


CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("search, find a station, play it", search_and_play),
    ("a nested sequence in one request", sequence),
)
