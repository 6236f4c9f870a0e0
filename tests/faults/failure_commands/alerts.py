"""Commands for alarms and reminders, for every endpoint that writes or that an action reads."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

KITCHEN: Final = "G0SIM00KITCHEN01"
PLAYER: Final = "media_player.kitchen_show"
KEPT: Final = "failures-alarm"
TAKEN: Final = "failures-taken"
REMINDER: Final = "failures-reminder"

CHANGING: Final = frozenset(
    {
        *("alarms", "create_alarm", "edit_alarm", "activate_alarm", "cancel_alarm", "skip_alarm", "create_reminder"),
        *("edit_notification", "delete_notification", "sounds", "default_sound"),
    }
)
"""Endpoints whose commands change the next occurrences shown by sensors."""

DISABLED: Final = (
    ("switch", f"{KITCHEN}_ascending_alarm", "kitchen_ascending"),
    ("switch", f"{KITCHEN}_alarm_{KEPT}", "kitchen_kept"),
    ("select", f"{KITCHEN}_default_sound", "kitchen_sound"),
)


def prepare(table: Any) -> None:
    """Enable entities that are disabled by default, and add an alarm that is off to the cloud."""
    registry = er.async_get(table.hass)
    for domain, unique_id, name in DISABLED:
        registry.async_get_or_create(
            domain, "alexa_media", unique_id, config_entry=table.entry, suggested_object_id=name
        )
    _put(table, KEPT, "Alarm")
    _put(table, REMINDER, "Reminder", reminderLabel="Spoil")


def _put(table: Any, key: str, kind: str, **values: Any) -> None:
    """Add a notification that is off to the cloud, or reset it."""
    given = {"type": kind, "deviceSerialNumber": KITCHEN, "status": "OFF", "originalTime": "03:00:00.000"}
    plain = {"recurringPattern": None, "rRuleData": None}
    _patch(table, key, {**given, **plain, **values})


def _patch(table: Any, key: str, values: Any) -> None:
    owner = next(iter(table.household.accounts))
    table.sim.patch_state({"accounts": {owner: {"notifications": {key: values}}}})


def _held(table: Any, key: str) -> dict[str, Any]:
    return dict(next(iter(table.household.accounts.values()))["notifications"].get(key, {}))


def _new(table: Any) -> list[str]:
    """Return the keys of notifications created by actions."""
    held = next(iter(table.household.accounts.values()))["notifications"]
    return [key for key in held if len(key) == 36 and not key.startswith("1f0c3d52")]


async def _act(table: Any, service: str, data: dict[str, Any], is_done: Callable[[], bool]) -> list[str]:
    """Call an action, and restore the previous state."""
    problems: list[str] = await table.act("alexa_media", service, data, is_done)
    await _tidy(table)
    return problems


async def _tidy(table: Any) -> None:
    """Restore the state before a command, and wait until it is read."""
    held = next(iter(table.household.accounts.values()))["notifications"]
    changed = _new(table)
    for key in changed:
        _patch(table, key, None)
    for key, kind, label in ((KEPT, "Alarm", None), (REMINDER, "Reminder", "Spoil")):
        item = held[key]
        if (item["status"], item["originalTime"], item["reminderLabel"]) != ("OFF", "03:00:00.000", label):
            _put(table, key, kind, reminderLabel=label)
            changed.append(key)
    if changed:
        await table.drive.settle()


async def create_alarm(table: Any) -> list[str]:
    """Create an alarm with the device's default sound."""
    at = dt_util.now() + timedelta(days=2)
    return await _act(table, "create_alarm", {"entity_id": PLAYER, "at": at}, lambda: len(_new(table)) == 1)


async def edit_alarm(table: Any) -> list[str]:
    """Change the time and the sound of an alarm."""
    sounds = {"sound": "Countertop", "at": dt_util.now() + timedelta(days=2)}
    wanted = "system_alerts_repetitive_04"
    data = {"notification_id": KEPT, **sounds}
    return await _act(table, "edit_alarm", data, lambda: _held(table, KEPT)["sound"]["id"] == wanted)


