"""Tests of the transport: requests, the result of each type of response, and retries."""

import asyncio
import json
import logging
import threading
from time import perf_counter
from typing import Any

from aiohttp import ClientSession, web
import pytest

from custom_components.alexa_media.cloud.account import transport as transport_module
from custom_components.alexa_media.cloud.account.endpoints import (
    ACCOUNT,
    BEHAVIOR,
    DEVICES,
    LANGUAGE,
    NOTIFICATIONS,
    SET_DND,
    VOLUMES,
    Answer,
    Endpoint,
    Host,
    Write,
)
from custom_components.alexa_media.cloud.account.session import AccountSession
from custom_components.alexa_media.cloud.errors import (
    AlexaAuthError,
    AlexaBadResponseError,
    AlexaCommandError,
    AlexaConnectionError,
    AlexaError,
    AlexaRateLimitedError,
    AlexaUnsupportedError,
)
from custom_components.alexa_media.cloud.model.commands import command
from tests.attack.tools import watching_loop
from tests.endpoints import ENDPOINTS

from . import captures
from .conftest import Amazon, Clock, answer, cut, hang_up, html

API = Write("api", "PUT", "/v1/things/{thing}", host=Host.ALEXA_API, answer=Answer.JSON)
QUICK = Endpoint("quick", "GET", "/quick", host=Host.RETAIL, timeout=0.2)
QUICK_WRITE = Write("quick_write", "POST", "/quick", timeout=0.2, answer=Answer.JSON)


@pytest.fixture
async def connected(web_session: AccountSession, amazon: Amazon) -> AccountSession:
    """Return a connected session with an empty ledger."""
    await web_session.async_connect()
    await web_session.async_renew_csrf(None)
    amazon.ledger.clear()
    return web_session


def _stats(session: AccountSession, name: str) -> Any:
    endpoints: Any = session.transport.stats["endpoints"]
    return endpoints[name]


# --- what is sent -----------------------------------------------------------------------


async def test_a_read_contains_cookies_and_the_apps_user_agent(connected: AccountSession, amazon: Amazon) -> None:
    amazon.script(DEVICES.path, answer(captures.DEVICES))
    assert await connected.transport.async_request(DEVICES, query={"cached": "a b&c"}) == captures.DEVICES
    (hit,) = amazon.ledger
    assert hit.host == "eu-api-alexa.amazon.de"
    assert hit.query == {"cached": "a b&c"}
    assert hit.cookies["at-acbde"].startswith("at-")
    assert hit.cookies["session-token"] == "ab/cd+ef=="
    assert hit.headers["user-agent"].startswith("AmazonWebView/")
    assert "csrf" not in hit.headers
    assert "authorization" not in hit.headers


async def test_notification_requests_contain_a_browsers_user_agent(connected: AccountSession, amazon: Amazon) -> None:
    amazon.script(NOTIFICATIONS.path, answer({"notifications": []}))
    await connected.transport.async_request(NOTIFICATIONS)
    assert amazon.ledger[0].headers["user-agent"].startswith("Mozilla/5.0")


async def test_a_write_repeats_the_csrf_cookie_in_a_header(connected: AccountSession, amazon: Amazon) -> None:
    amazon.script(SET_DND.path, answer({"enabled": True}))
    await connected.transport.async_request(SET_DND, json={"enabled": True})
    (hit,) = amazon.ledger
    assert hit.json == {"enabled": True}
    assert hit.headers["csrf"] == hit.cookies["csrf"]


async def test_the_api_gets_a_token_and_no_cookie(connected: AccountSession, amazon: Amazon) -> None:
    amazon.script("/v1/things/a b/c", answer({"ok": True}))
    assert await connected.transport.async_request(API, params={"thing": "a b/c"}) == {"ok": True}
    (hit,) = amazon.ledger
    assert hit.host == "api.eu.amazonalexa.com"
    assert hit.headers["authorization"].startswith("Bearer Atna|")
    assert hit.cookies == {}
    assert "csrf" not in hit.headers


async def test_the_first_request_gets_missing_cookies(web_session: AccountSession, amazon: Amazon) -> None:
    amazon.script(ACCOUNT.path, answer(captures.ACCOUNT))
    await web_session.transport.async_request(ACCOUNT)
    assert amazon.paths.index("/ap/exchangetoken/cookies") < amazon.paths.index(ACCOUNT.path)
    assert amazon.hits(ACCOUNT.path)[0].cookies


