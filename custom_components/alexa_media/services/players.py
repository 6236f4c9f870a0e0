"""Entity actions of media players."""

from typing import Final

from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_platform_entity_service
from homeassistant.helpers.typing import VolDictType
import probatio as vol

from ..const import DOMAIN

SERVICE_AMAZON_KIDS_DISABLE: Final = "amazon_kids_disable"
SERVICE_AMAZON_KIDS_ENABLE: Final = "amazon_kids_enable"
SERVICE_FORWARD: Final = "forward"
SERVICE_RESTORE_VOLUME: Final = "restore_volume"
SERVICE_REWIND: Final = "rewind"
SERVICE_SEND_TEXT_COMMAND: Final = "send_text_command"
SERVICE_SET_SLEEP_TIMER: Final = "set_sleep_timer"

ATTR_CHILD: Final = "child"
ATTR_DURATION: Final = "duration"
ATTR_TEXT_COMMAND: Final = "text_command"

# Per media player action: name, fields and method.
_PLAYER_ACTIONS: Final[tuple[tuple[str, VolDictType, str], ...]] = (
    (SERVICE_AMAZON_KIDS_DISABLE, {}, "async_amazon_kids_disable"),
    (SERVICE_AMAZON_KIDS_ENABLE, {vol.Required(ATTR_CHILD): cv.string}, "async_amazon_kids_enable"),
    (SERVICE_FORWARD, {}, "async_forward"),
    (SERVICE_RESTORE_VOLUME, {}, "async_restore_volume"),
    (SERVICE_REWIND, {}, "async_rewind"),
    (SERVICE_SEND_TEXT_COMMAND, {vol.Required(ATTR_TEXT_COMMAND): cv.string}, "async_send_text_command"),
    (SERVICE_SET_SLEEP_TIMER, {vol.Required(ATTR_DURATION): cv.positive_time_period}, "async_set_sleep_timer"),
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the actions."""
    for name, fields, method in _PLAYER_ACTIONS:
        async_register_platform_entity_service(
            hass, DOMAIN, name, entity_domain=MEDIA_PLAYER_DOMAIN, schema=fields, func=method
        )
