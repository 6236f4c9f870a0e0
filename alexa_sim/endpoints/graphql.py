"""GraphQL at ``alexa.<domain>/nexus/v1/graphql``: Echos and appliances as endpoints with features."""

from collections.abc import Iterator, Mapping
from typing import Any

from alexa_sim import smart_home
from alexa_sim.graphql import GraphqlError, Schema, execute, parse
from alexa_sim.http import HttpError, Response, json_response

from . import Call, WebsiteApi, bad_request

_MODELS = {
    "A10A33FOX2NUBK": "Echo Spot (1st Generation)",
    "A1EIANJ7PNB0Q7": "Echo Show 15 (1st Generation)",
    "A3RBAYBE7VM004": "Echo Studio",
    "A3S5BH2HU6VAYF": "Echo Dot (2nd Generation)",
    "A4ZXE0RM7LQ7A": "Echo Dot (5th Generation)",
    "A7WXQPH584YP": "Echo (2nd Generation)",
}

_CONTROL_FIELDS = ("endpointId", "featureName", "instance", "featureOperationName")
_LEGACY_FIELDS = (
    *("applianceId", "applianceTypes", "friendlyName", "friendlyDescription", "manufacturerName", "connectedVia"),
    *("modelName", "entityId", "aliases", "capabilities", "customerDefinedDeviceType", "alexaDeviceIdentifierList"),
    *("driverIdentity", "mergedApplianceIds"),
)
_TEXT = {"value": "TextValue"}
_TEMPERATURES = {"heating": "Limits", "cooling": "Limits"}
_TIMES: dict[str, str | None] = {"timeOfSample": None, "timeOfLastChange": None}
_ANY_PROPERTY: dict[str, str | None] = {
    "name": None,
    "type": None,
    "accuracy": None,
    "error": "PropertyError",
    **_TIMES,
}
_WRAPPED: dict[str, str | None] = {"value": None}


def _property(**fields: str | None) -> dict[str, str | None]:
    """Return a type of properties: what all have, and its own fields."""
    return {**_ANY_PROPERTY, **fields}


