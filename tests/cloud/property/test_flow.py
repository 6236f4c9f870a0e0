"""Tests of signing in to a property with the config flow."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.config_entry_oauth2_flow import ImplementationUnavailableError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from alexa_sim.client import ControlClient
from custom_components.alexa_media import backends
from custom_components.alexa_media.const import DOMAIN

from .hotel import IMPLEMENTATION, ORGANIZATION, ROOM_101, add_credentials, hotel_entry, load

pytestmark = pytest.mark.platforms("light", "number")

REGION = {"region": "na", "login_host": "by_region"}


@pytest.fixture(autouse=True)
def _hotel(sim: ControlClient, current_request_with_host: None) -> None:
    """Use the hotel's household, and a request as a browser sends it."""
    sim.household("property")


async def go_on(hass: HomeAssistant, flow: dict[str, Any], **answers: Any) -> dict[str, Any]:
    """Submit a form, or continue without input."""
    result: dict[str, Any] = dict(await hass.config_entries.flow.async_configure(flow["flow_id"], answers or None))
    return result


async def at_amazon(
    hass: HomeAssistant, sim: ControlClient, client: ClientSessionGenerator, flow: dict[str, Any]
) -> dict[str, Any]:
    """Accept the consent page, and let the browser return."""
    assert (flow["type"], flow["step_id"]) == (FlowResultType.EXTERNAL_STEP, "auth")
    back = urlsplit(sim.sign_in(flow["url"], "operator@example.org"))
    browser = await client()
    answer = await browser.get(f"{back.path}?{back.query}")
    assert answer.status == 200
    return await go_on(hass, flow)


async def start(hass: HomeAssistant, **region: str) -> dict[str, Any]:
    """Select Smart Properties and a region."""
    flow: dict[str, Any] = dict(await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"}))
    flow = await go_on(hass, flow, marketplace="amazon.com")
    assert "smart_properties" in flow["menu_options"]
    flow = await go_on(hass, flow, next_step_id="smart_properties")
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "smart_properties")
    return await go_on(hass, flow, **(REGION | region))


async def test_a_room_is_set_up_with_the_config_flow(
    hass: HomeAssistant, sim: ControlClient, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """The entry has the name of the room, which may contain what separates the names in its path."""
    await add_credentials(hass)
    sim.patch_state({"smartProperties": {"units": {ROOM_101: {"name": "Room 101 / Sea view"}}}})
    flow = await start(hass)
    asked = parse_qs(urlsplit(flow["url"]).query)
    assert flow["url"].startswith("https://www.amazon.com/ap/oa?")
    assert asked["scope"] == ["alexa::enterprise:management credential_locker::wifi_management"]
    flow = await at_amazon(hass, sim, hass_client_no_auth, flow)
    assert flow["step_id"] == "organization"
    for wrong, error in ((ORGANIZATION[:-1], "unit_unknown"), ("12345", "unit_invalid")):
        flow = await go_on(hass, flow, unit_id=wrong)
        assert flow["errors"] == {"unit_id": error}
    sim.fault(path="/v2/units/*", status=503, times=9)
    flow = await go_on(hass, flow, unit_id=ORGANIZATION)
    assert flow["errors"] == {"unit_id": "cannot_connect_property"}
    sim.clear_faults()
    flow = await go_on(hass, flow, unit_id=f" {ORGANIZATION} ")
    assert flow["step_id"] == "unit"
    options = flow["data_schema"].schema["unit"].config["options"]
    assert {option["label"] for option in options} >= {
        "Example Hotels",
        "Example Hotels / Harbour Hotel / Room 101 / Sea view",
    }
    flow = await go_on(hass, flow, unit=ROOM_101)
    await hass.async_block_till_done()
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    entry = flow["result"]
    assert (entry.title, entry.unique_id) == ("Room 101 / Sea view", f"asp_{ROOM_101}")
    assert entry.state is ConfigEntryState.LOADED
    assert not entry.data["whole_organization"]
    assert hass.states.get("light.room_101_sea_view_room_101_lamp")
    assert not [state for state in hass.states.async_entity_ids() if "room_102" in state]
    token_requests = sim.ledger(path="/auth/o2/token")
    assert "client_secret=" in token_requests[0]["body"]
    again = await at_amazon(hass, sim, hass_client_no_auth, await start(hass))
    again = await go_on(hass, await go_on(hass, again, unit_id=ROOM_101), unit=ROOM_101)
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_signing_in_needs_credentials_and_consent(
    hass: HomeAssistant, sim: ControlClient, hass_client_no_auth: ClientSessionGenerator
) -> None:
    flow = await start(hass)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "missing_credentials")
    await add_credentials(hass)
    flow = await start(hass, region="fe")
    assert flow["url"].startswith("https://www.amazon.co.jp/ap/oa?")
    browser = await hass_client_no_auth()
    state = parse_qs(urlsplit(flow["url"]).query)["state"][0]
    await browser.get(f"/auth/external/callback?error=access_denied&state={state}")
    flow = await go_on(hass, flow)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "user_rejected_authorize")


async def test_deleted_application_credentials_are_named(hass: HomeAssistant, sim: ControlClient) -> None:
    """The setup asks for a new sign-in, with the reason in the entry."""
    entry = hotel_entry(ROOM_101)
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "credentials_missing"
    (asked,) = hass.config_entries.flow.async_progress()
    assert asked["step_id"] == "property_reauth"


