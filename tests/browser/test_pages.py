"""Tests of pages that users visit often: a device, a dashboard and the options."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Final

from playwright.async_api import Page, expect
import pytest

from .conftest import Home, Picture, dark, dialog, panel, submit, until

DASHBOARD: Final = "echo-devices"
PLAYERS: Final = ("kitchen_show", "living_room_studio", "bedroom_dot", "office_spot")

pytestmark = pytest.mark.usefixtures("account")


async def open_device(home: Home, page: Page, name: str) -> None:
    """Open the page of a device from the page of the integration."""
    await page.goto(f"{home.demo.url}/config/integrations/integration/alexa_media")
    await page.get_by_text(name, exact=True).click()
    await expect(page.get_by_text("Device info")).to_be_visible()


@pytest.fixture
def shown(home: Home) -> Callable[[str, bool], Callable[[], Awaitable[bool]]]:
    """Return a function that returns a condition: whether an entity is on or off."""

    def condition(entity_id: str, is_on: bool) -> Callable[[], Awaitable[bool]]:
        async def holds() -> bool:
            return (await home.states()).get(entity_id) == ("on" if is_on else "off")

        return holds

    return condition


async def test_the_device_page_shows_entities_without_raw_keys(
    home: Home, page: Page, picture: Picture, shown: Callable[[str, bool], Callable[[], Awaitable[bool]]]
) -> None:
    # the activity shows what happens in the kitchen, and not how the account was set up
    await home.action("recorder.purge_entities", entity_globs=["*"])
    for enabled in (True, False):
        home.change("Kitchen Show", dnd=enabled)
        await until("Do not disturb is not shown", shown("switch.kitchen_show_do_not_disturb", enabled))
    await home.action("notify.send_message", entity_id="notify.kitchen_show_speak", message="Dinner is ready")
    await open_device(home, page, "Kitchen Show")
    for text in ("Echo Show 15 (1st generation)", "Serial number: G0SIM00KITCHEN01", "Download diagnostics"):
        await expect(page.get_by_text(text)).to_be_visible()
    for name in ("Next alarm", "Next reminder", "Next timer", "Announce", "Speak", "Do not disturb", "Connectivity"):
        await expect(page.get_by_text(name, exact=True).first).to_be_visible()
    for raw in ("alexa_media", "component.", "next_alarm", "do_not_disturb", "undefined"):
        await expect(page.get_by_text(raw)).to_have_count(0)
    await picture(page, "device", panel(page))


async def test_a_push_updates_the_page_and_the_page_controls_the_echo(home: Home, page: Page) -> None:
    await open_device(home, page, "Kitchen Show")
    do_not_disturb = page.get_by_role("switch", name="Do not disturb")
    await expect(do_not_disturb).not_to_be_checked()
    home.change("Kitchen Show", dnd=True)
    await expect(do_not_disturb).to_be_checked()

    # the drawn knob overlaps the input
    await do_not_disturb.click(force=True)
    await expect(do_not_disturb).not_to_be_checked()

    async def let_through() -> bool:
        return not home.device("Kitchen Show")[1]["dnd"]

    await until("the Echo is still not to be disturbed", let_through)


@pytest.fixture
async def dashboard(home: Home) -> AsyncIterator[None]:
    """Create a dashboard with players, like a user would."""
    cards: list[dict[str, Any]] = [{"type": "media-control", "entity": f"media_player.{name}"} for name in PLAYERS]
    cards += [
        {"type": "tile", "entity": f"switch.{name}_do_not_disturb", "name": {"type": "device"}} for name in PLAYERS[:3]
    ]
    cards += [
        {"type": "tile", "entity": f"sensor.{name}"}
        for name in ("bedroom_dot_next_alarm", "kitchen_show_next_reminder", "kitchen_show_next_timer")
    ]
    made = await home.command(
        type="lovelace/dashboards/create",
        url_path=DASHBOARD,
        title="Echos",
        icon="mdi:speaker",
        mode="storage",
    )
    await home.command(
        type="lovelace/config/save",
        url_path=DASHBOARD,
        config={"views": [{"title": "Echos", "type": "masonry", "cards": cards}]},
    )
    yield
    await home.command(type="lovelace/dashboards/delete", dashboard_id=made["id"])


@pytest.mark.usefixtures("dashboard")
async def test_the_dashboard_controls_playback(home: Home, page: Page, picture: Picture) -> None:
    await page.goto(f"{home.demo.url}/{DASHBOARD}/0")
    card = page.locator("hui-media-control-card").filter(has_text="Kitchen Show")
    await expect(card).to_be_visible()
    for name, provider, words in (("kitchen_show", "AMAZON_MUSIC", "jazz"), ("living_room_studio", "SPOTIFY", "rock")):
        await home.action(
            "media_player.play_media",
            entity_id=f"media_player.{name}",
            media_content_type=provider,
            media_content_id=words,
        )
    # the page shows new playback by push, without a reload
    await expect(card.get_by_role("button", name="Pause")).to_be_visible()
    other = page.locator("hui-media-control-card").filter(has_text="Living Room Studio")
    await expect(other.get_by_role("button", name="Pause")).to_be_visible()
    await page.set_viewport_size({"width": 1280, "height": 520})
    await picture(page, "dashboard")
    async with dark(page):
        await picture(page, "dashboard-dark", variants=False)

    await card.get_by_role("button", name="Pause").click()
    await expect(card.get_by_role("button", name="Play")).to_be_visible()
    serial, _ = home.device("Kitchen Show")
    told = [entry for entry in home.cloud.ledger(path="/api/np/command") if serial in str(entry["query"])]
    assert "PauseCommand" in str(told[-1]["body"])


async def test_options_are_checked_and_saved(home: Home, page: Page, picture: Picture) -> None:
    assert "media_player.office_spot" in await home.states()
    await page.goto(f"{home.demo.url}/config/integrations/integration/alexa_media")
    await page.get_by_role("button", name="Configure").first.click()
    await page.get_by_text("Exclude these devices").first.wait_for()
    await picture(page, "options", dialog(page))

    await page.locator("input[name=public_url]").fill("echo")
    await page.get_by_role("button", name="Add", exact=True).nth(1).click()
    await expect(page.get_by_role("option", name="Kids Dot")).to_be_visible()
    await expect(page.get_by_role("option", name="Jo's Phone")).to_have_count(0)
    await page.get_by_role("option", name="Office Spot").click()
    await submit(page).click()
    await expect(page.get_by_text("That isn't a valid URL")).to_be_visible()
    await page.locator("input[name=public_url]").fill("https://home.example.org")
    await submit(page).click()
    await page.get_by_role("button", name="Finish").click()

    # the open page removes the device
    await expect(page.get_by_text("Office Spot", exact=True)).to_have_count(0)
    await expect(page.get_by_text("Kitchen Show", exact=True)).to_be_visible()
    assert "media_player.office_spot" not in await home.states()
