"""Lists of the account API: endpoints, parsers, client."""

from collections.abc import Iterable, Mapping
import logging
from typing import Any, Final

from ..json import by_key, mapping, mappings, name, number, text
from ..model.lists import MAX_ITEMS, ItemChanges, ListInfo, ListItem, ListsApi, ListType
from .endpoints import Endpoint, Host, Write
from .parse import required_list
from .transport import Transport

_LOGGER = logging.getLogger(__name__)

_BASE: Final = "/alexashoppinglists/api/v2/lists"

# These two endpoints are reads, although they use POST.
LISTS: Final = Endpoint("lists", "POST", f"{_BASE}/fetch", host=Host.RETAIL, whole_account=True)
LIST_ITEMS: Final = Endpoint(
    "list_items", "POST", f"{_BASE}/{{list_id}}/items/fetch", host=Host.RETAIL, whole_account=True
)
ADD_LIST_ITEM: Final = Write("add_list_item", "POST", f"{_BASE}/{{list_id}}/items", host=Host.RETAIL)
UPDATE_LIST_ITEM: Final = Write("update_list_item", "PUT", f"{_BASE}/{{list_id}}/items/{{item_id}}", host=Host.RETAIL)
DELETE_LIST_ITEM: Final = Write(
    "delete_list_item", "DELETE", f"{_BASE}/{{list_id}}/items/{{item_id}}", host=Host.RETAIL
)

CREATE_LIST: Final = Write("create_list", "POST", _BASE, host=Host.RETAIL)
DELETE_LIST: Final = Write("delete_list", "DELETE", f"{_BASE}/{{list_id}}", host=Host.RETAIL)


# Keys of the number and the unit of a quantity that is an object.
_AMOUNTS: Final = ("value", "amount", "quantity", "count")
_UNITS: Final = ("unit", "unitOfMeasure", "units")


def parse_lists(data: Any) -> dict[str, ListInfo]:
    """Parse the lists of an account by id; raises ``AlexaBadResponseError``."""
    lists = (_list(element) for element in mappings(required_list(data, "listInfoList", LISTS)))
    return by_key(((found.list_id, found) for found in lists if found), "lists")


def _list(element: Mapping[str, Any]) -> ListInfo | None:
    """Parse one list; ``None`` if it has no id."""
    if (list_id := text(element.get("listId"))) is None:
        return None
    # observed in an account: the version of a default list stayed 1 while its time of change advanced
    revision = (number(element.get("version")), number(element.get("updateAt")), element.get("totalActiveItemsCount"))
    return ListInfo(
        list_id=list_id,
        type=ListType(text(element.get("listType")) or "UNKNOWN"),
        name=name(element.get("listName")),
        version=_version(element.get("version")),
        revision=tuple(str(part) for part in revision),
    )


def parse_items(data: Any) -> tuple[ListItem, ...]:
    """Parse a page of items in Amazon's order; raises ``AlexaBadResponseError``."""
    items = (_item(element) for element in mappings(required_list(data, "itemInfoList", LIST_ITEMS)))
    return merged_items(item for item in items if item)


def parse_next_token(data: Any) -> str | None:
    """Return the token of the next page of items; ``None`` on the last page."""
    return text(mapping(data).get("nextToken"))


def merged_items(items: Iterable[ListItem]) -> tuple[ListItem, ...]:
    """Return the latest version of each item; an item that moves between two page requests may be in both pages."""
    found: dict[str, ListItem] = {}
    for item in items:
        if item.item_id not in found or found[item.item_id].version < item.version:
            found[item.item_id] = item
    return tuple(found.values())


def parse_added(data: Any) -> ListItem | None:
    """Return the item in the response to a create request, or None."""
    return next((item for element in mappings(mapping(data).get("itemInfoList")) if (item := _item(element))), None)


def parse_updated(data: Any) -> ListItem | None:
    """Return the item in the response to an update request, or None."""
    return _item(mapping(data))


