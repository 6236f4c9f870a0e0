"""Pseudonyms for everything in a recording that could identify a household.

The rule is an allow-list. Structure, published words (``published_words.txt``), most short numbers and a few other
harmless values are kept, and times are shifted by whole weeks. Every other text or number becomes a pseudonym.

Anyone who knows when a recording was made can compute the number of weeks. Therefore only values that are certain to be
times are shifted.

A published word may also be a name in a household ("secret", "music"). Therefore most plain English words are not kept
below keys that may contain names, or inside longer texts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
import hashlib
import hmac
import json
from pathlib import Path
import re
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit
from zoneinfo import available_timezones

_DATED: Final = re.compile(
    r"(?P<year>\d{4})(?P<separator>-?)(?P<month>\d\d)(?P=separator)(?P<day>\d\d)"
    r"(?P<rest>[T ]?(\d\d:?\d\d(:?\d\d(\.\d{1,9})?)?)?( ?(Z|UTC|[+-]\d\d:?\d\d))?)"
)
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?")


def shifted_text(text: str, weeks: int) -> str | None:
    """Return a date, or a date and time, shifted by weeks; a time of day unchanged; None for anything else.

    Whole weeks preserve weekdays and times of day, so recurrences still match.
    """
    if _TIME.fullmatch(text):
        return text
    match = _DATED.fullmatch(text)
    if match is None:
        return None
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"])) + timedelta(weeks=weeks)
    except ValueError, OverflowError:
        return None
    separator = match["separator"]
    return f"{day.year:04}{separator}{day.month:02}{separator}{day.day:02}{match['rest']}"


WORDS_FILE: Final = Path(__file__).with_name("published_words.txt")

WEEK: Final = 7 * 24 * 3600

_FIRST_YEAR: Final = 2010
"""Year from which dates are shifted; earlier ones may be dates of birth."""

_NO_DATE: Final = "1970"
"""Year of the dates that mean "never"."""

_OTHER_DAYS: Final = (date(1900, 1, 1).toordinal(), 14_000)
"""First day (as an ordinal) and number of days of the range that contains the pseudonyms of private dates."""

_PRIVATE_KEY: Final = re.compile(
    r"lat(itude)?$|lon(g|gitude)?$|lng$|coord|geo|(?<!status)(?<!response)code$|pin$|zip|postal|house(no|num)|phone"
    r"|password|otp|token|address|secret|credential|cookie|ssid|birth|location$|gps|apartment|suite|card_?(no|num)|cvv|ssn",
    re.IGNORECASE,
)
"""Keys below which every number is private, even a short one."""

_NAME_KEY: Final = re.compile(
    r"(account|device|display|friendly|full|first|last|given|family|nick|item|list|person|room|group|album|artist"
    r"|track|song|station|routine|speaker|user|contact|owner|manufacturer|model|unit)_?names?$"
    r"|title|label$|utterance|transcript|phrase|description|summary|subtext|text$|nickname|(?<!capa)(?<!visi)city$"
    r"|street|county$|addressline|contents?$|password|otp$|secret|credential|cookie|ssid|phone|e?mails?$|birth|zip"
    r"|postal",
    re.IGNORECASE,
)
"""Keys of names, free texts and credentials, below which only a few published words are kept."""

_MIXED_KEY: Final = re.compile(r"^$|names?$|values?$|body$|message$|id$|key$", re.IGNORECASE)
"""Keys of texts that may be names or Amazon's identifiers, below which most plain words are not kept."""

_SPECIAL_KEYS: Final = frozenset({"__type", "@class"})
"""Keys of Amazon's serializers, which are not words."""

_TIME_KEY: Final = re.compile(r"time|date|stamp|expir|until|schedule|start|(d|te)_?at$|end$", re.IGNORECASE)
"""Keys of times, below which large numbers may be epoch seconds or milliseconds."""

