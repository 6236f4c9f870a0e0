"""Tests of the push stream with malicious or endless input: memory, event loop, exceptions and state."""

import asyncio
from datetime import UTC, datetime
import json
import time
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.json import json_bytes
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.account.directives import PushCommand, parse_directive
from custom_components.alexa_media.cloud.account.multipart import MAX_PART, MultipartParser
from custom_components.alexa_media.cloud.account.stream import LostError
from tests.conftest import Household, state_of, until

from .tools import collecting, rss, watching_loop

KITCHEN: Final = "media_player.kitchen_show"
BATCH: Final = 500


def directive(command: str, payload: Any) -> dict[str, Any]:
    """Return a directive with one rendering update."""
    metadata = json.dumps({"command": command, "payload": json.dumps(payload)})
    return updates({"route": "x", "resourceId": "x", "resourceMetadata": metadata})


def updates(*items: dict[str, Any]) -> dict[str, Any]:
    """Return a directive with rendering updates."""
    header = {"namespace": "Alexa.X", "name": "RenderingUpdate"}
    return {"directive": {"header": header, "payload": {"renderingUpdates": list(items)}}}


def feed(entry: MockConfigEntry, *directives: dict[str, Any]) -> None:
    """Pass directives to the parser as the stream does."""
    now, stream = datetime.now(UTC), entry.runtime_data.backend._stream
    for one in directives:
        stream._directive(one, now, stream._endpoint)


async def drained(entry: MockConfigEntry) -> None:
    """Wait until every queued push has been handled."""
    while entry.runtime_data.backend._stream._queue.qsize():
        await asyncio.sleep(0)
    await asyncio.sleep(0)


def sizes(entry: MockConfigEntry) -> dict[str, int]:
    """Return the sizes of the collections in the account's objects."""
    runtime, found = entry.runtime_data, {}
    owners = {"stream": runtime.backend._stream, "push": runtime.push} | {c.name: c for c in runtime.coordinators}
    for owner, thing in owners.items():
        slots = (slot for cls in type(thing).__mro__ for slot in getattr(cls, "__slots__", ()))
        for name in {*getattr(thing, "__dict__", {}), *slots}:
            value = getattr(thing, name, None)
            if isinstance(value, dict | set | list | frozenset):
                found[f"{owner}.{name}"] = len(value)
    return found


def grown(before: dict[str, int], after: dict[str, int], limit: int) -> dict[str, tuple[int, int]]:
    """Return the collections that grew by more than a limit."""
    return {key: (before.get(key, 0), size) for key, size in after.items() if size - before.get(key, 0) > limit}


UNKNOWN_DEVICE: Final = (
    "PUSH_VOLUME_CHANGE",
    "PUSH_DND_STATE_CHANGE",
    "PUSH_DOPPLER_CONNECTION_CHANGE",
    "PUSH_EQUALIZER_STATE_CHANGE",
    "PUSH_AUDIO_PLAYER_STATE",
    "PUSH_BLUETOOTH_STATE_CHANGE",
    "PUSH_LIST_ITEM_CHANGE",
    "PUSH_NOTIFICATION_CHANGE",
    "PUSH_MEDIA_CHANGE",
    "PUSH_ACTIVITY",
)


@pytest.mark.platforms("event", "media_player", "sensor", "switch", "todo")
@pytest.mark.timeout(240)
async def test_thousands_of_unknown_serials_use_little_memory(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry, subtests: pytest.Subtests
) -> None:
    payload = {
        "volumeSetting": 10,
        "isMuted": False,
        "enabled": True,
        "dopplerConnectionState": "ONLINE",
        "bass": 1,
        "midrange": 1,
        "treble": 1,
        "audioPlayerState": "PLAYING",
    }
    for which, command in enumerate(UNKNOWN_DEVICE):
        with subtests.test(command):
            before = sizes(entry)
            sim.reset_ledger()
            with watching_loop(0.1) as blocks, collecting() as log:
                for start in range(0, 4000, BATCH):
                    for number in range(start, start + BATCH):
                        doppler = {"deviceSerialNumber": f"G{which}{number:08}", "deviceType": "A"}
                        values = {**payload, "listId": f"l{which}{number}", "dopplerId": doppler}
                        feed(entry, directive(command, values))
                    await drained(entry)
            assert grown(before, sizes(entry), 200) == {}
            assert log.bad() == []
            assert blocks.worst < 2
            assert len([item for item in sim.ledger() if item["path"] != "/ping"]) < 60


