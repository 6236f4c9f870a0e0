"""Settings of a device that are a choice of some."""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, override

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..backend.settings import PreferenceChanges, Setting
from ..coordinator import AlexaConfigEntry, SettingsCoordinator
from ..models import Device, DevicePreferences
from ..setting_entities import (
    CapableDescription,
    PreferenceEntity,
    SettingDescription,
    SettingEntity,
    async_setup_settings,
)
from .seen import SeenValues


@dataclass(frozen=True, kw_only=True)
class AlexaSettingSelectDescription(SettingDescription, SelectEntityDescription):
    """A choice of some; ``values`` are Amazon's names of the options."""

    values: Mapping[str, str]
    entity_category: EntityCategory | None = EntityCategory.CONFIG


@dataclass(frozen=True, kw_only=True)
class AlexaPreferenceSelectDescription(CapableDescription, SelectEntityDescription):
    """A choice among preferences; ``values`` are Amazon's names of the options, as far as they are known beforehand."""

    values: Mapping[str, str] | None = None
    value_fn: Callable[[DevicePreferences], str | None]
    change_fn: Callable[[str], PreferenceChanges]
    entity_category: EntityCategory | None = EntityCategory.CONFIG
    entity_registry_enabled_default: bool = False


SETTINGS: Final = (
    AlexaSettingSelectDescription(
        key="time_format",
        translation_key="time_format",
        setting=Setting.TIME_FORMAT,
        capability="CLOCK_FORMAT_24_HR",
        values={"12_hours": "12_HOURS", "24_hours": "24_HOURS"},
    ),
    AlexaSettingSelectDescription(
        key="aux_direction",
        translation_key="aux_direction",
        setting=Setting.AUX_DIRECTION,
        capability="AUX_SETTINGS",
        values={"input": "INPUT", "output": "OUTPUT"},
    ),
    AlexaSettingSelectDescription(
        key="drop_in",
        translation_key="drop_in",
        setting=Setting.DROP_IN,
        capability="FAR_FIELD_WAKE_WORD",
        values={"all": "All", "home": "Home", "off": "Off"},
    ),
)

WAKE_WORDS: Final = (
    AlexaSettingSelectDescription(
        key="wake_word",
        translation_key="wake_word",
        setting=Setting.WAKE_WORD,
        also=(Setting.WAKE_WORDS,),
        capability="MULTI_WAKEWORDS_SUPPORTED",
        values={},
    ),
)

PREFERENCES: Final = (
    AlexaPreferenceSelectDescription(
        key="locale",
        translation_key="locale",
        capability="SET_LOCALE",
        value_fn=lambda preferences: preferences.locale,
        change_fn=lambda value: PreferenceChanges(locale=value),
    ),
    AlexaPreferenceSelectDescription(
        key="temperature_scale",
        translation_key="temperature_scale",
        capability="FAR_FIELD_WAKE_WORD",
        values={"celsius": "CELSIUS", "fahrenheit": "FAHRENHEIT"},
        value_fn=lambda preferences: preferences.temperature_scale,
        change_fn=lambda value: PreferenceChanges(temperature_scale=value),
    ),
    AlexaPreferenceSelectDescription(
        key="distance_units",
        translation_key="distance_units",
        capability="FAR_FIELD_WAKE_WORD",
        values={"metric": "METRIC", "imperial": "IMPERIAL"},
        value_fn=lambda preferences: preferences.distance_units,
        change_fn=lambda value: PreferenceChanges(distance_units=value),
    ),
)


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that each device can have."""
    async_setup_settings(hass, entry, async_add_entities, SETTINGS, AlexaSettingSelect)
    async_setup_settings(hass, entry, async_add_entities, WAKE_WORDS, AlexaWakeWordSelect)
    async_setup_settings(hass, entry, async_add_entities, PREFERENCES, AlexaPreferenceSelect)


class CloudSelect(SelectEntity):
    """A choice whose value is Amazon's; one that the table lacks is shown and can be chosen as it is."""

    @cached_property
    def _seen(self) -> SeenValues[str]:
        """Return the values that the table lacks."""
        return SeenValues()

    @property
    @abstractmethod
    def _known(self) -> Mapping[str, str]:
        """Return Amazon's values by option."""

    @property
    @abstractmethod
    def _present(self) -> object:
        """Return what Amazon says."""

    @property
    def _values(self) -> Mapping[str, str]:
        """Return all values by option, with what is set and what was set before."""
        self._option()
        return self._seen.all(self._known)

    def _option(self) -> str | None:
        """Return the option of what is set."""
        return self._seen.option(self._known, self._present if isinstance(self._present, str) else None)

    @property
    @override
    def options(self) -> list[str]:
        """Return what there is to choose from."""
        return list(self._values)

    @property
    @override
    def current_option(self) -> str | None:
        """Return what Amazon says."""
        return self._option()


class AlexaSettingSelect(SettingEntity, CloudSelect):
    """A setting that is a choice."""

    entity_description: AlexaSettingSelectDescription

    @property
    @override
    def _known(self) -> Mapping[str, str]:
        """Return Amazon's values by option."""
        return self.entity_description.values

    @property
    @override
    def _present(self) -> object:
        """Return what Amazon says."""
        return self.setting_value

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose."""
        await self.async_set_setting(self._values[option])


class AlexaWakeWordSelect(AlexaSettingSelect):
    """The wake word; what there is to choose from depends on the device and costs a request of its own."""

    @property
    @override
    def _known(self) -> Mapping[str, str]:
        """Return the words as they are written, with Amazon's names of them."""
        words = self.value_of(Setting.WAKE_WORDS)
        names = words if isinstance(words, tuple) else ()
        present = (self.setting_value,) if isinstance(self.setting_value, str) else ()
        return {name.title(): name for name in dict.fromkeys((*names, *present))}


class AlexaPreferenceSelect(PreferenceEntity, CloudSelect):
    """A preference that is a choice."""

    entity_description: AlexaPreferenceSelectDescription

    def __init__(
        self,
        entry: AlexaConfigEntry,
        settings: SettingsCoordinator,
        device: Device,
        description: AlexaPreferenceSelectDescription,
    ) -> None:
        """Show a preference."""
        super().__init__(entry, settings, device, description)

    @property
    @override
    def _known(self) -> Mapping[str, str]:
        """Return Amazon's values by option; languages go by their own names."""
        if (values := self.entity_description.values) is not None:
            return values
        return {locale: locale for locale in self.preferences.locales}

    @property
    @override
    def _present(self) -> object:
        """Return what Amazon says."""
        return self.entity_description.value_fn(self.preferences)

    @override
    async def async_select_option(self, option: str) -> None:
        """Choose."""
        await self.async_set_preferences(self.entity_description.change_fn(self._values[option]))
