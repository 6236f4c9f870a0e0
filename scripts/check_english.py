#!/usr/bin/env python3
"""List phrases in the sources that are not plain English; exits with 1 if there are any.

The check covers docstrings, comments and texts, and suggests an alternative for each phrase.
"""

from collections.abc import Iterator
from pathlib import Path
import re
import subprocess
import sys
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent

PLAIN: Final = {
    r"anew": "again",
    r"thrice": "three times",
    r"nobody": "no one, or the passive voice",
    r"somebody": "someone, a user, or the passive voice",
    r"stands? in": "is in",
    r"of its own": "its own, separate",
    r"of ours": "our, or the component's name",
    r"in force": "in effect",
    r"(?:is|are|was|were) told": "receives, reports",
    r"tells? (?:what|which|whether|that|how)": "returns, reports, shows",
    r"what plays": "what is playing, the current track",
    r"must come again": "repeats",
    r"in vain": "without success",
    r"whoever": "the caller, the user",
    r"change-over": "migration",
    r"by the word of": "according to",
    r"in words,? by": "a text command",
    r"of theirs": "their, or the owner's name",
    r"did not take": "did not accept, did not apply",
    r"on which one is": "with a …",
    r"only those whose": "only the alarms (timers, …) whose",
    r"looked at": "opened, read",
    r"by itself": "automatically",
}
"""Plain alternative by regular expression of the phrase."""

PHRASE: Final = re.compile(
    r"\b(?:" + "|".join(f"(?:{phrase})" for phrase in PLAIN).replace(" ", " +") + r")\b", re.IGNORECASE
)
SUFFIXES: Final = {".py", ".md", ".yaml", ".yml", ".sh", ".toml", ""}
EXEMPT: Final = ("LICENSE", "requirements/", "scripts/check_english.py", "tests/")
"""Paths that are not checked."""


def files() -> Iterator[Path]:
    """Yield the tracked files to check."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\0"):
        path = ROOT / name
        if name and not name.startswith(EXEMPT) and _is_english(path) and path.is_file():
            yield path


def _is_english(path: Path) -> bool:
    """Return whether a file is checked; of the translations, only the English one is."""
    return path.suffix in SUFFIXES or (path.suffix == ".json" and path.name == "en.json")


def findings(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line number and the phrase of each finding; a phrase may continue on the next line."""
    joined = re.sub(r"\n[ \t]*(?:#[ \t]*)?", lambda gap: "\n" + " " * (len(gap.group()) - 1), text)
    for match in PHRASE.finditer(joined.replace("\n", " ")):
        yield text.count("\n", 0, match.start()) + 1, " ".join(match.group().split())


def main() -> int:
    """Print the findings; return the exit status."""
    status = 0
    for path in files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        for line, phrase in findings(text):
            instead = next(plain for known, plain in PLAIN.items() if re.fullmatch(known, phrase, re.IGNORECASE))
            print(f"{path.relative_to(ROOT)}:{line}: “{phrase}”: write {instead}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
