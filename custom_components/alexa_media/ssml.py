"""Texts to be spoken: which are SSML, whether that is sound, and how a long one is cut.

What Alexa knows of SSML is in Amazon's "Speech Synthesis Markup Language (SSML) Reference".
"""

import re
from typing import Final
from xml.parsers import expat

MAX_CHARACTERS: Final = 250
"""The longest text of one ``Alexa.Speak``; longer ones are cut at the ends of sentences."""

MAX_SSML_CHARACTERS: Final = 8000
MAX_AUDIO: Final = 5
"""Amazon's limits of one SSML document: characters, and ``<audio>`` elements."""

SPEECH_BASE: Final = 2.0
SPEECH_PER_CHARACTER: Final = 0.15
"""How long speaking takes at most, probably: seconds for a text, and for each of its characters."""

LANGUAGES: Final = (
    "ar-SA",
    "de-DE",
    "en-AU",
    "en-CA",
    "en-GB",
    "en-IN",
    "en-US",
    "es-ES",
    "es-MX",
    "es-US",
    "fr-CA",
    "fr-FR",
    "hi-IN",
    "it-IT",
    "ja-JP",
    "nl-NL",
    "pt-BR",
)
"""What ``<lang xml:lang="…">`` takes."""

_ELEMENTS: Final = frozenset(
    {
        "speak",
        "alexa:name",
        "amazon:domain",
        "amazon:effect",
        "amazon:emotion",
        "audio",
        "break",
        "emphasis",
        "lang",
        "p",
        "phoneme",
        "prosody",
        "s",
        "say-as",
        "sub",
        "voice",
        "w",
    }
)

_SPEAK: Final = re.compile(r"\s*<speak\b[^>]*>.*</speak>\s*", re.DOTALL | re.IGNORECASE)
# With what may stand before it in a file.
_ROOT: Final = re.compile(r"\s*(<\?xml\b[^>]*>\s*)?<(speak\b|!DOCTYPE\b)", re.IGNORECASE)
_DECLARATION: Final = re.compile(r"<\?xml\b[^>]*>\s*", re.IGNORECASE)
_TAG: Final = re.compile(r"<[^<>]*>")
_NAME: Final = re.compile(r"</?([a-z][a-z:-]*)[\s/>]")
# The end of a sentence is followed by space; those of Chinese and Japanese are not.
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")  # noqa: RUF001 - full-width


class SsmlError(ValueError):
    """A text that Alexa would not speak; ``key`` names the sentence that says why, ``placeholders`` fill it in."""

    def __init__(self, key: str, **placeholders: str) -> None:
        """Keep what is wrong."""
        super().__init__(key)
        self.key = key
        self.placeholders = placeholders


def is_ssml(text: str) -> bool:
    """Return whether a text is a whole SSML document (``<speak>…</speak>``)."""
    return _SPEAK.fullmatch(text) is not None


def plain(text: str) -> str:
    """Return a text without its tags, as it is shown and as it is measured."""
    return " ".join(_TAG.sub(" ", text).split()) if is_ssml(text) else text


def speaking_seconds(text: str) -> float:
    """Return for how many seconds a text is probably spoken, rather too many than too few."""
    return SPEECH_BASE + SPEECH_PER_CHARACTER * len(plain(text))


def checked(text: str, *, wrap: bool = False) -> str:
    """Return a text that Alexa can speak: plain text as it is, SSML once it has been checked.

    SSML is what begins with ``<speak`` or has an element of SSML in it. ``wrap`` adds the
    missing ``<speak>`` around the latter. Raises ``SsmlError`` for SSML that is no
    well-formed XML, has no ``<speak>`` around it, has elements that Alexa does not know,
    or is longer than Alexa takes.
    """
    text = _DECLARATION.sub("", text.strip(), count=1) if _ROOT.match(text) else text.strip()
    if not _ROOT.match(text):
        if _ELEMENTS.isdisjoint(_NAME.findall(text)):
            return text
        if not wrap:
            raise SsmlError("ssml_no_root")
        text = f"<speak>{text}</speak>"
    if len(text) > MAX_SSML_CHARACTERS:
        raise SsmlError("ssml_too_long", length=str(len(text)), limit=str(MAX_SSML_CHARACTERS))
    elements = _elements(text)
    if elements[0] != "speak" or not is_ssml(text):
        raise SsmlError("ssml_no_root")
    if unknown := sorted(set(elements) - _ELEMENTS):
        raise SsmlError("ssml_unknown_element", elements=", ".join(unknown), known=", ".join(sorted(_ELEMENTS)))
    if (count := elements.count("audio")) > MAX_AUDIO:
        raise SsmlError("ssml_too_much_audio", count=str(count), limit=str(MAX_AUDIO))
    return text


def _elements(text: str) -> list[str]:
    """Return the names of all elements; raises ``SsmlError`` where it is no well-formed XML."""
    found: list[str] = []

    def _refuse(*_: object) -> None:
        raise SsmlError("ssml_document_type")

    # Without namespaces: nobody declares the prefix of <amazon:effect>.
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, _attributes: found.append(name)
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(text, True)
    except expat.ExpatError as err:
        raise SsmlError(
            "ssml_malformed",
            reason=expat.errors.messages[err.code],
            line=str(err.lineno),
            column=str(err.offset + 1),
        ) from err
    return found


def in_language(text: str, language: str) -> str:
    """Return SSML that speaks a text in a language, one of ``LANGUAGES``."""
    if is_ssml(text):
        start, end = text.index(">") + 1, text.rindex("</")
        head, body, tail = text[:start], text[start:end], text[end:]
    else:
        head, body, tail = "<speak>", escape(text), "</speak>"
    return f'{head}<lang xml:lang="{language}">{body}</lang>{tail}'


def escape(text: str) -> str:
    """Return plain text as SSML takes it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def pieces(text: str, limit: int = MAX_CHARACTERS) -> list[str]:
    """Return plain text in pieces of at most ``limit`` characters, in order.

    It is cut between sentences, a sentence that is too long between words, and a word
    that is too long anywhere. SSML stays whole: its tags belong together.
    """
    if is_ssml(text) or len(text) <= limit:
        return [text]
    return _packed([part for sentence in _SENTENCE_END.split(text) for part in _cut(sentence, limit)], limit)


def _cut(sentence: str, limit: int) -> list[str]:
    """Return a sentence in pieces that are short enough."""
    if len(sentence) <= limit:
        return [sentence]
    words = [word[start : start + limit] for word in sentence.split() for start in range(0, len(word), limit)]
    return _packed(words, limit)


def _packed(parts: list[str], limit: int) -> list[str]:
    """Return neighbours joined by spaces, as many together as there is room for."""
    packed: list[str] = []
    for part in filter(None, (part.strip() for part in parts)):
        if packed and len(packed[-1]) + 1 + len(part) <= limit:
            packed[-1] = f"{packed[-1]} {part}"
        else:
            packed.append(part)
    return packed
