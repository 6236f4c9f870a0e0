"""Tests of messages and contacts in the Alexa app."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN

pytestmark = pytest.mark.platforms("media_player")

MESSAGES = "/users/*/messages"
ANNOUNCEMENTS = "/users/*/announcements"
WAYS = ((MESSAGES, False, "send_message"), (ANNOUNCEMENTS, True, "announce_to_household"))
"""Paths of messages, whether they are announced, and the names of the requests."""


async def _send(hass: HomeAssistant, entry: MockConfigEntry, message: str, **given: Any) -> None:
    """Send a message to the household."""
    data = {"config_entry_id": entry.entry_id, "message": message, **given}
    await hass.services.async_call(DOMAIN, "send_message", data, blocking=True)


async def test_a_message_goes_to_the_household(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    with subtests.test("to the apps"):
        sim.reset_ledger()
        await _send(hass, entry, " Dinner at seven ")
        (request,) = sim.ledger(method="POST", path=MESSAGES)
        assert request["status"] == 200
        (message,) = json.loads(request["body"])
        assert (message["type"], message["payload"]) == ("message/text", {"text": "Dinner at seven"})
        assert request["path"] == f"/users/{message['sender']}/conversations/{message['sender']}/messages"
    with subtests.test("announced"):
        await _send(hass, entry, " Dinner at seven ", announcement=True, sender="Robin")
        said = sim.spoken()
        assert {(one["kind"], one["text"], one["title"]) for one in said} == {("announce", "Dinner at seven", "Robin")}
        assert len({one["serial"] for one in said}) > 1


INVALID: dict[str, tuple[dict[str, Any], str]] = {
    "a long message": ({"message": "x" * 146, "announcement": True}, "text_too_long"),
    "a long sender": ({"message": "x", "sender": "y" * 41, "announcement": True}, "text_too_long"),
    "an empty message": ({"message": "  "}, "empty_message"),
    "an empty sender": ({"message": "Hello", "announcement": True, "sender": " "}, "sender_empty"),
}


async def test_empty_messages_and_long_announcements_are_not_sent(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    for case, (data, error) in INVALID.items():
        sim.reset_ledger()
        with subtests.test(case):
            with pytest.raises(ServiceValidationError) as raised:
                await _send(hass, entry, **data)
            assert raised.value.translation_key == error
            assert sim.ledger(method="POST", path=MESSAGES) == sim.ledger(method="POST", path=ANNOUNCEMENTS) == []


async def test_contacts_are_returned(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    response: Any = await hass.services.async_call(
        DOMAIN, "get_contacts", {"config_entry_id": entry.entry_id}, blocking=True, return_response=True
    )
    contacts = response["contacts"]
    assert contacts
    assert all(contact["name"] and contact["id"] and contact["in_household"] for contact in contacts)


@pytest.mark.parametrize(("path", "announcement", "name"), WAYS)
async def test_a_refused_message_request_is_sent_once(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, path: str, announcement: bool, name: str
) -> None:
    sim.reset_ledger()
    sim.fault(path=path, method="POST", status=404)
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await _send(hass, entry, "Dinner at seven", announcement=announcement)
    assert len(sim.ledger(method="POST", path=path)) == 1
    assert entry.runtime_data.backend.unsupported == (name,)


async def test_a_message_with_an_unknown_outcome_is_not_sent_again(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    for path, announcement, name in WAYS:
        sim.reset_ledger()
        sim.clear_faults()
        sim.fault(path=path, method="POST", status=503)
        with subtests.test(name):
            with pytest.raises(HomeAssistantError):
                await _send(hass, entry, "Dinner at seven", announcement=announcement)
            assert len(sim.ledger(method="POST", path=path)) == 1
            assert name not in entry.runtime_data.backend.unsupported
