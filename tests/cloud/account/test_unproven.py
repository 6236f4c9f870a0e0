"""Tests of unproven requests: a refusal is stored for a day."""

import pytest

from custom_components.alexa_media.cloud.account import unproven
from custom_components.alexa_media.cloud.account.unproven import REFUSED_FOR, UnprovenRequests
from custom_components.alexa_media.cloud.errors import (
    AlexaCommandError,
    AlexaConnectionError,
    AlexaError,
    AlexaUnsupportedError,
)


class Clock:
    """A clock that the test advances."""

    now = 1000.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Replace the monotonic clock."""
    clock = Clock()
    monkeypatch.setattr(unproven, "monotonic", clock)
    return clock


def refuse(requests: UnprovenRequests, error: AlexaError) -> None:
    """Make a request fail."""
    with pytest.raises(type(error)), requests.attempt("arm"):
        raise error


@pytest.mark.parametrize(
    "error",
    [
        AlexaCommandError("x", status=400),
        AlexaUnsupportedError("x", status=403),
        AlexaUnsupportedError("x", status=404),
        AlexaUnsupportedError("x", status=405),
        AlexaCommandError("x", status=200, code="Validation error (FieldUndefined@[armSecurityPanel])"),
    ],
    ids=["400", "403", "404", "405", "unknown field"],
)
def test_a_refused_request_is_not_sent_for_a_day(clock: Clock, error: AlexaError) -> None:
    """After a day, the request is sent once more, and a success ends the pause."""
    requests = UnprovenRequests()
    refuse(requests, error)
    assert list(requests.unsupported) == ["arm"]
    clock.now += REFUSED_FOR - 1
    sent: list[str] = []
    with pytest.raises(AlexaUnsupportedError), requests.attempt("arm"):
        sent.append("arm")
    assert not sent
    with requests.attempt("another"):
        pass
    clock.now += 2
    assert not requests.unsupported
    refuse(requests, error)
    assert list(requests.unsupported) == ["arm"]
    clock.now += REFUSED_FOR + 1
    with requests.attempt("arm"):
        pass
    assert not requests.unsupported


@pytest.mark.parametrize(
    "error",
    [
        AlexaCommandError("x", status=200, code="DEVICE_BUSY"),
        AlexaConnectionError("x", status=503),
        AlexaConnectionError("x", status=401, sent=False),
    ],
    ids=["device busy", "503", "not signed in"],
)
def test_other_errors_do_not_suspend_the_request(error: AlexaError) -> None:
    requests = UnprovenRequests()
    refuse(requests, error)
    assert not requests.unsupported
