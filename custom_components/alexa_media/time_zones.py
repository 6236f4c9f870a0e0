"""Time zones by names from the cloud or from a user."""

from datetime import tzinfo
import re
from typing import Final

from homeassistant.util import dt as dt_util

LONGEST_NAME: Final = 64

# A name is part of a path on the disk: no dots, and no leading or trailing slash.
_NAME: Final = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,3}", re.ASCII)


async def zone_named(name: str | None) -> tzinfo | None:
    """Return a time zone by its IANA name, loaded from disk; None for an unknown name."""
    if not name or len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        return None
    try:
        return await dt_util.async_get_time_zone(name)
    except ValueError, OSError:
        return None
