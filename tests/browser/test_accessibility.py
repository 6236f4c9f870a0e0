"""Tests that the pages of the flows are accessible and not cut off, on a desktop and on a phone."""

from typing import Final

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, expect
import pytest

from .conftest import Home, add_integration, submit

SIZES: Final = ((1280, 900), (390, 844))
RULES: Final = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    # the colors are defined by Home Assistant's theme
    "rules": {"color-contrast": {"enabled": False}},
}

CLIPPED: Final = """\
() => {
  const found = [];
  const walk = (root, inside) => {
    for (const element of root.querySelectorAll("*")) {
      const within = inside || element.localName === "dialog-data-entry-flow";
      if (within) {
        const box = element.getBoundingClientRect();
        const style = getComputedStyle(element);
        const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
        if (own && box.width > 1 && box.height > 1 && style.visibility !== "hidden") {
          const text = element.textContent.trim().slice(0, 60);
          if (box.right > innerWidth + 1 || box.left < -1) found.push("outside: " + text);
          if (element.scrollWidth > element.clientWidth + 1 && style.overflowX !== "visible"
              && element.clientWidth > 0) found.push("cut off: " + text);
        }
      }
      if (element.shadowRoot) walk(element.shadowRoot, within);
    }
  };
  walk(document, false);
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page scrolls sideways");
  return found;
}
"""
"""Script that returns the texts of the dialog that are cut off or outside the window."""


PLANTED: Final = """\
() => {
  const dialog = document.querySelector("home-assistant").shadowRoot.querySelector("dialog-data-entry-flow").shadowRoot;
  const picture = document.createElement("img");
  picture.src = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";
  const text = document.createElement("p");
  text.textContent = "a long text that does not fit";
  text.style.cssText = "position: fixed; top: 9px; left: 9px; width: 40px; overflow: hidden; white-space: nowrap";
  dialog.append(picture, text);
}
"""


async def wrong(page: Page) -> list[str]:
    """Return the problems in the dialog of a page: violated rules, and texts that are cut off."""
    found: list[str] = await page.evaluate(CLIPPED)
    response = (await Axe().run(page, options=RULES)).response
    for rule in response["violations"]:
        places = [str(node["target"]) for node in rule["nodes"]]
        found += [f"{rule['id']}: {place}" for place in places if "dialog-data-entry-flow" in place]
    return found


async def check(page: Page, name: str) -> None:
    """Fail if the dialog has a problem at any size."""
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        # wait for the opening animation of the dialog
        await page.wait_for_timeout(400)
        assert await wrong(page) == [], f"{name} at {width} px"
    await page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})


@pytest.mark.usefixtures("no_account")
async def test_the_pages_of_the_sign_in_are_accessible(home: Home, context: BrowserContext, page: Page) -> None:
    await add_integration(page, home)
    await check(page, "site")
    await submit(page).click()
    await expect(page.get_by_text("How to sign in")).to_be_visible()
    await check(page, "way to sign in")
    await page.get_by_text("Sign in on Amazon and paste the URL").click()
    await page.locator("input[name=redirect_url]").fill("https://www.amazon.com/ap/maplanding")
    await submit(page).click()
    await expect(page.get_by_text("The URL is incomplete")).to_be_visible()
    await check(page, "URL with an error")


@pytest.mark.usefixtures("no_account")
async def test_the_pages_of_the_sign_in_through_home_assistant_are_accessible(
    home: Home, context: BrowserContext, page: Page
) -> None:
    await add_integration(page, home)
    await submit(page).click()
    await page.get_by_text("Sign in through Home Assistant").click()
    await expect(page.locator("input[name=otp_secret]")).to_be_visible()
    await check(page, "setup key")
    async with context.expect_page() as opened:
        await page.get_by_role("button", name="Next").click()
    amazon = await opened.value
    await expect(page.get_by_text("this dialog continues automatically")).to_be_visible()
    await amazon.close()
    await check(page, "waiting")


@pytest.mark.usefixtures("account")
async def test_the_pages_of_an_account_are_accessible(home: Home, page: Page) -> None:
    await page.goto(f"{home.demo.url}/config/integrations/integration/alexa_media")
    await page.get_by_role("button", name="Configure").first.click()
    await expect(page.get_by_text("Poll interval").first).to_be_visible()
    await check(page, "options")


@pytest.mark.usefixtures("no_account")
async def test_the_check_finds_problems(home: Home, page: Page) -> None:
    await add_integration(page, home)
    assert await wrong(page) == []
    await page.evaluate(PLANTED)
    found = await wrong(page)
    assert [line for line in found if line.startswith("image-alt: ")]
    assert "cut off: a long text that does not fit" in found
