"""Media player of a speaker whose volume can only be changed in steps."""

from typing import Final, override

from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.components.media_player.const import (
    MediaPlayerDeviceClass,
    MediaPlayerEntityFeature,
    MediaPlayerState,
)

from ..cloud.model.appliances import Adjust, FeatureName, PropertyKey, PropertyName
from ..features.appliances import AlexaApplianceEntity

STEP: Final = 10
"""Percentage points per step."""


class AlexaSteppedSpeaker(AlexaApplianceEntity, MediaPlayerEntity):
    """A speaker whose volume can only be stepped; Amazon reports neither its volume nor the current media."""

    available_unknown = True
    _keys = (PropertyKey(FeatureName.SPEAKER, PropertyName.VOLUME),)
    _attr_name = None
    _attr_device_class = MediaPlayerDeviceClass.SPEAKER
    _attr_supported_features = MediaPlayerEntityFeature.VOLUME_STEP
    _attr_state = MediaPlayerState.ON

    @override
    async def async_volume_up(self) -> None:
        await self._async_step(STEP)

    @override
    async def async_volume_down(self) -> None:
        await self._async_step(-STEP)

    async def _async_step(self, amount: int) -> None:
        """Change the volume by ``amount`` percentage points."""
        await self.async_control(Adjust(feature=FeatureName.SPEAKER, amount=amount))
