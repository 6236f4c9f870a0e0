"""Voice history of an account: models and protocol."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

from .devices import OpenEnum


class UtteranceType(OpenEnum):
    """``utteranceType`` of a record: how Alexa handled the speech."""

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
"""Types of records without a request: another Echo answered, or no recognizable request followed the wake word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceRecord:
    """One record of the voice history.

    ``serial`` is ``None`` if the cloud does not report the device. ``utterance_raw`` is the value of ``utterance`` as
    received. ``repr`` omits transcript, response, intent and person to keep them out of the logs.
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
        """Return whether the record counts as a command; True for an unknown type."""
        return self.utterance not in NO_COMMANDS

    def without_transcript(self) -> VoiceRecord:
        """Return a copy without transcript, response, intent and person."""
        return replace(self, text=None, response=None, intent=None, person=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """A page of records, and the token of the next older page (``None`` on the last page)."""

    records: tuple[VoiceRecord, ...]
    token: str | None


type WriteListener = Callable[[frozenset[str]], None]
type TextListener = Callable[[str, str], None]


class HistoryApi(Protocol):
    """Voice history of one account."""

    async def async_records(self, start: datetime, end: datetime, previous: str | None = None) -> RecordPage:
        """Return one page of the records from ``start`` to ``end``, latest first.

        ``previous`` is the ``token`` of the previous page, None for the first page. Raises ``AlexaError``.
        """

    async def async_clear(self, limit: int) -> tuple[int, int]:
        """Delete at most ``limit`` of the latest records of the account; return how many were deleted and kept.

        Amazon keeps records without a recording. It is not known whether Amazon still supports this request. Raises
        ``AlexaError``.
        """

    def watch_writes(self, listener: WriteListener) -> None:
        """Call ``listener``, instead of an earlier one, before each write that may wake an Echo.

        ``listener`` receives the words of the request that may be serial numbers.
        """

    def watch_text_commands(self, listener: TextListener) -> None:
        """Call ``listener``, instead of an earlier one, with serial and text of each text command to be sent."""
