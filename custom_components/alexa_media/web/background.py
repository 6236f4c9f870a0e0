"""The background of screens through the account API."""

from typing import Final

from custom_components.alexa_media.backend.background import BackgroundApi
from custom_components.alexa_media.models import Device

from .addressing import address_of
from .endpoints.background import SET_BACKGROUND
from .session import WebSession

PHOTO: Final = "JqIFZhtBTx25wLGTJGdNGQ"
"""The id that goes with every picture of one's own; known from alexapy, where it never changes."""


class WebBackground:
    """The screens of one account; see ``BackgroundApi``."""

    def __init__(self, session: WebSession) -> None:
        """Use a session."""
        self._session = session

    async def async_set_background(self, device: Device, url: str) -> None:
        """Show a picture as the background."""
        picture = {"backgroundImageID": PHOTO, "backgroundImageType": "PERSONAL_PHOTOS", "backgroundImageURL": url}
        await self._session.transport.async_request(SET_BACKGROUND, json={**address_of(device), **picture})


_: type[BackgroundApi] = WebBackground
