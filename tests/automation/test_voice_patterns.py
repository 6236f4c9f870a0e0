"""Tests of patterns for spoken commands: any script, any length, and matching time independent of wildcards."""

import time
import unicodedata

from hypothesis import given, strategies as st
import pytest

from custom_components.alexa_media.cloud.voice_patterns import MAX_PATTERN, PatternError, TextMatch, VoicePattern


def slots(text: str, match: str, said: str) -> dict[str, str] | None:
    """Return the captured words of a match."""
    found = VoicePattern.parse(text, TextMatch(match)).slots(said)
    return None if found is None else dict(found)


@pytest.mark.parametrize(
    ("text", "match", "said", "expected"),
    [
        pytest.param("Alexa, movie time", "is", "movie time", {}, id="wake-word-in-pattern"),
        pytest.param("alexa turn on {what}", "matches", "turn on the lamp", {"what": "the lamp"}, id="wake-word-slot"),
        pytest.param("hey alexa movie time", "is", "movie time", {}, id="hey-in-pattern"),
        pytest.param("movie time", "is", "hey Alexa, movie time", {}, id="hey-said"),
        pytest.param("what's up", "is", "What\u2019s up?", {}, id="typographic-apostrophe"),
        pytest.param("what\u2019s up", "is", "what's up", {}, id="typographic-apostrophe-pattern"),
        pytest.param("küche", "contains", unicodedata.normalize("NFD", "Licht in der Küche an"), {}, id="decomposed"),
        pytest.param(unicodedata.normalize("NFD", "küche"), "contains", "Küche an", {}, id="decomposed-pattern"),
        pytest.param("straße", "contains", "licht STRASSE an", {}, id="sharp-s"),
        pytest.param("{room}の電気をつけて", "matches", "台所の電気をつけて", {"room": "台所"}, id="japanese"),
        pytest.param("电视", "contains", "打开电视", {}, id="chinese-contains"),
        pytest.param("हॉल", "contains", "हॉल की लाइट", {}, id="devanagari"),
        pytest.param("ह", "is", "हॉ", None, id="devanagari-vowel-counts"),
        pytest.param("{what} की लाइट", "matches", "हॉल की लाइट", {"what": "हॉल"}, id="devanagari-slot"),
        pytest.param("اطفئ النور", "is", "اطفئ النور", {}, id="arabic"),
        pytest.param("set {n} percent", "matches", "set 50 percent", {"n": "50"}, id="number"),
        pytest.param(
            "put * on {list} list", "matches", "put milk on the shopping list", {"list": "the shopping"}, id="mixed"
        ),
        pytest.param("{a} list", "matches", "list list", {"a": "list"}, id="repeat"),
        pytest.param("{a} and {b}", "matches", "x and y and z", {"a": "x", "b": "y and z"}, id="shortest-first"),
        pytest.param("{what} on", "matches", "turn the fan on and on", {"what": "turn the fan on and"}, id="end"),
        pytest.param("lights *", "matches", "lightship", None, id="word-boundary"),
        pytest.param("* lights", "matches", "lights", {}, id="wildcard-empty"),
        pytest.param("{x}", "matches", "", None, id="slot-empty"),
        pytest.param("5 * 3", "contains", "what is 5 * 3", {}, id="star-said"),
        pytest.param("*", "matches", "anything at all", {}, id="all"),
        pytest.param("{X}", "matches", "hello", {"x": "hello"}, id="case-of-slot"),
    ],
)
def test_patterns_match_any_script(text: str, match: str, said: str, expected: dict[str, str] | None) -> None:
    """Covers wake words, apostrophes, composed letters and non-Latin scripts."""
    assert slots(text, match, said) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("* a" * 60, "a " * 5000 + "b", id="wildcards"),
        pytest.param("a".join(f"{{s{n}}}" for n in range(40)), "a" * 10_000 + "b", id="slots"),
        pytest.param(" a ".join(f"{{s{n}}}" for n in range(30)), "a " * 10_000 + "b", id="slots-with-spaces"),
        pytest.param("a" * 200, "a" * 20_000, id="long-speech"),
        pytest.param("* b", " " * 100_000, id="blanks"),
    ],
)
@pytest.mark.parametrize("match", list(TextMatch))
def test_matching_a_pattern_is_fast(text: str, said: str, match: TextMatch) -> None:
    """Neither many wildcards nor a long transcript blocks Home Assistant."""
    pattern = VoicePattern.parse(text[:MAX_PATTERN], match)
    begin = time.process_time()
    pattern.slots(said)
    assert time.process_time() - begin < 0.5


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("   ", "pattern_empty"),
        ("?!", "pattern_empty"),
        ("}{", "pattern_braces"),
        ("{{a}}", "pattern_braces"),
        ("{a b}", "pattern_name"),
        ("{}", "pattern_name"),
        ("{A} and {a}", "pattern_twice"),
        ("* *", "pattern_adjacent"),
        ("{a}*", "pattern_adjacent"),
        ("{a}, {b}", "pattern_adjacent"),
        ("x" * (MAX_PATTERN + 1), "pattern_long"),
        ("ß" * MAX_PATTERN, None),
        ("{class}", None),
        ("{ł}", "pattern_name"),
        ("{a-b}", "pattern_name"),
    ],
)
def test_an_invalid_pattern_is_refused_with_a_reason(text: str, key: str | None) -> None:
    """No pattern raises any other exception."""
    if key is None:
        VoicePattern.parse(text, TextMatch.MATCHES)
        return
    with pytest.raises(PatternError) as caught:
        VoicePattern.parse(text, TextMatch.MATCHES)
    assert caught.value.key == key


def fits(parts: list[str], said: str, at: int) -> bool:
    """Return whether a pattern matches the rest of the text, by trying every length of each variable."""
    if not parts:
        return at == len(said)
    part, *rest = parts
    if part == "*" or part.startswith("{"):
        least = 0 if part == "*" else 1
        ends = range(at, len(said) + 1)
        return any(len(said[at:end].strip()) >= least and fits(rest, said, end) for end in ends)
    end = at + len(part)
    is_whole = at in (0, end) or said[at - 1] == " "
    is_end = end == len(said) or said[end : end + 1] == " "
    return said[at:end] == part and is_whole and is_end and fits(rest, said, end)


@given(
    literals=st.lists(st.sampled_from(["a", "b", "a b", "ab"]), min_size=1, max_size=3),
    variables=st.lists(st.sampled_from(["*", "{}"]), min_size=4, max_size=4),
    edges=st.tuples(st.booleans(), st.booleans()),
    said=st.text("ab ", max_size=9),
)
def test_the_fast_search_finds_the_same_as_an_exhaustive_search(
    literals: list[str], variables: list[str], edges: tuple[bool, bool], said: str
) -> None:
    """The search takes each word at its first position, and still finds every match."""
    named = [variable.replace("{}", f"{{s{number}}}") for number, variable in enumerate(variables)]
    parts = [part for literal, variable in zip(literals, named, strict=False) for part in (variable, literal)]
    parts = parts[0 if edges[0] else 1 :] + ([named[3]] if edges[1] else [])
    words = " ".join(said.split())
    pattern = VoicePattern.parse(" ".join(parts), TextMatch.MATCHES)
    assert (pattern.slots(words) is not None) is fits(parts, words, 0)
