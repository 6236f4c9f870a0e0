"""Size of data in memory."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
import sys
from typing import Any


def deep_size(value: Any, seen: set[int]) -> int:
    """Return the size in bytes of a value and of everything that it refers to, except objects in ``seen``."""
    if id(value) in seen or isinstance(value, (Enum, type)):
        return 0
    seen.add(id(value))
    size = sys.getsizeof(value)
    if isinstance(value, Mapping):
        return size + sum(deep_size(key, seen) + deep_size(item, seen) for key, item in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return size + sum(deep_size(item, seen) for item in value)
    if is_dataclass(value):
        return size + sum(deep_size(getattr(value, field.name), seen) for field in fields(value))
    return size
