"""Fixtures for a real Home Assistant in this process with a simulated cloud in another one."""

import asyncio
import calendar
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
import gc
from importlib.util import find_spec
import logging
import math
import os
from pathlib import Path
import sys
import threading
import time
from types import FrameType
from typing import Any

import freezegun.api
from freezegun.api import FrozenDateTimeFactory
from homeassistant import runner
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import config_validation as cv, event, frame
from homeassistant.helpers.storage import Store
from homeassistant.util import dt as dt_util
from homeassistant.util.async_ import get_scheduled_timer_handles
from hypothesis import settings
import probatio as vol
import pytest
from pytest_homeassistant_custom_component import patch_time
from pytest_homeassistant_custom_component.common import MockConfigEntry

from alexa_sim.client import ControlClient, Running, start
from alexa_sim.redirect import install
import custom_components.alexa_media
from custom_components.alexa_media import push
from custom_components.alexa_media.cloud.account import media, scheduler, transport
from custom_components.alexa_media.cloud.account.backend import AccountBackend
from custom_components.alexa_media.cloud.account.scheduler import speech_seconds
from custom_components.alexa_media.cloud.model.api import AlexaBackend
from custom_components.alexa_media.cloud.model.commands import Command
from custom_components.alexa_media.cloud.property.backend import SmartPropertiesBackend
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator.base import TopicCoordinator
from custom_components.alexa_media.coordinator.runtime import AlexaConfigEntry

assert custom_components.alexa_media.PLATFORMS  # imported early, otherwise Home Assistant does not find it

# Hypothesis must not fail an example because the machine is busy.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

# Home Assistant's tests run the event loop in debug mode, which records the stack of each callback, task and future.
# This takes a sixth of the time. Only its check for calls from other threads finds faults, so `_lean_loop` keeps that
# check. PYTHONASYNCIODEBUG=1 enables the complete debug mode, which shows where a task was created.
_DEBUG = bool(os.environ.get("PYTHONASYNCIODEBUG"))

# These loggers write one line per registered entity and two per integration, which are 310 lines in each test that sets
# up an entry. Home Assistant's plugin also writes all lines to standard error, which pytest captures a second time.
for name in ("homeassistant.helpers.entity_registry", "homeassistant.loader", "homeassistant.setup"):
    logging.getLogger(name).setLevel(logging.WARNING)
for handler in logging.getLogger().handlers:
    if type(handler) is logging.StreamHandler:
        logging.getLogger().removeHandler(handler)

# Most objects live until the end of a test, so frequent collections find little. Home Assistant's plugin collects after
# each module.
gc.set_threshold(1_000_000, 20, 20)

# httpcore tries to import sniffio for each connection, and Home Assistant's plugin MySQLdb for each test. Each time,
# Python searches all folders for a missing module, unless it is known to be missing.
for name in ("MySQLdb", "sniffio"):
    if find_spec(name) is None:
        sys.modules[name] = None  # type: ignore[assignment] # None blocks the import


def _make_frozen_monotonic() -> Callable[[], float]:
    """Return the function of freezegun for the frozen time, which is only computed again after it has advanced."""
    moment: datetime | None = None
    seconds = 0.0

    def frozen_monotonic() -> float:
        nonlocal moment, seconds
        if (now := freezegun.api.get_current_time()) is not moment:
            moment, seconds = now, calendar.timegm(now.timetuple()) + now.microsecond / 1e6
        return seconds

    return frozen_monotonic


_frozen_monotonic = freezegun.api._get_fake_monotonic = _make_frozen_monotonic()


@cache
def _is_ignored(module: str, ignored: tuple[str, ...]) -> bool:
    """Return whether freezegun shows the real time to a module."""
    return module.startswith(ignored)


def _has_real_time() -> bool:
    """Return whether the caller of a patched time function, or one of its callers, sees the real time.

    It replaces ``ha_should_use_real_time``, which compares the names of the modules with the ignored ones in each call.
    """
    try:
        ignored = freezegun.api.ignore_lists[-1]
    except IndexError:
        # another thread has ended the frozen time
        return True
    frame: FrameType | None = sys._getframe(2)
    for _ in range(freezegun.api.call_stack_inspection_limit if ignored else 0):
        if frame is None:
            break
        if (module := frame.f_globals.get("__name__")) and _is_ignored(module, ignored):
            return True
        frame = frame.f_back
    return False


