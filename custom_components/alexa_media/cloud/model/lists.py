"""Shopping, to-do and custom lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from .devices import OpenEnum

MAX_ITEMS: Final = 1000
"""How many items of a list are read at most."""


class ListType(OpenEnum):
    """What kind of list it is; the two default ones have no name of their own."""

    SHOP = "SHOP"
    TODO = "TODO"
    CUSTOM = "CUSTOM"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInfo:
    """A list without its items.

    ``revision`` is what Amazon tells of the state of its items (version, time of change,
    number of open ones): while it stays the same, so do they, as far as is known.
    """

    list_id: str
    type: ListType
    name: str | None
    revision: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListItem:
    """An item; ``version`` has to be named to change it, and counts up with every change.

    It is 0 where Amazon does not tell it.
    """

    item_id: str
    name: str
    complete: bool
    version: int
    quantity: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChanges:
    """What is to be different about an item; ``None`` leaves a value alone, an empty quantity or note removes it."""

    name: str | None = None
    complete: bool | None = None
    quantity: str | None = None
    note: str | None = None


class ListsApi(Protocol):
    """The lists of an account; every method raises an ``AlexaError``."""

    async def async_lists(self) -> Mapping[str, ListInfo]:
        """Return all lists by id."""

    async def async_items(self, list_id: str) -> tuple[ListItem, ...]:
        """Return the items of a list, each once; of a longer one about the first ``MAX_ITEMS``."""

    async def async_add(self, list_id: str, name: str) -> ListItem | None:
        """Add an item; returns it where the answer tells."""

    async def async_update(self, list_id: str, item: ListItem, changes: ItemChanges) -> ListItem | None:
        """Change an item, in one request; refused when ``item.version`` is not the current one."""

    async def async_delete(self, list_id: str, item: ListItem) -> None:
        """Delete an item; refused when ``item.version`` is not the current one."""
