"""Tests of retries: which requests are repeated, and after how long."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
import itertools
import logging
from typing import Any

import aiohttp
from aiohttp import web
import pytest

from custom_components.alexa_media.cloud.errors import (
    AlexaAuthError,
    AlexaBadResponseError,
    AlexaConnectionError,
    AlexaDeviceOfflineError,
    AlexaError,
    AlexaPermissionError,
    AlexaRateLimitedError,
)
from custom_components.alexa_media.cloud.property import requests
from custom_components.alexa_media.cloud.property.client import SmartPropertiesClient
from custom_components.alexa_media.cloud.property.operation import Region
from custom_components.alexa_media.cloud.property.operations import (
    GET_POWER,
    GET_SPEAKER,
    SET_VOLUME,
    TURN_OFF,
    TURN_ON,
)
from custom_components.alexa_media.cloud.property.requests import (
    AnyOf,
    EndpointFilter,
    Expand,
    Match,
    PskWifi,
    QueryField,
)
from custom_components.alexa_media.cloud.property.settings import DO_NOT_DISTURB, TIME_FORMAT, SettingKey
from custom_components.alexa_media.cloud.property.transport import Time

from .cloud import ECHO, LAMP, ROOM, Cloud, QuickTime, Tokens, answer, plain
from .conftest import Make
from .openapi import Spec, document
from .test_client_walk import SPECS, calls

IN_ROOM = EndpointFilter(unit_id=ROOM)
THROTTLED = answer({"type": "TOO_MANY_REQUESTS"}, 429)
VOLUME = answer({"properties": [{"name": "volume", "type": "RETRIEVABLE", "value": {"value": 30}}], "operations": []})


async def _error(call: Awaitable[Any]) -> AlexaError:
    with pytest.raises(AlexaError) as raised:
        await call
    return raised.value


# --- statuses -------------------------------------------------------------------------------


def _waits(spec: Spec, status: int, patience: float) -> tuple[list[float], bool]:
    """Return the waits specified in the file within ``patience`` seconds, and whether they have jitter."""
    documented = spec.operation.get("x-retry", {}).get(str(status))
    if documented is None:
        # not documented: a throttled request did not run, and repeating a read is harmless, but a write might run twice
        documented = "exponential256" if status == 429 or (status == 500 and not spec.is_write) else None
    if documented == "backoffUnspecified":
        documented = "exponential256"
    policy = document()["x-retry-policies"][documented] if documented else {"automatic": False}
    if not policy.get("automatic", True):
        return [], False
    waits: list[float] = []
    for turn in itertools.count():
        wait = float(min(policy["firstDelaySeconds"] * 2**turn, policy.get("maxDelaySeconds", 256)))
        if len(waits) >= policy.get("maxRetries", 99) or sum(waits) + wait > patience:
            return waits, policy.get("jitter", False)
        waits.append(wait)
    raise AssertionError


@pytest.mark.parametrize("status", [429, 500, 503, 504])
async def test_every_operation_is_repeated_as_documented(
    status: int, make: Make, cloud: Cloud, quick_time: QuickTime
) -> None:
    for operation_id, spec in SPECS.items():
        quick_time.slept.clear()
        cloud.say(answer({}, status))
        client = make()
        error = await _error(calls(operation_id)[0](client))
        waits, jitter = _waits(spec, status, 15)
        if jitter:
            # each wait is in the upper half of its range, so one more may fit
            assert len(waits) <= len(quick_time.slept) <= len(waits) + 1, operation_id
            assert all(wait / 2 <= slept <= wait for wait, slept in zip([*waits, 16], quick_time.slept, strict=False))
        else:
            assert quick_time.slept == waits, operation_id
        assert len(cloud.ledger) == len(quick_time.slept) + 1, operation_id
        assert len({(hit.path, hit.query, hit.body) for hit in cloud.ledger}) == 1
        assert isinstance(error, AlexaRateLimitedError if status == 429 else AlexaConnectionError)
        stats: Any = client.transport.stats
        assert stats["operations"][operation_id] == {
            "requests": len(cloud.ledger),
            "repeated": len(quick_time.slept),
            "errors": {type(error).__name__: 1},
            "last_status": status,
            "last_request_id": "REQUEST1",
        }
        assert stats["throttled"] == (len(cloud.ledger) if status == 429 else 0)


async def test_the_waits_double_to_256_seconds_and_stay_there(make: Make, cloud: Cloud, quick_time: QuickTime) -> None:
    cloud.say(THROTTLED)
    error = await _error(make(patience=1023).list_endpoints(IN_ROOM))
    assert quick_time.slept == [1, 2, 4, 8, 16, 32, 64, 128, 256, 256, 256]
    assert isinstance(error, AlexaRateLimitedError)
    assert error.retry_after == 256
    quick_time.slept.clear()
    cloud.say(answer({}, 500))
    error = await _error(make(patience=511).list_endpoints(IN_ROOM))
    assert quick_time.slept == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert isinstance(error, AlexaConnectionError)
    assert error.retry_after == 256


async def test_the_caller_only_sees_the_successful_retry(
    client: SmartPropertiesClient, cloud: Cloud, quick_time: QuickTime
) -> None:
    cloud.say(THROTTLED, answer({}, 500), THROTTLED, answer({"results": []}))
    assert (await client.list_endpoints(IN_ROOM)).items == ()
    # each status is counted separately, and a response without throttling ends it
    assert quick_time.slept == [1, 1, 1]


async def test_a_retry_can_end_with_another_error(
    client: SmartPropertiesClient, cloud: Cloud, quick_time: QuickTime
) -> None:
    cloud.say(answer({}, 500), answer({"type": "ENDPOINT_UNREACHABLE"}, 400))
    assert isinstance(await _error(client.set_associated_units(ECHO, ROOM)), AlexaDeviceOfflineError)
    assert quick_time.slept == [1]


async def test_the_retry_after_header_is_respected(
    client: SmartPropertiesClient, cloud: Cloud, quick_time: QuickTime
) -> None:
    cloud.say(answer({}, 429, Retry_After="7"), answer({}, 429, Retry_After="0"), VOLUME)
    await client.read_feature(GET_SPEAKER, ECHO)
    assert quick_time.slept == [7, 2]
    quick_time.slept.clear()
    cloud.say(answer({}, 429, Retry_After="120"))
    error = await _error(client.read_feature(GET_SPEAKER, ECHO))
    assert isinstance(error, AlexaRateLimitedError)
    assert (error.retry_after, quick_time.slept) == (120, [])
    for odd in ("soon", "nan", "Wed, 21 Oct 2015 07:28:00 GMT"):
        cloud.say(answer({}, 429, Retry_After=odd), answer({}, 200))
        await client.command(TURN_ON, LAMP)
        assert len(cloud.ledger) == 2


async def test_only_the_throttled_operation_is_paused(
    client: SmartPropertiesClient, cloud: Cloud, quick_time: QuickTime
) -> None:
    cloud.say(THROTTLED)
    await _error(client.read_feature(GET_SPEAKER, ECHO))
    asked = len(cloud.ledger)
    again = await _error(client.read_feature(GET_SPEAKER, ECHO))
    assert isinstance(again, AlexaRateLimitedError)
    assert (again.retry_after, len(cloud.ledger)) == (16, asked)
    cloud.say(answer({}))
    await client.command(TURN_ON, LAMP)
    quick_time.now += 10
    cloud.say(VOLUME)
    assert (await client.read_feature(GET_SPEAKER, ECHO)).name == "speaker"
    assert quick_time.slept[-1] == 6, "the client waits for the rest of a short pause"


async def test_requests_that_were_throttled_together_wait_once(
    client: SmartPropertiesClient, cloud: Cloud, quick_time: QuickTime
) -> None:
    cloud.gate = asyncio.Event()
    cloud.say(THROTTLED, THROTTLED, VOLUME)
    both = asyncio.gather(client.read_feature(GET_SPEAKER, ECHO), client.read_feature(GET_SPEAKER, LAMP))
    await _until(lambda: cloud.in_flight == 2)
    cloud.gate.set()
    await both
    assert set(quick_time.slept) == {1}
    assert len(cloud.ledger) == 4


async def test_a_success_already_in_flight_does_not_end_throttling(make: Make, cloud: Cloud) -> None:
    client = make(patience=0)
    cloud.gate = asyncio.Event()
    cloud.say(THROTTLED, answer({}))
    both = asyncio.gather(
        client.read_feature(GET_SPEAKER, ECHO), client.read_feature(GET_SPEAKER, LAMP), return_exceptions=True
    )
    await _until(lambda: cloud.in_flight == 2)
    cloud.gate.set()
    assert AlexaRateLimitedError in {type(result) for result in await both}
    assert isinstance(await _error(client.read_feature(GET_SPEAKER, ECHO)), AlexaRateLimitedError)
    assert len(cloud.ledger) == 2


async def test_a_command_is_sent_although_its_operation_is_throttled(make: Make, cloud: Cloud) -> None:
    client = make(patience=0)
    cloud.say(THROTTLED, answer({}))
    assert isinstance(
        await _error(client.command(SET_VOLUME, ECHO, requests.percent("volume", 3))), AlexaRateLimitedError
    )
    await client.command(SET_VOLUME, ECHO, requests.percent("volume", 4))
    await client.command(SET_VOLUME, LAMP, requests.percent("volume", 4))
    assert len(cloud.ledger) == 3


async def test_waiting_requests_are_not_sent_during_throttling(make: Make, cloud: Cloud) -> None:
    client = make(patience=0)
    cloud.gate = asyncio.Event()
    cloud.say(THROTTLED)
    polls = asyncio.gather(*(client.read_feature(GET_SPEAKER, ECHO) for _ in range(20)), return_exceptions=True)
    await _until(lambda: cloud.in_flight == 2)
    cloud.gate.set()
    assert {type(error) for error in await polls} == {AlexaRateLimitedError}
    assert len(cloud.ledger) == 2


async def test_a_throttled_removal_is_not_repeated(
    client: SmartPropertiesClient, cloud: Cloud, quick_time: QuickTime
) -> None:
    cloud.say(THROTTLED)
    error = await _error(client.forget_endpoint(LAMP))
    assert isinstance(error, AlexaRateLimitedError)
    assert (error.retry_after, quick_time.slept, len(cloud.ledger)) == (256, [], 1)
    cloud.say(answer({}))
    await client.forget_endpoint(LAMP)
    assert len(cloud.ledger) == 1


async def test_a_response_without_required_data_is_a_separate_error(
    client: SmartPropertiesClient, cloud: Cloud
) -> None:
    cloud.say(answer({"endpoints": []}))
    error = await _error(client.list_endpoints(IN_ROOM))
    assert isinstance(error, AlexaBadResponseError)
    assert str(error) == "GET /v2/endpoints: the answer has no results"
    assert error.request_id == "REQUEST1"
    broken: list[Any] = [[], {"settings": "none"}]
    for odd in broken:
        cloud.say(answer(odd))
        assert isinstance(await _error(client.get_settings(ECHO, ["a"])), AlexaBadResponseError)
    stats: Any = client.transport.stats
    assert stats["operations"]["getSettings"]["errors"] == {"AlexaBadResponseError": 2}


async def test_waits_use_real_time() -> None:
    time = Time()
    before = time.monotonic()
    await time.sleep(0.001)
    assert time.monotonic() > before


# --- tokens ---------------------------------------------------------------------------------


async def test_a_refused_token_is_renewed_once_for_all_who_were_refused(
    client: SmartPropertiesClient, cloud: Cloud, tokens: Tokens
) -> None:
    cloud.decide = lambda hit: answer({"type": "UNAUTHORIZED"}, 401) if hit.token == "Atza|token-1" else None
    cloud.gate = asyncio.Event()
    everything = asyncio.gather(
        client.command(TURN_ON, LAMP),
        client.command(TURN_OFF, LAMP),
        client.command(SET_VOLUME, ECHO, requests.percent("volume", 3)),
    )
    await _until(lambda: cloud.in_flight == 3)
    cloud.gate.set()
    await everything
    assert tokens.refused == ["Atza|token-1"]
    assert len(cloud.ledger) == 6, "also writes, because a request refused for its token did not run"


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda c: c.read_feature(GET_POWER, LAMP), AlexaAuthError),
        (lambda c: c.command(TURN_ON, LAMP), AlexaAuthError),
        # Amazon responds in the same way if the account has no access to this endpoint
        (lambda c: c.read_setting(TIME_FORMAT, ECHO), AlexaPermissionError),
        (lambda c: c.delete_timers(ECHO), AlexaPermissionError),
    ],
    ids=["read a feature", "turn on", "read a setting", "delete timers"],
)
async def test_a_refused_new_token_is_an_error(
    call: Callable[[SmartPropertiesClient], Awaitable[Any]],
    kind: type[AlexaError],
    client: SmartPropertiesClient,
    cloud: Cloud,
    tokens: Tokens,
) -> None:
    cloud.say(answer({"type": "UNAUTHORIZED"}, 401))
    error = await _error(call(client))
    assert type(error) is kind
    assert error.request_id == "REQUEST1"
    assert [hit.token for hit in cloud.ledger] == ["Atza|token-1", "Atza|token-2"]
    assert tokens.refused == ["Atza|token-1"]


async def test_without_a_token_no_request_is_sent(
    cloud: Cloud, make: Make, monkeypatch: pytest.MonkeyPatch, tokens: Tokens
) -> None:
    async def gone(self: Tokens, refused: str | None = None) -> str:
        raise AlexaAuthError("the grant is gone")

    monkeypatch.setattr(Tokens, "__call__", gone)
    assert isinstance(await _error(make().command(TURN_ON, LAMP)), AlexaAuthError)
    assert cloud.ledger == []


# --- connections ----------------------------------------------------------------------------


async def test_a_write_is_never_repeated_when_its_connection_breaks(
    client: SmartPropertiesClient, cloud: Cloud
) -> None:
    for call in (
        client.write_setting(DO_NOT_DISTURB, ECHO, True),
        client.delete_timers(ECHO),
        client.command(SET_VOLUME, ECHO, requests.percent("volume", 3)),
    ):
        # a connection that was used before: HTTP libraries may repeat requests on such a connection
        cloud.say(answer({}))
        await client.command(TURN_ON, LAMP)
        cloud.say(_Hangup)
        error = await _error(call)
        assert isinstance(error, AlexaConnectionError)
        assert error.sent
        assert len(cloud.ledger) == 1


class _Hangup(web.Response):
    """A response that closes the connection instead of sending data."""

    async def prepare(self, request: web.BaseRequest) -> None:
        assert request.transport is not None
        request.transport.close()


async def test_a_failed_connection_attempt_has_sent_nothing(tokens: Tokens) -> None:
    class Nowhere(aiohttp.abc.AbstractResolver):
        async def resolve(self, *_: Any, **__: Any) -> list[aiohttp.abc.ResolveResult]:
            raise OSError("name resolution is disabled")

        async def close(self) -> None:
            pass

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=Nowhere())) as session:
        client = SmartPropertiesClient(session, Region.EUROPE, tokens)
        error = await _error(client.command(TURN_ON, LAMP))
        assert isinstance(error, AlexaConnectionError)
        assert not error.sent
    error = await _error(client.command(TURN_ON, LAMP))
    assert isinstance(error, AlexaConnectionError)
    assert (error.code, error.sent) == ("closed", False)


async def test_a_request_without_a_response_times_out(client: SmartPropertiesClient, cloud: Cloud) -> None:
    cloud.gate = asyncio.Event()
    error = await _error(client.command(replace(TURN_ON, timeout=1.0), LAMP))
    cloud.gate.set()
    assert isinstance(error, AlexaConnectionError)
    assert (error.sent, len(cloud.ledger)) == (True, 1)


# --- concurrency ----------------------------------------------------------------------------


async def test_three_requests_are_concurrent_and_a_command_does_not_wait_for_polls(
    client: SmartPropertiesClient, cloud: Cloud
) -> None:
    cloud.gate = asyncio.Event()
    cloud.say(VOLUME)
    polls = asyncio.gather(*(client.read_feature(GET_SPEAKER, ECHO) for _ in range(20)))
    await _until(lambda: cloud.in_flight == 2)
    command = asyncio.create_task(client.command(SET_VOLUME, ECHO, requests.percent("volume", 3)))
    await _until(lambda: cloud.in_flight == 3)
    assert cloud.ledger[2].method == "POST", "the command is third, before the remaining polls"
    stats: Any = client.transport.stats
    assert stats["in_flight"] == 3
    more = asyncio.gather(*(client.command(TURN_ON, LAMP) for _ in range(5)))
    cloud.gate.set()
    await asyncio.gather(polls, command, more)
    assert cloud.most_in_flight == 3
    assert len(cloud.ledger) == 26


# --- pages ----------------------------------------------------------------------------------


async def test_pages_are_followed_with_the_same_query(client: SmartPropertiesClient, cloud: Cloud) -> None:
    first = answer({"results": [{"id": ECHO}, {"id": LAMP}], "paginationContext": {"nextToken": "p/2 +="}})
    last = answer({"results": [{"id": ECHO + "9"}], "paginationContext": {}})
    cloud.say(first, last)
    found = [e.id async for e in client.iter_endpoints(IN_ROOM, expand=[Expand.ALL, Expand.SPEAKER])]
    assert found == [ECHO, LAMP, ECHO + "9"]
    one, two = (hit.query for hit in cloud.ledger)
    assert two == (*one, ("nextToken", "p/2 +="))
    cloud.say(first, last)
    found = [e.id async for e in client.iter_query(AnyOf([Match(QueryField.UNIT, ROOM)]), expand=(Expand.ALL,))]
    assert len(found) == 3
    bodies = [hit.json for hit in cloud.ledger]
    assert bodies[1].pop("paginationContext") == {"maxResults": 10, "nextToken": "p/2 +="}
    assert bodies[0].pop("paginationContext") == {"maxResults": 10}
    assert bodies[0] == bodies[1]
    cloud.say(
        answer({"settings": [{"key": "System.timeZone", "value": "UTC"}], "paginationContext": {"nextToken": "2"}}),
        answer({"errors": [{"key": "x", "status": 404, "code": "INVALID_KEY"}]}),
    )
    page = await client.get_all_settings(ECHO, [SettingKey.TIME_ZONE, "x"])
    assert ([s.value for s in page.settings], [e.key for e in page.errors]) == (["UTC"], ["x"])
    assert cloud.ledger[1].query == (("keys", "System.timeZone,x"), ("nextToken", "2"))


async def test_endless_or_failed_pages_are_refused(client: SmartPropertiesClient, cloud: Cloud) -> None:
    endless = {"results": [{"id": ECHO}], "settings": [], "paginationContext": {"nextToken": "same"}}
    cloud.say(answer(endless))
    for walk in (
        _all(client.iter_endpoints(IN_ROOM)),
        _all(client.iter_units(ROOM)),
        client.get_all_settings(ECHO, ["x"]),
    ):
        cloud.ledger.clear()
        error = await _error(walk)
        assert isinstance(error, AlexaBadResponseError)
        assert len(cloud.ledger) == 2
    cloud.say(answer(endless), answer({}, 403))
    assert isinstance(await _error(_all(client.iter_endpoints(IN_ROOM))), AlexaPermissionError)


async def _all(items: Any) -> list[Any]:
    return [item async for item in items]


# --- private data ---------------------------------------------------------------------------


async def test_errors_and_logs_contain_no_passwords_ids_or_tokens(
    client: SmartPropertiesClient, cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="custom_components.alexa_media")
    network = PskWifi(ssid="Guest", password="correct horse")
    told = answer({"type": "BAD_REQUEST", "message": f'"correct horse" of {ECHO} with Atza|token-1'}, 400)
    cloud.say(told)
    shown = [repr(network)]
    for call in (client.save_wifi_configurations([network]), client.read_feature(GET_POWER, ECHO)):
        error = await _error(call)
        shown += [repr(error), str(error), str(error.placeholders), repr(vars(error))]
    cloud.say(plain('{"id": "correct horse'))
    error = await _error(client.read_feature(GET_POWER, ECHO))
    shown += [repr(error), repr(vars(error)), str(client.transport.stats), caplog.text]
    assert "GET /v2/endpoints/{endpointId}/features/power" in caplog.text
    for secret in ("correct horse", "Atza", ECHO):
        assert not any(secret in text for text in shown)


async def _until(condition: Callable[[], bool]) -> None:
    """Let the sockets run until a condition is true."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.001)