# Home Assistant's plugin gives freezegun its own function before each test.
patch_time.ha_should_use_real_time = _has_real_time


def _loop_time() -> float:
    """Return the time of event loops.

    Freezegun would search the callers first, which adds up in thousands of calls.
    """
    return _frozen_monotonic() if freezegun.api.freeze_factories else freezegun.api.real_monotonic()


setattr(runner, "monotonic", _loop_time)  # noqa: B010 - the module does not export it

# Each test registers the actions of all entity platforms, and few tests call more than one of them.
_make_entity_service_schema = cv._make_entity_service_schema


def _entity_service_schema_on_use(schema: dict[Any, Any], extra: int) -> Any:
    """Return the schema of an entity action that is built when the action is first called."""

    @cache
    def build() -> Any:
        return _make_entity_service_schema(schema, extra)

    def validate(data: object) -> object:
        return build()(data)

    validate._entity_service_schema = True  # type: ignore[attr-defined] # Home Assistant refuses other schemas
    return vol.Schema(validate)


cv._make_entity_service_schema = _entity_service_schema_on_use

# Paths of requests that never end: the stream, and the ping that keeps it open.
_ENDLESS = ("/v20160207/directives", "/ping")

PUSH_SENSOR = "binary_sensor.jo_example_org_amazon_com_live_updates"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run tests with a long time limit first, so that no process has to finish one alone."""

    def limit(item: pytest.Item) -> float:
        marker = item.get_closest_marker("timeout")
        return float(marker.args[0]) if marker else 0.0

    items.sort(key=limit, reverse=True)


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable(report: object) -> Generator[None, dict[str, Any] | None, dict[str, Any] | None]:
    """Escape surrogates in captured logs, because xdist sends reports as UTF-8 and would end all workers."""
    data = yield
    if data and "sections" in data:
        data["sections"] = [
            tuple(text.encode(errors="backslashreplace").decode() for text in section) for section in data["sections"]
        ]
    return data


@pytest.fixture(autouse=True)
def _custom_integrations(_lean_loop: None, request: pytest.FixtureRequest) -> None:
    """Let Home Assistant load this integration, in tests that use Home Assistant.

    ``_lean_loop`` comes first, because Home Assistant is created here.
    """
    if "hass" in request.fixturenames:
        request.getfixturevalue("enable_custom_integrations")


@pytest.fixture(autouse=True)
def _no_deprecated_use(_custom_integrations: None) -> Iterator[None]:
    """Fail if Home Assistant has reported that the integration uses something deprecated."""
    yield
    assert not frame._REPORTED_INTEGRATIONS


@pytest.fixture(autouse=True)
async def _lean_loop(enable_event_loop_debug: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable debug mode of the event loop, except for the check of calls from other threads."""
    if _DEBUG:
        return
    loop = asyncio.get_running_loop()
    loop.set_debug(False)
    home = threading.get_ident()

    def checked[**P](schedule: Callable[P, asyncio.Handle]) -> Callable[P, asyncio.Handle]:
        def from_home(*args: P.args, **kwargs: P.kwargs) -> asyncio.Handle:
            if threading.get_ident() != home:
                raise RuntimeError("Non-thread-safe operation invoked on an event loop other than the current one")
            return schedule(*args, **kwargs)

        return from_home

    for name in ("call_soon", "call_at"):  # call_later uses call_at
        monkeypatch.setattr(loop, name, checked(getattr(loop, name)))


