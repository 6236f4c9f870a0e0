"""Helpers of the failure tests: faults, moments, and a clock that advances with the responses."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
import copy
from dataclasses import dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from functools import cache
import json
import logging
import os
from pathlib import Path
import re
import sys
import time
from typing import Any, Final, override

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

import alexa_sim
from alexa_sim.client import ControlClient
from custom_components.alexa_media import push
from custom_components.alexa_media.backends import Stored, entry_store
from custom_components.alexa_media.cloud.account import unproven
from custom_components.alexa_media.cloud.account.endpoints import (
    ACCOUNT,
    BEHAVIOR,
    CSRF_PAGES,
    DND,
    Answer,
    Endpoint,
    Host,
)
from custom_components.alexa_media.cloud.account.history import HISTORY, HISTORY_BEFORE, HISTORY_PAGE
from custom_components.alexa_media.cloud.account.smart_home_requests import APPLIANCE_GROUPS, APPLIANCES
from custom_components.alexa_media.cloud.model.devices import Volume
from custom_components.alexa_media.cloud.model.events import VolumeChanged
from custom_components.alexa_media.const import DOMAIN
from custom_components.alexa_media.coordinator.history import HistoryCoordinator
from tests.conftest import Household, activity, fire_due, next_timer, run_ready, streams_at_rest
from tests.endpoints import ACCOUNT_ENDPOINTS, ENDPOINTS

from .failure_commands import CHANGING, ENABLED, FAMILIES, PREPARE, command_of

DEMO: Final = json.loads((Path(alexa_sim.__file__).parent / "households" / "demo.json").read_text())
JO: Final = next(iter(DEMO["accounts"]))
DIRECTIVES: Final = "/v20160207/directives"
COMPONENT: Final = "custom_components.alexa_media"

TOKEN: Final = Endpoint("token", "POST", "/auth/token", host=Host.RETAIL, answer=Answer.JSON)
COOKIES: Final = Endpoint("cookies", "POST", "/ap/exchangetoken/cookies", host=Host.RETAIL)
CAPABILITIES: Final = Endpoint(
    "capabilities", "PUT", "/v1/devices/@self/capabilities", host=Host.ALEXA_API, answer=Answer.ANY
)
LIBRARY: Final = (TOKEN, COOKIES, CAPABILITIES)
"""Endpoints that alexapy also uses."""

EVERY: Final = (*ENDPOINTS, *LIBRARY)

FURTHER: Final = tuple(endpoint for endpoint in ENDPOINTS if endpoint not in ACCOUNT_ENDPOINTS)
"""Endpoints of other families than the account."""

ASKED: Final = tuple(endpoint for endpoint in EVERY if endpoint is not ACCOUNT)
"""All endpoints except the one that only the sign-in uses; tests of the sign-in cover that one."""

INSTEAD: Final = {HISTORY.name: HISTORY_BEFORE, HISTORY_BEFORE.name: HISTORY}
"""Alternative endpoint that is used when the other one is refused; the last successful one is tried first."""

ONCE_OPEN: Final = (HISTORY_PAGE, HISTORY, HISTORY_BEFORE)
"""Endpoints that are used at startup only after the stream is open."""

CLASS_NAME: Final = re.compile(r"[a-z](?:Error|Exception)\b|(?:GET|POST|PUT|DELETE) /")
"""Pattern of class names and requests, which texts for users must not contain."""

WRONG_TYPES: Final[list[Any]] = [None, 1, "x", [[]], {"y": [True], "id": 7, "serialNumber": {}}]

FAULTS: Final[dict[str, dict[str, Any]]] = {
    "401": {"status": 401},
    "403": {"status": 403, "body": {"message": "Forbidden"}},
    "404": {"status": 404},
    "429": {"status": 429},
    "429 with Retry-After": {"status": 429, "headers": {"retry-after": "45"}},
    "500": {"status": 500},
    "503": {"status": 503, "body": "<html>Service Unavailable</html>"},
    "throttling in a 200": {"throttle": True},
    "sign-in page": {"html": True},
    "cut before the answer": {"cut": "before"},
    "cut body": {"cut": "body"},
    "half an answer": {"malformed": True},
    "hang": {"hang": True},
    "wrong types": {"status": 200, "body": WRONG_TYPES},
    "missing keys": {"status": 200, "body": {}},
    "empty": {"status": 200, "body": ""},
}
"""Ways to alter a response, as rules of the simulated cloud."""

PARSED: Final = ("wrong types", "missing keys")
"""Faults that only the parser of an endpoint can detect."""

_ACCEPTED: Final = ("wrong types", "missing keys", "empty")
"""Responses with status 200 that do not report a refusal; the write took effect."""


class Moment(StrEnum):
    """Moment at which a request is sent."""

    SET_UP = "set-up"
    POLL = "poll"
    PUSH = "after a push"
    COMMAND = "in a command"
    RENEWAL = "renewal"


def household_of_two() -> dict[str, Any]:
    """Return the demo household with two Echos and without alarms.

    It is set up quickly. Its reminder is due in a far year, so that no state depends on the time at which a test runs.
    """
    household: dict[str, Any] = copy.deepcopy(DEMO)
    account = household["accounts"][JO]
    names = ("Kitchen Show", "Office Spot")
    account["devices"] = {s: d for s, d in account["devices"].items() if d["accountName"] in names}
    account["appliances"] = {
        key: item
        for key, item in account["appliances"].items()
        if item["name"] in ("Hall Light", "Hall Thermostat", "RedRock Panel")
    }
    account["notifications"] = {
        key: item | {"originalDate": "2099-01-01"}
        for key, item in account["notifications"].items()
        if item["deviceSerialNumber"] in account["devices"] and item["type"] == "Reminder"
    }
    return household


def in_homes(endpoints: Sequence[Endpoint]) -> list[Any]:
    """Return parameters of twelve endpoints each: those are tested in one home, because a set-up takes long."""
    groups = [endpoints[begin : begin + 12] for begin in range(0, len(endpoints), 12)]
    return [pytest.param(group, id=f"{group[0].name} to {group[-1].name}") for group in groups]


def rule_of(endpoint: Endpoint, fault: str) -> dict[str, Any]:
    """Return the rule that alters the responses of one endpoint."""
    rule = {"path": re.sub(r"\{\w+\}", "*", endpoint.path), "method": endpoint.method, **FAULTS[fault]}
    return rule | {"after": True} if endpoint.is_write and fault in _ACCEPTED else rule


def faults_of(endpoint: Endpoint, moment: Moment) -> tuple[str, ...]:
    """Return the faults of a row: all, or a third of them if another row covers the same code.

    The endpoints of the account and of alexapy have all faults. Other endpoints use the same transport and only differ
    in their parser: neighboring endpoints have different thirds, and all have the faults that only a parser detects.
    Pages with a csrf cookie after the first are requested like the first; after a push a topic is read as in a poll.
    """
    faults = tuple(FAULTS)
    if endpoint in CSRF_PAGES[1:] or (moment is Moment.PUSH and endpoint not in FURTHER):
        return faults[::3]
    if endpoint not in FURTHER:
        return faults
    begin = (FURTHER.index(endpoint) + list(Moment).index(moment)) % 3
    return tuple(dict.fromkeys((*faults[begin::3], *PARSED)))


def is_of(endpoint: Endpoint, request: Mapping[str, Any]) -> bool:
    """Return whether a ledger request belongs to an endpoint."""
    return endpoint.name in _names_of(request["method"], request["path"], _is_mutation(request))


def _is_mutation(request: Mapping[str, Any]) -> bool:
    """Return whether the body of a ledger request contains a GraphQL mutation."""
    return "mutation " in str(request["body"])


@cache
def _names_of(method: str, path: str, is_mutation: bool) -> frozenset[str]:
    """Return the names of the endpoints of a request; GraphQL's single path counts as a write for mutations."""
    return frozenset(
        endpoint.name
        for endpoint in EVERY
        if endpoint.method == method
        and (endpoint.is_write is is_mutation or not endpoint.path.endswith("/graphql"))
        and _pattern(endpoint.path).fullmatch(path)
    )


