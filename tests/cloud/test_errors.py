"""Tests of the reasons in errors, which users read as a part of a sentence."""

import pytest

from custom_components.alexa_media.cloud.errors import (
    AlexaAuthError,
    AlexaCommandError,
    AlexaConnectionError,
    AlexaError,
    AlexaPermissionError,
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
        (AlexaConnectionError("x", status=503), "an error at Amazon"),
        (AlexaConnectionError("x", code="csrf"), "the session could not be renewed"),
        (AlexaConnectionError("x", code="ClientConnectorError"), "no connection"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{type(value).__name__} {value.code or value.status}",
)
def test_a_reason_has_no_words_of_http_or_of_the_sign_in(error: AlexaError, reason: str) -> None:
    assert error.reason == reason
