"""Echos for tests of commands."""

from custom_components.alexa_media.cloud.model.devices import Device, DeviceFamily


def device(serial: str, owner: str | None = None, locale: str | None = None) -> Device:
    """Return an Echo that is online, without capabilities."""
    return Device(
        serial=serial,
        device_type="A3S5BH2HU6VAYF",
        name=serial,
        family=DeviceFamily.ECHO,
        family_raw="ECHO",
        online=True,
        owner_customer_id=owner,
        account_id=None,
        capabilities=frozenset(),
        locale=locale,
    )
