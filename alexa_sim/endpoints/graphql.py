"""GraphQL at ``alexa.<domain>/nexus/v1/graphql``; responses are computed from the household's state."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
import re
from typing import Any

from alexa_sim import device_groups, smart_home
from alexa_sim.graphql import GraphqlError, execute, read
from alexa_sim.http import HttpError, Response, json_response

from . import Call, WebsiteApi, bad_request
from .graphql_endpoints import do_not_disturb, endpoint, endpoints
from .graphql_history import air_quality_history, automation, automations

type Json = dict[str, Any]

_ABOUT = ("endpointId", "featureName", "instance", "featureOperationName", "payload")
_NOT_IN_NAMES = re.compile(r"[^\w\s'.]")
# Display categories by the word used for them in the id of a device type group.
_CLASSES = {"Light": "LIGHT", "Plug": "SMARTPLUG", "Switch": "SWITCH", "Lock": "SMARTLOCK", "Thermostat": "THERMOSTAT"}
_MODES = {"HOME": "Home", "AWAY": "Away", "NIGHT": "Night", "VACATION": "Vacation"}


def add_graphql(api: WebsiteApi) -> None:
    """Add the endpoint; queries need no csrf value, mutations do."""
    api.add("POST", "/nexus/v1/graphql", _graphql, csrf=False)


def _graphql(call: Call) -> Response:
    """Answer one operation, or a list of operations with a list."""
    data = call.request.json()
    if isinstance(data, list):
        return json_response([_operation(call, each) for each in data])
    return json_response(_operation(call, data))


def _operation(call: Call, operation: Any) -> Json:
    """Answer one operation; an unknown field is an error inside a 200."""
    query = operation.get("query") if isinstance(operation, dict) else None
    if not isinstance(query, str):
        raise bad_request("query is required")
    variables, name = operation.get("variables"), operation.get("operationName")
    name = name if isinstance(name, str) and name else None
    try:
        document = read(query)
        changes = document.is_mutation(name)
        if changes:
            _require_csrf(call)
        with call.state.change() if changes else nullcontext():
            return execute(document, _roots(call), variables if isinstance(variables, dict) else {}, name)
    except GraphqlError as err:
        return {"data": None, "errors": err.errors}


def _require_csrf(call: Call) -> None:
    """Raise ``HttpError`` 403 unless the csrf header repeats the cookie."""
    cookie = call.request.cookies.get("csrf")
    if not cookie or call.request.headers.get("csrf") != cookie:
        raise HttpError(403, {"message": "The csrf header does not match the csrf cookie"})


def _roots(call: Call) -> Mapping[str, Callable[..., Any]]:
    """Return the resolvers of root fields; other fields are null or an empty list."""
    found: dict[str, Callable[..., Any]] = {name: partial(resolve, call) for name, resolve in _RESOLVERS.items()}
    return found


# --- endpoints --------------------------------------------------------------------------


def _required(call: Call, endpoint_id: str) -> Json:
    """Return an endpoint by id; raises ``GraphqlError`` if it does not exist."""
    found = endpoint(call, endpoint_id)
    if found is None:
        raise GraphqlError("There is no such endpoint")
    return found


def _page(items: list[Any], params: Mapping[str, Any] | None) -> tuple[list[Any], Json]:
    """Return a page of a list and its page info; the whole list unless pages are requested."""
    given = params or {}
    total = len(items)
    if given.get("disablePagination", True):
        return items, {"totalCount": total, "nextToken": None}
    start = int(token) if str(token := given.get("nextToken") or "0").isdecimal() else 0
    end = start + max(1, given.get("pageSize") or 100)
    return items[start:end], {"totalCount": total, "nextToken": str(end) if end < total else None}


def _list_endpoints(call: Call, _info: Any, *, listEndpointsInput: Json) -> Json:  # noqa: N803 - the schema's names
    """Return all endpoints, or the requested ones."""
    given = listEndpointsInput
    ids = given.get("endpointIds")
    found = (
        list(endpoints(call))
        if ids is None
        else [each for wanted in ids if wanted and (each := endpoint(call, wanted))]
    )
    category = given.get("displayCategory") or given.get("allDisplayCategories")
    found = [
        each
        for each in found
        if (category is None or each["displayCategories"]["primary"]["value"] == category)
        and given.get("enablement") in (None, each["enablement"])
    ]
    page, info = _page(found, given.get("paginationParams"))
    return {"endpoints": page, "completeResult": True, "paginationInfo": info}


def _endpoints(call: Call, _info: Any, *, endpointsQueryParams: Json | None = None) -> Json:  # noqa: N803
    """Return the appliances, and Echos too if the household's devices are requested."""
    given = endpointsQueryParams or {}
    found = list(endpoints(call))
    for each in given.get("filters") or ():
        wanted = each["value"]
        found = [one for one in found if wanted in (one.get(each["key"]), one["displayCategories"]["primary"]["value"])]
    page, info = _page(found, given.get("paginationParams"))
    return {"items": page, "paginationInfo": info}


