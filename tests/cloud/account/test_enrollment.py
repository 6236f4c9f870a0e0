"""Tests of the sign-in by authorization code."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from aiohttp import ClientSession, web
from aioresponses import aioresponses
import pytest
from yarl import URL

from custom_components.alexa_media.cloud.account import enrollment as enrollment_module
from custom_components.alexa_media.cloud.account.enrollment import Enrollment
from custom_components.alexa_media.cloud.errors import AlexaConnectionError, EnrollmentError
from tests.single_requests import mocked_requests, sent

from .conftest import Amazon, cut, hang_up

REGISTER = "https://api.amazon.de/auth/register"
PAGE: dict[str, Any] = {"body": "<!doctype html><title>Sign-In</title>", "content_type": "text/html"}
LANDING = "https://www.amazon.de/ap/maplanding"
GOOD = f"{LANDING}?openid.assoc_handle=amzn_dp&openid.oa2.authorization_code=ANcode123&openid.mode=id_res"


def _registered(**tokens: Any) -> dict[str, Any]:
    return {
        "response": {
            "success": {
                "extensions": {"customer_info": {"user_id": "amzn1.account.EXAMPLE", "home_region": "EU"}},
                "tokens": {
                    "bearer": {"access_token": "Atna|1", "refresh_token": "Atnr|1", "expires_in": "3600"},
                    "mac_dms": {"device_private_key": "MII", "adp_token": "{enc:x}", "odd": 7},
                    **tokens,
                },
            }
        },
        "request_id": "1",
    }


def test_the_sign_in_url_is_created() -> None:
    enrollment = Enrollment("amazon.de")
    url = URL(enrollment.url)
    assert (url.host, url.path) == ("www.amazon.de", "/ap/register")
    assert enrollment.serial.encode().hex() in url.query["openid.oa2.client_id"]
    assert Enrollment("amazon.de").url != enrollment.url


def test_a_known_serial_is_kept() -> None:
    assert Enrollment("amazon.de", "D0E1F2").serial == "D0E1F2"


@pytest.mark.parametrize(
    ("marketplace", "sign_in"),
    [
        ("amazon.de", "amazon.de"),
        ("amazon.com.mx", "amazon.com.mx"),
        ("amazon.nl", "amazon.com"),
        ("amazon.se", "amazon.com"),
    ],
)
def test_some_marketplaces_use_the_sign_in_of_another_one(marketplace: str, sign_in: str) -> None:
    enrollment = Enrollment(marketplace)
    assert (enrollment.marketplace, enrollment.sign_in_domain) == (marketplace, sign_in)
    assert URL(enrollment.url).host == f"www.{sign_in}"


@pytest.mark.parametrize(
    "pasted",
    [
        GOOD,
        f"  {GOOD}\n",
        f'"{GOOD}"',
        f"<{GOOD}>",
        f"\u201e{GOOD}\u201c",
        f"{GOOD[:60]}\r\n  {GOOD[60:]}",
        GOOD.replace("maplanding", "maplanding/"),
        GOOD.replace("www.amazon.de", "WWW.AMAZON.DE"),
        GOOD.replace("www.amazon.de", "amazon.de"),
        f"{GOOD}#top",
    ],
    ids=[
        "as it is",
        "spaces",
        "quotes",
        "angle brackets",
        "German quotes",
        "a line break",
        "a slash",
        "capitals",
        "without www",
        "a fragment",
    ],
)
def test_the_code_is_read_from_a_pasted_url(pasted: str) -> None:
    assert Enrollment("amazon.de").code_from(pasted) == "ANcode123"


@pytest.mark.parametrize(
    ("pasted", "key"),
    [
        ("", "invalid_url"),
        ("ANcode123", "invalid_url"),
        ("jo@example.org", "invalid_url"),
        (GOOD.replace("https", "http"), "invalid_url"),
        (GOOD.replace("www.amazon.de", "www.example.org"), "invalid_url"),
        (GOOD.replace("www.amazon.de", "www.amazon.de.example.org"), "invalid_url"),
        (GOOD.replace("www.amazon.de", "notamazon.de"), "invalid_url"),
        ("https://[amazon.de/ap/maplanding", "invalid_url"),
        ("https://www.amazon.de/ap/register?openid.mode=checkid_setup", "wrong_page"),
        ("https://www.amazon.com/", "wrong_page"),
        (LANDING[:-2], "wrong_page"),
        (GOOD.replace("amazon.de", "amazon.co.uk"), "wrong_marketplace_url"),
        (LANDING, "no_code"),
        (f"{LANDING}?openid.assoc_handle=amzn_dp&openid.oa2.author", "no_code"),
        (f"{LANDING}?openid.oa2.authorization_code=", "no_code"),
    ],
)
def test_wrong_urls_are_refused(pasted: str, key: str) -> None:
    with pytest.raises(EnrollmentError) as error:
        Enrollment("amazon.de").code_from(pasted)
    assert error.value.key == key


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ("openid.identity=https%3A%2F%2Fwww.amazon.com%2Fap%2Fid%2Famzn1.account.AEJO", "amzn1.account.AEJO"),
        ("openid.identity=https%3A%2F%2Fwww.amazon.com%2Fap%2Fid%2Fsomebody", None),
        ("openid.identity=", None),
        ("openid.mode=id_res", None),
    ],
)
def test_the_account_is_read_from_a_pasted_url(identity: str, expected: str | None) -> None:
    pasted = f' "https://www.amazon.com/ap/maplanding?openid.oa2.authorization_code=ANcode&{identity}"\n'
    assert Enrollment.account_from(pasted) == expected


@pytest.fixture
def mocked() -> Iterator[aioresponses]:
    """Return the mock that answers requests."""
    with mocked_requests() as found:
        yield found


@pytest.fixture
async def alone() -> AsyncIterator[ClientSession]:
    """Return a session without network access."""
    async with ClientSession() as session:
        yield session


async def test_registration_returns_credentials(alone: ClientSession, mocked: aioresponses) -> None:
    mocked.post(REGISTER, payload=_registered())
    enrollment = Enrollment("amazon.de", "D0E1F2")
    credentials = await enrollment.async_register(alone, "ANcode123")
    assert (credentials.domain, credentials.serial, credentials.refresh_token) == ("amazon.de", "D0E1F2", "Atnr|1")
    assert credentials.mac_dms == {"device_private_key": "MII", "adp_token": "{enc:x}"}
    assert credentials.account_id == "amzn1.account.EXAMPLE"
    assert "Atnr" not in repr(credentials)
    ((method, url, arguments),) = sent(mocked)
    assert (method, str(url)) == ("POST", REGISTER)
    assert arguments["json"]["auth_data"]["authorization_code"] == "ANcode123"
    assert arguments["json"]["registration_data"]["device_serial"] == "D0E1F2"


@pytest.mark.parametrize(
    "reply",
    [
        {"payload": {"response": {"error": {"code": "InvalidToken", "message": "x"}}}, "status": 400},
        {"payload": {"response": {"error": {"code": "InvalidToken", "message": "x"}}}, "status": 401},
        {"payload": {"response": {"error": {"code": "InvalidValue"}}}},
        {**PAGE, "status": 403},
    ],
    ids=["invalid token 400", "invalid token 401", "invalid value", "a page 403"],
)
async def test_a_refused_code_is_reported(alone: ClientSession, mocked: aioresponses, reply: dict[str, Any]) -> None:
    mocked.post(REGISTER, **reply)
    with pytest.raises(EnrollmentError) as error:
        await Enrollment("amazon.de").async_register(alone, "ANused")
    assert error.value.key == "code_refused"
    assert "ANused" not in str(error.value)


@pytest.mark.parametrize(
    "reply",
    [
        {"payload": {}, "status": 500},
        {"payload": {}, "status": 429},
        {**PAGE, "status": 503},
        PAGE,
        {"payload": {"response": {"success": {"tokens": {}}}}},
        {"payload": {"response": {"success": [1]}}},
        {"payload": _registered(bearer={"refresh_token": ""})},
        {"payload": _registered(bearer={"refresh_token": 5})},
    ],
    ids=["500", "429", "a page 503", "a page", "no tokens", "a list", "an empty token", "a number as token"],
)
async def test_an_invalid_response_from_amazon_is_reported(
    alone: ClientSession, mocked: aioresponses, reply: dict[str, Any]
) -> None:
    mocked.post(REGISTER, repeat=True, **reply)
    with pytest.raises(AlexaConnectionError):
        await Enrollment("amazon.de").async_register(alone, "ANcode123")
    assert len(sent(mocked)) == 1


@pytest.mark.parametrize("reply", [cut, hang_up])
async def test_a_broken_connection_is_reported(http: ClientSession, amazon: Amazon, reply: Any) -> None:
    amazon.script("/auth/register", reply)
    with pytest.raises(AlexaConnectionError):
        await Enrollment("amazon.de").async_register(http, "ANcode123")
    assert len(amazon.ledger) == 1


async def test_invalid_parts_of_a_good_response_are_ignored(alone: ClientSession, mocked: aioresponses) -> None:
    data = _registered(mac_dms=None)
    data["response"]["success"]["extensions"]["customer_info"]["user_id"] = 7
    mocked.post(REGISTER, payload=data)
    credentials = await Enrollment("amazon.de").async_register(alone, "ANcode123")
    assert (credentials.mac_dms, credentials.account_id) == ({}, None)


async def test_a_registration_that_hangs_times_out(
    http: ClientSession, amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrollment_module, "REGISTER_TIMEOUT", 0.05)
    never = asyncio.Event()

    async def hang(_: web.Request) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    amazon.script("/auth/register", hang)
    with pytest.raises(AlexaConnectionError) as error:
        await Enrollment("amazon.de").async_register(http, "ANcode123")
    assert error.value.code == "TimeoutError"
    never.set()
