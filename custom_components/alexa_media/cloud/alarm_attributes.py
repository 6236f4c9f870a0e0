"""Attributes of the sensors of alarms, timers and reminders, as in alexa_media_player.

Dashboard cards depend on them, so Amazon's objects keep their keys.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from .alarm_times import Rule, first_day, repeats, repetition_rules, weekdays_of
from .model.devices import Notification, NotificationStatus, NotificationType

UNRECORDED: Final = frozenset({"brief", "sorted_active", "sorted_all", "sorted_paused"})

# Maximum number of notifications in each list of ``brief``.
BRIEF: Final = 12

ACTIVE: Final = frozenset({NotificationStatus.ON, NotificationStatus.SNOOZED, NotificationStatus.INSTANCE_CANCELED})

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

# These texts are not translated, because automations compare them.
_NEVER: Final = "Never Repeat"
_OTHERWISE: Final = "Repeats"
_EVERY_DAY: Final = frozenset(range(7))
_SETS: Final[Mapping[frozenset[int], str]] = {
    _EVERY_DAY: "Every day",
    frozenset(range(5)): "Weekdays",
    frozenset({5, 6}): "Weekends",
}
_PATTERNS: Final[Mapping[str, str]] = {"XXXX-WE": "Weekends", "XXXX-WD": "Weekdays", "P1D": "Every day"}
_UNITS: Final[Mapping[str, str]] = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}


@dataclass(frozen=True, slots=True)
class Timed:
    """A notification and its next occurrence (UTC), or ``None`` if it has none."""

    notification: Notification
    at: datetime | None

    @property
    def active(self) -> bool:
        """Return whether the notification is turned on, is snoozed, or skips its next occurrence."""
        return self.notification.status in ACTIVE

    @property
    def paused(self) -> bool:
        """Return whether the notification is paused, as a timer can be."""
        return self.notification.status is NotificationStatus.PAUSED

    def raw(self, zone: tzinfo, read_at: datetime | None = None) -> dict[str, Any]:
        """Return a copy of Amazon's object; for an alarm, ``date_time`` is its time in ``zone``, if known.

        If ``read_at`` is given, ``remainingTime`` (ms) of a running timer with a known end is the value at that time.
        """
        found = dict(self.notification.raw)
        if when := _when(self, zone):
            found["date_time"] = when
        if (left := self._remaining(read_at)) is not None:
            found["remainingTime"] = left
        return found

    def _remaining(self, read_at: datetime | None) -> int | None:
        """Return the remaining milliseconds of a running timer at ``read_at``, or None."""
        ends = self.notification.trigger_time
        if read_at is None or ends is None or self.notification.status is not NotificationStatus.ON:
            return None
        if self.notification.type is not NotificationType.TIMER:
            return None
        return max(0, round((ends - read_at).total_seconds() * 1000))

    def brief(self, zone: tzinfo, read_at: datetime | None = None) -> dict[str, Any]:
        """Return the short form of a notification for the attribute ``brief``."""
        raw = self.raw(zone, read_at)
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


def in_order(items: Iterable[Timed]) -> tuple[Timed, ...]:
    """Return notifications sorted by next occurrence; those without one come last."""
    return tuple(sorted(items, key=_order))


def attributes(items: Sequence[Timed], name: str, zone: tzinfo, read_at: datetime | None = None) -> dict[str, Any]:
    """Return the attributes of a sensor; ``name`` is "alarm", "timer" or "reminder".

    Status, label and recurrence are those of the first active notification, else of the first paused one.
    ``zone`` is the time zone of the device; ``read_at`` is as in ``Timed.raw``.
    """
    active = [item for item in items if item.active]
    paused = [item for item in items if item.paused]
    first = next((item.notification for item in (*active, *paused)), None)
    found: dict[str, Any] = {
        "recurrence": recurrence_text(first, zone) if first else None,
        "total_active": len(active),
        "total_all": len(items),
        "status": first.raw.get("status") if first else "OFF",
        name: first.label if first else None,
    }
    if items:
        found["brief"] = {
            "active": [item.brief(zone, read_at) for item in active[:BRIEF]],
            "all": [item.brief(zone, read_at) for item in items[:BRIEF]],
        }
        found["sorted_active"] = [item.raw(zone, read_at) for item in active]
        found["sorted_all"] = [item.raw(zone, read_at) for item in items]
        found["sorted_paused"] = [item.raw(zone, read_at) for item in paused]
    if first and name == "reminder":
        found["reminder_sub_label"] = first.raw.get("reminderSubLabel")
    return found


def recurrence_text(notification: Notification, zone: tzinfo) -> str:
    """Return the repetition in English words, from the rules, or from the pattern if no rule is valid."""
    if not repeats(notification):
        return _NEVER
    if (known := _PATTERNS.get(notification.pattern or "")) and not notification.rules:
        return known
    day = first_day(notification, datetime.now(UTC), zone)
    rules = [rule for text in repetition_rules(notification) if (rule := Rule.parse(text, day, 0))]
    if not rules:
        return known or _of_weekdays(frozenset(number - 1 for number in weekdays_of(notification, None)))
    if all((rule.frequency, rule.interval, rule.positions) == ("WEEKLY", 1, frozenset()) for rule in rules):
        return _of_weekdays(frozenset().union(*(rule.weekdays for rule in rules)))
    rule = rules[0]
    if len(rules) > 1:
        return _OTHERWISE
    if rule.frequency == "DAILY" and rule.weekdays and rule.interval == 1:
        return _of_weekdays(rule.weekdays)
    unit = _UNITS[rule.frequency]
    return f"Every {unit}" if rule.interval == 1 else f"Every {rule.interval} {unit}s"


def _of_weekdays(days: frozenset[int]) -> str:
    """Return the weekdays of a repetition in English words; ``days`` are 0–6 from Monday."""
    if not days:
        return _OTHERWISE
    return _SETS.get(days) or "Every " + ", ".join(_DAYS[day] for day in sorted(days))


def was_dismissed(old: Notification, new: Notification, *, rang: bool) -> bool:
    """Return whether an alarm that rang, or was snoozed, has been dismissed.

    A dismissed alarm has a new version. If it repeats, it is on for its next occurrence; otherwise it is off. Turning
    off an alarm before it rings does not dismiss it.
    """
    return (
        (rang or old.status is NotificationStatus.SNOOZED)
        and old.version != new.version
        and new.status in (NotificationStatus.ON, NotificationStatus.OFF)
    )


def _order(item: Timed) -> tuple[bool, float, str]:
    """Return the sort key of a notification."""
    at = item.at or item.notification.alarm_time or item.notification.trigger_time
    return item.at is None, at.timestamp() if at else 0.0, item.notification.notification_id


def _when(item: Timed, zone: tzinfo) -> datetime | None:
    """Return the time of an alarm in ``zone``, even if the alarm is off; None if it is unknown, and for other types."""
    notification = item.notification
    if notification.type not in (NotificationType.ALARM, NotificationType.MUSIC_ALARM):
        return None
    at = item.at or notification.alarm_time
    return at.astimezone(zone) if at else None
