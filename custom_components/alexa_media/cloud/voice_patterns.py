"""Patterns for spoken commands, with wildcards and with slots that capture words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
import re
from typing import Final
from unicodedata import category

from .names import folded

MAX_PATTERN: Final = 255
"""Maximum length of a pattern in characters."""

_WAKE_WORDS: Final = frozenset(
    {"alexa", "amazon", "computer", "echo", "ziggy", "アレクサ", "एलेक्सा", "أليكسا", "اليكسا"}
)
# Wake words with no other meaning. Only these are removed from the start of a pattern: "computer off" is a command.
_NAMES_OF_ALEXA: Final = _WAKE_WORDS - {"amazon", "computer", "echo"}

_TOKEN: Final = re.compile(r"\{([^{}]*)\}|(\*)|([^{}*]+)")
_SLOT: Final = re.compile(r"[a-z_][a-z0-9_]*", re.IGNORECASE | re.ASCII)
_KEPT: Final = frozenset("_'%&+-")

# Thai, Lao, Burmese, Khmer, Japanese and Chinese are written without spaces between words.
_WITHOUT_SPACES: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


class TextMatch(StrEnum):
    """How the words of a command are compared: equal, contained, or with a pattern."""

    IS = "is"
    CONTAINS = "contains"
    MATCHES = "matches"


class PatternError(ValueError):
    """An invalid pattern; ``key`` is the translation key of the reason."""

    def __init__(self, key: str, part: str = "") -> None:
        """Initialize; ``part`` is the invalid part of the pattern."""
        super().__init__(f"{key}: {part}")
        self.key = key
        self.part = part


def normalized(text: str) -> str:
    """Return a text in lower case with single spaces, and without punctuation and symbols other than ``_'%&+-``."""
    return " ".join("".join(char if _is_kept(char) else " " for char in folded(text)).split())


def _is_kept(char: str) -> bool:
    # the vowels of Hindi and Arabic are marks
    return char.isalnum() or char in _KEPT or category(char).startswith("M")


@dataclass(frozen=True, slots=True)
class _Words:
    """Literal words of a pattern; on a side that is not ``whole``, the word may continue in the adjacent part.

    With ``filled_right``, the slot to the right must continue the word.
    """

    text: str = ""
    whole_left: bool = True
    whole_right: bool = True
    filled_right: bool = False

    def fits(self, spoken: str, start: int) -> bool:
        """Return whether the words, found at ``start``, meet the conditions at both ends."""
        end = start + len(self.text)
        if self.filled_right and not spoken[end : end + 1].strip():
            return False
        return not self.text or (
            (not self.whole_left or _is_edge(spoken, start)) and (not self.whole_right or _is_edge(spoken, end))
        )

    def places(self, spoken: str, start: int) -> Iterator[int]:
        """Yield the positions in the spoken text, from ``start`` on, at which the words fit (``fits``)."""
        at = spoken.find(self.text, start)
        while at >= 0:
            if self.fits(spoken, at):
                yield at
            at = spoken.find(self.text, at + 1)


def _is_edge(spoken: str, at: int) -> bool:
    """Return whether a word may begin or end at a position."""
    around = spoken[max(at - 1, 0) : at + 1]
    return at in (0, len(spoken)) or " " in around or bool(_WITHOUT_SPACES.search(around))


