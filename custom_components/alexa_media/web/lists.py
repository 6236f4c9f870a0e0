"""Lists through the account API."""

from collections.abc import Mapping
from typing import Final

from custom_components.alexa_media.backend.lists import MAX_ITEMS, ItemChanges, ListInfo, ListItem, ListsApi

from .endpoints import ADD_LIST_ITEM, DELETE_LIST_ITEM, LIST_ITEMS, LISTS, UPDATE_LIST_ITEM
from .parse_lists import merged_items, parse_added, parse_items, parse_lists, parse_next_token, parse_updated
from .transport import Transport

PAGE: Final = 100
"""The most items that Amazon gives in one answer."""


class WebLists:
    """The lists of one account; see ``ListsApi`` for what each method is for."""

    def __init__(self, transport: Transport) -> None:
        """Send requests through ``transport``."""
        self._transport = transport

    async def async_lists(self) -> Mapping[str, ListInfo]:
        """Return all lists by id."""
        # without a body it is refused
        body = {"listAttributesToAggregate": [{"type": "totalActiveItemsCount"}], "listOwnershipType": None}
        return await self._transport.async_read(LISTS, parse_lists, json=body)

    async def async_items(self, list_id: str) -> tuple[ListItem, ...]:
        """Return the items of a list, page by page."""
        found: list[ListItem] = []
        tokens: set[str | None] = {None}
        token: str | None = None
        while len(tokens) <= MAX_ITEMS // PAGE:
            items, token = await self._transport.async_read(
                LIST_ITEMS,
                lambda data: (parse_items(data), parse_next_token(data)),
                params={"list_id": list_id},
                query={"limit": str(PAGE)},
                json={"itemAttributesToProject": ["quantity", "note"], **({"nextToken": token} if token else {})},
            )
            found += items
            # a token that comes again leads round in a circle
            if token in tokens:
                break
            tokens.add(token)
        return merged_items(found)

    async def async_add(self, list_id: str, name: str) -> ListItem | None:
        """Add an item."""
        answer = await self._transport.async_request(
            ADD_LIST_ITEM,
            params={"list_id": list_id},
            json={"items": [{"itemType": "KEYWORD", "itemName": name}]},
        )
        return parse_added(answer)

    async def async_update(self, list_id: str, item: ListItem, changes: ItemChanges) -> ListItem | None:
        """Change an item."""
        values = {
            "itemName": changes.name,
            "itemStatus": None if changes.complete is None else "COMPLETE" if changes.complete else "ACTIVE",
            "quantity": changes.quantity,
            "note": changes.note,
        }
        answer = await self._transport.async_request(
            UPDATE_LIST_ITEM,
            params={"list_id": list_id, "item_id": item.item_id},
            query={"version": str(item.version)},
            json={
                "itemAttributesToUpdate": [{"type": name, "value": value} for name, value in values.items() if value],
                "itemAttributesToRemove": [{"type": name} for name, value in values.items() if value == ""],
            },
        )
        return parse_updated(answer)

    async def async_delete(self, list_id: str, item: ListItem) -> None:
        """Delete an item."""
        await self._transport.async_request(
            DELETE_LIST_ITEM,
            params={"list_id": list_id, "item_id": item.item_id},
            query={"version": str(item.version)},
        )


_: type[ListsApi] = WebLists
