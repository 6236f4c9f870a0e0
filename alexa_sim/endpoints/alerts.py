"""Endpoints that create, change and end alarms and reminders, and for their sounds."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from alexa_sim import alarm_api, alerts
from alexa_sim.alarm_api import AlertError
from alexa_sim.http import HttpError, Request, Response, json_response

from . import Call, WebsiteApi, admit_bearer, bad_request, empty
from .settings import notification_state

_ALARM_HOSTS = ("api.amazonalexa.com", "api.{region}.amazonalexa.com")
_KINDS = ("Alarm", "MusicAlarm")
_EDITABLE = (
    *("reminderLabel", "status", "alarmTime", "originalDate", "originalTime", "recurringPattern"),
    *("rRuleData", "remainingTime", "triggerTime", "timerLabel", "sound"),
)
_LONGEST_LABEL = 256
_EVERYWHERE = "ALL_DEVICES"


def add_alerts(api: WebsiteApi) -> None:
    """Add the endpoints for alarms, reminders and their sounds."""
    api.add("GET", "/api/notifications/{id}", _get_notification)
    api.add("PUT", "/api/notifications/{id}", _put_notification)
    api.add("DELETE", "/api/notifications/{id}", _delete)
    api.add("GET", "/api/notification/sounds", _sounds)
    api.add("GET", "/api/notification/default-sound", _default_sound)
    api.add("PUT", "/api/notification/default-sound", _set_default_sound)
    api.add("GET", "/api/device-notification-state/{type}/{software}/{serial}", _get_volume)
    api.add("PUT", "/api/device-notification-state/{type}/{software}/{serial}", _set_volume)
    api.add("PUT", "/api/ascending-alarm/{serial}", _set_ascending)
    for method, path, endpoint in (
        ("GET", "", _alarms),
        ("POST", "", _create_alarm),
        ("PUT", "/{token}", _edit_alarm),
        ("PUT", "/{token}/activate", _activate),
        ("PUT", "/{token}/cancel", _cancel),
        ("PUT", "/{token}/nextOccurrence/cancel", _skip),
    ):
        _add_by_bearer(api, method, f"/v1/alerts/alarms{path}", endpoint)


def _add_by_bearer(api: WebsiteApi, method: str, path: str, endpoint: Callable[[Call], Response]) -> None:
    """Add an endpoint at the hosts that require a bearer token; it is served in the account's own region."""

    async def serve(request: Request) -> Response:
        registration = admit_bearer(api.services, request)
        home = api.services.state.marketplace(registration.account)
        if request.host != home.alexa_api.removeprefix("https://"):
            raise HttpError(403, {"message": "The account is not served here"})
        try:
            return endpoint(Call(request, api.services, registration.account))
        except AlertError as err:
            raise bad_request(str(err)) from err

    for host in _ALARM_HOSTS:
        api.services.router.add(method, host, path, serve)


# --- alarms -------------------------------------------------------------------------------


def _alarms(call: Call) -> Response:
    """Return the alarms."""
    account = call.account
    found = [
        alarm_api.as_alarm(key, item, alerts.zone_of(account["devices"][item["deviceSerialNumber"]]))
        for key, item in account["notifications"].items()
        if item["type"] in _KINDS
    ]
    return json_response({"alarms": found, "totalCount": len(found), "links": None})


def _create_alarm(call: Call) -> Response:
    """Create an alarm; the response for a device without alarms has no token."""
    body = call.body()
    device, serial = _endpoint(call, body)
    if "TIMERS_AND_ALARMS" not in device["capabilities"]:
        return json_response({})
    now, zone = call.state.now(), alerts.zone_of(device)
    given = {"type": "Alarm", "deviceSerialNumber": serial, **alarm_api.from_alarm(body, zone, now)}
    key = _store(call, given, device)
    return json_response(alarm_api.as_alarm(key, call.account["notifications"][key], zone))


