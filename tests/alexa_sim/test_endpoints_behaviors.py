"""Tests of sequences: validation, spoken texts with their times, and changes of the state."""

from collections.abc import Callable
import json
from typing import Any

import pytest

from .cloud_driver import (
    ALEX,
    BEDROOM,
    DOWNSTAIRS,
    GARAGE,
    JO,
    KIDS,
    KITCHEN,
    LIVING,
    OFFICE,
    PHONE,
    START,
    Driver,
    operation,
    parallel_node,
    serial_node,
)


@pytest.fixture
async def driver() -> Driver:
    driver = Driver()
    await driver.renew()
    return driver


def speak(driver: Driver, serial: str, text: str) -> dict[str, Any]:
    return operation("Alexa.Speak", driver.payload(serial, textToSpeak=text))


def volume(driver: Driver, serial: str, value: float) -> dict[str, Any]:
    return operation("Alexa.DeviceControls.Volume", driver.payload(serial, value=value))


def announcement(driver: Driver, *serials: str, **changes: Any) -> dict[str, Any]:
    devices = [{"deviceSerialNumber": each, "deviceTypeId": driver.device(each)["deviceType"]} for each in serials]
    content = {
        "locale": "en-US",
        "display": {"title": "Door", "body": "Somebody is there"},
        "speak": {"type": "text", "value": "Somebody is there"},
        **changes,
    }
    payload = {
        "expireAfter": "PT5S",
        "content": [content],
        "target": {"customerId": JO, "devices": devices},
        "customerId": JO,
    }
    return operation("AlexaAnnouncement", payload)


async def test_spoken_text_is_recorded(driver: Driver) -> None:
    assert (await driver.preview(speak(driver, KITCHEN, "Hello there"))).status == 200
    (said,) = driver.cloud.spoken()
    assert said == {
        "time": START,
        "kind": "speak",
        "serial": KITCHEN,
        "device": "Kitchen Show",
        "text": "Hello there",
        "title": None,
        "display": None,
        "volume": 35,
        "request": 1,
        "offset": 0.0,
        "duration": 0.66,
    }


async def test_serial_nodes_wait_and_parallel_ones_do_not(driver: Driver) -> None:
    node = serial_node(
        parallel_node(volume(driver, KITCHEN, 60.4), volume(driver, LIVING, 50)),
        parallel_node(speak(driver, KITCHEN, "x" * 100), speak(driver, LIVING, "y" * 50)),
        operation("Alexa.System.Wait", {"waitTimeInSeconds": 3}),
        volume(driver, KITCHEN, 35),
        speak(driver, KITCHEN, "z"),
    )
    assert (await driver.preview(node)).status == 200
    said = [(each["serial"], each["offset"], each["volume"]) for each in driver.cloud.spoken()]
    assert said == [(KITCHEN, 0.0, 60), (LIVING, 0.0, 50), (KITCHEN, 9.0, 35)]
    assert driver.device(KITCHEN)["volume"] == 60
    driver.advance(8.9)
    assert driver.device(KITCHEN)["volume"] == 60
    driver.advance(0.2)
    assert driver.device(KITCHEN)["volume"] == 35
    assert driver.device(LIVING)["volume"] == 50


async def test_announcement_is_spoken_on_targets_without_do_not_disturb(driver: Driver) -> None:
    node = announcement(driver, KITCHEN, BEDROOM, KIDS, OFFICE, DOWNSTAIRS)
    assert (await driver.preview(node)).status == 200
    said = driver.cloud.spoken()
    assert [each["serial"] for each in said] == [KITCHEN, OFFICE]
    assert {(each["text"], each["title"], each["display"]) for each in said} == {
        ("Somebody is there", "Door", "Somebody is there")
    }


async def test_announcement_without_target_goes_to_all(driver: Driver) -> None:
    node = announcement(driver, KITCHEN)
    del node["operationPayload"]["target"]
    assert (await driver.preview(node)).status == 200
    assert {each["serial"] for each in driver.cloud.spoken()} == {KITCHEN, LIVING, OFFICE, GARAGE}


