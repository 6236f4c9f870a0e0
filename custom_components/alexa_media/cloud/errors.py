"""What can go wrong between us and Amazon.

Every error keeps the endpoint it belongs to, and what of the answer may be shown: no
token, cookie or text of the user's. ``translation_key`` names the sentence in
``translations/*.json`` under ``exceptions`` that tells the user what happened.
"""

import re
from typing import ClassVar, Final, override

_CLASS_NAME: Final = re.compile(r"\b(?:\w+[.#])*\w*[a-z](?:Error|Exception)\b:?\s*")
_IN_WORDS: Final = {
    "TimeoutError": "no answer in time",
    "SocketTimeoutError": "no answer in time",
    "ConnectionTimeoutError": "no connection in time",
    "LostError": "the connection was lost",
    "ServerDisconnectedError": "the connection was lost",
    "ClientConnectorError": "no connection",
    "ClientConnectorDNSError": "no connection",
    "csrf": "the session could not be renewed",
    "backoff": "the sign-in could not be renewed",
    "closed": "the account is being unloaded",
    "cut": "the answer was cut off",
    "too_large": "the answer is too large",
}
"""What the codes of our own and the names of exceptions mean."""


def in_words(code: str | None) -> str:
    """Return what an error code says, without names of classes; empty when nothing else is in it."""
    if not code:
        return ""
    if known := _IN_WORDS.get(code):
        return known
    text = _CLASS_NAME.sub("", code).strip()
    return text.replace("_", " ").lower() if re.fullmatch(r"[A-Z0-9_]+|[a-z0-9_]+", text) else text


class AlexaError(Exception):
    """Base of all errors that a backend raises.

    ``endpoint`` is "METHOD /path" (no query), ``status`` the HTTP status where there was
    one, ``code`` Amazon's own name of the error where it gave one.
    """

    translation_key: ClassVar[str] = "unknown_error"
    words: ClassVar[str] = "unknown error"
    """The error in a few words, where neither Amazon nor the status says more."""
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
        return {"reason": self.reason}

    @property
    def details(self) -> str:
        """Return endpoint and cause for the log: no token, cookie or text of the user's is in it."""
        return f"{self.endpoint or '?'}: {self.code or self.status or type(self).__name__}"

    @property
    def reason(self) -> str:
        """Return in plain words why it failed; several of these may be joined in one sentence."""
        return in_words(self.code) or (f"error {self.status}" if self.status and self.status >= 400 else self.words)


class AlexaAuthError(AlexaError):
    """Amazon says that the sign-in is no longer valid: the user has to sign in again."""

    translation_key = "auth_failed"
    words = "signed out"


class AlexaConnectionError(AlexaError):
    """Amazon could not be reached, did not answer in time, or answered 5xx.

    For a write the outcome is unknown unless ``sent`` is false.
    """

    translation_key = "cannot_connect"
    words = "no answer"

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
    words = "too many requests"

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

    @property
    @override
    def reason(self) -> str:
        return self.words


class AlexaUnsupportedError(AlexaError):
    """Amazon does not know the endpoint, the device or the operation (403, 404, 405)."""

    translation_key = "unsupported"
    words = "not supported"


class AlexaNoPlayerError(AlexaUnsupportedError):
    """Amazon has no player of its own there: nothing plays, or a provider plays through its own player.

    ``expired`` is true where Amazon had a queue that it has dropped by now.
    """

    translation_key = "no_player"

    def __init__(self, message: str, *, expired: bool, endpoint: str | None = None, code: str | None = None) -> None:
        """Keep which of the two it is, as far as Amazon says."""
        super().__init__(message, endpoint=endpoint, code=code)
        self.expired = expired


class AlexaCommandError(AlexaError):
    """Amazon refused a command (other 4xx, or an error inside a 200)."""

    translation_key = "command_refused"
    words = "refused"


class AlexaUnreachableError(AlexaCommandError):
    """Amazon cannot reach the appliance that a command was for; it concerns no other."""

    translation_key = "unreachable"
    words = "not reachable"


class AlexaBadResponseError(AlexaError):
    """The answer is not what the endpoint is known to give."""

    translation_key = "bad_response"
    words = "unexpected answer"


class AlexaPermissionError(AlexaError):
    """The sign-in is good, but it may not do this: a permission, a country or a subscription is lacking.

    Some operations answer so, too, about a single device that is not there any more.
    """

    translation_key = "permission_missing"
    words = "not allowed"


class AlexaDeviceOfflineError(AlexaUnreachableError):
    """Amazon answers, but the device does not: it is offline, or its own cloud is."""

    translation_key = "device_offline"
    words = "offline"


class AlexaSpeakingError(AlexaError):
    """The device speaks for so long that a further text was not queued; nothing was sent."""

    translation_key = "still_speaking"

    def __init__(self, message: str, *, seconds: int) -> None:
        """Keep for how many seconds it probably speaks."""
        super().__init__(message)
        self.seconds = seconds

    @property
    @override
    def placeholders(self) -> dict[str, str]:
        return {"seconds": str(self.seconds), "reason": f"speaks for {self.seconds} s more"}


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
    words = "sign-in failed"

    def __init__(self, message: str, *, code: str) -> None:
        """Keep the key."""
        super().__init__(message, code=code)
        self.key = code
