"""Tests of the session of an account: token, cookies, csrf value and addresses."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
import logging
import time
from typing import Any

from aiohttp import ClientSession, web
import pytest
from yarl import URL

from custom_components.alexa_media.cloud.account import session as session_module
from custom_components.alexa_media.cloud.account.endpoints import ACCOUNT, DEVICES, Host
from custom_components.alexa_media.cloud.account.session import AccountSession
from custom_components.alexa_media.cloud.errors import AlexaAuthError, AlexaConnectionError
from custom_components.alexa_media.cloud.model.devices import Credentials

from . import captures
from .conftest import Amazon, Clock, answer, cookies_of, hang_up, html

TOKEN, COOKIES = "/auth/token", "/ap/exchangetoken/cookies"
GRANT_GONE = answer({"error": "invalid_grant", "error_description": "x"}, 400)


class Gate:
    """A response that is held back until it is released."""

    def __init__(self, data: Any) -> None:
        """Initialize with the data of the response."""
        self.asked = asyncio.Event()
        self.open = asyncio.Event()
        self.data = data

    async def __call__(self, _: web.Request) -> web.StreamResponse:
        """Respond after the release."""
        self.asked.set()
        await self.open.wait()
        return web.json_response(self.data)


# --- connect ----------------------------------------------------------------------------


async def test_connecting_takes_three_requests_in_two_rounds(web_session: AccountSession, amazon: Amazon) -> None:
    assert web_session.expires_at == 0
    await web_session.async_connect()
    assert set(amazon.paths[:2]) == {TOKEN, COOKIES}
    assert amazon.paths[2:] == ["/api/endpoints"]
    assert web_session.base_url(Host.WEBSITE) == "https://eu-api-alexa.amazon.de"
    assert web_session.base_url(Host.RETAIL) == "https://www.amazon.de"
    assert web_session.expires_at == pytest.approx(time.time() + 3600, abs=5)
    await web_session.async_connect()
    assert len(amazon.ledger) == 3


async def test_token_and_cookies_are_requested_at_the_same_time(web_session: AccountSession, amazon: Amazon) -> None:
    token, cookies = Gate({"access_token": "Atna|1", "expires_in": 3600}), Gate(cookies_of("at"))
    amazon.script(TOKEN, token)
    amazon.script(COOKIES, cookies)
    connecting = asyncio.create_task(web_session.async_connect())
    async with asyncio.timeout(20):
        await token.asked.wait()
        await cookies.asked.wait()
    token.open.set()
    cookies.open.set()
    await connecting


async def test_the_refresh_token_goes_to_two_hosts_and_no_redirect_is_followed(
    web_session: AccountSession, amazon: Amazon
) -> None:
    amazon.script(TOKEN, answer(None, 307, {"Location": "https://alexa.amazon.com/elsewhere"}))
    amazon.script(COOKIES, answer(None, 307, {"Location": "https://alexa.amazon.com/elsewhere"}))
    with pytest.raises(AlexaConnectionError):
        await web_session.async_connect()
    assert {(hit.host, hit.path) for hit in amazon.ledger} == {("api.amazon.de", TOKEN), ("www.amazon.de", COOKIES)}


@pytest.mark.parametrize("path", [TOKEN, COOKIES])
@pytest.mark.parametrize(
    "reply",
    [
        answer({}, 500),
        answer({}, 429),
        html(),
        hang_up,
        answer("[]"),
        answer('"x"'),
        answer({"access_token": {}, "expires_in": 3600}),
        answer({"access_token": "Atna|x", "expires_in": "soon"}),
        answer({"access_token": "Atna|x", "expires_in": []}),
        answer({"access_token": "Atna|x", "expires_in": float("inf")}),
        answer({"response": {"tokens": {"cookies": {".amazon.de": [{"Name": 1}]}}}}),
        answer({"response": {"tokens": {"cookies": {}}}}),
    ],
    ids=[
        "500",
        "429",
        "a page",
        "no answer",
        "a list",
        "a text",
        "an object as token",
        "a text as lifetime",
        "a list as lifetime",
        "an infinite lifetime",
        "odd cookies",
        "no cookies",
    ],
)
async def test_a_failed_renewal_is_transient_and_waits_before_the_next(
    web_session: AccountSession, amazon: Amazon, clock: Clock, path: str, reply: Any
) -> None:
    amazon.script(path, reply)
    with pytest.raises(AlexaConnectionError) as error:
        await web_session.async_connect()
    assert not error.value.sent
    assert web_session.stats["signed_out"] is False
    count = len(amazon.hits(path))
    with pytest.raises(AlexaConnectionError) as error:
        await web_session.async_connect()
    assert error.value.code == "backoff"
    assert len(amazon.hits(path)) == count
    amazon._scripts.clear()
    clock.advance(6)
    await web_session.async_connect()


async def test_a_revoked_grant_is_reported_once_and_stored(web_session: AccountSession, amazon: Amazon) -> None:
    amazon.script(TOKEN, GRANT_GONE)
    amazon.script(COOKIES, answer({}, 400))
    for _ in range(3):
        with pytest.raises(AlexaAuthError):
            await web_session.async_connect()
    assert len(amazon.hits(TOKEN)) == 1
    assert len(amazon.hits(COOKIES)) == 1
    assert web_session.stats["signed_out"] is True


async def test_refused_cookies_are_no_proof_if_the_token_endpoint_accepts_the_grant(
    web_session: AccountSession, amazon: Amazon, clock: Clock
) -> None:
    await web_session.async_connect()
    clock.advance(600)
    amazon.script(COOKIES, answer({}, 400))
    with pytest.raises(AlexaConnectionError):
        await web_session.async_renew_cookies(web_session.cookie_generation)
    assert len(amazon.hits(TOKEN)) == 2


async def test_the_token_endpoint_is_not_asked_twice_about_refused_cookies(
    web_session: AccountSession, amazon: Amazon
) -> None:
    gate = Gate({})
    amazon.script(COOKIES, gate)
    connecting = asyncio.create_task(web_session.async_connect())
    await gate.asked.wait()
    await web_session.async_token()

    async def refuse(_: web.Request) -> web.StreamResponse:
        return web.json_response({}, status=HTTPStatus.FORBIDDEN)

    amazon.script(COOKIES, refuse)
    gate.open.set()
    with pytest.raises(AlexaConnectionError):
        await connecting
    with pytest.raises(AlexaConnectionError):
        await web_session.async_ensure_cookies()
    assert len(amazon.hits(TOKEN)) == 1


async def test_unavailable_addresses_have_defaults_and_are_requested_again(
    web_session: AccountSession, amazon: Amazon
) -> None:
    amazon.script("/api/endpoints", answer({}, 404))
    amazon.script("/api/language", answer({}, 500))
    amazon.script(DEVICES.path, answer(captures.DEVICES))
    await web_session.async_connect()
    assert web_session.base_url(Host.WEBSITE) == "https://alexa.amazon.de"
    assert web_session.base_url(Host.ALEXA_API) == "https://api.amazonalexa.com"
    amazon._scripts.clear()
    await web_session.async_renew_cookies(web_session.cookie_generation)
    await web_session._region_flight.join()
    assert web_session.base_url(Host.WEBSITE) == "https://eu-api-alexa.amazon.de"


async def test_pages_that_hang_do_not_delay_the_start(
    web_session: AccountSession, amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "CONNECT_PAGES_TIMEOUT", 0.05)
    gate = Gate({})
    amazon.script("/api/endpoints", gate)
    await web_session.async_connect()
    gate.open.set()


# --- access token -----------------------------------------------------------------------


async def test_waiters_share_one_renewal_of_the_token(web_session: AccountSession, amazon: Amazon) -> None:
    tokens = await asyncio.gather(*(web_session.async_access_token() for _ in range(8)))
    assert set(tokens) == {"Atna|1"}
    assert amazon.paths == [TOKEN]


async def test_a_token_is_renewed_in_the_background_at_four_fifths_of_its_life(
    web_session: AccountSession, amazon: Amazon, clock: Clock
) -> None:
    await web_session.async_token()
    clock.advance(2870)
    assert await web_session.async_access_token() == "Atna|1"
    assert len(amazon.hits(TOKEN)) == 1
    clock.advance(15)
    assert await web_session.async_access_token() == "Atna|1"
    await web_session._token_flight.join()
    assert await web_session.async_access_token() == "Atna|2"
    assert web_session.expires_at == pytest.approx(time.time() + 3600, abs=5)


async def test_a_token_that_is_too_old_for_the_purpose_is_renewed_first(
    web_session: AccountSession, amazon: Amazon, clock: Clock
) -> None:
    await web_session.async_token()
    clock.advance(1900)
    assert await web_session.async_access_token(1000) == "Atna|1"
    assert await web_session.async_access_token(2000) == "Atna|2"


async def test_a_refused_token_is_renewed_once_for_all_who_were_refused(
    web_session: AccountSession, amazon: Amazon
) -> None:
    token = await web_session.async_token()
    await asyncio.gather(*(web_session.async_renew_token(token.value) for _ in range(4)))
    await web_session.async_renew_token(token.value)
    assert len(amazon.hits(TOKEN)) == 2


async def test_a_valid_token_is_kept_after_a_failed_renewal(
    web_session: AccountSession, amazon: Amazon, clock: Clock
) -> None:
    await web_session.async_token()
    amazon.script(TOKEN, answer({}, 503))
    clock.advance(3000)
    for _ in range(3):
        assert await web_session.async_access_token() == "Atna|1"
        await asyncio.sleep(0.02)
    assert len(amazon.hits(TOKEN)) == 2
    clock.advance(590)
    with pytest.raises(AlexaConnectionError):
        await web_session.async_access_token()


async def test_a_canceled_caller_does_not_cancel_a_renewal(web_session: AccountSession, amazon: Amazon) -> None:
    gate = Gate({"access_token": "Atna|slow", "expires_in": 3600})
    amazon.script(TOKEN, gate)
    first = asyncio.create_task(web_session.async_access_token())
    await gate.asked.wait()
    first.cancel()
    second = asyncio.create_task(web_session.async_access_token())
    await asyncio.sleep(0)
    gate.open.set()
    assert await second == "Atna|slow"
    assert first.cancelled()
    assert len(amazon.hits(TOKEN)) == 1


async def test_a_renewal_that_hangs_times_out(
    web_session: AccountSession, amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "CALL_TIMEOUT", 0.05)
    gate = Gate({})
    amazon.script(TOKEN, gate)
    with pytest.raises(AlexaConnectionError) as error:
        await web_session.async_token()
    assert error.value.code == "TimeoutError"
    gate.open.set()


async def test_closing_cancels_pending_work(
    web_session: AccountSession, amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "CLOSE_TIMEOUT", 0)
    gate = Gate({})
    amazon.script(TOKEN, gate)
    waiting = asyncio.create_task(web_session.async_token())
    await gate.asked.wait()
    await web_session.async_close()
    with pytest.raises(AlexaConnectionError):
        await waiting
    gate.open.set()


# --- cookies ----------------------------------------------------------------------------


async def test_cookies_are_only_sent_to_their_domain(web_session: AccountSession, http: ClientSession) -> None:
    await web_session.async_connect()
    jar = http.cookie_jar
    for host in ("www.amazon.de", "alexa.amazon.de", "eu-api-alexa.amazon.de"):
        assert "at-acbde" in jar.filter_cookies(URL(f"https://{host}/"))
    for url in (
        "https://api.amazonalexa.com/",
        "https://www.amazon.com/",
        "https://example.org/",
        "http://www.amazon.de/",
    ):
        assert not jar.filter_cookies(URL(url))


async def test_cookies_of_several_domains_are_kept_apart(
    web_session: AccountSession, amazon: Amazon, http: ClientSession
) -> None:
    both = cookies_of("de")
    both["response"]["tokens"]["cookies"] |= cookies_of("com", ".amazon.com")["response"]["tokens"]["cookies"]
    amazon.script(COOKIES, answer(both))
    await web_session.async_ensure_cookies()
    for top in ("de", "com"):
        assert http.cookie_jar.filter_cookies(URL(f"https://alexa.amazon.{top}/"))["at-acbde"].value == top


async def test_cookies_are_renewed_once_a_day_in_the_background(
    web_session: AccountSession, amazon: Amazon, clock: Clock
) -> None:
    amazon.script(ACCOUNT.path, answer(captures.ACCOUNT))
    await web_session.async_connect()
    await web_session.transport.async_request(ACCOUNT)
    assert len(amazon.hits(COOKIES)) == 1
    clock.advance(86_500)
    await asyncio.gather(*(web_session.transport.async_request(ACCOUNT) for _ in range(3)))
    await web_session._cookie_flight.join()
    await web_session.transport.async_request(ACCOUNT)
    assert 2 <= len(amazon.hits(COOKIES)) <= 3
    assert web_session.stats["cookies_age"] == 0


async def test_a_failed_daily_renewal_keeps_the_old_cookies(
    web_session: AccountSession, amazon: Amazon, clock: Clock
) -> None:
    amazon.script(ACCOUNT.path, answer(captures.ACCOUNT))
    await web_session.async_connect()
    amazon.script(COOKIES, answer({}, 503))
    clock.advance(86_500)
    for _ in range(3):
        await web_session.transport.async_request(ACCOUNT)
        await asyncio.sleep(0.02)
    assert len(amazon.hits(COOKIES)) == 2
    assert amazon.ledger[-1].cookies


# --- alexapy ----------------------------------------------------------------------------


async def test_capabilities_are_registered(
    web_session: AccountSession, amazon: Amazon, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    amazon.script("/v1/devices/@self/capabilities", answer(None, 204))
    await web_session.async_register_capabilities()
    (hit,) = amazon.hits("/v1/devices/@self/capabilities")
    assert (hit.method, hit.host) == ("PUT", "api.amazonalexa.com")
    assert hit.headers["authorization"] == "Bearer Atna|1"
    assert hit.json["envelopeVersion"] == "20160207"
    assert web_session.stats["capabilities"] == 1
    assert "Atna" not in caplog.text


@pytest.mark.parametrize(
    "reply",
    [answer({"message": "no"}, 403), answer({}, 500), hang_up, answer(None, 307, {"Location": "/"})],
    ids=["403", "500", "no answer", "a redirect"],
)
async def test_refused_capabilities_are_reported(web_session: AccountSession, amazon: Amazon, reply: Any) -> None:
    amazon.script("/v1/devices/@self/capabilities", reply)
    with pytest.raises(AlexaConnectionError):
        await web_session.async_register_capabilities()
    assert web_session.stats["failures"] == 1


async def test_deregistration_uses_a_fresh_token(web_session: AccountSession, amazon: Amazon) -> None:
    await web_session.async_connect()
    amazon.script("/auth/deregister", answer({"response": {"success": {}}}))
    await web_session.async_deregister()
    (hit,) = amazon.hits("/auth/deregister")
    assert hit.headers["authorization"] == f"Bearer {web_session._token and web_session._token.value}"
    assert len(amazon.hits(TOKEN)) == 2


@pytest.mark.parametrize(
    ("path", "reply"),
    [
        ("/auth/deregister", answer({}, 500)),
        ("/auth/deregister", hang_up),
        (TOKEN, GRANT_GONE),
        (TOKEN, answer({}, 500)),
    ],
    ids=["500", "no answer", "revoked token", "token 500"],
)
async def test_a_failed_deregistration_is_logged_and_not_raised(
    web_session: AccountSession, amazon: Amazon, caplog: pytest.LogCaptureFixture, path: str, reply: Any
) -> None:
    amazon.script(path, reply)
    await web_session.async_deregister()
    assert "Deregistration failed; the integration may remain" in caplog.text
    assert captures.APP not in caplog.text


async def test_deregistration_is_bounded_in_time(
    web_session: AccountSession, amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "DEREGISTER_TIMEOUT", 0.05)
    gate = Gate({})
    amazon.script("/auth/deregister", gate)
    async with asyncio.timeout(20):
        await web_session.async_deregister()
    gate.open.set()


async def test_a_closed_aiohttp_session_is_a_connection_error(http: ClientSession, credentials: Credentials) -> None:
    session = AccountSession(http, credentials)
    http.detach()
    with pytest.raises(AlexaConnectionError):
        await session.async_connect()
    await session.async_deregister()
    await session.async_close()


async def test_nothing_secret_is_logged_or_shown(
    web_session: AccountSession, amazon: Amazon, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    amazon.script(DEVICES.path, answer({}, 401), answer(captures.DEVICES))
    amazon.script("/v1/devices/@self/capabilities", answer(None, 204))
    await web_session.async_connect()
    await web_session.transport.async_request(DEVICES)
    await web_session.async_register_capabilities()
    shown = caplog.text + repr(web_session.stats) + repr(web_session.credentials)
    for secret in ("Atnr|secret", "Atna|", "at-2", "csrf="):
        assert secret not in shown


# --- across restarts --------------------------------------------------------------------

IMPLAUSIBLE: dict[str, Callable[[dict[str, Any]], object]] = {
    "no owner": lambda data: data.pop("owner"),
    "a token that never ends": lambda data: data.update(token=[data["token"][0], 1e300]),
    "a token with a line break": lambda data: data.update(token=["Atna|\r\nX: y", data["token"][1]]),
    "a token of another type": lambda data: data.update(token={"value": 5}),
    "cookies that are no texts": lambda data: [cookie.update(value=5) for cookie in data["cookies"]],
    "cookies of another site": lambda data: [cookie.update(domain="example.org") for cookie in data["cookies"]],
    "cookies of another type": lambda data: data.update(cookies="a=b"),
    "cookies from the future": lambda data: data.update(cookies_at=data["cookies_at"] + 1e9),
    "cookies of no time": lambda data: data.update(cookies_at="today"),
    "addresses of another type": lambda data: data.update(region=[1]),
    "addresses elsewhere": lambda data: data.update(
        region={"website": "https://example.org", "alexa_api": "https://example.org"}
    ),
    "a gateway of another type": lambda data: data.update(gateway=1),
    "a gateway elsewhere": lambda data: data.update(gateway="https://example.org"),
}


async def test_a_later_session_uses_what_an_earlier_one_knew(
    web_session: AccountSession, http: ClientSession, credentials: Credentials, amazon: Amazon
) -> None:
    await web_session.async_connect()
    await web_session.async_renew_csrf(None)
    web_session.follow_gateway("https://alexa.eu.gateway.devices.a2z.com")
    stored = web_session.snapshot()
    http.cookie_jar.clear()
    amazon.ledger.clear()
    later = AccountSession(http, credentials)
    later.restore(stored)
    await later.async_connect()
    assert amazon.ledger == []
    assert later.snapshot() == stored
    assert later.csrf
    assert later.base_url(Host.WEBSITE) == "https://eu-api-alexa.amazon.de"


@pytest.mark.parametrize("field", IMPLAUSIBLE)
async def test_implausible_fields_are_ignored_each_alone(
    web_session: AccountSession, http: ClientSession, credentials: Credentials, amazon: Amazon, field: str
) -> None:
    await web_session.async_connect()
    await web_session.async_renew_csrf(None)
    web_session.follow_gateway("https://alexa.eu.gateway.devices.a2z.com")
    stored = web_session.snapshot()
    IMPLAUSIBLE[field](stored)
    http.cookie_jar.clear()
    amazon.ledger.clear()
    later = AccountSession(http, credentials)
    later.restore(stored)
    assert later.gateway in (None, "https://alexa.eu.gateway.devices.a2z.com")
    await later.async_connect()
    assert {hit.host for hit in amazon.ledger} <= {
        "api.amazon.de",
        "www.amazon.de",
        "alexa.amazon.de",
        "eu-api-alexa.amazon.de",
    }
    assert later.expires_at == pytest.approx(time.time() + 3600, abs=5)
    await later.async_renew_csrf(None)
    assert later.csrf


@pytest.mark.parametrize("stored", [None, [], "x", {}, {"owner": 1}, {"owner": "0" * 64}], ids=str)
async def test_a_stored_session_in_another_format_or_of_another_registration_is_ignored(
    web_session: AccountSession, stored: object
) -> None:
    before = web_session.snapshot()
    web_session.restore(stored)
    assert web_session.snapshot() == before
