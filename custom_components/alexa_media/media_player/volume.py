"""Volume of a player."""

from typing import Final, override

from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.helpers.restore_state import ExtraStoredData, RestoredExtraData, RestoreEntity

from ..cloud.model.commands import SetVolume
from ..cloud.model.devices import Device, Player, Volume
from ..entity import AlexaDeviceEntity, invalid_input

# In percent; the volume after unmuting if the previous one is unknown.
VOLUME_STEP: Final = 5
UNMUTED: Final = 30

# Time (seconds) within which volume steps add up, instead of starting from the volume that Amazon has confirmed.
STEP_MEMORY: Final = 5.0

_PREVIOUS: Final = "previous_volume"


class VolumeControl(AlexaDeviceEntity[Player], MediaPlayerEntity, RestoreEntity):
    """The volume of a player; for a group, that of its members.

    The previous volume survives a restart.
    """

    _attr_volume_step = VOLUME_STEP / 100
    _before_mute: int | None = None
    _previous_volume: float | None = None
    _stepped: tuple[int, float] | None = None
    _asked: tuple[int, float, list[Volume]] | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Restore the previous volume."""
        await super().async_added_to_hass()
        if stored := await self.async_get_last_extra_data():
            level = stored.as_dict().get(_PREVIOUS)
            if self._previous_volume is None and isinstance(level, int | float):
                self._previous_volume = float(level)

    @property
    @override
    def extra_restore_state_data(self) -> ExtraStoredData:
        """Return the data to restore after a restart."""
        return RestoredExtraData({_PREVIOUS: self._previous_volume})

    @property
    def _leaves(self) -> tuple[Device, ...]:
        """Return the single devices behind this one: itself, or those of a group."""
        return self.runtime.devices.leaves(self.device)

    @property
    def _volumes(self) -> list[Volume]:
        """Return the known volumes of this device, or of the devices behind a group."""
        players = [self.coordinator.data.get(leaf.serial) for leaf in self._leaves]
        return [player.volume for player in players if player and player.volume]

    @property
    def _level(self) -> int | None:
        """Return the volume in percent; for a group, the mean of its members."""
        levels = [volume.level for volume in self._volumes if volume.level is not None]
        return round(sum(levels) / len(levels)) if levels else None

    @property
    @override
    def volume_level(self) -> float | None:
        """Return the volume from 0 to 1."""
        return None if (level := self._level) is None else level / 100

    @property
    @override
    def is_volume_muted(self) -> bool | None:
        """Return whether the player is silent: muted, or at volume 0."""
        known = [volume for volume in self._volumes if volume.muted is not None or volume.level is not None]
        return all(volume.muted or volume.level == 0 for volume in known) if known else None

    @override
    async def async_set_volume_level(self, volume: float) -> None:
        """Set the volume, given from 0 to 1."""
        await self._async_set_level(round(volume * 100))

    @override
    async def async_volume_up(self) -> None:
        """Increase the volume by a step."""
        await self._async_step(VOLUME_STEP)

    @override
    async def async_volume_down(self) -> None:
        """Decrease the volume by a step."""
        await self._async_step(-VOLUME_STEP)

    @override
    async def async_mute_volume(self, mute: bool) -> None:
        """Set the volume to 0, or restore it: Amazon has no command that mutes.

        Setting a volume unmutes the device, too.
        """
        if mute:
            self._before_mute = self._unconfirmed or self._level or self._before_mute
            await self._async_set_level(0)
        elif self.is_volume_muted is not False and not self._unconfirmed:
            await self._async_set_level(self._level or self._before_mute or UNMUTED)

    async def async_restore_volume(self) -> None:
        """Restore the volume from before Home Assistant last changed it (``alexa_media.restore_volume``)."""
        if self._previous_volume is None:
            raise invalid_input("previous_volume_unknown", device=self.device.name)
        await self.async_set_volume_level(self._previous_volume)

    @property
    def _unconfirmed(self) -> int | None:
        """Return the volume in percent that was set just now, until Amazon has confirmed it."""
        if self._asked is None or self.hass.loop.time() >= self._asked[1] or self._volumes != self._asked[2]:
            return None
        return self._asked[0]

    async def _async_step(self, step: int) -> None:
        """Change the volume by percent, relative to a recent step if there is one."""
        now = self.hass.loop.time()
        level = self._stepped[0] if self._stepped and now < self._stepped[1] else self._level
        if level is None:
            raise invalid_input("volume_unknown")
        level = min(100, max(0, level + step))
        self._stepped = level, now + STEP_MEMORY
        try:
            await self._async_set_level(level)
        except BaseException:
            self._stepped = None
            raise

    async def _async_set_level(self, level: int) -> None:
        """Set the volume in percent."""
        if self._stepped and self._stepped[0] != level:
            self._stepped = None
        # The push with the new volume may be faster than the response.
        before, self._previous_volume = self._previous_volume, self.volume_level
        self._asked = level, self.hass.loop.time() + STEP_MEMORY, self._volumes
        try:
            await self.async_command(SetVolume(level=level))
        except BaseException:
            self._previous_volume, self._asked = before, None
            raise
        for serial in (leaf.serial for leaf in self._leaves):
            player = self.coordinator.data.get(serial)
            # The push may be faster than the response.
            if not player or player.volume != Volume(level=level, muted=False):
                self.coordinator.async_expect(serial)
