"""Handling of items that are missing from a successful read: they are kept until a second read lacks them too."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .removal import Timer

# Minimum interval (seconds) between the two successful reads that prove that an item is gone.
ABSENCE: Final = 30.0


class Absences:
    """Keeps items that are missing from one successful read until a later read lacks them too.

    It requests that later read. ``settled`` is True after two reads that are at least ``ABSENCE`` apart. Items missing
    in both are then gone, including items known from before a restart.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], look_again: Callable[[], None]) -> None:
        """Initialize without missing items; ``look_again`` requests another read."""
        self.settled = False
        self._hass = hass
        self._look_again = look_again
        self._since: dict[str, float] = {}
        self._first: float | None = None
        self._timer = Timer(hass, entry)

    @property
    def missing(self) -> frozenset[str]:
        """Return the items that are kept although the last read lacks them."""
        return frozenset(self._since)

    @callback
    def keep(self, known: Iterable[str], listed: Collection[str]) -> frozenset[str]:
        """Return the known keys to keep although a read that has just succeeded lacks them."""
        now = self._hass.loop.time()
        self._first = now if self._first is None else self._first
        self.settled = now - self._first >= ABSENCE
        missing = {key: self._since.get(key, now) for key in known if key not in listed}
        self._since = {key: since for key, since in missing.items() if now - since < ABSENCE}
        self._async_schedule()
        return self.missing

    @callback
    def miss(self, keys: Iterable[str]) -> None:
        """Mark keys as missing from the last successful read."""
        now = self._hass.loop.time()
        self._since = {**dict.fromkeys(keys, now), **self._since}
        self._async_schedule()

    @callback
    def _async_schedule(self) -> None:
        """Schedule a second read if items are missing."""
        if self._since and not self._timer.is_set:
            self._timer.call_later(ABSENCE + 1, self._look_again)
