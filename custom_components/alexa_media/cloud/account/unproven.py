"""Unproven requests, whose form is known from few sources, and their refusals.

If the cloud refuses the form of an unproven request, the request fails for a day without being sent, so that its
fallback is used, if there is one. The refusal of a request that concerns one device, list or other object suspends the
request for this object only, unless the cloud lacks the request altogether.
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
        self._until: dict[tuple[str, str | None], float] = {}

    @property
    def unsupported(self) -> tuple[str, ...]:
        """Return the names of the requests that are suspended after a refusal."""
        now = monotonic()
        return tuple(sorted({name for (name, _), until in self._until.items() if until > now}))

    def is_held(self, name: str, one: str | None = None) -> bool:
        """Return whether a request is suspended after a refusal, for all objects or for this one."""
        return max(self._until.get((name, None), 0.0), self._until.get((name, one), 0.0)) > monotonic()

    def refuse(self, name: str, one: str | None = None) -> None:
        """Record that Amazon refused a request, for all objects or only for ``one``."""
        self._until[name, one] = monotonic() + REFUSED_FOR

    @contextmanager
    def attempt(self, name: str, one: str | None = None, *, may_be_gone: bool = False) -> Iterator[None]:
        """Record whether Amazon refuses the form of the unproven request that the block sends.

        While an earlier refusal is recent, raises ``AlexaUnsupportedError`` without entering the block. ``one``
        identifies the object that the request concerns: a refusal suspends the request for this object only, unless it
        is a 405 or a GraphQL validation error. If the object ``may_be_gone``, a 404 is not recorded.
        """
        if self.is_held(name, one):
            raise AlexaUnsupportedError("Amazon refused this request before", code="unsupported")
        try:
            yield
        except (AlexaBadResponseError, AlexaCommandError, AlexaUnsupportedError) as err:
            if is_refusal_of_form(err) and not (may_be_gone and err.status == HTTPStatus.NOT_FOUND):
                is_for_all = is_not_in_schema(err) or err.status == HTTPStatus.METHOD_NOT_ALLOWED
                self.refuse(name, None if is_for_all else one)
            raise
        self._until.pop((name, None), None)
        self._until.pop((name, one), None)


def is_refusal_of_form(err: AlexaError) -> bool:
    """Return whether Amazon refused the form of a request: 400, 403, 404, 405, or a GraphQL validation error."""
    return err.status in _STATUSES or is_not_in_schema(err)


def is_not_in_schema(err: AlexaError) -> bool:
    """Return whether an error says that the document does not match Amazon's GraphQL schema."""
    return any(word in (err.code or "") for word in _NOT_IN_SCHEMA)
