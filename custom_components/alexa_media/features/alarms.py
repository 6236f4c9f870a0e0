"""Alarms, timers and reminders for actions and entities: devices, validation and commands."""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
from homeassistant.util import dt as dt_util

from ..cloud.alarm_times import (
    ALARMS,
    REMINDERS,
    TIMERS,
    first_day,
    may_occur,
    next_occurrence,
    repeats,
    repetition_rules,
    weekdays_of,
)
from ..cloud.errors import AlexaAuthError, AlexaError
from ..cloud.model.alarms import WEEKDAYS, AlarmsApi, AlarmTone, Recurrence, Timing
from ..cloud.model.commands import TextCommand
from ..cloud.model.devices import EVERYWHERE, Device, Notification, NotificationStatus
from ..cloud.names import by_name, folded, same, told_apart
from ..cloud.phrases import Phrases, phrases_for
from ..const import CONF_DEFAULT_DEVICE, DOMAIN
from ..coordinator.alarm_watch import AlarmWatch
from ..coordinator.device_states import NotificationsCoordinator
from ..coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData, running_data
from ..entity import command_errors, invalid_input, most_serious, player_unique_id
from ..issues import NO_DEFAULT

CAN_RING: Final = "TIMERS_AND_ALARMS"
CAN_REMIND: Final = "REMINDERS"
HAS_VOLUME: Final = "TIMERS_ALARMS_NOTIFICATIONS_VOLUME"

_MISSING: Final = {CAN_RING: "alarm_unsupported", CAN_REMIND: "reminder_unsupported", HAS_VOLUME: "alarm_no_volume"}
"""Translation keys of the errors for a device that lacks a capability."""

# Minimum time ahead: an earlier time could be in the past when Amazon receives it.
LEAST_AHEAD: Final = timedelta(seconds=5)
LONGEST_LABEL: Final = 256
LONGEST_TIMER: Final = timedelta(hours=24)
MOST_WEEKS: Final = 52

# Maximum years ahead: a later time is probably a mistake, and converting its time zone may exceed the range of
# datetime.
MOST_YEARS: Final = 10
_FIRST_YEAR: Final = 1970

# Seconds to wait until a timer that was started with a text command appears in the list.
TIMER_APPEARS: Final = 8.0

# Maximum seconds that a timer may have run when it appears; a slow request for the command takes some of them.
_TIMER_ELAPSED: Final = 30.0


ALL_DEVICES: Final = Device.standing_for_all(EVERYWHERE, capabilities=frozenset({CAN_REMIND}))
"""Device that stands for all devices of an account in reminders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo:
    """A device with its account, and with the account's runtime data, alarms API, notifications and ``AlarmWatch``.

    ``others`` are the same device in other accounts of the target, which ``async_by_any_account`` uses.
    """

    entry: AlexaConfigEntry
    runtime: AlexaRuntimeData
    device: Device
    api: AlarmsApi
    notifications: NotificationsCoordinator
    watch: AlarmWatch
    others: tuple[Echo, ...] = ()

    @property
    def shared(self) -> tuple[Echo, ...]:
        """Return the device in all accounts of the target, this one first."""
        return self, *self.others

    @property
    def is_owned(self) -> bool:
        """Return whether the device belongs to its account; Amazon may refuse alarms of others in the household."""
        return self.device.owner_customer_id == self.runtime.backend.account.customer_id

    @property
    def zone(self) -> tzinfo:
        """Return the time zone of the device's alarms."""
        return self.watch.zone_of(self.device.serial)

    @property
    def items(self) -> tuple[Notification, ...]:
        """Return the notifications of the device."""
        return self.notifications.data.get(self.device.serial, ())

    def next_of(self, notification: Notification) -> datetime | None:
        """Return the next occurrence of a notification in UTC, or None."""
        country = self.watch.country_of(self.device.serial)
        return next_occurrence(notification, dt_util.utcnow(), self.zone, country)

    def may_occur(self, notification: Notification) -> bool:
        """Return whether a notification has a next occurrence, even at an unknown time."""
        country = self.watch.country_of(self.device.serial)
        return may_occur(notification, dt_util.utcnow(), self.zone, country)


# --- devices --------------------------------------------------------------------------------


