"""Actions for device settings and the household."""

from typing import Any, Final

from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service, async_register_platform_entity_service
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from ..const import DOMAIN
from ..entity import command_errors, invalid_input
from .accounts import entry_by_id

SERVICE_GET_HOUSEHOLD: Final = "get_household"
SERVICE_SET_DO_NOT_DISTURB: Final = "set_do_not_disturb"
SERVICE_UNPAIR_BLUETOOTH: Final = "unpair_bluetooth"

ATTR_CONFIG_ENTRY_ID: Final = "config_entry_id"
ATTR_DURATION: Final = "duration"
ATTR_ENABLED: Final = "enabled"
ATTR_SOURCE: Final = "source"
ATTR_UNTIL: Final = "until"

_PLAYER_ACTIONS: Final[tuple[tuple[str, VolDictType, str], ...]] = (
    (
        SERVICE_SET_DO_NOT_DISTURB,
        {
            vol.Optional(ATTR_ENABLED, default=True): cv.boolean,
            vol.Optional(ATTR_DURATION): cv.time_period,
            vol.Optional(ATTR_UNTIL): cv.time,
        },
        "async_set_do_not_disturb",
    ),
    (SERVICE_UNPAIR_BLUETOOTH, {vol.Required(ATTR_SOURCE): cv.string}, "async_unpair_bluetooth"),
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the actions."""
    for name, fields, method in _PLAYER_ACTIONS:
        async_register_platform_entity_service(
            hass, DOMAIN, name, entity_domain=MEDIA_PLAYER_DOMAIN, schema=fields, func=method
        )
    async_register_admin_service(
        hass,
        DOMAIN,
        SERVICE_GET_HOUSEHOLD,
        _async_get_household,
        schema=vol.Schema({vol.Required(ATTR_CONFIG_ENTRY_ID): cv.string}),
        supports_response=SupportsResponse.ONLY,
    )


async def _async_get_household(call: ServiceCall) -> ServiceResponse:
    """Return the members of an account's household."""
    entry = entry_by_id(call.hass, call.data[ATTR_CONFIG_ENTRY_ID])
    if (settings := entry.runtime_data.backend.settings) is None:
        raise invalid_input("not_an_app_account", name=entry.title)
    with command_errors(call.hass, entry):
        people: list[Any] = [
            {"name": person.name, "email": person.email, "role": person.role, "id": person.person_id}
            for person in await settings.async_household()
        ]
    return {"members": people}
