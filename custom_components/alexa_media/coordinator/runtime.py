"""What a config entry holds while it is loaded."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
import math
from typing import Any

from aiohttp import CookieJar
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryNotReady
from homeassistant.helpers.aiohttp_client import async_create_clientsession
from homeassistant.util.ssl import SSL_ALPN_HTTP11_HTTP2, client_context
import httpx

from ..backend import AlexaBackend, Capability
from ..const import (
    CONF_ACCOUNT_ID,
    CONF_CUSTOMER_ID,
    CONF_EMAIL,
    CONF_MAC_DMS,
    CONF_REFRESH_TOKEN,
    CONF_REGION,
    CONF_SERIAL,
    CONF_URL,
    DOMAIN,
)
from ..errors import AlexaAuthError, AlexaError
from ..models import Account, Credentials
from ..web.account import WebBackend
from .appliances import AppliancesCoordinator, appliance_store_for
from .base import TopicCoordinator
from .device_settings import DeviceSettingsCoordinator
from .devices import DevicesCoordinator, store_for
from .players import PlayersCoordinator
from .property_backend import async_create_property_backend
from .smart_home import GuardCoordinator, SmartHomeCoordinator
from .topics import BluetoothCoordinator, DndCoordinator, NotificationsCoordinator

type AlexaConfigEntry = ConfigEntry[AlexaRuntimeData]


@dataclass(slots=True)
class PushMonitor:
    """Whether push is up, what came, and who wants to know.

    ``received`` counts events by kind, ``unknown`` commands that nobody knows by name.
    """

    up: bool = False
    received: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    _listeners: list[CALLBACK_TYPE] = field(default_factory=list)

    @callback
    def async_set_up(self, up: bool) -> None:
        """Tell the listeners when push went up or down."""
        if up == self.up:
            return
        self.up = up
        for listener in tuple(self._listeners):
            listener()

    @callback
    def async_add_listener(self, listener: CALLBACK_TYPE) -> Callable[[], None]:
        """Listen to push going up and down."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)


@dataclass(slots=True, kw_only=True)
class TemporaryVolume:
    """Volumes (0–100) of an Echo that last only while it speaks, and the one that is restored then.

    ``until`` is when that has happened, in seconds of the loop's clock.
    """

    levels: frozenset[int]
    restore: int
    until: float = math.inf


@dataclass(slots=True, kw_only=True)
class AlexaRuntimeData:
    """One loaded account; a topic that its backend lacks is ``None``."""

    backend: AlexaBackend
    devices: DevicesCoordinator
    players: PlayersCoordinator | None
    notifications: NotificationsCoordinator | None
    dnd: DndCoordinator | None
    bluetooth: BluetoothCoordinator | None = None
    appliances: AppliancesCoordinator | None = None
    smart_home: SmartHomeCoordinator | None = None
    guard: GuardCoordinator | None = None
    device_settings: DeviceSettingsCoordinator | None = None
    push: PushMonitor = field(default_factory=PushMonitor)
    temporary_volumes: dict[str, TemporaryVolume] = field(default_factory=dict)

    @classmethod
    def create(cls, hass: HomeAssistant, entry: AlexaConfigEntry, backend: AlexaBackend) -> AlexaRuntimeData:
        """Make the coordinators that a backend can feed."""
        has = backend.capabilities
        devices = DevicesCoordinator(hass, entry, backend)
        appliances = smart_home = guard = None
        if api := backend.smart_home:
            appliances = AppliancesCoordinator(hass, entry, backend, api)
            smart_home = SmartHomeCoordinator(hass, entry, backend, api, appliances)
            guard = GuardCoordinator(hass, entry, backend, api, appliances, devices)
        managed = backend.management
        return cls(
            backend=backend,
            devices=devices,
            players=PlayersCoordinator(hass, entry, backend, devices) if Capability.PLAYERS in has else None,
            notifications=NotificationsCoordinator(hass, entry, backend) if Capability.NOTIFICATIONS in has else None,
            dnd=DndCoordinator(hass, entry, backend) if Capability.DND in has else None,
            bluetooth=BluetoothCoordinator(hass, entry, backend) if Capability.BLUETOOTH in has else None,
            appliances=appliances,
            smart_home=smart_home,
            guard=guard,
            device_settings=DeviceSettingsCoordinator(hass, entry, backend, managed) if managed else None,
        )

    @property
    def coordinators(self) -> tuple[TopicCoordinator[Any], ...]:
        """Return the coordinators that there are, the devices first."""
        smart_home = (self.appliances, self.smart_home, self.guard)
        every = (
            self.devices,
            self.players,
            self.notifications,
            self.dnd,
            self.bluetooth,
            *smart_home,
            self.device_settings,
        )
        return tuple(coordinator for coordinator in every if coordinator is not None)

    async def async_start(self) -> None:
        """Connect and read everything once.

        Without Amazon the last stored devices serve, unavailable, until a poll succeeds;
        where nothing is stored, or not even whose account it is, Home Assistant tries the set-up again. Raises
        ``ConfigEntryAuthFailed`` when only the user can help.
        """
        data = self.devices.entry.data
        if not data.get(CONF_REFRESH_TOKEN, True):
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key=AlexaAuthError.translation_key)
        restored = await self.devices.async_restore()
        if self.appliances:
            await self.appliances.async_restore()
        try:
            await self.backend.async_connect()
        except AlexaAuthError as err:
            raise ConfigEntryAuthFailed(translation_domain=DOMAIN, translation_key=err.translation_key) from err
        except AlexaError as err:
            if not restored or not data.get(CONF_CUSTOMER_ID, True):
                raise ConfigEntryNotReady(
                    translation_domain=DOMAIN,
                    translation_key=err.translation_key,
                    translation_placeholders=err.placeholders,
                ) from err
        if restored:
            await self.devices.async_refresh()
        else:
            await self.devices.async_config_entry_first_refresh()
        await asyncio.gather(*(coordinator.async_refresh() for coordinator in self.coordinators[1:]))
        self.backend.setup_done()

    async def async_refresh_all(self, pause: float) -> None:
        """Read every topic, one after the other with a pause (seconds) between them."""
        for coordinator in self.coordinators:
            if not coordinator.resyncs:
                continue
            await coordinator.async_refresh()
            await asyncio.sleep(pause)


