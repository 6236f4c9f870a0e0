"""Tests of the integration's client with the simulated cloud; both follow the same API reference."""

from collections.abc import AsyncIterator, Iterator
import socket
import ssl

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
import pytest

from alexa_sim.client import Running, start
from custom_components.alexa_media.cloud.model.appliances import (
    FeatureName,
    HueSaturation,
    PropertyName,
    Temperature,
    TemperatureScale,
)
from custom_components.alexa_media.cloud.property import requests
from custom_components.alexa_media.cloud.property.client import SmartPropertiesClient
from custom_components.alexa_media.cloud.property.models import ThermostatMode, WifiStatus
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
    SET_COLOR,
    SET_COLOR_TEMPERATURE,
    SET_TARGET_SETPOINT,
    SET_THERMOSTAT_MODE,
    SET_VOLUME,
    TURN_OFF,
    TURN_ON,
)
from custom_components.alexa_media.cloud.property.requests import (
    NO_UNIT,
    AnyOf,
    EndpointFilter,
    Expand,
    KeyManagement,
    Match,
    PskWifi,
    QueryField,
)
from custom_components.alexa_media.cloud.property.settings import SETUP_MODE_PRIVILEGES, SettingKey, SetupModePrivilege
from custom_components.alexa_media.cloud.property.transport import AlexaAddressRejectedError, AlexaEndpointMovedError

from .property_driver import CLIENT, ENDPOINT, TOKEN, UNIT

EXPAND = (Expand.ALL, *(each for each in Expand if each is not Expand.ALL))
BED, LAMP, HVAC, DUAL = (f"{ENDPOINT}{name}" for name in ("101BED", "101LAMP", "101HVAC", "102HVAC"))


