"""What appliances measure: temperatures, light, Amazon's air quality monitor, and ranges that can only be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, override

from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.components.sensor.const import DOMAIN as SENSOR_DOMAIN, SensorDeviceClass, SensorStateClass
from homeassistant.const import LIGHT_LUX, PERCENTAGE, UnitOfDensity, UnitOfRatio, UnitOfTemperature
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..appliance_entity import (
    AlexaMeasuringEntity,
    EntityFactory,
    Placement,
    async_setup_appliances,
    is_air_quality_monitor,
    key_of,
)
from ..appliance_roles import measured_ranges
from ..backend.appliances import (
    Appliance,
    Feature,
    FeatureName,
    PropertyKey,
    PropertyName,
    Temperature,
    TemperatureScale,
)
from ..coordinator import AlexaConfigEntry
from ..ranges import TEMPERATURE_UNITS, name_of, unit_of

TEMPERATURE: Final = PropertyKey(FeatureName.TEMPERATURE_SENSOR, PropertyName.TEMPERATURE)
ILLUMINANCE: Final = PropertyKey(FeatureName.LIGHT_SENSOR, PropertyName.ILLUMINANCE)


@dataclass(frozen=True, kw_only=True)
class MonitorDescription(SensorEntityDescription):
    """A range of the air quality monitor; ``instance`` tells which one."""

    instance: str
    state_class: SensorStateClass = SensorStateClass.MEASUREMENT


# Keys, classes and units are alexa_media_player's, but for PM10, which it lacked.
MONITOR: Final = {
    description.instance: description
    for description in (
        MonitorDescription(
            instance="4",
            key="humidity",
            device_class=SensorDeviceClass.HUMIDITY,
            native_unit_of_measurement=PERCENTAGE,
        ),
        MonitorDescription(
            instance="5",
            key="volatile_organic_compounds",
            translation_key="volatile_organic_compounds",
            device_class=SensorDeviceClass.AQI,
        ),
        MonitorDescription(
            instance="6",
            key="particulate_matter",
            device_class=SensorDeviceClass.PM25,
            native_unit_of_measurement=UnitOfDensity.MICROGRAMS_PER_CUBIC_METER,
        ),
        MonitorDescription(
            instance="7",
            key="pm10",
            device_class=SensorDeviceClass.PM10,
            native_unit_of_measurement=UnitOfDensity.MICROGRAMS_PER_CUBIC_METER,
        ),
        MonitorDescription(
            instance="8",
            key="carbon_monoxide",
            device_class=SensorDeviceClass.CO,
            native_unit_of_measurement=UnitOfRatio.PARTS_PER_MILLION,
        ),
        MonitorDescription(
            instance="9",
            key="indoor_air_quality",
            translation_key="indoor_air_quality",
            device_class=SensorDeviceClass.AQI,
        ),
    )
}


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        if appliance.feature(FeatureName.TEMPERATURE_SENSOR):
            yield "temperature", AlexaTemperature
        if appliance.feature(FeatureName.LIGHT_SENSOR):
            yield "illuminance", AlexaIlluminance
        monitor = MONITOR if is_air_quality_monitor(appliance) else {}
        for feature in measured_ranges(appliance):
            if description := monitor.get(feature.instance):
                yield description.key, partial(AlexaAirQuality, feature=feature, description=description)
            else:
                yield f"range_{feature.instance}", partial(AlexaMeasuredRange, feature=feature)

    async_setup_appliances(hass, entry, async_add_entities, SENSOR_DOMAIN, find)


class AlexaTemperature(AlexaMeasuringEntity, SensorEntity):
    """A temperature in the scale in which the appliance measures."""

    _attr_device_class = SensorDeviceClass.TEMPERATURE
    _attr_state_class = SensorStateClass.MEASUREMENT

    def __init__(self, place: Placement) -> None:
        """Show the temperature."""
        super().__init__(place, TEMPERATURE)

    @property
    @override
    def native_value(self) -> float | None:
        """Return the temperature."""
        return self.measured.value if isinstance(self.measured, Temperature) else None

    @property
    @override
    def native_unit_of_measurement(self) -> str:
        """Return the unit of Amazon's scale."""
        scale = self.primary.scale if isinstance(self.primary, Temperature) else TemperatureScale.UNKNOWN
        return TEMPERATURE_UNITS.get(scale, UnitOfTemperature.CELSIUS)


class AlexaIlluminance(AlexaMeasuringEntity, SensorEntity):
    """How light it is around an Echo.

    Amazon never pushes it: it costs a request a minute, and so it is off until somebody wants it.
    The sensor of an Echo may stand still for weeks.
    """

    max_age = timedelta(hours=1)
    _attr_device_class = SensorDeviceClass.ILLUMINANCE
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_native_unit_of_measurement = LIGHT_LUX
    _attr_entity_registry_enabled_default = False

    def __init__(self, place: Placement) -> None:
        """Show the light."""
        super().__init__(place, ILLUMINANCE)

    @property
    @override
    def native_value(self) -> float | None:
        """Return the light in lux."""
        return self.measured_number

    @override
    async def async_added_to_hass(self) -> None:
        """Have it read every minute."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_poll_often(self._appliance.entity_id))


class AlexaMeasuredRange(AlexaMeasuringEntity, SensorEntity):
    """A range that can only be read, called what Amazon calls it."""

    _attr_state_class = SensorStateClass.MEASUREMENT

    def __init__(self, place: Placement, *, feature: Feature) -> None:
        """Show one of the appliance's ranges."""
        super().__init__(place, key_of(feature, PropertyName.RANGE_VALUE))
        self._attr_native_unit_of_measurement = unit_of(feature.value_range) if feature.value_range else None
        if name := name_of(feature.friendly_name):
            self._attr_name = name
        else:
            self._attr_translation_key = "range"
            self._attr_translation_placeholders = {"instance": feature.instance}

    @property
    @override
    def native_value(self) -> float | None:
        """Return the value."""
        return self.measured_number


class AlexaAirQuality(AlexaMeasuringEntity, SensorEntity):
    """What Amazon's air quality monitor measures."""

    def __init__(
        self,
        place: Placement,
        *,
        feature: Feature,
        description: MonitorDescription,
    ) -> None:
        """Show one of the monitor's ranges."""
        super().__init__(place, key_of(feature, PropertyName.RANGE_VALUE))
        self.entity_description = description

    @property
    @override
    def native_value(self) -> float | None:
        """Return the value."""
        return self.measured_number
