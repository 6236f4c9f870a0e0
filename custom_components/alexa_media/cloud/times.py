"""Dates and times in texts of Amazon's, moved by whole weeks."""

from datetime import date, timedelta
import re
from typing import Final

_DATED: Final = re.compile(
    r"(?P<year>\d{4})(?P<separator>-?)(?P<month>\d\d)(?P=separator)(?P<day>\d\d)"
    r"(?P<rest>[T ]?(\d\d:?\d\d(:?\d\d(\.\d{1,9})?)?)?( ?(Z|UTC|[+-]\d\d:?\d\d))?)"
)
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?")


def shifted_text(text: str, weeks: int) -> str | None:
    """Return a date, or a date and time, in another week; a time of day as it is; None for anything else.

    Whole weeks keep weekdays and times of day, so that repetitions still fit.
    """
    if _TIME.fullmatch(text):
        return text
    match = _DATED.fullmatch(text)
    if match is None:
        return None
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"])) + timedelta(weeks=weeks)
    except ValueError, OverflowError:
        return None
    separator = match["separator"]
    return f"{day.year:04}{separator}{day.month:02}{separator}{day.day:02}{match['rest']}"
