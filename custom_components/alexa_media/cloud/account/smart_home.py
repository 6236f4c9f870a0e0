"""Smart home of the account API: parsers and client."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
import re
from typing import Any, Final

from ..errors import (
    AlexaBadResponseError,
    AlexaCommandError,
    AlexaConnectionError,
    AlexaError,
    AlexaUnreachableError,
    AlexaUnsupportedError,
)
from ..http import graphql_errors
from ..json import by_key, mapping, mappings, name, number, text, texts, word
from ..model.appliances import (
    Appliance,
    ApplianceKind,
    ApplianceState,
    ArmState,
    Control,
    DeviceGroup,
    Discovery,
    Exposure,
    Feature,
    FeatureName,
    HueSaturation,
    ModeOption,
    Preset,
    PropertyKey,
    PropertyName,
    Sample,
    SmartHomeApi,
    SmartHomeChanged,
    Temperature,
    TemperatureBounds,
    TemperatureScale,
    Value,
    ValueRange,
    time_of_sample,
)
from .parse import required_list
from .smart_home_requests import (
    AIR_QUALITY_HISTORY,
    APPLIANCE_GROUPS,
    APPLIANCES,
    CONTROL,
    CONTROL_APPLIANCES,
    CONTROL_OLDER,
    CONTROL_PHOENIX,
    CREATE_GROUP,
    DISCOVER,
    DISCOVER_APPLIANCES,
    DISCOVER_PROVEN,
    ENABLE,
    GROUPS,
    GUARD_STATE,
    REMOVE_APPLIANCE,
    RENAME,
    STATES,
    STATES_PROVEN,
    UPDATE_GROUP,
    Outcomes,
    action,
    answer_of,
    arm_request,
    control_requests,
    encoded_states,
    error_of,
    is_unsupported,
    operation,
    parse_armed,
    parse_changed,
    parse_control,
    parse_guard,
    parse_phoenix,
    phoenix_error_of,
    phoenix_requests,
    query,
)
from .transport import Transport
from .unproven import is_not_in_schema, is_refusal_of_form

_ENDPOINT_ID: Final = "amzn1.alexa.endpoint."
_GUARD: Final = "REDROCK_GUARD_PANEL"
_SCENES: Final = frozenset({ApplianceKind.SCENE_TRIGGER, ApplianceKind.ACTIVITY_TRIGGER})
_SOUNDS: Final = "Alexa.AcousticEventSensor"
_DETECTION: Final = "DetectionState"
_SCENE_INTERFACE: Final = "Alexa.SceneController"
_ZIGBEE: Final = re.compile(r"AAA_SonarCloudService_(?:[0-9A-F]{2}:){7}[0-9A-F]{2}", re.IGNORECASE)
_OWN_MAKERS: Final = ("amazon", "ledvance", "sengled")
_BRIDGE_MAKERS: Final = frozenset({"t0bst4r", "matterbridge"})
_BRIDGE_INTERFACES: Final = ("FabricManagement", "Commissionable")


def parse_discovery(data: Any) -> Discovery:
    """Parse all appliances of the account with their states; the result may be empty.

    Appliances that Alexa has merged count as one. Raises ``AlexaBadResponseError`` if the list is missing, or may be
    incomplete because of errors.
    """
    _raise_errors(data)
    elements = required_list(answer_of(data, "listEndpoints"), "endpoints", APPLIANCES)
    every = [(appliance, element) for element in mappings(elements) if (appliance := _appliance(element))]
    found = by_key(((appliance.entity_id, appliance) for appliance, _ in every), "appliances")
    states = {
        appliance.entity_id: _state(element) for appliance, element in every if found[appliance.entity_id] is appliance
    }
    parts = {part: appliance.entity_id for appliance in found.values() for part in appliance.merged_ids}
    bridges = tuple(
        appliance.appliance_id for appliance in found.values() if appliance.exposure is Exposure.MATTER_BRIDGE
    )
    appliances = {
        entity_id: _with_exposure(appliance, bridges)
        for entity_id, appliance in found.items()
        if parts.get(appliance.appliance_id, entity_id) == entity_id
    }
    return Discovery(appliances=appliances, states={entity_id: states[entity_id] for entity_id in appliances})


def parse_states(data: Any) -> dict[str, ApplianceState]:
    """Parse states by endpoint id.

    Raises ``AlexaBadResponseError`` if there are errors but no states, or if the list is missing.
    """
    if not answer_of(data, "listEndpoints"):
        _raise_errors(data)
    elements = required_list(answer_of(data, "listEndpoints"), "endpoints", APPLIANCES)
    found = {endpoint_id: _state(each) for each in mappings(elements) if (endpoint_id := text(each.get("id")))}
    if not found:
        _raise_errors(data)
    return found


def parse_update(payload: Mapping[str, Any]) -> SmartHomeChanged:
    """Parse the payload of a pushed update; raises ``ValueError`` if it names no appliance or has no samples."""
    endpoint_id = text(mapping(payload.get("entity")).get("id"))
    state = _state(mapping(payload.get("data")))
    if endpoint_id is None or not state.samples:
        raise ValueError("neither appliance nor samples")
    return SmartHomeChanged(states={endpoint_id: state})


def parse_sounds(data: Any) -> dict[str, ApplianceState]:
    """Parse the states of sound detection by the id in the response, an entity id or an appliance id."""
    found: dict[str, ApplianceState] = {}
    for state in mappings(required_list(mapping(data), "deviceStates", GUARD_STATE)):
        entity_id = text(mapping(state.get("entity")).get("entityId"))
        held = [each for each in encoded_states(state) if each.get("namespace") == _SOUNDS]
        samples = {
            PropertyKey(FeatureName.ACOUSTIC_EVENT_SENSOR, sound): Sample(
                value=_detection(each.get("value")), at=_time(each.get("timeOfSample"))
            )
            for each in held
            if (sound := text(each.get("name")))
        }
        if entity_id is not None:
            found[entity_id] = ApplianceState(samples=samples)
    return found


def _detection(value: Any) -> str | None:
    """Return the text of a value, which may be nested in another ``value``; None without a text."""
    return text(value.get("value") if isinstance(value, dict) else value)


def parse_device_groups(data: Any) -> tuple[DeviceGroup, ...]:
    """Parse groups with their members; skip groups without an id or a name."""
    _raise_errors(data)
    answer = answer_of(data, "listDeviceGroups")
    return tuple(
        DeviceGroup(
            group_id=group_id,
            name=room,
            members=frozenset(
                member
                for each in mappings(mapping(group.get("memberDevices")).get("items"))
                if (member := text(each.get("id")))
            ),
        )
        for group in mappings(required_list(answer, "deviceGroups", APPLIANCES))
        if (group_id := text(group.get("id"))) and (room := _wrapped(group.get("friendlyName")))
    )


def arm_state_of(state: ApplianceState) -> ArmState | None:
    """Return the arm state of a panel, or None if it is missing."""
    value = state.value(FeatureName.SECURITY_PANEL, PropertyName.ARM_STATE)
    return ArmState(value) if isinstance(value, str) else None


def _parse_discovery_and_rooms(data: Any) -> Discovery:
    """Parse the responses to both queries; without rooms if their response cannot be used."""
    if not isinstance(data, list) or len(data) != 2:
        raise AlexaBadResponseError("Two queries have no two answers", endpoint=APPLIANCES.label, code=_BATCH)
    discovery, groups = data
    try:
        rooms = _rooms(parse_device_groups(groups))
    except AlexaBadResponseError:
        rooms = None
    return replace(parse_discovery(discovery), rooms=rooms)


def _rooms(groups: Sequence[DeviceGroup]) -> dict[str, str]:
    """Return the name of the first room of each member, by member id."""
    return {member: group.name for group in reversed(groups) for member in group.members}


def parse_air_quality(data: Any) -> tuple[tuple[datetime, float], ...]:
    """Parse the hourly means of a range, each with the start of its hour."""
    _raise_errors(data)
    answer = answer_of(data, "airQualityHistory")
    return tuple(
        (at, value)
        for each in mappings(required_list(answer, "data", APPLIANCES))
        if (at := _time(each.get("timestamp"))) is not None and (value := number(each.get("value"))) is not None
    )


def parse_groups(data: Any) -> dict[str, str]:
    """Parse the room names by appliance id and by entity id."""
    rooms: dict[str, str] = {}
    for group in mappings(mapping(data).get("applianceGroups")):
        room = name(group.get("name"))
        if room is None or group.get("type") != "SPACE":
            continue
        members = [*texts(group.get("applianceIds"))]
        members += [found for each in mappings(group.get("chrEndpoints")) if (found := text(each.get("entityId")))]
        for member in members:
            rooms.setdefault(member, room)
    return rooms


def _raise_errors(data: Any) -> None:
    """Raise ``AlexaBadResponseError`` if the response contains ``errors``."""
    if error := graphql_errors(data):
        raise APPLIANCES.error(AlexaBadResponseError, "was answered with errors", status=200, code=error)


def _wrapped(value: Any) -> str | None:
    """Return the text of an object such as ``{"value": {"text": "Lamp"}}``, or None."""
    return name(mapping(mapping(value).get("value")).get("text"))


# --- appliances -------------------------------------------------------------------------


def _appliance(element: Mapping[str, Any]) -> Appliance | None:
    """Parse an appliance; ``None`` if it lacks an id."""
    legacy = mapping(element.get("legacyAppliance"))
    identifiers = mapping(element.get("legacyIdentifiers"))
    endpoint_id = text(element.get("id"))
    if endpoint_id is None:
        return None
    entity_id = (
        text(mapping(identifiers.get("chrsIdentifier")).get("entityId"))
        or text(legacy.get("entityId"))
        or endpoint_id.removeprefix(_ENDPOINT_ID)
    )
    type_raw = _kind(element, legacy)
    appliance_id = text(legacy.get("applianceId")) or entity_id
    serial = _wrapped(element.get("serialNumber"))
    device_type = _wrapped(mapping(identifiers.get("dmsIdentifier")).get("deviceType"))
    is_echo = "ALEXA_VOICE_ENABLED" in (type_raw, *texts(legacy.get("applianceTypes")))
    serials = [
        found
        for each in mappings(legacy.get("alexaDeviceIdentifierList"))
        if (found := text(each.get("dmsDeviceSerialNumber")))
    ]
    capabilities = {text(each.get("interfaceName")): each for each in mappings(legacy.get("capabilities"))}
    hubs = [found for found in serials if found != serial]
    model = _wrapped(element.get("model")) or text(legacy.get("modelName"))
    return Appliance(
        entity_id=entity_id,
        endpoint_id=endpoint_id,
        appliance_id=appliance_id,
        name=_wrapped(element.get("friendlyNameObject")) or name(legacy.get("friendlyName")) or entity_id,
        kind=ApplianceKind(type_raw),
        type_raw=type_raw,
        description=text(legacy.get("friendlyDescription")),
        manufacturer=_wrapped(element.get("manufacturer")) or text(legacy.get("manufacturerName")),
        model=model,
        software_version=_wrapped(element.get("softwareVersion")),
        serial=serial or (serials[0] if is_echo and serials else None),
        device_type=device_type,
        connected_via=text(legacy.get("connectedVia")),
        echo_serial=(serial or next(iter(serials), None)) if is_echo else next(iter(hubs), None),
        is_echo=is_echo,
        is_local=_is_local(legacy, appliance_id, is_echo=is_echo),
        is_scene=type_raw in _SCENES or _SCENE_INTERFACE in capabilities,
        sounds=_sounds(capabilities.get(_SOUNDS, {})),
        is_guard=_GUARD in (model, text(legacy.get("modelName"))),
        exposure=_exposure(legacy, type_raw),
        merged_ids=tuple(each for each in texts(legacy.get("mergedApplianceIds")) if each != appliance_id),
        features=_features(element.get("features")),
    )


def _sounds(capability: Mapping[str, Any]) -> frozenset[str]:
    """Return the properties for the sounds that an Echo can detect."""
    supported = mappings(mapping(capability.get("properties")).get("supported"))
    return frozenset(found for each in supported if (found := text(each.get("name"))) and found.endswith(_DETECTION))


def _kind(element: Mapping[str, Any], legacy: Mapping[str, Any]) -> str:
    """Return the type set by the user, else Amazon's display category, else the first legacy type, else UNKNOWN."""
    primary = mapping(mapping(element.get("displayCategories")).get("primary")).get("value")
    return (
        text(legacy.get("customerDefinedDeviceType"))
        or text(primary)
        or next(iter(texts(legacy.get("applianceTypes"))), "UNKNOWN")
    )