_TYPE_KEY: Final = re.compile(r"@?[a-z]*type|_*typename|route|namespace", re.IGNORECASE)
_PLACE_KEY: Final = re.compile(r"country|locale|language", re.IGNORECASE)
_PLACE: Final = re.compile(r"[a-z]{2}([-_][A-Z]{2})?|[A-Z]{2}")
_WHOLE: Final = re.compile(
    r"([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|(?<!\w)[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5,7}(?!\w)"
    r"|(?<=_)[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5,7}(?!\w))"
)
"""UUIDs and hardware addresses inside ids."""

_UUID_LENGTH: Final = 36

_DEVICE_TYPE: Final = re.compile(r"A(?=.*\d)[0-9A-Z]{9,14}")
"""Amazon's device type ids; a text that is a known one is kept below every key."""

_MAKERS: Final = frozenset(
    {"amazon", "amazon.com", "ledvance", "sengled", "t0bst4r", "matterbridge", "redrock_guard_panel"}
)
"""Manufacturers, and a model, that affect the handling of an appliance; they are kept below every key."""

_PLAIN: Final = re.compile(r"[A-Z]?[a-z]+")
_PLAIN_PART: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")

_FEATURES: Final = frozenset(
    {"power", "brightness", "color", "lock", "mode", "range", "toggle", "security", "speaker", "setpoint"}
    | {"thermostat", "temperature", "humidity", "volume", "reachability", "illuminance", "battery", "connectivity"}
    | {"online", "offline", "true", "false", "on", "off", "ON", "OFF", "OK", "LOCKED", "UNLOCKED", "JAMMED"}
    | {"HEAT", "COOL", "AUTO", "ECO", "CELSIUS", "FAHRENHEIT", "DETECTED", "UNREACHABLE", "AWAY", "STAY", "NIGHT"}
)
"""Plain words that name features of appliances and their values; they are kept except below keys of names."""

