"""Definition of an operation of the Smart Properties API: its request and retry policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ..http import MAX_BODY_BYTES, MAX_WRITE_BODY_BYTES


class Region(StrEnum):
    """Where the organization is registered; its hosts serve no other region."""

    NORTH_AMERICA = "na"
    """Canada, United States."""
    EUROPE = "eu"
    """France, Germany, Italy, Spain, United Kingdom."""
    FAR_EAST = "fe"
    """Japan."""


class Host(StrEnum):
    """What kind of host serves an operation; ``HOSTS`` has their addresses."""

    API = "api"
    CREDENTIAL_LOCKER = "credential_locker"
    """Keeps Wi-Fi networks; wants the token a second time in ``x-amz-access-token``."""


HOSTS: Final[Mapping[tuple[Host, Region], str]] = {
    (Host.API, Region.NORTH_AMERICA): "https://api.amazonalexa.com",
    (Host.API, Region.EUROPE): "https://api.eu.amazonalexa.com",
    (Host.API, Region.FAR_EAST): "https://api.fe.amazonalexa.com",
    (Host.CREDENTIAL_LOCKER, Region.NORTH_AMERICA): "https://credential-locker-service.amazon.com",
    (Host.CREDENTIAL_LOCKER, Region.EUROPE): "https://credential-locker-service.amazon.eu",
    (Host.CREDENTIAL_LOCKER, Region.FAR_EAST): "https://credential-locker-service.amazon.jp",
}


class Answer(StrEnum):
    """What a good answer holds."""

    JSON = "json"
    """A JSON value; anything else is a bad response."""
    JSON_OR_NOTHING = "json_or_nothing"
    """A JSON value, or 204 where there is a setting but no value in it."""
    NOTHING = "nothing"
    """The status decides, unless the body is a web page or reports an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often and when a request may be sent again after one status; times in seconds.

    The wait doubles from ``first`` to ``longest`` and stays there. ``times`` is the most
    repetitions, ``None`` means until another status comes; how much of that one call waits
    for is the transport's business. With ``jitter`` a wait is somewhere in its upper half.
    """

    name: str
    first: float = 1.0
    longest: float = 256.0
    times: int | None = None
    jitter: bool = False

    def delay(self, failures: int) -> float:
        """Return how long to wait after so many failures in a row (1 or more), jitter apart."""
        return float(min(self.first * 2 ** min(failures - 1, 30), self.longest))


EXPONENTIAL_256: Final = Retry(name="exponential256")
EXPONENTIAL_256_JITTER: Final = Retry(name="exponential256Jitter", jitter=True)
ONCE_AFTER_1S: Final = Retry(name="onceAfter1s", times=1)
NO_AUTO_RETRY: Final = Retry(name="noAutoRetry", first=256.0, times=0)
"""Not retried automatically; ``first`` is the wait shown to the user."""
BACKOFF_UNSPECIFIED: Final = Retry(name="backoffUnspecified")
"""Amazon asks to back off and gives no figures: those of its other operations are taken."""

LISTED: Final[Mapping[int, Retry]] = {429: EXPONENTIAL_256, 500: EXPONENTIAL_256}
"""What the operations on endpoints, units and connectivity document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of the API.

    ``operation_id`` is its name in the OpenAPI file, ``path`` may hold ``{names}``.
    ``documented_retry`` holds Amazon's documented advice about retries, by status;
    ``retry_for`` adds what is done where Amazon says nothing. ``timeout`` is in seconds for
    the whole exchange. ``is_ambiguous``: a 401 may also mean that there is no access to the
    endpoint, so it does not prove that the sign-in is gone.
    """

    operation_id: str
    method: str
    path: str
    host: Host = Host.API
    is_write: bool = False
    answer: Answer = Answer.JSON
    documented_retry: Mapping[int, Retry] = field(default_factory=dict)
    timeout: float = 30.0
    is_ambiguous: bool = False

    @property
    def label(self) -> str:
        """Return what errors and diagnostics call it: no id is in it."""
        return f"{self.method} {self.path}"

    @property
    def max_body(self) -> int:
        """Return the size limit of the answer in bytes."""
        return MAX_WRITE_BODY_BYTES if self.is_write else MAX_BODY_BYTES

    def retry_for(self, status: int) -> Retry | None:
        """Return when a request may be sent again after ``status``, ``None`` for never.

        Without a rule of Amazon's, throttled requests and failed reads are repeated (a
        throttled request did not run); a write that failed may have run and is not.
        """
        if (documented := self.documented_retry.get(status)) is not None:
            return documented
        if status == 429 or (status == 500 and not self.is_write):
            return BACKOFF_UNSPECIFIED
        return None
