"""How Amazon names a device in a request."""

from custom_components.alexa_media.models import Device


def address_of(device: Device) -> dict[str, str]:
    """Return how Amazon names a device in a query or a body."""
    return {"deviceSerialNumber": device.serial, "deviceType": device.device_type}


def place_of(device: Device) -> dict[str, str]:
    """Return how Amazon names a device in a path."""
    return {"type": device.device_type, "serial": device.serial}
