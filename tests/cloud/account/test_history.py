"""Tests of the voice history: the page token, and what both forms of the request need."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from time import monotonic

from aiohttp import ClientSession, web
import pytest

from custom_components.alexa_media.cloud.account import history as history_module
from custom_components.alexa_media.cloud.account.history import HISTORY, HISTORY_BEFORE, HISTORY_PAGE, AccountHistory
from custom_components.alexa_media.cloud.account.session import AccountSession
from custom_components.alexa_media.cloud.errors import (
    AlexaBadResponseError,
    AlexaConnectionError,
    AlexaRateLimitedError,
    AlexaUnsupportedError,
)
from custom_components.alexa_media.cloud.model.devices import Credentials
from custom_components.alexa_media.cloud.model.history import RecordPage

from .conftest import Amazon, Clock, Reply, answer, html

START, END = datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC)
NEWER = answer({"alexaHistoryRecords": [], "encodedRequestToken": "more"})
OLDER = answer({"customerHistoryRecords": [], "encodedRequestToken": None})
MORE, NO_MORE = RecordPage(records=(), token="more"), RecordPage(records=(), token=None)


def page(token: str) -> Reply:
    """Return a page that contains a token."""

    async def reply(_: web.Request) -> web.StreamResponse:
        return web.Response(text=f'<meta name="csrf-token" content="{token}">', content_type="text/html")

    return reply


@pytest.fixture
async def history(http: ClientSession, credentials: Credentials, amazon: Amazon) -> AsyncIterator[AccountHistory]:
    """Return the history of a connected account with an empty ledger; the page token is "one"."""
    session = AccountSession(http, credentials)
    session.transport.retry_pause = 0
    await session.async_connect()
    amazon.script(HISTORY_PAGE.path, page("one"))
    amazon.ledger.clear()
    yield AccountHistory(session)
    await session.async_close()


async def test_the_newer_form_needs_cookies_and_tokens(history: AccountHistory, amazon: Amazon) -> None:
    """The request contains cookies, bearer token and page token; the page token is fetched once."""
    amazon.script(HISTORY.path, NEWER)
    assert await history.async_records(START, END) == MORE
    assert await history.async_records(START, END, "previous") == MORE
    assert amazon.paths == [HISTORY_PAGE.path, HISTORY.path, HISTORY.path]
    hit = amazon.hits(HISTORY.path)[1]
    assert hit.query == {"startTime": "1795132800000", "endTime": "1795219200000"}
    assert hit.json == {"previousRequestToken": "previous"}
    assert hit.headers["anti-csrftoken-a2z"] == "one"
    assert hit.headers["authorization"].startswith("Bearer Atna|")
    assert hit.headers["referer"] == f"https://{hit.host}" == "https://www.amazon.de"
    assert "csrf" not in hit.headers
    assert "at-acbde" in hit.cookies


@pytest.mark.parametrize("status", [403, 404])
async def test_the_older_form_is_used_if_the_newer_is_refused(
    history: AccountHistory, amazon: Amazon, status: int
) -> None:
    """After a refusal of the newer form, the older one is used, and later tried first."""
    amazon.script(HISTORY.path, answer(status=status))
    amazon.script(HISTORY_BEFORE.path, OLDER, OLDER, answer(status=404))
    assert await history.async_records(START, END) == NO_MORE
    (hit,) = amazon.hits(HISTORY_BEFORE.path)
    assert (hit.query["recordType"], hit.headers["anti-csrftoken-a2z"]) == ("VOICE_HISTORY", "one")
    assert "authorization" not in hit.headers
    amazon.ledger.clear()
    assert await history.async_records(START, END) == NO_MORE
    assert amazon.paths == [HISTORY_BEFORE.path]
    amazon.script(HISTORY.path, NEWER)
    assert await history.async_records(START, END) == MORE
    # the next page has the same form as the first one
    amazon.script(HISTORY.path, answer(status=404))
    with pytest.raises(AlexaUnsupportedError) as raised:
        await history.async_records(START, END, "previous")
    assert raised.value.endpoint == HISTORY.label


async def test_history_is_unsupported_if_both_forms_are_refused(history: AccountHistory, amazon: Amazon) -> None:
    amazon.script(HISTORY.path, answer(status=403))
    amazon.script(HISTORY_BEFORE.path, answer(status=404))
    with pytest.raises(AlexaUnsupportedError) as raised:
        await history.async_records(START, END)
    assert raised.value.endpoint == HISTORY_BEFORE.label


async def test_an_outdated_page_token_is_renewed(
    history: AccountHistory, amazon: Amazon, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refused page token is fetched again and the request repeated; the token is also renewed after half a day."""
    monkeypatch.setattr(history_module, "monotonic", lambda: monotonic() + clock.offset)
    amazon.script(HISTORY.path, NEWER, answer(status=403), NEWER)
    amazon.script(HISTORY_PAGE.path, page("one"), page("two"), page("three"))
    await history.async_records(START, END)
    await history.async_records(START, END)
    assert [hit.headers["anti-csrftoken-a2z"] for hit in amazon.hits(HISTORY.path)] == ["one", "one", "two"]
    clock.advance(history_module.TOKEN_LIFETIME_SECONDS + 1)
    await history.async_records(START, END)
    assert amazon.hits(HISTORY.path)[-1].headers["anti-csrftoken-a2z"] == "three"
    assert amazon.hits(HISTORY_BEFORE.path) == []