@cache
def _pattern(path: str) -> re.Pattern[str]:
    """Return the regular expression for the path of an endpoint."""
    return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))


@dataclass(frozen=True, slots=True)
class Drive:
    """Frozen time in this process and in the cloud, advanced as soon as no request is in flight."""

    hass: HomeAssistant
    sim: ControlClient
    freezer: FrozenDateTimeFactory
    entry: MockConfigEntry

    async def tick(self, seconds: float) -> tuple[int, list[str]]:
        """Advance both clocks, and fire the timers that are due; return the progress of the requests before that."""
        self.freezer.tick(timedelta(seconds=seconds))
        progress = self.sim.advance_after_progress(seconds)
        fire_due(self.hass)
        await run_ready()
        if self._is_transferring():
            await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.008 if 0.5 < seconds <= 2.0 else 0.004)
        return progress

    def _activity(self) -> Mapping[str, Any] | None:
        """Return what the backend is doing; None before the first setup."""
        runtime = getattr(self.entry, "runtime_data", None)
        return activity(runtime.backend) if runtime else None

    def _is_transferring(self) -> bool:
        """Return whether sockets need real time: a request is in flight, or no stream is open, or it is replaced."""
        stats = self._activity()
        if stats is None or not self.entry.runtime_data.push.up:
            return True
        return _is_busy(stats) or not streams_at_rest([stats], [])

    async def settle(self, until: Callable[[], Any] | None = None) -> None:
        """Wait until everything that has started is finished; requests that hang reach their time limits."""
        if until is None and await self._is_settled():
            return
        stuck, calm, step = 0, 0.0, 0.5
        seen: tuple[int, int] | None = None
        await self.tick(step)
        for _ in range(600):
            stats = self._activity()
            is_waiting = (stats and _is_busy(stats)) or (until and not until())
            # the next step does not depend on the progress if it is short anyway, and one request is enough for both
            is_known = is_waiting and stuck < 11
            requests, under_way = await self.tick(0.5) if is_known else self.sim.progress()
            now = requests, _open(under_way)
            busy = now[1] or is_waiting
            if now != seen:
                seen, calm, stuck = now, 0.0, 0
            elif busy:
                calm, stuck = 0.0, stuck + 1
            else:
                calm += step
            if is_known:
                step = 0.5
                continue
            if calm >= 1.5:
                return
            # the rest of the calm is a single step if nothing is due within it
            is_idle = not busy and (not stats or streams_at_rest([stats], under_way))
            step = 10.0 if stuck >= 12 else 1.5 - calm if is_idle and next_timer() > 2.5 - calm else 0.5
            await self.tick(step)
        raise AssertionError("it never comes to rest")

    async def _is_settled(self) -> bool:
        """Advance the time in a single step if nothing is due within it; return whether nothing was sent in it."""
        await run_ready()
        if self._is_transferring() or next_timer() <= 3.0:
            return False
        before, was_open = await self.tick(2.0)
        after, is_open = self.sim.progress()
        if after != before or _open([*was_open, *is_open]):
            return False
        return "/ping" not in was_open and not self._is_transferring()


