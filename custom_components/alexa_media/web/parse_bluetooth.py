"""What is paired with the Echos, as a model; pure and tolerant."""

from collections.abc import Mapping
from typing import Any

from custom_components.alexa_media.json_values import flag, mappings, text, texts
from custom_components.alexa_media.models import BluetoothState, PairedDevice

from .endpoints import BLUETOOTH
from .parse_values import required_list


def parse_bluetooth(data: Any) -> dict[str, BluetoothState]:
    """Parse the bluetooth states of all devices, by serial; ``pairedDeviceList`` is null for those that are offline.

    Raises ``AlexaBadResponseError`` when there is no list at all.
    """
    return {
        serial: BluetoothState(paired=_paired(element.get("pairedDeviceList")))
        for element in mappings(required_list(data, "bluetoothStates", BLUETOOTH))
        if (serial := text(element.get("deviceSerialNumber")))
    }


def _paired(value: Any) -> tuple[PairedDevice, ...] | None:
    """Parse the paired devices of one Echo, each address once."""
    if not isinstance(value, list):
        return None
    found = {device.address: device for element in mappings(value) if (device := _device(element))}
    return tuple(found.values())


def _device(element: Mapping[str, Any]) -> PairedDevice | None:
    """Parse one paired device; one without a name is called by its address."""
    if (address := text(element.get("address"))) is None:
        return None
    return PairedDevice(
        address=address,
        name=text(element.get("friendlyName")) or address,
        connected=flag(element.get("connected")) or False,
        profiles=frozenset(texts(element.get("profiles"))),
    )
