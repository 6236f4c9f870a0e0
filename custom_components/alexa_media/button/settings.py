"""Starting a device anew."""

from dataclasses import dataclass
from typing import Final, override

from homeassistant.components.button import ButtonEntity, ButtonEntityDescription
from homeassistant.components.button.const import ButtonDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..coordinator import AlexaConfigEntry
from ..entity import command_errors
from ..setting_entities import CapableDescription, PreferenceEntity, async_setup_settings


@dataclass(frozen=True, kw_only=True)
class AlexaButtonDescription(CapableDescription, ButtonEntityDescription):
    """Something that a device does at the press of a button."""


RESTART: Final = (
    AlexaButtonDescription(
        key="restart",
        device_class=ButtonDeviceClass.RESTART,
        entity_category=EntityCategory.CONFIG,
        capability="ALEXA_DEVICE_REBOOT",
    ),
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for each device that can be started anew."""
    async_setup_settings(hass, entry, async_add_entities, RESTART, AlexaRestartButton)


class AlexaRestartButton(PreferenceEntity, ButtonEntity):
    """Starts a device anew; it goes offline meanwhile."""

    @override
    async def async_press(self) -> None:
        """Start it anew."""
        with command_errors(self.hass, self.entry):
            await self.settings.api.async_restart(self.device)
