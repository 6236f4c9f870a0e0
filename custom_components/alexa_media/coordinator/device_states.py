"""Do Not Disturb, Bluetooth, notifications and Amazon Kids."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..cloud.alarm_times import unless_counting
from ..cloud.errors import (
    AlexaBadResponseError,
    AlexaConnectionError,
    AlexaError,
    AlexaRateLimitedError,
    AlexaUnsupportedError,
)
from ..cloud.model.api import AlexaBackend
from ..cloud.model.devices import BluetoothState, Child, Device, KidsApi, KidsMode, Notification
from ..const import Topic
from .base import TopicCoordinator
from .devices import DeviceTopicCoordinator
from .echo_events import DND, EchoEvent, async_send


class DndCoordinator(TopicCoordinator[bool]):
    """Do Not Disturb by serial."""

    topic: ClassVar[str] = Topic.DND

    @override
    async def _async_read(self) -> Mapping[str, bool]:
        return await self.backend.async_dnd()

    @override
    def should_be_pushed(self, before: bool, after: bool) -> bool:
        """Return whether the state differs; each change is pushed."""
        return before is not after

    @override
    @callback
    def _async_changed(self, before: Mapping[str, bool], after: Mapping[str, bool]) -> None:
        """Send an event for each device whose known state changed."""
        for serial, enabled in after.items():
            if before.get(serial, enabled) is not enabled:
                event = EchoEvent(entry_id=self.entry.entry_id, serial=serial, kind=DND, data={"enabled": enabled})
                async_send(self.hass, event)

    def among(self, devices: Sequence[Device]) -> Sequence[Device]:
        """Return the devices that have the setting, or all of them if none is known to have it."""
        return [device for device in devices if device.serial in self.data] or devices

    async def async_switch(self, devices: Sequence[Device], *, enabled: bool) -> None:
        """Turn Do Not Disturb on or off on each device, even if another one fails; raises the first ``AlexaError``."""
        errors: list[AlexaError] = []
        for device in devices:
            try:
                with self.written.writing({device.serial: enabled}, self.data):
                    await self.backend.async_set_dnd(device, enabled)
            except AlexaError as err:
                errors.append(err)
                if err.is_doubtful:
                    self.async_expect(device.serial, accepted=False)
                continue
            # The push may arrive before the response.
            if self.data.get(device.serial) is not enabled:
                self.async_expect(device.serial)
        if errors:
            raise errors[0]


class BluetoothCoordinator(TopicCoordinator[BluetoothState]):
    """Paired Bluetooth devices by serial.

    An offline Echo reports nothing; its last report is kept.
    """

    topic: ClassVar[str] = "bluetooth"
    interval_without_push: ClassVar[timedelta] = timedelta(minutes=10)

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], backend: AlexaBackend) -> None:
        """Initialize the coordinator."""
        super().__init__(hass, entry, backend)
        self._asked: set[str] = set()

    @override
    async def _async_read(self) -> Mapping[str, BluetoothState]:
        try:
            states = await self.backend.async_bluetooth()
        except AlexaError:
            self._asked.clear()
            raise
        return {
            serial: self.data.get(serial, state) if state.paired is None else state for serial, state in states.items()
        }

    @callback
    def async_online(self, serial: str) -> None:
        """Read soon when an Echo without a report comes online; for one that is not in the data, until a read works."""
        known = self.data.get(serial)
        if known is None and serial in self._asked:
            return
        if known is None or known.paired is None:
            self._asked.add(serial)
            self.async_hint()


class NotificationsCoordinator(TopicCoordinator[tuple[Notification, ...]]):
    """Alarms, timers and reminders by serial; those of each device are sorted by id."""

    topic: ClassVar[str] = "notifications"
    interval_with_push: ClassVar[timedelta] = timedelta(minutes=30)
    # Hourly even with a proven stream: a missed alarm is worse than an additional request.
    interval_with_proven_push: ClassVar[timedelta] = timedelta(hours=1)

    @override
    async def _async_read(self) -> Mapping[str, tuple[Notification, ...]]:
        """Read all notifications of the account."""
        by_serial: dict[str, list[Notification]] = {}
        notifications = await self.backend.async_notifications()
        known = {item.notification_id: item for items in self.data.values() for item in items}
        for key, notification in sorted(notifications.items()):
            by_serial.setdefault(notification.serial, []).append(unless_counting(notification, known.get(key)))
        return {serial: tuple(items) for serial, items in by_serial.items()}


_PARENTS_FAILURES: Final = (AlexaBadResponseError, AlexaConnectionError, AlexaRateLimitedError)
"""Failures of the parents site that may be temporary."""


class KidsCoordinator(DeviceTopicCoordinator[KidsMode, KidsApi]):
    """Amazon Kids by serial, read with one request for each device that has listeners.

    With ``with_child``, the children of the household and those assigned to devices are read too. They come from the
    parents site, whose failures do not affect the state of Amazon Kids.
    """

    topic: ClassVar[str] = "kids"
    interval_with_push: ClassVar[timedelta] = timedelta(days=1)
    interval_without_push: ClassVar[timedelta] = timedelta(days=1)
    pushed: ClassVar[bool] = False

    with_child = False
    children: tuple[Child, ...] = ()
    _is_adding = False

    @callback
    def async_added(self) -> None:
        """Schedule one read for when all entities have been added."""
        if not self._is_adding:
            self._is_adding = True
            self.entry.async_create_background_task(
                self.hass, self._async_hint_when_added(), f"{self.name} hint after adding"
            )

    async def _async_hint_when_added(self) -> None:
        await self.entry.runtime_data.async_added()
        self._is_adding = False
        self.async_hint()

    @override
    async def _async_read(self) -> Mapping[str, KidsMode]:
        """Read the children if needed, and the devices that have listeners."""
        if self.with_child and not self._is_partial:
            await self._async_read_children()

        async def _read(device: Device) -> KidsMode:
            known = self.data.get(device.serial)
            return await self._mode(device, known.child_id if known else None)

        return await self._async_read_each(_read)

    async def _async_read_children(self) -> None:
        """Read the children of the household."""
        try:
            children = await self.api.async_children()
        except (AlexaUnsupportedError, *_PARENTS_FAILURES):
            return
        if children != self.children:
            self.children = children
            self.async_show_again()

    async def _mode(self, device: Device, known: str | None = None) -> KidsMode:
        """Return the state of a device, with the child ``known`` if the parents site is unavailable."""
        mode = KidsMode(enabled=await self.api.async_kids_mode(device))
        if not mode.enabled or not self.with_child:
            return mode
        try:
            return replace(mode, child_id=await self.api.async_child(device))
        except AlexaUnsupportedError:
            return mode
        except _PARENTS_FAILURES:
            return replace(mode, child_id=known)

    async def async_confirm(self, device: Device, child_id: str | None = None) -> None:
        """Read the state of a device after a change, if the device has listeners.

        ``child_id`` is the child to which the device was assigned, shown if the parents site is unavailable.
        """
        if device.serial not in self._by_context:
            return
        try:
            value = await self._mode(device, child_id)
        except AlexaError:
            self.async_hint()
        else:
            self.async_apply({device.serial: value})
