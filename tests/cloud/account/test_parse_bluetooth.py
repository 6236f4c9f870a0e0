"""Tests of parsing paired devices; invalid responses only raise ``AlexaBadResponseError``."""

import contextlib
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.alexa_media.cloud.account.parse import parse_bluetooth
from custom_components.alexa_media.cloud.errors import AlexaBadResponseError
from custom_components.alexa_media.cloud.model.devices import BluetoothState, PairedDevice

PHONE: dict[str, Any] = {
    "address": "00:53:10:00:00:01",
    "connected": True,
    "deviceClass": "OTHER",
    "friendlyName": "Phone",
    "profiles": ["A2DP-SOURCE", "AVRCP"],
}


def state(serial: object, paired: object) -> dict[str, Any]:
    """Return an element of the list."""
    return {
        "deviceSerialNumber": serial,
        "deviceType": "A3S5BH2HU6VAYF",
        "friendlyName": None,
        "gadgetPaired": False,
        "online": paired is not None,
        "pairedDeviceList": paired,
        "sconeBattery": None,
        "sconePaired": False,
        "softwareVersion": "8960323972",
        "streamingState": None,
    }


def test_paired_devices_are_parsed() -> None:
    speaker = PHONE | {"address": "00:53:10:00:00:02", "connected": False, "profiles": ["A2DP-SINK"]}
    states = parse_bluetooth({"bluetoothStates": [state("G1", [PHONE, speaker]), state("G2", None), state("G3", [])]})
    phone = PairedDevice(
        address="00:53:10:00:00:01", name="Phone", connected=True, profiles=frozenset({"A2DP-SOURCE", "AVRCP"})
    )
    assert states["G1"].paired is not None
    assert states["G1"].paired[0] == phone
    assert [device.can_be_source for device in states["G1"].paired] == [True, False]
    assert states["G2"] == BluetoothState(paired=None)
    assert states["G3"] == BluetoothState(paired=())


def test_invalid_elements_are_skipped() -> None:
    paired = [7, {"address": None}, PHONE | {"friendlyName": None, "connected": "yes", "profiles": None}, PHONE]
    answer = {"bluetoothStates": [None, state(5, [PHONE]), state("G1", paired[:3]), state("G2", paired)]}
    states = parse_bluetooth(answer)
    assert set(states) == {"G1", "G2"}
    assert states["G1"].paired == (
        PairedDevice(address="00:53:10:00:00:01", name="00:53:10:00:00:01", connected=False),
    )
    assert states["G2"].paired is not None
    assert [device.name for device in states["G2"].paired] == ["Phone"]


@pytest.mark.parametrize(
    "answer", [None, [], {}, {"bluetoothStates": None}, "x"], ids=["null", "a list", "empty", "no states", "a text"]
)
def test_a_response_without_a_list_is_refused(answer: Any) -> None:
    with pytest.raises(AlexaBadResponseError) as error:
        parse_bluetooth(answer)
    assert error.value.endpoint == "GET /api/bluetooth"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*PHONE, *state("", None)]), inner),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None)
@given(JSON)
def test_any_value_is_parsed_or_refused(element: Any) -> None:
    with contextlib.suppress(AlexaBadResponseError):
        for found in parse_bluetooth({"bluetoothStates": [element, state("G1", element)]}).values():
            assert found.named("x") is not None
