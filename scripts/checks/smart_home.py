"""Checks of the smart home: a light, a thermostat, a lock, Guard and a sensor.

Entities are found by the name that users see, because their ids depend on rooms.
"""

from collections.abc import Awaitable, Callable
from functools import partial
import json
from typing import Any, Final
from zlib import crc32

from .world import CheckFailedError, World, expect, until

GRAPHQL: Final = "/nexus/v1/graphql"
PHOENIX: Final = "/api/phoenix/state"


def shown(world: World, domain: str, name: str) -> Any:
    """Return the state of an entity by its platform and name; raises ``CheckFailedError`` if there is none."""
    states = [state for state in world.rest().get_states() if state.entity_id.startswith(f"{domain}.")]
    found = next((state for state in states if state.attributes.get("friendly_name") == name), None)
    if found is None:
        message = f"no {domain} {name}; there are {sorted(state.entity_id for state in states)}"
        raise CheckFailedError(message)
    return found


def has_state(world: World, entity_id: str, state: str) -> bool:
    """Return whether an entity has a state."""
    return bool(world.state(entity_id).state == state)


def appliance(world: World, name: str) -> tuple[str, str, dict[str, Any]]:
    """Return the account of an appliance, its entity id and its state in the cloud."""
    return next(
        (customer_id, entity_id, item)
        for customer_id, account in world.sim.state()["accounts"].items()
        for entity_id, item in account["appliances"].items()
        if item["name"] == name
    )


def change(world: World, name: str, feature: str, **values: Any) -> None:
    """Change a feature of an appliance, like a person in the house."""
    customer_id, entity_id, _ = appliance(world, name)
    patch = {entity_id: {"features": {feature: values}}}
    world.sim.patch_state({"accounts": {customer_id: {"appliances": patch}}})


def commands(world: World) -> int:
    """Return the number of GraphQL commands since the last reset."""
    return sum("featureControlRequests" in json.dumps(entry["body"]) for entry in world.requests(GRAPHQL, "POST"))


def light(world: World) -> str:
    """Set brightness and color in Home Assistant with one request, then turn the lamp off at home."""
    entity_id = shown(world, "light", "Hall Light").entity_id
    world.sim.reset_ledger()
    world.rest().trigger_service("light", "turn_on", entity_id=entity_id, hs_color=[200, 60], brightness_pct=40)
    color = appliance(world, "Hall Light")[2]["features"]["color"]["color"]
    expect((color["hue"], color["saturation"]) == (200, 0.6), f"the cloud has {color}")
    expect(commands(world) == 1, f"{commands(world)} requests")

    def is_set() -> bool:
        attributes = world.state(entity_id).attributes
        return (attributes.get("color_mode"), attributes.get("brightness")) == ("hs", 102)

    until("the colour is shown", is_set)
    change(world, "Hall Light", "power", powerState="OFF")
    until("off", lambda: world.state(entity_id).state == "off")
    return "1 request for colour and brightness, off by push"


def thermostat(world: World) -> str:
    """Set a mode and two temperatures with one request; switch to ECO at the device."""
    entity_id = shown(world, "climate", "Hall Thermostat").entity_id
    expect(world.state(entity_id).attributes["current_temperature"] == 20.5, "another temperature")
    world.sim.reset_ledger()
    data = {"entity_id": entity_id, "hvac_mode": "heat_cool", "target_temp_low": 18, "target_temp_high": 25}
    world.rest().trigger_service("climate", "set_temperature", **data)
    feature = appliance(world, "Hall Thermostat")[2]["features"]["thermostat"]
    expect(feature["thermostatMode"] == "AUTO", f"the cloud has {feature}")
    expect((feature["lowerSetpoint"]["value"], feature["upperSetpoint"]["value"]) == (18, 25), f"it has {feature}")
    expect(commands(world) == 1, f"{commands(world)} requests")
    until("heat and cool", lambda: world.state(entity_id).state == "heat_cool")
    until("from 18 on", lambda: world.state(entity_id).attributes.get("target_temp_low") == 18)
    change(world, "Hall Thermostat", "thermostat", thermostatMode="ECO")
    until("eco", lambda: world.state(entity_id).attributes.get("preset_mode") == "eco")
    return "1 request for mode and temperatures, eco by push"


