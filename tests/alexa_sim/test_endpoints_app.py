"""Tests of endpoints that other clients use: communications, history, restarts, routines, cookies by token."""

from typing import Any

import pytest

from .cloud_driver import JO, KIDS, KITCHEN, OFFICE, REFRESH_TOKEN, START, Driver, operation

COMMS = "https://alexa-comms-mobile-service.amazon.com"
PRIVACY = "https://www.amazon.com/alexa-privacy/apd"
GRAPHQL = "/nexus/v1/graphql"


@pytest.fixture
async def driver() -> Driver:
    driver = Driver()
    await driver.renew()
    return driver


async def test_communications_devices_are_listed(driver: Driver) -> None:
    person = f"amzn1.comms.id.person.amzn1~{driver.cloud.state()['accounts'][JO]['directedId']}"
    group = (await driver.get(f"{COMMS}/users/{person}/identities"))["homeGroupId"]
    listed = (await driver.get(f"{COMMS}/homegroups/{group}/devices"))["devices"]
    assert len(listed) == 6
    assert (await driver.request("GET", f"{COMMS}/users/somebody/identities")).status == 404
    assert (await driver.request("GET", f"{COMMS}/homegroups/another/devices")).status == 404
    assert (await driver.request("GET", f"{COMMS}/homegroups/{group}/devices", cookies={})).status == 401


async def test_a_preference_is_changed_and_read_back(driver: Driver) -> None:
    url = f"{COMMS}/devicesTypes/{driver.device(KITCHEN)['deviceType']}/deviceId/{KITCHEN}/preferences"
    for name, state in (("announcements", "OFF"), ("dropin", "All"), ("communications", "OFF")):
        answer = await driver.request("PATCH", f"{url}/{name}", data={"state": state})
        assert answer.status == 200
        (found,) = (await driver.get(f"{url}?devicePreferences={name}"))["devicePermissionsPreferences"]
        assert found == {"devicePreference": name, "state": state, "allowed": True}
        assert (await driver.request("PATCH", f"{url}/{name}", data={"state": "maybe"})).status == 400


async def records(driver: Driver, token: str, bearer: str | None) -> Any:
    url = (
        f"{PRIVACY}/rah/alexa-history-records-v2?startTime={(START - 60) * 1000:.0f}&endTime={(START + 60) * 1000:.0f}"
    )
    headers = {"anti-csrftoken-a2z": token}
    return await driver.request("POST", url, data={"previousRequestToken": None}, headers=headers, bearer=bearer)


async def test_a_text_command_is_in_the_history(driver: Driver) -> None:
    node = operation("Alexa.TextCommand", driver.payload(KITCHEN, text="what is on my calendar"))
    assert (await driver.preview(node)).status == 200
    page = (await driver.request("GET", f"{PRIVACY}/rvh")).text
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    (record,) = (await records(driver, token, driver.token)).json["alexaHistoryRecords"]
    assert (record["title"], record["subTitle"]) == ("what is on my calendar", "Sorry, I don't know that one.")
    assert record["deviceInfo"] == {"deviceSerialNumber": KITCHEN}
    assert record["personsInfo"] == []


async def test_history_needs_the_token_of_its_page_and_a_bearer(driver: Driver) -> None:
    await driver.cloud.say({"serial": KITCHEN, "text": "play abba", "response": "Here is ABBA", "person": "Jo"})
    page = (await driver.request("GET", f"{PRIVACY}/rvh")).text
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    assert (await records(driver, token, None)).status == 401
    assert (await records(driver, "another", driver.token)).status == 403
    (record,) = (await records(driver, token, driver.token)).json["alexaHistoryRecords"]
    assert (record["title"], record["subTitle"], record["timestamp"]) == ("play abba", "Here is ABBA", START * 1000)
    assert record["deviceInfo"]["deviceSerialNumber"] == KITCHEN
    assert record["personsInfo"][0]["personFirstName"] == "Jo"
    assert (await driver.request("GET", f"{PRIVACY}/rvh", cookies={})).status == 401