def _item(element: Mapping[str, Any]) -> ListItem | None:
    """Parse one item; ``None`` if it has no id or no name."""
    item_id, name = text(element.get("itemId")), _text(element.get("itemName"))
    if item_id is None or name is None:
        return None
    return ListItem(
        item_id=item_id,
        name=name,
        complete=(text(element.get("itemStatus")) or "").upper() == "COMPLETE",
        version=_version(element.get("version")),
        quantity=_quantity(element.get("quantity")),
        note=_text(element.get("note")),
    )


def _text(value: Any) -> str | None:
    """Return a text or a number as stripped text; ``None`` for an empty text and for other values."""
    found = number(value)
    return ((text(value) if found is None else f"{found:.15g}") or "").strip() or None


def _version(value: Any) -> int:
    """Return a version, which may be a number or text; 0 if it is missing or invalid."""
    try:
        return int(number(value) or number(float(text(value) or 0)) or 0)
    except ValueError:
        return 0


def _quantity(value: Any) -> str | None:
    """Return a quantity as text, such as "2 kg", or None."""
    if not isinstance(value, dict):
        return _text(value)
    amount, unit = (
        next((found for key in keys if (found := _text(value.get(key)))), None) for keys in (_AMOUNTS, _UNITS)
    )
    return " ".join(part for part in (amount, unit) if part) if amount else None


PAGE: Final = 100
"""Number of items to request per page."""


class AccountLists:
    """Lists of one account; ``ListsApi`` documents the methods."""

    def __init__(self, transport: Transport) -> None:
        """Initialize with the transport of the account."""
        self._transport = transport
        self._too_long: set[str] = set()

    async def async_lists(self) -> Mapping[str, ListInfo]:
        """Return all lists by id."""
        # Amazon refuses the request without a body
        body = {"listAttributesToAggregate": [{"type": "totalActiveItemsCount"}], "listOwnershipType": None}
        return await self._transport.async_read(LISTS, parse_lists, json=body)

    async def async_create(self, name: str) -> str | None:
        """Create a custom list; return its id, or None if the response does not contain it."""
        with self._transport.unproven.attempt(CREATE_LIST.name):
            answer = await self._transport.async_request(
                CREATE_LIST, json={"listName": name, "listType": ListType.CUSTOM}
            )
        return text(mapping(answer).get("listId"))

    async def async_delete_list(self, found: ListInfo) -> None:
        """Delete a custom list with its items."""
        with self._transport.unproven.attempt(DELETE_LIST.name, found.list_id):
            await self._transport.async_request(
                DELETE_LIST, params={"list_id": found.list_id}, query={"version": str(found.version)}
            )

    async def async_items(self, list_id: str) -> tuple[ListItem, ...]:
        """Return the items of a list, up to ``MAX_ITEMS``, requested page by page."""
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
            # a repeated token would loop forever
            if token in tokens:
                break
            tokens.add(token)
        else:
            if list_id not in self._too_long:
                self._too_long.add(list_id)
                _LOGGER.warning("A list has more than %s items; the others are not shown", MAX_ITEMS)
        return merged_items(found)

    async def async_add(self, list_id: str, name: str) -> ListItem | None:
        """Add an item; return it as stored by Amazon, or None if the response does not contain it."""
        answer = await self._transport.async_request(
            ADD_LIST_ITEM,
            params={"list_id": list_id},
            json={"items": [{"itemType": "KEYWORD", "itemName": name}]},
        )
        return parse_added(answer)

    async def async_update(self, list_id: str, item: ListItem, changes: ItemChanges) -> ListItem | None:
        """Change an item; return it as stored by Amazon, or None if the response does not contain it."""
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
        """Delete an item of a list."""
        await self._transport.async_request(
            DELETE_LIST_ITEM,
            params={"list_id": list_id, "item_id": item.item_id},
            query={"version": str(item.version)},
        )


_: type[ListsApi] = AccountLists
