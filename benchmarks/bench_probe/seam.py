"""Cost of the places at which a recording would listen, while there is none."""

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
    """Return the processor time of a request and of a directive, and the share of the place of a recorder in it.

    In seconds, the shortest of several rounds, of the event loop's thread alone. A request is the list of devices.
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
    """Return the processor time of something that is awaited."""
    shortest = float("inf")
    for _ in range(_ROUNDS):
        began = time.thread_time()
        for _ in range(count):
            await make()
        shortest = min(shortest, time.thread_time() - began)
    return shortest / count


def _called(count: int, call: Callable[[], object]) -> float:
    """Return the processor time of a call."""
    shortest = float("inf")
    for _ in range(_ROUNDS):
        began = time.thread_time()
        for _ in range(count):
            call()
        shortest = min(shortest, time.thread_time() - began)
    return shortest / count
