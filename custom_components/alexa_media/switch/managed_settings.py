"""Settings of an Echo that are on or off."""

from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.components.switch.const import SwitchDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..backend.management import SettingValue
from ..coordinator import AlexaConfigEntry
from ..setting_entity import AlexaSettingEntity, async_setup_settings


@dataclass(frozen=True, kw_only=True)
class SettingSwitchDescription(SwitchEntityDescription):
    """A setting with the values ``on`` and ``off``."""

    on: SettingValue
    off: SettingValue
    device_class: SwitchDeviceClass | None = SwitchDeviceClass.SWITCH
    entity_category: EntityCategory | None = EntityCategory.CONFIG


def _switch(key: str, on: SettingValue = True, off: SettingValue = False) -> SettingSwitchDescription:
    return SettingSwitchDescription(key=key, translation_key=key, on=on, off=off)


SETTINGS: Final = (
    ("SpeechRecognizer.FollowUp.mode", _switch("follow_up_mode")),
    ("SpeechRecognizer.wakeWordConfirmation", _switch("start_of_request_sound", "TONE", "NONE")),
    ("SpeechRecognizer.speechConfirmation", _switch("end_of_request_sound", "TONE", "NONE")),
    ("Alexa.ManagedDevice.Settings.errorSuppression", _switch("mute_connectivity_errors", ("CONNECTIVITY",), ())),
    ("Accessibility.Captions.AlexaCaptions.enablement", _switch("alexa_captions", "ENABLED", "DISABLED")),
    ("Accessibility.Captions.ClosedCaptions.enablement", _switch("closed_captions", "ENABLED", "DISABLED")),
    ("Accessibility.Display.Magnifier.enablement", _switch("magnifier", "ENABLED", "DISABLED")),
    ("Accessibility.Display.ColorInversion.enablement", _switch("color_inversion", "ENABLED", "DISABLED")),
)
"""By their keys at Amazon; Do Not Disturb is a topic of its own."""


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    async_setup_settings(hass, entry, async_add_entities, SETTINGS, AlexaSettingSwitch)


class AlexaSettingSwitch(AlexaSettingEntity, SwitchEntity):
    """A setting that is on or off."""

    entity_description: SettingSwitchDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return what Amazon says, ``None`` for a value that is neither."""
        values = {self.entity_description.on: True, self.entity_description.off: False}
        return None if self.setting is None else values.get(self.setting)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch on."""
        await self.async_set(self.entity_description.on)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch off."""
        await self.async_set(self.entity_description.off)
