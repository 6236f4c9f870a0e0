"""Sensor platform."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, override

from homeassistant.components.recorder.const import DOMAIN as RECORDER_DOMAIN
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import (
    STATISTIC_UNIT_TO_UNIT_CONVERTER,
    async_import_statistics,
    get_metadata,
    statistics_during_period,
)
from homeassistant.components.sensor import SensorEntity, SensorEntityDescription
from homeassistant.components.sensor.const import UNIT_CONVERTERS, SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    LIGHT_LUX,
    PERCENTAGE,
    EntityCategory,
    UnitOfDensity,
    UnitOfEnergy,
    UnitOfRatio,
    UnitOfTemperature,
    UnitOfVolume,
)
from homeassistant.core import ServiceResponse, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.device_registry import DeviceInfo
from homeassistant.helpers.recorder import get_instance
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import BaseUnitConverter

from .cloud.alarm_attributes import UNRECORDED, Timed, attributes, in_order
from .cloud.alarm_times import ALARMS, REMINDERS, TIMERS
from .cloud.model.appliances import (
    Appliance,
    Feature,
    FeatureName,
    PropertyKey,
    PropertyName,
    Temperature,
    TemperatureScale,
    Value,
)
from .cloud.model.devices import Device, Notification, NotificationStatus, NotificationType
from .cloud.model.property import ManagedUnit, ManagementApi
from .cloud.model.settings import Setting
from .const import CONF_EMAIL, EVENT_ALARM_DISMISSAL, EVENT_NOTIFICATION
from .coordinator.alarm_watch import AlarmEvent, AlarmWatch, AlertChange
from .coordinator.device_states import NotificationsCoordinator
from .coordinator.history import HistoryCoordinator
from .coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData
from .entity import (
    AccountEntity,
    AlexaDeviceEntity,
    CapableDescription,
    EntityAdder,
    ListedEntity,
    account_device_info,
    command_errors,
    invalid_input,
    masked,
    platform_setup,
    player_entity_id,
)
from .features.alarms import ALL_DEVICES
from .features.appliances import (
    AlexaMeasuringEntity,
    EntityFactory,
    Placement,
    add_appliances,
    has,
    is_air_quality_monitor,
    key_of,
    where,
)
from .features.roles import TEMPERATURE_UNITS, measured_ranges, unit_of
from .features.settings import SettingDescription, SettingEntity, is_single
from .features.speech import is_player

PARALLEL_UPDATES = 0


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up the sensors of an account."""
    if data.notifications and (watch := data.alarm_watch):
        add.account(AlexaAccountSensor(add.entry, data.notifications, watch))
        add.devices(data.notifications, partial(AlexaNextSensor, watch=watch), SENSORS)
    if data.history is not None:
        add.account(AlexaLastSpokenTo(add.entry, data.history))
    add.devices(data.settings, AlexaSettingSensor, SETTINGS, is_single)
    add.devices(data.backend.management, AlexaUnitSensor, (UNIT,))
    add.devices(data.backend.management, AlexaSetUpSensor, (SET_UP,))
    add_appliances(
        add,
        where(has(FeatureName.TEMPERATURE_SENSOR), AlexaTemperature, "temperature"),
        where(has(FeatureName.LIGHT_SENSOR), AlexaIlluminance, "illuminance"),
        _measurements,
        _ranges,
    )


@dataclass(frozen=True, kw_only=True)
class AlexaNextDescription(CapableDescription, SensorEntityDescription):
    """Description of a sensor for the next alarm, timer or reminder.

    ``types`` are the notification types to show. ``label`` is the name of the attribute with the label of the next one.
    """

    types: frozenset[NotificationType]
    label: str


def _next(
    key: str, label: str, types: frozenset[NotificationType], capability: str = "TIMERS_AND_ALARMS"
) -> AlexaNextDescription:
    """Return the description of a sensor for the next alarm, timer or reminder."""
    return AlexaNextDescription(
        key=key,
        translation_key=key.lower().replace(" ", "_"),
        device_class=SensorDeviceClass.TIMESTAMP,
        types=types,
        label=label,
        capability=capability,
    )


