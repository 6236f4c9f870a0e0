"""Parsers for responses of the Smart Properties API."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ..json import listed, mapping, mappings, number, text, texts
from ..model.appliances import HueSaturation, PropertyName, Temperature, TemperatureScale
from ..model.property import PostalAddress
from .models import (
    AddressProblem,
    Connection,
    ConnectionType,
    DisplayCategory,
    Endpoint,
    Feature,
    MovedEndpoint,
    Page,
    Power,
    Property,
    PropertyType,
    PropertyUnit,
    PropertyValue,
    Reachability,
    ThermostatMode,
    WifiInstallation,
    WifiStatus,
)


class ShapeError(ValueError):
    """Error for a response that lacks a required value or has the wrong type. The message contains no user data."""


def integer(value: Any) -> int | None:
    """Return a whole number, else None; a text of digits is accepted because Amazon's samples contain it."""
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit() and len(value) < 16:
        return int(value)
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def instant(value: Any) -> datetime | None:
    """Return an ISO 8601 time as an aware UTC datetime, else None; a time without an offset is UTC."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except ValueError, OverflowError:
        return None


def plain(value: Any) -> str | None:
    """Return the text in Amazon's wrapper ``{"type": "PLAIN", "value": {"text": …}}``, or None."""
    return text(mapping(mapping(value).get("value")).get("text"))


def required[T](value: Any, key: str, read: Callable[[Any], T | None]) -> T:
    """Return a required value of an object, read with ``read``; raises ``ShapeError`` if ``read`` returns None."""
    found = read(mapping(value).get(key))
    if found is None:
        raise ShapeError(f"the answer has no {key}")
    return found


def a_list(value: Any) -> list[Any] | None:
    """Return a plausible list of objects, possibly empty; ``None`` for anything else."""
    return listed(value)


ENDPOINT_PREFIX = "amzn1.alexa.endpoint."


# --- lists ----------------------------------------------------------------------------------


def endpoint_page(data: Any) -> Page[Endpoint]:
    """Parse a page of endpoints; raises ``ShapeError`` if the list or the id of an endpoint is missing."""
    items = tuple(endpoint(item) for item in required(data, "results", a_list))
    return Page(items=items, next_token=next_token(data))


def unit_page(data: Any) -> Page[PropertyUnit]:
    """Parse a page of units; raises ``ShapeError`` if the list or the id of a unit is missing."""
    return Page(items=tuple(unit(item) for item in required(data, "results", a_list)), next_token=next_token(data))


def next_token(data: Any) -> str | None:
    """Return the token of the next page, ``None`` on the last page (no token, or an empty context)."""
    return text(mapping(mapping(data).get("paginationContext")).get("nextToken"))


def unit(data: Any) -> PropertyUnit:
    """Parse a unit; raises ``ShapeError`` if it has no id."""
    found = mapping(data)
    return PropertyUnit(
        id=required(found, "id", text),
        name=plain(found.get("name")),
        parent_id=text(found.get("parentId")),
        level=integer(found.get("level")),
    )


def endpoint(data: Any) -> Endpoint:
    """Parse an endpoint; raises ``ShapeError`` if it has no id."""
    found = mapping(data)
    categories = mapping(found.get("displayCategories"))
    primary = list(_categories([categories.get("primary")]))
    units = found.get("associatedUnits")
    return Endpoint(
        id=required(found, "id", text),
        name=plain(found.get("friendlyName")),
        manufacturer=plain(found.get("manufacturer")),
        model=plain(found.get("model")),
        serial_number=plain(found.get("serialNumber")),
        software_version=plain(found.get("softwareVersion")),
        connections=tuple(_connection(item) for item in mappings(found.get("connections"))),
        created=instant(found.get("creationTime")),
        features={item.name: item for item in _features(found.get("features"))},
        unit_ids=_ids(units) if isinstance(units, list) else None,
        operations=_operations(found.get("operations")),
        category=primary[0] if primary else None,
        categories=tuple(_categories(categories.get("all"))),
    )


