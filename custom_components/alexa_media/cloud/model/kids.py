"""Amazon Kids: Echos that belong to a child."""

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
        """Return whether a device is a child's: one request for each device."""

    async def async_children(self) -> tuple[Child, ...]:
        """Return the children of the household."""

    async def async_enable_kids(self, device: Device, child: Child) -> None:
        """Give a device to a child."""

    async def async_disable_kids(self, device: Device) -> None:
        """Take a device from whichever child has it."""
