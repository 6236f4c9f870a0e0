"""Tests of both sign-in methods in a browser, used like a person does."""

import json
import re
from typing import Final

from playwright.async_api import Browser, BrowserContext, Page, expect
import pytest

from .conftest import (
    ACCOUNT,
    DOMAIN,
    ROOT,
    Home,
    Picture,
    add_integration,
    dialog,
    panel,
    sign_in_at_amazon,
    submit,
)

SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""Setup key of an authenticator app."""

ADDRESS: Final = "input[name=redirect_url]"


async def finish(page: Page, home: Home) -> None:
    """Close the dialog with the new devices; the integration's page lists all of them."""
    # the button is labeled "Skip and finish" as long as no device has an area
    await page.get_by_role("button", name=re.compile("finish", re.IGNORECASE)).click()
    for name in ("Kitchen Show", "Living Room Studio", "Downstairs", "Kids Dot"):
        await expect(page.get_by_text(name, exact=True).first).to_be_visible()
    assert len(await home.entries()) == 1


@pytest.mark.usefixtures("no_account")
async def test_pasting_the_url_signs_in(home: Home, context: BrowserContext, page: Page, picture: Picture) -> None:
    await add_integration(page, home)
    await submit(page).click()
    await expect(page.get_by_text("How to sign in")).to_be_visible()
    await picture(page, "how-to-sign-in", dialog(page))
    await page.get_by_text("Sign in on Amazon and paste the URL").click()

    for wrong, sentence in (
        ("https://www.example.org/ap/maplanding", "That isn't an https:// URL of an Amazon site"),
        ("https://www.amazon.com/gp/help", "That isn't the URL of the final page"),
        ("https://www.amazon.com/ap/maplanding", "The URL is incomplete"),
    ):
        await page.locator(ADDRESS).fill(wrong)
        await submit(page).click()
        await expect(page.get_by_text(sentence)).to_be_visible()
    await picture(page, "wrong-address", dialog(page))
    assert await home.entries() == []

    async with context.expect_page() as opened:
        await page.get_by_role("link", name="Amazon's sign-in page").click()
    amazon = await opened.value
    await expect(amazon.get_by_label("Password")).to_be_visible()
    assert amazon.url.startswith("https://www.amazon.com/ap/")
    await sign_in_at_amazon(amazon)
    await amazon.wait_for_url("**/ap/maplanding?**")
    address = amazon.url
    await amazon.close()

    await page.locator(ADDRESS).fill(address)
    await submit(page).click()
    await finish(page, home)
    await page.goto(f"{home.demo.url}/config/integrations/integration/alexa_media")
    await expect(page.get_by_text("Echo Show 15 (1st generation)")).to_be_visible()
    await picture(page, "integration", panel(page))


@pytest.mark.usefixtures("no_account")
async def test_signing_in_through_home_assistant_with_codes(
    home: Home, browser: Browser, context: BrowserContext, page: Page
) -> None:
    household = json.loads((ROOT / "alexa_sim/households/demo.json").read_text())
    household["accounts"][ACCOUNT]["otpSecret"] = SECRET
    home.cloud.household(household, domain=DOMAIN)

    await add_integration(page, home)
    await submit(page).click()
    await page.get_by_text("Sign in through Home Assistant").click()
    secret = page.locator("input[name=otp_secret]")
    await secret.fill("123456")
    await page.get_by_role("button", name="Next").click()
    await expect(page.get_by_text("That isn't an authenticator app setup key")).to_be_visible()
    await secret.fill(SECRET)
    async with context.expect_page() as opened:
        await page.get_by_role("button", name="Next").click()
    amazon = await opened.value
    await expect(amazon.get_by_label("Password")).to_be_visible()
    assert amazon.url.startswith(home.demo.url)
    await expect(page.get_by_text("this dialog continues automatically")).to_be_visible()

    # another browser cannot use the address of the sign-in
    stranger = await browser.new_context()
    assert (await stranger.request.get(amazon.url)).status == 404
    assert (await context.request.get(amazon.url)).status == 200
    await stranger.close()

    await sign_in_at_amazon(amazon)
    # Home Assistant has filled in the code
    await expect(amazon.locator("input[name=otpCode]")).to_have_value(re.compile(r"^\d{6}$"))
    # the window closes itself
    async with amazon.expect_event("close"):
        await amazon.get_by_role("button", name="Sign in").click()
    await finish(page, home)


@pytest.mark.usefixtures("account")
async def test_signing_in_again_passes_every_page(home: Home, context: BrowserContext, page: Page) -> None:
    home.cloud.patch_state({"accounts": {ACCOUNT: {"signInPages": ["captcha", "confirm", "unknown"]}}})
    await page.goto(f"{home.demo.url}/config/integrations/integration/alexa_media")
    await page.get_by_text("Echo Show 15 (1st generation)").wait_for()
    await page.get_by_role("button", name="Menu").nth(1).click()
    await page.get_by_role("menuitem", name="Reconfigure").click()
    await expect(page.get_by_text("Sign in again as jo@example.org")).to_be_visible()
    await submit(page).click()
    await page.get_by_text("Sign in through Home Assistant").click()
    async with context.expect_page() as opened:
        await page.get_by_role("button", name="Next").click()
    amazon = await opened.value

    await amazon.get_by_label("Email or mobile phone number").fill("jo@example.org")
    await amazon.get_by_label("Password").fill("wrong horse")
    await amazon.get_by_role("button", name="Sign in").click()
    await expect(amazon.get_by_text("Your password is incorrect")).to_be_visible()
    await sign_in_at_amazon(amazon)

    await expect(amazon.get_by_alt_text("captcha")).to_be_visible()
    drawn = await amazon.evaluate("fetch(document.images[0].src).then(answer => answer.text())")
    letters = re.search(r">([A-Z]{6})<", drawn)
    assert letters
    await amazon.get_by_label("Type the characters you see").fill(letters[1])
    await amazon.get_by_role("button", name="Continue shopping").click()
    await expect(amazon.get_by_text("Was this sign-in yours?")).to_be_visible()
    await amazon.get_by_role("button", name="Continue").click()
    await expect(amazon.get_by_role("combobox")).to_be_visible()
    async with amazon.expect_event("close"):
        await amazon.get_by_role("button", name="Continue").click()
    await expect(page.get_by_text("Reconfiguration was successful")).to_be_visible()
    assert len(await home.entries()) == 1
