"""Smart home appliances of the account, and the selection of those that get entities."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from ..backends import DelayedSave, Stored, async_stored, entry_store
from ..cloud.errors import AlexaBadResponseError, AlexaCommandError, AlexaError
from ..cloud.model.api import AlexaBackend, Capability
from ..cloud.model.appliances import (
    Appliance,
    ApplianceKind,
    ApplianceState,
    DeviceGroup,
    Exposure,
    Feature,
    FeatureName,
    ModeOption,
    Preset,
    SmartHomeApi,
    ValueRange,
)
from ..cloud.names import folded
from ..const import CONF_APPLIANCES, CONF_EXTENDED_DISCOVERY, Topic
from .absences import Absences
from .base import LOGGER, TopicCoordinator
from .removal import Timer

# Minimum interval (seconds) between discoveries (unknown appliance pushed, options opened).
DISCOVERY_COOLDOWN: Final = 600.0

MAX_UNLISTED: Final = 500

# Features that do not justify an entity: connectivity only decides on availability, and the others are unknown.
_SECONDARY: Final = frozenset({FeatureName.CONNECTIVITY, FeatureName.UNKNOWN})


class AppliancesCoordinator(TopicCoordinator[Appliance]):
    """Appliances that get entities, by entity id; ``discovered`` contains all appliances."""

    topic: ClassVar[str] = Topic.APPLIANCES
    interval_with_push: ClassVar[timedelta] = timedelta(hours=6)
    interval_without_push: ClassVar[timedelta] = timedelta(hours=6)
    # Nothing is pushed; the few changes within six hours do not justify a read after every gap in the stream.
    pushed: ClassVar[bool] = False
    is_list: ClassVar[bool] = True

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], backend: AlexaBackend, api: SmartHomeApi) -> None:
        """Initialize without appliances."""
        super().__init__(hass, entry, backend)
        self.api = api
        self.discovered: Mapping[str, Appliance] = {}
        self.rooms: Mapping[str, str] | None = None
        self.on_rooms: Callable[[], None] | None = None
        self.on_states: Callable[[Mapping[str, ApplianceState]], None] | None = None
        self._store = entry_store(hass, entry.entry_id, Stored.APPLIANCES)
        self._save = DelayedSave(entry, self._store, self._to_json)
        self._by_endpoint: Mapping[str, Appliance] = {}
        self._echos: Mapping[str | None, Appliance] = {}
        self._absences = Absences(hass, entry, self.async_hint)
        self._asked_at: float | None = None
        self._unlisted: set[str] = set()
        self._after_cooldown = Timer(hass, entry)

    async def async_restore(self) -> None:
        """Restore the last successful discovery from disk."""
        if appliances := await async_stored(self._store, _stored_appliances):
            self._take(appliances)
            self.data = self._announced = self._wanted(self.discovered)

    @override
    async def _async_read(self) -> Mapping[str, Appliance]:
        """Discover the appliances; keep those that have just gone missing."""
        self._asked_at = self.hass.loop.time()
        self._after_cooldown.cancel()
        discovery = await self.api.async_discover(with_rooms=self.rooms is None)
        if not discovery.appliances and self.discovered:
            raise AlexaBadResponseError("The discovery found nothing any more", code="empty")
        before = self.discovered
        kept = self._absences.keep(before, discovery.appliances)
        self._take({**{key: before[key] for key in before if key in kept}, **discovery.appliances})
        if self.discovered != before:
            self._save.async_schedule()
        wanted = self._wanted(self.discovered)
        if discovery.rooms is not None:
            self.rooms = discovery.rooms
        elif self._needs_rooms(before, wanted):
            await self._async_read_rooms()
        if self.on_rooms:
            self.on_rooms()
        if self.on_states:
            self.on_states(discovery.states)
        return wanted

    @property
    def settled(self) -> bool:
        """Return whether appliances that are not in ``discovered`` are gone: two successful discoveries lacked them."""
        return self._absences.settled

    def _needs_rooms(self, before: Mapping[str, Appliance], wanted: Mapping[str, Appliance]) -> bool:
        """Return whether there is a new Echo, or an appliance with entities whose room may be unknown."""
        new = self.discovered.keys() - before.keys()
        return (bool(wanted) and (self.rooms is None or bool(wanted.keys() - self.data.keys()))) or any(
            self.discovered[each].is_echo for each in new
        )

    async def _async_read_rooms(self) -> None:
        """Read the rooms; ignore a failure, because rooms are only used to assign areas."""
        try:
            self.rooms = await self.api.async_groups()
        except AlexaError as err:
            LOGGER.debug("Could not read the rooms of the smart home: %s", err.details)

    def room_of(self, appliance: Appliance) -> str | None:
        """Return the name of an appliance's room in Alexa, or None."""
        rooms = self.rooms or {}
        ids = (appliance.endpoint_id, appliance.entity_id, appliance.appliance_id)
        return next((rooms[each] for each in ids if each in rooms), None)

    def room_of_echo(self, serial: str) -> str | None:
        """Return the name of the Alexa room of the Echo with the given serial, or None."""
        appliance = self._echos.get(serial)
        return self.room_of(appliance) if appliance else None

    def by_endpoint(self, endpoint_id: str) -> Appliance | None:
        """Return the discovered appliance with the given endpoint id, or None."""
        return self._by_endpoint.get(endpoint_id)

    @property
    def guard(self) -> Appliance | None:
        """Return the appliance of Alexa Guard, or None."""
        return next((appliance for appliance in self.data.values() if appliance.is_guard), None)

    # --- selection for entities ---------------------------------------------------------

    def is_own(self, appliance: Appliance) -> bool:
        """Return whether Home Assistant itself may expose this appliance to Alexa, so that it must get no entities."""
        if appliance.exposure is Exposure.HUE_V1:
            return "emulated_hue" in self.hass.config.components
        return appliance.exposure is not Exposure.NONE

    def has_use(self, appliance: Appliance) -> bool:
        """Return whether an appliance can get entities."""
        if self.is_own(appliance):
            return False
        return (
            appliance.is_guard
            or appliance.is_scene
            or any(
                feature.name not in _SECONDARY
                and not (feature.name is FeatureName.SPEAKER and Capability.PLAYERS in self.backend.capabilities)
                for feature in appliance.features
            )
        )

    @property
    def others(self) -> Mapping[str, Appliance]:
        """Return the appliances that the user can select, by entity id.

        Local appliances (``is_local``) and Guard are left out, because they need no selection.
        """
        return {
            entity_id: appliance
            for entity_id, appliance in self.discovered.items()
            if not _is_default(appliance) and self.has_use(appliance)
        }

    def _wanted(self, appliances: Mapping[str, Appliance]) -> Mapping[str, Appliance]:
        """Return the appliances that get entities according to the options of the entry."""
        options = {**self.entry.data, **self.entry.options}
        every, chosen = options.get(CONF_EXTENDED_DISCOVERY), frozenset(options.get(CONF_APPLIANCES) or ())
        return {
            entity_id: appliance
            for entity_id, appliance in appliances.items()
            if self.has_use(appliance) and (every or entity_id in chosen or _is_default(appliance))
        }

    @callback
    def async_options_changed(self) -> None:
        """Apply changed options: add and remove appliances without a reload."""
        self.data = self._wanted(self.discovered)
        self.async_update_listeners()

    # --- on request ---------------------------------------------------------------------

    @property
    def _cooldown(self) -> float:
        """Return the seconds until the next discovery may be requested; 0 or less if it may be requested now."""
        if self._asked_at is None:
            return 0.0
        return self._asked_at + DISCOVERY_COOLDOWN - self.hass.loop.time()

    @callback
    def async_unknown(self, endpoint_id: str) -> None:
        """Discover soon, or when a recent discovery is ten minutes old, because an unknown appliance was named.

        ``endpoint_id`` is the endpoint id in a push, or the serial of an Echo in the device list. Each of the first
        ``MAX_UNLISTED`` ids causes at most one discovery, because Amazon may never list its appliance. Nothing happens
        while no appliances are known.
        """
        if not self.discovered or endpoint_id in self._unlisted or self._after_cooldown.is_set:
            return
        if len(self._unlisted) < MAX_UNLISTED:
            self._unlisted.add(endpoint_id)
        if (wait := self._cooldown) > 0:
            self._after_cooldown.call_later(wait, self.async_hint)
        else:
            self._asked_at = self.hass.loop.time()
            self.async_hint()

    async def async_rename(self, appliance: Appliance, name: str) -> None:
        """Rename an appliance; raises ``AlexaError``, also if the new name is not confirmed."""
        await self.api.async_rename(appliance, name)
        await self.async_refresh_shared()
        renamed = self.discovered.get(appliance.entity_id)
        if renamed is not None and renamed.name != name:
            raise AlexaCommandError("Amazon still has another name", code="not_confirmed")

    async def async_remove(self, appliance: Appliance) -> None:
        """Remove an appliance from the account; raises ``AlexaError``, also if Amazon still has it afterward."""
        await self.api.async_remove(appliance)
        if appliance.entity_id in (await self.api.async_discover()).appliances:
            raise AlexaCommandError("Amazon still has the appliance", code="not_confirmed")
        self.async_hint()

    async def async_search(self) -> None:
        """Start Alexa's search for appliances, and read the list again; raises ``AlexaError``."""
        await self.api.async_search()
        await self.async_read_for_command()

    async def async_room_changes(self, areas: Mapping[str, Collection[str]]) -> Sequence[DeviceGroup]:
        """Return the changes that Alexa's rooms need for some areas (endpoint ids by name); raises ``AlexaError``.

        Each change contains the members to add; the id of a new room is "".
        """
        groups = {folded(group.name): group for group in reversed(await self.api.async_device_groups())}
        changes: list[DeviceGroup] = []
        for name, members in sorted(areas.items()):
            group = groups.get(folded(name), DeviceGroup(group_id="", name=name, members=frozenset()))
            if lacking := frozenset(members) - group.members:
                changes.append(replace(group, members=lacking))
        return changes

    async def async_change_rooms(self, changes: Sequence[DeviceGroup]) -> None:
        """Create rooms or add members; raises ``AlexaError``, also if a member is still missing afterward."""
        for change in changes:
            await self.api.async_add_to_group(change)
        groups = await self.api.async_device_groups()
        for change in changes:
            held = {each for group in groups if folded(group.name) == folded(change.name) for each in group.members}
            if not change.members <= held:
                raise AlexaCommandError("Amazon lacks some members of a room", code="not_confirmed")

    async def async_freshen(self) -> None:
        """Discover now, unless a discovery was attempted or requested in the last ``DISCOVERY_COOLDOWN`` seconds."""
        if self._cooldown <= 0:
            await self.async_refresh_shared()

    # --- storage ------------------------------------------------------------------------

    def _take(self, appliances: Mapping[str, Appliance]) -> None:
        """Store the discovered appliances and their indexes."""
        self.discovered = appliances
        self._echos = {appliance.echo_serial: appliance for appliance in appliances.values() if appliance.is_echo}
        self._by_endpoint = {appliance.endpoint_id: appliance for appliance in appliances.values()}

    def _to_json(self) -> dict[str, Any]:
        """Return all appliances as JSON."""
        return {"appliances": [_appliance_to_json(appliance) for appliance in self.discovered.values()]}


