"""Tests of failing actions that return a response or concern a whole account: only the caller is affected."""

from itertools import product
from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.account import limits
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import state_of

pytestmark = pytest.mark.platforms("media_player")

KITCHEN: Final = "media_player.kitchen_show"
FAULTS: Final[dict[str, dict[str, Any]]] = {
    "refused": {"status": 400, "body": {"message": "no"}},
    "broken": {"status": 500},
    "cut": {"cut": "before"},
    "page": {"status": 200, "body": "<html></html>"},
    # the last one, because nothing is read for a while after it
    "throttled": {"status": 429, "headers": {"retry-after": "0"}},
}
ACTIONS: Final = {
    "get_alarm_sounds": "/api/notification/sounds",
    "get_queue": "/api/np/queue",
    "get_household": "/api/household",
    "stop_all": "/api/behaviors/preview",
}


async def test_the_caller_gets_the_error(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    subtests: pytest.Subtests,
) -> None:
    monkeypatch.setattr(limits, "SHORTEST_RETRY_AFTER", 0.05)
    for (name, fault), (action, path) in product(FAULTS.items(), ACTIONS.items()):
        whole, is_write = action in ("get_household", "stop_all"), action == "stop_all"
        data = {"config_entry_id": entry.entry_id} if whole else {"entity_id": KITCHEN}
        if is_write and name == "page":
            # a write with the status 200 succeeds, whatever the body contains
            continue
        sim.clear_faults()
        sim.reset_ledger()
        sim.fault(path=path, **fault)
        with subtests.test(f"{name}-{action}"):
            with pytest.raises(HomeAssistantError) as raised:
                await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=not is_write)
            assert sim.ledger(path=path)
            assert raised.value.translation_domain == DOMAIN
            assert entry.state is ConfigEntryState.LOADED
            assert hass.config_entries.flow.async_progress() == []
            assert state_of(hass, KITCHEN).state == "idle", "no entity became unavailable"
