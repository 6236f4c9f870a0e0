"""The next alarm, timer and reminder, against the simulated cloud."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed

from alexa_sim.client import ControlClient
from custom_components.alexa_media.models import Notification, NotificationStatus, NotificationType

from .conftest import Household, state_of, until

ALARM = "sensor.kitchen_show_next_alarm"
TIMER = "sensor.kitchen_show_next_timer"
REMINDER = "sensor.kitchen_show_next_reminder"


def notification(serial: str, kind: NotificationType, **values: Any) -> Notification:
    """Return a notification that is on."""
    defaults: dict[str, Any] = {
        "notification_id": "n1",
        "serial": serial,
        "device_type": "A1EIANJ7PNB0Q7",
        "type": kind,
        "status": NotificationStatus.ON,
    }
    return Notification(**defaults | values)


def at(hass: HomeAssistant, entity_id: str) -> datetime | None:
    """Return the time that a sensor shows."""
    state = state_of(hass, entity_id).state
    return None if state == "unknown" else datetime.fromisoformat(state)


async def test_identity(entry: MockConfigEntry, household: Household, entity_registry: er.EntityRegistry) -> None:
    """The unique ids are alexa_media_player's; a group has no alarms."""
    serial = household.serial("Kitchen Show")
    for entity_id, key in ((ALARM, "next Alarm"), (TIMER, "next Timer"), (REMINDER, "next Reminder")):
        registered = entity_registry.async_get(entity_id)
        assert registered is not None
        assert registered.unique_id == f"{serial}_{key}"
    assert entity_registry.async_get("sensor.downstairs_next_alarm") is None


async def test_household(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """What the household holds: an alarm of weekdays, one that is off, a timer, reminders."""
    bedroom = at(hass, "sensor.bedroom_dot_next_alarm")
    zone = await dt_util.async_get_time_zone(entry.runtime_data.devices.data["G0SIM0BEDROOM001"].time_zone)
    assert bedroom is not None
    assert zone is not None
    local = bedroom.astimezone(zone)
    assert (local.hour, local.minute) == (7, 0)
    assert local.isoweekday() <= 5
    assert dt_util.utcnow() < bedroom <= dt_util.utcnow() + timedelta(days=4)
    assert at(hass, ALARM) is None
    assert at(hass, TIMER) is not None
    assert at(hass, REMINDER) is not None
    assert state_of(hass, "sensor.kids_dot_next_alarm").state == "unavailable"


async def test_change_at_the_cloud(hass: HomeAssistant, entry: MockConfigEntry, household: Household) -> None:
    """An alarm that is switched on at the Echo is shown without waiting for a poll."""
    customer_id, account = next(iter(household.accounts.items()))
    index = next(i for i, item in account["notifications"].items() if item.get("alarmLabel") == "Market")
    household.sim.patch_state({"accounts": {customer_id: {"notifications": {index: {"status": "ON"}}}}})
    await until(hass, lambda: at(hass, ALARM))


async def test_goes_on_by_itself(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """When a time has come the next one is shown, and nothing is asked for it."""
    notifications, serial = entry.runtime_data.notifications, "G0SIM00KITCHEN01"
    now = dt_util.utcnow().replace(microsecond=0)
    freezer.move_to(now)
    notifications.async_apply(
        {
            serial: (
                notification(serial, NotificationType.TIMER, trigger_time=now + timedelta(seconds=5)),
                notification(serial, NotificationType.TIMER, trigger_time=now + timedelta(seconds=9)),
                notification(serial, NotificationType.ALARM, alarm_time=now + timedelta(seconds=7)),
            )
        }
    )
    assert at(hass, TIMER) == now + timedelta(seconds=5)
    assert at(hass, ALARM) == now + timedelta(seconds=7)
    assert at(hass, REMINDER) is None
    sim.reset_ledger()
    for seconds, expected in ((5, now + timedelta(seconds=9)), (9, None)):
        freezer.move_to(now + timedelta(seconds=seconds, milliseconds=1))
        async_fire_time_changed(hass)
        await hass.async_block_till_done()
        assert at(hass, TIMER) == expected
    assert at(hass, ALARM) is None
    assert sim.ledger(path="/api/notifications") == []


async def test_paused_timer(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    notifications, serial = entry.runtime_data.notifications, "G0SIM00KITCHEN01"
    running = notification(serial, NotificationType.TIMER, trigger_time=dt_util.utcnow() + timedelta(minutes=5))
    notifications.async_apply({serial: (running,)})
    assert at(hass, TIMER) is not None
    notifications.async_apply({serial: (replace(running, status=NotificationStatus.PAUSED),)})
    assert at(hass, TIMER) is None


async def test_time_zone(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """An alarm is in the device's time zone, also when that changes; without one, in Home Assistant's."""
    notifications, devices, serial = entry.runtime_data.notifications, entry.runtime_data.devices, "G0SIM00KITCHEN01"
    day = dt_util.utcnow().date() + timedelta(days=2)
    alarm = notification(serial, NotificationType.ALARM, local_date=day, local_seconds=6 * 3600.0)
    notifications.async_apply({serial: (alarm,)})
    own = dt_util.get_default_time_zone()
    zones = {
        "Europe/Berlin": ZoneInfo("Europe/Berlin"),
        "Asia/Tokyo": ZoneInfo("Asia/Tokyo"),
        "No/Where": own,
        None: own,
    }
    for name, zone in zones.items():
        devices.async_apply({serial: replace(devices.data[serial], time_zone=name)})
        await hass.async_block_till_done()
        assert at(hass, ALARM) == datetime.combine(day, time(6), zone), name


async def test_nothing_is_left_after_unload(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The moments that were waited for are cancelled; a timer that lingers fails the test."""
    assert at(hass, TIMER) is not None
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert state_of(hass, TIMER).state == "unavailable"
