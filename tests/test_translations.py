"""Tests of the translations: completeness, placeholders, and language."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any, Final

import pytest

FOLDER: Final = Path(__file__).parent.parent / "custom_components/alexa_media/translations"
LANGUAGES: Final = (
    "cs",
    "da",
    "de",
    "es",
    "fr",
    "it",
    "ja",
    "nb",
    "nl",
    "pl",
    "pt",
    "pt-BR",
    "ru",
    "sv",
    "zh-Hans",
)
SHARED_WORDS: Final = Path(__file__).parent / "fixtures/shared_words.json"
"""File with the texts that are intentionally the same as in English, by language."""

LABEL: Final = re.compile(
    r"^(entity|selector|device)\.(?!.*\.description$)|\.(name|unit_of_measurement)$"
    r"|^(config|options)\.step\.\w+\.(title$|data\.|menu_options\.)"
)
NAME: Final = re.compile(
    r"\b(Alexa|Amazon|Echo|Home Assistant|Media Player|Bluetooth|Spotify|Wi-Fi|SSML|YAML|ASIN|SSID|URL|ID"
    r"|Smart Properties|Fire TV)\b"
)
WORD: Final = re.compile(r"[^\W\d_]{2,}")
MARKUP: Final = re.compile(r"\{\w+\}|\]\([^)]*\)|`[^`]+`|https?://\w[\w./-]*\w|\[%key:[^%]*%\]")


def texts(of: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text in a file with its path."""
    if isinstance(of, str):
        yield path, of
    else:
        for key, value in of.items():
            yield from texts(value, f"{path}.{key}" if path else key)


def read(language: str) -> dict[str, str]:
    """Return the texts of a language by their paths."""
    return dict(texts(json.loads((FOLDER / f"{language}.json").read_text(encoding="utf-8"))))


ENGLISH: Final = read("en")


def test_the_languages_are_those_that_are_listed() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == {"en", *LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_the_texts_that_english_has(language: str) -> None:
    found = read(language)
    assert sorted(found) == sorted(ENGLISH)
    assert [path for path, text in found.items() if not text.strip()] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_links_and_code_are_kept(language: str) -> None:
    found = read(language)
    different = {
        path: text
        for path, text in found.items()
        if sorted(MARKUP.findall(text)) != sorted(MARKUP.findall(ENGLISH[path]))
    }
    assert different == {}


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_a_form_of_the_automation_editor_needs_no_values_for_its_texts(language: str) -> None:
    """The frontend has no values for placeholders in these texts, and would show an error."""
    forms = ("services.", "triggers.", "conditions.", "selector.")
    needing = {path: text for path, text in read(language).items() if path.startswith(forms) and "{" in text}
    assert needing == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_in_english(language: str) -> None:
    """A text that is equal to the English one must be a name, or listed as shared between the languages."""
    shared = set(json.loads(SHARED_WORDS.read_text(encoding="utf-8"))[language])
    left = {
        path: text
        for path, text in read(language).items()
        if text == ENGLISH[path] and text not in shared and WORD.search(MARKUP.sub("", NAME.sub("", text)))
    }
    assert left == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_are_not_much_longer_than_in_english(language: str) -> None:
    """A label may have 1.6 times the length of the English one; a short label may have twelve additional characters."""
    long = {
        path: text
        for path, text in read(language).items()
        if LABEL.search(path) and len(text) > max(1.6 * len(ENGLISH[path]), len(ENGLISH[path]) + 12)
    }
    assert long == {}
