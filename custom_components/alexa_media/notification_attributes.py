"""What sensors of alarms, timers and reminders tell besides the next time, as alexa_media_player does.

Dashboard cards read it: the objects are Amazon's own, with their keys.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final

from .models import Notification, NotificationStatus, NotificationType
from .schedule import next_occurrence

UNRECORDED: Final = frozenset({"brief", "sorted_active", "sorted_all"})

# More of them are not put into ``brief``.
BRIEF: Final = 12

ACTIVE: Final = frozenset({NotificationStatus.ON, NotificationStatus.SNOOZED, NotificationStatus.INSTANCE_CANCELED})

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# Texts, not translated: automations compare them.
_RECURRENCE: Final[Mapping[str | None, str]] = {
    None: "Never Repeat",
    "P1D": "Every day",
    "P1M": "Every month",
    "XXXX-WE": "Weekends",
    "XXXX-WD": "Weekdays",
} | {f"XXXX-WXX-{number}": f"Every {day}" for number, day in enumerate(_DAYS, 1)}


@dataclass(frozen=True, slots=True)
class Timed:
    """A notification and when it goes off next (UTC), ``None`` when it does not."""

    notification: Notification
    at: datetime | None

    @property
    def active(self) -> bool:
        """Return whether it is switched on or snoozed."""
        return self.notification.status in ACTIVE

    def raw(self, zone: tzinfo) -> dict[str, Any]:
        """Return Amazon's object; to an alarm is added its time, which Amazon gives as two texts."""
        found = dict(self.notification.raw)
        if when := _when(self, zone):
            found["date_time"] = when
        return found

    def brief(self, zone: tzinfo) -> dict[str, Any]:
        """Return the few facts that a list needs."""
        raw = self.notification.raw
        facts: dict[str, Any] = {"id": self.notification.notification_id, "label": self.notification.label}
        facts |= {key: raw.get(key) for key in ("status", "type", "version")}
        match self.notification.type:
            case NotificationType.TIMER:
                facts["remainingTime"] = raw.get("remainingTime")
            case NotificationType.REMINDER:
                facts["alarmTime"] = raw.get("alarmTime")
            case _:
                when = _when(self, zone)
                facts["date_time"] = when.isoformat() if when else None
        return facts | {"lastUpdatedDate": raw.get("lastUpdatedDate")}


def in_order(
    notifications: Iterable[Notification], now: datetime, zone: tzinfo, country: str | None = None
) -> tuple[Timed, ...]:
    """Return notifications with their next times, the first to go off first; those that do not, last."""
    timed = (Timed(notification, next_occurrence(notification, now, zone, country)) for notification in notifications)
    return tuple(sorted(timed, key=_order))


def attributes(items: Sequence[Timed], name: str, zone: tzinfo) -> dict[str, Any]:
    """Return the attributes of a sensor; ``name`` is "alarm", "timer" or "reminder"."""
    active = [item for item in items if item.active]
    first = active[0].notification if active else None
    found: dict[str, Any] = {
        "recurrence": _RECURRENCE.get(first.pattern) if first else None,
        "total_active": len(active),
        "total_all": len(items),
        "status": first.raw.get("status") if first else "OFF",
        name: first.label if first else None,
    }
    if items:
        found["brief"] = {
            "active": [item.brief(zone) for item in active[:BRIEF]],
            "all": [item.brief(zone) for item in items[:BRIEF]],
        }
        found["sorted_active"] = [item.raw(zone) for item in active]
        found["sorted_all"] = [item.raw(zone) for item in items]
    if first and name == "reminder":
        found["reminder_sub_label"] = first.raw.get("reminderSubLabel")
    return found


def was_dismissed(old: Notification, new: Notification, *, rang: bool) -> bool:
    """Return whether an alarm that rang, or was snoozed, has been ended.

    One that does not repeat is off then, any other waits for its next time; both have a
    new version. What is switched off before it rings is not dismissed.
    """
    return (
        (rang or old.status is NotificationStatus.SNOOZED)
        and old.version != new.version
        and new.status in (NotificationStatus.ON, NotificationStatus.OFF)
    )


def _order(item: Timed) -> tuple[bool, float, str]:
    """Return what to sort by."""
    at = item.at or item.notification.alarm_time or item.notification.trigger_time
    return item.at is None, at.timestamp() if at else 0.0, item.notification.notification_id


def _when(item: Timed, zone: tzinfo) -> datetime | None:
    """Return when an alarm goes off, or would have, in its device's time zone."""
    notification = item.notification
    if notification.type not in (NotificationType.ALARM, NotificationType.MUSIC_ALARM):
        return None
    at = item.at or notification.alarm_time
    return at.astimezone(zone) if at else None