async def test_history_that_is_requested_too_often_is_throttled(driver: Driver) -> None:
    """A request every 10 s is throttled after a while, one every 12 s is not, and a throttled account recovers."""
    page = (await driver.request("GET", f"{PRIVACY}/rvh")).text
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]

    async def statuses(count: int, every: float) -> set[int]:
        found = set()
        for _ in range(count):
            driver.advance(every)
            found.add((await records(driver, token, driver.token)).status)
        return found

    assert await statuses(60, 12) == {200}
    assert await statuses(100, 10) == {200, 429}
    driver.advance(120)
    assert await statuses(10, 0) == {200}
    assert await statuses(10, 0) == {429}


async def test_records_of_echos_in_earshot(driver: Driver) -> None:
    """Echos that did not respond have a record too, and the key of each record contains the serial of its Echo."""
    driver.patch_device(KITCHEN, {"heardBy": [OFFICE]})
    await driver.cloud.say({"serial": KITCHEN, "text": "good night", "intent": "InvokeRoutineIntent"})
    page = (await driver.request("GET", f"{PRIVACY}/rvh")).text
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    found = (await records(driver, token, driver.token)).json["alexaHistoryRecords"]
    keys = [(each["utteranceType"], each["activityKey"].split("#")[3]) for each in found]
    assert keys == [("GENERAL", KITCHEN), ("DEVICE_ARBITRATION", OFFICE)]
    assert found[0]["deviceInfo"] is None


async def test_history_in_both_forms_and_pages(driver: Driver) -> None:
    """The newer form names the person but not always the device; the older one names the device and the wake word."""
    for number in range(52):
        driver.advance(1)
        await driver.cloud.say({"serial": OFFICE, "text": f"number {number}", "person": "Jo"})
    driver.advance(1)
    milk = {"serial": KITCHEN, "text": "add milk", "response": "Done", "intent": "AddToListIntent"}
    await driver.cloud.say(milk)
    await driver.cloud.say({"serial": KITCHEN, "text": "", "utteranceType": "WAKE_WORD_ONLY"})
    page = (await driver.request("GET", f"{PRIVACY}/activity")).text
    token = page.partition('name="csrf-token" content="')[2].partition('"')[0]

    async def ask(path: str, previous: str | None, size: str = "") -> Any:
        time = f"startTime={START * 1000:.0f}&endTime={(START + 60) * 1000:.0f}"
        return await driver.request(
            "POST",
            f"{PRIVACY}/{path}?{time}{size}",
            data={"previousRequestToken": previous},
            headers={"anti-csrftoken-a2z": token},
            bearer=driver.token if path.startswith("rah") else None,
        )

    first = (await ask("rah/alexa-history-records-v2", None)).json
    second = (await ask("rah/alexa-history-records-v2", first["encodedRequestToken"])).json
    newer = [*first["alexaHistoryRecords"], *second["alexaHistoryRecords"]]
    assert (len(first["alexaHistoryRecords"]), len(newer), second["encodedRequestToken"]) == (50, 54, None)
    assert [record["title"] for record in newer[:3]] == ["", "add milk", "number 51"]
    assert (newer[0]["utteranceType"], newer[1]["deviceInfo"]) == ("WAKE_WORD_ONLY", None)
    older = (await ask("rvh/customer-history-records-v2", None, "&maxRecordSize=3")).json
    texts = [[item["transcriptText"] for item in r["voiceHistoryRecordItems"]] for r in older["customerHistoryRecords"]]
    assert texts == [["alexa"], ["alexa add milk", "Done"], ["alexa number 51"]]
    assert older["customerHistoryRecords"][1]["recordKey"].split("#")[3] == KITCHEN
    assert (await ask("rvh/customer-history-records-v2", None, "&maxRecordSize=x")).status == 400
    assert (await ask("rvh/customer-history-records-v2", "nonsense")).status == 400
    token = "another"
    assert (await ask("rvh/customer-history-records-v2", None)).status == 403


