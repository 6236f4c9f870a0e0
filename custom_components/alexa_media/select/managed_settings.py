"""Settings of an Echo with several values to choose from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, override
from zoneinfo import available_timezones

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..backend.management import LOCALES, SettingValue
from ..coordinator import AlexaConfigEntry
from ..setting_entity import AlexaSettingEntity, async_setup_settings


def _locales_text(value: SettingValue) -> str | None:
    """Return one or two languages as one option, the preferred one first."""
    return "/".join(value) if isinstance(value, tuple) and value else None


def _locales_value(text: str) -> SettingValue:
    """Return the languages of an option."""
    return tuple(text.split("/"))


def _plain_text(value: SettingValue) -> str | None:
    """Return a text as the option that it is."""
    return value if isinstance(value, str) else None


def _plain_value(text: str) -> SettingValue:
    """Return an option as the text that it is."""
    return text


@dataclass(frozen=True, kw_only=True)
class SettingSelectDescription(SelectEntityDescription):
    """A setting and its options.

    ``choices`` are values by option; a value that is none of them is shown by ``text_fn``
    and can be chosen again, which ``value_fn`` undoes. Without ``text_fn`` it is not shown.
    """

    choices: Mapping[str, SettingValue]
    text_fn: Callable[[SettingValue], str | None] | None = None
    value_fn: Callable[[str], SettingValue] = _plain_value
    entity_category: EntityCategory | None = EntityCategory.CONFIG


def _select(key: str, **choices: SettingValue) -> SettingSelectDescription:
    return SettingSelectDescription(key=key, translation_key=key, choices=choices)


_LOCALES: Final = (
    *("en-CA", "en-GB", "en-US", "fr-CA", "fr-FR"),
    *("en-US/fr-FR", "fr-FR/en-US", "en-CA/fr-CA", "fr-CA/en-CA"),
)
_RATES: Final = (0.75, 0.85, 1.0, 1.25, 1.5, 1.75, 2.0)

SETTINGS: Final = (
    (
        "SpeechRecognizer.wakeWords",
        _select("wake_word", alexa=("ALEXA",), amazon=("AMAZON",), computer=("COMPUTER",), echo=("ECHO",)),
    ),
    (
        LOCALES,
        SettingSelectDescription(
            key="language",
            translation_key="language",
            choices={text: _locales_value(text) for text in _LOCALES},
            text_fn=_locales_text,
            value_fn=_locales_value,
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
            choices={},
            text_fn=_plain_text,
            entity_registry_enabled_default=False,
        ),
    ),
)
"""By their keys at Amazon."""


@callback
def async_setup(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    async_setup_settings(hass, entry, async_add_entities, SETTINGS, AlexaSettingSelect)


class AlexaSettingSelect(AlexaSettingEntity, SelectEntity):
    """A setting with options; what is set is always one of them."""

    entity_description: SettingSelectDescription
    _zones: Sequence[str] = ()

    @override
    async def async_added_to_hass(self) -> None:
        """Learn the time zones, which stand in files."""
        await super().async_added_to_hass()
        if not self.entity_description.choices:
            self._zones = sorted(await self.hass.async_add_executor_job(available_timezones))

    @property
    @override
    def current_option(self) -> str | None:
        """Return what Amazon says."""
        value, description = self.setting, self.entity_description
        if value is None:
            return None
        known = (text for text, choice in description.choices.items() if choice == value)
        return next(known, description.text_fn(value) if description.text_fn else None)

    @property
    @override
    def options(self) -> list[str]:
        """Return what can be chosen, and what is set."""
        options = list(self.entity_description.choices) or list(self._zones)
        current = self.current_option
        return options if current is None or current in options else [*options, current]

    @override
    async def async_select_option(self, option: str) -> None:
        """Set it."""
        description = self.entity_description
        value = description.choices.get(option)
        await self.async_set(description.value_fn(option) if value is None else value)
