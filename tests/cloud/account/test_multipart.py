"""Tests of the parser of the directive stream: the result does not depend on how bytes are split."""

import json
import time
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.alexa_media.cloud.account.multipart import MAX_PART, MultipartError, MultipartParser
from custom_components.alexa_media.cloud.errors import AlexaBadResponseError

BOUNDARY = "------abcde123"
CONTENT_TYPE = f"multipart/related; boundary={BOUNDARY}; type=application/json"
OBJECTS: list[dict[str, Any]] = [
    {"directive": {"text": "Ungewöhnlich – 北京 🎵", "n": 1}},
    {"directive": {"payload": '{"inner": "{\\"deep\\": true}"}'}},
    {"directive": {}},
]


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Replace the fixture for Home Assistant, which is not needed here."""


def json_part(value: object, end: str = "\r\n") -> bytes:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"Content-Type: application/json{end}{end}{text}{end}--{BOUNDARY}{end}".encode()


def opening(end: str = "\r\n") -> bytes:
    return f"--{BOUNDARY}{end}".encode()


def audio(data: bytes) -> bytes:
    head = b"Content-Type: application/octet-stream\r\nContent-ID: <speech>\r\n\r\n"
    return head + data + b"\r\n" + opening()


def parse(data: bytes, cuts: tuple[int, ...] = (), content_type: str | None = CONTENT_TYPE) -> tuple[Any, ...]:
    parser = MultipartParser(content_type)
    objects: list[dict[str, Any]] = []
    for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        objects += parser.feed(data[start:end])
    objects += parser.close()
    return objects, parser.keep_alives, parser.malformed


def feed_all(parser: MultipartParser, pieces: list[bytes]) -> None:
    for piece in pieces:
        parser.feed(piece)


@pytest.mark.parametrize("end", ["\r\n", "\n"], ids=["crlf", "lf"])
@pytest.mark.parametrize(
    "content_type",
    [CONTENT_TYPE, f'multipart/related; boundary="{BOUNDARY}"', None],
    ids=["header", "quoted", "learnt"],
)
def test_the_objects_of_a_stream_are_parsed(end: str, content_type: str | None) -> None:
    data = opening(end) + b"".join(json_part(value, end) for value in OBJECTS)
    assert parse(data, content_type=content_type) == (OBJECTS, 0, 0)


def test_frames_of_single_bytes_are_parsed() -> None:
    data = opening() + b"".join(json_part(value) for value in OBJECTS)
    assert parse(data, tuple(range(1, len(data)))) == (OBJECTS, 0, 0)


def test_several_objects_in_one_frame_are_returned_together() -> None:
    parser = MultipartParser(CONTENT_TYPE)
    assert parser.feed(opening() + b"".join(json_part(value) for value in OBJECTS)) == OBJECTS


def test_object_is_not_kept_back_until_the_next_boundary() -> None:
    parser = MultipartParser(CONTENT_TYPE)
    assert parser.feed(opening() + b'Content-Type: application/json\r\n\r\n{"a": 1}\r\n') == [{"a": 1}]
    assert parser.feed(opening()) == []
    assert parser.keep_alives == 0


def test_an_object_on_several_lines_is_parsed() -> None:
    assert parse(opening() + json_part('{\n  "a": {\n    "b": 1\n  }\n}')) == ([{"a": {"b": 1}}], 0, 0)


def test_end_of_an_answer_completes_an_object() -> None:
    head = opening() + b"Content-Type: application/json\r\n\r\n"
    assert parse(head + b'{"a": 1}')[0] == [{"a": 1}]
    assert parse(head + b'{\r\n"a": 1}')[0] == [{"a": 1}]
    assert parse(head + b'{"a": 1}\r\n--' + BOUNDARY.encode() + b"--\r\nepilogue {}\r\n")[0] == [{"a": 1}]


def test_part_without_headers_is_json() -> None:
    assert parse(opening() + b'\r\n{"a": 1}\r\n' + opening())[0] == [{"a": 1}]


def test_empty_parts_keep_alive() -> None:
    parser = MultipartParser(CONTENT_TYPE)
    parser.feed(opening())
    assert parser.keep_alives == 0, "the boundary at the start of the stream is not a part"
    parser.feed(json_part({"a": 1}))
    assert parser.keep_alives == 0
    parser.feed(opening())
    parser.feed(b"\r\n" + opening())
    parser.feed(b"Content-Type: application/json\r\n\r\n\r\n" + opening())
    assert parser.keep_alives == 3
    assert parser.malformed == 0


def test_audio_is_skipped_however_long_its_lines_are() -> None:
    sound = b"\x00\xff{}\n\r\n" + b"x" * (MAX_PART + 10) + b"\n" + b"y" * 1000
    data = opening() + json_part({"a": 1}) + audio(sound) + json_part({"b": 2})
    assert parse(data) == ([{"a": 1}, {"b": 2}], 0, 0)
    assert parse(data, tuple(range(1000, len(data), 1000))) == ([{"a": 1}, {"b": 2}], 0, 0)


@pytest.mark.parametrize("chunk", [MAX_PART * 2, 10_000], ids=["whole", "pieces"])
@pytest.mark.parametrize(
    "head",
    [b"Content-Type: application/json\r\n\r\n", b"X-Header: "],
    ids=["body", "header"],
)
def test_a_part_that_is_too_large_is_refused(head: bytes, chunk: int) -> None:
    parser = MultipartParser(CONTENT_TYPE)
    data = opening() + head + b"x" * (MAX_PART + 1) + b"\r\n"
    with pytest.raises(MultipartError) as caught:
        feed_all(parser, [data[start : start + chunk] for start in range(0, len(data), chunk)])
    assert isinstance(caught.value, AlexaBadResponseError)
    assert caught.value.code == "PART_TOO_LARGE"
    assert caught.value.objects == []


def test_the_objects_before_a_part_that_is_too_large_are_not_lost() -> None:
    parser = MultipartParser(CONTENT_TYPE)
    good = opening() + b"".join(json_part(value) for value in OBJECTS)
    with pytest.raises(MultipartError) as caught:
        parser.feed(good + b"Content-Type: application/json\r\n\r\n" + b"x" * (MAX_PART + 1) + b"\r\n")
    assert caught.value.objects == OBJECTS


def test_a_part_with_too_many_lines_is_refused() -> None:
    parser = MultipartParser(CONTENT_TYPE)
    parser.feed(opening() + b"Content-Type: application/json\r\n\r\n")
    with pytest.raises(MultipartError):
        feed_all(parser, [b"x" * 1023 + b"\n"] * 600)


def test_memory_stays_bounded_while_a_line_has_no_end() -> None:
    parser = MultipartParser(CONTENT_TYPE)
    for _ in range(100):
        parser.feed(b"z" * 10_000)
        assert len(parser._pending) < 20_000
    parser.feed(opening() + json_part({"cut": "line"}))
    assert parser.feed(b"\r\n" + opening() + json_part({"a": 1})) == [{"a": 1}]


@pytest.mark.parametrize(
    "text",
    ["not json", "[1, 2]", '"text"', "12", "{", "[" * 100_000, "\ud800"],
    ids=["words", "list", "string", "number", "half", "deep", "surrogate"],
)
def test_malformed_part_is_counted_and_the_rest_is_read(text: str) -> None:
    broken = text.encode("utf-8", "surrogatepass")
    part = b"Content-Type: application/json\r\n\r\n" + broken + b"\r\n" + opening()
    assert parse(opening() + part + json_part({"a": 1})) == ([{"a": 1}], 0, 1)


def test_a_line_that_resembles_the_boundary_is_content() -> None:
    data = opening() + json_part('{"a":\n--------abcde1234\n1}') + json_part({"b": 2})
    assert parse(data) == ([{"b": 2}], 0, 1)


def test_nothing_is_read_before_the_boundary() -> None:
    assert parse(b'{"a": 1}\r\nUnable to authenticate\r\n')[0] == []


def test_a_long_line_without_an_end_is_handled() -> None:
    assert parse(b"z" * 1000, (500,)) == ([], 0, 0)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
parts = st.one_of(
    st.dictionaries(st.text(), values, max_size=3).map(json_part),
    st.just(opening()),
    st.binary(max_size=600).map(audio),
    st.binary(max_size=400),
)


@given(st.data(), st.lists(parts, max_size=8), st.sampled_from([CONTENT_TYPE, None]))
def test_any_split_of_a_stream_has_the_same_result(data: st.DataObject, pieces: list[bytes], content_type: str) -> None:
    stream = opening() + b"".join(pieces)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=12).map(sorted).map(tuple))
    assert parse(stream, cuts, content_type) == parse(stream, (), content_type)


@given(st.lists(st.dictionaries(st.text(), values, max_size=3), max_size=6), st.data())
def test_any_objects_are_returned_in_order(objects: list[dict[str, Any]], data: st.DataObject) -> None:
    stream = opening() + b"".join(json_part(value) for value in objects)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=12).map(sorted).map(tuple))
    assert parse(stream, cuts) == (objects, 0, 0)


# 20 MB of meaningless data, for each place in which it can occur
FLOODS = {
    "newlines": b"\n",
    "line ends": b"\r\n",
    "blank lines": b" \n",
    "spaces": b" ",
    "dashes": b"-",
    "short dashed lines": b"--x\n",
    "short lines": b"x\n",
    "headers": b"a: b\r\n",
    "json without end": b'{"a":"b',
}
BEGINNINGS = {
    "preamble": b"",
    "headers": opening(),
    "json": opening() + b"Content-Type: application/json\r\n\r\n",
    "audio": opening() + b"Content-Type: audio/mpeg\r\n\r\n",
}


@pytest.mark.parametrize("content_type", [CONTENT_TYPE, None], ids=["boundary known", "boundary learnt"])
@pytest.mark.parametrize("flood", FLOODS)
@pytest.mark.parametrize("place", BEGINNINGS)
def test_meaningless_data_takes_little_time_and_memory(place: str, flood: str, content_type: str | None) -> None:
    chunk = FLOODS[flood] * (65536 // len(FLOODS[flood]))
    parser = MultipartParser(content_type)
    begin = time.process_time()
    is_refused = False
    try:
        parser.feed(BEGINNINGS[place])
        for _ in range(300):
            parser.feed(chunk)
            assert len(parser._pending) + len(parser._body) <= 2 * MAX_PART
    except MultipartError:
        is_refused = True
    assert time.process_time() - begin < 2
    if not is_refused and place in ("preamble", "audio"):
        part = b"\r\n" + opening() + json_part(OBJECTS[0])
        assert parser.feed(part) == [OBJECTS[0]]


def test_a_line_after_blank_ones_is_read() -> None:
    text = opening() + b"Content-Type: application/json\r\n\r\n" + b"\r\n \n\t\r\n" * 1000 + b'{"a": 1}\r\n'
    for size in (1, 7, len(text)):
        parser = MultipartParser(CONTENT_TYPE)
        found = [item for at in range(0, len(text), size) for item in parser.feed(text[at : at + size])]
        assert found == [{"a": 1}]


def test_headers_without_end_are_refused() -> None:
    parser = MultipartParser(CONTENT_TYPE)
    parser.feed(opening())
    with pytest.raises(MultipartError):
        parser.feed(b"X-More: more\r\n" * 2000)