def _open(paths: Iterable[str]) -> int:
    """Return the number of requests that are in flight, apart from those that never end."""
    return sum(path not in (DIRECTIVES, "/ping") for path in paths)


def _is_busy(stats: Mapping[str, Any]) -> bool:
    """Return whether a request is in flight, or the session is renewed."""
    return bool(stats["requests"]["in_flight"] or stats["session"]["renewing"])


@dataclass(slots=True)
class Watch:
    """The log during a test, and the problems in it."""

    records: list[logging.LogRecord] = field(default_factory=list)

    @override
    def __str__(self) -> str:
        """Return the lines of the log."""
        return "\n".join(f"{record.levelname} {record.name}: {record.getMessage()}" for record in self.records)

    def problems(self, secrets: tuple[str, ...]) -> Iterator[str]:
        """Yield the problems in a log: exceptions, secrets, and repeated warnings."""
        lines: Counter[str] = Counter()
        for record in self.records:
            message = record.getMessage()
            if record.exc_info and record.exc_info[0] is not None and record.levelno >= logging.WARNING:
                text = logging.Formatter().formatException(record.exc_info)
                yield f"exception in the log: {message} {text[-600:]}"
            elif record.name == "asyncio" and record.levelno >= logging.ERROR:
                yield f"asyncio: {message}"
            if record.name.startswith(COMPONENT):
                yield from (f"{secret!r} in the log: {message}" for secret in secrets if secret in message)
                if record.levelno >= logging.WARNING:
                    lines[re.sub(r"\d+", "#", message)] += 1
            elif found := re.search(r"At(na|nr|za)\|\S+", message):
                yield f"{found[0]!r} in the log of {record.name}"
        yield from (f"logged {count} times: {line}" for line, count in lines.items() if count > 1)


