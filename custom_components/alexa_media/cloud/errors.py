"""Errors of both clouds.

The message of an error may be logged: it contains no token or cookie. ``translation_key`` is the
key under ``exceptions`` in ``translations/*.json`` of the message shown to the user.
"""

from collections.abc import Iterable
import re
from typing import ClassVar, Final, TypedDict, Unpack, override

_CLASS_NAME: Final = re.compile(r"\b(?:\w+[.#])*\w*[a-z](?:Error|Exception)\b:?\s*")
_IN_WORDS: Final = {
    "TimeoutError": "no response in time",
    "SocketTimeoutError": "no response in time",
    "ConnectionTimeoutError": "no connection in time",
    "LostError": "the connection was lost",
    "ServerDisconnectedError": "the connection was lost",
    "ClientConnectorError": "no connection",
    "ClientConnectorDNSError": "no connection",
    "csrf": "the session could not be renewed",
    "backoff": "the sign-in could not be renewed",
    "closed": "the account is being unloaded",
    "cut": "the response was cut off",
    "too_large": "the response is too large",
    "empty": "the list is empty",
    "pages": "the list has no end",
    "gone": "it no longer exists",
    "removed": "it no longer exists",
    "guard": "no Alexa Guard",
    "not_known": "the current value is unknown",
}
"""Plain words for internal codes and exception names."""

_KEYS_BY_CODE: Final = {"gone": "no_longer_listed", "removed": "no_longer_listed", "not_confirmed": "not_confirmed"}
"""Translation keys for internal codes that say more than the type of the error."""

_INTERNAL: Final = re.compile(
    r"\b(?:oauth|https?|grant|token|bearer|cookies?|csrf|credentials?|unauthori[sz]ed|forbidden|[45]\d\d)\b",
    re.IGNORECASE,
)
"""Words of HTTP and OAuth, which mean nothing to most users."""

_NEXT_WORD: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Start of a word in a name such as ``timeZone``."""


def in_words(code: str | None) -> str:
    """Return an error code in plain words, or "" for a missing code or one that users would not understand."""
    if not code:
        return ""
    if known := _IN_WORDS.get(code):
        return known
    text = _CLASS_NAME.sub("", code).strip()
    if _INTERNAL.search(text.replace("_", " ")):
        return ""
    return text.replace("_", " ").lower() if re.fullmatch(r"[A-Z0-9_]+|[a-z0-9_]+", text) else text


class ErrorDetails(TypedDict, total=False):
    """Optional details of an error; see ``AlexaError``."""

    endpoint: str | None
    status: int | None
    code: str | None


class AlexaError(Exception):
    """Base class of the errors of both clouds.

    ``endpoint`` is usually "METHOD /path" without the query. ``status`` is the HTTP status, or 401 if the account API
    did not accept the session. ``code`` is the error code from Amazon or the integration. Each may be None.
    """

    translation_key: str = "bad_response"
    words: ClassVar[str] = "unknown error"
    """Short description for users, the default of ``reason``."""
    is_account_wide: ClassVar[bool] = False
    """Whether the cause is the account or the connection rather than the device of the command."""
    request_id: str | None = None
    """Amazon's id of the request, to quote in problem reports, or None."""

    def __init__(self, message: str, **details: Unpack[ErrorDetails]) -> None:
        """Initialize with the details of the failure."""
        super().__init__(message)
        self.endpoint = details.get("endpoint")
        self.status = details.get("status")
        self.code = details.get("code")
        self.translation_key = _KEYS_BY_CODE.get(self.code or "", type(self).translation_key)

    @property
    def placeholders(self) -> dict[str, str]:
        """Return the placeholders of the translated message.

        Unless the error is account-wide, a reason that would only repeat the message is "no reason given".
        """
        is_known = self.is_account_wide or self.reason not in (self.words, self.translation_key)
        return {"reason": self.reason if is_known else "no reason given"}

    @property
    def details(self) -> str:
        """Return the endpoint and the cause for the log, without tokens or cookies."""
        return f"{self.endpoint or '?'}: {self.code or self.status or type(self).__name__}"

    @property
    def reason(self) -> str:
        """Return the reason in plain words, usable as a part of a sentence."""
        return in_words(self.code) or ("server error at Amazon" if self.status and self.status >= 500 else self.words)

    @property
    def is_doubtful(self) -> bool:
        """Return whether Amazon may have executed the write that caused the error."""
        return False


class AlexaAuthError(AlexaError):
    """The sign-in is no longer valid; the user has to sign in again."""

    translation_key = "auth_failed"
    words = "signed out"
    is_account_wide = True

    @property
    @override
    def reason(self) -> str:
        return self.words


class AlexaConnectionError(AlexaError):
    """A failure such as a lost connection, a 5xx, or a session that Amazon does not accept."""

    translation_key = "cannot_connect"
    words = "no response"
    is_account_wide = True

    def __init__(
        self, message: str, *, sent: bool = True, retry_after: float | None = None, **details: Unpack[ErrorDetails]
    ) -> None:
        """Initialize the error.

        ``sent`` is False if Amazon certainly did not execute the request. ``retry_after`` is in seconds, None if
        unknown.
        """
        super().__init__(message, **details)
        self.sent = sent
        self.retry_after = retry_after

    @property
    @override
    def reason(self) -> str:
        found = super().reason
        return "the session was not accepted" if self.status == 401 and found == self.words else found

    @property
    @override
    def is_doubtful(self) -> bool:
        return self.sent