_WORDS_OF_KEYS: Final[Mapping[str, frozenset[str]]] = {
    "deviceDropInAvailability": frozenset({"All", "Home", "Off"}),
    "timeZoneRegion": frozenset(
        {"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
    ),
    "value": frozenset({"Aux", "Bluetooth"}),
}
"""Plain words that are kept below these keys, where they are Amazon's values; elsewhere they may be names."""

_DURATION_KEYS: Final = frozenset(
    {"remainingTime", "remainingDuration", "mediaLength", "mediaProgress", "durationInMillis", "sleepTimerDuration"}
)
"""Keys of durations in milliseconds, which keep up to eight digits."""

_COLOR_KEYS: Final = frozenset({"hue", "saturation", "brightness"})

_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")
_DURATION: Final = re.compile(r"P(?=.)(\d{1,3}D)?(T(\d{1,4}H)?(\d{1,4}M)?(\d{1,5}(\.\d{1,3})?S)?)?")
_WEEKDAYS: Final = re.compile(r"X{4}-(W(XX|D|E)(-\d)?|XX-\d\d|\d\d-\d\d)")
_RULE: Final = re.compile(r"(RRULE:)?FREQ=[A-Z]+(;[A-Z]+=[A-Z0-9,+-]{1,40})*")
_RULE_NAME: Final = re.compile(
    r"FREQ|INTERVAL|COUNT|UNTIL|WKST|BY(DAY|MONTH|MONTHDAY|YEARDAY|WEEKNO|HOUR|MINUTE|SECOND|SETPOS)"
)
_RULE_VALUE: Final = re.compile(
    r"[+-]?\d{0,3}(MO|TU|WE|TH|FR|SA|SU)?|YEARLY|MONTHLY|WEEKLY|DAILY|HOURLY|MINUTELY|SECONDLY"
)
_EMAIL: Final = re.compile(r"[^\s@/]+@[^\s@/]+\.[^\s@/]+")
_URL: Final = re.compile(r"([a-z][a-z0-9+.-]{1,15})://(\S+)", re.IGNORECASE)
_AMAZON: Final = re.compile(
    r"((www|alexa|api|parents|eltern|gateway|devices|bob-dispatch-prod-|na|eu|fe|us|-api-alexa)[.-]?){0,5}"
    r"(amazon\.(com|[a-z]{2}|com?\.[a-z]{2})|amazonalexa\.com|a2z\.com)"
)
"""Hosts of Amazon's APIs, which are kept because they identify the region."""
_HARDWARE: Final = re.compile(r"[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}")
_ADDRESS: Final = re.compile(r"\d{1,3}(\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){2,7}")
# Vowel signs of some scripts are not word characters, so every non-ASCII character counts as part of a word.
_TOKEN: Final = re.compile(r"(?:[^\W_]|[^\x00-\x7f])+(?:_(?:[^\W_]|[^\x00-\x7f])+)*")
_PIECE: Final = re.compile(r"(?:[^\W_]|[^\x00-\x7f])+")
_LITERAL: Final = re.compile(r'"(?:[^"\\]|\\.)*"|(?:[^\W_]|[^\x00-\x7f]|_(?=\w|[^\x00-\x7f]))(?:\w|[^\x00-\x7f])*')
_DOCUMENT: Final = re.compile(r"\s*(?:#|\{|(?:query|mutation|subscription|fragment)\b)")
_HEX: Final = re.compile(r"[0-9a-f]{8,}")

_JOINTS: Final = frozenset(
    {"AAA", "Alexa", "amzn1", "account", "person", "alexa", "endpoint", "unit", "did", "automation", "group", "ms"}
    | {"comms", "id", "hg"}
    | {"alexalists"}
)
"""Plain words that are kept inside Amazon's ids."""

_UPPER: Final = "BCDFGHJKLMNPQRSTVWXZ23456789"
_LOWER: Final = _UPPER.lower()
_HEX_DIGITS: Final = "0123456789abcdef"
_DIGITS: Final = "0123456789"

_TABLES: Final = {
    alphabet: "".join(alphabet[byte % len(alphabet)] for byte in range(256)).encode()
    for alphabet in (_UPPER, _LOWER, _LOWER[:20], _HEX_DIGITS, _DIGITS)
}
"""Translation tables from the bytes of a hash to the letters of each alphabet."""

_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
_MAX_DEPTH: Final = 60
_MOST_KEPT: Final = 20_000
_JSON_STARTS: Final = frozenset('{["')


def load_words() -> frozenset[str]:
    """Return the published words; reads a file, so call it in the executor."""
    lines = WORDS_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def load_allowed() -> frozenset[str]:
    """Return the words for ``Pseudonyms``: published words and time zone names; reads files."""
    return load_words() | available_timezones()


@dataclass(frozen=True, slots=True)
class _Key:
    """Facts about the texts and numbers below a key of an object."""

    is_private: bool
    is_time: bool
    is_name: bool
    is_type: bool
    is_place: bool
    is_mixed: bool

    @classmethod
    def of(cls, key: str) -> _Key:
        """Return the facts about a key."""
        is_name = _NAME_KEY.search(key) is not None
        is_private = is_name or _PRIVATE_KEY.search(key) is not None
        return cls(
            is_private=is_private,
            is_time=not is_private and _TIME_KEY.search(key) is not None,
            is_name=is_name,
            is_type=_TYPE_KEY.fullmatch(key) is not None,
            is_place=_PLACE_KEY.search(key) is not None,
            is_mixed=_MIXED_KEY.search(key) is not None,
        )


class Pseudonyms:
    """Replaces private values; the same value below the same object key gets the same pseudonym.

    Pseudonyms are derived from keyed hashes. Neither the secret key nor the cache of results may be written to a file.
    The cache saves most of the work, because responses repeat each other.
    """

    def __init__(self, key: bytes, words: frozenset[str], *, weeks: int) -> None:
        """Initialize with the secret key of the hashes, the words to keep and the weeks by which to shift times."""
        self._key = key
        self._words = words
        self._weeks = weeks
        self._texts: dict[tuple[str, str], str] = {}
        self._keys: dict[str, _Key] = {}

    def value(self, value: Any, key: str = "", depth: int = 0) -> Any:
        """Return a JSON value with pseudonyms, with null for values that are nested too deeply.

        ``key`` is the nearest object key above the value, ``depth`` the number of levels above it.
        """
        if value is None or value is True or value is False:
            return value
        if depth > _MAX_DEPTH:
            return None
        if isinstance(value, str):
            return self.text(value, key, depth)
        if isinstance(value, dict):
            below = depth + 1
            return {self._name(str(name)): self.value(item, str(name), below) for name, item in value.items()}
        if isinstance(value, int | float):
            return self._number(value, key)
        if isinstance(value, list | tuple):
            return [self.value(item, key, depth + 1) for item in value]
        return None

    def text(self, text: str, key: str = "", depth: int = 0) -> str:
        """Return a text in which everything private is replaced."""
        if text[:1] in _JSON_STARTS and text and (nested := self._nested(text, key, depth)) is not None:
            return nested
        if len(text) == _UUID_LENGTH and _WHOLE.fullmatch(text):
            # not cached: most UUIDs are ids of messages, which do not recur
            return self._uuid(text)
        if (made := self._texts.get((text, key))) is None:
            made = self._flat_text(text, key)
            if len(self._texts) >= _MOST_KEPT:
                self._texts.clear()
            self._texts[text, key] = made
        return made

    def _flat_text(self, text: str, key: str) -> str:
        """Return a text that is not JSON, or its pseudonym."""
        if not text or self._is_published(text, key):
            return text
        if "," in text and all(self._is_published(part, key) for part in text.split(",")):
            return text
        if key == "query" and "{" in text and _DOCUMENT.match(text):
            return self._document(text)
        if _NUMBER.fullmatch(text):
            return self._digits_text(text, key)
        if (shifted := self._dated(text, key)) is not None:
            return shifted
        for pattern, replace in _FORMS:
            if pattern.fullmatch(text):
                return replace(self, text)
        if any(letter.isspace() for letter in text):
            return self._sentence(text)
        if _AMAZON.fullmatch(text):
            return text
        return self._composite(text, is_name=self._about(key).is_name)

    def _about(self, key: str) -> _Key:
        """Return the facts about a key from a cache, because most keys occur very often."""
        if (known := self._keys.get(key)) is None:
            known = _Key.of(key)
            if len(self._keys) < _MOST_KEPT:
                self._keys[key] = known
        return known

    def _is_published(self, text: str, key: str) -> bool:
        """Return whether a text may be kept unchanged below a key."""
        if text.casefold() in _MAKERS or (_DEVICE_TYPE.fullmatch(text) and text in self._words):
            return True
        if text in _WORDS_OF_KEYS.get(key, ()):
            return True
        about = self._about(key)
        if about.is_type and all(piece in self._words for piece in re.split(r"[.:]+", text)):
            return True
        if about.is_name:
            return False
        if _DURATION.fullmatch(text) or _WEEKDAYS.fullmatch(text):
            return True
        if about.is_place and _PLACE.fullmatch(text):
            return True
        if text not in self._words and text not in _FEATURES:
            return False
        return text in _FEATURES or not about.is_mixed or not _PLAIN.fullmatch(text)

    def path(self, template: str, path: str) -> str:
        """Return a path with pseudonyms for the private values of the template's parameters.

        In a path that does not match the template, every segment is handled as a value.
        """
        pattern = re.sub(r"\\{(\w+)\\}", r"([^/]*)", re.escape(template))
        if (match := re.fullmatch(pattern, path)) is None:
            return self._segments(path)
        values = iter(match.groups())
        return re.sub(r"\{(\w+)\}", lambda name: self._segment(next(values), name[1]), template)

    def _nested(self, text: str, key: str, depth: int) -> str | None:
        """Return a JSON text with pseudonyms for private values, or None if the text is not JSON."""
        try:
            found = json.loads(text)
        except ValueError, RecursionError:
            return None
        return _ENCODE(self.value(found, key, depth + 1))

    def _document(self, text: str) -> str:
        """Return a GraphQL document with unpublished words replaced."""

        def replace(match: re.Match[str]) -> str:
            word = match[0]
            if word.startswith('"'):
                return json.dumps(self.text(word[1:-1]))
            return word if word in self._words else self._word(word)

        return " ".join(_LITERAL.sub(replace, text).split())

    def _name(self, name: str) -> str:
        """Return an object key if it may be kept, else the pseudonym that the same text has below the key ``id``."""
        if name in self._words:
            return name
        if name in _SPECIAL_KEYS or (name[:1] == "@" and name[1:] in self._words):
            return name
        return name if _NUMBER.fullmatch(name) and len(name) <= 4 else self.text(name, "id")

    def _dated(self, text: str, key: str) -> str | None:
        """Return the text to write for a date or time; None for anything else."""
        if (shifted := shifted_text(text, self._weeks)) is None:
            return None
        is_private = self._about(key).is_private
        if (match := _DATED.fullmatch(text)) is None:
            return self._digits(text) if is_private else shifted
        if not is_private and (int(match["year"]) >= _FIRST_YEAR or match["year"] == _NO_DATE):
            return shifted
        first, count = _OTHER_DAYS
        other = date.fromordinal(first + int(self._letters(text, _DIGITS, 9)) % count)
        return other.strftime(f"%Y{match['separator']}%m{match['separator']}%d{match['rest']}")

    # --- numbers --------------------------------------------------------------------------

    def _number(self, number: Any, key: str) -> float:
        """Return a number unchanged if it may stay, a color rounded, a time shifted, and others with other digits."""
        if isinstance(number, float) and number.is_integer() and abs(number) < 1e15:
            return float(self._number(int(number), key))
        if isinstance(number, float):
            if key in _COLOR_KEYS and abs(number) <= 360:
                return round(number, 4)
            return number if self._may_stay(repr(number), key) else float(self._digits(f"{number:.6f}"))
        whole = int(number)
        if self._may_stay(str(whole), key):
            return whole
        return int(self._large(str(whole), key))

    def _digits_text(self, text: str, key: str) -> str:
        """Return a numeric text unchanged if it may stay, else shifted if it is a time, else with other digits."""
        if self._may_stay(text, key):
            return text
        return self._large(text, key)

    def _large(self, digits: str, key: str) -> str:
        """Return the digits of a number that may not stay: a time shifted, and others replaced."""
        is_time = digits.isdecimal() and self._about(key).is_time
        shifted = _shifted_epoch(int(digits), self._weeks) if is_time else None
        return self._digits(digits) if shifted is None else str(shifted)

    def _may_stay(self, digits: str, key: str) -> bool:
        """Return whether a number is short enough to be kept, and not private because of its key."""
        is_duration = key in _DURATION_KEYS
        if "e" in digits or self._about(key).is_private or sum(map(str.isdigit, digits)) > (8 if is_duration else 6):
            return False
        return is_duration or len(digits.partition(".")[2]) <= 2

    def _digits(self, text: str) -> str:
        """Return the text with its digits replaced; a whole number has no leading zero and resembles no timestamp."""
        found = iter(self._letters(text, _DIGITS, max(len(text), 1)))
        digits = "".join(next(found) if letter.isdigit() else letter for letter in text)
        if len(text) in (10, 13) and digits.isdecimal():
            # the replay shifts everything that resembles a timestamp
            return f"{5 + int(digits[0]) % 5}{digits[1:]}"
        return re.sub(r"^(-?)0(?=\d)", r"\g<1>4", digits)

    def _counter(self, digits: str) -> str:
        """Return the pseudonym of a short number in an id; numbers of the same length never share one."""
        middle = len(digits) // 2
        left, right = digits[:middle], digits[middle:]
        for part in range(4):
            added = int(left or 0) + int(self._letters(f"{part}:{right}", _DIGITS, 9))
            left, right = right, f"{added % 10 ** len(left):0{len(left)}}" if left else ""
        return left + right

    # --- texts ----------------------------------------------------------------------------

    def _composite(self, text: str, *, is_name: bool = False) -> str:
        """Replace each private part of a text separately, so that references to parts of an id still match."""
        joints = _JOINTS if text.startswith(("amzn1.", "Alexa.", "AAA_")) or "#" in text else frozenset()

        def stays(word: str) -> bool:
            if is_name or word.isdecimal():
                return False
            return word in joints or (word in self._words and not _PLAIN_PART.fullmatch(word))

        def replace(match: re.Match[str]) -> str:
            if stays(match[0]):
                return match[0]
            return _PIECE.sub(lambda piece: piece[0] if stays(piece[0]) else word(piece[0]), match[0])

        def word(piece: str) -> str:
            # the time in a key of the history: customer#milliseconds#type#serial
            is_time = "#" in text and len(piece) == 13 and piece.isdecimal() and "14" <= piece[:2] <= "19"
            shifted = _shifted_epoch(int(piece), self._weeks) if is_time else None
            if shifted is not None:
                return str(shifted)
            if not piece.isdecimal():
                return self._word(piece)
            # a long number inside an id has the same pseudonym as the number alone
            return self._digits(piece) if len(piece) > 6 else self._counter(piece)

        if not _TOKEN.search(text) or not any(map(str.isalpha, text)):
            is_number = any(map(str.isdigit, text)) and all(each.isascii() or each.isdigit() for each in text)
            return self._digits(text) if is_number else self._symbols(text)
        # every second part is a UUID or a hardware address, which keeps its form
        parts = _WHOLE.split(text)
        return "".join(
            self._hex(part) if number % 2 else _TOKEN.sub(replace, part) for number, part in enumerate(parts)
        )

    def _hex(self, text: str) -> str:
        digits = iter(self._letters(text.casefold(), _HEX_DIGITS, len(text)))
        made = "".join(next(digits) if letter.isalnum() else letter for letter in text)
        return made.upper() if text.isupper() else made

    def _uuid(self, text: str) -> str:
        """Return the same as ``_hex`` for a UUID, but faster."""
        made = self._letters(text.casefold(), _HEX_DIGITS, _UUID_LENGTH)
        made = f"{made[:8]}-{made[8:12]}-{made[12:16]}-{made[16:20]}-{made[20:32]}"
        return made.upper() if text.isupper() else made

    def _word(self, word: str) -> str:
        """Return a pseudonym of the same alphabet and length class, followed by "é" if the word is not ASCII."""
        alphabet = _alphabet(word)
        # The length of hexadecimal ids and serials has a meaning, but is not private.
        is_exact = alphabet is _HEX_DIGITS and len(word) <= 64
        made = self._letters(word, alphabet, len(word) if is_exact else _length_class(len(word)))
        if alphabet is _LOWER or (alphabet is _UPPER and not word.isupper() and not word.isdecimal()):
            made = made.capitalize() if word[:1].isupper() else made.lower()
        return made if word.isascii() else f"{made}é"

    def _sentence(self, text: str) -> str:
        """Return meaningless words in place of a name or a sentence."""
        made = self._letters(text, _LOWER[:20], _length_class(len(text)))
        words = re.findall(r".{1,7}", made)
        joined = " ".join(words).capitalize()
        return joined if text.isascii() else f"{joined} é"

    def _symbols(self, text: str) -> str:
        """Return ASCII punctuation unchanged, and a pseudonym for other symbols, because an emoji may be a name."""
        return text if text.isascii() else self._letters(text, _LOWER, 4)

    def _rule(self, text: str) -> str:
        """Return a recurrence rule with its keywords and short numbers; dates are shifted, and other words replaced."""
        rule = text.removeprefix("RRULE:")
        return text.removesuffix(rule) + ";".join(map(self._rule_part, rule.split(";")))

    def _rule_part(self, part: str) -> str:
        name, _, values = part.partition("=")
        if not _RULE_NAME.fullmatch(name):
            return self._composite(part)
        return f"{name}={','.join(map(self._rule_value, values.split(',')))}"

    def _rule_value(self, value: str) -> str:
        return value if _RULE_VALUE.fullmatch(value) else self._dated(value, "") or self._word(value)

    def _email(self, text: str) -> str:
        return f"{self._letters(text.casefold(), _LOWER, 8)}@example.org"

    def _hardware(self, text: str) -> str:
        digits = self._letters(text.casefold(), _HEX_DIGITS, 10)
        pairs = ["02", *(digits[start : start + 2] for start in range(0, 10, 2))]
        joined = text[2].join(pairs)
        return joined.upper() if text.isupper() else joined

    def _address(self, text: str) -> str:
        number = int(self._letters(text, _DIGITS, 4)) % 250 + 1
        return f"2001:db8::{number:x}" if ":" in text else f"192.0.2.{number}"

    def _url(self, text: str) -> str:
        """Return a URL with pseudonyms for private parts of host, path and query, without user, port and fragment."""
        try:
            parts = urlsplit(text)
            host = parts.hostname or ""
        except ValueError:
            return self._composite(text)
        scheme = parts.scheme if parts.scheme in ("http", "https") else self._word(parts.scheme)
        query = [
            (self._name(name), self.text(value, name)) for name, value in parse_qsl(parts.query, keep_blank_values=True)
        ]
        made = f"{scheme}://{host if _AMAZON.fullmatch(host) else self._composite(host)}{self._segments(parts.path)}"
        return f"{made}?{urlencode(query)}" if query else made

    def _segments(self, path: str) -> str:
        return "/".join(self._segment(segment) for segment in path.split("/"))

    def _segment(self, segment: str, name: str = "") -> str:
        return quote(self.text(unquote(segment), name), safe="")

    def _letters(self, text: str, alphabet: str, length: int) -> str:
        """Return ``length`` letters of an alphabet, derived from the text and the secret key only."""
        made = ""
        block = 0
        while len(made) < length:
            digest = hmac.digest(self._key, f"{block}:{text}".encode("utf-8", "surrogatepass"), hashlib.sha256)
            made += digest.translate(_TABLES[alphabet]).decode()
            block += 1
        return made[:length]


_FORMS: Final[tuple[tuple[re.Pattern[str], Callable[[Pseudonyms, str], str]], ...]] = (
    (_RULE, Pseudonyms._rule),  # noqa: SLF001 - the table of this module's own forms
    (_URL, Pseudonyms._url),  # noqa: SLF001
    (_EMAIL, Pseudonyms._email),  # noqa: SLF001
    (_HARDWARE, Pseudonyms._hardware),  # noqa: SLF001
    (_ADDRESS, Pseudonyms._address),  # noqa: SLF001
)


def _alphabet(word: str) -> str:
    """Return the alphabet for the pseudonym of a word."""
    if word.isdecimal():
        return _DIGITS
    if _HEX.fullmatch(word):
        return _HEX_DIGITS
    return _UPPER if any(map(str.isdigit, word)) or word.isupper() else _LOWER


def _length_class(length: int) -> int:
    """Return a length, rounded up to a power of two from 4 to 4,096."""
    return min(max(4, 1 << max(length - 1, 0).bit_length()), 4096)


def _shifted_epoch(number: int, weeks: int) -> int | None:
    """Return epoch seconds or milliseconds from late 2001 to late 2099 shifted by weeks, or None for other numbers."""
    if 1_000_000_000 <= number < 4_100_000_000:
        return number + weeks * WEEK
    if 1_000_000_000_000 <= number < 4_100_000_000_000:
        return number + weeks * WEEK * 1000
    return None
