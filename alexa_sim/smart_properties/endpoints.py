"""Operations that list, read and search endpoints."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
import re
from typing import Any

from alexa_sim.http import Response, json_response
from alexa_sim.state import Json

from .api import Api, Call, RefusalError, Route, page, several
from .bodies import EXPAND, UNIT_ID
from .features import features_of, state_of
from .organization import Organization, is_echo, reachable

_BY_EXPANSION = {
    "manufacturer.value.text": "manufacturer",
    "model.value.text": "model",
    "serialNumber.value.text": "serialNumber",
    "friendlyName.value.text": "friendlyName",
    "connections.macAddress": "macAddress",
}
"""Fields of filters that require ``expand=all``, by filter."""

_REACHABILITY = "features[name:connectivity].properties[name:reachability].value.value"
_CATEGORIES = ("displayCategories.primary.value", "displayCategories.all.value")
_FILTERS = (*_BY_EXPANSION, _REACHABILITY, *_CATEGORIES, "associatedUnits.id", "owner")


def add_endpoints(api: Api) -> None:
    """Add the operations for endpoints."""
    api.add("GET", "/v2/endpoints", Route(_list))
    api.add("POST", "/v2/endpointQuery", Route(_search, absent=("ES", "JP")))
    api.add("GET", "/v2/endpoints/{endpointId}", Route(_get))


def _list(call: Call) -> Response:
    """Return endpoints: those outside all units, those of a unit, or the one with a serial number."""
    filters = {name: value for name, value in call.request.query.items() if name in _FILTERS}
    if not {"owner", "associatedUnits.id", "serialNumber.value.text"} & set(filters):
        raise RefusalError(400, "BAD_REQUEST", "owner or associatedUnits.id is required")
    if filters.get("owner", "~caller") != "~caller":
        raise RefusalError(400, "BAD_REQUEST", "owner has to be ~caller")
    if not re.match(UNIT_ID, filters.get("associatedUnits.id", "amzn1.alexa.unit.did.none")):
        raise RefusalError(400, "BAD_REQUEST", "associatedUnits.id is no unit ID")
    if filters.get(_REACHABILITY, "OK") not in ("OK", "UNREACHABLE"):
        raise RefusalError(400, "BAD_REQUEST", "There is no such reachability")
    expand = _expand(several(call.request, "expand"))
    organization = call.organization
    found = [key for key, endpoint in organization.endpoints.items() if _is_listed(endpoint, filters, expand)]
    asked = [filters, expand]
    found.sort(key=lambda key: sha256(f"{sorted(filters)}{key}".encode()).digest())
    size = call.number("maxResults", 50, 10)
    return _answer(organization, found, call.request.query.get("nextToken"), size, asked, expand)


def _is_listed(endpoint: Mapping[str, Any], filters: Mapping[str, str], expand: Sequence[str]) -> bool:
    """Return whether an endpoint matches all filters; a filter on a field missing in the response never matches."""
    if (unit := filters.get("associatedUnits.id")) is not None and endpoint["unit"] != unit:
        return False
    if "owner" in filters and endpoint["unit"] is not None:
        return False
    for name, field in _BY_EXPANSION.items():
        if name in filters and ("all" not in expand or endpoint[field] != filters[name]):
            return False
    for name in _CATEGORIES:
        if name in filters and endpoint["displayCategory"] != filters[name]:
            return False
    if (wanted := filters.get(_REACHABILITY)) is not None:
        return "feature:connectivity" in expand and wanted == ("OK" if reachable(endpoint) else "UNREACHABLE")
    return True


def _search(call: Call) -> Response:
    """Search endpoints by conditions on unit, manufacturer and model."""
    data = call.body("query")
    expand = _expand(data.get("expand", []))
    context = data.get("paginationContext", {})
    organization = call.organization
    found = [key for key, endpoint in organization.endpoints.items() if _matches(endpoint, data["query"])]
    found.sort(key=lambda key: sha256(f"query {key}".encode()).digest())
    size = int(context.get("maxResults", 10))
    return _answer(organization, found, context.get("nextToken"), size, [data["query"], expand], expand)


def _matches(endpoint: Mapping[str, Any], clause: Mapping[str, Any]) -> bool:
    """Return whether an endpoint meets a condition."""
    if "and" in clause:
        return all(_matches(endpoint, inner) for inner in clause["and"])
    if "or" in clause:
        return any(_matches(endpoint, inner) for inner in clause["or"])
    fields = {"associatedUnits.id": "unit", "manufacturer.value.text": "manufacturer", "model.value.text": "model"}
    return all(endpoint[fields[name]] == wanted for name, wanted in clause["match"].items())


def _get(call: Call) -> Response:
    """Return one endpoint."""
    expand = _expand(several(call.request, "expand"))
    return json_response(rendered(call.organization, call.endpoint_id, call.endpoint(), expand))


def _answer(
    organization: Organization, found: Sequence[str], token: str | None, size: int, asked: Any, expand: Sequence[str]
) -> Response:
    """Return the response with one page of endpoints."""
    keys, following = page(found, token, size, asked)
    answer: Json = {"results": [rendered(organization, key, organization.endpoints[key], expand) for key in keys]}
    if following is not None:
        answer["paginationContext"] = {"nextToken": following}
    return json_response(answer)


def _expand(values: Sequence[str]) -> list[str]:
    """Return the validated values of ``expand``; raises ``RefusalError`` 400."""
    if any(value not in EXPAND for value in values) or len(set(values)) < len(values):
        raise RefusalError(400, "BAD_REQUEST", "expand is not valid")
    return sorted(values)


def rendered(organization: Organization, endpoint_id: str, endpoint: Json, expand: Sequence[str]) -> Json:
    """Return an endpoint as responses contain it: its id, and the expanded fields."""
    inline = {value.partition(":")[2] for value in expand if value != "all"}
    full: Json = {"id": endpoint_id}
    if "all" in expand:
        full |= _described(endpoint)
    listed = [
        {
            "name": name,
            "path": f"/v2/endpoints/{endpoint_id}/features/{name}",
            **(state_of(organization, endpoint_id, endpoint, name) if name in inline else {}),
        }
        for name in features_of(endpoint)
        if "all" in expand or name in inline
    ]
    if expand:
        full["features"] = listed
    return full


def _described(endpoint: Mapping[str, Any]) -> Json:
    """Return the fields that ``expand=all`` adds, except features."""
    category = {"value": endpoint["displayCategory"], "sources": ["ENDPOINT_REPORTER"]}
    named = {
        field: {"type": "PLAIN", "value": {"text": endpoint[field]}}
        for field in ("friendlyName", "manufacturer", "model", "serialNumber", "softwareVersion")
        if endpoint[field] is not None
    }
    kind = "TCP_IP" if is_echo(endpoint) else "ZIGBEE"
    return {
        **named,
        "connections": [{"type": kind, "macAddress": endpoint["macAddress"]}] if endpoint["macAddress"] else [],
        "creationTime": endpoint["creationTime"],
        "associatedUnits": [{"id": endpoint["unit"]}] if endpoint["unit"] else [],
        "operations": [],
        "displayCategories": {"primary": category, "all": [category]},
    }
