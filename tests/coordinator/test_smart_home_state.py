"""Tests of the smart home's state: discovery, pushes, polls, commands and Guard, with counted requests."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime, timedelta
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.errors import AlexaCommandError, AlexaUnreachableError
from custom_components.alexa_media.cloud.model.appliances import (
    ArmState,
    FeatureName,
    SetBrightness,
    SetColor,
    SetPower,
    SetSetpoint,
    SetToggle,
    TemperatureScale,
)
from custom_components.alexa_media.coordinator import base
from tests.conftest import Clock, Household, quiet, set_up, until

pytestmark = pytest.mark.platforms(
    "alarm_control_panel",
    "binary_sensor",
    "climate",
    "cover",
    "fan",
    "light",
    "lock",
    "number",
    "scene",
    "select",
    "sensor",
    "switch",
)

JO = "A2SIMJO7D0EQ11"
ID = "5e000000-0000-4000-8000-0000000000{:02x}".format
HALL, DESK, COFFEE, GARDEN, MOTION, MONITOR = ID(1), ID(2), ID(3), ID(5), ID(7), ID(8)
GLOW, THERMOSTAT, PORCH, SHELF, BRIDGE, BRIDGED, GUARD = ID(9), ID(10), ID(15), ID(16), ID(17), ID(18), ID(255)
GRAPHQL = "POST /nexus/v1/graphql"
PHOENIX = "PUT /api/phoenix/state"


def change(sim: ControlClient, appliance: str, **values: Any) -> None:
    """Change an appliance in the cloud, like a person at the appliance."""
    sim.patch_state({"accounts": {JO: {"appliances": {appliance: values}}}})


def held(household: Household, appliance: str, feature: str) -> dict[str, Any]:
    """Return a feature in the cloud."""
    found: dict[str, Any] = household.accounts[JO]["appliances"][appliance]["features"][feature]
    return found


def power(entry: MockConfigEntry, appliance: str) -> Any:
    """Return whether an appliance is on, according to the coordinator."""
    return entry.runtime_data.smart_home.data[appliance].value("power", "powerState")


def asked(sim: ControlClient) -> list[list[str]]:
    """Return the appliances in each query for states."""
    return [
        [each.removeprefix("amzn1.alexa.endpoint.") for each in query.variables["endpointIds"]]
        for query in queries(sim)
        if query.operationName == "states"
    ]


def pushed(feature: str, name: str, value: str, at: datetime) -> dict[str, Any]:
    """Return a feature of a push with one sample."""
    sample = {"name": name, f"{name}Value": value, "timeOfSample": at.isoformat(), "error": None}
    return {"name": feature, "instance": None, "properties": [sample]}


def directive(appliance: str, value: str, at: datetime, *more: dict[str, Any]) -> dict[str, Any]:
    """Return a push of an appliance's power with a sample time, and of more features."""
    payload = {
        "data": {"features": [pushed("power", "powerState", value, at), *more]},
        "entity": {"id": f"amzn1.alexa.endpoint.{appliance}"},
    }
    update = {
        "route": "EventBus:AlexaMobile::FDAL",
        "resourceId": "x",
        "resourceMetadata": json.dumps({"metricName": "EndpointPower", "payload": payload}),
    }
    header = {"namespace": "Alexa.Mobile.Push", "name": "RenderUpdate", "messageId": "1"}
    return {"directive": {"header": header, "payload": {"renderingUpdates": [update]}}}


