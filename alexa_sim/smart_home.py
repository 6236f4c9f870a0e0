"""Appliances of an account: their features, values, controls and pushes.

The key of a feature is its name, such as ``power``, or name and instance, such as ``range.4``, if there are several
with that name. A feature contains its values by property name, its configuration, and ``sampled``, the time of its
values.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from .merge import copied

type Json = dict[str, Any]

GUARD_MODEL = "REDROCK_GUARD_PANEL"
ARM_STATES = ("ARMED_AWAY", "ARMED_STAY", "ARMED_NIGHT", "DISARMED")

SCENES = ("SCENE_TRIGGER", "ACTIVITY_TRIGGER")
"""Display categories of appliances that can only be activated."""

REPORTS = 3600.0
"""Seconds after which a thermometer reports again, even without a change."""

# Values of a feature that are set and measured: type and field in GraphQL by property; "+" means that the value is
# wrapped once more. Properties of the same name in two features have different meanings.
_PROPERTIES: Mapping[str, Mapping[str, str]] = {
    "power": {"powerState": "Power.powerStateValue"},
    "brightness": {"brightness": "Brightness.brightnessStateValue"},
    "color": {"color": "Color.colorStateValue"},
    "colorTemperature": {"colorTemperatureInKelvin": "ColorTemperature.colorTemperatureInKelvinStateValue"},
    "dynamicLightingEffect": {"effect": "DynamicLightingEffectEffect.dynamicLightingEffectEffectValue"},
    "percentage": {"percentage": "Percentage.percentageValue"},
    "powerLevel": {"powerLevel": "PowerLevel.powerLevelValue"},
    "toggle": {"toggleState": "ToggleState.toggleStateValue"},
    "range": {"rangeValue": "RangeValue.rangeValue+"},
    "mode": {"mode": "Mode.modeValue+"},
    "speaker": {"volume": "Volume.value+"},
    "lock": {"lockState": "Lock.lockState"},
    "thermostat": {
        "targetSetpoint": "Setpoint.value",
        "lowerSetpoint": "Setpoint.value",
        "upperSetpoint": "Setpoint.value",
        "thermostatMode": "ThermostatMode.thermostatModeValue",
        "adaptiveRecoveryStatus": "AdaptiveRecoveryStatus.adaptiveRecoveryStatusValue+",
    },
    "hvac": {
        "primaryHeaterStage": "HvacPrimaryHeaterStage.primaryHeaterStageValue+",
        "coolerStage": "HvacCoolerStage.coolerStageValue+",
        "fanStage": "HvacFanStage.fanStageValue+",
        "auxiliaryHeaterStage": "HvacAuxiliaryHeaterStage.auxiliaryHeaterStageValue+",
    },
    "thermostatConfiguration": {
        "allowedTemperatureRange": (
            "ThermostatConfigurationAllowedTemperatureRange.thermostatAllowedTemperatureRangeValue"
        ),
        "setupState": "ThermostatConfigurationSetupState.thermostatSetupStateValue+",
        "temperatureScale": "ThermostatConfigurationTemperatureScale.thermostatTemperatureScaleValue+",
    },
    "thermostatSchedule": {
        "scheduleEnabled": "ThermostatScheduleScheduleEnabled.thermostatScheduleScheduleEnabledValue+",
        "adaptiveRecoveryEnabled": (
            "ThermostatScheduleAdaptiveRecoveryEnabled.thermostatScheduleAdaptiveRecoveryEnabledValue+"
        ),
        "lastActivityType": "ThermostatScheduleLastActivityType.thermostatScheduleLastActivityTypeValue+",
    },
    "thermostatAutomation": {
        "lastActivityType": "ThermostatAutomationLastActivityType.thermostatAutomationLastActivityTypeValue+"
    },
    "temperatureSensor": {"temperature": "TemperatureSensor.value"},
    "humiditySensor": {"relativeHumidity": "RelativeHumidity.relativeHumidityValue+"},
    "lightSensor": {
        "illuminance": "Illuminance.illuminanceValue+",
        "enablement": "EnablementState.enablementStateValue",
    },
    "contactSensor": {"detectionState": "DetectionState.detectionStateValue"},
    "motionSensor": {
        "detectionState": "DetectionState.detectionStateValue",
        "enablement": "EnablementState.enablementStateValue",
        "detectionSensitivity": "DetectionSensitivity.detectionSensitivityValue",
        "detectionRange": "DetectionRange.detectionRangeValue",
        "detectionTechnology": "DetectionTechnology.detectionTechnologyValue",
    },
    "connectivity": {"reachability": "Reachability.reachabilityStatusValue"},
    "endpointHealth": {
        "battery": "Battery.batteryValue",
        "radioDiagnostics": "RadioDiagnostics.radioDiagnosticsValue",
        "networkThroughput": "NetworkThroughput.networkThroughputValue",
        "connectivity": "UnknownFeatureProperty.data",
    },
    "securityPanel": {
        "armState": "ArmState.armStateValue",
        "burglaryAlarm": "BurglaryAlarm.burglaryAlarmValue",
        "fireAlarm": "FireAlarm.fireAlarmValue",
        "carbonMonoxideAlarm": "CarbonMonoxideAlarm.carbonMonoxideAlarmValue",
        "waterAlarm": "WaterAlarm.waterAlarmValue",
        "delayState": "DelayState.delayStateValue",
        "sirenState": "SirenState.sirenStateValue",
    },
    "action": {"actionState": "ActionState.actionStateValue"},
    "customBoschHomeConnectCoffeeMaker": {
        "operationalState": "OperationalState.operationalStateValue+",
        "currentProgram": "CurrentProgram.currentProgramValue+",
    },
    "statusCode": {"statusCode": "StatusCode.statusCodeValue"},
    "inventory": {"level": "InventoryLevel.inventoryLevelValue"},
    "deviceUsageMeter": {
        "electricityReading": "DeviceUsageMeterElectricityReading.value",
        "naturalGasReading": "DeviceUsageMeterNaturalGasReading.value",
    },
    "location": {"geolocation": "Geolocation.geolocationValue"},
    "camera": {"snapshot": "Snapshot.snapshotValue"},
    "launcher": {"launchTarget": "LauncherTarget.launcherTargetValue+"},
    "automationManagement": {
        "automationStatuses": "AutomationManagementAutomationStatuses.automationManagementAutomationStatusesValue"
    },
    "demandResponse": {"eventStatus": "DemandResponseEventStatus.eventStatusValue"},
    "customYaleDoorLock": {
        "doorState": "CustomYaleDoorState.customYaleDoorStateValue+",
        "lockState": "CustomYaleLockState.customYaleLockStateValue+",
        "oneTouchLocking": "CustomYaleOneTouchLocking.customYaleOneTouchLockingValue+",
        "operatingMode": "CustomYaleOperatingMode.customYaleOperatingModeValue+",
        "soundVolume": "CustomYaleSoundVolume.customYaleSoundVolumeValue+",
    },
    "acousticEventSensor": dict.fromkeys(
        (
            "babyCryDetectionState",
            "beepingApplianceDetectionState",
            "carbonMonoxideSirenDetectionState",
            "coughDetectionState",
            "dogBarkDetectionState",
            "glassBreakDetectionState",
            "humanPresenceDetectionState",
            "runningWaterDetectionState",
            "smokeAlarmDetectionState",
            "smokeSirenDetectionState",
            "snoreDetectionState",
            "waterSoundsDetectionState",
        ),
        "GenericFeatureProperty.genericValue",
    ),
    "commissionable": {},
    "doorbell": {},
}

# Interface of the Smart Home API where it is not the feature's name with a capital.
_INTERFACES: Mapping[str, str] = {
    "power": "Alexa.PowerController",
    "brightness": "Alexa.BrightnessController",
    "color": "Alexa.ColorController",
    "colorTemperature": "Alexa.ColorTemperatureController",
    "percentage": "Alexa.PercentageController",
    "powerLevel": "Alexa.PowerLevelController",
    "lock": "Alexa.LockController",
    "thermostat": "Alexa.ThermostatController",
    "range": "Alexa.RangeController",
    "toggle": "Alexa.ToggleController",
    "mode": "Alexa.ModeController",
    "speaker": "Alexa.Speaker",
    "securityPanel": "Alexa.SecurityPanelController",
    "doorbell": "Alexa.DoorbellEventSource",
    "action": "Alexa.ActionController",
}

_OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "power": ("turnOn", "turnOff"),
    "brightness": ("setBrightness", "adjustBrightness"),
    "color": ("setColor",),
    "colorTemperature": ("setColorTemperature", "increaseColorTemperature", "decreaseColorTemperature"),
    "percentage": ("setPercentage", "adjustPercentage"),
    "powerLevel": ("setPowerLevel", "adjustPowerLevel"),
    "lock": ("lock", "unlock"),
    "thermostat": ("setTargetSetpoint", "adjustTargetSetpoint", "setThermostatMode"),
    "range": ("setRangeValue", "adjustRangeValue"),
    "toggle": ("turnOn", "turnOff"),
    "mode": ("setMode", "adjustMode"),
    "speaker": ("setVolume", "adjustVolume"),
    "action": ("performAction",),
}

# Features whose changes Amazon does not push unless an account's ``pushesSensors`` says so.
UNPUSHED = frozenset({"motionSensor", "lightSensor", "connectivity", "acousticEventSensor"})


REFUSED = "INTERNAL_ERROR"
"""Error code for a refused control of a reachable appliance; no other has been observed."""


class ControlError(Exception):
    """A refused control; ``code`` is the name of the error."""

    def __init__(self, code: str, message: str | None = None) -> None:
        """Initialize with code and message."""
        super().__init__(message or code)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class FeatureFacts:
    """Pushed values of a feature, and the time of its sample."""

    endpoint_id: str
    values: str
    sampled: float = field(default=0.0, compare=False)


def endpoint_id(entity_id: str) -> str:
    """Return the GraphQL id of an appliance."""
    return f"amzn1.alexa.endpoint.{entity_id}"


def entity_id(endpoint: str) -> str:
    """Return the entity id in an endpoint id."""
    return endpoint.removeprefix("amzn1.alexa.endpoint.")


@lru_cache(maxsize=4096)
def echo_entity_id(serial: str) -> str:
    """Return the entity id of an Echo."""
    return str(uuid5(NAMESPACE_OID, serial))


def complete(entity_id: str, given: Mapping[str, Any], now: float) -> Json:
    """Return an appliance completed with default values."""
    full: Json = {
        "description": None,
        "manufacturer": "Amazon",
        "model": None,
        "softwareVersion": None,
        "serialNumber": None,
        "deviceType": None,
        "connectedVia": None,
        "customerDefinedDeviceType": "",
        "mergedApplianceIds": [],
        "capabilities": [],
        "room": None,
        "reachable": True,
        "phoenixOnly": False,
        "armState": None,
        "armStateSampled": now,
        "enablement": "ENABLED",
        "features": {},
        **copied(dict(given)),
    }
    skill = full["connectedVia"] is None and full["manufacturer"] != "Amazon"
    service = "OnGuardSmartHomeBridgeService" if full["armState"] is not None else "SonarCloudService"
    full.setdefault("applianceId", f"{'SKILL' if skill else f'AAA_{service}'}_{entity_id}")
    full.setdefault("driver", {"namespace": "SKILL" if skill else "AAA", "identifier": "" if skill else service})
    full["features"] = complete_features(full["features"], now)
    return full


def interface(name: str) -> str:
    """Return the interface name of a feature in the Smart Home Skill API, as used by phoenix and capabilities."""
    return _INTERFACES.get(name, f"Alexa.{name[0].upper()}{name[1:]}")


def is_feature(name: str) -> bool:
    """Return whether a feature is known to the cloud."""
    return name in _PROPERTIES


def features_of(appliance: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the features of an appliance; for Guard, a security panel."""
    if appliance["armState"] is None:
        features: Mapping[str, Any] = appliance["features"]
        return features
    panel = {"armState": appliance["armState"], "sampled": appliance.get("armStateSampled", 0.0), "readOnly": True}
    return {**appliance["features"], "securityPanel": panel}


