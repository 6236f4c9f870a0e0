"""Actions for alarms, timers and reminders."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import partial
import logging
from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.target import TargetSelection
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from ..cloud.alarm_times import ALARMS, REMINDERS, TIMERS
from ..cloud.errors import AlexaCommandError, AlexaUnsupportedError
from ..cloud.model.alarms import WEEKDAYS, AlarmTone, Recurrence, Timing
from ..cloud.model.commands import command
from ..cloud.model.devices import EVERYWHERE, Notification, NotificationType
from ..cloud.names import contains
from ..cloud.phrases import TimerChange, snooze_sentence, timer_change_sentence, timer_sentence
from ..const import DOMAIN
from ..entity import async_all, command_errors, duration, encodable, fraction, invalid_input, whole
from ..features.alarms import (
    CAN_REMIND,
    CAN_RING,
    HAS_VOLUME,
    LONGEST_TIMER,
    MOST_WEEKS,
    Echo,
    any_default_echo,
    async_by_any_account,
    async_create,
    async_delete,
    async_edit,
    async_find,
    async_make_current,
    async_send_phrase,
    async_skip,
    async_sound,
    async_timer,
    async_volume,
    echo_of,
    echos_that_remind,
    label_of,
    must_be,
    must_be_online,
    must_have,
    phrases_of,
    recurrence_held,
    recurrence_of,
    require_recurrence,
    serials_of,
    time_of_day,
    timing_of,
)
from ..features.speech import is_loaded
from ..features.targets import async_permissions, async_recipients
from ..issues import translated
from .accounts import Action

_LOGGER = logging.getLogger(__name__)

ATTR_ALL_DEVICES: Final = "all_devices"
ATTR_AT: Final = "at"
ATTR_DATE: Final = "date"
ATTR_DURATION: Final = "duration"
ATTR_ENABLED: Final = "enabled"
ATTR_ID: Final = "notification_id"
ATTR_INTERVAL: Final = "interval"
ATTR_LABEL: Final = "label"
ATTR_MESSAGE: Final = "message"
ATTR_SOUND: Final = "sound"
ATTR_TIME: Final = "time"
ATTR_VOLUME: Final = "volume"
ATTR_WEEKDAYS: Final = "weekdays"

UNDO_PAUSES: Final = (0.0, 1.0, 2.0, 5.0)
"""Seconds before each attempt to delete an alarm or reminder after a failure."""

_SECOND: Final = timedelta(seconds=1)

# A form cannot send an empty list.
_NEVER: Final = "NEVER"


def _days(value: list[str]) -> list[str]:
    """Validate days; "never" stands for none of them. Raises ``vol.Invalid`` for "never" beside days."""
    if _NEVER not in value:
        return value
    if set(value) != {_NEVER}:
        raise vol.Invalid("never can't be combined with days")
    return []


# ``cv.datetime`` refuses a time of day such as "07:00", which means its next occurrence.
_WHEN: Final[VolDictType] = {
    vol.Optional(ATTR_AT): vol.All(encodable, vol.Any(cv.datetime, cv.time)),
    vol.Optional(ATTR_TIME): vol.All(encodable, cv.time),
    vol.Optional(ATTR_DATE): vol.All(encodable, cv.date),
}
_REPEATED: Final[VolDictType] = {
    vol.Optional(ATTR_WEEKDAYS): vol.All(cv.ensure_list, [vol.All(vol.Upper, vol.In((*WEEKDAYS, _NEVER)))], _days),
    vol.Optional(ATTR_INTERVAL): vol.All(whole, vol.Range(min=1, max=MOST_WEEKS)),
}
_ECHO: Final = cv.ENTITY_SERVICE_FIELDS
_LENGTH: Final = vol.All(duration, vol.Range(min=_SECOND, max=LONGEST_TIMER))
_TIMER: Final[VolDictType] = {**_ECHO, vol.Optional(ATTR_LABEL): cv.string}
_TIMER_WITH_LENGTH: Final[VolDictType] = {**_TIMER, vol.Required(ATTR_DURATION): _LENGTH}
_ONE: Final[VolDictType] = {vol.Required(ATTR_ID): cv.string}


async def _async_create_alarm(call: ServiceCall) -> ServiceResponse:
    """Create an alarm on each Echo of the call."""
    volume = call.data.get(ATTR_VOLUME)
    echos = await _async_echos(call, CAN_RING, *([] if volume is None else [HAS_VOLUME]))
    plans: list[_Plan] = []
    for echo in echos:
        timing = timing_of(echo, _required_at(call), _recurrence(call))
        plans.append(_Plan(echo, timing, sound=await _async_sound(call, echo)))
    async with _undone_on_failure(call.hass) as made:
        await _async_create_each(call.hass, plans, made)
    if volume is not None:
        for echo, created in made:
            await async_volume(echo, created, volume)
    return _response([created for _, created in made])


async def _async_set_volume(call: ServiceCall) -> ServiceResponse:
    """Set or remove the separate volume of an alarm."""
    echo, alarm = await _async_find(call)
    must_be(alarm, ALARMS, "not_an_alarm")
    must_have(echo, HAS_VOLUME)
    await async_volume(echo, alarm.notification_id, call.data.get(ATTR_VOLUME))
    return {"id": alarm.notification_id}


async def _async_create_reminder(call: ServiceCall) -> ServiceResponse:
    """Create a reminder on each Echo of the call.

    With ``all_devices``, create it for all devices of the target's accounts; without a target, of all loaded accounts.
    """
    label = label_of(call.data[ATTR_MESSAGE])
    if not call.data[ATTR_ALL_DEVICES]:
        echos = await _async_echos(call, CAN_REMIND)
        timings = [timing_of(echo, _required_at(call), _recurrence(call)) for echo in echos]
        sounds = [await _async_sound(call, echo) for echo in echos]
        plans = [_Plan(*parts, label) for parts in zip(echos, timings, sounds, strict=True)]
        async with _undone_on_failure(call.hass) as made:
            await _async_create_each(call.hass, plans, made)
        return _response([created for _, created in made])
    named = await _async_echos(call) if _has_target(call) else []
    by_account: dict[str, list[Echo]] = {}
    for echo in echos_that_remind(call.hass, list({echo.entry.entry_id: echo.entry for echo in named}.values())):
        await _async_permit(call, echo)
        by_account.setdefault(echo.entry.entry_id, []).append(echo)
    async with _undone_on_failure(call.hass) as made:
        for echos in by_account.values():
            await _async_create_everywhere(call, echos, label, made)
    return _response([created for _, created in made])


type _Made = list[tuple[Echo, str]]
"""New alarms and reminders, each as a device and an id."""


async def _async_create_everywhere(call: ServiceCall, echos: Sequence[Echo], label: str, made: _Made) -> None:
    """Create one reminder for all devices of an account, or one on each of ``echos`` if Amazon refuses that."""

    def timing(echo: Echo) -> Timing:
        return timing_of(echo, _required_at(call), _recurrence(call))

    entry = echos[0].entry
    sound = await async_sound(call.hass, echos[0], call.data.get(ATTR_SOUND))
    if everywhere := echo_of(entry, EVERYWHERE):
        with command_errors(call.hass, entry), suppress(AlexaCommandError, AlexaUnsupportedError):
            # A refusal proves that no reminder was created; any other error is ambiguous and is raised.
            at = timing(everywhere)
            created = await everywhere.api.async_create_reminder(everywhere.device, at, label, sound)
            everywhere.notifications.async_expect(EVERYWHERE)
            made.append((everywhere, created))
            return
    await _async_create_each(call.hass, [_Plan(echo, timing(echo), sound, label) for echo in echos], made)


@dataclass(frozen=True, slots=True)
class _Plan:
    """An alarm to create, or a reminder if there is a label."""

    echo: Echo
    timing: Timing
    sound: AlarmTone | None = None
    label: str | None = None


async def _async_create_each(hass: HomeAssistant, plans: Iterable[_Plan], made: _Made) -> None:
    """Create an alarm or a reminder on several devices, and add each to ``made``."""
    for plan in plans:
        create = partial(async_create, hass, timing=plan.timing, sound=plan.sound, label=plan.label)
        made.append(await async_by_any_account(plan.echo, create))


async def _async_sound(call: ServiceCall, echo: Echo) -> AlarmTone | None:
    """Return the sound of a call for a device, or None; raises like ``async_sound``."""
    find = partial(async_sound, call.hass, text=call.data.get(ATTR_SOUND))
    return (await async_by_any_account(echo, find))[1]


async def _async_complete(
    create: Callable[[ServiceCall], Coroutine[Any, Any, ServiceResponse]], call: ServiceCall
) -> ServiceResponse:
    """Run an action to its end even if the caller is canceled, so that it does not stop halfway.

    A restarted automation cancels its actions, for example.
    """
    task = call.hass.async_create_task(create(call), f"{DOMAIN} {call.service}")
    try:
        await asyncio.wait([task])
    except asyncio.CancelledError:
        task.add_done_callback(_log_failure)
        raise
    return task.result()


def _log_failure(task: asyncio.Task[ServiceResponse]) -> None:
    """Log the error of an action whose caller was canceled."""
    if not task.cancelled() and (err := task.exception()):
        _LOGGER.warning("%s", err)


@asynccontextmanager
async def _undone_on_failure(hass: HomeAssistant) -> AsyncGenerator[_Made]:
    """Yield a list for what the block creates; after a ``HomeAssistantError``, delete what is listed, and raise again.

    If some could not be deleted, raises ``HomeAssistantError`` with their ids instead.
    """
    made: _Made = []
    try:
        yield made
    except HomeAssistantError as err:
        are_gone = await asyncio.gather(*(_async_undo(hass, echo, created) for echo, created in made))
        results = zip(made, are_gone, strict=True)
        left = [f"{echo.device.name} ({created})" for (echo, created), is_gone in results if not is_gone]
        if left:
            raise translated(HomeAssistantError, "alarm_left", left=", ".join(left)) from err
        raise


async def _async_undo(hass: HomeAssistant, echo: Echo, created: str) -> bool:
    """Delete a new alarm or reminder, and return whether it is gone.

    A deletion needs the object from Amazon's list, in which a new one may appear late.
    """
    was_listed = False
    for pause in UNDO_PAUSES:
        await asyncio.sleep(pause)
        echo = echo_of(echo.entry, echo.device.serial) or echo
        with command():
            await echo.notifications.async_refresh_shared()
        if item := next((item for item in echo.items if item.notification_id == created), None):
            was_listed = True
            with suppress(HomeAssistantError):
                await async_delete(hass, echo, item)
                return True
        elif was_listed and echo.notifications.last_update_success and not echo.notifications.is_closed:
            return True
    return False


async def _async_create_timer(call: ServiceCall) -> ServiceResponse:
    """Start a timer on each Echo of the target with a text command."""
    echos = await _async_echos(call, CAN_RING)
    label = _label(call)
    sentences = [timer_sentence(phrases_of(echo), call.data[ATTR_DURATION], label) for echo in echos]
    length: timedelta = call.data[ATTR_DURATION]
    started = await async_all(
        async_by_any_account(echo, partial(async_timer, call.hass, sentence=text, length=length, label=label))
        for echo, text in zip(echos, sentences, strict=True)
    )
    return _response([timer_id for _, timer_id in started])


async def _async_change_timer(change: TimerChange, call: ServiceCall) -> ServiceResponse:
    """Pause, resume or extend a timer on each Echo of the target that has a matching one.

    This uses text commands, because Amazon has no request for it.
    """
    label = _label(call)
    echos = await _async_echos(call, CAN_RING)
    unread = await async_make_current(call.hass, echos)
    found: list[tuple[Echo, str, str]] = []
    for echo in echos:
        timers = next(filter(None, (_timers(each, label) for each in echo.shared)), None)
        if timers is None:
            continue
        # The label as stored by Alexa; without a label, Alexa asks which of several timers is meant.
        name = timers[0].label if label or len(timers) == 1 else None
        sentence = timer_change_sentence(echo.device.locale, change, name, call.data.get(ATTR_DURATION))
        if sentence is None:
            raise invalid_input("alarm_language", locale=echo.device.locale or "?", device=echo.device.name)
        found.append((echo, sentence, timers[0].notification_id))
    if not found:
        raise unread or invalid_input("timer_none", device=", ".join(echo.device.name for echo in echos))
    await _async_send_all(call, [(echo, sentence) for echo, sentence, _ in found])
    return _response([notification_id for _, _, notification_id in found])


def _timers(echo: Echo, label: str | None) -> list[Notification]:
    """Return the timers of a device whose labels contain ``label``, or all its timers."""
    return [item for item in echo.items if item.type in TIMERS and contains(item.label, label)]


async def _async_edit_alarm(call: ServiceCall) -> ServiceResponse:
    """Change an alarm."""
    echo, alarm = await _async_find(call)
    must_be(alarm, ALARMS, "not_an_alarm")
    timing = _new_timing(call, echo, alarm)
    sound = await async_sound(call.hass, echo, call.data.get(ATTR_SOUND))
    if timing is None and sound is None:
        raise invalid_input("alarm_no_change")
    await async_edit(call.hass, echo, alarm, timing, sound=sound)
    return {"id": alarm.notification_id}


async def _async_edit_reminder(call: ServiceCall) -> ServiceResponse:
    """Change a reminder."""
    echo, reminder = await _async_find(call)
    must_be(reminder, REMINDERS, "not_a_reminder")
    timing = _new_timing(call, echo, reminder)
    label = label_of(call.data[ATTR_MESSAGE]) if ATTR_MESSAGE in call.data else None
    sound = await async_sound(call.hass, echo, call.data.get(ATTR_SOUND))
    enabled = call.data.get(ATTR_ENABLED)
    if all(change is None for change in (timing, label, sound, enabled)):
        raise invalid_input("alarm_no_change")
    await async_edit(call.hass, echo, reminder, timing, label=label, sound=sound, enabled=enabled)
    return {"id": reminder.notification_id}


async def _async_delete(call: ServiceCall) -> ServiceResponse:
    """Delete an alarm or a reminder, or cancel a timer."""
    echo, item = await _async_find(call)
    await async_delete(call.hass, echo, item)
    return {"id": item.notification_id}


async def _async_skip_next(call: ServiceCall) -> ServiceResponse:
    """Skip the next occurrence of a repeating alarm or reminder."""
    echo, item = await _async_find(call)
    require_recurrence(echo, item)
    await async_skip(call.hass, echo, item)
    return {"id": item.notification_id}


async def _async_snooze(call: ServiceCall) -> ServiceResponse:
    """Snooze the ringing alarms of the target with a text command, because Amazon has no request for it."""
    named = await _async_echos(call)
    ringing = _ringing(named, ALARMS)
    if not ringing:
        if len(named) == 1:
            must_have(named[0], CAN_RING)
        raise invalid_input("alarm_not_ringing", device=", ".join(echo.device.name for echo in named))
    for echo, _ in ringing:
        must_have(echo, CAN_RING)
    await _async_send_all(
        call, [(echo, snooze_sentence(phrases_of(echo), call.data.get(ATTR_DURATION))) for echo, _ in ringing]
    )
    return _response([item.notification_id for _, items in ringing for item in items])


async def _async_stop(call: ServiceCall) -> ServiceResponse:
    """Stop ringing alarms, timers and reminders on the Echos of the target with a text command."""
    named = await _async_echos(call)
    ringing = _ringing(named, ALARMS | TIMERS | REMINDERS)
    echos = [echo for echo, _ in ringing] or [echo for echo in named if echo.device.online] or named
    for echo in echos:
        must_be_online(echo)
    await _async_send_all(call, [(echo, phrases_of(echo).stop) for echo in echos])
    return _response([item.notification_id for _, items in ringing for item in items])


async def _async_send_all(call: ServiceCall, sentences: Iterable[tuple[Echo, str]]) -> None:
    """Send a text command to each device at the same time, so that those of an account can share a request."""
    await async_all(
        async_by_any_account(echo, partial(async_send_phrase, call.hass, sentence)) for echo, sentence in sentences
    )


def _response(ids: Sequence[str | None]) -> ServiceResponse:
    """Return the response of an action for several Echos; ``id`` is the first of the ids, or None."""
    return {"id": ids[0] if ids else None, "ids": [*ids]}


def _ringing(echos: Iterable[Echo], types: Collection[NotificationType]) -> list[tuple[Echo, list[Notification]]]:
    """Return the devices that have ringing notifications of some types, with these notifications, latest first."""
    found: list[tuple[Echo, list[Notification]]] = []
    for echo in echos:
        by_account = (each.watch.ringing(each.device.serial) for each in echo.shared)
        of_types = ([item for item in ringing if item.type in types] for ringing in by_account)
        if items := next(filter(None, of_types), None):
            found.append((echo, items))
    return found


async def _async_read_sounds(hass: HomeAssistant, echo: Echo) -> tuple[dict[str, str], AlarmTone | None]:
    """Return the alarm sounds of a device as names by id, and its default sound, or None."""
    with command_errors(hass, echo.entry):
        found = {sound.sound_id: sound.name for sound in await echo.api.async_sounds(echo.device)}
        return found, await echo.api.async_default_sound(echo.device)


async def _async_sounds(call: ServiceCall) -> ServiceResponse:
    """Return the alarm sounds that all Echos of the target have, and the id of their default sound if all share it."""
    echos = await _async_echos(call, CAN_RING)
    sounds: dict[str, str] = {}
    defaults: set[str | None] = set()
    for number, echo in enumerate(echos):
        found, default = (await async_by_any_account(echo, partial(_async_read_sounds, call.hass)))[1]
        sounds = {key: name for key, name in (sounds if number else found).items() if key in found}
        defaults.add(default.sound_id if default else None)
    return {
        "sounds": [{"id": key, "name": name} for key, name in sounds.items()],
        "default": defaults.pop() if len(defaults) == 1 else None,
    }


_OPTIONAL: Final = SupportsResponse.OPTIONAL

ACTIONS: Final = (
    Action(
        "create_alarm",
        partial(_async_complete, _async_create_alarm),
        {
            **_ECHO,
            **_WHEN,
            **_REPEATED,
            vol.Optional(ATTR_SOUND): cv.string,
            vol.Optional(ATTR_VOLUME): fraction,
        },
        _OPTIONAL,
    ),
    Action(
        "create_reminder",
        partial(_async_complete, _async_create_reminder),
        {
            **_ECHO,
            **_WHEN,
            vol.Required(ATTR_MESSAGE): cv.string,
            vol.Optional(ATTR_ALL_DEVICES, default=False): cv.boolean,
            vol.Optional(ATTR_SOUND): cv.string,
            **_REPEATED,
        },
        _OPTIONAL,
    ),
    Action("create_timer", _async_create_timer, _TIMER_WITH_LENGTH, _OPTIONAL),
    Action("pause_timer", partial(_async_change_timer, TimerChange.PAUSE), _TIMER, _OPTIONAL),
    Action("resume_timer", partial(_async_change_timer, TimerChange.RESUME), _TIMER, _OPTIONAL),
    Action("add_to_timer", partial(_async_change_timer, TimerChange.ADD), _TIMER_WITH_LENGTH, _OPTIONAL),
    Action(
        "edit_alarm",
        _async_edit_alarm,
        {**_ONE, **_WHEN, **_REPEATED, vol.Optional(ATTR_SOUND): cv.string},
        _OPTIONAL,
    ),
    Action(
        "edit_reminder",
        _async_edit_reminder,
        {
            **_ONE,
            **_WHEN,
            **_REPEATED,
            vol.Optional(ATTR_MESSAGE): cv.string,
            vol.Optional(ATTR_SOUND): cv.string,
            vol.Optional(ATTR_ENABLED): cv.boolean,
        },
        _OPTIONAL,
    ),
    Action("set_alarm_volume", _async_set_volume, {**_ONE, vol.Optional(ATTR_VOLUME): fraction}, _OPTIONAL),
    Action("delete_notification", _async_delete, _ONE, _OPTIONAL),
    Action("skip_next", _async_skip_next, _ONE, _OPTIONAL),
    Action("snooze_alarm", _async_snooze, {**_ECHO, vol.Optional(ATTR_DURATION): _LENGTH}, _OPTIONAL),
    Action("stop_alarm", _async_stop, _ECHO, _OPTIONAL),
    Action("get_alarm_sounds", _async_sounds, _ECHO, SupportsResponse.ONLY),
)


def _label(call: ServiceCall) -> str | None:
    """Return the label of a timer, or None if the call has none; raises ``ServiceValidationError`` like ``label_of``.

    An empty label, for example from a template, must not stand for any timer.
    """
    return label_of(call.data[ATTR_LABEL]) if ATTR_LABEL in call.data else None


def _at(call: ServiceCall) -> datetime | time | None:
    """Return the time in a call, or None; raises ``ServiceValidationError`` if it is ambiguous or incomplete."""
    at: datetime | time | None = call.data.get(ATTR_AT)
    clock: time | None = call.data.get(ATTR_TIME)
    day: date | None = call.data.get(ATTR_DATE)
    if at is not None and (clock or day):
        raise invalid_input("alarm_two_times")
    if day is not None and clock is None:
        raise invalid_input("alarm_no_time")
    return at if at is not None or clock is None else clock if day is None else datetime.combine(day, clock)


def _required_at(call: ServiceCall) -> datetime | time:
    """Return the time of a call; raises ``ServiceValidationError`` if it is missing."""
    if (at := _at(call)) is None:
        raise invalid_input("alarm_no_time")
    return at


def _recurrence(call: ServiceCall, interval: int = 1) -> Recurrence | None:
    """Return the recurrence of a call, or None; ``interval`` is used if the call has no interval.

    Raises ``ServiceValidationError`` for an interval of several weeks in a call without weekdays.
    """
    weekdays: Collection[str] = call.data.get(ATTR_WEEKDAYS, ())
    if not weekdays and call.data.get(ATTR_INTERVAL, 1) > 1:
        raise invalid_input("interval_without_weekdays")
    return recurrence_of(weekdays, call.data.get(ATTR_INTERVAL, interval))


def _new_timing(call: ServiceCall, echo: Echo, item: Notification) -> Timing | None:
    """Return the new timing of an existing notification, or None if the call has neither a time nor days."""
    at, interval = _at(call), _interval_held(echo, item)
    recurrence = _recurrence(call, interval)
    if ATTR_WEEKDAYS not in call.data and call.data.get(ATTR_INTERVAL, interval) != interval:
        raise invalid_input("interval_without_weekdays")
    if at is None and ATTR_WEEKDAYS not in call.data:
        return None
    recurrence = recurrence if ATTR_WEEKDAYS in call.data else recurrence_held(echo, item)
    if at is None:
        if item.local_seconds is None:
            raise invalid_input("alarm_time_unknown", id=item.notification_id)
        at = time_of_day(item.local_seconds)
    return timing_of(echo, at, recurrence)


def _interval_held(echo: Echo, item: Notification) -> int:
    """Return the interval of a notification in weeks; 1 if it has none or an unsupported rule."""
    with suppress(ServiceValidationError):
        if held := recurrence_held(echo, item):
            return held.interval
    return 1


def _has_target(call: ServiceCall) -> bool:
    """Return whether a call has a target; raises ``ServiceValidationError`` for one that contains nothing.

    A target without ids, for example from a template, must not stand for the default device or for all devices.
    """
    if TargetSelection(call.data).has_any_target:
        return True
    if any(field in call.data for field in cv.ENTITY_SERVICE_FIELDS):
        raise invalid_input("speech_no_target")
    return False


async def _async_echos(call: ServiceCall, *capabilities: str) -> list[Echo]:
    """Return the target devices with the given capabilities, or the default device if the call has no target."""
    if not _has_target(call):
        echo = any_default_echo(call.hass)
        await _async_permit(call, echo)
        for capability in capabilities:
            must_have(echo, capability)
        return [echo]
    recipients, unknown = await async_recipients(call.hass, call)
    if unknown:
        raise invalid_input("alarm_no_echo", name=", ".join(unknown))
    found: list[Echo] = []
    refusals: list[ServiceValidationError] = []
    for recipient in recipients:
        player = recipient.player
        try:
            if not is_loaded(player.entry):
                raise invalid_input("account_not_loaded")
            if player.device is None or (known := echo_of(player.entry, player.device.serial)) is None:
                raise invalid_input("alarm_no_echo", name=player.entity_id)
            for capability in capabilities:
                must_have(known, capability)
            others = (echo_of(other.entry, player.device.serial) for other in recipient.players[1:])
            first, *rest = sorted((known, *filter(None, others)), key=lambda echo: not echo.is_owned)
            found.append(replace(first, others=tuple(rest)))
        except ServiceValidationError as err:
            if recipient.direct:
                raise
            refusals.append(err)
    if not found:
        raise refusals[0] if refusals else invalid_input("speech_no_target")
    return found


async def _async_find(call: ServiceCall) -> tuple[Echo, Notification]:
    """Return the device and the notification with the id in a call; raises ``Unauthorized`` like ``_async_permit``."""
    echo, item = await async_find(call.hass, call.data[ATTR_ID])
    await _async_permit(call, echo)
    return echo, item


async def _async_permit(call: ServiceCall, echo: Echo) -> None:
    """Raise ``Unauthorized`` (``require_echos``) if the caller may not control all media players of ``serials_of``."""
    (await async_permissions(call.hass, call.context)).require_echos(echo.entry, serials_of(echo))
