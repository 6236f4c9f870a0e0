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

_A_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:?\d\d|Z)?)?|\b1[6-9]\d{8,11}\b")
_LONGEST_LIST = 20
# The next event of a calendar depends on the day, the remaining time of a timer on the second, and the color mode of a
# lamp on the order of two samples with the same time.
_OF_THE_MOMENT = {"remainingTime", "message", "location"} | {"color_mode", "color_temp_kelvin"}
_OF_THE_MOMENT |= {"hs_color", "rgb_color", "xy_color"}


async def test_entities_of_the_demo_household_are_as_reviewed(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    snapshot: SnapshotAssertion,
    subtests: pytest.Subtests,
) -> None:
    entities = await _entities(hass, sim, entry)
    for platform in sorted(PLATFORMS):
        with subtests.test(str(platform)):
            assert _review(entities, platform) == snapshot(name=platform)


async def test_entities_of_a_property_are_as_reviewed(
    hass: HomeAssistant, sim: ControlClient, snapshot: SnapshotAssertion, subtests: pytest.Subtests
) -> None:
    sim.household("property")
    await add_credentials(hass)
    entities = await _entities(hass, sim, await load(hass, hotel_entry()))
    for platform in sorted(PLATFORMS):
        with subtests.test(str(platform)):
            assert _review(entities, platform) == snapshot(name=platform)


async def _entities(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> dict[str, dict[str, Any]]:
    """Return the reviewed properties of all entities by id, also of those that are disabled by default.

    A platform is only reviewed after these are enabled if it has some, because they make others show more: the
    equalizer's numbers are read for the sound modes of the players.
    """
    registry = er.async_get(hass)
    before = er.async_entries_for_config_entry(registry, entry.entry_id)
    disabled = {registered.entity_id for registered in before if registered.disabled_by is not None}
    affected = {registered.domain for registered in before if registered.entity_id in disabled}
    await quiet(hass, sim, rest=0.5)
    entities = {each.entity_id: _entity(hass, each) for each in before if each.domain not in affected}
    for entity_id in disabled:
        registry.async_update_entity(entity_id, disabled_by=None)
    if disabled:
        assert await hass.config_entries.async_reload(entry.entry_id)
        await quiet(hass, sim, rest=0.5)
    return entities | {
        each.entity_id: _entity(hass, each) | ({"disabled": True} if each.entity_id in disabled else {})
        for each in er.async_entries_for_config_entry(registry, entry.entry_id)
        if each.domain in affected
    }


def _review(entities: Mapping[str, Mapping[str, Any]], platform: str) -> str:
    """Return the entities of a platform as YAML."""
    shown = {entity_id: each for entity_id, each in entities.items() if entity_id.startswith(f"{platform}.")}
    return str(yaml.safe_dump(_plain(shown), default_flow_style=None, width=116, allow_unicode=True))


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
