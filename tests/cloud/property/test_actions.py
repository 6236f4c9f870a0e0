"""Tests of operator actions: requests, responses and refusals."""

import asyncio
from collections.abc import Callable
import json
import logging
from typing import Any

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.services import property as smart_properties
from tests.conftest import state_of
from tests.test_ended_sign_in import INTERNALS

from .hotel import BED_101, LAMP_101, ROOM_101, ROOM_102, change, endpoint, requests

pytestmark = pytest.mark.platforms("binary_sensor", "sensor")

PASSWORD = "correct horse battery"
SPARE = "amzn1.alexa.endpoint.SIMSTOCK"

type Call = Callable[..., Any]


@pytest.fixture
def device(hass: HomeAssistant, hotel: MockConfigEntry) -> Callable[[str], str]:
    """Return a function that returns the device id for a name."""

    def found(name: str) -> str:
        devices = dr.async_entries_for_config_entry(dr.async_get(hass), hotel.entry_id)
        return next(item.id for item in devices if item.name == name)

    return found


@pytest.fixture
def call(hass: HomeAssistant, hotel: MockConfigEntry, device: Callable[[str], str]) -> Call:
    """Return a function that calls an action for a device by name, or for the whole property."""

    async def act(action: str, about: str | None = None, *, answer: bool = False, **data: Any) -> Any:
        target = {"config_entry_id": hotel.entry_id} if about is None else {"device_id": device(about)}
        return await hass.services.async_call(DOMAIN, action, target | data, blocking=True, return_response=answer)

    return act


async def test_a_search_returns_the_current_devices(call: Call, sim: ControlClient) -> None:
    change(sim, BED_101, online=False)
    answer = await call("query_endpoints", answer=True, units=["room 101"], manufacturer="Amazon")
    found = {item["name"]: item for item in answer["endpoints"]}
    assert set(found) == {"Room 101 balcony", "Room 101 bath", "Room 101 bed", "Room 101 desk"}
    assert found["Room 101 bed"] | {"software_version": None} == {
        "name": "Room 101 bed",
        "kind": "ALEXA_VOICE_ENABLED",
        "online": False,
        "manufacturer": "Amazon",
        "model": "Echo Show 5",
        "serial_number": "G0SIMASP00000004",
        "software_version": None,
        "features": ["connectivity", "speaker"],
        "unit": "Harbour Hotel / Room 101",
        "unit_id": ROOM_101,
    }
    everything = await call("query_endpoints", answer=True)
    assert len(everything["endpoints"]) == 20
    lamps = await call("query_endpoints", answer=True, units=[ROOM_102], model="Dimmer")
    assert [item["name"] for item in lamps["endpoints"]] == ["Room 102 lamp"]


SEARCHES: tuple[tuple[dict[str, Any], set[str], str], ...] = (
    ({"name": "Room 101 bed"}, {"Room 101 bed"}, "GET"),
    ({"serial_number": "G0SIMASP00000004"}, {"Room 101 bed"}, "GET"),
    ({"mac_address": "00:00:5e:00:53:04", "units": ["Room 101"]}, {"Room 101 bed"}, "GET"),
    ({"kind": "thermostat"}, {"Room 101 thermostat", "Room 102 thermostat"}, "GET"),
    ({"kind": "ALEXA_VOICE_ENABLED", "online": False}, {"Room 102 desk"}, "GET"),
    ({"without_unit": True}, {"Spare Echo"}, "GET"),
    ({"units": ["Room 101"], "model": "Echo Pop", "online": True}, {"Room 101 bath"}, "GET"),
    ({"units": ["Room 101"], "model": "Echo Pop"}, {"Room 101 bath"}, "POST"),
    ({"name": "Nothing"}, set(), "GET"),
)
"""Filters, the names of the devices that they find, and the method of the request."""


