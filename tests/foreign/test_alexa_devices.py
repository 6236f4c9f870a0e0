"""Tests of Home Assistant's own integration ``alexa_devices`` in a real Home Assistant."""

import argparse
import asyncio
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
import json
from pathlib import Path
import time
from typing import Any
import urllib.request

import aiohttp
import pytest
import pytest_socket

from alexa_sim.client import ControlClient
from scripts.demo_run import free_port, home_assistant, onboard, wait_until_up, write_config

from .conftest import JO, code

KITCHEN = "G0SIM00KITCHEN01"
LIVING = "G0SIM0LIVING0001"
SHOPPING = "YW16bjEuYWNjb3VudC5TSU1KT0RPRTAwMDAwMDAwMDAwMDAwMDAwMDAwLVNIT1BQSU5HX0lURU0="
BREAD = "3a4b5c6d-0001-4e8f-9a0b-1c2d3e4f5a02"

pytestmark = pytest.mark.usefixtures("socket_enabled")


@dataclass(frozen=True, slots=True)
class Home:
    """A Home Assistant in another process, with its cloud."""

    url: str
    token: str
    sim: ControlClient
    log: Path

    def request(self, path: str, data: Any = None) -> Any:
        """Return the JSON of a GET, or of a POST with data."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}",
            None if data is None else json.dumps(data).encode(),
            {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)

    def call(self, action: str, entity_id: str, **data: Any) -> None:
        """Call an action for an entity."""
        self.request(f"services/{action.replace('.', '/')}", {"entity_id": entity_id, **data})

    def state(self, entity_id: str) -> str:
        """Return the state of an entity."""
        return str(self.request(f"states/{entity_id}")["state"])

    def attribute(self, entity_id: str, name: str) -> Any:
        """Return an attribute of an entity, or ``None``."""
        return self.request(f"states/{entity_id}")["attributes"].get(name)

    def items(self, entity_id: str) -> dict[str, str]:
        """Return the status of the items in a list, by name."""
        answer = self.request("services/todo/get_items?return_response", {"entity_id": entity_id})
        return {item["summary"]: item["status"] for item in answer["service_response"][entity_id]["items"]}

    def account(self) -> Any:
        """Return the account in the cloud."""
        return self.sim.state()["accounts"][JO]

    def change(self, **account: Any) -> None:
        """Change the account in the cloud."""
        self.sim.patch_state({"accounts": {JO: account}})


def until(predicate: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait until a predicate is true."""
    end = time.monotonic() + seconds
    while not predicate():
        assert time.monotonic() < end, "the condition did not become true in time"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def home(foreign_python: Path, with_code: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Run Home Assistant without an account."""
    assert foreign_python.parent.parent.name == "foreign"
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("hass") / "config"
    folder.mkdir()
    port, control = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    write_config(folder, port, "amazon.com", "warning")
    args = argparse.Namespace(household=str(with_code), recording=None, domain="amazon.com")
    stack = AsyncExitStack()

    async def begin() -> str:
        try:
            await stack.enter_async_context(home_assistant(args, folder, control, "foreign"))
            async with aiohttp.ClientSession() as session:
                await wait_until_up(session, url)
                return await onboard(session, url)
        except BaseException as err:
            await stack.aclose()
            err.add_note((folder / "output.log").read_text()[-2000:])
            raise

    with asyncio.Runner() as runner:
        token = runner.run(begin())
        try:
            yield Home(url, token, ControlClient(f"http://127.0.0.1:{control}"), folder / "output.log")
        finally:
            runner.run(stack.aclose())


@pytest.fixture(scope="module")
def signed_in(home: Home) -> Iterator[Home]:
    """Return the Home Assistant after the config flow, with wrong and correct data, and with its stream open."""
    pytest_socket.enable_socket()
    assert flow(home, f"{(int(code()) + 7) % 10**6:06}")["errors"] == {"base": "invalid_auth"}
    result = flow(home, code())
    assert (result["type"], result["title"]) == ("create_entry", "jo@example.org")
    until(lambda: any(entry["path"].endswith("/events") for entry in home.sim.ledger()), 30)
    until(lambda: any(state["entity_id"].startswith("todo.") for state in home.request("states")), 30)
    yield home
    assert home.sim.errors() == []
    bad = [line for line in home.log.read_text().splitlines() if " ERROR " in line and "amazon" in line]
    assert bad == []


def flow(home: Home, otp: str) -> Any:
    """Complete the config flow with email address, password and code; return its result."""
    flows = "config/config_entries/flow"
    flow_id = home.request(flows, {"handler": "alexa_devices"})["flow_id"]
    form = {"username": "jo@example.org", "password": "correct horse", "code": otp}
    result = home.request(f"{flows}/{flow_id}", form)
    end = time.monotonic() + 30
    while result["type"] in ("progress", "progress_done"):
        assert time.monotonic() < end, result
        time.sleep(0.1)
        result = home.request(f"{flows}/{flow_id}")
    return result


def test_every_entity_has_a_state(signed_in: Home) -> None:
    states = {state["entity_id"]: state["state"] for state in signed_in.request("states")}
    echos = ("bedroom_dot", "garage_echo", "kids_dot", "kitchen_show", "living_room_studio", "office_spot")
    for echo in echos:
        away = echo == "kids_dot"
        assert states[f"media_player.{echo}"] == ("unavailable" if away else "idle")
        assert states[f"notify.{echo}_speak"] == ("unavailable" if away else "unknown")
        dnd = "on" if echo == "bedroom_dot" else "off"
        assert states[f"switch.{echo}_do_not_disturb"] == ("unavailable" if away else dnd)
        assert states[f"select.{echo}_drop_in"] == ("unavailable" if away else "home")
    assert states["media_player.downstairs"] == "idle"
    assert states["sensor.kitchen_show_next_timer"] != "unavailable"
    assert states["button.jo_example_org_good_night"] == "unknown"
    assert {entity for entity in states if entity.startswith("todo.")} == {
        "todo.jo_example_org_holiday",
        "todo.jo_example_org_shopping_list",
        "todo.jo_example_org_to_do_list",
    }
    assert signed_in.items("todo.jo_example_org_shopping_list") == {"Milk": "needs_action", "Bread": "completed"}
    assert signed_in.attribute("media_player.kitchen_show", "volume_level") == 0.35


def test_its_notify_arrives(signed_in: Home) -> None:
    signed_in.call("notify.send_message", "notify.kitchen_show_speak", message="Hello from core")
    until(lambda: bool(signed_in.sim.spoken()))
    (said,) = signed_in.sim.spoken()
    assert (said["device"], said["kind"], said["text"]) == ("Kitchen Show", "speak", "Hello from core")


def test_pushes_move_its_states(signed_in: Home) -> None:
    requests = len(signed_in.sim.ledger(path="/api/dnd/*")) + len(signed_in.sim.ledger(path="*allDeviceVolumes"))
    signed_in.change(devices={LIVING: {"dnd": True, "volume": 60}})
    until(lambda: signed_in.state("switch.living_room_studio_do_not_disturb") == "on")
    until(lambda: signed_in.attribute("media_player.living_room_studio", "volume_level") == 0.6)
    # both values were pushed, so nothing was read
    assert requests == len(signed_in.sim.ledger(path="/api/dnd/*")) + len(
        signed_in.sim.ledger(path="*allDeviceVolumes")
    )
    signed_in.change(devices={LIVING: {"player": {"state": "PLAYING", "queue": ["sim:track:2"]}}})
    until(lambda: signed_in.state("media_player.living_room_studio") == "playing")
    assert signed_in.attribute("media_player.living_room_studio", "media_title") == "Rope and Tide"


def test_pushes_move_its_lists(signed_in: Home) -> None:
    todo = "todo.jo_example_org_shopping_list"
    new = {"3a4b5c6d-0001-4e8f-9a0b-1c2d3e4f5a03": {"itemName": "eggs"}}
    signed_in.change(lists={SHOPPING: {"items": {**new, BREAD: {"itemStatus": "ACTIVE"}}}})
    until(lambda: signed_in.items(todo) == dict.fromkeys(("Milk", "Bread", "Eggs"), "needs_action"))
    assert signed_in.account()["lists"][SHOPPING]["items"][BREAD]["version"] == 3
    signed_in.change(lists={SHOPPING: {"items": {BREAD: None}}})
    until(lambda: "Bread" not in signed_in.items(todo))


def test_its_commands_arrive(signed_in: Home) -> None:
    signed_in.call("switch.turn_on", "switch.kitchen_show_do_not_disturb")
    assert signed_in.account()["devices"][KITCHEN]["dnd"] is True
    signed_in.call("switch.turn_off", "switch.kitchen_show_announcements")
    assert signed_in.account()["devices"][KITCHEN]["communications"]["announcements"] == "OFF"
    signed_in.call("media_player.volume_set", "media_player.kitchen_show", volume_level=0.2)
    until(lambda: signed_in.account()["devices"][KITCHEN]["volume"] == 20)
    todo = "todo.jo_example_org_to_do_list"
    signed_in.call("todo.add_item", todo, item="Call Alex")
    assert signed_in.items(todo)["Call alex"] == "needs_action"
    signed_in.call("todo.update_item", todo, item="Call alex", status="completed")
    signed_in.call("todo.update_item", todo, item="Call alex", rename="Write to Alex")
    signed_in.call("todo.remove_item", todo, item="Water the plants")
    assert signed_in.items(todo) == {"Write to alex": "completed"}
    signed_in.call("button.press", "button.jo_example_org_good_night")
    until(lambda: any(said["text"] == "Sleep well" for said in signed_in.sim.spoken()))


def test_speech_becomes_an_event(signed_in: Home) -> None:
    signed_in.sim.say(LIVING, "what is the time", response="It is late", person="Jo")
    event = "event.living_room_studio_voice_event"
    until(lambda: signed_in.attribute(event, "voice_command") == "what is the time")
    assert signed_in.attribute(event, "voice_reply") == "It is late"


def test_a_restart_reaches_the_cloud(signed_in: Home) -> None:
    signed_in.call("button.press", "button.office_spot_restart")
    assert signed_in.account()["devices"]["G0SIM000OFFICE01"]["online"] is False
    signed_in.sim.advance(31)
    until(lambda: signed_in.account()["devices"]["G0SIM000OFFICE01"]["online"] is True)
