"""Tests of alarms, timers and reminders in the simulated cloud."""

from typing import Any

import pytest

from .cloud_driver import JO, Answer, Driver, operation

KITCHEN = "G0SIM00KITCHEN01"
KITCHEN_TYPE = "A1EIANJ7PNB0Q7"
BEDROOM = "1f0c3d52-7a51-4c0e-9d39-0a1b2c3d4e01"
MARKET = "1f0c3d52-7a51-4c0e-9d39-0a1b2c3d4e02"
DENTIST = "1f0c3d52-7a51-4c0e-9d39-0a1b2c3d4e06"
ALARMS = "https://api.amazonalexa.com/v1/alerts/alarms"
BROWSER = {"user-agent": "Mozilla/5.0"}
TONE = {"type": "TONE", "assetId": "system_alerts_melodic_03"}


@pytest.fixture
async def driver() -> Driver:
    driver = Driver()
    await driver.renew()
    return driver


def held(driver: Driver) -> dict[str, Any]:
    """Return Jo's notifications."""
    return dict(driver.cloud.state()["accounts"][JO]["notifications"])


def alarm_body(**changes: Any) -> dict[str, Any]:
    """Return the body of an alarm with changes."""
    trigger = {"scheduledTime": "2026-11-23T07:00:00"}
    return {"endpointId": f"{KITCHEN}@{KITCHEN_TYPE}", "trigger": trigger, "assets": [TONE], "extensions": []} | changes


def reminder_body(driver: Driver, **changes: Any) -> dict[str, Any]:
    """Return the body of a reminder for 2026-11-23, 18:00 in Los Angeles, with changes."""
    return {
        "type": "Reminder",
        "status": "ON",
        "id": "createReminder",
        "isSaveInFlight": True,
        "deviceSerialNumber": KITCHEN,
        "deviceType": KITCHEN_TYPE,
        "reminderLabel": "Bins",
        "alarmTime": 1795485600000,
        "originalDate": "2026-11-23",
        "originalTime": "18:00:00.000",
        "isRecurring": False,
        "rRuleData": None,
        "createdDate": round(driver.clock.now() * 1000),
    } | changes


async def api(driver: Driver, method: str, path: str = "", data: Any = None) -> Answer:
    """Send a request to the API for alarms."""
    return await driver.request(method, f"{ALARMS}{path}", data=data, bearer=driver.token)


async def put(driver: Driver, key: str, data: Any, method: str = "PUT") -> Answer:
    """Change a notification."""
    return await driver.request(method, f"/api/notifications/{key}", data=data, headers=BROWSER)


async def test_alarms_are_listed_created_and_changed(driver: Driver) -> None:
    listed = (await api(driver, "GET")).json
    assert listed["totalCount"] == len(listed["alarms"]) == 3
    weekend = next(alarm for alarm in listed["alarms"] if alarm["assets"][0]["assetId"].startswith("MUSIC-"))
    assert weekend["trigger"]["recurrence"] == {"freq": "WEEKLY", "byDay": ["SA", "SU"], "interval": 1}
    key = (await api(driver, "POST", data=alarm_body())).json["alarmToken"]
    assert held(driver)[key]["originalTime"] == "07:00:00.000"
    recurrence = {"freq": "WEEKLY", "byDay": ["TU"], "interval": 1}
    later = {"scheduledTime": "2026-11-23T08:00:00", "recurrence": recurrence}
    assert (await api(driver, "PUT", f"/{key}", alarm_body(trigger=later))).status == 200
    item = held(driver)[key]
    assert (item["originalDate"], item["originalTime"], item["version"]) == ("2026-11-24", "08:00:00.000", "4")
    assert (await api(driver, "PUT", f"/{key}/nextOccurrence/cancel")).status == 200
    assert held(driver)[key]["originalDate"] == "2026-12-01"
    assert (await api(driver, "PUT", f"/{key}/cancel")).status == 200
    assert held(driver)[key]["status"] == "OFF"
    assert (await api(driver, "PUT", f"/{key}/nextOccurrence/cancel")).status == 400
    assert (await api(driver, "PUT", f"/{key}/activate", alarm_body(trigger=later))).status == 200
    assert held(driver)[key]["status"] == "ON"
    # a single alarm whose time has passed rings on the following day
    driver.advance(40 * 86400)
    await driver.renew()
    assert (await api(driver, "PUT", f"/{MARKET}/activate", alarm_body())).status == 200
    assert held(driver)[MARKET]["originalDate"] == "2026-12-31"


