"""Select platform."""

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, Final, override
from zoneinfo import available_timezones

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.components.select.const import DOMAIN as SELECT_DOMAIN
from homeassistant.const import MAX_LENGTH_STATE_STATE, EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .cloud.model.alarms import AlarmTone
from .cloud.model.appliances import Appliance, Feature, PropertyName, SetMode
from .cloud.model.devices import Device, DevicePreferences
from .cloud.model.property import LOCALES, PropertySettingValue
from .cloud.model.settings import PreferenceChanges, Setting
from .const import CONF_DEFAULT_DEVICE
from .coordinator.alarms import AlarmSounds, AlarmSoundsCoordinator
from .coordinator.devices import DevicesCoordinator
from .coordinator.runtime import AlexaConfigEntry
from .coordinator.settings import DeviceSettingsCoordinator, SettingsCoordinator
from .entity import (
    AlexaDeviceEntity,
    TopicEntity,
    account_device_info,
    async_setup_capable,
    command_errors,
    invalid_input,
)
from .features.alarms import async_choose_default, default_choices
from .features.appliances import AlexaApplianceEntity, EntityFactory, Placement, async_setup_appliances, key_of
from .features.roles import modes_by_name, name_of, plain_modes
from .features.settings import (
    CapableDescription,
    PreferenceEntity,
    PropertySettingEntity,
    SettingDescription,
    SettingEntity,
    async_setup_property_settings,
    async_setup_settings,
)

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    _async_setup_alarms(hass, entry, async_add_entities)
    _async_setup_managed_settings(hass, entry, async_add_entities)
    _async_setup_settings(hass, entry, async_add_entities)
    _async_setup_smart_home(hass, entry, async_add_entities)


DEFAULT_DEVICE: Final = SelectEntityDescription(
    key="default_device", translation_key="default_device", entity_category=EntityCategory.CONFIG
)

# Two requests for each device, so disabled by default.
DEFAULT_SOUND: Final = SelectEntityDescription(
    key="default_sound",
    translation_key="default_sound",
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
)


