"""Appliances and their states out of GraphQL, of answers and of pushes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
import re
from typing import Any, Final

from custom_components.alexa_media.backend.appliances import (
    Appliance,
    ApplianceKind,
    ApplianceState,
    Exposure,
    Feature,
    FeatureName,
    HueSaturation,
    ModeOption,
    Preset,
    PropertyKey,
    PropertyName,
    Sample,
    Temperature,
    TemperatureScale,
    Value,
    ValueRange,
)
from custom_components.alexa_media.backend.smart_home import ArmState, Discovery, SmartHomeChanged
from custom_components.alexa_media.errors import AlexaBadResponseError
from custom_components.alexa_media.json_values import mapping, mappings, number, text, texts

from .answers import graphql_errors
from .endpoints.smart_home import APPLIANCES
from .parse_values import required_list

_ENDPOINT_ID: Final = "amzn1.alexa.endpoint."
_GUARD: Final = "REDROCK_GUARD_PANEL"
_ZIGBEE: Final = re.compile(r"AAA_SonarCloudService_(?:[0-9A-F]{2}:){7}[0-9A-F]{2}", re.IGNORECASE)
_OWN_MAKERS: Final = ("amazon", "ledvance", "sengled")
_BRIDGE_MAKERS: Final = frozenset({"t0bst4r", "matterbridge"})
_BRIDGE_INTERFACES: Final = ("FabricManagement", "Commissionable")


def parse_discovery(data: Any) -> Discovery:
    """Parse all appliances of the account with their states; there may be none.

    What Alexa has merged counts once. A list with errors beside it may not be whole.
    """
    _raise_errors(data)
    elements = required_list(_listed(data), "endpoints", APPLIANCES)
    found: dict[str, Appliance] = {}
    states: dict[str, ApplianceState] = {}
    for element in mappings(elements):
        if appliance := _appliance(element):
            found[appliance.entity_id] = appliance
            states[appliance.entity_id] = _state(element)
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
    """Parse states by endpoint id; an appliance that Amazon does not answer for is not among them.

    Errors beside the states concern some of them, and do not spoil the others.
    """
    if not _listed(data):
        _raise_errors(data)
    elements = required_list(_listed(data), "endpoints", APPLIANCES)
    found = {endpoint_id: _state(each) for each in mappings(elements) if (endpoint_id := text(each.get("id")))}
    if not found:
        _raise_errors(data)
    return found


def parse_update(payload: Mapping[str, Any]) -> SmartHomeChanged:
    """Parse the payload of a pushed update; raises ``ValueError`` where nothing can be read in it."""
    endpoint_id = text(mapping(payload.get("entity")).get("id"))
    state = _state(mapping(payload.get("data")))
    if endpoint_id is None or not state.samples:
        raise ValueError("neither appliance nor samples")
    return SmartHomeChanged(states={endpoint_id: state})


def arm_state_of(state: ApplianceState) -> ArmState | None:
    """Return how a panel is armed, ``None`` where its state does not tell."""
    value = state.value(FeatureName.SECURITY_PANEL, PropertyName.ARM_STATE)
    return ArmState(value) if isinstance(value, str) else None


def parse_groups(data: Any) -> dict[str, str]:
    """Parse the rooms: the name of each by appliance id and by entity id; other groups are none."""
    rooms: dict[str, str] = {}
    for group in mappings(mapping(data).get("applianceGroups")):
        name = text(group.get("name"))
        if name is None or group.get("type") != "SPACE":
            continue
        members = [*texts(group.get("applianceIds"))]
        members += [found for each in mappings(group.get("chrEndpoints")) if (found := text(each.get("entityId")))]
        for member in members:
            rooms.setdefault(member, name)
    return rooms


def _listed(data: Any) -> Mapping[str, Any]:
    """Return what a query for endpoints was answered with."""
    return mapping(mapping(mapping(data).get("data")).get("listEndpoints"))


def _raise_errors(data: Any) -> None:
    """Raise ``AlexaBadResponseError`` when there are ``errors`` in an answer."""
    if error := graphql_errors(data):
        label = APPLIANCES.label
        raise AlexaBadResponseError(f"{label} was answered with errors", endpoint=label, status=200, code=error)


def _wrapped(value: Any) -> str | None:
    """Return a text as this schema wraps them: ``{value: {text}}``."""
    return text(mapping(mapping(value).get("value")).get("text"))


# --- appliances -------------------------------------------------------------------------


def _appliance(element: Mapping[str, Any]) -> Appliance | None:
    """Return an appliance, ``None`` for one without ids."""
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
    hubs = [found for found in serials if found != serial]
    model = _wrapped(element.get("model")) or text(legacy.get("modelName"))
    return Appliance(
        entity_id=entity_id,
        endpoint_id=endpoint_id,
        appliance_id=appliance_id,
        name=_wrapped(element.get("friendlyNameObject")) or text(legacy.get("friendlyName")) or entity_id,
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
        is_guard=_GUARD in (model, text(legacy.get("modelName"))),
        exposure=_exposure(legacy, type_raw),
        merged_ids=tuple(each for each in texts(legacy.get("mergedApplianceIds")) if each != appliance_id),
        features=_features(element.get("features")),
    )


def _kind(element: Mapping[str, Any], legacy: Mapping[str, Any]) -> str:
    """Return the display category, or what the user has made of it."""
    primary = mapping(mapping(element.get("displayCategories")).get("primary")).get("value")
    return (
        text(legacy.get("customerDefinedDeviceType"))
        or text(primary)
        or next(iter(texts(legacy.get("applianceTypes"))), "UNKNOWN")
    )


def _is_local(legacy: Mapping[str, Any], appliance_id: str, *, is_echo: bool) -> bool:
    """Return whether an appliance hangs on an Echo, or is Amazon's own.

    Whatever has ``connectedVia`` does, and whatever has an appliance id as Zigbee devices have;
    Echos, and bulbs of makers that Echos find by bluetooth, do unless they come by a skill.
    """
    if text(legacy.get("connectedVia")) or _ZIGBEE.fullmatch(appliance_id):
        return True
    namespace = text(mapping(legacy.get("driverIdentity")).get("namespace"))
    if namespace in (None, "SKILL"):
        return False
    maker = (text(legacy.get("manufacturerName")) or "").casefold()
    return is_echo or maker in _OWN_MAKERS


def _exposure(legacy: Mapping[str, Any], type_raw: str) -> Exposure:
    """Return whether this may be something that Home Assistant shows to Alexa; of a bridge's children later."""
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
    """Return an appliance that knows whether it hangs on a bridge for Matter: its id is the bridge's with a number."""
    if any(appliance.appliance_id.startswith(f"{bridge}#") for bridge in bridges):
        return replace(appliance, exposure=Exposure.MATTER_CHILD)
    return appliance


