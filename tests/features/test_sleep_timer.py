"""Tests of the sleep timer, which is set with a text command."""

from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.phrases import phrases_for, sleep_sentence
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Clock, Household, state_of

pytestmark = pytest.mark.platforms("media_player")

PLAYER = "media_player.kitchen_show"


async def sleep_after(hass: HomeAssistant, duration: Any, entity_id: str = PLAYER) -> None:
    """Set a sleep timer."""
    data = {"entity_id": entity_id, "duration": duration}
    await hass.services.async_call(DOMAIN, "set_sleep_timer", data, blocking=True)


async def play(hass: HomeAssistant, clock: Clock, entity_id: str = PLAYER) -> None:
    """Play something without an end."""
    data = {"entity_id": entity_id, "media_content_type": "AMAZON_MUSIC", "media_content_id": "jazz"}
    await hass.services.async_call("media_player", "play_media", data, blocking=True)
    await clock.settle()
    assert state_of(hass, entity_id).state == "playing"


@pytest.mark.usefixtures("entry")
async def test_playback_stops_after_the_time(
    hass: HomeAssistant, household: Household, sim: ControlClient, clock: Clock
) -> None:
    await play(hass, clock)
    sim.reset_ledger()
    await sleep_after(hass, "00:01:00")
    assert household.requests() == ["POST /api/behaviors/preview"]
    assert sim.spoken()[-1]["text"] == "set a sleep timer for 1 minute"
    await clock.advance(50, 10)
    assert state_of(hass, PLAYER).state == "playing"
    await clock.advance(20, 10)
    assert state_of(hass, PLAYER).state == "idle"
    notifications = [n for account in household.accounts.values() for n in account["notifications"].values()]
    assert not [n for n in notifications if n["type"] == "Timer" and n.get("remainingTime") == 60_000], (
        "the command is no timer command"
    )


@pytest.mark.usefixtures("entry")
async def test_nothing_is_sent_while_nothing_plays(
    hass: HomeAssistant, household: Household, sim: ControlClient
) -> None:
    """Sleep timer, forward and rewind succeed on idle players, including groups."""
    sim.reset_ledger()
    for entity_id in (PLAYER, "media_player.downstairs"):
        await sleep_after(hass, "00:30:00", entity_id)
        for action in ("forward", "rewind"):
            await hass.services.async_call(DOMAIN, action, {"entity_id": entity_id}, blocking=True)
    assert household.requests() == []


@pytest.mark.usefixtures("entry")
async def test_a_refusal_changes_nothing(
    hass: HomeAssistant, household: Household, sim: ControlClient, clock: Clock
) -> None:
    """Invalid input is refused before any request; Amazon's refusal changes nothing."""
    await play(hass, clock)
    sim.reset_ledger()
    for duration in ("00:00:30", "13:00:00"):
        with pytest.raises(ServiceValidationError, match="from 1 minute to 12 hours"):
            await sleep_after(hass, duration)
    assert household.requests() == []
    sim.fault(path="/api/behaviors/preview", method="POST", status=400, body={"message": "no"}, times=1)
    with pytest.raises(HomeAssistantError):
        await sleep_after(hass, "00:30:00")
    assert state_of(hass, PLAYER).state == "playing"


@pytest.mark.parametrize(
    ("locale", "sentence"),
    [
        ("de-DE", "stelle einen Sleeptimer auf 1 Stunde 30 Minuten"),
        ("en-GB", "set a sleep timer for 1 hour 30 minutes"),
        ("es-ES", "para la música en 1 hora 30 minutos"),
        ("fr-FR", "arrête la musique dans 1 heure 30 minutes"),
        ("it-IT", "ferma la musica tra 1 ora 30 minuti"),
        ("pt-BR", "pare a música em 1 hora 30 minutos"),
    ],
)
def test_each_language_has_its_sentence(locale: str, sentence: str) -> None:
    phrases = phrases_for(locale)
    assert phrases is not None
    assert sleep_sentence(phrases, timedelta(minutes=90)) == sentence
