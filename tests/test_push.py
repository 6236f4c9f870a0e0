"""Tests of pushes: values cause no request, hints cause one, and only changed entities are written."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any, get_args

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, HomeAssistant, callback
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from alexa_sim.push import directive
from custom_components.alexa_media import push
from custom_components.alexa_media.cloud.account import backend
from custom_components.alexa_media.cloud.account.stream import PushStream, StreamTimes
from custom_components.alexa_media.cloud.model.events import DndChanged, PushEvent, StreamClosed, StreamOpened

from .conftest import PUSH_SENSOR, Household, quiet, state_of, until

pytestmark = pytest.mark.platforms("binary_sensor", "media_player", "switch")

KITCHEN = "media_player.kitchen_show"


def test_every_event_has_a_rule() -> None:
    """The table covers all events except two about the stream, which the listener handles."""
    kinds = set(get_args(PushEvent.__value__)) - {StreamOpened, StreamClosed}
    assert set(push.RULES) == kinds
    assert {rule.verb for rule in push.RULES.values()} == set(push.Verb)


def written(hass: HomeAssistant) -> list[str]:
    """Return a list that collects entity ids whose state is written."""
    entity_ids: list[str] = []

    @callback
    def _note(event: Event[Any]) -> None:
        entity_ids.append(event.data["entity_id"])

    hass.bus.async_listen(EVENT_STATE_CHANGED, _note)
    return entity_ids


async def test_a_volume_push_needs_no_request(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A volume push writes the device and its group."""
    sim.reset_ledger()
    entities = written(hass)
    household.change("Kitchen Show", volume=64, muted=False)
    await until(hass, lambda: state_of(hass, KITCHEN).attributes.get("volume_level") == 0.64)
    await quiet(hass, sim)
    assert sorted(entities) == ["media_player.downstairs", KITCHEN]
    assert household.requests() == []


