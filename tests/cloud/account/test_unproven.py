"""Tests of unproven requests: a refusal is stored for a day."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from custom_components.alexa_media.cloud.account import unproven
from custom_components.alexa_media.cloud.account.alarms import AccountAlarms
from custom_components.alexa_media.cloud.account.kids import AccountKids
from custom_components.alexa_media.cloud.account.lists import AccountLists
from custom_components.alexa_media.cloud.account.routines import AccountRoutines
from custom_components.alexa_media.cloud.account.session import AccountSession
from custom_components.alexa_media.cloud.account.smart_home import AccountSmartHome
from custom_components.alexa_media.cloud.account.unproven import REFUSED_FOR, UnprovenRequests
from custom_components.alexa_media.cloud.errors import (
    AlexaCommandError,
    AlexaConnectionError,
    AlexaError,
    AlexaUnsupportedError,
)
from custom_components.alexa_media.cloud.model.alarms import AlarmTone, Timing
from custom_components.alexa_media.cloud.model.appliances import Appliance, ApplianceKind, ArmState, DeviceGroup
from custom_components.alexa_media.cloud.model.devices import Device, DeviceFamily
from custom_components.alexa_media.cloud.model.lists import ListInfo, ListType

from .conftest import Amazon, answer


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


@pytest.mark.parametrize(
    ("error", "is_for_all"),
    [
        (AlexaCommandError("x", status=400), False),
        (AlexaUnsupportedError("x", status=403), False),
        (AlexaUnsupportedError("x", status=404), False),
        (AlexaUnsupportedError("x", status=405), True),
        (AlexaCommandError("x", status=200, code="Validation error (FieldUndefined@[armSecurityPanel])"), True),
    ],
    ids=["400", "403", "404", "405", "unknown field"],
)
def test_a_refusal_of_one_object_suspends_the_others_only_if_amazon_lacks_the_request(
    error: AlexaError, is_for_all: bool
) -> None:
    requests = UnprovenRequests()
    with pytest.raises(type(error)), requests.attempt("arm", "panel 1"):
        raise error
    assert requests.unsupported == ("arm",)
    assert [requests.is_held("arm", one) for one in ("panel 1", "panel 2", None)] == [True, is_for_all, is_for_all]
    assert not requests.is_held("disarm", "panel 1")


def test_an_object_that_may_be_gone_is_not_suspended_by_a_404() -> None:
    requests = UnprovenRequests()
    gone = AlexaUnsupportedError("x", status=404)
    with pytest.raises(AlexaUnsupportedError), requests.attempt("arm", "panel 1", may_be_gone=True):
        raise gone
    assert not requests.unsupported


def _device(serial: str) -> Device:
    return Device(
        serial=serial,
        device_type="A1SIMTYPE",
        name=serial,
        family=DeviceFamily.ECHO,
        family_raw="ECHO",
        online=True,
        owner_customer_id=None,
        account_id=None,
        capabilities=frozenset(),
    )


def _appliance(entity_id: str) -> Appliance:
    return Appliance(
        entity_id=entity_id,
        endpoint_id=f"amzn1.alexa.endpoint.{entity_id}",
        appliance_id=f"AAA_{entity_id}",
        name=entity_id,
        kind=ApplianceKind.OTHER,
    )


def _smart_home(session: AccountSession) -> AccountSmartHome:
    return AccountSmartHome(session.transport)


async def _remind(session: AccountSession, serial: str) -> None:
    sound = AlarmTone(sound_id="system_alerts_repetitive_04", name="Countertop", provider="ECHO")
    timing = Timing(at=datetime(2026, 5, 1, 18, tzinfo=UTC))
    await AccountAlarms(session).async_create_reminder(_device(serial), timing, "Bins", sound)


async def _range_history(session: AccountSession, one: str) -> None:
    at = datetime(2026, 5, 1, tzinfo=UTC)
    await _smart_home(session).async_range_history(_appliance(one), "8", at, at)


async def _add_to_group(session: AccountSession, one: str) -> None:
    await _smart_home(session).async_add_to_group(DeviceGroup(group_id=one, name=one, members=frozenset({"a"})))


async def _delete_list(session: AccountSession, one: str) -> None:
    found = ListInfo(list_id=one, type=ListType.CUSTOM, name=one)
    await AccountLists(session.transport).async_delete_list(found)


async def _set_routine(session: AccountSession, one: str) -> None:
    routines = AccountRoutines(session, devices=dict, customer_id=str)
    await routines.async_set_enabled(one, enabled=False)


type _Call = Callable[[AccountSession, str], Awaitable[object]]


@pytest.mark.parametrize(
    "call",
    [
        lambda session, one: AccountKids(session).async_child(_device(one)),
        lambda session, one: _smart_home(session).async_activate_scene(_appliance(one)),
        lambda session, one: _smart_home(session).async_arm(_appliance(one), ArmState.ARMED_AWAY, code="1234"),
        lambda session, one: _smart_home(session).async_rename(_appliance(one), "Lamp"),
        lambda session, one: _smart_home(session).async_enable(_appliance(one), enabled=False),
        _add_to_group,
        _range_history,
        _remind,
        _delete_list,
        _set_routine,
    ],
    ids=["child", "scene", "panel", "rename", "enable", "group", "range history", "reminder", "list", "routine"],
)
async def test_a_request_refused_for_one_object_is_sent_for_another(
    amazon: Amazon, web_session: AccountSession, call: _Call
) -> None:
    """The cloud of this test answers 404 to what is not scripted."""
    routine = {"name": "Tea", "status": "ENABLED", "triggers": [], "sequence": {"startNode": {"type": "Alexa.Speak"}}}
    amazon.script("/api/behaviors/v2/automations", answer([{**routine, "automationId": one} for one in "AB"]))
    sent = []
    for one in ("A", "A", "B"):
        before = len(amazon.ledger)
        with pytest.raises(AlexaError):
            await call(web_session, one)
        sent.append(len(amazon.ledger) > before)
    assert sent == [True, False, True]
    assert len(web_session.transport.unproven.unsupported) == 1
