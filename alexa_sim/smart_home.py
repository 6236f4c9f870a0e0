"""The appliances behind an account: what they are, what they are set to, what they can be told, what is pushed.

An appliance has features by key: ``power``, or ``range.4`` where there are several of a
name. A feature holds its values under the names of its properties, its configuration
beside them, and ``sampled``, when its values were true.
"""

from collections.abc import Callable, Iterator, Mapping
import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

type Json = dict[str, Any]

GUARD_MODEL = "REDROCK_GUARD_PANEL"
ARM_STATES = ("ARMED_AWAY", "ARMED_STAY", "ARMED_NIGHT", "DISARMED")

# Type and field of each property in GraphQL; "value" means that the value is wrapped once more.
PROPERTIES: Mapping[str, tuple[str, str, bool]] = {
    "powerState": ("Power", "powerStateValue", False),
    "brightness": ("Brightness", "brightnessStateValue", False),
    "color": ("Color", "colorStateValue", False),
    "colorTemperatureInKelvin": ("ColorTemperature", "colorTemperatureInKelvinStateValue", False),
    "lockState": ("Lock", "lockState", False),
    "targetSetpoint": ("Setpoint", "value", False),
    "lowerSetpoint": ("Setpoint", "value", False),
    "upperSetpoint": ("Setpoint", "value", False),
    "thermostatMode": ("ThermostatMode", "thermostatModeValue", False),
    "temperature": ("TemperatureSensor", "value", False),
    "rangeValue": ("RangeValue", "rangeValue", True),
    "toggleState": ("ToggleState", "toggleStateValue", False),
    "mode": ("Mode", "modeValue", True),
    "illuminance": ("Illuminance", "illuminanceValue", True),
    "detectionState": ("DetectionState", "detectionStateValue", False),
}

# Interface of the Smart Home API of each feature, as phoenix and the capabilities of an appliance name it.
INTERFACES: Mapping[str, str] = {
    "power": "Alexa.PowerController",
    "brightness": "Alexa.BrightnessController",
    "color": "Alexa.ColorController",
    "colorTemperature": "Alexa.ColorTemperatureController",
    "lock": "Alexa.LockController",
    "thermostat": "Alexa.ThermostatController",
    "temperatureSensor": "Alexa.TemperatureSensor",
    "range": "Alexa.RangeController",
    "toggle": "Alexa.ToggleController",
    "mode": "Alexa.ModeController",
    "motionSensor": "Alexa.MotionSensor",
    "contactSensor": "Alexa.ContactSensor",
    "lightSensor": "Alexa.LightSensor",
}

_OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "power": ("turnOn", "turnOff"),
    "brightness": ("setBrightness",),
    "color": ("setColor",),
    "colorTemperature": ("setColorTemperature",),
    "lock": ("lock", "unlock"),
    "thermostat": ("setTargetSetpoint", "adjustTargetSetpoint", "setThermostatMode"),
    "range": ("setRangeValue",),
    "toggle": ("turnOn", "turnOff"),
    "mode": ("setMode",),
}

# What Amazon never pushes.
UNPUSHED = frozenset({"motionSensor", "lightSensor", "connectivity"})


class ControlError(Exception):
    """A control that is refused; ``code`` is the error's name."""

    def __init__(self, code: str, message: str | None = None) -> None:
        """Keep code and message."""
        super().__init__(message or code)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class FeatureFacts:
    """What of a feature is pushed when it changes."""

    endpoint_id: str
    values: str


def endpoint_id(entity_id: str) -> str:
    """Return GraphQL's id of an appliance."""
    return f"amzn1.alexa.endpoint.{entity_id}"


def echo_entity_id(serial: str) -> str:
    """Return the entity id of an Echo."""
    return str(uuid5(NAMESPACE_OID, serial))


def complete(entity_id: str, given: Mapping[str, Any], now: float) -> Json:
    """Return an appliance with everything that was not given."""
    full: Json = {
        "description": None,
        "manufacturer": "Amazon",
        "model": None,
        "softwareVersion": None,
        "serialNumber": None,
        "deviceType": None,
        "connectedVia": None,
        "customerDefinedDeviceType": "",
        "mergedApplianceIds": [],
        "capabilities": [],
        "room": None,
        "reachable": True,
        "phoenixOnly": False,
        "armState": None,
        "features": {},
        **copy.deepcopy(dict(given)),
    }
    skill = full["connectedVia"] is None and full["manufacturer"] != "Amazon"
    full.setdefault("applianceId", f"{'SKILL_' if skill else 'AAA_SonarCloudService_'}{entity_id}")
    full.setdefault(
        "driver", {"namespace": "SKILL" if skill else "AAA", "identifier": "" if skill else "SonarCloudService"}
    )
    full["features"] = complete_features(full["features"], now)
    return full


def complete_features(features: Mapping[str, Any], now: float) -> Json:
    """Return features with the time that their values were true."""
    return {key: {"sampled": now, **feature} for key, feature in features.items()}


