"""Tests that a recording contains no secret in any form, wherever the secret is in responses and pushes."""

import base64
from collections.abc import Callable
from datetime import date, timedelta
import hashlib
import json
import os
import re
from typing import Any
from urllib.parse import quote, quote_plus

from hypothesis import HealthCheck, given, settings, strategies as st
from yarl import URL

from custom_components.alexa_media.cloud.http import Target
from custom_components.alexa_media.cloud.pseudonyms import WEEK, Pseudonyms, load_allowed
from custom_components.alexa_media.cloud.recorder import Recorder

WORDS = load_allowed()
WEEKS = -100
EXAMPLES = int(os.environ.get("RECORDING_EXAMPLES", "1000"))


REQUEST = Target("settings", "GET", "/api/devices/{serial}/settings")


def _text(alphabet: str, shortest: int, longest: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=shortest, max_size=longest)


_SOUNDS = "aeiouzqx"
"""Letters of secrets; pseudonyms contain no vowels, so they never contain a secret by chance."""

WORD = _text(_SOUNDS, 6, 12)
NUMBER = _text("123456789", 3, 3)
SECRETS = st.one_of(
    st.builds("{}@{}.{}".format, WORD, WORD, st.sampled_from(("com", "net", "org"))),
    st.builds("Atnr|{}-{}".format, WORD, _text(_SOUNDS.upper() + "0123456789", 16, 40)),
    st.builds("at-main={}; session-id={}".format, WORD, WORD),
    st.builds("G0{}".format, _text("AEIOUZQX0123456789", 10, 16)),
    st.builds("amzn1.account.{}".format, _text("AEIOUZQX0123456789", 12, 24)),
    st.builds("{} {}".format, WORD.map(str.capitalize), WORD.map(str.capitalize)),
    st.builds("{}s Küche".format, WORD.map(str.capitalize)),
    st.builds("{}の家".format, WORD),
    st.builds("{} {}, {} {}".format, WORD.map(str.capitalize), NUMBER, NUMBER, WORD),
    st.builds("{}-WiFi-{}".format, WORD, NUMBER),
    st.builds("+49 15{} {}{}".format, NUMBER, NUMBER, NUMBER),
    st.builds("0049{}{}{}".format, NUMBER, NUMBER, NUMBER),
    st.integers(1_000_000_000, 4_099_999_999).map(str),
    st.integers(2_000_000_000_000, 4_099_999_999_999).map(str),
    st.dates(date(1900, 1, 1), date(2009, 12, 31)).filter(lambda day: day.year != 1970).map(str),
    st.builds(":".join, st.lists(_text("abcdef", 2, 2), min_size=6, max_size=6)),
    st.builds("10.{}.{}.{}".format, *(st.integers(100, 255) for _ in range(3))),
    st.builds("fd00:{}:{}::{}".format, *(_text("abcdef", 4, 4) for _ in range(3))),
    st.builds("{}.{},{}.{}".format, st.integers(10, 89), NUMBER.map(lambda n: n * 2), st.integers(10, 89), NUMBER),
    st.builds("please tell {} that the {} is open".format, WORD, WORD),
    st.uuids().map(str),
)

KEYS = st.one_of(
    st.sampled_from(("accountName", "name", "value", "serialNumber", "description", "url", "id", "customerId", "text")),
    st.sampled_from(("payload", "status", "deviceType", "title", "code", "token", "address", "type", "query", "key")),
    WORD,
)


type Place = Callable[[str], Any]
"""Function that returns JSON with a given secret in it."""


def _digest(name: str) -> Callable[[str], str]:
    return lambda secret: hashlib.new(name, secret.encode()).hexdigest()


def _multipart(secret: str) -> str:
    return f'--boundary\r\nContent-Disposition: form-data; name="a"\r\n\r\n{secret}\r\n--boundary--'


_WRITTEN: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    quote,
    quote_plus,
    *map(_digest, ("md5", "sha1", "sha256")),
)
_ENCODED: tuple[Callable[[str], str], ...] = (
    lambda secret: base64.b64encode(secret.encode()).decode(),
    lambda secret: base64.b32encode(secret.encode()).decode(),
    lambda secret: secret.encode().hex(),
)
_SURROUNDED: tuple[Callable[[str], str], ...] = (
    lambda secret: f"https://example.net/{quote(secret)}/picture?who={quote_plus(secret)}&size=1",
    "geo:{}".format,
    "A4ZXE0RM7LQ7A-{}".format,
    "customer#ms#{}#x".format,
    "amzn1.alexa.{}".format,
    _multipart,
    "<speak>{}</speak>".format,
    "PUSH_VOLUME_CHANGE {}".format,
    "RRULE:FREQ=DAILY;X={}".format,
    lambda secret: f"query {{ a(id: {json.dumps(secret)}) }}",
)
_WORDED = st.one_of(*map(st.sampled_from, (_WRITTEN, _ENCODED, _SURROUNDED)))


