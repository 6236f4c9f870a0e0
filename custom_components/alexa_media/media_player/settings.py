"""What can be asked of a device beside its player: Do Not Disturb for a time, and forgetting a bluetooth device."""

from datetime import time, timedelta
from typing import Final

from ..backend import DoNotDisturb
from ..entity import command_errors, invalid_input
from ..names import meant
from .sound_mode import SoundModes
from .sources import SourceSelection

LONGEST_DND: Final = timedelta(hours=12)


class DeviceSettings(SourceSelection, SoundModes):
    """Actions of a player that set something of its device."""

    async def async_set_do_not_disturb(
        self, *, enabled: bool = True, duration: timedelta | None = None, until: time | None = None
    ) -> None:
        """Switch Do Not Disturb, on also for a time; Amazon ends it by itself, and pushes that it did."""
        dnd, device = self.runtime.dnd, self.device
        if (duration or until) and not enabled:
            raise invalid_input("dnd_off_for_a_time")
        if duration is not None and until is not None:
            raise invalid_input("dnd_two_ends")
        if duration is not None and not timedelta(seconds=1) <= duration <= LONGEST_DND:
            raise invalid_input("dnd_duration_invalid")
        if until is not None and device.time_zone is None:
            raise invalid_input("dnd_time_zone_unknown", name=device.name)
        if dnd is None:
            raise invalid_input("dnd_unknown", name=device.name)
        if duration is None and until is None:
            with command_errors(self.hass, self.entry):
                await self.runtime.backend.async_set_dnd(device, enabled)
        else:
            await self.async_command(DoNotDisturb(duration=duration, until=until))
        # The push may be faster than the answer.
        if dnd.data.get(self.serial) is not enabled:
            dnd.async_expect(self.serial)

    async def async_unpair_bluetooth(self, source: str) -> None:
        """Make the device forget what is paired under a name."""
        paired, settings = self._paired or {}, self.runtime.backend.settings
        if settings is None or (name := meant(paired, source)) is None:
            raise invalid_input("source_unknown", source=source, known=", ".join(paired))
        with command_errors(self.hass, self.entry):
            await settings.async_unpair_bluetooth(self.device, paired[name].address)
        if self.runtime.bluetooth:
            # nothing is pushed about that
            self.runtime.bluetooth.async_hint()
