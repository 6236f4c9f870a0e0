"""Tests that the states of all entities can be serialized, whatever the responses contain."""

import json
import random
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.json import json_bytes
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud import http as cloud_http

ODD: list[Any] = [
    *("\ud83d", "Call Mum \udc00", "x" * 5000, "", "NaN", "9999-12-31", "../UTC"),
    *(2**64, -(2**63) - 1, 10**400, 253_402_300_799_000, -1, 1e308, float("nan"), float("inf")),
    *(None, True, [], {}, [[]], {"\ud83d": ["\ud83d", 2**70]}),
]


def _spoiled(value: Any, pick: Any, share: int) -> Any:
    """Return a JSON value in which about one in ``share`` values is replaced by an odd one."""
    if pick(share) == 0:
        return ODD[pick(len(ODD))]
    if isinstance(value, dict):
        return {key: _spoiled(item, pick, share) for key, item in value.items()} | (
            {"\ud83d odd": ODD[pick(len(ODD))]} if pick(2) else {}
        )
    return [_spoiled(item, pick, share) for item in value] if isinstance(value, list) else value


@pytest.mark.timeout(300)
@given(seed=st.integers(0, 2**32), share=st.sampled_from([30, 100, 400]))
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_states_and_events_can_be_serialized_whatever_the_cloud_answers(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, seed: int, share: int
) -> None:
    real = cloud_http._body
    fired: list[Event] = []
    chance = random.Random(seed)

    async def body(response: Any, endpoint: Any) -> bytes:
        raw: bytes = await real(response, endpoint)
        try:
            data = json.loads(raw)
        except ValueError:
            return raw
        return json.dumps(_spoiled(data, chance.randrange, share)).encode()

    @callback
    def collect(event: Event) -> None:
        fired.append(event)

    stop = hass.bus.async_listen("*", collect)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cloud_http, "_body", body)
        for coordinator in entry.runtime_data.coordinators:
            await coordinator.async_refresh()
        await hass.async_block_till_done()
    stop()
    shown = {state.entity_id: state.as_dict() for state in hass.states.async_all()}
    shown |= {str(event.event_type): event.as_dict() for event in fired if event.event_type != EVENT_STATE_CHANGED}
    for name, value in shown.items():
        try:
            json_bytes(value)
        except (TypeError, ValueError) as err:
            raise AssertionError(f"{name}: {err}") from err
    for coordinator in entry.runtime_data.coordinators:
        await coordinator.async_refresh()
    await hass.async_block_till_done()
