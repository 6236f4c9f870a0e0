"""Action that records what Amazon answers, for a bug report."""

import contextlib
from typing import Final

from homeassistant.config_entries import OperationNotAllowed
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.util import dt as dt_util
import probatio as vol

from .. import recordings
from ..const import DOMAIN
from ..coordinator.runtime import AlexaConfigEntry
from ..entity import invalid_input

SERVICE_RECORD: Final = "record"

ATTR_MODE: Final = "mode"
ATTR_HOURS: Final = "hours"
START: Final = "start"
STOP: Final = "stop"

_SCHEMA: Final = vol.Schema(
    {
        vol.Required(ATTR_CONFIG_ENTRY_ID): cv.string,
        vol.Optional(ATTR_MODE, default=START): vol.In((START, STOP)),
        vol.Optional(ATTR_HOURS, default=1): vol.All(vol.Coerce(float), vol.Range(min=0.1, max=recordings.MAX_HOURS)),
    }
)


@callback
def async_setup(hass: HomeAssistant) -> None:
    """Register the action, for administrators and automations."""
    async_register_admin_service(hass, DOMAIN, SERVICE_RECORD, _async_record, _SCHEMA, SupportsResponse.OPTIONAL)


async def _async_record(call: ServiceCall) -> ServiceResponse:
    """Start or end a recording; an account that could not be set up can be recorded, too."""
    hass = call.hass
    entry: AlexaConfigEntry | None = hass.config_entries.async_get_entry(call.data[ATTR_CONFIG_ENTRY_ID])
    if entry is None or entry.domain != DOMAIN:
        raise invalid_input("account_id_unknown", id=call.data[ATTR_CONFIG_ENTRY_ID])
    if call.data[ATTR_MODE] == STOP:
        try:
            finished = await recordings.async_stop(hass, entry)
        except OSError as err:
            raise HomeAssistantError(translation_domain=DOMAIN, translation_key="recording_not_written") from err
        if finished is None:
            raise invalid_input("no_recording", name=entry.title)
        return {"path": finished.path, "requests": finished.requests, "directives": finished.directives}
    until = await recordings.async_start(hass, entry, call.data[ATTR_HOURS])
    # An entry that is being set up cannot be reloaded: the recording starts with its next setup.
    with contextlib.suppress(OperationNotAllowed):
        await hass.config_entries.async_reload(entry.entry_id)
    return {"until": dt_util.utc_from_timestamp(until).isoformat()}
