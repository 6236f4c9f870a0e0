"""Tests of pausing, resuming and extending timers with text commands."""

from datetime import timedelta

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.phrases import TimerChange, timer_change_sentence
from tests.conftest import Household, until
from tests.features.test_alarms import act, held

pytestmark = pytest.mark.platforms("media_player")

STUDIO = "media_player.living_room_studio"
OFFICE = "media_player.office_spot"


async def test_a_timer_is_paused_resumed_and_extended(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The label selects one of several timers; each change is one request to the Echo of the timer."""
    made = (await act(hass, "create_timer", entity_id=STUDIO, duration={"minutes": 20}, label="Soup"))["id"]
    other = (await act(hass, "create_timer", entity_id=STUDIO, duration={"minutes": 20}, label="Cake"))["id"]
    wanted = {"entity_id": STUDIO, "label": "soup"}
    assert (await act(hass, "pause_timer", **wanted))["ids"] == [made]
    await until(hass, lambda: held(household, made)["status"] == "PAUSED")
    assert (await act(hass, "resume_timer", **wanted))["ids"] == [made]
    await until(hass, lambda: held(household, made)["status"] == "ON")
    end = held(household, made)["triggerTime"]
    sim.reset_ledger()
    assert (await act(hass, "add_to_timer", duration={"minutes": 5}, **wanted))["ids"] == [made]
    await until(hass, lambda: held(household, made)["triggerTime"] >= end + 299_000)
    assert household.requests("POST", "/api/behaviors/*") == ["POST /api/behaviors/preview"]
    assert held(household, other)["status"] == "ON"


async def test_a_timer_started_by_voice_is_found_without_live_updates(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """If the list can't be read, the error says why."""
    sim.fault(path="/v20160207/directives", status=503)
    sim.fault(close_stream=True)
    await until(hass, lambda: not entry.runtime_data.push.up)
    sim.say(household.serial("Office Spot"), "set a 20 minute timer")
    unread = sim.fault(path="/api/notifications", malformed=True)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "pause_timer", entity_id=OFFICE)
    assert raised.value.translation_key == "bad_response"
    sim.remove_fault(str(unread))
    (paused,) = (await act(hass, "pause_timer", entity_id=OFFICE))["ids"]
    assert held(household, paused)["status"] == "PAUSED"


async def test_without_a_timer_nothing_is_sent(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """An empty label, for example from a template, does not stand for any timer, and is refused without a request."""
    before = len(sim.spoken())
    with pytest.raises(ServiceValidationError, match="No matching timer"):
        await act(hass, "pause_timer", entity_id=OFFICE, label="nothing of that name")
    sim.reset_ledger()
    five = {"duration": {"minutes": 5}}
    for action, data in (("pause_timer", {}), ("resume_timer", {}), ("add_to_timer", five), ("create_timer", five)):
        for label in ("", " \n", "\u200b\u200d"):
            with pytest.raises(ServiceValidationError) as raised:
                await act(hass, action, entity_id=OFFICE, label=label, **data)
            assert raised.value.translation_key == "alarm_label_empty"
    assert household.requests("POST", "/api/behaviors/*") == []
    assert len(sim.spoken()) == before


@pytest.mark.parametrize("language", ["de-DE", "en-GB", "es-ES", "fr-FR", "it-IT", "pt-BR"])
def test_every_language_has_the_sentences(language: str) -> None:
    """Text commands contain label and length; unsupported languages have none."""
    for change in TimerChange:
        sentence = timer_change_sentence(language, change, "Tea", timedelta(minutes=5))
        assert sentence
        assert "Tea" in sentence
        assert ("5" in sentence) is (change is TimerChange.ADD)
        assert "{" not in f"{sentence}{timer_change_sentence(language, change, None)}"
    assert timer_change_sentence("ja-JP", TimerChange.PAUSE, None) is None
