"""Tests of appliances, states and controls: the parsers, and the requests to both APIs."""

import asyncio
from collections.abc import Mapping
import contextlib
from datetime import UTC, datetime
import json
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from alexa_sim.graphql import read
from custom_components.alexa_media.cloud.account import smart_home_requests
from custom_components.alexa_media.cloud.account.session import AccountSession
from custom_components.alexa_media.cloud.account.smart_home import (
    AccountSmartHome,
    parse_discovery,
    parse_groups,
    parse_states,
    parse_update,
)
from custom_components.alexa_media.cloud.account.smart_home_requests import (
    action,
    operation,
    parse_guard,
    parse_phoenix,
)
from custom_components.alexa_media.cloud.errors import (
    AlexaBadResponseError,
    AlexaCommandError,
    AlexaConnectionError,
    AlexaError,
    AlexaUnreachableError,
)
from custom_components.alexa_media.cloud.model.appliances import (
    ApplianceKind,
    ApplianceState,
    ArmState,
    Control,
    Exposure,
    FeatureName,
    HueSaturation,
    PropertyKey,
    Sample,
    SetBrightness,
    SetColor,
    SetColorTemperature,
    SetLock,
    SetMode,
    SetPower,
    SetRange,
    SetSetpoint,
    SetThermostatMode,
    SetToggle,
    Temperature,
    TemperatureScale,
)

from .conftest import Amazon, Reply, answer

GRAPHQL, PHOENIX = "/nexus/v1/graphql", "/api/phoenix/state"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "features", "x"]), inner),
    max_leaves=12,
)


def wrapped(value: str) -> dict[str, Any]:
    """Return a text in the format of the schema, wrapped in objects."""
    return {"value": {"text": value}}


def endpoint(number: int, **legacy: Any) -> dict[str, Any]:
    """Return an endpoint in the format of GraphQL; the default is a plug of a skill."""
    given = {
        "applianceId": f"SKILL_{number}",
        "applianceTypes": ["SMARTPLUG"],
        "driverIdentity": {"namespace": "SKILL", "identifier": "x"},
        "manufacturerName": "Example",
        **legacy,
    }
    return {
        "id": f"amzn1.alexa.endpoint.{number}",
        "friendlyNameObject": wrapped(f"Plug {number}"),
        "legacyIdentifiers": {"chrsIdentifier": {"entityId": f"e{number}"}},
        "legacyAppliance": given,
        "features": [power("ON")],
    }


def power(value: Any, **more: Any) -> dict[str, Any]:
    """Return a feature with a power state."""
    held = {"name": "powerState", "powerStateValue": value, "timeOfSample": "2026-11-21T07:00:00.000Z", **more}
    return {"name": "power", "instance": None, "operations": [{"name": "turnOn"}], "properties": [held]}


def listed(*endpoints: Any, **more: Any) -> dict[str, Any]:
    """Return a response that lists endpoints."""
    return {"data": {"listEndpoints": {"endpoints": list(endpoints)}}, **more}


