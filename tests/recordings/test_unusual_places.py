"""Tests that secrets in unusual places and notations are not in a recording."""

import base64
from collections.abc import Iterator
from datetime import datetime
import json
import re
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from hypothesis import given, strategies as st
import pytest
from yarl import URL

from custom_components.alexa_media.cloud.pseudonyms import WEEK, Pseudonyms
from custom_components.alexa_media.cloud.recorder import Recorder
from tests.recordings.test_nothing_private import REQUEST, WORDS

KEY = b"key of the tests"
FRAME = "0x3a8 0x0000006b f 0x1 "
"""The beginning of a text frame of a WebSocket."""


def file_of(value: Any) -> str:
    """Return the lines of a recording that has a value in a response, a request, its path and query, and a push."""
    recorder = Recorder(Pseudonyms(KEY, WORDS, weeks=-100), 0.0)
    text = value if isinstance(value, str) else json.dumps(value)
    url = URL(f"https://alexa.amazon.com/api/devices/{quote(text, safe='', errors='replace')}/settings", encoded=True)
    for body in (json.dumps(value), json.dumps(value, ensure_ascii=False), json.dumps([json.dumps(value)])):
        data = body.encode("utf-8", "surrogatepass")
        recorder.exchange(REQUEST, url.update_query({"q": text}), value, 200, data, 0.1)
    recorder.directive({"directive": {"payload": value}})
    return recorder.write().decode()


def readings(text: str, depth: int = 3) -> Iterator[str]:
    """Yield a text, and what it says once percent-encoding, JSON escapes, Base64 or hexadecimal digits are decoded."""
    yield text.casefold()
    if not depth:
        return
    for other in (unquote(text), re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), text)):
        if other != text:
            yield from readings(other, depth - 1)
    for piece in re.findall(r"[\w+/-]{8,}", text, re.ASCII):
        padded = piece.replace("-", "+").replace("_", "/") + "=" * (-len(piece) % 4)
        with_bytes = [base64.b64decode(padded)] if len(piece) % 4 != 1 else []
        if re.fullmatch(r"([0-9a-f]{2})+", piece):
            with_bytes.append(bytes.fromhex(piece))
        yield from (data.decode(errors="replace").casefold() for data in with_bytes)


def _form(**fields: str) -> str:
    return "&".join(f"{name}={quote_plus(text)}" for name, text in fields.items())


INNER = json.dumps({"contact": {"mail": "anna.smith+echo@mail.example.net", "who": "Anna Smith"}})
BASE64URL = base64.urlsafe_b64encode(b"Anna Smith, 17 Elm Street>>>???").decode().rstrip("=")

PLANTED: dict[str, Any] = {
    "percent-encoded twice": {"next": quote(quote("Anna Smith/17 Elm Street", safe=""), safe="")},
    "percent-encoded twice in a URL": {"next": "https://amazon.com/x?u=Anna%2520Smith"},
    "Base64 for URLs without padding": {"cursor": BASE64URL, "token": [BASE64URL]},
    "JSON in JSON in a form field": {"body": _form(size="1", payload=json.dumps({"inner": json.dumps(INNER)}))},
    "headers as text": {"raw": f"Cookie: session=Anna; mail={INNER}\r\nX-User: Anna Smith\r\n"},
    "headers as objects": {"headers": [{"name": "X-User", "value": "Anna"}, {"name": "From", "value": "smith"}]},
    "a name in two fields": {"first": "Anna", "last": "Smith", "initials": ["Anna", "Smith"], "n": {"Anna": "Smith"}},
    "a possessive address with a tag": {"text": "anna.smith+echo@mail.example.net's Echo", "to": "anna+x@elm.net's"},
    "several addresses": {"to": "anna@elm.net,smith@elm.net;Anna<anna@elm.net>", "cc": "mailto:anna@elm.net?cc=smith"},
    "a network in quotes": {"network": '"Anna Smith"', "networks": '"Anna\'s \\"5G\\" Elm"', "n": "'Smith-Elm_5G'"},
    "GraphQL variables": {
        "query": 'query a($who: String = "Anna", $id: ID) { b(who: """Smith "Elm" \\""""", id: $id) { Anna: c } }',
        "variables": json.dumps({"who": "Anna", "input": [{"Smith": "Elm"}]}),
    },
    "GraphQL comments and names": {
        "query": "# Anna Smith\nquery Anna_Smith { anna { ...smith } } fragment Elm on A { b }"
    },
    "file names of a multipart body": {
        "body": '--x\r\nContent-Disposition: form-data; name="Anna"; filename="Smith_Elm.wav"\r\n\r\nAnna\r\n--x--'
    },
    "a text frame in a push": {"payload": f'{FRAME}{{"command":"PUSH","payload":"{{\\"who\\":\\"Anna Smith\\"}}"}}Elm'},
    "JSON after blanks and marks": {"a": ' {"who": "Anna"}', "b": '\ufeff["Smith"]', "c": ')]}\'\n["Elm"]'},
    "a URL with user, port and fragment": {
        "u": "https://anna:smith@elm.example.net:8443/a;Anna=1/?x=1#Smith",
        "v": "x://Elm",
    },
    "markup": {"a": "<a title=Anna href='x?y=Smith'>Elm</a>", "b": "<Anna/>", "c": "&lt;Anna&gt;"},
    "joined with words of Amazon": {"id": "PUSH_VOLUME_CHANGE_Anna.Smith#PUSH_VOLUME_CHANGE:Elm", "a": "isMuted-Anna"},
    "an internationalized host": {"u": "https://anna.xn--smith-kva.example.net/elm"},
    "capitals and small letters mixed": {"name": "aNnA", "x": "SMITH", "y": ["eLM"]},
}


