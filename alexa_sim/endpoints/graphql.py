"""GraphQL at ``alexa.<domain>/nexus/v1/graphql``: the Echos as endpoints with features."""

from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from alexa_sim.http import Response, json_response

from . import Call, WebsiteApi, bad_request

_MODELS = {
    "A10A33FOX2NUBK": "Echo Spot (1st Generation)",
    "A1EIANJ7PNB0Q7": "Echo Show 15 (1st Generation)",
    "A3RBAYBE7VM004": "Echo Studio",
    "A3S5BH2HU6VAYF": "Echo Dot (2nd Generation)",
    "A4ZXE0RM7LQ7A": "Echo Dot (5th Generation)",
    "A7WXQPH584YP": "Echo (2nd Generation)",
}


def add_graphql(api: WebsiteApi) -> None:
    """Add the endpoint; it is the one that takes a POST without csrf."""
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
    if "listEndpoints" in query:
        variables = operation.get("variables") or {}
        wanted = variables.get("endpointIds")
        endpoints = [
            _endpoint(call, serial, device)
            for serial, device in call.devices("WHA")
            if wanted is None or endpoint_id(serial) in wanted
        ]
        return {"data": {"listEndpoints": {"endpoints": endpoints}}}
    if "endpoints(" in query:
        # the older query for smart-home appliances, of which the household has none
        return {"data": {"endpoints": {"items": []}}}
    return {"data": None, "errors": [{"message": "Cannot query this field", "path": []}]}


def endpoint_id(serial: str) -> str:
    """Return the id of a device's endpoint."""
    return f"amzn1.alexa.endpoint.{uuid5(NAMESPACE_OID, serial)}"


def _endpoint(call: Call, serial: str, device: dict[str, Any]) -> dict[str, Any]:
    """Return an Echo or an app; more fields than asked for do no harm."""
    app = device["deviceFamily"] == "VOX"
    return {
        "__typename": "Endpoint",
        "id": endpoint_id(serial),
        "endpointId": endpoint_id(serial),
        "friendlyNameObject": _text(device["accountName"]),
        "manufacturer": _text("Amazon"),
        "model": _text(_MODELS.get(device["deviceType"], "Alexa App" if app else "Echo")),
        "serialNumber": _text(serial),
        "softwareVersion": _text(device["softwareVersion"]),
        "creationTime": None,
        "enablement": "ENABLED",
        "displayCategories": {
            "all": [{"value": "ALEXA_VOICE_ENABLED"}],
            "primary": {"value": "ALEXA_VOICE_ENABLED"},
        },
        "alexaEnabledMetadata": {
            "iconId": None,
            "isVisible": True,
            "category": "APP" if app else "ALEXA_BUILT_IN",
            "capabilities": device["capabilities"],
        },
        "legacyIdentifiers": {
            "dmsIdentifier": {"deviceType": _text(device["deviceType"]), "deviceSerialNumber": _text(serial)},
            "chrsIdentifier": {"entityId": str(uuid5(NAMESPACE_OID, f"entity {serial}"))},
        },
        "legacyAppliance": {"applianceId": f"AAA_SonarCloudService_{uuid5(NAMESPACE_OID, f'appliance {serial}')}"},
        "features": [_connectivity(call, device)],
    }


def _connectivity(call: Call, device: dict[str, Any]) -> dict[str, Any]:
    """Return the feature that tells whether a device is reached; it is asked for, never pushed."""
    sampled = datetime.fromtimestamp(call.state.now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
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
                "reachabilityStatusValue": "OK" if device["online"] else "UNREACHABLE",
                "timeOfSample": sampled,
                "timeOfLastChange": sampled,
            }
        ],
    }


def _text(value: str) -> dict[str, Any]:
    """Return a text as this schema wraps them."""
    return {"value": {"text": value}}