class AlexaRateLimitedError(AlexaError):
    """Amazon is rate limiting the account; ``retry_after`` is in seconds."""

    translation_key = "rate_limited"
    words = "too many requests"
    is_account_wide = True

    def __init__(self, message: str, *, retry_after: float, **details: Unpack[ErrorDetails]) -> None:
        """Initialize the error."""
        super().__init__(message, **details)
        self.retry_after = retry_after

    @property
    @override
    def reason(self) -> str:
        return self.words


class AlexaUnsupportedError(AlexaError):
    """The operation is not supported, or its object does not exist; often a 404, a 405, or a 403 of the account API."""

    translation_key = "unsupported"
    words = "not supported"


class AlexaRoutineError(AlexaError):
    """A routine is gone, could not be changed safely, or was damaged by Amazon during a change."""

    words = "routine not changed"

    def __init__(self, message: str, key: str) -> None:
        """Initialize; ``key`` is the translation key of the message."""
        super().__init__(message)
        self.translation_key = key


class AlexaNoPlayerError(AlexaUnsupportedError):
    """Amazon controls no playback on the device: it is idle, a provider uses its own player, or the queue has expired.

    ``expired`` is True in the last case.
    """

    def __init__(self, message: str, *, expired: bool, **details: Unpack[ErrorDetails]) -> None:
        """Initialize the error."""
        super().__init__(message, **details)
        self.expired = expired


class AlexaCommandError(AlexaError):
    """Amazon refused a command, for example with a 400 or an error in the body of a 200, or did not confirm it."""

    translation_key = "command_refused"
    words = "refused"


class AlexaUnreachableError(AlexaCommandError):
    """Amazon cannot reach the appliance of a command; other appliances are not affected."""

    translation_key = "unreachable"
    words = "not reachable"


class AlexaBadResponseError(AlexaError):
    """The response is not usable, or Amazon refused a read, for example with a 400 or an error in the body of a 200."""

    words = "unexpected response"

    @property
    @override
    def is_doubtful(self) -> bool:
        return True


class AlexaPermissionError(AlexaError):
    """The sign-in is valid, but a permission, the country or the subscription does not allow the operation.

    Some operations respond the same way for a device that no longer exists.
    """

    translation_key = "permission_missing"
    words = "not allowed"


class AlexaDeviceOfflineError(AlexaUnreachableError):
    """The device, or the cloud of its manufacturer, is offline."""

    translation_key = "device_offline"
    words = "offline"


class AlexaSpeakingError(AlexaError):
    """Too much speech is queued on some devices to add another text, which was not sent to them."""

    translation_key = "still_speaking"

    def __init__(self, message: str, *, seconds: int, names: Iterable[str]) -> None:
        """Initialize with the estimated remaining speaking time in seconds and the names of the devices."""
        super().__init__(message)
        self.seconds = seconds
        self.names = tuple(names)

    @property
    @override
    def placeholders(self) -> dict[str, str]:
        return {"devices": ", ".join(self.names), "seconds": str(self.seconds)}

    @property
    @override
    def reason(self) -> str:
        return f"still speaking for about {self.seconds} s"


class AlexaStepsSpeakingError(AlexaSpeakingError):
    """Too much speech is queued on some devices to run a sequence of steps, of which none was run."""

    translation_key = "steps_still_speaking"


class AlexaInvalidValueError(AlexaError, ValueError):
    """An invalid value, which was not sent to Amazon.

    ``field`` is the name of the value, and ``allowed`` describes valid values. The value itself is not kept, because it
    may be a password.
    """

    translation_key = "invalid_value"

    def __init__(self, field: str, allowed: str) -> None:
        """Initialize with the field and a description of valid values."""
        super().__init__(f"{field} must be {allowed}")
        self.field = field
        self.allowed = allowed

    @property
    def name(self) -> str:
        """Return the field in plain words, without the namespaces of a setting."""
        return _NEXT_WORD.sub(" ", self.field.rpartition(".")[2]).lower()

    @property
    @override
    def placeholders(self) -> dict[str, str]:
        return {"field": self.name, "allowed": self.allowed}

    @property
    @override
    def reason(self) -> str:
        return f"{self.name} must be {self.allowed}"


class EnrollmentError(AlexaError):
    """The sign-in by authorization code failed; ``code`` is an error key of the config flow."""

    words = "sign-in failed"

    def __init__(self, message: str, *, code: str) -> None:
        """Initialize; ``code`` is an error key of the config flow."""
        super().__init__(message, code=code)
        self.key = code


def read_key(err: AlexaError) -> str:
    """Return the translation key for a failed read: ``not_read`` for a failure that may pass, else that of the error.

    An offline device keeps its own key.
    """
    is_repeated = isinstance(err, AlexaConnectionError | AlexaRateLimitedError | AlexaBadResponseError)
    return "not_read" if is_repeated else err.translation_key