def _endpoint(call: Call, _info: Any, *, id: str) -> Json | None:  # noqa: A002 - the schema's name
    return endpoint(call, id)


def _device_type_group(call: Call, _info: Any, *, input: Json) -> Json | None:  # noqa: A002
    """Return all devices of a type, which is part of the id: ``amzn1.alexa.dtg.Light.…``."""
    word = next(iter(input["id"].removeprefix("amzn1.alexa.dtg.").split(".")), "")
    category = _CLASSES.get(word, word.upper())
    found = [each for each in endpoints(call) if each["displayCategories"]["primary"]["value"] == category]
    return {
        "id": input["id"],
        "friendlyName": f"All {word}s",
        "deviceGroupId": input["id"],
        "displayCategory": {"value": category, "isCustomerSpecified": False, "isDiscovered": True, "sources": []},
        "endpoints": found,
    }


# --- groups -----------------------------------------------------------------------------


def _group(call: Call, group_id: str, group: Mapping[str, Any], params: Json | None = None, depth: int = 0) -> Json:
    """Return a group with its members and the number of those that are on."""
    members = [found for each in group["members"] if (found := endpoint(call, each)) is not None]
    page, info = _page(members, params)
    groups = dict(device_groups.listing(call.account)) if group["children"] and depth < 3 else {}
    return {
        "id": group_id,
        "friendlyName": smart_home.text(group["name"]),
        "memberDevices": {"items": page, "paginationInfo": info},
        "childDeviceGroups": [
            _group(call, child, groups[child], params, depth + 1) for child in group["children"] if child in groups
        ],
        "powerState": _power_of(members),
        "speakerConfiguration": None,
    }


def _power_of(members: list[Json]) -> Json:
    """Return the number of members of a group that are on."""
    states = [
        held["powerStateValue"]
        for each in members
        for feature in each["features"]
        if feature["name"] == "power"
        for held in feature["properties"]
    ]
    on, off = states.count("ON"), states.count("OFF")
    overall = "UNSUPPORTED" if not on + off else "ON" if not off else "PARTIALLY_ON" if on else "OFF"
    return {
        "overallPowerState": overall,
        "devicesOnCount": on,
        "devicesOffCount": off,
        "devicesUnknownCount": len(states) - on - off,
    }


def _list_device_groups(call: Call, _info: Any, *, listDeviceGroupsInput: Json | None = None) -> Json:  # noqa: N803
    given = listDeviceGroupsInput or {}
    ids = given.get("deviceGroupIds")
    found = [
        _group(call, group_id, group, given.get("devicesPaginationParams"))
        for group_id, group in device_groups.listing(call.account)
        if ids is None or group_id in ids
    ]
    page, info = _page(found, given.get("groupsPaginationParams"))
    return {"deviceGroups": page, "completeResult": True, "paginationInfo": info}


def _create_group(call: Call, _info: Any, *, createDeviceGroupInput: Json) -> Json:  # noqa: N803
    given = createDeviceGroupInput
    if given.get("associatedUnitIds"):
        raise GraphqlError("associatedUnitIds is not supported")
    name = _checked_name(given["friendlyName"])
    group_id = device_groups.create(
        call.account, name, given.get("memberDeviceIds") or (), given.get("childDeviceGroupIds") or ()
    )
    return {"deviceGroup": _listed_group(call, group_id)}


def _update_group(call: Call, _info: Any, *, updateDeviceGroupInput: Json | None = None) -> Json:  # noqa: N803
    given = updateDeviceGroupInput or {}
    group_id = given.get("deviceGroupId", "")
    group = device_groups.held(call.account, group_id)
    if group is None:
        raise GraphqlError("There is no such group")
    if given.get("friendlyName"):
        device_groups.rename(call.account, group, _checked_name(given["friendlyName"]))
    if given.get("memberDeviceIds") is not None:
        operation = given.get("memberDeviceIdsUpdateOperation") or "REPLACE"
        device_groups.change_members(call.account, group, operation, given["memberDeviceIds"])
    if given.get("childDeviceGroupIds") is not None:
        operation = given.get("childDeviceGroupIdsUpdateOperation") or "REPLACE"
        device_groups.change_children(group, operation, given["childDeviceGroupIds"])
    return {"deviceGroup": _listed_group(call, group_id)}


