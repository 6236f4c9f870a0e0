"""How an item of Amazon's, which has a quantity, is shown as one of Home Assistant's, which has none."""

import re
from typing import Final

# What a quantity begins with, so that a text with a × of its own is not torn apart.
_QUANTITY: Final = re.compile(r"(?P<quantity>\d[^×]{0,29}?)\s*×\s*(?P<name>\S.*)", re.DOTALL)


def summary_of(name: str, quantity: str | None) -> str:
    """Return the text that is shown: ``2 × milk``, or the name alone."""
    return f"{quantity} × {name}" if quantity else name


def parse_summary(summary: str) -> tuple[str, str | None]:
    """Return name and quantity of a text that a user wrote."""
    text = " ".join(summary.split())
    if found := _QUANTITY.fullmatch(text):
        return found["name"], found["quantity"]
    return text, None