# As far as clients ask for it; a type or field that is not here fails the query, as it would at Amazon.
SCHEMA: Schema = {
    "Query": {"listEndpoints": "ListEndpointsResponse", "endpoints": "EndpointItems"},
    "Mutation": {"setEndpointFeatures": "SetEndpointFeaturesResponse"},
    "ListEndpointsResponse": {"endpoints": "Endpoint"},
    "EndpointItems": {"items": "Endpoint"},
    "Endpoint": {
        "id": None,
        "friendlyNameObject": "Text",
        "manufacturer": "Text",
        "model": "Text",
        "serialNumber": "Text",
        "softwareVersion": "Text",
        "creationTime": None,
        "enablement": None,
        "displayCategories": "DisplayCategories",
        "alexaEnabledMetadata": "AlexaEnabledMetadata",
        "legacyIdentifiers": "LegacyIdentifiers",
        "legacyAppliance": "LegacyAppliance",
        "features": "Feature",
    },
    "Text": _TEXT,
    "TextValue": {"text": None},
    "DisplayCategories": {"all": "Wrapped", "primary": "Wrapped"},
    "Wrapped": _WRAPPED,
    "AlexaEnabledMetadata": {"iconId": None, "isVisible": None, "category": None, "capabilities": None},
    "LegacyIdentifiers": {"dmsIdentifier": "DmsIdentifier", "chrsIdentifier": "ChrsIdentifier"},
    "DmsIdentifier": {"deviceType": "Text", "deviceSerialNumber": "Text"},
    "ChrsIdentifier": {"entityId": None},
    "LegacyAppliance": dict.fromkeys(_LEGACY_FIELDS),
    "Feature": {
        "name": None,
        "instance": None,
        "properties": "Property",
        "operations": "Operation",
        "configuration": "Configuration",
    },
    "Operation": {"name": None},
    "Property": {"name": None, "type": None, "accuracy": None, "error": "PropertyError"},
    "PropertyError": {"type": None, "message": None},
    "Temperature": {"value": None, "scale": None},
    "HueSaturationBrightness": {"hue": None, "saturation": None, "brightness": None},
    "Power": _property(powerStateValue=None),
    "Brightness": _property(brightnessStateValue=None),
    "Color": _property(colorStateValue="HueSaturationBrightness"),
    "ColorTemperature": _property(colorTemperatureInKelvinStateValue=None),
    "Lock": _property(lockState=None),
    "Setpoint": _property(value="Temperature", deviceNativeScaleValue=None),
    "ThermostatMode": _property(thermostatModeValue=None),
    "TemperatureSensor": _property(value="Temperature"),
    "RangeValue": _property(rangeValue="Wrapped"),
    "ToggleState": _property(toggleStateValue=None),
    "Mode": _property(modeValue="Wrapped"),
    "Illuminance": _property(illuminanceValue="Wrapped"),
    "DetectionState": _property(detectionStateValue=None),
    "DetectionSensitivity": _property(detectionSensitivityValue=None),
    "DetectionRange": _property(detectionRangeValue=None),
    "DetectionTechnology": _property(detectionTechnologyValue=None),
    "EnablementState": _property(enablementStateValue=None),
    "Reachability": _property(reachabilityStatusValue=None),
    "ThermostatScheduleScheduleEnabled": _property(thermostatScheduleScheduleEnabledValue="Wrapped"),
    "ThermostatScheduleAdaptiveRecoveryEnabled": _property(thermostatScheduleAdaptiveRecoveryEnabledValue="Wrapped"),
    "ThermostatScheduleLastActivityType": _property(thermostatScheduleLastActivityTypeValue="Wrapped"),
    "AdaptiveRecoveryStatus": _property(adaptiveRecoveryStatusValue="Wrapped"),
    "ThermostatConfigurationSetupState": _property(thermostatSetupStateValue="Wrapped"),
    "ThermostatConfigurationTemperatureScale": _property(thermostatTemperatureScaleValue="Wrapped"),
    "ThermostatConfigurationAllowedTemperatureRange": _property(
        thermostatAllowedTemperatureRangeValue="HeatingAndCooling"
    ),
    "HeatingAndCooling": _TEMPERATURES,
    "Lockout": {**_TEMPERATURES, "increment": "Temperature"},
    "Limits": {"minimum": "Temperature", "maximum": "Temperature"},
    "Configuration": {},
    "ModeConfiguration": {"friendlyName": "Text", "order": None, "modeOptions": "ModeOption"},
    "ModeOption": {"value": None, "modeResources": "Resources"},
    "Resources": {"friendlyName": "Text"},
    "RangeConfiguration": {
        "friendlyName": "Text",
        "supportedRange": "SupportedRange",
        "unitOfMeasure": "Text",
        "presets": "Preset",
    },
    "SupportedRange": {"minimumValue": None, "maximumValue": None, "precision": None},
    "Preset": {"rangeValue": None, "presetResources": "Resources"},
    "ThermostatConfiguration": {"supportedModes": None},
    "ThermostatConfigurationConfiguration": {
        "supportedResetStates": "Wrapped",
        "componentConfigurationConstraints": "ComponentConstraints",
        "requiredSetupInformation": None,
        "supportedTemperatureScales": None,
        "safetyTemperatures": "HeatingAndCooling",
        "minimumSetpointDifferential": "Temperature",
    },
    "ComponentConstraints": {
        "supportedTerminals": "Terminal",
        "maximumStages": "Stages",
        "supportedSwitchOverTypes": None,
        "lockoutTemperature": "Lockout",
    },
    "Terminal": {"name": None, "purpose": None},
    "Stages": {"heating": None, "cooling": None, "combined": None},
    "ThermostatScheduleConfiguration": {
        "supportedFanModes": None,
        "supportsAdaptiveRecovery": None,
        "maxEntryPerDay": None,
    },
    "ToggleConfiguration": {"friendlyName": "Text"},
    "GenericConfiguration": {"genericValue": None},
    "SetEndpointFeaturesResponse": {"featureControlResponses": "ControlResponse", "errors": "ControlFailure"},
    "ControlResponse": dict.fromkeys((*_CONTROL_FIELDS, "code")),
    "ControlFailure": dict.fromkeys((*_CONTROL_FIELDS, "code", "message")),
}


def add_graphql(api: WebsiteApi) -> None:
    """Add the endpoint; questions are taken without csrf, commands are not."""
    api.add("POST", "/nexus/v1/graphql", _graphql, csrf=False)


def _graphql(call: Call) -> Response:
    """Answer one operation, or a list of them by a list."""
    data = call.request.json()
    if isinstance(data, list):
        return json_response([_operation(call, each) for each in data])
    return json_response(_operation(call, data))


