"""Tests of the sounds that Echos detect, with the simulated cloud."""

from functools import partial
import json

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from alexa_sim.smart_home import echo_entity_id
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Clock, set_up, state_of, until

from .appliances import PHOENIX

pytestmark = pytest.mark.platforms("binary_sensor", "light")

KITCHEN = "G0SIM00KITCHEN01"
SPOT = "G0SIM000OFFICE01"
SMOKE = "binary_sensor.kitchen_show_smoke_alarm_heard"
DOG = "binary_sensor.kitchen_show_dog_heard"
GLASS = "binary_sensor.office_spot_breaking_glass_heard"


def hear(sim: ControlClient, serial: str, **sounds: str) -> None:
    """Let an Echo detect the given sounds, or report that it detects none."""
    sensors = {f"{sound}DetectionState": state for sound, state in sounds.items()}
    features = {"features": {"acousticEventSensor": sensors}}
    owner = next(key for key, each in sim.state()["accounts"].items() if serial in each["devices"])
    sim.patch_state({"accounts": {owner: {"devices": {serial: features}}}})


def reads(sim: ControlClient) -> list[int]:
    """Return the number of Echos in each read since the last reset."""
    requests = [json.loads(each["body"])["stateRequests"] for each in sim.ledger(method="POST", path=PHOENIX)]
    return [len(each) for each in requests if "OnGuard" not in each[0]["entityId"]]


@pytest.fixture(autouse=True)
def _ears(sim: ControlClient) -> None:
    """Configure two Echos that support sound detection."""
    hear(sim, KITCHEN, smokeAlarm="NOT_DETECTED", dogBark="NOT_DETECTED")
    hear(sim, SPOT, glassBreak="NOT_DETECTED")


SOUNDS = {SMOKE: (KITCHEN, "smoke_alarm"), DOG: (KITCHEN, "dog_bark"), GLASS: (SPOT, "glass_break")}


async def enable(
    hass: HomeAssistant, entry: MockConfigEntry, registry: er.EntityRegistry, clock: Clock, *sounds: str
) -> list[str]:
    """Set up the account with some sounds enabled; return their entities."""
    ids = [f"{echo_entity_id(SOUNDS[each][0])}_sound_{SOUNDS[each][1]}" for each in sounds]
    entities = [
        registry.async_get_or_create("binary_sensor", DOMAIN, each, config_entry=entry).entity_id for each in ids
    ]
    await set_up(hass, entry)
    await clock.settle()
    await clock.advance(20, step=5)
    return entities


async def test_detected_sounds_are_disabled_by_default(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    entity_registry: er.EntityRegistry,
) -> None:
    """Only the sounds that an Echo supports have entities, and they are only read while enabled."""
    await set_up(hass, config_entry)
    await clock.settle()
    assert {each.entity_id for each in entity_registry.entities.values() if "_sound_" in each.unique_id} == {
        SMOKE,
        DOG,
        GLASS,
    }
    sim.reset_ledger()
    await clock.advance(180)
    assert reads(sim) == [], "all entities are disabled by default"
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_all_enabled_sounds_are_read_in_one_request(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    entity_registry: er.EntityRegistry,
) -> None:
    smoke, _, glass = await enable(hass, config_entry, entity_registry, clock, SMOKE, DOG, GLASS)
    assert (state_of(hass, smoke).state, state_of(hass, smoke).attributes["device_class"]) == ("off", "smoke")
    hear(sim, KITCHEN, smokeAlarm="DETECTED")
    sim.reset_ledger()
    await clock.advance(180)
    assert (state_of(hass, smoke).state, state_of(hass, glass).state) == ("on", "off")
    assert set(reads(sim)) == {2}
    assert len(reads(sim)) in (3, 4), "one request per minute for both Echos"
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_pushed_sound_is_shown(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    entity_registry: er.EntityRegistry,
) -> None:
    (dog,) = await enable(hass, config_entry, entity_registry, clock, DOG)
    owner = next(key for key, each in sim.state()["accounts"].items() if KITCHEN in each["devices"])
    sim.patch_state({"accounts": {owner: {"pushesSensors": True}}})
    sim.reset_ledger()
    hear(sim, KITCHEN, dogBark="DETECTED")
    await until(hass, partial(hass.states.is_state, dog, "on"))
    assert reads(sim) == []
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_an_unsupported_request_is_sent_once(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    entity_registry: er.EntityRegistry,
) -> None:
    """The entities are unavailable, and everything else works; temporary errors are not stored."""
    (smoke,) = await enable(hass, config_entry, entity_registry, clock, SMOKE)
    assert state_of(hass, smoke).state == "off"
    sim.fault(path=PHOENIX, method="POST", malformed=True, times=1)
    await clock.advance(130, step=10)
    assert state_of(hass, smoke).state == "off"
    sim.fault(path=PHOENIX, method="POST", status=404)
    sim.reset_ledger()
    await clock.advance(5 * 60)
    assert state_of(hass, smoke).state == "unavailable"
    assert len(reads(sim)) == 1
    assert config_entry.runtime_data.backend.unsupported == ("sounds",)
    assert state_of(hass, "light.hall_hall_light").state == "on"
    assert await hass.config_entries.async_unload(config_entry.entry_id)
