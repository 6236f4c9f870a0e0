"""Handling of items that are missing from a successful read: one such read does not prove that they are gone."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..cloud.model.api import AlexaBackend
from .base import EXISTENCE, TopicCoordinator
from .removal import Timer

# Minimum interval (seconds) between the two successful reads that prove that an item is gone.
ABSENCE: Final = 30.0


class Absences:
    """Keeps an item until all successful reads during at least ``ABSENCE`` seconds lack it.

    ``settled`` is True after two successful reads at least that far apart.
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
        """Return the keys that are kept although the last successful read lacks them."""
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
        """Schedule another read if items are missing and none is scheduled."""
        if self._since and not self._timer.is_set:
            self._timer.call_later(ABSENCE + 1, self._look_again)


class KeptTopicCoordinator[V](TopicCoordinator[V]):
    """Base class for topics that contain objects of the account by id.

    An object is kept until all successful reads during at least ``ABSENCE`` seconds lack it.
    """

    is_list: ClassVar[bool] = True

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], backend: AlexaBackend) -> None:
        """Initialize without objects."""
        super().__init__(hass, entry, backend)
        self._absences = Absences(hass, entry, self._async_look_again)
        self._remembered: set[str] = set()
        self._has_forgotten = False

    @callback
    def _async_look_again(self) -> None:
        """Request another read."""
        self.async_hint()

    @callback
    def async_remember(self, keys: Iterable[str]) -> None:
        """Remember the keys of objects known before a restart."""
        self._remembered |= set(keys) - self.data.keys()
        if self.last_update_success:
            self._absences.miss(self._remembered)

    @callback
    def is_gone(self, key: str) -> bool:
        """Return whether an object known earlier is neither listed nor kept."""
        return key not in self.data and key not in self._remembered

    def _kept(self, listed: Mapping[str, object]) -> dict[str, V]:
        """Return the objects that are kept although a read that has just succeeded lacks them."""
        kept = self._absences.keep({*self.data, *self._remembered}, listed)
        self._has_forgotten |= not self._remembered <= kept | listed.keys()
        self._remembered &= kept
        return {key: value for key, value in self.data.items() if key in kept}

    @override
    @callback
    def _async_refresh_finished(self) -> None:
        super()._async_refresh_finished()
        self._async_announce_removed()

    @callback
    def _async_announce_removed(self) -> None:
        """Call the ``EXISTENCE`` listeners if an object known only from before a restart is gone."""
        if self._has_forgotten:
            self._has_forgotten = False
            self._notify((EXISTENCE,))
