"""Tests of the client with a simulated hotel: units, devices, settings and timers."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from aiohttp import ClientSession
import pytest

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.errors import (
    AlexaAuthError,
    AlexaCommandError,
    AlexaDeviceOfflineError,
    AlexaError,
    AlexaPermissionError,
    AlexaRateLimitedError,
    AlexaUnsupportedError,
)
from custom_components.alexa_media.cloud.model.appliances import (
    HueSaturation,
    PropertyName,
    Temperature,
    TemperatureScale,
)
from custom_components.alexa_media.cloud.model.property import PostalAddress
from custom_components.alexa_media.cloud.property import requests
from custom_components.alexa_media.cloud.property.client import SmartPropertiesClient
from custom_components.alexa_media.cloud.property.models import (
    Feature,
    Power,
    Reachability,
    SettingErrorCode,
    ThermostatMode,
    WifiStatus,
)
from custom_components.alexa_media.cloud.property.operation import Region
from custom_components.alexa_media.cloud.property.operations import (
    ADJUST_BRIGHTNESS,
    ADJUST_TARGET_SETPOINT,
    ADJUST_VOLUME,
    DECREASE_COLOR_TEMPERATURE,
    GET_BRIGHTNESS,
    GET_COLOR,
    GET_COLOR_TEMPERATURE,
    GET_CONNECTIVITY,
    GET_POWER,
    GET_SPEAKER,
    GET_TEMPERATURE_SENSOR,
    GET_THERMOSTAT,
    INCREASE_COLOR_TEMPERATURE,
    SET_BRIGHTNESS,
    SET_COLOR,
    SET_COLOR_TEMPERATURE,
    SET_TARGET_SETPOINT,
    SET_THERMOSTAT_MODE,
    SET_VOLUME,
    TURN_OFF,
    TURN_ON,
)
from custom_components.alexa_media.cloud.property.requests import (
    AnyOf,
    EndpointFilter,
    Expand,
    KeyManagement,
    Match,
    PskWifi,
    QueryField,
)
from custom_components.alexa_media.cloud.property.settings import (
    ALEXA_CAPTIONS,
    DO_NOT_DISTURB,
    MAGNIFIER,
    SPEAKING_RATE,
    WAKE_WORDS,
    Enablement,
    SettingKey,
    WakeWord,
)
from custom_components.alexa_media.cloud.property.transport import AlexaAddressRejectedError, AlexaEndpointMovedError

ENDPOINT = "amzn1.alexa.endpoint.SIM"
UNIT = "amzn1.alexa.unit.did.SIM"
DESK, BED, OFFLINE = (ENDPOINT + name for name in ("LOBBYDESK", "101BED", "102DESK"))
LAMP, SINGLE, DUAL = (ENDPOINT + name for name in ("101LAMP", "101HVAC", "102HVAC"))
CLIENT = {"client_id": "amzn1.application-oa2-client.sim", "client_secret": "amzn1.oa2-cs.v1.sim"}


class Operator:
    """Source of access tokens from Login with Amazon for a refresh token."""

    def __init__(self, session: ClientSession, refresh_token: str) -> None:
        """Initialize without a token."""
        self.session = session
        self.form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **CLIENT}
        self.token: str | None = None

    async def __call__(self, refused: str | None = None) -> str:
        """Return a token, or a new one after a refusal."""
        if self.token is None or self.token == refused:
            async with self.session.post("https://api.amazon.com/auth/o2/token", data=self.form) as answer:
                found = await answer.json()
                if answer.status == 400:
                    raise AlexaAuthError("the grant is gone", code=found["error"])
                self.token = found["access_token"]
        assert self.token is not None
        return self.token


@pytest.fixture
async def session(sim: ControlClient) -> AsyncIterator[ClientSession]:
    """Return a session for which Amazon is a simulated hotel."""
    sim.household("property")
    async with ClientSession() as session:
        yield session


@pytest.fixture
def hotel(session: ClientSession) -> SmartPropertiesClient:
    """Return a client of the hotel's operator that does not wait between retries."""
    return SmartPropertiesClient(session, Region.NORTH_AMERICA, Operator(session, "Atzr|property"), patience=0)


def _endpoint(sim: ControlClient, endpoint_id: str) -> dict[str, Any]:
    """Return an endpoint in the cloud."""
    found: dict[str, Any] = sim.state()["smartProperties"]["endpoints"][endpoint_id]
    return found


async def _error(call: Any) -> AlexaError:
    with pytest.raises(AlexaError) as raised:
        await call
    return raised.value


