"""Tests that a restart uses the stored session of the previous run until Amazon refuses it."""

from collections.abc import Callable
from copy import deepcopy
from itertools import product
import json
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media import push
from custom_components.alexa_media.backends import STORE_VERSION, Stored, entry_store
from custom_components.alexa_media.cloud.account import transport
from custom_components.alexa_media.coordinator import base
from tests.conftest import Clock, Household, quiet, set_up, state_of, until

SIGN_IN = ("/auth/token", "/ap/exchangetoken/cookies", "/api/language", "/api/endpoints")
LATENCY = 0.12


def stored_key(entry: MockConfigEntry) -> str:
    """Return the key of the stored session."""
    return f"alexa_media.session.{entry.entry_id}"


def states(hass: HomeAssistant) -> dict[str, str]:
    """Return the states of all entities, except times."""
    return {
        state.entity_id: state.state
        for state in hass.states.async_all()
        if state.domain not in ("event", "button", "notify", "scene")
    }


def round_trips(sim: ControlClient) -> int:
    """Return the number of requests that may have waited for the response to the previous one.

    The history is ignored, because it is only read for events, after the entities are added.
    """
    count, answered = 0, 0.0
    for entry in sorted(sim.ledger(), key=lambda entry: entry["time"]):
        if entry["time"] >= answered and not entry["path"].startswith(("/ping", "/alexa-privacy/")):
            count, answered = count + 1, entry["time"] + LATENCY
    return count


