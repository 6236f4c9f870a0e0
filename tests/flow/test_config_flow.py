"""Tests of the sign-in with the simulated cloud."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
import copy
import json
import logging
from pathlib import Path
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_REAUTH, SOURCE_USER, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, InvalidData, UnknownFlow
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

import alexa_sim
from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.account.backend import AccountBackend
from custom_components.alexa_media.const import DOMAIN, MARKETPLACES

DEMO: dict[str, Any] = json.loads((Path(alexa_sim.__file__).parent / "households" / "demo.json").read_text())
JO = next(iter(DEMO["accounts"]))
ALEX = DEMO["accounts"][JO]["household"][0]["id"]

LANDING = "https://www.amazon.com/ap/maplanding?openid.oa2.authorization_code="


@pytest.fixture(autouse=True)
def setups() -> Iterator[list[str]]:
    """Prevent the setup of entries; return the ids of the entries that would be set up."""
    seen: list[str] = []

    async def _set_up(_hass: HomeAssistant, entry: MockConfigEntry) -> bool:
        seen.append(entry.entry_id)
        return True

    async def _good(*_: object) -> bool:
        return True

    component = "custom_components.alexa_media"
    with (
        # only the flow is tested, so no code that needs the runtime data of an entry may run
        patch(f"{component}.async_setup", _good),
        patch(f"{component}.async_setup_entry", _set_up),
        patch(f"{component}.async_unload_entry", _good),
    ):
        yield seen


@pytest.fixture
def two_accounts(sim: ControlClient) -> ControlClient:
    """Return a cloud in which Alex also has an account."""
    household = copy.deepcopy(DEMO)
    household["accounts"][ALEX] = household["accounts"][JO] | {
        "email": "alex@example.org",
        "name": "Alex Ray",
        "directedId": "amzn1.account.SIMALEXRAY0000000000000000000",
        "household": [],
        "devices": {},
        "notifications": {},
    }
    sim.household(household, domain="amazon.com")
    return sim


@pytest.fixture
def entry_data(entry_data: dict[str, Any]) -> dict[str, Any]:
    """Return the data of the entry with the household's registration."""
    found = DEMO["registrations"][0]
    return entry_data | {
        "serial": found["serial"],
        "refresh_token": found["refresh_token"],
        "mac_dms": found["mac_dms"],
        "customer_id": JO,
        "account_id": DEMO["accounts"][JO]["directedId"],
    }


async def start(hass: HomeAssistant, marketplace: str = "amazon.com") -> ConfigFlowResult:
    """Start a flow and select the marketplace."""
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert (flow["type"], flow["step_id"]) == (FlowResultType.FORM, "user")
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"marketplace": marketplace})
    return await choose_paste(hass, flow)


async def choose_paste(hass: HomeAssistant, flow: ConfigFlowResult) -> ConfigFlowResult:
    """Select the sign-in method that pastes a URL."""
    assert (flow["type"], flow["step_id"]) == (FlowResultType.MENU, "sign_in")
    options = flow["menu_options"]
    assert isinstance(options, list)
    assert options[:2] == ["proxy", "paste"]
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"next_step_id": "paste"})
    assert (flow["type"], flow["step_id"], flow["errors"]) == (FlowResultType.FORM, "paste", None)
    return flow


def address(flow: ConfigFlowResult) -> str:
    """Return the sign-in URL in a form."""
    placeholders = flow["description_placeholders"]
    assert placeholders is not None
    return placeholders["url"]


def serial(flow: ConfigFlowResult) -> str:
    """Return the device serial in a form's sign-in URL."""
    client_id = URL(address(flow)).query["openid.oa2.client_id"].removeprefix("device:")
    return bytes.fromhex(client_id).decode().partition("#")[0]


async def paste(hass: HomeAssistant, flow: ConfigFlowResult, redirect_url: str) -> ConfigFlowResult:
    """Submit a pasted URL."""
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"redirect_url": redirect_url})
    await hass.async_block_till_done()
    return flow


async def sign_in(
    hass: HomeAssistant, sim: ControlClient, flow: ConfigFlowResult, account: str = "jo@example.org"
) -> ConfigFlowResult:
    """Sign in like a browser, and submit the final URL."""
    return await paste(hass, flow, sim.sign_in(address(flow), account))