async def test_the_whole_property_costs_a_request_for_each_unit_and_each_echo(
    sim: ControlClient, hotel: SmartPropertiesClient
) -> None:
    root = f"{UNIT}ORGANIZATION"
    assert (await hotel.get_unit(root)).level == 0
    units = [unit async for unit in hotel.iter_units(root, depth=15)]
    rooms = [unit for unit in units if unit.level == 2]
    assert {room.name for room in rooms} == {"Lobby", "Room 101", "Room 102"}
    sim.reset_ledger()
    found = []
    for selection in (*(EndpointFilter(unit_id=room.id) for room in rooms), EndpointFilter(in_no_unit=True)):
        found += [endpoint async for endpoint in hotel.iter_endpoints(selection, expand=Expand)]
    echos = [endpoint for endpoint in found if endpoint.category and endpoint.category.value == "ALEXA_VOICE_ENABLED"]
    settings = {echo.id: await hotel.get_all_settings(echo.id, SettingKey) for echo in echos}
    assert (len(found), len(echos)) == (21, 12)
    assert len(sim.ledger()) == len(rooms) + 1 + len(echos)
    by_search = [e async for e in hotel.iter_query(AnyOf([Match(QueryField.UNIT, r.id) for r in rooms]), expand=Expand)]
    assert {e.id for e in by_search} | {e.id for e in found if not e.unit_ids} == {e.id for e in found}
    one = {endpoint.id: endpoint for endpoint in found}
    assert one[OFFLINE].features["connectivity"].value(PropertyName.REACHABILITY, Reachability) == "UNREACHABLE"
    assert one[OFFLINE].features["speaker"].is_offline
    assert one[DESK].features["speaker"].value(PropertyName.VOLUME, int) == 40
    assert one[LAMP].features["colorTemperature"].value(PropertyName.COLOR_TEMPERATURE, int) == 2700
    assert one[DUAL].features["thermostat"].supported_modes[0] is ThermostatMode.HEAT
    assert (await hotel.get_endpoint(DESK, expand=Expand)).serial_number == one[DESK].serial_number
    values = {s.key: s.value for s in settings[ENDPOINT + "101DESK"].settings}
    assert values[SettingKey.DO_NOT_DISTURB] is True
    errors = {e.key: e.code for e in settings[ENDPOINT + "102SOFA"].errors}
    assert errors[SettingKey.TIME_ZONE] is SettingErrorCode.ACCESS_DENIED


async def test_commands_and_settings_arrive(sim: ControlClient, hotel: SmartPropertiesClient) -> None:
    await hotel.command(SET_VOLUME, DESK, requests.percent("volume", 30))
    await hotel.command(ADJUST_VOLUME, DESK, requests.percent_delta("volumeDelta", -5))
    assert (await hotel.read_feature(GET_SPEAKER, DESK)).value(PropertyName.VOLUME, int) == 25
    await hotel.command(SET_COLOR, LAMP, requests.color(HueSaturation(120, 0.5, 0.8)))
    await hotel.command(SET_COLOR_TEMPERATURE, LAMP, requests.kelvin(3000))
    await hotel.command(INCREASE_COLOR_TEMPERATURE, LAMP)
    await hotel.command(DECREASE_COLOR_TEMPERATURE, LAMP)
    await hotel.command(SET_BRIGHTNESS, LAMP, requests.percent("brightness", 80))
    await hotel.command(ADJUST_BRIGHTNESS, LAMP, requests.percent_delta("brightnessDelta", 10))
    await hotel.command(TURN_OFF, LAMP)
    assert (await hotel.read_feature(GET_POWER, LAMP)).value(PropertyName.POWER_STATE, Power) is Power.OFF
    await hotel.command(TURN_ON, LAMP)
    assert (await hotel.read_feature(GET_BRIGHTNESS, LAMP)).value(PropertyName.BRIGHTNESS, int) == 90
    color = (await hotel.read_feature(GET_COLOR, LAMP)).value(PropertyName.COLOR, HueSaturation)
    assert color is not None
    assert color.hue == 120
    assert (await hotel.read_feature(GET_COLOR_TEMPERATURE, LAMP)).value(PropertyName.COLOR_TEMPERATURE, int) == 3000
    warm = Temperature(21, TemperatureScale.CELSIUS)
    await hotel.command(SET_TARGET_SETPOINT, SINGLE, requests.setpoints(warm, None, None))
    await hotel.command(
        ADJUST_TARGET_SETPOINT, SINGLE, requests.setpoint_delta(Temperature(0.5, TemperatureScale.CELSIUS))
    )
    await hotel.command(SET_THERMOSTAT_MODE, SINGLE, requests.thermostat_mode(ThermostatMode.ECO))
    assert _setpoint(await hotel.read_feature(GET_THERMOSTAT, SINGLE), PropertyName.TARGET_SETPOINT) == 21.5
    low, high = Temperature(64, TemperatureScale.FAHRENHEIT), Temperature(72, TemperatureScale.FAHRENHEIT)
    await hotel.command(SET_TARGET_SETPOINT, DUAL, requests.setpoints(None, low, high))
    assert _setpoint(await hotel.read_feature(GET_THERMOSTAT, DUAL), PropertyName.UPPER_SETPOINT) == 72
    assert _setpoint(await hotel.read_feature(GET_TEMPERATURE_SENSOR, SINGLE), PropertyName.TEMPERATURE) == 21.5
    await hotel.write_setting(DO_NOT_DISTURB, DESK, True)
    await hotel.write_setting(WAKE_WORDS, DESK, [WakeWord.ECHO])
    await hotel.write_setting(SPEAKING_RATE, DESK, 1.25)
    await hotel.write_setting(ALEXA_CAPTIONS, DESK, Enablement.ENABLED)
    await hotel.put_setting(DESK, SettingKey.TIME_ZONE, "America/Chicago")
    assert (await hotel.read_setting(DO_NOT_DISTURB, DESK)).value is True
    assert (await hotel.read_setting(WAKE_WORDS, DESK)).value == (WakeWord.ECHO,)
    assert (await hotel.read_setting(SPEAKING_RATE, DESK)).value == 1.25
    assert (await hotel.get_setting(DESK, SettingKey.TIME_ZONE)).value == "America/Chicago"
    empty = await hotel.read_setting(SPEAKING_RATE, ENDPOINT + "101DESK")
    assert (empty.value, empty.raw) == (None, None)
    await hotel.set_friendly_name(DESK, "Front desk")
    await hotel.delete_timers(BED)
    await hotel.send_notification({"en-US": "Dinner is ready"}, unit_ids=[f"{UNIT}ROOM102"])
    assert (_endpoint(sim, DESK)["friendlyName"], _endpoint(sim, BED)["timers"]) == ("Front desk", [])
    assert {said["device"] for said in sim.spoken()} == {"Room 102 bed", "Room 102 bath", "Room 102 sofa"}
    home = await hotel.get_address(DESK)
    assert await hotel.post_address(DESK, replace(home, line2="Floor 2")) == replace(home, line2="Floor 2")