def _operation(call: Call, operation: Any) -> dict[str, Any]:
    """Answer one operation; what there is not is told as an error inside a 200."""
    query = operation.get("query") if isinstance(operation, dict) else None
    if not isinstance(query, str):
        raise bad_request("query is required")
    variables = operation.get("variables") or {}
    try:
        document = parse(query, variables if isinstance(variables, dict) else {})
        if document.operation == "mutation":
            _require_csrf(call)
        return {
            "data": execute(
                document,
                SCHEMA,
                {
                    "listEndpoints": lambda arguments: _list_endpoints(call, arguments),
                    "endpoints": lambda _arguments: {"items": list(_appliances(call))},
                    "setEndpointFeatures": lambda arguments: _set_features(call, arguments),
                },
            )
        }
    except GraphqlError as err:
        return {"data": None, "errors": [{"message": str(err), "path": []}]}


def _require_csrf(call: Call) -> None:
    """Raise ``HttpError`` 403 unless the header repeats the cookie."""
    cookie = call.request.cookies.get("csrf")
    if not cookie or call.request.headers.get("csrf") != cookie:
        raise HttpError(403, {"message": "The csrf header does not match the csrf cookie"})


def _list_endpoints(call: Call, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return all endpoints, or those that are named."""
    given = arguments.get("listEndpointsInput")
    wanted = given.get("endpointIds") if isinstance(given, Mapping) else None
    every = [_echo(call, serial, device) for serial, device in call.devices("WHA")]
    every += _appliances(call)
    return {"endpoints": [each for each in every if wanted is None or each["id"] in wanted]}


def _appliances(call: Call) -> Iterator[dict[str, Any]]:
    """Yield the appliances of the account as endpoints."""
    for entity_id, appliance in call.account["appliances"].items():
        yield _appliance(call, entity_id, appliance)


def _echo(call: Call, serial: str, device: dict[str, Any]) -> dict[str, Any]:
    """Return an Echo or an app as an endpoint."""
    app = device["deviceFamily"] == "VOX"
    entity_id = smart_home.echo_entity_id(serial)
    features = [
        smart_home.graphql_feature(key, feature, reachable=device["online"])
        for key, feature in device["features"].items()
    ]
    features.append(smart_home.connectivity(reachable=device["online"], now=call.state.now()))
    model = _MODELS.get(device["deviceType"], "Alexa App" if app else "Echo")
    return {
        "__typename": "Endpoint",
        "id": smart_home.endpoint_id(entity_id),
        "friendlyNameObject": smart_home.text(device["accountName"]),
        "manufacturer": smart_home.text("Amazon"),
        "model": smart_home.text(model),
        "serialNumber": smart_home.text(serial),
        "softwareVersion": smart_home.text(device["softwareVersion"]),
        "creationTime": None,
        "enablement": "ENABLED",
        "displayCategories": _categories("ALEXA_VOICE_ENABLED"),
        "alexaEnabledMetadata": {
            "iconId": None,
            "isVisible": True,
            "category": "APP" if app else "ALEXA_BUILT_IN",
            "capabilities": device["capabilities"],
        },
        "legacyIdentifiers": {
            "dmsIdentifier": _dms(device["deviceType"], serial),
            "chrsIdentifier": {"entityId": entity_id},
        },
        "legacyAppliance": {
            "applianceId": f"AAA_SonarCloudService_{entity_id}",
            "applianceTypes": ["ALEXA_VOICE_ENABLED"],
            "friendlyName": device["accountName"],
            "friendlyDescription": "Amazon smart device",
            "manufacturerName": "Amazon",
            "connectedVia": "",
            "modelName": model,
            "entityId": entity_id,
            "aliases": [],
            "capabilities": _capabilities(device["features"]),
            "customerDefinedDeviceType": "",
            "alexaDeviceIdentifierList": [_identifier(device["deviceType"], serial)],
            "driverIdentity": {"namespace": "AAA", "identifier": "SonarCloudService"},
            "mergedApplianceIds": [],
        },
        "features": features,
    }


def _appliance(call: Call, entity_id: str, appliance: dict[str, Any]) -> dict[str, Any]:
    """Return an appliance as an endpoint."""
    serial, via = appliance["serialNumber"], appliance["connectedVia"]
    echo = call.state.device(call.account_id, via) if via else None
    identifiers = [_identifier(appliance["deviceType"], serial)] if appliance["deviceType"] and serial else []
    if echo is not None:
        identifiers.append(_identifier(echo["deviceType"], via))
    reachable = appliance["reachable"]
    features = [
        smart_home.graphql_feature(key, feature, reachable=reachable) for key, feature in appliance["features"].items()
    ]
    if appliance["armState"] is None:
        features.append(smart_home.connectivity(reachable=reachable, now=call.state.now()))
    return {
        "__typename": "Endpoint",
        "id": smart_home.endpoint_id(entity_id),
        "friendlyNameObject": smart_home.text(appliance["name"]),
        "manufacturer": smart_home.text(appliance["manufacturer"]),
        "model": smart_home.text(appliance["model"]),
        "serialNumber": smart_home.text(serial),
        "softwareVersion": smart_home.text(appliance["softwareVersion"]),
        "creationTime": None,
        "enablement": "ENABLED",
        "displayCategories": _categories(appliance["category"]),
        "alexaEnabledMetadata": None,
        "legacyIdentifiers": {
            "dmsIdentifier": _dms(appliance["deviceType"], serial) if appliance["deviceType"] else None,
            "chrsIdentifier": {"entityId": entity_id},
        },
        "legacyAppliance": {
            "applianceId": appliance["applianceId"],
            "applianceTypes": [appliance["category"]],
            "friendlyName": appliance["name"],
            "friendlyDescription": appliance["description"],
            "manufacturerName": appliance["manufacturer"],
            "connectedVia": echo["accountName"] if echo else "",
            "modelName": appliance["model"],
            "entityId": entity_id,
            "aliases": [],
            "capabilities": _capabilities(appliance["features"])
            + [{"type": "AlexaInterface", "version": "3", "interfaceName": name} for name in appliance["capabilities"]],
            "customerDefinedDeviceType": appliance["customerDefinedDeviceType"],
            "alexaDeviceIdentifierList": identifiers,
            "driverIdentity": appliance["driver"],
            "mergedApplianceIds": appliance["mergedApplianceIds"],
        },
        "features": features,
    }


def _categories(category: str) -> dict[str, Any]:
    """Return display categories."""
    return {"all": [{"value": category}], "primary": {"value": category}}


def _dms(device_type: str, serial: str) -> dict[str, Any]:
    """Return how Amazon's own devices are identified."""
    return {"deviceType": smart_home.text(device_type), "deviceSerialNumber": smart_home.text(serial)}


def _identifier(device_type: str, serial: str) -> dict[str, str]:
    """Return one element of ``alexaDeviceIdentifierList``."""
    return {"dmsDeviceSerialNumber": serial, "dmsDeviceTypeId": device_type}


def _capabilities(features: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what an appliance can do in the words of the Smart Home API."""
    found: list[dict[str, Any]] = []
    for key, feature in features.items():
        name, instance = smart_home.split(key)
        found.append(
            {
                "capabilityType": "AVSInterfaceCapability",
                "type": "AlexaInterface",
                "version": "3",
                "interfaceName": smart_home.INTERFACES[name],
                **({"instance": instance} if instance else {}),
                "properties": {
                    "supported": [{"name": each} for each in smart_home.values_of(feature)],
                    "proactivelyReported": name not in smart_home.UNPUSHED,
                    "retrievable": True,
                    "readOnly": not smart_home.operations_of(key, feature),
                },
            }
        )
    return found


def _set_features(call: Call, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Do each request that can be done; the others are told as errors."""
    given = arguments.get("setEndpointFeaturesInput")
    requests = given.get("featureControlRequests") if isinstance(given, Mapping) else None
    if not isinstance(requests, list) or not all(isinstance(each, Mapping) for each in requests):
        raise GraphqlError("featureControlRequests is required")
    responses: list[dict[str, Any]] = []
    failures: list[dict[str, Any]] = []
    with call.state.change():
        for request in requests:
            about = {name: request.get(name) for name in _CONTROL_FIELDS}
            try:
                _control(call, request)
            except smart_home.ControlError as err:
                failures.append({**about, "code": err.code, "message": err.message})
            else:
                responses.append({**about, "code": "SUCCESS"})
    return {"featureControlResponses": responses, "errors": failures}


def _control(call: Call, request: Mapping[str, Any]) -> None:
    """Do one request; raises ``ControlError``."""
    entity_id = str(request.get("endpointId")).removeprefix("amzn1.alexa.endpoint.")
    appliance = call.account["appliances"].get(entity_id)
    if appliance is None:
        raise smart_home.ControlError("TargetApplianceNotFoundException", "There is no such endpoint")
    operation = str(request.get("featureOperationName"))
    if appliance["phoenixOnly"]:
        raise smart_home.ControlError("UNSUPPORTED_OPERATION", f"{operation} is not supported")
    name, instance, payload = request.get("featureName"), request.get("instance"), request.get("payload") or {}
    if not isinstance(payload, Mapping):
        raise smart_home.ControlError("INVALID_VALUE", "payload has to be an object")
    smart_home.control(appliance, f"{name}.{instance}" if instance else str(name), operation, payload, call.state.now())
