"""Deleting the timers of an Echo that a property manages, as when a guest has left."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..backend.management import ManagementApi
from ..coordinator import AlexaConfigEntry
from ..entity import AlexaDeviceEntity, async_setup_entities, command_errors, player_unique_id
from ..models import Device

DELETE_TIMERS: Final = ButtonEntityDescription(
    key="delete_timers",
    translation_key="delete_timers",
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    devices, api = entry.runtime_data.devices, entry.runtime_data.backend.management
    if api is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaDeleteTimers]]]:
        for device in devices.data.values():
            yield (
                f"{player_unique_id(entry, device.serial)}_{DELETE_TIMERS.key}",
                partial(AlexaDeleteTimers, entry, api, device),
            )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


class AlexaDeleteTimers(AlexaDeviceEntity[Device], ButtonEntity):
    """Deletes all timers of an Echo, which must be online."""

    def __init__(self, entry: AlexaConfigEntry, api: ManagementApi, device: Device) -> None:
        """Be there while the device is."""
        super().__init__(entry, entry.runtime_data.devices, device, DELETE_TIMERS.key)
        self.entity_description = DELETE_TIMERS
        self._api = api

    @override
    async def async_press(self) -> None:
        """Delete the timers."""
        with command_errors(self.hass, self.entry):
            await self._api.async_delete_timers(self.serial)
