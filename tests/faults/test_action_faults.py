"""Tests of failing actions that return a response or concern a whole account: only the caller is affected."""

from typing import Any, Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import state_of

pytestmark = pytest.mark.platforms("media_player")

KITCHEN: Final = "media_player.kitchen_show"
FAULTS: Final[dict[str, dict[str, Any]]] = {
    "refused": {"status": 400, "body": {"message": "no"}},
    "throttled": {"status": 429, "headers": {"retry-after": "1"}},
    "broken": {"status": 500},
    "cut": {"cut": "before"},
    "page": {"status": 200, "body": "<html></html>"},
}
READS: Final = (
    ("get_alarm_sounds", "/api/notification/sounds"),
    ("get_queue", "/api/np/queue"),
    ("get_household", "/api/household"),
)
CASES: Final = [
    *((action, path, fault) for action, path in READS for fault in FAULTS),
    # a write with the status 200 succeeds, whatever the body contains
    *(("stop_all", "/api/behaviors/preview", fault) for fault in FAULTS if fault != "page"),
]


@pytest.mark.parametrize(("action", "path", "fault"), CASES)
async def test_the_caller_gets_the_error(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, action: str, path: str, fault: str
) -> None:
    whole = action in ("get_household", "stop_all")
    data = {"config_entry_id": entry.entry_id} if whole else {"entity_id": KITCHEN}
    sim.fault(path=path, **FAULTS[fault])
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=action != "stop_all")
    assert raised.value.translation_domain == DOMAIN
    assert entry.state is ConfigEntryState.LOADED
    assert hass.config_entries.flow.async_progress() == []
    assert state_of(hass, KITCHEN).state == "idle", "no entity became unavailable"
