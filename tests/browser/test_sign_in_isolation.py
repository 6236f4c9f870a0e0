"""Tests that scripts of a sign-in page cannot misuse the window opened by Home Assistant."""

from collections.abc import AsyncIterator
import json
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, Request, expect
import pytest

from .conftest import ACCOUNT, Home, add_integration, sign_in_at_amazon, submit, until
from .test_sign_in import finish

FLOW: Final = "/api/alexa_media/sign_in/"

ATTACK: Final = """
const tried = {};
const attempt = async (name, act) => {
  try {
    const result = await Promise.race([act(), new Promise(done => setTimeout(() => done("silence"), 3000))]);
    tried[name] = `got ${typeof result === "object" ? JSON.stringify(result) : result}`;
  } catch (error) { tried[name] = `failed ${error.name}`; }
};
const loaded = (tag, name, address) => new Promise((done, fail) => {
  const element = document.createElementNS("http://www.w3.org/1999/xhtml", tag);
  element.onload = () => done("loaded");
  element.onerror = () => fail(new DOMException("", "Blocked"));
  element[name] = address;
  document.documentElement.append(element);
});
const home = location.protocol + "//" + location.host;
(async () => {
  await attempt("local storage", async () => {
    delete window.localStorage;
    return localStorage.getItem("hassTokens");
  });
  await attempt("session storage", async () => { delete window.sessionStorage; return sessionStorage.length; });
  await attempt("cookie", async () => { delete document.cookie; return document.cookie; });
  await attempt("database", async () => indexedDB.open("x"));
  await attempt("opener's storage", async () => opener.localStorage.hassTokens);
  await attempt("opener's page", async () => opener.document.title);
  await attempt("opener's address", async () => { opener.location = home + "/profile"; return "moved"; });
  await attempt("window", async () => window.open(home + "/").closed);
  await attempt("api", async () => (await fetch(home + "/api/", {headers: {Authorization: "Bearer TOKEN"}})).status);
  await attempt("api unseen", async () => (await fetch(home + "/api/", {mode: "no-cors"})).type);
  await attempt("api by request", () => new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.onload = () => done(request.status);
    request.onerror = () => fail(new DOMException("", "Blocked"));
    request.open("GET", home + "/api/");
    request.setRequestHeader("Authorization", "Bearer TOKEN");
    request.send();
  }));
  await attempt("websocket", () => new Promise((done, fail) => {
    const socket = new WebSocket(home.replace("http", "ws") + "/api/websocket");
    socket.onmessage = (event) => done(event.data);
    socket.onerror = () => fail(new DOMException("", "Blocked"));
  }));
  await attempt("events", () => new Promise((done, fail) => {
    const source = new EventSource(home + "/api/stream");
    source.onopen = () => done("open");
    source.onerror = () => fail(new DOMException("", "Blocked"));
  }));
  await attempt("picture", () => loaded("img", "src", home + "/static/icons/favicon-192x192.png"));
  await attempt("script", () => loaded("script", "src", home + "/service_worker.js"));
  await attempt("module", () => import(home + "/service_worker.js"));
  await attempt("worker", async () => (await navigator.serviceWorker.register(home + "/service_worker.js")).scope);
  await attempt("elsewhere", async () => (await fetch("https://www.amazon.de/x", {mode: "no-cors"})).type);
  await loaded("iframe", "src", home + "/").catch(() => null);
  await attempt("frame", async () => document.querySelector("iframe").contentWindow.localStorage.hassTokens);
  const form = document.createElementNS("http://www.w3.org/1999/xhtml", "form");
  form.action = home + "/profile";
  form.method = "get";  // a posted one would be led to Amazon
  document.documentElement.append(form);
  form.submit();
  await new Promise((done) => setTimeout(done, 500));
  tried.origin = self.origin;
  window.tried = tried;
})();
"""


