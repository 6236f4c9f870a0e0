"""Amazon Kids: models and protocol."""

from dataclasses import dataclass
from typing import Protocol

from .devices import Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child of the Amazon household; ``child_id`` is Amazon's ``directedId``."""

    child_id: str
    name: str


class KidsApi(Protocol):
    """Amazon Kids of one account; every method raises an ``AlexaError``."""

    async def async_kids_mode(self, device: Device) -> bool:
        """Return whether Amazon Kids is enabled on a device; costs one request per device."""

    async def async_children(self) -> tuple[Child, ...]:
        """Return the children of the household."""

    async def async_enable_kids(self, device: Device, child: Child) -> None:
        """Turn on Amazon Kids on a device for a child."""

    async def async_disable_kids(self, device: Device) -> None:
        """Turn off Amazon Kids on a device."""
