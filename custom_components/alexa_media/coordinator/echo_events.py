"""Events of the Echos of all accounts for triggers; listeners survive a reload of the account."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..cloud.model.history import VoiceRecord

VOICE: Final = "voice"
DND: Final = "dnd"
LIST_ITEM: Final = "list_item"


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoEvent:
    """An event of a device of an account.

    ``kind`` is ``VOICE``, ``DND``, ``LIST_ITEM`` or an event type of ``alarm_watch``. ``serial`` is the device, or the
    list of an item. ``record`` is a voice command with its transcript; ``keep`` is whether the transcript may be passed
    on.
    """

    entry_id: str
    serial: str
    kind: str
    data: Mapping[str, Any] = field(default_factory=dict)
    record: VoiceRecord | None = None
    keep: bool = True


class Beginning:
    """The time at which listening began; if the clock is set back, it moves back too.

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
    """Call a listener with the events of some kinds, of all accounts; return a function to stop."""
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
def async_send(hass: HomeAssistant, event: EchoEvent) -> None:
    """Call the listeners for an event."""
    for listener in tuple(hass.data.get(_LISTENERS, {}).get(event.kind, ())):
        listener(event)
