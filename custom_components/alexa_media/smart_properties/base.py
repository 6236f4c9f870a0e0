"""What the parts of the client share: how they ask, and how they walk through pages."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Final

import aiohttp

from custom_components.alexa_media.errors import AlexaBadResponseError

from .models import Feature, JsonValue, Page
from .operation import Operation, Region
from .parse import feature
from .requests import Query, endpoint_id as checked_endpoint_id
from .transport import PATIENCE, AccessTokenGetter, Time, Transport

MOST_PAGES: Final = 500
"""Pages of one list after which it counts as endless: 5,000 endpoints at the smallest size."""


class ClientBase:
    """The transport, and calls that many operations have in common."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        region: Region,
        access_token: AccessTokenGetter,
        *,
        clock: Time | None = None,
        patience: float = PATIENCE,
    ) -> None:
        """Use ``session``, which stays the caller's, and tokens from ``access_token``.

        ``patience`` is how many seconds one call may wait between repetitions, in all.
        """
        self._transport = Transport(session, region, access_token, clock=clock, patience=patience)

    @property
    def stats(self) -> Mapping[str, object]:
        """Return counters by operation, with the ids of the last requests, for diagnostics."""
        return self._transport.stats

    def follow_answers(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each good answer."""
        self._transport.on_answer = listener

    async def _read_feature(self, operation: Operation, endpoint_id: str) -> Feature:
        """Read one feature, whose name is the end of the operation's path."""
        name = operation.path.rpartition("/")[2]
        return await self._transport.async_request(
            operation, lambda data: feature(data, name), params={"endpointId": checked_endpoint_id(endpoint_id)}
        )

    async def _command(
        self, operation: Operation, endpoint_id: str, json: JsonValue = None, query: Query | None = None
    ) -> None:
        """Send a command to an endpoint; returns when Amazon has accepted it."""
        params = {"endpointId": checked_endpoint_id(endpoint_id)}
        await self._transport.async_request(operation, nothing, params=params, json=json, query=query or ())


async def pages[T](operation: Operation, fetch: Callable[[str | None], Awaitable[Page[T]]]) -> AsyncIterator[T]:
    """Yield the items of all pages; raises ``AlexaBadResponseError`` when they never end.

    Half a list is no list: who collects the items must let an error end the collection.
    """
    seen: set[str] = set()
    token: str | None = None
    for _ in range(MOST_PAGES):
        page = await fetch(token)
        for item in page.items:
            yield item
        token = page.next_token
        if token is None:
            return
        if token in seen:
            break
        seen.add(token)
    raise AlexaBadResponseError(f"The pages of {operation.label} never end", endpoint=operation.label, code="pages")


def nothing(_: object) -> None:
    """Read an answer in which nothing stands."""
