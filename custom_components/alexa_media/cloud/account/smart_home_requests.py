"""Smart home requests: endpoints, GraphQL documents, phoenix actions, and parsers of responses."""

from collections.abc import Iterator, Mapping, Sequence
import contextlib
import json
import re
from typing import Any, Final, NamedTuple

from ..errors import AlexaBadResponseError, AlexaCommandError, AlexaError, AlexaUnreachableError, AlexaUnsupportedError
from ..http import graphql_errors
from ..json import mapping, mappings, text, texts
from ..model.appliances import (
    Adjust,
    Appliance,
    ArmState,
    Control,
    FeatureName,
    SetBrightness,
    SetColor,
    SetColorTemperature,
    SetLevel,
    SetLock,
    SetMode,
    SetPower,
    SetRange,
    SetSetpoint,
    SetSpeakerVolume,
    SetThermostatMode,
    SetToggle,
    feature_of,
)
from .endpoints import Answer, Endpoint, Write

# Amazon's response time grows with the number of appliances.
_SLOW: Final = 30

APPLIANCES: Final = Endpoint(
    "appliances", "POST", "/nexus/v1/graphql", timeout=_SLOW, partial=True, csrf=False, whole_account=True
)
CONTROL_APPLIANCES: Final = Write(
    "control_appliances", "POST", "/nexus/v1/graphql", timeout=_SLOW, partial=True, answer=Answer.JSON
)
APPLIANCE_GROUPS: Final = Endpoint("appliance_groups", "GET", "/api/phoenix/group", timeout=_SLOW, whole_account=True)
GUARD_STATE: Final = Endpoint("guard_state", "POST", "/api/phoenix/state")
CONTROL_PHOENIX: Final = Write(
    "control_phoenix", "PUT", "/api/phoenix/state", timeout=_SLOW, partial=True, answer=Answer.JSON
)

REMOVE_APPLIANCE: Final = Write(
    "remove_appliance", "DELETE", "/api/phoenix/appliance/{appliance_id}", timeout=_SLOW, answer=Answer.JSON
)
DISCOVER_APPLIANCES: Final = Write(
    "discover_appliances", "POST", "/api/phoenix/discovery", timeout=_SLOW, answer=Answer.JSON
)


_PROPERTIES: Final = """
    name
    instance
    properties {
      __typename
      name
      error { type message }
      ... on Power { powerStateValue timeOfSample }
      ... on Brightness { brightnessStateValue timeOfSample }
      ... on Color { colorStateValue { hue saturation brightness } timeOfSample }
      ... on ColorTemperature { colorTemperatureInKelvinStateValue timeOfSample }
      ... on Lock { lockState timeOfSample }
      ... on Setpoint { value { value scale } timeOfSample }
      ... on ThermostatMode { thermostatModeValue timeOfSample }
      ... on TemperatureSensor { value { value scale } timeOfSample }
      ... on RangeValue { rangeValue { value } timeOfSample }
      ... on ToggleState { toggleStateValue timeOfSample }
      ... on Mode { modeValue { value } timeOfSample }
      ... on Illuminance { illuminanceValue { value } timeOfSample }
      ... on DetectionState { detectionStateValue timeOfSample }
      ... on Reachability { reachabilityStatusValue timeOfSample }
      ... on ArmState { armStateValue timeOfSample }
%s
    }
"""

