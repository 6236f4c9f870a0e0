"""Volume of a player."""

from collections.abc import Iterable
from typing import Final, override

from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.helpers.restore_state import ExtraStoredData, RestoredExtraData, RestoreEntity

from ..cloud.model.commands import SetVolume
from ..cloud.model.devices import Device, Player, Volume
from ..coordinator.players import PlayersCoordinator
from ..entity import AlexaDeviceEntity, command_errors, invalid_input

# In percent; the volume after unmuting if the previous one is unknown.
VOLUME_STEP: Final = 5
UNMUTED: Final = 30

_PREVIOUS: Final = "previous_volume"


class VolumeControl(AlexaDeviceEntity[Player], MediaPlayerEntity, RestoreEntity):
    """The volume of a player; for a group, that of its members.

    The previous volume survives a restart.
    """

    _players: PlayersCoordinator
    _attr_volume_step = VOLUME_STEP / 100
    _before_mute: int | None = None
    _previous_volume: float | None = None

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
        return _mean(self._volumes)

    @property
    def _latest(self) -> list[Volume]:
        """Return the volumes as ``_volumes``, those written here before Amazon has confirmed them."""
        return [volume for leaf in self._leaves if (volume := self._players.latest_volume(leaf.serial))]

    @property
    @override
    def volume_level(self) -> float | None:
        """Return the volume from 0 to 1."""
        return None if (level := self._level) is None else level / 100

    @property
    @override
    def is_volume_muted(self) -> bool | None:
        """Return whether the player is silent: muted, or at volume 0."""
        return _is_silent(self._volumes)

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
        level = _mean(self._latest)
        if mute:
            self._before_mute = level or self._before_mute
            await self._async_set_level(0)
        elif _is_silent(self._latest) is not False:
            await self._async_set_level(level or self._before_mute or UNMUTED)

    async def async_restore_volume(self) -> None:
        """Restore the volume from before Home Assistant last changed it (``alexa_media.restore_volume``)."""
        if self._previous_volume is None:
            raise invalid_input("previous_volume_unknown", device=self.device.name)
        await self.async_set_volume_level(self._previous_volume)

    async def _async_step(self, step: int) -> None:
        """Change the volume by percent, relative to the volume set last; an unknown volume is read once."""
        if (level := _mean(self._latest)) is None:
            with command_errors(self.hass, self.entry):
                volumes = await self.runtime.backend.async_volumes()
            level = _mean([volume for leaf in self._leaves if (volume := volumes.get(leaf.serial))])
        if level is None:
            raise invalid_input("volume_unknown")
        await self._async_set_level(min(100, max(0, level + step)))

    async def _async_set_level(self, level: int) -> None:
        """Set the volume in percent."""
        # The push with the new volume may be faster than the response.
        before, latest = self._previous_volume, _mean(self._latest)
        self._previous_volume = None if latest is None else latest / 100
        volume = Volume(level=level, muted=False)
        serials = [leaf.serial for leaf in self._leaves]
        try:
            with self._players.writing_volume(serials, volume):
                await self.async_command(SetVolume(level=level))
        except BaseException:
            self._previous_volume = before
            raise
        self.runtime.temporary_volumes.async_written(serials, level)
        for serial in serials:
            player = self.coordinator.data.get(serial)
            # The push may be faster than the response.
            if not player or player.volume != volume:
                self.coordinator.async_expect(serial)


def _mean(volumes: Iterable[Volume]) -> int | None:
    """Return the mean of the known levels in percent."""
    levels = [volume.level for volume in volumes if volume.level is not None]
    return round(sum(levels) / len(levels)) if levels else None


def _is_silent(volumes: Iterable[Volume]) -> bool | None:
    """Return whether all volumes are muted or 0, or ``None`` if none is known."""
    known = [volume for volume in volumes if volume.muted is not None or volume.level is not None]
    return all(volume.muted or volume.level == 0 for volume in known) if known else None
