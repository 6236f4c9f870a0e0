"""Amazon Kids through the account API and the pages for parents."""

from typing import Final

from custom_components.alexa_media.backend.kids import Child, KidsApi
from custom_components.alexa_media.errors import AlexaConnectionError
from custom_components.alexa_media.models import Device

from .addressing import address_of, place_of
from .endpoints import Host
from .endpoints.kids import CHILDREN, DISABLE_KIDS, ENABLE_KIDS, KIDS_MODE, KIDS_PAGE
from .parse_kids import parse_children, parse_kids_mode
from .session import WebSession

CSRF_COOKIE: Final = "ft-panda-csrf-token"
"""The pages for parents have a csrf cookie of their own."""


class WebKids:
    """Amazon Kids of one account; see ``KidsApi``."""

    def __init__(self, session: WebSession) -> None:
        """Use a session."""
        self._session = session

    async def async_kids_mode(self, device: Device) -> bool:
        """Return whether a device is a child's."""
        return await self._session.transport.async_read(KIDS_MODE, parse_kids_mode, query=address_of(device))

    async def async_children(self) -> tuple[Child, ...]:
        """Return the children of the household."""
        return await self._session.transport.async_read(CHILDREN, parse_children)

    async def async_enable_kids(self, device: Device, child: Child) -> None:
        """Give a device to a child; the page before it sets the cookie that has to be repeated."""
        transport, place = self._session.transport, place_of(device)
        await transport.async_request(KIDS_PAGE, params=place)
        if (csrf := self._session.cookie(Host.PARENTS, CSRF_COOKIE)) is None:
            raise AlexaConnectionError(
                "Amazon gives no csrf cookie for parents", endpoint=KIDS_PAGE.label, code="csrf", sent=False
            )
        parents = self._session.base_url(Host.PARENTS)
        page = parents + KIDS_PAGE.path.format_map(place)
        await transport.async_request(
            ENABLE_KIDS,
            json={"deviceId": device.serial, "deviceTypeId": device.device_type, "childDirectedId": child.child_id},
            headers={"x-amzn-csrf": csrf, "Origin": parents, "Referer": page},
        )

    async def async_disable_kids(self, device: Device) -> None:
        """Take a device from whichever child has it."""
        await self._session.transport.async_request(DISABLE_KIDS, params=place_of(device))


_: type[KidsApi] = WebKids