def _ids(units: Any) -> tuple[str, ...]:
    return tuple(found for item in mappings(units) if (found := text(item.get("id"))))


def _connection(item: Mapping[str, Any]) -> Connection:
    raw = text(item.get("type"))
    return Connection(type=ConnectionType(raw or "UNKNOWN"), type_raw=raw, mac_address=text(item.get("macAddress")))


def _categories(items: Any) -> Iterator[DisplayCategory]:
    for item in mappings(items):
        if value := text(item.get("value")):
            yield DisplayCategory(value=value, sources=texts(item.get("sources")))


def _operations(items: Any) -> dict[str, str]:
    """Return the path of each operation by name."""
    return {
        name: path
        for item in mappings(items)
        if (name := text(item.get("name"))) and (path := text(item.get("path"))) is not None
    }


# --- features -------------------------------------------------------------------------------


def _features(items: Any) -> Iterator[Feature]:
    for item in mappings(items):
        if name := text(item.get("name")):
            yield _feature(name, item)


def feature(data: Any, name: str) -> Feature:
    """Parse the response about the feature with the given name; raises ``ShapeError`` if it lacks properties."""
    required(data, "properties", a_list)
    return _feature(name, data)


def _feature(name: str, item: Mapping[str, Any]) -> Feature:
    configuration = mapping(item.get("configuration"))
    return Feature(
        name=name,
        path=text(item.get("path")),
        properties={found.name: found for found in map(_property, mappings(item.get("properties"))) if found},
        operations=_operations(operations) if isinstance(operations := item.get("operations"), list) else None,
        supported_modes=tuple(ThermostatMode(mode) for mode in texts(configuration.get("supportedModes"))),
        configuration=configuration,
    )


def _property(item: Mapping[str, Any]) -> Property | None:
    """Parse a property; None without a name. A property with an error has no value, even if its type is RETRIEVABLE."""
    name = text(item.get("name"))
    if not name:
        return None
    raw_type = text(item.get("type"))
    failed = item.get("error")
    error = None
    if isinstance(failed, dict):
        named = failed.get("type")
        error = named if isinstance(named, str) else ""
    raw = item.get("value")
    read = _VALUES.get(name)
    return Property(
        name=name,
        type=PropertyType(raw_type or "UNKNOWN"),
        type_raw=raw_type or "",
        value=read(raw) if read is not None and error is None else None,
        raw=raw,
        sampled_at=instant(item.get("timeOfSample")),
        error=error,
    )


def _inner(raw: Any) -> Any:
    """Return the inner ``value``, or ``raw`` itself: Amazon's reference shows some properties without a wrapper."""
    return raw.get("value") if isinstance(raw, dict) else raw


def _percent(raw: Any) -> int | None:
    found = integer(_inner(raw))
    return found if found is not None and 0 <= found <= 100 else None


def _kelvin(raw: Any) -> int | None:
    found = integer(_inner(raw))
    return found if found is not None and found > 0 else None


def _color(raw: Any) -> HueSaturation | None:
    found = mapping(raw)
    hue, saturation, brightness = (number(found.get(name)) for name in ("hue", "saturation", "brightness"))
    if hue is None or saturation is None or brightness is None:
        return None
    if not (0 <= hue <= 360 and 0 <= saturation <= 1 and 0 <= brightness <= 1):
        return None
    return HueSaturation(hue, saturation, brightness)


def _temperature(raw: Any) -> Temperature | None:
    found = mapping(raw)
    value, scale = number(found.get("value")), text(found.get("scale"))
    if value is None or scale is None:
        return None
    known = TemperatureScale(scale)
    # a number in an unknown scale is meaningless
    return None if known is TemperatureScale.UNKNOWN else Temperature(value, known)


def _choice[E: (Reachability, Power, ThermostatMode)](kind: type[E]) -> Callable[[Any], E | None]:
    def read(raw: Any) -> E | None:
        found = text(_inner(raw))
        return None if found is None else kind(found)

    return read


