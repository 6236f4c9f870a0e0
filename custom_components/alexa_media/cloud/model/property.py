"""What an operator of many Echos does with them: settings, units (rooms), Wi-Fi, and taking devices in and out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from .devices import OpenEnum

type PropertySettingValue = bool | int | float | str | tuple[str, ...]
"""What a setting holds: enumerations are texts, as Amazon writes them."""

DO_NOT_DISTURB = "Alexa.DoNotDisturb.doNotDisturb"
LOCALES = "System.locales"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedUnit:
    """A property, a floor, a room; ``path`` are the names from below the one that is managed down to its own."""

    unit_id: str
    path: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return its own name."""
        return self.path[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSettings:
    """The settings that a device has, by key; ``None`` where one has no value, or one that is not understood."""

    values: Mapping[str, PropertySettingValue | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostalAddress:
    """Where a device stands; ``country`` are two capital letters. ``repr`` shows nothing of it."""

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
    """Why Amazon does not take an address: problems in its codes, or addresses that it would take, best first."""

    code: str
    problems: tuple[str, ...] = ()
    suggestions: tuple[PostalAddress, ...] = ()


class WifiSecurity(StrEnum):
    """How a Wi-Fi network is secured, with Amazon's words."""

    OPEN = "NONE"
    PASSWORD = "WPAPSK"  # noqa: S105 - the name of a method
    ENTERPRISE = "WPA2_EAP"


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiNetwork:
    """A Wi-Fi network: ``password`` for WPAPSK, an authority and the server's certificates (PEM) for WPA2_EAP."""

    ssid: str
    security: WifiSecurity
    password: str = field(default="", repr=False)
    certificate_authority_id: str = ""
    server_certificates: tuple[str, ...] = field(default=(), repr=False)


class WifiInstallState(OpenEnum):
    """How far the installation of a network on a device is; with TIMEOUT nobody knows what the device has done."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    TIMEOUT = "TIMEOUT"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedDevice:
    """A device as an operator lists it; ``key`` is its serial number, or what stands in for it.

    ``unit`` is ``None`` for a device in no unit.
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


class ManagementApi(Protocol):
    """What an operator may do. Devices are named by ``key``; every method raises an ``AlexaError``.

    An unknown key is ``AlexaUnsupportedError`` before anything is sent.
    """

    @property
    def units(self) -> Mapping[str, ManagedUnit]:
        """Return the units by id, as they were last listed."""

    def unit_of(self, key: str) -> ManagedUnit | None:
        """Return the unit that a device is in, as it was last listed."""

    def created_at(self, key: str) -> datetime | None:
        """Return when a device was set up."""

    def key_of(self, entity_id: str) -> str | None:
        """Return the key of the device that is an appliance of the smart home, by Alexa's id of it."""

    def serial_of(self, key: str) -> str | None:
        """Return the serial number of a device."""

    async def async_settings(self) -> Mapping[str, DeviceSettings]:
        """Return the settings of all Echos that somebody watches, in one request for each."""

    async def async_settings_of(self, key: str) -> DeviceSettings:
        """Read the settings of one Echo."""

    async def async_setting(self, key: str, setting: str) -> PropertySettingValue | None:
        """Read one setting of one Echo."""

    async def async_set_setting(self, key: str, setting: str, value: PropertySettingValue) -> None:
        """Write one setting of one Echo."""

    async def async_query(
        self,
        *,
        unit_ids: Collection[str] = (),
        manufacturer: str | None = None,
        model: str | None = None,
    ) -> Sequence[ManagedDevice]:
        """Search devices now: in any of some units, of a maker, of a model."""

    async def async_move(self, key: str, unit_id: str | None) -> None:
        """Move a device into a unit, or out of its unit: it restarts and loses its settings."""

    async def async_rename(self, key: str, name: str) -> None:
        """Rename a device."""

    async def async_set_address(self, key: str, address: PostalAddress) -> AddressRefusal | None:
        """Set the address of an Echo; returns why Amazon does not take it, ``None`` when it does."""

    async def async_save_wifi(self, network: WifiNetwork) -> None:
        """Store a network with its password in the account's locker."""

    async def async_install_wifi(self, key: str, ssid: str, security: WifiSecurity) -> str:
        """Start to install a stored network on an Echo; returns the id with which to ask how it goes."""

    async def async_wifi_state(self, key: str, operation_id: str) -> WifiInstallState:
        """Return how an installation goes."""

    async def async_delete_timers(self, key: str) -> None:
        """Delete all timers of an Echo, which must be online."""

    async def async_announce(self, text: str, *, keys: Sequence[str] = (), unit_ids: Sequence[str] = ()) -> None:
        """Announce a text on Echos, or in units, in one request."""

    async def async_deregister(self, key: str) -> None:
        """Take a device out of the account; it cannot be undone from here."""

    async def async_forget(self, key: str) -> None:
        """Let Alexa forget a device of the smart home."""
