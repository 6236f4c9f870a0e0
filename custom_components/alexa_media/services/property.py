"""Actions for operators of a property.

Actions that move or remove a device require ``confirm``. Those that remove it from the account also require its serial
number, or another identifier if it has none.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import (
    ATTR_CONFIG_ENTRY_ID,
    ATTR_DEVICE_ID,
    ATTR_MANUFACTURER,
    ATTR_MODEL,
    ATTR_NAME,
    ATTR_TEMPERATURE,
    UnitOfTemperature,
)
from homeassistant.core import ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.service import async_get_config_entry
from homeassistant.helpers.typing import VolDictType
from homeassistant.util.json import JsonValueType
import probatio as vol

from ..cloud.errors import AlexaConnectionError, AlexaRateLimitedError
from ..cloud.model.appliances import Adjust, Adjustable, FeatureName, TemperatureScale
from ..cloud.model.property import (
    DeviceSearch,
    ManagedDevice,
    ManagedUnit,
    ManagementApi,
    PostalAddress,
    WifiInstallState,
    WifiNetwork,
    WifiSecurity,
)
from ..cloud.names import same, tidy, told_apart
from ..const import DOMAIN
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import command_errors, invalid_input, player_unique_id, whole
from ..features.appliances import appliance_identifier
from ..features.speech import readable_text
from ..issues import translated
from .accounts import ATTR_CONFIRM, CONFIRM_FIELDS, ENTRY_FIELDS, AdminAction

ATTR_MESSAGE: Final = "message"
ATTR_OPERATION: Final = "operation_id"
ATTR_PASSWORD: Final = "password"  # noqa: S105 - the name of a field
ATTR_SECURITY: Final = "security"
ATTR_SERIAL: Final = "serial_number"
ATTR_SSID: Final = "ssid"
ATTR_UNIT: Final = "unit"
ATTR_UNITS: Final = "units"
ATTR_AUTHORITY: Final = "certificate_authority_id"
ATTR_CERTIFICATES: Final = "server_certificates"
ATTR_WAIT: Final = "wait"
ATTR_BRIGHTNESS: Final = "brightness"
ATTR_COLOR_TEMPERATURE: Final = "color_temperature"
ATTR_KIND: Final = "kind"
ATTR_MAC: Final = "mac_address"
ATTR_ONLINE: Final = "online"
ATTR_VOLUME: Final = "volume"
ATTR_WITHOUT_UNIT: Final = "without_unit"

WIFI_POLL: Final = 5.0
WIFI_LIMIT: Final = 180.0
"""Seconds to wait for an installation, including the time of the requests."""

_ADDRESS_FIELDS: Final = ("line1", "line2", "line3", "city", "state", "district", "postal_code", "country")
_SECURITIES: Final[Mapping[str, WifiSecurity]] = {
    "open": WifiSecurity.OPEN,
    "password": WifiSecurity.PASSWORD,
    "enterprise": WifiSecurity.ENTERPRISE,
}

_SEARCH_TEXTS: Final = (ATTR_MANUFACTURER, ATTR_MODEL, ATTR_NAME, ATTR_SERIAL, ATTR_MAC)
# Amazon's relative operations, by field.
_ADJUSTABLE: Final[Mapping[str, tuple[Adjustable, frozenset[str]]]] = {
    ATTR_BRIGHTNESS: (FeatureName.BRIGHTNESS, frozenset({"adjustBrightness"})),
    ATTR_COLOR_TEMPERATURE: (
        FeatureName.COLOR_TEMPERATURE,
        frozenset({"increaseColorTemperature", "decreaseColorTemperature"}),
    ),
    ATTR_TEMPERATURE: (FeatureName.THERMOSTAT, frozenset({"adjustTargetSetpoint"})),
    ATTR_VOLUME: (FeatureName.SPEAKER, frozenset({"adjustVolume"})),
}
_WHITES: Final = {"warmer": -1.0, "cooler": 1.0}

_DEVICE: Final[VolDictType] = {vol.Required(ATTR_DEVICE_ID): cv.string}
_CONFIRMED: Final[VolDictType] = {**_DEVICE, **CONFIRM_FIELDS}
_WITH_SERIAL: Final[VolDictType] = {**_CONFIRMED, vol.Required(ATTR_SERIAL): cv.string}
_TEXTS: Final = vol.All(cv.ensure_list, [cv.string])
_NETWORK: Final[VolDictType] = {
    vol.Required(ATTR_SSID): cv.string,
    vol.Optional(ATTR_SECURITY, default="password"): vol.In(_SECURITIES),
}
_CREDENTIALS: Final[VolDictType] = {
    vol.Optional(ATTR_PASSWORD, default=""): cv.string,
    vol.Optional(ATTR_AUTHORITY, default=""): cv.string,
    vol.Optional(ATTR_CERTIFICATES, default=list): _TEXTS,
}
_ADDRESS: Final[VolDictType] = {
    vol.Required("line1"): cv.string,
    **{vol.Optional(name, default=""): cv.string for name in _ADDRESS_FIELDS[1:-1]},
    vol.Required("country"): vol.All(cv.string, vol.Upper),
}
_QUERY: Final[VolDictType] = {
    vol.Optional(ATTR_UNITS, default=list): _TEXTS,
    **{vol.Optional(name): cv.string for name in _SEARCH_TEXTS},
    vol.Optional(ATTR_KIND): vol.All(cv.string, vol.Upper),
    vol.Optional(ATTR_ONLINE): cv.boolean,
    vol.Optional(ATTR_WITHOUT_UNIT, default=False): cv.boolean,
}
_DELTA: Final = vol.All(whole, vol.Range(min=-100, max=100))
_ADJUST: Final[VolDictType] = {
    vol.Optional(ATTR_BRIGHTNESS): _DELTA,
    vol.Optional(ATTR_COLOR_TEMPERATURE): vol.In(_WHITES),
    vol.Optional(ATTR_TEMPERATURE): vol.All(vol.Coerce(float), vol.Range(min=-50, max=50)),
    vol.Optional(ATTR_VOLUME): _DELTA,
}


@dataclass(frozen=True, slots=True)
class Managed:
    """The device of an action, with its entry and the API that manages it."""

    entry: AlexaConfigEntry
    api: ManagementApi
    key: str


# --- targets ------------------------------------------------------------------------------


def _entry_of(call: ServiceCall) -> tuple[AlexaConfigEntry, ManagementApi]:
    """Return the property in a call and its API; raises ``ServiceValidationError``."""
    entry: AlexaConfigEntry = async_get_config_entry(call.hass, DOMAIN, call.data[ATTR_CONFIG_ENTRY_ID])
    if (api := entry.runtime_data.backend.management) is None:
        raise invalid_input("not_a_property", name=entry.title)
    return entry, api


def _device_of(call: ServiceCall) -> Managed:
    """Return the device in a call; raises ``ServiceValidationError``."""
    registered = dr.async_get(call.hass).async_get(call.data[ATTR_DEVICE_ID])
    if registered is None:
        raise invalid_input("device_not_managed", name=call.data[ATTR_DEVICE_ID])
    entry: AlexaConfigEntry | None = call.hass.config_entries.async_get_entry(registered.config_entry_id)
    is_ours = entry is not None and entry.domain == DOMAIN
    if entry is not None and is_ours and entry.state is not ConfigEntryState.LOADED:
        raise invalid_input("account_not_loaded")
    if entry is not None and is_ours and (api := entry.runtime_data.backend.management) is not None:
        for key in _keys(entry, api, registered.identifiers):
            return Managed(entry, api, key)
    raise invalid_input("device_not_managed", name=registered.name_by_user or registered.name or registered.id)


def _keys(entry: AlexaConfigEntry, api: ManagementApi, identifiers: Collection[tuple[str, str]]) -> Iterable[str]:
    """Yield the keys of managed devices that have one of the identifiers."""
    runtime = entry.runtime_data
    for serial in runtime.devices.data:
        if (DOMAIN, player_unique_id(entry, serial)) in identifiers:
            yield serial
    for appliance in runtime.appliances.data.values() if runtime.appliances else ():
        if appliance_identifier(entry, appliance) in identifiers:
            yield from filter(None, (api.key_of(appliance.entity_id),))


def _unit_of(api: ManagementApi, wanted: str) -> ManagedUnit:
    """Return a unit by id or path, else by name; raises ``ServiceValidationError`` unless exactly one matches."""
    text = wanted.strip()
    found = [unit for unit in api.units.values() if text == unit.unit_id or same(text, " / ".join(unit.path))]
    found = found or [unit for unit in api.units.values() if same(unit.name, text)]
    if len(found) != 1:
        known = told_apart((" / ".join(unit.path), unit.unit_id) for unit in found or api.units.values())
        raise invalid_input("unit_ambiguous" if found else "unit_not_found", unit=text, known=known)
    return found[0]


def _require_consent(call: ServiceCall, managed: Managed, *, serial: bool) -> None:
    """Raise ``ServiceValidationError`` unless a call is confirmed.

    With ``serial``, the serial number in the call must also be one of ``identifiers_of``; the notation of a MAC address
    doesn't matter.
    """
    if not call.data[ATTR_CONFIRM]:
        raise invalid_input("confirmation_missing")
    known = managed.api.identifiers_of(managed.key)
    if serial and not any(same(_identifier(call.data[ATTR_SERIAL]), _identifier(one)) for one in known):
        raise invalid_input("serial_mismatch")


def _identifier(text: str) -> str:
    """Return an identifier for comparison, a MAC address in Home Assistant's notation."""
    return dr.format_mac(tidy(text))


