"""Tests that repeated loading and unloading leaves nothing behind."""

import asyncio
from collections import Counter
import gc
from pathlib import Path
import sys
from typing import Any

import aiohttp
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_FINAL_WRITE
from homeassistant.core import HomeAssistant
import httpx
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.account.backend import AccountBackend
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator.runtime import AlexaRuntimeData
from tests.conftest import set_up, until

from .failures import household_of_two

RELOADS = 50


def held(hass: HomeAssistant) -> dict[str, Any]:
    """Return the existing tasks, timers, listeners, sessions, clients and accounts."""
    gc.collect()
    loop = asyncio.get_running_loop()
    timers: Any = vars(loop)["_scheduled"]
    kinds = {aiohttp.ClientSession: "sessions", httpx.AsyncClient: "clients"}
    kinds |= {AlexaRuntimeData: "accounts", AccountBackend: "backends"}
    objects: Counter[str] = Counter()
    for thing in gc.get_objects():
        for kind, name in kinds.items():
            if type(thing) is kind and not getattr(thing, "closed", False) and not getattr(thing, "is_closed", False):
                objects[name] += 1
    return {
        "tasks": Counter(task.get_name() for task in asyncio.all_tasks() if "alexa" in task.get_name()),
        "number of tasks": len(asyncio.all_tasks()),
        "timers": Counter(repr(timer._callback)[:60] for timer in timers if not timer.cancelled()).total(),
        # Home Assistant's own pending writes listen for its stop
        "listeners": {k: v for k, v in hass.bus.async_listeners().items() if k != EVENT_HOMEASSISTANT_FINAL_WRITE},
        "sockets": sockets(),
        **objects,
    }


def keepers(kind: type, used: object) -> list[str]:
    """Return what keeps the objects of a type in memory, except the one that is still used: types, nearest first."""
    found = [thing for thing in gc.get_objects() if type(thing) is kind and thing is not used]
    chain: list[str] = []
    seen = {id(found), id(chain)}
    for _ in range(30):
        seen |= {id(thing) for thing in found}
        referrers = gc.get_referrers(*found) if found else []
        found = [each for each in referrers if id(each) not in seen and each is not sys._getframe()][:40]
        chain.append(", ".join(sorted({type(each).__qualname__ for each in found})))
    return chain


def sockets() -> int:
    """Return the number of open files and sockets of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


def grown(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers that have grown; sockets and timers may vary slightly."""
    slack = {"sockets": 3, "timers": 5, "number of tasks": 2}
    return {
        name: (before.get(name), value)
        for name, value in after.items()
        if (value > before.get(name, 0) + slack.get(name, 0) if isinstance(value, int) else value != before.get(name))
    }


@pytest.mark.timeout(100)
async def test_fifty_reloads_leave_nothing_behind(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """No task, timer, listener, socket or file remains, even if a reload interrupts a setup."""
    sim.household(household_of_two(), domain="amazon.com")
    await set_up(hass, config_entry)
    for _ in range(3):
        await hass.config_entries.async_reload(config_entry.entry_id)
    await until(hass, lambda: config_entry.runtime_data.push.up)
    before = held(hass)
    for count in range(RELOADS):
        assert await hass.config_entries.async_reload(config_entry.entry_id)
        assert config_entry.state is ConfigEntryState.LOADED
        if count % 3 == 0:
            await until(hass, lambda: config_entry.runtime_data.push.up)
    await until(hass, lambda: config_entry.runtime_data.push.up)
    await until(hass, lambda: not grown(before, held(hass)))
    assert await hass.config_entries.async_unload(config_entry.entry_id)
    await until(hass, lambda: not held(hass)["tasks"])


@pytest.mark.timeout(60)
async def test_removals_leave_no_session(hass: HomeAssistant, sim: ControlClient, entry_data: dict[str, Any]) -> None:
    """Adding and removing an account repeatedly leaves no session and no socket."""
    sizes: list[dict[str, Any]] = []
    for _ in range(6):
        sim.household(household_of_two(), domain="amazon.com")
        entry = MockConfigEntry(
            domain=DOMAIN, version=2, unique_id=entry_data["customer_id"], title="x", data=entry_data
        )
        entry.add_to_hass(hass)
        await set_up(hass, entry)
        await hass.config_entries.async_remove(entry.entry_id)
        await hass.async_block_till_done()
        del entry
        sizes.append(held(hass))
    await until(hass, lambda: not grown(sizes[1], held(hass)))
