"""Tests of alarms, timers and reminders that are due, or changed, while an account is reloaded."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
import time
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ConfigEntryNotReady
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator.echo_events import async_listen
from tests.conftest import Clock, Household, set_up, state_of

pytestmark = pytest.mark.platforms("event", "media_player", "number", "sensor")

BEDROOM = "media_player.bedroom_dot"
EVENT = "event.bedroom_dot_alarm_timer_or_reminder"
KINDS = ("alarm_rings", "alarm_ended", "reminder", "timer_finishes", "timer_changed")


@dataclass(slots=True)
class Home:
    """An account with an automation that fires an event for each trigger about alarms."""

    hass: HomeAssistant
    sim: ControlClient
    household: Household
    clock: Clock
    entry: MockConfigEntry
    events: list[Event[Any]]

    @property
    def triggered(self) -> list[str]:
        """Return the triggers that fired."""
        return [event.data["id"] for event in self.events]

    async def act(self, action: str, **data: Any) -> Any:
        """Call an action and return its response."""
        return await self.hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)

    async def create(self, action: str = "create_alarm", **data: Any) -> str:
        """Create an alarm that is due in 70 s; return its id."""
        at = (dt_util.now() + timedelta(seconds=70)).replace(microsecond=0)
        alarm: str = (await self.act(action, entity_id=BEDROOM, at=at, **data))["id"]
        await self.clock.settle()
        return alarm

    def change(self, alarm: str, fields: dict[str, Any] | None) -> None:
        """Change an alarm in the cloud, like a person at the Echo."""
        for customer_id, account in self.household.accounts.items():
            for key in account["notifications"]:
                if alarm.endswith(key):
                    self.sim.patch_state({"accounts": {customer_id: {"notifications": {key: fields}}}})

    def skip(self, seconds: float) -> None:
        """Advance both clocks without running what is due in Home Assistant."""
        self.clock.freezer.tick(seconds)
        self.sim.advance(seconds)

    async def unload(self) -> None:
        """Unload the account."""
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)

    async def set_up(self) -> None:
        """Set up the account again."""
        task = asyncio.create_task(set_up(self.hass, self.entry))
        before: tuple[int, list[str]] | None = None
        for _ in range(2000):
            await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.01)
            if task.done():
                break
            # Failed reads are repeated after pauses of the frozen clock, which a busy machine must not prolong.
            now = self.sim.progress()
            if now == before:
                self.skip(0.1)
                async_fire_time_changed(self.hass)
            before = now
        await task
        await self.clock.settle()

    @property
    def shown(self) -> Any:
        """Return the last event of the bedroom's event entity."""
        return state_of(self.hass, EVENT).attributes["event_type"]

    @property
    def is_ringing(self) -> bool:
        """Return whether an alarm rings in the bedroom."""
        return bool(self.entry.runtime_data.alarm_watch.ringing(self.household.serial("Bedroom Dot")))


