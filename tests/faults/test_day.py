"""A day of random faults and changes, in a minute: at its end everything is right again."""

import asyncio
from collections.abc import Callable
import os
import random
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import Household, state_of

from .failures import DIRECTIVES, EVERY, FAULTS, Drive, Table, rule_of, secrets_of, watching

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
"""Another day: DAY_SEED=1 scripts/test tests/faults/test_day.py."""


class Day:
    """What may happen on a day, by chance that can be repeated."""

    def __init__(self, table: Table, seed: int) -> None:
        """Begin with a seed."""
        self._table = table
        self._chance = random.Random(seed)
        self._spoken = 0
        self.log: list[str] = []

    def _note(self, what: str) -> None:
        self.log.append(what)

    def _fault(self) -> None:
        """Spoil an endpoint's answers for some minutes."""
        endpoint, fault = self._chance.choice(EVERY), self._chance.choice(list(FAULTS))
        seconds = self._chance.choice((30, 300, 1800))
        self._note(f"{endpoint.name}: {fault} for {seconds} s")
        self._table.sim.fault(**rule_of(endpoint, fault), seconds=seconds)

    def _stream(self) -> None:
        """Spoil the stream."""
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
        """Let the tokens expire before their time."""
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
        """Let an Echo speak: it does, or the caller is told; never neither."""
        name = self._chance.choice(list(NAMES))
        entity_id = f"notify.{NAMES[name]}_speak"
        if state_of(self._table.hass, entity_id).state == "unavailable":
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

    async def live(self) -> None:
        """Live through the day."""
        what: list[Callable[[], Any]] = [self._fault] * 6 + [self._change] * 6 + [self._stream] * 2
        what += [self._token, self._speak, self._speak]
        for step in range(HOURS * 3600 // STEP):
            await self._table.drive.tick(STEP)
            if step % 3 == 0:
                self._table.sim.reset_ledger()
                await self._table.drive.settle()
                if (done := self._chance.choice(what)()) is not None:
                    await done


@pytest.mark.timeout(115)
async def test_a_day_of_faults(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    config_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """No exception and no secret in the log, no entity lost, and at last what is shown is what is true."""
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
