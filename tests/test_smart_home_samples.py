"""Tests of old samples of appliances: their values are unknown, or shown with their age."""

from datetime import UTC, datetime, timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient

from .conftest import Clock, Household, set_up, state_of
from .platforms.appliances import House

pytestmark = pytest.mark.platforms("binary_sensor", "climate", "sensor")

MOTION, OCCUPANCY = "binary_sensor.hall_hall_motion_motion", "binary_sensor.kitchen_show_occupancy"
LIGHT, DOOR = "sensor.kitchen_show_illuminance", "binary_sensor.hall_front_door"
TEMPERATURE, HUMIDITY = "sensor.kitchen_show_temperature", "sensor.living_room_air_monitor_humidity"
THERMOSTAT = "climate.hall_hall_thermostat"
WEEKS, DAYS, HOURS = timedelta(weeks=3), timedelta(days=3), timedelta(hours=3)
WARM = {"value": 31.5, "scale": "CELSIUS"}


async def shown(
    hass: HomeAssistant, config_entry: MockConfigEntry, clock: Clock, registry: er.EntityRegistry, entity_id: str
) -> Any:
    """Return the state of an entity after enabling it."""
    await set_up(hass, config_entry)
    await clock.settle()
    if registry.async_get(entity_id).disabled_by is not None:  # type: ignore[union-attr]
        registry.async_update_entity(entity_id, disabled_by=None)
        await hass.config_entries.async_reload(config_entry.entry_id)
        await clock.settle()
    return state_of(hass, entity_id)


@pytest.mark.parametrize(
    ("entity_id", "of", "feature", "values", "age", "state"),
    [
        (MOTION, "Hall Motion", "motionSensor", {"detectionState": "DETECTED"}, WEEKS, "unknown"),
        (MOTION, "Hall Motion", "motionSensor", {"detectionState": "DETECTED"}, HOURS, "unknown"),
        (MOTION, "Hall Motion", "motionSensor", {"detectionState": "DETECTED"}, timedelta(minutes=5), "on"),
        (MOTION, "Hall Motion", "motionSensor", {"detectionState": "NOT_DETECTED"}, WEEKS, "unknown"),
        (MOTION, "Hall Motion", "motionSensor", {"detectionState": "NOT_DETECTED"}, HOURS, "off"),
        (MOTION, "Hall Motion", "motionSensor", {"detectionState": "UNKNOWN"}, HOURS, "unknown"),
        (OCCUPANCY, "Kitchen Show", "motionSensor", {"detectionState": "DETECTED"}, WEEKS, "unknown"),
        (LIGHT, "Kitchen Show", "lightSensor", {"illuminance": 4321.0}, WEEKS, "unknown"),
        (LIGHT, "Kitchen Show", "lightSensor", {"illuminance": 4321.0}, HOURS, "unknown"),
        (TEMPERATURE, "Kitchen Show", "temperatureSensor", {"temperature": WARM}, DAYS, "unknown"),
        (TEMPERATURE, "Kitchen Show", "temperatureSensor", {"temperature": WARM}, HOURS, "31.5"),
        (HUMIDITY, "Air Monitor", "range.4", {"rangeValue": 77}, WEEKS, "unknown"),
        (DOOR, "Front Door", "contactSensor", {"detectionState": "DETECTED"}, WEEKS, "on"),
    ],
)
async def test_an_old_sample_is_unknown_or_shows_its_age(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    entity_registry: er.EntityRegistry,
    household: Household,
    entity_id: str,
    of: str,
    feature: str,
    values: dict[str, Any],
    age: timedelta,
    state: str,
) -> None:
    at = datetime.now(UTC) - age
    held = {feature: {**values, "sampled": at.timestamp()}}
    if of == "Kitchen Show":
        household.change(of, features=held)
    else:
        House(sim).change(of, features=held)
    found = await shown(hass, config_entry, clock, entity_registry, entity_id)
    assert found.state == state
    assert abs(datetime.fromisoformat(found.attributes["last_sampled"]) - at) < timedelta(seconds=1)
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_sample_becomes_too_old_while_nothing_else_changes(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    entity_registry: er.EntityRegistry,
) -> None:
    House(sim).set("Hall Motion", "motionSensor", detectionState="DETECTED")
    assert (await shown(hass, config_entry, clock, entity_registry, MOTION)).state == "on"
    await clock.advance(30 * 60, step=300)
    assert state_of(hass, MOTION).state == "on"
    await clock.advance(45 * 60, step=300)
    assert state_of(hass, MOTION).state == "unknown"
    House(sim).set("Hall Motion", "motionSensor", detectionState="NOT_DETECTED")
    await clock.advance(120)
    assert state_of(hass, MOTION).state == "off"
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_thermostat_does_not_show_what_it_measured_on_another_day(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    entity_registry: er.EntityRegistry,
) -> None:
    old = (datetime.now(UTC) - DAYS).timestamp()
    House(sim).set("Hall Thermostat", "temperatureSensor", temperature=WARM, sampled=old)
    found = await shown(hass, config_entry, clock, entity_registry, THERMOSTAT)
    assert found.state == "heat"
    assert found.attributes["current_temperature"] is None
    assert found.attributes["temperature"] == 21
    assert await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.parametrize(
    ("entity_id", "of", "feature", "values", "lasts", "before"),
    [
        (TEMPERATURE, "Kitchen Show", "temperatureSensor", {"temperature": WARM}, timedelta(days=1), "31.5"),
        (LIGHT, "Kitchen Show", "lightSensor", {"illuminance": 4321.0}, timedelta(hours=1), "4321.0"),
        (OCCUPANCY, "Kitchen Show", "motionSensor", {"detectionState": "DETECTED"}, timedelta(hours=1), "on"),
        (HUMIDITY, "Air Monitor", "range.4", {"rangeValue": 77}, timedelta(days=1), "77.0"),
    ],
)
async def test_a_sample_becomes_too_old_while_the_cloud_answers_the_same(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    entity_registry: er.EntityRegistry,
    household: Household,
    entity_id: str,
    of: str,
    feature: str,
    values: dict[str, Any],
    lasts: timedelta,
    before: str,
) -> None:
    """A sensor that no longer reports has the same sample in each response, and no push."""
    at = datetime.now(UTC) - lasts + timedelta(minutes=15)
    held = {feature: {**values, "sampled": at.timestamp()}}
    if of == "Kitchen Show":
        household.change(of, features=held)
    else:
        House(sim).change(of, features=held)
    assert (await shown(hass, config_entry, clock, entity_registry, entity_id)).state == before
    await clock.advance(10 * 60, step=60)
    assert state_of(hass, entity_id).state == before
    # before the next poll, which is in another five minutes
    await clock.advance(5 * 60 + 10, step=60)
    assert state_of(hass, entity_id).state == "unknown"
    assert await hass.config_entries.async_unload(config_entry.entry_id)
