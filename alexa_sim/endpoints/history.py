"""Voice history: the privacy pages at ``www.<domain>/alexa-privacy``."""

from collections.abc import Iterator
from hashlib import sha256
import json
from typing import Any

from alexa_sim.http import HttpError, Response, html_response, json_response

from . import Call, WebsiteApi, admit_bearer, bad_request

_HOSTS = ("www.{domain}",)
_PAGE = 50
"""Default number of records in a response."""

_WITHOUT_DEVICE = ("AddToListIntent", "InvokeRoutineIntent")
"""Intents whose records do not contain ``deviceInfo``."""

_BURST, _REFILL = 15.0, 12.0
"""Number of requests for records that an account may send in a burst, and the seconds until one more is allowed."""


def add_history(api: WebsiteApi) -> None:
    """Add the page with the token, and both endpoints for records, which require the token."""
    for path in ("/alexa-privacy/apd/rvh", "/alexa-privacy/apd/activity"):
        api.add("GET", path, _page, hosts=_HOSTS)
    api.add("POST", "/alexa-privacy/apd/rah/alexa-history-records-v2", _records, hosts=_HOSTS, csrf=False)
    api.add("GET", "/api/activities", _activities)
    api.add("DELETE", "/api/activities/{activity}", _delete_activity)
    api.add("POST", "/alexa-privacy/apd/rvh/customer-history-records-v2", _voice_records, hosts=_HOSTS, csrf=False)


def _page(call: Call) -> Response:
    """Return the page; its head contains the token that requests have to contain."""
    return html_response(
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Alexa privacy</title>'
        f'<meta name="csrf-token" content="{_token(call)}"></head><body><div id="app"></div></body></html>'
    )


def _token(call: Call) -> str:
    """Return the token of the account."""
    return sha256(f"{call.account_id} {call.account['directedId']}".encode()).hexdigest()


def _records(call: Call) -> Response:
    """Return the commands to the account's Echos from ``startTime`` to ``endTime``, latest first."""
    if admit_bearer(call.services, call.request).account != call.account_id:
        raise HttpError(401, {"message": "The access token is another account's"})
    said, token = _said(call, _PAGE)
    return json_response({"alexaHistoryRecords": [_record(call, one) for one in said], "encodedRequestToken": token})


def _voice_records(call: Call) -> Response:
    """Return the commands in the older form, which needs no access token."""
    size = call.request.query.get("maxRecordSize", str(_PAGE))
    if not size.isdecimal() or size == "0":
        raise bad_request("maxRecordSize is no number")
    said, token = _said(call, int(size))
    return json_response(
        {
            "customerHistoryRecords": [_voice_record(call, one) for one in said],
            "encodedRequestToken": token,
            "noDataFoundWithinTimeLimit": not said,
            "lastRecordTimestamp": None,
            "voiceProfileAssociatedWithPerson": False,
        }
    )


def _activities(call: Call) -> Response:
    """Return the commands in the oldest form, latest first."""
    size = call.request.query.get("size", str(_PAGE))
    if not size.isdecimal() or size == "0":
        raise bad_request("size is no number")
    activities = [
        {
            "id": _key(call, one),
            "activityStatus": "SUCCESS",
            "creationTimestamp": round(one["time"] * 1000),
            "description": json.dumps({"summary": one["text"]}),
            "registeredCustomerId": call.account_id,
            "sourceDeviceIds": [{"deviceType": device["deviceType"], "serialNumber": one["serial"]}],
        }
        for one in list(_all(call))[: int(size)]
        if (device := dict(call.devices())[one["serial"]])
    ]
    return json_response({"activities": activities, "startDate": None, "endDate": None})


def _delete_activity(call: Call) -> Response:
    """Delete a command by its id in the oldest form; raises ``HttpError`` 404."""
    found = [one for one in _all(call) if _key(call, one) == call.request.params["activity"]]
    if not found:
        raise HttpError(404, {"message": "There is no such activity"})
    call.services.history.remove(found[0])
    return json_response(None)


def _all(call: Call) -> Iterator[dict[str, Any]]:
    """Yield all commands to the account's Echos, latest first."""
    return _between(call, 0, round(call.state.now() * 1000))


