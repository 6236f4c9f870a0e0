"""Single requests without a network: answers by aioresponses, and what was asked for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import Mock, patch

from aiohttp import ClientResponse
from aioresponses import aioresponses
from yarl import URL


class _Response(ClientResponse):
    """A response with the argument that aiohttp 3.14 asks for and aioresponses 0.7.9 does not give."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"stream_writer": Mock(output_size=0), **kwargs})


@contextmanager
def mocked_requests() -> Iterator[aioresponses]:
    """Answer all requests of aiohttp by what is told to the object that this yields; others fail."""
    with patch("aioresponses.core.ClientResponse", _Response), aioresponses() as mocked:
        yield mocked


def sent(mocked: aioresponses) -> list[tuple[str, URL, dict[str, Any]]]:
    """Return method, address and arguments of all requests, in the order of their addresses."""
    return [(method, url, call.kwargs) for (method, url), calls in mocked.requests.items() for call in calls]