# The keys are alexa_media_player's: the unique ids must not change.
SENSORS: Final = (
    _next("next Alarm", "alarm", ALARMS),
    _next("next Timer", "timer", TIMERS),
    _next("next Reminder", "reminder", REMINDERS, "REMINDERS"),
)

EVERYWHERE_REMINDER: Final = _next("next_reminder_everywhere", "reminder", REMINDERS, "REMINDERS")


class AlexaNextSensor(AlexaDeviceEntity[tuple[Notification, ...]], SensorEntity):
    """The next occurrence of an alarm, timer or reminder of a device.

    While all timers are paused, the state is unknown; a future time would fire Home Assistant's time trigger although
    no timer ends then. The attributes contain the remaining times.
    """

    entity_description: AlexaNextDescription
    _unrecorded_attributes = UNRECORDED

    def __init__(
        self,
        entry: AlexaConfigEntry,
        coordinator: NotificationsCoordinator,
        device: Device,
        description: AlexaNextDescription,
        *,
        watch: AlarmWatch,
    ) -> None:
        """Initialize for the notifications of a device."""
        super().__init__(entry, coordinator, device, description)
        self._watch = watch
        self._items: tuple[Timed, ...] = ()
        self._read_at: datetime | None = None
        self._prior: datetime | None = None
        self._dismissed: datetime | None = None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the attributes of alexa_media_player; ``remainingTime`` is the value at ``process_timestamp``."""
        zone = self._watch.zone_of(self.serial)
        return {
            **attributes(self._items, self.entity_description.label, zone, self._read_at),
            "process_timestamp": _local(self._read_at),
            "prior_value": dt_util.as_local(self._prior) if self._prior else None,
            "dismissed": _local(self._dismissed),
        }

    @override
    async def async_added_to_hass(self) -> None:
        """Show the next occurrence, and subscribe to alarm events and newly computed times."""
        await super().async_added_to_hass()
        self.async_on_remove(self._watch.async_add_listener(self.serial, self._async_happened))
        self.async_on_remove(self._watch.async_add_viewer(self.serial, self._async_times_changed))
        self._async_take()

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        self._async_take()
        super()._handle_coordinator_update()

    @callback
    def _async_times_changed(self) -> None:
        """Update the occurrences after they were computed again, for example because one has passed."""
        self._async_take()
        self.async_write_ha_state()

    @callback
    def _async_take(self) -> None:
        """Store the notifications of the shown types in order of their occurrence, and set the state."""
        types = self.entity_description.types
        items = in_order(timed for timed in self._watch.timed(self.serial) if timed.notification.type in types)
        if self._read_at is None or {_known(item) for item in items} != {_known(item) for item in self._items}:
            self._read_at = dt_util.utcnow()
        self._items = items
        before = self._attr_native_value
        self._attr_native_value = self._first()
        if self._attr_native_value != before and isinstance(before, datetime):
            self._prior = before

    def _first(self) -> datetime | None:
        """Return the earliest next occurrence, or None if there is none."""
        return self._items[0].at if self._items else None

    @callback
    def _async_happened(self, event: AlarmEvent) -> None:
        """Fire alexa_media_player's event for a notification that rings or an alarm that was dismissed.

        The end of a snooze belongs to the same alarm, for which the event was already fired.
        """
        notification = event.notification
        if notification.type not in self.entity_description.types:
            return
        zone = self._watch.zone_of(self.serial)
        if event.change is AlertChange.RINGING and notification.status is not NotificationStatus.SNOOZED:
            data = {
                "email": masked(self.entry.data[CONF_EMAIL]),
                "device": {"name": self.name, "entity_id": self.entity_id},
                "event": (notification.notification_id, Timed(notification, event.at).raw(zone)),
            }
            self.hass.bus.async_fire(EVENT_NOTIFICATION, data)
        elif event.change is AlertChange.DISMISSED and notification.type in ALARMS:
            self._dismissed = event.at
            data = {"device": {"id": self.serial}, "event": dict(notification.raw)}
            self.hass.bus.async_fire(EVENT_ALARM_DISMISSAL, data)


class AlexaAccountSensor(AlexaNextSensor):
    """The next occurrence of the reminders that all devices of the account share."""

    def __init__(self, entry: AlexaConfigEntry, coordinator: NotificationsCoordinator, watch: AlarmWatch) -> None:
        """Initialize for the account."""
        super().__init__(entry, coordinator, ALL_DEVICES, EVERYWHERE_REMINDER, watch=watch)
        self._attr_unique_id = f"{entry.unique_id}_{EVERYWHERE_REMINDER.key}"

    @property
    @override
    def device_info(self) -> DeviceInfo:
        """Return the device of the account."""
        return account_device_info(self.entry)


def _known(item: Timed) -> tuple[str, str | None, str, datetime | None, float | None]:
    """Return the values whose change updates ``process_timestamp``, without the countdown of a running timer."""
    found = item.notification
    left = found.remaining if item.paused else None
    return found.notification_id, found.version, found.status, found.trigger_time, left


def _local(at: datetime | None) -> str | None:
    """Return a time in Home Assistant's time zone as ISO 8601 text, or None."""
    return dt_util.as_local(at).isoformat() if at else None


