"""Tests that a setup or unload canceled at any moment leaves nothing behind."""

import asyncio
from collections.abc import Coroutine
import logging
import time
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity_platform import async_get_platforms
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
import custom_components.alexa_media
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator.runtime import AlexaRuntimeData
from tests.conftest import set_up, until

from .failures import household_of_two
from .test_leaks import held

LONGEST = 240.0
"""Seconds after which an operation counts as hanging.

A number of event loop turns would not be a limit, because the loop also turns while the cloud is busy.
"""


async def canceled_after(operation: Coroutine[Any, Any, object], steps: int) -> bool:
    """Run an operation and cancel it after some event loop steps; return whether it had completed before."""
    task = asyncio.ensure_future(operation)
    for _ in range(steps):
        if task.done():
            break
        await asyncio.sleep(0)
    completed = task.done()
    task.cancel()
    await asyncio.wait([task])
    return completed


def shown(hass: HomeAssistant, entry: MockConfigEntry) -> list[str]:
    """Return the entities of an entry that have a state, apart from those restored from the registry."""
    items = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    states = [hass.states.get(item.entity_id) for item in items]
    return [state.entity_id for state in states if state is not None and not state.attributes.get("restored")]


async def assert_gone(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Assert that an entry that is not loaded has no entities, platforms, tasks or timers."""
    assert shown(hass, entry) == []
    assert [platform.domain for platform in async_get_platforms(hass, DOMAIN) if platform.config_entry is entry] == []
    await until(hass, lambda: not {name for name in held(hass)["tasks"] if entry.entry_id in name or "add" in name})


def without_traceback(record: logging.LogRecord) -> bool:
    """Drop the traceback of a log record, because it would keep all objects of a canceled setup in the test's log."""
    record.exc_info = None
    return True


@pytest.mark.timeout(500)
async def test_set_up_canceled_at_any_step(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A setup that is canceled at any step leaves nothing behind, and a further setup succeeds."""
    monkeypatch.setattr(logging.getLogger("custom_components.alexa_media"), "filters", [without_traceback])
    sim.household(household_of_two(), domain="amazon.com")
    await set_up(hass, config_entry)
    entry_id = config_entry.entry_id
    assert await hass.config_entries.async_unload(entry_id)
    before = held(hass)["sockets"]
    steps, completed, end = 0, False, time.monotonic() + LONGEST
    while not completed and time.monotonic() < end:
        completed = await canceled_after(hass.config_entries.async_setup(entry_id), steps)
        if config_entry.state is ConfigEntryState.LOADED:
            assert await hass.config_entries.async_unload(entry_id)
        await assert_gone(hass, config_entry)
        if config_entry.state is not ConfigEntryState.NOT_LOADED:
            await hass.config_entries.async_unload(entry_id)
        steps += 1 + steps // 12
    assert completed
    assert await hass.config_entries.async_setup(entry_id)
    assert shown(hass, config_entry)
    assert await hass.config_entries.async_unload(entry_id)
    ours = [r.getMessage() for r in caplog.records if r.levelname == "ERROR" and "cancelled" not in r.getMessage()]
    # connections of Home Assistant's shared session stay open for 15 s after their last request
    await until(hass, lambda: held(hass)["sockets"] <= before + 3, 40)
    await until(hass, lambda: held(hass).get("accounts", 0) <= 1)
    assert ours == []


@pytest.mark.timeout(500)
async def test_unload_canceled_at_any_step(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """An unload that is canceled at any step completes or can be repeated; then the entry can be set up again."""
    sim.household(household_of_two(), domain="amazon.com")
    await set_up(hass, config_entry)
    entry_id = config_entry.entry_id
    steps, completed, end = 0, False, time.monotonic() + LONGEST
    while not completed and time.monotonic() < end:
        completed = await canceled_after(hass.config_entries.async_unload(entry_id), steps)
        if config_entry.state is ConfigEntryState.UNLOAD_IN_PROGRESS:
            # Canceled in Home Assistant's part of the unload, which cannot be repeated; the entities are already
            # removed.
            await assert_gone(hass, config_entry)
            await config_entry._async_process_on_unload(hass)
            config_entry.mock_state(hass, ConfigEntryState.NOT_LOADED)
        assert config_entry.state in (ConfigEntryState.LOADED, ConfigEntryState.NOT_LOADED)
        if config_entry.state is ConfigEntryState.LOADED:
            assert await hass.config_entries.async_unload(entry_id)
        await assert_gone(hass, config_entry)
        assert await hass.config_entries.async_setup(entry_id)
        assert shown(hass, config_entry)
        steps += 1 + steps // 4
    assert completed


async def turns() -> None:
    """Run everything in the event loop that does not have to wait."""
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.mark.usefixtures("sim")
async def test_a_canceled_unload_ends_and_then_reports_that_it_was_canceled(
    hass: HomeAssistant, config_entry: MockConfigEntry
) -> None:
    """The caller's cancellation is raised after the unload has completed, and the entry can be set up again."""
    await set_up(hass, config_entry)
    entry_id = config_entry.entry_id
    adders, gate = config_entry.runtime_data.adders, asyncio.Event()
    adding = asyncio.create_task(gate.wait())
    adding.add_done_callback(adders.discard)
    adders.add(adding)
    task = asyncio.create_task(hass.config_entries.async_unload(entry_id))
    await turns()
    task.cancel()
    await turns()
    assert not task.done(), "the unload continues"
    gate.set()
    await asyncio.wait([task], timeout=40)
    assert task.cancelled()
    assert config_entry.state is ConfigEntryState.NOT_LOADED
    await assert_gone(hass, config_entry)
    assert await hass.config_entries.async_setup(entry_id)
    await hass.async_block_till_done()
    await hass.config_entries.async_unload(entry_id)


class Stuck:
    """Stands for waiting until no task adds entities: waits until ``gate`` is set, then raises an exception."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Initialize with a closed gate."""
        self.gate, self.is_waiting = asyncio.Event(), asyncio.Event()
        monkeypatch.setattr(AlexaRuntimeData, "async_added", self._async_added)

    async def _async_added(self) -> None:
        self.is_waiting.set()
        await self.gate.wait()
        raise ValueError("something else is broken")

    async def cancel(self, operation: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        """Run an operation and cancel it while it waits; return its task when it is done."""
        task = asyncio.ensure_future(operation)
        await self.is_waiting.wait()
        task.cancel()
        await turns()
        assert not task.done(), "the cleanup continues"
        self.gate.set()
        await asyncio.wait([task], timeout=40)
        return task


@pytest.mark.usefixtures("sim")
@pytest.mark.platforms("text")
async def test_a_canceled_unload_that_fails_also_reports_that_it_was_canceled(
    hass: HomeAssistant, config_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_up(hass, config_entry)
    with monkeypatch.context() as patch:
        task = await Stuck(patch).cancel(hass.config_entries.async_unload(config_entry.entry_id))
    assert config_entry.state is ConfigEntryState.FAILED_UNLOAD
    assert task.cancelled()
    config_entry.mock_state(hass, ConfigEntryState.LOADED)
    assert await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.usefixtures("sim")
@pytest.mark.platforms("text")
async def test_a_failed_setup_canceled_during_a_cleanup_that_fails_reports_that_it_was_canceled(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Home Assistant would otherwise treat the cancellation as an error of the integration."""

    async def fail(*_: object) -> None:
        raise ConfigEntryNotReady

    monkeypatch.setattr(custom_components.alexa_media, "async_settle", fail)
    assert not await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.config_entries.async_unload(config_entry.entry_id)
    task = await Stuck(monkeypatch).cancel(hass.config_entries.async_setup(config_entry.entry_id))
    assert task.cancelled()
    assert "something else is broken" in caplog.text
