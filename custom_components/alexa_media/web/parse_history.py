"""What people said, as models; pure and tolerant."""

from collections.abc import Iterable, Mapping
import re
from typing import Any, Final

from custom_components.alexa_media.backend.history import RecordPage, UtteranceType, VoiceRecord
from custom_components.alexa_media.errors import AlexaBadResponseError
from custom_components.alexa_media.json_values import mapping, mappings, text

from .endpoints import HISTORY, HISTORY_BEFORE, HISTORY_PAGE
from .parse_values import instant, required_list

_META: Final = re.compile(r"<meta\b[^>]*>", re.IGNORECASE)
_CSRF_NAME: Final = re.compile(r"""\bname\s*=\s*["']?csrf-token\b""", re.IGNORECASE)
_CONTENT: Final = re.compile(r"""\bcontent\s*=\s*["']([^"'\r\n]+)["']""", re.IGNORECASE)

# How the older form begins what the customer said.
_WAKE_WORD: Final = re.compile(r"(?:hey )?(?:alexa|amazon|computer|echo)\b[\s,]*", re.IGNORECASE)

_MILLISECONDS: Final = re.compile(r"[0-9]{12,14}")
_NO_SERIAL: Final = frozenset({"null", "none", "undefined"})

_SAID: Final = ("CUSTOMER_TRANSCRIPT", "ASR_REPLACEMENT_TEXT")
_ANSWERED: Final = ("ALEXA_RESPONSE", "TTS_REPLACEMENT_TEXT")


def parse_page_token(page: Any) -> str:
    """Return the token that requests for records carry; raises ``AlexaBadResponseError``."""
    for tag in _META.findall(page if isinstance(page, str) else ""):
        if _CSRF_NAME.search(tag) and (found := _CONTENT.search(tag)):
            return found[1]
    raise AlexaBadResponseError(f"{HISTORY_PAGE.label} has no token", endpoint=HISTORY_PAGE.label, code="no_token")


def parse_records(data: Any) -> RecordPage:
    """Parse a page of records; raises ``AlexaBadResponseError`` when there is no list at all."""
    elements = mappings(required_list(data, "alexaHistoryRecords", HISTORY))
    return RecordPage(records=_known(map(_record, elements)), token=text(mapping(data).get("encodedRequestToken")))


def parse_older_records(data: Any) -> RecordPage:
    """Parse a page of records in the older form; raises ``AlexaBadResponseError`` when there is no list at all."""
    elements = mappings(required_list(data, "customerHistoryRecords", HISTORY_BEFORE))
    records = _known(map(_older_record, elements))
    return RecordPage(records=records, token=text(mapping(data).get("encodedRequestToken")))


def _known(records: Iterable[VoiceRecord | None]) -> tuple[VoiceRecord, ...]:
    """Return the records that could be read."""
    return tuple(record for record in records if record)


def _record(element: Mapping[str, Any]) -> VoiceRecord | None:
    """Parse one record; one without a time is none."""
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
        intent=text(element.get("intent")),
        person=text(person.get("personFirstName")),
    )


def _keyed_serial(value: Any) -> str | None:
    """Return the serial out of the key of a record: ``customer#milliseconds#type#serial``.

    There may be more parts before the time and after the serial, such as a person. The form of the
    key is known from aioamazondevices (pull request 1021).
    """
    parts = [part.strip() for part in (text(value) or "").split("#") if part.strip()]
    for moment, _, serial in zip(parts[-3::-1], parts[-2::-1], parts[::-1], strict=False):
        if _MILLISECONDS.fullmatch(moment):
            return None if serial.casefold() in _NO_SERIAL else serial
    return None


def _serial(value: Any) -> str | None:
    """Return the serial out of ``deviceInfo``: an object, a list of such, or nothing."""
    infos = [value] if isinstance(value, dict) else mappings(value)
    return next((serial for info in infos if (serial := text(info.get("deviceSerialNumber")))), None)


def _older_record(element: Mapping[str, Any]) -> VoiceRecord | None:
    """Parse one record of the older form."""
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
        intent=text(element.get("intent")),
    )


def _joined(element: Mapping[str, Any], kinds: tuple[str, ...]) -> str | None:
    """Return the texts of the first of some kinds of items that has any."""
    items = list(mappings(element.get("voiceHistoryRecordItems")))
    for kind in kinds:
        found = [_words(item.get("transcriptText")) for item in items if item.get("recordItemType") == kind]
        if joined := " ".join(words for words in found if words):
            return joined
    return None


def _words(value: Any) -> str | None:
    """Return a text without space around it, ``None`` where nothing is left."""
    return (text(value) or "").strip() or None
