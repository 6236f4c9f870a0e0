"""Parsing, validating and playing sequences of behaviors, and recording what the Echos speak."""

from collections.abc import Mapping
from functools import partial
import json
from typing import Any

from .catalogue import PROVIDERS
from .operations import Operation, OperationError, Operations
from .state import State

_MODEL = "com.amazon.alexa.behaviors.model."
_SERIAL = f"{_MODEL}SerialNode"
_PARALLEL = f"{_MODEL}ParallelNode"
_OPERATION = f"{_MODEL}OpaquePayloadOperationNode"

type Planned = tuple[float, Operation]
"""Seconds after the start of the sequence, and the operation that starts then."""


class Sequences:
    """Plays sequences and records what the Echos speak."""

    def __init__(self, state: State) -> None:
        """Initialize for the devices of a state."""
        self._state = state
        self._requests = 0
        self._spoken: list[dict[str, Any]] = []

    def spoken(self) -> list[dict[str, Any]]:
        """Return everything spoken since the start, in the order of requests, then of time.

        ``time`` is in epoch seconds. ``offset`` (from the start of the sequence) and ``duration`` are in seconds.
        ``volume`` is the volume of the Echo at that time.
        """
        return [dict(entry) for entry in self._spoken]

    def preview(self, account_id: str, body: Mapping[str, Any]) -> set[str]:
        """Play the sequence of a ``/api/behaviors/preview`` request; return its devices. Raises ``OperationError``.

        If any node is refused, nothing is played. Later operations run when the simulation's clock reaches their time,
        but ``spoken`` contains them immediately.
        """
        routine = self._routine(account_id, body.get("behaviorId"))
        if body.get("status") != "ENABLED":
            raise OperationError("behaviorId or status is invalid")
        sequence = _parsed(body.get("sequenceJson"), "sequenceJson")
        if sequence.get("@type") != f"{_MODEL}Sequence":
            raise OperationError("sequenceJson is no Sequence")
        plan: list[Planned] = []
        operations = Operations(self._state, account_id)
        self._plan(sequence.get("startNode"), operations, 0.0, plan)
        plan.sort(key=lambda planned: planned[0])
        # Alarms that are due must ring before they are snoozed.
        self._state.catch_up()
        self._requests += 1
        if routine is not None:
            routine["runs"] += 1
        self._play(account_id, plan)
        return operations.addressed

    def _routine(self, account_id: str, behavior_id: Any) -> dict[str, Any] | None:
        """Return the routine for which a sequence runs, ``None`` for a preview; raises ``OperationError``."""
        if behavior_id == "PREVIEW":
            return None
        routine: dict[str, Any] | None = self._state.accounts[account_id]["automations"].get(behavior_id)
        if routine is None or routine["status"] != "ENABLED":
            raise OperationError("behaviorId or status is invalid")
        return routine

    def validate(self, account_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the response of ``/api/behaviors/operation/validate``; raises ``OperationError``."""
        if body.get("type") != "Alexa.Music.PlaySearchPhrase":
            raise OperationError(f"Unknown operation type {body.get('type')}")
        payload = _parsed(body.get("operationPayload"), "operationPayload")
        operations = Operations(self._state, account_id)
        _, provider, phrase = operations.music(payload)
        cleaned = " ".join(phrase.lower().split())
        if provider not in PROVIDERS and provider != "DEFAULT":
            return {"result": "UNSUPPORTED_PROVIDER", "operationPayload": None}
        if not cleaned:
            return {"result": "EMPTY_SEARCH_PHRASE", "operationPayload": None}
        operations.prepare(str(body["type"]), {**payload, "searchPhrase": cleaned})
        return {"result": "VALID", "operationPayload": {**payload, "sanitizedSearchPhrase": cleaned}}

    def _plan(self, node: Any, operations: Operations, offset: float, plan: list[Planned]) -> float:
        """Add the operations of a node to the plan, and return its end in seconds.

        Raises ``OperationError``.
        """
        if not isinstance(node, Mapping):
            raise OperationError("A node has to be an object")
        kind = node.get("@type")
        if kind in (_SERIAL, _PARALLEL):
            children = node.get("nodesToExecute")
            if not isinstance(children, list) or not children:
                raise OperationError("nodesToExecute is required")
            ends = [offset]
            for child in children:
                ends.append(self._plan(child, operations, ends[-1] if kind == _SERIAL else offset, plan))
            return max(ends)
        if kind != _OPERATION:
            raise OperationError(f"Unknown node {kind}")
        payload = node.get("operationPayload")
        if not isinstance(payload, Mapping):
            raise OperationError("operationPayload has to be an object")
        operation = operations.prepare(str(node.get("type")), payload)
        plan.append((offset, operation))
        return offset + operation.seconds

    def _play(self, account_id: str, plan: list[Planned]) -> None:
        """Record what the Echos speak, and apply or schedule the changes of the state."""
        start = self._state.now()
        names = dict(self._state.devices(account_id))
        volumes = {serial: device["volume"] for serial, device in names.items()}
        for offset, operation in plan:
            volumes.update(operation.volumes)
            for said in operation.said:
                self._spoken.append(
                    {
                        "time": start + offset,
                        "kind": said.kind,
                        "serial": said.serial,
                        "device": names[said.serial]["accountName"] if said.serial else None,
                        "text": said.text,
                        "title": said.title,
                        "display": said.display,
                        "volume": volumes[said.serial] if said.serial else None,
                        "request": self._requests,
                        "offset": round(offset, 3),
                        "duration": round(operation.seconds, 3),
                    }
                )
            if (effect := operation.effect) is not None:
                self._state.later(start + offset, partial(effect, start + offset))


def _parsed(text: Any, name: str) -> Mapping[str, Any]:
    """Return an object encoded as JSON in a string; raises ``OperationError``."""
    try:
        data = json.loads(text) if isinstance(text, str) else None
    except ValueError as err:
        raise OperationError(f"{name} is malformed") from err
    if not isinstance(data, Mapping):
        raise OperationError(f"{name} has to be an object in a string")
    return data
