"""Tests of converting alexa_media_player's stored entries without a new sign-in and without requests."""

from datetime import timedelta
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.alexa_media.config_flow import AlexaMediaConfigFlow
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.flow.migration import async_migrate

EMAIL = "jo@example.org"
INSTANCE = "0123456789abcdef0123456789abcdef"

# Computed with alexa_media_player's formula from the instance id above, amazon.com and the email address: the serial of
# the first account, and that of the next one.
SERIAL = "0def4606508ca3d5327fb402630c4f1f"
SECOND_SERIAL = "0def4606508ca3d5327fb402630c4f20"

OAUTH = {
    "access_token": "Atna|old",
    "refresh_token": "Atnr|demo-jo",
    "expires_in": 1763722800.5,
    "mac_dms": {"adp_token": "{enc:demo}", "device_private_key": "MIIDEMO"},
    "code_verifier": "verifier",
    "authorization_code": "ANcode",
}
V1: dict[str, Any] = {
    "url": "amazon.com",
    "email": EMAIL,
    "password": "hunter2",
    "otp_secret": "",
    "securitycode": "123456",
    "public_url": "https://home.example.org/",
    "include_devices": "",
    "exclude_devices": "",
    "scan_interval": 60,
    "queue_delay": 1.5,
    "extended_entity_discovery": False,
    "debug": False,
    "oauth": OAUTH,
}


@pytest.fixture
def hass_config_dir(hass_tmp_config_dir: str) -> str:
    """Return a separate folder for the test, because files in it are checked."""
    return hass_tmp_config_dir


@pytest.fixture(autouse=True)
def _instance() -> Any:
    """Set a known instance id of Home Assistant."""
    with patch("homeassistant.helpers.instance_id.async_get", return_value=INSTANCE):
        yield


def old_entry(hass: HomeAssistant, data: dict[str, Any] | None = None, **values: Any) -> MockConfigEntry:
    """Return an entry of version 1."""
    data = V1 | (data or {})
    title = f"{data['email']} - {data['url']}"
    entry = MockConfigEntry(domain=DOMAIN, **{"version": 1, "title": title, "unique_id": title, "data": data, **values})
    entry.add_to_hass(hass)
    return entry


def register(hass: HomeAssistant, entry: MockConfigEntry, domain: str, *unique_ids: str) -> list[str]:
    """Register entities; return their entity ids."""
    registry = er.async_get(hass)
    return [registry.async_get_or_create(domain, DOMAIN, uid, config_entry=entry).entity_id for uid in unique_ids]


@pytest.mark.contract("config entry, version 1", "config entry, serial of the registration")
async def test_entry_version_1(hass: HomeAssistant) -> None:
    """Row "Config entry": tokens and email address are kept, passwords and codes deleted, no request is sent."""
    entry = old_entry(hass)
    assert await async_migrate(hass, entry)
    assert (entry.version, entry.minor_version) == (AlexaMediaConfigFlow.VERSION, AlexaMediaConfigFlow.MINOR_VERSION)
    assert (entry.title, entry.unique_id) == (f"{EMAIL} - amazon.com", f"{EMAIL} - amazon.com")
    assert entry.data == {
        "url": "amazon.com",
        "email": EMAIL,
        "serial": SERIAL,
        "refresh_token": "Atnr|demo-jo",
        "mac_dms": OAUTH["mac_dms"],
        "customer_id": "",
        "account_id": None,
        "id_suffix": "",
        "leftovers_of": EMAIL,
    }


