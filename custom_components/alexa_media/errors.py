"""What can go wrong between us and Amazon.

Every error keeps the endpoint it belongs to, and what of the answer may be shown: no
token, cookie or text of the user's. ``translation_key`` names the sentence in
``translations/*.json`` under ``exceptions`` that tells the user what happened.
"""

from typing import ClassVar, override


class AlexaError(Exception):
    """Base of all errors that a backend raises.

    ``endpoint`` is "METHOD /path" (no query), ``status`` the HTTP status where there was
    one, ``code`` Amazon's own name of the error where it gave one.
    """

    translation_key: ClassVar[str] = "unknown_error"
    request_id: str | None = None
    """Amazon's own id of the request, to be quoted when reporting a problem; only some clouds give one."""

    def __init__(
        self, message: str, *, endpoint: str | None = None, status: int | None = None, code: str | None = None
    ) -> None:
        """Keep what is known about the failure."""
        super().__init__(message)
        self.endpoint = endpoint
        self.status = status
        self.code = code

    @property
    def placeholders(self) -> dict[str, str]:
        """Return what the translated sentence may hold."""
        return {
            "endpoint": self.endpoint or "?",
            "reason": self.code or str(self.status or "") or type(self).__name__,
        }


class AlexaAuthError(AlexaError):
    """Amazon says that the sign-in is no longer valid: the user has to sign in again."""

    translation_key = "auth_failed"


class AlexaConnectionError(AlexaError):
    """Amazon could not be reached, did not answer in time, or answered 5xx.

    For a write the outcome is unknown unless ``sent`` is false.
    """

    translation_key = "cannot_connect"

    def __init__(
        self,
        message: str,
        *,
        endpoint: str | None = None,
        status: int | None = None,
        code: str | None = None,
        sent: bool = True,
        retry_after: float | None = None,
    ) -> None:
        """Keep whether the request may have reached Amazon, and the seconds to wait where they are known."""
        super().__init__(message, endpoint=endpoint, status=status, code=code)
        self.sent = sent
        self.retry_after = retry_after


class AlexaRateLimitedError(AlexaError):
    """Amazon throttles the account; ``retry_after`` is in seconds."""

    translation_key = "rate_limited"

    def __init__(
        self,
        message: str,
        *,
        retry_after: float,
        endpoint: str | None = None,
        status: int | None = None,
        code: str | None = None,
    ) -> None:
        """Keep how long to wait."""
        super().__init__(message, endpoint=endpoint, status=status, code=code)
        self.retry_after = retry_after


class AlexaUnsupportedError(AlexaError):
    """Amazon does not know the endpoint, the device or the operation (403, 404, 405)."""

    translation_key = "unsupported"


class AlexaCommandError(AlexaError):
    """Amazon refused a command (other 4xx, or an error inside a 200)."""

    translation_key = "command_refused"


class AlexaUnreachableError(AlexaCommandError):
    """Amazon cannot reach the appliance that a command was for; it concerns no other."""

    translation_key = "unreachable"


class AlexaBadResponseError(AlexaError):
    """The answer is not what the endpoint is known to give."""

    translation_key = "bad_response"


class AlexaPermissionError(AlexaError):
    """The sign-in is good, but it may not do this: a permission, a country or a subscription is lacking.

    Some operations answer so, too, about a single device that is not there any more.
    """

    translation_key = "permission_missing"


class AlexaDeviceOfflineError(AlexaUnreachableError):
    """Amazon answers, but the device does not: it is offline, or its own cloud is."""

    translation_key = "device_offline"


class AlexaInvalidValueError(AlexaError, ValueError):
    """What was asked for is outside of what Amazon takes; nothing was sent.

    ``field`` names the value, ``allowed`` says what it may be. The value itself is not
    kept: it may be a password.
    """

    translation_key = "invalid_value"

    def __init__(self, field: str, allowed: str) -> None:
        """Keep the field and what is allowed in it."""
        super().__init__(f"{field} must be {allowed}")
        self.field = field
        self.allowed = allowed

    @property
    @override
    def placeholders(self) -> dict[str, str]:
        return {"field": self.field, "allowed": self.allowed}


class EnrollmentError(AlexaError):
    """The sign-in by authorization code cannot go on; ``code`` is a key of the config flow's errors."""

    translation_key = "enrollment_failed"

    def __init__(self, message: str, *, code: str) -> None:
        """Keep the key."""
        super().__init__(message, code=code)
        self.key = code