async def open_sign_in(home: Home, context: BrowserContext, page: Page) -> Page:
    """Start adding an account; return the window of the sign-in."""
    await add_integration(page, home)
    await submit(page).click()
    await page.get_by_text("Sign in through Home Assistant").click()
    async with context.expect_page() as opened:
        await page.get_by_role("button", name="Next").click()
    return await opened.value


@pytest.fixture
async def asked(context: BrowserContext) -> AsyncIterator[list[Request]]:
    """Collect the results of the requests that received a response."""
    requests: list[Request] = []

    def collect(request: Request) -> None:
        requests.append(request)

    context.on("requestfinished", collect)
    yield requests
    context.remove_listener("requestfinished", collect)


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml"])
@pytest.mark.usefixtures("no_account")
async def test_scripts_reach_neither_the_users_tokens_nor_home_assistant(
    home: Home, context: BrowserContext, page: Page, asked: list[Request], kind: str
) -> None:
    script = ATTACK.replace("TOKEN", home.demo.token)
    body = (
        f"<html><head></head><body><script>{script}</script></body></html>"
        if kind == "text/html"
        else f'<svg xmlns="http://www.w3.org/2000/svg"><script><![CDATA[{script}]]></script></svg>'
    )
    home.cloud.fault(path="/ap/register", status=200, body=body, headers={"Content-Type": kind})
    window = await open_sign_in(home, context, page)
    tried: dict[str, Any] = {}

    async def done() -> bool:
        tried.update(await window.evaluate("window.tried ?? {}"))
        return bool(tried)

    await until("the attack has not ended", done)
    home.cloud.clear_faults()

    assert tried.pop("origin") == "null"
    # the page redirects the requests of its scripts to Amazon by its base URL, not to Home Assistant
    answered = {name: result for name, result in tried.items() if not result.startswith("failed")}
    allowed = {"api", "api unseen", "api by request", "elsewhere", "local storage"} if kind == "text/html" else set()
    assert answered.keys() <= allowed | {"cookie"}, answered
    assert "access_token" not in json.dumps(tried)
    assert urlsplit(window.url).path.startswith(FLOW)
    assert page.url.endswith("/config/integrations/dashboard")
    sent = [request for request in asked if request.frame.page == window]
    assert sent
    assert [request.url for request in sent if not urlsplit(request.url).path.startswith(FLOW)] == []


@pytest.mark.usefixtures("no_account")
async def test_a_page_that_needs_scripts_and_storage_continues(home: Home, context: BrowserContext, page: Page) -> None:
    home.cloud.patch_state({"accounts": {ACCOUNT: {"signInPages": ["device", "confirm"]}}})
    window = await open_sign_in(home, context, page)
    await sign_in_at_amazon(window)
    await expect(window.get_by_text("Was this sign-in yours?")).to_be_visible()
    async with window.expect_event("close"):
        await window.get_by_role("button", name="Continue").click()
    await finish(page, home)


@pytest.mark.usefixtures("no_account")
async def test_another_browser_cannot_use_the_address_of_a_submitted_form(
    home: Home, browser: Browser, context: BrowserContext, page: Page
) -> None:
    window = await open_sign_in(home, context, page)
    await window.get_by_label("Email or mobile phone number").fill("jo@example.org")
    await window.get_by_label("Password").fill("wrong horse")
    await window.get_by_role("button", name="Sign in").click()
    await expect(window.get_by_text("Your password is incorrect")).to_be_visible()
    stranger = await browser.new_context()
    assert (await stranger.request.get(window.url)).status == 404
    for headers in ({}, {"Sec-Fetch-Mode": "navigate"}, {"Sec-Fetch-Mode": "cors"}):
        answer = await stranger.request.post(window.url, form={"email": "jo@example.org"}, headers=headers)
        assert answer.status == 404
    await stranger.close()
    # a reload sends the same form again
    await window.reload()
    await expect(window.get_by_text("Your password is incorrect")).to_be_visible()
    async with window.expect_event("close"):
        await sign_in_at_amazon(window)
    await finish(page, home)
