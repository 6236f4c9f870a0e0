"""Tests of the feeds of the flash briefing."""

import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN

pytestmark = pytest.mark.platforms("media_player")

SKILLS = "/api/content-skills"
ENABLED = "/api/content-skills/enabled-feeds"
NEWS, WEATHER, SCIENCE = "Harbor News", "Weather of the day", "Science in a minute"


async def _act(hass: HomeAssistant, entry: MockConfigEntry, name: str, **given: Any) -> list[tuple[str, bool]]:
    """Call an action; return the names of the feeds and whether they are enabled."""
    data = {"config_entry_id": entry.entry_id, **given}
    response: Any = await hass.services.async_call(DOMAIN, name, data, blocking=True, return_response=True)
    return [(feed["name"], feed["enabled"]) for feed in response["feeds"]]


async def test_feeds_are_returned_and_changed(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    assert sim.ledger(path=f"{SKILLS}*") == []
    sim.reset_ledger()
    with subtests.test("an unknown feed is not sent"):
        with pytest.raises(ServiceValidationError) as raised:
            await _act(hass, entry, "set_flash_briefing", feed="Nonsense")
        assert raised.value.translation_key == "feed_unknown"
        assert sim.ledger(path=ENABLED, method="POST") == []
    sim.reset_ledger()
    with subtests.test("feeds are returned and changed"):
        assert await _act(hass, entry, "get_flash_briefing") == [(NEWS, True), (WEATHER, True), (SCIENCE, False)]
        after = await _act(hass, entry, "set_flash_briefing", feed="science in a minute")
        assert after == [(NEWS, True), (WEATHER, True), (SCIENCE, True)]
        after = await _act(hass, entry, "set_flash_briefing", feed=NEWS, enabled=False)
        assert after == [(WEATHER, True), (SCIENCE, True), (NEWS, False)]
        # feeds that are already set this way are not sent
        await _act(hass, entry, "set_flash_briefing", feed=NEWS, enabled=False)
        sent = sim.ledger(path=ENABLED, method="POST")
        assert [len(json.loads(one["body"])["enabledFeeds"]) for one in sent] == [3, 2]


@pytest.mark.parametrize("status", [400, 404])
async def test_only_enabled_feeds_are_returned_if_amazon_refuses_the_full_list(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, status: int
) -> None:
    sim.fault(path=SKILLS, status=status)
    for _ in range(2):
        assert await _act(hass, entry, "get_flash_briefing") == [(NEWS, True), (WEATHER, True)]
    assert len(sim.ledger(path=SKILLS)) == 1
    assert entry.runtime_data.backend.unsupported == ("content_skills",)


async def test_a_refused_change_is_tried_once(hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient) -> None:
    sim.fault(path=ENABLED, method="POST", status=400)
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await _act(hass, entry, "set_flash_briefing", feed=SCIENCE)
    assert len(sim.ledger(path=ENABLED, method="POST")) == 1
    assert entry.runtime_data.backend.unsupported == ("set_feeds",)


async def test_an_unconfirmed_change_is_restored_or_an_error(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    sim.clear_faults()
    sim.reset_ledger()
    with subtests.test("feeds that Amazon did not change as requested are restored"):
        sim.fault(path=ENABLED, method="POST", status=200, body={}, times=1)
        with pytest.raises(HomeAssistantError):
            await _act(hass, entry, "set_flash_briefing", feed=SCIENCE)
        sent = [json.loads(one["body"])["enabledFeeds"] for one in sim.ledger(path=ENABLED, method="POST")]
        assert [[feed["name"] for feed in feeds] for feeds in sent] == [[NEWS, WEATHER, SCIENCE], [NEWS, WEATHER]]
        assert await _act(hass, entry, "get_flash_briefing") == [(NEWS, True), (WEATHER, True), (SCIENCE, False)]
    sim.clear_faults()
    sim.reset_ledger()
    with subtests.test("an unknown outcome is not sent again"):
        sim.fault(path=ENABLED, method="POST", status=503)
        with pytest.raises(HomeAssistantError) as raised:
            await _act(hass, entry, "set_flash_briefing", feed=SCIENCE)
        assert raised.value.translation_key == "cannot_connect"
        assert len(sim.ledger(path=ENABLED, method="POST")) == 1
        assert entry.runtime_data.backend.unsupported == ()
