"""Requests whose form rests on one source, and what Amazon said to them.

One that an account's cloud refuses is not sent again for a day: it fails at once, so that its
fallback is used. Then it is tried once more.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

from ..errors import AlexaCommandError, AlexaError, AlexaUnsupportedError

REFUSED_FOR: Final = 24 * 3600.0
"""Seconds for which a refused request is not sent."""

_STATUSES: Final = (400, 403, 404, 405)
_NOT_IN_SCHEMA: Final = ("Validation error", "FieldUndefined")


class UnprovenRequests:
    """The unproven requests that an account's cloud has refused, by a name for each."""

    def __init__(self) -> None:
        """Initialize without a refusal."""
        self._until: dict[str, float] = {}

    @property
    def unsupported(self) -> tuple[str, ...]:
        """Return the names of the requests that are not sent at present."""
        return tuple(sorted(name for name in self._until if self.is_held(name)))

    def is_held(self, name: str) -> bool:
        """Return whether an earlier refusal of a request counts."""
        return self._until.get(name, 0.0) > monotonic()

    def refuse(self, name: str) -> None:
        """Remember that Amazon has refused a request."""
        self._until[name] = monotonic() + REFUSED_FOR

    @contextmanager
    def attempt(self, name: str) -> Iterator[None]:
        """Send an unproven request inside; a refusal is remembered and raised.

        Raises ``AlexaUnsupportedError`` instead of entering while an earlier refusal counts.
        """
        if self.is_held(name):
            raise AlexaUnsupportedError("Amazon refused this request before", code="unsupported")
        try:
            yield
        except (AlexaCommandError, AlexaUnsupportedError) as err:
            if is_refusal_of_form(err):
                self.refuse(name)
            raise
        self._until.pop(name, None)


def is_refusal_of_form(err: AlexaError) -> bool:
    """Return whether Amazon refused a request for its form: 400, 403, 404, 405, or not in its GraphQL schema."""
    return err.status in _STATUSES or is_not_in_schema(err)


def is_not_in_schema(err: AlexaError) -> bool:
    """Return whether Amazon's GraphQL schema lacks what a document asks for."""
    return any(word in (err.code or "") for word in _NOT_IN_SCHEMA)
