"""Amazon's sign-in pages through Home Assistant, for the one browser that a config flow was opened in."""

from collections.abc import Callable
from dataclasses import dataclass, field
import logging
import secrets
from typing import Final

from aiohttp import hdrs, web
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import http
from homeassistant.helpers.config_entry_oauth2_flow import HEADER_FRONTEND_BASE
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.http import HomeAssistantView
from homeassistant.helpers.network import get_url
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.ssl import SSL_ALPN_HTTP11, client_context
import httpx
from yarl import URL

from .const import DOMAIN
from .web.sign_in_pages import in_front
from .web.sign_in_proxy import LandedError, SignInProxy

_LOGGER = logging.getLogger(__name__)

PATH: Final = f"/api/{DOMAIN}/sign_in"
COOKIE: Final = f"{DOMAIN}_sign_in"

LIFE: Final = 15 * 60.0
"""Seconds that a sign-in may take."""
MAX_REQUEST: Final = 64 * 1024
"""Bytes that a form may have."""

_FORMS: Final = frozenset({"application/x-www-form-urlencoded", "application/json", "text/plain"})

# A page of Amazon's runs on Home Assistant's origin here: it gets scripts and data from
# Amazon alone, sends forms through us only, and cannot be framed.
_AMAZON_ASSETS: Final = "https://*.media-amazon.com https://*.ssl-images-amazon.com"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'self' {_AMAZON_ASSETS}; img-src 'self' data: {_AMAZON_ASSETS}; "
        f"script-src 'self' 'unsafe-inline' {_AMAZON_ASSETS}; style-src 'self' 'unsafe-inline' {_AMAZON_ASSETS}; "
        "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_DONE: Final = (
    "<!DOCTYPE html><title>Home Assistant</title><p>You are signed in. Close this window and go back to Home Assistant."
    "<script>window.close()</script>"
)


@dataclass(slots=True, repr=False)
class LoginSession:
    """A sign-in through us that one flow has opened.

    ``url`` opens it in the first browser that comes with it. ``landed`` is the address
    that the sign-in ended on, ``expired`` says that it took too long.
    """

    url: str
    landed: str | None = None
    expired: bool = False
    _hass: HomeAssistant = field(kw_only=True)
    _id: str = field(kw_only=True)
    _proxy: SignInProxy = field(kw_only=True)
    _on_end: Callable[[], None] = field(kw_only=True)
    _key: str = field(kw_only=True)
    _cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    _opened: bool = False
    cancel_expiry: CALLBACK_TYPE | None = None

    @callback
    def async_close(self) -> None:
        """Answer nobody any more and forget everything but ``landed``; a second call does nothing."""
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

    def owns(self, request: web.Request) -> bool:
        """Return whether a request comes from the browser that opened this sign-in."""
        return self._opened and secrets.compare_digest(request.cookies.get(COOKIE, "").encode(), self._cookie.encode())

    def open(self, request: web.Request, key: str) -> web.Response | None:
        """Take a browser in by the one-time address, or the same one again; ``None`` for any other."""
        if not secrets.compare_digest(key.encode(), self._key.encode()) or (self._opened and not self.owns(request)):
            return None
        self._opened = True
        answer = web.Response(status=302, headers={**_HEADERS, hdrs.LOCATION: self._proxy.start})
        answer.set_cookie(
            COOKIE,
            self._cookie,
            path=f"{PATH}/{self._id}",
            max_age=int(LIFE),
            httponly=True,
            samesite="Lax",
            secure=URL(self.url).scheme == "https",
        )
        return answer

    async def async_forward(self, request: web.Request) -> web.Response:
        """Return what Amazon answers to the browser."""
        try:
            answer = await self._proxy.async_answer(request)
        except LandedError as err:
            self.landed = err.url
            self.async_close()
            self._on_end()
            return web.Response(
                text=_DONE,
                content_type="text/html",
                headers={**_HEADERS, "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'"},
            )
        except web.HTTPException as err:
            return web.Response(status=err.status)
        except Exception as err:  # noqa: BLE001 - alexapy lets out whatever an odd page makes it stumble over
            _LOGGER.debug("A page of the sign-in could not be shown: %s", type(err).__name__)
            return web.Response(status=502)
        answer.headers.update(_HEADERS)
        return answer