@dataclass(frozen=True, slots=True)
class VoicePattern:
    """A validated pattern. Matching ignores case, most punctuation and a leading wake word of the command.

    ``variables`` contains the name of each slot and ``None`` for each wildcard; ``literals`` are the words around them.
    """

    literals: tuple[_Words, ...]
    variables: tuple[str | None, ...] = ()

    @classmethod
    def parse(cls, text: str, match: TextMatch) -> VoicePattern:
        """Return the pattern for a text; raises ``PatternError``.

        Only ``TextMatch.MATCHES`` supports ``*`` (any text, or none) and ``{name}`` (at least one character, captured).
        """
        if len(text) > MAX_PATTERN:
            raise PatternError("pattern_long")
        if match is TextMatch.MATCHES:
            return _parse_tokens(text)
        if not (words := normalized(text)):
            raise PatternError("pattern_empty")
        plain = _Words(_without(words, _NAMES_OF_ALEXA))
        return cls((plain,)) if match is TextMatch.IS else cls((_Words(), plain, _Words()), (None, None))

    def slots(self, text: str) -> Mapping[str, str] | None:
        """Return the captured words by slot, or None if the text does not match."""
        words = normalized(text)
        for candidate in dict.fromkeys((words, _without(words, _WAKE_WORDS))):
            if (found := self._captured(candidate)) is not None:
                return found
        return None

    def _captured(self, spoken: str) -> Mapping[str, str] | None:
        """Return the captured words, or ``None`` if the text does not match.

        Literal words are taken at their first possible position, because a later one leaves less text for the rest.
        """
        first, *others = self.literals
        if not others:
            return {} if first.text == spoken else None
        if not spoken.startswith(first.text) or not first.fits(spoken, 0):
            return None
        found: dict[str, str] = {}
        at, final = len(first.text), len(spoken) - len(others[-1].text)
        for number, (name, literal) in enumerate(zip(self.variables, others, strict=True), start=1):
            # a slot has at least one letter
            begin = at if name is None else len(spoken) - len(spoken[at:].lstrip()) + 1
            place = next(literal.places(spoken, final if number == len(others) else begin), None)
            if place is None or place < begin:
                return None
            if name is not None:
                found[name] = spoken[at:place].strip()
            at = place + len(literal.text)
        return found


def _without(words: str, wake_words: frozenset[str]) -> str:
    """Return words without a leading wake word, unless nothing else is left."""
    first, _, rest = words.removeprefix("hey ").partition(" ")
    return rest if first in wake_words and rest else words


def _parse_tokens(text: str) -> VoicePattern:
    """Return the pattern for a text with wildcards and slots; raises ``PatternError``."""
    tokens = list(_TOKEN.finditer(text))
    if "".join(token[0] for token in tokens) != text:
        raise PatternError("pattern_braces", text)
    literals, variables = [""], list[str | None]()
    for token in tokens:
        if token[3] is not None:
            literals[-1] = token[3]
            continue
        if variables and not normalized(literals[-1]):
            raise PatternError("pattern_adjacent", token[0])
        variables.append(None if token[2] else _slot_name(token, variables))
        literals.append("")
    if not variables and not normalized(text):
        raise PatternError("pattern_empty")
    return VoicePattern(tuple(_literals(literals, variables)), tuple(variables))


def _slot_name(token: re.Match[str], taken: list[str | None]) -> str:
    """Return the name of a slot; raises ``PatternError`` if it is invalid or already used."""
    if not _SLOT.fullmatch(token[1]):
        raise PatternError("pattern_name", token[0])
    if (name := token[1].casefold()) in taken:
        raise PatternError("pattern_twice", token[0])
    return name


def _literals(texts: list[str], variables: list[str | None]) -> Iterator[_Words]:
    """Yield the words before, between and after the variables."""
    last = len(texts) - 1
    for index, text in enumerate(texts):
        words = normalized(text)
        if index == 0:
            words = _without(words, _NAMES_OF_ALEXA) if last == 0 else _without(f"{words} -", _NAMES_OF_ALEXA)[:-2]
        is_whole_right = index == last or not _continues_word(text[-1:])
        yield _Words(
            words,
            whole_left=index == 0 or not _continues_word(text[:1]),
            whole_right=is_whole_right,
            filled_right=not is_whole_right and bool(words) and variables[index] is not None,
        )


def _continues_word(char: str) -> bool:
    """Return whether a character next to a variable is part of a word."""
    return bool(char) and bool(normalized(char))
