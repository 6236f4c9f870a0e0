"""Devices of a property with their units and states, read for all devices at once.

A listing reads everything and is rare. A survey reads only the connectivity and the features shown by entities.
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
from .requests import LARGEST_PAGE, LARGEST_QUERY_PAGE, AllOf, AnyOf, EndpointFilter, Expand, Match, QueryField
from .transport import Time

_LOGGER = logging.getLogger(__name__)

LISTING_INTERVAL: Final = 12 * 3600.0
SURVEY_INTERVAL: Final = 300.0
"""Poll interval in seconds; a survey is reused for other readers until half of this interval has passed."""

MAX_UNIT_DEPTH: Final = 15
ECHO_CATEGORY: Final = "ALEXA_VOICE_ENABLED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A device of the property; ``key`` identifies it instead of the endpoint id, which may change."""

    key: str
    endpoint: Endpoint
    unit: ManagedUnit | None

    @property
    def is_echo(self) -> bool:
        """Return whether the device is an Echo."""
        category = self.endpoint.category
        return category is not None and category.value == ECHO_CATEGORY

    @property
    def name(self) -> str:
        """Return the name of the device, else its model, else its key."""
        return self.endpoint.name or self.endpoint.model or self.key

    @property
    def mac_address(self) -> str | None:
        """Return the MAC address of the device's first TCP/IP interface, or None."""
        return next((c.mac_address for c in self.endpoint.connections if c.type is ConnectionType.TCP_IP), None)


@dataclass(slots=True)
class Survey:
    """The endpoints read in one pass over the property, by key.

    ``at`` is the start of the pass in seconds of ``Time.monotonic``. ``features`` are the features whose states were
    requested. ``seen_by`` are the readers that have received the survey.
    """

    endpoints: Mapping[str, Endpoint]
    at: float
    features: frozenset[FeatureName]
    seen_by: set[str] = field(default_factory=set)


