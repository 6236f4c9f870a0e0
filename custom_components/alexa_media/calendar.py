"""Calendar platform."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final, override

from homeassistant.components.calendar import CalendarEntity, CalendarEvent
from homeassistant.components.calendar.const import CalendarEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util

from .cloud.alarm_times import ALARMS, REMINDERS, occurrences, repeats
from .cloud.model.devices import Notification
from .cloud.names import same, tidy
from .coordinator.device_states import NotificationsCoordinator
from .coordinator.runtime import AlexaRuntimeData
from .entity import AccountEntity, EntityAdder, invalid_input, platform_setup
from .features.alarms import (
    CAN_REMIND,
    CAN_RING,
    Echo,
    any_default_echo,
    async_create,
    async_delete,
    async_edit,
    async_find,
    async_skip,
    echo_by_name,
    echo_of,
    label_of,
    must_have,
    recurrence_held,
    recurrence_of_rule,
    require_recurrence,
    rule_of,
    serials_of,
    timing_of,
)
from .features.targets import async_permissions

PARALLEL_UPDATES = 0


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up the calendar of an account whose cloud supports alarms and reminders."""
    if data.notifications and data.backend.alarms:
        add.account(AlexaCalendar(add.entry, data.notifications))


# It is unknown how long an alarm rings, but an event needs a duration to be visible.
LENGTH: Final = timedelta(minutes=1)

# An event with this title, or without a title, creates an alarm, which has no label; any other one creates a reminder.
ALARM: Final = "Alarm"

# Maximum number of events per alarm or reminder, enough for a daily one over a year.
MOST: Final = 400


