"""Protocol that the backend of each cloud implements."""

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from enum import Flag, auto
from typing import Protocol

from ..errors import AlexaError, AlexaUnsupportedError
from ..http import ExchangeRecorder
from ..json import Drift
from .alarms import AlarmsApi
from .appliances import SmartHomeApi
from .commands import Command, PlayerCommand
from .devices import Account, BluetoothState, Device, KidsApi, Notification, Session, Volume
from .events import PushEvent
from .history import HistoryApi
from .lists import ListsApi
from .media import MediaApi, RoutinesApi
from .property import ManagementApi
from .settings import BackgroundApi, SettingsApi


class Capability(Flag):
    """Optional parts of a backend."""

    PLAYERS = auto()
    NOTIFICATIONS = auto()
    DND = auto()
    SPEECH = auto()
    PUSH = auto()
    BLUETOOTH = auto()
    ANNOUNCEMENTS = auto()
    """Announcements are supported, but no other speech."""


def _unsupported(what: str) -> AlexaUnsupportedError:
    """Return the error for a part that a cloud lacks."""
    return AlexaUnsupportedError(f"This cloud has no {what}", code=what)


class AlexaBackend(Protocol):
    """One signed-in account of one cloud.

    A subclass implements the parts that its cloud has. Other parts are ``None``, raise ``AlexaUnsupportedError`` or do
    nothing. Methods raise an ``AlexaError`` on failure unless documented otherwise. A command returns when Amazon has
    accepted it.
    """

    history: HistoryApi | None = None
    """API of the voice history, or None if the cloud has none."""
    smart_home: SmartHomeApi | None = None
    """Smart home API, or None if the cloud has none."""
    alarms: AlarmsApi | None = None
    """API of alarms, timers and reminders, or None if the cloud has none."""
    management: ManagementApi | None = None
    """Fleet management API, or None for a household account."""
    media: MediaApi | None = None
    """Media API (providers, sounds, stations, queues), or None if the cloud has none."""
    background: BackgroundApi | None = None
    """API of screen backgrounds, or None if the cloud has none."""
    kids: KidsApi | None = None
    """Amazon Kids API, or None if the cloud has none."""
    routines: RoutinesApi | None = None
    """Routines API, or None if the cloud has none."""
    lists: ListsApi | None = None
    """API of shopping, to-do and custom lists, or None if the cloud has none."""
    settings: SettingsApi | None = None
    """API of device settings, or None if the cloud has none."""

    @property
    def capabilities(self) -> Capability:
        """Return the optional parts that the backend supports."""

    @property
    def account(self) -> Account:
        """Return the signed-in account; available after ``async_connect``."""

    @property
    def own_serial(self) -> str | None:
        """Return the serial number under which the integration is registered as an app, or None."""
        return None

    @property
    def intervals(self) -> Mapping[str, timedelta]:
        """Return the poll intervals by topic; all other topics use their default intervals."""

    def watch(self, topic: str, watched: Callable[[], frozenset[str]]) -> None:
        """Register a callback that returns the keys of a topic that have listeners; reads may skip other keys."""

    def follow_answers(self, listener: Callable[[], None]) -> None:
        """Call ``listener``, which must not block, after each successful response, instead of an earlier listener."""

    def record_to(self, recorder: ExchangeRecorder | None) -> None:
        """Record requests, responses and directives with ``recorder``; None stops that."""

    def renew_stream(self) -> None:
        """Register the capabilities again, look up the region and reopen a stream that delivers no events."""

    def reopen_stream(self) -> None:
        """Clear the back-off of failed renewals; let a waiting stream connect if its minimum wait is over."""

    @property
    def drift(self) -> Drift:
        """Return the observed deviations from earlier responses."""

    @property
    def unsupported(self) -> tuple[str, ...]:
        """Return the names of the requests that are suspended because Amazon refused them in the last 24 hours."""
        return ()

    @property
    def stats(self) -> Mapping[str, object]:
        """Return counters and states for diagnostics, without private data."""

    async def async_sign_in(self) -> None:
        """Sign in as far as the push stream requires; does nothing for Smart Properties, which have no push stream."""

    async def async_connect(self) -> None:
        """Sign in if necessary, and read the service endpoints and the account unless they are known."""

    def setup_done(self) -> None:
        """Lower the limit of concurrent requests after setup."""

    async def async_identify(self) -> Account:
        """Return the signed-in account, read from the cloud."""

    async def async_devices(self) -> Mapping[str, Device]:
        """Return the devices by serial; Smart Properties return only Echos.

        Raises ``AlexaBadResponseError`` for an implausible list, and for an account without devices.
        """

    async def async_sessions(self, known: Iterable[Device] = ()) -> tuple[Session, ...]:  # noqa: ARG002 - names of the protocol
        """Return the media sessions of the account that name a device; may be empty.

        The request names a device of the account; until the device list has been read, it is one of ``known``.
        """
        raise _unsupported("players")

    async def async_volumes(self) -> Mapping[str, Volume]:
        """Return the volumes of the devices that report one, by serial."""
        raise _unsupported("players")

    async def async_notifications(self) -> Mapping[str, Notification]:
        """Return the alarms, timers and reminders by id."""
        raise _unsupported("alarms")

    async def async_dnd(self) -> Mapping[str, bool]:
        """Return the Do Not Disturb states of the devices that report one, by serial."""

    async def async_set_dnd(self, device: Device, enabled: bool) -> None:
        """Turn Do Not Disturb on or off on one device."""

    async def async_bluetooth(self) -> Mapping[str, BluetoothState]:
        """Return the paired Bluetooth devices by the serial of the Echo."""
        raise _unsupported("Bluetooth")

    async def async_connect_bluetooth(self, device: Device, address: str) -> None:  # noqa: ARG002 - names of the protocol
        """Connect a paired Bluetooth device, given by its MAC address."""
        raise _unsupported("Bluetooth")

    async def async_disconnect_bluetooth(self, device: Device) -> None:  # noqa: ARG002 - names of the protocol
        """Disconnect all Bluetooth devices of an Echo."""
        raise _unsupported("Bluetooth")

    async def async_execute(self, command: Command, devices: Sequence[Device]) -> None:
        """Run a command on devices; commands submitted together may share a request."""

    async def async_execute_each(
        self, plans: Sequence[tuple[Device, Sequence[Command]]]
    ) -> Sequence[AlexaError | None]:
        """Run the commands of each plan in order on its device; return an error or None for each plan.

        A plan that Amazon refuses does not affect the others. A device may occur in only one plan.
        """

    async def async_player_command(self, command: PlayerCommand, device: Device) -> None:  # noqa: ARG002 - names of the protocol
        """Send a command to a player; raises ``AlexaNoPlayerError`` if there is no playback that Amazon controls."""
        raise _unsupported("players")

    def events(self) -> AsyncGenerator[PushEvent]:
        """Yield push events, reconnecting until closed; raises ``AlexaAuthError`` if the user has to sign in again."""

    async def async_deregister(self) -> None:
        """Deregister the integration from the account; never raises."""

    async def async_close(self) -> None:
        """Stop background work; the caller closes the aiohttp session."""
