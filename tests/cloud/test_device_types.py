"""Tests of the names of device types."""

import re

from custom_components.alexa_media.cloud.device_types import MODELS, model_of
from custom_components.alexa_media.cloud.model.devices import Device, DeviceFamily


def device(device_type: str, family: str) -> Device:
    """Return a device of a type and a family."""
    return Device(
        serial="G0SIM00KITCHEN01",
        device_type=device_type,
        name="Kitchen",
        family=DeviceFamily(family),
        family_raw=family,
        online=True,
        owner_customer_id=None,
        account_id=None,
        capabilities=frozenset(),
    )


def test_a_device_type_has_a_model() -> None:
    assert model_of(device("A3S5BH2HU6VAYF", "ECHO")) == "Echo Dot (2nd generation)"
    assert model_of(device("A3C9PE6TNYLTCH", "WHA")) == "Speaker group"


def test_an_unknown_type_is_shown_unchanged() -> None:
    """Family and id are shown as sent by Amazon, even if the family is unknown."""
    assert model_of(device("A0NEWECHO00000", "HOVERCRAFT")) == "HOVERCRAFT A0NEWECHO00000"
    assert model_of(device("A0NEWECHO00000", "")) == "A0NEWECHO00000"


def test_ids_of_the_table_have_amazons_form() -> None:
    """Ids consist of capital letters and digits, like Amazon's."""
    assert [key for key in MODELS if not re.fullmatch(r"A[0-9A-Z]{11,13}", key)] == []
    assert [name for name in MODELS.values() if name != name.strip() or not name] == []
