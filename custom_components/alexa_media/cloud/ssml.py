"""Speech text: SSML, speaking time, and splitting of long text.

The supported elements are from Amazon's "Speech Synthesis Markup Language (SSML) Reference".
"""

from collections.abc import Mapping
from html import unescape
import re
from typing import Final
from xml.parsers import expat

MAX_CHARACTERS: Final = 250
"""Maximum number of characters of plain text in one ``Alexa.Speak``; ``pieces`` splits longer text."""

MAX_PIECES: Final = 36
"""Maximum number of pieces of a text; they fit into one sequence together with two volume changes."""

MAX_MESSAGE_CHARACTERS: Final = 8000
MAX_AUDIO: Final = 5
"""Amazon's limits for one SSML document: characters (applied to plain text as well), and ``<audio>`` elements."""

MAX_BREAK: Final = 10.0
MAX_AUDIO_SECONDS: Final = 240.0
"""Amazon's limits in seconds: of one ``<break>``, and of all ``<audio>`` elements of a document together."""

SPEECH_BASE: Final = 2.0
SPEECH_PER_CHARACTER: Final = 0.15
"""Estimated upper limit of the speaking time in seconds: a constant for each text, and an amount per character."""

BREAK_SECONDS: Final = 1.5
AUDIO_SECONDS: Final = 10.0
"""Lengths in seconds that are assumed by default: of a ``<break>``, and of an ``<audio>`` element."""

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
"""Values that ``<lang xml:lang="…">`` accepts."""

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
# Elements that are silent without text in them; <sub> and <audio> have their content in an attribute.
_SPEECHLESS: Final = _ELEMENTS - {"audio", "sub"}

_SPEAK: Final = re.compile(r"\s*<speak\b[^>]*>.*</speak>\s*", re.DOTALL | re.IGNORECASE)
_ROOT: Final = re.compile(r"\s*<(speak\b|!DOCTYPE\b)", re.IGNORECASE)
# XML constructs other than elements and text; Alexa is not known to accept any of them. An unclosed one extends to the
# end of the text, so that parsing takes linear time.
_ASIDE: Final = re.compile(r"<!--(?:.*?-->|.*)|<\?(?:.*?\?>|.*)|<!\[CDATA\[(?P<text>.*?)(?:\]\]>|\Z)", re.DOTALL)
_DECLARATION: Final = re.compile(r"\s*<\?xml\b.*?\?>", re.DOTALL | re.IGNORECASE)
_REST_OF_TAG: Final = r"""(?:[^<>"']|"[^"]*"|'[^']*')*>"""
_TAG: Final = re.compile(rf"<{_REST_OF_TAG}")
_BREAKING_TAG: Final = re.compile(rf"</?(?:audio|break|p|s|speak)\b{_REST_OF_TAG}")
_TIMED_TAG: Final = re.compile(rf"<(?P<name>audio|break|sub)\b(?P<attributes>{_REST_OF_TAG})")
_ATTRIBUTE: Final = re.compile(r"""\s(?P<name>[\w:-]+)\s*=\s*(?P<quote>["'])(?P<value>.*?)(?P=quote)""", re.DOTALL)
_TIME: Final = re.compile(r"\+?(?P<count>\d+\.?\d*|\.\d+)(?P<unit>m?s)")
_NO_BREAK: Final = frozenset({"none", "x-weak"})
_NAME: Final = re.compile(r"(?<=<)/?[A-Za-z][A-Za-z:-]*(?=\s[^<>]*>|/?>)")
# Replaces a tag that interrupts the speech; it becomes a space unless a punctuation mark follows.
_GAP: Final = "\x1f"
_GAPS: Final = re.compile(rf"\s*{_GAP}[\s{_GAP}]*")
_GAP_BEFORE_MARK: Final = re.compile(rf"{_GAP}(?=[,.;:!?)\]…])")
# Alexa cannot speak these characters; XML forbids all of them except DEL.
_UNSPEAKABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_PLAIN_ENTITIES: Final = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
_PLAIN_ENTITY: Final = re.compile("|".join(_PLAIN_ENTITIES))
# Space follows the end of a sentence, except in Chinese and Japanese.
_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")  # noqa: RUF001 - full-width


