"""Tests of the events of alarms, timers and reminders over a series of reads."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.model.devices import Notification, NotificationStatus, NotificationType
from custom_components.alexa_media.coordinator.alarm_watch import EVENT_TYPES
from custom_components.alexa_media.coordinator.echo_events import EchoEvent, async_listen
from tests.conftest import fire_due
from tests.platforms.test_sensor import notification

pytestmark = pytest.mark.platforms("event")

SERIAL: Final = "G0SIM00KITCHEN01"
ON, OFF, PAUSED, SNOOZED = (
    NotificationStatus.ON,
    NotificationStatus.OFF,
    NotificationStatus.PAUSED,
    NotificationStatus.SNOOZED,
)
ALARM, MUSIC, TIMER, REMINDER = (
    NotificationType.ALARM,
    NotificationType.MUSIC_ALARM,
    NotificationType.TIMER,
    NotificationType.REMINDER,
)
GONE: Final = None
SAME: Final[dict[str, Any]] = {}

type Step = tuple[int, dict[str, Any] | None]
"""Seconds since the start, and the changes at that time (times in seconds); ``GONE`` if it is no longer listed."""

LIVES: Final[dict[str, tuple[NotificationType, dict[str, Any], list[Step], list[str]]]] = {
    "snoozed-twice": (
        ALARM,
        {"alarm_time": 10},
        [
            (11, {"version": "2", "rang": 10}),
            (15, {"version": "3", "status": SNOOZED, "snoozed_to": 60}),
            (61, {"version": "4", "status": ON, "alarm_time": 60, "rang": 60, "snoozed_to": None}),
            (65, {"version": "5", "status": SNOOZED, "snoozed_to": 120}),
            (121, SAME),
            (130, {"version": "6", "status": OFF, "snoozed_to": None}),
        ],
        ["alarm_ringing", "alarm_snoozed", "alarm_ringing", "alarm_snoozed", "alarm_ringing", "alarm_dismissed"],
    ),
    "moved-on-to-tomorrow": (
        ALARM,
        {"alarm_time": 10},
        [(2, {"version": "2", "alarm_time": 20}), (21, SAME), (30, {"version": "3", "alarm_time": 86_420})],
        ["alarm_ringing", "alarm_dismissed"],
    ),
    "music-alarm": (
        MUSIC,
        {"alarm_time": 10},
        [(11, SAME), (20, {"version": "2", "status": OFF})],
        ["alarm_ringing", "alarm_dismissed"],
    ),
    "moved-before-it-rings": (
        ALARM,
        {"alarm_time": 10},
        [(5, {"version": "2", "alarm_time": 100}), (50, SAME), (101, SAME)],
        ["alarm_ringing"],
    ),
    "off-and-on-again": (
        ALARM,
        {"alarm_time": 10},
        [(2, {"status": OFF, "version": "2"}), (4, {"status": ON, "version": "3"}), (11, SAME), (12, SAME)],
        ["alarm_ringing"],
    ),
    "off-before": (ALARM, {"alarm_time": 10}, [(5, {"status": OFF, "version": "2"}), (20, SAME)], []),
    "deleted-before": (ALARM, {"alarm_time": 10}, [(5, GONE), (20, GONE)], []),
    "deleted-while-ringing": (
        ALARM,
        {"alarm_time": 10},
        [(11, SAME), (20, GONE)],
        ["alarm_ringing", "alarm_dismissed"],
    ),
    "deleted-long-after": (ALARM, {"alarm_time": 10}, [(11, SAME), (7200, SAME), (7300, GONE)], ["alarm_ringing"]),
    "reminder": (
        REMINDER,
        {"alarm_time": 10},
        [(11, {"version": "2"}), (20, {"version": "3", "status": OFF})],
        ["reminder_ringing"],
    ),
    "reminder-snoozed": (
        REMINDER,
        {"alarm_time": 10},
        [(11, SAME), (12, {"status": SNOOZED, "snoozed_to": 30, "version": "2"}), (31, SAME), (40, GONE)],
        ["reminder_ringing", "reminder_snoozed", "reminder_ringing"],
    ),
    "timer": (TIMER, {"trigger_time": 10}, [(5, SAME), (11, SAME), (12, GONE)], ["timer_ringing"]),
    "timer-gone-a-second-early": (TIMER, {"trigger_time": 10}, [(9, GONE), (20, GONE)], ["timer_ringing"]),
    "timer-cancelled": (TIMER, {"trigger_time": 10}, [(5, GONE), (20, GONE)], ["timer_cancelled"]),
    "timer-switched-off": (TIMER, {"trigger_time": 10}, [(5, {"status": OFF}), (7, GONE)], ["timer_cancelled"]),
    "timer-paused": (
        TIMER,
        {"trigger_time": 10},
        [
            (5, {"status": PAUSED, "trigger_time": None, "remaining": 5.0}),
            (30, SAME),
            (40, {"status": ON, "trigger_time": 45, "remaining": None}),
            (46, SAME),
            (47, GONE),
        ],
        ["timer_paused", "timer_resumed", "timer_ringing"],
    ),
    "timer-cancelled-while-paused": (
        TIMER,
        {"trigger_time": 10},
        [(5, {"status": PAUSED, "trigger_time": None, "remaining": 5.0}), (30, GONE)],
        ["timer_paused", "timer_cancelled"],
    ),
    "timer-extended": (
        TIMER,
        {"trigger_time": 10},
        [(5, {"trigger_time": 100, "version": "2"}), (50, SAME), (101, SAME), (102, GONE)],
        ["timer_ringing"],
    ),
    "timer-restarted-after-it-rang": (
        TIMER,
        {"trigger_time": 10},
        [(11, SAME), (15, {"trigger_time": 75, "version": "2"}), (76, SAME), (80, GONE)],
        ["timer_ringing", "timer_ringing"],
    ),
}


def hear(hass: HomeAssistant) -> tuple[list[str], Callable[[], None]]:
    """Return a list that collects the events of one Echo, and a function that ends this."""
    heard: list[str] = []

    @callback
    def listen(event: EchoEvent) -> None:
        # Other Echos of the household have alarms too.
        if event.serial == SERIAL:
            heard.append(event.kind)

    return heard, async_listen(hass, EVENT_TYPES, listen)


def _changed(item: Notification, values: dict[str, Any], start: datetime) -> Notification:
    """Return a notification with changes, whose times are in seconds since the start."""
    times = ("alarm_time", "trigger_time", "snoozed_to", "rang")
    moved: dict[str, Any] = {
        key: start + timedelta(seconds=value) if key in times and value is not None else value
        for key, value in values.items()
    }
    return replace(item, **moved)


async def test_each_change_fires_one_event(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, subtests: pytest.Subtests
) -> None:
    """Events fire in order, even if a change is read in the same second."""
    for life in LIVES:
        with subtests.test(life):
            assert await _events_of(hass, entry, freezer, life) == LIVES[life][3]


async def _events_of(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, life: str
) -> list[str]:
    """Return the events of a life, which begins a day after the last one."""
    kind, begin, steps, _ = LIVES[life]
    start = dt_util.utcnow().replace(microsecond=0) + timedelta(days=1)
    freezer.move_to(start)
    item = replace(notification(SERIAL, kind, version="1", created=start - timedelta(days=1)), notification_id=life)
    item = _changed(item, begin, start)
    alarms = entry.runtime_data.notifications
    alarms.async_apply({SERIAL: (item,)})
    heard, stop = hear(hass)
    for seconds, values in steps:
        for early in (seconds - 1, seconds):
            freezer.move_to(start + timedelta(seconds=early))
            if early == seconds:
                item = item if values is None else _changed(item, values, start)
                alarms.async_apply({SERIAL: () if values is None else (item,)})
            fire_due(hass)
            await hass.async_block_till_done()
    stop()
    alarms.async_apply({SERIAL: ()})
    await hass.async_block_till_done()
    return heard


async def test_a_snoozed_notification_of_an_unknown_type_does_not_hold_up_an_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    start = dt_util.utcnow().replace(microsecond=0)
    freezer.move_to(start)
    unknown = notification(SERIAL, NotificationType.UNKNOWN, version="1", status=SNOOZED)
    alarm = notification(SERIAL, ALARM, version="1", alarm_time=start + timedelta(seconds=20))
    items = (
        replace(unknown, notification_id="unknown", snoozed_to=start + timedelta(seconds=10)),
        replace(alarm, notification_id="alarm"),
    )
    entry.runtime_data.notifications.async_apply({SERIAL: items})
    heard, stop = hear(hass)
    for seconds in (11, 21):
        freezer.move_to(start + timedelta(seconds=seconds))
        fire_due(hass)
        await hass.async_block_till_done()
    stop()
    assert heard == ["alarm_ringing"]


@pytest.mark.parametrize("first", ["timer", "new time zone"])
async def test_all_alarms_ring_if_the_timer_is_late(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, first: str
) -> None:
    """Three alarms within ten seconds ring, even if the event loop was busy or the computer suspended meanwhile."""
    start = dt_util.utcnow().replace(microsecond=0)
    freezer.move_to(start)
    runtime = entry.runtime_data
    items = tuple(
        replace(
            notification(SERIAL, kind, version="1", created=start - timedelta(days=1)),
            notification_id=str(seconds),
            alarm_time=start + timedelta(seconds=seconds),
            trigger_time=start + timedelta(seconds=seconds),
        )
        for seconds, kind in ((20, TIMER), (12, ALARM), (10, REMINDER))
    )
    runtime.notifications.async_apply({SERIAL: items})
    heard, stop = hear(hass)
    freezer.move_to(start + timedelta(seconds=25))
    if first == "new time zone":
        # the devices are read in the moment in which the timer is due
        runtime.devices.async_update_listeners()
    fire_due(hass)
    await hass.async_block_till_done()
    stop()
    assert heard == ["reminder_ringing", "alarm_ringing", "timer_ringing"]


@pytest.mark.parametrize("minutes", [(15,), (30, -15)], ids=["suspended", "ahead for a while"])
async def test_an_alarm_rings_at_its_time_after_the_clock_was_set(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    minutes: tuple[int, ...],
) -> None:
    """The clock of the event loop, on which timers run, does not advance with the system's clock."""

    async def advance(seconds: int) -> None:
        freezer.tick(seconds)
        fire_due(hass)
        await hass.async_block_till_done()

    start = dt_util.utcnow().replace(microsecond=0)
    freezer.move_to(start)
    await advance(60)
    alarm = notification(SERIAL, ALARM, version="1", created=start - timedelta(days=1))
    entry.runtime_data.notifications.async_apply({SERIAL: (replace(alarm, alarm_time=start + timedelta(minutes=17)),)})
    heard, stop = hear(hass)
    frozen = hass.loop.time
    for total in accumulate(minutes):
        freezer.move_to(start + timedelta(minutes=total))
        monkeypatch.setattr(hass.loop, "time", lambda total=total: frozen() - total * 60)
        await advance(60)
    assert heard == []
    while dt_util.utcnow() < start + timedelta(minutes=18):
        await advance(30)
    stop()
    assert heard == ["alarm_ringing"]
