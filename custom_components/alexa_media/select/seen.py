"""Values of a cloud that no table has: what is set can always be chosen, and so can what was set before."""

from collections.abc import Mapping
from typing import Any


class SeenValues[V]:
    """The values of one entity that its table lacks, by the option that shows them."""

    def __init__(self) -> None:
        """Begin with the table alone."""
        self._seen: dict[str, V] = {}

    def option(self, known: Mapping[str, V], value: V | None, shown: str | None = None) -> str | None:
        """Return the option for a value; one that is not known is remembered under ``shown``, or its own text."""
        if value is None:
            return None
        found = next((option for option, choice in known.items() if choice == value), None)
        if found is None:
            found = shown or _text(value)
            if found is not None and found not in known:
                self._seen[found] = value
        return found

    def all(self, known: Mapping[str, V]) -> dict[str, V]:
        """Return all values by option: those that are known, then those that were seen."""
        return {**known, **{option: value for option, value in self._seen.items() if option not in known}}


def _text(value: Any) -> str | None:
    """Return a value as an option: texts as they are, several with a slash between them, numbers in short."""
    match value:
        case bool():
            return None
        case str():
            return value or None
        case tuple():
            return "/".join(value) or None
        case int() | float():
            return f"{value:g}"
    return None
