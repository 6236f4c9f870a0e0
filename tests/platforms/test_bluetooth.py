"""Tests of Bluetooth: the sources, the connected device, and the requests for a change."""

from datetime import timedelta
from typing import Any

from homeassistant.components.media_player.const import MediaPlayerEntityFeature
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from tests.conftest import Clock, Household, quiet, set_up, state_of, until

pytestmark = [pytest.mark.platforms("media_player"), pytest.mark.usefixtures("brief_hints")]

KITCHEN = "media_player.kitchen_show"
KIDS = "media_player.kids_dot"
PHONE = "00:53:10:00:00:01"
SPEAKER = "00:53:10:00:00:02"
READ = "GET /api/bluetooth"


def shown(hass: HomeAssistant, name: str, entity_id: str = KITCHEN) -> Any:
    """Return an attribute of a player."""
    return state_of(hass, entity_id).attributes.get(name)


def connected(household: Household, name: str = "Kitchen Show") -> list[str]:
    """Return the addresses of the connected devices in the cloud."""
    return [paired["address"] for paired in household.device(name)["bluetooth"] if paired["connected"]]


def connect(household: Household, address: str | None, name: str = "Kitchen Show") -> None:
    """Connect a paired device or none, like a person with a phone."""
    paired = household.device(name)["bluetooth"]
    household.change(name, bluetooth=[device | {"connected": device["address"] == address} for device in paired])


