"""Proxy for Amazon's sign-in pages in a config flow, restricted to the first browser that opens the sign-in."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
import logging
import re
import secrets
from typing import Final, override

from aiohttp import hdrs, web
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import http
from homeassistant.helpers.config_entry_oauth2_flow import HEADER_FRONTEND_BASE
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.http import HomeAssistantView, request_handler_factory
from homeassistant.helpers.network import get_url
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.ssl import SSL_ALPN_HTTP11, client_context
import httpx
from yarl import URL

from ..cloud.account.sign_in_pages import Tickets, original_url, split_ticket
from ..cloud.account.sign_in_proxy import BrowserRequest, LandedError, SignInProxy
from ..const import DOMAIN

_LOGGER = logging.getLogger(__name__)

PATH: Final = f"/api/{DOMAIN}/sign_in"
COOKIE: Final = f"{DOMAIN}_sign_in"

LIFE: Final = 15 * 60.0
"""Maximum duration of a sign-in in seconds."""
MAX_REQUEST: Final = 64 * 1024
"""Maximum size of the body of a request in bytes."""

TIMEOUT: Final = 30.0
"""Time limit in seconds for the browser to send a form or receive a response, and for Amazon to respond."""
MAX_IN_FLIGHT: Final = 12
"""Maximum number of concurrent requests of one sign-in; further ones wait."""

_ORIGIN: Final = re.compile(r"https?://[a-z0-9.:_\[\]-]+", re.IGNORECASE)
_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "application/json", "text/plain"})

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_AMAZON_ASSETS: Final = "https://*.media-amazon.com https://*.ssl-images-amazon.com"
_PREFLIGHT: Final = {
    "Access-Control-Allow-Origin": "null",
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "accept, accept-language, content-type, x-requested-with",
    "Access-Control-Max-Age": "900",
}
_DONE: Final = (
    "<!DOCTYPE html><title>Home Assistant</title><p>You are signed in. Close this window and go back to Home Assistant."
    "<script>window.close()</script>"
)
_DONE_POLICY: Final = "default-src 'none'; script-src 'unsafe-inline'"


@dataclass(slots=True, repr=False)
class LoginSession:
    """The proxied sign-in of one flow.

    ``url`` opens it, only in the first browser that uses this URL. ``landed`` is the URL on which the sign-in ended.
    """

    url: str
    landed: str | None = None
    expired: bool = False
    _hass: HomeAssistant = field(kw_only=True)
    _id: str = field(kw_only=True)
    _proxy: SignInProxy = field(kw_only=True)
    _on_end: Callable[[], None] = field(kw_only=True)
    _key: str = field(kw_only=True)
    _tickets: Tickets = field(kw_only=True)
    _cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    _in_flight: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_IN_FLIGHT))
    _opened: bool = False
    cancel_expiry: CALLBACK_TYPE | None = None

    @callback
    def async_close(self) -> None:
        """Stop serving the sign-in, and close its proxy."""
        if self._hass.data[_SESSIONS].pop(self._id, None) is None:
            return
        if self.cancel_expiry:
            self.cancel_expiry()
        self._hass.async_create_task(self._proxy.async_close(), f"{DOMAIN} close sign-in", eager_start=True)

    @callback
    def async_expire(self, _now: object) -> None:
        """End a sign-in that took too long."""
        self.cancel_expiry = None
        self.expired = True
        self.async_close()
        self._on_end()

    @property
    def base(self) -> str:
        """Return the path under which this sign-in is served."""
        return f"{PATH}/{self._id}"

    def owns(self, request: web.Request) -> bool:
        """Return whether a request has the cookie of the browser that opened this sign-in."""
        given = request.cookies.get(COOKIE, "").encode("utf-8", "surrogatepass")
        return self._opened and secrets.compare_digest(given, self._cookie.encode())

    def open(self, request: web.Request, key: str) -> web.Response | None:
        """Return the response that opens the sign-in, or None for a wrong key or a second browser."""
        given = key.encode("utf-8", "surrogatepass")
        if not secrets.compare_digest(given, self._key.encode()) or (self._opened and not self.owns(request)):
            return None
        self._opened = True
        answer = web.Response(status=302, headers={**_HEADERS, hdrs.LOCATION: self._proxy.start})
        answer.set_cookie(
            COOKIE,
            self._cookie,
            path=self.base,
            max_age=int(LIFE),
            httponly=True,
            samesite="Lax",
            secure=URL(self.url).scheme == "https",
        )
        return answer

    def allows_scripts(self, ticket: str) -> bool:
        """Return whether scripts of a page with this ticket may send requests."""
        return self._opened and self._tickets.admits(ticket)

    async def async_serve(self, request: web.Request, ticket: str, target: str) -> web.StreamResponse:
        """Serve a request, whose path without ticket is ``target``, if its cookie or ticket allows it."""
        wanted = BrowserRequest(request.method, target, request.headers)
        owned, sends_form = self.owns(request), wanted.navigates and request.method == hdrs.METH_POST
        if not owned and not sends_form and (wanted.navigates or not self.allows_scripts(ticket)):
            return _not_found()
        if ticket and wanted.navigates and not sends_form:
            # The address bar must not show a valid ticket.
            return web.Response(status=302, headers={**_HEADERS, hdrs.LOCATION: target})
        if request.body_exists and (request.method != hdrs.METH_POST or request.content_type not in _FORMS):
            return web.Response(status=415)
        async with self._in_flight:
            try:
                async with asyncio.timeout(TIMEOUT):
                    body = await request.clone(client_max_size=MAX_REQUEST).read()
            except TimeoutError:
                return web.Response(status=408)
            except web.HTTPException as err:
                return web.Response(status=err.status)
            if sends_form and not (self._opened and self._tickets.spend(ticket, body)) and not owned:
                return _not_found()
            passed = replace(wanted, content_type=request.content_type, charset=request.charset or "utf-8", body=body)
            answer = await self._async_forward(passed) if passed.readable else web.Response(status=400)
            if request.headers.get(hdrs.ORIGIN) == "null":
                answer.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "null"
            return await _async_send(request, answer)

    async def _async_forward(self, request: BrowserRequest) -> web.Response:
        """Forward a request to Amazon, and return the response for the browser."""
        try:
            async with asyncio.timeout(TIMEOUT):
                answer = await self._proxy.async_answer(request)
        except LandedError as err:
            self.landed = err.url
            self.async_close()
            self._on_end()
            return web.Response(
                text=_DONE,
                content_type="text/html",
                headers={**_HEADERS, "Content-Security-Policy": _DONE_POLICY},
            )
        except TimeoutError:
            return web.Response(status=504)
        except Exception as err:  # noqa: BLE001 - an unusual page may raise any error in alexapy
            _LOGGER.debug("Could not load a sign-in page: %s", type(err).__name__)
            return web.Response(status=502)
        answer.headers.update(_HEADERS)
        answer.headers["Content-Security-Policy"] = self._policy
        return answer

    @property
    def _policy(self) -> str:
        """Return the content security policy of a page from Amazon.

        The page has Home Assistant's address, but ``sandbox`` without ``allow-same-origin`` gives it an opaque origin,
        so that its scripts cannot read the storage of the frontend, which contains the user's tokens.
        """
        flow = f"{URL(self.url).origin()}{self.base}/"
        return (
            f"sandbox allow-forms allow-scripts; default-src 'none'; connect-src {flow}; "
            f"font-src {flow} data: {_AMAZON_ASSETS}; img-src {flow} data: {_AMAZON_ASSETS}; "
            f"script-src {flow} 'unsafe-inline' {_AMAZON_ASSETS}; style-src {flow} 'unsafe-inline' {_AMAZON_ASSETS}; "
            f"base-uri 'none'; form-action {flow}; frame-ancestors 'none'; frame-src 'none'; object-src 'none'; "
            "worker-src 'none'"
        )


def _not_found() -> web.Response:
    """Return an empty 404 response."""
    return web.Response(status=404)


async def _async_send(request: web.Request, answer: web.Response) -> web.StreamResponse:
    """Send a response to the browser within the time limit."""
    try:
        async with asyncio.timeout(TIMEOUT):
            await answer.prepare(request)
            await answer.write_eof()
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
    except ConnectionError:
        _LOGGER.debug("The browser closed a connection during the sign-in")
    return answer


_SESSIONS: HassKey[dict[str, LoginSession]] = HassKey(f"{DOMAIN}_sign_ins")


class LoginProxyView(HomeAssistantView):
    """Serves the pages without authentication, because the sign-in may open in a browser without the frontend.

    A request without a valid key, cookie or ticket gets an empty 404, whether or not the sign-in exists.
    """

    url = PATH + "/{session_id}/{tail:.*}"
    name = f"api:{DOMAIN}:sign_in"
    requires_auth = False

    def __init__(self, sessions: dict[str, LoginSession]) -> None:
        """Initialize with the open sign-ins by id."""
        self._sessions = sessions

    @override
    def register(self, hass: HomeAssistant, app: web.Application, router: web.UrlDispatcher) -> None:
        """Register without Home Assistant's CORS handling, which refuses preflights of opaque origins."""
        for method in ("get", "post", "options"):
            router.add_route(method, self.url, request_handler_factory(hass, self, getattr(self, method)))

    async def get(self, request: web.Request, session_id: str, tail: str) -> web.StreamResponse:
        """Open a sign-in, or serve a page or another file of Amazon."""
        session = self._sessions.get(session_id)
        kind, _, key = tail.partition("/")
        if session is not None and kind == "open":
            return session.open(request, key) or _not_found()
        return await self._async_serve(request, session)

    async def post(self, request: web.Request, session_id: str, tail: str) -> web.StreamResponse:  # noqa: ARG002 - the router names it
        """Send a form or the data of a script to Amazon, and return the response."""
        return await self._async_serve(request, self._sessions.get(session_id))

    async def options(self, request: web.Request, session_id: str, tail: str) -> web.Response:  # noqa: ARG002 - the router names it
        """Allow a script of a page to send requests that need a preflight."""
        session = self._sessions.get(session_id)
        if session is None or request.headers.get(hdrs.ORIGIN) != "null":
            return _not_found()
        ticket, _ = split_ticket(session.base, request.raw_path)
        return web.Response(status=204, headers=_PREFLIGHT) if session.allows_scripts(ticket) else _not_found()

    async def _async_serve(self, request: web.Request, session: LoginSession | None) -> web.StreamResponse:
        """Serve a request of a sign-in; respond 404 without a sign-in, or if the path belongs to no URL of Amazon."""
        if session is None:
            return _not_found()
        ticket, target = split_ticket(session.base, request.raw_path)
        if original_url(session.base, target) is None:
            return _not_found()
        return await session.async_serve(request, ticket, target)


