"""Alarms, timers and reminders of the account API: endpoints, parsers and client."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
import re
from typing import Any, Final

from ..errors import AlexaCommandError, AlexaError, AlexaUnsupportedError
from ..json import by_key, cleaned, mapping, mappings, name, number, percent, reading, text, texts, word
from ..model.alarms import AlarmsApi, AlarmTone, Recurrence, Timing
from ..model.devices import EVERYWHERE, Device, Notification, NotificationStatus, NotificationType
from .endpoints import NOTIFICATIONS, Answer, Endpoint, Host, Write
from .parse import EARLIEST_YEAR, LATEST_YEAR, address_of, by_serial, instant, place_of, required_list, seconds
from .session import AccountClient, AccountSession

ALARMS: Final = Endpoint("alarms", "GET", "/v1/alerts/alarms", host=Host.ALEXA_API)
CREATE_ALARM: Final = Write("create_alarm", "POST", "/v1/alerts/alarms", host=Host.ALEXA_API, answer=Answer.JSON)
EDIT_ALARM: Final = Write("edit_alarm", "PUT", "/v1/alerts/alarms/{token}", host=Host.ALEXA_API, wakes=False)
ACTIVATE_ALARM: Final = Write(
    "activate_alarm", "PUT", "/v1/alerts/alarms/{token}/activate", host=Host.ALEXA_API, wakes=False
)
CANCEL_ALARM: Final = Write("cancel_alarm", "PUT", "/v1/alerts/alarms/{token}/cancel", host=Host.ALEXA_API, wakes=False)
SKIP_ALARM: Final = Write(
    "skip_alarm", "PUT", "/v1/alerts/alarms/{token}/nextOccurrence/cancel", host=Host.ALEXA_API, wakes=False
)
CREATE_REMINDER: Final = Write(
    "create_reminder", "PUT", "/api/notifications/createReminder", browser_agent=True, answer=Answer.JSON
)
EDIT_NOTIFICATION: Final = Write("edit_notification", "PUT", "/api/notifications/{id}", browser_agent=True, wakes=False)
DELETE_NOTIFICATION: Final = Write(
    "delete_notification", "DELETE", "/api/notifications/{id}", browser_agent=True, wakes=False
)
SOUNDS: Final = Endpoint("sounds", "GET", "/api/notification/sounds")
DEFAULT_SOUND: Final = Endpoint("default_sound", "GET", "/api/notification/default-sound")
SET_DEFAULT_SOUND: Final = Write("set_default_sound", "PUT", "/api/notification/default-sound")
ALARM_VOLUMES: Final = Endpoint("alarm_volumes", "GET", "/api/device-notification-state")
SET_ALARM_VOLUME: Final = Write("set_alarm_volume", "PUT", "/api/device-notification-state/{type}/{software}/{serial}")
ASCENDING: Final = Endpoint("ascending", "GET", "/api/ascending-alarm")
SET_ASCENDING: Final = Write("set_ascending", "PUT", "/api/ascending-alarm/{serial}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlarm:
    """An alarm as stored in ``/v1/alerts/alarms``.

    ``scheduled`` is the local time at the device, such as "2026-11-22T07:00:00". ``recurrence``, ``assets`` and
    ``extensions`` are Amazon's objects.
    """

    token: str
    endpoint_id: str
    scheduled: str
    recurrence: Mapping[str, Any]
    assets: tuple[Mapping[str, Any], ...]
    extensions: tuple[Mapping[str, Any], ...]


def parse_alarms(data: Any) -> dict[str, StoredAlarm]:
    """Parse ``/v1/alerts/alarms`` into alarms by token; skip those without a token, a device or a time."""
    alarms = mappings(required_list(data, "alarms", ALARMS))
    return by_key(((alarm.token, alarm) for element in alarms if (alarm := _alarm(element))), "alarms")


def _alarm(element: Mapping[str, Any]) -> StoredAlarm | None:
    token = text(element.get("alarmToken"))
    endpoints = texts(element.get("endpointIds"))
    trigger = mapping(element.get("trigger"))
    day, clock = text(trigger.get("date")), text(trigger.get("time")) or text(trigger.get("timeOfDay"))
    scheduled = text(trigger.get("scheduledTime")) or (f"{day}T{clock}" if day and clock else None)
    if token is None or not endpoints or scheduled is None:
        return None
    return StoredAlarm(
        token=token,
        endpoint_id=endpoints[0],
        scheduled=scheduled,
        recurrence=mapping(trigger.get("recurrence")),
        assets=tuple(mappings(element.get("assets"))),
        extensions=tuple(mappings(element.get("extensions"))),
    )


def parse_created(data: Any, key: str, endpoint: Endpoint) -> str:
    """Return the id under ``key`` in the response to a create request.

    Raises ``AlexaCommandError`` if there is no id. Amazon responds this way, and creates nothing, for devices that do
    not support alarms or reminders.
    """
    if found := text(mapping(data).get(key)):
        return found
    raise endpoint.error(AlexaCommandError, f"was answered without {key}", status=200, code="not_created")


def parse_alarm_tones(data: Any) -> tuple[AlarmTone, ...]:
    """Parse the alarm sounds of a device; skip those without a usable id."""
    elements = mappings(required_list(data, "notificationSounds", SOUNDS))
    return tuple(sound for element in elements if (sound := parse_sound(element)))


def parse_sound(data: Any) -> AlarmTone | None:
    """Parse one alarm sound; ``None`` if it has no usable id."""
    element = mapping(data)
    sound_id = word(element.get("id"))
    if sound_id is None:
        return None
    return AlarmTone(
        sound_id=sound_id,
        name=name(element.get("displayName")) or sound_id,
        provider=text(element.get("providerId")) or "ECHO",
    )


def parse_alarm_volumes(data: Any) -> dict[str, int]:
    """Parse the alarm volumes (0–100) by serial."""
    return by_serial(
        data, "deviceNotificationStates", ALARM_VOLUMES, lambda element: percent(element.get("volumeLevel"))
    )


def parse_ascending(data: Any) -> dict[str, bool]:
    """Parse whether the alarm volume is ascending, by serial."""
    return by_serial(
        data, "ascendingAlarmModelList", ASCENDING, lambda element: reading(element.get("ascendingAlarmEnabled"))
    )


_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME: Final = re.compile(r"\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?", re.ASCII)

LONGEST_LABEL: Final = 255
_LABELS: Final = {
    NotificationType.REMINDER: "reminderLabel",
    NotificationType.TIMER: "timerLabel",
    NotificationType.ALARM: "alarmLabel",
    NotificationType.MUSIC_ALARM: "alarmLabel",
}


def parse_notifications(data: Any) -> dict[str, Notification]:
    """Parse the notifications of the account by id; skip those without an id or a device."""
    found = (_notification(element) for element in mappings(required_list(data, "notifications", NOTIFICATIONS)))
    return by_key(((item.notification_id, item) for item in found if item), "notifications")


def _notification(element: Mapping[str, Any]) -> Notification | None:
    notification_id = text(element.get("id")) or text(element.get("notificationIndex"))
    # a reminder for all devices names the app that created it instead of an Echo
    everywhere = element.get("deliveryType") == EVERYWHERE and element.get("type") == NotificationType.REMINDER
    serial = EVERYWHERE if everywhere else text(element.get("deviceSerialNumber"))
    if notification_id is None or serial is None:
        return None
    kind = NotificationType(text(element.get("type")) or "UNKNOWN")
    return Notification(
        notification_id=notification_id,
        serial=serial,
        device_type=text(element.get("deviceType")) or "",
        type=kind,
        status=NotificationStatus(text(element.get("status")) or "UNKNOWN"),
        version=_version(element.get("version")),
        label=_label(element.get(_LABELS.get(kind, ""))),
        local_date=_date(element.get("originalDate")),
        local_seconds=_seconds_of_day(element.get("originalTime")),
        alarm_time=instant(element.get("alarmTime")),
        trigger_time=instant(element.get("triggerTime")),
        snoozed_to=instant(element.get("snoozedToTime")),
        deferred=instant(element.get("deferredAtTime")),
        remaining=_remaining(element.get("remainingTime"), kind),
        created=instant(element.get("createdDate")),
        updated=instant(element.get("lastUpdatedDate")),
        rang=instant(element.get("lastOccurrenceTimeInMilli")),
        pattern=text(element.get("recurringPattern")),
        rules=texts(mapping(element.get("rRuleData")).get("recurrenceRules")),
        index=text(element.get("notificationIndex")),
        raw=cleaned(element),
    )


def _label(value: Any) -> str | None:
    """Return a label or None; a long one is truncated, because entities and events are named after it."""
    found = text(value)
    return found[:LONGEST_LABEL] if found else None


def _version(value: Any) -> str | None:
    """Return the version of a notification as text, or None; Amazon sends a number or text."""
    if (plain := number(value)) is not None:
        return str(round(plain))
    return text(value)


def _date(value: Any) -> date | None:
    found = text(value) or ""
    try:
        day = date.fromisoformat(found) if _DATE.fullmatch(found) else None
    except ValueError:
        return None
    return day if day and EARLIEST_YEAR <= day.year <= LATEST_YEAR else None


def _seconds_of_day(value: Any) -> float | None:
    found = text(value) or ""
    try:
        clock = time.fromisoformat(found) if _TIME.fullmatch(found) else None
    except ValueError:
        return None
    if clock is None:
        return None
    return clock.hour * 3600 + clock.minute * 60 + clock.second + clock.microsecond / 1_000_000


def _remaining(value: Any, kind: NotificationType) -> float | None:
    """Return the remaining time in seconds, or None; 0 is a remaining time only for timers."""
    left = seconds(value)
    return left if left or kind is NotificationType.TIMER else None


# Device type of the Alexa app, which is also the type that alexapy registers for the integration.
APP_TYPE: Final = "A2IVLV5VM2W81"

_ALARM: Final = {"notificationType": "Alarm"}

# Keys of the times, which an edit sends only if it sets new ones.
_TIME_KEYS: Final = ("alarmTime", "originalTime", "originalDate")


# Status of the response if the notification has changed since it was read.
_STALE_STATUS: Final = 409


class AccountAlarms(AccountClient):
    """Alarms, timers and reminders of one account; ``AlarmsApi`` documents the methods."""

    # --- creation -------------------------------------------------------------------------

    async def async_create_alarm(self, device: Device, timing: Timing, sound: AlarmTone | None) -> str:
        """Create an alarm and return its id in the list of notifications."""
        tone = sound or await self._default_tone(device)
        body = _alarm_body(_endpoint_id(device), _trigger(timing), [_tone(tone)] if tone else [], [])
        token = await self._transport.async_read(
            CREATE_ALARM, lambda data: parse_created(data, "alarmToken", CREATE_ALARM), json=body
        )
        return f"{device.device_type}-{device.serial}-{token}"

    async def _default_tone(self, device: Device) -> AlarmTone | None:
        """Return the default alarm sound of a device, or None if there is none or the request fails."""
        try:
            return await self.async_default_sound(device)
        except AlexaError:
            return None

    async def async_create_reminder(
        self, device: Device, timing: Timing, label: str, sound: AlarmTone | None = None
    ) -> str:
        """Create a reminder and return its id."""
        body: dict[str, Any] = {
            "type": "Reminder",
            "status": "ON",
            **_times(timing),
            "createdDate": round(datetime.now(UTC).timestamp() * 1000),
            "timeZoneId": None,
            "reminderIndex": None,
            "sound": _reminder_sound(sound) if sound else None,
            **self._place(device),
            "reminderLabel": label,
            "timerLabel": None,
            "skillInfo": None,
            "isSaveInFlight": True,
            "id": "createReminder",
            **_repetition(timing),
        }
        transport = self._transport
        name = "reminder_for_all_devices" if device.serial == EVERYWHERE else _REMINDER_SOUND if sound else None
        with transport.unproven.attempt(name, device.serial) if name else nullcontext():
            return await transport.async_read(
                CREATE_REMINDER, lambda data: parse_created(data, "id", CREATE_REMINDER), json=body
            )

    def _place(self, device: Device) -> dict[str, str]:
        """Return the device fields of a reminder; one for all devices names the integration's own registration."""
        if device.serial != EVERYWHERE:
            return address_of(device)
        own = {"deviceSerialNumber": self._session.credentials.serial, "deviceType": APP_TYPE}
        return {**own, "deliveryType": EVERYWHERE}

    # --- changes --------------------------------------------------------------------------

    async def async_edit_alarm(
        self, device: Device, alarm: Notification, timing: Timing | None, sound: AlarmTone | None
    ) -> None:
        """Change an alarm."""
        stored = await self._stored(alarm)
        trigger = _trigger(timing) if timing else _stored_trigger(stored)
        assets = [_tone(sound)] if sound else stored.assets
        body = _alarm_body(_endpoint_id(device), trigger, assets, stored.extensions)
        await self._transport.async_request(EDIT_ALARM, params={"token": stored.token}, json=body)

    async def async_edit_reminder(
        self,
        reminder: Notification,
        timing: Timing | None,
        label: str | None,
        *,
        sound: AlarmTone | None = None,
        enabled: bool | None = None,
    ) -> None:
        """Change a reminder, or turn it on or off; a new time also turns it on unless ``enabled`` is False."""
        changes: dict[str, Any] = {"reminderLabel": label} if label is not None else {}
        if timing:
            changes |= {"status": "ON", **_times(timing), **_repetition(timing)}
        if sound:
            changes["sound"] = _reminder_sound(sound)
        if enabled is not None:
            changes["status"] = "ON" if enabled else "OFF"
        name = _REMINDER_SOUND if sound else None if enabled is None else "switch_reminder"
        one = reminder.serial if sound else reminder.notification_id
        unproven = self._transport.unproven
        with unproven.attempt(name, one, may_be_gone=True) if name else nullcontext():
            await self._edit(reminder, changes)

    async def async_switch_alarm(self, device: Device, alarm: Notification, *, enabled: bool) -> None:
        """Turn an alarm on or off."""
        if not enabled:
            await self._transport.async_request(CANCEL_ALARM, params={"token": _token(alarm)})
            return
        stored = await self._stored(alarm)
        body = _alarm_body(_endpoint_id(device), _stored_trigger(stored), stored.assets, stored.extensions)
        await self._transport.async_request(ACTIVATE_ALARM, params={"token": stored.token}, json=body)

    async def async_skip_next(self, notification: Notification) -> None:
        """Skip the next occurrence of an alarm or a reminder."""
        if notification.type is NotificationType.REMINDER:
            await self._edit(notification, {"status": "INSTANCE_CANCELED"})
        else:
            await self._transport.async_request(SKIP_ALARM, params={"token": _token(notification)})

    async def async_delete(self, notification: Notification) -> None:
        """Delete a notification; Amazon requires the whole object in the body."""
        await self._write(DELETE_NOTIFICATION, notification, lambda fresh: fresh)

    async def _edit(self, notification: Notification, changes: Mapping[str, Any]) -> None:
        """Send a notification with changed fields."""
        await self._write(EDIT_NOTIFICATION, notification, lambda fresh: {**_editable(fresh), **changes})

    async def _write(
        self,
        endpoint: Endpoint,
        notification: Notification,
        body_of: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    ) -> None:
        """Send a notification; if Amazon's copy is newer, read that copy and send the request once more."""
        request = self._transport.async_request
        params = {"id": notification.notification_id}
        try:
            await request(endpoint, params=params, json=dict(body_of(notification.raw)))
        except AlexaCommandError as err:
            if err.status != _STALE_STATUS:
                raise
            found = await self._transport.async_read(NOTIFICATIONS, parse_notifications, query={"cached": "true"})
            if (fresh := found.get(notification.notification_id)) is None:
                raise AlexaUnsupportedError(
                    "It is not there", endpoint=endpoint.label, status=409, code="gone"
                ) from err
            await request(endpoint, params=params, json=dict(body_of(fresh.raw)))

    async def _stored(self, alarm: Notification) -> StoredAlarm:
        """Return the stored alarm; raises ``AlexaUnsupportedError`` if it no longer exists."""
        alarms = await self._transport.async_read(ALARMS, parse_alarms)
        if (stored := alarms.get(_token(alarm))) is None:
            raise AlexaUnsupportedError("The alarm is not there", endpoint=ALARMS.label, status=200, code="gone")
        return stored

    # --- sounds and volumes ---------------------------------------------------------------

    async def async_sounds(self, device: Device) -> Sequence[AlarmTone]:
        """Return the available alarm sounds of a device."""
        query = {**address_of(device), "softwareVersion": device.software_version or "", "alertType": "Alarm"}
        return await self._transport.async_read(SOUNDS, parse_alarm_tones, query=query)

    async def async_default_sound(self, device: Device) -> AlarmTone | None:
        """Return the default alarm sound of a device, or None if it is unknown."""
        query = {**address_of(device), **_ALARM}
        return await self._transport.async_read(DEFAULT_SOUND, parse_sound, query=query)

    async def async_set_default_sound(self, device: Device, sound: AlarmTone) -> None:
        """Set the default alarm sound of a device."""
        body = {**address_of(device), **_ALARM, "soundId": sound.sound_id}
        await self._transport.async_request(SET_DEFAULT_SOUND, json=body)

    async def async_alarm_volumes(self) -> Mapping[str, int]:
        """Return the alarm volumes (0–100) by serial."""
        return await self._transport.async_read(ALARM_VOLUMES, parse_alarm_volumes)

    async def async_set_alarm_volume(self, device: Device, level: int) -> None:
        """Set the alarm volume of a device (0–100)."""
        software = device.software_version or ""
        await self._transport.async_request(
            SET_ALARM_VOLUME,
            params={**place_of(device), "software": software},
            json={**address_of(device), "softwareVersion": software, "volumeLevel": level},
        )

    async def async_ascending(self) -> Mapping[str, bool]:
        """Return whether the alarm volume is ascending, by serial."""
        return await self._transport.async_read(ASCENDING, parse_ascending)

    async def async_set_ascending(self, device: Device, *, enabled: bool) -> None:
        """Turn ascending alarm volume of a device on or off."""
        await self._transport.async_request(
            SET_ASCENDING,
            params={"serial": device.serial},
            json={**address_of(device), "ascendingAlarmEnabled": enabled},
        )