@pytest.fixture
async def home(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> Home:
    """Return a loaded account in which no other alarm is due."""
    household.turn_off_alarms()
    await set_up(hass, config_entry)
    await clock.settle()
    triggers = [{"trigger": f"{DOMAIN}.{kind}", "id": kind} for kind in KINDS]
    actions = [{"event": "triggered", "event_data_template": {"id": "{{ trigger.id }}"}}]
    config = {"alias": "test", "mode": "queued", "triggers": triggers, "actions": actions}
    assert await async_setup_component(hass, "automation", {"automation": [config]})
    return Home(hass, sim, household, clock, config_entry, async_capture_events(hass, "triggered"))


@pytest.mark.parametrize(
    ("action", "kind", "shown"),
    [("create_alarm", "alarm_rings", "alarm_ringing"), ("create_reminder", "reminder", "reminder_ringing")],
)
@pytest.mark.parametrize("marked", [True, False], ids=["marked", "not-marked"])
async def test_what_is_due_during_a_reload_rings_once(
    home: Home, action: str, kind: str, shown: str, marked: bool
) -> None:
    """The automation runs once, and the event entity shows it, whether or not Amazon says when it rang."""
    alarm = await home.create(action, **({"message": "bins"} if kind == "reminder" else {}))
    await home.clock.advance(60, 60)
    await home.unload()
    home.skip(15)
    if not marked:
        home.change(alarm, {"lastOccurrenceTimeInMilli": None})
    await home.set_up()
    assert (home.triggered, home.shown) == ([kind], shown)
    await home.unload()
    await home.set_up()
    assert home.triggered == [kind]


async def test_the_end_of_an_alarm_is_noticed_after_a_reload(home: Home) -> None:
    await home.create()
    await home.clock.advance(75, 75)
    await home.unload()
    await home.set_up()
    assert home.is_ringing
    await home.act("stop_alarm", entity_id=BEDROOM)
    await home.clock.settle()
    assert home.triggered == ["alarm_rings", "alarm_ended"]
    assert home.shown == "alarm_dismissed"


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        pytest.param({"status": "OFF"}, "alarm_dismissed", id="dismissed"),
        pytest.param(None, "alarm_dismissed", id="deleted"),
        pytest.param({"status": "SNOOZED"}, "alarm_snoozed", id="snoozed"),
    ],
)
async def test_a_ringing_alarm_that_changes_during_a_reload_no_longer_rings(
    home: Home, fields: dict[str, Any] | None, shown: str
) -> None:
    alarm = await home.create()
    await home.clock.advance(75, 75)
    await home.unload()
    home.skip(5)
    home.change(alarm, fields and {**fields, "version": "50"})
    await home.set_up()
    assert (home.triggered, home.shown, home.is_ringing) == (["alarm_rings", "alarm_ended"], shown, False)


async def test_an_alarm_that_rings_and_is_dismissed_during_a_reload_has_both_events(home: Home) -> None:
    alarm = await home.create()
    await home.unload()
    home.skip(75)
    home.change(alarm, {"status": "OFF", "version": "50"})
    await home.set_up()
    assert (home.triggered, home.is_ringing) == (["alarm_rings", "alarm_ended"], False)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"status": "OFF"}, id="turned-off"),
        pytest.param(None, id="deleted"),
        pytest.param({"originalTime": "04:03:02.000"}, id="moved"),
    ],
)
async def test_an_alarm_that_changes_before_it_is_due_does_not_ring(home: Home, fields: dict[str, Any] | None) -> None:
    alarm = await home.create()
    await home.unload()
    home.change(alarm, fields)
    home.skip(75)
    await home.set_up()
    assert (home.triggered, home.is_ringing) == ([], False)


