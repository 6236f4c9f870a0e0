"""Announcing in a whole room of a property, whatever Echos are in it."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import override

from homeassistant.components.notify import NotifyEntity
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .backend.management import ManagedUnit, ManagementApi
from .coordinator import AlexaConfigEntry
from .entity import account_device_info, async_setup_entities, command_errors
from .speech import readable_text


@callback
def async_setup_units(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for every unit that an Echo is in."""
    devices, api = entry.runtime_data.devices, entry.runtime_data.backend.management
    if api is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaUnitNotifier]]]:
        units = {unit.unit_id: unit for serial in devices.data if (unit := api.unit_of(serial))}
        for unit in units.values():
            yield _unique_id(entry, unit), partial(AlexaUnitNotifier, entry, api, unit)

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


def _unique_id(entry: AlexaConfigEntry, unit: ManagedUnit) -> str:
    """Return the unique id of a unit's entity."""
    return f"{entry.unique_id}_{unit.unit_id}_announce"


class AlexaUnitNotifier(NotifyEntity):
    """Announces on all Echos of a unit in one request; Amazon knows which they are."""

    _attr_has_entity_name = True
    _attr_translation_key = "announce_in_unit"

    def __init__(self, entry: AlexaConfigEntry, api: ManagementApi, unit: ManagedUnit) -> None:
        """Belong to the property, and be called like the unit."""
        self._entry = entry
        self._api = api
        self._unit_id = unit.unit_id
        self._attr_unique_id = _unique_id(entry, unit)
        self._attr_translation_placeholders = {"unit": unit.name}
        self._attr_device_info = account_device_info(entry)

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Announce a message; returns when Amazon has accepted it."""
        text = readable_text(message)
        with command_errors(self.hass, self._entry):
            await self._api.async_announce(text, unit_ids=[self._unit_id])
