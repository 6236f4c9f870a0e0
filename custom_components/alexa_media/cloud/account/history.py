"""Voice history of the account API: endpoints, parsers, client."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
import re
from time import monotonic
from typing import Any, Final

from ..errors import AlexaBadResponseError, AlexaCommandError, AlexaUnsupportedError
from ..json import LONGEST_TEXT, mapping, mappings, name, text
from ..model.history import HistoryApi, RecordPage, TextListener, UtteranceType, VoiceRecord, WriteListener
from .endpoints import Answer, Endpoint, Host, Write
from .parse import instant, required_list
from .session import AccountClient, AccountSession

HISTORY_PAGE: Final = Endpoint(
    "history_page", "GET", "/alexa-privacy/apd/activity", host=Host.RETAIL, answer=Answer.HTML
)
HISTORY: Final = Endpoint(
    "history", "POST", "/alexa-privacy/apd/rah/alexa-history-records-v2", host=Host.RETAIL, bearer=True, csrf=False
)
# The predecessor of the endpoint above.
HISTORY_BEFORE: Final = Endpoint(
    "history_before", "POST", "/alexa-privacy/apd/rvh/customer-history-records-v2", host=Host.RETAIL, csrf=False
)
# These two endpoints are from alexapy 1.33; other clients stopped using them years ago.
ACTIVITIES: Final = Endpoint("activities", "GET", "/api/activities")
DELETE_ACTIVITY: Final = Write("delete_activity", "DELETE", "/api/activities/{id}")


_META: Final = re.compile(r"<meta\b[^>]*>", re.IGNORECASE)
_CSRF_NAME: Final = re.compile(r"""\bname\s*=\s*["']?csrf-token\b""", re.IGNORECASE)
_CONTENT: Final = re.compile(r"""\bcontent\s*=\s*["']([^"'\r\n]+)["']""", re.IGNORECASE)

# The older form prefixes the transcript with the wake word.
_WAKE_WORD: Final = re.compile(r"(?:hey )?(?:alexa|amazon|computer|echo)\b[\s,]*", re.IGNORECASE)

_MILLISECONDS: Final = re.compile(r"[0-9]{12,14}")
_NO_SERIAL: Final = frozenset({"null", "none", "undefined"})

_SAID: Final = ("CUSTOMER_TRANSCRIPT", "ASR_REPLACEMENT_TEXT")
_ANSWERED: Final = ("ALEXA_RESPONSE", "TTS_REPLACEMENT_TEXT")


def parse_page_token(page: Any) -> str:
    """Return the csrf token that requests for records need; raises ``AlexaBadResponseError`` if the page has none."""
    for tag in _META.findall(page if isinstance(page, str) else ""):
        if _CSRF_NAME.search(tag) and (found := _CONTENT.search(tag)):
            return found[1]
    raise HISTORY_PAGE.error(AlexaBadResponseError, "has no token", code="no_token")


def parse_activities(data: Any) -> tuple[str, ...]:
    """Parse the ids of records; raises ``AlexaBadResponseError``."""
    elements = mappings(required_list(data, "activities", ACTIVITIES))
    return tuple(found for element in elements if (found := text(element.get("id"))))


def parse_records(data: Any) -> RecordPage:
    """Parse a page of records; raises ``AlexaBadResponseError``."""
    elements = mappings(required_list(data, "alexaHistoryRecords", HISTORY))
    return RecordPage(records=_known(map(_record, elements)), token=text(mapping(data).get("encodedRequestToken")))


def parse_older_records(data: Any) -> RecordPage:
    """Parse a page of records of the older endpoint; raises ``AlexaBadResponseError``."""
    elements = mappings(required_list(data, "customerHistoryRecords", HISTORY_BEFORE))
    records = _known(map(_older_record, elements))
    return RecordPage(records=records, token=text(mapping(data).get("encodedRequestToken")))


def _known(records: Iterable[VoiceRecord | None]) -> tuple[VoiceRecord, ...]:
    """Return the records that could be parsed."""
    return tuple(record for record in records if record)


def _record(element: Mapping[str, Any]) -> VoiceRecord | None:
    """Parse one record; ``None`` if it has no time."""
    if (timestamp := instant(element.get("timestamp"))) is None:
        return None
    utterance = text(element.get("utteranceType")) or ""
    person = next(mappings(element.get("personsInfo")), {})
    return VoiceRecord(
        timestamp=timestamp,
        serial=_keyed_serial(element.get("activityKey")) or _serial(element.get("deviceInfo")),
        utterance=UtteranceType(utterance),
        utterance_raw=utterance,
        text=_words(element.get("title")),
        response=_words(element.get("subTitle")),
        intent=name(element.get("intent")),
        person=name(person.get("personFirstName")),
    )


def _keyed_serial(value: Any) -> str | None:
    """Return the serial in the key of a record, ``customer#milliseconds#type#serial``, or None.

    The key may have additional parts before the time and after the serial, for example a person. Source:
    aioamazondevices (pull request 1021).
    """
    parts = [part.strip() for part in (text(value) or "").split("#") if part.strip()]
    for moment, _, serial in zip(parts[-3::-1], parts[-2::-1], parts[::-1], strict=False):
        if _MILLISECONDS.fullmatch(moment):
            return None if serial.casefold() in _NO_SERIAL else serial
    return None


def _serial(value: Any) -> str | None:
    """Return the first serial in ``deviceInfo``, which is an object or a list of objects; None if it has none."""
    infos = [value] if isinstance(value, dict) else mappings(value)
    return next((serial for info in infos if (serial := text(info.get("deviceSerialNumber")))), None)