class _Collector(logging.Handler):
    """Log handler that stores records."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(logging.DEBUG)
        self.watch = watch

    def emit(self, record: logging.LogRecord) -> None:
        self.watch.records.append(record)


@contextmanager
def watching() -> Iterator[Watch]:
    """Collect the log, with the integration at level DEBUG."""
    watch = Watch()
    handler = _Collector(watch)
    with _debugging():
        logging.getLogger().addHandler(handler)
        try:
            yield watch
        finally:
            logging.getLogger().removeHandler(handler)


@contextmanager
def _debugging() -> Iterator[None]:
    """Set the integration to level DEBUG; each change of a level takes as long as a request."""
    component = logging.getLogger(COMPONENT)
    if (level := component.level) == logging.DEBUG:
        yield
        return
    component.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        component.setLevel(level)


@contextmanager
def without_stored_log() -> Iterator[None]:
    """Keep pytest from storing log records: it formats each, and their exceptions keep unloaded accounts in memory."""
    root = logging.getLogger()
    storing = [handler for handler in root.handlers if hasattr(handler, "records")]
    for handler in storing:
        root.removeHandler(handler)
    try:
        yield
    finally:
        for handler in storing:
            root.addHandler(handler)


def secrets_of(entry: MockConfigEntry, household: Household) -> tuple[str, ...]:
    """Return the secrets that must not occur in the log."""
    serials = [serial for account in household.accounts.values() for serial in account["devices"]]
    return (entry.data["email"], entry.data["refresh_token"], entry.data["serial"], "Atna|", "Atza|", "Atnr|", *serials)


@dataclass(slots=True)
class Table:
    """One loaded account, and the cases that are tested with it."""

    hass: HomeAssistant
    sim: ControlClient
    household: Household
    entry: MockConfigEntry
    drive: Drive
    secrets: tuple[str, ...] = ()
    entities: frozenset[str] = frozenset()
    usable: frozenset[str] = frozenset()
    _told: int = 0

    async def begin(self) -> None:
        """Set up the account for the first time."""
        self.sim.household(household_of_two(), domain="amazon.com")
        for platform, unique_id in ENABLED:
            er.async_get(self.hass).async_get_or_create(platform, DOMAIN, unique_id, config_entry=self.entry)
        for prepare in PREPARE:
            prepare(self)
        await self.set_up()
        await self.drive.tick(2)
        assert self.entry.state is ConfigEntryState.LOADED
        await self.drive.settle(self.is_whole)
        self.secrets = secrets_of(self.entry, self.household)
        self.entities = frozenset(self.hass.states.async_entity_ids())
        self.usable = self._usable()

    async def end(self) -> None:
        """Unload the account."""
        self.sim.clear_faults()
        await self.hass.config_entries.async_unload(self.entry.entry_id)
        await self.hass.async_block_till_done()

    def _usable(self) -> frozenset[str]:
        """Return the available entities."""
        return frozenset(s.entity_id for s in self.hass.states.async_all() if s.state != "unavailable")

    def is_whole(self) -> bool:
        """Return whether all entities are available again and no read is held back."""
        if self.entry.state is not ConfigEntryState.LOADED:
            return False
        runtime = self.entry.runtime_data
        stats = runtime.backend.stats
        return (
            runtime.push.up
            and not stats["requests"]["throttled_for"]
            and not stats["requests"]["not_renewed_for"]
            and not stats["session"]["next_try_in"]
            and all(coordinator.last_update_success for coordinator in runtime.coordinators)
            and self._usable() >= self.usable
        )

    # --- moments ---------------------------------------------------------------------

    async def happen(self, moment: Moment, endpoint: Endpoint | None = None) -> list[str]:
        """Cause the requests of a moment; return the problems of the user's commands."""
        match moment:
            case Moment.SET_UP:
                return await self.set_up()
            case Moment.POLL:
                await self._gather(coordinator.async_refresh() for coordinator in self.entry.runtime_data.coordinators)
                # a failed read is repeated automatically
                await self.drive.tick(31)
                await self.drive.settle()
            case Moment.PUSH:
                await self._push()
            case Moment.COMMAND:
                return await self._command(endpoint)
            case Moment.RENEWAL:
                # only a stream that has delivered data gets a new token immediately
                await self.drive.tick(31)
                await self.drive.settle()
                self.sim.fault(expire_tokens=True)
                # the next connection registers the capabilities again
                self.entry.runtime_data.backend.renew_stream()
                self.entry.runtime_data.devices.async_hint()
                await self.drive.settle()
                return await self._say()
        return []

    async def _gather(self, work: Any) -> None:
        """Wait for coroutines while advancing the time."""
        task = asyncio.gather(*work)
        await self.drive.settle(task.done)
        await task

    async def set_up(self) -> list[str]:
        """Set up the account without a stored session, so that every request of the sign-in is sent."""
        if self.entry.state is not ConfigEntryState.NOT_LOADED:
            await self.hass.config_entries.async_unload(self.entry.entry_id)
        await entry_store(self.hass, self.entry.entry_id, Stored.SESSION).async_remove()
        self.sim.reset_ledger()
        task = asyncio.create_task(self.hass.config_entries.async_setup(self.entry.entry_id))
        await self.drive.settle(task.done)
        await task
        state = self.entry.state
        return [] if state is ConfigEntryState.LOADED else [f"the entry is {state}"]

    async def opened(self) -> None:
        """Wait for the reads that follow the opening of the stream."""
        for _ in range(60):
            ledger = self.sim.ledger()
            if any(is_of(endpoint, request) for endpoint in ONCE_OPEN for request in ledger):
                break
            await self.drive.tick(0.5)
        await self.drive.settle()

    async def _push(self) -> None:
        """Send every push that causes a read."""
        runtime = self.entry.runtime_data
        runtime.history._next_read = runtime.history._throttled_until = 0.0
        for kind, rule in push.RULES.items():
            if rule.verb is push.Verb.REFRESH:
                push.async_handle(runtime, kind(**dict.fromkeys(one.name for one in fields(kind))))
        runtime.devices._unknown_at = None
        volume = Volume(level=1, muted=False)
        push.async_handle(runtime, VolumeChanged(serial="G0NEVERSEEN00001", volume=volume))
        await self.drive.settle()
        # the history is read some seconds after the pushes that may follow speech
        await self.drive.tick(HistoryCoordinator.hint_delay + 0.5)
        await self.drive.settle()

    async def _say(self) -> list[str]:
        """Speak in the kitchen."""
        self._told += 1
        text = f"sentence {self._told}"
        data = {"entity_id": "notify.kitchen_show_speak", "message": text}
        return await self.act("notify", "send_message", data, lambda: text in [s["text"] for s in self.sim.spoken()])

    async def _set_dnd(self) -> list[str]:
        """Toggle Do Not Disturb."""
        wanted = not self.household.device("Office Spot")["dnd"]
        data = {"entity_id": "switch.office_spot_do_not_disturb"}
        service = "turn_on" if wanted else "turn_off"
        return await self.act("switch", service, data, lambda: self.household.device("Office Spot")["dnd"] is wanted)

    async def _play(self) -> list[str]:
        """Pause or resume the player."""
        data: dict[str, Any] = {"entity_id": "media_player.kitchen_show"}
        if self.household.device("Kitchen Show")["player"]["state"] not in ("PLAYING", "PAUSED"):
            music = {"media_content_type": "AMAZON_MUSIC", "media_content_id": "quill"}
            problems = await self.act("media_player", "play_media", data | music, lambda: True)
            if problems or self.household.device("Kitchen Show")["player"]["state"] != "PLAYING":
                # without music, pausing would send no request
                return problems
        playing = self.household.device("Kitchen Show")["player"]["state"] == "PLAYING"
        wanted = "PAUSED" if playing else "PLAYING"
        return await self.act(
            "media_player",
            "media_pause" if playing else "media_play",
            data,
            lambda: self.household.device("Kitchen Show")["player"]["state"] == wanted,
        )

    async def _connect(self) -> list[str]:
        """Connect the phone over Bluetooth."""
        return await self._select("Jo's Phone", connected=True)

    async def _disconnect(self) -> list[str]:
        """Disconnect the phone."""
        return await self._select("Local Speaker", connected=False)

    async def _select(self, source: str, *, connected: bool) -> list[str]:
        """Select a source, starting from the opposite state."""
        paired = self.household.device("Kitchen Show")["bluetooth"]
        self.household.change(
            "Kitchen Show",
            bluetooth=[d | {"connected": not connected and d["friendlyName"] == "Jo's Phone"} for d in paired],
        )
        await self.drive.settle()
        return await self.act(
            "media_player",
            "select_source",
            {"entity_id": "media_player.kitchen_show", "source": source},
            lambda: any(one["connected"] for one in self.household.device("Kitchen Show")["bluetooth"]) is connected,
        )

    async def _say_without_csrf(self) -> list[str]:
        """Speak without a csrf cookie."""
        gone = "csrf=; Domain=.amazon.com; Path=/; Max-Age=0; Secure"
        self.sim.fault(path=DND.path, method="GET", status=500, times=1, headers={"set-cookie": gone})
        dnd = self.entry.runtime_data.dnd
        for _ in range(2):
            await self._gather([dnd.async_refresh()])
        return await self._say()

    @property
    def commands(self) -> tuple[Callable[[], Awaitable[list[str]]], ...]:
        """Return the commands of a user, which together use every endpoint that writes."""
        return (
            self._say,
            self._set_dnd,
            self._play,
            self._connect,
            self._disconnect,
            self._say_without_csrf,
            *(command_of(family, self) for family in FAMILIES),
        )

    async def _command(self, endpoint: Endpoint | None) -> list[str]:
        """Run the commands that use an endpoint, or all commands."""
        problems: list[str] = []
        for command in self.commands:
            if endpoint is None or endpoint.name in REACHED.get(command.__name__, ()):
                problems += await command()
        return problems

    async def act(self, domain: str, service: str, data: dict[str, Any], is_done: Callable[[], bool]) -> list[str]:
        """Call an action; it must raise an error or take effect. Return the problems."""
        state = self.hass.states.get(data["entity_id"]) if "entity_id" in data else None
        # Home Assistant skips unavailable entities and shows that they are unavailable; speech must not skip any
        is_skipped = "entity_id" in data and domain != "notify" and (state is None or state.state == "unavailable")
        answers = self.hass.services.supports_response(domain, service) is SupportsResponse.ONLY
        task = asyncio.create_task(
            self.hass.services.async_call(domain, service, data, blocking=True, return_response=answers)
        )
        await self.drive.settle(task.done)
        problems: list[str] = []
        try:
            await task
        except HomeAssistantError as err:
            if CLASS_NAME.search(str(err)):
                problems.append(f"{service} names a class: {err}")
        except Exception as err:  # noqa: BLE001 - the table reports any unexpected exception
            problems.append(f"{service} raised {err!r}")
        else:
            if not is_skipped and not is_done():
                problems.append(f"{service} returned, and nothing was done")
        # a change that no push has confirmed is read
        await self.drive.tick(3.5)
        await self.drive.settle()
        return problems

    # --- cases -----------------------------------------------------------------------

    def reached(self) -> set[str]:
        """Return the names of the endpoints used since the last reset."""
        forms = {(request["method"], request["path"], _is_mutation(request)) for request in self.sim.ledger()}
        return set().union(*(_names_of(*form) for form in forms))

    def before_it(self, endpoint: Endpoint) -> None:
        """Let the endpoints that the integration tries before this one be refused."""
        if endpoint in CSRF_PAGES:
            for page in CSRF_PAGES[: CSRF_PAGES.index(endpoint)]:
                self.sim.fault(path=page.path, method="GET", status=404)
        if other := INSTEAD.get(endpoint.name):
            self.sim.fault(path=other.path, method=other.method, status=404)
        if endpoint is APPLIANCE_GROUPS:
            lacking = {"errors": [{"message": "Field 'listDeviceGroups' in type 'Query' is undefined"}]}
            self.sim.fault(path=APPLIANCES.path, operation="discover+groups", status=400)
            self.sim.fault(path=APPLIANCES.path, operation="groups", status=200, body=lacking)

    async def case(self, endpoint: Endpoint, fault: str, moment: Moment) -> list[str]:
        """Test one fault at one moment, with its recovery; return the problems."""
        where = f"{endpoint.name} × {fault} × {moment}: "
        values = {s.entity_id: s.state for s in self.hass.states.async_all()}
        self.sim.reset_ledger()
        with watching() as watch:
            self.sim.fault(**rule_of(endpoint, fault))
            self.before_it(endpoint)
            problems = await self.happen(moment, endpoint)
            if endpoint in ONCE_OPEN and moment is Moment.SET_UP:
                await self.opened()
            reached = self.reached()
            if endpoint.name not in reached:
                problems.append("the endpoint was not asked")
            problems += self._lost(values, steady=endpoint.name not in CHANGING)
            self.sim.clear_faults()
            await self.recover()
            if not self.is_whole():
                problems.append(f"no recovery: {self._ailing()}")
        problems += watch.problems(self.secrets)
        if self.hass.config_entries.flow.async_progress():
            problems.append("the user was asked to sign in")
        if problems:
            sys.stdout.write(f"log of {where}\n{watch}\n")
        return [where + problem for problem in problems]

    def _lost(self, values: Mapping[str, str], *, steady: bool) -> Iterator[str]:
        """Yield entities that disappeared, or whose states differ from before."""
        for entity_id in self.entities:
            if (state := self.hass.states.get(entity_id)) is None:
                yield f"{entity_id} went"
            elif not steady or not entity_id.startswith("sensor."):
                continue
            elif entity_id.endswith("_last_spoken_to_echo") and state.state == "Kitchen Show":
                # the voice commands of a test are spoken to this Echo; the history is read an hour later
                continue
            elif state.state not in ("unavailable", values.get(entity_id)):
                yield f"{entity_id} showed {state.state}, not {values.get(entity_id)}"

    def _ailing(self) -> dict[str, Any]:
        """Return the parts that have not recovered."""
        runtime = self.entry.runtime_data
        return {
            "state": str(self.entry.state),
            "push": runtime.push.up,
            "stream": runtime.backend.stats["stream"],
            "stalled": runtime.watchdog.is_stalled,
            "topics": [c.name for c in runtime.coordinators if not c.last_update_success],
            "entities": sorted(self.usable - self._usable()),
        }

    async def cases(self, subtests: pytest.Subtests, endpoints: Iterable[Endpoint], moments: Iterable[Moment]) -> None:
        """Test all faults of each endpoint at some moments; a new home follows one with problems."""
        for endpoint in endpoints:
            with subtests.test(endpoint.name), _debugging(), without_stored_log():
                assert MOMENTS.get(endpoint.name), (
                    f"no moment of the table reaches {endpoint.name}: add the command or the push that does"
                )
                problems: list[str] = []
                for moment in moments:
                    if moment in MOMENTS[endpoint.name]:
                        for fault in faults_of(endpoint, moment):
                            problems += await self.case(endpoint, fault, moment)
                if problems or endpoint is BEHAVIOR:
                    # the commands have left the devices in a state in which other commands have nothing to do
                    await self.end()
                    await self.begin()
                assert not problems, "\n".join(problems)

    async def recover(self) -> None:
        """Advance the time until everything has recovered, at most twenty minutes."""
        await self.drive.settle()
        for seconds in (15, 30, 60, 120, 240, 240, 240, 240):
            if self.is_whole():
                return
            await self.drive.tick(seconds)
            await self.drive.settle()


