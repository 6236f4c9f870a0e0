"""The older API of the smart home: states and controls, Guard among them, and rooms."""

from collections.abc import Callable, Mapping
import json
from typing import Any

from alexa_sim import smart_home
from alexa_sim.http import Response, json_response
from alexa_sim.smart_home import ControlError

from . import Call, WebsiteApi, bad_request

type Json = dict[str, Any]

# Alexa's words for whites; each lamp has one kelvin for each.
WHITES: Mapping[str, int] = {
    "warm_white": 2200,
    "soft_white": 2700,
    "white": 4000,
    "daylight_white": 5400,
    "cool_white": 6500,
}

# Hue and saturation of some of Alexa's words for colours.
COLORS: Mapping[str, tuple[float, float]] = {
    "red": (0.0, 1.0),
    "crimson": (348.0, 0.91),
    "orange": (39.0, 1.0),
    "gold": (51.0, 1.0),
    "yellow": (60.0, 1.0),
    "lime": (120.0, 1.0),
    "green": (120.0, 1.0),
    "cyan": (180.0, 1.0),
    "turquoise": (174.0, 0.71),
    "blue": (240.0, 1.0),
    "purple": (300.0, 1.0),
    "magenta": (300.0, 1.0),
    "pink": (350.0, 0.25),
    "white": (0.0, 0.0),
}


def add_phoenix(api: WebsiteApi) -> None:
    """Add the endpoints."""
    api.add("POST", "/api/phoenix/state", _states)
    api.add("PUT", "/api/phoenix/state", _controls)
    api.add("GET", "/api/phoenix/group", _groups)


def _groups(call: Call) -> Response:
    """List rooms with the appliances in them."""
    rooms: dict[str, list[tuple[str, Json]]] = {}
    for entity_id, appliance in call.account["appliances"].items():
        if appliance["room"]:
            rooms.setdefault(appliance["room"], []).append((entity_id, appliance))
    groups = [
        {
            "name": name,
            "groupId": f"amzn1.alexa.endpointGroup.{smart_home.echo_entity_id(name)}",
            "type": "SPACE",
            "applianceIds": [appliance["applianceId"] for _, appliance in members],
            "chrEndpoints": [{"entityId": entity_id} for entity_id, _ in members],
            "dmsEndpoints": [],
        }
        for name, members in rooms.items()
    ]
    return json_response({"applianceGroups": groups})


def _states(call: Call) -> Response:
    """Answer each request with a state or an error."""
    states: list[Json] = []
    errors: list[Json] = []
    for entity in _requests(call, "stateRequests"):
        try:
            appliance = _reached(_find(call, entity))
        except ControlError as err:
            errors.append(_error(entity, err))
        else:
            name = {"entityId": entity["entityId"], "entityType": "APPLIANCE"}
            states.append({"entity": name, "capabilityStates": _capability_states(call, appliance), "error": None})
    return json_response({"deviceStates": states, "errors": errors})


def _controls(call: Call) -> Response:
    """Do each request that can be done; the others are told as errors, in a 200."""
    responses: list[Json] = []
    errors: list[Json] = []
    with call.state.change():
        for request in _requests(call, "controlRequests"):
            try:
                appliance = _find(call, request)
                parameters = request.get("parameters")
                _control(appliance, parameters if isinstance(parameters, Mapping) else {}, call.state.now())
            except ControlError as err:
                errors.append(_error(request, err))
            else:
                responses.append({"entityId": request["entityId"], "code": "SUCCESS", "data": None})
    return json_response({"controlResponses": responses, "errors": errors})


def _requests(call: Call, key: str) -> list[Mapping[str, Any]]:
    """Return the requests of a body; raises ``HttpError`` 400."""
    requests = call.body().get(key)
    if not isinstance(requests, list) or not all(isinstance(each, Mapping) for each in requests):
        raise bad_request(f"{key} is required")
    return requests


def _find(call: Call, request: Mapping[str, Any]) -> Json:
    """Return the appliance that a request names: an ENTITY by entity id, an APPLIANCE by appliance id."""
    wanted, kind = request.get("entityId"), request.get("entityType")
    for entity_id, appliance in call.account["appliances"].items():
        names = [entity_id] if kind == "ENTITY" else appliance["mergedApplianceIds"] or [appliance["applianceId"]]
        if wanted in names:
            found: Json = appliance
            return found
    raise ControlError("TargetApplianceNotFoundException")


def _reached(appliance: Json) -> Json:
    """Return the appliance if it can be reached; raises ``ControlError``."""
    if not appliance["reachable"]:
        raise ControlError("ENDPOINT_UNREACHABLE")
    return appliance


def _error(request: Mapping[str, Any], err: ControlError) -> Json:
    """Return one element of ``errors``."""
    entity = {"entityId": request.get("entityId"), "entityType": request.get("entityType")}
    return {"code": err.code, "data": None, "entity": entity, "message": None}