@pytest.mark.platforms("media_player")
@pytest.mark.timeout(120)
async def test_thousands_of_unknown_commands_use_little_memory(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    before = sizes(entry)
    odd: list[Any] = [{"directive": None}, {"x": 1}, {}, {"directive": {"payload": []}}, {"directive": []}]
    with watching_loop(0.1) as blocks, collecting() as log:
        for start in range(0, 10_000, BATCH):
            feed(entry, *(directive(f"PUSH_X{number}", {"a": 1}) for number in range(start, start + BATCH)))
            await drained(entry)
        for number in range(300):
            feed(entry, {"directive": {"header": {"namespace": f"N{number}", "name": f"M{number}"}}}, *odd)
        await drained(entry)
    assert grown(before, sizes(entry), 60) == {}
    assert log.bad() == []
    assert blocks.worst < 2


@pytest.mark.timeout(120)
async def test_thousands_of_unknown_appliances_use_little_memory(
    hass: HomeAssistant, sim: ControlClient, entry: MockConfigEntry
) -> None:
    before = sizes(entry)
    sample = {"name": "powerState", "powerStateValue": "ON", "timeOfSample": "2026-11-28T00:00:00Z"}
    features = {"features": [{"name": "power", "properties": [sample]}]}

    def one(number: int) -> dict[str, Any]:
        payload = {"entity": {"id": f"amzn1.alexa.endpoint.{number}"}, "data": features}
        return updates({"route": "x::FDAL", "resourceMetadata": json.dumps({"payload": json.dumps(payload)})})

    sim.reset_ledger()
    with watching_loop(0.1) as blocks, collecting() as log:
        for start in range(0, 5000, BATCH):
            feed(entry, *(one(number) for number in range(start, start + BATCH)))
            await drained(entry)
    assert grown(before, sizes(entry), 200) == {}
    assert log.bad() == []
    assert blocks.worst < 2
    assert len(sim.ledger()) < 60


PAYLOADS: Final[tuple[Any, ...]] = (
    *(None, 1, "x", [], {}, {"dopplerId": None}, {"dopplerId": {"deviceSerialNumber": 1}}, {"dopplerId": []}),
    *({"dopplerId": {"deviceSerialNumber": "\ud800"}}, {"dopplerId": {"deviceSerialNumber": "x" * 400_000}}),
    *("[" * 100_000, "9" * 5000),
)
VALUES: Final[tuple[Any, ...]] = (
    *(None, True, -1, 10**30, 1e999, float("nan"), "", "x", "\ud800", [], {}, [[]], "9" * 5000, 1e-320),
    *("101", -101, 2**63, {"a": {"a": [None]}}),
)
FIELDS: Final = (
    *("volumeSetting", "isMuted", "enabled", "dopplerConnectionState", "bass", "midrange", "treble"),
    *("audioPlayerState", "mediaReferenceId", "playBackOrder", "loopMode", "changeType", "progress"),
    *("notificationId", "notificationVersion", "listId", "listItemId", "update", "eventType"),
    *("bluetoothEventType", "destinationUserId", "key", "timestamp", "dopplerId"),
)


@pytest.mark.timeout(240)
async def test_odd_values_in_every_known_command_cause_no_error(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    good = {
        "dopplerId": {"deviceSerialNumber": household.serial("Kitchen Show"), "deviceType": "A"},
        "volumeSetting": 10,
        "isMuted": False,
        "enabled": True,
        "dopplerConnectionState": "ONLINE",
        "audioPlayerState": "PLAYING",
        "progress": {"mediaProgress": 1, "mediaLength": 2},
        "update": {"update": {"nowPlayingData": {"playerState": "PLAYING", "infoText": {"title": "x"}}}},
    }
    with collecting() as log:
        for command in PushCommand:
            for name in FIELDS:
                feed(entry, *(directive(command, {**good, name: value}) for value in VALUES))
                await drained(entry)
            feed(entry, *(directive(command, value) for value in PAYLOADS))
            await drained(entry)
    assert log.bad() == []
    assert not entry.runtime_data.push.failed
    for state in hass.states.async_all():
        json_bytes(state.as_dict())


def _inner() -> str:
    """Return JSON nested twelve times in strings."""
    inner: Any = {"command": "PUSH_VOLUME_CHANGE"}
    for _ in range(12):
        inner = json.dumps(inner)
    return json.dumps({"directive": {"payload": inner}})


ROOM: Final = MAX_PART - 2000
BOMBS: Final = {
    "lists in the metadata": json.dumps(updates({"resourceMetadata": "[" * ROOM})),
    "very many updates": json.dumps(updates(*[{}] * (ROOM // 4))),
    "deep lists": '{"directive":{"payload":' + "[" * (ROOM // 2) + "]" * (ROOM // 2) + "}}",
    "halves of pairs": json.dumps({"directive": {"payload": "\ud800" * (ROOM // 6)}}),
    "digits": '{"directive":{"payload":' + "9" * ROOM + "}}",
    "encoded repeatedly": _inner(),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_part_of_the_largest_size_is_read_quickly(kind: str) -> None:
    parser = MultipartParser("multipart/related; boundary=------abcde123")
    opening = b"--------abcde123\r\nContent-Type: application/json\r\n\r\n"
    start = time.process_time()
    found = parser.feed(opening + BOMBS[kind].encode("utf-8", "surrogatepass") + b"\r\n--------abcde123\r\n")
    _ = [event for one in found for event in parse_directive(one, datetime.now(UTC))]
    assert time.process_time() - start < 0.3


@pytest.mark.platforms("media_player")
@pytest.mark.timeout(120)
async def test_the_state_is_correct_after_a_flood_overflows_the_queue(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household
) -> None:
    serial, before, lost = household.serial("Kitchen Show"), rss(), 0
    with collecting() as log:
        for number in range(50_000):
            payload = {"dopplerId": {"deviceSerialNumber": serial}, "volumeSetting": number % 100, "isMuted": False}
            try:
                feed(entry, directive("PUSH_VOLUME_CHANGE", payload))
            except LostError:
                lost += 1
                break
        await drained(entry)
    assert lost
    assert log.bad() == []
    assert rss() - before < 100_000_000
    household.change("Kitchen Show", volume=23)
    await until(hass, lambda: state_of(hass, KITCHEN).attributes.get("volume_level") == 0.23)
