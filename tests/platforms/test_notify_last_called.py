"""Tests of ``notify.alexa_media_last_called``, which determines the last called Echo during the call."""

import asyncio
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media import push
from custom_components.alexa_media.coordinator import history
from custom_components.alexa_media.coordinator.history import HistoryCoordinator
from tests.conftest import Household, end_speech, quiet, set_up, state_of, until

pytestmark = pytest.mark.platforms("media_player", "notify")

KITCHEN = "media_player.kitchen_show"
RECORDS = "POST /alexa-privacy/apd/rah/alexa-history-records-v2"
PREVIEW = "POST /api/behaviors/preview"
NAMES = ("alexa_media_last_called", "alexa_media_last_called_jo_example_org")


async def notify(hass: HomeAssistant, message: str = "Hello", service: str = NAMES[0], **fields: Any) -> None:
    """Call an action like an automation does."""
    await hass.services.async_call("notify", service, {"message": message, **fields}, blocking=True)


def heard(sim: ControlClient) -> list[tuple[str, str]]:
    """Return the device and the text of each message."""
    return sorted((item["device"], item["text"]) for item in sim.spoken())


async def speak_to(hass: HomeAssistant, sim: ControlClient, household: Household, name: str) -> None:
    """Speak to an Echo, and wait until the history contains the command."""
    sim.say(household.serial(name), "hello")
    player = f"media_player.{name.lower().replace(' ', '_')}"
    await until(hass, lambda: state_of(hass, player).attributes["last_called"])
    await hass.async_block_till_done()


@pytest.fixture(autouse=True)
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read soon after an Echo has woken, and after the stream has opened."""
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", 0.03)
    monkeypatch.setattr(push, "RESYNC_PAUSE", 0.0)


@pytest.mark.contract("notify, last called")
async def test_an_unknown_last_echo_is_reported(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    with pytest.raises(HomeAssistantError) as nobody:
        await notify(hass)
    assert nobody.value.translation_key == "last_called_unknown"
    sim.fault(path="/alexa-privacy/*", status=500)
    with pytest.raises(HomeAssistantError) as failed:
        await notify(hass)
    assert failed.value.translation_key == "cannot_connect"


@pytest.mark.contract("notify, last called")
async def test_a_due_read_of_the_history_is_awaited(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message answers a command that was spoken just before."""
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", 0.3)
    sim.reset_ledger()
    sim.say(household.serial("Office Spot"), "is the washing machine done")
    await until(hass, lambda: entry.runtime_data.history._hint_since is not None)
    await notify(hass, "It is", data={"type": "announce", "method": "all"})
    assert household.requests() == [RECORDS, PREVIEW]
    assert heard(sim) == [("Office Spot", "It is")]
    assert sim.spoken()[0]["kind"] == "announce"


@pytest.mark.contract("notify, last called")
async def test_both_names_of_the_last_echo_are_targets(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Both target names work, alone or in every form of a list, in one request each, as no read is due."""
    assert set(NAMES) <= set(hass.services.async_services_for_domain("notify"))
    await speak_to(hass, sim, household, "Garage Echo")
    sim.reset_ledger()
    await notify(hass, "of this account", service=NAMES[1])
    assert household.requests() == [PREVIEW]
    assert ("Garage Echo", "of this account") in heard(sim)
    await speak_to(hass, sim, household, "Kitchen Show")
    for target in (
        ["last_called", "Living Room Studio", KITCHEN],
        "last_called, Living Room Studio",
        json.dumps(["Last_called", "Living Room Studio"]),
        [f"{NAMES[1].removeprefix('alexa_media_')},{KITCHEN}", "last_called,Living Room Studio"],
    ):
        end_speech(entry)
        sim.reset_ledger()
        await notify(hass, f"among others {target}", service="alexa_media", target=target)
        assert household.requests() == [PREVIEW]
        told = [echo for echo, text in heard(sim) if text == f"among others {target}"]
        assert told == ["Kitchen Show", "Living Room Studio"], target
    with pytest.raises(ServiceValidationError):
        await notify(hass, " ")
    await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(HomeAssistantError) as away:
        await notify(hass)
    assert away.value.translation_key == "account_not_loaded"


@pytest.mark.contract("notify, last called")
async def test_the_last_known_echo_is_used_if_a_due_record_does_not_arrive(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await speak_to(hass, sim, household, "Bedroom Dot")
    monkeypatch.setattr(history, "DUE_LIMIT", 0.2)
    monkeypatch.setattr(HistoryCoordinator, "hint_delay", 30.0)
    monkeypatch.setattr(HistoryCoordinator, "hint_limit", 30.0)
    sim.say(household.serial("Kitchen Show"), "hello")
    await until(hass, lambda: entry.runtime_data.history._hint_since is not None)
    await notify(hass, "too early")
    assert ("Bedroom Dot", "too early") in heard(sim)


@pytest.mark.contract("notify, last called")
async def test_a_removed_echo_is_skipped(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The Echo that was spoken to before it is used."""
    said = household.serial("Garage Echo")
    sim.say(household.serial("Office Spot"), "one")
    sim.say(said, "two")
    await until(hass, lambda: state_of(hass, "media_player.garage_echo").attributes["last_called"])
    household.remove(said)
    devices = entry.runtime_data.devices
    await devices.async_refresh()
    monitored = dict(devices.data)
    monitored.pop(said)
    devices.async_set_updated_data(monitored)
    await notify(hass)
    assert heard(sim) == [("Office Spot", "Hello")]


@pytest.mark.contract("notify, ten at once, last called")
async def test_ten_echos_speak_in_one_request(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household
) -> None:
    """Ten legacy actions at once send one request immediately; the last called Echo costs no additional request."""
    sim.household("forty")
    await set_up(hass, config_entry)
    await quiet(hass, sim)
    online = [state.entity_id for state in hass.states.async_all("media_player") if state.state != "unavailable"]
    targets = [entity_id for entity_id in online if not state_of(hass, entity_id).attributes.get("group_members")][:20]
    assert len(targets) == 20
    sim.reset_ledger()
    await notify(hass, "Good morning", service="alexa_media", target=targets[:10])
    assert household.requests() == [PREVIEW]
    assert len({item["serial"] for item in sim.spoken()}) == 10
    sim.reset_ledger()
    single = (f"alexa_media_{entity_id.partition('.')[2]}" for entity_id in targets[10:])
    await asyncio.gather(*(notify(hass, "Good night", service=service) for service in single))
    assert household.requests() == [PREVIEW]
    assert len([item for item in sim.spoken() if item["text"] == "Good night"]) == 10
    await hass.config_entries.async_unload(config_entry.entry_id)
