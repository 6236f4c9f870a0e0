"""Base entities, devices and diagnostics of smart home appliances."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any, ClassVar, Final, override

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.helpers.device_registry import DeviceEntry, DeviceEntryType, DeviceInfo
from homeassistant.helpers.entity import Entity
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util, slugify

from ..cloud.model.appliances import (
    Appliance,
    ApplianceState,
    Control,
    Feature,
    FeatureName,
    PropertyKey,
    PropertyName,
    Sample,
    Value,
)
from ..const import CONF_ID_SUFFIX, DOMAIN, MANUFACTURER
from ..coordinator.appliances import AppliancesCoordinator
from ..coordinator.base import EXISTENCE
from ..coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData
from ..coordinator.smart_home import SmartHomeCoordinator
from ..entity import (
    Candidates,
    EntityAdder,
    PlatformSetup,
    TopicEntity,
    command_errors,
    own_ids,
    platform_setup,
    player_device_info,
    player_unique_id,
    registered_device,
)
from .roles import name_of


def appliances_diagnostics(runtime: AlexaRuntimeData) -> Mapping[str, Any] | None:
    """Return diagnostics of all discovered appliances, mostly counts; None if the cloud has no smart home."""
    appliances = runtime.appliances
    if appliances is None:
        return None
    every = appliances.discovered.values()
    return {
        "kinds": Counter(appliance.type_raw or appliance.kind for appliance in every),
        "features": Counter(feature.name_raw or feature.name for item in every for feature in item.features),
        "with_entities": len(appliances.data),
        "local": sum(appliance.is_local for appliance in every),
        "exposed_by_home_assistant": Counter(item.exposure for item in every if appliances.is_own(item)),
        "settled": appliances.settled,
        "guard": appliances.guard is not None,
    }


def appliance_diagnostics(entry: AlexaConfigEntry, device_entry: DeviceEntry) -> Mapping[str, Any] | None:
    """Return diagnostics if a registered device is an appliance with entities, other than an Echo; else None."""
    runtime = entry.runtime_data
    if runtime.appliances is None or runtime.smart_home is None:
        return None
    for appliance in runtime.appliances.data.values():
        if not appliance.is_echo and appliance_identifier(entry, appliance) in device_entry.identifiers:
            return _appliance(appliance, runtime.smart_home.data.get(appliance.entity_id, ApplianceState()))
    return None


def _appliance(appliance: Appliance, state: ApplianceState) -> dict[str, Any]:
    """Return an appliance with its features and state, without private data."""
    return {
        "kind": appliance.kind,
        "type": appliance.type_raw,
        "device_type": appliance.device_type,
        "manufacturer": appliance.manufacturer,
        "model": appliance.model,
        "is_local": appliance.is_local,
        "on_an_echo": appliance.echo_serial is not None,
        "merged": len(appliance.merged_ids),
        "features": [_feature(feature) for feature in appliance.features],
        "reachable": state.reachable,
        "refused": state.refused,
        "samples": [
            {
                "feature": key.feature,
                "instance": key.instance,
                "property": key.name,
                "value": sample.value if isinstance(sample.value, str | float | int) else repr(sample.value),
                "at": sample.at.isoformat() if sample.at else None,
                "error": sample.error,
            }
            for key, sample in state.samples.items()
        ],
    }


def _feature(feature: Feature) -> dict[str, Any]:
    """Return a feature without private data."""
    limits = feature.value_range
    return {
        "feature": feature.name_raw or feature.name,
        "instance": feature.instance,
        "operations": sorted(feature.operations),
        "properties": sorted(feature.properties),
        "range": (limits.minimum, limits.maximum, limits.step, limits.unit) if limits else None,
        "modes": [mode.value for mode in feature.modes],
    }


AIR_QUALITY_MONITOR: Final = "Indoor Air Quality Monitor"
"""Model of Amazon's air quality monitor in alexa_media_player, which registered it by its serial."""

GUARD: Final = "Alexa Guard"

ATTR_LAST_SAMPLED: Final = "last_sampled"
"""Attribute with the time at which the appliance measured the value of an entity."""

POWER: Final = PropertyKey(FeatureName.POWER, PropertyName.POWER_STATE)

