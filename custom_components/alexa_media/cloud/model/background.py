"""Screen backgrounds: protocol."""

from typing import Protocol

from .devices import Device


class BackgroundApi(Protocol):
    """Screen backgrounds of one account; every method raises an ``AlexaError``."""

    async def async_set_background(self, device: Device, url: str) -> None:
        """Set the background to the image at an https URL, which Amazon downloads."""
