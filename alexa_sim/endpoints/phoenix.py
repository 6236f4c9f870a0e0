"""The older smart home API (phoenix): states, controls, Guard and rooms."""

from collections.abc import Callable, Mapping
import json
from typing import Any

from alexa_sim import device_groups, smart_home
from alexa_sim.colors import COLORS, WHITES
from alexa_sim.http import HttpError, Response, json_response
from alexa_sim.smart_home import ControlError

from . import Call, WebsiteApi, bad_request

type Json = dict[str, Any]


def add_phoenix(api: WebsiteApi) -> None:
    """Add the endpoints of the older smart home API."""
    # a read, despite its method
    api.add("POST", "/api/phoenix/state", _states, csrf=False)
    api.add("PUT", "/api/phoenix/state", _controls)
    api.add("GET", "/api/phoenix/group", _groups)
    api.add("POST", "/api/phoenix/discovery", _discover)
    api.add("PUT", "/api/phoenix/v2/appliance/{appliance}/enablement", _enable)
    api.add("PUT", "/api/phoenix/appliance/{appliance}", _rename)
    api.add("DELETE", "/api/phoenix/appliance/{appliance}", _remove)


def _discover(_call: Call) -> Response:
    """Accept a search for new appliances; a household's appliances are always visible."""
    return json_response({})


def _named_appliance(call: Call) -> tuple[str, Json]:
    """Return entity id and appliance for either id in the path; raises ``HttpError`` 404."""
    wanted = call.request.params["appliance"]
    for entity_id, appliance in call.account["appliances"].items():
        if wanted in (entity_id, appliance["applianceId"]):
            return entity_id, appliance
    raise HttpError(404, {"message": "There is no such appliance"})


def _enable(call: Call) -> Response:
    """Enable or disable an appliance in Alexa."""
    _, appliance = _named_appliance(call)
    body = call.body()
    given = body.get("enabled", body.get("isEnabled", body.get("enablement")))
    if given not in (True, False, "ENABLED", "DISABLED_BY_CUSTOMER"):
        raise bad_request("enabled is required")
    appliance["enablement"] = "ENABLED" if given in (True, "ENABLED") else "DISABLED_BY_CUSTOMER"
    return json_response({})


def _rename(call: Call) -> Response:
    """Rename an appliance."""
    _, appliance = _named_appliance(call)
    name = call.body().get("friendlyName")
    if not isinstance(name, str) or not name.strip():
        raise bad_request("friendlyName is required")
    appliance["name"] = name
    return json_response({})


def _remove(call: Call) -> Response:
    """Remove an appliance."""
    entity_id, _ = _named_appliance(call)
    del call.account["appliances"][entity_id]
    return json_response({})


def _groups(call: Call) -> Response:
    """Return the rooms with their appliances."""
    appliances = call.account["appliances"]
    groups: list[Json] = []
    for group_id, group in device_groups.listing(call.account):
        members = [smart_home.entity_id(each) for each in group["members"]]
        members = [each for each in members if each in appliances]
        groups.append(
            {
                "name": group["name"],
                "groupId": group_id,
                "type": "SPACE",
                "applianceIds": [appliances[each]["applianceId"] for each in members],
                "chrEndpoints": [{"entityId": each} for each in members],
                "dmsEndpoints": [],
            }
        )
    return json_response({"applianceGroups": groups})


def _states(call: Call) -> Response:
    """Return a state or an error for each request."""
    states: list[Json] = []
    errors: list[Json] = []
    for entity in _requests(call, "stateRequests"):
        try:
            appliance = _reached(_echo(call, entity) or _found(call, entity)[0])
        except ControlError as err:
            errors.append(_error(entity, err))
        else:
            name = {"entityId": entity["entityId"], "entityType": "APPLIANCE"}
            states.append({"entity": name, "capabilityStates": _capability_states(call, appliance), "error": None})
    return json_response({"deviceStates": states, "errors": errors})


