"""Signed-in session of one account: access token, cookies, csrf cookie and addresses."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
import contextlib
import hashlib
from http.cookies import CookieError, Morsel, SimpleCookie
import logging
import math
import re
import time
from typing import Any, Final, NamedTuple

import aiohttp
from alexapy.alexalogin import AlexaLogin
from alexapy.secureauth import AuthTerminalError, AuthTransientError, DeviceCredentials, TokenManager
from yarl import URL

from ..errors import AlexaAuthError, AlexaBadResponseError, AlexaConnectionError, AlexaError, AlexaUnsupportedError
from ..json import mapping, mappings, number, text
from ..model.commands import is_command
from ..model.devices import Credentials
from .directives import gateway_address
from .endpoints import CSRF_PAGES, REGION, Host
from .limits import Backoff, SingleFlight
from .parse import Region, parse_region
from .transport import Transport

_LOGGER = logging.getLogger(__name__)

RENEW_AT: Final = 0.8
"""Fraction of a token's lifetime after which the token is renewed."""
COOKIES_MAX_AGE: Final = 86_400.0
CALL_TIMEOUT: Final = 20.0
CONNECT_PAGES_TIMEOUT: Final = 20.0
CLOSE_TIMEOUT: Final = 5.0
DEREGISTER_TIMEOUT: Final = 10.0
LONGEST_LIFE: Final = 86_400.0
"""Maximum plausible lifetime (seconds) of a stored access token."""
DEFAULT_ALEXA_API: Final = "https://api.amazonalexa.com"
COMMUNICATIONS: Final = "https://alexa-comms-mobile-service.amazon.com"

_STATUS: Final = re.compile(r"HTTP (\d{3})")


class AccessToken(NamedTuple):
    """An access token and when it expires, in epoch seconds."""

    value: str
    expires_at: float


class _NoDebug(logging.Filter):
    """Suppresses the debug messages of alexapy's login, because they may contain the access token."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.DEBUG


logging.getLogger(AlexaLogin.__module__).addFilter(_NoDebug())


# First label of the host of the parents site by marketplace. Two hosts are known; the other marketplaces are assumed to
# use the label of amazon.com.
_PARENTS: Final = {"amazon.de": "eltern"}


class _NoRedirects:
    """A session for alexapy's calls that follows no redirects, so that a token only reaches the intended host."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def post(self, url: str, **kwargs: Any) -> Any:
        """Send a POST request without following redirects, because it contains a token."""
        return self._session.post(url, allow_redirects=False, raise_for_status=False, **kwargs)

    async def put(self, url: str, **kwargs: Any) -> aiohttp.ClientResponse:
        """Send a PUT request and read the response; alexapy does not read it, which would keep the connection open."""
        response = await self._session.put(url, allow_redirects=False, raise_for_status=False, **kwargs)
        await response.read()
        return response


class _CapabilitiesLogin:
    """The parts of an ``AlexaLogin`` that ``AlexaLogin.register_capabilities`` uses."""

    _debug = False

    def __init__(self, session: _NoRedirects, access_token: str) -> None:
        self._session = session
        self.access_token = access_token


