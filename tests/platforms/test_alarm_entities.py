"""Tests of alarm switches, volumes and sounds."""

from datetime import datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import Clock, Household, quiet, set_up, state_of

pytestmark = pytest.mark.platforms("media_player", "number", "select", "switch")

KITCHEN = "G0SIM00KITCHEN01"
MARKET = "1f0c3d52-7a51-4c0e-9d39-0a1b2c3d4e02"
VOLUMES = "/api/device-notification-state"
VOLUME = "number.bedroom_dot_alarm_volume"
BEDROOM = {"entity_id": "media_player.bedroom_dot"}


def enable(hass: HomeAssistant, entry: MockConfigEntry, domain: str, unique_id: str) -> str:
    """Register an entity as enabled before the platform adds it; return its id."""
    item = er.async_get(hass).async_get_or_create(domain, "alexa_media", unique_id, config_entry=entry)
    return item.entity_id


async def test_sounds_and_volumes_are_read_once_and_written(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household
) -> None:
    """Sounds and volumes are read once if enabled, written on request, and then show Amazon's value."""
    ascending = enable(hass, config_entry, "switch", f"{KITCHEN}_ascending_alarm")
    sound = enable(hass, config_entry, "select", f"{KITCHEN}_default_sound")
    await set_up(hass, config_entry)
    await quiet(hass, sim)
    assert len(household.requests("GET", "/api/device-notification-state")) == 1
    assert len(household.requests("GET", "/api/ascending-alarm")) == 1
    assert len(household.requests("GET", "/api/notification/*")) == 2
    assert (state_of(hass, VOLUME).state, state_of(hass, ascending).state) == ("40", "off")
    assert state_of(hass, sound).state == "Simple Alarm"
    assert "Countertop" in state_of(hass, sound).attributes["options"]
    assert er.async_get(hass).async_get("switch.bedroom_dot_ascending_alarm").disabled  # type: ignore[union-attr]

    async def call(domain: str, service: str, **data: Any) -> None:
        await hass.services.async_call(domain, service, data, blocking=True)

    await call("number", "set_value", entity_id=VOLUME, value=65)
    assert household.device("Bedroom Dot")["alertVolume"] == 65
    assert state_of(hass, VOLUME).state == "65"
    await call("switch", "turn_on", entity_id=ascending)
    assert (household.device("Kitchen Show")["ascendingAlarm"], state_of(hass, ascending).state) == (True, "on")
    await call("select", "select_option", entity_id=sound, option="Countertop")
    assert household.device("Kitchen Show")["alarmSound"] == "system_alerts_repetitive_04"
    assert state_of(hass, sound).state == "Countertop"
    with pytest.raises(ServiceValidationError):
        await call("select", "select_option", entity_id=sound, option="Foghorn")

    # the caller gets the refusal, and the entity still shows Amazon's value
    sim.fault(path="/api/device-notification-state/*", method="PUT", status=400, body={"message": "no"}, times=1)
    with pytest.raises(HomeAssistantError):
        await call("number", "set_value", entity_id=VOLUME, value=5)
    assert state_of(hass, VOLUME).state == "65"
    sim.fault(path="/api/ascending-alarm/*", method="PUT", status=500, times=1)
    with pytest.raises(HomeAssistantError):
        await call("switch", "turn_off", entity_id=ascending)
    assert state_of(hass, ascending).state == "on"
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_an_echo_that_refuses_its_sounds_does_not_affect_the_others(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """The sounds of the other Echos are shown, and only those of the one that refused are read again, once."""
    echos = ("Kitchen Show", "Office Spot", "Bedroom Dot")
    sounds = [enable(hass, config_entry, "select", f"{household.serial(name)}_default_sound") for name in echos]
    sim.fault(path="/api/notification/sounds", status=400, times=1)
    await set_up(hass, config_entry)
    await clock.settle()

    def shown() -> list[str]:
        return sorted(state_of(hass, entity_id).state for entity_id in sounds)

    assert shown() == ["Simple Alarm", "Simple Alarm", "unknown"]
    sim.reset_ledger()
    sim.fault(path="/api/notification/sounds", status=400, times=1)
    await clock.advance(660)
    assert household.requests("GET", "/api/notification/*") == ["GET /api/notification/sounds"], "refused again"
    assert shown() == ["Simple Alarm", "Simple Alarm", "unknown"]
    await clock.advance(3600, 600)
    assert len(household.requests("GET", "/api/notification/*")) == 1
    await config_entry.runtime_data.alarm_sounds.async_refresh_shared()
    assert shown() == ["Simple Alarm"] * 3
    sim.fault(path="/api/notification/sounds", status=400, times=3)
    await config_entry.runtime_data.alarm_sounds.async_refresh_shared()
    assert not config_entry.runtime_data.alarm_sounds.last_update_success, "a refusal of all is a failure"
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_second_read_that_nothing_needs_does_not_shorten_the_next_one(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """While the second read of a refused Echo is due, no Echo is included; later, the sounds of all are read."""
    echos = ("Kitchen Show", "Office Spot")
    for name in echos:
        enable(hass, config_entry, "select", f"{household.serial(name)}_default_sound")
    sim.fault(path="/api/notification/sounds", status=400, times=1)
    await set_up(hass, config_entry)
    await clock.settle()

    async def exclude(*names: str) -> None:
        options = {**config_entry.options, "exclude_devices": [household.serial(name) for name in names]}
        hass.config_entries.async_update_entry(config_entry, options=options)
        config_entry.runtime_data.devices.async_options_changed()
        await clock.settle()

    await exclude(*echos)
    sim.reset_ledger()
    await clock.advance(660)
    assert household.requests("GET", "/api/notification/*") == []
    await exclude()
    await clock.advance(10, 1)
    assert household.requests("GET", "/api/notification/*").count("GET /api/notification/sounds") == len(echos)
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_alarms_are_added_and_removed(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """Each alarm has a switch, disabled by default; it is removed after two lists without the alarm."""
    market = enable(hass, config_entry, "switch", f"{KITCHEN}_alarm_{MARKET}")
    owner = next(iter(household.accounts))
    registry = er.async_get(hass)
    await set_up(hass, config_entry)
    await clock.settle()
    assert state_of(hass, market).state == "off"
    assert state_of(hass, market).attributes["friendly_name"] == "Kitchen Show Alarm Market"
    other = registry.async_get("switch.bedroom_dot_alarm_07_00")
    assert other is not None
    assert other.disabled
    await hass.services.async_call("switch", "turn_on", {"entity_id": market}, blocking=True)
    await clock.settle()
    assert household.accounts[owner]["notifications"][MARKET]["status"] == "ON"
    assert state_of(hass, market).state == "on"
    await hass.services.async_call("switch", "turn_off", {"entity_id": market}, blocking=True)
    await clock.settle()
    assert household.accounts[owner]["notifications"][MARKET]["status"] == "OFF"
    assert state_of(hass, market).state == "off"

    # after one list without the alarm, its entity is unavailable; the next list with it makes it available
    kept = household.accounts[owner]["notifications"][MARKET]
    sim.patch_state({"accounts": {owner: {"notifications": {MARKET: None}}}})
    await clock.settle()
    assert state_of(hass, market).state == "unavailable"
    sim.patch_state({"accounts": {owner: {"notifications": {MARKET: kept}}}})
    await clock.advance(35, 35)
    assert state_of(hass, market).state == "off"
    # a list that cannot be read removes no entities
    sim.patch_state({"accounts": {owner: {"notifications": {MARKET: None}}}})
    await clock.settle()
    sim.fault(path="/api/notifications", status=503)
    await clock.advance(40, 40)
    assert registry.async_get(market) is not None
    sim.clear_faults()
    await clock.advance(120, 60)
    assert registry.async_get(market) is None
    assert hass.states.get(market) is None
    # a new alarm
    new = {"type": "Alarm", "deviceSerialNumber": KITCHEN, "originalTime": "05:55:00.000"}
    sim.patch_state({"accounts": {owner: {"notifications": {"fresh": new}}}})
    await clock.settle()
    assert registry.async_get("switch.kitchen_show_alarm_05_55") is not None
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_the_switch_of_an_alarm_with_an_unknown_status_is_unknown(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """A snoozed alarm, and one that skips its next occurrence, is turned on; only timers are known to be paused."""
    market = enable(hass, config_entry, "switch", f"{KITCHEN}_alarm_{MARKET}")
    owner = next(iter(household.accounts))
    await set_up(hass, config_entry)
    await clock.settle()
    alarm = household.accounts[owner]["notifications"][MARKET]
    states = {}
    for status in ("ON", "SNOOZED", "INSTANCE_CANCELED", "PAUSED", "OFF", "HIBERNATING"):
        sim.fault(path="/api/notifications", status=200, body={"notifications": [{**alarm, "status": status}]}, times=1)
        await config_entry.runtime_data.notifications.async_refresh_shared()
        await hass.async_block_till_done()
        states[status] = state_of(hass, market).state
    on = dict.fromkeys(("ON", "SNOOZED", "INSTANCE_CANCELED"), "on")
    assert states == {**on, "PAUSED": "unknown", "OFF": "off", "HIBERNATING": "unknown"}
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_reminder_that_repeats_is_turned_off_and_on(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    owner = next(iter(household.accounts))
    at = dt_util.utcnow() + timedelta(days=1)
    times = {
        "alarmTime": round(at.timestamp() * 1000),
        "originalDate": f"{at:%Y-%m-%d}",
        "originalTime": f"{at:%H:%M:%S}.000",
    }
    once = {"type": "Reminder", "deviceSerialNumber": KITCHEN, "reminderLabel": "Bins", "status": "ON", **times}
    new = {**once, "recurringPattern": "P1D"}
    sim.patch_state({"accounts": {owner: {"notifications": {"bins": new, "once": once}}}})
    bins = enable(hass, config_entry, "switch", f"{KITCHEN}_reminder_bins")
    await set_up(hass, config_entry)
    await clock.settle()
    assert (state_of(hass, bins).state, state_of(hass, bins).name) == ("on", "Kitchen Show Reminder Bins")
    # the switch of a reminder that rings once would remain in the registry forever
    shown = {item.unique_id for item in er.async_get(hass).entities.values() if item.domain == "switch"}
    assert any(unique_id.endswith("_reminder_bins") for unique_id in shown)
    assert not any(unique_id.endswith("_reminder_once") for unique_id in shown)
    for service, status, state in (("turn_off", "OFF", "off"), ("turn_on", "ON", "on")):
        await hass.services.async_call("switch", service, {"entity_id": bins}, blocking=True)
        await clock.settle()
        assert household.accounts[owner]["notifications"]["bins"]["status"] == status
        assert state_of(hass, bins).state == state
    sim.patch_state({"accounts": {owner: {"notifications": {"bins": None}}}})
    await clock.advance(120, 60)
    assert er.async_get(hass).async_get(bins) is None


async def act(hass: HomeAssistant, clock: Clock, name: str, **data: Any) -> Any:
    """Call an action, wait until all requests are finished, and return its response."""
    response = await hass.services.async_call("alexa_media", name, data, blocking=True, return_response=True)
    await clock.settle()
    return response


def alarm_volume(household: Household) -> int:
    """Return the volume of alarms of the Bedroom Dot in the cloud."""
    return int(household.device("Bedroom Dot")["alertVolume"])


def in_a_minute() -> datetime:
    """Return the time in one minute, in whole seconds."""
    return (dt_util.now() + timedelta(seconds=60)).replace(microsecond=0)


async def exclude(hass: HomeAssistant, entry: MockConfigEntry, *serials: str) -> None:
    """Exclude devices, as the options do."""
    hass.config_entries.async_update_entry(entry, options={**entry.options, "exclude_devices": list(serials)})
    entry.runtime_data.devices.async_options_changed()
    await hass.async_block_till_done()


async def test_one_alarm_can_have_a_separate_volume(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """The volume is set just before the alarm rings, kept during a snooze, then restored, even after a restart."""
    await set_up(hass, config_entry)
    await clock.settle()
    at = in_a_minute()
    alarm = (await act(hass, clock, "create_alarm", **BEDROOM, at=at, volume=0.8))["id"]
    assert alarm_volume(household) == 40
    await clock.advance((at - dt_util.now()).total_seconds() - 4, 60)
    assert alarm_volume(household) == 80
    assert state_of(hass, VOLUME).state == "80"
    await clock.advance(10, 10)
    await act(hass, clock, "snooze_alarm", **BEDROOM, duration={"minutes": 1})
    assert alarm_volume(household) == 80
    # Home Assistant is not running when the alarm ends
    await hass.config_entries.async_unload(config_entry.entry_id)
    await set_up(hass, config_entry)
    await clock.settle()
    await clock.advance(70, 70)
    assert alarm_volume(household) == 80
    # Amazon does not list the volume, then refuses the change, and then the Echo is excluded
    fault = sim.fault(path=VOLUMES, method="GET", status=200, body={"deviceNotificationStates": []})
    await act(hass, clock, "stop_alarm", **BEDROOM)
    sim.remove_fault(str(fault))
    sim.fault(path="/api/device-notification-state/*", method="PUT", status=503, times=1)
    await clock.advance(310, 155)
    assert alarm_volume(household) == 80
    await exclude(hass, config_entry, household.serial("Bedroom Dot"))
    await clock.advance(310, 155)
    assert alarm_volume(household) == 40
    await exclude(hass, config_entry)
    assert state_of(hass, VOLUME).state == "40"
    assert config_entry.runtime_data.alarm_volume_override._wanted == {alarm: 80}
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_volume_removed_while_another_one_is_set_ends_nothing(
    hass: HomeAssistant, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """Two alarms ring at the same time; the volumes of both are removed while that of the first one is being set."""
    await set_up(hass, config_entry)
    await clock.settle()
    at = in_a_minute()
    for name in ("bedroom_dot", "kitchen_show"):
        target = {"entity_id": f"media_player.{name}"}
        await act(hass, clock, "create_alarm", **target, at=at, volume=0.8)
    override = config_entry.runtime_data.alarm_volume_override
    change = override._api.async_alarm_volumes

    async def slow() -> Any:
        for alarm in tuple(override._wanted):
            await override.async_set(alarm, None)
        return await change()

    override._api.async_alarm_volumes = slow
    await clock.advance((at - dt_util.now()).total_seconds() - 4, 60)
    override._api.async_alarm_volumes = change
    volumes = [household.device(name)["alertVolume"] for name in ("Bedroom Dot", "Kitchen Show")]
    assert volumes.count(80) == 1
    assert not override._busy
    assert override._timer.is_set, "the volume will be restored"
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_volume_set_while_an_alarm_rings_is_kept(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """The alarm then loses its separate volume on request, and another alarm keeps its own."""
    await set_up(hass, config_entry)
    await clock.settle()
    at = in_a_minute()
    later = at + timedelta(hours=6)
    alarm = (await act(hass, clock, "create_alarm", **BEDROOM, at=later, volume=0.8))["id"]
    other = (await act(hass, clock, "create_alarm", **BEDROOM, at=at))["id"]
    await act(hass, clock, "set_alarm_volume", notification_id=other, volume=0.1)
    await clock.advance((at - dt_util.now()).total_seconds() + 5, 40)
    assert alarm_volume(household) == 10
    household.change("Bedroom Dot", alertVolume=55)
    await act(hass, clock, "stop_alarm", **BEDROOM)
    assert alarm_volume(household) == 55
    await act(hass, clock, "set_alarm_volume", notification_id=other)
    assert config_entry.runtime_data.alarm_volume_override._wanted == {alarm: 80}
    with pytest.raises(ServiceValidationError, match="No alarm"):
        await act(hass, clock, "set_alarm_volume", notification_id="nothing", volume=0.5)
    await hass.config_entries.async_unload(config_entry.entry_id)
