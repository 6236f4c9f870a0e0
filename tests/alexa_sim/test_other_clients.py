"""Tests of requests that Amazon accepts in the forms that other clients use."""

from alexapy.secureauth import EnrollmentFlow
import pytest

from .cloud_driver import DOWNSTAIRS, JO, KITCHEN, LIVING, PHONE, Driver
from .test_auth_signin import open_page, registration, submit
from .test_endpoints_alerts import ALARMS, BROWSER, KITCHEN_TYPE, alarm_body, held, put, reminder_body

COMMS = "https://alexa-comms-mobile-service.amazon.com"


@pytest.fixture
async def driver() -> Driver:
    driver = Driver()
    await driver.renew()
    return driver


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/notifications"),
        ("GET", "/api/notifications/{id}"),
        ("PUT", "/api/notifications/createReminder"),
        ("PUT", "/api/notifications/null"),
        ("PUT", "/api/notifications/{id}"),
        ("DELETE", "/api/notifications/{id}"),
    ],
)
async def test_every_request_about_notifications_needs_a_browsers_user_agent(
    driver: Driver, method: str, path: str
) -> None:
    before = held(driver)
    path = path.replace("{id}", next(iter(before)))
    answer = await driver.request(method, path, data=None if method == "GET" else reminder_body(driver))
    assert (answer.status, answer.header("x-amzn-errortype")) == (400, "ThrottlingException")
    assert answer.json["message"] == "Rate exceeded"
    assert held(driver) == before


async def test_one_notification_is_read_made_and_deleted_without_a_body(driver: Driver) -> None:
    made = (await put(driver, "null", reminder_body(driver, id=None))).json
    path = f"/api/notifications/{made['id']}"
    assert (await driver.get(path, headers=BROWSER))["reminderLabel"] == "Bins"
    assert (await driver.request("DELETE", path, headers=BROWSER)).status == 200
    assert made["notificationIndex"] not in held(driver)


async def test_an_alarm_needs_no_sound_and_a_change_no_endpoint(driver: Driver) -> None:
    body = alarm_body()
    del body["assets"]
    made = (await driver.request("POST", ALARMS, data=body, bearer=driver.token)).json["alarmToken"]
    assert held(driver)[made]["sound"]["id"] == driver.device(KITCHEN)["alarmSound"]
    later = alarm_body(trigger={"scheduledTime": "2026-11-23T08:30:00"})
    del later["endpointId"]
    assert (await driver.request("PUT", f"{ALARMS}/{made}", data=later, bearer=driver.token)).status == 200
    changed = held(driver)[made]
    assert (changed["originalTime"], changed["deviceSerialNumber"]) == ("08:30:00.000", KITCHEN)


async def test_the_alarm_volume_of_one_echo_is_set(driver: Driver) -> None:
    path = f"/api/device-notification-state/{KITCHEN_TYPE}/{driver.device(KITCHEN)['softwareVersion']}/{KITCHEN}"
    assert (await driver.request("PUT", path, data={"volumeLevel": 55})).status == 200
    assert (await driver.get(path))["volumeLevel"] == 55
    wrong = {"volumeLevel": 56, "deviceSerialNumber": LIVING}
    assert (await driver.request("PUT", path, data=wrong)).status == 400
    assert (await driver.request("GET", path.replace(KITCHEN, LIVING))).status == 400


async def test_the_equalizer_range_is_read(driver: Driver) -> None:
    place = f"{KITCHEN}/{KITCHEN_TYPE}"
    assert await driver.get(f"/api/equalizer/enabled/{place}") == {"enabled": True}
    assert await driver.get(f"/api/devices/{place}/audio/v1/getEQRange") == {"max": 6, "min": -6}
    group = f"{DOWNSTAIRS}/{driver.device(DOWNSTAIRS)['deviceType']}"
    assert await driver.get(f"/api/equalizer/enabled/{group}") == {"enabled": False}
    assert (await driver.request("GET", f"/api/devices/{group}/audio/v1/getEQRange")).status == 400


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("attentionSpan", "false", '"ON"'),
        ("alexaGestures", "false", "0"),
        ("connectedSpeakerOption", '"Aux"', "true"),
    ],
)
async def test_a_setting_is_written_and_read(driver: Driver, name: str, value: str, wrong: str) -> None:
    path = f"/api/v1/devices/{driver.device(KITCHEN)['deviceAccountId']}/settings/{name}"
    assert (await driver.request("PUT", path, data={"value": value})).status == 200
    assert await driver.get(path) == {"value": value}
    assert (await driver.request("PUT", path, data={"value": wrong})).status == 400
    phone = path.replace(driver.device(KITCHEN)["deviceAccountId"], driver.device(PHONE)["deviceAccountId"])
    assert (await driver.request("GET", phone)).status == 400


