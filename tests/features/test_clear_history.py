"""Tests of clearing the voice history at Amazon."""

from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN

pytestmark = pytest.mark.platforms("media_player")

KITCHEN = "G0SIM00KITCHEN01"
DELETED = "/api/activities/*"


async def _clear(hass: HomeAssistant, entry: MockConfigEntry, **given: Any) -> Any:
    """Clear the history; return the response."""
    data = {"config_entry_id": entry.entry_id, "confirm": True, **given}
    return await hass.services.async_call(DOMAIN, "clear_history", data, blocking=True, return_response=True)


@pytest.fixture(autouse=True)
def _said(entry: MockConfigEntry, sim: ControlClient) -> None:
    """Say two sentences to Echos."""
    for text in ("what time is it", "tell me a joke"):
        sim.say(KITCHEN, text, "Well")
    sim.reset_ledger()


async def test_the_history_is_cleared_once_confirmed(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    with subtests.test("not without confirmation"):
        sim.reset_ledger()
        with pytest.raises(ServiceValidationError) as raised:
            await _clear(hass, entry, confirm=False)
        assert raised.value.translation_key == "confirmation_missing"
        assert sim.ledger(path="/api/activities") == []
    with subtests.test("all records, or the given number"):
        assert await _clear(hass, entry, entries=1) == {"deleted": 1, "kept": 0}
        rest = await _clear(hass, entry)
        assert rest["deleted"] >= 1
        assert await _clear(hass, entry) == {"deleted": 0, "kept": 0}
        deleted = sim.ledger(method="DELETE", path=DELETED)
        assert {one["status"] for one in deleted} == {200}
        assert all(KITCHEN in one["path"] for one in deleted[:2])


async def test_records_without_a_recording_are_kept(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient
) -> None:
    sim.fault(path=DELETED, method="DELETE", status=404, times=1)
    assert await _clear(hass, entry, entries=2) == {"deleted": 1, "kept": 1}
    assert entry.runtime_data.backend.unsupported == ()


@pytest.mark.parametrize(("path", "status"), [("/api/activities", 404), (DELETED, 405)])
async def test_an_unsupported_request_is_sent_once(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient, path: str, status: int
) -> None:
    sim.fault(path=path, status=status)
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await _clear(hass, entry)
    assert len(sim.ledger(path=path)) == 1
    assert entry.runtime_data.backend.unsupported == ("clear_history",)


async def test_a_deletion_with_an_unknown_outcome_is_not_sent_again(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient
) -> None:
    sim.fault(path=DELETED, method="DELETE", status=503)
    with pytest.raises(HomeAssistantError):
        await _clear(hass, entry)
    assert len(sim.ledger(path=DELETED, method="DELETE")) == 1
    assert entry.runtime_data.backend.unsupported == ()