class Inventory:
    """The devices of an organization, or of one unit with all units below it."""

    def __init__(
        self,
        client: SmartPropertiesClient,
        unit_id: str,
        *,
        whole_organization: bool,
        shown: Callable[[], frozenset[FeatureName]],
        clock: Time | None = None,
    ) -> None:
        """Initialize without devices; ``shown`` returns the features shown by entities.

        If the whole organization is managed, devices outside all units are included.
        """
        self.items: Mapping[str, Item] = {}
        self.units: Mapping[str, ManagedUnit] = {}
        self._lineages: Mapping[str, frozenset[str]] = {}
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

    # --- listings and surveys -------------------------------------------------------------

    async def async_listing(self) -> float:
        """List the devices unless they were listed recently; return the start of the listing (``Time.monotonic``)."""
        async with self._lock:
            return (await self._async_listed()).at

    async def _async_listed(self) -> Survey:
        """Return the last listing, or a new one if it is due."""
        held = self._listing
        if held is None or self._time.monotonic() - held.at >= LISTING_INTERVAL - 1:
            held = await self._async_list()
        return held

    async def async_survey(self, reader: str, *, not_before: float | None = None) -> Survey:
        """Return a survey that ``reader`` has not received yet, started after ``not_before`` (seconds of the clock)."""
        async with self._lock:
            await self._async_listed()
            survey = self._survey
            is_late = survey is None or (not_before is not None and survey.at <= not_before)
            if survey is None or is_late or self._is_outdated(survey, reader):
                survey = await self._async_survey()
            survey.seen_by.add(reader)
            return survey

    def _is_outdated(self, held: Survey, reader: str) -> bool:
        """Return whether a reader needs a new survey: it has received ``held``, or ``held`` is old or incomplete."""
        is_old = self._time.monotonic() - held.at >= SURVEY_INTERVAL / 2
        return is_old or reader in held.seen_by or not self._shown() <= held.features

    async def async_search(self, query: AllOf | AnyOf, expand: Iterable[Expand]) -> list[Endpoint] | None:
        """Return the endpoints found by a search, or None if Amazon refuses searches.

        Amazon does not offer searches in every country.
        """
        if self._is_query_refused:
            return None
        try:
            return [endpoint async for endpoint in self._client.iter_query(query, expand=expand)]
        except (AlexaPermissionError, AlexaUnsupportedError, AlexaBadResponseError) as err:
            if err.status is None or err.status < 400:
                raise
            _LOGGER.debug("The search is refused (%s): the devices are listed", err.status)
            return None

    def mac_as_listed(self, address: str | None) -> str | None:
        """Return a MAC address in Amazon's notation, as a filter requires, or unchanged if no known device has it."""
        known = (c.mac_address for item in self.items.values() for c in item.endpoint.connections if c.mac_address)
        return next((mac for mac in known if address and _digits(mac) == _digits(address)), address)

    def keys_below(self, unit_ids: Collection[str]) -> list[str]:
        """Return the keys of the devices in some units and in all units below them.

        A device outside all units belongs to the managed unit.
        """
        wanted = frozenset(unit_ids)
        if self._root in wanted:
            return list(self.items)
        units = {key: item.unit.unit_id for key, item in self.items.items() if item.unit}
        return [key for key, unit_id in units.items() if wanted & self._lineages.get(unit_id, frozenset())]

    def expire(self) -> None:
        """Force a listing on the next read."""
        self._listing = self._survey = None

    @property
    def cost(self) -> int:
        """Return the estimated number of requests for a survey."""
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

    # --- requests -------------------------------------------------------------------------

    async def _async_list(self) -> Survey:
        """Read units and devices completely; return a survey.

        Raises ``AlexaBadResponseError`` if a property that had devices has none.
        """
        at = self._time.monotonic()
        await self._async_read_units()
        endpoints = [endpoint async for endpoint in self._walk(Expand, every_unit=True)]
        if not endpoints and self.items:
            raise AlexaBadResponseError("The property has no devices any more", code="empty")
        units = self.units
        items: dict[str, Item] = {}
        for key, endpoint in self._by_key(endpoints).items():
            unit = next((units[unit_id] for unit_id in endpoint.unit_ids or () if unit_id in units), None)
            items[key] = Item(key=key, endpoint=endpoint, unit=unit)
        self.items = items
        self._occupied = Counter(item.unit.unit_id for item in items.values() if item.unit)
        endpoints_by_key = {key: item.endpoint for key, item in items.items()}
        self._listing = Survey(endpoints=endpoints_by_key, at=at, features=EXPANDABLE)
        self._survey = Survey(endpoints=endpoints_by_key, at=at, features=EXPANDABLE)
        return self._survey

    async def _async_read_units(self) -> None:
        """Read the managed unit and all units below it."""
        found = [unit async for unit in self._client.iter_units(self._root, depth=MAX_UNIT_DEPTH)]
        root = await self._client.get_unit(self._root)
        by_id = {unit.id: unit for unit in found}
        lineages = {unit.id: _lineage(unit, by_id) for unit in found}
        self.units = {
            self._root: ManagedUnit(unit_id=self._root, path=(root.name or self._root,)),
            **{
                unit_id: ManagedUnit(unit_id=unit_id, path=tuple(unit.name or unit.id for unit in lineage))
                for unit_id, lineage in lineages.items()
            },
        }
        self._lineages = {unit_id: frozenset(unit.id for unit in lineage) for unit_id, lineage in lineages.items()}

    async def _async_survey(self) -> Survey:
        """Read the connectivity and the features shown by entities."""
        at = self._time.monotonic()
        features = self._shown() | {FeatureName.CONNECTIVITY}
        expand = [Expand(f"feature:{feature}") for feature in sorted(features)]
        by_id = {item.endpoint.id: key for key, item in self.items.items()}
        endpoints = {endpoint.id: endpoint async for endpoint in self._walk(expand)}
        if endpoints.keys() != by_id.keys():
            return await self._async_list()
        endpoints_by_key = {by_id[endpoint_id]: endpoint for endpoint_id, endpoint in endpoints.items()}
        self._survey = Survey(endpoints=endpoints_by_key, at=at, features=frozenset(features))
        return self._survey

    async def _walk(self, expand: Iterable[Expand], *, every_unit: bool = False) -> AsyncIterator[Endpoint]:
        """Yield the devices in units; for a whole organization, also those outside all units.

        Without ``every_unit``, units without known devices may be skipped.
        """
        wanted = tuple(expand)
        async for endpoint in self._walk_units(wanted, every_unit=every_unit):
            yield endpoint
        if self._whole:
            async for endpoint in self._client.iter_endpoints(EndpointFilter(in_no_unit=True), expand=wanted):
                yield endpoint

    async def _walk_units(self, expand: Collection[Expand], *, every_unit: bool) -> AsyncIterator[Endpoint]:
        """Yield the devices in units, with a search, or unit by unit if that costs less or the search is refused."""
        is_refused = False
        if self._cost_by_query <= self._cost_by_unit:
            found = await self.async_search(AnyOf([Match(QueryField.UNIT, unit_id) for unit_id in self.units]), expand)
            if found is not None:
                for endpoint in found:
                    yield endpoint
                return
            is_refused = True
        for unit_id in self.units if every_unit or not self._occupied else tuple(self._occupied):
            async for endpoint in self._client.iter_endpoints(EndpointFilter(unit_id=unit_id), expand=expand):
                yield endpoint
        # listing the units succeeded, so Amazon refuses only the search, not the whole API
        self._is_query_refused |= is_refused

    def _by_key(self, listed: Collection[Endpoint]) -> Mapping[str, Endpoint]:
        """Return the listed devices by their stable keys.

        A device with a known id keeps its key, because a response may lack the serial number. The id may change when a
        device is moved.
        """
        ids = {endpoint.id for endpoint in listed}
        known = {item.endpoint.id: key for key, item in self.items.items()}
        gone = {key: item.endpoint for key, item in self.items.items() if item.endpoint.id not in ids}
        found: dict[str, Endpoint] = {}
        for endpoint in listed:
            key = known.get(endpoint.id) or endpoint.serial_number or _mac_address_of(endpoint)
            key = key or next((key for key, before in gone.items() if _is_alike(before, endpoint)), endpoint.id)
            gone.pop(key, None)
            found[key] = endpoint
        return found


