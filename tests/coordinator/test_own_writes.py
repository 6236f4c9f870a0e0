"""Tests that older pushes and reads do not undo a write of Home Assistant.

They also must not cause a write of an older value.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from functools import partial
from itertools import product
import json
from typing import Any

from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient
from custom_components.alexa_media.coordinator.own_writes import STALE_AGE, OwnWrites
from custom_components.alexa_media.media_player.player import VOLUME_STEP
from tests.conftest import Clock, Household, act, poll, set_up, state_of, until

pytestmark = pytest.mark.platforms("media_player", "notify", "number", "switch")

KITCHEN = "Kitchen Show"
PLAYER = "media_player.kitchen_show"
DND = "switch.kitchen_show_do_not_disturb"
BANDS = ("number.kitchen_show_bass", "number.kitchen_show_midrange", "number.kitchen_show_treble")
SHUFFLE, REPEAT = "switch.kitchen_show_shuffle", "switch.kitchen_show_repeat"
EQUALIZER = "/api/equalizer/*"


def push(household: Household, command: str, **payload: object) -> None:
    """Push a directive about the kitchen that does not depend on the cloud's state."""
    device = household.device(KITCHEN)
    doppler = {"deviceSerialNumber": household.serial(KITCHEN), "deviceType": device["deviceType"]}
    household.sim.push(command, {"dopplerId": doppler, **payload})


def received(entry: MockConfigEntry, kind: str) -> int:
    """Return the number of received pushes of a kind."""
    return int(entry.runtime_data.push.received[kind])


async def wait(clock: Clock, seconds: float) -> None:
    """Advance the time by a number of seconds."""
    ticks = iter(range(int(seconds * 4)))
    await clock.until(lambda: next(ticks, None) is None)


async def stale(
    entry: MockConfigEntry, household: Household, clock: Clock, kind: str, command: str, **payload: object
) -> None:
    """Drop the push of Home Assistant's write, and send a push from before the write."""
    await wait(clock, 1.25)
    before = received(entry, kind)
    push(household, command, **payload)
    await clock.until(lambda: received(entry, kind) > before)


@pytest.fixture
async def bands(
    hass: HomeAssistant, entry: MockConfigEntry, entity_registry: er.EntityRegistry, clock: Clock
) -> MockConfigEntry:
    """Return an account whose equalizer entities are enabled."""
    for entity_id in BANDS:
        entity_registry.async_update_entity(entity_id, disabled_by=None)
    await hass.config_entries.async_reload(entry.entry_id)
    await clock.settle()
    await clock.advance(2, 0.5)
    assert [state_of(hass, entity_id).state for entity_id in BANDS] == ["0", "0", "0"]
    return entry


@pytest.mark.platforms("number")
async def test_a_stale_equalizer_is_neither_shown_nor_written(
    hass: HomeAssistant, bands: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock
) -> None:
    """A push from before the change of one band does not affect the change of the next band."""
    bass, mid, _ = BANDS
    sim.fault(silent_stream=1)
    await act(hass, "number.set_value", bass, value=4)
    assert state_of(hass, bass).state == "4"
    await stale(
        bands, household, clock, "EqualizerChanged", "PUSH_EQUALIZER_STATE_CHANGE", bass=0, midrange=0, treble=0
    )
    assert state_of(hass, bass).state == "4"

    sim.reset_ledger()
    await act(hass, "number.set_value", mid, value=2)
    (request,) = sim.ledger(method="POST", path=EQUALIZER)
    assert json.loads(request["body"]) == {"bass": 4, "mid": 2, "treble": 0}
    await clock.advance(10, 1)
    assert [state_of(hass, entity_id).state for entity_id in BANDS] == ["4", "2", "0"]
    assert len(sim.ledger(method="GET", path=EQUALIZER)) <= 2, "one read to confirm, one because of the stale push"


@pytest.mark.platforms("number")
async def test_an_equalizer_that_was_not_read_back_is_read_before_the_next_write(
    hass: HomeAssistant, bands: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock
) -> None:
    """A change whose result could not be read is not undone by a change of another band a minute later."""
    bass, mid, _ = BANDS
    sim.fault(silent_stream=3600)
    fault = sim.fault(path=EQUALIZER, method="GET", status=400)
    assert fault
    await act(hass, "number.set_value", bass, value=4)
    await clock.advance(6, 1)
    sim.remove_fault(fault)
    sim.reset_ledger()
    await act(hass, "number.set_value", mid, value=2)
    (request,) = sim.ledger(method="POST", path=EQUALIZER)
    assert json.loads(request["body"]) == {"bass": 4, "mid": 2, "treble": 0}


