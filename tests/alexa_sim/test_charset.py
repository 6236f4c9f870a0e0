"""Tests of the decoding of non-ASCII letters in request bodies."""

import json
from typing import Any

import pytest

from .cloud_driver import GATEWAY, Driver
from .test_endpoints_lists import BASE, SHOPPING, items

NAMES = ("Brötchen", "牛乳", "Cake 🎂")


@pytest.fixture
async def driver() -> Driver:
    """Return a signed-in client."""
    driver = Driver()
    await driver.renew()
    return driver


async def added(driver: Driver, name: str, content_type: str | None, **options: Any) -> list[str]:
    """Add a list item and return the names of all items; the JSON is ASCII unless ``options`` say otherwise."""
    body = json.dumps({"items": [{"itemType": "KEYWORD", "itemName": name}]}, **options).encode()
    headers = {} if content_type is None else {"content-type": content_type}
    answer = await driver.request("POST", f"{BASE}/{SHOPPING}/items", raw=body, headers=headers)
    assert answer.status == 200
    return list(await items(driver))


@pytest.mark.parametrize("name", NAMES)
async def test_a_given_charset_is_used(driver: Driver, name: str) -> None:
    assert name in await added(driver, name, "application/json; charset=UTF-8", ensure_ascii=False)


@pytest.mark.parametrize("name", NAMES)
async def test_ascii_needs_no_charset(driver: Driver, name: str) -> None:
    assert name in await added(driver, name, "application/json")


@pytest.mark.parametrize("content_type", ["application/json", None, "application/json; charset=none"])
@pytest.mark.parametrize("name", NAMES)
async def test_raw_letters_without_a_charset_are_garbled(driver: Driver, name: str, content_type: str | None) -> None:
    held = await added(driver, name, content_type, ensure_ascii=False)
    assert name not in held
    assert name.encode().decode("iso-8859-1").strip() in held


async def test_a_part_is_decoded_with_the_charset_of_the_part(driver: Driver) -> None:
    event = {"event": {"header": {"namespace": "System", "name": "Zustandsänderung"}}}
    part = json.dumps(event, ensure_ascii=False)
    for charset, shown in (("; charset=UTF-8", "Zustandsänderung"), ("", "ZustandsÃ¤nderung")):
        body = f"--b\r\nContent-Type: application/json{charset}\r\n\r\n{part}\r\n--b--\r\n".encode()
        headers = {"content-type": "multipart/form-data; boundary=b"}
        answer = await driver.request(
            "POST", f"https://{GATEWAY}/v20160207/events", raw=body, headers=headers, bearer=driver.token
        )
        assert f"System.{shown}" in answer.json["payload"]["description"]