async def test_invalid_alarms_are_refused(driver: Driver) -> None:
    before = held(driver)
    weekly = {"freq": "WEEKLY", "byDay": ["MO"], "interval": 1}
    refused: tuple[dict[str, Any], ...] = (
        {"endpointId": "G0NOBODY@A1EIANJ7PNB0Q7"},
        {"trigger": {"scheduledTime": "2026-11-20T07:00:00"}},
        {"trigger": {"scheduledTime": "seven"}},
        {"trigger": {"scheduledTime": "2026-11-23T07:00:00Z"}},
        {"trigger": {"scheduledTime": "2026-11-23T07:00:00", "recurrence": {"freq": "MONTHLY"}}},
        {"trigger": {"scheduledTime": "2026-11-23T07:00:00", "recurrence": {**weekly, "byDay": []}}},
        {"trigger": {"scheduledTime": "2026-11-23T07:00:00", "recurrence": {**weekly, "interval": 0}}},
        {"assets": [{"type": "TONE", "assetId": "foghorn"}]},
        {"assets": [{}]},
        {"assets": None},
    )
    for changes in refused:
        assert (await api(driver, "POST", data=alarm_body(**changes))).status == 400, changes
    assert (await api(driver, "PUT", f"/{DENTIST}/cancel")).status == 404
    assert (await driver.request("GET", ALARMS, bearer="nobody")).status == 401
    elsewhere = ALARMS.replace("api.", "api.eu.")
    assert (await driver.request("GET", elsewhere, bearer=driver.token)).status == 403
    driver.patch_device(KITCHEN, {"capabilities": ["REMINDERS"]})
    assert (await api(driver, "POST", data=alarm_body())).json == {}
    assert held(driver) == before


async def test_reminders_are_created_and_changed(driver: Driver) -> None:
    made = (await put(driver, "createReminder", reminder_body(driver))).json
    key = made["notificationIndex"]
    assert made["id"] == f"{KITCHEN_TYPE}-{KITCHEN}-{key}"
    rule = {"byWeekDays": ["MO"], "intervals": [2], "frequency": "WEEKLY", "notificationTimes": ["09:00:00.000"]}
    rule |= {"recurStartDate": "2026-11-23", "recurStartTime": "00:00:00.000"}
    answer = await put(driver, made["id"], {**made, "rRuleData": rule, "originalTime": "09:00:00.000"})
    assert answer.status == 200
    item = held(driver)[key]
    assert item["rRuleData"]["recurrenceRules"] == ["FREQ=WEEKLY;BYDAY=MO;INTERVAL=2;BYHOUR=9;BYMINUTE=0"]
    # the previous version is outdated now
    assert (await put(driver, made["id"], {**made, "reminderLabel": "x"})).status == 409
    bare = {name: value for name, value in item["rRuleData"].items() if name != "recurrenceRules"}
    assert (await put(driver, key, {**item, "rRuleData": bare, "reminderLabel": "Bags"})).status == 200
    changed = held(driver)[key]
    assert (changed["reminderLabel"], changed["rRuleData"]) == ("Bags", item["rRuleData"])
    assert (await put(driver, key, {**changed, "status": "INSTANCE_CANCELED"})).status == 200
    assert (held(driver)[key]["originalDate"], held(driver)[key]["status"]) == ("2026-12-07", "ON")
    assert (await put(driver, key, {}, "DELETE")).status == 400
    assert (await put(driver, key, changed, "DELETE")).status == 200
    assert (await put(driver, key, changed, "DELETE")).status == 404


