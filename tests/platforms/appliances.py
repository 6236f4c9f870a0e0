"""Access to the smart home in the cloud: reads and changes appliances, and returns commands to them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
import json
from typing import Any

from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, HomeAssistant, callback

from alexa_sim.client import ControlClient

GRAPHQL = "/nexus/v1/graphql"
PHOENIX = "/api/phoenix/state"


@dataclass(frozen=True, slots=True)
class House:
    """The smart home in the cloud."""

    sim: ControlClient

    def appliance(self, name: str) -> dict[str, Any]:
        """Return an appliance of the first account that has it."""
        return self._find(name)[2]

    def entity_id(self, name: str) -> str:
        """Return Alexa's entity id of an appliance."""
        return self._find(name)[1]

    def feature(self, name: str, key: str) -> dict[str, Any]:
        """Return a feature of an appliance with its values."""
        feature: dict[str, Any] = self.appliance(name)["features"][key]
        return feature

    def change(self, name: str, /, **values: Any) -> None:
        """Change an appliance in the cloud, like a person at home."""
        customer_id, entity_id, _ = self._find(name)
        self.sim.patch_state({"accounts": {customer_id: {"appliances": {entity_id: values}}}})

    def set(self, name: str, key: str, /, **values: Any) -> None:
        """Change values of a feature."""
        self.change(name, features={key: values})

    def add(self, entity_id: str, appliance: Mapping[str, Any] | None) -> None:
        """Add an appliance, or remove it (``None``)."""
        customer_id = self._find("Hall Light")[0]
        self.sim.patch_state({"accounts": {customer_id: {"appliances": {entity_id: appliance}}}})

    def refuse(self) -> None:
        """Let both APIs refuse only the next control."""
        self.sim.clear_faults()
        self.sim.fault(path=GRAPHQL, status=400, body={"message": "no"}, times=1)
        self.sim.fault(path=PHOENIX, method="PUT", status=400, body={"message": "no"}, times=1)

    def commands(self) -> list[list[tuple[str, ...]]]:
        """Return GraphQL's controls since the last reset: a list of (name, operation, payload) per request."""
        names = {
            f"amzn1.alexa.endpoint.{entity_id}": appliance["name"]
            for account in self.sim.state()["accounts"].values()
            for entity_id, appliance in account["appliances"].items()
        }
        return [
            [
                (
                    names[control["endpointId"]],
                    ".".join(
                        part
                        for part in (control["featureName"], control.get("instance"), control["featureOperationName"])
                        if part
                    ),
                    json.dumps(control.get("payload") or {}),
                )
                for control in controls
            ]
            for controls in (_controls(json.loads(entry["body"])) for entry in self.sim.ledger(path=GRAPHQL))
            if controls
        ]

    def phoenix(self) -> list[list[dict[str, Any]]]:
        """Return the parameters of phoenix's controls since the last reset, a list per request."""
        return [
            [control["parameters"] for control in json.loads(entry["body"])["controlRequests"]]
            for entry in self.sim.ledger(method="PUT", path=PHOENIX)
        ]

    def reads(self) -> int:
        """Return the number of GraphQL queries since the last reset."""
        return sum(not _controls(json.loads(entry["body"])) for entry in self.sim.ledger(path=GRAPHQL))

    def _find(self, name: str) -> tuple[str, str, dict[str, Any]]:
        return next(
            (customer_id, entity_id, appliance)
            for customer_id, account in self.sim.state()["accounts"].items()
            for entity_id, appliance in account["appliances"].items()
            if appliance["name"] == name
        )


def _controls(body: Any) -> list[dict[str, Any]]:
    """Return the controls in the body of a GraphQL request."""
    if isinstance(body, dict) and "featureControlRequests" in body:
        return list(body["featureControlRequests"])
    parts = body.values() if isinstance(body, dict) else body if isinstance(body, list) else ()
    return [control for part in parts for control in _controls(part)]


def shows(hass: HomeAssistant, entity_id: str, **attributes: Any) -> bool:
    """Return whether an entity has the given attributes."""
    state = hass.states.get(entity_id)
    return state is not None and all(state.attributes.get(name) == value for name, value in attributes.items())


@contextmanager
def written(hass: HomeAssistant) -> Iterator[set[str]]:
    """Collect the entities whose state is written, with or without a change."""
    entities: set[str] = set()

    @callback
    def _note(event: Event[Any]) -> None:
        entities.add(event.data["entity_id"])

    @callback
    def _every(_data: Mapping[str, Any]) -> bool:
        return True

    kinds = (EVENT_STATE_CHANGED, EVENT_STATE_REPORTED)
    stops = [hass.bus.async_listen(kind, _note, event_filter=_every) for kind in kinds]
    try:
        yield entities
    finally:
        for stop in stops:
            stop()
