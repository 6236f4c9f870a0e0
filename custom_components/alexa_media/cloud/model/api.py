"""What a cloud can do for the rest of the integration, as a protocol."""

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import timedelta
from enum import Flag, auto
from typing import Protocol

from ...const import Topic
from ..errors import AlexaError
from .alarms import AlarmsApi
from .background import BackgroundApi
from .commands import Command, PlayerCommand
from .controls import SmartHomeApi
from .devices import Account, BluetoothState, Device, Notification, Session, Volume
from .events import PushEvent
from .history import HistoryApi
from .kids import KidsApi
from .lists import ListsApi
from .media import MediaApi
from .property import ManagementApi
from .routines import RoutinesApi
from .settings import SettingsApi


class Capability(Flag):
    """What a backend offers."""

    PLAYERS = auto()
    NOTIFICATIONS = auto()
    DND = auto()
    SPEECH = auto()
    PUSH = auto()
    BLUETOOTH = auto()
    ANNOUNCEMENTS = auto()
    """Announcements alone: no other speech."""


class AlexaBackend(Protocol):
    """One signed-in account of one cloud.

    Every method raises an ``AlexaError``; a command returns when Amazon has accepted it.
    """

    @property
    def capabilities(self) -> Capability:
        """Return what this backend offers."""

    @property
    def account(self) -> Account:
        """Return who is signed in; known after ``async_connect``."""

    @property
    def own_serial(self) -> str | None:
        """Return the serial of the app that we are registered as."""

    @property
    def history(self) -> HistoryApi | None:
        """Return what people said."""

    @property
    def smart_home(self) -> SmartHomeApi | None:
        """Return the smart home, where there is one behind the account."""

    @property
    def alarms(self) -> AlarmsApi | None:
        """Return what can be done about alarms, timers and reminders."""

    @property
    def management(self) -> ManagementApi | None:
        """Return what an operator of many devices may do, where the account is one."""

    @property
    def intervals(self) -> Mapping[Topic, timedelta]:
        """Return how often topics are read where that is the cloud's to say: where every device costs a request."""

    def watch(self, topic: Topic, watched: Callable[[], frozenset[str]]) -> None:
        """Take note of what tells which keys of a topic somebody shows: no others need be read."""

    def follow_answers(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each good answer; it must not block. The last one given counts."""

    def renew_stream(self) -> None:
        """Open a stream that proved to be deaf again, as if for the first time: capabilities, region, stream."""

    def reopen_stream(self) -> None:
        """Let a stream of pushes that waits for its next attempt try at once."""

    @property
    def stats(self) -> Mapping[str, object]:
        """Return counters for diagnostics: no secret and no name in them."""

    @property
    def media(self) -> MediaApi | None:
        """Return what there is to play."""

    @property
    def background(self) -> BackgroundApi | None:
        """Return the backgrounds of screens."""

    @property
    def kids(self) -> KidsApi | None:
        """Return Amazon Kids."""

    @property
    def routines(self) -> RoutinesApi | None:
        """Return the routines."""

    @property
    def lists(self) -> ListsApi | None:
        """Return the shopping, to-do and custom lists."""

    @property
    def settings(self) -> SettingsApi | None:
        """Return the settings of devices."""

    async def async_sign_in(self) -> None:
        """Get what proves who we are: tokens, cookies. The stream of pushes needs no more."""

    async def async_connect(self) -> None:
        """Make the session usable: sign in unless that is done, learn the endpoints."""

    def setup_done(self) -> None:
        """Go easy on the cloud from now on: fewer requests at a time."""

    async def async_identify(self) -> Account:
        """Ask the cloud who is signed in."""

    async def async_devices(self) -> Mapping[str, Device]:
        """Return all devices by serial; raises rather than return an empty or implausible list."""

    async def async_sessions(self) -> tuple[Session, ...]:
        """Return all media sessions of the account; none while everything is idle."""

    async def async_volumes(self) -> Mapping[str, Volume]:
        """Return the volumes of all devices that tell one, by serial."""

    async def async_notifications(self) -> Mapping[str, Notification]:
        """Return all alarms, timers and reminders by id."""

    async def async_dnd(self) -> Mapping[str, bool]:
        """Return Do Not Disturb of all devices that have it, by serial."""

    async def async_set_dnd(self, device: Device, enabled: bool) -> None:
        """Switch Do Not Disturb of one device."""

    async def async_bluetooth(self) -> Mapping[str, BluetoothState]:
        """Return what is paired with each device that has bluetooth, by serial."""

    async def async_connect_bluetooth(self, device: Device, address: str) -> None:
        """Connect a paired bluetooth device, given by its MAC address."""

    async def async_disconnect_bluetooth(self, device: Device) -> None:
        """Disconnect whatever is connected by bluetooth."""

    async def async_execute(self, command: Command, devices: Sequence[Device]) -> None:
        """Run a command on devices; commands submitted together go out as one request."""

    async def async_execute_each(
        self, plans: Sequence[tuple[Device, Sequence[Command]]]
    ) -> Sequence[AlexaError | None]:
        """Run commands on each device, one after the other there; return what went wrong with each plan.

        The commands of one plan are never torn apart, plans submitted together are one
        request, and one that Amazon refuses leaves the others alone. Each device is named once.
        """

    async def async_player_command(self, command: PlayerCommand, device: Device) -> None:
        """Send a command to a player; raises ``AlexaNoPlayerError`` where nothing of the cloud's own plays."""

    def events(self) -> AsyncGenerator[PushEvent]:
        """Return the endless stream of pushes; it reconnects by itself and ends only with ``AlexaAuthError``."""

    async def async_deregister(self) -> None:
        """Remove our registration from the account; never raises."""

    async def async_close(self) -> None:
        """Stop what runs in the background; the session itself is the caller's."""
