"""Tests of non-ASCII letters in requests: Amazon decodes bytes without a charset as ISO-8859-1."""

from typing import Any

from homeassistant.components.todo.const import DOMAIN as TODO_DOMAIN
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient

from .conftest import Household, end_speech, state_of, until
from .features.test_speech import speak

KITCHEN = "media_player.kitchen_show"
SHOPPING = "todo.jo_example_org_amazon_com_shopping_list"
WORDS = ("Müll rausbringen – Straße", "牛乳を買う", "Cake 🎂 for 👩‍👩‍👧", 'naïve "quotes" \\ in it')


def garbled(sim: ControlClient) -> list[str]:
    """Return the requests whose body Amazon would decode incorrectly."""
    return [
        f"{sent['method']} {sent['path']}"
        for sent in sim.ledger()
        if not sent["body"].isascii() and "utf-8" not in sent["headers"].get("content-type", "").lower()
    ]


def notifications(household: Household) -> list[dict[str, Any]]:
    """Return all notifications of the cloud."""
    return [item for account in household.accounts.values() for item in account["notifications"].values()]


def list_items(household: Household) -> dict[str, str | None]:
    """Return the notes of the list items in the cloud by the names of the items."""
    return {
        item["itemName"]: item["note"]
        for account in household.accounts.values()
        for held in account["lists"].values()
        for item in held["items"].values()
    }


def _labels(hass: HomeAssistant, sensor: str) -> list[str | None]:
    """Return the labels of the reminders in a sensor's attributes."""
    return [item["reminderLabel"] for item in state_of(hass, sensor).attributes["sorted_active"]]


@pytest.mark.platforms("media_player", "sensor")
@pytest.mark.usefixtures("brief_hints")
async def test_a_reminder_keeps_its_letters(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    subtests: pytest.Subtests,
) -> None:
    sensor = "sensor.kitchen_show_next_reminder"
    for words in WORDS:
        sim.reset_ledger()
        with subtests.test(words):
            data = {"entity_id": KITCHEN, "at": "05:55:00", "message": words}
            made = await hass.services.async_call(
                "alexa_media", "create_reminder", data, blocking=True, return_response=True
            )
            assert made is not None
            assert words in [item["reminderLabel"] for item in notifications(household)]
            # during a part of the day, another reminder of the household is earlier
            await until(hass, lambda w=words: w in _labels(hass, sensor))  # type: ignore[misc]
            edit = {"notification_id": made["id"], "message": f"{words}, again"}
            await hass.services.async_call("alexa_media", "edit_reminder", edit, blocking=True)
            assert f"{words}, again" in [item["reminderLabel"] for item in notifications(household)]
            assert garbled(sim) == []


@pytest.mark.platforms("todo")
async def test_a_list_item_and_its_note_keep_their_letters(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    subtests: pytest.Subtests,
) -> None:
    async def act(service: str, **data: Any) -> None:
        await hass.services.async_call(TODO_DOMAIN, service, {"entity_id": SHOPPING, **data}, blocking=True)

    await until(hass, lambda: hass.states.get(SHOPPING))
    for words in WORDS:
        sim.reset_ledger()
        with subtests.test(words):
            await act("add_item", item=words, description=words)
            assert list_items(household)[words] == words
            await act("update_item", item=words, rename=f"{words}!")
            assert list_items(household)[f"{words}!"] == words
            assert garbled(sim) == []


@pytest.mark.platforms("media_player")
async def test_speech_and_text_commands_keep_their_letters(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    for words in (each.replace('"', "") for each in WORDS):
        end_speech(entry)
        sim.reset_ledger()
        before = len(sim.spoken())
        with subtests.test(words):
            await speak(hass, KITCHEN, words)
            end_speech(entry)
            await speak(hass, KITCHEN, words, type="announce", title=words)
            end_speech(entry)
            command = {"entity_id": KITCHEN, "text_command": words}
            await hass.services.async_call("alexa_media", "send_text_command", command, blocking=True)
            spoken, announced, commanded = sim.spoken()[before:]
            assert {spoken["text"], announced["text"], commanded["text"]} == {words}
            assert (announced["title"], announced["display"]) == (words, words)
            assert garbled(sim) == []


@pytest.mark.platforms("media_player")
async def test_the_name_of_an_echo_keeps_its_letters(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    subtests: pytest.Subtests,
) -> None:
    echo = next(d for d in entry.runtime_data.devices.data.values() if d.name == "Kitchen Show")
    for words in WORDS[:3]:
        sim.reset_ledger()
        with subtests.test(words):
            await entry.runtime_data.settings.async_rename(echo, words)
            assert household.device(words)["online"]
            assert garbled(sim) == []


async def test_nothing_that_an_account_sends_is_garbled(sim: ControlClient, entry: MockConfigEntry) -> None:
    """The test covers the first reads, the sign-in, the capabilities and the event gateway."""
    assert {"/v1/devices/@self/capabilities", "/v20160207/events"} <= {sent["path"] for sent in sim.ledger()}
    assert garbled(sim) == []