def test_all_parts_of_an_appliance_are_parsed() -> None:
    element = endpoint(1, connectedVia="Office", alexaDeviceIdentifierList=[{"dmsDeviceSerialNumber": "G1"}])
    configuration = {
        "friendlyName": wrapped("Speed"),
        "supportedRange": {"minimumValue": 1, "maximumValue": 4, "precision": 0.5},
        "unitOfMeasure": wrapped("Alexa.Unit.Percent"),
        "presets": [{"rangeValue": 4, "presetResources": {"friendlyName": wrapped("high")}}, {"rangeValue": "?"}],
    }
    speed = {"name": "rangeValue", "rangeValue": {"value": 2}, "timeOfSample": "2026-11-21T08:00:00"}
    modes = {"modeOptions": [{"value": "A", "modeResources": {"friendlyName": wrapped("Auto")}}, {"value": None}]}
    element["features"] += [
        {"name": "range", "instance": "9", "configuration": configuration, "properties": [speed], "operations": []},
        {"name": "mode", "instance": "m", "configuration": modes, "properties": []},
        {"name": "thermostat", "configuration": {"supportedModes": ["HEAT", "OFF"]}, "properties": []},
        {"name": "teleport", "properties": [{"name": "place", "error": {"type": "NOT_FOUND"}}]},
    ]
    discovery = parse_discovery(listed(element, None, {"id": None}))
    (appliance,) = discovery.appliances.values()
    assert (appliance.entity_id, appliance.name, appliance.kind) == ("e1", "Plug 1", ApplianceKind.SMARTPLUG)
    assert (appliance.echo_serial, appliance.is_local, appliance.is_echo) == ("G1", True, False)
    ranged = appliance.feature(FeatureName.RANGE, "9")
    assert ranged is not None
    assert ranged.value_range is not None
    assert (ranged.friendly_name, ranged.value_range.step, ranged.value_range.unit) == (
        "Speed",
        0.5,
        "Alexa.Unit.Percent",
    )
    assert [(each.name, each.value) for each in ranged.value_range.presets] == [("high", 4)]
    assert [(mode.value, mode.name) for mode in appliance.all_of(FeatureName.MODE)[0].modes] == [("A", "Auto")]
    thermostat = appliance.feature(FeatureName.THERMOSTAT)
    assert thermostat is not None
    assert [mode.value for mode in thermostat.modes] == ["HEAT", "OFF"]
    unknown = appliance.feature(FeatureName.UNKNOWN)
    assert unknown is not None
    assert unknown.name_raw == "teleport"
    state = discovery.states["e1"]
    assert state.sample("range", "rangeValue", "9") == Sample(value=2.0, at=datetime(2026, 11, 21, 8, tzinfo=UTC))
    assert state.sample("teleport", "place") == Sample(value=None, error="NOT_FOUND")
    assert state.reachable


@pytest.mark.parametrize(
    ("legacy", "local"),
    [
        ({}, False),
        ({"connectedVia": "Office"}, True),
        ({"applianceId": "AAA_SonarCloudService_00:53:10:01:04:1D:4C:A0"}, True),
        ({"applianceId": "AAA_SonarCloudService_00:53:10"}, False),
        ({"manufacturerName": "Amazon"}, False),
        ({"manufacturerName": "Amazon", "driverIdentity": {"namespace": "AAA"}}, True),
        ({"manufacturerName": "Sengled", "driverIdentity": {"namespace": "AAA"}}, True),
        ({"applianceTypes": ["ALEXA_VOICE_ENABLED"], "driverIdentity": {"namespace": "AAA"}}, True),
        ({"applianceTypes": ["ALEXA_VOICE_ENABLED"]}, False),
    ],
)
def test_local_appliances_are_recognized(legacy: dict[str, Any], local: bool) -> None:
    (appliance,) = parse_discovery(listed(endpoint(1, **legacy))).appliances.values()
    assert appliance.is_local is local


@pytest.mark.parametrize(
    ("legacy", "exposure"),
    [
        ({}, Exposure.NONE),
        ({"manufacturerName": "Home Assistant"}, Exposure.SKILL),
        ({"friendlyDescription": "Shelf via Home Assistant"}, Exposure.SKILL),
        ({"manufacturerName": "Royal Philips Electronics"}, Exposure.HUE_V1),
        ({"manufacturerName": "t0bst4r"}, Exposure.MATTER_BRIDGE),
        ({"manufacturerName": "Matterbridge"}, Exposure.MATTER_BRIDGE),
        (
            {"applianceTypes": ["HUB"], "capabilities": [{"interfaceName": "Alexa.Commissionable"}]},
            Exposure.MATTER_BRIDGE,
        ),
        ({"applianceTypes": ["HUB"], "capabilities": [{"interfaceName": "Alexa.PowerController"}]}, Exposure.NONE),
        ({"capabilities": [{"interfaceName": "Alexa.Matter.FabricManagement"}]}, Exposure.NONE),
    ],
)
def test_appliances_of_home_assistant_are_recognized(legacy: dict[str, Any], exposure: Exposure) -> None:
    discovery = parse_discovery(listed(endpoint(1, **legacy), endpoint(2, applianceId="SKILL_1#2")))
    assert discovery.appliances["e1"].exposure is exposure
    child = Exposure.MATTER_CHILD if exposure is Exposure.MATTER_BRIDGE else Exposure.NONE
    assert discovery.appliances["e2"].exposure is child


