"""Alarms, timers and reminders: Amazon's fields, and computation of the next occurrence."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
import json
import re
from typing import Any
from zoneinfo import ZoneInfo

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_HORIZON = 800
"""Number of days within which the next occurrence is searched."""

_SNOOZE = 9 * 60 * 1000
"""Default snooze length in milliseconds."""

_TIMES = ("originalTime", "originalDate", "recurringPattern", "rRuleData")
_STEP = re.compile(r"P([1-9][0-9]{0,2})([DWMY])")

_SOUND = {
    "displayName": "Simple Alarm",
    "folder": None,
    "id": "system_alerts_melodic_01",
    "providerId": "ECHO",
    "sampleUrl": "https://sounds.example.org/system_alerts_melodic_01.mp3",
}


def complete(key: str, given: Mapping[str, Any], device: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a notification with all of Amazon's fields.

    A time of day without a date becomes its next occurrence. A timer without ``triggerTime`` starts now. Times are in
    epoch milliseconds.
    """
    kind, serial = given["type"], given["deviceSerialNumber"]
    made = round(now * 1000)
    full: dict[str, Any] = {
        "alarmLabel": None,
        "alarmTime": 0,
        "createdDate": made,
        "deferredAtTime": None,
        "deviceName": None,
        "deviceType": device["deviceType"],
        "extensibleAttribute": None,
        "geoLocationTriggerData": None,
        "id": f"{device['deviceType']}-{serial}-{key}",
        "lastOccurrenceTimeInMilli": 0,
        "lastUpdatedDate": made,
        "musicAlarmId": None,
        "musicEntity": None,
        "notificationIndex": key,
        "originalDate": None,
        "originalTime": None,
        "originalDurationInMillis": given.get("remainingTime") if kind == "Timer" else None,
        "personProfile": None,
        "provider": None,
        "rRuleData": None,
        "recurrenceEligibility": False,
        "recurringPattern": None,
        "reminderIndex": None,
        "reminderLabel": None,
        "reminderSubLabel": None,
        "remainingTime": 0,
        "skillInfo": None,
        "snoozedToTime": None,
        "sound": dict(_SOUND) if kind in ("Alarm", "Timer") else None,
        "status": "ON",
        "targetPersonProfiles": None,
        "timeZoneId": None,
        "timerLabel": None,
        "tmwNotificationProperties": None,
        "triggerTime": 0,
        "version": "2",
        **given,
    }
    zone = zone_of(device)
    if kind == "Timer":
        if not full["triggerTime"]:
            full["triggerTime"] = made + full["remainingTime"]
    elif full["originalTime"] and not full["originalDate"]:
        _schedule(full, next_occurrence(full, zone, now), zone)
    elif full["originalTime"]:
        _schedule(full, _local(full, zone), zone)
    elif full["alarmTime"]:
        _schedule(full, datetime.fromtimestamp(full["alarmTime"] / 1000, UTC), zone)
    return full


def clear_obsolete(patch: Mapping[str, Any], merged: dict[str, Any], now: float) -> None:
    """Clear the date and time that a patch made obsolete, so that ``complete`` computes them.

    A timer that is resumed or gets another remaining time is restarted.
    """
    if merged["type"] == "Timer":
        if "triggerTime" not in patch and ("remainingTime" in patch or patch.get("status") == "ON"):
            merged["triggerTime"] = round(now * 1000) + merged["remainingTime"]
    elif "alarmTime" in patch:
        merged.update(originalDate=None, originalTime=None)
    elif {"originalTime", "recurringPattern", "rRuleData"} & set(patch) and "originalDate" not in patch:
        merged["originalDate"] = None


def is_understood(given: Mapping[str, Any]) -> bool:
    """Return whether the dates, times and rules of a notification are valid."""
    return _is_understood(json.dumps({name: given.get(name) for name in _TIMES}))


@lru_cache(maxsize=1024)
def _is_understood(text: str) -> bool:
    """Return whether the fields of a notification about its times are valid, for their JSON."""
    fields = json.loads(text)
    try:
        _local(fields, ZoneInfo("UTC"))
        next_occurrence(fields, ZoneInfo("UTC"), 0.0)
    except ValueError, KeyError, TypeError, AttributeError:
        return False
    return True


