"""Tests that Home Assistant starts with configuration folders of alexa_media_player 5.15.7 and loses nothing."""

import asyncio
from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any

from homeassistant import bootstrap
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED, EVENT_HOMEASSISTANT_STOP
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers import (
    area_registry as ar,
    category_registry as cr,
    device_registry as dr,
    entity_registry as er,
    floor_registry as fr,
    issue_registry as ir,
    label_registry as lr,
    restore_state as rs,
)
from homeassistant.setup import async_setup_component
import pytest

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN, ENTRY_MINOR_VERSION, ENTRY_VERSION
from scripts.left_behind import SMART_HOME, LeftBehind, OldAccount, left_behind
from tests.test_two_accounts import HOUSEHOLD as TWO_ACCOUNTS, JACK, JOHN

from .test_change_over import DEMO, JO

CASES: dict[str, tuple[Mapping[str, Any], tuple[OldAccount, ...]]] = {
    "one account": (DEMO, (OldAccount(customer_id=JO),)),
    "one account, secure, smart home": (DEMO, (OldAccount(customer_id=JO, secure=True, smart_home=True),)),
    "smart home": (DEMO, (OldAccount(customer_id=JO, smart_home=True),)),
    "two accounts": (
        TWO_ACCOUNTS,
        (OldAccount(customer_id=JOHN), OldAccount(customer_id=JACK, suffix="jack.doe@example.org")),
    ),
    "two accounts whose order has changed": (
        TWO_ACCOUNTS,
        (OldAccount(customer_id=JOHN, suffix="john.doe@example.org"), OldAccount(customer_id=JACK)),
    ),
}


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Return a separate folder for the test, because files in it are deleted."""
    return hass_tmp_config_dir


@pytest.fixture
def load_registries() -> bool:
    """Return False, because the test loads the registries."""
    return False


async def start(hass: HomeAssistant, storage: dict[str, Any], old: LeftBehind) -> None:
    """Load Home Assistant's registries and the integration with a folder."""
    await hass.async_add_executor_job(old.write, Path(hass.config.config_dir))
    for name, content in old.files.items():
        if (key := name.removeprefix(".storage/")).startswith("core."):
            storage[key] = json.loads(content)
    hass.set_state(CoreState.not_running)
    dr.async_setup(hass)
    await asyncio.gather(*(registry.async_load(hass) for registry in (ar, cr, dr, er, fr, ir, lr, rs)))
    hass.data[bootstrap.DATA_REGISTRIES_LOADED] = None
    await hass.config_entries.async_initialize()
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    # the registries now search for orphaned entries
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()


@pytest.mark.contract("config entry, no new sign-in", "entities", "a device is its own hub")
@pytest.mark.parametrize("case", CASES)
async def test_nothing_is_lost(
    hass: HomeAssistant, hass_storage: dict[str, Any], sim: ControlClient, case: str
) -> None:
    """No sign-in is needed; ids, names, areas, labels, icons and devices are unchanged."""
    household, accounts = CASES[case]
    old = left_behind(household, accounts)
    sim.household(dict(old.household), domain="amazon.com")
    await start(hass, hass_storage, old)
    entries = [entry for entry in hass.config_entries.async_entries() if entry.domain == DOMAIN]
    assert [(entry.state, entry.unique_id) for entry in entries] == [
        (ConfigEntryState.LOADED, account.customer_id) for account in accounts
    ]
    assert [entry.title for entry in entries] == [
        item["title"] for item in old.stored("core.config_entries")["entries"]
    ]
    for entry in entries:
        assert (entry.version, entry.minor_version) == (ENTRY_VERSION, ENTRY_MINOR_VERSION)
        assert not {"password", "oauth", "secure_enrollment", "leftovers_of"} & entry.data.keys()
        assert entry.options["public_url"] == ""
    assert hass.config_entries.flow.async_progress() == []
    assert sim.ledger(path="/auth/register") == []
    assert_entities(hass, old)
    assert_devices(hass, old)
    assert [name for name in old.leftovers if Path(hass.config.path(name)).exists()] == []
    for entry in entries:
        await hass.config_entries.async_unload(entry.entry_id)
    # stopping ends the timers of the registries
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
    await hass.async_block_till_done()


def assert_entities(hass: HomeAssistant, old: LeftBehind) -> None:
    """Check each registered entity, and that the integration provides the entities of the household.

    For the smart home, this is limited to the appliances of the simulated household. An appliance without a device may
    get one.
    """
    smart_home = {unique_id for unique_ids in SMART_HOME.values() for unique_id in unique_ids}
    appliances = {key for account in old.household["accounts"].values() for key in account.get("appliances", {})}
    registry = er.async_get(hass)
    before = old.stored("core.entity_registry")["entities"]
    assert len(before) > 20
    for was in before:
        now = registry.async_get(was["entity_id"])
        assert now is not None, f"{was['entity_id']} is gone"
        same = [
            "unique_id",
            "id",
            "name",
            "icon",
            "area_id",
            "config_entry_id",
            *(("device_id",) * bool(was["device_id"])),
        ]
        assert {key: getattr(now, key) for key in same} == {key: was[key] for key in same}
        assert (sorted(now.labels), now.disabled_by) == (was["labels"], None)
        assert set(was["aliases"]) <= {str(alias) for alias in now.aliases}
        if was["unique_id"] not in smart_home or was["unique_id"].partition("_")[0] in appliances:
            state = hass.states.get(was["entity_id"])
            assert state is not None, f"{was['entity_id']} has no state"
            assert not state.attributes.get("restored"), f"{was['entity_id']} no longer belongs to the integration"
    known = {was["entity_id"] for was in before}
    kinds = ("_do not disturb", "_shuffle", "_repeat", "_next Alarm", "_next Timer", "_next Reminder")
    ours = [e for e in registry.entities.values() if e.domain == "media_player" or e.unique_id.endswith(kinds)]
    assert {item.entity_id for item in ours} <= known, "an entity was registered twice"


def assert_devices(hass: HomeAssistant, old: LeftBehind) -> None:
    """Check each registered device; no device is its own hub anymore."""
    registry = dr.async_get(hass)
    for was in old.stored("core.device_registry")["devices"]:
        now = registry.async_get(was["id"])
        assert isinstance(now, dr.DeviceEntry), f"{was['name']} is gone"
        assert (now.name_by_user, now.area_id, sorted(now.labels)) == (
            was["name_by_user"],
            was["area_id"],
            was["labels"],
        )
        assert now.identifiers == {tuple(identifier) for identifier in was["identifiers"]}
        assert now.via_device_id is None
    areas = {area.id: area.name for area in ar.async_get(hass).async_list_areas()}
    assert {"ground_floor": "Ground floor", "upstairs": "Upstairs"}.items() <= areas.items()
    assert {label.label_id for label in lr.async_get(hass).async_list_labels()} == {"mine", "echo"}
