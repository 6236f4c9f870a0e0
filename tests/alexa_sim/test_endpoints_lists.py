"""Tests of lists: reads, writes with versions, and the resulting pushes."""

import json
from typing import Any

import pytest

from alexa_sim.household import load_household
from alexa_sim.http import HttpError

from .cloud_driver import JO, Answer, Driver

BASE = "https://www.amazon.com/alexashoppinglists/api/v2/lists"
SHOPPING = "YW16bjEuYWNjb3VudC5TSU1KT0RPRTAwMDAwMDAwMDAwMDAwMDAwMDAwLVNIT1BQSU5HX0lURU0="
MILK = "3a4b5c6d-0001-4e8f-9a0b-1c2d3e4f5a01"


@pytest.fixture
async def driver() -> Driver:
    driver = Driver()
    await driver.renew()
    return driver


async def items(driver: Driver, key: str = SHOPPING) -> dict[str, Any]:
    answer = await driver.request("POST", f"{BASE}/{key}/items/fetch?limit=100", data={}, csrf=False)
    assert answer.status == 200
    return {item["itemName"]: item for item in answer.json["itemInfoList"]}


async def put(driver: Driver, version: int, *changes: tuple[str, str], item: str = MILK) -> Answer:
    body = {
        "itemAttributesToUpdate": [{"type": name, "value": value} for name, value in changes],
        "itemAttributesToRemove": [],
    }
    return await driver.request("PUT", f"{BASE}/{SHOPPING}/items/{item}?version={version}", data=body)


async def test_lists_and_their_counts(driver: Driver) -> None:
    answer = await driver.request("POST", f"{BASE}/fetch", data={}, csrf=False)
    lists = {each["listType"]: each for each in answer.json["listInfoList"]}
    assert list(lists) == ["SHOP", "TODO", "CUSTOM"]
    assert lists["SHOP"]["listId"] == SHOPPING
    assert (lists["SHOP"]["listName"], lists["CUSTOM"]["listName"]) == (None, "Holiday")
    assert "totalActiveItemsCount" not in lists["SHOP"]
    wanted = {"listAttributesToAggregate": [{"type": "totalActiveItemsCount"}], "listOwnershipType": None}
    answer = await driver.request("POST", f"{BASE}/fetch", data=wanted)
    assert [json.loads(each["totalActiveItemsCount"]) for each in answer.json["listInfoList"]] == [{"count": 1}] * 3
    assert (await driver.request("POST", f"{BASE}/fetch", cookies={}, data={})).status == 401
    assert (await driver.request("POST", f"{BASE}/fetch")).status == 400


async def test_items_are_returned_in_pages(driver: Driver) -> None:
    added = {f"item{number:04}": {"itemName": f"thing {number}"} for number in range(250)}
    driver.cloud.patch({"accounts": {JO: {"lists": {SHOPPING: {"items": added}}}}})
    url, sizes = f"{BASE}/{SHOPPING}/items/fetch?limit=100", []
    token: str | None = None
    while True:
        body: dict[str, Any] = {"nextToken": token} if token else {}
        page = (await driver.request("POST", url, data=body, csrf=False)).json
        sizes.append(len(page["itemInfoList"]))
        token = page["nextToken"]
        if token is None:
            break
    held = driver.cloud.state()["accounts"][JO]["lists"][SHOPPING]["items"]
    assert sizes == [100, 100, len(held) - 200]
    for wrong in ("nonsense", 7):
        assert (await driver.request("POST", url, data={"nextToken": wrong}, csrf=False)).status == 400


async def test_every_account_has_a_shopping_and_a_todo_list() -> None:
    household = load_household("demo")
    del household["accounts"][JO]["lists"]
    lists = Driver(household).cloud.state()["accounts"][JO]["lists"]
    assert {each["listType"] for each in lists.values()} == {"SHOP", "TODO"}
    assert SHOPPING in lists


async def test_items_are_added_changed_and_deleted_with_their_pushes(driver: Driver) -> None:
    stream = await driver.open()
    body = {"items": [{"itemType": "KEYWORD", "itemName": "eggs"}]}
    assert (await driver.request("POST", f"{BASE}/{SHOPPING}/items", data=body, csrf=False)).status == 403
    (added,) = (await driver.request("POST", f"{BASE}/{SHOPPING}/items", data=body)).json["itemInfoList"]
    assert (added["version"], added["itemStatus"]) == (1, "ACTIVE")
    changed = await put(driver, 1, ("itemName", "oat milk"), ("itemStatus", "COMPLETE"))
    assert (changed.json["itemName"], changed.json["version"]) == ("oat milk", 2)
    gone = await driver.request("DELETE", f"{BASE}/{SHOPPING}/items/{added['itemId']}?version=1")
    assert gone.status == 200
    assert {name: item["itemStatus"] for name, item in (await items(driver)).items()} == {
        "oat milk": "COMPLETE",
        "bread": "COMPLETE",
    }
    assert await stream.pushes() == [
        ("PUSH_LIST_ITEM_CHANGE", payload(added["itemId"], "itemCreated", 1)),
        ("PUSH_LIST_ITEM_CHANGE", payload(MILK, "itemUpdated", 2)),
        ("PUSH_LIST_ITEM_CHANGE", payload(added["itemId"], "itemDeleted", 1)),
    ]


def payload(item: str, event: str, version: int) -> dict[str, Any]:
    return {
        "destinationUserId": JO,
        "listId": SHOPPING,
        "listItemId": item,
        "eventName": event,
        "version": version,
    }


async def test_an_old_version_is_refused(driver: Driver) -> None:
    assert (await put(driver, 1, ("itemName", "oat milk"))).status == 200
    assert (await put(driver, 1, ("itemName", "cow milk"))).status == 409
    assert (await driver.request("DELETE", f"{BASE}/{SHOPPING}/items/{MILK}?version=1")).status == 409
    assert "oat milk" in await items(driver)


@pytest.mark.parametrize(
    ("name", "value"), [("itemStatus", "DONE"), ("itemName", ""), ("colour", "red")], ids=lambda each: each or "empty"
)
async def test_invalid_requests_are_refused(driver: Driver, name: str, value: str) -> None:
    assert (await put(driver, 1, (name, value))).status == 400
    assert (await items(driver))["milk"]["version"] == 1


async def test_a_patch_increases_the_versions_and_is_pushed(driver: Driver) -> None:
    stream = await driver.open()
    driver.cloud.patch({"accounts": {JO: {"lists": {SHOPPING: {"items": {MILK: {"quantity": "3"}}}}}}})
    assert (await items(driver))["milk"]["version"] == 2
    assert await stream.pushes() == [("PUSH_LIST_ITEM_CHANGE", payload(MILK, "itemUpdated", 2))]
    driver.cloud.patch({"accounts": {JO: {"lists": {SHOPPING: {"items": {MILK: None}}}}}})
    assert await stream.pushes() == [("PUSH_LIST_ITEM_CHANGE", payload(MILK, "itemDeleted", 2))]
    with pytest.raises(HttpError):
        driver.cloud.patch({"accounts": {JO: {"lists": {SHOPPING: {"items": {MILK: {"colour": "red"}}}}}}})