def test_merged_appliances_count_once() -> None:
    whole = endpoint(1, mergedApplianceIds=["SKILL_1", "SKILL_2"])
    discovery = parse_discovery(listed(endpoint(2), whole, endpoint(3)))
    assert discovery.appliances.keys() == discovery.states.keys() == {"e1", "e3"}
    assert discovery.appliances["e1"].merged_ids == ("SKILL_2",)


def test_missing_ids_are_derived() -> None:
    element = endpoint(7)
    element["legacyIdentifiers"] = None
    assert parse_discovery(listed(element)).appliances.keys() == {"7"}
    guard = endpoint(8, modelName="REDROCK_GUARD_PANEL", customerDefinedDeviceType="LIGHT")
    (appliance,) = parse_discovery(listed(guard)).appliances.values()
    assert (appliance.is_guard, appliance.kind) == (True, ApplianceKind.LIGHT)


def test_failed_is_not_empty() -> None:
    assert parse_discovery(listed()).appliances == {}
    bad: Any
    for bad in (
        None,
        [],
        {"data": None},
        listed(None, 5),
        listed(endpoint(1), errors=[{"message": "part of it"}]),
    ):
        with pytest.raises(AlexaBadResponseError):
            parse_discovery(bad)
    for bad in (
        None,
        listed(None, 5),
        listed(errors=[{"message": "Timed out"}]),
        {"data": None, "errors": [{"message": "Timed out"}]},
    ):
        with pytest.raises(AlexaBadResponseError):
            parse_states(bad)
    assert parse_states(listed()) == {}
    assert parse_states(listed(endpoint(1), errors=[{"message": "of another one"}])).keys() == {
        "amzn1.alexa.endpoint.1"
    }


def value_of(**fields: Any) -> Any:
    """Return the parsed value of a property with some fields."""
    update = {
        "data": {"features": [{"name": "f", "properties": [{"name": "p", **fields}]}]},
        "entity": {"id": "amzn1.alexa.endpoint.1"},
    }
    return parse_update(update).states["amzn1.alexa.endpoint.1"].value("f", "p")


def test_values_of_features_are_parsed() -> None:
    assert value_of(lockState="JAMMED") == "JAMMED"
    assert value_of(brightnessStateValue=40) == 40.0
    assert value_of(illuminanceValue={"value": 12.5}) == 12.5
    assert value_of(modeValue={"value": "Rainbow"}) == "Rainbow"
    assert value_of(value={"value": 70, "scale": "FAHRENHEIT"}) == Temperature(70.0, TemperatureScale.FAHRENHEIT)
    assert value_of(colorStateValue={"hue": 359.9, "saturation": 1, "brightness": 0.5}) == HueSaturation(359.9, 1, 0.5)
    assert value_of(colorStateValue={"hue": 0, "saturation": 0}) == HueSaturation(0, 0, 1)
    for broken in (
        {},
        {"powerStateValue": 5},
        {"rangeValue": {"value": "warm"}},
        {"brightnessStateValue": True},
        {"value": {"value": 20}},
        {"colorStateValue": {"hue": 400, "saturation": 1}},
        {"powerStateValue": "ON", "error": {"type": "ENDPOINT_UNREACHABLE"}},
    ):
        assert value_of(**broken) is None, broken