class AlexaLastSpokenTo(AccountEntity[HistoryCoordinator], SensorEntity):
    """The Echo of the account that was last spoken to."""

    key = "last_spoken_to"
    _attr_translation_key = key
    _unrecorded_attributes = frozenset({"text", "response", "person"})

    _shown: tuple[str | None, str | None] | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Add listeners for the name of the Echo, and for the entity id of its player, which may be added later."""
        await super().async_added_to_hass()
        self.async_on_remove(self.entry.runtime_data.devices.async_add_listener(self._async_renamed))
        listen = partial(self.hass.bus.async_listen, er.EVENT_ENTITY_REGISTRY_UPDATED, event_filter=is_player)
        self.async_on_remove(listen(self._async_renamed))
        self._shown = self._names

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        self._shown = self._names
        super()._handle_coordinator_update()

    @callback
    def _async_renamed(self, _event: object = None) -> None:
        """Write the state if the name of the Echo or the entity id of its player changed."""
        if self._names != self._shown:
            self._shown = self._names
            self.async_write_ha_state()

    @property
    def _names(self) -> tuple[str | None, str | None]:
        """Return the name of the Echo and the entity id of its media player."""
        return self.native_value, self._player

    @property
    def _player(self) -> str | None:
        """Return the entity id of the media player of the Echo, or None."""
        if (record := self.coordinator.last) is None:
            return None
        return player_entity_id(self.hass, self.entry, record.serial or "")

    @property
    @override
    def native_value(self) -> str | None:
        """Return the name of the Echo, or None."""
        record = self.coordinator.last
        device = self.entry.runtime_data.devices.data.get(record.serial or "") if record else None
        return device.name if device else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return details of the last command, if any; text, response and person are None without transcripts."""
        if (record := self.coordinator.last) is None:
            return {}
        return {
            "player": self._player,
            "spoken_at": dt_util.as_local(record.timestamp),
            "text": record.text,
            "response": record.response,
            "person": record.person,
        }


@dataclass(frozen=True, kw_only=True)
class AlexaSettingSensorDescription(SettingDescription[Setting], SensorEntityDescription):
    """Description of a read-only setting."""

    entity_category: EntityCategory | None = EntityCategory.DIAGNOSTIC


SETTINGS: Final = (
    AlexaSettingSensorDescription(key="wifi_name", setting=Setting.WIFI_NAME, capability="FAR_FIELD_WAKE_WORD"),
    AlexaSettingSensorDescription(key="mac_address", setting=Setting.MAC_ADDRESS, capability="FAR_FIELD_WAKE_WORD"),
)


class AlexaSettingSensor(SettingEntity, SensorEntity):
    """A read-only setting."""

    entity_description: AlexaSettingSensorDescription

    @property
    @override
    def native_value(self) -> str | None:
        return self.present if isinstance(self.present, str) else None


