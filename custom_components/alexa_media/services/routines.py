"""The action that runs a routine."""

from typing import Final

from homeassistant.components.media_player.const import DOMAIN as MEDIA_PLAYER_DOMAIN
from homeassistant.core import HomeAssistant, SupportsResponse, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_platform_entity_service
import probatio as vol

from ..const import DOMAIN

SERVICE_RUN_ROUTINE: Final = "run_routine"

ATTR_ROUTINE: Final = "routine"


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the action."""
    async_register_platform_entity_service(
        hass,
        DOMAIN,
        SERVICE_RUN_ROUTINE,
        entity_domain=MEDIA_PLAYER_DOMAIN,
        schema={vol.Required(ATTR_ROUTINE): cv.string},
        func="async_run_routine",
        supports_response=SupportsResponse.OPTIONAL,
    )