def echo_of(entry: AlexaConfigEntry, serial: str) -> Echo | None:
    """Return a device of an account, or ``ALL_DEVICES`` for the serial ``EVERYWHERE``.

    None if the account isn't running, if its cloud does not support alarms, or if it has no such device.
    """
    if (runtime := running_data(entry)) is None:
        return None
    device = ALL_DEVICES if serial == EVERYWHERE else runtime.devices.data.get(serial)
    if not (device and runtime.backend.alarms and runtime.notifications and runtime.alarm_watch):
        return None
    return Echo(
        entry=entry,
        runtime=runtime,
        device=device,
        api=runtime.backend.alarms,
        notifications=runtime.notifications,
        watch=runtime.alarm_watch,
    )


def serials_of(echo: Echo) -> list[str]:
    """Return the serial of a device; for ``ALL_DEVICES``, the serials of all devices that support reminders."""
    if echo.device.serial != EVERYWHERE:
        return [echo.device.serial]
    devices = echo.runtime.devices.data
    return [serial for serial, device in devices.items() if CAN_REMIND in device.capabilities]


def leaves_of(echo: Echo) -> tuple[Device, ...]:
    """Return ``DevicesCoordinator.leaves`` of a device."""
    return echo.runtime.devices.leaves(echo.device)


@callback
def echo_by_entity(hass: HomeAssistant, entity_id: str) -> Echo:
    """Return the device of a media player entity.

    Raises ``ServiceValidationError`` unless a loaded account that supports alarms has the device.
    """
    item = er.async_get(hass).async_get(entity_id)
    if item and item.platform == DOMAIN and item.domain == MEDIA_PLAYER_DOMAIN:
        entry = hass.config_entries.async_get_entry(item.config_entry_id or "")
        for echo in _echos(entry) if entry else ():
            if player_unique_id(echo.entry, echo.device.serial) == item.unique_id:
                return echo
    raise invalid_input("alarm_no_echo", name=entity_id)


@callback
def default_echo(entry: AlexaConfigEntry) -> Echo | None:
    """Return the default device that the user selected for the account, or None."""
    return echo_of(entry, entry.options.get(CONF_DEFAULT_DEVICE, ""))


@callback
def any_default_echo(hass: HomeAssistant, account: AlexaConfigEntry | None = None) -> Echo:
    """Return the default device of an account, or of the first account that has one.

    Raises ``ServiceValidationError`` if there is none. If none of the accounts is loaded, or one that isn't loaded has
    a default device, the error says that an account isn't loaded. Otherwise, if alarms are supported, a repair issue is
    created for the first account with single devices to choose from.
    """
    every: list[AlexaConfigEntry] = hass.config_entries.async_entries(DOMAIN, include_disabled=False)
    accounts = [account] if account else every
    entries = [entry for entry in accounts if entry.state is ConfigEntryState.LOADED]
    for entry in entries:
        if echo := default_echo(entry):
            return echo
    if not entries or any(entry.options.get(CONF_DEFAULT_DEVICE) for entry in accounts if entry not in entries):
        raise invalid_input("account_not_loaded")
    _must_have_alarms(entries)
    if able := next((entry for entry in entries if default_choices(entry, groups=False)), None):
        NO_DEFAULT.async_report(hass, able)
    raise invalid_input("alarm_no_device")


def default_choices(entry: AlexaConfigEntry, *, groups: bool = True) -> dict[str, str]:
    """Return the devices to choose a default from: serials by name, with the serial added to a name that is taken.

    ``groups`` is whether to include groups with alarms of their own, such as stereo pairs.
    """
    devices = entry.runtime_data.devices.data.values()
    return by_name(
        (device.name, f"{device.name} ({device.serial})", device.serial)
        for device in sorted(devices, key=lambda device: (device.name.casefold(), device.serial))
        if CAN_RING in device.capabilities and (groups or not device.is_group)
    )


@callback
def async_choose_default(hass: HomeAssistant, entry: AlexaConfigEntry, serial: str) -> None:
    """Store the default device of an account, and delete the repair issue about a missing default device."""
    hass.config_entries.async_update_entry(entry, options={**entry.options, CONF_DEFAULT_DEVICE: serial})
    NO_DEFAULT.async_clear(hass, entry)
    entry.runtime_data.devices.async_update_listeners()


