"""Commands that show pictures on screens and clear the history."""

from typing import Any, Final

from . import FailureCommand

CHANGING: Final[frozenset[str]] = frozenset({"activities", "delete_activity"})
"""Endpoints whose commands change which Echo was spoken to last."""


async def show_image(table: Any) -> list[str]:
    """Set a different background on the screen of the office."""
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


async def clear_history(table: Any) -> list[str]:
    """Delete the latest record of the history."""
    serial = table.household.serial("Office Spot")
    table.sim.say(serial, "what time is it", "Noon")
    await table.drive.settle()
    data = {"config_entry_id": table.entry.entry_id, "entries": 1, "confirm": True}

    def is_gone() -> bool:
        return any(one["status"] in (200, 404) for one in table.sim.ledger(method="DELETE", path="/api/activities/*"))

    problems: list[str] = await table.act("alexa_media", "clear_history", data, is_gone)
    return problems


COMMANDS: Final[tuple[FailureCommand, ...]] = (show_image, clear_history)
