"""Ledger of all requests that the simulated cloud received."""

from collections import deque
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from .http import Request

_LIMIT = 200_000


@dataclass(slots=True)
class Entry:
    """One request.

    ``time`` is in epoch seconds of the simulation's clock. ``status`` is ``None`` until there is a response; it remains
    ``None`` if the connection was cut before that. ``duration`` is in real seconds until the last byte, ``None`` while
    the response continues. ``fault`` is the rule that altered the response. A repeated query parameter is a list.
    """

    index: int
    time: float
    method: str
    host: str
    path: str
    query: dict[str, str | list[str]]
    headers: dict[str, str]
    body: str
    http_version: str
    status: int | None = None
    duration: float | None = None
    fault: str | None = None


class Ledger:
    """All requests since the start or the last reset, oldest first; at most 200,000."""

    def __init__(self) -> None:
        """Initialize without requests."""
        self._entries: deque[Entry] = deque(maxlen=_LIMIT)
        self._count = 0

    def open(self, request: Request, now: float) -> Entry:
        """Add a request as it arrives; the caller completes the entry."""
        entry = Entry(
            index=self._count,
            time=now,
            method=request.method,
            host=request.host,
            path=request.path,
            query=_with_lists(request),
            headers=dict(request.headers),
            body=request.body.decode(errors="replace"),
            http_version=request.http_version,
        )
        self._count += 1
        self._entries.append(entry)
        return entry

    def reset(self) -> None:
        """Clear the ledger and restart its index."""
        self._entries.clear()
        self._count = 0

    def progress(self) -> dict[str, Any]:
        """Return the number of requests, and the paths of those without a complete response."""
        return {"requests": self._count, "open": [entry.path for entry in self._entries if entry.duration is None]}

    def entries(
        self, *, since: float | None = None, path: str = "*", host: str = "*", method: str = "*"
    ) -> list[dict[str, Any]]:
        """Return the requests not older than ``since`` that match the globs."""
        return [
            asdict(entry)
            for entry in self._entries
            if (since is None or entry.time >= since)
            and fnmatchcase(entry.path, path)
            and fnmatchcase(entry.host, host.lower())
            and fnmatchcase(entry.method, method.upper())
        ]


def _with_lists(request: Request) -> dict[str, str | list[str]]:
    """Return the query; a parameter that occurs several times has a list of values."""
    query: dict[str, str | list[str]] = dict(request.query)
    names = [name for name, _ in request.pairs]
    for name in {name for name in names if names.count(name) > 1}:
        query[name] = [value for key, value in request.pairs if key == name]
    return query
