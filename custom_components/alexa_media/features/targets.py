"""Targets of actions, triggers and conditions, and permissions of the caller of an action.

Home Assistant only checks the caller's permissions for the target entities of an entity action. The checks here are for
other actions, and for the Echos of a speaker group.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.components.todo.const import DOMAIN as TODO_DOMAIN
from homeassistant.const import ENTITY_MATCH_ALL
from homeassistant.core import Context, HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.helpers.target import SelectedEntities, TargetSelection, async_extract_referenced_entity_ids

from ..cloud.model.devices import EVERYWHERE, Device
from ..const import DOMAIN
from ..coordinator.runtime import AlexaConfigEntry, running_entries
from ..entity import AlexaDeviceEntity, data_of, invalid_input, player_entity_id, player_unique_id
from .speech import Recipient, echo_players, expand, recipients_of


@dataclass(frozen=True, slots=True)
class Permissions:
    """Permissions of the caller of an action.

    ``user`` is ``None`` for automations and Home Assistant itself, which have all permissions.
    """

    hass: HomeAssistant
    context: Context
    user: User | None

    @callback
    def may_control(self, entity_id: str) -> bool:
        """Return whether the caller may control an entity; "" stands for a missing one."""
        return self.user is None or self.user.permissions.check_entity(entity_id, POLICY_CONTROL)

    @callback
    def require_entities(self, entity_ids: Iterable[str]) -> None:
        """Raise ``Unauthorized`` for the first entity that the caller may not control."""
        for entity_id in entity_ids:
            if not self.may_control(entity_id):
                raise Unauthorized(context=self.context, entity_id=entity_id, permission=POLICY_CONTROL)

    @callback
    def usable(self, recipients: Iterable[Recipient]) -> list[Recipient]:
        """Return the recipients with those of their media players that the caller may control, if there are any."""
        allowed = (
            replace(one, players=tuple(player for player in one.players if self.may_control(player.entity_id)))
            for one in recipients
        )
        return [one for one in allowed if one.players]

    @callback
    def require_echos(self, entry: AlexaConfigEntry, serials: Iterable[str]) -> None:
        """Raise ``Unauthorized`` for the first Echo whose media player the caller may not control.

        For a speaker group, this includes all its members that get entities. Raises ``ServiceValidationError`` like
        ``data_of``.
        """
        devices = data_of(entry).devices
        every = dict.fromkeys(serials)
        for device in [devices.data[serial] for serial in every if serial in devices.data]:
            every |= dict.fromkeys(serial for serial in devices.members_of(device) if serial in devices.data)
        self.require_entities(player_entity_id(self.hass, entry, serial) or "" for serial in every)


async def async_permissions(hass: HomeAssistant, context: Context | None) -> Permissions:
    """Return the permissions of a context's user; raises ``UnknownUser`` for a removed user."""
    user: User | None = None
    context = context or Context()
    if context.user_id is not None and (user := await hass.auth.async_get_user(context.user_id)) is None:
        raise UnknownUser(context=context)
    return Permissions(hass, context, user)


async def async_require_speakers(entity: AlexaDeviceEntity[Any]) -> None:
    """Raise like ``Permissions.require_echos`` for the caller of an action on a speaker group.

    An entity action has to await this before anything else: ``entity.caller`` may change after the first await.
    """
    if entity.device.is_group and (context := entity.caller) is not None:
        (await async_permissions(entity.hass, context)).require_echos(entity.entry, (entity.serial,))


async def async_recipients(hass: HomeAssistant, call: ServiceCall) -> tuple[list[Recipient], list[str]]:
    """Return the Echos in an action's target, with groups resolved, and the unknown ids that the target names.

    Unknown ids are those of entities that are not Echos, and of devices, areas, floors and labels that do not exist.
    Raises ``Unauthorized`` for a named entity, or a member of a named speaker group, that the caller may not control.
    Other Echos of the target that the caller may not control are left out instead.
    """
    players = echo_players(hass)
    selected = async_extract_referenced_entity_ids(hass, TargetSelection(call.data), expand_group=False)
    named = set(selected.referenced)
    parts = set(expand(hass, named)) - named | selected.indirectly_referenced
    if ENTITY_MATCH_ALL in named:
        named.remove(ENTITY_MATCH_ALL)
        parts |= set(players)
    direct = sorted(named & set(expand(hass, named)))
    unknown = [entity_id for entity_id in direct if entity_id not in players]
    unknown += sorted(selected.missing_devices | selected.missing_areas | selected.missing_labels)
    unknown += sorted(selected.missing_floors)
    permissions = await async_permissions(hass, call.context)
    permissions.require_entities(direct)
    named_players = [players[entity_id] for entity_id in direct if entity_id in players]
    permissions.require_entities(recipient.player.entity_id for recipient in recipients_of(players, named_players))
    allowed = [
        players[entity_id]
        for entity_id in sorted(expand(hass, parts))
        if entity_id in players and permissions.may_control(entity_id)
    ]
    return permissions.usable(recipients_of(players, named_players, allowed)), unknown


