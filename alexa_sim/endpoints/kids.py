"""Amazon Kids in the account API and on the pages for parents (``parents.<domain>``, ``eltern.amazon.de``)."""

from hashlib import sha256
from typing import Any

from alexa_sim.http import HttpError, Response, html_response, json_response

from . import Call, Endpoint, WebsiteApi, bad_request, empty

_FAMILIES = ("ECHO", "ROOK", "KNIGHT", "REAVER", "MANTIS")
_COOKIE = "ft-panda-csrf-token"


def add_kids(api: WebsiteApi) -> None:
    """Add the endpoints for children and their devices."""
    api.add("GET", "/api/device/op-mode", _mode)
    api.add("POST", "/api/unassign-device-from-child/{serial}/{type}", _unassign)
    for method, path, endpoint in (
        ("GET", "/ajax/get-household-with-age", _household),
        ("GET", "/ajax/get-oobe-device-data", _device_data),
        ("GET", "/oobe/brownie/start/{type}/{serial}", _page),
        ("POST", "/ajax/assign-device-to-child", _assign),
    ):
        api.add(method, path, _for_parents(endpoint), hosts=("parents.{domain}", "eltern.{domain}"), csrf=False)


def child_id(person: dict[str, Any]) -> str:
    """Return the directed id of a child in the household."""
    return f"amzn1.account.SIM{person['id']}"


def _for_parents(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint that is only served at the marketplace's own host for parents."""

    def serve(call: Call) -> Response:
        name = "eltern" if call.marketplace.domain == "amazon.de" else "parents"
        if not call.request.host.startswith(f"{name}."):
            raise HttpError(404, {"message": "Not found"})
        return endpoint(call)

    return serve


def _kid_device(call: Call, serial: Any, device_type: Any) -> dict[str, Any]:
    """Return a device that can be assigned to a child; raises ``HttpError`` 400."""
    device = call.device(serial, device_type)
    if device["deviceFamily"] not in _FAMILIES:
        raise bad_request("The device does not support Amazon Kids")
    return device


def _mode(call: Call) -> Response:
    """Return whether Amazon Kids is enabled on a device."""
    query = call.request.query
    device = _kid_device(call, query.get("deviceSerialNumber"), query.get("deviceType"))
    return json_response({"isChildDirectedDevice": device["child"] is not None})


def _unassign(call: Call) -> Response:
    """Remove the assignment of a device to a child."""
    device = _kid_device(call, call.request.params["serial"], call.request.params["type"])
    with call.state.change():
        device["child"] = None
    return empty()


def _household(call: Call) -> Response:
    """Return the members of the household."""
    people = [
        {
            "firstName": person["name"].partition(" ")[0],
            "age": person.get("age"),
            "role": person.get("role", "ADULT"),
            "directedId": child_id(person),
        }
        for person in call.account["household"]
    ]
    return json_response({"members": people})


def _device_data(call: Call) -> Response:
    """Return the child of a device."""
    query = call.request.query
    device = _kid_device(call, query.get("deviceId"), query.get("deviceTypeId"))
    return json_response({"childDirectedId": device["child"]})


def _token(call: Call) -> str:
    """Return the account's token for the pages for parents."""
    return sha256(f"kids {call.account_id}".encode()).hexdigest()[:32]


def _page(call: Call) -> Response:
    """Return the first page of the assignment; it sets the cookie with the token."""
    _kid_device(call, call.request.params["serial"], call.request.params["type"])
    cookie = ("set-cookie", f"{_COOKIE}={_token(call)}; Path=/; Secure")
    return html_response("<!DOCTYPE html><title>Amazon Kids</title>", headers=[cookie])


def _assign(call: Call) -> Response:
    """Assign a device to a child; cookie and header both have to contain the token."""
    headers = call.request.headers
    if not call.request.cookies.get(_COOKIE) == headers.get("x-amzn-csrf") == _token(call):
        raise HttpError(403, {"message": "The token is missing or wrong"})
    if headers.get("origin") != f"https://{call.request.host}":
        raise HttpError(403, {"message": "The origin is another one"})
    data = call.body()
    device = _kid_device(call, data.get("deviceId"), data.get("deviceTypeId"))
    children = [child_id(person) for person in call.account["household"] if person.get("role") == "CHILD"]
    if data.get("childDirectedId") not in children:
        raise bad_request("There is no such child")
    with call.state.change():
        device["child"] = data["childDirectedId"]
    return json_response({})