def split(key: str) -> tuple[str, str | None]:
    """Return name and instance of a feature."""
    name, _, instance = key.partition(".")
    return name, instance or None


def values_of(feature: Mapping[str, Any]) -> Json:
    """Return the values of a feature by property."""
    return {name: feature[name] for name in PROPERTIES if name in feature}


def operations_of(key: str, feature: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a feature can be told; nothing where it is for reading alone."""
    return () if feature.get("readOnly") else _OPERATIONS.get(split(key)[0], ())


def facts(account: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], FeatureFacts]]:
    """Yield by entity id and key the features of an account's appliances and Echos that are pushed."""
    for entity_id, features in _all_features(account):
        for key, feature in features.items():
            yield (entity_id, key), FeatureFacts(endpoint_id(entity_id), repr(values_of(feature)))


def stamp(account: Mapping[str, Any], before: Mapping[tuple[str, str], FeatureFacts], now: float) -> None:
    """Set the time of the features that have changed since ``before``."""
    for entity_id, features in _all_features(account):
        for key, feature in features.items():
            old = before.get((entity_id, key))
            if old is not None and old.values != repr(values_of(feature)):
                feature["sampled"] = max(now, feature["sampled"])


def _all_features(account: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield entity id and features of all appliances and Echos."""
    for entity_id, appliance in account["appliances"].items():
        yield entity_id, appliance["features"]
    for serial, device in account["devices"].items():
        if device["features"]:
            yield echo_entity_id(serial), device["features"]


def feature_of(account: Mapping[str, Any], entity_id: str, key: str) -> Json | None:
    """Return a feature by entity id and key."""
    return next((features.get(key) for found, features in _all_features(account) if found == entity_id), None)


def graphql_feature(key: str, feature: Mapping[str, Any], *, reachable: bool = True) -> Json:
    """Return a feature as GraphQL has it; the values of what cannot be reached are missing, with an error."""
    name, instance = split(key)
    return {
        "name": name,
        "instance": instance,
        "operations": [{"name": operation} for operation in operations_of(key, feature)],
        "configuration": _configuration(name, feature),
        "properties": [
            _property(property_name, value, feature["sampled"], reachable=reachable)
            for property_name, value in values_of(feature).items()
        ],
    }


def _property(name: str, value: Any, sampled: float, *, reachable: bool) -> Json:
    """Return one property with its value."""
    typename, field, wrapped = PROPERTIES[name]
    error = None if reachable else {"type": "ENDPOINT_UNREACHABLE", "message": None}
    if value is not None and wrapped:
        value = {"value": value}
    return {
        "__typename": typename,
        "name": name,
        "type": "RETRIEVABLE",
        "accuracy": "HIGH",
        "error": error,
        field: value if reachable else None,
        "timeOfSample": timestamp(sampled),
        "timeOfLastChange": timestamp(sampled),
    }


def connectivity(*, reachable: bool, now: float) -> Json:
    """Return the feature that tells whether something is reached; it is asked for, never pushed."""
    return {
        "name": "connectivity",
        "instance": None,
        "operations": [],
        "configuration": None,
        "properties": [
            {
                "__typename": "Reachability",
                "name": "reachability",
                "type": "RETRIEVABLE",
                "accuracy": "HIGH",
                "error": None,
                "reachabilityStatusValue": "OK" if reachable else "UNREACHABLE",
                "timeOfSample": timestamp(now),
                "timeOfLastChange": timestamp(now),
            }
        ],
    }


def _configuration(name: str, feature: Mapping[str, Any]) -> Json | None:
    """Return the configuration of a range, a mode, a toggle or a thermostat."""
    friendly = text(feature.get("friendlyName"))
    match name:
        case "range":
            presets = [
                {"rangeValue": value, "presetResources": {"friendlyName": text(named)}}
                for named, value in feature.get("presets", {}).items()
            ]
            return {
                "__typename": "RangeConfiguration",
                "friendlyName": friendly,
                "supportedRange": feature["supportedRange"],
                "unitOfMeasure": text(feature.get("unitOfMeasure")),
                "presets": presets,
            }
        case "mode":
            options = [
                {"value": value, "modeResources": {"friendlyName": text(named)}}
                for value, named in feature["modes"].items()
            ]
            return {
                "__typename": "ModeConfiguration",
                "friendlyName": friendly,
                "order": None,
                "modeOptions": options,
            }
        case "toggle":
            return {"__typename": "ToggleConfiguration", "friendlyName": friendly}
        case "thermostat":
            return {"__typename": "ThermostatConfiguration", "supportedModes": feature["supportedModes"]}
        case _:
            return None


def text(value: str | None) -> Json | None:
    """Return a text as the schema wraps them."""
    return None if value is None else {"value": {"text": value}}


def timestamp(when: float) -> str:
    """Return a time of the clock as Amazon writes it."""
    return datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def update(entity_id: str, key: str, feature: Mapping[str, Any], now: float) -> Json:
    """Return the metadata of the rendering update that is pushed when a feature has changed."""
    shown = graphql_feature(key, feature)
    name = str(shown["name"])
    return {
        "metricName": f"Endpoint{name[0].upper()}{name[1:]}",
        "payload": {
            "data": {
                "__typename": "Endpoint",
                "features": [{part: shown[part] for part in ("name", "instance", "properties")}],
            },
            "entity": {"id": endpoint_id(entity_id)},
            "fragment": None,
        },
        "type": "UPDATE_ENTITY",
        "timestamp": round(now * 1000),
    }


# --- controls ---------------------------------------------------------------------------


def control(appliance: Json, key: str, operation: str, payload: Mapping[str, Any], now: float) -> None:
    """Do what a feature is told; raises ``ControlError``.

    A lamp with colours and whites keeps both values: the newer one is what it shows.
    """
    if not appliance["reachable"]:
        raise ControlError("ENDPOINT_UNREACHABLE", "The endpoint cannot be reached")
    feature = appliance["features"].get(key)
    if feature is None or operation not in operations_of(key, feature):
        raise ControlError("UNSUPPORTED_OPERATION", f"{operation} is not supported by {key}")
    setter = _SETTERS.get((split(key)[0], operation))
    if setter is None:
        raise ControlError("UNSUPPORTED_OPERATION", f"What {operation} takes is not known")
    setter(feature, payload)
    feature["sampled"] = now
    if key in ("brightness", "color", "colorTemperature") and "power" in appliance["features"]:
        appliance["features"]["power"]["powerState"] = "ON"


def _invalid(message: str) -> ControlError:
    """Return the refusal of a value."""
    return ControlError("INVALID_VALUE", message)


def number(payload: Mapping[str, Any], name: str, least: float, most: float) -> float:
    """Return a number in a range; raises ``ControlError``."""
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise _invalid(f"{name} has to be a number between {least:g} and {most:g}")
    return value


def _set(name: str, value: Any) -> Callable[[Json, Mapping[str, Any]], None]:
    """Return what sets a property to one value."""

    def setter(feature: Json, _payload: Mapping[str, Any]) -> None:
        feature[name] = value

    return setter


def _set_brightness(feature: Json, payload: Mapping[str, Any]) -> None:
    feature["brightness"] = round(number(payload, "brightness", 0, 100))


def _set_color(feature: Json, payload: Mapping[str, Any]) -> None:
    color = payload.get("color")
    if not isinstance(color, Mapping):
        raise _invalid("color is required")
    feature["color"] = {
        "hue": float(number(color, "hue", 0, 360)),
        "saturation": float(number(color, "saturation", 0, 1)),
        "brightness": float(number(color, "brightness", 0, 1)),
    }


def _set_color_temperature(feature: Json, payload: Mapping[str, Any]) -> None:
    feature["colorTemperatureInKelvin"] = round(number(payload, "colorTemperatureInKelvin", 1000, 10000))


def _set_range(feature: Json, payload: Mapping[str, Any]) -> None:
    limits = feature["supportedRange"]
    feature["rangeValue"] = number(payload, "rangeValue", limits["minimumValue"], limits["maximumValue"])


def _set_mode(feature: Json, payload: Mapping[str, Any]) -> None:
    if payload.get("mode") not in feature["modes"]:
        raise _invalid(f"mode has to be one of {', '.join(feature['modes'])}")
    feature["mode"] = payload["mode"]


def set_thermostat_mode(feature: Json, mode: Any) -> None:
    """Set the mode of a thermostat; raises ``ControlError``."""
    if mode not in feature["supportedModes"]:
        raise _invalid(f"thermostatMode has to be one of {', '.join(feature['supportedModes'])}")
    feature["thermostatMode"] = mode


def set_setpoint(feature: Json, name: str, value: Any, scale: Any) -> None:
    """Set a temperature to reach; raises ``ControlError``."""
    if name not in feature or scale not in ("CELSIUS", "FAHRENHEIT"):
        raise _invalid(f"{name} with that scale is not supported")
    feature[name] = {"value": number({"value": value}, "value", 0, 120), "scale": scale}


_SETTERS: Mapping[tuple[str, str], Callable[[Json, Mapping[str, Any]], None]] = {
    ("power", "turnOn"): _set("powerState", "ON"),
    ("power", "turnOff"): _set("powerState", "OFF"),
    ("toggle", "turnOn"): _set("toggleState", "ON"),
    ("toggle", "turnOff"): _set("toggleState", "OFF"),
    ("lock", "lock"): _set("lockState", "LOCKED"),
    ("lock", "unlock"): _set("lockState", "UNLOCKED"),
    ("brightness", "setBrightness"): _set_brightness,
    ("color", "setColor"): _set_color,
    ("colorTemperature", "setColorTemperature"): _set_color_temperature,
    ("range", "setRangeValue"): _set_range,
    ("mode", "setMode"): _set_mode,
}
