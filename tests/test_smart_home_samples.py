"""Tests of old samples of appliances: their values are unknown, or shown with their age."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.entity import Entity
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


@pytest.fixture(autouse=True)
def _all_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enable the entities that are disabled by default."""
    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)


async def shown(hass: HomeAssistant, config_entry: MockConfigEntry, clock: Clock, entity_id: str) -> State:
    """Return the state of an entity after the setup."""
    await set_up(hass, config_entry)
    await clock.settle()
    return state_of(hass, entity_id)


class Sample(NamedTuple):
    """The entity that shows a feature of an appliance, and the values of the feature."""

    entity_id: str
    of: str
    feature: str
    values: dict[str, Any]


DETECTED, NOT_DETECTED = {"detectionState": "DETECTED"}, {"detectionState": "NOT_DETECTED"}
MOVED = Sample(MOTION, "Hall Motion", "motionSensor", DETECTED)
STILL = Sample(MOTION, "Hall Motion", "motionSensor", NOT_DETECTED)
OCCUPIED = Sample(OCCUPANCY, "Kitchen Show", "motionSensor", DETECTED)
BRIGHT = Sample(LIGHT, "Kitchen Show", "lightSensor", {"illuminance": 4321.0})
HOT = Sample(TEMPERATURE, "Kitchen Show", "temperatureSensor", {"temperature": WARM})
HUMID = Sample(HUMIDITY, "Air Monitor", "range.4", {"rangeValue": 77})
OPEN = Sample(DOOR, "Front Door", "contactSensor", DETECTED)


@pytest.fixture(name="take")
def take_fixture(sim: ControlClient, household: Household) -> Callable[[Sample, datetime], None]:
    """Return a function that stores a sample with its time in the cloud."""

    def take(sample: Sample, at: datetime) -> None:
        held = {sample.feature: {**sample.values, "sampled": at.timestamp()}}
        if sample.of == "Kitchen Show":
            household.change(sample.of, features=held)
        else:
            House(sim).change(sample.of, features=held)

    return take


@pytest.mark.parametrize(
    ("sample", "age", "state"),
    [
        (MOVED, WEEKS, "unknown"),
        (MOVED, HOURS, "unknown"),
        (MOVED, timedelta(minutes=5), "on"),
        (STILL, WEEKS, "unknown"),
        (STILL, HOURS, "off"),
        (MOVED._replace(values={"detectionState": "UNKNOWN"}), HOURS, "unknown"),
        (OCCUPIED, WEEKS, "unknown"),
        (BRIGHT, WEEKS, "unknown"),
        (BRIGHT, HOURS, "unknown"),
        (HOT, DAYS, "unknown"),
        (HOT, HOURS, "31.5"),
        (HUMID, WEEKS, "unknown"),
        (OPEN, WEEKS, "on"),
    ],
)
async def test_an_old_sample_is_unknown_or_shows_its_age(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    clock: Clock,
    take: Callable[[Sample, datetime], None],
    sample: Sample,
    age: timedelta,
    state: str,
) -> None:
    at = datetime.now(UTC) - age
    take(sample, at)
    found = await shown(hass, config_entry, clock, sample.entity_id)
    assert found.state == state
    assert abs(datetime.fromisoformat(found.attributes["last_sampled"]) - at) < timedelta(seconds=1)
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_sample_becomes_too_old_while_nothing_else_changes(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
) -> None:
    House(sim).set("Hall Motion", "motionSensor", detectionState="DETECTED")
    assert (await shown(hass, config_entry, clock, MOTION)).state == "on"
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
) -> None:
    old = (datetime.now(UTC) - DAYS).timestamp()
    House(sim).set("Hall Thermostat", "temperatureSensor", temperature=WARM, sampled=old)
    found = await shown(hass, config_entry, clock, THERMOSTAT)
    assert found.state == "heat"
    assert found.attributes["current_temperature"] is None
    assert found.attributes["temperature"] == 21
    assert await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.parametrize(
    ("sample", "lasts", "before"),
    [
        (HOT, timedelta(days=1), "31.5"),
        (BRIGHT, timedelta(hours=1), "4321.0"),
        (OCCUPIED, timedelta(hours=1), "on"),
        (HUMID, timedelta(days=1), "77.0"),
    ],
)
async def test_a_sample_becomes_too_old_while_the_cloud_answers_the_same(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    clock: Clock,
    take: Callable[[Sample, datetime], None],
    sample: Sample,
    lasts: timedelta,
    before: str,
) -> None:
    """A sensor that no longer reports has the same sample in each response, and no push."""
    take(sample, datetime.now(UTC) - lasts + timedelta(minutes=15))
    assert (await shown(hass, config_entry, clock, sample.entity_id)).state == before
    await clock.advance(10 * 60, step=60)
    assert state_of(hass, sample.entity_id).state == before
    # before the next poll, which is in another five minutes
    await clock.advance(5 * 60 + 10, step=60)
    assert state_of(hass, sample.entity_id).state == "unknown"
    assert await hass.config_entries.async_unload(config_entry.entry_id)
