"""Tests of two entries with one registration, like after restoring a backup: only one of them is used."""

from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import quiet, until

pytestmark = pytest.mark.platforms("media_player")


@pytest.fixture
def copied(hass: HomeAssistant, entry_data: dict[str, Any]) -> MockConfigEntry:
    """Return a copy of the entry."""
    entry = MockConfigEntry(domain=DOMAIN, version=2, title="copy", unique_id="copy", data=entry_data)
    entry.add_to_hass(hass)
    return entry


async def test_a_copy_is_not_set_up_while_the_other_is_used(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, copied: MockConfigEntry
) -> None:
    sim.reset_ledger()
    assert not await hass.config_entries.async_setup(copied.entry_id)
    await hass.async_block_till_done()
    assert copied.state is ConfigEntryState.SETUP_ERROR
    assert copied.error_reason_translation_key == "duplicate_account"
    assert copied.error_reason_translation_placeholders == {"other": entry.title}
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"duplicate_account_{copied.entry_id}")
    assert issue is not None
    assert issue.translation_placeholders == {"account": "copy", "other": entry.title}
    await quiet(hass, sim, calm=0.5)
    assert sim.ledger() == [], "the copy requests no sign-in, and its setup is not retried"
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.push.up


@pytest.mark.parametrize("removed", ["copy", "original"])
async def test_the_issue_about_a_copy_ends_with_the_copy(
    hass: HomeAssistant, entry: MockConfigEntry, copied: MockConfigEntry, removed: str
) -> None:
    """Removing the copy deletes the issue; after removing the original, the copy can be reloaded."""
    assert not await hass.config_entries.async_setup(copied.entry_id)
    if removed == "copy":
        await hass.config_entries.async_remove(copied.entry_id)
        assert entry.state is ConfigEntryState.LOADED
    else:
        await hass.config_entries.async_remove(entry.entry_id)
        assert await hass.config_entries.async_reload(copied.entry_id)
        await hass.async_block_till_done()
        assert copied.state is ConfigEntryState.LOADED
        await hass.config_entries.async_unload(copied.entry_id)
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"duplicate_account_{copied.entry_id}") is None


async def test_of_two_copies_that_start_together_one_is_used(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, copied: MockConfigEntry
) -> None:
    await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    both = (config_entry, copied)
    assert sorted(entry.state.value for entry in both) == ["loaded", "setup_error"]
    used = next(entry for entry in both if entry.state is ConfigEntryState.LOADED)
    await until(hass, lambda: used.runtime_data.push.up)
    await quiet(hass, sim, calm=0.5)
    assert len(sim.ledger(path="*/directives")) == 1
    await hass.config_entries.async_unload(used.entry_id)


@pytest.mark.parametrize("failed", [False, True], ids=["unloaded", "never set up"])
async def test_a_copy_is_used_when_the_other_entry_is_not(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, copied: MockConfigEntry, *, failed: bool
) -> None:
    if failed:
        sim.fault(path="/*", host="*alexa*", cut="before")
    await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    sim.clear_faults()
    for entry in (config_entry, copied):
        await hass.config_entries.async_unload(entry.entry_id)
    assert await hass.config_entries.async_setup(copied.entry_id)
    await hass.async_block_till_done()
    assert copied.state is ConfigEntryState.LOADED
    await hass.config_entries.async_unload(copied.entry_id)
