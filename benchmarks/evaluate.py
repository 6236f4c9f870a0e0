"""Evaluation of recorded requests, blocking callbacks and states; and a connection for many pushes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from http.client import HTTPConnection
import json
import math
import time
from typing import Any, Final

from alexa_sim.push import directive, part

_SINGLE: Final = (
    "/api/auxcontroller/",
    "/api/device-wifi-details",
    "/api/device/op-mode",
    "/api/equalizer/",
    "/api/notification/",
    "/api/v1/devices/",
    "/api/wake-words-locale",
    "/devicesTypes/",
)
"""Paths of requests per device, which are only sent while one of the device's entities is enabled."""


class Wire:
    """A persistent connection to the control plane, for many pushes."""

    def __init__(self, url: str) -> None:
        """Connect to the control plane at a URL."""
        self._connection = HTTPConnection(url.removeprefix("http://"), timeout=30)

    def push(self, parts: Iterable[bytes]) -> None:
        """Send directives unchanged."""
        body = json.dumps({"raw": b"".join(parts).decode()})
        self._connection.request("POST", "/push", body, {"content-type": "application/json"})
        self._connection.getresponse().read()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def volume_push(serial: str, device_type: str, volume: int) -> bytes:
    """Return the directive for a volume as a part of the multipart stream."""
    return part(volume_directive(serial, device_type, volume))


def volume_directive(serial: str, device_type: str, volume: int) -> dict[str, Any]:
    """Return the directive for a volume."""
    payload = {
        "destinationUserId": "A2SIMJO7D0EQ11",
        "dopplerId": {"deviceSerialNumber": serial, "deviceType": device_type},
        "isMuted": False,
        "volumeSetting": volume,
    }
    return directive("PUSH_VOLUME_CHANGE", payload, time.time())


def compare(sent: Sequence[tuple[float, str, int]], seen: Sequence[tuple[float, str, int]]) -> dict[str, Any]:
    """Return the sent volumes that were lost or out of order, and the latencies of all others."""
    want: dict[str, list[tuple[float, int]]] = {}
    got: dict[str, list[tuple[float, int]]] = {}
    for at, serial, volume in sent:
        want.setdefault(serial, []).append((at, volume))
    for at, serial, volume in seen:
        got.setdefault(serial, []).append((at, volume))
    lost = disordered = 0
    took: list[float] = []
    for serial, wanted in want.items():
        came = got.get(serial, [])
        lost += max(0, len(wanted) - len(came))
        for (at, volume), (when, value) in zip(wanted, came, strict=False):
            disordered += volume != value
            took.append(when - at)
    return {"sent": len(sent), "lost": lost, "out_of_order": disordered, "took": quantiles(took)}


def quantiles(seconds: Sequence[float]) -> dict[str, float]:
    """Return the median, the 95th percentile and the maximum, in milliseconds."""
    if not seconds:
        return {}
    ordered = sorted(seconds)
    at = {"p50": 0.50, "p95": 0.95, "max": 1.0}
    return {name: ordered[math.ceil(share * len(ordered)) - 1] * 1000 for name, share in at.items()} | {
        "count": len(ordered)
    }


def counts(requests: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the number of requests by target."""
    paths = Counter(generic(str(entry["path"])) for entry in requests)
    return {"total": paths.total(), "paths": dict(paths.most_common())}


def apart(requests: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the number of requests for the whole account, in total and by path.

    Requests for single lists and for settings of single devices are counted separately.
    """
    apart = {"single": 0, "lists": 0}
    whole: list[Mapping[str, Any]] = []
    for entry in requests:
        if entry["path"].startswith(_SINGLE):
            apart["single"] += 1
        elif entry["path"].endswith("/items/fetch"):
            apart["lists"] += 1
        else:
            whole.append(entry)
    return counts(whole) | apart


def asked(requests: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the paths of the requests to the API of Smart Properties."""
    return [entry["path"] for entry in requests if entry["host"] == "api.amazonalexa.com"]


def generic(path: str) -> str:
    """Return a path without parts that identify a device or a list."""
    parts = ("*" if len(part) > 14 and any(c.isdigit() for c in part) else part for part in path.split("/"))
    return "/".join(parts)


def first_writes(recorded: Mapping[str, Any]) -> dict[str, float]:
    """Return the time at which each entity was first added or changed."""
    first: dict[str, float] = {}
    for when, entity_id, kind, _ in recorded["writes"]:
        if kind in ("added", "changed"):
            first.setdefault(entity_id, when)
    return first


def longest_blocks(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """Return the longest turns of the event loop in milliseconds: those caused by the client, and all.

    Also contains the longest garbage collection in milliseconds, and the stacks of the client's longest turns.
    """
    blocks: list[dict[str, Any]] = recorded["blocks"]
    own = [block for block in blocks if block["ours"] is not False]
    return {
        "ours": max((b["cpu"] * 1000 for b in own), default=0.0),
        "ours_wall": max((b["wall"] * 1000 for b in own), default=0.0),
        "all": max((b["cpu"] * 1000 for b in blocks), default=0.0),
        "gc": max((each["seconds"] * 1000 for each in recorded["gc"]), default=0.0),
        "collections": recorded["gc"][-6:],
        "stacks": [{**b, "stack": b["stack"][:14]} for b in own[:4]],
    }


def keep(found: dict[str, Any], name: str, echos: int, value: Any) -> None:
    """Store a result that depends on the size of the household."""
    found.setdefault(name, {})[str(echos)] = value
