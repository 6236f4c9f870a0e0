"""Tests of the settings of single devices: valid and invalid values, and pushes."""

import json
from typing import Any

import pytest

from .cloud_driver import DOWNSTAIRS, JO, KIDS, KITCHEN, LIVING, OFFICE, Driver


@pytest.fixture
async def driver() -> Driver:
    driver = Driver()
    await driver.renew()
    return driver


def named(driver: Driver, serial: str, **more: Any) -> dict[str, Any]:
    return {"deviceSerialNumber": serial, "deviceType": driver.device(serial)["deviceType"], **more}


async def status(driver: Driver, method: str, url: str, data: Any) -> int:
    return (await driver.request(method, url, data=data)).status


async def test_preferences_are_replaced_as_a_whole(driver: Driver) -> None:
    preferences = (await driver.get("/api/device-preferences"))["devicePreferences"]
    kitchen = next(each for each in preferences if each["deviceSerialNumber"] == KITCHEN)
    url = f"/api/device-preferences/{KITCHEN}"
    assert await status(driver, "PUT", url, {**kitchen, "goldfishEnabled": True, "locale": "de-DE"}) == 200
    assert driver.device(KITCHEN)["preferences"]["goldfishEnabled"] is True
    assert driver.device(KITCHEN)["preferences"]["locale"] == "de-DE"
    for wrong in (
        named(driver, KITCHEN, goldfishEnabled=False),
        {**kitchen, "locale": "tlh-KL"},
        {**kitchen, "timeZoneId": "Mars/Base"},
        {**kitchen, "temperatureScale": "KELVIN"},
        {**kitchen, "deviceSerialNumber": OFFICE, "deviceType": driver.device(OFFICE)["deviceType"]},
    ):
        assert await status(driver, "PUT", url, wrong) == 400, wrong
    group = {**kitchen, **named(driver, DOWNSTAIRS)}
    assert await status(driver, "PUT", f"/api/device-preferences/{DOWNSTAIRS}", group) == 400


async def test_the_wake_word_is_read_and_set(driver: Driver) -> None:
    query = f"deviceSerialNumber={OFFICE}&deviceType={driver.device(OFFICE)['deviceType']}"
    words = (await driver.get(f"/api/wake-words-locale?{query}&softwareVersion=1"))["wakeWords"]
    assert {"ALEXA", "COMPUTER"} <= set(words)
    assert (await driver.request("GET", f"/api/wake-words-locale?{query}")).status == 400
    body = named(driver, OFFICE, active=True, displayName="COMPUTER", midFieldState=None, wakeWord="ECHO")
    url = f"/api/wake-word/{OFFICE}"
    assert await status(driver, "PUT", url, body) == 200
    assert driver.device(OFFICE)["wakeWord"] == "ECHO"
    assert await status(driver, "PUT", url, body) == 400, "the wake word in the request is outdated"
    assert await status(driver, "PUT", url, {**body, "displayName": "ECHO", "wakeWord": "HAL"}) == 400


async def test_an_equalizer_is_pushed(driver: Driver) -> None:
    stream = await driver.open()
    url = f"/api/equalizer/{LIVING}/{driver.device(LIVING)['deviceType']}"
    assert await status(driver, "POST", url, {"bass": -3}) == 200
    assert await driver.get(url) == {"bass": -3, "mid": 0, "treble": 1}
    command, payload = (await stream.pushes())[0]
    assert (command, payload["bass"], payload["midrange"], payload["treble"]) == (
        "PUSH_EQUALIZER_STATE_CHANGE",
        -3,
        0,
        1,
    )
    for wrong in ({"bass": 7}, {"bass": "1"}, {"midrange": 1}, {}):
        assert await status(driver, "POST", url, wrong) == 400, wrong
    spot = f"/api/equalizer/{OFFICE}/{driver.device(OFFICE)['deviceType']}"
    assert await status(driver, "POST", spot, {"bass": 1}) == 400, "this Echo has no equalizer"
    kids = f"/api/equalizer/{KIDS}/{driver.device(KIDS)['deviceType']}"
    assert await status(driver, "POST", kids, {"bass": 1}) == 400, "this Echo is offline"


async def test_settings_of_display_and_clock_are_read_and_set(driver: Driver) -> None:
    def url(serial: str, name: str) -> str:
        return f"/api/v1/devices/{driver.device(serial)['deviceAccountId']}/settings/{name}"

    assert await driver.get(url(KITCHEN, "displayPower")) == {"value": '"ON"'}
    for name, value in (("displayPower", "OFF"), ("brightness", 5), ("timeFormat", "24_HOURS")):
        assert await status(driver, "PUT", url(KITCHEN, name), {"value": json.dumps(value)}) == 200
        assert json.loads((await driver.get(url(KITCHEN, name)))["value"]) == value
    for name, value in (("displayPower", "OFF"), ("brightness", '"5"'), ("brightness", "101"), ("brightness", "true")):
        assert await status(driver, "PUT", url(KITCHEN, name), {"value": value}) == 400, value
    assert (await driver.request("GET", url(LIVING, "brightness"))).status == 400, "this Echo has no display"
    assert (await driver.request("GET", url(KITCHEN, "smell"))).status == 404


async def test_aux_name_and_bluetooth(driver: Driver) -> None:
    kitchen = driver.device(KITCHEN)
    aux = f"/api/auxcontroller/{kitchen['deviceType']}/{KITCHEN}"
    body = {"direction": "INPUT", "deviceId": KITCHEN}
    assert await status(driver, "POST", f"{aux}/ports/aux0/setDirection", body) == 200
    (port,) = (await driver.get(f"{aux}/state"))["ports"]
    assert (port["id"], port["direction"]) == ("aux0", "INPUT")
    assert await status(driver, "POST", f"{aux}/ports/aux1/setDirection", body) == 400
    assert await status(driver, "POST", f"{aux}/ports/aux0/setDirection", {**body, "direction": "UP"}) == 400

    url = f"/api/devices-v2/device/{KITCHEN}"
    name = {
        "accountName": "Galley",
        "serialNumber": KITCHEN,
        "deviceType": kitchen["deviceType"],
        "deviceAccountId": kitchen["deviceAccountId"],
    }
    assert await status(driver, "PUT", url, name) == 200
    assert driver.device(KITCHEN)["accountName"] == "Galley"
    assert await status(driver, "PUT", url, {**name, "accountName": " "}) == 400
    assert await status(driver, "PUT", url, {**name, "deviceAccountId": "other"}) == 400

    sink = f"/api/bluetooth/unpair-sink/{kitchen['deviceType']}/{KITCHEN}"
    phone = {"bluetoothDeviceAddress": "00:53:10:00:00:01", "bluetoothDeviceClass": "OTHER"}
    assert await status(driver, "POST", sink, phone) == 200
    paired = driver.cloud.state()["accounts"][JO]["devices"][KITCHEN]["bluetooth"]
    assert [device["friendlyName"] for device in paired] == ["Garden Speaker"]
    assert await status(driver, "POST", sink, phone) == 400
