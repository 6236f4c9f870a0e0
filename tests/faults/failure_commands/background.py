"""Commands for backgrounds of screens."""

from typing import Any, Final

from . import FailureCommand


async def show_image(table: Any) -> list[str]:
    """Set another background on the screen of the office."""
    old = table.household.device("Office Spot")["backgroundImage"]
    one, two = (f"https://pictures.example.org/{name}.jpg" for name in ("one", "two"))
    wanted = two if old == one else one
    data = {
        "entity_id": "media_player.office_spot",
        "media_content_type": "image",
        "media_content_id": wanted,
    }
    problems: list[str] = await table.act(
        "media_player", "play_media", data, lambda: table.household.device("Office Spot")["backgroundImage"] == wanted
    )
    return problems


COMMANDS: Final[tuple[FailureCommand, ...]] = (show_image,)
