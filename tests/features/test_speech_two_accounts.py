"""Tests of speech with two accounts that share Echos: each Echo speaks once, with one request per account."""

from functools import partial
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.entity import masked
from tests.conftest import Household, quiet, until
from tests.test_two_accounts import JACK, PLAYERS, Pair, domains, pair, sign_out_john

pytestmark = [
    pytest.mark.platforms("media_player", "notify", "switch"),
    pytest.mark.usefixtures("brief_speech"),
]


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


async def test_a_push_message_that_fails_for_one_account_hides_no_other_problem(
    hass: HomeAssistant, sim: ControlClient, pair: Pair
) -> None:
    """One error names the failed accounts and the unknown targets; the error of an only account is raised as itself."""
    sim.fault(host="*.amazon.com", path="/api/behaviors/preview", status=503)
    john, jack = (masked(pair.entries[name].data["email"]) for name in ("john", "jack"))
    study, workshop = PLAYERS["john"]["Study Dot"], PLAYERS["jack"]["Workshop Studio"]

    async def error_of(*targets: str) -> tuple[str | None, dict[str, str]]:
        data = {"message": "Leak", "target": list(targets), "data": {"type": "push"}}
        with pytest.raises(HomeAssistantError) as raised:
            await hass.services.async_call("notify", "alexa_media", data, blocking=True)
        return raised.value.translation_key, dict(raised.value.translation_placeholders or {})

    assert await error_of(study, workshop, "Nowhere") == (
        "speech_failed_cannot_connect",
        {"failed": "Study Dot (server error at Amazon), Nowhere (unknown)", "accounts": john},
    )
    assert [item["kind"] for item in sim.spoken()] == ["mobilepush"], "the other account received the message"
    assert (await error_of(study))[0] == "cannot_connect"
    await hass.config_entries.async_unload(pair.entries["jack"].entry_id)
    key, placeholders = await error_of(study, workshop, "Nowhere")
    assert key == "speech_failed_account_not_loaded"
    assert placeholders == {
        "failed": f"Study Dot (server error at Amazon), {workshop} (account not loaded), Nowhere (unknown)",
        "accounts": jack,
    }


async def test_one_unloaded_account_does_not_affect_the_other(
    hass: HomeAssistant, sim: ControlClient, pair: Pair
) -> None:
    """The Echos of the other account speak; the error names Echos that only the unloaded account has."""
    await hass.config_entries.async_unload(pair.entries["jack"].entry_id)
    targets = ["media_player.study_dot", "media_player.workshop_studio"]
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call(DOMAIN, "speak", {"entity_id": targets, "message": "Hello"}, blocking=True)
    assert raised.value.translation_key == "speech_failed_account_not_loaded"
    assert raised.value.translation_placeholders == {
        "failed": "media_player.workshop_studio (account not loaded)",
        "accounts": masked(pair.entries["jack"].data["email"]),
    }
    assert heard(sim) == ["Study Dot"]


async def test_a_shared_echo_speaks_if_one_of_its_accounts_works(
    hass: HomeAssistant, sim: ControlClient, pair: Pair
) -> None:
    """No error is raised: neither if the sign-in of the first account has ended, nor if it is not loaded.

    The response has the Echo once. An Echo that only the first account has is still reported.
    """
    both = [PLAYERS[name][echo] for name in ("john", "jack") for echo in ("Hall Echo", "Kitchen Show")]
    sign_out_john(sim)
    say = partial(hass.services.async_call, DOMAIN, "speak", blocking=True, return_response=True)
    for kind in ("speak", "announce"):
        response: Any = await say({"entity_id": both, "message": "A", "type": kind})
        assert [one["entity_id"] for one in response["sent"]] == [PLAYERS["jack"][name] for name in NAMES[2:4]]
    with pytest.raises(HomeAssistantError) as raised:
        await say({"entity_id": [*both, PLAYERS["john"]["Study Dot"]], "message": "B"})
    assert raised.value.translation_placeholders == {
        "failed": "Study Dot (signed out)",
        "accounts": masked(pair.entries["john"].data["email"]),
    }
    await hass.config_entries.async_unload(pair.entries["john"].entry_id)
    for name in ("Hall Echo", PLAYERS["john"]["Hall Echo"]):
        data = {"message": "C", "target": [name, *both]}
        await hass.services.async_call("notify", "alexa_media", data, blocking=True)
    await say({"entity_id": both, "message": "D"})
    assert [item["device"] for item in sim.spoken() if item["text"] == "D"] == NAMES[2:4]
    with pytest.raises(HomeAssistantError) as raised:
        await say({"entity_id": both[0], "message": "E"})
    assert raised.value.translation_key == "auth_failed"


