"""HTTP transport for the Smart Properties API."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
import logging
from random import SystemRandom
import re
import time
from typing import Any, Final, Protocol, Unpack

import aiohttp
from yarl import URL

from ..errors import (
    AlexaAuthError,
    AlexaBadResponseError,
    AlexaCommandError,
    AlexaConnectionError,
    AlexaDeviceOfflineError,
    AlexaError,
    AlexaPermissionError,
    AlexaRateLimitedError,
    AlexaUnsupportedError,
    ErrorDetails,
)
from ..http import (
    ExchangeRecorder,
    HttpAnswer,
    RequestStats,
    async_exchange,
    async_recorded,
    encoded_path,
    must_be_encodable,
    off_loop,
    parsed,
    refusal_type,
)
from ..json import Drift, mapping, mappings, text
from ..model.property import PostalAddress
from .models import OFFLINE_CODES, AddressProblem, JsonValue
from .operation import HOSTS, Answer, Host, Operation, Region, Retry
from .parse import ShapeError, new_endpoint_id, rejected_address

_MOVED: Final = frozenset({300, 301, 303})
_UNSUPPORTED: Final = frozenset({"DEVICE_NOT_SUPPORTED", "ENDPOINT_NOT_SUPPORTED"})
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.]{1,63}")


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful response; ``size`` is the size of the JSON in bytes."""

    data: Any
    request_id: str | None
    size: int = 0


class AlexaAddressRejectedError(AlexaCommandError):
    """Amazon rejected an address; ``suggestions`` are valid addresses, best first.

    The message contains no part of an address, because an address is personal data.
    """

    translation_key = "address_rejected"

    def __init__(
        self,
        message: str,
        *,
        suggestions: Sequence[PostalAddress] = (),
        problems: Sequence[AddressProblem] = (),
        **details: Unpack[ErrorDetails],
    ) -> None:
        """Initialize with Amazon's suggestions and problems."""
        super().__init__(message, **details)
        self.suggestions = tuple(suggestions)
        self.problems = tuple(problems)


class AlexaEndpointMovedError(AlexaError):
    """The device no longer has this endpoint id (300, 301, 303); find the device by its serial number.

    ``new_id`` is the new id, or ``None`` if the response does not contain one.
    """

    translation_key = "endpoint_moved"
    words = "has a new ID"

    def __init__(self, message: str, *, new_id: str | None = None, **details: Unpack[ErrorDetails]) -> None:
        """Initialize with the new id, if known."""
        super().__init__(message, **details)
        self.new_id = new_id


def error_code(answer: HttpAnswer) -> str | None:
    """Return Amazon's name for the error, which may be in several places, or None."""
    found = mapping(answer.data)
    named = [found.get("type"), found.get("code"), *(item.get("type") for item in mappings(found.get("errors")))]
    named.append((answer.headers.get("x-amzn-errortype") or "").partition(":")[0])
    return next((name for item in named if (name := text(item)) and _CODE.fullmatch(name)), None)


def reply_of(operation: Operation, answer: HttpAnswer) -> Reply:
    """Return a successful response; raises ``AlexaError`` for any other, or if the body is not as expected."""
    if 200 <= answer.status < 300:
        problem = _contradiction(operation, answer) if operation.answer is Answer.NOTHING else None
        if problem is not None:
            problem.request_id = answer.request_id
            raise problem
        if operation.answer is Answer.NOTHING or (answer.status == 204 and operation.answer is Answer.JSON_OR_NOTHING):
            return Reply(None, answer.request_id)
        try:
            return Reply(parsed(answer.body), answer.request_id, len(answer.body))
        except ValueError:
            error: AlexaError = operation.error(
                AlexaBadResponseError, "was answered without JSON", status=answer.status
            )
    else:
        error = _refusal(operation, answer)
    error.request_id = answer.request_id
    raise error


def _contradiction(operation: Operation, answer: HttpAnswer) -> AlexaError | None:
    """Return the error in the body of a successful response for which no body is expected, or None.

    Amazon reports some errors this way, such as an offline device.
    """
    if answer.body.lstrip().startswith(b"<"):
        return operation.error(AlexaBadResponseError, "was answered with a web page", status=answer.status)
    found = mapping(answer.data)
    errors = [*mappings(found.get("errors")), *filter(None, (mapping(found.get("error")),))]
    if not errors:
        return None
    code = error_code(answer) or text(mapping(found.get("error")).get("type"))
    error_type = AlexaDeviceOfflineError if code in OFFLINE_CODES else AlexaCommandError
    return operation.error(error_type, "was answered with an error", status=answer.status, code=code)