READ_BY_POST = {
    "appliances",
    "guard_state",
    "history",
    "history_before",
    "lists",
    "list_items",
    "validate_operation",
}


def test_the_table_of_endpoints_is_consistent() -> None:
    assert len({endpoint.name for endpoint in ENDPOINTS}) == len(ENDPOINTS)
    for endpoint in ENDPOINTS:
        # Reads by POST are also sent with a csrf cookie, which does no harm. The pages for parents and the API for
        # alarms use tokens instead.
        assert endpoint.needs_csrf or not endpoint.is_write or endpoint.host in (Host.PARENTS, Host.ALEXA_API)
        assert endpoint.is_write or endpoint.method == "GET" or endpoint.name in READ_BY_POST
        assert 0 < endpoint.timeout <= 30
        assert endpoint.browser_agent == endpoint.path.startswith("/api/notifications")


# --- statuses ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case",
    [
        (DEVICES, 403, AlexaUnsupportedError, 1),
        (DEVICES, 404, AlexaUnsupportedError, 1),
        (DEVICES, 405, AlexaUnsupportedError, 1),
        (DEVICES, 400, AlexaBadResponseError, 1),
        (DEVICES, 500, AlexaConnectionError, 2),
        (DEVICES, 503, AlexaConnectionError, 2),
        (SET_DND, 404, AlexaUnsupportedError, 1),
        (SET_DND, 400, AlexaCommandError, 1),
        (SET_DND, 409, AlexaCommandError, 1),
        (SET_DND, 500, AlexaConnectionError, 1),
        (BEHAVIOR, 503, AlexaConnectionError, 1),
    ],
    ids=[
        "read 403",
        "read 404",
        "read 405",
        "read 400",
        "read 500",
        "read 503",
        "write 404",
        "write 400",
        "write 409",
        "write 500",
        "behavior 503",
    ],
)
async def test_each_status_raises_its_error(
    connected: AccountSession, amazon: Amazon, case: tuple[Endpoint, int, type[AlexaError], int]
) -> None:
    endpoint, status, error, requests = case
    amazon.script(endpoint.path, answer({"message": "no such thing"}, status))
    with pytest.raises(error) as caught:
        await connected.transport.async_request(endpoint)
    assert type(caught.value) is error
    assert (caught.value.status, caught.value.endpoint, caught.value.code) == (status, endpoint.label, "no such thing")
    assert len(amazon.ledger) == requests
    assert _stats(connected, endpoint.name) == {
        "requests": requests,
        "repeated": requests - 1,
        "errors": {error.__name__: 1},
        "last_status": status,
        "last_request_id": None,
    }


async def test_a_read_is_repeated_after_one_failure(connected: AccountSession, amazon: Amazon) -> None:
    amazon.script(DEVICES.path, answer({}, 502), answer(captures.DEVICES))
    assert await connected.transport.async_request(DEVICES) == captures.DEVICES
    assert _stats(connected, "devices")["errors"] == {}


@pytest.mark.parametrize("reply", [cut, answer('{"devices": [', 200), answer(None, 200)], ids=["cut", "half", "empty"])
async def test_a_read_with_a_broken_response_is_repeated_once(
    connected: AccountSession, amazon: Amazon, reply: Any
) -> None:
    amazon.script(DEVICES.path, reply)
    with pytest.raises(AlexaBadResponseError):
        await connected.transport.async_request(DEVICES)
    assert len(amazon.ledger) == 2


async def test_a_write_with_a_broken_response_is_never_repeated(connected: AccountSession, amazon: Amazon) -> None:
    amazon.script(SET_DND.path, cut)
    with pytest.raises(AlexaConnectionError) as error:
        await connected.transport.async_request(SET_DND)
    assert error.value.sent
    amazon.script(SET_DND.path, answer('{"enabled', 200))
    with pytest.raises(AlexaBadResponseError):
        await connected.transport.async_request(SET_DND)
    assert len(amazon.ledger) == 2


@pytest.mark.parametrize("endpoint", [SET_DND, BEHAVIOR, API], ids=["PUT", "POST", "PUT with token"])
async def test_a_write_whose_connection_breaks_is_sent_once(
    connected: AccountSession, amazon: Amazon, endpoint: Endpoint
) -> None:
    path = endpoint.path.format(thing="x")
    amazon.script(ACCOUNT.path, answer(captures.ACCOUNT))
    await connected.transport.async_request(ACCOUNT)
    amazon.script(path, hang_up)
    with pytest.raises(AlexaConnectionError) as error:
        await connected.transport.async_request(endpoint, params={"thing": "x"})
    assert error.value.sent
    assert len(amazon.hits(path)) == 1