@dataclass(frozen=True, slots=True)
class EchoTarget:
    """The target of a trigger or a condition; an empty target matches everything.

    The target contains an Echo if it contains an entity or the device of the Echo, or a speaker group with the Echo.
    """

    hass: HomeAssistant
    target: dict[str, Any] | None

    @callback
    def require_possible(self, *, lists: bool = False) -> None:
        """Raise ``ServiceValidationError`` if the target only names devices and entities that cannot match.

        ``lists`` is whether the to-do lists of the integration can match, instead of all its other entities.
        """
        selection = TargetSelection(self.target or {})
        if selection.area_ids or selection.floor_ids or selection.label_ids or not selection.has_any_target:
            return
        entities, devices = er.async_get(self.hass), dr.async_get(self.hass)
        for entity_id in selection.entity_ids:
            registered = entities.async_get(entity_id)
            if registered is None or registered.platform == "group" or _is_of(registered, lists=lists):
                return
        for device_id in selection.device_ids:
            of_device = er.async_entries_for_device(entities, device_id, include_disabled_entities=True)
            if devices.async_get(device_id) is None or any(_is_of(item, lists=lists) for item in of_device):
                return
        raise invalid_input("automation_no_list" if lists else "automation_no_echo")

    @callback
    def async_matches(self, entry_id: str, serial: str) -> bool:
        """Return whether the target contains an Echo; ``EVERYWHERE`` stands for any Echo of the account."""
        if not self.target:
            return True
        return any(
            entry.entry_id == entry_id and serial in (device.serial, EVERYWHERE) for entry, device in self.async_echos()
        )

    @callback
    def async_matches_entity(self, entity_id: str) -> bool:
        """Return whether the target contains an entity; an empty target contains all."""
        return not self.target or entity_id in self._entity_ids(self._selected())

    @callback
    def async_echos(self) -> Iterator[tuple[AlexaConfigEntry, Device]]:
        """Yield the Echos of the target in running accounts, and the leaf devices of its groups."""
        device_ids = self._device_ids()
        found: dict[tuple[str, str], tuple[AlexaConfigEntry, Device]] = {}
        for entry in running_entries(self.hass):
            devices = entry.runtime_data.devices
            for chosen in devices.data.values():
                if self.target and self._device_id(entry, chosen) not in device_ids:
                    continue
                # a stereo pair has alarms that neither of its speakers has
                for device in (chosen, *devices.leaves(chosen)):
                    found.setdefault((entry.entry_id, device.serial), (entry, device))
        yield from found.values()

    def _device_id(self, entry: AlexaConfigEntry, device: Device) -> str | None:
        """Return the id of an Echo in the device registry, or None."""
        identifier = (DOMAIN, player_unique_id(entry, device.serial))
        registered = dr.async_get(self.hass).async_get_device_by_identifier(identifier, entry.entry_id)
        return registered.id if registered else None

    def _device_ids(self) -> set[str | None]:
        """Return the ids of the devices in the target, including those of the integration's selected entities."""
        registry, selected = er.async_get(self.hass), self._selected()
        of_entities = {
            item.device_id
            for entity_id in self._entity_ids(selected)
            if (item := registry.async_get(entity_id)) and item.platform == DOMAIN
        }
        return (of_entities | selected.referenced_devices) - {None}

    def _entity_ids(self, selected: SelectedEntities) -> set[str]:
        """Return the selected entities, with groups resolved."""
        return set(expand(self.hass, selected.referenced | selected.indirectly_referenced))

    def _selected(self) -> SelectedEntities:
        selection = TargetSelection(self.target or {})
        return async_extract_referenced_entity_ids(
            self.hass, selection, expand_group=False, primary_entities_only=False
        )


def _is_of(registered: er.RegistryEntry, *, lists: bool) -> bool:
    """Return whether the integration provides an entity: a to-do list if ``lists``, else any other entity."""
    return registered.platform == DOMAIN and (registered.domain == TODO_DOMAIN) is lists


@callback
def echo_variables(hass: HomeAssistant, entry_id: str, serial: str) -> dict[str, str | None]:
    """Return the trigger variables of an Echo, each a text or None.

    They are ``entity_id`` (of its media player), ``device_id``, and the names of ``device`` and ``area``.
    """
    entry: AlexaConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
    entity_id = player_entity_id(hass, entry, serial) if entry else None
    registered = er.async_get(hass).async_get(entity_id) if entity_id else None
    device = dr.async_get(hass).async_get(registered.device_id) if registered and registered.device_id else None
    area_id = (registered and registered.area_id) or (device and device.area_id)
    area = ar.async_get(hass).async_get_area(area_id) if area_id else None
    return {
        "entity_id": entity_id,
        "device_id": device.id if device else None,
        "device": (device.name_by_user or device.name) if device else None,
        "area": area.name if area else None,
    }


@callback
def list_entity_id(hass: HomeAssistant, entry_id: str, list_id: str) -> str | None:
    """Return the entity id of a list's to-do entity, or None."""
    entry = hass.config_entries.async_get_entry(entry_id)
    unique_id = f"{entry.unique_id}_list_{list_id}" if entry else ""
    return er.async_get(hass).async_get_entity_id(TODO_DOMAIN, DOMAIN, unique_id)
