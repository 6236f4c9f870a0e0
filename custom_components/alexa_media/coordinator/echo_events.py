"""Events of the Echos of all accounts for triggers; listeners survive a reload of the account."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..cloud.model.history import VoiceRecord
from .base import LOGGER

VOICE: Final = "voice"
DND: Final = "dnd"
LIST_ITEM: Final = "list_item"

SAME_EVENT: Final = 600.0
"""Seconds within which two accounts report the same event: one may have to poll."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoEvent:
    """An event of a device or a list of an account.

    ``kind`` is ``VOICE``, ``DND``, ``LIST_ITEM`` or an event type of ``alarm_watch``. ``serial`` is that of the
    device, ``EVERYWHERE`` for all devices, or the id of the list. ``record`` is the voice record of a ``VOICE`` event
    with its transcript; ``keep`` is whether the transcript may be passed on.
    """

    entry_id: str
    serial: str
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)
    record: VoiceRecord | None = None
    keep: bool = True

    @property
    def subject(self) -> object:
        """Return what identifies the command, notification or list item of the event; None for Do Not Disturb."""
        return self.record.timestamp if self.record else self.data.get("id", self.data.get("item_id"))

    @property
    def change(self) -> tuple[str, object]:
        """Return the kind of the event and, for ``DND``, whether it was turned on (else None)."""
        return self.kind, self.data.get("enabled")


@dataclass(slots=True)
class _Report:
    """An event that fired a trigger: its change, its time in seconds of the event loop's clock, and who reported it."""

    change: tuple[str, object]
    at: float
    entry_ids: set[str]


class Fired:
    """The events that recently fired a trigger, so that two accounts with the same Echo fire it once.

    Both accounts report what happens on the Echo, in the same order, but one of them may report several events late.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Initialize without events."""
        self._loop = hass.loop
        self._fired: dict[tuple[object, ...], list[_Report]] = {}

    def is_repeated(self, event: EchoEvent) -> bool:
        """Return whether another account has recently reported the event.

        If not, remember the event. A report refers to the first such event after the last one that its account has
        reported, too.
        """
        now = self._loop.time()
        recent = ((key, [each for each in fired if now - each.at < SAME_EVENT]) for key, fired in self._fired.items())
        self._fired = {key: fired for key, fired in recent if fired}
        fired = self._fired.setdefault((event.serial, event.subject), [])
        known = [index for index, each in enumerate(fired) if event.entry_id in each.entry_ids]
        for each in fired[known[-1] + 1 if known else 0 :]:
            if each.change == event.change:
                each.entry_ids.add(event.entry_id)
                return True
        fired.append(_Report(event.change, now, {event.entry_id}))
        return False


class Beginning:
    """The time at which listening began; if the clock is set back, this time moves back too.

    A computer without a battery-backed clock may start with a wrong time.
    """

    def __init__(self, hass: HomeAssistant) -> None:
        """Initialize with the present time."""
        self._loop = hass.loop
        self._at = hass.loop.time()
        self._moment = dt_util.utcnow()

    def is_before(self, moment: datetime) -> bool:
        """Return whether listening began before ``moment``."""
        elapsed = timedelta(seconds=self._loop.time() - self._at)
        return moment > min(self._moment, dt_util.utcnow() - elapsed)


type EchoListener = Callable[[EchoEvent], None]

_LISTENERS: Final[HassKey[dict[str, list[EchoListener]]]] = HassKey("alexa_media_echo_events")


@callback
def async_listen(hass: HomeAssistant, kinds: Iterable[str], listener: EchoListener) -> CALLBACK_TYPE:
    """Call a listener with all events of the given kinds, from all accounts; return a function to stop."""
    every = hass.data.setdefault(_LISTENERS, {})
    lists = [every.setdefault(kind, []) for kind in kinds]
    for listeners in lists:
        listeners.append(listener)

    def _remove() -> None:
        for listeners in lists:
            listeners.remove(listener)

    return _remove


@callback
def has_listeners(hass: HomeAssistant, kind: str) -> bool:
    """Return whether there are listeners for a kind of event."""
    return bool(hass.data.get(_LISTENERS, {}).get(kind))


@callback
def async_call_each[E](listeners: Iterable[Callable[[E], None]], event: E) -> None:
    """Call listeners with an event; log the exceptions that they raise."""
    for listener in tuple(listeners):
        try:
            listener(event)
        except Exception:  # noqa: BLE001 - an exception in one listener must not silence the others
            LOGGER.exception("Unexpected exception in a listener of %s", type(event).__name__)


@callback
def async_send(hass: HomeAssistant, event: EchoEvent) -> None:
    """Call the listeners for an event."""
    async_call_each(hass.data.get(_LISTENERS, {}).get(event.kind, ()), event)
