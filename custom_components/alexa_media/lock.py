"""Lock platform."""

from typing import Any, override

from homeassistant.components.lock import LockEntity

from .cloud.model.appliances import FeatureName, PropertyKey, PropertyName, SetLock
from .features.appliances import AlexaApplianceEntity, appliance_platform, has, where

PARALLEL_UPDATES = 0


class AlexaLock(AlexaApplianceEntity, LockEntity):
    """A lock. Alexa requires no code for unlocking from an app."""

    _attr_name = None
    _keys = (PropertyKey(FeatureName.LOCK, PropertyName.LOCK_STATE),)

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


async_setup_entry = appliance_platform(where(has(FeatureName.LOCK), AlexaLock))
