"""Tests of parsing any response: unknown values, missing fields, and nonsensical data."""

from collections.abc import Callable
from contextlib import suppress
import json
from typing import Any

from hypothesis import given, settings as how, strategies as st
import pytest

from custom_components.alexa_media.cloud.http import HttpAnswer
from custom_components.alexa_media.cloud.model.appliances import (
    ApplianceState,
    HueSaturation,
    PropertyName,
    Temperature,
    TemperatureScale,
)
from custom_components.alexa_media.cloud.model.property import PostalAddress
from custom_components.alexa_media.cloud.property import parse, settings
from custom_components.alexa_media.cloud.property.models import (
    ConnectionType,
    Feature,
    PropertyType,
    Reachability,
    SettingErrorCode,
    ThermostatMode,
    WifiStatus,
)
from custom_components.alexa_media.cloud.property.parse import ShapeError, instant, integer
from custom_components.alexa_media.cloud.property.settings import SettingKey, Tone, WakeWord
from custom_components.alexa_media.cloud.property.smart_home import shared_feature, state_of
from custom_components.alexa_media.cloud.property.transport import error_code

from .cloud import ECHO
from .openapi import document, samples

READERS: dict[str, Callable[[Any], Any]] = {
    "EndpointList": parse.endpoint_page,
    "Endpoint": parse.endpoint,
    "ColorState": lambda data: parse.feature(data, "color"),
    "ThermostatState": lambda data: parse.feature(data, "thermostat"),
    "SpeakerState": lambda data: parse.feature(data, "speaker"),
    "AssociatedUnitsResult": parse.moved_endpoint,
    "SubmittedOperation": parse.submitted_operation,
    "WifiInstallationStatus": parse.wifi_installation,
    "SettingsPage": settings.settings_page,
    "AddressSetting": parse.address_setting,
    "AddressRejected": parse.rejected_address,
    "MovedEndpoint": parse.new_endpoint_id,
}

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
nonsense = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


def _feature(name: str, **prop: Any) -> Feature:
    """Return a feature with one property, parsed from a response."""
    return parse.feature({"properties": [{"name": name, "type": "RETRIEVABLE", **prop}]}, "any")


@st.composite
def spoiled(draw: st.DrawFn, name: str) -> Any:
    """Return a response that matches a schema of the file except in one place."""
    good = draw(st.sampled_from(list(samples(document()["components"]["schemas"][name]))))
    data = json.loads(json.dumps(good))
    spots: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
            spots.append((node, key))
            walk(inner)

    walk(data)
    if not spots:
        return draw(nonsense)
    node, key = draw(st.sampled_from(spots))
    if draw(st.booleans()) or isinstance(node, list):
        node[key] = draw(nonsense)
    else:
        del node[key]
    return data


@how(max_examples=150, deadline=None)
@given(st.data())
def test_any_response_is_parsed_or_refused(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(list(READERS)))
    odd = data.draw(spoiled(name) | nonsense)
    # the message names the part that could not be parsed, without a value of the response
    with suppress(ShapeError):
        assert repr(READERS[name](odd))


@how(max_examples=100, deadline=None)
@given(st.binary(max_size=40) | nonsense.map(lambda v: json.dumps(v).encode()), st.text(max_size=12))
def test_any_error_response_is_parsed(body: bytes, header: str) -> None:
    answer = HttpAnswer(400, {"Retry-After": header, "x-amzn-errortype": header}, body)
    code = error_code(answer)
    assert code is None or code.isascii()
    assert answer.retry_after is None or 0 <= answer.retry_after <= 3600
    parse.rejected_address(answer.data)
    parse.new_endpoint_id(answer.data)


