"""Lifecycle of an endpoint: move, rename, deregister, remove, and delete its timers."""

import unicodedata

from alexa_sim.http import Response, json_response

from .api import Api, Call, RefusalError, Route, Shape, empty
from .bodies import OUT_OF_UNIT
from .organization import is_echo, reachable

_LONGEST_NAME = 128


def add_lifecycle(api: Api) -> None:
    """Add the operations that change endpoints as a whole."""
    base = "/v2/endpoints/{endpointId}"
    unknown = (404, "NO_SUCH_ENDPOINT")
    api.add("PUT", f"{base}/associatedUnits", Route(_associate, missing=unknown))
    api.add("POST", f"{base}/friendlyName", Route(_rename, missing=unknown))
    api.add("POST", f"{base}/deregister", Route(_deregister, missing=(403, "FORBIDDEN")))
    api.add("POST", f"{base}/forget", Route(_forget, shape=Shape.MESSAGE))
    api.add("DELETE", "/v1/alerts/timers", Route(_delete_timers, shape=Shape.TIMERS, absent=("JP",)))


def _associate(call: Call) -> Response:
    """Move an Echo into a unit or out of all units; it restarts, loses its settings, and may get a new id."""
    endpoint = call.writable()
    units = [unit["id"] for unit in call.body("associatedUnits")]
    if not units:
        raise RefusalError(400, "TOO_FEW_UNIT_ASSOCIATIONS", "At least one unit is needed")
    if len(units) > 1:
        raise RefusalError(400, "TOO_MANY_UNIT_ASSOCIATIONS", "An endpoint is in one unit at most")
    unit = None if units[0] == OUT_OF_UNIT else units[0]
    if unit is not None and unit not in call.organization.units:
        raise RefusalError(400, "NO_SUCH_UNIT", "There is no such unit")
    if not is_echo(endpoint):
        raise RefusalError(400, "ENDPOINT_NOT_SUPPORTED", "The endpoint cannot change its unit")
    if not reachable(endpoint):
        raise RefusalError(400, "ENDPOINT_UNREACHABLE", "The endpoint is offline")
    endpoint_id = call.organization.move(call.endpoint_id, unit)
    associated = [] if unit is None else [{"id": unit}]
    return json_response({"endpoint": {"id": endpoint_id, "associatedUnits": associated}})


def _rename(call: Call) -> Response:
    """Rename an endpoint; names must be unique."""
    endpoint = call.writable()
    name = call.body("friendlyName", "INVALID_FRIENDLY_NAME")["value"]["text"]
    if not _is_name(name):
        raise RefusalError(400, "INVALID_FRIENDLY_NAME", "The name is not valid")
    others = [other for key, other in call.organization.endpoints.items() if key != call.endpoint_id]
    if name.casefold() in [other["friendlyName"].casefold() for other in others]:
        raise RefusalError(400, "DUPLICATE_NAME", "Another endpoint has this name")
    endpoint["friendlyName"] = name
    return empty()


def _is_name(text: str) -> bool:
    """Return whether a name has 1 to 128 letters, digits, spaces and apostrophes, with at least one letter or digit."""
    kinds = ["'" if letter in " '" else unicodedata.category(letter)[0] for letter in text]
    return len(text) <= _LONGEST_NAME and set(kinds) <= set("LMN'") and bool(set(kinds) & set("LN"))


def _deregister(call: Call) -> Response:
    """Remove an Echo from the account."""
    if not is_echo(call.writable()):
        raise RefusalError(400, "BAD_REQUEST", "The endpoint was not registered by a person")
    del call.organization.endpoints[call.endpoint_id]
    return empty()


def _forget(call: Call) -> Response:
    """Remove a smart home device."""
    if is_echo(call.writable()):
        raise RefusalError(400, "BAD_REQUEST", "An Echo is deregistered, not forgotten")
    del call.organization.endpoints[call.endpoint_id]
    return empty()


def _delete_timers(call: Call) -> Response:
    """Delete all timers of an Echo; succeeds without timers too."""
    endpoint_id = call.request.query.get("endpoint", "")
    if not endpoint_id.startswith("amzn1.alexa.endpoint."):
        raise RefusalError(400, "BAD_REQUEST", "endpoint is required")
    if call.organization.data["vertical"] == "core":
        raise RefusalError(403, "FORBIDDEN", "The operation is not available in this vertical")
    endpoint = call.organization.endpoints.get(endpoint_id)
    if endpoint is None or not is_echo(endpoint):
        raise RefusalError(404, "NOT_FOUND", "There is no such endpoint")
    if endpoint["readOnly"]:
        raise RefusalError(403, "FORBIDDEN", "The caller may not change this endpoint")
    if not reachable(endpoint):
        error = {"type": "DEVICE_UNREACHABLE", "endpointId": endpoint_id, "message": "The device is offline"}
        raise RefusalError(504, "DEVICE_NOT_REACHABLE", "The device is offline", {"errors": [error]})
    endpoint["timers"].clear()
    return empty(204)
