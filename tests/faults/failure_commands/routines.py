"""Commands that turn a routine on and off."""

from typing import Any, Final

from homeassistant.helpers import entity_registry as er

from custom_components.alexa_media.const import DOMAIN

from . import FailureCommand

_ROUTINE: Final = "amzn1.alexa.automation.5a6b7c8d-0001-4e8f-9a0b-1c2d3e4f5a01"
SWITCH: Final[tuple[str, str]] = ("switch", f"A2SIMJO7D0EQ11_routine_{_ROUTINE}")


def _routine(table: Any) -> tuple[str, str, str]:
    """Return the account, the id and the status of the routine in the cloud."""
    routine_id = _ROUTINE
    accounts = table.household.accounts.items()
    customer, account = next(pair for pair in accounts if routine_id in pair[1]["automations"])
    return customer, routine_id, account["automations"][routine_id]["status"]


def _set(table: Any, status: str) -> None:
    """Change the status of the routine, like a person in the app."""
    customer, routine_id, _ = _routine(table)
    table.sim.patch_state({"accounts": {customer: {"automations": {routine_id: {"status": status}}}}})


async def turn_on_routine(table: Any) -> list[str]:
    """Turn on a routine that is off; its button does not change."""
    _set(table, "DISABLED")
    entity_id = er.async_get(table.hass).async_get_entity_id(SWITCH[0], DOMAIN, SWITCH[1])
    problems: list[str] = await table.act(
        "switch", "turn_on", {"entity_id": entity_id}, lambda: _routine(table)[2] == "ENABLED"
    )
    _set(table, "ENABLED")
    return problems


COMMANDS: Final[tuple[FailureCommand, ...]] = (turn_on_routine,)
