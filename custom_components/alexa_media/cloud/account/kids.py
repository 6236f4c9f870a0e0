"""Amazon Kids in the account API: endpoints, parsers, client."""

from typing import Any, Final

from ..errors import AlexaBadResponseError, AlexaConnectionError
from ..json import mapping, mappings, name, reading, text
from ..model.devices import Child, Device, KidsApi
from .endpoints import Answer, Endpoint, Host, Write
from .parse import address_of, place_of, required_list
from .session import AccountClient

KIDS_MODE: Final = Endpoint("kids_mode", "GET", "/api/device/op-mode")
DISABLE_KIDS: Final = Write("disable_kids", "POST", "/api/unassign-device-from-child/{serial}/{type}")
CHILDREN: Final = Endpoint("children", "GET", "/ajax/get-household-with-age", host=Host.PARENTS)
DEVICE_CHILD: Final = Endpoint("device_child", "GET", "/ajax/get-oobe-device-data", host=Host.PARENTS)
KIDS_PAGE: Final = Endpoint(
    "kids_page", "GET", "/oobe/brownie/start/{type}/{serial}", host=Host.PARENTS, answer=Answer.PAGE
)
"""Page that sets the csrf cookie required by ``ENABLE_KIDS``."""
ENABLE_KIDS: Final = Write("enable_kids", "POST", "/ajax/assign-device-to-child", host=Host.PARENTS)


def parse_kids_mode(data: Any) -> bool:
    """Parse whether Amazon Kids is enabled on a device; raises ``AlexaBadResponseError``."""
    value = reading(mapping(data).get("isChildDirectedDevice"))
    if value is None:
        raise KIDS_MODE.error(AlexaBadResponseError, "was answered without isChildDirectedDevice")
    return value


def parse_children(data: Any) -> tuple[Child, ...]:
    """Parse the children of a household, possibly none; raises ``AlexaBadResponseError``."""
    return tuple(
        Child(child_id=child_id, name=name(member.get("firstName")) or child_id)
        for member in mappings(required_list(data, "members", CHILDREN))
        if member.get("role") == "CHILD" and (child_id := text(member.get("directedId")))
    )


def parse_device_child(data: Any) -> str | None:
    """Parse the id of the child that a device is assigned to, or None."""
    return text(mapping(data).get("childDirectedId")) or None


CSRF_COOKIE: Final = "ft-panda-csrf-token"
"""Name of the separate csrf cookie of the parents site."""


class AccountKids(AccountClient):
    """Amazon Kids of one account; ``KidsApi`` documents the methods."""

    async def async_kids_mode(self, device: Device) -> bool:
        """Return whether Amazon Kids is enabled on a device."""
        return await self._transport.async_read(KIDS_MODE, parse_kids_mode, query=address_of(device))

    async def async_children(self) -> tuple[Child, ...]:
        """Return the children of the household."""
        return await self._transport.async_read(CHILDREN, parse_children)

    async def async_child(self, device: Device) -> str | None:
        """Return the id of the child that a device is assigned to, or None."""
        query = {"deviceId": device.serial, "deviceTypeId": device.device_type}
        with self._transport.unproven.attempt(DEVICE_CHILD.name, device.serial):
            return await self._transport.async_read(DEVICE_CHILD, parse_device_child, query=query)

    async def async_enable_kids(self, device: Device, child: Child) -> None:
        """Turn on Amazon Kids on a device for a child."""
        transport, place = self._transport, place_of(device)
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
        """Turn off Amazon Kids on a device."""
        await self._transport.async_request(DISABLE_KIDS, params=place_of(device))


_: type[KidsApi] = AccountKids
