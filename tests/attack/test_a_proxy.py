"""Tests of attacks on the sign-in through Home Assistant."""
# ruff: noqa: F811 - fixtures that are imported have the names of parameters

import asyncio
from collections.abc import AsyncIterator
import gc
import gzip
from itertools import product
import logging
from typing import Any, Final
from urllib.parse import urlsplit

from homeassistant.config_entries import ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.helpers import http
import httpx
import pytest
from yarl import URL

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.account.sign_in_pages import original_url, proxied_path
from custom_components.alexa_media.cloud.account.sign_in_proxy import SignInProxy
from custom_components.alexa_media.flow.login_proxy import _SESSIONS, COOKIE, PATH
from tests.flow.test_login_proxy import (
    PASSWORD,
    SECRET,
    Browser,
    _no_setup,  # noqa: F401 - fixtures
    base_of,
    begin,
    browser,  # noqa: F401 - fixtures
    demand,
    finish,
    first_line,
    other,  # noqa: F401 - fixtures
    raw,
    root,  # noqa: F401 - fixtures
    signed_half,  # noqa: F401 - fixtures
)

from .tools import collecting, rss, watching_loop

ROW: Final = '<div class="a-row"><a href="/gp/help?x=1">Help</a><img src="https://m.media-amazon.com/x.png"></div>\n'

TAILS: Final = [
    "//www.example.org/",
    "www.amazon.com%2f@evil/",
    "www.amazon.com\\@evil/",
    "evil.org#www.amazon.com/",
    "WWW.AMAZON.COM/",
    "www.amazon.com./",
    "www.xn--mazon-3ve.com/",
    "amazon.com.evil/",
    "evilamazon.com/",
    "amazon.com:22/",
    "amazon.com:443/",
    "user:pw@amazon.com/",
    "-.amazon.com/",
    "a..amazon.com/",
    ".amazon.com/",
    "%77ww.amazon.com/",
    "www.amazon.com?x",
    "[::1]/",
    "127.1/",
    "localhost/",
    "169.254.169.254/",
    "0x7f000001/",
    "2130706433/",
    "amazonaws.com/",
    "s3.amazonaws.com/",
    "a2z.com/",
    "amazonalexa.com/",
    "www.amazon.com%00.evil/",
    "www.amazon.com%09/",
    "www.amazon.com;evil/",
    "www.amazon.com%23/",
    "www.amazon.com%5cevil/",
    "http:/www.amazon.com/",
    "https://www.amazon.com/",
    "~/www.amazon.com/",
    "~x/~y/www.amazon.com/",
    "~x/evil/",
]


async def ask(root: URL, browser: Browser, line: str, *heads: str) -> bytes:
    """Send a request with the cookie of a browser, byte by byte."""
    cookie = browser.session.cookie_jar.filter_cookies(URL(browser.url))[COOKIE].value
    lines = [f"{line} HTTP/1.1", "Host: evil.example", f"Cookie: {COOKIE}={cookie}", "Connection: close", *heads]
    return await raw(root, "\r\n".join(lines) + "\r\n\r\n")


@pytest.mark.parametrize("size", [250_000, 1_000_000, 1_900_000])
async def test_a_large_page_does_not_block_the_loop(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult, size: int
) -> None:
    body = f"<html><body><form action='/ap/signin'>{ROW * (size // len(ROW))}</form></body></html>"
    sim.fault(path="/gp/big", status=200, body=body, headers={"Content-Type": "text/html"})
    with watching_loop(0.05) as blocks:
        await browser.go(f"{base_of(browser)}/www.amazon.com/gp/big")
    assert browser.status == 200
    assert blocks.worst < 0.2


