"""Shopping, to-do and custom lists: ``www.<domain>/alexashoppinglists/api/v2``."""

from base64 import b64decode, b64encode
import json
from typing import Any

from alexa_sim import lists
from alexa_sim.http import HttpError, Response, json_response

from . import Call, WebsiteApi, bad_request

_PAGE = 100
"""Maximum number of items per response."""

_BASE = "/alexashoppinglists/api/v2/lists"


def add_lists(api: WebsiteApi) -> None:
    """Add the endpoints for lists."""
    host = ("www.{domain}",)
    # both are reads, whatever their method
    api.add("POST", f"{_BASE}/fetch", _lists, hosts=host, csrf=False)
    api.add("POST", _BASE, _create, hosts=host)
    api.add("DELETE", f"{_BASE}/{{list}}", _remove, hosts=host)
    api.add("POST", f"{_BASE}/{{list}}/items/fetch", _items, hosts=host, csrf=False)
    api.add("POST", f"{_BASE}/{{list}}/items", _add, hosts=host)
    api.add("PUT", f"{_BASE}/{{list}}/items/{{item}}", _update, hosts=host)
    api.add("DELETE", f"{_BASE}/{{list}}/items/{{item}}", _delete, hosts=host)


def _lists(call: Call) -> Response:
    """Return the lists; the number of open items is included on request."""
    wanted = [each.get("type") for each in call.body().get("listAttributesToAggregate") or []]
    return json_response(
        {
            "listInfoList": [
                _info(call, key, held, counted="totalActiveItemsCount" in wanted)
                for key, held in call.account["lists"].items()
            ]
        }
    )


def _create(call: Call) -> Response:
    """Create a custom list."""
    data = call.body()
    name = data.get("listName")
    if not isinstance(name, str) or not name.strip() or data.get("listType") != "CUSTOM":
        raise bad_request("listName and listType CUSTOM are required")
    with call.state.change():
        try:
            key = lists.create(call.account["lists"], name, call.state.now())
        except lists.ListError as err:
            raise _refused(err) from err
    return json_response(_info(call, key, call.account["lists"][key]))


def _remove(call: Call) -> Response:
    """Delete a custom list; an outdated version is refused."""
    key, _ = _held(call)
    with call.state.change():
        try:
            lists.remove(call.account["lists"], key, _version(call))
        except lists.ListError as err:
            raise _refused(err) from err
    return json_response({})


def _info(call: Call, key: str, held: dict[str, Any], *, counted: bool = False) -> dict[str, Any]:
    """Return a list as responses contain it."""
    info = {
        "listId": key,
        "customerId": call.account_id,
        **{name: held[name] for name in ("listType", "listName", "createAt", "updateAt", "version")},
    }
    if counted:
        active = sum(item["itemStatus"] == "ACTIVE" for item in held["items"].values())
        info["totalActiveItemsCount"] = json.dumps({"count": active})
    return info


def _items(call: Call) -> Response:
    """Return a page of at most ``limit`` items of a list, and the token of the next page if there is one."""
    token = call.body().get("nextToken")
    key, held = _held(call)
    limit = call.request.query.get("limit", str(_PAGE))
    if not limit.isdecimal() or not 1 <= int(limit) <= _PAGE:
        raise bad_request("limit has to be between 1 and 100")
    start, end = _start(token), _start(token) + int(limit)
    items = [_item(call, key, item_id) for item_id in list(held["items"])[start:end]]
    next_token = b64encode(f"items {end}".encode()).decode() if end < len(held["items"]) else None
    return json_response({"itemInfoList": items, "listInfo": _info(call, key, held), "nextToken": next_token})


def _start(token: Any) -> int:
    """Return the offset in a page token; raises ``HttpError`` 400."""
    if token is None:
        return 0
    try:
        return int(b64decode(str(token), validate=True).decode().removeprefix("items "))
    except ValueError:
        raise bad_request("nextToken is invalid") from None


def _item(call: Call, key: str, item_id: str) -> dict[str, Any]:
    """Return an item as responses contain it, with the ids of its list and account."""
    item = call.account["lists"][key]["items"][item_id]
    return {"itemId": item_id, "listId": key, "customerId": call.account_id, **item}


def _add(call: Call) -> Response:
    """Add items to a list."""
    key, held = _held(call)
    given = call.body().get("items")
    if not isinstance(given, list) or not given:
        raise bad_request("items is required")
    names = [each.get("itemName") if isinstance(each, dict) else None for each in given]
    if not all(isinstance(name, str) and name.strip() for name in names):
        raise bad_request("itemName is required")
    with call.state.change():
        added = [lists.add(held, str(name), call.state.now()) for name in names]
    return json_response({"itemInfoList": [_item(call, key, item_id) for item_id in added]})


def _update(call: Call) -> Response:
    """Change an item; an outdated version is refused."""
    key, held = _held(call)
    data = call.body()
    try:
        changes = {each["type"]: each["value"] for each in data.get("itemAttributesToUpdate") or []}
        removed = {each["type"] for each in data.get("itemAttributesToRemove") or []}
    except (KeyError, TypeError) as err:
        raise bad_request("Attributes have a type, and a value") from err
    item_id = call.request.params["item"]
    with call.state.change():
        try:
            lists.update(held, item_id, _version(call), changes, removed, call.state.now())
        except lists.ListError as err:
            raise _refused(err) from err
    return json_response(_item(call, key, item_id))


def _delete(call: Call) -> Response:
    """Delete an item; an outdated version is refused."""
    _, held = _held(call)
    with call.state.change():
        try:
            lists.delete(held, call.request.params["item"], _version(call), call.state.now())
        except lists.ListError as err:
            raise _refused(err) from err
    return json_response({})


def _held(call: Call) -> tuple[str, dict[str, Any]]:
    """Return the list in the path; raises ``HttpError`` 404."""
    key = call.request.params["list"]
    held = call.account["lists"].get(key)
    if held is None:
        raise HttpError(404, {"message": "There is no such list"})
    return key, held


def _version(call: Call) -> int:
    """Return the version in a request; raises ``HttpError`` 400."""
    version = call.request.query.get("version", "")
    if not version.isdecimal():
        raise bad_request("version is required")
    return int(version)


def _refused(err: lists.ListError) -> HttpError:
    """Return the error for a refused change."""
    return HttpError(409 if err.stale else 400, {"message": str(err)})
