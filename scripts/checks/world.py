"""Helpers for the checks of a running Home Assistant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPMethod
from pathlib import Path
import time
from typing import Any, Final

from homeassistant_api import AsyncClient, AsyncWebsocketClient, Client, WebsocketClient

from alexa_sim.client import ControlClient

KITCHEN: Final = "media_player.kitchen_show"
STUDIO: Final = "media_player.living_room_studio"
PATIENCE: Final = 10.0


class CheckFailedError(Exception):
    """A check failed; the message is the reason."""


RELOAD: Final = 60.0
"""Time limit in seconds; Home Assistant reloads an entry half a minute after an entity was enabled."""


@dataclass(slots=True)
class World:
    """The clients and helpers of a check."""

    url: str
    token: str
    domain: str
    sim: ControlClient
    log: Path
    kept: Path | None = None
    """Folder for the recording of the checks, and for the states at its end."""
    entry_id: str = ""
    serials: dict[str, str] = field(default_factory=dict)

    def rest(self) -> Client:
        """Return the plain REST client."""
        return Client(f"{self.url}/api", self.token)

    def rest_async(self) -> AsyncClient:
        """Return the asynchronous REST client."""
        return AsyncClient(f"{self.url}/api", self.token)

    def socket(self) -> WebsocketClient:
        """Return the plain WebSocket client."""
        return WebsocketClient(f"{self.url.replace('http', 'ws')}/api/websocket", self.token)

    def socket_async(self) -> AsyncWebsocketClient:
        """Return the asynchronous WebSocket client."""
        return AsyncWebsocketClient(f"{self.url.replace('http', 'ws')}/api/websocket", self.token)

    def state(self, entity_id: str) -> Any:
        """Return a state, or ``None``."""
        return next((state for state in self.rest().get_states() if state.entity_id == entity_id), None)

    def device(self, name: str) -> dict[str, Any]:
        """Return a device in the cloud."""
        for account in self.sim.state()["accounts"].values():
            for serial, device in account["devices"].items():
                if device["accountName"] == name:
                    return {"serial": serial, "account": account, **device}
        message = f"the cloud has no device {name}"
        raise CheckFailedError(message)

    def owner(self, name: str) -> str:
        """Return the customer id of a device's account."""
        serial = self.device(name)["serial"]
        accounts: dict[str, Any] = self.sim.state()["accounts"]
        return next(owner for owner, account in accounts.items() if serial in account["devices"])

    def change(self, name: str, **values: Any) -> None:
        """Change a device in the cloud, like a person at the device."""
        serial = self.device(name)["serial"]
        for customer_id, account in self.sim.state()["accounts"].items():
            if serial in account["devices"]:
                self.sim.patch_state({"accounts": {customer_id: {"devices": {serial: values}}}})

    def enable(self, *entity_ids: str) -> None:
        """Enable entities, and wait until they have states."""
        with self.socket() as socket:
            for entity_id in entity_ids:
                socket.recv_result(socket.send("config/entity_registry/update", entity_id=entity_id, disabled_by=None))

        def shown() -> bool:
            states = {state.entity_id: state.state for state in self.rest().get_states()}
            return all(states.get(entity_id, "unavailable") != "unavailable" for entity_id in entity_ids)

        until("enabled entities", shown, RELOAD)

    def requests(self, path: str, method: str | None = None) -> list[dict[str, Any]]:
        """Return the requests to a path in the ledger."""
        return [r for r in self.sim.ledger() if r["path"] == path and method in (None, r["method"])]


def until(what: str, predicate: Callable[[], Any], patience: float = PATIENCE) -> Any:
    """Wait until a condition is true, and return its value; raises ``CheckFailedError`` after ``patience`` seconds."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if value := predicate():
            return value
        time.sleep(0.1)
    message = f"{what}: not within {patience:.0f} s"
    raise CheckFailedError(message)


def expect(condition: object, what: str) -> None:
    """Raise ``CheckFailedError`` unless a condition is true."""
    if not condition:
        raise CheckFailedError(what)


def set_options(world: World, options: Mapping[str, Any]) -> None:
    """Change options of the account as the options dialog does; other options are kept."""
    flows = "config/config_entries/options/flow"
    flow: Any = world.rest().request(flows, method=HTTPMethod.POST, json={"handler": world.entry_id})
    stored = {f["name"]: f.get("description", {}).get("suggested_value", f.get("default")) for f in flow["data_schema"]}
    chosen = {name: options.get(name, value) for name, value in stored.items()}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    done: Any = world.rest().request(f"{flows}/{flow['flow_id']}", method=HTTPMethod.POST, json=chosen)
    expect(done["type"] == "create_entry", f"the options were not taken: {done}")
