"""Values written here that Amazon has not confirmed yet."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

STALE_AGE: Final = 5.0
"""Seconds after a write in which a push may still have a value from before it, such as that of a waking Echo."""


@dataclass(slots=True, eq=False)
class Write[V]:
    """A write that was sent: its value, the values before it, and the earlier write that it replaces."""

    value: V
    older: tuple[V, ...]
    until: float
    replaces: Write[V] | None


class OwnWrites[V]:
    """The latest write by key, until a newer fact arrives.

    Pushes are delivered in order. A push that has the written value confirms it; one that has a value from before the
    write is stale; any other value is newer. A read is newer if it began after the write was accepted.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        """Initialize; ``now`` is the event loop's clock."""
        self._now = now
        self._writes: dict[str, Write[V]] = {}

    def begin(self, key: str, value: V, before: V | None) -> Write[V]:
        """Note a write that is about to be sent; ``before`` is the value shown."""
        replaces = self._find(key)
        older = (*replaces.older, replaces.value) if replaces else () if before is None else (before,)
        write = Write(value, tuple(old for old in older if old != value), self._now() + STALE_AGE, replaces)
        self._writes[key] = write
        return write

    def undo(self, key: str, write: Write[V]) -> None:
        """Forget a write that failed; the one before it counts again."""
        if self._writes.get(key) is not write:
            return
        del self._writes[key]
        if write.replaces:
            self._writes[key] = write.replaces

    def get(self, key: str) -> V | None:
        """Return the written value that no newer fact has replaced, if any."""
        write = self._find(key)
        return write.value if write else None

    def is_stale(self, key: str, value: V) -> bool:
        """Return whether a pushed value is from before the write; any other value ends the write."""
        write = self._find(key)
        if write is not None and value in write.older:
            return True
        self._writes.pop(key, None)
        return False

    def forget(self, key: str) -> None:
        """Forget a write because a newer fact was read."""
        self._writes.pop(key, None)

    def _find(self, key: str) -> Write[V] | None:
        """Return the write of a key that has not expired."""
        write = self._writes.get(key)
        return write if write and self._now() < write.until else None