class SsmlError(ValueError):
    """An invalid text; ``key`` is the translation key of the message, with its ``placeholders``."""

    def __init__(self, key: str, **placeholders: str) -> None:
        """Initialize with the translation key of the message and its placeholders."""
        super().__init__(key)
        self.key = key
        self.placeholders = placeholders


def is_ssml(text: str) -> bool:
    """Return whether a text is a complete SSML document (``<speak>…</speak>``)."""
    return _SPEAK.fullmatch(text) is not None


def plain(text: str) -> str:
    """Return the text of an SSML document without markup and with entities decoded; return plain text unchanged."""
    if not is_ssml(text):
        return text
    text = _GAP_BEFORE_MARK.sub("", _GAPS.sub(_GAP, _BREAKING_TAG.sub(_GAP, _without_asides(text))))
    return " ".join(unescape(_TAG.sub("", text).replace(_GAP, " ")).split())


def speaking_seconds(text: str, sound_seconds: float | None = None, *, longest: bool = False) -> float:
    """Return a generous estimate of the speaking time of a text in seconds.

    ``sound_seconds`` is the total length of its ``<audio>`` elements. If that is unknown, ``AUDIO_SECONDS`` is assumed
    for each of them, or with ``longest`` Amazon's limit for all of them together.
    """
    characters, breaks, sounds = len(plain(text)), 0.0, 0
    for tag in _TIMED_TAG.finditer(_without_asides(text)) if is_ssml(text) else ():
        attributes = {item["name"]: item["value"].strip() for item in _ATTRIBUTE.finditer(tag["attributes"])}
        if tag["name"] == "audio":
            sounds += 1
        elif tag["name"] == "break":
            breaks += _break_seconds(attributes)
        else:
            characters += len(unescape(attributes.get("alias", "")))
    if sound_seconds is None:
        sound_seconds = MAX_AUDIO_SECONDS * bool(sounds) if longest else AUDIO_SECONDS * sounds
    return SPEECH_BASE + SPEECH_PER_CHARACTER * characters + breaks + sound_seconds


def _break_seconds(attributes: Mapping[str, str]) -> float:
    """Return the length of a ``<break>`` in seconds, at most ``MAX_BREAK``."""
    if time := _TIME.fullmatch(attributes.get("time", "")):
        return min(MAX_BREAK, float(time["count"]) / (1000 if time["unit"] == "ms" else 1))
    return 0.0 if attributes.get("strength") in _NO_BREAK else BREAK_SECONDS


def checked(text: str) -> str:
    """Return a text in a form that Alexa accepts for speech, screens and push messages.

    SSML is returned as one ``<speak>`` document without comments, other text with its XML entities decoded. Raises
    ``SsmlError`` for a text that is empty, too long or cannot be encoded, and for SSML that is malformed or not
    supported.
    """
    must_be_encodable(text)
    if len(text) > MAX_MESSAGE_CHARACTERS:
        raise SsmlError("message_too_long", length=str(len(text)), limit=str(MAX_MESSAGE_CHARACTERS))
    found = _lowered(text)
    if found is None:
        text = _PLAIN_ENTITY.sub(lambda entity: _PLAIN_ENTITIES[entity[0]], _UNSPEAKABLE.sub(" ", text)).strip()
        if not text:
            raise SsmlError("empty_message")
        return text
    document = _without_asides(found).strip()
    is_whole = _ROOT.match(document) is not None
    elements = _elements(found, is_whole=is_whole)
    document = document if is_whole else f"<speak>{document}</speak>"
    if unknown := sorted(set(elements) - _ELEMENTS):
        raise SsmlError("ssml_unknown_element", elements=", ".join(unknown), known=", ".join(sorted(_ELEMENTS)))
    if elements[0] != "speak" or elements.count("speak") > 1:
        raise SsmlError("ssml_no_root")
    if (count := elements.count("audio")) > MAX_AUDIO:
        raise SsmlError("ssml_too_much_audio", count=str(count), limit=str(MAX_AUDIO))
    if not is_ssml(document) or (_SPEECHLESS.issuperset(elements) and not plain(document)):
        raise SsmlError("empty_message")
    return document


