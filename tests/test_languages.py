"""Tests of Home Assistant in languages other than English."""

from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient

from .conftest import set_up

LANGUAGES: Final = ("de", "pt-BR", "ja")


async def cleared(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    """Unload an entry, remove its entities from the registry, and return the removed entity ids."""
    registry = er.async_get(hass)
    found = {entity.entity_id for entity in er.async_entries_for_config_entry(registry, entry.entry_id)}
    assert await hass.config_entries.async_unload(entry.entry_id)
    for entity_id in found:
        registry.async_remove(entity_id)
    registry.deleted_entities.clear()
    return found


@pytest.mark.parametrize("language", LANGUAGES)
async def test_entity_ids_are_the_same_in_every_language(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, language: str
) -> None:
    """Automations, blueprints and documentation use English entity ids, as in alexa_media_player."""
    await set_up(hass, config_entry)
    english = await cleared(hass, config_entry)
    assert "switch.kitchen_show_do_not_disturb" in english
    hass.config.language = language
    await set_up(hass, config_entry)
    assert await cleared(hass, config_entry) == english