def _changing(
    send: Callable[[Managed, Mapping[str, Any]], Awaitable[None]], *, confirm: bool = True, serial: bool = False
) -> Callable[[ServiceCall], Coroutine[Any, Any, None]]:
    """Return a handler that calls ``send`` for the device in a call, and then refreshes the devices and appliances.

    ``confirm`` requires a confirmation, and ``serial`` also one of the device's ``identifiers_of``.
    """

    async def handle(call: ServiceCall) -> None:
        managed = _device_of(call)
        if confirm:
            _require_consent(call, managed, serial=serial)
        runtime = managed.entry.runtime_data
        with command_errors(call.hass, managed.entry):
            await send(managed, call.data)
        await runtime.devices.async_refresh()
        if runtime.appliances:
            await runtime.appliances.async_refresh()

    return handle


# --- searching and speaking ---------------------------------------------------------------


async def _async_query(call: ServiceCall) -> ServiceResponse:
    """Return the devices of a property that match a search, sorted by name."""
    entry, api = _entry_of(call)
    unit_ids = [_unit_of(api, wanted).unit_id for wanted in call.data[ATTR_UNITS]]
    if unit_ids and call.data[ATTR_WITHOUT_UNIT]:
        raise invalid_input("units_and_without_unit")
    search = DeviceSearch(
        unit_ids=tuple(unit_ids),
        without_unit=call.data[ATTR_WITHOUT_UNIT],
        kind=call.data.get(ATTR_KIND),
        online=call.data.get(ATTR_ONLINE),
        **{name: call.data.get(name) for name in _SEARCH_TEXTS},
    )
    with command_errors(call.hass, entry):
        found = await api.async_query(search)
    return {"endpoints": [_described(device) for device in sorted(found, key=lambda device: device.name)]}


