"""Alarm settings of devices: volumes, ascending volume and sounds.

Amazon does not push them, and few users need them. Each coordinator therefore reads only for the entities that show its
setting.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, override

from homeassistant.core import CALLBACK_TYPE, callback

from ..cloud.model.alarms import AlarmsApi, AlarmTone
from ..cloud.model.devices import Device
from .devices import DeviceTopicCoordinator


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmSounds:
    """The available alarm sounds of a device, and its default sound if Amazon reports one."""

    sounds: tuple[AlarmTone, ...]
    default: AlarmTone | None


class AlarmSettingCoordinator[V](DeviceTopicCoordinator[V, AlarmsApi]):
    """An alarm setting by serial, which is not read unless an entity shows it or is about to."""

    pushed: ClassVar[bool] = False
    interval_with_push: ClassVar[timedelta] = timedelta(hours=6)
    interval_without_push: ClassVar[timedelta] = timedelta(hours=6)
    # Domain and unique-id suffix of the entities that are enabled by default: the topic is read before they are added.
    shown_by: ClassVar[tuple[str, str] | None] = None

    @override
    @callback
    def async_hint(self) -> None:
        """Read soon if there are listeners."""
        if self._by_context:
            super().async_hint()

    @override
    async def async_refresh(self) -> None:
        """Read if there are listeners, or for the first time if an entity will be added."""
        if self._by_context or (self.read_at is None and self.shown_by and self.will_be_shown(*self.shown_by)):
            await super().async_refresh()

    @override
    def async_add_listener(self, update_callback: CALLBACK_TYPE, context: Hashable = None) -> Callable[[], None]:
        """Add a listener; schedule a read if its key (``context``) has no value yet."""
        remove = super().async_add_listener(update_callback, context)
        if context not in self.data:
            self.async_hint()
        return remove


class AlarmVolumesCoordinator(AlarmSettingCoordinator[float]):
    """Volumes of alarms, timers and notifications (0–100), by serial."""

    topic: ClassVar[str] = "alarm_volumes"
    shown_by: ClassVar[tuple[str, str] | None] = ("number", "_alert_volume")

    @override
    async def _async_read(self) -> Mapping[str, float]:
        return await self.api.async_alarm_volumes()


class AscendingCoordinator(AlarmSettingCoordinator[bool]):
    """Whether the volume of alarms is ascending, by serial."""

    topic: ClassVar[str] = "ascending"

    @override
    async def _async_read(self) -> Mapping[str, bool]:
        return await self.api.async_ascending()


class AlarmSoundsCoordinator(AlarmSettingCoordinator[AlarmSounds]):
    """Alarm sounds of the devices with enabled entities, by serial."""

    topic: ClassVar[str] = "alarm_sounds"
    interval_with_push: ClassVar[timedelta] = timedelta(days=1)
    interval_without_push: ClassVar[timedelta] = timedelta(days=1)

    @override
    async def _async_read(self) -> Mapping[str, AlarmSounds]:
        """Read the sounds of the devices that have listeners."""
        return await self._async_read_each(self._sounds)

    async def _sounds(self, device: Device) -> AlarmSounds:
        """Return the available sounds of a device and its default sound; raises ``AlexaError``."""
        sounds = tuple(await self.api.async_sounds(device))
        return AlarmSounds(sounds=sounds, default=await self.api.async_default_sound(device))
