"""Content that an account can start: routines, music providers and sounds."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..cloud.model.api import AlexaBackend
from ..cloud.model.media import MediaApi, MusicProvider, Routine, RoutinesApi, SoundEffect
from .absences import Absences
from .base import EXISTENCE, TopicCoordinator

# A routine is read before it runs, because its steps may have changed; calls within this time (seconds) share a read.
SHARED_READ_AGE: Final = 1.0


class RoutinesCoordinator(TopicCoordinator[Routine]):
    """Routines by id.

    A failed read changes nothing. A routine that is missing from one successful read is kept until a second one,
    requested automatically, lacks it too.
    """

    topic: ClassVar[str] = "routines"
    interval_with_push: ClassVar[timedelta] = timedelta(hours=6)
    interval_without_push: ClassVar[timedelta] = timedelta(hours=6)
    pushed: ClassVar[bool] = False
    is_list: ClassVar[bool] = True

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], backend: AlexaBackend, api: RoutinesApi) -> None:
        """Initialize without routines."""
        super().__init__(hass, entry, backend)
        self.api = api
        self._reading = asyncio.Lock()
        self._read_at: float | None = None
        self._remembered: set[str] = set()
        self._absences = Absences(hass, entry, self.async_hint)
        self._has_forgotten = False

    @override
    async def _async_read(self) -> Mapping[str, Routine]:
        return self._merged(await self.api.async_routines())

    async def async_read_now(self) -> None:
        """Read for a caller that waits; raises ``AlexaError`` to the caller without failing the topic."""
        async with self._reading:
            if self._read_at is not None and self.hass.loop.time() - self._read_at < SHARED_READ_AGE:
                return
            self.async_set_updated_data(self._merged(await self.api.async_routines()))
            self._failures = 0
            self._async_announce_removed()

    async def async_set_enabled(self, routine_id: str, *, enabled: bool) -> None:
        """Turn a routine on or off; one change at a time. Raises ``AlexaError``."""
        async with self._reading:
            listed = await self.api.async_set_enabled(routine_id, enabled=enabled)
            self.async_set_updated_data(self._merged(listed))

    @callback
    def async_remember(self, routine_ids: Iterable[str]) -> None:
        """Remember the routines known before a restart; read again if some of them are missing."""
        self._remembered |= set(routine_ids) - self.data.keys()
        if self._read_at is not None:
            self._absences.miss(self._remembered)

    @callback
    def is_gone(self, routine_id: str) -> bool:
        """Return whether a routine was missing from two successful reads."""
        return self._read_at is not None and routine_id not in self.data and routine_id not in self._absences.missing

    @callback
    def is_missing(self, routine_id: str) -> bool:
        """Return whether a routine was missing from the last successful read."""
        return routine_id in self._absences.missing

    def _merged(self, listed: Mapping[str, Routine]) -> Mapping[str, Routine]:
        """Return the listed routines, and those that are missing for the first time."""
        self._read_at = self.hass.loop.time()
        kept = self._absences.keep({*self.data, *self._remembered}, listed)
        self._has_forgotten |= not self._remembered <= kept | listed.keys()
        self._remembered &= kept
        return {**listed, **{key: self.data[key] for key in self.data if key in kept}}

    @override
    @callback
    def _async_refresh_finished(self) -> None:
        """Notify the listeners of removed routines."""
        super()._async_refresh_finished()
        self._async_announce_removed()

    @callback
    def _async_announce_removed(self) -> None:
        """Notify the listeners for all routines that a routine is gone, even one known only from before a restart."""
        if self._has_forgotten:
            self._has_forgotten = False
            self._notify((EXISTENCE,))


# Seconds for which providers and sounds are cached; they rarely change.
MAX_AGE: Final = 86_400.0


class _Kept[V]:
    """A cached value that is read again after it has expired; failures are not cached."""

    def __init__(self, hass: HomeAssistant, ask: Callable[[], Awaitable[V]]) -> None:
        """Initialize with the function that reads the value."""
        self._hass = hass
        self._ask = ask
        self._known: tuple[V, float] | None = None

    async def async_get(self) -> V:
        """Return the value; raises the errors of the read."""
        now = self._hass.loop.time()
        if self._known is None or now - self._known[1] >= MAX_AGE:
            self._known = await self._ask(), now
        return self._known[0]


class MediaLibrary:
    """The music providers and sounds of one account."""

    def __init__(self, hass: HomeAssistant, api: MediaApi) -> None:
        """Initialize without content; the first caller causes a request."""
        self.api = api
        self._providers = _Kept[tuple[MusicProvider, ...]](hass, api.async_providers)
        self._sounds = _Kept[tuple[SoundEffect, ...]](hass, api.async_sounds)

    async def async_providers(self) -> tuple[MusicProvider, ...]:
        """Return the usable providers, the default one first; raises ``AlexaError``."""
        providers = [provider for provider in await self._providers.async_get() if provider.available]
        return tuple(sorted(providers, key=lambda provider: not provider.default))

    async def async_sounds(self) -> tuple[SoundEffect, ...]:
        """Return the sound effects; raises ``AlexaError``."""
        return await self._sounds.async_get()
