"""Checks of a hotel of Alexa Smart Properties: sign-in, rooms, lights, settings and operator actions."""

from collections.abc import Awaitable, Callable
from http import HTTPMethod
import threading
from typing import Any, Final
from urllib.request import urlopen

from homeassistant_api.errors import HomeassistantAPIError

from .echos import entry_state
from .life import quiet_log
from .world import World, expect, until

ORGANIZATION: Final = "amzn1.alexa.unit.did.SIMORGANIZATION"
OPERATOR: Final = "operator@example.org"
CLIENT: Final = {"client_id": "amzn1.application-oa2-client.sim", "client_secret": "amzn1.oa2-cs.v1.sim"}
WIFI_KEY: Final = "correct-horse-battery"
BED: Final = "room_101_room_101_bed"
LAMP: Final = "light.room_101_room_101_lamp"
HVAC: Final = "climate.room_101_room_101_thermostat"
MANAGED: Final = "Alexa.ManagedDevice.Settings"
API: Final = "/v2/endpoints/amzn1.alexa.endpoint."


def step(world: World, path: str, method: HTTPMethod = HTTPMethod.POST, **data: Any) -> dict[str, Any]:
    """Submit one step of a flow, like a browser that opened Home Assistant at this address."""
    headers = {"HA-Frontend-Base": world.url}
    answer = world.rest().request(path, method=method, headers=headers, **({"json": data} if data else {}))
    expect(isinstance(answer, dict), f"{path} answered {answer!r}")
    return dict(answer)


def enter_credentials(world: World) -> bool:
    """Enter the security profile; return whether Home Assistant accepted it."""
    with world.socket() as socket:
        message = socket.send("application_credentials/create", domain="alexa_media", name="Hotel", **CLIENT)
        try:
            socket.recv_result(message)
        except HomeassistantAPIError:
            return False
    return True


def sign_in(world: World) -> str:
    """Enter the security profile, sign in with Login with Amazon, select the organization."""
    # Home Assistant responds before all of its integrations are loaded.
    until("the application credentials are taken", lambda: enter_credentials(world), 30)
    flows = "config/config_entries/flow"
    flow = step(world, flows, handler="alexa_media")
    path = f"{flows}/{flow['flow_id']}"
    flow = step(world, path, marketplace=world.domain)
    expect("smart_properties" in flow["menu_options"], f"not in the menu: {flow['menu_options']}")
    step(world, path, next_step_id="smart_properties")
    flow = step(world, path, region="na", login_host="by_region")
    expect(flow["type"] == "external", f"no way to Amazon: {flow}")
    redirect = world.sim.sign_in(flow["url"], OPERATOR)
    expect(redirect.startswith(world.url), f"Amazon leads to {redirect}")
    with urlopen(redirect, timeout=10) as answer:  # noqa: S310 - on loopback
        expect(answer.status == 200, f"the way back answered {answer.status}")
    step(world, path, HTTPMethod.GET)
    wrong = step(world, path, unit_id="my hotel")
    expect(wrong["errors"], "what is no id was taken")
    flow = step(world, path, unit_id=ORGANIZATION)
    expect(flow["step_id"] == "unit", f"no units: {flow}")
    done = step(world, path, unit=ORGANIZATION)
    expect(done["type"] == "create_entry", f"no entry: {done}")
    world.entry_id = done["result"]["entry_id"]
    until("the entry is loaded", lambda: entry_state(world) == "loaded", 30)
    return str(done["title"])


def endpoint(world: World, name: str) -> dict[str, Any]:
    """Return an endpoint in the cloud by the end of its id."""
    endpoints = world.sim.state()["smartProperties"]["endpoints"]
    return dict(endpoints[f"amzn1.alexa.endpoint.{name}"])


def change(world: World, name: str, **values: Any) -> None:
    """Change an endpoint in the cloud, like a guest at the device."""
    world.sim.patch_state({"smartProperties": {"endpoints": {f"amzn1.alexa.endpoint.{name}": values}}})


def device_id(world: World, entity_id: str) -> str:
    """Return the id of the device that an entity belongs to."""
    with world.socket() as socket:
        return str(socket.get_rendered_template(f"{{{{ device_id('{entity_id}') }}}}"))


