"""Models of the Smart Properties API.

The models of feature names, property names, colors and temperatures are shared with the account API. Unknown values
become ``UNKNOWN`` in their enumeration. Fields named ``raw`` or ``…_raw`` store the received value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ..model.appliances import FeatureName, HueSaturation, PropertyName, Temperature
from ..model.devices import OpenEnum

type JsonValue = bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None

OFFLINE_CODES = frozenset({"ENDPOINT_UNREACHABLE", "DEVICE_UNREACHABLE", "DEVICE_NOT_REACHABLE"})
"""Amazon's codes, in responses and properties, for a device that does not respond."""


EXPANDABLE: Final = frozenset(
    {
        FeatureName.BRIGHTNESS,
        FeatureName.COLOR,
        FeatureName.COLOR_TEMPERATURE,
        FeatureName.SPEAKER,
        FeatureName.TEMPERATURE_SENSOR,
        FeatureName.THERMOSTAT,
        FeatureName.POWER,
        FeatureName.CONNECTIVITY,
    }
)
"""Features whose state ``expand`` can add to a response."""


class PropertyType(OpenEnum):
    """Whether a property can be read.

    A property whose read failed may still be RETRIEVABLE; check ``Property.error``.
    """

    RETRIEVABLE = "RETRIEVABLE"
    NOT_RETRIEVABLE = "NOT_RETRIEVABLE"
    """The property can never be read."""
    ERROR = "ERROR"
    """The property cannot be read at present."""
    UNKNOWN = "UNKNOWN"


class Reachability(OpenEnum):
    """Whether Amazon can reach a device."""

    OK = "OK"
    UNREACHABLE = "UNREACHABLE"
    UNKNOWN = "UNKNOWN"


class Power(OpenEnum):
    """Whether a device is turned on."""

    ON = "ON"
    OFF = "OFF"
    UNKNOWN = "UNKNOWN"


class ThermostatMode(OpenEnum):
    """Mode of a thermostat."""

    AUTO = "AUTO"
    COOL = "COOL"
    HEAT = "HEAT"
    ECO = "ECO"
    OFF = "OFF"
    UNKNOWN = "UNKNOWN"


class ConnectionType(OpenEnum):
    """Type of a network interface; UNKNOWN is also one of Amazon's own values."""

    TCP_IP = "TCP_IP"
    ZIGBEE = "ZIGBEE"
    UNKNOWN = "UNKNOWN"


class WifiStatus(OpenEnum):
    """Progress of the installation of a Wi-Fi network."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCESS = "SUCCESS"
    """The network is installed, which does not mean that the device is connected."""
    FAILURE = "FAILURE"
    """The network was not delivered or not installed; try again."""
    TIMEOUT = "TIMEOUT"
    """The device did not respond; the outcome is unknown."""
    UNKNOWN = "UNKNOWN"


type PropertyValue = Reachability | Power | ThermostatMode | HueSaturation | Temperature | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property of a feature.

    ``value`` is ``None`` if it could not be read or parsed; ``raw`` is the value as received. ``error`` is Amazon's
    name for the read error, possibly "", or ``None`` without an error. ``sampled_at`` is the time of the value.
    """

    name: str
    type: PropertyType
    type_raw: str
    value: PropertyValue | None = None
    raw: JsonValue = None
    sampled_at: datetime | None = None
    error: str | None = None

    @property
    def is_offline(self) -> bool:
        """Return whether the property could not be read because the device does not respond."""
        return self.error in OFFLINE_CODES


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A function of a device, with its state if that was requested.

    ``operations`` are paths by name, or None if they are not listed. ``name`` may be unknown to this integration.
    """

    name: str
    path: str | None = None
    properties: Mapping[str, Property] = field(default_factory=dict)
    operations: Mapping[str, str] | None = None
    supported_modes: tuple[ThermostatMode, ...] = ()
    configuration: Mapping[str, JsonValue] = field(default_factory=dict)

    def value[V: PropertyValue](self, name: PropertyName, kind: type[V]) -> V | None:
        """Return the value of a property if it is of type ``kind``, else ``None``."""
        found = self.properties.get(name)
        return found.value if found is not None and isinstance(found.value, kind) else None

    @property
    def is_offline(self) -> bool:
        """Return whether a property could not be read because the device does not respond."""
        return any(found.is_offline for found in self.properties.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A network interface; ``mac_address`` is in Amazon's notation, with or without colons."""

    type: ConnectionType
    type_raw: str | None
    mac_address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayCategory:
    """Category of a device, such as LIGHT, and its sources (CUSTOMER, ENDPOINT_REPORTER)."""

    value: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A device. Only ``id`` is always set; the other fields depend on the ``expand`` parameter of the request.

    ``id`` may change when the device is moved to another unit. ``operations`` are paths by name. ``unit_ids`` is empty
    for a device outside all units, and ``None`` if the response does not contain the units.
    """

    id: str
    name: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    serial_number: str | None = None
    software_version: str | None = None
    connections: tuple[Connection, ...] = ()
    created: datetime | None = None
    features: Mapping[str, Feature] = field(default_factory=dict)
    unit_ids: tuple[str, ...] | None = None
    operations: Mapping[str, str] = field(default_factory=dict)
    category: DisplayCategory | None = None
    categories: tuple[DisplayCategory, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page[T]:
    """One page of a list; ``next_token`` is ``None`` on the last page."""

    items: tuple[T, ...]
    next_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedEndpoint:
    """Result of moving a device, which may have a new id."""

    id: str
    unit_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiInstallation:
    """State of the installation of a Wi-Fi network on a device."""

    status: WifiStatus
    status_raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyUnit:
    """An organization, property, floor or room; ``level`` is 0 for the organization."""

    id: str
    name: str | None = None
    parent_id: str | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressProblem:
    """Reason for rejecting an address, in Amazon's codes: the problem, its details, and the element concerned."""

    code: str | None = None
    sub_code: str | None = None
    element: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting[V]:
    """The value of a setting of an Echo.

    ``value`` is ``None`` if the setting has no value or one that cannot be parsed. ``raw`` is the value as received,
    ``None`` if there is none.
    """

    key: str
    value: V | None = None
    raw: JsonValue = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingError:
    """Reason why one of several settings could not be read."""

    key: str | None
    status: int | None
    code: SettingErrorCode
    code_raw: str | None


class SettingErrorCode(OpenEnum):
    """Amazon's codes for a setting that could not be read."""

    NO_CONTENT = "NO_CONTENT"
    """The setting exists but has no value."""
    ACCESS_DENIED = "ACCESS_DENIED"
    INVALID_KEY = "INVALID_KEY"
    """The device does not have the setting."""
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPage[V]:
    """The settings that could be read, and the errors of the others; ``next_token`` is ``None`` on the last page."""

    settings: tuple[Setting[V], ...] = ()
    errors: tuple[SettingError, ...] = ()
    next_token: str | None = None
