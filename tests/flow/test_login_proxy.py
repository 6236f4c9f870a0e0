"""Tests of the sign-in through Home Assistant, with a browser simulated by aiohttp and with other browsers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
import copy
from datetime import timedelta
import json
import logging
from pathlib import Path
import time
from typing import Any, Final, Self
from unittest.mock import patch
from urllib.parse import urlencode, urljoin, urlsplit

from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestClient
from bs4 import BeautifulSoup, Tag
from homeassistant.config_entries import SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import http
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from multidict import CIMultiDictProxy
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
from yarl import URL

import alexa_sim
from alexa_sim.auth import totp
from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.flow import login_proxy
from custom_components.alexa_media.flow.login_proxy import _SESSIONS, COOKIE, LIFE, MAX_REQUEST, PATH, async_register

DEMO: dict[str, Any] = json.loads((Path(alexa_sim.__file__).parent / "households" / "demo.json").read_text())
JO = next(iter(DEMO["accounts"]))
SECRET = "JBSWY3DPEHPK3PXP"
PASSWORD = "correct horse"
NAVIGATE = {"Sec-Fetch-Mode": "navigate", "User-Agent": "Mozilla/5.0 (X11; Linux) Test", "Accept": "text/html"}


@pytest.fixture(autouse=True)
def _no_setup() -> Iterator[None]:
    """Prevent the setup of entries."""

    async def _good(*_: Any) -> bool:
        return True

    component = "custom_components.alexa_media"
    with patch(f"{component}.async_setup_entry", _good), patch(f"{component}.async_unload_entry", _good):
        yield


@pytest.fixture
async def root(
    hass: HomeAssistant, request: pytest.FixtureRequest, socket_enabled: None, hass_client_no_auth: Callable[..., Any]
) -> URL:
    """Return the URL of Home Assistant at which the user opened the frontend."""
    assert await async_setup_component(hass, "http", getattr(request, "param", {}))
    # the views of dependencies must be registered before the server starts
    assert await async_setup_component(hass, "application_credentials", {})
    async_register(hass)  # the test plugin's web server accepts no views after its start; the real server does
    client: TestClient[Any, Any] = await hass_client_no_auth()
    url = client.make_url("/").origin()
    hass.config.internal_url = hass.config.external_url = str(url)
    return url


class Browser:
    """A simple browser with cookies, forms and a current page."""

    def __init__(self) -> None:
        """Initialize without cookies."""
        self.session = ClientSession(cookie_jar=CookieJar(unsafe=True), headers=NAVIGATE)
        self.url = ""
        self.text = ""
        self.status = 0

    async def __aenter__(self) -> Self:
        """Return the browser."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the browser."""
        await self.session.close()

    async def go(self, url: str, method: str = "GET", **options: Any) -> Self:
        """Load a page, following redirects."""
        async with self.session.request(method, URL(url, encoded=True), **options) as answer:
            self.url, self.status, self.text = str(answer.url), answer.status, await answer.text()
        return self

    @property
    def form(self) -> Tag:
        """Return the only form on the page."""
        form = BeautifulSoup(self.text, "html.parser").find("form")
        assert isinstance(form, Tag), self.text
        return form

    async def submit(self, **values: str) -> Self:
        """Fill in and submit the form."""
        form = self.form
        fields: list[tuple[str, str]] = []
        for tag in form.find_all(["input", "select"]):
            name, kind = tag.get("name"), tag.get("type")
            if not name or (kind in ("radio", "checkbox") and not tag.has_attr("checked")):
                continue
            option = tag.find("option", selected=True)
            fields.append((str(name), values.get(str(name), str((option or tag).get("value", "")))))
        button = form.find("button")
        action = str((button and button.get("formaction")) or form.get("action") or self.url)
        target = urljoin(self.url, action)
        assert urlsplit(target).netloc == urlsplit(self.url).netloc, f"the form leaves Home Assistant: {action}"
        if form.get("method") == "get":
            return await self.go(f"{target.partition('?')[0]}?{urlencode(fields)}")
        head = {"Content-Type": "application/x-www-form-urlencoded"}
        return await self.go(target, "POST", data=urlencode(fields), headers=head)

    async def captcha(self) -> Self:
        """Submit the letters in the picture of the captcha."""
        image = self.form.find("img")
        assert image is not None
        async with self.session.get(URL(urljoin(self.url, str(image["src"])), encoded=True)) as answer:
            assert answer.content_type == "image/svg+xml"
            letters = BeautifulSoup(await answer.text(), "html.parser").get_text()
        return await self.submit(**{"field-keywords": letters})

    @property
    def landed(self) -> bool:
        """Return whether Home Assistant reports that the sign-in has ended."""
        return self.status == 200 and "You are signed in" in self.text


