"""Tests of Amazon's checks: cookies, csrf, User-Agent, marketplace and token."""

from typing import Any

import pytest

from .cloud_driver import BROWSER, KITCHEN, REFRESH_TOKEN, Driver

READS = (
    "/api/users/me",
    "/api/endpoints",
    "/api/customer-status",
    "/api/household",
    "/api/ping",
    "/api/language",
    "/api/strings",
    "/api/devices-v2/device",
    "/api/device-preferences",
    "/api/wake-word",
    "/api/wholeHomeAudio/v1/groups",
    "/api/np/list-media-sessions",
    "/api/np/player",
    "/api/np/queue",
    "/api/devices/deviceType/dsn/audio/v1/allDeviceVolumes",
    "/api/behaviors/entities",
    "/api/notifications",
    "/api/dnd/device-status-list",
    "/api/bluetooth",
    "/api/ascending-alarm",
    "/api/device-notification-state",
)
WRITES = (
    ("POST", "/api/np/command"),
    ("POST", "/api/behaviors/preview"),
    ("POST", "/api/behaviors/operation/validate"),
    ("PUT", "/api/dnd/status"),
    ("POST", "/api/bluetooth/pair-sink/A1EIANJ7PNB0Q7/G0SIM00KITCHEN01"),
    ("POST", "/api/bluetooth/disconnect-sink/A1EIANJ7PNB0Q7/G0SIM00KITCHEN01"),
)


@pytest.mark.parametrize("path", READS)
async def test_reads_need_cookies(path: str) -> None:
    driver = Driver()
    await driver.renew()
    without = {name: value for name, value in driver.cookies.items() if name != "at-main"}
    assert (await driver.request("GET", path, cookies=without)).status == 401
    without = {name: value for name, value in driver.cookies.items() if name != "session-id"}
    assert (await driver.request("GET", path, cookies=without)).status == 401


@pytest.mark.parametrize(("method", "path"), WRITES)
async def test_writes_need_csrf(method: str, path: str) -> None:
    driver = Driver()
    await driver.renew()
    assert (await driver.request(method, path, data={}, csrf=False)).status == 403
    assert (await driver.request(method, path, data={}, csrf=False, headers={"csrf": "1"})).status == 403
    assert (await driver.request(method, path, data={}, cookies={})).status == 401
    assert (await driver.request(method, path, data=[])).status != 403


async def test_csrf_cookie_is_only_set_if_it_is_missing() -> None:
    driver = Driver()
    await driver.renew()
    del driver.cookies["csrf"]
    for path in (
        "/spa/index.html",
        "/api/language",
        "/api/devices-v2/device?cached=false",
        "/templates/oobe/d-device-pick.handlebars",
        "/api/strings",
    ):
        answer = await driver.request("GET", path)
        assert "; Domain=.amazon.com;" in (answer.header("set-cookie") or ""), path
        again = await driver.request("GET", path, cookies={**driver.cookies, "csrf": "1"})
        assert again.header("set-cookie") is None
    assert (await driver.request("GET", "/api/users/me")).header("set-cookie") is None
    away = await driver.request("GET", "/spa/index.html", cookies={})
    assert (away.status, away.header("set-cookie")) == (302, None)


async def test_notifications_need_a_browser() -> None:
    driver = Driver()
    await driver.renew()
    answer = await driver.request("GET", "/api/notifications?cached=true")
    assert answer.status == 400
    assert "ThrottlingException" in answer.text
    assert (await driver.request("GET", "/api/notifications", headers={"User-Agent": BROWSER})).status == 200


async def test_account_is_served_at_its_marketplace_and_region() -> None:
    driver = Driver(domain="amazon.de")
    await driver.renew()
    endpoints = await driver.get("/api/endpoints")
    assert endpoints["websiteApiUrl"] == "https://eu-api-alexa.amazon.de"
    assert endpoints["alexaApiUrl"] == "https://api.eu.amazonalexa.com"
    await driver.get("https://eu-api-alexa.amazon.de/api/devices-v2/device")
    wrong = await driver.request("GET", "https://na-api-alexa.amazon.de/api/devices-v2/device")
    assert wrong.status == 401
    host = "https://eu-api-alexa.amazon.com"
    assert (await driver.request("GET", f"{host}/api/devices-v2/device")).status == 401


async def test_other_marketplaces_return_the_marketplace_of_the_account() -> None:
    driver = Driver(domain="amazon.nl")
    form = {
        "source_token": REFRESH_TOKEN,
        "source_token_type": "refresh_token",
        "requested_token_type": "auth_cookies",
        "domain": ".amazon.com",
    }
    answer = await driver.request("POST", "https://www.amazon.com/ap/exchangetoken/cookies", form=form)
    listed = answer.json["response"]["tokens"]["cookies"][".amazon.com"]
    driver.cookies = {cookie["Name"]: cookie["Value"].strip('"') for cookie in listed}
    assert "at-main" in driver.cookies
    me = await driver.get("https://alexa.amazon.com/api/users/me")
    assert me["marketPlaceDomainName"] == "https://www.amazon.nl"
    assert (await driver.request("GET", "https://alexa.amazon.com/api/devices-v2/device")).status == 401
    assert (await driver.request("GET", "https://alexa.amazon.nl/api/users/me")).status == 401


async def test_token_endpoint_refuses_malformed_requests() -> None:
    driver = Driver()
    answer = await driver.request("POST", "https://api.amazon.com/auth/token", form={"source_token": REFRESH_TOKEN})
    assert (answer.status, answer.json["error"]) == (400, "invalid_request")
    url = "https://www.amazon.com/ap/exchangetoken/cookies"
    form = {"source_token": "Atnr|no", "source_token_type": "refresh_token", "requested_token_type": "auth_cookies"}
    for changes, code in (
        ({"domain": ".amazon.com"}, "InvalidToken"),
        ({"domain": ".example.org"}, "InvalidValue"),
        ({"requested_token_type": "x"}, "InvalidValue"),
    ):
        answer = await driver.request("POST", url, form={**form, **changes})
        assert (answer.status, answer.json["response"]["error"]["code"]) == (400, code)
    bodies: list[Any] = [{}, [], {"registration_data": {"device_serial": "1", "device_type": "X"}}]
    for body in bodies:
        assert (await driver.request("POST", "https://api.amazon.com/auth/register", data=body)).status == 400


async def test_unknown_paths_and_methods_are_not_served() -> None:
    router = Driver().cloud.router
    assert router.match("GET", "alexa.amazon.com", "/api/bootstrap") == 404
    assert router.match("DELETE", "alexa.amazon.com", "/api/users/me") == 405


async def test_device_in_a_query_must_belong_to_the_account() -> None:
    driver = Driver()
    await driver.renew()
    for query in ("", f"?deviceSerialNumber={KITCHEN}", f"?deviceSerialNumber={KITCHEN}&deviceType=A3S5BH2HU6VAYF"):
        answer = await driver.request("GET", f"/api/np/player{query}")
        assert answer.status == 400
        assert answer.json["message"]
