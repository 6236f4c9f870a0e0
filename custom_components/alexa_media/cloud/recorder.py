"""Recorder of requests, responses and pushes; identifying data is replaced before anything is written."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
import json
import marshal
import threading
import time
from typing import Any, Final

from yarl import URL

from .http import Target
from .pseudonyms import Pseudonyms

MAX_QUEUED_BYTES: Final = 32 * 1024 * 1024
"""Maximum size in bytes of data waiting to be written; beyond it the oldest data is dropped."""

WRITE_AT_BYTES: Final = 4 * 1024 * 1024
"""Size in bytes at which waiting data should be written."""

_EXCHANGE_BYTES: Final = 1024
"""Approximate memory in bytes of a request without its response."""

_DIRECTIVE_BYTES: Final = 4096
"""Approximate memory in bytes of a directive."""

_ENCODE: Final = json.JSONEncoder(separators=(",", ":")).encode
_MOST_REMEMBERED: Final = 2000


@dataclass(frozen=True, slots=True)
class _Exchange:
    """A request and its response, before pseudonymization; ``status`` is None without a response."""

    at: float
    target: Target
    url: URL
    sent: object
    status: int | None
    body: bytes
    seconds: float
    size: int


@dataclass(frozen=True, slots=True)
class _Directive:
    """A pushed directive, before pseudonymization, in the format of ``marshal``."""

    at: float
    data: bytes
    size: int = _DIRECTIVE_BYTES


@dataclass(frozen=True, slots=True)
class _Options:
    """The options of the account, before pseudonymization."""

    data: Mapping[str, Any]
    size: int = _EXCHANGE_BYTES


class Recorder:
    """Collects requests with their responses, directives and options; returns them as lines of JSON with pseudonyms.

    ``started`` is the start of the recording in epoch seconds; ``at`` in the lines is relative to it. ``on_full`` is
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
        self._bodies: dict[tuple[str, URL], bytes] = {}
        self._bodies_size = 0
        self._write_lock = threading.Lock()
        self._dropped = 0

    def exchange(self, target: Target, url: URL, sent: object, status: int | None, body: bytes, seconds: float) -> None:
        """Collect a request and its response; ``status`` is None if there was none, and ``seconds`` is the duration."""
        at = time.time() - self._started
        body, is_known = self._kept(target, url, body)
        size = _EXCHANGE_BYTES if is_known else _EXCHANGE_BYTES + len(body)
        self._add(_Exchange(at, target, url, sent, status, body, seconds, size))

    def directive(self, data: Mapping[str, Any]) -> None:
        """Collect a pushed directive (parsed JSON)."""
        # one string instead of many small objects, which would slow down garbage collection
        self._add(_Directive(time.time() - self._started, marshal.dumps(dict(data))))

    def options(self, options: Mapping[str, Any]) -> None:
        """Collect the options of the account."""
        self._add(_Options(options))

    def _kept(self, target: Target, url: URL, body: bytes) -> tuple[bytes, bool]:
        """Return the body to keep, and whether it takes no further memory: many responses repeat the last one."""
        key = (target.method, url)
        last = self._bodies.get(key, b"")
        if last == body:
            return last, True
        self._bodies_size += len(body) - len(last)
        if self._bodies_size > WRITE_AT_BYTES:
            self._bodies, self._bodies_size = {}, len(body)
        self._bodies[key] = body
        return body, False

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
            lines = [_ENCODE({"dropped": dropped})] if dropped else []
            while queued:
                lines.append(_ENCODE(self._line(queued.popleft())))
            return "".join(f"{line}\n" for line in lines).encode()

    def forget(self) -> None:
        """Forget which bodies were written, so that the next ones are written even if they repeat earlier ones."""
        with self._write_lock:
            self._last.clear()

    def _line(self, item: _Exchange | _Directive | _Options) -> dict[str, Any]:
        """Return a collected item with pseudonyms."""
        match item:
            case _Exchange():
                return self._exchange_line(item)
            case _Directive():
                data = marshal.loads(item.data)  # noqa: S302 - made by this process
                return {"at": round(item.at, 3), "directive": self._pseudonyms.value(data)}
            case _Options():
                return {"options": {name: self._pseudonyms.value(value, "id") for name, value in item.data.items()}}

    def _exchange_line(self, item: _Exchange) -> dict[str, Any]:
        """Return one request and its response; a repeated response body is left out."""
        pseudonyms, target = self._pseudonyms, item.target
        query = pseudonyms.value(_query(item.url))
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


def _query(url: URL) -> dict[str, str | list[str]]:
    """Return the query of a URL; names that occur several times have a list."""
    query = url.query
    return {name: values[0] if len(values := query.getall(name)) == 1 else values for name in query}


def _plain(value: object) -> Any:
    """Return a request body as plain JSON types."""
    return json.loads(json.dumps(value))
