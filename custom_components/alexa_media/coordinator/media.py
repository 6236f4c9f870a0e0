"""Content that an account can start: routines, music providers and sounds."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..cloud.model.api import AlexaBackend
from ..cloud.model.media import MediaApi, MusicProvider, Routine, RoutinesApi, SoundEffect
from .absences import KeptTopicCoordinator

# A routine is read before it runs, because its steps may have changed; calls within this time (seconds) share a read.
SHARED_READ_AGE: Final = 1.0


class RoutinesCoordinator(KeptTopicCoordinator[Routine]):
    """Routines by id."""

    topic: ClassVar[str] = "routines"
    interval_with_push: ClassVar[timedelta] = timedelta(hours=6)
    interval_without_push: ClassVar[timedelta] = timedelta(hours=6)
    pushed: ClassVar[bool] = False

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], backend: AlexaBackend, api: RoutinesApi) -> None:
        """Initialize without routines."""
        super().__init__(hass, entry, backend)
        self.api = api
        self._reading = asyncio.Lock()
        self._read_at: float | None = None

    @override
    async def _async_read(self) -> Mapping[str, Routine]:
        return self._merged(await self.api.async_routines())

    async def async_read_now(self) -> None:
        """Read the routines now, unless the last read ended less than a second ago.

        Raises ``AlexaError`` without failing the topic.
        """
        async with self._reading:
            if self._read_at is not None and self.hass.loop.time() - self._read_at < SHARED_READ_AGE:
                return
            began = self.hass.loop.time()
            self._async_take(await self.api.async_routines(), began)

    async def async_set_enabled(self, routine_id: str, *, enabled: bool) -> None:
        """Turn a routine on or off; changes run one at a time. Raises ``AlexaError``."""
        async with self._reading:
            began = self.hass.loop.time()
            self._async_take(await self.api.async_set_enabled(routine_id, enabled=enabled), began)

    @callback
    def _async_take(self, listed: Mapping[str, Routine], began: float) -> None:
        """Apply routines read for an action, as if by a successful poll; ``began`` is the start of the read."""
        self._failures = 0
        self._failure = None
        self.read_at = self.read_whole_at = began
        self.async_set_updated_data(self._merged(listed))
        self._async_refresh_finished()

    @callback
    def is_missing(self, routine_id: str) -> bool:
        """Return whether a routine was missing from the last successful read, but is still kept."""
        return routine_id in self._absences.missing

    def _merged(self, listed: Mapping[str, Routine]) -> Mapping[str, Routine]:
        """Return the listed routines, and those that have just gone missing."""
        self._read_at = self.hass.loop.time()
        return {**listed, **self._kept(listed)}


# Seconds for which providers and sounds are cached; they rarely change.
MAX_AGE: Final = 86_400.0


class _Kept[V]:
    """A cached value that is read again after ``MAX_AGE``."""

    def __init__(self, hass: HomeAssistant, ask: Callable[[], Awaitable[V]]) -> None:
        """Initialize with the function that reads the value."""
        self._hass = hass
        self._ask = ask
        self._known: tuple[V, float] | None = None

    async def async_get(self) -> V:
        """Return the cached value, or read it if it is missing or too old."""
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
