"""Tests with input of unusual size or depth, and with duplicate entries."""

import asyncio
import math
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import probatio as vol
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import state_of, until

from .tools import collecting

KITCHEN = "media_player.kitchen_show"
THERMOSTAT = "climate.hall_hall_thermostat"


@pytest.mark.platforms("media_player")
@pytest.mark.parametrize("message", ["word " * 40_000, "x" * 200_000], ids=["many words", "one long word"])
async def test_a_text_of_a_template_that_went_wrong_does_not_mute_an_echo(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, message: str
) -> None:
    try:
        await hass.services.async_call(DOMAIN, "speak", {"entity_id": KITCHEN, "message": message}, blocking=True)
    except HomeAssistantError:
        assert sim.ledger(path="/api/behaviors/preview") == []
    spoken = len(sim.spoken())
    async with asyncio.timeout(10):
        await hass.services.async_call(DOMAIN, "speak", {"entity_id": KITCHEN, "message": "next"}, blocking=True)
    waits = entry.runtime_data.backend._scheduler._speaks_until.values()
    assert max(waits, default=0.0) - asyncio.get_running_loop().time() < 1800
    assert spoken < 200


@pytest.mark.platforms("media_player")
async def test_steps_as_deep_as_the_frontend_can_send_them_are_refused(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    subtests: pytest.Subtests,
) -> None:
    client = await hass_ws_client(hass)
    for depth in (10, 100, 300, 480, 500):
        with subtests.test(str(depth)):
            steps: list[dict[str, Any]] = [{"speak": "x"}]
            for _ in range(depth):
                steps = [{"parallel": steps}]
            data = {"steps": steps, "entity_id": KITCHEN}
            sim.reset_ledger()
            with collecting() as log:
                await client.send_json_auto_id(
                    {"type": "call_service", "domain": DOMAIN, "service": "run_sequence", "service_data": data}
                )
                answer = await client.receive_json()
            assert answer["error"]["code"] == "service_validation_error"
            # Home Assistant logs the message of a refused action as an error, without a traceback
            assert all("maximum is 5 levels" in line and "Traceback" not in line for line in log.bad()), log.bad()
            assert sim.ledger(path="/api/behaviors/preview") == []


@pytest.mark.platforms("media_player")
async def test_a_duration_without_a_usable_length_is_refused(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """A duration that is infinite, not a number or too long is invalid input and not an unknown error."""
    actions = ("create_timer", "add_to_timer", "snooze_alarm", "set_do_not_disturb", "set_sleep_timer")
    values: tuple[object, ...] = (math.inf, -math.inf, math.nan, 1e300, "inf", "nan", 10**400)
    lengths = (*values, *({"hours": value} for value in values))
    calls: list[tuple[str, dict[str, Any]]] = [(name, {"duration": length}) for name in actions for length in lengths]
    calls += [
        ("run_sequence", {"steps": [{name: length}]}) for name in ("do_not_disturb", "wait") for length in lengths
    ]
    intervals = (math.inf, math.nan, 1.5, True)
    calls += [("create_alarm", {"at": "07:00", "weekdays": ["MO"], "interval": value}) for value in intervals]
    sim.reset_ledger()
    for name, data in calls:
        with pytest.raises((ServiceValidationError, vol.Invalid)):
            await hass.services.async_call(DOMAIN, name, {"entity_id": KITCHEN, **data}, blocking=True)
    assert sim.ledger(method="POST", path="/api/behaviors/*") == []


@pytest.mark.platforms("media_player")
async def test_a_timer_of_music_without_a_usable_length_is_refused(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    data = {"entity_id": KITCHEN, "media_content_type": "AMAZON_MUSIC", "media_content_id": "quill"}
    sim.reset_ledger()
    for value in (math.inf, -math.inf, math.nan, "inf", 30.9, "30.5"):
        with pytest.raises(ServiceValidationError) as raised:
            await hass.services.async_call(
                "media_player", "play_media", {**data, "extra": {"timer": value}}, blocking=True
            )
        assert raised.value.translation_key == "timer_invalid"
    assert sim.ledger(method="POST", path="/api/behaviors/*") == []


@pytest.mark.platforms("climate", "number")
async def test_a_value_that_is_not_a_number_is_refused(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("number", "set_value", {"entity_id": "number.kitchen_show_alarm_volume", "value": "nan"}),
        ("number", "set_value", {"entity_id": "number.diffuser_intensity", "value": "nan"}),
        ("climate", "set_temperature", {"entity_id": THERMOSTAT, "temperature": "nan"}),
        ("climate", "set_temperature", {"entity_id": THERMOSTAT, "target_temp_low": "nan", "target_temp_high": 21}),
    ]
    sim.reset_ledger()
    for domain, name, data in calls:
        with pytest.raises(ServiceValidationError) as raised:
            await hass.services.async_call(domain, name, data, blocking=True)
        assert raised.value.translation_key == "invalid_value"
    assert [request for request in sim.ledger() if request["method"] in ("POST", "PUT")] == []


@pytest.mark.platforms("media_player")
async def test_a_position_past_any_end_is_refused_by_amazon(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    data = {"media_content_type": "AMAZON_MUSIC", "media_content_id": "quill"}
    await hass.services.async_call("media_player", "play_media", {"entity_id": KITCHEN, **data}, blocking=True)
    await until(hass, lambda: state_of(hass, KITCHEN).state == "playing")
    for position in (math.inf, 1e300):
        with pytest.raises(HomeAssistantError) as raised:
            await hass.services.async_call(
                "media_player", "media_seek", {"entity_id": KITCHEN, "seek_position": position}, blocking=True
            )
        assert raised.value.translation_key == "command_refused"


@pytest.mark.platforms("media_player")
async def test_removing_a_copied_entry_keeps_the_registration_of_the_other(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, entry_data: dict[str, Any]
) -> None:
    """Two entries share one registration, like after restoring a backup."""
    copy = MockConfigEntry(domain=DOMAIN, version=2, title="again", unique_id="other", data=entry_data)
    copy.add_to_hass(hass)
    await hass.config_entries.async_remove(copy.entry_id)
    await hass.async_block_till_done()
    sim.fault(expire_tokens=True)
    for coordinator in entry.runtime_data.coordinators[:3]:
        await coordinator.async_refresh()
    await asyncio.sleep(0.5)
    assert [f for f in hass.config_entries.flow.async_progress() if f["context"]["source"] == "reauth"] == []
    assert entry.runtime_data.devices.last_update_success
