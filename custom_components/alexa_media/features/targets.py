"""Permissions of an action's caller, by Home Assistant's own policies.

Home Assistant checks the entities that an action of entities names. For all other actions, and for
what an entity stands for besides itself, this module checks every Echo once groups have been resolved,
before anything is sent.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import entity_registry as er

from ..const import DOMAIN
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import AlexaDeviceEntity, player_unique_id


@dataclass(frozen=True, slots=True)
class Permissions:
    """Permissions of a caller.

    ``user`` is ``None`` for automations and Home Assistant itself, which may do everything.
    """

    hass: HomeAssistant
    context: Context
    user: User | None

    @callback
    def may_control(self, entity_id: str) -> bool:
        """Return whether the caller may control an entity; "" means an unregistered one."""
        return self.user is None or self.user.permissions.check_entity(entity_id, POLICY_CONTROL)

    @callback
    def require_entities(self, entity_ids: Iterable[str]) -> None:
        """Raise ``Unauthorized`` for the first entity that the caller may not control."""
        for entity_id in entity_ids:
            if not self.may_control(entity_id):
                raise Unauthorized(context=self.context, entity_id=entity_id, permission=POLICY_CONTROL)

    @callback
    def require_echos(self, entry: AlexaConfigEntry, serials: Iterable[str]) -> None:
        """Raise ``Unauthorized`` for the first Echo whose media player the caller may not control.

        A speaker group is also everything below it that has not been filtered out.
        """
        registry, devices = er.async_get(self.hass), entry.runtime_data.devices
        every = dict.fromkeys(serials)
        for device in [devices.data[serial] for serial in every if serial in devices.data]:
            every |= dict.fromkeys(serial for serial in devices.members_of(device) if serial in devices.data)
        unique_ids = (player_unique_id(entry, serial) for serial in every)
        self.require_entities(
            registry.async_get_entity_id(MEDIA_PLAYER_DOMAIN, DOMAIN, unique_id) or "" for unique_id in unique_ids
        )


async def async_permissions(hass: HomeAssistant, context: Context | None) -> Permissions:
    """Return the rights of the caller with a context; raises ``UnknownUser`` for a user that was removed."""
    user: User | None = None
    context = context or Context()
    if context.user_id is not None and (user := await hass.auth.async_get_user(context.user_id)) is None:
        raise UnknownUser(context=context)
    return Permissions(hass, context, user)


async def async_require_speakers(entity: AlexaDeviceEntity[Any]) -> None:
    """Raise ``Unauthorized`` for a caller who may not control every speaker behind the group of an entity.

    It has to be the first that an action of the entity awaits: until then it is certain who calls.
    """
    if entity.device.is_group and (context := entity.caller) is not None:
        (await async_permissions(entity.hass, context)).require_echos(entity.entry, (entity.serial,))