def _edit_alarm(call: Call) -> Response:
    """Replace an alarm with the body."""
    key, present = _alarm(call)
    body = call.body()
    if "endpointId" not in body:
        body = {**body, "endpointId": f"{present['deviceSerialNumber']}@{present['deviceType']}"}
    device, serial = _endpoint(call, body)
    zone = alerts.zone_of(device)
    changes = alarm_api.from_alarm(body, zone, call.state.now())
    _change(call, key, {"deviceSerialNumber": serial, "deviceType": device["deviceType"], **changes})
    return json_response(alarm_api.as_alarm(key, call.account["notifications"][key], zone))


def _activate(call: Call) -> Response:
    """Turn on an alarm; a past alarm that does not repeat moves to the next day."""
    key, notification = _alarm(call)
    call.body()
    zone = alerts.zone_of(call.account["devices"][notification["deviceSerialNumber"]])
    on = {**notification, "status": "ON", "snoozedToTime": None}
    due = alerts.due(on, zone)
    changes: dict[str, Any] = {"status": "ON", "snoozedToTime": None}
    if due is None or due <= call.state.now():
        changes["originalDate"] = None
    _change(call, key, changes)
    return json_response(alarm_api.as_alarm(key, call.account["notifications"][key], zone))


def _cancel(call: Call) -> Response:
    """Turn off an alarm."""
    key, _ = _alarm(call)
    _change(call, key, {"status": "OFF", "snoozedToTime": None})
    return empty()


def _skip(call: Call) -> Response:
    """Skip the next occurrence of an alarm."""
    key, _ = _alarm(call)
    _skip_next(call, key)
    return empty()


def _alarm(call: Call) -> tuple[str, dict[str, Any]]:
    """Return the alarm in the path; raises ``HttpError`` 404."""
    key = call.request.params["token"]
    notification = call.account["notifications"].get(key)
    if notification is None or notification["type"] not in _KINDS:
        raise HttpError(404, {"message": "There is no such alarm"})
    return key, notification


