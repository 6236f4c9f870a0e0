"""Tests of days with random faults and changes: at the end, all states are correct and memory has not grown."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
import logging
import os
import random
import sys
import tracemalloc
from typing import Any, cast, override

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.account.backend import AccountBackend
from tests.conftest import Household, state_of

from .failures import (
    DIRECTIVES,
    EVERY,
    FAULTS,
    Drive,
    Table,
    Watch,
    rule_of,
    secrets_of,
    watching,
    without_stored_log,
)
from .test_leaks import grown, held, keepers

HOURS = 24
STEP = 120
NAMES = {
    "Kitchen Show": "kitchen_show",
    "Living Room Studio": "living_room_studio",
    "Bedroom Dot": "bedroom_dot",
    "Office Spot": "office_spot",
    "Garage Echo": "garage_echo",
}

SEED = int(os.environ.get("DAY_SEED", "20261121"))
"""Seed of the day; run another one with DAY_SEED=1 scripts/test tests/faults/test_day.py."""

SOAK_DAYS = int(os.environ.get("SOAK_DAYS", "0"))
"""Number of whole days, set by ``scripts/soak``; the default is two short days."""

MOST_GROWTH = 2_000_000
"""Maximum growth of the memory after the first day in bytes."""

MORE_TIMERS = 15
"""Maximum difference between the numbers of polls and back-offs at the ends of two days."""


class Day:
    """Random events of a day, repeatable by seed."""

    def __init__(self, table: Table, seed: int) -> None:
        """Initialize with a seed."""
        self._table = table
        self._chance = random.Random(seed)
        self._spoken = 0
        self.log: list[str] = []

    def _note(self, what: str) -> None:
        self.log.append(what)

    def _fault(self) -> None:
        """Alter the responses of an endpoint for some minutes."""
        endpoint, fault = self._chance.choice(EVERY), self._chance.choice(list(FAULTS))
        seconds = self._chance.choice((30, 300, 1800))
        self._note(f"{endpoint.name}: {fault} for {seconds} s")
        self._table.sim.fault(**rule_of(endpoint, fault), seconds=seconds)

    def _stream(self) -> None:
        """Disturb the stream."""
        rules: list[dict[str, Any]] = [
            {"close_stream": True},
            {"silent_stream": 900},
            {"path": DIRECTIVES, "status": 503, "seconds": 600},
            {"path": DIRECTIVES, "cut": "before", "seconds": 300},
            {"path": "/ping", "status": 403, "times": 2},
        ]
        rule = self._chance.choice(rules)
        self._note(f"stream: {rule}")
        self._table.sim.fault(**rule)

    def _token(self) -> None:
        """Expire the tokens early."""
        self._note("tokens expire")
        self._table.sim.fault(expire_tokens=True)

    def _change(self) -> None:
        """Change something at an Echo."""
        name = self._chance.choice(list(NAMES))
        changes: list[dict[str, Any]] = [
            {"volume": self._chance.randrange(101), "muted": False},
            {"dnd": self._chance.random() < 0.5},
            {"online": self._chance.random() < 0.7},
        ]
        change = self._chance.choice(changes)
        self._note(f"{name}: {change}")
        self._table.household.change(name, **change)

    async def _speak(self) -> None:
        """Speak on an Echo; the text must be spoken, or an error raised."""
        name = self._chance.choice(list(NAMES))
        entity_id = f"notify.{NAMES[name]}_speak"
        is_online = self._table.household.device(name)["online"]
        # A pushed volume makes an Echo available, although the cloud still considers it offline.
        if state_of(self._table.hass, entity_id).state == "unavailable" or not is_online:
            return
        self._spoken += 1
        text = f"sentence {self._spoken}"
        self._note(f"{name} says {text}")
        task = asyncio.create_task(
            self._table.hass.services.async_call(
                "notify", "send_message", {"entity_id": entity_id, "message": text}, blocking=True
            )
        )
        await self._table.drive.settle(task.done)
        try:
            await task
        except HomeAssistantError as err:
            self._note(f"refused: {err.translation_key}")
        else:
            assert text in [spoken["text"] for spoken in self._table.sim.spoken()], self.log[-5:]

    def may_happen(self) -> list[Callable[[], Any]]:
        """Return the possible events; the number of times an event occurs in the list is its weight."""
        what: list[Callable[[], Any]] = [self._fault] * 6 + [self._change] * 6 + [self._stream] * 2
        return [*what, self._token, self._speak, self._speak]

    async def live(self, hours: int = HOURS) -> None:
        """Run the day with its random events."""
        what = self.may_happen()
        for step in range(hours * 3600 // STEP):
            await self._table.drive.tick(STEP)
            if step % 3 == 0:
                self._table.sim.reset_ledger()
                await self._table.drive.settle()
                if (done := self._chance.choice(what)()) is not None:
                    await done


class SoakDay(Day):
    """A day on which Home Assistant also stops and clocks jump."""

    @override
    def may_happen(self) -> list[Callable[[], Any]]:
        """Return the possible events; the number of times an event occurs in the list is its weight."""
        return [*super().may_happen() * 2, self._reload, self._stop, self._suspend, self._set_clock_back, self._flood]

    async def _do(self, operation: Coroutine[Any, Any, object]) -> None:
        """Run an operation until it is finished; requests that hang reach their time limits."""
        task = asyncio.create_task(operation)
        await self._table.drive.settle(task.done)
        await task

    async def _reload(self) -> None:
        """Reload the entry while pushes arrive."""
        self._note("reload")
        self._change()
        await self._do(self._table.hass.config_entries.async_reload(self._table.entry.entry_id))

    async def _stop(self) -> None:
        """Stop the entry, like a stop of Home Assistant, for some minutes."""
        self._note("stop")
        manager, entry_id = self._table.hass.config_entries, self._table.entry.entry_id
        await self._do(manager.async_unload(entry_id))
        await self._table.drive.tick(self._chance.choice((5, 600, 7200)))
        await self._do(manager.async_setup(entry_id))

    async def _suspend(self) -> None:
        """Let eight hours pass while this computer is suspended."""
        self._note("eight hours of sleep")
        await self._table.drive.tick(8 * 3600)
        await self._table.drive.settle()

    def _set_clock_back(self) -> None:
        """Set the clock back by an hour; Amazon's clock is then ahead, and tokens expire earlier than expected."""
        self._note("clock set back")
        self._table.sim.advance(3600)

    def _flood(self) -> None:
        """Change all Echos at once."""
        self._note("flood")
        for _ in range(5):
            self._change()