def _delete_group(call: Call, _info: Any, *, deleteDeviceGroupInput: Json) -> Json:  # noqa: N803
    group_id = deleteDeviceGroupInput["deviceGroupId"]
    if not device_groups.delete(call.account, group_id):
        raise GraphqlError("There is no such group")
    return {"deviceGroupId": group_id}


def _listed_group(call: Call, group_id: str) -> Json:
    """Return a group by id; raises ``GraphqlError`` if it does not exist."""
    return _group(call, group_id, dict(device_groups.listing(call.account))[group_id])


def _checked_name(name: str) -> str:
    """Return a valid name; raises ``GraphqlError`` for a name with a hyphen."""
    if not name.strip() or _NOT_IN_NAMES.search(name):
        raise GraphqlError("The name contains characters that are not allowed")
    return name


# --- controls ---------------------------------------------------------------------------


def _set_features(call: Call, _info: Any, **arguments: Any) -> Json:
    """Run each valid request, and return errors for the others; both mutations have the same argument."""
    (given,) = arguments.values()
    responses: list[Json] = []
    failures: list[Json] = []
    for request in given["featureControlRequests"]:
        wanted = request.get("endpointId") or smart_home.endpoint_id(request.get("entityId") or "")
        about = {name: request.get(name) for name in _ABOUT} | {"endpointId": wanted}
        try:
            _control(call, request, smart_home.entity_id(wanted))
        except smart_home.ControlError as err:
            failures.append({**about, "code": err.code, "message": err.message})
        else:
            responses.append({**about, "code": "OK", "responsePayload": None})
    return {"featureControlResponses": responses, "errors": failures}


def _control(call: Call, request: Mapping[str, Any], entity_id: str) -> None:
    """Run one control request; raises ``ControlError``."""
    appliance = call.account["appliances"].get(entity_id)
    operation, name = request["featureOperationName"], request["featureName"]
    if appliance is None:
        raise smart_home.ControlError(smart_home.REFUSED, "There is no such endpoint")
    if appliance["phoenixOnly"] or appliance["enablement"] != "ENABLED":
        raise smart_home.ControlError(smart_home.REFUSED, f"{operation} is not supported")
    instance, payload = request.get("instance"), request.get("payload") or {}
    if not isinstance(payload, Mapping):
        raise smart_home.ControlError(smart_home.REFUSED, "payload has to be an object")
    smart_home.control(appliance, f"{name}.{instance}" if instance else name, operation, payload, call.state.now())


def _own(call: Call, endpoint_id: str) -> Json:
    """Return an appliance by endpoint id; raises ``GraphqlError``."""
    appliance: Json | None = call.account["appliances"].get(smart_home.entity_id(endpoint_id))
    if appliance is None:
        raise GraphqlError("There is no such endpoint")
    return appliance


def _rename(call: Call, _info: Any, *, input: Json) -> Json:  # noqa: A002
    name = _checked_name(input["friendlyName"])
    if (device := _device_of(call, input["endpointId"])) is not None:
        device["accountName"] = name
    else:
        _own(call, input["endpointId"])["name"] = name
    return {"endpoint": _required(call, input["endpointId"])}


def _enable(call: Call, _info: Any, *, input: Json) -> Json:  # noqa: A002
    appliance = call.account["appliances"].get(smart_home.entity_id(input["endpointId"]))
    if appliance is None:
        return {"endpoint": None, "error": {"__typename": "ResourceNotFound", "message": "There is no such endpoint"}}
    appliance["enablement"] = input["enablement"]
    return {"endpoint": _required(call, input["endpointId"]), "error": None}


def _categorize(call: Call, _info: Any, *, input: Json) -> Json:  # noqa: A002
    _own(call, input["endpointId"])["category"] = input["primaryDisplayCategory"]
    return {"endpoint": _required(call, input["endpointId"])}


def _forget(call: Call, _info: Any, **arguments: Any) -> Json:
    """Remove an appliance."""
    (given,) = arguments.values()
    _own(call, given["endpointId"])
    del call.account["appliances"][smart_home.entity_id(given["endpointId"])]
    return {"endpointId": given["endpointId"]}


