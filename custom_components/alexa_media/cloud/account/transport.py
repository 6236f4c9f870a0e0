"""HTTP transport for the account API."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
import math
import re
from time import monotonic
from typing import Any, Final, Protocol

import aiohttp
from alexapy.const import API_USER_AGENT, DEFAULT_ACCEPT_LANGUAGE, USER_AGENT
from yarl import URL

from ..errors import (
    AlexaBadResponseError,
    AlexaConnectionError,
    AlexaError,
    AlexaRateLimitedError,
    AlexaUnsupportedError,
)
from ..http import (
    ExchangeRecorder,
    HttpAnswer,
    RequestStats,
    async_exchange,
    async_recorded,
    encoded_path,
    graphql_errors,
    must_be_encodable,
    off_loop,
    refusal_type,
)
from ..json import Drift
from ..model.commands import command, is_command
from .endpoints import Answer, Endpoint, Host
from .limits import Slots, Throttle, Traffic
from .unproven import UnprovenRequests

SLOTS_AT_SETUP: Final = 8
"""Maximum number of concurrent requests during setup, high enough to read the topics in few round trips."""
SLOTS: Final = 2
SETUP_TIMEOUT_SECONDS: Final = 120.0
"""Seconds after which setup counts as finished even if ``setup_done`` has not been called."""

RETRY_PAUSE_SECONDS: Final = 0.5
REFUSED_RENEWAL_PAUSE_SECONDS: Final = 300.0
"""Seconds without renewals for an endpoint that refused fresh credentials."""

MAX_COMMAND_WAIT_SECONDS: Final = 5.0
"""Maximum Retry-After, in seconds, for which a throttled command waits before it is sent once more."""


# A word that may be the serial of a device.
_WORD: Final = re.compile(r"[0-9A-Za-z]{8,40}")


class SessionKeeper(Protocol):
    """The parts of the session that requests use."""

    @property
    def cookie_generation(self) -> int:
        """Return a number that changes whenever the cookies are renewed."""

    @property
    def csrf(self) -> str | None:
        """Return the value of the csrf cookie, or None."""

    def base_url(self, host: Host) -> str:
        """Return the base URL (scheme and host) of a ``Host``."""

    def cookies_for(self, host: Host) -> Mapping[str, str] | None:
        """Return cookies that a host requires but the cookie jar would not send there; None for other hosts."""

    def renew_ahead(self) -> None:
        """Start renewals that are due, in the background."""

    async def async_access_token(self, min_valid: float) -> str:
        """Return a token that stays valid for at least ``min_valid`` seconds."""

    async def async_ensure_cookies(self) -> None:
        """Get cookies if there are none, and wait for a running renewal of refused ones."""

    async def async_renew_cookies(self, generation: int) -> None:
        """Renew the cookies, unless those of ``generation`` have already been replaced."""

    async def async_renew_token(self, refused: str) -> None:
        """Renew the access token, unless the refused one has already been replaced."""

    async def async_renew_csrf(self, refused: str | None) -> None:
        """Request a csrf cookie, unless there is one other than ``refused``."""


@dataclass(frozen=True, slots=True)
class _Request:
    """A request, and the retries, renewals and waits left for it."""

    endpoint: Endpoint
    path: str
    query: Mapping[str, str]
    json: Mapping[str, Any] | Sequence[Any] | None
    headers: Mapping[str, str]
    retries: int
    renewals: int = 1
    csrf_renewals: int = 1
    waits: int = 1

    @property
    def traffic(self) -> Traffic:
        """Return the kind of traffic."""
        return Traffic.COMMANDS if self.endpoint.is_write or is_command() else Traffic.READS


def _built(
    endpoint: Endpoint,
    params: Mapping[str, str] | None,
    query: Mapping[str, str] | None,
    json: Mapping[str, Any] | Sequence[Any] | None,
    headers: Mapping[str, str] | None,
) -> _Request:
    """Return a request with its path filled in."""
    must_be_encodable((params, query, json))
    path = encoded_path(endpoint.path, params)
    return _Request(endpoint, path, query or {}, json, headers or {}, retries=0 if endpoint.is_write else 1)


@dataclass(frozen=True, slots=True)
class _Proof:
    """The credentials with which a request was sent."""

    generation: int
    csrf: str | None
    token: str | None


def _words(request: _Request) -> frozenset[str]:
    """Return the words of a request that may be serials of devices."""
    return frozenset(_WORD.findall(f"{request.path} {dict(request.query)} {request.json}"))


class _Again(Exception):  # noqa: N818 - no error: a request to be sent once more
    """Signals that ``request``, a changed copy of the failed request, should be sent."""

    def __init__(self, request: _Request) -> None:
        super().__init__()
        self.request = request


class Transport:
    """Sends the requests of one account; see ``async_request``."""

    def __init__(self, session: aiohttp.ClientSession, keeper: SessionKeeper) -> None:
        """Initialize with a session that the caller closes; its cookie jar contains the account's cookies."""
        self._session = session
        self._keeper = keeper
        self._slots = Slots(SLOTS_AT_SETUP)
        self._stats: dict[str, RequestStats] = {}
        self._setup_until: float | None = monotonic() + SETUP_TIMEOUT_SECONDS
        self._refused_until: dict[str, float] = {}
        self.throttle = Throttle()
        self.drift = Drift()
        self.unproven = UnprovenRequests()
        self.on_answer: Callable[[], None] = lambda: None
        self.recorder: ExchangeRecorder | None = None
        self.retry_pause = RETRY_PAUSE_SECONDS
        self.write_listener: Callable[[frozenset[str]], None] | None = None

    def setup_done(self) -> None:
        """Lower the limit of concurrent requests after setup."""
        self._setup_until = None
        self._slots.limit(SLOTS)

    @property
    def stats(self) -> Mapping[str, object]:
        """Return the current state, and counters by endpoint, for diagnostics."""
        return {
            "throttled": self.throttle.hits,
            "throttled_for": math.ceil(self.throttle.remaining),
            "in_flight": self._slots.busy,
            "unsupported": self.unproven.unsupported,
            "not_renewed_for": sorted(name for name, until in self._refused_until.items() if until > monotonic()),
            "endpoints": {name: stats.as_dict() for name, stats in sorted(self._stats.items())},
        }

    async def async_read[T](
        self,
        endpoint: Endpoint,
        parse: Callable[[Any], T],
        *,
        params: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | Sequence[Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Send a request like ``async_request``, and return its result as parsed by ``parse``.

        Raises what ``async_request`` and ``parse`` raise. Unusable responses count as errors of the endpoint.
        """
        request = _built(endpoint, params, query, json, headers)
        data, size = await self._async_send(request)
        try:
            return await off_loop(size, lambda: parse(data))
        except AlexaBadResponseError:
            self._stats_of(endpoint).errors[AlexaBadResponseError.__name__] += 1
            raise

    async def async_request(
        self,
        endpoint: Endpoint,
        *,
        params: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | Sequence[Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Send a request and return the JSON of the response, or None if it contains none.

        ``params`` fill the placeholders of the endpoint's path, and ``headers`` are added to the default ones. The
        result is a text for ``Answer.HTML`` and None for ``Answer.PAGE``. A failed write is only sent again if Amazon
        has refused it because of its credentials or has throttled it, since it did not run in these cases.

        Raises ``AlexaRateLimitedError`` (also for a read that is not sent because its host is throttled),
        ``AlexaConnectionError`` (its ``sent`` is True if a write may have run), ``AlexaUnsupportedError`` (403, 404,
        405), ``AlexaCommandError`` (a refused write), ``AlexaBadResponseError``, ``AlexaInvalidValueError`` (a value
        that cannot be encoded), and ``AlexaAuthError`` if the token endpoint has reported that the grant was revoked.
        """
        return (await self._async_send(_built(endpoint, params, query, json, headers)))[0]

    async def _async_send(self, request: _Request) -> tuple[Any, int]:
        """Send a request until its response is final; return the result and the size of the body in bytes."""
        endpoint = request.endpoint
        if self._setup_until is not None and monotonic() > self._setup_until:
            self.setup_done()
        self._keeper.renew_ahead()
        while True:
            try:
                return await self._attempt(request)
            except _Again as again:
                request = again.request
                self._stats_of(endpoint).repeated += 1
            except AlexaError as err:
                self._stats_of(endpoint).errors[type(err).__name__] += 1
                raise

    def _stats_of(self, endpoint: Endpoint) -> RequestStats:
        return self._stats.setdefault(endpoint.name, RequestStats())

    async def _attempt(self, request: _Request) -> tuple[Any, int]:
        """Send a request once; raises ``_Again`` if it should be sent once more."""
        endpoint, traffic = request.endpoint, request.traffic
        self._check_throttle(endpoint, traffic)
        with command() if traffic is Traffic.COMMANDS else nullcontext():
            token = await self._prepare(endpoint)
        try:
            async with (
                self.throttle.turn(self._keeper.base_url(endpoint.host), traffic),
                self._slots.take(urgent=traffic is Traffic.COMMANDS),
            ):
                self._check_throttle(endpoint, traffic)
                if endpoint.is_write and endpoint.wakes and self.write_listener:
                    self.write_listener(_words(request))
                proof = _Proof(self._keeper.cookie_generation, self._keeper.csrf, token)
                answer = await self._exchange(request, proof)
                wait = self._note_throttling(request, answer)
            if wait is not None:
                await asyncio.sleep(wait)
                raise _Again(replace(request, waits=request.waits - 1))
            if not _is_signed_out(endpoint, answer):
                await self._handle_refused_csrf(request, proof, answer)
                self.drift.answered(endpoint.label, answer.status)
                result = await off_loop(len(answer.body), lambda: _result(endpoint, answer))
                self.drift.read(endpoint.label, result)
                self._refused_until.pop(endpoint.name, None)
                self.on_answer()
                return result, len(answer.body)
        except (AlexaConnectionError, AlexaBadResponseError) as err:
            if not request.retries or not _is_worth_a_retry(err):
                raise
            await asyncio.sleep(self.retry_pause)
            raise _Again(replace(request, retries=request.retries - 1)) from None
        with command() if traffic is Traffic.COMMANDS else nullcontext():
            await self._handle_signed_out(request, proof, answer)
        raise _Again(replace(request, renewals=request.renewals - 1))

    def _check_throttle(self, endpoint: Endpoint, traffic: Traffic) -> None:
        """Raise ``AlexaRateLimitedError`` for a read outside commands while reads of its host are held back."""
        if traffic is Traffic.READS and (remaining := self.throttle.held_back(self._keeper.base_url(endpoint.host))):
            raise AlexaRateLimitedError("Amazon throttles the account", retry_after=remaining, endpoint=endpoint.label)

    def _note_throttling(self, request: _Request, answer: HttpAnswer) -> float | None:
        """Update the throttling; return the seconds to wait before a retry, or None if the request was not throttled.

        Raises ``AlexaRateLimitedError`` for a throttled request that is not retried.
        """
        endpoint, traffic = request.endpoint, request.traffic
        host = self._keeper.base_url(endpoint.host)
        if not answer.is_throttled:
            if answer.status < 300 and not _is_signed_out(endpoint, answer):
                self.throttle.passed(host, traffic)
            return None
        retry_after = self.throttle.hit(host, traffic, answer.retry_after)
        asked = answer.retry_after
        if traffic is Traffic.COMMANDS and request.waits and asked is not None and asked <= MAX_COMMAND_WAIT_SECONDS:
            return asked
        raise AlexaRateLimitedError(
            "Amazon throttles the account",
            retry_after=retry_after,
            endpoint=endpoint.label,
            status=answer.status,
            code=answer.error_code,
        )

    async def _prepare(self, endpoint: Endpoint) -> str | None:
        """Get the cookies that an endpoint needs; return the access token, or None if it needs none."""
        if endpoint.host is Host.ALEXA_API:
            return await self._keeper.async_access_token(60)
        await self._keeper.async_ensure_cookies()
        if endpoint.needs_csrf and self._keeper.csrf is None:
            await self._keeper.async_renew_csrf(None)
            if self._keeper.csrf is None:
                raise AlexaConnectionError(
                    "Amazon gives no csrf cookie", endpoint=endpoint.label, code="csrf", sent=False
                )
        return await self._keeper.async_access_token(60) if endpoint.bearer else None

    async def _exchange(self, request: _Request, proof: _Proof) -> HttpAnswer:
        """Send one request and read the complete response."""
        endpoint = request.endpoint
        url = URL(self._keeper.base_url(endpoint.host) + request.path, encoded=True).with_query(request.query)
        exchange = async_exchange(
            self._session,
            endpoint,
            url,
            self._stats_of(endpoint),
            json=request.json,
            headers={**_headers(endpoint, proof), **request.headers},
            cookies=self._keeper.cookies_for(endpoint.host),
        )
        return await async_recorded(self.recorder, endpoint, url, request.json, exchange)

    async def _handle_refused_csrf(self, request: _Request, proof: _Proof, answer: HttpAnswer) -> None:
        """If the response refuses the csrf cookie, renew the cookie and raise ``_Again``, at most once per request."""
        if answer.status != 403 or not request.endpoint.needs_csrf or not answer.names_csrf:
            return
        if request.csrf_renewals:
            await self._keeper.async_renew_csrf(proof.csrf)
            raise _Again(replace(request, csrf_renewals=request.csrf_renewals - 1))

    async def _handle_signed_out(self, request: _Request, proof: _Proof, answer: HttpAnswer) -> None:
        """Renew the refused cookies and token; return only if the request is to be sent again."""
        endpoint = request.endpoint
        refused = AlexaConnectionError(
            f"{endpoint.label} does not accept the session",
            endpoint=endpoint.label,
            status=401,
            code=answer.error_code,
            sent=False,
        )
        if not request.renewals:
            self._refused_until[endpoint.name] = monotonic() + REFUSED_RENEWAL_PAUSE_SECONDS
            raise refused
        if (
            self._refused_until.get(endpoint.name, 0) > monotonic()
            and self._keeper.cookie_generation == proof.generation
        ):
            raise refused
        try:
            if proof.token is not None:
                await self._keeper.async_renew_token(proof.token)
            if endpoint.host is not Host.ALEXA_API:
                await self._keeper.async_renew_cookies(proof.generation)
        except AlexaConnectionError as err:
            raise refused from err


def _headers(endpoint: Endpoint, proof: _Proof) -> dict[str, str]:
    """Return the default headers of a request, except its cookies."""
    headers = {
        "User-Agent": API_USER_AGENT if endpoint.browser_agent else USER_AGENT,
        "Accept": "application/json" if endpoint.browser_agent else "*/*",
        "Accept-Language": DEFAULT_ACCEPT_LANGUAGE,
        **endpoint.headers,
    }
    if proof.token:
        headers["Authorization"] = f"Bearer {proof.token}"
    if endpoint.needs_csrf and proof.csrf:
        headers["csrf"] = proof.csrf
    return headers


def _is_signed_out(endpoint: Endpoint, answer: HttpAnswer) -> bool:
    """Return whether Amazon rejects the session: 401, a redirect, or a 200 with unexpected HTML (the sign-in page)."""
    if answer.status == 401 or 300 <= answer.status < 400:
        return True
    return answer.status == 200 and endpoint.answer not in (Answer.PAGE, Answer.HTML) and answer.is_html


def _is_worth_a_retry(err: AlexaError) -> bool:
    """Return whether to retry a read: not after a 4xx, a timeout of the whole request, or a body that is too large."""
    if isinstance(err, AlexaConnectionError):
        return err.code != TimeoutError.__name__
    return err.status is not None and err.status < 400 and err.code != "too_large"


def _result(endpoint: Endpoint, answer: HttpAnswer) -> Any:
    """Return the result of a successful response; raises the error for any other response."""
    status = answer.status
    if status >= 400:
        error_type = AlexaUnsupportedError if status == 403 else refusal_type(endpoint, status)
        raise endpoint.error(error_type, f"was answered {status}", status=status, code=answer.error_code)
    if endpoint.answer is Answer.PAGE:
        return None
    if endpoint.answer is Answer.HTML:
        return answer.body.decode(errors="replace")
    data = answer.data
    if data is None and endpoint.answer is Answer.JSON and status != 204:
        raise endpoint.error(AlexaBadResponseError, "was answered without JSON", status=status)
    if not endpoint.partial and (error := graphql_errors(data)):
        raise endpoint.error(refusal_type(endpoint, status), "was answered with errors", status=status, code=error)
    return data
