"""Commands for media."""

from typing import Any, Final

from . import FailureCommand

KITCHEN: Final = "media_player.kitchen_show"


async def play_station(table: Any) -> list[str]:
    """Play a radio station."""
    problems: list[str] = await table.act(
        "media_player",
        "play_media",
        {"entity_id": KITCHEN, "media_content_type": "station", "media_content_id": "s1001"},
        lambda: table.household.device("Kitchen Show")["player"]["state"] == "PLAYING",
    )
    return problems


async def play_music(table: Any) -> list[str]:
    """Search for music and play it."""
    entity = {"entity_id": KITCHEN}
    problems: list[str] = await table.act(
        "media_player",
        "play_media",
        entity | {"media_content_type": "SPOTIFY", "media_content_id": "salt"},
        lambda: table.household.device("Kitchen Show")["player"]["state"] == "PLAYING",
    )
    return problems


async def look_around(table: Any) -> list[str]:
    """Search and browse media without cached results."""
    media = table.entry.runtime_data.media
    for kept in (media._providers, media._sounds):
        kept._known = None
    entity = {"entity_id": KITCHEN}
    problems: list[str] = []
    problems += await table.act("media_player", "search_media", entity | {"search_query": "harbour"}, lambda: True)
    for place in ("sounds", "queue"):
        browse = {"media_content_type": "library", "media_content_id": place}
        problems += await table.act("media_player", "browse_media", entity | browse, lambda: True)
    return problems


COMMANDS: Final[tuple[FailureCommand, ...]] = (play_station, play_music, look_around)