def asked(world: World) -> list[str]:
    """Return the requests to the API since the ledger was last reset."""
    return [f"{r['method']} {r['path']}" for r in world.sim.ledger() if r["host"] == "api.amazonalexa.com"]


def act(world: World, action: str, **data: Any) -> None:
    """Call an action."""
    domain, _, name = action.partition(".")
    world.rest().trigger_service(domain, name, **data)


def shows(world: World, entity_id: str, state: str) -> None:
    """Wait until an entity has a state."""
    until(f"{entity_id} is {state}", lambda: (found := world.state(entity_id)) and found.state == state)


def rooms_and_entities(world: World) -> str:
    """Check that the devices exist, in their rooms."""
    wanted = {
        f"number.{BED}_volume": "25.0",
        f"binary_sensor.{BED}_connectivity": "on",
        f"sensor.{BED}_room": "Room 101",
        f"switch.{BED}_do_not_disturb": "off",
        f"select.{BED}_wake_word": "alexa",
        "binary_sensor.room_102_room_102_desk_connectivity": "off",
        "number.room_102_room_102_desk_volume": "unavailable",
        "switch.lobby_lobby_sign": "on",
        "light.room_101_room_101_ceiling": "off",
        HVAC: "heat",
        "climate.room_102_room_102_thermostat": "heat_cool",
    }
    states = {state.entity_id: state for state in world.rest().get_states()}
    for entity_id, value in wanted.items():
        expect(entity_id in states, f"no {entity_id}; there are {sorted(states)}")
        expect(states[entity_id].state == value, f"{entity_id} is {states[entity_id].state}, not {value}")
    with world.socket() as socket:
        area = socket.get_rendered_template(f"{{{{ area_name('number.{BED}_volume') }}}}")
    expect(area == "Room 101", f"it is in {area}")
    return f"{len(states)} entities"


def volume(world: World) -> str:
    """Set the volume of an Echo; one request sets it, and one reads it."""
    world.sim.reset_ledger()
    act(world, "number.set_value", entity_id=f"number.{BED}_volume", value=37)
    shows(world, f"number.{BED}_volume", "37.0")
    expect(endpoint(world, "SIM101BED")["features"]["speaker"]["volume"] == 37, "the cloud has another volume")
    wanted = [f"POST {API}SIM101BED/features/speaker/setVolume", f"GET {API}SIM101BED"]
    expect(asked(world) == wanted, f"requests: {asked(world)}")
    return "1 request, 1 to confirm"


def light(world: World) -> str:
    """Change the color of a lamp that is on."""
    world.sim.reset_ledger()
    act(world, "light.turn_on", entity_id=LAMP, hs_color=[120, 100])
    until("it is green", lambda: round(world.state(LAMP).attributes["hs_color"][0]) == 120)
    expect(asked(world)[0] == f"POST {API}SIM101LAMP/features/color/setColor", f"requests: {asked(world)}")
    expect(len(asked(world)) == 2, f"requests: {asked(world)}")
    return "1 request, 1 to confirm"


def thermostat(world: World) -> str:
    """Set a thermostat."""
    act(world, "climate.set_temperature", entity_id=HVAC, temperature=19.5)
    until("19.5 °C", lambda: world.state(HVAC).attributes["temperature"] == 19.5)
    setpoint = endpoint(world, "SIM101HVAC")["features"]["thermostat"]["targetSetpoint"]
    expect(setpoint == {"value": 19.5, "scale": "CELSIUS"}, f"the cloud has {setpoint}")
    return f"{setpoint['value']} {setpoint['scale'].lower()}"


def setting(world: World) -> str:
    """Select another wake word, and turn on Do Not Disturb."""
    world.sim.reset_ledger()
    act(world, "select.select_option", entity_id=f"select.{BED}_wake_word", option="computer")
    shows(world, f"select.{BED}_wake_word", "computer")
    act(world, "switch.turn_on", entity_id=f"switch.{BED}_do_not_disturb")
    shows(world, f"switch.{BED}_do_not_disturb", "on")
    settings = endpoint(world, "SIM101BED")["settings"]
    expect(settings["SpeechRecognizer.wakeWords"] == ["COMPUTER"], f"the cloud has {settings}")
    expect(len(asked(world)) == 4, f"requests: {asked(world)}")
    return "2 requests, 2 to confirm"