def given_up(operation: Operation, answer: HttpAnswer, delay: float) -> AlexaError:
    """Return the error for a request that is no longer retried; ``delay`` becomes its ``retry_after``."""
    label, status, code = operation.label, answer.status, error_code(answer)
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
    """Return the error for a response whose status is not a success."""
    label, status, code = operation.label, answer.status, error_code(answer)
    message = f"{label} was answered {status}"
    error_type = refusal_type(operation, status)
    if status == 401 and not operation.is_ambiguous:
        error_type = AlexaAuthError
    elif status in (401, 403):
        error_type = AlexaPermissionError
    elif code in OFFLINE_CODES:
        error_type = AlexaDeviceOfflineError
    elif code in _UNSUPPORTED:
        error_type = AlexaUnsupportedError
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
    return error_type(message, endpoint=label, status=status, code=code)


_LOGGER = logging.getLogger(__name__)

IN_FLIGHT: Final = 3
READS_IN_FLIGHT: Final = 2
"""Maximum concurrent reads; one slot remains for commands, so that they do not wait for the many reads of a poll."""

MAX_RETRY_SECONDS: Final = 15.0
"""Maximum total delay of one call by retries and throttling, in seconds: 1, 2, 4 and 8."""

_RANDOM: Final = SystemRandom()


class AccessTokenGetter(Protocol):
    """Source of access tokens; raises an ``AlexaError`` if no token can be obtained."""

    async def __call__(self, refused: str | None = None) -> str:
        """Return a valid token other than the ``refused`` one."""


class Time:
    """Monotonic clock and sleep, replaceable in tests."""

    def monotonic(self) -> float:
        """Return the monotonic time in seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``."""
        await asyncio.sleep(seconds)


@dataclass(slots=True)
class _Hold:
    """Pause of a throttled operation; ``until`` is its end in seconds of the monotonic clock."""

    until: float = 0.0
    refusals: int = 0