async def test_a_device_is_removed_from_the_account(driver: Driver) -> None:
    path = f"/api/devices/device/{KITCHEN}"
    assert (await driver.request("DELETE", f"{path}?deviceType=A0")).status == 400
    assert (await driver.request("DELETE", f"{path}?deviceType={KITCHEN_TYPE}", csrf=False)).status == 403
    assert (await driver.request("DELETE", f"{path}?deviceType={KITCHEN_TYPE}")).status == 200
    assert KITCHEN not in driver.cloud.state()["accounts"][JO]["devices"]


async def test_what_a_routine_may_do(driver: Driver) -> None:
    (one,) = await driver.get("/api/behaviors/actionDefinitions?skillId=amzn1.ask.1p.smarthome")
    assert one["type"] == "Alexa.SmartHome.Batch"
    body = {"actions": [], "triggers": [{"type": "CustomUtterance"}], "limit": 100}
    assert (await driver.request("POST", "/api/routines/catalog/action/Root", data=body)).json["catalogId"] == "Root"
    assert (await driver.request("POST", "/api/routines/catalog/action/Root", data={})).status == 400


@pytest.mark.parametrize("domain", ["amazon.com", "amazon.de", "amazon.co.uk"])
async def test_messages_at_the_retail_domain(domain: str) -> None:
    driver = Driver(domain=domain)
    await driver.renew()
    service = COMMS.replace("amazon.com", domain)
    (account,) = await driver.get(f"{service}/accounts")
    person = f"{service}/users/{account['commsId']}"
    assert [contact["name"]["firstName"] for contact in await driver.get(f"{person}/contacts")] == ["Alex", "Kim"]
    assert await driver.get(f"{person}/conversations") == {"conversations": []}
    message = {"sender": account["commsId"], "type": "message/text", "payload": {"text": "Grüße 🎂"}}
    assert (await driver.request("POST", f"{person}/conversations/c1/messages", data=[message])).status == 200
    (conversation,) = (await driver.get(f"{person}/conversations"))["conversations"]
    assert conversation["latestMessages"][0]["payload"]["text"] == "Grüße 🎂"
    for wrong in ({**message, "sender": "somebody"}, {**message, "payload": {}}):
        assert (await driver.request("POST", f"{person}/conversations/c1/messages", data=[wrong])).status == 400
    assert (await driver.request("GET", f"{service}/users/somebody/contacts")).status == 404
    assert (await driver.request("DELETE", f"{person}/conversations/c1?lastMessageId=1")).status == 200
    assert await driver.get(f"{person}/conversations") == {"conversations": []}


async def test_a_code_registers_any_serial_and_cookies_are_quoted_as_amazon_does() -> None:
    driver, flow = Driver(), EnrollmentFlow()
    page, cookies = await open_page(driver, flow)
    end = await submit(driver, page, cookies, email="jo@example.org", password="correct horse")
    raw = dict(value.partition(";")[0].split("=", 1) for name, value in end.headers if name == "set-cookie")
    quoted = {name for name, value in raw.items() if value.startswith('"')}
    assert quoted == {"session-token", "x-main", "sess-at-main"}
    code = (end.header("location") or "").partition("authorization_code=")[2].partition("&")[0]
    data = registration(flow, code)
    data["registration_data"]["device_serial"] = "0123456789abcdef0123456789abcdef"
    answer = await driver.request("POST", "https://api.amazon.com/auth/register", data=data)
    assert answer.status == 200
    listed = answer.json["response"]["success"]["tokens"]["website_cookies"]
    assert {cookie["Name"] for cookie in listed if cookie["Value"].startswith('"')} == quoted
