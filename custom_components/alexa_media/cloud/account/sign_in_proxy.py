"""alexapy's sign-in proxy, limited to Amazon's hosts; its result is the URL on which the sign-in ends."""

import asyncio
from base64 import b32decode
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
import hmac
import json
import logging
import re
import time
from typing import Any, Final, override
from urllib.parse import parse_qsl
import zlib

from aiohttp import web
from alexapy.alexaproxy import AlexaProxy
from authcaptureproxy.interceptor import BaseInterceptor, InterceptContext
import httpx
from multidict import MultiDict, MultiMapping
from yarl import URL

from .sign_in_pages import is_amazon, original_url, proxied_path, rewritten, shim, site_of

MAX_ANSWER: Final = 8 * 1024 * 1024
"""Maximum size in bytes of a response from Amazon, uncompressed."""
MAX_PAGE: Final = 2 * 1024 * 1024
"""Maximum size of an HTML page in bytes; Amazon's pages have about 100,000."""
TIMEOUT: Final = 20.0

_TOO_LARGE: Final = (
    "This page from Amazon is too large to show in this window. "
    "Start the sign-in again and choose to sign in on Amazon's own page."
)
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,100}/[a-z0-9!#$&^_.+-]{1,100}")
_JSON: Final = "application/json"
_LANDING_PAGE: Final = "/ap/maplanding"

# Request headers of the browser that are passed on to Amazon. All others are dropped, such as Home Assistant's cookies
# and tokens, headers of reverse proxies, and headers that frame a message.
_PASSED_ON: Final = frozenset(
    {
        "accept",
        "accept-language",
        "content-type",
        "sec-ch-ua",
        "sec-ch-ua-mobile",
        "sec-ch-ua-platform",
        "sec-fetch-dest",
        "sec-fetch-mode",
        "sec-fetch-user",
        "upgrade-insecure-requests",
        "user-agent",
        "x-requested-with",
    }
)
_IN_PROXY: ContextVar[bool] = ContextVar("alexa_media_in_proxy", default=False)


class _Silence(logging.Filter):
    """Suppresses the log of alexapy's proxy: it contains forms with passwords, headers, and URLs with codes."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return False


class _SilenceInProxy(logging.Filter):
    """Suppresses the log of the HTTP client during proxy requests, because it contains cookies and URLs."""

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        return not _IN_PROXY.get()


for _name in (
    "alexapy.alexaproxy",
    "authcaptureproxy.auth_capture_proxy",
    "authcaptureproxy.helper",
    "authcaptureproxy.examples.modifiers",
):
    logging.getLogger(_name).addFilter(_Silence())
for _name in ("", ".connection", ".http11", ".http2"):
    # From 2026.11 on, Home Assistant uses httpx2 instead of httpx.
    for _library in ("httpcore", "httpcore2", "httpx", "httpx2"):
        logging.getLogger(f"{_library}{_name}").addFilter(_SilenceInProxy())


class LandedError(Exception):
    """The sign-in has ended; ``url`` is that of the landing page, normally with the authorization code."""

    def __init__(self, url: str) -> None:
        """Initialize with the URL, which is a secret and therefore not in the message."""
        super().__init__("The sign-in has ended")
        self.url = url


class _Login:
    """The parts of an ``AlexaLogin`` that ``AlexaProxy`` uses; the credentials are empty."""

    email = ""
    password = ""
    _debug = False

    def __init__(self, start_url: str) -> None:
        self.start_url = start_url

    def get_totp_token(self) -> str:
        """Return an empty code: a code computed now could expire before the page that requires it is shown."""
        return ""


class _AmazonOnly(httpx.AsyncBaseTransport):
    """Transport that only sends https requests to Amazon, limits the response size, and stops at the landing page."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        if url.scheme != "https" or url.port not in (None, 443) or not is_amazon(url.host):
            raise httpx.UnsupportedProtocol("Amazon led away from its own site", request=request)
        if url.path.rstrip("/") == _LANDING_PAGE:
            raise LandedError(str(url))
        answer = await self._inner.handle_async_request(request)
        try:
            content = await _content(answer, request)
        finally:
            await answer.aclose()
        headers = [
            (name, value)
            for name, value in answer.headers.multi_items()
            if name.lower() not in ("content-encoding", "content-length", "transfer-encoding")
        ]
        return httpx.Response(answer.status_code, headers=headers, content=content, request=request)

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


async def _content(answer: httpx.Response, request: httpx.Request) -> bytes:
    """Return the uncompressed body of a response.

    Raises ``httpx.DecodingError`` if the body is too large, cannot be decompressed, or has an unrequested encoding.
    """
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        raise httpx.DecodingError("The response has an unrequested Content-Encoding", request=request)
    unpack = zlib.decompressobj(wbits=31) if encoding == "gzip" else None
    content = bytearray()
    async for chunk in answer.aiter_raw():
        try:
            content += unpack.decompress(chunk, MAX_ANSWER + 1 - len(content)) if unpack else chunk
        except zlib.error as err:
            raise httpx.DecodingError("Amazon's answer cannot be unpacked", request=request) from err
        if len(content) > MAX_ANSWER:
            raise httpx.DecodingError("Amazon's answer is too large", request=request)
    return bytes(content)


@dataclass(frozen=True, slots=True)
class BrowserRequest:
    """A browser's request, with the members of aiohttp's ``Request`` that alexapy uses.

    ``raw_path`` is the path with the base but without the ticket, followed by the query.
    """

    method: str
    raw_path: str
    headers: Mapping[str, str]
    content_type: str = ""
    charset: str = "utf-8"
    body: bytes = b""

    @property
    def url(self) -> URL:
        """Return the URL of the request; its host is arbitrary."""
        return URL(f"http://127.0.0.1{self.raw_path}", encoded=True)

    @property
    def query(self) -> MultiMapping[str]:
        """Return the query parameters."""
        return self.url.query

    @property
    def has_body(self) -> bool:
        """Return whether the request has a body."""
        return bool(self.body)

    @property
    def navigates(self) -> bool:
        """Return whether the request is a navigation, such as by a link or a form.

        Browsers send ``Sec-Fetch-Mode`` only over https and to localhost; otherwise an older header is used.
        """
        mode = self.headers.get("Sec-Fetch-Mode")
        return mode == "navigate" if mode is not None else self.headers.get("Upgrade-Insecure-Requests") == "1"

    @property
    def readable(self) -> bool:
        """Return whether the body can be passed on: it must be text, and JSON must be an object, null or empty."""
        try:
            text = self.body.decode(self.charset)
            if self.content_type != _JSON:
                return True
            found = json.loads(text or "{}")
            json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
        except LookupError, RecursionError, ValueError:
            return False
        return found is None or isinstance(found, dict)

    async def read(self) -> bytes:
        """Return the body."""
        return self.body

    async def post(self) -> MultiDict[str]:
        """Return the fields of a URL-encoded form; empty for any other body."""
        if self.content_type != "application/x-www-form-urlencoded":
            return MultiDict()
        return MultiDict(parse_qsl(self.body.decode(self.charset), keep_blank_values=True, encoding=self.charset))

    async def json(self) -> Any:
        """Return the parsed JSON body."""
        return json.loads(self.body)


class _Router(BaseInterceptor):  # type: ignore[misc]
    """Determines where alexapy's proxy sends a request, and builds the response to the browser."""

    def __init__(self, base: str, start: str, issue: Callable[[], str], otp_secret: str | None) -> None:
        self._base = base
        self._start = start
        self._issue = issue
        self._otp_secret = otp_secret

    @override
    async def on_request(self, ctx: InterceptContext) -> None:
        """Set the target to Amazon's URL for the path of the request, or respond with 404."""
        site = original_url(self._base, ctx.request.raw_path)
        if site is None:
            ctx.short_circuit = web.Response(status=404)
        else:
            ctx.site = site

    @override
    async def on_response(self, ctx: InterceptContext) -> None:
        """Respond before alexapy rewrites the page, as alexapy supports only one host and takes quadratic time."""
        answer: httpx.Response = ctx.response
        if answer.url.path == "/":
            # Some captchas end on Amazon's front page.
            ctx.short_circuit = web.Response(status=302, headers={"Location": self._start})
            return
        # Redirects were followed. A script must see that Amazon refused its request.
        status = answer.status_code if 400 <= answer.status_code < 600 else 200
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if _MEDIA_TYPE.fullmatch(kind) is None:
            kind = "application/octet-stream"
        if kind != "text/html" or not ctx.request.navigates:
            ctx.short_circuit = web.Response(
                status=status, body=answer.content, content_type=kind, charset=answer.charset_encoding
            )
        elif len(answer.content) > MAX_PAGE:
            ctx.short_circuit = web.Response(status=502, text=_TOO_LARGE)
        else:
            body = await asyncio.get_running_loop().run_in_executor(None, self._page, answer)
            ctx.short_circuit = web.Response(status=status, body=body, content_type=kind, charset="utf-8")

    def _page(self, answer: httpx.Response) -> bytes:
        """Return a page as the browser receives it; takes about 0.5 s per megabyte."""
        own = f"{self._base}/{self._issue()}"
        host = answer.url.host
        code = {"otpCode": one_time_code(self._otp_secret)} if self._otp_secret else {}
        first = shim(self._base, own, host, site_of(host))
        page = rewritten(answer.text, str(answer.url), self._base, own, first=first, fields=code)
        return page.encode(errors="replace")


class SignInProxy(AlexaProxy):  # type: ignore[misc]
    """One sign-in through Home Assistant; Amazon's pages are at ``<base>/<host>/<path>``; ``base`` is a path.

    ``otp_secret`` is used to fill in the one-time codes that Amazon requires. ``issue`` returns the path segment after
    ``base`` for requests that a page itself makes. Cookies are kept in the client of this object until ``async_close``.
    """

    def __init__(
        self,
        start_url: str,
        base: str,
        create_transport: Callable[[], httpx.AsyncBaseTransport],
        issue: Callable[[], str],
        otp_secret: str | None = None,
    ) -> None:
        """Initialize with a client on the transport that ``create_transport`` returns."""
        super().__init__(_Login(start_url), f"http://127.0.0.1{base}")
        # The client that alexapy made has never been connected.
        self.session_factory = partial(_create_client, create_transport)
        self.session: httpx.AsyncClient = _create_client(create_transport)
        self.start = proxied_path(base, start_url) or base
        self.interceptors = [_Router(base, self.start, issue, otp_secret)]

    async def async_answer(self, request: BrowserRequest) -> web.Response:
        """Return the response to a browser's request, with the links and forms of pages rewritten.

        Raises ``LandedError`` when the sign-in has ended, and any other exception for an unusual request or page.
        """
        token = _IN_PROXY.set(True)
        try:
            answer: web.Response = await self.all_handler(request)
        finally:
            _IN_PROXY.reset(token)
            # alexapy stores the password and the last page in these attributes, which nothing uses.
            self.data.clear()
            self.query.clear()
            self.init_query.clear()
            self.last_resp = None
        return answer

    async def async_close(self) -> None:
        """Drop the cookies and close the connections."""
        await self.session.aclose()
        self.session.cookies.clear()

    # --- interface for alexapy ------------------------------------------------------

    @override
    async def modify_headers(self, site: URL, request: BrowserRequest) -> dict[str, str]:
        """Return the headers for Amazon: some of the browser's and, except for GET, Amazon's own origin."""
        headers = {name: value for name, value in request.headers.items() if name.lower() in _PASSED_ON}
        if request.method != "GET":
            headers |= {"Origin": f"{site.origin()}", "Referer": f"{site.origin()}/ap/signin"}
        return headers

    @override
    def check_redirects(self) -> None:
        """Do nothing: the path already contains the host of a page."""


def _create_client(create_transport: Callable[[], httpx.AsyncBaseTransport]) -> httpx.AsyncClient:
    """Return a client with separate cookies that only reaches Amazon."""
    return httpx.AsyncClient(
        transport=_AmazonOnly(create_transport()),
        trust_env=False,
        timeout=TIMEOUT,
        headers={"accept-encoding": "gzip"},
    )


def one_time_code(secret: str) -> str:
    """Return the current six-digit code of RFC 6238; raises ``ValueError`` if the secret is not base32.

    pyotp is not used: since 2.12 it refuses secrets of less than 112 bits, which some sites issue.
    """
    key = b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, (int(time.time()) // 30).to_bytes(8), "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def checked_otp_secret(text: str) -> str:
    """Return the normalized secret of an authenticator app; raises ``ValueError`` if it is invalid."""
    secret = "".join(text.split()).replace("-", "").upper()
    if len(secret) < 16:
        raise ValueError("too short")
    one_time_code(secret)
    return secret
