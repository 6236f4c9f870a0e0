"""Snapshots of every entity of the demo household and of a property, for review.

``pytest tests/platforms/test_snapshots.py --snapshot-update`` writes the files in ``__snapshots__``.
"""

from collections.abc import Mapping
from datetime import date, datetime
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from syrupy.assertion import SnapshotAssertion
import yaml

from alexa_sim.client import ControlClient
from custom_components.alexa_media import PLATFORMS
from tests.cloud.property.hotel import add_credentials, hotel_entry, load
from tests.conftest import quiet

_EACH = [pytest.param(platform, marks=pytest.mark.platforms(platform), id=platform) for platform in sorted(PLATFORMS)]
_A_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:?\d\d|Z)?)?|\b1[6-9]\d{8,11}\b")
_LONGEST_LIST = 20
# The next event of a calendar depends on the day, the remaining time of a timer on the second, and the color mode of a
# lamp on the order of two samples with the same time.
_OF_THE_MOMENT = {"remainingTime", "message", "location"} | {"color_mode", "color_temp_kelvin"}
_OF_THE_MOMENT |= {"hs_color", "rgb_color", "xy_color"}


@pytest.mark.parametrize("platform", _EACH)
async def test_entities_of_the_demo_household_are_as_reviewed(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, snapshot: SnapshotAssertion, platform: str
) -> None:
    assert await _review(hass, sim, entry, platform) == snapshot


@pytest.mark.parametrize("platform", _EACH)
async def test_entities_of_a_property_are_as_reviewed(
    hass: HomeAssistant, sim: ControlClient, snapshot: SnapshotAssertion, platform: str
) -> None:
    sim.household("property")
    await add_credentials(hass)
    assert await _review(hass, sim, await load(hass, hotel_entry()), platform) == snapshot


async def _review(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, platform: str) -> str:
    """Return the entities of a platform as YAML, including the states of entities that are disabled by default."""
    registry = er.async_get(hass)
    before = er.async_entries_for_config_entry(registry, entry.entry_id)
    assert {registered.domain for registered in before} <= {platform}
    disabled = {registered.entity_id for registered in before if registered.disabled_by is not None}
    for entity_id in disabled:
        registry.async_update_entity(entity_id, disabled_by=None)
    if disabled:
        assert await hass.config_entries.async_reload(entry.entry_id)
    await quiet(hass, sim, rest=0.5)
    entities = {
        registered.entity_id: _entity(hass, registered)
        | ({"disabled": True} if registered.entity_id in disabled else {})
        for registered in er.async_entries_for_config_entry(registry, entry.entry_id)
    }
    return str(yaml.safe_dump(_plain(entities), default_flow_style=None, width=116, allow_unicode=True))


def _entity(hass: HomeAssistant, registered: er.RegistryEntry) -> dict[str, Any]:
    """Return the reviewed properties of an entity, without empty ones."""
    device = dr.async_get(hass).async_get(registered.device_id) if registered.device_id else None
    state = hass.states.get(registered.entity_id)
    assert state is not None, registered.entity_id
    shown = {
        "unique_id": registered.unique_id,
        "translation_key": registered.translation_key,
        "device": device and device.name,
        "category": registered.entity_category,
        "state": state.state,
        "attributes": state.attributes,
    }
    return {key: value for key, value in shown.items() if value}


def _plain(value: Any) -> Any:
    """Return a value that can be written as YAML and does not depend on the date."""
    if isinstance(value, Mapping):
        return {_plain(key): "<now>" if key in _OF_THE_MOMENT else _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)) and len(value) > _LONGEST_LIST:
        return [*map(_plain, value[:3]), f"... {len(value)} in all"]
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, (set, frozenset)):
        return sorted(_plain(each) for each in value)
    if isinstance(value, (datetime, date, str)):
        return _A_TIME.sub("<time>", str(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return "<time>" if value > 1_600_000_000 else int(value)
    return value