@pytest.mark.parametrize("name", PLANTED)
def test_no_secret_is_left_in_an_unusual_place(name: str) -> None:
    """However a name or an address is written, no word of it is in the file."""
    text = file_of(PLANTED[name])
    assert [word for read in readings(text) for word in ("anna", "smith", "elm") if word in read] == []


PHONES = (2125550123, 6175550123, 3545550123, 1512555012, 3912345678901, 1612555012345)


@pytest.mark.parametrize("phone", PHONES)
@pytest.mark.parametrize("key", ["number", "value", "phone", "phoneNumber", "destination", "title"])
def test_a_phone_number_is_not_moved_like_a_time(phone: int, key: str) -> None:
    """The weeks by which times are moved can be found out; a phone number as large as a time must not move by them."""
    text = file_of({key: str(phone), "inside": f"tel-{phone}", "list": [{key: f"{phone}"}]})
    found = [int(digits) for digits in re.findall(r"\d{10,13}", text)]
    assert [number for number in found if not (number - phone) % WEEK] == []
    numbers = [int(digits) for digits in re.findall(r"\d{10,13}", file_of({key: phone}))]
    assert [number for number in numbers if not (number - phone) % WEEK] == []


@pytest.mark.parametrize("born", ["1980-05-03", "19800503T000000Z", "1957-11-30T00:00:00Z"])
@pytest.mark.parametrize("key", ["dob", "value", "title", "birthDate"])
def test_a_date_from_before_there_were_echos_is_not_moved_like_a_time(born: str, key: str) -> None:
    """A date of birth is replaced by another date, which can still be parsed."""
    found = Pseudonyms(KEY, WORDS, weeks=-100).text(born, key)
    assert len(found) == len(born)
    moved, before = (datetime.fromisoformat(each).date() for each in (found, born))
    assert (moved - before).days % 7


@pytest.mark.parametrize("place", [[52.3702, 4.8952], [52.37, 4.8952], {"a": 52.3702}, "52.3702", {"x": "4.89521"}])
def test_an_exact_decimal_number_does_not_stay(place: Any) -> None:
    """Coordinates are replaced below any key."""
    text = file_of({"spot": place})
    assert [number for number in ("52.3702", "4.895") if number in text] == []


@pytest.mark.parametrize("name", ["किशोर", "สมชาย", "🎉👩‍👩‍👧", "Zoe\u0308", "ד\u05b8ד\u05b4", "अ-ज\u094dञ"])
def test_no_letter_or_mark_of_another_script_is_left(name: str) -> None:
    """Vowel signs and emoji, which are no letters, are replaced with the letters around them."""
    text = file_of({"id": f"lamp-{name}", name: 1, "query": f"{{ a(b: {name}) }}"})
    left = {letter for read in readings(text) for letter in read if letter in name and not letter.isascii()}
    assert left == set()


_ANY = st.text(st.characters(blacklist_categories=()), max_size=12)
_ODD = st.sampled_from(
    ("https://a.net/\ud800?\udfff=\ud800", "\ud83d", "{", '"\\ud800"', "a.b\ud800", "https://[", "1e400")
)
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _ANY, _ODD),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.one_of(_ANY, _ODD), inner, max_size=3)),
    max_leaves=8,
)


@given(_JSON)
def test_nothing_that_amazon_answers_ends_a_recording(value: Any) -> None:
    """Half characters, endless numbers and broken URLs are written as something."""
    assert len(file_of(value).splitlines()) == 4


def test_numbered_ids_stay_apart() -> None:
    """Appliances whose ids differ in a short number are different ones in the recording, too."""
    pseudonyms = Pseudonyms(KEY, WORDS, weeks=-100)
    for count in (10, 100, 1000):
        ids = [f"light-{number}" for number in range(count)]
        assert len({pseudonyms.text(each, "id") for each in ids}) == count
        assert [each for each in ids if "light" in pseudonyms.text(each, "id")] == []
