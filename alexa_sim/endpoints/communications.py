"""Calling, drop-in, announcements and messages at ``alexa-comms-mobile-service.<domain>``."""

from datetime import UTC, datetime
import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from alexa_sim.http import HttpError, Request, Response, json_response
from alexa_sim.marketplaces import MARKETPLACES

from . import Call, Endpoint, Services, bad_request

HOST = "alexa-comms-mobile-service.{domain}"

_PERSON = "amzn1.comms.id.person.amzn1~"
_LONGEST_TEXT = 145
_LONGEST_NAME = 40
_PREFERENCES = "/devicesTypes/{type}/deviceId/{serial}/preferences"
_STATES = {"communications": ("ON", "OFF"), "announcements": ("ON", "OFF"), "dropin": ("All", "Home", "Off")}


class CommunicationEndpoints:
    """The communications service, at ``.amazon.com`` for every marketplace and at each retail domain.

    The cookies of the account's own marketplace determine the person. Messages are stored by account, in one
    conversation per recipient.
    """

    def __init__(self, services: Services) -> None:
        """Initialize, and add the endpoints to the router."""
        self._services = services
        self._messages: dict[str, dict[str, list[dict[str, Any]]]] = {}
        self._add("GET", "/accounts", _accounts)
        self._add("GET", "/users/{person}/contacts", _contacts)
        self._add("GET", "/users/{person}/conversations", self._conversations)
        self._add("POST", "/users/{person}/conversations/{conversation}/messages", self._send)
        self._add("DELETE", "/users/{person}/conversations/{conversation}", self._delete)
        self._add("POST", "/users/{person}/announcements", _announce)
        self._add("GET", "/users/{person}/identities", _identity)
        self._add("GET", "/homegroups/{group}/devices", _devices)
        self._add("GET", _PREFERENCES, _preferences)
        self._add("PATCH", f"{_PREFERENCES}/{{preference}}", _set_preference)

    def _add(self, method: str, path: str, endpoint: Endpoint) -> None:
        """Add an endpoint for the signed-in user."""

        async def serve(request: Request) -> Response:
            accounts = (self._services.auth.account_of(request.cookies, market) for market in MARKETPLACES.values())
            if (account := next(filter(None, accounts), None)) is None:
                raise HttpError(401, {"message": "Authentication required"})
            return endpoint(Call(request, self._services, account))

        self._services.router.add(method, HOST, path, serve)

    def _held(self, call: Call) -> dict[str, list[dict[str, Any]]]:
        """Return the messages of the signed-in person by conversation; raises ``HttpError`` 404 for another person."""
        _own(call)
        return self._messages.setdefault(call.account_id, {})

    def _conversations(self, call: Call) -> Response:
        """Return the conversations, each with its latest message."""
        conversations = [
            {
                "conversationId": conversation,
                "lastMessageId": messages[-1]["messageId"],
                "latestMessages": messages[-1:],
                "participants": [_person_of(call.account)],
            }
            for conversation, messages in self._held(call).items()
        ]
        return json_response({"conversations": conversations})

    def _send(self, call: Call) -> Response:
        """Send messages to a person."""
        messages, given = self._held(call), call.request.json()
        if not isinstance(given, list) or not given or not all(_is_message(call, message) for message in given):
            raise bad_request("The body has to be a list of text messages of the sender's own")
        held = messages.setdefault(call.request.params["conversation"], [])
        for message in given:
            held.append({**message, "messageId": len(held) + 1})
        return json_response({"messageIds": [message["messageId"] for message in held[-len(given) :]]})

    def _delete(self, call: Call) -> Response:
        """Delete a conversation; raises ``HttpError`` 404."""
        if self._held(call).pop(call.request.params["conversation"], None) is None:
            raise HttpError(404, {"message": "There is no such conversation"})
        return json_response(None)


def _person_of(account: dict[str, Any]) -> str:
    """Return the id of an account's person in the communications service."""
    return _PERSON + str(account["directedId"])


