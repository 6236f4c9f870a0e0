"""Tests of Alexa Guard and security panels with the simulated cloud."""

from functools import partial
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceNotSupported
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.coordinator import base
from tests.conftest import Clock, Household, act, set_up, state_of, until

from .appliances import GRAPHQL, PHOENIX, House

pytestmark = pytest.mark.platforms("alarm_control_panel", "binary_sensor")

GUARD = "alarm_control_panel.alexa_guard_60057"
NAME = "RedRock Panel"
SEQUENCE = "/api/behaviors/preview"


@pytest.fixture(autouse=True)
def _looks_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the result of a command sooner than after three seconds."""
    monkeypatch.setattr(base, "CONFIRM_DELAY", 0.1)


@pytest.mark.contract("Guard", "arming Guard wants a code")
async def test_guard_is_armed_and_disarmed_by_an_echo(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    """Guard is armed and disarmed without a code.

    Amazon's state ARMED_AWAY is armed, ARMED_STAY is disarmed, and the shown state is the pushed one.
    """
    house = House(sim)
    registered = entity_registry.async_get(GUARD)
    assert registered is not None
    assert registered.unique_id == house.entity_id(NAME)
    assert registered.device_id is not None
    device = device_registry.async_get(registered.device_id)
    assert isinstance(device, dr.DeviceEntry)
    assert device.model == "Alexa Guard", "not Amazon's REDROCK_GUARD_PANEL"
    await until(hass, partial(hass.states.is_state, GUARD, "disarmed"))
    attributes = state_of(hass, GUARD).attributes
    assert (attributes["code_arm_required"], attributes["code_format"]) == (False, None)
    for action, arm_state, state in (
        ("alarm_arm_away", "ARMED_AWAY", "armed_away"),
        ("alarm_disarm", "ARMED_STAY", "disarmed"),
    ):
        sim.reset_ledger()
        await act(hass, action, GUARD)
        assert house.appliance(NAME)["armState"] == arm_state
        assert len(sim.ledger(path=SEQUENCE)) == 1
        assert house.phoenix() == []
        await until(hass, partial(hass.states.is_state, GUARD, state))
        assert sim.ledger(method="POST", path=PHOENIX) == [], "the state was pushed"
    with pytest.raises(ServiceNotSupported):
        await act(hass, "alarm_arm_home", GUARD)
    # a refusal reaches the caller, and Guard is unchanged
    sim.fault(path=SEQUENCE, status=400, body={"message": "no"}, times=1)
    with pytest.raises(HomeAssistantError) as raised:
        await act(hass, "alarm_arm_away", GUARD)
    assert raised.value.translation_key == "command_refused"
    assert state_of(hass, GUARD).state == "disarmed"


@pytest.mark.contract("Guard", "arming Guard without an Echo takes the wrong word and id")
async def test_the_panel_is_armed_without_an_echo(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """If all Echos are offline, the command is sent to the panel with GraphQL."""
    house = House(sim)
    devices = entry.runtime_data.devices
    listening = [device for device in devices.data.values() if "GUARD_EARCON" in device.capabilities]
    for device in listening:
        household.change(device.name, online=False)
    await until(hass, lambda: not any(devices.data[device.serial].online for device in listening))
    sim.reset_ledger()
    await act(hass, "alarm_arm_away", GUARD)
    (request,) = [each for each in sim.ledger(path=GRAPHQL) if "armSecurityPanel" in each["body"]]
    given = {"armState": "ARMED_AWAY", "bypassSensors": True}
    endpoint_id = f"amzn1.alexa.endpoint.{house.entity_id(NAME)}"
    assert json.loads(request["body"])["variables"] == {"input": {"endpointId": endpoint_id, **given}}
    assert sim.ledger(path=SEQUENCE) == []
    assert house.phoenix() == []
    assert house.appliance(NAME)["armState"] == "ARMED_AWAY"
    await until(hass, partial(hass.states.is_state, GUARD, "armed_away"))


async def test_guard_is_armed_with_either_form_of_id(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """An Echo arms a Guard that has an older form of id.

    The command contains the last part of the id. Changes elsewhere are pushed.
    """
    house = House(sim)
    house.change(NAME, applianceId="AAA_SonarCloudService_8213460057")
    await set_up(hass, config_entry)
    await until(hass, partial(hass.states.is_state, GUARD, "disarmed"))
    await act(hass, "alarm_arm_away", GUARD)
    assert house.appliance(NAME)["armState"] == "ARMED_AWAY"
    await until(hass, partial(hass.states.is_state, GUARD, "armed_away"))
    sim.reset_ledger()
    house.change(NAME, armState="ARMED_NIGHT")
    await until(hass, partial(hass.states.is_state, GUARD, "armed_night"))
    assert sim.ledger(path=PHOENIX) == []


async def test_guard_is_armed_by_phoenix_if_graphql_refuses(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The request to phoenix contains the appliance id.

    The refusal by GraphQL is stored, and a command with an unknown outcome is not sent again.
    """
    house = House(sim)
    devices = entry.runtime_data.devices
    listening = [device for device in devices.data.values() if "GUARD_EARCON" in device.capabilities]
    for device in listening:
        household.change(device.name, online=False)
    await until(hass, lambda: not any(devices.data[device.serial].online for device in listening))
    sim.reset_ledger()
    refused = {"data": None, "errors": [{"message": "Validation error (FieldUndefined) : armSecurityPanel"}]}
    sim.fault(path=GRAPHQL, status=200, body=refused, times=1)
    await act(hass, "alarm_arm_away", GUARD)
    assert house.phoenix() == [[{"action": "controlSecurityPanel", "armState": "ARMED_AWAY"}]]
    (request,) = sim.ledger(method="PUT", path=PHOENIX)
    (control,) = json.loads(request["body"])["controlRequests"]
    assert (control["entityType"], control["entityId"]) == ("APPLIANCE", house.appliance(NAME)["applianceId"])
    assert house.appliance(NAME)["armState"] == "ARMED_AWAY"
    assert entry.runtime_data.backend.unsupported == ("arm_security_panel",)
    sim.reset_ledger()
    sim.fault(path=PHOENIX, method="PUT", status=503, times=1)
    with pytest.raises(HomeAssistantError):
        await act(hass, "alarm_disarm", GUARD)
    assert house.appliance(NAME)["armState"] == "ARMED_AWAY", (
        "a command with an unknown outcome is not sent by the other API"
    )
    assert [each for each in sim.ledger(path=GRAPHQL) if "armSecurityPanel" in each["body"]] == []