class Judge:
    """Checks what a day leaves behind: lines in the log, and objects in memory."""

    def __init__(self, table: Table, secrets: tuple[str, ...]) -> None:
        """Initialize without a first day for comparison."""
        self._table = table
        self._secrets = secrets
        self._first: dict[str, Any] | None = None
        self._first_memory = 0

    def log(self, watch: Watch) -> list[str]:
        """Return the lines of a day's log that a user cannot act on, and clear the log."""
        problems = [text for text in watch.problems(self._secrets) if not text.startswith("logged ")]
        for record in watch.records:
            message = record.getMessage()
            # Home Assistant reports once per outage that a topic cannot be read.
            if record.levelno >= logging.ERROR and not message.startswith("Error fetching alexa_media"):
                problems.append(f"{record.name}: {message}")
            # pytest keeps log records, whose exceptions would keep whole accounts in memory
            record.msg, record.args, record.exc_info = message, None, None
        watch.records.clear()
        return problems

    def growth(self) -> dict[str, Any]:
        """Return the numbers that have grown since the first day; ``memory`` is in bytes."""
        # The test plugin's storage keeps everything that was ever written.
        for method in (Store._async_load, Store._async_write_data):
            cast("Any", method).reset_mock()
        now = held(self._table.hass)
        memory = tracemalloc.get_traced_memory()[0]
        if self._first is None:
            self._first, self._first_memory = now, memory
        more = grown(self._first, now)
        if "backends" in more:
            more["kept by"] = keepers(AccountBackend, self._table.entry.runtime_data.backend)
        if now["timers"] <= self._first["timers"] + MORE_TIMERS:
            more.pop("timers", None)
        # Without SOAK_DAYS, pytest keeps the log of the days.
        if SOAK_DAYS and memory - self._first_memory > MOST_GROWTH:
            more["memory"] = memory - self._first_memory
        counts = f"{now['number of tasks']} tasks, {now['timers']} timers, {sum(now['listeners'].values())} listeners"
        sys.stdout.write(f"memory {memory / 1e6:.2f} MB, {counts}, {now['sockets']} sockets and files\n")
        return more


