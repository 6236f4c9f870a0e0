"""Tests of the number of enabled entities of an Echo."""

from collections import defaultdict

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import Household, quiet, set_up

KEYS = ("_shuffle", "_repeat", "_restart", "_alert_volume")
MEASURED = ("temperature", "illuminance")


@pytest.mark.parametrize("is_new", [True, False])
async def test_a_new_account_has_few_entities_and_an_older_one_keeps_its_entities(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household, is_new: bool
) -> None:
    """Each Echo has at most 10 enabled entities apart from its sensors; none of them is unavailable when idle."""
    registry = er.async_get(hass)
    kept = registry.async_get_or_create(
        "switch", "alexa_media", f"{household.serial('Kitchen Show')}_shuffle", config_entry=config_entry
    )
    if is_new:
        hass.config_entries.async_update_entry(config_entry, data={**config_entry.data, "few_entities": True})
    await set_up(hass, config_entry)
    await quiet(hass, sim)
    enabled = defaultdict(list)
    for item in er.async_entries_for_config_entry(registry, config_entry.entry_id):
        if item.disabled_by is None and item.original_device_class not in MEASURED:
            enabled[item.device_id].append(item)
    players = [items for items in enabled.values() if any(item.domain == "media_player" for item in items)]
    extra = [item.entity_id for items in players for item in items if item.unique_id.endswith(KEYS)]
    assert len(players) > 5
    if is_new:
        assert extra == [kept.entity_id]
        assert max(map(len, players)) == 11, "10 entities, and the one that was already registered"
        assert sorted(map(len, players))[-2] <= 10
    else:
        assert len(extra) > 20
    await hass.config_entries.async_unload(config_entry.entry_id)
