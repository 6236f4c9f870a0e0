"""Settings of devices, and the people of the household."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final, Protocol

from .devices import Device, DevicePreferences


class Setting(StrEnum):
    """One setting of a device; the comment says what its value is."""

    WAKE_WORD = auto()
    """Amazon's name of it, for example ALEXA."""
    WAKE_WORDS = auto()
    """The names of those that there are to choose from."""
    BASS = auto()
    """-6 to 6, as MID and TREBLE."""
    MID = auto()
    TREBLE = auto()
    DISPLAY_POWER = auto()
    """Whether the display is on."""
    BRIGHTNESS = auto()
    """0 to 100."""
    ADAPTIVE_BRIGHTNESS = auto()
    """Whether the brightness follows the light of the room."""
    TIME_FORMAT = auto()
    """12_HOURS or 24_HOURS."""
    AUX_DIRECTION = auto()
    """INPUT or OUTPUT."""
    COMMUNICATIONS = auto()
    """Whether calls and messages are possible."""
    DROP_IN = auto()
    """All, Home or Off."""
    ANNOUNCEMENTS = auto()
    """Whether announcements are heard."""
    WIFI_NAME = auto()
    """The name of the network."""
    MAC_ADDRESS = auto()
    """As Amazon writes it."""


type SettingValue = bool | int | str | tuple[str, ...]

EQUALIZER: Final = (Setting.BASS, Setting.MID, Setting.TREBLE)
GAIN: Final = 6
"""The bands of an equalizer go from minus this to this."""


class SettingSource(StrEnum):
    """What is asked for in one go."""

    WAKE_WORD = auto()
    WAKE_WORDS = auto()
    EQUALIZER = auto()
    DISPLAY_POWER = auto()
    BRIGHTNESS = auto()
    ADAPTIVE_BRIGHTNESS = auto()
    TIME_FORMAT = auto()
    AUX = auto()
    COMMUNICATIONS = auto()
    ANNOUNCEMENTS = auto()
    WIFI = auto()

    @property
    def is_for_account(self) -> bool:
        """Return whether one answer tells of all devices of the account."""
        return self in (SettingSource.WAKE_WORD, SettingSource.COMMUNICATIONS)


SOURCES: Final[Mapping[Setting, SettingSource]] = {
    Setting.WAKE_WORD: SettingSource.WAKE_WORD,
    Setting.WAKE_WORDS: SettingSource.WAKE_WORDS,
    Setting.BASS: SettingSource.EQUALIZER,
    Setting.MID: SettingSource.EQUALIZER,
    Setting.TREBLE: SettingSource.EQUALIZER,
    Setting.DISPLAY_POWER: SettingSource.DISPLAY_POWER,
    Setting.BRIGHTNESS: SettingSource.BRIGHTNESS,
    Setting.ADAPTIVE_BRIGHTNESS: SettingSource.ADAPTIVE_BRIGHTNESS,
    Setting.TIME_FORMAT: SettingSource.TIME_FORMAT,
    Setting.AUX_DIRECTION: SettingSource.AUX,
    Setting.COMMUNICATIONS: SettingSource.COMMUNICATIONS,
    Setting.DROP_IN: SettingSource.COMMUNICATIONS,
    Setting.ANNOUNCEMENTS: SettingSource.ANNOUNCEMENTS,
    Setting.WIFI_NAME: SettingSource.WIFI,
    Setting.MAC_ADDRESS: SettingSource.WIFI,
}
"""Where each setting is told."""

type SettingValues = Mapping[Setting, SettingValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceChanges:
    """What is to be different about the preferences of a device; ``None`` leaves a value alone."""

    locale: str | None = None
    time_zone: str | None = None
    temperature_scale: str | None = None
    distance_units: str | None = None
    follow_up: bool | None = None
    notification_sound: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the household; ``role`` is Amazon's own word."""

    person_id: str
    name: str | None
    email: str | None
    role: str | None


class SettingsApi(Protocol):
    """The settings of an account's devices; every method raises an ``AlexaError``."""

    async def async_preferences(self) -> Mapping[str, DevicePreferences]:
        """Return the preferences of all devices by serial."""

    async def async_set_preferences(self, device: Device, changes: PreferenceChanges) -> None:
        """Change preferences of a device; what nobody changes stays as it is at that moment."""

    async def async_for_account(self, source: SettingSource) -> Mapping[str, SettingValues]:
        """Return what a source tells of all devices, by serial."""

    async def async_for_device(self, source: SettingSource, device: Device) -> SettingValues:
        """Return what a source tells of one device."""

    async def async_set(self, device: Device, setting: Setting, value: SettingValue, known: SettingValues) -> None:
        """Change one setting; ``known`` are the present values of the device's settings.

        Of an equalizer all bands have to be known, of the wake word the present one.
        """

    async def async_rename(self, device: Device, name: str) -> None:
        """Give a device another name."""

    async def async_restart(self, device: Device) -> None:
        """Let a device start anew."""

    async def async_unpair_bluetooth(self, device: Device, address: str) -> None:
        """Make a device forget a bluetooth device, given by its MAC address."""

    async def async_household(self) -> tuple[Person, ...]:
        """Return the people of the household."""