# Types that only one source has seen in the schema. Amazon rejects a whole document that names an unknown type.
_MORE: Final = """      ... on Percentage { percentageValue timeOfSample }
      ... on PowerLevel { powerLevelValue timeOfSample }
      ... on Volume { volumeValue: value { value } timeOfSample }
      ... on RelativeHumidity { relativeHumidityValue { value } timeOfSample }
      ... on Battery { batteryValue { levelPercentage } timeOfSample }
      ... on DeviceUsageMeterElectricityReading { readingValue: value timeOfSample }
      ... on DeviceUsageMeterNaturalGasReading { readingValue: value timeOfSample }
      ... on StatusCode { statusCodeValue { value { code } } timeOfSample }
      ... on HvacPrimaryHeaterStage { primaryHeaterStageValue { value } timeOfSample }
      ... on HvacCoolerStage { coolerStageValue { value } timeOfSample }
      ... on HvacFanStage { fanStageValue { value } timeOfSample }
      ... on HvacAuxiliaryHeaterStage { auxiliaryHeaterStageValue { value } timeOfSample }
      ... on ThermostatConfigurationAllowedTemperatureRange {
        thermostatAllowedTemperatureRangeValue {
          heating { minimum { value scale } maximum { value scale } }
          cooling { minimum { value scale } maximum { value scale } }
        }
        timeOfSample
      }
      ... on BurglaryAlarm { burglaryAlarmValue timeOfSample }
      ... on FireAlarm { fireAlarmValue timeOfSample }
      ... on CarbonMonoxideAlarm { carbonMonoxideAlarmValue timeOfSample }
      ... on WaterAlarm { waterAlarmValue timeOfSample }
      ... on GenericFeatureProperty { genericValue timeOfSample }
      ... on DelayState { delayStateValue { state } timeOfSample }
"""

_MORE_CONFIGURATION: Final = """
          ... on SecurityPanelConfiguration { supportedArmStates { value } supportedAuthorizationTypes { type } }
          ... on DeviceUsageMeterConfiguration { electricity { unit } naturalGas { unit } }
"""


_LEGACY_APPLIANCE: Final = """\
      legacyAppliance {
        applianceId
        applianceTypes
        friendlyName
        friendlyDescription
        manufacturerName
        connectedVia
        modelName
        entityId
        capabilities
        customerDefinedDeviceType
        alexaDeviceIdentifierList
        driverIdentity
        mergedApplianceIds
      }"""


def _discover(more: str, configuration: str) -> str:
    """Return the query for all endpoints, with additional selections for properties and configurations."""
    return f"""
query discover {{
  listEndpoints(listEndpointsInput: {{ includeHouseholdDevices: true }}) {{
    endpoints {{
      id
      friendlyNameObject {{ value {{ text }} }}
      manufacturer {{ value {{ text }} }}
      model {{ value {{ text }} }}
      serialNumber {{ value {{ text }} }}
      softwareVersion {{ value {{ text }} }}
      displayCategories {{ primary {{ value }} }}
      legacyIdentifiers {{ dmsIdentifier {{ deviceType {{ value {{ text }} }} }} chrsIdentifier {{ entityId }} }}
{_LEGACY_APPLIANCE}
      features {{{_PROPERTIES % more}
        operations {{ name }}
        configuration {{
          __typename
          ... on RangeConfiguration {{
            friendlyName {{ value {{ text }} }}
            supportedRange {{ minimumValue maximumValue precision }}
            unitOfMeasure {{ value {{ text }} }}
            presets {{ rangeValue presetResources {{ friendlyName {{ value {{ text }} }} }} }}
          }}
          ... on ModeConfiguration {{
            friendlyName {{ value {{ text }} }}
            modeOptions {{ value modeResources {{ friendlyName {{ value {{ text }} }} }} }}
          }}
          ... on ToggleConfiguration {{ friendlyName {{ value {{ text }} }} }}
          ... on ThermostatConfiguration {{ supportedModes }}{configuration}
        }}
      }}
    }}
  }}
}}
"""


def _states(more: str) -> str:
    """Return the query for the states of endpoints, with additional selections for properties."""
    return f"""
query states($endpointIds: [String]!) {{
  listEndpoints(
    listEndpointsInput: {{ latencyTolerance: LOW, endpointIds: $endpointIds, includeHouseholdDevices: true }}
  ) {{
    endpoints {{
      id
      features {{{_PROPERTIES % more}
      }}
    }}
  }}
}}
"""


DISCOVER: Final = _discover(_MORE, _MORE_CONFIGURATION)
DISCOVER_PROVEN: Final = _discover("", "")
"""``DISCOVER`` without the fields that only one source has seen, for accounts for which Amazon refuses them."""

