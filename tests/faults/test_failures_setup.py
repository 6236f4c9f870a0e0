"""Tests of every fault of every endpoint that is used during setup or sign-in."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.account.endpoints import ACCOUNT, Endpoint
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Household
from tests.endpoints import SETTINGS_ENDPOINTS

from .failures import (
    ASKED,
    COOKIES,
    FAULTS,
    TOKEN,
    Drive,
    Moment,
    Table,
    household_of_two,
    in_homes,
    rule_of,
    secrets_of,
    table as table,  # noqa: PLC0414 - a fixture, known to pytest by its name
    watching,
)

AT_SET_UP = tuple(endpoint for endpoint in ASKED if endpoint not in SETTINGS_ENDPOINTS)
"""Endpoints used at setup; settings have no listeners then."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("endpoints", in_homes(AT_SET_UP))
async def test_a_known_account_is_set_up_whatever_fails(
    table: Table, subtests: pytest.Subtests, endpoints: Sequence[Endpoint]
) -> None:
    """The account was loaded before. It is set up with all its entities, and recovers."""
    await table.cases(subtests, endpoints, (Moment.SET_UP,))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("endpoint", [ACCOUNT, COOKIES, TOKEN], ids=lambda endpoint: endpoint.name)
async def test_a_failed_sign_in_can_be_repeated(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    entry_data: dict[str, Any],
    freezer: FrozenDateTimeFactory,
    endpoint: Endpoint,
) -> None:
    """A failed sign-in shows an error, logs no secret, and works the next time."""
    for fault in FAULTS:
        sim.household(household_of_two(), domain="amazon.com")
        with watching() as watch:
            sim.fault(**rule_of(endpoint, fault))
            flow = await sign_in(hass, sim, freezer)
            if flow["type"] is not FlowResultType.CREATE_ENTRY:
                assert flow.get("errors") or flow.get("reason"), (fault, flow)
                assert hass.config_entries.async_entries(DOMAIN) == [], fault
                sim.clear_faults()
                flow = await sign_in(hass, sim, freezer)
            assert flow["type"] is FlowResultType.CREATE_ENTRY, (fault, flow)
            (entry,) = hass.config_entries.async_entries(DOMAIN)
            drive = Drive(hass, sim, freezer, cast("MockConfigEntry", entry))
            sim.clear_faults()
            for _ in range(30):
                if entry.state is ConfigEntryState.LOADED:
                    break
                await drive.tick(30)
                await drive.settle()
            assert entry.state is ConfigEntryState.LOADED, fault
        fake = MockConfigEntry(domain=DOMAIN, data=entry_data | dict(entry.data))
        problems = [text for text in watch.problems(secrets_of(fake, household)) if not text.startswith("logged ")]
        assert problems == [], (fault, problems)
        for progress in hass.config_entries.flow.async_progress():
            hass.config_entries.flow.async_abort(progress["flow_id"])
        await hass.config_entries.async_remove(entry.entry_id)


async def sign_in(hass: HomeAssistant, sim: ControlClient, freezer: FrozenDateTimeFactory) -> ConfigFlowResult:
    """Sign in with a pasted URL; requests that hang reach their time limits."""
    manager = hass.config_entries.flow
    flow = await manager.async_init(DOMAIN, context={"source": SOURCE_USER})
    flow = await manager.async_configure(flow["flow_id"], {"marketplace": "amazon.com"})
    flow = await manager.async_configure(flow["flow_id"], {"next_step_id": "paste"})
    assert flow["description_placeholders"]
    redirect = sim.sign_in(flow["description_placeholders"]["url"], "jo@example.org")
    task = asyncio.create_task(manager.async_configure(flow["flow_id"], {"redirect_url": redirect}))
    drive = Drive(hass, sim, freezer, MockConfigEntry(domain=DOMAIN))
    for _ in range(5000):
        if task.done():
            break
        await drive.tick(1)
    return await task