def _controls(call: Call) -> Response:
    """Run each valid request; report the others as errors in a 200."""
    responses: list[Json] = []
    errors: list[Json] = []
    with call.state.change():
        for request in _requests(call, "controlRequests"):
            try:
                given = request.get("parameters")
                parameters = given if isinstance(given, Mapping) else {}
                found = _found(call, request)
                failed = [error for each in found if (error := _tried(each, parameters, call.state.now()))]
                if failed:
                    partly = len(failed) < len(found)
                    raise ControlError("GROUP_CONTROL_PARTIALLY_SUCCESSFUL") if partly else failed[0]
            except ControlError as err:
                errors.append(_error(request, err))
            else:
                responses.append({"entityId": request["entityId"], "code": "SUCCESS", "data": None})
    return json_response({"controlResponses": responses, "errors": errors})


def _requests(call: Call, key: str) -> list[Mapping[str, Any]]:
    """Return the requests in a body; raises ``HttpError`` 400."""
    requests = call.body().get(key)
    if not isinstance(requests, list) or not all(isinstance(each, Mapping) for each in requests):
        raise bad_request(f"{key} is required")
    return requests


def _found(call: Call, request: Mapping[str, Any]) -> list[Json]:
    """Return the appliances for a request; raises ``ControlError``.

    An ENTITY is given by entity id, and an APPLIANCE by appliance id or entity id. A GROUP is replaced by its members.
    """
    wanted, kind = request.get("entityId"), request.get("entityType")
    appliances = call.account["appliances"]
    found: list[Json] = []
    if kind == "GROUP":
        members = dict(device_groups.listing(call.account)).get(str(wanted), {}).get("members", ())
        found = [appliances[each] for member in members if (each := smart_home.entity_id(member)) in appliances]
    for entity_id, appliance in appliances.items():
        names = {"ENTITY": [entity_id]}.get(
            str(kind), [*(appliance["mergedApplianceIds"] or [appliance["applianceId"]]), entity_id]
        )
        if kind != "GROUP" and wanted in names:
            found.append(appliance)
    if not found:
        raise ControlError("TargetApplianceNotFoundException")
    return found


def _echo(call: Call, request: Mapping[str, Any]) -> Json | None:
    """Return an Echo as an appliance by appliance id or entity id, or None."""
    for serial, device in call.devices("WHA"):
        entity_id = smart_home.echo_entity_id(serial)
        if request.get("entityId") in (entity_id, f"AAA_SonarCloudService_{entity_id}"):
            return {"reachable": device["online"], "features": device["features"], "armState": None}
    return None


def _tried(appliance: Json, parameters: Mapping[str, Any], now: float) -> ControlError | None:
    """Control an appliance; return the error, or None."""
    try:
        _control(appliance, parameters, now)
    except ControlError as err:
        return err
    return None


def _reached(appliance: Json) -> Json:
    """Return the appliance if it is reachable; raises ``ControlError``."""
    if not appliance["reachable"]:
        raise ControlError("ENDPOINT_UNREACHABLE")
    return appliance


def _error(request: Mapping[str, Any], err: ControlError) -> Json:
    """Return one element of ``errors``."""
    entity = {"entityId": request.get("entityId"), "entityType": request.get("entityType")}
    return {"code": err.code, "data": None, "entity": entity, "message": None}


