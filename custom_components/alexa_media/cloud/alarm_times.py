"""Next occurrences of alarms, timers and reminders, and evaluation of recurrence rules (RFC 5545).

Amazon moves a repeating alarm to its next date only at midnight in California, so the next occurrence is computed.
Rules are only evaluated between two dates, because a rule may never match, for example on 30 February.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
import heapq
from itertools import dropwhile, groupby
from math import prod
import re
from typing import Final, Self

from .model.devices import Notification, NotificationStatus, NotificationType

LONGEST_RULE: Final = 500
"""Maximum length of a rule in characters."""

MOST_TIMES: Final = 96
"""Maximum number of occurrences of a rule per day."""

LONGEST_INTERVAL: Final = 1200

ENDLESS: Final = 20_000
"""Number of occurrences from which a rule counts as endless."""

_DAY: Final = timedelta(days=1)
_WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_NTH: Final = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?\d{1,9}", re.ASCII)
_MONTHS: Final = {"MONTHLY": 1, "YEARLY": 12}
_FREQUENCIES: Final = frozenset({"HOURLY", "DAILY", "WEEKLY", *_MONTHS})
_KNOWN: Final = frozenset(
    {
        *("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYYEARDAY"),
        *("BYHOUR", "BYMINUTE", "BYSECOND", "BYSETPOS"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A recurrence rule of RFC 5545 that begins at ``begin``.

    Weekdays are 0–6 from Monday. ``nth`` contains (number, weekday) pairs, such as the second Monday. ``times`` are
    ascending seconds after midnight. ``until`` is text in the notation of the rule.
    """

    frequency: str
    interval: int
    begin: datetime
    week_start: int
    times: tuple[int, ...]
    weekdays: frozenset[int]
    nth: frozenset[tuple[int, int]]
    months: frozenset[int]
    month_days: frozenset[int]
    year_days: frozenset[int]
    positions: frozenset[int]
    count: int | None
    until: str | None

    @classmethod
    def parse(cls, text: str, day: date, seconds: float | None) -> Self | None:
        """Return the rule that begins on ``day``; ``None`` if it is invalid, unsupported or too expensive to evaluate.

        ``seconds`` is its time after midnight, or ``None`` if the rule itself has to contain the time. Amazon ends
        rules with a semicolon. Rules with a frequency of minutes or seconds are refused, as no alarm has them.
        """
        if len(text) > LONGEST_RULE:
            return None
        pairs = (part.partition("=") for part in text.upper().removeprefix("RRULE:").replace(" ", "").split(";"))
        parts = {name: value for name, separator, value in pairs if separator}
        if parts.get("FREQ") not in _FREQUENCIES or parts.keys() - _KNOWN:
            return None
        if seconds is None and "BYHOUR" not in parts:
            return None
        try:
            return cls._of(parts, datetime.combine(day, time()) + timedelta(seconds=int(seconds or 0)))
        except ValueError:
            return None

    @classmethod
    def _of(cls, parts: Mapping[str, str], begin: datetime) -> Self:
        """Return the rule from its parts by name; raises ``ValueError``."""
        frequency, interval = parts["FREQ"], _number(parts.get("INTERVAL", "1"), 1, LONGEST_INTERVAL)
        times = _times(parts, begin, frequency, interval)
        nth, weekdays = _weekdays(parts.get("BYDAY"))
        if frequency not in _MONTHS:
            # RFC 5545 does not allow a number with these frequencies, so it is ignored
            nth, weekdays = frozenset(), weekdays | {weekday for _, weekday in nth}
        months = _numbers(parts, "BYMONTH", 1, 12)
        month_days = _numbers(parts, "BYMONTHDAY", -31, 31) - {0}
        year_days = _numbers(parts, "BYYEARDAY", -366, 366) - {0}
        if not (nth or weekdays or month_days or year_days):
            if frequency == "YEARLY":
                months = months or frozenset({begin.month})
            if frequency in _MONTHS:
                month_days = frozenset({begin.day})
            elif frequency == "WEEKLY":
                weekdays = frozenset({begin.weekday()})
        count = parts.get("COUNT")
        counted = None if count is None else _number(count, 0, 10**9)
        return cls(
            frequency="DAILY" if frequency == "HOURLY" else frequency,
            interval=1 if frequency == "HOURLY" else interval,
            begin=begin,
            week_start=_WEEKDAYS.index(parts.get("WKST", "MO")),
            times=times,
            weekdays=weekdays,
            nth=nth,
            months=months,
            month_days=month_days,
            year_days=year_days,
            positions=_numbers(parts, "BYSETPOS", -366, 366) - {0},
            count=None if counted is None or counted >= ENDLESS else counted,
            until=parts.get("UNTIL"),
        )

    def between(self, after: date, end: datetime) -> Iterator[datetime]:
        """Yield the local times from the day ``after`` until ``end`` (inclusive) in ascending order.

        Some earlier times may be included; for a rule with a count, all of them are.
        """
        found = 0
        for period in self._periods(after if self.count is None else self.begin.date(), end.date()):
            for at in self._in_order(period):
                if at < self.begin:
                    continue
                if at > end or found == self.count:
                    return
                found += 1
                yield at

    def _periods(self, after: date, last: date) -> Iterator[range]:
        """Yield the days of each period as ordinals, starting one period before that of ``after`` or with the first."""
        first = self.begin.date()
        if self.frequency in _MONTHS:
            yield from self._months(first, after, last)
            return
        length = 1
        if self.frequency == "WEEKLY":
            length = 7
            first -= _DAY * ((first.weekday() - self.week_start) % 7)
        step = length * self.interval
        start = first.toordinal() + max(0, (after - first).days // step - 1) * step
        for day in range(start, last.toordinal() + 1, step):
            yield range(day, day + length)

    def _months(self, first: date, after: date, last: date) -> Iterator[range]:
        """Yield the days of each period of a monthly or yearly rule as ordinals; see ``_periods``."""
        length = _MONTHS[self.frequency]
        step = length * self.interval
        start = first.year * 12 + (first.month - 1 if length == 1 else 0)
        passed = after.year * 12 + after.month - 1 - start
        start += max(0, passed // step - 1) * step
        for month in range(start, last.year * 12 + last.month, step):
            begin = date(month // 12, month % 12 + 1, 1).toordinal()
            end = month + length
            yield range(begin, date(end // 12, end % 12 + 1, 1).toordinal())

    def _in_order(self, period: range) -> Iterator[datetime]:
        """Yield the times in a period in order, restricted to the positions of the rule (BYSETPOS) if it has any."""
        days = (day for ordinal in period if self._fits(day := date.fromordinal(ordinal)))
        times = (datetime.combine(day, time()) + timedelta(seconds=at) for day in days for at in self.times)
        if not self.positions:
            yield from times
            return
        whole = [*times]
        yield from (at for number, at in enumerate(whole, 1) if {number, number - len(whole) - 1} & self.positions)

    def _fits(self, day: date) -> bool:
        """Return whether the rule includes a day that is in one of its periods."""
        if self.months and day.month not in self.months:
            return False
        if self.month_days:
            from_end = day.day - monthrange(day.year, day.month)[1] - 1
            if day.day not in self.month_days and from_end not in self.month_days:
                return False
        if self.year_days:
            number, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
            if number not in self.year_days and number - length - 1 not in self.year_days:
                return False
        if not self.weekdays and not self.nth:
            return True
        return day.weekday() in self.weekdays or any(number in self.nth for number in self._nth_of(day))

    def _nth_of(self, day: date) -> Iterator[tuple[int, int]]:
        """Yield (n, weekday) of a day, the n-th such weekday of its month or year; a negative n counts from the end."""
        if self.frequency == "YEARLY" and not self.months:
            number, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
        else:
            number, length = day.day, monthrange(day.year, day.month)[1]
        yield (number - 1) // 7 + 1, day.weekday()
        yield -((length - number) // 7 + 1), day.weekday()


def _number(text: str, low: int, high: int) -> int:
    """Return text as a number within bounds; raises ``ValueError``."""
    if not _NUMBER.fullmatch(text) or not low <= (number := int(text)) <= high:
        raise ValueError("the number makes no sense")
    return number


def _numbers(parts: Mapping[str, str], name: str, low: int, high: int) -> frozenset[int]:
    """Return the numbers in a part of a rule, empty if the part is missing; raises ``ValueError``."""
    return frozenset(_number(text, low, high) for text in parts[name].split(",")) if name in parts else frozenset()


def _weekdays(text: str | None) -> tuple[frozenset[tuple[int, int]], frozenset[int]]:
    """Return the numbered and the plain weekdays of a BYDAY part; raises ``ValueError``."""
    nth: set[tuple[int, int]] = set()
    plain: set[int] = set()
    for part in text.split(",") if text is not None else ():
        if (found := _NTH.fullmatch(part)) is None:
            raise ValueError("there is no such weekday")
        weekday = _WEEKDAYS.index(found[2])
        if found[1]:
            nth.add((int(found[1]), weekday))
        else:
            plain.add(weekday)
    return frozenset(nth), frozenset(plain)


def _times(parts: Mapping[str, str], begin: datetime, frequency: str, interval: int) -> tuple[int, ...]:
    """Return the times in seconds after midnight, which are the same every day; raises ``ValueError``."""
    hours = _numbers(parts, "BYHOUR", 0, 23)
    if frequency == "HOURLY":
        if 24 % interval:
            raise ValueError("the hours differ from day to day")
        every = frozenset(range(begin.hour % interval, 24, interval))
        hours = every & hours if hours else every
    else:
        hours = hours or frozenset({begin.hour})
    minutes = _numbers(parts, "BYMINUTE", 0, 59) or frozenset({begin.minute})
    seconds = _numbers(parts, "BYSECOND", 0, 59) or frozenset({begin.second})
    if not 0 < prod(map(len, (hours, minutes, seconds))) <= MOST_TIMES:
        raise ValueError("no alarm rings so often")
    return tuple(
        sorted(hour * 3600 + minute * 60 + second for hour in hours for minute in minutes for second in seconds)
    )


ALARMS: Final = frozenset({NotificationType.ALARM, NotificationType.MUSIC_ALARM})
TIMERS: Final = frozenset({NotificationType.TIMER})
REMINDERS: Final = frozenset({NotificationType.REMINDER})

SNOOZE: Final = timedelta(minutes=9)
"""Default snooze length of Alexa."""


# Amazon's patterns of weekdays; what a weekend is depends on the country.
_EVERY: Final = frozenset(range(1, 8))
_EVERY_DAY: Final = "P1D"
_WORKDAYS: Final = "XXXX-WD"
_WEEKEND: Final = "XXXX-WE"

_SATURDAY_SUNDAY: Final = frozenset({6, 7})

# Countries (ISO 3166) in which Amazon's weekend is not Saturday and Sunday.
_FRIDAY_SATURDAY_IN: Final = (
    *("AF", "BD", "BH", "DZ", "EG", "IL", "IQ", "JO", "KW", "LY"),
    *("MV", "MY", "OM", "PS", "QA", "SA", "SD", "SY", "YE"),
)
_WEEKENDS: Final = dict.fromkeys(_FRIDAY_SATURDAY_IN, frozenset({5, 6})) | {"IR": frozenset({4, 5})}

# Limit of the search: 29 February may be eight years away, but a rule that never matches must not be evaluated up to
# the year 9999.
_HORIZON: Final = timedelta(days=9 * 366)

# Amazon's ``recurringPattern`` for a repetition every n days, weeks, months or years after the first time.
_STEP: Final = re.compile(r"P([1-9]\d{0,2})([DWMY])", re.ASCII)
_STEP_FREQUENCY: Final = {"D": "DAILY", "W": "WEEKLY", "M": "MONTHLY", "Y": "YEARLY"}
_WEEKDAY: Final = re.compile(r"XXXX-WXX-([1-7])", re.ASCII)
_SEPARATOR: Final = re.compile(r"[\s,;]+")

# Maximum number of rules evaluated per notification, and maximum age of a rule with a count, which is evaluated from
# its beginning.
_MOST_RULES: Final = 20
_COUNTED: Final = timedelta(days=10 * 366)


def country_of(locale: str | None) -> str | None:
    """Return the country (ISO 3166) in a device's locale, such as ``SA`` for "ar-SA"; ``None`` if it has none."""
    country = (locale or "").rpartition("-")[2]
    return country.upper() if len(country) == 2 and "-" in (locale or "") else None


def next_occurrence(
    notification: Notification, now: datetime, zone: tzinfo, country: str | None = None
) -> datetime | None:
    """Return the next occurrence of a notification after ``now`` in UTC, or None."""
    return next(occurrences(notification, now, zone, country), None)


def may_occur(notification: Notification, now: datetime, zone: tzinfo, country: str | None = None) -> bool:
    """Return whether a notification has a next occurrence, or has one at an unknown time because no rule is valid."""
    if next_occurrence(notification, now, zone, country) is not None:
        return True
    is_on = notification.status in (NotificationStatus.ON, NotificationStatus.INSTANCE_CANCELED)
    is_ruled = notification.type in ALARMS | REMINDERS and bool(notification.rules)
    return is_on and is_ruled and _repeated(notification, now, zone, country) is None


def next_of(
    notifications: Iterable[Notification], now: datetime, zone: tzinfo, country: str | None = None
) -> datetime | None:
    """Return the earliest next occurrence of several notifications in UTC, or None."""
    times = (next_occurrence(notification, now, zone, country) for notification in notifications)
    return min((at for at in times if at is not None), default=None)


def occurrences(
    notification: Notification, now: datetime, zone: tzinfo, country: str | None = None
) -> Iterator[datetime]:
    """Yield the occurrences of a notification after ``now`` in UTC, in order; may be endless.

    ``now`` is an aware time, and ``zone`` the time zone of the device. ``country`` is the country of the device, which
    defines its weekend. Rules take precedence over the pattern, because the app writes both and only the rules are
    exact.
    """
    status = notification.status
    if notification.type not in TIMERS | ALARMS | REMINDERS:
        return
    if status is NotificationStatus.INSTANCE_CANCELED:
        now = _skipped(notification, now, zone)
    elif status is not NotificationStatus.ON and status is not NotificationStatus.SNOOZED:
        return
    put_off = snoozed_to(notification) if status is NotificationStatus.SNOOZED else notification.deferred
    if first := _later(put_off, now):
        yield first
        now = first
    if notification.type in TIMERS:
        yield from () if first else _one(_timer(notification, now))
    else:
        yield from _regular(notification, now, zone, country)


def snoozed_to(notification: Notification) -> datetime | None:
    """Return the end of a snooze, or None if it is unknown.

    If Amazon sends no time, the snooze is assumed to end nine minutes (Alexa's default) after the last change.
    """
    if notification.snoozed_to is not None or notification.updated is None:
        return notification.snoozed_to
    return notification.updated + SNOOZE


def repeats(notification: Notification) -> bool:
    """Return whether a notification repeats, by a rule or by a known pattern."""
    return bool(notification.rules) or _is_known(notification.pattern)


def repetition_rules(notification: Notification) -> tuple[str, ...]:
    """Return the first 20 RFC 5545 rules of a notification, or the one for a pattern such as "P2W"; may be empty."""
    if notification.rules:
        return notification.rules[:_MOST_RULES]
    rule = _step_rule(notification.pattern)
    return (rule,) if rule else ()


def weekdays_of(notification: Notification, country: str | None) -> frozenset[int]:
    """Return the ISO weekdays of a notification's pattern; empty if it is missing or a part of it is unknown."""
    return _days(notification.pattern, country) or frozenset()


def first_day(notification: Notification, now: datetime, zone: tzinfo) -> date:
    """Return the local day on which a repetition starts, or the day of ``now`` if no date is known."""
    return _start(notification, now, zone)[0]


def _regular(notification: Notification, now: datetime, zone: tzinfo, country: str | None) -> Iterator[datetime]:
    """Return the occurrences of an alarm or a reminder by its rules, else by its pattern, else its single time."""
    repeated = _repeated(notification, now, zone, country)
    return _one(_once(notification, now, zone)) if repeated is None else repeated


def _repeated(
    notification: Notification, now: datetime, zone: tzinfo, country: str | None
) -> Iterator[datetime] | None:
    """Return the occurrences by the rules of a notification, else by its pattern; None if neither can be used."""
    start, seconds = _start(notification, now, zone)
    rules = (_occurrences(text, start, seconds, now, zone) for text in notification.rules[:_MOST_RULES])
    readable = [rule for rule in rules if rule is not None]
    step = _step_rule(notification.pattern)
    if step and not readable and (found := _occurrences(step, start, seconds, now, zone)) is not None:
        readable.append(found)
    if readable:
        merged = heapq.merge(*(_after(rule, now, zone) for rule in readable))
        return (at for at, _ in groupby(merged))
    days = _days(notification.pattern, country)
    if days is not None and seconds is not None:
        return _after(_on_weekdays(days, start, seconds, now, zone), now, zone)
    return None


def _is_known(pattern: str | None) -> bool:
    """Return whether a pattern is one of Amazon's repeat patterns."""
    return _step_rule(pattern) is not None or _days(pattern, None) is not None


def _days(pattern: str | None, country: str | None) -> frozenset[int] | None:
    """Return the ISO weekdays of a pattern of one or more parts; ``None`` if it is missing or a part is unknown."""
    parts = [part for part in _SEPARATOR.split((pattern or "").upper()) if part]
    found = [_days_of(part, _WEEKENDS.get(country or "", _SATURDAY_SUNDAY)) for part in parts]
    known = [days for days in found if days is not None]
    return frozenset().union(*known) if known and len(known) == len(found) else None


def _days_of(pattern: str, weekend: frozenset[int]) -> frozenset[int] | None:
    """Return the ISO weekdays of a single pattern; ``None`` if it is unknown."""
    if pattern == _WEEKEND:
        return weekend
    if pattern in (_WORKDAYS, _EVERY_DAY):
        return _EVERY - weekend if pattern == _WORKDAYS else _EVERY
    return frozenset({int(found[1])}) if (found := _WEEKDAY.fullmatch(pattern)) else None


def _step_rule(pattern: str | None) -> str | None:
    """Return the rule for a pattern such as "P2W"; ``None`` for others, including "P1D" (every day)."""
    found = _STEP.fullmatch((pattern or "").strip().upper())
    if found is None or found[0] == _EVERY_DAY:
        return None
    return f"FREQ={_STEP_FREQUENCY[found[2]]};INTERVAL={found[1]}"


def _skipped(notification: Notification, now: datetime, zone: tzinfo) -> datetime:
    """Return the time of the skipped occurrence if it is in the future, else ``now``."""
    if notification.local_date is None or notification.local_seconds is None:
        return max(now, notification.alarm_time or now)
    return max(now, _instant(_at(notification.local_date, notification.local_seconds), zone))


def _one(at: datetime | None) -> Iterator[datetime]:
    """Return an iterator over one time, or an empty one for None."""
    return iter(() if at is None else (at,))


def unless_counting(new: Notification, old: Notification | None) -> Notification:
    """Return ``old`` if ``new`` only differs in the countdown of a running timer whose end is known, else ``new``."""
    if old is None or new.trigger_time is None or (new.type, new.status) != (old.type, old.status):
        return new
    if new.type not in TIMERS or new.status is not NotificationStatus.ON:
        return new
    counted = {**new.raw, "remainingTime": old.raw.get("remainingTime")}
    return old if replace(new, remaining=old.remaining, raw=counted) == old else new


def _later(at: datetime | None, now: datetime) -> datetime | None:
    """Return a time in UTC if it is after ``now``, else None."""
    return at.astimezone(UTC) if at is not None and at > now else None


def _instant(local: datetime, zone: tzinfo) -> datetime:
    """Return a local time in UTC.

    If the local time occurs twice, the first one is returned. A time in the gap at the start of daylight saving time is
    moved forward by the length of the gap.
    """
    return local.replace(tzinfo=zone).astimezone(UTC)


def _at(day: date, seconds: float) -> datetime:
    """Return the local wall-clock time (naive) at ``seconds`` after midnight."""
    return datetime.combine(day, time()) + timedelta(seconds=seconds)


def _timer(notification: Notification, now: datetime) -> datetime | None:
    """Return the end of a running timer in UTC, or None."""
    if notification.trigger_time is not None:
        return _later(notification.trigger_time, now)
    if notification.updated is None or notification.remaining is None:
        return None
    return _later(notification.updated + timedelta(seconds=notification.remaining), now)


def _once(notification: Notification, now: datetime, zone: tzinfo) -> datetime | None:
    """Return the single time of a notification in UTC; None if it is past or unknown."""
    if notification.type in REMINDERS and notification.alarm_time is not None:
        return _later(notification.alarm_time, now)
    if notification.local_date is not None and notification.local_seconds is not None:
        return _later(_instant(_at(notification.local_date, notification.local_seconds), zone), now)
    return _later(notification.alarm_time, now)


def _start(notification: Notification, now: datetime, zone: tzinfo) -> tuple[date, float | None]:
    """Return the day on which a repetition starts (``first_day``), and its time in seconds after midnight or None."""
    alarm = notification.alarm_time.astimezone(zone) if notification.alarm_time is not None else None
    seconds = notification.local_seconds
    if seconds is None and alarm is not None:
        seconds = timedelta(hours=alarm.hour, minutes=alarm.minute, seconds=alarm.second).total_seconds()
    known = alarm or (notification.created or now).astimezone(zone)
    return notification.local_date or known.date(), seconds


def _after(times: Iterable[datetime], now: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Return the ascending local times that are after ``now``, in UTC."""
    return dropwhile(lambda at: at <= now, (_instant(local, zone) for local in times))


def _on_weekdays(days: frozenset[int], start: date, seconds: float, now: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Yield the local times on some ISO weekdays endlessly, from yesterday or ``start``, whichever is later."""
    day = max(start, now.astimezone(zone).date() - _DAY)
    while True:
        if day.isoweekday() in days:
            yield _at(day, seconds)
        day += _DAY


def _occurrences(
    text: str, start: date, seconds: float | None, now: datetime, zone: tzinfo
) -> Iterator[datetime] | None:
    """Return the local times of an RFC 5545 rule; ``None`` if the rule is invalid or unsupported.

    The times are those from the day before ``now`` up to ``_HORIZON`` after it. Earlier ones may be included, as in
    ``Rule.between``. A rule with a count that began more than ``_COUNTED`` ago has none.
    """
    rule = Rule.parse(text, start, seconds)
    if rule is None:
        return None
    local_now = now.astimezone(zone).replace(tzinfo=None)
    limit = local_now + _HORIZON
    if rule.until:
        try:
            limit = min(limit, _until(rule.until, zone))
        except ValueError, OverflowError:
            return None
    if rule.count is not None and rule.begin < local_now - _COUNTED:
        return iter(())
    return rule.between((local_now - _DAY).date(), limit)


def _until(text: str, zone: tzinfo) -> datetime:
    """Return the end of a rule in local time; ``text`` is a UTC time, a local time, or the last day (inclusive).

    Raises ``ValueError`` or ``OverflowError``.
    """
    until = datetime.fromisoformat(text)
    if until.tzinfo is not None:
        return until.astimezone(zone).replace(tzinfo=None)
    return until if "T" in text else until + _DAY - timedelta(seconds=1)
