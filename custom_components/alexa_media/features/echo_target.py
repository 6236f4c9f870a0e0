"""The Echos and lists of a trigger's or condition's target, resolved when they are needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.components.todo.const import DOMAIN as TODO_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.helpers.target import SelectedEntities, TargetSelection, async_extract_referenced_entity_ids

from ..cloud.model.devices import EVERYWHERE, Device
from ..const import DOMAIN
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import invalid_input, player_unique_id
from .speech import expand


@dataclass(frozen=True, slots=True)
class EchoTarget:
    """A target; without one, every Echo of all accounts.

    An Echo is in it if one of its entities, its device or a speaker group with it is.
    """

    hass: HomeAssistant
    target: dict[str, Any] | None

    @callback
    def require_possible(self, *, lists: bool = False) -> None:
        """Raise ``ServiceValidationError`` if the target names devices and entities, none of them an Echo (or a list).

        One that is not known yet may become one.
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
        """Return whether the target has an Echo; ``EVERYWHERE`` is any Echo of the account."""
        if not self.target:
            return True
        return any(
            entry.entry_id == entry_id and serial in (device.serial, EVERYWHERE) for entry, device in self.async_echos()
        )

    @callback
    def async_matches_entity(self, entity_id: str) -> bool:
        """Return whether the target has an entity; a target that is missing has all."""
        return not self.target or entity_id in self._entity_ids(self._selected())

    @callback
    def async_echos(self) -> Iterator[tuple[AlexaConfigEntry, Device]]:
        """Yield the Echos of the target whose accounts are loaded; of groups, themselves and their leaves."""
        device_ids = self._device_ids()
        found: dict[tuple[str, str], tuple[AlexaConfigEntry, Device]] = {}
        loaded: list[AlexaConfigEntry] = self.hass.config_entries.async_loaded_entries(DOMAIN)
        for entry in loaded:
            devices = entry.runtime_data.devices
            for chosen in devices.data.values():
                if self.target and self._device_id(entry, chosen) not in device_ids:
                    continue
                # a stereo pair has alarms that none of its speakers has
                for device in (chosen, *devices.leaves(chosen)):
                    found.setdefault((entry.entry_id, device.serial), (entry, device))
        yield from found.values()

    def _device_id(self, entry: AlexaConfigEntry, device: Device) -> str | None:
        """Return the id of an Echo in the device registry."""
        identifiers = {(DOMAIN, player_unique_id(entry, device.serial))}
        registered = dr.async_get(self.hass).async_get_device(identifiers)
        return registered.id if registered else None

    def _device_ids(self) -> set[str | None]:
        """Return the devices of the target: selected ones, and those of the integration's selected entities."""
        registry, selected = er.async_get(self.hass), self._selected()
        of_entities = {
            item.device_id
            for entity_id in self._entity_ids(selected)
            if (item := registry.async_get(entity_id)) and item.platform == DOMAIN
        }
        return (of_entities | selected.referenced_devices) - {None}

    def _entity_ids(self, selected: SelectedEntities) -> set[str]:
        """Return the selected entities, groups resolved."""
        return set(expand(self.hass, selected.referenced | selected.indirectly_referenced))

    def _selected(self) -> SelectedEntities:
        selection = TargetSelection(self.target or {})
        return async_extract_referenced_entity_ids(
            self.hass, selection, expand_group=False, primary_entities_only=False
        )


def _is_of(registered: er.RegistryEntry, *, lists: bool) -> bool:
    """Return whether an entity is of an Echo, or is a list."""
    return registered.platform == DOMAIN and (registered.domain == TODO_DOMAIN) is lists


@callback
def echo_variables(hass: HomeAssistant, entry_id: str, serial: str) -> dict[str, str | None]:
    """Return the variables of an Echo: ``entity_id`` of its media player, ``device_id``, ``device`` and ``area``."""
    entry: AlexaConfigEntry | None = hass.config_entries.async_get_entry(entry_id)
    registry = er.async_get(hass)
    unique_id = player_unique_id(entry, serial) if entry else ""
    entity_id = registry.async_get_entity_id(MEDIA_PLAYER_DOMAIN, DOMAIN, unique_id)
    registered = registry.async_get(entity_id) if entity_id else None
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
    """Return the to-do entity of a list."""
    entry = hass.config_entries.async_get_entry(entry_id)
    unique_id = f"{entry.unique_id}_list_{list_id}" if entry else ""
    return er.async_get(hass).async_get_entity_id(TODO_DOMAIN, DOMAIN, unique_id)
