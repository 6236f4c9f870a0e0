#!/usr/bin/env python3
"""Write the list of words that recordings keep: names of fields, and values that the sources contain.

    scripts/published_words.py            prints the changes to the list, exits with 1 if there are any
    scripts/published_words.py --write    writes the list

The words are the identifiers in the texts of the sources, the keys and enumerations in the schema of households, and
the types of Amazon's devices. Words of households, tracks and spoken texts are left out.
"""

import ast
from collections.abc import Iterator
import json
from pathlib import Path
import re
import sys
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
COMPONENT: Final = ROOT / "custom_components" / "alexa_media"
TARGET: Final = COMPONENT / "cloud" / "published_words.txt"
HEAD: Final = "# Words that stay in recordings. Written by scripts/published_words.py."

LEFT_OUT: Final = frozenset(
    {"pseudonyms", "phrases", "ssml", "names", "catalogue", "utterances", "signin_pages", "colors"}
)
"""Modules whose texts are speech, titles or names, and the module that reads the list."""

NAMES: Final = frozenset(
    {"accountName", "name", "text", "email", "label", "title", "room", "person", "firstName", "manufacturer", "model"}
    | {"friendlyName", "serial", "directedId", "essid", "password", "reminderLabel", "timerLabel", "id", "postalCode"}
    | {"addressLine1", "city", "companyName", "description", "client_id", "client_secret", "refresh_token"}
)
"""Keys in households below which texts are names."""

FIELD_WORDS: Final = frozenset(
    {"Alexa", "account", "accounts", "alexa", "amzn1", "automation", "battery", "client", "device", "endpoint"}
    | {
        "group",
        "home",
        "mode",
        "offline",
        "property",
        "quality",
        "range",
        "temperature",
        "thermostat",
        "time",
        "toggle",
        "unit",
    }
    | {"units", "Lock", "Mode"}
)
"""Names of fields and types that are also words in names of households, such as "Front Door Lock".

In a name or a part of one, plain words are always replaced in a recording.
"""

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*((::|[_.:-])[A-Za-z0-9]+)*")
_DEVICE_TYPE: Final = re.compile(r"A(?=.*\d)[0-9A-Z]{9,14}")
_PIECE: Final = re.compile(r"[A-Za-z_]\w*")
_MAX_LENGTH: Final = 64
_ENGLISH: Final = re.compile(r"[A-Z]?[a-z]+")


def words() -> set[str]:
    """Return the words to publish."""
    found: set[str] = set()
    for folder in (COMPONENT / "cloud", ROOT / "alexa_sim"):
        for path in sorted(folder.rglob("*.py")):
            if path.stem not in LEFT_OUT and "redirect" not in path.parts:
                found.update(_of_source(path))
    for path in sorted(COMPONENT.rglob("*.py")):
        found.update(word for word in _of_source(path) if _DEVICE_TYPE.fullmatch(word))
    for path in sorted((ROOT / "alexa_sim" / "households").glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        found.update(_of_schema(data) if path.stem == "schema" else _keys(data))
    pieces = {piece for word in found if "_" not in word for piece in re.split(r"[.:-]+", word) if len(piece) > 1}
    # A number is no word: the same digits may be a code of the household.
    return {word for word in found | pieces if word.isascii() and not word.isdecimal()} - household_words()


def household_words() -> set[str]:
    """Return names, and the words of names, in the households of the simulated cloud."""
    found: set[str] = set()
    for path in sorted((ROOT / "alexa_sim" / "households").glob("*.json")):
        if path.stem != "schema":
            for text in _names(json.loads(path.read_text(encoding="utf-8"))):
                found |= {text, *re.findall(r"\w{3,}", text)} - FIELD_WORDS
    return found


def _of_source(path: Path) -> Iterator[str]:
    """Yield the identifiers in the string literals of a source file, and the words of GraphQL documents."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    prose = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in prose:
            continue
        text = node.value
        if len(text) <= _MAX_LENGTH and _WORD.fullmatch(text):
            yield text
        elif ("{" in text and "\n" in text) or re.match(r"\s*(query|mutation) ", text):
            yield from _PIECE.findall(text)
        elif text.startswith(("/", "https://")):
            yield from re.findall(r"[A-Za-z][\w-]*", re.sub(r"\{\w+\}", "", text))


def _of_schema(data: Any) -> Iterator[str]:
    """Yield the names of properties and the values of enumerations in a schema."""
    if isinstance(data, dict):
        yield from data.get("properties", {})
        yield from (str(value) for value in data.get("enum", ()))
        for value in data.values():
            yield from _of_schema(value)
    elif isinstance(data, list):
        for value in data:
            yield from _of_schema(value)


def _keys(data: Any) -> Iterator[str]:
    """Yield the keys in a household that are names of fields: starting with a small letter, without digits."""
    if isinstance(data, dict):
        for key, value in data.items():
            if re.fullmatch(r"[a-z][A-Za-z]+", key):
                yield key
            yield from _keys(value)
    elif isinstance(data, list):
        for value in data:
            yield from _keys(value)


def _names(data: Any, key: str = "") -> Iterator[str]:
    """Yield the texts below keys that contain names, and keys with digits, which are ids."""
    if isinstance(data, dict):
        for name, value in data.items():
            if re.search(r"\d", name):
                yield name
            yield from _names(value, name)
    elif isinstance(data, list):
        for value in data:
            yield from _names(value, key)
    elif isinstance(data, str) and key in NAMES and not _is_word_of_type(data):
        yield data


def _is_word_of_type(text: str) -> bool:
    """Return whether a text is the name of a type, such as ``SINGLE_UNIT``."""
    return re.fullmatch(r"[A-Z][A-Z_]+|Alexa\.[A-Za-z.]+", text) is not None


def main() -> int:
    """Compare the list with the sources, or write it; return the exit status."""
    wanted = f"{HEAD}\n" + "".join(f"{word}\n" for word in sorted(words()))
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == wanted:
        return 0
    if "--write" in sys.argv[1:]:
        TARGET.write_text(wanted, encoding="utf-8")
        return 0
    before = set(TARGET.read_text(encoding="utf-8").splitlines()) if TARGET.exists() else set()
    for word in sorted(before ^ set(wanted.splitlines())):
        sys.stdout.write(f"{'-' if word in before else '+'} {word}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
