"""Cost of the code that checks for a recorder, without a recording."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
import time
from types import SimpleNamespace
from typing import Any, Final

from custom_components.alexa_media.cloud.account.directives import parse_directive
from custom_components.alexa_media.cloud.http import async_recorded

_MANY: Final = 50_000
_REQUESTS: Final = 20
_DIRECTIVES: Final = 500
_ROUNDS: Final = 5


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


async def _awaited(count: int, make: Callable[[], Awaitable[Any]]) -> float:
    """Return the processor time of awaiting ``make()`` ``count`` times, in seconds."""
    shortest = float("inf")
    for _ in range(_ROUNDS):
        began = time.thread_time()
        for _ in range(count):
            await make()
        shortest = min(shortest, time.thread_time() - began)
    return shortest / count


def _called(count: int, call: Callable[[], object]) -> float:
    """Return the processor time of calling ``call`` ``count`` times, in seconds."""
    shortest = float("inf")
    for _ in range(_ROUNDS):
        began = time.thread_time()
        for _ in range(count):
            call()
        shortest = min(shortest, time.thread_time() - began)
    return shortest / count
