"""Tests of the number of requests for a hotel, and of failed requests."""

from collections import Counter
import copy
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er, issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

import alexa_sim
from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.property.inventory import LISTING_INTERVAL
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator.recovery import Recovery
from custom_components.alexa_media.diagnostics import async_get_config_entry_diagnostics, async_get_device_diagnostics
from tests.conftest import Clock, state_of

from .hotel import (
    BED_101,
    LAMP_101,
    ORGANIZATION,
    ROOM_101,
    ROOM_102,
    add_credentials,
    change,
    endpoint,
    hotel_entry,
    load,
    requests,
)

LAMP = "light.room_101_room_101_lamp"
SURVEY = {"POST /v2/endpointQuery": 2, "GET /v2/endpoints": 1}
"""Requests for 20 devices in units, ten at a time, and for devices outside units."""

ECHOS = 12
BATH_101 = "amzn1.alexa.endpoint.SIM101BATH"
DND = "Alexa.DoNotDisturb.doNotDisturb"


def asked(sim: ControlClient) -> dict[str, int]:
    """Return the number of requests per path since the ledger was last reset, and reset it."""
    lines = (re.sub(r"amzn1\.alexa\.\w+\.[\w.]+", "*", line) for line in requests(sim))
    found = dict(Counter(lines))
    sim.reset_ledger()
    return found


@pytest.fixture
async def timed(hass: HomeAssistant, sim: ControlClient, clock: Clock) -> MockConfigEntry:
    """Return the entry of the whole hotel with a frozen clock."""
    sim.household("property")
    await add_credentials(hass)
    return await load(hass, hotel_entry())


async def test_requests_match_the_cost_model(
    hass: HomeAssistant, timed: MockConfigEntry, sim: ControlClient, clock: Clock
) -> None:
    await clock.settle()
    # One request per unit. Then the surveys: one per ten devices, but at most one per unit, plus one for devices
    # without a unit. Then one per Echo.
    assert asked(sim) == {
        "GET /v2/units": 1,
        "GET /v2/units/*": 1,
        **SURVEY,
        "GET /v2/endpoints/*/settings": ECHOS,
    }
    await clock.advance(310)
    assert asked(sim) == SURVEY
    # in an hour: 12 surveys and one round of settings
    await clock.advance(3612, step=301)
    found = asked(sim)
    assert found["GET /v2/endpoints/*/settings"] == ECHOS
    assert found["GET /v2/endpoints"] in (11, 12)
    assert found["POST /v2/endpointQuery"] == 2 * found["GET /v2/endpoints"]