@pytest.fixture
async def browser(socket_enabled: None) -> AsyncIterator[Browser]:
    """Return a browser."""
    async with Browser() as browser:
        yield browser


@pytest.fixture
async def other(socket_enabled: None) -> AsyncIterator[Browser]:
    """Return the browser of another user."""
    async with Browser() as browser:
        yield browser


async def begin(hass: HomeAssistant, marketplace: str = "amazon.com", **form: str) -> ConfigFlowResult:
    """Start a flow, and continue until the step for the browser."""
    manager = hass.config_entries.flow
    flow = await manager.async_init(DOMAIN, context={"source": SOURCE_USER})
    flow = await manager.async_configure(flow["flow_id"], {"marketplace": marketplace})
    return await send_off(hass, flow, **form)


async def send_off(hass: HomeAssistant, flow: ConfigFlowResult, **form: str) -> ConfigFlowResult:
    """Select the proxy in the menu, and submit its form."""
    manager = hass.config_entries.flow
    assert flow["type"] is FlowResultType.MENU
    flow = await manager.async_configure(flow["flow_id"], {"next_step_id": "proxy"})
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "proxy")
    flow = await manager.async_configure(flow["flow_id"], form)
    assert (flow["type"], flow["step_id"]) == (FlowResultType.EXTERNAL_STEP, "browser"), flow
    return flow


async def finish(hass: HomeAssistant, flow: ConfigFlowResult) -> ConfigFlowResult:
    """Run the step that the frontend runs after the browser has finished."""
    await hass.async_block_till_done()
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"])
    await hass.async_block_till_done()
    return flow


def demand(sim: ControlClient, **values: Any) -> None:
    """Let Jo's sign-in require more steps."""
    sim.patch_state({"accounts": {JO: values}})


def base_of(browser: Browser) -> str:
    """Return the base URL of a browser's sign-in."""
    parts = urlsplit(browser.url)
    return f"{parts.scheme}://{parts.netloc}{'/'.join(parts.path.split('/')[:5])}"


# --- success ----------------------------------------------------------------------------