async def test_discovery_finds_selected_appliances_and_none_of_home_assistant(
    hass: HomeAssistant, sim: ControlClient, household: Household, entry: MockConfigEntry
) -> None:
    """One request finds all appliances; covers each rule about which appliances get entities, and the selection."""
    appliances = entry.runtime_data.appliances
    assert sum(each.operationName == "discover" for each in queries(sim)) == 1
    assert {HALL, COFFEE, MONITOR, GUARD} <= appliances.data.keys()
    assert appliances.room_of(appliances.data[HALL]) == "Hall"
    assert appliances.data[HALL].echo_serial == household.serial("Kitchen Show")
    own = {SHELF, BRIDGE, BRIDGED}
    assert own <= appliances.discovered.keys()
    assert own.isdisjoint(appliances.data)
    assert appliances.others.keys() == {PORCH}
    flow = await hass.config_entries.options.async_init(entry.entry_id)
    schema = flow["data_schema"]
    assert schema is not None
    (selector,) = [value for key, value in schema.schema.items() if key == "appliances"]
    assert selector.config["options"] == [{"value": PORCH, "label": "Porch Light (Example Cloud Lights)"}]
    values = {"scan_interval": 60, "extended_entity_discovery": False, "keep_transcripts": True}
    await hass.config_entries.options.async_configure(flow["flow_id"], values | {"appliances": [PORCH]})
    await hass.async_block_till_done()
    assert PORCH in appliances.data
    hass.config_entries.async_update_entry(entry, options={"extended_entity_discovery": True})
    appliances.async_options_changed()
    assert PORCH in appliances.data
    assert own.isdisjoint(appliances.data), "appliances that Home Assistant exposes to Alexa are left out"
    hass.config_entries.async_update_entry(entry, options={})
    appliances.async_options_changed()
    assert PORCH not in appliances.data
    change(sim, DESK, manufacturer="Royal Philips Electronics")
    await appliances.async_refresh()
    assert DESK in appliances.data, "a real Hue bridge"
    hass.config.components.add("emulated_hue")
    appliances.async_options_changed()
    assert DESK not in appliances.data, "Home Assistant emulates a Hue bridge"


class Query:
    """A GraphQL operation."""

    def __init__(self, data: dict[str, Any]) -> None:
        """Initialize with a body, or a part of one that holds several operations."""
        self.operationName: str = data["operationName"]
        self.variables: dict[str, Any] = data["variables"]


def queries(sim: ControlClient) -> list[Query]:
    """Return the GraphQL operations."""
    bodies = [json.loads(each["body"]) for each in sim.ledger(path="/nexus/*")]
    return [Query(each) for body in bodies for each in (body if isinstance(body, list) else [body])]