def added(world: World, domain: str, name: str, **given: Any) -> str:
    """Add an appliance and reload its account; return its entity once it exists."""
    customer_id, _, _ = appliance(world, "Hall Light")
    entity_id = f"5e000000-0000-4000-8000-{crc32(name.encode()):012x}"
    full = {"name": name, "features": {}, **given}
    world.sim.patch_state({"accounts": {customer_id: {"appliances": {entity_id: full}}}})
    registered = shown(world, "light", "Hall Light").entity_id
    world.rest().trigger_service("homeassistant", "reload_config_entry", entity_id=registered)

    def is_there() -> bool:
        states = world.rest().get_states()
        return any(each.entity_id.startswith(f"{domain}.") and name in str(each.attributes) for each in states)

    until(f"{name} is there", is_there)
    return str(shown(world, domain, name).entity_id)


def garage(world: World) -> str:
    """Open a garage door by its mode; a position that is neither open nor closed is unknown."""
    modes = {"Position.Up": "Open", "Position.Down": "Closed"}
    door = {"mode.Door": {"friendlyName": "Position", "modes": modes, "mode": "Position.Down"}}
    entity_id = added(world, "cover", "Carport Door", category="GARAGE_DOOR", features=door)
    until("closed", partial(has_state, world, entity_id, "closed"))
    world.rest().trigger_service("cover", "open_cover", entity_id=entity_id)

    def is_up() -> bool:
        return bool(appliance(world, "Carport Door")[2]["features"]["mode.Door"]["mode"] == "Position.Up")

    until("open in the cloud", is_up)
    until("open", partial(has_state, world, entity_id, "open"))
    change(world, "Carport Door", "mode.Door", mode="Position.Halfway")
    until("unknown", partial(has_state, world, entity_id, "unknown"))
    return "opened here; half way is unknown"


def scene(world: World) -> str:
    """Activate a scene."""
    entity_id = added(world, "scene", "Movie Night", category="SCENE_TRIGGER")
    world.rest().trigger_service("scene", "turn_on", entity_id=entity_id)
    until("activated in the cloud", lambda: "activated" in appliance(world, "Movie Night")[2])
    return "activated in the cloud"


def lock(world: World) -> str:
    """Unlock in Home Assistant, and lock at the door."""
    entity_id = shown(world, "lock", "Front Door Lock").entity_id
    expect(world.state(entity_id).state == "locked", "it is not locked")
    world.rest().trigger_service("lock", "unlock", entity_id=entity_id)
    value = appliance(world, "Front Door Lock")[2]["features"]["lock"]["lockState"]
    expect(value == "UNLOCKED", f"the cloud has {value}")
    until("unlocked", lambda: world.state(entity_id).state == "unlocked")
    change(world, "Front Door Lock", "lock", lockState="LOCKED")
    until("locked", lambda: world.state(entity_id).state == "locked")
    return "unlocked here, locked at the door"


def is_armed(world: World, arm_state: str) -> bool:
    """Return whether Guard has an arm state in the cloud."""
    return bool(appliance(world, "RedRock Panel")[2]["armState"] == arm_state)


def guard(world: World) -> str:
    """Arm and disarm Guard without a code."""
    entity_id = shown(world, "alarm_control_panel", "Alexa Guard 60057").entity_id
    until("how it is armed", partial(has_state, world, entity_id, "disarmed"))
    for action, arm_state, state in (
        ("alarm_arm_away", "ARMED_AWAY", "armed_away"),
        ("alarm_disarm", "ARMED_STAY", "disarmed"),
    ):
        world.rest().trigger_service("alarm_control_panel", action, entity_id=entity_id)
        until(arm_state, partial(is_armed, world, arm_state))
        until(state, partial(has_state, world, entity_id, state))
    return "armed and disarmed, as the cloud then says"


def reading(world: World) -> str:
    """Increase the humidity; one sensor is written, without a request."""
    entity_id = shown(world, "sensor", "Air Monitor Humidity").entity_id
    world.sim.reset_ledger()
    change(world, "Air Monitor", "range.4", rangeValue=57)
    until("57 %", lambda: float(world.state(entity_id).state) == 57)
    expect(not world.requests(GRAPHQL), "it was asked for")
    return "0 requests"


