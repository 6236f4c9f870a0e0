"""A home with varied events, and the states of its entities for comparison with a replay."""

from collections.abc import Mapping
from dataclasses import dataclass
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Household, quiet

KITCHEN, STUDIO, BEDROOM = "media_player.kitchen_show", "media_player.living_room_studio", "media_player.bedroom_dot"

ACTIONS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("media_player", "volume_set", {"entity_id": KITCHEN, "volume_level": 0.31}),
    ("media_player", "volume_mute", {"entity_id": STUDIO, "is_volume_muted": True}),
    ("media_player", "shuffle_set", {"entity_id": STUDIO, "shuffle": True}),
    ("media_player", "media_pause", {"entity_id": STUDIO}),
    ("media_player", "media_play", {"entity_id": STUDIO}),
    ("media_player", "media_next_track", {"entity_id": STUDIO}),
    ("media_player", "media_seek", {"entity_id": STUDIO, "seek_position": 20}),
    ("alexa_media", "speak", {"entity_id": BEDROOM, "message": "The washing machine is done"}),
    ("alexa_media", "send_text_command", {"entity_id": BEDROOM, "text_command": "what time is it"}),
    ("alexa_media", "set_do_not_disturb", {"entity_id": BEDROOM, "enabled": True}),
    ("alexa_media", "create_alarm", {"entity_id": KITCHEN, "at": "06:45:00"}),
    ("alexa_media", "create_reminder", {"entity_id": KITCHEN, "at": "19:15:00", "message": "Water the plants"}),
    ("alexa_media", "stop_all", {}),
    ("alexa_media", "enable_network_discovery", {}),
    ("alexa_media", "get_history_records", {"entity_id": KITCHEN}),
    ("alexa_media", "update_last_called", {}),
)
"""Actions to call; an action that the account does not have fails the test."""


def changes(household: Household) -> list[dict[str, Any]]:
    """Return patches of an account for events at Echos and in the app."""
    kitchen, office, garage = (household.serial(name) for name in ("Kitchen Show", "Office Spot", "Garage Echo"))
    return [
        {"devices": {kitchen: {"volume": 44}}},
        {"devices": {office: {"volume": 12, "muted": True}}},
        {"devices": {office: {"muted": False}}},
        {"devices": {garage: {"online": False}}},
        {"devices": {garage: {"online": True}}},
        {"devices": {kitchen: {"dnd": True}}},
        {"devices": {kitchen: {"dnd": False}}},
        {"devices": {kitchen: {"equalizer": {"bass": 2, "mid": 0, "treble": -1}}}},
        {"devices": {office: {"accountName": "Study Spot"}}},
        {"homeMode": "AWAY"},
        {"lists": {"0f5c6d7e-8a9b-4c0d-9e1f-2a3b4c5d6e01": {"listName": "Camping"}}},
        {"appliances": {"5e000000-0000-4000-8000-000000000001": {"features": {"power": {"powerState": "OFF"}}}}},
        {"appliances": {"5e000000-0000-4000-8000-000000000001": {"features": {"brightness": {"brightness": 33}}}}},
        {"notifications": {"1f0c3d52-7a51-4c0e-9d39-0a1b2c3d4e01": {"originalTime": "07:30:00.000"}}},
        {"notifications": {"1f0c3d52-7a51-4c0e-9d39-0a1b2c3d4e02": {"status": "ON"}}},
        {"notifications": {"1f0c3d52-7a51-4c0e-9d39-0a1b2c3d4e03": None}},
    ]


async def live(hass: HomeAssistant, sim: ControlClient, household: Household) -> int:
    """Cause all events, and return the number of different events."""
    customer_id = next(iter(household.accounts))
    patches = changes(household)
    for patch in patches:
        sim.patch_state({"accounts": {customer_id: patch}})
        await hass.async_block_till_done()
    for domain, action, data in ACTIONS:
        supports = hass.services.supports_response(domain, action)
        await hass.services.async_call(domain, action, data, blocking=True, return_response=supports == "only")
    sim.say(household.serial("Bedroom Dot"), "turn on the light", response="OK")
    await quiet(hass, sim, calm=1.5, seconds=40)
    return len(patches) + len(ACTIONS) + 1


@dataclass(frozen=True, slots=True)
class Shown:
    """The state of an entity in Home Assistant."""

    domain: str
    key: str | None
    disabled: bool
    state: str | None


def entities(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Shown]:
    """Return the states of an entry's entities by unique id."""
    registry = er.async_get(hass)
    found = {}
    for entity in er.async_entries_for_config_entry(registry, entry.entry_id):
        state = hass.states.get(entity.entity_id)
        found[f"{entity.domain}:{entity.unique_id}"] = Shown(
            entity.domain, entity.translation_key, entity.disabled, state.state if state else None
        )
    return found


def entry_of(sim: ControlClient, registration: Mapping[str, Any], domain: str = "amazon.com") -> MockConfigEntry:
    """Return an entry for an account of a household with a registered app."""
    customer_id = registration["account"]
    account = sim.state()["accounts"][customer_id]
    data = {
        "url": domain,
        "email": account["email"],
        "serial": registration["serial"],
        "id_suffix": registration.get("id_suffix", ""),
        "refresh_token": registration["refresh_token"],
        "mac_dms": registration.get("mac_dms", {}),
        "customer_id": customer_id,
        "account_id": account["directedId"],
    }
    return MockConfigEntry(domain=DOMAIN, version=2, title=account["name"], unique_id=customer_id, data=data)


async def stop(hass: HomeAssistant, entry: MockConfigEntry) -> dict[str, Any]:
    """End the recording, and return the response of the action."""
    response = await hass.services.async_call(
        DOMAIN, "record", {"config_entry_id": entry.entry_id, "mode": "stop"}, blocking=True, return_response=True
    )
    return json.loads(json.dumps(response)) if response else {}