@pytest.mark.platforms("number")
async def test_a_change_back_at_the_device_is_shown(
    hass: HomeAssistant, bands: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock
) -> None:
    """The old value is set again at the Echo within seconds, and shown after one read."""
    bass = BANDS[0]
    sim.fault(silent_stream=1)
    await act(hass, "number.set_value", bass, value=4)
    await wait(clock, 1.25)
    household.change(KITCHEN, equalizer={"bass": 0, "mid": 0, "treble": 0})
    await clock.until(lambda: state_of(hass, bass).state == "0")


async def test_a_stale_sound_mode_is_not_shown(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock
) -> None:
    """An equalizer that was unknown before the write is also protected from a stale push."""
    sim.fault(silent_stream=1)
    await act(hass, "media_player.select_sound_mode", PLAYER, sound_mode="voice")
    await stale(
        entry, household, clock, "EqualizerChanged", "PUSH_EQUALIZER_STATE_CHANGE", bass=0, midrange=0, treble=0
    )
    assert state_of(hass, PLAYER).attributes["sound_mode"] == "voice"
    household.change(KITCHEN, equalizer={"bass": 0, "mid": 0, "treble": 0})
    await clock.until(lambda: state_of(hass, PLAYER).attributes["sound_mode"] == "flat")


async def test_a_stale_do_not_disturb_confirms_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock
) -> None:
    """The state is read if the only push is from before the write; the shown state never jumps back."""
    states: list[str] = []

    @callback
    def _note(event: Event[Any]) -> None:
        if event.data["entity_id"] == DND:
            states.append(event.data["new_state"].state)

    remove = hass.bus.async_listen("state_changed", _note)
    sim.fault(silent_stream=1)
    await act(hass, "switch.turn_on", DND)
    await stale(entry, household, clock, "DndChanged", "PUSH_DND_STATE_CHANGE", enabled=False)
    await clock.until(lambda: state_of(hass, DND).state == "on")
    push(household, "PUSH_DND_STATE_CHANGE", enabled=False)
    await clock.advance(10, 1)
    remove()
    assert states == ["on"]


async def test_a_stale_playback_mode_confirms_nothing(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    household: Household,
    sim: ControlClient,
    clock: Clock,
    subtests: pytest.Subtests,
) -> None:
    """Shuffle and repeat are read if the only push is from before the command."""
    await act(hass, "media_player.play_media", PLAYER, media_content_type="AMAZON_MUSIC", media_content_id="jazz")
    await clock.until(lambda: hass.states.is_state(PLAYER, "playing"))
    for entity_id, key in ((SHUFFLE, "playBackOrder"), (REPEAT, "loopMode")):
        changes = {"changeType": "STATUS_CHANGE", key: "NORMAL"}
        is_on = partial(hass.states.is_state, entity_id, "on")
        await clock.until(partial(hass.states.is_state, entity_id, "off"))
        await clock.advance(10, 1)
        sim.fault(silent_stream=1)
        with subtests.test(key):
            await act(hass, "switch.turn_on", entity_id)
            await stale(entry, household, clock, "QueueChanged", "PUSH_MEDIA_QUEUE_CHANGE", **changes)
            await clock.until(is_on)
            await stale(entry, household, clock, "QueueChanged", "PUSH_MEDIA_QUEUE_CHANGE", **changes)
            assert is_on()


async def asked(sim: ControlClient, path: str) -> None:
    """Wait until the cloud handles a request."""
    await poll(lambda: path in sim.progress()[1])


async def test_an_older_read_does_not_undo_a_write(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, sim: ControlClient
) -> None:
    """A slow poll returns the value from before the write, while a second poll waits."""
    path = "/api/dnd/device-status-list"
    dnd = entry.runtime_data.dnd
    sim.fault(path=path, latency=60, after=True, times=1)
    sim.reset_ledger()
    slow = asyncio.create_task(dnd.async_refresh())
    await asked(sim, path)
    await act(hass, "switch.turn_on", DND)
    await until(hass, lambda: hass.states.is_state(DND, "on"))
    second = asyncio.create_task(dnd.async_refresh())
    await asyncio.sleep(0)
    assert not slow.done()
    sim.clear_faults()
    await asyncio.gather(slow, second)
    assert hass.states.is_state(DND, "on")
    await hass.async_block_till_done()
    assert hass.states.is_state(DND, "on")