# HOLE@@
async def update_guard(hass: HomeAssistant) -> None:
    """Read the state of Guard now."""
    data: dict[str, Any] = {"entity_id": GUARD}
    await hass.services.async_call("homeassistant", "update_entity", data, blocking=True)


async def test_a_read_right_after_arming_shows_its_state_and_is_checked(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The Echo may arm Guard after the read, so the state is read again as without it."""
    house = House(sim)
    sim.fault(silent_stream=4 * 3600)
    assert await async_setup_component(hass, "homeassistant", {})
    await set_up(hass, config_entry)
    await clock.settle()
    await act(hass, "alarm_arm_away", GUARD)
    await update_guard(hass)
    assert state_of(hass, GUARD).state == "armed_away"
    await clock.advance(5, step=0.5)
    await act(hass, "alarm_disarm", GUARD)
    house.change(NAME, armState="ARMED_AWAY")
    await update_guard(hass)
    assert state_of(hass, GUARD).state == "armed_away", "the Echo has not run the command yet"
    house.change(NAME, armState="ARMED_STAY")
    await clock.advance(5, step=0.5)
    assert state_of(hass, GUARD).state == "disarmed"
    assert "Traceback" not in caplog.text
    assert await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.contract("Guard")
async def test_changes_made_elsewhere_are_read(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, clock: Clock
) -> None:
    """Changes without a push are read periodically and on request; if no API works, Guard is unavailable."""
    house = House(sim)
    sim.fault(silent_stream=4 * 3600)
    assert await async_setup_component(hass, "homeassistant", {})
    await set_up(hass, config_entry)
    await clock.settle()
    assert state_of(hass, GUARD).state == "disarmed"
    house.change(NAME, armState="ARMED_AWAY")
    await clock.advance(31 * 60, step=300)
    assert state_of(hass, GUARD).state == "armed_away"
    house.change(NAME, armState="DISARMED")

    update = partial(update_guard, hass)
    await update()
    assert state_of(hass, GUARD).state == "disarmed"
    sim.reset_ledger()
    sim.fault(path=PHOENIX, method="POST", status=404, times=1)
    await update()
    assert state_of(hass, GUARD).state == "disarmed"
    assert len(sim.ledger(path=GRAPHQL)) == 1, "GraphQL returns the state if phoenix fails"
    sim.fault(path=PHOENIX, method="POST", status=404)
    sim.fault(path=GRAPHQL, status=404)
    await update()
    assert state_of(hass, GUARD).state == "disarmed", "one failed read changes nothing"
    await clock.advance(40 * 60, step=300)
    assert state_of(hass, GUARD).state == "unavailable"
    sim.clear_faults()
    await update()
    assert state_of(hass, GUARD).state == "disarmed"
    assert await hass.config_entries.async_unload(config_entry.entry_id)


PANEL = "alarm_control_panel.ring_panel"
PANEL_STATE = {"armState": "DISARMED", "burglaryAlarm": "OK", "delayState": {"state": "NONE", "delayInSeconds": 0}}


@pytest.fixture(name="panel")
async def panel_fixture(hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry) -> House:
    """Set up an account with a security panel that requires a code."""
    house = House(sim)
    feature = {"securityPanel": {**PANEL_STATE, "pin": "4711"}}
    house.add(
        "5e000000-0000-4000-8000-0000000000f1",
        {"name": "Ring Panel", "category": "SECURITY_PANEL", "features": feature},
    )
    await set_up(hass, config_entry)
    return house


async def arm(hass: HomeAssistant, action: str, **data: Any) -> None:
    """Run an action for the panel."""
    await hass.services.async_call("alarm_control_panel", action, {"entity_id": PANEL, **data}, blocking=True)


async def test_another_panel_is_armed_in_all_its_states(hass: HomeAssistant, sim: ControlClient, panel: House) -> None:
    """A push confirms each state; only disarming sends the code, which is never shown."""
    assert state_of(hass, PANEL).state == "disarmed"
    assert state_of(hass, PANEL).attributes["code_format"] == "number"
    for action, arm_state, state in (
        ("alarm_arm_home", "ARMED_STAY", "armed_home"),
        ("alarm_arm_night", "ARMED_NIGHT", "armed_night"),
        ("alarm_arm_away", "ARMED_AWAY", "armed_away"),
    ):
        await arm(hass, action)
        assert panel.feature("Ring Panel", "securityPanel")["armState"] == arm_state
        await until(hass, partial(hass.states.is_state, PANEL, state))
    with pytest.raises(HomeAssistantError) as raised:
        await arm(hass, "alarm_arm_home")
    assert raised.value.translation_key == "panel_disarm_first"
    for code in ({}, {"code": "0000"}):
        with pytest.raises(HomeAssistantError) as raised:
            await arm(hass, "alarm_disarm", **code)
        assert raised.value.translation_key == "panel_code"
    await arm(hass, "alarm_disarm", code="4711")
    await until(hass, partial(hass.states.is_state, PANEL, "disarmed"))
    assert panel.phoenix() == []


async def test_a_panel_reports_why_it_was_not_armed(hass: HomeAssistant, sim: ControlClient, panel: House) -> None:
    panel.set("Ring Panel", "securityPanel", openSensors=["Back Door"])
    with pytest.raises(HomeAssistantError) as raised:
        await arm(hass, "alarm_arm_away")
    assert raised.value.translation_key == "panel_open"
    panel.set("Ring Panel", "securityPanel", openSensors=[], installerMode=True)
    with pytest.raises(HomeAssistantError) as raised:
        await arm(hass, "alarm_arm_away")
    assert raised.value.translation_key == "panel_not_ready"
    assert (state_of(hass, PANEL).state, panel.phoenix()) == ("disarmed", [])
    sim.fault(path=GRAPHQL, status=503, times=1)
    with pytest.raises(HomeAssistantError):
        await arm(hass, "alarm_arm_away")
    panel.change("Ring Panel", reachable=False)
    with pytest.raises(HomeAssistantError) as raised:
        await arm(hass, "alarm_arm_away")
    assert raised.value.translation_key == "unreachable"
    assert state_of(hass, PANEL).state == "unavailable"


async def test_alarms_and_delays_of_a_panel_are_pushed(hass: HomeAssistant, sim: ControlClient, panel: House) -> None:
    sim.reset_ledger()
    panel.set("Ring Panel", "securityPanel", delayState={"state": "EXIT_DELAY", "delayInSeconds": 30})
    await until(hass, partial(hass.states.is_state, PANEL, "arming"))
    panel.set("Ring Panel", "securityPanel", delayState={"state": "NONE", "delayInSeconds": 0}, armState="ARMED_AWAY")
    await until(hass, partial(hass.states.is_state, PANEL, "armed_away"))
    panel.set("Ring Panel", "securityPanel", burglaryAlarm="ALARM")
    await until(hass, partial(hass.states.is_state, PANEL, "triggered"))
    (alarm,) = [
        each for each in hass.states.async_all("binary_sensor") if each.entity_id.startswith("binary_sensor.ring")
    ]
    assert (alarm.state, alarm.attributes["device_class"]) == ("on", "safety")
    assert panel.reads() == 0
