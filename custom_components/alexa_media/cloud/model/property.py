"""Fleet management of Alexa Smart Properties: models and protocol."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from .devices import OpenEnum
from .settings import SettingValue

DO_NOT_DISTURB = "Alexa.DoNotDisturb.doNotDisturb"
LOCALES = "System.locales"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedUnit:
    """An organization, property, floor or room.

    ``path`` contains the names from the unit below the config entry's unit down to this one. The path of the config
    entry's unit contains only the name of that unit.
    """

    unit_id: str
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return the name of the unit."""
        return self.path[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """Settings of a device by key; ``None`` for a setting without a value or with one that cannot be parsed."""

    values: Mapping[str, SettingValue | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """Postal address of a device; ``country`` is an ISO 3166 alpha-2 code. ``repr`` omits all fields."""

    line1: str = field(repr=False)
    country: str = field(repr=False)
    line2: str = field(default="", repr=False)
    line3: str = field(default="", repr=False)
    city: str = field(default="", repr=False)
    state: str = field(default="", repr=False)
    district: str = field(default="", repr=False)
    postal_code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRefusal:
    """Reason why Amazon rejects an address, in plain words, usable as a part of a sentence.

    ``problems`` are Amazon's codes, each with the element concerned if Amazon names it. ``suggestions`` are addresses
    that Amazon proposes instead, best first. Both may be empty.
    """

    reason: str
    problems: tuple[str, ...] = ()
    suggestions: tuple[PostalAddress, ...] = ()


class WifiSecurity(StrEnum):
    """Amazon's names for the security of a Wi-Fi network."""

    OPEN = "NONE"
    PASSWORD = "WPAPSK"  # noqa: S105 - the name of a method
    ENTERPRISE = "WPA2_EAP"


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiNetwork:
    """A Wi-Fi network; WPA2_EAP requires a certificate authority and server certificates (PEM), but no password."""

    ssid: str
    security: WifiSecurity
    password: str = field(default="", repr=False)
    certificate_authority_id: str = ""
    server_certificates: tuple[str, ...] = field(default=(), repr=False)


class WifiInstallState(OpenEnum):
    """State of a network's installation on a device; after TIMEOUT the outcome is unknown."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    TIMEOUT = "TIMEOUT"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedDevice:
    """A managed device; ``key`` identifies it and is usually its serial number.

    ``unit`` is ``None`` for a device outside all known units. ``kind`` is Amazon's display category, such as LIGHT.
    """

    key: str
    name: str
    kind: str
    online: bool | None
    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None
    software_version: str | None = None
    unit: ManagedUnit | None = None
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSearch:
    """Conditions of a device search. A device must match every condition that is set.

    Texts must match exactly, except for the notation of ``mac_address``. ``unit_ids`` matches devices in any of these
    units, ``without_unit`` those outside all units. ``kind`` is Amazon's display category, such as LIGHT.
    """

    unit_ids: tuple[str, ...] = ()
    without_unit: bool = False
    manufacturer: str | None = None
    model: str | None = None
    name: str | None = None
    serial_number: str | None = None
    mac_address: str | None = None
    kind: str | None = None
    online: bool | None = None

    @property
    def is_for_listing(self) -> bool:
        """Return whether the search requires a listing; Amazon's query supports only unit, manufacturer and model."""
        others = (self.name, self.serial_number, self.mac_address, self.kind, self.online)
        return self.without_unit or any(value is not None for value in others)


class ManagementApi(Protocol):
    """Fleet management. Devices are identified by ``key``.

    The asynchronous methods raise an ``AlexaError`` on failure: for an unknown key, ``AlexaUnsupportedError``.
    """

    @property
    def units(self) -> Mapping[str, ManagedUnit]:
        """Return the units of the last device list by id."""

    def unit_of(self, key: str) -> ManagedUnit | None:
        """Return the unit of a device according to the last device list, or None."""

    def created_at(self, key: str) -> datetime | None:
        """Return the time at which a device was set up, or None if it is unknown."""

    def key_of(self, entity_id: str) -> str | None:
        """Return the key of the device whose appliance has this entity id, or None."""

    def identifiers_of(self, key: str) -> Collection[str]:
        """Return what identifies a device: its serial number, or without one its key, endpoint id and MAC addresses."""

    def expire(self) -> None:
        """Make the next read of the devices include their units, names and features."""

    async def async_settings(self) -> Mapping[str, DeviceSettings]:
        """Read the settings of the Echos; return the last known ones by key."""

    async def async_settings_of(self, key: str) -> DeviceSettings:
        """Read and return the settings of one Echo."""

    async def async_setting(self, key: str, setting: str) -> SettingValue | None:
        """Read and return one setting of one Echo, or None if it has no value of the expected form."""

    async def async_set_setting(self, key: str, setting: str, value: SettingValue) -> None:
        """Write one setting of one Echo."""

    async def async_query(self, search: DeviceSearch) -> Sequence[ManagedDevice]:
        """Return the matching devices, read from Amazon.

        A search costs one request per page of 10 devices. A listing, which some conditions and countries require, may
        cost one request or more per unit.
        """

    async def async_move(self, key: str, unit_id: str | None) -> None:
        """Move a device into a unit, or out of its unit (None); the device restarts and loses its settings."""

    async def async_rename(self, key: str, name: str) -> None:
        """Rename a device."""

    async def async_set_address(self, key: str, address: PostalAddress) -> AddressRefusal | None:
        """Set the address of an Echo; return the reason if Amazon rejects it, else None."""

    async def async_save_wifi(self, network: WifiNetwork) -> None:
        """Store a network and its credentials in the account's credential locker."""

    async def async_install_wifi(self, key: str, ssid: str, security: WifiSecurity) -> str:
        """Start installing a stored network on an Echo; return the id of the operation."""

    async def async_wifi_state(self, key: str, operation_id: str) -> WifiInstallState:
        """Return the state of a Wi-Fi installation on an Echo."""

    async def async_delete_timers(self, key: str) -> None:
        """Delete all timers of an Echo; the Echo must be online."""

    async def async_announce(self, text: str, *, keys: Sequence[str] = (), unit_ids: Sequence[str] = ()) -> None:
        """Announce a text in one request, either on Echos or in units."""

    async def async_deregister(self, key: str) -> None:
        """Deregister a device from the account; the API cannot undo this."""

    async def async_forget(self, key: str) -> None:
        """Remove a smart home device from Alexa."""
