"""Bodies and queries of the Smart Properties API.

An invalid value raises ``AlexaInvalidValueError``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
import re
from typing import Final
import unicodedata

from ..errors import AlexaInvalidValueError
from ..json import number
from ..model.appliances import HueSaturation, Temperature, TemperatureScale
from ..model.property import PostalAddress
from .models import JsonValue, Reachability, ThermostatMode
from .parse import ADDRESS_KEYS, ENDPOINT_PREFIX

UNIT_PREFIX: Final = "amzn1.alexa.unit.did."
NO_UNIT: Final = "~caller.defaultUnitId"
"""Unit id that removes an endpoint from its unit."""

LARGEST_PAGE: Final = 50
LARGEST_QUERY_PAGE: Final = 10
LONGEST_NAME: Final = 128
MOST_RECIPIENTS: Final = 100

type Query = list[tuple[str, str]]
type JsonObject = dict[str, JsonValue]

_LOCALE: Final = re.compile(r"[a-z]{2}-[A-Z]{2}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")


def endpoint_id(value: str) -> str:
    """Validate the id of an endpoint, and return it."""
    return _prefixed("endpoint id", value, ENDPOINT_PREFIX)


def unit_id(value: str) -> str:
    """Validate the id of a unit, and return it."""
    return _prefixed("unit id", value, UNIT_PREFIX)


def operation_id(value: str) -> str:
    """Return the id of a Wi-Fi installation; raises ``AlexaInvalidValueError`` if it cannot be part of a path."""
    if not value.strip(".") or not value.isprintable():
        raise AlexaInvalidValueError("operation id", "an ID returned by install_wifi")
    return value


def _prefixed(what: str, value: str, prefix: str) -> str:
    if not value.startswith(prefix) or value == prefix or not value.isprintable():
        raise AlexaInvalidValueError(what, f'"{prefix}", followed by printable characters')
    return value


def _within(what: str, value: float, least: float, most: float) -> float:
    found = number(value)
    if found is None or not least <= found <= most:
        raise AlexaInvalidValueError(what, f"a number from {least:g} to {most:g}")
    return found


def _whole(what: str, value: float, least: int, most: int) -> int:
    found = number(value)
    if found is None or not found.is_integer() or not least <= found <= most:
        raise AlexaInvalidValueError(what, f"a whole number from {least} to {most}")
    return int(found)


# --- lists ----------------------------------------------------------------------------------


class Expand(StrEnum):
    """Additional data in a response: ``ALL`` (everything but the state of features), or the state of a feature."""

    ALL = "all"
    BRIGHTNESS = "feature:brightness"
    COLOR = "feature:color"
    COLOR_TEMPERATURE = "feature:colorTemperature"
    SPEAKER = "feature:speaker"
    TEMPERATURE_SENSOR = "feature:temperatureSensor"
    THERMOSTAT = "feature:thermostat"
    POWER = "feature:power"
    CONNECTIVITY = "feature:connectivity"


def expand_query(expand: Iterable[Expand]) -> Query:
    """Return the ``expand`` query parameters, one per distinct value."""
    return [("expand", value.value) for value in dict.fromkeys(expand)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointFilter:
    """Selection of the endpoints to list.

    One of the first three fields is required; ``in_no_unit`` selects the endpoints outside all units. Texts must match
    completely. Most of the other filters only work on fields that the response contains (``expand``).
    """

    in_no_unit: bool = False
    unit_id: str | None = None
    serial_number: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    name: str | None = None
    mac_address: str | None = None
    reachability: Reachability | None = None
    primary_category: str | None = None
    category: str | None = None

    def as_query(self) -> Query:
        """Return the query parameters; raises ``AlexaInvalidValueError`` for an invalid filter."""
        if not (self.in_no_unit or self.unit_id or self.serial_number):
            raise AlexaInvalidValueError("filter", "a unit, a serial number, or devices without a unit")
        if self.unit_id:
            unit_id(self.unit_id)
        if self.reachability is Reachability.UNKNOWN:
            raise AlexaInvalidValueError("reachability", "OK or UNREACHABLE")
        values = {
            "owner": "~caller" if self.in_no_unit else None,
            "associatedUnits.id": self.unit_id,
            "serialNumber.value.text": self.serial_number,
            "manufacturer.value.text": self.manufacturer,
            "model.value.text": self.model,
            "friendlyName.value.text": self.name,
            "connections.macAddress": self.mac_address,
            "features[name:connectivity].properties[name:reachability].value.value": self.reachability,
            "displayCategories.primary.value": self.primary_category,
            "displayCategories.all.value": self.category,
        }
        return [(name, str(value)) for name, value in values.items() if value]


def page_query(next_token: str | None, max_results: int | None, largest: int = LARGEST_PAGE) -> Query:
    """Return the query parameters of one page; without ``max_results``, Amazon chooses the size of the page."""
    query: Query = []
    if max_results is not None:
        query.append(("maxResults", str(_whole("maxResults", max_results, 1, largest))))
    if next_token:
        query.append(("nextToken", next_token))
    return query


def unit_depth(depth: int) -> int:
    """Validate the number of unit levels to list, and return it; a hierarchy has at most 15."""
    return _whole("depth", depth, 1, 15)


class QueryField(StrEnum):
    """Fields that a search can compare."""

    UNIT = "associatedUnits.id"
    MANUFACTURER = "manufacturer.value.text"
    MODEL = "model.value.text"


@dataclass(frozen=True, slots=True)
class Match:
    """Condition: the field is exactly the text."""

    field: QueryField
    value: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """Endpoints that meet all conditions."""

    clauses: Sequence[Clause]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Endpoints that meet at least one condition."""

    clauses: Sequence[Clause]


