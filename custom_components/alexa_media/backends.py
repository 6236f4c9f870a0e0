"""Backends of the config entries of both clouds: sessions, credentials, tokens and stored data."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from enum import StrEnum
import logging
import time
from typing import Any, Final, override

import aiohttp
from aiohttp import CookieJar
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryNotReady,
    HomeAssistantError,
    OAuth2TokenRequestError,
    OAuth2TokenRequestReauthError,
)
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.helpers.config_entry_oauth2_flow import (
    AbstractOAuth2Implementation,
    ImplementationUnavailableError,
    LocalOAuth2Implementation,
    async_get_config_entry_implementation,
)
from homeassistant.helpers.storage import Store
from homeassistant.util.ssl import SSL_ALPN_HTTP11_HTTP2, client_context
import httpx

from .cloud.account.backend import AccountBackend
from .cloud.errors import AlexaAuthError, AlexaConnectionError
from .cloud.model.api import AlexaBackend
from .cloud.model.devices import Account, Credentials
from .cloud.property.backend import SmartPropertiesBackend
from .cloud.property.operation import Region
from .cloud.property.transport import AccessTokenGetter
from .const import (
    CONF_ACCOUNT_ID,
    CONF_CUSTOMER_ID,
    CONF_EMAIL,
    CONF_LOGIN_HOST,
    CONF_MAC_DMS,
    CONF_REFRESH_TOKEN,
    CONF_REGION,
    CONF_SERIAL,
    CONF_UNIT_ID,
    CONF_URL,
    CONF_WHOLE_ORGANIZATION,
    DOMAIN,
)

CONF_TOKEN: Final = "token"  # noqa: S105 - the name of a key

LOGIN_HOSTS: Final[Mapping[Region, str]] = {
    Region.NORTH_AMERICA: "amazon.com",
    Region.EUROPE: "amazon.com",
    Region.FAR_EAST: "amazon.co.jp",
}
"""Default site of Login with Amazon for each region; the user can change it."""

# Statuses with which a token endpoint rejects the grant or the client (RFC 6749, section 5.2). Other statuses do not
# prove that the grant is invalid.
_GRANT_IS_GONE: Final = (400, 401)

_PATIENCE: Final = 30.0

STORE_VERSION: Final = 1

# Seconds from a change of the session until it is stored.
_SAVE_DELAY: Final = 5

# Exceptions of reading and parsing a damaged file; Home Assistant raises NotImplementedError for an older version.
_UNREADABLE: Final = (
    HomeAssistantError,
    NotImplementedError,
    OSError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
)

_LOGGER = logging.getLogger(__name__)

# A token is renewed this many seconds before it expires.
_MARGIN: Final = 60.0


def use_login_host(implementation: AbstractOAuth2Implementation, login_host: str) -> AbstractOAuth2Implementation:
    """Return an OAuth2 implementation after setting its sign-in site, such as ``amazon.com``.

    The site is also used for token renewal. Only a ``LocalOAuth2Implementation`` is changed.
    """
    if isinstance(implementation, LocalOAuth2Implementation):
        implementation.authorize_url = f"https://www.{login_host}/ap/oa"
        implementation.token_url = f"https://api.{login_host}/auth/o2/token"
    return implementation


class EntryTokens(AccessTokenGetter):
    """Access tokens of one entry; a renewed token and its refresh token are stored in the entry immediately."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry[Any], implementation: AbstractOAuth2Implementation
    ) -> None:
        """Initialize for an entry whose data contains a token."""
        self._hass = hass
        self._entry = entry
        self._implementation = implementation
        self._renewal: asyncio.Task[str] | None = None

    @override
    async def __call__(self, refused: str | None = None) -> str:
        token: dict[str, Any] = self._entry.data[CONF_TOKEN]
        held = str(token.get("access_token", ""))
        if held and held != refused and float(token.get("expires_at", 0)) > time.time() + _MARGIN:
            return held
        if self._renewal is None:
            # A separate task, because the response must be stored even if the caller is canceled.
            self._renewal = self._hass.async_create_task(self._async_renew(token), f"{DOMAIN} renew token")
            self._renewal.add_done_callback(self._renewed)
        return await asyncio.shield(self._renewal)

    def _renewed(self, task: asyncio.Task[str]) -> None:
        self._renewal = None
        if not task.cancelled():
            task.exception()

    async def _async_renew(self, token: dict[str, Any]) -> str:
        """Renew and store a token; return its access token. Raises ``AlexaAuthError`` or ``AlexaConnectionError``."""
        endpoint = "POST /auth/o2/token"
        try:
            async with asyncio.timeout(_PATIENCE):
                renewed: dict[str, Any] = await self._implementation.async_refresh_token(token)
        except (OAuth2TokenRequestError, aiohttp.ClientError, TimeoutError, ValueError) as err:
            status = getattr(err, "status", None)
            if isinstance(err, OAuth2TokenRequestReauthError) and status in _GRANT_IS_GONE:
                raise AlexaAuthError("The grant is gone", endpoint=endpoint, status=status) from err
            raise AlexaConnectionError("No token", endpoint=endpoint, status=status, sent=False) from err
        self._hass.config_entries.async_update_entry(
            self._entry, data={**self._entry.data, CONF_TOKEN: {**token, **renewed}}
        )
        return str(renewed["access_token"])


