"""Tests of a suspended computer: a cloud that was paused, or time that jumped; nothing is reloaded."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
import signal
import time

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient, Running
from tests.conftest import Clock, Household, set_up, state_of, until

pytestmark = pytest.mark.platforms("media_player")

KITCHEN = "media_player.kitchen_show"
HOURS_8 = 8 * 3600.0


@contextmanager
def suspended(simulation: Running) -> Iterator[None]:
    """Suspend the process of the simulated cloud; connections stay open and silent."""
    os.kill(simulation.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(simulation.pid, signal.SIGCONT)


def set_volume(sim: ControlClient, household: Household, level: int) -> None:
    """Change the volume of an Echo, which pushes it."""
    serial, device = household.serial("Kitchen Show"), household.device("Kitchen Show")
    sim.push(
        "PUSH_VOLUME_CHANGE",
        {
            "dopplerId": {"deviceSerialNumber": serial, "deviceType": device["deviceType"]},
            "isMuted": False,
            "volumeSetting": level,
        },
    )


async def assert_alive(hass: HomeAssistant, entry: MockConfigEntry, clock: Clock, household: Household) -> None:
    """Fail unless pushes arrive, requests are answered, and no sign-in is needed."""
    assert entry.runtime_data.push.up
    set_volume(clock.sim, household, 77)
    await clock.settle()
    assert state_of(hass, KITCHEN).attributes["volume_level"] == 0.77
    for coordinator in entry.runtime_data.coordinators:
        await coordinator.async_refresh()
        assert coordinator.last_update_success, coordinator.topic
    assert entry.state is ConfigEntryState.LOADED
    assert not any(entry.async_get_active_flows(hass, {SOURCE_REAUTH}))
    assert state_of(hass, KITCHEN).state != "unavailable"


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("here", "there"), [(HOURS_8, HOURS_8), (0.0, HOURS_8), (HOURS_8, 0.0)])
async def test_stream_and_tokens_recover_after_a_jump_of_the_clock(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    household: Household,
    here: float,
    there: float,
) -> None:
    """Eight hours pass at once in both processes, or in one of them."""
    await set_up(hass, config_entry)
    await clock.settle()
    runtime = config_entry.runtime_data
    if there:
        sim.advance(there)
    if here:
        clock.freezer.tick(here)
    await clock.settle()
    await clock.advance(900, 30)
    assert config_entry.runtime_data is runtime, "the entry was reloaded"
    await assert_alive(hass, config_entry, clock, household)
    await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.timeout(120)
async def test_stream_recovers_after_the_cloud_stood_still(
    hass: HomeAssistant,
    simulation: Running,
    config_entry: MockConfigEntry,
    clock: Clock,
    household: Household,
) -> None:
    """Connections stay open, and eight hours pass in this process."""
    await set_up(hass, config_entry)
    await clock.settle()
    runtime = config_entry.runtime_data
    with suspended(simulation):
        clock.freezer.tick(HOURS_8)
        for _ in range(20):
            clock.freezer.tick(30)
            await hass.async_block_till_done(wait_background_tasks=False)
    clock.sim.advance(HOURS_8)
    await clock.settle()
    await clock.advance(900, 30)
    assert config_entry.runtime_data is runtime, "the entry was reloaded"
    await assert_alive(hass, config_entry, clock, household)
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_command_during_a_short_pause_of_the_cloud_runs_after_it(
    hass: HomeAssistant, simulation: Running, entry: MockConfigEntry, household: Household
) -> None:
    with suspended(simulation):
        data = {"entity_id": KITCHEN, "volume_level": 0.2}
        task = hass.async_create_task(hass.services.async_call("media_player", "volume_set", data, blocking=True))
        await hass.async_add_executor_job(time.sleep, 1.0)
        assert not task.done()
    await task
    await until(hass, lambda: household.device("Kitchen Show")["volume"] == 20)
    assert entry.runtime_data.push.up
