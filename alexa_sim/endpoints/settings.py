"""Notifications, Do Not Disturb, Bluetooth and other settings of devices."""

from typing import Any

from alexa_sim import alerts
from alexa_sim.http import Response, json_response

from . import Call, WebsiteApi, bad_request, empty

MOST_GAIN = 6
"""Largest absolute value of an equalizer band."""


def add_settings(api: WebsiteApi) -> None:
    """Add the endpoints for settings."""
    api.add("GET", "/api/notifications", _notifications)
    api.add("GET", "/api/dnd/device-status-list", _dnd_list)
    api.add("PUT", "/api/dnd/status", _set_dnd)
    api.add("GET", "/api/bluetooth", _bluetooth)
    api.add("POST", "/api/bluetooth/pair-sink/{type}/{serial}", _connect)
    api.add("POST", "/api/bluetooth/disconnect-sink/{type}/{serial}", _disconnect)
    api.add("GET", "/api/ascending-alarm", _ascending)
    api.add("GET", "/api/device-notification-state", _notification_state)
    api.add("GET", "/api/equalizer/{serial}/{type}", _equalizer)
    api.add("GET", "/api/equalizer/enabled/{serial}/{type}", _equalizer_enabled)
    api.add("GET", "/api/devices/{serial}/{type}/audio/v1/getEQRange", _equalizer_range)


def _notifications(call: Call) -> Response:
    """Return alarms, timers and reminders with their current remaining times."""
    now = call.state.now()
    notifications = [alerts.shown(notification, now) for notification in call.account["notifications"].values()]
    return json_response({"notifications": notifications})


def _dnd_list(call: Call) -> Response:
    """Return the Do Not Disturb state of Echos and groups."""
    states = [
        {"deviceSerialNumber": serial, "deviceType": device["deviceType"], "enabled": device["dnd"]}
        for serial, device in call.devices("VOX")
    ]
    return json_response({"doNotDisturbDeviceStatusList": states})


def _set_dnd(call: Call) -> Response:
    """Turn Do Not Disturb on or off; the response repeats the request."""
    data = call.body()
    device = call.device(data.get("deviceSerialNumber"), data.get("deviceType"))
    if not isinstance(enabled := data.get("enabled"), bool):
        raise bad_request("enabled has to be a boolean")
    with call.state.change():
        device["dnd"] = enabled
    return json_response({name: data[name] for name in ("deviceSerialNumber", "deviceType", "enabled")})


def _bluetooth(call: Call) -> Response:
    """Return the paired devices of the Echos; ``null`` for offline Echos."""
    states = [
        {
            "deviceSerialNumber": serial,
            "deviceType": device["deviceType"],
            "friendlyName": None,
            "gadgetPaired": False,
            "online": device["online"],
            "pairedDeviceList": device["bluetooth"] if device["online"] else None,
            "sconeBattery": None,
            "sconePaired": False,
            "softwareVersion": device["softwareVersion"],
            "streamingState": None,
        }
        for serial, device in call.devices("WHA", "VOX")
    ]
    return json_response({"bluetoothStates": states})


def _connect(call: Call) -> Response:
    """Connect a paired device, and disconnect any other."""
    device = _reachable(call)
    address = call.body().get("bluetoothDeviceAddress")
    if address not in [paired["address"] for paired in device["bluetooth"]]:
        raise bad_request("bluetoothDeviceAddress is not paired")
    with call.state.change():
        for paired in device["bluetooth"]:
            paired["connected"] = paired["address"] == address
    return empty()


def _disconnect(call: Call) -> Response:
    """Disconnect the connected device."""
    device = _reachable(call)
    with call.state.change():
        for paired in device["bluetooth"]:
            paired["connected"] = False
    return empty()


def _reachable(call: Call) -> dict[str, Any]:
    """Return the device in the path; raises ``HttpError`` 400 if it is offline."""
    device = call.device(call.request.params["serial"], call.request.params["type"])
    if not device["online"]:
        raise bad_request("The device is offline")
    return device


def _ascending(call: Call) -> Response:
    """Return whether the alarm volume of each device is ascending."""
    models = [
        {
            "ascendingAlarmEnabled": device["ascendingAlarm"],
            "deviceAccountId": None,
            "deviceSerialNumber": serial,
            "deviceType": device["deviceType"],
        }
        for serial, device in call.devices("WHA", "VOX")
    ]
    return json_response({"ascendingAlarmModelList": models})


def _notification_state(call: Call) -> Response:
    """Return the alarm volumes."""
    states = [notification_state(serial, device) for serial, device in call.devices("WHA", "VOX")]
    return json_response({"deviceNotificationStates": states})


def notification_state(serial: str, device: dict[str, Any]) -> dict[str, Any]:
    """Return the alarm volume of a device as an element of the list."""
    return {
        "deviceAccountId": None,
        "deviceSerialNumber": serial,
        "deviceType": device["deviceType"],
        "softwareVersion": device["softwareVersion"],
        "tertiaryVolume": None,
        "volumeLevel": device["alertVolume"],
    }


def _equalizer(call: Call) -> Response:
    """Return the equalizer of one device."""
    return json_response(with_equalizer(call)["equalizer"])


def _equalizer_enabled(call: Call) -> Response:
    """Return whether a device has an equalizer."""
    device = call.device(call.request.params["serial"], call.request.params["type"])
    return json_response({"enabled": _has_equalizer(device)})


def _equalizer_range(call: Call) -> Response:
    """Return the limits of the equalizer bands."""
    with_equalizer(call)
    return json_response({"max": MOST_GAIN, "min": -MOST_GAIN})


def with_equalizer(call: Call) -> dict[str, Any]:
    """Return the device in the path; raises ``HttpError`` 400 if it has no equalizer."""
    device = call.device(call.request.params["serial"], call.request.params["type"])
    if not _has_equalizer(device):
        raise bad_request("The device has no equalizer")
    return device


def _has_equalizer(device: dict[str, Any]) -> bool:
    return any(capability.startswith("EQUALIZER_CONTROLLER_") for capability in device["capabilities"])
