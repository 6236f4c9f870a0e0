"""What is answered about alarms, their sounds and how loud they are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from custom_components.alexa_media.backend.alerts import Sound
from custom_components.alexa_media.errors import AlexaCommandError
from custom_components.alexa_media.json_values import flag, mapping, mappings, number, text, texts

from .endpoints import Endpoint
from .endpoints.alerts import ALARMS, ALERT_VOLUMES, ASCENDING, SOUNDS
from .parse_values import required_list


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlarm:
    """An alarm as the alarms' own list holds it; what is sent back goes out as it came.

    ``scheduled`` is local to the device, "2026-11-22T07:00:00".
    """

    token: str
    endpoint_id: str
    scheduled: str
    recurrence: Mapping[str, Any]
    assets: tuple[Mapping[str, Any], ...]
    extensions: tuple[Mapping[str, Any], ...]


def parse_alarms(data: Any) -> dict[str, StoredAlarm]:
    """Parse /v1/alerts/alarms into alarms by token; those that cannot be read are left out."""
    alarms = mappings(required_list(data, "alarms", ALARMS))
    return {alarm.token: alarm for element in alarms if (alarm := _alarm(element))}


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
    """Parse the answer to something that was to be made into its id, which stands under ``key``.

    Raises ``AlexaCommandError`` for an answer without one: so answer devices that have no
    alarms and reminders, and nothing was made.
    """
    if found := text(mapping(data).get(key)):
        return found
    raise AlexaCommandError(
        f"{endpoint.label} was answered without {key}", endpoint=endpoint.label, status=200, code="not_created"
    )


def parse_sounds(data: Any) -> tuple[Sound, ...]:
    """Parse the list of a device's sounds."""
    elements = mappings(required_list(data, "notificationSounds", SOUNDS))
    return tuple(sound for element in elements if (sound := parse_sound(element)))


def parse_sound(data: Any) -> Sound | None:
    """Parse one sound; ``None`` where there is none."""
    element = mapping(data)
    sound_id = text(element.get("id"))
    if sound_id is None:
        return None
    return Sound(
        sound_id=sound_id,
        name=text(element.get("displayName")) or sound_id,
        provider=text(element.get("providerId")) or "ECHO",
    )


def parse_alert_volumes(data: Any) -> dict[str, int]:
    """Parse how loud the alarms of each device are, 0–100 by serial."""
    found = {}
    for element in mappings(required_list(data, "deviceNotificationStates", ALERT_VOLUMES)):
        serial, level = text(element.get("deviceSerialNumber")), number(element.get("volumeLevel"))
        if serial and level is not None and 0 <= level <= 100:
            found[serial] = round(level)
    return found


def parse_ascending(data: Any) -> dict[str, bool]:
    """Parse whether the alarms of each device grow louder, by serial."""
    elements = mappings(required_list(data, "ascendingAlarmModelList", ASCENDING))
    return {
        serial: enabled
        for element in elements
        if (serial := text(element.get("deviceSerialNumber"))) is not None
        and (enabled := flag(element.get("ascendingAlarmEnabled"))) is not None
    }
