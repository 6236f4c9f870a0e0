"""Select platform."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any, Final, override
from zoneinfo import available_timezones

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import MAX_LENGTH_STATE_STATE, EntityCategory
from homeassistant.core import callback

from .cloud.model.alarms import AlarmTone
from .cloud.model.appliances import Appliance, Feature, PropertyName, SetMode
from .cloud.model.property import LOCALES
from .cloud.model.settings import Setting, SettingValue
from .cloud.names import by_name
from .const import CONF_DEFAULT_DEVICE
from .coordinator.alarms import AlarmSounds, AlarmSoundsCoordinator
from .coordinator.devices import DevicesCoordinator
from .coordinator.runtime import AlexaConfigEntry, AlexaRuntimeData
from .entity import (
    AccountEntity,
    AlexaDeviceEntity,
    CapableDescription,
    EntityAdder,
    command_errors,
    invalid_input,
    platform_setup,
)
from .features.alarms import async_choose_default, default_choices
from .features.appliances import AlexaApplianceEntity, EntityFactory, Placement, add_appliances, key_of
from .features.kids import KidsEntity, async_disable_kids, async_enable_kids, has_kids
from .features.roles import modes_by_name, plain_modes
from .features.settings import (
    AlexaSetting,
    Preference,
    PreferenceEntity,
    PropertySettingEntity,
    SettingDescription,
    SettingEntity,
    has_setting,
    is_single,
)

PARALLEL_UPDATES = 0


@platform_setup
def async_setup_entry(add: EntityAdder, data: AlexaRuntimeData) -> None:
    """Set up the select entities that the account supports."""
    if data.alarm_sounds is not None:
        add.devices(data.alarm_sounds, AlexaDefaultSoundSelect, (DEFAULT_SOUND,))
        add.account(AlexaDefaultDeviceSelect(add.entry))
    add.devices(data.kids, AlexaKidsSelect, (KIDS,), has_kids)
    add.devices(data.settings, AlexaSettingSelect, SETTINGS, is_single)
    add.devices(data.settings, AlexaWakeWordSelect, (WAKE_WORD,), is_single)
    add.devices(data.settings, AlexaPreferenceSelect, PREFERENCES, is_single)
    add.devices(data.device_settings, AlexaPropertySettingSelect, PROPERTY_SETTINGS, has_setting, data.device_settings)
    add_appliances(add, _modes)


@dataclass(frozen=True, kw_only=True)
class AlexaSelectDescription(CapableDescription, SelectEntityDescription):
    """Description of a select of a device with a capability."""


# Costs two requests per device, so it is disabled by default.
DEFAULT_SOUND: Final = AlexaSelectDescription(
    key="default_sound",
    capability="CUSTOM_ALARM_TONE",
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
)


class AlexaDefaultDeviceSelect(AccountEntity[DevicesCoordinator], SelectEntity):
    """Selects the default Echo of the account, for actions, calendar events, conversations and routines without one.

    The selection is stored in the options of the account.
    """

    key = "default_device"
    _attr_translation_key = key
    _attr_entity_category = EntityCategory.CONFIG

    def __init__(self, entry: AlexaConfigEntry) -> None:
        """Initialize for the account."""
        super().__init__(entry, entry.runtime_data.devices)
        self._shown = self._choices

    @override
    @callback
    def _handle_coordinator_update(self) -> None:
        """Write the state if the possible devices, their names or the selected one changed."""
        if (choices := self._choices) != self._shown:
            self._shown = choices
            self.async_write_ha_state()

    @property
    def _choices(self) -> tuple[dict[str, str], str | None]:
        """Return the serials of the possible devices by name, and the selected serial or None."""
        return default_choices(self.entry), self.entry.options.get(CONF_DEFAULT_DEVICE)

    @property
    @override
    def available(self) -> bool:
        """Return True, because the value is stored locally."""
        return True

    @property
    @override
    def options(self) -> list[str]:
        return list(self._choices[0])

    @property
    @override
    def current_option(self) -> str | None:
        """Return the name of the selected device, or None if none is selected or the selected one is not an option."""
        names, chosen = self._choices
        return next((name for name, serial in names.items() if serial == chosen), None)

    @override
    async def async_select_option(self, option: str) -> None:
        async_choose_default(self.hass, self.entry, self._choices[0][option])


class AlexaDefaultSoundSelect(AlexaDeviceEntity[AlarmSounds], SelectEntity):
    """Selects the default alarm sound of a device."""

    coordinator: AlarmSoundsCoordinator

    def _named(self) -> dict[str, AlarmTone]:
        """Return the sounds by name; the id is added to a name that is taken."""
        # The current sound is an option even if the list lacks it.
        sounds = (*self.value.sounds, self.value.default) if self.value else ()
        return by_name(
            (sound.name, f"{sound.name} ({sound.sound_id})"[:MAX_LENGTH_STATE_STATE], sound)
            for sound in dict.fromkeys(sounds)
            if sound is not None
        )

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
        """Set the default sound, and read the sounds again."""
        sound = self._named().get(option)
        if sound is None:
            known = ", ".join(self._named())
            raise invalid_input("alarm_sound_unknown", device=self.device.name, sound=option, known=known)
        with command_errors(self.hass, self.entry):
            await self.coordinator.api.async_set_default_sound(self.device, sound)
        await self.coordinator.async_refresh_shared()


KIDS: Final = SelectEntityDescription(
    key="kids_child",
    entity_category=EntityCategory.CONFIG,
    entity_registry_enabled_default=False,
)

_NO_CHILD: Final = "none"


class AlexaKidsSelect(KidsEntity, SelectEntity):
    """The child that the device is assigned to."""

    def _named(self) -> dict[str, str]:
        """Return the ids of the children by option."""
        children = (
            (child.name, f"{child.name} ({child.child_id})", child.child_id) for child in self.coordinator.children
        )
        return by_name(children, reserved=_NO_CHILD)

    @override
    async def async_added_to_hass(self) -> None:
        """Request that the children are read as well."""
        self.coordinator.with_child = True
        await super().async_added_to_hass()

    @property
    @override
    def options(self) -> list[str]:
        return [_NO_CHILD, *self._named()]

    @property
    @override
    def current_option(self) -> str | None:
        if self.value is None or not self.value.enabled:
            return None if self.value is None else _NO_CHILD
        return next((name for name, child_id in self._named().items() if child_id == self.value.child_id), None)

    @override
    async def async_select_option(self, option: str) -> None:
        """Assign the device to a child, or remove the assignment."""
        if option == _NO_CHILD:
            await async_disable_kids(self.hass, self.entry, self.device)
        else:
            await async_enable_kids(self.hass, self.entry, self.device, self._named()[option])


type Choices = Mapping[str, SettingValue]
"""Amazon's values by option of a select."""


