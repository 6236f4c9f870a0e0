"""Tests of throttling and complete outages: requests, shown states, and recovery."""

import asyncio
from typing import Any

from homeassistant.exceptions import HomeAssistantError
import pytest

from .faults.failures import (
    CLASS_NAME,
    Table,
    table as table,  # noqa: PLC0414 - a fixture
    watching,
)

ACCOUNT_HOST = "*alexa.*"


def polls(table: Table) -> list[str]:
    """Return the requests to the account's host, without commands."""
    ledger = [request for request in table.sim.ledger() if "alexa." in request["host"]]
    return [request["path"] for request in ledger if request["path"] != "/api/behaviors/preview"]


def sent(table: Table) -> int:
    """Return the number of sent sequences."""
    return len(table.sim.ledger(path="/api/behaviors/preview"))


async def say(table: Table, text: str) -> str | None:
    """Send a message; return the caller's error, or None."""
    data = {"target": ["media_player.kitchen_show", "media_player.office_spot"], "message": text}
    task = asyncio.create_task(table.hass.services.async_call("notify", "alexa_media", data, blocking=True))
    await table.drive.settle(task.done)
    try:
        await task
    except HomeAssistantError as err:
        return str(err)
    return None


async def poll_everything(table: Table) -> None:
    """Read all topics, like after a gap in the stream."""
    await asyncio.gather(*(coordinator.async_refresh() for coordinator in table.entry.runtime_data.coordinators))


async def pass_by(table: Table, seconds: int) -> None:
    """Advance the time second by second."""
    for _ in range(seconds):
        await table.drive.tick(1)


@pytest.mark.parametrize(
    "fault",
    [{"status": 429}, {"throttle": True}, {"status": 400, "body": {"message": "Rate exceeded"}}],
    ids=["429", "in a 200", "in a 400"],
)
async def test_a_storm_of_refusals_costs_few_polls_and_no_message_after_it(table: Table, fault: dict[str, Any]) -> None:
    """Polls back off, and a message is tried once and refused with a clear error.

    The next message after the throttling is spoken immediately.
    """
    with watching() as watch:
        table.sim.reset_ledger()
        table.sim.fault(host=ACCOUNT_HOST, seconds=45, **fault)
        await poll_everything(table)
        await pass_by(table, 10)
        error = await say(table, "during the storm")
        assert error is not None
        assert "rate limiting this account" in error
        assert "Kitchen Show" not in error
        assert not CLASS_NAME.search(error)
        assert sent(table) == 1
        await pass_by(table, 40)
        assert len(polls(table)) <= 5
        assert await say(table, "after the storm") is None
    spoken = [said["text"] for said in table.sim.spoken() if "storm" in said["text"]]
    assert spoken == ["after the storm"] * 2
    assert sent(table) == 2
    assert [record.getMessage() for record in watch.records if "rate limiting" in record.getMessage()] != []
    assert list(watch.problems(table.secrets)) == []
    await table.recover()
    assert table.is_whole()


async def test_commands_are_sent_one_at_a_time_during_throttling(table: Table) -> None:
    """A volume, a switch and a text during throttling are each sent once; the integration itself refuses none."""
    table.sim.fault(host=ACCOUNT_HOST, times=1, status=429)
    await poll_everything(table)
    table.sim.reset_ledger()
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("media_player", "volume_set", {"entity_id": "media_player.kitchen_show", "volume_level": 0.33}),
        ("switch", "turn_on", {"entity_id": "switch.office_spot_do_not_disturb"}),
        ("notify", "send_message", {"entity_id": "notify.office_spot_speak", "message": "hello"}),
    ]
    tasks = [
        asyncio.create_task(table.hass.services.async_call(domain, service, data, blocking=True))
        for domain, service, data in calls
    ]
    await table.drive.settle(lambda: all(task.done() for task in tasks))
    await asyncio.gather(*tasks)
    assert table.household.device("Kitchen Show")["volume"] == 33
    assert table.household.device("Office Spot")["dnd"] is True
    assert "hello" in [said["text"] for said in table.sim.spoken()]
    await table.recover()
    assert table.is_whole()


