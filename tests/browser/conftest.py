"""Fixtures for a Home Assistant with the simulated cloud, and a Chromium that can reach both."""

import argparse
import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
import json
import os
from pathlib import Path
import re
import shutil
import tempfile
import time
from typing import Any, Final, Protocol

import aiohttp
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright, expect
import pytest

from alexa_sim.client import ControlClient
from scripts import demo_run
from scripts.demo_run import Demo

ROOT: Final = Path(__file__).resolve().parents[2]
DOMAIN: Final = "amazon.com"
ACCOUNT: Final = "A2SIMJO7D0EQ11"
PUSH: Final = "binary_sensor.alexa_live_updates"
PATIENCE: Final = 30.0
"""Time limit in seconds for anything that a page or Home Assistant does."""

FLAGS: Final = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)

FAILED: Final = pytest.StashKey[bool]()

DARK: Final = "getComputedStyle(document.documentElement).getPropertyValue('--primary-background-color')"
"""JavaScript expression for a color that depends on the color scheme of Home Assistant's pages."""


class Picture(Protocol):
    """Takes a picture of a page, or only of a part of it, which stays readable on a phone."""

    async def __call__(self, page: Page, name: str, part: Locator | None = None, *, variants: bool = True) -> None:
        """Save the picture under a name; with ``variants``, also a picture on a phone and one in a dark theme."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for the folder of the screenshots."""
    parser.addoption("--screenshots", type=Path, default=ROOT / ".cache/browser", help="folder for the pictures")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Store which tests failed, so that their screenshots are kept."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@dataclass(frozen=True, slots=True)
class Home:
    """A running Home Assistant; ``demo`` contains its addresses, ``cloud`` controls the simulated Amazon."""

    demo: Demo
    cloud: ControlClient
    session: aiohttp.ClientSession
    chromium: list[str]

    async def get(self, path: str) -> Any:
        """Return the response of Home Assistant's REST API to a GET request."""
        async with self.session.get(self.demo.url + path, headers=self._headers) as response:
            return await response.json()

    async def action(self, name: str, **data: Any) -> None:
        """Call an action, such as ``media_player.play_media``."""
        url = f"{self.demo.url}/api/services/{name.replace('.', '/')}"
        await demo_run.post(self.session, url, json=data, headers=self._headers)

    async def command(self, **message: Any) -> Any:
        """Send one command to the websocket API and return its result."""
        async with self.session.ws_connect(f"{self.demo.url}/api/websocket") as ws:
            await ws.receive_json()
            await ws.send_json({"type": "auth", "access_token": self.demo.token})
            await ws.receive_json()
            await ws.send_json({"id": 1, **message})
            answer = await ws.receive_json()
            assert answer["success"], answer
            return answer["result"]

    async def states(self) -> dict[str, str]:
        """Return the states by entity id."""
        return {entity["entity_id"]: entity["state"] for entity in await self.get("/api/states")}

    async def entries(self) -> list[str]:
        """Return the entry ids of the accounts."""
        entries = await self.get("/api/config/config_entries/entry?domain=alexa_media")
        return [entry["entry_id"] for entry in entries]

    async def remove(self, entry: str) -> None:
        """Remove an account."""
        await self.delete(f"/api/config/config_entries/entry/{entry}")

    async def delete(self, path: str) -> None:
        """Send a DELETE to Home Assistant's REST API."""
        async with self.session.delete(self.demo.url + path, headers=self._headers) as response:
            assert response.status == 200, await response.text()

    def device(self, name: str) -> tuple[str, dict[str, Any]]:
        """Return the serial of an Echo, and its data in the cloud."""
        devices = self.cloud.state()["accounts"][ACCOUNT]["devices"]
        return next((serial, data) for serial, data in devices.items() if data["accountName"] == name)

    def change(self, name: str, **change: Any) -> None:
        """Change an Echo in the cloud, which pushes the change."""
        serial, _ = self.device(name)
        self.cloud.patch_state({"accounts": {ACCOUNT: {"devices": {serial: change}}}})

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.demo.token}"}


