"""Tests of reads: account, devices, settings and notifications."""

from .cloud_driver import (
    ALEX,
    APP,
    BEDROOM,
    BROWSER,
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
)


async def signed_in(domain: str = "amazon.com") -> Driver:
    driver = Driver(domain=domain)
    await driver.renew()
    return driver


async def test_the_account_and_its_people_are_read() -> None:
    driver = await signed_in("amazon.co.uk")
    me = await driver.get("/api/users/me?platform=ios&version=2")
    assert (me["id"], me["email"], me["fullName"]) == (JO, "jo@example.org", "Jo Doe")
    assert (me["marketPlaceDomainName"], me["marketPlaceLocale"]) == ("https://www.amazon.co.uk", "en-GB")
    people = (await driver.get("/api/household"))["accounts"]
    assert [(person["id"], person["firstName"]) for person in people] == [
        (JO, "Jo"),
        (ALEX, "Alex"),
        ("A2SIMKIM0DOE03", "Kim"),
    ]
    assert (await driver.request("GET", "/api/ping")).text == "healthy"


async def test_device_list_has_echos_groups_and_apps() -> None:
    driver = await signed_in()
    devices = {device["serialNumber"]: device for device in (await driver.get("/api/devices-v2/device"))["devices"]}
    assert set(devices) == {KITCHEN, LIVING, BEDROOM, OFFICE, KIDS, GARAGE, DOWNSTAIRS, PHONE, APP}
    assert [devices[serial]["deviceFamily"] for serial in (KITCHEN, LIVING, OFFICE)] == ["KNIGHT", "ECHO", "ROOK"]
    assert not devices[KIDS]["online"]
    assert devices[GARAGE]["deviceOwnerCustomerId"] == ALEX
    assert devices[KITCHEN]["deviceOwnerCustomerId"] == JO
    assert devices[DOWNSTAIRS]["clusterMembers"] == [KITCHEN, LIVING]
    assert devices[DOWNSTAIRS]["deviceType"] == "A3C9PE6TNYLTCH"
    assert devices[KITCHEN]["parentClusters"] == [DOWNSTAIRS]
    assert devices[APP]["deviceType"] == "A2IVLV5VM2W81"
    assert "MUSIC_SKILL" in devices[KITCHEN]["capabilities"]
    assert not {"MUSIC_SKILL", "TIMERS_AND_ALARMS", "REMINDERS"} & set(devices[PHONE]["capabilities"])
    assert len({device["deviceAccountId"] for device in devices.values()}) == len(devices)


async def test_group_is_online_while_a_member_is() -> None:
    driver = await signed_in()
    driver.patch_device(KITCHEN, {"online": False})
    assert await online(driver, DOWNSTAIRS)
    driver.patch_device(LIVING, {"online": False})
    assert not await online(driver, DOWNSTAIRS)


async def online(driver: Driver, serial: str) -> bool:
    devices = (await driver.get("/api/devices-v2/device"))["devices"]
    return next(bool(device["online"]) for device in devices if device["serialNumber"] == serial)


async def test_settings_of_all_devices_are_read() -> None:
    driver = await signed_in("amazon.de")
    preferences = (await driver.get("/api/device-preferences?cached=true"))["devicePreferences"]
    kitchen = next(each for each in preferences if each["deviceSerialNumber"] == KITCHEN)
    assert (kitchen["timeZoneId"], kitchen["locale"]) == ("Europe/Berlin", "de-DE")
    words = (await driver.get("/api/wake-word"))["wakeWords"]
    assert {each["deviceSerialNumber"]: each["wakeWord"] for each in words}[OFFICE] == "COMPUTER"
    dnd = (await driver.get("/api/dnd/device-status-list"))["doNotDisturbDeviceStatusList"]
    assert {each["deviceSerialNumber"] for each in dnd if each["enabled"]} == {BEDROOM}
    assert DOWNSTAIRS in {each["deviceSerialNumber"] for each in dnd}
    ascending = (await driver.get("/api/ascending-alarm"))["ascendingAlarmModelList"]
    assert {each["deviceSerialNumber"] for each in ascending if each["ascendingAlarmEnabled"]} == {BEDROOM}
    states = (await driver.get("/api/device-notification-state"))["deviceNotificationStates"]
    assert {each["volumeLevel"] for each in states} == {40}
    volumes = (await driver.get("/api/devices/deviceType/dsn/audio/v1/allDeviceVolumes"))["volumes"]
    assert {each["dsn"]: each["speakerVolume"] for each in volumes}[LIVING] == 45
    assert len(volumes) == 6