async def test_a_read_whose_connection_breaks_is_sent_again(connected: AccountSession, amazon: Amazon) -> None:
    amazon.script(ACCOUNT.path, hang_up, hang_up, answer(captures.ACCOUNT))
    assert await connected.transport.async_request(ACCOUNT) == captures.ACCOUNT


async def test_a_request_without_a_response_times_out(connected: AccountSession, amazon: Amazon) -> None:
    never = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    amazon.script("/quick", hang)
    for endpoint in (QUICK, QUICK_WRITE):
        with pytest.raises(AlexaConnectionError) as error:
            await connected.transport.async_request(endpoint)
        assert error.value.sent
        assert error.value.placeholders["reason"] == "no response in time"
    never.set()
    assert len(amazon.ledger) == 2


async def test_an_unreachable_host_has_received_nothing(connected: AccountSession, amazon: Amazon) -> None:
    connected._region = connected._region and connected._region._replace(website="https://nowhere.amazon.de")
    with pytest.raises(AlexaConnectionError) as error:
        await connected.transport.async_request(SET_DND)
    assert not error.value.sent
    assert amazon.ledger == []


async def test_a_closed_session_sends_nothing(connected: AccountSession, http: ClientSession) -> None:
    http.detach()
    with pytest.raises(AlexaConnectionError) as error:
        await connected.transport.async_request(DEVICES)
    assert not error.value.sent