def _is_local(legacy: Mapping[str, Any], appliance_id: str, *, is_echo: bool) -> bool:
    """Return whether an appliance is connected to an Echo, or is an Echo or from ``_OWN_MAKERS`` but not from a skill.

    Echos find Ledvance and Sengled devices by Bluetooth.
    """
    if text(legacy.get("connectedVia")) or _ZIGBEE.fullmatch(appliance_id):
        return True
    namespace = text(mapping(legacy.get("driverIdentity")).get("namespace"))
    if namespace in (None, "SKILL"):
        return False
    maker = (text(legacy.get("manufacturerName")) or "").casefold()
    return is_echo or maker in _OWN_MAKERS


def _exposure(legacy: Mapping[str, Any], type_raw: str) -> Exposure:
    """Return how Home Assistant may have exposed an appliance to Alexa."""
    maker = (text(legacy.get("manufacturerName")) or "").casefold()
    description = text(legacy.get("friendlyDescription")) or ""
    if maker == "home assistant" or description.casefold().endswith("via home assistant"):
        return Exposure.SKILL
    if maker == "royal philips electronics":
        return Exposure.HUE_V1
    interfaces = [text(each.get("interfaceName")) or "" for each in mappings(legacy.get("capabilities"))]
    commissions = any(part in interface for interface in interfaces for part in _BRIDGE_INTERFACES)
    if maker in _BRIDGE_MAKERS or (type_raw == "HUB" and commissions):
        return Exposure.MATTER_BRIDGE
    return Exposure.NONE


