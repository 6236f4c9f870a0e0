"""Tests of the pushes after changes by endpoints, by patches and over time."""

from typing import Any

import pytest

from alexa_sim.household import load_household
from alexa_sim.http import HttpError

from .cloud_driver import ALEX, APP, BEDROOM, DOWNSTAIRS, JO, KIDS, KITCHEN, OFFICE, Driver, Stream, operation

TIMER = "1f0c3d52-7a51-4c0e-9d39-0a1b2c3d4e04"
ALARM = "1f0c3d52-7a51-4c0e-9d39-0a1b2c3d4e01"


@pytest.fixture
async def driver() -> Driver:
    driver = Driver()
    await driver.renew()
    return driver


@pytest.fixture
async def stream(driver: Driver) -> Stream:
    return await driver.open()


def doppler(driver: Driver, serial: str) -> dict[str, Any]:
    found = {"deviceSerialNumber": serial, "deviceType": driver.device(serial)["deviceType"]}
    return {"destinationUserId": JO, "dopplerId": found}


async def test_changed_facts_of_a_device_are_pushed(driver: Driver, stream: Stream) -> None:
    driver.patch_device(KITCHEN, {"volume": 10})
    driver.patch_device(KITCHEN, {"muted": True})
    driver.patch_device(KITCHEN, {"dnd": True})
    driver.patch_device(KITCHEN, {"equalizer": {"mid": 3}})
    driver.patch_device(KITCHEN, {"online": False})
    driver.patch_device(KITCHEN, {"online": True})
    who = doppler(driver, KITCHEN)
    assert await stream.pushes() == [
        ("PUSH_VOLUME_CHANGE", {**who, "isMuted": False, "volumeSetting": 10}),
        ("PUSH_VOLUME_CHANGE", {**who, "isMuted": True, "volumeSetting": 10}),
        ("PUSH_DND_STATE_CHANGE", {**who, "enabled": True}),
        ("PUSH_EQUALIZER_STATE_CHANGE", {**who, "bass": 0, "midrange": 0, "treble": 0}),
        ("PUSH_VOLUME_CHANGE", {**who, "isMuted": True, "volumeSetting": 10}),
        ("PUSH_EQUALIZER_STATE_CHANGE", {**who, "bass": 0, "midrange": 3, "treble": 0}),
        ("PUSH_DOPPLER_CONNECTION_CHANGE", {**who, "dopplerConnectionState": "OFFLINE"}),
        ("PUSH_DOPPLER_CONNECTION_CHANGE", {**who, "dopplerConnectionState": "ONLINE"}),
    ]


async def test_nothing_changed_pushes_nothing(driver: Driver, stream: Stream) -> None:
    driver.patch_device(KITCHEN, {"volume": driver.device(KITCHEN)["volume"]})
    driver.patch_device(KITCHEN, {"accountName": "Kitchen"})
    driver.patch_device(OFFICE, None)
    driver.advance(1)
    assert await stream.pushes() == []


async def test_endpoints_push_as_patches_do(driver: Driver, stream: Stream) -> None:
    body = {"deviceSerialNumber": OFFICE, "deviceType": "A10A33FOX2NUBK", "enabled": True}
    await driver.request("PUT", "/api/dnd/status", data=body)
    await driver.preview(operation("Alexa.DeviceControls.Volume", driver.payload(OFFICE, value=5)))
    path = f"/api/bluetooth/pair-sink/A1EIANJ7PNB0Q7/{KITCHEN}"
    await driver.request("POST", path, data={"bluetoothDeviceAddress": "00:53:10:00:00:01"})
    await driver.request("POST", path, data={"bluetoothDeviceAddress": "00:53:10:00:00:02"})
    pushes = await stream.pushes()
    assert [command for command, _ in pushes[:4]] == [
        "PUSH_DND_STATE_CHANGE",
        "PUSH_VOLUME_CHANGE",  # the Echo wakes
        "PUSH_VOLUME_CHANGE",
        "PUSH_VOLUME_CHANGE",  # the Echo wakes again
    ]
    changes = [push for push in pushes if "bluetoothEvent" in push[1]]
    assert [(command, payload["bluetoothEvent"]) for command, payload in changes] == [
        ("PUSH_BLUETOOTH_STATE_CHANGE", "DEVICE_CONNECTED"),
        ("PUSH_BLUETOOTH_STATE_CHANGE", "DEVICE_DISCONNECTED"),
        ("PUSH_BLUETOOTH_STATE_CHANGE", "DEVICE_CONNECTED"),
    ]


WAKING = ("PUSH_EQUALIZER_STATE_CHANGE", "PUSH_VOLUME_CHANGE")


