"""Actions for appliances in Alexa (discover, rename, enable, disable, remove), rooms and air quality."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from homeassistant.components.sensor.const import DOMAIN as SENSOR_DOMAIN
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, ATTR_NAME
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.helpers import area_registry as ar, config_validation as cv, device_registry as dr
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from ..cloud.model.appliances import Appliance
from ..cloud.names import tidy
from ..const import DOMAIN
from ..coordinator.appliances import AppliancesCoordinator
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import command_errors, invalid_input, sendable, whole
from ..features.appliances import appliance_identifier
from .accounts import ATTR_CONFIRM, CONFIRM_FIELDS, ENTRY_FIELDS, AdminAction, EntityAction, entry_by_id

ATTR_DAYS: Final = "days"
ATTR_DRY_RUN: Final = "dry_run"
ATTR_ENABLED: Final = "enabled"

MAX_DAYS: Final = 30
MAX_NAME: Final = 128

_DEVICE: Final[VolDictType] = {vol.Required(ATTR_DEVICE_ID): cv.string}


async def _async_import(entity: Entity, call: ServiceCall) -> ServiceResponse:
    """Import the history of an ``AlexaAirQuality`` sensor; raises ``ServiceValidationError`` for other sensors."""
    method: Callable[[int], Awaitable[ServiceResponse]] | None = getattr(entity, "async_import_history", None)
    if method is None:
        raise invalid_input("not_air_quality", entity=entity.entity_id)
    return await method(call.data[ATTR_DAYS])


def _appliances(entry: AlexaConfigEntry) -> AppliancesCoordinator:
    """Return the appliances coordinator of an account; raises ``ServiceValidationError`` for a property."""
    appliances = entry.runtime_data.appliances
    if appliances is None or entry.runtime_data.backend.management is not None:
        raise invalid_input("not_an_app_account", name=entry.title)
    return appliances


def _chosen(call: ServiceCall) -> tuple[AlexaConfigEntry, AppliancesCoordinator, Appliance]:
    """Return the appliance of the device in a call, with its account and coordinator.

    Raises ``ServiceValidationError`` if there is none that can be changed.
    """
    registered = dr.async_get(call.hass).async_get(call.data[ATTR_DEVICE_ID])
    for entry in call.hass.config_entries.async_loaded_entries(DOMAIN) if registered else ():
        listed = entry.runtime_data.appliances.data.values() if entry.runtime_data.appliances else ()
        for appliance in listed:
            identifier = appliance_identifier(entry, appliance)
            if registered and not appliance.is_echo and identifier in registered.identifiers:
                return entry, _appliances(entry), appliance
    name = registered and (registered.name_by_user or registered.name)
    raise invalid_input("appliance_unknown", name=name or call.data[ATTR_DEVICE_ID])


def _checked_name(name: str) -> str:
    """Return a tidied name; raises ``ServiceValidationError`` if it is empty, too long or contains a hyphen."""
    if not (wanted := tidy(sendable(name, MAX_NAME))):
        raise invalid_input("name_empty")
    if "-" in wanted:
        raise invalid_input("appliance_name", name=wanted)
    return wanted


async def _async_rename(call: ServiceCall) -> ServiceResponse:
    """Rename an appliance in Alexa."""
    entry, appliances, appliance = _chosen(call)
    name = _checked_name(call.data[ATTR_NAME])
    with command_errors(call.hass, entry):
        await appliances.async_rename(appliance, name)
    return {"name": name, "before": appliance.name}


async def _async_enable(call: ServiceCall) -> ServiceResponse:
    """Enable or disable an appliance in Alexa."""
    entry, appliances, appliance = _chosen(call)
    enabled = call.data[ATTR_ENABLED]
    with command_errors(call.hass, entry):
        await appliances.api.async_enable(appliance, enabled=enabled)
    return {"name": appliance.name, "enabled": enabled}


async def _async_remove(call: ServiceCall) -> ServiceResponse:
    """Remove an appliance from the account."""
    entry, appliances, appliance = _chosen(call)
    if not call.data[ATTR_CONFIRM]:
        raise invalid_input("confirmation_missing")
    with command_errors(call.hass, entry):
        await appliances.async_remove(appliance)
    return {"name": appliance.name}


async def _async_discover(call: ServiceCall) -> ServiceResponse:
    """Start Alexa's search for appliances, and return how many there are and the names of the new ones.

    Appliances that Home Assistant itself may expose to Alexa are left out.
    """
    entry = entry_by_id(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    appliances = _appliances(entry)
    before = set(appliances.discovered)
    with command_errors(call.hass, entry):
        await appliances.async_search()
    found = {key: each.name for key, each in appliances.discovered.items() if not appliances.is_own(each)}
    new: list[Any] = sorted(name for key, name in found.items() if key not in before)
    return {"appliances": len(found), "new": new}


async def _async_rooms(call: ServiceCall) -> ServiceResponse:
    """Create rooms in Alexa from the areas of an account's devices, and add missing members without removing any.

    A dry run only returns the changes.
    """
    entry = entry_by_id(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    appliances = _appliances(entry)
    with command_errors(call.hass, entry):
        changes = await appliances.async_room_changes(_areas(call.hass, entry, appliances))
        if not call.data[ATTR_DRY_RUN]:
            await appliances.async_change_rooms(changes)
    named = {each.endpoint_id: each.name for each in appliances.discovered.values()}
    listed: list[Any] = [
        {
            "room": change.name,
            "change": "add" if change.group_id else "create",
            "devices": sorted(named.get(member, member) for member in change.members),
        }
        for change in changes
    ]
    return {"changes": listed, "applied": not call.data[ATTR_DRY_RUN]}


def _areas(hass: HomeAssistant, entry: AlexaConfigEntry, appliances: AppliancesCoordinator) -> dict[str, set[str]]:
    """Return endpoint ids of appliances by area name; hyphens in the name are replaced by spaces."""
    areas, devices = ar.async_get(hass), dr.async_get(hass)
    found: dict[str, set[str]] = {}
    for appliance in appliances.discovered.values():
        if appliances.is_own(appliance):
            continue
        registered = devices.async_get_device_by_identifier(appliance_identifier(entry, appliance), entry.entry_id)
        area = areas.async_get_area(registered.area_id) if registered and registered.area_id else None
        if area is not None and (name := tidy(area.name.replace("-", " "))):
            found.setdefault(name, set()).add(appliance.endpoint_id)
    return found


_OPTIONAL: Final = SupportsResponse.OPTIONAL

ACTIONS: Final = (
    AdminAction("discover_appliances", _async_discover, ENTRY_FIELDS, _OPTIONAL),
    AdminAction("enable_appliance", _async_enable, {**_DEVICE, vol.Required(ATTR_ENABLED): cv.boolean}, _OPTIONAL),
    AdminAction("remove_appliance", _async_remove, {**_DEVICE, **CONFIRM_FIELDS}, _OPTIONAL),
    AdminAction("rename_appliance", _async_rename, {**_DEVICE, vol.Required(ATTR_NAME): cv.string}, _OPTIONAL),
    AdminAction(
        "rooms_from_areas",
        _async_rooms,
        {**ENTRY_FIELDS, vol.Optional(ATTR_DRY_RUN, default=True): cv.boolean},
        _OPTIONAL,
    ),
    # For administrators, because it changes long-term statistics.
    EntityAction(
        "import_air_quality",
        SENSOR_DOMAIN,
        _async_import,
        {vol.Optional(ATTR_DAYS, default=1): vol.All(whole, vol.Range(min=1, max=MAX_DAYS))},
        _OPTIONAL,
        is_for_admins=True,
    ),
)