def every_setting(world: World) -> str:
    """Write the settings of an Echo with a screen, and compare them with the cloud."""
    written: dict[str, tuple[str, dict[str, Any], str, Any]] = {
        f"switch.{BED}_follow_up_mode": ("turn_on", {}, "SpeechRecognizer.FollowUp.mode", True),
        f"switch.{BED}_start_of_request_sound": ("turn_on", {}, "SpeechRecognizer.wakeWordConfirmation", "TONE"),
        f"switch.{BED}_end_of_request_sound": ("turn_on", {}, "SpeechRecognizer.speechConfirmation", "TONE"),
        f"switch.{BED}_magnifier": ("turn_on", {}, "Accessibility.Display.Magnifier.enablement", "ENABLED"),
        f"select.{BED}_language": ("select_option", {"option": "fr-CA/en-CA"}, "System.locales", ["fr-CA", "en-CA"]),
        f"select.{BED}_speaking_rate": ("select_option", {"option": "1.5"}, "SpeechSynthesizer.speakingRate", 1.5),
        f"select.{BED}_temperature_unit": ("select_option", {"option": "celsius"}, "System.temperatureUnit", "CELSIUS"),
        f"select.{BED}_distance_units": ("select_option", {"option": "metric"}, "System.distanceUnits", "METRIC"),
        f"number.{BED}_maximum_volume": ("set_value", {"value": 80}, f"{MANAGED}.maximumVolumeLimit", 80),
    }
    for entity_id, (action, data, key, value) in written.items():
        act(world, f"{entity_id.partition('.')[0]}.{action}", entity_id=entity_id, **data)
        found = endpoint(world, "SIM101BED")["settings"].get(key)
        expect(found == value, f"the cloud has {found} for {key}")
    act(world, "select.select_option", entity_id=f"select.{BED}_language", option="en-US")
    return f"{len(written)} written"


def steps(world: World) -> str:
    """Change brightness and setpoint by relative amounts."""
    for entity_id, data in ((LAMP, {"brightness": -20}), (HVAC, {"temperature": 1})):
        act(world, "alexa_media.adjust_endpoint", device_id=device_id(world, entity_id), **data)
    brightness = endpoint(world, "SIM101LAMP")["features"]["brightness"]["brightness"]
    setpoint = endpoint(world, "SIM101HVAC")["features"]["thermostat"]["targetSetpoint"]["value"]
    until("the lamp is dimmer", lambda: round(world.state(LAMP).attributes["brightness"] / 2.55) == brightness)
    until("it gets warmer", lambda: world.state(HVAC).attributes["temperature"] == setpoint == 20.5)
    return f"{brightness} %, {setpoint} degrees"


def announcements(world: World) -> str:
    """Announce on one Echo, and in a whole unit."""
    act(world, "notify.send_message", entity_id="notify.lobby_bar_announce", message="Last orders, please.")
    everywhere = {"config_entry_id": world.entry_id, "units": ["Lobby"], "message": "Good night."}
    act(world, "alexa_media.announce_in_units", **everywhere)
    act(world, "notify.send_message", entity_id="notify.example_hotels_announce_in_room_101", message="Hello.")
    said = [(item["device"], item["text"]) for item in world.sim.spoken()]
    expect(said[0] == ("Bar", "Last orders, please."), f"said: {said}")
    expect(
        sorted(name for name, text in said if text == "Good night.") == ["Bar", "Lift", "Reception"], f"said: {said}"
    )
    expect([text for _, text in said].count("Hello.") == 2, f"said: {said}")  # Two of four have Do Not Disturb on.
    return f"{len(said)} times spoken"


def query(world: World) -> str:
    """Search devices in Alexa Smart Properties."""
    _, response = world.rest().trigger_service_with_response(
        "alexa_media", "query_endpoints", config_entry_id=world.entry_id, units=["Room 102"]
    )
    names = [item["name"] for item in response["endpoints"]]
    expect(len(names) == 8, f"found: {names}")
    _, response = world.rest().trigger_service_with_response(
        "alexa_media", "query_endpoints", config_entry_id=world.entry_id, kind="ALEXA_VOICE_ENABLED", online=False
    )
    offline = [item["name"] for item in response["endpoints"]]
    expect(offline == ["Room 102 desk"], f"offline: {offline}")
    return f"{len(names)} devices, {len(offline)} Echo offline"