@pytest.mark.contract("config flow, sign-in")
async def test_password_adds_the_account(
    hass: HomeAssistant, sim: ControlClient, root: URL, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    flow = await begin(hass)
    assert flow["url"].startswith(f"{root}{PATH}/")
    await browser.go(flow["url"])
    assert "Amazon Sign-In" in browser.text
    assert urlsplit(browser.url).path.endswith("/www.amazon.com/ap/register")
    await browser.submit(email="jo@example.org", password="wrong")
    assert "Your password is incorrect" in browser.text
    await browser.submit(password=PASSWORD)
    assert browser.landed, browser.text
    flow = await finish(hass, flow)
    assert flow["type"] is FlowResultType.CREATE_ENTRY, flow
    data = flow["result"].data
    assert (flow["result"].unique_id, data["url"], data["email"]) == (JO, "amazon.com", "jo@example.org")
    assert not {"otp_secret", "password"} & set(data)
    assert PASSWORD not in json.dumps(dict(data))
    assert hass.data[_SESSIONS] == {}
    # The cookies of the browser's sign-in are deleted at its end, and Amazon does not receive them again.
    assert sim.ledger(path="/ap/maplanding") == []
    cookie = browser.session.cookie_jar.filter_cookies(URL(flow_path(browser)))[COOKIE].value
    seen = json.dumps(sim.ledger(path="/ap/*"))
    assert cookie not in seen
    assert COOKIE not in seen
    ours = [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith(("custom_comp", "alexapy", "authcap", "httpx", "httpcore"))
    ]
    for secret in (PASSWORD, "correct+horse", "authorization_code", "at-main", cookie, data["refresh_token"]):
        assert not [message for message in ours if secret in message]


def flow_path(browser: Browser) -> str:
    """Return a URL below the path of the browser's cookie."""
    return f"{base_of(browser)}/"


@pytest.mark.contract("config flow, one-time codes")
async def test_code_can_be_typed(hass: HomeAssistant, sim: ControlClient, root: URL, browser: Browser) -> None:
    demand(sim, otpSecret=SECRET)
    flow = await begin(hass)
    await browser.go(flow["url"])
    await browser.submit(email="jo@example.org", password=PASSWORD)
    field = browser.form.find(id="auth-mfa-otpcode")
    assert field is not None
    assert not field.get("value")
    await browser.submit(otpCode=totp(SECRET, int(time.time() // 30)))
    assert browser.landed
    assert (await finish(hass, flow))["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.contract("config flow, one-time codes")
async def test_code_is_filled_in_automatically(
    hass: HomeAssistant, sim: ControlClient, root: URL, browser: Browser
) -> None:
    demand(sim, otpSecret=SECRET)
    flow = await begin(hass, otp_secret="jbsw y3dp ehpk 3pxp")
    await browser.go(flow["url"])
    await browser.submit(email="jo@example.org", password=PASSWORD)
    await browser.submit()
    assert browser.landed
    flow = await finish(hass, flow)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert flow["result"].data["otp_secret"] == SECRET


@pytest.mark.parametrize("secret", ["123456", "JBSWY3DPEHPK3PX1", "JBSWY3DPEHPK3PXPÄÄ"])
async def test_invalid_setup_key_is_reported(hass: HomeAssistant, sim: ControlClient, root: URL, secret: str) -> None:
    manager = hass.config_entries.flow
    flow = await manager.async_init(DOMAIN, context={"source": SOURCE_USER})
    flow = await manager.async_configure(flow["flow_id"], {"marketplace": "amazon.com"})
    flow = await manager.async_configure(flow["flow_id"], {"next_step_id": "proxy"})
    flow = await manager.async_configure(flow["flow_id"], {"otp_secret": secret})
    assert flow["errors"] == {"otp_secret": "invalid_otp_secret"}


async def test_pages_of_all_kinds_work_through_the_proxy(
    hass: HomeAssistant, sim: ControlClient, root: URL, browser: Browser
) -> None:
    demand(sim, otpSecret=SECRET, signInPages=["captcha", "confirm", "unknown"])
    flow = await begin(hass)
    await browser.go(flow["url"])
    await browser.submit(email="jo@example.org", password=PASSWORD)
    await browser.submit(**{"field-keywords": "NOTIT"})
    assert "Enter the characters" in browser.text
    await browser.captcha()
    await browser.submit(otpCode=totp(SECRET, int(time.time() // 30)))
    assert "Was this sign-in yours?" in browser.text
    await browser.submit()
    assert "novel-continue" in browser.text
    links = {str(tag["href"]) for tag in BeautifulSoup(browser.text, "html.parser").find_all("a")}
    base = urlsplit(base_of(browser)).path
    assert links == {f"{base}/www.amazon.com/gp/help", "https://www.example.org/terms", "javascript:void(0)"}
    await browser.submit()
    assert browser.landed, browser.text
    assert (await finish(hass, flow))["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(("home", "chosen"), [("amazon.de", "amazon.de"), ("amazon.nl", "amazon.nl")])
async def test_other_marketplaces_can_sign_in(
    hass: HomeAssistant, sim: ControlClient, root: URL, browser: Browser, home: str, chosen: str
) -> None:
    sim.household("demo", domain=home)
    flow = await begin(hass, chosen)
    await browser.go(flow["url"])
    await browser.submit(email="jo@example.org", password=PASSWORD)
    assert browser.landed
    flow = await finish(hass, flow)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert flow["result"].data["url"] == home


async def test_wrong_marketplace_is_reported_and_the_registration_removed(
    hass: HomeAssistant, sim: ControlClient, root: URL, browser: Browser
) -> None:
    flow = await begin(hass, "amazon.de")
    await browser.go(flow["url"])
    await browser.submit(email="jo@example.org", password=PASSWORD)
    flow = await finish(hass, flow)
    assert (flow["step_id"], flow["errors"]) == ("user", {"marketplace": "wrong_marketplace"})
    assert [r["status"] for r in sim.ledger(path="/auth/deregister")] == [200]


@pytest.mark.parametrize("way", ["reauth", "reconfigure"])
async def test_signing_in_again_keeps_the_serial_and_refuses_others(
    hass: HomeAssistant, sim: ControlClient, root: URL, browser: Browser, config_entry: MockConfigEntry, way: str
) -> None:
    household = copy.deepcopy(DEMO)
    alex = {"email": "alex@example.org", "name": "Alex Ray", "password": PASSWORD, "devices": {}, "notifications": {}}
    household["accounts"]["A2SIMALEX0RAY2"] = alex
    sim.household(household, domain="amazon.com")
    before = dict(config_entry.data)
    for email, reason in (("alex@example.org", "wrong_account"), ("jo@example.org", f"{way}_successful")):
        start = config_entry.start_reauth_flow if way == "reauth" else config_entry.start_reconfigure_flow
        flow = await start(hass)
        flow = await send_off(hass, await hass.config_entries.flow.async_configure(flow["flow_id"], {}))
        await browser.go(flow["url"])
        await browser.submit(email=email, password=PASSWORD)
        flow = await finish(hass, flow)
        assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, reason)
        assert config_entry.data["serial"] == before["serial"]
    assert config_entry.data["refresh_token"] != before["refresh_token"]


async def test_failed_registration_can_be_tried_again(
    hass: HomeAssistant, sim: ControlClient, root: URL, browser: Browser
) -> None:
    flow = await begin(hass)
    sim.fault(path="/auth/register", status=503, times=1)
    await browser.go(flow["url"])
    await browser.submit(email="jo@example.org", password=PASSWORD)
    flow = await finish(hass, flow)
    assert (flow["step_id"], flow["errors"]) == ("proxy", {"base": "proxy_cannot_connect"})
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    await browser.go(flow["url"])
    await browser.submit(email="jo@example.org", password=PASSWORD)
    assert (await finish(hass, flow))["type"] is FlowResultType.CREATE_ENTRY


async def test_address_is_the_one_that_the_browser_uses(hass: HomeAssistant, sim: ControlClient, root: URL) -> None:
    class Request:
        """The attributes of a frontend request that are read."""

        headers: Final = {"HA-Frontend-Base": "https://home.example.org:8443"}

    token = http.current_request.set(Request())  # type: ignore[arg-type]
    try:
        flow = await begin(hass)
    finally:
        http.current_request.reset(token)
    assert flow["url"].startswith(f"https://home.example.org:8443{PATH}/")


async def test_missing_url_of_home_assistant_is_reported(hass: HomeAssistant, sim: ControlClient, root: URL) -> None:
    hass.config.internal_url = hass.config.external_url = None
    hass.config.api = None
    manager = hass.config_entries.flow
    flow = await manager.async_init(DOMAIN, context={"source": SOURCE_USER})
    flow = await manager.async_configure(flow["flow_id"], {"marketplace": "amazon.com"})
    flow = await manager.async_configure(flow["flow_id"], {"next_step_id": "proxy"})
    flow = await manager.async_configure(flow["flow_id"], {})
    assert flow["errors"] == {"base": "no_address"}


async def test_sign_in_that_ends_without_a_code_is_reported(
    hass: HomeAssistant, sim: ControlClient, root: URL, browser: Browser
) -> None:
    flow = await begin(hass)
    await browser.go(flow["url"])
    await browser.go(f"{base_of(browser)}/www.amazon.com/ap/maplanding?openid.mode=cancel")
    assert browser.landed
    flow = await finish(hass, flow)
    assert flow["errors"] == {"base": "proxy_no_code"}


# --- attacks ----------------------------------------------------------------------------


@pytest.fixture
async def signed_half(hass: HomeAssistant, sim: ControlClient, root: URL, browser: Browser) -> ConfigFlowResult:
    """Return a flow whose browser is on Amazon's first page, with an empty ledger."""
    flow = await begin(hass)
    await browser.go(flow["url"])
    assert browser.status == 200
    sim.reset_ledger()
    return flow


async def refused(sim: ControlClient, browser: Browser, url: str, status: int = 404, **options: Any) -> None:
    """Send a request that must be refused without a request to Amazon."""
    await browser.go(url, **options)
    assert (browser.status, browser.text) == (status, "")
    assert sim.ledger() == []


@pytest.mark.contract("an address of the network may use the sign-in of another")
async def test_other_browsers_have_no_access(
    sim: ControlClient, browser: Browser, other: Browser, signed_half: ConfigFlowResult
) -> None:
    page, base = browser.url, base_of(browser)
    await refused(sim, other, page)
    await refused(sim, other, page, method="POST", data="email=a")
    await refused(sim, other, signed_half["url"])
    await refused(sim, other, f"{base}/open/")
    for wrong in ("", "wrong", "wr%C3%B6ng"):
        await refused(sim, other, page, headers={"Cookie": f"{COOKIE}={wrong}"})
    await refused(sim, other, page.replace(base, f"{base}x"))
    await browser.go(signed_half["url"])
    assert browser.status == 200, "the same browser can open the page again"


async def test_cookie_is_kept_from_scripts_and_from_other_paths(
    hass: HomeAssistant, sim: ControlClient, root: URL, other: Browser
) -> None:
    flow = await begin(hass)
    async with other.session.get(flow["url"], allow_redirects=False) as answer:
        morsel = answer.cookies[COOKIE]
        assert (morsel["httponly"], morsel["samesite"]) == (True, "Lax")
        assert morsel["path"] == "/".join(URL(flow["url"]).path.split("/")[:5])
        assert len(morsel.value) >= 43


@pytest.mark.parametrize("end", ["abort", "expire", "land"])
async def test_closed_flow_serves_no_page(
    hass: HomeAssistant, sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult, end: str
) -> None:
    page = browser.url
    if end == "abort":
        hass.config_entries.flow.async_abort(signed_half["flow_id"])
    elif end == "land":
        await browser.submit(email="jo@example.org", password=PASSWORD)
        assert browser.landed
    else:
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=LIFE + 1))
    await hass.async_block_till_done()
    sim.reset_ledger()
    assert hass.data[_SESSIONS] == {}
    await refused(sim, browser, page)
    await refused(sim, browser, signed_half["url"])
    if end == "expire":
        flow = await finish(hass, signed_half)
        assert flow["errors"] == {"base": "proxy_expired"}


@pytest.mark.parametrize(
    "tail",
    [
        "www.example.org/",
        "www.amazon.com.example.org/",
        "example.org%2Fwww.amazon.com/",
        "www.amazon.com@example.org/",
        "www.amazon.com:8080/",
        "www.amazon.com",
        "127.0.0.1/",
        "amazonalexa.com/",
        "https://www.example.org/",
        "//www.example.org/",
        'www.amazon.com/%5C%22"',
        "stop",
        "resume",
        "",
    ],
)
async def test_other_hosts_receive_no_request(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult, tail: str
) -> None:
    await refused(sim, browser, f"{base_of(browser)}/{tail}")


async def test_host_in_the_query_or_in_a_header_changes_nothing(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult
) -> None:
    head = {"X-Forwarded-Prefix": "/x", "Referer": "https://www.example.org/"}
    await browser.go(
        f"{base_of(browser)}/www.amazon.com/ap/mfa?host=example.org&callback_url=https://example.org/", headers=head
    )
    assert {entry["host"] for entry in sim.ledger()} == {"www.amazon.com"}


@pytest.mark.parametrize(
    "location",
    [
        "https://www.example.org/steal",
        "http://www.amazon.com/ap/signin",
        "//127.0.0.1:1/",
        "https://www.amazon.com:8443/",
        "https://www.amazon.com.example.org/ap/maplanding?openid.oa2.authorization_code=ANx",
    ],
)
async def test_redirect_to_another_host_is_not_followed(
    hass: HomeAssistant, sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult, location: str
) -> None:
    sim.fault(path="/ap/signin", status=302, headers={"Location": location}, times=1)
    await browser.submit(email="jo@example.org", password=PASSWORD)
    assert not browser.landed
    assert urlsplit(browser.url).path.endswith("/www.amazon.com/ap/signin")
    assert PASSWORD not in browser.text
    assert len(sim.ledger()) == 1
    assert len(hass.data[_SESSIONS]) == 1


async def test_front_page_leads_back_to_the_sign_in(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult
) -> None:
    sim.fault(path="/", status=200, body="<html></html>", headers={"Content-Type": "text/html"})
    await browser.go(f"{base_of(browser)}/www.amazon.com/")
    assert urlsplit(browser.url).path.endswith("/www.amazon.com/ap/register")


async def test_large_bodies_are_refused_both_ways(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult
) -> None:
    action = urljoin(browser.url, str(browser.form["action"]))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    data = b"email=" + b"a" * MAX_REQUEST
    await refused(sim, browser, action, 413, method="POST", data=data, headers=form)

    async def _pieces() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b"a" * 1024

    await refused(sim, browser, action, 413, method="POST", data=_pieces(), headers=form)
    multipart = {"Content-Type": "multipart/form-data; boundary=x"}
    await refused(sim, browser, action, 415, method="POST", data=b"--x--\r\n", headers=multipart)
    page = browser.url
    with patch("custom_components.alexa_media.cloud.account.sign_in_proxy.MAX_ANSWER", 100):
        await browser.go(page)
    assert "too large" in browser.text
    assert "Amazon Sign-In" not in browser.text


@pytest.mark.parametrize(
    "root", [{"http": {"use_x_forwarded_for": True, "trusted_proxies": ["127.0.0.1"]}}], indirect=True
)
async def test_only_a_browsers_own_headers_reach_amazon(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult
) -> None:
    head = {
        "Authorization": "Bearer home-assistant-token",
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Host": "home.example.org",
        "Forwarded": "for=203.0.113.9",
        "X-Real-IP": "203.0.113.9",
        "Connection": "close",
        "X-Remote-User": "jo",
        "X-HTTP-Method-Override": "DELETE",
        "Origin": "https://home.example.org",
        "Referer": "https://home.example.org/config",
        "Accept-Language": "en-GB",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    browser.session.cookie_jar.update_cookies({"ha_session": "keep-me"}, URL(browser.url))
    await browser.go(urljoin(browser.url, str(browser.form["action"])), "POST", data="a=1", headers=head)
    (entry,) = sim.ledger()
    sent = {name.lower(): value for name, value in dict(entry["headers"]).items()}
    assert sent["accept-language"] == "en-GB"
    assert sent["user-agent"] == NAVIGATE["User-Agent"]
    assert sent["origin"] == "https://www.amazon.com"
    told = json.dumps(sent)
    for kept in ("home-assistant-token", "203.0.113.9", "home.example.org", "keep-me", COOKIE, "DELETE", 'jo"'):
        assert kept not in told, kept
    assert "session-id" in sent["cookie"]


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 3\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "X-A: b\r\n\rX-Forwarded-For: c\r\n",
        "X A: b\r\n",
        "User-Agent: a\r\n Authorization: folded\r\n",
    ],
)
async def test_smuggled_requests_do_not_pass(
    sim: ControlClient, root: URL, browser: Browser, signed_half: ConfigFlowResult, lines: str
) -> None:
    cookie = browser.session.cookie_jar.filter_cookies(URL(browser.url))[COOKIE].value
    target = f"{urlsplit(base_of(browser)).path}/www.amazon.com/ap/signin"
    answer = await raw(
        root,
        f"POST {target} HTTP/1.1\r\nHost: {root.host}\r\nCookie: {COOKIE}={cookie}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\n{lines}\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
    )
    assert b"Sign-In" not in answer
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
    assert sim.ledger() == []


@pytest.mark.parametrize(
    "target",
    [
        "http://www.example.org{path}/www.amazon.com/ap/signin",
        "https://www.amazon.com/ap/signin",
        "{path}/www.amazon.com/ap/%0d%0aX-A:%20b",
        "{path}/www.amazon.com/../../../states",
        "{path}/www.amazon.com/%2e%2e/%2e%2e/x",
    ],
)
async def test_odd_request_targets_do_not_pass(
    sim: ControlClient, root: URL, browser: Browser, signed_half: ConfigFlowResult, target: str
) -> None:
    cookie = browser.session.cookie_jar.filter_cookies(URL(browser.url))[COOKIE].value
    line = target.format(path=urlsplit(base_of(browser)).path)
    answer = await raw(
        root, f"GET {line} HTTP/1.1\r\nHost: www.amazon.com\r\nCookie: {COOKIE}={cookie}\r\nConnection: close\r\n\r\n"
    )
    assert answer.split(b" ")[1] in (b"400", b"404")
    assert sim.ledger() == []


async def first_line(root: URL, request: str) -> bytes:
    """Send bytes unchanged, and return the first line of the response, or nothing if none arrives."""
    reader, writer = await asyncio.open_connection(root.host, root.port)
    writer.write(request.encode("latin-1"))
    try:
        async with asyncio.timeout(3):
            return await reader.readline()
    except TimeoutError:
        return b""
    finally:
        writer.close()


async def raw(root: URL, request: str) -> bytes:
    """Send bytes unchanged, and return the response until the server closes the connection or sends nothing."""
    reader, writer = await asyncio.open_connection(root.host, root.port)
    writer.write(request.encode("latin-1"))
    answer = b""
    try:
        async with asyncio.timeout(3):
            while piece := await reader.read(65536):
                answer += piece
    except TimeoutError:
        pass
    finally:
        writer.close()
    return answer


async def test_a_form_that_is_not_an_object_is_refused_silently(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult
) -> None:
    head = {"Content-Type": "application/json"}
    await refused(sim, browser, f"{base_of(browser)}/www.amazon.com/ap/x", 400, method="POST", data="[1]", headers=head)


@pytest.mark.parametrize(("kind", "body"), [("application/json", '{"a": 1}'), ("text/plain", "a=1")])
async def test_requests_of_scripts_arrive(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult, kind: str, body: str
) -> None:
    head = {"Content-Type": kind, "Sec-Fetch-Mode": "cors"}
    await browser.go(f"{base_of(browser)}/www.amazon.com/ap/x", "POST", data=body, headers=head)
    (entry,) = sim.ledger(path="/ap/x")
    assert entry["body"].replace(" ", "") == body.replace(" ", "")
    assert dict(entry["headers"])["content-type"].startswith(kind)


async def test_amazons_cookies_and_headers_do_not_reach_the_browser(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult
) -> None:
    for mode in ("navigate", "cors"):
        async with browser.session.get(URL(browser.url, encoded=True), headers={"Sec-Fetch-Mode": mode}) as answer:
            assert answer.status == 200
            assert "Set-Cookie" not in answer.headers
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["Cache-Control"] == "no-store"
    assert {cookie.key for cookie in browser.session.cookie_jar} == {COOKIE}


@pytest.fixture
async def sandboxed(browser: Browser, signed_half: ConfigFlowResult) -> AsyncIterator[ClientSession]:
    """Return a session for requests of the page in the browser; like an opaque origin, it sends no cookies."""
    async with ClientSession(headers={"Origin": "null", "User-Agent": "Test"}) as session:
        yield session


async def sent(
    session: ClientSession, url: str, method: str = "GET", **options: Any
) -> tuple[int, str, CIMultiDictProxy[str]]:
    """Return status, text and headers of a response."""
    async with session.request(method, URL(url, encoded=True), allow_redirects=False, **options) as answer:
        return answer.status, await answer.text(), answer.headers


def action_of(browser: Browser, text: str | None = None) -> str:
    """Return the action of the form on a page."""
    form = BeautifulSoup(text or browser.text, "html.parser").find("form")
    assert isinstance(form, Tag)
    return urljoin(browser.url, str(form["action"]))


NAVIGATIONS: Final = ({"Sec-Fetch-Mode": "navigate"}, {"Upgrade-Insecure-Requests": "1"})
"""Headers with which browsers request a page: from trustworthy addresses, and over plain HTTP."""


@pytest.mark.parametrize("head", NAVIGATIONS)
async def test_forms_need_the_ticket_of_their_page_and_no_cookie(
    sim: ControlClient, browser: Browser, sandboxed: ClientSession, head: dict[str, str]
) -> None:
    wrong = {"email": "jo@example.org", "password": "wrong"}
    first = action_of(browser)
    key = next(str(tag["value"]) for tag in browser.form.find_all("input") if tag.get("name") == "workflowState")
    status, text, headers = await sent(sandboxed, first, "POST", data=wrong | {"workflowState": key}, headers=head)
    assert (status, "Your password is incorrect" in text) == (200, True)
    assert headers["Access-Control-Allow-Origin"] == "null"
    second = action_of(browser, text)
    assert second != first
    # the ticket of a submitted form is only valid for that form
    sim.reset_ledger()
    for form in (wrong, wrong | {"workflowState": key, "password": PASSWORD}):
        for mode in (*NAVIGATIONS, {"Sec-Fetch-Mode": "cors"}, {}):
            assert (await sent(sandboxed, first, "POST", data=form, headers=mode))[0] == 404
    for mode in (*NAVIGATIONS, {"Sec-Fetch-Mode": "no-cors"}, {}):
        assert (await sent(sandboxed, first, headers=mode))[0] == 404
    assert sim.ledger() == []
    status, text, _ = await sent(sandboxed, first, "POST", data=wrong | {"workflowState": key}, headers=head)
    assert (status, "Your password is incorrect" in text) == (200, True)
    data = wrong | {"workflowState": key, "password": PASSWORD}
    status, text, _ = await sent(sandboxed, second, "POST", data=data, headers=head)
    assert "You are signed in" in text


async def test_pages_are_only_shown_to_the_browser_with_the_cookie(
    sim: ControlClient, browser: Browser, sandboxed: ClientSession
) -> None:
    ticketed = action_of(browser)
    for head in NAVIGATIONS:
        assert (await sent(sandboxed, ticketed, headers=head))[0] == 404
    assert sim.ledger() == []
    # the browser is redirected to the address without the ticket
    await browser.go(ticketed)
    assert "/~" not in browser.url
    assert urlsplit(browser.url).path.endswith("/www.amazon.com/ap/signin")


async def test_scripts_of_a_page_may_only_request_paths_below_it(
    sim: ControlClient, browser: Browser, sandboxed: ClientSession
) -> None:
    below = action_of(browser).partition("/ap/")[0]
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    status, _, headers = await sent(sandboxed, f"{below}/ap/x", "OPTIONS", headers=ask)
    assert (status, headers["Access-Control-Allow-Origin"]) == (204, "null")
    assert "authorization" not in headers["Access-Control-Allow-Headers"]
    head = {"Sec-Fetch-Mode": "cors"}
    status, _, headers = await sent(sandboxed, f"{below}/ap/x", "POST", json={"a": 1}, headers=head)
    assert headers["Access-Control-Allow-Origin"] == "null"
    assert [entry["path"] for entry in sim.ledger()] == ["/ap/x"]
    base = base_of(browser)
    for url in (f"{base}/www.amazon.com/ap/x", f"{base}/~wrong/www.amazon.com/ap/x"):
        assert (await sent(sandboxed, url, "OPTIONS", headers=ask))[0] == 404
        assert (await sent(sandboxed, url, "POST", json={"a": 1}, headers=head))[0] == 404
    other_origin = ask | {"Origin": "https://www.example.org"}
    assert (await sent(sandboxed, f"{below}/ap/x", "OPTIONS", headers=other_origin))[0] == 404
    assert len(sim.ledger()) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 503])
async def test_a_refusal_reaches_the_page_and_its_scripts(
    sim: ControlClient, browser: Browser, sandboxed: ClientSession, status: int
) -> None:
    """Amazon's scripts would take a refused request for a success if its status were 200."""
    below = action_of(browser).partition("/ap/")[0]
    sim.fault(path="/ap/x", status=status, body={"error": "no"})
    found, text, _ = await sent(sandboxed, f"{below}/ap/x", "POST", json={"a": 1}, headers={"Sec-Fetch-Mode": "cors"})
    assert (found, "no" in text) == (status, True)
    sim.fault(path="/ap/page", status=status, body="<p>no</p>", headers={"Content-Type": "text/html"})
    await browser.go(f"{base_of(browser)}/www.amazon.com/ap/page")
    assert (browser.status, "<p>no</p>" in browser.text) == (status, True)


async def test_pages_run_in_an_opaque_origin(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult
) -> None:
    async with browser.session.get(URL(browser.url, encoded=True)) as answer:
        rules = {rule.split()[0]: rule.split()[1:] for rule in answer.headers["Content-Security-Policy"].split(";")}
    assert sorted(rules["sandbox"]) == ["allow-forms", "allow-scripts"]
    flow = f"{base_of(browser)}/"
    assert rules["connect-src"] == rules["form-action"] == [flow]
    assert {name for name, values in rules.items() if "'self'" in values} == set()
    for name in ("base-uri", "default-src", "frame-ancestors", "frame-src", "object-src", "worker-src"):
        assert rules[name] == ["'none'"]


async def test_slow_browsers_are_cut_off(
    hass: HomeAssistant, sim: ControlClient, root: URL, browser: Browser, signed_half: ConfigFlowResult
) -> None:
    cookie = browser.session.cookie_jar.filter_cookies(URL(browser.url))[COOKIE].value
    target = f"{urlsplit(base_of(browser)).path}/www.amazon.com/gp/big"
    head = f"{target} HTTP/1.1\r\nHost: x\r\nCookie: {COOKIE}={cookie}\r\n"
    whole, sent = login_proxy._async_send, asyncio.Event()

    async def send(request: web.Request, answer: web.Response) -> web.StreamResponse:
        """Send a response with a short time limit, which does not apply to the request to Amazon before it."""
        with patch.object(login_proxy, "TIMEOUT", 0.2):
            result = await whole(request, answer)
        sent.set()
        return result

    with patch.object(login_proxy, "TIMEOUT", 0.2):
        request = f"POST {head}Content-Type: text/plain\r\nContent-Length: 9\r\nConnection: close\r\n\r\na="
        assert (await first_line(root, request)).startswith(b"HTTP/1.1 408")
        assert sim.ledger() == []
        sim.fault(path="/gp/big", status=200, body="a" * 7_000_000, headers={"Content-Type": "text/plain"})
        reader, writer = await asyncio.open_connection(root.host, root.port, limit=1024)
        with patch.object(login_proxy, "_async_send", send), patch.object(login_proxy, "TIMEOUT", 20.0):
            writer.write(f"GET {head}\r\n".encode())
            async with asyncio.timeout(20):
                await sent.wait()
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await asyncio.wait_for(reader.readexactly(7_000_000), 5)
        writer.close()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"a": "\\ud800"}'),
        ("application/json", b"{"),
        ("application/json", b"[" * 30_000),
        ("text/plain", b"\xed\xa0\x80"),
        ("application/x-www-form-urlencoded", b"a=\xff"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"a=1"),
    ],
)
async def test_binary_forms_are_refused(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult, kind: str, body: bytes
) -> None:
    url = f"{base_of(browser)}/www.amazon.com/ap/x"
    await refused(sim, browser, url, 400, method="POST", data=body, headers={"Content-Type": kind})


async def test_page_that_is_too_large_shows_what_to_do(
    sim: ControlClient, browser: Browser, signed_half: ConfigFlowResult
) -> None:
    sim.fault(path="/gp/big", status=200, body="<p>" * 1_000_000, headers={"Content-Type": "text/html"})
    await browser.go(f"{base_of(browser)}/www.amazon.com/gp/big")
    assert (browser.status, "too large to show" in browser.text) == (502, True)


async def test_only_the_browser_can_finish_the_sign_in(
    hass: HomeAssistant, sim: ControlClient, root: URL, signed_half: ConfigFlowResult
) -> None:
    flow = await hass.config_entries.flow.async_configure(
        signed_half["flow_id"], {"landed": "https://www.amazon.com/ap/maplanding?openid.oa2.authorization_code=ANx"}
    )
    assert flow["type"] is FlowResultType.EXTERNAL_STEP
    assert sim.ledger() == []
