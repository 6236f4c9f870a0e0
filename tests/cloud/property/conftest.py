"""Fixtures for a client that connects to a cloud on loopback with the real host names."""

from collections.abc import AsyncIterator, Callable
import ssl

from aiohttp import ClientSession, TCPConnector, web
from aiohttp.test_utils import TestServer
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
import trustme

from alexa_sim.client import ControlClient
from custom_components.alexa_media.cloud.property import backend as account
from custom_components.alexa_media.cloud.property.client import SmartPropertiesClient
from custom_components.alexa_media.cloud.property.operation import Region
from tests.loopback import Loopback

from .cloud import HOST_NAMES, Cloud, QuickTime, Tokens
from .hotel import add_credentials, hotel_entry, load

type Make = Callable[..., SmartPropertiesClient]


@pytest.fixture(scope="session")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return TLS contexts for server and client, with a temporary authority."""
    authority = trustme.CA()
    server, client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    authority.issue_cert(*HOST_NAMES).configure_cert(server)
    authority.configure_trust(client)
    return server, client


@pytest.fixture
def cloud(socket_enabled: None) -> Cloud:
    """Return the loopback cloud, which also records requests."""
    return Cloud()


@pytest.fixture
def quick_time() -> QuickTime:
    """Return a clock whose waits take no real time."""
    return QuickTime()


@pytest.fixture
def tokens() -> Tokens:
    """Return a source of access tokens."""
    return Tokens()


@pytest.fixture
async def make(
    cloud: Cloud, quick_time: QuickTime, tokens: Tokens, contexts: tuple[ssl.SSLContext, ssl.SSLContext]
) -> AsyncIterator[Make]:
    """Return a function that creates clients of the loopback cloud."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", cloud.handle)
    server = TestServer(app, scheme="https")
    await server.start_server(ssl=contexts[0], access_log=None)
    connector = TCPConnector(resolver=Loopback(server.port or 0, HOST_NAMES), ssl=contexts[1], limit=0)
    async with ClientSession(connector=connector) as session:

        def build(region: Region = Region.NORTH_AMERICA, *, patience: float = 15.0) -> SmartPropertiesClient:
            return SmartPropertiesClient(session, region, tokens, clock=quick_time, patience=patience)

        yield build
    await connector.close()
    await server.close()


@pytest.fixture
def client(make: Make) -> SmartPropertiesClient:
    """Return a client in North America."""
    return make()


@pytest.fixture
async def hotel(hass: HomeAssistant, sim: ControlClient) -> MockConfigEntry:
    """Return the loaded entry of the whole hotel, with an empty ledger."""
    sim.household("property")
    await add_credentials(hass)
    entry = await load(hass, hotel_entry())
    sim.reset_ledger()
    return entry


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disable the client's waits between retries; separate tests cover them."""
    monkeypatch.setattr(account, "MAX_RETRY_SECONDS", 0.0)
