"""Values recently written by the integration, to which pushed and read values are compared."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

STALE_AGE: Final = 5.0
"""Seconds after an accepted write during which a push may still contain a value from before it.

An Echo that wakes while the write is in flight causes such a push. The number is a guess.
"""


@dataclass(slots=True, eq=False)
class Write[V]:
    """A write: its value, the possible other values before it (None if unknown), and the write that it replaces.

    ``shown`` is the value known when the write began, or None. ``accepted_at`` is None while the write is in flight,
    and ``replaces`` is None afterward. ``is_settled`` is True once a read has returned the value.
    """

    value: V
    older: tuple[V, ...] | None
    replaces: Write[V] | None
    shown: V | None = None
    accepted_at: float | None = None
    is_settled: bool = False

    @property
    def before(self) -> V | None:
        """Return the value that this write replaces, or None if it is unknown; valid only while in flight."""
        return self.replaces.value if self.replaces else self.shown


class OwnWrites[V]:
    """The latest write of each key, kept while pushed or read values may be older than the write.

    Pushes that are known to be late are not compared (``PushMonitor.is_late``), so a pushed value that cannot be from
    before the write ends it.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        """Initialize; ``now`` returns the time of the event loop's clock in seconds."""
        self._now = now
        self._writes: dict[str, Write[V]] = {}

    @contextmanager
    def writing(self, values: Mapping[str, V], shown: Mapping[str, V | None]) -> Iterator[Mapping[str, Write[V]]]:
        """Record values while they are sent, and then as accepted; discard them if sending raises.

        ``shown`` are the known values before the write, by key. Yields the writes by key.
        """
        writes = {key: self._begin(key, value, shown.get(key)) for key, value in values.items()}
        try:
            yield writes
        except BaseException:  # also on cancellation: nothing else would discard a write that was not accepted
            for key, write in writes.items():
                self._undo(key, write)
            raise
        for write in writes.values():
            write.accepted_at = self._now()
            write.replaces = None

    def _begin(self, key: str, value: V, before: V | None) -> Write[V]:
        """Record a write that is about to be sent, and return it."""
        replaces = self._find(key)
        older: tuple[V, ...] | None
        if replaces is None:
            older = None if before is None else (before,)
        else:
            older = None if replaces.older is None else tuple(dict.fromkeys((*replaces.older, replaces.value)))
        if older is not None:
            older = tuple(old for old in older if old != value)
        write = self._writes[key] = Write(value, older, replaces, before)
        return write

    def _undo(self, key: str, write: Write[V]) -> None:
        """Discard a failed write; the one that it replaced, if any, takes its place."""
        newer = self._writes.get(key)
        if newer is write:
            del self._writes[key]
            if write.replaces:
                self._writes[key] = write.replaces
            return
        while newer is not None and newer.replaces is not write:
            newer = newer.replaces
        if newer is not None:
            newer.replaces = write.replaces

    def get(self, key: str) -> V | None:
        """Return the written value, or None if there is no write or it has ended."""
        write = self._find(key)
        return write.value if write else None

    def is_awaited(self, key: str) -> bool:
        """Return whether a write that may change the value is neither confirmed nor expired."""
        write = self._find(key)
        return write is not None and write.older != () and not write.is_settled

    def is_stale(self, key: str, value: V) -> bool:
        """Return whether a pushed value may be from before the write; any other value ends the write."""
        write = self._find(key)
        if write is not None and value != write.value and (write.older is None or value in write.older):
            return True
        self._writes.pop(key, None)
        return False

    def takes_read(self, key: str, value: V | None, began: float) -> bool:
        """Return whether to use a read value; ``began`` is the start of the read in seconds of the event loop's clock.

        False if the value differs from the written one and the read began before Amazon accepted the write. Otherwise,
        the value settles or ends the write.
        """
        write = self._find(key)
        if write is None:
            return True
        if value == write.value:
            write.is_settled = True
            return True
        if write.accepted_at is None or began < write.accepted_at:
            return False
        del self._writes[key]
        return True

    def forget(self, key: str) -> None:
        """Discard a write because of newer data."""
        self._writes.pop(key, None)

    def _find(self, key: str) -> Write[V] | None:
        """Return the write of a key, or None if there is none or it has expired."""
        write = self._writes.get(key)
        if write and write.accepted_at is not None and self._now() >= write.accepted_at + STALE_AGE:
            del self._writes[key]
            return None
        return write