def error(flow: ConfigFlowResult) -> str | None:
    """Return the error of the only field of a form."""
    assert flow["type"] is FlowResultType.FORM, flow
    return next(iter((flow["errors"] or {}).values()), None)


def registered(sim: ControlClient) -> list[str]:
    """Return the registered serials in order."""
    return [
        json.loads(request["body"])["registration_data"]["device_serial"]
        for request in sim.ledger(path="/auth/register")
        if request["status"] == 200
    ]


def deregistered(sim: ControlClient) -> int:
    """Return the number of deregistrations."""
    return sum(request["status"] == 200 for request in sim.ledger(path="/auth/deregister"))


def registrations(sim: ControlClient) -> set[str]:
    """Return the serials of all apps in the cloud."""
    accounts = sim.state()["accounts"].values()
    return {s for a in accounts for s, d in a["devices"].items() if d["deviceType"] == "A2IVLV5VM2W81"}


@pytest.mark.contract("config flow, sign-in")
async def test_account_is_added(hass: HomeAssistant, sim: ControlClient, setups: list[str]) -> None:
    before = registrations(sim)
    flow = await start(hass)
    flow = await sign_in(hass, sim, flow)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    entry = flow["result"]
    assert (entry.title, entry.unique_id, entry.version) == ("Alexa", JO, 2)
    data = dict(entry.data)
    assert data.pop("refresh_token").startswith("Atnr|")
    assert data.pop("mac_dms")
    assert data == {
        "url": "amazon.com",
        "email": "jo@example.org",
        "serial": registered(sim)[0],
        "customer_id": JO,
        "account_id": DEMO["accounts"][JO]["directedId"],
        "few_entities": True,
        "id_suffix": "",
    }
    assert dict(entry.options) == {}
    assert registrations(sim) - before == {entry.data["serial"]}
    assert deregistered(sim) == 0
    assert setups == [entry.entry_id]


