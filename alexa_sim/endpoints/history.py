"""What people said: the privacy pages at ``www.<domain>/alexa-privacy``."""

from hashlib import sha256
from typing import Any

from alexa_sim.http import HttpError, Response, html_response, json_response

from . import Call, WebsiteApi, admit_bearer, bad_request

_HOSTS = ("www.{domain}",)


def add_history(api: WebsiteApi) -> None:
    """Add the page that gives a token, and the records that need it."""
    for path in ("/alexa-privacy/apd/rvh", "/alexa-privacy/apd/activity"):
        api.add("GET", path, _page, hosts=_HOSTS)
    api.add("POST", "/alexa-privacy/apd/rah/alexa-history-records-v2", _records, hosts=_HOSTS, csrf=False)


def _page(call: Call) -> Response:
    """Show the page; its head holds the token that requests have to carry."""
    return html_response(
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Alexa privacy</title>'
        f'<meta name="csrf-token" content="{_token(call)}"></head><body><div id="app"></div></body></html>'
    )


def _token(call: Call) -> str:
    """Return the account's token."""
    return sha256(f"{call.account_id} {call.account['directedId']}".encode()).hexdigest()


def _records(call: Call) -> Response:
    """List what was said to the account's Echos from ``startTime`` to ``endTime``, the latest first."""
    if admit_bearer(call.services, call.request).account != call.account_id:
        raise HttpError(401, {"message": "The access token is another account's"})
    if call.request.headers.get("anti-csrftoken-a2z") != _token(call):
        raise HttpError(403, {"message": "anti-csrftoken-a2z is missing or wrong"})
    query = call.request.query
    if not query.get("startTime", "").isdecimal() or not query.get("endTime", "").isdecimal():
        raise bad_request("startTime and endTime are required")
    start, end = int(query["startTime"]), int(query["endTime"])
    serials = dict(call.devices())
    records = [
        _record(said)
        for said in reversed(call.services.history)
        if said["serial"] in serials and start <= said["time"] * 1000 <= end
    ]
    return json_response({"alexaHistoryRecords": records, "encodedRequestToken": None})


def _record(said: dict[str, Any]) -> dict[str, Any]:
    """Return a record."""
    person = said["person"]
    return {
        "timestamp": round(said["time"] * 1000),
        "recordType": "VOICE_HISTORY",
        "utteranceType": "GENERAL",
        "intent": None,
        "title": said["text"],
        "subTitle": said["response"] or "",
        "deviceInfo": {"deviceSerialNumber": said["serial"]},
        "personsInfo": [{"personFirstName": person, "personType": "ADULT"}] if person else [],
    }
