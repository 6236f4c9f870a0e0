"""Features: the live state of devices, and commands that change it.

A command returns when Amazon has accepted it; what the device then does, the next read
tells. A read may succeed though a property could not be read: see ``Property.error``.
"""

from . import operations as table, requests
from .base import ClientBase
from .models import Color, Feature, Temperature, ThermostatMode


class FeaturesClient(ClientBase):
    """Operations on the features of one endpoint."""

    async def get_connectivity(self, endpoint_id: str) -> Feature:
        """Read whether Amazon reaches the device."""
        return await self._read_feature(table.GET_CONNECTIVITY, endpoint_id)

    async def get_color(self, endpoint_id: str) -> Feature:
        """Read the colour of a light."""
        return await self._read_feature(table.GET_COLOR, endpoint_id)

    async def set_color(self, endpoint_id: str, color: Color) -> None:
        """Set hue, saturation and brightness of a light at once."""
        await self._command(table.SET_COLOR, endpoint_id, requests.color(color))

    async def get_brightness(self, endpoint_id: str) -> Feature:
        """Read the brightness of a light."""
        return await self._read_feature(table.GET_BRIGHTNESS, endpoint_id)

    async def set_brightness(self, endpoint_id: str, brightness: int) -> None:
        """Set the brightness of a light (0–100)."""
        await self._command(table.SET_BRIGHTNESS, endpoint_id, requests.percent("brightness", brightness))

    async def adjust_brightness(self, endpoint_id: str, delta: int) -> None:
        """Change the brightness of a light by so many percent (-100 to 100)."""
        await self._command(table.ADJUST_BRIGHTNESS, endpoint_id, requests.percent_delta("brightnessDelta", delta))

    async def get_color_temperature(self, endpoint_id: str) -> Feature:
        """Read the colour temperature of a light."""
        return await self._read_feature(table.GET_COLOR_TEMPERATURE, endpoint_id)

    async def set_color_temperature(self, endpoint_id: str, kelvin: int) -> None:
        """Set the colour temperature of a light (1000–10000 K)."""
        await self._command(table.SET_COLOR_TEMPERATURE, endpoint_id, requests.kelvin(kelvin))

    async def increase_color_temperature(self, endpoint_id: str) -> None:
        """Make a light colder by a step of its maker's choice."""
        await self._command(table.INCREASE_COLOR_TEMPERATURE, endpoint_id)

    async def decrease_color_temperature(self, endpoint_id: str) -> None:
        """Make a light warmer by a step of its maker's choice."""
        await self._command(table.DECREASE_COLOR_TEMPERATURE, endpoint_id)

    async def get_power(self, endpoint_id: str) -> Feature:
        """Read whether a device is on."""
        return await self._read_feature(table.GET_POWER, endpoint_id)

    async def turn_on(self, endpoint_id: str) -> None:
        """Turn a device on."""
        await self._command(table.TURN_ON, endpoint_id)

    async def turn_off(self, endpoint_id: str) -> None:
        """Turn a device off."""
        await self._command(table.TURN_OFF, endpoint_id)

    async def get_temperature_sensor(self, endpoint_id: str) -> Feature:
        """Read the temperature that a device measures."""
        return await self._read_feature(table.GET_TEMPERATURE_SENSOR, endpoint_id)

    async def get_thermostat(self, endpoint_id: str) -> Feature:
        """Read mode and set points of a thermostat; the temperature of the room is not among them."""
        return await self._read_feature(table.GET_THERMOSTAT, endpoint_id)

    async def adjust_target_setpoint(self, endpoint_id: str, delta: Temperature) -> None:
        """Change the set point of a thermostat that has one."""
        await self._command(table.ADJUST_TARGET_SETPOINT, endpoint_id, requests.setpoint_delta(delta))

    async def set_target_setpoint(
        self,
        endpoint_id: str,
        *,
        target: Temperature | None = None,
        lower: Temperature | None = None,
        upper: Temperature | None = None,
    ) -> None:
        """Set the one set point of a thermostat, or both of one that has two."""
        await self._command(table.SET_TARGET_SETPOINT, endpoint_id, requests.setpoints(target, lower, upper))

    async def set_thermostat_mode(self, endpoint_id: str, mode: ThermostatMode) -> None:
        """Set the mode of a thermostat, one of its ``supported_modes``."""
        await self._command(table.SET_THERMOSTAT_MODE, endpoint_id, requests.thermostat_mode(mode))

    async def get_speaker(self, endpoint_id: str) -> Feature:
        """Read the volume of an Echo."""
        return await self._read_feature(table.GET_SPEAKER, endpoint_id)

    async def set_volume(self, endpoint_id: str, volume: int) -> None:
        """Set the volume of an Echo (0–100)."""
        await self._command(table.SET_VOLUME, endpoint_id, requests.percent("volume", volume))

    async def adjust_volume(self, endpoint_id: str, delta: int) -> None:
        """Change the volume of an Echo by so many percent (-100 to 100); it stays within 0–100."""
        await self._command(table.ADJUST_VOLUME, endpoint_id, requests.percent_delta("volumeDelta", delta))