STATES: Final = _states(_MORE)
STATES_PROVEN: Final = _states("")

CONTROL: Final = """
mutation control($input: SetGenericEndpointFeaturesInput!) {
  setEndpointFeatures: setEndpointFeaturesV2(input: $input) {
    featureControlResponses { endpointId featureName instance featureOperationName code }
    errors { endpointId featureName instance featureOperationName code message }
  }
}
"""
"""Names in this mutation are strings rather than enumerations, so that it accepts every feature."""

CONTROL_OLDER: Final = """
mutation control($input: SetEndpointFeaturesInput!) {
  setEndpointFeatures(setEndpointFeaturesInput: $input) {
    featureControlResponses { endpointId featureName instance featureOperationName code }
    errors { endpointId featureName instance featureOperationName code message }
  }
}
"""

ARM: Final = """
mutation arm($input: ArmSecurityPanelInput!) {
  armSecurityPanel(input: $input) { isSuccess error { __typename } }
}
"""

DISARM: Final = """
mutation arm($input: DisarmSecurityPanelInput!) {
  armSecurityPanel: disarmSecurityPanel(input: $input) { isSuccess error { __typename } }
}
"""

GROUPS: Final = """
query groups {
  listDeviceGroups(listDeviceGroupsInput: { devicesPaginationParams: { disablePagination: true } }) {
    deviceGroups { id friendlyName { value { text } } memberDevices { items { id } } }
  }
}
"""
"""Query for the groups. Another client received no members without pagination parameters."""

AIR_QUALITY_HISTORY: Final = """
query airQuality($input: AirQualityHistoryInput!) {
  airQualityHistory(airQualityHistoryInput: $input) { data { timestamp value } }
}
"""

CREATE_GROUP: Final = """
mutation group($input: CreateDeviceGroupInput!) {
  createDeviceGroup(createDeviceGroupInput: $input) { deviceGroup { id } }
}
"""

UPDATE_GROUP: Final = """
mutation group($input: UpdateDeviceGroupInput!) {
  updateDeviceGroup(updateDeviceGroupInput: $input) { deviceGroup { id } }
}
"""

RENAME: Final = """
mutation rename($input: SetEndpointFriendlyNameInput!) {
  setEndpointFriendlyName(input: $input) { endpoint { id } }
}
"""

ENABLE: Final = """
mutation enable($input: SetEndpointEnablementInput!) {
  setEndpointEnablement(input: $input) { endpoint { id enablement } error { __typename } }
}
"""

DISARM_WITH_PIN: Final = """
mutation arm($input: DisarmWithPinInput!) {
  armSecurityPanel: disarmWithPin(input: $input) { isSuccess error { __typename } }
}
"""


_UNKNOWN_OUTCOME: Final = re.compile(r"time[ds]?[ _-]?out|non-?null", re.IGNORECASE)


