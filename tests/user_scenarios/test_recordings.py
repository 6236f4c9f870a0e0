"""Tests of recordings of homes: each loads, handles all of its pushes, and unloads without errors."""

import logging
from pathlib import Path

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from alexa_sim.client import ControlClient
from alexa_sim.recording import read_recording
from custom_components.alexa_media import push
from custom_components.alexa_media.const import DOMAIN
from tests.cloud.property import hotel
from tests.conftest import quiet, set_up

FOLDER = Path(__file__).parent
FILES = sorted([*FOLDER.glob("*.json.gz"), *FOLDER.glob("reported/*.json.gz")])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.partition(".")[0])
async def test_a_recorded_home_loads_and_handles_its_pushes(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    sim: ControlClient,
    entity_registry: er.EntityRegistry,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    path: Path,
) -> None:
    """The home is set up from recorded responses.

    The recorded pushes remove no entity and make no state unknown.
    """
    monkeypatch.setattr(push, "RESYNC_PAUSE", 0.0)
    replay = sim.replay(path)
    recording = read_recording(path)
    if recording.is_property:
        await hotel.add_credentials(hass)
        whole = recording.head["whole_organization"]
        entry = await hotel.load(hass, hotel.hotel_entry(recording.head["unit_id"], whole_organization=whole))
    else:
        customer = replay["entry"]["customer_id"]
        entry = MockConfigEntry(
            domain=DOMAIN,
            version=2,
            title=path.name,
            unique_id=customer,
            data=replay["entry"],
            options=replay["options"],
        )
        entry.add_to_hass(hass)
        await set_up(hass, entry)
    await quiet(hass, sim, calm=0.5)
    platform = "light" if recording.is_property else "media_player"
    players = {
        item.entity_id
        for item in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        if item.domain == platform
    }
    assert players
    assert sim.replay_push(replay["pushes"]) == 0
    await quiet(hass, sim, calm=1.0)
    assert [player for player in players if player not in entity_registry.entities] == []
    if not recording.is_property:
        assert dict(entry.runtime_data.push.unknown) == {}
        assert dict(entry.runtime_data.push.failed) == {}
    assert await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
