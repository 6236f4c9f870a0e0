"""Cost of checking for a recorder when none is running, and cost of a recorder."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
import json
from statistics import median
import time
from types import SimpleNamespace
from typing import Any, Final

from yarl import URL

from custom_components.alexa_media.cloud.account.directives import parse_directive
from custom_components.alexa_media.cloud.http import async_recorded

_MANY: Final = 50_000
_REQUESTS: Final = 20
_DIRECTIVES: Final = 500
_ROUNDS: Final = 5
_PAIRS: Final = 300
"""Number of measurements, each with and without a recorder."""

_EMPTIED: Final = 30
"""Number of measurements after which the recorder is emptied, so that it never requests this during a measurement."""


async def seam_costs(backend: Any, directive: Mapping[str, Any]) -> dict[str, float]:
    """Return the processor time of a request and a directive, and of their checks for a recorder.

    Times are in seconds of the event loop's thread, the shortest of several rounds. The request is the one for the
    device list.
    """
    answer: Any = None

    async def exchange() -> Any:
        return answer

    def placed() -> Awaitable[Any]:
        return async_recorded(None, answer, answer, None, exchange())

    stream = SimpleNamespace(recorder=None)
    now = datetime.now(UTC)
    return {
        "request": await _awaited(_REQUESTS, backend.async_devices),
        "request_seam": max(0.0, await _awaited(_MANY, placed) - await _awaited(_MANY, exchange)),
        "directive": _called(_DIRECTIVES, lambda: parse_directive(directive, now)),
        "directive_seam": max(0.0, _called(_MANY, lambda: stream.recorder is not None) - _called(_MANY, lambda: None)),
    }


async def recording_costs(backend: Any, recorder: Any, directives: list[Any]) -> dict[str, float]:
    """Return the cost of a recorder per request and directive, as ratios and as the time spent in the recorder.

    Times are in seconds of the event loop's thread only. The cost of a directive includes everything from its text to
    the states. Each ratio is the median of many consecutive measurements; its control compares two measurements without
    a recorder.
    """
    stream = backend._stream  # noqa: SLF001 - there is no public method to pass in a directive
    texts = list(map(json.dumps, directives))

    async def request() -> None:
        await backend.async_devices()

    async def pushes() -> None:
        for text in texts:
            stream._directive(json.loads(text), datetime.now(UTC))  # noqa: SLF001
        await stream._drained.wait()  # noqa: SLF001

    found: dict[str, float] = {}
    for name, operation, count in (("request", request, 1), ("directive", pushes, len(texts))):
        ratios, controls, times = [], [], []
        for number in range(_PAIRS):
            if not number % _EMPTIED:
                recorder.write()
            spent = {}
            for each in range(3):
                # in rotating order: without, with, and once more without the recorder
                side = (number + each) % 3
                backend.record_to(recorder if side == 1 else None)
                began = time.thread_time()
                await operation()
                spent[side] = time.thread_time() - began
            ratios.append(spent[1] / spent[0])
            controls.append(spent[2] / spent[0])
            times.append(spent[0] / count)
        found |= {f"{name}_ratio": median(ratios), f"{name}_control": median(controls), name: median(times)}
    backend.record_to(recorder)
    target: Any = SimpleNamespace(method="GET", path="/api/devices-v2/device")
    url, body, parsed = URL("https://example.org/api/devices-v2/device"), b"{}" * 100_000, json.loads(texts[0])
    found["request_recorder"] = _called(_DIRECTIVES, lambda: recorder.exchange(target, url, None, 200, body, 0.1))
    found["directive_recorder"] = _called(_DIRECTIVES, lambda: recorder.directive(parsed))
    return found


def write_cost(recorder: Any) -> dict[str, float]:
    """Return the processor time for replacing collected values with pseudonyms, and the size of the lines."""
    began = time.thread_time()
    lines = recorder.write()
    return {"seconds": time.thread_time() - began, "bytes": len(lines)}


async def _awaited(count: int, make: Callable[[], Awaitable[Any]]) -> float:
    """Return the shortest processor time of awaiting ``make()``, in seconds, measured with ``count`` repetitions."""
    shortest = float("inf")
    for _ in range(_ROUNDS):
        began = time.thread_time()
        for _ in range(count):
            await make()
        shortest = min(shortest, time.thread_time() - began)
    return shortest / count


def _called(count: int, call: Callable[[], object]) -> float:
    """Return the shortest processor time of calling ``call``, in seconds, measured with ``count`` repetitions."""
    shortest = float("inf")
    for _ in range(_ROUNDS):
        began = time.thread_time()
        for _ in range(count):
            call()
        shortest = min(shortest, time.thread_time() - began)
    return shortest / count
