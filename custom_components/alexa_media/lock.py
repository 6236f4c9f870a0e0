"""Lock platform."""

from collections.abc import Iterator
from typing import Any, Final, override

from homeassistant.components.lock import LockEntity
from homeassistant.components.lock.const import DOMAIN as LOCK_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .cloud.model.appliances import Appliance, FeatureName, PropertyKey, PropertyName, SetLock
from .coordinator.runtime import AlexaConfigEntry
from .features.appliances import AlexaApplianceEntity, EntityFactory, Placement, async_setup_appliances

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the locks of an account."""
    _async_setup_smart_home(hass, entry, async_add_entities)


LOCK_STATE: Final = PropertyKey(FeatureName.LOCK, PropertyName.LOCK_STATE)


@callback
def _async_setup_smart_home(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the locks."""

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        if appliance.feature(FeatureName.LOCK):
            yield "", AlexaLock

    async_setup_appliances(hass, entry, async_add_entities, LOCK_DOMAIN, find)


class AlexaLock(AlexaApplianceEntity, LockEntity):
    """A lock; Alexa requires no code for unlocking by an app."""

    _attr_name = None

    def __init__(self, place: Placement) -> None:
        """Initialize for the lock."""
        super().__init__(place, LOCK_STATE)

    @property
    @override
    def is_locked(self) -> bool | None:
        """Return whether it is locked; None for a jammed lock."""
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