def _setpoint(feature: Feature, name: PropertyName) -> float | None:
    found = feature.value(name, Temperature)
    return None if found is None else found.value


async def test_wifi_moves_and_removals(sim: ControlClient, hotel: SmartPropertiesClient) -> None:
    await hotel.save_wifi_configurations([PskWifi(ssid="Guests", password="correct horse")])
    operation = await hotel.add_or_update_wifi_configurations(BED, "Guests", KeyManagement.WPA_PSK)
    assert (await hotel.get_wifi_installation_status(BED, operation)).status is WifiStatus.IN_PROGRESS
    sim.advance(30)
    assert (await hotel.get_wifi_installation_status(BED, operation)).status is WifiStatus.SUCCESS
    moved = await hotel.set_associated_units(BED, f"{UNIT}LOBBY")
    assert (moved.unit_ids, moved.id == BED) == ((f"{UNIT}LOBBY",), False)
    gone = await _error(hotel.get_wifi_installation_status(BED, operation))
    assert isinstance(gone, AlexaEndpointMovedError)
    assert gone.new_id == moved.id
    await hotel.deregister_endpoint(DESK)
    await hotel.forget_endpoint(LAMP)
    assert not {BED, DESK, LAMP} & set(sim.state()["smartProperties"]["endpoints"])


async def test_refusals_raise_their_errors(
    sim: ControlClient, session: ClientSession, hotel: SmartPropertiesClient
) -> None:
    offline = (
        hotel.command(SET_VOLUME, OFFLINE, requests.percent("volume", 3)),
        hotel.write_setting(DO_NOT_DISTURB, OFFLINE, True),
        hotel.set_associated_units(OFFLINE, f"{UNIT}LOBBY"),
        hotel.delete_timers(OFFLINE),
    )
    for call in offline:
        error = await _error(call)
        assert isinstance(error, AlexaDeviceOfflineError)
        assert error.request_id
    assert isinstance(await _error(hotel.command(TURN_ON, DESK)), AlexaUnsupportedError)
    assert isinstance(
        await _error(hotel.write_setting(MAGNIFIER, ENDPOINT + "LOBBYBAR", Enablement.ENABLED)), AlexaUnsupportedError
    )
    taken = await _error(hotel.set_friendly_name(DESK, "Bar"))
    assert isinstance(taken, AlexaCommandError)
    assert taken.code == "DUPLICATE_NAME"
    nowhere = PostalAddress(
        line1="?", line2="", line3="", city="", state="", district="", postal_code="x", country="US"
    )
    assert isinstance(await _error(hotel.post_address(DESK, nowhere)), AlexaAddressRejectedError)
    sim.fault(path="/v2/endpoints/*", status=429, headers={"Retry-After": "30"}, times=1)
    throttled = await _error(hotel.read_feature(GET_POWER, LAMP))
    assert isinstance(throttled, AlexaRateLimitedError)
    assert throttled.retry_after == 30
    # an expired token is renewed on the way; one without a scope, or whose grant was revoked, cannot be used
    sim.fault(expire_tokens=True)
    assert (await hotel.read_feature(GET_CONNECTIVITY, DESK)).name == "connectivity"
    narrow = SmartPropertiesClient(session, Region.NORTH_AMERICA, Operator(session, "Atzr|no-wifi"))
    network = PskWifi(ssid="Guests", password="correct horse")
    assert isinstance(await _error(narrow.save_wifi_configurations([network])), AlexaPermissionError)
    sim.fault(revoke=True)
    assert isinstance(await _error(hotel.read_feature(GET_CONNECTIVITY, DESK)), AlexaAuthError)