def _own(call: Call) -> None:
    """Raise ``HttpError`` 404 unless the path names the signed-in person."""
    if call.request.params["person"] != _person_of(call.account):
        raise HttpError(404, {"message": "There is no such person"})


def _is_message(call: Call, message: Any) -> bool:
    """Return whether a value is a text message from the signed-in person."""
    if not isinstance(message, dict) or message.get("sender") != _person_of(call.account):
        return False
    payload = message.get("payload")
    return message.get("type") == "message/text" and isinstance(payload, dict) and bool(payload.get("text"))


def _accounts(call: Call) -> Response:
    """Return the signed-in people: one."""
    first, _, last = call.account["name"].partition(" ")
    return json_response(
        [
            {
                "commsId": _person_of(call.account),
                "directedId": call.account["directedId"],
                "firstName": first,
                "lastName": last,
                "phoneCountryCode": None,
                "phoneNumber": None,
                "phoneticFirstName": None,
                "phoneticLastName": None,
                "commsProvisionStatus": "AUTO_PROVISIONED",
                "commsProvisioned": True,
                "enrolledInAlexa": True,
                "isChild": False,
                "signedInUser": True,
                "speakerProvisioned": True,
            }
        ]
    )


def _contacts(call: Call) -> Response:
    """Return the people of the household as contacts."""
    _own(call)
    return json_response(
        [
            {
                "id": str(uuid5(NAMESPACE_URL, person["id"])),
                "contactId": str(uuid5(NAMESPACE_URL, person["id"])),
                "name": {"firstName": person["name"].split()[0], "lastName": person["name"].partition(" ")[2]},
                "emails": [],
                "phoneNumbers": [],
                "isHomeGroup": True,
                "alexaEnabled": True,
            }
            for person in call.account["household"]
        ]
    )


def _announce(call: Call) -> Response:
    """Announce a text on the Echos of the signed-in user, like an announcement node without a target."""
    if call.request.params["person"] != call.account["directedId"]:
        raise HttpError(404, {"message": "There is no such person"})
    body = call.body()
    text, sender = body.get("messageText"), body.get("senderFirstName")
    if body.get("type") != "announcement/text" or not isinstance(text, str) or not isinstance(sender, str):
        raise bad_request("An announcement has a type, a text and a sender")
    if not 1 <= len(text) <= _LONGEST_TEXT or not 1 <= len(sender) <= _LONGEST_NAME:
        raise bad_request("The text or the name of the sender is empty or too long")
    content = {
        "locale": "en-US",
        "display": {"title": sender, "body": text},
        "speak": {"type": "text", "value": text},
    }
    node = {
        "@type": "com.amazon.alexa.behaviors.model.OpaquePayloadOperationNode",
        "type": "AlexaAnnouncement",
        "operationPayload": {"expireAfter": "PT5S", "content": [content], "customerId": call.account_id},
    }
    sequence = {"@type": "com.amazon.alexa.behaviors.model.Sequence", "startNode": node}
    preview = {"behaviorId": "PREVIEW", "sequenceJson": json.dumps(sequence), "status": "ENABLED"}
    call.services.sequences.preview(call.account_id, preview)
    delivered = datetime.fromtimestamp(call.state.now(), UTC).isoformat(timespec="milliseconds")
    return json_response({"statuses": [{"playbackStatus": "DELIVERED", "deliveredTime": delivered}]})


def _identity(call: Call) -> Response:
    """Return the home of a person; only the signed-in person's is visible."""
    _own(call)
    return json_response({"homeGroupId": _group(call)})


def _group(call: Call) -> str:
    """Return the id of the account's home."""
    return f"amzn1.comms.id.hg.amzn1~{uuid5(NAMESPACE_URL, call.account_id)}"


def _devices(call: Call) -> Response:
    """Return the Echos of a home; the response reports announcements as enabled for all of them."""
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
    """Return the requested preferences of an Echo."""
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
    """Return the Echo in the path; raises ``HttpError`` 400."""
    device = call.device(call.request.params["serial"], call.request.params["type"])
    if device["deviceFamily"] in ("WHA", "VOX"):
        raise bad_request("The device has no communications")
    return device
