"""What plays through an Echo by bluetooth, and choosing it."""

from typing import Final, override

from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.core import callback

from ..entity import AlexaDeviceEntity, command_errors, invalid_input
from ..models import BluetoothState, PairedDevice, Player
from ..names import meant

# The source that is no bluetooth device, as alexa_media_player names it.
LOCAL_SPEAKER: Final = "Local Speaker"


class SourceSelection(AlexaDeviceEntity[Player], MediaPlayerEntity):
    """The sources of a player: the Echo itself, and what is paired with it."""

    _bluetooth: BluetoothState | None = None

    @override
    async def async_added_to_hass(self) -> None:
        """Also follow what is connected by bluetooth."""
        await super().async_added_to_hass()
        if bluetooth := self.runtime.bluetooth:
            self._bluetooth = bluetooth.data.get(self.serial)
            self.async_on_remove(bluetooth.async_add_listener(self._async_bluetooth_changed, self.serial))

    @property
    def _paired(self) -> dict[str, PairedDevice] | None:
        """Return what is paired by name; ``None`` where the device has never told."""
        if self._bluetooth is None or self._bluetooth.paired is None:
            return None
        return self._bluetooth.named(LOCAL_SPEAKER)

    @callback
    def _async_bluetooth_changed(self) -> None:
        """Show what is connected now; whether bluetooth can be read is nothing that a player shows."""
        bluetooth = self.runtime.bluetooth
        state = bluetooth.data.get(self.serial) if bluetooth else None
        if state != self._bluetooth:
            self._bluetooth = state
            self.async_write_ha_state()

    @property
    @override
    def source_list(self) -> list[str] | None:
        """Return the Echo itself and what can play through it."""
        if (paired := self._paired) is None:
            return None
        return [LOCAL_SPEAKER, *(name for name, device in paired.items() if device.can_be_source)]

    @property
    @override
    def source(self) -> str | None:
        """Return what plays through the Echo, or the Echo itself."""
        if (paired := self._paired) is None:
            return None
        playing = (name for name, device in paired.items() if device.connected and device.can_be_source)
        return next(playing, LOCAL_SPEAKER)

    @override
    async def async_select_source(self, source: str) -> None:
        """Connect a paired device, a loudspeaker too; the Echo itself disconnects what is connected."""
        backend, paired = self.runtime.backend, self._paired or {}
        if (name := meant((LOCAL_SPEAKER, *paired), source)) is None:
            raise invalid_input("source_unknown", source=source, known=", ".join((LOCAL_SPEAKER, *paired)))
        with command_errors(self.hass, self.entry):
            if name == LOCAL_SPEAKER:
                await backend.async_disconnect_bluetooth(self.device)
            else:
                await backend.async_connect_bluetooth(self.device, paired[name].address)
        if self.runtime.bluetooth:
            self.runtime.bluetooth.async_expect(self.serial)