async def test_a_push_between_overlapping_reads_is_kept(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, sim: ControlClient
) -> None:
    """The push arrives after the second of two reads was sent, and before the first one ends."""
    path = "/api/dnd/device-status-list"
    dnd = entry.runtime_data.dnd
    held = sim.fault(path=path, latency=60, after=True, times=1)
    first = asyncio.create_task(dnd.async_refresh())
    await asked(sim, path)
    sim.fault(path=path, latency=60, after=True, times=1)
    second = asyncio.create_task(dnd.async_refresh())
    await asyncio.sleep(0)
    household.change(KITCHEN, dnd=True)
    await until(hass, lambda: hass.states.is_state(DND, "on"))
    assert not first.done()
    assert held
    sim.remove_fault(held)
    await first
    assert hass.states.is_state(DND, "on")
    sim.clear_faults()
    await second
    assert hass.states.is_state(DND, "on")


async def test_an_older_read_does_not_undo_an_alarm_volume(
    hass: HomeAssistant, config_entry: MockConfigEntry, household: Household, sim: ControlClient
) -> None:
    """A poll that started before the alarm volume was set does not show an older value."""
    await set_up(hass, config_entry)
    entity_id = "number.kitchen_show_alarm_volume"
    coordinator = config_entry.runtime_data.alarm_volume
    shown: list[str] = []
    coordinator.async_add_listener(lambda: shown.append(state_of(hass, entity_id).state), None)
    path = "/api/device-notification-state"
    sim.fault(path=path, method="GET", latency=60, after=True, times=1)
    slow = asyncio.create_task(coordinator.async_refresh())
    await asked(sim, path)
    setting = asyncio.create_task(act(hass, "number.set_value", entity_id, value=77))
    await poll(lambda: sim.ledger(path=f"{path}/*", method="PUT"))
    assert not slow.done()
    sim.clear_faults()
    await asyncio.gather(setting, slow)
    await hass.async_block_till_done()
    assert state_of(hass, entity_id).state == "77"
    assert shown[-1] == "77"


async def test_a_volume_set_during_speech_is_kept(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock
) -> None:
    """Amazon restores the volume from before a message; a volume that was set in the meantime is set again.

    Breaks in the message count too.
    """
    volume = {"isMuted": False}
    sim.fault(silent_stream=1)
    data = {"message": "hello", "target": [PLAYER], "data": {"type": "tts", "volume": 0.8}}
    await hass.services.async_call("notify", "alexa_media", data, blocking=True)
    await wait(clock, 1.25)
    push(household, "PUSH_VOLUME_CHANGE", volumeSetting=80, **volume)
    await clock.until(lambda: state_of(hass, PLAYER).attributes["volume_level"] == 0.8)
    await act(hass, "media_player.volume_set", PLAYER, volume_level=0.5)
    await clock.until(lambda: state_of(hass, PLAYER).attributes["volume_level"] == 0.5)
    sim.reset_ledger()
    household.change(KITCHEN, volume=35)
    await clock.until(lambda: household.device(KITCHEN)["volume"] == 50)
    await clock.until(lambda: state_of(hass, PLAYER).attributes["volume_level"] == 0.5)
    assert len(sim.ledger(method="POST", path="/api/behaviors/preview")) == 1
    household.change(KITCHEN, volume=20)
    await clock.advance(3, 0.5)
    assert household.device(KITCHEN)["volume"] == 20, "nothing is set once the message is over"
    data |= {"message": "hello" + 4 * '<break time="10s"/>'}
    await hass.services.async_call("notify", "alexa_media", data, blocking=True)
    await clock.until(lambda: state_of(hass, PLAYER).attributes["volume_level"] == 0.8)
    await clock.advance(20, 10)
    await act(hass, "media_player.volume_set", PLAYER, volume_level=0.5)
    assert household.device(KITCHEN)["volume"] == 50
    await clock.advance(30, 10)
    assert household.device(KITCHEN)["volume"] == 50


