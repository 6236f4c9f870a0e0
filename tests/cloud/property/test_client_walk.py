"""Tests of the client with the OpenAPI file, operation by operation.

The client's requests must match the file, all responses in the file must be parsed, and each documented error must
become its exception.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import partial
import itertools
import re
from typing import Any
from urllib.parse import unquote

import pytest

from custom_components.alexa_media.cloud.errors import (
    AlexaAuthError,
    AlexaBadResponseError,
    AlexaCommandError,
    AlexaConnectionError,
    AlexaDeviceOfflineError,
    AlexaError,
    AlexaPermissionError,
    AlexaRateLimitedError,
    AlexaUnsupportedError,
)
from custom_components.alexa_media.cloud.model.appliances import HueSaturation, Temperature, TemperatureScale
from custom_components.alexa_media.cloud.model.property import PostalAddress
from custom_components.alexa_media.cloud.property import requests
from custom_components.alexa_media.cloud.property.client import SmartPropertiesClient
from custom_components.alexa_media.cloud.property.models import (
    Endpoint,
    Feature,
    Reachability,
    Setting,
    ThermostatMode,
)
from custom_components.alexa_media.cloud.property.operation import Host, Region
from custom_components.alexa_media.cloud.property.operations import TURN_ON
from custom_components.alexa_media.cloud.property.requests import (
    NO_UNIT,
    AllOf,
    AnyOf,
    EndpointFilter,
    EnterpriseWifi,
    Expand,
    KeyManagement,
    Match,
    OpenWifi,
    PskWifi,
    QueryField,
    Wifi,
)
from custom_components.alexa_media.cloud.property.settings import (
    SETTINGS,
    DistanceUnits,
    Enablement,
    SettingKey,
    SetupModePrivilege,
    SuppressedError,
    TemperatureUnit,
    TimeFormat,
    Tone,
    WakeWord,
)
from custom_components.alexa_media.cloud.property.transport import AlexaAddressRejectedError, AlexaEndpointMovedError
from tests.endpoints import OPERATIONS

from .cloud import ECHO, LAMP, ROOM, Cloud, Hit, answer, plain
from .conftest import Make
from .openapi import Spec, document, errors, samples, specs

type Call = Callable[[SmartPropertiesClient], Awaitable[Any]]

SPECS = {spec.operation_id: spec for spec in specs()}
TABLE = {operation.name: operation for operation in OPERATIONS}

WARM = Temperature(21.5, TemperatureScale.CELSIUS)
HOME = PostalAddress(
    line1="12 Example Street",
    line2="",
    line3="",
    city="Springfield",
    state="IL",
    district="",
    postal_code="62701",
    country="US",
)
EVERY_FILTER = EndpointFilter(
    in_no_unit=True,
    unit_id=ROOM,
    serial_number="G0 & 1",
    manufacturer="Amazon",
    model="Echo Show 8",
    name="Anna's Echo",
    mac_address="02:00:5E:10:A0:01",
    reachability=Reachability.OK,
    primary_category="LIGHT",
    category="ALEXA_VOICE_ENABLED",
)
ROOMS = AnyOf([Match(QueryField.UNIT, ROOM), Match(QueryField.UNIT, ROOM + "5")])
NETWORKS: list[Wifi] = [
    PskWifi(ssid="Guest WLAN", password="correct horse"),
    OpenWifi(ssid="Lobby"),
    EnterpriseWifi(ssid="Staff", certificate_authority_id="authority.1", server_certificates=["-----BEGIN…"]),
]

# Arguments of each method after the endpoint's id, once per form of its request.
ON_ENDPOINTS: Mapping[str, Sequence[tuple[Any, ...]]] = {
    "setAssociatedUnits": [(ROOM,), (NO_UNIT,)],
    "addOrUpdateWifiConfigurations": [("Guest WLAN", KeyManagement.WPA_PSK)],
    "getWifiInstallationStatus": [("operation/7 f3c",)],
    "setColor": [(requests.color(HueSaturation(210.5, 0.8, 1)),)],
    "setBrightness": [(requests.percent("brightness", level),) for level in (0, 100)],
    "adjustBrightness": [(requests.percent_delta("brightnessDelta", -100),)],
    "setColorTemperature": [(requests.kelvin(1000),), (requests.kelvin(10000),)],
    "setTargetSetpoint": [
        (requests.setpoints(WARM, None, None),),
        (requests.setpoints(None, WARM, Temperature(75, TemperatureScale.FAHRENHEIT)),),
    ],
    "adjustTargetSetpoint": [(requests.setpoint_delta(Temperature(-1.5, TemperatureScale.KELVIN)),)],
    "setThermostatMode": [(requests.thermostat_mode(mode),) for mode in ThermostatMode if mode != "UNKNOWN"],
    "setVolume": [(requests.percent("volume", 30),)],
    "adjustVolume": [(requests.percent_delta("volumeDelta", 100),)],
    "getSettings": [(list(SettingKey),)],
    "getSetting": [(key,) for key in SettingKey],
    "postAddress": [(HOME,)],
    "putDoNotDisturb": [(True,), (False,)],
    "putLocales": [(["en-US", "es-US"],), (("de-DE",),)],
    "putWakeWords": [([word],) for word in WakeWord if word != "UNKNOWN"],
    "putWakeWordConfirmation": [(Tone.TONE,)],
    "putSpeechConfirmation": [(Tone.NONE,)],
    "putErrorSuppression": [([],), ([SuppressedError.CONNECTIVITY],)],
    "putSetupModePrivileges": [([],), ([SetupModePrivilege.ALL_SETTINGS],)],
    "putMaximumVolumeLimit": [(0,), (100,)],
    "putTimeFormat": [(TimeFormat.HOURS_12,), (TimeFormat.HOURS_24,)],
    "putTimeZone": [("Europe/Berlin",)],
    "putTemperatureUnit": [(TemperatureUnit.CELSIUS,)],
    "putDistanceUnits": [(DistanceUnits.IMPERIAL,)],
    "putAlexaCaptions": [(Enablement.ENABLED,)],
    "putClosedCaptions": [(Enablement.DISABLED,)],
    "putMagnifier": [(Enablement.ENABLED,)],
    "putColorInversion": [(Enablement.ENABLED,)],
    "putFollowUp": [(True,)],
    "putSpeakingRate": [(0.75,), (2,)],
    "setFriendlyName": [("Anna's reading lamp 2",), ("Zoë’s"[:3],), ("客室 204",)],
}
OTHERS: Mapping[str, Sequence[Call]] = {
    "listEndpoints": [
        lambda c: c.list_endpoints(EVERY_FILTER, expand=Expand, next_token="next+/= token", max_results=50),
        lambda c: c.list_endpoints(EndpointFilter(unit_id=ROOM), max_results=None),
    ],
    "getEndpoint": [lambda c: c.get_endpoint(LAMP, expand=Expand), lambda c: c.get_endpoint(LAMP, expand=())],
    "queryEndpoints": [
        lambda c: c.query_endpoints(ROOMS),
        lambda c: c.query_endpoints(
            AllOf([ROOMS, Match(QueryField.MODEL, "Echo"), Match(QueryField.MANUFACTURER, "Amazon")]),
            expand=[Expand.ALL, Expand.POWER, Expand.ALL],
            next_token="next",
            max_results=2,
        ),
    ],
    "saveWifiConfigurations": [lambda c: c.save_wifi_configurations(NETWORKS)],
    "putSetting": [
        lambda c: c.put_setting(ECHO, SettingKey.TIME_ZONE, "Europe/Madrid"),
        lambda c: c.put_setting(ECHO, SettingKey.SPEAKING_RATE, 1),
        lambda c: c.put_setting(ECHO, SettingKey.WAKE_WORDS, ["ECHO"]),
    ],
}


def calls(operation_id: str) -> Sequence[Call]:
    """Return the calls to test for an operation."""
    if operation_id in OTHERS:
        return OTHERS[operation_id]
    return [partial(_call, operation_id, args) for args in ON_ENDPOINTS.get(operation_id, [()])]


def _call(operation_id: str, args: tuple[Any, ...], client: SmartPropertiesClient) -> Awaitable[Any]:
    """Call the client for an operation, by its setting, its feature, or the method with its name."""
    operation = TABLE[operation_id]
    for spec in SETTINGS.values():
        if operation is spec.read:
            return client.read_setting(spec, ECHO)
        if operation is spec.write:
            return client.write_setting(spec, ECHO, *args)
    if "/features/" in operation.path and "WifiConfigurations" not in operation.path:
        return client.command(operation, ECHO, *args) if operation.is_write else client.read_feature(operation, ECHO)
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation_id).lower()
    called: Awaitable[Any] = getattr(client, name)(ECHO, *args)
    return called


# --- the table ------------------------------------------------------------------------------


def test_every_operation_of_the_file_is_in_the_table() -> None:
    assert len(SPECS) == 73
    assert set(TABLE) == set(SPECS)
    assert len(OPERATIONS) == 73
    for operation_id, spec in SPECS.items():
        operation = TABLE[operation_id]
        assert (operation.method, operation.is_write) == (spec.method, spec.is_write), operation_id
        documented = {str(status): retry.name for status, retry in operation.documented_retry.items()}
        assert documented == spec.operation.get("x-retry", {}), operation_id
        assert (operation.host is Host.CREDENTIAL_LOCKER) == ("servers" in spec.item), operation_id


def test_every_setting_and_every_expansion_is_known() -> None:
    schemas = document()["components"]["schemas"]
    assert set(SettingKey) == set(schemas["SettingName"]["enum"])
    assert set(Expand) == set(schemas["Expand"]["enum"])
    keyed = {spec.operation["x-setting"] for spec in SPECS.values() if "x-setting" in spec.operation}
    assert keyed == set(SettingKey)


# --- requests -------------------------------------------------------------------------------


@pytest.mark.parametrize("operation_id", SPECS)
async def test_requests_match_the_file_and_responses_are_parsed(
    operation_id: str, client: SmartPropertiesClient, cloud: Cloud
) -> None:
    spec = SPECS[operation_id]
    good = _good_answers(spec)
    for call, (status, data) in zip(calls(operation_id), itertools.cycle(good), strict=False):
        cloud.say(answer(data, status))
        await call(client)
        (hit,) = cloud.ledger
        assert _wrong_with_request(spec, hit, region=0) == []
    call = calls(operation_id)[0]
    for status, data in good:
        cloud.say(answer(data, status))
        result = await call(client)
        assert _lost(spec, data, result) == [], data
        # the values of one setting do not fit the other settings
        assert operation_id == "getSetting" or _not_understood(data, result) == []


def _wrong_with_request(spec: Spec, hit: Hit, *, region: int) -> list[str]:
    """Return the places in which a request does not match the file."""
    wrong = []
    if hit.method != spec.method or f"https://{hit.host}" != spec.servers[region]:
        wrong.append(f"{hit.method} at {hit.host}")
    pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(spec.path))
    found = re.fullmatch(pattern, hit.path.replace("operation/7", "operation%2F7"))
    if found is None:
        return [*wrong, f"path {hit.path}"]
    path = found.groupdict()
    for parameter in spec.parameters:
        name, where = parameter["name"], parameter["in"]
        given = [value for key, value in hit.query if key == name] if where == "query" else [unquote(path[name])]
        if not given:
            wrong += [f"{name} is missing"] if parameter.get("required") else []
            continue
        value = _decoded(parameter, given)
        wrong += [f"{name}: {error}" for error in errors(parameter["schema"], value)]
    known = {p["name"] for p in spec.parameters if p["in"] == "query"}
    wrong += [f"unknown parameter {name}" for name, _ in hit.query if name not in known]
    if needed := spec.operation.get("x-required-one-of"):
        wrong += [] if {name for name, _ in hit.query} & set(needed) else ["none of the needed parameters"]
    if spec.body is not None:
        wrong += [f"body {error}" for error in errors(spec.body, hit.json)]
        wrong += [] if hit.headers["content-type"].startswith("application/json") else ["no JSON"]
    elif hit.body:
        wrong.append("a body where there should be none")
    security = spec.operation.get("security", [{"lwaBearer": []}])[0]
    if hit.headers["authorization"] != "Bearer Atza|token-1":
        wrong.append("token")
    if hit.headers.get("x-amz-access-token") != ("Atza|token-1" if "lwaAccessToken" in security else None):
        wrong.append("second token")
    return wrong


def _decoded(parameter: Mapping[str, Any], given: list[str]) -> Any:
    """Return the value of a parameter in the type of its schema."""
    schema = parameter["schema"]
    if schema.get("type") == "array":
        return given if parameter["explode"] else given[0].split(",")
    assert len(given) == 1, parameter["name"]
    return int(given[0]) if schema.get("type") == "integer" else given[0]


@pytest.mark.parametrize("index", range(3))
async def test_each_region_has_separate_hosts(index: int, make: Make, cloud: Cloud) -> None:
    client = make(list(Region)[index])
    await client.command(TURN_ON, LAMP)
    await client.save_wifi_configurations([OpenWifi(ssid="Lobby")])
    assert _wrong_with_request(SPECS["turnOn"], cloud.ledger[0], region=index) == []
    assert _wrong_with_request(SPECS["saveWifiConfigurations"], cloud.ledger[1], region=index) == []


# --- good responses -------------------------------------------------------------------------


def _good_answers(spec: Spec) -> list[tuple[int, Any]]:
    """Return (status, body) for all kinds of successful responses in the file."""
    found: list[tuple[int, Any]] = []
    for status, _, schema in spec.responses():
        if status >= 300:
            continue
        if schema is None:
            found.append((status, None))
            continue
        for value in [*spec.examples(status), *samples(schema)]:
            assert errors(schema, value) == [], f"a sample that does not fit: {value}"
            found.append((status, value))
    assert found
    return found


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Yield (key, scalar) for every scalar in a JSON value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, key)
    else:
        yield key, value


def _held(value: Any) -> Iterator[str]:
    """Yield everything in a model as text."""
    if is_dataclass(value):
        for part in fields(value):
            yield from _held(getattr(value, part.name))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield str(name)
            yield from _held(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _held(inner)
    elif isinstance(value, datetime):
        yield value.isoformat().replace("+00:00", "Z").replace(".250000", ".250")
    elif value is not None:
        yield str(value)


def _lost(spec: Spec, data: Any, result: Any) -> list[str]:
    """Return the values of a response that the model lacks, except log messages and "PLAIN"."""
    if TABLE[spec.operation_id].answer == "nothing":
        return []
    held = set(_held(result))
    return [
        f"{key}: {value}"
        for key, value in _leaves(data)
        if key != "message" and value not in ("PLAIN", "", None) and str(value) not in held
    ]


def _not_understood(data: Any, result: Any) -> list[str]:
    """Return properties and settings with a value in the response, but only a raw value in the model."""
    if isinstance(result, Endpoint):
        return [wrong for feature in result.features.values() for wrong in _not_understood(data, feature)]
    if isinstance(result, Setting):
        return [result.key] if data is not None and result.value is None else []
    if not isinstance(result, Feature) or result.name not in {e.partition(":")[2] for e in Expand}:
        return []
    assert len(result.properties) <= len(data.get("properties", [])) or "features" in data
    return [
        found.name
        for found in result.properties.values()
        if isinstance(found.raw, dict)
        and "something new" not in found.raw.values()
        and (found.value is None) != (found.error is not None)
    ]


# --- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize("operation_id", SPECS)
async def test_each_documented_refusal_becomes_its_error(operation_id: str, make: Make, cloud: Cloud) -> None:
    spec = SPECS[operation_id]
    call = calls(operation_id)[0]
    for status, response, schema in spec.responses():
        if status < 300:
            continue
        for data in _bad_answers(spec, status, response, schema):
            cloud.say(plain(data, status) if data in ("", "<html>") else answer(data, status))
            with pytest.raises(AlexaError) as raised:
                await call(make(patience=0))
            error = raised.value
            code = _code(data)
            assert type(error) is _expected(spec, status, code, data), (status, data)
            assert (error.status, error.request_id) == (status, "REQUEST1")
            assert error.endpoint == TABLE[operation_id].label
            if code is not None:
                assert error.code == code
            assert ECHO not in str(error)


def _bad_answers(spec: Spec, status: int, response: Mapping[str, Any], schema: Any) -> list[Any]:
    """Return bodies of an error: the examples, one per documented type, one that matches the schema, and no body."""
    types = list(response.get("x-error-types", []))
    named: list[Any] = [{"errors": [{"type": t}]} if "timers" in spec.path else {"type": t} for t in types]
    return [*spec.examples(status), *named, *itertools.islice(samples(schema), 3), "", "<html>"]


def _code(data: Any) -> str | None:
    """Return the error code in a body."""
    if not isinstance(data, dict):
        return None
    if problems := data.get("addressErrors"):
        return next((p.get("subCode") or p.get("code") for p in problems), None)
    found = data.get("type") or data.get("code") or next((e.get("type") for e in data.get("errors", [])), None)
    return found if isinstance(found, str) and " " not in found else None


def _expected(spec: Spec, status: int, code: str | None, data: Any) -> type[AlexaError]:
    """Return the exception type for a documented error."""
    offline = code in ("ENDPOINT_UNREACHABLE", "DEVICE_UNREACHABLE", "DEVICE_NOT_REACHABLE")
    unclear = spec.operation_id in ("getTimeFormat", "putTimeFormat", "deleteTimers")
    match status:
        case 401:
            return AlexaPermissionError if unclear else AlexaAuthError
        case 403:
            return AlexaPermissionError
        case 404 | 405:
            return AlexaUnsupportedError
        case 429:
            return AlexaRateLimitedError
        case 300 | 301 | 303:
            return AlexaEndpointMovedError
        case 400 if code in ("DEVICE_NOT_SUPPORTED", "ENDPOINT_NOT_SUPPORTED"):
            return AlexaUnsupportedError
        case 400 if isinstance(data, dict) and data.keys() & {"addressSuggestions", "addressErrors"}:
            return AlexaAddressRejectedError
        case 400 if not offline:
            return AlexaCommandError if spec.is_write else AlexaBadResponseError
    return AlexaDeviceOfflineError if offline else AlexaConnectionError
