"""Fleet management of a property with the Smart Properties API."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, override

from ..errors import (
    AlexaError,
    AlexaInvalidValueError,
    AlexaUnsupportedError,
    in_words,
)
from ..model.property import (
    DO_NOT_DISTURB,
    LOCALES,
    AddressRefusal,
    DeviceSearch,
    DeviceSettings,
    ManagedDevice,
    ManagedUnit,
    ManagementApi,
    PostalAddress,
    WifiInstallState,
    WifiNetwork,
    WifiSecurity,
)
from ..model.settings import SettingValue
from .client import SmartPropertiesClient, read_each
from .inventory import Inventory, is_reachable
from .models import Endpoint, Reachability, SettingErrorCode
from .operation import Region
from .requests import (
    NO_UNIT,
    AllOf,
    AnyOf,
    Clause,
    EndpointFilter,
    EnterpriseWifi,
    Expand,
    KeyManagement,
    Match,
    OpenWifi,
    PskWifi,
    QueryField,
    Wifi,
)
from .settings import SettingKey, Unlisted, kept
from .smart_home import ID_PREFIX
from .transport import AlexaAddressRejectedError, AlexaEndpointMovedError, Time

SETTINGS_INTERVAL: Final = 3600.0
"""Poll interval in seconds; settings are reused for other readers until half of this interval has passed."""

DEFAULT_LOCALES: Final[Mapping[Region, str]] = {
    Region.NORTH_AMERICA: "en-US",
    Region.EUROPE: "en-GB",
    Region.FAR_EAST: "ja-JP",
}
"""Language that every announcement includes, for Echos whose language is unknown."""

# The parts of a device that searches and listings request.
_SEARCHED: Final = (Expand.ALL, Expand.CONNECTIVITY)

# The address is personal: it is written, never read.
_KEYS: Final = tuple(key for key in SettingKey if key is not SettingKey.ADDRESS)


class PropertyManagement(ManagementApi):
    """Fleet management of a property; devices are identified by their keys in the inventory."""

    def __init__(
        self,
        client: SmartPropertiesClient,
        inventory: Inventory,
        region: Region,
        watched: Callable[[], Collection[str]],
        clock: Time | None = None,
    ) -> None:
        """Initialize; ``watched`` returns the keys of the Echos whose settings to read."""
        self._client = client
        self._inventory = inventory
        self._region = region
        self._watched = watched
        self._time = clock or Time()
        self._lock = asyncio.Lock()
        self._settings: dict[str, DeviceSettings] = {}
        self._read_at: float | None = None
        self._seen_by: set[str] = set()
        self._dnd_asked: set[str] = set()
        # How often each setting was written: a value that was read before the last write is not stored.
        self._writes = Counter[tuple[str, str]]()

    # --- units and keys -------------------------------------------------------------------

    @property
    @override
    def units(self) -> Mapping[str, ManagedUnit]:
        return self._inventory.units

    @override
    def unit_of(self, key: str) -> ManagedUnit | None:
        item = self._inventory.items.get(key)
        return item.unit if item else None

    @override
    def created_at(self, key: str) -> datetime | None:
        item = self._inventory.items.get(key)
        return item.endpoint.created if item else None

    @override
    def key_of(self, entity_id: str) -> str | None:
        key = entity_id.removeprefix(ID_PREFIX)
        return key if key in self._inventory.items else None

    @override
    def identifiers_of(self, key: str) -> Collection[str]:
        if (item := self._inventory.items.get(key)) is None:
            return (key,)
        if item.endpoint.serial_number:
            return (item.endpoint.serial_number,)
        addresses = [connection.mac_address for connection in item.endpoint.connections if connection.mac_address]
        return (key, item.endpoint.id, *addresses)

    @override
    def expire(self) -> None:
        self._inventory.expire()

    def _id_of(self, key: str) -> str:
        """Return the current endpoint id of a device; raises ``AlexaUnsupportedError`` for an unknown key."""
        if (item := self._inventory.items.get(key)) is None:
            raise AlexaUnsupportedError("The property has no such device", code="gone")
        return item.endpoint.id

    # --- settings -------------------------------------------------------------------------

    @override
    async def async_settings(self) -> Mapping[str, DeviceSettings]:
        return await self.async_read_settings("settings")

    async def async_read_settings(self, reader: str) -> Mapping[str, DeviceSettings]:
        """Return the last known settings by key; readers may share a read, but each ``reader`` gets a read only once.

        Raises an ``AlexaError`` like ``read_each``.
        """
        async with self._lock:
            now = self._time.monotonic()
            is_old = self._read_at is None or now - self._read_at >= SETTINGS_INTERVAL / 2
            if is_old or reader in self._seen_by:
                await self._async_read_settings()
                self._read_at, self._seen_by = now, set()
            self._seen_by.add(reader)
            return dict(self._settings)

    async def _async_read_settings(self) -> None:
        """Read the settings of each Echo that is watched or has no stored settings."""
        if not self._inventory.items:
            await self._inventory.async_listing()
        echos = [key for key, item in self._inventory.items.items() if item.is_echo]
        self._settings = {key: self._settings[key] for key in echos if key in self._settings}
        watched = set(self._watched())
        due = [key for key in echos if key in watched or key not in self._settings]
        await read_each(due, self.async_settings_of)

    async def _async_settings_of(self, endpoint_id: str) -> DeviceSettings:
        """Read the settings of one Echo, including those without a value, but not those that cannot be read."""
        page = await self._client.get_all_settings(endpoint_id, _KEYS)
        values: dict[str, SettingValue | None] = {setting.key: kept(setting) for setting in page.settings}
        for error in page.errors:
            # in a response with many settings, an error may mean that a setting has no value
            if error.key and (error.code is SettingErrorCode.NO_CONTENT or error.status == 204):
                values[error.key] = None
        return DeviceSettings(values=values)

    @override
    async def async_settings_of(self, key: str) -> DeviceSettings:
        found = self._settings[key] = await self._async_settings_of(self._id_of(key))
        return found

    @override
    async def async_setting(self, key: str, setting: str) -> SettingValue | None:
        writes = self._writes[key, setting]
        found = await self._client.get_setting(self._id_of(key), SettingKey(setting))
        value: SettingValue | None = kept(found)
        if self._writes[key, setting] == writes:
            self._hold(key, setting, value)
        return value

    def _hold(self, key: str, setting: str, value: SettingValue | None) -> None:
        """Store the value of one setting of an Echo."""
        held = self._settings.get(key, DeviceSettings())
        self._settings[key] = DeviceSettings(values={**held.values, setting: value})

    @override
    async def async_set_setting(self, key: str, setting: str, value: SettingValue) -> None:
        try:
            await self._client.put_setting(self._id_of(key), SettingKey(setting), value)
        finally:
            self._writes[key, setting] += 1

    async def async_dnd(self) -> Mapping[str, bool]:
        """Return the known Do Not Disturb states by key; if Echos were just switched, only those are read again.

        A switched Echo that cannot be read keeps its last known state, and the next poll reads the settings again. If
        no switched Echo can be read, the first error is raised. ``AlexaAuthError`` and ``AlexaRateLimitedError`` are
        always raised.
        """
        asked, self._dnd_asked = self._dnd_asked & self._inventory.items.keys(), set()
        if asked:
            await self._async_read_switched(asked)
        settings = self._settings if asked else await self.async_read_settings("dnd")
        flags = {key: found.values.get(DO_NOT_DISTURB) for key, found in settings.items()}
        return {key: flag for key, flag in flags.items() if isinstance(flag, bool)}

    async def _async_read_switched(self, keys: Collection[str]) -> None:
        """Read Do Not Disturb of the given Echos."""
        is_complete = False
        try:
            found = await read_each(keys, lambda key: self.async_setting(key, DO_NOT_DISTURB))
            is_complete = len(found) == len(keys)
        finally:
            if not is_complete:
                self._read_at = None

    async def async_set_dnd(self, key: str, *, enabled: bool) -> None:
        """Turn Do Not Disturb on or off."""
        try:
            await self.async_set_setting(key, DO_NOT_DISTURB, enabled)
        except AlexaError as err:
            if err.is_doubtful:
                self._dnd_asked.add(key)
            raise
        self._hold(key, DO_NOT_DISTURB, enabled)
        # after the write, because a read during the write may not contain the new state
        self._dnd_asked.add(key)

    # --- devices --------------------------------------------------------------------------

    @override
    async def async_query(self, search: DeviceSearch) -> Sequence[ManagedDevice]:
        if search.is_for_listing:
            return await self._async_list(search)
        clauses: list[Clause] = [AnyOf([Match(QueryField.UNIT, unit_id) for unit_id in search.unit_ids or self.units])]
        if search.manufacturer:
            clauses.append(Match(QueryField.MANUFACTURER, search.manufacturer))
        if search.model:
            clauses.append(Match(QueryField.MODEL, search.model))
        found = await self._inventory.async_search(AllOf(clauses), _SEARCHED)
        return await self._async_list(search) if found is None else [self._managed(endpoint) for endpoint in found]

    async def _async_list(self, search: DeviceSearch) -> Sequence[ManagedDevice]:
        """Search with one listing per unit, or with only one for ``without_unit`` or a serial number in any unit."""
        online = None if search.online is None else Reachability.OK if search.online else Reachability.UNREACHABLE
        wanted = EndpointFilter(
            in_no_unit=search.without_unit,
            serial_number=search.serial_number,
            manufacturer=search.manufacturer,
            model=search.model,
            name=search.name,
            mac_address=self._inventory.mac_as_listed(search.mac_address),
            reachability=online,
            category=search.kind,
        )
        units = search.unit_ids or (() if search.without_unit or search.serial_number else self.units)
        filters = [replace(wanted, unit_id=unit_id) for unit_id in units] or [wanted]
        found = {
            endpoint.id: endpoint
            for each in filters
            async for endpoint in self._client.iter_endpoints(each, expand=_SEARCHED)
        }
        return [self._managed(endpoint) for endpoint in found.values()]

    def _managed(self, endpoint: Endpoint) -> ManagedDevice:
        """Return an endpoint found by a search as a managed device."""
        known = (key for key, item in self._inventory.items.items() if item.endpoint.id == endpoint.id)
        units = (self.units[unit_id] for unit_id in endpoint.unit_ids or () if unit_id in self.units)
        return ManagedDevice(
            key=next(known, endpoint.serial_number or endpoint.id),
            name=endpoint.name or endpoint.id,
            kind=endpoint.category.value if endpoint.category else "",
            online=is_reachable(endpoint),
            manufacturer=endpoint.manufacturer,
            model=endpoint.model,
            serial_number=endpoint.serial_number,
            software_version=endpoint.software_version,
            unit=next(units, None),
            features=tuple(endpoint.features),
        )

    @override
    async def async_move(self, key: str, unit_id: str | None) -> None:
        try:
            await self._client.set_associated_units(self._id_of(key), unit_id or NO_UNIT)
        finally:
            # whatever the result, the id may have changed, and the device loses its settings
            self._inventory.expire()
            self._settings.pop(key, None)
            self._read_at = None

    @override
    async def async_rename(self, key: str, name: str) -> None:
        await self._client.set_friendly_name(self._id_of(key), name)
        self._inventory.expire()

    @override
    async def async_set_address(self, key: str, address: PostalAddress) -> AddressRefusal | None:
        try:
            await self._client.post_address(self._id_of(key), address)
        except AlexaAddressRejectedError as err:
            pairs = [(problem.element, problem.sub_code or problem.code) for problem in err.problems]
            return AddressRefusal(
                reason=_joined(map(in_words, pair) for pair in pairs)
                or ("Amazon suggests another one" if err.suggestions else "no reason given"),
                problems=tuple(": ".join(filter(None, pair)) for pair in pairs),
                suggestions=err.suggestions,
            )
        return None

    @override
    async def async_deregister(self, key: str) -> None:
        await self._client.deregister_endpoint(self._id_of(key))
        self._inventory.expire()

    @override
    async def async_forget(self, key: str) -> None:
        await self._client.forget_endpoint(self._id_of(key))
        self._inventory.expire()

    @override
    async def async_delete_timers(self, key: str) -> None:
        await self._client.delete_timers(self._id_of(key))

    # --- Wi-Fi ----------------------------------------------------------------------------

    @override
    async def async_save_wifi(self, network: WifiNetwork) -> None:
        await self._client.save_wifi_configurations([_wifi(network)])

    @override
    async def async_install_wifi(self, key: str, ssid: str, security: WifiSecurity) -> str:
        return await self._client.add_or_update_wifi_configurations(
            self._id_of(key), ssid, KeyManagement(security.value)
        )

    @override
    async def async_wifi_state(self, key: str, operation_id: str) -> WifiInstallState:
        try:
            found = await self._client.get_wifi_installation_status(self._id_of(key), operation_id)
        except AlexaEndpointMovedError:
            self._inventory.expire()
            await self._inventory.async_listing()
            found = await self._client.get_wifi_installation_status(self._id_of(key), operation_id)
        return WifiInstallState(found.status.value)

    # --- announcements --------------------------------------------------------------------

    @override
    async def async_announce(self, text: str, *, keys: Sequence[str] = (), unit_ids: Sequence[str] = ()) -> None:
        if not text.strip():
            raise AlexaInvalidValueError("message", "text that isn't blank")
        locales = {DEFAULT_LOCALES[self._region]}
        # Amazon does not document whether an announcement in a unit also reaches the units below it.
        for key in (*keys, *self._inventory.keys_below(unit_ids)):
            found = self._settings.get(key, DeviceSettings()).values.get(LOCALES)
            known = found if isinstance(found, tuple) else ()
            locales.update(locale for locale in known if not isinstance(locale, Unlisted))
        await self._client.send_notification(
            dict.fromkeys(sorted(locales), text),
            endpoint_ids=[self._id_of(key) for key in keys],
            unit_ids=list(unit_ids),
        )


def _joined(problems: Iterable[Iterable[str]]) -> str:
    """Return the problems of an address as part of a sentence."""
    return ", ".join(filter(None, (": ".join(filter(None, parts)) for parts in problems)))


def _wifi(network: WifiNetwork) -> Wifi:
    """Return a network in the format of the client."""
    match network.security:
        case WifiSecurity.PASSWORD:
            return PskWifi(ssid=network.ssid, password=network.password)
        case WifiSecurity.ENTERPRISE:
            return EnterpriseWifi(
                ssid=network.ssid,
                certificate_authority_id=network.certificate_authority_id,
                server_certificates=network.server_certificates,
            )
        case WifiSecurity.OPEN:
            return OpenWifi(ssid=network.ssid)
