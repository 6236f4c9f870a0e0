"""Tests of the number of requests of an account, counted in the cloud's ledger."""

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.model.commands import is_command
from tests.conftest import Clock, Household, quiet, set_up, state_of, until

HOUSEHOLDS = pytest.mark.parametrize("name", ["demo", "forty", "two_hundred"])


@pytest.mark.contract("polling, requests from start until quiet", "a request for each Echo at the start")
@HOUSEHOLDS
async def test_a_setup_needs_few_requests(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, name: str
) -> None:
    """A setup sends at most 20 requests plus one per list, with one Echo as well as with two hundred."""
    sim.household(name)
    sim.reset_ledger()
    await set_up(hass, config_entry)
    await quiet(hass, sim)
    requests = Counter(household.requests())
    lists = sum(len(account["lists"]) for account in household.accounts.values())
    assert requests.total() <= 20 + lists, requests
    assert requests.total() == SET_UP + lists, requests
    await hass.config_entries.async_unload(config_entry.entry_id)


SET_UP = 20


async def rest(hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, clock: Clock, name: str) -> None:
    """Set up the account of a household in which no alarm is due, and wait until its first reads are done."""
    sim.household(name)
    Household(sim).turn_off_alarms()
    await set_up(hass, config_entry)
    await clock.settle()
    await clock.advance(10, 1)


@pytest.mark.contract("polling, requests in an idle hour")
@HOUSEHOLDS
async def test_an_idle_hour_needs_few_requests(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    clock: Clock,
    name: str,
) -> None:
    """An hour without events with push up costs at most 20 requests, apart from pings."""
    await rest(hass, sim, config_entry, clock, name)
    sim.reset_ledger()
    await clock.advance(3600, step=180)
    requests = Counter(household.requests())
    assert 1 <= requests.total() <= 20, requests
    assert config_entry.runtime_data.push.up
    await hass.config_entries.async_unload(config_entry.entry_id)


@HOUSEHOLDS
async def test_idle_hours_of_a_proven_stream(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    clock: Clock,
    name: str,
) -> None:
    """A stream that has delivered pushes needs fewer polls; each pushed topic is still read within four hours."""
    await rest(hass, sim, config_entry, clock, name)
    echo = next(d["accountName"] for a in household.accounts.values() for d in a["devices"].values() if d["online"])
    household.change(echo, volume=33)
    dimmed = {"features": {"brightness": {"brightness": 41}}}
    for customer_id, account in household.accounts.items():
        lights = [key for key, appliance in account["appliances"].items() if "brightness" in appliance["features"]]
        sim.patch_state({"accounts": {customer_id: {"appliances": dict.fromkeys(lights, dimmed)}}})
    await clock.settle()
    requests: Counter[str] = Counter()
    for _ in range(5):
        sim.reset_ledger()
        await clock.advance(3600, step=180)
        hour = Counter(household.requests())
        assert hour.total() <= 11, hour
        requests += hour
    assert requests.total() <= 50, requests
    for path in ("np/list-media-sessions", "notifications", "dnd/device-status-list", "bluetooth"):
        assert requests[f"GET /api/{path}"] >= 1, "polls find changes whose push was missed"


