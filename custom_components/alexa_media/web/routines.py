"""Routines through the account API."""

from collections.abc import Callable, Mapping
import json
from typing import Final

from custom_components.alexa_media.backend.media import RunRoutine
from custom_components.alexa_media.backend.routines import Routine, RoutinesApi
from custom_components.alexa_media.models import Device

from .endpoints import BEHAVIOR
from .endpoints.routines import ROUTINES
from .nodes import Node
from .parse_routines import parse_routines, sequence_for
from .session import WebSession

LIMIT: Final = 2000
"""How many routines are asked for, as other clients do; no answer has been seen to come in pages."""


class WebRoutines:
    """The routines of one account; see ``RoutinesApi``."""

    def __init__(
        self, session: WebSession, *, devices: Callable[[], Mapping[str, Device]], customer_id: Callable[[], str]
    ) -> None:
        """Use a session; ``devices`` are those of the last list, ``customer_id`` is who is signed in."""
        self._session = session
        self._devices = devices
        self._customer_id = customer_id

    async def async_routines(self) -> Mapping[str, Routine]:
        """Return all routines."""
        return await self._session.transport.async_read(ROUTINES, parse_routines, query={"limit": str(LIMIT)})

    def node(self, step: RunRoutine) -> Node:
        """Return what a routine does on an Echo, as a part of another sequence."""
        sequence = json.loads(sequence_for(step.routine, step.device, self._devices(), self._customer_id()))
        node: Node = sequence["startNode"]
        return node

    async def async_run(self, routine: Routine, device: Device | None) -> None:
        """Run a routine under its own id, as it does when it is started in the app."""
        sequence = sequence_for(routine, device, self._devices(), self._customer_id())
        await self._session.transport.async_request(
            BEHAVIOR, json={"behaviorId": routine.routine_id, "sequenceJson": sequence, "status": "ENABLED"}
        )


_: type[RoutinesApi] = WebRoutines