@callback
def async_register(hass: HomeAssistant) -> dict[str, LoginSession]:
    """Return the open sign-ins by id; the first call registers the view."""
    if (sessions := hass.data.get(_SESSIONS)) is None:
        sessions = hass.data[_SESSIONS] = {}
        hass.http.register_view(LoginProxyView(sessions))
    return sessions


@callback
def async_open_login(
    hass: HomeAssistant, start_url: str, otp_secret: str | None, on_end: Callable[[], None]
) -> LoginSession:
    """Open a sign-in that starts at a URL of Amazon; ``on_end`` is called when the sign-in ends or expires.

    Raises ``homeassistant.helpers.network.NoURLAvailableError`` if the URL at which the browser reaches Home Assistant
    is unknown.
    """
    root = _frontend_base() or get_url(hass, prefer_external=True)
    sessions = async_register(hass)
    session_id, key = secrets.token_urlsafe(12), secrets.token_urlsafe(32)
    base = f"{PATH}/{session_id}"
    tickets = Tickets()
    session = sessions[session_id] = LoginSession(
        f"{root}{base}/open/{key}",
        _hass=hass,
        _id=session_id,
        _key=key,
        _proxy=SignInProxy(start_url, base, _create_transport, tickets.issue, otp_secret),
        _tickets=tickets,
        _on_end=on_end,
    )
    session.cancel_expiry = async_call_later(hass, LIFE, HassJob(session.async_expire, cancel_on_shutdown=True))
    return session


def _frontend_base() -> str | None:
    """Return the origin of the frontend that the browser names in the current request, or None."""
    request = http.current_request.get()
    given = request.headers.get(HEADER_FRONTEND_BASE) if request is not None else None
    try:
        url = URL(given or "")
        root = str(url.origin()) if url.scheme in ("http", "https") else ""
    except ValueError:
        return None
    # The URL becomes part of a content security policy, in which some characters have a meaning.
    return root if _ORIGIN.fullmatch(root) else None


def _create_transport() -> httpx.AsyncBaseTransport:
    """Return the HTTP transport of one sign-in; it verifies certificates as Home Assistant does."""
    return httpx.AsyncHTTPTransport(verify=client_context(alpn_protocols=SSL_ALPN_HTTP11), trust_env=False)