async def test_a_small_answer_cannot_unpack_to_a_large_one(
    hass: HomeAssistant, browser: Browser, signed_half: ConfigFlowResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = gzip.compress(bytes(100_000_000), 9)

    class Stream(httpx.AsyncByteStream):
        """A stream that sends its content in pieces."""

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for start in range(0, len(bomb), 65536):
                yield bomb[start : start + 65536]

    async def handle(_self: Any, request: httpx.Request) -> httpx.Response:
        headers = {"content-type": "text/html", "content-encoding": "gzip"}
        return httpx.Response(200, headers=headers, stream=Stream(), request=request)

    transport = next(iter(hass.data[_SESSIONS].values()))._proxy.session._transport
    monkeypatch.setattr(type(transport._inner), "handle_async_request", handle)  # type: ignore[attr-defined]
    before = rss()
    with watching_loop(0.05) as blocks:
        await browser.go(f"{base_of(browser)}/www.amazon.com/gp/bomb")
    assert "too large" in browser.text
    assert rss() - before < 60_000_000
    assert blocks.worst < 0.4


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
async def test_deep_nesting_is_passed_on(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult, kind: str
) -> None:
    body = ("<div>" if kind == "text/html" else "[") * 50_000
    sim.fault(path="/gp/deep", status=200, body=body, headers={"Content-Type": kind})
    with collecting() as log:
        await browser.go(f"{base_of(browser)}/www.amazon.com/gp/deep")
    assert browser.status == 200
    assert not log.bad()


async def test_odd_cookies_are_refused(
    root: URL, browser: Browser, signed_half: ConfigFlowResult, subtests: pytest.Subtests
) -> None:
    targets = (f"{urlsplit(base_of(browser)).path}/www.amazon.com/ap/signin", urlsplit(signed_half["url"]).path)
    for cookie in (b"\xff\xfe", b"\xed\xa0\x80", b'"\xff"', b"\xc3", b"a" * 7000, b"%ff", b"\xd0\xb6"):
        with subtests.test(repr(cookie)[:40]), collecting() as log:
            for target in targets:
                head = f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: {COOKIE}="
                answer = await raw(root, head + cookie.decode("latin-1") + "\r\n\r\n")
                assert answer.split(b" ")[1] in (b"404", b"400"), answer[:200]
            assert not log.bad(), log.bad()


ODD_KEYS: Final = [
    *("open/%ff", "open/%ed%a0%80", "open/%00", f"open/{'a' * 5000}", "open/%F0%9F%98%80", "open/../open/x", "open"),
    *("~%ed%a0%80/www.amazon.com/", "~%ff/www.amazon.com/", f"~{'a' * 5000}/www.amazon.com/", "~", "~/"),
]


async def test_odd_keys_and_tickets_are_refused(
    root: URL, browser: Browser, signed_half: ConfigFlowResult, subtests: pytest.Subtests
) -> None:
    base = urlsplit(base_of(browser)).path
    head = "HTTP/1.1\r\nHost: x\r\nOrigin: null\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    for target, method in product(ODD_KEYS, ("GET", "POST", "OPTIONS")):
        with subtests.test(f"{method} {target[:40]}"), collecting() as log:
            answer = await raw(root, f"{method} {base}/{target} {head}")
            assert answer.split(b" ")[1] in (b"404", b"400"), answer[:200]
            assert not log.bad(), log.bad()


async def test_requests_are_only_sent_to_amazons_hosts(
    sim: ControlClient, root: URL, browser: Browser, signed_half: ConfigFlowResult, subtests: pytest.Subtests
) -> None:
    base = urlsplit(base_of(browser)).path
    for tail, method in product(TAILS, ("GET", "POST")):
        with subtests.test(f"{method} {tail}"):
            answer = await ask(root, browser, f"{method} {base}/{tail}", "Content-Length: 0")
            assert answer.split(b" ")[1] in (b"404", b"400"), answer[:300]
            assert sim.ledger() == []


def test_hosts_that_look_like_amazons_are_refused() -> None:
    for host in (
        "www.\u0430mazon.com",
        "www.amazon\u3002com",
        "www.amazon.com\u200b",
        "www.amazon.com\n",
        "ama\u017fon.com",
    ):
        assert original_url("/b", f"/b/{host}/") is None, host
        assert proxied_path("/b", f"https://{host}/") in (None, "/b/www.amazon.com/"), host
    for url in (
        "https://www.amazon.com@evil.org/",
        "https://evil.org\\@www.amazon.com/",
        "https:/\\evil.org",
        "javascript:alert(1)//www.amazon.com",
        "https://www.amazon.com:22/",
        "ftp://www.amazon.com/",
        "https://www.amazon.com\\.evil.org/",
        "//evil.org/www.amazon.com",
    ):
        assert proxied_path("/b", url) is None, url


async def test_other_methods_are_refused(
    sim: ControlClient, root: URL, browser: Browser, signed_half: ConfigFlowResult, subtests: pytest.Subtests
) -> None:
    target = f"{urlsplit(base_of(browser)).path}/www.amazon.com/ap/signin"
    for method in ("HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE", "PROPFIND"):
        with subtests.test(method):
            answer = await ask(root, browser, f"{method} {target}")
            assert answer.split(b" ")[1] in (b"400", b"403", b"404", b"405"), answer[:200]
            assert sim.ledger() == []


async def test_no_websocket_is_opened(
    sim: ControlClient, root: URL, browser: Browser, signed_half: ConfigFlowResult
) -> None:
    upgrade = ("Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==")
    answer = await ask(root, browser, f"GET {urlsplit(base_of(browser)).path}/www.amazon.com/ap/ws", *upgrade)
    assert not answer.startswith(b"HTTP/1.1 101")
    assert all("upgrade" not in {name.lower() for name in dict(entry["headers"])} for entry in sim.ledger())


async def test_forwarded_host_headers_are_ignored(
    sim: ControlClient, root: URL, browser: Browser, signed_half: ConfigFlowResult
) -> None:
    heads = ("X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "Sec-Fetch-Mode: navigate")
    answer = await ask(root, browser, f"GET {urlsplit(base_of(browser)).path}/www.amazon.com/ap/signin", *heads)
    assert b"evil.example" not in answer


@pytest.mark.parametrize(
    "given",
    [
        *(
            "https://evil.example:8443/x?y#z",
            "https://user:pw@evil.example",
            "javascript:alert(1)",
            "http://[",
            "//evil",
        ),
        *("https://evil.example\r\nX: y", "file:///etc/passwd", "", "https://", "https://evil.example; script-src *"),
    ],
)
async def test_the_frontends_address_is_an_origin_or_not_used(
    hass: HomeAssistant, sim: ControlClient, root: URL, given: str
) -> None:
    class Request:
        """The attributes of a frontend request that are read."""

        headers: Final = {"HA-Frontend-Base": given}

    token = http.current_request.set(Request())  # type: ignore[arg-type]
    try:
        flow = await begin(hass)
    finally:
        http.current_request.reset(token)
    url = URL(flow["url"])
    assert (url.scheme in ("http", "https"), url.user) == (True, None)
    assert not set("\n; ") & set(flow["url"])
    assert url.path.startswith(PATH)


LOCATIONS: Final = [
    *("https://www.amazon.com/ok%0d%0aSet-Cookie:%20a=b", "https://www.amazon.com/\\evil", "https:\\\\evil.example"),
    *("/\\evil.example", "https://www.amazon.com@evil.example/", "javascript:alert(1)", "data:text/html,x"),
    *("https://[::1]/", "http://169.254.169.254/latest/", "https://amazon.com.evil/", "https://www.amazon.com:22/"),
]


async def test_redirects_stay_at_amazon(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult, subtests: pytest.Subtests
) -> None:
    base = base_of(browser)
    for location in LOCATIONS:
        sim.fault(path="/ap/go", status=302, headers={"Location": location}, times=1)
        with subtests.test(location), collecting() as log:
            await browser.go(f"{base}/www.amazon.com/ap/go")
            assert not log.bad(), log.bad()
            assert {entry["host"] for entry in sim.ledger()} <= {"www.amazon.com", "amazon.com"}
            assert urlsplit(browser.url).netloc == urlsplit(signed_half["url"]).netloc


KINDS: Final = [
    *("image/svg+xml", "application/xhtml+xml", "text/xml", "application/pdf", "text/html%0d%0aX-Evil: 1"),
    *("x" * 300, "text/html; charset=utf-7", "text/html; charset=nonsense"),
]


async def test_every_kind_of_answer_is_kept_apart_from_home_assistant(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult, subtests: pytest.Subtests
) -> None:
    body = "<svg xmlns='http://www.w3.org/2000/svg' onload='1'/>"
    url = URL(f"{base_of(browser)}/www.amazon.com/gp/kind", encoded=True)
    for kind in KINDS:
        sim.fault(path="/gp/kind", status=200, body=body, headers={"Content-Type": kind}, times=1)
        with subtests.test(kind[:40]), collecting() as log:
            async with browser.session.get(url) as answer:
                assert "X-Evil" not in answer.headers
                assert answer.status == 200
                assert answer.headers["Content-Security-Policy"].startswith("sandbox allow-forms allow-scripts;")
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert not log.bad(), log.bad()


async def test_many_flows_leave_nothing_behind(hass: HomeAssistant, sim: ControlClient, root: URL) -> None:
    gc.collect()
    before = sum(isinstance(item, SignInProxy) for item in gc.get_objects())
    flows = [(await begin(hass))["flow_id"] for _ in range(60)]
    assert len(hass.data[_SESSIONS]) == 60
    for flow_id in flows:
        hass.config_entries.flow.async_abort(flow_id)
    await hass.async_block_till_done()
    assert hass.data[_SESSIONS] == {}
    gc.collect()
    assert sum(isinstance(item, SignInProxy) for item in gc.get_objects()) - before <= 2


async def test_a_browser_cannot_use_the_flow_of_another_browser(
    hass: HomeAssistant, sim: ControlClient, browser: Browser, other: Browser, signed_half: ConfigFlowResult
) -> None:
    page = browser.url
    await other.go((await begin(hass))["url"])
    assert other.status == 200
    await other.go(page)
    assert other.status == 404


async def test_a_sign_in_with_every_logger_at_debug_logs_no_secret(
    hass: HomeAssistant, sim: ControlClient, root: URL, browser: Browser
) -> None:
    demand(sim, otpSecret=SECRET)
    names = tuple(sorted({*logging.root.manager.loggerDict, ""}))
    with collecting(logging.DEBUG, names) as log:
        flow = await begin(hass, otp_secret=SECRET)
        await browser.go(flow["url"])
        await browser.submit(email="jo@example.org", password=PASSWORD)
        await browser.submit()
        assert browser.landed
        flow = await finish(hass, flow)
    refresh_token = flow["result"].data["refresh_token"]
    cookie = browser.session.cookie_jar.filter_cookies(URL(f"{base_of(browser)}/"))[COOKIE].value
    secrets = (PASSWORD, "correct+horse", SECRET, "authorization_code", refresh_token, "Atna|", "at-main", cookie)
    # the client of this test is not part of Home Assistant
    lines = [line for line in log.lines() if "aiohttp.client" not in line]
    assert [(secret, line[:200]) for line in lines for secret in (*secrets, "jo@example.org") if secret in line] == []


async def test_slow_senders_do_not_pile_up(
    sim: ControlClient, root: URL, browser: Browser, signed_half: ConfigFlowResult
) -> None:
    """Requests of other browsers get their responses before their bodies have arrived."""
    target = f"{urlsplit(base_of(browser)).path}/www.amazon.com/ap/signin"
    head = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 60000\r\n\r\na"
    answers = await asyncio.gather(*(first_line(root, head) for _ in range(20)))
    assert {answer.split(b" ")[1] for answer in answers} == {b"404"}
    await browser.go(browser.url)
    assert browser.status == 200


BODIES: Final = [
    *('{"a": NaN}', "[" * 30000, '{"a":' * 5000, "1" * 5000, '{"\\ud800": 1}'),
    *("null", '"x"', "{}", '{"a": 1e999}', '{"a": -Infinity}', "\xff"),
]


async def test_any_json_is_forwarded_or_refused(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult, subtests: pytest.Subtests
) -> None:
    kind, url = {"Content-Type": "application/json"}, f"{base_of(browser)}/www.amazon.com/ap/x"
    for body in BODIES:
        with subtests.test(body[:20]), collecting() as log, watching_loop() as blocks:
            await browser.go(url, "POST", data=body, headers=kind)
            assert 200 <= browser.status < 500
            assert not log.bad(), log.bad()
        assert blocks.worst < 0.3


async def test_a_page_that_hangs_ends_with_the_flow(
    hass: HomeAssistant, sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult
) -> None:
    sim.fault(path="/gp/hang", hang=True)
    task = asyncio.create_task(browser.go(f"{base_of(browser)}/www.amazon.com/gp/hang"))
    await asyncio.sleep(0.5)
    assert not task.done()
    hass.config_entries.flow.async_abort(signed_half["flow_id"])
    async with asyncio.timeout(15):
        await task
    sim.clear_faults()
    assert browser.text.startswith("Error connecting")