def _capability_states(call: Call, appliance: Json) -> list[str]:
    """Return the property values of an appliance, each as JSON in a string."""
    found: list[Json] = []
    for key, feature in appliance["features"].items():
        name, instance = smart_home.split(key)
        found += [
            {
                "namespace": smart_home.interface(name),
                "name": property_name,
                **({"instance": instance} if instance else {}),
                "value": value,
                "timeOfSample": smart_home.timestamp(feature["sampled"]),
                "uncertaintyInMilliseconds": 0,
            }
            for property_name, value in smart_home.values_of(key, feature).items()
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
    """Run a control of an appliance; raises ``ControlError``."""
    action = parameters.get("action")
    if action not in _ACTIONS:
        raise ControlError("UNSUPPORTED_OPERATION")
    _ACTIONS[action](_reached(appliance), parameters, now)


def _as(key: str, operation: str, payload: Callable[[Mapping[str, Any]], Json]) -> Callable[..., None]:
    """Return an action that runs an operation of a feature."""

    def act(appliance: Json, parameters: Mapping[str, Any], now: float) -> None:
        instance = parameters.get("instance")
        place = f"{key}.{instance}" if instance else key
        smart_home.control(appliance, place, operation, payload(parameters), now)

    return act


def _named(parameters: Mapping[str, Any], name: str, words: Mapping[str, Any]) -> Any:
    """Return the value for a name; raises ``ControlError``."""
    word = parameters.get(name)
    if not isinstance(word, str) or word not in words:
        raise ControlError("INVALID_VALUE", f"{name} is not known")
    return words[word]


def _brightness(parameters: Mapping[str, Any]) -> Json:
    """Parse a brightness, which is text with or without decimals."""
    return _number(parameters, "brightness")


def _number(parameters: Mapping[str, Any], name: str) -> Json:
    """Parse a number, which may be text."""
    try:
        return {name: float(str(parameters.get(name)))}
    except ValueError:
        raise ControlError("INVALID_VALUE", f"{name} has to be a number") from None


def _color(parameters: Mapping[str, Any]) -> Json:
    """Parse a color name."""
    hue, saturation = _named(parameters, "colorName", COLORS)
    return {"color": {"hue": hue, "saturation": saturation, "brightness": 1.0}}


def _white(parameters: Mapping[str, Any]) -> Json:
    """Parse the name of a white."""
    return {"colorTemperatureInKelvin": _named(parameters, "colorTemperatureName", WHITES)}


def _lock(appliance: Json, parameters: Mapping[str, Any], now: float) -> None:
    """Lock or unlock."""
    operation = _named(parameters, "targetLockState.value", {"LOCKED": "lock", "UNLOCKED": "unlock"})
    smart_home.control(appliance, "lock", operation, {}, now)


def _thermostat(appliance: Json) -> Json:
    """Return the thermostat feature; raises ``ControlError``."""
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
    """Set the target temperature, or the lower and upper one."""
    feature = _thermostat(appliance)
    names = {"targetTemperature": "targetSetpoint"}
    if "targetTemperature.value" not in parameters:
        names = {"upperSetTemperature": "upperSetpoint", "lowerSetTemperature": "lowerSetpoint"}
    for given, name in names.items():
        smart_home.set_setpoint(feature, name, parameters.get(f"{given}.value"), parameters.get(f"{given}.scale"))
    feature["sampled"] = now


def _scene(appliance: Json, _parameters: Mapping[str, Any], now: float) -> None:
    """Activate a scene."""
    if appliance["category"] not in smart_home.SCENES:
        raise ControlError("UNSUPPORTED_OPERATION")
    appliance["activated"] = now


def _security_panel(appliance: Json, parameters: Mapping[str, Any], _now: float) -> None:
    """Arm Guard."""
    panel = smart_home.panel_of(appliance)
    if panel is None:
        raise ControlError("UNSUPPORTED_OPERATION")
    if parameters.get("armState") not in ("ARMED_AWAY", "ARMED_STAY"):
        raise ControlError("INVALID_VALUE", "armState is not known")
    panel["armState"] = parameters["armState"]


_ACTIONS: Mapping[Any, Callable[[Json, Mapping[str, Any], float], None]] = {
    "turnOn": _as("power", "turnOn", lambda _: {}),
    "turnOff": _as("power", "turnOff", lambda _: {}),
    "setBrightness": _as("brightness", "setBrightness", _brightness),
    "setPercentage": _as("percentage", "setPercentage", lambda given: _number(given, "percentage")),
    "setColor": _as("color", "setColor", _color),
    "setColorTemperature": _as("colorTemperature", "setColorTemperature", _white),
    "setModeValue": _as("mode", "setMode", lambda given: {"mode": given.get("mode")}),
    "setRangeValue": _as("range", "setRangeValue", lambda given: {"rangeValue": given.get("rangeValue")}),
    "lockAction": _lock,
    "setThermostatMode": _thermostat_mode,
    "setTargetTemperature": _target_temperature,
    "sceneActivate": _scene,
    "controlSecurityPanel": _security_panel,
}
