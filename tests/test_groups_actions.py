"""Tests of actions on a group with a stereo pair and a speaker: they reach each speaker, or one Echo."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient

from .conftest import Household, act, end_speech, quiet, until
from .test_groups import SPEAKERS, house as house  # noqa: PLC0414 - a fixture

pytestmark = pytest.mark.platforms("media_player", "notify", "switch")

EACH, ONE = "each", "one"


def reached(sim: ControlClient, household: Household) -> set[str]:
    """Return the names of the devices in commands since the last reset."""
    names = {serial: d["accountName"] for a in household.accounts.values() for serial, d in a["devices"].items()}
    paths = ("/api/behaviors/preview", "/api/dnd/status")
    bodies = [request["body"] for path in paths for request in sim.ledger(path=path)]
    return {name for body in bodies for serial, name in names.items() if serial in body}


STEP = "alexa_media.run_sequence"
PLAY = "media_player.play_media"
DND = "alexa_media.set_do_not_disturb"


CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "volume": ("media_player.volume_set", {"volume_level": 0.3}, EACH),
    "step": ("media_player.volume_up", {}, EACH),
    "mute": ("media_player.volume_mute", {"is_volume_muted": True}, EACH),
    "announce": ("alexa_media.speak", {"message": "x", "type": "announce"}, EACH),
    "dnd": (DND, {"enabled": True}, EACH),
    "dnd-for-a-time": (DND, {"enabled": True, "duration": 600}, EACH),
    "stop-alarm": ("alexa_media.stop_alarm", {}, EACH),
    "step-speak": (STEP, {"steps": [{"speak": "x"}]}, EACH),
    "step-volume": (STEP, {"steps": [{"volume": 0.3}]}, EACH),
    "step-words": (STEP, {"steps": [{"text_command": "what time is it"}]}, ONE),
    "words": ("alexa_media.send_text_command", {"text_command": "what time is it"}, ONE),
    "custom": (PLAY, {"media_content_type": "custom", "media_content_id": "what time is it"}, ONE),
}
"""Actions with their data, and which speakers they reach."""


@pytest.mark.parametrize("offline", [None, "Living Room Studio"], ids=["all-online", "one-offline"])
async def test_a_group_is_its_speakers(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    entry: MockConfigEntry,
    house: str,
    offline: str | None,
    subtests: pytest.Subtests,
) -> None:
    """An offline speaker does not affect the others, and receives no text command."""
    if offline:
        household.change(offline, online=False)
        entity_id = "media_player.living_room_studio"
        await until(hass, lambda: (state := hass.states.get(entity_id)) and state.state == "unavailable")
    online = set(SPEAKERS) - {offline}
    for case, (action, data, who) in CASES.items():
        await quiet(hass, sim, calm=0.3)
        end_speech(entry)
        sim.reset_ledger()
        with subtests.test(case):
            await act(hass, action, house, **data)
            found = reached(sim, household)
            if who == ONE:
                assert len(found) == 1
                assert found <= online
            else:
                assert found - {offline} == online
        if action == DND:
            await act(hass, DND, house, enabled=False)