async def test_application_credentials_that_cannot_be_read_are_awaited(
    hass: HomeAssistant, sim: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unavailable(*_: object) -> None:
        raise ImplementationUnavailableError

    monkeypatch.setattr(backends, "async_get_config_entry_implementation", unavailable)
    entry = hotel_entry(ROOM_101)
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert entry.error_reason_translation_key == "credentials_unavailable"


async def test_only_a_revoked_grant_starts_a_reauthentication(
    hass: HomeAssistant, sim: ControlClient, hass_client_no_auth: ClientSessionGenerator
) -> None:
    await add_credentials(hass)
    entry = hotel_entry(ROOM_101)
    sim.fault(path="/auth/o2/token", status=503, times=1)
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert not hass.config_entries.flow.async_progress()
    await hass.config_entries.async_unload(entry.entry_id)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    sim.fault(revoke=True)
    await entry.runtime_data.devices.async_refresh()
    await hass.async_block_till_done()
    (asked,) = hass.config_entries.flow.async_progress()
    assert asked["step_id"] == "property_reauth"
    confirmed: dict[str, Any] = dict(await hass.config_entries.flow.async_configure(asked["flow_id"], {}))
    flow = await at_amazon(hass, sim, hass_client_no_auth, confirmed)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert entry.data["auth_implementation"] == IMPLEMENTATION


UNREADABLE: tuple[dict[str, Any], ...] = (
    {"html": True},
    {"malformed": True},
    *(
        {"status": 200, "body": body}
        for body in (
            "",
            [],
            ["expires_in"],
            {"expires_in": 3600},
            {"access_token": "Atza|new", "refresh_token": "Atzr|property", "expires_in": None},
            {"access_token": {}, "refresh_token": "Atzr|property", "expires_in": 3600},
        )
    ),
)
"""Faults that make Amazon respond to a request for a token with status 200, but without a valid token."""


async def test_an_unreadable_token_is_a_lost_connection(
    hass: HomeAssistant, sim: ControlClient, caplog: pytest.LogCaptureFixture
) -> None:
    await add_credentials(hass)
    entry = hotel_entry(ROOM_101)
    entry.add_to_hass(hass)
    for fault in ({"status": 503}, *UNREADABLE):
        sim.fault(path="/auth/o2/token", times=1, **fault)
        assert not await hass.config_entries.async_setup(entry.entry_id)
        assert (entry.state, entry.error_reason_translation_key) == (ConfigEntryState.SETUP_RETRY, "not_read")
        await hass.config_entries.async_unload(entry.entry_id)
        assert entry.data["token"]["refresh_token"] == "Atzr|property"
    assert not hass.config_entries.flow.async_progress()
    assert "Unexpected" not in caplog.text
    # without a new refresh token, the previous one is kept, which the next renewal needs
    body = {"access_token": "Atza|refused", "refresh_token": None, "expires_in": 3600}
    sim.fault(path="/auth/o2/token", times=1, status=200, body=body)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.data["token"]["access_token"] != "Atza|refused"


async def test_an_unreadable_token_ends_the_sign_in(
    hass: HomeAssistant, sim: ControlClient, hass_client_no_auth: ClientSessionGenerator
) -> None:
    """Without a refresh token, the entry could not be used for more than an hour."""
    await add_credentials(hass)
    for fault in (*UNREADABLE, {"status": 200, "body": {"access_token": "Atza|new", "expires_in": 3600}}):
        flow = await start(hass)
        sim.fault(path="/auth/o2/token", times=1, **fault)
        flow = await at_amazon(hass, sim, hass_client_no_auth, flow)
        assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "oauth_failed")


async def test_reconfiguring_keeps_the_unit_and_refuses_a_sign_in_without_access_to_it(
    hass: HomeAssistant, sim: ControlClient, hass_client_no_auth: ClientSessionGenerator
) -> None:
    await add_credentials(hass)
    entry = await load(hass, hotel_entry(ROOM_101))
    before = entry.data["token"]["access_token"]
    flow: dict[str, Any] = dict(await entry.start_reconfigure_flow(hass))
    assert flow["step_id"] == "property_reconfigure"
    flow = await at_amazon(hass, sim, hass_client_no_auth, await go_on(hass, flow, **REGION))
    assert flow["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data["token"]["access_token"] != before
    assert entry.unique_id == f"asp_{ROOM_101}"
    (client,) = sim.state()["smartProperties"]["clients"]
    sim.patch_state({"smartProperties": {"clients": [client | {"apiAccess": False}]}})
    flow = dict(await entry.start_reconfigure_flow(hass))
    flow = await at_amazon(hass, sim, hass_client_no_auth, await go_on(hass, flow, **REGION))
    assert flow["reason"] == "property_refused"


async def test_only_options_that_apply_to_a_property_are_shown(hass: HomeAssistant, sim: ControlClient) -> None:
    await add_credentials(hass)
    entry = await load(hass, hotel_entry(ROOM_101))
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    schema = flow["data_schema"]
    assert schema is not None
    assert {str(key) for key in schema.schema} == {"include_devices", "exclude_devices", "record"}
    assert hass.states.get("number.room_101_room_101_bath_maximum_volume")
    result = await hass.config_entries.options.async_configure(
        flow["flow_id"], {"exclude_devices": ["G0SIMASP00000006"]}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    assert hass.states.get("number.room_101_room_101_bath_maximum_volume") is None
    assert hass.states.get("number.room_101_room_101_bed_maximum_volume")


async def test_missing_credentials_are_requested_again(hass: HomeAssistant, sim: ControlClient) -> None:
    assert await async_setup_component(hass, "application_credentials", {})
    entry = hotel_entry(ROOM_101)
    entry.add_to_hass(hass)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.SETUP_ERROR
    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["step_id"] == "property_reauth"
    assert sim.ledger() == []
    assert await hass.config_entries.async_remove(entry.entry_id)
