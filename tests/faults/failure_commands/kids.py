"""Commands for Amazon Kids."""

from typing import Any, Final

from . import FailureCommand

_DATA = {"entity_id": "media_player.office_spot"}


async def give_to_child(table: Any) -> list[str]:
    """Assign the Echo of the office to a child."""
    _set(table, None)
    data = _DATA | {"child": "Kim"}
    problems: list[str] = await table.act("alexa_media", "amazon_kids_enable", data, lambda: _child(table) is not None)
    return problems


async def take_from_child(table: Any) -> list[str]:
    """Remove the assignment to a child."""
    _set(table, "amzn1.account.SIMA2SIMKIM0DOE03")
    problems: list[str] = await table.act("alexa_media", "amazon_kids_disable", _DATA, lambda: _child(table) is None)
    return problems


def _set(table: Any, child: str | None) -> None:
    """Set the assignment in the cloud."""
    table.household.change("Office Spot", child=child)


def _child(table: Any) -> Any:
    """Return the assigned child in the cloud."""
    return table.household.device("Office Spot")["child"]


COMMANDS: Final[tuple[FailureCommand, ...]] = (give_to_child, take_from_child)