def _is_default(appliance: Appliance) -> bool:
    """Return whether an appliance needs no selection by the user."""
    return appliance.is_local or appliance.is_guard


def _appliance_to_json(appliance: Appliance) -> dict[str, Any]:
    """Return an appliance as JSON."""
    data = asdict(appliance)
    data["sounds"] = sorted(data["sounds"])
    for feature in data["features"]:
        feature["operations"] = sorted(feature["operations"])
        feature["properties"] = sorted(feature["properties"])
    return data


def _stored_appliances(stored: dict[str, Any]) -> dict[str, Appliance]:
    """Return the stored appliances by entity id."""
    return {item["entity_id"]: _from_json(item) for item in stored["appliances"]}


def _from_json(data: dict[str, Any]) -> Appliance:
    """Return a stored appliance."""
    return Appliance(
        **data
        | {
            "kind": ApplianceKind(data["kind"]),
            "exposure": Exposure(data["exposure"]),
            "merged_ids": tuple(data["merged_ids"]),
            "sounds": frozenset(data.get("sounds", ())),
            "features": tuple(_feature_from_json(feature) for feature in data["features"]),
        }
    )


def _feature_from_json(data: dict[str, Any]) -> Feature:
    """Return a stored feature."""
    value_range = data["value_range"]
    return Feature(
        **data
        | {
            "name": FeatureName(data["name"]),
            "operations": frozenset(data["operations"]),
            "properties": frozenset(data["properties"]),
            "modes": tuple(ModeOption(**mode) for mode in data["modes"]),
            "value_range": None
            if value_range is None
            else ValueRange(**value_range | {"presets": tuple(Preset(**preset) for preset in value_range["presets"])}),
        }
    )
