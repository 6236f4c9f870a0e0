"""Tests of players: sessions, commands, playback over time, and settings."""

from typing import Any

import pytest

from .cloud_driver import DOWNSTAIRS, KIDS, KITCHEN, LIVING, OFFICE, PHONE, Driver, operation

SESSIONS = f"/api/np/list-media-sessions?deviceSerialNumber={KITCHEN}&deviceType=A1EIANJ7PNB0Q7"


@pytest.fixture
async def driver() -> Driver:
    driver = Driver()
    await driver.renew()
    return driver


async def session(driver: Driver) -> Any:
    (found,) = (await driver.get(SESSIONS))["mediaSessionList"]
    return found


async def info(driver: Driver, serial: str = KITCHEN, more: str = "") -> Any:
    return (await driver.get(driver.command_url(serial, "/api/np/player") + more))["playerInfo"]


async def command(driver: Driver, serial: str = KITCHEN, **data: Any) -> int:
    return (await driver.request("POST", driver.command_url(serial), data=data)).status


async def title(driver: Driver) -> str:
    return str((await session(driver))["nowPlayingData"]["infoText"]["title"])


async def test_an_idle_device_has_no_session(driver: Driver) -> None:
    assert (await driver.get(SESSIONS)) == {"mediaSessionList": []}
    idle = await info(driver)
    assert (idle["state"], idle["infoText"], idle["transport"]) == (None, None, None)
    assert idle["volume"] is None
    answer = await driver.request("POST", driver.command_url(KITCHEN), data={"type": "PauseCommand"})
    assert answer.status == 404
    assert (answer.header("x-amzn-errortype") or "").startswith("UnsupportedProviderException:")
    assert (await driver.request("GET", driver.command_url(KITCHEN, "/api/np/queue"))).status == 404


async def test_tracks_play_for_their_length(driver: Driver) -> None:
    await driver.play(KITCHEN)
    driver.advance(12.25)
    playing = await session(driver)
    assert [each["id"]["deviceSerialNumber"] for each in playing["endpointList"]] == [KITCHEN]
    data = playing["nowPlayingData"]
    assert (data["playerState"], data["infoText"]["title"]) == ("PLAYING", "Harbour Lights")
    assert (data["progress"]["mediaProgress"], data["progress"]["mediaLength"]) == (12250, 213000)
    assert (await info(driver))["progress"]["mediaProgress"] == 12
    driver.advance(213)
    assert await title(driver) == "Rope and Tide"
    assert (await info(driver))["progress"]["mediaProgress"] == 12
    driver.advance(187 + 241)
    assert (await driver.get(SESSIONS)) == {"mediaSessionList": []}


async def test_pause_stops_the_position(driver: Driver) -> None:
    await driver.play(KITCHEN)
    driver.advance(5)
    assert await command(driver, type="PauseCommand") == 200
    driver.advance(1000)
    data = (await session(driver))["nowPlayingData"]
    assert (data["playerState"], data["progress"]["mediaProgress"]) == ("PAUSED", 5000)
    assert await command(driver, type="PlayCommand") == 200
    driver.advance(2)
    assert (await session(driver))["nowPlayingData"]["progress"]["mediaProgress"] == 7000


async def test_commands_move_in_the_queue(driver: Driver) -> None:
    await driver.play(KITCHEN)
    queue = await driver.get(driver.command_url(KITCHEN, "/api/np/queue"))
    assert [each["title"] for each in queue["queue"]] == ["Harbour Lights", "Rope and Tide", "Gulls at Six"]
    await command(driver, type="NextCommand")
    assert await title(driver) == "Rope and Tide"
    await command(driver, type="PreviousCommand")
    assert await title(driver) == "Harbour Lights"
    await command(driver, type="JumpCommand", mediaId="sim:track:3")
    assert await title(driver) == "Gulls at Six"
    assert (await session(driver))["nowPlayingData"]["transport"]["next"] == "DISABLED"
    await command(driver, type="RepeatCommand", repeat=True)
    assert (await session(driver))["nowPlayingData"]["transport"]["repeat"] == "SELECTED"
    await command(driver, type="NextCommand")
    assert await title(driver) == "Harbour Lights"
    await command(driver, type="SeekCommand", mediaPosition=100)
    await command(driver, type="ForwardCommand")
    await command(driver, type="RewindCommand")
    await command(driver, type="ForwardCommand")
    driver.advance(3)
    assert (await session(driver))["nowPlayingData"]["progress"]["mediaProgress"] == 133000


