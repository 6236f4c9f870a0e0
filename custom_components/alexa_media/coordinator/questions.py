"""Text commands sent by the integration, and the history records with Alexa's answers.

The history is read at most three times per question, and one read may serve several questions.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..cloud.errors import AlexaError
from ..cloud.model.history import VoiceRecord
from ..cloud.voice_patterns import normalized

# Reads after a question, in units of ``HistoryCoordinator.hint_delay`` (2 s). Amazon throttles accounts whose history
# is read every 10 s.
READS: Final = (1.0, 2.0, 4.0)

# Seconds beyond the time limit of a question in which the last read may end.
LAST_READ: Final = 2.0

# Limits, in the same units, for sharing a read that began earlier: at most SHARED before the question's own read is
# due, and at least YOUNGEST after the command.
SHARED: Final = 0.3
YOUNGEST: Final = 0.7

# Maximum time by which the record of a text command is before or after the command.
BEFORE: Final = timedelta(seconds=5)
AFTER: Final = timedelta(seconds=30)

# Maximum number of text commands whose records are recognized.
MAX_KEPT: Final = 64


class FoundBy(StrEnum):
    """How the record of a text command was found: by its words, or as the only record at that time."""

    WORDS = "words"
    TIME = "time"


type _Key = tuple[datetime, str | None]


@dataclass(slots=True, eq=False, kw_only=True)
class Question:
    """A text command to one Echo, and the record found for it.

    ``asked_at`` and ``signed_at`` are in seconds of the event loop's clock. ``others`` are records of the Echo with
    other words that may belong to this command. ``error`` is the error of the last read of the history, if it failed.
    """

    serial: str
    words: str
    moment: datetime
    asked_at: float
    is_sent: bool = False
    signed_at: float | None = None
    record: VoiceRecord | None = None
    found_by: FoundBy | None = None
    others: dict[_Key, VoiceRecord] = field(default_factory=dict)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    error: AlexaError | None = None

    def suits(self, record: VoiceRecord, serial: str | None) -> bool:
        """Return whether a record may belong to this command; a record without a device may be from any Echo."""
        is_open = self.record is None and serial in (None, self.serial)
        return is_open and -BEFORE <= record.timestamp - self.moment <= AFTER

    def take(self, record: VoiceRecord, found_by: FoundBy) -> None:
        """Assign a record; if it has no response yet, a later read may add the response."""
        self.record, self.found_by = record, found_by
        if record.response:
            self.answered.set()


class Questions:
    """The text commands of one account."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], read: Callable[[], Awaitable[None]]) -> None:
        """Initialize; ``read`` reads the history and passes the records to ``async_match``."""
        self._hass = hass
        self._entry = entry
        self._read = read
        self._kept: deque[Question] = deque(maxlen=MAX_KEPT)
        self._claimed: dict[_Key, Question] = {}
        self._reading: asyncio.Task[AlexaError | None] | None = None
        self._read_at = 0.0

    @callback
    def async_expect(self, serial: str, text: str) -> Question:
        """Return a question for a text command that is about to be sent."""
        question = Question(
            serial=serial, words=normalized(text), moment=dt_util.utcnow(), asked_at=self._hass.loop.time()
        )
        self._kept.append(question)
        self._claimed = {key: owner for key, owner in self._claimed.items() if owner in self._kept}
        return question

    @callback
    def async_sent(self, serial: str, text: str) -> None:
        """Expect the record of a text command that is being sent, so that it is not taken for a spoken command."""
        words = normalized(text)
        waiting = (each for each in self._kept if not each.is_sent and (each.serial, each.words) == (serial, words))
        question = next(waiting, None) or self.async_expect(serial, text)
        question.is_sent, question.moment = True, dt_util.utcnow()

    @callback
    def async_signed(self, serial: str) -> None:
        """Store that an Echo has woken, after which Amazon writes the records of its text commands."""
        for question in self._kept:
            if question.serial == serial and question.signed_at is None:
                question.signed_at = self._hass.loop.time()

    @callback
    def async_match(self, records: Iterable[tuple[VoiceRecord, str | None]]) -> None:
        """Assign records, each with the serial of its Echo or None, to the text commands with the same words."""
        for record, serial in records:
            if not record.is_command:
                continue
            key = record.timestamp, serial
            if (owner := self._claimed.get(key)) is not None:
                owner.take(record, owner.found_by or FoundBy.WORDS)
                continue
            suiting = [
                question for question in self._kept if question.record is None and question.suits(record, serial)
            ]
            same = [question for question in suiting if question.words == normalized(record.text or "")]
            if serial is None and len({question.serial for question in same}) > 1:
                continue
            if same:
                nearest = min(same, key=lambda question: abs(record.timestamp - question.moment))
                self._claim(key, record, nearest, FoundBy.WORDS)
            elif serial is not None:
                for question in suiting:
                    question.others[key] = record

    def is_own(self, record: VoiceRecord, serial: str | None) -> bool:
        """Return whether a record has been assigned to a text command."""
        return (record.timestamp, serial) in self._claimed

    async def async_answer(self, question: Question, unit: float, longest: float) -> None:
        """Read the history at the times in ``READS`` until the answer is stored in the question.

        Returns at most ``longest`` + ``LAST_READ`` seconds after ``question.asked_at``, also without an answer.
        ``unit`` is the length in seconds of the unit of ``READS``.
        """
        until = question.asked_at + longest
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until + LAST_READ):
                await self._async_find(question, unit, until)
        if question.record is None and len(question.others) == 1:
            ((key, record),) = question.others.items()
            if key not in self._claimed:
                self._claim(key, record, question, FoundBy.TIME)

    async def _async_find(self, question: Question, unit: float, until: float) -> None:
        """Read the history for each of ``READS`` due before ``until`` (event loop's clock), unless answered earlier."""
        for due in READS:
            if (moment := question.asked_at + due * unit) >= until:
                return
            if await self._answered(question, moment):
                return
            # Amazon writes the record after the Echo has woken.
            if question.signed_at is not None:
                moment = max(moment, min(question.signed_at + unit, until))
                if await self._answered(question, moment):
                    return
            await self._async_read_for(question, moment, unit)
            if question.answered.is_set():
                return

    def _claim(self, key: _Key, record: VoiceRecord, question: Question, found_by: FoundBy) -> None:
        """Assign a record to a text command, and prevent other commands from using it."""
        self._claimed[key] = question
        question.take(record, found_by)

    async def _answered(self, question: Question, moment: float) -> bool:
        """Wait for the answer until a time of the event loop's clock; return whether it was found."""
        try:
            async with asyncio.timeout_at(moment):
                await question.answered.wait()
        except TimeoutError:
            return False
        return True

    async def _async_read_for(self, question: Question, due: float, unit: float) -> None:
        """Read the history, unless another question's read serves this one."""
        earliest = max(due - SHARED * unit, question.asked_at + YOUNGEST * unit)
        while (reading := self._reading) is None or self._read_at < earliest:
            if reading is None or reading.done():
                self._read_at = self._hass.loop.time()
                reading = self._reading = self._entry.async_create_background_task(
                    self._hass, self._async_try(), "alexa_media answers"
                )
                break
            await asyncio.wait([reading])
        await asyncio.wait([reading])
        question.error = None if reading.cancelled() else reading.result()

    async def _async_try(self) -> AlexaError | None:
        """Read the history, and return the error if that fails."""
        try:
            await self._read()
        except AlexaError as err:
            return err
        return None