async def until(what: str, holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until a condition is true; fails with ``what`` after 30 s."""
    end = time.monotonic() + PATIENCE
    while not await holds():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.1)


@pytest.fixture(scope="session")
async def home() -> AsyncIterator[Home]:
    """Run Home Assistant and the simulated cloud, without an account."""
    args = argparse.Namespace(household="demo", recording=None, domain=DOMAIN)
    port, control = demo_run.free_port(), demo_run.free_port()
    with tempfile.TemporaryDirectory(prefix="alexa-browser-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        demo_run.write_config(folder, port, DOMAIN, "info")
        async with demo_run.home_assistant(args, folder, control), aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{port}"
            await demo_run.wait_until_up(session, url)
            token = await demo_run.onboard(session, url)
            demo = Demo(url, token, f"http://127.0.0.1:{control}", DOMAIN, folder)
            cloud = ControlClient(demo.control)
            home = Home(demo, cloud, session, demo_run.chromium_args(folder))
            assert (await home.command(type="repairs/list_issues"))["issues"] == []
            yield home
            assert cloud.errors() == []
        log = (folder / "output.log").read_text(errors="replace")
        assert re.findall(r"^.* ERROR .*alexa_media.*$", log, re.MULTILINE) == []
        assert re.findall(r"correct horse|Atna\||Atnr\||openid\.oa2|jo@example", log) == []


@pytest.fixture
async def no_account(home: Home) -> None:
    """Remove all accounts, and reset the simulated Amazon."""
    for entry in await home.entries():
        await home.remove(entry)
    home.cloud.household("demo", domain=DOMAIN)


@pytest.fixture
async def account(home: Home, no_account: None) -> None:
    """Set up Jo's account, with push."""
    await demo_run.sign_in(home.session, home.demo)

    async def pushed() -> bool:
        return (await home.states()).get(PUSH) == "on"

    await until("push is not up", pushed)


@pytest.fixture(scope="session")
async def browser(home: Home) -> AsyncIterator[Browser]:
    """Run Chromium; Amazon's hosts resolve to the simulated cloud, and others do not resolve."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=[*FLAGS, *home.chromium])
        yield chromium
        await chromium.close()


@pytest.fixture
async def context(home: Home, browser: Browser) -> AsyncIterator[BrowserContext]:
    """Return a new browser context in which the owner of Home Assistant is logged in."""
    new = await browser.new_context(
        viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Europe/Amsterdam"
    )
    new.set_default_timeout(PATIENCE * 1000)
    expect.set_options(timeout=PATIENCE * 1000)
    url = home.demo.url
    tokens = {
        "access_token": home.demo.token,
        "token_type": "Bearer",
        "refresh_token": "",
        "hassUrl": url,
        "clientId": f"{url}/",
        "expires_in": 10**8,
        "expires": int((time.time() + 10**8) * 1000),
    }
    stored = {"hassTokens": json.dumps(tokens), "selectedLanguage": json.dumps("en")}
    await new.add_init_script(
        f"if (location.origin === {json.dumps(url)}) Object.assign(localStorage, {json.dumps(stored)})"
    )
    yield new
    await new.close()


@pytest.fixture
async def page(request: pytest.FixtureRequest, context: BrowserContext) -> AsyncIterator[Page]:
    """Return a page; its last screenshot is kept in .cache/browser if the test fails."""
    new = await context.new_page()
    yield new
    if request.node.stash.get(FAILED, False):
        for number, seen in enumerate(context.pages):
            await seen.screenshot(path=ROOT / f".cache/browser/failed-{request.node.name}-{number}.png")


async def screenshot(page: Page) -> Image.Image:
    """Return a screenshot of a page, with animations disabled."""
    await page.evaluate("document.fonts.ready")
    png = await page.screenshot(animations="disabled", caret="hide")
    return Image.open(BytesIO(png)).convert("RGB")


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Picture:
    """Return a function that takes a picture of a page, small enough to be stored in the repository.

    Each page must also fit a phone. Pictures of it on a phone and in a dark theme are stored in .cache/browser, unless
    the page is shown in one of these ways already.
    """
    folder: Path = request.config.getoption("--screenshots")

    async def take(page: Page, name: str, part: Locator | None = None, *, variants: bool = True) -> None:
        image = await screenshot(page)
        if part:
            box = await part.bounding_box()
            assert box, "the part is not visible"
            left, top = round(box["x"]), round(box["y"])
            image = image.crop((left, top, left + round(box["width"]), top + round(box["height"])))
        folder.mkdir(parents=True, exist_ok=True)
        image.save(folder / f"{name}.png", optimize=True)
        if variants:
            for variant, shown in (("phone", phone), ("dark", dark)):
                async with shown(page):
                    (await screenshot(page)).save(ROOT / f".cache/browser/{name}-{variant}.png")

    return take


class Film:
    """Pictures of a page, shown for two seconds each; the last one is shown longer."""

    def __init__(self, folder: Path) -> None:
        """Initialize a film without pictures."""
        self._folder = folder
        self._frames: list[Image.Image] = []

    async def add(self, page: Page) -> None:
        """Add a picture of a page."""
        image = await screenshot(page)
        self._frames.append(image.resize((960, 960 * image.height // image.width), Image.Resampling.LANCZOS))

    def save(self, name: str) -> None:
        """Write the film as a GIF with one palette for all pictures."""
        strip = Image.new("RGB", (960, sum(frame.height for frame in self._frames)))
        for number, frame in enumerate(self._frames):
            strip.paste(frame, (0, sum(above.height for above in self._frames[:number])))
        palette = strip.quantize(256, dither=Image.Dither.NONE)
        first, *rest = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in self._frames]
        self._folder.mkdir(parents=True, exist_ok=True)
        durations = [2000] * len(rest) + [4000]
        path = self._folder / f"{name}.gif"
        first.save(path, save_all=True, append_images=rest, duration=durations, loop=0, optimize=True)


@pytest.fixture
def film(request: pytest.FixtureRequest) -> Film:
    """Return an empty film."""
    return Film(request.config.getoption("--screenshots"))


@asynccontextmanager
async def dark(page: Page) -> AsyncIterator[None]:
    """Let the browser report a dark system theme, which Home Assistant follows."""
    light = await page.evaluate(DARK)
    await page.emulate_media(color_scheme="dark")
    await page.wait_for_function(f"{DARK} !== {json.dumps(light)}")
    yield
    await page.emulate_media(color_scheme="light")
    await page.wait_for_function(f"{DARK} === {json.dumps(light)}")


@asynccontextmanager
async def phone(page: Page) -> AsyncIterator[None]:
    """Give a page the width of a phone (390 pixels); fail if its content is wider."""
    before = page.viewport_size
    assert before
    await page.set_viewport_size({"width": 390, "height": 680})
    yield
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    await page.set_viewport_size(before)


async def add_integration(page: Page, home: Home) -> None:
    """Open the dialog that adds the integration, and search for the integration by name."""
    await page.goto(f"{home.demo.url}/config/integrations/dashboard")
    await page.get_by_role("button", name="Add integration").click()
    await page.get_by_placeholder("Search for a brand name").fill("alexa media")
    await page.get_by_text("Alexa Media Player").click()
    await expect(page.get_by_text("Select your Amazon site")).to_be_visible()


def dialog(page: Page) -> Locator:
    """Return the dialog that is open."""
    return page.get_by_role("dialog")


def panel(page: Page) -> Locator:
    """Return the page without the sidebar."""
    return page.locator("partial-panel-resolver")


def submit(page: Page) -> Locator:
    """Return the button that sends the form of a dialog."""
    return page.get_by_role("button", name="Submit")


async def sign_in_at_amazon(page: Page) -> None:
    """Fill in and submit Amazon's form."""
    await page.get_by_label("Email or mobile phone number").fill("jo@example.org")
    await page.get_by_label("Password").fill("correct horse")
    await page.get_by_role("button", name="Sign in").click()
