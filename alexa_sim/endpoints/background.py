"""Background image of devices with a screen."""

from urllib.parse import urlsplit

from alexa_sim.http import Response

from . import Call, WebsiteApi, bad_request, empty


def add_background(api: WebsiteApi) -> None:
    """Add the endpoint that sets the background."""
    api.add("POST", "/api/background-image", _set_background)


def _set_background(call: Call) -> Response:
    """Store the URL of the background image for a device with a screen."""
    data = call.body()
    device = call.device(data.get("deviceSerialNumber"), data.get("deviceType"))
    if not any(capability.startswith("DISPLAY_") for capability in device["capabilities"]):
        raise bad_request("The device has no screen")
    if data.get("backgroundImageType") != "PERSONAL_PHOTOS" or not isinstance(data.get("backgroundImageID"), str):
        raise bad_request("backgroundImageType and backgroundImageID are required")
    address = data.get("backgroundImageURL")
    if not isinstance(address, str) or urlsplit(address).scheme != "https":
        raise bad_request("backgroundImageURL has to be an https address")
    with call.state.change():
        device["backgroundImage"] = address
    return empty()