def _described(device: ManagedDevice) -> dict[str, Any]:
    """Return a device in the format of a response."""
    unit = {"unit": " / ".join(device.unit.path), "unit_id": device.unit.unit_id} if device.unit else {}
    return {
        "name": device.name,
        "kind": device.kind,
        "online": device.online,
        "manufacturer": device.manufacturer,
        "model": device.model,
        "serial_number": device.serial_number,
        "software_version": device.software_version,
        "features": list(device.features),
        **unit,
    }


async def _async_announce(call: ServiceCall) -> None:
    """Announce a message in units."""
    entry, api = _entry_of(call)
    text = readable_text(call.data[ATTR_MESSAGE])
    unit_ids = [_unit_of(api, wanted).unit_id for wanted in call.data[ATTR_UNITS]]
    with command_errors(call.hass, entry):
        await api.async_announce(text, unit_ids=unit_ids)


async def _async_adjust(call: ServiceCall) -> None:
    """Change values of a device by relative amounts."""
    managed = _device_of(call)
    runtime = managed.entry.runtime_data
    appliances = runtime.appliances.data.values() if runtime.appliances else ()
    appliance = next((each for each in appliances if managed.api.key_of(each.entity_id) == managed.key), None)
    is_celsius = call.hass.config.units.temperature_unit == UnitOfTemperature.CELSIUS
    scale = TemperatureScale.CELSIUS if is_celsius else TemperatureScale.FAHRENHEIT
    controls = [
        Adjust(feature=feature, amount=float(_WHITES.get(call.data[field], call.data[field])), scale=scale)
        for field, (feature, _) in _ADJUSTABLE.items()
        if call.data.get(field)
    ]
    if not any(field in call.data for field in _ADJUSTABLE):
        raise invalid_input("nothing_to_adjust")
    for field, (name, operations) in _ADJUSTABLE.items():
        found = appliance.feature(name) if appliance else None
        if field in call.data and (found is None or not operations & found.operations):
            device = appliance or runtime.devices.data.get(managed.key)
            raise invalid_input("not_adjustable", name=device.name if device else managed.key, field=field)
    if controls and appliance and runtime.smart_home:
        with command_errors(call.hass, managed.entry):
            await runtime.smart_home.async_control(appliance.entity_id, *controls)


