"""Callables that remove a listener or another item, and timers that end with their entry.

There are several of these callables for each entity: an object with slots takes a quarter of the memory of a partial or
a closure.
"""

from collections.abc import Callable, Hashable
from datetime import datetime
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later, async_track_point_in_utc_time


class Timer:
    """At most one call that is scheduled for later; it is canceled when the entry is unloaded."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Initialize without a scheduled call."""
        self._hass = hass
        self._cancel: CALLBACK_TYPE | None = None
        entry.async_on_unload(self.cancel)

    @property
    def is_set(self) -> bool:
        """Return whether a call is scheduled."""
        return self._cancel is not None

    @callback
    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Schedule a call in ``seconds``, which replaces a scheduled one."""
        self.cancel()
        self._cancel = async_call_later(self._hass, seconds, partial(self._run, action))

    @callback
    def call_at(self, moment: datetime, action: Callable[[], None]) -> None:
        """Schedule a call at ``moment`` (UTC), which replaces a scheduled one."""
        self.cancel()
        self._cancel = async_track_point_in_utc_time(self._hass, partial(self._run, action), moment)

    @callback
    def cancel(self) -> None:
        """Cancel the scheduled call, if any."""
        if self._cancel:
            self._cancel()
            self._cancel = None

    @callback
    def _run(self, action: Callable[[], None], _now: datetime) -> None:
        """Run the scheduled call."""
        self._cancel = None
        action()


class Removal[T]:
    """Removes an item from a collection when called."""

    __slots__ = ("_collection", "_item")

    def __init__(self, collection: list[T] | set[T], item: T) -> None:
        """Initialize with the item and its collection."""
        self._collection = collection
        self._item = item

    def __call__(self) -> None:
        """Remove the item."""
        if self._item in self._collection:
            self._collection.remove(self._item)


class ListenerRemoval:
    """Removes the listener with the given number from a context when called."""

    __slots__ = ("_context", "_number", "_remove")

    def __init__(self, remove: Callable[[Hashable, int], None], context: Hashable, number: int) -> None:
        """Initialize with the function that removes a listener, which all removals of a topic share."""
        self._remove = remove
        self._context = context
        self._number = number

    def __call__(self) -> None:
        """Remove the listener."""
        self._remove(self._context, self._number)