async def test_speech_restores_the_volume_that_was_just_set(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, sim: ControlClient, clock: Clock
) -> None:
    """The volume to restore is the last one written, even before Amazon has confirmed it."""
    sim.fault(silent_stream=600)
    await act(hass, "media_player.volume_set", PLAYER, volume_level=0.6)
    data = {"message": "hello", "target": [PLAYER], "data": {"type": "tts", "volume": 0.8}}
    await hass.services.async_call("notify", "alexa_media", data, blocking=True)
    assert household.device(KITCHEN)["volume"] == 80
    await clock.until(lambda: household.device(KITCHEN)["volume"] == 60)


async def test_a_volume_that_never_reached_amazon_is_forgotten(
    hass: HomeAssistant, entry: MockConfigEntry, household: Household, sim: ControlClient
) -> None:
    """After overlapping changes have failed, a step and the previous volume only depend on what Amazon has."""
    volume = household.device(KITCHEN)["volume"]

    async def change(*levels: float) -> list[object]:
        changes = (act(hass, "media_player.volume_set", PLAYER, volume_level=level) for level in levels)
        return await asyncio.gather(*changes, return_exceptions=True)

    path = "/api/behaviors/preview"
    sim.fault(path=path, status=503, times=2)
    assert [type(error) for error in await change(0.6, 0.8)] == [HomeAssistantError, HomeAssistantError]
    sim.clear_faults()
    with pytest.raises(ServiceValidationError):
        await act(hass, "alexa_media.restore_volume", PLAYER)
    await act(hass, "media_player.volume_up", PLAYER)
    assert household.device(KITCHEN)["volume"] == volume + VOLUME_STEP

    sim.fault(path=path, status=503, times=1)
    sim.fault(path=path, latency=0.2, times=1)
    failing = asyncio.create_task(change(0.6))
    await asked(sim, path)
    assert await change(0.8) == [None]
    assert await failing != [None]
    assert state_of(hass, PLAYER).attributes["previous_volume"] == (volume + VOLUME_STEP) / 100


def orders(begun: int, open_writes: tuple[int, ...], count: int) -> Iterator[tuple[int, ...]]:
    """Yield all orders of events in which writes begin one after the other and end in any order.

    The first event ``n`` of an order is the beginning of write ``n``, the second one is its end.
    """
    if begun == count and not open_writes:
        yield ()
    if begun < count:
        for rest in orders(begun + 1, (*open_writes, begun), count):
            yield begun, *rest
    for write in open_writes:
        for rest in orders(begun, tuple(each for each in open_writes if each != write), count):
            yield write, *rest


def after(order: Sequence[int], accepted: Sequence[bool], pause: float) -> tuple[str | None, bool]:
    """Run writes in an order, with a pause between the events; return the value, and whether one is awaited."""
    now = 0.0
    writes: OwnWrites[str] = OwnWrites(lambda: now)
    running: dict[int, AbstractContextManager[object]] = {}
    for write in order:
        now += pause
        if write not in running:
            running[write] = writes.writing({"key": f"value {write}"}, {"key": "before"})
            running[write].__enter__()
        elif accepted[write]:
            running[write].__exit__(None, None, None)
        else:
            error = ValueError()
            with suppress(ValueError):
                running[write].__exit__(ValueError, error, None)
    return writes.get("key"), writes.is_awaited("key")


@pytest.mark.parametrize("pause", [0.0, STALE_AGE], ids=["at once", "after long waits"])
def test_overlapping_writes_end_in_the_value_of_the_last_accepted_one(pause: float) -> None:
    """In whatever order three writes are accepted or fail; one that was accepted long ago has expired."""
    for order, accepted in product(orders(0, (), 3), product((True, False), repeat=3)):
        ended = [write for position, write in enumerate(order) if write in order[:position]]
        last = max((write for write in ended if accepted[write]), default=None)
        is_valid = last is not None and (pause == 0 or last == ended[-1])
        assert after(order, accepted, pause) == (f"value {last}" if is_valid else None, is_valid), (order, accepted)


def test_a_read_that_began_before_the_write_was_accepted_is_not_used() -> None:
    """It may return the old value; one that begins later shows that the value has changed again."""
    now = 1.0
    writes: OwnWrites[str] = OwnWrites(lambda: now)
    with writes.writing({"key": "new"}, {"key": "old"}):
        now = 2.0
        assert not writes.takes_read("key", "old", began=1.5)
        now = 3.0
    assert not writes.takes_read("key", "old", began=2.9)
    assert writes.get("key") == "new"
    assert writes.takes_read("key", "old", began=3.0)
    assert writes.get("key") is None
