"""Tests of Amazon Kids, routines and backgrounds in the simulated cloud."""

import json
from typing import Any

import pytest

from .cloud_driver import BEDROOM, DOWNSTAIRS, JO, MODEL, OFFICE, Driver

KIM = "amzn1.account.SIMA2SIMKIM0DOE03"
GOOD_NIGHT = "amzn1.alexa.automation.5a6b7c8d-0001-4e8f-9a0b-1c2d3e4f5a01"


@pytest.mark.parametrize(
    ("domain", "name", "other"), [("amazon.com", "parents", "eltern"), ("amazon.de", "eltern", "parents")]
)
async def test_an_echo_is_assigned_to_a_child(domain: str, name: str, other: str) -> None:
    driver = Driver(domain=domain)
    await driver.renew()
    kind = driver.device(OFFICE)["deviceType"]
    mode = f"/api/device/op-mode?deviceType={kind}&deviceSerialNumber={OFFICE}"
    assert await driver.get(mode) == {"isChildDirectedDevice": False}
    parents = f"https://{name}.{domain}"
    people = (await driver.request("GET", f"{parents}/ajax/get-household-with-age")).json["members"]
    assert [person["firstName"] for person in people if person["role"] == "CHILD"] == ["Kim"]
    assert (await driver.request("GET", f"https://{other}.{domain}/ajax/get-household-with-age")).status == 404
    page = await driver.request("GET", f"{parents}/oobe/brownie/start/{kind}/{OFFICE}")
    token = page.set_cookies["ft-panda-csrf-token"]
    jar = {**driver.cookies, "ft-panda-csrf-token": token}
    body = {"deviceId": OFFICE, "deviceTypeId": kind, "childDirectedId": KIM}
    good = {"x-amzn-csrf": token, "Origin": parents}
    url = f"{parents}/ajax/assign-device-to-child"
    for cookies, headers, data, status in (
        (driver.cookies, good, body, 403),
        (jar, {}, body, 403),
        (jar, good | {"Origin": "https://www.example.org"}, body, 403),
        (jar, good, body | {"childDirectedId": "amzn1.account.NOBODY"}, 400),
        (jar, good, body | {"deviceId": DOWNSTAIRS}, 400),
        (jar, good, body, 200),
    ):
        answer = await driver.request("POST", url, data=data, headers=headers, cookies=cookies)
        assert answer.status == status, headers
    assert await driver.get(mode) == {"isChildDirectedDevice": True}
    taken = await driver.request("POST", f"/api/unassign-device-from-child/{OFFICE}/{kind}")
    assert taken.status == 200
    assert await driver.get(mode) == {"isChildDirectedDevice": False}
    group = driver.device(DOWNSTAIRS)["deviceType"]
    answer = await driver.request("GET", f"/api/device/op-mode?deviceType={group}&deviceSerialNumber={DOWNSTAIRS}")
    assert answer.status == 400


async def test_a_routine_is_run_under_its_id() -> None:
    driver = Driver()
    await driver.renew()
    routine, dinner = await driver.get("/api/behaviors/v2/automations")
    assert routine["automationId"] == GOOD_NIGHT

    async def run(behavior_id: Any, sequence: Any) -> int:
        body = {"behaviorId": behavior_id, "sequenceJson": json.dumps(sequence), "status": "ENABLED"}
        return (await driver.request("POST", "/api/behaviors/preview", data=body)).status

    assert await run("amzn1.alexa.automation.nobody", routine["sequence"]) == 400
    assert await run(None, routine["sequence"]) == 400
    assert await run(dinner["automationId"], dinner["sequence"]) == 400, "the placeholder for the Echo was not replaced"
    assert await run(GOOD_NIGHT, {"@type": f"{MODEL}.Sequence", "startNode": None}) == 400
    assert await run(GOOD_NIGHT, routine["sequence"]) == 200
    automations = driver.cloud.state()["accounts"][JO]["automations"]
    assert [automation["runs"] for automation in automations.values()] == [1, 0]
    driver.cloud.patch({"accounts": {JO: {"automations": {GOOD_NIGHT: {"status": "DISABLED"}}}}})
    assert await run(GOOD_NIGHT, routine["sequence"]) == 400
    assert [said["text"] for said in driver.cloud.spoken()] == ["Sleep well"]


async def test_a_background_needs_a_screen_and_https() -> None:
    driver = Driver()
    await driver.renew()

    async def show(serial: str, **changes: Any) -> int:
        body = {
            "deviceSerialNumber": serial,
            "deviceType": driver.device(serial)["deviceType"],
            "backgroundImageID": "x",
            "backgroundImageType": "PERSONAL_PHOTOS",
            "backgroundImageURL": "https://pictures.example.org/1.jpg",
            **changes,
        }
        return (await driver.request("POST", "/api/background-image", data=body)).status

    assert await show(BEDROOM) == 400
    assert await show(OFFICE, backgroundImageURL="http://pictures.example.org/1.jpg") == 400
    assert await show(OFFICE, backgroundImageType="NONE") == 400
    assert await show(OFFICE, deviceType="A0OTHER") == 400
    assert driver.device(OFFICE)["backgroundImage"] is None
    assert await show(OFFICE) == 200
    assert driver.device(OFFICE)["backgroundImage"] == "https://pictures.example.org/1.jpg"
