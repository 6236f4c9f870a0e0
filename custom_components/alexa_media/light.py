"""Light platform."""

from datetime import UTC, datetime
from typing import Any, Final, override

from homeassistant.components.light import LightEntity
from homeassistant.components.light.const import (
    ATTR_BRIGHTNESS,
    ATTR_COLOR_TEMP_KELVIN,
    ATTR_EFFECT,
    ATTR_HS_COLOR,
    ColorMode,
    LightEntityFeature,
)

from .cloud.model.appliances import (
    Appliance,
    Control,
    FeatureName,
    HueSaturation,
    PropertyKey,
    PropertyName,
    SetBrightness,
    SetColor,
    SetColorTemperature,
    SetMode,
    SetPower,
)
from .entity import invalid_input
from .features.appliances import POWER, AlexaApplianceEntity, Placement, appliance_platform, key_of, where
from .features.roles import (
    MAX_KELVIN,
    MIN_KELVIN,
    brightness_from_alexa,
    brightness_to_alexa,
    color_from_alexa,
    color_to_alexa,
    effects_of,
    is_light,
    modes_by_name,
    nearest_color_name,
    nearest_temperature_name,
)

PARALLEL_UPDATES = 0

BRIGHTNESS: Final = PropertyKey(FeatureName.BRIGHTNESS, PropertyName.BRIGHTNESS)
COLOR: Final = PropertyKey(FeatureName.COLOR, PropertyName.COLOR)
KELVIN: Final = PropertyKey(FeatureName.COLOR_TEMPERATURE, PropertyName.COLOR_TEMPERATURE)

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class AlexaLight(AlexaApplianceEntity, LightEntity):
    """A light; its effects are the modes of the feature that ``effects_of`` returns."""

    _attr_name = None
    _attr_min_color_temp_kelvin = MIN_KELVIN
    _attr_max_color_temp_kelvin = MAX_KELVIN

    def __init__(self, place: Placement) -> None:
        """Initialize with the light's features."""
        modes = effects_of(place.appliance)
        keys = (POWER, BRIGHTNESS, COLOR, KELVIN, *([key_of(modes, PropertyName.MODE)] if modes else ()))
        super().__init__(place, *keys)
        self._has_brightness = place.appliance.feature(FeatureName.BRIGHTNESS) is not None
        self._attr_supported_color_modes = _color_modes(place.appliance)
        self._modes = modes
        self._effects = modes_by_name(modes.modes if modes else ())
        if self._effects:
            self._attr_supported_features = LightEntityFeature.EFFECT
            self._attr_effect_list = list(self._effects)

    @property
    @override
    def is_on(self) -> bool | None:
        return None if self.primary is None else self.primary == "ON"

    @property
    @override
    def brightness(self) -> int | None:
        """Return the brightness (1–255) or None; without a brightness feature, the brightness of the color."""
        if self._has_brightness:
            level = self.number_of(BRIGHTNESS)
        else:
            level = self._color.brightness * 100 if self._color else None
        return None if level is None else brightness_from_alexa(level)

    @property
    def _color(self) -> HueSaturation | None:
        """Return the color in Alexa's format, or None."""
        color = self.value_of(COLOR)
        return color if isinstance(color, HueSaturation) else None

    @property
    @override
    def color_mode(self) -> ColorMode:
        """Return the current color mode, which Alexa does not report."""
        modes = self._attr_supported_color_modes or {ColorMode.ONOFF}
        if len(modes) == 1:
            return next(iter(modes))
        color, kelvin = (self.appliance_state.samples.get(key) for key in (COLOR, KELVIN))
        if kelvin is None or kelvin.value is None:
            return ColorMode.HS
        if self._color is None or not self._color.saturation:
            return ColorMode.COLOR_TEMP
        is_white = color is not None and (kelvin.at or _LONG_AGO) > (color.at or _LONG_AGO)
        return ColorMode.COLOR_TEMP if is_white else ColorMode.HS

    @property
    @override
    def hs_color(self) -> tuple[float, float] | None:
        """Return hue (0–360) and saturation (0–100), or None."""
        return color_from_alexa(self._color.hue, self._color.saturation) if self._color else None

    @property
    @override
    def color_temp_kelvin(self) -> int | None:
        kelvin = self.number_of(KELVIN)
        return None if kelvin is None else round(kelvin)

    @property
    @override
    def effect(self) -> str | None:
        running = self.value_of(key_of(self._modes, PropertyName.MODE)) if self._modes else None
        return next((name for name, value in self._effects.items() if value == running), None)

    @override
    def snapshot(self) -> object:
        """Return all shown values; the color mode also depends on the times of the samples."""
        return super().snapshot(), self.color_mode

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Turn on the light, and set the given values."""
        controls: list[Control] = []
        power = self.coordinator.latest(self._appliance.entity_id, FeatureName.POWER)
        is_on = power.on if isinstance(power, SetPower) else self.is_on
        if not is_on or not kwargs:
            controls.append(SetPower(on=True))
        level = brightness_to_alexa(kwargs[ATTR_BRIGHTNESS]) if ATTR_BRIGHTNESS in kwargs else None
        if level is not None and self._has_brightness:
            controls.append(SetBrightness(level=level))
            level = None
        if ATTR_HS_COLOR in kwargs or level is not None:
            controls.append(self._set_color(kwargs.get(ATTR_HS_COLOR), level))
        if (kelvin := kwargs.get(ATTR_COLOR_TEMP_KELVIN)) is not None:
            kelvin = min(max(kelvin, MIN_KELVIN), MAX_KELVIN)
            controls.append(SetColorTemperature(kelvin=kelvin, name=nearest_temperature_name(kelvin)))
        if (effect := kwargs.get(ATTR_EFFECT)) is not None and self._modes:
            if effect not in self._effects:
                known = ", ".join(self._effects)
                raise invalid_input("unknown_effect", name=self.appliance.name, effect=effect, effects=known)
            controls.append(SetMode(instance=self._modes.instance, mode=self._effects[effect]))
        await self.async_control(*controls)

    def _set_color(self, hs_color: tuple[float, float] | None, level: int | None) -> SetColor:
        """Return the command for a color (None keeps a known one), with a brightness of ``level`` (1–100) if given."""
        written = self.coordinator.latest(self._appliance.entity_id, FeatureName.COLOR)
        if isinstance(written, SetColor):
            held = HueSaturation(written.hue, written.saturation, written.brightness)
        else:
            held = self._color or HueSaturation(0.0, 0.0, 1.0)
        hue, saturation = color_to_alexa(hs_color) if hs_color else (held.hue, held.saturation)
        brightness = 1.0 if self._has_brightness else held.brightness
        return SetColor(
            hue=hue,
            saturation=saturation,
            brightness=brightness if level is None else level / 100,
            name=nearest_color_name(hue, saturation),
        )

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        await self.async_control(SetPower(on=False))


def _color_modes(appliance: Appliance) -> set[ColorMode]:
    """Return the supported color modes: color, color temperature or both, else brightness, else on/off."""
    modes = {
        mode
        for feature, mode in ((FeatureName.COLOR, ColorMode.HS), (FeatureName.COLOR_TEMPERATURE, ColorMode.COLOR_TEMP))
        if appliance.feature(feature)
    }
    if not modes:
        modes = {ColorMode.BRIGHTNESS if appliance.feature(FeatureName.BRIGHTNESS) else ColorMode.ONOFF}
    return modes


async_setup_entry = appliance_platform(where(is_light, AlexaLight))