async def test_wifi_and_equalizer_are_read_per_device() -> None:
    driver = await signed_in()
    wifi = await driver.get(driver.command_url(KITCHEN, "/api/device-wifi-details"))
    assert (wifi["essid"], len(wifi["macAddress"])) == ("home", 17)
    assert (await driver.request("GET", driver.command_url(PHONE, "/api/device-wifi-details"))).status == 400
    living = driver.device(LIVING)
    equalizer = await driver.get(f"/api/equalizer/{LIVING}/{living['deviceType']}")
    assert equalizer == {"bass": 2, "mid": 0, "treble": 1}
    office = driver.device(OFFICE)
    assert (await driver.request("GET", f"/api/equalizer/{OFFICE}/{office['deviceType']}")).status == 400


async def test_groups_name_their_members() -> None:
    driver = await signed_in()
    (group,) = (await driver.get("/api/wholeHomeAudio/v1/groups"))["groups"]
    assert (group["id"], group["name"]) == (DOWNSTAIRS, "Downstairs")
    assert [member["dsn"] for member in group["members"]] == [KITCHEN, LIVING]


async def test_bluetooth_list_is_null_for_offline_echos() -> None:
    driver = await signed_in()
    states = (await driver.get("/api/bluetooth?cached=false"))["bluetoothStates"]
    paired = {each["deviceSerialNumber"]: each["pairedDeviceList"] for each in states}
    assert paired[KIDS] is None
    assert paired[OFFICE] == []
    assert [each["friendlyName"] for each in paired[KITCHEN]] == ["Jo's Phone", "Garden Speaker"]
    assert DOWNSTAIRS not in paired


async def test_notifications_have_times_in_the_future() -> None:
    driver = await signed_in()
    answer = await driver.get("/api/notifications?cached=true", headers={"User-Agent": BROWSER})
    found = {each["notificationIndex"][-2:]: each for each in answer["notifications"]}
    assert [found[key]["type"] for key in sorted(found)] == [
        "Alarm",
        "Alarm",
        "MusicAlarm",
        "Timer",
        "Reminder",
        "Reminder",
    ]
    # the current time is Saturday, 2:00 in Los Angeles
    assert found["01"]["originalDate"] == "2026-11-23"
    assert found["01"]["id"] == f"A4ZXE0RM7LQ7A-{BEDROOM}-{found['01']['notificationIndex']}"
    assert (found["02"]["status"], found["02"]["originalDate"]) == ("OFF", "2026-11-21")
    assert found["03"]["originalDate"] == "2026-11-21"
    assert (found["04"]["remainingTime"], found["04"]["triggerTime"]) == (5400000, round((START + 5400) * 1000))
    assert found["05"]["alarmTime"] == round((START + (24 + 17.5) * 3600) * 1000)  # Sunday 19:30
    assert found["06"]["originalDate"] == "2026-11-21"
    driver.advance(600)
    answer = await driver.get("/api/notifications", headers={"User-Agent": BROWSER})
    assert next(each["remainingTime"] for each in answer["notifications"] if each["type"] == "Timer") == 4800000


async def test_music_providers_and_sounds_are_listed() -> None:
    driver = await signed_in()
    providers = await driver.get("/api/behaviors/entities?skillId=amzn1.ask.1p.music")
    assert [each["id"] for each in providers if each["providerData"]["isDefaultMusicProvider"]] == ["AMAZON_MUSIC"]
    sounds = await driver.get("/api/behaviors/entities?skillId=amzn1.ask.1p.sound")
    assert "amzn_sfx_doorbell_chime_01" in {each["id"] for each in sounds}
