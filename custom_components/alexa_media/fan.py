"""Fan platform."""

from typing import Any, override

from homeassistant.components.fan import FanEntity
from homeassistant.components.fan.const import FanEntityFeature

from .cloud.model.appliances import Control, PropertyName, SetPower, SetRange
from .features.appliances import POWER, AlexaApplianceEntity, Placement, appliance_platform, key_of, where
from .features.roles import is_fan, percentage_to_speed, speed_count, speed_of, speed_to_percentage

PARALLEL_UPDATES = 0


class AlexaFan(AlexaApplianceEntity, FanEntity):
    """A fan, with a speed if it has exactly one writable range."""

    _attr_name = None

    def __init__(self, place: Placement) -> None:
        """Initialize with the fan's features."""
        speed = speed_of(place.appliance)
        speed_key = key_of(speed, PropertyName.RANGE_VALUE) if speed else None
        super().__init__(place, POWER, *([speed_key] if speed_key else ()))
        self._speed_key = speed_key
        self._instance = speed.instance if speed else ""
        self._range = speed.value_range if speed else None
        self._attr_supported_features = FanEntityFeature.TURN_ON | FanEntityFeature.TURN_OFF
        if self._range:
            self._attr_supported_features |= FanEntityFeature.SET_SPEED
            self._attr_speed_count = speed_count(self._range)

    @property
    @override
    def is_on(self) -> bool | None:
        return None if self.primary is None else self.primary == "ON"

    @property
    @override
    def percentage(self) -> int | None:
        """Return the speed in percent (0 if the fan is not on), or None if the speed is unknown."""
        speed = self.number_of(self._speed_key) if self._speed_key else None
        if self._range is None or speed is None:
            return None
        return speed_to_percentage(self._range, speed) if self.is_on else 0

    @override
    async def async_turn_on(self, percentage: int | None = None, preset_mode: str | None = None, **kwargs: Any) -> None:
        """Turn on the fan, at a speed in percent if given; 0 turns it off."""
        if percentage == 0:
            await self.async_turn_off()
            return
        controls: list[Control] = []
        speed = percentage if self._range else None
        if not self.is_on or speed is None:
            controls.append(SetPower(on=True))
        if speed is not None and self._range:
            controls.append(SetRange(instance=self._instance, value=percentage_to_speed(self._range, speed)))
        await self.async_control(*controls)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self.async_control(SetPower(on=False))

    @override
    async def async_set_percentage(self, percentage: int) -> None:
        """Set the speed in percent; 0 turns off the fan."""
        await self.async_turn_on(percentage)


async_setup_entry = appliance_platform(where(is_fan, AlexaFan))