@callback
def _async_setup_alarms(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for the account, and one for each device with selectable alarm sounds."""
    if entry.runtime_data.alarm_sounds is None:
        return
    async_setup_capable(
        hass,
        entry,
        async_add_entities,
        "CUSTOM_ALARM_TONE",
        entry.runtime_data.alarm_sounds,
        {DEFAULT_SOUND.key: AlexaDefaultSoundSelect},
    )
    async_add_entities([AlexaDefaultDeviceSelect(entry)])


class AlexaDefaultDeviceSelect(TopicEntity[DevicesCoordinator], SelectEntity):
    """The Echo for alarms and reminders without a given Echo; stored in the options of the account."""

    def __init__(self, entry: AlexaConfigEntry) -> None:
        """Initialize for the account."""
        super().__init__(entry.runtime_data.devices)
        self.entry = entry
        self.entity_description = DEFAULT_DEVICE
        self._attr_unique_id = f"{entry.unique_id}_{DEFAULT_DEVICE.key}"
        self._attr_device_info = account_device_info(entry)
        self._shown = self._choices

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Update the devices, their names, and which one is selected; other changes have no effect."""
        if (choices := self._choices) != self._shown:
            self._shown = choices
            self.async_write_ha_state()

    @property
    def _choices(self) -> tuple[dict[str, str], str | None]:
        """Return the possible devices by name, and the selected serial."""
        return default_choices(self.entry), self.entry.options.get(CONF_DEFAULT_DEVICE)

    @property
    @override
    def available(self) -> bool:
        """Return True: the value is local, without a request."""
        return True

    @property
    @override
    def options(self) -> list[str]:
        return list(self._choices[0])

    @property
    @override
    def current_option(self) -> str | None:
        """Return the selected device, while it exists."""
        names, chosen = self._choices
        return next((name for name, serial in names.items() if serial == chosen), None)

    @override
    async def async_select_option(self, option: str) -> None:
        async_choose_default(self.hass, self.entry, self._choices[0][option])


class AlexaDefaultSoundSelect(AlexaDeviceEntity[AlarmSounds], SelectEntity):
    """Default alarm sound."""

    def __init__(self, entry: AlexaConfigEntry, coordinator: AlarmSoundsCoordinator, device: Device) -> None:
        """Initialize for the sounds of a device."""
        super().__init__(entry, coordinator, device, DEFAULT_SOUND.key)
        self._sounds = coordinator
        self.entity_description = DEFAULT_SOUND

    def _named(self) -> dict[str, AlarmTone]:
        """Return the sounds by name; the id distinguishes sounds of the same name."""
        found: dict[str, AlarmTone] = {}
        sounds = (*self.value.sounds, self.value.default) if self.value else ()
        # A sound that the list lacks can be selected while it is set.
        for sound in dict.fromkeys(sound for sound in sounds if sound is not None):
            found[
                f"{sound.name} ({sound.sound_id})"[:MAX_LENGTH_STATE_STATE] if sound.name in found else sound.name
            ] = sound
        return found

    @property
    @override
    def options(self) -> list[str]:
        return list(self._named())

    @property
    @override
    def current_option(self) -> str | None:
        default = self.value.default if self.value else None
        return next((name for name, sound in self._named().items() if sound == default), None)

    @override
    async def async_select_option(self, option: str) -> None:
        """Set a sound, and show the resulting value."""
        sound = self._named().get(option)
        if sound is None:
            raise invalid_input("alarm_sound_unknown", sound=option, known=", ".join(self._named()))
        with command_errors(self.hass, self.entry):
            await self._sounds.api.async_set_default_sound(self.device, sound)
        await self.coordinator.async_refresh_shared()


@dataclass(frozen=True, kw_only=True)
class SettingSelectDescription(SelectEntityDescription):
    """A setting and its options: ``choices`` are values by option, ``None`` for the time zones."""

    choices: Mapping[str, PropertySettingValue] | None
    entity_category: EntityCategory | None = EntityCategory.CONFIG


def _select(key: str, **choices: PropertySettingValue) -> SettingSelectDescription:
    return SettingSelectDescription(key=key, translation_key=key, choices=choices)


# Amazon's table has five languages and four pairs. Its examples also have de-DE and es-US, and the service is offered
# in countries with the others.
_LOCALES: Final = ("de-DE", "en-CA", "en-GB", "en-US", "es-ES", "es-US", "fr-CA", "fr-FR", "it-IT", "ja-JP")
_PAIRS: Final = (
    ("en-CA", "fr-CA"),
    *(("en-US", locale) for locale in ("de-DE", "es-ES", "es-US", "fr-FR", "it-IT", "ja-JP")),
)
_LANGUAGES: Final = (
    *((locale,) for locale in _LOCALES),
    *(pair for both in _PAIRS for pair in (both, both[::-1])),
)
_RATES: Final = (0.75, 0.85, 1.0, 1.25, 1.5, 1.75, 2.0)

PROPERTY_SETTINGS: Final = (
    (
        "SpeechRecognizer.wakeWords",
        _select("wake_word", alexa=("ALEXA",), amazon=("AMAZON",), computer=("COMPUTER",), echo=("ECHO",)),
    ),
    (
        LOCALES,
        SettingSelectDescription(
            key="language",
            translation_key="language",
            # The preferred one first.
            choices={"/".join(locales): locales for locales in _LANGUAGES},
        ),
    ),
    (
        "SpeechSynthesizer.speakingRate",
        SettingSelectDescription(
            key="speaking_rate", translation_key="speaking_rate", choices={f"{rate:g}": rate for rate in _RATES}
        ),
    ),
    ("Alexa.DataFormat.Time.timeFormat", _select("time_format", hours_12="12_HOURS", hours_24="24_HOURS")),
    ("System.temperatureUnit", _select("temperature_unit", celsius="CELSIUS", fahrenheit="FAHRENHEIT")),
    ("System.distanceUnits", _select("distance_units", metric="METRIC", imperial="IMPERIAL")),
    (
        "System.timeZone",
        SettingSelectDescription(
            key="time_zone",
            translation_key="time_zone",
            choices=None,
            entity_registry_enabled_default=False,
        ),
    ),
)
"""Settings by their keys at Amazon."""


@callback
def _async_setup_managed_settings(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the settings of a property."""
    async_setup_property_settings(hass, entry, async_add_entities, PROPERTY_SETTINGS, AlexaPropertySettingSelect)


class AlexaPropertySettingSelect(PropertySettingEntity, SelectEntity):
    """A setting with options; the current value is always one of them."""

    entity_description: SettingSelectDescription

    def __init__(
        self,
        entry: AlexaConfigEntry,
        coordinator: DeviceSettingsCoordinator,
        device: Device,
        description: SettingSelectDescription,
        setting: str,
    ) -> None:
        """Initialize with the setting's key at Amazon."""
        super().__init__(entry, coordinator, device, description, setting)
        self._known: Mapping[str, PropertySettingValue] = description.choices or {}
        self._seen = SeenValues[PropertySettingValue]()

    @override
    async def async_added_to_hass(self) -> None:
        """Load the time zones, which are in files."""
        await super().async_added_to_hass()
        if self.entity_description.choices is None:
            self._known = await _time_zones(self.hass)

    @property
    @override
    def current_option(self) -> str | None:
        return self._seen.option(self._known, self.setting)

    @property
    def _values(self) -> Mapping[str, PropertySettingValue]:
        """Return all values by option, including the current one."""
        self._seen.option(self._known, self.setting)
        return self._seen.all(self._known)

    @property
    @override
    def options(self) -> list[str]:
        """Return the options, including the current and previous values."""
        return list(self._values)

    @override
    async def async_select_option(self, option: str) -> None:
        await self.async_set(self._values[option])


async def _time_zones(hass: HomeAssistant) -> Mapping[str, str]:
    """Return the IANA names of all time zones as options."""
    zones = await hass.async_add_executor_job(available_timezones)
    return {zone: zone for zone in sorted(zones)}


MAX_SEEN: Final = 20
"""Maximum number of values beyond the table that are kept for an entity."""


class SeenValues[V]:
    """Values of one entity that its table lacks, by their options."""

    def __init__(self) -> None:
        """Initialize with the table alone."""
        self._seen: dict[str, V] = {}

    def option(self, known: Mapping[str, V], value: V | None, shown: str | None = None) -> str | None:
        """Return the option for a value; an unknown one is remembered under ``shown``, or its own text."""
        if value is None:
            return None
        found = next((option for option, choice in known.items() if choice == value), None)
        if found is None:
            found = shown or _text(value)
            if found is None or len(found) > MAX_LENGTH_STATE_STATE:
                return None
            self._seen[found] = value
            while len(self._seen) > MAX_SEEN:
                del self._seen[next(iter(self._seen))]
        return found

    def all(self, known: Mapping[str, V]) -> dict[str, V]:
        """Return all values by option: known ones, then those seen since."""
        return {**known, **{option: value for option, value in self._seen.items() if option not in known}}


def _text(value: Any) -> str | None:
    """Return a value as an option: texts as they are, several joined with a slash, numbers in short form."""
    match value:
        case bool():
            return None
        case str():
            return value or None
        case tuple():
            return "/".join(value) or None
        case int() | float():
            return f"{value:g}"
    return None


@dataclass(frozen=True, kw_only=True)
class AlexaSettingSelectDescription(SettingDescription, SelectEntityDescription):
    """A setting with options; ``values`` are Amazon's names of the options."""

    values: Mapping[str, str]
    entity_category: EntityCategory | None = EntityCategory.CONFIG


@dataclass(frozen=True, kw_only=True)
class AlexaPreferenceSelectDescription(CapableDescription, SelectEntityDescription):
    """A preference with options; ``values`` are Amazon's names of the known options."""

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
        values={"hours_12": "12_HOURS", "hours_24": "24_HOURS"},
    ),
    AlexaSettingSelectDescription(
        key="aux_direction",
        translation_key="aux_direction",
        setting=Setting.AUX_DIRECTION,
        capability="AUX_SETTINGS",
        values={"input": "INPUT", "output": "OUTPUT"},
    ),
    AlexaSettingSelectDescription(
        key="connected_speaker",
        translation_key="connected_speaker",
        setting=Setting.CONNECTED_SPEAKER,
        capability="FAR_FIELD_WAKE_WORD",
        values={"internal": "InternalSpeaker", "bluetooth": "Bluetooth", "aux": "Aux"},
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
        key="language",
        translation_key="language",
        capability="SET_LOCALE",
        value_fn=lambda preferences: preferences.locale,
        change_fn=lambda value: PreferenceChanges(locale=value),
    ),
    AlexaPreferenceSelectDescription(
        key="temperature_unit",
        translation_key="temperature_unit",
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

TIME_ZONES: Final = (
    AlexaPreferenceSelectDescription(
        key="time_zone",
        translation_key="time_zone",
        capability="TIMERS_AND_ALARMS",
        values={},
        value_fn=lambda preferences: preferences.time_zone,
        change_fn=lambda value: PreferenceChanges(time_zone=value),
    ),
)


@callback
def _async_setup_settings(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the settings of each device."""
    async_setup_settings(hass, entry, async_add_entities, SETTINGS, AlexaSettingSelect)
    async_setup_settings(hass, entry, async_add_entities, WAKE_WORDS, AlexaWakeWordSelect)
    async_setup_settings(hass, entry, async_add_entities, PREFERENCES, AlexaPreferenceSelect)
    async_setup_settings(hass, entry, async_add_entities, TIME_ZONES, AlexaTimeZoneSelect)


class CloudSelect(SelectEntity):
    """A select with Amazon's values; a value that the table lacks is shown and can be selected as it is."""

    @cached_property
    def _seen(self) -> SeenValues[str]:
        """Return the seen values that the table lacks."""
        return SeenValues()

    @property
    @abstractmethod
    def _known(self) -> Mapping[str, str]:
        """Return Amazon's values by option."""

    @property
    @abstractmethod
    def _present(self) -> object:
        """Return Amazon's current value."""

    @property
    def _values(self) -> Mapping[str, str]:
        """Return all values by option, including current and previous ones."""
        self._option()
        return self._seen.all(self._known)

    def _option(self) -> str | None:
        """Return the option of the current value."""
        return self._seen.option(self._known, self._present if isinstance(self._present, str) else None)

    @property
    @override
    def options(self) -> list[str]:
        return list(self._values)

    @property
    @override
    def current_option(self) -> str | None:
        return self._option()


class AlexaSettingSelect(SettingEntity, CloudSelect):
    """A setting with options."""

    entity_description: AlexaSettingSelectDescription

    @property
    @override
    def _known(self) -> Mapping[str, str]:
        return self.entity_description.values

    @property
    @override
    def _present(self) -> object:
        return self.setting_value

    @override
    async def async_select_option(self, option: str) -> None:
        await self.async_set_setting(self._values[option])


class AlexaWakeWordSelect(AlexaSettingSelect):
    """The wake word; the options depend on the device and take a separate request."""

    @property
    @override
    def _known(self) -> Mapping[str, str]:
        """Return the wake words as displayed, with Amazon's names of them."""
        words = self.value_of(Setting.WAKE_WORDS)
        names = words if isinstance(words, tuple) else ()
        present = (self.setting_value,) if isinstance(self.setting_value, str) else ()
        return {name.title(): name for name in dict.fromkeys((*names, *present))}


class AlexaPreferenceSelect(PreferenceEntity, CloudSelect):
    """A preference with options."""

    entity_description: AlexaPreferenceSelectDescription

    def __init__(
        self,
        entry: AlexaConfigEntry,
        settings: SettingsCoordinator,
        device: Device,
        description: AlexaPreferenceSelectDescription,
    ) -> None:
        """Initialize for a preference."""
        super().__init__(entry, settings, device, description)

    @property
    @override
    def _known(self) -> Mapping[str, str]:
        """Return Amazon's values by option; languages have their native names."""
        if (values := self.entity_description.values) is not None:
            return values
        return {locale: locale for locale in self.preferences.locales}

    @property
    @override
    def _present(self) -> object:
        return self.entity_description.value_fn(self.preferences)

    @override
    async def async_select_option(self, option: str) -> None:
        await self.async_set_preferences(self.entity_description.change_fn(self._values[option]))


class AlexaTimeZoneSelect(AlexaPreferenceSelect):
    """The time zone of a device."""

    _zones: Mapping[str, str] = MappingProxyType({})

    @override
    async def async_added_to_hass(self) -> None:
        """Load the time zones, which are in files."""
        self._zones = await _time_zones(self.hass)
        await super().async_added_to_hass()

    @property
    @override
    def _known(self) -> Mapping[str, str]:
        return self._zones


@callback
def _async_setup_smart_home(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the modes of appliances."""

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        for feature in plain_modes(appliance):
            yield f"mode_{feature.instance}", partial(AlexaMode, feature=feature)

    async_setup_appliances(hass, entry, async_add_entities, SELECT_DOMAIN, find)


class AlexaMode(AlexaApplianceEntity, SelectEntity):
    """A mode of an appliance, with Amazon's names for it and its options."""

    def __init__(self, place: Placement, *, feature: Feature) -> None:
        """Initialize for one of the appliance's modes."""
        super().__init__(place, key_of(feature, PropertyName.MODE))
        self._instance = feature.instance
        self._modes = modes_by_name(feature.modes)
        self._seen = SeenValues[str]()
        if name := name_of(feature.friendly_name):
            self._attr_name = name
        else:
            self._attr_translation_key = "mode"
            self._attr_translation_placeholders = {"instance": feature.instance}

    @property
    @override
    def current_option(self) -> str | None:
        """Return the mode; one that Amazon has not listed is shown under its raw name."""
        return self._seen.option(self._modes, self.primary if isinstance(self.primary, str) else None)

    @property
    def _values(self) -> Mapping[str, str]:
        """Return all modes by name, including current and previous ones."""
        self._seen.option(self._modes, self.primary if isinstance(self.primary, str) else None)
        return self._seen.all(self._modes)

    @property
    @override
    def options(self) -> list[str]:
        return list(self._values)

    @override
    async def async_select_option(self, option: str) -> None:
        """Set the mode; Home Assistant has checked that it is one of the options."""
        await self.async_control(SetMode(instance=self._instance, mode=self._values[option]))