def _said(call: Call, size: int) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of commands, and the token of the next page; raises ``HttpError``."""
    if call.request.headers.get("anti-csrftoken-a2z") != _token(call):
        raise HttpError(403, {"message": "anti-csrftoken-a2z is missing or wrong"})
    _spend(call)
    query = call.request.query
    if not query.get("startTime", "").isdecimal() or not query.get("endTime", "").isdecimal():
        raise bad_request("startTime and endTime are required")
    first = _offset(call.body().get("previousRequestToken"))
    said = list(_between(call, int(query["startTime"]), int(query["endTime"])))
    after = first + size
    return said[first:after], _page_token(after) if after < len(said) else None


def _spend(call: Call) -> None:
    """Count a request; raises ``HttpError`` 429 if the account has sent too many."""
    now = call.state.now()
    left, since = call.services.history_left.get(call.account_id, (_BURST, now))
    left = min(_BURST, left + max(0.0, now - since) / _REFILL)
    if left < 1:
        raise HttpError(429, {"message": "Too Many Requests"})
    call.services.history_left[call.account_id] = left - 1, now


def _between(call: Call, start: int, end: int) -> Iterator[dict[str, Any]]:
    """Yield the commands to the account's Echos within a range of epoch milliseconds, latest first."""
    serials = dict(call.devices())
    for said in reversed(call.services.history):
        is_between = start <= said["time"] * 1000 <= end
        if said["serial"] in serials and is_between and said.get("readableAt", 0.0) <= call.state.now():
            yield said


def _page_token(offset: int) -> str:
    """Return the token of the page that starts after ``offset`` records."""
    return f"page-{offset:x}"


def _offset(token: Any) -> int:
    """Return the offset in a page token; raises ``HttpError`` 400."""
    if token is None:
        return 0
    try:
        return int(str(token).removeprefix("page-"), 16)
    except ValueError:
        raise bad_request("previousRequestToken is unknown") from None


def _key(call: Call, said: dict[str, Any]) -> str:
    """Return the key of a record, which contains the serial of the Echo."""
    device = dict(call.devices())[said["serial"]]
    return f"{call.account_id}#{round(said['time'] * 1000)}#{device['deviceType']}#{said['serial']}"


def _record(call: Call, said: dict[str, Any]) -> dict[str, Any]:
    """Return a record in the newer form."""
    person, intent = said["person"], said["intent"]
    return {
        "activityKey": _key(call, said),
        "timestamp": round(said["time"] * 1000),
        "recordType": "VOICE_HISTORY",
        "utteranceType": said["utteranceType"],
        "intent": intent,
        "title": said["text"],
        "subTitle": said["response"] or "",
        "deviceInfo": None if intent in _WITHOUT_DEVICE else {"deviceSerialNumber": said["serial"]},
        "personsInfo": [{"personFirstName": person, "personType": "ADULT"}] if person else [],
    }


def _voice_record(call: Call, said: dict[str, Any]) -> dict[str, Any]:
    """Return a record in the older form, in which the transcript begins with the wake word."""
    device, timestamp, key = dict(call.devices())[said["serial"]], round(said["time"] * 1000), _key(call, said)
    texts = [("CUSTOMER_TRANSCRIPT", f"alexa {said['text']}".strip())]
    if said["response"]:
        texts.append(("ALEXA_RESPONSE", said["response"]))
    return {
        "recordKey": key,
        "recordType": "VOICE_HISTORY",
        "timestamp": timestamp,
        "customerId": call.account_id,
        "device": {"deviceName": device["accountName"], "deviceEntityId": None},
        "isBinaryFeedbackProvided": False,
        "isFeedbackPositive": False,
        "utteranceType": said["utteranceType"],
        "domain": None,
        "intent": said["intent"],
        "skillName": "",
        "voiceHistoryRecordItems": [
            {
                "recordItemKey": f"{key}-{number}",
                "recordItemType": kind,
                "utteranceId": key,
                "timestamp": timestamp,
                "transcriptText": text,
                "agentVisualName": "",
            }
            for number, (kind, text) in enumerate(texts)
        ],
    }
