"""Tests of parsing lists into models."""

from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from custom_components.alexa_media.cloud.account.lists import parse_added, parse_items, parse_lists, parse_updated
from custom_components.alexa_media.cloud.errors import AlexaBadResponseError
from custom_components.alexa_media.cloud.model.lists import ListInfo, ListItem, ListType

LISTS: Any = {
    "listInfoList": [
        {"listId": "shop", "listType": "SHOP", "listName": None, "version": 1, "updateAt": 1766000000000},
        {"listId": "trip", "listType": "CUSTOM", "listName": "Trip", "version": 3},
        {"listId": "new", "listType": "SOMETHING", "listName": "New"},
        {"listType": "TODO"},
        None,
    ]
}
MILK: Any = {
    "itemId": "m",
    "listId": "shop",
    "itemName": "milk",
    "itemStatus": "ACTIVE",
    "version": 1,
    "quantity": "2",
    "note": None,
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*MILK, "listInfoList", "itemInfoList", "listType", "version"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


def test_lists_are_parsed() -> None:
    lists = parse_lists(LISTS)
    assert [(each.list_id, each.type, each.name) for each in lists.values()] == [
        ("shop", ListType.SHOP, None),
        ("trip", ListType.CUSTOM, "Trip"),
        ("new", ListType.UNKNOWN, "New"),
    ]
    moved = {"listInfoList": [LISTS["listInfoList"][0] | {"updateAt": 1766000000001}]}
    assert parse_lists(moved)["shop"].revision != lists["shop"].revision


def test_items_are_parsed() -> None:
    done = {"itemId": "b", "itemName": "bread", "itemStatus": "COMPLETE", "version": 2, "note": "brown"}
    assert parse_items({"itemInfoList": [MILK, done, {"itemId": "x"}, 7]}) == (
        ListItem(item_id="m", name="milk", complete=False, version=1, quantity="2"),
        ListItem(item_id="b", name="bread", complete=True, version=2, note="brown"),
    )
    assert parse_added({"itemInfoList": [MILK]}) == parse_updated(MILK) == parse_items({"itemInfoList": [MILK]})[0]
    assert parse_added(None) is parse_updated("") is None


@pytest.mark.parametrize("data", [None, {}, {"itemInfoList": None}, "x"], ids=["null", "empty", "no list", "a text"])
def test_a_response_without_a_list_is_refused(data: Any) -> None:
    with pytest.raises(AlexaBadResponseError):
        parse_items(data)
    with pytest.raises(AlexaBadResponseError):
        parse_lists(data)


@settings(max_examples=60, deadline=None)
@given(ANYTHING)
def test_any_value_is_parsed_or_refused(data: Any) -> None:
    parse_added(data)
    parse_updated(data)
    for parse, key, kind in ((parse_lists, "listInfoList", ListInfo), (parse_items, "itemInfoList", ListItem)):
        try:
            found = parse({key: data} if isinstance(data, list) else data)
        except AlexaBadResponseError:
            continue
        assert all(isinstance(each, kind) for each in (found.values() if isinstance(found, dict) else found))