def _with_exposure(appliance: Appliance, bridges: Iterable[str]) -> Appliance:
    """Return the appliance, marked as a child of a Matter bridge if its id starts with a bridge's id and ``#``."""
    if any(appliance.appliance_id.startswith(f"{bridge}#") for bridge in bridges):
        return replace(appliance, exposure=Exposure.MATTER_CHILD)
    return appliance


# --- features ---------------------------------------------------------------------------


def _features(value: Any) -> tuple[Feature, ...]:
    """Return the features of an appliance, except those without a name."""
    return tuple(
        Feature(
            name=FeatureName(name),
            instance=text(each.get("instance")) or "",
            name_raw=name,
            operations=frozenset(
                found for operation in mappings(each.get("operations")) if (found := text(operation.get("name")))
            ),
            properties=frozenset(
                found for held in mappings(each.get("properties")) if (found := text(held.get("name")))
            ),
            friendly_name=_wrapped(mapping(each.get("configuration")).get("friendlyName")),
            value_range=_value_range(mapping(each.get("configuration"))),
            modes=_modes(mapping(each.get("configuration"))),
            units=_units(mapping(each.get("configuration"))),
            needs_code=bool(mapping(each.get("configuration")).get("supportedAuthorizationTypes")),
        )
        for each in mappings(value)
        if (name := text(each.get("name")))
    )


