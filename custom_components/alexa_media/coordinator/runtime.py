"""Runtime data of a config entry."""

import asyncio
from collections import Counter
from collections.abc import Callable, Generator, Iterable
import contextlib
from dataclasses import dataclass, field
from datetime import timedelta
import math
from operator import attrgetter
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ConfigEntryAuthFailed, ConfigEntryError, ConfigEntryNotReady
from homeassistant.util.hass_dict import HassKey

from ..backends import Stored, create_backend, entry_store
from ..cloud.errors import AlexaAuthError, AlexaError, read_key
from ..cloud.model.api import AlexaBackend, Capability
from ..cloud.model.devices import Device
from ..cloud.model.events import DatedPush, PushEvent
from ..const import (
    CONF_CUSTOMER_ID,
    CONF_REFRESH_TOKEN,
    CONF_REGION,
    CONF_SERIAL,
    DOMAIN,
)
from ..issues import DUPLICATE, translated
from .alarm_watch import AlarmWatch, async_forget_alarms
from .alarms import AlarmSoundsCoordinator, AlarmVolumesCoordinator, AscendingCoordinator
from .appliances import AppliancesCoordinator
from .base import TopicCoordinator
from .device_states import BluetoothCoordinator, DndCoordinator, KidsCoordinator, NotificationsCoordinator
from .devices import DevicesCoordinator
from .history import HistoryCoordinator
from .lists import ListsCoordinator
from .media import MediaLibrary, RoutinesCoordinator
from .players import PlayersCoordinator
from .recovery import Recovery, StreamWatchdog
from .settings import DeviceSettingsCoordinator, SettingsCoordinator
from .smart_home import GuardCoordinator, SmartHomeCoordinator
from .volumes import AlarmVolumeOverrides, TemporaryVolumes, async_forget_volumes

# A proven stream is renewed about once an hour. The topics that are polled less often are read in turn, all of them
# within this number of renewals.
RENEWALS: Final = 4
RENEWED_EVERY: Final = timedelta(hours=1)

# A push that is older than an earlier one by more than this (seconds) is not late: one of their times must be wrong.
LONGEST_DELAY: Final = 3600.0

# Seconds for which the first reads wait for the stream to open; a pushed topic that is read earlier has to be read
# again.
STREAM_PATIENCE: Final = 2.0

type AlexaConfigEntry = ConfigEntry[AlexaRuntimeData]