class _ToSimulation(AbstractResolver):
    """Resolves every host to the simulation."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        where = ResolveResult(
            hostname=host,
            host="127.0.0.1",
            port=self._port,
            family=socket.AF_INET,
            proto=0,
            flags=socket.AI_NUMERICHOST,
        )
        return [where]

    async def close(self) -> None:
        """Do nothing: the resolver has no resources."""


@pytest.fixture(scope="module")
def process() -> Iterator[Running]:
    """Serve the household in a separate process."""
    with start("property") as running:
        yield running


@pytest.fixture
async def api(process: Running, socket_enabled: None) -> AsyncIterator[SmartPropertiesClient]:
    """Return a client that requests a token when it needs one."""
    process.client.household("property")
    connector = aiohttp.TCPConnector(
        resolver=_ToSimulation(process.port), ssl=ssl.create_default_context(cafile=process.ca), use_dns_cache=False
    )
    held: list[str] = []

    async with aiohttp.ClientSession(connector=connector) as session:

        async def access_token(refused: str | None = None) -> str:
            if not held or held[-1] == refused:
                form = {"grant_type": "refresh_token", "refresh_token": "Atzr|property", **CLIENT}
                async with session.post(TOKEN, data=form) as answer:
                    held.append((await answer.json())["access_token"])
            return held[-1]

        yield SmartPropertiesClient(session, Region.NORTH_AMERICA, access_token)
    assert process.client.errors() == []


async def test_lists_units_and_the_search(api: SmartPropertiesClient, process: Running) -> None:
    units = [unit async for unit in api.iter_units(f"{UNIT}ORGANIZATION", depth=2)]
    assert [unit.name for unit in units] == ["Harbour Hotel", "Lobby", "Room 101", "Room 102"]
    assert (await api.get_unit(f"{UNIT}LOBBY")).name == "Lobby"
    rooms = [Match(QueryField.UNIT, unit.id) for unit in units]
    found = {each.id: each async for each in api.iter_query(AnyOf(rooms), expand=EXPAND)}
    found |= {each.id: each async for each in api.iter_endpoints(EndpointFilter(in_no_unit=True), expand=EXPAND)}
    given = process.client.state()["smartProperties"]["endpoints"]
    assert {key: each.name for key, each in found.items()} == {key: each["friendlyName"] for key, each in given.items()}
    assert found[LAMP].features[FeatureName.BRIGHTNESS].value(PropertyName.BRIGHTNESS, int) == 60
    by_serial = EndpointFilter(serial_number="G0SIMASP00000004")
    assert [each.id async for each in api.iter_endpoints(by_serial, expand=[Expand.ALL])] == [BED]
    assert (await api.get_endpoint(BED)).serial_number == "G0SIMASP00000004"


async def test_the_client_sets_features(api: SmartPropertiesClient, process: Running) -> None:
    await api.command(SET_COLOR, LAMP, requests.color(HueSaturation(hue=200, saturation=0.5, brightness=0.5)))
    await api.command(ADJUST_BRIGHTNESS, LAMP, requests.percent_delta("brightnessDelta", -20))
    await api.command(SET_COLOR_TEMPERATURE, LAMP, requests.kelvin(3000))
    await api.command(INCREASE_COLOR_TEMPERATURE, LAMP)
    await api.command(DECREASE_COLOR_TEMPERATURE, LAMP)
    await api.command(TURN_OFF, LAMP)
    await api.command(TURN_ON, LAMP)
    await api.command(SET_VOLUME, BED, requests.percent("volume", 20))
    await api.command(ADJUST_VOLUME, BED, requests.percent_delta("volumeDelta", 5))
    await api.command(SET_THERMOSTAT_MODE, HVAC, requests.thermostat_mode(ThermostatMode.COOL))
    warm = Temperature(value=23, scale=TemperatureScale.CELSIUS)
    await api.command(SET_TARGET_SETPOINT, HVAC, requests.setpoints(warm, None, None))
    one_degree = Temperature(value=1, scale=TemperatureScale.CELSIUS)
    await api.command(ADJUST_TARGET_SETPOINT, HVAC, requests.setpoint_delta(one_degree))
    cool = Temperature(value=20, scale=TemperatureScale.CELSIUS)
    await api.command(SET_TARGET_SETPOINT, DUAL, requests.setpoints(None, cool, warm))
    endpoints = process.client.state()["smartProperties"]["endpoints"]
    assert endpoints[LAMP]["features"] == {
        "power": {"powerState": "ON"},
        "brightness": {"brightness": 30},
        "color": {"color": {"hue": 200, "saturation": 0.5, "brightness": 0.3}},
        "colorTemperature": {"colorTemperatureInKelvin": 3000},
    }
    assert endpoints[BED]["features"]["speaker"]["volume"] == 25
    thermostat = endpoints[HVAC]["features"]["thermostat"]
    assert (thermostat["thermostatMode"], thermostat["targetSetpoint"]["value"]) == ("COOL", 24)
    assert endpoints[DUAL]["features"]["thermostat"]["lowerSetpoint"] == {"value": 68, "scale": "FAHRENHEIT"}
    assert (await api.read_feature(GET_COLOR_TEMPERATURE, LAMP)).value(PropertyName.COLOR_TEMPERATURE, int) == 3000
    assert (await api.read_feature(GET_SPEAKER, BED)).value(PropertyName.VOLUME, int) == 25
    for operation in (GET_COLOR, GET_BRIGHTNESS, GET_POWER, GET_CONNECTIVITY):
        assert (await api.read_feature(operation, LAMP)).properties
    for operation in (GET_THERMOSTAT, GET_TEMPERATURE_SENSOR):
        assert (await api.read_feature(operation, DUAL)).properties


async def test_settings_and_the_address(api: SmartPropertiesClient, process: Running) -> None:
    before = await api.get_all_settings(BED, list(SettingKey))
    assert {error.key for error in before.errors} == {"address"}
    assert len(before.settings) == 18
    for setting in before.settings:
        key = SettingKey(setting.key)
        assert (await api.get_setting(BED, key)).value == setting.value
        await api.put_setting(BED, key, setting.value)
    assert (await api.get_all_settings(BED, list(SettingKey))).settings == before.settings
    await api.write_setting(SETUP_MODE_PRIVILEGES, BED, (SetupModePrivilege.ALL_SETTINGS,))
    changed = await api.get_setting(BED, SettingKey.SETUP_MODE_PRIVILEGES)
    assert changed.value == (SetupModePrivilege.ALL_SETTINGS,)
    await api.write_setting(SETUP_MODE_PRIVILEGES, BED, ())
    address = await api.get_address(f"{ENDPOINT}LOBBYDESK")
    assert await api.post_address(BED, address) == address
    process.client.patch_state({"smartProperties": {"endpoints": {BED: {"address": {"city": " Springfield"}}}}})
    with pytest.raises(AlexaAddressRejectedError) as caught:
        await api.post_address(BED, await api.get_address(BED))
    assert caught.value.suggestions == (address,)


async def test_wifi_and_the_lifecycle_of_an_endpoint(api: SmartPropertiesClient, process: Running) -> None:
    await api.save_wifi_configurations([PskWifi(ssid="Guests", password="correct horse")])
    operation = await api.add_or_update_wifi_configurations(BED, "Guests", KeyManagement.WPA_PSK)
    assert (await api.get_wifi_installation_status(BED, operation)).status is WifiStatus.IN_PROGRESS
    process.client.advance(30)
    assert (await api.get_wifi_installation_status(BED, operation)).status is WifiStatus.SUCCESS
    await api.delete_timers(BED)
    await api.set_friendly_name(BED, "Room 101 window")
    await api.send_notification({"en-US": "Breakfast"}, endpoint_ids=[BED])
    (said,) = process.client.spoken()
    assert (said["device"], said["text"]) == ("Room 101 window", "Breakfast")
    moved = await api.set_associated_units(BED, f"{UNIT}ROOM102")
    with pytest.raises(AlexaEndpointMovedError) as caught:
        await api.get_wifi_installation_status(BED, operation)
    assert caught.value.new_id == moved.id
    process.client.advance(120)
    out = await api.set_associated_units(moved.id, NO_UNIT)
    process.client.advance(120)
    await api.deregister_endpoint(out.id)
    await api.forget_endpoint(LAMP)
    assert len(process.client.state()["smartProperties"]["endpoints"]) == 19


async def test_a_token_that_expires_is_renewed_once(api: SmartPropertiesClient, process: Running) -> None:
    await api.read_feature(GET_POWER, LAMP)
    process.client.fault(expire_tokens=True)
    await api.command(TURN_OFF, LAMP)
    assert [entry["status"] for entry in process.client.ledger(path="*/turnOff")] == [401, 200]