def panel_of(appliance: Json) -> Json | None:
    """Return the object with an appliance's arm state: Guard itself, or the feature of any other panel."""
    panel: Json | None = appliance["features"].get("securityPanel")
    return panel if appliance["armState"] is None else appliance


def complete_features(features: Mapping[str, Any], now: float) -> Json:
    """Return features with the time of their values."""
    return {key: {"sampled": now, **feature} for key, feature in features.items()}


def split(key: str) -> tuple[str, str | None]:
    """Return the name and the instance in the key of a feature."""
    name, _, instance = key.partition(".")
    return name, instance or None


def values_of(key: str, feature: Mapping[str, Any]) -> Json:
    """Return the values of a feature by property."""
    return {name: feature[name] for name in _PROPERTIES.get(split(key)[0], ()) if name in feature}


def operations_of(key: str, feature: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the operations of a feature; empty if it is read-only."""
    return () if feature.get("readOnly") else _OPERATIONS.get(split(key)[0], ())


def facts(account: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], FeatureFacts]]:
    """Yield the pushed features of an account's appliances and Echos by (entity id, key)."""
    for entity_id, features in _all_features(account):
        for key, feature in features.items():
            yield (
                (entity_id, key),
                FeatureFacts(endpoint_id(entity_id), repr(values_of(key, feature)), feature["sampled"]),
            )


def stamp(account: Mapping[str, Any], before: Mapping[tuple[str, str], FeatureFacts], now: float) -> None:
    """Set the time of the features that changed since ``before``, unless the change contains a time."""
    for entity_id, features in _all_features(account):
        for key, feature in features.items():
            old = before.get((entity_id, key))
            is_changed = old is not None and old.values != repr(values_of(key, feature))
            if old is not None and is_changed and feature["sampled"] == old.sampled:
                feature["sampled"] = max(now, feature["sampled"])
                if key == "securityPanel":
                    account["appliances"][entity_id]["armStateSampled"] = feature["sampled"]


def measure(account: Mapping[str, Any], before: float, now: float) -> None:
    """Set the sample time of thermometers that reported recently to ``now``; silent thermometers are unchanged."""
    for _, features in _all_features(account):
        held = features.get("temperatureSensor")
        if held is not None and before - REPORTS <= held["sampled"] < now:
            held["sampled"] = now


def _all_features(account: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield entity id and features of all appliances and Echos."""
    for entity_id, appliance in account["appliances"].items():
        yield entity_id, features_of(appliance)
    for serial, device in account["devices"].items():
        if device["features"]:
            yield echo_entity_id(serial), device["features"]


def feature_of(account: Mapping[str, Any], entity_id: str, key: str) -> Json | None:
    """Return a feature by entity id and key, or None."""
    return next((features.get(key) for found, features in _all_features(account) if found == entity_id), None)


def graphql_feature(key: str, feature: Mapping[str, Any], *, reachable: bool = True) -> Json:
    """Return a feature in the format of GraphQL, with errors instead of values if it is not reachable."""
    name, instance = split(key)
    return {
        "name": name,
        "instance": instance,
        **_operations(operations_of(key, feature)),
        "configuration": _configuration(name, feature),
        "semantics": None,
        "supersededInterfaces": None,
        # Amazon was observed to return null for a commissionable feature
        "properties": None
        if name == "commissionable"
        else [
            _property(name, property_name, value, feature["sampled"], reachable=reachable)
            for property_name, value in values_of(key, feature).items()
        ],
    }


def _operations(names: Iterable[str]) -> Json:
    """Return operations under both of their names; locks require a confirmation before unlocking."""
    operations = [
        {"name": name, "verificationsRequired": [{"type": "CONFIRMATION"}] if name == "unlock" else None}
        for name in names
    ]
    return {"operations": operations, "featureOperations": operations}


def _property(feature: str, name: str, value: Any, sampled: float, *, reachable: bool) -> Json:
    """Return one property with its value, or with an error if it cannot be read."""
    typename, _, field = _PROPERTIES[feature][name].partition(".")
    error = None if reachable else {"type": "ENDPOINT_UNREACHABLE", "message": None}
    if field.endswith("+"):
        field = field.removesuffix("+")
        value = None if value is None else {"value": value}
    return {
        "__typename": typename,
        "name": name,
        "type": "RETRIEVABLE" if reachable else "ERROR",
        "accuracy": "HIGH",
        "error": error,
        field: value if reachable else None,
        "timestamp": round(sampled * 1000),
        "timeOfSample": timestamp(sampled),
        "timeOfLastChange": timestamp(sampled),
    }


def connectivity(*, reachable: bool, now: float) -> Json:
    """Return the feature for an appliance's reachability, which is polled and never pushed."""
    return graphql_feature("connectivity", {"reachability": "OK" if reachable else "UNREACHABLE", "sampled": now})


def _configuration(name: str, feature: Mapping[str, Any]) -> Json | None:
    """Return the configuration of a feature, or None."""
    friendly = text(feature.get("friendlyName"))
    match name:
        case "range":
            presets = [
                {"rangeValue": value, "presetResources": {"friendlyName": text(named)}}
                for named, value in feature.get("presets", {}).items()
            ]
            return {
                "__typename": "RangeConfiguration",
                "friendlyName": friendly,
                "supportedRange": feature["supportedRange"],
                "unitOfMeasure": text(feature.get("unitOfMeasure")),
                "presets": presets,
            }
        case "mode":
            options = [
                {"value": value, "modeResources": {"friendlyName": text(named)}}
                for value, named in feature["modes"].items()
            ]
            return {
                "__typename": "ModeConfiguration",
                "friendlyName": friendly,
                "order": "UNORDERED",
                "modeOptions": options,
            }
        case "toggle":
            return {"__typename": "ToggleConfiguration", "friendlyName": friendly}
        case "thermostat":
            return {"__typename": "ThermostatConfiguration", "supportedModes": feature["supportedModes"]}
        case "deviceUsageMeter":
            return {
                "__typename": "DeviceUsageMeterConfiguration",
                "electricity": _meter(feature.get("electricityUnit")),
                "naturalGas": _meter(feature.get("naturalGasUnit")),
            }
        case "securityPanel":
            return {
                "__typename": "SecurityPanelConfiguration",
                "supportedArmStates": [{"value": state} for state in ARM_STATES],
                "supportedAuthorizationTypes": [{"type": "FOUR_DIGIT_PIN"}] if feature.get("pin") else [],
            }
        case _:
            return None


def _meter(unit: str | None) -> Json | None:
    """Return the configuration of a meter with a unit, or None."""
    return None if unit is None else {"unit": unit, "defaultResolution": 3600, "measuringMethod": "MEASURED"}


def text(value: str | None) -> Json | None:
    """Return a text in the format of the schema: wrapped in objects."""
    return None if value is None else {"type": "PLAIN", "value": {"text": value, "locale": None}}


def timestamp(when: float) -> str:
    """Return a time of the clock in Amazon's notation."""
    return datetime.fromtimestamp(when, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def update(entity_id: str, key: str, feature: Mapping[str, Any], now: float) -> Json:
    """Return the metadata of the rendering update that is pushed when a feature changed."""
    shown = graphql_feature(key, feature)
    name = str(shown["name"])
    properties = [{part: value for part, value in held.items() if part != "timestamp"} for held in shown["properties"]]
    return {
        "metricName": f"Endpoint{name[0].upper()}{name[1:]}",
        "payload": {
            "data": {
                "__typename": "Endpoint",
                "features": [{"name": name, "instance": shown["instance"], "properties": properties}],
            },
            "entity": {"id": endpoint_id(entity_id)},
            "fragment": _FRAGMENT.format(types=" ".join(_selection(held) for held in properties)),
        },
        "type": "UPDATE_ENTITY",
        "timestamp": timestamp(now),
    }


_FRAGMENT = (
    "fragment EndpointUpdate on Endpoint {{ features {{ name instance properties {{ __typename name {types} }} }} }}"
)


def _selection(held: Mapping[str, Any]) -> str:
    """Return the GraphQL selection for a property in a push."""
    return f"... on {held['__typename']} {{ timeOfSample timeOfLastChange }}"


# --- controls ---------------------------------------------------------------------------


def control(appliance: Json, key: str, operation: str, payload: Mapping[str, Any], now: float) -> None:
    """Run a control of a feature; raises ``ControlError``.

    A lamp with colors and whites keeps its last color and its last white, and shows the newer one.
    """
    if not appliance["reachable"]:
        raise ControlError("ENDPOINT_UNREACHABLE", "The endpoint cannot be reached")
    feature = appliance["features"].get(key)
    if feature is None or operation not in operations_of(key, feature):
        raise ControlError(REFUSED, f"{operation} is not supported by {key}")
    setter = _SETTERS.get((split(key)[0], operation))
    if setter is None:
        raise ControlError(REFUSED, f"What {operation} takes is not known")
    setter(feature, payload)
    feature["sampled"] = now
    if key in ("brightness", "color", "colorTemperature") and "power" in appliance["features"]:
        appliance["features"]["power"]["powerState"] = "ON"


def _invalid(message: str) -> ControlError:
    """Return the error for an invalid value."""
    return ControlError(REFUSED, message)


def number(payload: Mapping[str, Any], name: str, least: float, most: float) -> float:
    """Return a number in a range; raises ``ControlError``."""
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise _invalid(f"{name} has to be a number between {least:g} and {most:g}")
    return value


def _set(name: str, value: Any) -> Callable[[Json, Mapping[str, Any]], None]:
    """Return a function that sets a property to a constant."""

    def setter(feature: Json, _payload: Mapping[str, Any]) -> None:
        feature[name] = value

    return setter


def _set_color(feature: Json, payload: Mapping[str, Any]) -> None:
    color = payload.get("color")
    if not isinstance(color, Mapping):
        raise _invalid("color is required")
    feature["color"] = {
        "hue": float(number(color, "hue", 0, 360)),
        "saturation": float(number(color, "saturation", 0, 1)),
        "brightness": float(number(color, "brightness", 0, 1)),
    }


def _set_color_temperature(feature: Json, payload: Mapping[str, Any]) -> None:
    feature["colorTemperatureInKelvin"] = round(number(payload, "colorTemperatureInKelvin", 1000, 10000))


def _set_range(feature: Json, payload: Mapping[str, Any]) -> None:
    limits = feature["supportedRange"]
    feature["rangeValue"] = number(payload, "rangeValue", limits["minimumValue"], limits["maximumValue"])


def _set_mode(feature: Json, payload: Mapping[str, Any]) -> None:
    if payload.get("mode") not in feature["modes"]:
        raise _invalid(f"mode has to be one of {', '.join(feature['modes'])}")
    feature["mode"] = payload["mode"]


def set_thermostat_mode(feature: Json, mode: Any) -> None:
    """Set the mode of a thermostat; raises ``ControlError``."""
    if mode not in feature["supportedModes"]:
        raise _invalid(f"thermostatMode has to be one of {', '.join(feature['supportedModes'])}")
    feature["thermostatMode"] = mode


def set_setpoint(feature: Json, name: str, value: Any, scale: Any) -> None:
    """Set a target temperature, which is a number or text; raises ``ControlError``."""
    if name not in feature or scale not in ("CELSIUS", "FAHRENHEIT"):
        raise _invalid(f"{name} with that scale is not supported")
    try:
        degrees = float(value) if isinstance(value, str) else value
    except ValueError:
        raise _invalid(f"{name} has to be a number") from None
    feature[name] = {"value": number({"value": degrees}, "value", 0, 120), "scale": scale}


def _set_setpoints(feature: Json, payload: Mapping[str, Any]) -> None:
    """Set the target temperature, or the lower and the upper one."""
    names = [name for name in ("targetSetpoint", "lowerSetpoint", "upperSetpoint") if name in payload]
    if not names:
        raise _invalid("targetSetpoint is required")
    changed = dict(feature)
    for name in names:
        given = payload[name]
        if not isinstance(given, Mapping):
            raise _invalid(f"{name} has to be an object")
        set_setpoint(changed, name, given.get("value"), given.get("scale"))
    feature.update(changed)


def _adjust_setpoint(feature: Json, payload: Mapping[str, Any]) -> None:
    """Change the target temperature by a number of degrees of its scale."""
    delta, held = payload.get("targetSetpointDelta"), feature.get("targetSetpoint")
    if not isinstance(delta, Mapping) or not held:
        raise _invalid("targetSetpointDelta is required")
    by = delta.get("value")
    try:
        value = held["value"] + float(by if isinstance(by, str | int | float) else "none")
    except ValueError:
        raise _invalid("targetSetpointDelta has to be a number") from None
    set_setpoint(feature, "targetSetpoint", value, held["scale"])


def _level(name: str, least: float, most: float) -> Callable[[Json, Mapping[str, Any]], None]:
    """Return a function that sets a whole number between two limits."""

    def setter(feature: Json, payload: Mapping[str, Any]) -> None:
        feature[name] = round(number(payload, name, least, most))

    return setter


def _adjust(name: str, least: float, most: float) -> Callable[[Json, Mapping[str, Any]], None]:
    """Return a function that changes a whole number by ``<name>Delta`` within its limits."""

    def setter(feature: Json, payload: Mapping[str, Any]) -> None:
        delta = number(payload, f"{name}Delta", -1e6, 1e6)
        feature[name] = round(min(max((feature.get(name) or 0) + delta, least), most))

    return setter


def _adjust_range(feature: Json, payload: Mapping[str, Any]) -> None:
    limits = feature["supportedRange"]
    moved = (feature.get("rangeValue") or 0) + number(payload, "rangeValueDelta", -1e6, 1e6)
    feature["rangeValue"] = min(max(moved, limits["minimumValue"]), limits["maximumValue"])


def _adjust_mode(feature: Json, payload: Mapping[str, Any]) -> None:
    modes = list(feature["modes"])
    place = modes.index(feature["mode"]) + round(number(payload, "modeDelta", -1e6, 1e6))
    if not 0 <= place < len(modes):
        raise _invalid("There is no such mode")
    feature["mode"] = modes[place]


def _shift_white(step: int) -> Callable[[Json, Mapping[str, Any]], None]:
    """Return a function that makes a lamp's white warmer or colder."""

    def setter(feature: Json, _payload: Mapping[str, Any]) -> None:
        held = feature.get("colorTemperatureInKelvin") or 2700
        feature["colorTemperatureInKelvin"] = min(max(held + step, 2200), 7000)

    return setter


def _perform(feature: Json, payload: Mapping[str, Any]) -> None:
    if not isinstance(payload.get("action"), str | Mapping):
        raise _invalid("action is required")
    feature["actionState"] = {"status": "RUNNING", "actionId": None, "targetIds": [], "timeInterval": None}


_SETTERS: Mapping[tuple[str, str], Callable[[Json, Mapping[str, Any]], None]] = {
    ("power", "turnOn"): _set("powerState", "ON"),
    ("power", "turnOff"): _set("powerState", "OFF"),
    ("toggle", "turnOn"): _set("toggleState", "ON"),
    ("toggle", "turnOff"): _set("toggleState", "OFF"),
    ("lock", "lock"): _set("lockState", "LOCKED"),
    ("lock", "unlock"): _set("lockState", "UNLOCKED"),
    ("brightness", "setBrightness"): _level("brightness", 0, 100),
    ("brightness", "adjustBrightness"): _adjust("brightness", 0, 100),
    ("percentage", "setPercentage"): _level("percentage", 0, 100),
    ("percentage", "adjustPercentage"): _adjust("percentage", 0, 100),
    ("powerLevel", "setPowerLevel"): _level("powerLevel", 0, 100),
    ("powerLevel", "adjustPowerLevel"): _adjust("powerLevel", 0, 100),
    ("speaker", "setVolume"): _level("volume", 0, 100),
    ("speaker", "adjustVolume"): _adjust("volume", 0, 100),
    ("thermostat", "setTargetSetpoint"): _set_setpoints,
    ("thermostat", "adjustTargetSetpoint"): _adjust_setpoint,
    ("thermostat", "setThermostatMode"): lambda feature, given: set_thermostat_mode(
        feature, given.get("thermostatMode")
    ),
    ("action", "performAction"): _perform,
    ("color", "setColor"): _set_color,
    ("colorTemperature", "setColorTemperature"): _set_color_temperature,
    ("colorTemperature", "increaseColorTemperature"): _shift_white(500),
    ("colorTemperature", "decreaseColorTemperature"): _shift_white(-500),
    ("range", "setRangeValue"): _set_range,
    ("range", "adjustRangeValue"): _adjust_range,
    ("mode", "setMode"): _set_mode,
    ("mode", "adjustMode"): _adjust_mode,
}