def test_unknown_values_are_kept_as_raw_values() -> None:
    found = parse.endpoint(
        {
            "id": ECHO,
            "connections": [{"type": "THREAD", "macAddress": "02005E10A001"}, {"type": "UNKNOWN"}],
            "features": [
                {
                    "name": "teleport",
                    "properties": [{"name": "where", "type": "GUESSED", "value": {"value": 3}}],
                    "configuration": {"supportedModes": ["HEAT", "DRY"]},
                }
            ],
            "displayCategories": {"all": [{"value": "TELEPORTER", "sources": ["SOMEBODY"]}]},
        }
    )
    assert [(c.type, c.type_raw) for c in found.connections] == [
        (ConnectionType.UNKNOWN, "THREAD"),
        (ConnectionType.UNKNOWN, "UNKNOWN"),
    ]
    feature = found.features["teleport"]
    assert feature.supported_modes == (ThermostatMode.HEAT, ThermostatMode.UNKNOWN)
    assert feature.configuration == {"supportedModes": ["HEAT", "DRY"]}
    where = feature.properties["where"]
    assert (where.type, where.type_raw, where.value, where.raw) == (PropertyType.UNKNOWN, "GUESSED", None, {"value": 3})
    assert (found.category, found.categories[0].value) == (None, "TELEPORTER")
    assert parse.wifi_installation({"status": "SLOW"}).status is WifiStatus.UNKNOWN
    assert parse.wifi_installation({"status": "SLOW"}).status_raw == "SLOW"
    mode = _feature("thermostatMode", value={"value": "DRY"}).properties["thermostatMode"]
    assert (mode.value, mode.raw) == (ThermostatMode.UNKNOWN, {"value": "DRY"})
    for key, raw, value in (
        (SettingKey.WAKE_WORDS, ["ZIGGY"], (WakeWord.UNKNOWN,)),
        (SettingKey.SPEECH_CONFIRMATION, "GONG", Tone.UNKNOWN),
        (SettingKey.SPEAKING_RATE, 3, 3),
        (SettingKey.DO_NOT_DISTURB, "yes", None),
        (SettingKey.LOCALES, ["en-US", 5], None),
        ("Some.new.setting", {"a": 1}, None),
    ):
        setting = settings.setting(key, raw)
        assert (setting.key, setting.value, setting.raw) == (key, value, raw)
    page = settings.settings_page({"errors": [{"key": "a", "type": "INVALID_KEY"}, {"code": "NEW_ONE", "status": 418}]})
    assert [(e.code, e.code_raw, e.status) for e in page.errors] == [
        (SettingErrorCode.INVALID_KEY, "INVALID_KEY", None),
        (SettingErrorCode.UNKNOWN, "NEW_ONE", 418),
    ]


@pytest.mark.parametrize(
    ("name", "value", "kind", "expected"),
    [
        ("volume", {"value": 30}, int, 30),
        ("volume", 30, int, 30),
        ("volume", {"value": 101}, int, None),
        ("volume", {"value": 30.5}, int, None),
        ("volume", {"value": True}, int, None),
        ("brightness", {"value": 0}, int, 0),
        ("colorTemperatureInKelvin", {"value": "2700"}, int, 2700),
        ("colorTemperatureInKelvin", {"value": "warm"}, int, None),
        ("reachability", {"value": "UNREACHABLE"}, Reachability, Reachability.UNREACHABLE),
        ("reachability", "OK", Reachability, Reachability.OK),
        ("color", {"hue": 360, "saturation": 0, "brightness": 1}, HueSaturation, HueSaturation(360, 0, 1)),
        ("color", {"hue": 361, "saturation": 0, "brightness": 1}, HueSaturation, None),
        ("color", {"hue": 1, "saturation": 0}, HueSaturation, None),
        ("temperature", {"value": 21.5, "scale": "CELSIUS"}, Temperature, Temperature(21.5, TemperatureScale.CELSIUS)),
        ("temperature", {"value": 21.5, "scale": "RANKINE"}, Temperature, None),
        ("temperature", {"value": 21.5}, Temperature, None),
        ("volume", {"value": 30}, HueSaturation, None),
    ],
)
def test_values_of_properties_are_parsed(name: str, value: Any, kind: type[Any], expected: Any) -> None:
    assert _feature(name, value=value).value(PropertyName(name), kind) == expected


def test_a_property_that_could_not_be_read() -> None:
    # a failed read may have the type RETRIEVABLE, may name no property, and may still contain an old value
    offline = _feature("volume", error={"type": "DEVICE_UNREACHABLE", "message": "volume"})
    assert offline.is_offline
    assert offline.properties["volume"].type is PropertyType.RETRIEVABLE
    stale = _feature("volume", error={"type": ""}, value={"value": 3})
    assert (stale.properties["volume"].error, stale.value(PropertyName.VOLUME, int)) == ("", None)
    assert not stale.is_offline
    nameless = _feature("volume", error={})
    assert nameless.properties["volume"].error == ""
    never = _feature("volume", type="NOT_RETRIEVABLE")
    assert (never.properties["volume"].type, never.properties["volume"].error) == (PropertyType.NOT_RETRIEVABLE, None)
    assert never.value(PropertyName.VOLUME, int) is None


@pytest.mark.parametrize(
    "broken",
    [
        {},
        [],
        None,
        {"results": None},
        {"results": {}},
        # an incomplete list would remove devices
        {"results": [{"id": ECHO}, {"friendlyName": {}}]},
        {"results": [None]},
    ],
    ids=["empty", "a list", "null", "no results", "an object", "an endpoint without an id", "a null"],
)
def test_a_broken_list_is_refused(broken: Any) -> None:
    for read in (parse.endpoint_page, parse.unit_page):
        with pytest.raises(ShapeError):
            read(broken)


