"""Lists and their items, as models; pure and tolerant."""

from collections.abc import Mapping
from typing import Any

from custom_components.alexa_media.backend.lists import ListInfo, ListItem, ListType
from custom_components.alexa_media.json_values import mapping, mappings, number, text

from .endpoints import LIST_ITEMS, LISTS
from .parse_values import required_list


def parse_lists(data: Any) -> dict[str, ListInfo]:
    """Parse the lists of an account by id; raises ``AlexaBadResponseError`` when there is no list of them."""
    lists = (_list(element) for element in mappings(required_list(data, "listInfoList", LISTS)))
    return {found.list_id: found for found in lists if found}


def _list(element: Mapping[str, Any]) -> ListInfo | None:
    """Parse one list."""
    if (list_id := text(element.get("listId"))) is None:
        return None
    # in the field, the version of a default list was seen to stay 1 while the time of change moved on
    revision = (number(element.get("version")), number(element.get("updateAt")), element.get("totalActiveItemsCount"))
    return ListInfo(
        list_id=list_id,
        type=ListType(text(element.get("listType")) or "UNKNOWN"),
        name=text(element.get("listName")),
        revision=tuple(str(part) for part in revision),
    )


def parse_items(data: Any) -> tuple[ListItem, ...]:
    """Parse the items of a list in Amazon's order; raises ``AlexaBadResponseError`` when there are none to parse."""
    items = (_item(element) for element in mappings(required_list(data, "itemInfoList", LIST_ITEMS)))
    return tuple({item.item_id: item for item in items if item}.values())


def parse_added(data: Any) -> ListItem | None:
    """Parse the answer to an addition: the item, where it is told."""
    return next((item for element in mappings(mapping(data).get("itemInfoList")) if (item := _item(element))), None)


def parse_updated(data: Any) -> ListItem | None:
    """Parse the answer to a change: the item, where it is told."""
    return _item(mapping(data))


def _item(element: Mapping[str, Any]) -> ListItem | None:
    """Parse one item; one without an id, a name or a version can be neither shown nor changed."""
    item_id, name = text(element.get("itemId")), text(element.get("itemName"))
    version = number(element.get("version"))
    if item_id is None or name is None or version is None:
        return None
    return ListItem(
        item_id=item_id,
        name=name,
        complete=element.get("itemStatus") == "COMPLETE",
        version=int(version),
        quantity=text(element.get("quantity")),
        note=text(element.get("note")),
    )