async def test_devices_without_speech_stay_silent(driver: Driver) -> None:
    for serial in (KIDS, PHONE, DOWNSTAIRS):
        assert (await driver.preview(speak(driver, serial, "Hello"))).status == 200
    assert driver.cloud.spoken() == []


async def test_all_kinds_of_operations_are_accepted(driver: Driver) -> None:
    device = {"deviceSerialNumber": KITCHEN, "deviceType": "A1EIANJ7PNB0Q7"}
    uri = "connection://AMAZON.Launch/amzn1.ask.skill.1"
    launch = {
        "targetDevice": device,
        "customerId": JO,
        "locale": "en-US",
        "connectionRequest": {"uri": uri, "input": {}},
    }
    note = {"notificationMessage": "Bins", "title": "Home", "alexaUrl": "#v2/behaviors"}
    nodes = [
        operation("Alexa.CannedTts.Speak", driver.payload(KITCHEN, cannedTtsStringId="alexa.cannedtts.speak.x")),
        operation("Alexa.Sound", driver.payload(KITCHEN, soundStringId="amzn_sfx_doorbell_chime_01")),
        operation("Alexa.TextCommand", driver.payload(KITCHEN, text="what time is it")),
        operation("Alexa.Operation.SkillConnections.Launch", launch),
        operation("Alexa.Weather.Play", driver.payload(KITCHEN)),
        operation("Alexa.Calendar.PlayToday", driver.payload(KITCHEN)),
        operation("Alexa.Notifications.SendMobilePush", driver.payload(KITCHEN, **note)),
        operation("Alexa.Notifications.DropIn", {"customerId": JO, **note}),
    ]
    for node in nodes:
        assert (await driver.preview(node)).status == 200, node
    said = [(each["kind"], each["text"], each["request"]) for each in driver.cloud.spoken()]
    assert said == [
        ("canned", "alexa.cannedtts.speak.x", 1),
        ("sound", "amzn_sfx_doorbell_chime_01", 2),
        ("text", "what time is it", 3),
        ("skill", "amzn1.ask.skill.1", 4),
        ("sequence", "Alexa.Weather.Play", 5),
        ("sequence", "Alexa.Calendar.PlayToday", 6),
        ("mobilepush", "Bins", 7),
        ("dropin", "Bins", 8),
    ]


type Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda payload: payload.update(deviceSerialNumber="NOBODY"), id="unknown serial"),
        pytest.param(lambda payload: payload.update(deviceType="A3S5BH2HU6VAYF"), id="another type"),
        pytest.param(lambda payload: payload.update(customerId=ALEX), id="not the owner"),
        pytest.param(lambda payload: payload.update(customerId="amzn1.account.SIM"), id="directed id"),
        pytest.param(lambda payload: payload.pop("customerId"), id="no customer"),
        pytest.param(lambda payload: payload.update(textToSpeak=""), id="nothing to say"),
    ],
)
async def test_payload_is_checked(driver: Driver, change: Change) -> None:
    node = speak(driver, KITCHEN, "Hello")
    change(node["operationPayload"])
    answer = await driver.preview(serial_node(speak(driver, LIVING, "Before"), node))
    assert answer.status == 400
    assert answer.json["message"]
    assert driver.cloud.spoken() == []


async def test_customer_is_the_owner_of_the_device(driver: Driver) -> None:
    assert (await driver.preview(speak(driver, GARAGE, "Hello"))).status == 200
    node = announcement(driver, KITCHEN, GARAGE)
    assert (await driver.preview(node)).status == 400
    node["operationPayload"]["target"]["customerId"] = ALEX
    assert (await driver.preview(node)).status == 400