_KEPT_FREQUENCIES: Final = ("MONTHLY", "YEARLY")
"""Frequencies that an edit without a new time keeps; the integration cannot set them."""


def _editable(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a notification that an edit sends back, without its times and recurrence rules."""
    body = {key: value for key, value in raw.items() if key not in _TIME_KEYS}
    rule = body.get("rRuleData")
    if isinstance(rule, dict):
        rest = {key: value for key, value in rule.items() if key != "recurrenceRules"}
        if rest.get("frequency") not in _KEPT_FREQUENCIES:
            rest["frequency"] = "DAILY" if raw.get("recurringPattern") == "P1D" else "WEEKLY"
        body["rRuleData"] = rest
    return body


def _token(alarm: Notification) -> str:
    """Return the id of an alarm in ``/v1/alerts/alarms``."""
    return alarm.index or alarm.notification_id.removeprefix(f"{alarm.device_type}-{alarm.serial}-")


def _endpoint_id(device: Device) -> str:
    return f"{device.serial}@{device.device_type}"


_REMINDER_SOUND: Final = "reminder_sound"


def _reminder_sound(sound: AlarmTone) -> dict[str, Any]:
    """Return a sound in the format of notifications; Amazon does not need the URL of the sample."""
    shown = {"displayName": sound.name, "folder": None, "sampleUrl": None}
    return {**shown, "id": sound.sound_id, "providerId": sound.provider}


def _tone(sound: AlarmTone) -> dict[str, str]:
    return {"type": "TONE", "assetId": sound.sound_id}


def _recurrence(recurrence: Recurrence) -> dict[str, Any]:
    """Return the recurrence field of an alarm; only the form of weekly recurrences is known."""
    return {"freq": "WEEKLY", "byDay": list(recurrence.weekdays), "interval": recurrence.interval}


def _trigger(timing: Timing) -> dict[str, Any]:
    trigger: dict[str, Any] = {"scheduledTime": timing.at.strftime("%Y-%m-%dT%H:%M:%S")}
    if timing.recurrence:
        trigger["recurrence"] = _recurrence(timing.recurrence)
    return trigger


def _stored_trigger(stored: StoredAlarm) -> dict[str, Any]:
    trigger: dict[str, Any] = {"scheduledTime": stored.scheduled}
    if stored.recurrence:
        trigger["recurrence"] = dict(stored.recurrence)
    return trigger


def _alarm_body(
    endpoint_id: str,
    trigger: Mapping[str, Any],
    assets: Sequence[Mapping[str, Any]],
    extensions: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    return {
        "endpointId": endpoint_id,
        "trigger": trigger,
        "assets": [dict(asset) for asset in assets],
        "extensions": [dict(extension) for extension in extensions],
    }


def _times(timing: Timing) -> dict[str, Any]:
    """Return the three time fields of a reminder."""
    return {
        "alarmTime": round(timing.at.timestamp() * 1000),
        "originalDate": timing.at.date().isoformat(),
        "originalTime": timing.at.strftime("%H:%M:%S.000"),
    }


def _repetition(timing: Timing) -> dict[str, Any]:
    """Return the recurrence fields of a reminder."""
    if timing.recurrence is None:
        return {"isRecurring": False, "recurringPattern": None, "rRuleData": None}
    return {
        "isRecurring": True,
        "recurringPattern": None,
        "rRuleData": {
            "byWeekDays": list(timing.recurrence.weekdays),
            "intervals": [timing.recurrence.interval],
            "frequency": "WEEKLY",
            "flexibleRecurringPatternType": "EVERY_X_WEEKS",
            "notificationTimes": [timing.at.strftime("%H:%M:%S.000")],
            "recurStartDate": timing.at.date().isoformat(),
            "recurStartTime": "00:00:00.000",
        },
    }


_: Callable[[AccountSession], AlarmsApi] = AccountAlarms