REACHED: Final[dict[str, set[str]]] = {}
"""Endpoints used by each command, found by running it once."""

MOMENTS: Final[dict[str, set[Moment]]] = {}
"""Moments at which each endpoint is used, found by causing each moment once."""


async def explore(table: Table) -> None:
    """Fill ``MOMENTS`` and ``REACHED`` from the ledger."""
    later: list[Endpoint | None] = [None, HISTORY, HISTORY_BEFORE, APPLIANCE_GROUPS]
    found: dict[str, set[Moment]] = {}
    for moment in Moment:
        reading = later if moment in (Moment.SET_UP, Moment.POLL, Moment.PUSH) else later[:1]
        if moment is Moment.POLL:
            # the first poll may read changes missed before the stream opened; later polls do not
            assert await table.happen(moment) == []
        for asked in [*reading, *CSRF_PAGES[1:]] if moment is Moment.SET_UP else reading:
            if asked:
                table.before_it(asked)
            table.sim.reset_ledger()
            if moment is Moment.COMMAND:
                await _explore_commands(table, set(found))
                names = set().union(*REACHED.values())
            else:
                assert await table.happen(moment) == []
                if moment is Moment.SET_UP:
                    await table.opened()
                names = table.reached()
            for name in names:
                found.setdefault(name, set()).add(moment)
            table.sim.clear_faults()
            await table.recover()
    MOMENTS.update(found)


