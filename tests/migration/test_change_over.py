"""Tests that households of alexa_media_player still work after the migration, with the simulated cloud."""

from collections.abc import AsyncIterator
import json
from pathlib import Path
import pickle
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import slugify
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

import alexa_sim
from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Clock, Household, set_up, state_of
from tests.flow.test_config_flow import sign_in
from tests.test_two_accounts import HOUSEHOLD as TWO_ACCOUNTS, JACK, JOHN

from .test_migration import EMAIL, INSTANCE, OAUTH, SERIAL, old_entry

JO = "A2SIMJO7D0EQ11"
DEMO: dict[str, Any] = json.loads((Path(alexa_sim.__file__).parent / "households" / "demo.json").read_text())


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Return a separate folder for the test, because files in it are deleted."""
    return hass_tmp_config_dir


@pytest.fixture(autouse=True)
def _instance() -> Any:
    """Set a known instance id of Home Assistant."""
    with patch("homeassistant.helpers.instance_id.async_get", return_value=INSTANCE):
        yield


@pytest.fixture
def sim(sim: ControlClient) -> ControlClient:
    """Return the household with the app that alexa_media_player registered."""
    registrations = [DEMO["registrations"][0] | {"serial": SERIAL}]
    sim.household(DEMO | {"registrations": registrations}, domain="amazon.com")
    return sim


@pytest.fixture
async def old(hass: HomeAssistant, sim: ControlClient) -> AsyncIterator[MockConfigEntry]:
    """Return the entry of one account, which is not set up."""
    entry = old_entry(hass)
    yield entry
    if entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(entry.entry_id)
        await hass.async_block_till_done()


def leave_behind(
    hass: HomeAssistant, entry: MockConfigEntry, account: dict[str, Any], suffix: str
) -> dict[str, er.RegistryEntry]:
    """Register all entities that alexa_media_player creates, renamed and in areas; return them by entity id."""
    entities, devices = er.async_get(hass), dr.async_get(hass)
    area = ar.async_get(hass).async_get_or_create("Ground floor")
    for serial, echo in account["devices"].items():
        if echo["deviceFamily"] == "VOX":
            continue  # an app, which can neither play nor ring
        name = echo["accountName"]
        player = slugify(f"{serial}_{suffix}") if suffix else serial
        device = devices.async_get_or_create(
            config_entry_id=entry.entry_id, identifiers={(DOMAIN, player)}, name=name, serial_number=serial
        )
        devices.async_update_device(device.id, name_by_user=f"My {name}", area_id=area.id, labels={"echo"})
        keys = {"media_player": [""], "switch": ["do not disturb", "shuffle", "repeat"], "sensor": []}
        if echo["deviceFamily"] != "WHA":
            keys["sensor"] = ["next Alarm", "next Timer", "next Reminder"]
        for domain, each in keys.items():
            for key in each:
                made = entities.async_get_or_create(
                    domain,
                    DOMAIN,
                    f"{player}_{key}" if key else player,
                    config_entry=entry,
                    device_id=device.id,
                    suggested_object_id=f"home {name} {key}",
                )
                entities.async_update_entity(made.entity_id, name=f"Old {key}", area_id=area.id, labels={"mine"})
    return {item.entity_id: item for item in er.async_entries_for_config_entry(entities, entry.entry_id)}


def kept(item: er.RegistryEntry | None) -> tuple[Any, ...]:
    """Return the properties of an entity that users see and use."""
    assert item is not None
    return item.entity_id, item.unique_id, item.name, item.area_id, item.labels, item.device_id, item.id


def assert_kept(hass: HomeAssistant, before: dict[str, er.RegistryEntry]) -> None:
    """Assert that no registered entity has changed."""
    registry = er.async_get(hass)
    assert [kept(registry.async_get(entity_id)) for entity_id in before] == [kept(item) for item in before.values()]


@pytest.mark.contract("config entry, title and unique id")
async def test_one_account_is_migrated(hass: HomeAssistant, sim: ControlClient, old: MockConfigEntry) -> None:
    """No sign-in is needed; each entity, device, name, area and label is kept, and each entity has a state."""
    before = leave_behind(hass, old, DEMO["accounts"][JO], "")
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), old.entry_id)
    await set_up(hass, old)
    assert_kept(hass, before)
    assert [entity_id for entity_id in before if state_of(hass, entity_id).attributes.get("restored")] == []
    for device in devices:
        now = dr.async_get(hass).async_get(device.id)
        assert now is not None
        assert (now.identifiers, now.name_by_user, now.area_id, now.labels) == (
            device.identifiers,
            device.name_by_user,
            device.area_id,
            device.labels,
        )
    players = {item.unique_id for item in er.async_get(hass).entities.values() if item.domain == "media_player"}
    assert players == {item.unique_id for item in before.values() if item.domain == "media_player"}
    assert state_of(hass, "media_player.home_kitchen_show").state == "idle"
    assert hass.config_entries.flow.async_progress() == []
    assert sim.ledger(path="/auth/register") == []
    assert (old.unique_id, old.data["customer_id"], old.title) == (JO, JO, f"{EMAIL} - amazon.com")
    assert not {"password", "securitycode", "oauth", "leftovers_of"} & old.data.keys()


@pytest.mark.contract("entities, two accounts whose order has changed")
@pytest.mark.parametrize("second", ["john", "jack"])
async def test_two_accounts_are_migrated(hass: HomeAssistant, sim: ControlClient, second: str) -> None:
    """Each account keeps its form of ids, whatever the current order is; ids of shared Echos do not collide."""
    sim.household(TWO_ACCOUNTS, domain="amazon.com")
    before, entries = {}, {}
    for name, customer_id in (("john", JOHN), ("jack", JACK)):
        account = TWO_ACCOUNTS["accounts"][customer_id]
        shared = {
            serial: echo
            for other in TWO_ACCOUNTS["accounts"].values()
            for serial, echo in other["devices"].items()
            if customer_id in echo.get("sharedWith", [])
        }
        registration = next(item for item in TWO_ACCOUNTS["registrations"] if item["account"] == customer_id)
        tokens = OAUTH | {"refresh_token": registration["refresh_token"]}
        entries[name] = old_entry(hass, {"email": account["email"], "oauth": tokens})
        seen = {"devices": account["devices"] | shared}
        before[name] = leave_behind(hass, entries[name], seen, account["email"] if name == second else "")
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    for name, entry in entries.items():
        assert entry.state is ConfigEntryState.LOADED
        assert_kept(hass, before[name])
        assert [entity_id for entity_id in before[name] if state_of(hass, entity_id).attributes.get("restored")] == []
    assert [entry.unique_id for entry in entries.values()] == [JOHN, JACK]
    for entry in entries.values():
        await hass.config_entries.async_unload(entry.entry_id)


def leftovers(hass: HomeAssistant, bomb: Path) -> list[Path]:
    """Create alexa_media_player's files of an account; loading the pickle would create ``bomb``."""
    config = Path(hass.config.config_dir)
    (config / ".storage").mkdir(exist_ok=True)
    names = [
        f".storage/alexa_media.{EMAIL}.cookies",
        f".storage/alexa_media.{EMAIL}.cookies.{'0a' * 16}.tmp",
        f".storage/alexa_media.{EMAIL}.pickle",
        f".storage/alexa_media.{EMAIL}.txt",
        f"alexa_media.{EMAIL}.pickle",
        f"alexa_media{EMAIL}post.html",
        f"alexa_media{EMAIL}get.html",
    ]
    for name in names:
        (config / name).write_bytes(pickle.dumps(_Bomb(bomb)))
    return [config / name for name in names]