async def test_a_search_takes_every_filter_of_the_api(
    call: Call, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    for search, names, asked in SEARCHES:
        sim.reset_ledger()
        with subtests.test(str(search)):
            answer = await call("query_endpoints", answer=True, **search)
            assert {item["name"] for item in answer["endpoints"]} == names
            assert {entry["method"] for entry in sim.ledger(host="api.amazonalexa.com")} == {asked}


async def test_a_search_works_if_amazon_only_lists_devices(
    call: Call, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    for status, code in (
        (400, "INVALID_REQUEST"),
        (403, "FORBIDDEN"),
        (404, "NOT_FOUND"),
        (405, "METHOD_NOT_ALLOWED"),
        (422, "OTHER"),
    ):
        sim.reset_ledger()
        sim.clear_faults()
        sim.fault(path="/v2/endpointQuery", status=status, body={"type": code, "message": ""})
        with subtests.test(f"{status}-{code}"):
            answer = await call("query_endpoints", answer=True, units=["Room 101"], model="Echo Pop")
            assert [item["name"] for item in answer["endpoints"]] == ["Room 101 bath"]
            assert requests(sim) == ["POST /v2/endpointQuery", "GET /v2/endpoints"]


async def test_a_search_is_not_repeated_as_a_list_if_its_response_is_unusable(call: Call, sim: ControlClient) -> None:
    sim.fault(path="/v2/endpointQuery", malformed=True)
    with pytest.raises(HomeAssistantError, match="response"):
        await call("query_endpoints", answer=True, units=["Room 101"], model="Echo Pop")
    assert requests(sim) == ["POST /v2/endpointQuery"]


async def test_a_search_that_amazon_refuses_to_polls_is_not_sent_for_an_action(
    hotel: MockConfigEntry, call: Call, sim: ControlClient
) -> None:
    sim.fault(path="/v2/endpointQuery", status=400, body={"type": "INVALID_REQUEST", "message": ""})
    for _ in range(2):
        await hotel.runtime_data.devices.async_refresh()
    sim.reset_ledger()
    answer = await call("query_endpoints", answer=True, units=["Room 101"], model="Echo Pop")
    assert [item["name"] for item in answer["endpoints"]] == ["Room 101 bath"]
    assert requests(sim) == ["GET /v2/endpoints"]


async def test_a_new_unit_is_found_after_a_refresh(call: Call, hass: HomeAssistant, sim: ControlClient) -> None:
    """Polls read the units only every 12 hours."""
    attic = {"name": "Attic", "parentId": "amzn1.alexa.unit.did.SIMHARBOUR"}
    sim.patch_state({"smartProperties": {"units": {"amzn1.alexa.unit.did.SIMATTIC": attic}}})
    with pytest.raises(ServiceValidationError) as raised:
        await call("query_endpoints", answer=True, units=["Attic"])
    assert raised.value.translation_key == "unit_not_found"
    sim.reset_ledger()
    await hass.services.async_call(DOMAIN, "enable_network_discovery", {}, blocking=True)
    assert len([each for each in requests(sim) if "/units" in each]) == 2
    assert await call("query_endpoints", answer=True, units=["Attic"]) == {"endpoints": []}


async def test_a_device_in_a_unit_and_without_one_is_not_searched_for(call: Call, sim: ControlClient) -> None:
    with pytest.raises(ServiceValidationError, match="can't be used together"):
        await call("query_endpoints", answer=True, units=["Room 101"], without_unit=True)
    assert requests(sim) == []


@pytest.mark.platforms("binary_sensor", "button", "sensor")
async def test_units_and_timers_are_returned(
    hass: HomeAssistant, hotel: MockConfigEntry, call: Call, sim: ControlClient
) -> None:
    await call("announce_in_units", units=["Room 101", "Lobby"], message="Please leave the building.")
    assert len(sim.spoken()) == 6
    assert len(sim.ledger(path="/v3/notifications")) == 1
    await call("delete_timers", "Room 101 bed")
    assert endpoint(sim, BED_101)["timers"] == []
    button = er.async_get(hass).async_get("button.room_101_room_101_desk_delete_timers")
    assert button is not None
    assert button.disabled
    with pytest.raises(HomeAssistantError, match="doesn't respond"):
        await call("delete_timers", "Room 102 desk")


async def test_an_announcement_in_a_unit_has_the_languages_of_all_echos_below_it(
    hotel: MockConfigEntry, call: Call, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    """An Echo outside all units belongs to the organization."""
    change(sim, SPARE, settings={"System.locales": ["fr-CA"]})
    for _ in range(2):
        await hotel.runtime_data.device_settings.async_refresh()
    for unit, languages in (
        ("Room 101", ["en-US"]),
        ("Room 102", ["en-US", "es-US"]),
        ("Harbour Hotel", ["en-US", "es-US"]),
        ("Example Hotels", ["en-US", "es-US", "fr-CA"]),
    ):
        sim.reset_ledger()
        with subtests.test(unit):
            await call("announce_in_units", units=[unit], message="Please leave the building.")
            (sent,) = sim.ledger(path="/v3/notifications")
            (content,) = json.loads(sent["body"])["notification"]["variants"][0]["content"]["variants"]
            assert [value["locale"] for value in content["values"]] == languages


async def test_an_announcement_reaches_all_echos_if_one_has_a_language_of_unknown_form(
    hotel: MockConfigEntry, call: Call, sim: ControlClient
) -> None:
    change(sim, BED_101, settings={"System.locales": ["es-419"]})
    for _ in range(2):
        await hotel.runtime_data.device_settings.async_refresh()
    await call("announce_in_units", units=["Room 101"], message="Please leave the building.")
    assert len(sim.spoken()) == 3


async def test_a_device_is_moved_and_found_again(
    hass: HomeAssistant, hotel: MockConfigEntry, call: Call, sim: ControlClient, caplog: pytest.LogCaptureFixture
) -> None:
    sim.patch_state({"smartProperties": {"newIdOnMove": True}})
    await call("move_to_unit", "Spare Echo", unit="Harbour Hotel / Room 102", confirm=True)
    # the device restarts with another id, and is still the same device
    unit = state_of(hass, "sensor.spare_echo_room")
    assert (unit.state, unit.attributes["unit_id"]) == ("Room 102", ROOM_102)
    assert state_of(hass, "binary_sensor.spare_echo_connectivity").state == "off"
    with pytest.raises(HomeAssistantError):
        await call("remove_from_unit", "Spare Echo", confirm=True)
    sim.advance(120)
    await call("remove_from_unit", "Spare Echo", confirm=True)
    assert state_of(hass, "sensor.spare_echo_room").state == "unknown"
    await call("rename_endpoint", "Spare Echo", name="Porter's lodge")
    names = [item.name for item in dr.async_entries_for_config_entry(dr.async_get(hass), hotel.entry_id)]
    assert "Porter's lodge" in names
    with pytest.raises(HomeAssistantError, match="duplicate name"):
        await call("rename_endpoint", "Porter's lodge", name="Reception")
    with pytest.raises(HomeAssistantError, match="letters, digits"):
        await call("rename_endpoint", "Porter's lodge", name="Room <101>")
    assert "Detected that custom integration" not in caplog.text


async def test_an_address_is_accepted_or_refused_with_a_reason(call: Call, sim: ControlClient) -> None:
    good = {"line1": "1 Example Road", "city": "Springfield", "state": "IL", "postal_code": "62701", "country": "us"}
    assert await call("set_address", "Room 101 bed", answer=True, **good) == {"accepted": True}
    assert endpoint(sim, BED_101)["address"]["countryCode"] == "US"
    assert endpoint(sim, BED_101)["address"]["addressLine1"] == "1 Example Road"
    wrong = await call("set_address", "Room 101 bed", answer=True, **good | {"postal_code": "six"})
    assert not wrong["accepted"]
    assert "ZIP" in str(wrong["problems"])
    with pytest.raises(HomeAssistantError, match=r"didn't accept this address \(zip: address zip invalid\)"):
        await call("set_address", "Room 101 bed", **good | {"postal_code": "six"})
    better = await call("set_address", "Room 101 bed", answer=True, **good | {"city": "Springfield "})
    assert [item["city"] for item in better["suggestions"]] == ["Springfield"]
    with pytest.raises(HomeAssistantError, match=r"didn't accept this address \(Amazon suggests another one\)"):
        await call("set_address", "Room 101 bed", **good | {"city": "Springfield "})
    # the address is personal, so the client does not read it
    assert not [line for line in requests(sim) if line.startswith("GET") and line.endswith("/address")]


async def test_wifi_is_saved_and_installed_and_no_password_is_logged(
    call: Call, sim: ControlClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(smart_properties, "WIFI_POLL", 0.05)
    monkeypatch.setattr(smart_properties, "WIFI_LIMIT", 5.0)
    await call("save_wifi", ssid="Guests", password=PASSWORD)
    (saved,) = sim.ledger(host="credential-locker-service.amazon.com")
    assert PASSWORD in saved["body"]
    for name, outcome, text in (
        ("Room 101 bed", "SUCCESS", None),
        ("Room 101 desk", "FAILURE", "couldn't install"),
    ):
        installing = asyncio.ensure_future(call("install_wifi", name, answer=True, ssid="Guests"))
        await asyncio.sleep(0.2)
        sim.advance(25)
        if text is None:
            answer = await installing
            assert answer["status"] == outcome.lower()
            status = await call("wifi_status", name, answer=True, operation_id=answer["operation_id"])
            assert status == {"status": "success"}
            change(sim, "amzn1.alexa.endpoint.SIM101DESK", wifiOutcome="FAILURE")
        else:
            with pytest.raises(HomeAssistantError, match=text):
                await installing
    monkeypatch.setattr(smart_properties, "WIFI_LIMIT", 0.1)
    with pytest.raises(HomeAssistantError, match="hasn't reported"):
        await call("install_wifi", "Room 101 bath", ssid="Guests")
    started = await call("install_wifi", "Room 101 balcony", answer=True, ssid="Guests", wait=False)
    assert started["status"] == "in_progress"
    ours = [record.getMessage() for record in caplog.records if "custom_components" in record.name]
    assert not [message for message in ours if PASSWORD in message]


async def test_waiting_for_a_wifi_installation_includes_the_time_of_the_requests(
    call: Call, sim: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smart_properties, "WIFI_POLL", 0.1)
    monkeypatch.setattr(smart_properties, "WIFI_LIMIT", 0.5)
    await call("save_wifi", ssid="Guests", password=PASSWORD)
    sim.fault(path="*/submittedOperations/*", hang=True)
    async with asyncio.timeout(5):
        with pytest.raises(HomeAssistantError, match="hasn't reported"):
            await call("install_wifi", "Room 101 bath", ssid="Guests")
    (_,) = sim.ledger(path="*/submittedOperations/*")


async def test_actions_that_remove_a_device_require_confirmation(
    hass: HomeAssistant, hotel: MockConfigEntry, call: Call, sim: ControlClient
) -> None:
    serial = "G0SIMASP00000004"
    for action, name, data, text in (
        ("deregister_endpoint", "Room 101 bed", {"serial_number": serial}, "confirm"),
        (
            "deregister_endpoint",
            "Room 101 bed",
            {"serial_number": "G0", "confirm": True},
            "doesn't match the device",
        ),
        ("forget_endpoint", "Room 101 lamp", {"serial_number": serial, "confirm": True}, "doesn't match the device"),
        ("move_to_unit", "Room 101 bed", {"unit": "Lobby"}, "confirm"),
        ("move_to_unit", "Room 101 bed", {"unit": "Attic", "confirm": True}, "Harbour Hotel / Lobby"),
        ("remove_from_unit", "Room 101 bed", {"confirm": False}, "confirm"),
        ("save_wifi", None, {"ssid": "Guests"}, "password"),
        ("save_wifi", None, {"ssid": "Guests", "security": "open", "password": "x"}, "password"),
        ("save_wifi", None, {"ssid": "Guests", "security": "enterprise"}, "certificate"),
        ("announce_in_units", None, {"units": ["Lobby"], "message": " "}, "contains no text"),
        ("query_endpoints", None, {"units": ["Attic"]}, "Attic"),
    ):
        with pytest.raises(ServiceValidationError, match=text):
            await call(action, name, answer=action == "query_endpoints", **data)
    with pytest.raises(ServiceValidationError, match="isn't an Echo or smart home device of a loaded property"):
        await hass.services.async_call(DOMAIN, "delete_timers", {"device_id": "nobody"}, blocking=True)
    # the first user is the owner, whatever their groups are
    _, guest = [await hass.auth.async_create_user(name, group_ids=["system-users"]) for name in ("Owner", "Guest")]
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            "query_endpoints",
            {"config_entry_id": hotel.entry_id},
            blocking=True,
            return_response=True,
            context=Context(user_id=guest.id),
        )
    assert requests(sim) == []
    await call("forget_endpoint", "Room 101 lamp", serial_number="simhome000001", confirm=True)
    await call("deregister_endpoint", "Room 101 bed", serial_number=serial, confirm=True)
    there = sim.state()["smartProperties"]["endpoints"]
    assert not {LAMP_101, BED_101} & set(there)
    assert hotel.runtime_data.devices.last_update_success


@pytest.mark.parametrize("given", [LAMP_101, "00005E0053AA", "00:00:5e:00:53:aa", " 00-00-5E-00-53-AA"])
async def test_a_device_without_a_serial_number_is_confirmed_by_its_endpoint_id_or_mac_address(
    call: Call, sim: ControlClient, given: str
) -> None:
    change(sim, LAMP_101, serialNumber=None, macAddress="00005E0053AA")
    await call("rename_endpoint", "Room 101 lamp", name="Room 101 lamp")  # also lists the devices again
    with pytest.raises(ServiceValidationError, match="doesn't match the device"):
        await call("forget_endpoint", "Room 101 lamp", serial_number="00005E0053AB", confirm=True)
    await call("forget_endpoint", "Room 101 lamp", serial_number=given, confirm=True)
    assert LAMP_101 not in sim.state()["smartProperties"]["endpoints"]


NAME_RULE = "1 to 128 letters, digits, spaces or apostrophes, with at least one letter or digit"
LINE_RULE = "a non-empty line of text without control characters"


INVALID_VALUES: tuple[tuple[str, str | None, dict[str, Any], str], ...] = (
    ("rename_endpoint", "Room 101 lamp", {"name": "Lamp #2"}, f"Invalid value for name. It must be {NAME_RULE}"),
    (
        "set_address",
        "Room 101 bed",
        {"line1": "1 Example Road", "country": "Germany"},
        "Invalid value for country. It must be two capital letters, such as US",
    ),
    ("install_wifi", "Room 101 bed", {"ssid": "a\tb"}, f"Invalid value for ssid. It must be {LINE_RULE}"),
    ("save_wifi", None, {"ssid": "a", "password": "b\n"}, f"Invalid value for password. It must be {LINE_RULE}"),
    (
        "wifi_status",
        "Room 101 bed",
        {"operation_id": ".."},
        "Invalid value for operation id. It must be an ID returned by install_wifi",
    ),
    (
        "announce_in_units",
        None,
        {"units": ["Room 101"] * 101, "message": "Hello"},
        "Invalid value for recipients. It must be 1 to 100 Echos or 1 to 100 units, but not both",
    ),
)
"""Actions, their devices, their invalid values, and the error messages."""


async def test_an_invalid_value_is_refused_with_what_is_allowed(
    call: Call, sim: ControlClient, subtests: pytest.Subtests
) -> None:
    for action, about, data, message in INVALID_VALUES:
        sim.reset_ledger()
        with subtests.test(action):
            with pytest.raises(HomeAssistantError) as raised:
                await call(action, about, answer=action == "wifi_status", **data)
            assert str(raised.value) == message
            assert requests(sim) == []


async def test_the_property_of_a_device_has_to_be_loaded(
    hass: HomeAssistant, hotel: MockConfigEntry, call: Call
) -> None:
    await hass.config_entries.async_unload(hotel.entry_id)
    with pytest.raises(ServiceValidationError) as raised:
        await call("delete_timers", "Room 101 bed")
    assert raised.value.translation_key == "account_not_loaded"


@pytest.mark.platforms("button", "sensor")
async def test_an_app_account_is_not_a_property(
    hass: HomeAssistant, entry: MockConfigEntry, sim: ControlClient
) -> None:
    with pytest.raises(ServiceValidationError, match="isn't an Alexa Smart Properties entry"):
        await hass.services.async_call(
            DOMAIN,
            "announce_in_units",
            {"config_entry_id": entry.entry_id, "units": ["Lobby"], "message": "Hello"},
            blocking=True,
        )
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)
    with pytest.raises(ServiceValidationError, match="isn't an Echo or smart home device of a loaded property"):
        await hass.services.async_call(DOMAIN, "delete_timers", {"device_id": devices[0].id}, blocking=True)
    assert not [button for button in hass.states.async_entity_ids("button") if "delete_timers" in button]


async def test_playback_of_a_property_is_not_stopped(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient
) -> None:
    """The error names the selected property; without a selection, no account can do it."""
    for data, key in (({"config_entry_id": hotel.entry_id}, "not_an_app_account"), ({}, "no_account")):
        with pytest.raises(ServiceValidationError) as raised:
            await hass.services.async_call(DOMAIN, "stop_all", data, blocking=True)
        assert raised.value.translation_key == key
    assert requests(sim) == []


REFUSALS = (
    (400, "INVALID_REQUEST", "rejected the command"),
    (400, "ENDPOINT_UNREACHABLE", "doesn't respond"),
    (403, "FORBIDDEN", "doesn't allow"),
    (404, "NOT_FOUND", "doesn't allow or support"),
    (500, "INTERNAL_ERROR", "gave no usable response"),
    (504, "DEVICE_NOT_REACHABLE", "doesn't respond"),
    # last, because the client sends nothing for a while after throttling
    (429, "TOO_MANY_REQUESTS", "rate limiting"),
)


async def test_each_documented_error_reaches_the_caller_of_each_action(call: Call, sim: ControlClient) -> None:
    name = "Room 101 bed"
    calls: tuple[tuple[str, str | None, dict[str, Any]], ...] = (
        ("move_to_unit", name, {"unit": "Lobby", "confirm": True}),
        ("rename_endpoint", name, {"name": "Bed"}),
        ("set_address", name, {"line1": "1 Example Road", "country": "US"}),
        ("save_wifi", None, {"ssid": "Guests", "password": PASSWORD}),
        ("install_wifi", name, {"ssid": "Guests"}),
        ("delete_timers", name, {}),
        ("announce_in_units", None, {"units": ["Lobby"], "message": "Hello"}),
        ("deregister_endpoint", name, {"serial_number": "G0SIMASP00000004", "confirm": True}),
        ("forget_endpoint", name, {"serial_number": "G0SIMASP00000004", "confirm": True}),
    )
    for status, code, text in REFUSALS:
        for action, about, data in calls:
            body = {"type": code, "message": "not for users"}
            methods = ("POST", "PUT", "DELETE")
            rules = [sim.fault(path="*", method=method, status=status, body=body) for method in methods]
            with pytest.raises(HomeAssistantError) as raised:
                await call(action, about, **data)
            assert text in str(raised.value), (status, code, action)
            assert "not for users" not in str(raised.value)
            for rule in rules:
                sim.remove_fault(rule or "")


@pytest.mark.platforms("light", "notify", "number")
async def test_every_action_reports_that_the_sign_in_has_ended(
    hass: HomeAssistant, hotel: MockConfigEntry, call: Call, sim: ControlClient
) -> None:
    """A person would otherwise check the Echo; no error contains a word of HTTP or OAuth."""
    sim.fault(revoke=True)
    errors: list[HomeAssistantError] = []
    with pytest.raises(HomeAssistantError) as raised:
        await call("announce_in_units", units=["Room 101"], message="Hello")
    errors.append(raised.value)
    for action, entity_id, data in (
        ("notify.send_message", "notify.room_101_room_101_bed_announce", {"message": "Hello"}),
        ("notify.send_message", "notify.example_hotels_announce_in_lobby", {"message": "Hello"}),
        ("number.set_value", "number.room_101_room_101_bed_volume", {"value": 10}),
        ("light.turn_off", "light.room_101_room_101_lamp", {}),
    ):
        domain, _, name = action.partition(".")
        with pytest.raises(HomeAssistantError) as raised:
            await hass.services.async_call(domain, name, {"entity_id": entity_id, **data}, blocking=True)
        errors.append(raised.value)
    assert [err.translation_key for err in errors] == ["auth_failed"] * len(errors)
    assert not any(INTERNALS.search(str(err)) for err in errors)
    await hass.async_block_till_done()
    assert [flow["step_id"] for flow in hass.config_entries.flow.async_progress()] == ["property_reauth"]
