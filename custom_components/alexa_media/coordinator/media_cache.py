"""Music providers and sounds of the account, read on demand and kept for a day."""

from collections.abc import Awaitable, Callable
from typing import Final

from homeassistant.core import HomeAssistant

from ..cloud.model.media import MediaApi, MusicProvider, SoundEffect

# How long (seconds) providers and sounds, which seldom change, are kept.
MAX_AGE: Final = 86_400.0


class _Kept[V]:
    """A value that is read again when it has expired; a failure is not kept."""

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
        """Initialize; the first caller causes the request."""
        self.api = api
        self._providers = _Kept[tuple[MusicProvider, ...]](hass, api.async_providers)
        self._sounds = _Kept[tuple[SoundEffect, ...]](hass, api.async_sounds)

    async def async_providers(self) -> tuple[MusicProvider, ...]:
        """Return the usable providers, the default one first; raises ``AlexaError``."""
        providers = [provider for provider in await self._providers.async_get() if provider.available]
        return tuple(sorted(providers, key=lambda provider: not provider.default))

    async def async_sounds(self) -> tuple[SoundEffect, ...]:
        """Return the sounds; raises ``AlexaError``."""
        return await self._sounds.async_get()