async def test_disabled_entities_cause_no_requests(
    hass: HomeAssistant, timed: MockConfigEntry, sim: ControlClient, clock: Clock
) -> None:
    registry = er.async_get(hass)
    for item in er.async_entries_for_config_entry(registry, timed.entry_id):
        if item.domain not in ("switch", "light") or "do_not_disturb" in item.entity_id or "bed" not in item.entity_id:
            keep = item.domain == "light" and item.entity_id == LAMP
            keep = keep or item.entity_id == "switch.room_101_room_101_bed_follow_up_mode"
            if not keep:
                registry.async_update_entity(item.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.config_entries.async_reload(timed.entry_id)
    await clock.settle()
    sim.reset_ledger()
    await clock.advance(310)
    expanded = {e for entry in sim.ledger(path="/v2/endpoints") for e in entry["query"]["expand"]}
    # only the lamp's features are requested, and no list
    assert expanded == {
        f"feature:{name}" for name in ("brightness", "color", "colorTemperature", "connectivity", "power")
    }
    await clock.advance(3700, step=1850)
    settings = [line for line in requests(sim) if line.endswith("/settings")]
    assert set(settings) == {
        f"GET /v2/endpoints/{echo}/settings" for echo in (BED_101, "amzn1.alexa.endpoint.SIM102BED")
    }


async def test_failed_polls_keep_all_entities_and_recover(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Background reads are disabled, because they would share their survey with a later poll."""
    monkeypatch.setattr(Recovery, "_async_begin", lambda _self, _now=None: None)
    before = set(hass.states.async_entity_ids())
    runtime = hotel.runtime_data
    topics = (runtime.devices, runtime.appliances, runtime.smart_home)
    bodies: tuple[Any, ...] = ({}, {"results": []}, [None, 1], "", {"results": [{"id": 7}]})
    faults: tuple[dict[str, Any], ...] = (
        *({"status": status} for status in (401, 403, 404, 500, 503)),
        *({"status": 200, "body": body} for body in bodies),
        *({"malformed": True}, {"cut": "before"}, {"cut": "body"}, {"html": True}),
    )
    for coordinator in topics:
        await coordinator.async_refresh()
    for fault in faults:
        sim.fault(path="/v2/*", **fault)
        if fault != {"status": 401}:
            for coordinator in topics:
                await coordinator.async_refresh()
        for coordinator in topics:
            await coordinator.async_refresh()
        await hass.async_block_till_done()
        assert set(hass.states.async_entity_ids()) == before, fault
        assert not runtime.devices.last_update_success, fault
        assert state_of(hass, LAMP).state == "unavailable", fault
        sim.clear_faults()
        for coordinator in topics:
            await coordinator.async_refresh()
        await hass.async_block_till_done()
        assert state_of(hass, LAMP).state == "on", fault
        assert all(coordinator.last_update_success for coordinator in topics), fault
    assert len(dr.async_entries_for_config_entry(dr.async_get(hass), hotel.entry_id)) == 22


async def test_a_throttled_account_is_polled_half_as_often(
    hass: HomeAssistant, timed: MockConfigEntry, sim: ControlClient, clock: Clock
) -> None:
    await clock.settle()
    sim.fault(path="/v2/endpoint*", status=429)
    await clock.advance(360)
    assert not timed.runtime_data.devices.last_update_success
    sim.clear_faults()
    sim.reset_ledger()
    await clock.advance(400, step=100)
    assert not requests(sim)
    await clock.advance(400, step=100)
    assert timed.runtime_data.devices.last_update_success


async def test_a_missing_permission_is_a_repair_issue_until_it_is_granted(
    hass: HomeAssistant, timed: MockConfigEntry, sim: ControlClient, clock: Clock
) -> None:
    await clock.settle()
    issues = ir.async_get(hass).issues
    (client,) = sim.state()["smartProperties"]["clients"]
    sim.patch_state({"smartProperties": {"clients": [client | {"apiAccess": False}]}})
    await clock.advance(310)
    found = [issue for (domain, _), issue in issues.items() if domain == DOMAIN]
    assert {issue.translation_key for issue in found} == {"permission_missing"}
    assert "devices" in {(issue.translation_placeholders or {})["data"] for issue in found}
    assert state_of(hass, LAMP).state == "unavailable"
    sim.patch_state({"smartProperties": {"clients": [client]}})
    await clock.advance(620)
    assert not [issue for (domain, _), issue in issues.items() if domain == DOMAIN]
    assert state_of(hass, LAMP).state == "on"


async def test_an_issue_ends_with_the_reads_of_its_topic(
    hass: HomeAssistant, timed: MockConfigEntry, sim: ControlClient, clock: Clock
) -> None:
    """An issue that the user has ignored is kept until the entry is removed, so that it stays ignored."""
    await clock.settle()

    def topics() -> set[str]:
        """Return the topics with an issue."""
        issues = ir.async_get(hass).issues
        return {issue_id.rpartition(f"{timed.entry_id}_")[2] for domain, issue_id in issues if domain == DOMAIN}

    (client,) = sim.state()["smartProperties"]["clients"]
    sim.patch_state({"smartProperties": {"clients": [client | {"apiAccess": False}]}})
    await clock.advance(3700, step=1850)
    assert topics() >= {"devices", "smart_home", "device_settings"}
    registry = er.async_get(hass)
    for item in er.async_entries_for_config_entry(registry, timed.entry_id):
        registry.async_update_entity(item.entity_id, disabled_by=er.RegistryEntryDisabler.USER)
    await hass.async_block_till_done()
    assert "smart_home" not in topics()
    assert "devices" in topics()
    ir.async_ignore_issue(hass, DOMAIN, f"permission_missing_{timed.entry_id}_devices", True)
    await hass.config_entries.async_unload(timed.entry_id)
    assert topics() == {"devices"}
    await hass.config_entries.async_remove(timed.entry_id)
    assert topics() == set()


async def test_devices_are_added_removed_and_moved_without_a_reload(
    hass: HomeAssistant, timed: MockConfigEntry, sim: ControlClient, clock: Clock
) -> None:
    await clock.settle()
    given = json.loads((Path(alexa_sim.__file__).parent / "households" / "property.json").read_text())
    lamp = copy.deepcopy(given["smartProperties"]["endpoints"][LAMP_101])
    lamp |= {"friendlyName": "Room 102 reading light", "serialNumber": "SIMHOME000099", "unit": ROOM_102}
    new = "amzn1.alexa.endpoint.SIM102READING"
    sim.patch_state({"smartProperties": {"endpoints": {new: lamp}}})
    await clock.advance(620)
    assert state_of(hass, "light.room_102_room_102_reading_light").state == "on"
    # the same device with another id
    moved = endpoint(sim, BED_101) | {"unit": ROOM_102}
    sim.patch_state({"smartProperties": {"endpoints": {BED_101: None, f"{BED_101}MOVED": moved}}})
    await clock.advance(320)
    assert state_of(hass, "sensor.room_101_room_101_bed_room").state == "Room 102"
    await hass.services.async_call(
        "number", "set_value", {"entity_id": "number.room_101_room_101_bed_volume", "value": 44}, blocking=True
    )
    assert endpoint(sim, f"{BED_101}MOVED")["features"]["speaker"]["volume"] == 44
    sim.patch_state({"smartProperties": {"endpoints": {f"{BED_101}MOVED": None}}})
    await clock.advance(320)
    await clock.advance(60, step=20)
    assert hass.states.get("sensor.room_101_room_101_bed_room") is None
    assert state_of(hass, "sensor.room_101_room_101_desk_room").state == "Room 101"


@pytest.mark.platforms("notify", "sensor")
@pytest.mark.parametrize("unit_id", [ORGANIZATION, ROOM_101], ids=["the organization", "the room itself"])
async def test_a_unit_that_is_renamed_at_amazon_is_renamed_without_a_reload(
    hass: HomeAssistant, sim: ControlClient, clock: Clock, unit_id: str
) -> None:
    """The name is read with the next list of devices, also that of the managed unit itself."""
    sim.household("property")
    await add_credentials(hass)
    entry = await load(hass, hotel_entry(unit_id))
    await clock.settle()
    sensor = "sensor.room_101_room_101_bed_room"
    assert state_of(hass, sensor).state == "Room 101"
    sim.patch_state({"smartProperties": {"units": {ROOM_101: {"name": "Honeymoon suite"}}}})
    await clock.advance(LISTING_INTERVAL + 310, step=3600)
    assert state_of(hass, sensor).state == "Honeymoon suite"
    announce = "notify.example_hotels_announce_in_room_101"
    assert state_of(hass, announce).name == "Example Hotels Announce in Honeymoon suite"
    registered = er.async_get(hass).async_get(announce)
    assert registered is not None
    assert registered.original_name == "Announce in Honeymoon suite"
    assert entry.runtime_data.devices.data["G0SIMASP00000004"].room == "Honeymoon suite"


@pytest.mark.platforms("light")
async def test_home_assistant_starts_while_amazon_is_unreachable(
    hass: HomeAssistant, timed: MockConfigEntry, sim: ControlClient, clock: Clock
) -> None:
    await clock.settle()
    await clock.advance(5, step=1)
    before = set(hass.states.async_entity_ids("light"))
    sim.fault(path="/v2/*", status=503)
    await hass.config_entries.async_reload(timed.entry_id)
    await hass.async_block_till_done()
    assert timed.state is ConfigEntryState.LOADED
    assert set(hass.states.async_entity_ids("light")) == before
    assert state_of(hass, LAMP).state == "unavailable"
    sim.clear_faults()
    await clock.advance(700, step=60)
    assert state_of(hass, LAMP).state == "on"


@pytest.mark.platforms("switch")
@pytest.mark.parametrize("failing", [BED_101, BATH_101], ids=["the bed", "the bath"])
async def test_do_not_disturb_of_each_switched_echo_is_shown_even_if_one_cannot_be_read(
    hass: HomeAssistant, timed: MockConfigEntry, sim: ControlClient, clock: Clock, failing: str
) -> None:
    """Either Echo may be read first. The one that cannot be read shows the state that Amazon accepted."""
    await clock.settle()
    switches = [f"switch.room_101_room_101_{place}_do_not_disturb" for place in ("bed", "bath")]
    assert [state_of(hass, switch).state for switch in switches] == ["off", "off"]
    sim.fault(
        path=f"/v2/endpoints/{failing}/settings/{DND}", method="GET", status=400, body={"type": "INVALID_REQUEST"}
    )
    sim.reset_ledger()
    await hass.services.async_call("switch", "turn_on", {"entity_id": switches}, blocking=True)
    await clock.advance(5, step=1)
    assert [state_of(hass, switch).state for switch in switches] == ["on", "on"]
    assert asked(sim) == {f"PUT /v2/endpoints/*/settings/{DND}": 2, f"GET /v2/endpoints/*/settings/{DND}": 2}
    sim.clear_faults()
    change(sim, failing, settings={DND: False})
    await clock.advance(3610, step=301)
    assert [state_of(hass, switch).state == "off" for switch in switches] == [failing == BED_101, failing == BATH_101]


@pytest.mark.platforms("light")
async def test_each_commanded_light_is_shown_even_if_one_cannot_be_read(
    hass: HomeAssistant, timed: MockConfigEntry, sim: ControlClient, clock: Clock
) -> None:
    await clock.settle()
    ceiling = "light.room_101_room_101_ceiling"
    assert [state_of(hass, light).state for light in (LAMP, ceiling)] == ["on", "off"]
    sim.fault(path=f"/v2/endpoints/{LAMP_101}", method="GET", status=400, body={"type": "INVALID_REQUEST"})
    sim.reset_ledger()
    await hass.services.async_call("light", "toggle", {"entity_id": [LAMP, ceiling]}, blocking=True)
    await clock.advance(90, step=5)
    assert [state_of(hass, light).state for light in (LAMP, ceiling)] == ["on", "on"]
    assert asked(sim)["GET /v2/endpoints/*"] == 2
    await clock.advance(310)
    assert state_of(hass, LAMP).state == "off"


@pytest.mark.platforms("switch")
async def test_do_not_disturb_is_read_soon_again_if_no_switched_echo_can_be_read(
    hass: HomeAssistant, timed: MockConfigEntry, sim: ControlClient, clock: Clock
) -> None:
    await clock.settle()
    sim.fault(path=f"*/settings/{DND}", method="GET", status=400, body={"type": "INVALID_REQUEST"})
    switch = "switch.room_101_room_101_bed_do_not_disturb"
    await hass.services.async_call("switch", "turn_on", {"entity_id": switch}, blocking=True)
    await clock.advance(5, step=1)
    assert not timed.runtime_data.dnd.last_update_success
    await clock.advance(60, step=10)
    assert state_of(hass, switch).state == "on"
    assert timed.runtime_data.dnd.last_update_success


@pytest.mark.platforms("switch")
async def test_a_refused_change_of_do_not_disturb_does_not_shorten_the_next_poll(
    hass: HomeAssistant, timed: MockConfigEntry, sim: ControlClient, clock: Clock
) -> None:
    await clock.settle()
    switch = "switch.room_101_room_101_bed_do_not_disturb"
    rule = sim.fault(path=f"*/settings/{DND}", method="PUT", status=400, body={"type": "INVALID_REQUEST"})
    with pytest.raises(HomeAssistantError, match="rejected the command"):
        await hass.services.async_call("switch", "turn_on", {"entity_id": switch}, blocking=True)
    sim.remove_fault(rule or "")
    change(sim, BATH_101, settings={DND: True})
    await clock.advance(3610, step=301)
    assert state_of(hass, switch).state == "off"
    assert state_of(hass, "switch.room_101_room_101_bath_do_not_disturb").state == "on"


async def test_units_are_listed_one_by_one_without_the_search(
    hass: HomeAssistant, sim: ControlClient, clock: Clock
) -> None:
    sim.household("property")
    await add_credentials(hass)
    sim.fault(path="/v2/endpointQuery", status=403, body={"type": "FORBIDDEN"})
    entry = await load(hass, hotel_entry())
    await clock.settle()
    assert state_of(hass, LAMP).state == "on"
    sim.reset_ledger()
    await clock.advance(310)
    # three units with devices, and the devices without a unit; the search is not tried again
    assert asked(sim) == {"GET /v2/endpoints": 4}
    assert entry.runtime_data.devices.last_update_success


async def test_diagnostics_contain_no_private_data(
    hass: HomeAssistant, hotel: MockConfigEntry, sim: ControlClient
) -> None:
    change(sim, BED_101, online=False)
    await hotel.runtime_data.devices.async_refresh()
    shown = json.dumps(await async_get_config_entry_diagnostics(hass, hotel))
    devices = dr.async_entries_for_config_entry(dr.async_get(hass), hotel.entry_id)
    registered = next(device for device in devices if (DOMAIN, "asp_G0SIMASP00000004") in device.identifiers)
    shown += json.dumps(await async_get_device_diagnostics(hass, hotel, registered))
    assert "last_request_id" in shown
    assert '"topic": "device_settings"' in shown
    token = hotel.data["token"]
    for secret in (
        *(token["access_token"], token["refresh_token"], "G0SIMASP", "SIMHOME", "amzn1.alexa", "Room 101"),
        *("Example Hotels", "Reception", "00005E", "00:00:5e"),
    ):
        assert secret not in shown, secret
