"""Features: their present state, and commands that change it."""

from collections.abc import Callable, Mapping
from functools import partial
import math
from typing import Any

from alexa_sim.http import Response, json_response
from alexa_sim.state import Json

from .api import Api, Call, RefusalError, Route, empty
from .organization import Organization, reachable, timestamp

KELVIN_STEP = 500
"""Kelvins by which a lamp becomes warmer or colder per step."""

_OPERATIONS = {
    "brightness": ("setBrightness", "adjustBrightness"),
    "color": ("setColor",),
    "colorTemperature": ("setColorTemperature", "increaseColorTemperature", "decreaseColorTemperature"),
    "power": ("turnOn", "turnOff"),
    "speaker": ("setVolume", "adjustVolume"),
    "thermostat": ("setThermostatMode", "setTargetSetpoint", "adjustTargetSetpoint"),
}
_FEATURES = ("connectivity", "temperatureSensor", *_OPERATIONS)
_WITHOUT_BODY = ("turnOn", "turnOff", "increaseColorTemperature", "decreaseColorTemperature")
_WRAPPED = ("color", "temperature", "targetSetpoint", "lowerSetpoint", "upperSetpoint")
"""Properties whose value is an object; the values of all others are wrapped in one."""


def add_features(api: Api) -> None:
    """Add the operations that read and control features."""
    for feature in _FEATURES:
        missing = (403, "FORBIDDEN") if feature == "connectivity" else (404, "NOT_FOUND")
        api.add(
            "GET", f"/v2/endpoints/{{endpointId}}/features/{feature}", Route(partial(_read, feature), missing=missing)
        )
    for feature, operations in _OPERATIONS.items():
        absent = {"thermostat": ("ES", "JP"), "speaker": ()}.get(feature, ("ES",))
        for operation in operations:
            path = f"/v2/endpoints/{{endpointId}}/features/{feature}/{operation}"
            api.add("POST", path, Route(partial(_command, feature, operation), absent=absent))


def features_of(endpoint: Mapping[str, Any]) -> list[str]:
    """Return the names of an endpoint's features."""
    return ["connectivity", *endpoint["features"]]


def state_of(organization: Organization, endpoint_id: str, endpoint: Mapping[str, Any], feature: str) -> Json:
    """Return the state of a feature: its properties, operations and configuration."""
    now = timestamp(organization.now())
    if feature == "connectivity":
        value = {"value": "OK" if reachable(endpoint) else "UNREACHABLE"}
        return {"properties": [{"name": "reachability", "type": "RETRIEVABLE", "value": value, "timeOfSample": now}]}
    values = endpoint["features"][feature]
    state: Json = {
        "properties": [
            _property(endpoint, feature, name, value, now) for name, value in values.items() if name != "supportedModes"
        ]
    }
    operations = _OPERATIONS.get(feature, ())
    if operations:
        base = f"/v2/endpoints/{endpoint_id}/features/{feature}"
        offered = [
            name
            for name in operations
            if (name != "adjustTargetSetpoint" or "targetSetpoint" in values)
            and name not in endpoint["unsupportedOperations"]
        ]
        state["operations"] = [{"name": name, "path": f"{base}/{name}"} for name in offered]
    if feature == "thermostat":
        state["configuration"] = {"supportedModes": values["supportedModes"]}
    return state


def _property(endpoint: Mapping[str, Any], feature: str, name: str, value: Any, now: str) -> Json:
    """Return a property with its value, or with the reason why it has no value."""
    if feature in endpoint["notRetrievable"]:
        return {"name": name, "type": "NOT_RETRIEVABLE"}
    problem = endpoint["propertyErrors"].get(feature)
    if problem is None and not reachable(endpoint):
        problem = "DEVICE_UNREACHABLE" if feature == "speaker" else "ENDPOINT_UNREACHABLE"
    if problem is not None:
        # for a volume that cannot be read, the type of the error is RETRIEVABLE and its message the feature's name
        kind, message = ("RETRIEVABLE", name) if feature == "speaker" else ("ERROR", "The endpoint did not answer")
        return {"name": name, "type": kind, "error": {"type": problem, "message": message}}
    if name == "colorTemperatureInKelvin":
        value = str(value)
    shown = value if name in _WRAPPED else {"value": value}
    return {"name": name, "type": "RETRIEVABLE", "value": shown, "timeOfSample": now}


def _read(feature: str, call: Call) -> Response:
    """Return the state of a feature."""
    endpoint = call.endpoint()
    _check_feature(endpoint, feature)
    state = state_of(call.organization, call.endpoint_id, endpoint, feature)
    named = {"name": feature} if feature in ("temperatureSensor", "thermostat") else {}
    return json_response(named | state)


def _command(feature: str, operation: str, call: Call) -> Response:
    """Run a command; commands of a speaker are accepted without effect."""
    endpoint = call.writable()
    _check_feature(endpoint, feature)
    if operation in endpoint["unsupportedOperations"]:
        raise RefusalError(404, "NOT_FOUND", "The endpoint has no such operation")
    payload = {} if operation in _WITHOUT_BODY else call.body(operation)["payload"]
    if not reachable(endpoint):
        raise RefusalError(503, "ENDPOINT_UNREACHABLE", "The endpoint is not reachable")
    _COMMANDS[operation](endpoint["features"], payload)
    return empty(202 if feature == "speaker" else 200)