def _value_range(configuration: Mapping[str, Any]) -> ValueRange | None:
    """Return a range with its step, unit and presets, or None if its limits are missing or invalid."""
    limits = mapping(configuration.get("supportedRange"))
    minimum, maximum = number(limits.get("minimumValue")), number(limits.get("maximumValue"))
    if minimum is None or maximum is None or minimum >= maximum:
        return None
    step = number(limits.get("precision"))
    return ValueRange(
        minimum=minimum,
        maximum=maximum,
        step=step if step is not None and step > 0 else 1.0,
        unit=_wrapped(configuration.get("unitOfMeasure")),
        presets=tuple(
            Preset(value=value, name=name)
            for each in mappings(configuration.get("presets"))
            if (value := number(each.get("rangeValue"))) is not None
            and (name := _resource_name(each.get("presetResources")))
        ),
    )


def _modes(configuration: Mapping[str, Any]) -> tuple[ModeOption, ...]:
    """Return the modes of a mode feature or of a thermostat, or the arm states of a panel."""
    options = [
        ModeOption(value=value, name=_resource_name(each.get("modeResources")))
        for each in mappings(configuration.get("modeOptions"))
        if (value := word(each.get("value")))
    ]
    options += [ModeOption(value=value) for value in texts(configuration.get("supportedModes")) if word(value)]
    options += [
        ModeOption(value=value)
        for each in mappings(configuration.get("supportedArmStates"))
        if (value := word(each.get("value")))
    ]
    return tuple(options)