class Transport:
    """Sends the requests of one organization."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        region: Region,
        access_token: AccessTokenGetter,
        *,
        clock: Time | None = None,
        patience: float = MAX_RETRY_SECONDS,
    ) -> None:
        """Initialize with a session that the caller closes."""
        self._session = session
        self._region = region
        self._access_token = access_token
        self._renewing = asyncio.Lock()
        self._slots = asyncio.Semaphore(IN_FLIGHT)
        self._read_slots = asyncio.Semaphore(READS_IN_FLIGHT)
        self._time = clock or Time()
        self._patience = patience
        self._holds: dict[str, _Hold] = {}
        self._turns: dict[str, asyncio.Lock] = {}
        self._stats: dict[str, RequestStats] = {}
        self.on_answer: Callable[[], None] = lambda: None
        self.recorder: ExchangeRecorder | None = None
        self.drift = Drift()
        self._busy = 0
        self._throttled = 0

    @property
    def stats(self) -> Mapping[str, object]:
        """Return counters of throttled and running requests, and counters by operation, for diagnostics."""
        return {
            "throttled": self._throttled,
            "in_flight": self._busy,
            "operations": {name: stats.as_dict() for name, stats in sorted(self._stats.items())},
        }

    async def async_request[T](
        self,
        operation: Operation,
        parse: Callable[[Any], T],
        *,
        params: Mapping[str, str] | None = None,
        query: Sequence[tuple[str, str]] = (),
        json: JsonValue = None,
    ) -> T:
        """Send a request and return the result of ``parse`` for the JSON of the response.

        ``params`` fill in the path of the operation, whose ``retry_for`` defines the retries; a 5xx for an offline
        device is not retried. Retries and throttling delay a call by at most ``patience`` seconds in total. A token
        that Amazon refuses is renewed once.

        Raises ``AlexaRateLimitedError``, or ``AlexaConnectionError`` (with ``retry_after`` for a status that allows a
        later retry). Raises ``AlexaAuthError`` if the sign-in was revoked or the new token is refused too,
        ``AlexaPermissionError`` (403, or 401 of an ambiguous operation), ``AlexaDeviceOfflineError``,
        ``AlexaUnsupportedError`` (404, 405, and operations that the device lacks), ``AlexaCommandError`` (a refused
        write, such as a rejected address), ``AlexaEndpointMovedError``, ``AlexaBadResponseError``, or
        ``AlexaInvalidValueError`` for a value that cannot be encoded.
        """
        must_be_encodable((params, query, json))
        path = encoded_path(operation.path, params)
        url = URL(HOSTS[operation.host, self._region] + path, encoded=True).with_query(list(query))
        try:
            reply = await self._async_reply(operation, url, json)
            self.on_answer()
            self.drift.read(operation.label, reply.data)
            try:
                return await off_loop(reply.size, lambda: parse(reply.data))
            except ShapeError as err:
                bad = AlexaBadResponseError(f"{operation.label}: {err}", endpoint=operation.label, status=200)
                bad.request_id = reply.request_id
                raise bad from None
        except AlexaError as err:
            self._stats_of(operation).errors[type(err).__name__] += 1
            _LOGGER.debug("%s failed: %s, request %s", operation.label, err.code or err, err.request_id)
            raise

    def _stats_of(self, operation: Operation) -> RequestStats:
        return self._stats.setdefault(operation.name, RequestStats())

    # --- retries --------------------------------------------------------------------------

    async def _async_reply(self, operation: Operation, url: URL, json: JsonValue) -> Reply:
        """Send a request, with retries, and return the final response; raises ``AlexaError``."""
        waited = 0.0
        failures: Counter[int] = Counter()
        token = await self._access_token()
        is_renewed = False
        while True:
            waited += await self._async_wait_until_free(operation, waited)
            answer = await self._async_exchange(operation, url, json, token)
            if answer is None:
                continue
            if answer.status == 401 and not is_renewed:
                is_renewed = True
                token = await self._async_other_token(token)
                continue
            if answer.status != 429 and (operation.is_write or not self._held_for(operation)):
                self._holds.pop(operation.name, None)
            retry = operation.retry_for(answer.status)
            if retry is None or (answer.status >= 500 and error_code(answer) in OFFLINE_CODES):
                return await off_loop(len(answer.body), partial(reply_of, operation, answer))
            failures[answer.status] += 1
            delay = self._delay(operation, answer, retry, failures[answer.status])
            is_last = retry.times is not None and failures[answer.status] > retry.times
            if is_last or waited + delay > self._patience:
                raise given_up(operation, answer, delay)
            self._stats_of(operation).repeated += 1
            if answer.status != 429 or operation.is_write:
                waited += delay
                await self._time.sleep(delay)

    def _delay(self, operation: Operation, answer: HttpAnswer, retry: Retry, failures: int) -> float:
        """Return the seconds to wait before a retry; a 429 may also pause other requests of the operation."""
        hold: _Hold | None = None
        if answer.status == 429:
            self._throttled += 1
            if retry.times is None:
                hold = self._holds.setdefault(operation.name, _Hold())
                if remaining := self._held_for(operation):
                    # this request was sent before the others were refused, so its own refusal does not lengthen the
                    # pause
                    return max(remaining, answer.retry_after or 0.0)
                hold.refusals += 1
                failures = hold.refusals
        delay = retry.delay(failures)
        if retry.jitter:
            delay *= _RANDOM.uniform(0.5, 1.0)
        delay = max(delay, answer.retry_after or 0.0)
        if hold is not None:
            hold.until = self._time.monotonic() + delay
        return delay

    def _held_for(self, operation: Operation) -> float:
        """Return how long an operation is still paused, in seconds."""
        hold = self._holds.get(operation.name)
        return 0.0 if hold is None else max(0.0, hold.until - self._time.monotonic())

    async def _async_wait_until_free(self, operation: Operation, waited: float) -> float:
        """Wait while a read is throttled; return the seconds waited.

        Raises ``AlexaRateLimitedError`` if the call would wait longer than ``patience``.
        """
        if operation.is_write:
            return 0.0
        remaining = self._held_for(operation)
        if waited + remaining > self._patience:
            raise AlexaRateLimitedError(
                f"{operation.label} is throttled", retry_after=remaining, endpoint=operation.label, status=429
            )
        if remaining:
            await self._time.sleep(remaining)
        return remaining

    async def _async_other_token(self, refused: str) -> str:
        """Return a token other than the refused one; concurrent requests share one renewal."""
        async with self._renewing:
            token = await self._access_token()
            return token if token != refused else await self._access_token(refused=refused)

    # --- one exchange ---------------------------------------------------------------------

    async def _async_exchange(self, operation: Operation, url: URL, json: JsonValue, token: str) -> HttpAnswer | None:
        """Send a request when a slot is free; return None for a read whose operation is throttled by then."""
        async with AsyncExitStack() as slots:
            if not operation.is_write:
                await slots.enter_async_context(self._read_slots)
            elif self._held_for(operation):
                turn = self._turns.setdefault(operation.name, asyncio.Lock())
                await slots.enter_async_context(turn)
            await slots.enter_async_context(self._slots)
            if not operation.is_write and self._held_for(operation):
                return None
            return await self._async_send(operation, url, json, token)

    async def _async_send(self, operation: Operation, url: URL, json: JsonValue, token: str) -> HttpAnswer:
        self._busy += 1
        try:
            exchange = async_exchange(
                self._session,
                operation,
                url,
                self._stats_of(operation),
                json=json,
                headers=_headers(operation, token),
            )
            answer = await async_recorded(self.recorder, operation, url, json, exchange)
            self.drift.answered(operation.label, answer.status)
            return answer
        finally:
            self._busy -= 1


def _headers(operation: Operation, token: str) -> dict[str, str]:
    headers = {"Accept": "application/json", "Authorization": f"Bearer {token}"}
    if operation.host is Host.CREDENTIAL_LOCKER:
        headers["x-amz-access-token"] = token
    return headers
