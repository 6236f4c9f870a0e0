"""Tests with single invalid fields in responses: only values that depend on these fields become unknown."""

import json
from typing import Any

from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.json import json_bytes
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud import http as cloud_http
from custom_components.alexa_media.coordinator.base import TopicCoordinator
from custom_components.alexa_media.diagnostics import async_get_config_entry_diagnostics
from tests.conftest import quiet, until
from tests.faults.failures import household_of_two

from .tools import collecting


def deep(levels: int) -> Any:
    """Return nested objects and lists."""
    value: Any = 1
    for _ in range(levels):
        value = {"a": [value]}
    return value


ODD: dict[str, Any] = {
    "half-emoji": "\ud83d",
    "empty": "",
    "long": "x" * 5000,
    "huge": 2**64,
    "negative": -1,
    "great": 1e308,
    "nan": float("nan"),
    "null": None,
    "true": True,
    "list": [],
    "object": {},
    "nested": [[]],
    "words": ["x"],
    "deep": deep(60),
}


def replaced(value: Any, path: list[str], odd: Any) -> Any:
    """Return a response in which the first value at a path (``*`` for any element) is replaced."""
    if not path:
        return odd
    head, *rest = path
    if isinstance(value, list) and head == "*":
        for index, item in enumerate(value):
            if (new := replaced(item, rest, odd)) is not item:
                return [*value[:index], new, *value[index + 1 :]]
    if isinstance(value, dict) and head in value and (new := replaced(value[head], rest, odd)) is not value[head]:
        return {**value, head: new}
    return value


async def with_all_enabled(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    """Enable every entity, and reload the account."""
    registry = er.async_get(hass)
    for item in er.async_entries_for_config_entry(registry, entry.entry_id):
        registry.async_update_entity(item.entity_id, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, lambda: entry.runtime_data.push.up)
    await quiet(hass, sim, calm=0.5)


def good(hass: HomeAssistant) -> set[str]:
    """Return the entities that are available."""
    return {state.entity_id for state in hass.states.async_all() if state.state != STATE_UNAVAILABLE}


async def read(hass: HomeAssistant, topic: TopicCoordinator[Any]) -> None:
    """Read a topic and everything that is read together with it."""
    getattr(topic, "_due_at", {}).clear()
    await topic.async_refresh()
    await hass.async_block_till_done()


# Topic, endpoint, and fields in its response.
FIELDS: dict[str, tuple[str, str, list[str]]] = {
    "preferences": (
        "devices",
        "preferences",
        [f"devicePreferences/*/{name}" for name in ("locale", "timeZoneId", "temperatureScale", "distanceUnits")],
    ),
    "wake-words": ("settings", "wake_words", ["wakeWords/*/wakeWord", "wakeWords/*"]),
    "aux": ("settings", "aux", ["ports/*/direction", "ports/*/id", "ports/*"]),
    "drop-in": (
        "settings",
        "home_group_devices",
        ["devices/*/deviceStatus/deviceDropInAvailability", "devices/*/deviceStatus"],
    ),
    "device-settings": ("settings", "device_setting", ["value"]),
    "wifi": ("settings", "wifi", ["essid", "macAddress"]),
    "default-sound": ("alarm_sounds", "default_sound", ["displayName", "id", "providerId"]),
    "sounds": (
        "alarm_sounds",
        "sounds",
        ["notificationSounds/*/displayName", "notificationSounds/*/id", "notificationSounds/*"],
    ),
    "routines": ("routines", "routines", ["*/name", "*/triggers", "*/sequence", "*/status"]),
    "children": ("kids", "children", ["members/*/firstName", "members/*/directedId", "members/*/role", "members/*"]),
    "lists": ("lists", "lists", ["listInfoList/*/listName", "listInfoList/*/listType", "listInfoList/*/version"]),
}


@pytest.fixture
def small_home(sim: ControlClient) -> ControlClient:
    """Return the control plane with a household of two Echos, because all states are serialized after each value."""
    sim.household(household_of_two(), domain="amazon.com")
    return sim


@pytest.mark.timeout(300)
async def test_an_invalid_field_does_not_affect_other_values(
    hass: HomeAssistant, small_home: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    """No error is logged, no entity becomes unavailable, and states and diagnostics can be serialized."""
    await with_all_enabled(hass, small_home, entry)
    for topic in dict.fromkeys(topic for topic, _, _ in FIELDS.values()):
        await read(hass, getattr(entry.runtime_data, topic))
    all_good = good(hass)
    for case, (topic, endpoint, fields) in FIELDS.items():
        with subtests.test(case):
            coordinator = getattr(entry.runtime_data, topic)
            assert [line for path in fields for line in await found(hass, entry, coordinator, endpoint, path)] == []
            await read(hass, coordinator)
            assert good(hass) == all_good


async def found(
    hass: HomeAssistant, entry: MockConfigEntry, coordinator: TopicCoordinator[Any], endpoint: str, path: str
) -> list[str]:
    """Return what is wrong after each invalid value at a path in the response of an endpoint; it has to be there."""
    real = cloud_http._body
    bad: list[str] = []
    altered: set[str] = set()
    for name, odd in ODD.items():

        async def body(response: Any, target: Any, name: str = name, odd: Any = odd) -> bytes:
            raw: bytes = await real(response, target)
            if getattr(target, "name", "") != endpoint:
                return raw
            value = json.loads(raw)
            if (new := replaced(value, path.split("/"), odd)) is not value:
                altered.add(name)
            return json.dumps(new).encode()

        before = good(hass)
        with pytest.MonkeyPatch.context() as patch, collecting() as log:
            patch.setattr(cloud_http, "_body", body)
            await read(hass, coordinator)
        json_bytes([state.as_dict() for state in hass.states.async_all()])
        json_bytes(await async_get_config_entry_diagnostics(hass, entry))
        lost = before - good(hass)
        if log.bad() or lost:
            bad.append(f"{path} {name}: {[line[:120] for line in log.bad()]} {sorted(lost)[:3]}")
    return bad if altered == ODD.keys() else [*bad, f"{path} is not in the response for {ODD.keys() - altered}"]
