"""When something that a good answer lacks is gone for good."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later

# What two good answers this far apart (seconds) lacked is gone.
ABSENCE: Final = 30.0


class Absences:
    """Keeps what one good answer lacked until a second one, some time later, lacks it too.

    It asks for the second one itself. ``settled``: there have been two answers far enough
    apart, so that what neither named is gone even if it was known from before them.
    """

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], look_again: Callable[[], None]) -> None:
        """Start with nothing missing; ``look_again`` asks anew."""
        self.settled = False
        self._hass = hass
        self._look_again = look_again
        self._since: dict[str, float] = {}
        self._first: float | None = None
        self._cancel: CALLBACK_TYPE | None = None
        entry.async_on_unload(self._async_cancel)

    @property
    def missing(self) -> frozenset[str]:
        """Return what is kept though the last answer lacked it: a second look is due."""
        return frozenset(self._since)

    @callback
    def keep(self, known: Iterable[str], listed: Collection[str]) -> frozenset[str]:
        """Return which known keys stay though a good answer of now lacks them."""
        now = self._hass.loop.time()
        self._first = now if self._first is None else self._first
        self.settled = now - self._first >= ABSENCE
        missing = {key: self._since.get(key, now) for key in known if key not in listed}
        self._since = {key: since for key, since in missing.items() if now - since < ABSENCE}
        self._async_schedule()
        return self.missing

    @callback
    def miss(self, keys: Iterable[str]) -> None:
        """Take note of keys that the last good answer lacked, as turned out afterwards."""
        now = self._hass.loop.time()
        self._since = {**dict.fromkeys(keys, now), **self._since}
        self._async_schedule()

    @callback
    def _async_schedule(self) -> None:
        """Look again some time later, where something is missing."""
        if self._since and not self._cancel:
            self._cancel = async_call_later(self._hass, ABSENCE + 1, self._async_look_again)

    @callback
    def _async_look_again(self, _now: object) -> None:
        """Ask again for what one answer lacked."""
        self._cancel = None
        self._look_again()

    @callback
    def _async_cancel(self) -> None:
        """Look no more."""
        if self._cancel:
            self._cancel()
            self._cancel = None
