"""What people said to their devices: the history of an account, as models and a protocol."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

from .devices import OpenEnum


class UtteranceType(OpenEnum):
    """``utteranceType`` of a record: what became of what was heard."""

    GENERAL = "GENERAL"
    ROUTINES_OR_TAP_TO_ALEXA = "ROUTINES_OR_TAP_TO_ALEXA"
    ASR_TIMEOUT = "ASR_TIMEOUT"
    DEVICE_ARBITRATION = "DEVICE_ARBITRATION"
    NO_EXPRESSED_INTENT = "NO_EXPRESSED_INTENT"
    WAKE_WORD_ONLY = "WAKE_WORD_ONLY"
    UNKNOWN = "UNKNOWN"


NO_COMMANDS: Final = frozenset(
    {
        UtteranceType.ASR_TIMEOUT,
        UtteranceType.DEVICE_ARBITRATION,
        UtteranceType.NO_EXPRESSED_INTENT,
        UtteranceType.WAKE_WORD_ONLY,
    }
)
"""Types of what a device heard and did nothing about: another device answered, or nobody said anything more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceRecord:
    """Something that a device heard.

    ``serial`` is ``None`` where the cloud does not tell the device. ``utterance_raw`` is the
    cloud's own word for ``utterance``. What was said is in no ``repr``, so that it gets into no log.
    """

    timestamp: datetime
    serial: str | None
    utterance: UtteranceType
    utterance_raw: str
    text: str | None = field(default=None, repr=False)
    response: str | None = field(default=None, repr=False)
    intent: str | None = field(default=None, repr=False)
    person: str | None = field(default=None, repr=False)

    @property
    def is_command(self) -> bool:
        """Return whether somebody asked the device for something."""
        return self.utterance not in NO_COMMANDS

    def without_transcript(self) -> VoiceRecord:
        """Return when and where it was, without what was said, answered and by whom."""
        return replace(self, text=None, response=None, intent=None, person=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """Some records, and the token with which the older ones are had; ``None`` where there are no more."""

    records: tuple[VoiceRecord, ...]
    token: str | None


type WriteListener = Callable[[frozenset[str]], None]


class HistoryApi(Protocol):
    """The history of one account."""

    async def async_records(self, start: datetime, end: datetime, previous: str | None = None) -> RecordPage:
        """Return what was heard from ``start`` to ``end``, the latest first.

        ``previous`` is the token of the page before. Raises ``AlexaError``.
        """

    def watch_writes(self, listener: WriteListener) -> None:
        """Call ``listener`` before each write of ours with the words in it that may be serials."""
