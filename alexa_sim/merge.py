"""JSON merge patch (RFC 7396)."""

from collections.abc import Mapping
import copy
from typing import Any


def merge(target: Any, patch: Any) -> Any:
    """Return a JSON value with a merge patch applied; neither is modified.

    Objects are merged, ``null`` removes a member, and any other value replaces the old one.
    """
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    merged = copy.deepcopy(dict(target)) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged
