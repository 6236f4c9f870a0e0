"""Devices of a property as smart home appliances."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
import time
from typing import Final, override

from ...const import Topic
from ..errors import AlexaError, AlexaUnsupportedError
from ..model.appliances import (
    Adjust,
    Appliance,
    ApplianceKind,
    ApplianceState,
    Control,
    Discovery,
    Feature,
    FeatureName,
    HueSaturation,
    ModeOption,
    PropertyKey,
    PropertyName,
    Sample,
    SetBrightness,
    SetColor,
    SetColorTemperature,
    SetPower,
    SetSetpoint,
    SetSpeakerVolume,
    SetThermostatMode,
    SmartHomeApi,
    Temperature,
    Value,
    feature_of,
    time_of_sample,
)
from ..model.devices import OpenEnum
from . import models, operations, requests
from .client import SmartPropertiesClient, read_each
from .inventory import Inventory, Item, is_reachable
from .models import EXPANDABLE, Endpoint, JsonValue, Property, ThermostatMode
from .operation import Operation
from .requests import Expand

ID_PREFIX: Final = "asp_"
"""Prefix of the entity ids of appliances; the key of the device follows."""

# Up to this number, devices are read one by one, even if a survey costs no more requests.
_MAX_SINGLE_READS: Final = 1


class PropertySmartHome(SmartHomeApi):
    """The devices of a property as smart home appliances, including its Echos."""

    def __init__(
        self, client: SmartPropertiesClient, inventory: Inventory, watched: Callable[[], Collection[str]]
    ) -> None:
        """Initialize; ``watched`` returns the entity ids of the appliances shown by entities."""
        self._client = client
        self._inventory = inventory
        self._watched = watched
        self._states: dict[str, ApplianceState] = {}
        self._commanded: dict[str, float] = {}
        self._told_at: float | None = None

    # --- reading --------------------------------------------------------------------------

    @override
    async def async_discover(self, *, with_rooms: bool = False) -> Discovery:
        listed_at = await self._inventory.async_listing()
        items = self._inventory.items
        appliances = {f"{ID_PREFIX}{key}": _appliance(item) for key, item in items.items()}
        if listed_at == self._told_at:
            return Discovery(appliances=appliances, states={})
        self._told_at = listed_at
        states = {f"{ID_PREFIX}{key}": state_of(item.endpoint) for key, item in items.items()}
        self._states.update(states)
        return Discovery(appliances=appliances, states=states)

    @override
    async def async_groups(self) -> Mapping[str, str]:
        return {f"{ID_PREFIX}{key}": item.unit.name for key, item in self._inventory.items.items() if item.unit}

    @override
    async def async_states(self, appliances: Sequence[Appliance]) -> Mapping[str, ApplianceState]:
        wanted = [appliance.entity_id for appliance in appliances]
        is_part = not set(self._watched()) <= set(wanted)
        commanded = max((self._commanded.get(entity_id, 0.0) for entity_id in wanted), default=0.0)
        if len(wanted) <= max(_MAX_SINGLE_READS, self._inventory.cost - 1) and (is_part or commanded):
            found = await read_each(wanted, self._async_look)
        else:
            survey = await self._inventory.async_survey(Topic.SMART_HOME, not_before=commanded or None)
            found = {
                entity_id: state_of(endpoint) if (endpoint := survey.endpoints.get(_key(entity_id))) else _GONE
                for entity_id in wanted
            }
        for entity_id in found:
            self._commanded.pop(entity_id, None)
        self._states.update(found)
        return found

    async def _async_look(self, entity_id: str) -> ApplianceState:
        """Return the state of one appliance."""
        if (item := self._inventory.items.get(_key(entity_id))) is None:
            return _GONE
        expand = [Expand(f"feature:{name}") for name in item.endpoint.features if name in EXPANDABLE]
        return state_of(await self._client.get_endpoint(item.endpoint.id, expand=expand))

    # --- controls -------------------------------------------------------------------------

    @override
    async def async_control(
        self, controls: Sequence[tuple[Appliance, Sequence[Control]]]
    ) -> Sequence[AlexaError | None]:
        return await asyncio.gather(*(self._async_try(appliance, orders) for appliance, orders in controls))

    async def _async_try(self, appliance: Appliance, controls: Sequence[Control]) -> AlexaError | None:
        """Run the controls of one appliance in order; return the error, or None."""
        item = self._inventory.items.get(_key(appliance.entity_id))
        if item is None:
            return AlexaUnsupportedError("The property has no such device any more", code="gone")
        state = self._states.get(appliance.entity_id, ApplianceState())
        try:
            # An invalid control is refused before any other is sent.
            orders = [request_of(control) for control in without_redundant(controls, state)]
        except AlexaError as err:
            return err
        self._commanded[appliance.entity_id] = time.monotonic()
        try:
            for operation, body in orders:
                await self._client.command(operation, item.endpoint.id, body)
        except AlexaError as err:
            return err
        finally:
            self._commanded[appliance.entity_id] = time.monotonic()
        return None


_GONE: Final = ApplianceState(
    samples={PropertyKey(FeatureName.CONNECTIVITY, PropertyName.REACHABILITY): Sample(value="UNREACHABLE")}
)


def _key(entity_id: str) -> str:
    """Return the key of the device behind an appliance."""
    return entity_id.removeprefix(ID_PREFIX)


def request_of(control: Control) -> tuple[Operation, JsonValue]:
    """Return the operation and the body of a control.

    Raises ``AlexaUnsupportedError`` for a control that Smart Properties do not support, and
    ``AlexaInvalidValueError`` for an invalid value.
    """
    match control:
        case SetPower(on=on):
            return operations.TURN_ON if on else operations.TURN_OFF, None
        case SetBrightness(level=level):
            return operations.SET_BRIGHTNESS, requests.percent("brightness", level)
        case SetColor(hue=hue, saturation=saturation, brightness=brightness):
            return operations.SET_COLOR, requests.color(HueSaturation(hue, saturation, brightness))
        case SetColorTemperature(kelvin=kelvin):
            return operations.SET_COLOR_TEMPERATURE, requests.kelvin(kelvin)
        case SetThermostatMode(mode=mode):
            return operations.SET_THERMOSTAT_MODE, requests.thermostat_mode(ThermostatMode(mode))
        case SetSetpoint(scale=scale):
            given = (control.target, control.lower, control.upper)
            target, lower, upper = (None if value is None else Temperature(value, scale) for value in given)
            return operations.SET_TARGET_SETPOINT, requests.setpoints(target, lower, upper)
        case SetSpeakerVolume(level=level):
            return operations.SET_VOLUME, requests.percent("volume", level)
        case Adjust(feature=FeatureName.BRIGHTNESS, amount=amount):
            return operations.ADJUST_BRIGHTNESS, requests.percent_delta("brightnessDelta", round(amount))
        case Adjust(feature=FeatureName.SPEAKER, amount=amount):
            return operations.ADJUST_VOLUME, requests.percent_delta("volumeDelta", round(amount))
        case Adjust(feature=FeatureName.THERMOSTAT, amount=amount, scale=scale):
            return operations.ADJUST_TARGET_SETPOINT, requests.setpoint_delta(Temperature(amount, scale))
        case Adjust(amount=amount):
            # The manufacturer of the device defines the size of a step.
            is_cooler = amount > 0
            step = operations.INCREASE_COLOR_TEMPERATURE if is_cooler else operations.DECREASE_COLOR_TEMPERATURE
            return step, None
        case _:
            feature, _instance = feature_of(control)
            raise AlexaUnsupportedError(f"Smart Properties cannot control {feature}", code="unsupported")


def without_redundant(controls: Sequence[Control], state: ApplianceState) -> list[Control]:
    """Return only the controls that are needed, because each one is a separate request.

    If there is a color, it includes the brightness.
    """
    found = list(controls)
    is_on = state.value(FeatureName.POWER, PropertyName.POWER_STATE) == "ON"
    if len(found) > 1 and is_on:
        found = [control for control in found if control != SetPower(on=True)]
    color = next((control for control in found if isinstance(control, SetColor)), None)
    if color is None:
        return found
    asked = next((control.level for control in found if isinstance(control, SetBrightness)), None)
    held = state.value(FeatureName.BRIGHTNESS, PropertyName.BRIGHTNESS) if asked is None else asked
    brightness = held / 100 if isinstance(held, float | int) else color.brightness
    whole = SetColor(hue=color.hue, saturation=color.saturation, brightness=brightness)
    return [whole if control is color else control for control in found if not isinstance(control, SetBrightness)]


# --- conversion to appliances -------------------------------------------------------------

# Properties of features, needed for an offline device, whose features do not list their properties.
_PROPERTIES: Final[Mapping[str, tuple[str, ...]]] = {
    FeatureName.SPEAKER: (PropertyName.VOLUME,),
    FeatureName.POWER: (PropertyName.POWER_STATE,),
    FeatureName.BRIGHTNESS: (PropertyName.BRIGHTNESS,),
    FeatureName.TEMPERATURE_SENSOR: (PropertyName.TEMPERATURE,),
}

# Operations of features that don't list theirs: Amazon's example of a list shows only properties.
_OPERATIONS: Final[Mapping[str, tuple[str, ...]]] = {FeatureName.SPEAKER: ("setVolume",)}


def _appliance(item: Item) -> Appliance:
    """Return a device as an appliance, marked as local so that it gets entities without being selected."""
    endpoint = item.endpoint
    return Appliance(
        entity_id=f"{ID_PREFIX}{item.key}",
        endpoint_id=endpoint.id,
        appliance_id=endpoint.id,
        name=item.name,
        kind=ApplianceKind(endpoint.category.value) if endpoint.category else ApplianceKind.UNKNOWN,
        type_raw=endpoint.category.value if endpoint.category else "",
        manufacturer=endpoint.manufacturer,
        model=endpoint.model,
        software_version=endpoint.software_version,
        serial=endpoint.serial_number,
        echo_serial=item.key if item.is_echo else None,
        is_echo=item.is_echo,
        is_local=True,
        features=tuple(shared_feature(feature) for feature in endpoint.features.values()),
    )


def shared_feature(feature: models.Feature) -> Feature:
    """Convert a feature of the client to the shared model."""
    listed = _OPERATIONS.get(feature.name, ()) if feature.operations is None else feature.operations
    return Feature(
        name=FeatureName(feature.name),
        name_raw=feature.name,
        operations=frozenset(listed),
        properties=frozenset((*feature.properties, *_PROPERTIES.get(feature.name, ()))),
        modes=tuple(ModeOption(value=mode.value) for mode in feature.supported_modes),
    )


def state_of(endpoint: Endpoint) -> ApplianceState:
    """Return the state in the expanded features of a device.

    The reachability is "UNREACHABLE" for a device that does not respond, and None if Amazon does not return it.
    """
    samples = {
        PropertyKey(feature.name, name): _sample(found)
        for feature in endpoint.features.values()
        for name, found in feature.properties.items()
    }
    reachability = PropertyKey(FeatureName.CONNECTIVITY, PropertyName.REACHABILITY)
    offline = any(feature.is_offline for feature in endpoint.features.values())
    if offline or is_reachable(endpoint) is False:
        samples[reachability] = Sample(value="UNREACHABLE")
    elif samples:
        samples.setdefault(reachability, Sample(value=None))
    return ApplianceState(samples=samples)


def _sample(found: Property) -> Sample:
    """Return a property as a sample."""
    return Sample(value=_value(found), at=time_of_sample(found.sampled_at), error=found.error)


def _value(found: Property) -> Value | None:
    """Return the value of a property as a text, number, color or temperature, or None."""
    value = found.value
    if isinstance(value, HueSaturation | Temperature):
        return value
    if isinstance(value, OpenEnum):
        return value.value
    return None if value is None else float(value)
