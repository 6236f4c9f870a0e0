"""Tests of the redirect inside a running interpreter: Home Assistant with its test plugin."""

from collections.abc import Iterator

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_create_clientsession, async_get_clientsession
from homeassistant.helpers.httpx_client import get_async_client
from homeassistant.util.ssl import SSL_ALPN_HTTP11_HTTP2, client_context
import httpx
import pytest

from alexa_sim.client import Running
from alexa_sim.redirect import install
from alexa_sim.redirect.target import TARGET


@pytest.fixture(autouse=True)
def _redirected(toy: Running) -> Iterator[None]:
    """Redirect this process to the toy cloud; restore the previous target afterward."""
    before = (TARGET.port, TARGET.ca_pem)
    install(toy.port, toy.ca)
    yield
    TARGET.port, TARGET.ca_pem = before


async def test_home_assistants_sessions_are_redirected(hass: HomeAssistant) -> None:
    for session in (async_create_clientsession(hass), async_get_clientsession(hass)):
        async with session.get("https://alexa.amazon.de/elsewhere") as answer:
            assert (await answer.json())["host"] == "www.amazon.de"


async def test_http2_with_home_assistants_context(hass: HomeAssistant) -> None:
    context = client_context(alpn_protocols=SSL_ALPN_HTTP11_HTTP2)
    async with httpx.AsyncClient(http2=True, verify=context) as client:
        answer = await client.get("https://api.amazonalexa.com/echo/x")
    assert (answer.http_version, answer.json()["host"]) == ("HTTP/2", "api.amazonalexa.com")


async def test_home_assistants_httpx_client(hass: HomeAssistant) -> None:
    assert (await get_async_client(hass).get("https://alexa.amazon.com/static")).status_code == 200


async def test_others_are_refused(hass: HomeAssistant) -> None:
    with pytest.raises(aiohttp.ClientConnectorError, match=r"example\.org is neither a simulated Amazon host"):
        await async_create_clientsession(hass).get("https://example.org/")
    async with httpx.AsyncClient(verify=client_context()) as client:
        with pytest.raises(httpx.ConnectError, match=r"example\.org is neither a simulated Amazon host"):
            await client.get("https://example.org/")


async def test_a_second_simulation_takes_over(hass: HomeAssistant, toy: Running) -> None:
    install(1, toy.ca)
    with pytest.raises(aiohttp.ClientConnectorError):
        await async_create_clientsession(hass).get("https://www.amazon.co.jp/echo/x")
    install(toy.port, toy.ca)
    async with httpx.AsyncClient() as client:
        assert (await client.get("https://www.amazon.co.jp/echo/x")).status_code == 200


async def test_certificates_are_still_checked(hass: HomeAssistant) -> None:
    async with httpx.AsyncClient(verify=client_context()) as client:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get("https://alexa.amazon.com/static", extensions={"sni_hostname": "example.org"})
