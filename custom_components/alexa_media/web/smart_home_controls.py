"""Controls of appliances as Amazon takes them: GraphQL's operations, phoenix's actions, and what both answer."""

from collections.abc import Mapping, Sequence
import json
from typing import Any, Final, NamedTuple

from custom_components.alexa_media.backend.appliances import Appliance
from custom_components.alexa_media.backend.smart_home import (
    ArmState,
    Control,
    SetBrightness,
    SetColor,
    SetColorTemperature,
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
from custom_components.alexa_media.errors import (
    AlexaBadResponseError,
    AlexaCommandError,
    AlexaError,
    AlexaUnreachableError,
)
from custom_components.alexa_media.json_values import mapping, mappings, text, texts

from .answers import graphql_errors
from .endpoints import Endpoint
from .endpoints.smart_home import CONTROL_APPLIANCES, CONTROL_PHOENIX, GUARD_STATE

SUCCESS: Final = "SUCCESS"


class Operation(NamedTuple):
    """One operation of GraphQL's: the feature, what it is to do, and with what."""

    feature: str
    instance: str
    name: str
    payload: Mapping[str, Any]


class Codes(NamedTuple):
    """What became of each operation: codes by (endpoint id, feature, instance, operation)."""

    succeeded: frozenset[tuple[str, str, str, str]]
    failed: Mapping[tuple[str, str, str, str], str]


def operation(control: Control) -> Operation | None:
    """Return a control as an operation of GraphQL's, ``None`` where its payload is not known."""
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
        case SetThermostatMode() | SetSetpoint() | SetSpeakerVolume():
            return None
    return Operation(str(feature), instance, name, payload)


def action(control: Control) -> Mapping[str, Any] | None:
    """Return the parameters of a control for phoenix, ``None`` where it has no such action."""
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
        case SetThermostatMode(mode=mode):
            return {"action": "setThermostatMode", "thermostatMode.value": mode}
        case SetSetpoint():
            return _temperatures(control)
        case _:
            return None


def _temperatures(control: SetSetpoint) -> Mapping[str, Any]:
    """Return the action for one temperature, or for two to stay between."""
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
    """Return GraphQL's ``featureControlRequests``."""
    return [
        {
            "endpointId": appliance.endpoint_id,
            "featureName": each.feature,
            "featureOperationName": each.name,
            **({"instance": each.instance} if each.instance else {}),
            **({"payload": each.payload} if each.payload else {}),
        }
        for appliance, controls in orders
        for control in controls
        if (each := operation(control))
    ]


def phoenix_requests(orders: Sequence[tuple[Appliance, Sequence[Control]]]) -> list[Mapping[str, Any]]:
    """Return phoenix's ``controlRequests``."""
    return [
        {"entityId": appliance.entity_id, "entityType": "ENTITY", "parameters": parameters}
        for appliance, controls in orders
        for control in controls
        if (parameters := action(control))
    ]


def parse_control(data: Any) -> Codes:
    """Parse what became of operations; raises ``AlexaCommandError`` where the request was refused as a whole."""
    answer = mapping(mapping(data).get("data")).get("setEndpointFeatures")
    if not isinstance(answer, dict):
        label, code = CONTROL_APPLIANCES.label, graphql_errors(data)
        if code is None:
            raise AlexaBadResponseError(f"{label} was answered without a result", endpoint=label, status=200)
        raise AlexaCommandError(f"{label} was refused", endpoint=label, status=200, code=code)
    failed = {_place(each): text(each.get("code")) or "error" for each in mappings(answer.get("errors"))}
    succeeded = set()
    for each in mappings(answer.get("featureControlResponses")):
        if (code := text(each.get("code"))) == SUCCESS:
            succeeded.add(_place(each))
        else:
            failed.setdefault(_place(each), code or "error")
    return Codes(frozenset(succeeded), failed)


def _place(each: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return which operation a part of an answer is about."""
    names = ("endpointId", "featureName", "instance", "featureOperationName")
    endpoint_id, feature, instance, name = (text(each.get(name)) or "" for name in names)
    return endpoint_id, feature, instance, name


def code_of(codes: Codes, appliance: Appliance, each: Operation) -> str | None:
    """Return what became of one operation; ``None`` where Amazon does not say.

    An answer may name less than was asked: what it leaves out fits everything.
    """
    wanted = (appliance.endpoint_id, each.feature, each.instance, each.name)
    for place, code in codes.failed.items():
        if _fits(place, wanted):
            return code
    return SUCCESS if any(_fits(place, wanted) for place in codes.succeeded) else None


def _fits(place: tuple[str, str, str, str], wanted: tuple[str, str, str, str]) -> bool:
    """Return whether a part of an answer is about an operation."""
    return place[0] == wanted[0] and all(
        given in ("", asked) for given, asked in zip(place[1:], wanted[1:], strict=True)
    )


def parse_phoenix(data: Any) -> dict[str, str]:
    """Parse what became of actions: a code by entity id, an error's before a success."""
    answer = mapping(data)
    if "controlResponses" not in answer and "errors" not in answer:
        label = CONTROL_PHOENIX.label
        raise AlexaBadResponseError(f"{label} was answered without a result", endpoint=label, status=200)
    found = {
        entity_id: text(each.get("code")) or "error"
        for each in mappings(answer.get("controlResponses"))
        if (entity_id := text(each.get("entityId")))
    }
    for each in mappings(answer.get("errors")):
        if entity_id := text(mapping(each.get("entity")).get("entityId")):
            found[entity_id] = text(each.get("code")) or "error"
    return found


def parse_guard(data: Any) -> ArmState:
    """Parse how Guard is armed; its state is JSON in strings."""
    for state in mappings(mapping(data).get("deviceStates")):
        for encoded in texts(state.get("capabilityStates")):
            try:
                held = mapping(json.loads(encoded))
            except ValueError, RecursionError:
                continue
            if held.get("name") == "armState" and (value := text(held.get("value"))):
                return ArmState(value)
    label = GUARD_STATE.label
    raise AlexaBadResponseError(f"{label} was answered without armState", endpoint=label, status=200)


def refusal(code: str | None, endpoint: Endpoint) -> AlexaError | None:
    """Return the error that a code means for one appliance, ``None`` for a success."""
    if code == SUCCESS:
        return None
    label = endpoint.label
    if code is None:
        return AlexaCommandError(f"{label} was not confirmed", endpoint=label, status=200, code="not_confirmed")
    kind = AlexaUnreachableError if "UNREACHABLE" in code.upper() else AlexaCommandError
    return kind(f"{label} was refused", endpoint=label, status=200, code=code)


def is_unsupported(error: AlexaError | None) -> bool:
    """Return whether Amazon says that GraphQL has no such operation, by which nothing was done.

    One appliance's operation is refused by a code, a whole document as not valid.
    """
    if not isinstance(error, AlexaCommandError) or error.code is None:
        return False
    return "UNSUPPORTED" in error.code.upper() or error.code.startswith("Validation error")