async def test_a_body_without_end_is_refused(
    connected: AccountSession, amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custom_components.alexa_media.cloud.http.MAX_BODY_BYTES", 1000)
    amazon.script(DEVICES.path, answer("x" * 2000))
    with pytest.raises(AlexaBadResponseError) as error:
        await connected.transport.async_request(DEVICES)
    assert error.value.code == "too_large"
    assert len(amazon.ledger) == 1


async def test_each_endpoint_has_a_largest_answer(connected: AccountSession, amazon: Amazon) -> None:
    assert [endpoint.max_body for endpoint in (DEVICES, SET_DND, VOLUMES)] == [2**23, 2**19, 2**21]
    for endpoint, size in ((SET_DND, 2**19), (VOLUMES, 2**21)):
        amazon.script(endpoint.path, answer("x" * (size + 1)))
        with pytest.raises(AlexaBadResponseError) as error:
            await connected.transport.async_request(endpoint)
        assert error.value.code == "too_large"


async def test_a_large_answer_is_read_while_the_loop_turns(connected: AccountSession, amazon: Amazon) -> None:
    entries = [{"n": number} for number in range(500_000)]
    amazon.script(DEVICES.path, answer({"devices": entries}))
    threads = set()

    def parse(data: Any) -> int:
        threads.add(threading.current_thread())
        return sum(item["n"] for item in data["devices"])

    began = perf_counter()
    sum(item["n"] for item in json.loads(json.dumps({"devices": entries}))["devices"])
    whole = perf_counter() - began
    with watching_loop(0.1) as blocks:
        total = await connected.transport.async_read(DEVICES, parse)
    assert total == sum(range(500_000))
    assert threading.main_thread() not in threads
    assert blocks.worst < max(0.5, whole)  # a busy machine is slower


async def test_an_accepted_command_may_be_answered_with_anything(connected: AccountSession, amazon: Amazon) -> None:
    for body, result in ((None, None), ("accepted", None), ('{"id": 1}', {"id": 1})):
        amazon.script(BEHAVIOR.path, answer(body))
        assert await connected.transport.async_request(BEHAVIOR) == result
    amazon.script(SET_DND.path, answer(None, 204))
    assert await connected.transport.async_request(SET_DND) is None


async def test_errors_in_a_200_are_raised(connected: AccountSession, amazon: Amazon) -> None:
    for path in (BEHAVIOR.path, DEVICES.path):
        amazon.script(path, answer({"errors": [{"message": "no such node"}]}))
    with pytest.raises(AlexaCommandError) as error:
        await connected.transport.async_request(BEHAVIOR)
    assert error.value.code == "no such node"
    with pytest.raises(AlexaBadResponseError):
        await connected.transport.async_request(DEVICES)


# --- signed out -------------------------------------------------------------------------


@pytest.mark.parametrize("endpoint", [DEVICES, SET_DND], ids=["read", "write"])
@pytest.mark.parametrize(
    "refusal",
    [answer({}, 401), html(), answer(None, 302, {"Location": "https://www.amazon.de/ap/signin"})],
    ids=["401", "sign-in page", "redirect"],
)
async def test_a_refusal_renews_the_cookies_and_sends_once_more(
    connected: AccountSession, amazon: Amazon, endpoint: Endpoint, refusal: Any
) -> None:
    amazon.script(endpoint.path, refusal, answer({"enabled": True}))
    assert await connected.transport.async_request(endpoint) == {"enabled": True}
    assert amazon.paths == [endpoint.path, "/ap/exchangetoken/cookies", endpoint.path]
    first, _, second = amazon.ledger
    assert first.cookies["at-acbde"] != second.cookies["at-acbde"]


async def test_refusals_at_the_same_time_share_one_renewal(connected: AccountSession, amazon: Amazon) -> None:
    old = connected.cookie_generation

    async def only_new_cookies(request: web.Request) -> web.StreamResponse:
        status = 401 if connected.cookie_generation == old else 200
        return web.json_response({}, status=status)

    amazon.script(DEVICES.path, only_new_cookies)
    await asyncio.gather(*(connected.transport.async_request(DEVICES) for _ in range(6)))
    assert len(amazon.hits("/ap/exchangetoken/cookies")) == 1


async def test_a_refusal_despite_new_cookies_does_not_require_a_sign_in(
    connected: AccountSession, amazon: Amazon, clock: Clock
) -> None:
    amazon.script(DEVICES.path, answer({}, 401))
    for _ in range(3):
        with pytest.raises(AlexaConnectionError) as error:
            await connected.transport.async_request(DEVICES)
        assert (error.value.status, error.value.sent) == (401, False)
    assert len(amazon.hits("/ap/exchangetoken/cookies")) == 1
    assert len(amazon.hits(DEVICES.path)) == 4
    clock.advance(301)
    amazon.script(DEVICES.path, answer({}, 401), answer(captures.DEVICES))
    assert await connected.transport.async_request(DEVICES) == captures.DEVICES
    assert len(amazon.hits("/ap/exchangetoken/cookies")) == 2


async def test_a_renewal_that_fails_for_now_keeps_the_sign_in(connected: AccountSession, amazon: Amazon) -> None:
    amazon.script(DEVICES.path, answer({}, 401))
    amazon.script("/ap/exchangetoken/cookies", answer({}, 500))
    with pytest.raises(AlexaConnectionError) as error:
        await connected.transport.async_request(DEVICES)
    assert error.value.status == 401
    assert connected.stats["signed_out"] is False


async def test_only_the_token_endpoint_ends_the_sign_in(connected: AccountSession, amazon: Amazon) -> None:
    amazon.script(DEVICES.path, answer({}, 401))
    amazon.script("/ap/exchangetoken/cookies", answer({}, 400))
    amazon.script("/auth/token", answer({"error": "invalid_grant"}, 400))
    for _ in range(2):
        with pytest.raises(AlexaAuthError):
            await connected.transport.async_request(DEVICES)
    assert len(amazon.hits("/auth/token")) == 1
    assert len(amazon.hits("/ap/exchangetoken/cookies")) == 1


async def test_a_refused_token_is_renewed_once(connected: AccountSession, amazon: Amazon) -> None:
    amazon.script("/v1/things/x", answer({}, 401), answer({"ok": 1}))
    assert await connected.transport.async_request(API, params={"thing": "x"}) == {"ok": 1}
    assert amazon.paths == ["/v1/things/x", "/auth/token", "/v1/things/x"]
    first, _, second = amazon.ledger
    assert first.headers["authorization"] != second.headers["authorization"]


# --- csrf -------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [None, {"message": "csrf token mismatch"}], ids=["nothing said", "csrf named"])
async def test_a_write_refused_for_its_csrf_value_gets_a_new_one(
    connected: AccountSession, amazon: Amazon, body: Any
) -> None:
    amazon.script(SET_DND.path, answer(body, 403), answer({"enabled": True}))
    await connected.transport.async_request(SET_DND)
    assert amazon.paths == [SET_DND.path, "/api/language", SET_DND.path]
    first, _, second = amazon.ledger
    assert first.headers["csrf"] != second.headers["csrf"]
    amazon.script(SET_DND.path, answer(body, 403))
    with pytest.raises(AlexaUnsupportedError):
        await connected.transport.async_request(SET_DND)
    assert len(amazon.hits(SET_DND.path)) == 4


async def test_a_write_refused_for_another_reason_is_not_sent_again(connected: AccountSession, amazon: Amazon) -> None:
    amazon.script(SET_DND.path, answer({"message": "not your device"}, 403))
    with pytest.raises(AlexaUnsupportedError) as error:
        await connected.transport.async_request(SET_DND)
    assert error.value.code == "not your device"
    assert amazon.paths == [SET_DND.path]


async def test_the_csrf_value_is_read_from_the_first_page_that_sets_it(
    web_session: AccountSession, amazon: Amazon
) -> None:
    amazon.script("/api/language", answer({}, 404))
    amazon.script("/templates/oobe/d-device-pick.handlebars", answer({}))
    amazon.script("/api/devices-v2/device", answer({}, headers={"Set-Cookie": "csrf=77; Domain=amazon.de; Path=/"}))
    amazon.script(SET_DND.path, answer({"enabled": True}))
    await web_session.transport.async_request(SET_DND)
    assert amazon.hits(SET_DND.path)[0].headers["csrf"] == "77"
    assert amazon.hits("/api/strings") == []


@pytest.mark.parametrize("reply", [answer({}), answer({}, 500), hang_up], ids=["no cookie", "500", "cut"])
async def test_no_write_is_sent_without_csrf(web_session: AccountSession, amazon: Amazon, reply: Any) -> None:
    for endpoint in ENDPOINTS:
        if not endpoint.is_write:
            amazon.script(endpoint.path, reply)
    with pytest.raises(AlexaConnectionError) as error:
        await web_session.transport.async_request(SET_DND)
    assert not error.value.sent
    assert error.value.code == "csrf"
    assert amazon.hits(SET_DND.path) == []


# --- throttling -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reply",
    [
        answer({}, 429),
        answer({"message": "Rate exceeded"}, 400),
        answer({"message": "Rate exceeded"}, 200),
        answer("Too many requests", 503),
    ],
    ids=["429", "400", "200", "503"],
)
async def test_reads_are_not_sent_to_a_throttled_host(
    connected: AccountSession, amazon: Amazon, clock: Clock, caplog: pytest.LogCaptureFixture, reply: Any
) -> None:
    caplog.set_level(logging.INFO)
    amazon.script(DEVICES.path, reply)
    amazon.script(ACCOUNT.path, answer(captures.ACCOUNT))
    for endpoint in (DEVICES, ACCOUNT, DEVICES):
        with pytest.raises(AlexaRateLimitedError) as error:
            await connected.transport.async_request(endpoint)
        assert error.value.retry_after == pytest.approx(30, abs=1)
    assert amazon.paths == [DEVICES.path]
    clock.advance(31)
    assert await connected.transport.async_request(ACCOUNT) == captures.ACCOUNT

    def told() -> list[str]:
        return [record.levelname for record in caplog.records if "rate" in record.getMessage()]

    assert told() == ["WARNING"]
    clock.advance(901)
    assert await connected.transport.async_request(ACCOUNT) == captures.ACCOUNT
    assert told() == ["WARNING", "INFO"]


