"""Requests whose form is known from one source only, and their refusals.

A request that the cloud refuses for an account is not sent for a day. During that day it fails at once, so that its
fallback is used. After that it is tried once more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from time import monotonic
from typing import Final

from ..errors import AlexaBadResponseError, AlexaCommandError, AlexaError, AlexaUnsupportedError

REFUSED_FOR: Final = 24 * 3600.0
"""Seconds for which a refused request is not sent."""

_STATUSES: Final = (400, 403, 404, 405)
_NOT_IN_SCHEMA: Final = ("Validation error", "FieldUndefined")


class UnprovenRequests:
    """The unproven requests that the cloud refused for one account, by name."""

    def __init__(self) -> None:
        """Initialize without refusals."""
        self._until: dict[str, float] = {}

    @property
    def unsupported(self) -> tuple[str, ...]:
        """Return the names of the requests that are suspended after a refusal."""
        return tuple(sorted(name for name in self._until if self.is_held(name)))

    def is_held(self, name: str) -> bool:
        """Return whether a request is suspended after a refusal."""
        return self._until.get(name, 0.0) > monotonic()

    def refuse(self, name: str) -> None:
        """Record that Amazon refused a request."""
        self._until[name] = monotonic() + REFUSED_FOR

    @contextmanager
    def attempt(self, name: str, *, names_one: bool = False) -> Iterator[None]:
        """Context manager for sending an unproven request; a refusal is recorded and raised.

        While an earlier refusal is recent, it raises ``AlexaUnsupportedError`` instead of entering the block. With
        ``names_one``, the request is about a single object, so a 404 is not a refusal of its form.
        """
        if self.is_held(name):
            raise AlexaUnsupportedError("Amazon refused this request before", code="unsupported")
        try:
            yield
        except (AlexaBadResponseError, AlexaCommandError, AlexaUnsupportedError) as err:
            # a 404 for a request about a single object means that the object is gone, not that its form is wrong
            if is_refusal_of_form(err) and not (names_one and err.status == HTTPStatus.NOT_FOUND):
                self.refuse(name)
            raise
        self._until.pop(name, None)


def is_refusal_of_form(err: AlexaError) -> bool:
    """Return whether Amazon refused the form of a request: 400, 403, 404, 405, or a field that GraphQL lacks."""
    return err.status in _STATUSES or is_not_in_schema(err)


def is_not_in_schema(err: AlexaError) -> bool:
    """Return whether Amazon's GraphQL schema lacks a field of the document."""
    return any(word in (err.code or "") for word in _NOT_IN_SCHEMA)