async def switch_alarm(table: Any) -> list[str]:
    """Turn on an alarm."""
    data = {"entity_id": "switch.kitchen_kept"}
    problems: list[str] = await table.act("switch", "turn_on", data, lambda: _held(table, KEPT)["status"] == "ON")
    await _tidy(table)
    return problems


async def switch_alarm_off(table: Any) -> list[str]:
    """Turn off an alarm."""
    _patch(table, KEPT, {"status": "ON"})
    await table.drive.settle()
    data = {"entity_id": "switch.kitchen_kept"}
    problems: list[str] = await table.act("switch", "turn_off", data, lambda: _held(table, KEPT)["status"] == "OFF")
    await _tidy(table)
    return problems


async def skip_alarm(table: Any) -> list[str]:
    """Skip the next occurrence of an alarm."""
    _patch(table, KEPT, {"status": "ON", "recurringPattern": "P1D"})
    await table.drive.settle()
    before = _held(table, KEPT)["originalDate"]
    data = {"notification_id": KEPT}
    return await _act(table, "skip_next", data, lambda: _held(table, KEPT)["originalDate"] > before)


async def create_reminder(table: Any) -> list[str]:
    """Create a reminder."""
    data = {"entity_id": PLAYER, "at": dt_util.now() + timedelta(days=2), "message": "Spoil more"}
    return await _act(table, "create_reminder", data, lambda: len(_new(table)) == 1)


async def edit_reminder(table: Any) -> list[str]:
    """Change the label of a reminder."""
    data = {"notification_id": REMINDER, "message": "Other words"}
    return await _act(table, "edit_reminder", data, lambda: _held(table, REMINDER)["reminderLabel"] == "Other words")


async def turn_reminder_off(table: Any) -> list[str]:
    """Turn a reminder off."""
    data = {"notification_id": REMINDER, "enabled": False}
    return await _act(table, "edit_reminder", data, lambda: _held(table, REMINDER)["status"] == "OFF")


async def delete_alarm(table: Any) -> list[str]:
    """Delete an alarm."""
    _put(table, TAKEN, "Alarm")
    await table.drive.settle()
    return await _act(table, "delete_notification", {"notification_id": TAKEN}, lambda: not _held(table, TAKEN))


async def set_alarm_volume(table: Any) -> list[str]:
    """Change the alarm volume."""
    level = 20 + table.household.device("Kitchen Show")["alertVolume"] % 70
    data = {"entity_id": "number.kitchen_show_alarm_volume", "value": level}
    problems: list[str] = await table.act(
        "number", "set_value", data, lambda: table.household.device("Kitchen Show")["alertVolume"] == level
    )
    return problems


async def set_ascending(table: Any) -> list[str]:
    """Turn ascending alarm volume on or off."""
    wanted = not table.household.device("Kitchen Show")["ascendingAlarm"]
    problems: list[str] = await table.act(
        "switch",
        "turn_on" if wanted else "turn_off",
        {"entity_id": "switch.kitchen_ascending"},
        lambda: table.household.device("Kitchen Show")["ascendingAlarm"] is wanted,
    )
    return problems


async def set_default_sound(table: Any) -> list[str]:
    """Set the default alarm sound."""
    name, wanted = "Twilight", "system_alerts_melodic_03"
    if table.household.device("Kitchen Show")["alarmSound"] == wanted:
        name, wanted = "Countertop", "system_alerts_repetitive_04"
    problems: list[str] = await table.act(
        "select",
        "select_option",
        {"entity_id": "select.kitchen_sound", "option": name},
        lambda: table.household.device("Kitchen Show")["alarmSound"] == wanted,
    )
    return problems


COMMANDS: Final = (
    *(create_alarm, edit_alarm, switch_alarm, switch_alarm_off, skip_alarm, create_reminder, edit_reminder),
    turn_reminder_off,
    *(delete_alarm, set_alarm_volume, set_ascending, set_default_sound),
)
