"""Tests of Amazon times that are far in the future: later events are still processed."""

from datetime import UTC, datetime, timedelta
import time
from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Clock, Household, set_up, state_of
from tests.platforms.appliances import House

pytestmark = pytest.mark.platforms("binary_sensor", "light", "media_player")

YEARS = timedelta(days=20 * 365)


@pytest.mark.parametrize("pushed", [False, True], ids=["read", "pushed"])
@pytest.mark.parametrize(
    ("of", "feature", "wrong", "right", "entity_id", "state"),
    [
        pytest.param(
            "Front Door",
            "contactSensor",
            {"detectionState": "DETECTED"},
            {"detectionState": "NOT_DETECTED"},
            "binary_sensor.hall_front_door",
            "off",
            id="contact",
        ),
        pytest.param(
            "Hall Light", "power", {"powerState": "ON"}, {"powerState": "OFF"}, "light.hall_hall_light", "off"
        ),
    ],
)
async def test_a_sample_from_the_future_does_not_outdate_the_present(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    of: str,
    feature: str,
    wrong: dict[str, Any],
    right: dict[str, Any],
    entity_id: str,
    state: str,
    pushed: bool,
) -> None:
    house = House(sim)
    if pushed:
        await set_up(hass, config_entry)
        await clock.settle()
    house.set(of, feature, **wrong, sampled=(datetime.now(UTC) + YEARS).timestamp())
    if not pushed:
        await set_up(hass, config_entry)
    await clock.settle()
    assert entity_id in hass.states.async_entity_ids(), [e for e in hass.states.async_entity_ids() if "hall" in e]
    assert state_of(hass, entity_id).state != state
    house.set(of, feature, **right, sampled=datetime.now(UTC).timestamp())
    await clock.settle()
    await config_entry.runtime_data.smart_home.async_refresh()
    await clock.settle()
    assert state_of(hass, entity_id).state == state
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_command_from_the_future_is_replaced_by_a_later_command(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The Echo that is spoken to now becomes the last called one."""

    def record(name: str, moment: float) -> dict[str, Any]:
        device, serial, now = household.device(name), household.serial(name), round(moment * 1000)
        key = f"A2SIMJO7D0EQ11#{now}#{device['deviceType']}#{serial}"
        return {
            "timestamp": now,
            "recordType": "VOICE_HISTORY",
            "utteranceType": "GENERAL",
            "title": "hello",
            "subTitle": "",
            "activityKey": key,
            "personsInfo": [],
        }

    for name, moment in (("Office Spot", time.time() + YEARS.total_seconds()), ("Kitchen Show", time.time())):
        body = {"alexaHistoryRecords": [record(name, moment)], "encodedRequestToken": None}
        sim.clear_faults()
        sim.fault(path="/alexa-privacy/apd/rah/*", status=200, body=body)
        await hass.services.async_call(DOMAIN, "update_last_called", {}, blocking=True)
        await hass.async_block_till_done()
    assert state_of(hass, "media_player.kitchen_show").attributes["last_called"] is True
    assert state_of(hass, "media_player.office_spot").attributes["last_called"] is False