async def test_the_customer_placeholder_stands_for_the_account_only(driver: Driver) -> None:
    placeholder = {"customerId": "ALEXA_CUSTOMER_ID"}
    kitchen, garage = speak(driver, KITCHEN, "Hello"), speak(driver, GARAGE, "Hello")
    kitchen["operationPayload"] |= placeholder
    assert (await driver.preview(kitchen)).status == 200
    garage["operationPayload"] |= placeholder
    assert (await driver.preview(garage)).status == 400
    kitchen["operationPayload"]["deviceSerialNumber"] = "ALEXA_CURRENT_DSN"
    assert (await driver.preview(kitchen)).status == 400


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="empty"),
        pytest.param({"behaviorId": "PREVIEW", "status": "ENABLED", "sequenceJson": "{"}, id="cut"),
        pytest.param({"behaviorId": "PREVIEW", "status": "ENABLED", "sequenceJson": {}}, id="no string"),
        pytest.param({"behaviorId": "PREVIEW", "status": "ENABLED", "sequenceJson": "{}"}, id="no sequence"),
        pytest.param({"behaviorId": "X", "status": "ENABLED", "sequenceJson": "{}"}, id="unknown behavior"),
    ],
)
async def test_malformed_previews_are_refused(driver: Driver, body: dict[str, Any]) -> None:
    assert (await driver.request("POST", "/api/behaviors/preview", data=body)).status == 400


async def test_malformed_nodes_are_refused(driver: Driver) -> None:
    good = speak(driver, KITCHEN, "Hello")
    nodes: list[Any] = [
        [good],
        {**good, "@type": "SomethingNode"},
        {**good, "type": "Alexa.Dance"},
        {**good, "operationPayload": "text"},
        serial_node(),
        parallel_node(good, "text"),  # type: ignore[arg-type]
        volume(driver, KITCHEN, 101),
        operation("Alexa.DeviceControls.Volume", driver.payload(KITCHEN, value="loud")),
        announcement(driver, KITCHEN, speak={"type": "ssml", "value": "Hello"}),
        announcement(driver, KITCHEN, speak=None),
        announcement(driver, KITCHEN, locale=""),
        operation("AlexaAnnouncement", {"customerId": JO}),
        operation("Alexa.System.Wait", {}),
        operation("Alexa.DeviceControls.Stop", {"customerId": JO}),
        operation("Alexa.Operation.SkillConnections.Launch", {"customerId": JO}),
        operation("Alexa.CannedTts.Speak", driver.payload(KITCHEN, cannedTtsStringId="x")),
        operation("Alexa.Notifications.DropIn", {"customerId": "A0NOBODY000", "notificationMessage": "x"}),
        operation("Alexa.Music.PlaySearchPhrase", driver.payload(KITCHEN)),
    ]
    for node in nodes:
        assert (await driver.preview(node)).status == 400, node
    assert driver.cloud.spoken() == []


async def test_ssml_is_spoken_without_its_tags_and_with_its_breaks(driver: Driver) -> None:
    text = '<speak>Hi <break time=\'1s\'/><break strength="weak" time="250ms"/><break/>you</speak>'
    node = announcement(driver, KITCHEN, speak={"type": "ssml", "value": text})
    assert (await driver.preview(node)).status == 200
    assert driver.cloud.spoken()[0]["duration"] == pytest.approx(0.36 + 1.25)


async def test_stop_ends_playback(driver: Driver) -> None:
    await driver.play(KITCHEN)
    await driver.play(OFFICE)
    devices = [{"deviceSerialNumber": KITCHEN, "deviceType": "A1EIANJ7PNB0Q7"}]
    assert (await driver.preview(operation("Alexa.DeviceControls.Stop", {"customerId": JO, "devices": devices}))).status
    assert [driver.device(each)["player"]["state"] for each in (KITCHEN, OFFICE)] == ["IDLE", "PLAYING"]
    everything = [{"deviceSerialNumber": "ALEXA_ALL_DSN", "deviceType": "ALEXA_ALL_DEVICE_TYPE"}]
    await driver.preview(operation("Alexa.DeviceControls.Stop", {"customerId": JO, "devices": everything}))
    assert driver.device(OFFICE)["player"]["state"] == "IDLE"


