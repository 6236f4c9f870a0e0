"""Tests of households reported by users: each loads completely and without errors."""

import json
import logging
from pathlib import Path
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import quiet, set_up

FILES = sorted(Path(__file__).parent.glob("*.json"))

# Capabilities that require a player; a device without a list of capabilities may have them.
PLAYS = {"MUSIC_SKILL", "AUDIO_PLAYER", "TIMERS_AND_ALARMS", "REMINDERS"}


def visible(household: dict[str, Any], customer_id: str) -> dict[str, dict[str, Any]]:
    """Return the devices that an account sees by serial, as completed by the cloud."""
    return {
        serial: device
        for owner, account in household["accounts"].items()
        for serial, device in account["devices"].items()
        if owner == customer_id or customer_id in device["sharedWith"]
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_a_household_loads(
    hass: HomeAssistant,
    sim: ControlClient,
    entity_registry: er.EntityRegistry,
    caplog: pytest.LogCaptureFixture,
    path: Path,
) -> None:
    """Every account is set up and unloaded; every device with playback has a player."""
    household = json.loads(path.read_text(encoding="utf-8"))
    sim.household(household, domain="amazon.com")
    entries: list[MockConfigEntry] = []
    for registration in household["registrations"]:
        customer_id = registration["account"]
        account = sim.state()["accounts"][customer_id]
        domain = account["marketplace"] or "amazon.com"
        entry = MockConfigEntry(
            domain=DOMAIN,
            version=2,
            title=f"{account['email']} - {domain}",
            unique_id=customer_id,
            data={
                "url": domain,
                "email": account["email"],
                "serial": registration["serial"],
                "refresh_token": registration["refresh_token"],
                "mac_dms": registration.get("mac_dms", {}),
                "customer_id": customer_id,
                "account_id": account["directedId"],
                "id_suffix": account["email"] if entries else "",
            },
        )
        entry.add_to_hass(hass)
        await set_up(hass, entry)
        entries.append(entry)
    await quiet(hass, sim)
    for entry in entries:
        items = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
        players = [item.entity_id for item in items if item.domain == "media_player"]
        devices = visible(sim.state(), entry.unique_id or "").values()
        wanted = [device for device in devices if not device["capabilities"] or PLAYS & set(device["capabilities"])]
        assert len(players) == len(wanted)
        assert all(hass.states.get(player) for player in players)
        assert await hass.config_entries.async_unload(entry.entry_id)
        assert entry.state is ConfigEntryState.NOT_LOADED
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR] == []
