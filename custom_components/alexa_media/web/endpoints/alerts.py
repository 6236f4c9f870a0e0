"""Alarms, timers and reminders: to make, change and end them, and how they sound."""

from typing import Final

from .base import Answer, Endpoint, Host

ALARMS: Final = Endpoint(name="alarms", method="GET", host=Host.ALEXA_API, path="/v1/alerts/alarms")
CREATE_ALARM: Final = Endpoint(
    name="create_alarm", method="POST", host=Host.ALEXA_API, path="/v1/alerts/alarms", is_write=True
)
EDIT_ALARM: Final = Endpoint(
    name="edit_alarm",
    method="PUT",
    host=Host.ALEXA_API,
    path="/v1/alerts/alarms/{token}",
    is_write=True,
    answer=Answer.ANY,
)
ACTIVATE_ALARM: Final = Endpoint(
    name="activate_alarm",
    method="PUT",
    host=Host.ALEXA_API,
    path="/v1/alerts/alarms/{token}/activate",
    is_write=True,
    answer=Answer.ANY,
)
CANCEL_ALARM: Final = Endpoint(
    name="cancel_alarm",
    method="PUT",
    host=Host.ALEXA_API,
    path="/v1/alerts/alarms/{token}/cancel",
    is_write=True,
    answer=Answer.ANY,
)
SKIP_ALARM: Final = Endpoint(
    name="skip_alarm",
    method="PUT",
    host=Host.ALEXA_API,
    path="/v1/alerts/alarms/{token}/nextOccurrence/cancel",
    is_write=True,
    answer=Answer.ANY,
)
CREATE_REMINDER: Final = Endpoint(
    name="create_reminder",
    method="PUT",
    host=Host.WEBSITE,
    path="/api/notifications/createReminder",
    is_write=True,
    browser_agent=True,
)
EDIT_NOTIFICATION: Final = Endpoint(
    name="edit_notification",
    method="PUT",
    host=Host.WEBSITE,
    path="/api/notifications/{id}",
    is_write=True,
    browser_agent=True,
    answer=Answer.ANY,
)
DELETE_NOTIFICATION: Final = Endpoint(
    name="delete_notification",
    method="DELETE",
    host=Host.WEBSITE,
    path="/api/notifications/{id}",
    is_write=True,
    browser_agent=True,
    answer=Answer.ANY,
)
SOUNDS: Final = Endpoint(name="sounds", method="GET", host=Host.WEBSITE, path="/api/notification/sounds")
DEFAULT_SOUND: Final = Endpoint(
    name="default_sound", method="GET", host=Host.WEBSITE, path="/api/notification/default-sound"
)
SET_DEFAULT_SOUND: Final = Endpoint(
    name="set_default_sound",
    method="PUT",
    host=Host.WEBSITE,
    path="/api/notification/default-sound",
    is_write=True,
    answer=Answer.ANY,
)
ALERT_VOLUMES: Final = Endpoint(
    name="alert_volumes", method="GET", host=Host.WEBSITE, path="/api/device-notification-state"
)
SET_ALERT_VOLUME: Final = Endpoint(
    name="set_alert_volume",
    method="PUT",
    host=Host.WEBSITE,
    path="/api/device-notification-state/{type}/{software}/{serial}",
    is_write=True,
    answer=Answer.ANY,
)
ASCENDING: Final = Endpoint(name="ascending", method="GET", host=Host.WEBSITE, path="/api/ascending-alarm")
SET_ASCENDING: Final = Endpoint(
    name="set_ascending",
    method="PUT",
    host=Host.WEBSITE,
    path="/api/ascending-alarm/{serial}",
    is_write=True,
    answer=Answer.ANY,
)

ALERTS_ENDPOINTS: Final = (
    ALARMS,
    CREATE_ALARM,
    EDIT_ALARM,
    ACTIVATE_ALARM,
    CANCEL_ALARM,
    SKIP_ALARM,
    CREATE_REMINDER,
    EDIT_NOTIFICATION,
    DELETE_NOTIFICATION,
    SOUNDS,
    DEFAULT_SOUND,
    SET_DEFAULT_SOUND,
    ALERT_VOLUMES,
    SET_ALERT_VOLUME,
    ASCENDING,
    SET_ASCENDING,
)
