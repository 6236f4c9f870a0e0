"""Settings of a device that are on or off."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, override

from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.components.switch.const import SwitchDeviceClass
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..backend.settings import PreferenceChanges, Setting
from ..coordinator import AlexaConfigEntry
from ..models import DevicePreferences
from ..setting_entities import (
    CapableDescription,
    PreferenceEntity,
    SettingDescription,
    SettingEntity,
    async_setup_settings,
)


@dataclass(frozen=True, kw_only=True)
class AlexaSettingSwitchDescription(SettingDescription, SwitchEntityDescription):
    """A setting that is on or off."""

    entity_category: EntityCategory | None = EntityCategory.CONFIG
    device_class: SwitchDeviceClass | None = SwitchDeviceClass.SWITCH


@dataclass(frozen=True, kw_only=True)
class AlexaPreferenceSwitchDescription(CapableDescription, SwitchEntityDescription):
    """A preference that is on or off."""

    value_fn: Callable[[DevicePreferences], bool | None]
    change_fn: Callable[[bool], PreferenceChanges]
    entity_category: EntityCategory | None = EntityCategory.CONFIG
    entity_registry_enabled_default: bool = False
    device_class: SwitchDeviceClass | None = SwitchDeviceClass.SWITCH


SETTINGS: Final = (
    AlexaSettingSwitchDescription(
        key="display",
        translation_key="display",
        setting=Setting.DISPLAY_POWER,
        capability="DISPLAY_POWER_TOGGLE",
    ),
    AlexaSettingSwitchDescription(
        key="adaptive_brightness",
        translation_key="adaptive_brightness",
        setting=Setting.ADAPTIVE_BRIGHTNESS,
        capability="DISPLAY_ADAPTIVE_BRIGHTNESS",
    ),
    AlexaSettingSwitchDescription(
        key="communications",
        translation_key="communications",
        setting=Setting.COMMUNICATIONS,
        capability="FAR_FIELD_WAKE_WORD",
    ),
    AlexaSettingSwitchDescription(
        key="announcements",
        translation_key="announcements",
        setting=Setting.ANNOUNCEMENTS,
        capability="FAR_FIELD_WAKE_WORD",
    ),
)

PREFERENCES: Final = (
    AlexaPreferenceSwitchDescription(
        key="follow_up",
        translation_key="follow_up",
        capability="GOLDFISH",
        value_fn=lambda preferences: preferences.follow_up,
        change_fn=lambda value: PreferenceChanges(follow_up=value),
    ),
    AlexaPreferenceSwitchDescription(
        key="notification_sound",
        translation_key="notification_sound",
        capability="EARCONS",
        value_fn=lambda preferences: preferences.notification_sound,
        change_fn=lambda value: PreferenceChanges(notification_sound=value),
    ),
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that each device can have."""
    async_setup_settings(hass, entry, async_add_entities, SETTINGS, AlexaSettingSwitch)
    async_setup_settings(hass, entry, async_add_entities, PREFERENCES, AlexaPreferenceSwitch)


class AlexaSettingSwitch(SettingEntity, SwitchEntity):
    """A setting that is on or off."""

    entity_description: AlexaSettingSwitchDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return what Amazon says."""
        return self.setting_value if isinstance(self.setting_value, bool) else None

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch it on."""
        await self.async_set_setting(value=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch it off."""
        await self.async_set_setting(value=False)


class AlexaPreferenceSwitch(PreferenceEntity, SwitchEntity):
    """A preference that is on or off."""

    entity_description: AlexaPreferenceSwitchDescription

    @property
    @override
    def is_on(self) -> bool | None:
        """Return what Amazon says."""
        return self.entity_description.value_fn(self.preferences)

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        """Switch it on."""
        await self.async_set_preferences(self.entity_description.change_fn(True))

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        """Switch it off."""
        await self.async_set_preferences(self.entity_description.change_fn(False))
