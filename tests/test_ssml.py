"""Texts to be spoken: what is checked, and how long ones are cut."""

from hypothesis import given, strategies as st
import pytest

from custom_components.alexa_media.ssml import MAX_CHARACTERS, SsmlError, checked, in_language, pieces


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Do without Home Assistant."""


@pytest.mark.parametrize(
    "text",
    [
        "Dinner & a <film>",
        "5 < 6 > 4",
        "<speak>Hello</speak>",
        '<speak>I <amazon:effect name="whispered">whisper</amazon:effect> &amp; wait <break time="1s"/></speak>',
        '<speak version="1.1">\n<p>One</p>\n<p>Two</p>\n</speak>',
    ],
)
def test_sound(text: str) -> None:
    """Plain text needs no care, SSML stays as it is."""
    assert checked(text) == text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("<speak>Hello", "ssml_malformed"),
        ("<speak>Tom & Jerry</speak>", "ssml_malformed"),
        ("<speak><p>Hello</speak>", "ssml_malformed"),
        ("<speak>A&nbsp;B</speak>", "ssml_malformed"),
        ("<speaker>Hello</speaker>, <break/>", "ssml_no_root"),
        ("Wait <break time='1s'/> here", "ssml_no_root"),
        ("<speak>See <b>me</b></speak>", "ssml_unknown_element"),
        ("<speak>" + '<audio src="https://example.org/a.mp3"/>' * 6 + "</speak>", "ssml_too_much_audio"),
        ("<speak>" + "x" * 8000 + "</speak>", "ssml_too_long"),
        ('<!DOCTYPE speak [<!ENTITY a "b">]><speak><p>&a;</p></speak>', "ssml_document_type"),
    ],
)
def test_unsound(text: str, key: str) -> None:
    """What Alexa would not speak is named."""
    with pytest.raises(SsmlError) as raised:
        checked(text)
    assert raised.value.key == key


def test_where_it_is_malformed() -> None:
    with pytest.raises(SsmlError) as raised:
        checked("<speak>one\nTom & Jerry</speak>")
    assert (raised.value.placeholders["line"], raised.value.placeholders["column"]) == ("2", "6")


def test_wrapped() -> None:
    """A document that lacks its ``<speak>`` may be given one; plain text gets none."""
    assert checked("Wait <break time='1s'/> here", wrap=True) == "<speak>Wait <break time='1s'/> here</speak>"
    assert checked("a <film>", wrap=True) == "a <film>"


def test_language() -> None:
    assert in_language("Tom & Jerry", "fr-FR") == '<speak><lang xml:lang="fr-FR">Tom &amp; Jerry</lang></speak>'
    assert in_language("<speak>Oui</speak>", "fr-FR") == '<speak><lang xml:lang="fr-FR">Oui</lang></speak>'


def test_cut_between_sentences() -> None:
    """Sentences stay whole where they can, and as many as there is room for stay together."""
    assert pieces("One two. Three four! Five six? Seven", 20) == ["One two. Three four!", "Five six? Seven"]
    assert pieces("one two three four five", 9) == ["one two", "three", "four five"]
    assert pieces("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert pieces("短い文。次の文。", 5) == ["短い文。", "次の文。"]
    assert pieces("<speak>" + "x" * 300 + "</speak>") == ["<speak>" + "x" * 300 + "</speak>"]


@given(st.text(st.sampled_from("ab .!?。\n"), max_size=900))
def test_cut_loses_nothing(text: str) -> None:
    """All characters but space are there, in order, in pieces that are short enough."""
    cut = pieces(text)
    assert "".join("".join(cut).split()) == "".join(text.split())
    assert all(len(piece) <= MAX_CHARACTERS for piece in cut)


def test_from_a_file() -> None:
    """The declaration of XML is no part of what Alexa takes."""
    assert checked('<?xml version="1.0"?>\n<speak>Hello</speak>') == "<speak>Hello</speak>"
