"""Lock platform."""

from collections.abc import Iterator
from typing import Any, Final, override

from homeassistant.components.lock import LockEntity
from homeassistant.components.lock.const import DOMAIN as LOCK_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .cloud.model.appliances import Appliance, FeatureName, PropertyKey, PropertyName
from .cloud.model.controls import SetLock
from .coordinator.runtime import AlexaConfigEntry
from .features.appliances import AlexaApplianceEntity, EntityFactory, Placement, async_setup_appliances

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""
    _async_setup_smart_home(hass, entry, async_add_entities)


LOCK_STATE: Final = PropertyKey(FeatureName.LOCK, PropertyName.LOCK_STATE)


@callback
def _async_setup_smart_home(
    hass: HomeAssistant, entry: AlexaConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add those that the account can have."""

    def find(appliance: Appliance) -> Iterator[tuple[str, EntityFactory]]:
        if appliance.feature(FeatureName.LOCK):
            yield "", AlexaLock

    async_setup_appliances(hass, entry, async_add_entities, LOCK_DOMAIN, find)


class AlexaLock(AlexaApplianceEntity, LockEntity):
    """A lock; Alexa asks nobody for a code when an app unlocks."""

    _attr_name = None

    def __init__(self, place: Placement) -> None:
        """Show the state of the lock."""
        super().__init__(place, LOCK_STATE)

    @property
    @override
    def is_locked(self) -> bool | None:
        """Return what Amazon says; of a lock that is jammed it says neither."""
        return {"LOCKED": True, "UNLOCKED": False}.get(str(self.primary))

    @property
    @override
    def is_jammed(self) -> bool:
        """Return whether the bolt is stuck."""
        return self.primary == "JAMMED"

    @override
    async def async_lock(self, **kwargs: Any) -> None:
        """Lock."""
        await self.async_control(SetLock(locked=True))

    @override
    async def async_unlock(self, **kwargs: Any) -> None:
        """Unlock."""
        await self.async_control(SetLock(locked=False))
