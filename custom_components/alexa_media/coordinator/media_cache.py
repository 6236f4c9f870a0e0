"""What the account can play: asked for when somebody looks, and kept for a day."""

from collections.abc import Awaitable, Callable
from typing import Final

from homeassistant.core import HomeAssistant

from ..cloud.model.media import MediaApi, MusicProvider, SoundEffect

# How long (seconds) providers and sounds, which seldom change, are kept.
KEPT: Final = 86_400.0


class _Kept[V]:
    """A value that is asked for again when it has grown old; a failure leaves nothing behind."""

    def __init__(self, hass: HomeAssistant, ask: Callable[[], Awaitable[V]]) -> None:
        """Keep how to ask."""
        self._hass = hass
        self._ask = ask
        self._known: tuple[V, float] | None = None

    async def async_get(self) -> V:
        """Return the value; raises what asking raises."""
        now = self._hass.loop.time()
        if self._known is None or now - self._known[1] >= KEPT:
            self._known = await self._ask(), now
        return self._known[0]


class MediaLibrary:
    """The music providers and sounds of one account."""

    def __init__(self, hass: HomeAssistant, api: MediaApi) -> None:
        """Ask ``api``, not before somebody wants to know."""
        self.api = api
        self._providers = _Kept[tuple[MusicProvider, ...]](hass, api.async_providers)
        self._sounds = _Kept[tuple[SoundEffect, ...]](hass, api.async_sounds)

    async def async_providers(self) -> tuple[MusicProvider, ...]:
        """Return the providers that can be used, the default one first; raises ``AlexaError``."""
        providers = [provider for provider in await self._providers.async_get() if provider.available]
        return tuple(sorted(providers, key=lambda provider: not provider.default))

    async def async_sounds(self) -> tuple[SoundEffect, ...]:
        """Return the sounds; raises ``AlexaError``."""
        return await self._sounds.async_get()