def must_be_encodable(text: str) -> None:
    """Raise ``SsmlError`` for an unpaired surrogate, which results from cutting an emoji in two."""
    if half := _SURROGATE.search(text):
        raise SsmlError("text_not_encodable", position=str(half.start() + 1))


def _lowered(text: str) -> str | None:
    """Return SSML with the supported element names in lower case; ``None`` for plain text."""
    inner = _without_asides(text)
    # closing tags have a slash before the name
    names = {name.lower().lstrip("/") for name in _NAME.findall(inner)}
    if _ROOT.match(inner) is None and _ELEMENTS.isdisjoint(names):
        return None
    return _NAME.sub(lambda name: lowered if (lowered := name[0].lower()).lstrip("/") in _ELEMENTS else name[0], text)


def _without_asides(text: str) -> str:
    """Return SSML without comments and processing instructions, and with CDATA sections as escaped text."""
    return _ASIDE.sub(lambda aside: escape(aside["text"] or ""), text)


def _elements(text: str, *, is_whole: bool) -> list[str]:
    """Return the names of all elements, with an added ``<speak>`` unless the document ``is_whole``.

    Raises ``SsmlError`` if the SSML has a document type or is not well-formed.
    """
    found: list[str] = []

    def _refuse(*_: object) -> None:
        raise SsmlError("ssml_document_type")

    # Without namespaces: the prefix of <amazon:effect> is never declared.
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda name, _attributes: found.append(name)
    parser.StartDoctypeDeclHandler = _refuse
    start, end = ("", "") if is_whole else ("<speak>", "</speak>")
    if declaration := _DECLARATION.match(text):
        # a declaration is only valid at the very start; spaces keep the columns of error messages
        text = re.sub(r"\S", " ", declaration[0]) + text[declaration.end() :]
    try:
        parser.Parse(f"{start}{text}{end}", True)
    except expat.ExpatError as err:
        raise SsmlError(
            "ssml_malformed",
            reason=expat.errors.messages[err.code],
            line=str(err.lineno),
            column=str(err.offset + 1 - (len(start) if err.lineno == 1 else 0)),
        ) from err
    return found


def in_language(text: str, language: str) -> str:
    """Return SSML that speaks a text in a language, one of ``LANGUAGES``."""
    if is_ssml(text) and (root := _TAG.search(text)):
        start, end = root.end(), text.rindex("</")
        head, body, tail = text[:start], text[start:end], text[end:]
    else:
        head, body, tail = "<speak>", escape(text), "</speak>"
    return f'{head}<lang xml:lang="{language}">{body}</lang>{tail}'


def escape(text: str) -> str:
    """Return plain text escaped for SSML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def pieces(text: str, limit: int = MAX_CHARACTERS, most: int = MAX_PIECES) -> list[str]:
    """Return plain text in pieces of at most ``limit`` characters, in order; SSML is not cut.

    The text is cut between sentences, long sentences between words, and long words anywhere. If that results in more
    than ``most`` pieces, the whole text is cut between words only, or even anywhere.
    """
    if is_ssml(text) or len(text) <= limit:
        return [text]
    by_sentence = _packed([part for sentence in _SENTENCE_END.split(text) for part in _cut(sentence, limit)], limit)
    if len(by_sentence) <= most:
        return by_sentence
    by_word = _cut(text, limit)
    return by_word if len(by_word) <= most else [text[start : start + limit] for start in range(0, len(text), limit)]


def _cut(sentence: str, limit: int) -> list[str]:
    """Return a sentence in pieces of at most ``limit`` characters."""
    if len(sentence) <= limit:
        return [sentence]
    words = [word[start : start + limit] for word in sentence.split() for start in range(0, len(word), limit)]
    return _packed(words, limit)


def _packed(parts: list[str], limit: int) -> list[str]:
    """Return neighboring parts joined with spaces, as many per piece as fit into ``limit`` characters."""
    packed: list[str] = []
    for part in filter(None, (part.strip() for part in parts)):
        if packed and len(packed[-1]) + 1 + len(part) <= limit:
            packed[-1] = f"{packed[-1]} {part}"
        else:
            packed.append(part)
    return packed
