"""The ledger: every request that reached the simulated cloud."""

from collections import deque
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

from .http import Request

_LIMIT = 200_000


@dataclass(slots=True)
class Entry:
    """One request.

    ``time`` is in epoch seconds of the simulation's clock; ``status`` is ``None`` while
    there is no answer (and stays so when the connection was cut before one); ``duration``
    is in real seconds until the last byte, ``None`` while the answer goes on; ``fault``
    names the rule that spoiled the answer. A parameter that comes several times in a query
    is a list there.
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
    """All requests since the start or the last reset, oldest first (at most 200,000)."""

    def __init__(self) -> None:
        """Start empty."""
        self._entries: deque[Entry] = deque(maxlen=_LIMIT)
        self._count = 0

    def open(self, request: Request, now: float) -> Entry:
        """Write a request down as it arrives; the caller fills in how it went."""
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
        """Return how many requests there were, and the paths of those whose answer is not over."""
        return {"requests": self._count, "open": [entry.path for entry in self._entries if entry.duration is None]}

    def entries(
        self, *, since: float | None = None, path: str = "*", host: str = "*", method: str = "*"
    ) -> list[dict[str, Any]]:
        """Return the requests not older than ``since`` whose path, host and method fit the globs."""
        return [
            asdict(entry)
            for entry in self._entries
            if (since is None or entry.time >= since)
            and fnmatchcase(entry.path, path)
            and fnmatchcase(entry.host, host.lower())
            and fnmatchcase(entry.method, method.upper())
        ]


def _with_lists(request: Request) -> dict[str, str | list[str]]:
    """Return the query, with all values of a parameter that comes several times."""
    query: dict[str, str | list[str]] = dict(request.query)
    names = [name for name, _ in request.pairs]
    for name in {name for name in names if names.count(name) > 1}:
        query[name] = [value for key, value in request.pairs if key == name]
    return query