def guards(world: World) -> str:
    """Try to deregister an Echo without confirmation."""
    device = device_id(world, f"number.{BED}_volume")
    for data in ({"confirm": True, "serial_number": "wrong"}, {"serial_number": "G0SIMASP00000004"}):
        world.sim.reset_ledger()
        try:
            act(world, "alexa_media.deregister_endpoint", device_id=device, **data)
        except HomeassistantAPIError:
            expect(not asked(world), f"requests: {asked(world)}")
        else:
            expect(condition=False, what=f"{data} was taken")
    return "refused twice, no request"


def move(world: World) -> str:
    """Move an Echo into a unit; it restarts with another id, and is still the same device."""
    world.sim.patch_state({"smartProperties": {"newIdOnMove": True}})
    device = device_id(world, "sensor.spare_echo_room")
    act(world, "alexa_media.move_to_unit", device_id=device, unit="Room 102", confirm=True)
    shows(world, "sensor.spare_echo_room", "Room 102")
    shows(world, "binary_sensor.spare_echo_connectivity", "off")
    world.sim.advance(120)
    act(world, "homeassistant.update_entity", entity_id=["binary_sensor.spare_echo_connectivity"])
    shows(world, "binary_sensor.spare_echo_connectivity", "on")
    expect(device_id(world, "sensor.spare_echo_room") == device, "it is another device now")
    return "restarted, found again"


def wifi(world: World) -> str:
    """Save a network and install it on an Echo."""
    act(world, "alexa_media.save_wifi", config_entry_id=world.entry_id, ssid="Guests", password=WIFI_KEY)
    device = device_id(world, "sensor.lobby_bar_room")
    later = threading.Timer(1, world.sim.advance, (30,))
    later.start()
    try:
        _, response = world.rest().trigger_service_with_response(
            "alexa_media", "install_wifi", device_id=device, ssid="Guests"
        )
    finally:
        later.join()
    expect(response["status"] == "success", f"answered {response}")
    known = {"device_id": device, "operation_id": response["operation_id"]}
    _, status = world.rest().trigger_service_with_response("alexa_media", "wifi_status", **known)
    expect(status["status"] == "success", f"afterward {status}")
    expect(WIFI_KEY not in world.log.read_text(errors="replace"), "the password is in the log")
    return "saved, installed"


def details(world: World) -> str:
    """Set the address of an Echo, rename it, and delete its timers."""
    device = device_id(world, f"number.{BED}_volume")
    address = {"line1": "12 Example Street", "city": "Seattle", "state": "WA", "postal_code": "98101", "country": "US"}
    act(world, "alexa_media.set_address", device_id=device, **address)
    act(world, "alexa_media.delete_timers", device_id=device)
    act(world, "alexa_media.rename_endpoint", device_id=device, name="Room 101 bedside")
    name = endpoint(world, "SIM101BED")["friendlyName"]
    expect("bedside" in str(name), f"its name is {name}")
    act(world, "alexa_media.rename_endpoint", device_id=device, name="Room 101 bed")
    return "at its address, renamed and back"


def leave(world: World) -> str:
    """Remove an Echo from its room and deregister it, and remove a lamp."""
    device = device_id(world, "sensor.spare_echo_room")
    act(world, "alexa_media.remove_from_unit", device_id=device, confirm=True)
    lamp = device_id(world, "light.room_102_room_102_lamp")
    sure = {"confirm": True, "serial_number": "SIMHOME000003"}
    act(world, "alexa_media.forget_endpoint", device_id=lamp, **sure)
    sofa = device_id(world, "sensor.room_102_room_102_sofa_room")
    sure = {"confirm": True, "serial_number": "G0SIMASP00000011"}
    act(world, "alexa_media.deregister_endpoint", device_id=sofa, **sure)
    left = {key.rpartition(".")[2] for key in world.sim.state()["smartProperties"]["endpoints"]}
    expect(not left & {"SIM102LAMP", "SIM102SOFA"}, f"still there: {left}")
    return "gone"


