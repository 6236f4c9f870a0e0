"""Shopping, to-do and custom lists, in the form that the app uses since 2024."""

from typing import Final

from .base import Answer, Endpoint, Host

_BASE: Final = "/alexashoppinglists/api/v2/lists"

# These two read, though they are POST.
LISTS: Final = Endpoint(name="lists", method="POST", host=Host.RETAIL, path=f"{_BASE}/fetch")
LIST_ITEMS: Final = Endpoint(
    name="list_items", method="POST", host=Host.RETAIL, path=f"{_BASE}/{{list_id}}/items/fetch"
)
ADD_LIST_ITEM: Final = Endpoint(
    name="add_list_item",
    method="POST",
    host=Host.RETAIL,
    path=f"{_BASE}/{{list_id}}/items",
    is_write=True,
    answer=Answer.ANY,
)
UPDATE_LIST_ITEM: Final = Endpoint(
    name="update_list_item",
    method="PUT",
    host=Host.RETAIL,
    path=f"{_BASE}/{{list_id}}/items/{{item_id}}",
    is_write=True,
    answer=Answer.ANY,
)
DELETE_LIST_ITEM: Final = Endpoint(
    name="delete_list_item",
    method="DELETE",
    host=Host.RETAIL,
    path=f"{_BASE}/{{list_id}}/items/{{item_id}}",
    is_write=True,
    answer=Answer.ANY,
)

LISTS_ENDPOINTS: Final = (LISTS, LIST_ITEMS, ADD_LIST_ITEM, UPDATE_LIST_ITEM, DELETE_LIST_ITEM)
