"""Tests of pushes about serials that are not in the account's device list."""

from typing import Any

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media import push
from custom_components.alexa_media.cloud.model.devices import Volume
from custom_components.alexa_media.cloud.model.events import DndChanged, EqualizerChanged, PushEvent, VolumeChanged
from custom_components.alexa_media.coordinator.devices import MAX_UNKNOWN

from .conftest import Household, state_of, until

PUSHES: dict[str, Any] = {
    "volume": lambda serial: VolumeChanged(serial=serial, volume=Volume(level=10, muted=False)),
    "do not disturb": lambda serial: DndChanged(serial=serial, enabled=True),
    "equalizer": lambda serial: EqualizerChanged(serial=serial, bass=1, mid=1, treble=1),
}


def sizes(entry: MockConfigEntry) -> dict[str, int]:
    """Return the sizes of the topics' data."""
    runtime = entry.runtime_data
    return {
        "players": len(runtime.players.data),
        "dnd": len(runtime.dnd.data),
        "settings": len(runtime.settings.data),
    }


@pytest.mark.platforms("media_player", "number", "switch")
@pytest.mark.parametrize("kind", PUSHES)
async def test_thousands_of_unknown_serials_leave_little_behind(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, kind: str
) -> None:
    """Stored data and requests are limited, and known devices are updated as usual."""
    before = sizes(entry)
    sim.reset_ledger()
    for number in range(3000):
        event: PushEvent = PUSHES[kind](f"G0UNKNOWN{number:06}")
        push.async_handle(entry.runtime_data, event)
    await hass.async_block_till_done()
    after = sizes(entry)
    assert all(after[name] - before[name] <= MAX_UNKNOWN for name in before)
    household.change("Kitchen Show", volume=17)
    await until(hass, lambda: state_of(hass, "media_player.kitchen_show").attributes.get("volume_level") == 0.17)
    assert len(household.requests()) <= 3
