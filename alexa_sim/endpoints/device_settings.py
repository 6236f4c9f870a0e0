"""Settings of single devices: preferences, wake word, equalizer, display, aux port and name."""

from collections.abc import Mapping
import json
from typing import Any
from zoneinfo import available_timezones

from alexa_sim.http import HttpError, Response, json_response

from . import Call, WebsiteApi, bad_request, empty
from .settings import MOST_GAIN, with_equalizer

_WAKE_WORDS = ("ALEXA", "AMAZON", "COMPUTER", "ECHO", "ZIGGY")
_BANDS = {"bass", "mid", "treble"}
_SETTINGS: Mapping[str, tuple[str | None, tuple[Any, ...]]] = {
    "displayPower": ("DISPLAY_POWER_TOGGLE", ("ON", "OFF")),
    "brightness": ("DISPLAY_BRIGHTNESS_ADJUST", tuple(range(101))),
    "adaptiveBrightness": ("DISPLAY_ADAPTIVE_BRIGHTNESS", ("ON", "OFF")),
    "timeFormat": ("CLOCK_FORMAT_24_HR", ("12_HOURS", "24_HOURS")),
    "attentionSpan": (None, (True, False)),
    "alexaGestures": (None, (True, False)),
    "connectedSpeakerOption": (None, ("Bluetooth", "InternalSpeaker", "Aux")),
}
"""By name of a setting: the required capability, and the valid values."""


def add_device_settings(api: WebsiteApi) -> None:
    """Add the endpoints for settings of single devices."""
    api.add("PUT", "/api/device-preferences/{serial}", _set_preferences)
    api.add("GET", "/api/wake-words-locale", _wake_words)
    api.add("PUT", "/api/wake-word/{serial}", _set_wake_word)
    api.add("POST", "/api/equalizer/{serial}/{type}", _set_equalizer)
    api.add("GET", "/api/v1/devices/{account}/settings/{name}", _setting)
    api.add("PUT", "/api/v1/devices/{account}/settings/{name}", _set_setting)
    api.add("GET", "/api/auxcontroller/{type}/{serial}/state", _aux)
    api.add("POST", "/api/auxcontroller/{type}/{serial}/ports/{port}/setDirection", _set_aux)
    api.add("PUT", "/api/devices-v2/device/{serial}", _rename)
    api.add("POST", "/api/bluetooth/unpair-sink/{type}/{serial}", _unpair)


def _set_preferences(call: Call) -> Response:
    """Replace the preferences of a device; missing or invalid fields are refused."""
    data = call.body()
    device = _named(call, data)
    if device["deviceFamily"] == "WHA":
        raise bad_request("A group has no preferences")
    preferences = device["preferences"]
    if missing := preferences.keys() - data.keys():
        raise bad_request(f"These are missing: {', '.join(sorted(missing))}")
    wanted = {name: data[name] for name in preferences}
    if (
        wanted["locale"] not in preferences["supportedLocales"]
        or wanted["supportedLocales"] != preferences["supportedLocales"]
        or wanted["timeZoneId"] not in available_timezones()
        or wanted["temperatureScale"] not in ("CELSIUS", "FAHRENHEIT")
        or wanted["distanceUnits"] not in ("METRIC", "IMPERIAL")
        or not isinstance(wanted["goldfishEnabled"], bool)
        or not isinstance(wanted["notificationEarconEnabled"], bool)
    ):
        raise bad_request("A preference has no valid value")
    with call.state.change():
        preferences.update(wanted)
    return empty()


def _wake_words(call: Call) -> Response:
    """Return the wake words that a device supports."""
    device = call.queried_device()
    _need(device, "MULTI_WAKEWORDS_SUPPORTED")
    if not call.request.query.get("softwareVersion"):
        raise bad_request("softwareVersion is required")
    return json_response({"wakeWords": list(_WAKE_WORDS)})


def _set_wake_word(call: Call) -> Response:
    """Change the wake word of a device; the request also has to contain the present one."""
    data = call.body()
    device = _named(call, data)
    _need(device, "MULTI_WAKEWORDS_SUPPORTED", online=True)
    if data.get("wakeWord") not in _WAKE_WORDS or data.get("active") is not True:
        raise bad_request("wakeWord is none of the device's")
    if data.get("displayName") != device["wakeWord"]:
        raise bad_request("displayName is not the present wake word")
    with call.state.change():
        device["wakeWord"] = data["wakeWord"]
    return empty()


