"""Tests of parsing the voice history in both forms."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
import pytest

from custom_components.alexa_media.cloud.account.history import parse_older_records, parse_page_token, parse_records
from custom_components.alexa_media.cloud.errors import AlexaBadResponseError
from custom_components.alexa_media.cloud.model.history import UtteranceType, VoiceRecord

from .test_directives import json_values

TIME = 1795246549945
MOMENT = datetime(2026, 11, 21, 7, 35, 49, 945000, UTC)
RECORD: dict[str, Any] = {
    "timestamp": TIME,
    "recordType": "VOICE_HISTORY",
    "utteranceType": "GENERAL",
    "intent": "PlayMusicIntent",
    "title": " play abba ",
    "subTitle": "Here's ABBA",
    "deviceInfo": {"deviceSerialNumber": "G0EXAMPLE0000001"},
    "personsInfo": [{"personFirstName": "Ann", "personType": "ADULT"}],
}
WHOLE = VoiceRecord(
    timestamp=MOMENT,
    serial="G0EXAMPLE0000001",
    utterance=UtteranceType.GENERAL,
    utterance_raw="GENERAL",
    text="play abba",
    response="Here's ABBA",
    intent="PlayMusicIntent",
    person="Ann",
)


def older(*items: tuple[str, str], **values: Any) -> dict[str, Any]:
    """Return a record in the older form."""
    texts = [{"recordItemType": kind, "transcriptText": text} for kind, text in items]
    key = f"A1EXAMPLE#{TIME}#A2TYPE#G0EXAMPLE0000001"
    return {"recordKey": key, "timestamp": TIME, "utteranceType": "GENERAL", "voiceHistoryRecordItems": texts} | values


def test_a_record_is_parsed() -> None:
    page = parse_records({"alexaHistoryRecords": [RECORD], "encodedRequestToken": "more"})
    assert (page.records, page.token) == ((WHOLE,), "more")
    assert "abba" not in repr(page).casefold()
    assert "Ann" not in repr(page)


@pytest.mark.parametrize(
    ("info", "serial"),
    [
        (RECORD["deviceInfo"], "G0EXAMPLE0000001"),
        ([RECORD["deviceInfo"]], "G0EXAMPLE0000001"),
        ([None, {}, RECORD["deviceInfo"]], "G0EXAMPLE0000001"),
        ([], None),
        ({}, None),
        (None, None),
        ({"deviceSerialNumber": 5}, None),
    ],
)
def test_the_serial_of_a_record_is_parsed(info: Any, serial: str | None) -> None:
    (record,) = parse_records({"alexaHistoryRecords": [RECORD | {"deviceInfo": info}]}).records
    assert record.serial == serial


@pytest.mark.parametrize(
    ("kind", "utterance", "is_command"),
    [
        ("GENERAL", UtteranceType.GENERAL, True),
        ("ROUTINES_OR_TAP_TO_ALEXA", UtteranceType.ROUTINES_OR_TAP_TO_ALEXA, True),
        ("SOMETHING_NEW", UtteranceType.UNKNOWN, True),
        (None, UtteranceType.UNKNOWN, True),
        ("WAKE_WORD_ONLY", UtteranceType.WAKE_WORD_ONLY, False),
        ("DEVICE_ARBITRATION", UtteranceType.DEVICE_ARBITRATION, False),
        ("ASR_TIMEOUT", UtteranceType.ASR_TIMEOUT, False),
        ("NO_EXPRESSED_INTENT", UtteranceType.NO_EXPRESSED_INTENT, False),
    ],
)
def test_kinds_of_records_are_parsed(kind: str | None, utterance: UtteranceType, *, is_command: bool) -> None:
    (record,) = parse_records({"alexaHistoryRecords": [RECORD | {"utteranceType": kind}]}).records
    assert (record.utterance, record.utterance_raw, record.is_command) == (utterance, kind or "", is_command)


def test_a_record_without_transcript_keeps_its_other_fields() -> None:
    """Time, device and type remain."""
    bare = VoiceRecord(timestamp=MOMENT, serial=WHOLE.serial, utterance=WHOLE.utterance, utterance_raw="GENERAL")
    assert WHOLE.without_transcript() == bare


@pytest.mark.parametrize(
    ("items", "text", "response"),
    [
        ([("CUSTOMER_TRANSCRIPT", "alexa play abba"), ("ALEXA_RESPONSE", "Here is ABBA")], "play abba", "Here is ABBA"),
        ([("ASR_REPLACEMENT_TEXT", "Text is not there"), ("TTS_REPLACEMENT_TEXT", "No")], "Text is not there", "No"),
        ([("CUSTOMER_TRANSCRIPT", "Echo, stop")], "stop", None),
        ([("CUSTOMER_TRANSCRIPT", "echoes of the past")], "echoes of the past", None),
        ([("CUSTOMER_TRANSCRIPT", "alexa")], None, None),
        ([("CUSTOMER_TRANSCRIPT", "hey alexa"), ("CUSTOMER_TRANSCRIPT", "play")], "play", None),
        ([("CUSTOMER_TRANSCRIPT", "alexa hi"), ("ASR_REPLACEMENT_TEXT", "x"), ("PROFILE", "Ann")], "hi", None),
        ([], None, None),
    ],
)  # fmt: skip
def test_a_record_of_the_older_form_is_parsed(
    items: list[tuple[str, str]], text: str | None, response: str | None
) -> None:
    (record,) = parse_older_records({"customerHistoryRecords": [older(*items)]}).records
    assert (record.text, record.response, record.serial) == (text, response, "G0EXAMPLE0000001")
    assert record.timestamp == MOMENT


@pytest.mark.parametrize("key", [None, "", "A1#2", f"A1#{TIME}#T#", "A1#2#3#4#5"])
def test_older_record_with_another_key(key: str | None) -> None:
    assert parse_older_records({"customerHistoryRecords": [older(recordKey=key)]}).records[0].serial is None


@pytest.mark.parametrize("parse", [parse_records, parse_older_records])
def test_an_answer_without_a_list_is_refused(parse: Any) -> None:
    answers: tuple[Any, ...] = (None, {}, [], {"alexaHistoryRecords": None, "customerHistoryRecords": {}})
    for data in answers:
        with pytest.raises(AlexaBadResponseError):
            parse(data)


@given(json_values)
def test_any_value_is_parsed_or_refused(value: Any) -> None:
    """Any value is parsed or refused with ``AlexaBadResponseError``; records without a time are skipped."""
    for parse, key in ((parse_records, "alexaHistoryRecords"), (parse_older_records, "customerHistoryRecords")):
        page = parse({key: [value, {"timestamp": TIME, "deviceInfo": value, "recordKey": value}]})
        assert page.records[-1].timestamp == MOMENT
        try:
            parse(value)
        except AlexaBadResponseError:
            continue


@pytest.mark.parametrize(
    ("page", "token"),
    [
        ('<html><meta name="csrf-token" content="abc=="><meta name="other" content="no">', "abc=="),
        ("<META content='hNx/1' charset='utf-8' name='csrf-token' />", "hNx/1"),
        ('<meta name="viewport" content="width"><meta\nname="csrf-token"\ncontent="t">', "t"),
    ],
)
def test_the_page_contains_a_token(page: str, token: str) -> None:
    assert parse_page_token(page) == token


@pytest.mark.parametrize(
    "page", ["", None, 5, '<meta name="csrf-token" content="">', "<title>Sign-In</title>", "<meta"]
)
def test_a_page_without_a_token_is_refused(page: Any) -> None:
    with pytest.raises(AlexaBadResponseError) as raised:
        parse_page_token(page)
    assert raised.value.code == "no_token"