@pytest.mark.platforms("media_player")
async def test_a_missed_push_brings_the_shorter_intervals_back(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Until a directive arrives, and for a day after a missed one, polls are as frequent as on an unproven stream."""
    players, watchdog = entry.runtime_data.players, entry.runtime_data.watchdog
    household.change("Kitchen Show", volume=34)
    await until(hass, lambda: state_of(hass, "media_player.kitchen_show").attributes["volume_level"] == 0.34)
    assert players.update_interval == timedelta(hours=4)
    sim.fault(close_stream=True)
    await until(hass, lambda: players.update_interval != timedelta(hours=4))
    await until(hass, lambda: entry.runtime_data.push.up)
    assert players.update_interval == timedelta(hours=1)
    household.change("Kitchen Show", volume=35)
    await until(hass, lambda: players.update_interval == timedelta(hours=4))
    watchdog.async_unconfirmed()
    assert players.update_interval == timedelta(hours=1)
    household.change("Kitchen Show", volume=36)
    await until(hass, lambda: state_of(hass, "media_player.kitchen_show").attributes["volume_level"] == 0.36)
    assert players.update_interval == timedelta(hours=1)


@pytest.mark.platforms("notify")
async def test_speaking_on_ten_echos_is_one_request(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household
) -> None:
    """One action for ten Echos sends one request, and all of them speak."""
    sim.household("forty")
    await set_up(hass, config_entry)
    await quiet(hass, sim)
    entity_ids = [s for s in hass.states.async_entity_ids("notify") if s.endswith("_speak")]
    online = [s for s in entity_ids if state_of(hass, s).state != "unavailable"][:10]
    assert len(online) == 10
    sim.reset_ledger()
    await hass.services.async_call(
        "notify", "send_message", {"entity_id": online, "message": "Good morning"}, blocking=True
    )
    assert household.requests() == ["POST /api/behaviors/preview"]
    spoken = sim.spoken()
    assert len({item["serial"] for item in spoken}) == 10
    assert {item["text"] for item in spoken} == {"Good morning"}
    await hass.config_entries.async_unload(config_entry.entry_id)


REFUSALS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"status": 400, "body": {"message": "no"}}, "command_refused"),
    ({"status": 404}, "unsupported"),
    ({"status": 500}, "cannot_connect"),
    ({"cut": "before"}, "cannot_connect"),
    ({"status": 429}, "rate_limited"),
    ({"throttle": True}, "rate_limited"),
)


@pytest.mark.platforms("media_player", "notify")
@pytest.mark.contract("a refused command is logged at most")
@pytest.mark.usefixtures("brief_speech")
async def test_a_refused_command_raises(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, subtests: pytest.Subtests
) -> None:
    """The caller gets Amazon's error once, the command is not repeated, and other callers are not affected."""
    data = {"entity_id": "notify.kitchen_show_speak", "message": "hello"}
    for fault, key in REFUSALS:
        sim.fault(path="/api/behaviors/preview", times=3, **fault)
        sim.reset_ledger()
        with subtests.test(f"{fault}-{key}"):
            with pytest.raises(HomeAssistantError) as raised:
                await hass.services.async_call("notify", "send_message", data, blocking=True)
            assert raised.value.translation_key == key
            assert household.requests("POST") == ["POST /api/behaviors/preview"]
            assert sim.spoken() == []
            assert state_of(hass, "media_player.kitchen_show").state == "idle"
            assert entry.runtime_data.devices.last_update_success
        sim.clear_faults()


@pytest.mark.platforms("notify")
async def test_a_write_is_not_repeated_after_an_unknown_outcome(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """The command ran, but its response was lost; the text is spoken once."""
    sim.fault(path="/api/behaviors/preview", times=1, status=503, after=True)
    with pytest.raises(HomeAssistantError):
        await hass.services.async_call(
            "notify", "send_message", {"entity_id": "notify.kitchen_show_speak", "message": "once"}, blocking=True
        )
    assert [item["text"] for item in sim.spoken()] == ["once"]


@pytest.mark.platforms("notify")
@pytest.mark.usefixtures("brief_speech")
async def test_a_refused_session_is_renewed(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, subtests: pytest.Subtests
) -> None:
    """Refused cookies or a refused csrf value are renewed, and the command is sent once more."""
    data = {"entity_id": "notify.kitchen_show_speak", "message": "again"}
    for status in (401, 403):
        before = len(sim.spoken())
        sim.fault(path="/api/behaviors/preview", times=1, status=status)
        with subtests.test(str(status)):
            await hass.services.async_call("notify", "send_message", data, blocking=True)
            assert [item["text"] for item in sim.spoken()[before:]] == ["again"]
            assert household.requests("POST", "/auth/register") == []


@pytest.mark.platforms("switch")
async def test_update_entity_reads_its_topic_once(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``homeassistant.update_entity`` for several entities of one topic causes one read.

    If a command needs the read, too, it is not delayed by throttling like a poll.
    """
    from homeassistant.setup import async_setup_component

    assert await async_setup_component(hass, "homeassistant", {})
    sim.reset_ledger()
    switches = [entity_id for entity_id in hass.states.async_entity_ids("switch") if "do_not_disturb" in entity_id]
    assert len(switches) > 1
    await hass.services.async_call("homeassistant", "update_entity", {"entity_id": switches}, blocking=True)
    await asyncio.sleep(0)
    assert household.requests() == ["GET /api/dnd/device-status-list"]
    dnd, are_commands = entry.runtime_data.dnd, list[bool]()
    read = dnd._async_read

    async def recorded() -> Any:
        """Read the topic, and record whether that is a part of a command."""
        are_commands.append(is_command())
        return await read()

    monkeypatch.setattr(dnd, "_async_read", recorded)
    await asyncio.gather(dnd.async_refresh_shared(), dnd.async_read_for_command())
    await dnd.async_refresh_shared()
    assert are_commands == [True, False]


@pytest.mark.platforms("notify")
async def test_ten_actions_at_once_are_two_requests(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household
) -> None:
    """Ten callers act within a few milliseconds: the first one sends immediately, and the others share a request."""
    sim.household("forty")
    await set_up(hass, config_entry)
    await quiet(hass, sim)
    entity_ids = [s for s in hass.states.async_entity_ids("notify") if s.endswith("_speak")]
    online = [s for s in entity_ids if state_of(hass, s).state != "unavailable"][:10]
    sim.reset_ledger()
    sim.fault(path="/api/behaviors/preview", latency=0.1)
    calls = []
    for entity_id in online:
        data = {"entity_id": entity_id, "message": "Good morning"}
        calls.append(hass.async_create_task(hass.services.async_call("notify", "send_message", data, blocking=True)))
        await asyncio.sleep(0.002)
    await asyncio.gather(*calls)
    assert len(household.requests("POST", "/api/behaviors/preview")) <= 2
    assert len({item["serial"] for item in sim.spoken()}) == 10
    await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.platforms("media_player")
async def test_unloading_an_account_does_not_cancel_the_callers_of_a_read(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """A canceled caller would end an automation without an error."""
    sim.fault(path="/api/notifications", method="GET", hang=True)
    caller = asyncio.create_task(entry.runtime_data.notifications.async_refresh_shared())
    await until(hass, lambda: "/api/notifications" in sim.progress()[1])
    assert await hass.config_entries.async_unload(entry.entry_id)
    await asyncio.wait([caller])
    assert not caller.cancelled()