@callback
def echo_by_name(hass: HomeAssistant, entry: AlexaConfigEntry, text: str) -> Echo:
    """Return the device with the given name or serial, or of the given media player entity.

    "All devices" stands for all devices unless a device has that name. Raises ``ServiceValidationError`` unless exactly
    one matches.
    """
    wanted = text.strip()
    if wanted.startswith(f"{MEDIA_PLAYER_DOMAIN}."):
        echo = echo_by_entity(hass, wanted)
        if echo.entry is entry:
            return echo
    found = [echo for echo in _echos(entry) if wanted == echo.device.serial or same(text, echo.device.name)]
    if len(found) == 1:
        return found[0]
    if not found and same(text, ALL_DEVICES.name) and (everywhere := echo_of(entry, EVERYWHERE)):
        return everywhere
    able = [echo.device for echo in _echos(entry) if CAN_RING in echo.device.capabilities]
    known = told_apart((device.name, device.serial) for device in able)
    raise invalid_input("alarm_location_unknown", location=wanted, known=known)


def _echos(entry: AlexaConfigEntry) -> list[Echo]:
    """Return the devices of an account; empty if the account isn't loaded or its cloud does not support alarms."""
    if entry.state is not ConfigEntryState.LOADED:
        return []
    return [echo for serial in entry.runtime_data.devices.data if (echo := echo_of(entry, serial))]