@pytest.mark.parametrize(
    ("token", "expected"), [("abc", "abc"), ("", None), (None, None), (5, None), ({}, None), (["abc"], None)]
)
def test_the_token_of_the_next_page_is_parsed(token: Any, expected: str | None) -> None:
    assert parse.next_token({"paginationContext": {"nextToken": token}}) == expected


def test_only_requested_units_are_parsed() -> None:
    assert parse.endpoint({"id": ECHO}).unit_ids is None
    assert parse.endpoint({"id": ECHO, "associatedUnits": []}).unit_ids == ()


def test_units_are_parsed() -> None:
    name = {"type": "PLAIN", "value": {"text": "Room 204"}}
    page = parse.unit_page(
        {"results": [{"id": "u1", "name": name, "parentId": "u0", "level": 3}], "paginationContext": {"nextToken": "n"}}
    )
    (unit,) = page.items
    assert (unit.id, unit.name, unit.parent_id, unit.level, page.next_token) == ("u1", "Room 204", "u0", 3, "n")


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        (f"/v2/endpoints/{ECHO}", ECHO),
        (f"https://api.amazonalexa.com/v2/endpoints/{ECHO}/features?x=1", ECHO),
        ({"location": f"/v2/endpoints/{ECHO}?a"}, ECHO),
        ({"id": ECHO, "n": 1}, ECHO),
        ("/v2/endpoints", None),
        ([ECHO], None),
    ],
)
def test_the_new_id_of_a_moved_endpoint_is_parsed(reference: Any, expected: str | None) -> None:
    assert parse.new_endpoint_id(reference) == expected


def test_addresses_are_read_bare_and_wrapped_and_not_shown() -> None:
    data = {"addressLine1": "12 Example Street", "city": "Springfield", "countryCode": "US"}
    bare, wrapped = parse.address_setting(data), parse.address_setting({"address": data})
    assert bare == wrapped
    assert (bare.line1, bare.line2, bare.country) == ("12 Example Street", "", "US")
    setting = settings.setting(SettingKey.ADDRESS, {"address": data})
    assert isinstance(setting.value, PostalAddress)
    assert "Springfield" not in repr(bare) + repr(setting)


def test_half_of_a_surrogate_pair_can_be_encoded() -> None:
    assert settings.setting(SettingKey.TIME_ZONE, "Zone \ud83d").value == "Zone ?"
    assert settings.setting(SettingKey.TIME_ZONE, "Zürich").value == "Zürich"


def test_numbers_and_times_are_parsed_or_dropped() -> None:
    assert [integer(v) for v in ("12", "-3", "٣", "1" * 20, "1.5", 4.0, float("nan"), True, None)] == [
        12,
        -3,
        None,
        None,
        None,
        4,
        None,
        None,
        None,
    ]
    assert str(instant("2025-03-04T09:15:30.25Z")) == "2025-03-04 09:15:30.250000+00:00"
    assert str(instant("2025-03-04T09:15:30+02:00")) == "2025-03-04 07:15:30+00:00"
    assert str(instant("2025-03-04T09:15:30")) == "2025-03-04 09:15:30+00:00"
    assert [instant(v) for v in ("soon", "", 5, None, "0001-01-01T00:00:00+05:00")] == [None] * 5


@pytest.mark.parametrize(
    ("answer", "operations"),
    [
        ({}, {"setVolume"}),
        ({"operations": []}, set()),
        ({"operations": [{"name": "adjustVolume", "path": "/v2"}]}, {"adjustVolume"}),
    ],
    ids=["none listed", "no operation", "steps only"],
)
def test_the_volume_can_be_set_if_a_list_omits_the_operations(answer: dict[str, Any], operations: set[str]) -> None:
    """Amazon's example of a list with features shows only their properties."""
    assert shared_feature(parse.feature({"properties": [], **answer}, "speaker")).operations == operations


def test_a_device_without_a_connectivity_is_reachable_again_once_it_responds() -> None:
    """A successful read after a failure makes the device reachable again."""
    power = {"name": "powerState", "type": "RETRIEVABLE"}
    failure = {"type": "ENDPOINT_UNREACHABLE", "message": "The endpoint did not answer"}
    states = [
        state_of(parse.endpoint({"id": "lamp", "features": [{"name": "power", "properties": [power | answer]}]}))
        for answer in ({"value": "ON"}, {"error": failure}, {"value": "ON"})
    ]
    shown = ApplianceState()
    reachable = []
    for state in states:
        shown = shown.updated(state)
        reachable.append(shown.reachable)
    assert reachable == [True, False, True]
