"""The device list and the requests that cover all devices."""

from typing import Any

from alexa_sim.http import HttpError, Response, json_response

from . import Call, WebsiteApi, admit_bearer, bad_request, empty
from .account import csrf_headers

_REBOOT_SECONDS = 30.0
"""Seconds for which an Echo is offline during a restart."""


def add_devices(api: WebsiteApi) -> None:
    """Add the endpoints for devices."""
    api.add("GET", "/api/devices-v2/device", _devices)
    api.add("DELETE", "/api/devices/device/{serial}", _deregister)
    api.add("GET", "/api/device-preferences", _preferences)
    api.add("GET", "/api/wake-word", _wake_words)
    api.add("GET", "/api/device-wifi-details", _wifi)
    api.add("GET", "/api/wholeHomeAudio/v1/groups", _groups)
    api.add("POST", "/v1/alexa/device/reboot/{type}/{serial}", _reboot)


def _devices(call: Call) -> Response:
    """Return all devices, including apps and groups; the response also sets the csrf cookie."""
    devices = [_device(call, serial, device) for serial, device in call.devices()]
    return json_response({"devices": devices}, headers=csrf_headers(call.request))


def _device(call: Call, serial: str, device: dict[str, Any]) -> dict[str, Any]:
    """Return one element of the device list."""
    return {
        "accountName": device["accountName"],
        "appDeviceList": [],
        "associatedUnitIds": None,
        "capabilities": device["capabilities"],
        "charging": None,
        "clusterMembers": device["clusterMembers"],
        "deviceAccountId": device["deviceAccountId"],
        "deviceFamily": device["deviceFamily"],
        "deviceOwnerCustomerId": device["deviceOwnerCustomerId"],
        "deviceType": device["deviceType"],
        "deviceTypeFriendlyName": None,
        "essid": device["essid"],
        "language": None,
        "macAddress": None,
        "online": _online(call, device),
        "parentClusters": call.state.groups_of(call.account_id, serial),
        "postalCode": device["preferences"]["postalCode"],
        "registrationId": None,
        "remainingBatteryLevel": None,
        "serialNumber": serial,
        "softwareVersion": device["softwareVersion"],
    }


def _online(call: Call, device: dict[str, Any]) -> bool:
    """Return whether a device is online; a group is if one of its speakers is."""
    if device["deviceFamily"] != "WHA":
        return bool(device["online"])
    members = [call.state.find(serial) for member in device["clusterMembers"] for serial in call.state.speakers(member)]
    return any(member is not None and member["online"] for member in members)


def _preferences(call: Call) -> Response:
    """Return the preferences of all devices except groups."""
    preferences = [
        {
            "deviceSerialNumber": serial,
            "deviceType": device["deviceType"],
            "deviceAccountId": device["deviceAccountId"],
            "deviceAddress": None,
            "deviceAddressModel": {
                "city": None,
                "countryCode": call.marketplace.country,
                "county": None,
                "district": None,
                "houseNumber": None,
                "label": None,
                "postalCode": device["preferences"]["postalCode"],
                "state": None,
                "street": None,
            },
            "firstRunCompleted": True,
            "responseStyle": None,
            "searchCustomerId": device["deviceOwnerCustomerId"],
            "timeZoneRegion": device["preferences"]["timeZoneId"].partition("/")[0],
            **device["preferences"],
        }
        for serial, device in call.devices("WHA")
    ]
    return json_response({"devicePreferences": preferences})


def _wake_words(call: Call) -> Response:
    """Return the wake words of the Echos."""
    words = [
        {
            "active": True,
            "deviceSerialNumber": serial,
            "deviceType": device["deviceType"],
            "midFieldState": None,
            "wakeWord": device["wakeWord"],
        }
        for serial, device in call.devices("WHA", "VOX")
    ]
    return json_response({"wakeWords": words})


def _wifi(call: Call) -> Response:
    """Return the Wi-Fi network of one device."""
    device = call.queried_device()
    if device["deviceFamily"] in ("WHA", "VOX"):
        raise bad_request("The device has no network details")
    return json_response(
        {
            "deviceSerialNumber": call.request.query["deviceSerialNumber"],
            "deviceType": device["deviceType"],
            "essid": device["essid"],
            "macAddress": device["macAddress"],
        }
    )


def _deregister(call: Call) -> Response:
    """Remove a device from the account; an app is signed out."""
    serial = call.request.params["serial"]
    call.device(serial, call.request.query.get("deviceType"))
    held = call.account["devices"]
    if serial not in held:
        raise bad_request("The device belongs to another person")
    with call.state.change():
        del held[serial]
    for after in call.state.after_patch:
        after()
    return empty()


def _reboot(call: Call) -> Response:
    """Restart an Echo, which is offline for a while; also requires the account's access token."""
    if admit_bearer(call.services, call.request).account != call.account_id:
        raise HttpError(401, {"message": "The access token is another account's"})
    serial = call.request.params["serial"]
    device = call.device(serial, call.request.params["type"])
    if "ALEXA_DEVICE_REBOOT" not in device["capabilities"] or not device["online"]:
        raise bad_request("The device cannot be restarted")

    def back() -> None:
        if (found := call.state.find(serial)) is not None:
            found["online"] = True

    with call.state.change():
        device["online"] = False
    call.state.later(call.state.now() + _REBOOT_SECONDS, back)
    return empty()


def _groups(call: Call) -> Response:
    """Return the speaker groups."""
    groups = [
        {
            "clusterType": "WHA",
            "essid": None,
            "id": serial,
            "members": [
                {"deviceType": member["deviceType"], "dsn": dsn, "speakerChannel": None}
                for dsn in group["clusterMembers"]
                if (member := call.state.find(dsn)) is not None
            ],
            "mrmCategory": "USER_CREATED_MRM",
            "name": group["accountName"],
            "tupleCategory": None,
        }
        for serial, group in call.devices()
        if group["deviceFamily"] == "WHA"
    ]
    return json_response({"groups": groups})