class AlexaCalendar(AccountEntity[NotificationsCoordinator], CalendarEntity):
    """Calendar of the occurrences of enabled alarms and reminders."""

    key = "alerts"
    _attr_translation_key = key
    _attr_supported_features = (
        CalendarEntityFeature.CREATE_EVENT | CalendarEntityFeature.DELETE_EVENT | CalendarEntityFeature.UPDATE_EVENT
    )

    @property
    @override
    def event(self) -> CalendarEvent | None:
        now = dt_util.utcnow()
        firsts = (next(self._events(echo, item, now - LENGTH), None) for echo, item in self._items())
        return min((event for event in firsts if event), key=lambda event: event.start_datetime_local, default=None)

    @override
    async def async_get_events(
        self, hass: HomeAssistant, start_date: datetime, end_date: datetime
    ) -> list[CalendarEvent]:
        found: list[CalendarEvent] = []
        for echo, item in self._items():
            events = self._events(echo, item, start_date - LENGTH)
            within = takewhile(lambda event: event.start_datetime_local < end_date, events)
            found += [event for event, _ in zip(within, range(MOST), strict=False)]
        return sorted(found, key=lambda event: event.start_datetime_local)

    def _items(self) -> Iterator[tuple[Echo, Notification]]:
        """Yield all alarms and reminders, including disabled ones, each with its device."""
        for serial, items in self.coordinator.data.items():
            if echo := echo_of(self.entry, serial):
                yield from ((echo, item) for item in items if item.type in ALARMS | REMINDERS)

    def _events(self, echo: Echo, item: Notification, after: datetime) -> Iterator[CalendarEvent]:
        """Yield the events of one notification that start after ``after`` (aware)."""
        repeated = repeats(item)
        rule = _rule(echo, item)
        country = echo.watch.country_of(echo.device.serial)
        for at in occurrences(item, after, echo.zone, country):
            start = at.astimezone(echo.zone)
            yield CalendarEvent(
                start=start,
                end=start + LENGTH,
                summary=_title(echo, item),
                location=echo.device.name,
                uid=item.notification_id,
                recurrence_id=at.isoformat() if repeated else None,
                rrule=rule,
            )

    # --- changes ------------------------------------------------------------------------

    @override
    async def async_create_event(self, **kwargs: Any) -> None:
        """Create an alarm if the title is empty or "Alarm", else a reminder; the location selects the Echo.

        Without a location, the default Echo is used.
        """
        label = kwargs.get("summary") or ""
        is_alarm = not tidy(label) or same(label, ALARM)
        permissions = await async_permissions(self.hass, self.caller)
        if (kwargs.get("description") or "").strip():
            raise invalid_input("alarm_description")
        echo = self._echo(kwargs.get("location"))
        permissions.require_echos(self.entry, serials_of(echo))
        must_have(echo, CAN_RING if is_alarm else CAN_REMIND)
        start = _start(kwargs["dtstart"])
        local = start.astimezone(echo.zone) if start.tzinfo else start
        timing = timing_of(echo, start, recurrence_of_rule(kwargs.get("rrule"), local.date()))
        await async_create(self.hass, echo, timing, label=None if is_alarm else label_of(label))

    @override
    async def async_update_event(
        self,
        uid: str,
        event: dict[str, Any],
        recurrence_id: str | None = None,
        recurrence_range: str | None = None,
    ) -> None:
        """Change an alarm or a reminder; for a repeating one, all future occurrences."""
        if (event.get("description") or "").strip():
            raise invalid_input("alarm_description")
        echo, item = await async_find(self.hass, uid)
        if recurrence_id and not (recurrence_range and self._is_next(echo, item, recurrence_id)):
            raise invalid_input("alarm_one_of_many")
        location = (event.get("location") or "").strip()
        if location and self._echo(location).device.serial != echo.device.serial:
            raise invalid_input("alarm_other_echo", device=echo.device.name)
        start = _start(event["dtstart"])
        local = start.astimezone(echo.zone) if start.tzinfo else start
        timing = timing_of(echo, start, recurrence_of_rule(event.get("rrule"), local.date()))
        label = event.get("summary") or ""
        if item.type in ALARMS:
            if tidy(label) and not any(same(label, own) for own in (item.label or ALARM, _title(echo, item))):
                raise invalid_input("alarm_label_fixed")
            await async_edit(self.hass, echo, item, timing)
        else:
            await async_edit(self.hass, echo, item, timing, label=label_of(label))

    @override
    async def async_delete_event(
        self, uid: str, recurrence_id: str | None = None, recurrence_range: str | None = None
    ) -> None:
        """Delete an alarm or a reminder, or skip the next occurrence of a repeating one."""
        echo, item = await async_find(self.hass, uid)
        if not recurrence_id:
            await async_delete(self.hass, echo, item)
        elif not self._is_next(echo, item, recurrence_id):
            raise invalid_input("alarm_one_of_many")
        elif recurrence_range:
            await async_delete(self.hass, echo, item)
        else:
            require_recurrence(echo, item)
            await async_skip(self.hass, echo, item)

    def _echo(self, location: str | None) -> Echo:
        """Return the Echo named by a location, or the default Echo without one; raises ``ServiceValidationError``."""
        if location and location.strip():
            return echo_by_name(self.hass, self.entry, location)
        return any_default_echo(self.hass, self.entry)

    def _is_next(self, echo: Echo, item: Notification, recurrence_id: str) -> bool:
        """Return whether an occurrence is the next one of its notification."""
        try:
            return datetime.fromisoformat(recurrence_id) == echo.next_of(item)
        except ValueError:
            return False


def _rule(echo: Echo, item: Notification) -> str | None:
    """Return the recurrence rule of a notification, or None if it has no supported recurrence."""
    try:
        recurrence = recurrence_held(echo, item)
    except ServiceValidationError:
        return None
    return rule_of(recurrence) if recurrence else None


def _title(echo: Echo, item: Notification) -> str:
    """Return the title of an event: the label, which may be empty for a reminder.

    An alarm without a label gets "Alarm" with the name of the Echo.
    """
    if item.label or item.type not in ALARMS:
        return item.label or ""
    return f"{ALARM} – {echo.device.name}"


def _start(value: object) -> datetime:
    """Return the start of an event; raises ``ServiceValidationError`` for an all-day event."""
    if not isinstance(value, datetime):
        raise invalid_input("alarm_all_day")
    return value