async def test_pushes_are_ordered_by_their_samples(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    """A push causes no request and only updates its entities; an older sample is ignored, whether pushed or read."""
    smart_home = entry.runtime_data.smart_home
    told: list[str] = []
    for each in (HALL, COFFEE):
        entry.async_on_unload(smart_home.async_add_listener(lambda each=each: told.append(each), each))
    sim.reset_ledger()
    change(sim, COFFEE, features={"power": {"powerState": "ON"}})
    await until(hass, lambda: power(entry, COFFEE) == "ON")
    assert told == [COFFEE]
    now = datetime.now(UTC) + timedelta(hours=1)
    sim.push_raw(directive(COFFEE, "OFF", now))
    await until(hass, lambda: power(entry, COFFEE) == "OFF")
    sim.push_raw(directive(COFFEE, "ON", now - timedelta(seconds=1)))
    sim.push_raw(directive(HALL, "OFF", now))
    await until(hass, lambda: power(entry, HALL) == "OFF")
    assert power(entry, COFFEE) == "OFF"
    assert household_requests(sim) == []
    await smart_home.async_read_now(COFFEE)
    assert power(entry, COFFEE) == "OFF", "the sample of the read is older than that of the push"
    assert asked(sim) == [[COFFEE]]
    assert told[:3] == [COFFEE, COFFEE, HALL]


def household_requests(sim: ControlClient) -> list[str]:
    """Return the requests for the smart home."""
    return [
        f"{each['method']} {each['path']}"
        for each in sim.ledger()
        if each["path"].startswith(("/nexus/", "/api/phoenix/"))
    ]


async def test_simultaneous_commands_are_one_request_with_separate_results(
    hass: HomeAssistant, sim: ControlClient, household: Household, entry: MockConfigEntry
) -> None:
    """GraphQL runs the commands that it supports, and phoenix the others.

    Errors reach their callers, and pushes confirm the commands.
    """
    smart_home = entry.runtime_data.smart_home
    appliances = entry.runtime_data.appliances
    hass.config_entries.async_update_entry(entry, options={"appliances": [PORCH]})
    appliances.async_options_changed()
    sim.reset_ledger()
    results = await asyncio.gather(
        smart_home.async_control(HALL, SetPower(on=True), SetBrightness(level=10), SetColor(hue=120, saturation=1)),
        smart_home.async_control(GARDEN, SetPower(on=True)),
        smart_home.async_control(GLOW, SetToggle(instance="3", on=False)),
        smart_home.async_control(COFFEE, SetBrightness(level=10)),
        smart_home.async_control(THERMOSTAT, SetSetpoint(scale=TemperatureScale.CELSIUS, target=23.5)),
        smart_home.async_control(PORCH, SetPower(on=True), SetColor(hue=0, saturation=1, name="red")),
        return_exceptions=True,
    )
    assert household_requests(sim) == [GRAPHQL, PHOENIX]
    kinds = [type(each) for each in results]
    nothing = type(None)
    assert kinds == [nothing, AlexaUnreachableError, nothing, AlexaCommandError, nothing, nothing]
    assert held(household, HALL, "color")["color"]["hue"] == 120
    assert held(household, GLOW, "toggle.3")["toggleState"] == "OFF"
    assert held(household, THERMOSTAT, "thermostat")["targetSetpoint"]["value"] == 23.5
    assert held(household, PORCH, "power")["powerState"] == "ON"
    await until(hass, lambda: smart_home.data[HALL].value("brightness", "brightness") == 10)
    assert smart_home.data[GARDEN].reachable is False
    assert smart_home.data[HALL].reachable is True
    assert smart_home.last_update_success
    with pytest.raises(AlexaCommandError):
        await smart_home.async_control(PORCH, SetColor(hue=0, saturation=1))


async def test_a_refused_request_only_fails_the_affected_callers(
    hass: HomeAssistant, sim: ControlClient, household: Household, entry: MockConfigEntry
) -> None:
    """Controls that are refused together are sent one by one, phoenix replaces GraphQL, and throttling is reported."""
    smart_home = entry.runtime_data.smart_home
    sim.reset_ledger()
    sim.fault(path="/nexus/*", status=400, body={"message": "bad"}, times=1)
    await asyncio.gather(
        smart_home.async_control(HALL, SetPower(on=False)), smart_home.async_control(DESK, SetPower(on=True))
    )
    assert household_requests(sim)[:3] == [GRAPHQL] * 3
    assert (held(household, HALL, "power")["powerState"], held(household, DESK, "power")["powerState"]) == ("OFF", "ON")
    # The older mutation is tried for an unknown name, too.
    for asked, fault in (
        (1, {"status": 404}),
        (2, {"status": 200, "body": {"data": None, "errors": [{"message": "Validation error of type UnknownType"}]}}),
    ):
        sim.reset_ledger()
        sim.fault(path="/nexus/*", times=asked, **fault)
        wanted = held(household, HALL, "power")["powerState"] == "OFF"
        await smart_home.async_control(HALL, SetPower(on=wanted))
        assert household_requests(sim)[: asked + 1] == [*[GRAPHQL] * asked, PHOENIX]
        assert held(household, HALL, "power")["powerState"] == ("ON" if wanted else "OFF")
    sim.reset_ledger()
    sim.fault(path="/nexus/*", times=1, throttle=True)
    light = next(state for state in hass.states.async_all("light") if state.entity_id.endswith("hall_light"))
    with pytest.raises(HomeAssistantError) as caught:
        await hass.services.async_call("light", "turn_on", {"entity_id": light.entity_id}, blocking=True)
    assert caught.value.translation_key == "rate_limited"
    assert household_requests(sim) == [GRAPHQL], "a throttled command is not sent by the other API"


async def test_guard_is_armed_by_an_echo_or_its_panel(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    entry: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The command is sent to an Echo that hears it, otherwise to the panel; the shown state is the cloud's."""
    monkeypatch.setattr(base, "CONFIRM_DELAY", 0.2)
    guard = entry.runtime_data.guard
    assert guard.data[GUARD] is ArmState.ARMED_STAY
    sim.reset_ledger()
    await guard.async_arm(away=True)
    assert "POST /api/behaviors/preview" in household.requests()
    assert household.accounts[JO]["appliances"][GUARD]["armState"] == "ARMED_AWAY"
    await until(hass, lambda: guard.data[GUARD] is ArmState.ARMED_AWAY)
    for name in ("Kitchen Show", "Living Room Studio", "Bedroom Dot", "Office Spot", "Kids Dot", "Garage Echo"):
        household.change(name, capabilities=["AUDIO_PLAYER", "MUSIC_SKILL"])
    await entry.runtime_data.devices.async_refresh()
    sim.reset_ledger()
    await guard.async_arm(away=False)
    assert "POST /api/behaviors/preview" not in household.requests()
    assert GRAPHQL in household.requests()
    assert household.accounts[JO]["appliances"][GUARD]["armState"] == "ARMED_STAY"
    sim.patch_state({"accounts": {JO: {"appliances": {GUARD: {"reachable": False}}}}})
    with pytest.raises(AlexaUnreachableError):
        await guard.async_arm(away=True)


async def passing(clock: Clock, *work: Coroutine[Any, Any, Any]) -> None:
    """Wait for coroutines while advancing the time in small steps."""
    task = asyncio.gather(*work)
    for _ in range(200):
        if task.done():
            break
        await clock.advance(0.05, 0.05)
    await task


@pytest.fixture(name="settled")
async def settled_fixture(
    hass: HomeAssistant, config_entry: MockConfigEntry, clock: Clock
) -> AsyncIterator[MockConfigEntry]:
    """Return a loaded entry whose first reads are finished, with frozen time."""
    await set_up(hass, config_entry)
    await clock.settle()
    yield config_entry
    await hass.config_entries.async_unload(config_entry.entry_id)
    await hass.async_block_till_done()


async def test_polls_are_one_request_for_all_values(sim: ControlClient, settled: MockConfigEntry, clock: Clock) -> None:
    """Motion is never pushed, so its appliance alone is read each minute, until a push contains a new sample."""
    smart_home, appliances = settled.runtime_data.smart_home, settled.runtime_data.appliances
    enabled = {each for each in smart_home._by_context if each in appliances.data}
    sim.reset_ledger()
    await clock.advance(660, 66)
    (one,) = asked(sim)
    assert set(one) == enabled, "one request for all enabled values"
    stop = smart_home.async_poll_often(MOTION, FeatureName.MOTION_SENSOR)
    change(sim, MOTION, features={"motionSensor": {"detectionState": "DETECTED"}})
    sim.reset_ledger()
    await clock.advance(120, 60)
    assert smart_home.data[MOTION].value("motionSensor", "detectionState") == "DETECTED"
    assert asked(sim) == [[MOTION], [MOTION]]
    for age, polls in ((timedelta(hours=1), [[MOTION], [MOTION]]), (timedelta(0), [])):
        now = datetime.now(UTC)
        motion = pushed("motionSensor", "detectionState", "DETECTED", now - age)
        sim.push_raw(directive(MOTION, "ON", now, motion))
        await clock.settle()
        sim.reset_ledger()
        await clock.advance(120, 60)
        assert asked(sim) == polls
    stop()


async def test_commands_that_no_push_confirms_cause_a_single_read_together(
    sim: ControlClient, settled: MockConfigEntry, clock: Clock
) -> None:
    smart_home = settled.runtime_data.smart_home
    sim.fault(silent_stream=60)
    sim.reset_ledger()
    await passing(
        clock, smart_home.async_control(COFFEE, SetPower(on=True)), smart_home.async_control(DESK, SetPower(on=True))
    )
    assert power(settled, COFFEE) == "OFF", "an unconfirmed change is not shown"
    await clock.advance(5, 1)
    assert (power(settled, COFFEE), power(settled, DESK)) == ("ON", "ON")
    assert asked(sim) == [sorted([COFFEE, DESK])]


@pytest.mark.parametrize("outcome", ["refused", "accepted"])
async def test_a_command_that_no_push_confirms_is_read_whatever_happened_to_another(
    sim: ControlClient, settled: MockConfigEntry, clock: Clock, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    """Two commands turn on the same appliance. Amazon answers the second one first."""
    smart_home = settled.runtime_data.smart_home
    sim.fault(silent_stream=60)
    answers = [asyncio.Future[AlexaCommandError | None]() for _ in range(2)]
    waiting = iter(answers)

    async def _answer(_commands: object) -> list[AlexaCommandError | None]:
        return [await next(waiting)]

    monkeypatch.setattr(smart_home.api, "async_control", _answer)
    first, second = (asyncio.create_task(smart_home.async_control(COFFEE, SetPower(on=True))) for _ in answers)
    await clock.settle()
    sim.reset_ledger()
    answers[1].set_result(AlexaCommandError("refused") if outcome == "refused" else None)
    await asyncio.wait([second])
    await clock.advance(5, 1)
    others = [] if outcome == "refused" else [[COFFEE]]
    assert (asked(sim), power(settled, COFFEE)) == (others, "OFF")
    change(sim, COFFEE, features={"power": {"powerState": "ON"}})
    answers[0].set_result(None)
    await first
    await clock.advance(5, 1)
    assert (asked(sim), power(settled, COFFEE)) == ([*others, [COFFEE]], "ON")
    assert isinstance(second.exception(), AlexaCommandError) is (outcome == "refused")


@pytest.mark.parametrize("outcome", ["refused", "canceled"])
async def test_a_push_missed_after_a_failed_command_makes_polls_more_frequent(
    hass: HomeAssistant, sim: ControlClient, settled: MockConfigEntry, clock: Clock, outcome: str
) -> None:
    """A failed command does not explain later changes that are not pushed."""
    smart_home = settled.runtime_data.smart_home
    await smart_home.async_read_now(COFFEE)
    if outcome == "refused":
        with pytest.raises(AlexaCommandError):
            await smart_home.async_control(COFFEE, SetBrightness(level=10))
    else:
        sim.fault(path="/nexus/*", latency=1, times=1)
        command = hass.async_create_background_task(smart_home.async_control(COFFEE, SetPower(on=False)), "command")
        await clock.until(lambda: "/nexus/v1/graphql" in sim.progress()[1])
        command.cancel()
        await clock.advance(10, 1)
    change(sim, HALL, features={"brightness": {"brightness": 17}})
    await clock.settle()
    assert smart_home.wanted_interval == smart_home.interval_with_proven_push
    sim.fault(silent_stream=5)
    change(sim, COFFEE, features={"power": {"powerState": "ON"}})
    await smart_home.async_read_now(COFFEE)
    assert power(settled, COFFEE) == "ON"
    assert smart_home.wanted_interval == smart_home.interval_with_push


async def test_an_unknown_appliance_causes_one_discovery_in_ten_minutes(
    sim: ControlClient, settled: MockConfigEntry, clock: Clock
) -> None:
    """The number of pushes does not matter."""
    await clock.advance(700, 350)
    sim.reset_ledger()
    for _ in range(5):
        sim.push_raw(directive("never-heard-of", "ON", datetime.now(UTC)))
        await clock.advance(5, 5)
    assert sum(each.operationName == "discover" for each in queries(sim)) == 1
    await clock.advance(700, 350)
    sim.reset_ledger()
    sim.push_raw(directive("never-heard-of", "ON", datetime.now(UTC)))
    await clock.advance(5, 5)
    assert "discover" not in [each.operationName for each in queries(sim)], (
        "a serial that the last discovery did not list causes no further one"
    )


async def test_an_appliance_that_is_unknown_after_a_discovery_causes_one_when_ten_minutes_are_over(
    sim: ControlClient, settled: MockConfigEntry, clock: Clock
) -> None:
    """It need not be pushed again."""
    await passing(clock, settled.runtime_data.appliances.async_refresh())
    sim.reset_ledger()
    sim.push_raw(directive("never-heard-of", "ON", datetime.now(UTC)))
    await clock.advance(5, 5)
    assert "discover" not in [each.operationName for each in queries(sim)]
    await clock.advance(700, 350)
    assert sum(each.operationName == "discover" for each in queries(sim)) == 1


async def test_an_appliance_is_removed_after_two_discoveries_without_it(
    sim: ControlClient, settled: MockConfigEntry, clock: Clock
) -> None:
    """A discovery that finds nothing removes no appliance."""
    appliances = settled.runtime_data.appliances
    sim.patch_state({"accounts": {JO: {"appliances": {DESK: None}}}})
    await passing(clock, appliances.async_refresh())
    assert DESK in appliances.data
    await clock.advance(40, 20)
    assert DESK not in appliances.data
    known = dict(appliances.data)
    sim.fault(path="/nexus/*", status=200, body={"data": {"listEndpoints": {"endpoints": []}}}, times=1)
    await passing(clock, appliances.async_refresh())
    assert (appliances.last_update_success, dict(appliances.data)) == (False, known)
    await clock.advance(40, 20)
    assert appliances.last_update_success, "the discovery is repeated automatically"


async def test_everything_is_read_each_minute_without_push(
    sim: ControlClient, settled: MockConfigEntry, clock: Clock
) -> None:
    settled.runtime_data.smart_home.async_set_push(False)
    sim.reset_ledger()
    await clock.advance(183, 61)
    assert len(asked(sim)) in (2, 3)


async def test_the_last_successful_discovery_is_restored_in_an_outage(
    hass: HomeAssistant, sim: ControlClient, settled: MockConfigEntry, clock: Clock
) -> None:
    """Appliances that were removed before are not restored."""
    appliances = settled.runtime_data.appliances
    sim.patch_state({"accounts": {JO: {"appliances": {DESK: None}}}})
    await passing(clock, appliances.async_refresh())
    await clock.advance(40, 20)
    known = dict(appliances.data)
    assert DESK not in known
    await hass.config_entries.async_unload(settled.entry_id)
    await hass.async_block_till_done()
    await clock.advance(5, 1)
    sim.fault(path="/nexus/*", status=503)
    await passing(clock, hass.config_entries.async_setup(settled.entry_id))
    restored = settled.runtime_data.appliances
    assert (restored.last_update_success, restored.data.keys()) == (False, known.keys())
    assert restored.data == known


async def test_many_appliances_need_few_requests(
    hass: HomeAssistant, sim: ControlClient, household: Household, config_entry: MockConfigEntry
) -> None:
    """200 appliances need one discovery, and a scene with 20 lights needs at most two requests."""
    sim.household("two_hundred")
    assert await async_setup_component(hass, "scene", {"scene": [{"platform": "homeassistant", "states": []}]})
    sim.reset_ledger()
    await set_up(hass, config_entry)
    await quiet(hass, sim, calm=0.5)
    assert sum(each.operationName == "discover" for each in queries(sim)) == 1
    assert len(config_entry.runtime_data.appliances.data) == 201
    lights = sorted(hass.states.async_entity_ids("light"))[:20]
    assert len(lights) == 20
    states = {light: {"state": "on", "brightness": 128} for light in lights}
    sim.reset_ledger()
    await hass.services.async_call("scene", "apply", {"entities": states}, blocking=True)
    assert 1 <= household_requests(sim).count(GRAPHQL) <= 2
    on = [
        each
        for each in household.accounts[JO]["appliances"].values()
        if each["features"].get("brightness", {}).get("brightness") == 50
        and each["features"]["power"]["powerState"] == "ON"
    ]
    assert len(on) == 20
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_an_account_without_appliances_has_one_discovery(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """There is no other request, and no warning."""
    sim.patch_state({"accounts": {JO: {"appliances": None}}})
    sim.patch_state({"accounts": {JO: {"devices": {"G0SIM00KITCHEN01": {"features": None}}}}})
    sim.reset_ledger()
    await set_up(hass, config_entry)
    await quiet(hass, sim, calm=0.5)
    assert household_requests(sim) == [GRAPHQL]
    assert [each for each in caplog.records if "alexa_media" in each.name and each.levelname == "WARNING"] == []
    await hass.config_entries.async_unload(config_entry.entry_id)
