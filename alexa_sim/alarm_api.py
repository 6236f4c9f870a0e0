"""Alarms in the format of ``/v1/alerts/alarms``: endpoints, triggers and assets instead of notification fields."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from . import alerts

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

SOUNDS = tuple(
    {
        "displayName": name,
        "folder": None,
        "id": sound_id,
        "providerId": "ECHO",
        "sampleUrl": f"https://sounds.example.org/{sound_id}.mp3",
    }
    for sound_id, name in (
        ("system_alerts_melodic_01", "Simple Alarm"),
        ("system_alerts_melodic_02", "Timers"),
        ("system_alerts_melodic_03", "Twilight"),
        ("system_alerts_repetitive_04", "Countertop"),
    )
)
"""Alarm sounds of every Echo."""

LEAST_AHEAD = 5.0
"""Minimum seconds between now and the time of a new alarm or reminder."""


class AlertError(Exception):
    """An invalid alarm or reminder; the message becomes part of the 400 response."""


def sound(sound_id: Any) -> dict[str, Any]:
    """Return a sound by its id; raises ``AlertError``."""
    for known in SOUNDS:
        if known["id"] == sound_id:
            return dict(known)
    raise AlertError(f"Unknown sound {sound_id}")


def as_alarm(key: str, notification: Mapping[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """Return an alarm in the format of ``/v1/alerts/alarms``."""
    day, clock = notification["originalDate"], (notification["originalTime"] or "")[:8]
    musical = notification["musicAlarmId"]
    asset_id = f"MUSIC-{musical}" if musical else (notification["sound"] or {}).get("id")
    return {
        "alarmToken": key,
        "status": notification["status"],
        "trigger": {
            "type": "ABSOLUTE",
            "timeOfDay": None,
            "date": day,
            "time": clock,
            "scheduledTime": f"{day}T{clock}",
            "timeZoneId": zone.key,
            "recurrence": _recurrence(notification),
        },
        "endpointIds": [f"{notification['deviceSerialNumber']}@{notification['deviceType']}"],
        "assets": [{"type": "MUSIC" if musical else "TONE", "assetId": asset_id}],
        "extensions": [],
        "createdTime": _iso(notification["createdDate"]),
        "updatedTime": _iso(notification["lastUpdatedDate"]),
    }


def from_alarm(body: Mapping[str, Any], zone: ZoneInfo, now: float) -> dict[str, Any]:
    """Return the notification fields for the body of an alarm; raises ``AlertError``."""
    trigger, assets = body.get("trigger"), body.get("assets", [])
    if not isinstance(trigger, Mapping) or not isinstance(assets, list) or not isinstance(body.get("extensions"), list):
        raise AlertError("trigger and extensions are required, assets is a list")
    try:
        when = datetime.fromisoformat(str(trigger.get("scheduledTime")))
    except ValueError as err:
        raise AlertError("scheduledTime has to be a local time") from err
    if when.tzinfo is not None:
        raise AlertError("scheduledTime has to be a local time")
    fields: dict[str, Any] = {"originalTime": when.strftime("%H:%M:%S.000"), "recurringPattern": None}
    recurrence = trigger.get("recurrence")
    if recurrence is None:
        if when.replace(tzinfo=zone).timestamp() < now + LEAST_AHEAD:
            raise AlertError("scheduledTime has to be in the future")
        fields |= {"originalDate": when.date().isoformat(), "rRuleData": None}
    else:
        start = when.date().isoformat()
        days, interval = _weekly(recurrence)
        fields["rRuleData"] = rule_data(days, interval, fields["originalTime"], start)
        fields["originalDate"] = None
    for asset in assets:
        fields |= _asset(asset)
    return fields


def rule_data(days: list[str], interval: int, clock: str, start: str, frequency: str = "WEEKLY") -> dict[str, Any]:
    """Return Amazon's ``rRuleData`` for a repetition, including its RFC 5545 rule."""
    hour, minute = int(clock[:2]), int(clock[3:5])
    by_day = f";BYDAY={','.join(days)}" if frequency == "WEEKLY" else ""
    every = f";INTERVAL={interval}" if interval != 1 else ""
    return {
        "byWeekDays": list(days),
        "intervals": [interval],
        "frequency": frequency,
        "flexibleRecurringPatternType": "EVERY_X_WEEKS",
        "notificationTimes": [clock],
        "recurStartDate": start,
        "recurStartTime": "00:00:00.000",
        "recurEndDate": None,
        "recurrenceRules": [f"FREQ={frequency}{by_day}{every};BYHOUR={hour};BYMINUTE={minute}"],
    }


def _asset(asset: Any) -> dict[str, Any]:
    """Return the notification fields for an asset: a tone, or the music that the alarm plays."""
    asset_id = asset.get("assetId") if isinstance(asset, Mapping) else None
    if not isinstance(asset_id, str):
        raise AlertError("An asset needs an assetId")
    return {} if asset_id.startswith("MUSIC-") else {"sound": sound(asset_id)}


def _weekly(recurrence: Any) -> tuple[list[str], int]:
    """Return the weekdays and the interval of a recurrence; raises ``AlertError``."""
    if not isinstance(recurrence, Mapping) or recurrence.get("freq") != "WEEKLY":
        raise AlertError("recurrence has to be WEEKLY")
    days, interval = recurrence.get("byDay"), recurrence.get("interval", 1)
    if not isinstance(days, list) or not days or set(days) - set(WEEKDAYS):
        raise AlertError("byDay has to hold days of the week")
    if not isinstance(interval, int) or isinstance(interval, bool) or not 1 <= interval <= 52:
        raise AlertError("interval has to be 1 to 52")
    return days, interval


def _recurrence(notification: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the recurrence of a notification in the format of ``/v1/alerts/alarms``, or None."""
    if data := notification["rRuleData"]:
        days = data.get("byWeekDays") or list(WEEKDAYS)
        return {"freq": "WEEKLY", "byDay": days, "interval": (data.get("intervals") or [1])[0]}
    if pattern := notification["recurringPattern"]:
        days = [WEEKDAYS[day] for day in sorted(alerts.pattern_days(pattern))]
        return {"freq": "WEEKLY", "byDay": days, "interval": 1}
    return None


def _iso(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat()