async def test_a_page_token_that_is_refused_right_after_its_renewal_is_renewed_again(
    history: AccountHistory, amazon: Amazon, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first token gets too old during the refused request of the other form."""
    monkeypatch.setattr(history_module, "monotonic", lambda: monotonic() + clock.offset)

    async def refuse_late(request: web.Request) -> web.StreamResponse:
        clock.advance(history_module.TOKEN_LIFETIME_SECONDS + 1)
        return await answer(status=404)(request)

    amazon.script(HISTORY.path, refuse_late)
    amazon.script(HISTORY_BEFORE.path, answer(status=403), OLDER)
    amazon.script(HISTORY_PAGE.path, page("one"), page("two"), page("three"))
    assert await history.async_records(START, END) == NO_MORE
    assert [hit.headers["anti-csrftoken-a2z"] for hit in amazon.hits(HISTORY_BEFORE.path)] == ["two", "three"]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer(status=500), AlexaConnectionError),
        (answer(status=429), AlexaRateLimitedError),
        (answer({}), AlexaBadResponseError),
    ],
    ids=["500", "429", "no list"],
)
async def test_other_errors_are_not_refusals_of_the_form(
    history: AccountHistory, amazon: Amazon, reply: Reply, error: type[Exception]
) -> None:
    """These responses are errors that do not lead to a request in the other form."""
    amazon.script(HISTORY.path, reply)
    with pytest.raises(error):
        await history.async_records(START, END)
    assert amazon.hits(HISTORY_BEFORE.path) == []


async def test_a_sign_in_page_is_reported(history: AccountHistory, amazon: Amazon) -> None:
    amazon.script(HISTORY_PAGE.path, html())
    with pytest.raises(AlexaBadResponseError):
        await history.async_records(START, END)
    assert amazon.hits(HISTORY.path) == []


async def test_a_refused_session_is_renewed(history: AccountHistory, amazon: Amazon) -> None:
    """After a 401, both the access token and the cookies are renewed.

    Amazon does not say which of them it refused.
    """
    amazon.script(HISTORY.path, answer(status=401), NEWER)
    await history.async_records(START, END)
    first, second = amazon.hits(HISTORY.path)
    assert first.headers["authorization"] != second.headers["authorization"]
    assert first.cookies["at-acbde"] != second.cookies["at-acbde"]