def _in_list(places: list[Place]) -> Place:
    return lambda secret: [place(secret) for place in places]


def _in_object(places: dict[str, Place]) -> Place:
    return lambda secret: {key: place(secret) for key, place in places.items()}


def _in_text(place: Place) -> Place:
    return lambda secret: json.dumps(place(secret))


def _as_key(text: Callable[[str], str]) -> Place:
    return lambda secret: {text(secret): True}


def _nested(text: Callable[[str], str]) -> Place:
    return lambda secret: json.dumps({"a": json.dumps({text(secret): [text(secret)]})})


_LEAVES: st.SearchStrategy[Place] = st.one_of(
    _WORDED,
    st.builds(lambda key, text: _in_object({key: text}), KEYS, _WORDED),
    _WORDED.map(_as_key),
    _WORDED.map(lambda text: _in_text(_in_object({"a": text}))),
    _WORDED.map(_nested),
)
# The strategy does not depend on the secret, because building a strategy for each secret takes most of the time.
PLACES: st.SearchStrategy[Place] = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=2).map(_in_list),
        st.dictionaries(KEYS, inner, min_size=1, max_size=2).map(_in_object),
        inner.map(_in_text),
    ),
    max_leaves=4,
)


def forms(secret: str) -> list[str]:
    """Return the forms of a secret that a recording must not contain: the secret, its words, and other notations."""
    words = [word for word in secret.replace("=", " ").split() if len(word) >= 6 and word not in WORDS]
    found = []
    for text in (secret, *words):
        data = text.encode()
        found += [text, json.dumps(text)[1:-1], quote(text), quote_plus(text), data.hex()]
        found += [hashlib.new(name, data).hexdigest() for name in ("md5", "sha1", "sha256", "sha512")]
        # The Base64 form of a text depends on its position within three bytes, and its ends depend on the neighboring
        # bytes.
        found += [base64.b64encode(b"\0" * shift + data).decode()[4 if shift else 0 : -4] for shift in range(3)]
        found.append(base64.b32encode(data).decode().rstrip("="))
    return [form for form in (*found, *moved(secret)) if len(form) >= 6]


def moved(secret: str) -> list[str]:
    """Return what a secret would be if it moved like times, which could be moved back.

    No key in these tests is one of times.
    """
    if secret.isdecimal() and len(secret) in (10, 13):
        return [str(int(secret) + WEEKS * WEEK * (1000 if len(secret) == 13 else 1))]
    is_date = re.fullmatch(r"\d{4}-\d\d-\d\d", secret)
    return [str(date.fromisoformat(secret) + timedelta(weeks=WEEKS))] if is_date else []


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data(), secret=SECRETS, key=st.binary(min_size=32, max_size=32))
def test_no_secret_is_in_a_recording(data: st.DataObject, secret: str, key: bytes) -> None:
    """The secret is in a response, a request, its path and query, and a directive."""
    recorder = Recorder(Pseudonyms(key, WORDS, weeks=WEEKS), 0.0)
    url = URL(f"https://alexa.amazon.com/api/devices/{quote(secret, safe='')}/settings", encoded=True)
    body = json.dumps(data.draw(PLACES)(secret), ensure_ascii=data.draw(st.booleans())).encode()
    spoiled = data.draw(st.sampled_from((b"", b"<html>", b"--boundary\r\n\r\n")))
    place = data.draw(st.none() | PLACES)
    sent = place and place(secret)
    recorder.exchange(REQUEST, url.with_query({"who": secret, secret: "1"}), sent, 200, spoiled + body, 0.1)
    recorder.directive({"directive": data.draw(PLACES)(secret)})
    text = recorder.write().decode().casefold()
    assert [form for form in forms(secret) if form.casefold() in text] == []


@settings(max_examples=EXAMPLES // 5)
@given(st.floats(-90, 90).filter(lambda number: len(repr(number)) > 8), st.integers(10**7, 10**12 * 2))
def test_no_private_number_is_in_a_recording(coordinate: float, phone: int) -> None:
    """Coordinates and phone numbers that are JSON numbers are replaced; Amazon's times are only shifted."""
    recorder = Recorder(Pseudonyms(b"key", WORDS, weeks=WEEKS), 0.0)
    answer = {"latitude": coordinate, "place": [round(coordinate, 3)], "lng": coordinate, "phone": phone, "x": phone}
    body = json.dumps({**answer, "place": {"lat": round(coordinate, 2), "houseNumber": 17}})
    recorder.exchange(REQUEST, URL("https://alexa.amazon.com/api/ping"), None, 200, body.encode(), 0.1)
    [line] = map(json.loads, recorder.write().splitlines())
    latitude, place, longitude, phone_number, other = line["body"].values()
    assert coordinate not in (latitude, longitude)
    assert not {phone, *map(int, moved(str(phone)))} & {phone_number, other}
    assert 17 not in place.values()
