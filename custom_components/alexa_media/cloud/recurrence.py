"""Recurrence rules (RFC 5545) that are followed in a bounded number of steps.

A rule comes from outside, and one that never fits, such as 30 February, must cost no more
than one that does: a rule is worked out day by day between two dates, and never searched
beyond them.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import prod
import re
from typing import Final, Self

LONGEST_RULE: Final = 500
"""Characters of a rule."""

MOST_TIMES: Final = 96
"""Times of a rule in a day."""

LONGEST_INTERVAL: Final = 1200

ENDLESS: Final = 20_000
"""A rule that comes so often counts as one without an end."""

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
    """A rule, with what its first time implies filled in.

    Weekdays are 0–6 from Monday; ``nth`` holds (number, weekday), as in the second Monday;
    ``times`` are rising seconds after midnight. ``until`` is as it was given.
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
        """Return a rule that begins on a day; ``None`` for one that cannot be read, or costs too much.

        ``seconds`` is its time after midnight; ``None`` where the rule has to name it. Amazon
        ends its rules with a semicolon. Rules of minutes and seconds are refused, as no alarm
        has them.
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
        """Return the rule of some parts; raises ``ValueError``."""
        frequency, interval = parts["FREQ"], _number(parts.get("INTERVAL", "1"), 1, LONGEST_INTERVAL)
        times = _times(parts, begin, frequency, interval)
        nth, weekdays = _weekdays(parts.get("BYDAY"))
        if frequency not in _MONTHS:
            # a number means nothing there, as RFC 5545 has it
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
        """Yield the rising local times from a day on that are not after ``end``.

        Some times of the days before may be among them. A rule with a count is followed from
        its beginning.
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
        """Yield the days (ordinals) of each period from one before a day on."""
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
        """Yield the days of each month or year."""
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
        """Yield the times in a period, of all or of some positions."""
        days = (day for ordinal in period if self._fits(day := date.fromordinal(ordinal)))
        times = (datetime.combine(day, time()) + timedelta(seconds=at) for day in days for at in self.times)
        if not self.positions:
            yield from times
            return
        whole = [*times]
        yield from (at for number, at in enumerate(whole, 1) if {number, number - len(whole) - 1} & self.positions)

    def _fits(self, day: date) -> bool:
        """Return whether a day of a period is one of the rule's."""
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
        """Yield which of its weekday a day is in its month or year, from the front and from the end."""
        if self.frequency == "YEARLY" and not self.months:
            number, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
        else:
            number, length = day.day, monthrange(day.year, day.month)[1]
        yield (number - 1) // 7 + 1, day.weekday()
        yield -((length - number) // 7 + 1), day.weekday()


def _number(text: str, low: int, high: int) -> int:
    """Return a number within bounds; raises ``ValueError``."""
    if not _NUMBER.fullmatch(text) or not low <= (number := int(text)) <= high:
        raise ValueError("the number makes no sense")
    return number


def _numbers(parts: Mapping[str, str], name: str, low: int, high: int) -> frozenset[int]:
    """Return the numbers of a part, none without it; raises ``ValueError``."""
    return frozenset(_number(text, low, high) for text in parts[name].split(",")) if name in parts else frozenset()


def _weekdays(text: str | None) -> tuple[frozenset[tuple[int, int]], frozenset[int]]:
    """Return the numbered and the plain weekdays of BYDAY; raises ``ValueError``."""
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
    """Return the times of a day; hours that repeat are the same on every day. Raises ``ValueError``."""
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