class _Bomb:
    """An object that creates a file when it is loaded from a pickle."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.contract("config entry, files on disk")
async def test_leftovers_are_deleted_after_the_first_good_sign_in(
    hass: HomeAssistant, sim: ControlClient, old: MockConfigEntry, tmp_path: Path
) -> None:
    """Row "On-disk state": the files are kept during an outage, then deleted.

    Other files are kept, and no pickle is loaded.
    """
    bomb = tmp_path / "loaded"
    files = leftovers(hass, bomb)
    config = Path(hass.config.config_dir)
    others = [
        config / ".storage" / "alexa_media.other@example.org.pickle",
        config / ".storage" / f"alexa_media.{EMAIL}.cookies.bak",
        config / f"alexa_media{EMAIL}.html",
    ]
    for path in others:
        path.write_text("other")
    sim.fault(host="*", status=503)
    assert not await hass.config_entries.async_setup(old.entry_id)
    assert (old.minor_version, old.unique_id) == (2, f"{EMAIL} - amazon.com")
    assert [path for path in files if not path.exists()] == []
    sim.clear_faults()
    assert await hass.config_entries.async_reload(old.entry_id)
    await hass.async_block_till_done()
    assert old.unique_id == JO
    assert [path for path in files if path.exists()] == []
    assert [path for path in others if not path.exists()] == []
    assert not bomb.exists()


async def test_path_outside_of_the_folder_removes_nothing(hass: HomeAssistant, sim: ControlClient) -> None:
    victim = Path(hass.config.path("alexa_media.x.pickle"))
    victim.write_text("precious")
    (Path(hass.config.config_dir) / ".storage" / "alexa_media.y").mkdir(parents=True)
    entry = old_entry(hass, {"email": "y/../../alexa_media.x"})
    await set_up(hass, entry)
    assert victim.read_text() == "precious"
    assert "leftovers_of" not in entry.data
    await hass.config_entries.async_unload(entry.entry_id)


async def test_secure_credentials_are_deleted_after_the_first_good_sign_in(
    hass: HomeAssistant, sim: ControlClient
) -> None:
    """Row "Pending upstream change": the entry stores the token, and the file is deleted."""
    entry = old_entry(hass, version=2, data={"url": "amazon.com", "email": EMAIL, "secure_enrollment": True})
    path = Path(hass.config.path(".storage", f"alexa_media.secure_credentials.{entry.entry_id}"))
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"data": {"refresh_token": "Atnr|demo-jo", "serial": SERIAL, "domain": "amazon.com"}}))
    await set_up(hass, entry)
    assert entry.unique_id == JO
    assert not path.exists()
    await hass.config_entries.async_unload(entry.entry_id)


async def test_the_same_account_is_loaded_once(hass: HomeAssistant, sim: ControlClient, old: MockConfigEntry) -> None:
    """The second entry shows why it is not loaded; the first one continues to work."""
    await set_up(hass, old)
    twin = old_entry(hass, {"email": "JO@example.org"}, title="the twin")
    assert not await hass.config_entries.async_setup(twin.entry_id)
    assert twin.state is ConfigEntryState.SETUP_ERROR
    assert twin.error_reason_translation_key == "duplicate_account"
    assert twin.unique_id != JO
    assert state_of(hass, "media_player.kitchen_show").state == "idle"


@pytest.mark.parametrize(
    ("account", "reason"), [(EMAIL, "reauth_successful"), ("alex@example.org", "wrong_email")], ids=["same", "other"]
)
async def test_an_entry_without_a_token_needs_one_sign_in(
    hass: HomeAssistant, sim: ControlClient, household: Household, account: str, reason: str
) -> None:
    """An account that only has cookies needs one sign-in, which must be for the entry's account."""
    entry = old_entry(hass, {"oauth": {}})
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    (flow,) = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert flow["context"]["source"] == SOURCE_REAUTH
    if account != EMAIL:
        other = DEMO["accounts"][JO] | {"email": account, "devices": {}, "notifications": {}, "household": []}
        sim.patch_state({"accounts": {"A2SIMALEX0DOE9": {key: other[key] for key in ("email", "name", "password")}}})
    step = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    step = await hass.config_entries.flow.async_configure(step["flow_id"], {"next_step_id": "paste"})
    step = await sign_in(hass, sim, step, account)
    assert (step["type"], step.get("reason")) == (FlowResultType.ABORT, reason)
    await hass.async_block_till_done()
    if account == EMAIL:
        assert (entry.state, entry.unique_id) == (ConfigEntryState.LOADED, JO)
        assert entry.data["id_suffix"] == ""
        assert "leftovers_of" not in entry.data
        await hass.config_entries.async_unload(entry.entry_id)
    else:
        assert entry.unique_id == f"{EMAIL} - amazon.com"


