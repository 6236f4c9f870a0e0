"""Endpoints that run sequences, validate music searches, and list the entities that sequences can use."""

import json
from typing import Any

from alexa_sim import routines
from alexa_sim.catalogue import provider_entities, sound_entities
from alexa_sim.http import HttpError, Response, json_response
from alexa_sim.operations import OperationError

from . import Call, WebsiteApi, bad_request, empty

_SMART_HOME = "amzn1.ask.1p.smarthome"


def add_behaviors(api: WebsiteApi) -> None:
    """Add the endpoints for behaviors."""
    api.add("POST", "/api/behaviors/preview", _preview)
    api.add("POST", "/api/behaviors/operation/validate", _validate)
    api.add("GET", "/api/behaviors/entities", _entities)
    api.add("GET", "/api/behaviors/actionDefinitions", _definitions)
    api.add("GET", "/api/behaviors/v2/automations", _automations)
    api.add("PUT", "/api/behaviors/automations/{automation}", _update)
    api.add("POST", "/api/routines/catalog/action/{catalog}", _catalog, csrf=False)


def _preview(call: Call) -> Response:
    """Run a sequence; accepting it does not mean that a device plays it."""
    try:
        with call.state.change():
            call.addressed.update(call.services.sequences.preview(call.account_id, call.body()))
    except OperationError as err:
        raise bad_request(str(err)) from err
    return empty()


def _validate(call: Call) -> Response:
    """Validate a music search."""
    try:
        return json_response(call.services.sequences.validate(call.account_id, call.body()))
    except OperationError as err:
        raise bad_request(str(err)) from err


def _entities(call: Call) -> Response:
    """Return music providers, sounds, or the appliances that a routine can switch."""
    match call.request.query.get("skillId"):
        case "amzn1.ask.1p.music":
            return _octets(provider_entities(call.account["defaultMusicProvider"]))
        case "amzn1.ask.1p.sound":
            return _octets(sound_entities())
        case "amzn1.ask.1p.smarthome":
            return _octets([_entity(key, each) for key, each in call.account["appliances"].items()])
        case _:
            return _octets([])


def _entity(entity_id: str, appliance: dict[str, Any]) -> dict[str, Any]:
    """Return an appliance in the format that routines use."""
    return {
        "id": entity_id,
        "displayName": appliance["name"],
        "description": appliance.get("description"),
        "availability": "AVAILABLE" if appliance.get("reachable", True) else "UNAVAILABLE",
        "supportedProperties": ["Alexa.SmartHome.Batch"],
        "providerData": {"categoryType": "APPLIANCE", "deviceType": appliance["category"]},
    }


def _definitions(call: Call) -> Response:
    """Return the skill actions that a routine can run; only the smart home action is known."""
    skill = call.request.query.get("skillId")
    if not skill:
        raise bad_request("skillId is required")
    known = [{"type": "Alexa.SmartHome.Batch", "skillId": _SMART_HOME}]
    return _octets([one for one in known if one["skillId"] == skill])


def _catalog(call: Call) -> Response:
    """Return the actions that may follow a routine's trigger; the list is not published, so it is empty."""
    body = call.body()
    if not isinstance(body.get("triggers"), list) or not isinstance(body.get("actions"), list):
        raise bad_request("triggers and actions are required")
    return json_response({"catalogId": call.request.params["catalog"], "items": [], "nextToken": None})


def _automations(call: Call) -> Response:
    """Return the routines of the account."""
    return _octets(routines.listing(call.account_id, call.account["automations"], call.marketplace, _limit(call)))


def _update(call: Call) -> Response:
    """Replace a routine; an invalid body is answered with 200 and a message."""
    key = call.request.params["automation"]
    if (automation := call.account["automations"].get(key)) is None:
        raise HttpError(404, {"message": "There is no such automation"})
    try:
        with call.state.change():
            routines.update(automation, key, call.body(), call.state.now())
    except routines.RoutineError:
        return json_response({"message": "Input failed to validate."})
    return json_response({"automationId": key, "status": automation["status"]})


def _limit(call: Call) -> int:
    """Return the requested maximum number of routines; raises ``HttpError`` 400."""
    limit = call.request.query.get("limit", str(routines.LIMIT))
    if not limit.isdecimal() or int(limit) < 1:
        raise bad_request("limit has to be a number")
    return int(limit)


def _octets(data: Any) -> Response:
    """Return JSON with the content type of binary data, which Amazon uses in two responses."""
    return Response(200, json.dumps(data).encode(), [("content-type", "application/octet-stream")])
