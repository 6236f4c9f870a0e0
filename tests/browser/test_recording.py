"""Tests of the options step that starts a recording for a bug report."""

import gzip

from playwright.async_api import Locator, Page, expect

from .conftest import PUSH, Home, Picture, dialog, submit, until


async def configure(home: Home, page: Page) -> Locator:
    """Open the options of the account; return the switch for the recording."""
    await page.goto(f"{home.demo.url}/config/integrations/integration/alexa_media")
    await page.get_by_role("button", name="Configure").first.click()
    switch = page.get_by_role("switch", name="Record for a bug report")
    await switch.scroll_into_view_if_needed()
    return switch


async def live_since(home: Home) -> str | None:
    """Return since when the account receives live updates, or None."""
    states = await home.command(type="get_states")
    return next((s["last_changed"] for s in states if s["entity_id"] == PUSH and s["state"] == "on"), None)


async def test_a_recording_is_started_and_stopped_in_the_options(
    home: Home, page: Page, account: None, picture: Picture
) -> None:
    """The step describes the content of the file; a notification contains its path."""
    before = await live_since(home)
    switch = await configure(home, page)
    await expect(switch).not_to_be_checked()
    await switch.press("Space")
    await submit(page).click()
    await expect(page.get_by_text("names, email addresses, serial numbers")).to_be_visible()
    await expect(page.get_by_text("1 to 24 hours")).to_be_visible()
    await picture(page, "record", dialog(page))
    await page.get_by_role("spinbutton").fill("2")
    await submit(page).click()
    await page.get_by_role("button", name="Finish").click()

    folder = home.demo.config / "alexa_media_recordings"

    async def is_recording() -> bool:
        # The account is reloaded when the recording starts.
        return folder.is_dir() and await live_since(home) not in (None, before)

    await until("nothing is recorded", is_recording)
    home.change("Kitchen Show", volume=37)

    switch = await configure(home, page)
    await expect(switch).to_be_checked()
    await switch.press("Space")
    await submit(page).click()
    await page.get_by_role("button", name="Finish").click()
    await page.get_by_text("Notifications").click()
    await expect(page.get_by_text("alexa_media_recordings/recording_")).to_be_visible()
    [file] = folder.glob("recording_*.json.gz")
    text = gzip.decompress(file.read_bytes()).decode()
    assert "PUSH_VOLUME_CHANGE" in text
    assert "Kitchen" not in text
