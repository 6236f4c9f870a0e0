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
"""The id that goes with every picture of one's own; known from alexapy, where it never changes."""


class AccountBackground:
    """The screens of one account; see ``BackgroundApi``."""

    def __init__(self, session: AccountSession) -> None:
        """Use a session."""
        self._session = session

    async def async_set_background(self, device: Device, url: str) -> None:
        """Show a picture as the background."""
        picture = {"backgroundImageID": PHOTO, "backgroundImageType": "PERSONAL_PHOTOS", "backgroundImageURL": url}
        await self._session.transport.async_request(SET_BACKGROUND, json={**address_of(device), **picture})


_: type[BackgroundApi] = AccountBackground