_VALUES: Mapping[str, Callable[[Any], PropertyValue | None]] = {
    PropertyName.REACHABILITY: _choice(Reachability),
    PropertyName.COLOR: _color,
    PropertyName.BRIGHTNESS: _percent,
    PropertyName.COLOR_TEMPERATURE: _kelvin,
    PropertyName.POWER_STATE: _choice(Power),
    PropertyName.TEMPERATURE: _temperature,
    PropertyName.THERMOSTAT_MODE: _choice(ThermostatMode),
    PropertyName.TARGET_SETPOINT: _temperature,
    PropertyName.LOWER_SETPOINT: _temperature,
    PropertyName.UPPER_SETPOINT: _temperature,
    PropertyName.VOLUME: _percent,
}


# --- responses to single operations ---------------------------------------------------------


def moved_endpoint(data: Any) -> MovedEndpoint:
    """Parse the result of moving an endpoint; raises ``ShapeError`` if its id or the list of its units is missing."""
    found = mapping(mapping(data).get("endpoint"))
    return MovedEndpoint(id=required(found, "id", text), unit_ids=_ids(required(found, "associatedUnits", a_list)))


def submitted_operation(data: Any) -> str:
    """Return the operation id with which to read the state of an installation; raises ``ShapeError`` without one."""
    return required(data, "submittedOperationId", text)


def wifi_installation(data: Any) -> WifiInstallation:
    """Parse the state of an installation of a Wi-Fi network; raises ``ShapeError`` if it is missing."""
    raw = required(data, "status", text)
    return WifiInstallation(status=WifiStatus(raw), status_raw=raw)


def new_endpoint_id(data: Any) -> str | None:
    """Return the new id in a reference to a moved endpoint, or None; the form of the reference is not documented."""
    found = [data] if isinstance(data, str) else list(mapping(data).values())
    for value in found:
        if isinstance(value, str) and (start := value.find(ENDPOINT_PREFIX)) >= 0:
            return value[start:].split("/")[0].split("?")[0]
    return None


# --- addresses ------------------------------------------------------------------------------


def address_setting(data: Any) -> PostalAddress:
    """Parse an address, at the top level or under ``address``; raises ``ShapeError`` if there is none."""
    found = address(data)
    if found is None:
        raise ShapeError("the answer has no address")
    return found


def address(data: Any) -> PostalAddress | None:
    """Parse an address, or return None if all keys are missing; single missing keys become empty."""
    outer = mapping(data)
    found = mapping(outer["address"]) if "address" in outer else outer
    read = {ours: value for ours, theirs in ADDRESS_KEYS.items() if isinstance(value := found.get(theirs), str)}
    return PostalAddress(**{key: text(read.get(key)) or "" for key in ADDRESS_KEYS}) if read else None


ADDRESS_KEYS: Mapping[str, str] = {
    "line1": "addressLine1",
    "line2": "addressLine2",
    "line3": "addressLine3",
    "city": "city",
    "state": "stateOrRegion",
    "district": "districtOrCounty",
    "postal_code": "postalCode",
    "country": "countryCode",
}
"""Amazon's names for the parts of an address, by the names used here."""


def rejected_address(data: Any) -> tuple[tuple[PostalAddress, ...], tuple[AddressProblem, ...]] | None:
    """Return the suggestions and problems of a rejected address; ``None`` if the response is about something else.

    All codes are kept unchanged. The prefixes ELEMENT_ and FIELD_ of ``code`` are equivalent.
    """
    outer = mapping(data)
    if not ("addressSuggestions" in outer or "addressErrors" in outer):
        return None
    suggestions = tuple(found for item in mappings(outer.get("addressSuggestions")) if (found := address(item)))
    problems = tuple(
        AddressProblem(
            code=text(item.get("code")), sub_code=text(item.get("subCode")), element=text(item.get("element"))
        )
        for item in mappings(outer.get("addressErrors"))
    )
    return suggestions, problems
