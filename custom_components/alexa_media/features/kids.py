"""Amazon Kids: base class of its entities, and the assignment of an Echo to a child."""

from collections.abc import Sequence
from typing import Final, override

from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity import EntityDescription

from ..cloud.model.devices import Child, Device, DeviceFamily, KidsMode
from ..cloud.names import same
from ..coordinator.device_states import KidsCoordinator
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import AlexaDeviceEntity, command_errors, invalid_input

FAMILIES: Final = frozenset(
    {DeviceFamily.ECHO, DeviceFamily.ROOK, DeviceFamily.KNIGHT, DeviceFamily.REAVER, DeviceFamily.MANTIS}
)
"""Device families that support Amazon Kids."""


class KidsEntity(AlexaDeviceEntity[KidsMode]):
    """Base class for entities of Amazon Kids, whose state is read after they have been added."""

    coordinator: KidsCoordinator

    @override
    async def async_added_to_hass(self) -> None:
        """Request a read, which all entities that are being added share."""
        await super().async_added_to_hass()
        self.coordinator.async_added()


def has_kids(_kids: KidsCoordinator, device: Device, _description: EntityDescription) -> bool:
    """Return whether a device supports Amazon Kids."""
    return device.family in FAMILIES


async def async_enable_kids(hass: HomeAssistant, entry: AlexaConfigEntry, device: Device, wanted: str | None) -> None:
    """Assign a device to the child with the id or name ``wanted``, or to the only child if ``wanted`` is None.

    Raises ``ServiceValidationError`` if the device does not support Amazon Kids, or if not exactly one child matches.
    Raises ``HomeAssistantError`` if a request fails.
    """
    kids = _kids(entry, device)
    with command_errors(hass, entry):
        children = await kids.api.async_children()
    child = _found(children, wanted)
    with command_errors(hass, entry):
        await kids.api.async_enable_kids(device, child)
    await kids.async_confirm(device, child.child_id)


async def async_disable_kids(hass: HomeAssistant, entry: AlexaConfigEntry, device: Device) -> None:
    """Remove the assignment of a device to a child."""
    kids = _kids(entry, device)
    with command_errors(hass, entry):
        await kids.api.async_disable_kids(device)
    await kids.async_confirm(device)


def _kids(entry: AlexaConfigEntry, device: Device) -> KidsCoordinator:
    """Return the coordinator; raises ``ServiceValidationError`` for a device that does not support Amazon Kids."""
    if (kids := entry.runtime_data.kids) is None or device.family not in FAMILIES:
        raise invalid_input("kids_unsupported", device=device.name)
    return kids


def _found(children: Sequence[Child], wanted: str | None) -> Child:
    """Return the child with the id ``wanted``, else with that name (ignoring case); for None, the only child.

    Raises ``ServiceValidationError`` unless exactly one child matches.
    """
    if not children:
        raise invalid_input("child_none")
    known = ", ".join(sorted(child.name for child in children))
    if wanted is None:
        if len(children) != 1:
            raise invalid_input("child_needed", known=known)
        return children[0]
    found = [child for child in children if child.child_id == wanted.strip()]
    found = found or [child for child in children if same(child.name, wanted)]
    if not found:
        raise invalid_input("child_unknown", child=wanted, known=known)
    if len(found) > 1:
        raise invalid_input("child_ambiguous", child=wanted, ids=", ".join(sorted(child.child_id for child in found)))
    return found[0]