def _older_record(element: Mapping[str, Any]) -> VoiceRecord | None:
    """Parse one record of the older endpoint; ``None`` if it has no time."""
    if (timestamp := instant(element.get("timestamp"))) is None:
        return None
    utterance = text(element.get("utteranceType")) or ""
    said = _joined(element, _SAID)
    return VoiceRecord(
        timestamp=timestamp,
        serial=_keyed_serial(element.get("recordKey")),
        utterance=UtteranceType(utterance),
        utterance_raw=utterance,
        text=_WAKE_WORD.sub("", said, count=1).strip() or None if said and _WAKE_WORD.match(said) else said,
        response=_joined(element, _ANSWERED),
        intent=name(element.get("intent")),
    )


def _joined(element: Mapping[str, Any], kinds: tuple[str, ...]) -> str | None:
    """Return the joined texts of the first of ``kinds`` that has any, or None."""
    items = list(mappings(element.get("voiceHistoryRecordItems")))
    for kind in kinds:
        found = [_words(item.get("transcriptText")) for item in items if item.get("recordItemType") == kind]
        if joined := " ".join(words for words in found if words):
            return joined
    return None


def _words(value: Any) -> str | None:
    """Return a text, stripped and cut to a maximum length, or None if it is empty."""
    return (text(value) or "")[:LONGEST_TEXT].strip() or None


TOKEN_LIFETIME_SECONDS: Final = 12 * 3600.0
"""Seconds for which a csrf token is used unless Amazon refuses it earlier; other clients use 2 to 24 hours."""


@dataclass(frozen=True, slots=True)
class _Form:
    """One of the two endpoints for records, with its query and parser."""

    endpoint: Endpoint
    parse: Callable[[Any], RecordPage]
    query: tuple[tuple[str, str], ...] = ()


_NEWER: Final = _Form(HISTORY, parse_records)
_OLDER: Final = _Form(HISTORY_BEFORE, parse_older_records, (("recordType", "VOICE_HISTORY"), ("maxRecordSize", "50")))


class AccountHistory(AccountClient):
    """Voice history of one account; ``HistoryApi`` documents the methods.

    There are two endpoints, of which only the newer one names the person who spoke. It is used until a request for a
    first page fails with 403, 404 or 405 and the older endpoint works.
    """

    def __init__(self, session: AccountSession) -> None:
        """Initialize with the session of the account; sends no request."""
        super().__init__(session)
        self._forms: tuple[_Form, _Form] = (_NEWER, _OLDER)
        self._token: str | None = None
        self._token_until = 0.0
        self.text_listener: TextListener = lambda _serial, _text: None

    async def async_records(self, start: datetime, end: datetime, previous: str | None = None) -> RecordPage:
        """Return a page of the records from ``start`` to ``end``; ``previous`` is the token of the previous page."""
        first, second = self._forms
        await self._async_token()
        try:
            return await self._read_records(first, start, end, previous)
        except AlexaUnsupportedError:
            # the page tokens of the two forms are not interchangeable
            if previous is not None:
                raise
        page = await self._read_records(second, start, end, None)
        self._forms = (second, first)
        return page

    async def async_clear(self, limit: int) -> tuple[int, int]:
        """Delete at most ``limit`` of the latest records; return how many of them were deleted and how many were kept.

        Amazon responds 404 for a record without a recording, and keeps it.
        """
        transport, deleted = self._transport, 0
        with transport.unproven.attempt("clear_history"):
            query = {"size": str(limit), "offset": "-1"}
            found = await transport.async_read(ACTIVITIES, parse_activities, query=query)
            for activity in found:
                try:
                    await transport.async_request(DELETE_ACTIVITY, params={"id": activity})
                except (AlexaCommandError, AlexaUnsupportedError) as err:
                    if err.status != HTTPStatus.NOT_FOUND:
                        raise
                else:
                    deleted += 1
        return deleted, len(found) - deleted

    def watch_writes(self, listener: WriteListener) -> None:
        """Set the listener that is called before each write request that may wake an Echo."""
        self._transport.write_listener = listener

    def watch_text_commands(self, listener: TextListener) -> None:
        """Set the listener that is called with the serial and the text of each text command to be sent."""
        self.text_listener = listener

    async def _read_records(self, form: _Form, start: datetime, end: datetime, previous: str | None) -> RecordPage:
        """Request records from one endpoint; after a 403, retry once if there is a new csrf token."""
        token = await self._async_token()
        try:
            return await self._send(form, token, start, end, previous)
        except AlexaUnsupportedError as err:
            if err.status != 403 or not await self._async_renewed(token):
                raise
        return await self._send(form, await self._async_token(), start, end, previous)

    async def _send(self, form: _Form, token: str, start: datetime, end: datetime, previous: str | None) -> RecordPage:
        """Request records with a csrf token."""
        return await self._transport.async_read(
            form.endpoint,
            form.parse,
            query={"startTime": _milliseconds(start), "endTime": _milliseconds(end), **dict(form.query)},
            json={"previousRequestToken": previous},
            headers={
                "Referer": self._session.base_url(Host.RETAIL),
                "anti-csrftoken-a2z": token,
            },
        )

    async def _async_renewed(self, refused: str) -> bool:
        """Return whether there is a csrf token other than ``refused``, after requesting one if needed."""
        if self._token == refused:
            self._token = None
        return await self._async_token() != refused

    async def _async_token(self) -> str:
        """Return the csrf token for requests for records, renewed if it is too old."""
        if self._token is None or monotonic() >= self._token_until:
            self._token = await self._transport.async_read(HISTORY_PAGE, parse_page_token)
            self._token_until = monotonic() + TOKEN_LIFETIME_SECONDS
        return self._token


def _milliseconds(moment: datetime) -> str:
    """Return a time in epoch milliseconds as text, as Amazon expects it."""
    return str(round(moment.timestamp() * 1000))


_: type[HistoryApi] = AccountHistory
