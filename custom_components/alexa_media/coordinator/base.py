"""Base class for all coordinators."""

from abc import abstractmethod
import asyncio
from collections.abc import Callable, Coroutine, Hashable, Iterable, Mapping
from contextlib import nullcontext
from datetime import timedelta
import logging
from typing import Any, ClassVar, Final, NamedTuple, Protocol, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.event import async_call_later
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator, UpdateFailed

from ..cloud.errors import (
    AlexaAuthError,
    AlexaError,
    AlexaPermissionError,
    AlexaRateLimitedError,
    AlexaUnsupportedError,
    read_key,
)
from ..cloud.model.api import AlexaBackend
from ..cloud.model.commands import command, is_command
from ..const import DOMAIN, Topic
from ..issues import PERMISSION
from .own_writes import OwnWrites
from .removal import ListenerRemoval, Timer

LOGGER: Final = logging.getLogger(__package__)

# Listeners with this context are called when keys appear or disappear.
EXISTENCE: Final = "existence"

# A burst of hints causes one read: this long (seconds) after the last hint, but at most the limit after the first.
HINT_DELAY: Final = 0.4
HINT_LIMIT: Final = 3.0

# A push that confirms a command usually arrives within a second; wait this long (seconds) for it.
CONFIRM_DELAY: Final = 3.0

# While the stream is up and reads fail, entities stay available this long (seconds) beyond the topic's poll interval.
GRACE: Final = 300.0

RETRY_FIRST: Final = 30.0
RETRY_LIMIT: Final = 600.0


@callback
def registered_entities(hass: HomeAssistant, entry: ConfigEntry[Any]) -> list[er.RegistryEntry]:
    """Return the registered entities of an entry, except those whose unique id is not text.

    Home Assistant keeps other unique ids that an earlier integration has stored; this one has none.
    """
    items = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return [item for item in items if _is_text(item.unique_id)]


def _is_text(value: object) -> bool:
    return isinstance(value, str)


@callback
def _do_nothing() -> None:
    """Do nothing."""


class _Wait(NamedTuple):
    """A wait for a push: the function that cancels it, and its start in seconds of the event loop's clock."""

    cancel: CALLBACK_TYPE
    since: float


class Watcher(Protocol):
    """Receives failures from which a topic may recover, and recoveries of topics."""

    @callback
    def async_failed(self) -> None:
        """Handle a failed topic that may recover."""

    @callback
    def async_recovered(self) -> None:
        """Handle a successful read of a topic that had failed."""


class Listener(Protocol):
    """Receives reports about missing pushes, and provides the resulting state of the stream."""

    @callback
    def async_unconfirmed(self) -> None:
        """Handle a command whose confirming push did not arrive."""

    @callback
    def async_unpushed(self) -> None:
        """Handle a change that a read found although it should have been pushed."""

    @property
    def is_proven(self) -> bool:
        """Return whether the stream has recently delivered pushes, and missed none."""