async def test_sign_in_logs_nothing_that_is_secret(
    hass: HomeAssistant, sim: ControlClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    flow = await start(hass)
    assert error(await paste(hass, flow, LANDING + "ANnever0given")) == "code_refused"
    flow = await start(hass)
    ended = sim.sign_in(address(flow), "jo@example.org")
    flow = await paste(hass, flow, ended)
    entry = flow["result"]
    logged = [record.getMessage() for record in caplog.records if record.name.startswith(("custom_comp", "alexapy"))]
    assert any("code_refused" in message for message in logged)
    code = URL(ended).query["openid.oa2.authorization_code"]
    for secret in (code, entry.data["refresh_token"], entry.data["serial"], "jo@example.org", "at-main"):
        assert not [message for message in logged if secret in message]


@pytest.mark.parametrize(
    ("name", "taken", "title"),
    [
        ("Alex Ray", [], "Alexa"),
        ("Alex Ray", ["Alexa"], "Alexa (Alex)"),
        ("Alex Ray", ["Alexa", "Alexa (Alex)"], "Alexa (Alex, amazon.com)"),
        ("alex@example.org", ["Alexa"], "Alexa (amazon.com)"),
        ("alex@example.org", ["Alexa", "Alexa (amazon.com)"], "Alexa (amazon.com, 2)"),
    ],
)
async def test_second_account_gets_separate_ids_and_a_separate_title(
    hass: HomeAssistant,
    two_accounts: ControlClient,
    config_entry: MockConfigEntry,
    name: str,
    taken: list[str],
    title: str,
) -> None:
    two_accounts.patch_state({"accounts": {ALEX: {"name": name}}})
    for other in taken:
        MockConfigEntry(domain=DOMAIN, title=other).add_to_hass(hass)
    flow = await sign_in(hass, two_accounts, await start(hass), "alex@example.org")
    assert flow["title"] == title
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert flow["result"].unique_id == ALEX
    assert flow["result"].data["id_suffix"] == "alex@example.org"


@pytest.mark.parametrize(
    ("country", "expected"),
    [
        ("US", "amazon.com"),
        ("GB", "amazon.co.uk"),
        ("DE", "amazon.de"),
        ("AT", "amazon.de"),
        ("IE", "amazon.co.uk"),
        ("JP", "amazon.co.jp"),
        ("NL", "amazon.nl"),
        ("AQ", "amazon.com"),
        (None, "amazon.com"),
    ],
)
async def test_marketplace_is_guessed_from_the_country(hass: HomeAssistant, country: str | None, expected: str) -> None:
    hass.config.country = country
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    schema = flow["data_schema"]
    assert schema is not None
    assert schema({}) == {"marketplace": expected}
    selector = next(iter(schema.schema.values()))
    assert selector.config["options"] == sorted(MARKETPLACES)
    with pytest.raises(InvalidData):
        await hass.config_entries.flow.async_configure(flow["flow_id"], {"marketplace": "example.org"})


@pytest.mark.parametrize(
    ("pasted", "expected"),
    [
        ("correct horse", "invalid_url"),
        ("http://www.amazon.com/ap/maplanding?openid.oa2.authorization_code=ANcode", "invalid_url"),
        ("https://www.example.org/ap/maplanding?openid.oa2.authorization_code=ANcode", "invalid_url"),
        ("https://www.amazon.com.example.org/ap/maplanding?openid.oa2.authorization_code=ANcode", "invalid_url"),
        ("https://www.amazon.com/ap/signin?openid.mode=checkid_setup", "wrong_page"),
        ("https://www.amazon.de/ap/maplanding?openid.oa2.authorization_code=ANcode", "wrong_marketplace_url"),
        ("https://www.amazon.com/ap/maplanding?openid.mode=id_res", "no_code"),
    ],
)
async def test_invalid_url_is_reported_without_a_request(
    hass: HomeAssistant, sim: ControlClient, pasted: str, expected: str
) -> None:
    flow = await start(hass)
    again = await paste(hass, flow, pasted)
    assert again["errors"] == {"redirect_url": expected}
    assert address(again) == address(flow)
    assert sim.ledger() == []
    assert (await sign_in(hass, sim, again))["type"] is FlowResultType.CREATE_ENTRY


async def test_form_that_is_opened_again_shows_the_same_url(hass: HomeAssistant, sim: ControlClient) -> None:
    flow = await start(hass)
    again = await hass.config_entries.flow.async_configure(flow["flow_id"])
    assert (again["step_id"], address(again), again["errors"]) == ("paste", address(flow), None)


async def test_url_may_contain_blanks_and_quotes(hass: HomeAssistant, sim: ControlClient) -> None:
    flow = await start(hass)
    flow = await paste(hass, flow, f' "{sim.sign_in(address(flow), "jo@example.org")}"\n')
    assert flow["type"] is FlowResultType.CREATE_ENTRY


async def test_refused_code_asks_for_a_new_attempt_under_the_same_serial(
    hass: HomeAssistant, sim: ControlClient
) -> None:
    flow = await start(hass)
    again = await paste(hass, flow, LANDING + "ANnever0given")
    assert again["errors"] == {"redirect_url": "code_refused"}
    assert address(again) != address(flow)
    assert serial(again) == serial(flow)
    assert registered(sim) == []
    flow = await sign_in(hass, sim, again)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert flow["result"].data["serial"] == serial(again)


def kept(flow: ConfigFlowResult) -> str | None:
    """Return the URL in the field of a form."""
    schema = flow["data_schema"]
    assert schema is not None
    (field,) = schema.schema
    return (field.description or {}).get("suggested_value")


async def test_an_address_can_be_corrected_unless_its_code_was_used(hass: HomeAssistant, sim: ControlClient) -> None:
    """An invalid URL can be corrected in the field; a used code cannot be used again, so the field is empty."""
    flow = await start(hass)
    wrong = f"https://www.amazon.com/ap/maplanding?{'x' * 50}"
    assert kept(await paste(hass, flow, wrong)) == wrong
    ended = sim.sign_in(address(flow), "jo@example.org")
    sim.advance(3600)
    refused = await paste(hass, flow, ended)
    assert (error(refused), kept(refused)) == ("code_refused", None)


async def test_code_of_another_attempt_is_refused(hass: HomeAssistant, sim: ControlClient) -> None:
    other, flow = await start(hass), await start(hass)
    assert serial(other) != serial(flow)
    assert error(await paste(hass, flow, sim.sign_in(address(other), "jo@example.org"))) == "code_refused"


async def test_old_code_is_refused(hass: HomeAssistant, sim: ControlClient) -> None:
    flow = await start(hass)
    ended = sim.sign_in(address(flow), "jo@example.org")
    sim.advance(3600)
    assert error(await paste(hass, flow, ended)) == "code_refused"


@pytest.mark.parametrize("fault", [{"status": 503}, {"cut": "before"}], ids=["503", "cut"])
async def test_the_same_url_can_be_submitted_again_after_a_connection_error(
    hass: HomeAssistant, sim: ControlClient, fault: dict[str, Any]
) -> None:
    flow = await start(hass)
    ended = sim.sign_in(address(flow), "jo@example.org")
    sim.fault(path="/auth/register", **fault)
    again = await paste(hass, flow, ended)
    assert again["errors"] == {"redirect_url": "cannot_connect"}
    assert kept(again) == ended
    assert address(again) == address(flow)
    sim.clear_faults()
    flow = await paste(hass, again, ended)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert flow["result"].data["serial"] == serial(again)


async def test_a_new_url_is_needed_after_an_unreadable_registration(hass: HomeAssistant, sim: ControlClient) -> None:
    flow = await start(hass)
    ended = sim.sign_in(address(flow), "jo@example.org")
    sim.fault(path="/auth/register", malformed=True)
    again = await paste(hass, flow, ended)
    assert again["errors"] == {"redirect_url": "cannot_connect"}
    sim.clear_faults()
    # Amazon had already consumed the code when it sent the malformed response.
    again = await paste(hass, again, ended)
    assert error(again) == "code_refused"
    flow = await paste(hass, again, sim.sign_in(address(again), "jo@example.org"))
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert flow["result"].data["serial"] == serial(again)


@pytest.mark.parametrize(
    ("fault", "retried", "warns"),
    [
        ({"malformed": True}, False, True),
        ({"malformed": True}, True, False),
        ({"status": 429}, False, False),
    ],
    ids=["unreadable", "tried again", "throttled"],
)
async def test_a_registration_that_cannot_be_undone_is_logged(
    hass: HomeAssistant,
    sim: ControlClient,
    caplog: pytest.LogCaptureFixture,
    fault: dict[str, Any],
    retried: bool,
    warns: bool,
) -> None:
    """Without a usable response there is no token to deregister with; another attempt replaces the registration."""
    before = registrations(sim)
    flow = await start(hass)
    sim.fault(path="/auth/register", **fault)
    flow = await sign_in(hass, sim, flow)
    assert flow["errors"] == {"redirect_url": "cannot_connect"}
    assert (registrations(sim) != before) is ("malformed" in fault)
    sim.clear_faults()
    if retried:
        assert (await sign_in(hass, sim, flow))["type"] is FlowResultType.CREATE_ENTRY
        assert len(registrations(sim) - before) == 1
    else:
        hass.config_entries.flow.async_abort(flow["flow_id"])
    assert ("may remain in the account's list of devices" in caplog.text) is warns


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/api/users/me", {"status": 503}),
        ("/api/users/me", {"status": 200, "body": "{}"}),
        ("/ap/exchangetoken/cookies", {"status": 500}),
    ],
)
async def test_registration_that_cannot_be_identified_is_removed(
    hass: HomeAssistant, sim: ControlClient, path: str, fault: dict[str, Any]
) -> None:
    before = registrations(sim)
    flow = await start(hass)
    sim.fault(path=path, **fault)
    again = await sign_in(hass, sim, flow)
    assert again["errors"] == {"redirect_url": "not_identified"}
    assert deregistered(sim) == 1
    assert registrations(sim) == before
    assert address(again) != address(flow)
    sim.clear_faults()
    flow = await sign_in(hass, sim, again)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert set(registered(sim)) == {flow["result"].data["serial"]} == registrations(sim) - before