_A_SECOND: Final = timedelta(seconds=1)

_AIR_QUALITY_MONITOR_TYPE: Final = "AEZME1X38KDRA"


@dataclass(frozen=True, slots=True)
class Placement:
    """Arguments that entities of appliances have in common: account, coordinator, appliance and unique id."""

    entry: AlexaConfigEntry
    coordinator: SmartHomeCoordinator
    appliance: Appliance
    unique_id: str


type EntityFactory = Callable[[Placement], Entity]
type Finder = Callable[[Appliance], Iterable[tuple[str, EntityFactory]]]


def is_air_quality_monitor(appliance: Appliance) -> bool:
    """Return whether an appliance is Amazon's air quality monitor."""
    named = appliance.description or ""
    return appliance.device_type == _AIR_QUALITY_MONITOR_TYPE or named.endswith(AIR_QUALITY_MONITOR)


def appliance_unique_id(hass: HomeAssistant, entry: AlexaConfigEntry, domain: str, bare: str) -> str:
    """Return the unique id of an entity of the platform ``domain``; ``bare`` is the id without a suffix.

    A registered id is kept. A new one has a suffix if the account has one, or if another account already uses the bare
    id, because two accounts may have the same appliance.
    """
    registry = er.async_get(hass)
    suffix: str = entry.data.get(CONF_ID_SUFFIX, "")
    own = slugify(f"{bare}_{suffix or entry.unique_id}")
    if registry.async_get_entity_id(domain, DOMAIN, own):
        return own
    if (entity_id := registry.async_get_entity_id(domain, DOMAIN, bare)) is None:
        return own if suffix else bare
    registered = registry.async_get(entity_id)
    return bare if registered and registered.config_entry_id == entry.entry_id else own


def appliance_identifier(entry: AlexaConfigEntry, appliance: Appliance) -> tuple[str, str]:
    """Return the device identifier of an appliance.

    The appliance of an Echo has the identifier of the Echo's device, if the serial of the Echo is known. That of an air
    quality monitor is based on its serial, if known, as in alexa_media_player.
    """
    if appliance.is_echo and appliance.echo_serial:
        return DOMAIN, player_unique_id(entry, appliance.echo_serial)
    if is_air_quality_monitor(appliance):
        return DOMAIN, player_unique_id(entry, appliance.serial or appliance.entity_id)
    return DOMAIN, f"appliance_{entry.unique_id}_{appliance.entity_id}"


def _name_of(appliance: Appliance) -> str:
    """Return the device name of an appliance; Guard has the name used by alexa_media_player."""
    return f"{GUARD} {appliance.appliance_id[-5:]}" if appliance.is_guard else appliance.name


def _model_of(appliance: Appliance) -> str | None:
    """Return the model of an appliance, or None if it is unknown."""
    if is_air_quality_monitor(appliance):
        return AIR_QUALITY_MONITOR
    return GUARD if appliance.is_guard else appliance.model


def appliance_device_info(hass: HomeAssistant, entry: AlexaConfigEntry, appliance: Appliance) -> DeviceInfo:
    """Return the device info of an appliance, or of its Echo if the appliance is an Echo that gets entities."""
    runtime = entry.runtime_data
    echo = runtime.devices.data.get(appliance.echo_serial) if appliance.echo_serial else None
    if echo and appliance.is_echo:
        return player_device_info(entry, echo)
    monitor = is_air_quality_monitor(appliance)
    info = DeviceInfo(
        identifiers={appliance_identifier(entry, appliance)},
        name=_name_of(appliance),
        manufacturer=MANUFACTURER if monitor else appliance.manufacturer,
        model=_model_of(appliance),
        serial_number=appliance.serial,
        sw_version=appliance.software_version,
        suggested_area=runtime.appliances.room_of(appliance) if runtime.appliances else None,
    )
    if echo:
        # The Echo's own entities may be added later, but ``via_device_id`` is the id of a registered device.
        info["via_device_id"] = registered_device(hass, entry, echo).id
    return info


def where(fits: Callable[[Appliance], object], factory: EntityFactory, key: str = "") -> Finder:
    """Return a finder that yields one entity for each appliance for which ``fits`` is true."""
    return lambda appliance: [(key, factory)] if fits(appliance) else []