type Clause = Match | AllOf | AnyOf


def endpoint_query(
    query: AllOf | AnyOf, expand: Iterable[Expand], next_token: str | None, max_results: int
) -> JsonObject:
    """Return the body of a search; ``max_results`` is the page size (2–10)."""
    pagination: JsonObject = {"maxResults": _whole("maxResults", max_results, 2, LARGEST_QUERY_PAGE)}
    if next_token:
        pagination["nextToken"] = next_token
    body: JsonObject = {"query": _clause(query), "paginationContext": pagination}
    if values := dict.fromkeys(expand):
        body["expand"] = [value.value for value in values]
    return body


def _clause(clause: Clause) -> JsonObject:
    if isinstance(clause, Match):
        value = unit_id(clause.value) if clause.field is QueryField.UNIT else clause.value
        return {"match": {clause.field.value: value}}
    if not clause.clauses:
        raise AlexaInvalidValueError("query", "at least one condition")
    return {"and" if isinstance(clause, AllOf) else "or": [_clause(inner) for inner in clause.clauses]}


# --- commands -------------------------------------------------------------------------------


def color(value: HueSaturation) -> JsonObject:
    """Return the body of ``setColor``."""
    return _payload(
        color={
            "hue": _within("hue", value.hue, 0, 360),
            "saturation": _within("saturation", value.saturation, 0, 1),
            "brightness": _within("brightness", value.brightness, 0, 1),
        }
    )


def percent(name: str, value: float) -> JsonObject:
    """Return the body of a command that sets the percentage ``name``."""
    return _payload(**{name: _whole(name, value, 0, 100)})


def percent_delta(name: str, value: float) -> JsonObject:
    """Return the body of a command that changes a percentage by an amount; ``name`` is the key of the amount."""
    return _payload(**{name: _whole(name, value, -100, 100)})


def kelvin(value: float) -> JsonObject:
    """Return the body of ``setColorTemperature``."""
    return _payload(colorTemperatureInKelvin=_whole("colorTemperatureInKelvin", value, 1000, 10000))


def thermostat_mode(value: ThermostatMode) -> JsonObject:
    """Return the body of ``setThermostatMode``."""
    if value is ThermostatMode.UNKNOWN:
        raise AlexaInvalidValueError("thermostatMode", "AUTO, COOL, HEAT, ECO or OFF")
    return _payload(thermostatMode=value.value)


def setpoints(target: Temperature | None, lower: Temperature | None, upper: Temperature | None) -> JsonObject:
    """Return the body of ``setTargetSetpoint`` with a single setpoint, or with a lower and an upper one."""
    if target is not None and lower is None and upper is None:
        return _payload(targetSetpoint=_temperature("targetSetpoint", target))
    if target is None and lower is not None and upper is not None:
        return _payload(
            lowerSetpoint=_temperature("lowerSetpoint", lower), upperSetpoint=_temperature("upperSetpoint", upper)
        )
    raise AlexaInvalidValueError("set points", "a single temperature, or a lower and an upper one")


def setpoint_delta(delta: Temperature) -> JsonObject:
    """Return the body of ``adjustTargetSetpoint``."""
    return _payload(targetSetpointDelta=_temperature("targetSetpointDelta", delta))


def _temperature(name: str, value: Temperature) -> JsonObject:
    found = number(value.value)
    if found is None or value.scale is TemperatureScale.UNKNOWN:
        raise AlexaInvalidValueError(name, "a number in Celsius, Fahrenheit or Kelvin")
    return {"value": found, "scale": value.scale.value}


def _payload(**values: JsonValue) -> JsonObject:
    return {"payload": values}


# --- management -----------------------------------------------------------------------------


def associated_units(unit: str) -> list[JsonValue]:
    """Return the body that moves an endpoint into a unit, or out of its unit with ``NO_UNIT``."""
    return [{"id": unit if unit == NO_UNIT else unit_id(unit)}]


def friendly_name(name: str) -> JsonObject:
    """Return the body that renames an endpoint; raises ``AlexaInvalidValueError`` for an invalid name."""
    kinds = {unicodedata.category(letter)[0] for letter in name if letter not in " '"}
    if not 1 <= len(name) <= LONGEST_NAME or not kinds & {"L", "N"} or kinds - {"L", "M", "N"}:
        raise AlexaInvalidValueError(
            "name",
            f"1 to {LONGEST_NAME} letters, digits, spaces or apostrophes, with at least one letter or digit",
        )
    return {"type": "PLAIN", "value": {"text": name}}


