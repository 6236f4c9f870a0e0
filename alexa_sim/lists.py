"""Shopping, to-do and custom lists, with the versions of their items."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

type Json = dict[str, Any]

_DEFAULTS = {"SHOP": "SHOPPING_ITEM", "TODO": "TASK"}
_ATTRIBUTES = {"itemName", "itemStatus", "quantity", "note"}


class ListError(Exception):
    """A refused change of a list; ``stale`` is True if it was based on an old version."""

    def __init__(self, message: str, *, stale: bool = False) -> None:
        """Initialize with the message and whether the version was old."""
        super().__init__(message)
        self.stale = stale


def complete(given: Mapping[str, Any], directed_id: str, now: float) -> dict[str, Json]:
    """Return an account's lists completed with default values; every account has a shopping and a to-do list."""
    lists = {key: {**value} for key, value in given.items()}
    for kind, suffix in _DEFAULTS.items():
        if all(each["listType"] != kind for each in lists.values()):
            key = b64encode(f"{directed_id}-{suffix}".encode()).decode()
            lists[key] = {"listType": kind}
    moment = round(now * 1000)
    return {
        key: {
            "listName": None,
            "version": 1,
            "createAt": moment,
            "updateAt": moment,
            **each,
            "items": {item: _item(value, moment) for item, value in each.get("items", {}).items()},
        }
        for key, each in lists.items()
    }


def count_up(before: Mapping[str, Any], after: Mapping[str, Any], patch: Mapping[str, Any], now: float) -> None:
    """Increase the versions of the items that a patch changed without setting a version.

    The version of the list itself does not change; only its time of change shows that items changed.
    """
    for key, change in patch.items():
        if key in after and "items" in (change or {}) and "updateAt" not in change:
            after[key]["updateAt"] = round(now * 1000)
        for item_id, values in ((change or {}).get("items") or {}).items():
            known = before.get(key, {}).get("items", {}).get(item_id)
            item = after.get(key, {}).get("items", {}).get(item_id)
            if known is not None and item is not None and "version" not in values:
                item["version"] = known["version"] + 1
                item["updateAt"] = round(now * 1000)


def create(lists: dict[str, Json], name: str, now: float) -> str:
    """Create a custom list and return its id; raises ``ListError``."""
    if any(same(held["listName"], name) for held in lists.values()):
        raise ListError("There is a list with this name")
    key = b64encode(f"{uuid4()}-CUSTOM".encode()).decode()
    moment = round(now * 1000)
    lists[key] = {
        "listType": "CUSTOM",
        "listName": name,
        "version": 1,
        "createAt": moment,
        "updateAt": moment,
        "items": {},
    }
    return key


def remove(lists: dict[str, Json], key: str, version: int) -> None:
    """Delete a custom list with its items; raises ``ListError``."""
    if lists[key]["listType"] != "CUSTOM":
        raise ListError("A default list cannot be deleted")
    if lists[key]["version"] != version:
        raise ListError("The version is not the current one", stale=True)
    del lists[key]


def same(one: str | None, other: str) -> bool:
    """Return whether two list names are equivalent."""
    return one is not None and one.strip().casefold() == other.strip().casefold()


def add(held: Json, name: str, now: float) -> str:
    """Add an item to a list and return its id."""
    item_id = str(uuid4())
    moment = round(now * 1000)
    held["items"][item_id] = _item({"itemName": name}, moment)
    held["updateAt"] = moment
    return item_id


def update(held: Json, item_id: str, version: int, changes: Mapping[str, Any], removed: set[str], now: float) -> None:
    """Set and remove attributes of an item; raises ``ListError``."""
    item = _current(held, item_id, version)
    if unknown := (set(changes) | removed) - _ATTRIBUTES:
        raise ListError(f"Unknown attributes: {', '.join(sorted(unknown))}")
    if removed & {"itemName", "itemStatus"} or changes.get("itemStatus", "ACTIVE") not in ("ACTIVE", "COMPLETE"):
        raise ListError("An item needs a name, and a status of ACTIVE or COMPLETE")
    if not all(isinstance(value, str) and value for value in changes.values()):
        raise ListError("Values are texts")
    moment = round(now * 1000)
    item.update(changes, **dict.fromkeys(removed), version=version + 1, updateAt=moment)
    held["updateAt"] = moment


def delete(held: Json, item_id: str, version: int, now: float) -> None:
    """Delete an item; raises ``ListError``."""
    _current(held, item_id, version)
    del held["items"][item_id]
    held["updateAt"] = round(now * 1000)


def _current(held: Json, item_id: str, version: int) -> Json:
    """Return an item if ``version`` is its present version; raises ``ListError``."""
    item: Json | None = held["items"].get(item_id)
    if item is None:
        raise ListError("There is no such item")
    if item["version"] != version:
        raise ListError("The version is not the current one", stale=True)
    return item


def _item(given: Mapping[str, Any], moment: int) -> Json:
    """Return an item completed with default values; ``moment`` is in epoch milliseconds."""
    return {
        "itemStatus": "ACTIVE",
        "version": 1,
        "createAt": moment,
        "updateAt": moment,
        "quantity": None,
        "note": None,
        **given,
    }
