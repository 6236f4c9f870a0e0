"""Tests of the classification of HTTP responses."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from custom_components.alexa_media.cloud.http import HttpAnswer, graphql_errors


def _answer(status: int, body: str = "", **headers: str) -> HttpAnswer:
    return HttpAnswer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body.encode())


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(_answer(429), id="429"),
        pytest.param(_answer(400, '{"message":"Rate exceeded"}'), id="rate exceeded in a 400"),
        pytest.param(_answer(503, "<h1>Too many requests</h1>"), id="too many requests in a 503 page"),
        pytest.param(_answer(400, '{"__type":"ThrottlingException"}'), id="ThrottlingException in a 400"),
        pytest.param(_answer(400, "{}", x_amzn_errortype="ThrottlingException:http://x"), id="in a header"),
        pytest.param(_answer(200, '{"message":"Rate exceeded"}'), id="rate exceeded in a 200"),
        pytest.param(_answer(200, "Rate exceeded"), id="bare text in a 200"),
        pytest.param(_answer(200, '"Rate exceeded"'), id="JSON string in a 200"),
        pytest.param(
            _answer(200, '{"errors":[{"extensions":{"errorCode":"UNOFFICIAL_CLIENT_TOO_MANY_REQUESTS"}}]}'),
            id="GraphQL",
        ),
    ],
)
def test_throttling_is_recognized(answer: HttpAnswer) -> None:
    assert answer.is_throttled


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(_answer(200, '{"infoText":{"title":"Rate exceeded"}}'), id="a song"),
        pytest.param(_answer(200, '["Too many requests"]'), id="a list"),
        pytest.param(_answer(200, "Too many requests " * 50), id="a long text"),
        pytest.param(_answer(404, '{"message":"not found"}'), id="another error"),
        pytest.param(_answer(204), id="nothing"),
    ],
)
def test_other_responses_are_not_throttling(answer: HttpAnswer) -> None:
    assert not answer.is_throttled


def test_retry_after_is_parsed_as_seconds_or_date() -> None:
    assert _answer(429, retry_after="12").retry_after == 12
    assert _answer(429, retry_after="-3").retry_after == 0
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90))
    assert _answer(429, retry_after=soon).retry_after == pytest.approx(90, abs=3)
    for nonsense in ("", "soon", "inf", "nan"):
        assert _answer(429, retry_after=nonsense).retry_after is None


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (
            _answer(404, "", **{"x-amzn-errortype": "UnsupportedProviderException:http://x"}).error_code,
            "UnsupportedProviderException",
        ),
        (_answer(400, "{}", **{"x-amzn-error": "QUEUE_EXPIRED"}).error_code, "QUEUE_EXPIRED"),
        (_answer(400, '{"message":"bad node"}').error_code, "bad node"),
        (_answer(400, '{"error":{"code":"E1"}}').error_code, "E1"),
        (_answer(400, "oops").error_code, None),
        (_answer(400, "{}").error_code, None),
        (_answer(400, "<html>oops</html>").error_code, None),
        (_answer(400, "{}", **{"x-amzn-error": ":"}).error_code, None),
    ],
)
def test_error_codes_are_read_from_answers(answer: str | None, code: str | None) -> None:
    assert answer == code


def test_error_codes_contain_no_private_data() -> None:
    body = (
        '{"message":"Device G000AA0000000001 of jo@example.org (amzn1.account.XYZ) refused Atna|abc'
        + "x" * 300
        + ' in 2026"}'
    )
    code = _answer(400, body).error_code
    assert code == "Device … of … (… refused … in 2026"


def test_json_is_parsed_or_refused() -> None:
    assert _answer(200, " ").json() is None
    assert _answer(200, "[1]").json() == [1]
    with pytest.raises(ValueError, match="deeply"):
        _answer(200, "[" * 200_000).json()
    with pytest.raises(ValueError):  # noqa: PT011 - each parser error is one
        HttpAnswer(200, {}, b"\xff\xfe\x00").json()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"errors": [{"message": "no"}], "data": None}, "no"),
        ({"errors": [{}]}, "errors"),
        ({"errors": []}, None),
        ({"errors": "x"}, None),
        ({"data": {}}, None),
        ([], None),
    ],
)
def test_errors_in_a_200_are_found(data: Any, error: str | None) -> None:
    assert graphql_errors(data) == error
