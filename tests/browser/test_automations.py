"""Tests that create automations in the editor only by clicking and typing."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
import json
import re
from typing import Any, Final

from playwright.async_api import Locator, Page, TimeoutError as PlaywrightTimeoutError, expect
import pytest

from .conftest import ACCOUNT, Film, Home, Picture, panel, phone, until
from .test_smart_home import entity

SAVED: Final = re.compile(r"/config/automation/edit/\d+$")
CONFIG: Final = "/api/config/automation/config/"

pytestmark = pytest.mark.usefixtures("account")


class Editor:
    """The editor of a new automation, used only by clicking and typing, without YAML or templates."""

    def __init__(self, home: Home, page: Page) -> None:
        """Initialize an editor that is not open yet."""
        self._home = home
        self.page = page

    async def open(self) -> None:
        """Create an automation from the list of automations."""
        await self.page.goto(f"{self._home.demo.url}/config/automation/dashboard")

        async def is_open() -> bool:
            await self.page.get_by_role("button", name="Create automation").click()
            await self.page.get_by_text("Create new automation").click()
            # leaving a dialog while it is still opening does not open the next page
            with suppress(PlaywrightTimeoutError):
                await self.page.wait_for_url("**/config/automation/edit/new", timeout=8000)
                return True
            return False

        await until("the editor did not open", is_open)

    async def search(self, kind: str, words: str) -> None:
        """Search for a trigger or an action, or for an entity that offers some."""
        await self.page.get_by_role("button", name=f"Add {kind}", exact=True).click()
        await self.page.get_by_placeholder("Search").fill(words)

    async def target(self, name: str) -> None:
        """Select an entity for the open trigger or action."""
        await self.page.get_by_role("button", name="Add target").click()
        picker = self.page.locator("ha-picker-combo-box")
        await picker.get_by_placeholder("Search").fill(name)
        await picker.get_by_text(name, exact=True).first.click()
        await self.has_target(name)

    async def has_target(self, name: str) -> None:
        """Wait until the open form shows an entity as its target; text that is typed before may get lost."""
        await expect(self.page.locator("ha-target-picker-item-row").get_by_text(name, exact=True)).to_be_visible()

    def field(self, name: str) -> Locator:
        """Return the field with a name."""
        return self.page.locator("ha-settings-row").filter(has=self.page.get_by_text(name, exact=True))

    async def fill(self, name: str, value: str, *, kind: str = "text") -> None:
        """Fill in a field; an optional field is enabled first."""
        field = self.field(name)
        if await field.locator("ha-checkbox").count():
            await field.locator("ha-checkbox").click()
        box = field.locator("input[type=number]") if kind == "number" else field.get_by_role("textbox")
        editor = self.page.locator("manual-automation-editor")

        async def is_taken() -> bool:
            # a form that is still being drawn discards typed text
            if value in await editor.evaluate("editor => JSON.stringify(editor.config)"):
                return True
            await box.fill(value)
            await box.blur()
            return False

        await until(f"{name} is not filled in", is_taken)

    async def show(self, kind: str) -> None:
        """Open the first trigger or action by clicking its icon, because clicking its target opens a dialog."""
        row = self.page.locator(f"ha-automation-{kind}-row ha-automation-row").first
        await row.click(position={"x": 24, "y": 24})

    async def save(self, name: str) -> dict[str, Any]:
        """Save under a name, wait until the automation is on, and return the stored automation."""
        await self.page.get_by_role("button", name="Save").click()
        dialog = self.page.locator("ha-dialog-automation-save")
        await dialog.get_by_role("textbox").first.fill(name)
        await dialog.get_by_role("button", name="Save").click()
        await expect(self.page).to_have_url(SAVED)
        entity_id = f"automation.{name.lower().replace(' ', '_')}"

        async def is_on() -> bool:
            return (await self._home.states()).get(entity_id) == "on"

        await until(f"{entity_id} is not on", is_on)
        stored: dict[str, Any] = await self._home.get(CONFIG + self.page.url.rpartition("/")[2])
        assert "{{" not in json.dumps(stored)
        return stored


@pytest.fixture
async def editor(home: Home, page: Page) -> AsyncIterator[Editor]:
    """Return an open editor; its automation is deleted afterward."""
    new = Editor(home, page)
    await new.open()
    yield new
    if SAVED.search(page.url):
        await home.delete(CONFIG + page.url.rpartition("/")[2])


def spoken(home: Home, text: str) -> list[tuple[str, str]]:
    """Return how a text was spoken, and on which Echos."""
    return [(item["kind"], item["device"]) for item in home.cloud.spoken() if item["text"] == text]


def without_empty(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored trigger or action without empty values."""
    return {key: value for key, value in part.items() if value}


