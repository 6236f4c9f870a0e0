"""Functions that remove a listener.

There are several for each entity: an object with slots takes a quarter of the memory of a partial or a closure.
"""

from collections.abc import Callable, Hashable


class Removal[T]:
    """Removes an item from a collection when called."""

    __slots__ = ("_collection", "_item")

    def __init__(self, collection: list[T] | set[T], item: T) -> None:
        """Initialize with the item and its collection; an item that is no longer there is ignored."""
        self._collection = collection
        self._item = item

    def __call__(self) -> None:
        """Remove the item."""
        if self._item in self._collection:
            self._collection.remove(self._item)


class ListenerRemoval:
    """Removes the listener with a number from a context when called."""

    __slots__ = ("_context", "_number", "_remove")

    def __init__(self, remove: Callable[[Hashable, int], None], context: Hashable, number: int) -> None:
        """Initialize with the function that removes a listener, which all removals of a topic share."""
        self._remove = remove
        self._context = context
        self._number = number

    def __call__(self) -> None:
        """Remove the listener."""
        self._remove(self._context, self._number)
