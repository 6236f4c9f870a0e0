"""Times and events of the alarms, timers and reminders of an account, computed without requests."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import chain, count
from operator import attrgetter
import re
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from ..cloud.alarm_attributes import Timed, was_dismissed
from ..cloud.alarm_times import ALARMS, REMINDERS, SNOOZE, TIMERS, country_of, next_occurrence
from ..cloud.model.devices import EVERYWHERE, Notification, NotificationStatus, NotificationType
from .base import LOGGER
from .device_states import NotificationsCoordinator
from .devices import DevicesCoordinator
from .echo_events import EchoEvent, async_call_each, async_send
from .removal import Removal, Timer

LONGEST_NAME: Final = 64

# A name is part of a path on disk: no dots, and no leading or trailing slash.
_NAME: Final = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,3}", re.ASCII)


async def zone_named(name: str | None) -> tzinfo | None:
    """Return the time zone with the given IANA name; None for a missing or unknown name."""
    if not name or len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
        return None
    try:
        return await dt_util.async_get_time_zone(name)
    except ValueError, OSError:
        return None


# Tolerated difference between Amazon's clock and Home Assistant's: when Amazon reports a change, which may be that an
# item has gone off, items count as due this much earlier.
CLOCK_SKEW: Final = timedelta(seconds=2)

# Seconds between two checks whether the system's clock was set or the computer was suspended.
CLOCK_CHECK: Final = 60.0

# A timer that is older than this when it is first read does not count as just started.
NEW_TIMER: Final = timedelta(minutes=10)

# An occurrence that was due longer ago fires no event: the computer was suspended, or its clock was wrong.
LATEST_RING: Final = timedelta(minutes=10)

# A timer that was due longer after the unload, and is gone after a reload, may have been canceled before it was due.
LONGEST_RELOAD: Final = timedelta(minutes=1)

# An alarm that is not dismissed stops automatically after an hour.
RINGING: Final = timedelta(hours=1)

# Amazon does not report the end of a reminder. Speaking the longest text takes less than this.
SPOKEN: Final = timedelta(minutes=2)


class AlertKind(StrEnum):
    """Kind of notification."""

    ALARM = "alarm"
    TIMER = "timer"
    REMINDER = "reminder"


_KINDS: Final[Mapping[NotificationType, AlertKind]] = {
    **dict.fromkeys(ALARMS, AlertKind.ALARM),
    **dict.fromkeys(TIMERS, AlertKind.TIMER),
    **dict.fromkeys(REMINDERS, AlertKind.REMINDER),
}


class AlertChange(StrEnum):
    """Kind of event of an alarm, a timer or a reminder."""

    RINGING = "ringing"
    DISMISSED = "dismissed"
    SNOOZED = "snoozed"
    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEvent:
    """An event and its time; the ``notification`` of a ringing event was read before it rang."""

    change: AlertChange
    notification: Notification
    at: datetime

    @property
    def event_type(self) -> str:
        """Return the event type, such as "alarm_ringing"."""
        return f"{_KINDS[self.notification.type]}_{self.change}"


_TIMER_CHANGES: Final = (
    AlertChange.RINGING,
    AlertChange.STARTED,
    AlertChange.PAUSED,
    AlertChange.RESUMED,
    AlertChange.CANCELLED,
)

EVENT_TYPES: Final = (
    *(f"{AlertKind.ALARM}_{change}" for change in (AlertChange.RINGING, AlertChange.DISMISSED, AlertChange.SNOOZED)),
    *(f"{AlertKind.TIMER}_{change}" for change in _TIMER_CHANGES),
    *(f"{AlertKind.REMINDER}_{change}" for change in (AlertChange.RINGING, AlertChange.SNOOZED)),
)
"""All event types, such as "alarm_ringing"."""


type _Key = tuple[str, int]
"""The id of a notification, and its index among those with the same id."""

type AlarmListener = Callable[[AlarmEvent], None]


@dataclass(frozen=True, slots=True)
class _Due:
    """A notification and one of its occurrences (UTC)."""

    key: _Key
    notification: Notification
    at: datetime


@dataclass(frozen=True, slots=True)
class _Computed:
    """A computed next occurrence with the inputs of the computation."""

    timed: Timed
    zone: tzinfo
    country: str | None


def _is_counting(item: Notification) -> bool:
    """Return whether a timer is running."""
    return item.status is NotificationStatus.ON


@dataclass(frozen=True, slots=True)
class _Kept:
    """The state at the unload of an entry, with which a setup soon afterward continues; ``held`` are unfired events."""

    at: datetime
    known: Mapping[_Key, Notification]
    due: tuple[_Due, ...]
    rings: Mapping[_Key, _Due]
    held: tuple[AlarmEvent, ...]

    def has_rung(self, due: _Due, item: Notification | None) -> bool:
        """Return whether the occurrence ``due``, computed before the unload, is still valid.

        ``item`` is the current state of the notification, None if it is gone. The occurrence is valid if the
        notification is unchanged, or was changed or turned off when it was due or later; if the time of the change is
        unknown, only a reminder's is valid. If the notification is gone, only a timer's is valid, and only if it was
        due soon after the unload: Amazon removes timers that have gone off, but a timer may also have been canceled.
        """
        before = due.notification
        if item is None:
            return before.type in TIMERS and due.at - self.at <= LONGEST_RELOAD
        if _when(item) == _when(before):
            return True
        changed = max((at for at in (item.rang, item.updated) if at is not None), default=None)
        return before.type in REMINDERS if changed is None else changed >= due.at - CLOCK_SKEW


def _when(item: Notification) -> tuple[object, ...]:
    """Return the values that decide when a notification goes off."""
    moments = (item.status, item.local_date, item.local_seconds, item.alarm_time, item.trigger_time, item.snoozed_to)
    start = item.updated if item.type in TIMERS and item.trigger_time is None else None
    return (*moments, item.deferred, item.pattern, item.rules, start)


_KEPT: Final[HassKey[dict[str, _Kept]]] = HassKey("alexa_media_due_alarms")


@callback
def async_forget_alarms(hass: HomeAssistant, entry_id: str) -> None:
    """Forget the alarms of a removed entry."""
    hass.data.get(_KEPT, {}).pop(entry_id, None)


class AlarmWatch:
    """Computes the next occurrences of an account's notifications, fires their events, and caches time zones."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry[Any],
        devices: DevicesCoordinator,
        notifications: NotificationsCoordinator,
    ) -> None:
        """Initialize; events are held until ``async_release``."""
        self._hass = hass
        self._entry = entry
        self._devices = devices
        self._notifications = notifications
        self._zones: dict[str, tzinfo | None] = {}
        self._known: dict[_Key, Notification] = {}
        self._seen: Mapping[str, tuple[Notification, ...]] | None = None
        self._computed: dict[_Key, _Computed] = {}
        self._of_serial: dict[str, list[_Computed]] = {}
        self._due: tuple[_Due, ...] = ()
        self._rings: dict[_Key, _Due] = {}
        self._listeners: dict[str | None, list[AlarmListener]] = {}
        self._planners: list[CALLBACK_TYPE] = []
        self._viewers: dict[str, list[CALLBACK_TYPE]] = {}
        self._held: list[AlarmEvent] | None = []
        self._is_first = True
        self._unloaded_at: datetime | None = None
        self._stopped = False
        self._timer = Timer(hass, entry)
        self._clock_check = Timer(hass, entry)
        self._clock_lead = 0.0

    async def async_start(self) -> None:
        """Load the time zones, and watch the notifications until the entry is unloaded."""
        await self._async_load_zones()
        kept = self._hass.data.get(_KEPT, {}).pop(self._entry.entry_id, None)
        if kept is not None and dt_util.utcnow() - kept.at <= LATEST_RING:
            self._async_continue(kept)
            self._unloaded_at = kept.at
        self._entry.async_on_unload(self._async_stop)
        self._entry.async_on_unload(self._notifications.async_add_listener(self.async_follow))
        self._entry.async_on_unload(self._devices.async_add_listener(self._async_devices_changed))
        self.async_follow()
        self._unloaded_at = None
        self._async_plan()
        self._async_note_clock()

    @callback
    def _async_continue(self, kept: _Kept) -> None:
        """Continue with the state before a reload, without occurrences known to be no longer valid."""
        self._is_first = False
        self._known, self._due, self._rings, self._held = dict(kept.known), kept.due, dict(kept.rings), [*kept.held]
        if self._notifications.read_at is not None:
            now = self._by_key()
            self._due = tuple(due for due in kept.due if kept.has_rung(due, now.get(due.key)))

    @callback
    def async_hold(self) -> None:
        """Hold the events until ``async_release``."""
        if self._held is None:
            self._held = []

    @callback
    def async_release(self) -> None:
        """Fire the held events, and stop holding events."""
        held, self._held = self._held or (), None
        for event in held:
            self._async_fire(event)

    def zone_of(self, serial: str) -> tzinfo:
        """Return the time zone of a device, or Home Assistant's if the device's is unknown.

        ``EVERYWHERE`` has the time zone of the first device whose time zone is known.
        """
        if serial == EVERYWHERE:
            zones = (self._zones.get(device.time_zone or "") for device in self._devices.data.values())
            return next((zone for zone in zones if zone), None) or dt_util.get_default_time_zone()
        device = self._devices.data.get(serial)
        zone = self._zones.get(device.time_zone) if device and device.time_zone else None
        return zone or dt_util.get_default_time_zone()

    def timed(self, serial: str) -> tuple[Timed, ...]:
        """Return the notifications of a device, each with its next occurrence or None."""
        self.async_follow()
        return tuple(computed.timed for computed in self._of_serial.get(serial, ()))

    def country_of(self, serial: str) -> str | None:
        """Return the country (ISO 3166) in the locale of a device, or None."""
        device = self._devices.data.get(serial)
        return country_of(device.locale) if device else None

    def ringing(self, serial: str) -> tuple[Notification, ...]:
        """Return the ringing notifications of a device, latest first.

        An alarm or a timer counts as ringing for an hour, a reminder for two minutes, unless it is known to have ended.
        """
        now = dt_util.utcnow()
        found = [
            due
            for due in self._rings.values()
            if due.notification.serial == serial
            and now - due.at < (SPOKEN if due.notification.type in REMINDERS else RINGING)
        ]
        return tuple(due.notification for due in sorted(found, key=attrgetter("at"), reverse=True))

    @callback
    def async_add_listener(self, serial: str | None, listener: AlarmListener) -> CALLBACK_TYPE:
        """Call a listener with every event of a device, or of all devices (``None``); return a function to stop."""
        self._listeners.setdefault(serial, []).append(listener)
        return Removal(self._listeners[serial], listener)

    @callback
    def async_add_viewer(self, serial: str, viewer: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call ``viewer`` when times of a device change without new notifications; return a function to remove it."""
        self._viewers.setdefault(serial, []).append(viewer)
        return Removal(self._viewers[serial], viewer)

    @property
    def due(self) -> Iterator[tuple[Notification, datetime]]:
        """Return an iterator over (notification, next occurrence in UTC), earliest first."""
        return ((due.notification, due.at) for due in self._due)

    @callback
    def async_on_plan(self, planner: CALLBACK_TYPE) -> CALLBACK_TYPE:
        """Call ``planner`` whenever the next occurrences have been computed again; return a function to stop."""
        self._planners.append(planner)
        return Removal(self._planners, planner)

    def may_exist(self, notification_id: str) -> bool:
        """Return True if the notification exists or the list is unavailable."""
        return (notification_id, 0) in self._known or not self._notifications.last_update_success

    def _by_key(self) -> dict[_Key, Notification]:
        """Return the notifications of all devices by key."""
        now = dt_util.utcnow()
        found: dict[_Key, Notification] = {}
        for item in chain(*self._notifications.data.values()):
            # An id that occurs twice means two notifications.
            key = next(key for number in count() if (key := (item.notification_id, number)) not in found)
            found[key] = self._with_snooze(key, item, now)
        return found

    def _with_snooze(self, key: _Key, item: Notification, now: datetime) -> Notification:
        """Return a notification; if it is snoozed until an unknown time, assume the default snooze length."""
        if item.status is not NotificationStatus.SNOOZED or item.snoozed_to is not None:
            return item
        known = self._known.get(key)
        if known is not None and replace(known, snoozed_to=None) == item:
            return known
        since = item.updated
        return replace(item, snoozed_to=(since if since and since <= now < since + SNOOZE else now) + SNOOZE)

    async def _async_load_zones(self) -> None:
        """Load new time zones in the executor, because reading them from disk blocks."""
        for name in {device.time_zone for device in self._devices.data.values() if device.time_zone}:
            if name not in self._zones:
                self._zones[name] = await zone_named(name)

    @callback
    def _async_devices_changed(self) -> None:
        """Load new time zones, then compute the next occurrences again."""
        if all(device.time_zone in self._zones for device in self._devices.data.values() if device.time_zone):
            self._async_plan_and_show()
        else:
            self._entry.async_create_task(self._hass, self._async_new_zone(), "alexa_media time zones")

    async def _async_new_zone(self) -> None:
        await self._async_load_zones()
        if not self._stopped:
            self._async_plan_and_show()

    @callback
    def async_follow(self) -> None:
        """Process new data of the notifications, and fire the resulting events.

        The first data fires no events, because there is nothing to compare it with.
        """
        if self._stopped or self._notifications.read_at is None or self._seen is self._notifications.data:
            return
        self._seen = self._notifications.data
        old, new = self._known, self._by_key()
        if self._is_first:
            self._is_first, self._known = False, new
            self._async_plan()
            return
        if old == new:
            return
        now = dt_util.utcnow()
        self._async_fire_due(now + CLOCK_SKEW)
        self._known = new
        for key in old.keys() & new.keys():
            self._async_compare(key, old[key], new[key], now)
        for key in old.keys() - new.keys():
            self._async_gone(key, old[key], now)
        self._async_compare_timers(old, new, now)
        self._async_plan()

    @callback
    def _async_compare(self, key: _Key, old: Notification, new: Notification, now: datetime) -> None:
        """Fire an event if an alarm was dismissed or snoozed, or a reminder snoozed."""
        snoozed = NotificationStatus.SNOOZED
        if (
            new.type in ALARMS | REMINDERS
            and new.status is snoozed
            and (old.status is not snoozed or old.snoozed_to != new.snoozed_to)
        ):
            self._rings.pop(key, None)
            self._async_fire(AlarmEvent(change=AlertChange.SNOOZED, notification=new, at=now))
        elif new.type in ALARMS and self._was_dismissed(key, old, new, now):
            self._rings.pop(key, None)
            self._async_fire(AlarmEvent(change=AlertChange.DISMISSED, notification=new, at=now))

    @callback
    def _async_gone(self, key: _Key, old: Notification, now: datetime) -> None:
        """Fire the dismissal event of an alarm that was deleted while ringing."""
        rang = self._rings.get(key)
        if old.type in ALARMS and rang is not None and now - rang.at < RINGING:
            del self._rings[key]
            self._async_fire(AlarmEvent(change=AlertChange.DISMISSED, notification=old, at=now))

    @callback
    def _async_compare_timers(
        self, old: Mapping[_Key, Notification], new: Mapping[_Key, Notification], now: datetime
    ) -> None:
        """Fire the events of timers that were started, paused, resumed or canceled."""
        for key in old.keys() | new.keys():
            before, after = old.get(key), new.get(key)
            item = after or before
            if item is None or item.type not in TIMERS:
                continue
            if change := self._timer_change(key, before, after, now):
                self._async_fire(AlarmEvent(change=change, notification=item, at=now))

    def _timer_change(
        self, key: _Key, before: Notification | None, after: Notification | None, now: datetime
    ) -> AlertChange | None:
        """Return what happened to a timer between two reads, or None."""
        if before is None:
            is_new = (
                after is not None and _is_counting(after) and (not after.created or now - after.created < NEW_TIMER)
            )
            return AlertChange.STARTED if is_new else None
        if after is None or after.status is NotificationStatus.OFF:
            if before.status is NotificationStatus.OFF:
                return None
            # Amazon removes a timer that has gone off, whether or not it was dismissed.
            return AlertChange.CANCELLED if self._rings.pop(key, None) is None else None
        match before.status, after.status:
            case NotificationStatus.ON, NotificationStatus.PAUSED:
                return AlertChange.PAUSED
            case NotificationStatus.PAUSED, NotificationStatus.ON:
                return AlertChange.RESUMED
        return None

    def _was_dismissed(self, key: _Key, old: Notification, new: Notification, now: datetime) -> bool:
        """Return whether an alarm was dismissed, and not only marked as ringing."""
        rang = self._rings.get(key)
        if not was_dismissed(old, new, rang=rang is not None and now - rang.at < RINGING):
            return False
        if new.status is NotificationStatus.OFF:
            return True
        if self._unloaded_at is not None and rang is not None and rang.at >= self._unloaded_at:
            # A reload misses the change with which Amazon marks an alarm as ringing; a dismissal also moves its time.
            return _when(new) != _when(old)
        # The change with which Amazon marks an alarm as ringing arrives when it starts to ring.
        return new.rang == old.rang and (rang is None or now - rang.at > CLOCK_SKEW)

    def _compute(self, key: _Key, item: Notification, now: datetime) -> _Computed:
        """Return the next occurrence of a notification; reuse the last one if it is still valid."""
        zone, country = self.zone_of(item.serial), self.country_of(item.serial)
        before = self._computed.get(key)
        if (
            before is not None
            and (before.timed.at is None or before.timed.at > now)
            and (before.zone, before.country) == (zone, country)
            and before.timed.notification == item
        ):
            return before
        try:
            at = next_occurrence(item, now, zone, country)
        except ValueError, ArithmeticError:
            # One invalid notification must not block the others.
            LOGGER.debug("Could not compute the time of a notification of type %s", item.type, exc_info=True)
            at = None
        return _Computed(Timed(item, at), zone, country)

    @callback
    def _async_plan(self) -> None:
        """Fire the due events, and plan the next ones."""
        now = dt_util.utcnow()
        # An occurrence that has passed is not computed again, even if the timer for it is late.
        self._async_fire_due(now)
        # A timer is removed when it stops ringing, which must not count as canceled.
        self._rings = {
            key: due
            for key, due in self._rings.items()
            if now - due.at < RINGING or (key in self._known and due.notification.type in TIMERS)
        }
        self._computed = {key: self._compute(key, item, now) for key, item in self._known.items()}
        self._of_serial = {}
        for computed in self._computed.values():
            self._of_serial.setdefault(computed.timed.notification.serial, []).append(computed)
        due = (
            _Due(key, computed.timed.notification, computed.timed.at)
            for key, computed in self._computed.items()
            if computed.timed.at
        )
        self._due = tuple(sorted(due, key=attrgetter("at")))
        if self._due:
            self._timer.call_at(self._due[0].at, self._async_plan_and_show)
        else:
            self._timer.cancel()
        for planner in tuple(self._planners):
            planner()

    @callback
    def _async_note_clock(self) -> float:
        """Return the seconds by which the system's clock was set since the last call; schedule the next check.

        A suspended computer also counts, because the event loop's clock, on which timers run, does not advance then.
        """
        before, self._clock_lead = self._clock_lead, dt_util.utcnow().timestamp() - self._hass.loop.time()
        self._clock_check.call_later(CLOCK_CHECK, self._async_check_clock)
        return self._clock_lead - before

    @callback
    def _async_check_clock(self) -> None:
        """Plan again if the system's clock was set, because timers would be late, and passed occurrences come again."""
        seconds = self._async_note_clock()
        if seconds < -LATEST_RING.total_seconds():
            now = dt_util.utcnow()
            self._rings = {key: due for key, due in self._rings.items() if due.at <= now}
            self._computed = {}
        elif abs(seconds) <= CLOCK_SKEW.total_seconds():
            return
        self._async_plan_and_show()

    @callback
    def _async_plan_and_show(self) -> None:
        """Fire the due events, plan the next ones, and call the viewers of the devices whose times changed."""
        before = self._computed
        self._async_plan()
        changed = (computed for key, computed in self._computed.items() if computed is not before.get(key))
        for serial in {computed.timed.notification.serial for computed in changed}:
            for viewer in tuple(self._viewers.get(serial, ())):
                viewer()

    @callback
    def _async_fire_due(self, until: datetime) -> None:
        """Fire the ringing event of each notification due by ``until``, once, unless it is over ten minutes late."""
        passed = [due for due in self._due if due.at <= until]
        self._due = tuple(due for due in self._due if due.at > until)
        for due in passed:
            rang = self._rings.get(due.key)
            if rang is not None and rang.at == due.at:
                continue
            self._rings[due.key] = due
            if dt_util.utcnow() - due.at <= LATEST_RING:
                self._async_fire(AlarmEvent(change=AlertChange.RINGING, notification=due.notification, at=due.at))

    @callback
    def _async_fire(self, event: AlarmEvent) -> None:
        """Call the listeners and triggers of an event, or keep it for later while events are held."""
        if self._held is not None:
            self._held.append(event)
            return
        item = event.notification
        data = {"id": item.notification_id, "label": item.label, "at": event.at.isoformat()}
        sent = EchoEvent(entry_id=self._entry.entry_id, serial=item.serial, kind=event.event_type, data=data)
        async_call_each((*self._listeners.get(item.serial, ()), *self._listeners.get(None, ())), event)
        async_send(self._hass, sent)

    @callback
    def _async_stop(self) -> None:
        """Keep the state when the entry is unloaded, for the events that are due before the next setup."""
        self._stopped = True
        if not self._is_first:
            kept = _Kept(dt_util.utcnow(), self._known, self._due, self._rings, tuple(self._held or ()))
            self._hass.data.setdefault(_KEPT, {})[self._entry.entry_id] = kept
