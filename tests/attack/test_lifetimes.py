"""Set-ups that are cancelled, commands in flight during an unload, absences by chance."""

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
from tests.conftest import Clock, state_of, until

KITCHEN = "media_player.kitchen_show"


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
    await until(hass, lambda: sim.progress()[1])
    assert not task.done()
    await hass.config_entries.async_unload(entry.entry_id)
    await asyncio.wait_for(task, 10)
    sim.clear_faults()
    left = {name: value for name, value in vars(alarms).items() if name in ("_awaited", "_cancel_hint") and value}
    assert left == {}


def accounts() -> list[AccountBackend]:
    """Return the backends that are still in memory, apart from those that the test's log keeps."""
    for handler in logging.getLogger().handlers:
        getattr(handler, "records", []).clear()
    gc.collect()
    return [item for item in gc.get_objects() if type(item) is AccountBackend]


@pytest.mark.timeout(120)
async def test_set_ups_that_are_cancelled_leave_no_account(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """Sixteen set-ups, each cancelled a little later than the one before, leave as much in memory as five do."""
    asyncio.get_running_loop().set_debug(False)
    after_five = 0
    for step in range(16):
        task = asyncio.create_task(hass.config_entries.async_setup(config_entry.entry_id))
        wanted = sim.progress()[0] + step
        while not task.done() and sim.progress()[0] < wanted:
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task], timeout=15)
        if config_entry.state.recoverable and config_entry.state is not ConfigEntryState.NOT_LOADED:
            await hass.config_entries.async_unload(config_entry.entry_id)
        await hass.async_block_till_done()
        del task
        if step == 4:
            after_five = len(accounts())
    await until(hass, lambda: len(accounts()) <= after_five)


@pytest.mark.timeout(90)
async def test_an_alarm_that_two_answers_lack_by_chance_keeps_its_switch(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, clock: Clock
) -> None:
    """Absent for a moment, present again, absent for another moment: the user's name of the switch stays."""
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
