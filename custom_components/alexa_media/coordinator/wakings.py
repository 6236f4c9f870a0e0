"""Wakings: which pushes mean that an Echo was spoken to, and which Echo a record without a device belongs to.

An Echo that wakes pushes its equalizer and its volume, unchanged, within milliseconds. It does the same when it
receives a command, and so does every other Echo in earshot of the speaker.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

# Both signs of one waking arrive within this time.
SAME_WAKING: Final = timedelta(seconds=2)

# The signs caused by an own command arrive within this time.
OWN_WAKING: Final = timedelta(seconds=5)

# Maximum time between a waking and its record.
RECORD_AFTER: Final = timedelta(seconds=15)
RECORD_BEFORE: Final = timedelta(seconds=5)

# Maximum number of entries kept per Echo.
MAX_WAKINGS: Final = 32
MAX_OWN: Final = 16


class Sign(Enum):
    """A value that an Echo pushes, unchanged, when it wakes; each once per waking."""

    EQUALIZER = auto()
    VOLUME = auto()


@dataclass(slots=True)
class _Waking:
    """One waking of an Echo; ``record`` is the time of its record, once known."""

    at: datetime
    signs: set[Sign]
    record: datetime | None = None

    def suits(self, moment: datetime) -> bool:
        """Return whether a record of a moment may belong to this waking, which has no other record."""
        return self.record in (None, moment) and -RECORD_BEFORE <= moment - self.at <= RECORD_AFTER


@dataclass(slots=True)
class _Echo:
    """One Echo: its wakings by voice, its last waking, and the own commands that will wake it."""

    heard: deque[_Waking] = field(default_factory=lambda: deque(maxlen=MAX_WAKINGS))
    last: _Waking | None = None
    own: int = 0
    own_until: datetime | None = None


class Wakings:
    """Wakings of the Echos of one account, by serial."""

    def __init__(self) -> None:
        """Initialize without wakings."""
        self._echos: dict[str, _Echo] = {}

    def __len__(self) -> int:
        """Return the number of Echos with stored wakings."""
        return len(self._echos)

    def sent(self, serial: str, now: datetime) -> None:
        """Expect an Echo to wake once because of a request of this integration."""
        echo = self._echos.setdefault(serial, _Echo())
        is_over = echo.own_until is None or now > echo.own_until
        echo.own = 1 if is_over else min(echo.own + 1, MAX_OWN)
        echo.own_until = now + OWN_WAKING

    def signed(self, serial: str, sign: Sign, now: datetime) -> bool:
        """Note a sign; returns whether it starts a waking that no own command explains."""
        echo = self._echos.setdefault(serial, _Echo())
        last = echo.last
        if last and sign not in last.signs and abs(now - last.at) <= SAME_WAKING:
            last.signs.add(sign)
            return False
        echo.last = _Waking(now, {sign})
        if echo.own and echo.own_until and now <= echo.own_until:
            echo.own -= 1
            return False
        echo.heard.append(echo.last)
        return True

    def claim(self, serial: str, moment: datetime) -> None:
        """Note that a record of a moment names its Echo: the nearest waking belongs to that record."""
        if echo := self._echos.get(serial):
            suiting = [waking for waking in echo.heard if waking.suits(moment)]
            if suiting:
                min(suiting, key=lambda waking: abs(moment - waking.at)).record = moment

    def find(self, moment: datetime) -> str | None:
        """Return the one Echo that a record without a device may belong to; None if there are several or none."""
        suiting = {
            serial: waking for serial, echo in self._echos.items() for waking in echo.heard if waking.suits(moment)
        }
        if len(suiting) != 1:
            return None
        ((serial, waking),) = suiting.items()
        waking.record = moment
        return serial

    def keep(self, serials: Iterable[str], since: datetime) -> None:
        """Forget all other Echos, and the wakings from before a time."""
        self._echos = {serial: echo for serial in serials if (echo := self._echos.get(serial))}
        for echo in self._echos.values():
            while echo.heard and echo.heard[0].at < since:
                echo.heard.popleft()