@pytest.mark.contract("config entry, options in the data", "an empty public address is stored as /")
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({}, {"scan_interval": 60, "public_url": "https://home.example.org"}),
        ({"public_url": "/"}, {"public_url": ""}),
        ({"include_devices": "Echo A, Echo B,"}, {"include_devices": "Echo A, Echo B,", "exclude_devices": ""}),
        ({"exclude_devices": " Echo C"}, {"exclude_devices": "Echo C"}),
        ({"scan_interval": timedelta(seconds=120)}, {"scan_interval": 120}),
        ({"extended_entity_discovery": True}, {"extended_entity_discovery": True}),
    ],
    ids=["plain", "slash", "include", "exclude", "timedelta", "discovery"],
)
async def test_options_come_from_data(hass: HomeAssistant, data: dict[str, Any], expected: dict[str, Any]) -> None:
    """Row "options": options are taken from the data; ``queue_delay`` and ``debug`` are dropped."""
    entry = old_entry(hass, data)
    assert await async_migrate(hass, entry)
    assert {key: entry.options[key] for key in expected} == expected
    assert not {"queue_delay", "debug"} & {*entry.options, *entry.data}


@pytest.mark.contract("config entry, options in the data")
@pytest.mark.parametrize("value", ["soon", {"seconds": 5}, 0, None, "nan"], ids=str)
async def test_invalid_poll_interval_is_dropped(hass: HomeAssistant, value: Any) -> None:
    entry = old_entry(hass, {"scan_interval": value})
    assert await async_migrate(hass, entry)
    assert "scan_interval" not in entry.options


@pytest.mark.contract("config entry, version 1")
@pytest.mark.parametrize(
    ("secret", "expected"),
    [("JBSW Y3DP EHPK 3PXP", "JBSWY3DPEHPK3PXP"), ("123456", None), ("", None), (None, None)],
    ids=str,
)
async def test_otp_secret(hass: HomeAssistant, secret: str | None, expected: str | None) -> None:
    """Row "data keys": a valid setup key is kept, a code is not."""
    entry = old_entry(hass, {"otp_secret": secret})
    assert await async_migrate(hass, entry)
    assert entry.data.get("otp_secret") == expected


@pytest.mark.contract("config entry, secure version 2")
async def test_entry_secure_version_2(hass: HomeAssistant) -> None:
    """Row "Pending upstream change": the credentials are read from their separate file."""
    entry = old_entry(
        hass,
        version=2,
        unique_id="amzn1.account.SIMJODOE00000000000000000000",
        data={"url": "amazon.com", "email": EMAIL, "secure_enrollment": True, "scan_interval": 90},
    )
    stored = {
        "refresh_token": "Atnr|demo-jo",
        "mac_dms": OAUTH["mac_dms"],
        "serial": "D3A0B1C2D4E5F60718293A4B5C6D7E8F",
        "customer_id": "amzn1.account.SIMJODOE00000000000000000000",
        "domain": "amazon.com",
        "pending_validation": False,
    }
    path = Path(hass.config.path(".storage", f"alexa_media.secure_credentials.{entry.entry_id}"))
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"version": 1, "minor_version": 1, "key": path.name, "data": stored}))
    assert await async_migrate(hass, entry)
    assert entry.minor_version == AlexaMediaConfigFlow.MINOR_VERSION
    assert entry.data["refresh_token"] == "Atnr|demo-jo"
    assert entry.data["serial"] == stored["serial"]
    assert entry.data["account_id"] == stored["customer_id"]
    assert entry.data["mac_dms"] == stored["mac_dms"]
    assert entry.data["customer_id"] == ""
    assert entry.options["scan_interval"] == 90
    assert path.exists(), "the file is only deleted after the first successful sign-in"


@pytest.mark.parametrize("content", [None, "{", "[]", '{"data": 5}'], ids=str)
async def test_secure_credentials_that_cannot_be_read(hass: HomeAssistant, content: str | None) -> None:
    """The entry is migrated anyway; without a token the user is asked to sign in."""
    entry = old_entry(hass, version=2, data={"url": "amazon.com", "email": EMAIL, "secure_enrollment": True})
    path = Path(hass.config.path(".storage", f"alexa_media.secure_credentials.{entry.entry_id}"))
    path.parent.mkdir(exist_ok=True)
    if content is not None:
        path.write_text(content)
    assert await async_migrate(hass, entry)
    assert entry.data["refresh_token"] == ""
    assert entry.data["serial"] == SERIAL


