"""Tests with altered responses and pushes and with every entity enabled; only altered data is lost."""

import asyncio
import json
import random
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED, STATE_UNAVAILABLE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.json import json_bytes
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud import http as cloud_http
from custom_components.alexa_media.cloud.account.directives import PushCommand
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.diagnostics import (
    async_get_config_entry_diagnostics,
    async_get_device_diagnostics,
)
from tests.conftest import Household, quiet, until

from .test_fields import ODD, with_all_enabled
from .test_stream import FIELDS, directive, drained, feed
from .tools import collecting

VALUES = list(ODD.values())


def spoiled(value: Any, chance: random.Random, share: int) -> Any:
    """Return a JSON value in which about one in ``share`` values is replaced."""
    if chance.randrange(share) == 0:
        return chance.choice(VALUES)
    if isinstance(value, dict):
        return {key: spoiled(item, chance, share) for key, item in value.items()}
    if isinstance(value, list):
        return [spoiled(item, chance, share) for item in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.dumps(spoiled(json.loads(value), chance, share))
        except ValueError:
            return value
    return value


async def read_all(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Read all topics, including those not due yet."""
    for topic in entry.runtime_data.coordinators:
        getattr(topic, "_due_at", {}).clear()
        await topic.async_refresh()
    await hass.async_block_till_done()


def problems(lines: list[str]) -> list[str]:
    """Return the errors in a log, except messages about topics that could not be read."""
    return [line[:400] for line in lines if "Error fetching" not in line or "Traceback" in line]


def available(hass: HomeAssistant) -> set[str]:
    """Return the entities that are available."""
    return {state.entity_id for state in hass.states.async_all() if state.state != STATE_UNAVAILABLE}


async def serialize_all(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Serialize all states, diagnostics and the system health; raise an error if that is impossible."""
    json_bytes([state.as_dict() for state in hass.states.async_all()])
    json_bytes(await async_get_config_entry_diagnostics(hass, entry))
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id):
        json_bytes(await async_get_device_diagnostics(hass, entry, device))
    health = await get_system_health_info(hass, DOMAIN)
    json_bytes({key: value for key, value in health.items() if not asyncio.iscoroutine(value)})
    for value in health.values():
        if asyncio.iscoroutine(value):
            await value


@pytest.mark.timeout(300)
@pytest.mark.parametrize("share", [12, 60, 300])
async def test_everything_can_be_shown_and_recovers_after_altered_responses(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, share: int
) -> None:
    """States, events, diagnostics and system health can be serialized, and everything recovers.

    No error has a traceback.
    """
    assert await async_setup_component(hass, "system_health", {})
    await with_all_enabled(hass, sim, entry)
    before = available(hass)
    real, chance = cloud_http._body, random.Random(share)
    fired: list[Event] = []

    async def body(response: Any, target: Any) -> bytes:
        raw: bytes = await real(response, target)
        try:
            return json.dumps(spoiled(json.loads(raw), chance, share)).encode()
        except ValueError:
            return raw

    @callback
    def collect(event: Event) -> None:
        fired.append(event)

    stop = hass.bus.async_listen("*", collect)
    doppler = {"deviceSerialNumber": household.serial("Kitchen Show"), "deviceType": "A1"}
    with pytest.MonkeyPatch.context() as patch, collecting() as log:
        patch.setattr(cloud_http, "_body", body)
        for _ in range(3):
            await read_all(hass, entry)
            for command in PushCommand:
                feed(entry, directive(command, {"dopplerId": doppler} | {f: chance.choice(VALUES) for f in FIELDS}))
            await drained(entry)
        await hass.async_block_till_done()
        await quiet(hass, sim, calm=0.5)
        stop()
        json_bytes([event.as_dict() for event in fired if event.event_type != EVENT_STATE_CHANGED])
        await serialize_all(hass, entry)
    assert problems(log.bad()) == []
    assert share > 12 or any(topic.last_exception for topic in entry.runtime_data.coordinators), (
        "no response was altered"
    )
    await read_all(hass, entry)
    await until(hass, lambda: all(topic.last_update_success for topic in entry.runtime_data.coordinators))
    await read_all(hass, entry)
    await quiet(hass, sim, calm=0.5)
    assert before - available(hass) == set()
