"""Devices of a property with their units and states, read for all devices at once.

A listing contains everything and is rare. A survey contains the features shown by entities;
it costs one request for every ten endpoints, or for every unit, whichever is less, and
requests in quick succession share it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
import logging
from typing import Final

from ..errors import AlexaBadResponseError, AlexaPermissionError, AlexaUnsupportedError
from ..model.appliances import FeatureName, PropertyName
from ..model.property import ManagedUnit
from .client import SmartPropertiesClient
from .models import EXPANDABLE, ConnectionType, Endpoint, PropertyUnit, Reachability
from .requests import LARGEST_PAGE, LARGEST_QUERY_PAGE, AnyOf, EndpointFilter, Expand, Match, QueryField
from .transport import Time

_LOGGER = logging.getLogger(__name__)

LISTING_INTERVAL: Final = 12 * 3600.0
SURVEY_INTERVAL: Final = 300.0
"""Seconds; a survey younger than half of this is reused for readers that have not seen it."""

MAX_UNIT_DEPTH: Final = 15
ECHO_CATEGORY: Final = "ALEXA_VOICE_ENABLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A device of the property; ``key`` stays when its endpoint gets another id."""

    key: str
    endpoint: Endpoint
    unit: ManagedUnit | None

    @property
    def is_echo(self) -> bool:
        """Return whether Alexa speaks from it."""
        category = self.endpoint.category
        return category is not None and category.value == ECHO_CATEGORY

    @property
    def name(self) -> str:
        """Return what it is called."""
        return self.endpoint.name or self.endpoint.model or self.key

    @property
    def mac_address(self) -> str | None:
        """Return the address of its network interface."""
        return next((c.mac_address for c in self.endpoint.connections if c.type is ConnectionType.TCP_IP), None)


@dataclass(slots=True)
class Survey:
    """What one walk through the property told, by key, and who has seen it; ``at`` is when it began (seconds)."""

    endpoints: Mapping[str, Endpoint]
    at: float
    features: frozenset[FeatureName]
    seen_by: set[str] = field(default_factory=set)