@dataclass(frozen=True, kw_only=True)
class MonitorDescription(SensorEntityDescription):
    """Description of a range of the air quality monitor; ``instance`` identifies the range."""

    instance: str
    state_class: SensorStateClass = SensorStateClass.MEASUREMENT


# Keys, classes and units are alexa_media_player's, except for PM10, which it lacks.
MONITOR: Final = {
    instance: MonitorDescription(
        instance=instance,
        key=key,
        # The name of the class does not say which index it is.
        translation_key=key if device_class is SensorDeviceClass.AQI else None,
        device_class=device_class,
        native_unit_of_measurement=unit,
    )
    for instance, key, device_class, unit in (
        ("4", "humidity", SensorDeviceClass.HUMIDITY, PERCENTAGE),
        ("5", "volatile_organic_compounds", SensorDeviceClass.AQI, None),
        ("6", "particulate_matter", SensorDeviceClass.PM25, UnitOfDensity.MICROGRAMS_PER_CUBIC_METER),
        ("7", "pm10", SensorDeviceClass.PM10, UnitOfDensity.MICROGRAMS_PER_CUBIC_METER),
        ("8", "carbon_monoxide", SensorDeviceClass.CO, UnitOfRatio.PARTS_PER_MILLION),
        ("9", "indoor_air_quality", SensorDeviceClass.AQI, None),
    )
}


