"""Tests of validation before sending, and of requests that are not in the OpenAPI file."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
import json
from pathlib import Path
import re
from typing import Any

from aiohttp import ClientSession, web
from aioresponses import CallbackResult
import pytest
from yarl import URL

from custom_components.alexa_media.cloud.errors import AlexaError, AlexaInvalidValueError
from custom_components.alexa_media.cloud.model.appliances import HueSaturation, Temperature, TemperatureScale
from custom_components.alexa_media.cloud.model.property import PostalAddress
from custom_components.alexa_media.cloud.property import requests, transport as own_errors
from custom_components.alexa_media.cloud.property.client import SmartPropertiesClient
from custom_components.alexa_media.cloud.property.models import Reachability, ThermostatMode
from custom_components.alexa_media.cloud.property.operation import Region
from custom_components.alexa_media.cloud.property.operations import (
    ADJUST_BRIGHTNESS,
    ADJUST_TARGET_SETPOINT,
    ADJUST_VOLUME,
    SET_BRIGHTNESS,
    SET_COLOR,
    SET_COLOR_TEMPERATURE,
    SET_TARGET_SETPOINT,
    SET_THERMOSTAT_MODE,
    SET_VOLUME,
    TURN_ON,
)
from custom_components.alexa_media.cloud.property.requests import (
    AllOf,
    AnyOf,
    EndpointFilter,
    EnterpriseWifi,
    KeyManagement,
    Match,
    OpenWifi,
    PskWifi,
    QueryField,
)
from custom_components.alexa_media.cloud.property.settings import (
    LOCALES,
    MAXIMUM_VOLUME_LIMIT,
    SPEAKING_RATE,
    SPEECH_CONFIRMATION,
    TIME_ZONE,
    WAKE_WORDS,
    SettingKey,
    Tone,
    WakeWord,
)
from tests.endpoints import OPERATIONS, SIBLINGS
from tests.single_requests import mocked_requests

from .cloud import ECHO, LAMP, ROOM, Cloud, Hit, QuickTime, Tokens, answer
from .test_client_walk import HOME, WARM

type Call = Callable[[SmartPropertiesClient], Awaitable[Any]]

NAN = float("nan")
NO_NUMBER = Temperature(NAN, TemperatureScale.KELVIN)
NOWHERE = Temperature(20, TemperatureScale.UNKNOWN)
NO_MODE = ThermostatMode.UNKNOWN
ABROAD = PostalAddress(line1="1", line2="", line3="", city="", state="", district="", postal_code="", country="Germany")
NAMELESS = PostalAddress(line1="", line2="", line3="", city="", state="", district="", postal_code="", country="DE")

REFUSED: list[tuple[str, Call]] = [
    ("filter", lambda c: c.list_endpoints(EndpointFilter(model="Echo"))),
    ("unit id", lambda c: c.list_endpoints(EndpointFilter(unit_id="204"))),
    ("reachability", lambda c: c.list_endpoints(EndpointFilter(in_no_unit=True, reachability=Reachability.UNKNOWN))),
    ("maxResults", lambda c: c.list_endpoints(EndpointFilter(in_no_unit=True), max_results=51)),
    ("maxResults", lambda c: c.list_endpoints(EndpointFilter(in_no_unit=True), max_results=0)),
    ("maxResults", lambda c: c.query_endpoints(AnyOf([Match(QueryField.UNIT, ROOM)]), max_results=11)),
    ("maxResults", lambda c: c.query_endpoints(AnyOf([Match(QueryField.UNIT, ROOM)]), max_results=1)),
    ("query", lambda c: c.query_endpoints(AnyOf([]))),
    ("query", lambda c: c.query_endpoints(AllOf([AnyOf([])]))),
    ("unit id", lambda c: c.query_endpoints(AnyOf([Match(QueryField.UNIT, "204")]))),
    ("endpoint id", lambda c: c.get_endpoint("kitchen")),
    ("endpoint id", lambda c: c.command(TURN_ON, "..")),
    ("endpoint id", lambda c: c.get_settings("", ["a"])),
    ("endpoint id", lambda c: c.delete_timers("amzn1.alexa.endpoint.")),
    ("endpoint id", lambda c: c.get_address("amzn1.alexa.endpoint.a\nb")),
    ("unit id", lambda c: c.set_associated_units(ECHO, "~caller")),
    ("name", lambda c: c.set_friendly_name(LAMP, "")),
    ("name", lambda c: c.set_friendly_name(LAMP, "x" * 129)),
    ("name", lambda c: c.set_friendly_name(LAMP, " ' ")),
    ("name", lambda c: c.set_friendly_name(LAMP, "Lamp #2")),
    ("name", lambda c: c.set_friendly_name(LAMP, "Lamp 💡")),
    ("hue", lambda c: c.command(SET_COLOR, LAMP, requests.color(HueSaturation(361, 0, 0)))),
    ("saturation", lambda c: c.command(SET_COLOR, LAMP, requests.color(HueSaturation(0, 1.01, 0)))),
    ("brightness", lambda c: c.command(SET_COLOR, LAMP, requests.color(HueSaturation(0, 0, NAN)))),
    ("brightness", lambda c: c.command(SET_BRIGHTNESS, LAMP, requests.percent("brightness", 101))),
    ("brightnessDelta", lambda c: c.command(ADJUST_BRIGHTNESS, LAMP, requests.percent_delta("brightnessDelta", -101))),
    ("colorTemperatureInKelvin", lambda c: c.command(SET_COLOR_TEMPERATURE, LAMP, requests.kelvin(999))),
    ("volume", lambda c: c.command(SET_VOLUME, ECHO, requests.percent("volume", 30.5))),
    ("volume", lambda c: c.command(SET_VOLUME, ECHO, requests.percent("volume", True))),
    ("volumeDelta", lambda c: c.command(ADJUST_VOLUME, ECHO, requests.percent_delta("volumeDelta", 101))),
    ("set points", lambda c: c.command(SET_TARGET_SETPOINT, LAMP, requests.setpoints(None, None, None))),
    ("set points", lambda c: c.command(SET_TARGET_SETPOINT, LAMP, requests.setpoints(WARM, WARM, WARM))),
    ("set points", lambda c: c.command(SET_TARGET_SETPOINT, LAMP, requests.setpoints(None, None, WARM))),
    ("targetSetpoint", lambda c: c.command(SET_TARGET_SETPOINT, LAMP, requests.setpoints(NOWHERE, None, None))),
    (
        "targetSetpointDelta",
        lambda c: c.command(ADJUST_TARGET_SETPOINT, LAMP, requests.setpoint_delta(NO_NUMBER)),
    ),
    (
        "thermostatMode",
        lambda c: c.command(SET_THERMOSTAT_MODE, LAMP, requests.thermostat_mode(NO_MODE)),
    ),
    ("keys", lambda c: c.get_settings(ECHO, [])),
    ("key", lambda c: c.put_setting(ECHO, SettingKey.ADDRESS, "home")),
    (SettingKey.DO_NOT_DISTURB, lambda c: c.put_setting(ECHO, SettingKey.DO_NOT_DISTURB, "on")),
    (SettingKey.LOCALES, lambda c: c.write_setting(LOCALES, ECHO, [])),
    (SettingKey.LOCALES, lambda c: c.write_setting(LOCALES, ECHO, "en-US")),
    (SettingKey.LOCALES, lambda c: c.write_setting(LOCALES, ECHO, ["en-US", "en-US"])),
    (SettingKey.LOCALES, lambda c: c.write_setting(LOCALES, ECHO, ["en-US", "de-DE", "fr-FR"])),
    (SettingKey.LOCALES, lambda c: c.write_setting(LOCALES, ECHO, ["English"])),
    (SettingKey.WAKE_WORDS, lambda c: c.write_setting(WAKE_WORDS, ECHO, [])),
    (SettingKey.WAKE_WORDS, lambda c: c.write_setting(WAKE_WORDS, ECHO, [WakeWord.ECHO, WakeWord.ALEXA])),
    (SettingKey.WAKE_WORDS, lambda c: c.write_setting(WAKE_WORDS, ECHO, [WakeWord.UNKNOWN])),
    (SettingKey.ERROR_SUPPRESSION, lambda c: c.put_setting(ECHO, SettingKey.ERROR_SUPPRESSION, ["CONNECTIVITY"] * 2)),
    (SettingKey.SPEECH_CONFIRMATION, lambda c: c.write_setting(SPEECH_CONFIRMATION, ECHO, Tone.UNKNOWN)),
    (SettingKey.TIME_FORMAT, lambda c: c.put_setting(ECHO, SettingKey.TIME_FORMAT, 12)),
    (SettingKey.MAXIMUM_VOLUME_LIMIT, lambda c: c.write_setting(MAXIMUM_VOLUME_LIMIT, ECHO, 101)),
    (SettingKey.MAXIMUM_VOLUME_LIMIT, lambda c: c.put_setting(ECHO, SettingKey.MAXIMUM_VOLUME_LIMIT, "50")),
    (SettingKey.SPEAKING_RATE, lambda c: c.write_setting(SPEAKING_RATE, ECHO, 1.1)),
    (SettingKey.TIME_ZONE, lambda c: c.write_setting(TIME_ZONE, ECHO, "")),
    ("country", lambda c: c.post_address(ECHO, ABROAD)),
    ("address", lambda c: c.post_address(ECHO, NAMELESS)),
    ("networks", lambda c: c.save_wifi_configurations([])),
    ("ssid", lambda c: c.save_wifi_configurations([OpenWifi(ssid="")])),
    ("password", lambda c: c.save_wifi_configurations([PskWifi(ssid="a", password="two\nlines")])),
    (
        "certificates",
        lambda c: c.save_wifi_configurations(
            [EnterpriseWifi(ssid="a", certificate_authority_id="b", server_certificates=[])]
        ),
    ),
    ("ssid", lambda c: c.add_or_update_wifi_configurations(ECHO, "", KeyManagement.NONE)),
    ("operation id", lambda c: c.get_wifi_installation_status(ECHO, "..")),
    ("depth", lambda c: c.list_units(ROOM, depth=16)),
    ("unit id", lambda c: c.get_unit("204")),
    ("recipients", lambda c: c.send_notification({"en-US": "Hello"})),
    ("recipients", lambda c: c.send_notification({"en-US": "Hello"}, endpoint_ids=[ECHO], unit_ids=[ROOM])),
    ("recipients", lambda c: c.send_notification({"en-US": "Hello"}, unit_ids=[ROOM] * 101)),
    ("message", lambda c: c.send_notification({}, unit_ids=[ROOM])),
    ("message", lambda c: c.send_notification({"en-US": " "}, unit_ids=[ROOM])),
    ("message", lambda c: c.send_notification({"english": "Hello"}, unit_ids=[ROOM])),
]


@pytest.fixture
async def client(cloud: Cloud, tokens: Tokens, quick_time: QuickTime) -> AsyncIterator[SmartPropertiesClient]:
    """Return a client of the loopback cloud without network access."""

    def reply(method: str, url: URL, **arguments: Any) -> CallbackResult:
        body = arguments.get("data")
        headers = {name.lower(): value for name, value in (arguments.get("headers") or {}).items()}
        hit = Hit(method, str(url.host), url.path, tuple(url.query.items()), headers, body.decode() if body else "")
        cloud.ledger.append(hit)
        told = cloud.replies.pop(0) if len(cloud.replies) > 1 else cloud.replies[0]
        found = told()
        assert isinstance(found, web.Response)
        return CallbackResult(status=found.status, body=found.text or "", headers=dict(found.headers))

    with mocked_requests() as mocked:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            mocked.add(re.compile(".*"), method, callback=partial(reply, method), repeat=True)
        async with ClientSession() as session:
            yield SmartPropertiesClient(session, Region.NORTH_AMERICA, tokens, clock=quick_time)


async def test_requests_that_the_api_refuses_are_not_sent(client: SmartPropertiesClient, cloud: Cloud) -> None:
    for number, (field, call) in enumerate(REFUSED):
        with pytest.raises(AlexaInvalidValueError) as raised:
            await call(client)
        assert (raised.value.field, isinstance(raised.value, ValueError)) == (field, True), number
        assert raised.value.allowed
    assert cloud.ledger == []


async def test_units_are_requested_by_parent_and_id(client: SmartPropertiesClient, cloud: Cloud) -> None:
    name = {"type": "PLAIN", "value": {"text": "Room 204"}}
    unit = {"id": ROOM, "name": name, "parentId": "amzn1.alexa.unit.did.A", "level": 2}
    cloud.say(answer({"results": [unit], "paginationContext": {}}))
    assert [u.name async for u in client.iter_units("amzn1.alexa.unit.did.A", depth=3)] == ["Room 204"]
    cloud.replies = [answer(unit)]
    assert (await client.get_unit(ROOM)).level == 2
    listed, one = cloud.ledger
    assert (listed.method, listed.host, listed.path) == ("GET", "api.amazonalexa.com", "/v2/units")
    assert dict(listed.query) == {
        "parentId": "amzn1.alexa.unit.did.A",
        "expand": "all",
        "queryDepth": "3",
        "maxResults": "50",
    }
    assert (one.path, one.query) == (f"/v2/units/{ROOM}", ())


async def test_announcements_are_sent_to_endpoints_or_units(client: SmartPropertiesClient, cloud: Cloud) -> None:
    cloud.say(answer(None, 202))
    await client.send_notification({"en-US": "Dinner is ready", "es-US": "La cena"}, endpoint_ids=[ECHO, LAMP])
    await client.send_notification({"en-US": "Dinner is ready"}, unit_ids=[ROOM])
    one, two = cloud.ledger
    assert (one.method, one.path) == ("POST", "/v3/notifications")
    spoken = {
        "type": "SpokenText",
        "values": [{"locale": "en-US", "text": "Dinner is ready"}, {"locale": "es-US", "text": "La cena"}],
    }
    assert one.json == {
        "recipients": [{"type": "Endpoint", "id": ECHO}, {"type": "Endpoint", "id": LAMP}],
        "notification": {"variants": [{"type": "Announcement", "content": {"variants": [spoken]}}]},
    }
    assert two.json["recipients"] == [{"type": "Unit", "id": ROOM}]


async def test_a_wifi_network_is_sent_with_quotes_around_it(client: SmartPropertiesClient, cloud: Cloud) -> None:
    await client.save_wifi_configurations([PskWifi(ssid='The "Inn"', password="pass word")])
    (hit,) = cloud.ledger
    assert hit.json["wifiConfigurations"] == [
        {
            "ssid": '"The "Inn""',
            "keyManagement": "WPAPSK",
            "credentialConfiguration": {"privateSharedKey": '"pass word"'},
        }
    ]


async def test_a_refused_address_comes_with_suggestions_or_problems(
    client: SmartPropertiesClient, cloud: Cloud
) -> None:
    better = {"addressLine1": "12 Example Street", "postalCode": "62701", "countryCode": "US"}
    cloud.say(answer({"addressSuggestions": [{"address": better}, {"odd": 1}], "code": 400}, 400))
    with pytest.raises(own_errors.AlexaAddressRejectedError) as raised:
        await client.post_address(ECHO, HOME)
    assert [a.postal_code for a in raised.value.suggestions] == ["62701"]
    problem = {"code": "FIELD_INVALID", "subCode": "ADDRESS_ZIP_INVALID", "element": "ZIP", "message": "12 Example"}
    cloud.say(answer({"addressErrors": [problem]}, 400))
    with pytest.raises(own_errors.AlexaAddressRejectedError) as raised:
        await client.post_address(ECHO, HOME)
    assert [(p.code, p.element) for p in raised.value.problems] == [("FIELD_INVALID", "ZIP")]
    assert raised.value.code == "ADDRESS_ZIP_INVALID"
    assert "12 Example" not in repr(raised.value) + str(raised.value) + str(raised.value.placeholders)


async def test_the_response_for_a_moved_endpoint_contains_its_new_id(
    client: SmartPropertiesClient, cloud: Cloud
) -> None:
    cloud.say(answer(f"/v2/endpoints/{LAMP}", 301, Location="https://api.amazonalexa.com/v2/endpoints"))
    with pytest.raises(own_errors.AlexaEndpointMovedError) as raised:
        await client.get_wifi_installation_status(ECHO, "op")
    assert raised.value.new_id == LAMP
    assert len(cloud.ledger) == 1, "the redirect was not followed"


async def test_an_endless_response_is_cut_off(
    client: SmartPropertiesClient, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.alexa_media.cloud.http.MAX_BODY_BYTES", 100)
    cloud.say(answer({"results": ["x" * 200]}))
    with pytest.raises(AlexaError) as raised:
        await client.list_endpoints(EndpointFilter(in_no_unit=True))
    assert (raised.value.code, raised.value.request_id) == ("too_large", "REQUEST1")


def test_every_error_has_a_message() -> None:
    path = Path(own_errors.__file__).parent.parent.parent / "translations" / "en.json"
    sentences = json.loads(path.read_text())["exceptions"]
    for kind in ("permission_missing", "device_offline", "invalid_value", "address_rejected", "endpoint_moved"):
        assert kind in sentences
    found = AlexaInvalidValueError("volume", "a whole number from 0 to 100")
    sentence = sentences[found.translation_key]["message"]
    assert "volume. It must be a whole number" in sentence.format(**found.placeholders)


def test_names_of_operations_are_unique() -> None:
    names = [operation.name for operation in (*OPERATIONS, *SIBLINGS)]
    assert len(set(names)) == len(names)
