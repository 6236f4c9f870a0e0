"""Tests of the reasons in errors, which users read as a part of a sentence."""

import pytest

from custom_components.alexa_media.cloud.errors import (
    AlexaAuthError,
    AlexaBadResponseError,
    AlexaCommandError,
    AlexaConnectionError,
    AlexaError,
    AlexaInvalidValueError,
    AlexaPermissionError,
    AlexaUnsupportedError,
)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (AlexaAuthError("x", status=400, code="invalid_grant"), "signed out"),
        (AlexaAuthError("x", code="unauthorized_client"), "signed out"),
        (AlexaCommandError("x", status=400, code="INVALID_TOKEN"), "refused"),
        (AlexaCommandError("x", status=404), "refused"),
        (AlexaCommandError("x", status=400, code="DEVICE_OFFLINE"), "device offline"),
        (AlexaPermissionError("x", status=403, code="FORBIDDEN"), "not allowed"),
        (AlexaPermissionError("x", status=401, code="HTTP 401 Unauthorized"), "not allowed"),
        (AlexaConnectionError("x", status=401), "the session was not accepted"),
        (AlexaConnectionError("x", status=503), "server error at Amazon"),
        (AlexaConnectionError("x", code="closed"), "the account is being unloaded"),
        (AlexaConnectionError("x", code="csrf"), "the session could not be renewed"),
        (AlexaConnectionError("x", code="ClientConnectorError"), "no connection"),
        (AlexaUnsupportedError("x", code="gone"), "it no longer exists"),
        (AlexaUnsupportedError("x", code="removed"), "it no longer exists"),
        (AlexaUnsupportedError("x", code="guard"), "no Alexa Guard"),
        (AlexaBadResponseError("x", code="empty"), "the list is empty"),
        (AlexaBadResponseError("x", code="pages"), "the list has no end"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{type(value).__name__} {value.code or value.status}",
)
def test_a_reason_has_no_words_of_http_or_of_the_sign_in(error: AlexaError, reason: str) -> None:
    assert error.reason == reason


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (AlexaUnsupportedError("x", status=404), "unsupported"),
        (AlexaUnsupportedError("x", code="gone"), "no_longer_listed"),
        (AlexaUnsupportedError("x", code="removed"), "no_longer_listed"),
        (AlexaCommandError("x", status=400, code="INVALID_VALUE"), "command_refused"),
        (AlexaCommandError("x", code="not_confirmed"), "not_confirmed"),
    ],
)
def test_the_message_depends_on_internal_codes(error: AlexaError, key: str) -> None:
    assert error.translation_key == key


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("name", "name"),
        ("set points", "set points"),
        ("colorTemperatureInKelvin", "color temperature in kelvin"),
        ("System.timeZone", "time zone"),
        ("Alexa.ManagedDevice.Settings.maximumVolumeLimit", "maximum volume limit"),
    ],
)
def test_an_invalid_value_is_named_in_plain_words(field: str, name: str) -> None:
    error = AlexaInvalidValueError(field, "a list")
    assert error.placeholders == {"field": name, "allowed": "a list"}
    assert error.reason == f"{name} must be a list"
    assert str(error) == f"{field} must be a list", "the log contains Amazon's name"
