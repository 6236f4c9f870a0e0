"""Shopping, to-do and custom lists: models and protocol."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from .devices import OpenEnum

MAX_ITEMS: Final = 1000
"""Maximum number of items read from a list."""


class ListType(OpenEnum):
    """Type of a list; the two default lists have no name."""

    SHOP = "SHOP"
    TODO = "TODO"
    CUSTOM = "CUSTOM"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInfo:
    """A list without its items.

    ``revision`` combines the list's version, time of change and number of open items. The items are assumed to be
    unchanged while ``revision`` is the same.
    """

    list_id: str
    type: ListType
    name: str | None
    version: int = 0
    revision: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListItem:
    """An item of a list.

    ``version`` increases with every change and is required to change the item; 0 if Amazon reports none.
    """

    item_id: str
    name: str
    complete: bool
    version: int
    quantity: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChanges:
    """Changes to an item; ``None`` keeps a value, and an empty text removes the quantity or the note."""

    name: str | None = None
    complete: bool | None = None
    quantity: str | None = None
    note: str | None = None


class ListsApi(Protocol):
    """The lists of an account; every method raises an ``AlexaError`` on failure."""

    async def async_lists(self) -> Mapping[str, ListInfo]:
        """Return all lists by id."""

    async def async_create(self, name: str) -> str | None:
        """Create a custom list and return its id, or None if the response does not contain it.

        No maintained client sends this request. After Amazon has refused its form, ``AlexaUnsupportedError`` is
        raised for a day.
        """

    async def async_delete_list(self, found: ListInfo) -> None:
        """Delete a custom list with its items.

        Raises ``AlexaUnsupportedError`` like ``async_create``.
        """

    async def async_items(self, list_id: str) -> tuple[ListItem, ...]:
        """Return the items of a list without duplicates, at most ``MAX_ITEMS``."""

    async def async_add(self, list_id: str, name: str) -> ListItem | None:
        """Add an item and return it, or None if the response does not contain it."""

    async def async_update(self, list_id: str, item: ListItem, changes: ItemChanges) -> ListItem | None:
        """Change an item in one request; return the changed item, or None if the response does not contain it.

        Amazon refuses if ``item.version`` is not the current version.
        """

    async def async_delete(self, list_id: str, item: ListItem) -> None:
        """Delete an item; Amazon refuses if ``item.version`` is not the current version."""
