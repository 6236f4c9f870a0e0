"""Tests of actions on a group with a stereo pair and a speaker: they reach each speaker, or one Echo."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest

from alexa_sim.client import ControlClient

from .conftest import Household, quiet, until
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


@pytest.mark.parametrize(
    ("action", "data", "who"),
    [
        pytest.param("media_player.volume_set", {"volume_level": 0.3}, EACH, id="volume"),
        pytest.param("media_player.volume_up", {}, EACH, id="step"),
        pytest.param("media_player.volume_mute", {"is_volume_muted": True}, EACH, id="mute"),
        pytest.param("alexa_media.speak", {"message": "x", "type": "announce"}, EACH, id="announce"),
        pytest.param("alexa_media.set_do_not_disturb", {"enabled": True}, EACH, id="dnd"),
        pytest.param("alexa_media.set_do_not_disturb", {"enabled": True, "duration": 600}, EACH, id="dnd-for-a-time"),
        pytest.param("alexa_media.stop_alarm", {}, EACH, id="stop-alarm"),
        pytest.param(STEP, {"steps": [{"speak": "x"}]}, EACH, id="step-speak"),
        pytest.param(STEP, {"steps": [{"volume": 0.3}]}, EACH, id="step-volume"),
        pytest.param(STEP, {"steps": [{"text_command": "what time is it"}]}, ONE, id="step-words"),
        pytest.param("alexa_media.send_text_command", {"text_command": "what time is it"}, ONE, id="words"),
        pytest.param(PLAY, {"media_content_type": "custom", "media_content_id": "what time is it"}, ONE, id="custom"),
    ],
)
@pytest.mark.parametrize("offline", [None, "Living Room Studio"], ids=["all-online", "one-offline"])
async def test_a_group_is_its_speakers(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    house: str,
    action: str,
    data: dict[str, Any],
    who: str,
    offline: str | None,
) -> None:
    """An offline speaker does not affect the others, and receives no text command."""
    if offline:
        household.change(offline, online=False)
        entity_id = "media_player.living_room_studio"
        await until(hass, lambda: (state := hass.states.get(entity_id)) and state.state == "unavailable")
        await quiet(hass, sim, calm=0.3)
        sim.reset_ledger()
    domain, _, name = action.partition(".")
    await hass.services.async_call(domain, name, {**data, "entity_id": house}, blocking=True)
    found = reached(sim, household)
    online = set(SPEAKERS) - {offline}
    if who == ONE:
        assert len(found) == 1
        assert found <= online
    else:
        assert found - {offline} == online