async def restart(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> int:
    """Set up an unloaded entry with slow responses; return the round trips before its entities are added."""
    sim.reset_ledger()
    fault = sim.fault(latency=LATENCY)
    assert fault
    assert await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    needed = round_trips(sim)
    sim.remove_fault(fault)
    assert entry.state is ConfigEntryState.LOADED
    await until(hass, lambda: entry.runtime_data.push.up)
    await quiet(hass, sim, calm=0.4)
    return needed


async def stop(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Unload an entry, like for a restart."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


@pytest.fixture
async def stopped(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> MockConfigEntry:
    """Return an entry that was set up once and unloaded; requests do not wait for each other."""
    monkeypatch.setattr(push, "RESYNC_PAUSE", 0.0)
    monkeypatch.setattr(transport, "SLOTS_AT_SETUP", 100)
    monkeypatch.setattr(transport, "SLOTS", 100)
    await set_up(hass, config_entry)
    await quiet(hass, sim, calm=0.4)
    await stop(hass, config_entry)
    return config_entry


async def test_a_restart_needs_three_round_trips_and_no_sign_in(
    hass: HomeAssistant, sim: ControlClient, household: Household, stopped: MockConfigEntry
) -> None:
    needed = await restart(hass, sim, stopped)
    requests = household.requests()
    lists = sum(len(account["lists"]) for account in household.accounts.values())
    assert needed <= 3, requests
    assert len(requests) <= 20 + lists, requests
    assert not [request for request in requests if request.endswith(SIGN_IN)]
    assert not household.requests("PUT", "/v1/devices/@self/capabilities")
    assert state_of(hass, "media_player.kitchen_show").state == "idle"
    await stop(hass, stopped)


@pytest.mark.platforms("media_player")
async def test_the_stored_session_is_private_and_removed_with_the_entry(
    hass: HomeAssistant, sim: ControlClient, hass_storage: dict[str, Any], stopped: MockConfigEntry
) -> None:
    assert entry_store(hass, stopped.entry_id, Stored.SESSION)._private
    assert stored_key(stopped) in hass_storage
    await hass.config_entries.async_remove(stopped.entry_id)
    await hass.async_block_till_done()
    assert [key for key in hass_storage if stopped.entry_id in key] == []


@pytest.mark.platforms("media_player")
async def test_a_removal_right_after_a_change_leaves_no_file(
    hass: HomeAssistant, hass_storage: dict[str, Any], config_entry: MockConfigEntry, clock: Clock
) -> None:
    """The devices and the appliances are saved a second after they change; a removal within it is final."""
    await set_up(hass, config_entry)
    assert await hass.config_entries.async_remove(config_entry.entry_id)
    await clock.advance(5)
    assert [key for key in hass_storage if config_entry.entry_id in key] == []


@pytest.mark.platforms("media_player")
async def test_tokens_are_renewed_before_a_stored_one_expires(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    hass_storage: dict[str, Any],
    stopped: MockConfigEntry,
) -> None:
    data = hass_storage[stored_key(stopped)]["data"]
    data["token"][1] -= 3590
    await restart(hass, sim, stopped)
    assert household.requests("POST", "/auth/token") == ["POST /auth/token"]
    assert household.requests("*", "/ap/exchangetoken/cookies") == []
    await stop(hass, stopped)


def _cookies(data: dict[str, Any], name: str, value: object) -> None:
    """Change the values of cookies whose name contains a text."""
    found = [cookie for cookie in data["cookies"] if name in cookie["name"]]
    assert found
    for cookie in found:
        cookie["value"] = value


FIELDS: dict[str, Callable[[dict[str, Any]], object]] = {
    "nothing": lambda data: data.clear(),
    "another registration": lambda data: data.update(owner="0" * 64),
    "a token that is refused": lambda data: data.update(token=["Atna|stale", data["token"][1]]),
    "a token that has expired": lambda data: data.update(token=[data["token"][0], 1.0]),
    "cookies that are refused": lambda data: _cookies(data, "", "stale"),
    "a csrf cookie that is refused": lambda data: _cookies(data, "csrf", "0"),
    "no cookies": lambda data: data.update(cookies=[]),
    "addresses elsewhere": lambda data: data.update(
        region={"website": "https://example.org", "alexa_api": "https://example.org"}
    ),
    "another region": lambda data: data.update(gateway="https://alexa.eu.gateway.devices.a2z.com"),
    "a gateway elsewhere": lambda data: data.update(gateway="https://example.org"),
}


async def test_a_wrong_store_costs_one_more_round_trip_and_nothing_else(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    hass_storage: dict[str, Any],
    stopped: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    subtests: pytest.Subtests,
) -> None:
    # the stream of another region brings no pushes, so a command is confirmed by a read
    monkeypatch.setattr(base, "CONFIRM_DELAY", 0.1)
    good = hass_storage.pop(stored_key(stopped))
    without = await restart(hass, sim, stopped)
    requests = len(household.requests())
    shown = states(hass)
    await stop(hass, stopped)
    for field, spoil in FIELDS.items():
        with subtests.test(field):
            caplog.clear()
            spoilt = deepcopy(good)
            spoil(spoilt["data"])
            hass_storage[stored_key(stopped)] = spoilt
            assert await restart(hass, sim, stopped) <= without + 1
            assert len(household.requests()) <= requests + 3, household.requests()
            await until(hass, lambda: states(hass) == shown)
            assert warnings_of(caplog) == []
            await act_on_dnd(hass)
            assert household.device("Kitchen Show")["dnd"] is True
        await stop(hass, stopped)
        household.change("Kitchen Show", dnd=False)


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return the warnings and errors of the integration."""
    found = [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    return [record.getMessage() for record in found if "alexa_media" in record.name]


async def act_on_dnd(hass: HomeAssistant) -> None:
    """Turn on Do Not Disturb, which needs cookies and a csrf value."""
    entity_id = "switch.kitchen_show_do_not_disturb"
    await hass.services.async_call("switch", "turn_on", {"entity_id": entity_id}, blocking=True)
    await until(hass, lambda: state_of(hass, entity_id).state == "on")


DAMAGED: dict[str, dict[str, Any]] = {
    "of a later version": {"version": STORE_VERSION + 1, "data": {"owner": 1, "devices": 1, "appliances": 1}},
    "a list": {"version": STORE_VERSION, "data": [1]},
    "without its fields": {"version": STORE_VERSION, "data": {"x": 1}},
    "with other values": {"version": STORE_VERSION, "data": {"owner": 1, "devices": [{}], "appliances": [5]}},
}


@pytest.mark.platforms("media_player")
async def test_a_damaged_file_is_replaced(
    hass: HomeAssistant,
    sim: ControlClient,
    hass_storage: dict[str, Any],
    stopped: MockConfigEntry,
    subtests: pytest.Subtests,
) -> None:
    """An invalid stored file is ignored and replaced."""
    keys = {name: f"alexa_media.{name}.{stopped.entry_id}" for name in ("session", "devices", "appliances")}
    good = deepcopy({key: hass_storage[key] for key in keys.values()})
    for (name, key), (content, damaged) in product(keys.items(), DAMAGED.items()):
        hass_storage |= deepcopy(good)
        hass_storage[key] = {"minor_version": 1, "key": key, **deepcopy(damaged)}
        with subtests.test(f"{name}-{content}"):
            await set_up(hass, stopped)
            await quiet(hass, sim, calm=0.4)
            assert state_of(hass, "media_player.kitchen_show").state == "idle"
        await stop(hass, stopped)
        if name == "session":
            with subtests.test(f"{name}-{content}, replaced"):
                assert hass_storage[key]["data"]["token"]


@pytest.mark.platforms("media_player")
async def test_the_session_of_another_account_is_not_used(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    hass_storage: dict[str, Any],
    stopped: MockConfigEntry,
) -> None:
    """Data in a copied file, or from before a new sign-in, is not sent to Amazon."""
    data = hass_storage[stored_key(stopped)]["data"]
    token = data["token"][0]
    data["owner"] = "f" * 64
    await restart(hass, sim, stopped)
    assert not [entry for entry in sim.ledger() if token in json.dumps(entry["headers"])]
    assert household.requests("POST", "/auth/token")
    await stop(hass, stopped)


@pytest.mark.platforms("media_player")
async def test_a_sign_in_that_ended_while_home_assistant_was_off_asks_the_user(
    hass: HomeAssistant, sim: ControlClient, stopped: MockConfigEntry
) -> None:
    sim.fault(revoke=True)
    await hass.config_entries.async_setup(stopped.entry_id)
    await hass.async_block_till_done()
    assert stopped.state is ConfigEntryState.SETUP_ERROR
    flows = hass.config_entries.flow.async_progress()
    assert [flow["context"]["source"] for flow in flows] == ["reauth"]
