"""Which device was spoken to last, and what was said."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.update_coordinator import UpdateFailed
from homeassistant.util import dt as dt_util

from ..backend import AlexaBackend, HistoryApi, VoiceRecord
from ..const import CONF_KEEP_TRANSCRIPTS, EVENT_LAST_CALLED, Topic
from ..errors import AlexaError, AlexaRateLimitedError
from .base import TopicCoordinator
from .devices import DevicesCoordinator
from .topics import DndCoordinator

# How far the first read goes back, and each read before the last record that is known: two Echos are not in step.
FIRST_WINDOW: Final = timedelta(days=7)
OVERLAP: Final = timedelta(seconds=60)
# Amazon's clock may be ahead of ours.
AHEAD: Final = timedelta(hours=1)

# A command that is older than this when it is read (push was down) starts no automation any more.
NEWS_AGE: Final = timedelta(minutes=10)

# A record without a device belongs to the one Echo that woke so near to it.
WAKE_NEARNESS: Final = timedelta(seconds=15)

# What an action waits at most for a read that is due (seconds).
DUE_LIMIT: Final = 10.0

# How Alexa's languages call Do Not Disturb.
_DO_NOT_DISTURB: Final = (
    "do not disturb",
    "nicht stören",
    "ne pas déranger",
    "non disturbare",
    "no molestar",
    "não perturb",
    "niet storen",
)

type NewsListener = Callable[[VoiceRecord], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LastCommand:
    """What was said to a device last; ``is_last`` if nothing was said to another one since."""

    record: VoiceRecord
    is_last: bool


class HistoryCoordinator(TopicCoordinator[LastCommand]):
    """The last command by serial: read when a device has woken, from the last record on.

    Nothing is read while nobody listens, and nothing at the start of the account: the read
    that follows the opening of the push stream is the first one.
    """

    topic: ClassVar[Topic] = Topic.HISTORY
    read_at_start: ClassVar[bool] = False
    # Amazon needs a while to write down what was said.
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
        """Know nothing yet; what was said before now is no news."""
        super().__init__(hass, entry, backend)
        self.api = api
        self.keep_transcripts: bool = {CONF_KEEP_TRANSCRIPTS: True, **entry.data, **entry.options}[
            CONF_KEEP_TRANSCRIPTS
        ]
        self._devices = devices
        self._dnd = dnd
        self._since = dt_util.utcnow()
        self._newest: datetime | None = None
        self._seen: set[tuple[datetime, str | None]] = set()
        self._woken: dict[str, datetime] = {}
        self._news: list[VoiceRecord] = []
        self._news_listeners: dict[str, list[NewsListener]] = {}
        self._throttled_until = 0.0
        self._nothing_due = asyncio.Event()
        self._nothing_due.set()

    # --- when to read ------------------------------------------------------------------

    @callback
    def async_wake(self, serial: str | None) -> None:
        """Read soon: a device has woken. All that wakes in a burst is one read."""
        if serial is not None:
            self._woken[serial] = dt_util.utcnow()
        self.async_hint()

    @override
    @callback
    def async_hint(self) -> None:
        """Read soon, if anybody wants to know; while Amazon throttles, when it is to be asked again."""
        if self._by_context and self.hass.loop.time() >= self._throttled_until:
            self._nothing_due.clear()
            super().async_hint()

    @override
    def _failed(self, err: AlexaError) -> UpdateFailed:
        """Also note until when Amazon is left alone."""
        failure = super()._failed(err)
        if isinstance(err, AlexaRateLimitedError):
            self._throttled_until = self.hass.loop.time() + (failure.retry_after or 0)
        return failure

    @override
    async def _async_update_data(self) -> Mapping[str, LastCommand]:
        """Read, and let those go on who wait for it."""
        try:
            return await super()._async_update_data()
        finally:
            if self._hint_since is None:
                self._nothing_due.set()

    @override
    async def _async_read(self) -> Mapping[str, LastCommand]:
        """Read what is new."""
        return self._with(await self._async_recent()) if self._by_context else self.data

    async def async_look(self) -> None:
        """Read what is new for an action; raises ``AlexaError`` and leaves the topic's success alone."""
        self.async_apply(self._with(await self._async_recent()))
        # A read that is under way begins with what is known now: nothing is to be laid over it.
        if self._pushed_while_reading is not None:
            self._pushed_while_reading.clear()
        self._tell_news()

    async def async_wait(self) -> None:
        """Wait for a read that is due because a device has woken; no longer than a caller has patience."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DUE_LIMIT):
                await self._nothing_due.wait()

    async def _async_recent(self) -> tuple[VoiceRecord, ...]:
        """Read from the last record on; one page, which begins with the latest."""
        now = dt_util.utcnow()
        start = now - FIRST_WINDOW if self._newest is None else self._newest - OVERLAP
        return (await self.api.async_records(start, now + AHEAD)).records

    # --- what was said -----------------------------------------------------------------

    @property
    def last(self) -> VoiceRecord | None:
        """Return the last command to a device that the account lists here."""
        listed = (value.record for serial, value in self.data.items() if serial in self._devices.data)
        return max(listed, key=lambda record: record.timestamp, default=None)

    def shown(self, record: VoiceRecord) -> VoiceRecord:
        """Return a record as it may be kept and shown."""
        return record if self.keep_transcripts else record.without_transcript()

    def _with(self, records: Iterable[VoiceRecord]) -> Mapping[str, LastCommand]:
        """Return the last commands with those of some records, and note what is news."""
        latest = {serial: value.record for serial, value in self.data.items()}
        # They come with the latest first; those of the same moment stay in their order.
        latest_first = sorted(records, key=lambda record: record.timestamp, reverse=True)
        for record in latest_first[::-1]:
            self._newest = max(record.timestamp, self._newest or record.timestamp)
            key = (record.timestamp, record.serial)
            is_new = key not in self._seen
            self._seen.add(key)
            serial = record.serial or (self._woke_near(record.timestamp) if is_new else None)
            if serial is None or not record.is_command:
                continue
            if serial not in latest or record.timestamp >= latest[serial].timestamp:
                latest[serial] = self.shown(replace(record, serial=serial))
            if is_new:
                self._note_news(replace(record, serial=serial))
        if self._newest is not None:
            self._seen = {key for key in self._seen if key[0] >= self._newest - OVERLAP}
        last = max(latest, key=lambda serial: (latest[serial].timestamp, serial), default=None)
        return {serial: LastCommand(record=record, is_last=serial == last) for serial, record in latest.items()}

    def _woke_near(self, moment: datetime) -> str | None:
        """Return the device that woke at a moment, if there was but one."""
        near = [serial for serial, woken in self._woken.items() if abs(woken - moment) <= WAKE_NEARNESS]
        return near[0] if len(near) == 1 else None

    # --- news --------------------------------------------------------------------------

    @callback
    def async_add_news_listener(self, serial: str, listener: NewsListener) -> Callable[[], None]:
        """Listen to each command to one device; not to those from before the account was set up."""
        listeners = self._news_listeners.setdefault(serial, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    def _note_news(self, record: VoiceRecord) -> None:
        """Note a command for its listeners; one about Do Not Disturb is a hint to read that."""
        if record.timestamp <= self._since or dt_util.utcnow() - record.timestamp > NEWS_AGE:
            return
        self._news.append(self.shown(record))
        if self._dnd and record.text and any(words in record.text.casefold() for words in _DO_NOT_DISTURB):
            self._dnd.async_hint()

    @override
    @callback
    def _async_refresh_finished(self) -> None:
        """Tell what was said as soon as the listeners know what changed."""
        super()._async_refresh_finished()
        if self._news:
            self.hass.loop.call_soon(self._tell_news)

    @callback
    def _tell_news(self) -> None:
        """Fire alexa_media_player's event, and tell the listeners of the device."""
        news, self._news = self._news, []
        for record in news:
            if record.serial is None or (device := self._devices.data.get(record.serial)) is None:
                continue
            self.hass.bus.async_fire(EVENT_LAST_CALLED, {"name": device.name, **last_called_of(record)})
            for listener in tuple(self._news_listeners.get(record.serial, ())):
                listener(record)


def last_called_of(record: VoiceRecord) -> dict[str, Any]:
    """Return a record under alexa_media_player's names; ``timestamp`` is in epoch milliseconds."""
    return {"last_called": record.serial, **history_record_of(record)}


def history_record_of(record: VoiceRecord) -> dict[str, Any]:
    """Return a record as alexa_media_player's ``history_records`` hold it; ``timestamp`` in epoch milliseconds."""
    return {
        "timestamp": round(record.timestamp.timestamp() * 1000),
        "summary": record.text,
        "response": record.response,
    }
