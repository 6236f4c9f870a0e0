"""Recorder of what a cloud answers and pushes; what identifies a household is replaced before anything is written."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
import json
import threading
import time
from typing import Any, Final

from yarl import URL

from .http import Target
from .pseudonyms import Pseudonyms

MAX_QUEUED_BYTES: Final = 32 * 1024 * 1024
"""Size of the answers that may wait to be written; older ones are dropped."""

_MOST_REMEMBERED: Final = 2000


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One request and its answer as they were; ``status`` is None when there was no answer."""

    at: float
    target: Target
    url: URL
    sent: object
    status: int | None
    body: bytes
    seconds: float

    @property
    def size(self) -> int:
        return len(self.body)


@dataclass(frozen=True, slots=True)
class _Directive:
    """One pushed directive as it was."""

    at: float
    data: Mapping[str, Any]
    size: int = 1024


class Recorder:
    """Collects answers and directives, and turns them into lines of JSON with pseudonyms.

    ``started`` is the begin of the recording in epoch seconds; the times of the lines count from it.
    """

    def __init__(self, pseudonyms: Pseudonyms, started: float) -> None:
        """Initialize without anything collected."""
        self._pseudonyms = pseudonyms
        self._started = started
        self._queued: deque[_Exchange | _Directive] = deque()
        self._size = 0
        self._last: dict[tuple[str, str, str], tuple[int | None, int]] = {}
        self._lock = threading.Lock()
        self.dropped = 0

    @property
    def queued_bytes(self) -> int:
        """Return the size of what waits to be written."""
        return self._size

    def exchange(self, target: Target, url: URL, sent: object, status: int | None, body: bytes, seconds: float) -> None:
        """Collect a request and its answer; ``status`` is None when there was no answer."""
        self._add(_Exchange(time.time() - self._started, target, url, sent, status, body, seconds))

    def directive(self, data: Mapping[str, Any]) -> None:
        """Collect a pushed directive."""
        self._add(_Directive(time.time() - self._started, data))

    def _add(self, item: _Exchange | _Directive) -> None:
        self._queued.append(item)
        self._size += item.size
        while self._size > MAX_QUEUED_BYTES:
            self._size -= self._queued.popleft().size
            self.dropped += 1

    def write(self) -> bytes:
        """Return what was collected since the last call as lines of JSON; runs in a thread."""
        with self._lock:
            lines = []
            while self._queued:
                item = self._queued.popleft()
                self._size -= item.size
                line = self._exchange_line(item) if isinstance(item, _Exchange) else self._directive_line(item)
                lines.append(json.dumps(line, separators=(",", ":")))
            return "".join(f"{line}\n" for line in lines).encode()

    def forget(self) -> None:
        """Write the next answers in full, even those that repeat an earlier one."""
        with self._lock:
            self._last.clear()

    def _exchange_line(self, item: _Exchange) -> dict[str, Any]:
        """Return one request; a body that repeats the last one of the same request is only marked."""
        pseudonyms, target = self._pseudonyms, item.target
        query = pseudonyms.value(dict(item.url.query))
        line: dict[str, Any] = {
            "at": round(item.at, 3),
            "seconds": round(item.seconds, 3),
            "method": target.method,
            "host": item.url.host,
            "template": target.path,
            "path": pseudonyms.path(target.path, item.url.raw_path),
            "status": item.status,
        }
        if query:
            line["query"] = query
        if item.sent is not None:
            line["sent"] = pseudonyms.value(_plain(item.sent))
        key = (target.method, str(item.url), repr(item.sent))
        answer = (item.status, hash(item.body))
        if self._last.get(key) == answer:
            return {**line, "same": True}
        if len(self._last) > _MOST_REMEMBERED:
            self._last.clear()
        self._last[key] = answer
        return {**line, **self._body(item.body)}

    def _body(self, body: bytes) -> dict[str, Any]:
        """Return the body of an answer; of what is not JSON only the size."""
        if not body.strip():
            return {}
        try:
            return {"body": self._pseudonyms.value(json.loads(body))}
        except ValueError, RecursionError:
            return {"text": len(body)}

    def _directive_line(self, item: _Directive) -> dict[str, Any]:
        return {"at": round(item.at, 3), "directive": self._pseudonyms.value(item.data)}


def _plain(value: object) -> Any:
    """Return the JSON value that a request body stands for."""
    return json.loads(json.dumps(value))
