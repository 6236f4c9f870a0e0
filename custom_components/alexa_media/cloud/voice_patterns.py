"""Patterns for spoken commands: wildcards, and slots that capture words."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
import re
from typing import Final

MAX_PATTERN: Final = 255
"""Maximum length of a pattern in characters."""

_WAKE_WORDS: Final = frozenset({"alexa", "amazon", "computer", "echo", "ziggy"})
_TOKEN: Final = re.compile(r"\{([^{}]*)\}|(\*)|([^{}*]+)")
_SLOT: Final = re.compile(r"[a-z_][a-z0-9_]*", re.IGNORECASE)
_PUNCTUATION: Final = re.compile(r"[^\w\s'*{}%&+-]")


class TextMatch(StrEnum):
    """How the words of a command are compared: equal, contained, or by a pattern."""

    IS = "is"
    CONTAINS = "contains"
    MATCHES = "matches"


class PatternError(ValueError):
    """A pattern that cannot match; ``key`` is the translation key of the reason, ``part`` what is wrong."""

    def __init__(self, key: str, part: str = "") -> None:
        """Initialize; ``part`` is the offending part of the pattern."""
        super().__init__(f"{key}: {part}")
        self.key = key
        self.part = part


def normalized(text: str) -> str:
    """Return a text in lower case without punctuation and with single spaces."""
    return " ".join(_PUNCTUATION.sub(" ", text.casefold()).split())


@dataclass(frozen=True, slots=True)
class VoicePattern:
    """A checked pattern. Case, punctuation and a leading wake word do not count."""

    expression: re.Pattern[str]

    @classmethod
    def parse(cls, text: str, match: TextMatch) -> VoicePattern:
        """Return the pattern of a text; raises ``PatternError``.

        Only ``TextMatch.MATCHES`` knows ``*`` (any words) and ``{name}`` (at least one word, captured).
        """
        if len(text) > MAX_PATTERN:
            raise PatternError("pattern_long")
        words = normalized(text)
        if match is TextMatch.MATCHES:
            return cls(re.compile(_expression(words)))
        if not (words := words.translate({ord(mark): " " for mark in "*{}"}).strip()):
            raise PatternError("pattern_empty")
        plain = re.escape(" ".join(words.split()))
        return cls(re.compile(plain if match is TextMatch.IS else rf"(?:.* )?{plain}(?: .*)?"))

    def slots(self, text: str) -> Mapping[str, str] | None:
        """Return the captured words by slot, or ``None`` if the text does not match."""
        words = normalized(text)
        for candidate in (words, _without_wake_word(words)):
            if found := self.expression.fullmatch(candidate):
                return {name: value.strip() for name, value in found.groupdict().items()}
        return None


def _without_wake_word(words: str) -> str:
    first, _, rest = words.partition(" ")
    return rest if first in _WAKE_WORDS else words


def _expression(words: str) -> str:
    """Return the regular expression of a pattern; raises ``PatternError``."""
    tokens = list(_TOKEN.finditer(words))
    if "".join(token[0] for token in tokens) != words:
        raise PatternError("pattern_braces", words)
    if not words:
        raise PatternError("pattern_empty")
    found, names, after_variable = "", set[str](), False
    for token in tokens:
        slot, wildcard, literal = token.groups()
        if literal is not None:
            found += _literal(literal)
            after_variable = after_variable and not literal.strip()
            continue
        if after_variable:
            raise PatternError("pattern_adjacent", token[0])
        after_variable = True
        if wildcard:
            found += ".*"
            continue
        if not _SLOT.fullmatch(slot):
            raise PatternError("pattern_name", token[0])
        if slot in names:
            raise PatternError("pattern_twice", token[0])
        names.add(slot)
        found += rf"(?P<{slot}>\S.*?)"
    return found


def _literal(text: str) -> str:
    """Return the expression of literal words; spaces next to a wildcard are optional."""
    return re.sub(r"(?:\\ )+", r"\\s*", re.escape(text)) if not text.strip() else _edges(text)


def _edges(text: str) -> str:
    head = r"\s*" if text.startswith(" ") else ""
    tail = r"\s*" if text.endswith(" ") else ""
    return (
        rf"{head}{re.escape(text.strip())}{tail}"
        if not (head or tail)
        else rf"{head}\b{re.escape(text.strip())}\b{tail}"
    )
