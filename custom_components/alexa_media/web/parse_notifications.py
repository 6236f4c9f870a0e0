"""Alarms, timers and reminders out of /api/notifications."""

from collections.abc import Mapping
from datetime import date, time
import re
from typing import Any, Final

from custom_components.alexa_media.json_values import cleaned, mapping, mappings, number, text, texts
from custom_components.alexa_media.models import EVERYWHERE, Notification, NotificationStatus, NotificationType

from .endpoints import NOTIFICATIONS
from .parse_values import EARLIEST_YEAR, LATEST_YEAR, instant, required_list, seconds

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(r"\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?", re.ASCII)

LONGEST_LABEL: Final = 255
_LABELS: Final = {
    NotificationType.REMINDER: "reminderLabel",
    NotificationType.TIMER: "timerLabel",
    NotificationType.ALARM: "alarmLabel",
    NotificationType.MUSIC_ALARM: "alarmLabel",
}


def parse_notifications(data: Any) -> dict[str, Notification]:
    """Parse all notifications of the account, by id; there may be none.

    What names no device, as the reminder of an automation does, is left out. Amazon's times
    are milliseconds, 0 where there is none.
    """
    return {
        notification.notification_id: notification
        for element in mappings(required_list(data, "notifications", NOTIFICATIONS))
        if (notification := _notification(element))
    }


def _notification(element: Mapping[str, Any]) -> Notification | None:
    notification_id = text(element.get("id")) or text(element.get("notificationIndex"))
    # one for all devices names the phone that it was made on
    everywhere = element.get("deliveryType") == EVERYWHERE and element.get("type") == NotificationType.REMINDER
    serial = EVERYWHERE if everywhere else text(element.get("deviceSerialNumber"))
    if notification_id is None or serial is None:
        return None
    kind = NotificationType(text(element.get("type")) or "UNKNOWN")
    return Notification(
        notification_id=notification_id,
        serial=serial,
        device_type=text(element.get("deviceType")) or "",
        type=kind,
        status=NotificationStatus(text(element.get("status")) or "UNKNOWN"),
        version=_version(element.get("version")),
        label=_label(element.get(_LABELS.get(kind, ""))),
        local_date=_date(element.get("originalDate")),
        local_seconds=_seconds_of_day(element.get("originalTime")),
        alarm_time=instant(element.get("alarmTime")),
        trigger_time=instant(element.get("triggerTime")),
        snoozed_to=instant(element.get("snoozedToTime")),
        deferred=instant(element.get("deferredAtTime")),
        remaining=_remaining(element.get("remainingTime"), kind),
        created=instant(element.get("createdDate")),
        updated=instant(element.get("lastUpdatedDate")),
        rang=instant(element.get("lastOccurrenceTimeInMilli")),
        pattern=text(element.get("recurringPattern")),
        rules=texts(mapping(element.get("rRuleData")).get("recurrenceRules")),
        index=text(element.get("notificationIndex")),
        raw=cleaned(element),
    )


def _label(value: Any) -> str | None:
    """Return a label; names of entities and events come from it, so that it has to end."""
    found = text(value)
    return found[:LONGEST_LABEL] if found else None


def _version(value: Any) -> str | None:
    """Return the version, which is a string that holds a number, or the number itself."""
    if (plain := number(value)) is not None:
        return str(round(plain))
    return text(value)


def _date(value: Any) -> date | None:
    found = text(value) or ""
    try:
        day = date.fromisoformat(found) if _DATE.fullmatch(found) else None
    except ValueError:
        return None
    return day if day and EARLIEST_YEAR <= day.year <= LATEST_YEAR else None


def _seconds_of_day(value: Any) -> float | None:
    found = text(value) or ""
    try:
        clock = time.fromisoformat(found) if _TIME.fullmatch(found) else None
    except ValueError:
        return None
    if clock is None:
        return None
    return clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1_000_000


def _remaining(value: Any, kind: NotificationType) -> float | None:
    """Return the seconds that a timer has left; other kinds carry a 0 that means nothing."""
    left = seconds(value)
    return left if left or kind is NotificationType.TIMER else None
