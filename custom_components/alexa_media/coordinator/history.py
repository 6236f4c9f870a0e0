"""Voice history: the last command to each device, and the device that was last spoken to.

An Echo that wakes pushes its unchanged equalizer and volume within milliseconds. So does an Echo that receives a text
command, and so does every other Echo that hears the wake word.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.util import dt as dt_util

from ..cloud.errors import AlexaError, AlexaRateLimitedError
from ..cloud.model.api import AlexaBackend
from ..cloud.model.devices import DeviceFamily
from ..cloud.model.history import HistoryApi, UtteranceType, VoiceRecord
from ..const import CONF_KEEP_TRANSCRIPTS, EVENT_LAST_CALLED
from .device_states import DndCoordinator
from .devices import DevicesCoordinator, DeviceTopicCoordinator
from .echo_events import VOICE, Beginning, EchoEvent, async_send, has_listeners
from .questions import Questions

# Period of the first read, and overlap of later reads with the last known record: records of different Echos may arrive
# out of order.
FIRST_WINDOW: Final = timedelta(days=7)
OVERLAP: Final = timedelta(seconds=60)
# Maximum lead of Amazon's clock over Home Assistant's.
AHEAD: Final = timedelta(hours=1)

# A command that is older than this when it is read, for example after an outage of the stream, fires no event.
NEWS_AGE: Final = timedelta(minutes=10)

# Minimum pause between two reads after wakings, in units of ``hint_delay``. It grows while Echos keep waking, because
# Amazon throttles accounts whose history is read every 10 s for a long time.
GAP_FIRST: Final = 5
GAP_STEP: Final = 1
GAP_LIMIT: Final = 10

# Maximum pages of records per read; only a read after a long pause needs more than one.
MAX_PAGES: Final = 4

# Maximum time (seconds) that an action waits for a due read.
DUE_LIMIT: Final = 10.0

# Names of Do Not Disturb in Alexa's languages.
_DO_NOT_DISTURB: Final = (
    "do not disturb",
    "nicht stören",
    "ne pas déranger",
    "non disturbare",
    "no molestar",
    "não perturb",
    "niet storen",
)

# Both signs of one waking arrive within this time.
SAME_WAKING: Final = timedelta(seconds=2)

# The signs caused by a command of the integration arrive within this time.
OWN_WAKING: Final = timedelta(seconds=5)

# Maximum time by which a record is after or before its waking.
RECORD_AFTER: Final = timedelta(seconds=15)
RECORD_BEFORE: Final = timedelta(seconds=5)

# Maximum numbers per Echo: wakings kept, and expected wakings by own commands.
MAX_WAKINGS: Final = 32
MAX_OWN: Final = 16

type NewsListener = Callable[[VoiceRecord], None]


class Sign(Enum):
    """Unchanged values that an Echo pushes when it wakes, each once per waking."""

    EQUALIZER = auto()
    VOLUME = auto()


@dataclass(slots=True)
class _Waking:
    """One waking of an Echo; ``record`` is the time of its history record, once known."""

    at: datetime
    signs: set[Sign]
    record: datetime | None = None

    def suits(self, moment: datetime) -> bool:
        """Return whether a record at ``moment`` may belong to this waking."""
        return self.record in (None, moment) and -RECORD_BEFORE <= moment - self.at <= RECORD_AFTER


@dataclass(slots=True)
class _Echo:
    """Wakings of one Echo; ``wakings`` are those that no own command explains.

    ``own`` is the number of wakings expected from own commands until ``own_until``.
    """

    wakings: deque[_Waking] = field(default_factory=lambda: deque(maxlen=MAX_WAKINGS))
    last: _Waking | None = None
    own: int = 0
    own_until: datetime | None = None


class Wakings:
    """Wakings of the Echos of one account, by serial.

    They determine which pushes mean that an Echo was spoken to, and to which Echo a record without a device belongs.
    """

    def __init__(self) -> None:
        """Initialize without wakings."""
        self._echos: dict[str, _Echo] = {}

    def __len__(self) -> int:
        """Return the number of Echos that have woken or were expected to wake."""
        return len(self._echos)

    def sent(self, serial: str, now: datetime) -> None:
        """Expect a request of this integration to wake an Echo."""
        echo = self._echos.setdefault(serial, _Echo())
        is_over = echo.own_until is None or now > echo.own_until
        echo.own = 1 if is_over else min(echo.own + 1, MAX_OWN)
        echo.own_until = now + OWN_WAKING

    def signed(self, serial: str, sign: Sign, now: datetime) -> bool:
        """Record a sign; return whether it starts a waking that was not expected (``sent``)."""
        echo = self._echos.setdefault(serial, _Echo())
        last = echo.last
        if last and sign not in last.signs and abs(now - last.at) <= SAME_WAKING:
            last.signs.add(sign)
            return False
        echo.last = _Waking(now, {sign})
        if echo.own and echo.own_until and now <= echo.own_until:
            echo.own -= 1
            return False
        echo.wakings.append(echo.last)
        return True

    def claim(self, serial: str, moment: datetime) -> None:
        """Assign a record that names its Echo to the nearest waking of that Echo that fits, if any."""
        if echo := self._echos.get(serial):
            suiting = [waking for waking in echo.wakings if waking.suits(moment)]
            if suiting:
                min(suiting, key=lambda waking: abs(moment - waking.at)).record = moment

    def find(self, moment: datetime) -> str | None:
        """Return the serial of the only Echo whose waking fits a record, or None; assign the record to that waking."""
        suiting = {
            serial: waking for serial, echo in self._echos.items() for waking in echo.wakings if waking.suits(moment)
        }
        if len(suiting) != 1:
            return None
        ((serial, waking),) = suiting.items()
        waking.record = moment
        return serial

    def keep(self, serials: Iterable[str], since: datetime) -> None:
        """Keep only the Echos with the given serials, and discard unexplained wakings before ``since``."""
        self._echos = {serial: echo for serial in serials if (echo := self._echos.get(serial))}
        for echo in self._echos.values():
            while echo.wakings and echo.wakings[0].at < since:
                echo.wakings.popleft()


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCommand:
    """The last command to a device; ``is_last`` is True for the latest one among the devices that get entities."""

    record: VoiceRecord
    is_last: bool


class HistoryCoordinator(DeviceTopicCoordinator[LastCommand, HistoryApi]):
    """The last command by serial, read when an Echo has woken.

    The read follows 2 to 5 s after the waking, or later if the last one was recent: reads after wakings are at least
    10 s apart unless an action waits for one. Without listeners, only actions read the history. Setup reads nothing:
    the first read happens when the push stream has opened, or with the first poll.
    """

    topic: ClassVar[str] = "history"
    read_at_start: ClassVar[bool] = False
    # Delay (seconds) of a read after a waking, because Amazon needs about as long to write the record.
    hint_delay: ClassVar[float] = 2.0
    hint_limit: ClassVar[float] = 5.0

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        backend: AlexaBackend,
        api: HistoryApi,
        devices: DevicesCoordinator,
        dnd: DndCoordinator | None,
    ) -> None:
        """Initialize; records from before this moment never fire events."""
        super().__init__(hass, entry, backend, api, devices)
        self.keep_transcripts: bool = {CONF_KEEP_TRANSCRIPTS: True, **entry.data, **entry.options}[
            CONF_KEEP_TRANSCRIPTS
        ]
        self._dnd = dnd
        self._beginning = Beginning(hass)
        self._newest: datetime | None = None
        self._seen: set[tuple[datetime, str | None]] = set()
        # The person of the last command by serial; conditions compare it even if transcripts are disabled.
        self._people: dict[str, str | None] = {}
        self._wakings = Wakings()
        self.questions = Questions(hass, entry, self.async_look)
        self._woken_at = 0.0
        self._next_read = 0.0
        self._gap = GAP_FIRST
        self._news: list[VoiceRecord] = []
        self._news_listeners: dict[str, list[NewsListener]] = {}
        self._throttled_until = 0.0
        self._nothing_due = asyncio.Event()
        self._nothing_due.set()
        api.watch_writes(self._expect_wakings)
        api.watch_text_commands(self.questions.async_sent)

    # --- schedule of reads -------------------------------------------------------------

    @callback
    def async_wake(self, serial: str | None, sign: Sign) -> None:
        """Handle a sign of waking: read the history soon, unless an own command or an earlier sign explains it.

        ``serial`` is None if the push does not name the Echo. An Echo that gets no entities causes no read.
        """
        is_known = serial is not None and self._echo(serial) is not None
        if serial is not None:
            self.questions.async_signed(serial)
        if serial is not None and not (is_known and self._wakings.signed(serial, sign, dt_util.utcnow())):
            return
        self._woken_at = self.hass.loop.time()
        self.async_hint()

    @callback
    def _expect_wakings(self, words: frozenset[str]) -> None:
        """Expect the Echos in a request of this integration to wake, including the members of groups."""
        now = dt_util.utcnow()
        named = [device for serial, device in self.devices.data.items() if serial in words]
        for serial in {leaf.serial for device in named for leaf in self.devices.leaves(device)}:
            self._wakings.sent(serial, now)

    @override
    @callback
    def async_hint(self) -> None:
        """Schedule a read of the history if there are listeners and Amazon does not throttle it."""
        if self._is_wanted and self.hass.loop.time() >= self._throttled_until:
            self._nothing_due.clear()
            super().async_hint()

    @override
    def _hint_wait(self, now: float, since: float) -> float:
        """Return the seconds until the record should exist and the pause after the last read is over, up to a limit."""
        latest = max(since + self.hint_limit, self._next_read + self.hint_delay)
        return min(max(self.hint_delay, self._next_read - now), latest - now)

    @override
    @callback
    def _async_on_hint(self) -> None:
        """Read the history; read it again if an Echo woke so recently that its record may not exist yet."""
        moment = self.hass.loop.time()
        is_busy = self._hint_since is not None and self._hint_since < self._next_read
        self._gap = min(self._gap + GAP_STEP, GAP_LIMIT) if is_busy else GAP_FIRST
        self._next_read = moment + self._gap * self.hint_delay
        super()._async_on_hint()
        if moment < self._woken_at + self.hint_delay * 0.9:
            self.async_hint()

    @override
    def _failed(self, err: AlexaError) -> UpdateFailed:
        """Return the error for Home Assistant; after throttling, also store the time of the next retry."""
        failure = super()._failed(err)
        if isinstance(err, AlexaRateLimitedError):
            self._throttled_until = self.hass.loop.time() + (failure.retry_after or 0)
        return failure

    @override
    async def _async_update_data(self) -> Mapping[str, LastCommand]:
        """Read the history, then release the callers of ``async_wait`` unless another read is due."""
        try:
            return await super()._async_update_data()
        finally:
            if self._hint_since is None:
                self._nothing_due.set()

    @override
    async def _async_read(self) -> Mapping[str, LastCommand]:
        return self._with(await self._async_recent()) if self._is_wanted else self.data

    @property
    def _is_wanted(self) -> bool:
        """Return whether entities or triggers listen."""
        return bool(self._by_context) or has_listeners(self.hass, VOICE)

    async def async_look(self) -> None:
        """Read the new records for an action; raises ``AlexaError`` without changing the success state of the topic."""
        self.async_apply(self._with(await self._async_recent()))
        # A topic read in progress merges its records into this data, which must therefore not replace the result.
        if self._pushed_while_reading is not None:
            self._pushed_while_reading.clear()
        self._fire_new_commands()

    async def async_wait(self) -> None:
        """Wait up to ten seconds for a scheduled read; start it as soon as the record of the last waking can exist."""
        if self._hint.is_set:
            wait = max(0.0, self._woken_at + self.hint_delay - self.hass.loop.time())
            self._hint.call_later(wait, self._async_on_hint)
        with suppress(TimeoutError):
            async with asyncio.timeout(DUE_LIMIT):
                await self._nothing_due.wait()

    async def _async_recent(self) -> tuple[VoiceRecord, ...]:
        """Return the records since shortly before the last known one; initially, the latest page of the last week."""
        now = dt_util.utcnow()
        start = now - FIRST_WINDOW if self._newest is None else self._newest - OVERLAP
        records: list[VoiceRecord] = []
        token: str | None = None
        for _ in range(1 if self._newest is None else MAX_PAGES):
            page = await self.api.async_records(start, now + AHEAD, token)
            records += page.records
            is_enough = not page.records or any(self._key(record) in self._seen for record in page.records)
            if is_enough or page.token in (None, token):
                break
            token = page.token
        return tuple(records)

    # --- commands ----------------------------------------------------------------------

    @property
    def last(self) -> VoiceRecord | None:
        """Return the last command to an Echo that gets entities, or None."""
        listed = (value.record for serial, value in self.data.items() if self._echo(serial))
        return max(listed, key=lambda record: record.timestamp, default=None)

    @property
    def last_person(self) -> str | None:
        """Return the person of the last command, even if transcripts are disabled, or None if unknown."""
        last = self.last
        return self._people.get(last.serial) if last and last.serial else None

    def echo_of(self, record: VoiceRecord) -> str | None:
        """Return the serial of the Echo in a record if the Echo gets entities, else None."""
        return None if record.serial is None else self._echo(record.serial)

    def _echo(self, serial: str) -> str | None:
        """Return the device list's spelling of a serial, or None unless it belongs to an Echo that gets entities."""
        devices = self.devices.data
        if serial not in devices:
            serial = next((listed for listed in devices if listed.casefold() == serial.casefold()), "")
        device = devices.get(serial)
        is_echo = device and not device.is_group and device.family is not DeviceFamily.VOX
        return serial if is_echo else None

    def _key(self, record: VoiceRecord) -> tuple[datetime, str | None]:
        """Return the key that identifies a record."""
        return record.timestamp, self.echo_of(record) or record.serial

    def shown(self, record: VoiceRecord) -> VoiceRecord:
        """Return a record, without transcript, response, intent and person unless the options keep transcripts."""
        return record if self.keep_transcripts else record.without_transcript()

    def _with(self, records: Iterable[VoiceRecord]) -> Mapping[str, LastCommand]:
        """Return the last commands updated with some records; queue new commands and wake words for their listeners."""
        now = dt_util.utcnow()
        self._wakings.keep(self.devices.data, now - NEWS_AGE)
        # Records arrive latest first; records of the same time keep their order.
        in_order = sorted(records, key=lambda record: record.timestamp, reverse=True)[::-1]
        for record in in_order:
            if (serial := self.echo_of(record)) is not None:
                self._wakings.claim(serial, record.timestamp)
        self.questions.async_match((record, self.echo_of(record)) for record in in_order)
        latest = {serial: value.record for serial, value in self.data.items()}
        for found in in_order:
            if found.timestamp > now + AHEAD:
                # an invalid time in the future: no later command could replace this one
                continue
            self._newest = max(found.timestamp, self._newest or found.timestamp)
            if self.questions.is_own(found, self.echo_of(found)):
                self._seen.add(self._key(found))
                continue
            record = self._attributed(found)
            key = self._key(record)
            is_new = key not in self._seen
            if record.serial is None:
                continue
            self._seen.add(key)
            if (serial := self.echo_of(record)) is None:
                continue
            if is_new and record.utterance is UtteranceType.WAKE_WORD_ONLY:
                self._queue_new_command(record)
            if not record.is_command:
                continue
            if serial not in latest or record.timestamp >= latest[serial].timestamp:
                latest[serial] = self.shown(record)
                self._people[serial] = record.person
            if is_new:
                self._queue_new_command(record)
        if self._newest is not None:
            self._seen = {key for key in self._seen if key[0] >= self._newest - OVERLAP}
        listed = [serial for serial in latest if self._echo(serial)]
        last = max(listed, key=lambda serial: (latest[serial].timestamp, serial), default=None)
        return {serial: LastCommand(record=record, is_last=serial == last) for serial, record in latest.items()}

    def _attributed(self, record: VoiceRecord) -> VoiceRecord:
        """Return a record with the serial of its Echo, spelled as in the device list if the Echo is listed.

        A command that names no device is assigned by the wakings, if they fit a single Echo.
        """
        serial = self.echo_of(record)
        if record.serial is None and record.is_command:
            serial = self._wakings.find(record.timestamp)
        return replace(record, serial=serial or record.serial)

    # --- new commands ------------------------------------------------------------------

    @callback
    def async_add_news_listener(self, serial: str, listener: NewsListener) -> Callable[[], None]:
        """Call a listener for each new command to one device; return a function to stop."""
        listeners = self._news_listeners.setdefault(serial, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    def _queue_new_command(self, record: VoiceRecord) -> None:
        """Queue a recent record for triggers and listeners."""
        if not self._beginning.is_before(record.timestamp) or dt_util.utcnow() - record.timestamp > NEWS_AGE:
            return
        if record.serial:
            self.devices.async_alive(record.serial)
        self._news.append(record)
        if self._dnd and record.text and any(words in record.text.casefold() for words in _DO_NOT_DISTURB):
            self._dnd.async_hint()

    @override
    @callback
    def _async_refresh_finished(self) -> None:
        """Call the listeners of new commands after the listeners of changed data."""
        super()._async_refresh_finished()
        if self._news:
            self.hass.loop.call_soon(self._fire_new_commands)

    @callback
    def _fire_new_commands(self) -> None:
        """Send new records to triggers; for commands, also fire alexa_media_player's event and call the listeners."""
        news, self._news = self._news, []
        for spoken in news:
            if spoken.serial is None or (device := self.devices.data.get(spoken.serial)) is None:
                continue
            async_send(self.hass, self._event_of(spoken, spoken.serial))
            if not spoken.is_command:
                continue
            record = self.shown(spoken)
            self.hass.bus.async_fire(EVENT_LAST_CALLED, {"name": device.name, **last_called_of(record)})
            for listener in tuple(self._news_listeners.get(spoken.serial, ())):
                listener(record)

    def _event_of(self, spoken: VoiceRecord, serial: str) -> EchoEvent:
        """Return the event of a record for triggers."""
        return EchoEvent(
            entry_id=self.entry.entry_id, serial=serial, kind=VOICE, record=spoken, keep=self.keep_transcripts
        )


def last_called_of(record: VoiceRecord) -> dict[str, Any]:
    """Return the data of ``alexa_media_last_called_event`` without the name; ``timestamp`` is in epoch milliseconds."""
    return {"last_called": record.serial, **history_record_of(record)}


def history_record_of(record: VoiceRecord) -> dict[str, Any]:
    """Return a record in alexa_media_player's ``history_records`` format; ``timestamp`` is in epoch milliseconds."""
    return {
        "timestamp": round(record.timestamp.timestamp() * 1000),
        "summary": record.text,
        "response": record.response,
    }
