"""Alarms, timers and reminders through the account API."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from custom_components.alexa_media.backend.alerts import AlertsApi, Recurrence, Sound, Timing
from custom_components.alexa_media.errors import AlexaCommandError, AlexaError, AlexaUnsupportedError
from custom_components.alexa_media.models import EVERYWHERE, Device, Notification, NotificationType

from .addressing import address_of, place_of
from .endpoints import NOTIFICATIONS, Endpoint
from .endpoints.alerts import (
    ACTIVATE_ALARM,
    ALARMS,
    ALERT_VOLUMES,
    ASCENDING,
    CANCEL_ALARM,
    CREATE_ALARM,
    CREATE_REMINDER,
    DEFAULT_SOUND,
    DELETE_NOTIFICATION,
    EDIT_ALARM,
    EDIT_NOTIFICATION,
    SET_ALERT_VOLUME,
    SET_ASCENDING,
    SET_DEFAULT_SOUND,
    SKIP_ALARM,
    SOUNDS,
)
from .parse_alerts import (
    StoredAlarm,
    parse_alarms,
    parse_alert_volumes,
    parse_ascending,
    parse_created,
    parse_sound,
    parse_sounds,
)
from .parse_notifications import parse_notifications
from .session import WebSession

# The app of which alexapy registers us as an installation.
APP_TYPE: Final = "A2IVLV5VM2W81"

_ALARM: Final = {"notificationType": "Alarm"}

# A changed reminder tells its times anew; the old ones, and the rules made of them, would contradict.
_TIMES: Final = ("alarmTime", "originalTime", "originalDate")


# Somebody else has changed it since it was read.
_STALE: Final = 409


class WebAlerts:
    """The alarms, timers and reminders of one account; see ``AlertsApi`` for what each method is for."""

    def __init__(self, session: WebSession) -> None:
        """Use the session of the account."""
        self._session = session

    # --- making ---------------------------------------------------------------------------

    async def async_create_alarm(self, device: Device, timing: Timing, sound: Sound | None) -> str:
        """Set an alarm; its id is made as Amazon makes it in the list of notifications."""
        tone = sound or await self._default_tone(device)
        body = _alarm_body(_endpoint_id(device), _trigger(timing), [_tone(tone)] if tone else [], [])
        token = await self._session.transport.async_read(
            CREATE_ALARM, lambda data: parse_created(data, "alarmToken", CREATE_ALARM), json=body
        )
        return f"{device.device_type}-{device.serial}-{token}"

    async def _default_tone(self, device: Device) -> Sound | None:
        """Return the device's sound, which the app names in every alarm; without it Amazon chooses."""
        try:
            return await self.async_default_sound(device)
        except AlexaError:
            return None

    async def async_create_reminder(self, device: Device, timing: Timing, label: str) -> str:
        """Set a reminder."""
        body: dict[str, Any] = {
            "type": "Reminder",
            "status": "ON",
            **_times(timing),
            "createdDate": round(datetime.now(UTC).timestamp() * 1000),
            "timeZoneId": None,
            "reminderIndex": None,
            "sound": None,
            **self._place(device),
            "reminderLabel": label,
            "timerLabel": None,
            "skillInfo": None,
            "isSaveInFlight": True,
            "id": "createReminder",
            **_repetition(timing),
        }
        return await self._session.transport.async_read(
            CREATE_REMINDER, lambda data: parse_created(data, "id", CREATE_REMINDER), json=body
        )

    def _place(self, device: Device) -> dict[str, str]:
        """Return where a reminder is set: on a device, or on all of them as by the app that we are registered as."""
        if device.serial != EVERYWHERE:
            return address_of(device)
        own = {"deviceSerialNumber": self._session.credentials.serial, "deviceType": APP_TYPE}
        return {**own, "deliveryType": EVERYWHERE}

    # --- changing -------------------------------------------------------------------------

    async def async_edit_alarm(
        self, device: Device, alarm: Notification, timing: Timing | None, sound: Sound | None
    ) -> None:
        """Change an alarm: what Amazon holds goes back with what is new in it."""
        stored = await self._stored(alarm)
        trigger = _trigger(timing) if timing else _stored_trigger(stored)
        assets = [_tone(sound)] if sound else stored.assets
        body = _alarm_body(_endpoint_id(device), trigger, assets, stored.extensions)
        await self._session.transport.async_request(EDIT_ALARM, params={"token": stored.token}, json=body)

    async def async_edit_reminder(self, reminder: Notification, timing: Timing | None, label: str | None) -> None:
        """Change a reminder."""
        changes: dict[str, Any] = {"reminderLabel": label} if label is not None else {}
        if timing:
            changes |= {"status": "ON", **_times(timing), **_repetition(timing)}
        await self._edit(reminder, changes)

    async def async_switch_alarm(self, device: Device, alarm: Notification, *, enabled: bool) -> None:
        """Switch an alarm on or off."""
        if not enabled:
            await self._session.transport.async_request(CANCEL_ALARM, params={"token": _token(alarm)})
            return
        stored = await self._stored(alarm)
        body = _alarm_body(_endpoint_id(device), _stored_trigger(stored), stored.assets, stored.extensions)
        await self._session.transport.async_request(ACTIVATE_ALARM, params={"token": stored.token}, json=body)

    async def async_skip_next(self, notification: Notification) -> None:
        """Leave out the next time: alarms have a call for it, reminders a status."""
        if notification.type is NotificationType.REMINDER:
            await self._edit(notification, {"status": "INSTANCE_CANCELED"})
        else:
            await self._session.transport.async_request(SKIP_ALARM, params={"token": _token(notification)})

    async def async_delete(self, notification: Notification) -> None:
        """Delete something; Amazon wants all of it in the body."""
        await self._write(DELETE_NOTIFICATION, notification, lambda fresh: fresh)

    async def _edit(self, notification: Notification, changes: Mapping[str, Any]) -> None:
        """Send a notification back with changes."""
        await self._write(EDIT_NOTIFICATION, notification, lambda fresh: {**_editable(fresh), **changes})

    async def _write(
        self,
        endpoint: Endpoint,
        notification: Notification,
        body_of: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    ) -> None:
        """Send a notification back; where somebody else was faster, once more with what it is now."""
        request = self._session.transport.async_request
        params = {"id": notification.notification_id}
        try:
            await request(endpoint, params=params, json=dict(body_of(notification.raw)))
        except AlexaCommandError as err:
            if err.status != _STALE:
                raise
            found = await self._session.transport.async_read(
                NOTIFICATIONS, parse_notifications, query={"cached": "true"}
            )
            if (fresh := found.get(notification.notification_id)) is None:
                raise AlexaUnsupportedError(
                    "It is not there", endpoint=endpoint.label, status=409, code="gone"
                ) from err
            await request(endpoint, params=params, json=dict(body_of(fresh.raw)))

    async def _stored(self, alarm: Notification) -> StoredAlarm:
        """Return an alarm as it has to go back; raises ``AlexaUnsupportedError`` when it is gone."""
        alarms = await self._session.transport.async_read(ALARMS, parse_alarms)
        if (stored := alarms.get(_token(alarm))) is None:
            raise AlexaUnsupportedError("The alarm is not there", endpoint=ALARMS.label, status=200, code="gone")
        return stored

    # --- how it sounds --------------------------------------------------------------------

    async def async_sounds(self, device: Device) -> Sequence[Sound]:
        """Return the sounds that alarms of a device can have."""
        query = {**address_of(device), "softwareVersion": device.software_version or "", "alertType": "Alarm"}
        return await self._session.transport.async_read(SOUNDS, parse_sounds, query=query)

    async def async_default_sound(self, device: Device) -> Sound | None:
        """Return the sound of alarms that have none of their own."""
        query = {**address_of(device), **_ALARM}
        return await self._session.transport.async_read(DEFAULT_SOUND, parse_sound, query=query)

    async def async_set_default_sound(self, device: Device, sound: Sound) -> None:
        """Set the sound of alarms that have none of their own."""
        body = {**address_of(device), **_ALARM, "soundId": sound.sound_id}
        await self._session.transport.async_request(SET_DEFAULT_SOUND, json=body)

    async def async_alert_volumes(self) -> Mapping[str, int]:
        """Return how loud alarms are."""
        return await self._session.transport.async_read(ALERT_VOLUMES, parse_alert_volumes)

    async def async_set_alert_volume(self, device: Device, level: int) -> None:
        """Set how loud alarms are."""
        software = device.software_version or ""
        await self._session.transport.async_request(
            SET_ALERT_VOLUME,
            params={**place_of(device), "software": software},
            json={**address_of(device), "softwareVersion": software, "volumeLevel": level},
        )

    async def async_ascending(self) -> Mapping[str, bool]:
        """Return whether alarms grow louder."""
        return await self._session.transport.async_read(ASCENDING, parse_ascending)

    async def async_set_ascending(self, device: Device, *, enabled: bool) -> None:
        """Switch whether alarms grow louder."""
        await self._session.transport.async_request(
            SET_ASCENDING,
            params={"serial": device.serial},
            json={**address_of(device), "ascendingAlarmEnabled": enabled},
        )