def _quality_of_service(_call: Call, _info: Any, *, qualityOfServiceInput: Json) -> Json:  # noqa: N803
    return {"durationInSeconds": qualityOfServiceInput["configuration"].get("durationInSeconds") or 60, "errors": []}


def _subscribe(_call: Call, _info: Any, *, subscribeConfiguration: Json) -> Json:  # noqa: N803
    entities = [each["entityType"] for each in subscribeConfiguration.get("entities") or ()]
    return {
        "entities": entities,
        "errors": [],
        "durationInMinutes": subscribeConfiguration.get("durationInMinutes") or 5,
    }


# --- security and modes -----------------------------------------------------------------


def _arm(call: Call, _info: Any, *, input: Json) -> Json:  # noqa: A002
    return _panel(call, input, input["armState"])


def _disarm(call: Call, _info: Any, *, input: Json) -> Json:  # noqa: A002
    return _panel(call, input, "DISARMED")


def _panel(call: Call, given: Mapping[str, Any], state: str) -> Json:
    """Arm or disarm a security panel."""
    appliance = call.account["appliances"].get(smart_home.entity_id(given["endpointId"]))
    panel = smart_home.panel_of(appliance) if appliance is not None else None
    if appliance is None or panel is None:
        return _failed("ResourceNotFound", "There is no such panel")
    if not appliance["reachable"]:
        return _failed("EndpointUnreachable", "The panel cannot be reached")
    if state != "DISARMED" and panel.get("installerMode"):
        return _failed("NotReady", "The panel is in installer mode")
    # Guard's "home" is its disarmed state
    is_guard = panel is appliance
    if panel["armState"] == "ARMED_AWAY" and state not in ("ARMED_AWAY", "DISARMED") and not is_guard:
        return _failed("AuthorizationRequired", "The panel has to be disarmed first")
    if state == "DISARMED" and panel.get("pin") not in (None, given.get("pin")):
        return _failed("Unauthorized", "The code is wrong or missing")
    if state != "DISARMED" and panel.get("openSensors") and not given["bypassSensors"]:
        return _failed("BypassNeeded", "Sensors are open")
    panel["armState"] = state
    return {"isSuccess": True, "error": None}


def _failed(typename: str, message: str) -> Json:
    """Return the result of a failed operation on a lock."""
    return {"isSuccess": False, "error": {"__typename": typename, "message": message}}


def _disarm_with_pin(call: Call, _info: Any, *, input: Json) -> Json:  # noqa: A002 - the name in the schema
    appliance = call.account["appliances"].get(smart_home.entity_id(input["endpointId"]))
    panel = smart_home.panel_of(appliance) if appliance is not None else None
    if panel is not None and panel.get("pin") is None:
        return _with_pin(call, _info, input=input)
    return {"__typename": "DisarmWithPinResponse"} | _panel(call, input, "DISARMED")


def _with_pin(_call: Call, _info: Any, *, input: Json) -> Json:  # noqa: A002, ARG001
    """Refuse the request, because no lock of a household has a code."""
    return {"__typename": "DisarmWithPinResponse"} | _failed("DeviceCodeSetupRequired", "No code has been set up")


def _home_mode(call: Call, _info: Any, *, homeModeDetailsInput: Json) -> Json:  # noqa: ARG001, N803
    modes = [{"type": mode, "name": name, "displayType": "USER_ENABLED"} for mode, name in _MODES.items()]
    return {
        "modeDetails": {
            "groupId": None,
            "groupName": None,
            "modeList": modes,
            "currentModeState": call.account["homeMode"],
            "modeSettings": {"enabled": True, "scheduleEnabled": False, "scheduleNotificationsEnabled": False},
            "modeSchedules": [],
        }
    }


def _set_home_mode(call: Call, _info: Any, **arguments: Any) -> Json:
    (given,) = arguments.values()
    call.account["homeMode"] = given["newModeState"]["type"]
    return {"success": True, "error": None}


# --- settings ---------------------------------------------------------------------------


def _device_of(call: Call, endpoint_id: str) -> Json | None:
    """Return the Echo with an endpoint id, or None."""
    entity_id = smart_home.entity_id(endpoint_id)
    return next(
        (device for serial, device in call.devices("WHA") if smart_home.echo_entity_id(serial) == entity_id), None
    )


