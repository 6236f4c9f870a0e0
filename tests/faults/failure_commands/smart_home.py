"""Lights by GraphQL, thermostats by phoenix."""

from typing import Any, Final

_LIGHT: Final = "5e000000-0000-4000-8000-000000000001"
_THERMOSTAT: Final = "5e000000-0000-4000-8000-00000000000a"


def _feature(table: Any, appliance: str, feature: str) -> dict[str, Any]:
    """Return a feature as the cloud holds it."""
    (account,) = (account for account in table.household.accounts.values() if appliance in account["appliances"])
    found: dict[str, Any] = account["appliances"][appliance]["features"][feature]
    return found


async def switch_light(table: Any) -> list[str]:
    """Switch a light over."""
    wanted = "OFF" if _feature(table, _LIGHT, "power")["powerState"] == "ON" else "ON"
    problems: list[str] = await table.act(
        "light",
        "turn_on" if wanted == "ON" else "turn_off",
        {"entity_id": "light.hall_hall_light"},
        lambda: _feature(table, _LIGHT, "power")["powerState"] == wanted,
    )
    return problems


async def set_temperature(table: Any) -> list[str]:
    """Ask for another temperature."""
    wanted = 41.5 - _feature(table, _THERMOSTAT, "thermostat")["targetSetpoint"]["value"]
    problems: list[str] = await table.act(
        "climate",
        "set_temperature",
        {"entity_id": "climate.hall_hall_thermostat", "temperature": wanted},
        lambda: _feature(table, _THERMOSTAT, "thermostat")["targetSetpoint"]["value"] == wanted,
    )
    return problems


async def discover_appliances(table: Any) -> list[str]:
    """Have Alexa look for appliances."""
    path = "/api/phoenix/discovery"
    before = sum(each["status"] == 200 for each in table.sim.ledger(path=path))
    problems: list[str] = await table.act(
        "alexa_media",
        "discover_appliances",
        {"config_entry_id": table.entry.entry_id},
        lambda: sum(each["status"] == 200 for each in table.sim.ledger(path=path)) > before,
    )
    return problems


COMMANDS: Final = (switch_light, set_temperature, discover_appliances)