def echos_that_remind(hass: HomeAssistant, entries: Collection[AlexaConfigEntry]) -> list[Echo]:
    """Return the online devices that support reminders, each once; an empty ``entries`` means all loaded accounts.

    Raises ``ServiceValidationError`` if there are no such devices.
    """
    found: dict[str, Echo] = {}
    loaded: list[AlexaConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    if not loaded:
        raise invalid_input("account_not_loaded")
    _must_have_alarms(entries or loaded)
    for entry in entries or loaded:
        for echo in _echos(entry):
            if CAN_REMIND in echo.device.capabilities and echo.device.online:
                found.setdefault(echo.device.serial, echo)
    if not found:
        raise invalid_input("alarm_no_reminder_echo")
    return list(found.values())


def _must_have_alarms(entries: Iterable[AlexaConfigEntry]) -> None:
    """Raise ``ServiceValidationError`` if none of ``entries``, which must be loaded, supports alarms."""
    if all(entry.runtime_data.backend.alarms is None for entry in entries):
        raise invalid_input("no_account")


def must_have(echo: Echo, capability: str) -> None:
    """Raise ``ServiceValidationError`` for a device that is offline or lacks a capability."""
    if capability not in echo.device.capabilities:
        able = [leaf.name for leaf in leaves_of(echo) if capability in leaf.capabilities]
        if echo.device.is_group and able:
            raise invalid_input("alarm_group", group=echo.device.name, devices=", ".join(sorted(able)))
        raise invalid_input(_MISSING[capability], device=echo.device.name)
    must_be_online(echo)


def must_be_online(echo: Echo) -> None:
    """Raise ``ServiceValidationError`` for a device that is offline."""
    if not echo.device.online:
        raise invalid_input("alarm_offline", device=echo.device.name)


async def async_find(hass: HomeAssistant, notification_id: str) -> tuple[Echo, Notification]:
    """Return the notification with the given id or index, and its device.

    If none is found, raises ``HomeAssistantError`` if an account could not be read, else ``ServiceValidationError``.
    """
    entries: list[AlexaConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    failed: tuple[AlexaConfigEntry, AlexaError] | None = None
    for entry in entries:
        if (runtime := running_data(entry)) is None or (notifications := runtime.notifications) is None:
            continue
        try:
            await notifications.async_make_current()
        except AlexaError as err:
            failed = entry, err
        for serial, items in notifications.data.items():
            for item in items:
                if notification_id in (item.notification_id, item.index) and (echo := echo_of(entry, serial)):
                    return echo, item
    if failed:
        with command_errors(hass, failed[0]):
            raise failed[1]
    if any(entry.state is not ConfigEntryState.LOADED for entry in entries):
        raise invalid_input("account_not_loaded")
    raise invalid_input("alarm_gone", id=notification_id)


async def async_make_current(hass: HomeAssistant, echos: Iterable[Echo]) -> HomeAssistantError | None:
    """Read the notifications of some devices unless they are current; return the first error, or None."""
    failed: HomeAssistantError | None = None
    every = (each for echo in echos for each in echo.shared)
    for entry, notifications in {each.entry.entry_id: (each.entry, each.notifications) for each in every}.values():
        try:
            with command_errors(hass, entry):
                await notifications.async_make_current()
        except HomeAssistantError as err:
            failed = failed or err
    return failed


# --- validation -----------------------------------------------------------------------------


def timing_of(echo: Echo, at: datetime | time, recurrence: Recurrence | None) -> Timing:
    """Return the timing for a notification.

    A time of day means its next occurrence in the zone of the device. A date and time without a zone is in that zone,
    too. A repeating notification starts on the first matching weekday; a start in the past is moved forward. Raises
    ``ServiceValidationError`` for a single time that is past or too soon, and for a year before 1970 or too far ahead.
    """
    zone = echo.zone
    earliest = dt_util.now(zone) + LEAST_AHEAD
    if isinstance(at, datetime) and not _FIRST_YEAR <= at.year <= earliest.year + MOST_YEARS:
        key = "alarm_past" if at.year < _FIRST_YEAR else "alarm_far"
        raise invalid_input(key, time=at.replace(tzinfo=None).isoformat(" ", "seconds"), device=echo.device.name)
    if isinstance(at, time):
        local = datetime.combine(earliest.date(), at.replace(tzinfo=None), zone)
        if local < earliest:
            local = _days_later(local, 1)
    else:
        local = at.replace(tzinfo=zone) if at.tzinfo is None else at.astimezone(zone)
    local = local.replace(microsecond=0)
    if recurrence:
        if local < earliest:
            days = (earliest.date() - local.date()).days
            local = _days_later(local, days)
            local = local if local >= earliest else _days_later(local, 1)
        while WEEKDAYS[local.weekday()] not in recurrence.weekdays:
            local = _days_later(local, 1)
    elif local < earliest:
        raise invalid_input("alarm_past", time=local.strftime("%Y-%m-%d %H:%M:%S"), device=echo.device.name)
    return Timing(at=local, recurrence=recurrence)


def time_of_day(seconds: float) -> time:
    """Return the time of day at ``seconds`` after midnight."""
    minutes, left = divmod(int(seconds), 60)
    return time(minutes // 60, minutes % 60, left)


def _days_later(local: datetime, days: int) -> datetime:
    """Return the same local time ``days`` later."""
    return datetime.combine(local.date() + timedelta(days=days), local.timetz())


def recurrence_of(weekdays: Collection[str], interval: int = 1) -> Recurrence | None:
    """Return a recurrence on some weekdays (MO … SU, in any order); None if there are none."""
    days = tuple(day for day in WEEKDAYS if day in weekdays)
    return Recurrence(weekdays=days, interval=interval) if days else None


def recurrence_of_rule(rule: str | None, first: date, *, error: str = "alarm_recurrence") -> Recurrence | None:
    """Return the recurrence for an RFC 5545 rule, or None without a rule.

    A weekly rule without weekdays uses the weekday of ``first``, the first day. Raises ``ServiceValidationError`` with
    the translation key ``error`` for an unsupported rule, such as a monthly one or one with an end.
    """
    if not rule:
        return None
    parts = dict(part.partition("=")[::2] for part in rule.upper().removeprefix("RRULE:").split(";") if part)
    frequency, days = parts.pop("FREQ", ""), parts.pop("BYDAY", "")
    interval = parts.pop("INTERVAL", "1")
    parts.pop("WKST", None)
    weekdays = days.split(",") if days else list(WEEKDAYS) if frequency == "DAILY" else [WEEKDAYS[first.weekday()]]
    fits = (
        not parts
        and set(weekdays) <= set(WEEKDAYS)
        and interval.isdecimal()
        and len(interval) <= len(str(MOST_WEEKS))
        and 1 <= int(interval) <= MOST_WEEKS
        and (frequency == "WEEKLY" or (frequency == "DAILY" and int(interval) == 1))
    )
    if not fits:
        raise invalid_input(error, rule=rule)
    return recurrence_of(weekdays, int(interval))


def rule_of(recurrence: Recurrence) -> str:
    """Return a recurrence as an RFC 5545 rule."""
    every = f";INTERVAL={recurrence.interval}" if recurrence.interval != 1 else ""
    return f"FREQ=WEEKLY;BYDAY={','.join(recurrence.weekdays)}{every}"


def recurrence_held(echo: Echo, notification: Notification) -> Recurrence | None:
    """Return the recurrence of a stored notification, or None if it does not repeat.

    Raises ``ServiceValidationError`` for a recurrence that cannot be written back.
    """
    if not repeats(notification):
        return None
    if rules := repetition_rules(notification):
        if len(rules) == 1:
            parts = [part for part in rules[0].split(";") if part.partition("=")[0] not in _CLOCK]
            first = first_day(notification, dt_util.utcnow(), echo.zone)
            return recurrence_of_rule(";".join(parts), first, error="alarm_recurrence_kept")
        raise invalid_input("alarm_recurrence_kept", rule="; ".join(rules))
    days = weekdays_of(notification, echo.watch.country_of(echo.device.serial))
    return recurrence_of([WEEKDAYS[day - 1] for day in days])


_CLOCK: Final = ("BYHOUR", "BYMINUTE", "BYSECOND")


def label_of(text: str) -> str:
    """Return a label with whitespace collapsed; raises ``ServiceValidationError`` if it is empty or too long.

    A label that only has invisible characters is empty: it would match every other one.
    """
    label = " ".join(text.split())
    if not folded(label):
        raise invalid_input("alarm_label_empty")
    if len(label) > LONGEST_LABEL:
        raise invalid_input("text_too_long", length=str(len(label)), limit=str(LONGEST_LABEL))
    return label


async def async_sound(hass: HomeAssistant, echo: Echo, text: str | None) -> AlarmTone | None:
    """Return a sound of the device by its id or name, or None without a text.

    For ``ALL_DEVICES``, the sounds of the first device that supports reminders are used. Raises
    ``ServiceValidationError`` if there is no such sound, and ``HomeAssistantError`` if the sounds cannot be read.
    """
    if not text:
        return None
    device = echo.runtime.devices.data.get(next(iter(serials_of(echo)), ""), echo.device)
    with command_errors(hass, echo.entry):
        sounds = await echo.api.async_sounds(device)
    for sound in sounds:
        if same(text, sound.sound_id) or same(text, sound.name):
            return sound
    known = ", ".join(sorted(sound.name for sound in sounds)) or "-"
    raise invalid_input("alarm_sound_unknown", device=device.name, sound=text, known=known)


def must_be(notification: Notification, wanted: Collection[str], key: str) -> None:
    """Raise ``ServiceValidationError`` with the translation key ``key`` unless a notification has a wanted type."""
    if notification.type not in wanted:
        raise invalid_input(key, id=notification.notification_id)


def require_recurrence(echo: Echo, notification: Notification) -> None:
    """Raise ``ServiceValidationError`` if a notification does not repeat or has no next occurrence to skip."""
    if not repeats(notification) or notification.type in TIMERS or not echo.may_occur(notification):
        raise invalid_input("alarm_not_recurring", id=notification.notification_id)


# --- commands -------------------------------------------------------------------------------


async def async_by_any_account[T](echo: Echo, act: Callable[[Echo], Coroutine[Any, Any, T]]) -> tuple[Echo, T]:
    """Return the result of a function for a device, and the device in the account that was used.

    The next account is used if Amazon no longer accepts the sign-in of one, because such a request has no effect.
    Raises the most serious error if none works.
    """
    errors: list[HomeAssistantError] = []
    for each in echo.shared:
        try:
            return each, await act(each)
        except HomeAssistantError as err:
            errors.append(err)
            if err.translation_key != AlexaAuthError.translation_key:
                break
    raise most_serious(errors)


async def async_create(
    hass: HomeAssistant, echo: Echo, timing: Timing, *, label: str | None = None, sound: AlarmTone | None = None
) -> str:
    """Create a reminder if there is a label, else an alarm; return its id."""
    with command_errors(hass, echo.entry):
        if label is None:
            created = await echo.api.async_create_alarm(echo.device, timing, sound)
        else:
            created = await echo.api.async_create_reminder(echo.device, timing, label, sound)
    echo.notifications.async_expect(echo.device.serial)
    return created


async def async_edit(
    hass: HomeAssistant,
    echo: Echo,
    notification: Notification,
    timing: Timing | None,
    *,
    label: str | None = None,
    sound: AlarmTone | None = None,
    enabled: bool | None = None,
) -> None:
    """Change an alarm or a reminder; ``None`` keeps a value.

    A new ``timing`` turns a reminder on unless ``enabled`` is False. ``label`` and ``enabled`` are only for reminders.
    Raises ``ServiceValidationError`` if a reminder without a next occurrence is turned on and gets no new time.
    """
    if enabled and not timing and not echo.may_occur(replace(notification, status=NotificationStatus.ON)):
        raise invalid_input("reminder_over", id=notification.notification_id)
    with command_errors(hass, echo.entry):
        if notification.type in ALARMS:
            await echo.api.async_edit_alarm(echo.device, notification, timing, sound)
        else:
            await echo.api.async_edit_reminder(notification, timing, label, sound=sound, enabled=enabled)
    echo.notifications.async_expect(echo.device.serial)


async def async_delete(hass: HomeAssistant, echo: Echo, notification: Notification) -> None:
    """Delete an alarm or a reminder, or cancel a timer."""
    with command_errors(hass, echo.entry):
        await echo.api.async_delete(notification)
    echo.notifications.async_expect(echo.device.serial)


async def async_skip(hass: HomeAssistant, echo: Echo, notification: Notification) -> None:
    """Skip the next occurrence of a repeating alarm or reminder."""
    with command_errors(hass, echo.entry):
        await echo.api.async_skip_next(notification)
    echo.notifications.async_expect(echo.device.serial)


async def async_switch(hass: HomeAssistant, echo: Echo, alarm: Notification, *, enabled: bool) -> None:
    """Turn an alarm or a reminder on or off."""
    if alarm.type in REMINDERS:
        await async_edit(hass, echo, alarm, None, enabled=enabled)
        return
    with command_errors(hass, echo.entry):
        await echo.api.async_switch_alarm(echo.device, alarm, enabled=enabled)
    echo.notifications.async_expect(echo.device.serial)


async def async_volume(echo: Echo, alarm_id: str, volume: float | None) -> None:
    """Set the separate volume (0–1) of an alarm, or remove that volume (``None``)."""
    if (volumes := echo.runtime.alarm_volume_override) is not None:
        await volumes.async_set(alarm_id, None if volume is None else round(volume * 100))


def phrases_of(echo: Echo) -> Phrases:
    """Return the phrases in the language of a device; raises ``ServiceValidationError`` for an unsupported language."""
    if (phrases := phrases_for(echo.device.locale)) is None:
        raise invalid_input("alarm_language", locale=echo.device.locale or "?", device=echo.device.name)
    return phrases


async def async_send_phrase(hass: HomeAssistant, sentence: str, echo: Echo) -> None:
    """Send a device a text command about its alarms, timers or reminders."""
    with command_errors(hass, echo.entry):
        await echo.runtime.backend.async_execute(TextCommand(text=sentence), (echo.device,))
    echo.notifications.async_expect(echo.device.serial)


async def async_timer(
    hass: HomeAssistant, echo: Echo, sentence: str, length: timedelta, label: str | None
) -> str | None:
    """Start a timer with a text command; return its id, or None if it does not appear within 8 seconds.

    ``length`` and ``label`` are those in ``sentence``. If Alexa changes the label, the id is returned after 8 seconds.
    """
    known = _timers(echo).keys()
    changed = asyncio.Event()
    stop = echo.notifications.async_add_listener(changed.set, echo.device.serial)
    try:
        await async_send_phrase(hass, sentence, echo)
        async with asyncio.timeout(TIMER_APPEARS):
            while not (new := _new_timers(echo, known, length, label)):
                await changed.wait()
                changed.clear()
    except TimeoutError:
        new = _new_timers(echo, known, length)
    finally:
        stop()
    return min(new, default=None)


def _new_timers(echo: Echo, known: Collection[str], length: timedelta, label: str | None = None) -> list[str]:
    """Return the ids of a device's timers that are not in ``known`` and may have the given length and label."""
    wanted = length.total_seconds()
    return [
        timer_id
        for timer_id, timer in _timers(echo).items()
        if timer_id not in known
        and (timer.remaining is None or wanted - _TIMER_ELAPSED <= timer.remaining <= wanted + 1)
        and (label is None or same(timer.label, label))
    ]


def _timers(echo: Echo) -> Mapping[str, Notification]:
    """Return the timers of a device by id."""
    return {item.notification_id: item for item in echo.items if item.type in TIMERS}