def written(hass: HomeAssistant) -> list[str]:
    """Return a list that collects entity ids whose state changes."""
    entity_ids: list[str] = []

    @callback
    def _note(event: Event[Any]) -> None:
        entity_ids.append(event.data["entity_id"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, _note)
    return entity_ids


async def select(hass: HomeAssistant, source: str, entity_id: str = KITCHEN) -> None:
    """Select a source and wait for the end of the action."""
    await hass.services.async_call(
        "media_player", "select_source", {"entity_id": entity_id, "source": source}, blocking=True
    )


@pytest.mark.contract("media_player, source")
async def test_phones_are_sources_and_loudspeakers_are_not(
    hass: HomeAssistant, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    """A phone can play through the Echo, but a loudspeaker cannot; the list of paired devices contains both.

    A group, and an Echo that has been offline since startup, have no sources.
    """
    attributes = state_of(hass, KITCHEN).attributes
    assert attributes["source"] == "Local Speaker"
    assert attributes["source_list"] == ["Local Speaker", "Jo's Phone"]
    assert attributes["connected_bluetooth"] is None
    assert attributes["bluetooth_list"] == ["Jo's Phone", "Garden Speaker"]
    assert attributes["supported_features"] & MediaPlayerEntityFeature.SELECT_SOURCE
    assert shown(hass, "source_list", "media_player.office_spot") == ["Local Speaker"]
    for case, entity_id in (("group", "media_player.downstairs"), ("never reported", KIDS)):
        with subtests.test(case):
            attributes = state_of(hass, entity_id).attributes
            assert not attributes["supported_features"] & MediaPlayerEntityFeature.SELECT_SOURCE
            assert {"source", "source_list", "connected_bluetooth", "bluetooth_list"}.isdisjoint(attributes)


@pytest.mark.contract("media_player, source")
async def test_selecting_a_source_costs_one_write_and_one_read(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, clock: Clock
) -> None:
    """Connecting and disconnecting each cost one write and, after Amazon's push, one read."""
    # An Echo also pushes its equalizer after a command; wait for the sound mode, which causes no read.
    serial = household.serial("Kitchen Show")
    doppler = {"deviceSerialNumber": serial, "deviceType": household.device("Kitchen Show")["deviceType"]}
    sim.push("PUSH_EQUALIZER_STATE_CHANGE", {"dopplerId": doppler, "bass": 0, "midrange": 0, "treble": 0})
    await clock.until(lambda: shown(hass, "sound_mode") == "flat")
    await clock.advance(4, step=0.5)
    sim.reset_ledger()
    entities = written(hass)
    await select(hass, "Jo's Phone")
    assert connected(household) == [PHONE]
    assert shown(hass, "source") == "Local Speaker", "the unconfirmed state is shown"
    await clock.until(lambda: shown(hass, "source") == "Jo's Phone")
    assert shown(hass, "connected_bluetooth") == "Jo's Phone"
    await clock.advance(4, step=0.5)
    assert household.requests() == [f"POST /api/bluetooth/pair-sink/A1EIANJ7PNB0Q7/{serial}", READ]
    assert entities == [KITCHEN]
    sim.reset_ledger()
    await select(hass, "Local Speaker")
    assert connected(household) == []
    await clock.until(lambda: shown(hass, "source") == "Local Speaker")
    assert shown(hass, "connected_bluetooth") is None
    await clock.settle()
    assert household.requests() == [f"POST /api/bluetooth/disconnect-sink/A1EIANJ7PNB0Q7/{serial}", READ]
    assert sim.ledger(path="/api/bluetooth")[0]["query"] == {"cached": "false"}


@pytest.mark.contract("media_player, source")
async def test_loudspeaker_can_be_connected(hass: HomeAssistant, entry: MockConfigEntry, household: Household) -> None:
    """Selecting the loudspeaker by name connects it, but it is not in the list of sources."""
    await select(hass, "Garden Speaker")
    assert connected(household) == [SPEAKER]
    await until(hass, lambda: shown(hass, "connected_bluetooth") == "Garden Speaker")
    assert shown(hass, "source") == "Local Speaker"


async def test_nothing_is_sent_for_an_unknown_source_or_to_disconnect_nothing(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household, subtests: pytest.Subtests
) -> None:
    with subtests.test("An unpaired device is refused; the error lists the sources."):
        sim.reset_ledger()
        with pytest.raises(ServiceValidationError) as raised:
            await select(hass, "Alex's Phone")
        assert raised.value.translation_key == "source_unknown"
        assert raised.value.translation_placeholders == {
            "source": "Alex's Phone",
            "known": "Local Speaker, Jo's Phone, Garden Speaker",
        }
        assert sim.ledger(method="POST") == []
    with subtests.test("Selecting the Echo itself does nothing if no device is connected."):
        sim.reset_ledger()
        await select(hass, "Local Speaker")
        assert household.requests() == []


async def test_a_refused_connection_raises(
    hass: HomeAssistant,
    sim: ControlClient,
    entry: MockConfigEntry,
    household: Household,
    subtests: pytest.Subtests,
) -> None:
    """The caller gets an error, the request is not repeated, and the coordinator's success is unchanged."""
    for source, before, address in (("Jo's Phone", "Local Speaker", None), ("Local Speaker", "Jo's Phone", PHONE)):
        sim.clear_faults()
        connect(household, address)
        await until(hass, lambda before=before: shown(hass, "source") == before)  # type: ignore[misc]
        await quiet(hass, sim)
        sim.fault(path="/api/bluetooth/*", times=3, status=500)
        sim.reset_ledger()
        with subtests.test(source):
            with pytest.raises(HomeAssistantError) as raised:
                await select(hass, source)
            assert raised.value.translation_key == "cannot_connect"
            assert len(household.requests("POST")) == 1
            assert entry.runtime_data.bluetooth.last_update_success
            assert shown(hass, "source") == before


async def test_a_phone_that_connects_itself_is_shown(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The push of the connection causes one read, and only that Echo's player is written."""
    sim.reset_ledger()
    entities = written(hass)
    connect(household, PHONE)
    await until(hass, lambda: shown(hass, "source") == "Jo's Phone")
    await quiet(hass, sim)
    assert household.requests() == [READ]
    assert entities == [KITCHEN]
    connect(household, None)
    await until(hass, lambda: shown(hass, "source") == "Local Speaker")


async def test_a_burst_is_one_read(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The list is read once for any number of pushes, and unchanged states are not written."""
    sim.reset_ledger()
    entities = written(hass)
    for serial in (household.serial("Kitchen Show"), household.serial("Bedroom Dot")) * 4:
        sim.push(
            "PUSH_BLUETOOTH_STATE_CHANGE",
            {
                "destinationUserId": entry.unique_id,
                "dopplerId": {"deviceSerialNumber": serial, "deviceType": "A1"},
                "bluetoothEvent": "STREAMING_STATE_CHANGED",
                "bluetoothEventPayload": None,
                "bluetoothEventSuccess": True,
            },
        )
    await until(hass, household.requests)
    await quiet(hass, sim)
    assert household.requests() == [READ]
    assert entities == []


async def test_an_echo_that_comes_online_is_read(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """An Echo that was never in a list is read once it is online; one that was keeps its list without a read."""
    sim.reset_ledger()
    household.change("Kids Dot", online=True)
    await until(hass, lambda: shown(hass, "source_list", KIDS) == ["Local Speaker"])
    await quiet(hass, sim)
    assert household.requests() == [READ]
    household.change("Kitchen Show", online=False)
    await until(hass, lambda: state_of(hass, KITCHEN).state == "unavailable")
    await entry.runtime_data.bluetooth.async_refresh()
    sim.reset_ledger()
    household.change("Kitchen Show", online=True)
    await until(hass, lambda: shown(hass, "source") == "Local Speaker")
    household.change("Downstairs", online=False)
    household.change("Downstairs", online=True)
    await quiet(hass, sim)
    assert shown(hass, "bluetooth_list") == ["Jo's Phone", "Garden Speaker"]
    assert household.requests() in ([], [READ]), "a group, which has no list, may cause one read"
    for fault, requests in ((False, []), (True, [READ]), (False, [READ]), (False, [])):
        if fault:
            # a new Echo, whose first read fails
            entry.runtime_data.bluetooth._asked.clear()
            sim.fault(path="/api/bluetooth", times=1, status=404)
        sim.reset_ledger()
        household.change("Downstairs", online=False)
        household.change("Downstairs", online=True)
        await quiet(hass, sim)
        assert household.requests() == requests


FAULTS: tuple[dict[str, Any], ...] = ({"status": 500}, {"status": 200, "body": {}}, {"status": 404}, {"html": True})


async def test_a_failed_read_keeps_the_sources(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    """A failed read keeps the sources, and the players stay available."""
    bluetooth = entry.runtime_data.bluetooth
    entities = written(hass)
    for fault in FAULTS:
        sim.clear_faults()
        await bluetooth.async_refresh()
        assert bluetooth.last_update_success
        sim.fault(path="/api/bluetooth", times=4, **fault)
        with subtests.test(str(fault)):
            await bluetooth.async_refresh()
            await hass.async_block_till_done()
            assert not bluetooth.last_update_success
            assert state_of(hass, KITCHEN).state == "idle"
            assert shown(hass, "source_list") == ["Local Speaker", "Jo's Phone"]
            assert entities == []


async def test_set_up_without_bluetooth(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, clock: Clock
) -> None:
    """An account whose Bluetooth cannot be read is set up, and gets its sources later."""
    sim.fault(path="/api/bluetooth", seconds=3600, status=404)
    await set_up(hass, config_entry)
    await clock.settle()
    assert state_of(hass, KITCHEN).state == "idle"
    assert shown(hass, "source_list") is None
    sim.clear_faults()
    await clock.advance(120)
    assert shown(hass, "source_list") == ["Local Speaker", "Jo's Phone"]
    await hass.config_entries.async_unload(config_entry.entry_id)


async def test_the_interval_depends_on_push(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """The interval is an hour while push is up, and ten minutes while it is down."""
    bluetooth = entry.runtime_data.bluetooth
    assert bluetooth.update_interval == timedelta(minutes=60)
    bluetooth.async_set_push(False)
    assert bluetooth.update_interval == timedelta(minutes=10)


async def test_phones_with_one_name_are_distinguished(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    """Covers two phones with the same name, one without a name, and one named like the Echo."""
    names = {"01": "Phone", "02": "Phone", "03": None, "04": "Local Speaker"}
    paired = [
        {"address": f"00:53:10:00:01:{end}", "friendlyName": name, "connected": False, "profiles": ["A2DP-SOURCE"]}
        for end, name in names.items()
    ]
    household.change("Kitchen Show", bluetooth=paired)
    await entry.runtime_data.bluetooth.async_refresh()
    await hass.async_block_till_done()
    assert shown(hass, "source_list") == [
        "Local Speaker",
        "Phone",
        "Phone (00:53:10:00:01:02)",
        "00:53:10:00:01:03",
        "Local Speaker (00:53:10:00:01:04)",
    ]
    await select(hass, "Phone (00:53:10:00:01:02)")
    assert connected(household) == ["00:53:10:00:01:02"]