async def async_create_property_backend(
    hass: HomeAssistant, entry: ConfigEntry[Any], session: aiohttp.ClientSession
) -> SmartPropertiesBackend:
    """Return the backend of a property's entry.

    Raises ``ConfigEntryAuthFailed`` when its application credentials have been deleted, and ``ConfigEntryNotReady``
    when they cannot be read yet.
    """
    try:
        implementation = await async_get_config_entry_implementation(hass, entry)
    except ImplementationUnavailableError as err:
        raise ConfigEntryNotReady(
            translation_domain=DOMAIN,
            translation_key="credentials_unavailable",
        ) from err
    except ValueError as err:
        raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key="credentials_missing") from err
    use_login_host(implementation, entry.data[CONF_LOGIN_HOST])
    return SmartPropertiesBackend(
        session,
        Region(entry.data[CONF_REGION]),
        EntryTokens(hass, entry, implementation),
        entry.data[CONF_UNIT_ID],
        whole_organization=entry.data[CONF_WHOLE_ORGANIZATION],
    )


def credentials_of(data: Mapping[str, Any]) -> Credentials:
    """Return the sign-in credentials in an entry's data."""
    return Credentials(
        domain=data[CONF_URL],
        serial=data[CONF_SERIAL],
        refresh_token=data[CONF_REFRESH_TOKEN],
        mac_dms=data.get(CONF_MAC_DMS) or {},
        account_id=data.get(CONF_ACCOUNT_ID),
    )


def create_push_client() -> httpx.AsyncClient:
    """Return an HTTP/2 client for one connection of a push stream.

    A separate client is needed because Home Assistant's shared client cannot be closed, and Amazon allows one stream
    per connection.
    """
    return httpx.AsyncClient(http2=True, verify=client_context(alpn_protocols=SSL_ALPN_HTTP11_HTTP2))


class Stored(StrEnum):
    """Kinds of data stored for an entry, each in a separate file."""

    SESSION = "session"
    """The signed-in session of an account: access token, cookies and addresses."""
    DEVICES = "devices"
    """The devices that get entities."""
    APPLIANCES = "appliances"
    """The discovered smart home appliances."""
    ALARM_VOLUMES = "alarm_volumes"
    """The separate volumes of alarms, and the volumes to restore after them."""


def entry_store(hass: HomeAssistant, entry_id: str, stored: Stored) -> Store[dict[str, Any]]:
    """Return the store of an entry for one kind of data."""
    is_atomic = stored is Stored.SESSION
    return Store(hass, STORE_VERSION, f"{DOMAIN}.{stored}.{entry_id}", private=True, atomic_writes=is_atomic)