def _ranges(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
    """Yield the key and factory of a sensor for each read-only range of an appliance."""
    monitor = MONITOR if is_air_quality_monitor(appliance) else {}
    for feature in measured_ranges(appliance):
        if description := monitor.get(feature.instance):
            yield description.key, partial(AlexaAirQuality, feature=feature, description=description)
        else:
            yield f"range_{feature.instance}", partial(AlexaMeasuredRange, feature=feature)


@dataclass(frozen=True, kw_only=True)
class MeasurementDescription(SensorEntityDescription):
    """Description of a measurement.

    ``raw_unit`` is the only supported unit of a property that can have several. ``factor`` converts the value to the
    shown unit. ``max_age`` is the maximum age of a valid value.
    """

    property_key: PropertyKey
    raw_unit: str | None = None
    factor: float = 1.0
    max_age: timedelta | None = timedelta(days=1)


MEASUREMENTS: Final = (
    MeasurementDescription(
        key="humidity",
        property_key=PropertyKey(FeatureName.HUMIDITY_SENSOR, PropertyName.RELATIVE_HUMIDITY),
        device_class=SensorDeviceClass.HUMIDITY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
    ),
    # A battery may report once a week.
    MeasurementDescription(
        key="battery",
        property_key=PropertyKey(FeatureName.ENDPOINT_HEALTH, PropertyName.BATTERY),
        device_class=SensorDeviceClass.BATTERY,
        state_class=SensorStateClass.MEASUREMENT,
        native_unit_of_measurement=PERCENTAGE,
        entity_category=EntityCategory.DIAGNOSTIC,
        max_age=timedelta(days=30),
    ),
    # It is not documented whether a reading is a running total or the total of an interval, so there are no statistics.
    MeasurementDescription(
        key="energy",
        property_key=PropertyKey(FeatureName.DEVICE_USAGE_METER, PropertyName.ELECTRICITY_READING),
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        raw_unit="MILLIWATT_HOUR",
        factor=0.001,
        max_age=timedelta(days=2),
    ),
    MeasurementDescription(
        key="gas",
        property_key=PropertyKey(FeatureName.DEVICE_USAGE_METER, PropertyName.NATURAL_GAS_READING),
        device_class=SensorDeviceClass.GAS,
        native_unit_of_measurement=UnitOfVolume.CUBIC_FEET,
        raw_unit="CUBIC_FOOT",
        max_age=timedelta(days=2),
    ),
)


def _measurements(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
    """Yield the key and factory of a sensor for each measurement of an appliance whose unit is supported."""
    for description in MEASUREMENTS:
        name = description.property_key.name
        feature = next((each for each in appliance.features if each.name == description.property_key.feature), None)
        if feature is None or name not in feature.properties:
            continue
        if description.raw_unit in (None, feature.units.get(name)):
            yield description.key, partial(AlexaMeasurement, description=description)


class AlexaMeasurement(AlexaMeasuringEntity, SensorEntity):
    """A measurement of an appliance."""

    entity_description: MeasurementDescription

    def __init__(self, place: Placement, *, description: MeasurementDescription) -> None:
        """Initialize for the property of a description."""
        super().__init__(place, description.property_key)
        self.entity_description = description

    @override
    def max_age_of(self, value: Value) -> timedelta | None:
        return self.entity_description.max_age

    @property
    @override
    def native_value(self) -> float | None:
        value = self.measured_number
        return None if value is None else value * self.entity_description.factor


class AlexaTemperature(AlexaMeasuringEntity, SensorEntity):
    """A temperature, in Celsius unless the appliance reports another scale."""

    _keys = (PropertyKey(FeatureName.TEMPERATURE_SENSOR, PropertyName.TEMPERATURE),)
    _attr_device_class = SensorDeviceClass.TEMPERATURE
    _attr_state_class = SensorStateClass.MEASUREMENT

    @property
    @override
    def native_value(self) -> float | None:
        return self.measured.value if isinstance(self.measured, Temperature) else None

    @property
    @override
    def native_unit_of_measurement(self) -> str:
        scale = self.primary.scale if isinstance(self.primary, Temperature) else TemperatureScale.UNKNOWN
        return TEMPERATURE_UNITS.get(scale, UnitOfTemperature.CELSIUS)


class _MeasuredNumber(AlexaMeasuringEntity, SensorEntity):
    """Base class for sensors that show a number unchanged."""

    @property
    @override
    def native_value(self) -> float | None:
        return self.measured_number


class AlexaIlluminance(_MeasuredNumber):
    """Illuminance measured by an appliance, usually an Echo.

    Disabled by default, because the value is polled every minute while Amazon does not push it. An Echo may not report
    it for weeks.
    """

    _keys = (PropertyKey(FeatureName.LIGHT_SENSOR, PropertyName.ILLUMINANCE),)
    max_age = timedelta(hours=1)
    _attr_device_class = SensorDeviceClass.ILLUMINANCE
    _attr_state_class = SensorStateClass.MEASUREMENT
    _attr_native_unit_of_measurement = LIGHT_LUX
    _attr_entity_registry_enabled_default = False

    @override
    async def async_added_to_hass(self) -> None:
        """Poll the illuminance every minute while Amazon does not push it."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_poll_often(self._appliance.entity_id, FeatureName.LIGHT_SENSOR))


class AlexaMeasuredRange(_MeasuredNumber):
    """A read-only range of an appliance."""

    _attr_state_class = SensorStateClass.MEASUREMENT

    def __init__(self, place: Placement, *, feature: Feature) -> None:
        """Initialize for one of the appliance's ranges."""
        super().__init__(place, key_of(feature, PropertyName.RANGE_VALUE))
        self._attr_native_unit_of_measurement = unit_of(feature.value_range) if feature.value_range else None
        self._take_name(feature, "range")


COMPILATION: Final = timedelta(minutes=5)
"""Time after the end of an hour within which the recorder compiles the statistics of that hour.

The recorder does not overwrite statistics that already exist.
"""


class AlexaAirQuality(_MeasuredNumber):
    """A measurement of Amazon's air quality monitor."""

    def __init__(
        self,
        place: Placement,
        *,
        feature: Feature,
        description: MonitorDescription,
    ) -> None:
        """Initialize for one of the monitor's ranges."""
        super().__init__(place, key_of(feature, PropertyName.RANGE_VALUE))
        self.entity_description = description

    async def async_import_history(self, days: int) -> ServiceResponse:
        """Import Amazon's hourly means of the last days into the long-term statistics.

        The response contains the number of imported hours as ``hours``. Hours that already have statistics are kept,
        because the recorder's statistics also contain minimum and maximum. Raises ``ServiceValidationError`` without
        the recorder, and ``HomeAssistantError`` if the request fails.
        """
        if RECORDER_DOMAIN not in self.hass.config.components:
            raise invalid_input("recorder_missing")
        end = _hour(dt_util.utcnow() - COMPILATION)
        start, instance = end - timedelta(days=days), self._keys[0].instance
        with command_errors(self.hass, self.entry):
            values = await self.coordinator.appliances.api.async_range_history(self.appliance, instance, start, end)
        hours = {_hour(at): value for at, value in values if start <= _hour(at) < end}
        recorder, ids = get_instance(self.hass), {self.entity_id}
        known = await recorder.async_add_executor_job(partial(get_metadata, self.hass, statistic_ids=ids))
        metadata = known[self.entity_id][1] if self.entity_id in known else self._statistics
        held = await recorder.async_add_executor_job(
            statistics_during_period, self.hass, start, end, ids, "hour", None, {"mean"}
        )
        compiled = {row["start"] for row in held.get(self.entity_id, ())}
        missing = [
            StatisticData(start=at, mean=mean)
            for at, value in hours.items()
            if at.timestamp() not in compiled
            and (mean := self._converted(value, metadata["unit_of_measurement"])) is not None
        ]
        if missing:
            async_import_statistics(self.hass, metadata, missing)
        return {"hours": len(missing)}

    @property
    def _statistics(self) -> StatisticMetaData:
        """Return the description of new statistics, in the unit of the state, as the recorder would create them."""
        converter = self._converter(self.unit_of_measurement)
        return StatisticMetaData(
            mean_type=StatisticMeanType.ARITHMETIC,
            has_sum=False,
            name=None,
            source=RECORDER_DOMAIN,
            statistic_id=self.entity_id,
            unit_class=converter.UNIT_CLASS if converter else None,
            unit_of_measurement=self.unit_of_measurement,
        )

    def _converter(self, unit: str | None) -> type[BaseUnitConverter] | None:
        """Return the converter of a unit, preferably that of the device class; None if there is none."""
        own = UNIT_CONVERTERS.get(self.device_class) if self.device_class else None
        return own if own and unit in own.VALID_UNITS else STATISTIC_UNIT_TO_UNIT_CONVERTER.get(unit)

    def _converted(self, value: float, unit: str | None) -> float | None:
        """Return a value from Amazon in another unit, or None if it cannot be converted."""
        native = self.native_unit_of_measurement
        if unit == native:
            return value
        converter = self._converter(native)
        if converter is None or unit not in converter.VALID_UNITS:
            return None
        return converter.convert(value, native, unit)


def _hour(at: datetime) -> datetime:
    """Return the start of the UTC hour that contains a time; statistics use UTC hours in every time zone."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


UNIT: Final = SensorEntityDescription(key="unit", entity_category=EntityCategory.DIAGNOSTIC)

SET_UP: Final = SensorEntityDescription(
    key="set_up_at",
    translation_key="set_up_at",
    device_class=SensorDeviceClass.TIMESTAMP,
    entity_category=EntityCategory.DIAGNOSTIC,
    entity_registry_enabled_default=False,
)


class _ManagedSensor(ListedEntity[ManagementApi], SensorEntity):
    """Base class for sensors whose values come with the device list."""

    available_offline = True


class AlexaUnitSensor(_ManagedSensor):
    """The unit of the property, such as a room, in which an Echo is placed."""

    @property
    def _unit(self) -> ManagedUnit | None:
        return self.api.unit_of(self.serial)

    @property
    @override
    def native_value(self) -> str | None:
        """Return the name of the unit, or None for an Echo without a unit."""
        return self._unit.name if self._unit else None

    @property
    @override
    def extra_state_attributes(self) -> dict[str, Any]:
        """Return the path of the unit in the property and the unit id; empty without a unit."""
        unit = self._unit
        return {"path": " / ".join(unit.path), "unit_id": unit.unit_id} if unit else {}


class AlexaSetUpSensor(_ManagedSensor):
    """The time at which an Echo was set up."""

    @property
    @override
    def native_value(self) -> datetime | None:
        return self.api.created_at(self.serial)