def zone_of(device: Mapping[str, Any]) -> ZoneInfo:
    """Return the time zone of a device."""
    return ZoneInfo(device["preferences"]["timeZoneId"])


def shown(notification: Mapping[str, Any], now: float) -> dict[str, Any]:
    """Return a notification as read at ``now``, with the ``remainingTime`` of a running timer."""
    if notification["type"] == "Timer" and notification["status"] == "ON":
        return {**notification, "remainingTime": max(0, notification["triggerTime"] - round(now * 1000))}
    return dict(notification)


def due(notification: Mapping[str, Any], zone: ZoneInfo) -> float | None:
    """Return the next time at which a notification rings in epoch seconds; ``None`` if it does not ring."""
    status = notification["status"]
    if status == "SNOOZED":
        return float(notification["snoozedToTime"] or notification["lastUpdatedDate"] + _SNOOZE) / 1000
    if status != "ON":
        return None
    if notification["type"] == "Timer":
        return float(notification["triggerTime"]) / 1000
    if notification["type"] == "Reminder":
        return float(notification["alarmTime"]) / 1000 or None
    return None if (local := _local(notification, zone)) is None else local.timestamp()


def ring(notification: dict[str, Any], zone: ZoneInfo, now: float) -> bool:
    """Let a notification ring; return whether ringing deletes it, as is the case for timers.

    A reminder ends when it has been spoken. An alarm rings until a user stops it. Ringing is stored in the alarm, which
    increases its version.
    """
    if notification["type"] == "Timer":
        return True
    notification["lastOccurrenceTimeInMilli"] = round(now * 1000)
    if notification["type"] == "Reminder":
        end(notification, zone, now)
    else:
        touch(notification, now)
    return False


def end(notification: dict[str, Any], zone: ZoneInfo, now: float) -> None:
    """Stop a ringing notification; a repeating one moves to its next occurrence, others are turned off."""
    notification["snoozedToTime"] = None
    following = next_occurrence(notification, zone, now + 1) if is_recurring(notification) else None
    if following is None:
        notification["status"] = "OFF"
    else:
        notification["status"] = "ON"
        _schedule(notification, following, zone)
    touch(notification, now)


def skip(notification: dict[str, Any], zone: ZoneInfo) -> None:
    """Move a repeating notification to the occurrence after the next one."""
    at = due({**notification, "status": "ON"}, zone)
    if at is not None:
        _schedule(notification, next_occurrence(notification, zone, at + 1), zone)


def touch(notification: dict[str, Any], now: float) -> None:
    """Record a change by increasing the version by two, like Amazon."""
    notification["version"] = str(int(notification["version"]) + 2)
    notification["lastUpdatedDate"] = round(now * 1000)


def is_recurring(notification: Mapping[str, Any]) -> bool:
    """Return whether a notification repeats."""
    return bool(notification["recurringPattern"] or _rules(notification))


def next_occurrence(notification: Mapping[str, Any], zone: ZoneInfo, after: float) -> datetime | None:
    """Return the first occurrence at or after ``after`` (epoch seconds) by the pattern or the rules."""
    start = datetime.fromtimestamp(after, UTC).astimezone(zone)
    at = _clock_time(notification["originalTime"])
    candidates = [_next_by_rule(rule, notification, start, at) for rule in _rules(notification)]
    if not candidates and (rule := _step_rule(notification["recurringPattern"])):
        candidates = [_next_by_rule(rule, notification, start, at)]
    elif not candidates:
        days = pattern_days(notification["recurringPattern"])
        candidates = [_next_on(start, at, lambda day: day.weekday() in days)]
    found = [candidate for candidate in candidates if candidate is not None]
    return min(found) if found else None


def _schedule(notification: dict[str, Any], when: datetime | None, zone: ZoneInfo) -> None:
    """Store an occurrence in the notification's fields."""
    if when is None:
        return
    local = when.astimezone(zone)
    notification["originalDate"] = local.date().isoformat()
    notification["originalTime"] = local.strftime("%H:%M:%S.") + f"{local.microsecond // 1000:03}"
    notification["alarmTime"] = round(when.timestamp() * 1000)