def has(name: FeatureName) -> Callable[[Appliance], object]:
    """Return a function that returns an appliance's feature with the given name, or None."""
    return lambda appliance: appliance.feature(name)


@callback
def add_appliances(add: EntityAdder, *finders: Finder) -> None:
    """Add the entities that the finders yield for the appliances, now and when appliances or Echos appear.

    A finder returns (key, factory) pairs. In the unique id, the key follows Alexa's entity id. The key of the main
    entity is "".
    """
    entry = add.entry
    runtime = entry.runtime_data
    appliances, smart_home, devices = runtime.appliances, runtime.smart_home, runtime.devices
    if appliances is None or smart_home is None:
        return

    def candidates() -> Candidates:
        for appliance in appliances.data.values():
            # An Echo that is filtered out gets no sensors either.
            if appliance.is_echo and appliance.echo_serial not in devices.data:
                continue
            for key, factory in chain.from_iterable(find(appliance) for find in finders):
                bare = f"{appliance.entity_id}_{key}" if key else appliance.entity_id
                unique_id = appliance_unique_id(add.hass, entry, add.domain, bare)
                yield unique_id, partial(factory, Placement(entry, smart_home, appliance, unique_id))

    add.follow(candidates, appliances, devices)


def appliance_platform(*finders: Finder) -> PlatformSetup:
    """Return the ``async_setup_entry`` of a platform that only has entities of appliances."""
    return platform_setup(lambda add, _data: add_appliances(add, *finders))


