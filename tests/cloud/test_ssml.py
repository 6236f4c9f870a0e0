"""Tests of texts for speech: validation, and splitting of long texts."""

from hypothesis import given, strategies as st
import pytest

from custom_components.alexa_media.cloud.ssml import (
    MAX_CHARACTERS,
    MAX_PIECES,
    SsmlError,
    checked,
    in_language,
    is_ssml,
    pieces,
    plain,
)


@pytest.fixture(autouse=True)
def _custom_integrations() -> None:
    """Replace the fixture for Home Assistant, which is not needed here."""


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
def test_valid_text_is_unchanged(text: str) -> None:
    """Plain text needs no change, and SSML is kept."""
    assert checked(text) == text


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("<speak>Hello", "ssml_malformed"),
        ("<speak>Tom & Jerry</speak>", "ssml_malformed"),
        ("<speak><p>Hello</speak>", "ssml_malformed"),
        ("<speak>A&nbsp;B</speak>", "ssml_malformed"),
        ("<speaker>Hello</speaker>, <break/>", "ssml_unknown_element"),
        ("Hello <speak>World</speak>", "ssml_no_root"),
        ("<speak>One <speak>Two</speak></speak>", "ssml_no_root"),
        ("<SPEAK>Tom & Jerry</SPEAK>", "ssml_malformed"),
        ("Tom & Jerry <break/>", "ssml_malformed"),
        ("<speak><!-- Hello</speak>", "ssml_malformed"),
        ("<speak> </speak>", "empty_message"),
        ("<speak/>", "empty_message"),
        ("<p><!-- Hello --></p>", "empty_message"),
        (" \n", "empty_message"),
        ("\x00\x1b", "empty_message"),
        ("Half an emoji: \ud83d", "text_not_encodable"),
        ("x" * 8001, "message_too_long"),
        ("<speak>See <b>me</b></speak>", "ssml_unknown_element"),
        ("<speak>" + '<audio src="https://example.org/a.mp3"/>' * 6 + "</speak>", "ssml_too_much_audio"),
        ("<speak>" + "x" * 8000 + "</speak>", "message_too_long"),
        ('<!DOCTYPE speak [<!ENTITY a "b">]><speak><p>&a;</p></speak>', "ssml_document_type"),
    ],
)
def test_invalid_text_is_refused_with_a_reason(text: str, key: str) -> None:
    """A text that Alexa would not speak is refused with a reason."""
    with pytest.raises(SsmlError) as raised:
        checked(text)
    assert raised.value.key == key


def test_the_position_of_malformed_ssml_is_reported() -> None:
    with pytest.raises(SsmlError) as raised:
        checked("<speak>one\nTom & Jerry</speak>")
    assert (raised.value.placeholders["line"], raised.value.placeholders["column"]) == ("2", "6")


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Wait <break time='1s'/> here", "<speak>Wait <break time='1s'/> here</speak>"),
        ("a <film>", "a <film>"),
        ("I <3 you", "I <3 you"),
        ("a <p and b", "a <p and b"),
        ("Tom &amp; Jerry &lt;3", "Tom & Jerry <3"),
        ("&amp;lt;", "&lt;"),
        ("  \n<speak >Hello</speak>\n", "<speak >Hello</speak>"),
        ("<SPEAK>Hello <Break/></Speak>", "<speak>Hello <break/></speak>"),
        ("<!-- one --><speak>Hello<?two?></speak>", "<speak>Hello</speak>"),
        ("<speak><![CDATA[5 < 6 & <b>]]></speak>", "<speak>5 &lt; 6 &amp; &lt;b&gt;</speak>"),
        ("\U0001f600 <emphasis>Wow</emphasis>", "<speak>\U0001f600 <emphasis>Wow</emphasis></speak>"),
        ('<audio src="https://example.org/a.mp3"/>', '<speak><audio src="https://example.org/a.mp3"/></speak>'),
    ],
)
def test_text_is_spoken_as_a_document_or_as_plain_text(text: str, spoken: str) -> None:
    """A text with an SSML element becomes one document with names in lower case; any other text is plain text."""
    assert checked(text) == spoken


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("5 < 6 & 7", "5 < 6 & 7"),
        ('<speak>Bread &amp; butter<break time="1s"/>, 5 &lt; 6.</speak>', "Bread & butter, 5 < 6."),
        ("<p>One</p><p>Two</p>", "One Two"),
        ("<emphasis>Won</emphasis>derful!", "Wonderful!"),
        ('<sub alias="a > b">x</sub> y', "x y"),
        ("<speak>&#128512; &amp;amp;</speak>", "\U0001f600 &amp;"),
        ('<speak><audio src="a">One<audio src="b"/></audio>Two</speak>', "One Two"),
    ],
)
def test_a_screen_shows_neither_tags_nor_entities(text: str, shown: str) -> None:
    assert plain(checked(text)) == shown