@pytest.fixture(autouse=True)
def _platforms(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only load the platforms in the marker ``platforms``.

    Name the platforms whose entities the test uses, because adding all 260 entities takes half of a test's time. Omit
    the marker if all of them matter, such as for the number of requests, and in tests with the failure table.
    """
    if marker := request.node.get_closest_marker("platforms"):
        monkeypatch.setattr(custom_components.alexa_media, "PLATFORMS", tuple(Platform(name) for name in marker.args))


@pytest.fixture(scope="session")
def simulation() -> Iterator[Running]:
    """Run the simulated cloud, and redirect every Amazon host to it."""
    with start() as running:
        install(running.port, Path(running.ca).read_text())
        yield running


@pytest.fixture
def sim(simulation: Running, socket_enabled: None) -> Iterator[ControlClient]:
    """Return the control plane with a new household ``demo``; exceptions inside the simulation fail the test."""
    simulation.client.household("demo", domain="amazon.com")
    yield simulation.client
    assert simulation.client.errors() == []


@pytest.fixture
def household(sim: ControlClient) -> Household:
    """Return access to the devices in the cloud by name."""
    return Household(sim)


@dataclass(frozen=True, slots=True)
class Household:
    """Reads and changes the devices in the cloud."""

    sim: ControlClient

    @property
    def accounts(self) -> dict[str, Any]:
        """Return the accounts by customer id."""
        accounts: dict[str, Any] = self.sim.state()["accounts"]
        return accounts

    def serial(self, name: str) -> str:
        """Return the serial of a device."""
        found = (s for a in self.accounts.values() for s, d in a["devices"].items() if d["accountName"] == name)
        return str(next(found))

    def device(self, name: str) -> dict[str, Any]:
        """Return a device."""
        device: dict[str, Any] = next(
            d for a in self.accounts.values() for d in a["devices"].values() if d["accountName"] == name
        )
        return device

    def change(self, name: str, **values: Any) -> None:
        """Change a device in the cloud, like a person at the device."""
        accounts = self.accounts
        serial = next(s for a in accounts.values() for s, d in a["devices"].items() if d["accountName"] == name)
        owners = (customer_id for customer_id, account in accounts.items() if serial in account["devices"])
        self.sim.patch_state({"accounts": {owner: {"devices": {serial: values}} for owner in owners}})

    def add(self, serial: str, like: str, **values: Any) -> None:
        """Add a device as a copy of another one, with changes."""
        owner = next(c for c, a in self.accounts.items() if self.serial(like) in a["devices"])
        device = self.device(like) | values
        self.sim.patch_state({"accounts": {owner: {"devices": {serial: device}}}})

    def turn_off_alarms(self) -> None:
        """Turn off all alarms and reminders, so that none is due at some time of day in which a test runs."""
        for customer_id, account in self.accounts.items():
            alarms = {
                key: {"status": "OFF"} for key, item in account["notifications"].items() if item["type"] != "Timer"
            }
            self.sim.patch_state({"accounts": {customer_id: {"notifications": alarms}}})

    def remove(self, serial: str) -> None:
        """Remove a device."""
        owner = next(c for c, a in self.accounts.items() if serial in a["devices"])
        self.sim.patch_state({"accounts": {owner: {"devices": {serial: None}}}})

    def requests(self, method: str = "*", path: str = "*") -> list[str]:
        """Return the requests since the last reset without pings, as "METHOD /path"."""
        return [
            f"{entry['method']} {entry['path']}"
            for entry in self.sim.ledger(method=method, path=path)
            if entry["path"] != "/ping"
        ]


@pytest.fixture
def entry_data() -> dict[str, Any]:
    """Return the data of an entry that is already signed in, with the household's registration."""
    return {
        "url": "amazon.com",
        "email": "jo@example.org",
        "serial": "D3A0B1C2D4E5F60718293A4B5C6D7E8F",
        "refresh_token": "Atnr|demo-jo",
        "mac_dms": {"adp_token": "{enc:demo}", "device_private_key": "MIIDEMO"},
        "customer_id": "A2SIMJO7D0EQ11",
        "account_id": "amzn1.account.SIMJODOE00000000000000000000",
        "id_suffix": "",
    }


@pytest.fixture
def config_entry(hass: HomeAssistant, entry_data: dict[str, Any]) -> MockConfigEntry:
    """Return an entry that is added to Home Assistant but not set up."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        version=2,
        title="jo@example.org - amazon.com",
        unique_id=entry_data["customer_id"],
        data=entry_data,
    )
    entry.add_to_hass(hass)
    return entry


@pytest.fixture
async def entry(
    hass: HomeAssistant, sim: ControlClient, config_entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MockConfigEntry]:
    """Return a loaded entry with push up and no requests in flight; the first reads and retries are not delayed."""
    monkeypatch.setattr(push, "RESYNC_PAUSE", 0.0)
    monkeypatch.setattr(transport, "RETRY_PAUSE_SECONDS", 0.02)
    await set_up(hass, config_entry)
    await quiet(hass, sim, calm=0.4, rest=0.03)
    yield config_entry
    if config_entry.state is ConfigEntryState.LOADED:
        await hass.config_entries.async_unload(config_entry.entry_id)
        await hass.async_block_till_done()


async def set_up(hass: HomeAssistant, config_entry: MockConfigEntry) -> None:
    """Set up an entry, and wait until push is up."""
    assert await hass.config_entries.async_setup(config_entry.entry_id)
    await hass.async_block_till_done()
    assert config_entry.state is ConfigEntryState.LOADED
    await until(hass, lambda: config_entry.runtime_data.push.up)


async def until(hass: HomeAssistant, predicate: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait until a predicate is true and return its value.

    The wait is in real time, because the cloud is another process.
    """
    end = _real_time() + seconds
    while True:
        await hass.async_block_till_done()
        if value := predicate():
            return value
        assert _real_time() < end, "the condition did not become true in time"
        await _breathe()


async def received(sim: ControlClient, path: str) -> None:
    """Wait until the cloud is handling a request; ``until`` would wait for the response, like Home Assistant."""
    await poll(lambda: path in sim.progress()[1])


async def poll(predicate: Callable[[], Any], seconds: float = 20.0) -> None:
    """Wait in real time until a predicate is true, even if Home Assistant is waiting for a response."""
    end = _real_time() + seconds
    while not predicate():
        assert _real_time() < end, "the condition did not become true in time"
        await _breathe(0.01)


async def quiet(
    hass: HomeAssistant, sim: ControlClient, calm: float = 1.0, seconds: float = 20.0, rest: float = 0.05
) -> None:
    """Wait until the cloud has received no request for ``calm`` seconds, or until no request is due within them.

    ``rest`` is the time in seconds in which a push that was just sent arrives.
    """
    end = _real_time() + seconds
    count, since, resting_since = -1, _real_time(), _real_time()
    while (now := _real_time()) - since < calm and now - resting_since < rest:
        await hass.async_block_till_done()
        requests, under_way = sim.progress()
        if requests != count:
            count, since = requests, _real_time()
        if since > now or not _at_rest(statistics(hass), under_way) or _next_timer_but_saves() <= calm:
            resting_since = _real_time()
        assert now < end, "the integration does not stop sending requests"
        await _breathe(0.01)


def statistics(hass: HomeAssistant) -> list[Mapping[str, Any]]:
    """Return what the backends of all loaded entries are doing."""
    return [activity(entry.runtime_data.backend) for entry in hass.config_entries.async_loaded_entries(DOMAIN)]


def activity(backend: AlexaBackend) -> Mapping[str, Any]:
    """Return the part of a backend's statistics that says whether it waits for something.

    Tests ask in each step of the clock, and computing all statistics of an account takes twenty times as long.
    """
    if not isinstance(backend, AccountBackend):
        return backend.stats
    return {
        "requests": {"in_flight": backend._transport._slots.busy},
        "session": {"renewing": [name for name, flight in backend._session._flights.items() if flight.is_running]},
        "stream": {"state": backend._stream._state} if backend._stream else None,
    }


def _at_rest(stats: list[Mapping[str, Any]], under_way: list[str]) -> bool:
    """Return whether the cloud has no open request, and no entry waits for a response or a connection."""
    if any(path not in _ENDLESS for path in under_way):
        return False
    return not any(each.get("requests", each).get("in_flight") for each in stats)


def _is_connected(entry: AlexaConfigEntry) -> bool:
    """Return whether the push stream of a loaded entry is up; Smart Properties have none."""
    return entry.runtime_data.push.up or isinstance(entry.runtime_data.backend, SmartPropertiesBackend)


def _is_pausing(entry: AlexaConfigEntry) -> bool:
    """Return whether the push stream of a loaded entry waits before its next attempt."""
    stream = getattr(entry.runtime_data.backend, "_stream", None)
    pause: asyncio.Task[None] | None = stream and stream._pause
    return pause is not None and not pause.done()


def streams_at_rest(stats: list[Mapping[str, Any]], under_way: list[str]) -> bool:
    """Return whether no entry waits for the response to a ping, or is replacing its stream."""
    return "/ping" not in under_way and all((each.get("stream") or {}).get("state") != "renewing" for each in stats)


def next_timer() -> float:
    """Return the seconds until the next timer of the event loop."""
    return _first_of(get_scheduled_timer_handles(asyncio.get_running_loop()))


def _next_timer_but_saves() -> float:
    """Return the seconds until the next timer other than those that save a file, which lead to no request."""
    return _first_of(
        timer
        for timer in get_scheduled_timer_handles(asyncio.get_running_loop())
        if not isinstance(getattr(timer._callback, "__self__", None), Store)  # type: ignore[attr-defined]
    )


def _first_of(timers: Iterable[asyncio.TimerHandle]) -> float:
    """Return the seconds until the first of some timers, or infinity."""
    moments = (timer.when() for timer in timers if not timer.cancelled())
    return min(moments, default=math.inf) - asyncio.get_running_loop().time()


def fire_due(hass: HomeAssistant) -> None:
    """Fire the timers that are due at the time of a frozen clock, like ``async_fire_time_changed``.

    Home Assistant's function asks the frozen clock twice for each timer, and creates two mocks for each that is due.
    """
    delay = timedelta(microseconds=event.RANDOM_MICROSECOND_MAX)
    moment = dt_util.utcnow() + delay
    latest = hass.loop.time() + delay.total_seconds()
    due = [handle for handle in get_scheduled_timer_handles(hass.loop) if handle.when() <= latest]
    if not due:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event, "time_tracker_utcnow", lambda: moment)
        patch.setattr(event, "time_tracker_timestamp", moment.timestamp)
        for handle in due:
            if not handle.cancelled():
                handle._run()
                handle.cancel()