def _mac_address_of(endpoint: Endpoint) -> str | None:
    """Return the MAC address of the device's first interface that has one, or None."""
    return next((c.mac_address for c in endpoint.connections if c.mac_address), None)


def _is_alike(one: Endpoint, other: Endpoint) -> bool:
    """Return whether two devices have the same name and model."""
    return (one.name, one.model) == (other.name, other.model)


def _lineage(unit: PropertyUnit, by_id: Mapping[str, PropertyUnit]) -> list[PropertyUnit]:
    """Return the units from just below the managed unit down to ``unit``."""
    found: list[PropertyUnit] = []
    current: PropertyUnit | None = unit
    while current is not None and len(found) < MAX_UNIT_DEPTH:
        found.insert(0, current)
        current = by_id.get(current.parent_id or "")
    return found


def _digits(mac_address: str) -> str:
    """Return the hexadecimal digits of a MAC address, for comparison."""
    return "".join(filter(str.isalnum, mac_address)).upper()


def is_reachable(endpoint: Endpoint) -> bool | None:
    """Return whether Amazon can reach a device, or None if unknown."""
    feature = endpoint.features.get(FeatureName.CONNECTIVITY)
    if feature is None:
        return None
    if feature.is_offline:
        return False
    found = feature.value(PropertyName.REACHABILITY, Reachability)
    return None if found in (None, Reachability.UNKNOWN) else found is Reachability.OK
