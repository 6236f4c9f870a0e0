"""Recorder of requests, responses and pushes; identifying data is replaced before anything is written."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
import json
import threading
import time
from typing import Any, Final

from yarl import URL

from .http import Target
from .pseudonyms import Pseudonyms

MAX_QUEUED_BYTES: Final = 32 * 1024 * 1024
"""Maximum size in bytes of data waiting to be written; beyond it the oldest data is dropped."""

WRITE_AT_BYTES: Final = 4 * 1024 * 1024
"""Size in bytes of waiting data from which it should be written."""

_EXCHANGE_BYTES: Final = 1024
"""Approximate memory in bytes of a request without its response."""

_DIRECTIVE_BYTES: Final = 4096
"""Approximate memory in bytes of a directive."""

_MOST_REMEMBERED: Final = 2000


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One unchanged request and its response; ``status`` is None without a response."""

    at: float
    target: Target
    url: URL
    sent: object
    status: int | None
    body: bytes
    seconds: float

    @property
    def size(self) -> int:
        return len(self.body) + _EXCHANGE_BYTES


@dataclass(frozen=True, slots=True)
class _Directive:
    """One unchanged pushed directive."""

    at: float
    data: Mapping[str, Any]
    size: int = _DIRECTIVE_BYTES


@dataclass(frozen=True, slots=True)
class _Options:
    """The unchanged options of the account."""

    data: Mapping[str, Any]
    size: int = _EXCHANGE_BYTES


class Recorder:
    """Collects responses and directives, and converts them into lines of JSON with pseudonyms when they are written.

    ``started`` is the start of the recording in epoch seconds; times in the lines are relative to it. ``on_full`` is
    called in the event loop when enough data is waiting to be written.
    """

    def __init__(self, pseudonyms: Pseudonyms, started: float, on_full: Callable[[], None] = lambda: None) -> None:
        """Initialize without collected data."""
        self._pseudonyms = pseudonyms
        self._started = started
        self._on_full = on_full
        self._queued: deque[_Exchange | _Directive | _Options] = deque()
        self._size = 0
        self._queue_lock = threading.Lock()
        self._last: dict[tuple[str, str, str], tuple[int | None, int]] = {}
        self._write_lock = threading.Lock()
        self._dropped = 0

    def exchange(self, target: Target, url: URL, sent: object, status: int | None, body: bytes, seconds: float) -> None:
        """Collect a request and its response; ``status`` is None without a response, ``seconds`` the duration."""
        self._add(_Exchange(time.time() - self._started, target, url, sent, status, body, seconds))

    def directive(self, data: Mapping[str, Any]) -> None:
        """Collect a pushed directive."""
        self._add(_Directive(time.time() - self._started, data))

    def options(self, options: Mapping[str, Any]) -> None:
        """Collect the options of the account; only the last ones are written."""
        self._add(_Options(options))

    def _add(self, item: _Exchange | _Directive | _Options) -> None:
        with self._queue_lock:
            was_full = self._size >= WRITE_AT_BYTES
            self._queued.append(item)
            self._size += item.size
            while self._size > MAX_QUEUED_BYTES:
                self._size -= self._queued.popleft().size
                self._dropped += 1
            is_full = self._size >= WRITE_AT_BYTES
        if is_full and not was_full:
            self._on_full()

    def write(self) -> bytes:
        """Return the data collected since the last call as lines of JSON; call it in the executor."""
        with self._write_lock:
            with self._queue_lock:
                queued, self._queued = self._queued, deque()
                dropped, self._dropped = self._dropped, 0
                self._size = 0
            lines = [json.dumps({"dropped": dropped}, separators=(",", ":"))] if dropped else []
            while queued:
                lines.append(json.dumps(self._line(queued.popleft()), separators=(",", ":")))
            return "".join(f"{line}\n" for line in lines).encode()

    def forget(self) -> None:
        """Write the next responses completely, even if they repeat earlier ones."""
        with self._write_lock:
            self._last.clear()

    def _line(self, item: _Exchange | _Directive | _Options) -> dict[str, Any]:
        """Return a collected item with pseudonyms."""
        match item:
            case _Exchange():
                return self._exchange_line(item)
            case _Directive():
                return {"at": round(item.at, 3), "directive": self._pseudonyms.value(item.data)}
            case _Options():
                return {"options": {name: self._pseudonyms.value(value, "id") for name, value in item.data.items()}}

    def _exchange_line(self, item: _Exchange) -> dict[str, Any]:
        """Return one request and its response; a body that repeats the last one of the same request is only marked."""
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
        """Return the body of a response; for a body that is not JSON, only its size."""
        if not body.strip():
            return {}
        try:
            return {"body": self._pseudonyms.value(json.loads(body))}
        except ValueError, RecursionError:
            return {"text": len(body)}


def _plain(value: object) -> Any:
    """Return a request body as plain JSON types."""
    return json.loads(json.dumps(value))
