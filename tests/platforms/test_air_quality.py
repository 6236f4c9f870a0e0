"""The history of an air quality monitor becomes statistics."""

from datetime import timedelta
import json
from pathlib import Path
from typing import Any

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
import yaml

from alexa_sim.client import ControlClient
from custom_components.alexa_media import sensor
from custom_components.alexa_media.const import DOMAIN

pytestmark = pytest.mark.platforms("sensor")

HUMIDITY = "sensor.living_room_air_monitor_humidity"
SERVICES = Path(sensor.__file__).parent / "services.yaml"
GRAPHQL = "/nexus/v1/graphql"


@pytest.fixture(autouse=True)
def _custom_integrations(recorder_mock: Recorder, enable_custom_integrations: None) -> None:
    """Set up the recorder, which has to be there before Home Assistant."""


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
    assert _asked(sim) == []
    assert await _import(hass) == {HUMIDITY: {"hours": 24}}
    await async_wait_recording_done(hass)
    start = dt_util.utcnow() - timedelta(days=2)
    held = await recorder_mock.async_add_executor_job(
        statistics_during_period, hass, start, None, {HUMIDITY}, "hour", None, {"mean"}
    )
    assert [row["mean"] for row in held[HUMIDITY]] == [46.0] * 24
    (body,) = _asked(sim)
    assert body["variables"]["input"]["devices"][0]["instance"] == "4"


async def test_an_account_without_a_history_is_asked_once(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient
) -> None:
    sim.fault(path=GRAPHQL, method="POST", status=400)
    for _ in range(2):
        with pytest.raises(HomeAssistantError):
            await _import(hass)
    assert len(_asked(sim)) == 1
    assert "air_quality_history" in entry.runtime_data.backend.unsupported


async def test_nothing_is_asked_without_statistics(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient
) -> None:
    hass.config.components.remove("recorder")
    with pytest.raises(ServiceValidationError) as raised:
        await _import(hass)
    assert raised.value.translation_key == "recorder_missing"
    assert _asked(sim) == []


def test_the_editor_offers_the_import_for_the_kinds_of_sensors_of_the_monitor() -> None:
    """An Echo has sensors too, but no history."""
    described = yaml.safe_load(SERVICES.read_text())["import_air_quality"]["target"]["entity"]
    assert described["domain"] == "sensor"
    assert set(described["device_class"]) == {str(item.device_class) for item in sensor.MONITOR.values()}