def _check_feature(endpoint: Mapping[str, Any], feature: str) -> None:
    """Raise ``RefusalError`` 404 if an endpoint lacks a feature."""
    if feature not in features_of(endpoint):
        raise RefusalError(404, "NOT_FOUND", "The endpoint has no such feature")


def _power(on: str, features: Json, _payload: Json) -> None:
    features["power"]["powerState"] = on


def _set_color(features: Json, payload: Json) -> None:
    """Set the color; its brightness becomes the brightness of the lamp."""
    color = {name: float(payload["color"][name]) for name in ("hue", "saturation", "brightness")}
    features["color"]["color"] = color
    if "brightness" in features:
        features["brightness"]["brightness"] = round(color["brightness"] * 100)


def _set_brightness(features: Json, payload: Json) -> None:
    _brighten(features, int(payload["brightness"]))


def _adjust_brightness(features: Json, payload: Json) -> None:
    _brighten(features, features["brightness"]["brightness"] + int(payload["brightnessDelta"]))


def _brighten(features: Json, percent: int) -> None:
    """Set the brightness (0–100), and that of the color if there is one."""
    features["brightness"]["brightness"] = percent = min(max(percent, 0), 100)
    if "color" in features:
        features["color"]["color"]["brightness"] = percent / 100


def _set_kelvin(features: Json, payload: Json) -> None:
    features["colorTemperature"]["colorTemperatureInKelvin"] = int(payload["colorTemperatureInKelvin"])


def _step_kelvin(step: int, features: Json, _payload: Json) -> None:
    kelvin = features["colorTemperature"]["colorTemperatureInKelvin"] + step
    features["colorTemperature"]["colorTemperatureInKelvin"] = min(max(kelvin, 1000), 10000)


def _set_volume(features: Json, payload: Json) -> None:
    features["speaker"]["volume"] = int(payload["volume"])


def _adjust_volume(features: Json, payload: Json) -> None:
    volume = features["speaker"]["volume"] + int(payload["volumeDelta"])
    features["speaker"]["volume"] = min(max(volume, 0), 100)


def _set_mode(features: Json, payload: Json) -> None:
    if payload["thermostatMode"] not in features["thermostat"]["supportedModes"]:
        raise RefusalError(400, "BAD_REQUEST", "The thermostat does not support this mode")
    features["thermostat"]["thermostatMode"] = payload["thermostatMode"]


def _set_setpoint(features: Json, payload: Json) -> None:
    """Set the single setpoint of a thermostat, or both."""
    thermostat = features["thermostat"]
    if not set(payload) <= set(thermostat):
        raise RefusalError(400, "BAD_REQUEST", "The thermostat has no such set point")
    changed = {name: _converted(given, thermostat[name]["scale"]) for name, given in payload.items()}
    if "lowerSetpoint" in changed and changed["lowerSetpoint"]["value"] >= changed["upperSetpoint"]["value"]:
        raise RefusalError(400, "BAD_REQUEST", "The lower set point has to be below the upper one")
    thermostat.update(changed)


def _adjust_setpoint(features: Json, payload: Json) -> None:
    """Change the setpoint of a thermostat that has only one."""
    setpoint = features["thermostat"].get("targetSetpoint")
    if setpoint is None:
        raise RefusalError(404, "NOT_FOUND", "The endpoint has no such operation")
    given = payload["targetSetpointDelta"]
    degrees = given["value"] * _DEGREE[given["scale"]] / _DEGREE[setpoint["scale"]]
    features["thermostat"]["targetSetpoint"] = _rounded(setpoint["value"] + degrees, setpoint["scale"])


_DEGREE = {"CELSIUS": 1.0, "KELVIN": 1.0, "FAHRENHEIT": 5 / 9}
"""Size of a degree in kelvins, by scale."""

_ZERO = {"CELSIUS": 273.15, "KELVIN": 0.0, "FAHRENHEIT": 459.67 * 5 / 9}
"""Zero of a scale in kelvins, by scale."""


def _converted(given: Json, scale: str) -> Json:
    """Return a temperature converted to another scale."""
    if given["scale"] == scale:
        return _rounded(given["value"], scale)
    kelvins = given["value"] * _DEGREE[given["scale"]] + _ZERO[given["scale"]]
    return _rounded((kelvins - _ZERO[scale]) / _DEGREE[scale], scale)


def _rounded(value: float, scale: str) -> Json:
    """Return a temperature rounded to 0.01 degrees; raises ``RefusalError`` 400 if it is not finite."""
    if not math.isfinite(value):
        raise RefusalError(400, "BAD_REQUEST", "The temperature is out of range")
    return {"value": round(float(value), 2), "scale": scale}


_COMMANDS: dict[str, Callable[[Json, Json], None]] = {
    "turnOn": partial(_power, "ON"),
    "turnOff": partial(_power, "OFF"),
    "setColor": _set_color,
    "setBrightness": _set_brightness,
    "adjustBrightness": _adjust_brightness,
    "setColorTemperature": _set_kelvin,
    "increaseColorTemperature": partial(_step_kelvin, KELVIN_STEP),
    "decreaseColorTemperature": partial(_step_kelvin, -KELVIN_STEP),
    "setVolume": _set_volume,
    "adjustVolume": _adjust_volume,
    "setThermostatMode": _set_mode,
    "setTargetSetpoint": _set_setpoint,
    "adjustTargetSetpoint": _adjust_setpoint,
}
