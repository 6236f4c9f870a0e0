"""Tests of importing the history of an air quality monitor into statistics."""

from datetime import UTC, datetime, timedelta
from functools import partial
import json
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.models import StatisticData, StatisticMeanType, StatisticMetaData
from homeassistant.components.recorder.statistics import (
    async_import_statistics,
    get_metadata,
    statistics_during_period,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import CarbonMonoxideConcentrationConverter
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
import yaml

from alexa_sim.client import ControlClient
from custom_components.alexa_media import sensor
from custom_components.alexa_media.const import DOMAIN

from .appliances import House

pytestmark = pytest.mark.platforms("sensor")

HUMIDITY = "sensor.living_room_air_monitor_humidity"
MONOXIDE = "sensor.living_room_air_monitor_carbon_monoxide"
SERVICES = Path(sensor.__file__).parent / "services.yaml"
GRAPHQL = "/nexus/v1/graphql"


@pytest.fixture(autouse=True)
def _custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Set up the recorder, which must be set up before Home Assistant."""


async def _import(hass: HomeAssistant, entity_id: str = HUMIDITY, **given: Any) -> Any:
    """Import the history of a sensor; return the response."""
    data = {"entity_id": entity_id, **given}
    return await hass.services.async_call(DOMAIN, "import_air_quality", data, blocking=True, return_response=True)


def _asked(sim: ControlClient) -> list[dict[str, Any]]:
    """Return the requests for the history."""
    bodies = [json.loads(one["body"]) for one in sim.ledger(method="POST", path=GRAPHQL)]
    return [body for body in bodies if isinstance(body, dict) and body.get("operationName") == "airQuality"]


async def test_the_hours_of_a_day_become_statistics(
    recorder_mock: Recorder, hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient
) -> None:
    """Hours that Amazon fails to return are requested again."""
    assert _asked(sim) == []
    fault = sim.fault(path=GRAPHQL, operation="airQuality", status=503)
    with pytest.raises(HomeAssistantError) as raised:
        await _import(hass)
    assert raised.value.translation_key == "cannot_connect"
    assert entry.runtime_data.backend.unsupported == ()
    assert fault
    sim.remove_fault(fault)
    sim.reset_ledger()
    assert await _import(hass) == {HUMIDITY: {"hours": 24}}
    await async_wait_recording_done(hass)
    start = dt_util.utcnow() - timedelta(days=2)
    held = await recorder_mock.async_add_executor_job(
        statistics_during_period, hass, start, None, {HUMIDITY}, "hour", None, {"mean"}
    )
    assert [row["mean"] for row in held[HUMIDITY]] == [46.0] * 24
    (body,) = _asked(sim)
    assert body["variables"]["input"]["devices"][0]["instance"] == "4"


async def _held(recorder: Recorder, hass: HomeAssistant, entity_id: str) -> list[Any]:
    """Return the hours in a sensor's statistics, in the unit in which they are stored."""
    await async_wait_recording_done(hass)
    start, types = dt_util.utcnow() - timedelta(days=2), {"mean", "min", "max"}
    held: dict[str, list[Any]] = await recorder.async_add_executor_job(
        statistics_during_period, hass, start, None, {entity_id}, "hour", None, types
    )
    return held[entity_id]


async def _record(hass: HomeAssistant, entity_id: str, unit: str, unit_class: str, **values: float) -> None:
    """Add statistics of a sensor for the hour that began three hours ago."""
    at = dt_util.utcnow().replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    metadata = StatisticMetaData(
        mean_type=StatisticMeanType.ARITHMETIC,
        has_sum=False,
        name=None,
        source="recorder",
        statistic_id=entity_id,
        unit_class=unit_class,
        unit_of_measurement=unit,
    )
    async_import_statistics(hass, metadata, [StatisticData(start=at, **values)])  # type: ignore[typeddict-item]
    await async_wait_recording_done(hass)


async def test_recorded_hours_keep_their_minimum_and_maximum(
    recorder_mock: Recorder, hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await _record(hass, HUMIDITY, "%", "unitless", mean=50.0, min=40.0, max=60.0)
    assert await _import(hass) == {HUMIDITY: {"hours": 23}}
    held = await _held(recorder_mock, hass, HUMIDITY)
    assert [(row["min"], row["mean"], row["max"]) for row in held if row["mean"] != 46.0] == [(40.0, 50.0, 60.0)]
    assert len(held) == 24
    assert await _import(hass) == {HUMIDITY: {"hours": 0}}


@pytest.mark.parametrize("is_recorded", [False, True])
async def test_hours_are_imported_in_the_unit_of_the_statistics(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    entry: MockConfigEntry,
    sim: ControlClient,
    is_recorded: bool,
) -> None:
    """New statistics have the unit of the state; existing ones keep their unit when the user selects another one."""
    registry = er.async_get(hass)
    house = House(sim)
    house.set("Air Monitor", "range.8", rangeValue=10)
    if is_recorded:
        await _record(hass, MONOXIDE, "ppm", "carbon_monoxide", mean=10.0, min=9.0, max=11.0)
    registry.async_update_entity_options(MONOXIDE, "sensor", {"unit_of_measurement": "mg/m³"})
    await hass.async_block_till_done()
    assert await _import(hass, MONOXIDE) == {MONOXIDE: {"hours": 23 if is_recorded else 24}}
    await async_wait_recording_done(hass)
    known = await recorder_mock.async_add_executor_job(partial(get_metadata, hass, statistic_ids={MONOXIDE}))
    unit = "ppm" if is_recorded else "mg/m³"
    assert known[MONOXIDE][1]["unit_of_measurement"] == unit
    held = await recorder_mock.async_add_executor_job(
        statistics_during_period,
        hass,
        dt_util.utcnow() - timedelta(days=2),
        None,
        {MONOXIDE},
        "hour",
        {"carbon_monoxide": unit},
        {"mean"},
    )
    wanted = 10.0 if is_recorded else CarbonMonoxideConcentrationConverter.convert(10.0, "ppm", "mg/m³")
    assert [row["mean"] for row in held[MONOXIDE]] == [pytest.approx(wanted)] * 24


def test_hours_are_rounded_down_in_utc() -> None:
    at = datetime(2026, 5, 1, 12, 30, tzinfo=ZoneInfo("Asia/Kolkata"))
    assert sensor._hour(at) == datetime(2026, 5, 1, 7, tzinfo=UTC)


async def test_an_unsupported_history_request_is_sent_once(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient
) -> None:
    sim.fault(path=GRAPHQL, method="POST", status=400)
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await _import(hass)
    assert len(_asked(sim)) == 1
    assert "air_quality_history" in entry.runtime_data.backend.unsupported


# HOLE@@
async def test_nothing_is_requested_without_statistics(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient
) -> None:
    hass.config.components.remove("recorder")
    with pytest.raises(ServiceValidationError) as raised:
        await _import(hass)
    assert raised.value.translation_key == "recorder_missing"
    assert _asked(sim) == []


def test_the_editor_offers_the_import_for_the_kinds_of_sensors_of_the_monitor() -> None:
    """The import is not offered for an Echo, whose sensors have no history."""
    described = yaml.safe_load(SERVICES.read_text())["import_air_quality"]["target"]["entity"]
    assert described["domain"] == "sensor"
    assert set(described["device_class"]) == {str(item.device_class) for item in sensor.MONITOR.values()}