async def test_unexpected_error_is_reported_and_logged_without_the_code(
    hass: HomeAssistant, sim: ControlClient, caplog: pytest.LogCaptureFixture
) -> None:
    flow = await start(hass)
    ended = sim.sign_in(address(flow), "jo@example.org")
    code = URL(ended).query["openid.oa2.authorization_code"]
    with patch("custom_components.alexa_media.config_flow.AccountBackend", side_effect=LookupError(ended)):
        again = await paste(hass, flow, ended)
    assert again["errors"] == {"redirect_url": "unknown"}
    logged = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(logged) == 1
    assert "LookupError" in logged[0]
    assert code not in caplog.text
    assert address(again) != address(flow)
    assert (await sign_in(hass, sim, again))["type"] is FlowResultType.CREATE_ENTRY


async def test_known_account_is_not_added_twice(hass: HomeAssistant, sim: ControlClient, setups: list[str]) -> None:
    first = await sign_in(hass, sim, await start(hass))
    kept = registrations(sim)
    flow = await sign_in(hass, sim, await start(hass))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "already_configured")
    assert deregistered(sim) == 1
    assert registrations(sim) == kept
    assert hass.config_entries.async_entries(DOMAIN) == [first["result"]]


async def test_account_that_is_being_added_elsewhere_is_not_added(hass: HomeAssistant, sim: ControlClient) -> None:
    before = registrations(sim)
    flows = [await start(hass), await start(hass)]
    sim.fault(path="/api/users/me", latency=0.3)
    ended = [sim.sign_in(address(flow), "jo@example.org") for flow in flows]
    results = await asyncio.gather(
        *(paste(hass, flow, url) for flow, url in zip(flows, ended, strict=True)), return_exceptions=True
    )
    entries = hass.config_entries.async_entries(DOMAIN)
    assert len(entries) == 1, results
    assert deregistered(sim) == 1
    assert registrations(sim) - before == {entries[0].data["serial"]}