@given(JSON)
@settings(max_examples=60, deadline=None)
def test_any_value_is_parsed_or_refused(data: Any) -> None:
    for parse in (parse_discovery, parse_states, parse_groups, parse_guard, parse_phoenix):
        with contextlib.suppress(AlexaError):
            parse(listed(data) if parse in (parse_discovery, parse_states) else data)
    with contextlib.suppress(ValueError):
        parse_update({"data": data, "entity": {"id": "x"}})


def test_samples_are_ordered_by_their_time() -> None:
    key = PropertyKey("power", "powerState")
    early, late = datetime(2026, 11, 21, 7, tzinfo=UTC), datetime(2026, 11, 21, 8, tzinfo=UTC)
    held = ApplianceState(samples={key: Sample(value="ON", at=late)}, refused=True)
    assert held.updated(ApplianceState(samples={key: Sample(value="OFF", at=early)})) is held
    newer = held.updated(ApplianceState(samples={key: Sample(value="OFF", at=late)}))
    assert (newer.value(*key), newer.reachable) == ("OFF", True)
    assert held.updated(ApplianceState(samples={key: Sample(value="OFF")})).value(*key) == "OFF"
    unreachable = Sample(value="UNREACHABLE", at=late)
    assert not ApplianceState(samples={PropertyKey("connectivity", "reachability"): unreachable}).reachable


def test_rooms_are_parsed() -> None:
    groups = [
        {"name": "Hall", "type": "SPACE", "applianceIds": ["a1", 5], "chrEndpoints": [{"entityId": "e1"}, None]},
        {"name": "Everything", "type": "OTHER", "applianceIds": ["a1"]},
        {"type": "SPACE", "applianceIds": ["a2"]},
    ]
    assert parse_groups({"applianceGroups": groups}) == {"a1": "Hall", "e1": "Hall"}


CELSIUS = TemperatureScale.CELSIUS


@pytest.mark.parametrize(
    ("control", "by_graphql", "by_phoenix"),
    [
        (SetPower(on=True), ("power", "", "turnOn", {}), {"action": "turnOn"}),
        (SetPower(on=False), ("power", "", "turnOff", {}), {"action": "turnOff"}),
        (
            SetBrightness(level=55),
            ("brightness", "", "setBrightness", {"brightness": 55}),
            {"action": "setBrightness", "brightness": "55"},
        ),
        (
            SetColor(hue=120, saturation=0.5, brightness=0.8),
            ("color", "", "setColor", {"color": {"hue": 120, "saturation": 0.5, "brightness": 0.8}}),
            None,
        ),
        (
            SetColor(hue=0, saturation=1, name="red"),
            ("color", "", "setColor", {"color": {"hue": 0, "saturation": 1, "brightness": 1.0}}),
            {"action": "setColor", "colorName": "red"},
        ),
        (
            SetColorTemperature(kelvin=2700, name="soft_white"),
            ("colorTemperature", "", "setColorTemperature", {"colorTemperatureInKelvin": 2700}),
            {"action": "setColorTemperature", "colorTemperatureName": "soft_white"},
        ),
        (
            SetLock(locked=True),
            ("lock", "", "lock", {}),
            {"action": "lockAction", "targetLockState.value": "LOCKED"},
        ),
        (
            SetLock(locked=False),
            ("lock", "", "unlock", {}),
            {"action": "lockAction", "targetLockState.value": "UNLOCKED"},
        ),
        (
            SetMode(instance="1", mode="Rainbow"),
            ("mode", "1", "setMode", {"mode": "Rainbow"}),
            {"action": "setModeValue", "instance": "1", "mode": "Rainbow"},
        ),
        (SetToggle(instance="11", on=True), ("toggle", "11", "turnOn", {}), None),
        (
            SetRange(instance="4", value=2.5),
            ("range", "4", "setRangeValue", {"rangeValue": 2.5}),
            {"action": "setRangeValue", "instance": "4", "rangeValue": 2.5},
        ),
        (
            SetThermostatMode(mode="HEAT"),
            ("thermostat", "", "setThermostatMode", {"thermostatMode": "HEAT"}),
            {"action": "setThermostatMode", "thermostatMode.value": "HEAT"},
        ),
        (
            SetSetpoint(scale=CELSIUS, target=21),
            ("thermostat", "", "setTargetSetpoint", {"targetSetpoint": {"value": "21", "scale": "CELSIUS"}}),
            {
                "action": "setTargetTemperature",
                "targetTemperature.value": 21,
                "targetTemperature.scale": "CELSIUS",
            },
        ),
        (
            SetSetpoint(scale=CELSIUS, lower=19, upper=24.5),
            (
                "thermostat",
                "",
                "setTargetSetpoint",
                {
                    "lowerSetpoint": {"value": "19", "scale": "CELSIUS"},
                    "upperSetpoint": {"value": "24.5", "scale": "CELSIUS"},
                },
            ),
            {
                "action": "setTargetTemperature",
                "upperSetTemperature.value": 24.5,
                "upperSetTemperature.scale": "CELSIUS",
                "lowerSetTemperature.value": 19,
                "lowerSetTemperature.scale": "CELSIUS",
            },
        ),
    ],
    ids=[
        "power on",
        "power off",
        "brightness",
        "color",
        "named color",
        "color temperature",
        "lock",
        "unlock",
        "mode",
        "toggle",
        "range",
        "thermostat mode",
        "setpoint",
        "two setpoints",
    ],
)
def test_each_control_has_both_forms_of_request(control: Control, by_graphql: Any, by_phoenix: Any) -> None:
    assert operation(control) == by_graphql
    assert action(control) == by_phoenix


