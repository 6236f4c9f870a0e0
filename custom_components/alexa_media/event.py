"""Event platform."""

from typing import Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription, EventExtraStoredData
from homeassistant.core import callback

from .cloud.model.devices import Device, DeviceFamily, Notification
from .cloud.model.history import UtteranceType, VoiceRecord
from .coordinator.alarm_watch import EVENT_TYPES, AlarmEvent
from .coordinator.history import HistoryCoordinator, LastCommand
from .coordinator.runtime import AlexaRuntimeData
from .entity import AlexaDeviceEntity, EntityAdder, platform_setup
from .features.alarms import CAN_REMIND, CAN_RING

PARALLEL_UPDATES = 0


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up the event entities that the account supports."""
    add.devices(data.notifications, AlexaAlarmEvent, (ALERT,), _has_alarms)
    add.devices(data.history, AlexaVoiceEvent, (VOICE,), _can_be_spoken_to)


def _has_alarms(_source: object, device: Device, _description: EventEntityDescription) -> bool:
    """Return whether a device supports alarms or reminders."""
    return bool(device.capabilities & {CAN_RING, CAN_REMIND})


def _can_be_spoken_to(_source: object, device: Device, _description: EventEntityDescription) -> bool:
    """Return whether a device can be spoken to."""
    return not device.is_group and device.family is not DeviceFamily.VOX


ALERT: Final = EventEntityDescription(key="alert", event_types=[*EVENT_TYPES])


class AlexaAlarmEvent(AlexaDeviceEntity[tuple[Notification, ...]], EventEntity):
    """Fires the events of a device's alarms, timers and reminders (``EVENT_TYPES``)."""

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to the events of the device's alarms, timers and reminders."""
        await super().async_added_to_hass()
        if watch := self.runtime.alarm_watch:
            self.async_on_remove(watch.async_add_listener(self.serial, self._async_happened))

    @callback
    def _async_happened(self, event: AlarmEvent) -> None:
        """Fire an event with type, id and label of the notification."""
        item = event.notification
        self._trigger_event(
            event.event_type, {"kind": item.type.value, "id": item.notification_id, "label": item.label}
        )
        self.async_write_ha_state()


COMMAND: Final = "command"
ROUTINE_OR_TAP: Final = "routine_or_tap"

VOICE: Final = EventEntityDescription(key="voice_command", event_types=[COMMAND, ROUTINE_OR_TAP])


class AlexaVoiceEvent(AlexaDeviceEntity[LastCommand], EventEntity):
    """Fires for new commands to an Echo, including routines and Tap to Alexa."""

    coordinator: HistoryCoordinator

    @override
    async def async_added_to_hass(self) -> None:
        """Subscribe to new commands to the device."""
        await super().async_added_to_hass()
        self.async_on_remove(self.coordinator.async_add_news_listener(self.serial, self._async_received))

    @override
    async def async_get_last_event_data(self) -> EventExtraStoredData | None:
        """Return the last stored event, or None; without its attributes if transcripts are disabled."""
        stored = await super().async_get_last_event_data()
        if stored and not self.coordinator.keep_transcripts:
            stored.last_event_attributes = None
        return stored

    @callback
    def _async_received(self, record: VoiceRecord) -> None:
        """Fire the event of a command."""
        is_routine = record.utterance is UtteranceType.ROUTINES_OR_TAP_TO_ALEXA
        self._trigger_event(ROUTINE_OR_TAP if is_routine else COMMAND, self._attributes(record))
        self.async_write_ha_state()

    def _attributes(self, record: VoiceRecord) -> dict[str, str | None] | None:
        """Return the attributes of a command, or None if transcripts are disabled."""
        if not self.coordinator.keep_transcripts:
            return None
        return {
            "spoken_at": record.timestamp.isoformat(timespec="milliseconds"),
            "text": record.text,
            "response": record.response,
            "person": record.person,
            "intent": record.intent,
        }
