"""Tests of failures of the stream and the account, and of stopping Home Assistant."""

import asyncio
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media import push
from custom_components.alexa_media.cloud.model.events import VolumeChanged
from tests.conftest import PUSH_SENSOR, Household, state_of, until

from .failures import (
    DIRECTIVES,
    TOKEN,
    Table,
    table as table,  # noqa: PLC0414 - a fixture
    watching,
)

KITCHEN = "media_player.kitchen_show"

STREAM: dict[str, dict[str, Any]] = {
    "refused": {"cut": "before"},
    "401": {"status": 401},
    "403": {"status": 403},
    "503": {"status": 503},
    "429": {"status": 429, "headers": {"retry-after": "60"}},
    "sign-in page": {"html": True},
    "hang": {"hang": True},
    "empty": {"status": 200, "body": ""},
}


def volume_of(table: Table) -> Any:
    """Return the shown volume in percent."""
    level = state_of(table.hass, KITCHEN).attributes.get("volume_level")
    return level and round(level * 100)


async def pass_by(table: Table, seconds: int, step: int = 30) -> None:
    """Advance the time in steps."""
    for _ in range(seconds // step):
        await table.drive.tick(step)
        await table.drive.settle()


async def test_everything_is_polled_without_push(table: Table, subtests: pytest.Subtests) -> None:
    """Reconnections become rarer over time, and push recovers."""
    for volume, (name, fault) in enumerate(STREAM.items(), start=71):
        with subtests.test(name), watching() as watch:
            table.sim.fault(path=DIRECTIVES, **fault)
            table.sim.fault(close_stream=True)
            await pass_by(table, 120)
            assert state_of(table.hass, PUSH_SENSOR).state == "off"
            table.household.change("Kitchen Show", volume=volume)
            table.sim.reset_ledger()
            await pass_by(table, 600)
            assert volume_of(table) == volume
            assert len(table.sim.ledger(path=DIRECTIVES)) <= 12
            assert table.usable - {PUSH_SENSOR} <= table._usable()
            table.sim.clear_faults()
            await table.recover()
            assert table.is_whole()
            assert list(watch.problems(table.secrets)) == []


@pytest.mark.contract("a stream that falls silent is waited for")
async def test_a_silent_stream_is_detected(table: Table) -> None:
    """The stream is open but sends no data; missed changes are read."""
    # a stream that never sent a keep-alive counts as alive as long as its pings are answered
    await pass_by(table, 60)
    table.sim.fault(silent_stream=900)
    table.household.change("Kitchen Show", volume=72)
    await table.drive.settle()
    assert volume_of(table) != 72
    await pass_by(table, 900)
    assert volume_of(table) == 72
    await table.recover()
    assert table.is_whole()


async def test_a_stream_that_is_cut_every_second(table: Table) -> None:
    """The stream reconnects at most as often as the pauses allow, and recovers."""
    with watching() as watch:
        table.sim.reset_ledger()
        for _ in range(60):
            table.sim.fault(close_stream=True)
            await table.drive.tick(1)
        connects = len(table.sim.ledger(path=DIRECTIVES))
        await table.recover()
    assert connects <= 20
    assert table.is_whole()
    assert list(watch.problems(table.secrets)) == []


async def test_refused_tokens_in_a_row(table: Table) -> None:
    """A second token that is refused before any data arrives is replaced too."""
    for _ in range(3):
        table.sim.fault(expire_tokens=True)
        table.sim.fault(close_stream=True)
        await table.drive.settle()
    await table.recover()
    assert table.is_whole()


async def test_a_flood_of_pushes_is_handled_in_order(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two thousand pushes at once are all handled, in order."""
    handled: list[int | None] = []
    rule = push.RULES[VolumeChanged]

    def _handle(runtime: Any, event: Any) -> None:
        handled.append(event.volume.level)
        rule.handler(runtime, event)

    monkeypatch.setitem(push.RULES, VolumeChanged, push.Rule(rule.verb, _handle))
    serial = table.household.serial("Kitchen Show")
    sent = [number % 101 for number in range(2000)]

    def _flood() -> None:
        for level in sent:
            table.sim.push(
                "PUSH_VOLUME_CHANGE",
                {
                    "destinationUserId": table.entry.unique_id,
                    "dopplerId": {"deviceSerialNumber": serial, "deviceType": "A1"},
                    "isMuted": False,
                    "volumeSetting": level,
                },
            )

    await asyncio.get_running_loop().run_in_executor(None, _flood)
    await until(table.hass, lambda: len(handled) >= len(sent))
    assert handled == sent
    assert volume_of(table) == sent[-1]


async def test_commands_do_not_wait_for_a_slow_renewal(table: Table) -> None:
    """During a slow renewal, there is no second renewal, and commands do not wait."""
    table.sim.reset_ledger()
    table.sim.fault(path=TOKEN.path, latency=15)
    table.sim.fault(expire_tokens=True)
    table.sim.fault(close_stream=True)
    await table.drive.tick(1)
    assert await table._say() == []
    await pass_by(table, 30, 5)
    assert len(table.sim.ledger(path=TOKEN.path)) == 1
    table.sim.clear_faults()
    await table.recover()
    assert table.is_whole()


async def test_changed_members_of_a_group_are_read(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The members of a group are read with the devices, without a reload."""
    kitchen, dot = household.serial("Kitchen Show"), household.serial("Bedroom Dot")
    before = state_of(hass, "media_player.downstairs").attributes["group_members"]
    assert set(before) == {KITCHEN, "media_player.living_room_studio"}
    household.change("Downstairs", clusterMembers=[kitchen, dot])
    await entry.runtime_data.devices.async_refresh()
    await hass.async_block_till_done()
    members = state_of(hass, "media_player.downstairs").attributes["group_members"]
    assert set(members) == {KITCHEN, "media_player.bedroom_dot"}


async def test_unload_during_a_command(table: Table) -> None:
    """A command that is in flight during an unload raises an error instead of hanging."""
    table.sim.fault(path="/api/behaviors/preview", hang=True)
    data = {"entity_id": "notify.kitchen_show_speak", "message": "going"}
    task = asyncio.create_task(table.hass.services.async_call("notify", "send_message", data, blocking=True))
    await table.drive.tick(1)
    assert not task.done()
    unload = asyncio.create_task(table.hass.config_entries.async_unload(table.entry.entry_id))
    await table.drive.settle(lambda: unload.done() and task.done())
    assert await unload
    with pytest.raises(HomeAssistantError):
        await task
    table.sim.clear_faults()
    await table.set_up()
    await table.recover()
    assert table.is_whole()


async def test_stop_during_set_up(table: Table) -> None:
    """Home Assistant can stop while Amazon hangs during a setup."""
    await table.hass.config_entries.async_unload(table.entry.entry_id)
    table.sim.fault(path="/api/np/list-media-sessions", hang=True)
    setup = asyncio.create_task(table.hass.config_entries.async_setup(table.entry.entry_id))
    await table.drive.tick(1)
    assert not setup.done()
    table.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await table.drive.settle(setup.done)
    assert table.entry.state is ConfigEntryState.LOADED
    table.sim.clear_faults()
    await table.recover()
    assert table.is_whole()