_SESSIONS: HassKey[dict[str, LoginSession]] = HassKey(f"{DOMAIN}_sign_ins")


class LoginProxyView(HomeAssistantView):
    """Serves the pages; without authentication, as the browser that signs in may be another one than the frontend.

    What does not come from a browser that opened a sign-in gets a 404 without content,
    whether there is such a sign-in or not.
    """

    url = PATH + "/{session_id}/{tail:.*}"
    name = f"api:{DOMAIN}:sign_in"
    requires_auth = False

    def __init__(self, sessions: dict[str, LoginSession]) -> None:
        """Serve the sessions that are open at the time."""
        self._sessions = sessions

    async def get(self, request: web.Request, session_id: str, tail: str) -> web.Response:
        """Open a sign-in, or show a page."""
        session = self._sessions.get(session_id)
        kind, _, key = tail.partition("/")
        if session is not None and kind == "open":
            return session.open(request, key) or web.Response(status=404)
        return await self._async_serve(request, session, session_id)

    async def post(self, request: web.Request, session_id: str, tail: str) -> web.Response:  # noqa: ARG002 - the router names it
        """Send a form."""
        return await self._async_serve(request, self._sessions.get(session_id), session_id)

    async def _async_serve(self, request: web.Request, session: LoginSession | None, session_id: str) -> web.Response:
        """Pass a request on that is in order."""
        if session is None or not session.owns(request):
            return web.Response(status=404)
        if in_front(f"{PATH}/{session_id}", request.raw_path) is None:
            return web.Response(status=404)
        if request.body_exists and (request.method != hdrs.METH_POST or request.content_type not in _FORMS):
            return web.Response(status=415)
        # What is larger raises 413 where alexapy reads it.
        return await session.async_forward(request.clone(client_max_size=MAX_REQUEST))


@callback
def async_register(hass: HomeAssistant) -> dict[str, LoginSession]:
    """Register the view unless it is, and return the sign-ins that are open, by id."""
    if (sessions := hass.data.get(_SESSIONS)) is None:
        sessions = hass.data[_SESSIONS] = {}
        hass.http.register_view(LoginProxyView(sessions))
    return sessions


@callback
def async_open_login(
    hass: HomeAssistant, start_url: str, otp_secret: str | None, on_end: Callable[[], None]
) -> LoginSession:
    """Open a sign-in that starts at an address of Amazon's; ``on_end`` is called when it has landed or expired.

    Raises ``homeassistant.helpers.network.NoURLAvailableError`` when nobody knows under
    which address the browser reaches us.
    """
    root = _frontend_base() or get_url(hass, prefer_external=True)
    sessions = async_register(hass)
    session_id, key = secrets.token_urlsafe(12), secrets.token_urlsafe(32)
    base = f"{PATH}/{session_id}"
    session = sessions[session_id] = LoginSession(
        f"{root}{base}/open/{key}",
        _hass=hass,
        _id=session_id,
        _key=key,
        _proxy=SignInProxy(start_url, base, _create_transport, otp_secret),
        _on_end=on_end,
    )
    session.cancel_expiry = async_call_later(hass, LIFE, HassJob(session.async_expire, cancel_on_shutdown=True))
    return session


def _frontend_base() -> str | None:
    """Return the address under which the browser that asks right now has the frontend, if it says so."""
    request = http.current_request.get()
    given = request.headers.get(HEADER_FRONTEND_BASE) if request is not None else None
    try:
        url = URL(given or "")
        return str(url.origin()) if url.scheme in ("http", "https") else None
    except ValueError:
        return None


def _create_transport() -> httpx.AsyncBaseTransport:
    """Return the connections of one sign-in, with certificates checked as Home Assistant does."""
    return httpx.AsyncHTTPTransport(verify=client_context(alpn_protocols=SSL_ALPN_HTTP11), trust_env=False)