async def test_nothing_rings_when_an_account_is_enabled_hours_later(home: Home) -> None:
    alarm = await home.create(weekdays=["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
    await home.unload()
    home.skip(75)
    home.change(alarm, {"status": "ON", "version": "50"})
    home.skip(1800)
    await home.set_up()
    assert not home.is_ringing
    home.change(alarm, {"originalTime": "04:03:02.000", "version": "60"})
    await home.clock.advance(30, 30)
    assert home.triggered == []


async def test_a_timer_that_is_gone_after_minutes_has_not_finished(home: Home) -> None:
    """Amazon removes a finished timer like a canceled one; only after a short reload is it known to have finished."""
    bread = next(k for a in home.household.accounts.values() for k, i in a["notifications"].items() if i["timerLabel"])
    home.change(bread, {"remainingTime": 300_000})
    await home.clock.settle()
    home.events.clear()
    await home.unload()
    home.skip(60)
    home.change(bread, None)
    home.skip(400)
    await home.set_up()
    assert "timer_finishes" not in home.triggered


@pytest.mark.parametrize("seconds", [60, 75], ids=["due-in-the-reload", "rings-already"])
async def test_an_alarm_rings_if_the_alarms_cannot_be_read_after_a_reload(home: Home, seconds: int) -> None:
    """What was known before the reload stays known; no timer counts as new."""
    await home.create()
    await home.clock.advance(seconds, seconds)
    await home.unload()
    home.sim.fault(path="/api/notifications", method="GET", status=503)
    home.skip(15)
    await home.set_up()
    home.sim.clear_faults()
    await home.entry.runtime_data.notifications.async_refresh()
    await home.clock.settle()
    assert (home.triggered, home.is_ringing) == (["alarm_rings"], True)


async def _unload_slowly(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unload the account; the alarm is due after its entities are gone and before the unload ends."""
    unload = home.hass.config_entries.async_unload_platforms

    async def slow(*args: Any) -> bool:
        is_unloaded = await unload(*args)
        home.skip(15)
        async_fire_time_changed(home.hass)
        return is_unloaded

    with monkeypatch.context() as patch:
        patch.setattr(home.hass.config_entries, "async_unload_platforms", slow)
        await home.unload()


async def _fail_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unload the account; its next setup fails after the alarms have been read."""
    await home.unload()
    home.skip(15)

    async def fail(*_args: Any) -> None:
        raise ConfigEntryNotReady

    with monkeypatch.context() as patch:
        patch.setattr(home.hass.config_entries, "async_forward_entry_setups", fail)
        await home.hass.config_entries.async_setup(home.entry.entry_id)
    assert home.entry.state is ConfigEntryState.SETUP_RETRY
    await home.hass.config_entries.async_unload(home.entry.entry_id)


@pytest.mark.parametrize("disturb", [_unload_slowly, _fail_once])
async def test_the_event_entity_shows_an_alarm_that_was_due_without_it(
    home: Home, monkeypatch: pytest.MonkeyPatch, disturb: Callable[[Home, pytest.MonkeyPatch], Awaitable[None]]
) -> None:
    await home.create()
    await home.clock.advance(60, 60)
    await disturb(home, monkeypatch)
    await home.set_up()
    assert (home.triggered, home.shown) == (["alarm_rings"], "alarm_ringing")


@pytest.mark.parametrize("reloaded", [True, False], ids=["reload", "late-timer"])
async def test_the_volume_of_an_alarm_is_set_late_rather_than_never(home: Home, reloaded: bool) -> None:
    alarm = await home.create()
    await home.hass.services.async_call(
        DOMAIN, "set_alarm_volume", {"notification_id": alarm, "volume": 0.9}, blocking=True
    )
    await home.clock.settle()
    await home.clock.advance(50, 50)
    if reloaded:
        await home.unload()
    assert home.household.device("Bedroom Dot")["alertVolume"] != 90
    home.skip(25)
    if reloaded:
        await home.set_up()
    else:
        home.entry.runtime_data.devices.async_update_listeners()
        async_fire_time_changed(home.hass)
        await home.clock.settle()
    assert home.household.device("Bedroom Dot")["alertVolume"] == 90


@pytest.mark.parametrize("raises", [True, False], ids=["raises", "returns-false"])
async def test_alarms_are_reported_after_an_unload_that_failed(
    home: Home, monkeypatch: pytest.MonkeyPatch, raises: bool
) -> None:
    """The account runs on then, so the events must not be held any longer."""

    async def fail(*_args: Any) -> bool:
        if raises:
            raise LookupError("planted")
        return False

    await home.create()
    with monkeypatch.context() as patch:
        patch.setattr(home.hass.config_entries, "async_unload_platforms", fail)
        assert not await home.hass.config_entries.async_unload(home.entry.entry_id)
    assert home.entry.state is ConfigEntryState.FAILED_UNLOAD
    await home.clock.advance(75, 5)
    assert home.triggered == ["alarm_rings"]
    home.entry.mock_state(home.hass, ConfigEntryState.LOADED)
    await home.unload()


@pytest.mark.parametrize("of", ["watch", "triggers"])
async def test_a_listener_that_raises_does_not_silence_the_next_alarm(
    home: Home, caplog: pytest.LogCaptureFixture, of: str
) -> None:
    """Neither the listeners after it nor later alarms."""

    def fail(_event: object) -> None:
        raise ValueError

    await home.create()
    if of == "watch":
        remove = home.entry.runtime_data.alarm_watch.async_add_listener(None, fail)
    else:
        remove = async_listen(home.hass, ["alarm_ringing"], fail)
        # call it before the triggers of the automation
        listeners = home.hass.data["alexa_media_echo_events"]["alarm_ringing"]
        listeners.insert(0, listeners.pop())
    await home.clock.advance(75, 75)
    remove()
    assert "Unexpected exception in a listener" in caplog.text
    caplog.clear()
    await home.act("stop_alarm", entity_id=BEDROOM)
    await home.create()
    await home.clock.advance(75, 75)
    assert home.triggered == ["alarm_rings", "alarm_ended", "alarm_rings"]
