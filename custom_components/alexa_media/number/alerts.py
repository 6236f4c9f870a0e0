"""How loud alarms are."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, override

from homeassistant.components.number import NumberEntity, NumberEntityDescription
from homeassistant.components.number.const import NumberMode
from homeassistant.const import PERCENTAGE, EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinator import AlertVolumesCoordinator, AlexaConfigEntry
from ..entity import AlexaDeviceEntity, async_setup_entities, command_errors, player_unique_id
from ..models import Device

ALERT_VOLUME: Final = NumberEntityDescription(
    key="alert_volume",
    translation_key="alert_volume",
    entity_category=EntityCategory.CONFIG,
    native_min_value=0,
    native_max_value=100,
    native_step=1,
    native_unit_of_measurement=PERCENTAGE,
    mode=NumberMode.SLIDER,
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for every device that can change it."""
    devices, volumes = entry.runtime_data.devices, entry.runtime_data.alert_volumes
    if volumes is None:
        return

    def candidates() -> Iterator[tuple[str, Callable[[], AlexaAlertVolumeNumber]]]:
        for device in devices.data.values():
            if "TIMERS_ALARMS_NOTIFICATIONS_VOLUME" in device.capabilities:
                yield (
                    f"{player_unique_id(entry, device.serial)}_{ALERT_VOLUME.key}",
                    partial(AlexaAlertVolumeNumber, entry, volumes, device),
                )

    async_setup_entities(hass, entry, async_add_entities, candidates, devices)


# NumberEntity first: its ``value``, which is final, is the one that Home Assistant shows.
class AlexaAlertVolumeNumber(NumberEntity, AlexaDeviceEntity[float]):
    """How loud alarms, timers and notifications of a device are."""

    def __init__(self, entry: AlexaConfigEntry, coordinator: AlertVolumesCoordinator, device: Device) -> None:
        """Show the volume."""
        super().__init__(entry, coordinator, device, ALERT_VOLUME.key)
        self._volumes = coordinator
        self.entity_description = ALERT_VOLUME

    @property
    @override
    def native_value(self) -> float | None:
        """Return what Amazon says."""
        return self.coordinator.data.get(self.serial)

    @override
    async def async_set_native_value(self, value: float) -> None:
        """Set it, and show what Amazon then says."""
        with command_errors(self.hass, self.entry):
            await self._volumes.api.async_set_alert_volume(self.device, round(value))
        await self.coordinator.async_refresh_shared()
