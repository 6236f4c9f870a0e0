"""What both clouds say in headers."""

from email.utils import parsedate_to_datetime
import math
import time


def retry_after(value: str) -> float | None:
    """Return the seconds of a Retry-After, which may be a number or a date; ``None`` for none that makes sense."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError, OverflowError:
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None
