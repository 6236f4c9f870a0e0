"""Backend of an organization of Alexa Smart Properties, or of one of its units."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import aiohttp

from ...const import Topic
from ..errors import AlexaError, AlexaUnsupportedError
from ..http import ExchangeRecorder
from ..json import Drift
from ..model.api import AlexaBackend, Capability
from ..model.appliances import FeatureName
from ..model.commands import Announce, Command
from ..model.devices import Account, Device, DeviceFamily
from ..model.events import PushEvent
from ..ssml import plain
from .client import SmartPropertiesClient
from .inventory import SURVEY_INTERVAL, Inventory, Item, is_reachable
from .management import SETTINGS_INTERVAL, PropertyManagement
from .models import EXPANDABLE
from .operation import Region
from .smart_home import ID_PREFIX, PropertySmartHome
from .transport import MAX_RETRY_SECONDS, AccessTokenGetter

INTERVALS: Final[Mapping[str, timedelta]] = {
    Topic.DEVICES: timedelta(seconds=SURVEY_INTERVAL),
    Topic.SMART_HOME: timedelta(seconds=SURVEY_INTERVAL),
    # needs no separate request, because the surveys detect new and removed devices
    Topic.APPLIANCES: timedelta(seconds=SURVEY_INTERVAL),
    Topic.DND: timedelta(seconds=SETTINGS_INTERVAL),
    Topic.DEVICE_SETTINGS: timedelta(seconds=SETTINGS_INTERVAL),
}


class SmartPropertiesBackend(AlexaBackend):
    """Backend for one organization, or for one unit with all units below it."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        region: Region,
        access_token: AccessTokenGetter,
        unit_id: str,
        *,
        whole_organization: bool,
    ) -> None:
        """Initialize with a session that the caller closes; ``unit_id`` and all units below it are managed."""
        self._watched: dict[str, Callable[[], frozenset[str]]] = {}
        self._client = SmartPropertiesClient(session, region, access_token, patience=MAX_RETRY_SECONDS)
        self._inventory = Inventory(
            self._client, unit_id, whole_organization=whole_organization, shown=self._shown_features
        )
        self.smart_home: PropertySmartHome = PropertySmartHome(
            self._client, self._inventory, lambda: self._watched_of(Topic.SMART_HOME) & self._entity_ids()
        )
        self.management: PropertyManagement = PropertyManagement(
            self._client,
            self._inventory,
            region,
            lambda: self._watched_of(Topic.DND) | self._watched_of(Topic.DEVICE_SETTINGS),
        )
        self._unit_id = unit_id

    # --- properties -----------------------------------------------------------------------

    @property
    def capabilities(self) -> Capability:
        """Return the capabilities of Smart Properties."""
        return Capability.DND | Capability.ANNOUNCEMENTS

    @property
    def account(self) -> Account:
        """Return the organization or unit as the account; its name is empty until the units have been read."""
        unit = self._inventory.units.get(self._unit_id)
        return Account(customer_id=self._unit_id, email="", name=unit.name if unit else "", domain="")

    @property
    def intervals(self) -> Mapping[str, timedelta]:
        """Return the poll intervals. Nothing is pushed, and Amazon publishes no figures for its rate limits."""
        return INTERVALS

    def watch(self, topic: str, watched: Callable[[], frozenset[str]]) -> None:
        """Register a callback that returns the keys of a topic that have listeners."""
        self._watched[topic] = watched

    def follow_answers(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after each successful response."""
        self._client.transport.on_answer = listener

    def record_to(self, recorder: ExchangeRecorder | None) -> None:
        """Record requests and responses with ``recorder``; None stops that."""
        self._client.transport.recorder = recorder

    def renew_stream(self) -> None:
        """Do nothing: there is no push stream."""

    def reopen_stream(self) -> None:
        """Do nothing: there is no push stream."""

    @property
    def stats(self) -> Mapping[str, object]:
        """Return counters of the requests for diagnostics, with the id of the last request of each operation."""
        return self._client.transport.stats

    @property
    def drift(self) -> Drift:
        """Return the observed deviations from earlier responses."""
        return self._client.transport.drift

    def _watched_of(self, topic: str) -> frozenset[str]:
        """Return the keys of a topic that are shown by entities."""
        return self._watched[topic]() if topic in self._watched else frozenset()

    def _entity_ids(self) -> frozenset[str]:
        """Return the smart home entity ids of all devices."""
        return frozenset(f"{ID_PREFIX}{key}" for key in self._inventory.items)

    def _shown_features(self) -> frozenset[FeatureName]:
        """Return the expandable features of all devices shown by smart home entities."""
        items = self._inventory.items
        return frozenset(
            FeatureName(name)
            for entity_id in self._watched_of(Topic.SMART_HOME)
            if (item := items.get(entity_id.removeprefix(ID_PREFIX)))
            for name in item.endpoint.features
            if name in EXPANDABLE
        )

    # --- reads ----------------------------------------------------------------------------

    async def async_sign_in(self) -> None:
        """Do nothing: every request includes its token."""

    async def async_connect(self) -> None:
        """Do nothing: every request includes the token, and the first one validates it."""

    def setup_done(self) -> None:
        """Do nothing: the limit of concurrent requests is constant."""

    async def async_identify(self) -> Account:
        """Read the managed unit and return it as the account."""
        unit = await self._client.get_unit(self._unit_id)
        return Account(customer_id=unit.id, email="", name=unit.name or "", domain="")

    async def async_devices(self) -> Mapping[str, Device]:
        """Return the Echos by key."""
        survey = await self._inventory.async_survey(Topic.DEVICES)
        items = self._inventory.items
        return {
            key: _device(item, online=is_reachable(survey.endpoints.get(key, item.endpoint)) is not False)
            for key, item in items.items()
            if item.is_echo
        }

    async def async_dnd(self) -> Mapping[str, bool]:
        """Return the known Do Not Disturb states of the Echos by key."""
        return await self.management.async_dnd()

    async def async_set_dnd(self, device: Device, enabled: bool) -> None:
        """Turn Do Not Disturb of an Echo on or off."""
        await self.management.async_set_dnd(device.serial, enabled=enabled)

    # --- commands -------------------------------------------------------------------------

    async def async_execute(self, command: Command, devices: Sequence[Device]) -> None:
        """Run an ``Announce`` command, the only one that this cloud supports.

        Raises ``AlexaUnsupportedError`` for any other command.
        """
        if not isinstance(command, Announce):
            raise _unsupported(type(command).__name__)
        await self.management.async_announce(plain(command.text), keys=[device.serial for device in devices])

    async def async_execute_each(
        self, plans: Sequence[tuple[Device, Sequence[Command]]]
    ) -> Sequence[AlexaError | None]:
        """Run the commands of each plan on its device; return an error or None for each plan."""
        return await asyncio.gather(*(self._async_try(device, commands) for device, commands in plans))

    async def _async_try(self, device: Device, commands: Sequence[Command]) -> AlexaError | None:
        """Run the commands of one device until one fails; return the error, or None."""
        try:
            for command in commands:
                await self.async_execute(command, (device,))
        except AlexaError as err:
            return err
        return None

    async def events(self) -> AsyncGenerator[PushEvent]:
        """Wait forever without yielding an event: this cloud has no push stream."""
        await asyncio.Event().wait()
        no_events: tuple[PushEvent, ...] = ()
        for event in no_events:
            yield event

    async def async_deregister(self) -> None:
        """Do nothing: the integration is not registered as a device."""

    async def async_close(self) -> None:
        """Do nothing: nothing runs in the background."""


def _unsupported(what: str) -> AlexaUnsupportedError:
    """Return the error for an unsupported operation."""
    return AlexaUnsupportedError(f"Smart Properties have no {what}", endpoint="Smart Properties", code="unsupported")


def _device(item: Item, *, online: bool) -> Device:
    """Return an Echo as a ``Device``; its capabilities are unknown."""
    endpoint = item.endpoint
    return Device(
        serial=item.key,
        device_type=endpoint.model or "",
        name=item.name,
        family=DeviceFamily.ECHO,
        family_raw=DeviceFamily.ECHO.value,
        online=online,
        owner_customer_id=None,
        account_id=None,
        capabilities=frozenset(),
        software_version=endpoint.software_version,
        model=endpoint.model,
        room=item.unit.name if item.unit else None,
        mac_address=item.mac_address,
    )