async def test_a_command_waits_for_a_short_retry_after(table: Table) -> None:
    """A text refused with a short Retry-After is sent again after that time, and spoken once."""
    table.sim.fault(path="/api/behaviors/preview", times=1, status=429, headers={"retry-after": "3"})
    table.sim.reset_ledger()
    assert await say(table, "a little later") is None
    assert sent(table) == 2
    assert [said["text"] for said in table.sim.spoken()].count("a little later") == 2


OUTAGES: dict[str, dict[str, Any]] = {
    "sign-in page": {"html": True},
    "503": {"status": 503, "body": "<html>Service Unavailable</html>"},
    "no connection": {"cut": "before"},
}


@pytest.mark.parametrize("fault", OUTAGES)
@pytest.mark.parametrize("is_cut", [False, True], ids=["stream stays", "stream is lost"])
async def test_after_an_outage_everything_is_current_within_half_a_minute(
    table: Table, fault: str, is_cut: bool
) -> None:
    """Changes during an outage of a minute are shown 30 s after its end; entities with push stay available."""
    with watching() as watch:
        table.sim.fault(seconds=60, **OUTAGES[fault])
        if is_cut:
            table.sim.fault(close_stream=True)
        await poll_everything_driven(table)
        elapsed = 0.0
        if not is_cut:
            assert table.usable <= table._usable()
        table.household.change("Kitchen Show", volume=64)
        begin = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - begin < 60:
            await table.drive.tick(1)
            if not is_cut:
                assert table.usable <= table._usable(), "entities that push keeps current are available"
        end = asyncio.get_running_loop().time()
        while not is_current(table):
            await table.drive.tick(0.5)
            elapsed = asyncio.get_running_loop().time() - end
            assert elapsed <= 30, table._ailing()
        assert volume_of(table) == 64
    assert list(watch.problems(table.secrets)) == []
    await table.recover()


def volume_of(table: Table) -> Any:
    """Return the shown volume in percent."""
    state = table.hass.states.get("media_player.kitchen_show")
    level = state and state.attributes.get("volume_level")
    return level and round(level * 100)


def is_current(table: Table) -> bool:
    """Return whether push is up, all topics were read, and all entities are available."""
    runtime = table.entry.runtime_data
    is_read = all(not topic.may_recover and topic.last_update_success for topic in runtime.coordinators)
    return runtime.push.up and is_read and table._usable() >= table.usable and volume_of(table) == 64


async def poll_everything_driven(table: Table) -> None:
    """Read all topics while advancing the time."""
    task = asyncio.create_task(poll_everything(table))
    for _ in range(100):
        if task.done():
            break
        await table.drive.tick(0.5)
    await task


async def test_a_push_ends_the_pause_of_polls(table: Table) -> None:
    """Failed topics are read soon after a push, long before their next attempt."""
    table.sim.fault(path="/api/*", status=503)
    await poll_everything_driven(table)
    for _ in range(20):
        await table.drive.tick(60)
    table.sim.clear_faults()
    table.household.change("Kitchen Show", volume=64)
    for _ in range(60):
        await table.drive.tick(0.5)
        if is_current(table):
            break
    assert is_current(table), table._ailing()
    await table.recover()


async def test_an_accepted_message_ends_the_pause_of_polls(table: Table) -> None:
    """An accepted command causes a read of all failed topics."""
    table.household.change("Kitchen Show", volume=64)
    table.sim.fault(path="/api/*", status=503)
    await poll_everything_driven(table)
    for _ in range(20):
        await table.drive.tick(60)
    table.sim.clear_faults()
    assert await say(table, "back again") is None
    for _ in range(60):
        await table.drive.tick(0.5)
        if is_current(table):
            break
    assert is_current(table), table._ailing()
    await table.recover()