@pytest.mark.contract("media_player, availability")
async def test_an_offline_device_makes_only_its_entities_unavailable(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Entities of other devices are available."""
    sim.reset_ledger()
    entities = written(hass)
    household.change("Kitchen Show", online=False)
    await until(hass, lambda: state_of(hass, KITCHEN).state == "unavailable")
    assert state_of(hass, "binary_sensor.kitchen_show_connectivity").state == "off"
    assert state_of(hass, "media_player.bedroom_dot").state == "idle"
    await quiet(hass, sim)
    assert {entity_id.partition(".")[2].startswith("kitchen_show") for entity_id in entities} == {True}
    assert household.requests() == []
    household.change("Kitchen Show", online=True)
    await until(hass, lambda: state_of(hass, KITCHEN).state == "idle")


async def test_a_do_not_disturb_push_needs_no_request(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The pushed state is shown without a request."""
    sim.reset_ledger()
    entities = written(hass)
    household.change("Office Spot", dnd=True)
    switch = "switch.office_spot_do_not_disturb"
    await until(hass, lambda: state_of(hass, switch).state == "on")
    await quiet(hass, sim)
    assert entities == [switch]
    assert household.requests() == []


async def test_a_late_push_is_replaced_by_a_read(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """A push that arrives minutes after a newer one of its kind does not show its outdated value."""
    switch = "switch.kitchen_show_do_not_disturb"
    household.change("Kitchen Show", volume=64, dnd=True)
    await until(hass, lambda: state_of(hass, KITCHEN).attributes.get("volume_level") == 0.64)
    await until(hass, lambda: state_of(hass, switch).state == "on")
    sim.reset_ledger()
    entities = written(hass)
    device = {"deviceSerialNumber": household.serial("Kitchen Show"), "deviceType": "A1"}
    for command, values in (
        ("PUSH_VOLUME_CHANGE", {"volumeSetting": 10, "isMuted": False}),
        ("PUSH_DND_STATE_CHANGE", {"enabled": False}),
        ("PUSH_DOPPLER_CONNECTION_CHANGE", {"dopplerConnectionState": "OFFLINE"}),
    ):
        sim.push_raw(directive(command, {"dopplerId": device, **values}, sim.now() - 180))
    await until(hass, lambda: len(household.requests()) >= 4)
    await quiet(hass, sim)
    assert [entity_id for entity_id in entities if "kitchen" in entity_id] == []
    assert (state_of(hass, KITCHEN).state, state_of(hass, switch).state) == ("idle", "on")


@pytest.mark.contract("a burst about alarms is a request each")
async def test_hints_of_a_burst_are_one_request(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The notifications are read once for any number of pushes at once."""
    sim.reset_ledger()
    serial = household.serial("Kitchen Show")
    for version in range(1, 9):
        sim.push(
            "PUSH_NOTIFICATION_CHANGE",
            {
                "destinationUserId": entry.unique_id,
                "dopplerId": {"deviceSerialNumber": serial, "deviceType": "A1"},
                "eventType": "UPDATE",
                "notificationId": "x",
                "notificationVersion": version,
            },
        )
    await until(hass, household.requests)
    await quiet(hass, sim)
    assert household.requests() == ["GET /api/notifications"]


async def test_unknown_commands_are_counted(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """An unknown command, and a line that is not JSON, do no harm."""
    sim.reset_ledger()
    sim.push("PUSH_SOMETHING_NEW", {"destinationUserId": "A1", "what": [1, None, "ü"]})
    sim.push_raw("{this is not JSON")
    sim.push_raw({"directive": {"header": {"namespace": "Alexa.Mobile.Push", "name": "RenderUpdate"}, "payload": 5}})
    household.change("Kitchen Show", volume=11)
    await until(hass, lambda: state_of(hass, KITCHEN).attributes.get("volume_level") == 0.11)
    assert entry.runtime_data.push.unknown["PUSH_SOMETHING_NEW"] == 1
    assert household.requests() == []


async def test_a_handler_that_fails_is_logged_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    household: Household,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The stream continues after any error in a handler."""

    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setitem(push.RULES, DndChanged, push.Rule(push.Verb.APPLY, fail))
    for enabled in (True, False, True):
        household.change("Office Spot", dnd=enabled)
    household.change("Kitchen Show", volume=12)
    await until(hass, lambda: state_of(hass, KITCHEN).attributes.get("volume_level") == 0.12)
    assert caplog.text.count("Could not handle a push") == 1
    assert entry.runtime_data.push.failed["DndChanged"] == 3


@pytest.fixture
def brief_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open a lost stream again after shorter pauses."""
    monkeypatch.setattr(
        backend, "PushStream", partial(PushStream, times=StreamTimes(backoff_first=0.02, backoff_steady=0.2))
    )


@pytest.mark.usefixtures("brief_backoff")
async def test_a_cut_stream_reconnects_and_reads_missed_changes(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """The missed changes are read once."""
    assert state_of(hass, PUSH_SENSOR).state == "on"
    sim.fault(path="/v20160207/directives", status=503)
    sim.fault(close_stream=True)
    await until(hass, lambda: state_of(hass, PUSH_SENSOR).state == "off")
    assert entry.runtime_data.players.wanted_interval.total_seconds() == 300
    household.change("Kitchen Show", volume=23)
    sim.reset_ledger()
    sim.clear_faults()
    await until(hass, lambda: state_of(hass, PUSH_SENSOR).state == "on", 30)
    await until(hass, lambda: state_of(hass, KITCHEN).attributes.get("volume_level") == 0.23)
    await quiet(hass, sim)
    for path in ("/api/devices-v2/device", "/api/np/list-media-sessions", "/api/notifications"):
        assert household.requests().count(f"GET {path}") == 1
    assert entry.runtime_data.players.wanted_interval.total_seconds() == 3600


def _has_level(hass: HomeAssistant, level: float) -> bool:
    """Return whether the Echo in the kitchen has a volume level."""
    return bool(state_of(hass, KITCHEN).attributes["volume_level"] == level)


async def test_a_stream_whose_connection_amazon_ends_is_opened_again(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """GOAWAY may name the stream, or an earlier one than a request in flight; changes are shown in each case."""
    stream = entry.runtime_data.backend._stream
    stream._times = replace(stream._times, ping=0.05, backoff_first=0.01)
    cases: list[dict[str, Any]] = [
        {"path": "/ping", "goaway": 3},
        {"path": "/ping", "goaway": 1},
        {"path": "*/directives", "goaway": 1},
        {"path": "*/directives", "goaway": 3, "after": True},
        {"path": "*/events", "goaway": 0},
    ]
    for volume, rule in enumerate(cases, start=71):
        sim.fault(**rule, times=1)
        stream.renew()
        household.change("Kitchen Show", volume=volume)
        await until(hass, lambda: sim.faults()[-1]["hits"] and stream.stats["state"] == "up")
        await until(hass, partial(_has_level, hass, volume / 100))
        sim.clear_faults()


async def test_nothing_is_handled_after_unload(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """An unloaded entry has no stream and sends no requests."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    sim.reset_ledger()
    household.change("Kitchen Show", volume=77)
    await quiet(hass, sim)
    assert household.requests() == []
    names = [task.get_name() for task in asyncio.all_tasks()]
    assert not [name for name in names if "alexa" in name.lower()]


@pytest.mark.contract("push, unknown serial", "an unknown serial is six requests")
async def test_a_new_serial_causes_one_read_of_the_device_list(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, household: Household
) -> None:
    """Such a push causes a read of the devices, at most once in ten minutes."""
    sim.reset_ledger()
    for serial in ("G0NEVERSEEN00001", "G0NEVERSEEN00002", "G0NEVERSEEN00001"):
        sim.push(
            "PUSH_VOLUME_CHANGE",
            {
                "destinationUserId": entry.unique_id,
                "dopplerId": {"deviceSerialNumber": serial, "deviceType": "A1"},
                "isMuted": False,
                "volumeSetting": 5,
            },
        )
    await until(hass, household.requests)
    await quiet(hass, sim)
    assert household.requests().count("GET /api/devices-v2/device") == 1