async def test_a_command_is_sent_to_a_throttled_host_and_its_success_resumes_reads(
    connected: AccountSession, amazon: Amazon
) -> None:
    amazon.script(DEVICES.path, answer({}, 429), answer(captures.DEVICES))
    amazon.script(SET_DND.path, answer("Too many requests", 503), answer({"enabled": True}))
    with pytest.raises(AlexaRateLimitedError):
        await connected.transport.async_request(DEVICES)
    with pytest.raises(AlexaRateLimitedError):
        await connected.transport.async_request(SET_DND)
    with pytest.raises(AlexaRateLimitedError):
        await connected.transport.async_request(DEVICES)
    await connected.transport.async_request(SET_DND)
    assert await connected.transport.async_request(DEVICES) == captures.DEVICES
    assert amazon.paths == [DEVICES.path, SET_DND.path, SET_DND.path, DEVICES.path]


async def test_a_read_that_a_command_needs_is_not_held_back(connected: AccountSession, amazon: Amazon) -> None:
    amazon.script(DEVICES.path, answer({}, 429), answer(captures.DEVICES))
    with pytest.raises(AlexaRateLimitedError):
        await connected.transport.async_request(DEVICES)
    with command():
        assert await connected.transport.async_request(DEVICES) == captures.DEVICES


