"""Device settings, people, messages, flash briefing and screen backgrounds: models and protocols."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Any, Final, Protocol

from .devices import Device, DevicePreferences


class Setting(StrEnum):
    """A setting of a device."""

    WAKE_WORD = auto()
    """Amazon's name for the wake word, for example ALEXA."""
    WAKE_WORDS = auto()
    """Names of the available wake words."""
    BASS = auto()
    """-6 to 6, as for MID and TREBLE."""
    MID = auto()
    TREBLE = auto()
    DISPLAY_POWER = auto()
    """Whether the display is on."""
    BRIGHTNESS = auto()
    """0 to 100."""
    ADAPTIVE_BRIGHTNESS = auto()
    """Whether the brightness follows the ambient light."""
    TIME_FORMAT = auto()
    """12_HOURS or 24_HOURS."""
    ATTENTION_SPAN = auto()
    """Whether the device detects that it is spoken to without the wake word."""
    GESTURES = auto()
    """Whether the device reacts to taps."""
    CONNECTED_SPEAKER = auto()
    """Audio output: Bluetooth, InternalSpeaker or, on some devices, Aux."""
    AUX_DIRECTION = auto()
    """INPUT or OUTPUT."""
    COMMUNICATIONS = auto()
    """Whether calls and messages are enabled."""
    DROP_IN = auto()
    """All, Home or Off."""
    ANNOUNCEMENTS = auto()
    """Whether the device plays announcements."""
    WIFI_NAME = auto()
    """Name of the Wi-Fi network."""
    MAC_ADDRESS = auto()
    """MAC address in Amazon's notation."""


type SettingValue = bool | int | float | str | tuple[str, ...]
"""Value of a setting of either cloud; enumerations are strings in Amazon's spelling."""

EQUALIZER: Final = (Setting.BASS, Setting.MID, Setting.TREBLE)
MAX_GAIN: Final = 6
"""Largest absolute value of an equalizer band."""


class SettingSource(StrEnum):
    """A source of one or more settings that are read together."""

    WAKE_WORD = auto()
    WAKE_WORDS = auto()
    EQUALIZER = auto()
    DISPLAY_POWER = auto()
    BRIGHTNESS = auto()
    ADAPTIVE_BRIGHTNESS = auto()
    TIME_FORMAT = auto()
    ATTENTION_SPAN = auto()
    GESTURES = auto()
    CONNECTED_SPEAKER = auto()
    AUX = auto()
    COMMUNICATIONS = auto()
    ANNOUNCEMENTS = auto()
    WIFI = auto()

    @property
    def is_for_account(self) -> bool:
        """Return whether one response covers all devices of the account."""
        return self in (SettingSource.WAKE_WORD, SettingSource.COMMUNICATIONS)


_SHARED_SOURCES: Final = {
    Setting.BASS: SettingSource.EQUALIZER,
    Setting.MID: SettingSource.EQUALIZER,
    Setting.TREBLE: SettingSource.EQUALIZER,
    Setting.AUX_DIRECTION: SettingSource.AUX,
    Setting.DROP_IN: SettingSource.COMMUNICATIONS,
    Setting.WIFI_NAME: SettingSource.WIFI,
    Setting.MAC_ADDRESS: SettingSource.WIFI,
}
SOURCES: Final[Mapping[Setting, SettingSource]] = {
    setting: _SHARED_SOURCES.get(setting) or SettingSource(setting) for setting in Setting
}
"""Source of each setting: the one in ``_SHARED_SOURCES``, else the one with the name of the setting."""

type SettingValues = Mapping[Setting, SettingValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class PreferenceChanges:
    """Changes to the preferences of a device; ``None`` keeps a value."""

    locale: str | None = None
    time_zone: str | None = None
    temperature_scale: str | None = None
    distance_units: str | None = None
    follow_up: bool | None = None
    notification_sound: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person of the household; ``role`` is Amazon's value."""

    person_id: str
    name: str | None
    email: str | None
    role: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact of the account's Alexa app; ``in_household`` is Amazon's ``isHomeGroup``."""

    contact_id: str
    name: str | None
    in_household: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed of the flash briefing; ``raw`` is Amazon's object, which is sent back unchanged."""

    feed_id: str
    name: str
    enabled: bool
    raw: Mapping[str, Any] = field(repr=False)


class SettingsApi(Protocol):
    """The settings of an account's devices; every method raises an ``AlexaError`` on failure."""

    async def async_preferences(self) -> Mapping[str, DevicePreferences]:
        """Return the preferences of all devices by serial."""

    async def async_set_preferences(self, device: Device, changes: PreferenceChanges) -> None:
        """Change some preferences of a device; its other preferences keep their values."""

    async def async_for_account(self, source: SettingSource) -> Mapping[str, SettingValues]:
        """Read a source for all devices; return the settings by serial."""

    async def async_for_device(self, source: SettingSource, device: Device) -> SettingValues:
        """Read a source for one device; return its settings."""

    async def async_set(self, device: Device, setting: Setting, value: SettingValue, known: SettingValues) -> None:
        """Change one setting.

        ``known`` are the current settings: a change of an equalizer band requires all bands, because they are written
        together, and a change of the wake word requires the current one.
        """

    async def async_rename(self, device: Device, name: str) -> None:
        """Rename a device."""

    async def async_restart(self, device: Device) -> None:
        """Restart a device."""

    async def async_unpair_bluetooth(self, device: Device, address: str) -> None:
        """Unpair a Bluetooth device, given by its MAC address."""

    async def async_household(self) -> tuple[Person, ...]:
        """Return the people of the household."""

    async def async_contacts(self) -> tuple[Contact, ...]:
        """Return the contacts of the account's Alexa app."""

    async def async_send_message(self, message: str) -> None:
        """Send a message to the user's own household; its Echos read the message out on request.

        The request is known from one client only. Raises ``AlexaUnsupportedError`` for a day after Amazon refuses it.
        """

    async def async_feeds(self) -> tuple[Feed, ...]:
        """Return the feeds of the flash briefing: the enabled ones in their order, then the others.

        If Amazon refuses the list of all feeds, or the list cannot be parsed, only the enabled ones are returned.
        """

    async def async_set_feed(self, feed: Feed, *, enabled: bool) -> None:
        """Add a feed to the end of the flash briefing, or remove it.

        If Amazon enables other feeds than requested, the previous ones are written again and ``AlexaCommandError`` is
        raised.
        """

    async def async_announce(self, message: str, sender: str) -> None:
        """Announce a message of at most 145 characters in the household, from a sender of at most 40 characters.

        The request is known from one client only. Raises ``AlexaUnsupportedError`` for a day after Amazon refuses it.
        """


class BackgroundApi(Protocol):
    """Screen backgrounds of one account."""

    async def async_set_background(self, device: Device, url: str) -> None:
        """Set the background to the image at an https URL, which Amazon downloads; raises ``AlexaError``."""
