"""Actions of media players, and of the people of the household."""

from typing import Any, Final

from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service, async_register_platform_entity_service
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from ..const import DOMAIN
from ..entity import command_errors, invalid_input
from ..features.text_commands import (
    ATTR_TEXT_COMMAND,
    ATTR_TIMEOUT,
    LONGEST_WAIT,
    SHORTEST_WAIT,
    async_ask,
    async_send_text_command,
)
from .accounts import entry_by_id

SERVICE_AMAZON_KIDS_DISABLE: Final = "amazon_kids_disable"
SERVICE_AMAZON_KIDS_ENABLE: Final = "amazon_kids_enable"
SERVICE_ASK: Final = "ask"
SERVICE_FORWARD: Final = "forward"
SERVICE_GET_HOUSEHOLD: Final = "get_household"
SERVICE_RESTORE_VOLUME: Final = "restore_volume"
SERVICE_REWIND: Final = "rewind"
SERVICE_SEND_TEXT_COMMAND: Final = "send_text_command"
SERVICE_SET_DO_NOT_DISTURB: Final = "set_do_not_disturb"
SERVICE_SET_SLEEP_TIMER: Final = "set_sleep_timer"
SERVICE_UNPAIR_BLUETOOTH: Final = "unpair_bluetooth"

ATTR_CHILD: Final = "child"
ATTR_CONFIG_ENTRY_ID: Final = "config_entry_id"
ATTR_DURATION: Final = "duration"
ATTR_ENABLED: Final = "enabled"
ATTR_SOURCE: Final = "source"
ATTR_UNTIL: Final = "until"

# Per media player action: name, fields and method.
_PLAYER_ACTIONS: Final[tuple[tuple[str, VolDictType, str], ...]] = (
    (SERVICE_AMAZON_KIDS_DISABLE, {}, "async_amazon_kids_disable"),
    (SERVICE_AMAZON_KIDS_ENABLE, {vol.Required(ATTR_CHILD): cv.string}, "async_amazon_kids_enable"),
    (SERVICE_FORWARD, {}, "async_forward"),
    (SERVICE_RESTORE_VOLUME, {}, "async_restore_volume"),
    (SERVICE_REWIND, {}, "async_rewind"),
    (
        SERVICE_SET_DO_NOT_DISTURB,
        {
            vol.Optional(ATTR_ENABLED, default=True): cv.boolean,
            vol.Optional(ATTR_DURATION): cv.time_period,
            vol.Optional(ATTR_UNTIL): cv.time,
        },
        "async_set_do_not_disturb",
    ),
    (SERVICE_SET_SLEEP_TIMER, {vol.Required(ATTR_DURATION): cv.positive_time_period}, "async_set_sleep_timer"),
    (SERVICE_UNPAIR_BLUETOOTH, {vol.Required(ATTR_SOURCE): cv.string}, "async_unpair_bluetooth"),
)

_TEXT_COMMAND: Final[VolDictType] = {
    vol.Required(ATTR_TEXT_COMMAND): cv.string,
    vol.Optional(ATTR_TIMEOUT): vol.All(vol.Coerce(float), vol.Range(min=SHORTEST_WAIT, max=LONGEST_WAIT)),
}


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the actions."""
    for name, handler, response in (
        (SERVICE_ASK, async_ask, SupportsResponse.ONLY),
        (SERVICE_SEND_TEXT_COMMAND, async_send_text_command, SupportsResponse.OPTIONAL),
    ):
        async_register_platform_entity_service(
            hass,
            DOMAIN,
            name,
            entity_domain=MEDIA_PLAYER_DOMAIN,
            schema=_TEXT_COMMAND,
            func=handler,
            supports_response=response,
        )
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