def _setting_of(call: Call, endpoint_id: str, name: str) -> Json:
    """Return a setting of an Echo, with an error if the setting does not exist."""
    device = _device_of(call, endpoint_id)
    if device is not None and name == "doNotDisturb":
        return do_not_disturb(endpoint_id, device)
    stored = {} if device is None else call.account["endpointSettings"].get(endpoint_id, {})
    value = stored.get(name)
    kind = {bool: "Toggle", dict: "Json", list: "Json"}.get(type(value), "String")
    return {
        "__typename": f"EndpointSetting{kind}",
        "id": f"{endpoint_id}.{name}",
        "endpointId": endpoint_id,
        "name": name,
        f"{kind.lower()}Value": value,
        "error": None if name in stored else {"type": "NOT_FOUND", "message": None},
    }


def _endpoint_setting(call: Call, _info: Any, *, input: Json) -> Json:  # noqa: A002
    return {"setting": _setting_of(call, input["endpointId"], input["settingName"])}


def _endpoint_settings(call: Call, _info: Any, *, input: Json) -> Json:  # noqa: A002
    return {"settings": [_setting_of(call, input["endpointId"], name) for name in input["settingNames"]]}


def _update_setting(call: Call, _info: Any, *, input: Json) -> Json:  # noqa: A002
    endpoint_id, name, value = input["endpointId"], input["settingName"], input["value"]
    device = _device_of(call, endpoint_id)
    if device is None:
        raise GraphqlError("There is no such endpoint")
    if name == "doNotDisturb":
        device["dnd"] = bool(value)
    else:
        call.account["endpointSettings"].setdefault(endpoint_id, {})[name] = value
    return {"setting": _setting_of(call, endpoint_id, name)}


def _preferences(call: Call, _info: Any, *, input: Json) -> Json:  # noqa: A002
    return {"items": [{"id": each, "preference": {}} for each in input["ids"] if endpoint(call, each)]}


# --- features that no household has -----------------------------------------------------


def _nothing(answer: Mapping[str, Any] | None) -> Callable[..., Any]:
    """Return a resolver with a constant answer."""

    def resolve(_call: Call, _info: Any, **_arguments: Any) -> Mapping[str, Any] | None:
        return answer

    return resolve


_NO_FAVORITES: Mapping[str, Any] = {"favorites": [], "paginationContext": None}

_RESOLVERS: Mapping[str, Callable[..., Any]] = {
    "endpoint": _endpoint,
    "endpoints": _endpoints,
    "listEndpoints": _list_endpoints,
    "deviceTypeGroup": _device_type_group,
    "listDeviceGroups": _list_device_groups,
    "endpointSetting": _endpoint_setting,
    "endpointSettings": _endpoint_settings,
    "endpointCustomerPreferences": _preferences,
    "automations": automations,
    "recommendedAutomations": _nothing({"automations": []}),
    "homeModeDetails": _home_mode,
    "airQualityHistory": air_quality_history,
    "presenceState": _nothing({"entities": []}),
    "momentsEvents": _nothing({"items": [], "eventMetadata": [], "nextToken": None}),
    "favorites": _nothing(_NO_FAVORITES),
    "possibleFavorites": _nothing(_NO_FAVORITES),
    "home": _nothing(None),
    "homes": _nothing({"items": [], "nextToken": None}),
    "premises": _nothing({"results": [], "paginationContext": None}),
    "habitTrackingStatus": _nothing({"habitTrackingEnabled": False}),
    "spectatorMode": _nothing({"spectator": None}),
    "setEndpointFeatures": _set_features,
    "setEndpointFeaturesV2": _set_features,
    "setEndpointFriendlyName": _rename,
    "setEndpointEnablement": _enable,
    "setEndpointPrimaryDisplayCategory": _categorize,
    "forgetEndpoint": _forget,
    "deregisterEndpoint": _forget,
    "createDeviceGroup": _create_group,
    "updateDeviceGroup": _update_group,
    "deleteDeviceGroup": _delete_group,
    "updateEndpointSettingToggle": _update_setting,
    "updateEndpointSettingString": _update_setting,
    "updateEndpointSettingJson": _update_setting,
    "armSecurityPanel": _arm,
    "disarmSecurityPanel": _disarm,
    "disarmWithPin": _disarm_with_pin,
    "unlockWithPin": _with_pin,
    "activateAutomation": automation,
    "deactivateAutomation": automation,
    "enableAutomation": automation,
    "disableAutomation": automation,
    "setHomeModeState": _set_home_mode,
    "setSecureHomeModeState": _set_home_mode,
    "requestEndpointQualityOfService": _quality_of_service,
    "subscribe": _subscribe,
    "unsubscribe": _nothing({"errors": []}),
}
