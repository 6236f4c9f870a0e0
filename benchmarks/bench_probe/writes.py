"""Record of every written state, with the arrival times of HTTP/2 data."""

import time
from typing import Any

from h2.connection import H2Connection
from homeassistant.const import EVENT_STATE_CHANGED, EVENT_STATE_REPORTED
from homeassistant.core import Event, EventStateChangedData, EventStateReportedData, HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er


class Writes:
    """The written states of one platform in order."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Initialize, and listen to state events."""
        self._registry = er.async_get(hass)
        self._platform = ""
        self._writes: list[list[Any]] = []
        self.arrivals: list[float] = []
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._changed)
        hass.bus.async_listen(EVENT_STATE_REPORTED, self._reported, event_filter=_every)
        receive = H2Connection.receive_data

        def _received(connection: H2Connection, data: bytes) -> Any:
            if len(data) > 100:
                self.arrivals.append(time.monotonic())
            return receive(connection, data)

        H2Connection.receive_data = _received  # type: ignore[method-assign,assignment]

    def begin(self, platform: str) -> None:
        """Reset, and select the entities of a platform."""
        self._platform = platform
        self._writes = []
        self.arrivals = []

    @property
    def count(self) -> int:
        """Return the number of written states."""
        return len(self._writes)

    def read(self) -> list[list[Any]]:
        """Return rows of time (monotonic seconds), entity id, event, and volume in percent.

        The event is ``added``, ``changed``, ``removed``, or ``same`` for a state written without a change.
        """
        entries = self._registry.entities
        return [row for row in self._writes if (e := entries.get(row[1])) and e.platform == self._platform]

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        """Record a changed state."""
        old, new = event.data["old_state"], event.data["new_state"]
        kind = "removed" if new is None else "added" if old is None else "changed"
        self._note(event.data["entity_id"], kind, new)

    @callback
    def _reported(self, event: Event[EventStateReportedData]) -> None:
        """Record a state written without a change."""
        self._note(event.data["entity_id"], "same", None)

    def _note(self, entity_id: str, kind: str, state: State | None) -> None:
        """Record one write."""
        volume = state.attributes.get("volume_level") if state else None
        percent = None if volume is None else round(volume * 100)
        self._writes.append([time.monotonic(), entity_id, kind, percent])


@callback
def _every(_data: EventStateReportedData) -> bool:
    """Accept every event."""
    return True
