"""Switches of a device."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.components.switch.const import SwitchDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import AlexaConfigEntry, DndCoordinator
from .entity import AlexaDeviceEntity, async_setup_entities, command_errors, player_unique_id
from .models import Device

PARALLEL_UPDATES = 0

# The space in the key is alexa_media_player's: the unique id stays what it was.
DND: Final = SwitchEntityDescription(
    key="do not disturb",
    translation_key="do_not_disturb",
    device_class=SwitchDeviceClass.SWITCH,
    entity_category=EntityCategory.CONFIG,
)


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for every device that Amazon's list of Do Not Disturb has named."""
    devices = entry.runtime_data.devices
    dnd = entry.runtime_data.dnd
    if dnd is None:
        return
    named: set[str] = set()

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaDndSwitch]]]:
        # A list that lacks a device for once does not mean that the device has lost the setting.
        named.update(dnd.data)
        for device in devices.data.values():
            if device.serial in named:
                yield (
                    f"{player_unique_id(entry, device.serial)}_{DND.key}",
                    partial(AlexaDndSwitch, entry, dnd, device),
                )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices, dnd)


class AlexaDndSwitch(AlexaDeviceEntity[bool], SwitchEntity):
    """Do Not Disturb of a device."""

    def __init__(self, entry: AlexaConfigEntry, coordinator: DndCoordinator, device: Device) -> None:
        """Show Do Not Disturb."""
        super().__init__(entry, coordinator, device, DND.key)
        self.entity_description = DND

    @property
    @override
    def is_on(self) -> bool | None:
        """Return what Amazon says."""
        return self.value

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Do not disturb."""
        await self._async_set(enabled=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Disturb again."""
        await self._async_set(enabled=False)

    async def _async_set(self, *, enabled: bool) -> None:
        """Switch, and show what Amazon then confirms."""
        with command_errors(self.hass, self.entry):
            await self.runtime.backend.async_set_dnd(self.device, enabled)
        # The push may be faster than the answer.
        if self.value is not enabled:
            self.coordinator.async_expect(self.serial)
