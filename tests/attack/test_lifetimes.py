"""Tests of canceled setups, commands in flight during an unload, and temporary absences."""

import asyncio
import gc
import logging

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.account.backend import AccountBackend
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator.runtime import AlexaRuntimeData
from tests.conftest import Clock, state_of, until

KITCHEN = "media_player.kitchen_show"


async def test_a_first_read_that_hangs_does_not_hold_up_the_unload(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    sim.fault(path="/alexashoppinglists/api/v2/lists/*/items/fetch", hang=True)
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    async with asyncio.timeout(10):
        while not any(path.endswith("items/fetch") for path in sim.progress()[1]):
            await asyncio.sleep(0.02)
    began = asyncio.get_running_loop().time()
    assert await hass.config_entries.async_unload(config_entry.entry_id)
    assert asyncio.get_running_loop().time() - began < 5, "Home Assistant waits ten seconds"


@pytest.mark.timeout(60)
async def test_a_command_in_flight_during_the_unload_leaves_no_timer(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    alarms = entry.runtime_data.notifications
    sim.fault(path="/v1/alerts/alarms", method="POST", latency=0.6)

    async def call() -> str:
        try:
            data = {"entity_id": KITCHEN, "at": "07:00"}
            await hass.services.async_call(DOMAIN, "create_alarm", data, blocking=True)
        except HomeAssistantError as err:
            return str(err.translation_key)
        return "ok"

    task = asyncio.create_task(call())
    # Home Assistant waits for the creation, so waiting until it is idle would be too late
    async with asyncio.timeout(10):
        while "/v1/alerts/alarms" not in sim.progress()[1]:
            await asyncio.sleep(0.01)
    assert not task.done()
    await hass.config_entries.async_unload(entry.entry_id)
    await asyncio.wait_for(task, 10)
    sim.clear_faults()
    assert alarms._awaited == {}
    assert not alarms._hint.is_set


def accounts() -> list[AccountBackend]:
    """Return the backends that are still in memory, except those in the test's log."""
    for handler in logging.getLogger().handlers:
        getattr(handler, "records", []).clear()
    gc.collect()
    return [item for item in gc.get_objects() if type(item) is AccountBackend]


@pytest.mark.timeout(120)
async def test_set_ups_that_are_cancelled_leave_no_account(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """Sixteen setups, each canceled a little later, leave no more objects in memory than five do."""
    after_five = 0
    for step in range(16):
        task = asyncio.create_task(hass.config_entries.async_setup(config_entry.entry_id))
        wanted = sim.progress()[0] + step
        while not task.done() and sim.progress()[0] < wanted:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=40)
        if config_entry.state.recoverable and config_entry.state is not ConfigEntryState.NOT_LOADED:
            await hass.config_entries.async_unload(config_entry.entry_id)
        await hass.async_block_till_done()
        del task
        if step == 4:
            after_five = len(accounts())
    await until(hass, lambda: len(accounts()) <= after_five)


@pytest.mark.timeout(90)
async def test_an_alarm_missing_in_two_responses_keeps_its_switch(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, clock: Clock
) -> None:
    """An alarm that is absent, present, and absent again keeps its switch with the user's name."""
    registry = er.async_get(hass)
    entities = er.async_entries_for_config_entry(registry, entry.entry_id)
    item = next(item for item in entities if item.domain == "switch" and "_alarm_" in item.unique_id)
    registry.async_update_entity(item.entity_id, disabled_by=None, name="My own name")
    await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, lambda: hass.states.get(item.entity_id) is not None)
    alarms = entry.runtime_data.notifications

    async def read(*, lacking: bool) -> None:
        if lacking:
            sim.fault(path="/api/notifications", method="GET", status=200, body={"notifications": []})
        await alarms.async_refresh()
        sim.clear_faults()

    await read(lacking=True)
    await read(lacking=False)
    assert state_of(hass, item.entity_id).state != "unavailable"
    await clock.advance(20, 20)
    await read(lacking=True)
    await clock.advance(20, 20)
    await read(lacking=False)
    await hass.async_block_till_done()
    after = registry.async_get(item.entity_id)
    assert after is not None
    assert (after.name, after.disabled_by) == ("My own name", None)


@pytest.mark.timeout(120)
async def test_reloads_with_pushes_and_commands_in_flight_leave_nothing_behind(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """In ten reloads, each command runs or fails with a clear error, and no timer, listener or task remains."""
    serial = next(device.serial for device in entry.runtime_data.devices.data.values() if device.name == "Kitchen Show")
    old: list[AlexaRuntimeData] = []
    results: list[str] = []

    async def command(domain: str, action: str, **data: object) -> None:
        try:
            await hass.services.async_call(domain, action, data, blocking=True)
        except HomeAssistantError as err:
            results.append(err.translation_key or "")
        else:
            results.append("ok")

    for round_number in range(10):
        runtime: AlexaRuntimeData = entry.runtime_data
        old.append(runtime)
        tasks = [
            asyncio.create_task(command("media_player", "volume_set", entity_id=KITCHEN, volume_level=0.3)),
            asyncio.create_task(command("switch", "turn_on", entity_id="switch.kitchen_show_do_not_disturb")),
            asyncio.create_task(command(DOMAIN, "create_alarm", entity_id=KITCHEN, at="07:00")),
        ]
        for _ in range(round_number):
            await asyncio.sleep(0)
        for enabled in (True, False):
            doppler = {"dopplerId": {"deviceSerialNumber": serial, "deviceType": ""}, "enabled": enabled}
            await hass.async_add_executor_job(sim.push, "PUSH_DND_STATE_CHANGE", doppler)
        assert await hass.config_entries.async_reload(entry.entry_id)
        await asyncio.wait_for(asyncio.gather(*tasks), 30)
    assert len(results) == 30
    assert all(results), "each failure has a message"
    await until(hass, lambda: entry.runtime_data.push.up)
    for runtime in old:
        for topic in runtime.coordinators:
            assert topic.is_closed
            waiting = topic._awaited or topic._hint.is_set or topic._expiry.is_set
            assert not waiting, topic.name
            assert not any(topic._by_context.values()), topic.name
    names = [task.get_name() for task in asyncio.all_tasks() if entry.entry_id in task.get_name()]
    assert len(names) == len(set(names)), names