def query(name: str, document: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the body of a GraphQL request."""
    return {"operationName": name, "query": document, "variables": variables or {}}


def answer_of(data: Any, name: str) -> Mapping[str, Any]:
    """Return the object under a name in the response to a GraphQL request, empty if it is missing."""
    return mapping(mapping(mapping(data).get("data")).get(name))


class Operation(NamedTuple):
    """One GraphQL operation on a feature of an appliance."""

    feature: str
    instance: str
    name: str
    payload: Mapping[str, Any]


class Outcomes(NamedTuple):
    """Outcomes of operations, each identified by (endpoint id, feature, instance, operation).

    ``failed`` contains refusal codes; all other operations succeeded. If the whole response has an error
    (``doubtful``), success is only known for those in ``answered``.
    """

    failed: Mapping[tuple[str, str, str, str], str]
    answered: frozenset[tuple[str, str, str, str]] = frozenset()
    doubtful: str | None = None


def operation(control: Control) -> Operation:
    """Return a control as a GraphQL operation; raises ``AlexaUnsupportedError`` for a relative control."""
    feature, instance = feature_of(control)
    name: str
    payload: Mapping[str, Any] = {}
    match control:
        case SetPower(on=on) | SetToggle(on=on):
            name = "turnOn" if on else "turnOff"
        case SetLock(locked=locked):
            name = "lock" if locked else "unlock"
        case SetBrightness(level=level):
            name, payload = "setBrightness", {"brightness": level}
        case SetColor(hue=hue, saturation=saturation, brightness=brightness):
            color = {"hue": hue, "saturation": saturation, "brightness": brightness}
            name, payload = "setColor", {"color": color}
        case SetColorTemperature(kelvin=kelvin):
            name, payload = "setColorTemperature", {"colorTemperatureInKelvin": kelvin}
        case SetMode(mode=mode):
            name, payload = "setMode", {"mode": mode}
        case SetRange(value=value):
            name, payload = "setRangeValue", {"rangeValue": value}
        case SetLevel(feature=level_of, level=level):
            name, payload = f"set{level_of[0].upper()}{level_of[1:]}", {str(level_of): level}
        case SetThermostatMode(mode=mode):
            name, payload = "setThermostatMode", {"thermostatMode": mode}
        case SetSetpoint():
            name, payload = "setTargetSetpoint", _setpoints(control)
        case SetSpeakerVolume(level=level):
            name, payload = "setVolume", {"volume": level}
        case Adjust():
            raise AlexaUnsupportedError("Accounts have no relative controls", code="unsupported")
    return Operation(str(feature), instance, name, payload)


def _setpoints(control: SetSetpoint) -> Mapping[str, Any]:
    """Return the setpoints of a thermostat; their values are strings, as two of three other clients send them."""
    given = {"targetSetpoint": control.target, "lowerSetpoint": control.lower, "upperSetpoint": control.upper}
    return {
        name: {"value": f"{value:g}", "scale": str(control.scale)} for name, value in given.items() if value is not None
    }


def action(control: Control) -> Mapping[str, Any] | None:
    """Return the parameters of a control for phoenix; ``None`` if phoenix does not support the control."""
    match control:
        case SetPower(on=on):
            return {"action": "turnOn" if on else "turnOff"}
        case SetBrightness(level=level):
            # a text, as the app sends it
            return {"action": "setBrightness", "brightness": str(level)}
        case SetColor(name=str(name)):
            return {"action": "setColor", "colorName": name}
        case SetColorTemperature(name=str(name)):
            return {"action": "setColorTemperature", "colorTemperatureName": name}
        case SetLock(locked=locked):
            return {"action": "lockAction", "targetLockState.value": "LOCKED" if locked else "UNLOCKED"}
        case SetMode(instance=instance, mode=mode):
            return {"action": "setModeValue", "instance": instance, "mode": mode}
        case SetRange(instance=instance, value=value):
            return {"action": "setRangeValue", "instance": instance, "rangeValue": value}
        case SetLevel(feature=FeatureName.PERCENTAGE, level=level):
            return {"action": "setPercentage", "percentage": str(level)}
        case SetThermostatMode(mode=mode):
            return {"action": "setThermostatMode", "thermostatMode.value": mode}
        case SetSetpoint():
            return _temperatures(control)
        case _:
            return None


def _temperatures(control: SetSetpoint) -> Mapping[str, Any]:
    """Return the phoenix action for one target temperature, or for a lower and an upper one."""
    names = {
        "targetTemperature": control.target,
        "upperSetTemperature": control.upper,
        "lowerSetTemperature": control.lower,
    }
    found: dict[str, Any] = {"action": "setTargetTemperature"}
    for name, value in names.items():
        if value is not None:
            found |= {f"{name}.value": value, f"{name}.scale": str(control.scale)}
    return found


def control_requests(orders: Sequence[tuple[Appliance, Sequence[Control]]]) -> list[Mapping[str, Any]]:
    """Return the value of GraphQL's ``featureControlRequests``."""
    return [
        {
            "endpointId": appliance.endpoint_id,
            "featureName": each.feature,
            "featureOperationName": each.name,
            **({"instance": each.instance} if each.instance else {}),
            **({"payload": each.payload} if each.payload else {}),
        }
        for appliance, controls in orders
        for each in map(operation, controls)
    ]


def phoenix_requests(orders: Sequence[tuple[Appliance, Sequence[Control]]]) -> list[Mapping[str, Any]]:
    """Return the value of phoenix's ``controlRequests``, without the controls that phoenix does not support."""
    return [
        {"entityId": appliance.entity_id, "entityType": "ENTITY", "parameters": parameters}
        for appliance, controls in orders
        for control in controls
        if (parameters := action(control))
    ]


def parse_control(data: Any) -> Outcomes:
    """Parse the response to a control request.

    Raises ``AlexaCommandError`` if the request was refused as a whole, so that nothing was done, and
    ``AlexaBadResponseError`` if the outcome is unknown.
    """
    answer = mapping(mapping(data).get("data")).get("setEndpointFeatures")
    code = graphql_errors(data)
    if not isinstance(answer, dict):
        if code is None:
            raise _without(CONTROL_APPLIANCES, "a result")
        if _UNKNOWN_OUTCOME.search(code):
            raise _unconfirmed(CONTROL_APPLIANCES, code)
        raise CONTROL_APPLIANCES.error(AlexaCommandError, "was refused", status=200, code=code)
    return Outcomes(
        failed={_place(each): text(each.get("code")) or "error" for each in mappings(answer.get("errors"))},
        answered=frozenset(map(_place, mappings(answer.get("featureControlResponses")))),
        doubtful=code,
    )


def _place(each: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return the (endpoint id, feature, instance, operation) of an element of a response; "" for each missing one."""
    names = ("endpointId", "featureName", "instance", "featureOperationName")
    endpoint_id, feature, instance, name = (text(each.get(name)) or "" for name in names)
    return endpoint_id, feature, instance, name


def error_of(outcomes: Outcomes, appliance: Appliance, each: Operation) -> AlexaError | None:
    """Return the error of one operation, or ``None`` if it succeeded.

    An element of the response that lacks a name, such as the instance, applies to all operations that match the rest.
    """
    wanted = (appliance.endpoint_id, each.feature, each.instance, each.name)
    for place, code in outcomes.failed.items():
        if _fits(place, wanted):
            return refusal(code, CONTROL_APPLIANCES)
    if outcomes.doubtful is None or any(_fits(place, wanted) for place in outcomes.answered):
        return None
    return _unconfirmed(CONTROL_APPLIANCES, outcomes.doubtful)


def _fits(place: tuple[str, str, str, str], wanted: tuple[str, str, str, str]) -> bool:
    """Return whether an element of a response applies to an operation."""
    return all(given in ("", asked) for given, asked in zip(place, wanted, strict=True))


def parse_phoenix(data: Any) -> dict[str, str | None]:
    """Parse the outcomes of phoenix actions by entity id: the error code, or ``None`` for a success.

    Raises ``AlexaBadResponseError`` if the response has neither ``controlResponses`` nor ``errors``.
    """
    answer = mapping(data)
    if "controlResponses" not in answer and "errors" not in answer:
        raise _without(CONTROL_PHOENIX, "a result")
    found: dict[str, str | None] = {
        entity_id: None
        for each in mappings(answer.get("controlResponses"))
        if (entity_id := text(each.get("entityId")))
    }
    for each in mappings(answer.get("errors")):
        if entity_id := text(mapping(each.get("entity")).get("entityId")):
            found[entity_id] = text(each.get("code")) or "error"
    return found


def phoenix_error_of(outcomes: Mapping[str, str | None], entity_id: str) -> AlexaError | None:
    """Return the error of an appliance's actions, or None; a missing appliance counts as not confirmed."""
    if entity_id not in outcomes:
        return _unconfirmed(CONTROL_PHOENIX, "not_confirmed")
    code = outcomes[entity_id]
    return None if code is None else refusal(code, CONTROL_PHOENIX)


def encoded_states(state: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the decoded properties of a phoenix state, which are JSON in strings; skip unreadable ones."""
    for encoded in texts(state.get("capabilityStates")):
        with contextlib.suppress(ValueError, RecursionError):
            yield mapping(json.loads(encoded))


def parse_guard(data: Any) -> ArmState:
    """Parse the arm state of Guard, which phoenix encodes as JSON in a string.

    Raises ``AlexaBadResponseError`` if it is missing.
    """
    for state in mappings(mapping(data).get("deviceStates")):
        for held in encoded_states(state):
            if held.get("name") == "armState" and (value := text(held.get("value"))):
                return ArmState(value)
    raise _without(GUARD_STATE, "armState")


def refusal(code: str, endpoint: Endpoint) -> AlexaCommandError:
    """Return the error for Amazon's refusal code."""
    is_away = "UNREACHABLE" in code.upper() or "OFFLINE" in code.upper()
    kind = AlexaUnreachableError if is_away else AlexaCommandError
    return endpoint.error(kind, "was refused", status=200, code=code)


def _unconfirmed(endpoint: Endpoint, code: str | None) -> AlexaBadResponseError:
    """Return the error for a request whose outcome is unknown."""
    return endpoint.error(AlexaBadResponseError, "was not confirmed", status=200, code=code)


def _without(endpoint: Endpoint, what: str) -> AlexaBadResponseError:
    """Return the error for a response that lacks a required part."""
    return endpoint.error(AlexaBadResponseError, f"was answered without {what}", status=200)


def arm_request(panel: Appliance, state: ArmState, code: str | None) -> Mapping[str, Any]:
    """Return the GraphQL request that arms or disarms a panel; ``code`` is only used to disarm."""
    if state is not ArmState.DISARMED:
        given = {"armState": str(state), "bypassSensors": panel.is_guard}
        return _mutation(ARM, panel, given)
    return _mutation(DISARM, panel, {}) if code is None else _mutation(DISARM_WITH_PIN, panel, {"pin": code})


def _mutation(document: str, panel: Appliance, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the body of a mutation for a panel."""
    return query("arm", document, {"input": {"endpointId": panel.endpoint_id, **given}})


def parse_armed(data: Any) -> AlexaCommandError | None:
    """Return the error if GraphQL did not arm or disarm a panel, else ``None``.

    Raises ``AlexaBadResponseError`` if the outcome is unknown.
    """
    answer = mapping(mapping(data).get("data")).get("armSecurityPanel")
    code = graphql_errors(data)
    if isinstance(answer, dict) and answer.get("isSuccess") is True:
        return None
    if isinstance(answer, dict):
        return refusal(text(mapping(answer.get("error")).get("__typename")) or code or "error", CONTROL_APPLIANCES)
    if code is None or _UNKNOWN_OUTCOME.search(code):
        raise _unconfirmed(CONTROL_APPLIANCES, code)
    return refusal(code, CONTROL_APPLIANCES)


def parse_changed(data: Any) -> AlexaCommandError | None:
    """Return the error if a change of an appliance or a group was refused, else None.

    Raises ``AlexaBadResponseError`` if the outcome is unknown.
    """
    answers = mapping(mapping(data).get("data"))
    code = graphql_errors(data)
    for answer in answers.values():
        if isinstance(answer, dict):
            error = mapping(answer.get("error"))
            return refusal(text(error.get("__typename")) or "error", CONTROL_APPLIANCES) if error else None
    if code is None or _UNKNOWN_OUTCOME.search(code):
        raise _unconfirmed(CONTROL_APPLIANCES, code)
    return refusal(code, CONTROL_APPLIANCES)


def is_unsupported(error: AlexaCommandError | AlexaUnsupportedError) -> bool:
    """Return whether Amazon refuses the GraphQL endpoint itself, or the document as invalid."""
    return isinstance(error, AlexaUnsupportedError) or (error.code or "").startswith("Validation error")