async def test_music_stops_after_its_time(driver: Driver) -> None:
    payload = driver.payload(KITCHEN, searchPhrase="salt", musicProviderId="DEFAULT", waitTimeInSeconds=60)
    assert (await driver.preview(operation("Alexa.Music.PlaySearchPhrase", payload))).status == 200
    assert driver.device(KITCHEN)["player"]["provider"] == "AMAZON_MUSIC"
    driver.advance(59)
    assert driver.device(KITCHEN)["player"]["state"] == "PLAYING"
    driver.advance(1)
    assert driver.device(KITCHEN)["player"]["state"] == "IDLE"


async def test_timed_do_not_disturb_ends(driver: Driver) -> None:
    def node(**more: Any) -> dict[str, Any]:
        devices = [{"deviceSerialNumber": OFFICE, "deviceTypeId": "A10A33FOX2NUBK"}]
        payload = {"customerId": JO, "devices": devices, "isAssociatedDevice": False, "action": "Enable", **more}
        return operation("Alexa.DeviceControls.DoNotDisturb", payload)

    assert (await driver.preview(node(duration="DURATION#PT1H30M0S"))).status == 200
    driver.advance(5399)
    assert driver.device(OFFICE)["dnd"]
    driver.advance(1)
    assert not driver.device(OFFICE)["dnd"]
    assert (await driver.preview(node(until="TIME#T22:00", timeZoneId="Europe/Berlin"))).status == 200
    driver.advance(9.5 * 3600 - 1)
    assert driver.device(OFFICE)["dnd"]
    driver.advance(1)
    assert not driver.device(OFFICE)["dnd"]
    for wrong in (
        {"duration": "DURATION#PT13H"},
        {"duration": "PT1H"},
        {"until": "TIME#T22:00", "timeZoneId": "Mars/Base"},
        {"until": "22:00", "timeZoneId": "Europe/Berlin"},
        {"until": "TIME#T29:00", "timeZoneId": "Europe/Berlin"},
        {"action": "Toggle"},
    ):
        assert (await driver.preview(node(**wrong))).status == 400, wrong


async def test_effects_after_a_patch_reach_the_new_state(driver: Driver) -> None:
    wait = operation("Alexa.System.Wait", {"waitTimeInSeconds": 10})
    await driver.preview(serial_node(wait, volume(driver, KITCHEN, 77)))
    driver.patch_device(LIVING, {"volume": 1})
    driver.advance(10)
    assert (driver.device(KITCHEN)["volume"], driver.device(LIVING)["volume"]) == (77, 1)


async def test_a_search_phrase_is_validated(driver: Driver) -> None:
    async def validate(**changes: Any) -> Any:
        payload = driver.payload(KITCHEN, searchPhrase=" Harbour  LIGHTS ", musicProviderId="SPOTIFY")
        payload.update(changes)
        body = {"type": "Alexa.Music.PlaySearchPhrase", "operationPayload": json.dumps(payload)}
        return await driver.request("POST", "/api/behaviors/operation/validate", data=body)

    async def result(**changes: Any) -> str:
        return str((await validate(**changes)).json["result"])

    good = (await validate()).json
    assert (good["result"], good["operationPayload"]["sanitizedSearchPhrase"]) == ("VALID", "harbour lights")
    assert good["operationPayload"]["musicProviderId"] == "SPOTIFY"
    assert await result(musicProviderId="NAPSTER") != "VALID"
    assert await result(searchPhrase="  ") != "VALID"
    assert (await validate(deviceSerialNumber="NOBODY")).status == 400
    assert (await validate(customerId=ALEX)).status == 400
    assert driver.device(KITCHEN)["player"]["state"] == "IDLE"
