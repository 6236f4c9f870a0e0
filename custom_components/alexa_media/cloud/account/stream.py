"""Push stream of the account API over HTTP/2."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
import json
import logging
import random
import time
from typing import Any, Final

import httpx
from yarl import URL

from ..errors import AlexaAuthError, AlexaConnectionError, AlexaError, AlexaRateLimitedError
from ..http import ExchangeRecorder, retry_after
from ..model.events import DirectiveUnknown, PushEvent, StreamClosed, StreamOpened
from .directives import gateway, parse_directive, set_endpoint, synchronize_state
from .multipart import MultipartError, MultipartParser
from .session import AccessToken

LONGEST_DELAY: Final = 3600.0


class LostError(Exception):
    """The stream ended or could not be opened; ``reason`` contains no secrets.

    ``refused`` is the token that Amazon refused, ``delay`` the minimum wait before the next attempt in seconds.
    ``at_once`` skips the wait. ``drain`` waits until queued events are processed.
    """

    def __init__(
        self, reason: str, *, refused: str | None = None, at_once: bool = False, drain: bool = False, delay: float = 0.0
    ) -> None:
        """Initialize with the reason and its effects on the next attempt."""
        super().__init__(reason)
        self.reason = reason
        self.refused = refused
        self.at_once = at_once
        self.drain = drain
        self.delay = delay


def check_status(response: httpx.Response, token: AccessToken) -> None:
    """Raise ``LostError`` unless a response has a success status."""
    status = response.status_code
    if status in (401, 403):
        raise LostError(f"HTTP {status}", refused=token.value)
    if not 200 <= status < 300:
        delay = retry_after(response.headers.get("retry-after", "")) or 0.0
        raise LostError(f"HTTP {status}", delay=min(delay, LONGEST_DELAY))


def check_stream(response: httpx.Response, token: AccessToken) -> None:
    """Raise ``LostError`` for a response that cannot be a stream of directives."""
    check_status(response, token)
    if response.status_code != 200:
        raise LostError(f"HTTP {response.status_code}")
    if response.headers.get("content-type", "").startswith("text/html"):
        raise LostError("a page came, not a stream", refused=token.value)


def lost_by(error: Exception) -> LostError:
    """Return the error for a lost stream, without the message of the exception, which may contain a secret."""
    match error:
        case LostError():
            return error
        case AlexaRateLimitedError(retry_after=delay):
            return LostError("rate limited", delay=delay)
        case TimeoutError():
            return LostError("no response in time")
        case _:
            return LostError(type(error).__name__)


_LOGGER = logging.getLogger(__name__)

API: Final = "/v20160207"
"""Version of the Alexa Voice Service that defines the directives."""

QUEUE_LIMIT: Final = 10_000
MAX_UNKNOWN: Final = 50
MAX_SWITCHES: Final = 3
MAX_STEADY_ATTEMPTS: Final = 8
"""Number of earlier failed attempts beyond which pauses exceed ``backoff_steady``, after 45 to 90 s of pauses."""

_UNAUTHENTICATED: Final = b"Unable to authenticate the request"
# Number of events of a burst after which the reader yields to the event loop.
_BURST_EVENTS: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamTimes:
    """Time limits and pauses of the stream, in seconds.

    ``read`` limits the silence of an open stream; the limit is higher after streams without data. ``open`` limits the
    time until a response. A stream is replaced ``renew_ahead`` before its token expires, and is still read for
    ``handover`` after its successor has opened; a gap between them that is shorter than that does not count.
    ``renew_again`` is the minimum time between two renewals of refused tokens, unless a stream in between has lasted.
    A stream has lasted when it delivers data after ``lasting``; earlier failures are then forgotten.
    """

    ping: float = 280.0
    ping_timeout: float = 30.0
    read: float = 300.0
    open: float = 30.0
    backoff_first: float = 1.0
    backoff_longest: float = 300.0
    backoff_steady: float = 15.0
    renew_ahead: float = 300.0
    handover: float = 1.0
    renew_again: float = 300.0
    lasting: float = 15.0


class StreamState(StrEnum):
    """State of the stream."""

    NEW = "new"
    UP = "up"
    RENEWING = "renewing"
    DOWN = "down"


@dataclass(slots=True)
class _Flow:
    """State of one open stream; ``verdict`` is the reason why the integration ended it, if it did."""

    watch: asyncio.Timeout
    has_bytes: bool = False
    verdict: LostError | None = None

    def extend(self, seconds: float) -> None:
        """Allow the stream to be silent for some seconds from now."""
        if self.verdict is None and not self.watch.expired():
            self.watch.reschedule(asyncio.get_running_loop().time() + seconds)

    def cut(self, verdict: LostError) -> None:
        """End the stream with a reason."""
        self.extend(0)
        self.verdict = verdict


class _Link:
    """Gateway and progress of one connection; ``opened`` and ``expiring`` are futures without a value."""

    def __init__(self) -> None:
        """Initialize for a connection that is not open yet."""
        self.endpoint = ""
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.expiring: asyncio.Future[None] = loop.create_future()


class PushStream:
    """The directives of one account as a stream of events.

    ``client_factory`` returns a new client for each connection, because Amazon allows one stream per connection.
    ``token`` returns a valid access token and raises ``AlexaAuthError`` if the user has to sign in again.
    ``renew_token`` replaces the given token. ``register_capabilities`` declares the supported directives to Amazon,
    without which the stream delivers no events.
    """

    def __init__(
        self,
        client_factory: Callable[[], httpx.AsyncClient],
        *,
        token: Callable[[], Awaitable[AccessToken]],
        register_capabilities: Callable[[], Awaitable[None]],
        domain: str,
        renew_token: Callable[[str], Awaitable[None]] | None = None,
        known_gateway: str | None = None,
        times: StreamTimes = StreamTimes(),
        queue_limit: int = QUEUE_LIMIT,
    ) -> None:
        """Initialize; ``known_gateway`` is the gateway of an earlier stream."""
        self._client_factory = client_factory
        self._token = token
        self._renew_token = renew_token
        self._register_capabilities = register_capabilities
        self._times = times
        self._queue_limit = queue_limit
        self._queue: asyncio.Queue[PushEvent | None] = asyncio.Queue()
        self._drained = asyncio.Event()
        self._pause: asyncio.Task[None] | None = None
        self._retry_from = 0.0
        self._worker: asyncio.Task[None] | None = None
        self._is_closed = False
        self._domain = domain
        self._endpoint = known_gateway or gateway(domain)
        self._flow: _Flow | None = None
        self._is_remembered = self._is_region_known = known_gateway is not None
        self._must_register = known_gateway is None
        self._refused: str | None = None
        self._renewed_at: float | None = None
        self._opened_at = 0.0
        self._state = StreamState.NEW
        self._reason: str | None = None
        self._failures = self._silent = self._switches = 0
        self._last_traffic: float | None = None
        self._counts: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()
        self.recorder: ExchangeRecorder | None = None

    @property
    def stats(self) -> Mapping[str, object]:
        """Return the state and counters for diagnostics; ``last_traffic`` is the age of the last traffic in seconds."""
        return {
            "state": str(self._state),
            "host": URL(self._endpoint).host,
            "reason": self._reason,
            "last_traffic": None if self._last_traffic is None else round(time.monotonic() - self._last_traffic),
            "connects": self._counts["connects"],
            "directives": self._counts["directives"],
            "keep_alives": self._counts["keep_alives"],
            "malformed": self._counts["malformed"],
            "pings": self._counts["pings"],
            "overflows": self._counts["overflows"],
            "queued": self._queue.qsize(),
            "unknown": dict(self._unknown),
        }

    @property
    def known_gateway(self) -> str | None:
        """Return the gateway if it is known to be the right one and the capabilities are registered, else None."""
        return self._endpoint if self._is_region_known and not self._must_register else None

    async def events(self) -> AsyncGenerator[PushEvent]:
        """Yield the events in order, reconnecting until ``aclose`` is called; only one reader at a time.

        Raises ``AlexaAuthError`` if the user has to sign in again. Closing the generator ends the connection.
        """
        if self._worker is not None:
            raise RuntimeError("The stream has a reader")
        if self._is_closed:
            return
        queue = self._queue = asyncio.Queue()
        worker = self._worker = asyncio.create_task(self._run(), name="alexa_media stream")
        worker.add_done_callback(lambda _task: queue.put_nowait(None))
        turn = 0
        try:
            while (event := await queue.get()) is not None:
                if queue.empty():
                    self._drained.set()
                    turn = 0
                elif (turn := turn + 1) % _BURST_EVENTS == 0:
                    await asyncio.sleep(0)
                yield event
            if not worker.cancelled():
                worker.result()
        finally:
            await _cancel(worker)
            self._worker = None
            self._queue = asyncio.Queue()

    async def aclose(self) -> None:
        """Close the stream; ``events`` then ends."""
        self._is_closed = True
        if self._worker is not None:
            await _cancel(self._worker)

    # --- lifecycle ----------------------------------------------------------------------

    async def _run(self) -> None:
        """Keep a stream open until canceled; raises ``AlexaAuthError``.

        A stream whose token is about to expire is still read while its successor is opened, to avoid losing events.
        """
        current: asyncio.Task[None] | None = None
        previous: asyncio.Task[None] | None = None
        try:
            while True:
                link = _Link()
                current = asyncio.create_task(self._connect(link), name="alexa_media connection")
                await asyncio.wait({current, link.opened}, return_when=asyncio.FIRST_COMPLETED)
                if previous is not None and link.opened.done():
                    # events that Amazon sent earlier may arrive on the old stream only now
                    await asyncio.wait(
                        {current, previous}, timeout=self._times.handover, return_when=asyncio.FIRST_COMPLETED
                    )
                    await _cancel(previous)
                    previous = None
                await asyncio.wait({current, link.expiring}, return_when=asyncio.FIRST_COMPLETED)
                if current.done():
                    await self._ended(current)
                else:
                    previous = current
                    self._state = StreamState.RENEWING
                    self._renewed_at = None
        finally:
            await _cancel(*filter(None, (current, previous)))

    async def _connect(self, link: _Link) -> None:
        """Serve one connection until its token expires or it is lost.

        Amazon may end the old stream when it opens the new one, so a short gap between the two is not reported.
        """
        reason = "token expired"
        try:
            async with self._client_factory() as client:
                await self._serve(client, link)
        except Exception as error:
            if not link.expiring.done():
                raise
            # the successor is already being opened, and fails too if the cause persists
            reason = lost_by(error).reason
        # a shorter gap requires no reads
        await asyncio.sleep(self._times.handover)
        if self._state is StreamState.RENEWING:
            self._failures = 0
            self._down(reason)
            self.retry()

    async def _ended(self, connection: asyncio.Task[None]) -> None:
        """Handle the end of the current connection; raises ``AlexaAuthError``."""
        try:
            connection.result()
        except AlexaAuthError:
            self._down("signed out")
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the next connection may be a good one
            await self._recover(lost_by(error))

    async def _recover(self, lost: LostError) -> None:
        """Report a lost connection if necessary, and wait before the next attempt unless it may start at once."""
        was_remembered = self._is_remembered
        is_renewing = self._state is StreamState.RENEWING
        if was_remembered:
            self._look_up_again()
        elif not is_renewing:
            self._down(lost.reason)
        if lost.drain:
            self._counts["overflows"] += 1
            await self._drained.wait()
        if lost.refused and self._may_renew():
            self._renewed_at = time.monotonic()
            self._refused = lost.refused
            return
        if was_remembered and not lost.delay:
            return
        if lost.at_once:
            return
        times = self._times
        longest = times.backoff_longest
        steady = longest if is_renewing else times.backoff_steady
        pause = min(longest, steady, times.backoff_first * 2 ** min(self._failures, 32))
        pause = min(longest, pause * 2 ** max(0, min(self._failures, 32) - MAX_STEADY_ATTEMPTS))
        pause *= random.uniform(0.5, 1.0)  # noqa: S311 - spreads load
        self._failures += 1
        self._retry_from = time.monotonic() + lost.delay
        self._pause = asyncio.create_task(asyncio.sleep(max(pause, lost.delay)))
        try:
            await asyncio.wait([self._pause])
        finally:
            self._pause.cancel()

    def renew(self) -> None:
        """Replace an open stream; the next connection registers the capabilities and looks up the region again."""
        self._look_up_again()
        if self._flow is not None:
            self._flow.cut(LostError("deaf", at_once=True))

    def _look_up_again(self) -> None:
        """Let the next connection register the capabilities and look up the region."""
        self._must_register = True
        self._is_region_known = self._is_remembered = False
        self._endpoint = gateway(self._domain)

    def retry(self) -> None:
        """End the wait before the next attempt if its minimum (``LostError.delay``) is over."""
        if self._pause is not None and time.monotonic() >= self._retry_from:
            self._pause.cancel()

    def _may_renew(self) -> bool:
        """Return whether a refused token may be renewed again; limited, because a gateway may refuse every token."""
        return self._renewed_at is None or time.monotonic() - self._renewed_at >= self._times.renew_again

    def _down(self, reason: str) -> None:
        """Store that the stream is closed, and emit ``StreamClosed`` unless it already was."""
        self._reason = reason
        if self._state is not StreamState.DOWN:
            self._state = StreamState.DOWN
            self._queue.put_nowait(StreamClosed(reason=reason))
            _LOGGER.info("Push stream closed: %s", reason)

    def _opened(self) -> None:
        """Store that the stream is open, and emit ``StreamOpened``."""
        self._counts["connects"] += 1
        self._is_remembered = False
        self._opened_at = time.monotonic()
        was, self._state = self._state, StreamState.UP
        planned = was is StreamState.RENEWING
        self._drained.clear()
        self._queue.put_nowait(StreamOpened(resync=not planned, planned=planned))
        if was is StreamState.DOWN:
            _LOGGER.info("Push stream restored")

    def _note_traffic(self) -> None:
        """Record traffic; forget earlier failures if the stream has lasted, unless its successor is being opened."""
        self._last_traffic = now = time.monotonic()
        if self._state is StreamState.UP:
            self._silent = self._switches = 0
            # a gateway may end or refuse each stream after its first data
            if now - self._opened_at >= self._times.lasting:
                self._failures, self._renewed_at = 0, None

    # --- one connection -----------------------------------------------------------------

    async def _serve(self, client: httpx.AsyncClient, link: _Link) -> None:
        """Open a stream and process it; returns when its token expires."""
        token = await self._fresh_token()
        prepared = asyncio.gather(self._register(), self._synchronize(client, token), return_exceptions=True)
        for failure in filter(None, await prepared):
            raise failure
        times = self._times
        link.endpoint = self._endpoint
        request = client.build_request(
            "GET",
            f"{link.endpoint}{API}/directives",
            headers=_authorization(token),
            # the timeout of the flow replaces a read timeout, which pings would reset
            timeout=httpx.Timeout(times.open, read=None),
        )
        async with asyncio.timeout(times.open):
            response = await client.send(request, stream=True)
        try:
            check_stream(response, token)
            self._opened()
            link.opened.set_result(None)
            await self._follow(client, response, token, link)
        finally:
            await response.aclose()

    async def _fresh_token(self) -> AccessToken:
        """Return a token; try to renew it first if Amazon refused it or if it is about to expire."""
        if self._renew_token is None:
            return await self._token()
        if self._refused is not None:
            await self._renew_token(self._refused)
            self._refused = None
        token = await self._token()
        if token.expires_at - time.time() < 2 * self._times.renew_ahead:
            try:
                await self._renew_token(token.value)
            except AlexaConnectionError, AlexaRateLimitedError:
                if self._state is StreamState.RENEWING:
                    raise
            token = await self._token()
        return token

    async def _register(self) -> None:
        """Register the capabilities if necessary; after a failure, the next stream tries again."""
        if not self._must_register:
            return
        try:
            await self._register_capabilities()
        except AlexaError as error:
            _LOGGER.debug("Registering the capabilities failed: %s", type(error).__name__)
        else:
            self._must_register = False

    async def _synchronize(self, client: httpx.AsyncClient, token: AccessToken) -> None:
        """Ask the gateway whether it is the right one for the account, unless that is known.

        A 204 confirms it. A 200 may contain a ``SetEndpoint`` directive with the address of the right one.
        """
        if self._is_region_known:
            return
        event = json.dumps(synchronize_state()).encode()
        async with asyncio.timeout(self._times.open):
            response = await client.post(
                f"{self._endpoint}{API}/events",
                headers=_authorization(token),
                files={"metadata": (None, event, "application/json; charset=UTF-8")},
                timeout=self._times.open,
            )
        if response.status_code in (401, 403):
            check_status(response, token)
        if response.status_code == 200:
            parser = MultipartParser(response.headers.get("content-type"))
            for directive in [*parser.feed(response.content), *parser.close()]:
                self._endpoint = set_endpoint(directive)[1] or self._endpoint
        self._is_region_known = response.status_code in (200, 204)

    async def _follow(
        self, client: httpx.AsyncClient, response: httpx.Response, token: AccessToken, link: _Link
    ) -> None:
        """Process the stream's directives until ``renew_ahead`` after ``link.expiring``."""
        times = self._times
        parser = MultipartParser(response.headers.get("content-type"))
        life = max(token.expires_at - time.time() - times.renew_ahead, times.renew_ahead / 10)
        expiring = asyncio.get_running_loop().call_later(life, link.expiring.set_result, None)
        # after a silent stream the next one has a longer timeout, because a household may cause no events for long
        quiet = times.read * 2 ** min(self._silent, 4)
        try:
            async with asyncio.timeout(life + times.renew_ahead) as end, asyncio.timeout(quiet) as watch:
                flow = self._flow = _Flow(watch)
                pings = asyncio.create_task(self._ping(client, token, flow, link.endpoint), name="alexa_media ping")
                try:
                    async for chunk in response.aiter_bytes():
                        flow.has_bytes = True
                        flow.extend(times.read)
                        self._take(parser, chunk, token, link.endpoint)
                finally:
                    if self._flow is flow:
                        self._flow = None
                    await _cancel(pings)
        except TimeoutError:
            if not end.expired():
                raise self._verdict(flow) from None
        else:
            raise LostError("ended by Amazon")
        finally:
            expiring.cancel()

    def _verdict(self, flow: _Flow) -> LostError:
        """Return the error for a stream that was ended by its timeout."""
        if flow.verdict:
            return flow.verdict
        if not flow.has_bytes:
            self._silent += 1
            self._must_register = True
            self._is_region_known = False
        return LostError("silent")

    def _take(self, parser: MultipartParser, chunk: bytes, token: AccessToken, address: str) -> None:
        """Process one chunk of bytes of the stream of a gateway."""
        if _UNAUTHENTICATED in chunk:
            raise LostError("signed out in the stream", refused=token.value)
        keep_alives, malformed = parser.keep_alives, parser.malformed
        error: MultipartError | None = None
        try:
            directives: Sequence[dict[str, Any]] = parser.feed(chunk)
        except MultipartError as err:
            directives, error = err.objects, err
        if parser.keep_alives > keep_alives:
            self._note_traffic()
        self._counts["keep_alives"] += parser.keep_alives - keep_alives
        self._counts["malformed"] += parser.malformed - malformed
        now = datetime.now(UTC)
        for directive in directives:
            self._directive(directive, now, address)
        if error is not None:
            raise error

    def _directive(self, directive: Mapping[str, Any], now: datetime, address: str) -> None:
        """Process one directive: queue its events, or switch the gateway; raises ``LostError``."""
        self._counts["directives"] += 1
        if self.recorder is not None:
            self.recorder.directive(directive)
        is_order, endpoint = set_endpoint(directive)
        if is_order:
            if endpoint is not None and endpoint != address:
                self._endpoint = endpoint
                self._switches += 1
                raise LostError("sent to another region", at_once=self._switches <= MAX_SWITCHES)
            return
        self._note_traffic()
        for event in parse_directive(directive, now):
            if isinstance(event, DirectiveUnknown):
                self._count_unknown(event.command)
            if self._queue.qsize() >= self._queue_limit:
                raise LostError("more pushes than can be handled", drain=True)
            self._drained.clear()
            self._queue.put_nowait(event)

    def _count_unknown(self, command: str) -> None:
        """Count a push that is unknown or cannot be parsed, for up to ``MAX_UNKNOWN`` different commands."""
        if command in self._unknown or len(self._unknown) < MAX_UNKNOWN:
            self._unknown[command] += 1

    async def _ping(self, client: httpx.AsyncClient, token: AccessToken, flow: _Flow, address: str) -> None:
        """Ping the connection periodically; a failure ends the stream."""
        while True:
            await asyncio.sleep(self._times.ping)
            try:
                response = await client.get(
                    f"{address}/ping", headers=_authorization(token), timeout=self._times.ping_timeout
                )
                check_status(response, token)
            except Exception as error:  # noqa: BLE001 - any failure means the same
                lost = lost_by(error)
                flow.cut(LostError(f"ping: {lost.reason}", refused=lost.refused))
                return
            self._counts["pings"] += 1
            if flow.has_bytes and not self._counts["keep_alives"]:
                # without keep-alive parts, a stream on which nothing arrives may still work
                flow.extend(self._times.read)


def _authorization(token: AccessToken) -> dict[str, str]:
    """Return the Authorization header for requests to the gateway."""
    return {"authorization": f"Bearer {token.value}"}


async def _cancel(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks and wait until they have ended; all are canceled even if the wait is."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()