def test_the_arm_state_of_guard_is_parsed() -> None:
    states = ["{", json.dumps({"name": "armState", "value": "ARMED_AWAY"})]
    assert parse_guard({"deviceStates": [None, {"capabilityStates": states}]}) is ArmState.ARMED_AWAY
    with pytest.raises(AlexaBadResponseError):
        parse_guard({"deviceStates": [], "errors": []})


def result(*codes: tuple[int, str], errors: Any = ()) -> dict[str, Any]:
    """Return the response to a control: codes by appliance, and errors."""
    responses = [
        {"endpointId": f"amzn1.alexa.endpoint.{number}", "featureOperationName": "turnOn", "code": code}
        for number, code in codes
    ]
    return {"data": {"setEndpointFeatures": {"featureControlResponses": responses, "errors": list(errors)}}}


def plug(number: int) -> Any:
    """Return an appliance that can be turned on and off."""
    return parse_discovery(listed(endpoint(number))).appliances[f"e{number}"]


def failed(number: int, code: str) -> dict[str, Any]:
    """Return an element of the errors in a mutation's response."""
    return {"endpointId": f"amzn1.alexa.endpoint.{number}", "code": code, "message": None}


def phoenix_result(*numbers: int, **codes: str) -> dict[str, Any]:
    """Return phoenix's response: successful appliances, and codes of failed ones."""
    return {
        "controlResponses": [{"entityId": f"e{number}", "code": "SUCCESS"} for number in numbers],
        "errors": [{"code": code, "entity": {"entityId": entity_id}} for entity_id, code in codes.items()],
    }


async def switch(home: AccountSmartHome, *numbers: int) -> list[AlexaError | None]:
    """Turn on plugs; return the error of each."""
    return list(await home.async_control([(plug(number), (SetPower(on=True),)) for number in numbers]))