class PartRetry:
    """Repeats, after growing pauses, the read of a part that failed although the rest of its topic could be read."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], read: Callable[[], None]) -> None:
        """Initialize; ``read`` schedules a read that contains the part."""
        self._read = read
        self._timer = Timer(hass, entry)
        self._failures = 0

    @callback
    def async_failed(self) -> None:
        """Schedule the next read."""
        self._timer.call_later(min(RETRY_FIRST * 2 ** min(self._failures, 10), RETRY_LIMIT), self._read)
        self._failures += 1

    @callback
    def async_succeeded(self) -> None:
        """Cancel the scheduled read, if any, and reset the pause."""
        self._timer.cancel()
        self._failures = 0


class TopicCoordinator[V](DataUpdateCoordinator[Mapping[str, V]]):
    """One topic of one account: a mapping from key to an immutable value.

    Keys are device serials unless a subclass says otherwise. The context of a listener is the key that it shows; the
    listener is called when the value of that key changes. Listeners with the context ``EXISTENCE`` are called when keys
    appear or disappear, those with ``None`` on every change. All are also called when the data becomes usable or
    unusable, and by ``async_show_again``.
    """

    topic: ClassVar[str]
    interval_with_push: ClassVar[timedelta] = timedelta(minutes=60)
    # Poll interval of topics whose changes are pushed, while the stream is proven (``Listener.is_proven``).
    interval_with_proven_push: ClassVar[timedelta] = timedelta(hours=4)
    interval_without_push: ClassVar[timedelta] = timedelta(minutes=5)
    # Whether changes of this topic are pushed: a gap in the pushes then requires a read.
    pushed: ClassVar[bool] = True
    # Whether the keys are objects of the account, such as devices or lists: the action ``enable_network_discovery``
    # reads these topics.
    is_list: ClassVar[bool] = False
    # Whether the topic is read before its entities are added; otherwise it is only read for listeners, first when the
    # stream is open or a poll is due.
    read_at_start: ClassVar[bool] = True
    hint_delay: ClassVar[float] = HINT_DELAY
    hint_limit: ClassVar[float] = HINT_LIMIT

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], backend: AlexaBackend) -> None:
        """Initialize without data, and with the push stream down."""
        self._by_context: dict[Hashable, dict[int, CALLBACK_TYPE]] = {}
        self._next_listener = 0
        self._remove_own: Callable[[], None] = _do_nothing
        self._shared_remove = self._async_remove_listener
        self._own_interval = backend.intervals.get(self.topic)
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=f"{DOMAIN} {self.topic}",
            update_interval=self._own_interval or self.interval_without_push,
            always_update=False,
        )
        self.backend = backend
        self.entry = entry
        self.data: Mapping[str, V] = {}
        self.push_up = False
        self.read_at: float | None = None
        self.read_whole_at: float | None = None
        self._is_partial = False
        self._part_requested = False
        self._whole_hinted = False
        self._whole_shared = False
        self._command_shared = False
        self._first_read_begun = False
        self._reading_since: float | None = None
        self._announced: Mapping[str, V] = self.data
        self._announced_usable = True
        self._failures = 0
        self._failure: AlexaError | None = None
        self._had_failed = False
        self._expiry = Timer(hass, entry)
        self.watcher: Watcher | None = None
        self.watchdog: Listener | None = None
        self._push_up_at = 0.0
        self._is_hinted = False
        self._read_lock = asyncio.Lock()
        self._reads: set[asyncio.Task[None]] = set()
        self._pushed_while_reading: dict[str, V] | None = None
        self.written: OwnWrites[Any] = OwnWrites(hass.loop.time)
        self._hint_since: float | None = None
        self._hint = Timer(hass, entry)
        self._awaited: dict[str, _Wait] = {}
        self.is_closed = False
        self._shared_refresh: asyncio.Task[None] | None = None
        entry.async_on_unload(self._async_close)
        backend.watch(self.topic, self.watched)

    def watched(self) -> frozenset[str]:
        """Return the keys that have listeners."""
        return frozenset(key for key in self._by_context if isinstance(key, str) and key != EXISTENCE)

    @property
    def is_current(self) -> bool:
        """Return whether the push stream is up (and not stalled) and the last read did not fail."""
        return self.push_up and self.last_update_success

    def will_be_shown(self, domain: str, ending: str = "") -> bool:
        """Return whether an entity of a platform is enabled, or none is registered yet.

        ``ending`` is the suffix of the unique ids of the entities.
        """
        entities = registered_entities(self.hass, self.entry)
        known = [item for item in entities if item.domain == domain and item.unique_id.endswith(ending)]
        return not known or any(not item.disabled for item in known)

    # --- reading ---------------------------------------------------------------------

    @abstractmethod
    async def _async_read(self) -> Mapping[str, V]:
        """Read the topic and return its data by key; raises ``AlexaError``.

        At the start, ``_is_partial`` is whether a partial read is enough; at the end, it must be whether the read was
        partial.
        """

    @override
    async def _async_update_data(self) -> Mapping[str, V]:
        """Read the topic, one read at a time, so that an older read never overwrites a newer one."""
        part_requested, self._part_requested = self._part_requested, False
        async with self._read_lock:
            self._is_partial = part_requested and not self._is_due
            return await self._async_read_alone()

    async def _async_read_alone(self) -> Mapping[str, V]:
        """Read the topic; the caller holds ``_read_lock``.

        ``read_at`` is the start of the last successful read (seconds of the event loop's clock), ``read_whole_at`` that
        of the last one that was not partial.
        """
        pushed = self._pushed_while_reading = {}
        self._reading_since = began = self.hass.loop.time()
        try:
            data = await self._async_read()
        except AlexaAuthError as err:
            self._failure = err
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key=err.translation_key) from err
        except AlexaError as err:
            if isinstance(err, AlexaPermissionError):
                unread = "do not disturb" if self.topic == Topic.DND else self.topic.replace("_", " ")
                PERMISSION.async_report(self.hass, self.entry, self.topic, data=unread, **err.placeholders)
            raise self._failed(err) from err
        finally:
            self._pushed_while_reading = self._reading_since = None
        self._failures = 0
        self._failure = None
        self.read_at, before = began, self.read_whole_at
        if not self._is_partial:
            self.read_whole_at = began
        hinted, self._is_hinted = self._is_hinted, False
        if self.watchdog and self.push_up and not hinted and before is not None and before >= self._push_up_at:
            quiet = {key: value for key, value in data.items() if key not in pushed and key not in self._awaited}
            if any(key in self.data and self.should_be_pushed(self.data[key], value) for key, value in quiet.items()):
                self.watchdog.async_unpushed()
        PERMISSION.async_clear(self.hass, self.entry, self.topic)
        settled = {key: pushed[key] if key in pushed else self._settled(key, data[key], began) for key in data}
        return data if settled == data else settled

    def _settled(self, key: str, value: V, began: float) -> V:
        """Return the value as read, or the present value if the read may be older than an own write.

        ``began`` is the start of the read. Only for topics in which a write and its value have the same key.
        """
        return value if self.written.takes_read(key, value, began) else self.data.get(key, value)

    def _failed(self, err: AlexaError) -> UpdateFailed:
        """Count a failed read, and return the error for Home Assistant with the delay of the retry."""
        self._failures += 1
        self._failure = err
        wait = min(RETRY_FIRST * 2 ** (self._failures - 1), RETRY_LIMIT)
        if self.is_closed or err.code == "closed":
            # An unload has ended the read, which needs no action by the user. Home Assistant logs a failure only if the
            # update before it succeeded.
            self.last_update_success = False
        if isinstance(err, AlexaRateLimitedError):
            # The transport has already logged the throttling, once for all topics.
            self.last_update_success = False
            wait = max(wait, err.retry_after)
            if self._own_interval:
                wait = max(wait, self._own_interval.total_seconds() * 2 ** min(self._failures, 4))
        elif self._own_interval and isinstance(err, AlexaPermissionError):
            wait = self._own_interval.total_seconds()
        return UpdateFailed(
            translation_domain=DOMAIN,
            translation_key=read_key(err),
            translation_placeholders=err.placeholders,
            retry_after=wait,
        )

    @property
    def usable(self) -> bool:
        """Return whether the data may be shown; False if the last read failed and none has succeeded yet.

        After a success, the data stays valid after a single failure and, while the stream is up and not stalled, after
        further ones until it is older than the poll interval plus five minutes. A missing sign-in or permission always
        invalidates it.
        """
        if self.last_update_success:
            return True
        if self.read_at is None or isinstance(self._failure, (AlexaAuthError, AlexaPermissionError)):
            return False
        return self._failures < 2 or (self.push_up and self._expires_at > self.hass.loop.time())

    @property
    def _expires_at(self) -> float:
        """Return the time at which the data expires, in seconds of the event loop's clock."""
        return (self.read_at or 0.0) + self.wanted_interval.total_seconds() + GRACE

    @property
    def may_recover(self) -> bool:
        """Return whether the topic failed and may recover after an outage.

        A refused read (sign-in, permission, 403, 404, 405) does not recover, and neither does a topic that is only read
        for listeners and has none.
        """
        return (
            not self.last_update_success
            and self._failures > 0
            and not isinstance(self._failure, (AlexaUnsupportedError, AlexaPermissionError, AlexaAuthError))
            and (self.read_at_start or bool(self._by_context))
        )

    @property
    def probe_interval(self) -> float | None:
        """Return the maximum pause between attempts to recover, in seconds, or None for the usual one."""
        return None

    async def async_recover(self) -> None:
        """Read the failed topic again."""
        await self.async_refresh()

    def should_be_pushed(self, before: V, after: V) -> bool:  # noqa: ARG002 - for topics whose changes are all pushed
        """Return whether the change from the known value to one just read should have been pushed."""
        return False

    def is_read_since(self, moment: float) -> bool:
        """Return whether the last successful read of the whole topic, or a running one, began at ``moment`` or later.

        ``moment`` is in seconds of the event loop's clock. Always True for a topic that is only read for listeners and
        has none.
        """
        if not self.read_at_start and not self._by_context:
            return True
        running = None if self._is_partial else self._reading_since
        return any(began is not None and began >= moment for began in (self.read_whole_at, running))

    @property
    def _is_due(self) -> bool:
        """Return whether the whole topic has to be read even if only a part was requested.

        A read of a part postpones the next poll of the whole topic.
        """
        if self.read_whole_at is None or not self.last_update_success:
            return True
        return self.hass.loop.time() - self.read_whole_at >= self.wanted_interval.total_seconds()

    @property
    def is_behind(self) -> bool:
        """Return whether there is a known or expected change that has not been read."""
        return self._hint_since is not None or bool(self._awaited)

    async def async_make_current(self) -> None:
        """Read the topic for a command unless it is current and not behind; raises ``AlexaError``."""
        if self.is_current and not self.is_behind:
            return
        await self.async_read_for_command()

    async def async_read_for_command(self) -> None:
        """Read the topic as part of a command; raises ``AlexaError``."""
        with command():
            await self.async_refresh_shared()
        if not self.last_update_success and self._failure is not None:
            raise self._failure

    async def _async_refresh_part(self) -> None:
        """Read the part that the subclass needs, or the whole topic if that is due."""
        self._part_requested = True
        try:
            await self.async_refresh()
        finally:
            # A subclass may not read at all; the request must not apply to the next read.
            self._part_requested = False

    async def async_refresh_shared(self, *, part: bool = False) -> None:
        """Refresh now; callers in the same turn of the event loop share one read.

        If all of them request only a part (``part``), the whole topic is read only if it is due.
        """
        if self.is_closed:
            return
        self._whole_shared |= not part
        self._command_shared |= is_command()
        if self._shared_refresh is None:
            self._shared_refresh = self.entry.async_create_background_task(
                self.hass, self._async_shared(), f"{self.name} refresh", eager_start=False
            )
        read = self._shared_refresh
        await asyncio.wait([read])
        # An unload cancels the read, but not its callers.
        if not read.cancelled():
            read.result()

    async def _async_shared(self) -> None:
        """Wait for the other callers of this turn of the event loop, then read."""
        await asyncio.sleep(0)
        self._shared_refresh = None
        is_whole, self._whole_shared = self._whole_shared, False
        is_for_command, self._command_shared = self._command_shared, False
        # The task has the context of the first caller, which may be a poll.
        with command() if is_for_command else nullcontext():
            await (self.async_refresh() if is_whole else self._async_refresh_part())

    @callback
    def async_read_in_task(self, read: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run a read for new listeners in a task that an unload cancels.

        Home Assistant would otherwise wait up to ten seconds for the read when it unloads the entry.
        """
        task = self.entry.async_create_task(self.hass, read, f"{self.name} {name}", eager_start=False)
        self._reads.add(task)
        task.add_done_callback(self._reads.discard)
        return task

    @callback
    def async_hint(self) -> None:
        """Read the topic soon; hints in quick succession cause one read."""
        self._whole_hinted = True
        self._async_part_hint()

    @callback
    def _async_part_hint(self) -> None:
        """Read soon the part that the subclass needs, or the whole topic if another hint requests it or it is due."""
        if self.is_closed:
            return
        now = self.hass.loop.time()
        if self._hint_since is None:
            self._hint_since = now
        self._hint.call_later(max(0.0, self._hint_wait(now, self._hint_since)), self._async_on_hint)

    def _hint_wait(self, now: float, since: float) -> float:
        """Return the seconds from the latest hint to the read; ``since`` is the time of the first hint of the burst."""
        return min(self.hint_delay, since + self.hint_limit - now)

    @callback
    def async_key_hint(self, key: str) -> None:  # noqa: ARG002 - for topics that can read one key
        """Read one key soon, or the whole topic if the subclass cannot read one key."""
        self.async_hint()

    @callback
    def _async_on_hint(self) -> None:
        """Start the read that the hints have requested; later hints cause another one."""
        self._hint_since = None
        self._is_hinted = True
        is_whole, self._whole_hinted = self._whole_hinted, False
        refresh = self.async_refresh if is_whole else self._async_refresh_part
        self.entry.async_create_background_task(self.hass, refresh(), f"{self.name} hint")

    # --- pushed facts and commands ---------------------------------------------------

    @callback
    def async_apply(self, changes: Mapping[str, V]) -> None:
        """Apply new values of some keys, and call the listeners that the changes concern.

        The poll schedule and ``last_update_success`` do not change, because a push does not prove that reads work.
        """
        for key in changes:
            if not self._is_awaiting(key):
                self._confirmed(key)
        if self._pushed_while_reading is not None:
            self._pushed_while_reading.update(changes)
        changed = {key: value for key, value in changes.items() if self.data.get(key) != value}
        if not changed:
            return
        came = any(key not in self.data for key in changed)
        before = self._announced
        self.data = self._announced = {**self.data, **changed}
        self._notify(changed)
        if came:
            self._notify((EXISTENCE,))
        self._async_changed(before, self.data)

    @callback
    def async_apply_pushed(self, changes: Mapping[str, V]) -> None:
        """Apply pushed values; for those that may be older than an own write, verify their keys instead."""
        stale = {key for key, value in changes.items() if self.written.is_stale(key, value)}
        self.async_apply({key: value for key, value in changes.items() if key not in stale})
        for key in stale:
            self.async_verify(key)

    @callback
    def async_verify(self, key: str) -> None:
        """Read ``key`` unless a push soon confirms the value written by the integration."""
        if key not in self._awaited:
            self.async_expect(key, accepted=False)

    def _is_awaiting(self, key: str) -> bool:
        """Return whether an own write that may change the value of ``key`` is neither confirmed nor expired."""
        return self.written.is_awaited(key)

    @callback
    def _async_changed(self, before: Mapping[str, V], after: Mapping[str, V]) -> None:
        """Handle new data; overridden by topics whose changes are events."""

    @callback
    def async_expect(self, key: str, *, accepted: bool = True) -> None:
        """Expect a push that confirms a command for ``key``; read the key if none arrives.

        A missing push only counts against the stream if Amazon accepted the command (``accepted``). While the stream is
        down or stalled, the key is read soon instead.
        """
        if self.is_closed:
            return
        if not self.push_up:
            self.async_key_hint(key)
            return

        @callback
        def _missed() -> None:
            self.async_key_hint(key)
            if self.watchdog and accepted:
                self.watchdog.async_unconfirmed()

        self._async_await_push(key, _missed)

    @callback
    def _async_await_push(self, key: str, missed: Callable[[], None]) -> None:
        """Call ``missed`` after ``CONFIRM_DELAY`` seconds unless the wait for ``key`` ends first (``_confirmed``)."""
        if self.is_closed:
            return
        self._confirmed(key)

        @callback
        def _missed(_now: object) -> None:
            self._awaited.pop(key, None)
            missed()

        cancel = async_call_later(self.hass, CONFIRM_DELAY, _missed)
        self._awaited[key] = _Wait(cancel, self.hass.loop.time())

    @callback
    def _confirmed(self, key: str) -> None:
        """Stop waiting for a push about ``key``."""
        if wait := self._awaited.pop(key, None):
            wait.cancel()

    @callback
    def async_set_push(self, up: bool) -> None:
        """Set whether the push stream is up; a stalled stream counts as down."""
        if up == self.push_up:
            return
        self.push_up = up
        if up:
            self._push_up_at = self.hass.loop.time()
        self.async_reschedule()
        if not self.last_update_success:
            self._async_check_usable()

    @property
    def wanted_interval(self) -> timedelta:
        """Return the poll interval: the backend's own, or the one for the present state of the stream."""
        if self._own_interval:
            return self._own_interval
        if not self.push_up:
            return self.interval_without_push
        if self.pushed and self.watchdog and self.watchdog.is_proven:
            return max(self.interval_with_push, self.interval_with_proven_push)
        return self.interval_with_push

    @callback
    def async_reschedule(self) -> None:
        """Apply a changed poll interval: move a scheduled poll, but not a retry, to one interval from now."""
        if self.update_interval == self.wanted_interval:
            return
        self.update_interval = self.wanted_interval
        # A retry after a failure takes precedence over the interval.
        if self._by_context and self.last_update_success:
            self._schedule_refresh()

    @override
    @callback
    def _schedule_refresh(self) -> None:
        """Schedule the next poll with the present poll interval."""
        self.update_interval = self.wanted_interval
        super()._schedule_refresh()

    @override
    @callback
    def _async_refresh_finished(self) -> None:
        """Call listeners if a failure changed ``usable``; report a recoverable failure or recovery to the watcher."""
        self._async_stop_waiting()
        had_failed, self._had_failed = self._had_failed, not self.last_update_success
        if not self.last_update_success:
            self._async_check_usable()
        if self.watcher is None:
            return
        if self.may_recover:
            self.watcher.async_failed()
        elif had_failed and self.last_update_success:
            self.watcher.async_recovered()

    @callback
    def _async_stop_waiting(self) -> None:
        """Stop waiting for pushes that a read has made unnecessary, or for all pushes if the read failed."""
        read_at = self.read_at if self.last_update_success else None
        for key, wait in tuple(self._awaited.items()):
            # A read that began before the command was accepted may not contain its effect.
            if read_at is None or (read_at >= wait.since and self._is_covered(key)):
                self._confirmed(key)

    def _is_covered(self, key: str) -> bool:  # noqa: ARG002 - for topics that are read in parts
        """Return whether the last read contains all that is expected about ``key``."""
        return True

    @callback
    def _async_check_usable(self) -> None:
        """Call the listeners if the data became usable or unusable; if it is going to expire, check again then."""
        self._expiry.cancel()
        if self.is_closed:
            return
        if self.usable is not self._announced_usable:
            self.async_update_listeners()
        elif self.usable and not self.last_update_success and self._failures > 1:
            delay = self._expires_at - self.hass.loop.time()
            self._expiry.call_later(max(0.0, delay) + 1, self._async_check_usable)

    @callback
    def _async_close(self) -> None:
        """Cancel the reads for new listeners and the waits for pushes, and ignore hints from now on."""
        self.is_closed = True
        for read in tuple(self._reads):
            read.cancel()
        self._hint_since = None
        for key in tuple(self._awaited):
            self._confirmed(key)

    # --- listeners -------------------------------------------------------------------

    @override
    @callback
    def async_add_listener(self, update_callback: CALLBACK_TYPE, context: Hashable = None) -> Callable[[], None]:
        """Add a listener of one key, of ``EXISTENCE``, or of everything (``None``); return a function to remove it."""
        if not self._by_context:
            # One listener of the base class is enough for polling; one per entity would take much memory.
            self._remove_own = super().async_add_listener(_do_nothing)
        self._next_listener += 1
        token = self._next_listener
        self._by_context.setdefault(context, {})[token] = update_callback
        if not self.read_at_start and self.push_up and self.read_at is None and not self._first_read_begun:
            # While the stream is closed, its opening causes the read.
            self._first_read_begun = True
            self.async_read_in_task(self.async_refresh(), "first read")
        return ListenerRemoval(self._shared_remove, context, token)

    @callback
    def _async_remove_listener(self, context: Hashable, token: int) -> None:
        """Remove a listener; after the last one, stop polling, and withdraw the issue about a missing permission."""
        listeners = self._by_context[context]
        del listeners[token]
        if not listeners:
            del self._by_context[context]
        if not self._by_context:
            self._remove_own()
            PERMISSION.async_withdraw(self.hass, self.entry, self.topic)

    @override
    @callback
    def async_update_listeners(self) -> None:
        """Call the listeners of changed keys and those without a context.

        Call all listeners if the data became usable or unusable.
        """
        before, after = self._announced, self.data
        self._announced = after
        self._async_changed(before, after)
        if self.usable is not self._announced_usable:
            self._announced_usable = self.usable
            self.async_show_again()
            return
        changed = [
            key
            for key in before.keys() | after.keys()
            if before.get(key) is not after.get(key) and before.get(key) != after.get(key)
        ]
        self._notify(changed)
        if before.keys() != after.keys():
            self._notify((EXISTENCE,))

    @callback
    def async_show_again(self) -> None:
        """Call all listeners, because their state depends on more than the data, for example on options."""
        self._notify(tuple(context for context in self._by_context if context is not None))

    @callback
    def _notify(self, contexts: Iterable[Hashable]) -> None:
        """Call the listeners of some contexts, and those without a context."""
        for context in (*contexts, None):
            for update_callback in tuple(self._by_context.get(context, {}).values()):
                try:
                    update_callback()
                except Exception:  # An entity that fails must not block the others.
                    self.logger.exception("Error in a listener of %s", self.name)