def _real_time() -> float:
    """Return the time of a clock that is not frozen, in seconds."""
    return time.clock_gettime(time.CLOCK_MONOTONIC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Frozen time in this process and in the cloud, advanced together.

    The timers of the event loop are frozen too, and run when the time is advanced.
    """

    hass: HomeAssistant
    sim: ControlClient
    freezer: FrozenDateTimeFactory

    async def advance(self, seconds: float, step: float = 60.0) -> None:
        """Advance the time in steps, and process what is due in each."""
        left = seconds
        while left > 0:
            await self._tick(min(step, left))
            left -= step
            await self.settle()

    async def settle(self) -> None:
        """Wait until everything that has started is finished: short waits, and requests including those that follow.

        The time advances in small steps, or in a single one if nothing is due within it.
        """
        count, calm, steps, step = -1, 0.0, 0, 0.25
        for _ in range(400):
            await self._tick(step)
            now, under_way = self.sim.progress()
            calm, steps = (calm + step, steps + 1) if now == count else (0.0, 0)
            count = now
            stats = statistics(self.hass)
            is_over = _at_rest(stats, under_way) and all(
                map(_is_connected, self.hass.config_entries.async_loaded_entries(DOMAIN))
            )
            is_idle = is_over and streams_at_rest(stats, under_way)
            # A task that never ends is ignored after a while.
            if steps >= (4 if is_over else 12) or (is_idle and calm >= 1.0 and next_timer() > 1.0):
                return
            step = 1.0 - calm if is_idle and calm < 1.0 and next_timer() > 2.0 - calm else 0.25
        raise AssertionError("the integration does not stop sending requests")

    async def tick(self, seconds: float) -> None:
        """Advance the time in one step, without waiting for what is due to finish."""
        await self._tick(seconds)

    async def until(self, predicate: Callable[[], Any]) -> Any:
        """Wait until a predicate is true and return its value, for up to 25 seconds of this clock."""
        for _ in range(100):
            if value := predicate():
                return value
            await self._tick(0.25)
            await _breathe()
        raise AssertionError("it did not come to hold in time")

    async def _tick(self, seconds: float) -> None:
        """Advance both clocks, and fire the timers that are due."""
        self.freezer.tick(timedelta(seconds=seconds))
        self.sim.advance(seconds)
        fire_due(self.hass)
        await self.hass.async_block_till_done()
        await run_ready()
        if self._is_transferring():
            await _breathe(0.01 if 0.25 < seconds <= 1.0 else 0.005)

    def _is_transferring(self) -> bool:
        """Return whether sockets need real time: a request is in flight, a stream connects, or nothing is loaded."""
        entries = self.hass.config_entries.async_loaded_entries(DOMAIN)
        if not entries or not all(_is_connected(entry) or _is_pausing(entry) for entry in entries):
            return True
        stats = statistics(self.hass)
        is_renewing = any((each.get("session") or {}).get("renewing") for each in stats)
        return is_renewing or not _at_rest(stats, []) or not streams_at_rest(stats, [])


async def run_ready() -> None:
    """Run what is ready, however slow the machine is, such as sending a ping.

    The rounds are limited, because some code repeats itself until a frozen time limit has passed.
    """
    loop = asyncio.get_running_loop()
    idle = 0
    for _ in range(25):
        await asyncio.sleep(0)
        # in the round after an idle one, the loop reads what has already arrived at its sockets
        idle = 0 if loop._ready else idle + 1  # type: ignore[attr-defined]
        if idle == 2:
            return


@pytest.fixture
async def clock(hass: HomeAssistant, sim: ControlClient, freezer: FrozenDateTimeFactory) -> Clock:
    """Return frozen time that the test advances."""
    clock = Clock(hass, sim, freezer)
    if hass.config_entries.async_loaded_entries(DOMAIN):
        # If the clock of the event loop is frozen, it has jumped, and all its timers are due.
        await clock.settle()
    return clock


async def _breathe(seconds: float = 0.005) -> None:
    """Let the sockets transfer data, in real time even if the clock is frozen."""
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, time.sleep, seconds)


def end_speech(config_entry: MockConfigEntry) -> None:
    """Let the next speech follow immediately, as if all Echos had finished speaking."""
    config_entry.runtime_data.backend._scheduler._speaks_until.clear()


@pytest.fixture
def brief_speech(monkeypatch: pytest.MonkeyPatch) -> None:
    """Estimate that every text is spoken in no time, so that the next text for an Echo is sent immediately."""

    def no_time(command: Command) -> float | None:
        return None if speech_seconds(command) is None else 0.0

    for module in (media, scheduler):
        monkeypatch.setattr(module, "speech_seconds", no_time)


@pytest.fixture
def brief_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a topic sooner after a hint; only for tests whose hints arrive together."""
    monkeypatch.setattr(TopicCoordinator, "hint_delay", 0.1)


def lacking(monkeypatch: pytest.MonkeyPatch, *families: str) -> set[str]:
    """Let backends lack some families of calls, or all of them; return the missing families."""
    lacked = set(families) or set(AlexaBackend.__annotations__)
    whole = AccountBackend.__init__

    def poor(self: AccountBackend, *args: Any, **kwargs: Any) -> None:
        whole(self, *args, **kwargs)
        vars(self).update(dict.fromkeys(lacked))

    monkeypatch.setattr(AccountBackend, "__init__", poor)
    return lacked


async def act(hass: HomeAssistant, action: str, entity_id: str | Sequence[str], **data: object) -> None:
    """Call an action for entities, and wait until it has completed.

    An action without a domain ("turn_on") is an action of the entities' platform.
    """
    first = entity_id if isinstance(entity_id, str) else entity_id[0]
    domain, _, name = action.rpartition(".")
    target = entity_id if isinstance(entity_id, str) else list(entity_id)
    await hass.services.async_call(
        domain or first.partition(".")[0], name, {"entity_id": target, **data}, blocking=True
    )


def state_of(hass: HomeAssistant, entity_id: str) -> State:
    """Return the state of an entity that must exist."""
    state = hass.states.get(entity_id)
    assert state is not None, f"{entity_id} does not exist; existing entities: {sorted(hass.states.async_entity_ids())}"
    return state
