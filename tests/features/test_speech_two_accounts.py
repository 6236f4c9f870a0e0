"""Tests of speech with two accounts that share Echos: each Echo speaks once, with one request per account."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.test_two_accounts import PLAYERS, Pair, domains, pair

__all__ = ["domains", "pair"]  # fixtures

EVERYBODY = [*PLAYERS["john"].values(), *PLAYERS["jack"].values()]
NAMES = ["Bedroom Dot", "Bedroom Dot", "Hall Echo", "Kitchen Show", "Study Dot", "Workshop Studio"]


def heard(sim: ControlClient) -> list[str]:
    """Return the names of the Echos that spoke."""
    return sorted(item["device"] for item in sim.spoken())


async def test_a_shared_echo_speaks_once(hass: HomeAssistant, sim: ControlClient, pair: Pair) -> None:
    """A shared Echo that is in the target twice, directly and in a group, speaks once.

    There is one request per account.
    """
    await hass.services.async_call(DOMAIN, "speak", {"entity_id": EVERYBODY, "message": "Hello"}, blocking=True)
    assert heard(sim) == NAMES
    assert sorted(sender or "" for sender, _ in pair.commands()) == ["jack", "john"]


@pytest.mark.contract("notify, all accounts", "the account that came last gets notify.alexa_media")
async def test_a_name_selects_the_echos_of_both_accounts(hass: HomeAssistant, sim: ControlClient, pair: Pair) -> None:
    """A name selects all Echos with this name in both accounts; a legacy action only selects its own media player."""
    await hass.services.async_call("notify", "alexa_media", {"message": "A", "target": "Bedroom Dot"}, blocking=True)
    assert {item["serial"] for item in sim.spoken()} == {"G0SIM0BEDJOHN001", "G0SIM0BEDJACK001"}
    await hass.services.async_call("notify", "alexa_media_bedroom_dot_2", {"message": "B"}, blocking=True)
    assert [item["serial"] for item in sim.spoken() if item["text"] == "B"] == ["G0SIM0BEDJACK001"]


async def test_a_push_message_is_sent_once_per_account(hass: HomeAssistant, sim: ControlClient, pair: Pair) -> None:
    data = {"message": "Leak", "target": EVERYBODY, "data": {"type": "push"}}
    await hass.services.async_call("notify", "alexa_media", data, blocking=True)
    assert [item["kind"] for item in sim.spoken()] == ["mobilepush", "mobilepush"]
    assert sorted(sender or "" for sender, _ in pair.commands()) == ["jack", "john"]


async def test_one_unloaded_account_does_not_affect_the_other(
    hass: HomeAssistant, sim: ControlClient, pair: Pair
) -> None:
    """The Echos of the other account speak; the error names Echos that only the unloaded account has."""
    await hass.config_entries.async_unload(pair.entries["jack"].entry_id)
    targets = ["media_player.study_dot", "media_player.workshop_studio"]
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call(DOMAIN, "speak", {"entity_id": targets, "message": "Hello"}, blocking=True)
    assert raised.value.translation_placeholders == {"failed": "media_player.workshop_studio (account not loaded)"}
    assert heard(sim) == ["Study Dot"]