async def test_each_caller_gets_a_separate_result(amazon: Amazon, web_session: AccountSession) -> None:
    """One request contains four controls with different results.

    One succeeds, one is refused by both APIs, one is run by phoenix, and one is for an unreachable appliance.
    """
    home = AccountSmartHome(web_session.transport)
    errors = [failed(2, "INTERNAL_ERROR"), failed(3, "DEVICE_OFFLINE"), failed(4, "ENDPOINT_UNREACHABLE")]
    amazon.script(GRAPHQL, answer(result((1, "SUCCESS"), errors=errors)))
    amazon.script(PHOENIX, answer(phoenix_result(3, e2="UNSUPPORTED_OPERATION", e4="ENDPOINT_UNREACHABLE")))
    first, second, third, fourth = await switch(home, 1, 2, 3, 4)
    assert (first, third) == (None, None)
    assert type(second) is AlexaCommandError
    assert second.code == "INTERNAL_ERROR"
    assert isinstance(fourth, AlexaUnreachableError)
    assert (len(amazon.hits(GRAPHQL)), len(amazon.hits(PHOENIX))) == (1, 1)
    sent = amazon.hits(PHOENIX)[0].json["controlRequests"]
    assert [each["entityId"] for each in sent] == ["e2", "e3", "e4"]
    await home.async_close()


@pytest.mark.parametrize(
    "done",
    [
        {"featureControlResponses": [{"endpointId": "amzn1.alexa.endpoint.1", "code": None}], "errors": []},
        {"featureControlResponses": [{"endpointId": "amzn1.alexa.endpoint.1", "code": "OK"}], "errors": []},
        {"featureControlResponses": [{"endpointId": "amzn1.alexa.endpoint.1", "code": "ACCEPTED"}], "errors": None},
        {"featureControlResponses": [{"endpointId": "amzn1.alexa.endpoint.1"}]},
        {"featureControlResponses": [], "errors": []},
        {"featureControlResponses": None, "errors": None},
        {"errors": []},
    ],
    ids=["no code", "OK", "ACCEPTED", "without code", "no responses", "nulls", "no errors"],
)
async def test_a_control_without_an_error_succeeded(
    amazon: Amazon, web_session: AccountSession, done: dict[str, Any]
) -> None:
    home = AccountSmartHome(web_session.transport)
    amazon.script(GRAPHQL, answer({"data": {"setEndpointFeatures": done}}))
    assert await switch(home, 1) == [None]
    assert amazon.hits(PHOENIX) == []
    await home.async_close()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (result(errors=[failed(1, "INTERNAL_ERROR")]), 200),
        (result(errors=[failed(1, "ENDPOINT_BUSY")]), 200),
        (result(errors=[{"code": "INTERNAL_ERROR"}]), 200),
        (result((1, "SUCCESS"), errors=[failed(1, "VALUE_OUT_OF_RANGE")]), 200),
        ({"data": None, "errors": [{"message": "Internal failure"}]}, 200),
        ({"errors": [{"message": "x", "extensions": {"errorCode": "BAD_REQUEST"}}]}, 200),
        ({"data": {"setEndpointFeatures": None}, "errors": [{"message": "INTERNAL_FRAMEWORK_FAILURE"}]}, 200),
        ({"data": None, "errors": [{"message": "Validation error (FieldUndefined) : 'code'"}]}, 200),
        ({"message": "no"}, 400),
        ({"message": "no"}, 403),
        ({}, 404),
        ({}, 405),
        ({"message": "no"}, 422),
    ],
)
async def test_controls_refused_by_graphql_are_sent_to_phoenix(
    amazon: Amazon, web_session: AccountSession, body: dict[str, Any], status: int
) -> None:
    home = AccountSmartHome(web_session.transport)
    amazon.script(GRAPHQL, answer(body, status))
    amazon.script(PHOENIX, answer(phoenix_result(1)))
    assert await switch(home, 1) == [None]
    assert len(amazon.hits(PHOENIX)) == 1
    await home.async_close()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 500),
        ({}, 502),
        ({}, 503),
        ({"data": {}}, 200),
        ({"data": {"setEndpointFeatures": None}}, 200),
        ({"data": None, "errors": [{"message": "Timed out"}]}, 200),
        ({"data": None, "errors": [{"message": "The field at path was declared as a non-null type"}]}, 200),
        (result(errors=[]) | {"errors": [{"message": "part of it"}]}, 200),
        ("{", 200),
        ("", 200),
        ({"message": "Rate exceeded"}, 429),
    ],
)
async def test_a_control_with_an_unknown_outcome_is_reported_and_not_repeated(
    amazon: Amazon, web_session: AccountSession, body: Any, status: int
) -> None:
    home = AccountSmartHome(web_session.transport)
    amazon.script(GRAPHQL, answer(body, status))
    (error,) = await switch(home, 1)
    assert isinstance(error, AlexaError)
    assert amazon.hits(PHOENIX) == []
    assert len(amazon.hits(GRAPHQL)) == 1
    await home.async_close()