async def test_graphql_endpoints_need_no_csrf_and_report_reachability(driver: Driver) -> None:
    query = """query q($ids: [String]) { listEndpoints(listEndpointsInput: {endpointIds: $ids}) { endpoints {
        id serialNumber { value { text } } features { properties { ... on Reachability { reachabilityStatusValue } } }
    } } }"""
    answer = await driver.request("POST", GRAPHQL, data={"query": query}, csrf=False)
    endpoints = {
        each["serialNumber"]["value"]["text"]: each for each in endpoints_of(answer.json) if each["serialNumber"]
    }
    reached = {
        serial: each["features"][-1]["properties"][0]["reachabilityStatusValue"] for serial, each in endpoints.items()
    }
    assert (reached[KITCHEN], reached[KIDS]) == ("OK", "UNREACHABLE")
    wanted = {"ids": [endpoints[OFFICE]["id"]]}
    (found,) = (await driver.request("POST", GRAPHQL, data=[{"query": query, "variables": wanted}])).json
    assert [each["id"] for each in endpoints_of(found)] == wanted["ids"]
    assert (await driver.request("POST", GRAPHQL, data={"query": "{ weather }"})).json["errors"]
    assert (await driver.request("POST", GRAPHQL, data={"query": query}, cookies={})).status == 401


def endpoints_of(answer: Any) -> Any:
    return answer["data"]["listEndpoints"]["endpoints"]


async def test_an_echo_is_offline_for_half_a_minute_during_a_restart(driver: Driver) -> None:
    stream = await driver.open()
    url = f"/v1/alexa/device/reboot/{driver.device(OFFICE)['deviceType']}/{OFFICE}"
    assert (await driver.request("POST", url, data={})).status == 401
    assert (await driver.request("POST", url, data={}, bearer=driver.token)).status == 200
    assert (await driver.request("POST", url, data={}, bearer=driver.token)).status == 400
    driver.advance(31)
    states = [payload["dopplerConnectionState"] for _, payload in await stream.pushes()]
    assert states == ["OFFLINE", "ONLINE"]


async def test_routines_are_listed_and_run(driver: Driver) -> None:
    routine, dinner = await driver.get("/api/behaviors/v2/automations")
    assert (routine["name"], routine["status"]) == ("Good night", "ENABLED")
    assert (await driver.preview(routine["sequence"]["startNode"])).status == 200
    assert [said["text"] for said in driver.cloud.spoken()] == ["Sleep well"]
    assert dinner["triggers"][0]["payload"]["utterances"] == ["dinner is ready", "call everybody to the table"]
    assert await driver.get("/api/behaviors/v2/automations?limit=1") == [routine]
    assert (await driver.request("GET", "/api/behaviors/v2/automations?limit=all")).status == 400
    assert await driver.get("/api/welcome") == {"alexaHostName": "alexa.amazon.com"}


async def test_the_token_endpoint_also_returns_cookies() -> None:
    driver = Driver(domain="amazon.de")
    form = {
        "source_token": REFRESH_TOKEN,
        "source_token_type": "refresh_token",
        "requested_token_type": "auth_cookies",
        "domain": "www.amazon.de",
    }
    answer = await driver.request("POST", "https://api.amazon.com/auth/token", form=form)
    cookies = answer.json["response"]["tokens"]["cookies"][".amazon.de"]
    jar = {cookie["Name"]: cookie["Value"].strip('"') for cookie in cookies}
    assert (await driver.get("/api/users/me", cookies=jar))["id"] == JO
    refused = await driver.request("POST", "https://api.amazon.com/auth/token", form={**form, "domain": "example.org"})
    assert refused.status == 400
