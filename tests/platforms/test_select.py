"""Tests of selects whose value is not in the options: the value is shown, and can still be selected."""

import json
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import Entity
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud import http as cloud_http
from tests.conftest import Clock, act, set_up, state_of, until

from .appliances import House

pytestmark = pytest.mark.platforms("select")

KITCHEN: Final = "select.kitchen_show"


def replaced(value: Any, keys: dict[str, Any]) -> Any:
    """Return a JSON value with the values of some keys replaced at any depth."""
    if isinstance(value, dict):
        return {key: keys[key] if key in keys else replaced(item, keys) for key, item in value.items()}
    return [replaced(item, keys) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    ("name", "answer", "shown", "known"),
    [
        ("language", {"locale": "tlh-KL"}, "tlh-KL", "de-DE"),
        ("temperature_unit", {"temperatureScale": "KELVIN"}, "KELVIN", "celsius"),
        ("distance_units", {"distanceUnits": "PARSEC"}, "PARSEC", "metric"),
        ("audio_port", {"direction": "SIDEWAYS"}, "SIDEWAYS", "input"),
    ],
)
async def test_an_unknown_setting_stays_selectable(
    hass: HomeAssistant,
    config_entry: MockConfigEntry,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    answer: dict[str, Any],
    shown: str,
    known: str,
) -> None:
    real = cloud_http._body

    async def body(response: Any, endpoint: Any) -> bytes:
        raw: bytes = await real(response, endpoint)
        try:
            return json.dumps(replaced(json.loads(raw), answer)).encode()
        except ValueError:
            return raw

    monkeypatch.setattr(Entity, "entity_registry_enabled_default", True)
    with monkeypatch.context() as patch:
        patch.setattr(cloud_http, "_body", body)
        await set_up(hass, config_entry)
        await clock.settle()
        await clock.advance(2, 0.5)
    entity_id = f"{KITCHEN}_{name}"
    state = state_of(hass, entity_id)
    assert state.state == shown
    assert {shown, known} <= set(state.attributes["options"])
    await hass.services.async_call("select", "select_option", {"entity_id": entity_id, "option": known}, blocking=True)
    state = state_of(hass, entity_id)
    assert state.state == known
    assert shown in state.attributes["options"], "the previous value can be selected again"
    await hass.config_entries.async_unload(config_entry.entry_id)


FOUNTAIN = "select.fountain_mode_3"


async def fountain(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, modes: dict[str, str], mode: str
) -> House:
    """Set up an account with an appliance that has the names of some modes by value, and a mode."""
    house = House(sim)
    features = {"power": {"powerState": "ON"}, "mode.3": {"modes": modes, "mode": mode}}
    house.add(
        "5e000000-0000-4000-8000-0000000000a4",
        {"name": "Fountain", "category": "OTHER", "model": "F", "features": features},
    )
    await set_up(hass, config_entry)
    await until(hass, lambda: hass.states.get(FOUNTAIN))
    return house


async def test_modes_with_the_same_name_can_all_be_selected(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    house = await fountain(hass, sim, config_entry, {"A": "Rain", "Rain": "Rain"}, "A")
    state = state_of(hass, FOUNTAIN)
    assert (state.state, state.attributes["options"]) == ("Rain", ["Rain", "Rain 2"])
    await act(hass, "select_option", FOUNTAIN, option="Rain 2")
    await until(hass, lambda: state_of(hass, FOUNTAIN).state == "Rain 2")
    assert house.feature("Fountain", "mode.3")["mode"] == "Rain"
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_an_unlisted_mode_is_not_shown_as_another_one(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """Its value is the name of a listed mode."""
    await fountain(hass, sim, config_entry, {"A": "Calm", "B": "Wild"}, "Wild")
    state = state_of(hass, FOUNTAIN)
    assert (state.state, state.attributes["options"]) == ("unknown", ["Calm", "Wild"])
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_an_unlisted_mode_stays_selectable(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    house = House(sim)
    features = {"power": {"powerState": "ON"}, "mode.3": {"modes": {"A": "Calm", "B": "Wild"}, "mode": "Feral"}}
    added = "5e000000-0000-4000-8000-0000000000a4"
    house.add(added, {"name": "Fountain", "category": "OTHER", "model": "F", "features": features})
    await set_up(hass, config_entry)
    entity_id = "select.fountain_mode_3"
    await until(hass, lambda: hass.states.get(entity_id))
    state = state_of(hass, entity_id)
    assert state.state == "Feral"
    assert set(state.attributes["options"]) == {"Calm", "Wild", "Feral"}
    await hass.services.async_call("select", "select_option", {"entity_id": entity_id, "option": "Wild"}, blocking=True)
    await until(hass, lambda: state_of(hass, entity_id).state == "Wild")
    assert "Feral" in state_of(hass, entity_id).attributes["options"]
    await hass.config_entries.async_unload(config_entry.entry_id)