# --- features ---------------------------------------------------------------------------


def _features(value: Any) -> tuple[Feature, ...]:
    """Return the features of an appliance; those without a name are none."""
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
        )
        for each in mappings(value)
        if (name := text(each.get("name")))
    )


def _value_range(configuration: Mapping[str, Any]) -> ValueRange | None:
    """Return the limits of a range, ``None`` where there are none that make sense."""
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
    """Return the modes of a mode feature or of a thermostat."""
    options = [
        ModeOption(value=value, name=_resource_name(each.get("modeResources")))
        for each in mappings(configuration.get("modeOptions"))
        if (value := text(each.get("value")))
    ]
    options += [ModeOption(value=value) for value in texts(configuration.get("supportedModes"))]
    return tuple(options)


def _resource_name(value: Any) -> str | None:
    """Return the name of a mode or a preset."""
    return _wrapped(mapping(value).get("friendlyName"))


# --- states -----------------------------------------------------------------------------


def _state(element: Mapping[str, Any]) -> ApplianceState:
    """Return what features tell; a value that is not as it should be is not known."""
    samples: dict[PropertyKey, Sample] = {}
    for feature in mappings(element.get("features")):
        feature_name, instance = text(feature.get("name")), text(feature.get("instance")) or ""
        for held in mappings(feature.get("properties")):
            if feature_name and (name := text(held.get("name"))):
                samples[PropertyKey(feature_name, name, instance)] = _sample(held)
    return ApplianceState(samples=samples)


def _sample(held: Mapping[str, Any]) -> Sample:
    """Return a value with its time; one with an error has no value."""
    at = _time(held.get("timeOfSample"))
    if error := mapping(held.get("error")):
        return Sample(value=None, at=at, error=text(error.get("type")) or "error")
    return Sample(value=_value(held), at=at)


def _value(held: Mapping[str, Any]) -> Value | None:
    """Return the value of a property: each type has a field of its own."""
    for field in _TEXT_FIELDS:
        if field in held:
            return text(held[field])
    for field in _NUMBER_FIELDS:
        if field in held:
            value = held[field]
            return number(value.get("value") if isinstance(value, dict) else value)
    if "modeValue" in held:
        return text(mapping(held["modeValue"]).get("value"))
    if "colorStateValue" in held:
        return _color(mapping(held["colorStateValue"]))
    return _temperature(mapping(held.get("value")))


_TEXT_FIELDS: Final = (
    "powerStateValue",
    "lockState",
    "thermostatModeValue",
    "toggleStateValue",
    "detectionStateValue",
    "reachabilityStatusValue",
    "armStateValue",
)
_NUMBER_FIELDS: Final = (
    "brightnessStateValue",
    "colorTemperatureInKelvinStateValue",
    "rangeValue",
    "illuminanceValue",
)


def _color(value: Mapping[str, Any]) -> HueSaturation | None:
    """Return a colour; without brightness it is a bright one."""
    hue, saturation, brightness = (number(value.get(name)) for name in ("hue", "saturation", "brightness"))
    if hue is None or saturation is None or not 0 <= hue <= 360 or not 0 <= saturation <= 1:
        return None
    return HueSaturation(hue, saturation, 1.0 if brightness is None else min(max(brightness, 0.0), 1.0))


def _temperature(value: Mapping[str, Any]) -> Temperature | None:
    """Return a temperature with its scale."""
    degrees, scale = number(value.get("value")), text(value.get("scale"))
    return None if degrees is None or scale is None else Temperature(degrees, TemperatureScale(scale))


def _time(value: Any) -> datetime | None:
    """Return a time of sample; one without a zone is UTC."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at