async def test_only_refused_controls_are_sent_to_the_other_api(amazon: Amazon, web_session: AccountSession) -> None:
    home = AccountSmartHome(web_session.transport)
    refused = {**failed(1, "INTERNAL_ERROR"), "featureName": "brightness", "featureOperationName": "setBrightness"}
    amazon.script(GRAPHQL, answer(result((1, "OK"), errors=[refused])))
    amazon.script(PHOENIX, answer(phoenix_result(1)))
    assert await home.async_control([(plug(1), (SetPower(on=True), SetBrightness(level=40)))]) == [None]
    (hit,) = amazon.hits(PHOENIX)
    assert [each["parameters"]["action"] for each in hit.json["controlRequests"]] == ["setBrightness"]
    # phoenix cannot set a color without a name, so the refusal is final
    amazon.script(GRAPHQL, answer(result(errors=[failed(1, "INTERNAL_ERROR")])))
    (error,) = await home.async_control([(plug(1), (SetColor(hue=1, saturation=1),))])
    assert isinstance(error, AlexaCommandError)
    assert len(amazon.hits(PHOENIX)) == 1
    await home.async_close()


DOCUMENTS = [
    text
    for text in vars(smart_home_requests).values()
    if isinstance(text, str) and text.lstrip().startswith(("query", "mutation"))
]


@pytest.mark.parametrize("query", DOCUMENTS)
def test_queries_are_valid_by_the_schema(query: str) -> None:
    read(query)


DISCOVERED: dict[str, Any] = {"data": {"listEndpoints": {"endpoints": []}}}
ROOMS = {
    "data": {
        "listDeviceGroups": {
            "deviceGroups": [
                {
                    "id": "g1",
                    "friendlyName": {"value": {"text": "Hall"}},
                    "memberDevices": {"items": [{"id": "amzn1.alexa.endpoint.1"}]},
                }
            ]
        }
    }
}
LACKING = {"data": None, "errors": [{"message": "Validation error (FieldUndefined) : listDeviceGroups"}]}


@pytest.mark.parametrize(
    ("answered", "rooms", "requests", "unsupported"),
    [
        ([DISCOVERED, ROOMS], {"amzn1.alexa.endpoint.1": "Hall"}, 1, ()),
        ([DISCOVERED, LACKING], None, 1, ()),
        ([LACKING, ROOMS], None, 2, ()),
        (DISCOVERED, None, 2, ("several_queries",)),
    ],
    ids=["both", "no rooms", "no discovery", "one answer"],
)
async def test_a_discovery_includes_the_rooms_if_amazon_supports_both(
    amazon: Amazon,
    web_session: AccountSession,
    answered: Any,
    rooms: Mapping[str, str] | None,
    requests: int,
    unsupported: tuple[str, ...],
) -> None:
    home = AccountSmartHome(web_session.transport)
    amazon.script(GRAPHQL, answer(answered), answer(DISCOVERED))
    assert (await home.async_discover(with_rooms=True)).rooms == rooms
    assert len(amazon.hits(GRAPHQL)) == requests
    assert web_session.transport.unproven.unsupported == unsupported
    await home.async_close()