async def test_account_whose_flow_is_still_open_is_not_added(hass: HomeAssistant, sim: ControlClient) -> None:
    """The other flow has found the account on another marketplace; the text is Home Assistant's own."""
    await sign_in(hass, sim, await start(hass, "amazon.de"))
    flow = await sign_in(hass, sim, await start(hass))
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "already_in_progress")
    assert flow["translation_domain"] == "homeassistant"
    assert deregistered(sim) == 2


@pytest.mark.parametrize("method", ["async_connect", "async_close"])
async def test_flow_that_is_closed_while_signing_in_leaves_nothing_behind(
    hass: HomeAssistant, sim: ControlClient, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dialog is closed after the registration, while the account is read or the connection is closed."""
    before = registrations(sim)
    flow = await start(hass)
    real = getattr(AccountBackend, method)

    async def _closing_dialog(backend: AccountBackend) -> None:
        with suppress(UnknownFlow):
            hass.config_entries.flow.async_abort(flow["flow_id"])
            assert registrations(sim) != before
        await real(backend)

    monkeypatch.setattr(AccountBackend, method, _closing_dialog)
    with pytest.raises(UnknownFlow):
        await sign_in(hass, sim, flow)
    assert deregistered(sim) == 1
    assert registrations(sim) == before
    assert hass.config_entries.async_entries(DOMAIN) == []


async def test_account_of_another_marketplace_uses_that_marketplace(hass: HomeAssistant, sim: ControlClient) -> None:
    before = registrations(sim)
    flow = await start(hass, "amazon.de")
    assert address(flow).startswith("https://www.amazon.de/ap/register?")
    again = await sign_in(hass, sim, flow)
    assert (again["type"], again["step_id"]) == (FlowResultType.FORM, "user")
    assert again["errors"] == {"marketplace": "wrong_marketplace"}
    assert again["description_placeholders"] == {"domain": "amazon.com"}
    schema = again["data_schema"]
    assert schema is not None
    assert schema({}) == {"marketplace": "amazon.com"}
    assert deregistered(sim) == 1
    assert registrations(sim) == before
    again = await hass.config_entries.flow.async_configure(again["flow_id"], {"marketplace": "amazon.com"})
    again = await choose_paste(hass, again)
    assert serial(again) == serial(flow)
    flow = await sign_in(hass, sim, again)
    assert flow["type"] is FlowResultType.CREATE_ENTRY
    assert flow["result"].data["url"] == "amazon.com"


@pytest.mark.parametrize("chosen", ["amazon.nl", "amazon.com", "amazon.se"])
async def test_marketplace_with_a_shared_sign_in_is_the_one_reported_by_amazon(
    hass: HomeAssistant, sim: ControlClient, chosen: str
) -> None:
    sim.household("demo", domain="amazon.nl")
    flow = await start(hass, chosen)
    assert address(flow).startswith("https://www.amazon.com/ap/register?")
    flow = await sign_in(hass, sim, flow)
    assert flow["type"] is FlowResultType.CREATE_ENTRY, flow
    assert flow["result"].data["url"] == "amazon.nl"
    assert flow["result"].title == "Alexa"
    assert deregistered(sim) == 0


# --- signing in again -------------------------------------------------------------------


@pytest.fixture(params=["reauth", "reconfigure"])
async def again(
    hass: HomeAssistant, request: pytest.FixtureRequest, config_entry: MockConfigEntry
) -> tuple[str, ConfigFlowResult]:
    """Start signing in again in one of the possible ways; return its name and its first form."""
    if request.param == "reauth":
        flow = await config_entry.start_reauth_flow(hass)
        assert flow["step_id"] == "reauth_confirm"
    else:
        flow = await config_entry.start_reconfigure_flow(hass)
        assert flow["step_id"] == "reconfigure"
    placeholders = flow["description_placeholders"]
    assert placeholders is not None
    assert placeholders["account"] == config_entry.data["email"]
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {})
    return request.param, await choose_paste(hass, flow)


@pytest.mark.contract("config flow, sign in again")
async def test_signing_in_again_renews_the_entry(
    hass: HomeAssistant,
    two_accounts: ControlClient,
    config_entry: MockConfigEntry,
    again: tuple[str, ConfigFlowResult],
    setups: list[str],
) -> None:
    way, flow = again
    before = dict(config_entry.data)
    assert serial(flow) == before["serial"]
    flow = await sign_in(hass, two_accounts, flow)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, f"{way}_successful")
    after = dict(config_entry.data)
    assert after["refresh_token"] != before["refresh_token"]
    for changed in ("refresh_token", "mac_dms"):
        del before[changed], after[changed]
    assert after == before
    assert registered(two_accounts) == [before["serial"]]
    assert deregistered(two_accounts) == 0
    assert setups == [config_entry.entry_id]


async def test_signing_in_again_renews_copies_of_the_entry(
    hass: HomeAssistant,
    two_accounts: ControlClient,
    config_entry: MockConfigEntry,
    again: tuple[str, ConfigFlowResult],
    setups: list[str],
) -> None:
    copies = [
        MockConfigEntry(domain=DOMAIN, version=2, unique_id=config_entry.unique_id, data={**config_entry.data, **data})
        for data in ({"note": "copy"}, {"serial": "another"})
    ]
    for twin in copies:
        twin.add_to_hass(hass)
    await copies[0].start_reauth_flow(hass)
    flow = await sign_in(hass, two_accounts, again[1])
    await hass.async_block_till_done()
    assert flow["reason"] == f"{again[0]}_successful"
    assert copies[0].data == {**config_entry.data, "note": "copy"}
    assert copies[1].data["refresh_token"] != config_entry.data["refresh_token"]
    assert not list(copies[0].async_get_active_flows(hass, {SOURCE_REAUTH}))
    assert {config_entry.entry_id, copies[0].entry_id} <= set(setups)


async def test_signing_in_again_with_another_account_is_refused(
    hass: HomeAssistant,
    two_accounts: ControlClient,
    config_entry: MockConfigEntry,
    again: tuple[str, ConfigFlowResult],
    setups: list[str],
) -> None:
    before = dict(config_entry.data)
    flow = await sign_in(hass, two_accounts, again[1], "alex@example.org")
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "wrong_account")
    assert dict(config_entry.data) == before
    assert deregistered(two_accounts) == 1
    assert "devices" in two_accounts.state()["accounts"][ALEX]
    assert two_accounts.state()["accounts"][ALEX]["devices"] == {}
    assert setups == []


async def test_signing_in_again_continues_after_an_error(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, again: tuple[str, ConfigFlowResult]
) -> None:
    way, flow = again
    flow = await paste(hass, flow, LANDING + "ANnever0given")
    assert error(flow) == "code_refused"
    assert serial(flow) == config_entry.data["serial"]
    flow = await sign_in(hass, sim, flow)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, f"{way}_successful")


async def test_entry_follows_an_account_to_another_marketplace(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    sim.household("demo", domain="amazon.de")
    flow = await config_entry.start_reauth_flow(hass)
    flow = await choose_paste(hass, await hass.config_entries.flow.async_configure(flow["flow_id"], {}))
    flow = await sign_in(hass, sim, flow)
    assert flow["errors"] == {"marketplace": "wrong_marketplace"}
    assert deregistered(sim) == 1
    flow = await hass.config_entries.flow.async_configure(flow["flow_id"], {"marketplace": "amazon.de"})
    flow = await choose_paste(hass, flow)
    assert serial(flow) == config_entry.data["serial"]
    flow = await sign_in(hass, sim, flow)
    assert (flow["type"], flow["reason"]) == (FlowResultType.ABORT, "reauth_successful")
    assert config_entry.data["url"] == "amazon.de"