@pytest.mark.parametrize(
    ("body", "status"), [({}, 429), ({"message": "Rate exceeded"}, 400), ({"message": "Rate exceeded"}, 200)]
)
async def test_a_command_waits_a_short_retry_after_and_is_sent_once_more(
    connected: AccountSession, amazon: Amazon, monkeypatch: pytest.MonkeyPatch, body: Any, status: int
) -> None:
    monkeypatch.setattr(transport_module, "MAX_COMMAND_WAIT_SECONDS", 0.05)
    throttled = answer(body, status, {"Retry-After": "0"})
    amazon.script(SET_DND.path, throttled, answer({"enabled": True}))
    assert await connected.transport.async_request(SET_DND) == {"enabled": True}
    amazon.script(SET_DND.path, throttled)
    with pytest.raises(AlexaRateLimitedError):
        await connected.transport.async_request(SET_DND)
    amazon.script(SET_DND.path, answer({}, 429, {"Retry-After": "6"}))
    with pytest.raises(AlexaRateLimitedError):
        await connected.transport.async_request(SET_DND)
    assert amazon.paths == [SET_DND.path] * 5


async def test_retry_after_is_respected(connected: AccountSession, amazon: Amazon, clock: Clock) -> None:
    amazon.script(DEVICES.path, answer({}, 429, {"Retry-After": "120"}), answer(captures.DEVICES))
    with pytest.raises(AlexaRateLimitedError) as error:
        await connected.transport.async_request(DEVICES)
    assert error.value.retry_after == pytest.approx(120, abs=1)
    clock.advance(100)
    with pytest.raises(AlexaRateLimitedError):
        await connected.transport.async_request(DEVICES)
    clock.advance(21)
    await connected.transport.async_request(DEVICES)
    assert len(amazon.ledger) == 2


async def test_waiting_requests_are_not_sent_to_a_throttled_host(connected: AccountSession, amazon: Amazon) -> None:
    amazon.script(DEVICES.path, answer({}, 429))
    results = await asyncio.gather(
        *(connected.transport.async_request(DEVICES) for _ in range(12)), return_exceptions=True
    )
    assert all(isinstance(result, AlexaRateLimitedError) for result in results)
    assert len(amazon.ledger) <= transport_module.SLOTS_AT_SETUP


# --- in flight --------------------------------------------------------------------------


@pytest.mark.parametrize("told", [True, False], ids=["told", "after a while"])
async def test_two_requests_at_a_time_and_eight_during_setup(
    connected: AccountSession, amazon: Amazon, clock: Clock, told: bool
) -> None:
    now = most = 0

    async def count(_: web.Request) -> web.StreamResponse:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        return web.json_response({})

    amazon.script(DEVICES.path, count)
    for limit in (8, 2):
        most = 0
        await asyncio.gather(*(connected.transport.async_request(DEVICES) for _ in range(10)))
        assert most == limit
        if told:
            connected.transport.setup_done()
        else:
            clock.advance(transport_module.SETUP_TIMEOUT_SECONDS + 1)


async def test_errors_and_counters_contain_no_private_data(connected: AccountSession, amazon: Amazon) -> None:
    secret = {"deviceSerialNumber": captures.STUDIO, "enabled": True}
    amazon.script(SET_DND.path, hang_up)
    with pytest.raises(AlexaConnectionError) as error:
        await connected.transport.async_request(SET_DND, query={"deviceSerialNumber": captures.STUDIO}, json=secret)
    text = (
        f"{error.value!r} {error.value.__cause__!r} {error.value.placeholders} {json.dumps(connected.transport.stats)}"
    )
    assert captures.STUDIO not in text
    assert LANGUAGE.label == "GET /api/language"


async def test_a_parser_that_cannot_use_an_answer_is_counted(connected: AccountSession, amazon: Amazon) -> None:
    def parse(data: Any) -> None:
        raise AlexaBadResponseError("not what was asked for", endpoint=DEVICES.label)

    amazon.script(DEVICES.path, answer(captures.DEVICES))
    with pytest.raises(AlexaBadResponseError, match="not what was asked for"):
        await connected.transport.async_read(DEVICES, parse)
    assert _stats(connected, "devices")["errors"] == {"AlexaBadResponseError": 1}