class AlexaApplianceEntity(TopicEntity[SmartHomeCoordinator]):
    """Base class for entities that show properties of an appliance; the first property is the state.

    The entity is available while the topic's data may be shown, the appliance is reachable, and the first property is
    known (see ``available_unknown``). A coordinator update only writes the state if ``snapshot`` has changed.
    """

    available_unknown: ClassVar[bool] = False
    """Whether the entity is also available while its state is unknown."""

    _keys: tuple[PropertyKey, ...] = ()
    _expires_at: datetime | None = None
    _cancel_expiry: CALLBACK_TYPE | None = None

    def __init__(self, place: Placement, *keys: PropertyKey) -> None:
        """Initialize for an appliance of the account; without ``keys``, those of the class are shown."""
        super().__init__(place.coordinator, context=place.appliance.entity_id)
        self.entry = place.entry
        self._appliance = place.appliance
        self._keys = keys or self._keys
        self._shown: object = None
        self._attr_unique_id = place.unique_id
        self._attr_device_info = appliance_device_info(place.coordinator.hass, place.entry, place.appliance)

    def _take_name(self, feature: Feature, fallback: str) -> None:
        """Use Amazon's name for a feature, else the translation key ``fallback`` with the instance of the feature."""
        if name := name_of(feature.friendly_name):
            self._attr_name = name
        else:
            self._attr_translation_key = fallback
            self._attr_translation_placeholders = {"instance": feature.instance}

    @property
    def appliance(self) -> Appliance:
        """Return the appliance as it was last discovered."""
        self._appliance = self.coordinator.appliances.data.get(self._appliance.entity_id, self._appliance)
        return self._appliance

    @property
    def appliance_state(self) -> ApplianceState:
        """Return the known state of the appliance, which may be empty."""
        return self.coordinator.data.get(self._appliance.entity_id, ApplianceState())

    def value_of(self, key: PropertyKey) -> Value | None:
        """Return the value of a property, or None if unknown."""
        return self.appliance_state.value(*key)

    def number_of(self, key: PropertyKey) -> float | None:
        """Return the value of a property if it is a number, else None."""
        value = self.value_of(key)
        return value if isinstance(value, float | int) else None

    @property
    def primary(self) -> Value | None:
        """Return the value of the entity's first property, or None."""
        return self.value_of(self._keys[0]) if self._keys else None

    @property
    @override
    def available(self) -> bool:
        """Return whether the data may be shown, the appliance is reachable, and its state is known or need not be."""
        is_shown = self.available_unknown or self.primary is not None
        return super().available and self.appliance_state.reachable and is_shown

    def snapshot(self) -> object:
        """Return availability and all shown values, to detect changes."""
        return self.available, [self.value_of(key) for key in self._keys]

    @override
    async def async_added_to_hass(self) -> None:
        """Add a second listener for changes of the appliance itself, such as its features."""
        await super().async_added_to_hass()
        self._shown = self.snapshot()
        self._async_await_expiry()
        self.async_on_remove(self._async_cancel_expiry)
        self.async_on_remove(
            self.coordinator.appliances.async_add_listener(self._async_appliance_changed, self._appliance.entity_id)
        )

    @callback
    def _async_appliance_changed(self) -> None:
        """Write the state after a change of the appliance, even if no value changed."""
        self._shown = self.snapshot()
        self.async_write_ha_state()

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write the state if the snapshot has changed."""
        snapshot = self.snapshot()
        if snapshot != self._shown:
            self._shown = snapshot
            super()._handle_coordinator_update()
        self._async_await_expiry()

    @property
    def expires_at(self) -> datetime | None:
        """Return the time at which a shown value becomes too old, or None."""
        return None

    @callback
    def _async_await_expiry(self) -> None:
        """Set a timer for the expiry of a shown value, because an appliance that stops reporting causes no update."""
        if (expires_at := self.expires_at) == self._expires_at:
            return
        self._async_cancel_expiry()
        if expires_at is not None:
            self._expires_at = expires_at
            self._cancel_expiry = async_track_point_in_utc_time(self.hass, self._async_expired, expires_at + _A_SECOND)

    @callback
    def _async_expired(self, _now: datetime) -> None:
        """Update the state when a shown value has become too old."""
        self._cancel_expiry = self._expires_at = None
        self._handle_coordinator_update()

    @callback
    def _async_cancel_expiry(self) -> None:
        """Cancel the timer for the expiry, if any."""
        if self._cancel_expiry:
            self._cancel_expiry()
        self._cancel_expiry = self._expires_at = None

    @override
    async def async_update(self) -> None:
        """Read the appliance now (``homeassistant.update_entity``)."""
        if self.enabled:
            await self.coordinator.async_read_now(self._appliance.entity_id)

    async def async_control(self, *controls: Control) -> None:
        """Run controls on the appliance; returns when Amazon has accepted all of them."""
        with command_errors(self.hass, self.entry):
            await self.coordinator.async_control(self._appliance.entity_id, *controls)


class AlexaMeasuringEntity(AlexaApplianceEntity):
    """Base class for entities that show a measurement, such as motion or temperature.

    Amazon returns the last sample, which may be weeks old. A value older than ``max_age_of`` counts as unknown.
    """

    _unrecorded_attributes = frozenset({ATTR_LAST_SAMPLED})

    max_age: ClassVar[timedelta | None] = timedelta(days=1)
    """Maximum age of a valid value; None if the appliance only reports changes."""

    def max_age_of(self, value: Value) -> timedelta | None:  # noqa: ARG002 - for those whose values differ
        """Return the maximum age of a value, or None if it does not expire."""
        return self.max_age

    @property
    def measured(self) -> Value | None:
        """Return the value of the first property, or None if it is unknown or too old."""
        return self.primary if self._is_present else None

    @property
    def measured_number(self) -> float | None:
        """Return the value of the first property if it is a number that is not too old, else None."""
        return self.number_of(self._keys[0]) if self._is_present else None

    @property
    def _is_present(self) -> bool:
        """Return whether the value is known and recent; a value without a time counts as recent."""
        sample = self.appliance_state.sample(*self._keys[0])
        if sample is None or sample.value is None:
            return False
        return is_recent(sample, self.max_age_of(sample.value))

    @property
    @override
    def expires_at(self) -> datetime | None:
        sample = self.appliance_state.sample(*self._keys[0])
        return None if sample is None or sample.value is None else expiry_of(sample, self.max_age_of(sample.value))

    @property
    def _sampled_at(self) -> datetime | None:
        """Return the time of the sample, or None."""
        sample = self.appliance_state.sample(*self._keys[0])
        return sample.at if sample else None

    @property
    @override
    def extra_state_attributes(self) -> Mapping[str, Any]:
        """Return the time of the sample as an attribute."""
        return {ATTR_LAST_SAMPLED: at.isoformat() if (at := self._sampled_at) else None}

    @override
    def snapshot(self) -> object:
        """Return availability and all shown values, with the time of the sample and whether it is recent."""
        return super().snapshot(), self._sampled_at, self._is_present


def is_recent(sample: Sample, max_age: timedelta | None) -> bool:
    """Return whether a sample is at most ``max_age`` old; without a maximum or a time, it counts as recent."""
    return max_age is None or sample.at is None or dt_util.utcnow() - sample.at <= max_age


def expiry_of(sample: Sample, max_age: timedelta | None) -> datetime | None:
    """Return the time at which a recent sample becomes too old; None if it never does, or already is."""
    if max_age is None or sample.at is None or not is_recent(sample, max_age):
        return None
    return sample.at + max_age


def key_of(feature: Feature, name: PropertyName) -> PropertyKey:
    """Return the key of a property of a feature."""
    return PropertyKey(feature.name, name, feature.instance)


def is_appliance(entry: AlexaConfigEntry, registered: DeviceEntry) -> bool:
    """Return whether a registered device belongs to an appliance that gets entities, and would reappear if removed."""
    appliances = entry.runtime_data.appliances
    listed = appliances.data.values() if appliances else ()
    return not registered.identifiers.isdisjoint({appliance_identifier(entry, appliance) for appliance in listed})


_NEW: Final = timedelta(minutes=10)


@callback
def _place_echos(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Assign recently registered Echos without an area to the areas of their rooms in Alexa.

    An Echo may be registered before the rooms have been read.
    """
    if (appliances := entry.runtime_data.appliances) is None:
        return
    registry = dr.async_get(hass)
    for appliance in appliances.discovered.values():
        if not appliance.is_echo or (room := appliances.room_of(appliance)) is None:
            continue
        registered = registry.async_get_device_by_identifier(appliance_identifier(entry, appliance), entry.entry_id)
        if registered and registered.area_id is None and dt_util.utcnow() - registered.created_at < _NEW:
            registry.async_update_device(registered.id, area_id=ar.async_get(hass).async_get_or_create(room).id)


