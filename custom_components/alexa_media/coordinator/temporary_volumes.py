"""Volumes that last only while an Echo speaks.

A message with a volume is a sequence at Amazon that sets the volume, speaks, and restores the earlier volume. A volume
that is set here in between would be lost when Amazon restores, so it is sent again then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
import logging
import math
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..cloud.errors import AlexaError
from ..cloud.model.api import AlexaBackend
from ..cloud.model.commands import SetVolume
from ..cloud.model.devices import Volume
from .devices import DevicesCoordinator
from .players import PlayersCoordinator

_LOGGER = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class _Temporary:
    """Volumes (0–100) of an Echo while it speaks.

    ``levels`` are those of the messages, ``restores`` those that Amazon will restore after each of them, in order.
    ``wanted`` is the one that was set here meanwhile. ``is_heard`` is set when a temporary volume was pushed.
    ``until`` is when the last one has been restored at the latest, in seconds of the event loop's clock.
    """

    levels: set[int] = field(default_factory=set)
    restores: list[int] = field(default_factory=list)
    wanted: int | None = None
    is_heard: bool = False
    until: float = math.inf


class TemporaryVolumes:
    """The temporary volumes of an account's Echos, by serial."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        backend: AlexaBackend,
        devices: DevicesCoordinator,
        players: PlayersCoordinator | None,
    ) -> None:
        """Initialize without messages."""
        self._hass = hass
        self._entry = entry
        self._backend = backend
        self._devices = devices
        self._players = players
        self._running: dict[str, _Temporary] = {}

    def _find(self, serial: str) -> _Temporary | None:
        """Return the temporary volume of an Echo that may still be speaking."""
        found = self._running.get(serial)
        if found is not None and self._hass.loop.time() >= found.until:
            del self._running[serial]
            return None
        return found

    def known(self, serials: Iterable[str]) -> Mapping[str, Volume]:
        """Return the volumes of Echos that are known, as set here last."""
        if (players := self._players) is None:
            return {}
        return {serial: volume for serial in serials if (volume := players.latest_volume(serial))}

    @callback
    def async_begin(self, serial: str, current: int, temporary: int) -> int:
        """Note the volume of a message; returns the one to restore: never that of another message."""
        found = self._find(serial)
        restore = current
        if found is None:
            found = self._running[serial] = _Temporary()
        elif found.wanted is not None:
            restore = found.wanted
        elif found.restores and current in found.levels:
            restore = found.restores[-1]
        found.until = math.inf
        if restore != temporary:
            found.levels.add(temporary)
            found.restores.append(restore)
        return restore

    @callback
    def async_sent(self, serials: Iterable[str], until: float) -> None:
        """Note until when the volumes last, now that the message has been sent."""
        for serial in serials:
            if (found := self._running.get(serial)) is not None:
                found.until = until

    @callback
    def async_written(self, serials: Iterable[str], level: int) -> None:
        """Note a volume that was set here, in case the Echo is speaking."""
        for serial in serials:
            if (found := self._find(serial)) is not None and found.restores:
                found.wanted = level

    @callback
    def async_pushed(self, serial: str, level: int | None) -> None:
        """Note a pushed volume; after the last restored one, set again what was set here meanwhile."""
        if (found := self._find(serial)) is None or level is None or not found.restores:
            return
        if not found.is_heard or level != found.restores[0]:
            found.is_heard |= level in found.levels
            return
        del found.restores[0]
        if found.restores:
            return
        del self._running[serial]
        if found.wanted is not None and found.wanted != level:
            self._entry.async_create_background_task(
                self._hass, self._async_set(serial, found.wanted), "alexa_media volume after speech"
            )

    async def _async_set(self, serial: str, level: int) -> None:
        """Set the volume that was set while the Echo was speaking."""
        if (device := self._devices.data.get(serial)) is None or (players := self._players) is None:
            return
        try:
            with players.writing_volume((serial,), Volume(level=level, muted=False)):
                await self._backend.async_execute(SetVolume(level=level), (device,))
        except AlexaError as err:
            _LOGGER.warning("A volume that was set during speech could not be set again after it: %s", err.details)
