"""Echos and appliances as GraphQL endpoints with features."""

from collections.abc import Iterator, Mapping
from typing import Any

from alexa_sim import smart_home

from . import Call

_MODELS = {
    "A10A33FOX2NUBK": "Echo Spot (1st Generation)",
    "A1EIANJ7PNB0Q7": "Echo Show 15 (1st Generation)",
    "A3RBAYBE7VM004": "Echo Studio",
    "A3S5BH2HU6VAYF": "Echo Dot (2nd Generation)",
    "A4ZXE0RM7LQ7A": "Echo Dot (5th Generation)",
    "A7WXQPH584YP": "Echo (2nd Generation)",
}

_APP = "APP"


def endpoints(call: Call) -> Iterator[dict[str, Any]]:
    """Yield all endpoints of the account: Echos and apps, then appliances."""
    for serial, device in call.devices("WHA"):
        yield _echo(call, serial, device)
    yield from appliances(call)


def endpoint(call: Call, wanted: str) -> dict[str, Any] | None:
    """Return an endpoint by id, or None."""
    entity_id = smart_home.entity_id(wanted)
    if (appliance := call.account["appliances"].get(entity_id)) is not None:
        return _appliance(call, entity_id, appliance)
    return next(
        (
            _echo(call, serial, device)
            for serial, device in call.devices("WHA")
            if smart_home.echo_entity_id(serial) == entity_id
        ),
        None,
    )


def appliances(call: Call) -> Iterator[dict[str, Any]]:
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
    online = bool(device["online"])
    return {
        **_common(call, smart_home.endpoint_id(entity_id), device["accountName"], features),
        "endpointStatus": "RESPONSIVE" if online else "DISCONNECTED",
        "enablement": "ENABLED",
        "isEnabled": True,
        "dmsIdentifier": {"deviceType": device["deviceType"], "dsn": serial},
        "deviceAccountId": device["deviceAccountId"],
        "connections": [{"type": "TCP_IP", "macAddress": device["macAddress"]}],
        "settings": {"doNotDisturb": do_not_disturb(smart_home.endpoint_id(entity_id), device)},
        "manufacturer": smart_home.text("Amazon"),
        "model": smart_home.text(model),
        "serialNumber": smart_home.text(serial),
        "softwareVersion": smart_home.text(device["softwareVersion"]),
        "displayCategories": _categories("ALEXA_VOICE_ENABLED"),
        "alexaEnabledMetadata": {
            "iconId": None,
            "isVisible": True,
            "category": _APP if app else "ALEXA_BUILT_IN",
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
            "isEnabled": True,
        },
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
        smart_home.graphql_feature(key, feature, reachable=reachable)
        for key, feature in smart_home.features_of(appliance).items()
    ]
    if appliance["armState"] is None and "connectivity" not in appliance["features"]:
        features.append(smart_home.connectivity(reachable=reachable, now=call.state.now()))
    enabled = appliance["enablement"] == "ENABLED"
    status = "RESPONSIVE" if reachable else "UNRESPONSIVE"
    return {
        **_common(call, smart_home.endpoint_id(entity_id), appliance["name"], features),
        "endpointStatus": status if enabled else "DISABLED",
        "enablement": appliance["enablement"],
        # the app was observed to receive null here for an appliance
        "isEnabled": None,
        "dmsIdentifier": {"deviceType": appliance["deviceType"], "dsn": serial} if serial else None,
        "connections": [],
        "endpointReports": [_report(appliance)],
        "manufacturer": smart_home.text(appliance["manufacturer"]),
        "model": smart_home.text(appliance["model"]),
        "serialNumber": smart_home.text(serial),
        "softwareVersion": smart_home.text(appliance["softwareVersion"]),
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
            "friendlyDescription": appliance["description"] or "",
            "manufacturerName": appliance["manufacturer"],
            "connectedVia": echo["accountName"] if echo else "",
            "modelName": appliance["model"],
            "entityId": entity_id,
            "aliases": [],
            "capabilities": _capabilities(smart_home.features_of(appliance))
            + [
                {"type": "AlexaInterface", "version": "3", "interfaceName": name}
                for name in appliance["capabilities"]
                if name != smart_home.interface("securityPanel")
            ],
            "customerDefinedDeviceType": appliance["customerDefinedDeviceType"],
            "alexaDeviceIdentifierList": identifiers,
            "driverIdentity": appliance["driver"],
            "mergedApplianceIds": appliance["mergedApplianceIds"],
            "isEnabled": enabled,
        },
    }


def _common(call: Call, endpoint_id: str, name: str, features: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the fields that all endpoints have."""
    return {
        "__typename": "Endpoint",
        "id": endpoint_id,
        "endpointId": endpoint_id,
        "friendlyName": name,
        "friendlyNameObject": smart_home.text(name),
        "description": None,
        "creationTime": None,
        "associatedUnits": [{"id": f"amzn1.alexa.unit.did.{call.account['directedId']}"}],
        "childComponents": [],
        "endpointReports": [],
        "owner": {"id": call.account["directedId"]},
        "operations": [],
        "interfaces": [],
        "relationships": {"sourceFor": [], "destinationFor": []},
        "features": features,
    }


def _report(appliance: Mapping[str, Any]) -> dict[str, Any]:
    """Return the origin of an appliance, such as its skill."""
    namespace = appliance["driver"].get("namespace")
    skill = namespace == "SKILL"
    return {
        "reporter": {
            "id": appliance["driver"].get("identifier"),
            "namespace": namespace if namespace in ("AAA", "SKILL") else "UNKNOWN",
            "skillStage": "LIVE" if skill else None,
        },
        "externallyReportedId": None,
        "skillStatus": {"status": "NO_ACTIVE_DEGRADATION" if skill else "NOT_APPLICABLE", "skillName": None},
    }


def do_not_disturb(endpoint_id: str, device: Mapping[str, Any]) -> dict[str, Any]:
    """Return the Do Not Disturb setting of an Echo."""
    return {
        "__typename": "EndpointSettingToggle",
        "id": f"{endpoint_id}.doNotDisturb",
        "endpointId": endpoint_id,
        "name": "doNotDisturb",
        "toggleValue": bool(device["dnd"]),
        "error": None,
    }


def _categories(category: str) -> dict[str, Any]:
    """Return display categories."""
    shown = {"value": category, "isCustomerSpecified": False, "isDiscovered": True, "sources": ["ENDPOINT_REPORTER"]}
    return {"all": [shown], "primary": shown}


def _dms(device_type: str, serial: str) -> dict[str, Any]:
    """Return the identification of one of Amazon's devices."""
    return {"deviceType": smart_home.text(device_type), "deviceSerialNumber": smart_home.text(serial)}


def _identifier(device_type: str, serial: str) -> dict[str, str]:
    """Return one element of ``alexaDeviceIdentifierList``."""
    return {"dmsDeviceSerialNumber": serial, "dmsDeviceTypeId": device_type}


def _capabilities(features: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the capabilities of an appliance in the format of the Smart Home Skill API."""
    found: list[dict[str, Any]] = []
    for key, feature in features.items():
        name, instance = smart_home.split(key)
        found.append(
            {
                "capabilityType": "AVSInterfaceCapability",
                "type": "AlexaInterface",
                "version": "3",
                "interfaceName": smart_home.interface(name),
                **({"instance": instance} if instance else {}),
                "properties": {
                    "supported": [{"name": each} for each in smart_home.values_of(key, feature)],
                    "proactivelyReported": name not in smart_home.UNPUSHED,
                    "retrievable": True,
                    "readOnly": not smart_home.operations_of(key, feature),
                },
            }
        )
    return found