@callback
def async_follow_appliances(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Keep the device registry up to date with the appliances and with the rooms of new Echos."""
    appliances = entry.runtime_data.appliances
    if appliances is None:
        return
    registry = dr.async_get(hass)

    def _is_ours(registered: DeviceEntry) -> bool:
        prefix = f"appliance_{entry.unique_id}_"
        return registered.model == AIR_QUALITY_MONITOR or any(uid.startswith(prefix) for uid in own_ids(registered))

    @callback
    def _sync() -> None:
        wanted = {appliance_identifier(entry, item): item for item in appliances.data.values() if not item.is_echo}
        known = {appliance_identifier(entry, item) for item in appliances.discovered.values()}
        for registered in dr.async_entries_for_config_entry(registry, entry.entry_id):
            if registered.entry_type is DeviceEntryType.SERVICE or not _is_ours(registered):
                continue
            appliance = next((wanted[key] for key in registered.identifiers if key in wanted), None)
            if appliance is None:
                # The appliance was deselected, or two discoveries lacked it.
                if appliances.settled or not registered.identifiers.isdisjoint(known):
                    registry.async_remove_device(registered.id)
                continue
            name, software = _name_of(appliance), appliance.software_version
            if (registered.name, registered.sw_version) != (name, software):
                registry.async_update_device(registered.id, name=name, sw_version=software)

    appliances.on_rooms = partial(_place_echos, hass, entry)
    entry.async_on_unload(appliances.async_add_listener(_sync))
    _sync()
    _follow_echos(entry, appliances)


@callback
def _follow_echos(entry: AlexaConfigEntry, appliances: AppliancesCoordinator) -> None:
    """Request a discovery, which also finds the rooms of new Echos, when a device other than a group gets entities."""
    devices = entry.runtime_data.devices
    known = set(devices.data)

    @callback
    def _discover_new() -> None:
        new = devices.data.keys() - known
        known.update(new)
        for serial in new:
            if not devices.data[serial].is_group:
                appliances.async_unknown(serial)

    entry.async_on_unload(devices.async_add_listener(_discover_new, EXISTENCE))