async def _explore_commands(table: Table, known: set[str]) -> None:
    """Record the endpoints of each command; a read that follows only counts if no other moment causes it."""
    writes = {endpoint.name for endpoint in ENDPOINTS if endpoint.is_write} | {page.name for page in CSRF_PAGES}
    writes |= {endpoint.name for endpoint in ENDPOINTS} - known
    for command in table.commands:
        for page in [None, *CSRF_PAGES[1:]] if command == table._say_without_csrf else [None]:
            if page:
                table.before_it(page)
            table.sim.reset_ledger()
            assert await command() == []
            REACHED.setdefault(command.__name__, set()).update(table.reached() & writes)
            table.sim.clear_faults()


@pytest.fixture
async def table(
    hass: HomeAssistant,
    sim: ControlClient,
    household: Household,
    config_entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """Return a loaded account for testing faults; refusals of one case are not stored for the next."""
    monkeypatch.setattr(unproven, "REFUSED_FOR", 0.0)
    table = Table(hass, sim, household, config_entry, Drive(hass, sim, freezer, config_entry))
    await table.begin()
    if not MOMENTS and not _load(explored := _explored(tmp_path_factory)):
        await explore(table)
        _store(explored)
        # the commands have changed the household
        await table.end()
        await table.begin()
    yield table
    await table.end()


def _explored(tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """Return the file in which the processes of one run share what they have found; None for a single process."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    return tmp_path_factory.getbasetemp().parent / f"explored-{run}.json" if run else None


def _load(path: Path | None) -> bool:
    """Take the moments and the endpoints of commands that another process has found; return whether there are any."""
    if path is None or not path.exists():
        return False
    data = json.loads(path.read_text())
    MOMENTS.update({name: {Moment(moment) for moment in moments} for name, moments in data["moments"].items()})
    REACHED.update({name: set(endpoints) for name, endpoints in data["reached"].items()})
    return True


def _store(path: Path | None) -> None:
    """Write the moments and the endpoints of commands for other processes."""
    if path is not None:
        found = {"moments": MOMENTS, "reached": REACHED}
        written = path.with_suffix(f".{os.getpid()}")
        written.write_text(json.dumps(found, default=sorted))
        written.replace(path)
