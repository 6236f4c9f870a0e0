"""Tests that logs, diagnostics, states, stores, errors and repair issues contain no secret."""

import asyncio
from collections.abc import Iterator
import contextlib
import gc
import json
import logging
import re
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.helpers.storage import Store
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Household, quiet, set_up

from .tools import collecting

KITCHEN: Final = "media_player.kitchen_show"
TOKENS: Final = re.compile(
    r"At(na|nr|za)\|[\w-]+|at-main|at-acb\w+|csrf[=:\"' ]+-?\d{5,}|authorization_code|Bearer \S+|session-token"
)
OURS: Final = ("custom_components.alexa_media", "alexapy", "authcaptureproxy")


@contextlib.contextmanager
def faults(sim: ControlClient) -> Iterator[None]:
    """Let Amazon refuse tokens, the stream and single requests for a while."""
    sim.fault(expire_tokens=True)
    sim.fault(close_stream=True)
    for path in ("/api/devices-v2/device", "/api/dnd/device-status-list", "/auth/token", "/ap/exchangetoken/cookies"):
        sim.fault(path=path, status=401, times=2)
    try:
        yield
    finally:
        sim.clear_faults()


@pytest.mark.timeout(120)
async def test_no_logger_at_debug_logs_a_secret(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, household: Household
) -> None:
    """Covers a setup, commands, faults, renewals and the removal."""
    libraries = ("hpack", "h2", "h11", "httpcore", "httpcore.http2", "httpx", "aiohttp.client", "aiohttp.access")
    names = tuple(sorted({*logging.root.manager.loggerDict, "", *libraries}))
    commands: list[tuple[str, str, dict[str, Any]]] = [
        ("notify", "send_message", {"entity_id": "notify.kitchen_show_speak", "message": "hello secret words"}),
        ("media_player", "volume_set", {"entity_id": KITCHEN, "volume_level": 0.3}),
        ("switch", "turn_on", {"entity_id": "switch.office_spot_do_not_disturb"}),
        (DOMAIN, "create_alarm", {"entity_id": KITCHEN, "at": "07:00"}),
    ]
    with collecting(logging.DEBUG, names) as log:
        await set_up(hass, config_entry)
        await quiet(hass, sim, calm=0.4)
        for domain, service, data in commands:
            with contextlib.suppress(HomeAssistantError):
                await hass.services.async_call(domain, service, data, blocking=True)
        sim.say(household.serial("Kitchen Show"), "the words that were spoken", "the answer")
        with faults(sim):
            for coordinator in config_entry.runtime_data.coordinators:
                await coordinator.async_refresh()
        await asyncio.sleep(0.5)
        await hass.config_entries.async_remove(config_entry.entry_id)
        await hass.async_block_till_done()
    secrets = {config_entry.data[key] for key in ("email", "serial", "refresh_token")}
    secrets |= {serial for account in household.accounts.values() for serial in account["devices"]}
    secrets |= {"the words that were spoken", "hello secret words"}
    # the test plugin's storage logs the data that it gets; Home Assistant's own storage logs the name of the file
    lines = [
        (record, line)
        for record, line in zip(log.records, log.lines(), strict=True)
        if record.name != "pytest_homeassistant_custom_component.common"
    ]
    assert len(lines) > 100
    assert [line[:250] for _, line in lines if TOKENS.search(line)] == []
    told = [line[:250] for record, line in lines if record.name.startswith(OURS) and any(s in line for s in secrets)]
    assert told == []


async def test_diagnostics_of_a_whole_household_contain_no_secret(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, hass_client: ClientSessionGenerator
) -> None:
    assert await async_setup_component(hass, "diagnostics", {})
    left_over = {
        "otp_secret": "JBSWY3DPEHPK3PXP",
        "password": "hunter2",
        "oauth": {"access_token": "Atna|xxx"},
        "hass_url": "https://home.example.org",
    }
    hass.config_entries.async_update_entry(
        entry,
        data={**entry.data, **left_over},
        options={**entry.options, "public_url": "https://home.example.org/ha", "include_devices": []},
    )
    secrets = [entry.data[key] for key in ("email", "refresh_token", "serial", "customer_id", "account_id")]
    secrets += ["JBSWY3DPEHPK3PXP", "hunter2", "Atna|", "home.example.org", "{enc:demo}", "MIIDEMO", "Jo Doe"]
    for account in household.accounts.values():
        secrets += [text for serial, device in account["devices"].items() for text in (serial, device["accountName"])]
        for family in ("appliances", "lists"):
            secrets += [item["name"] for item in account.get(family, {}).values() if item.get("name")]
    shown = json.dumps(await get_diagnostics_for_config_entry(hass, hass_client, entry))
    assert [secret for secret in secrets if secret in shown] == []
    for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id):
        shown = json.dumps(await get_diagnostics_for_device(hass, hass_client, entry, device))
        assert [secret for secret in secrets if secret in shown] == []


async def test_states_contain_no_secret(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The email address is only in the names of the account's own entities."""
    for state in hass.states.async_all():
        text = json.dumps(state.as_dict(), default=str)
        assert TOKENS.search(text) is None, state.entity_id
        assert not any(entry.data[key] in text for key in ("refresh_token", "serial", "account_id")), state.entity_id
        attributes = {key: value for key, value in state.attributes.items() if key != "friendly_name"}
        assert entry.data["email"] not in json.dumps(attributes, default=str), state.entity_id


async def test_every_file_that_is_written_is_private(entry: MockConfigEntry) -> None:
    assert entry.runtime_data
    stores = [item for item in gc.get_objects() if isinstance(item, Store) and DOMAIN in item.key]
    assert stores
    assert [store.key for store in stores if not store._private] == []


# Amazon's response, and the secret in it.
MESSAGES: Final = (
    ({"message": "Customer jo@example.org with token Atna|abc"}, "jo@example.org"),
    ({"message": "Customer jo@example.org with token Atna|abc"}, "Atna|abc"),
    ({"message": "at https://x/?access_token=Zq3x9Lk2Pv7TtR1mN8"}, "Zq3x9Lk2Pv7TtR1mN8"),
    ({"message": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.sig"}, "eyJhbGci"),
    ({"errorMessage": 'refresh_token=Atnr|abcdef; session-token="abcd"'}, "Atnr|"),
    ({"message": "device {serial} is busy"}, "{serial}"),
)


@pytest.mark.platforms("media_player", "notify")
async def test_an_error_contains_no_secret_from_amazons_message(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    subtests: pytest.Subtests,
) -> None:
    serial = household.serial("Kitchen Show")
    for answer, secret in MESSAGES:
        with subtests.test(secret):
            body = {key: text.replace("{serial}", serial) for key, text in answer.items()}
            sim.fault(path="/api/behaviors/preview", status=400, body=body, times=3)
            message = {"entity_id": "notify.kitchen_show_speak", "message": "x"}
            with pytest.raises(HomeAssistantError) as info:
                await hass.services.async_call("notify", "send_message", message, blocking=True)
            sim.clear_faults()
            assert secret.replace("{serial}", serial) not in f"{info.value} {info.value.translation_placeholders}"


async def test_repair_issues_contain_no_secret(hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry) -> None:
    sim.fault(path="/api/*", status=403, body={"message": "AccessDenied for jo@example.org Atna|abc"})
    for coordinator in entry.runtime_data.coordinators:
        await coordinator.async_refresh()
    text = json.dumps([issue.to_json() for issue in ir.async_get(hass).issues.values()], default=str)
    assert TOKENS.search(text) is None
    assert "AccessDenied" not in text
