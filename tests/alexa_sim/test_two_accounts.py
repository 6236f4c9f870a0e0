"""Tests of the household with two accounts: shared devices, pushes, and a group that both accounts see."""

import pytest

from alexa_sim.household import HouseholdError, check_household, load_household

from .cloud_driver import Driver, operation

JOHN, JACK = load_household("two_accounts")["accounts"]
TOKENS = {JOHN: "Atnr|two-john", JACK: "Atnr|two-jack"}
HALL, KITCHEN = "G0SIM00000HALL01", "G0SIM000KITCHEN2"
STUDY, WORKSHOP = "G0SIM0000STUDY01", "G0SIM00WORKSHOP1"
EVERYWHERE = "5d2e8f1a7b3c4d6e9f0a1b2c3d4e5f60"
TYPES = {HALL: "A7WXQPH584YP", KITCHEN: "A1EIANJ7PNB0Q7", STUDY: "A4ZXE0RM7LQ7A"}


async def signed_in(account: str) -> Driver:
    """Return a cloud with a client that is signed in as one of the two users."""
    driver = Driver("two_accounts")
    await driver.renew(TOKENS[account])
    return driver


async def listed(driver: Driver) -> dict[str, dict[str, object]]:
    """Return the device list by serial."""
    return {device["serialNumber"]: device for device in (await driver.get("/api/devices-v2/device"))["devices"]}


@pytest.mark.parametrize(("account", "own"), [(JOHN, STUDY), (JACK, WORKSHOP)])
async def test_each_account_sees_its_own_and_shared_devices(account: str, own: str) -> None:
    driver = await signed_in(account)
    devices = await listed(driver)
    assert {HALL, KITCHEN, EVERYWHERE, own} < set(devices)
    assert len(set(devices) & {STUDY, WORKSHOP}) == 1
    assert devices[HALL]["deviceOwnerCustomerId"] == JOHN
    assert devices[KITCHEN]["deviceOwnerCustomerId"] == JACK
    assert devices[EVERYWHERE]["clusterMembers"] == [HALL, KITCHEN]
    assert devices[HALL]["parentClusters"] == [EVERYWHERE]
    assert len([device for device in devices.values() if device["deviceFamily"] == "VOX"]) == 1


async def test_an_unseen_group_is_not_a_parent() -> None:
    driver = await signed_in(JACK)
    driver.cloud.patch({"accounts": {JOHN: {"devices": {EVERYWHERE: {"sharedWith": []}}}}})
    devices = await listed(driver)
    assert EVERYWHERE not in devices
    assert devices[HALL]["parentClusters"] == []


async def test_ending_sharing_removes_the_echo_from_the_other_accounts_group() -> None:
    driver = await signed_in(JOHN)
    driver.cloud.patch({"accounts": {JACK: {"devices": {KITCHEN: {"sharedWith": []}}}}})
    devices = await listed(driver)
    assert KITCHEN not in devices
    assert devices[EVERYWHERE]["clusterMembers"] == [HALL]


def test_a_group_with_members_that_its_owner_does_not_see_is_refused() -> None:
    household = load_household("two_accounts")
    household["accounts"][JOHN]["devices"][EVERYWHERE]["clusterMembers"] = [WORKSHOP]
    with pytest.raises(HouseholdError, match=f"{WORKSHOP} is no speaker of the account"):
        check_household(household, "two_accounts")


@pytest.mark.parametrize(("serial", "owner", "status"), [(HALL, JOHN, 200), (HALL, JACK, 400), (STUDY, JOHN, 400)])
async def test_a_command_needs_a_device_that_is_seen_and_its_owner(serial: str, owner: str, status: int) -> None:
    driver = await signed_in(JACK)
    payload = {"deviceSerialNumber": serial, "deviceType": TYPES[serial], "customerId": owner, "textToSpeak": "Hello"}
    answer = await driver.preview(operation("Alexa.Speak", payload))
    assert answer.status == status
    assert [said["serial"] for said in driver.cloud.spoken()] == ([HALL] if status == 200 else [])


@pytest.mark.parametrize(("serial", "viewers"), [(HALL, {JOHN, JACK}), (STUDY, {JOHN})])
async def test_pushes_are_sent_to_accounts_that_see_the_echo(serial: str, viewers: set[str]) -> None:
    driver = Driver("two_accounts")
    streams = {}
    for account, token in TOKENS.items():
        await driver.renew(token)
        streams[account] = await driver.open()
    driver.cloud.patch({"accounts": {JOHN: {"devices": {serial: {"volume": 3}}}}})
    for account, stream in streams.items():
        pushes = [payload["destinationUserId"] for _, payload in await stream.pushes()]
        assert pushes == ([account] if account in viewers else [])


@pytest.mark.parametrize(("account", "domain"), [(JOHN, "amazon.com"), (JACK, "amazon.de")])
async def test_each_account_is_served_at_its_own_marketplace(account: str, domain: str) -> None:
    household = load_household("two_accounts")
    household["accounts"][JACK]["marketplace"] = "amazon.de"
    driver = Driver(household, domain="amazon.com")
    driver.domain = domain
    await driver.renew(TOKENS[account])
    assert {HALL, KITCHEN} < set(await listed(driver))
    driver.domain = "amazon.de" if domain == "amazon.com" else "amazon.com"
    await driver.renew(TOKENS[account])
    assert (await driver.request("GET", "/api/devices-v2/device")).status == 401
    me = await driver.get("/api/users/me")
    assert (me["id"], me["marketPlaceDomainName"]) == (account, f"https://www.{domain}")
