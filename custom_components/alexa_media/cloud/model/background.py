"""The picture behind everything on a screen."""

from typing import Protocol

from .devices import Device


class BackgroundApi(Protocol):
    """Screens of one account; every method raises an ``AlexaError``."""

    async def async_set_background(self, device: Device, url: str) -> None:
        """Show the picture at an https address, which Amazon fetches itself, as the background."""