class Inventory:
    """The devices of an organization, or of one of its units and all below it."""

    def __init__(
        self,
        client: SmartPropertiesClient,
        unit_id: str,
        *,
        whole_organization: bool,
        shown: Callable[[], frozenset[FeatureName]],
        clock: Time | None = None,
    ) -> None:
        """Initialize empty; ``shown`` returns the features shown by entities.

        Devices in no unit belong to the organization as a whole.
        """
        self.items: Mapping[str, Item] = {}
        self.units: Mapping[str, ManagedUnit] = {}
        self._client = client
        self._root = unit_id
        self._whole = whole_organization
        self._shown = shown
        self._time = clock or Time()
        self._lock = asyncio.Lock()
        self._is_query_refused = False
        self._listing: Survey | None = None
        self._survey: Survey | None = None
        self._occupied: Counter[str] = Counter()

    # --- what is asked for ----------------------------------------------------------------

    async def async_listing(self) -> float:
        """List the devices unless that was not long ago; returns when it was, in seconds of the clock."""
        async with self._lock:
            return (await self._async_listed()).at

    async def _async_listed(self) -> Survey:
        """Return the last listing, or a new one when that is due."""
        held = self._listing
        if held is None or self._time.monotonic() - held.at >= LISTING_INTERVAL - 1:
            held = await self._async_list()
        return held

    async def async_survey(self, reader: str, *, not_before: float | None = None) -> Survey:
        """Return how the devices are; what came or went since the listing is listed.

        ``reader`` gets a survey that it has not seen yet, begun after ``not_before``.
        """
        async with self._lock:
            await self._async_listed()
            survey = self._survey
            is_late = survey is None or (not_before is not None and survey.at <= not_before)
            if survey is None or is_late or self._is_over(survey, reader):
                survey = await self._async_survey()
            survey.seen_by.add(reader)
            return survey

    def _is_over(self, held: Survey, reader: str) -> bool:
        """Return whether a reader needs a new survey: this one was seen, is old, or lacks features."""
        is_old = self._time.monotonic() - held.at >= SURVEY_INTERVAL / 2
        return is_old or reader in held.seen_by or not self._shown() <= held.features

    def expire(self) -> None:
        """Force a listing on the next read: a device was moved, renamed or removed."""
        self._listing = self._survey = None

    @property
    def cost(self) -> int:
        """Return how many requests a survey takes."""
        return min(self._cost_by_unit, self._cost_by_query) + self._whole

    @property
    def _cost_by_unit(self) -> int:
        if not self.items:
            return len(self.units)
        return sum(-(-count // LARGEST_PAGE) for count in self._occupied.values())

    @property
    def _cost_by_query(self) -> int:
        if self._is_query_refused:
            return len(self.units) + 1_000_000
        return max(1, -(-sum(self._occupied.values()) // LARGEST_QUERY_PAGE))

    # --- walking --------------------------------------------------------------------------

    async def _async_list(self) -> Survey:
        """Read units and devices with all that they tell; a listing is a survey, too."""
        at = self._time.monotonic()
        await self._async_read_units()
        endpoints = [endpoint async for endpoint in self._walk(Expand, every_unit=True)]
        if not endpoints and self.items:
            raise AlexaBadResponseError("The property has no devices any more", code="empty")
        units = self.units
        items: dict[str, Item] = {}
        for endpoint in endpoints:
            key = self._key_of(endpoint, endpoints)
            unit = next((units[unit_id] for unit_id in endpoint.unit_ids or () if unit_id in units), None)
            items[key] = Item(key=key, endpoint=endpoint, unit=unit)
        self.items = items
        self._occupied = Counter(item.unit.unit_id for item in items.values() if item.unit)
        told = {key: item.endpoint for key, item in items.items()}
        self._listing = Survey(endpoints=told, at=at, features=EXPANDABLE)
        self._survey = Survey(endpoints=told, at=at, features=EXPANDABLE)
        return self._survey

    async def _async_read_units(self) -> None:
        """Read the units below ours; it is one of them itself."""
        found = [unit async for unit in self._client.iter_units(self._root, depth=MAX_UNIT_DEPTH)]
        own = self.units.get(self._root)
        if own is None:
            unit = await self._client.get_unit(self._root)
            own = ManagedUnit(unit_id=self._root, path=(unit.name or self._root,))
        by_id = {unit.id: unit for unit in found}
        self.units = {
            self._root: own,
            **{unit.id: ManagedUnit(unit_id=unit.id, path=_path(unit, by_id)) for unit in found},
        }

    async def _async_survey(self) -> Survey:
        """Read the features that are shown, and whether the devices are there."""
        at = self._time.monotonic()
        features = self._shown() | {FeatureName.CONNECTIVITY}
        expand = [Expand(f"feature:{feature}") for feature in sorted(features)]
        by_id = {item.endpoint.id: key for key, item in self.items.items()}
        endpoints = {endpoint.id: endpoint async for endpoint in self._walk(expand)}
        if endpoints.keys() != by_id.keys():
            return await self._async_list()
        told = {by_id[endpoint_id]: endpoint for endpoint_id, endpoint in endpoints.items()}
        self._survey = Survey(endpoints=told, at=at, features=frozenset(features))
        return self._survey

    async def _walk(self, expand: Iterable[Expand], *, every_unit: bool = False) -> AsyncIterator[Endpoint]:
        """Yield the devices in all units, and those in none."""
        wanted = tuple(expand)
        async for endpoint in self._walk_units(wanted, every_unit=every_unit):
            yield endpoint
        if self._whole:
            async for endpoint in self._client.iter_endpoints(EndpointFilter(in_no_unit=True), expand=wanted):
                yield endpoint

    async def _walk_units(self, expand: Collection[Expand], *, every_unit: bool) -> AsyncIterator[Endpoint]:
        """Yield the devices in units: by search, or unit by unit where that is less or the search is refused.

        Amazon does not offer the search in every country.
        """
        is_refused = False
        if not self._is_query_refused and self._cost_by_query <= self._cost_by_unit:
            query = AnyOf([Match(QueryField.UNIT, unit_id) for unit_id in self.units])
            try:
                found = [endpoint async for endpoint in self._client.iter_query(query, expand=expand)]
            except (AlexaPermissionError, AlexaUnsupportedError, AlexaBadResponseError) as err:
                if err.status is None or err.status < 400:
                    raise
                _LOGGER.debug("The search is refused (%s): the units are listed one by one", err.status)
                is_refused = True
            else:
                for endpoint in found:
                    yield endpoint
                return
        for unit_id in self.units if every_unit or not self._occupied else tuple(self._occupied):
            async for endpoint in self._client.iter_endpoints(EndpointFilter(unit_id=unit_id), expand=expand):
                yield endpoint
        # only now it is sure that it is the search, and not all of the API
        self._is_query_refused |= is_refused

    def _key_of(self, endpoint: Endpoint, listed: Collection[Endpoint]) -> str:
        """Return by what a device is known again: serial number, MAC address, else the id that it had first.

        One that is known by its id stays what it was, whatever an answer leaves out. An id may
        change when a device is moved: without anything better, one of the same name and
        model that has gone is the same device.
        """
        if known := next((key for key, item in self.items.items() if item.endpoint.id == endpoint.id), None):
            return known
        if endpoint.serial_number:
            return endpoint.serial_number
        if mac := next((c.mac_address for c in endpoint.connections if c.mac_address), None):
            return mac
        ids = {other.id for other in listed}
        for key, item in self.items.items():
            before = item.endpoint
            is_same = (before.name, before.model) == (endpoint.name, endpoint.model)
            if is_same and before.id not in ids:
                return key
        return endpoint.id


def _path(unit: PropertyUnit, by_id: Mapping[str, PropertyUnit]) -> tuple[str, ...]:
    """Return the names of a unit and of those above it, from the top."""
    names: list[str] = []
    current: PropertyUnit | None = unit
    while current is not None and len(names) < MAX_UNIT_DEPTH:
        names.insert(0, current.name or current.id)
        current = by_id.get(current.parent_id or "")
    return tuple(names)


def is_reachable(endpoint: Endpoint) -> bool | None:
    """Return whether Amazon reaches a device, ``None`` if unknown."""
    feature = endpoint.features.get(FeatureName.CONNECTIVITY)
    if feature is None:
        return None
    if feature.is_offline:
        return False
    found = feature.value(PropertyName.REACHABILITY, Reachability)
    return None if found in (None, Reachability.UNKNOWN) else found is Reachability.OK
