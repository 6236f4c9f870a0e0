"""Errors that only the Smart Properties API has; the others are the component's."""

from collections.abc import Sequence

from ..errors import AlexaCommandError, AlexaError
from .models import Address, AddressProblem


class AlexaAddressRejectedError(AlexaCommandError):
    """Amazon does not take an address and says why, or which ones it would take, best first.

    Neither is in the message: an address is personal.
    """

    translation_key = "address_rejected"

    def __init__(
        self,
        message: str,
        *,
        suggestions: Sequence[Address] = (),
        problems: Sequence[AddressProblem] = (),
        endpoint: str | None = None,
        status: int | None = None,
        code: str | None = None,
    ) -> None:
        """Keep what Amazon says about the address."""
        super().__init__(message, endpoint=endpoint, status=status, code=code)
        self.suggestions = tuple(suggestions)
        self.problems = tuple(problems)


class AlexaEndpointMovedError(AlexaError):
    """The device is no longer known by this endpoint id (300, 301, 303): look for it by its serial number.

    ``new_id`` is its new id where the answer names one.
    """

    translation_key = "endpoint_moved"

    def __init__(
        self,
        message: str,
        *,
        new_id: str | None = None,
        endpoint: str | None = None,
        status: int | None = None,
        code: str | None = None,
    ) -> None:
        """Keep the new id."""
        super().__init__(message, endpoint=endpoint, status=status, code=code)
        self.new_id = new_id