@dataclass(slots=True)
class PushMonitor:
    """State and statistics of the push stream.

    ``up_since`` is in seconds of the event loop's clock. ``tried`` is set once the stream has opened or failed to open.
    ``awaited`` is True until the pushed topics are first read. ``received`` counts pushes by kind, ``failed`` those
    whose handler raised an exception, and ``unknown`` unknown commands by name.
    """

    up: bool = False
    up_since: float = 0.0
    tried: asyncio.Event = field(default_factory=asyncio.Event)
    awaited: bool = True
    received: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    _newest: dict[tuple[str, type], float] = field(default_factory=dict)
    _listeners: list[CALLBACK_TYPE] = field(default_factory=list)

    @callback
    def async_set_up(self, up: bool) -> None:
        """Set whether push is up; call the listeners if that changes."""
        if up == self.up:
            return
        self.up = up
        for listener in tuple(self._listeners):
            listener()

    def is_late(self, serial: str, event: PushEvent, *kinds: type) -> bool:
        """Return whether a push of a device is older than one of ``kinds`` that arrived before it."""
        sent = event.sent_at if isinstance(event, DatedPush) else None
        newest = [at for kind in kinds if (at := self._newest.get((serial, kind))) is not None]
        return sent is not None and any(0 < at - sent <= LONGEST_DELAY for at in newest)

    @callback
    def async_note_time(self, serial: str, event: DatedPush) -> None:
        """Remember the time of the newest push of a device and kind."""
        if event.sent_at is not None:
            self._newest[serial, type(event)] = event.sent_at

    @callback
    def async_add_listener(self, listener: CALLBACK_TYPE) -> Callable[[], None]:
        """Call ``listener`` when ``up`` changes; return a function to stop."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)


@dataclass(slots=True, kw_only=True)
class AlexaRuntimeData:
    """One account or property; parts that its backend does not support are ``None``.

    ``adders`` are the tasks that add entities; ``adding`` lets them run one at a time. ``registered`` contains, by
    serial, the devices as last written to the device registry and their ids there.
    """

    backend: AlexaBackend
    devices: DevicesCoordinator
    players: PlayersCoordinator | None = None
    notifications: NotificationsCoordinator | None = None
    dnd: DndCoordinator | None = None
    bluetooth: BluetoothCoordinator | None = None
    routines: RoutinesCoordinator | None = None
    kids: KidsCoordinator | None = None
    lists: ListsCoordinator | None = None
    settings: SettingsCoordinator | None = None
    media: MediaLibrary | None = None
    history: HistoryCoordinator | None = None
    appliances: AppliancesCoordinator | None = None
    smart_home: SmartHomeCoordinator | None = None
    guard: GuardCoordinator | None = None
    alarm_volume: AlarmVolumesCoordinator | None = None
    ascending: AscendingCoordinator | None = None
    alarm_sounds: AlarmSoundsCoordinator | None = None
    alarm_watch: AlarmWatch | None = None
    alarm_volume_override: AlarmVolumeOverrides | None = None
    device_settings: DeviceSettingsCoordinator | None = None
    push: PushMonitor = field(default_factory=PushMonitor)
    recovery: Recovery = field(init=False)
    watchdog: StreamWatchdog = field(init=False)
    temporary_volumes: TemporaryVolumes = field(init=False)
    adding: asyncio.Lock = field(default_factory=asyncio.Lock)
    adders: set[asyncio.Task[None]] = field(default_factory=set)
    registered: dict[str, tuple[Device, str]] = field(default_factory=dict)
    is_closing: bool = False

    @classmethod
    def create(cls, hass: HomeAssistant, entry: AlexaConfigEntry, backend: AlexaBackend) -> AlexaRuntimeData:
        """Create the parts that a backend supports, with recovery and watchdog."""
        data = cls(backend=backend, devices=DevicesCoordinator(hass, entry, backend))
        for part in _PARTS:
            part.add_to(data, hass, entry)
        topics = data.coordinators
        data.recovery = Recovery(
            hass,
            entry,
            topics,
            lambda: backend.reopen_stream(),  # noqa: PLW0108 - looked up when it is needed
            probes=not backend.intervals,
        )
        data.watchdog = StreamWatchdog(
            hass,
            entry,
            lambda: backend.renew_stream(),  # noqa: PLW0108 - looked up when it is needed
            lambda polls: data.set_push(up=not polls),
            data.async_reschedule,
        )
        for topic in topics:
            topic.watcher = data.recovery
            topic.watchdog = data.watchdog
        return data

    @property
    def coordinators(self) -> tuple[TopicCoordinator[Any], ...]:
        """Return the available coordinators, that of the devices first."""
        every = (self.devices, *(getattr(self, part.field, None) for part in _PARTS))
        return tuple(part for part in every if isinstance(part, TopicCoordinator))

    async def async_sign_in(self) -> bool:
        """Sign in as far as the stream needs it; return whether stored devices were restored.

        Raises ``ConfigEntryAuthFailed`` if the user has to sign in. After another failure, the restored devices are
        used; raises ``ConfigEntryNotReady`` if there are none or the customer id in the entry is empty.
        """
        if not self.devices.entry.data.get(CONF_REFRESH_TOKEN, True):
            raise translated(ConfigEntryAuthFailed, AlexaAuthError.translation_key)
        self.backend.follow_answers(self.recovery.async_evidence)
        restored = await self.devices.async_restore()
        if self.appliances:
            await self.appliances.async_restore()
        with self._set_up_errors(restored=restored):
            await self.backend.async_sign_in()
        return restored

    async def async_connect(self, *, restored: bool) -> None:
        """Connect the session; raises like ``async_sign_in``."""
        with self._set_up_errors(restored=restored):
            await self.backend.async_connect()

    @contextlib.contextmanager
    def _set_up_errors(self, *, restored: bool) -> Generator[None]:
        """Convert errors to Home Assistant's; ignore all but ``AlexaAuthError`` if the restored devices are enough."""
        data = self.devices.entry.data
        try:
            yield
        except AlexaAuthError as err:
            raise translated(ConfigEntryAuthFailed, err.translation_key) from err
        except AlexaError as err:
            if not restored or not data.get(CONF_CUSTOMER_ID, True):
                raise translated(ConfigEntryNotReady, read_key(err), **err.placeholders) from err

    async def async_read(self, *, restored: bool) -> None:
        """Read the topics with ``read_at_start``; raises ``ConfigEntryNotReady`` or ``ConfigEntryAuthFailed``.

        ``restored`` is whether the devices were restored from disk.
        """
        topics = [topic for topic in self.coordinators if topic.read_at_start]
        if restored:
            unpushed = [topic.async_refresh() for topic in topics if not topic.pushed]
            await asyncio.gather(*unpushed, self._async_read_pushed(topic for topic in topics if topic.pushed))
            if isinstance(refused := self.devices.last_exception, ConfigEntryAuthFailed):
                raise refused
        else:
            await self._async_stream_tried()
            await self.devices.async_config_entry_first_refresh()
            await asyncio.gather(*(topic.async_refresh() for topic in topics if topic is not self.devices))
        if self.guard is not None and not self.guard.data:
            # Guard may have been read before the appliances were discovered.
            await self.guard.async_refresh()
        if self.alarm_watch is not None:
            await self.alarm_watch.async_start()
        if self.alarm_volume_override is not None:
            await self.alarm_volume_override.async_start()
        self.backend.setup_done()

    async def _async_stream_tried(self) -> None:
        """Wait until the stream is open or has failed to open, at most ``STREAM_PATIENCE`` seconds."""
        if Capability.PUSH not in self.backend.capabilities:
            self.push.tried.set()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.push.tried.wait(), STREAM_PATIENCE)
        self.push.awaited = False

    async def _async_read_pushed(self, topics: Iterable[TopicCoordinator[Any]]) -> None:
        """Wait for the stream (``_async_stream_tried``), then read topics."""
        await self._async_stream_tried()
        await asyncio.gather(*(topic.async_refresh() for topic in topics))

    @callback
    def set_push(self, *, up: bool) -> None:
        """Set the state of the stream in the monitor and the coordinators; a stalled stream counts as down."""
        up = up and not self.watchdog.is_stalled
        self.push.async_set_up(up)
        for coordinator in self.coordinators:
            coordinator.async_set_push(up)

    @callback
    def async_reschedule(self) -> None:
        """Apply the poll intervals, which depend on whether the stream is proven."""
        for coordinator in self.coordinators:
            coordinator.async_reschedule()

    @callback
    def async_stop_adding(self) -> None:
        """Stop adding entities, because the platforms are about to be unloaded."""
        self.is_closing = True
        for task in self.adders:
            task.cancel()

    async def async_added(self) -> None:
        """Wait until no task is adding entities."""
        while self.adders:
            await asyncio.wait(self.adders)

    async def async_refresh_all(self, pause: float) -> None:
        """Refresh topics that failed or are push-driven, unless they were read since the stream opened.

        ``pause`` is the time between two reads in seconds.
        """
        await self._async_refresh_each(self.coordinators, pause)

    async def async_refresh_on_renewal(self, pause: float) -> None:
        """Refresh topics after a planned renewal of the stream; ``pause`` as in ``async_refresh_all``.

        While the stream is proven, only failed topics and a share of the rarely polled ones are refreshed: those read
        least recently.
        """
        coordinators = self.coordinators
        if self.watchdog.is_proven:
            rare = [topic for topic in coordinators if topic.pushed and topic.interval_with_proven_push > RENEWED_EVERY]
            oldest = sorted(rare, key=lambda coordinator: coordinator.read_whole_at or 0.0)
            share = oldest[: math.ceil(len(oldest) / RENEWALS)]
            coordinators = tuple(
                coordinator
                for coordinator in coordinators
                if coordinator in share or not coordinator.last_update_success
            )
        await self._async_refresh_each(coordinators, pause)

    async def _async_refresh_each(self, coordinators: Iterable[TopicCoordinator[Any]], pause: float) -> None:
        """Refresh topics as described for ``async_refresh_all``, one at a time."""
        since = self.push.up_since
        for coordinator in coordinators:
            is_due = coordinator.pushed or not coordinator.last_update_success
            if is_due and not coordinator.is_read_since(since):
                await coordinator.async_refresh()
                await asyncio.sleep(pause)


