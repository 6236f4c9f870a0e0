"""Definition of an operation of the Smart Properties API: its request and retry policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ..http import Target


class Region(StrEnum):
    """Region of an organization; the API has separate hosts for each region."""

    NORTH_AMERICA = "na"
    """Canada, United States."""
    EUROPE = "eu"
    """France, Germany, Italy, Spain, United Kingdom."""
    FAR_EAST = "fe"
    """Japan."""


class Host(StrEnum):
    """Kind of host for an operation; ``HOSTS`` contains the addresses."""

    API = "api"
    CREDENTIAL_LOCKER = "credential_locker"
    """Stores Wi-Fi networks; also requires the token in the header ``x-amz-access-token``."""


HOSTS: Final[Mapping[tuple[Host, Region], str]] = {
    (Host.API, Region.NORTH_AMERICA): "https://api.amazonalexa.com",
    (Host.API, Region.EUROPE): "https://api.eu.amazonalexa.com",
    (Host.API, Region.FAR_EAST): "https://api.fe.amazonalexa.com",
    (Host.CREDENTIAL_LOCKER, Region.NORTH_AMERICA): "https://credential-locker-service.amazon.com",
    (Host.CREDENTIAL_LOCKER, Region.EUROPE): "https://credential-locker-service.amazon.eu",
    (Host.CREDENTIAL_LOCKER, Region.FAR_EAST): "https://credential-locker-service.amazon.jp",
}


class Answer(StrEnum):
    """Expected content of a successful response."""

    JSON = "json"
    """A JSON value; anything else is a bad response."""
    JSON_OR_NOTHING = "json_or_nothing"
    """A JSON value, or 204 for a setting without a value."""
    NOTHING = "nothing"
    """No content; only the status matters, unless the body is an HTML page or reports an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Retry policy for one status.

    The wait doubles from ``first`` up to ``longest`` seconds; ``jitter`` shortens it at random, by up to half.
    ``times`` is the maximum number of retries, ``None`` for no limit.
    """

    name: str
    first: float = 1.0
    longest: float = 256.0
    times: int | None = None
    jitter: bool = False

    def delay(self, failures: int) -> float:
        """Return the wait after a number of failures in a row (1 or more) in seconds, without jitter."""
        return float(min(self.first * 2 ** min(failures - 1, 30), self.longest))


EXPONENTIAL_256: Final = Retry(name="exponential256")
EXPONENTIAL_256_JITTER: Final = Retry(name="exponential256Jitter", jitter=True)
ONCE_AFTER_1S: Final = Retry(name="onceAfter1s", times=1)
NO_AUTO_RETRY: Final = Retry(name="noAutoRetry", first=256.0, times=0)
"""Not retried automatically; ``first`` is the minimum ``retry_after`` of the error."""
BACKOFF_UNSPECIFIED: Final = Retry(name="backoffUnspecified")
"""Amazon requires back-off without giving values; the values of other operations are used."""

LISTED: Final[Mapping[int, Retry]] = {429: EXPONENTIAL_256, 500: EXPONENTIAL_256}
"""Retry policy that Amazon documents for several operations on endpoints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Target):
    """One operation of the API.

    ``name`` is Amazon's name for the operation, if there is one. ``documented_retry`` contains the retry policies that
    Amazon documents, by status. ``is_ambiguous`` means that a 401 may also mean missing access to the endpoint.
    """

    host: Host = Host.API
    answer: Answer = Answer.JSON
    documented_retry: Mapping[int, Retry] = field(default_factory=dict)
    is_ambiguous: bool = False

    def retry_for(self, status: int) -> Retry | None:
        """Return the retry policy for a status, or ``None`` if the request is not retried.

        A throttled request did not run, but a write that failed with 500 may have run.
        """
        if (documented := self.documented_retry.get(status)) is not None:
            return documented
        if status == 429 or (status == 500 and not self.is_write):
            return BACKOFF_UNSPECIFIED
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(Operation):
    """An operation that is not a read; by default, no content is expected in its response."""

    is_write: bool = True
    answer: Answer = Answer.NOTHING
