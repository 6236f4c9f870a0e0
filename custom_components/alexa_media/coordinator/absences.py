"""When something that a good answer lacks is gone for good."""

from collections.abc import Collection, Iterable
from typing import Final

# What two good answers this far apart (seconds) lacked is gone.
ABSENCE: Final = 30.0


class Absences:
    """Keeps what one good answer lacked until a second one, some time later, lacks it too."""

    def __init__(self) -> None:
        """Start with nothing missing."""
        self._since: dict[str, float] = {}

    @property
    def missing(self) -> frozenset[str]:
        """Return what is kept though the last answer lacked it: a second look is due."""
        return frozenset(self._since)

    def keep(self, known: Iterable[str], listed: Collection[str], now: float) -> set[str]:
        """Return which known keys stay though a good answer of ``now`` (seconds of any clock) lacks them."""
        missing = {key: self._since.get(key, now) for key in known if key not in listed}
        self._since = {key: since for key, since in missing.items() if now - since < ABSENCE}
        return set(self._since)
