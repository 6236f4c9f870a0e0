"""Comparison of names given by users, which Amazon stores with all their whitespace.

Both sides of a comparison go through the same function. Differences in trailing spaces ("Movie time "), no-break
spaces, decomposed letters ("é"), full-width letters, typographic apostrophes and upper case therefore do not matter.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from itertools import chain, count
import re
from typing import Final
from unicodedata import normalize

# Zero-width spaces, soft hyphens, direction marks and the byte order mark are invisible.
_INVISIBLE: Final = dict.fromkeys(
    (0xAD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
)

# Joiners and variation selectors change how a letter or an emoji looks, and apostrophes
# are typed in several ways: names keep all of these for display.
_LOOKS: Final = {
    **_INVISIBLE,
    **dict.fromkeys((0x200C, 0x200D, *range(0xFE00, 0xFE10))),
    **dict.fromkeys((0x60, 0xB4, 0x2BC, 0x2018, 0x2019), "'"),
}
_AROUND_COMMA: Final = re.compile(r"\s*,\s*")


def tidy(text: str) -> str:
    """Return a name for display: without invisible characters, with composed letters and single spaces, stripped."""
    return " ".join(normalize("NFC", text.translate(_INVISIBLE)).split())


@lru_cache(maxsize=1024)
def folded(text: str) -> str:
    """Return the normalized form of a name for comparison; spaces around commas are removed too."""
    plain = normalize("NFKC", normalize("NFC", text).translate(_LOOKS)).casefold()
    # both steps may produce apostrophes and decomposed letters
    return _AROUND_COMMA.sub(",", " ".join(normalize("NFKC", plain.translate(_LOOKS)).split()))


def same(one: str | None, other: str | None) -> bool:
    """Return whether two names are equivalent; False if either is None."""
    return one is not None and other is not None and folded(one) == folded(other)


def contains(text: str | None, part: str | None) -> bool:
    """Return whether a text contains a part, both normalized; an empty part or None is contained in every text."""
    return not part or folded(part) in folded(text or "")


def find_name(names: Iterable[str], wanted: str) -> str | None:
    """Return the name that is exactly ``wanted``, else the first equivalent one, else None."""
    every = list(names)
    return wanted if wanted in every else next((name for name in every if same(name, wanted)), None)


def by_name[T](named: Iterable[tuple[str, str, T]], *, reserved: str = "") -> dict[str, T]:
    """Return values by unique names, from (name, longer name, value).

    The longer name replaces a name that an earlier value has or that is equivalent to ``reserved``. A number is added
    to a longer name that is taken as well.
    """
    found: dict[str, T] = {}
    for name, longer, value in named:
        names = chain(() if same(name, reserved) else (name,), (longer,), (f"{longer} {number}" for number in count(2)))
        found[next(each for each in names if each not in found)] = value
    return found


def told_apart(named: Iterable[tuple[str, str]]) -> str:
    """Return the names in (name, id) pairs, sorted and joined for a message, or "-" if there are none.

    A name that occurs several times is replaced with the ids.
    """
    pairs = list(named)
    counts = Counter(folded(name) for name, _ in pairs)
    return ", ".join(sorted(name if counts[folded(name)] == 1 else own_id for name, own_id in pairs)) or "-"


def split_names(text: str, known: Collection[str]) -> Iterator[str]:
    """Yield the names (``tidy``) in a comma-separated text; only names in ``known`` (``folded``) may contain commas."""
    parts = text.split(",")
    most = 1 + max((name.count(",") for name in known), default=0)
    start = 0
    while start < len(parts):
        for length in range(min(most, len(parts) - start), 0, -1):
            name = ",".join(parts[start : start + length])
            if length == 1 or folded(name) in known:
                break
        if tidy(name):
            yield tidy(name)
        start += length


def filter_names(value: str | Iterable[str], known: Collection[str]) -> Iterator[str]:
    """Yield the names (``tidy``) in a filter: a list, or a comma-separated text of alexa_media_player.

    In a text, a name in ``known`` (``folded``) may contain commas, unless each of its parts is also in ``known``.
    """
    if isinstance(value, str):
        yield from split_names(value, {name for name in known if not _is_joined(name, known)})
    else:
        yield from filter(None, map(tidy, value))


def _is_joined(name: str, known: Collection[str]) -> bool:
    """Return whether a name is made of other known names with commas between them."""
    return "," in name and all(part in known for part in name.split(","))