async def test_own_entry_is_not_migrated(hass: HomeAssistant, entry_data: dict[str, Any]) -> None:
    """Entries of both integrations have version 2; the content distinguishes them."""
    entry = MockConfigEntry(domain=DOMAIN, version=2, unique_id="A2SIMJO7D0EQ11", data=entry_data, options={"x": 1})
    entry.add_to_hass(hass)
    assert await async_migrate(hass, entry)
    assert (entry.data, entry.options, entry.unique_id) == (entry_data, {"x": 1}, "A2SIMJO7D0EQ11")


async def test_newer_version_is_refused(hass: HomeAssistant) -> None:
    assert not await async_migrate(hass, old_entry(hass, version=3))


SECOND = "g0simkitchen_jo_example_org"


@pytest.mark.contract("config entry, serial of the registration", "entities, unique id of a second account")
@pytest.mark.parametrize(
    ("position", "registered", "suffix"),
    [
        (0, [], ""),
        (1, [], EMAIL),
        (0, ["G0SIMKITCHEN"], ""),
        (1, ["G0SIMKITCHEN"], ""),
        (1, [SECOND], EMAIL),
        (0, [SECOND], EMAIL),
        (0, ["G0SIMKITCHEN", SECOND, "g0simhall_jo_example_org"], ""),
        (1, ["G0SIMKITCHEN", "G0SIMHALL", SECOND], EMAIL),
        (1, ["g0simkitchen_former_example_org"], "former_example_org"),
    ],
    ids=[
        "new first",
        "new second",
        "bare",
        "was first",
        "second",
        "is first now",
        "both, first",
        "both, second",
        "former",
    ],
)
async def test_order_dependent_ids(hass: HomeAssistant, position: int, registered: list[str], suffix: str) -> None:
    """Row "Entities", MP: the registered ids determine the form of ids, and the result is stored."""
    for number in range(position):
        old_entry(hass, {"email": f"other{number}@example.org"})
    entry = old_entry(hass)
    register(hass, entry, "media_player", *registered)
    assert await async_migrate(hass, entry)
    assert entry.data["id_suffix"] == suffix
    assert entry.data["serial"] == (SECOND_SERIAL if position else SERIAL)


async def test_account_after_a_migrated_one_keeps_its_ids(hass: HomeAssistant) -> None:
    """Row "Entities", MP: an account stays the second one.

    The first account already has its permanent unique id.
    """
    first = old_entry(hass, {"email": "other@example.org"})
    second = old_entry(hass)
    assert await async_migrate(hass, first)
    hass.config_entries.async_update_entry(first, unique_id="A2SIMOTHER0001")
    assert await async_migrate(hass, second)
    assert (second.data["id_suffix"], second.data["serial"]) == (EMAIL, SECOND_SERIAL)


@pytest.mark.contract("unique ids that were renamed and back")
async def test_orphaned_ids(hass: HomeAssistant) -> None:
    """Row "unique_id history hazard": entities with a temporary id get the permanent one."""
    entry = old_entry(hass)
    register(hass, entry, "media_player", "G0A", "G0B")
    registry = er.async_get(hass)
    (alarm,) = register(hass, entry, "sensor", "G0A_Next alarm")
    (dnd,) = register(hass, entry, "switch", "G0A_do_not_disturb")
    dead, current = register(hass, entry, "sensor", "G0B_Next alarm", "G0B_next Alarm")
    (other,) = register(hass, entry, "sensor", "0b1c_temperature")
    assert await async_migrate(hass, entry)
    found = {entity_id: registry.async_get(entity_id) for entity_id in (alarm, dnd, dead, current, other)}
    assert [item.unique_id for item in found.values() if item] == [
        "G0A_next Alarm",
        "G0A_do not disturb",
        "G0B_Next alarm",
        "G0B_next Alarm",
        "0b1c_temperature",
    ]