async def async_stored[T](store: Store[dict[str, Any]], parse: Callable[[dict[str, Any]], T]) -> T | None:
    """Return the parsed content of a store; None if it is empty, damaged, or of another version.

    Use it only for content that can be fetched from the cloud again.
    """
    try:
        stored = await store.async_load()
        return parse(stored) if stored else None
    except _UNREADABLE as err:
        _LOGGER.debug("%s cannot be used: %s", store.key, type(err).__name__)
        return None


class DelayedSave:
    """Saves content a second after the last ``async_schedule``, or when its entry is unloaded if that is earlier.

    A file that is written after the removal of its entry would never be deleted.
    """

    def __init__(
        self, entry: ConfigEntry[Any], store: Store[dict[str, Any]], content: Callable[[], dict[str, Any]]
    ) -> None:
        """Initialize with a store of an entry and the function that returns the content."""
        self._store = store
        self._content = content
        self._is_pending = False
        entry.async_on_unload(self._async_save_pending)

    @callback
    def async_schedule(self) -> None:
        """Save the content one second after the last call."""
        self._is_pending = True
        self._store.async_delay_save(self._content_to_save, 1)

    def _content_to_save(self) -> dict[str, Any]:
        """Return the content to save, which is then no longer pending."""
        self._is_pending = False
        return self._content()

    async def _async_save_pending(self) -> None:
        """If a save is scheduled, save the content now instead."""
        if self._is_pending:
            await self._store.async_save(self._content_to_save())


def create_backend(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> tuple[AccountBackend, Callable[[], Coroutine[Any, Any, None]]]:
    """Return the backend for the data of an account entry, and the function that closes it and its aiohttp session."""
    account = None
    # A migrated entry has no customer id until its first sign-in; the backend then requests the account from Amazon.
    if data[CONF_CUSTOMER_ID]:
        account = Account(
            customer_id=data[CONF_CUSTOMER_ID],
            email=data[CONF_EMAIL],
            name="",
            domain=data[CONF_URL],
            account_id=data.get(CONF_ACCOUNT_ID),
        )
    # No automatic cleanup: it would detach the session before the backend is closed.
    session = async_create_clientsession(hass, auto_cleanup=False, cookie_jar=CookieJar())
    backend = AccountBackend(session, credentials_of(data), client_factory=create_push_client, account=account)

    async def _async_close() -> None:
        try:
            await backend.async_close()
        finally:
            session.detach()

    return backend, _async_close


async def _async_create_account_backend(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> tuple[AlexaBackend, Callable[[], Coroutine[Any, Any, None]]]:
    """Return an account's backend with its stored session, and its close function, which saves a changed session."""
    store = entry_store(hass, entry.entry_id, Stored.SESSION)
    stored = await async_stored(store, dict)
    backend, async_close = create_backend(hass, entry.data)
    is_changed = False

    @callback
    def _async_changed() -> None:
        nonlocal is_changed
        is_changed = True
        store.async_delay_save(backend.snapshot, _SAVE_DELAY)

    backend.restore(stored, _async_changed)

    async def _async_close_and_store() -> None:
        try:
            await async_close()
        finally:
            # A renewal may have ended during the close; a delayed save would follow the deletion of the entry's files.
            if is_changed:
                await store.async_save(backend.snapshot())

    return backend, _async_close_and_store


async def async_create_backend(
    hass: HomeAssistant, entry: ConfigEntry[Any]
) -> tuple[AlexaBackend, Callable[[], Coroutine[Any, Any, None]]]:
    """Return the backend of an account or a property, and its close function.

    Raises ``ConfigEntryAuthFailed`` or ``ConfigEntryNotReady``.
    """
    if CONF_REGION not in entry.data:
        return await _async_create_account_backend(hass, entry)
    session = async_create_clientsession(hass, auto_cleanup=False)
    try:
        backend = await async_create_property_backend(hass, entry, session)
    except BaseException:  # also on cancellation: nothing else would close the session
        session.detach()
        raise

    async def _async_close() -> None:
        session.detach()

    return backend, _async_close