def panel(world: World) -> str:
    """Arm a security panel, and disarm it with its code."""
    features = {"securityPanel": {"armState": "DISARMED", "pin": "4711"}}
    entity_id = added(world, "alarm_control_panel", "Ring Panel", category="SECURITY_PANEL", features=features)
    until("disarmed", partial(has_state, world, entity_id, "disarmed"))
    world.rest().trigger_service("alarm_control_panel", "alarm_arm_night", entity_id=entity_id)
    until("armed", partial(has_state, world, entity_id, "armed_night"))
    world.rest().trigger_service("alarm_control_panel", "alarm_disarm", entity_id=entity_id, code="4711")
    until("disarmed again", partial(has_state, world, entity_id, "disarmed"))
    return "armed for the night, disarmed with its code"


def device_of(world: World, entity_id: str) -> str:
    """Return the device of an entity."""
    with world.socket() as socket:
        return str(socket.get_rendered_template(f"{{{{ device_id('{entity_id}') }}}}"))


def appliance_actions(world: World) -> str:
    """Discover a plug, rename it, disable and enable it in Alexa, and remove it."""
    entity_id = added(world, "switch", "Heater", category="SMARTPLUG", features={"power": {"powerState": "ON"}})
    device = device_of(world, entity_id)
    data = {"config_entry_id": world.entry_id}
    _, found = world.rest().trigger_service_with_response("alexa_media", "discover_appliances", **data)
    expect(found["appliances"] > 0, f"{found}")
    world.rest().trigger_service("alexa_media", "rename_appliance", device_id=device, name="Oil radiator")
    until("the new name", lambda: bool(appliance(world, "Oil radiator")))
    for enabled, enablement in ((False, "DISABLED_BY_CUSTOMER"), (True, "ENABLED")):
        world.rest().trigger_service("alexa_media", "enable_appliance", device_id=device, enabled=enabled)
        held = appliance(world, "Oil radiator")[2]["enablement"]
        expect(held == enablement, f"it is {held}")
    world.rest().trigger_service("alexa_media", "remove_appliance", device_id=device, confirm=True)
    names = [
        each["name"] for account in world.sim.state()["accounts"].values() for each in account["appliances"].values()
    ]
    expect("Oil radiator" not in names, "it is still there")
    return "renamed, off, on, removed"


def air_quality(world: World) -> str:
    """Import a day of the history that the cloud has for the air quality monitor."""
    entity_id = shown(world, "sensor", "Air Monitor Humidity").entity_id
    _, response = world.rest().trigger_service_with_response("alexa_media", "import_air_quality", entity_id=entity_id)
    hours = response.get(entity_id, {}).get("hours", 0)
    # the import keeps hours that the recorder has compiled in the meantime
    expect(20 <= hours <= 24, f"response: {response}")
    return f"{hours} hours"


def rooms(world: World) -> str:
    """Compute which rooms Alexa lacks for the areas, without changing anything."""
    before = world.sim.state()
    data = {"config_entry_id": world.entry_id, "dry_run": True}
    _, answer = world.rest().trigger_service_with_response("alexa_media", "rooms_from_areas", **data)
    expect(answer["applied"] is False, f"{answer}")
    groups = [account["deviceGroups"] for account in world.sim.state()["accounts"].values()]
    expect(groups == [account["deviceGroups"] for account in before["accounts"].values()], "rooms were changed")
    return f"{len(answer['changes'])} changes, none made"


CHECKS: Final[tuple[tuple[str, Callable[[World], str | Awaitable[str]]], ...]] = (
    ("a light from here and in the house", light),
    ("a thermostat, two temperatures in one request", thermostat),
    ("a lock from here and at the door", lock),
    ("Guard armed and disarmed without a code", guard),
    ("a security panel with a code", panel),
    ("a reading arrives by push", reading),
    ("a garage door by its mode", garage),
    ("a scene is activated", scene),
    ("an appliance is renamed, turned off and removed", appliance_actions),
    ("hours of an air quality monitor become statistics", air_quality),
    ("Alexa's rooms from areas, dry run", rooms),
)
