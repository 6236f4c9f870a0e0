"""Why the push stream was lost, or not opened."""

from typing import Final

import httpx

from custom_components.alexa_media.errors import AlexaRateLimitedError
from custom_components.alexa_media.http_values import retry_after

from .session import AccessToken

LONGEST_DELAY: Final = 3600.0


class LostError(Exception):
    """The stream ended or was not opened; ``reason`` may be shown.

    ``refused`` is the token that Amazon did not take, ``delay`` the least wait in seconds.
    """

    def __init__(
        self, reason: str, *, refused: str | None = None, at_once: bool = False, drain: bool = False, delay: float = 0.0
    ) -> None:
        """Keep why, and what that means for the next try."""
        super().__init__(reason)
        self.reason = reason
        self.refused = refused
        self.at_once = at_once
        self.drain = drain
        self.delay = delay


def check_status(response: httpx.Response, token: AccessToken) -> None:
    """Raise ``LostError`` unless an answer is a good one."""
    status = response.status_code
    if status in (401, 403):
        raise LostError(f"HTTP {status}", refused=token.value)
    if not 200 <= status < 300:
        delay = retry_after(response.headers.get("retry-after", "")) or 0.0
        raise LostError(f"HTTP {status}", delay=min(delay, LONGEST_DELAY))


def check_stream(response: httpx.Response, token: AccessToken) -> None:
    """Raise ``LostError`` unless an answer is a stream of directives."""
    check_status(response, token)
    if response.status_code != 200:
        raise LostError(f"HTTP {response.status_code}")
    if response.headers.get("content-type", "").startswith("text/html"):
        raise LostError("a page came, not a stream", refused=token.value)


def lost_by(error: Exception) -> LostError:
    """Return why a stream was lost; what an exception says itself may hold a secret."""
    match error:
        case LostError():
            return error
        case AlexaRateLimitedError(retry_after=delay):
            return LostError("rate limited", delay=delay)
        case TimeoutError():
            return LostError("no answer in time")
        case _:
            return LostError(type(error).__name__)
