"""JSON values: copies, and merge patches (RFC 7396)."""

from collections.abc import Mapping
from typing import Any

_CONTAINERS = (dict, list)


def copied(value: Any) -> Any:
    """Return a copy of a JSON value that shares no object or list with it; many times as fast as ``deepcopy``."""
    if isinstance(value, dict):
        copy = dict(value)
        for name, each in value.items():
            if isinstance(each, _CONTAINERS):
                copy[name] = copied(each)
        return copy
    if isinstance(value, list):
        return [copied(each) if isinstance(each, _CONTAINERS) else each for each in value]
    return value


def merge(target: Any, patch: Any) -> Any:
    """Return a JSON value with a merge patch applied; neither is modified.

    Objects are merged, ``null`` removes a member, and any other value replaces the old one.
    """
    return _merged(copied(target) if isinstance(patch, Mapping) else None, patch)


def _merged(target: Any, patch: Any) -> Any:
    """Return a value that nothing else holds with a merge patch applied."""
    if not isinstance(patch, Mapping):
        return copied(patch)
    merged = target if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged
