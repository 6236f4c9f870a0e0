"""Units: the organization, its properties and their parts."""

from alexa_sim.http import Response, json_response
from alexa_sim.state import Json

from .api import Api, Call, RefusalError, Route, page, several

_DEEPEST = 15
"""Maximum number of levels of a hierarchy."""


def add_units(api: Api) -> None:
    """Add the operations that list and read units."""
    api.add("GET", "/v2/units", Route(_list))
    api.add("GET", "/v2/units/{unitId}", Route(_get))


def _list(call: Call) -> Response:
    """Return the units below another one, ``queryDepth`` (default 1) levels deep; only ids without ``expand=all``."""
    parent = call.request.query.get("parentId")
    if parent is None:
        raise RefusalError(400, "BAD_REQUEST", "parentId is required")
    if parent not in call.organization.units:
        raise RefusalError(404, "NOT_FOUND", "There is no such unit")
    depth = call.number("queryDepth", _DEEPEST, 1)
    expand = several(call.request, "expand")
    if set(expand) - {"all"}:
        raise RefusalError(400, "BAD_REQUEST", "expand is not valid")
    found = list(call.organization.below(parent, depth))
    size = call.number("maxResults", 50, 10)
    keys, following = page(found, call.request.query.get("nextToken"), size, [parent, depth, expand])
    answer: Json = {"results": [_rendered(call, key) if expand else {"id": key} for key in keys]}
    return json_response(answer | ({"paginationContext": {"nextToken": following}} if following else {}))


def _get(call: Call) -> Response:
    """Return a unit."""
    if call.params["unitId"] not in call.organization.units:
        raise RefusalError(404, "NOT_FOUND", "There is no such unit")
    return json_response(_rendered(call, call.params["unitId"]))


def _rendered(call: Call, unit_id: str) -> Json:
    """Return a unit as responses contain it; the organization has no parent."""
    unit = call.organization.units[unit_id]
    shown: Json = {
        "id": unit_id,
        "name": {"type": "PLAIN", "value": {"text": unit["name"]}},
        "level": call.organization.level(unit_id),
    }
    return shown | ({} if unit["parentId"] is None else {"parentId": unit["parentId"]})