@pytest.mark.contract("a filter takes the sensors and switches of its Echos")
async def test_filters_by_name_still_apply(hass: HomeAssistant, sim: ControlClient) -> None:
    """Row "include_devices": alexa_media_player's names still select all entities of a device."""
    entry = old_entry(hass, {"include_devices": "Kitchen Show,Bedroom Dot", "exclude_devices": "Bedroom Dot"})
    await set_up(hass, entry)
    names = {device.name for device in entry.runtime_data.devices.data.values()}
    assert names == {"Kitchen Show"}
    assert hass.states.get("switch.kitchen_show_do_not_disturb")
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.contract("device registry, air quality monitor")
async def test_devices_without_a_player_are_kept(
    hass: HomeAssistant, old: MockConfigEntry, clock: Clock, device_registry: dr.DeviceRegistry
) -> None:
    """Row "Air quality monitor": the monitor's device, which is not a player, is kept.

    The device of an Echo that no longer exists is removed. Identifiers that are not pairs, and unique ids that are not
    texts, do not prevent loading.
    """
    found = {}
    odd: Any = {(DOMAIN, "0b1c2d3e", "pm25")}
    device = device_registry.async_get_or_create(config_entry_id=old.entry_id, identifiers=odd)
    number: Any = 7
    for domain in ("media_player", "sensor"):
        er.async_get(hass).async_get_or_create(domain, DOMAIN, number, config_entry=old, device_id=device.id)
    for identifier, domain in (("0b1c2d3e", "sensor"), ("G0GONE", "media_player")):
        device = device_registry.async_get_or_create(config_entry_id=old.entry_id, identifiers={(DOMAIN, identifier)})
        er.async_get(hass).async_get_or_create(domain, DOMAIN, identifier, config_entry=old, device_id=device.id)
        found[identifier] = device.id
    await set_up(hass, old)
    await clock.advance(40, 5)
    await old.runtime_data.devices.async_refresh()
    assert device_registry.async_get(found["0b1c2d3e"])
    assert device_registry.async_get(found["G0GONE"]) is None


@pytest.mark.contract("configuration.yaml", "YAML keeps it from loading")
async def test_yaml_causes_a_repair_issue(
    hass: HomeAssistant, old: MockConfigEntry, issue_registry: ir.IssueRegistry
) -> None:
    """Row "YAML": a repair issue is created, and the integration loads nevertheless."""
    config = {DOMAIN: {"accounts": [{"email": EMAIL, "password": "hunter2", "url": "amazon.com"}]}}
    assert await async_setup_component(hass, DOMAIN, config)
    await hass.async_block_till_done()
    assert old.state is ConfigEntryState.LOADED
    issue = issue_registry.async_get_issue(DOMAIN, "deprecated_yaml_configuration")
    assert issue is not None
    assert issue.translation_key == "deprecated_yaml_configuration"


async def test_no_issue_without_yaml(hass: HomeAssistant, issue_registry: ir.IssueRegistry) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    assert issue_registry.async_get_issue(DOMAIN, "deprecated_yaml_configuration") is None
