"""Models of the Smart Properties API; those of features are shared with the account API.

A value that this integration does not know becomes ``UNKNOWN`` in its enumeration; the raw
text stands beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ..model.appliances import FeatureName, HueSaturation, PropertyName, Temperature
from ..model.devices import OpenEnum

type JsonValue = bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None

OFFLINE_CODES = frozenset({"ENDPOINT_UNREACHABLE", "DEVICE_UNREACHABLE", "DEVICE_NOT_REACHABLE"})
"""Names under which Amazon says, in answers and in properties, that the device does not answer."""


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
"""Features whose state ``expand`` can add to a list."""


class PropertyType(OpenEnum):
    """Whether a property can be read.

    A failed read may still say RETRIEVABLE: whether there is a value is what counts.
    """

    RETRIEVABLE = "RETRIEVABLE"
    NOT_RETRIEVABLE = "NOT_RETRIEVABLE"
    """Never: asking again is no use."""
    ERROR = "ERROR"
    """Not now."""
    UNKNOWN = "UNKNOWN"


class Reachability(OpenEnum):
    """Whether Amazon reaches a device."""

    OK = "OK"
    UNREACHABLE = "UNREACHABLE"
    UNKNOWN = "UNKNOWN"


class Power(OpenEnum):
    """Whether a device is on."""

    ON = "ON"
    OFF = "OFF"
    UNKNOWN = "UNKNOWN"


class ThermostatMode(OpenEnum):
    """What a thermostat does."""

    AUTO = "AUTO"
    COOL = "COOL"
    HEAT = "HEAT"
    ECO = "ECO"
    OFF = "OFF"
    UNKNOWN = "UNKNOWN"


class ConnectionType(OpenEnum):
    """The kind of a network interface; UNKNOWN is one of Amazon's own values."""

    TCP_IP = "TCP_IP"
    ZIGBEE = "ZIGBEE"
    UNKNOWN = "UNKNOWN"


class WifiStatus(OpenEnum):
    """How far the installation of a Wi-Fi network is."""

    IN_PROGRESS = "IN_PROGRESS"
    SUCCESS = "SUCCESS"
    """Installed, which says nothing about being connected."""
    FAILURE = "FAILURE"
    """Not delivered or not installed: try again."""
    TIMEOUT = "TIMEOUT"
    """The device said nothing; what it has done is not known."""
    UNKNOWN = "UNKNOWN"


type PropertyValue = Reachability | Power | ThermostatMode | HueSaturation | Temperature | int


@dataclass(frozen=True, slots=True, kw_only=True)
class Property:
    """One property of a feature.

    ``value`` is ``None`` where it could not be read or is not understood; ``raw`` is the
    value as Amazon sent it. ``error`` is Amazon's name of what went wrong while reading,
    which may be an empty text, ``None`` when nothing did. ``sampled_at`` is when the value
    was read.
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
        """Return whether it could not be read because the device does not answer."""
        return self.error in OFFLINE_CODES


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """Something that a device can do, with its state where that was asked for.

    ``properties`` and ``operations`` (operation → path) are by name. ``supported_modes`` are
    those of a thermostat, ``configuration`` is raw. ``name`` is a ``FeatureName`` as text, or
    one that this integration does not know.
    """

    name: str
    path: str | None = None
    properties: Mapping[str, Property] = field(default_factory=dict)
    operations: Mapping[str, str] = field(default_factory=dict)
    supported_modes: tuple[ThermostatMode, ...] = ()
    configuration: Mapping[str, JsonValue] = field(default_factory=dict)

    def value[V: PropertyValue](self, name: PropertyName, kind: type[V]) -> V | None:
        """Return what a property holds, ``None`` where it is not known."""
        found = self.properties.get(name)
        return found.value if found is not None and isinstance(found.value, kind) else None

    @property
    def is_offline(self) -> bool:
        """Return whether a property could not be read because the device does not answer."""
        return any(found.is_offline for found in self.properties.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A network interface; ``mac_address`` is as Amazon writes it, with or without colons."""

    type: ConnectionType
    type_raw: str | None
    mac_address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayCategory:
    """What kind of thing a device is, for example LIGHT, and who says so (CUSTOMER, ENDPOINT_REPORTER)."""

    value: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A device. Only ``id`` is certain: the rest is there with ``expand=all``.

    ``id`` may change when the device is moved to another unit; ``serial_number`` stays.
    ``features`` and ``operations`` (operation → path) are by name. ``unit_ids`` is empty
    for a device in no unit, and ``None`` when it was not asked for.
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
    """One page of a list; ``next_token`` is ``None`` on the last one."""

    items: tuple[T, ...]
    next_token: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedEndpoint:
    """Where a device is after it was moved: it may have a new id."""

    id: str
    unit_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WifiInstallation:
    """The state of the installation of a Wi-Fi network on a device."""

    status: WifiStatus
    status_raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PropertyUnit:
    """A property, a floor, a room; ``level`` is 0 for the organization."""

    id: str
    name: str | None = None
    parent_id: str | None = None
    level: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Address:
    """A postal address; ``repr`` does not show it."""

    line1: str
    line2: str
    line3: str
    city: str
    state: str
    district: str
    postal_code: str
    country: str
    """Two capital letters, as in ISO 3166-1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressProblem:
    """Why an address was refused, in Amazon's codes: what, in detail, and in which element."""

    code: str | None = None
    sub_code: str | None = None
    element: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting[V]:
    """The value of a setting of an Echo.

    ``value`` is ``None`` where the setting has none, or one that is not understood;
    ``raw`` is what Amazon sent, ``None`` where the setting has no value.
    """

    key: str
    value: V | None = None
    raw: JsonValue = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingError:
    """Why one of several settings could not be read."""

    key: str | None
    status: int | None
    code: SettingErrorCode
    code_raw: str | None


class SettingErrorCode(OpenEnum):
    """Amazon's reasons for which a setting could not be read."""

    NO_CONTENT = "NO_CONTENT"
    """There is the setting, but no value."""
    ACCESS_DENIED = "ACCESS_DENIED"
    INVALID_KEY = "INVALID_KEY"
    """The device has no such setting."""
    INTERNAL_SERVER_ERROR = "INTERNAL_SERVER_ERROR"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsPage[V]:
    """Settings that could be read, and why others could not; ``next_token`` is ``None`` on the last page."""

    settings: tuple[Setting[V], ...] = ()
    errors: tuple[SettingError, ...] = ()
    next_token: str | None = None
