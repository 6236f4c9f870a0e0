"""Tests of thermostats with the simulated cloud."""

from functools import partial

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.climate import AlexaThermostat
from tests.conftest import act, set_up, state_of, until

from .appliances import GRAPHQL, PHOENIX, House, shows

pytestmark = pytest.mark.platforms("climate")

HALL = "climate.hall_hall_thermostat"
NAME = "Hall Thermostat"


async def shown(hass: HomeAssistant, state: str, **attributes: object) -> None:
    """Wait until the thermostat has a state and attributes."""

    def holds() -> bool:
        now = state_of(hass, HALL)
        return now.state == state and all(now.attributes.get(name) == value for name, value in attributes.items())

    await until(hass, holds)


async def test_the_state_is_that_of_the_cloud(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    """HEAT has one temperature, AUTO has two, and ECO is a preset of the previous mode; all changes are pushed."""
    house = House(sim)
    thermostat = state_of(hass, HALL)
    assert thermostat.attributes["hvac_modes"] == ["heat", "cool", "heat_cool", "off"]
    assert thermostat.attributes["preset_modes"] == ["none", "eco"]
    registered = entity_registry.async_get(HALL)
    assert registered is not None
    assert registered.unique_id == house.entity_id(NAME)
    await shown(hass, "heat", temperature=21, current_temperature=20.5, target_temp_low=None, preset_mode="none")

    house.set(NAME, "thermostat", thermostatMode="AUTO")
    await shown(hass, "heat_cool", temperature=None, target_temp_low=19, target_temp_high=24)
    house.set(NAME, "thermostat", thermostatMode="COOL")
    await shown(hass, "cool", temperature=21, target_temp_high=None)
    house.set(NAME, "thermostat", thermostatMode="ECO")
    await shown(hass, "cool", preset_mode="eco")
    house.set(NAME, "thermostat", thermostatMode="OFF")
    await shown(hass, "off", preset_mode="none")
    house.set(NAME, "temperatureSensor", temperature={"value": 68.0, "scale": "FAHRENHEIT"})
    await shown(hass, "off", current_temperature=20)


async def test_each_action_is_one_request(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    """The shown state is the one in the cloud."""
    house = House(sim)
    sim.reset_ledger()
    await act(hass, "set_temperature", HALL, temperature=22.5)
    await shown(hass, "heat", temperature=22.5)
    assert house.feature(NAME, "thermostat")["targetSetpoint"] == {"value": 22.5, "scale": "CELSIUS"}

    await act(hass, "set_temperature", HALL, hvac_mode="heat_cool", target_temp_low=18, target_temp_high=25)
    await shown(hass, "heat_cool", target_temp_low=18, target_temp_high=25)
    assert house.feature(NAME, "thermostat")["thermostatMode"] == "AUTO"

    await act(hass, "set_preset_mode", HALL, preset_mode="eco")
    await shown(hass, "heat_cool", preset_mode="eco")
    await act(hass, "set_preset_mode", HALL, preset_mode="none")
    await shown(hass, "heat_cool", preset_mode="none")
    assert house.feature(NAME, "thermostat")["thermostatMode"] == "AUTO"
    before = len(house.commands())
    await act(hass, "set_preset_mode", HALL, preset_mode="none")
    assert len(house.commands()) == before, "no preset is active"

    await act(hass, "set_hvac_mode", HALL, hvac_mode="cool")
    await shown(hass, "cool")
    await act(hass, "turn_off", HALL)
    await shown(hass, "off")
    await act(hass, "turn_on", HALL)
    await shown(hass, "cool")
    assert len(house.commands()) == before + 3
    assert house.phoenix() == []


async def test_unsupported_modes_are_refused(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    """They are refused before a request; Amazon's refusal of other modes reaches the caller."""
    house = House(sim)
    sim.reset_ledger()
    with pytest.raises(ServiceValidationError) as invalid:
        await act(hass, "set_temperature", HALL, temperature=22, hvac_mode="dry")
    assert invalid.value.translation_key == "thermostat_mode"
    with pytest.raises(ServiceValidationError):
        await act(hass, "set_temperature", HALL, temperature=99)
    assert house.commands() == []
    sim.fault(path=PHOENIX, method="PUT", status=400, body={"message": "no"}, times=1)
    sim.fault(path=GRAPHQL, status=400, body={"message": "no"}, times=1)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "set_temperature", HALL, temperature=23)
    assert raised.value.translation_key == "command_refused"
    await shown(hass, "heat", temperature=21)
    house.change(NAME, reachable=False)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "set_hvac_mode", HALL, hvac_mode="off")
    assert raised.value.translation_key == "unreachable"
    assert state_of(hass, HALL).state == "unavailable"


async def test_controls_refused_by_graphql_are_sent_to_phoenix(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """Every control is covered; a control with an unknown outcome is not sent again."""
    house = House(sim)
    sim.fault(path=GRAPHQL, status=400, body={"message": "no"}, times=1)
    sim.reset_ledger()
    await act(hass, "set_temperature", HALL, temperature=23)
    await shown(hass, "heat", temperature=23)
    assert len(house.phoenix()) == 1
    sim.fault(path=GRAPHQL, status=503, times=1)
    sim.reset_ledger()
    with pytest.raises(HomeAssistantError):
        await act(hass, "set_temperature", HALL, temperature=24)
    assert house.phoenix() == []


async def test_the_current_action_and_the_limits_are_shown(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """The action is derived from the stages; humidity and limits (also 0) are shown, and pushes update them."""
    house = House(sim)
    limits = {"minimum": {"value": 0.0, "scale": "CELSIUS"}, "maximum": {"value": 28.0, "scale": "CELSIUS"}}
    house.change(
        NAME,
        features={
            "humiditySensor": {"relativeHumidity": 48.0},
            "hvac": {"primaryHeaterStage": "STAGE_1", "coolerStage": "OFF", "fanStage": "OFF"},
            "thermostatConfiguration": {"allowedTemperatureRange": {"heating": limits, "cooling": None}},
        },
    )
    await set_up(hass, config_entry)
    await shown(hass, "heat", current_humidity=48, hvac_action="heating", min_temp=0, max_temp=28)
    house.set(NAME, "hvac", primaryHeaterStage="OFF")
    await shown(hass, "heat", hvac_action="idle")
    house.set(NAME, "hvac", fanStage="STAGE_1")
    await shown(hass, "heat", hvac_action="fan")
    house.set(NAME, "humiditySensor", relativeHumidity=55.0)
    await shown(hass, "heat", current_humidity=55)
    with pytest.raises(ServiceValidationError):
        await act(hass, "set_temperature", HALL, temperature=29)
    house.set(NAME, "hvac", fanStage="OFF")
    await act(hass, "set_hvac_mode", HALL, hvac_mode="off")
    await shown(hass, "off", hvac_action="off")


async def test_a_thermostat_in_fahrenheit_gets_fahrenheit(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """The temperature is sent in Fahrenheit, whatever unit Home Assistant uses."""
    house = House(sim)
    setpoint = {"value": 70.0, "scale": "FAHRENHEIT"}
    features = {
        "thermostat": {"supportedModes": ["HEAT", "OFF"], "thermostatMode": "HEAT", "targetSetpoint": setpoint},
        "temperatureSensor": {"temperature": {"value": 68.0, "scale": "FAHRENHEIT"}},
    }
    added = "5e000000-0000-4000-8000-0000000000a2"
    house.add(added, {"name": "Attic", "category": "THERMOSTAT", "model": "T", "features": features})
    hass.config.units = US_CUSTOMARY_SYSTEM
    await set_up(hass, config_entry)
    attic = await until(hass, lambda: hass.states.get("climate.attic"))
    assert (attic.state, attic.attributes["temperature"], attic.attributes["current_temperature"]) == ("heat", 70, 68)
    assert "target_temp_low" not in attic.attributes
    assert "preset_modes" not in attic.attributes
    data = {"entity_id": "climate.attic", "temperature": 66}
    await hass.services.async_call("climate", "set_temperature", data, blocking=True)
    assert house.feature("Attic", "thermostat")["targetSetpoint"] == {"value": 66, "scale": "FAHRENHEIT"}
    await hass.services.async_call("climate", "turn_off", {"entity_id": "climate.attic"}, blocking=True)
    await until(hass, partial(hass.states.is_state, "climate.attic", "off"))
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_thermostat_without_modes_has_a_temperature(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """Its target temperature can be set."""
    house = House(sim)
    thermostat = {"supportedModes": [], "targetSetpoint": {"value": 20.0, "scale": "CELSIUS"}}
    added = "5e000000-0000-4000-8000-0000000000a6"
    features = {"thermostat": thermostat}
    house.add(added, {"name": "Radiator", "category": "THERMOSTAT", "model": "R", "features": features})
    await set_up(hass, config_entry)
    radiator = await until(hass, lambda: hass.states.get("climate.radiator"))
    assert (radiator.state, radiator.attributes["temperature"]) == ("unknown", 20)
    data = {"entity_id": "climate.radiator", "temperature": 18}
    await hass.services.async_call("climate", "set_temperature", data, blocking=True)
    await until(hass, partial(shows, hass, "climate.radiator", temperature=18))
    assert await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.parametrize(
    "name",
    [
        "temperature_unit",
        "current_temperature",
        "target_temperature",
        "target_temperature_low",
        "target_temperature_high",
    ],
)
def test_temperatures_have_both_names(name: str) -> None:
    """Home Assistant 2026.11 reads ``native_…`` and warns about a class with only the old name."""
    assert vars(AlexaThermostat)[f"native_{name}"] is vars(AlexaThermostat)[name]
