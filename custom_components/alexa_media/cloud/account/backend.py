"""Backend of an account: implements ``AlexaBackend`` with the account API."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
import logging
from typing import Any, Final

import aiohttp
import httpx

from ..errors import AlexaBadResponseError, AlexaCommandError, AlexaError, AlexaNoPlayerError, AlexaUnsupportedError
from ..http import ExchangeRecorder, json_text
from ..json import Drift
from ..model.api import AlexaBackend, Capability
from ..model.commands import Announce, Command, PlayerCommand, PlayVideo, SetVolume, Speak
from ..model.devices import (
    Account,
    BluetoothState,
    Credentials,
    Device,
    DeviceFamily,
    DevicePreferences,
    Notification,
    Session,
    Volume,
    leaves,
)
from ..model.events import PushEvent, StreamOpened
from .alarms import AccountAlarms, parse_notifications
from .endpoints import (
    ACCOUNT,
    BEHAVIOR,
    BLUETOOTH,
    CONNECT_BLUETOOTH,
    DEVICES,
    DISCONNECT_BLUETOOTH,
    DND,
    NOTIFICATIONS,
    PLAYER_COMMAND,
    SESSIONS,
    SET_DND,
    VOLUMES,
)
from .history import AccountHistory
from .kids import AccountKids
from .lists import AccountLists
from .media import (
    EXPIRED_CODES,
    IDLE_CODES,
    AccountMedia,
)
from .nodes import text_commands
from .parse import (
    address_of,
    parse_account,
    parse_bluetooth,
    parse_devices,
    parse_dnd,
    parse_dnd_echo,
    parse_sessions,
    parse_volumes,
    place_of,
)
from .routines import AccountRoutines
from .scheduler import CommandScheduler
from .session import AccountSession
from .settings import (
    AccountBackground,
    AccountSettings,
)
from .smart_home import AccountSmartHome
from .stream import PushStream

_LOGGER = logging.getLogger(__name__)

_FOR_MEMBERS: Final = (Speak, Announce, SetVolume)


class AccountBackend(AlexaBackend):
    """One signed-in account; ``AlexaBackend`` documents the methods."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        credentials: Credentials,
        *,
        client_factory: Callable[[], httpx.AsyncClient],
        account: Account | None = None,
    ) -> None:
        """Initialize with a session that the caller closes; its cookie jar must be for this account only.

        ``client_factory`` makes an HTTP/2 client for one connection of the push stream. ``account`` is the signed-in
        account if it is already known; otherwise ``async_connect`` reads it.
        """
        self._session = AccountSession(session, credentials)
        self._transport = self._session.transport
        self.alarms: AccountAlarms = AccountAlarms(self._session)
        self._client_factory = client_factory
        self.history: AccountHistory = AccountHistory(self._session)
        self._account = account
        self._devices: Mapping[str, Device] = {}
        self._stream: PushStream | None = None
        self._preferences = AccountSettings(self._session)
        self.settings: AccountSettings = self._preferences
        self.lists: AccountLists = AccountLists(self._transport)
        self.smart_home: AccountSmartHome = AccountSmartHome(self._transport)
        self._scheduler = CommandScheduler(self._submit, default_customer_id=lambda: self.account.customer_id)
        self._closes = (self._scheduler.close, self.smart_home.async_close)
        self.background: AccountBackground = AccountBackground(self._session)
        self.kids: AccountKids = AccountKids(self._session)
        self.routines: AccountRoutines = AccountRoutines(
            self._session, devices=lambda: self._devices, customer_id=lambda: self.account.customer_id
        )
        self.media: AccountMedia = AccountMedia(
            self._transport,
            self._scheduler,
            default_customer_id=lambda: self.account.customer_id,
            routine_node=self.routines.node,
        )

    @property
    def capabilities(self) -> Capability:
        """Return the capabilities, which are the same for every account."""
        return (
            Capability.PLAYERS
            | Capability.NOTIFICATIONS
            | Capability.DND
            | Capability.SPEECH
            | Capability.PUSH
            | Capability.BLUETOOTH
        )

    @property
    def account(self) -> Account:
        """Return the signed-in account; raises ``RuntimeError`` if it has not been read yet."""
        if self._account is None:
            raise RuntimeError("The account is known after async_connect")
        return self._account

    @property
    def own_serial(self) -> str | None:
        """Return the serial number under which the integration is registered."""
        return self._session.credentials.serial

    @property
    def intervals(self) -> Mapping[str, timedelta]:
        """Return no intervals: the default interval of each topic applies."""
        return {}

    def watch(self, topic: str, watched: Callable[[], frozenset[str]]) -> None:
        """Do nothing: no read of this backend depends on the keys that are shown."""

    def follow_answers(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each successful response of the account API."""
        self._transport.on_answer = listener

    def snapshot(self) -> dict[str, Any]:
        """Return the state that a later backend can restore without requests, as a JSON object with secrets."""
        return self._session.snapshot()

    def restore(self, stored: object, on_change: Callable[[], None]) -> None:
        """Restore the snapshot of an earlier backend; call ``on_change`` when the snapshot should be stored again."""
        self._session.restore(stored)
        self._session.on_change = on_change

    def record_to(self, recorder: ExchangeRecorder | None) -> None:
        """Record requests, responses and directives with ``recorder``; None stops that."""
        self._transport.recorder = recorder
        if self._stream is not None:
            self._stream.recorder = recorder

    def renew_stream(self) -> None:
        """Replace an open stream; the next connection registers the capabilities and looks up the region."""
        if self._stream is not None:
            self._stream.renew()

    def reopen_stream(self) -> None:
        """Clear the back-off of failed renewals; let a waiting stream connect if its minimum wait is over."""
        self._session.forget_failures()
        if self._stream is not None:
            self._stream.retry()

    @property
    def drift(self) -> Drift:
        """Return the observed deviations from earlier responses."""
        return self._transport.drift

    @property
    def unsupported(self) -> tuple[str, ...]:
        """Return the names of the requests that Amazon recently refused and that are suspended."""
        return self._transport.unproven.unsupported

    @property
    def stats(self) -> Mapping[str, object]:
        """Return counters and states of the session, the requests and the stream, for diagnostics."""
        return {
            "session": self._session.stats,
            "requests": self._transport.stats,
            "stream": self._stream.stats if self._stream else None,
        }

    # --- lifecycle ----------------------------------------------------------------------

    async def async_sign_in(self) -> None:
        """Ensure that there are an access token and cookies; raises ``AlexaAuthError`` or ``AlexaConnectionError``."""
        await self._session.async_sign_in()

    async def async_connect(self) -> None:
        """Connect the session, and read the account unless it is known."""
        await self._session.async_connect()
        if self._account is None:
            await self.async_identify()

    def setup_done(self) -> None:
        """Lower the limit of concurrent requests after setup."""
        self._transport.setup_done()

    async def async_identify(self) -> Account:
        """Read and return the signed-in account."""
        credentials = self._session.credentials
        account = await self._transport.async_read(ACCOUNT, lambda data: parse_account(data, credentials.domain))
        self._account = replace(account, account_id=credentials.account_id)
        return self._account

    async def async_deregister(self) -> None:
        """Deregister the integration from the account; a failure is only logged."""
        await self._session.async_deregister()

    async def async_close(self) -> None:
        """Stop all background work; the caller closes the aiohttp session."""
        if self._stream is not None:
            await self._stream.aclose()
        for close in self._closes:
            await close()
        await self._session.async_close()

    # --- reads --------------------------------------------------------------------------

    async def async_devices(self) -> Mapping[str, Device]:
        """Return all devices by serial, with the last known preferences if reading these fails."""
        devices, preferences = await asyncio.gather(
            self._transport.async_read(DEVICES, parse_devices), self._read_preferences(), return_exceptions=True
        )
        if isinstance(devices, BaseException):
            raise devices
        if isinstance(preferences, BaseException):
            raise preferences
        self._session.note_csrf()
        self._devices = {
            serial: replace(device, locale=known.locale, time_zone=known.time_zone, preferences=known)
            if (known := preferences.get(serial))
            else device
            for serial, device in devices.items()
        }
        return self._devices

    async def _read_preferences(self) -> Mapping[str, DevicePreferences]:
        try:
            return await self._preferences.async_preferences()
        except AlexaError as err:
            _LOGGER.debug("The preferences cannot be read: %s", err.details)
            return self._preferences.last_preferences

    async def async_sessions(self, known: Iterable[Device] = ()) -> tuple[Session, ...]:
        """Return the media sessions that name a device, playing ones last; empty if Amazon controls no playback."""
        device = _device_for_query(self._devices.values() or known, self.own_serial)
        try:
            return await self._transport.async_read(
                SESSIONS,
                lambda data: parse_sessions(data, datetime.now(UTC)),
                query=address_of(device) if device else None,
            )
        except (AlexaUnsupportedError, AlexaBadResponseError) as err:
            if err.code in IDLE_CODES:
                return ()
            raise

    async def async_volumes(self) -> Mapping[str, Volume]:
        """Return the volumes of the devices that report one, by serial."""
        return await self._transport.async_read(VOLUMES, parse_volumes)

    async def async_notifications(self) -> Mapping[str, Notification]:
        """Return all alarms, timers and reminders by id."""
        return await self._transport.async_read(NOTIFICATIONS, parse_notifications, query={"cached": "true"})

    async def async_dnd(self) -> Mapping[str, bool]:
        """Return the Do Not Disturb states of the devices that report one, by serial."""
        return await self._transport.async_read(DND, parse_dnd)

    async def async_bluetooth(self) -> Mapping[str, BluetoothState]:
        """Return the Bluetooth states of the Echos by serial; the request bypasses Amazon's cache."""
        return await self._transport.async_read(BLUETOOTH, parse_bluetooth, query={"cached": "false"})

    # --- commands -----------------------------------------------------------------------

    async def async_execute(self, command: Command, devices: Sequence[Device]) -> None:
        """Run a command; for speech, announcements and volume, groups are replaced by their known member devices."""
        if isinstance(command, _FOR_MEMBERS):
            devices = self._with_members(devices)
        serials = "+".join(sorted(device.serial for device in devices))
        unproven = self._transport.unproven.attempt("fire_tv_search", serials)
        with unproven if isinstance(command, PlayVideo) else nullcontext():
            await self._scheduler.execute(command, devices)

    async def async_execute_each(
        self, plans: Sequence[tuple[Device, Sequence[Command]]]
    ) -> Sequence[AlexaError | None]:
        """Run the commands of each plan on its device; return an error or None for each plan.

        Groups are not resolved to their members.
        """
        return await self._scheduler.execute_each(plans)

    def _with_members(self, devices: Sequence[Device]) -> Sequence[Device]:
        """Return the devices, each once, with groups replaced by their member devices if any are known."""
        found: dict[str, Device] = {}
        for device in devices:
            for single in leaves(self._devices.get(device.serial, device), self._devices):
                found.setdefault(single.serial, single)
        return tuple(found.values())

    async def _submit(self, start_node: Mapping[str, Any]) -> None:
        """Send the start node of a sequence to Amazon, which runs it."""
        for serial, text in text_commands(start_node):
            self.history.text_listener(serial, text)
        sequence = {"@type": "com.amazon.alexa.behaviors.model.Sequence", "startNode": start_node}
        await self._transport.async_request(
            BEHAVIOR, json={"behaviorId": "PREVIEW", "sequenceJson": json_text(sequence), "status": "ENABLED"}
        )

    async def async_player_command(self, command: PlayerCommand, device: Device) -> None:
        """Send a command to a player; raises ``AlexaNoPlayerError`` if there is no playback that Amazon controls."""
        try:
            await self._transport.async_request(
                PLAYER_COMMAND, query=address_of(device), json={"type": command.type, **command.fields}
            )
        except (AlexaUnsupportedError, AlexaCommandError) as err:
            if err.code not in IDLE_CODES:
                raise
            raise AlexaNoPlayerError(
                str(err), expired=err.code in EXPIRED_CODES, endpoint=err.endpoint, code=err.code
            ) from err

    async def async_set_dnd(self, device: Device, enabled: bool) -> None:
        """Turn Do Not Disturb on or off, and check the state in the response."""
        answer = await self._transport.async_request(SET_DND, json={**address_of(device), "enabled": enabled})
        if parse_dnd_echo(answer) is not enabled:
            raise SET_DND.error(AlexaCommandError, "was not confirmed", status=200, code="not_confirmed")

    async def async_connect_bluetooth(self, device: Device, address: str) -> None:
        """Connect the paired Bluetooth device with the given address."""
        await self._transport.async_request(
            CONNECT_BLUETOOTH, params=place_of(device), json={"bluetoothDeviceAddress": address}
        )

    async def async_disconnect_bluetooth(self, device: Device) -> None:
        """Disconnect all Bluetooth devices of an Echo."""
        await self._transport.async_request(DISCONNECT_BLUETOOTH, params=place_of(device))

    # --- push ---------------------------------------------------------------------------

    async def events(self) -> AsyncGenerator[PushEvent]:
        """Yield push events, reconnecting until closed; raises ``AlexaAuthError`` if the user has to sign in again."""
        stream = PushStream(
            self._client_factory,
            token=self._session.async_token,
            register_capabilities=self._session.async_register_capabilities,
            renew_token=self._session.async_renew_token,
            known_gateway=self._session.gateway,
            domain=self._account.domain if self._account else self._session.credentials.domain,
        )
        stream.recorder = self._transport.recorder
        self._stream = stream
        try:
            async with aclosing(stream.events()) as events:
                async for event in events:
                    if isinstance(event, StreamOpened):
                        self._session.follow_gateway(stream.known_gateway)
                    yield event
        finally:
            await stream.aclose()


def _device_for_query(devices: Iterable[Device], own_serial: str | None) -> Device | None:
    """Return a device to name in the request for sessions, preferably an online one, or None.

    The response covers all devices anyway.
    """
    speakers = [
        device
        for device in devices
        if device.serial != own_serial and not device.is_group and device.family is not DeviceFamily.VOX
    ]
    return next((device for device in speakers if device.online), speakers[0] if speakers else None)
