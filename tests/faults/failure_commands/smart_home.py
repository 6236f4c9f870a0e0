"""Commands for appliances.

They control lights and thermostats with GraphQL, control a light with phoenix, and discover appliances.
"""

from typing import Any, Final

from homeassistant.helpers import device_registry as dr

from custom_components.alexa_media.const import DOMAIN

_LIGHT: Final = "5e000000-0000-4000-8000-000000000001"
_THERMOSTAT: Final = "5e000000-0000-4000-8000-00000000000a"


def _feature(table: Any, appliance: str, feature: str) -> dict[str, Any]:
    """Return a feature in the cloud."""
    (account,) = (account for account in table.household.accounts.values() if appliance in account["appliances"])
    found: dict[str, Any] = account["appliances"][appliance]["features"][feature]
    return found


async def switch_light(table: Any) -> list[str]:
    """Toggle a light."""
    wanted = "OFF" if _feature(table, _LIGHT, "power")["powerState"] == "ON" else "ON"
    problems: list[str] = await table.act(
        "light",
        "turn_on" if wanted == "ON" else "turn_off",
        {"entity_id": "light.hall_hall_light"},
        lambda: _feature(table, _LIGHT, "power")["powerState"] == wanted,
    )
    return problems


async def set_temperature(table: Any) -> list[str]:
    """Set another target temperature."""
    wanted = 41.5 - _feature(table, _THERMOSTAT, "thermostat")["targetSetpoint"]["value"]
    problems: list[str] = await table.act(
        "climate",
        "set_temperature",
        {"entity_id": "climate.hall_hall_thermostat", "temperature": wanted},
        lambda: _feature(table, _THERMOSTAT, "thermostat")["targetSetpoint"]["value"] == wanted,
    )
    return problems


async def discover_appliances(table: Any) -> list[str]:
    """Start Alexa's search for appliances."""
    path = "/api/phoenix/discovery"
    before = sum(each["status"] == 200 for each in table.sim.ledger(path=path))
    problems: list[str] = await table.act(
        "alexa_media",
        "discover_appliances",
        {"config_entry_id": table.entry.entry_id},
        lambda: sum(each["status"] == 200 for each in table.sim.ledger(path=path)) > before,
    )
    return problems


SPARE_ID: Final = "5e000000-0000-4000-8000-00000000005a"
SPARE: Final = {
    "name": "Spare",
    "category": "SMARTPLUG",
    "model": "P",
    "features": {"power": {"powerState": "ON"}},
}
"""A plug that a command removes."""


def _change(table: Any, appliance: str, values: dict[str, Any] | None) -> None:
    """Change an appliance in the cloud, add it, or remove it (None)."""
    owner = next(key for key, account in table.household.accounts.items() if _LIGHT in account["appliances"])
    table.sim.patch_state({"accounts": {owner: {"appliances": {appliance: values}}}})


async def switch_light_by_phoenix(table: Any) -> list[str]:
    """Toggle a light that GraphQL refuses."""
    _change(table, _LIGHT, {"phoenixOnly": True})
    wanted = "OFF" if _feature(table, _LIGHT, "power")["powerState"] == "ON" else "ON"
    problems: list[str] = await table.act(
        "light",
        "turn_on" if wanted == "ON" else "turn_off",
        {"entity_id": "light.hall_hall_light"},
        lambda: _feature(table, _LIGHT, "power")["powerState"] == wanted,
    )
    _change(table, _LIGHT, {"phoenixOnly": False})
    return problems


def _has_spare(table: Any) -> bool:
    """Return whether the cloud has the spare plug."""
    return any(SPARE_ID in account["appliances"] for account in table.household.accounts.values())


async def remove_appliance(table: Any) -> list[str]:
    """Remove a plug that was added for this purpose."""
    if not _has_spare(table):
        _change(table, SPARE_ID, SPARE)
        if table.entry.runtime_data.backend._session.transport.throttle.remaining:
            # a read that is part of a user's command is sent even while polls are held back
            await table.hass.services.async_call(DOMAIN, "enable_network_discovery", {}, blocking=True)
        else:
            table.entry.runtime_data.appliances.async_hint()
            await table.drive.tick(4)
        await table.drive.settle()
    identifier = (DOMAIN, f"appliance_{table.entry.unique_id}_{SPARE_ID}")
    device = dr.async_get(table.hass).async_get_device_by_identifier(identifier, table.entry.entry_id)
    data = {"device_id": device.id if device else "", "confirm": True}
    problems: list[str] = await table.act("alexa_media", "remove_appliance", data, lambda: not _has_spare(table))
    return problems


COMMANDS: Final = (switch_light, switch_light_by_phoenix, set_temperature, discover_appliances, remove_appliance)
