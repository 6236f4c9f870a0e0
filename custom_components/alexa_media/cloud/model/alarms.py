"""Alarms, timers and reminders: models and protocol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from .devices import Device, Notification

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
"""Weekday names of RFC 5545, Monday first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """A repeat every ``interval`` weeks on ``weekdays`` (from ``WEEKDAYS``), the only kind the integration can set."""

    weekdays: tuple[str, ...]
    interval: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """First time of an alarm or reminder (aware, in the time zone of the device), and its repeat."""

    at: datetime
    recurrence: Recurrence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTone:
    """An alarm sound that an Echo offers."""

    sound_id: str
    name: str
    provider: str


class AlarmsApi(Protocol):
    """Alarms, timers and reminders of one account.

    Every method raises an ``AlexaError`` on failure. Volumes are 0–100.
    """

    async def async_create_alarm(self, device: Device, timing: Timing, sound: AlarmTone | None) -> str:
        """Create an alarm and return its id; without ``sound`` the device uses its default."""

    async def async_create_reminder(
        self, device: Device, timing: Timing, label: str, sound: AlarmTone | None = None
    ) -> str:
        """Create a reminder and return its id; a device with the serial ``EVERYWHERE`` means all devices.

        Without ``sound``, Amazon chooses one.
        """

    async def async_edit_alarm(
        self, device: Device, alarm: Notification, timing: Timing | None, sound: AlarmTone | None
    ) -> None:
        """Change an alarm; ``None`` leaves the timing or the sound unchanged."""

    async def async_edit_reminder(
        self,
        reminder: Notification,
        timing: Timing | None,
        label: str | None,
        *,
        sound: AlarmTone | None = None,
        enabled: bool | None = None,
    ) -> None:
        """Change a reminder, or turn it on or off; ``None`` keeps a value.

        A new ``timing`` turns the reminder on unless ``enabled`` is False.
        """

    async def async_switch_alarm(self, device: Device, alarm: Notification, *, enabled: bool) -> None:
        """Turn an alarm on or off."""

    async def async_skip_next(self, notification: Notification) -> None:
        """Skip the next occurrence of a repeating alarm or reminder."""

    async def async_delete(self, notification: Notification) -> None:
        """Delete an alarm or a reminder, or cancel a timer."""

    async def async_sounds(self, device: Device) -> Sequence[AlarmTone]:
        """Return the available alarm sounds of a device."""

    async def async_default_sound(self, device: Device) -> AlarmTone | None:
        """Return the default alarm sound of a device, or None if it is unknown."""

    async def async_set_default_sound(self, device: Device, sound: AlarmTone) -> None:
        """Set the default alarm sound of a device."""

    async def async_alarm_volumes(self) -> Mapping[str, int]:
        """Return the volume (0–100) of alarms, timers and notifications, by serial."""

    async def async_set_alarm_volume(self, device: Device, level: int) -> None:
        """Set the volume of alarms, timers and notifications of a device."""

    async def async_ascending(self) -> Mapping[str, bool]:
        """Return whether the volume of alarms is ascending, by serial."""

    async def async_set_ascending(self, device: Device, *, enabled: bool) -> None:
        """Turn ascending alarm volume of a device on or off."""