def address(value: PostalAddress) -> JsonObject:
    """Return the body that sets an address, which needs a first line and a country code."""
    if not value.line1:
        raise AlexaInvalidValueError("address", "an address with a first line")
    if not _COUNTRY.fullmatch(value.country):
        raise AlexaInvalidValueError("country", "two capital letters, such as US")
    return {"address": {theirs: getattr(value, ours) for ours, theirs in ADDRESS_KEYS.items()}}


class KeyManagement(StrEnum):
    """Security of a Wi-Fi network; the values are Amazon's names."""

    NONE = "NONE"
    WPA_PSK = "WPAPSK"
    WPA2_EAP = "WPA2_EAP"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWifi:
    """A Wi-Fi network without a password."""

    ssid: str
    key_management = KeyManagement.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class PskWifi:
    """A Wi-Fi network with a shared password; ``repr`` omits the password."""

    ssid: str
    password: str = field(repr=False)
    key_management = KeyManagement.WPA_PSK


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterpriseWifi:
    """A WPA2 Enterprise network with certificates (EAP-TLS).

    ``certificate_authority_id`` is the id of the authority at ``provider``. The certificates are those of the
    authentication server in PEM format.
    """

    ssid: str
    certificate_authority_id: str
    server_certificates: Sequence[str] = field(repr=False)
    provider: str = "ALEXA_ENTERPRISE"
    key_management = KeyManagement.WPA2_EAP


type Wifi = OpenWifi | PskWifi | EnterpriseWifi


def save_wifi(networks: Sequence[Wifi]) -> JsonObject:
    """Return the body that stores networks in the account's credential locker."""
    if not networks:
        raise AlexaInvalidValueError("networks", "at least one network")
    return {"wifiConfigurations": [_saved(network) for network in networks]}


def _saved(network: Wifi) -> JsonObject:
    known = wifi_name(network.ssid, network.key_management)
    if isinstance(network, PskWifi):
        return {**known, "credentialConfiguration": {"privateSharedKey": _quoted("password", network.password)}}
    if isinstance(network, EnterpriseWifi):
        if not network.certificate_authority_id or not network.server_certificates:
            raise AlexaInvalidValueError(
                "certificates", "the ID of a certificate authority and at least one server certificate"
            )
        return {
            **known,
            "credentialConfiguration": {
                "eapAuthenticationMethod": "EAP_TLS",
                "certificateAuthority": {"providerName": network.provider, "id": network.certificate_authority_id},
                "authenticationServerCertificates": list(network.server_certificates),
            },
        }
    return known


def wifi_name(ssid: str, key_management: KeyManagement) -> JsonObject:
    """Return the object that identifies a network."""
    return {"ssid": _quoted("ssid", ssid), "keyManagement": key_management.value}


def install_wifi(ssid: str, key_management: KeyManagement) -> JsonObject:
    """Return the body that installs one stored network on an endpoint."""
    return {"payload": {"wifiConfigurations": [wifi_name(ssid, key_management)]}}


def _quoted(what: str, value: str) -> str:
    """Return a text in double quotes, which are part of the value that Amazon expects."""
    if not value or any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in value):
        raise AlexaInvalidValueError(what, "a non-empty line of text without control characters")
    return f'"{value}"'


# --- notifications --------------------------------------------------------------------------


def announcement(
    *, endpoint_ids: Sequence[str], unit_ids: Sequence[str], texts_by_locale: Mapping[str, str]
) -> JsonObject:
    """Return the body of an announcement, which is spoken, and shown on screens.

    Raises ``AlexaInvalidValueError`` for an invalid value, and for endpoints together with units, because Amazon does
    not document that combination.
    """
    endpoints: list[JsonValue] = [{"type": "Endpoint", "id": endpoint_id(found)} for found in endpoint_ids]
    units: list[JsonValue] = [{"type": "Unit", "id": unit_id(found)} for found in unit_ids]
    recipients = endpoints + units
    if not 1 <= len(recipients) <= MOST_RECIPIENTS or (endpoints and units):
        raise AlexaInvalidValueError(
            "recipients", f"1 to {MOST_RECIPIENTS} Echos or 1 to {MOST_RECIPIENTS} units, but not both"
        )
    if not texts_by_locale or not all(
        _LOCALE.fullmatch(locale) and text.strip() for locale, text in texts_by_locale.items()
    ):
        raise AlexaInvalidValueError("message", "text that isn't blank, in a language such as en-US")
    values: list[JsonValue] = [{"locale": locale, "text": text} for locale, text in texts_by_locale.items()]
    content: JsonObject = {"variants": [{"type": "SpokenText", "values": values}]}
    return {
        "recipients": recipients,
        "notification": {"variants": [{"type": "Announcement", "content": content}]},
    }
