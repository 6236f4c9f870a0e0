"""Tests of Home Assistant in other languages: no text of the integration remains in English."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
import json
from typing import Any, Final

from playwright.async_api import BrowserContext, Page, expect
import pytest

from .conftest import ROOT, Home, Picture, panel, until

LANGUAGES: Final = ("de", "ja", "pt-BR")
TRANSLATIONS: Final = ROOT / "custom_components/alexa_media/translations"
DEVICE: Final = "Kitchen Show"

VISIBLE_TEXTS: Final = """() => {
  const found = [];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE && node.textContent.trim()) found.push(node.textContent.trim());
    if (node.nodeType === Node.ELEMENT_NODE && ["STYLE", "SCRIPT"].includes(node.tagName)) return;
    for (const child of [...(node.shadowRoot ? [node.shadowRoot] : []), ...node.childNodes]) walk(child);
  };
  walk(document.body);
  return found;
}"""


def texts(of: Any) -> Iterator[str]:
    """Yield each text in a translation file."""
    if isinstance(of, str):
        yield of
    else:
        for value in of.values():
            yield from texts(value)


def english_only(language: str) -> set[str]:
    """Return the English texts of the integration that do not occur in another language."""
    english, other = (set(texts(json.loads((TRANSLATIONS / f"{name}.json").read_text()))) for name in ("en", language))
    return english - other


@pytest.fixture(params=LANGUAGES)
async def language(
    request: pytest.FixtureRequest, home: Home, account: None, context: BrowserContext
) -> AsyncIterator[str]:
    """Switch Home Assistant and the browser to another language."""
    name: str = request.param
    await context.add_init_script(f"localStorage.selectedLanguage = JSON.stringify({json.dumps(name)})")
    await home.command(type="config/core/update", language=name)
    await reload(home)
    yield name
    await home.command(type="config/core/update", language="en")


async def reload(home: Home) -> None:
    """Reload the account, so that its entities have names in the language of Home Assistant."""
    (entry,) = await home.entries()
    await home.action("homeassistant.reload_config_entry", entry_id=entry)

    async def is_back() -> bool:
        return (await home.states()).get("media_player.kitchen_show") not in (None, "unavailable")

    await until("the account is not loaded again", is_back)


async def left_in_english(page: Page, language: str) -> set[str]:
    """Return the English texts of the integration on a page."""
    shown = set(await page.evaluate(VISIBLE_TEXTS))
    return shown & english_only(language)


async def open_action(home: Home, page: Page, field: str) -> None:
    """Open the form of the speak action; open it again if the page loses it before the descriptions are loaded."""
    for _ in range(3):
        await page.goto(f"{home.demo.url}/config/tools/action?service=alexa_media.speak")
        with suppress(AssertionError):
            await expect(page.get_by_text(field).first).to_be_visible(timeout=8000)
            return
    pytest.fail(f"no field {field}")


async def test_no_page_shows_english(home: Home, page: Page, picture: Picture, language: str) -> None:
    words = json.loads((TRANSLATIONS / f"{language}.json").read_text())
    await page.goto(f"{home.demo.url}/config/integrations/integration/alexa_media")
    await page.get_by_text(DEVICE, exact=True).click()
    await expect(page.get_by_text(words["entity"]["sensor"]["next_alarm"]["name"], exact=True).first).to_be_visible()
    assert await left_in_english(page, language) == set()
    await picture(page, f"device-{language}", panel(page))

    await page.goto(f"{home.demo.url}/config/integrations/dashboard/add?domain=alexa_media")
    await page.get_by_role("button", name="OK", exact=True).click()
    await expect(page.get_by_text(words["config"]["step"]["user"]["title"], exact=True)).to_be_visible()
    assert await left_in_english(page, language) == set()
    await picture(page, f"choose-amazon-{language}")

    await open_action(home, page, words["services"]["speak"]["fields"]["message"]["name"])
    # Home Assistant 2026.11 may draw a form before it has loaded the names of options, and keeps what it drew then.
    options = set(texts(json.loads((TRANSLATIONS / "en.json").read_text())["selector"]))
    assert await left_in_english(page, language) - options == set()
    await picture(page, f"speak-{language}")