@dataclass(frozen=True, kw_only=True)
class AlexaSettingSelectDescription[S: str](SettingDescription[S], SelectEntityDescription):
    """Description of a setting with options; ``choices`` is None if they are only known at run time."""

    choices: Choices | None = None


TIME_ZONE: Final = "time_zone"

_TIME_FORMATS: Final[Choices] = {"hours_12": "12_HOURS", "hours_24": "24_HOURS"}
_TEMPERATURE_UNITS: Final[Choices] = {"celsius": "CELSIUS", "fahrenheit": "FAHRENHEIT"}
_DISTANCE_UNITS: Final[Choices] = {"metric": "METRIC", "imperial": "IMPERIAL"}

SETTINGS: Final = tuple(
    AlexaSettingSelectDescription(key=key, setting=setting, capability=capability, choices=choices)
    for key, setting, capability, choices in (
        ("time_format", Setting.TIME_FORMAT, "CLOCK_FORMAT_24_HR", _TIME_FORMATS),
        ("aux_direction", Setting.AUX_DIRECTION, "AUX_SETTINGS", {"input": "INPUT", "output": "OUTPUT"}),
        (
            "connected_speaker",
            Setting.CONNECTED_SPEAKER,
            "FAR_FIELD_WAKE_WORD",
            {"internal": "InternalSpeaker", "bluetooth": "Bluetooth", "aux": "Aux"},
        ),
        ("drop_in", Setting.DROP_IN, "FAR_FIELD_WAKE_WORD", {"all": "All", "home": "Home", "off": "Off"}),
    )
)

WAKE_WORD: Final = AlexaSettingSelectDescription(
    key="wake_word",
    setting=Setting.WAKE_WORD,
    also=(Setting.WAKE_WORDS,),
    capability="MULTI_WAKEWORDS_SUPPORTED",
)

_PREFERENCES: Final[tuple[tuple[str, Preference, str, Choices | None], ...]] = (
    ("language", "locale", "SET_LOCALE", None),
    ("temperature_unit", "temperature_scale", "FAR_FIELD_WAKE_WORD", _TEMPERATURE_UNITS),
    ("distance_units", "distance_units", "FAR_FIELD_WAKE_WORD", _DISTANCE_UNITS),
    (TIME_ZONE, "time_zone", "TIMERS_AND_ALARMS", None),
)
PREFERENCES: Final = tuple(
    AlexaSettingSelectDescription(key=key, setting=setting, capability=capability, choices=choices)
    for key, setting, capability, choices in _PREFERENCES
)

# Amazon's table has five languages and four pairs. The examples also use de-DE and es-US. The other languages are those
# of countries in which Smart Properties are offered.
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
    *(
        AlexaSettingSelectDescription(key=key, setting=setting, choices=choices, entity_registry_enabled_default=True)
        for key, setting, choices in (
            (
                "wake_word",
                "SpeechRecognizer.wakeWords",
                {word.lower(): (word,) for word in ("ALEXA", "AMAZON", "COMPUTER", "ECHO")},
            ),
            # The preferred language first.
            ("language", LOCALES, {"/".join(locales): locales for locales in _LANGUAGES}),
            ("speaking_rate", "SpeechSynthesizer.speakingRate", {f"{rate:g}": rate for rate in _RATES}),
            ("time_format", "Alexa.DataFormat.Time.timeFormat", _TIME_FORMATS),
            ("temperature_unit", "System.temperatureUnit", _TEMPERATURE_UNITS),
            ("distance_units", "System.distanceUnits", _DISTANCE_UNITS),
        )
    ),
    AlexaSettingSelectDescription(key=TIME_ZONE, setting="System.timeZone"),
)