async def test_invalid_reminders_are_refused(driver: Driver) -> None:
    before = held(driver)
    for changes in (
        {"alarmTime": round(driver.clock.now() * 1000) + 4000},
        {"alarmTime": None},
        {"reminderLabel": ""},
        {"reminderLabel": "x" * 257},
        {"type": "Alarm"},
        {"deviceType": "A0"},
        {"originalTime": "noon"},
        {"isRecurring": True, "rRuleData": {"byWeekDays": ["XX"], "notificationTimes": ["09:00:00.000"]}},
        {"isRecurring": True, "rRuleData": {"byWeekDays": ["MO"], "notificationTimes": ["09:00:00.000"]}},
    ):
        assert (await put(driver, "createReminder", reminder_body(driver, **changes))).status == 400, changes
    # with the app's User-Agent, the cloud answers as if it throttled the request
    answer = await driver.request("PUT", "/api/notifications/createReminder", data=reminder_body(driver))
    assert answer.json["message"] == "Rate exceeded"
    dentist = before[DENTIST]
    assert (await put(driver, DENTIST, {**dentist, "status": "INSTANCE_CANCELED"})).status == 400
    driver.patch_device(KITCHEN, {"capabilities": ["TIMERS_AND_ALARMS"]})
    answer = await put(driver, "createReminder", reminder_body(driver))
    assert answer.status == 200
    assert "id" not in answer.json
    assert held(driver) == before


async def test_sounds_and_volumes_are_read_and_set(driver: Driver) -> None:
    device = f"deviceSerialNumber={KITCHEN}&deviceType={KITCHEN_TYPE}"
    names = {"deviceSerialNumber": KITCHEN, "deviceType": KITCHEN_TYPE}
    sounds = (await driver.get(f"/api/notification/sounds?{device}"))["notificationSounds"]
    assert len({sound["id"] for sound in sounds}) == 4
    path = "/api/notification/default-sound"
    assert (await driver.request("GET", f"{path}?{device}")).status == 400
    chosen = {**names, "notificationType": "Alarm", "soundId": sounds[3]["id"]}
    assert (await driver.request("PUT", path, data=chosen)).status == 200
    assert (await driver.request("PUT", path, data={**chosen, "soundId": "foghorn"})).status == 400
    assert await driver.get(f"{path}?{device}&notificationType=Alarm") == sounds[3]
    path = f"/api/device-notification-state/{KITCHEN_TYPE}/24394849412/{KITCHEN}"
    assert (await driver.request("PUT", path, data={**names, "volumeLevel": 70})).status == 200
    assert driver.device(KITCHEN)["alertVolume"] == 70
    for level in (101, "loud", None):
        assert (await driver.request("PUT", path, data={**names, "volumeLevel": level})).status == 400
    other = path.replace("24394849412", "1")
    assert (await driver.request("PUT", other, data={**names, "volumeLevel": 7})).status == 400
    path = f"/api/ascending-alarm/{KITCHEN}"
    assert (await driver.request("PUT", path, data={**names, "ascendingAlarmEnabled": True})).status == 200
    assert driver.device(KITCHEN)["ascendingAlarm"] is True
    assert (await driver.request("PUT", path, data=names)).status == 400


async def test_text_commands_change_timers_and_alarms(driver: Driver) -> None:
    """Timers, snooze and stop work with a text command and with speech at the device."""

    async def tell(text: str, serial: str = "G0SIM0BEDROOM001") -> None:
        answer = await driver.preview(operation("Alexa.TextCommand", driver.payload(serial, text=text)))
        assert answer.status == 200, answer.text

    await tell("stelle einen Timer auf 1 Stunde 5 Minuten namens Tee")
    (timer,) = [item for item in held(driver).values() if item["timerLabel"] == "Tee"]
    assert timer["remainingTime"] == 3_900_000
    await tell("set a timer for 2 seconds")
    driver.advance(3)
    assert len([item for item in held(driver).values() if item["type"] == "Timer"]) == 2
    driver.advance(53 * 3600 + 60)  # Monday, one minute after seven
    await driver.renew()
    await tell("snooze for 2 minutes")
    assert held(driver)[BEDROOM]["status"] == "SNOOZED"
    driver.advance(121)
    version = held(driver)[BEDROOM]["version"]
    await driver.cloud.say({"serial": "G0SIM0BEDROOM001", "text": "stop"})
    item = held(driver)[BEDROOM]
    assert (item["status"], item["originalDate"], int(item["version"])) == ("ON", "2026-11-24", int(version) + 2)
    await tell("stop")
    await tell("what time is it")
    assert held(driver)[BEDROOM] == item
