"""What a player is asked for that is no command to its Echo: routines, Amazon Kids, the picture on its screen."""

from typing import Final

from homeassistant.components.media_player import MediaPlayerEntity
from homeassistant.core import ServiceResponse
from yarl import URL

from ..entity import AlexaDeviceEntity, command_errors, invalid_input
from ..kids import async_disable_kids, async_enable_kids
from ..models import Device, DeviceFamily, Player
from ..routines import async_run_routine

_SCREENS: Final = (DeviceFamily.KNIGHT, DeviceFamily.ROOK)


class AccountActions(AlexaDeviceEntity[Player], MediaPlayerEntity):
    """Things that the account does with an Echo."""

    async def async_run_routine(self, routine: str) -> ServiceResponse:
        """Run a routine here, given by its name, an utterance or its id (``alexa_media.run_routine``)."""
        found = await async_run_routine(self.hass, self.entry, routine, self.device)
        return {"id": found.routine_id, "name": found.name}

    async def async_amazon_kids_enable(self, child: str) -> None:
        """Give the device to a child, by name or id (``alexa_media.amazon_kids_enable``)."""
        await async_enable_kids(self.hass, self.entry, self.device, child)

    async def async_amazon_kids_disable(self) -> None:
        """Take the device from whichever child has it (``alexa_media.amazon_kids_disable``)."""
        await async_disable_kids(self.hass, self.entry, self.device)

    async def async_set_background(self, address: str) -> None:
        """Show the picture at an https address as the background of the screen."""
        background = self.runtime.backend.background
        if background is None or not _has_screen(self.device):
            raise invalid_input("image_no_screen", device=self.device.name)
        if (url := _https(address)) is None:
            raise invalid_input("image_address", address=address)
        with command_errors(self.hass, self.entry):
            await background.async_set_background(self.device, url)


def _has_screen(device: Device) -> bool:
    """Return whether a device has a screen, by what it can do or by its family."""
    return device.family in _SCREENS or any(name.startswith("DISPLAY_") for name in device.capabilities)


def _https(address: str) -> str | None:
    """Return an https address, ``None`` for anything else: Amazon fetches from nowhere else."""
    try:
        url = URL(address.strip())
    except ValueError:
        return None
    return str(url) if url.scheme == "https" and url.host else None