@pytest.mark.timeout(0 if SOAK_DAYS else 110)
async def test_days_leave_nothing_behind(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    config_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """After each day everything has recovered and nothing has grown.

    The log contains only lines that a user can act on.
    """
    # The days include the start or the end of daylight saving time, depending on the seed.
    begin = datetime(2027, 3, 13, 20, tzinfo=UTC) if SEED % 2 else datetime(2027, 11, 6, 20, tzinfo=UTC)
    ahead = (begin - datetime.now(UTC)).total_seconds()
    drive = Drive(hass, sim, freezer, config_entry)
    freezer.tick(ahead)
    sim.advance(ahead)
    hass.loop.set_debug(False)
    if SOAK_DAYS:
        # Before the first setup, so that objects that a reload replaces are counted.
        tracemalloc.start(1)
    table = Table(hass, sim, household, config_entry, drive)
    try:
        with without_stored_log(), watching() as watch:
            await table.set_up()
            await drive.settle()
            judge = Judge(table, secrets_of(config_entry, household))
            for number in range(SOAK_DAYS or 2):
                day = SoakDay(table, SEED + 1000 * number)
                await day.live(HOURS if SOAK_DAYS else 3)
                await _until_whole(table)
                assert table.is_whole(), f"{SEED}, {number}, {table._ailing()}, {day.log[-20:]}"
                assert (problems := judge.log(watch)) == [], (SEED, number, problems[:5], day.log[-20:])
                assert (more := judge.growth()) == {}, (SEED, number, more, day.log[-20:])
    finally:
        tracemalloc.stop()
    assert hass.config_entries.flow.async_progress() == []
    await hass.config_entries.async_unload(config_entry.entry_id)


async def _until_whole(table: Table) -> None:
    """End all faults, and let the account recover and renew its stream."""
    table.sim.clear_faults()
    table.sim.fault(silent_stream=0)
    for name in NAMES:
        table.household.change(name, online=True)
    table.usable = frozenset()
    for minute in range(10):
        await table.drive.tick(60)
        # A stalled stream counts as down until a directive arrives.
        table.household.change("Kitchen Show", volume=20 + minute)
        # Pending requests have to be answered before the next minute, because a minute is longer than their time limit.
        await table.drive.settle()
    await table.recover()


@pytest.mark.timeout(115)
async def test_a_day_of_faults(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    config_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """There is no exception and no secret in the log, no entity is lost, and all states are correct at the end."""
    drive = Drive(hass, sim, freezer, config_entry)
    table = Table(hass, sim, household, config_entry, drive)
    await table.set_up()
    await drive.settle()
    entities = set(hass.states.async_entity_ids())
    day = Day(table, SEED)
    with watching() as watch:
        await day.live()
        assert set(hass.states.async_entity_ids()) == entities, day.log
        sim.clear_faults()
        sim.fault(silent_stream=0)
        for name in NAMES:
            household.change(name, online=True)
        table.usable = frozenset()
        await table.recover()
    assert table.is_whole(), (SEED, table._ailing(), day.log[-20:])
    for coordinator in config_entry.runtime_data.coordinators:
        task = asyncio.create_task(coordinator.async_refresh())
        await drive.settle(task.done)
    problems = [text for text in watch.problems(secrets_of(config_entry, household)) if not text.startswith("logged ")]
    assert problems == [], (SEED, problems[:5], day.log)
    for name, key in NAMES.items():
        device = household.device(name)
        shown = state_of(hass, f"media_player.{key}")
        assert shown.state in ("idle", "paused", "playing"), (SEED, name)
        assert shown.attributes["volume_level"] == device["volume"] / 100, (SEED, name)
        assert state_of(hass, f"switch.{key}_do_not_disturb").state == ("on" if device["dnd"] else "off"), (SEED, name)
    assert config_entry.state is ConfigEntryState.LOADED
    assert hass.config_entries.flow.async_progress() == []
    await hass.config_entries.async_unload(config_entry.entry_id)