def _units(configuration: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the units of a meter's readings, by property."""
    names = {PropertyName.ELECTRICITY_READING: "electricity", PropertyName.NATURAL_GAS_READING: "naturalGas"}
    return {
        str(key): unit for key, name in names.items() if (unit := text(mapping(configuration.get(name)).get("unit")))
    }


def _resource_name(value: Any) -> str | None:
    """Return the name of a mode or a preset, or None."""
    return _wrapped(mapping(value).get("friendlyName"))


# --- states -----------------------------------------------------------------------------


def _state(element: Mapping[str, Any]) -> ApplianceState:
    """Return the state of an appliance from its features; invalid values become unknown."""
    samples: dict[PropertyKey, Sample] = {}
    for feature in mappings(element.get("features")):
        feature_name, instance = text(feature.get("name")), text(feature.get("instance")) or ""
        for held in mappings(feature.get("properties")):
            # A property without a known field has no value, and must not hide a value that was read elsewhere.
            if held.get("__typename") in _GENERIC_TYPES and "genericValue" not in held:
                continue
            if feature_name and (name := text(held.get("name"))):
                samples[PropertyKey(feature_name, name, instance)] = _sample(held)
    return ApplianceState(samples=samples)


def _sample(held: Mapping[str, Any]) -> Sample:
    """Parse a property as a sample, without a value if Amazon reports an error."""
    at = _time(held.get("timeOfSample"))
    if error := mapping(held.get("error")):
        return Sample(value=None, at=at, error=text(error.get("type")) or "error")
    return Sample(value=_value(held), at=at)


def _value(held: Mapping[str, Any]) -> Value | None:
    """Return the value of a property, or None; most types of values have a separate field."""
    for field, parse in _FIELDS.items():
        if field in held:
            return parse(held[field])
    if held.get("__typename") in _NUMBER_TYPES:
        return _number_of(held.get("value"))
    return _temperature(mapping(held.get("value")))


def _number_of(value: Any) -> float | None:
    """Return a number, or the number in an object in the form ``{value}``, or None."""
    return number(value.get("value") if isinstance(value, dict) else value)


_GENERIC_TYPES: Final = ("GenericFeatureProperty", "UnknownFeatureProperty")
# Types whose value has the same field name in a push as the value of a temperature.
_NUMBER_TYPES: Final = ("Volume", "DeviceUsageMeterElectricityReading", "DeviceUsageMeterNaturalGasReading")


def _inner_text(value: Any) -> str | None:
    """Return the text in an object in the form ``{value}``, or None."""
    return text(mapping(value).get("value"))


def _color(value: Any) -> HueSaturation | None:
    """Return a color (hue 0–360, saturation and brightness 0–1), or None; a missing brightness counts as 1."""
    hue, saturation, brightness = (number(mapping(value).get(name)) for name in ("hue", "saturation", "brightness"))
    if hue is None or saturation is None or not 0 <= hue <= 360 or not 0 <= saturation <= 1:
        return None
    return HueSaturation(hue, saturation, 1.0 if brightness is None else min(max(brightness, 0.0), 1.0))


def _temperature(value: Mapping[str, Any]) -> Temperature | None:
    """Return a temperature with its scale, or None if one of them is missing."""
    degrees, scale = number(value.get("value")), text(value.get("scale"))
    return None if degrees is None or scale is None else Temperature(degrees, TemperatureScale(scale))


def _bounds(value: Any) -> TemperatureBounds | None:
    """Return the lowest and the highest temperature allowed for heating or cooling, or None."""
    ranges = [mapping(mapping(value).get(name)) for name in ("heating", "cooling")]
    lows = [found for each in ranges if (found := _temperature(mapping(each.get("minimum"))))]
    highs = [found for each in ranges if (found := _temperature(mapping(each.get("maximum"))))]
    if not lows or not highs or len({each.scale for each in (*lows, *highs)}) != 1:
        return None
    return TemperatureBounds(min(lows, key=lambda each: each.value), max(highs, key=lambda each: each.value))


def _battery(value: Any) -> float | None:
    """Return the level of a battery in percent, or None."""
    return number(mapping(value).get("levelPercentage"))


def _codes(value: Any) -> str | None:
    """Return the error codes of an appliance, separated by commas; "" if it has none, None if they are unknown."""
    codes = mapping(value).get("value")
    if not isinstance(codes, list):
        return None
    return ", ".join(code for each in mappings(codes) if (code := word(each.get("code"))))


def _delay(value: Any) -> str | None:
    """Return the delay state of a security panel, such as ENTRY_DELAY, or None."""
    return text(mapping(value).get("state"))


_FIELDS: Final[Mapping[str, Callable[[Any], Value | None]]] = {
    "powerStateValue": text,
    "lockState": text,
    "thermostatModeValue": text,
    "toggleStateValue": text,
    "detectionStateValue": text,
    "reachabilityStatusValue": text,
    "armStateValue": text,
    "burglaryAlarmValue": text,
    "fireAlarmValue": text,
    "carbonMonoxideAlarmValue": text,
    "waterAlarmValue": text,
    "brightnessStateValue": _number_of,
    "colorTemperatureInKelvinStateValue": _number_of,
    "rangeValue": _number_of,
    "illuminanceValue": _number_of,
    "percentageValue": _number_of,
    "powerLevelValue": _number_of,
    "volumeValue": _number_of,
    "relativeHumidityValue": _number_of,
    "readingValue": _number_of,
    "modeValue": _inner_text,
    "primaryHeaterStageValue": _inner_text,
    "coolerStageValue": _inner_text,
    "fanStageValue": _inner_text,
    "auxiliaryHeaterStageValue": _inner_text,
    "genericValue": _detection,
    "colorStateValue": _color,
    "batteryValue": _battery,
    "statusCodeValue": _codes,
    "delayStateValue": _delay,
    "thermostatAllowedTemperatureRangeValue": _bounds,
}
"""Parsers of the fields that contain a value, except ``value``, which has several types."""


def _time(value: Any) -> datetime | None:
    """Return a time, or None if it is missing, invalid or implausible; a time without a zone is UTC."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return time_of_sample(at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at)


_PROPERTIES: Final = "appliance_properties"
_GROUPS: Final = "device_groups"
_BATCH: Final = "several_queries"
_MUTATION: Final = "set_endpoint_features_v2"

MAX_CONTROLS: Final = 100
"""Maximum number of controls per request; only the controls of one order, which stay together, may exceed it."""


@dataclass(slots=True, eq=False)
class _Order:
    """Controls of one caller for one appliance, with the future of their result.

    If GraphQL refuses controls, ``refused`` is the error, and ``controls`` are those left for phoenix.
    """

    appliance: Appliance
    controls: Sequence[Control]
    result: asyncio.Future[AlexaError | None]
    refused: AlexaError | None = None

    def finish(self, error: AlexaError | None) -> None:
        """Set the result of the caller's future unless it is done, for example canceled."""
        if not self.result.done():
            self.result.set_result(error)

    def needs_phoenix(self, left: Sequence[tuple[Control, AlexaError]]) -> bool:
        """Return whether to try phoenix for the controls that GraphQL failed to run (``left``); else finish the order.

        Only a refusal proves that nothing was done, so nothing is sent again after any other error. Controls for an
        appliance that GraphQL cannot reach are sent to phoenix, which reaches some appliances of skills.
        """
        if not left:
            self.finish(None)
            return False
        error = next((error for _, error in left if not _is_refusal(error)), left[0][1])
        if not _is_refusal(error):
            self.finish(error)
            return False
        self.controls = [control for control, _ in left]
        self.refused = error
        if not _has_actions(self):
            self.finish(error)
            return False
        return True


type _Send = Callable[[Sequence[_Order]], Awaitable[Sequence[_Order]]]


class AccountSmartHome:
    """Smart home of one account; ``SmartHomeApi`` documents the methods."""

    def __init__(self, transport: Transport) -> None:
        """Initialize with the transport of the account."""
        self._transport = transport
        self._waiting: list[_Order] = []
        self._worker: asyncio.Task[None] | None = None
        self._is_closed = False

    async def async_close(self) -> None:
        """Stop, and fail all pending controls; those in flight may have been run."""
        self._is_closed = True
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.wait([self._worker])
            self._worker = None
        waiting, self._waiting = self._waiting, []
        for order in waiting:
            order.finish(_closed(sent=False))

    # --- reads --------------------------------------------------------------------------

    async def async_discover(self, *, with_rooms: bool = False) -> Discovery:
        """Return all appliances and their states, and the rooms if the same request returns them."""
        unproven = self._transport.unproven
        is_unreadable = False
        if with_rooms and not any(map(unproven.is_held, (_BATCH, _GROUPS, _PROPERTIES))):
            try:
                queries = [query("discover", DISCOVER), query("groups", GROUPS)]
                return await self._transport.async_read(APPLIANCES, _parse_discovery_and_rooms, json=queries)
            except (AlexaBadResponseError, AlexaCommandError, AlexaConnectionError, AlexaUnsupportedError) as err:
                is_unreadable = _is_unreadable(err)
                if not is_unreadable and (isinstance(err, AlexaConnectionError) or (not err.code and not err.status)):
                    raise
                # The separate requests will show which query Amazon refuses. An error in one of the two responses
                # (status 200) concerns that query, not the combination.
                if err.code == _BATCH or (err.status != 200 and is_refusal_of_form(err)):
                    unproven.refuse(_BATCH)
        discovery = await self._async_read_document(parse_discovery, "discover", (DISCOVER, DISCOVER_PROVEN), {})
        if is_unreadable:
            # In an outage, the single query would have failed too.
            unproven.refuse(_BATCH)
        return discovery

    async def _async_read_document[T](
        self, parse: Callable[[Any], T], name: str, documents: tuple[str, str], variables: Mapping[str, Any]
    ) -> T:
        """Return the parsed response to a query with all fields, or with the proven ones if Amazon refuses others."""
        full, proven = documents
        unproven = self._transport.unproven
        if not unproven.is_held(_PROPERTIES):
            try:
                return await self._transport.async_read(APPLIANCES, parse, json=query(name, full, variables))
            except AlexaBadResponseError as err:
                if not err.code:
                    raise
        answer = await self._transport.async_read(APPLIANCES, parse, json=query(name, proven, variables))
        if not unproven.is_held(_PROPERTIES):
            unproven.refuse(_PROPERTIES)
        return answer

    async def async_groups(self) -> Mapping[str, str]:
        """Return the room names by member id from GraphQL, or from phoenix if GraphQL does not provide them."""
        try:
            groups = await self.async_device_groups()
        except AlexaBadResponseError, AlexaCommandError, AlexaUnsupportedError:
            return await self._transport.async_read(APPLIANCE_GROUPS, parse_groups)
        return _rooms(groups)

    async def async_device_groups(self) -> Sequence[DeviceGroup]:
        """Return the groups, read from GraphQL.

        Raises ``AlexaUnsupportedError`` if Amazon refuses the request or recently refused it.
        """
        return await self._read_unproven(_GROUPS, parse_device_groups, query("groups", GROUPS))

    async def async_range_history(
        self, appliance: Appliance, instance: str, start: datetime, end: datetime
    ) -> Sequence[tuple[datetime, float]]:
        """Return the hourly means of a range."""
        device = {
            "endpointId": appliance.endpoint_id,
            "interfaceName": "Alexa.RangeController",
            "instance": instance,
        }
        dates = {"startDate": start.isoformat(), "endDate": end.isoformat(), "aggregationResolution": "ONE_HOUR"}
        variables = {"input": {"devices": [device], **dates}}
        body = query("airQuality", AIR_QUALITY_HISTORY, variables)
        return await self._read_unproven(
            "air_quality_history", parse_air_quality, body, f"{appliance.endpoint_id} {instance}"
        )

    async def _read_unproven[T](
        self, name: str, parse: Callable[[Any], T], body: Mapping[str, Any], one: str | None = None
    ) -> T:
        """Send an unproven query; raises ``AlexaUnsupportedError`` if Amazon refuses or recently refused its form."""
        with self._transport.unproven.attempt(name, one):
            try:
                return await self._transport.async_read(APPLIANCES, parse, json=body)
            except AlexaBadResponseError as err:
                if not is_refusal_of_form(err):
                    raise
                raise AlexaUnsupportedError(
                    f"Amazon lacks {name}", endpoint=err.endpoint, status=err.status, code=err.code
                ) from err

    async def async_add_to_group(self, change: DeviceGroup) -> None:
        """Add members to a group, or create the group if it has no id."""
        members = sorted(change.members)
        given: Mapping[str, Any] = {"friendlyName": change.name, "memberDeviceIds": members}
        if change.group_id:
            operation = {"memberDeviceIds": members, "memberDeviceIdsUpdateOperation": "ADD"}
            given = {"deviceGroupId": change.group_id, **operation}
        document = UPDATE_GROUP if change.group_id else CREATE_GROUP
        await self._async_change("group", document, change.group_id or change.name, given)

    async def async_rename(self, appliance: Appliance, name: str) -> None:
        """Rename an appliance."""
        given = {"endpointId": appliance.endpoint_id, "friendlyName": name}
        await self._async_change("rename", RENAME, appliance.endpoint_id, given)

    async def async_enable(self, appliance: Appliance, *, enabled: bool) -> None:
        """Enable or disable an appliance in Alexa."""
        enablement = "ENABLED" if enabled else "DISABLED_BY_CUSTOMER"
        given = {"endpointId": appliance.endpoint_id, "enablement": enablement}
        await self._async_change("enable", ENABLE, appliance.endpoint_id, given)

    async def _async_change(self, name: str, document: str, one: str, given: Mapping[str, Any]) -> None:
        """Send a mutation of ``one`` appliance or group.

        Raises ``AlexaCommandError`` or ``AlexaUnsupportedError`` if Amazon refuses it.
        """
        body = query(name, document, {"input": given})
        with self._transport.unproven.attempt(f"{name}_appliances", one):
            error = await self._transport.async_read(CONTROL_APPLIANCES, parse_changed, json=body)
            if error is not None:
                raise error

    async def async_remove(self, appliance: Appliance) -> None:
        """Remove an appliance through phoenix, as two other clients do."""
        await self._transport.async_request(REMOVE_APPLIANCE, params={"appliance_id": appliance.appliance_id})

    async def async_search(self) -> None:
        """Start Alexa's discovery of appliances."""
        await self._transport.async_request(DISCOVER_APPLIANCES)

    async def async_states(self, appliances: Sequence[Appliance]) -> Mapping[str, ApplianceState]:
        """Return the states by entity id, without the appliances missing from the response."""
        by_endpoint = {appliance.endpoint_id: appliance.entity_id for appliance in appliances}
        states = await self._async_read_document(
            parse_states, "states", (STATES, STATES_PROVEN), {"endpointIds": list(by_endpoint)}
        )
        return {by_endpoint[endpoint_id]: state for endpoint_id, state in states.items() if endpoint_id in by_endpoint}

    async def async_sounds(self, appliances: Sequence[Appliance]) -> Mapping[str, ApplianceState]:
        """Return the states of sound detection by entity id, read from phoenix."""
        requests = [{"entityId": each.appliance_id, "entityType": "APPLIANCE"} for each in appliances]
        with self._transport.unproven.attempt("sounds"):
            found = await self._transport.async_read(GUARD_STATE, parse_sounds, json={"stateRequests": requests})
        return {
            each.entity_id: found[key]
            for each in appliances
            for key in (each.appliance_id, each.entity_id)
            if key in found
        }

    async def async_guard(self, guard: Appliance) -> ArmState:
        """Return the arm state of Guard from phoenix, or from GraphQL if phoenix does not report it.

        phoenix knows a merged appliance by the id of its first part.
        """
        request = {"entityId": (guard.merged_ids or (guard.appliance_id,))[0], "entityType": "APPLIANCE"}
        try:
            return await self._transport.async_read(GUARD_STATE, parse_guard, json={"stateRequests": [request]})
        except AlexaBadResponseError, AlexaUnsupportedError:
            states = await self.async_states([guard])
            state = states.get(guard.entity_id)
            armed = arm_state_of(state) if state else None
            if armed is None:
                raise
            return armed

    # --- controls -----------------------------------------------------------------------

    async def async_arm(self, panel: Appliance, state: ArmState, *, code: str | None = None) -> None:
        """Arm or disarm with GraphQL.

        Without a code, phoenix is tried if GraphQL does not support the request or does not know the panel.
        """
        body = arm_request(panel, state, code)
        error: AlexaCommandError | AlexaUnsupportedError | None
        try:
            with self._transport.unproven.attempt("arm_security_panel", panel.entity_id):
                error = await self._transport.async_read(CONTROL_APPLIANCES, parse_armed, json=body)
                if error is not None and is_refusal_of_form(error):
                    raise error
        except (AlexaCommandError, AlexaUnsupportedError) as err:
            error = err
        if error is None:
            return
        is_unknown = error.code == "ResourceNotFound" or isinstance(error, AlexaUnsupportedError)
        if code is not None or not (is_unknown or is_refusal_of_form(error)):
            raise error
        if other := await self._phoenix_arm(panel, state):
            raise _preferred_error(other, error)

    async def _phoenix_arm(self, panel: Appliance, state: ArmState) -> AlexaError | None:
        """Arm or disarm with phoenix; return the error, or None.

        phoenix identifies a merged panel by the first of its ``merged_ids``.
        """
        panel_id = (panel.merged_ids or (panel.appliance_id,))[0]
        parameters = {"action": "controlSecurityPanel", "armState": str(state)}
        request = {"entityId": panel_id, "entityType": "APPLIANCE", "parameters": parameters}
        try:
            outcomes = await self._send_to_phoenix([request])
        except (AlexaCommandError, AlexaUnsupportedError) as err:
            return err
        # one panel was requested, so a single result is about that panel, whatever id it contains
        return phoenix_error_of(outcomes, next(iter(outcomes)) if len(outcomes) == 1 else panel_id)

    async def _send_to_phoenix(self, requests: Sequence[Mapping[str, Any]]) -> Mapping[str, str | None]:
        """Send control requests to phoenix; return their outcomes by entity id."""
        return await self._transport.async_read(CONTROL_PHOENIX, parse_phoenix, json={"controlRequests": requests})

    async def async_activate_scene(self, scene: Appliance) -> None:
        """Activate a scene with phoenix, as one other client does."""
        request = {"entityId": scene.entity_id, "entityType": "ENTITY", "parameters": {"action": "sceneActivate"}}
        with self._transport.unproven.attempt("activate_scene", scene.entity_id):
            outcomes = await self._send_to_phoenix([request])
        if error := phoenix_error_of(outcomes, scene.entity_id):
            raise error

    async def async_control(
        self, controls: Sequence[tuple[Appliance, Sequence[Control]]]
    ) -> Sequence[AlexaError | None]:
        """Run controls, several per request (``MAX_CONTROLS``); see ``SmartHomeApi`` for the results."""
        if self._is_closed:
            raise _closed(sent=False)
        loop = asyncio.get_running_loop()
        orders = [_Order(appliance, wanted, loop.create_future()) for appliance, wanted in controls]
        self._waiting += orders
        if self._worker is None:
            self._worker = loop.create_task(self._run(), name="alexa_media appliances")
        return await asyncio.gather(*(order.result for order in orders))

    async def _run(self) -> None:
        """Send requests until the queue is empty."""
        orders: list[_Order] = []
        try:
            while orders := self._next():
                await self._send(orders)
        finally:
            self._worker = None
            for order in orders:
                order.finish(_closed(sent=True))

    def _next(self) -> list[_Order]:
        """Take the orders of the next request from the queue, without those of canceled callers."""
        taken: list[_Order] = []
        size = 0
        waiting = [order for order in self._waiting if not order.result.done()]
        while waiting and (not taken or size + len(waiting[0].controls) <= MAX_CONTROLS):
            size += len(waiting[0].controls)
            taken.append(waiting.pop(0))
        self._waiting = waiting
        return taken

    async def _send(self, orders: Sequence[_Order]) -> None:
        """Send controls with GraphQL, and refused ones with phoenix if possible."""
        if left := await self._guarded(self._by_graphql, orders):
            await self._guarded(self._by_phoenix, left)

    async def _guarded(self, send: _Send, orders: Sequence[_Order]) -> Sequence[_Order]:
        """Return the result of ``send``, or finish all orders with its error."""
        try:
            return await send(orders)
        except AlexaError as error:
            for order in orders:
                order.finish(error)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs to the callers
            for order in orders:
                if not order.result.done():
                    order.result.set_exception(error)
        return ()

    async def _by_graphql(self, orders: Sequence[_Order]) -> Sequence[_Order]:
        """Send controls with GraphQL; return the refused orders that phoenix may still run."""
        requests = control_requests([(order.appliance, order.controls) for order in orders])
        try:
            outcomes = await self._by_mutation(requests)
        except (AlexaCommandError, AlexaUnsupportedError) as error:
            return await self._refused(orders, error)
        return [
            order
            for order in orders
            if order.needs_phoenix(
                [
                    (control, problem)
                    for control in order.controls
                    if (problem := error_of(outcomes, order.appliance, operation(control)))
                ]
            )
        ]

    async def _by_mutation(self, requests: Sequence[Mapping[str, Any]]) -> Outcomes:
        """Send controls with the newer mutation, or with the older one if the schema lacks the newer one."""
        unproven = self._transport.unproven
        documents = (CONTROL_OLDER,) if unproven.is_held(_MUTATION) else (CONTROL, CONTROL_OLDER)
        for document in documents:
            body = query("control", document, {"input": {"featureControlRequests": requests}})
            try:
                return await self._transport.async_read(CONTROL_APPLIANCES, parse_control, json=body)
            except (AlexaCommandError, AlexaUnsupportedError) as err:
                if document is CONTROL_OLDER or not is_not_in_schema(err):
                    raise
                unproven.refuse(_MUTATION)
        raise AssertionError("The older mutation answers or raises")

    async def _refused(
        self, orders: Sequence[_Order], error: AlexaCommandError | AlexaUnsupportedError
    ) -> Sequence[_Order]:
        """Return the orders of a refused request that phoenix may run.

        Unless GraphQL itself is refused, several orders are first sent separately, because one bad control may have
        caused the refusal.
        """
        if len(orders) == 1 or is_unsupported(error):
            return [order for order in orders if order.needs_phoenix([(control, error) for control in order.controls])]
        left: list[_Order] = []
        for order in orders:
            left += await self._guarded(self._by_graphql, [order])
        return left

    async def _by_phoenix(self, orders: Sequence[_Order]) -> Sequence[_Order]:
        """Send the orders to phoenix, the last API to be tried."""
        requests = phoenix_requests([(order.appliance, order.controls) for order in orders])
        try:
            outcomes = await self._send_to_phoenix(requests)
        except (AlexaCommandError, AlexaUnsupportedError) as err:
            refused: dict[str, AlexaError | None] = dict.fromkeys((order.appliance.entity_id for order in orders), err)
        else:
            refused = {
                order.appliance.entity_id: phoenix_error_of(outcomes, order.appliance.entity_id) for order in orders
            }
        for order in orders:
            error = refused[order.appliance.entity_id]
            order.finish(error and _preferred_error(order.refused, error))
        return ()


def _is_refusal(error: AlexaError) -> bool:
    """Return whether an error proves that the control did not run."""
    return isinstance(error, AlexaCommandError | AlexaUnsupportedError)


def _preferred_error(first: AlexaError | None, second: AlexaError) -> AlexaError:
    """Return the first error, if any, unless the second means an unreachable appliance or an unknown outcome."""
    if first is None or isinstance(second, AlexaUnreachableError) or not _is_refusal(second):
        return second
    return first


def _is_unreadable(error: AlexaError) -> bool:
    """Return whether a gateway may have rejected the form of a read: 5xx, or a success without JSON."""
    if isinstance(error, AlexaConnectionError):
        return error.status is not None and error.status >= 500
    return isinstance(error, AlexaBadResponseError) and error.status == 200 and not error.code


def _has_actions(order: _Order) -> bool:
    """Return whether phoenix supports all controls of an order."""
    return all(action(control) is not None for control in order.controls)


def _closed(*, sent: bool) -> AlexaError:
    """Return the error of controls for a closed client; ``sent`` is True if their request was in flight."""
    return AlexaConnectionError("The connection to Amazon was closed", code="closed", sent=sent)


_: type[SmartHomeApi] = AccountSmartHome
