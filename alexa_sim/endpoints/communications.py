"""Calling, drop-in and announcements of each Echo: ``alexa-comms-mobile-service.amazon.com``."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from alexa_sim.http import HttpError, Request, Response, json_response
from alexa_sim.marketplaces import MARKETPLACES

from . import Call, Endpoint, Services, bad_request

HOST = "alexa-comms-mobile-service.amazon.com"

_PERSON = "amzn1.comms.id.person.amzn1~"
_PREFERENCES = "/devicesTypes/{type}/deviceId/{serial}/preferences"
_STATES = {"communications": ("ON", "OFF"), "announcements": ("ON", "OFF"), "dropin": ("All", "Home", "Off")}


class CommunicationEndpoints:
    """The service that serves every marketplace at one host, by the cookies of the account's own."""

    def __init__(self, services: Services) -> None:
        """Add the endpoints to the router."""
        self._services = services
        self._add("GET", "/users/{person}/identities", _identity)
        self._add("GET", "/homegroups/{group}/devices", _devices)
        self._add("GET", _PREFERENCES, _preferences)
        self._add("PATCH", f"{_PREFERENCES}/{{preference}}", _set_preference)

    def _add(self, method: str, path: str, endpoint: Endpoint) -> None:
        """Add an endpoint for who is signed in."""

        async def serve(request: Request) -> Response:
            accounts = (self._services.auth.account_of(request.cookies, market) for market in MARKETPLACES.values())
            if (account := next(filter(None, accounts), None)) is None:
                raise HttpError(401, {"message": "Authentication required"})
            return endpoint(Call(request, self._services, account))

        self._services.router.add(method, HOST, path, serve)


def _identity(call: Call) -> Response:
    """Tell which home somebody belongs to; everybody only knows their own."""
    if call.request.params["person"] != _PERSON + call.account["directedId"]:
        raise HttpError(404, {"message": "There is no such person"})
    return json_response({"homeGroupId": _group(call)})


def _group(call: Call) -> str:
    """Return the id of the account's home."""
    return f"amzn1.comms.id.hg.amzn1~{uuid5(NAMESPACE_URL, call.account_id)}"


def _devices(call: Call) -> Response:
    """List the Echos of a home; announcements seem to be on for all of them here."""
    if call.request.params["group"] != _group(call):
        raise HttpError(404, {"message": "There is no such home"})
    devices = [
        {
            "deviceSerialNumber": serial,
            "deviceType": device["deviceType"],
            "deviceName": device["accountName"],
            "deviceStatus": {
                "deviceCommsAvailability": device["communications"]["communications"],
                "deviceDropInAvailability": device["communications"]["dropin"],
                "announcementAvailability": "ON",
            },
        }
        for serial, device in call.devices("WHA", "VOX")
    ]
    return json_response({"devices": devices})


def _preferences(call: Call) -> Response:
    """Tell the preferences of an Echo that are asked for."""
    device = _echo(call)
    wanted = call.request.query.get("devicePreferences", ",".join(_STATES)).split(",")
    preferences = [
        {"devicePreference": name, "state": device["communications"][name], "allowed": True}
        for name in wanted
        if name in _STATES
    ]
    return json_response({"devicePermissionsPreferences": preferences})


def _set_preference(call: Call) -> Response:
    """Change a preference of an Echo."""
    device, name = _echo(call), call.request.params["preference"]
    state = call.body().get("state")
    if name not in _STATES or state not in _STATES[name]:
        raise bad_request("There is no such preference or state")
    with call.state.change():
        device["communications"][name] = state
    return json_response({})


def _echo(call: Call) -> dict[str, Any]:
    """Return the Echo of the path; raises ``HttpError`` 400."""
    device = call.device(call.request.params["serial"], call.request.params["type"])
    if device["deviceFamily"] in ("WHA", "VOX"):
        raise bad_request("The device has no communications")
    return device
