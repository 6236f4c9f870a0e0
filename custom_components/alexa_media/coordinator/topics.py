"""The topics that are one call for the whole account and nothing more."""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, override

from ..const import Topic
from ..models import Notification
from .base import TopicCoordinator


class DndCoordinator(TopicCoordinator[bool]):
    """Do Not Disturb by serial."""

    topic: ClassVar[Topic] = Topic.DND

    @override
    async def _async_read(self) -> Mapping[str, bool]:
        """Read the list of all devices."""
        return await self.backend.async_dnd()


class NotificationsCoordinator(TopicCoordinator[tuple[Notification, ...]]):
    """Alarms, timers and reminders by serial, each device's sorted by id."""

    topic: ClassVar[Topic] = Topic.NOTIFICATIONS
    interval_with_push: ClassVar[timedelta] = timedelta(minutes=30)

    @override
    async def _async_read(self) -> Mapping[str, tuple[Notification, ...]]:
        """Read all notifications of the account."""
        by_serial: dict[str, list[Notification]] = {}
        notifications = await self.backend.async_notifications()
        for notification in sorted(notifications.values(), key=lambda item: item.notification_id):
            by_serial.setdefault(notification.serial, []).append(notification)
        return {serial: tuple(items) for serial, items in by_serial.items()}
