"""Cover platform."""

from collections.abc import Iterator
from functools import partial
from typing import Any, override

from homeassistant.components.cover import CoverEntity
from homeassistant.components.cover.const import (
    ATTR_POSITION,
    DOMAIN as COVER_DOMAIN,
    CoverDeviceClass,
    CoverEntityFeature,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .cloud.model.appliances import Appliance, ApplianceKind, Feature, PropertyName, SetRange, ValueRange
from .coordinator.runtime import AlexaConfigEntry
from .features.appliances import AlexaApplianceEntity, EntityFactory, Placement, async_setup_appliances, key_of
from .features.roles import position_of, snapped

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the covers of an account."""
    _async_setup_smart_home(hass, entry, async_add_entities)


@callback
def _async_setup_smart_home(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the blinds."""

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        position = position_of(appliance)
        if position and (value_range := position.value_range):
            yield "", partial(AlexaCover, position=position, value_range=value_range)

    async_setup_appliances(hass, entry, async_add_entities, COVER_DOMAIN, find)


class AlexaCover(AlexaApplianceEntity, CoverEntity):
    """A blind; 0 is closed and 100 open."""

    _attr_name = None
    _attr_supported_features = CoverEntityFeature.OPEN | CoverEntityFeature.CLOSE | CoverEntityFeature.SET_POSITION

    def __init__(
        self,
        place: Placement,
        *,
        position: Feature,
        value_range: ValueRange,
    ) -> None:
        """Initialize for the position of the blind."""
        super().__init__(place, key_of(position, PropertyName.RANGE_VALUE))
        self._instance = position.instance
        self._range = value_range
        is_outside = place.appliance.kind is ApplianceKind.EXTERIOR_BLIND
        self._attr_device_class = CoverDeviceClass.SHUTTER if is_outside else CoverDeviceClass.BLIND

    @property
    @override
    def current_cover_position(self) -> int | None:
        """Return the position, from 0 (closed) to 100 (open)."""
        position = self.number_of(self._keys[0])
        return None if position is None else round(position)

    @property
    @override
    def is_closed(self) -> bool | None:
        """Return whether the blind is fully closed."""
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
        """Move to a position."""
        await self._async_move(kwargs[ATTR_POSITION])

    async def _async_move(self, position: int) -> None:
        """Move to the closest position that the blind supports."""
        await self.async_control(SetRange(instance=self._instance, value=snapped(self._range, position)))
