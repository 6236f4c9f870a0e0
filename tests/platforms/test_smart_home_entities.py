"""Tests of smart home sensors, and of the ids, devices, polling and accounts of all appliance entities."""

from functools import partial
import json
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from alexa_sim.client import ControlClient
from alexa_sim.smart_home import echo_entity_id
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.features.appliances import appliance_unique_id
from tests.conftest import Clock, Household, lacking, quiet, set_up, state_of, until
from tests.test_remove_device import removed

from .appliances import GRAPHQL, House, written

pytestmark = pytest.mark.platforms(
    "alarm_control_panel",
    "binary_sensor",
    "climate",
    "light",
    "lock",
    "media_player",
    "number",
    "select",
    "sensor",
    "switch",
)

AIR = {
    "temperature": ("21.5", "temperature", "°C"),
    "humidity": ("46.0", "humidity", "%"),
    "volatile_organic_compounds": ("3.0", "aqi", None),
    "pm2_5": ("8.0", "pm25", "μg/m³"),
    "pm10": ("11.0", "pm10", "μg/m³"),
    "carbon_monoxide": ("0.0", "carbon_monoxide", "ppm"),
    "indoor_air_quality": ("88.0", "aqi", None),
}
KEYS = {"pm2_5": "particulate_matter"}


@pytest.mark.contract("entities, air quality monitor")
async def test_an_air_quality_monitor_has_seven_sensors(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    """The ids, classes and device are those of alexa_media_player; a push writes one of the sensors."""
    house = House(sim)
    entity_id = house.entity_id("Air Monitor")
    for name, (state, device_class, unit) in AIR.items():
        sensor = state_of(hass, f"sensor.living_room_air_monitor_{name}")
        shown = (sensor.state, sensor.attributes["device_class"], sensor.attributes.get("unit_of_measurement"))
        assert shown == (state, device_class, unit), name
        assert sensor.attributes["state_class"] == "measurement"
        registered = entity_registry.async_get(sensor.entity_id)
        assert registered is not None
        assert registered.unique_id == f"{entity_id}_{KEYS.get(name, name)}"
    device = device_registry.async_get_device_by_identifier((DOMAIN, "G0SIM00000AIRQ01"), entry.entry_id)
    assert device is not None
    assert (device.manufacturer, device.model) == ("Amazon", "Indoor Air Quality Monitor")

    with written(hass) as entities:
        house.set("Air Monitor", "range.4", rangeValue=51)
        await until(hass, partial(hass.states.is_state, "sensor.living_room_air_monitor_humidity", "51.0"))
    assert entities == {"sensor.living_room_air_monitor_humidity"}

    led = "switch.living_room_air_monitor_led"
    assert state_of(hass, led).state == "on"
    await hass.services.async_call("switch", "turn_off", {"entity_id": led}, blocking=True)
    assert house.feature("Air Monitor", "toggle.11")["toggleState"] == "OFF"
    await until(hass, partial(hass.states.is_state, led, "off"))


@pytest.mark.contract("entities, temperature of an Echo")
@pytest.mark.platforms("binary_sensor", "media_player", "sensor")
async def test_an_echo_has_its_own_sensors(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
) -> None:
    """The sensors belong to the Echo's device; those that Amazon never pushes are disabled by default."""
    temperature = entity_registry.async_get("sensor.kitchen_show_temperature")
    assert temperature is not None
    assert temperature.device_id is not None
    device = device_registry.async_get(temperature.device_id)
    assert isinstance(device, dr.DeviceEntry)
    assert device.identifiers == {(DOMAIN, household.serial("Kitchen Show"))}
    assert device.model == "Echo Show 15 (1st generation)"
    assert state_of(hass, "sensor.kitchen_show_temperature").state == "22.0"
    for entity_id in (
        "sensor.kitchen_show_illuminance",
        "binary_sensor.kitchen_show_occupancy",
        "binary_sensor.hall_hall_motion_motion",
    ):
        registered = entity_registry.async_get(entity_id)
        assert registered is not None, entity_id
        assert registered.disabled_by is er.RegistryEntryDisabler.INTEGRATION


@pytest.mark.contract("contacts")
async def test_a_contact_sensor_is_shown(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    house = House(sim)
    door = "binary_sensor.hall_front_door"
    registered = entity_registry.async_get(door)
    assert registered is not None
    assert registered.unique_id == house.entity_id("Front Door")
    assert (state_of(hass, door).state, state_of(hass, door).attributes["device_class"]) == ("off", "door")
    house.set("Front Door", "contactSensor", detectionState="DETECTED")
    await until(hass, partial(hass.states.is_state, door, "on"))


async def test_motion_and_light_are_read_every_minute(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    entity_registry: er.EntityRegistry,
    household: Household,
) -> None:
    """Only enabled sensors are read, all in one request; if none is enabled, no request is sent."""
    house = House(sim)
    await set_up(hass, config_entry)
    await clock.settle()
    sim.reset_ledger()
    await clock.advance(5 * 60)
    assert house.reads() == 0
    motion, light = "binary_sensor.hall_hall_motion_motion", "sensor.kitchen_show_illuminance"
    for entity_id in (motion, light):
        entity_registry.async_update_entity(entity_id, disabled_by=None)
    await hass.config_entries.async_reload(config_entry.entry_id)
    await clock.settle()
    assert (state_of(hass, motion).state, state_of(hass, light).state) == ("off", "120.0")
    assert state_of(hass, light).attributes["unit_of_measurement"] == "lx"
    house.set("Hall Motion", "motionSensor", detectionState="DETECTED")
    sim.reset_ledger()
    await clock.advance(180)
    assert state_of(hass, motion).state == "on"
    assert house.reads() in (3, 4), "one request per minute for both sensors"
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_pushed_values_are_not_read_every_minute(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    entity_registry: er.EntityRegistry,
) -> None:
    """Motion is polled until a push contains it, and again after a poll finds a change without a push."""
    house = House(sim)
    unique_id = f"{house.entity_id('Hall Motion')}_motion"
    motion = entity_registry.async_get_or_create(
        "binary_sensor", DOMAIN, unique_id, config_entry=config_entry
    ).entity_id
    await set_up(hass, config_entry)
    await clock.settle()
    customer_id = next(
        key for key, each in sim.state()["accounts"].items() if house.entity_id("Hall Motion") in each["appliances"]
    )
    sim.patch_state({"accounts": {customer_id: {"pushesSensors": True}}})
    house.set("Hall Motion", "motionSensor", detectionState="DETECTED")
    await until(hass, partial(hass.states.is_state, motion, "on"))
    await clock.settle()
    sim.reset_ledger()
    await clock.advance(5 * 60)
    assert house.reads() == 0
    sim.patch_state({"accounts": {customer_id: {"pushesSensors": False}}})
    house.set("Hall Motion", "motionSensor", detectionState="NOT_DETECTED")
    await clock.advance(31 * 60, step=300)
    assert state_of(hass, motion).state == "off"
    sim.reset_ledger()
    await clock.advance(180)
    assert house.reads() in (3, 4)
    assert await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.platforms("media_player")
async def test_a_new_echo_is_put_into_its_room(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    device_registry: dr.DeviceRegistry,
    area_registry: ar.AreaRegistry,
) -> None:
    """One request reads the rooms.

    An Echo without a room, and an Echo that the user has moved, keep their area.
    """
    kitchen = f"amzn1.alexa.endpoint.{echo_entity_id('G0SIM00KITCHEN01')}"
    customer_id = config_entry.unique_id
    group = {"group-1": {"name": "Kitchen", "members": [kitchen], "children": []}}
    sim.patch_state({"accounts": {customer_id: {"deviceGroups": group}}})
    sim.reset_ledger()
    await set_up(hass, config_entry)
    await clock.settle()
    area = await clock.until(lambda: area_registry.async_get_area_by_name("Kitchen"))

    def devices_by_name() -> dict[str | None, dr.DeviceEntry]:
        found = dr.async_entries_for_config_entry(device_registry, config_entry.entry_id)
        return {each.name: each for each in found}

    await clock.until(lambda: devices_by_name()["Kitchen Show"].area_id == area.id)
    devices = devices_by_name()
    assert devices["Garage Echo"].area_id is None
    assert sim.ledger(path="/api/phoenix/group") == []
    office = area_registry.async_get_or_create("Office")
    device_registry.async_update_device(devices["Kitchen Show"].id, area_id=office.id)
    await config_entry.runtime_data.appliances.async_refresh()
    await clock.settle()
    moved = device_registry.async_get(devices["Kitchen Show"].id)
    assert moved is not None
    assert moved.area_id == office.id


async def test_an_echo_added_to_the_account_is_put_into_its_room(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    config_entry: MockConfigEntry,
    clock: Clock,
    device_registry: dr.DeviceRegistry,
) -> None:
    """An Echo that is added while Home Assistant runs causes one discovery with the rooms.

    A device without a room does not cause a second one.
    """
    await set_up(hass, config_entry)
    await clock.settle()
    await clock.advance(660)
    serial = "G0SIM000STUDY001"
    members = [f"amzn1.alexa.endpoint.{echo_entity_id(serial)}"]
    group = {"group-1": {"name": "Study", "members": members, "children": []}}
    sim.patch_state({"accounts": {config_entry.unique_id: {"deviceGroups": group}}})
    sim.reset_ledger()
    household.add(serial, "Office Spot", accountName="Study Dot")

    def area() -> str | None:
        found = dr.async_entries_for_config_entry(device_registry, config_entry.entry_id)
        return next((each.area_id for each in found if each.name == "Study Dot"), None)

    await clock.advance(400)
    assert area() == "study"
    await clock.advance(1200)
    asked = [json.loads(request["body"])["operationName"] for request in sim.ledger(path="/nexus/v1/graphql")]
    assert (asked.count("discover"), asked.count("groups")) == (1, 1)


async def test_appliances_are_added_and_removed_without_a_reload(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    clock: Clock,
    device_registry: dr.DeviceRegistry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Their devices are added, renamed and removed with them."""
    house = House(sim)
    await set_up(hass, config_entry)
    await clock.settle()
    plug = {"name": "Heater", "category": "SMARTPLUG", "model": "P", "features": {"power": {"powerState": "ON"}}}
    added = "5e000000-0000-4000-8000-0000000000a4"
    house.add(added, plug)
    house.change("Desk Lamp", name="Reading Lamp")
    appliances = config_entry.runtime_data.appliances
    await appliances.async_refresh()
    await clock.settle()
    assert state_of(hass, "switch.heater").state == "on"
    identifier = (DOMAIN, f"appliance_{config_entry.unique_id}_{added}")
    device = device_registry.async_get_device_by_identifier(identifier, config_entry.entry_id)
    assert device is not None
    assert not await removed(hass, hass_ws_client, config_entry, device), "a listed appliance cannot be removed"
    assert "Reading Lamp" in {
        item.name for item in dr.async_entries_for_config_entry(device_registry, config_entry.entry_id)
    }

    house.add(added, None)
    await appliances.async_refresh()
    await clock.settle()
    assert hass.states.get("switch.heater"), "one discovery without the appliance is not enough"
    await clock.advance(40, step=10)
    assert hass.states.get("switch.heater") is None
    assert device_registry.async_get(device.id) is None
    assert hass.states.get("light.office_desk_lamp")
    assert await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.contract("entities, lights, plugs, contacts, Guard")
async def test_entities_of_alexa_media_player_are_kept(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    """Registered entities are matched by unique id, keep the user's entity ids, and get a device."""
    house = House(sim)
    air = house.entity_id("Air Monitor")
    old = {
        ("light", "mood"): house.entity_id("Hall Light"),
        ("switch", "espresso"): house.entity_id("Coffee Maker"),
        ("binary_sensor", "porch_door"): house.entity_id("Front Door"),
        ("sensor", "fine_dust"): f"{air}_particulate_matter",
        ("sensor", "air_temperature"): f"{air}_temperature",
        ("alarm_control_panel", "house"): house.entity_id("RedRock Panel"),
    }
    for (domain, object_id), unique_id in old.items():
        entity_registry.async_get_or_create(
            domain, DOMAIN, unique_id, object_id_base=object_id, config_entry=config_entry
        )
    await set_up(hass, config_entry)

    def alive(entity_id: str) -> bool:
        state = hass.states.get(entity_id)
        return state is not None and state.state not in ("unavailable", "unknown")

    await until(hass, lambda: all(alive(f"{domain}.{object_id}") for domain, object_id in old))
    for domain, object_id in old:
        registered = entity_registry.async_get(f"{domain}.{object_id}")
        assert registered is not None
        assert registered.device_id is not None
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_diagnostics_of_appliances_contain_nothing_private(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    device_registry: dr.DeviceRegistry,
    hass_client: ClientSessionGenerator,
) -> None:
    """The diagnostics contain the features and states of appliances."""
    assert await async_setup_component(hass, "diagnostics", {})
    account = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    home = account["smart_home"]
    assert home["kinds"]["LIGHT"] == 7
    assert home["exposed_by_home_assistant"] == {"skill": 1, "matter_bridge": 1, "matter_child": 1}
    assert home["guard"] is True
    monitor = entity_registry.async_get("sensor.living_room_air_monitor_humidity")
    assert monitor is not None
    device = device_registry.async_get(monitor.device_id or "")
    assert isinstance(device, dr.DeviceEntry)
    told = (await get_diagnostics_for_device(hass, hass_client, entry, device))["appliance"]
    assert (told["kind"], told["device_type"], told["reachable"]) == ("AIR_QUALITY_MONITOR", "AEZME1X38KDRA", True)
    humidity = next(sample for sample in told["samples"] if sample["instance"] == "4")
    assert (humidity["feature"], humidity["property"], humidity["value"]) == ("range", "rangeValue", 46)
    text = json.dumps([account, told])
    for secret in ("Air Monitor", "Hall Light", "G0SIM", "5e000000", "00:53:10"):
        assert secret not in text, secret


@pytest.mark.platforms("light", "sensor")
async def test_the_selection_of_the_user_applies(
    hass: HomeAssistant,
    sim: ControlClient,
    config_entry: MockConfigEntry,
    household: Household,
    device_registry: dr.DeviceRegistry,
    entity_registry: er.EntityRegistry,
) -> None:
    """An excluded Echo has no sensors, and its connected appliances have no entities.

    A selected appliance is added, then removed.
    """
    house = House(sim)
    porch, kitchen = house.entity_id("Porch Light"), household.serial("Kitchen Show")
    hass.config_entries.async_update_entry(config_entry, options={"exclude_devices": [kitchen], "appliances": [porch]})
    assert await async_setup_component(hass, "homeassistant", {})
    await set_up(hass, config_entry)
    await until(hass, lambda: hass.states.get("light.porch_light"))
    assert entity_registry.async_get("sensor.kitchen_show_temperature") is None
    hall = entity_registry.async_get("light.hall_hall_light")
    assert hall is not None
    device = device_registry.async_get(hall.device_id or "")
    assert isinstance(device, dr.DeviceEntry)
    assert device.via_device_id is None

    await quiet(hass, sim, calm=0.4)
    sim.reset_ledger()
    data = {"entity_id": ["light.hall_hall_light", "light.porch_light"]}
    await hass.services.async_call("homeassistant", "update_entity", data, blocking=True)
    assert house.reads() == 1

    identifier = (DOMAIN, f"appliance_{config_entry.unique_id}_{porch}")
    assert device_registry.async_get_device_by_identifier(identifier, config_entry.entry_id)
    hass.config_entries.async_update_entry(config_entry, options={"exclude_devices": [kitchen]})
    config_entry.runtime_data.appliances.async_options_changed()
    await until(hass, lambda: hass.states.get("light.porch_light") is None)
    assert device_registry.async_get_device_by_identifier(identifier, config_entry.entry_id) is None
    assert hass.states.get("light.hall_hall_light")
    assert await hass.config_entries.async_unload(config_entry.entry_id)


async def test_a_backend_without_a_smart_home_has_no_appliances(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a backend has no appliance entities and sends no requests for them; everything else works."""
    lacking(monkeypatch, "smart_home")
    await set_up(hass, config_entry)
    assert hass.states.async_entity_ids(("light", "climate", "lock", "alarm_control_panel")) == []
    assert state_of(hass, "media_player.kitchen_show").state == "idle"
    assert House(sim).reads() == 0
    assert await hass.config_entries.async_unload(config_entry.entry_id)


@pytest.mark.contract("smart home, unique ids of a second account")
@pytest.mark.parametrize(
    ("suffix", "registered_by", "wanted"),
    [
        ("", None, "bare"),
        ("jo@example.org", None, "own"),
        ("jo@example.org", "this", "bare"),
        ("jo@example.org", "other", "own"),
        ("", "other", "own"),
    ],
)
def test_unique_ids_of_two_accounts_differ(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, suffix: str, registered_by: str | None, wanted: str
) -> None:
    """Registered ids are kept, and two accounts never use the same id."""
    entries: dict[str, Any] = {}
    for name, unique_id in (("this", "A2THIS"), ("other", "A2OTHER")):
        entries[name] = MockConfigEntry(domain=DOMAIN, unique_id=unique_id, data={"id_suffix": suffix})
        entries[name].add_to_hass(hass)
    if registered_by:
        entity_registry.async_get_or_create("light", DOMAIN, "70550dd0", config_entry=entries[registered_by])
    found = appliance_unique_id(hass, entries["this"], "light", "70550dd0")
    own = "70550dd0_jo_example_org" if suffix else "70550dd0_a2this"
    assert found == {"bare": "70550dd0", "own": own}[wanted]
    entity_registry.async_get_or_create("light", DOMAIN, found, config_entry=entries["this"])
    for item in er.async_entries_for_config_entry(entity_registry, entries["other"].entry_id):
        entity_registry.async_remove(item.entity_id)
    assert appliance_unique_id(hass, entries["this"], "light", "70550dd0") == found, "the form of ids does not change"


METER = {
    "name": "Cellar Meter",
    "category": "OTHER",
    "features": {
        "humiditySensor": {"relativeHumidity": 61.0},
        "endpointHealth": {"battery": {"levelPercentage": 80, "health": None, "chargingHealth": None}},
        "deviceUsageMeter": {"electricityReading": 1500.0, "electricityUnit": "MILLIWATT_HOUR"},
        "statusCode": {"statusCode": {"value": []}},
    },
}


@pytest.mark.platforms("binary_sensor", "sensor")
async def test_measured_values_have_their_device_class(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, clock: Clock
) -> None:
    """A push writes the state without a request; an old sample is unknown, and its time is an attribute."""
    house = House(sim)
    house.add("5e000000-0000-4000-8000-0000000000c0", METER)
    await set_up(hass, config_entry)
    await clock.settle()
    for name, state, device_class, unit in (
        ("humidity", "61.0", "humidity", "%"),
        ("battery", "80.0", "battery", "%"),
        ("energy", "1.5", "energy", "Wh"),
    ):
        shown = state_of(hass, f"sensor.cellar_meter_{name}")
        assert shown.state == state
        assert (shown.attributes["device_class"], shown.attributes["unit_of_measurement"]) == (device_class, unit)
    assert "state_class" not in state_of(hass, "sensor.cellar_meter_energy").attributes
    assert state_of(hass, "binary_sensor.cellar_meter_problem").state == "off"
    sim.reset_ledger()
    house.set("Cellar Meter", "deviceUsageMeter", electricityReading=2500.0)
    await until(hass, partial(hass.states.is_state, "sensor.cellar_meter_energy", "2.5"))
    fault = {"code": "E7", "timeOfDetection": None}
    house.set("Cellar Meter", "statusCode", statusCode={"value": [fault]})
    await until(hass, partial(hass.states.is_state, "binary_sensor.cellar_meter_problem", "on"))
    assert house.reads() == 0
    await clock.advance(26 * 3600, step=2 * 3600)
    assert state_of(hass, "sensor.cellar_meter_humidity").state == "unknown"
    assert state_of(hass, "sensor.cellar_meter_humidity").attributes["last_sampled"]
    assert state_of(hass, "sensor.cellar_meter_battery").state == "80.0", "a battery may report only once a week"


@pytest.mark.platforms("light")
async def test_older_names_are_requested_if_the_newer_ones_are_unknown(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry
) -> None:
    """Each newer name is tried once, and its refusal is stored; everything else works."""
    refused = {"data": None, "errors": [{"message": "Validation error (FieldUndefined) : no such type"}]}
    rooms: dict[str, Any] = {"data": {"listDeviceGroups": {"deviceGroups": []}}}
    sim.fault(path=GRAPHQL, operation="discover+groups", status=200, body=[refused, rooms])
    sim.fault(path=GRAPHQL, operation="discover", status=200, body=refused, times=1)
    house = House(sim)
    await set_up(hass, config_entry)
    assert state_of(hass, "light.hall_hall_light").state == "on"
    backend = config_entry.runtime_data.backend
    assert backend.unsupported == ("appliance_properties",)
    sim.reset_ledger()
    sim.fault(path=GRAPHQL, status=200, body=refused, times=1)
    for _ in range(2):
        await hass.services.async_call("light", "turn_off", {"entity_id": "light.hall_hall_light"}, blocking=True)
    assert [len(commands) for commands in house.commands()] == [1, 1, 1]
    assert house.feature("Hall Light", "power")["powerState"] == "OFF"
    assert backend.unsupported == ("appliance_properties", "set_endpoint_features_v2")
    assert house.phoenix() == []