def _editable(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a notification goes back when it is changed."""
    body = {key: value for key, value in raw.items() if key not in _TIMES}
    rule = body.get("rRuleData")
    if isinstance(rule, dict):
        rest = {key: value for key, value in rule.items() if key != "recurrenceRules"}
        body["rRuleData"] = {**rest, "frequency": "DAILY" if raw.get("recurringPattern") == "P1D" else "WEEKLY"}
    return body


def _token(alarm: Notification) -> str:
    """Return what an alarm is called in the calls for alarms alone."""
    return alarm.index or alarm.notification_id.removeprefix(f"{alarm.device_type}-{alarm.serial}-")


def _endpoint_id(device: Device) -> str:
    return f"{device.serial}@{device.device_type}"


def _tone(sound: Sound) -> dict[str, str]:
    return {"type": "TONE", "assetId": sound.sound_id}


def _recurrence(recurrence: Recurrence) -> dict[str, Any]:
    """Return a recurrence as alarms have it; the only form that is known is that of weeks."""
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
    """Return a time as reminders have it, thrice."""
    return {
        "alarmTime": round(timing.at.timestamp() * 1000),
        "originalDate": timing.at.date().isoformat(),
        "originalTime": timing.at.strftime("%H:%M:%S.000"),
    }


def _repetition(timing: Timing) -> dict[str, Any]:
    """Return a recurrence as reminders have it."""
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


_: Callable[[WebSession], AlertsApi] = WebAlerts