def credentials_of(data: Mapping[str, Any]) -> Credentials:
    """Return the credentials that an entry's data holds."""
    return Credentials(
        domain=data[CONF_URL],
        serial=data[CONF_SERIAL],
        refresh_token=data[CONF_REFRESH_TOKEN],
        mac_dms=data.get(CONF_MAC_DMS) or {},
        account_id=data.get(CONF_ACCOUNT_ID),
    )


def create_push_client() -> httpx.AsyncClient:
    """Return an HTTP/2 client for one account's stream.

    Home Assistant's shared client cannot be closed, and Amazon allows one stream a connection.
    """
    return httpx.AsyncClient(http2=True, verify=client_context(alpn_protocols=SSL_ALPN_HTTP11_HTTP2))


def create_backend(
    hass: HomeAssistant, data: Mapping[str, Any]
) -> tuple[AlexaBackend, Callable[[], Coroutine[Any, Any, None]]]:
    """Return the backend of an entry, on a session with cookies of its own, and what closes both."""
    account = None
    # An entry of alexa_media_player's does not say whose it is: then Amazon is asked.
    if data[CONF_CUSTOMER_ID]:
        account = Account(
            customer_id=data[CONF_CUSTOMER_ID],
            email=data[CONF_EMAIL],
            name="",
            domain=data[CONF_URL],
            account_id=data.get(CONF_ACCOUNT_ID),
        )
    # Without the automatic clean-up, which detaches the session before the backend is done with it.
    session = async_create_clientsession(hass, auto_cleanup=False, cookie_jar=CookieJar())
    backend = WebBackend(session, credentials_of(data), client_factory=create_push_client, account=account)

    async def _async_close() -> None:
        try:
            await backend.async_close()
        finally:
            session.detach()

    return backend, _async_close


async def async_create_backend(
    hass: HomeAssistant, entry: AlexaConfigEntry
) -> tuple[AlexaBackend, Callable[[], Coroutine[Any, Any, None]]]:
    """Return the backend of an entry, an account or a property, and what closes it; raises ``ConfigEntryError``s."""
    if CONF_REGION not in entry.data:
        return create_backend(hass, entry.data)
    session = async_create_clientsession(hass, auto_cleanup=False)
    try:
        backend = await async_create_property_backend(hass, entry, session)
    except BaseException:
        session.detach()
        raise

    async def _async_close() -> None:
        session.detach()

    return backend, _async_close


async def async_forget(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Take our registration off the account, where there is one, and our files off the disk; never raises."""
    if CONF_REGION not in entry.data:
        backend, async_close = create_backend(hass, entry.data)
        await backend.async_deregister()
        await async_close()
    await store_for(hass, entry.entry_id).async_remove()
    await appliance_store_for(hass, entry.entry_id).async_remove()
