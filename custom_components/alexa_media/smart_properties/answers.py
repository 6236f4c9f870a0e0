"""What an HTTP answer of the Smart Properties API means: a value, or which error."""

from collections.abc import Mapping
from dataclasses import dataclass
import json
import re
from typing import Any, Final

from custom_components.alexa_media.errors import (
    AlexaAuthError,
    AlexaBadResponseError,
    AlexaCommandError,
    AlexaConnectionError,
    AlexaDeviceOfflineError,
    AlexaError,
    AlexaPermissionError,
    AlexaRateLimitedError,
    AlexaUnsupportedError,
)
from custom_components.alexa_media.http_values import retry_after
from custom_components.alexa_media.json_values import mapping, mappings, text

from .errors import AlexaAddressRejectedError, AlexaEndpointMovedError
from .models import OFFLINE_CODES
from .operation import Answer, Operation
from .parse import new_endpoint_id, rejected_address

REQUEST_ID: Final = "X-Amzn-RequestId"
LONGEST_RETRY_AFTER: Final = 3600.0

_MOVED: Final = frozenset({300, 301, 303})
_UNSUPPORTED: Final = frozenset({"DEVICE_NOT_SUPPORTED", "ENDPOINT_NOT_SUPPORTED"})
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]{1,63}")


@dataclass(frozen=True, slots=True)
class Reply:
    """A good answer: its JSON (``None`` where there is none) and Amazon's id of the request."""

    data: Any
    request_id: str | None


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, headers and whole body of one answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str | None:
        """Return Amazon's id of the request."""
        return self.headers.get(REQUEST_ID)

    @property
    def data(self) -> Any:
        """Return the JSON of the body, ``None`` where there is none."""
        try:
            return json.loads(self.body)
        except ValueError, RecursionError:
            return None

    @property
    def code(self) -> str | None:
        """Return Amazon's name of the error, which stands in one of several places."""
        found = mapping(self.data)
        named = [found.get("type"), found.get("code"), *(item.get("type") for item in mappings(found.get("errors")))]
        named.append((self.headers.get("x-amzn-errortype") or "").partition(":")[0])
        return next((name for item in named if (name := text(item)) and _CODE.fullmatch(name)), None)

    @property
    def retry_after(self) -> float | None:
        """Return the seconds of Retry-After, within reason."""
        seconds = retry_after(self.headers.get("Retry-After", ""))
        return None if seconds is None else min(seconds, LONGEST_RETRY_AFTER)


def judge(operation: Operation, answer: HttpAnswer) -> Reply:
    """Return a good answer; raises what the others mean."""
    if 200 <= answer.status < 300:
        if operation.answer is Answer.NOTHING or (answer.status == 204 and operation.answer is Answer.JSON_OR_NOTHING):
            return Reply(None, answer.request_id)
        try:
            return Reply(json.loads(answer.body), answer.request_id)
        except ValueError, RecursionError:
            error: AlexaError = AlexaBadResponseError(
                f"{operation.label} was answered without JSON", endpoint=operation.label, status=answer.status
            )
    else:
        error = _refusal(operation, answer)
    error.request_id = answer.request_id
    raise error


def given_up(operation: Operation, answer: HttpAnswer, delay: float) -> AlexaError:
    """Return the error after which the caller may try again, but not at once."""
    label, status, code = operation.label, answer.status, answer.code
    error: AlexaError
    if status == 429:
        error = AlexaRateLimitedError(
            f"{label} is throttled", retry_after=delay, endpoint=label, status=status, code=code
        )
    else:
        error = AlexaConnectionError(
            f"{label} was answered {status}", endpoint=label, status=status, code=code, retry_after=delay
        )
    error.request_id = answer.request_id
    return error


def _refusal(operation: Operation, answer: HttpAnswer) -> AlexaError:
    """Return the error that an answer other than a good one stands for."""
    label, status, code = operation.label, answer.status, answer.code
    message = f"{label} was answered {status}"
    kind: type[AlexaError]
    if status == 401 and not operation.is_ambiguous:
        kind = AlexaAuthError
    elif status in (401, 403):
        kind = AlexaPermissionError
    elif code in OFFLINE_CODES:
        kind = AlexaDeviceOfflineError
    elif status in (404, 405) or code in _UNSUPPORTED:
        kind = AlexaUnsupportedError
    elif status >= 500:
        kind = AlexaConnectionError
    elif status in _MOVED:
        return AlexaEndpointMovedError(
            message, new_id=new_endpoint_id(answer.data), endpoint=label, status=status, code=code
        )
    elif status == 400 and (rejected := rejected_address(answer.data)) is not None:
        suggestions, problems = rejected
        return AlexaAddressRejectedError(
            message,
            suggestions=suggestions,
            problems=problems,
            endpoint=label,
            status=status,
            code=next((p.sub_code or p.code for p in problems if p.sub_code or p.code), code),
        )
    else:
        kind = AlexaCommandError if operation.is_write else AlexaBadResponseError
    return kind(message, endpoint=label, status=status, code=code)