PARTS = (
    "<",
    ">",
    "/",
    "&",
    "amp;",
    "speak",
    "p",
    " ",
    "!--",
    "-->",
    "x",
    '"',
    "\U0001f600",
    "<speak>",
    "</speak>",
    "<p>",
)


@given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join))
def test_any_text_is_valid_or_refused(text: str) -> None:
    """An accepted text is not empty on a screen; an accepted document is accepted again without changes."""
    try:
        sound = checked(text)
    except SsmlError:
        return
    assert plain(sound)
    if is_ssml(sound):
        assert checked(sound) == sound


def test_a_long_text_fits_into_one_sequence() -> None:
    """The text stays complete, and the number of pieces is limited, even if sentences or words have to be cut."""
    for text in ("x" * 130 + ". ", "y" * 126 + " ", "z" * 200 + "! "):
        long = (text * 100)[:8000]
        assert len(pieces(long)) <= MAX_PIECES
        assert "".join("".join(pieces(long)).split()) == "".join(long.split())


def test_a_malformed_fragment_is_reported_with_its_position() -> None:
    """The position does not include the added ``<speak>`` or an XML declaration."""
    for text in ("One <break/> & two", "<?xml?>\n<p>&</p>"):
        with pytest.raises(SsmlError) as raised:
            checked(text)
        line, column = (int(raised.value.placeholders[key]) for key in ("line", "column"))
        assert text.splitlines()[line - 1][column - 2 : column].startswith(("& ", " &", "&"))


def test_the_language_wraps_the_text() -> None:
    """An attribute of the document may contain the end of a tag."""
    assert in_language("Tom & Jerry", "fr-FR") == '<speak><lang xml:lang="fr-FR">Tom &amp; Jerry</lang></speak>'
    assert in_language("<speak>Oui</speak>", "fr-FR") == '<speak><lang xml:lang="fr-FR">Oui</lang></speak>'
    document = checked("<speak note='a > b'>Oui</speak>")
    assert in_language(document, "fr-FR") == "<speak note='a > b'><lang xml:lang=\"fr-FR\">Oui</lang></speak>"


def test_long_text_is_cut_between_sentences() -> None:
    """Sentences are not cut if possible, and a piece contains as many as fit."""
    assert pieces("One two. Three four! Five six? Seven", 20) == ["One two. Three four!", "Five six? Seven"]
    assert pieces("one two three four five", 9) == ["one two", "three", "four five"]
    assert pieces("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert pieces("短い文。次の文。", 5) == ["短い文。", "次の文。"]
    assert pieces("<speak>" + "x" * 300 + "</speak>") == ["<speak>" + "x" * 300 + "</speak>"]


@given(st.text(st.sampled_from("ab .!?。\n"), max_size=900))
def test_cutting_loses_no_text(text: str) -> None:
    """All characters except spaces are kept in order, and every piece is short enough."""
    cut = pieces(text)
    assert "".join("".join(cut).split()) == "".join(text.split())
    assert all(len(piece) <= MAX_CHARACTERS for piece in cut)


def test_the_xml_declaration_of_a_file_is_removed() -> None:
    """The XML declaration is removed, because Alexa does not accept it."""
    assert checked('<?xml version="1.0"?>\n<speak>Hello</speak>') == "<speak>Hello</speak>"