def outline(pushes: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """Return commands with their distinguishing field, except those of an Echo that wakes."""
    lines = []
    for command, payload in pushes:
        if command in WAKING:
            continue
        what = payload.get("audioPlayerState") or payload.get("changeType") or ""
        if command == "NotifyNowPlayingUpdated":
            update = payload["update"]["update"]
            what = f"{update['cause']} {update['nowPlayingData']['infoText']['title']}"
        lines.append(f"{command} {what}".strip())
    return lines


async def test_music_from_start_to_end(driver: Driver, stream: Stream) -> None:
    await driver.play(KITCHEN)
    pushes = await stream.pushes()
    assert outline(pushes) == [
        "PUSH_MEDIA_QUEUE_CHANGE NEW_QUEUE",
        "PUSH_MEDIA_CHANGE",
        "PUSH_AUDIO_PLAYER_STATE PLAYING",
        "NotifyNowPlayingUpdated PLAYBACK_STARTED Harbour Lights",
        "NotifyMediaSessionsUpdated",
    ]
    data = pushes[3][1]["update"]["update"]["nowPlayingData"]
    assert (data["progress"]["mediaProgress"], data["progress"]["mediaLength"]) == (0, 213000)
    assert "dopplerId" not in pushes[3][1]
    assert pushes[3][1]["customerId"] == JO
    assert pushes[1][1]["mediaReferenceId"].endswith(":1")

    driver.advance(213)
    assert outline(await stream.pushes()) == [
        "PUSH_AUDIO_PLAYER_STATE FINISHED",
        "PUSH_MEDIA_CHANGE",
        "PUSH_AUDIO_PLAYER_STATE PLAYING",
        "NotifyNowPlayingUpdated PLAYBACK_STARTED Rope and Tide",
    ]
    for command, expected in (
        ({"type": "PauseCommand"}, ["PUSH_AUDIO_PLAYER_STATE INTERRUPTED", "PLAYBACK_PAUSED"]),
        ({"type": "PlayCommand"}, ["PUSH_AUDIO_PLAYER_STATE PLAYING", "PLAYBACK_STARTED"]),
        ({"type": "SeekCommand", "mediaPosition": 100}, ["PUSH_MEDIA_PROGRESS_CHANGE", "PLAYBACK_UPDATED"]),
        ({"type": "ShuffleCommand", "shuffle": True}, ["PUSH_MEDIA_QUEUE_CHANGE STATUS_CHANGED", "PLAYBACK_UPDATED"]),
        ({"type": "RepeatCommand", "repeat": True}, ["PUSH_MEDIA_QUEUE_CHANGE STATUS_CHANGED", "PLAYBACK_UPDATED"]),
    ):
        driver.advance(0.3)
        await driver.request("POST", driver.command_url(KITCHEN), data=command)
        first, second = outline(await stream.pushes())
        assert (first, second) == (expected[0], f"NotifyNowPlayingUpdated {expected[1]} Rope and Tide")
    await driver.request("POST", driver.command_url(KITCHEN), data={"type": "RepeatCommand", "repeat": False})
    await stream.pushes()
    driver.advance(3600)
    lines = outline(await stream.pushes())
    assert lines[-2:] == ["PUSH_AUDIO_PLAYER_STATE INTERRUPTED", "NotifyMediaSessionsUpdated"]
    assert lines.count("PUSH_AUDIO_PLAYER_STATE FINISHED") == 1


async def test_group_pushes_under_its_own_serial(driver: Driver, stream: Stream) -> None:
    await driver.play(DOWNSTAIRS)
    serials: dict[bool, set[str]] = {True: set(), False: set()}
    for command, payload in await stream.pushes():
        if command.startswith("PUSH_"):
            serials[command in WAKING].add(payload["dopplerId"]["deviceSerialNumber"])
    assert serials == {False: {DOWNSTAIRS}, True: set(driver.device(DOWNSTAIRS)["clusterMembers"])}


async def test_reading_the_state_pushes_nothing(driver: Driver, stream: Stream) -> None:
    await driver.play(KITCHEN)
    await stream.pushes()
    for _ in range(50):
        driver.advance(0.37)
        driver.cloud.state()
        driver.patch_device(OFFICE, {"accountName": "Office"})
    assert await stream.pushes() == []


async def test_notifications_push_an_odd_and_an_even_version(driver: Driver, stream: Stream) -> None:
    driver.cloud.patch({"accounts": {JO: {"notifications": {ALARM: {"status": "OFF"}}}}})
    pushes = await stream.pushes()
    assert [(payload["eventType"], payload["notificationVersion"]) for _, payload in pushes] == [
        ("UPDATE", 3),
        ("UPDATE", 4),
    ]
    assert {payload["notificationId"] for _, payload in pushes} == {ALARM}
    assert {payload["dopplerId"]["deviceSerialNumber"] for _, payload in pushes} == {BEDROOM}
    driver.cloud.patch({"accounts": {JO: {"notifications": {ALARM: None}}}})
    ((command, payload),) = await stream.pushes()
    assert (command, payload["eventType"]) == ("PUSH_NOTIFICATION_CHANGE", "DELETE")


async def test_timer_is_deleted_when_it_rings(driver: Driver, stream: Stream) -> None:
    driver.advance(5399)
    assert TIMER in driver.cloud.state()["accounts"][JO]["notifications"]
    await driver.renew()
    stream = await driver.open()
    driver.advance(1)
    ((_, payload),) = await stream.pushes()
    assert (payload["eventType"], payload["notificationId"]) == ("DELETE", TIMER)
    assert TIMER not in driver.cloud.state()["accounts"][JO]["notifications"]


async def test_new_devices_are_pushed_when_online(driver: Driver, stream: Stream) -> None:
    echo = {"accountName": "Attic", "deviceType": "A3S5BH2HU6VAYF", "deviceFamily": "ECHO"}
    driver.patch_device("G0SIM00000ATTIC1", {**echo, "online": False})
    assert await stream.pushes() == []
    driver.patch_device("G0SIM00000ATTIC1", {"online": True})
    driver.patch_device("G0SIM0000CELLAR1", {**echo, "volume": 12})
    pushes = await stream.pushes()
    assert [(command, payload["dopplerId"]["deviceSerialNumber"]) for command, payload in pushes] == [
        ("PUSH_DOPPLER_CONNECTION_CHANGE", "G0SIM00000ATTIC1"),
        ("PUSH_DOPPLER_CONNECTION_CHANGE", "G0SIM0000CELLAR1"),
        ("PUSH_VOLUME_CHANGE", "G0SIM0000CELLAR1"),
    ]


async def test_shared_echo_pushes_to_both_accounts() -> None:
    household = load_household("demo")
    household["accounts"][JO]["devices"][KITCHEN]["sharedWith"] = [ALEX]
    household["accounts"][ALEX] = {"email": "alex@example.org", "name": "Alex Ray"}
    serial = "A" * 32
    registration = {"serial": serial, "refresh_token": "Atnr|demo-alex", "account": ALEX}
    household["registrations"].append(registration)
    driver = Driver(household)
    await driver.renew()
    of_jo = await driver.open()
    await driver.renew("Atnr|demo-alex")
    of_alex = await driver.open()
    listed = await driver.get("/api/devices-v2/device")
    assert [each["serialNumber"] for each in listed["devices"]] == [KITCHEN, serial]
    driver.patch_device(KITCHEN, {"volume": 1})
    driver.patch_device(BEDROOM, {"volume": 1})
    assert [payload["destinationUserId"] for _, payload in await of_jo.pushes()] == [JO, JO]
    assert [payload["destinationUserId"] for _, payload in await of_alex.pushes()] == [ALEX]


def signs(driver: Driver, serial: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the pushes of an Echo that wakes."""
    device, who = driver.device(serial), doppler(driver, serial)
    sound = device["equalizer"]
    gains = {"bass": sound["bass"], "midrange": sound["mid"], "treble": sound["treble"]}
    volume = ("PUSH_VOLUME_CHANGE", {**who, "isMuted": device["muted"], "volumeSetting": device["volume"]})
    has_equalizer = "EQUALIZER_CONTROLLER_BASS" in device["capabilities"]
    return [("PUSH_EQUALIZER_STATE_CHANGE", {**who, **gains}), volume] if has_equalizer else [volume]


async def test_speech_wakes_the_echo(driver: Driver, stream: Stream) -> None:
    said = await driver.cloud.say({"serial": KITCHEN, "text": "what time is it", "response": "Ten"})
    assert said["text"] == "what time is it"
    await driver.cloud.say({"serial": OFFICE, "text": "hello"})
    assert await stream.pushes() == [*signs(driver, KITCHEN), *signs(driver, OFFICE)]


async def test_all_echos_in_earshot_wake(driver: Driver, stream: Stream) -> None:
    driver.patch_device(KITCHEN, {"heardBy": [OFFICE, BEDROOM]})
    driver.patch_device(BEDROOM, {"online": False})
    await stream.pushes()
    await driver.cloud.say({"serial": KITCHEN, "text": "hello"})
    assert await stream.pushes() == [*signs(driver, KITCHEN), *signs(driver, OFFICE)]
    for wrong in (APP, DOWNSTAIRS, "G0SIM000NOWHERE1"):
        with pytest.raises(HttpError):
            driver.patch_device(KITCHEN, {"heardBy": [wrong]})


async def test_commands_wake_the_echo(driver: Driver, stream: Stream) -> None:
    await driver.preview(operation("Alexa.Speak", driver.payload(KITCHEN, locale="en-US", textToSpeak="Hi")))
    assert await stream.pushes() == signs(driver, KITCHEN)
    body = {"deviceSerialNumber": OFFICE, "deviceType": "A10A33FOX2NUBK", "enabled": True}
    await driver.request("PUT", "/api/dnd/status", data=body)
    assert (await stream.pushes())[1:] == signs(driver, OFFICE)


@pytest.mark.parametrize(
    "data",
    [{}, {"serial": APP, "text": "x"}, {"serial": KIDS, "text": "x"}, {"serial": KITCHEN}],
    ids=["nothing", "an app", "an offline Echo", "without text"],
)
async def test_devices_that_do_not_listen_cannot_be_spoken_to(driver: Driver, data: dict[str, Any]) -> None:
    with pytest.raises(HttpError) as caught:
        await driver.cloud.say(data)
    assert caught.value.response.status == 400