def _capability_states(call: Call, appliance: Json) -> list[str]:
    """Return the values of an appliance: strings of JSON."""
    found: list[Json] = []
    for key, feature in appliance["features"].items():
        name, instance = smart_home.split(key)
        found += [
            {
                "namespace": smart_home.INTERFACES[name],
                "name": property_name,
                **({"instance": instance} if instance else {}),
                "value": value,
                "timeOfSample": smart_home.timestamp(feature["sampled"]),
                "uncertaintyInMilliseconds": 0,
            }
            for property_name, value in smart_home.values_of(feature).items()
        ]
    if appliance["armState"] is not None:
        found.append(
            {
                "namespace": "Alexa.SecurityPanelController",
                "name": "armState",
                "value": appliance["armState"],
                "timeOfSample": smart_home.timestamp(call.state.now()),
                "uncertaintyInMilliseconds": 0,
            }
        )
    return [json.dumps(each) for each in found]


def _control(appliance: Json, parameters: Mapping[str, Any], now: float) -> None:
    """Do what an appliance is told; raises ``ControlError``."""
    action = parameters.get("action")
    if action not in _ACTIONS:
        raise ControlError("UNSUPPORTED_OPERATION")
    _ACTIONS[action](_reached(appliance), parameters, now)


def _as(key: str, operation: str, payload: Callable[[Mapping[str, Any]], Json]) -> Callable[..., None]:
    """Return an action that is an operation of a feature."""

    def act(appliance: Json, parameters: Mapping[str, Any], now: float) -> None:
        instance = parameters.get("instance")
        place = f"{key}.{instance}" if instance else key
        smart_home.control(appliance, place, operation, payload(parameters), now)

    return act


def _named(parameters: Mapping[str, Any], name: str, words: Mapping[str, Any]) -> Any:
    """Return what a word stands for; raises ``ControlError``."""
    word = parameters.get(name)
    if not isinstance(word, str) or word not in words:
        raise ControlError("INVALID_VALUE", f"{name} is not known")
    return words[word]


def _brightness(parameters: Mapping[str, Any]) -> Json:
    """Read a brightness, which comes as a text."""
    value = str(parameters.get("brightness"))
    if not value.isdecimal():
        raise ControlError("INVALID_VALUE", "brightness has to be a number")
    return {"brightness": int(value)}


def _color(parameters: Mapping[str, Any]) -> Json:
    """Read the name of a colour."""
    hue, saturation = _named(parameters, "colorName", COLORS)
    return {"color": {"hue": hue, "saturation": saturation, "brightness": 1.0}}


def _white(parameters: Mapping[str, Any]) -> Json:
    """Read the name of a white."""
    return {"colorTemperatureInKelvin": _named(parameters, "colorTemperatureName", WHITES)}


def _lock(appliance: Json, parameters: Mapping[str, Any], now: float) -> None:
    """Lock or unlock."""
    operation = _named(parameters, "targetLockState.value", {"LOCKED": "lock", "UNLOCKED": "unlock"})
    smart_home.control(appliance, "lock", operation, {}, now)


def _thermostat(appliance: Json) -> Json:
    """Return the feature; raises ``ControlError``."""
    feature: Json | None = appliance["features"].get("thermostat")
    if feature is None:
        raise ControlError("UNSUPPORTED_OPERATION")
    return feature


def _thermostat_mode(appliance: Json, parameters: Mapping[str, Any], now: float) -> None:
    """Set the mode of a thermostat."""
    feature = _thermostat(appliance)
    smart_home.set_thermostat_mode(feature, parameters.get("thermostatMode.value"))
    feature["sampled"] = now


def _target_temperature(appliance: Json, parameters: Mapping[str, Any], now: float) -> None:
    """Set the temperature to reach, or those to stay between."""
    feature = _thermostat(appliance)
    names = {"targetTemperature": "targetSetpoint"}
    if "targetTemperature.value" not in parameters:
        names = {"upperSetTemperature": "upperSetpoint", "lowerSetTemperature": "lowerSetpoint"}
    for given, name in names.items():
        smart_home.set_setpoint(feature, name, parameters.get(f"{given}.value"), parameters.get(f"{given}.scale"))
    feature["sampled"] = now


def _security_panel(appliance: Json, parameters: Mapping[str, Any], _now: float) -> None:
    """Arm Guard."""
    if appliance["armState"] is None:
        raise ControlError("UNSUPPORTED_OPERATION")
    if parameters.get("armState") not in ("ARMED_AWAY", "ARMED_STAY"):
        raise ControlError("INVALID_VALUE", "armState is not known")
    appliance["armState"] = parameters["armState"]


_ACTIONS: Mapping[Any, Callable[[Json, Mapping[str, Any], float], None]] = {
    "turnOn": _as("power", "turnOn", lambda _: {}),
    "turnOff": _as("power", "turnOff", lambda _: {}),
    "setBrightness": _as("brightness", "setBrightness", _brightness),
    "setColor": _as("color", "setColor", _color),
    "setColorTemperature": _as("colorTemperature", "setColorTemperature", _white),
    "setModeValue": _as("mode", "setMode", lambda given: {"mode": given.get("mode")}),
    "setRangeValue": _as("range", "setRangeValue", lambda given: {"rangeValue": given.get("rangeValue")}),
    "lockAction": _lock,
    "setThermostatMode": _thermostat_mode,
    "setTargetTemperature": _target_temperature,
    "controlSecurityPanel": _security_panel,
}
