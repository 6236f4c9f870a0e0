"""JSON merge patch (RFC 7396)."""

from collections.abc import Mapping
import copy
from typing import Any


def merge(target: Any, patch: Any) -> Any:
    """Return what a merge patch makes of a JSON value; neither is changed.

    Objects are merged, ``null`` takes a member away, anything else replaces.
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