async def _async_delete_timers(call: ServiceCall) -> None:
    """Delete the timers of an Echo."""
    managed = _device_of(call)
    with command_errors(call.hass, managed.entry):
        await managed.api.async_delete_timers(managed.key)


async def _async_set_address(call: ServiceCall) -> ServiceResponse:
    """Set the address of an Echo.

    If Amazon rejects the address, the response contains the problems and suggestions; if no response is requested,
    ``HomeAssistantError`` is raised with the reason.
    """
    managed = _device_of(call)
    address = PostalAddress(**{name: call.data[name] for name in _ADDRESS_FIELDS})
    with command_errors(call.hass, managed.entry):
        refusal = await managed.api.async_set_address(managed.key, address)
    if not call.return_response:
        if refusal:
            raise translated(HomeAssistantError, "address_rejected", reason=refusal.reason)
        return None
    if refusal is None:
        return {"accepted": True}
    suggestions: list[JsonValueType] = [asdict(suggestion) for suggestion in refusal.suggestions]
    return {"accepted": False, "problems": list(refusal.problems), "suggestions": suggestions}


# --- Wi-Fi --------------------------------------------------------------------------------


async def _async_save_wifi(call: ServiceCall) -> None:
    """Store a network in the account's credential locker."""
    entry, api = _entry_of(call)
    data = call.data
    security = _SECURITIES[data[ATTR_SECURITY]]
    if bool(data[ATTR_PASSWORD]) != (security is WifiSecurity.PASSWORD):
        raise invalid_input("wifi_password")
    if (bool(data[ATTR_AUTHORITY]), bool(data[ATTR_CERTIFICATES])) != ((security is WifiSecurity.ENTERPRISE),) * 2:
        raise invalid_input("wifi_certificates")
    network = WifiNetwork(
        ssid=data[ATTR_SSID],
        security=security,
        password=data[ATTR_PASSWORD],
        certificate_authority_id=data[ATTR_AUTHORITY],
        server_certificates=tuple(data[ATTR_CERTIFICATES]),
    )
    with command_errors(call.hass, entry):
        await api.async_save_wifi(network)


async def _async_install_wifi(call: ServiceCall) -> ServiceResponse:
    """Install a stored network on an Echo; the response contains the operation id and the status.

    With ``wait``, wait for the result; raises ``HomeAssistantError`` if it is a failure or unknown.
    """
    managed = _device_of(call)
    ssid, security = call.data[ATTR_SSID], _SECURITIES[call.data[ATTR_SECURITY]]
    with command_errors(call.hass, managed.entry):
        operation_id = await managed.api.async_install_wifi(managed.key, ssid, security)
    state = WifiInstallState.IN_PROGRESS
    if call.data[ATTR_WAIT]:
        with command_errors(call.hass, managed.entry):
            state = await _async_follow(managed, operation_id)
        if state is not WifiInstallState.SUCCESS:
            key = "wifi_failed" if state is WifiInstallState.FAILURE else "wifi_unknown"
            raise translated(HomeAssistantError, key, ssid=ssid, operation_id=operation_id)
    return {"operation_id": operation_id, "status": state.value.lower()} if call.return_response else None


async def _async_follow(managed: Managed, operation_id: str) -> WifiInstallState:
    """Poll an installation until it ends, and return its final state, or TIMEOUT when the time limit is reached."""
    try:
        async with asyncio.timeout(WIFI_LIMIT):
            while True:
                await asyncio.sleep(WIFI_POLL)
                with suppress(AlexaConnectionError, AlexaRateLimitedError):
                    state = await managed.api.async_wifi_state(managed.key, operation_id)
                    if state not in (WifiInstallState.IN_PROGRESS, WifiInstallState.UNKNOWN):
                        return state
    except TimeoutError:
        return WifiInstallState.TIMEOUT


async def _async_wifi_status(call: ServiceCall) -> ServiceResponse:
    """Return the status of a Wi-Fi installation."""
    managed = _device_of(call)
    with command_errors(call.hass, managed.entry):
        state = await managed.api.async_wifi_state(managed.key, call.data[ATTR_OPERATION].strip())
    return {"status": state.value.lower()}


async def _async_move(managed: Managed, data: Mapping[str, Any]) -> None:
    """Move a device into a unit."""
    await managed.api.async_move(managed.key, _unit_of(managed.api, data[ATTR_UNIT]).unit_id)


ACTIONS: Final = (
    AdminAction("query_endpoints", _async_query, {**ENTRY_FIELDS, **_QUERY}, SupportsResponse.ONLY),
    AdminAction(
        "announce_in_units",
        _async_announce,
        {**ENTRY_FIELDS, vol.Required(ATTR_UNITS): _TEXTS, vol.Required(ATTR_MESSAGE): cv.string},
    ),
    AdminAction("adjust_endpoint", _async_adjust, {**_DEVICE, **_ADJUST}),
    AdminAction("delete_timers", _async_delete_timers, _DEVICE),
    AdminAction("move_to_unit", _changing(_async_move), {**_CONFIRMED, vol.Required(ATTR_UNIT): cv.string}),
    AdminAction(
        "remove_from_unit", _changing(lambda managed, _data: managed.api.async_move(managed.key, None)), _CONFIRMED
    ),
    AdminAction(
        "rename_endpoint",
        _changing(lambda managed, data: managed.api.async_rename(managed.key, data[ATTR_NAME].strip()), confirm=False),
        {**_DEVICE, vol.Required(ATTR_NAME): cv.string},
    ),
    AdminAction("set_address", _async_set_address, {**_DEVICE, **_ADDRESS}, SupportsResponse.OPTIONAL),
    AdminAction("save_wifi", _async_save_wifi, {**ENTRY_FIELDS, **_NETWORK, **_CREDENTIALS}),
    AdminAction(
        "install_wifi",
        _async_install_wifi,
        {**_DEVICE, **_NETWORK, vol.Optional(ATTR_WAIT, default=True): cv.boolean},
        SupportsResponse.OPTIONAL,
    ),
    AdminAction(
        "wifi_status", _async_wifi_status, {**_DEVICE, vol.Required(ATTR_OPERATION): cv.string}, SupportsResponse.ONLY
    ),
    AdminAction(
        "deregister_endpoint",
        _changing(lambda managed, _data: managed.api.async_deregister(managed.key), serial=True),
        _WITH_SERIAL,
    ),
    AdminAction(
        "forget_endpoint",
        _changing(lambda managed, _data: managed.api.async_forget(managed.key), serial=True),
        _WITH_SERIAL,
    ),
)