MAX_SEEN: Final = 20
"""Maximum number of unknown values stored per entity."""


def _text(value: Any) -> str | None:
    """Return a value as an option: text unchanged, several texts joined with a slash, numbers in short form.

    Return None for any other value, for an empty text, and for a text that is too long for a state.
    """
    text = ""
    match value:
        case bool():
            return None
        case str():
            text = value
        case tuple():
            text = "/".join(value)
        case int() | float():
            text = f"{value:g}"
    return text if 0 < len(text) <= MAX_LENGTH_STATE_STATE else None


class CloudSelect(SelectEntity, AlexaSetting):
    """Base class for selects whose options also include the latest values that are missing from ``known``."""

    @cached_property
    def _seen(self) -> dict[str, SettingValue]:
        """Return the latest values that are missing from ``known``, by option."""
        return {}

    @property
    @abstractmethod
    def known(self) -> Choices:
        """Return the known values by option."""

    @property
    def _values(self) -> Choices:
        """Return the known values and the latest unknown ones, by option."""
        self._take_present()
        known = self.known
        return {**known, **{option: value for option, value in self._seen.items() if option not in known}}

    @property
    @override
    def options(self) -> list[str]:
        return list(self._values)

    @property
    @override
    def current_option(self) -> str | None:
        return self._take_present()

    def _take_present(self) -> str | None:
        """Return the option of the current value, or None; a value missing from ``known`` is stored under its text.

        A missing value whose text is the option of another value has no option.
        """
        if (value := self.present) is None:
            return None
        known = self.known
        if (found := next((option for option, choice in known.items() if choice == value), None)) is not None:
            return found
        if (text := _text(value)) is None or text in known:
            return None
        self._seen[text] = value
        while len(self._seen) > MAX_SEEN:
            del self._seen[next(iter(self._seen))]
        return text

    @override
    async def async_select_option(self, option: str) -> None:
        await self.async_write(self._values[option])


class _SettingSelect(CloudSelect):
    """Base class for settings whose options come from the description or, for a time zone, from disk."""

    entity_description: AlexaSettingSelectDescription[Any]
    _zones: Choices = MappingProxyType({})

    @override
    async def async_added_to_hass(self) -> None:
        """For a time zone, load the options in the executor."""
        if self.entity_description.key == TIME_ZONE:
            zones = await self.hass.async_add_executor_job(available_timezones)
            self._zones = {zone: zone for zone in sorted(zones)}
        await super().async_added_to_hass()

    @property
    @override
    def known(self) -> Choices:
        return self._zones if self.entity_description.choices is None else self.entity_description.choices


class AlexaSettingSelect(_SettingSelect, SettingEntity):
    """A device setting with options."""

    entity_description: AlexaSettingSelectDescription[Setting]


class AlexaWakeWordSelect(AlexaSettingSelect):
    """Selects the wake word; the options depend on the device."""

    @property
    @override
    def known(self) -> Choices:
        """Return Amazon's wake words by displayed name."""
        words = self.value_of(Setting.WAKE_WORDS)
        names = words if isinstance(words, tuple) else ()
        present = (self.present,) if isinstance(self.present, str) else ()
        return {name.title(): name for name in dict.fromkeys((*names, *present))}


class AlexaPreferenceSelect(_SettingSelect, PreferenceEntity):
    """A device preference with options; languages are the locales that Amazon lists for the device."""

    entity_description: AlexaSettingSelectDescription[Preference]

    @property
    @override
    def known(self) -> Choices:
        if self.entity_description.setting == "locale":
            return {locale: locale for locale in self.preferences.locales}
        return super().known


class AlexaPropertySettingSelect(_SettingSelect, PropertySettingEntity):
    """A setting of a property's Echo, with a list of options."""

    entity_description: AlexaSettingSelectDescription[str]


def _modes(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
    """Yield the key and factory of a select for each writable mode that has no other role."""
    for feature in plain_modes(appliance):
        yield f"mode_{feature.instance}", partial(AlexaMode, feature=feature)


class AlexaMode(AlexaApplianceEntity, CloudSelect):
    """A mode of an appliance; its options are Amazon's."""

    def __init__(self, place: Placement, *, feature: Feature) -> None:
        """Initialize for one of the appliance's mode features."""
        super().__init__(place, key_of(feature, PropertyName.MODE))
        self._instance = feature.instance
        self._modes = modes_by_name(feature.modes)
        self._take_name(feature, "mode")

    @property
    @override
    def known(self) -> Mapping[str, SettingValue]:
        return self._modes

    @property
    @override
    def present(self) -> SettingValue | None:
        return self.primary if isinstance(self.primary, str) else None

    @override
    async def async_write(self, value: SettingValue) -> None:
        await self.async_control(SetMode(instance=self._instance, mode=str(value)))