def _endpoint(call: Call, body: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Return the account's own device for ``endpointId``, and its serial; raises ``HttpError`` 400."""
    serial, _, device_type = str(body.get("endpointId")).partition("@")
    device = call.device(serial, device_type)
    _own(call, serial)
    return device, serial


# --- reminders ----------------------------------------------------------------------------


def _get_notification(call: Call) -> Response:
    """Return one notification with its current remaining time."""
    _, notification = _notification(call)
    return json_response(alerts.shown(notification, call.state.now()))


def _put_notification(call: Call) -> Response:
    """Create or change a notification; "null" is the older name for one that does not exist yet."""
    if call.request.params["id"] in ("createReminder", "null"):
        return _create_reminder(call)
    key, notification = _notification(call)
    body = call.body()
    if str(body.get("version")) != notification["version"]:
        raise HttpError(409, {"message": "The version is not the current one"})
    if body.get("status") == "INSTANCE_CANCELED":
        _skip_next(call, key)
    else:
        changes = {name: body[name] for name in _EDITABLE if name in body and body[name] != notification[name]}
        _check_times({**notification, **changes}, changes, call.state.now())
        _check_sound(changes)
        _change(call, key, _with_rules(changes, notification))
    return json_response(call.account["notifications"][key])


def _create_reminder(call: Call) -> Response:
    """Create a reminder; the response for a device without reminders has no id."""
    body = call.body()
    delivery = body.get("deliveryType")
    serial = _app(call) if delivery == _EVERYWHERE else body.get("deviceSerialNumber")
    device = call.account["devices"][serial] if delivery else call.device(serial, body.get("deviceType"))
    _own(call, str(serial))
    if delivery not in (None, _EVERYWHERE):
        raise bad_request("deliveryType is unknown")
    if body.get("type") != "Reminder" or not body.get("isSaveInFlight"):
        raise bad_request("Only reminders are made here")
    label = body.get("reminderLabel")
    if not isinstance(label, str) or not 0 < len(label) <= _LONGEST_LABEL:
        raise bad_request("reminderLabel is missing or too long")
    _check_times(body, body, call.state.now())
    _check_sound(body)
    if not delivery and "REMINDERS" not in device["capabilities"]:
        return json_response({"deviceSerialNumber": serial, "deviceType": body["deviceType"], "status": "OFF"})
    names = ("alarmTime", "originalDate", "originalTime", "rRuleData", "recurringPattern", "sound")
    given = {name: body.get(name) for name in names if body.get(name) is not None}
    if body.get("isRecurring"):
        given = _with_rules(given, {"originalTime": body["originalTime"], "rRuleData": None})
    if delivery:
        given["deliveryType"] = delivery
    given |= {"type": "Reminder", "deviceSerialNumber": serial, "reminderLabel": label, "status": "ON"}
    key = _store(call, given, device)
    return json_response(call.account["notifications"][key])


def _app(call: Call) -> str:
    """Return the app to which a reminder on all devices belongs, else the first device."""
    devices: dict[str, Any] = call.account["devices"]
    return next((serial for serial, device in devices.items() if device["deviceFamily"] == "VOX"), next(iter(devices)))


def _check_times(merged: dict[str, Any], changes: dict[str, Any], now: float) -> None:
    """Raise ``HttpError`` 400 for a time that is invalid or too soon."""
    if "alarmTime" in changes or "originalTime" in changes:
        when = merged.get("alarmTime")
        if not isinstance(when, int) or (not merged.get("rRuleData") and when / 1000 < now + alarm_api.LEAST_AHEAD):
            raise bad_request("alarmTime has to be in the future")
    if not alerts.is_understood({name: merged.get(name) for name in ("originalTime", "originalDate", "rRuleData")}):
        raise bad_request("The time cannot be read")


def _check_sound(changes: dict[str, Any]) -> None:
    """Raise ``HttpError`` 400 for a sound that none of the Echos has."""
    sound = changes.get("sound")
    if sound is not None and (
        not isinstance(sound, dict) or sound.get("id") not in {known["id"] for known in alarm_api.SOUNDS}
    ):
        raise bad_request("There is no such sound")


def _with_rules(changes: dict[str, Any], notification: dict[str, Any]) -> dict[str, Any]:
    """Return changes with the rule of a new repetition; a repetition that only lost its rule keeps the old one."""
    data = changes.get("rRuleData")
    if not isinstance(data, dict):
        return changes
    kept = {name: value for name, value in (notification["rRuleData"] or {}).items() if name != "recurrenceRules"}
    if {**data, "recurEndDate": None} == {**kept, "recurEndDate": None}:
        return {name: value for name, value in changes.items() if name != "rRuleData"}
    days, intervals, clock = data.get("byWeekDays"), data.get("intervals"), (data.get("notificationTimes") or [None])[0]
    if not isinstance(days, list) or not days or set(days) - set(alarm_api.WEEKDAYS) or not isinstance(clock, str):
        raise bad_request("rRuleData needs byWeekDays and notificationTimes")
    interval = intervals[0] if isinstance(intervals, list) and intervals else None
    if not isinstance(interval, int) or interval < 1:
        raise bad_request("rRuleData needs intervals")
    rule = alarm_api.rule_data(days, interval, clock, str(data.get("recurStartDate")), data.get("frequency", "WEEKLY"))
    return {**changes, "rRuleData": rule, "originalDate": None, "originalTime": clock, "alarmTime": 0}


def _delete(call: Call) -> Response:
    """Delete a notification; some clients send it in the body, others send no body."""
    key, notification = _notification(call)
    if call.request.body and call.body().get("id") != notification["id"]:
        raise bad_request("The body has to be the notification")
    with call.state.change():
        del call.account["notifications"][key]
    return empty()


def _notification(call: Call) -> tuple[str, dict[str, Any]]:
    """Return the notification in the path, by id or index; raises ``HttpError`` 404."""
    wanted = call.request.params["id"]
    for key, notification in call.account["notifications"].items():
        if wanted in (key, notification["id"]):
            return key, notification
    raise HttpError(404, {"message": "There is no such notification"})


def _store(call: Call, given: dict[str, Any], device: dict[str, Any]) -> str:
    """Store a new notification; return its key."""
    key = str(uuid4())
    with call.state.change():
        call.account["notifications"][key] = alerts.complete(key, given, device, call.state.now())
    return key


def _change(call: Call, key: str, changes: dict[str, Any]) -> None:
    """Change a notification; its times are computed from the changes."""
    notifications, now = call.account["notifications"], call.state.now()
    call.state.ringing.forget(call.account_id, key)
    merged = {**notifications[key], **changes}
    device = call.account["devices"][merged["deviceSerialNumber"]]
    with call.state.change():
        notifications[key] = alerts.complete(key, merged, device, now)
        alerts.touch(notifications[key], now)


def _skip_next(call: Call, key: str) -> None:
    """Move to the occurrence after the next one; raises ``HttpError`` 400 if nothing repeats."""
    notification = call.account["notifications"][key]
    if not alerts.is_recurring(notification) or notification["status"] != "ON":
        raise bad_request("Only what repeats and is switched on can be left out once")
    zone = alerts.zone_of(call.account["devices"][notification["deviceSerialNumber"]])
    with call.state.change():
        alerts.skip(notification, zone)
        alerts.touch(notification, call.state.now())


def _own(call: Call, serial: str) -> None:
    """Raise ``HttpError`` 400 unless a device belongs to the account."""
    if serial not in call.account["devices"]:
        raise bad_request("The device belongs to another account")


# --- how it sounds ------------------------------------------------------------------------


def _sounds(call: Call) -> Response:
    """Return the alarm sounds of an Echo."""
    call.queried_device()
    return json_response({"notificationSounds": list(alarm_api.SOUNDS)})


def _default_sound(call: Call) -> Response:
    """Return the default alarm sound."""
    device = call.queried_device()
    if call.request.query.get("notificationType") != "Alarm":
        raise bad_request("notificationType is required")
    return json_response(alarm_api.sound(device["alarmSound"]))


def _set_default_sound(call: Call) -> Response:
    """Set the default alarm sound."""
    body = call.body()
    device = call.device(body.get("deviceSerialNumber"), body.get("deviceType"))
    if body.get("notificationType") != "Alarm" or body.get("soundId") not in [one["id"] for one in alarm_api.SOUNDS]:
        raise bad_request("notificationType and a known soundId are required")
    with call.state.change():
        device["alarmSound"] = body["soundId"]
    return empty()


def _get_volume(call: Call) -> Response:
    """Return the alarm volume of one device."""
    serial, device = _loud(call)
    return json_response(notification_state(serial, device))


def _loud(call: Call) -> tuple[str, dict[str, Any]]:
    """Return the serial and the device in the path; raises ``HttpError`` 400."""
    params = call.request.params
    device = call.device(params["serial"], params["type"])
    if params["software"] != device["softwareVersion"]:
        raise bad_request("The device is another one")
    return params["serial"], device


def _set_volume(call: Call) -> Response:
    """Set the alarm volume; only ``volumeLevel`` is required, and other fields must match."""
    serial, device = _loud(call)
    body = call.body()
    level = body.get("volumeLevel")
    if body.get("deviceSerialNumber", serial) != serial:
        raise bad_request("The device is another one")
    if not isinstance(level, int) or isinstance(level, bool) or not 0 <= level <= 100:
        raise bad_request("volumeLevel has to be 0 to 100")
    with call.state.change():
        device["alertVolume"] = level
    return empty()


def _set_ascending(call: Call) -> Response:
    """Turn ascending alarm volume on or off."""
    body = call.body()
    device = call.device(body.get("deviceSerialNumber"), body.get("deviceType"))
    enabled = body.get("ascendingAlarmEnabled")
    if body.get("deviceSerialNumber") != call.request.params["serial"] or not isinstance(enabled, bool):
        raise bad_request("ascendingAlarmEnabled has to be a boolean")
    with call.state.change():
        device["ascendingAlarm"] = enabled
    return empty()
