"""Screen backgrounds of the account API: endpoint and client."""

from typing import Final

from ..model.background import BackgroundApi
from ..model.devices import Device
from .endpoints import Answer, Endpoint, Host
from .session import AccountSession
from .values import address_of

SET_BACKGROUND: Final = Endpoint(
    name="set_background",
    method="POST",
    host=Host.WEBSITE,
    path="/api/background-image",
    is_write=True,
    answer=Answer.ANY,
)

BACKGROUND_ENDPOINTS: Final = (SET_BACKGROUND,)


PHOTO: Final = "JqIFZhtBTx25wLGTJGdNGQ"
"""Id sent with every custom image; constant in alexapy."""


class AccountBackground:
    """Screen backgrounds of one account; ``BackgroundApi`` documents the methods."""

    def __init__(self, session: AccountSession) -> None:
        """Initialize with the session of the account."""
        self._session = session

    async def async_set_background(self, device: Device, url: str) -> None:
        """Set the background image."""
        picture = {"backgroundImageID": PHOTO, "backgroundImageType": "PERSONAL_PHOTOS", "backgroundImageURL": url}
        await self._session.transport.async_request(SET_BACKGROUND, json={**address_of(device), **picture})


_: type[BackgroundApi] = AccountBackground