@dataclass(frozen=True, slots=True)
class _Part:
    """One field of the runtime data, created from the attributes in ``needs`` and, if they exist, those in ``uses``."""

    field: str
    create: Callable[..., object]
    needs: tuple[str, ...]
    capability: Capability | None = None
    uses: tuple[str, ...] = ()
    of_entry: bool = True

    def add_to(self, data: AlexaRuntimeData, hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
        """Create the part if the backend has its capability and no field in ``needs`` is None."""
        needed = [attrgetter(path)(data) for path in self.needs]
        is_capable = self.capability is None or self.capability in data.backend.capabilities
        if is_capable and None not in needed:
            used = [attrgetter(path)(data) for path in self.uses]
            setattr(data, self.field, self.create(hass, *((entry,) if self.of_entry else ()), *needed, *used))


_HOME: Final = ("backend", "backend.smart_home")
# Parts with these needs also require ``Capability.NOTIFICATIONS``: alarms cannot be changed without their list.
_ALARMS: Final = ("backend", "backend.alarms", "devices")

_PARTS: Final = (
    _Part("players", PlayersCoordinator, ("backend", "devices"), Capability.PLAYERS),
    _Part("temporary_volumes", TemporaryVolumes, ("backend", "devices"), uses=("players",)),
    _Part("notifications", NotificationsCoordinator, ("backend",), Capability.NOTIFICATIONS),
    _Part("dnd", DndCoordinator, ("backend",), Capability.DND),
    _Part("bluetooth", BluetoothCoordinator, ("backend",), Capability.BLUETOOTH),
    _Part("appliances", AppliancesCoordinator, _HOME),
    _Part("smart_home", SmartHomeCoordinator, (*_HOME, "appliances")),
    _Part("guard", GuardCoordinator, (*_HOME, "appliances", "devices")),
    _Part("lists", ListsCoordinator, ("backend", "backend.lists")),
    _Part("routines", RoutinesCoordinator, ("backend", "backend.routines")),
    _Part("kids", KidsCoordinator, ("backend", "backend.kids", "devices")),
    _Part("history", HistoryCoordinator, ("backend", "backend.history", "devices"), uses=("dnd",)),
    _Part("settings", SettingsCoordinator, ("backend", "backend.settings", "devices")),
    _Part("alarm_volume", AlarmVolumesCoordinator, _ALARMS, Capability.NOTIFICATIONS),
    _Part("ascending", AscendingCoordinator, _ALARMS, Capability.NOTIFICATIONS),
    _Part("alarm_sounds", AlarmSoundsCoordinator, _ALARMS, Capability.NOTIFICATIONS),
    _Part("device_settings", DeviceSettingsCoordinator, ("backend", "backend.management")),
    _Part("media", MediaLibrary, ("backend.media",), of_entry=False),
    _Part("alarm_watch", AlarmWatch, ("devices", "notifications")),
    _Part(
        "alarm_volume_override",
        AlarmVolumeOverrides,
        ("backend.alarms", "devices", "alarm_volume", "alarm_watch"),
    ),
)
"""The parts in the order of creation; each only needs earlier ones."""


@callback
def running_data(entry: AlexaConfigEntry) -> AlexaRuntimeData | None:
    """Return the runtime data of an entry that is loaded, or that is being set up and already has some; else None."""
    if entry.state not in (ConfigEntryState.LOADED, ConfigEntryState.SETUP_IN_PROGRESS):
        return None
    return getattr(entry, "runtime_data", None)


@callback
def running_entries(hass: HomeAssistant) -> list[AlexaConfigEntry]:
    """Return the entries that have runtime data (``running_data``)."""
    entries: list[AlexaConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    return [entry for entry in entries if running_data(entry) is not None]


def sharing_registration(hass: HomeAssistant, entry: ConfigEntry[Any]) -> list[ConfigEntry[Any]]:
    """Return the other entries with the same registration, including disabled ones.

    Removing or renewing the registration affects all these entries.
    """
    serial, customer_id = entry.data.get(CONF_SERIAL), entry.data.get(CONF_CUSTOMER_ID)
    others = hass.config_entries.async_entries(DOMAIN, include_ignore=False)
    return [
        other
        for other in others
        if serial
        and other.entry_id != entry.entry_id
        and other.data.get(CONF_SERIAL) == serial
        # An entry of alexa_media_player lacks the account's id.
        and (not customer_id or other.data.get(CONF_CUSTOMER_ID) in (None, "", customer_id))
    ]


_IN_USE: HassKey[set[str]] = HassKey(f"{DOMAIN}_registrations")
"""Ids of the entries that use their registration, from the start of their setup."""


@callback
def async_claim_registration(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Claim the registration of an entry until the entry is unloaded.

    Raises ``ConfigEntryError`` if another entry has claimed it: each would close the other's push stream and invalidate
    the other's tokens.
    """
    in_use = hass.data.setdefault(_IN_USE, set())
    if user := next((copy for copy in sharing_registration(hass, entry) if copy.entry_id in in_use), None):
        DUPLICATE.async_report(hass, entry, other=user.title)
        raise translated(ConfigEntryError, "duplicate_account", other=user.title)
    DUPLICATE.async_clear(hass, entry)
    in_use.add(entry.entry_id)
    entry.async_on_unload(lambda: in_use.discard(entry.entry_id))


async def async_forget(hass: HomeAssistant, entry: AlexaConfigEntry) -> None:
    """Delete the stored files, and deregister the integration unless another entry shares the registration.

    A property has no registration. A failed deregistration is ignored.
    """
    DUPLICATE.async_clear(hass, entry)
    async_forget_alarms(hass, entry.entry_id)
    async_forget_volumes(hass, entry.entry_id)
    if CONF_REGION not in entry.data and not sharing_registration(hass, entry):
        backend, async_close = create_backend(hass, entry.data)
        await backend.async_deregister()
        await async_close()
    for stored in Stored:
        await entry_store(hass, entry.entry_id, stored).async_remove()
