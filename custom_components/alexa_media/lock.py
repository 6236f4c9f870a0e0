"""Lock platform."""

from typing import Any, Final, override

from homeassistant.components.lock import LockEntity
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .cloud.model.appliances import FeatureName, PropertyKey, PropertyName, SetLock
from .coordinator.runtime import AlexaConfigEntry
from .entity import EntityAdder
from .features.appliances import AlexaApplianceEntity, Placement, add_appliances, has, where

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the locks of an account."""
    add_appliances(EntityAdder(hass, entry, async_add_entities), where(has(FeatureName.LOCK), AlexaLock))


LOCK_STATE: Final = PropertyKey(FeatureName.LOCK, PropertyName.LOCK_STATE)


class AlexaLock(AlexaApplianceEntity, LockEntity):
    """A lock. Alexa requires no code for unlocking from an app."""

    _attr_name = None

    def __init__(self, place: Placement) -> None:
        """Initialize for the lock's state."""
        super().__init__(place, LOCK_STATE)

    @property
    @override
    def is_locked(self) -> bool | None:
        """Return whether the lock is locked; None if it is jammed or its state is unknown."""
        return {"LOCKED": True, "UNLOCKED": False}.get(str(self.primary))

    @property
    @override
    def is_jammed(self) -> bool:
        return self.primary == "JAMMED"

    @override
    async def async_lock(self, **kwargs: Any) -> None:
        await self.async_control(SetLock(locked=True))

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        await self.async_control(SetLock(locked=False))
