"""Cover platform."""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final, override

from homeassistant.components.cover import CoverEntity
from homeassistant.components.cover.const import (
    ATTR_POSITION,
    CoverDeviceClass,
    CoverEntityFeature,
)

from .cloud.model.appliances import (
    CLOSED,
    OPEN,
    Appliance,
    ApplianceKind,
    Control,
    Feature,
    FeatureName,
    PropertyName,
    SetLevel,
    SetMode,
    SetRange,
)
from .features.appliances import AlexaApplianceEntity, EntityFactory, Placement, appliance_platform, key_of
from .features.roles import level_position_of, mode_position_of, position_of, snapped

PARALLEL_UPDATES = 0

DEVICE_CLASSES: Final = {
    ApplianceKind.DOOR: CoverDeviceClass.DOOR,
    ApplianceKind.EXTERIOR_BLIND: CoverDeviceClass.SHUTTER,
    ApplianceKind.GARAGE_DOOR: CoverDeviceClass.GARAGE,
    ApplianceKind.INTERIOR_BLIND: CoverDeviceClass.BLIND,
}


def _covers(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
    """Yield the key and factory of the cover of an appliance with a position, or a mode that opens and closes it."""
    if position := position_of(appliance) or level_position_of(appliance):
        yield "", partial(AlexaCover, position=position)
    elif mode := mode_position_of(appliance):
        yield "", partial(AlexaModeCover, mode=mode)


class AlexaCover(AlexaApplianceEntity, CoverEntity):
    """A blind with a position; 0 is closed and 100 open."""

    _attr_name = None
    _attr_supported_features = CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE | CoverEntityFeature.SET_POSITION

    def __init__(self, place: Placement, *, position: Feature) -> None:
        """Initialize for the position of the blind, which is a range or a percentage."""
        is_range = position.name is FeatureName.RANGE
        super().__init__(place, key_of(position, PropertyName.RANGE_VALUE if is_range else PropertyName.PERCENTAGE))
        self._instance = position.instance
        self._range = position.value_range
        self._attr_device_class = DEVICE_CLASSES.get(place.appliance.kind)

    @property
    @override
    def current_cover_position(self) -> int | None:
        """Return the position from 0 (closed) to 100 (open), None if unknown."""
        position = self.number_of(self._keys[0])
        return None if position is None else min(max(round(position), 0), 100)

    @property
    @override
    def is_closed(self) -> bool | None:
        """Return whether the blind is fully closed, None if unknown."""
        position = self.current_cover_position
        return None if position is None else position == 0

    @override
    async def async_open_cover(self, **kwargs: Any) -> None:
        await self._async_move(100)

    @override
    async def async_close_cover(self, **kwargs: Any) -> None:
        await self._async_move(0)

    @override
    async def async_set_cover_position(self, **kwargs: Any) -> None:
        """Move the blind to the position in ``kwargs`` (0–100), or to the closest one that it supports."""
        await self._async_move(kwargs[ATTR_POSITION])

    async def _async_move(self, position: int) -> None:
        """Move to the closest position that the blind supports."""
        control: Control = (
            SetRange(instance=self._instance, value=snapped(self._range, position))
            if self._range
            else SetLevel(feature=FeatureName.PERCENTAGE, level=position)
        )
        await self.async_control(control)


class AlexaModeCover(AlexaApplianceEntity, CoverEntity):
    """A cover, such as a garage door, that is opened and closed by setting a mode."""

    available_unknown = True
    _attr_name = None
    _attr_supported_features = CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE

    def __init__(self, place: Placement, *, mode: Feature) -> None:
        """Initialize for the mode feature."""
        super().__init__(place, key_of(mode, PropertyName.MODE))
        self._instance = mode.instance
        self._attr_device_class = DEVICE_CLASSES.get(place.appliance.kind)

    @property
    @override
    def is_closed(self) -> bool | None:
        return {OPEN: False, CLOSED: True}.get(str(self.primary))

    @override
    async def async_open_cover(self, **kwargs: Any) -> None:
        await self.async_control(SetMode(instance=self._instance, mode=OPEN))

    @override
    async def async_close_cover(self, **kwargs: Any) -> None:
        await self.async_control(SetMode(instance=self._instance, mode=CLOSED))


async_setup_entry = appliance_platform(_covers)