async def test_an_error_of_both_accounts_names_them(hass: HomeAssistant, sim: ControlClient, pair: Pair) -> None:
    """An error of one account is raised as itself, because it needs no name."""
    sim.fault(path="/api/behaviors/preview", status=503)
    targets = [PLAYERS["john"]["Study Dot"], PLAYERS["jack"]["Workshop Studio"]]
    emails = {masked(entry.data["email"]) for entry in pair.entries.values()}
    for targeted, key, named in (
        (targets, "speech_failed_cannot_connect", emails),
        (targets[:1], "cannot_connect", set()),
    ):
        with pytest.raises(HomeAssistantError) as raised:
            await hass.services.async_call(DOMAIN, "speak", {"entity_id": targeted, "message": "Hello"}, blocking=True)
        assert raised.value.translation_key == key
        accounts = (raised.value.translation_placeholders or {}).get("accounts", "")
        assert set(filter(None, accounts.split(", "))) == named


async def test_one_account_that_fails_leaves_no_other_playing(
    hass: HomeAssistant, sim: ControlClient, pair: Pair
) -> None:
    """The first account cannot be reached.

    The Echos of the second account are stopped, and the caller gets the error.
    """
    sim.fault(host="*.amazon.com", path="/api/behaviors/preview", status=503)
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(DOMAIN, "stop_all", {}, blocking=True)
    assert "jack" in [sender for sender, _ in pair.commands()]


async def test_routines_of_an_account_that_fails_concern_only_its_sequences(
    hass: HomeAssistant, sim: ControlClient, pair: Pair, household: Household
) -> None:
    """A routine of one account runs while the routines of the other account cannot be read."""
    place = {"deviceSerialNumber": household.serial("Workshop Studio"), "customerId": JACK, "locale": "en-US"}
    payload = {**place, "deviceType": household.device("Workshop Studio")["deviceType"], "textToSpeak": "Sleep well"}
    kind = "com.amazon.alexa.behaviors.model.OpaquePayloadOperationNode"
    automation = {
        "name": "Good night",
        "startNode": {"@type": kind, "type": "Alexa.Speak", "operationPayload": payload},
    }
    sim.patch_state({"accounts": {JACK: {"automations": {"amzn1.alexa.automation.1": automation}}}})
    sim.fault(host="*.amazon.com", path="/api/behaviors/v2/automations", status=503)
    for entry in pair.entries.values():
        entry.runtime_data.routines._read_at = -100.0
    steps = [{"routine": "Good night", "entity_id": PLAYERS["jack"]["Workshop Studio"]}]
    await hass.services.async_call(DOMAIN, "run_sequence", {"steps": steps}, blocking=True)
    assert [sender for sender, _ in pair.commands()] == ["jack"]
    steps[0]["entity_id"] = PLAYERS["john"]["Study Dot"]
    with pytest.raises(HomeAssistantError) as raised:
        await hass.services.async_call(DOMAIN, "run_sequence", {"steps": steps}, blocking=True)
    assert raised.value.translation_key == "cannot_connect"


async def test_an_automation_runs_once_for_an_echo_of_two_accounts(
    hass: HomeAssistant, sim: ControlClient, pair: Pair, household: Household
) -> None:
    """Both accounts report the change.

    A trigger without a target and a trigger for the Echo of either account each fire once.
    """
    options = {"trigger": "alexa_media.do_not_disturb"}
    actions = [{"event": "triggered", "event_data_template": {"id": "{{ trigger.id }}", "on": "{{ trigger.state }}"}}]
    triggers = [
        {**options, "id": "any"},
        *({**options, "id": name, "target": {"entity_id": PLAYERS[name]["Hall Echo"]}} for name in ("john", "jack")),
    ]
    config = {"alias": "test", "mode": "queued", "triggers": triggers, "actions": actions}
    assert await async_setup_component(hass, "automation", {"automation": [config]})
    triggered = async_capture_events(hass, "triggered")
    for enabled in (True, False, True):
        triggered.clear()
        household.change("Hall Echo", dnd=enabled)
        state = "on" if enabled else "off"
        for switch in ("switch.hall_echo_do_not_disturb", "switch.hall_echo_do_not_disturb_2"):
            await until(hass, partial(hass.states.is_state, switch, state))
        await quiet(hass, sim, 0.4)
        assert sorted((event.data["id"], event.data["on"]) for event in triggered) == [
            ("any", state),
            ("jack", state),
            ("john", state),
        ]