async def build_movie_time(editor: Editor, film: Film) -> None:
    """Create an automation in which a voice command dims a light and Alexa answers."""
    page = editor.page
    await editor.search("trigger", "voice command")
    await expect(page.get_by_text("Triggers when someone gives a command to an Echo.")).to_be_visible()
    await film.add(page)
    await page.get_by_text("Triggers when someone gives a command to an Echo.").click()
    # the first form in a browser session is drawn before the texts are loaded
    for name in ("Contains", "Is", "Matches a pattern"):
        await expect(editor.field("Comparison").get_by_text(name, exact=True)).to_be_visible()
    await editor.target("Living Room Studio")
    await editor.fill("Text", "movie time")
    await film.add(page)

    await editor.search("action", "turn on light")
    await page.get_by_text("Turns on one or more lights").click()
    await editor.target("Hall Light")
    await editor.fill("Brightness", "20", kind="number")
    await film.add(page)

    await editor.search("action", "speak")
    await expect(page.get_by_text("Speaks, announces or shows a message")).to_be_visible()
    await film.add(page)
    await page.get_by_text("Speaks, announces or shows a message").click()
    for name in ("Speak", "Announce", "Show"):
        await expect(editor.field("Type").get_by_text(name, exact=True)).to_be_visible()
    await editor.target("Living Room Studio")
    await editor.fill("Message", "Enjoy the movie!")
    await expect(page.get_by_text("formatjs")).to_have_count(0)
    await film.add(page)


async def test_a_voice_command_dims_a_light_and_is_answered(
    home: Home, editor: Editor, picture: Picture, film: Film
) -> None:
    hall = await entity(home, "light", "Hall Light")
    page = editor.page
    await build_movie_time(editor, film)
    stored = await editor.save("Movie time")
    studio = {"entity_id": "media_player.living_room_studio"}
    assert [without_empty(trigger) for trigger in stored["triggers"]] == [
        {
            "trigger": "alexa_media.voice_command",
            "target": studio,
            "options": {"text": "movie time", "match": "contains"},
        }
    ]
    assert [without_empty(action) for action in stored["actions"]] == [
        {"action": "light.turn_on", "target": {"entity_id": hall}, "data": {"brightness_pct": 20}},
        {"action": "alexa_media.speak", "target": studio, "data": {"message": "Enjoy the movie!", "type": "speak"}},
    ]
    await editor.show("trigger")
    await expect(editor.field("Text").get_by_role("textbox")).to_have_value("movie time")
    await page.set_viewport_size({"width": 1280, "height": 800})
    await picture(page, "automation-voice", panel(page))
    await page.set_viewport_size({"width": 1280, "height": 900})
    await film.add(page)
    film.save("automation")

    home.cloud.say(home.device("Living Room Studio")[0], "alexa, movie time")

    async def is_answered() -> bool:
        return bool(spoken(home, "Enjoy the movie!"))

    await until("the Echo did not answer", is_answered)
    assert spoken(home, "Enjoy the movie!") == [("speak", "Living Room Studio")]
    appliances = home.cloud.state()["accounts"][ACCOUNT]["appliances"].values()
    light = next(appliance for appliance in appliances if appliance["name"] == "Hall Light")
    assert light["features"]["power"]["powerState"] == "ON"
    assert light["features"]["brightness"]["brightness"] == 20


async def test_a_timer_of_the_kitchen_is_announced_in_the_office(home: Home, editor: Editor, picture: Picture) -> None:
    page = editor.page
    await editor.search("trigger", "timer finishes")
    await page.get_by_text("Triggers when a timer of an Echo finishes.").click()
    await editor.target("Kitchen Show")

    # select the Announce entity of an Echo, then the only action that it offers
    await editor.search("action", "announce office")
    await page.get_by_text("Office Spot", exact=True).first.click()
    await page.locator("ha-automation-add-items").get_by_text("Send a notification message").click()
    await editor.has_target("Announce")
    await editor.fill("Message", "Dinner is ready.")

    stored = await editor.save("Kitchen timer")
    assert [without_empty(trigger) for trigger in stored["triggers"]] == [
        {"trigger": "alexa_media.timer_finishes", "target": {"entity_id": "media_player.kitchen_show"}}
    ]
    assert [without_empty(action) for action in stored["actions"]] == [
        {
            "action": "notify.send_message",
            "target": {"entity_id": "notify.office_spot_announce"},
            "data": {"message": "Dinner is ready."},
        }
    ]
    async with phone(page):
        await expect(page.locator("ha-automation-action-row").get_by_text("Announce", exact=True)).to_be_visible()
        await picture(page, "automation-phone", variants=False)
    await editor.show("action")
    await expect(editor.field("Message").get_by_role("textbox")).to_have_value("Dinner is ready.")
    await page.set_viewport_size({"width": 1280, "height": 700})
    await picture(page, "automation-timer", panel(page))

    notifications = home.cloud.state()["accounts"][ACCOUNT]["notifications"]
    bread = next(key for key, item in notifications.items() if item["timerLabel"] == "Bread")
    home.cloud.patch_state({"accounts": {ACCOUNT: {"notifications": {bread: {"remainingTime": 8_000}}}}})

    async def is_announced() -> bool:
        return bool(spoken(home, "Dinner is ready."))

    await until("the timer was not announced", is_announced)
    assert spoken(home, "Dinner is ready.") == [("announce", "Office Spot")]