class AccountSession:
    """Keeps one account signed in.

    Tokens and cookies are renewed before they expire, and when Amazon refuses them. After a failed renewal, only
    commands try again before the back-off is over. Once the token endpoint has reported that the grant is revoked,
    renewals raise ``AlexaAuthError`` without sending a request.
    """

    def __init__(self, session: aiohttp.ClientSession, credentials: Credentials) -> None:
        """Initialize with a session that the caller closes; its cookie jar must be for this account only."""
        self.credentials = credentials
        self.transport = Transport(session, self)
        self._http = session
        self._guarded = _NoRedirects(session)
        self._tokens = TokenManager(
            DeviceCredentials(
                refresh_token=credentials.refresh_token,
                mac_dms=dict(credentials.mac_dms),
                serial=credentials.serial,
                customer_id=credentials.account_id,
                domain=credentials.domain,
            )
        )
        self._token: AccessToken | None = None
        self._token_minted_at = self._token_renew_at = 0.0
        self._cookies_at: float | None = None
        self._refused_generation: int | None = None
        self._generation = 0
        self._region: Region | None = None
        self._noted_csrf: str | None = None
        self._gone: str | None = None
        self._token_flight = SingleFlight(self._mint_token)
        self._cookie_flight = SingleFlight(self._mint_cookies)
        self._csrf_flight = SingleFlight(self._fetch_csrf)
        self._region_flight = SingleFlight(self._fetch_region)
        self._token_backoff = Backoff()
        self._cookie_backoff = Backoff()
        self._flights = {
            "token": self._token_flight,
            "cookies": self._cookie_flight,
            "csrf": self._csrf_flight,
            "region": self._region_flight,
        }
        self._backoffs = {"token": self._token_backoff, "cookies": self._cookie_backoff}
        self.gateway: str | None = None
        self.on_change: Callable[[], None] = lambda: None
        self._counts = {"tokens": 0, "cookies": 0, "csrf": 0, "capabilities": 0, "failures": 0}

    # --- properties ---------------------------------------------------------------------

    @property
    def expires_at(self) -> float:
        """Return the time at which the access token expires, in epoch seconds; 0 without a token."""
        return self._token.expires_at if self._token else 0.0

    @property
    def cookie_generation(self) -> int:
        """Return the number of cookie renewals."""
        return self._generation

    @property
    def csrf(self) -> str | None:
        """Return the value of the csrf cookie, or None."""
        morsel = self._http.cookie_jar.filter_cookies(URL(self.base_url(Host.ALEXA) + "/")).get("csrf")
        return morsel.value or None if morsel else None

    @property
    def stats(self) -> Mapping[str, object]:
        """Return counters, times in seconds, and the state of the session, for diagnostics."""
        now = time.time()
        return {
            **self._counts,
            "signed_out": self._gone is not None,
            "token_expires_in": round(self.expires_at - now) if self._token else None,
            "cookies_age": None if self._cookies_at is None else round(now - self._cookies_at),
            "renewing": [name for name, flight in self._flights.items() if flight.is_running],
            "next_try_in": {
                name: math.ceil(pause.remaining) for name, pause in self._backoffs.items() if pause.remaining
            },
            "website": self.base_url(Host.WEBSITE),
        }

    def cookie(self, host: Host, name: str) -> str | None:
        """Return the value of the cookie with the given name that is sent to a host, or None."""
        morsel = self._http.cookie_jar.filter_cookies(URL(self.base_url(host) + "/")).get(name)
        return morsel.value if morsel else None

    def base_url(self, host: Host) -> str:
        """Return the base URL (scheme and host) of a ``Host``."""
        domain, region = self.credentials.domain, self._region
        if host is Host.RETAIL:
            return f"https://www.{domain}"
        if host is Host.COMMUNICATIONS:
            return COMMUNICATIONS
        if host is Host.PARENTS:
            return f"https://{_PARENTS.get(self.credentials.domain, 'parents')}.{self.credentials.domain}"
        if host is Host.ALEXA_API:
            return (region and region.alexa_api) or DEFAULT_ALEXA_API
        if host is Host.WEBSITE and region and region.website:
            return region.website
        return f"https://alexa.{domain}"

    def cookies_for(self, host: Host) -> Mapping[str, str] | None:
        """Return the marketplace's cookies for ``Host.COMMUNICATIONS``, which requires them; None for other hosts."""
        if host is not Host.COMMUNICATIONS:
            return None
        morsels = self._http.cookie_jar.filter_cookies(URL(self.base_url(Host.ALEXA) + "/"))
        return {name: morsel.value for name, morsel in morsels.items()}

    # --- stored state -------------------------------------------------------------------

    @property
    def _owner(self) -> str:
        """Return a digest of the registration, which distinguishes its stored data from that of another one."""
        known = self.credentials
        return hashlib.sha256(f"{known.domain} {known.serial} {known.refresh_token}".encode()).hexdigest()

    def snapshot(self) -> dict[str, Any]:
        """Return the state that a later session can restore without requests, as a JSON object with secrets."""
        domain = self.credentials.domain
        cookies = [
            {"name": morsel.key, "value": morsel.value, "domain": morsel["domain"]}
            for morsel in self._http.cookie_jar
            if _is_within(morsel["domain"], domain)
        ]
        return {
            "owner": self._owner,
            "token": list(self._token) if self._token else None,
            "cookies": cookies,
            "cookies_at": self._cookies_at,
            "region": self._region._asdict() if self._region else None,
            "gateway": self.gateway,
        }

    def restore(self, stored: object) -> None:
        """Restore the snapshot of an earlier session of the same registration; ignore implausible values."""
        found = mapping(stored)
        if found.get("owner") != self._owner:
            return
        now = time.time()
        self._token = _stored_token(found.get("token"), now)
        self._token_renew_at = self.expires_at - (1 - RENEW_AT) * 3600
        cookies: dict[str, dict[str, str]] = {}
        for item in mappings(found.get("cookies")):
            name, value, domain = (text(item.get(key)) for key in ("name", "value", "domain"))
            if name and value and domain and _is_within(domain, self.credentials.domain):
                cookies.setdefault(domain, {})[name] = value
        cookies_at = number(found.get("cookies_at"))
        if cookies and cookies_at is not None and cookies_at <= now:
            self._store(cookies)
            self._cookies_at = cookies_at
        if region := mapping(found.get("region")):
            addresses = {"websiteApiUrl": region.get("website"), "alexaApiUrl": region.get("alexa_api")}
            self._region = parse_region(addresses, self.credentials.domain)
        self.gateway = gateway_address(found.get("gateway"))

    def follow_gateway(self, gateway: str | None) -> None:
        """Store the gateway for the next stream: that of the open stream, or None to look it up again."""
        if gateway != self.gateway:
            self.gateway = gateway
            self.on_change()

    # --- lifecycle ----------------------------------------------------------------------

    async def async_sign_in(self) -> None:
        """Ensure that there are an access token and cookies; raises ``AlexaAuthError`` or ``AlexaConnectionError``."""
        _raise_worst(await asyncio.gather(self.async_token(), self.async_ensure_cookies(), return_exceptions=True))

    async def async_connect(self) -> None:
        """Ensure that there are an access token and cookies, and read the addresses unless they are known.

        Raises ``AlexaAuthError``, or ``AlexaConnectionError`` if the token or the cookies cannot be obtained. Other
        failures to read the addresses are ignored, because the addresses have defaults.
        """
        await self.async_sign_in()
        if self._region is not None:
            return
        try:
            async with asyncio.timeout(CONNECT_PAGES_TIMEOUT):
                await self._region_flight.join()
        except AlexaAuthError:
            raise
        except AlexaError, TimeoutError:
            return

    async def async_close(self) -> None:
        """Wait a short time for running renewals, then cancel them."""
        await asyncio.gather(*(flight.close(CLOSE_TIMEOUT) for flight in self._flights.values()))

    def forget_failures(self) -> None:
        """Clear the back-off of failed renewals, for use when Amazon responds again."""
        for backoff in self._backoffs.values():
            backoff.succeeded()

    def renew_ahead(self) -> None:
        """Start a background renewal of cookies that are a day old, except during back-off or with a revoked grant."""
        if (
            self._cookies_at is not None
            and time.time() - self._cookies_at >= COOKIES_MAX_AGE
            and self._gone is None
            and not self._cookie_backoff.remaining
        ):
            self._cookie_flight.start()

    # --- access token -------------------------------------------------------------------

    async def async_token(self, min_valid: float = 60.0) -> AccessToken:
        """Return a token that is valid for at least ``min_valid`` seconds, renewed if necessary.

        After 80 % of its lifetime a valid token is still returned, and a renewal is started in the background unless
        one failed recently. Raises ``AlexaAuthError`` or ``AlexaConnectionError``.
        """
        now = time.time()
        if self._token and self._token.expires_at - now > min_valid:
            if now >= self._token_renew_at and self._gone is None and not self._token_backoff.remaining:
                self._token_flight.start()
            return self._token
        return await self._new_token()

    async def async_access_token(self, min_valid: float = 60.0) -> str:
        """Return the token of ``async_token`` as text."""
        return (await self.async_token(min_valid)).value

    async def async_renew_token(self, refused: str) -> None:
        """Renew the token that was refused, unless it has already been replaced."""
        if self._token is None or self._token.value == refused:
            await self._new_token()

    async def _new_token(self) -> AccessToken:
        self._check(self._token_backoff, "token")
        await self._token_flight.join()
        if self._token is None:
            raise AlexaConnectionError("There is no access token", sent=False)
        return self._token

    async def _mint_token(self) -> None:
        """Request a new access token with the refresh token."""
        began = time.time()
        try:
            await self._call(self._refresh_access_token())
        except AlexaConnectionError:
            self._token_backoff.failed()
            raise
        self._token_backoff.succeeded()
        self._counts["tokens"] += 1
        self._token_minted_at = time.time()
        self._token_renew_at = began + RENEW_AT * (self.expires_at - began)
        self.on_change()

    async def _refresh_access_token(self) -> None:
        value = await self._tokens.async_refresh_access_token(self._guarded)
        if not isinstance(value, str) or self._tokens.expires_at <= time.time():
            raise TypeError("The token endpoint gave no token, or none that lasts")
        self._token = AccessToken(value, self._tokens.expires_at)

    # --- cookies ------------------------------------------------------------------------

    async def async_ensure_cookies(self) -> None:
        """Get cookies if there are none, and wait for a running renewal of refused ones.

        Raises like ``async_renew_cookies``.
        """
        if self._cookies_at is None or self._refused_generation == self._generation:
            await self.async_renew_cookies(self._generation)

    async def async_renew_cookies(self, generation: int) -> None:
        """Renew the cookies, unless those of ``generation`` have already been replaced.

        Raises ``AlexaAuthError`` or ``AlexaConnectionError``; the old cookies are kept in that case.
        """
        if generation != self._generation:
            return
        self._check(self._cookie_backoff, "cookies")
        self._refused_generation = generation
        try:
            await self._cookie_flight.join()
        finally:
            self._refused_generation = None
        if self._region is None:
            self._region_flight.start()

    async def _mint_cookies(self) -> None:
        """Exchange the refresh token for cookies and put them into the jar."""
        began = time.time()
        try:
            cookies = await self._call(self._tokens.async_exchange_cookies(self._guarded))
        except AlexaConnectionError as err:
            self._cookie_backoff.failed()
            if err.status in (400, 401, 403):
                await self._check_grant(began)
            raise
        self._store(cookies)
        self._cookie_backoff.succeeded()
        self._counts["cookies"] += 1
        self._cookies_at = time.time()
        self._generation += 1
        self.on_change()

    async def _check_grant(self, began: float) -> None:
        """Request a token unless one was received after ``began``: only the token endpoint reports a revoked grant."""
        if self._token_minted_at < began:
            with contextlib.suppress(AlexaConnectionError):
                await self._new_token()

    def _store(self, cookies: Mapping[str, Mapping[str, str]]) -> None:
        """Put cookies, given by domain, into the jar, each with its domain."""
        for domain, values in cookies.items():
            jar: dict[str, Morsel[str]] = {}
            for name, value in values.items():
                cookie: SimpleCookie = SimpleCookie()
                try:
                    cookie[name] = value
                except CookieError:
                    continue
                jar[name] = cookie[name]
                jar[name].update({"domain": domain, "path": "/", "secure": "true"})
            self._http.cookie_jar.update_cookies(jar, URL.build(scheme="https", host=f"www.{domain.strip('.')}"))

    # --- csrf and addresses -------------------------------------------------------------

    async def async_renew_csrf(self, refused: str | None) -> None:
        """Request a new csrf cookie if there is none or the current one is ``refused``.

        There is none afterward if no page sets one. Raises ``AlexaAuthError``, ``AlexaRateLimitedError``, or
        ``AlexaConnectionError`` if the session is closed meanwhile.
        """
        current = self.csrf
        if current is None or current == refused:
            await self._csrf_flight.join()

    def note_csrf(self) -> None:
        """Call ``on_change`` if a response has set a new csrf cookie; request one in the background if there is none.

        The list of devices is one of the pages that set the cookie.
        """
        if (csrf := self.csrf) is None:
            self._csrf_flight.start()
        elif csrf != self._noted_csrf:
            self._noted_csrf = csrf
            self.on_change()

    async def _fetch_csrf(self) -> None:
        """Try to get the csrf cookie from one page after another."""
        self._http.cookie_jar.clear(lambda morsel: morsel.key == "csrf")
        self._counts["csrf"] += 1
        for page in CSRF_PAGES:
            try:
                await self.transport.async_request(page)
            except AlexaConnectionError as err:
                if err.status is None or err.status < 500:
                    return
            except AlexaBadResponseError, AlexaUnsupportedError:
                continue
            if self.csrf is not None:
                self.on_change()
                return

    async def _fetch_region(self) -> None:
        """Read the addresses of the account's region."""
        self._region = parse_region(await self.transport.async_request(REGION), self.credentials.domain)
        self.on_change()

    # --- calls through alexapy ----------------------------------------------------------

    async def async_register_capabilities(self) -> None:
        """Register the capabilities of the app; without them the push stream delivers no events.

        Raises ``AlexaAuthError`` or ``AlexaConnectionError``.
        """
        login = _CapabilitiesLogin(self._guarded, await self.async_access_token())
        if not await self._call(AlexaLogin.register_capabilities(login)):
            self._counts["failures"] += 1
            raise AlexaConnectionError("Amazon did not accept the capabilities", endpoint="PUT capabilities")
        self._counts["capabilities"] += 1

    async def async_deregister(self) -> None:
        """Deregister the integration from the account within 10 s; a failure is only logged."""
        done = False
        try:
            async with asyncio.timeout(DEREGISTER_TIMEOUT):
                await self._new_token()
                done = await self._tokens.async_deregister(self._guarded)
        except (AlexaError, TimeoutError, RuntimeError, OSError) as err:
            _LOGGER.debug("Deregistration failed: %s", type(err).__name__)
        if not done:
            _LOGGER.warning("Deregistration failed; the integration may remain in the account's list of devices")

    async def _call[T](self, call: Coroutine[Any, Any, T]) -> T:
        """Return the result of an alexapy call within a time limit.

        Raises ``AlexaAuthError`` or ``AlexaConnectionError``.
        """
        try:
            async with asyncio.timeout(CALL_TIMEOUT):
                return await call
        except AuthTerminalError:
            self._gone = "invalid_grant"
            raise self._auth_error() from None
        except AuthTransientError as err:
            found = _STATUS.search(str(err))
            status = int(found[1]) if found else None
            code = None if status else type(err.__cause__ or err).__name__
        except (aiohttp.ClientError, ArithmeticError, OSError, ValueError, TypeError, RuntimeError) as err:
            # alexapy does not validate some responses, and a closed session causes a RuntimeError
            status, code = None, type(err).__name__
        self._counts["failures"] += 1
        raise AlexaConnectionError(
            f"The sign-in could not be renewed: {status or code}", status=status, code=code, sent=False
        )

    def _check(self, backoff: Backoff, what: str) -> None:
        """Raise if the grant is revoked, or if a read would retry the renewal of ``what`` during its back-off."""
        if self._gone is not None:
            raise self._auth_error()
        if (remaining := backoff.remaining) and not is_command():
            raise AlexaConnectionError(
                f"The renewal of the {what} failed; next attempt in {remaining:.0f} s", code="backoff", sent=False
            )

    def _auth_error(self) -> AlexaAuthError:
        return AlexaAuthError("Amazon no longer accepts the sign-in", code=self._gone)


class AccountClient:
    """Base class for the clients of one account, each for one family of requests."""

    def __init__(self, session: AccountSession) -> None:
        """Initialize with the session of the account."""
        self._session = session
        self._transport = session.transport


def _is_within(domain: str, marketplace: str) -> bool:
    """Return whether the domain of a cookie belongs to a marketplace."""
    return f".{domain.lstrip('.')}".endswith(f".{marketplace}")


def _stored_token(stored: object, now: float) -> AccessToken | None:
    """Return the stored access token if it is valid and has not expired, else None."""
    value, expires_at = stored if isinstance(stored, list) and len(stored) == 2 else (None, None)
    value, expires_at = text(value), number(expires_at)
    if value is None or expires_at is None or not 0 < expires_at - now <= LONGEST_LIFE:
        return None
    return AccessToken(value, expires_at) if value.isascii() and value.isprintable() else None


def _raise_worst(results: Sequence[object]) -> None:
    """Raise an ``AlexaAuthError`` among the results, else the first exception among them, if there is any."""
    errors = [result for result in results if isinstance(result, BaseException)]
    for error in sorted(errors, key=lambda error: not isinstance(error, AlexaAuthError)):
        raise error
