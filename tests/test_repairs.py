"""Tests of the repair issue about a missing default device, and of its flow."""

from http import HTTPStatus

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from tests.conftest import Household, quiet, state_of, until

pytestmark = pytest.mark.platforms("button", "calendar", "select")

DEFAULT_DEVICE = "select.jo_example_org_amazon_com_default_device"
DINNER = "button.jo_example_org_amazon_com_routine_dinner_time"
ALARM = ("alexa_media", "create_alarm", {"time": "06:45"})
ROUTINE = ("button", "press", {"entity_id": DINNER})
EVENT = (
    "calendar",
    "create_event",
    {
        "entity_id": "calendar.jo_example_org_amazon_com_alarms_and_reminders",
        "summary": "Bins",
        "start_date_time": "2031-03-04 07:00:00",
        "end_date_time": "2031-03-04 07:05:00",
    },
)


def issue_id(entry: MockConfigEntry) -> str:
    """Return the id of the repair issue."""
    return f"no_default_device_{entry.entry_id}"


async def test_a_missing_default_device_raises_an_issue_that_the_flow_fixes(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    hass_client: ClientSessionGenerator,
    subtests: pytest.Subtests,
) -> None:
    """There is no issue before the call.

    After a device is selected, the same call succeeds, and the issue is deleted. A group with alarms of its own, such
    as a stereo pair, isn't offered, because it can't run all routines.
    """
    assert await async_setup_component(hass, "repairs", {})
    client, issues, office = await hass_client(), ir.async_get(hass), household.serial("Office Spot")
    household.change("Downstairs", capabilities=[*household.device("Downstairs")["capabilities"], "TIMERS_AND_ALARMS"])
    await entry.runtime_data.devices.async_refresh()
    assert "Downstairs" in state_of(hass, DEFAULT_DEVICE).attributes["options"]
    for name, call in (("action", ALARM), ("button", ROUTINE), ("calendar", EVENT)):
        with subtests.test(name):
            assert issues.async_get_issue(DOMAIN, issue_id(entry)) is None
            with pytest.raises(ServiceValidationError):
                await hass.services.async_call(*call, blocking=True)
            issue = issues.async_get_issue(DOMAIN, issue_id(entry))
            assert issue is not None
            assert issue.is_fixable
            started = await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue.issue_id})
            form = await started.json()
            assert (form["step_id"], form["description_placeholders"]) == ("choose", {"account": entry.title})
            offered = [option["label"] for option in form["data_schema"][0]["selector"]["select"]["options"]]
            assert "Office Spot" in offered
            assert "Downstairs" not in offered
            done = await client.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={"echo": office})
            assert done.status == HTTPStatus.OK
            await hass.async_block_till_done()
            assert issues.async_get_issue(DOMAIN, issue_id(entry)) is None
            assert state_of(hass, DEFAULT_DEVICE).state == "Office Spot"
            await hass.services.async_call(*call, blocking=True)
        await quiet(hass, sim)
        hass.config_entries.async_update_entry(entry, options={})
        await hass.async_block_till_done()


async def test_the_default_device_of_an_account_that_is_not_loaded_is_not_missing(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The error names the account as the cause, and there is no issue."""
    hass.config_entries.async_update_entry(entry, options={"default_device": household.serial("Bedroom Dot")})
    await hass.config_entries.async_unload(entry.entry_id)
    everywhere = {"time": "06:45", "message": "Bins", "all_devices": True}
    for action, data in (("create_alarm", {"time": "06:45"}), ("create_reminder", everywhere)):
        with pytest.raises(ServiceValidationError) as raised:
            await hass.services.async_call("alexa_media", action, data, blocking=True)
        assert raised.value.translation_key == "account_not_loaded"
    assert ir.async_get(hass).async_get_issue(DOMAIN, issue_id(entry)) is None


async def test_choosing_the_default_device_elsewhere_removes_the_issue(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """Selecting a device with the select entity, or removing the account, deletes the issue."""
    for _ in range(2):
        with pytest.raises(ServiceValidationError):
            await hass.services.async_call(*ALARM, blocking=True)
    issues = ir.async_get(hass)
    assert issues.async_get_issue(DOMAIN, issue_id(entry))
    data = {"entity_id": DEFAULT_DEVICE, "option": "Bedroom Dot"}
    await hass.services.async_call("select", "select_option", data, blocking=True)
    assert issues.async_get_issue(DOMAIN, issue_id(entry)) is None
    hass.config_entries.async_update_entry(entry, options={})
    with pytest.raises(ServiceValidationError):
        await hass.services.async_call(*ALARM, blocking=True)
    assert issues.async_get_issue(DOMAIN, issue_id(entry))
    await hass.config_entries.async_remove(entry.entry_id)
    await until(hass, lambda: issues.async_get_issue(DOMAIN, issue_id(entry)) is None)