def offline(world: World) -> str:
    """Disconnect a lamp from the network and reconnect it."""
    connectivity = "binary_sensor.room_101_room_101_lamp_connectivity"
    for online, state in ((False, "off"), (True, "on")):
        change(world, "SIM101LAMP", online=online)
        act(world, "homeassistant.update_entity", entity_id=[connectivity])
        shows(world, connectivity, state)
    expect(world.state(LAMP).state == "on", "the lamp did not come back")
    return "off, on"


def token(world: World) -> str:
    """Expire the access token; the next request renews it."""
    world.sim.reset_ledger()
    world.sim.fault(expire_tokens=True)
    act(world, "number.set_value", entity_id=f"number.{BED}_volume", value=20)
    shows(world, f"number.{BED}_volume", "20.0")
    renewals = world.requests("/auth/o2/token", "POST")
    expect(len(renewals) == 1, f"{len(renewals)} renewals")
    return "renewed once"


def reload(world: World) -> str:
    """Reload the entry twice, and check that all its entities have states again."""

    def usable() -> set[str]:
        # The spare Echo has lost its settings: it was moved.
        states = (state for state in world.rest().get_states() if "spare_echo" not in state.entity_id)
        return {state.entity_id for state in states if state.state != "unavailable"}

    before = usable()
    # The first reload stores the devices, with which the second one begins.
    for _ in range(2):
        world.rest().request(f"config/config_entries/entry/{world.entry_id}/reload", method=HTTPMethod.POST)
        until("loaded", lambda: entry_state(world) == "loaded", 30)
        until("all entities have states", lambda: before <= usable(), 20)
    shows(world, LAMP, "on")
    shows(world, "sensor.spare_echo_room", "Room 102")
    return f"loaded again, {len(before)} entities"


def stepped(world: World) -> str:
    """Step the volume of a speaker whose volume can neither be read nor set."""
    change(world, "SIMLOBBYBAR", unsupportedOperations=["setVolume"], notRetrievable=["speaker"])
    world.rest().request(f"config/config_entries/entry/{world.entry_id}/reload", method=HTTPMethod.POST)
    player = "media_player.lobby_bar"
    until("a media player", lambda: (state := world.state(player)) and state.state == "on", 30)
    before = endpoint(world, "SIMLOBBYBAR")["features"]["speaker"]["volume"]
    for action, volume in (("volume_up", before + 10), ("volume_down", before)):
        act(world, f"media_player.{action}", entity_id=player)
        found = endpoint(world, "SIMLOBBYBAR")["features"]["speaker"]["volume"]
        expect(found == volume, f"the cloud has {found}, not {volume}")
    return "up and down"


def removal(world: World) -> str:
    """Remove the entry, and check that it is gone."""
    world.rest().request(f"config/config_entries/entry/{world.entry_id}", method=HTTPMethod.DELETE)
    expect(entry_state(world) is None, "the entry is still there")
    until("the entities are gone", lambda: world.state(LAMP) is None)
    return "gone"


def quiet(world: World) -> str:
    """Search the log for errors and for tokens."""
    text = world.log.read_text(errors="replace")
    leaks = [secret for secret in ("Atza|", "Atzr|", CLIENT["client_secret"], "G0SIMASP", OPERATOR) if secret in text]
    expect(not leaks, f"secrets in the log: {leaks}")
    return quiet_log(world)


CHECKS: Final[tuple[tuple[str, Callable[[World], str | Awaitable[str]]], ...]] = (
    ("sign-in with Login with Amazon", sign_in),
    ("rooms and entities", rooms_and_entities),
    ("volume of an Echo", volume),
    ("colour of a lamp", light),
    ("thermostat", thermostat),
    ("settings", setting),
    ("every setting of an Echo", every_setting),
    ("brightness and temperature by an amount", steps),
    ("announcements", announcements),
    ("query of devices", query),
    ("deregistering wants to be meant", guards),
    ("move to a unit", move),
    ("Wi-Fi saved and installed", wifi),
    ("address, name and timers of a room's Echo", details),
    ("offline and back", offline),
    ("an expired token is renewed", token),
    ("reload", reload),
    ("a speaker whose volume can only be stepped", stepped),
    ("an Echo and a lamp leave the property", leave),
    ("removal", removal),
    ("log without errors and secrets", quiet),
)
"""All checks of the household ``property``, which has a separate sign-in and removal."""
