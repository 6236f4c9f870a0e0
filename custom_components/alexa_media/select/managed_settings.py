"""Settings of an Echo with several values to choose from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, override
from zoneinfo import available_timezones

from homeassistant.components.select import SelectEntity, SelectEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from ..backend.management import LOCALES, SettingValue
from ..coordinator import AlexaConfigEntry, DeviceSettingsCoordinator
from ..models import Device
from ..setting_entity import AlexaSettingEntity, async_setup_settings
from .seen import SeenValues


@dataclass(frozen=True, kw_only=True)
class SettingSelectDescription(SelectEntityDescription):
    """A setting and its options: ``choices`` are values by option, ``None`` for the time zones."""

    choices: Mapping[str, SettingValue] | None
    entity_category: EntityCategory | None = EntityCategory.CONFIG


def _select(key: str, **choices: SettingValue) -> SettingSelectDescription:
    return SettingSelectDescription(key=key, translation_key=key, choices=choices)


# Amazon's table has five languages and four pairs. Its examples have de-DE and es-US too, and
# the service is offered in countries that speak the others.
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
            # the preferred one first
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

    def __init__(
        self,
        entry: AlexaConfigEntry,
        coordinator: DeviceSettingsCoordinator,
        device: Device,
        description: SettingSelectDescription,
        setting: str,
    ) -> None:
        """Show a setting by its key at Amazon."""
        super().__init__(entry, coordinator, device, description, setting)
        self._known: Mapping[str, SettingValue] = description.choices or {}
        self._seen = SeenValues[SettingValue]()

    @override
    async def async_added_to_hass(self) -> None:
        """Learn the time zones, which stand in files."""
        await super().async_added_to_hass()
        if self.entity_description.choices is None:
            zones = await self.hass.async_add_executor_job(available_timezones)
            self._known = {zone: zone for zone in sorted(zones)}

    @property
    @override
    def current_option(self) -> str | None:
        """Return what Amazon says."""
        return self._seen.option(self._known, self.setting)

    @property
    def _values(self) -> Mapping[str, SettingValue]:
        """Return all values by option, with what is set."""
        self._seen.option(self._known, self.setting)
        return self._seen.all(self._known)

    @property
    @override
    def options(self) -> list[str]:
        """Return what can be chosen: also what is set, and what was set before."""
        return list(self._values)

    @override
    async def async_select_option(self, option: str) -> None:
        """Set it."""
        await self.async_set(self._values[option])