async def test_queries_that_amazon_refuses_together_are_sent_one_by_one_for_a_day(
    amazon: Amazon, web_session: AccountSession
) -> None:
    home = AccountSmartHome(web_session.transport)
    amazon.script(GRAPHQL, answer({}, 400), answer(DISCOVERED))
    for _ in range(2):
        assert (await home.async_discover(with_rooms=True)).appliances == {}
    assert len(amazon.hits(GRAPHQL)) == 3
    assert web_session.transport.unproven.unsupported == ("several_queries",)
    await home.async_close()


@pytest.mark.parametrize("failed", [answer({}, 502), answer("", 200)], ids=["502", "no JSON"])
async def test_queries_that_a_gateway_fails_at_together_are_sent_one_by_one_for_a_day(
    amazon: Amazon, web_session: AccountSession, failed: Reply
) -> None:
    """The first request is repeated once, like every read; then the array is not tried at the next discovery."""
    home = AccountSmartHome(web_session.transport)
    amazon.script(GRAPHQL, failed, failed, answer(DISCOVERED))
    for _ in range(2):
        assert (await home.async_discover(with_rooms=True)).appliances == {}
    assert [isinstance(json.loads(hit.body), list) for hit in amazon.hits(GRAPHQL)] == [True, True, False, False]
    assert web_session.transport.unproven.unsupported == ("several_queries",)
    await home.async_close()


async def test_an_outage_is_not_a_refusal_of_combined_queries(amazon: Amazon, web_session: AccountSession) -> None:
    home = AccountSmartHome(web_session.transport)
    amazon.script(GRAPHQL, answer({}, 503))
    with pytest.raises(AlexaConnectionError):
        await home.async_discover(with_rooms=True)
    assert web_session.transport.unproven.unsupported == ()
    await home.async_close()


async def test_rooms_unknown_to_graphql_are_read_from_phoenix(amazon: Amazon, web_session: AccountSession) -> None:
    """GraphQL is tried once; then phoenix returns the rooms, with both ids of an appliance."""
    home = AccountSmartHome(web_session.transport)
    group = {"name": "Hall", "type": "SPACE", "applianceIds": ["a1"], "chrEndpoints": [{"entityId": "e1"}]}
    amazon.script(GRAPHQL, answer(LACKING))
    amazon.script("/api/phoenix/group", answer({"applianceGroups": [group]}), answer({"applianceGroups": [group]}))
    for _ in range(2):
        assert await home.async_groups() == {"a1": "Hall", "e1": "Hall"}
    assert len(amazon.hits(GRAPHQL)) == 1
    assert web_session.transport.unproven.unsupported == ("device_groups",)
    await home.async_close()


async def test_controls_during_a_request_are_sent_together(amazon: Amazon, web_session: AccountSession) -> None:
    """Many controls need two requests. Canceled callers withdraw their controls, and closing fails the rest."""
    home = AccountSmartHome(web_session.transport)
    appliances = [parse_discovery(listed(endpoint(number))).appliances[f"e{number}"] for number in range(1, 9)]
    amazon.script(GRAPHQL, answer(result(*((number, "SUCCESS") for number in range(1, 9)))))
    first = asyncio.create_task(home.async_control([(appliances[0], (SetPower(on=True),))]))
    for _ in range(3):
        await asyncio.sleep(0)
    others = [asyncio.create_task(home.async_control([(each, (SetPower(on=True),))])) for each in appliances[1:]]
    await asyncio.sleep(0)
    others[0].cancel()
    results = await asyncio.gather(first, *others, return_exceptions=True)
    assert [each for each in results if not isinstance(each, BaseException)] == [[None]] * 7
    sent = [hit.json["variables"]["input"]["featureControlRequests"] for hit in amazon.hits(GRAPHQL)]
    assert [len(each) for each in sent] == [1, 6]
    waiting = asyncio.create_task(home.async_control([(appliances[0], (SetPower(on=True),))]))
    await asyncio.sleep(0)
    await home.async_close()
    (error,) = await waiting
    assert isinstance(error, AlexaConnectionError)
    with pytest.raises(AlexaConnectionError):
        await home.async_control([(appliances[0], (SetPower(on=True),))])