def _local(notification: Mapping[str, Any], zone: ZoneInfo) -> datetime | None:
    """Return ``originalDate`` and ``originalTime`` as a time in a zone."""
    if not notification["originalDate"] or not notification["originalTime"]:
        return None
    day = date.fromisoformat(notification["originalDate"])
    return datetime.combine(day, _clock_time(notification["originalTime"]), zone)


def _clock_time(text: str | None) -> time:
    """Parse a time of day such as ``07:00:00.000``."""
    return time.fromisoformat(text or "00:00:00.000")


def _rules(notification: Mapping[str, Any]) -> list[str]:
    """Return the RFC 5545 rules of a notification."""
    data = notification["rRuleData"] or {}
    return [rule for rule in data.get("recurrenceRules") or [] if isinstance(rule, str)]


def _step_rule(pattern: str | None) -> str | None:
    """Return the rule for a pattern such as "P2W" (days, weeks, months or years); ``None`` for other patterns."""
    if not (found := _STEP.fullmatch(pattern or "")):
        return None
    frequency = {"D": "DAILY", "W": "WEEKLY", "M": "MONTHLY", "Y": "YEARLY"}[found[2]]
    return f"FREQ={frequency};INTERVAL={found[1]}"


def pattern_days(pattern: str | None) -> set[int]:
    """Return the weekdays (Monday is 0) of Amazon's ``recurringPattern``, or all weekdays without a pattern."""
    if pattern == "XXXX-WD":
        return {0, 1, 2, 3, 4}
    if pattern == "XXXX-WE":
        return {5, 6}
    if pattern and pattern.startswith("XXXX-WXX-"):
        return {int(pattern[-1]) - 1}
    return set(range(7))


def _next_on(start: datetime, at: time, fits: Any, last: date | None = None) -> datetime | None:
    """Return the first time not before ``start`` with the time of day ``at``, on a day for which ``fits`` is true."""
    for offset in range(_HORIZON):
        day = start.date() + timedelta(days=offset)
        if last is not None and day > last:
            return None
        when = datetime.combine(day, at, start.tzinfo)
        if when >= start and fits(day):
            return when
    return None


def _next_by_rule(rule: str, notification: Mapping[str, Any], start: datetime, at: time) -> datetime | None:
    """Return the next occurrence of a rule with FREQ DAILY, WEEKLY, MONTHLY or YEARLY, in Amazon's notation."""
    parts = dict(part.split("=", 1) for part in rule.removeprefix("RRULE:").split(";") if "=" in part)
    interval = int(parts.get("INTERVAL", "1"))
    data = notification["rRuleData"] or {}
    first = date.fromisoformat(data.get("recurStartDate") or notification["originalDate"] or start.date().isoformat())
    if "BYHOUR" in parts:
        at = time(int(parts["BYHOUR"]), int(parts.get("BYMINUTE", "0")), int(parts.get("BYSECOND", "0")))
    days = {_WEEKDAYS.index(name[-2:]) for name in parts["BYDAY"].split(",")} if "BYDAY" in parts else None
    month_days = {int(number) for number in parts["BYMONTHDAY"].split(",")} if "BYMONTHDAY" in parts else None
    months = {int(number) for number in parts["BYMONTH"].split(",")} if "BYMONTH" in parts else None
    until = parts.get("UNTIL") or (data.get("recurEndDate") or "").replace("-", "")
    last = date.fromisoformat(until[:8]) if until else None

    def fits(day: date) -> bool:
        if day < first:
            return False
        match parts.get("FREQ"):
            case "WEEKLY":
                wanted = days if days is not None else {first.weekday()}
                weeks = ((day - timedelta(day.weekday())) - (first - timedelta(first.weekday()))).days // 7
                return day.weekday() in wanted and weeks % interval == 0
            case "MONTHLY":
                passed = (day.year - first.year) * 12 + day.month - first.month
                return day.day in (month_days or {first.day}) and passed % interval == 0
            case "YEARLY":
                return (
                    day.month in (months or {first.month})
                    and day.day in (month_days or {first.day})
                    and (day.year - first.year) % interval == 0
                )
            case _:
                return (day - first).days % interval == 0 and (days is None or day.weekday() in days)

    return _next_on(start, at, fits, last)