def _set_equalizer(call: Call) -> Response:
    """Set bands of the equalizer; other bands are kept."""
    data = call.body()
    device = with_equalizer(call)
    _reachable(device)
    levels = data.values()
    if not data or data.keys() - _BANDS or not all(type(n) is int and abs(n) <= MOST_GAIN for n in levels):
        raise bad_request(f"bass, mid and treble are whole numbers from -{MOST_GAIN} to {MOST_GAIN}")
    with call.state.change():
        device["equalizer"].update(data)
    return empty()


def _setting(call: Call) -> Response:
    """Return one setting as JSON in a string."""
    device, name = _settings(call)
    return json_response({"value": json.dumps(device["settings"][name])})


def _set_setting(call: Call) -> Response:
    """Change one setting."""
    device, name = _settings(call)
    _reachable(device)
    try:
        value = json.loads(call.body().get("value") or "")
    except (TypeError, ValueError) as err:
        raise bad_request("value is JSON within a string") from err
    if not any(type(value) is type(known) and value == known for known in _SETTINGS[name][1]):
        raise bad_request("The setting takes no such value")
    with call.state.change():
        device["settings"][name] = value
    return empty()


def _settings(call: Call) -> tuple[dict[str, Any], str]:
    """Return the setting in the path, and the device for the account id in the path; raises ``HttpError``."""
    account, name = call.request.params["account"], call.request.params["name"]
    device = next((device for _, device in call.devices() if device["deviceAccountId"] == account), None)
    if device is None or name not in _SETTINGS:
        raise HttpError(404, {"message": "There is no such device or setting"})
    if (capability := _SETTINGS[name][0]) is not None:
        _need(device, capability)
    elif device["deviceFamily"] in ("WHA", "VOX"):
        raise bad_request("The device has no such setting")
    return device, name


def _aux(call: Call) -> Response:
    """Return the direction of the audio port."""
    port = {
        "direction": _with_port(call)["auxDirection"],
        "id": "aux0",
        "inputActivity": None,
        "isEnabled": False,
        "isPlugged": False,
    }
    return json_response({"ports": [port]})


def _set_aux(call: Call) -> Response:
    """Set the direction of the audio port."""
    device, data = _with_port(call), call.body()
    _reachable(device)
    if call.request.params["port"] != "aux0" or data.get("deviceId") != call.request.params["serial"]:
        raise bad_request("There is no such port")
    if data.get("direction") not in ("INPUT", "OUTPUT"):
        raise bad_request("direction is INPUT or OUTPUT")
    with call.state.change():
        device["auxDirection"] = data["direction"]
    return empty()


def _with_port(call: Call) -> dict[str, Any]:
    """Return the device in the path; raises ``HttpError`` 400 if it has no audio port."""
    device = call.device(call.request.params["serial"], call.request.params["type"])
    _need(device, "AUX_SETTINGS")
    return device


def _rename(call: Call) -> Response:
    """Rename a device."""
    data = call.body()
    device = call.device(data.get("serialNumber"), data.get("deviceType"))
    name = data.get("accountName")
    if (
        data["serialNumber"] != call.request.params["serial"]
        or data.get("deviceAccountId") != device["deviceAccountId"]
    ):
        raise bad_request("serialNumber or deviceAccountId is another device's")
    _need(device, "CHANGE_NAME")
    if not isinstance(name, str) or not name.strip():
        raise bad_request("accountName is required")
    with call.state.change():
        device["accountName"] = name
    return empty()


def _unpair(call: Call) -> Response:
    """Unpair a Bluetooth device."""
    device = call.device(call.request.params["serial"], call.request.params["type"])
    _reachable(device)
    data = call.body()
    address = data.get("bluetoothDeviceAddress")
    if address not in [paired["address"] for paired in device["bluetooth"]] or not data.get("bluetoothDeviceClass"):
        raise bad_request("bluetoothDeviceAddress is not paired, or bluetoothDeviceClass is missing")
    with call.state.change():
        device["bluetooth"] = [paired for paired in device["bluetooth"] if paired["address"] != address]
    return empty()


def _named(call: Call, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the device in both path and body; raises ``HttpError`` 400 if they differ."""
    device = call.device(data.get("deviceSerialNumber"), data.get("deviceType"))
    if data["deviceSerialNumber"] != call.request.params["serial"]:
        raise bad_request("deviceSerialNumber is another device's")
    return device


def _need(device: Mapping[str, Any], capability: str, *, online: bool = False) -> None:
    """Raise ``HttpError`` 400 unless a device has a capability (and, if ``online``, is online)."""
    if capability not in device["capabilities"]:
        raise bad_request(f"The device lacks {capability}")
    if online:
        _reachable(device)


def _reachable(device: Mapping[str, Any]) -> None:
    """Raise ``HttpError`` 400 if a device is offline."""
    if not device["online"]:
        raise bad_request("The device is offline")
