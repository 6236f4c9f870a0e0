"""Sources and sound modes of a player."""

from collections.abc import Mapping
from typing import Final, override

from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.core import callback

from ..cloud.model.devices import BluetoothState, Device, PairedDevice, Player
from ..cloud.names import find_name
from ..coordinator.base import TopicCoordinator
from ..coordinator.runtime import AlexaConfigEntry
from ..coordinator.settings import SettingsCoordinator, equalizer_key
from ..entity import AlexaDeviceEntity, command_errors, invalid_input

# The source that is not a Bluetooth device, with alexa_media_player's name.
LOCAL_SPEAKER: Final = "Local Speaker"


class SourceSelection(AlexaDeviceEntity[Player], MediaPlayerEntity):
    """Sources of a player: the Echo itself, and the paired Bluetooth devices that can play through it."""

    def __init__(self, entry: AlexaConfigEntry, coordinator: TopicCoordinator[Player], device: Device) -> None:
        """Initialize with the Bluetooth state, because features are registered before an entity is added."""
        super().__init__(entry, coordinator, device)
        bluetooth = self.runtime.bluetooth
        self._bluetooth: BluetoothState | None = bluetooth.data.get(device.serial) if bluetooth else None

    @override
    async def async_added_to_hass(self) -> None:
        """Add a listener for the Bluetooth state."""
        await super().async_added_to_hass()
        if bluetooth := self.runtime.bluetooth:
            self._bluetooth = bluetooth.data.get(self.serial)
            self.async_on_remove(bluetooth.async_add_listener(self._async_bluetooth_changed, self.serial))

    @property
    def _paired(self) -> dict[str, PairedDevice] | None:
        """Return the paired devices by name; None while they are unknown."""
        if self._bluetooth is None or self._bluetooth.paired is None:
            return None
        return self._bluetooth.named(LOCAL_SPEAKER)

    @callback
    def _async_bluetooth_changed(self) -> None:
        """Write the state if the Bluetooth state changed; failed Bluetooth reads do not affect availability."""
        bluetooth = self.runtime.bluetooth
        state = bluetooth.data.get(self.serial) if bluetooth else None
        if state != self._bluetooth:
            self._bluetooth = state
            self.async_write_ha_state()

    async def _async_paired(self, source: str) -> dict[str, PairedDevice]:
        """Return the paired devices by name; read them first if ``source`` is missing and they may be outdated."""
        bluetooth, paired = self.runtime.bluetooth, self._paired or {}
        if bluetooth is not None and find_name((LOCAL_SPEAKER, *paired), source) is None:
            with command_errors(self.hass, self.entry):
                await bluetooth.async_make_current()
        return self._paired or {}

    @property
    @override
    def source_list(self) -> list[str] | None:
        """Return ``LOCAL_SPEAKER`` and the names of paired devices that can play through the Echo; None if unknown."""
        if (paired := self._paired) is None:
            return None
        return [LOCAL_SPEAKER, *(name for name, device in paired.items() if device.can_be_source)]

    @property
    @override
    def source(self) -> str | None:
        """Return the name of the connected source, else ``LOCAL_SPEAKER``; None while the sources are unknown."""
        if (paired := self._paired) is None:
            return None
        playing = (name for name, device in paired.items() if device.connected and device.can_be_source)
        return next(playing, LOCAL_SPEAKER)

    @override
    async def async_select_source(self, source: str) -> None:
        """Connect a paired device; selecting the Echo itself disconnects the connected one."""
        backend, paired = self.runtime.backend, await self._async_paired(source)
        if (name := find_name((LOCAL_SPEAKER, *paired), source)) is None:
            raise invalid_input("source_unknown", source=source, known=", ".join((LOCAL_SPEAKER, *paired)))
        bluetooth = self.runtime.bluetooth
        is_known = bluetooth is not None and bluetooth.is_current and self._paired is not None
        if name == LOCAL_SPEAKER and is_known and not any(device.connected for device in paired.values()):
            return
        with command_errors(self.hass, self.entry):
            if name == LOCAL_SPEAKER:
                await backend.async_disconnect_bluetooth(self.device)
            else:
                await backend.async_connect_bluetooth(self.device, paired[name].address)
        if bluetooth:
            bluetooth.async_expect(self.serial)


# Bass, midrange, treble. Amazon has not published the values of its presets, so these are the integration's own.
SOUND_MODES: Final[Mapping[str, tuple[int, int, int]]] = {
    "flat": (0, 0, 0),
    "bass": (4, 0, 0),
    "voice": (-3, 4, 1),
    "treble": (0, 0, 4),
    "night": (-5, 1, -1),
}

_BANDS: Final = frozenset({"EQUALIZER_CONTROLLER_BASS", "EQUALIZER_CONTROLLER_MIDRANGE", "EQUALIZER_CONTROLLER_TREBLE"})


class SoundModes(AlexaDeviceEntity[Player], MediaPlayerEntity):
    """Sound modes of a player: named settings of the equalizer.

    The equalizer is not polled for this alone, because that would cost one request per Echo. It becomes known when
    Amazon pushes it (whenever the Echo wakes), when a mode is selected here, or while an entity of a band is enabled.
    """

    _gains: tuple[int, int, int] | None = None

    @property
    def _equalizer(self) -> SettingsCoordinator | None:
        """Return the settings coordinator, or None if sound modes are not supported."""
        has_one = not self.device.is_group and self.device.capabilities >= _BANDS
        return self.runtime.settings if has_one else None

    @override
    async def async_added_to_hass(self) -> None:
        """Add a listener for the equalizer."""
        await super().async_added_to_hass()
        if equalizer := self._equalizer:
            self._gains = equalizer.equalizer(self.serial)
            self.async_on_remove(
                equalizer.async_add_listener(self._async_equalizer_changed, equalizer_key(self.serial))
            )

    @callback
    def _async_equalizer_changed(self) -> None:
        """Write the state if the equalizer changed."""
        equalizer = self._equalizer
        gains = equalizer.equalizer(self.serial) if equalizer else None
        if gains != self._gains:
            self._gains = gains
            self.async_write_ha_state()

    @property
    @override
    def sound_mode_list(self) -> list[str] | None:
        """Return the sound modes, or None if they are not supported."""
        return list(SOUND_MODES) if self._equalizer else None

    @property
    @override
    def sound_mode(self) -> str | None:
        """Return the sound mode that matches the equalizer; None if none matches or the equalizer is unknown."""
        return next((name for name, gains in SOUND_MODES.items() if gains == self._gains), None)

    @override
    async def async_select_sound_mode(self, sound_mode: str) -> None:
        """Set the equalizer to the values of a sound mode."""
        if (equalizer := self._equalizer) is None or (name := find_name(SOUND_MODES, sound_mode)) is None:
            raise invalid_input("sound_mode_unknown", mode=sound_mode, known=", ".join(SOUND_MODES))
        with command_errors(self.hass, self.entry):
            await equalizer.async_set_equalizer(self.device, SOUND_MODES[name])
