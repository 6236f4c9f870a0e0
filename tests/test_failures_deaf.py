"""Tests of a stream that is open and answers pings but delivers nothing."""

from datetime import timedelta

from .conftest import PUSH_SENSOR, state_of
from .faults.failures import (
    CAPABILITIES,
    DIRECTIVES,
    Table,
    table as table,  # noqa: PLC0414 - a fixture
)

SILENCE = 250
"""Seconds of silence; less than the time after which a silent stream counts as lost."""


def renewals(table: Table) -> tuple[int, int, int]:
    """Return the numbers of capability registrations, region requests and opened streams."""
    paths = (CAPABILITIES.path, "/v20160207/events", DIRECTIVES)
    registered, asked, opened = (len(table.sim.ledger(path=path)) for path in paths)
    return registered, asked, opened


async def set_volume(table: Table, level: int) -> None:
    """Set the volume, and wait until its confirmation is overdue."""
    data = {"entity_id": "media_player.kitchen_show", "volume_level": level / 100}
    assert await table.act("media_player", "volume_set", data, lambda: True) == []


async def hears_again(table: Table) -> None:
    """End the silence, push a directive, and wait until push counts as up."""
    for _ in range(SILENCE // 10):
        await table.drive.tick(10)
    await table.drive.settle()
    assert state_of(table.hass, PUSH_SENSOR).state == "off", "push stays down until a directive arrives"
    table.household.change("Office Spot", volume=23)
    await table.drive.settle()
    assert state_of(table.hass, PUSH_SENSOR).state == "on"
    await table.recover()
    assert table.is_whole()


async def test_a_poll_that_finds_a_missed_change_renews_the_stream(table: Table) -> None:
    """Capabilities are registered, the region is requested, and the stream is opened again; topics are polled."""
    await table.drive.tick(60)
    await table.drive.settle()
    await table.entry.runtime_data.players.async_refresh()
    table.sim.fault(silent_stream=SILENCE)
    table.household.change("Kitchen Show", volume=72)
    table.sim.reset_ledger()
    await table.entry.runtime_data.players.async_refresh()
    for _ in range(8):
        await table.drive.tick(1)
    await table.drive.settle()
    assert renewals(table) == (1, 1, 1)
    assert state_of(table.hass, PUSH_SENSOR).state == "off"
    assert not table.entry.runtime_data.players.push_up
    await hears_again(table)


async def test_three_commands_without_their_push_renew_the_stream(table: Table) -> None:
    """Two missing pushes may be a coincidence; a directive in between restarts the count."""
    await set_volume(table, 31)
    table.sim.reset_ledger()
    table.sim.fault(silent_stream=SILENCE)
    for level in (32, 33):
        await set_volume(table, level)
    assert renewals(table) == (0, 0, 0)
    await set_volume(table, 34)
    assert renewals(table) == (1, 1, 1)
    assert state_of(table.hass, PUSH_SENSOR).state == "off"
    await hears_again(table)


async def test_a_change_whose_push_is_in_flight_renews_nothing(table: Table) -> None:
    """A poll may be slightly faster than the push; the polls stay as rare as before."""
    players = table.entry.runtime_data.players
    table.household.change("Kitchen Show", volume=72)
    await table.drive.settle()
    await table.drive.tick(60)
    assert players.update_interval == timedelta(hours=4)
    table.sim.reset_ledger()
    table.entry.runtime_data.watchdog.async_unpushed()
    table.household.change("Kitchen Show", volume=73)
    await table.drive.settle()
    for _ in range(10):
        await table.drive.tick(1)
    assert renewals(table) == (0, 0, 0)
    assert state_of(table.hass, PUSH_SENSOR).state == "on"
    assert players.update_interval == timedelta(hours=4)
