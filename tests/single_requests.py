"""Helpers for single requests without a network, with responses from aioresponses."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import Mock, patch

from aiohttp import ClientResponse
from aioresponses import aioresponses
from yarl import URL


class _Response(ClientResponse):
    """A response with the argument that aiohttp 3.14 requires and aioresponses 0.7.9 does not set."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"stream_writer": Mock(output_size=0), **kwargs})


@contextmanager
def mocked_requests() -> Iterator[aioresponses]:
    """Yield a mock that answers all aiohttp requests; those without a configured response fail."""
    with patch("aioresponses.core.ClientResponse", _Response), aioresponses() as mocked:
        yield mocked


def sent(mocked: aioresponses) -> list[tuple[str, URL, dict[str, Any]]]:
    """Return method, URL and arguments of all requests, sorted by URL."""
    return [(method, url, call.kwargs) for (method, url), calls in mocked.requests.items() for call in calls]
