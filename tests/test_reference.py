"""Tests that the generated pages of the documentation are current."""

from collections.abc import Iterator
import os
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.alexa_media.const import CONF_FEW_ENTITIES
from scripts import reference

PAGES = reference.PAGES
HINT = "run scripts/reference"
INSTANCES = {"alarm": "(each alarm)", "routine": "(each routine)"}
"""Placeholders for entities named after something that a user created."""


@pytest.mark.parametrize("name", sorted(reference.pages()))
def test_page_is_current(name: str) -> None:
    assert (PAGES / name).read_text() == reference.pages()[name], HINT


def test_every_action_trigger_and_condition_has_a_section() -> None:
    text = "".join((PAGES / name).read_text() for name in ("actions.md", "automation.md"))
    for file in ("services.yaml", "triggers.yaml", "conditions.yaml"):
        for name in reference.load(file):
            assert f"### `alexa_media.{name}`\n" in text


@pytest.fixture
def entry_data(entry_data: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a new account, in which rarely used entities are disabled."""
    return entry_data | {CONF_FEW_ENTITIES: True}


async def test_the_page_of_entities_is_current(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    page = PAGES / "entities.md"
    text = reference.entities(registered(hass, entry))
    if os.environ.get("WRITE_REFERENCE"):
        page.write_text(text)
    assert page.read_text() == text, HINT


def registered(hass: HomeAssistant, entry: MockConfigEntry) -> Iterator[reference.Entity]:
    """Yield the registered entities of an account."""
    registry = er.async_get(hass)
    entries = er.async_entries_for_config_entry(registry, entry.entry_id)
    players = {found.device_id for found in entries if found.domain == "media_player"}
    for found in entries:
        device = dr.async_get(hass).async_get(found.device_id or "")
        assert isinstance(device, dr.DeviceEntry), found.entity_id
        group = "Smart home"
        if device.entry_type is dr.DeviceEntryType.SERVICE:
            group = "Account"
        elif device.id in players:
            group = "Speaker group" if device.model == "Speaker group" else "Echo"
        name = found.original_name or ""
        if found.translation_key in INSTANCES:
            name = INSTANCES[found.translation_key]
        shown = device.name if group == "Smart home" else device.model
        enabled = found.disabled_by is None
        yield reference.Entity(group, found.domain, name, shown or "", enabled, found.entity_category or "")
