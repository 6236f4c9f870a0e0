"""Tests of every setting of an Echo in a property: each option, refusals and failures."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import product
import json
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.entity import EntityDescription
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_fire_time_changed
import yaml

from alexa_sim.client import ControlClient
from custom_components.alexa_media import number, select, switch
from custom_components.alexa_media.cloud.property.settings import SettingKey
from tests.conftest import state_of, until

from .hotel import BED_101, add_credentials, change, endpoint, hotel_entry, requests

pytestmark = pytest.mark.platforms("switch", "select", "number", "binary_sensor")

SERIAL: Final = "G0SIMASP00000004"
DND: Final = "Alexa.DoNotDisturb.doNotDisturb"
PATH: Final = f"/v2/endpoints/{BED_101}/settings"
DESCRIPTIONS: Final[Mapping[str, tuple[str, EntityDescription]]] = {
    DND: ("switch", switch.DND),
    **{
        description.setting: (platform, description)
        for platform, descriptions in (
            ("switch", switch.PROPERTY_SETTINGS),
            ("select", select.PROPERTY_SETTINGS),
            ("number", number.PROPERTY_SETTINGS),
        )
        for description in descriptions
    },
}
ZONES: Final = ("Europe/Berlin", "Asia/Tokyo", "America/Argentina/Buenos_Aires")


def entity_of(hass: HomeAssistant, key: str) -> str:
    """Return the entity id for a setting of the Echo at the bed."""
    platform, description = DESCRIPTIONS[key]
    found = er.async_get(hass).async_get_entity_id(platform, "alexa_media", f"asp_{SERIAL}_{description.key}")
    assert found, key
    return found


def writes_of(hass: HomeAssistant, key: str) -> list[tuple[str, dict[str, Any], str]]:
    """Return all actions that write a setting, and the state after each."""
    platform, _ = DESCRIPTIONS[key]
    if platform == "switch":
        return [("turn_on", {}, "on"), ("turn_off", {}, "off")]
    if platform == "number":
        return [("set_value", {"value": value}, str(value)) for value in (0, 55, 100)]
    options = state_of(hass, entity_of(hass, key)).attributes["options"]
    offered = ZONES if key == SettingKey.TIME_ZONE else options
    assert set(offered) <= set(options)
    return [("select_option", {"option": option}, option) for option in offered]


@pytest.fixture
async def bed(hass: HomeAssistant, sim: ControlClient) -> MockConfigEntry:
    """Return the entry of the hotel with all settings enabled, and an empty ledger."""
    sim.household("property")
    await add_credentials(hass)
    entry = hotel_entry()
    entry.add_to_hass(hass)
    for platform, description in DESCRIPTIONS.values():
        er.async_get(hass).async_get_or_create(
            platform,
            "alexa_media",
            f"asp_{SERIAL}_{description.key}",
            config_entry=entry,
            disabled_by=None,
        )
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    sim.reset_ledger()
    return entry


async def act(hass: HomeAssistant, entity_id: str, action: str, **data: Any) -> None:
    """Call an action of an entity."""
    domain = entity_id.partition(".")[0]
    await hass.services.async_call(domain, action, {"entity_id": entity_id, **data}, blocking=True)


def test_every_setting_of_the_api_has_an_entity_that_writes_it() -> None:
    assert {*DESCRIPTIONS, SettingKey.ADDRESS} == set(SettingKey)


async def test_every_value_of_a_setting_reaches_amazon_and_is_shown(
    hass: HomeAssistant, bed: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    for key in DESCRIPTIONS:
        entity_id = entity_of(hass, key)
        before = state_of(hass, entity_id).state
        with subtests.test(str(key)):
            for action, data, shown in writes_of(hass, key):
                sim.reset_ledger()
                await act(hass, entity_id, action, **data)
                await until(hass, lambda e=entity_id, s=shown: state_of(hass, e).state == s)  # type: ignore[misc]
                assert requests(sim) == [f"PUT {PATH}/{key}", f"GET {PATH}/{key}"], data
                (sent,) = sim.ledger(method="PUT")
                assert json.loads(sent["body"]) == endpoint(sim, BED_101)["settings"][key], "Amazon stores the value"
        if key == SettingKey.LOCALES:
            # other settings depend on the language
            await act(hass, entity_id, "select_option", option=before)


REFUSALS: Final = (
    (400, "INVALID_VALUE", "rejected the command"),
    (400, "DEVICE_UNREACHABLE", "doesn't respond"),
    (403, "FORBIDDEN", "doesn't allow"),
    (405, "METHOD_NOT_ALLOWED", "doesn't allow or support"),
    (500, "INTERNAL_SERVER_ERROR", "gave no usable response"),
)


async def test_a_refused_setting_keeps_its_value(
    hass: HomeAssistant, bed: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    for (status, code, text), key in product(REFUSALS, DESCRIPTIONS):
        entity_id = entity_of(hass, key)
        before = state_of(hass, entity_id).state
        held = endpoint(sim, BED_101)["settings"].get(key)
        action, data, _ = next(write for write in writes_of(hass, key) if write[2] != before)
        sim.clear_faults()
        sim.fault(path=f"{PATH}/{key}", method="PUT", status=status, body={"type": code, "message": "not for users"})
        with subtests.test(f"{status}-{code}-{key}"):
            with pytest.raises(HomeAssistantError) as raised:
                await act(hass, entity_id, action, **data)
            assert text in str(raised.value)
            assert "not for users" not in str(raised.value)
            sim.clear_faults()
            assert endpoint(sim, BED_101)["settings"].get(key) == held
            assert state_of(hass, entity_id).state == before


LOST_RESPONSES: Final[Mapping[str, dict[str, Any]]] = {
    "cut": {"cut": "before"},
    "500": {"status": 500},
    "a page": {"status": 200, "body": "<html>"},
}


async def test_a_setting_whose_response_is_lost_is_read_back(
    hass: HomeAssistant, bed: MockConfigEntry, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    for case, fault in LOST_RESPONSES.items():
        written: dict[str, str] = {}
        with subtests.test(case):
            for key in DESCRIPTIONS:
                entity_id = entity_of(hass, key)
                before = state_of(hass, entity_id).state
                action, data, shown = next(write for write in writes_of(hass, key) if write[2] != before)
                rule = sim.fault(path=f"{PATH}/{key}", method="PUT", after=True, **fault)
                with pytest.raises(HomeAssistantError):
                    await act(hass, entity_id, action, **data)
                sim.remove_fault(rule or "")
                written[entity_id] = shown
            async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=6))
            for entity_id, shown in written.items():
                await until(hass, lambda e=entity_id, s=shown: state_of(hass, e).state == s)  # type: ignore[misc]


async def test_settings_of_an_echo_that_goes_offline_stay_shown_and_are_refused(
    hass: HomeAssistant, bed: MockConfigEntry, sim: ControlClient
) -> None:
    change(sim, BED_101, online=False)
    for key in DESCRIPTIONS:
        entity_id = entity_of(hass, key)
        before = state_of(hass, entity_id).state
        action, data, _ = next(write for write in writes_of(hass, key) if write[2] != before)
        with pytest.raises(HomeAssistantError):
            await act(hass, entity_id, action, **data)
        assert state_of(hass, entity_id).state == before, key


async def test_a_setting_excluded_by_the_language_is_refused_with_a_reason(
    hass: HomeAssistant, bed: MockConfigEntry, sim: ControlClient
) -> None:
    await act(hass, entity_of(hass, SettingKey.LOCALES), "select_option", option="fr-FR")
    wake_word, captions = entity_of(hass, SettingKey.WAKE_WORDS), entity_of(hass, SettingKey.ALEXA_CAPTIONS)
    with pytest.raises(HomeAssistantError, match="rejected the command"):
        await act(hass, wake_word, "select_option", option="computer")
    with pytest.raises(HomeAssistantError, match="doesn't allow or support"):
        await act(hass, captions, "turn_on")
    assert (state_of(hass, wake_word).state, state_of(hass, captions).state) == ("alexa", "off")


def test_every_language_that_the_api_lists_can_be_selected() -> None:
    fixture = Path(__file__).parents[2] / "fixtures" / "smart-properties.yaml"
    listed = yaml.safe_load(fixture.read_text())["components"]["schemas"]["Locales"]
    named = [
        value
        for kind in ("x-documented-values", "x-documented-pairs", "x-shown-in-examples-only")
        for value in listed.get(kind, ())
    ]
    _, language = DESCRIPTIONS[SettingKey.LOCALES]
    assert isinstance(language, select.AlexaSettingSelectDescription)
    assert set(named) <= set(language.choices or ())
