"""Tests with input of unusual size or depth, and with duplicate entries."""

import asyncio
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN

from .tools import collecting

KITCHEN = "media_player.kitchen_show"


@pytest.mark.parametrize("message", ["word " * 40_000, "x" * 200_000], ids=["many words", "one long word"])
async def test_a_text_of_a_template_that_went_wrong_does_not_mute_an_echo(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, message: str
) -> None:
    try:
        await hass.services.async_call(DOMAIN, "speak", {"entity_id": KITCHEN, "message": message}, blocking=True)
    except HomeAssistantError:
        assert sim.ledger(path="/api/behaviors/preview") == []
    spoken = len(sim.spoken())
    async with asyncio.timeout(10):
        await hass.services.async_call(DOMAIN, "speak", {"entity_id": KITCHEN, "message": "next"}, blocking=True)
    waits = entry.runtime_data.backend._scheduler._speaks_until.values()
    assert max(waits, default=0.0) - asyncio.get_running_loop().time() < 1800
    assert spoken < 200


@pytest.mark.parametrize("depth", [10, 100, 300, 480, 500])
async def test_steps_as_deep_as_the_frontend_can_send_them_are_refused(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator, depth: int
) -> None:
    client = await hass_ws_client(hass)
    steps: list[dict[str, Any]] = [{"speak": "x"}]
    for _ in range(depth):
        steps = [{"parallel": steps}]
    data = {"steps": steps, "entity_id": KITCHEN}
    sim.reset_ledger()
    with collecting() as log:
        await client.send_json_auto_id(
            {"type": "call_service", "domain": DOMAIN, "service": "run_sequence", "service_data": data}
        )
        answer = await client.receive_json()
    assert answer["error"]["code"] == "service_validation_error"
    # Home Assistant logs the message of a refused action as an error, without a traceback
    assert all("maximum is 5 levels" in line and "Traceback" not in line for line in log.bad()), log.bad()
    assert sim.ledger(path="/api/behaviors/preview") == []


async def test_removing_a_copied_entry_keeps_the_registration_of_the_other(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, entry_data: dict[str, Any]
) -> None:
    """Two entries share one registration, like after restoring a backup."""
    copy = MockConfigEntry(domain=DOMAIN, version=2, title="again", unique_id="other", data=entry_data)
    copy.add_to_hass(hass)
    await hass.config_entries.async_remove(copy.entry_id)
    await hass.async_block_till_done()
    sim.fault(expire_tokens=True)
    for coordinator in entry.runtime_data.coordinators[:3]:
        await coordinator.async_refresh()
    await asyncio.sleep(0.5)
    assert [f for f in hass.config_entries.flow.async_progress() if f["context"]["source"] == "reauth"] == []
    assert entry.runtime_data.devices.last_update_success