async def test_shuffle_changes_the_following_tracks_and_can_be_undone(driver: Driver) -> None:
    await driver.play(KITCHEN, "anything at all")
    ordered = driver.device(KITCHEN)["player"]["queue"]
    await command(driver, type="ShuffleCommand", shuffle=True)
    mixed = driver.device(KITCHEN)["player"]["queue"]
    assert mixed != ordered
    assert sorted(mixed) == sorted(ordered)
    assert mixed[0] == ordered[0]
    await command(driver, type="NextCommand")
    await command(driver, type="ShuffleCommand", shuffle=False)
    after = driver.device(KITCHEN)["player"]
    assert (after["queue"], after["queue"][after["index"]]) == (ordered, mixed[1])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({}, id="empty"),
        pytest.param({"type": "DanceCommand"}, id="unknown"),
        pytest.param({"type": "SeekCommand", "mediaPosition": 214}, id="past the end"),
        pytest.param({"type": "SeekCommand", "mediaPosition": "1"}, id="string instead of a number"),
        pytest.param({"type": "JumpCommand", "mediaId": "nope"}, id="not in the queue"),
        pytest.param({"type": "ShuffleCommand"}, id="missing flag"),
        pytest.param({"type": "RepeatCommand", "repeat": "yes"}, id="string instead of a flag"),
        pytest.param({"type": "VolumeLevelCommand", "volumeLevel": 101}, id="too loud"),
    ],
)
async def test_wrong_commands_are_refused(driver: Driver, data: dict[str, Any]) -> None:
    await driver.play(KITCHEN)
    answer = await driver.request("POST", driver.command_url(KITCHEN), data=data)
    assert answer.status == 400
    assert answer.json["message"]


async def test_group_plays_on_its_members(driver: Driver) -> None:
    await driver.play(LIVING)
    await driver.play(DOWNSTAIRS, "kitchen songs")
    playing = await session(driver)
    assert [each["id"]["deviceSerialNumber"] for each in playing["endpointList"]] == [KITCHEN, LIVING]
    assert (await info(driver, KITCHEN))["state"] is None
    assert (await info(driver, KITCHEN))["isPlayingInLemur"]
    member = await info(driver, KITCHEN, f"&lemurId={DOWNSTAIRS}&lemurDeviceType=A3C9PE6TNYLTCH")
    assert (member["state"], member["infoText"]["title"]) == ("PLAYING", "Copper Kettle")
    group = await info(driver, DOWNSTAIRS)
    assert group["lemurVolume"]["compositeVolume"]["volume"] == 40
    assert group["lemurVolume"]["memberVolume"][LIVING]["volume"] == 45
    assert await command(driver, DOWNSTAIRS, type="VolumeLevelCommand", volumeLevel=12) == 200
    assert (driver.device(KITCHEN)["volume"], driver.device(LIVING)["volume"]) == (12, 12)
    await driver.play(KITCHEN, "salt")
    assert [each["id"]["deviceSerialNumber"] for each in (await session(driver))["endpointList"]] == [KITCHEN]


async def test_volume_command_is_ignored_while_idle(driver: Driver) -> None:
    assert await command(driver, type="VolumeLevelCommand", volumeLevel=12) == 200
    assert driver.device(KITCHEN)["volume"] == 35
    await driver.play(KITCHEN)
    await command(driver, type="VolumeLevelCommand", volumeLevel=12)
    assert driver.device(KITCHEN)["volume"] == 12


async def test_station_never_ends(driver: Driver) -> None:
    payload = driver.payload(KITCHEN, searchPhrase="harbour", musicProviderId="TUNEIN")
    assert (await driver.preview(operation("Alexa.Music.PlaySearchPhrase", payload))).status == 200
    driver.advance(86400)
    data = (await session(driver))["nowPlayingData"]
    assert (data["infoText"]["title"], data["progress"]["mediaLength"]) == ("Harbour FM", 0)
    assert data["transport"]["next"] == "DISABLED"
    assert await command(driver, type="SeekCommand", mediaPosition=1) == 400


async def test_dnd_is_switched_and_echoed(driver: Driver) -> None:
    body = {"deviceSerialNumber": OFFICE, "deviceType": "A10A33FOX2NUBK", "enabled": True}
    answer = await driver.request("PUT", "/api/dnd/status", data=body)
    assert (answer.status, answer.json) == (200, body)
    assert driver.device(OFFICE)["dnd"]
    for wrong in ({**body, "enabled": "on"}, {**body, "deviceType": "X"}, {"enabled": True}):
        assert (await driver.request("PUT", "/api/dnd/status", data=wrong)).status == 400


async def test_bluetooth_connects_one_at_a_time(driver: Driver) -> None:
    path = f"/api/bluetooth/pair-sink/A1EIANJ7PNB0Q7/{KITCHEN}"

    def connected() -> list[str]:
        return [each["address"] for each in driver.device(KITCHEN)["bluetooth"] if each["connected"]]

    for address in ("00:53:10:00:00:01", "00:53:10:00:00:02"):
        answer = await driver.request("POST", path, data={"bluetoothDeviceAddress": address})
        assert answer.status == 200
        assert connected() == [address]
    assert (await driver.request("POST", path, data={"bluetoothDeviceAddress": "00:00:00:00:00:00"})).status == 400
    path = f"/api/bluetooth/disconnect-sink/A1EIANJ7PNB0Q7/{KITCHEN}"
    assert (await driver.request("POST", path, data={})).status == 200
    assert connected() == []
    offline = f"/api/bluetooth/disconnect-sink/A3S5BH2HU6VAYF/{KIDS}"
    assert (await driver.request("POST", offline, data={})).status == 400


async def test_sessions_require_a_device_in_the_query(driver: Driver) -> None:
    assert (await driver.request("GET", "/api/np/list-media-sessions")).status == 400
    assert (await info(driver, PHONE))["volume"] is None
