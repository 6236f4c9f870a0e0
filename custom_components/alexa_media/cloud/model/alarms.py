"""Alarms, timers and reminders: what can be done about them, and how an Echo rings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from .devices import Device, Notification

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"""RFC 5545's names of the days, Monday first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """What Amazon is known to hold: on some days of the week, every ``interval`` weeks."""

    weekdays: tuple[str, ...]
    interval: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When something rings: first at ``at``, which is aware and in the time zone of the device."""

    at: datetime
    recurrence: Recurrence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTone:
    """A sound of an Echo's own list."""

    sound_id: str
    name: str
    provider: str


class AlarmsApi(Protocol):
    """Alarms and reminders as things to make, change and end.

    Every method raises an ``AlexaError``; what makes one returns its id. Volumes are 0–100.
    """

    async def async_create_alarm(self, device: Device, timing: Timing, sound: AlarmTone | None) -> str:
        """Set an alarm; without a sound it has the one that the device has for all."""

    async def async_create_reminder(self, device: Device, timing: Timing, label: str) -> str:
        """Set a reminder; on all devices at once for one whose serial is ``EVERYWHERE``."""

    async def async_edit_alarm(
        self, device: Device, alarm: Notification, timing: Timing | None, sound: AlarmTone | None
    ) -> None:
        """Change an alarm; what is ``None`` stays."""

    async def async_edit_reminder(self, reminder: Notification, timing: Timing | None, label: str | None) -> None:
        """Change a reminder; what is ``None`` stays."""

    async def async_switch_alarm(self, device: Device, alarm: Notification, *, enabled: bool) -> None:
        """Switch an alarm on or off."""

    async def async_skip_next(self, notification: Notification) -> None:
        """Leave out the next time of what repeats."""

    async def async_delete(self, notification: Notification) -> None:
        """Delete an alarm or a reminder, or cancel a timer."""

    async def async_sounds(self, device: Device) -> Sequence[AlarmTone]:
        """Return the sounds that alarms of a device can have."""

    async def async_default_sound(self, device: Device) -> AlarmTone | None:
        """Return the sound of alarms that have none of their own; ``None`` where Amazon tells none."""

    async def async_set_default_sound(self, device: Device, sound: AlarmTone) -> None:
        """Set the sound of alarms that have none of their own."""

    async def async_alarm_volumes(self) -> Mapping[str, int]:
        """Return how loud alarms, timers and notifications are, by serial."""

    async def async_set_alarm_volume(self, device: Device, level: int) -> None:
        """Set how loud they are."""

    async def async_ascending(self) -> Mapping[str, bool]:
        """Return whether alarms grow louder bit by bit, by serial."""

    async def async_set_ascending(self, device: Device, *, enabled: bool) -> None:
        """Switch whether they do."""
